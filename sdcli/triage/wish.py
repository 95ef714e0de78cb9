"""What somebody asks of a classification."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from sdcli.tickets.contact import Assessment
from sdcli.tickets.words import Level, Priority, RequestType  # noqa: TC001 - msgspec reads these


class Wish(Struct, frozen=True, kw_only=True, rename={"type_": "type"}):
    """What somebody asks of a classification; what is None or empty stays as it is.

    Args:
        impact, urgency: as somebody states them; `derived` takes back what was stated.
        priority: set by hand, against the rules; it needs a reason (R2c.2e). `derived` takes back
            what was set by hand.
        assessment: what was said of the impact on the business (R2c.2d).
        taken_back: the names of the answers that are not known any more.
        ever_had: whether the caller ever had it, a word of `EVER_HAD` (R2a.2a).
        wish: the priority that a person wished for, kept as a remark.
        reason: why, or what showed the mistake; `discovered`: how the mistake was found (R3d1.5).
    """

    type_: RequestType | None = None
    service: str | None = None
    feature: str | None = None
    impact: Level | Literal["derived"] | None = None
    urgency: Level | Literal["derived"] | None = None
    priority: Priority | Literal["derived"] | None = None
    assessment: Assessment = Assessment()
    taken_back: tuple[str, ...] = ()
    ever_had: str = ""
    wish: str = ""
    reason: str = ""
    discovered: str = ""


NOTHING = Wish()
DERIVED: Final = "derived"
"""In place of a priority or a level: the rules say it again."""
