"""Who is on duty, and who hears it: on call, stand-ins, the duty manager (R5b.2, R5b.3).

Everything follows from the policy and an instant in seconds of UTC. Each answer names the rules
that gave it, by file and line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.policy.local import begins, ends
from sdcli.policy.model import TEAMS, place_of
from sdcli.sla.calendar import WorkingTime
from sdcli.sla.rotation import first_shift, hours_of, is_open, next_turn, shift_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdcli.policy.agreements import Recipient
    from sdcli.policy.calendars import Calendar
    from sdcli.policy.model import Policy
    from sdcli.policy.teams import Absence, Override, Queue, Rotation

Why: TypeAlias = Literal[
    "turn", "override", "stand-in", "next-member", "fixed", "manager", "nobody"
]
StepRole: TypeAlias = Literal["owner", "alternate", "on-call", "duty-manager"]

HORIZON_S = 400 * 24 * 3600
"""How far ahead the end of a duty is looked for: no turn is longer."""
_LOOK_S = 14 * 24 * 3600


class Away(Struct, frozen=True, kw_only=True):
    """Why somebody is not available: absent, outside their working hours, or no technician.

    `until` is when the absence ends, in seconds of UTC; `alternate` who stands in for it.
    """

    why: Literal["absent", "off-hours", "unknown"]
    reason: str = ""
    until: int | None = None
    alternate: str = ""
    place: str


class Skipped(Struct, frozen=True):
    """Somebody whose turn it would be, and why they are passed over."""

    person: str
    away: Away


class Duty(Struct, frozen=True, kw_only=True):
    """Who is on duty at an instant; `person` is empty if nobody is.

    Args:
        why: it is their turn, an override, they stand in for an absent one, they come next in the
            rotation, they are named in the file, or answer for the desk.
        rotation: the one that gave it; `places`: the rules, as `file:line`.
        skipped: who was passed over.
        until: when the answer changes, in seconds of UTC; None if it does not within a year.
    """

    person: str
    why: Why
    rotation: str = ""
    places: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    until: int | None = None


class Span(NamedTuple):
    """A duty from `start` to `end`, in seconds of UTC."""

    start: int
    end: int
    duty: Duty


class Step(Struct, frozen=True, kw_only=True):
    """A candidate in the chain of those who may hear it; `chosen` is the one who does.

    `away`: why they are not available. `why` and `places`: what makes them a candidate.
    """

    role: StepRole
    person: str
    chosen: bool
    away: Away | None = None
    why: str = ""
    places: tuple[str, ...] = ()
    remark: str = ""


def available(policy: Policy, person: str, at: int) -> bool:
    """Whether somebody can be asked at an instant: neither absent nor outside working hours."""
    return away(policy, person, at) is None


def away(policy: Policy, person: str, at: int) -> Away | None:
    """Why somebody is not available at an instant; None if they are."""
    known = policy.teams.technicians.get(person)
    if known is None:
        return Away(why="unknown", place=TEAMS)
    for absence in policy.teams.absences:
        if absence.who == person:
            start, end = _absent(policy, absence)
            if start <= at < end:
                return Away(
                    why="absent",
                    reason=absence.reason,
                    until=end,
                    alternate=absence.alternate,
                    place=absence.place,
                )
    calendar = policy.sla.calendars.get(known.working_hours)
    if calendar and not is_open(calendar, at):
        place = place_of(known, "working_hours")
        return Away(why="off-hours", reason=known.working_hours, place=place)
    return None


def _absent(policy: Policy, absence: Absence) -> tuple[int, int]:
    zone = policy.teams.zone_of(absence.who, policy.zone)
    return begins(absence.from_, zone), ends(absence.to, zone)


def _overridden(policy: Policy, override: Override) -> tuple[int, int]:
    zone = policy.teams.rotations[override.rotation].zone
    return begins(override.from_, zone), ends(override.to, zone)


class _Source(NamedTuple):
    """Where an answer comes from: rotations, whoever is named besides, and how to ask."""

    layers: tuple[str, ...]
    named: tuple[str, ...]
    ask: Callable[[int], Duty]


def _of_queue(policy: Policy, queue: str) -> _Source:
    known = policy.teams.queues.get(queue)
    layers, named = (known.layers, (known.on_call,)) if known else ((), ())
    return _Source(layers, named, lambda at: on_call_now(policy, queue, at))


def _of_desk(policy: Policy) -> _Source:
    return _Source(policy.teams.desk.layers, (), lambda at: duty_manager_now(policy, at))


def on_call(policy: Policy, queue: str, at: int) -> Duty:
    """Who is on call for a queue at an instant, and until when (R5b.2)."""
    return _with_end(policy, _of_queue(policy, queue), at)


def on_call_now(policy: Policy, queue: str, at: int) -> Duty:
    """As `on_call`, without looking for the end: what an alert needs."""
    known = policy.teams.queues.get(queue)
    if known is None:
        return Duty(person="", why="nobody")
    found = _in_layers(policy, known.layers, at)
    if found.person or not known.on_call:
        return found
    place = place_of(known, "on_call")
    nobody = replace(found, places=(place,))
    return _first_available(policy, ((known.on_call, "fixed", place),), at, nobody)


def duty_manager(policy: Policy, at: int) -> Duty:
    """Who answers for the desk at an instant, and until when: somebody always does (R5b.2)."""
    return _with_end(policy, _of_desk(policy), at)


def duty_manager_now(policy: Policy, at: int) -> Duty:
    """As `duty_manager`, without looking for the end."""
    desk = policy.teams.desk
    found = _in_layers(policy, desk.layers, at)
    if found.person:
        return found
    places = (place_of(desk, "manager"), *found.places)
    return Duty(person=desk.manager, why="manager", places=places, skipped=found.skipped)


def queue_spans(policy: Policy, queue: str, start: int, end: int) -> Iterator[Span]:
    """Who is on call for a queue from `start` to `end`, in seconds of UTC."""
    return _spans(policy, _of_queue(policy, queue), start, end)


def manager_spans(policy: Policy, start: int, end: int) -> Iterator[Span]:
    """Who answers for the desk from `start` to `end`, in seconds of UTC."""
    return _spans(policy, _of_desk(policy), start, end)


def _spans(policy: Policy, source: _Source, start: int, end: int) -> Iterator[Span]:
    """The answers from `start` to `end`, one span for as long as the answer stays the same."""
    duty, since = source.ask(start), start
    for edge in _edges(policy, source, start, end):
        following = source.ask(edge)
        if following != duty:
            yield Span(since, edge, duty)
            duty, since = following, edge
    yield Span(since, end, duty)


def _with_end(policy: Policy, source: _Source, at: int) -> Duty:
    first = next(_spans(policy, source, at, at + HORIZON_S))
    until = first.end if first.end < at + HORIZON_S else None
    return replace(first.duty, until=until)


_Candidate: TypeAlias = tuple[str, Why, str]
"""A person, why they are asked, and the rule that says so."""


def _in_layers(policy: Policy, layers: Sequence[str], at: int) -> Duty:
    """Who is on duty by the first rotation that has somebody available."""
    nobody = Duty(person="", why="nobody")
    for name in layers:
        candidates = tuple(_candidates(policy, name, at))
        found = _first_available(policy, candidates, at, nobody)
        if found.person:
            return replace(found, rotation=name)
        place = policy.teams.rotations[name].place
        nobody = replace(found, places=(*found.places, place))
    return nobody


def _candidates(policy: Policy, name: str, at: int) -> Iterator[_Candidate]:
    """Whom a rotation asks: who took the shift, whose turn it is, and the others in order."""
    rotation = policy.teams.rotations[name]
    shift = shift_at(rotation, at)
    hours = hours_of(policy, rotation)
    if shift is None or (hours and not is_open(hours, at)):
        return
    for override in policy.teams.overrides:
        if override.rotation == name:
            start, end = _overridden(policy, override)
            if start <= at < end:
                yield override.who, "override", override.place
    for index, member in enumerate(shift.order):
        yield member, "next-member" if index else "turn", rotation.place


def _first_available(
    policy: Policy, candidates: Sequence[_Candidate], at: int, nobody: Duty
) -> Duty:
    """The first who is available, or who stands in for one that is absent; else `nobody`.

    Who was passed over before is in `nobody`, and kept.
    """
    skipped = list(nobody.skipped)
    passed = {each.person for each in skipped}
    for person, why, place in candidates:
        if person in passed:
            continue
        gone = away(policy, person, at)
        if gone is None:
            return Duty(person=person, why=why, places=(place,), skipped=tuple(skipped))
        skipped.append(Skipped(person, gone))
        passed.add(person)
        instead = gone.alternate
        if instead and available(policy, instead, at):
            places = (gone.place, place)
            return Duty(person=instead, why="stand-in", places=places, skipped=tuple(skipped))
    return replace(nobody, skipped=tuple(skipped))


def _edges(policy: Policy, source: _Source, at: int, end: int) -> Iterator[int]:
    """The instants after `at` and before `end` at which an answer may change."""
    rotations = [policy.teams.rotations[name] for name in source.layers]
    dated = sorted(_dated(policy, source.layers))
    calendars = [hours for each in rotations if (hours := hours_of(policy, each))]
    clocks = [WorkingTime(each) for each in (*calendars, *_working_hours(policy, source))]
    while True:
        limit = min(at + _LOOK_S, end)
        coming = [limit, *(each for each in dated if at < each < limit)]
        coming += [_next_handover(rotation, at) for rotation in rotations]
        soonest = min(each for each in coming if each > at)
        at = min([soonest, *(next_turn(each, at, soonest) for each in clocks)])
        if at >= end:
            return
        yield at


def _next_handover(rotation: Rotation, at: int) -> int:
    shift = shift_at(rotation, at)
    return shift.end if shift else first_shift(rotation)


def _dated(policy: Policy, layers: Sequence[str]) -> Iterator[int]:
    """When absences, and overrides of these rotations, begin and end."""
    for absence in policy.teams.absences:
        yield from _absent(policy, absence)
    for override in policy.teams.overrides:
        if override.rotation in layers:
            yield from _overridden(policy, override)


def _working_hours(policy: Policy, source: _Source) -> Iterator[Calendar]:
    """The calendars of those who may be asked and are available only in their working hours."""
    teams = policy.teams
    asked = {*source.named, *(absence.alternate for absence in teams.absences)}
    asked |= {each for name in source.layers for each in teams.rotations[name].members}
    asked |= {each.who for each in teams.overrides if each.rotation in source.layers}
    staff = (teams.technicians[each] for each in asked if each in teams.technicians)
    names = {each.working_hours for each in staff if each.working_hours}
    return (policy.sla.calendars[name] for name in sorted(names))


def chain(
    policy: Policy, *, assignee: str | None, queue: str, service: str, at: int
) -> tuple[Step, ...]:
    """Who may hear a warning, in the order of asking, and who does (R5b.2).

    The owner of the work, their alternate, who is on call, the duty manager: the first who is
    available. The duty manager is told even if absent: an alert never goes to nobody. A queue
    that has left the desk's files is taken for that of the service.
    """
    lies = policy.teams.queues.get(queue)
    about = policy.service(service)
    if lies is None and about:
        queue, lies = about.queue, policy.teams.queues[about.queue]
    steps: list[Step] = []
    if assignee:
        steps.append(_step(policy, "owner", assignee, at))
    steps += _alternates(policy, assignee or "", lies, at)
    duty = on_call_now(policy, queue, at)
    steps += [_passed("on-call", each) for each in duty.skipped]
    if duty.person:
        steps.append(_step(policy, "on-call", duty.person, at, why=duty.why, places=duty.places))
    manager = duty_manager_now(policy, at)
    steps += [_passed("duty-manager", each) for each in manager.skipped]
    last = _step(policy, "duty-manager", manager.person, at, why=manager.why, places=manager.places)
    chosen = next((each for each in steps if each.away is None), None)
    if chosen is None:
        remark = "nobody is available: the desk's manager is told all the same"
        return (*steps, replace(last, chosen=True, remark=remark if last.away else ""))
    return (*(replace(each, chosen=each is chosen) for each in steps), last)


def chosen(steps: Sequence[Step]) -> Step:
    """The one of a chain who hears it."""
    return next(each for each in steps if each.chosen)


def _step(
    policy: Policy,
    role: StepRole,
    person: str,
    at: int,
    *,
    why: str = "",
    places: Sequence[str] = (),
) -> Step:
    gone = away(policy, person, at)
    known = tuple(places) or ((gone.place,) if gone else ())
    return Step(role=role, person=person, chosen=False, away=gone, why=why, places=known)


def _passed(role: StepRole, skipped: Skipped) -> Step:
    places = (skipped.away.place,)
    return Step(role=role, person=skipped.person, chosen=False, away=skipped.away, places=places)


def _alternates(policy: Policy, assignee: str, queue: Queue | None, at: int) -> list[Step]:
    """Who stands in: for the assignee, else in the queue, else for its lead; each person once."""
    staff = policy.teams.technicians
    passed = {assignee}
    steps = _following(policy, _stand_in(policy, assignee, at), passed, at)
    if not steps and queue:
        named = (queue.alternate, place_of(queue, "alternate")) if queue.alternate else None
        instead = named or (queue.lead in staff and _stand_in(policy, queue.lead, at)) or None
        steps = _following(policy, instead, passed, at)
    return steps


def _stand_in(policy: Policy, person: str, at: int) -> tuple[str, str] | None:
    """Who stands in for somebody, and the rule: their absence's own alternate goes first."""
    known, gone = policy.teams.technicians.get(person), away(policy, person, at)
    if gone and gone.alternate:
        return gone.alternate, gone.place
    return (known.alternate, place_of(known, "alternate")) if known and known.alternate else None


def _following(
    policy: Policy, first: tuple[str, str] | None, passed: set[str], at: int
) -> list[Step]:
    """A stand-in and, while each is away, the next one's; nobody is asked twice."""
    steps: list[Step] = []
    while first and first[0] not in passed:
        person, place = first
        passed.add(person)
        steps.append(_step(policy, "alternate", person, at, places=(place,)))
        if steps[-1].away is None:
            break
        first = _stand_in(policy, person, at)
    return steps


def holder(
    policy: Policy, role: Recipient, *, assignee: str | None, queue: str, service: str, at: int
) -> str:
    """Who has a role for a request that lies there at an instant; empty if nobody has (R5b.2-3)."""
    lies, about = policy.teams.queues.get(queue), policy.service(service)
    manager = policy.teams.desk.manager

    def owner() -> str:
        steps = chain(policy, assignee=assignee, queue=queue, service=service, at=at)
        return chosen(steps).person

    has: dict[Recipient, Callable[[], str]] = {
        "assignee": lambda: assignee or "",
        "owner": owner,
        "queue-lead": lambda: lies.lead if lies else manager,
        "on-call": lambda: on_call_now(policy, queue, at).person,
        "duty-manager": lambda: duty_manager_now(policy, at).person,
        "service-owner": lambda: about.owner if about else "",
        "business": lambda: about.business if about else "",
        "desk-manager": lambda: manager,
    }
    return has[role]()


def told(
    policy: Policy,
    roles: Sequence[Recipient],
    *,
    assignee: str | None,
    queue: str,
    service: str,
    at: int,
) -> tuple[str, ...]:
    """Who has these roles at an instant, each person once, in the order of the roles.

    The duty manager where nobody has any of them: an alert never goes to nobody.
    """
    found = (
        holder(policy, role, assignee=assignee, queue=queue, service=service, at=at)
        for role in roles
    )
    people = tuple(dict.fromkeys(filter(None, found)))
    return people or (duty_manager_now(policy, at).person,)


def responsible(policy: Policy, queue: str, at: int) -> str:
    """Who is responsible in a queue at an instant, in a sentence."""
    found, person = policy.teams.queues[queue], on_call_now(policy, queue, at).person
    duty = f"; on call: {_reach(policy, person)}" if person else ""
    return (
        f"Now responsible: {found.name} (tier {found.tier}), lead {_reach(policy, found.lead)}"
        f"{duty}. The desk ({policy.teams.desk.queue}) stays owner."
    )


def _reach(policy: Policy, person: str) -> str:
    found = policy.teams.technicians[person]
    return f"{found.name}, {found.phone or found.mail}"
