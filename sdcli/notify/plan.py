"""When what is owed goes out, and what goes together: a pure function of events and policy.

A message waits for the window of its route, for its digest, and after a failure for the next
attempt. What goes into one digest depends on when it was said alone, never on when that is asked:
a message that was sent by a process that died is put together again exactly as it was (T14).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.notify.owed import audience_of, is_theirs
from sdcli.sla.calendar import WorkingTime

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.notify.owed import Audience, Owed
    from sdcli.policy.model import Policy
    from sdcli.policy.routes import Retry, Route


class Batch(Struct, frozen=True, kw_only=True):
    """What goes out as one message.

    Args:
        route: the name of the route; `audience`: whom it is written for.
        people: whom it is for: one person, or all of the route where it names nobody.
        items: what it brings; several alerts only in a digest.
        due: when it goes out, in seconds of UTC.
        id: the same for the same message, whoever sends it and how often.
        is_digest: the route gathers alerts, were it only one.
    """

    route: str
    audience: Audience
    people: tuple[str, ...]
    items: tuple[Owed, ...]
    due: int
    id: str
    is_digest: bool = False

    @property
    def attempt(self) -> int:
        """The how manieth attempt the next one is, from 1."""
        return max(len(item.tries) for item in self.items) + 1


def batches(policy: Policy, owed: Iterable[Owed], personal: Collection[str]) -> list[Batch]:
    """Everything that is owed as messages, the first to go out first.

    `personal`: the routes that name a person, so that each gets a message of their own.
    """
    groups: dict[tuple[str, ...], list[Owed]] = {}
    for item in sorted(owed, key=_said_at):
        route = policy.sla.routes.get(item.route)
        audience = audience_of(policy, item)
        alert = "" if route and route.digest else item.said.alert
        to = item.to if item.route in personal or audience == "caller" else ""
        key = (item.route, audience, to, alert, str(is_theirs(item)))
        groups.setdefault(key, []).append(item)
    found = [each for group in groups.values() for each in _batched(policy, group)]
    return sorted(found, key=lambda each: (each.due, each.id))


def _said_at(item: Owed) -> datetime:
    return item.said.at


def _batched(policy: Policy, group: Sequence[Owed]) -> Iterator[Batch]:
    """The messages of one group; without a digest it is one.

    Where the route has left the policy nothing holds it back, and its next attempt gives it up.
    """
    route = policy.sla.routes.get(group[0].route)
    window = window_of(policy, route)
    left = list(group)
    while left:
        first = _seconds(left[0].said.at) + ((route.digest or 0) if route else 0)
        release = opening(window, first)
        items = tuple(each for each in left if _seconds(each.said.at) <= release)
        left = [each for each in left if _seconds(each.said.at) > release]
        again = [try_.next_at for each in items for try_ in each.tries[-1:] if try_.next_at]
        due = opening(window, _seconds(max(again))) if again else release
        yield _batch(policy, items, due, is_digest=bool(route and route.digest))


def _batch(policy: Policy, items: tuple[Owed, ...], due: int, *, is_digest: bool) -> Batch:
    people = tuple(dict.fromkeys(item.to for item in items))
    alerts = sorted({f"{item.ticket.ref} {item.said.alert}" for item in items})
    audience = audience_of(policy, items[0])
    names = "\n".join((items[0].route, *sorted(people), *alerts))
    return Batch(
        route=items[0].route,
        audience=audience,
        people=people,
        items=items,
        due=due,
        id=sha256(names.encode("utf-8", "surrogatepass")).hexdigest()[:24],
        is_digest=is_digest,
    )


def window_of(policy: Policy, route: Route | None) -> WorkingTime | None:
    """When messages of a route may go out; None if always."""
    return WorkingTime(policy.sla.calendars[route.window]) if route and route.window else None


def opening(window: WorkingTime | None, at: int) -> int:
    """The first instant from `at` on that lies within a window; instants are seconds of UTC."""
    if window is None or window.between(at, at + 1):
        return at
    return window.after(at, 1) - 1


def next_try(retry: Retry, id_: str, attempt: int, spent: int, now: int) -> int | None:
    """When what has just failed is tried again, in seconds of UTC; None if it is given up.

    `spent`: the seconds since the first attempt in which another one could be made.

    The wait doubles up to the longest one. A quarter either way depends on the message and the
    attempt, so that a crowd of failures does not come back as a crowd.
    """
    wait = min(retry.first * 2 ** min(attempt - 1, 30), retry.most)
    chance = int.from_bytes(sha256(f"{id_} {attempt}".encode()).digest()[:4], "big") / 2**32
    wait = max(1, round(wait * (0.75 + chance / 2)))
    return now + wait if spent + wait <= retry.give_up_after else None


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
