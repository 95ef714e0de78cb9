"""`sdcli init`: start a new desk."""

from __future__ import annotations

import click

from sdcli.params import as_command
from sdcli.results.ledgers import Started


@as_command("init")
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(file_okay=False))
def command(directory: str) -> Started:
    """Start a new desk in a directory.

    Copies the starter catalog, knowledge articles and SLA policies into DIR, by default the
    current one. Files that are there already are never overwritten.

    \b
    Example:
        sdcli init desk && cd desk
    """
    from sdcli.starter import copy_starter

    return Started(*copy_starter(directory))
