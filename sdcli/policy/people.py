"""The people that a desk knows: who is meant, and who could be (R1a.1b).

Callers are in `catalog/people.yaml`; those who work on requests may call as well, and are in
`catalog/teams.yaml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.errors import RefusedError
from sdcli.policy.model import PEOPLE, TEAMS, Contact

if TYPE_CHECKING:
    from sdcli.policy.model import Policy


class Person(NamedTuple):
    """Somebody known, and the file that says so."""

    id: str
    contact: Contact
    source: str


def known(policy: Policy, given: str) -> Person | None:
    """Who is meant by an id, a mail address or a phone number; None for a stranger.

    A number that several people share is nobody's.
    """
    if not given:
        return None
    found = policy.contact(given)
    if found:
        return Person(*found, PEOPLE)
    wanted = given.casefold()
    for name, staff in policy.teams.technicians.items():
        if wanted in (name.casefold(), staff.mail.casefold()):
            contact = Contact(
                name=staff.name, mail=staff.mail, phone=staff.phone, caller_class="employee"
            )
            return Person(name, contact, TEAMS)
    sharing = with_number(policy, given)
    return sharing[0] if len(sharing) == 1 else None


def require_one(policy: Policy, given: str) -> None:
    """Refuse to guess who is meant.

    Raises:
        RefusedError: it is a phone number that several contacts have.
    """
    sharing = with_number(policy, given)
    if len(sharing) > 1:
        names = [person.id for person in sharing]
        raise RefusedError(
            f"{len(names)} contacts in {PEOPLE} have the number {given}: {', '.join(names[:10])}. "
            "Name one of them: --user ID.",
            number=given,
            people=names,
        )


def with_number(policy: Policy, given: str) -> list[Person]:
    """The contacts that have this phone number, in any spelling."""
    if not any(map(str.isdecimal, given)):
        return []
    from sdcli.policy import phone  # noqa: PLC0415 - most callers are named otherwise

    if not phone.is_number(given):
        return []
    return [
        Person(name, contact, PEOPLE)
        for name, contact in policy.contacts.people.items()
        if contact.phone and phone.same(contact.phone, given)
    ]


def find(policy: Policy, text: str) -> list[Person]:
    """The contacts that fit, in the order of their names.

    A phone number fits those who have it, or a part of it; of other texts every word must be in
    the id, the name, the mail address, the unit or the site.
    """
    from sdcli.policy import phone  # noqa: PLC0415 - as above

    fits = _number_fits if phone.is_number(text) else _words_fit
    people = policy.contacts.people.items()
    found = [Person(name, contact, PEOPLE) for name, contact in people if fits(name, contact, text)]
    return sorted(found, key=lambda person: (person.contact.name.casefold(), person.id))


def _words_fit(name: str, contact: Contact, text: str) -> bool:
    parts = (name, contact.name, contact.mail, contact.unit, contact.site)
    whole = "\n".join(parts).casefold()
    return all(word in whole for word in text.casefold().split())


def _number_fits(name: str, contact: Contact, text: str) -> bool:
    from sdcli.policy import phone  # noqa: PLC0415 - as above

    wanted = phone.digits(text)
    is_in = phone.same(contact.phone, text) or wanted in phone.digits(contact.phone)
    return is_in or _words_fit(name, contact, text)
