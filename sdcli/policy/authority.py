"""Who may do what: roles, levels and authorities of `catalog/teams.yaml`, demanded by the rules (R0.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import RefusedError, listed
from sdcli.policy.process import DEEDS, PROCESS, Deed, Demand

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.policy.process import ProcessRules

_ALL = Demand()


class Right(Struct, frozen=True, kw_only=True):
    """Whether somebody may do something, and who could (R0.2).

    Args:
        deed: what; `meaning`: the same in words.
        may: whether they may; `demand`: what is demanded, nothing if everybody may.
        able: the technicians who have what is demanded.
    """

    deed: Deed
    meaning: str
    may: bool
    demand: Demand
    able: tuple[str, ...]


def rights(policy: Policy, rules: ProcessRules, person: str) -> list[Right]:
    """What somebody may and may not do by the desk's rules, in their order (R0.2)."""
    demands = ((deed, rules.authority.get(deed, _ALL)) for deed in DEEDS)
    return [
        Right(
            deed=deed,
            meaning=DEEDS[deed],
            may=meets(policy, person, demand),
            demand=demand,
            able=able(policy, demand),
        )
        for deed, demand in demands
    ]


def meets(policy: Policy, person: str, demand: Demand) -> bool:
    """Whether somebody has what is demanded; without a demand everybody has.

    Where nothing but a level is demanded, whoever has none stated is not held to one.
    """
    known = policy.teams.technicians.get(person)
    if not (demand.roles or demand.authority):
        return not (known and known.level) or known.level >= demand.level
    if known is None:
        return False
    return (
        bool(set(demand.roles) & set(known.roles))
        or bool(set(demand.authority) & set(known.authority))
        or 0 < demand.level <= known.level
    )


def able(policy: Policy, demand: Demand) -> tuple[str, ...]:
    """The technicians who have what is demanded, by id."""
    return tuple(name for name in policy.teams.technicians if meets(policy, name, demand))


def require_may(policy: Policy, rules: ProcessRules, person: str, deed: Deed, what: str) -> None:
    """Refuse what the desk's rules do not let somebody do; `what` says it, as in "merge tickets".

    Raises:
        RefusedError: they may not; it names what is needed, and who could.
    """
    demand = rules.authority.get(deed, _ALL)
    if meets(policy, person, demand):
        return
    others = able(policy, demand)
    who = f"{listed(others)} can" if others else "nobody of catalog/teams.yaml can"
    raise RefusedError(
        f"{person} may not {what}: {demand.place or PROCESS} demands {said(demand)}; {who}.",
        person=person,
        deed=deed,
        place=demand.place or PROCESS,
        able=others,
    )


def said(demand: Demand) -> str:
    """What is demanded, in words."""
    parts = [
        *([f"the role {' or '.join(demand.roles)}"] if demand.roles else ()),
        *([f"level {demand.level} or higher"] if demand.level else ()),
        *([f"the authority {' or '.join(demand.authority)}"] if demand.authority else ()),
    ]
    return " or ".join(parts) or "nothing"
