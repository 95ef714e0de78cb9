"""The fixed words of a ticket: types, states, levels, priorities.

They are MOF's and ITIL's own terms, and the same in code, files, help and JSON. Every list a
person chooses from holds `unknown`, because an honest "I don't know" is worth more than a guess
(R1b.1d).
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

UNKNOWN: Literal["unknown"] = "unknown"

RequestType: TypeAlias = Literal["incident", "fulfilment", "new-service", "information", "unknown"]
REQUEST_TYPES: tuple[RequestType, ...] = get_args(RequestType)

Record: TypeAlias = Literal["request", "problem"]
RECORDS: tuple[Record, ...] = get_args(Record)
"""What a ticket is: a help request, or the problem behind several of them (R3d1.7)."""

PROBLEM: Record = "problem"

Status: TypeAlias = Literal["new", "in_progress", "waiting", "resolved", "closed"]
STATUSES: tuple[Status, ...] = get_args(Status)
OPEN_STATUSES: tuple[Status, ...] = ("new", "in_progress", "waiting", "resolved")

Level: TypeAlias = Literal["high", "medium", "low", "unknown"]
LEVELS: tuple[Level, ...] = get_args(Level)

Priority: TypeAlias = Literal["P1", "P2", "P3", "P4", "P5"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)

PLANNED_OUTAGE = "planned-outage"
"""The closure code of what a planned outage has caused (R3d1.3)."""

BREACH = 100
"""The percentage of a target at which a warning is a breach."""

WORKAROUNDS = ("none", "hard", "good", UNKNOWN)
"""Whether there is a way round: none, one that is hard to go, a good one."""

MOST_PEOPLE = 10_000_000
"""No business has more people."""

YesNo: TypeAlias = Literal["yes", "no", "unknown"]
YES_NO: tuple[YesNo, ...] = get_args(YesNo)

EVER_HAD = ("yes", "no", "taken", UNKNOWN)
"""Whether somebody ever had access: had it and lost it, never, or it was taken away on purpose."""

CHANGED = ("moved", "role", "software", "machine", "nothing", UNKNOWN)
"""What has changed since it last worked: the office, the role, the software, the machine (R2a.4)."""

HandOver: TypeAlias = Literal["escalate", "transfer"]
HAND_OVERS: tuple[HandOver, ...] = get_args(HandOver)

HandOverGround: TypeAlias = Literal["sla", "skill", "focus", "other"]
GROUNDS: tuple[HandOverGround, ...] = get_args(HandOverGround)
"""Why a ticket cannot stay where it is: the SLA would not be kept, a skill lacks, it is about
something else, or another reason (R3d2.1)."""

Sharing: TypeAlias = Literal["sent", "interpreted", "withheld"]
SHARINGS: tuple[Sharing, ...] = get_args(Sharing)
"""What became of an article that a caller might be given (R3a.2)."""

SLA_TARGETS = ("response", "update", "resolution", "operational", "underpinning")
"""What can be promised: to the caller, by a queue, and by a supplier (R5b.1)."""
