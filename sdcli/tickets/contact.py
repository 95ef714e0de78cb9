"""What a contact brings along: the facts of an alert, a mail, a form or a call, as frozen values.

They are parts of events; none of them knows a ticket.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets.words import CHANGED, EVER_HAD, UNKNOWN, YES_NO

if TYPE_CHECKING:
    from collections.abc import Collection


class AlertFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a monitoring system says, in the desk's words (R1a.2, R1a.2a).

    Args:
        source: the monitoring system; `format`: the description its alert was read by.
        key: the same each time the alert fires; it always holds the environment (T18).
        component: the host or component it is about.
        severity: as the system says it.
        starts_at: since when, in UTC; `link`: where to look.
        completeness: how much of what an alert should say it says, in percent.
        missing: the names of what it does not say.
    """

    source: str
    key: str
    format: str = ""
    component: str = ""
    environment: str = ""
    severity: str = ""
    starts_at: datetime | None = None
    link: str = ""
    completeness: int = 100
    missing: tuple[str, ...] = ()


class MailFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The envelope of a mail. `automatic` says by which sign it was written by a machine (T21).

    `digest` tells it from another mail with the same id (T22).
    """

    id: str
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    automatic: str = ""
    digest: str = ""


class RequestDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked about a request, each kept apart (R1b.1, R1b.1b).

    Args:
        wanted: the outcome the caller wants; `success`: how they will know that it is there.
        failed: what failed; `expected`: what should have happened.
        evidence: messages, numbers, where to see it; `steps`: how to bring it about.
        reproduced: `yes`, `no` or `unknown`: whether the desk could; `where`: on what.
        asked_before: `yes`, `no` or `unknown`.
        ever_had: `yes` for had and lost, `no` for never, `taken` for taken away on purpose, or
            `unknown` (R2a.2a).
        last_worked: when it last worked; `others`: whether others have it too; `changed`: what
            has changed since, a word of `CHANGED` (R2a.4).
        justification: what something new is for; `wanted_by`: when it is wanted; `similar`: what
            there is that is like it; `standard_change`: whether it is done often in just this
            way; `rfc`: the request for change that asks for it already (R2a.3).
        approval: whether somebody must agree before, who did, and where (R2a.4a).
    """

    wanted: str = ""
    success: str = ""
    failed: str = ""
    expected: str = ""
    evidence: str = ""
    steps: str = ""
    reproduced: str = ""
    where: str = ""
    asked_before: str = ""
    ever_had: str = ""
    last_worked: str = ""
    others: str = ""
    changed: str = ""
    justification: str = ""
    wanted_by: str = ""
    similar: str = ""
    standard_change: str = ""
    rfc: str = ""
    approval: str = ""

    def overlaid(self, later: RequestDetails) -> RequestDetails:
        """These details, with what was said later in place of what was said before."""
        return RequestDetails(**{**self.told(), **later.told()})

    def told(self) -> dict[str, str]:
        """What has been said, by name; the rest is left out."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: text for name, text in found.items() if text}


CHOSEN: dict[str, tuple[str, ...]] = {
    "reproduced": YES_NO,
    "asked_before": YES_NO,
    "ever_had": EVER_HAD,
    "others": YES_NO,
    "changed": CHANGED,
    "standard_change": YES_NO,
}
"""The details that are one word of a list, and the words; the others are free text."""

NEEDED = "needed"
"""What a request says of the approval that it waits for (R2a.4a)."""


class Assessment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was said of the impact on the business; nobody is asked for a priority (R2c.2d).

    Args:
        people: how many cannot work; None if that was not said.
        process: the business process that stands still; `who`: the group that is hindered.
        workaround: `none`, `hard`, `good` or `unknown`.
        component: what has failed; what depends on it is hit as well (R2c.1).
        goal: the service goal that is missed, and the value `measured` (R3d.0).
        amount: how much is asked for, in the unit of the feature's capacity (R2a.3a).
    """

    people: int | None = None
    process: str = ""
    who: str = ""
    workaround: str = ""
    component: str = ""
    goal: str = ""
    measured: float | None = None
    amount: int | None = None

    def overlaid(self, later: Assessment) -> Assessment:
        """What was said before, with what was said later in its place."""
        return Assessment(**{**self.told(), **later.told()})

    def without(self, names: Collection[str]) -> Assessment:
        """What was said, but for the answers of these names."""
        kept = {name: value for name, value in self.told().items() if name not in names}
        return Assessment(**kept)

    def told(self) -> dict[str, Any]:
        """What has been said, by name; the rest is left out."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in found.items() if value not in (None, "")}


class Ground(Struct, frozen=True, omit_defaults=True):
    """Why a field of a classification has its value, and the file and line of the rule."""

    field: str
    value: str
    reason: str
    place: str = ""


SupportDecision: TypeAlias = Literal["undecided", "override", "decline", "shut-down"]


class Support(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was decided about something that the catalog does not hold (R2b.2).

    Args:
        what: what it is, in a few words; `device`: it is a device that nobody authorised.
        authorised_by: the technician with the authority for it.
        reason: why; `impact`: what working on it means; `violates`: the policy it goes against.
        until: when an override ends, in UTC; None if it is for good.
        agreement: what is promised for it.
        found: the service of the catalog that it turned out to be.
    """

    what: str
    decision: SupportDecision = "undecided"
    device: bool = False
    authorised_by: str = ""
    reason: str = ""
    impact: str = ""
    violates: str = ""
    until: datetime | None = None
    agreement: str = ""
    found: str = ""

    def classified(self, before: str, after: str, reason: str = "") -> Support:
        """What is left to decide when the service is changed: nothing while the catalog holds it.

        Without a service again, what was decided stands as it stood. A device stays one, whatever
        service it disturbs, unless the first service was named with a reason and nobody with the
        authority has decided.
        """
        if after == before:
            return self
        if after == UNKNOWN:
            return replace(self, found="") if self.found else self
        corrects = before == UNKNOWN and bool(reason) and self.decision == "undecided"
        is_found = bool(self.found) or not self.device or corrects
        return replace(self, found=after) if is_found else self


class Answer(Struct, frozen=True, omit_defaults=True):
    """One answer on a walk; `skipped` is the reason why there is none (R1b.1c)."""

    question: str
    answer: str = ""
    skipped: str = ""


class Walk(Struct, frozen=True, kw_only=True):
    """The way taken through question trees, and their version (R2a.5).

    `tree` names the trees in the order in which they were walked, as `start > incident/vpn`.
    """

    tree: str
    version: str
    answers: tuple[Answer, ...]


class Attachment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that belongs to a ticket, kept once by its content (R1b.1b).

    `refused` is the reason why only its name, size and hash were kept.
    """

    name: str
    size: int
    sha256: str
    mime: str = ""
    refused: str = ""


class Correction(Struct, frozen=True):
    """A value that was found wrong or missing when an alert was validated (R1b.2)."""

    before: str
    after: str


class Bulletin(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The front-end message of a known failure, as it stands (R1a.1f).

    Args:
        text: what callers are told; `state`: how far the work on it is, in a few words.
        services: whom it concerns; all services if empty. `site`: only callers there, if given.
        until: when the end is expected; `next_update`: when there will be more to say. UTC.
    """

    text: str
    state: str = ""
    services: tuple[str, ...] = ()
    site: str = ""
    until: datetime | None = None
    next_update: datetime | None = None
