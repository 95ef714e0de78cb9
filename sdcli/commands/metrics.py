"""`sdcli metrics`: the state of the desk for a monitoring system (R6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import PairType, as_command, pass_desk, session_of

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.insight.exposition import Form
    from sdcli.results.reports import Metrics


class _LabelType(PairType):
    """A label of every sample: `desk=berlin`."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Its name and its value."""
        from sdcli.metrics import OWN_LABELS, is_label

        name, text = super().convert(value, param, ctx)
        if name in OWN_LABELS:
            self.fail(f"{name!r} is a label of sdcli's own; take another name.", param, ctx)
        if not is_label(name):
            self.fail(
                f"{name!r} is no name of a label: letters, digits and _ only, no digit first, and "
                "not two _ first.",
                param,
                ctx,
            )
        return name, text


@as_command("metrics")
@click.option(
    "--format",
    "form",
    type=click.Choice(["prometheus", "openmetrics"]),
    default="prometheus",
    show_default=True,
    help="How it is spelt; node_exporter reads prometheus only.",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(),
    help="Write it to a file, whole or not at all, that everybody may read.",
)
@click.option(
    "--label",
    "labels",
    metavar="NAME=VALUE",
    type=_LabelType(),
    multiple=True,
    help="A label of every sample, to tell several desks of a machine apart.",
)
@click.pass_context
@pass_desk
def command(
    desk: Desk,
    ctx: click.Context,
    form: Form,
    output: str | None,
    labels: tuple[tuple[str, str], ...],
) -> Metrics:
    """Print the state of the desk for Prometheus and its like.

    The backlog by queue, priority, type and status, the clocks by target, what was done in the last
    day, what did not reach anybody, whether sla-check runs. With --output, from cron, for
    node_exporter's textfile collector: where it fails the old file stays, and
    sdcli_metrics_generated_timestamp_seconds tells that it has grown old. Rules for alerts and a
    dashboard are in examples/prometheus and examples/grafana. The text, not --json, needs a library:
    pip install 'sdcli[metrics]'.

    \b
    Examples:
        sdcli metrics
        sdcli metrics --json
        * * * * *  sdcli --desk /srv/desk metrics --output /var/lib/prometheus/node-exporter/sdcli.prom
    """
    from sdcli.metrics import report

    known = dict(labels)
    if len(known) < len(labels):
        raise click.UsageError("A --label may be given once only.")
    return report(desk, form, labels=known, output=output, spelt=not session_of(ctx).json)
