"""How alerts get to people: the routes of `sla_policies.yaml`, and which kinds they take (R5b.2-3).

A route never holds a secret. Its URL is named by the variable of the environment, or the file
outside the desk, that holds it.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from sdcli.policy.scalars import Seconds, Span

MINUTE_S, HOUR_S = 60, 3600


class Source(Struct, frozen=True, kw_only=True):
    """Where a URL with its secrets is: a variable of the environment, or a file outside the desk."""

    written: ClassVar[str] = (
        "a URL holds secrets, which never belong into a desk's files: "
        "write {env: VARIABLE} or {file: /path/outside/the/desk}"
    )

    env: str = ""
    file: str = ""


class Retry(Struct, frozen=True, kw_only=True):
    """When what failed is tried again: after `first`, then twice as long each time, up to `most`.

    `give_up_after`: no attempt is made later than that after the first one.
    """

    first: Span = Span(MINUTE_S)
    most: Span = Span(HOUR_S)
    give_up_after: Span = Span(24 * HOUR_S)


class Route(Struct, frozen=True, kw_only=True):
    """One way to bring a message to somebody.

    Args:
        via: one of `VIAS`: `apprise` sends to a URL, `command` starts a program, `terminal` means that what
            `sla-check` prints is read.
        url: of `apprise`: where it leads; `command`: the program and its arguments.
        window: the calendar within which messages are sent; outside it they wait.
        digest: how long messages are gathered to be sent as one.
        template: the template `templates/NAME.txt.j2` of the desk; empty for the built-in text.
        time_limit: how long one attempt may take, in seconds.
    """

    via: str
    url: Source | None = None
    command: tuple[str, ...] = ()
    window: str = ""
    digest: Span | None = None
    template: str = ""
    retry: Retry = Retry()
    time_limit: Seconds = Seconds(20)
    place: str = ""


class Deliver(Struct, frozen=True, kw_only=True):
    """Which routes take what: by the kind of an alert, and at a breach by whom it is for (R5b.3).

    Args:
        warning, predicted, breach: to the people whom `alerts` names for it.
        management: at a breach, to the desk's manager and the owner of the service, in place of
            `breach`; `business`: to the contacts of `business_contacts`; `caller`: to the caller.
    """

    warning: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    breach: tuple[str, ...] = ()
    management: tuple[str, ...] = ()
    business: tuple[str, ...] = ()
    caller: tuple[str, ...] = ()
    business_contacts: tuple[str, ...] = ()


VIAS = ("apprise", "command", "terminal")
"""What a route may lead through."""

KINDS = ("warning", "predicted", "breach", "management", "business", "caller")
"""The keys of `deliver` that hold routes."""

NAMES = ("id", "name", "mail", "phone")
"""What a URL may hold of the person it is for, each in braces."""

ARGUMENTS = (*NAMES, "ref", "kind", "priority", "message_id")
"""What an argument of a command may hold, each in braces."""
