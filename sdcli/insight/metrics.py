"""The state of the desk in figures for machines: what `sdcli metrics` tells a monitoring system.

Each family is a name, what it counts, and its samples. Names and units follow the conventions of
OpenMetrics: base units (seconds, bytes), the unit last in the name, `_total` for what only grows.
Labels hold words of the desk's files and of the process, and nothing that a caller wrote: no
people, references or summaries, so that their number stays small. Every known queue has every
sample, zeros too, so that a rule never waits for one that is not there.

A look at the present: what is open, and what was done in the last day. Monitoring keeps history.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.insight.load import AT_WORK, booked
from sdcli.sla.runs import TARGETS
from sdcli.tickets.event import Closed, Reopened, Resolved
from sdcli.tickets.words import PRIORITIES, REQUEST_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sdcli.sla.clock import Clock
    from sdcli.sla.runs import Target
    from sdcli.tickets.ticket import Ticket

WINDOW_S = 24 * 3600
"""How far back what was done is counted, in seconds."""

Kind: TypeAlias = Literal["gauge", "counter", "info"]
TargetState: TypeAlias = Literal["running", "near", "breached", "paused"]
TARGET_STATES: tuple[TargetState, ...] = ("running", "near", "breached", "paused")
Done: TypeAlias = Literal["opened", "resolved", "closed", "reopened"]
DONE: tuple[Done, ...] = ("opened", "resolved", "closed", "reopened")

_SUFFIXES: dict[Kind, str] = {"gauge": "", "counter": "_total", "info": "_info"}


class Sample(Struct, frozen=True):
    """One figure, and what it is of. There is no instant: the figure is of now."""

    value: float
    labels: dict[str, str] = {}


class Family(Struct, frozen=True):
    """A figure with all its samples.

    Args:
        name: without the ending that its kind gives it; `printed` has it.
        kind: what can go up and down, what only grows, or a fact told in labels.
        help: what is counted, in plain words.
        unit: `seconds`, `bytes`, or empty; the name ends in it.
    """

    name: str
    kind: Kind
    help: str
    samples: tuple[Sample, ...]
    unit: str = ""

    @property
    def printed(self) -> str:
        """The name that samples have: `sdcli_tickets_created_total`."""
        return f"{self.name}{_SUFFIXES[self.kind]}"

    def labelled(self, more: Mapping[str, str]) -> Family:
        """The same with further labels on every sample."""
        if not more:
            return self
        samples = tuple(Sample(each.value, {**more, **each.labels}) for each in self.samples)
        return replace(self, samples=samples)


class QueueState(NamedTuple):
    """Who could work in a queue now.

    `available`: how many of its members are there; `on_call`: whether somebody is on call, None
    if nobody ever is.
    """

    available: int
    on_call: bool | None


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of the desk as a whole.

    Args:
        version: of the program; `levels`: the hash of today's service levels.
        tickets: how many there ever were; `ledger_bytes`: the size of the ledger's files.
        problems: how many problems are open; `bulletins`: how many bulletins stand.
        last_check: when `sla-check` last ran, in seconds of UTC; 0 if it never did.
        check_every: how often it is to run, in seconds; None if the files do not say.
        check_missed: whether it has not run for too long.
        undelivered, given_up: alerts that are owed to people, and that could not be brought.
        quarantined: inputs that could not be read and wait.
        spooled: inputs that could not reach the ledger and wait on this machine.
        queues: the queues of the files, and who could work in them.
    """

    version: str
    levels: str
    tickets: int
    ledger_bytes: int
    problems: int
    bulletins: int
    last_check: int
    check_every: int | None
    check_missed: bool
    undelivered: int
    given_up: int
    quarantined: int
    spooled: int
    queues: dict[str, QueueState]


def label(text: str) -> str:
    """A word as the value of a label; what a terminal would obey, or hides, becomes visible.

    Quotes, backslashes and line feeds are left: whoever writes the text escapes them.
    """
    if text.isprintable():
        return text
    return re.sub(r"[^\n]", lambda found: _visible(found.group()), text)


def _visible(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"


class Tally:
    """Counts tickets, one after the other; each must come once.

    Args:
        queues: the names of the queues of the desk's files.
        now: the instant of the count.
        since: from when on what was done is counted.
        first_warning: the percentage of a target from which on it is near.
    """

    def __init__(
        self, queues: Iterable[str], *, now: datetime, since: datetime, first_warning: int
    ) -> None:
        self._now, self._since, self._first_warning = now, since, first_warning
        self.queues: dict[str, None] = dict.fromkeys(map(label, queues))
        self.open: Counter[tuple[str, str, str, str]] = Counter()
        self.unassigned: Counter[tuple[str, str]] = Counter()
        self.not_accepted: Counter[str] = Counter()
        self.overstayed: Counter[str] = Counter()
        self.unconfirmed: Counter[str] = Counter()
        self.oldest: dict[str, datetime] = {}
        self.targets: Counter[tuple[str, str, str]] = Counter()
        self.next_due: dict[str, int] = {}
        self.done: Counter[tuple[str, str]] = Counter()
        self.booked_s: Counter[str] = Counter()

    @property
    def oldest_at(self) -> datetime:
        """When the oldest ticket that is at work was opened; now if there is none."""
        return min(self.oldest.values(), default=self._now)

    def take(self, ticket: Ticket, sla: Mapping[Target, Clock], *, overstayed: bool) -> None:
        """Count an open ticket; `overstayed`: its tier has had it for longer than it may."""
        queue = label(ticket.queue)
        self.queues.setdefault(queue)
        self.take_done(ticket)
        if ticket.status not in AT_WORK:
            self.unconfirmed[queue] += 1
            return
        self.open[queue, ticket.priority, ticket.type, ticket.status] += 1
        self.unassigned[queue, ticket.priority] += ticket.assignee is None
        self.not_accepted[queue] += bool(ticket.handed_from)
        self.overstayed[queue] += overstayed
        self.oldest[queue] = min(self.oldest.get(queue, self._now), ticket.opened_at)
        for target, face in sla.items():
            self._take_clock(target, ticket.priority, face)

    def _take_clock(self, target: str, priority: str, face: Clock) -> None:
        state = self._state(face)
        if state is None:
            return
        self.targets[target, priority, state] += 1
        if state in ("running", "near") and face.due is not None:
            self.next_due[target] = min(self.next_due.get(target, face.due), face.due)

    def _state(self, face: Clock) -> TargetState | None:
        """How a target stands; None if it was met, or nothing is promised."""
        if face.state in ("met", "none"):
            return None
        if face.state == "running":
            return "near" if (face.percent or 0) >= self._first_warning else "running"
        return "breached" if face.state == "breached" else "paused"

    def take_done(self, ticket: Ticket) -> None:
        """Count what was done lately on a ticket, open or closed.

        As `sdcli report` counts: the first resolution only, and none of a ticket that was merged.
        """
        self.done["opened", ticket.type] += self._is_recent(ticket.opened_at)
        for _, queue, minutes in booked(ticket, self._since):
            self.queues.setdefault(label(queue))
            self.booked_s[label(queue)] += minutes * 60
        ends = (event for event in ticket.standing if isinstance(event, Resolved | Closed))
        first = next(ends, None)
        if first and not ticket.merged_into:
            self.done["resolved", ticket.type] += self._is_recent(first.at)
        if ticket.closed_at and not ticket.merged_into:
            self.done["closed", ticket.type] += self._is_recent(ticket.closed_at)
        for event in ticket.standing if ticket.reopened else ():
            if isinstance(event, Reopened):
                self.done["reopened", ticket.type] += self._is_recent(event.at)

    def _is_recent(self, at: datetime) -> bool:
        return self._since <= at <= self._now

    def families(self, facts: Facts) -> tuple[Family, ...]:
        """Every figure, in one order."""
        return (
            *self._of_backlog(),
            *self._of_clocks(),
            *self._of_last_day(),
            *_of_desk(facts, int(self._now.timestamp())),
        )

    def _by_queue(self, counted: Mapping[str, float]) -> tuple[Sample, ...]:
        return tuple(Sample(counted.get(each, 0), {"queue": each}) for each in self.queues)

    def _of_backlog(self) -> Iterator[Family]:
        names = ("queue", "priority", "type", "status")
        yield _gauge(
            "tickets_open",
            "Help requests that are new, in progress or waiting. A resolved one that waits for its "
            "caller is in sdcli_confirmations_waiting.",
            _all(names, (self.queues, PRIORITIES, REQUEST_TYPES, AT_WORK), self.open),
        )
        yield _gauge(
            "tickets_unassigned",
            "Those of the open ones that nobody works on.",
            _all(names[:2], (self.queues, PRIORITIES), self.unassigned),
        )
        yield _gauge(
            "tickets_not_accepted",
            "Those of the open ones that were handed to the queue, which has not accepted them yet.",
            self._by_queue(self.not_accepted),
        )
        yield _gauge(
            "tickets_overstayed",
            "Those of the open ones that a tier has had for longer than it may before it escalates.",
            self._by_queue(self.overstayed),
        )
        now = self._now.timestamp()
        ages = {queue: int(now - at.timestamp()) for queue, at in self.oldest.items()}
        yield _gauge(
            "oldest_ticket_age_seconds",
            "Seconds since the oldest of the open ones was opened; 0 if none is open.",
            self._by_queue(ages),
            unit="seconds",
        )
        yield _gauge(
            "confirmations_waiting",
            "Help requests that are resolved and wait for the caller to confirm it.",
            self._by_queue(self.unconfirmed),
        )

    def _of_clocks(self) -> Iterator[Family]:
        yield _gauge(
            "sla_targets",
            "Targets of the open help requests, each in one state: running, near (past the first "
            "warning), breached (missed, and it stays so until the ticket is resolved), or paused.",
            _all(
                ("target", "priority", "state"), (TARGETS, PRIORITIES, TARGET_STATES), self.targets
            ),
        )
        yield _gauge(
            "sla_next_due_timestamp_seconds",
            "When the next target that still runs is due, in seconds of UTC; no sample if none runs.",
            tuple(
                Sample(self.next_due[each], {"target": each})
                for each in TARGETS
                if each in self.next_due
            ),
            unit="seconds",
        )

    def _of_last_day(self) -> Iterator[Family]:
        told = {
            "opened": "Help requests that were opened in the last 24 hours.",
            "resolved": "Help requests that were resolved for the first time in the last 24 hours.",
            "closed": "Help requests that were closed in the last 24 hours.",
            "reopened": "How often a help request was reopened in the last 24 hours.",
        }
        for what, help_ in told.items():
            counted = {(kind,): self.done[what, kind] for kind in REQUEST_TYPES}
            samples = _all(("type",), (REQUEST_TYPES,), counted)
            yield _gauge(f"tickets_{what}_last_day", help_, samples)
        yield _gauge(
            "work_booked_last_day_seconds",
            "Working time that was booked on help requests in the last 24 hours, by the queue they "
            "lay in then.",
            self._by_queue(self.booked_s),
            unit="seconds",
        )


def _of_desk(facts: Facts, now: int) -> Iterator[Family]:
    yield Family(
        "sdcli_tickets_created",
        "counter",
        "Tickets that were ever recorded, problems too. It shrinks only where a repair or a restore "
        "lost some.",
        (Sample(facts.tickets),),
    )
    yield _gauge("problems_open", "Problems that are not closed.", facts.problems)
    yield _gauge("bulletins_active", "Bulletins that callers are shown now.", facts.bulletins)
    yield from _of_queues(facts.queues)
    yield _gauge(
        "sla_last_check_timestamp_seconds",
        "When sla-check last ran, in seconds of UTC; 0 if it never did.",
        facts.last_check,
        unit="seconds",
    )
    every = (Sample(facts.check_every),) if facts.check_every else ()
    yield _gauge(
        "sla_check_interval_seconds",
        "How often sla-check is to run by sla_policies.yaml; no sample if it does not say.",
        every,
        unit="seconds",
    )
    yield _gauge(
        "sla_check_missed",
        "1 if sla-check has not run for twice the time that sla_policies.yaml says, else 0.",
        int(facts.check_missed),
    )
    yield _gauge(
        "notifications_undelivered",
        "Alerts that are owed to people and were not brought to them yet.",
        facts.undelivered,
    )
    yield _gauge(
        "notifications_given_up",
        "Alerts of open tickets that could not be brought to people and are not tried again.",
        facts.given_up,
    )
    yield _gauge(
        "intake_quarantined",
        "Inputs that could not be read and wait in ledger/quarantine for sdcli intake retry.",
        facts.quarantined,
    )
    yield _gauge(
        "intake_spooled",
        "Inputs that could not reach the ledger and wait in ledger/spool for sdcli intake deliver.",
        facts.spooled,
    )
    yield _gauge(
        "ledger_size_bytes",
        "The size of the ledger's files, archives too, attached files not.",
        facts.ledger_bytes,
        unit="bytes",
    )
    yield _info("build", "The version of sdcli that wrote these figures.", version=facts.version)
    yield _info("desk", "The hash of the service levels of today.", service_levels=facts.levels)
    yield _gauge(
        "metrics_generated_timestamp_seconds",
        "When these figures were made, in seconds of UTC: if it grows old, sdcli metrics fails.",
        now,
        unit="seconds",
    )


def _of_queues(queues: Mapping[str, QueueState]) -> Iterator[Family]:
    available: Counter[str] = Counter()
    on_call: dict[str, int] = {}
    for name, each in queues.items():
        available[label(name)] += each.available
        if each.on_call is not None:
            on_call[label(name)] = int(each.on_call)
    yield _gauge(
        "queue_people_available",
        "Members of the queue who are there now: neither absent nor outside their working hours.",
        tuple(Sample(count, {"queue": name}) for name, count in available.items()),
    )
    yield _gauge(
        "queue_on_call",
        "1 if somebody is on call for the queue now, 0 if nobody is; no sample of a queue that never "
        "has anybody on call.",
        tuple(Sample(is_there, {"queue": name}) for name, is_there in on_call.items()),
    )


def _gauge(name: str, help_: str, samples: tuple[Sample, ...] | float, *, unit: str = "") -> Family:
    found = samples if isinstance(samples, tuple) else (Sample(samples),)
    return Family(f"sdcli_{name}", "gauge", help_, found, unit)


def _info(name: str, help_: str, **labels: str) -> Family:
    return Family(f"sdcli_{name}", "info", help_, (Sample(1, labels),))


def _all(
    names: Sequence[str],
    values: Sequence[Iterable[str]],
    counted: Mapping[Any, float],  # by as many words as there are names
) -> tuple[Sample, ...]:
    """A sample for every combination of the values of labels, 0 where nothing was counted."""
    return tuple(
        Sample(counted.get(each, 0), dict(zip(names, each, strict=True)))
        for each in product(*values)
    )
