"""What `catalog/review.yaml` says: how the work on closed tickets is looked at (R5a.1, R6.4).

As in `model`, the classes are the schema. A desk may have no such file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from sdcli.errors import Problem
from sdcli.policy.scalars import Amount
from sdcli.tickets.words import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REVIEW = "catalog/review.yaml"
"""How tickets are reviewed; a desk may say nothing of it."""

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WHOLE = 100
_VERSION = 12
"""So many digits of the hash of a checklist tell it from others."""


class Check(Struct, frozen=True, kw_only=True):
    """One thing that is looked at; `types`: of which types of request, of all if it is empty."""

    ask: str
    types: tuple[RequestType, ...] = ()
    place: str = ""


class ReviewRules(Struct, frozen=True, kw_only=True):
    """`catalog/review.yaml`.

    Args:
        checks: the checklist, by ids.
        percent: how many of a hundred closed tickets are drawn where nobody says how many.
        overdue: a resolved request that nobody has confirmed for longer is overdue: working time
            of its own calendar.
    """

    format: Literal[1]
    checks: dict[str, Check] = {}
    percent: int = 5
    overdue: Amount = Amount(business_days=2)
    lines: dict[str, int] = {}


NONE = ReviewRules(format=1)
"""Of a desk that has no such file: there is nothing to score by."""


def checks_of(rules: ReviewRules, type_: str) -> Mapping[str, Check]:
    """The checklist for a type of request."""
    return {
        name: check
        for name, check in rules.checks.items()
        if not check.types or type_ in check.types
    }


def version_of(checks: Mapping[str, Check]) -> str:
    """What tells a checklist from another: the ids and the questions, in their order."""
    from hashlib import sha256  # noqa: PLC0415 - only a review pays for it

    written = "\0".join(f"{name}\0{check.ask}" for name, check in checks.items())
    return sha256(written.encode("utf-8", "replace")).hexdigest()[:_VERSION]


def wrong_checks(found: ReviewRules) -> Iterator[Problem]:
    """A checklist that asks nothing, ids that nobody can type, and a share that is none."""
    if not found.checks:
        yield Problem(REVIEW, found.lines.get("checks", 1), "`checks` asks nothing: name a check")
    if not 1 <= found.percent <= _WHOLE:
        line = found.lines.get("percent", 1)
        yield Problem(REVIEW, line, f"`percent` is {found.percent}; it must be from 1 to {_WHOLE}")
    for name, check in found.checks.items():
        if not _ID.fullmatch(name):
            file, _, line_ = check.place.rpartition(":")
            told = f"the check `{name}` must be called in small letters, digits and dashes"
            yield Problem(file, int(line_), told)
