"""Everything about one ticket as text: its rows, its history, what was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.lines import bulletin, event_lines, next_lines, row_lines
from sdcli.render.safe import block, line
from sdcli.render.words import RULES
from sdcli.render.wrap import fitted
from sdcli.results.shown import History, Shown, TriedList
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sdcli.changes.planned import Planned
    from sdcli.render.as_text import Lines, Screen
    from sdcli.results.tickets import Seen
    from sdcli.sla.clock import Clock
    from sdcli.tickets.contact import AlertFacts, Attachment
    from sdcli.tickets.incident import Tried
    from sdcli.tickets.relations import Link
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.reclassify import Decided


def _shown(result: Shown, screen: Screen) -> Lines:
    seen, ticket = result.seen, result.seen.ticket
    opening = ticket.opening
    rows = (
        *_class_rows(result),
        *_people_rows(result),
        *_promise_rows(result),
        *_other_rows(result),
        *_work_rows(result),
    )
    facts = [text for name, value in rows for text in row_lines(name, value)]
    facts += [*_pairs("answers", result.answers), *_pairs("fields", opening.fields.items())]
    # Set apart from the history below it, which it could otherwise imitate.
    details = [f"  | {text}" for text in block(opening.details).split("\n") if opening.details]
    return [
        screen.style(f"{ticket.ref}  {line(ticket.summary)}", bold=True),
        *facts,
        *details,
        "",
        *event_lines(ticket.events, screen, ticket.undone),
    ], [*map(line, result.hints), *next_lines(seen)]


def _class_rows(result: Shown) -> list[tuple[str, str]]:
    """What it is, how it stands, and what it weighs."""
    seen, ticket = result.seen, result.seen.ticket
    return [
        ("status", _status(seen)),
        *([("news", _NEWS)] if ticket.news else ()),
        ("type", ticket.type),
        ("service", f"{ticket.service} / {ticket.feature}"),
        *_first_class(ticket),
        ("priority", f"{ticket.priority} (impact {ticket.impact}, urgency {ticket.urgency})"),
        *_weight_rows(ticket),
    ]


def _people_rows(result: Shown) -> list[tuple[str, str]]:
    """Who has it, and who asked for it."""
    seen, ticket = result.seen, result.seen.ticket
    opening = ticket.opening
    return [
        ("owner", f"the desk ({seen.owner})"),
        ("queue", _queue(ticket)),
        *_back_rows(ticket),
        *([("lacks", ", ".join(result.lacking))] if result.lacking else ()),
        ("assignee", ticket.assignee or "nobody"),
        ("requester", _who(ticket.requester, opening.on_behalf_of, opening.phone, opening.mail)),
        *_contact_rows(ticket),
        ("opened", f"{words.instant(ticket.opened_at)} by {opening.channel}"),
    ]


def _promise_rows(result: Shown) -> list[tuple[str, str]]:
    """What was promised, and how far the clocks are."""
    seen = result.seen
    return [
        *_support_rows(seen),
        ("agreement", seen.agreement),
        *((target, words.clock(face, seen.now)) for target, face in seen.sla.items() if face.due),
        *((name, _of_whom(*found, seen)) for name, found in result.backing.items()),
        *_expected_rows(seen),
        *_box_rows(result),
        *_breach_rows(result),
    ]


def _other_rows(result: Shown) -> list[tuple[str, str]]:
    """What it is connected with: problems, changes, other tickets, alerts."""
    seen, ticket = result.seen, result.seen.ticket
    return [
        *_problem_rows(result),
        *_change_rows(result),
        *_planned_rows(result),
        *_fulfilment_rows(result),
        *_relation_rows(result),
        *_alert_rows(seen),
        *_undelivered_rows(ticket),
        *_bulletin_rows(seen),
    ]


def _work_rows(result: Shown) -> list[tuple[str, str]]:
    """Who worked on it, with what, and what is known beside."""
    ticket = result.seen.ticket
    return [
        *_actor_rows(result),
        ("minutes", str(ticket.minutes)),
        *_article_rows(ticket),
        *_quality_rows(ticket),
        *_request_rows(ticket),
        *(("file", _file(each)) for each in ticket.attachments),
    ]


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
    from sdcli.render.as_text.deliveries import rows  # noqa: PLC0415 - few tickets have any

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
    from sdcli.triage.reclassify import differs  # noqa: PLC0415 - only `show` pays for it

    found = differs(ticket)
    unseen = ", ".join(ticket.notices)
    return [
        *([("at first", _at_first(found))] if found else ()),
        *(
            [("notices", f"{unseen} {_have(len(ticket.notices))} not seen the notice")]
            if unseen
            else ()
        ),
    ]


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


_NEWS = "somebody answered, or its problem or change moved on, and nobody has done anything since"


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
    from sdcli.render.as_text.support import said  # noqa: PLC0415 - only what is not supported needs it

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


def _box_rows(result: Shown) -> list[tuple[str, str]]:
    """How long the tier may try; over where the work is over (R2c.2b)."""
    seen, found = result.seen, result.time_box
    if found is None or seen.ticket.status in ("resolved", "closed"):
        return []
    from sdcli.render.as_text.support import box_said  # noqa: PLC0415 - only `show` needs it

    return [("time box", box_said(found, seen.now))]


def _breach_rows(result: Shown) -> list[tuple[str, str]]:
    if not result.breaches:
        return []
    from sdcli.render.as_text.register import short  # noqa: PLC0415 - few tickets have any

    return [("missed", short(result.breaches))]


def _fulfilment_rows(result: Shown) -> list[tuple[str, str]]:
    """How far its fulfilment is (R3b.2)."""
    if result.fulfilment is None:
        return []
    from sdcli.render.as_text.fulfilment import rows  # noqa: PLC0415 - few tickets have any

    return rows(result.fulfilment)


def _problem_rows(result: Shown) -> list[tuple[str, str]]:
    """The problems behind a ticket, with their workarounds (R3d1.7)."""
    if not result.problems:
        return []
    from sdcli.render.as_text.problems import of_ticket  # noqa: PLC0415 - few tickets have any

    return of_ticket(result.problems)


def _change_rows(result: Shown) -> list[tuple[str, str]]:
    """How far its request for change is (R3c3.3)."""
    if result.change is None:
        return []
    from sdcli.render.as_text.changes import row  # noqa: PLC0415 - few tickets have one

    return [("change", row(result.change))]


def _planned_rows(result: Shown) -> list[tuple[str, str]]:
    """What was planned, and when the service came back (R3d1.3, R3d.0a)."""
    ticket = result.seen.ticket
    if not (result.planned or result.out_of_hours or ticket.service_restored_at):
        return []
    return [*_planned(result), *_resumed(ticket)]


def _tried_list(result: TriedList, screen: Screen) -> Lines:
    told, notes = _tried(result)
    return fitted(told, screen.width), notes


def _relation_rows(result: Shown) -> list[tuple[str, str]]:
    """What a ticket is linked to, what was merged, and when it is closed by itself (R7.3)."""
    if not (result.others or result.seen.ticket.links or result.closes_at):
        return []
    from sdcli.tickets.relations import SAYS, sources  # noqa: PLC0415 - few tickets have any

    ticket, others = result.seen.ticket, result.others
    found = [("link", f"{SAYS[each.relation]} {_other(each, others)}") for each in ticket.links]
    if ticket.merged_into:
        found.append(("merged", f"into {_named(ticket.merged_into, others)}"))
    found += [("merged", f"{_named(ref, others)} goes on here") for ref in sources(ticket)]
    if result.closes_at:
        found.append(
            ("closes", f"by policy {words.instant(result.closes_at)}, if nobody says anything")
        )
    return found


def _bulletin_rows(seen: Seen) -> list[tuple[str, str]]:
    ticket = seen.ticket
    rows: list[tuple[str, str]] = []
    if ticket.bulletin:
        rows.append(("bulletin", bulletin(ticket, seen.now).removeprefix(f"{ticket.ref} ")))
    if ticket.views:
        rows.append(("views", words.count(ticket.views, "time")))
    if ticket.me_too:
        rows.append(("me too", words.count(ticket.me_too, "more caller")))
    return rows


def _alert_rows(seen: Seen) -> list[tuple[str, str]]:
    ticket = seen.ticket
    if not ticket.key:
        return []
    from sdcli.tickets.alerts import facts  # noqa: PLC0415 - few tickets come from monitoring

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


def _history(result: History, screen: Screen) -> Lines:
    return event_lines(result.events, screen, result.undone), []


def _quality_rows(ticket: Ticket) -> list[tuple[str, str]]:
    """What the caller said of it, and who looked at it afterwards (R5a.1, R5a.2)."""
    from sdcli.tickets.event import Reviewed, SurveySent  # noqa: PLC0415 - loaded by now

    if not any(isinstance(event, Reviewed | SurveySent) for event in ticket.standing):
        return []
    from sdcli.render.as_text.quality import rows_of  # noqa: PLC0415 - few tickets have any

    return rows_of(ticket)


_MOST = 40
"""So many pairs are shown."""


_LONGEST = 300
"""So many characters of a name or a value are shown."""


def _pairs(title: str, found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The lines of names and values under a title; nothing where there are none.

    Where something is cut or left out, a line says so.
    """
    told = list(found)
    if not told:
        return
    yield f"  {title}:"
    for name, value in told[:_MOST]:
        mark = "" if name.endswith("?") else ":"
        yield f"    {_cut(name)}{mark} {_cut(value)}"
    cut = any(len(text) > _LONGEST for pair in told[:_MOST] for text in pair)
    if len(told) > _MOST:
        yield f"    and {len(told) - _MOST} more; --json has all."
    elif cut:
        yield "    What ends with an ellipsis is longer; --json has all."


def _cut(text: str) -> str:
    return line(text if len(text) <= _LONGEST else text[:_LONGEST] + "\N{HORIZONTAL ELLIPSIS}")


def _named(ref: str, others: Mapping[str, Ticket]) -> str:
    """A reference with the status and the summary of its ticket, as far as they are known."""
    other = others.get(ref)
    return f"{ref} ({other.status}): {other.summary}" if other else ref


def _other(each: Link, others: Mapping[str, Ticket]) -> str:
    from sdcli.tickets.relations import OWED  # noqa: PLC0415 - as above

    why = f", {OWED.get(each.why, each.why)}" if each.why else ""
    return f"{_named(each.to, others)}{why}"


def _tried(result: TriedList) -> tuple[list[str], list[str]]:
    """Everything that was tried on a ticket, in order."""
    ticket = result.ticket
    if not result.rows:
        return [], [f"Nothing was tried on {ticket.ref} yet."]
    return [
        f"{ticket.ref}  {line(ticket.summary)}",
        *(_row(each, ticket.ref) for each in result.rows),
    ], []


def _row(each: Tried, ref: str) -> str:
    effort = f" ({each.minutes} min)" if each.minutes else ""
    result = f": {line(each.result)}" if each.result else ""
    note = f"; {line(block(each.note))}" if each.note else ""
    when = f"{words.instant(each.at)}  {line(each.by)}"
    where = f" on {each.ref}" if each.ref != ref else ""
    return f"  {when}  {each.what}{where}: {line(each.text)}{result}{note}{effort}"


def _planned(result: Shown) -> list[tuple[str, str]]:
    """The outages that run now, and that the service is not offered at this hour."""
    closed = result.out_of_hours
    again = f" until {words.instant(closed.until)}" if closed and closed.until else ""
    told = [f"{closed.service} is outside its hours{again} ({closed.calendar})"] if closed else []
    return [
        *(("planned", _running(each)) for each in result.planned),
        *(("hours", x) for x in told),
    ]


def _running(each: Planned) -> str:
    end = f", until {words.instant(each.end)}" if each.end else ""
    return f"{each.id}: {each.summary}{end} ({each.place})"


def _resumed(ticket: Ticket) -> list[tuple[str, str]]:
    """When the service came back, apart from when the incident was resolved (R3d.0a)."""
    if ticket.service_restored_at is None or ticket.key:  # that of an alert stands beside it
        return []
    open_ = "" if ticket.resolved_at else "; the incident is not resolved"
    return [("resumed", f"{words.instant(ticket.service_restored_at)}{open_}")]


def _at_first(found: Mapping[str, Decided]) -> str:
    """The first class, and who decided it."""
    from sdcli.triage.reclassify import CLASSES  # noqa: PLC0415 - loaded by now

    def value(field: str) -> str:
        return found[field].value if field in found else UNKNOWN

    people = dict.fromkeys(each.by or RULES for name, each in found.items() if name in CLASSES)
    return f"{value('type')}, {value('service')} / {value('feature')}, by {', '.join(people)}"


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Shown: _shown,
    History: _history,
    TriedList: _tried_list,
}
