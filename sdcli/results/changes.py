"""Requests for something new, and requests for change (R3c1, R3c3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.changes.new_services import Met
    from sdcli.changes.request import RequestForChange
    from sdcli.intake.before import Alike
    from sdcli.policy.changes import Templates
    from sdcli.tickets.event import RequestFiltered
    from sdcli.tickets.ticket import Ticket


class Filtering(Struct, frozen=True):
    """What the filter sees in a request for something new; nothing was decided by it (R3c1.1).

    `decision`: what was decided last.
    """

    ticket: Ticket
    met: Sequence[Met]
    duplicates: Sequence[Alike]
    decision: RequestFiltered | None = None
    exit_code: int = DONE


class ChangeShown(Struct, frozen=True, kw_only=True):
    """A request for change as it stands, or what one would say and lack (R3c3.1, R3c3.3).

    Args:
        change: None if it is none yet.
        category, fields: what would be in it, if a category is known; `missing`: what it needs.
        similar: earlier ones.
    """

    ticket: Ticket
    templates: Templates
    change: RequestForChange | None = None
    category: str = ""
    fields: Mapping[str, str] = {}
    missing: Sequence[str] = ()
    similar: Sequence[Alike] = ()
    exit_code: int = DONE


class ChangesListed(Struct, frozen=True):
    """Requests for change and how far each is, as of `now`; the oldest first."""

    rows: Sequence[tuple[Ticket, RequestForChange]]
    now: datetime
    exit_code: int = DONE


class ChangeExported(Struct, frozen=True):
    """A request for change as a document of its own, in JSON or in Markdown (R3c3.3)."""

    change: RequestForChange
    ticket: Ticket
    templates: Templates
    as_markdown: bool
    exit_code: int = DONE
