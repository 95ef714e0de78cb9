"""The board on its screen, driven by keys: what is shown, what is done, what others do meanwhile."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from textual.events import Paste
from textual.screen import Screen
from textual.widgets import Input

from sdcli.board import look
from sdcli.board.acts import Acts
from sdcli.board.app import BoardApp
from sdcli.board.dialogs import FormScreen, QueryScreen, SureScreen, TextScreen
from sdcli.desk import Desk
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

HOSTILE = "[red]stop[/red] [link=http://x]y[/link] \x1b[31m bell \x07 \u202eevil [@click=app.quit]q"


class Driver:
    """A board of a test, and its keys."""

    def __init__(self, app: BoardApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys, and let all that they began come to its end."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text into the field in hand."""
        field = self.app.focused
        if isinstance(field, Input):
            field.insert_text_at_cursor(text)
        else:
            await self.pilot.press(*text)

    async def settle(self) -> None:
        """Let everything that was begun come to its end."""
        await self.pilot.pause()
        while any(not each.is_finished for each in self.app.workers):
            await self.app.workers.wait_for_complete()
            await self.pilot.pause()

    async def answer(self) -> None:
        """Press Enter until nothing is asked any more."""
        while isinstance(self.app.screen, FormScreen):
            await self.press("enter")

    async def look(self) -> None:
        """Let the next look at the ledger be now."""
        self.app.look_again()
        await self.settle()

    def text(self) -> str:
        """All that is on the screen."""
        compositor = self.app.screen._compositor  # noqa: SLF001 - the library has no other way
        strips = compositor.render_strips(self.app.size)
        return "\n".join(strip.text.rstrip() for strip in strips)


def _opened(desk_dir: Path, by: str = "ben", wait_s: float = 5) -> Desk:
    return Desk(str(desk_dir), by=by, now=NOW, cache="", wait_s=wait_s)


def on_board(
    desk_dir: Path,
    play: Callable[[Driver], Awaitable[None]],
    size: tuple[int, int] = (160, 45),
    wait_s: float = 5,
) -> Acts:
    """Open the board at a size, play, and leave it; what was done."""
    desk = _opened(desk_dir, wait_s=wait_s)
    acts = Acts(desk)

    async def run() -> None:
        app = BoardApp(desk, lambda: desk.anew(lambda _: None), acts, look.read(desk))
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            await play(driver)

    asyncio.run(run())
    return acts


@pytest.fixture(autouse=True)
def _tickets(sd: Runner) -> None:
    """Three tickets: one of network, one of ben's, one with a hostile summary."""
    sd("open", "VPN drops every hour", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("open", "Mail is slow", "--user", "ada", "--type", "incident", "--service", "email")
    sd("assign", "SD-1", "--queue", "network")
    sd("accept", "SD-2")


def test_it_shows_queues_tickets_and_what_is_known(desk_dir: Path) -> None:
    """Queues with their figures, tickets with SLA in words, and the caller of the one in hand (R6.4)."""

    async def play(board: Driver) -> None:
        text = board.text()
        assert "sdcli board  ben" in text
        assert "network              2    1    1" in text
        for word in ("SD-1", "SD-2", "running", "VPN drops every hour", "caller: ada"):
            assert word in text
        assert "next: sdcli" in text

    on_board(desk_dir, play)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (40, 10), (300, 60)])
def test_every_size_shows_the_tickets(desk_dir: Path, size: tuple[int, int]) -> None:
    """From narrow to very wide: each ticket has its reference, its SLA word and time (R3d2.1c)."""

    async def play(board: Driver) -> None:
        lines = board.text().split("\n")
        row = next(each for each in lines if "SD-1 " in each and "running" in each)
        assert "P2" in row
        assert all(len(each) <= size[0] for each in lines)

    on_board(desk_dir, play, size)


def test_hostile_text_is_shown_literally(sd: Runner, desk_dir: Path) -> None:
    """Markup and control characters of tickets are text: on the table, the pane and every dialog."""
    sd("open", HOSTILE, "--user", "ada", "--details", HOSTILE)
    sd("note", "SD-3", HOSTILE)

    async def play(board: Driver) -> None:
        await board.press("end")
        assert "[red]stop[/red] [link=http://x]y[/link]" in board.text()
        for keys in (("enter",), ("n",), ("u",)):
            await board.press(*keys)
            text = board.text()
            assert "[red]stop[/red]" in text
            assert not {"\x1b", "\x07", "\u202e"} & set(text)
            await board.press("escape")

    on_board(desk_dir, play, (220, 60))


def test_take_and_undo(sdj: JsonRunner, desk_dir: Path) -> None:
    """`t` accepts as the command does, and `u` takes that back and nothing else (R3d2.1a)."""

    async def play(board: Driver) -> None:
        await board.press("t")
        assert "SD-1 accepted by ben" in board.text()
        assert sdj("show", "SD-1")["assignee"] == "ben"
        await board.press("u")
        assert isinstance(board.app.screen, SureScreen)
        await board.press("y")
        assert sdj("show", "SD-1")["assignee"] is None

    acts = on_board(desk_dir, play)
    assert [each.act for each in acts.done] == ["accept", "undo"]


def test_a_note_that_the_caller_heard(sdj: JsonRunner, desk_dir: Path) -> None:
    """`n` asks for the text and whether the caller was told, and records it once."""

    async def play(board: Driver) -> None:
        await board.press("n")
        await board.type("asked for a log")
        await board.press("enter", "y", "enter")
        assert "SD-1" in board.text()

    acts = on_board(desk_dir, play)
    event = sdj("history", "SD-1")[-1]
    assert (event["kind"], event["text"], event["visible"]) == ("noted", "asked for a log", True)
    assert [each.event for each in acts.done] == [event["id"]]


def test_an_empty_answer_is_asked_for_again(sdj: JsonRunner, desk_dir: Path) -> None:
    """What is needed and not said keeps the form open, and nothing is recorded."""
    before = sdj("history", "SD-1")

    async def play(board: Driver) -> None:
        await board.press("n", "enter", "enter")
        assert "Not answered yet: What was done or said." in board.text()
        assert isinstance(board.app.screen, FormScreen)
        await board.press("escape")
        assert not isinstance(board.app.screen, FormScreen)

    on_board(desk_dir, play)
    assert sdj("history", "SD-1") == before


def test_escalate_asks_for_the_checklist(sdj: JsonRunner, desk_dir: Path) -> None:
    """`e` asks for queue and reason, then for what the next team needs to know (R3d2.1)."""

    async def play(board: Driver) -> None:
        await board.press("e")
        await board.type("app")
        await board.press("enter")
        await board.type("needs a trace")
        await board.press("enter")
        form = board.app.screen
        assert isinstance(form, FormScreen)
        items = len(form.form.asks)
        assert items
        assert all(each.name.startswith("item:") for each in form.form.asks)
        await board.type("floor 3")
        await board.press(*["enter"] * items)

    on_board(desk_dir, play)
    shown = sdj("show", "SD-1")
    assert shown["queue"] == "applications"
    event = next(each for each in sdj("history", "SD-1") if each["kind"] == "escalated")
    assert event["reason"] == "needs a trace"
    assert "floor 3" in event["items"].values()


def test_a_refusal_is_shown_as_it_is(sd: Runner, desk_dir: Path) -> None:
    """What the command would refuse is refused, in its own words, and the form stays (R0.7)."""
    sd("accept", "SD-1", env={"SDCLI_USER": "greta"})
    wanted = sd("accept", "SD-1", expect=4).stderr.split("Error: ")[1].strip()

    async def play(board: Driver) -> None:
        await board.press("t")
        assert wanted in board.text().replace("\n", " ")

    assert not on_board(desk_dir, play).done


def test_resolve_with_a_code_of_the_vocabulary(sdj: JsonRunner, desk_dir: Path) -> None:
    """`r` offers the closure codes and resolves (R3d1.6)."""

    async def play(board: Driver) -> None:
        await board.press("j", "r")
        await board.type("s")
        await board.press("enter")
        await board.type("restarted it")
        await board.press("enter")

    on_board(desk_dir, play)
    shown = sdj("show", "SD-2")
    assert (shown["status"], shown["code"]) == ("resolved", "solved")


def test_assign_wait_and_resume(sdj: JsonRunner, desk_dir: Path) -> None:
    """`a` gives it to a person, `w` lets it wait, and `w` once more goes on."""

    async def play(board: Driver) -> None:
        await board.press("a")
        await board.type("g")
        await board.press("enter", "enter")
        assert sdj("show", "SD-1")["assignee"] == "greta"
        await board.press("w")
        await board.type("u")
        await board.press("enter")
        await board.type("in 2h")
        await board.answer()
        assert sdj("show", "SD-1")["status"] == "waiting"
        await board.press("w")
        await board.answer()
        assert sdj("show", "SD-1")["status"] == "in_progress"

    on_board(desk_dir, play)


def test_a_time_that_cannot_be_read_is_said(sdj: JsonRunner, desk_dir: Path) -> None:
    """An answer that is none keeps the form, with the sentence of the command."""

    async def play(board: Driver) -> None:
        await board.press("j", "w")
        await board.type("u")
        await board.press("enter")
        await board.type("soon")
        await board.press("enter", "enter", "enter")
        assert "is no date or time" in board.text()
        assert isinstance(board.app.screen, FormScreen)

    on_board(desk_dir, play)
    assert sdj("show", "SD-2")["status"] == "in_progress"


def test_close_as_the_caller_says(sdj: JsonRunner, desk_dir: Path) -> None:
    """`c` demands who confirmed it and how, then asks what closing its type asks for (R4.5a)."""

    async def play(board: Driver) -> None:
        await board.press("j", "c")
        await board.type("s")
        await board.press("enter")
        await board.type("ada")
        await board.press("enter")
        await board.type("p")
        await board.press("enter", "enter", "enter")
        await board.answer()

    on_board(desk_dir, play)
    shown = sdj("show", "SD-2")
    assert shown["status"] == "closed"
    closed = next(each for each in sdj("history", "SD-2") if each["kind"] == "closed")
    assert (closed["confirmed_by"], closed["via"]) == ("ada", "phone")


def test_what_others_do_is_seen(sd: Runner, desk_dir: Path) -> None:
    """The next look, within a second, shows what another process did; the one in hand stays."""

    async def play(board: Driver) -> None:
        await board.press("j")
        sd("open", "Everything is down", "--user", "ada", "--type", "incident", "--service", "erp")
        sd("classify", "SD-3", "--impact", "high", "--urgency", "high")
        assert "SD-3" not in board.text()
        await board.look()
        assert "SD-3" in board.text()
        assert board.app.row is not None
        assert board.app.row.ref == "SD-2"

    on_board(desk_dir, play)


def test_nothing_is_read_while_nothing_changes(desk_dir: Path) -> None:
    """Looks at an unchanged ledger read nothing of it."""

    async def play(board: Driver) -> None:
        reads = board.app.board
        for _ in range(5):
            await board.look()
        assert board.app.board is reads

    on_board(desk_dir, play)


def test_who_was_overtaken_is_told_and_can_go_on(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """A ticket changed while somebody types: nothing is done, it is told, and Enter then means it."""

    async def play(board: Driver) -> None:
        await board.press("n")
        await board.type("called back")
        sd("note", "SD-1", "I have it", env={"SDCLI_USER": "greta"})
        await board.look()
        await board.press("enter", "enter")
        text = board.text()
        assert "was changed by somebody else meanwhile" in text
        assert "I have it" in text
        assert [e["text"] for e in sdj("history", "SD-1") if e["kind"] == "noted"] == ["I have it"]
        await board.press("enter")

    on_board(desk_dir, play)
    said = [e["text"] for e in sdj("history", "SD-1") if e["kind"] == "noted"]
    assert said == ["I have it", "called back"]


def test_a_take_that_was_overtaken(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What was taken by somebody else meanwhile is shown as it is, and not taken."""

    async def play(board: Driver) -> None:
        sd("accept", "SD-1", env={"SDCLI_USER": "greta"})
        await board.press("t")
        assert "greta accepted" in board.text()
        await board.press("t")
        assert "SD-1 is with greta" in board.text()

    on_board(desk_dir, play)
    assert sdj("show", "SD-1")["assignee"] == "greta"


def test_a_busy_ledger_is_a_message(desk_dir: Path, storage: Storage) -> None:
    """While another holds the lock an act is refused in words, and can be tried again."""

    async def play(board: Driver) -> None:
        with storage.held():
            await board.press("t")
            assert "try again" in " ".join(board.text().split())
        await board.press("t")
        assert "SD-1 accepted by ben" in board.text()

    on_board(desk_dir, play, wait_s=0)


def test_a_damaged_ledger_is_a_message(desk_dir: Path, storage: Storage) -> None:
    """Damage is told, what was read stays in sight, and the board goes on when it is mended."""

    async def play(board: Driver) -> None:
        storage.damage()
        await board.look()
        assert "damaged" in board.text()
        assert "not up to date" in board.text()
        assert "VPN drops every hour" in board.text()
        storage.mend()
        await board.look()
        assert "Everything can be read again." in board.text()

    on_board(desk_dir, play)


def test_wrong_files_are_a_message(desk_dir: Path) -> None:
    """A policy that somebody breaks meanwhile is told with its place, and nothing is recorded."""
    policies = desk_dir / "sla_policies.yaml"

    async def play(board: Driver) -> None:
        policies.write_text(policies.read_text().replace("default_agreement: standard", "x: y"))
        await board.press("t")
        assert "sla_policies.yaml:" in board.text()

    assert not on_board(desk_dir, play).done


def test_a_query_narrows_and_its_mistakes_are_shown(desk_dir: Path) -> None:
    """`/` takes the language of `sdcli list`; a mistake is pointed at, and the line stays."""

    async def play(board: Driver) -> None:
        await board.press("slash")
        await board.type("queue:")
        await board.press("enter")
        assert "of the query" in board.text()
        assert isinstance(board.app.screen, QueryScreen)
        await board.type("network")
        await board.press("enter")
        assert [row.ref for row in board.app.rows] == ["SD-1"]
        assert "query queue:network: 1 ticket" in board.text()
        await board.press("slash", "ctrl+u", "enter")
        assert [row.ref for row in board.app.rows] == ["SD-1", "SD-2"]

    on_board(desk_dir, play)


def test_queues_are_chosen_at_the_side_and_by_keys(desk_dir: Path) -> None:
    """All, mine, one queue: by the list at the side, by brackets, or from a list (R3d2.1c)."""

    async def play(board: Driver) -> None:
        def refs() -> list[str]:
            return [row.ref for row in board.app.rows]

        await board.press("right_square_bracket")
        assert (board.app.place, refs()) == ("@mine", ["SD-2"])
        await board.press("left_square_bracket", "o", "end", "enter")
        assert refs() == []
        assert "No tickets here." in board.text()
        await board.press("t")
        assert "No ticket is chosen." in board.text()
        await board.press("tab", "home", "j", "j")
        assert (board.app.place, refs()) == ("service-desk", ["SD-2"])

    on_board(desk_dir, play)


def test_everything_about_a_ticket(sd: Runner, desk_dir: Path) -> None:
    """Enter shows what `sdcli show` shows, and Escape leaves it."""
    wanted = sd("show", "SD-1").stdout.strip().split("\n")

    async def play(board: Driver) -> None:
        await board.press("enter")
        assert isinstance(board.app.screen, TextScreen)
        assert all(each.strip() in board.app.screen.text for each in wanted)
        await board.press("escape", "question_mark")
        assert "take it (accept)" in board.text()

    on_board(desk_dir, play)


def test_nothing_is_locked_while_somebody_types(sd: Runner, desk_dir: Path) -> None:
    """An open form holds no lock: another command writes at once (T28)."""

    async def play(board: Driver) -> None:
        await board.press("r")
        sd("note", "SD-2", "written meanwhile", env={"SDCLI_LOCK_WAIT": "0"})
        await board.press("escape")

    on_board(desk_dir, play)


def test_it_is_left_by_q(desk_dir: Path) -> None:
    """`q` leaves, and what was done is known."""

    async def play(board: Driver) -> None:
        await board.press("t", "q")

    acts = on_board(desk_dir, play)
    assert [(each.ref, each.act) for each in acts.done] == [("SD-1", "accept")]


def test_it_is_left_while_the_desk_takes_its_time(sdj: JsonRunner, desk_dir: Path) -> None:
    """Left while it reads, opens and looks again: it ends without an error, and records nothing."""
    before = sdj("history", "SD-1")

    async def play(board: Driver) -> None:
        slow = Slow(board)
        board.app.action_refresh()
        await board.pilot.press("j", "n", "x")
        board.app.end(15)
        threading.Timer(0.2, slow.go).start()
        board.app._running = False  # noqa: SLF001 - as while the library takes its widgets away
        board.app.look_again()

    assert not on_board(desk_dir, play).done
    assert sdj("history", "SD-1") == before


def test_only_rows_in_sight_are_made(desk_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tickets there are, a key makes no more lines than the screen has."""
    made: list[int] = []
    original: Any = BoardApp.row_line

    def counted(self: BoardApp, number: int) -> Any:
        made.append(number)
        return original(self, number)

    monkeypatch.setattr(BoardApp, "row_line", counted)

    async def play(board: Driver) -> None:
        app = board.app
        row = app.board.rows[0]
        many = tuple(replace(row, ref=f"SD-{n}") for n in range(1, 10_001))
        app.take(replace(app.board, rows=many))
        app.show()
        await board.settle()
        made.clear()
        await board.press("end")
        assert 0 < len(made) <= 3 * app.size.height
        assert "SD-10000" in board.text()

    on_board(desk_dir, play)


def test_no_color_leaves_the_colours_of_the_terminal(
    desk_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With NO_COLOR nothing has a colour of its own, and never one that is that of what is behind."""
    monkeypatch.setenv("NO_COLOR", "1")

    async def play(board: Driver) -> None:
        strips = board.app.screen._compositor.render_strips(board.app.size)  # noqa: SLF001 - as above
        segments = [each for strip in strips for each in strip]
        for filter_ in board.app.get_line_filters():
            segments = filter_.apply(segments, board.app.screen.background_colors[1])
        styles = [each.style for each in segments if each.style]
        assert styles
        for style in styles:
            assert style.color is None or style.color.is_default
            assert style.bgcolor is None or style.bgcolor.is_default
        assert any(style.reverse for style in styles)

    on_board(desk_dir, play)


@pytest.mark.parametrize("text", ["", "  ", "\u00a0 \t"])
def test_blanks_are_no_answer(sdj: JsonRunner, desk_dir: Path, text: str) -> None:
    """A note of blanks is none: it is asked for again, and nothing is recorded."""
    before = sdj("history", "SD-1")

    async def play(board: Driver) -> None:
        await board.press("n")
        await board.type(text)
        await board.press("enter", "y", "enter")
        assert "Not answered yet: What was done or said." in board.text()

    on_board(desk_dir, play)
    assert sdj("history", "SD-1") == before


def test_assign_to_nobody(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Nobody in the same queue takes it from its person, and where there is none nothing changes."""
    sd("assign", "SD-1", "--to", "greta", env={"SDCLI_USER": "greta"})

    async def play(board: Driver) -> None:
        await board.press("a", "home", "enter", "enter")
        assert sdj("show", "SD-1")["assignee"] is None
        await board.press("a", "home", "enter", "enter")
        assert "SD-1 is with nobody in network already" in " ".join(board.text().split())
        await board.press("escape")

    acts = on_board(desk_dir, play)
    assert [each.act for each in acts.done] == ["assign"]


def test_what_leaves_the_list_leaves_no_other_in_hand(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """A ticket closed by somebody else: it is told by whom, and no key takes the one that follows."""

    async def play(board: Driver) -> None:
        sd(
            "close",
            "SD-1",
            "--code",
            "solved",
            "--unconfirmed",
            "gone",
            env={"SDCLI_USER": "greta"},
        )
        await board.look()
        assert "SD-1 is not in this list any more: greta" in board.text()
        assert board.app.row is None
        for key in ("t", "n", "e", "r", "a", "w", "c"):
            await board.press(key)
            assert "No ticket is in hand" in board.text()
        await board.look()
        assert board.app.row is None
        await board.press("j")
        assert board.app.row is not None
        assert board.app.row.ref == "SD-2"

    assert not on_board(desk_dir, play).done
    assert sdj("show", "SD-2")["assignee"] == "ben"


def test_what_one_closed_oneself_leaves_no_other_in_hand(desk_dir: Path) -> None:
    """One's own act that takes the ticket out of the list is told as it is, and none is in hand."""

    async def play(board: Driver) -> None:
        await board.press("right_square_bracket", "a", "home", "enter", "enter")
        assert board.app._said.startswith("SD-2 ")  # noqa: SLF001 - what was told
        assert "any more" not in board.text()
        assert "No tickets here." in board.text()
        assert board.app.row is None

    on_board(desk_dir, play)


class Slow:
    """Holds the desk of a board back until it is let go."""

    def __init__(self, board: Driver) -> None:
        self._gate = threading.Event()
        board.app._hand.submit(self._gate.wait, 20)  # noqa: SLF001 - a desk that takes its time

    def go(self) -> None:
        """Let the desk answer."""
        self._gate.set()


def test_what_is_typed_before_a_form_goes_into_it(sdj: JsonRunner, desk_dir: Path) -> None:
    """Letters behind `n` are the note, however long the form takes, and never acts on the ticket."""

    async def play(board: Driver) -> None:
        slow = Slow(board)
        await board.pilot.press("n", *"recat", "space", "u", "q")
        assert board.app.is_running
        slow.go()
        await board.settle()
        form = board.app.screen
        assert isinstance(form, FormScreen)
        assert form.form.act == "note"
        assert form.query_one(Input).value == "recat uq"
        await board.press("enter", "enter")

    on_board(desk_dir, play)
    assert sdj("history", "SD-1")[-1]["text"] == "recat uq"
    assert sdj("show", "SD-1")["assignee"] is None


@pytest.mark.parametrize("keys", [("n", "escape", "t"), ("u", "y"), ("enter", "t", "q")])
def test_keys_before_what_opens_do_nothing_else(
    sdj: JsonRunner, desk_dir: Path, keys: tuple[str, ...]
) -> None:
    """Escape leaves what has not opened yet; a question is not answered before it stands."""
    before = sdj("history", "SD-1")

    async def play(board: Driver) -> None:
        slow = Slow(board)
        await board.pilot.press(*keys)
        slow.go()
        await board.settle()
        wanted = {"n": Screen, "u": SureScreen, "enter": TextScreen}[keys[0]]
        assert isinstance(board.app.screen, wanted)
        assert not isinstance(board.app.screen, FormScreen)

    assert not on_board(desk_dir, play).done
    assert sdj("history", "SD-1") == before


def test_a_form_that_does_not_open_drops_what_was_typed(sd: Runner, desk_dir: Path) -> None:
    """An act that cannot be is refused before its form; what was typed for it acts on nothing."""
    sd("resolve", "SD-1", "--code", "solved")

    async def play(board: Driver) -> None:
        await board.press("r")
        assert "so `resolve` does not apply" in board.text()
        slow = Slow(board)
        await board.pilot.press("a", "t", "n")
        slow.go()
        await board.settle()
        assert "so `assign` does not apply" in board.text()
        assert not isinstance(board.app.screen, FormScreen)

    assert not on_board(desk_dir, play).done


def test_what_is_being_written_is_not_left(
    sdj: JsonRunner, desk_dir: Path, storage: Storage
) -> None:
    """While an act waits for the ledger that is shown, Escape is refused, and the outcome is told."""

    async def play(board: Driver) -> None:
        await board.press("n")
        await board.type("patched")
        with storage.held():
            await board.pilot.press("enter", "enter")
            while "Waiting for the ledger" not in board.text():
                await board.pilot.pause(0.02)
            await board.pilot.press("escape", "ctrl+q")
            assert isinstance(board.app.screen, FormScreen)
            assert board.app.is_running
        await board.settle()
        assert not isinstance(board.app.screen, FormScreen)
        assert "SD-1" in board.app._said  # noqa: SLF001 - what was told

    on_board(desk_dir, play)
    assert sdj("history", "SD-1")[-1]["text"] == "patched"


def test_a_form_is_left_before_the_board(desk_dir: Path) -> None:
    """Ctrl-Q in a form does not lose what was typed."""

    async def play(board: Driver) -> None:
        await board.press("n")
        await board.type("half a sentence")
        await board.press("ctrl+q")
        assert isinstance(board.app.screen, FormScreen)
        assert "half a sentence" in board.text()
        await board.press("escape", "ctrl+q")
        assert not board.app.is_running or board.app._exit  # noqa: SLF001 - it is being left

    on_board(desk_dir, play)


def test_undo_goes_on_to_the_act_before(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What cannot be taken back any more is passed over; what was taken back is told at the end."""

    async def play(board: Driver) -> None:
        await board.press("t", "j", "n")
        await board.type("first")
        await board.press("enter", "enter")
        sd("note", "SD-2", "later", env={"SDCLI_USER": "greta"})
        await board.look()
        await board.press("u")
        assert "SD-1 accepted by ben" in board.text()
        await board.press("y")
        await board.press("u")
        assert "There is nothing of yours to take back here" in board.text()

    acts = on_board(desk_dir, play)
    assert [each.act for each in acts.done] == ["accept", "note", "undo"]
    assert acts.done[-1].said == "SD-1 taken back: accepted by ben"
    assert sdj("show", "SD-1")["assignee"] is None


def test_an_act_that_is_gone_is_told_in_words(sd: Runner, desk_dir: Path) -> None:
    """Taken back elsewhere while it is asked: the act is named by what it said, and by no id."""

    async def play(board: Driver) -> None:
        await board.press("t", "u")
        sd("undo", "SD-1")
        await board.press("y")
        assert '"SD-1 accepted by ben" cannot be taken back any more' in board.app._said  # noqa: SLF001 - as above

    acts = on_board(desk_dir, play)
    assert [each.act for each in acts.done] == ["accept"]


def test_a_query_is_left(desk_dir: Path) -> None:
    """Escape on the board, as its heading says, shows all that are open again."""

    async def play(board: Driver) -> None:
        await board.press("slash")
        await board.type("queue:network")
        await board.press("enter")
        assert "Escape clears it" in board.text()
        await board.press("escape")
        assert [row.ref for row in board.app.rows] == ["SD-1", "SD-2"]

    on_board(desk_dir, play)


def test_a_pasted_text_keeps_its_lines(sdj: JsonRunner, desk_dir: Path) -> None:
    """Several lines pasted into a field are one line with all of them."""

    async def play(board: Driver) -> None:
        await board.press("n")
        board.app.post_message(Paste("one\r\n  two\n\nthree\n"))
        await board.settle()
        await board.press("enter", "enter")

    on_board(desk_dir, play)
    assert sdj("history", "SD-1")[-1]["text"] == "one two three"


def test_the_keys_fit_each_size(desk_dir: Path) -> None:
    """After another size of the screen the line of keys is the one for that size."""

    async def play(board: Driver) -> None:
        await board.pilot.resize_terminal(50, 20)
        await board.settle()
        assert board.text().split("\n")[-1].endswith("q quit")
        await board.pilot.resize_terminal(120, 20)
        await board.settle()
        assert "a assign" in board.text().split("\n")[-1]

    on_board(desk_dir, play)


def test_files_mended_are_seen(desk_dir: Path) -> None:
    """A desk's file that breaks, or is mended, is seen at the next look, though no ticket changes."""
    policies = desk_dir / "sla_policies.yaml"
    whole = policies.read_text()

    async def play(board: Driver) -> None:
        policies.write_text("x: y\n")
        await board.look()
        assert "sla_policies.yaml" in board.text()
        policies.write_text(whole)
        await board.look()
        assert "Everything can be read again." in board.text()

    on_board(desk_dir, play)


def test_an_unanswered_list_says_so(desk_dir: Path) -> None:
    """Enter on a list of which nothing is chosen says what is missing."""

    async def play(board: Driver) -> None:
        await board.press("e", "enter")
        assert "Not answered yet: To which queue." in board.text()

    on_board(desk_dir, play)


def test_a_form_names_its_fields(desk_dir: Path) -> None:
    """What a command says of its options is said of the fields of the form."""

    async def play(board: Driver) -> None:
        await board.press("j", "c")
        await board.type("s")
        await board.press(*["enter"] * 5)
        text = " ".join(board.text().replace("│", " ").split())
        assert 'without who confirmed it ("Who confirmed it" "How")' in text
        assert "--confirmed-by" not in text

    on_board(desk_dir, play)
