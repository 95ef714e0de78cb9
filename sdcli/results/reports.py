"""Figures of a period, what they mean and what is behind them, and the state of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.insight.classification import ClassificationReport
    from sdcli.insight.exposition import Form
    from sdcli.insight.figures import Figure
    from sdcli.insight.filtered import FilteredReport
    from sdcli.insight.information import InformationReport
    from sdcli.insight.metrics import Family
    from sdcli.insight.outages import OutagesReport
    from sdcli.insight.reported import Audit, Report
    from sdcli.insight.skills import SkillsReport
    from sdcli.insight.unsupported import UnsupportedReport
    from sdcli.intake.outcome import Outcome
    from sdcli.results.tickets import Seen


class FilteredReported(Struct, frozen=True):
    """What the filter let through and refused, by rule (R3c1.1, R0.3)."""

    report: FilteredReport
    refs: bool = False
    exit_code: int = DONE


class SkillsReported(Struct, frozen=True):
    """Which skills were missing, by person (R3d1.2b)."""

    report: SkillsReport
    refs: bool = False
    exit_code: int = DONE


class OutagesReported(Struct, frozen=True):
    """The calls that planned outages and changes brought, announced or not (R3d1.3)."""

    report: OutagesReport
    refs: bool = False
    exit_code: int = DONE


class Reported(Struct, frozen=True):
    """The figures of a period; `form`: how they are written; `parts`: with all they are split by."""

    report: Report
    form: Literal["table", "csv", "markdown"] = "table"
    parts: bool = False
    exit_code: int = DONE


class PageWritten(Struct, frozen=True, kw_only=True):
    """A report that was written as a page.

    Args:
        file: where; `size`: in bytes.
        figures: those that are in it; `nothing`: those for which there was nothing to count.
    """

    report: Report
    file: str
    size: int
    figures: Sequence[str]
    nothing: Sequence[str]
    exit_code: int = DONE


class Audited(Struct, frozen=True):
    """Everything behind one figure."""

    audit: Audit
    exit_code: int = DONE


class Defined(Struct, frozen=True):
    """What figures mean; `whole`: with their definitions."""

    figures: list[Figure]
    whole: bool = True
    exit_code: int = DONE


class ClassificationReported(Struct, frozen=True):
    """How first and final classes differ; `refs`: show the tickets behind each number."""

    report: ClassificationReport
    refs: bool = False
    exit_code: int = DONE


class InformationReported(Struct, frozen=True):
    """What callers ask for again and again; `refs`: show the tickets behind each number."""

    report: InformationReport
    refs: bool = False
    exit_code: int = DONE


class UnsupportedReported(Struct, frozen=True):
    """What was spent on what the catalog does not hold, and the requests for change of its gaps."""

    report: UnsupportedReport
    changes: Sequence[tuple[Outcome, Seen | None]] = ()
    refs: bool = False
    exit_code: int = DONE


class Metrics(Struct, frozen=True, kw_only=True):
    """The state of the desk for a monitoring system, as of `now` (R6.4).

    Args:
        form: how it is spelt; `text`: all of it, empty where nobody reads it.
        file: where it was put; empty if it is to be printed.
        remarks: what keeps somebody from reading the file, in sentences.
    """

    families: Sequence[Family]
    form: Form
    text: str
    now: datetime
    file: str = ""
    remarks: Sequence[str] = ()
    exit_code: int = DONE
