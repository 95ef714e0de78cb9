"""Procedures and standard changes, and how they do (R3b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.fulfilment.figures import Figures as ProcedureFigures
    from sdcli.fulfilment.figures import Remark
    from sdcli.knowledge.figures import Advice
    from sdcli.policy.procedures import Instructions


class ProceduresListed(Struct, frozen=True):
    """Procedures and standard changes, as of a day such as `2026-11-28`."""

    rows: Sequence[Instructions]
    today: str
    exit_code: int = DONE


class ProcedureShown(Struct, frozen=True):
    """One procedure or standard change, as of a day; `place`: its file."""

    what: Instructions
    today: str
    exit_code: int = DONE


class ProcedureStatistics(Struct, frozen=True, kw_only=True):
    """How procedures do in a period (R3b.1a).

    `unfitted`: the tickets for which none fitted; `is_narrowed`: only some were asked for.
    """

    rows: Sequence[ProcedureFigures]
    advice: Sequence[Advice]
    unfitted: Sequence[Remark]
    since: datetime | None = None
    until: datetime | None = None
    is_narrowed: bool = False
    exit_code: int = DONE


def kind_of(what: Instructions) -> str:
    """What it is: `procedure` or `standard-change`."""
    from sdcli.policy.procedures import StandardChange  # noqa: PLC0415 - read by now

    return "standard-change" if isinstance(what, StandardChange) else "procedure"
