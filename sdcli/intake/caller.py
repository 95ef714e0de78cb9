"""Who calls, for whom, and how they are reached: what was said, filled up from the contacts (R1a.1).

Each value that was filled in is recorded with the file it comes from (R1a.1b).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import RefusedError
from sdcli.policy.address import address_in, is_address
from sdcli.policy.people import known, require_one
from sdcli.policy.phone import is_number
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from sdcli.intake.items import RequestItem
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Stamp

NOT_REACHABLE = "no way to reach the caller is known"
_FILLED = ("phone", "mail", "unit", "site", "caller_class")


class Caller(Struct, frozen=True, kw_only=True):
    """The contact of a request; `reasons` says where what was not given comes from."""

    id: str
    on_behalf_of: str
    phone: str
    mail: str
    unit: str
    site: str
    caller_class: str
    reasons: dict[str, str]

    @property
    def is_reachable(self) -> bool:
        """Whether there is a number or a mail address (R1a.1d)."""
        return bool(self.phone or self.mail)


def contact_of(policy: Policy, stamp: Stamp, item: RequestItem) -> Caller:
    """The contact of a request; whoever acts, where it does not say who calls."""
    named = "" if item.user == UNKNOWN else item.user
    told = named or item.phone or item.user or stamp.by
    person = known(policy, told)
    affected = known(policy, item.on_behalf_of)
    values = {name: getattr(item, name) for name in _FILLED}
    reasons = {}
    for name in _FILLED:
        found = str(getattr(person.contact, name)) if person else ""
        if person and found and not values[name]:
            values[name] = found
            if found != UNKNOWN:
                reasons[name] = person.source
    user = address_in(item.user)
    if not person and is_address(user):
        values["mail"] = values["mail"] or user
    elif not person and is_number(user):  # it is how they are called back (R1a.1d)
        values["phone"] = values["phone"] or user
    if not (values["phone"] or values["mail"]):
        reasons["contact"] = item.no_contact or NOT_REACHABLE
    return Caller(
        id=person.id if person else user or stamp.by,
        on_behalf_of=affected.id if affected else item.on_behalf_of,
        reasons=reasons,
        **values,
    )


def require_caller(policy: Policy, stamp: Stamp, item: RequestItem, *, opens: bool) -> None:
    """Whoever calls is one person, and what is opened for them can be answered (R1a.1d).

    Raises:
        AmbiguousError: several people have the name that is given.
        RefusedError: it cannot be told who is meant; or the request `opens` a ticket, no number
            and no mail address are known, and no reason is given.
    """
    for given in (item.user, item.on_behalf_of):
        require_one(policy, given)
    caller = contact_of(policy, stamp, item)
    if not opens or caller.is_reachable or item.no_contact:
        return
    raise RefusedError(
        f"There is no way to reach {caller.id}: no number and no mail address are known. Give "
        "--phone NUMBER or --mail ADDRESS, or say why there is none: --no-contact REASON. "
        "`sdcli people find` looks for who is known.",
        caller=caller.id,
    )
