"""What callers are told: bulletins, confirmations, and when to expect it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.results.tickets import Seen
    from sdcli.tickets.expectation import Due as ExpectationState
    from sdcli.tickets.expectation import Expectation
    from sdcli.tickets.ticket import Ticket


class Confirmed(Struct, frozen=True):
    """The confirmation of a request, as a mail; `sent` says whether it was handed over."""

    ref: str
    to: str
    message_id: str
    sent: bool
    message: str
    exit_code: int = DONE


class BulletinsListed(Struct, frozen=True):
    """The tickets whose bulletin stands, as of `now`."""

    tickets: Sequence[Ticket]
    now: datetime
    exit_code: int = DONE


class Notice(Struct, frozen=True, kw_only=True):
    """A bulletin as callers read it: names, no codes. Instants are UTC (R1b.1e)."""

    ref: str
    text: str
    state: str
    services: tuple[str, ...]
    site: str
    until: datetime | None
    next_update: datetime | None
    overdue: bool
    updated_at: datetime


class FrontPage(Struct, frozen=True, kw_only=True):
    """What callers are told, for a `form` of page, with times in the IANA `zone`."""

    notices: Sequence[Notice]
    form: str
    zone: str
    now: datetime
    exit_code: int = DONE


class ExpectationDue(Struct, frozen=True):
    """A request whose caller expects it in vain, or does not know when; `follow_up`: who sees to it."""

    ticket: Ticket
    expectation: Expectation
    due: ExpectationState
    follow_up: str


class ExpectationsDue(Struct, frozen=True):
    """The requests whose time has passed or was not told, as of `now` (R3d3.2)."""

    rows: Sequence[ExpectationDue]
    now: datetime
    exit_code: int = DONE


class CallerTold(Struct, frozen=True, kw_only=True):
    """What the caller of a ticket may be told (R7.2).

    `sent_to`: the address that it was mailed to; empty if it was not. `noted`: as a word to them.
    """

    seen: Seen
    text: str
    sent_to: str = ""
    noted: bool = False
    exit_code: int = DONE
