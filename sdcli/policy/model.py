"""What the desk's files say, as frozen values.

The classes are the schema: a file may hold these keys and no others, a field without a default
is required, and `place` is filled in with the file and line a value came from. `lines` holds the
line of each key of a rule that explains itself (see `place_of`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from msgspec import Struct, field

from sdcli.errors import NoSuchEntryError, NotFoundError
from sdcli.policy.agreements import Recipient, SlaPolicies
from sdcli.policy.levels import ServiceLevels, levels_of
from sdcli.policy.scalars import Duration, Instant, Mail, Size, Span, Zone
from sdcli.policy.teams import Teams
from sdcli.tickets.words import UNKNOWN, Level, Priority, RequestType

if TYPE_CHECKING:
    from collections.abc import Collection


class Presets(Struct, frozen=True, kw_only=True):
    """Impact and urgency that a service or feature starts with (R2c.2e)."""

    impact: Level = UNKNOWN
    urgency: Level = UNKNOWN
    place: str = ""
    lines: dict[str, int] = {}


class Capacity(Struct, frozen=True, kw_only=True):
    """How much a feature was built for; beyond it lies a new service (R2a.3a).

    Args:
        most: so many `unit`s; `each`: for each request, else for all of them together.
        in_use: how many of them are taken; only what all share is counted.
    """

    most: int
    unit: str
    each: bool = False
    in_use: int = 0
    place: str


class FulfilmentRequest(Struct, frozen=True, kw_only=True):
    """Something of a feature that callers ask for again and again (R2a.2b).

    Args:
        recognise: how to tell it from a failure and from something new.
        procedure: the procedure, standard change or article that says how it is done.
        approval: whether somebody must agree before.
    """

    name: str
    recognise: str
    keywords: tuple[str, ...] = ()
    procedure: str = ""
    approval: bool = False
    place: str


class Goal(Struct, frozen=True, kw_only=True):
    """What a service promises to do, so that a failure can be measured against it (R3d.0).

    Its bound is a number such as 30, 0.5 or 99.9.
    """

    says: str
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    place: str


class Feature(Struct, frozen=True, kw_only=True):
    """Something a service offers, within its limits (R2a.3a).

    Args:
        not_for: words for what it was not made for: who asks for that asks for something new.
        requests: what callers ask of it (R2a.2b).
    """

    name: str
    limits: str = ""
    keywords: tuple[str, ...] = ()
    presets: Presets = Presets()
    capacity: Capacity | None = None
    not_for: tuple[str, ...] = ()
    requests: dict[str, FulfilmentRequest] = {}
    place: str = ""


class Service(Struct, frozen=True, kw_only=True):
    """A service of the catalog (R0.5, R2b.1a).

    Args:
        components: what it runs on; `depends_on`: the services that it needs. Together they are
            the service map (R2c.1).
        goals: what it promises to do (R3d.0).
        area: whether requests about it are about technology or about a service (R2a.1a).
        business: who hears of a breach for the business: a contact, a technician or an address
            (R5b.3).
    """

    name: str
    owner: str
    queue: str
    agreement: str
    hours: str
    features: dict[str, Feature]
    keywords: tuple[str, ...]
    components: tuple[str, ...] = ()
    limits: str = ""
    presets: Presets = Presets()
    depends_on: tuple[str, ...] = ()
    goals: dict[str, Goal] = {}
    area: Literal["technology", "service", "unknown"] = UNKNOWN
    calendar: str = ""
    business: str = ""
    place: str
    lines: dict[str, int] = {}


class Services(Struct, frozen=True, kw_only=True):
    """`catalog/services.yaml`."""

    format: Literal[1]
    services: dict[str, Service]


CallerClass: TypeAlias = Literal["employee", "external", "partner", "provider", "unknown"]
CALLER_CLASSES: tuple[CallerClass, ...] = get_args(CallerClass)


class Contact(Struct, frozen=True, kw_only=True):
    """Somebody who may call (R1a.1, R1a.1b).

    `manager`: who agrees to what they ask for, a contact or a technician (R3b.2).
    """

    name: str
    mail: Mail
    phone: str = ""
    unit: str = ""
    site: str = ""
    zone: Zone = Zone("")
    caller_class: CallerClass = UNKNOWN
    manager: str = ""


class People(Struct, frozen=True, kw_only=True):
    """`catalog/people.yaml`."""

    format: Literal[1]
    people: dict[str, Contact]


def _only_unknown() -> dict[str, str]:
    return {UNKNOWN: "I don't know"}


class Vocabulary(Struct, frozen=True, kw_only=True):
    """`catalog/vocabulary.yaml`: what drop-down lists hold, id to meaning; ids are stable (T36).

    `breach_cause`: why a target was missed (R5b.4); desks from before there were causes have none.
    `cause`: what a request came from, said on closing (R4.5a).
    """

    format: Literal[1]
    type: dict[RequestType, str]
    impact: dict[Level, str]
    urgency: dict[Level, str]
    channel: dict[str, str]
    waiting_for: dict[str, str]
    closure_code: dict[str, str]
    contact_method: dict[str, str]
    article_outcome: dict[str, str]
    discovered: dict[str, str]
    breach_cause: dict[str, str] = field(default_factory=_only_unknown)
    cause: dict[str, str] = field(default_factory=_only_unknown)


class Flapping(Struct, frozen=True, kw_only=True):
    """When an alert goes up and down too often to be believed (T16).

    It flaps from `starts_at` changes within `over` on, until they are down to `ends_at`.
    """

    over: Span
    starts_at: int
    ends_at: int


class Limits(Struct, frozen=True, kw_only=True):
    """What stops a runaway, within `over`: tickets a monitoring system, sightings an alert (T17)."""

    over: Span
    tickets_a_source: int
    sightings_a_key: int


class AlertRules(Struct, frozen=True, kw_only=True):
    """What becomes of alerts (R1a.2b).

    Args:
        reopen_within: how long after its end a ticket takes its alert back.
        on_recovery: whether a recovery is noted only, or resolves with `recovery_code`.
        correlate_within: how long alerts of one service follow one another to be one incident.
    """

    reopen_within: Span
    on_recovery: Literal["note", "resolve"]
    recovery_code: str
    correlate_within: Span
    flapping: Flapping
    limits: Limits


class MailRules(Struct, frozen=True, kw_only=True):
    """How the desk takes mail, and writes it.

    Args:
        name: what the desk calls itself in a mail; `address`: what its mails come from.
        own: further addresses that are the desk's.
        refuse: endings of files that are never kept.
        send_with: the program that sends a mail from its standard input, with its arguments.
    """

    name: str
    address: Mail
    own: tuple[Mail, ...] = ()
    refuse: tuple[str, ...] = ()
    send_with: tuple[str, ...] = ()


class Sizes(Struct, frozen=True, kw_only=True):
    """The most that is taken: an item of a stream, a whole stream, a mail, one attached file."""

    item: Size
    stream: Size
    mail: Size
    attachment: Size


class IntakeRules(Struct, frozen=True, kw_only=True):
    """`catalog/intake.yaml`."""

    format: Literal[1]
    alerts: AlertRules
    mail: MailRules
    sizes: Sizes


class Outage(Struct, frozen=True, kw_only=True):
    """A planned outage: services or components that may fail between two instants (R3d1.3).

    An `environment` narrows it to alerts from there.
    """

    summary: str
    start: Instant
    end: Instant
    services: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    environment: str = ""
    change: str = ""
    place: str = ""


class Change(Struct, frozen=True, kw_only=True):
    """A change that was or will be made: most failures follow one (R2a.4a).

    Args:
        at: when it is made.
        services, components, people, units, sites: what and whom it touches.
        removes: it takes something away on purpose: who wants it back needs approval.
        reference: where it was approved.
    """

    summary: str
    at: Instant
    services: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    removes: bool = False
    reference: str = ""
    place: str


class Schedule(Struct, frozen=True, kw_only=True):
    """`catalog/schedule.yaml`: the forward schedule of change (R0.4)."""

    format: Literal[1]
    outages: dict[str, Outage] = {}
    changes: dict[str, Change] = {}


class Reach(Struct, frozen=True, kw_only=True):
    """The impact of so many people who cannot work; the last one has no `up_to` (R2c.2)."""

    impact: Level
    up_to: int | None = None
    place: str
    lines: dict[str, int] = {}


class Group(Struct, frozen=True, kw_only=True):
    """Who is hindered: the impact is at least this (R2c.2)."""

    name: str
    impact: Level = UNKNOWN
    place: str
    lines: dict[str, int] = {}


class Process(Struct, frozen=True, kw_only=True):
    """A process of the business, how much hangs on it, and the services that it needs (R2c.2)."""

    name: str
    criticality: Level
    services: tuple[str, ...]
    place: str
    lines: dict[str, int] = {}


class Workarounds(Struct, frozen=True, kw_only=True):
    """The urgency with no way round, a hard one, or a good one (R2c.2d)."""

    none: Level
    hard: Level
    good: Level
    unknown: Level = UNKNOWN
    place: str
    lines: dict[str, int] = {}


class Preset(Struct, frozen=True, kw_only=True):
    """What incidents of a service, feature or unit start with; the narrowest wins (R2c.2e).

    A `priority` takes the place of what the matrix says.
    """

    service: str = ""
    feature: str = ""
    unit: str = ""
    impact: Level = UNKNOWN
    urgency: Level = UNKNOWN
    priority: Priority | None = None
    place: str
    lines: dict[str, int] = {}


class TimeBox(Struct, frozen=True, kw_only=True):
    """How long each tier may try before it escalates; one without a limit has none (R2c.2b)."""

    tier_1: Duration | None = None
    tier_2: Duration | None = None
    tier_3: Duration | None = None

    def of(self, tier: int) -> Duration | None:
        """The limit of one tier, in seconds of working time."""
        found: Duration | None = getattr(self, f"tier_{tier}")
        return found


class Consequence(Struct, frozen=True, kw_only=True):
    """What a priority asks for (R2c.2a-c).

    Args:
        pre_empts: the priorities whose work stops for it.
        time_box: how long each tier may try before it escalates, in working time.
        tell: who must be told.
    """

    pre_empts: tuple[Priority, ...] = ()
    time_box: TimeBox = TimeBox()
    tell: tuple[Recipient, ...] = ()
    place: str
    lines: dict[str, int] = {}


class Consequences(Struct, frozen=True, kw_only=True):
    """What each priority asks for."""

    P1: Consequence
    P2: Consequence
    P3: Consequence
    P4: Consequence
    P5: Consequence

    def of(self, priority: Priority) -> Consequence:
        """What one priority asks for."""
        found: Consequence = getattr(self, priority)
        return found


class Measures(Struct, frozen=True, kw_only=True):
    """When more than the usual is due, and what to do then (R2c.2c).

    Every condition that is stated must hold: one of the `priorities`, at least so many `people`,
    a business process of at least this `criticality`.
    """

    priorities: tuple[Priority, ...]
    people: int = 0
    criticality: Level = UNKNOWN
    checklist: tuple[str, ...]
    place: str
    lines: dict[str, int] = {}


class SupportRules(Struct, frozen=True, kw_only=True):
    """What becomes of what the catalog does not hold (R2b.2).

    Args:
        agreement: what an override promises if it names nothing else.
        code: the closure code of what is declined.
        devices: the queue for devices that nobody has authorised (R2b.2d).
        changes: the queue for requests for change (R2b.2c).
        gap_from: from so many tickets on, a missing service is worth a request for change.
    """

    agreement: str
    code: str
    devices: str
    changes: str
    gap_from: int


class ClassLimits(Struct, frozen=True, kw_only=True):
    """The most classes that people can tell apart (R7.4)."""

    services: int
    features: int
    choices: int
    words: int


class Classification(Struct, frozen=True, kw_only=True):
    """`catalog/classification.yaml`: how requests are weighed (R2a-R2c).

    Args:
        suggest_from: the confidence in percent below which a proposal says `unknown`.
        search_first: whether an incident must not be resolved before the knowledge base was looked
            into, or it is only recorded that it was not (R3d1.1).
        recent_days: for how many days after a change a failure may follow from it (R2a.4a).
        people, groups, workarounds, processes: what the answers about the business mean.
        communication, continuity: when a special message, or the continuity plan, is due.
    """

    format: Literal[1]
    suggest_from: int
    search_first: Literal["record", "require"] = "record"
    recent_days: int
    people: tuple[Reach, ...]
    groups: dict[str, Group]
    workarounds: Workarounds
    processes: dict[str, Process]
    presets: tuple[Preset, ...] = ()
    consequences: Consequences
    communication: Measures
    continuity: Measures
    support: SupportRules
    limits: ClassLimits


class Policy(Struct, frozen=True, kw_only=True):
    """All the files of one desk that have been found sound together, and their joint hash.

    `levels_hash`: the hash of the service levels that they say.
    """

    sla: SlaPolicies
    catalog: Services
    teams: Teams
    contacts: People
    vocabulary: Vocabulary
    intake: IntakeRules
    schedule: Schedule
    classification: Classification
    hash: str
    levels_hash: str

    @property
    def levels(self) -> ServiceLevels:
        """The service levels that these files say."""
        return levels_of(self.sla, self.catalog, self.classification)

    def service(self, service: str) -> Service | None:
        """A service of the catalog; None for `unknown`."""
        return self.catalog.services.get(service)

    def require_service(self, given: str) -> str:
        """The id of a service.

        Raises:
            NoSuchEntryError: the catalog does not hold it.
        """
        return require(given, "service", (*self.catalog.services, UNKNOWN), SERVICES)

    def require_feature(self, service: str, given: str) -> str:
        """The id of a feature of a service.

        Raises:
            NoSuchEntryError: the service does not have it.
            NotFoundError: which service it is, is not known yet.
        """
        found = self.service(service)
        if found is None and given != UNKNOWN:
            raise NotFoundError(
                f"A feature belongs to a service, which is not known yet: name it first, with "
                f"--service SERVICE --feature {given}.",
                feature=given,
            )
        features = (*(found.features if found else ()), UNKNOWN)
        return require(given, f"feature of {service}", features, SERVICES)

    def require_queue(self, given: str) -> str:
        """The id of a queue.

        Raises:
            NoSuchEntryError: no team has it.
        """
        return require(given, "queue", self.teams.queues, TEAMS)

    def require_agreement(self, given: str) -> str:
        """The id of an agreement.

        Raises:
            NoSuchEntryError: the policy has none of that id.
        """
        return require(given, "agreement", self.sla.agreements, SLA_POLICIES)

    def require_supplier(self, given: str) -> str:
        """The id of a supplier with a contract.

        Raises:
            NoSuchEntryError: no contract names it.
        """
        return require(given, "supplier", self.sla.underpinning_contracts, SLA_POLICIES)

    def require_calendar(self, given: str) -> str:
        """The id of a calendar.

        Raises:
            NoSuchEntryError: the policy has none of that id.
        """
        return require(given, "calendar", self.sla.calendars, SLA_POLICIES)

    def require_technician(self, given: str) -> str:
        """The id of somebody who works on requests.

        Raises:
            NoSuchEntryError: no team has them.
        """
        return require(given, "technician", self.teams.technicians, TEAMS)

    def require_process(self, given: str) -> str:
        """The id of a business process.

        Raises:
            NoSuchEntryError: the desk's files name none of that id.
        """
        processes = self.classification.processes
        return require(given, "business process", processes, CLASSIFICATION)

    def require_group(self, given: str) -> str:
        """The id of a group of people that may be hindered.

        Raises:
            NoSuchEntryError: the desk's files name none of that id.
        """
        return require(given, "group", self.classification.groups, CLASSIFICATION)

    def require_word(self, vocabulary: str, given: str) -> str:
        """An id of one of the drop-down lists.

        Raises:
            NoSuchEntryError: the list does not hold it.
        """
        words: dict[str, str] = getattr(self.vocabulary, vocabulary)
        kind = "way of discovery" if vocabulary == "discovered" else vocabulary.replace("_", " ")
        return require(given, kind, words, VOCABULARY)

    @property
    def must_look(self) -> bool:
        """Whether an incident is resolved only after a look into the knowledge base (R3d1.1)."""
        return self.classification.search_first == "require"

    def contact(self, given: str) -> tuple[str, Contact] | None:
        """A known caller by id or mail address."""
        wanted = given.casefold()
        for person, contact in self.contacts.people.items():
            if wanted in (person.casefold(), contact.mail.casefold()):
                return person, contact
        return None

    def tier(self, queue: str) -> int:
        """The tier of a queue; a queue that has left the files counts as the first."""
        found = self.teams.queues.get(queue)
        return found.tier if found else 1

    @property
    def zone(self) -> str:
        """The time zone of the desk: that of its default agreement."""
        return desk_zone(self.sla)


def desk_zone(sla: SlaPolicies) -> str:
    """The time zone of the default agreement, or of the default calendar; UTC without either."""
    agreement = sla.agreements.get(sla.default_agreement)
    name = (agreement.calendar if agreement else "") or sla.default_calendar
    calendar = sla.calendars.get(name)
    return calendar.zone if calendar else "UTC"


SLA_POLICIES = "sla_policies.yaml"
SERVICES = "catalog/services.yaml"
TEAMS = "catalog/teams.yaml"
PEOPLE = "catalog/people.yaml"
VOCABULARY = "catalog/vocabulary.yaml"
INTAKE = "catalog/intake.yaml"
SCHEDULE = "catalog/schedule.yaml"
CLASSIFICATION = "catalog/classification.yaml"
FILES = (SLA_POLICIES, SERVICES, TEAMS, PEOPLE, VOCABULARY, INTAKE, SCHEDULE, CLASSIFICATION)
FORMATS = "catalog/intake"
"""The folder of alert formats, one file each; a desk may have none."""


def place_of(rule: Any, key: str) -> str:
    """The file and line of one key of a rule that keeps its `lines`; of the rule if it has none."""
    line = rule.lines.get(key)
    file = rule.place.rpartition(":")[0]
    return f"{file}:{line}" if line else str(rule.place)


def require(given: str, kind: str, known: Collection[str], place: str) -> str:
    """The id that was given, if it is known.

    Raises:
        NoSuchEntryError: it is not; `kind` says what it should be, `place` where those stand.
    """
    if given not in known:
        raise NoSuchEntryError(kind, given, known, place)
    return given
