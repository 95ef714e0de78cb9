"""Results as text for people: sentences and tables, safe for any terminal.

What a person reads may change from release to release; scripts use `--json`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from sdcli.errors import listed
from sdcli.render import words
from sdcli.render.hints import next_steps, usual
from sdcli.render.pairs import listing
from sdcli.render.safe import block, line
from sdcli.render.wrap import fitted, hinted
from sdcli.results.callers import Bulletins, CallerTold, Confirmed, ExpectationsDue, FrontPage
from sdcli.results.changes import ChangeExported, ChangeShown, ChangesListed, Filtering
from sdcli.results.clocks import (
    CalendarBetween,
    CalendarDue,
    CalendarsChecked,
    CalendarShown,
    CalendarsListed,
    ClocksExplained,
)
from sdcli.results.fulfilment import ProcedureShown, ProceduresListed, ProcedureStatistics
from sdcli.results.imports import BroughtIn, Exported, Sketched
from sdcli.results.intake import Delivered, Explained, Opened, TakenAgain, TakenIn, Tried
from sdcli.results.knowledge import (
    ArticleDrafted,
    ArticlesDue,
    ArticleShown,
    ArticlesImported,
    ArticlesLinted,
    ArticleWritten,
    Found,
    Recalled,
    Shared,
    SitePublished,
    Statistics,
)
from sdcli.results.ledgers import (
    BackedUp,
    BroughtBack,
    Done,
    Examined,
    LedgerCopied,
    LedgerMigrated,
    LedgerPrepared,
    LedgerStatus,
    Linted,
    Repaired,
    Started,
)
from sdcli.results.lists import (
    MOST_NOTICES,
    BoardLeft,
    BulkDone,
    BulkPreview,
    Listed,
    QueriesListed,
    QueryFields,
)
from sdcli.results.people import Duties, PeopleFound, PeopleImported, WhoActs
from sdcli.results.problems import CandidatesFound, ProblemChanged, ProblemShown, ProblemsListed
from sdcli.results.quality import (
    ConfirmationsOverdue,
    ReviewSampled,
    ReviewsListed,
    SurveyAsked,
    SurveysDue,
    SurveysReported,
)
from sdcli.results.queues import NextUp, QueueShown, QueuesShown, Workload
from sdcli.results.reports import (
    Audited,
    ClassificationReported,
    Defined,
    FilteredReported,
    InformationReported,
    Metrics,
    OutagesReported,
    PageWritten,
    Reported,
    SkillsReported,
    UnsupportedReported,
)
from sdcli.results.shown import History, Shown, TriedList
from sdcli.results.sla import (
    Adopted,
    Checked,
    Deliveries,
    Delivering,
    Monitored,
    Reapplied,
    Register,
    RouteTested,
    Simulated,
    SlaStatus,
)
from sdcli.results.tickets import Changed, Rehearsed, Seen, TakenBack
from sdcli.results.triage import (
    CatalogFound,
    Evaluated,
    Guided,
    Notices,
    Reasoned,
    Suggested,
    Supported,
)
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sdcli.intake.formats import Fact, Fit, Reading
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.spool import Waiting as InSpool
    from sdcli.learning.evaluate import Bin, Score
    from sdcli.ledger.interface import Finding
    from sdcli.policy.people import Person
    from sdcli.results import Result
    from sdcli.sla.clock import Clock
    from sdcli.tickets.alerts import Standing
    from sdcli.tickets.contact import AlertFacts, Attachment
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange
    from sdcli.triage.suggest import Proposal

_PRIORITY_COLOURS = {"P1": "red", "P2": "yellow"}
_LOW = 80
_HEADERS = ["ref", "prio", "status", "queue", "assignee", "sla", "summary"]
_GAP = "  "


class Screen(NamedTuple):
    """Where text goes: `width` in columns, None where lines may be as long as they like.

    `utf8`: whether it can show more than ASCII.
    """

    width: int | None
    colour: bool
    utf8: bool = True

    def style(self, text: str, **how: Any) -> str:
        """The text in a colour, where there are colours."""
        return click.style(text, **how) if self.colour else text


class Told(NamedTuple):
    """What to print: `out` is the answer, `err` are remarks for the person."""

    out: Iterable[str]
    err: list[str]


def write(result: Result, screen: Screen) -> Told:
    """The lines to print for a result."""
    if isinstance(result, Exported):  # too many to hold at once
        from sdcli.render import as_json  # noqa: PLC0415 - text needs no JSON otherwise

        return Told(as_json.write(result), [])
    out, err = _SHAPES[type(result)](result, screen)
    return Told(list(out), hinted(list(err), screen.width))


_Lines = tuple["Iterable[str]", "Iterable[str]"]


def _changed(result: Changed, screen: Screen) -> _Lines:
    from sdcli.render.history import sentence  # noqa: PLC0415 - a search shows no events

    ticket = result.seen.ticket
    last = line(sentence(result.event or result.seen.newest))
    head = f"{screen.style(ticket.ref, bold=True)} {last}"
    told = [*([head] if result.is_new else ()), *(line(note) for note in result.notes)]
    told += [f"  {text}" for text in _recent(result.changes or ())]
    told += _fulfilment_lines(result)
    told = fitted(told, screen.width)
    lines = [*told, *_clock_lines(result.seen, screen), *fitted([*_effect(result)], screen.width)]
    hints = [line(hint) for hint in result.hints]
    own = ("Next: sdcli fulfil",) if any("sdcli fulfil" in hint for hint in hints) else ()
    return lines, [*hints, *(each for each in _hint(result.seen) if not each.startswith(own))]


def _fulfilment_lines(result: Changed) -> list[str]:
    """How far its fulfilment is."""
    if result.fulfilment is None:
        return []
    from sdcli.render.fulfilment import said  # noqa: PLC0415 - few commands fulfil

    return [f"  {said(result.fulfilment)}"]


def _guided(result: Guided, screen: Screen) -> _Lines:
    from sdcli.render.guide import lines  # noqa: PLC0415 - only the guide pays for it

    return lines(result, screen.width)


def _effect(result: Changed) -> Iterable[str]:
    if result.effect is None:
        return ()
    from sdcli.render.mistakes import effect  # noqa: PLC0415 - only a change pays for it

    return effect(result.effect, result.seen)


def _recent(changes: Sequence[RecentChange]) -> list[str]:
    """The recent changes in sentences."""
    if not changes:
        return []
    from sdcli.render.changes import lines  # noqa: PLC0415 - few tickets have any

    return lines(changes)


def _hint(seen: Seen) -> list[str]:
    return [f"Next: {line(step)}" for step in usual(seen)]


def _clock_lines(seen: Seen, screen: Screen) -> list[str]:
    return [
        f"  {target + ':':<12}{_coloured(words.clock(face, seen.now), face, screen)}"
        for target, face in seen.sla.items()
        if face.state != "none" and not seen.ticket.is_closed
    ]


def _coloured(text: str, face: Clock, screen: Screen) -> str:
    if face.state == "breached":
        return screen.style(text, fg="red", bold=True)
    if face.state == "running":
        return screen.style(text, fg="yellow" if (face.percent or 0) >= _LOW else "green")
    return text


def _shown(result: Shown, screen: Screen) -> _Lines:
    seen, ticket = result.seen, result.seen.ticket
    opening = ticket.opening
    title = f"{ticket.ref}  {line(ticket.summary)}"
    rows = [
        ("status", _status(seen)),
        *([("news", _NEWS)] if ticket.news else ()),
        ("type", ticket.type),
        ("service", f"{ticket.service} / {ticket.feature}"),
        *_first_class(ticket),
        ("priority", f"{ticket.priority} (impact {ticket.impact}, urgency {ticket.urgency})"),
        *_weight_rows(ticket),
        ("owner", f"the desk ({seen.owner})"),
        ("queue", _queue(ticket)),
        *_back_rows(ticket),
        *([("lacks", ", ".join(result.lacking))] if result.lacking else ()),
        ("assignee", ticket.assignee or "nobody"),
        ("requester", _who(ticket.requester, opening.on_behalf_of, opening.phone, opening.mail)),
        *_contact_rows(ticket),
        ("opened", f"{words.instant(ticket.opened_at)} by {opening.channel}"),
        *_support_rows(seen),
        ("agreement", seen.agreement),
        *((target, words.clock(face, seen.now)) for target, face in seen.sla.items() if face.due),
        *((name, _of_whom(*found, seen)) for name, found in result.backing.items()),
        *_expected_rows(seen),
        *_box_rows(result),
        *_breach_rows(result),
        *_problem_rows(result),
        *_change_rows(result),
        *_planned_rows(result),
        *_fulfilment_rows(result),
        *_relation_rows(result),
        *_alert_rows(seen),
        *_undelivered_rows(ticket),
        *_bulletin_rows(seen),
        *_actor_rows(result),
        ("minutes", str(ticket.minutes)),
        *_article_rows(ticket),
        *_quality_rows(ticket),
        *_request_rows(ticket),
        *(("file", _file(each)) for each in ticket.attachments),
    ]
    facts = [text for name, value in rows for text in _row_lines(name, value)]
    facts += [*listing("answers", result.answers), *listing("fields", opening.fields.items())]
    # Set apart from the history below it, which it could otherwise imitate.
    details = [f"  | {text}" for text in block(opening.details).split("\n") if opening.details]
    return [
        screen.style(title, bold=True),
        *facts,
        *details,
        "",
        *_events(ticket.events, screen, ticket.undone),
    ], [*map(line, result.hints), *_hint(seen)]


def _actor_rows(result: Shown) -> list[tuple[str, str]]:
    """Who of the desk's teams acted on it, and in which roles (R0.2)."""
    told = (f"{name} ({', '.join(each.roles)})" for name, each in result.actors.items())
    return [("people", ", ".join(told))] if result.actors else []


def _back_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """How often it came back to a queue that it had been in (R3d2.1a)."""
    from sdcli.tickets.hand_over import ping_pong  # noqa: PLC0415 - only `show` pays for it

    times = ping_pong(ticket)
    told = words.count(times, "time") if times else ""
    return [("came back", f"{told} to a queue that it had been in")] if told else []


def _article_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """What became of articles on a ticket (R3a.4)."""
    from sdcli.tickets.query import has_articles  # noqa: PLC0415 - only `show` pays for it

    if not has_articles(ticket):
        return []
    from sdcli.knowledge.outcomes import uses_of  # noqa: PLC0415 - few tickets have any

    told = [f"{use.article} {use.what}" for use in uses_of(ticket) if use.article]
    return [("articles", ", ".join(told))] if told else []


def _undelivered_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """To whom an alert could not be brought (R5b.2)."""
    if not (ticket.undelivered or ticket.given_up):
        return []
    from sdcli.render.deliveries import rows  # noqa: PLC0415 - few tickets have any

    return rows(ticket)


def _of_whom(whose: str, face: Clock, seen: Seen) -> str:
    """The clock of a queue or a supplier."""
    return f"{whose}: {words.clock(face, seen.now)}"


def _weight_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """What was said of the impact on the business, and what was wished for (R2c.2d)."""
    told = ticket.assessment.told()
    asked = ("goal", "measured", "amount")
    answers = ", ".join(f"{name} {value}" for name, value in told.items() if name not in asked)
    measured = f"{told['measured']:g} against {told.get('goal', '?')}" if "measured" in told else ""
    wish = f"{ticket.wish} (a remark)" if ticket.wish else ""
    rows = (
        ("hindered", answers),
        ("measured", measured),
        ("amount", str(told.get("amount", ""))),
        ("wish", wish),
    )
    return [row for row in rows if row[1]]


def _first_class(ticket: Ticket) -> list[tuple[str, str]]:
    """What it was taken for at first, and who has not seen yet that it is not (R7.4)."""
    from sdcli.render.mistakes import at_first  # noqa: PLC0415 - only `show` pays for it
    from sdcli.triage.reclassify import differs  # noqa: PLC0415

    found = differs(ticket)
    unseen = ", ".join(ticket.notices)
    return [
        *([("at first", at_first(found))] if found else ()),
        *(
            [("notices", f"{unseen} {_have(len(ticket.notices))} not seen the notice")]
            if unseen
            else ()
        ),
    ]


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


_NEWS = "somebody answered, or its problem or change moved on, and nobody has done anything since"


def _row_lines(name: str, value: str) -> list[str]:
    """A row; a text of several lines goes on below its beginning."""
    head, *rest = block(value).split("\n") if name in _SEVERAL_LINES else [line(value)]
    return [f"  {name + ':':<12}{head}", *(f"{'':14}{text}" for text in rest)]


_SEVERAL_LINES = ("wanted", "success", "failed", "expected", "evidence", "steps", "because")


def _status(seen: Seen) -> str:
    ticket = seen.ticket
    status = ticket.status.replace("_", " ")
    if ticket.void:
        return f"void: it should never have been; `sdcli undo {ticket.ref} --redo` brings it back"
    if ticket.waiting_for:
        until = f" until {words.instant(ticket.waiting_until)}" if ticket.waiting_until else ""
        return f"{status} for {ticket.waiting_for}{until}"
    return f"{status} as {ticket.code}" if ticket.code else status


def _file(attached: Attachment) -> str:
    """A file with its size and the beginning of its hash, which is its name on disk."""
    refused = f", not kept: {attached.refused}" if attached.refused else ""
    return f"{attached.name} ({attached.size} bytes, sha256 {attached.sha256[:12]}{refused})"


def _queue(ticket: Ticket) -> str:
    handed = f", handed over by {ticket.handed_from}, not accepted yet"
    return ticket.queue + (handed if ticket.handed_from else "")


def _who(requester: str, on_behalf_of: str, phone: str, mail: str) -> str:
    contact = ", ".join(part for part in (phone, mail) if part and part != requester)
    whom = f" for {on_behalf_of}" if on_behalf_of else ""
    return f"{requester}{whom}" + (f" ({contact})" if contact else "")


def _contact_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """Class, unit and site of the caller; why nobody can be reached; the request made before."""
    opening = ticket.opening
    facts = (opening.caller_class, opening.unit, opening.site)
    told = ", ".join(fact for fact in facts if fact and fact != UNKNOWN)
    rows = (
        ("caller", told),
        ("no contact", opening.reasons.get("contact", "")),
        ("previous", opening.previous),
    )
    return [row for row in rows if row[1]]


def _support_rows(seen: Seen) -> list[tuple[str, str]]:
    found = seen.ticket.support
    if found is None:
        return []
    from sdcli.render.support import said  # noqa: PLC0415 - only what is not supported needs it

    gone = found.decision == "override" and not found.found and found.agreement != seen.agreement
    told = f" (no longer in sla_policies.yaml; {seen.agreement} applies)" if gone else ""
    return [("support", f"{said(found, seen.now)}{told}")]


def _expected_rows(seen: Seen) -> list[tuple[str, str]]:
    """When the caller may expect it, and whether they know (R3d3.2)."""
    if seen.ticket.eta is None:
        return []
    from sdcli.tickets.expectation import due, expectation  # noqa: PLC0415 - few tickets have any

    found, wrong = expectation(seen.ticket), due(seen.ticket, seen.now)
    if found is None:
        return []
    known = f"the caller was told ({found.via})" if found.told else "the caller was not told"
    passed = ", and that has passed" if wrong == "passed" else ""
    times = f"; changed {words.count(found.changes, 'time')}" if found.changes else ""
    return [("expected", f"by {words.instant(found.eta)}{passed}; {known}{times}")]


def _expected_mark(seen: Seen) -> str:
    """The mark of a time that has passed, or that the caller does not know (R3d3.2)."""
    if seen.ticket.eta is None:
        return ""
    from sdcli.tickets.expectation import due  # noqa: PLC0415 - as above

    wrong = due(seen.ticket, seen.now)
    return f" [expected time {'not told' if wrong == 'untold' else wrong}]" if wrong else ""


def _box_rows(result: Shown) -> list[tuple[str, str]]:
    """How long the tier may try; over where the work is over (R2c.2b)."""
    seen, found = result.seen, result.time_box
    if found is None or seen.ticket.status in ("resolved", "closed"):
        return []
    from sdcli.render.support import box_said  # noqa: PLC0415 - only `show` needs it

    return [("time box", box_said(found, seen.now))]


def _breach_rows(result: Shown) -> list[tuple[str, str]]:
    if not result.breaches:
        return []
    from sdcli.render.register import short  # noqa: PLC0415 - few tickets have any

    return [("missed", short(result.breaches))]


def _fulfilment_rows(result: Shown) -> list[tuple[str, str]]:
    """How far its fulfilment is (R3b.2)."""
    if result.fulfilment is None:
        return []
    from sdcli.render.fulfilment import rows  # noqa: PLC0415 - few tickets have any

    return rows(result.fulfilment)


def _problem_rows(result: Shown) -> list[tuple[str, str]]:
    """The problems behind a ticket, with their workarounds (R3d1.7)."""
    if not result.problems:
        return []
    from sdcli.render.problem import of_ticket  # noqa: PLC0415 - few tickets have any

    return of_ticket(result.problems)


def _change_rows(result: Shown) -> list[tuple[str, str]]:
    """How far its request for change is (R3c3.3)."""
    if result.change is None:
        return []
    from sdcli.render.changes_wanted import row  # noqa: PLC0415 - few tickets have one

    return [("change", row(result.change))]


def _planned_rows(result: Shown) -> list[tuple[str, str]]:
    """What was planned, and when the service came back (R3d1.3, R3d.0a)."""
    ticket = result.seen.ticket
    if not (result.planned or result.out_of_hours or ticket.service_restored_at):
        return []
    from sdcli.render import tries  # noqa: PLC0415 - as above

    return [*tries.planned_rows(result), *tries.resumed_rows(ticket)]


def _of_changes(result: Any, screen: Screen) -> _Lines:
    """What `sdcli filter` and `sdcli rfc` give."""
    from sdcli.render import changes_wanted  # noqa: PLC0415 - few commands pay for it

    if isinstance(result, ChangeExported):
        return changes_wanted.exported(result), []
    if isinstance(result, ChangesListed):
        return changes_wanted.listed(result)
    told, steps = (
        changes_wanted.filtering(result)
        if isinstance(result, Filtering)
        else changes_wanted.shown(result)
    )
    return fitted(told, screen.width), steps


def _tried_list(result: TriedList, screen: Screen) -> _Lines:
    from sdcli.render import tries  # noqa: PLC0415 - as above

    told, notes = tries.tried(result)
    return fitted(told, screen.width), notes


def _filtered(result: FilteredReported, screen: Screen) -> _Lines:
    from sdcli.render import changes_wanted  # noqa: PLC0415 - as above

    del screen
    return changes_wanted.filtered(result), []


def _skills(result: SkillsReported, screen: Screen) -> _Lines:
    from sdcli.render import tries  # noqa: PLC0415 - as above

    del screen
    return tries.skills(result), []


def _outages(result: OutagesReported, screen: Screen) -> _Lines:
    from sdcli.render import tries  # noqa: PLC0415 - as above

    del screen
    return tries.outages(result), []


def _relation_rows(result: Shown) -> list[tuple[str, str]]:
    """What a ticket is linked to, what was merged, and when it is closed by itself (R7.3)."""
    if not (result.others or result.seen.ticket.links or result.closes_at):
        return []
    from sdcli.render.relations import rows  # noqa: PLC0415 - few tickets have any

    return rows(result)


def _of_problems(result: Any, screen: Screen) -> _Lines:
    """What the commands of `sdcli problem` give."""
    from sdcli.render import problem  # noqa: PLC0415 - as above

    if isinstance(result, ProblemShown):
        head, *rest = problem.shown(result)
        history = _events(result.problem.events, screen, result.problem.undone)
        steps = [f"Next: {line(step)}" for step in next_steps(result.problem)]
        return [screen.style(head, bold=True), *fitted(rest, screen.width, 15), "", *history], steps
    if isinstance(result, ProblemChanged):
        told, steps = problem.changed(result)
        return fitted(told, screen.width), steps
    if isinstance(result, ProblemsListed):
        return problem.listing(result)
    return problem.candidates(result)


def _simulated(result: Simulated, screen: Screen) -> _Lines:
    from sdcli.render.register import simulated_lines  # noqa: PLC0415 - as above

    lines, notes = simulated_lines(result)
    return fitted([line(each) for each in lines], screen.width), map(line, notes)


def _register(result: Register, screen: Screen) -> _Lines:
    from sdcli.render.register import lines  # noqa: PLC0415 - as above

    del screen
    told, notes = lines(result)
    return map(line, told), map(line, notes)


def _supported(result: Supported, screen: Screen) -> _Lines:
    from sdcli.render.support import head, lines, next_step  # noqa: PLC0415 - as above

    rows = (text for name, value in lines(result) for text in _row_lines(name, value))
    return [screen.style(line(head(result)), bold=True), *rows], map(line, next_step(result))


def _unsupported_reported(result: UnsupportedReported, screen: Screen) -> _Lines:
    from sdcli.render.support import report_gaps, report_lines  # noqa: PLC0415 - as above

    changes = [
        text
        for outcome, seen in result.changes
        for text in (
            [
                f"{outcome.ticket.ref} asks for this change already; see `sdcli show {outcome.ticket.ref}`."
            ]
            if outcome.action == "deduped" and outcome.ticket
            else _outcome_lines(outcome, seen, screen)
        )
    ]
    gaps = () if result.changes else report_gaps(result.report)
    told = report_lines(result.report, with_refs=result.refs)
    return [*map(line, told), *changes], map(line, gaps)


def _bulletin_rows(seen: Seen) -> list[tuple[str, str]]:
    ticket = seen.ticket
    rows: list[tuple[str, str]] = []
    if ticket.bulletin:
        from sdcli.render.before import bulletin  # noqa: PLC0415 - only known failures pay for it

        rows.append(("bulletin", bulletin(ticket, seen.now).removeprefix(f"{ticket.ref} ")))
    if ticket.views:
        rows.append(("views", words.count(ticket.views, "time")))
    if ticket.me_too:
        rows.append(("me too", words.count(ticket.me_too, "more caller")))
    return rows


def _alert_rows(seen: Seen) -> list[tuple[str, str]]:
    from sdcli.tickets.alerts import facts  # noqa: PLC0415 - as above

    ticket = seen.ticket
    if not ticket.key:
        return []
    restored = ticket.service_restored_at
    state = f"; service restored {words.instant(restored)}" if restored else ""
    rows = [("alert", f"{ticket.key}, seen {words.count(ticket.alert_count, 'time')}{state}")]
    rows += [("alerts", words.count(ticket.related, "related one"))] if ticket.related else []
    known = facts(ticket)
    return rows if known is None else [*rows, *_fact_rows(known, ticket)]


def _fact_rows(known: AlertFacts, ticket: Ticket) -> list[tuple[str, str]]:
    """What monitoring said, and how much of it is missing or not validated."""
    started = f"since {words.instant(known.starts_at)}" if known.starts_at else ""
    parts = (known.component, known.environment, known.severity, started)
    missing = f"; missing: {', '.join(known.missing)}" if known.missing else ""
    mark = "; not validated yet" if ticket.needs_validation else ""
    return [
        ("monitored", ", ".join(part for part in parts if part) or "nothing known"),
        *([("link", known.link)] if known.link else []),
        ("complete", f"{known.completeness} %{missing}{mark}"),
    ]


_LABELS = {
    "ever_had": "had before",
    "last_worked": "worked",
    "justification": "because",
    "wanted_by": "wanted by",
    "standard_change": "standard",
}
"""Details whose names are too long for their column."""

_ASKED = {"yes": "before", "no": "never before", "unknown": "nobody knows whether before"}


def _request_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """What is known about the request, each detail in a row of its own (R1b.1)."""
    opening = ticket.opening
    told = ticket.request.told()
    asked = told.pop("asked_before", "")
    articles = ", ".join(use.id for use in opening.read)
    state = ", ".join(f"{name}={value}" for name, value in opening.state.items())
    rows = [
        *((_LABELS.get(name, name), text) for name, text in told.items()),
        ("asked", _ASKED.get(asked, asked)),
        ("questions", _walk(ticket)),
        ("procedure", opening.procedure),
        ("had read", articles),
        ("state", state),
    ]
    return [(name, text) for name, text in rows if text]


def _walk(ticket: Ticket) -> str:
    walk = ticket.opening.walk
    if walk is None:
        return ""
    skipped = sum(bool(answer.skipped) for answer in walk.answers)
    left = f", {skipped} of them skipped" if skipped else ""
    return f"{walk.tree}: {words.count(len(walk.answers), 'question')}{left}"


def _events(events: Sequence[Any], screen: Screen, undone: Sequence[str] = ()) -> list[str]:
    gone = frozenset(undone)
    return [text for each in events for text in _event(each, screen, counts=each.id not in gone)]


def _event(event: Any, screen: Screen, *, counts: bool) -> list[str]:
    """What happened on one line; below it whatever a contact said, if that is more than a line."""
    from sdcli.render.history import entry  # noqa: PLC0415 - as above
    from sdcli.tickets.event import kind  # noqa: PLC0415 - as above

    at = screen.style(words.instant(event.at), dim=True)
    said = event.text.strip() if kind(event) == "contacted" else ""
    whole = block(said).split("\n") if "\n" in said else []
    return [
        f"{at}  {line(event.by)}: {line(entry(event))}{'' if counts else _TAKEN_BACK}",
        *(f"    | {each}" for each in whole),
    ]


_TAKEN_BACK = " [taken back]"


def _history(result: History, screen: Screen) -> _Lines:
    return _events(result.events, screen, result.undone), []


def _bulk(result: BulkPreview | BulkDone, screen: Screen) -> _Lines:
    from sdcli.render.bulk import done_text, preview_text  # noqa: PLC0415 - one command's

    is_done = isinstance(result, BulkDone)
    out, err = done_text(result) if is_done else preview_text(result)  # type: ignore[arg-type]
    return fitted(out, screen.width), err


def _paired(rows: Sequence[tuple[str, str]], screen: Screen) -> list[str]:
    """Names and what they are, below one another."""
    wide = max((len(name) for name, _ in rows), default=0) + 2
    return fitted([f"{name:<{wide}}{about}" for name, about in rows], screen.width, wide)


def _query_fields(result: QueryFields, screen: Screen) -> _Lines:
    rows = [(written, about) for _, written, about in result.rows]
    return _paired(rows, screen), ["Next: sdcli list FIELD:WORD ..."]


def _queries_listed(result: QueriesListed, screen: Screen) -> _Lines:
    rows = [
        (f"@{name}", line(f"{each.query}   {each.about}".rstrip()))
        for name, each in result.queries.items()
    ]
    none = ["No query is saved; `sdcli query save NAME QUERY` saves one."]
    return _paired(rows, screen), [] if rows else none


def _taken_back(result: TakenBack, screen: Screen) -> _Lines:
    from sdcli.render.history import sentence  # noqa: PLC0415 - a search shows no events

    word = "brought back" if result.brought_back else "taken back"
    said = [
        f"{screen.style(ref, bold=True)} {word}: {line(sentence(event))}"
        for ref, event in result.events
    ]
    said += [] if result.brought_back else _stays_done(result)
    said += [
        f"{screen.style(ref, bold=True)} stays as it is: {line(why)}" for ref, why in result.left
    ]
    clocks = _clock_lines(result.seen, screen)
    again = f"Next: sdcli undo {result.seen.ticket.ref} --redo   # brings it back"
    hints = [*result.notes, *([] if result.brought_back else [again])]
    return [*fitted(said, screen.width), *clocks], hints


def _stays_done(result: TakenBack) -> list[str]:
    """That what a program did is not taken back with the step in which it was started."""
    from sdcli.tickets.event import HookRan, act_of  # noqa: PLC0415 - most of it is loaded anyway

    acts = {act_of(event) for _, event in result.events}
    ran = [
        event
        for event in result.seen.ticket.standing
        if isinstance(event, HookRan) and not event.is_start and act_of(event) in acts
    ]
    return [f"  What {line(' '.join(each.command))} did stays done." for each in ran]


def _board_left(result: BoardLeft, screen: Screen) -> _Lines:
    """What was done from the board, each in a line as its command would have said it."""
    told = [f"{words.instant(each.at)}  {line(each.said)}" for each in result.acts]
    return fitted(told, screen.width), [] if told else ["Nothing was done from the board."]


def _rehearsed(result: Rehearsed, screen: Screen) -> _Lines:
    from sdcli.render.history import rehearsed  # noqa: PLC0415 - a search shows no events

    said = [
        f"{screen.style(ticket.ref, bold=True)} {line(rehearsed(event))}"
        for ticket, event in result.added
    ]
    number = words.count(len(said), "event")
    notes = [
        f"Nothing was recorded: {number} would have been."
        if said
        else "Nothing was recorded, and nothing would have been.",
        *(["Not all of it could have been done."] if result.exit_code else ()),
    ]
    return fitted(said, screen.width), notes


def _missed(seconds: int | None, has: str) -> list[str]:
    """That nobody would have heard of what passed meanwhile."""
    return [f"sla-check {has} not run for {words.span(seconds)}."] if seconds else []


def _listed(result: Listed, screen: Screen) -> _Lines:
    unseen = words.count(result.unseen, "closed ticket")
    has = "has" if result.unseen == 1 else "have"
    news = [f"{unseen} {has} news; `sdcli list --news` shows them."] if result.unseen else []
    news += _missed(result.missed_s, "has")
    waiting = words.count(result.notices, "notice")
    if result.notices > MOST_NOTICES:
        waiting = f"More than {MOST_NOTICES} notices"
    wait = "waits" if result.notices == 1 else "wait"
    if result.notices:
        news.append(f"{waiting} of yours {wait} to be seen; `sdcli notices` shows them.")
    if not result.rows:
        return [], ["No tickets match. `sdcli list --all` also shows closed ones.", *news]
    from tabulate import tabulate  # noqa: PLC0415 - only tables pay for it

    from sdcli.tickets.query import MOST_LEFT  # noqa: PLC0415 - only lists

    # The headers are a row: tabulate's own would be padded, and the width is short.
    headers = [screen.style(name, underline=True) for name in _HEADERS]
    rows = _fitted([headers, *(_row(row, screen) for row in result.rows)], screen)
    table = tabulate(rows, tablefmt="plain", disable_numparse=True)
    left = words.count(result.more, "more ticket")
    if result.more > MOST_LEFT:
        left = f"More than {MOST_LEFT} others"
    more = [f"{left}; `--limit 0` shows all."]
    return table.splitlines(), [*(more if result.more else []), *news]


def _row(seen: Seen, screen: Screen) -> list[str]:
    ticket = seen.ticket
    colour = _PRIORITY_COLOURS.get(ticket.priority)
    return [
        f"{ticket.ref}*" if ticket.news else ticket.ref,
        screen.style(ticket.priority, fg=colour, bold=True) if colour else ticket.priority,
        ticket.status,
        line(ticket.queue),
        line(ticket.assignee or "-"),
        _sla_cell(seen, screen),
        line(ticket.summary)
        + (f" [+{ticket.me_too}]" if ticket.me_too else "")
        + _unsupported(seen)
        + _undelivered(ticket)
        + _expected_mark(seen),
    ]


def _unsupported(seen: Seen) -> str:
    """The mark of what the catalog does not hold (R2b.2a)."""
    found = seen.ticket.support
    if found is None or found.found:
        return ""
    from sdcli.tickets.support import state  # noqa: PLC0415 - few tickets are unsupported

    return f" [{state(found, seen.now)}]"


def _undelivered(ticket: Ticket) -> str:
    """The mark of an alert that did not reach somebody (R5b.2)."""
    if not (ticket.undelivered or ticket.given_up):
        return ""
    from sdcli.render.deliveries import mark  # noqa: PLC0415 - few tickets have any

    return mark(ticket)


def _fitted(rows: list[list[str]], screen: Screen) -> list[list[str]]:
    """The rows with their last column cut to what is left of the screen's width."""
    if screen.width is None:
        return rows
    from wcwidth import wcswidth  # noqa: PLC0415 - as above

    def width(text: str) -> int:
        return max(wcswidth(click.unstyle(text)), 0)

    columns = zip(*rows, strict=True)
    taken = [max(map(width, column)) for column in columns][:-1]
    room = max(screen.width - sum(taken) - len(_GAP) * len(taken), len(_HEADERS[-1]))
    return [[*row[:-1], _cut(row[-1], room, width)] for row in rows]


def _cut(text: str, room: int, width: Callable[[str], int]) -> str:
    """The beginning of a text that takes no more than `room` columns."""
    if width(text) <= room:
        return text
    kept = text[: room - 1]
    while width(kept) > room - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def _sla_cell(seen: Seen, screen: Screen) -> str:
    from sdcli.sla.colour import pressing  # noqa: PLC0415 - only tables pay for it

    found = pressing(seen.sla)
    if found is None or seen.ticket.status in ("resolved", "closed"):
        return "paused" if seen.ticket.status == "waiting" else "-"
    target, face = found
    left = words.span((face.due or 0) - int(seen.now.timestamp()))
    text = f"{target} {left} late" if face.state == "breached" else f"{target} in {left}"
    return _coloured(text, face, screen)


def _opened(result: Opened, screen: Screen) -> _Lines:
    hints = _hint(result.seen) if result.seen else []
    return _outcome_lines(result.outcome, result.seen, screen), [
        *fitted([*_recent(result.changes), *map(line, result.notes)], screen.width, 2),
        *hints,
    ]


def _outcome_lines(outcome: Outcome, seen: Seen | None, screen: Screen) -> list[str]:
    if seen is None:
        where = f", kept in {outcome.file}" if outcome.file else ""
        which = f" ({outcome.key})" if outcome.key else ""
        return [line(f"{outcome.action}: {outcome.reason}{which}{where}")]
    ticket = seen.ticket
    why = f" ({outcome.reason})" if outcome.reason else ""
    head = f"{screen.style(ticket.ref, bold=True)} {outcome.action}{line(why)}"
    about = f"{ticket.priority} {line(ticket.type)}, {line(ticket.service)}: {line(ticket.summary)}"
    return [f"{head}: {about}", *_clock_lines(seen, screen)]


def _taken_in(result: TakenIn, screen: Screen) -> _Lines:
    out = [
        text for outcome, seen in result.outcomes for text in _outcome_lines(outcome, seen, screen)
    ]
    kept = sum(outcome.action == "quarantined" for outcome, _ in result.outcomes)
    if kept:
        return out, [
            f"{words.count(kept, 'item')} could not be read and {_is(kept)} kept as told above."
        ]
    return out, [] if out else ["Nothing arrived on standard input."]


def _tried(result: Tried, screen: Screen) -> _Lines:
    out = [text for each in result.readings for text in _reading_lines(*each, screen)]
    return out, [] if out else ["There is nothing in it."]


def _reading_lines(reading: Reading, fits: Sequence[Fit], screen: Screen) -> list[str]:
    """One item: what it is, why, and each of its facts with what gave it."""
    item, fit = reading.item, reading.fit
    kind = type(item).__name__.removesuffix("Item").lower()
    said = getattr(item, "summary", "") or getattr(item, "reason", "")
    rows = [("format", f"{fit.format}, because {fit.why}")] if fit else []
    rows += [
        ("also fits", f"{each.format}, rank {each.rank}: {each.why}")
        for each in fits
        if fit and each.format != fit.format
    ]
    rows += [
        (name, f"{_fact(fact)}  <- {' '.join(fact.by.split())}" if fact.by else "-")
        for name, fact in reading.facts.items()
    ]
    rows += _mail_rows(item) if kind == "mail" else []
    missing = ", ".join(getattr(item, "missing", ()))
    rows += [("missing", missing)] if missing else []
    rows += [("why", why)] if (why := getattr(item, "unrecognised", "")) else []
    return [
        f"{screen.style(kind, bold=True)}: {line(said)}",
        *(f"  {name + ':':<14}{line(value)}" for name, value in rows),
    ]


def _mail_rows(item: Any) -> list[tuple[str, str]]:
    """The facts of a mail. Its ticket is not among them: that depends on the ledger."""
    rows = (
        ("sender", " ".join(filter(None, (item.sender_name, f"<{item.sender}>")))),
        ("answers to", item.reply_to),
        ("subject", item.subject),
        ("message id", item.id),
        ("is answer to", ", ".join(item.references)),
        ("signs", "; ".join(item.signs) or "none of a machine"),
        ("report", item.fate),
        ("files", ", ".join(each.name for each in item.files)),
        ("alert", "; ".join(getattr(each, "summary", "ignored") for each in item.alerts)),
        ("text", item.body.strip()[:200]),
    )
    return [row for row in rows if row[1]]


def _fact(fact: Fact) -> str:
    """A value, and the word that the payload has for it if that is another."""
    value = fact.value
    if isinstance(value, dict):
        return ", ".join(f"{name}={said}" for name, said in value.items())
    if isinstance(value, datetime):
        value = words.instant(value)
    given = isinstance(fact.given, (str, int)) and " ".join(str(fact.given).split())
    return f"{value} ({given})" if given and given not in str(value) else str(value)


def _taken_again(result: TakenAgain, screen: Screen) -> _Lines:
    out: list[str] = []
    for retried, outcomes in result.files:
        for outcome, seen in outcomes:
            out += _outcome_lines(outcome, seen, screen)
        out.append(line(f"{retried.file}: {retried.stays or 'done'}"))
    stays = sum(bool(retried.stays) for retried, _ in result.files)
    if stays:
        return out, [f"{words.count(stays, 'file')} could not be taken in as told above."]
    return out, [] if out else ["Nothing is kept as unreadable."]


def _delivered(result: Delivered, screen: Screen) -> _Lines:
    out: list[str] = []
    for each in result.deliveries:
        for outcome, seen in each.outcomes:
            out += _outcome_lines(outcome, seen, screen)
        said = each.refused and f"refused, and put there: {each.refused}"
        out.append(line(f"{each.file}: {said or each.away or 'done'}"))
    known = {each.file for each in result.deliveries}
    out += [
        line(f"{each.file}: waits, {_arrived(each)}")
        for each in result.waiting
        if each.file not in known
    ]
    if result.waiting:
        waits = "input waits" if len(result.waiting) == 1 else "inputs wait"
        return out, [f"{len(result.waiting)} {waits} for the ledger."]
    return out, [] if out else ["Nothing waits for the ledger."]


def _arrived(waiting: InSpool) -> str:
    found = waiting.spooled
    if found is None:
        return "and cannot be read"
    return f"arrived {words.instant(found.at)}, by {found.by}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _founded(proposal: Proposal) -> str:
    """Why a value is proposed: how sure that is, the reason, and closed tickets like it."""
    from sdcli.triage.suggest import percent  # noqa: PLC0415 - one command's

    sure = "" if proposal.confidence is None else f"{percent(proposal.confidence)} sure: "
    if proposal.candidate:
        sure = f"perhaps {proposal.candidate.value} ({percent(proposal.candidate.confidence)}): "
    like = f"; like {', '.join(proposal.similar)}" if proposal.similar else ""
    return line(f"{sure}{proposal.reason}{like}")


def _evaluated(result: Evaluated, _: Screen) -> _Lines:
    """The scores as a table, and how sure proposals were beside how often they were right."""
    from tabulate import tabulate  # noqa: PLC0415 - only tables pay for it

    from sdcli.triage.suggest import percent  # noqa: PLC0415 - two commands'

    found = result.evaluation
    if found.split_at is None:
        from sdcli.learning.evaluate import LEAST  # noqa: PLC0415 - one command's

        few = f"{words.count(found.found, 'closed ticket')} can teach something"
        need = f"that is too few to tell how good suggestions are: {LEAST} are needed."
        step = "Classify and close more, or import those of the former desk: sdcli import --help"
        return [f"{few}; {need}"], [step]
    heads = ("field", "tickets", "answered", "right of those", "right of all", "macro F1")
    rows = [[name, *_scores(each)] for name, each in found.fields.items()]
    scores = tabulate(rows, [*heads, "ECE", "Brier"], tablefmt="plain", disable_numparse=True)
    bins = [
        [name, f"{percent(each.low)} to {percent(each.high)}", *_calibration(each)]
        for name, score in found.fields.items()
        for each in score.bins
    ]
    sure = ["field", "sure", "guesses", "mean", "right"]
    calibration = tabulate(bins, sure, tablefmt="plain", disable_numparse=True)
    learned = f"Learned from the {found.learned} tickets that were closed first; tested on"
    return [
        f"{learned} the {found.tested} closed from {words.instant(found.split_at)} on.",
        f"Answered is what is at least {percent(found.threshold)} sure.",
        *map(_in_words, found.fields.items()),
        "",
        *scores.splitlines(),
        "",
        "How sure, and how often right:",
        *calibration.splitlines(),
    ], []


def _calibration(bin_: Bin) -> list[str]:
    return [str(bin_.count), f"{bin_.confidence * 100:.0f} %", f"{bin_.right * 100:.0f} %"]


def _in_words(scored: tuple[str, Score]) -> str:
    """Accuracy, coverage and calibration error of a field, in a sentence."""
    name, score = scored
    answers = f"of {score.count} tickets {score.answered} got an answer"
    right = score.accuracy_answered
    share = "" if right is None else f", and {right * 100:.0f} % of those answers were right"
    off = f"{score.calibration_error * 100:.0f} %"
    return f"{name}: {answers}{share}; how sure they were was off by {off} on average."


def _scores(score: Score) -> list[str]:
    of_those = "-" if score.accuracy_answered is None else f"{score.accuracy_answered * 100:.1f} %"
    return [
        str(score.count),
        f"{score.coverage * 100:.0f} %",
        of_those,
        f"{score.accuracy * 100:.1f} %",
        f"{score.macro_f1:.3f}",
        f"{score.calibration_error:.3f}",
        f"{score.brier:.3f}",
    ]


def _suggested(result: Suggested, screen: Screen) -> _Lines:
    rows = [
        f"  {name + ':':<10}{screen.style(proposal.value, bold=True):<16} {_founded(proposal)}"
        for name, proposal in result.proposals.items()
    ]
    is_known = all(each.value != "unknown" for each in result.proposals.values())
    blank = "--explain" if is_known else "--type TYPE --service SERVICE --people N"
    typed = _to_type(result.proposals) or blank
    rows += [f"  {text}" for text in _recent(result.changes)]
    rows = fitted(rows, screen.width)
    learning = result.learning.notes if result.learning else ()
    notes = [line(note) for note in (*learning, *result.notes)]
    if not result.is_closed:
        notes.append(f"Next: sdcli classify {result.ref} {typed}")
    return [f"Suggestion for {result.ref}; nothing was changed.", *rows], notes


def _to_type(proposals: Mapping[str, Proposal]) -> str:
    """The options that take over what is proposed and new.

    Impact and urgency are among them only where closed tickets say so: what presets give comes by
    itself, and would count as stated if it were typed.
    """
    from sdcli.triage.suggest import ALREADY  # noqa: PLC0415 - one command's

    new = {
        name: each
        for name, each in proposals.items()
        if name != "priority" and each.value != "unknown" and each.reason != ALREADY
    }
    levels = [name for name in ("impact", "urgency") if name in new and new[name].similar]
    alike = dict.fromkeys(ref for name in levels for ref in new[name].similar)
    flags = [
        f"--{name} {each.value}"
        for name, each in new.items()
        if name in levels or name not in ("impact", "urgency")
    ]
    if levels:
        flags.append(f"--reason 'like {', '.join(alike)}'")
    return " ".join(flags)


def _reasoned(result: Reasoned, screen: Screen) -> _Lines:
    from sdcli.render import reasons  # noqa: PLC0415 - only an explanation pays for it

    return reasons.text(result, screen.width, screen.style), reasons.hints(result)


def _found(result: Found, screen: Screen) -> _Lines:
    from sdcli.render.found import text  # noqa: PLC0415 - one command pays for it

    return text(result, screen.style, screen.width)


def _catalog_found(result: CatalogFound, screen: Screen) -> _Lines:
    from sdcli.render.catalog import lines, nothing  # noqa: PLC0415 - one command pays for it

    if not result.entries:
        return nothing(result.text)
    more = [f"{result.more} more; `--limit 0` shows all."] if result.more else []
    return [text for each in result.entries for text in lines(each, screen.style)], more


def _explained(result: Explained, screen: Screen) -> _Lines:
    from sdcli.tickets.alerts import standings, totals  # noqa: PLC0415 - as above

    found = standings(result.ticket.standing)
    counted = totals(found.values())
    ref = screen.style(result.ticket.ref, bold=True)
    if not found:
        return [f"{ref} has counted no alert."], []
    suppressed = counted["suppressed"]
    planned = f", {suppressed} of them in a planned outage" if suppressed else ""
    head = (
        f"{ref} accounts for {words.count(counted['total'], 'event')} of monitoring: "
        f"{counted['firing']} firing and {counted['resolved']} resolved{planned}."
    )
    alerts = [f"  {_standing(each, screen)}" for each in found.values()]
    return [head, *alerts, "", *_decisions(result.ticket, screen)], []


def _standing(found: Standing, screen: Screen) -> str:
    state = "flapping" if found.flapping else "firing" if found.firing else "resolved"
    shown = screen.style(f"{state:<8}", fg="green" if state == "resolved" else "red")
    flips = f", {words.count(found.flips, 'change')}" if found.flips else ""
    counts = f"{found.sightings} firing, {found.recoveries} resolved{flips}"
    return f"{shown}  {counts}: {line(found.key)} - {line(found.summary)}"


def _decisions(ticket: Ticket, screen: Screen) -> list[str]:
    from sdcli.intake.outcome import RULES  # noqa: PLC0415 - only an explanation pays for it
    from sdcli.tickets.alerts import key_of, times_of  # noqa: PLC0415 - as above
    from sdcli.tickets.event import kind  # noqa: PLC0415 - as above

    seen = {event.rule: RULES.get(event.rule, "") for event in ticket.standing if key_of(event)}  # type: ignore[union-attr]
    told = [
        f"{screen.style(words.instant(event.at), dim=True)}  {times_of(event):>6}  "
        f"{event.rule or kind(event):<17}  {line(key_of(event))}"  # type: ignore[union-attr]
        for event in ticket.standing
        if key_of(event)
    ]
    meanings = [f"  {rule + ':':<18} {meaning}" for rule, meaning in seen.items() if meaning]
    return [*told, "", *meanings]


def _checked(result: Checked, screen: Screen) -> _Lines:
    lines = []
    for ticket, said in result.alerts:
        breach = said.stage == "breach" and said.target != "time-box"
        word = (
            screen.style("BREACH", fg="red", bold=True)
            if breach
            else screen.style("FORESEEN" if said.stage == "predicted" else "WARNING", fg="yellow")
        )
        late = f", {words.span(said.late_by_s)} ago" if said.late_by_s else ""
        late += " (when it came to hold, it was past already)" if said.on_arrival else ""
        whom = ", ".join(said.recipients) or "nobody is named for this"
        again = f" (cycle {said.cycle})" if said.cycle > 1 else ""
        lines.append(
            f"{word} {ticket.ref} {said.target}{again}: {said.threshold} % of "
            f"{words.work(said.target_s)}"
            f" passed{late}, due {words.instant(said.due)}; tell {line(whom)}"
            f" - {ticket.priority} {line(ticket.summary)}"
        )
    notes = _missed(result.missed_s, "had")
    if not lines:
        # Silence where nobody looks: cron mails whatever is printed.
        return [], [*notes, *(["Nothing new to say."] if screen.width else [])]
    return lines, [*notes, *([] if result.recorded else ["A dry run: this will be said again."])]


def _sla(result: Reapplied | SlaStatus, screen: Screen) -> _Lines:
    from sdcli.render import sla  # noqa: PLC0415 - only these pay for it

    del screen
    return sla.reapplied(result) if isinstance(result, Reapplied) else sla.status(result)


def _adopted(result: Adopted, screen: Screen) -> _Lines:
    from sdcli.render import sla  # noqa: PLC0415 - as above

    del screen
    return sla.adopted(result)


def _monitored(result: Monitored, screen: Screen) -> _Lines:
    del screen
    state = ("OK", "WARNING", "CRITICAL")[result.exit_code]
    missed = [result.missed_s] if result.missed_s else []
    said = (
        f"{result.breached} breached, {result.warning} past a warning, {result.open_tickets} open"
    )
    said += "".join(f", sla-check has not run for {words.span(each)}" for each in missed)
    data = f"breached={result.breached};;0 warning={result.warning};0 open={result.open_tickets}"
    if result.undelivered or result.given_up:
        said += f", {result.undelivered} alerts not delivered yet, {result.given_up} given up"
        data += f" undelivered={result.undelivered} given_up={result.given_up};0"
    if result.spooled:
        waits = "input waits" if result.spooled == 1 else "inputs wait"
        said += f", {result.spooled} {waits} for the ledger"
        data += f" spooled={result.spooled};0"
    return [f"SDCLI {state} - {said} | {data}"], []


def _delivering(result: Delivering, screen: Screen) -> _Lines:
    from sdcli.render.deliveries import delivering  # noqa: PLC0415 - only these pay for it

    del screen
    return delivering(result)


def _deliveries(result: Deliveries, screen: Screen) -> _Lines:
    from sdcli.render.deliveries import deliveries  # noqa: PLC0415 - as above

    del screen
    return deliveries(result)


def _route_tested(result: RouteTested, screen: Screen) -> _Lines:
    from sdcli.render.deliveries import tested  # noqa: PLC0415 - as above

    del screen
    return tested(result)


def _linted(result: Linted, screen: Screen) -> _Lines:
    del screen
    counts = ", ".join(
        f"{number} {noun.replace('_', ' ')}" for noun, number in result.counts.items()
    )
    remarks = [f"remark: {line(str(each))}" for each in result.remarks]
    return [f"The desk's files are sound: {counts}.", *remarks], []


def _notices(result: Notices, screen: Screen) -> _Lines:
    from sdcli.render.mistakes import notices  # noqa: PLC0415 - only notices pay for it

    del screen
    return notices(result)


def _reported(result: Reported, screen: Screen) -> _Lines:
    from sdcli.render import report  # noqa: PLC0415 - only reports pay for it

    if result.form == "csv":
        return report.as_csv(result), []
    if result.form == "markdown":
        return report.as_markdown(result), []
    return report.text(result, screen), []


def _page_written(result: PageWritten, screen: Screen) -> _Lines:
    from sdcli.render.report import page_text  # noqa: PLC0415 - as above

    return page_text(result, screen), []


def _audited(result: Audited, screen: Screen) -> _Lines:
    from sdcli.render.report import audit_text  # noqa: PLC0415 - as above

    return audit_text(result, screen), []


def _defined(result: Defined, screen: Screen) -> _Lines:
    from sdcli.render.report import defined_text  # noqa: PLC0415 - as above

    return defined_text(result, screen), []


def _classification(result: ClassificationReported, screen: Screen) -> _Lines:
    from sdcli.render.figures import classification  # noqa: PLC0415 - only reports pay for it

    del screen
    return classification(result), []


def _information(result: InformationReported, screen: Screen) -> _Lines:
    from sdcli.render.figures import information  # noqa: PLC0415 - as above

    del screen
    return information(result), []


def _started(result: Started, screen: Screen) -> _Lines:
    import shlex  # noqa: PLC0415 - only a new desk pays for it

    del screen
    return [f"A new desk is ready in {line(result.root)} ({words.count(result.files, 'file')})."], [
        f"Next: cd {shlex.quote(line(result.root))} && sdcli lint",
        "Next: sdcli open 'The printer is offline' --user ada",
        "Then put your own services, teams and people into catalog/.",
    ]


def _done(result: Done, screen: Screen) -> _Lines:
    del screen
    return [result.said], []


def _examined(result: Examined, screen: Screen) -> _Lines:
    del screen
    found = result.examination
    remarks = [f"Note: {line(remark)}" for remark in found.remarks]
    if not found.findings:
        counts = [words.count(found.tickets, "ticket")]
        if found.months:
            months = words.count(found.months, "month")
            counts += [f"{words.count(found.events, 'event')} in {months}"]
        else:
            commits = words.count(found.commits, "commit")
            counts += [words.count(found.archives, "archive"), f"{commits} since the last snapshot"]
        return [f"The ledger is sound: {', '.join(counts)}."], remarks
    told = [_finding(each) for each in found.findings]
    count = words.count(len(told), "finding")
    hint = "Next: sdcli doctor --repair saves what can be read and keeps the damaged bytes"
    if all(each.stays for each in found.findings):
        hint = (
            "A repair can do nothing about this: what is gone may be in a backup. The tickets can be "
            "used as they are"
        )
    return [f"The ledger is damaged: {count}.", *told], [*remarks, hint]


def _finding(found: Finding) -> str:
    place = f"{found.file}, byte {found.at}" if found.at >= 0 else found.file
    about = f"{found.ref}: " if found.ref else ""
    return f"  {line(place)}: {about}{line(found.problem)}."


def _repaired(result: Repaired, screen: Screen) -> _Lines:
    del screen
    mended = result.mended
    if not (mended.kept or mended.lost or mended.remarks or mended.anew):
        return [f"The ledger is sound: {words.count(mended.tickets, 'ticket')}."], []
    count = words.count(mended.tickets, "ticket")
    state = "can be used" if mended.lost or mended.remarks else "is whole"
    told = [f"The ledger {state} again: {count}."]
    if not (mended.kept or mended.lost or mended.anew):
        told = [f"The ledger can be used: {count}. A repair can do nothing about what follows."]
    if mended.anew:
        told.append(f"Made anew from their events: {words.count(mended.anew, 'ticket')}.")
    if mended.doubtful:
        told.append(
            f"Could be read, but not proven; each has a note: {', '.join(mended.doubtful)}."
        )
    if mended.lost:
        told.append(f"Something of these could not be read: {', '.join(mended.lost)}.")
    told += [line(remark) for remark in mended.remarks]
    return [*told, *(f"The damaged file is kept as {line(path)}." for path in mended.kept)], []


def _backed_up(result: BackedUp, screen: Screen) -> _Lines:
    del screen
    count = words.count(result.tickets, "ticket")
    return [f"{count} {_is(result.tickets)} kept in {line(result.file)}."], []


def _brought_back(result: BroughtBack, screen: Screen) -> _Lines:
    del screen
    restored = result.restored
    count = words.count(restored.tickets, "ticket")
    told = f"{count} {_is(restored.tickets)} back; the next is {restored.next}."
    kept = [f"The ledger as it was is kept in {line(restored.kept)}."] if restored.kept else []
    return [told, *kept], ["Next: sdcli list"]


def _of_ledgers(result: Any, screen: Screen) -> _Lines:
    """What the commands of `sdcli ledger` give."""
    from sdcli.render import ledgers  # noqa: PLC0415 - few commands pay for it

    del screen
    return ledgers.text(result)


def _brought_in(result: BroughtIn, screen: Screen) -> _Lines:
    del screen
    new = sum(each.is_new for each in result.moved)
    known = len(result.moved) - new
    would = "would be" if result.dry_run else _is(new)
    told = [f"{words.count(new, 'ticket')} {would} new; {known} known already."]
    if result.account is None:
        return told, []
    from sdcli.render.replayed import lines  # noqa: PLC0415 - only the rows of another tool

    told += lines(result.account, dry_run=result.dry_run)
    if result.rejects is None:
        return told, []
    rows, path = words.count(result.rejects.rows, "row"), line(result.rejects.path)
    if not result.rejects.rows:
        return told, [f"No row was left out; {path} was not written."]
    return told, [
        f"Next: mend the {rows} in {path}, and import them as well; the others are known."
    ]


def _sketched(result: Sketched, screen: Screen) -> _Lines:
    del screen
    return block(result.text).splitlines(), [
        "Next: mend it, and `sdcli import --from csv --map MAP.yaml FILE.csv --dry-run`"
    ]


def _people_found(result: PeopleFound, screen: Screen) -> _Lines:
    if not result.people:
        return [], [f"Nobody in the contacts fits {line(result.text)!r}."]
    more = [f"{result.more} more; `--limit 0` shows all."] if result.more else []
    return [text for person in result.people for text in _person_lines(person, screen)], more


def _person_lines(person: Person, screen: Screen) -> list[str]:
    contact = person.contact
    where = (contact.unit, contact.site, contact.zone)
    facts = [contact.phone, contact.mail, contact.caller_class, *where]
    facts += [f"manager {contact.manager}"] if contact.manager else []
    told = ", ".join(fact for fact in facts if fact)
    works = " (technician)" if person.is_technician else ""
    return [
        f"{screen.style(line(person.id), bold=True)}  {line(contact.name)}{works}",
        f"    {line(told)}",
    ]


def _people_imported(result: PeopleImported, screen: Screen) -> _Lines:
    del screen
    taken = result.taken
    would = "would be " if result.dry_run else ""
    rows = [("added", taken.added), ("updated", taken.updated), ("unchanged", taken.unchanged)]
    counts = ", ".join(f"{len(names)} {would}{word}" for word, names in rows)
    named = [f"  {word}: {line(listed(names))}" for word, names in rows[:2] if names]
    return [f"Contacts: {counts}.", *named], [line(note) for note in taken.notes]


def _bulletins(result: Bulletins, screen: Screen) -> _Lines:
    from sdcli.intake.before import is_overdue  # noqa: PLC0415 - only bulletins pay for it
    from sdcli.render.before import bulletin  # noqa: PLC0415

    if not result.tickets:
        return [], ["No bulletin stands. `sdcli bulletin post REF TEXT` posts one."]
    told = []
    for ticket in result.tickets:
        said = ticket.bulletin
        if said is None:
            continue
        late = screen.style("OVERDUE ", fg="red", bold=True) if is_overdue(said, result.now) else ""
        counts = f"shown {words.count(ticket.views, 'time')}, {ticket.me_too} have it too"
        told += [
            f"{late}{line(bulletin(ticket, result.now))}",
            f"    for {line(words.whom(said))}; {counts}",
        ]
    return told, []


def _front_page(result: FrontPage, screen: Screen) -> _Lines:
    from sdcli.render.bulletin import page  # noqa: PLC0415 - as above

    del screen
    nothing = ["No bulletin stands."] if not result.notices else []
    return page(result), nothing


def _duties(result: Duties, screen: Screen) -> _Lines:
    from sdcli.render import duty  # noqa: PLC0415 - only the roster pays for it

    told = [screen.style(duty.title(result), bold=True)]
    told += _with_reasons(duty.NOW_HEADERS, duty.now_rows(result), screen)
    if result.shifts:
        told += ["", *_with_reasons(duty.SHIFT_HEADERS, duty.shift_rows(result), screen)]
    return told, []


def _who_acts(result: WhoActs, screen: Screen) -> _Lines:
    from sdcli.render.rights import head, lines  # noqa: PLC0415 - one command alone needs it

    return [screen.style(head(result), bold=True), *fitted(lines(result), screen.width, 14)], []


def _queues_shown(result: QueuesShown, screen: Screen) -> _Lines:
    from sdcli.render import queues  # noqa: PLC0415 - only queues pay for it

    return _with_reasons(queues.BOARD, queues.board_rows(result), screen), []


def _queue_shown(result: QueueShown, screen: Screen) -> _Lines:
    """The queue, and its tickets as `list` has them, with their age."""
    from sdcli.render import queues  # noqa: PLC0415 - as above

    told = [
        screen.style(queues.head(result.row), bold=True),
        f"  {queues.summary(result.row)}",
        *(f"  needs {line(item)}: {line(what)}" for item, what in result.needs.items()),
    ]
    if not result.tickets:
        return told, []
    from tabulate import tabulate  # noqa: PLC0415 - only tables pay for it

    headers = [screen.style(name, underline=True) for name in queues.QUEUE]
    rows = [
        _queue_row(seen, queues.age(seen.ticket.opened_at, result.now), queues.back(seen), screen)
        for seen, _, _ in result.tickets
    ]
    over = {seen.ticket.ref for seen, _, overstayed in result.tickets if overstayed}
    notes = [f"{listed(sorted(over))}: this tier has tried for longer than it may."] if over else []
    table = tabulate(_fitted([headers, *rows], screen), tablefmt="plain", disable_numparse=True)
    return [*fitted(told, screen.width), "", *table.splitlines()], notes


def _queue_row(seen: Seen, age: str, back: str, screen: Screen) -> list[str]:
    ref, prio, status, _, assignee, sla, summary = _row(seen, screen)
    mark = "not accepted" if seen.ticket.handed_from else status
    return [ref, prio, mark, age, assignee, sla, back, summary]


def _next_up(result: NextUp, screen: Screen) -> _Lines:
    from sdcli.render.queues import next_lines  # noqa: PLC0415 - as above

    told, notes = next_lines(result)
    if told:
        told[0] = screen.style(told[0], bold=True)
    return fitted(told, screen.width), notes


def _metrics(result: Metrics, screen: Screen) -> _Lines:
    from sdcli.render import metrics  # noqa: PLC0415 - only one command pays for it

    return metrics.lines(result, is_watched=screen.width is not None)


def _workload(result: Workload, screen: Screen) -> _Lines:
    from sdcli.render import queues  # noqa: PLC0415 - as above

    if result.by == "queue":
        return _with_reasons(queues.QUEUES, queues.queue_rows(result), screen), []
    return _with_reasons(queues.PEOPLE, queues.people_rows(result), screen), []


def _expectations_due(result: ExpectationsDue, screen: Screen) -> _Lines:
    from sdcli.render.queues import due_lines  # noqa: PLC0415 - as above

    if not result.rows:
        return [], ["Every caller knows when to expect it, and nothing has passed."]
    step = "Next: sdcli tell REF --note   # or: sdcli eta REF WHEN --reason WHY --told"
    return fitted(due_lines(result), screen.width, 4), [step]


def _caller_told(result: CallerTold, screen: Screen) -> _Lines:
    """The text itself, unless it is on its way already."""
    ref = screen.style(result.seen.ticket.ref, bold=True)
    if result.sent_to:
        return [f"{ref} told to {line(result.sent_to)}"], []
    told = block(result.text).rstrip("\n").split("\n")
    return told, [f"{result.seen.ticket.ref} is noted as told."] if result.noted else []


def _with_reasons(headers: Sequence[str], rows: list[list[str]], screen: Screen) -> list[str]:
    """A table; the last columns go below each row where the terminal is too narrow for them."""
    from tabulate import tabulate  # noqa: PLC0415 - only tables pay for it
    from wcwidth import width as columns_of  # noqa: PLC0415 - as above

    for kept in range(len(headers), 0, -1):
        cells = [row[:kept] for row in rows]
        table = tabulate(cells, headers[:kept], "plain", disable_numparse=True).splitlines()
        if screen.width is None or max(map(columns_of, table)) <= screen.width:
            break
    if kept == len(headers):
        return table
    head, *lines = table
    below = (f"    {'; '.join(row[kept:])}" for row in rows)
    pairs = (each for pair in zip(lines, below, strict=True) for each in pair)
    return fitted([head, *(each.rstrip() for each in pairs)], screen.width, 4)


def _confirmed(result: Confirmed, screen: Screen) -> _Lines:
    """The mail itself, unless it is on its way already."""
    if result.sent:
        head = screen.style(result.ref, bold=True)
        return [f"{head} confirmed to {line(result.to)}"], []
    return result.message.splitlines(), []


def _calendar(result: Result, screen: Screen) -> _Lines:
    from sdcli.render.calendar import text  # noqa: PLC0415 - only calendars pay for it

    return text(result, screen)


def _clocks_explained(result: ClocksExplained, screen: Screen) -> _Lines:
    from sdcli.render.explain import text  # noqa: PLC0415 - one command alone needs it

    return text(result, screen)


def _article(result: Result, screen: Screen) -> _Lines:
    from sdcli.render.articles import text  # noqa: PLC0415 - only articles pay for it

    return text(result, screen)


def _of_articles(result: Any, screen: Screen) -> _Lines:
    from sdcli.render import outcomes  # noqa: PLC0415 - as above

    del screen
    if isinstance(result, Statistics):
        return outcomes.statistics(result), []
    if isinstance(result, Shared):
        return outcomes.shared(result)
    return outcomes.recalled(result)


def _of_procedures(result: Any, screen: Screen) -> _Lines:
    from sdcli.render.fulfilment import text  # noqa: PLC0415 - only procedures pay for it

    return text(result, screen.style)


def _published(result: SitePublished, screen: Screen) -> _Lines:
    from sdcli.render.knowledge import published  # noqa: PLC0415 - as above

    del screen
    return published(result)


def _survey_asked(result: SurveyAsked, screen: Screen) -> _Lines:
    ref = result.seen.ticket.ref
    sent = [f"Sent to {line(result.sent_to)}."] if result.sent_to else []
    told = fitted([*map(line, result.letter), *sent], screen.width)
    again = f"Next: sdcli survey answer {ref} --score QUESTION=1..5"
    next_ = "An answer to the mail is read by `sdcli open -`." if result.sent_to else again
    return told, [*map(line, result.notes), next_]


def _of_quality(result: Any, screen: Screen) -> _Lines:
    """What the commands of `sdcli survey` and `sdcli review` give."""
    from sdcli.render import quality  # noqa: PLC0415 - few commands pay for it

    del screen
    return quality.text(result)


def _quality_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """What the caller said of it, and who looked at it afterwards (R5a.1, R5a.2)."""
    from sdcli.tickets.event import Reviewed, SurveySent  # noqa: PLC0415 - loaded by now

    if not any(isinstance(event, Reviewed | SurveySent) for event in ticket.standing):
        return []
    from sdcli.render.quality import rows_of  # noqa: PLC0415 - few tickets have any

    return rows_of(ticket)


_SHAPES: dict[type, Callable[[Any, Screen], _Lines]] = {
    Changed: _changed,
    SurveyAsked: _survey_asked,
    SurveysDue: _of_quality,
    SurveysReported: _of_quality,
    ReviewSampled: _of_quality,
    ReviewsListed: _of_quality,
    ConfirmationsOverdue: _of_quality,
    Guided: _guided,
    ProblemChanged: _of_problems,
    ProblemShown: _of_problems,
    ProblemsListed: _of_problems,
    CandidatesFound: _of_problems,
    Shown: _shown,
    ClocksExplained: _clocks_explained,
    History: _history,
    Listed: _listed,
    Opened: _opened,
    TakenIn: _taken_in,
    Tried: _tried,
    TakenAgain: _taken_again,
    Delivered: _delivered,
    Suggested: _suggested,
    Evaluated: _evaluated,
    Explained: _explained,
    Reasoned: _reasoned,
    Found: _found,
    ArticleShown: _article,
    ArticleWritten: _article,
    ArticleDrafted: _article,
    ArticlesDue: _article,
    ArticlesLinted: _article,
    ArticlesImported: _article,
    Shared: _of_articles,
    Statistics: _of_articles,
    Recalled: _of_articles,
    ProceduresListed: _of_procedures,
    ProcedureShown: _of_procedures,
    ProcedureStatistics: _of_procedures,
    SitePublished: _published,
    CatalogFound: _catalog_found,
    Checked: _checked,
    Monitored: _monitored,
    Delivering: _delivering,
    Deliveries: _deliveries,
    RouteTested: _route_tested,
    Linted: _linted,
    Started: _started,
    Done: _done,
    Examined: _examined,
    Repaired: _repaired,
    BackedUp: _backed_up,
    BroughtBack: _brought_back,
    LedgerPrepared: _of_ledgers,
    LedgerMigrated: _of_ledgers,
    LedgerStatus: _of_ledgers,
    LedgerCopied: _of_ledgers,
    BroughtIn: _brought_in,
    Sketched: _sketched,
    PeopleFound: _people_found,
    PeopleImported: _people_imported,
    Bulletins: _bulletins,
    FrontPage: _front_page,
    Confirmed: _confirmed,
    Notices: _notices,
    Reported: _reported,
    PageWritten: _page_written,
    Audited: _audited,
    Defined: _defined,
    ClassificationReported: _classification,
    InformationReported: _information,
    Supported: _supported,
    UnsupportedReported: _unsupported_reported,
    Duties: _duties,
    CalendarDue: _calendar,
    CalendarBetween: _calendar,
    CalendarShown: _calendar,
    CalendarsListed: _calendar,
    CalendarsChecked: _calendar,
    Simulated: _simulated,
    Reapplied: _sla,
    Adopted: _adopted,
    SlaStatus: _sla,
    Register: _register,
    TriedList: _tried_list,
    SkillsReported: _skills,
    OutagesReported: _outages,
    Filtering: _of_changes,
    FilteredReported: _filtered,
    ChangeShown: _of_changes,
    ChangesListed: _of_changes,
    ChangeExported: _of_changes,
    Rehearsed: _rehearsed,
    WhoActs: _who_acts,
    QueuesShown: _queues_shown,
    QueueShown: _queue_shown,
    NextUp: _next_up,
    Workload: _workload,
    Metrics: _metrics,
    ExpectationsDue: _expectations_due,
    CallerTold: _caller_told,
    BulkPreview: _bulk,
    BulkDone: _bulk,
    TakenBack: _taken_back,
    BoardLeft: _board_left,
    QueryFields: _query_fields,
    QueriesListed: _queries_listed,
}
