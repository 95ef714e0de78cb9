"""The people that a desk knows: who is meant, and who could be (R1a.1b).

Callers are in `catalog/people.yaml`; those who work on requests may call as well, and are in
`catalog/teams.yaml`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from sdcli.errors import AmbiguousError, RefusedError
from sdcli.policy.address import address_in
from sdcli.policy.model import PEOPLE, TEAMS, Contact, require

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.policy.model import Policy
    from sdcli.policy.teams import Technician


class Person(NamedTuple):
    """Somebody known, and the file that says so."""

    id: str
    contact: Contact
    source: str

    @property
    def is_technician(self) -> bool:
        """Whether they work on requests, and are in no list of callers."""
        return self.source == TEAMS


def known(policy: Policy, given: str) -> Person | None:
    """Who is meant by an id, a mail address, a phone number or a name; None for a stranger.

    A number or a name that several people share is nobody's.
    """
    if not given:
        return None
    given = address_in(given)
    found = policy.contact(given)
    if found:
        return Person(*found, PEOPLE)
    wanted = given.casefold()
    for name, staff in policy.teams.technicians.items():
        if wanted in (name.casefold(), staff.mail.casefold()):
            return _working(name, staff)
    sharing = with_number(policy, given) or with_name(policy, given)
    return sharing[0] if len(sharing) == 1 else None


def is_same(policy: Policy, one: str, other: str) -> bool:
    """Whether two names, ids, mail addresses or numbers are those of the same person."""
    if one.strip().casefold() == other.strip().casefold():
        return True
    return bool(names_of(policy, one) & names_of(policy, other))


def names_of(policy: Policy, given: str) -> set[str]:
    """The id, the name and the mail address of a person in small letters; nothing of a stranger."""
    staff = policy.teams.technicians.items()
    person = known(policy, given) or next(
        (_working(id_, each) for id_, each in staff if each.name.casefold() == given.casefold()),
        None,
    )
    if person is None:
        return set()
    names = (person.id, person.contact.name, person.contact.mail)
    return {each.casefold() for each in names if each}


def _working(name: str, staff: Technician) -> Person:
    """Somebody who works on requests, as one who calls."""
    contact = Contact(name=staff.name, mail=staff.mail, phone=staff.phone, caller_class="employee")
    return Person(name, contact, TEAMS)


def require_one(policy: Policy, given: str) -> None:
    """Refuse to guess who is meant.

    Raises:
        RefusedError: it is a phone number that several contacts have.
        AmbiguousError: it is the name of several people.
    """
    if known(policy, given):
        return
    sharing = with_number(policy, given)
    if len(sharing) > 1:
        names = [person.id for person in sharing]
        raise RefusedError(
            f"{len(names)} contacts in {PEOPLE} have the number {given}: {', '.join(names[:10])}. "
            "Name one of them: --user ID.",
            number=given,
            people=names,
        )
    if not sharing and (namesakes := with_name(policy, given)):
        raise AmbiguousError(given, [person.id for person in namesakes])


def with_number(policy: Policy, given: str) -> list[Person]:
    """The contacts that have this phone number, in any spelling."""
    if not any(map(str.isdecimal, given)):
        return []
    from sdcli.policy import phone  # noqa: PLC0415 - most callers are named otherwise

    if not phone.is_number(given):
        return []
    end = phone.ending(given)
    return [
        Person(name, contact, PEOPLE)
        for name, contact in policy.contacts.people.items()
        if contact.phone and phone.may_end(contact.phone, end) and phone.same(contact.phone, given)
    ]


def with_name(policy: Policy, given: str) -> list[Person]:
    """The people of this name, in any case and with accents or without."""
    wanted = _folded(given).split()
    return [
        person
        for person in _everybody(policy)
        if wanted and wanted == _folded(person.contact.name).split()
    ]


def _everybody(policy: Policy) -> Iterator[Person]:
    for name, contact in policy.contacts.people.items():
        yield Person(name, contact, PEOPLE)
    for name, staff in policy.teams.technicians.items():
        yield _working(name, staff)


def _folded(text: str) -> str:
    """A text in small letters without accents."""
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


def require_site(policy: Policy, given: str) -> str:
    """A site as the contacts spell it; nothing if none of them has one.

    Raises:
        NoSuchEntryError: nobody is there.
    """
    sites = {_folded(each.site): each.site for each in policy.contacts.people.values() if each.site}
    known = sites.get(_folded(given), given)
    return require(known, "site", sites.values(), PEOPLE) if sites else ""


def find(policy: Policy, text: str) -> list[Person]:
    """The contacts and technicians that fit, in the order of their names.

    A phone number fits those who have it, or a part of it. Of other texts every word must stand
    in the id, name, mail address, unit or site, or be a part of the number; case, accents, commas
    and angle brackets do not matter.
    """
    from sdcli.policy import phone  # noqa: PLC0415 - as above

    is_number = phone.is_number(text)
    wanted = _folded(re.sub(r"[,;<>\"]", " ", text)).split()
    found = [
        person
        for person in _everybody(policy)
        if (is_number and _number_fits(person.contact, text)) or _words_fit(person, wanted)
    ]
    return sorted(found, key=lambda person: (_folded(person.contact.name), person.id))


def _words_fit(person: Person, wanted: Sequence[str]) -> bool:
    from sdcli.policy import phone  # noqa: PLC0415 - as above

    contact = person.contact
    parts = (person.id, contact.name, contact.mail, contact.unit, contact.site, contact.phone)
    whole = _folded("\n".join(parts))
    digits = phone.digits(contact.phone)
    return bool(wanted) and all(
        word in whole or (phone.is_number(word) and phone.digits(word) in digits) for word in wanted
    )


def _number_fits(contact: Contact, text: str) -> bool:
    from sdcli.policy import phone  # noqa: PLC0415 - as above

    return phone.same(contact.phone, text) or phone.digits(text) in phone.digits(contact.phone)
