"""Which ticket somebody should work on now, and why: the order of work (R2c.2a).

First what their present work gives way to, then their own work that is about to break a promise,
then what was handed over and not accepted, then what nobody has taken; at last their own work that is
in no danger. Within each: priority, how much of a target is gone, age. Nobody is sent to what waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

Rule: TypeAlias = Literal["pre-empts", "own-at-risk", "hand-over", "unassigned", "own"]
RULES: tuple[Rule, ...] = get_args(Rule)
"""Why a ticket is next, the most pressing reason first."""


class Lying(Struct, frozen=True, kw_only=True):
    """A ticket that somebody may work on, with what presses.

    Args:
        target, percent: the clock that is furthest gone; no target if nothing is promised.
        at_risk: it is past the first warning, or `breached`.
        overstayed: its tier has tried for longer than it may (R2c.2b).
        expectation: what is wrong with the time that the caller was told; empty if nothing is.
    """

    ticket: Ticket
    target: str = ""
    percent: float = 0.0
    at_risk: bool = False
    breached: bool = False
    overstayed: bool = False
    expectation: str = ""


class Choice(Struct, frozen=True, kw_only=True):
    """A ticket that somebody could take now; `why`: the grounds, a sentence each.

    `gives_way`: their work that stops for it.
    """

    lying: Lying
    rule: Rule
    why: tuple[str, ...]
    gives_way: tuple[str, ...] = ()

    @property
    def ticket(self) -> Ticket:
        """The ticket."""
        return self.lying.ticket


def is_open_to(ticket: Ticket, person: str, queues: Collection[str]) -> bool:
    """Whether somebody of these queues may work on a ticket now, as far as it says itself.

    What waits is nobody's work, what another has is theirs, and the record of a planned outage asks
    for nothing.
    """
    at_work = ticket.status in ("new", "in_progress") and not ticket.opening.outage
    free = ticket.assignee is None and ticket.queue in queues
    return at_work and not ticket.is_problem and (free or ticket.assignee == person)


def ranked(found: Iterable[Lying], person: str, policy: Policy) -> list[Choice]:
    """What somebody could work on, the right one first, each with its grounds."""
    every = list(found)
    own = [each.ticket for each in every if _is_own_work(each.ticket, person)]
    choices = [_choice(each, person, own, policy) for each in every]
    return sorted(choices, key=_order)


def _order(choice: Choice) -> tuple[int, str, float, datetime, int, str]:
    ticket = choice.ticket
    group = RULES.index(choice.rule)
    age = ticket.opened_at, len(ticket.ref), ticket.ref
    return group, ticket.priority, -choice.lying.percent, *age


def _is_own_work(ticket: Ticket, person: str) -> bool:
    return ticket.assignee == person and not ticket.handed_from


def _choice(lying: Lying, person: str, own: Sequence[Ticket], policy: Policy) -> Choice:
    ticket = lying.ticket
    follows = policy.classification.consequences.of(ticket.priority)
    stops = [each for each in own if each.ref != ticket.ref and each.priority in follows.pre_empts]
    mine = _is_own_work(ticket, person)
    in_danger = lying.at_risk or lying.breached or lying.overstayed or bool(lying.expectation)
    rule: Rule
    if stops:
        rule = "pre-empts"
        named = ", ".join(f"{each.ref} ({each.priority})" for each in stops)
        first = f"{ticket.priority} stops your work on {named} ({follows.place})"
    elif mine:
        rule = "own-at-risk" if in_danger else "own"
        first = "you work on it"
    elif ticket.handed_from:
        rule = "hand-over"
        first = f"{ticket.handed_from} handed it to {ticket.queue}, and nobody has accepted it"
    else:
        rule = "unassigned"
        first = f"nobody has taken it in {ticket.queue}"
    return Choice(
        lying=lying,
        rule=rule,
        why=(first, *_grounds(lying)),
        gives_way=tuple(each.ref for each in stops),
    )


def _grounds(lying: Lying) -> list[str]:
    """What else speaks for a ticket."""
    ticket = lying.ticket
    how = "was missed" if lying.breached else f"is {lying.percent:.0f} % gone"
    return [
        f"{ticket.priority}: impact {ticket.impact}, urgency {ticket.urgency}",
        *([f"its {lying.target} target {how}"] if lying.target else ()),
        *(["its tier has tried for longer than it may: time to escalate"] * lying.overstayed),
        *([lying.expectation] if lying.expectation else ()),
        *(["somebody answered, and nobody has done anything since"] * ticket.news),
        f"open since {ticket.opened_at:%Y-%m-%d %H:%M} UTC",
    ]
