"""One person led through the process: a question, an ordinary command, and the next (R6.1).

The questions are in `sdcli.guidance`; here is how a run goes on, with whoever asks and whatever runs
commands given from above. Each command is a unit of work of its own, so whoever leaves at any
question has done what was shown, and nothing by half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import DONE, INTERRUPTED, AnswerError, SdcliError
from sdcli.guidance import Case, Offer, Walking, ask
from sdcli.moves import Move
from sdcli.results.triage import Guided
from sdcli.tickets.relations import linked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sdcli.desk import Desk
    from sdcli.guidance import Choice, Question
    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.ticket import Ticket


_MOST_OFFERS = 3


def case(desk: Desk, ref: str, answers: Mapping[str, str]) -> Case:
    """A ticket as it stands now, as the guide looks at it.

    Raises:
        NoSuchTicketError: there is no such ticket.
        DataFileError: a file of the desk is wrong.
    """
    ticket, policy = desk.ledger.get(ref), desk.policy
    known = policy.teams.technicians.get(desk.by)
    walking, offers = _fulfilment(desk, ticket)
    return Case(
        ticket,
        policy,
        desk.by,
        level=known.level if known else 0,
        is_blocked=_is_blocked(desk, ticket),
        answers=answers,
        titles=_titles(desk, ticket),
        owed=_owed(desk, ticket),
        walking=walking,
        offers=offers,
    )


def _is_blocked(desk: Desk, ticket: Ticket) -> bool:
    if ticket.support is None or ticket.is_closed:
        return False
    from sdcli.tickets.support import blocks  # noqa: PLC0415 - few tickets are unsupported

    return blocks(ticket, desk.rooms, desk.now)


def _fulfilment(desk: Desk, ticket: Ticket) -> tuple[Walking | None, tuple[Offer, ...]]:
    """The procedure that is followed, or else those that fit (R3b.1)."""
    if ticket.type != "fulfilment" or ticket.status == "waiting":
        return None, ()
    from sdcli.fulfilments.offers import Offers  # noqa: PLC0415 - only what is offered
    from sdcli.fulfilments.program import Program  # noqa: PLC0415 - as above
    from sdcli.fulfilments.search import Search  # noqa: PLC0415
    from sdcli.fulfilments.told import Told  # noqa: PLC0415

    offers = Offers(desk)
    now = Told(desk, offers).unfinished(ticket)
    if now is not None:
        text = now.steps[now.step - 1].step if now.step else ""
        runs = bool(now.step and Program(desk, offers).runs(now))
        return Walking(now.procedure, now.step, now.total, text, runs), ()
    if ticket.status in ("resolved", "closed"):
        return None, ()
    plan = Search(desk, offers).plan(ticket.ref)
    fit = [plan.what] if plan.what else [offers.named(id_) for id_, _ in plan.found]
    return None, tuple(_offer(desk, ticket, each) for each in fit[:_MOST_OFFERS])


def _offer(desk: Desk, ticket: Ticket, what: Instructions) -> Offer:
    from sdcli.fulfilments.beginning import Beginning  # noqa: PLC0415 - as above
    from sdcli.fulfilments.leave import Leave  # noqa: PLC0415

    against = Beginning(desk).against(ticket, what)
    deciders = Leave(desk).deciders(ticket, what) if against else {}
    return Offer(what.id, what.title, against, deciders)


def _owed(desk: Desk, ticket: Ticket) -> dict[str, str]:
    """Its follow-ups that are not over, each with what it is called."""
    found = (desk.ledger.get(ref) for ref in linked(ticket, "follow-up"))
    return {each.ref: each.summary for each in found if not (each.is_closed or each.void)}


def _titles(desk: Desk, ticket: Ticket) -> dict[str, str]:
    """The titles of the articles that were found for it; those that cannot be read have none."""
    from sdcli.knowledge.articles import article  # noqa: PLC0415 - imports YAML
    from sdcli.tickets.event import ArticlesShown  # noqa: PLC0415 - most of it is loaded anyway

    shown = [event for event in ticket.standing if isinstance(event, ArticlesShown)]
    found: dict[str, str] = {}
    for edition in shown[-1].articles if shown else ():
        try:
            found[edition.id] = article(desk.root, edition.id).title
        except SdcliError:  # it was taken away, or is wrong: `lint` tells, and the id remains
            continue
    return found


def plan(desk: Desk, ref: str, said: Mapping[str, str]) -> Guided:
    """The question that comes after those answers, with the command of each; nothing is asked.

    Args:
        desk: the desk.
        ref: the ticket.
        said: answers that lead from one question to the next, by the question's id.

    Raises:
        NoSuchTicketError: there is no such ticket.
        AnswerError: there is no such question now, or no such answer, or it leads to a command.
    """
    answers: dict[str, str] = {}
    question = ask(looked_at := case(desk, ref, answers))
    while question is not None and question.id in said:
        leading = {each.word for each in question.choices if each.goes_on}
        word = said[question.id]
        if word not in leading:
            there = f"there are: {', '.join(sorted(leading))}" if leading else "there are none"
            raise AnswerError(
                f"{question.id}={word} leads to no further question of `sdcli guide {ref}`; {there}.",
                question=question.id,
            )
        answers[question.id] = word
        question = ask(looked_at := case(desk, ref, answers))
    spare = next((id_ for id_ in said if id_ not in answers), "")
    if spare:
        raise AnswerError(f"`sdcli guide {ref}` does not ask {spare!r} now.", question=spare)
    return Guided(looked_at.ticket, question, desk.now)


def lead(
    look: Callable[[Mapping[str, str]], Case],
    ask_for: Callable[[Case, Question], Choice | Move],
    fill: Callable[[Choice], list[str] | Move],
    run: Callable[[list[str]], int],
) -> Case:
    """Ask and act until the ticket is closed or the person leaves; the ticket as it is then.

    What was answered on the way to a command that is refused need not be answered again.

    Args:
        look: gives the ticket as it stands, with what was answered in this run.
        ask_for: asks one question; it may be left, or gone back from to the one before.
        fill: asks what a command needs, and gives the command; going back asks the question again.
        run: runs a command, and gives its exit code.
    """
    stays: dict[str, str] = {}
    walk: dict[str, str] = {}
    trail: list[str] = []
    has_acted = False
    while True:
        at = look({**stays, **walk})._replace(can_go_back=bool(trail))
        question = ask(at)
        if question is None or (at.ticket.is_closed and has_acted):
            return at
        choice = ask_for(at, question)
        if choice is Move.BACK:
            _forget(trail, walk, stays)
            continue
        if choice is Move.LEAVE or choice.leaves:
            return at
        if choice.goes_on:
            (stays if choice.stays else walk)[question.id] = choice.word
            trail.append(question.id)
            continue
        line = fill(choice)
        if line is Move.BACK:
            continue
        code = INTERRUPTED if line is Move.LEAVE else run(line)
        if code == INTERRUPTED:
            return at
        if code != DONE:
            continue
        has_acted = True
        walk.clear()
        trail.clear()
        if choice.stays:
            stays[question.id] = choice.word


def _forget(trail: list[str], *answers: dict[str, str]) -> None:
    """Take back the last answer that led on to a question."""
    last = trail.pop() if trail else ""
    for each in answers:
        each.pop(last, None)
