"""How well an article has done so far, and what that is worth in a search (R3a.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST, MOST = 0.7, 1.2
"""What the weight of past success lies between."""

_PRIOR = 2.0
"""Every article begins as if so many had been helped, and as many had not."""
_HARM = 10.0
"""One who was made worse off counts as so many on whom it had no effect."""
_EARLIER = 0.5
"""What happened at an earlier revision says half as much about this one."""


class TrackRecord(Struct, frozen=True, kw_only=True):
    """What became of the requests that an article was used for.

    Args:
        helped, no_effect, harmful: requests by outcome, at the article's present revision.
        earlier_helped, earlier_failed: the same at earlier revisions; harm is a failure there.
    """

    helped: int = 0
    no_effect: int = 0
    harmful: int = 0
    earlier_helped: int = 0
    earlier_failed: int = 0


class TrackRecords:
    """The track records of articles, from the counts of results by article and revision.

    Args:
        counts: on how many requests an article `helped`, had `no-effect` or was `harmful`, by its
            id and revision.
    """

    def __init__(self, counts: Mapping[tuple[str, str], Mapping[str, int]]) -> None:
        self._of: dict[str, dict[str, Mapping[str, int]]] = {}
        for (id_, revision), results in counts.items():
            self._of.setdefault(id_, {})[revision] = results

    def __bool__(self) -> bool:
        """Whether anything is known of any article."""
        return bool(self._of)

    def of(self, id_: str, revision: str) -> TrackRecord | None:
        """The track record of an article whose present revision is this; None if it has none."""
        known = self._of.get(id_)
        if known is None:
            return None
        now = known.get(revision, {})
        earlier = [results for other, results in known.items() if other != revision]
        return TrackRecord(
            helped=now.get("helped", 0),
            no_effect=now.get("no-effect", 0),
            harmful=now.get("harmful", 0),
            earlier_helped=sum(each.get("helped", 0) for each in earlier),
            earlier_failed=sum(
                each.get("no-effect", 0) + each.get("harmful", 0) for each in earlier
            ),
        )


NO_RECORDS = TrackRecords({})


def weight(record: TrackRecord | None) -> float:
    """What past success multiplies a score by: 1 without any outcome, and 0.7 to 1.2 with some.

    It is the mean of a beta distribution that begins undecided, stretched over that range: a few
    outcomes move it a little, many move it far, and one that did harm moves it far down at once.
    """
    if record is None:
        return 1.0
    helped = record.helped + _EARLIER * record.earlier_helped
    failed = record.no_effect + _HARM * record.harmful + _EARLIER * record.earlier_failed
    share = (_PRIOR + helped) / (2 * _PRIOR + helped + failed)
    lead = 2 * share - 1
    return 1.0 + lead * (MOST - 1.0 if lead > 0 else 1.0 - LEAST)
