"""A year of a desk's life, made up: every kind of event that a figure depends on, in legal histories.

The same seed gives the same year, but for the ids of events, which are of chance. What is made goes
through the ledger as everything does: created, appended, entered late, taken back, imported; part
of it lies in archives and part in the journal. Beside the desk lies what it promises, as plain JSON
(`PROMISES`), for a program that cannot read the desk's files.
"""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime, timedelta, timezone
from random import Random
from typing import TYPE_CHECKING, Any, Literal
from unittest.mock import patch

from sdcli.errors import IllegalStepError
from sdcli.ledger.tiny import compact
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.policy.load import read_policy
from sdcli.tickets import event as e
from sdcli.tickets.contact import AlertFacts, Bulletin, Support
from sdcli.tickets.event import ArticleUse, Edition, Opened, Stamp
from sdcli.tickets.ticket import advance, fold
from tests.conftest import FORMATS, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.ledger.interface import Writer
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.quality import CheckAnswer
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import RequestType

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
NOW = datetime(2027, 1, 4, 10, 0, tzinfo=timezone.utc)
"""When the year is looked at: the Monday after it."""

_ADVENT = datetime(2026, 12, 1, tzinfo=timezone.utc)

_ENGLAND = [
    "2025-12-25",
    "2025-12-26",
    "2026-01-01",
    "2026-04-03",
    "2026-04-06",
    "2026-05-04",
    "2026-05-25",
    "2026-08-31",
    "2026-12-25",
    "2026-12-28",
    "2027-01-01",
]
"""Bank holidays, as they are in the calendars of England."""

_CALENDARS = """calendars:
  business-hours:
    zone: Europe/London
    hours:
      mon: ["08:00-12:00", "13:00-18:00"]
      tue: ["08:00-12:00", "13:00-18:00"]
      wed: ["08:00-12:00", "13:00-18:00"]
      thu: ["08:00-12:00", "13:00-18:00"]
      fri: ["08:00-12:00", "13:00-17:00"]
    public_holidays: {country: GB, subdivision: ENG}
    holidays: {"2026-06-12": Works outing}
    special_hours: {"2026-12-24": {name: Christmas Eve, hours: ["08:00-12:00"]}}
    breaks: {"2026-03-30": ["10:00-11:00"]}
  extended-hours:
    zone: America/New_York
    hours:
      mon: ["07:00-21:00"]
      tue: ["07:00-21:00"]
      wed: ["07:00-21:00"]
      thu: ["07:00-21:00"]
      fri: ["07:00-21:00"]
      sat: ["22:00-06:00"]
    holidays: {"2026-07-03": Independence Day}
  around-the-clock:
    zone: UTC
    hours:
      mon: ["00:00-24:00"]
      tue: ["00:00-24:00"]
      wed: ["00:00-24:00"]
      thu: ["00:00-24:00"]
      fri: ["00:00-24:00"]
      sat: ["00:00-24:00"]
      sun: ["00:00-24:00"]
"""
_AGREEMENTS = """targets:
  P1: {response: 15m, update: 1h, resolution: 4h, usual: 1h}
  P2: {response: 30m, update: 2h, resolution: 8h}
  P3: {response: 2h, update: 10h, resolution: 20h}
  P4: {response: 4h, update: 20h, resolution: 40h}
  P5: {response: 8h, resolution: 80h}
on_reopen: resume
default_agreement: standard
agreements:
  standard:
    name: Standard support
    calendar: business-hours
  extended:
    name: Extended support
    calendar: extended-hours
  critical:
    name: Around the clock
    calendar: around-the-clock
    fixed_calendar: true
    targets:
      P1: {response: 10m, resolution: 2h}
      P2: {response: 20m, resolution: 6h}
  goodwill:
    name: Best effort
    calendar: business-hours
    on_reopen: new_cycle
    targets:
      P1: {response: 1h, resolution: 20h}
      P2: {response: 2h, resolution: 40h}
      P3: {response: 8h, resolution: 3 business_days}
      P4: {response: 16h, resolution: 120h}
      P5: {response: 20h, resolution: 10 business_days}
coverage:
  - {agreement: extended, units: [Finance]}
  - {agreement: goodwill, units: [Finance], types: [information]}
  - {agreement: goodwill, services: [intranet]}
sites:
  Manchester: {calendar: extended-hours}
operational_levels:
  network: {targets: {P1: 1h, P2: 3h}}
alerts:
  warn_at: [80]
  warning: [assignee]
  breach: [assignee]
"""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_H = 3600
_TABLE: dict[str, dict[str, Any]] = {
    "P1": {"response": 900, "update": _H, "resolution": 4 * _H},
    "P2": {"response": 1800, "update": 2 * _H, "resolution": 8 * _H},
    "P3": {"response": 2 * _H, "update": 10 * _H, "resolution": 20 * _H},
    "P4": {"response": 4 * _H, "update": 20 * _H, "resolution": 40 * _H},
    "P5": {"response": 8 * _H, "resolution": 80 * _H},
}
_CRITICAL = {
    **_TABLE,
    "P1": {"response": 600, "update": _H, "resolution": 2 * _H},
    "P2": {"response": 1200, "update": 2 * _H, "resolution": 6 * _H},
}
_GOODWILL: dict[str, dict[str, Any]] = {
    "P1": {"response": _H, "update": _H, "resolution": 20 * _H},
    "P2": {"response": 2 * _H, "update": 2 * _H, "resolution": 40 * _H},
    "P3": {"response": 8 * _H, "update": 10 * _H, "resolution": {"business_days": 3}},
    "P4": {"response": 16 * _H, "update": 20 * _H, "resolution": 120 * _H},
    "P5": {"response": 20 * _H, "resolution": {"business_days": 10}},
}
_OFFICE = ["08:00", "12:00"], ["13:00", "18:00"]
PROMISES: dict[str, Any] = {
    "calendars": {
        "business-hours": {
            "zone": "Europe/London",
            "hours": {
                **dict.fromkeys(_DAYS[:4], _OFFICE),
                "fri": [["08:00", "12:00"], ["13:00", "17:00"]],
            },
            "holidays": [*_ENGLAND, "2026-06-12"],
            "special_hours": {"2026-12-24": [["08:00", "12:00"]]},
            "breaks": {"2026-03-30": [["10:00", "11:00"]]},
        },
        "extended-hours": {
            "zone": "America/New_York",
            "hours": {
                **dict.fromkeys(_DAYS[:5], (["07:00", "21:00"],)),
                "sat": [["22:00", "06:00"]],
            },
            "holidays": ["2026-07-03"],
        },
        "around-the-clock": {"zone": "UTC", "hours": dict.fromkeys(_DAYS, (["00:00", "24:00"],))},
    },
    "agreements": {
        "standard": {"calendar": "business-hours", "targets": _TABLE},
        "extended": {"calendar": "extended-hours", "targets": _TABLE},
        "critical": {
            "calendar": "around-the-clock",
            "fixed_calendar": True,
            "targets": _CRITICAL,
        },
        "goodwill": {
            "calendar": "business-hours",
            "on_reopen": "new_cycle",
            "targets": _GOODWILL,
        },
    },
    "on_reopen": "resume",
    "default_agreement": "standard",
    "default_calendar": "business-hours",
    "coverage": [
        {"agreement": "extended", "units": ["Finance"]},
        {"agreement": "goodwill", "units": ["Finance"], "types": ["information"]},
        {"agreement": "goodwill", "services": ["intranet"]},
    ],
    "sites": {"Manchester": "extended-hours"},
    "queues": {
        "service-desk": 1,
        "onsite": 1,
        "workplace": 2,
        "network": 2,
        "servers": 2,
        "applications": 2,
        "identity": 2,
        "security": 3,
        "databases": 3,
        "platform": 3,
        "suppliers": 3,
        "change-control": 3,
    },
    "surveys": {
        "incident": {
            "again": "satisfaction",
            "first": "solved-at-first",
            "heard": "time-to-respond",
            "informed": "kept-informed",
        },
        "fulfilment": {"useful": "satisfaction", "speed": "time-to-resolve"},
        "information": {"answered": "satisfaction", "also": "satisfaction", "alone": "self-help"},
    },
}
"""What the desk promises, by hand: nothing of sdcli has read it."""

_SURVEYS = """format: 1
surveys:
  incident:
    questions:
      again: {ask: Does it work again?, figure: satisfaction}
      first: {ask: Was it solved at once?, figure: solved-at-first}
      heard: {ask: Did you hear from us soon?, figure: time-to-respond}
      informed: {ask: Did you know where it stood?, figure: kept-informed}
  fulfilment:
    questions:
      useful: {ask: Do you have what you asked for?, figure: satisfaction}
      speed: {ask: Did you have it in time?, figure: time-to-resolve}
  information:
    questions:
      answered: {ask: Was your question answered?, figure: satisfaction}
      also: {ask: Was the answer clear?, figure: satisfaction}
      alone: {ask: Would you find it yourself?, figure: self-help}
"""

_PEOPLE = ("amara", "ben", "chloe", "tariq", "dmitri", "elena", "greta", "ines", "kofi")
_QUEUES = (*PROMISES["queues"], "former-team")
_SERVICES = ("email", "vpn", "wifi", "erp", "intranet", "telephony", "printing", "unknown")
_TYPES: tuple[RequestType, ...] = (
    "incident",
    "incident",
    "fulfilment",
    "new-service",
    "information",
    "unknown",
)
_CHANNELS = ("phone", "phone", "mail", "portal", "portal", "chat", "unknown")
_UNITS = ("Finance", "Sales", "Logistics", "")
_SITES = ("London", "Manchester", "manchester", "")
_CODES = ("solved", "workaround", "answered", "fulfilled", "planned-outage", "user-error")
_OUTAGES = ("mail-gateway-update", "dispatch-moves", "")
_OUTCOMES = ("shared", "applied", "helped", "helped", "no-effect", "harmful", "unknown")
_ARTICLES = ("KB-101", "KB-103", "KB-104", "KB-110", "KB-115")


def desk(root: Path) -> Path:
    """The files of the desk whose year it is, and `promises.json` beside them."""
    root.mkdir(parents=True)

    def left_out(folder: str, names: list[str]) -> list[str]:
        theirs = folder.endswith("/catalog/intake")
        return [name for name in names if theirs and name.partition(".")[0] not in FORMATS]

    shutil.copytree(REPOSITORY / "catalog", root / "catalog", ignore=left_out)
    shutil.copytree(REPOSITORY / "kb", root / "kb")
    text = (REPOSITORY / "sla_policies.yaml").read_text(encoding="utf-8")
    matrix = re.search(r"(?m)^matrix:\n(?:  .*\n)+", text)
    assert matrix
    policies = f"format: 1\n{_CALENDARS}{matrix.group()}{_AGREEMENTS}"
    (root / "sla_policies.yaml").write_text(policies, encoding="utf-8")
    (root / "catalog" / "survey.yaml").write_text(_SURVEYS, encoding="utf-8")
    levels = read_policy(str(root)).levels
    services = {
        name: {"agreement": each.agreement, "calendar": each.calendar}
        for name, each in levels.services.items()
    }
    promises = {
        **PROMISES,
        "services": services,
        "override_agreement": levels.override_agreement,
    }
    (root / "promises.json").write_text(json.dumps(promises, indent=1), encoding="utf-8")
    return root


class Story:
    """One ticket while it is made up: every event is legal where it stands.

    Args:
        rng: the chance.
        ref: the reference that the ledger will give it.
        begin: when it is opened; `end`: when the making up ends at the latest.
    """

    def __init__(self, rng: Random, ref: str, begin: datetime, end: datetime) -> None:
        self.rng, self.ref, self.at, self.end = rng, ref, begin, end
        self.said: list[AnyEvent] = []
        self.ticket: Ticket
        self.is_alert = rng.random() < 0.15
        self._open()

    # How time goes by, and what is said.

    def wait(self, hours: float) -> bool:
        """Let some time pass, so many hours about; whether there is any left."""
        self.at += timedelta(seconds=int(self.rng.expovariate(1 / (hours * 3600))) + 1)
        return self.at < self.end

    def mark(self, *, late: datetime | None = None, by: str = "") -> Any:
        """The first fields of an event."""
        person = by or self.rng.choice(_PEOPLE)
        if late is not None:
            return Stamp(at=late, by=person, entered=self.at).mark()
        return Stamp(at=self.at, by=person).mark()

    def say(self, event: AnyEvent) -> bool:
        """Add an event; whether it could be added."""
        try:
            self.ticket = advance(self.ticket, [event])
        except IllegalStepError:
            return False
        self.said.append(event)
        return True

    def _open(self) -> None:
        rng = self.rng
        alert = None
        if self.is_alert:
            alert = AlertFacts(source="mon", key=f"k{self.ref}", component=f"host{self.ref}")
        opening = Opened(
            *self.mark(),
            summary=f"Something about {self.ref}",
            queue=rng.choice(("service-desk",) * 6 + _QUEUES),
            priority=rng.choice(("P1", "P2", "P3", "P3", "P4", "P5")),
            channel="monitoring" if alert else rng.choice((*_CHANNELS, "monitoring")),
            requester="unknown" if alert else rng.choice(("ada", "bruno", "carmen", "unknown")),
            type="incident" if alert else rng.choice(_TYPES),
            service=rng.choice(_SERVICES),
            minutes=rng.choice((0, 0, 3, 5)),
            key=alert.key if alert else "",
            alert=alert,
            unit="" if alert else rng.choice(_UNITS),
            site=rng.choice(_SITES),
            outage=rng.choice(("", "", "", "", "", "", "mail-gateway-update")),
            agreement=rng.choice(("", "", "", "", "", "goodwill", "gone")),
            record="problem" if rng.random() < 0.04 else "request",
            tier=rng.choice((0, 0, 1, 2)),
        )
        self.said.append(opening)
        self.ticket = fold(self.ref, [opening])

    # What can happen.

    def tell(self, *, visible: bool | None = None) -> bool:
        """A note, of which every other one is told to the caller."""
        seen = self.rng.random() < 0.5 if visible is None else visible
        minutes = self.rng.choice((0, 0, 2, 7, 15))
        return self.say(e.Noted(*self.mark(), text="a word", visible=seen, minutes=minutes))

    def hand(self) -> bool:
        """To a person, to a queue, back, or taken on."""
        rng, ticket = self.rng, self.ticket
        by = ticket.assignee or ""
        way = rng.randrange(6)
        if way == 0:
            return self.say(e.Accepted(*self.mark(by=rng.choice((by, "")))))
        if way == 1:
            to = rng.choice((*_PEOPLE, None))
            return self.say(e.Assigned(*self.mark(), to=to, queue=ticket.queue))
        if way == 2:
            to = rng.choice((*_PEOPLE, None))
            return self.say(e.Assigned(*self.mark(), to=to, queue=rng.choice(_QUEUES)))
        if way == 3:
            to = ticket.handed_from or "service-desk"
            return self.say(e.Returned(*self.mark(), to=to, reason="not ours"))
        to = rng.choice(("network", "servers", "service-desk"))
        return self.say(e.Escalated(*self.mark(), hand_over="escalate", to=to, reason="deeper"))

    def classify(self) -> bool:
        """Another class, of which some are found to have been wrong."""
        rng, ticket = self.rng, self.ticket
        return self.say(
            e.Classified(
                *self.mark(),
                type=rng.choice((ticket.type, "fulfilment", *_TYPES)),
                service=rng.choice((ticket.service, ticket.service, *_SERVICES)),
                feature="unknown",
                impact="medium",
                urgency="medium",
                priority=rng.choice((ticket.priority, "P1", "P2", "P3", "P4", "P5")),
                reason=rng.choice(("", "as it turned out")),
                discovered=rng.choice(("", "", "diagnosis", "screening")),
            )
        )

    def pause(self) -> bool:
        """Somebody is waited for, or not any more."""
        if self.ticket.status == "waiting" and self.rng.random() < 0.7:
            return self.say(e.Resumed(*self.mark()))
        who = self.rng.choice(("user", "user", "vendor", "other"))
        return self.say(e.Waited(*self.mark(), waiting_for=who))

    def hear(self) -> bool:
        """The caller says more, or another one has it too."""
        minutes = self.rng.choice((0, 1, 4))
        if self.rng.random() < 0.3:
            return self.say(e.AlsoAffected(*self.mark(), contact="dana", minutes=minutes))
        return self.say(e.Contacted(*self.mark(), text="and another thing", minutes=minutes))

    def work(self) -> bool:
        """Steps, fixes and procedures, with the effort that they took."""
        rng = self.rng
        minutes = rng.choice((0, 5, 10, 30))
        way = rng.randrange(4)
        if way == 0:
            return self.say(
                e.TroubleshootingStepped(
                    *self.mark(), hypothesis="the cable", change="another one", minutes=minutes
                )
            )
        if way == 1:
            return self.say(e.FixApplied(*self.mark(), what="a restart", minutes=minutes))
        if way == 2:
            edition = Edition("join", "r1")
            step = e.FulfilmentStepped(
                *self.mark(),
                procedure=edition,
                number=1,
                step="Do it",
                result="done",
                minutes=minutes,
            )
            return self.say(step)
        return self.say(e.ServiceResumed(*self.mark(), how="it works"))

    def monitor(self) -> bool:
        """What a monitoring system says."""
        key, way = f"k{self.ref}", self.rng.randrange(4)
        if way == 0:
            return self.say(e.Repeated(*self.mark(by="monitoring"), key=key))
        if way == 1:
            facts = AlertFacts(source="mon", key=f"{key}b", component="other")
            return self.say(
                e.Correlated(
                    *self.mark(by="monitoring"), key=f"{key}b", summary="x", alert=facts, rule="r"
                )
            )
        clear = self.rng.random() < 0.7
        return self.say(e.Recovered(*self.mark(by="monitoring"), key=key, all_clear=clear))

    def uses(self) -> tuple[ArticleUse, ...]:
        """Some articles, and what they did."""
        rng = self.rng
        count = rng.choice((0, 0, 0, 1, 1, 2))
        return tuple(ArticleUse(rng.choice(_ARTICLES), rng.choice(_OUTCOMES)) for _ in range(count))

    def read(self) -> bool:
        """Articles were used, or none fitted."""
        return self.say(e.ArticlesUsed(*self.mark(), articles=self.uses()))

    def unsupported(self) -> bool:
        """It is about something that the catalog does not hold."""
        rng = self.rng
        support = Support(
            what=rng.choice(("An old fax", "an  old FAX ", "A private phone")),
            decision=rng.choice(("undecided", "override", "decline", "shut-down")),
            device=rng.random() < 0.3,
            agreement=rng.choice(("", "goodwill", "gone")),
        )
        return self.say(e.SupportDecided(*self.mark(), support=support))

    def sift(self) -> bool:
        """Something new was let through, or not."""
        if self.ticket.type != "new-service":
            return False
        decisions: tuple[Literal["accepted", "rejected"], ...] = (
            "accepted",
            "rejected",
            "rejected",
        )
        decision = self.rng.choice(decisions)
        rule = "" if decision == "accepted" else self.rng.choice(("exists", "no-budget"))
        return self.say(e.RequestFiltered(*self.mark(), decision=decision, rule=rule))

    def announce(self) -> bool:
        """A bulletin is posted; most say something new once, or end, some time later."""
        if not self._post():
            return False
        for _ in range(self.rng.choice((0, 0, 1))):
            if self.wait(30):
                self._post()
        if self.rng.random() < 0.8 and self.wait(30):
            self.say(e.Withdrawn(*self.mark()))
        return True

    def _post(self) -> bool:
        rng = self.rng
        services = rng.choice((("telephony",), ("email",), ("vpn", "wifi"), ("erp",)))
        bulletin = Bulletin(text="We know", services=services, site=rng.choice(("", "LONDON")))
        return self.say(e.Announced(*self.mark(), bulletin=bulletin))

    def resolve(self) -> bool:
        """It is solved."""
        code = self.rng.choice(_CODES)
        return self.say(e.Resolved(*self.mark(), code=code, articles=self.uses()))

    def close(self) -> bool:
        """It is closed; what was not resolved is resolved by it, at the same instant."""
        rng = self.rng
        code = self.ticket.code or rng.choice(_CODES)
        by = rng.choice(_PEOPLE)
        if self.ticket.status != "resolved" and not self.say(
            e.Resolved(*self.mark(by=by), code=code)
        ):
            return False
        confirmed = rng.choice(("ada", ""))
        return self.say(
            e.Closed(
                *self.mark(by=by),
                code=rng.choice((code, code, "planned-outage")),
                confirmed_by=confirmed,
                unconfirmed="" if confirmed else "no answer",
                articles=self.uses(),
                outage=rng.choice(_OUTAGES),
            )
        )

    def reopen(self) -> bool:
        """It was not solved after all."""
        return self.say(e.Reopened(*self.mark(), reason="again"))

    def ask(self) -> bool:
        """The caller is asked how it was, and answers once or twice."""
        name = self.ticket.type
        questions = PROMISES["surveys"].get(name)
        if not questions or self.ticket.status not in ("resolved", "closed"):
            return False
        meant = dict.fromkeys(questions, "self-help")  # the desk has changed its mind since
        sent = e.SurveySent(
            *self.mark(),
            survey=name,
            to="ada",
            questions=tuple(questions),
            figures=self.rng.choice(({}, questions, meant)),
        )
        if not self.say(sent):
            return False
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            if self.wait(20):
                asked = list(questions)[: self.rng.randint(1, len(questions))]
                scores = {each: self.rng.randint(1, 5) for each in (*asked, "gone")}
                self.say(e.SurveyAnswered(*self.mark(), survey=name, scores=scores))
        return True

    def look(self) -> bool:
        """Somebody reviews how it was done."""
        if not self.ticket.is_closed:
            return False
        answers: tuple[CheckAnswer, ...] = ("yes", "yes", "no", "n/a")
        names = ("class", "notes", "tone", "knowledge")
        checks = {name: self.rng.choice(answers) for name in names}
        return self.say(e.Reviewed(*self.mark(), checks=checks, checklist="c1"))

    def take_back(self) -> bool:
        """Something is undone, or an undoing is."""
        rng = self.rng
        gone = set(self.ticket.undone)
        kept = (e.Imported,)  # to take back an import makes the ticket void
        every = (each for each in self.ticket.events[1:] if not isinstance(each, kept))
        chosen = [each for each in every if each.id not in gone]
        if rng.random() < 0.3:
            chosen = [each for each in chosen if isinstance(each, e.Undone)]
        if not chosen:
            return False
        named = rng.choice(chosen[-4:])
        return self.say(e.Undone(*self.mark(), undoes=(named.id,)))

    def late(self) -> bool:
        """Something is entered that happened before."""
        rng = self.rng
        span = int((self.at - self.ticket.opened_at).total_seconds())
        when = self.ticket.opened_at + timedelta(seconds=rng.randint(0, max(span - 1, 0)))
        mark = self.mark(late=when)
        made: tuple[AnyEvent, ...] = (
            e.Noted(*mark, text="told then", visible=True, minutes=4),
            e.Noted(*mark, text="done then", minutes=9),
            e.Escalated(*mark, hand_over="escalate", to="network", reason="deeper"),
            e.Waited(*mark, waiting_for="user"),
            e.ServiceResumed(*mark, how="it worked"),
            e.Contacted(*mark, text="called then"),
            e.Accepted(*mark),
            e.Resolved(*mark, code="solved"),
        )
        return self.say(rng.choice(made))

    def merge(self) -> bool:
        """It goes on in another ticket."""
        return self.say(e.Merged(*self.mark(), into="SD-1"))

    # The whole of it.

    def live(self) -> list[AnyEvent]:
        """Everything that happens to it until it is over, or nobody goes on with it."""
        if self.ticket.is_problem:
            self._as_problem()
            return self.said
        for _ in range(self.rng.randint(1, 16)):
            if self.ticket.void or self.ticket.merged_into:
                break
            if not self.wait(self.rng.choice((0.1, 0.5, 2, 20, 60))):
                break
            self._step()
        self._afterwards()
        return self.said

    def _step(self) -> None:
        rng = self.rng
        moves: tuple[Callable[[], bool], ...]
        if self.is_alert and rng.random() < 0.3 and self.monitor():
            return
        if self.ticket.status == "closed":
            moves = (self.ask, self.ask, self.look, self.tell, self.read, self.hear, self.late)
            move = self.reopen if rng.random() < 0.1 else rng.choice(moves)
        elif self.ticket.status == "resolved":
            move = rng.choice(
                (self.close,) * 4 + (self.reopen, self.tell, self.classify, self.late)
            )
        else:
            moves = (
                *(self.tell,) * 4,
                *(self.hand,) * 4,
                *(self.pause,) * 2,
                *(self.work,) * 2,
                *(self.resolve,) * 3,
                *(self.close,) * 2,
                self.classify,
                self.hear,
                self.read,
                self.sift,
                self.late,
                self.take_back,
            )
            rare = (self.unsupported, self.announce, self.announce, self.merge)
            move = rng.choice(rare) if rng.random() < 0.07 else rng.choice(moves)
        move()
        if rng.random() < 0.03:
            self.take_back()
        if self.ticket.is_closed and self.ticket.bulletin:  # it ends with its ticket
            self.say(e.Withdrawn(*self.mark()))

    def _as_problem(self) -> None:
        for _ in range(self.rng.randint(0, 3)):
            if self.wait(20):
                self.tell()
        if self.rng.random() < 0.5 and self.wait(20):
            self.say(e.ProblemClosed(*self.mark(), code="solved"))

    def _afterwards(self) -> None:
        """Some should never have been; some come from elsewhere."""
        rng = self.rng
        if rng.random() < 0.03 and not self.ticket.void and self.wait(5):
            void = e.Voided(*self.mark(), reason="a test")
            if self.say(void) and rng.random() < 0.4 and self.wait(5):
                self.say(e.Undone(*self.mark(), undoes=(void.id,)))
        if rng.random() < 0.08 and self.wait(30):
            self.say(e.Imported(*self.mark(), source=f"old/{self.ref}"))
            if not (self.ticket.void or self.ticket.merged_into):
                for _ in range(rng.randint(0, 3)):
                    if self.wait(20):
                        self._step()


def write(home: TinyLedger, stories: list[Story]) -> None:
    """Put stories into the ledger as they happened: opened in one commit, and what follows in another.

    Raises:
        AssertionError: the ledger gave another reference than was thought.
    """
    with home.write() as writer:
        for story in stories:
            assert writer.create(story.said[:1]).ref == story.ref
    with home.write() as writer:
        for story in stories:
            go_on(writer, story, 1)


def go_on(writer: Writer, story: Story, known: int) -> None:
    """Append what has happened since so many events."""
    ticket = writer.get(story.ref)
    for event in story.said[known:]:
        ticket = writer.append(ticket, [event])


def make(root: Path, seed: int, tickets: int) -> Path:
    """A desk with a year of tickets."""
    fill(desk(root), seed, tickets)
    return root


def fill(root: Path, seed: int, tickets: int) -> None:
    """Give a desk a year of tickets, some in archives, some in the snapshot, some in the journal."""
    rng = Random(seed)
    home = TinyLedger(str(root / "ledger"), 5, lambda _: None)
    span = int((NOW - BEGIN).total_seconds()) - 3600
    begins = sorted(BEGIN + timedelta(seconds=rng.randrange(span)) for _ in range(tickets))
    end = NOW - timedelta(hours=1)
    stories = [Story(rng, f"SD-{number}", at, end) for number, at in enumerate(begins, 1)]
    for story in stories:
        story.live()
    cut = tickets * 2 // 3
    with patch.object(compact, "_MOST_CLOSED", tickets // 20):
        write(home, stories[:cut])
        home.compact()
        for first in range(cut, tickets, 20):  # a few at a time: the last ones stay in the journal
            write(home, stories[first : first + 20])
        older = stories[:cut:9]
        for first in range(0, len(older), 5):
            with home.write() as writer:
                for story in older[first : first + 5]:  # of which some lie in archives by now
                    known = len(story.said)
                    story.at = max(story.at, _ADVENT)
                    story.live()
                    go_on(writer, story, known)
