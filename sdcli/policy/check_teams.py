"""What must hold in `catalog/teams.yaml`: who is named exists, and turns can be told (R5b.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from sdcli.policy.check_calendars import overlaps
from sdcli.policy.local import begins, ends
from sdcli.policy.model import TEAMS, desk_zone
from sdcli.policy.teams import HIGHEST_LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sdcli.errors import Problem
    from sdcli.policy.calendars import Week
    from sdcli.policy.check import Files

_T = TypeVar("_T")
_ITEM = r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*"


def _sound(entries: Mapping[str, _T]) -> Iterator[tuple[str, _T]]:
    """The entries that could be decoded."""
    return ((name, entry) for name, entry in entries.items() if entry is not None)


def _people(files: Files, path: str, *given: str) -> Iterator[Problem]:
    """Those of the given people whom no team has; nothing is said of an empty name."""
    for person in given:
        yield from files.dangling(TEAMS, path, person, files.teams.technicians, "technician")


def _rotations(files: Files, path: str, given: str | Iterable[str]) -> Iterator[Problem]:
    """Those of the rotations named at a path, or in a list there, that the file does not have."""
    known = files.teams.rotations
    named = {path: given} if isinstance(given, str) else _entries(path, given)
    for at, name in named.items():
        yield from files.dangling(TEAMS, at, name, known, "rotation")


def _entries(path: str, given: Iterable[str]) -> dict[str, str]:
    """The path of each entry of a list."""
    return {f"{path}.{index}": name for index, name in enumerate(given)}


def queues(files: Files) -> Iterator[Problem]:
    """The desk and its queues: who leads them, who works in them, who is on call."""
    desk, names = files.teams.desk, files.teams.queues
    yield from files.dangling(TEAMS, "desk.queue", desk.queue, names, "queue")
    yield from _people(files, "desk.manager", desk.manager)
    yield from _rotations(files, "desk.duty_managers", desk.duty_managers)
    for name, queue in _sound(names):
        at = f"queues.{name}"
        for key in ("lead", "on_call", "alternate"):
            yield from _people(files, f"{at}.{key}", getattr(queue, key))
        for path, member in _entries(f"{at}.members", queue.members).items():
            yield from _people(files, path, member)
        yield from _checklist(files, f"{at}.needs", queue.needs)
        if not queue.members:
            yield files.problem(TEAMS, f"{at}.members", f"the queue `{name}` has no members")
        yield from _rotations(files, f"{at}.rotation", queue.rotation)
        yield from _rotations(files, f"{at}.rotations", queue.rotations)
        given = [key for key in ("on_call", "rotation", "rotations") if getattr(queue, key)]
        if len(given) > 1:
            said = f"the queue `{name}` says twice who is on call: `{given[0]}` and `{given[1]}`"
            yield files.problem(TEAMS, f"{at}.{given[1]}", said)


def _checklist(files: Files, path: str, needs: Mapping[str, str]) -> Iterator[Problem]:
    """The items of a checklist have names that can be typed, each its own."""
    told: dict[str, str] = {}
    for item in needs:
        at = f"{path}.{item}"
        if not re.fullmatch(_ITEM, item):
            said = (
                f"`{item}` is no name of an item: small letters, digits and dashes, such as `site`"
            )
            yield files.problem(TEAMS, at, said)
        elif (other := told.setdefault(item.replace("_", "-"), item)) != item:
            yield files.problem(TEAMS, at, f"`{item}` and `{other}` are the same item")


def technicians(files: Files) -> Iterator[Problem]:
    """Who stands in for whom: everybody exists, and nobody stands in for themselves."""
    staff = files.teams.technicians
    alternates = {name: each.alternate for name, each in _sound(staff) if each.alternate in staff}
    told: set[str] = set()
    for name, each in _sound(staff):
        if not 0 <= each.level <= HIGHEST_LEVEL:
            said = f"the level of `{name}` is {each.level}: SFIA has 1 to {HIGHEST_LEVEL}"
            yield files.problem(TEAMS, f"technicians.{name}.level", said)
        path = f"technicians.{name}.alternate"
        yield from _people(files, path, each.alternate)
        circle = _circle(alternates, name)
        if circle and told.isdisjoint(circle):
            told.update(circle)
            yield files.problem(TEAMS, path, _round(circle))


def _circle(alternates: Mapping[str, str], start: str) -> list[str]:
    """Those who stand in for one another in a circle through `start`; nobody if it is none."""
    found = [start]
    while (following := alternates.get(found[-1])) and following not in found:
        found.append(following)
    return found if following == start else []


def _round(circle: list[str]) -> str:
    if len(circle) == 1:
        return f"`{circle[0]}` is their own alternate"
    shown = " -> ".join((*circle, circle[0]))
    return f"alternates go round in a circle: {shown}; leave one of them out"


def working_hours(files: Files) -> Iterator[Problem]:
    """The calendars of technicians and rotations exist."""
    calendars = files.sla.calendars
    for name, each in _sound(files.teams.technicians):
        path = f"technicians.{name}.working_hours"
        yield from files.dangling(TEAMS, path, each.working_hours, calendars, "calendar")
    for name, rotation in _sound(files.teams.rotations):
        if isinstance(rotation.hours, str):
            path = f"rotations.{name}.hours"
            yield from files.dangling(TEAMS, path, rotation.hours, calendars, "calendar")


def rotations(files: Files) -> Iterator[Problem]:
    """A rotation has members that exist, and hours in which somebody can be on call."""
    for name, rotation in _sound(files.teams.rotations):
        at = f"rotations.{name}"
        if not rotation.members:
            message = f"the rotation `{name}` has no members"
            yield files.problem(TEAMS, f"{at}.members", message)
        for path, member in _entries(f"{at}.members", rotation.members).items():
            yield from _people(files, path, member)
        if not isinstance(rotation.hours, str):
            yield from _week(files, f"{at}.hours", name, rotation.hours)


def _week(files: Files, path: str, rotation: str, week: Week) -> Iterator[Problem]:
    days = week.days()
    if not any(days):
        yield files.problem(TEAMS, path, f"nobody is ever on call in the rotation `{rotation}`")
    for day, windows in zip(week.__struct_fields__, days, strict=True):
        if overlaps(windows):
            yield files.problem(TEAMS, f"{path}.{day}", f"the hours of {day} overlap")


def absences(files: Files) -> Iterator[Problem]:
    """An absence is somebody's, ends after it begins, and is not covered by themselves."""
    desk = desk_zone(files.sla)
    for index, absence in enumerate(files.teams.absences):
        if absence is None:
            continue
        at = f"absences.{index}"
        yield from _people(files, f"{at}.who", absence.who)
        yield from _people(files, f"{at}.alternate", absence.alternate)
        if absence.who and absence.alternate == absence.who:
            message = f"`{absence.who}` is their own alternate"
            yield files.problem(TEAMS, f"{at}.alternate", message)
        zone = files.teams.zone_of(absence.who, desk) if absence.who else desk
        if ends(absence.to, zone) <= begins(absence.from_, zone):
            message = f"the absence of `{absence.who}` ends before it begins"
            yield files.problem(TEAMS, f"{at}.to", message)


def overrides(files: Files) -> Iterator[Problem]:
    """A shift is taken by somebody, in a rotation, and by one person at a time."""
    taken: dict[str, list[tuple[int, int, str, int]]] = {}
    for index, override in enumerate(files.teams.overrides):
        if override is None:
            continue
        at = f"overrides.{index}"
        yield from _people(files, f"{at}.who", override.who)
        yield from _rotations(files, f"{at}.rotation", override.rotation)
        rotation = files.teams.rotations.get(override.rotation)
        if rotation is None:
            continue
        start, end = begins(override.from_, rotation.zone), ends(override.to, rotation.zone)
        if end <= start:
            message = f"the override for `{override.who}` ends before it begins"
            yield files.problem(TEAMS, f"{at}.to", message)
            continue
        for begin, until, who, first in taken.setdefault(override.rotation, []):
            if start < until and begin < end and who != override.who:
                line = files.places[TEAMS].get(f"overrides.{first}", 1)
                message = (
                    f"`{override.who}` and `{who}` (line {line}) both take the shift of "
                    f"`{override.rotation}`"
                )
                yield files.problem(TEAMS, at, message)
        taken[override.rotation].append((start, end, override.who, index))
