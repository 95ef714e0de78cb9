"""The procedures and standard changes of one desk, by their ids (R3b.1, R3c2.1)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdcli.errors import NoSuchEntryError, RefusedError, SdcliError, listed
from sdcli.fulfilment import choose
from sdcli.policy.procedures import CHANGES, PROCEDURES, Procedure

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.fulfilment.walk import Walk
    from sdcli.policy.procedures import Instructions, Offered
    from sdcli.tickets.ticket import Ticket


class Offers:
    """What an open desk offers to be followed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @cached_property
    def offered(self) -> Offered:
        """The procedures and standard changes of the desk, and what is wrong with their files."""
        from sdcli.policy.load import offered  # noqa: PLC0415 - not every command needs it

        return offered(self._desk.root, self._desk.derived("offered"))

    def named(self, given: str) -> Instructions:
        """A procedure, a standard change, or an article of type fulfilment, by its id.

        Raises:
            NoSuchEntryError: there is none with this id.
            DataFileError: its file is wrong.
        """
        wanted = given.casefold()
        if wanted in self.offered.all:
            return self.offered.all[wanted]
        self.offered.require_readable(wanted)
        try:
            return self._article(given)
        except NoSuchEntryError:
            known = self.offered.all
            raise NoSuchEntryError(
                "procedure or standard change", given, known, f"{PROCEDURES} or {CHANGES}"
            ) from None

    def _article(self, given: str) -> Procedure:
        """An article of type fulfilment, as a procedure."""
        from sdcli.knowledge_base import KnowledgeBase  # noqa: PLC0415 - few are articles

        article = KnowledgeBase(self._desk).article(given)
        if article.type != "fulfilment":
            raise RefusedError(
                f"{article.id} is an article of type {article.type}, and no procedure: `sdcli kb "
                f"show {article.id}` shows it.",
                article=article.id,
            )
        if article.audience == "restricted":
            raise RefusedError(
                f"{article.id} is for {listed(article.roles)} only, and its steps would stand on the "
                f"ticket for everybody: follow it by `sdcli kb show {article.id}`.",
                article=article.id,
            )
        return choose.of_article(article)

    def known(self, id_: str) -> Instructions | None:
        """What has this id; None if it is gone, or wrong just now."""
        try:
            return self.named(id_)
        except SdcliError:
            return None

    def followed(self, ticket: Ticket, going: Walk) -> Instructions:
        """What a walk follows, as its file says now.

        Raises:
            RefusedError: it is gone; it says how the walk can be ended.
        """
        id_ = going.procedure.id
        try:
            return self.named(id_)
        except NoSuchEntryError as error:
            raise RefusedError(
                f"{ticket.ref} follows {id_}, and that is gone: {error.message} Bring its file "
                f"back, or leave it off: `sdcli fulfil {ticket.ref} --abandon`.",
                ref=ticket.ref,
                procedure=id_,
            ) from error
