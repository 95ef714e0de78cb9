"""Why a clock stands as it does, and the working time by which it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.sla.agenda import Agenda, Between, Due, Headline, Outlook
    from sdcli.sla.explain import Explained as ExplainedTarget
    from sdcli.sla.explain import Explanation
    from sdcli.tickets.ticket import Ticket


class ClocksExplained(Struct, frozen=True, kw_only=True):
    """Why targets of a ticket stand as they do (R5b.1).

    Args:
        ticket: as it was at the instant that is looked at.
        found: the explanations by target; `shown` is the one that is told in full.
        zone: the IANA time zone of the desk.
        summaries: whether the others are told in a line each.
        whole: tell every interval, and fold none together.
        picture: where the picture was written; empty if nowhere, `-`: print it and nothing else.
    """

    ticket: Ticket
    found: Mapping[ExplainedTarget, Explanation]
    shown: ExplainedTarget
    zone: str
    summaries: bool = True
    whole: bool = False
    picture: str = ""
    exit_code: int = DONE

    def printed(self, *, whole: bool, picture: str) -> ClocksExplained:
        """The same, to be told with every interval, or with a picture."""
        return replace(self, whole=whole, picture=picture)


class CalendarDue(Struct, frozen=True):
    """When an amount of working time is over."""

    due: Due
    exit_code: int = DONE


class CalendarBetween(Struct, frozen=True):
    """The working time between two instants."""

    between: Between
    exit_code: int = DONE


class CalendarShown(Struct, frozen=True):
    """The days of a calendar, one by one."""

    agenda: Agenda
    exit_code: int = DONE


class CalendarsListed(Struct, frozen=True):
    """All calendars in short."""

    heads: Sequence[Headline]
    exit_code: int = DONE


class CalendarsChecked(Struct, frozen=True):
    """What calendars have in store for twelve months; as of `now`, in seconds of UTC."""

    outlooks: Sequence[Outlook]
    now: int
    exit_code: int = DONE
