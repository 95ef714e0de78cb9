"""What `catalog/process.yaml` says: who may do what, and what the process demands (R0.2, R0.7).

As in `model`, the classes are the schema. A desk without the file has the defaults given here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.policy.scalars import Amount, Span
from sdcli.policy.teams import Authority, Role
from sdcli.tickets.words import RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

PROCESS = "catalog/process.yaml"
"""The rules of the process; a desk may have none."""

Deed: TypeAlias = Literal[
    "bulk",
    "undo-others",
    "merge",
    "decide-for-others",
    "run-hook",
    "request-change",
    "follow-change",
    "close-unconfirmed",
    "filter",
    "set-priority",
]
"""What the guide, or a desk, lets only some people do (R0.2)."""

DEEDS: Mapping[Deed, str] = {
    "bulk": "change many tickets at once",
    "undo-others": "take back what somebody else did",
    "merge": "merge tickets",
    "decide-for-others": "record a decision in the name of somebody else",
    "run-hook": "run the program of a procedure",
    "request-change": "send a request for change on its way",
    "follow-change": "say how far change control is",
    "close-unconfirmed": "close without the word of the caller",
    "filter": "let through a request for something new, or not",
    "set-priority": "set a priority by hand",
}
"""Each of them in words, as in "may not merge tickets"."""

ClosureField: TypeAlias = Literal[
    "cause", "procedure_easy", "procedure_accurate", "caller_could", "improvement", "articles"
]
"""What is to be said on closing beside the code and the confirmation (R4.5, R4.5a)."""


class Demand(Struct, frozen=True, kw_only=True):
    """Who may: one of these roles, or somebody of at least this SFIA level, or with this authority.

    Nothing demanded means that everybody may.
    """

    roles: tuple[Role, ...] = ()
    level: int = 0
    authority: tuple[Authority, ...] = ()
    place: str = ""


class Closing(Struct, frozen=True, kw_only=True):
    """What closing a request of one type needs (R4.5a).

    Args:
        demand: what must be said; without it closing is refused.
        ask: what a person at a terminal is asked; it is `unknown` where nobody can be.
        close_after: a resolved request that nobody confirms is closed after this time; never
            without it.
        reopen_within: how long after closing it can be reopened; afterwards a new one continues it.
    """

    demand: tuple[ClosureField, ...] = ()
    ask: tuple[ClosureField, ...] = ()
    close_after: Amount | None = None
    reopen_within: Span | None = None
    place: str = ""


class ProcessRules(Struct, frozen=True, kw_only=True):
    """`catalog/process.yaml`.

    Args:
        authority: who may do what; what is not listed may everybody.
        closing: what closing needs, by type.
        hand_over: whether a ticket can be handed over without what the next team needs (R3d2.1).
        expired: whether a procedure that has expired warns, or blocks (R3b.2a).
    """

    format: Literal[1]
    authority: dict[Deed, Demand] = {}
    closing: dict[RequestType, Closing] = {}
    hand_over: Literal["record", "require"] = "record"
    expired: Literal["warn", "block"] = "warn"


DEFAULTS = ProcessRules(format=1)
"""The rules of a desk that has no such file."""
