"""Contacts, who is on duty, and what somebody may do, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.errors import listed
from sdcli.render.as_text.tables import with_reasons
from sdcli.render.safe import line
from sdcli.render.wrap import fitted
from sdcli.results.people import Duties, PeopleFound, PeopleImported, WhoActs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.policy.authority import Right
    from sdcli.policy.people import Person
    from sdcli.render.as_text import Lines, Screen
    from sdcli.sla.duty import Duty, Skipped


def _people_found(result: PeopleFound, screen: Screen) -> Lines:
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


def _people_imported(result: PeopleImported, screen: Screen) -> Lines:
    del screen
    taken = result.taken
    would = "would be " if result.dry_run else ""
    rows = [("added", taken.added), ("updated", taken.updated), ("unchanged", taken.unchanged)]
    counts = ", ".join(f"{len(names)} {would}{word}" for word, names in rows)
    named = [f"  {word}: {line(listed(names))}" for word, names in rows[:2] if names]
    return [f"Contacts: {counts}.", *named], [line(note) for note in taken.notes]


def _duties(result: Duties, screen: Screen) -> Lines:
    told = [screen.style(_duty_title(result), bold=True)]
    told += with_reasons(_NOW, _now_rows(result), screen)
    if result.shifts:
        told += ["", *with_reasons(_SHIFTS, _shift_rows(result), screen)]
    return told, []


def _who_acts(result: WhoActs, screen: Screen) -> Lines:
    return [
        screen.style(_rights_head(result), bold=True),
        *fitted(_rights_lines(result), screen.width, 14),
    ], []


_NOW = ("queue", "on call", "until", "reach", "why")
_SHIFTS = ("queue", "from", "to", "on call", "why")
_MANAGER = "duty manager"


def _duty_title(result: Duties) -> str:
    """What the table holds, and in which time zone."""
    return f"On duty on {_when(result.at, result.zone)}; times are those of {line(result.zone)}."


def _when(at: int, zone: str) -> str:
    """An instant as the clocks of a zone show it."""
    from sdcli.policy.local import local  # noqa: PLC0415 - contacts have no times

    return f"{local(at, zone):%a %Y-%m-%d %H:%M}"


def _now_rows(result: Duties) -> list[list[str]]:
    """Who is on duty for each queue, and the duty manager."""
    duties = [*result.queues.items(), (_MANAGER, result.manager)]
    return [
        [
            line(name),
            _name(result, duty),
            _when(duty.until, result.zone) if duty.until else "-",
            _reach(result, duty),
            _why(result, duty),
        ]
        for name, duty in duties
    ]


def _shift_rows(result: Duties) -> list[list[str]]:
    """The coming shifts, one a row."""
    return [
        [
            line(name or _MANAGER),
            _when(span.start, result.zone),
            _when(span.end, result.zone),
            _name(result, span.duty),
            _why(result, span.duty),
        ]
        for name, span in result.shifts
    ]


def _name(result: Duties, duty: Duty) -> str:
    known = result.people.get(duty.person)
    return line(known.name if known else duty.person or "nobody")


def _reach(result: Duties, duty: Duty) -> str:
    known = result.people.get(duty.person)
    return line(", ".join(filter(None, (known.phone, known.mail)))) if known else "-"


_REASONS = {
    "turn": "their turn in {rotation}",
    "override": "took the shift of {rotation}",
    "stand-in": "stands in",
    "next-member": "next in {rotation}",
    "fixed": "named for the queue",
    "manager": "answers for the desk",
    "nobody": "",
}


def _why(result: Duties, duty: Duty) -> str:
    """Why it is this person, who was passed over, and by which rules."""
    said = _REASONS[duty.why].format(rotation=duty.rotation)
    passed = [_passed(result, each) for each in duty.skipped]
    places = [*duty.places, *(each.away.place for each in duty.skipped)]
    otherwise = "nobody has a turn" if duty.places else "no rotation, and nobody is named"
    told = "; ".join(filter(None, (said, *passed))) or otherwise
    rules = ", ".join(dict.fromkeys(places))
    return line(f"{told} ({rules})" if rules else told)


def _passed(result: Duties, skipped: Skipped) -> str:
    known, gone = result.people.get(skipped.person), skipped.away
    name = known.name if known else skipped.person
    if gone.why == "off-hours":
        return f"{name} works in {gone.reason}"
    until = f" until {_when(gone.until, result.zone)}" if gone.until else ""
    return f"{name} is away{until}: {gone.reason}" if gone.reason else f"{name} is away{until}"


def _rights_head(result: WhoActs) -> str:
    """Who it is."""
    known = result.known
    return line(f"{result.person}: {known.name}" if known else f"{result.person}: in no team")


def _rights_lines(result: WhoActs) -> list[str]:
    """Roles, queues, and each thing that they may or may not do."""
    return [f"  {name + ':':<12}{line(text)}" for name, text in _rows(result) if text]


def _rows(result: WhoActs) -> Iterator[tuple[str, str]]:
    known = result.known
    if known is None:
        yield "known", "not in catalog/teams.yaml; --as NAME says who acts"
    else:
        yield "roles", ", ".join(known.roles)
        yield "level", f"{known.level} of 7 (SFIA)" if known.level else "not stated"
        yield "may decide", ", ".join(known.authority)
    yield "queues", ", ".join(result.queues)
    yield "leads", ", ".join(result.leads)
    yield "on call", ", ".join(result.on_call)
    yield "may", "; ".join(each.meaning for each in result.rights if each.may)
    for each in result.rights:
        if not each.may:
            yield "may not", _refused(each)


def _refused(right: Right) -> str:
    """What they may not do, why, and who could."""
    from sdcli.policy.authority import said  # noqa: PLC0415 - one command alone needs it

    place = f" ({right.demand.place})" if right.demand.place else ""
    who = f"{listed(right.able)} can" if right.able else "nobody can"
    return f"{right.meaning}: that needs {said(right.demand)}{place}; {who}"


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    PeopleFound: _people_found,
    PeopleImported: _people_imported,
    Duties: _duties,
    WhoActs: _who_acts,
}
