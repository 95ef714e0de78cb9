"""What a search gives: hits, best first, and how each came to its score."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from sdcli.knowledge.track_record import TrackRecord  # noqa: TC001 - msgspec reads the annotations
from sdcli.tickets.words import RequestType  # noqa: TC001 - as above

MARK, UNMARK = "\ue000", "\ue001"
"""Private characters round a match in a snippet; the renderer makes them visible or drops them."""

Kind: TypeAlias = Literal["article", "known-error", "procedure", "standard-change", "ticket"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Share(Struct, frozen=True, kw_only=True):
    """What one word, or several that stand together, add to a score.

    Args:
        term: the word; `field`: where it stands: a field of an article, `headline` for title and
            keywords looked at by themselves, or `neighbours` for words that are as near to each
            other as in the query.
        score: what it adds; `because`: why it was looked for, if it was not typed like that.
    """

    term: str
    field: str
    score: float
    because: str = ""


class Explained(Struct, frozen=True, kw_only=True):
    """How a score came to be: the sum of the shares, times the weights.

    Args:
        words: the sum of the shares.
        success: what past success is worth; `known_error`: what it is worth that a known error
            has these symptoms. 1 changes nothing.
    """

    shares: tuple[Share, ...]
    words: float
    success: float = 1.0
    known_error: float = 1.0


class Hit(Struct, frozen=True, kw_only=True):
    """Something found; a higher score is a better fit.

    Args:
        kind: a procedure is one of `catalog/procedures/`, or an article of type fulfilment.
        revision: empty for a ticket; `expired`: whether an article should have been reviewed.
        roles: who may read an article whose audience is restricted.
        success: what became of those it was used for, if that is known.
        explain: how the score came to be, if that was asked for.
    """

    id: str
    title: str
    score: float
    snippet: str
    type: RequestType
    area: str
    audience: str
    revision: str
    known_error: bool
    kind: Kind = "article"
    expired: bool = False
    retired: bool = False
    vendor_link: str = ""
    roles: tuple[str, ...] = ()
    success: TrackRecord | None = None
    explain: Explained | None = None
