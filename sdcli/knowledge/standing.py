"""How well an article has done so far, and what that is worth in a search (R3a.1)."""

from __future__ import annotations

from msgspec import Struct

LEAST, MOST = 0.7, 1.2
"""What the weight of past success lies between."""

_PRIOR = 2.0
"""Every article begins as if so many had been helped, and as many had not."""
_HARM = 10.0
"""One who was made worse off counts as so many on whom it had no effect."""
_EARLIER = 0.5
"""What happened at an earlier revision says half as much about this one."""


class Standing(Struct, frozen=True, kw_only=True):
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


def weight(standing: Standing | None) -> float:
    """What past success multiplies a score by: 1 without any outcome, and 0.7 to 1.2 with some.

    It is the mean of a beta distribution that begins undecided, stretched over that range: a few
    outcomes move it a little, many move it far, and one that did harm moves it far down at once.
    """
    if standing is None:
        return 1.0
    helped = standing.helped + _EARLIER * standing.earlier_helped
    failed = standing.no_effect + _HARM * standing.harmful + _EARLIER * standing.earlier_failed
    share = (_PRIOR + helped) / (2 * _PRIOR + helped + failed)
    lead = 2 * share - 1
    return 1.0 + lead * (MOST - 1.0 if lead > 0 else 1.0 - LEAST)
