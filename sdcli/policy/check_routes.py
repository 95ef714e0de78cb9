"""What must hold for routes: each can send, and every name in them leads somewhere (R5b.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sdcli.errors import listed
from sdcli.policy.model import SLA_POLICIES
from sdcli.policy.routes import ARGUMENTS, KINDS, VIAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.errors import Problem
    from sdcli.policy.check import Files
    from sdcli.policy.routes import Route

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
BRACED = re.compile(r"\{([^{}]*)\}")
"""A name in braces, in an argument or a URL."""


def routes(files: Files) -> Iterator[Problem]:
    """What is wrong with each route of its own."""
    for name, route in files.sla.routes.items():
        at = f"routes.{name}"
        if not _NAME.fullmatch(name):
            message = f"call the route `{name}` by letters, digits, `-` and `_`"
            yield files.problem(SLA_POLICIES, at, message)
        if route is not None:
            yield from _means(files, at, route)
            yield from _words(files, at, route)
            yield from _times(files, at, route)


def _means(files: Files, at: str, route: Route) -> Iterator[Problem]:
    """It has what its `via` needs, and nothing that only another one uses."""
    if route.window:
        calendars = files.sla.calendars
        yield from files.dangling(SLA_POLICIES, f"{at}.window", route.window, calendars, "calendar")
    if route.via not in VIAS:  # what else it should have, nobody can say; empty is told already
        if route.via:
            message = f"`{at}.via` is {route.via!r}; it must be one of {listed(VIAS)}"
            yield files.problem(SLA_POLICIES, f"{at}.via", message)
        return
    needs = {"apprise": "url", "command": "command"}.get(route.via, "")
    places = files.places[SLA_POLICIES]
    if needs and f"{at}.{needs}" not in places:
        yield files.problem(SLA_POLICIES, at, f"a route via {route.via} needs the key `{needs}`")
    unused = {"url", "command"} - {needs}
    if route.via == "terminal":  # it is printed when it is said, once, as it is
        unused |= {"window", "digest", "template", "retry", "time_limit"}
    for key in sorted(unused):
        if f"{at}.{key}" in places:
            message = f"a route via {route.via} has no use for `{key}`"
            yield files.problem(SLA_POLICIES, f"{at}.{key}", message)


def _words(files: Files, at: str, route: Route) -> Iterator[Problem]:
    """Names that can be looked up: of a variable, a file, a template, a word in braces."""
    source = route.url
    if source is not None and bool(source.env) == bool(source.file):
        message = "`url` names one of the two: {env: VARIABLE} or {file: PATH}"
        yield files.problem(SLA_POLICIES, f"{at}.url", message)
    if source is not None and source.env and not _VARIABLE.fullmatch(source.env):
        # It is not told: somebody may have put the URL itself there.
        message = "`env` must be the name of a variable, such as SDCLI_MAIL_URL"
        yield files.problem(SLA_POLICIES, f"{at}.url.env", message)
    if source is not None and source.file and not source.file.startswith("/"):
        message = "`file` must be a path from the root, such as /etc/sdcli/mail.url"
        yield files.problem(SLA_POLICIES, f"{at}.url.file", message)
    if route.template and not _NAME.fullmatch(route.template):
        message = "`template` names a file templates/NAME.txt.j2; write only NAME"
        yield files.problem(SLA_POLICIES, f"{at}.template", message)
    yield from _program(files, at, route)
    for index, argument in enumerate(route.command):
        for word in BRACED.findall(argument):
            if word not in ARGUMENTS:
                message = f"`{{{word}}}` stands for nothing; there are {listed(ARGUMENTS)}"
                yield files.problem(SLA_POLICIES, f"{at}.command.{index}", message)


def _program(files: Files, at: str, route: Route) -> Iterator[Problem]:
    """A command begins with a program, which no message may choose."""
    path = f"{at}.command"
    if not route.command and files.places[SLA_POLICIES].get(path):
        yield files.problem(SLA_POLICIES, path, "`command` names no program to start")
    elif route.command and BRACED.search(route.command[0]):
        message = "`command` begins with the program itself, and nothing is filled in there"
        yield files.problem(SLA_POLICIES, f"{path}.0", message)


def _times(files: Files, at: str, route: Route) -> Iterator[Problem]:
    retry = route.retry
    if not retry.first <= retry.most <= retry.give_up_after:
        message = "`first` must not be longer than `most`, nor `most` than `give_up_after`"
        yield files.problem(SLA_POLICIES, f"{at}.retry", message)


def deliver(files: Files) -> Iterator[Problem]:
    """Every route that takes something exists, and so does who speaks for the business."""
    taken = files.sla.alerts.deliver
    for kind in KINDS:
        for index, route in enumerate(getattr(taken, kind)):
            path = f"alerts.deliver.{kind}.{index}"
            yield from files.dangling(SLA_POLICIES, path, route, files.sla.routes, "route")
            found = files.sla.routes.get(route)
            if kind in ("business", "caller") and found is not None and found.via == "terminal":
                message = f"the {kind} does not read what `sla-check` prints"
                yield files.problem(SLA_POLICIES, path, message)
    for index, person in enumerate(taken.business_contacts):
        path = f"alerts.deliver.business_contacts.{index}"
        known = files.contacts.people
        yield from files.dangling(SLA_POLICIES, path, person, known, "contact")
    if taken.business and not taken.business_contacts:
        message = "`business` needs `business_contacts`: the contacts who should hear it"
        yield files.problem(SLA_POLICIES, "alerts.deliver.business", message)
