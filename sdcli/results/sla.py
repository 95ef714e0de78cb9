"""The clocks of the desk: checked, told of, broken, and by which service levels they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE, PARTLY_DONE, UNEXPECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sdcli.ledger.interface import Agreed, Beat
    from sdcli.notify.outcome import Pending, Run, Sent
    from sdcli.results.tickets import Seen
    from sdcli.sla.check import Alert
    from sdcli.sla.register import Breach, Totals
    from sdcli.sla.simulate import Comparison
    from sdcli.tickets.ticket import Ticket


class Checked(Struct, frozen=True):
    """What `sla-check` has to say, with the tickets it is about.

    `settle` must be called once it has been printed (True), or if it cannot be (False): what
    nobody heard will be said again. `missed_s`: for how long it had not run, if too long.
    `unchecked`: how many tickets, or rules for closing them, could not be checked.
    """

    alerts: Sequence[tuple[Ticket, Alert]]
    recorded: bool
    settle: Callable[[bool], None]
    missed_s: int | None = None
    unchecked: int = 0

    @property
    def exit_code(self) -> int:
        """0, or that it was done in part: tickets could not be checked, each of them told."""
        return PARTLY_DONE if self.unchecked else DONE


class Monitored(Struct, frozen=True):
    """The state of the desk's clocks, for a monitoring plug-in.

    `missed_s`: for how long nobody has checked them, if that is too long.
    """

    breached: int
    warning: int
    open_tickets: int
    missed_s: int | None = None
    undelivered: int = 0
    given_up: int = 0
    spooled: int = 0

    @property
    def exit_code(self) -> int:
        """0 OK, 1 WARNING, 2 CRITICAL: what plug-ins are expected to give.

        What could not be brought to anybody is a warning, however well the clocks stand; so is
        what waits on this machine to reach the ledger.
        """
        if self.breached or self.missed_s:
            return 2
        return 1 if self.warning or self.given_up or self.spooled else 0


class Delivering(Struct, frozen=True):
    """What a run of deliveries did (R5b.2)."""

    run: Run
    exit_code: int = DONE  # failures are told and tried again: the run itself went well


class Deliveries(Struct, frozen=True):
    """What is owed to people or was given up; `failed`: only what failed at least once."""

    rows: Sequence[Pending]
    failed: bool = False
    exit_code: int = DONE


class RouteTested(Struct, frozen=True):
    """What became of a test message."""

    sent: Sent

    @property
    def exit_code(self) -> int:
        """1 if the route did not take it."""
        return DONE if self.sent.ok else UNEXPECTED


class Reapplied(Struct, frozen=True):
    """Tickets that were put under the service levels of today, each before and after (T11).

    What was before is None where the service levels that a ticket was pinned to are gone.
    """

    pairs: Sequence[tuple[Seen | None, Seen]]
    policy: str
    dry_run: bool = False
    exit_code: int = DONE


class Adopted(Struct, frozen=True, kw_only=True):
    """By which service levels all hosts of the desk work from now on.

    Args:
        policy: the hash of those of this `host`.
        before: by which they worked; None if nobody had said, or where none need agree.
        shared: hosts share a ledger and must agree.
    """

    policy: str
    host: str
    before: Agreed | None
    shared: bool
    dry_run: bool = False
    exit_code: int = DONE


class SlaStatus(Struct, frozen=True, kw_only=True):
    """Whether the clocks are checked, and what tickets are pinned to.

    Args:
        last: the newest check; `age_s`: how long ago, `missed_s`: the same if that is too long.
        undelivered, given_up: alerts that are owed to people, and that could not be brought.
        policy: the hash of today's service levels; `pinned`: how many tickets by hash.
    """

    last: Beat | None
    age_s: int | None
    check_every_s: int | None
    missed_s: int | None
    undelivered: int
    given_up: int
    policy: str
    pinned: Mapping[str, int]
    exit_code: int = DONE


class Simulated(Struct, frozen=True):
    """What another `sla_policies.yaml` would have made of what happened.

    `file` is its name; `refs`: show every ticket that differs.
    """

    file: str
    comparison: Comparison
    refs: bool = False
    exit_code: int = DONE


class Register(Struct, frozen=True):
    """The broken promises of a period, with their totals; `refs`: show the tickets behind each."""

    breaches: Sequence[Breach]
    totals: Totals
    since: datetime | None = None
    until: datetime | None = None
    refs: bool = False
    exit_code: int = DONE
