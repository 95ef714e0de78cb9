"""`sdcli kb send`: give an article to the caller, as a link (R3a.2, R3a.2a, R3a.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import TEXT, as_command, pass_desk, receipt_of, vocabulary, with_receipt, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.knowledge import Shared
    from sdcli.tickets.words import Sharing


@as_command("send", writes=True)
@with_ref
@click.argument("article", metavar="ID", type=TEXT)
@click.option("--via", metavar="METHOD", type=vocabulary("contact_method"), help="How.")
@click.option("--link", metavar="URL", type=TEXT, default="", help="Where it is, if elsewhere.")
@click.option("--send", is_flag=True, help="Hand it to the program that sends the desk's mail.")
@click.option("--to", metavar="MAIL", type=TEXT, default="", help="Where, if not to the caller.")
@click.option(
    "--interpreted", metavar="TEXT", type=TEXT, help="You told it in your own words, these."
)
@click.option(
    "--withheld", metavar="REASON", type=TEXT, help="The caller does not get it, and why."
)
@with_receipt
@pass_desk
def command(
    desk: Desk,
    ref: str,
    article: str,
    via: str | None,
    link: str,
    send: bool,
    to: str,
    interpreted: str | None,
    withheld: str | None,
    **receipt: Any,
) -> Shared:
    """Give an article to the caller of a ticket, as a link.

    The link names the revision. What the caller is to read is printed, or mailed with --send; the text of the article never
    leaves the desk. An article for the desk, or for certain roles, goes only to those who have
    them. What was sent is a word to the caller, and is noted as one; `sdcli kb recall` finds who
    has which revision.

    \b
    Examples:
        sdcli kb send SD-42 KB-102
        sdcli kb send SD-42 KB-102 --via phone --received yes --walked-through yes
        sdcli kb send SD-42 KB-104 --interpreted 'restart the wireless adapter after sleep'
    """
    from sdcli.knowledge.sharing import is_address
    from sdcli.knowledge_base import KnowledgeBase

    if interpreted and withheld:
        raise click.UsageError("Say either --interpreted or --withheld.")
    decision: Sharing = "interpreted" if interpreted else "withheld" if withheld else "sent"
    if link and not is_address(link):
        raise click.UsageError("--link is the address of a page: https://intranet.example.com/x.")
    if decision != "sent" and (send or to or link):
        raise click.UsageError("--send, --to and --link go with an article that is sent.")
    return KnowledgeBase(desk).share(
        ref,
        article,
        decision=decision,
        reason=interpreted or withheld or "",
        via=via or "unknown",
        link=link,
        to=to,
        send=send,
        receipt=receipt_of(receipt),
    )
