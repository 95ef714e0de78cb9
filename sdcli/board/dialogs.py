"""What opens above the board: a form, a question, a text to read, a line for a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from sdcli.board.forms import one_line, unanswered
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.events import Paste
    from textual.widget import Widget
    from textual.worker import Worker

    from sdcli.board.forms import Asked, Form

_ENOUGH = 7
"""So many words of a list are in sight at once."""


def literal(text: str) -> Content:
    """A text exactly as it is: what looks like markup is none."""
    return Content(text)


class Words(OptionList):
    """A list of words of which one is the answer; its first letters find it."""

    class Unanswered(Message):
        """None was chosen yet."""

        def __init__(self, asked: Asked) -> None:
            super().__init__()
            self.asked = asked

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._names = list(asked.words)
        self._typed = ""
        super().__init__(*(Option(literal(line(says))) for says in asked.words.values()))
        self.styles.height = min(len(self._names), _ENOUGH)
        if asked.value in self._names:
            self.highlighted = self._names.index(asked.value)
        elif asked.needed:
            self.highlighted = None

    @property
    def value(self) -> str:
        """The word; empty while none is chosen."""
        return "" if self.highlighted is None else self._names[self.highlighted]

    def on_key(self, event: object) -> None:
        """Go to the word that begins with what is typed; another letter begins anew."""
        self._find(str(getattr(event, "character", None) or "").casefold())

    def typed(self, text: str) -> None:
        """Go to the word that begins with a text, as if it were typed."""
        for letter in text.casefold():
            self._find(letter)

    def action_select(self) -> None:
        """Answer with the word in hand; that there is none is said."""
        if self.highlighted is None:
            self.post_message(self.Unanswered(self.asked))
        else:
            super().action_select()

    def _find(self, letter: str) -> None:
        if len(letter) != 1 or not (letter.isalnum() or letter in "-_"):
            return
        for typed in (self._typed + letter, letter):
            found = [n for n, name in enumerate(self._names) if name.casefold().startswith(typed)]
            if found:
                self._typed, self.highlighted = typed, found[0]
                break


class Field(Input):
    """A line to type in; what is pasted into it keeps all its lines, as one."""

    def typed(self, text: str) -> None:
        """Take a text as if it were typed."""
        self.insert_text_at_cursor(text)

    def _on_paste(self, event: Paste) -> None:
        """Put a pasted text in place of what is chosen."""
        event.stop()
        event.prevent_default()  # which would keep its first line alone
        self.replace(one_line(event.text), *self.selection)


class Above(ModalScreen[None]):
    """What opens above the board and is left with Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    def action_leave(self) -> None:
        """Leave it, and do nothing."""
        self.dismiss(None)

    def begin_with(self, text: str) -> bool:
        """Take what was typed before it stood; whether it could."""
        return not text


class Then(NamedTuple):
    """What comes after a form was sent: it is done if there is no form.

    `wrong`: what speaks against it; then the form stays, with what was typed.
    """

    form: Form | None = None
    wrong: str = ""


class FormScreen(Above):
    """Asks what an act needs; it stays open, with what was typed, until it is done or left.

    Args:
        form: what is asked.
        submit: is given the form and the answers, and says what comes then.
    """

    def __init__(
        self, form: Form, submit: Callable[[Form, Mapping[str, str]], Awaitable[Then]]
    ) -> None:
        super().__init__()
        self.form = form
        self._submit = submit
        self._fields: dict[str, Field | Words] = {}
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """The questions one below the other."""
        with VerticalScroll(classes="box"):
            yield Static(literal(self.form.title), classes="title")
            yield from self._widgets()
            yield Static("", id="wrong")
            yield Static(
                literal("Letters and arrows choose, Enter goes on, Escape leaves"), classes="keys"
            )

    def _widgets(self) -> Sequence[Widget]:
        found: list[Widget] = []
        self._fields = {}
        for asked in self.form.asks:
            field = Words(asked) if asked.words else Field(asked.value, select_on_focus=False)
            self._fields[asked.name] = field
            found += [Static(literal(line(asked.says)), classes="asks"), field]
        return found

    def on_mount(self) -> None:
        """Begin with the first question."""
        self._begin()

    def _begin(self) -> None:
        self.set_focus(next(iter(self._fields.values())))

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _on(self) -> None:
        """Go on to the next question; after the last one, do it."""
        fields = list(self._fields.values())
        at = next((n for n, each in enumerate(fields) if each.has_focus), len(fields) - 1)
        if at + 1 < len(fields):
            fields[at + 1].focus()
        elif not self._is_busy:
            self._is_busy = True
            _: Worker[None] = self.run_worker(self._send, exclusive=True)

    @on(Words.Unanswered)
    def _on_unanswered(self, event: Words.Unanswered) -> None:
        self.say(unanswered([event.asked]))

    def action_leave(self) -> None:
        """Leave it, and do nothing; what is being written cannot be left."""
        if self._is_busy:
            self.app.bell()
            self.say("It is being written and cannot be left now: what becomes of it is told here.")
        else:
            super().action_leave()

    def say(self, text: str) -> None:
        """Say something below the questions."""
        self.query_one("#wrong", Static).update(literal(text))
        self.query_one("#wrong").scroll_visible(animate=False)

    def begin_with(self, text: str) -> bool:
        """Give the first question what was typed before it stood."""
        next(iter(self._fields.values())).typed(text)
        return True

    async def _send(self) -> None:
        said = {name: field.value for name, field in self._fields.items()}
        wrong = self.form.missing(said)
        then = Then(self.form, wrong) if wrong else await self._submit(self.form, said)
        self._is_busy = False
        if then.form is None:
            self.dismiss(None)
            return
        self.form = then.form
        if then.wrong:
            self.say(self.form.worded(then.wrong))
        else:
            await self.recompose()
            self._begin()


class TextScreen(Above):
    """A text to read; any of the keys that open or leave something leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter,question_mark", "leave", "leave", show=False),
        Binding("j", "scroll(1)", "down", show=False),
        Binding("k", "scroll(-1)", "up", show=False),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        """The text, as far as there is room for it."""
        with VerticalScroll(classes="box text"):
            yield Static(literal(self.text))
            yield Static(literal("\nEscape leaves"), classes="keys")

    def on_mount(self) -> None:
        """Let the arrows move it."""
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, by: int) -> None:
        """Go on by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


class SureScreen(Above):
    """Asks whether something is to be done, and does it then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "sure", "yes", show=False),
        Binding("n,q", "leave", "no", show=False),
    ]

    def __init__(self, text: str, do: Callable[[], None]) -> None:
        super().__init__()
        self.text = text
        self._do = do

    def compose(self) -> ComposeResult:
        """The question and its keys."""
        with Vertical(classes="box"):
            yield Static(literal(self.text))
            yield Static(literal("y does it, n leaves"), classes="keys")

    def action_sure(self) -> None:
        """Do it."""
        self.dismiss(None)
        self._do()


class QueryScreen(Above):
    """A line for a query; what is wrong with it is said below, and it stays."""

    def __init__(self, query: str, ask: Callable[[str], Awaitable[str]]) -> None:
        super().__init__()
        self._query = query
        self._ask = ask

    def compose(self) -> ComposeResult:
        """The line, and what is wrong."""
        with VerticalScroll(classes="box"):
            yield Static(
                literal("Which tickets? As in `sdcli list QUERY`; empty: all that are open")
            )
            yield Field(
                self._query,
                placeholder="status:waiting age>3d -queue:network",
                select_on_focus=False,
                id="query",
            )
            yield Static("", id="wrong")
            yield Static(
                literal("Enter shows them, Ctrl-U empties the line, Escape leaves"), classes="keys"
            )

    def on_mount(self) -> None:
        """Begin to type at once."""
        self.set_focus(self.query_one(Field))

    def begin_with(self, text: str) -> bool:
        """Take what was typed before it stood."""
        self.query_one(Field).typed(text)
        return True

    @on(Input.Submitted)
    def _on(self, event: Input.Submitted) -> None:
        del event
        _: Worker[None] = self.run_worker(self._send, exclusive=True)

    async def _send(self) -> None:
        query = self.query_one("#query", Input).value.strip()
        wrong = await self._ask(query)
        if wrong:
            self.query_one("#wrong", Static).update(literal(wrong))
        else:
            self.dismiss(None)


class PlacesScreen(ModalScreen[str | None]):
    """A choice of queues with their figures, where the screen has no room for them at the side."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "leave", show=False)]

    def __init__(self, places: Mapping[str, str], at: str) -> None:
        super().__init__()
        self._places = dict(places)
        self._at = at

    def compose(self) -> ComposeResult:
        """One line for each."""
        with Vertical(classes="box"):
            yield Static(literal("Which tickets?"), classes="title")
            yield OptionList(*(Option(literal(says)) for says in self._places.values()))

    def on_mount(self) -> None:
        """Begin at the present one."""
        names = list(self._places)
        found = self.query_one(OptionList)
        found.highlighted = names.index(self._at) if self._at in names else 0
        found.focus()

    @on(OptionList.OptionSelected)
    def _on(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(list(self._places)[event.option_index])

    def action_leave(self) -> None:
        """Stay where one is."""
        self.dismiss(None)
