"""A test message by one route, now: what a desk tries before it relies on it (R5b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.errors import NoSuchEntryError
from sdcli.notify.deliver import sent, way_of, written
from sdcli.notify.message import addressee
from sdcli.notify.outcome import Sent
from sdcli.notify.secret import UnusableError
from sdcli.notify.templates import sample
from sdcli.policy.address import is_address
from sdcli.policy.model import PEOPLE, SLA_POLICIES, TEAMS, require
from sdcli.policy.people import known, require_one
from sdcli.tickets.event import new_id

if TYPE_CHECKING:
    from sdcli.notify.deliver import Office
    from sdcli.policy.model import Policy


def trial(office: Office, name: str, person: str) -> Sent:
    """Send a test message to somebody by a route; windows and digests do not hold it back.

    Raises:
        NoSuchEntryError: there is no such route, or no such person.
        AmbiguousError: several people have that name.
    """
    policy, stamp = office.policy, office.stamp()
    require(name, "route", policy.sla.routes, SLA_POLICIES)
    if person != stamp.by:  # whoever tries it need not be in the files
        _require_person(policy, person)
    way, to = way_of(office, name), addressee(policy, person)
    if not to.mail and is_address(person):
        to = replace(to, mail=person)
    summary = f"a test of the route {name}, by {stamp.by}; nothing has happened"
    message = sample("technicians", kind="test", to=to.name, summary=summary, ref="SD-0")
    letter, reason = written(office, way, (message,), to, f"test.{new_id(stamp.at)}"), way.unusable
    if not reason:
        try:
            reason = sent(way, letter, "test")
        except UnusableError as error:
            reason = str(error)
    return Sent(
        id=letter.id,
        route=name,
        to=(to.id,),
        refs=(),
        alerts=(),
        ok=not reason,
        attempt=1,
        reason=reason,
        notes=(letter.trouble,) if letter.trouble else (),
        text="" if letter.id else letter.subject,
    )


def _require_person(policy: Policy, person: str) -> None:
    """Refuse somebody whom the desk does not know, unless it is a mail address."""
    require_one(policy, person)
    if not (known(policy, person) or is_address(person)):
        everybody = (*policy.teams.technicians, *policy.contacts.people)
        raise NoSuchEntryError("person", person, everybody, f"{TEAMS} and {PEOPLE}")
