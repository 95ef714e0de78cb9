"""What became of messages, and what is still owed, as frozen values (R5b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import listed

if TYPE_CHECKING:
    from datetime import datetime


class Sent(Struct, frozen=True, kw_only=True):
    """What became of one message.

    Args:
        id: the message's own; `route`, `to`: by what, and to whom.
        refs: the tickets it is about; `alerts`: the alerts it brings.
        ok: whether it was taken; `attempt`: the how manieth this was.
        reason: why it was not taken; `next_at`: when it is tried again, None if it is not.
        is_digest: it gathers what a route keeps together.
        notes: what else there is to know, such as a template that could not be used.
        text: what it says, where it is to be printed.
    """

    id: str
    route: str
    to: tuple[str, ...]
    refs: tuple[str, ...]
    alerts: tuple[str, ...]
    ok: bool
    attempt: int
    reason: str = ""
    next_at: datetime | None = None
    is_digest: bool = False
    notes: tuple[str, ...] = ()
    text: str = ""

    @property
    def is_news(self) -> bool:
        """Whether a failure is the first one of its message, or the last: then it is told."""
        return not self.ok and (self.attempt == 1 or self.next_at is None)

    def failure(self) -> str:
        """That it was not taken, why, and what happens next, in a sentence."""
        later = f"it is tried again {self.next_at:%Y-%m-%d %H:%M:%S} UTC" if self.next_at else ""
        what = f"The alert on {listed(self.refs, 5)} did not reach {listed(self.to, 5)}"
        return (
            f"{what} by the route {self.route} ({self.reason}); "
            f"{later or 'it was given up, `sdcli sla deliver --again` tries once more'}."
        )


class Run(Struct, frozen=True):
    """What one run delivered.

    Args:
        outcomes: what was tried.
        waiting: how many messages are owed and not due, or left for the next run.
        busy: another process delivers; nothing was tried.
    """

    outcomes: tuple[Sent, ...] = ()
    waiting: int = 0
    busy: bool = False


class Pending(Struct, frozen=True, kw_only=True):
    """One thing that is owed, or was given up, as `sla deliveries` shows it.

    `state`: `owed` before the first attempt, `failed` after one, `given-up`. `next_at` in UTC.
    """

    ref: str
    alert: str
    kind: str
    route: str
    to: str
    state: str
    attempts: int = 0
    reason: str = ""
    since: datetime
    next_at: datetime | None = None
