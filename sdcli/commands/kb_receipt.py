"""`sdcli kb receipt`: whether the caller has an article, and could use it (R3a.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import TEXT, as_command, pass_desk, receipt_of, with_at, with_receipt, with_ref
from sdcli.results.tickets import Changed

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("receipt", writes=True)
@with_ref
@click.argument("article", metavar="ID", type=TEXT)
@with_receipt
@with_at
@pass_desk
def command(desk: Desk, ref: str, article: str, **receipt: Any) -> Changed:
    """Record whether the caller has an article, and needed help with it.

    Whoever needs help often with one shows that it is to be written anew: `sdcli kb stats`.

    \b
    Example:
        sdcli kb receipt SD-42 KB-102 --received yes --help-needed yes --walked-through yes
    """
    from sdcli.knowledge_base import KnowledgeBase

    known = receipt_of(receipt)
    if not any(value not in ("", "unknown") for value in receipt.values()):
        raise click.UsageError("Say what is known: --received, --help-needed, --walked-through …")
    return Changed(desk.see(KnowledgeBase(desk).receive(ref, article, known)))
