"""What there is to be followed, and how it does: what `sdcli procedure` calls (R3b.1a, R3d3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import DONE, PARTLY_DONE, LedgerDamagedError, NoSuchEntryError
from sdcli.fulfilments.offers import Offers
from sdcli.fulfilments.times import Times
from sdcli.policy.procedures import CHANGES, PROCEDURES, Procedure, StandardChange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.fulfilment.walk import Walk
    from sdcli.results.fulfilment import ProcedureShown, ProceduresListed, ProcedureStatistics
    from sdcli.tickets.ticket import Ticket


class Procedures:
    """The procedures and standard changes of an open desk."""

    def __init__(self, desk: Desk, offers: Offers | None = None) -> None:
        self._desk = desk
        self._offers = offers or Offers(desk)
        self._times = Times(desk)

    def listed(self, service: str = "", kind: str = "") -> ProceduresListed:
        """The procedures and standard changes, of one service or one kind if that is given.

        What is wrong with files is told, and the others are listed.
        """
        from sdcli.results.fulfilment import ProceduresListed  # noqa: PLC0415 - as elsewhere

        kinds = {"procedure": Procedure, "standard-change": StandardChange}
        rows = [
            each
            for each in self._offers.offered.all.values()
            if (not service or service in each.services)
            and (not kind or isinstance(each, kinds[kind]))
        ]
        return ProceduresListed(rows, str(self._desk.today), self._told_wrong())

    def _told_wrong(self) -> int:
        """Tell what is wrong with files; the exit code for that."""
        for problem in self._offers.offered.problems:
            self._desk.tell(str(problem))
        return PARTLY_DONE if self._offers.offered.problems else DONE

    def shown(self, given: str) -> ProcedureShown:
        """One procedure or standard change.

        Raises:
            NoSuchEntryError: there is none of this id.
            DataFileError: its file is wrong.
        """
        from sdcli.results.fulfilment import ProcedureShown  # noqa: PLC0415 - as elsewhere

        return ProcedureShown(self._offers.named(given), str(self._desk.today))

    def statistics(
        self, ids: Sequence[str], *, since: datetime | None, until: datetime | None
    ) -> ProcedureStatistics:
        """How procedures and standard changes do in a period, and what to do about them (R3b.1a).

        Raises:
            NoSuchEntryError: there is no such procedure, and nobody ever followed one.
        """
        from sdcli.fulfilment import figures  # noqa: PLC0415 - only a report
        from sdcli.results.fulfilment import ProcedureStatistics  # noqa: PLC0415 - as elsewhere

        desk, offered = self._desk, self._offers.offered.all
        tickets = [each for each in desk.touched(since) if not each.is_problem]
        found = figures.figures(
            figures.runs(tickets, since=since, until=until), offered, desk.today, self._took
        )
        known = [each.id for each in found]
        wanted = [next((id_ for id_ in known if id_.casefold() == x.casefold()), x) for x in ids]
        for id_ in wanted:
            if id_ not in known:
                kind = "procedure or standard change"
                raise NoSuchEntryError(kind, id_, known, f"{PROCEDURES} or {CHANGES}")
        return ProcedureStatistics(
            rows=[each for each in found if not wanted or each.id in wanted],
            advice=[] if wanted else figures.advice(found, offered, desk.today),
            unfitted=[] if wanted else figures.nothing_fitted(tickets, since=since, until=until),
            since=since,
            until=until,
            is_narrowed=bool(wanted),
            exit_code=self._told_wrong(),
        )

    def _took(self, ticket: Ticket, going: Walk) -> int | None:
        """How long a walk took, in working time; None if the service levels of then are gone."""
        if going.ended is None:
            return None
        try:
            time = self._times.of(ticket, None)
        except LedgerDamagedError:
            return None
        return time.between(_seconds(going.begins), _seconds(going.ended.at))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
