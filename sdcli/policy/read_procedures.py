"""Reading `catalog/procedures/` and `catalog/changes/`, and what must hold for each file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import json, to_builtins
from msgspec.structs import replace

from sdcli.errors import Problem, alternatives, listed
from sdcli.policy import inside
from sdcli.policy.load import read_file
from sdcli.policy.procedures import (
    ARGUMENTS,
    BRACED,
    CHANGES,
    ID,
    LONGEST_RUN,
    PROCEDURES,
    REFUSED,
    Instructions,
    Offered,
    Procedure,
    StandardChange,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sdcli.policy.model import Policy
    from sdcli.policy.procedures import Hook

_SHAPES: dict[str, type[Instructions]] = {PROCEDURES: Procedure, CHANGES: StandardChange}
_MOST = {"steps": 60, "prerequisites": 20, "follow_ups": 20, "keywords": 40}
_NOT_TOLD = (
    *("format", "place", "revision", "owner", "second_owner", "expires", "keywords", "services"),
    *("features", "requests", "describes"),
)
"""What is no part of what somebody is told, or decides on."""


def files(root: str) -> list[str]:
    """The files of both folders, in the order of their names; none where there is no folder.

    Those with a wrong ending are among them: they would be taken for read.
    """
    found = []
    for folder in _SHAPES:
        try:
            names = sorted(os.listdir(os.path.join(root, folder)))
        except OSError:
            continue
        shown = (name for name in names if name[0] != "." and _is_yaml(name))
        found += [f"{folder}/{name}" for name in shown]
    return [name for name in found if name != REFUSED]


def _is_yaml(name: str) -> bool:
    return name.casefold().endswith((".yaml", ".yml"))


def read(root: str, policy: Policy | None = None) -> Offered:
    """All procedures and standard changes; with a policy, what they refer to is checked as well."""
    found: dict[str, Instructions] = {}
    held: dict[str, str] = {}
    problems: list[Problem] = []
    wrong: list[str] = []
    for name in files(root):
        each, own = read_one(root, name, policy)
        stem = os.path.splitext(os.path.basename(name))[0]
        known = each.id if each else stem
        if known in held:
            own.append(Problem(name, 1, f"the id {known} is used by {held[known]} too"))
        held.setdefault(known, name)
        problems += own
        if own or each is None:
            wrong.append(known)
        else:
            found[known] = each
    sound = {id_: each for id_, each in found.items() if id_ not in wrong}
    return Offered(
        {id_: each for id_, each in sound.items() if isinstance(each, Procedure)},
        {id_: each for id_, each in sound.items() if isinstance(each, StandardChange)},
        tuple(sorted(problems)),
        tuple(dict.fromkeys(wrong)),
    )


def read_one(
    root: str, name: str, policy: Policy | None = None
) -> tuple[Instructions | None, list[Problem]]:
    """What one file says, if it can be read at all, and everything wrong with it."""
    folder, _, file = name.rpartition("/")
    stem, ending = os.path.splitext(file)
    if ending != ".yaml":
        return None, [Problem(name, 1, f"only .yaml is read: rename it to `{stem}.yaml`")]
    raw = inside.content(root, name)
    got = read_file(name, raw, _SHAPES[folder])
    if not isinstance(got.value, Instructions) or got.problems:
        return None, list(got.problems)
    value = replace(got.value, id=got.value.id or stem)
    value = replace(value, revision=revision_of(value))
    found = [
        Problem(name, got.places.get(path, 1), message)
        for path, message in (*_wrong(value), *(_dangling(value, policy) if policy else ()))
    ]
    return value, found


def revision_of(value: Instructions) -> str:
    """The hash of what somebody follows and decides on, twelve hexadecimal digits of it.

    White space is no part of it, so that a text may be wrapped anew; nor are owners and dates.
    """
    import hashlib  # noqa: PLC0415 - only a changed file pays for it

    told = {name: each for name, each in to_builtins(value).items() if name not in _NOT_TOLD}
    return hashlib.sha256(json.encode(_squeezed(told), order="sorted")).hexdigest()[:12]


def _squeezed(value: Any) -> Any:
    """The same without places, and with one space where there is white space."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {name: _squeezed(each) for name, each in value.items() if name != "place"}
    if isinstance(value, (list, tuple)):
        return [_squeezed(each) for each in value]
    return value


def _wrong(value: Instructions) -> Iterator[tuple[str, str]]:
    """What is wrong with one by itself: the path of it, and a sentence."""
    if not ID.fullmatch(value.id):
        yield "id", f"write the id in small letters, digits and dashes: not {value.id[:60]!r}"
    if not value.steps:
        yield "steps", "`steps` is empty: it says what is to be done"
    for key, most in _MOST.items():
        if (count := len(getattr(value, key))) > most:
            yield key, f"`{key}` has {count} entries; {most} are the most"
    for name in value.prerequisites:
        if not ID.fullmatch(name):
            yield f"prerequisites.{name}", f"call it by small letters and dashes: not {name[:60]!r}"
    asked = value.authorisation
    if asked and not (asked.authority or asked.roles or asked.people or asked.manager):
        yield "authorisation", "`authorisation` names nobody: who may decide?"
    if value.hook:
        yield from _wrong_hook(value, value.hook)
    if isinstance(value, StandardChange):
        yield from _wrong_change(value)


def _wrong_hook(value: Instructions, hook: Hook) -> Iterator[tuple[str, str]]:
    if not hook.command:
        yield "hook.command", "`command` names no program to start"
        return
    program = hook.command[0]
    if BRACED.search(program):
        yield "hook.command.0", "`command` begins with the program, and nothing is filled in there"
    if not os.path.isabs(program) and ".." in program.split("/"):
        yield "hook.command.0", "the program must be inside the desk, or a path from the root"
    for index, argument in enumerate(hook.command):
        for word in BRACED.findall(argument):
            if word not in ARGUMENTS:
                told = f"`{{{word[:40]}}}` stands for nothing; there are {listed(ARGUMENTS)}"
                yield f"hook.command.{index}", told
    if hook.step > len(value.steps):
        yield "hook.step", f"there is no step {hook.step}; there are {len(value.steps)}"
    if hook.time_limit > LONGEST_RUN:
        yield "hook.time_limit", f"nobody waits longer than {LONGEST_RUN // 60}m for a program"


def _wrong_change(value: StandardChange) -> Iterator[tuple[str, str]]:
    if value.approved.date < value.succeeded.date:
        told = "it was approved before it had succeeded: a change is a standard one afterwards"
        yield "approved.date", told


def _dangling(value: Instructions, policy: Policy) -> Iterator[tuple[str, str]]:
    """What it refers to and the desk's files do not hold."""
    teams, people = policy.teams, policy.contacts.people
    staff, queues = teams.technicians, teams.queues

    def named(path: str, given: str, known: Iterable[str], kind: str) -> Iterator[tuple[str, str]]:
        names = list(known)
        if given and given not in names:
            yield path, f"there is no {kind} `{given[:60]}`; {alternatives(given, names)}"

    owners = (*queues, *staff)
    yield from named("owner", value.owner, owners, "queue or technician")
    yield from named("second_owner", value.second_owner, owners, "queue or technician")
    yield from named("calendar", value.calendar, policy.sla.calendars, "calendar")
    for at, given in enumerate(value.services):
        yield from named(f"services.{at}", given, policy.catalog.services, "service")
    features, requests = _catalog(policy)
    for at, given in enumerate(value.features):
        yield from named(f"features.{at}", given, features, "feature")
    for at, given in enumerate(value.requests):
        yield from named(f"requests.{at}", given, requests, "request of the catalog")
    asked = value.authorisation
    for at, given in enumerate(asked.people if asked else ()):
        path = f"authorisation.people.{at}"
        yield from named(path, given, (*people, *staff), "contact or technician")
    if isinstance(value, StandardChange):
        for at, given in enumerate(value.authorised.queues):
            yield from named(f"authorised.queues.{at}", given, queues, "queue")


def _catalog(policy: Policy) -> tuple[list[str], list[str]]:
    """The features and the requests of the catalog, as a file names them."""
    services: Mapping[str, Any] = policy.catalog.services
    features = [f"{name}/{id_}" for name, each in services.items() for id_ in each.features]
    requests = [
        f"{name}/{id_}/{request}"
        for name, each in services.items()
        for id_, feature in each.features.items()
        for request in feature.requests
    ]
    return features, requests
