"""The grammar of queries: a line of words and of `field:value`, read into terms.

    status:waiting priority:P1,P2 -queue:network age>3d sla>80 "vpn drops" @mine

A space is an "and", a comma an "or", a minus in front a "not". What a term means is for
`sdcli.querying.fields` to say; here is only how it is written. Columns are counted from 1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORDS = "words"
"""The field of a bare word or a phrase: what the ticket says."""

SAVED = "@"
"""The field of the name of a saved query."""

_TERM = re.compile(
    r"""(?P<minus>-?)
    (?: (?P<field>[A-Za-z][A-Za-z_-]*) (?P<op><=|>=|[:=<>]) (?P<value>(?:"[^"]*"|[^\s"])*)
      | @ (?P<saved>[A-Za-z0-9][\w-]*) (?=\s|$)
      | (?P<phrase>"[^"]*")
      | (?P<word>[^\s"]+) )
    (?=\s|$)""",
    re.VERBOSE,
)
_PART = re.compile(r'(?:"[^"]*"|[^,"])+')
_DEEPEST = 8
_LONGEST = 2000


class Term(Struct, frozen=True):
    """One condition of a query.

    Args:
        field: what it is about; `op`: `:`, `<`, `<=`, `>` or `>=`.
        values: what it is held against, any of which is enough.
        negated: whether it must not hold.
        column: where it stands in the line; `places`: where each of its values does.
    """

    field: str
    op: str
    values: tuple[str, ...]
    negated: bool = False
    column: int = 1
    places: tuple[int, ...] = ()

    def place(self, value: str) -> int:
        """Where a value stands; where the term does if that is not known."""
        found = dict(zip(self.values, self.places, strict=False))
        return found.get(value, self.column)


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a query.

    Raises:
        QueryError: it cannot be read; the error points at the column.
    """
    if len(text) > _LONGEST:
        raise QueryError(f"a query has at most {_LONGEST} characters", text[:60], 1)
    return tuple(_terms(text))


def _terms(text: str) -> Iterator[Term]:
    at = 0
    while True:
        at += len(text[at:]) - len(text[at:].lstrip())
        if at >= len(text):
            return
        found = _TERM.match(text, at)
        if found is None:
            raise QueryError(*_unreadable(text, at))
        yield _term(found, text)
        at = found.end()


def _unreadable(text: str, at: int) -> tuple[str, str, int]:
    """Why no term begins here, as far as that can be told: nearly always a quotation mark."""
    rest = text[at:].split(None, 1)[0]
    quote = text.find('"', at)
    if quote >= 0 and text.count('"', at) % 2:
        return 'a quotation mark has no second one; write "vpn drops"', text, quote + 1
    if quote >= 0:
        return "quotation marks stand around a whole word or value", text, quote + 1
    return f"{rest!r} cannot be read", text, at + 1


def _term(found: re.Match[str], text: str) -> Term:
    column, negated = found.start() + 1, bool(found["minus"])
    if found["saved"]:
        return Term(SAVED, ":", (found["saved"],), negated, column)
    if not found["field"]:
        said = (found["phrase"] or found["word"]).strip('"').strip()
        if not said:
            raise QueryError("there is nothing between the quotation marks", text, column)
        return Term(WORDS, ":", (said,), negated, column)
    values = tuple(part.replace('"', "").strip() for part in _PART.findall(found["value"]))
    if not values or not all(values) or found["value"].startswith(","):
        name, op = found["field"], found["op"]
        raise QueryError(f"{name}{op} needs a value", text, found.end("op") + 1)
    op = found["op"].replace("=", ":") if found["op"] == "=" else found["op"]
    start = found.start("value") + 1
    places = tuple(start + part.start() for part in _PART.finditer(found["value"]))
    return Term(found["field"].casefold(), op, values, negated, column, places)


class _CircleError(QueryError):
    """Saved queries lead to one another without an end."""


def _circle(name: str, within: tuple[str, ...]) -> str:
    """That a saved query leads to itself, and by which others."""
    if name not in within:
        return f"saved queries stand in one another more than {_DEEPEST} deep, at @{name}"
    others = within[within.index(name) + 1 :]
    by = f" by {', '.join(f'@{each}' for each in others)}" if others else ""
    return f"the saved query @{name} leads to itself{by}"


def expanded(
    terms: tuple[Term, ...],
    saved: Callable[[str], str | None],
    text: str,
    within: tuple[str, ...] = (),
) -> tuple[Term, ...]:
    """Terms with what saved queries say in their place.

    Raises:
        QueryError: there is no such query, one leads to itself, or it is negated.
    """
    found: list[Term] = []
    for term in terms:
        if term.field != SAVED:
            found.append(term)
            continue
        name = term.values[0]
        stands_for = saved(name)
        if stands_for is None:
            raise QueryError(
                f"there is no saved query @{name}; `sdcli query list` lists them",
                text,
                term.column,
            )
        if name in within or len(within) >= _DEEPEST:
            raise _CircleError(_circle(name, within), text, term.column)
        if term.negated:
            raise QueryError("a saved query cannot be negated as a whole", text, term.column)
        try:
            inner = expanded(parse(stands_for), saved, stands_for, (*within, name))
        except _CircleError as error:  # said once, however deep it is
            raise _CircleError(error.reason, text, term.column) from error
        except QueryError as error:
            said = f"in the saved query @{name}: {error.reason}"
            raise QueryError(said, text, term.column) from error
        found += [replace(each, column=term.column, places=()) for each in inner]
    return tuple(found)
