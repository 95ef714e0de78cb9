"""What is done from the board: each act as the command of that name does it, by the same rooms.

Each opens the desk anew, and is one short unit of work: nothing is locked while somebody types. If the
ticket is another one than was shown, nothing is done and it is said what happened meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec.structs import replace

from sdcli.board.forms import YES_NO, Asked, Form
from sdcli.errors import ChangedMeanwhileError, RefusedError
from sdcli.ledger.again import wholly_again
from sdcli.render.safe import line
from sdcli.results.lists import BoardAct
from sdcli.results.tickets import Changed
from sdcli.tickets.event import act_of
from sdcli.tickets.steps import require

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sdcli.closing import Open, Wish
    from sdcli.desk import Desk
    from sdcli.queues import Handing
    from sdcli.results import Result
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.undo import Step

Said: TypeAlias = "Mapping[str, str]"
_UNCHANGED = ""
_MOST_TOLD = 3
"""So many things that others did are told at once."""


class Done(NamedTuple):
    """What became of an act: the sentences to show."""

    lines: tuple[str, ...]


class Kind(NamedTuple):
    """One kind of act.

    Args:
        title: what it is called above its form.
        run: does it, within a unit of work.
        asks: what is asked first; `more`: what is asked when that is answered.
        event: the kind of event that it records, without which nothing needs to be asked.
    """

    title: str
    run: Callable[[Desk, str, Said], Result]
    asks: Callable[[Desk, Ticket], tuple[Asked, ...]] = lambda _, __: ()
    more: Callable[[Desk, str, Said], tuple[Asked, ...]] = lambda _, __, ___: ()
    event: str = ""


class Acts:
    """The acts of one person at one board; `done` is what was done, in order.

    Args:
        desk: the desk, which is opened anew for each act.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._taken_back: set[str] = set()
        self._own: set[str] = set()  # what the ids of all that was done here end with
        self.done: list[BoardAct] = []

    def form(self, act: str, ref: str, last: str) -> Form:
        """What is asked before an act; nothing is locked.

        Raises:
            NoSuchTicketError: there is no such ticket.
            IllegalStepError: its state does not allow the act.
            DataFileError: a file of the desk is wrong.
        """
        desk = self._desk.anew(lambda _: None)
        ticket, kind = desk.ledger.get(ref), KINDS[act]
        if kind.event and (kind.event != "closed" or ticket.is_closed):
            require(kind.event, ticket)
        title = line(f"{kind.title} {ref}: {ticket.summary}")
        return Form(act=act, ref=ref, last=last, title=title, asks=kind.asks(desk, ticket))

    def more(self, form: Form, said: Said) -> Form | None:
        """What is asked after a form was answered; None if that is all.

        Raises:
            SdcliError: it could not be done in any case.
        """
        if form.said:
            return None  # it was asked already
        kind, answers = KINDS[form.act], form.answers(said)
        asks = kind.more(self._desk.anew(lambda _: None), form.ref, answers)
        if not asks:
            return None
        return Form(
            act=form.act, ref=form.ref, last=form.last, title=form.title, asks=asks, said=answers
        )

    @wholly_again
    def do(self, act: str, ref: str, last: str, said: Said | None = None) -> Done:
        """Do it, if the ticket is as it was shown.

        Raises:
            ChangedMeanwhileError: it is not; nothing was done.
            SdcliError: it is refused; nothing was done.
        """
        notes: list[str] = []
        desk = self._desk.anew(notes.append)
        _ = (
            desk.policy,
            desk.process,
        )  # what is wrong with the files is said before anything is locked
        with desk.together() as unit, unit.write() as writer:
            self._require_as_shown(writer.get(ref), last)
            result = KINDS[act].run(desk, ref, said or {})
        return self._kept(desk, act, ref, result, notes)

    def _require_as_shown(self, ticket: Ticket, last: str) -> None:
        """Refuse to act on what is another ticket by now than was shown.

        What was done from this board is no surprise, though it may not be shown yet.

        Raises:
            ChangedMeanwhileError: it is; the error tells what happened.
        """
        known = any(event.id == last for event in ticket.events)
        since = _since(ticket, last)
        if not last or (known and not self._of_others(since)):
            return
        error = ChangedMeanwhileError(ticket.ref)
        if known:
            error.also(f"Since it was shown: {_told(since)}.")
        raise error

    def _of_others(self, events: Sequence[AnyEvent]) -> list[AnyEvent]:
        return [event for event in events if act_of(event) not in self._own]

    def others(self, ref: str, last: str) -> str:
        """What others did with a ticket since it was shown; empty if it was all done here.

        Raises:
            NoSuchTicketError: there is no such ticket.
        """
        ticket = self._desk.anew(lambda _: None).ledger.get(ref)
        since = self._of_others(_since(ticket, last))
        return _told(since[-_MOST_TOLD:]) if since else ""

    def newest(self, ref: str) -> BoardAct | None:
        """What `undo` would take back: the last act of this session, else one's own on a ticket.

        What cannot be taken back any more, as something was done since, is passed over.

        Raises:
            NoSuchTicketError: there is no such ticket.
        """
        reader = self._desk.anew(lambda _: None).ledger
        for each in reversed(self.done):
            if each.event and each.event not in self._taken_back:
                step = self._own_step(reader.get(each.ref))
                if step and any(event.id == each.event for event in step.events):
                    return each
        step = self._own_step(reader.get(ref)) if ref else None
        if step is None:
            return None
        from sdcli.render.history import sentence  # noqa: PLC0415 - only `undo` pays for it

        event = step.events[-1]
        return BoardAct(event.at, ref, "", line(sentence(event)), event.id)

    def _own_step(self, ticket: Ticket) -> Step | None:
        """The last step on a ticket, if it is one's own and can be taken back."""
        from sdcli.tickets.undo import last_step  # noqa: PLC0415 - only `undo` pays for it

        step = None if ticket.void else last_step(ticket)
        return step if step and step.by == self._desk.by else None

    def undo(self, act: BoardAct) -> Done:
        """Take an act back, and no other one.

        Raises:
            RefusedError: it was taken back already, or something came later.
        """
        from sdcli.undoing import Undoing  # noqa: PLC0415 - only who takes back

        notes: list[str] = []
        desk = self._desk.anew(notes.append)
        step = self._own_step(desk.ledger.get(act.ref))
        if step is None or all(event.id != act.event for event in step.events):
            raise RefusedError(
                f'"{act.said}" cannot be taken back any more: it was taken back already, or '
                f"something was done since; `sdcli history {act.ref}` shows it.",
                ref=act.ref,
            )
        result = Undoing(desk).undo(
            act.ref, reason="", everywhere=False, only=False, event=act.event
        )
        self._taken_back.add(act.event)
        done = self._kept(desk, "undo", act.ref, result, notes)
        said = act.said.removeprefix(f"{act.ref} ")
        self.done[-1] = replace(self.done[-1], said=f"{act.ref} taken back: {said}")
        return done

    def _kept(self, desk: Desk, act: str, ref: str, result: Result, notes: Sequence[str]) -> Done:
        """Remember an act for the end of the session; what the command would have printed."""
        from sdcli.render.as_text import Screen, write  # noqa: PLC0415 - its own start is slow

        if desk.act:
            self._own.add(desk.act)
        told = write(result, Screen(None, colour=False))
        lines = [text.rstrip() for text in told.out if text.strip()]
        lines += [line(note) for note in notes]
        seen = result.seen if isinstance(result, Changed) else None
        event = seen.added[-1].id if seen and seen.added else ""
        said = lines[0] if lines else ""
        if event or act == "undo":
            self.done.append(BoardAct(desk.now, ref, act, said, event))
        return Done(tuple(lines))


def _since(ticket: Ticket, last: str) -> Sequence[AnyEvent]:
    """What happened to a ticket after an event; all of it if there is no such event."""
    ids = [event.id for event in ticket.events]
    return ticket.events[ids.index(last) + 1 :] if last in ids else ticket.events


def _told(events: Sequence[AnyEvent]) -> str:
    """Who did what, in a line."""
    from sdcli.render.history import entry  # noqa: PLC0415 - only who was overtaken

    return "; ".join(line(f"{event.by} {entry(event)}") for event in events)


def _accept(desk: Desk, ref: str, said: Said) -> Result:
    from sdcli.queues import Queues  # noqa: PLC0415 - each act loads what it needs

    del said
    return Queues(desk).accept(ref)


def _note_asks(desk: Desk, ticket: Ticket) -> tuple[Asked, ...]:
    del desk, ticket
    return (
        Asked(name="text", says="What was done or said", needed=True),
        Asked(name="visible", says="Was the caller told", words=YES_NO, value="no"),
    )


def _note(desk: Desk, ref: str, said: Said) -> Result:
    from sdcli.tickets import steps  # noqa: PLC0415

    visible = said["visible"] == "yes"
    return _changed(desk, desk.change(ref, steps.note, text=said["text"], visible=visible))


def _changed(desk: Desk, ticket: Ticket) -> Changed:
    return Changed(desk.see(ticket))


def _queues(desk: Desk, but: str = "") -> dict[str, str]:
    """The queues with what each is for."""
    return {
        name: f"{name} (tier {each.tier}): {each.focus}"
        for name, each in desk.policy.teams.queues.items()
        if name != but
    }


def _escalate_asks(desk: Desk, ticket: Ticket) -> tuple[Asked, ...]:
    return (
        Asked(name="to", says="To which queue", words=_queues(desk, ticket.queue), needed=True),
        Asked(name="reason", says="Why", needed=True),
    )


def _handing(said: Said) -> Handing:
    from sdcli.queues import Handing  # noqa: PLC0415 - as above

    handing = Handing(to=said["to"], reason=said["reason"])
    items = {
        name.removeprefix(_ITEM): text for name, text in said.items() if name.startswith(_ITEM)
    }
    return handing.with_answers(items) if items else handing


_ITEM = "item:"


def _escalate_more(desk: Desk, ref: str, said: Said) -> tuple[Asked, ...]:
    """The items of the next team's checklist of which nothing is known (R3d2.1)."""
    from sdcli.queues import Queues  # noqa: PLC0415 - as above

    found = Queues(desk).open_items(ref, _handing(said))
    return tuple(
        Asked(name=f"{_ITEM}{item}", says=f"{item}: {what} (empty if nobody knows)")
        for item, what in found.items()
    )


def _escalate(desk: Desk, ref: str, said: Said) -> Result:
    from sdcli.queues import Queues  # noqa: PLC0415 - as above

    return Queues(desk).hand_over(ref, _handing(said))


def _code(desk: Desk) -> Asked:
    words = {
        name: f"{name}: {meaning}" for name, meaning in desk.policy.vocabulary.closure_code.items()
    }
    return Asked(name="code", says="How was it solved", words=words, needed=True)


def _resolve_asks(desk: Desk, ticket: Ticket) -> tuple[Asked, ...]:
    del ticket
    return _code(desk), Asked(name="note", says="What was done (may be empty)")


def _resolve(desk: Desk, ref: str, said: Said) -> Result:
    from sdcli.changes.planned import to_be_named  # noqa: PLC0415 - as above
    from sdcli.closing import Closings  # noqa: PLC0415

    ticket, notes = Closings(desk).resolve(ref, code=said["code"], note=said["note"])
    notes += to_be_named(desk.policy, ticket, desk.now)
    return Changed(desk.see(ticket), notes)


def _assign_asks(desk: Desk, ticket: Ticket) -> tuple[Asked, ...]:
    people = {
        person: f"{person}: {each.name}" for person, each in desk.policy.teams.technicians.items()
    }
    return (
        Asked(
            name="to",
            says="To whom",
            words={_UNCHANGED: "nobody: the queue alone", **people},
            value=desk.by if desk.by in people else _UNCHANGED,
        ),
        Asked(
            name="queue",
            says="In which queue",
            words={_UNCHANGED: f"it stays in {ticket.queue}", **_queues(desk, ticket.queue)},
        ),
    )


def _assign(desk: Desk, ref: str, said: Said) -> Result:
    from sdcli.tickets import steps  # noqa: PLC0415 - as above

    ticket = desk.ledger.get(ref)
    to, queue = said["to"] or None, said["queue"] or ticket.queue
    if (to, queue) == (ticket.assignee, ticket.queue):
        with_ = to or "nobody"
        raise RefusedError(
            f"{ref} is with {with_} in {queue} already: choose a person, or another queue.", ref=ref
        )
    return _changed(desk, desk.change(ref, steps.assign, to=to, queue=queue))


def _wait_asks(desk: Desk, ticket: Ticket) -> tuple[Asked, ...]:
    del ticket
    policy = desk.policy
    words = {name: f"{name}: {says}" for name, says in policy.vocabulary.waiting_for.items()}
    suppliers = {name: name for name in policy.sla.underpinning_contracts}
    supplier = Asked(
        name="supplier",
        says="Whose contract runs meanwhile",
        words={_UNCHANGED: "nobody's", **suppliers},
    )
    return (
        Asked(name="for", says="Who must act", words=words, needed=True),
        Asked(name="until", says="When to look again, such as 17:00 or in 2h (may be empty)"),
        Asked(name="reason", says="What they must do (may be empty)"),
        *([supplier] if suppliers else ()),
    )


def _wait(desk: Desk, ref: str, said: Said) -> Result:
    from sdcli.tickets import steps  # noqa: PLC0415 - as above

    until = None
    if said["until"]:
        from sdcli.params import when  # noqa: PLC0415 - as above

        until = when(said["until"], desk.now, desk.zone)
    ticket = desk.change(
        ref,
        steps.wait,
        waiting_for=said["for"],
        until=until,
        reason=said["reason"],
        supplier=said.get("supplier", ""),
    )
    return _changed(desk, ticket)


def _resume_asks(desk: Desk, ticket: Ticket) -> tuple[Asked, ...]:
    del desk, ticket
    return (Asked(name="reason", says="What has happened meanwhile (may be empty)"),)


def _resume(desk: Desk, ref: str, said: Said) -> Result:
    from sdcli.tickets import steps  # noqa: PLC0415 - as above

    return _changed(desk, desk.change(ref, steps.resume, reason=said["reason"]))


def _close_asks(desk: Desk, ticket: Ticket) -> tuple[Asked, ...]:
    """What every closure needs (R4.5a)."""
    methods = desk.policy.vocabulary.contact_method
    words = {name: f"{name}: {meaning}" for name, meaning in methods.items()}
    return (
        *(() if ticket.status == "resolved" else (_code(desk),)),
        Asked(name="confirmed_by", says="Who confirmed it (empty if nobody did)"),
        Asked(name="via", says="How", words={_UNCHANGED: "nobody did", **words}),
        Asked(name="unconfirmed", says="Why nobody did (if so)"),
        Asked(name="note", says="What else is to be known (may be empty)"),
    )


def _wish(desk: Desk, ref: str, said: Said) -> tuple[Wish, Open | None]:
    """What is said on closing, and what was asked besides."""
    from sdcli.changes.planned import came_from  # noqa: PLC0415 - as above
    from sdcli.closing import Answers, Closings, Wish  # noqa: PLC0415
    from sdcli.tickets.event import ArticleUse  # noqa: PLC0415

    code = said.get("code") or None
    outage = came_from(desk.policy, desk.ledger.get(ref), code, "", desk.now)
    wish = Wish(
        code=code,
        confirmed_by=said["confirmed_by"],
        via=said["via"],
        unconfirmed=said["unconfirmed"],
        note=said["note"],
        outage=outage,
    )
    _, open_ = Closings(desk).to_ask(ref, wish)
    uses = tuple(
        ArticleUse(each.id, outcome, each.revision)
        for each in open_.articles
        if (outcome := said.get(f"{_ARTICLE}{each.id}", _UNKNOWN)) != _UNKNOWN
    )
    told = {name: said[name] for name in open_.fields if name in said}
    evidence = said.get("evidence", "")
    return wish.answered(Answers(said=told, evidence=evidence, articles=uses)), open_


_ARTICLE, _UNKNOWN = "article:", "unknown"
_OR_UNKNOWN = {_UNKNOWN: "nobody knows", **YES_NO}


def _close_more(desk: Desk, ref: str, said: Said) -> tuple[Asked, ...]:
    """What a closure of this type leaves open (R4.2, R4.4, R4.5)."""
    from sdcli.dialogue import HAS_IT, YES_NO_QUESTIONS  # noqa: PLC0415 - as above

    _, open_ = _wish(desk, ref, said)
    if open_ is None:
        return ()
    words = desk.policy.vocabulary
    asks: list[Asked] = []
    if open_.benefit:
        asks.append(Asked(name="benefit", says=HAS_IT, words=_OR_UNKNOWN, value=_UNKNOWN))
    if open_.evidence:
        asks.append(Asked(name="evidence", says="What shows that it works again (may be empty)"))
    for name in open_.fields:
        if name == "cause":
            meant = {_UNKNOWN: "nobody knows", **words.cause}
            asks.append(Asked(name=name, says="What did it come from", words=meant, value=_UNKNOWN))
        elif name == "improvement":
            asks.append(Asked(name=name, says="What would make the next one easier (may be empty)"))
        elif name in YES_NO_QUESTIONS:
            asks.append(
                Asked(name=name, says=YES_NO_QUESTIONS[name], words=_OR_UNKNOWN, value=_UNKNOWN)
            )
    outcomes = {_UNKNOWN: "nobody knows", **words.article_outcome}
    asks += [
        Asked(
            name=f"{_ARTICLE}{each.id}",
            says=f"What did {each.id} do",
            words=outcomes,
            value=_UNKNOWN,
        )
        for each in open_.articles
    ]
    return tuple(asks)


def _close(desk: Desk, ref: str, said: Said) -> Result:
    from sdcli.changes.planned import doubts  # noqa: PLC0415 - as above
    from sdcli.closing import Closings  # noqa: PLC0415
    from sdcli.dialogue import not_over  # noqa: PLC0415
    from sdcli.knowledge_base import KnowledgeBase  # noqa: PLC0415

    before = desk.ledger.get(ref)
    if said.get("benefit") == "no":
        raise not_over(before)
    wish, _ = _wish(desk, ref, said)
    tell = KnowledgeBase(desk).answerable(wish.articles)
    ticket, notes = Closings(desk).close(ref, wish, tell)
    return Changed(desk.see(ticket), [*doubts(desk.policy, before, wish.outage, desk.now), *notes])


KINDS: Mapping[str, Kind] = {
    "accept": Kind("Take", _accept),
    "note": Kind("Note on", _note, _note_asks, event="noted"),
    "escalate": Kind("Escalate", _escalate, _escalate_asks, _escalate_more, "escalated"),
    "resolve": Kind("Resolve", _resolve, _resolve_asks, event="resolved"),
    "assign": Kind("Assign", _assign, _assign_asks, event="assigned"),
    "wait": Kind("Let wait", _wait, _wait_asks, event="waited"),
    "resume": Kind("Resume", _resume, _resume_asks, event="resumed"),
    "close": Kind("Close", _close, _close_asks, _close_more, "closed"),
}
"""The acts by the names of their commands."""


def told(error: Exception) -> str:
    """What an error says, in the sentence of its command; what nobody expected is a bug, and said."""
    from click import ClickException  # noqa: PLC0415 - loaded anyway

    from sdcli.errors import SdcliError  # noqa: PLC0415 - as above

    if isinstance(error, ClickException):
        return error.format_message()
    if isinstance(error, SdcliError):
        return error.message
    return f"sdcli failed unexpectedly ({type(error).__name__}: {error}). This is a bug."
