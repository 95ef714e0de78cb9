"""Results as JSON: the contract that scripts rely on.

Keys are snake_case, instants ISO 8601 UTC ending in `Z`, durations whole seconds ending in `_s`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render import duty, support
from sdcli.render.safe import json_text
from sdcli.results.callers import (
    Bulletins,
    CallerTold,
    Confirmed,
    ExpectationsDue,
    FrontPage,
    Notice,
)
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
from sdcli.results.lists import BoardLeft, BulkDone, BulkPreview, Listed, QueriesListed, QueryFields
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
    Waiting,
)
from sdcli.tickets.alerts import facts, key_of, standings, times_of, totals
from sdcli.tickets.event import kind
from sdcli.tickets.hand_over import ping_pong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sdcli.fulfilment.state import Fulfilment
    from sdcli.intake.account import Account
    from sdcli.intake.formats import Fit, Reading
    from sdcli.intake.moved import Moved
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.retry import Retried
    from sdcli.knowledge.hits import Hit
    from sdcli.notify.outcome import Sent
    from sdcli.policy.people import Person
    from sdcli.policy.teams import Technician
    from sdcli.results import Result
    from sdcli.sla.backing import Backing
    from sdcli.sla.check import Alert
    from sdcli.sla.clock import Clock
    from sdcli.sla.register import Breach
    from sdcli.tickets.alerts import Standing
    from sdcli.tickets.contact import Assessment, RequestDetails
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.relations import Link
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.catalog import Entry
    from sdcli.triage.changes import RecentChange
    from sdcli.triage.suggest import Proposal


def dump(value: Any) -> str:
    """One JSON document on one line, safe to print on a terminal."""
    return json_text(msgspec.json.encode(value).decode())


def in_ascii(document: str) -> str:
    """A JSON document for a stream that cannot take every character; its value is the same."""
    return document if document.isascii() else json_text(document, everything=True)


def write(result: Result) -> Iterable[str]:
    """The lines to print: one document, except for a stream, which gives one a line."""
    if isinstance(result, Exported):
        return map(dump, result.tickets)
    if isinstance(result, TakenIn):
        return map(dump, _outcomes(result.outcomes))
    return [dump(_SHAPES[type(result)](result))]


def ticket(seen: Seen) -> dict[str, Any]:
    """A ticket object; of a problem, its own."""
    subject, opening = seen.ticket, seen.ticket.opening
    if subject.is_problem:
        return _problem(subject)
    return {
        "ref": subject.ref,
        "summary": subject.summary,
        "status": subject.status,
        "type": subject.type,
        "service": subject.service,
        "feature": subject.feature,
        "impact": subject.impact,
        "urgency": subject.urgency,
        "priority": subject.priority,
        "undelivered": _undelivered(subject),
        "wish": subject.wish or None,
        "assessment": _assessment(subject.assessment),
        "owner": seen.owner,
        "queue": subject.queue,
        "ping_pong": ping_pong(subject),
        "assignee": subject.assignee,
        "requester": subject.requester,
        "on_behalf_of": opening.on_behalf_of or None,
        "channel": opening.channel,
        "phone": opening.phone or None,
        "mail": opening.mail or None,
        "caller_class": opening.caller_class or "unknown",
        "unit": opening.unit or None,
        "site": opening.site or None,
        "previous": opening.previous or None,
        "me_too": subject.me_too,
        "views": subject.views,
        "bulletin": subject.bulletin and msgspec.structs.asdict(subject.bulletin),
        "details": opening.details,
        "fields": opening.fields,
        "request": _request(subject.request),
        "walk": opening.walk,
        "procedure": opening.procedure or None,
        "state": opening.state,
        "read": opening.read,
        "opened_at": subject.opened_at,
        "updated_at": subject.updated_at,
        "eta": subject.eta,
        "eta_told": _is_told(subject),
        "resolved_at": subject.resolved_at,
        "closed_at": subject.closed_at,
        "service_restored_at": subject.service_restored_at,
        "waiting_for": subject.waiting_for or None,
        "waiting_until": subject.waiting_until,
        "handed_from": subject.handed_from or None,
        "code": subject.code or None,
        "minutes": subject.minutes,
        "alert_key": subject.key or None,
        "alert_count": subject.alert_count,
        "alert": facts(subject),
        "needs_validation": subject.needs_validation,
        "reopened": subject.reopened,
        "has_news": subject.news,
        "reclassified": subject.reclassified,
        "first_class": _first_class(subject),
        "notices": subject.notices,
        "articles": subject.articles,
        "attachments": subject.attachments,
        "support": subject.support and support.decision(subject.support, seen.now),
        "problems": subject.problems,
        "change_status": subject.change_status or None,
        "links": [_link(each) for each in subject.links],
        "merged_into": subject.merged_into or None,
        "void": subject.void,
        "policy": subject.policy or None,
        "agreement": seen.agreement,
        "calendar": seen.calendar,
        "sla": _clocks(seen),
        "events_count": len(subject.events),
    }


def _is_told(subject: Ticket) -> bool | None:
    """Whether the caller knows when to expect it; null if nobody said (R3d3.2)."""
    if subject.eta is None:
        return None
    from sdcli.tickets.expectation import expectation  # noqa: PLC0415 - few tickets have any

    found = expectation(subject)
    return found.told if found else None


def _problem(subject: Ticket) -> dict[str, Any]:
    from sdcli.render.problem import problem_json  # noqa: PLC0415 - few tickets are problems

    return problem_json(subject)


def _of_problems(result: Any) -> Any:
    """What the commands of `sdcli problem` give."""
    from sdcli.render import problem  # noqa: PLC0415 - as above

    if isinstance(result, ProblemChanged):
        return problem.changed_json(result)
    if isinstance(result, ProblemShown):
        events = [event(each) for each in result.problem.events]
        return problem.shown_json(result) | {"events": events}
    if isinstance(result, ProblemsListed):
        return [problem.problem_json(each) for each in result.rows]
    return [problem.candidate_json(each) for each in result.rows]


def _link(each: Link) -> dict[str, Any]:
    return {"relation": each.relation, "to": each.to, "why": each.why or None}


def _relations(result: Shown) -> dict[str, Any]:
    from sdcli.render.relations import as_json  # noqa: PLC0415 - only `show` pays for it

    return as_json(result)


def _undelivered(subject: Ticket) -> list[dict[str, Any]]:
    """What did not reach somebody, by the last attempt for each (R5b.2)."""
    if not (subject.undelivered or subject.given_up):
        return []
    from sdcli.tickets.deliveries import failed  # noqa: PLC0415 - few tickets have any

    names = ("alert", "route", "to", "attempt", "reason", "next_at")
    return [{name: getattr(each, name) for name in names} for each in failed(subject)]


def _request(known: RequestDetails) -> dict[str, str | None]:
    """The details of a request, null where nothing was said."""
    return {name: getattr(known, name) or None for name in known.__struct_fields__}


def _assessment(known: Assessment) -> dict[str, Any]:
    """What was said of the impact on the business, null where nothing was said."""
    told = known.told()
    return {name: told.get(name) for name in known.__struct_fields__}


def _first_class(subject: Ticket) -> dict[str, Any] | None:
    """What the request was taken for at first, by field, where it was changed since (R7.4)."""
    from sdcli.triage.reclassify import differs  # noqa: PLC0415 - only tickets pay for it

    found = {name: msgspec.structs.asdict(each) for name, each in differs(subject).items()}
    return {name: each | {"by": each["by"] or None} for name, each in found.items()} or None


def _guided(result: Guided) -> dict[str, Any]:
    from sdcli.render.guide import as_json  # noqa: PLC0415 - only the guide pays for it

    return as_json(result)


def _changed(result: Changed) -> dict[str, Any]:
    found, told = result.effect, ticket(result.seen)
    if result.deduped:
        told["deduped"] = result.deduped
    if found:
        told |= {
            "change": msgspec.structs.asdict(found.change) if found.change else None,
            "agreement_before": found.before.agreement,
            "clocks_before": {target: clock(face) for target, face in found.before.sla.items()},
            "hand_to": found.hand_to or None,
        }
    if result.changes is not None:
        told |= _changes(result.changes)
    if result.fulfilment is not None:
        told |= {"fulfilment": _fulfilment(result.fulfilment), "notes": _stripped(result.notes)}
    return told | dict(result.more)


def _planned(result: Shown) -> dict[str, Any]:
    """Its request for change, and what was planned (R3c3.3, R3d1.3)."""
    told: dict[str, Any] = {"change": None, "planned": [], "out_of_hours": result.out_of_hours}
    if result.change:
        from sdcli.render.changes_wanted import change_json  # noqa: PLC0415 - few have one

        told["change"] = change_json(result.change)
    if result.planned:
        from sdcli.render.tries import planned_json  # noqa: PLC0415 - as above

        told["planned"] = planned_json(result.planned)
    return told


def _of_changes(result: Any) -> Any:
    """What `sdcli filter` and `sdcli rfc` give."""
    from sdcli.render import changes_wanted  # noqa: PLC0415 - few commands pay for it

    if isinstance(result, Filtering):
        return changes_wanted.filtering_json(result)
    if isinstance(result, ChangeShown):
        return changes_wanted.shown_json(result)
    if isinstance(result, ChangeExported):
        return changes_wanted.exported_json(result)
    return [changes_wanted.change_json(change) for _, change in result.rows]


def _tried_list(result: TriedList) -> list[dict[str, Any]]:
    from sdcli.render.tries import tried_json  # noqa: PLC0415 - one command pays for it

    return [tried_json(each) for each in result.rows]


def _stripped(notes: Sequence[str]) -> list[str]:
    """Sentences without the space that sets them apart on a terminal."""
    return [each.strip() for each in notes]


def _waiting(row: Waiting) -> dict[str, Any]:
    return {
        "ref": row.ticket.ref,
        "summary": row.ticket.summary,
        "status": row.ticket.status,
        "person": row.person,
        "changes": [msgspec.structs.asdict(each) for each in row.changes],
        "harm": [event(used) | {"otherwise": said} for used, said in row.harm],
    }


def _entry(found: Entry) -> dict[str, Any]:
    from sdcli.render.support import promised  # noqa: PLC0415 - few answers pay for it

    document: dict[str, Any] = msgspec.to_builtins(found)
    targets = {name: promised(each) for name, each in found.targets.items()}
    return document | {"targets": targets}


def _clocks(seen: Seen) -> dict[str, Any]:
    return {target: clock(face) for target, face in seen.sla.items()}


def _reapplied(result: Reapplied) -> dict[str, Any]:
    from sdcli.render.sla import reapplied_json  # noqa: PLC0415 - only this pays for it

    return reapplied_json(result, _clocks)


def _adopted(result: Adopted) -> dict[str, Any]:
    from sdcli.render.sla import adopted_json  # noqa: PLC0415 - as above

    return adopted_json(result)


def _sla_status(result: SlaStatus) -> dict[str, Any]:
    from sdcli.render.sla import status_json  # noqa: PLC0415 - as above

    return status_json(result)


def clock(face: Clock) -> dict[str, Any]:
    """One clock of a ticket."""
    return {
        "state": face.state,
        "due": None if face.due is None else _instant(face.due),
        "target_s": face.target_s,
        "elapsed_s": face.elapsed_s,
        "percent": face.percent,
    }


def _backing(result: Shown, target: Backing, whose: str) -> dict[str, Any] | None:
    """The clock of the queue or the supplier that has the ticket, null without one."""
    found = result.backing.get(target)
    return {whose: found[0], **clock(found[1])} if found else None


def event(happened: AnyEvent) -> dict[str, Any]:
    """An event, its common fields first."""
    fields: dict[str, Any] = msgspec.to_builtins(happened)
    first = {name: fields.pop(name) for name in ("id", "at", "by", "kind")}
    return first | fields


def _events(events: Sequence[AnyEvent], undone: Sequence[str]) -> list[dict[str, Any]]:
    """Events in order; what was taken back says so."""
    gone = frozenset(undone)
    return [event(each) | ({"taken_back": True} if each.id in gone else {}) for each in events]


def alert(said: Alert) -> dict[str, Any]:
    """A warning or a breach."""
    fields: dict[str, Any] = msgspec.to_builtins(said)
    return fields | {"due": _instant(said.due)}


def hit(found: Hit) -> dict[str, Any]:
    """Something found; the marks round a match are left out, and so is what was not asked for."""
    from sdcli.knowledge.hits import MARK, UNMARK  # noqa: PLC0415 - one command pays for it

    fields: dict[str, Any] = msgspec.to_builtins(found)
    if found.explain is None:
        del fields["explain"]
    return fields | {"snippet": found.snippet.replace(MARK, "").replace(UNMARK, "")}


def _bulletin(subject: Ticket, now: datetime) -> dict[str, Any]:
    from sdcli.render.before import bulletin_json  # noqa: PLC0415 - only bulletins pay for it

    return bulletin_json(subject, now) | {"summary": subject.summary}


def _notice(notice: Notice) -> dict[str, Any]:
    fields = msgspec.structs.asdict(notice)
    return fields | {"state": notice.state or None, "site": notice.site or None}


def person(found: Person) -> dict[str, Any]:
    """A contact, every field of it, and whether they work on requests."""
    fields = msgspec.structs.asdict(found.contact)
    told = {name: value or None for name, value in fields.items()}
    return {"id": found.id, **told, "technician": found.is_technician}


def _opened(result: Opened) -> dict[str, Any]:
    told = _outcome(result.outcome, ticket(result.seen) if result.seen else None)
    told |= _changes(result.changes)
    if result.before is None or result.seen is None:
        return told
    from sdcli.render.before import as_json  # noqa: PLC0415 - only `open` pays for it

    return told | as_json(result.before, result.seen.now)


def _changes(changes: Sequence[RecentChange]) -> dict[str, Any]:
    from sdcli.render.changes import as_json  # noqa: PLC0415 - few commands look for them

    return {"changes": as_json(changes)}


def _outcomes(
    outcomes: Iterable[tuple[Outcome, Seen | None]],
) -> Iterator[dict[str, Any]]:
    """One after the other; a ticket that many of them share is told from one reading."""
    known: dict[str, dict[str, Any]] = {}
    for outcome, seen in outcomes:
        ref = seen.ticket.ref if seen else ""
        if seen and ref not in known:
            known[ref] = ticket(seen)
        yield _outcome(outcome, known.get(ref))


def _outcome(outcome: Outcome, about: dict[str, Any] | None) -> dict[str, Any]:
    told: dict[str, Any] = {"action": outcome.action, "ref": None, **(about or {})}
    extra = {
        "rule": outcome.rule,
        "reason": outcome.reason,
        "key": outcome.key,
        "file": outcome.file,
    }
    return told | {name: value for name, value in extra.items() if value}


def _breach(found: Breach) -> dict[str, Any]:
    told: dict[str, Any] = _register().as_json(found)
    return told


def _moved(moved: Moved) -> dict[str, Any]:
    """What became of a ticket of an import; what was known of it is in the account."""
    return {
        "source": moved.source,
        "ref": moved.ref,
        "is_new": moved.is_new,
        "links_left_out": moved.links_left_out,
    }


def _told(result: BroughtIn, account: Account) -> dict[str, Any]:
    written = result.rejects
    problems = [problem._asdict() for problem in account.problems]
    return {
        "account": msgspec.structs.asdict(account) | {"problems": problems},
        "rejects": {"file": written.path if written.rows else None, "rows": written.rows}
        if written
        else None,
    }


def _register() -> Any:
    from sdcli.render import register  # noqa: PLC0415 - few answers pay for it

    return register


def _ledgers() -> Any:
    from sdcli.render import ledgers  # noqa: PLC0415 - few commands pay for it

    return ledgers


def _report() -> Any:
    from sdcli.render import report  # noqa: PLC0415 - as above

    return report


def _reasoned(result: Reasoned) -> dict[str, Any]:
    from sdcli.render.reasons import document  # noqa: PLC0415 - only an explanation pays for it

    return document(result)


def _explained(result: Explained) -> dict[str, Any]:
    found = standings(result.ticket.standing)
    counted = totals(found.values())
    return {
        "ref": result.ticket.ref,
        "summary": result.ticket.summary,
        "total": counted["total"],
        "firing": counted["firing"],
        "resolved": counted["resolved"],
        "suppressed": counted["suppressed"],
        "alerts": [_standing(each) for each in found.values()],
        "decisions": [_decision(each) for each in result.ticket.standing if key_of(each)],
    }


def _standing(found: Standing) -> dict[str, Any]:
    return {
        "key": found.key,
        "summary": found.summary,
        "status": "firing" if found.firing else "resolved",
        "flapping": found.flapping,
        "firing": found.sightings,
        "resolved": found.recoveries,
        "suppressed": found.suppressed,
        "flips": found.flips,
    }


def _decision(event: Any) -> dict[str, Any]:
    return {
        "at": event.at,
        "kind": kind(event),
        "key": event.key,
        "times": times_of(event),
        "rule": event.rule or None,
    }


def _tried(reading: Reading, fits: Sequence[Fit]) -> dict[str, Any]:
    item = reading.item
    told: dict[str, Any] = {"kind": type(item).__name__.removesuffix("Item").lower()}
    if reading.fit:
        told |= {"format": reading.fit.format, "rank": reading.fit.rank, "why": reading.fit.why}
    told["also"] = [fit._asdict() for fit in fits if reading.fit and fit.format != told["format"]]
    told["facts"] = {
        name: {"value": fact.value, "given": fact.given, "by": fact.by or None}
        for name, fact in reading.facts.items()
    }
    raw = getattr(item, "raw", None)
    rest = {"raw"} if raw is not None else set()
    told["item"] = {
        name: getattr(item, name) for name in item.__struct_fields__ if name not in rest
    }
    return told | ({} if raw is None else {"bytes": len(raw)})


def _again(retried: Retried, outcomes: Sequence[tuple[Outcome, Any]]) -> dict[str, Any]:
    return {
        "file": retried.file,
        "stays": retried.stays or None,
        "items": list(_outcomes(outcomes)),
    }


def _delivered(result: Delivered) -> dict[str, Any]:
    return {
        "delivered": [
            {
                "file": each.file,
                "at": each.at,
                "by": each.by or None,
                "refused": each.refused or None,
                "away": each.away or None,
                "items": list(_outcomes(each.outcomes)),
            }
            for each in result.deliveries
        ],
        "waiting": [
            {
                "file": each.file,
                "bytes": each.size,
                "at": each.spooled.at if each.spooled else None,
                "by": each.spooled.by if each.spooled else None,
                "why": each.spooled.why if each.spooled else None,
            }
            for each in result.waiting
        ],
    }


def _sent(sent: Sent) -> dict[str, Any]:
    """A message that was tried, without its words."""
    told = {name: getattr(sent, name) for name in sent.__struct_fields__ if name != "text"}
    return told | {"reason": sent.reason or None}


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _proposed(proposal: Proposal) -> dict[str, Any]:
    candidate = proposal.candidate and proposal.candidate._asdict()
    return {**proposal._asdict(), "candidate": candidate}


def _clocks_explained(result: ClocksExplained) -> dict[str, Any]:
    from sdcli.render.explain import document  # noqa: PLC0415 - one command alone needs it

    return document(result)


def _calendar(result: Result) -> Any:
    from sdcli.render.calendar import as_json  # noqa: PLC0415 - only calendars pay for it

    return as_json(result)


def _article(result: Result) -> Any:
    from sdcli.render.articles import to_json  # noqa: PLC0415 - only articles pay for it

    return to_json(result)


def _of_articles(result: Any) -> dict[str, Any]:
    from sdcli.render import outcomes  # noqa: PLC0415 - as above

    if isinstance(result, Statistics):
        return outcomes.statistics_json(result)
    if isinstance(result, Shared):
        return outcomes.shared_json(result)
    return outcomes.recalled_json(result)


def _role(person: Technician) -> dict[str, Any]:
    """As what somebody acts: their roles and level (R0.2)."""
    return {"roles": person.roles, "level": person.level or None}


def _who_acts(result: WhoActs) -> dict[str, Any]:
    known = result.known
    return {
        "person": result.person,
        "known": known is not None,
        "name": known.name if known else None,
        "roles": known.roles if known else (),
        "level": (known.level or None) if known else None,
        "authority": known.authority if known else (),
        "queues": result.queues,
        "leads": result.leads,
        "on_call": result.on_call,
        "rights": [
            {
                "deed": each.deed,
                "meaning": each.meaning,
                "may": each.may,
                "roles": each.demand.roles,
                "level": each.demand.level or None,
                "authority": each.demand.authority,
                "place": each.demand.place or None,
                "able": each.able,
            }
            for each in result.rights
        ],
    }


def _of_queues(result: Any) -> Any:
    from sdcli.render import queues  # noqa: PLC0415 - only queues pay for it

    if isinstance(result, QueuesShown):
        return [queues.queue_json(row, result.now) for row in result.rows]
    if isinstance(result, QueueShown):
        return queues.shown_json(result, ticket)
    if isinstance(result, NextUp):
        return queues.next_json(result, ticket)
    return queues.workload_json(result)


def _expectations_due(result: ExpectationsDue) -> list[dict[str, Any]]:
    from sdcli.render import queues  # noqa: PLC0415 - as above

    return [queues.due_json(row, result.now) for row in result.rows]


def _caller_told(result: CallerTold) -> dict[str, Any]:
    from sdcli.render import queues  # noqa: PLC0415 - as above

    return queues.told_json(result)


def _metrics(result: Metrics) -> dict[str, Any]:
    from sdcli.render.metrics import to_json  # noqa: PLC0415 - only one command pays for it

    return to_json(result)


def _of_procedures(result: Any) -> Any:
    from sdcli.render.fulfilment import to_json  # noqa: PLC0415 - only procedures pay for it

    return to_json(result)


def _fulfilment(found: Fulfilment | None) -> dict[str, Any] | None:
    if found is None:
        return None
    from sdcli.render.fulfilment import state_json  # noqa: PLC0415 - few tickets have any

    return state_json(found)


def _bulk(result: BulkPreview | BulkDone) -> dict[str, Any]:
    from sdcli.render.bulk import as_json  # noqa: PLC0415 - as above

    return as_json(result, event)


def _published(result: SitePublished) -> dict[str, Any]:
    from sdcli.render.knowledge import published_json  # noqa: PLC0415 - as above

    return published_json(result)


def _of_quality(result: Any) -> Any:
    from sdcli.render import quality  # noqa: PLC0415 - few commands pay for it

    return quality.as_json(result)


def _review(subject: Ticket) -> dict[str, Any] | None:
    """What somebody found who looked at it afterwards; null if nobody has (R5a.1)."""
    from sdcli.tickets.event import Reviewed  # noqa: PLC0415 - loaded by now

    if not any(isinstance(event, Reviewed) for event in subject.standing):
        return None
    from sdcli.render.quality import review_json  # noqa: PLC0415 - few tickets have any

    return review_json(subject)


_SHAPES: dict[type, Callable[[Any], Any]] = {
    Changed: _changed,
    SurveyAsked: lambda result: (
        ticket(result.seen)
        | {"letter": result.letter, "sent_to": result.sent_to or None, "link": result.link or None}
    ),
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
    Shown: lambda result: (
        ticket(result.seen)
        | {"time_box": result.time_box and support.box(result.time_box)}
        | {"operational": _backing(result, "operational", "queue")}
        | {"underpinning": _backing(result, "underpinning", "supplier")}
        | {"breaches": [_breach(each) for each in result.breaches]}
        | {"lacking": result.lacking}
        | {"actors": {name: _role(each) for name, each in result.actors.items()}}
        | {"fulfilment": _fulfilment(result.fulfilment)}
        | {"problem_records": [_problem(each) for each in result.problems]}
        | _planned(result)
        | _relations(result)
        | {"review": _review(result.seen.ticket)}
        | {"events": _events(result.seen.ticket.events, result.seen.ticket.undone)}
    ),
    QueryFields: lambda result: [
        {"field": field, "written": written, "about": about}
        for field, written, about in result.rows
    ],
    QueriesListed: lambda result: [
        {"name": name, "query": each.query, "about": each.about, "place": each.place}
        for name, each in result.queries.items()
    ],
    BulkPreview: _bulk,
    BulkDone: _bulk,
    BoardLeft: lambda result: [
        {
            "at": each.at,
            "ref": each.ref,
            "act": each.act,
            "said": each.said,
            "event": each.event or None,
        }
        for each in result.acts
    ],
    TakenBack: lambda result: {
        "ref": result.seen.ticket.ref,
        "action": "brought-back" if result.brought_back else "taken-back",
        "events": [{"ref": ref, **event(happened)} for ref, happened in result.events],
        "left": [{"ref": ref, "why": why} for ref, why in result.left],
        "ticket": ticket(result.seen),
    },
    History: lambda result: _events(result.events, result.undone),
    Rehearsed: lambda result: {
        "dry_run": True,
        "events": [{"ref": each.ref, **event(happened)} for each, happened in result.added],
    },
    Listed: lambda result: [ticket(row) for row in result.rows],
    Opened: _opened,
    Tried: lambda result: [_tried(*each) for each in result.readings],
    Delivered: _delivered,
    TakenAgain: lambda result: [_again(*each) for each in result.files],
    Suggested: lambda result: {
        "ref": result.ref,
        "changed": False,
        "suggestion": {name: _proposed(proposal) for name, proposal in result.proposals.items()},
        "notes": [*result.notes, *(result.learning.notes if result.learning else ())],
        "learning": result.learning
        and {
            "looked": result.learning.looked,
            "total": result.learning.total,
            "done": result.learning.done,
            "kept": result.learning.kept,
        },
        **_changes(result.changes),
    },
    Reasoned: _reasoned,
    Evaluated: lambda result: msgspec.to_builtins(result.evaluation),
    Explained: _explained,
    Found: lambda result: [hit(found) for found in result.hits],
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
    CatalogFound: lambda result: [_entry(each) for each in result.entries],
    Checked: lambda result: [alert(said) for _, said in result.alerts],
    Monitored: lambda result: {
        "breached": result.breached,
        "warning": result.warning,
        "open": result.open_tickets,
        "undelivered": result.undelivered,
        "given_up": result.given_up,
        "spooled": result.spooled,
    },
    Delivering: lambda result: {
        "sent": [_sent(each) for each in result.run.outcomes],
        "waiting": result.run.waiting,
        "busy": result.run.busy,
    },
    Deliveries: lambda result: [msgspec.structs.asdict(row) for row in result.rows],
    RouteTested: lambda result: _sent(result.sent),
    Linted: lambda result: {
        "ok": True,
        "counts": dict(result.counts),
        "remarks": [each._asdict() for each in result.remarks],
    },
    Started: lambda result: {"desk": result.root, "files": result.files},
    Done: lambda result: {"done": result.said},
    Examined: lambda result: {
        "sound": not result.examination.findings,
        **msgspec.to_builtins(result.examination),
    },
    Repaired: lambda result: result.mended,
    BackedUp: lambda result: {"file": result.file, "tickets": result.tickets},
    BroughtBack: lambda result: result.restored,
    LedgerPrepared: lambda result: _ledgers().prepared_json(result),
    LedgerMigrated: lambda result: _ledgers().migrated_json(result),
    LedgerStatus: lambda result: _ledgers().status_json(result),
    LedgerCopied: lambda result: _ledgers().copied_json(result),
    Confirmed: lambda result: {
        "ref": result.ref,
        "to": result.to,
        "message_id": result.message_id,
        "sent": result.sent,
        "message": result.message,
    },
    BroughtIn: lambda result: {
        "dry_run": result.dry_run,
        "new": sum(each.is_new for each in result.moved),
        "known": sum(not each.is_new for each in result.moved),
        "tickets": [_moved(each) for each in result.moved],
        **(_told(result, result.account) if result.account else {}),
    },
    Sketched: lambda result: {"map": result.text},
    PeopleFound: lambda result: [person(found) for found in result.people],
    Bulletins: lambda result: [_bulletin(each, result.now) for each in result.tickets],
    FrontPage: lambda result: [_notice(notice) for notice in result.notices],
    Notices: lambda result: [_waiting(row) | {"seen": result.seen} for row in result.rows],
    Reported: lambda result: _report().as_json(result),
    PageWritten: lambda result: _report().page_json(result),
    Audited: lambda result: _report().audit_json(result),
    Defined: lambda result: _report().defined_json(result),
    ClassificationReported: lambda result: result.report,
    InformationReported: lambda result: result.report,
    Supported: support.as_json,
    Reapplied: _reapplied,
    Adopted: _adopted,
    SlaStatus: _sla_status,
    Simulated: lambda result: _register().simulated(result),
    Register: lambda result: _register().document(result),
    UnsupportedReported: lambda result: (
        msgspec.structs.asdict(result.report) | {"changes": list(_outcomes(result.changes))}
    ),
    TriedList: _tried_list,
    SkillsReported: lambda result: result.report,
    OutagesReported: lambda result: result.report,
    FilteredReported: lambda result: result.report,
    Filtering: _of_changes,
    ChangeShown: _of_changes,
    ChangesListed: _of_changes,
    ChangeExported: _of_changes,
    Duties: duty.as_json,
    ClocksExplained: _clocks_explained,
    CalendarDue: _calendar,
    CalendarBetween: _calendar,
    CalendarShown: _calendar,
    CalendarsListed: _calendar,
    CalendarsChecked: _calendar,
    WhoActs: _who_acts,
    QueuesShown: _of_queues,
    QueueShown: _of_queues,
    NextUp: _of_queues,
    Workload: _of_queues,
    Metrics: _metrics,
    ExpectationsDue: _expectations_due,
    CallerTold: _caller_told,
    PeopleImported: lambda result: {
        "dry_run": result.dry_run,
        **msgspec.to_builtins(result.taken),
    },
}
