"""What the shell offers while a person types: references, services, queues, codes.

A desk that cannot be read offers nothing; completion never prints an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from click import ClickException
from click.shell_completion import CompletionItem

from sdcli.errors import SdcliError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sdcli.policy.model import Policy
    from sdcli.session import Session

_MOST = 100


def references(session: Session, incomplete: str) -> list[CompletionItem]:
    """Open tickets whose reference begins like this; the prefix may be left out."""
    from sdcli.render.safe import line  # noqa: PLC0415 - only completion pays for it
    from sdcli.tickets.query import Query, pressing  # noqa: PLC0415

    try:
        tickets = pressing(session.desk.ledger.find(Query(record="")))
    except (SdcliError, ClickException):
        return []
    typed = incomplete.upper()
    wanted = typed if typed.startswith("S") or not typed else f"SD-{typed}"
    found = [ticket for ticket in tickets if ticket.ref.startswith(wanted)]
    return [CompletionItem(ticket.ref, help=line(ticket.summary)) for ticket in found[:_MOST]]


def words(
    session: Session, known: Callable[[Policy], Iterable[str]], incomplete: str
) -> list[CompletionItem]:
    """Ids of the desk's files that begin like this."""
    try:
        names = known(session.desk.policy)
    except (SdcliError, ClickException):
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete.casefold())]


def forms(session: Session, incomplete: str) -> list[CompletionItem]:
    """What standard input may hold that begins like this."""
    from sdcli.intake.recognise import FORMS  # noqa: PLC0415 - only completion pays for it

    try:
        names = (*FORMS, *session.desk.formats.names)
    except (SdcliError, ClickException):
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete.casefold())]


def procedure_ids(session: Session, incomplete: str) -> list[CompletionItem]:
    """Ids of procedures and standard changes that begin like this, with their titles."""
    from sdcli.policy.load import offered  # noqa: PLC0415 - only completion pays for it
    from sdcli.render.safe import line  # noqa: PLC0415 - as above

    try:
        known = offered(session.root, session.desk.derived("offered")).all
    except (SdcliError, ClickException):
        return []
    typed = incomplete.casefold()
    return [
        CompletionItem(name, help=line(each.title))
        for name, each in known.items()
        if name.startswith(typed)
    ]


def article_ids(session: Session, incomplete: str) -> list[CompletionItem]:
    """Ids of articles that begin like this, with what their files are called; none is read."""
    from sdcli.knowledge.articles import files, id_of, words_of  # noqa: PLC0415 - as above

    try:
        names = sorted(files(session.root))
    except (SdcliError, ClickException):
        return []
    typed = incomplete.upper()
    found = [
        (id_of(name), words_of(name))
        for name in names
        if id_of(name).startswith(typed) or id_of(name).rpartition("-")[2].startswith(typed)
    ]
    return [CompletionItem(id_, help=words) for id_, words in found[:_MOST]]
