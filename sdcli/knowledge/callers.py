"""Callers taken out of texts: no article tells who called (R6.3, R3d1.7).

Where a text holds a mail address, a phone number or a name of theirs, a word in brackets stands
instead. Names and numbers are known in any spelling: case, accents and full-width letters do not
matter, nor do hidden characters. Technical words and numbers stay.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.address import address_in, is_address
from sdcli.policy.people import known
from sdcli.policy.phone import digits, ending, is_number
from sdcli.tickets.event import AlsoAffected, Closed, Contacted, Opened
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sdcli.policy.model import Policy
    from sdcli.tickets.contact import MailFacts
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

CALLER, MAIL, NUMBER = "[caller]", "[mail address]", "[phone number]"
_SHORTEST = 3
"""So many letters a name has before it is looked for: shorter ones are in other words."""
_MOST_PARTS = 5
_LEAST_DIGITS = 7
"""So many digits make a stranger's number, if it begins as one."""
_OWN_DIGITS = 6
"""So many digits of a caller's number are that number wherever they stand in a row."""

PLACEHOLDER = "|".join(map(re.escape, (CALLER, MAIL, NUMBER)))
"""The pattern of a word that stands for something taken out."""

_ADDRESS = r"[\w.+%&~-][\w.+%&'~-]{0,63}@(?:[\w-]+(?:\.[\w-]+)+|\[[0-9a-f:.]+\])"
_OCTET = r"(?:0|[1-9]\d{0,2})"
_DATED = (
    r"(?<![\w.])\(?(?:\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}"
    rf"|{_OCTET}(?:\.{_OCTET}){{3}})(?![\w.-]?\d)"
)
"""A date, or the address of a machine."""
_DIGITS = r"(?<![\w.])[+(]{0,2}\d[\d ()./\u2010-\u2013-]{1,28}\d(?!\w)"
_BEGINS = re.compile(r"(?<![\w.])(?:\(?\+|\(?0(?!\.)|\(\d{1,6}\))[\d ()./\u2010-\u2013-]{2,30}\d")
"""What is a number whoever has it: it begins as one."""
_GLUED = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W_])_(?=[^\W_])")
"""Where words are glued together: `HostDown`, `PCDown`, `host_down`."""
_ALONE = re.compile(r"(?<![\w.])\d+(?!\w|\.\d)")


class _Traces(NamedTuple):
    """What tells of people: names and addresses as they are written, and numbers."""

    names: set[str]
    numbers: set[str]


def scrubber(tickets: Iterable[Ticket], policy: Policy) -> Callable[[str], str]:
    """What takes every trace of the callers of tickets out of a text; a second time changes nothing."""
    traces = _traces(tickets, policy)
    endings = {ending(each) for each in traces.numbers if len(digits(each)) >= _OWN_DIGITS}
    short = {digits(each) for each in traces.numbers if len(digits(each)) < _OWN_DIGITS}
    names = {_plain(each)[0] for each in traces.names}
    ordered = sorted((each for each in names if each.strip()), key=lambda each: (-len(each), each))
    words = "|".join(r"\s+".join(map(re.escape, each.split())) for each in ordered) or r"(?!)"
    name = rf"(?P<name>(?<!\w)(?:{words})(?:(?:\s+|,\s*)(?:{words}))*(?!\w))"
    pattern = re.compile(
        rf"(?P<done>{PLACEHOLDER})|(?P<mail>{_ADDRESS})|{name}"
        rf"|(?P<dated>{_DATED})|(?P<digits>{_DIGITS})"
    )
    glued = re.compile(rf"(?P<done>{PLACEHOLDER})|{name}")

    def number(text: str) -> str:
        found = digits(text)
        if found in short or any(each in found for each in endings):
            return _number_of(text)
        text = _BEGINS.sub(
            lambda m: _number_of(m[0]) if len(digits(m[0])) >= _LEAST_DIGITS else m[0], text
        )
        return _ALONE.sub(lambda m: NUMBER if m[0] in short else m[0], text)

    def once(text: str) -> str:
        text = put_in(text, pattern, _plain(text))
        return put_in(text, glued, _apart(text)) if _GLUED.search(text) else text

    def put_in(text: str, pattern: re.Pattern[str], said: tuple[str, list[int]]) -> str:
        plain, places = said
        told, done = [], 0
        for match in pattern.finditer(plain):
            start, end = places[match.start()], places[match.end()]
            put = {"mail": MAIL, "name": CALLER, "digits": ""}.get(match.lastgroup or "")
            if put is not None:
                put = put or number(match[0])
                told += [text[done:start], text[start:end] if put == match[0] else put]
                done = end
        return "".join([*told, text[done:]])

    def clean(text: str) -> str:
        while (cleaner := once(text)) != text:  # what was behind something else may stand alone now
            text = cleaner
        return text

    return clean


def _number_of(text: str) -> str:
    """What stands for a number; a bracket before all of it is none of the number's."""
    return f"({NUMBER}" if text.startswith("(") and ")" not in text else NUMBER


def _plain(text: str) -> tuple[str, list[int]]:
    """A text in small letters without accents, and where in it each letter, and the end, is."""
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    letters: list[str] = []
    places: list[int] = []
    for at, each in enumerate(text):
        for letter in unicodedata.normalize("NFKD", each.casefold()):
            if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf":
                letters.append(letter)
                places.append(at)
    return "".join(letters), [*places, len(text)]


def _apart(text: str) -> tuple[str, list[int]]:
    """As `_plain`, with what is glued together as two words: `AdaLindqvist`, `ada_lindqvist`."""
    letters: list[str] = []
    places: list[int] = []
    at = 0
    for match in (*_GLUED.finditer(text), None):
        start, end = match.span() if match else (len(text), len(text))
        plain, inside = _plain(text[at:start])
        letters += (plain, " " if match else "")
        places += (*(at + each for each in inside[:-1]), *([start] if match else ()))
        at = end
    return "".join(letters), [*places, len(text)]


def _traces(tickets: Iterable[Ticket], policy: Policy) -> _Traces:
    """What tells of those who called about tickets."""
    found = _Traces(set(), set())
    given = {each for ticket in tickets for event in ticket.standing for each in _named_in(event)}
    for each in given - {"", UNKNOWN}:
        person = known(policy, each)
        contact = person.contact if person else None
        if person and contact:
            found.names.update((person.id, contact.mail, contact.name, *_words(contact.name)))
            found.names.update(_in_one(contact.name))
            found.numbers.add(contact.phone)
        if is_number(each):
            found.numbers.add(each)
        elif is_address(bare := address_in(each)):
            found.names.add(bare)
        else:
            said = _words(each)
            found.names.update(
                (each, *(filter(_is_name, said) if any(map(_is_name, said)) else said))
            )
            found.names.update(_in_one(each))
    names = {each.strip(" ,.;") for each in found.names}
    return _Traces({each for each in names if len(each) >= _SHORTEST}, found.numbers - {""})


def _words(name: str) -> list[str]:
    """The parts of a name, and the parts of those with a dash."""
    whole = re.split(r"[\s,;]+", name)
    return [*whole, *(part for each in whole for part in each.split("-") if _is_name(part))]


def _in_one(name: str) -> tuple[str, ...]:
    """A name written as one word, forwards and backwards; nothing if it is one, or very long."""
    parts = [each for each in re.split(r"[\W_]+", name) if each]
    several = 1 < len(parts) <= _MOST_PARTS
    return ("".join(parts), "".join((parts[-1], *parts[:-1]))) if several else ()


def _is_name(word: str) -> bool:
    return word[:1].isupper()


def _named_in(event: AnyEvent) -> Iterator[str]:
    """Those of whom an event says that they called, and how they are reached."""
    if isinstance(event, Opened):
        yield from (event.phone, event.mail)
        if event.alert is None:  # else it is a monitoring system
            yield from (event.requester, event.on_behalf_of)
    elif isinstance(event, AlsoAffected):
        yield from (event.contact, event.phone, event.mail)
    elif isinstance(event, Contacted):
        yield event.contact
    elif isinstance(event, Closed):
        yield event.confirmed_by
    message: MailFacts | None = getattr(event, "message", None)
    if message is not None:
        yield from (message.sender, message.sender_name)
