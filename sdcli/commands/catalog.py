"""`sdcli catalog`: what the desk offers, supports and promises (R2b.1, R2a.2b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk
from sdcli.results.triage import CatalogFound

if TYPE_CHECKING:
    from sdcli.desk import Desk

_USUAL = 10
_KINDS = ("service", "feature", "fulfilment", "agreement")


@as_command("catalog")
@click.argument("text", type=TEXT, required=False, default=None)
@click.option("--type", "kind", type=click.Choice(_KINDS), help="Only these.")
@click.option("--limit", type=click.IntRange(0, 1000), help="At most so many (10); 0: all.")
@pass_desk
def command(desk: Desk, text: str | None, kind: str | None, limit: int | None) -> CatalogFound:
    """Say what is offered and supported, how far it goes, and what is promised.

    Services, features, requests that callers make again and again, and agreements: the best fit
    comes first. --type fulfilment lists the requests, each with how to recognise it. Without TEXT
    everything of a kind is listed, the services if none is given.

    \b
    Examples:
        sdcli catalog 'remote access for a partner'
        sdcli catalog --type fulfilment
    """
    from sdcli.triage.catalog import look

    found = look(desk.policy, text or "", kind or ("" if text else "service"))
    usual = _USUAL if text else 0  # without a text everything is wanted
    most = (usual if limit is None else limit) or len(found)
    return CatalogFound(text or "", found[:most], more=max(len(found) - most, 0))
