"""What a file of `catalog/procedures/` or `catalog/changes/` says: how something is done.

A procedure serves what the catalog offers; a standard change brings about something new in a way
that has worked before and was approved for good (R3b.2a, R3c2.1a). As in `model`, the classes are
the schema. They are apart because only what fulfils needs them.
"""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from msgspec import Struct

from sdcli.errors import DataFileError, Problem
from sdcli.policy.model import CallerClass
from sdcli.policy.process import Demand
from sdcli.policy.scalars import Amount, Day, Seconds, Span
from sdcli.policy.teams import Authority, Role
from sdcli.tickets.words import RequestType

PROCEDURES = "catalog/procedures"
CHANGES = "catalog/changes"
REFUSED = f"{CHANGES}/refused.yaml"
"""The one file in the folder that is no standard change."""

ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
"""How the id of a procedure or a standard change is written: never like that of an article."""
BRACED = re.compile(r"\{([^{}]*)\}")
"""A name in braces, in an argument of a program."""
ARGUMENTS = (
    *("ref", "user", "name", "mail", "unit", "site", "service", "feature", "by", "procedure"),
)
"""What an argument of a program may name."""
LONGEST_RUN = Seconds(600)
_LIMIT = Seconds(30)


class Authorisation(Struct, frozen=True, kw_only=True):
    """Who may decide whether it is done: any one of these (R3b.2).

    Args:
        authority, roles: of a technician, as in `catalog/teams.yaml`.
        people: contacts or technicians, by id; `manager`: that of whoever gets it.
        why: what they decide on.
    """

    authority: tuple[Authority, ...] = ()
    roles: tuple[Role, ...] = ()
    people: tuple[str, ...] = ()
    manager: bool = False
    why: str = ""
    place: str


class Entitled(Struct, frozen=True, kw_only=True):
    """Who may have it: callers of these units and of these classes; nothing named is everybody."""

    units: tuple[str, ...] = ()
    classes: tuple[CallerClass, ...] = ()
    place: str


class Hook(Struct, frozen=True, kw_only=True):
    """A program that does a step, or all of it (R0.8).

    Args:
        command: the program and its arguments, as they are: no shell reads them. A path with a
            slash is from the root, or inside the desk. What is in braces is filled in.
        step: the number of the step that it does; 0 if none in particular.
        time_limit: how long it may run.
        may: who may start it.
    """

    command: tuple[str, ...]
    step: int = 0
    time_limit: Seconds = _LIMIT
    may: Demand = Demand()
    place: str


class Instructions(Struct, frozen=True, kw_only=True):
    """What a procedure and a standard change have in common: one template for all (R3b.2a).

    Args:
        id: by default the name of the file.
        describes: what it is for, so that it can be told from others.
        services, features, requests: what it serves, by the ids of the catalog: `vpn`,
            `vpn/remote-work`, `vpn/remote-work/remote-access`.
        prerequisites: what must be so before it begins, by a short name.
        authorisation: who must agree before; nobody if it is not there.
        entitled: who may have it.
        calendar: the hours in which it can be done; at any time if it is empty.
        takes: how long it takes, in working time; `effort`: how much work it is.
        owner, second_owner: whom to ask where it does not work: a queue or a technician.
        expires: the day through which it is good.
        verification: how to see that it has worked; `follow_ups`: what is to be done afterwards.
        on_site: whether somebody must be there.
        revision: the hash of what it says; see `revision_of`.
    """

    OWN: ClassVar[tuple[str, ...]] = ("revision",)

    format: Literal[1]
    id: str = ""
    title: str
    describes: str
    services: tuple[str, ...]
    features: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    keywords: tuple[str, ...]
    prerequisites: dict[str, str] = {}
    authorisation: Authorisation | None = None
    entitled: Entitled | None = None
    calendar: str = ""
    licences: str = ""
    cost: str = ""
    takes: Amount
    effort: Span
    owner: str
    second_owner: str
    expires: Day
    steps: tuple[str, ...]
    verification: str
    follow_ups: tuple[str, ...] = ()
    on_site: bool = False
    hook: Hook | None = None
    revision: str = ""
    place: str

    def is_expired(self, today: str) -> bool:
        """Whether it is to be looked through again; it is good through the day that it names."""
        return self.expires < today


class Procedure(Instructions, frozen=True, kw_only=True):
    """`catalog/procedures/NAME.yaml`: how a request for something that is offered is fulfilled.

    `audience`: whether callers may do it themselves, or only the desk.
    """

    type: RequestType = "fulfilment"
    audience: Literal["user", "desk"] = "desk"


class Rfc(Struct, frozen=True, kw_only=True):
    """What is filled in beforehand in a request for change: its kind and its fields (R3c2.1a)."""

    category: str
    fields: dict[str, str] = {}


class Approved(Struct, frozen=True, kw_only=True):
    """That change control has made it a standard change: who, when, and where that stands."""

    by: str
    date: Day
    reference: str


class Succeeded(Struct, frozen=True, kw_only=True):
    """An earlier run that went well: the ticket or change that it was, and when."""

    reference: str
    date: Day


class Desk(Struct, frozen=True, kw_only=True):
    """Who may carry it out without asking change control again (R3c2.2).

    Members of these queues, and technicians with one of these roles; where nothing is named,
    nobody of the desk.
    """

    queues: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    place: str


class StandardChange(Instructions, frozen=True, kw_only=True):
    """`catalog/changes/NAME.yaml`: a change that is done the same way each time (R3c2.1).

    Args:
        rfc: the part that fills in the request for change; the steps are the other part.
        succeeded: an earlier run that went well; `approved`: that it was made a standard one.
        authorised: who may carry it out.
        done: what determines that it is complete.
    """

    type: RequestType = "new-service"
    rfc: Rfc
    succeeded: Succeeded
    approved: Approved
    authorised: Desk
    done: str


class Offered(Struct, frozen=True):
    """The procedures and standard changes of a desk by id, and what is wrong with their files.

    A file with a problem gives none. `wrong`: the ids of those that could not be read.
    """

    procedures: dict[str, Procedure] = {}
    changes: dict[str, StandardChange] = {}
    problems: tuple[Problem, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def all(self) -> dict[str, Procedure | StandardChange]:
        """Both, by id."""
        return {**self.procedures, **self.changes}

    def require_readable(self, id_: str) -> None:
        """Refuse what could not be read.

        Raises:
            DataFileError: its file is wrong; it says where.
        """
        if id_ in self.wrong:
            own = [each for each in self.problems if id_ in each.file]
            raise DataFileError(own or list(self.problems))
