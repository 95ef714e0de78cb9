"""Families of figures as the text that monitoring systems read, by the prometheus-client library.

`prometheus` is the text format 0.0.4, the only one that node_exporter's textfile collector reads:
collector/textfile.go of prometheus/node_exporter hands each file to `expfmt.TextParser`, which refuses
the type `info` and takes an OpenMetrics counter for something untyped; and it leaves out a whole file
in which a sample has a time of its own (`hasTimestamps`): none has one here. `promtool check metrics`
reads the same format only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from sdcli.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from sdcli.insight.metrics import Family

Form: TypeAlias = Literal["prometheus", "openmetrics"]
FORMS: tuple[Form, ...] = get_args(Form)


def written(families: Iterable[Family], form: Form) -> str:
    """The families as text; names and values are escaped as the format demands.

    Raises:
        MissingExtraError: the library is not installed.
    """
    try:
        from prometheus_client import exposition  # noqa: PLC0415 - only text needs it
        from prometheus_client.openmetrics import exposition as openmetrics  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("`sdcli metrics`", "prometheus-client", "metrics") from None
    spell = (openmetrics if form == "openmetrics" else exposition).generate_latest
    found: bytes = spell(_Collected(families))
    return found.decode()


class _Collected:
    """Hands families to the library as a registry of its own does."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Each family as the library has it; one without a sample says nothing."""
        from prometheus_client import Metric  # noqa: PLC0415 - as above

        for each in self._families:
            metric = Metric(each.name, each.help, each.kind, each.unit)
            for sample in each.samples:
                metric.add_sample(each.printed, sample.labels, sample.value)
            if metric.samples:
                yield metric
