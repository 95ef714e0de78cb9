"""The board on the screen: thin, and beside its widgets all that knows the library (R6.4).

What is shown comes from `state`, what is read from `look`, what is done from `acts`. The desk is looked
at and changed by one thread of its own, one thing after the other, so that keys never wait for it.
"""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from itertools import takewhile
from operator import itemgetter
from typing import TYPE_CHECKING, ClassVar, ParamSpec, TypeVar

from msgspec.structs import replace
from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Paste
from textual.widgets import Static

from sdcli.board import look, state
from sdcli.board.acts import told
from sdcli.board.dialogs import (
    Above,
    FormScreen,
    PlacesScreen,
    QueryScreen,
    SureScreen,
    TextScreen,
    Then,
    literal,
)
from sdcli.board.forms import one_line
from sdcli.board.lines import Lines, content
from sdcli.errors import ChangedMeanwhileError
from sdcli.render.safe import block, line

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Awaitable,
        Callable,
        Coroutine,
        Iterable,
        Mapping,
        Sequence,
    )

    from textual.app import ComposeResult
    from textual.events import Event, Key, Resize
    from textual.worker import Worker

    from sdcli.board.acts import Acts
    from sdcli.board.forms import Form
    from sdcli.board.state import Board, Column, Piece, Place, Row
    from sdcli.desk import Desk
    from sdcli.results.lists import BoardAct

_P = ParamSpec("_P")
_R = TypeVar("_R")

LOOK_S = 1.0
"""How often it is looked whether the ledger is another one, and time goes on."""
_ANEW_S = 60
"""After so many seconds all clocks are read anew, though nobody changed anything."""
_PATIENCE = 5
"""After so many looks what could not be read is tried again, though it is as it was."""
_MOST_SAID = 4
_SLOW_S = 0.3
"""What takes longer is told to be under way."""
_WAITING = "Waiting for the ledger: somebody else is writing, or it takes its time ..."
_NONE_IN_HAND = "No ticket is in hand: the one that was has left this list. j and k take another."
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
"""What ends the board from outside."""
KEYS = (
    ("t", "take"),
    ("n", "note"),
    ("e", "escalate"),
    ("r", "resolve"),
    ("a", "assign"),
    ("w", "wait"),
    ("/", "query"),
    ("?", "help"),
    ("q", "quit"),
)
HELP = """\
j k, arrows   another ticket
Enter         everything about it
Tab           to the queues, and back
[ ]           another queue
o             choose a queue from a list
/             a query, as in sdcli list
Escape        all that are open again, after a query
g             read everything anew
m             all of what was said last
Ctrl-Z        to the shell; its `fg` comes back
q             leave

t   take it (accept)
n   write a note
e   escalate it to a queue
r   resolve it
a   assign it to somebody or a queue
w   let it wait; resume if it waits
c   close it, as the caller says
u   take your own last act back

Every act is that of the command of that name, with the same rules. If somebody changed the \
ticket since it was shown, nothing is done: you are told what happened, and go on or leave it.

Clocks are told in words: breached is late, near is past the first warning, running has time, \
paused stands still, none has no target. A star behind a reference marks news."""


class BoardApp(App[None]):
    """The live desk.

    Args:
        desk: the desk that is watched, for its clock and the state of its ledger.
        fresh: gives it opened anew, for each reading.
        acts: does what is done from it.
        board: what was read first.
    """

    TITLE = "sdcli board"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    #top, #heading, #head, #places-head, #keys { height: 1; }
    #head, #places-head { text-style: underline; }
    #middle { height: 1fr; }
    #side { padding-right: 1; }
    Lines { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }
    #pane { border-top: solid $primary; padding: 0; }
    #said { height: auto; max-height: 6; }
    ModalScreen { align: center middle; background: transparent; }
    .box { width: 90%; max-width: 110; height: auto; max-height: 95%; border: round $primary; padding: 0 1; }
    .text { max-width: 100%; }
    .title { text-style: bold; }
    .asks { margin-top: 1; }
    .keys { margin-top: 1; text-style: dim; }
    #wrong { color: $error; margin-top: 1; }
    Input { border: none; border-left: thick $primary; height: 1; padding: 0 1; }
    OptionList { border: none; border-left: thick $primary; padding: 0; height: auto; max-height: 14; }
    OptionList > .option-list--option-highlighted { text-style: reverse; color: $foreground; background: $background; }
    OptionList { text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "act('accept')", "take", show=False),
        Binding("n", "act('note')", "note", show=False),
        Binding("e", "act('escalate')", "escalate", show=False),
        Binding("r", "act('resolve')", "resolve", show=False),
        Binding("a", "act('assign')", "assign", show=False),
        Binding("w", "act('wait')", "wait", show=False),
        Binding("c", "act('close')", "close", show=False),
        Binding("u", "undo", "undo", show=False),
        Binding("slash", "query", "query", show=False),
        Binding("escape", "clear", "without the query", show=False),
        Binding("g", "refresh", "refresh", show=False),
        Binding("m", "said", "what was said", show=False),
        Binding("ctrl+z", "suspend_process", "to the shell", show=False, priority=True),
        Binding("o", "places", "queues", show=False),
        Binding("left_square_bracket,h", "place(-1)", "queue before", show=False),
        Binding("right_square_bracket,l", "place(1)", "next queue", show=False),
        Binding("question_mark", "help", "help", show=False),
        Binding("q,ctrl+c", "quit", "quit", show=False, priority=False),
    ]

    def __init__(self, desk: Desk, fresh: Callable[[], Desk], acts: Acts, board: Board) -> None:
        super().__init__(ansi_color=True)  # said at once: else NO_COLOR is drawn black on black
        self._desk = desk
        self._fresh = fresh
        self._acts = acts
        self._hand = ThreadPoolExecutor(1)
        self._query = ""
        self.place = state.ALL
        self._trouble = ""
        self._tried: object = board.version
        self._looks = 0
        self._is_reading = self._is_due = False
        self._is_opening = self._leaves = False
        self._typed: list[tuple[str, str]] = []
        self._writing = 0
        self._said = ""
        self.ended_by = 0
        self._width = 0
        self._side = 0
        self._columns: tuple[Column, ...] = ()
        self.take(board)

    # What is shown.

    def take(self, board: Board) -> None:
        """Show another reading."""
        self.board = board
        self._trouble = ""
        self._count()

    def _count(self) -> None:
        """Count by the clock of now; until the next one runs out the figures stay as they are."""
        self._places: Sequence[Place] = state.places(self.board, self._desk.now)
        if self.place not in {each.name for each in self._places}:
            self.place = state.ALL
        self.rows: Sequence[Row] = state.chosen(self.board, self.place)
        self._soonest = state.soonest(self.board, self._desk.now)

    def compose(self) -> ComposeResult:
        """The line at the top, the queues, the tickets and the pane, and what was said last."""
        yield Static(id="top")
        with Horizontal(id="middle"):
            with Vertical(id="side"):
                yield Static(id="places-head")
                yield Lines(self._place_line, id="places")
            with Vertical():
                yield Static(id="heading")
                yield Static(id="head")
                yield Lines(self.row_line, id="tickets")
                yield Static(id="pane")
        yield Static(id="said")
        yield Static(id="keys")

    def on_mount(self) -> None:
        """Begin to watch."""
        self.theme = "ansi-dark"
        self.tickets.focus()
        self._lay_out(self.size.width, self.size.height)
        self.show()
        self.set_interval(LOOK_S, self.look_again)
        self.app_resume_signal.subscribe(self, self._resumed)
        for number in ENDING:
            asyncio.get_running_loop().add_signal_handler(number, self.end, number)

    def end(self, number: int) -> None:
        """Leave as whoever is told to end by a signal, with the terminal as it was."""
        self.ended_by = number
        self.exit()

    def _resumed(self, _: object) -> None:
        """Draw all of it anew after the process was stopped."""
        self.refresh(layout=True)
        self.action_refresh()

    async def action_quit(self) -> None:
        """Leave; a form is left first, and what is being written is waited for."""
        if isinstance(self.screen, FormScreen):
            self.bell()
            self.screen.say("This is left first: Escape.")
        elif self._writing:
            self._leaves = True
            self._tell("It is being written; the board is left when that is done.")
        else:
            self.exit()

    @property
    def tickets(self) -> Lines:
        """The table."""
        return self.screen_stack[0].query_one("#tickets", Lines)

    @property
    def places(self) -> Lines:
        """The queues at the side."""
        return self.screen_stack[0].query_one("#places", Lines)

    def _part(self, name: str) -> Static:
        return self.screen_stack[0].query_one(name, Static)

    @property
    def row(self) -> Row | None:
        """The ticket in hand; None if there is none, or the one that was has left the list."""
        at = self.tickets.at
        return self.rows[at] if self.tickets.is_held and at < len(self.rows) else None

    def on_resize(self, event: Resize) -> None:
        """Make the best of another screen."""
        self._lay_out(event.size.width, event.size.height)
        self.show()

    def _lay_out(self, width: int, height: int) -> None:
        """Share the screen out: the queues, the table, the pane below it."""
        self._width = width
        self._side = next((wide for least, wide in _SIDES if width >= least), 0)
        side = self.screen_stack[0].query_one("#side")
        side.display = bool(self._side)
        side.styles.width = self._side + 1
        pane = self._part("#pane")
        pane.styles.height = next((high for least, high in _PANES if height >= least), 0)
        pane.display = height >= _PANES[-1][0]
        self._wide = width - (self._side + 1 if self._side else 0)

    def show(self, ref: str = "") -> None:
        """Draw everything; the ticket in hand stays in hand, wherever it is by now.

        If it is there no more, none is in hand: what comes after it must not slide under the keys.
        """
        longest = max((len(row.ref) + row.news for row in self.rows), default=0)
        with_queue = self.place in (state.ALL, state.MINE)
        room = max(self._wide - 1, 1)  # the bar that scrolls
        self._columns = state.columns(room, with_queue=with_queue, longest=longest)
        now, names = self._desk.now, [each.name for each in self._places]
        at, is_held = self.tickets.at, self.tickets.is_held
        if ref:
            found = next((n for n, row in enumerate(self.rows) if row.ref == ref), None)
            at, is_held = at if found is None else found, found is not None
        self.tickets.show(len(self.rows), at, is_held=is_held)
        self.places.show(len(names), names.index(self.place))
        place = self._places[names.index(self.place)]
        asked = state.asked(self.board, len(self.rows))
        heading = asked or state.place_said(place, now)
        self._part("#heading").update(literal(state.fit(heading, self._wide)))
        self._part("#head").update(literal(state.head(self._columns)))
        self._part("#places-head").update(literal(state.places_head(self._side or 1)))
        self._part("#keys").update(literal(_keys(self._width)))
        self._draw_top()
        self._look_closer()

    def _draw_top(self) -> None:
        top = state.top(self.board, self._desk.now, self._trouble)
        self._part("#top").update(content(top))

    def row_line(self, number: int) -> Iterable[Piece]:
        """A line of the table."""
        return state.cells(self.rows[number], self._columns, self._desk.now)

    def _place_line(self, number: int) -> Iterable[Piece]:
        return state.place_cells(self._places[number], self._side or 1, self._desk.now)

    def _tell(self, text: str) -> None:
        """Say what became of something; it stays until something else is said."""
        self._said = block(text)
        lines = self._said.split("\n")
        more = [f"({len(lines) - _MOST_SAID} more lines: m shows all)"] * (len(lines) > _MOST_SAID)
        self._part("#said").update(literal("\n".join([*lines[:_MOST_SAID], *more])))

    def _begin(
        self,
        group: str,
        do: Callable[..., Coroutine[None, None, None]],
        *args: object,
        alone: bool = False,
    ) -> None:
        """Begin what takes its time; `alone`: instead of what was begun of this group before."""

        async def work() -> None:
            await do(*args)

        _: Worker[None] = self.run_worker(work, group=group, exclusive=alone)

    # Looking.

    async def _ask(self, do: Callable[_P, _R], *args: _P.args, **more: _P.kwargs) -> _R:
        """The answer of the desk, which may take its time; who asked ends where the board was left."""
        call = partial(do, *args, **more)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hand, call)
        finally:
            if not self.is_running:
                raise asyncio.CancelledError  # what it would be shown on is gone

    def look_again(self) -> None:
        """Let the clocks go on, and see whether the ledger is another one."""
        if not self.is_running:
            return  # it is being left
        now = self._desk.now
        self._looks += 1
        if self._soonest is not None and now.timestamp() > self._soonest:
            self._count()
            self.show(self.row.ref if self.row else "")
        else:
            self.tickets.refresh()
            self._draw_top()
        try:
            version: object = look.version(self._desk)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said and not thrown
            version = told(error)
        is_old = (now - self.board.read_at).total_seconds() >= _ANEW_S
        again = bool(self._trouble) and self._looks % _PATIENCE == 0
        if version != self._tried or is_old or again:
            self._tried = version
            self.action_refresh()

    def action_refresh(self) -> None:
        """Read everything anew."""
        if self._is_reading:
            self._is_due = True
            return
        self._is_reading = True
        self._begin("read", self._read)

    async def _read(self) -> None:
        try:
            board = await self._ask(look.read, self._fresh(), self._query)
        except Exception as error:  # noqa: BLE001 - a damaged ledger is a message, and no crash
            self._trouble = told(error)
            self._tell(self._trouble)
            self._draw_top()
        else:
            if self._trouble:
                self._tell("Everything can be read again.")
            self._tried = board.version
            row = self.row
            self.take(board)
            self.show(row.ref if row else "")
            if row and self.row is None:
                self._begin("gone", self._gone, row)
        self._is_reading = False
        if self._is_due:
            self._is_due = False
            self.action_refresh()

    async def _gone(self, row: Row) -> None:
        """Say why the ticket that was in hand is not in the list any more."""
        try:
            others = await self._ask(self._acts.others, row.ref, row.last)
        except Exception as error:  # noqa: BLE001 - as above
            others = told(error)
        if others:
            self._tell(f"{row.ref} is not in this list any more: {others}")

    def _look_closer(self) -> None:
        """Show the ticket in hand below the table."""
        row = self.row
        if row is None:
            why = _NONE_IN_HAND if self.rows else "No tickets here."
            self._part("#pane").update(literal(why))
        else:
            if self._said == block(_NONE_IN_HAND):
                self._tell("")  # one is, by now
            self._begin("closer", self._closer, row.ref, alone=True)

    async def _closer(self, ref: str) -> None:
        try:
            found = (await self._ask(look.detail, self._fresh(), ref)).lines
        except Exception as error:  # noqa: BLE001 - as above
            found = tuple(block(told(error)).split("\n"))
        if self.row and self.row.ref == ref:
            lines = [state.fit(each, self._wide).rstrip() for each in found]
            self._part("#pane").update(literal("\n".join(lines)))

    # Keys.

    @on(Lines.Moved, "#tickets")
    def _on_ticket(self) -> None:
        self._look_closer()

    @on(Lines.Chosen, "#tickets")
    def _on_whole(self) -> None:
        if self.row and not self._is_opening:
            self._is_opening = True
            self._begin("open", self._whole, self.row.ref)

    async def _whole(self, ref: str) -> None:
        async with self._opens(ref) as opened:
            width = max(self.size.width - 6, 20)
            found = await self._ask(look.whole, self._fresh(), ref, width)
            await opened(TextScreen(block("\n".join(found))))

    @on(Lines.Moved, "#places")
    def _on_place(self) -> None:
        self._go_to(self._places[self.places.at].name)

    @on(Lines.Chosen, "#places")
    def _on_entered(self) -> None:
        self.tickets.focus()

    def _go_to(self, place: str) -> None:
        self.place = place
        self.rows = state.chosen(self.board, place)
        self._show_first()

    def _show_first(self) -> None:
        """Draw everything, with the first ticket in hand."""
        self.tickets.at, self.tickets.is_held = 0, True
        self.show()

    def action_place(self, by: int) -> None:
        """The queue before or after this one."""
        names = [each.name for each in self._places]
        self._go_to(names[(names.index(self.place) + by) % len(names)])

    def action_places(self) -> None:
        """Choose a queue from a list."""
        now = self._desk.now
        said = {each.name: state.place_said(each, now) for each in self._places}
        self.push_screen(PlacesScreen(said, self.place), self._chose)

    def _chose(self, place: str | None) -> None:
        if place is not None:
            self._go_to(place)

    def action_help(self) -> None:
        """What the keys do."""
        self.push_screen(TextScreen(HELP))

    def action_query(self) -> None:
        """Ask for other tickets."""
        self._is_opening = True
        self._begin("open", self._open_query)

    async def _open_query(self) -> None:
        async with self._opens("") as opened:
            await opened(QueryScreen(self._query, self._asked))

    def action_said(self) -> None:
        """Read all of what was said last."""
        if self._said:
            self.push_screen(TextScreen(self._said))

    # What is typed before something has opened.

    async def on_event(self, event: Event) -> None:
        """Keep what is pasted while something opens; the rest is as ever."""
        if self._is_opening and isinstance(event, Paste) and not event.is_forwarded:
            self._typed.append(("", one_line(event.text)))
        else:
            await super().on_event(event)

    async def _on_key(self, event: Key) -> None:
        """Keep the keys while something opens: they are meant for that, and not for the ticket."""
        if self._is_opening and event.key != "ctrl+c":
            event.prevent_default()
            self._typed.append((event.key, (event.character or "") * event.is_printable))

    @asynccontextmanager
    async def _opens(self, what: str) -> AsyncIterator[Callable[[Above], Awaitable[None]]]:
        """While something opens: what is typed goes to its first question, and Escape leaves it.

        Where that cannot be, as nothing opens or nothing is asked, the keys are dropped with a bell.
        """
        self._is_opening = True
        slow = self.set_timer(_SLOW_S, partial(self._tell, f"{what} is being opened ..."))
        shown: list[Above] = []

        async def opened(screen: Above) -> None:
            slow.stop()
            if not self._is_left():
                shown.append(screen)
                await self.push_screen(screen)

        try:
            yield opened
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said and not thrown
            self._tell(told(error))
        finally:
            slow.stop()
            is_left, typed = self._is_left(), self._typed
            self._is_opening, self._typed = False, []
            if is_left:
                for screen in shown:
                    screen.dismiss(None)
            else:
                self._give(shown, typed)

    def _is_left(self) -> bool:
        return any(key == "escape" for key, _ in self._typed)

    def _give(self, shown: Sequence[Above], typed: Sequence[tuple[str, str]]) -> None:
        """Give what was typed, up to the first key that is no text, to what stands now."""
        texts = [text for _, text in takewhile(itemgetter(1), typed)]
        taken = [screen.begin_with("".join(texts)) for screen in shown]
        if typed and self.is_running and not (all(taken) and taken and len(texts) == len(typed)):
            self.bell()

    async def _asked(self, query: str) -> str:
        """Show what a query asks for; what is wrong with it, in a sentence."""
        try:
            board = await self._ask(look.read, self._fresh(), query)
        except Exception as error:  # noqa: BLE001 - as above
            return block(told(error))
        self._query = query
        self.place = state.ALL
        self.take(board)
        self._show_first()
        return ""

    async def action_clear(self) -> None:
        """Show all that are open again, after a query."""
        if self._query:
            wrong = await self._asked("")
            if wrong:
                self._tell(wrong)

    # Acts.

    def action_act(self, name: str) -> None:
        """Do something with the ticket in hand."""
        row = self.row
        if row is None:
            self._tell(_NONE_IN_HAND if self.rows else "No ticket is chosen.")
            return
        if name == "wait" and row.status == "waiting":
            name = "resume"
        if name == "accept":
            self._begin("act", self._do, row)
        else:
            self._is_opening = True
            self._begin("open", self._open, name, row)

    async def _write(self, do: Callable[_P, _R], *args: _P.args, **more: _P.kwargs) -> _R:
        """The answer of the desk to an act; that it waits is shown."""
        self._writing += 1
        slow = self.set_timer(_SLOW_S, self._tell_waiting)
        try:
            return await self._ask(do, *args, **more)
        finally:
            slow.stop()
            self._writing -= 1

    def _tell_waiting(self) -> None:
        self._tell(_WAITING)
        if isinstance(self.screen, FormScreen):
            self.screen.say(_WAITING)

    def _done(self, text: str, *, is_done: bool = True) -> None:
        """Say what became of an act, and leave if that was waited for; not if it was refused."""
        self._tell(text)
        self.action_refresh()
        if self._leaves and is_done and not self._writing:
            self.exit()
        self._leaves = self._leaves and is_done

    async def _do(self, row: Row) -> None:
        """Take a ticket; nothing needs to be asked."""
        try:
            done = await self._write(self._acts.do, "accept", row.ref, row.last)
        except Exception as error:  # noqa: BLE001 - as above
            again = "\nIt is shown as it is now." * isinstance(error, ChangedMeanwhileError)
            self._done(f"{told(error)}{again}", is_done=False)
        else:
            self._done("\n".join(done.lines))

    async def _open(self, name: str, row: Row) -> None:
        async with self._opens(row.ref) as opened:
            form = await self._ask(self._acts.form, name, row.ref, row.last)
            await opened(FormScreen(form, self._submit))

    async def _submit(self, form: Form, said: Mapping[str, str]) -> Then:
        """Do what was asked for, or ask further, or say why not."""
        try:
            further = await self._ask(self._acts.more, form, said)
            if further:
                return Then(further)
            answers = form.answers(said)
            done = await self._write(self._acts.do, form.act, form.ref, form.last, answers)
        except ChangedMeanwhileError as error:
            return await self._overtaken(form, error)
        except Exception as error:  # noqa: BLE001 - as above
            return Then(form, block(told(error)))
        self._tell("\n".join(done.lines))
        self.action_refresh()
        return Then()

    async def _overtaken(self, form: Form, error: ChangedMeanwhileError) -> Then:
        """Show what the ticket is by now; Enter means that one."""
        self.action_refresh()
        try:
            now = await self._ask(look.detail, self._fresh(), form.ref)
        except Exception as other:  # noqa: BLE001 - as above
            return Then(form, block(told(other)))
        shown = "\n".join((error.message, "Now it is:", *now.lines[:2]))
        ways = "Enter does it all the same, Escape leaves."
        return Then(replace(form, last=now.last), f"{block(shown)}\n{ways}")

    def action_undo(self) -> None:
        """Take one's own last act back."""
        self._is_opening = True
        self._begin("open", self._undo, self.row.ref if self.row else "")

    async def _undo(self, ref: str) -> None:
        async with self._opens("What is taken back") as opened:
            act = await self._ask(self._acts.newest, ref)
            if act is None:
                nothing = (
                    "There is nothing of yours to take back here; `sdcli undo REF` tells more."
                )
                self._tell(nothing)
                return
            said = act.said if act.said.startswith(act.ref) else f"{act.ref} {act.said}"
            sure = partial(self._begin, "act", self._take_back, act)
            await opened(SureScreen(f"Take this back?\n\n{line(said)}", sure))

    async def _take_back(self, act: BoardAct) -> None:
        try:
            done = await self._write(self._acts.undo, act)
        except Exception as error:  # noqa: BLE001 - as above
            self._done(told(error), is_done=False)
        else:
            self._done("\n".join(done.lines))

    async def on_unmount(self) -> None:
        """Let what was begun come to its end."""
        for number in ENDING:
            asyncio.get_running_loop().remove_signal_handler(number)
        self._hand.shutdown(wait=True)


_SIDES = ((150, state.WIDE_PLACES), (76, state.NARROW_PLACES))
"""How wide the queues at the side are, by how wide the screen is at least."""
_PANES = ((40, 16), (30, 12), (22, 9), (16, 5))
"""How high the pane below the table is, by how high the screen is at least."""


def _keys(width: int) -> str:
    """The keys that fit on a line; all of them are told by `?`."""
    shown = [f"{key} {what}" for key, what in KEYS]
    while len("  ".join(shown)) > width and len(shown) > 1:
        del shown[-3 if len(shown) > 2 else 0]  # noqa: PLR2004 - help and quit stay longest
    return "  ".join(shown)
