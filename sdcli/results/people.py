"""People: contacts, who is on duty, and what somebody may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.intake.roster import Taken
    from sdcli.policy.authority import Right
    from sdcli.policy.people import Person
    from sdcli.policy.teams import Technician
    from sdcli.sla.duty import Duty, Span


class PeopleFound(Struct, frozen=True):
    """Contacts that fit what was looked for; `more` fit and were left out."""

    text: str
    people: Sequence[Person]
    more: int = 0
    exit_code: int = DONE


class PeopleImported(Struct, frozen=True):
    """What a list of contacts did, or would do."""

    taken: Taken
    dry_run: bool
    exit_code: int = DONE


class Duties(Struct, frozen=True, kw_only=True):
    """Who is on duty (R5b.2).

    Args:
        at: the instant, in seconds of UTC; `zone`: the desk's, for people.
        queues: who is on call, by queue; `manager`: who answers for the desk.
        shifts: the coming ones by queue; those of the duty managers are under no name.
        people: those who may be named, by id.
    """

    at: int
    zone: str
    queues: Mapping[str, Duty]
    manager: Duty
    shifts: Sequence[tuple[str, Span]] = ()
    people: Mapping[str, Technician]
    exit_code: int = DONE


class WhoActs(Struct, frozen=True, kw_only=True):
    """Somebody, and what they may do (R0.2).

    Args:
        known: None if no team has them.
        queues: those they work in; `leads`: those they lead; `on_call`: those they are on call for now.
        rights: what they may and may not do, and who could.
    """

    person: str
    known: Technician | None
    queues: Sequence[str]
    leads: Sequence[str]
    on_call: Sequence[str]
    rights: Sequence[Right]
    exit_code: int = DONE
