"""Calling bad advice back: who was given an article that says something else by now (R3a.2a).

Somebody who was sent, or has read, an earlier revision may still act on it. Whoever was given the
present one afterwards need not be called.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sdcli.knowledge.outcomes import Use
    from sdcli.knowledge.uses import Row

_GIVEN = ("sent", "explained", "read")


class Recipient(Struct, frozen=True, kw_only=True):
    """Somebody who was given a revision that is not to be followed any more.

    Args:
        revision: the newest of those that they were given.
        how: whether it was `sent` or `explained` to them, or they have `read` it on their own.
        ref: the ticket; `at`: when, in UTC.
        corrected_at: when they were given what the article says now; None if they were not.
    """

    person: str
    revision: str
    how: Literal["sent", "explained", "read"]
    ref: str
    at: datetime
    corrected_at: datetime | None = None


def recipients(
    rows: Iterable[Row],
    *,
    present: Collection[str],
    wanted: str = "",
    is_known: Callable[[str], bool] = lambda _: True,
) -> list[Recipient]:
    """Who was given another revision than the present one, each person and ticket once.

    Args:
        rows: what became of the article.
        present: the names of the revision that holds; empty where it is retired or gone.
        wanted: the beginning of the only revision to look for.
        is_known: whether a name stands for one person; what two tickets of others say by the same
            name may be about two people.
    """
    given: dict[str, list[Row]] = {}
    for row in rows:
        if row.use.what in _GIVEN:
            whom = row.use.to if row.use.to and is_known(row.use.to) else row.ref
            given.setdefault(whom, []).append(row)
    found = [
        each
        for rows_ in given.values()
        for each in _of_person(rows_, present=present, wanted=wanted)
    ]
    return sorted(found, key=lambda each: (each.at, each.ref, each.person))


def _of_person(rows: list[Row], *, present: Collection[str], wanted: str) -> Iterable[Recipient]:
    corrections = [row.use.at for row in rows if row.use.revision in present]
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row.use.at):
        if row.use.revision not in present and row.use.revision.startswith(wanted):
            newest[row.ref] = row
    for ref, row in newest.items():
        later = [at for at in corrections if at >= row.use.at]
        yield _recipient(ref, row.use, min(later, default=None))


def _recipient(ref: str, use: Use, corrected_at: datetime | None) -> Recipient:
    return Recipient(
        person=use.to,
        revision=use.revision,
        how="sent" if use.what == "sent" else "explained" if use.what == "explained" else "read",
        ref=ref,
        at=use.at,
        corrected_at=corrected_at,
    )
