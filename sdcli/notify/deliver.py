"""Delivering what is owed: one process at a time, nothing locked while it sends (R5b.2, T28).

Each message is sent, and what became of it is recorded in a unit of work of its own. A process
that dies between the two leaves the message owed: it is sent again under the same id.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime, timezone
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from sdcli.errors import LedgerBusyError, NoSuchTicketError, listed
from sdcli.intake.lines import one_line
from sdcli.ledger.again import again
from sdcli.notify.caller import mail_of, wrote_a_machine
from sdcli.notify.message import Addressee, Letter, Message, addressee, message_of
from sdcli.notify.outcome import Pending, Run, Sent
from sdcli.notify.owed import is_theirs, owed_of, says
from sdcli.notify.plan import Batch, batches, next_try, window_of
from sdcli.notify.secret import Secret, UnusableError, secret_of
from sdcli.notify.templates import words
from sdcli.policy.check_routes import BRACED
from sdcli.policy.routes import NAMES
from sdcli.tickets import keys
from sdcli.tickets.event import Delivered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sdcli.ledger.interface import Ledger, Reader
    from sdcli.notify.owed import Owed
    from sdcli.notify.secret import Environment
    from sdcli.policy.model import Policy
    from sdcli.policy.routes import Route
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket

PURPOSE = "delivery"
"""What a process that delivers has alone."""

_IN_A_ROW = 3
"""After so many failures one after the other, a route is left alone until the next run."""

_LONGEST = 500


class Office(NamedTuple):
    """What delivering needs of the desk: its files, its directory, its environment, who acts when."""

    policy: Policy
    root: str
    environment: Environment
    stamp: Callable[[], Stamp]


def deliver(ledger: Ledger, office: Office, *, again: bool = False) -> Run:
    """Send what is due now, and record what became of it.

    `again`: also what was given up.

    Raises:
        LedgerBusyError: a result could not be recorded in time; the message stays owed.
    """
    if not _all_owed(ledger, again=again):
        return Run()
    with ledger.alone(PURPOSE) as alone:
        if not alone:
            return Run(busy=True)
        owed = _all_owed(ledger, again=again)
        ways = _ways(office, owed)
        planned = batches(office.policy, owed, _personal(ways))
        now = int(office.stamp().at.timestamp())
        due = [each for each in planned if again or each.due <= now]
        outcomes, left = _send_all(ledger, office, ways, due, alone.still)
    return Run(tuple(outcomes), len(planned) - len(due) + left)


def _send_all(
    ledger: Ledger,
    office: Office,
    ways: Mapping[str, Way],
    due: Iterable[Batch],
    still: Callable[[], bool],
) -> tuple[list[Sent], int]:
    """Send one message after the other; what became of each, and how many were left.

    Who stood still for so long that somebody else delivers by now, by `still`, leaves the rest.
    """
    outcomes, left, failures = [], 0, Counter[str]()
    for batch in due:
        if failures[batch.route] >= _IN_A_ROW or not still():
            left += 1
            continue
        outcome, is_hopeless = _tried(office, ways[batch.route], batch)
        _record(ledger, office, batch, outcome)
        if not is_hopeless:  # that says nothing of the route
            failures[batch.route] = 0 if outcome.ok else failures[batch.route] + 1
        outcomes.append(outcome)
    return outcomes, left


def _all_owed(reader: Reader, *, again: bool) -> list[Owed]:
    """Everything owed, of all tickets, the oldest ticket first."""
    found = list(reader.having(keys.UNDELIVERED))
    if again:
        refs = {ticket.ref for ticket in found}
        found += [each for each in reader.having(keys.GIVEN_UP) if each.ref not in refs]
    return [each for ticket in reversed(found) for each in owed_of(ticket, again=again)]


class Way(NamedTuple):
    """A route as it can be used now, or why it cannot."""

    route: Route | None
    secret: Secret | None = None
    unusable: str = ""

    @property
    def is_personal(self) -> bool:
        """Whether it names whom a message is for, so that each person gets one of their own."""
        if self.secret is not None:
            return bool(self.secret.names)
        arguments = self.route.command if self.route else ()
        return any(name in NAMES for each in arguments for name in BRACED.findall(each))


def _ways(office: Office, owed: Iterable[Owed]) -> dict[str, Way]:
    return {name: way_of(office, name) for name in dict.fromkeys(each.route for each in owed)}


def _personal(ways: Mapping[str, Way]) -> list[str]:
    return [name for name, way in ways.items() if way.is_personal]


def way_of(office: Office, name: str) -> Way:
    """A route with its URL, or with the reason why there is none."""
    route = office.policy.sla.routes.get(name)
    if route is None:
        return Way(None, unusable=f"there is no route `{name}` in sla_policies.yaml")
    if route.url is None:
        return Way(route)
    try:
        return Way(route, secret_of(route.url, office.root, office.environment))
    except UnusableError as error:
        return Way(route, unusable=str(error))


def _tried(office: Office, way: Way, batch: Batch) -> tuple[Sent, bool]:
    """One attempt at one message, and whether another one could never do better."""
    letter, reason, is_hopeless = None, way.unusable, way.route is None
    if not is_theirs(batch.items[0]):
        reason, is_hopeless = "it is about a target that was never promised to them", True
    if not reason:
        try:
            letter = _letter(office, way, batch)
            reason = sent(way, letter, says(batch.items[0].said))
        except UnusableError as error:
            reason, is_hopeless = str(error), batch.audience == "caller"
        except Exception as error:  # noqa: BLE001 - one message must not hold up the others
            reason = f"sdcli failed unexpectedly ({type(error).__name__})"
    outcome = _outcome(batch, reason, letter)
    if outcome.ok or is_hopeless:
        return outcome, is_hopeless
    return replace(outcome, next_at=_again(office, way, batch)), False


def _outcome(batch: Batch, reason: str, letter: Letter | None) -> Sent:
    return Sent(
        id=batch.id,
        route=batch.route,
        to=batch.people,
        refs=tuple(dict.fromkeys(item.ticket.ref for item in batch.items)),
        alerts=tuple(dict.fromkeys(item.said.alert for item in batch.items)),
        ok=not reason,
        attempt=batch.attempt,
        reason=one_line(reason)[:_LONGEST],
        is_digest=batch.is_digest,
        notes=(letter.trouble,) if letter and letter.trouble else (),
        text=letter.subject if letter and not letter.id and not reason else "",
    )


def _again(office: Office, way: Way, batch: Batch) -> datetime | None:
    """When a message that has just failed is tried again; None if it is given up."""
    if way.route is None:
        return None
    now = int(office.stamp().at.timestamp())
    tries = [try_.at for item in batch.items for try_ in item.tries]
    first = int(min(tries).timestamp()) if tries else now
    window = window_of(office.policy, way.route)
    spent = window.between(first, now) if window else now - first
    at = next_try(way.route.retry, batch.id, batch.attempt, spent, now)
    return None if at is None else datetime.fromtimestamp(at, timezone.utc)


def sent(way: Way, letter: Letter, kind: str) -> str:
    """Send it; why it was not taken, or nothing."""
    route = way.route
    if route is None or route.via == "terminal":
        return ""
    if way.secret is not None:
        from sdcli.notify.by_apprise import send  # noqa: PLC0415 - heavy, and rarely needed

        return send(way.secret, letter, route.time_limit)
    from sdcli.notify.by_command import send as start  # noqa: PLC0415 - as above

    return start(route.command, letter, kind, route.time_limit)


def _letter(office: Office, way: Way, batch: Batch) -> Letter:
    """The message of a batch in words, for whom it is for.

    Raises:
        UnusableError: a machine asked, and is not answered.
    """
    people = [_reachable(office.policy, batch, person) for person in batch.people]
    now = int(office.stamp().at.timestamp())
    markup = way.secret is not None and not way.secret.is_mail
    messages = tuple(
        message_of(office.policy, item, batch.audience, people, now, markup=markup)
        for item in _once(batch.items)
    )
    letter = written(office, way, messages, people[0], batch.id)
    return replace(letter, answers=_answered(batch)) if batch.audience == "caller" else letter


def _answered(batch: Batch) -> str:
    """The id of the mail that a caller's request came in by, if a header can hold it."""
    mail = batch.items[0].ticket.opening.message
    known = mail.id if mail else ""
    sound = known.isascii() and known.isprintable() and len(known) < _LONGEST
    return known if sound else ""


def _once(items: Iterable[Owed]) -> Iterator[Owed]:
    """Each alert once, however many it goes to."""
    seen: set[str] = set()
    for item in items:
        if item.said.alert not in seen:
            seen.add(item.said.alert)
            yield item


def written(
    office: Office, way: Way, messages: tuple[Message, ...], to: Addressee, id_: str
) -> Letter:
    """Messages put into words; what is printed needs no id."""
    address, route = office.policy.intake.mail.address, way.route
    told = words(messages, route.template if route else "", office.root)
    is_printed = route is not None and route.via == "terminal"
    return Letter(
        id="" if is_printed else f"sdcli.{id_}@{address.rpartition('@')[2]}",
        subject=told.subject,
        body=told.body,
        desk_address=address,
        to=to,
        messages=messages,
        trouble=told.trouble,
    )


def _reachable(policy: Policy, batch: Batch, person: str) -> Addressee:
    """Who it is for; a caller by the address that a confirmation would go to as well (T21).

    Raises:
        UnusableError: a machine asked.
    """
    ticket = batch.items[0].ticket
    found = addressee(policy, person, ticket)
    if batch.audience != "caller":
        return found
    if wrote_a_machine(ticket):
        raise UnusableError("a machine wrote the request, and is not answered")
    return replace(found, mail=mail_of(policy, ticket, person))


def _record(ledger: Ledger, office: Office, batch: Batch, outcome: Sent) -> None:
    """Write down what became of a message, for each alert and person it was for.

    Raises:
        LedgerBusyError: it could not be written down; that says what became of the message.
    """
    try:
        _write_down(ledger, office, batch, outcome)
    except LedgerBusyError as error:
        busy = error.message.partition(" Nothing was changed")[0]
        error.message = f"{busy} {_unrecorded(outcome)}"
        raise


def _unrecorded(outcome: Sent) -> str:
    """What became of a message of which the ledger knows nothing."""
    did = "went out" if outcome.ok else f"did not go out ({outcome.reason})"
    what = f"The message on {listed(outcome.refs, 5)} to {listed(outcome.to, 5)}"
    again = "will be sent again under the same id" if outcome.ok else "is still owed"
    return (
        f"{what} by the route {outcome.route} {did}, and that could not be recorded: it {again}. "
        "`sdcli sla deliver` goes on."
    )


@again
def _write_down(ledger: Ledger, office: Office, batch: Batch, outcome: Sent) -> None:
    stamp = office.stamp()
    with ledger.write() as writer:
        for ref, items in groupby(batch.items, key=lambda item: item.ticket.ref):
            with suppress(NoSuchTicketError):  # an older ledger was put back meanwhile
                events = [_event(stamp, item, outcome) for item in items]
                writer.append(writer.get(ref), events)


def _event(stamp: Stamp, item: Owed, outcome: Sent) -> Delivered:
    return Delivered(
        *stamp.mark(),
        alert=item.said.alert,
        route=item.route,
        to=item.to,
        ok=outcome.ok,
        attempt=outcome.attempt,
        reason=outcome.reason,
        next_at=outcome.next_at,
        digest=outcome.id if outcome.is_digest else "",
    )


def pending(reader: Reader, office: Office) -> list[Pending]:
    """What is owed, and what was given up on tickets that are not closed, the oldest first."""
    owed = _all_owed(reader, again=True)
    personal = _personal(_ways(office, owed))
    given_up = {f"{each.ref} {entry}" for each in _tickets(owed) for entry in each.given_up}
    open_ = [each for each in owed if _entry(each) not in given_up]
    planned = batches(office.policy, open_, personal)
    due = {_entry(item): batch.due for batch in planned for item in batch.items}
    return sorted(
        (_pending(item, due.get(_entry(item))) for item in owed),
        key=lambda each: (each.since, each.ref, each.route, each.to),
    )


def _tickets(owed: Iterable[Owed]) -> list[Ticket]:
    return list({each.ticket.ref: each.ticket for each in owed}.values())


def _entry(item: Owed) -> str:
    return f"{item.ticket.ref} {item.said.alert} {item.route} {item.to}"


def _pending(item: Owed, due: int | None) -> Pending:
    last = item.tries[-1] if item.tries else None
    return Pending(
        ref=item.ticket.ref,
        alert=item.said.alert,
        kind=says(item.said),
        route=item.route,
        to=item.to,
        state="given-up" if due is None else "failed" if last else "owed",
        attempts=len(item.tries),
        reason=last.reason if last else "",
        since=item.said.at,
        next_at=None if due is None else datetime.fromtimestamp(due, timezone.utc),
    )
