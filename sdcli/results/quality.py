"""How it was for callers, reviews, and what nobody has confirmed (R5a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from sdcli.errors import DONE, PARTLY_DONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.insight.surveys import SurveyReport
    from sdcli.policy.scalars import Amount
    from sdcli.results.tickets import Seen
    from sdcli.tickets.event import Reviewed
    from sdcli.tickets.ticket import Ticket


class SurveyAsked(Struct, frozen=True):
    """A ticket whose caller is asked how it was, with what they are asked, in lines (R5a.2).

    `sent_to`: the address that it was mailed to; empty if it was not. `link`: where they answer, if
    the desk has such a place. `notes`: what else is to be said.
    """

    seen: Seen
    letter: Sequence[str]
    sent_to: str = ""
    link: str = ""
    notes: Sequence[str] = ()
    exit_code: int = DONE


class SurveyDue(Struct, frozen=True, kw_only=True):
    """A ticket whose caller is to be asked, and what became of it (R5a.2).

    Args:
        address: where they read mail; empty if nowhere.
        state: `due`, or `asked` by this command, or why not: they were asked lately (`resting`),
            have no mail address, or sending `failed`. `reason`: the same in words.
    """

    ticket: Ticket
    person: str
    address: str
    state: Literal["due", "asked", "resting", "no-address", "failed"]
    reason: str = ""


class SurveysDue(Struct, frozen=True, kw_only=True):
    """Whom to ask of those whose tickets were closed since then; `send`: they were asked (R5a.2).

    `left_out`: how many tickets the surveys leave out, as `every` says.
    """

    rows: Sequence[SurveyDue]
    since: datetime
    send: bool
    left_out: int

    @property
    def exit_code(self) -> int:
        """Whether all went out that should have."""
        return PARTLY_DONE if any(row.state == "failed" for row in self.rows) else DONE


class SurveysReported(Struct, frozen=True):
    """How it was for callers in a period (R5a.2)."""

    report: SurveyReport
    exit_code: int = DONE


class ReviewSampled(Struct, frozen=True, kw_only=True):
    """A sample of the requests that were closed in a period (R5a.1, R6.4).

    Args:
        name: what reviews of it remember; `seed`: by what it was drawn; `closed`: out of how many.
        rows: each ticket with who resolved it first, and the queue that it lay in then.
        command: the command line that draws it again.
    """

    name: str
    since: datetime
    until: datetime
    query: str
    seed: str
    closed: int
    rows: Sequence[tuple[Ticket, str, str]]
    command: str
    exit_code: int = DONE


class ReviewsListed(Struct, frozen=True, kw_only=True):
    """The last reviews of tickets in a period, the newest first.

    `rows`: the ticket, the review, who resolved it first, and the queue that it lay in then.
    """

    rows: Sequence[tuple[Ticket, Reviewed, str, str]]
    since: datetime | None
    until: datetime | None
    exit_code: int = DONE

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How often each check had each answer."""
        found: dict[str, dict[str, int]] = {}
        for _, said, _, _ in self.rows:
            for name, answer in said.checks.items():
                found.setdefault(name, {"yes": 0, "no": 0, "n/a": 0})[answer] += 1
        return found


class Unconfirmed(Struct, frozen=True, kw_only=True):
    """A request that nobody has confirmed (R5a.1).

    Args:
        person: the caller, empty if nobody called; `name`, `phone`, `mail`: how to reach them.
        why: what is wrong with it; `due`: until when it should have been confirmed, None if it is closed.
        next: the command that comes next.
    """

    ticket: Ticket
    person: str
    name: str
    phone: str
    mail: str
    why: str
    due: datetime | None
    next: str


class ConfirmationsOverdue(Struct, frozen=True, kw_only=True):
    """What nobody has confirmed: `resolved` for longer than `allowed`, or `closed` since then (R5a.1)."""

    resolved: Sequence[Unconfirmed]
    closed: Sequence[Unconfirmed]
    allowed: Amount
    since: datetime
    now: datetime
    exit_code: int = DONE
