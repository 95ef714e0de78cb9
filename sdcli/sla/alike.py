"""Whether all hosts that check the clocks go by the same rules (R5b.1).

The rules of a check are more than the service levels, on which hosts must agree before they write:
time boxes, the tiers of queues, the periods after which tickets are closed. Hosts with other ones
beside each other look at every open ticket anew, in turn, for ever. So each writes down by which
it checks, in a memo beside the tickets, and says so once when another goes on checking by others.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from sdcli.ledger.interface import Ledger

NAME = "check.rules"
_ANEW = timedelta(minutes=10)
"""So often a host writes down that it still checks by these rules."""
_LATELY = timedelta(hours=1)
"""A host that has not said so for longer checks no more."""


class Goes(Struct, frozen=True):
    """By which rules a host checked, and when it said so last, in UTC.

    Args:
        told: the rules, of others and its own, that it has told of beside each other.
    """

    rules: str
    at: datetime
    told: str = ""


def differing(ledger: Ledger, host: str, rules: str, now: datetime) -> list[str]:
    """The hosts that check by other rules than this one, if that is to be said now.

    It is once, and only of hosts that went on after this one came to its rules: new files may
    reach one host some minutes after another.

    Raises:
        SdcliError: the memo cannot be read or written.
    """
    known = _known(ledger.memo(NAME))
    mine = known.get(host)
    if mine is not None and mine.rules != rules:
        mine = None
    if mine is not None and now - mine.at < _ANEW:
        return []
    fresh = {name: each for name, each in known.items() if now - each.at < _LATELY}
    others = {
        name: each.rules
        for name, each in fresh.items()
        if name != host and each.rules != rules and mine is not None and each.at >= mine.at
    }
    before = mine.told if mine is not None else ""
    told = " ".join(sorted({rules, *others.values()})) if others else before
    fresh[host] = Goes(rules, now, told)
    ledger.keep_memo(NAME, msgspec.json.encode(fresh))
    return sorted(others) if told != before else []


def _known(content: bytes | None) -> dict[str, Goes]:
    """By which rules hosts check; what cannot be read is written anew."""
    try:
        return msgspec.json.decode(content or b"{}", type=dict[str, Goes])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}
