"""A list of lines on the screen of which only those in sight are made, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.visual import Visual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual.events import Click
    from textual.strip import Strip

    from sdcli.board.state import Piece, Tone

_STYLES: Mapping[Tone, str] = {
    "plain": "",
    "dim": "dim",
    "head": "bold",
    "good": "$success",
    "warn": "$warning bold",
    "bad": "$error bold",
    "marked": "reverse",
}


def content(pieces: Iterable[Piece]) -> Content:
    """Pieces of a line as the library shows them: literally, whatever they look like."""
    return Content.assemble(*((text, _STYLES[tone]) for text, tone in pieces))


class Lines(ScrollView, can_focus=True):
    """A list with one line at a time in hand; the arrows and j and k move it.

    Args:
        make: gives the pieces of the line of a number.
        id: what the style sheet knows it by.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "page up", show=False),
        Binding("home", "move(-1000000000)", "first", show=False),
        Binding("end,G", "move(1000000000)", "last", show=False),
        Binding("enter", "choose", "choose", show=False),
    ]

    class Moved(Message):
        """Another line is in hand."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            """The list."""
            return self.lines

    class Chosen(Moved):
        """The line in hand was chosen."""

    def __init__(self, make: Callable[[int], Iterable[Piece]], id: str) -> None:  # noqa: A002 - the library's word
        super().__init__(id=id)
        self._make = make
        self.count = 0
        self.at = 0
        self.is_held = True

    def show(self, count: int, at: int, *, is_held: bool = True) -> None:
        """Show so many lines, with this one in hand; with none, if it is not `is_held`.

        Then `at` is where the one was that is there no more: the arrows go on from there.
        """
        self.count = count
        self.at = max(0, min(at, count - 1))
        self.is_held = is_held
        self.virtual_size = Size(0, count)
        self.call_after_refresh(self._follow)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        number, width = y + self.scroll_offset.y, self.size.width
        found = content(self._make(number)) if number < self.count else Content()
        if number == self.at and number < self.count and self.is_held:
            rest = max(width - found.cell_length, 0)
            found = found.pad_right(rest).stylize("reverse" if self.has_focus else "underline")
        return Visual.to_strips(self, found, max(width, 1), 1, self.visual_style, pad=True)[0]

    def action_move(self, by: int) -> None:
        """Take another line in hand."""
        self._take(self.at + by - (not self.is_held and by > 0))

    def _take(self, number: int) -> None:
        before = (self.at, self.is_held)
        self.at, self.is_held = max(0, min(number, self.count - 1)), True
        if (self.at, True) != before:
            self._follow()
            self.refresh()
            self.post_message(self.Moved(self))

    def action_page(self, by: int) -> None:
        """Go on by what is in sight."""
        self.action_move(by * max(self.size.height - 1, 1))

    def action_choose(self) -> None:
        """Say that this one is meant."""
        if self.count:
            self.post_message(self.Chosen(self))

    def on_click(self, event: Click) -> None:
        """Take the line in hand that was clicked."""
        number = event.y + self.scroll_offset.y
        if number < self.count:
            self._take(number)

    def _follow(self) -> None:
        """Keep the line in hand in sight."""
        height, first = self.size.height, self.scroll_offset.y
        if height and not first <= self.at < first + height:
            to = self.at if self.at < first else self.at - height + 1
            self.scroll_to(y=to, animate=False, force=True)

    def on_resize(self) -> None:
        """Keep the line in hand in sight on another screen."""
        self._follow()
