"""What must hold between the files: every reference leads somewhere, every list has `unknown`.

Each rule is a generator of problems; `lint` shows them all, and loading a desk refuses to go on
with any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sdcli.errors import Problem, alternatives
from sdcli.policy import (
    check_agreements,
    check_calendars,
    check_classification,
    check_routes,
    check_teams,
)
from sdcli.policy.address import is_address
from sdcli.policy.model import INTAKE, PEOPLE, SCHEDULE, SERVICES, SLA_POLICIES, TEAMS, VOCABULARY
from sdcli.tickets.words import LEVELS, PLANNED_OUTAGE, REQUEST_TYPES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sdcli.policy.agreements import SlaPolicies
    from sdcli.policy.formats import AlertFormat
    from sdcli.policy.model import (
        Classification,
        IntakeRules,
        People,
        Schedule,
        Services,
        Vocabulary,
    )
    from sdcli.policy.teams import Teams

_T = TypeVar("_T")


class Files(NamedTuple):
    """The decoded files and, for each, the line of every dotted path in it.

    A file or entry that could not be decoded is None: that has been reported already, and what
    can still be checked is checked, so that one run shows as much as possible.
    """

    sla: SlaPolicies
    catalog: Services
    teams: Teams
    contacts: People
    vocabulary: Vocabulary
    intake: IntakeRules
    schedule: Schedule
    classification: Classification
    places: Mapping[str, Mapping[str, int]]

    def problem(self, file: str, path: str, message: str) -> Problem:
        """A problem at a path of a file."""
        return Problem(file, self.places[file].get(path, 1), message)

    def first_given(self, file: str, path: str, keys: Iterable[str]) -> str:
        """The path of the first of some keys that an entry has; that of the entry if none."""
        under = (f"{path}.{key}" for key in keys)
        return next((each for each in under if each in self.places[file]), path)

    def dangling(
        self, file: str, path: str, given: str, known: Iterable[str], kind: str
    ) -> Iterator[Problem]:
        """A problem if `given` is not one of `known`; an empty one could not be decoded."""
        names = list(known)
        if given and given not in names:
            yield self.problem(
                file, path, f"there is no {kind} `{given}`; {alternatives(given, names)}"
            )


def problems(files: Files) -> list[Problem]:
    """Everything wrong between the files, in the order of files and lines."""
    found: list[Problem] = []
    for rule, needs in _RULES:
        if all(getattr(files, need) is not None for need in needs):
            found += rule(files)
    return sorted(found)


def _sound(entries: Mapping[str, _T]) -> Iterator[tuple[str, _T]]:
    """The entries that could be decoded."""
    return ((name, entry) for name, entry in entries.items() if entry is not None)


def _alerts(files: Files) -> Iterator[Problem]:
    for index, percent in enumerate(files.sla.alerts.warn_at):
        if not 0 < percent < 100:  # noqa: PLR2004 - percent
            path = f"alerts.warn_at.{index}"
            yield files.problem(SLA_POLICIES, path, f"warn at 1 to 99 percent, not {percent}")


def _services(files: Files) -> Iterator[Problem]:
    for name, service in _sound(files.catalog.services):
        at = f"services.{name}"
        yield from _reserved(files, SERVICES, at, name)
        references = (
            ("owner", service.owner, files.teams.technicians, "technician"),
            ("queue", service.queue, files.teams.queues, "queue"),
            ("agreement", service.agreement, files.sla.agreements, "agreement"),
            ("hours", service.hours, files.sla.calendars, "calendar"),
        )
        for key, given, known, kind in references:
            yield from files.dangling(SERVICES, f"{at}.{key}", given, known, kind)
        for feature in service.features:
            yield from _reserved(files, SERVICES, f"{at}.features.{feature}", feature)


def _business(files: Files) -> Iterator[Problem]:
    """Who hears of a breach for the business: a contact, a technician, or an address (R5b.3)."""
    for name, service in _sound(files.catalog.services):
        known = (*files.contacts.people, *files.teams.technicians)
        if not is_address(service.business):
            path = f"services.{name}.business"
            yield from files.dangling(SERVICES, path, service.business, known, "contact")


def _contacts(files: Files) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, contact in _sound(files.contacts.people):
        mail = contact.mail.casefold()
        if mail in seen:
            message = f"`{name}` has the same mail address as `{seen[mail]}`"
            yield files.problem(PEOPLE, f"people.{name}.mail", message)
        seen[mail] = name


def _managers(files: Files) -> Iterator[Problem]:
    """Whoever agrees to what somebody asks for is known, and somebody else (R3b.2)."""
    known = (*files.contacts.people, *files.teams.technicians)
    for name, contact in _sound(files.contacts.people):
        path = f"people.{name}.manager"
        yield from files.dangling(PEOPLE, path, contact.manager, known, "contact")
        if contact.manager == name:
            yield files.problem(PEOPLE, path, f"`{name}` cannot be their own manager")


def _callers_and_staff(files: Files) -> Iterator[Problem]:
    """An id is one person: who works on requests can call without being listed as a caller."""
    staff = {name.casefold(): name for name in files.teams.technicians}
    for name in files.contacts.people:
        if name.casefold() in staff:
            message = f"`{name}` is the id of a technician in {TEAMS}; use another id"
            yield files.problem(PEOPLE, f"people.{name}", message)


def _vocabulary(files: Files) -> Iterator[Problem]:
    for field in files.vocabulary.__struct_fields__:
        words = getattr(files.vocabulary, field)
        if isinstance(words, dict) and UNKNOWN not in words:
            yield files.problem(VOCABULARY, field, f"the list `{field}` needs the entry `unknown`")
    fixed = (("type", REQUEST_TYPES), ("impact", LEVELS), ("urgency", LEVELS))
    for field, known in fixed:
        words = getattr(files.vocabulary, field)
        for name in known:
            if name not in words and name != UNKNOWN:
                yield files.problem(VOCABULARY, field, f"the list `{field}` needs `{name}`")


def _intake(files: Files) -> Iterator[Problem]:
    rules = files.intake.alerts
    known = files.vocabulary.closure_code
    yield from files.dangling(
        INTAKE, "alerts.recovery_code", rules.recovery_code, known, "closure code"
    )
    flapping = rules.flapping
    if not 0 <= flapping.ends_at < flapping.starts_at:
        message = f"flapping ends below {flapping.starts_at} changes, not at {flapping.ends_at}"
        yield files.problem(INTAKE, "alerts.flapping", message)


def _schedule(files: Files) -> Iterator[Problem]:
    if files.schedule.outages and PLANNED_OUTAGE not in files.vocabulary.closure_code:
        message = f"planned outages need the closure code `{PLANNED_OUTAGE}`"
        yield files.problem(VOCABULARY, "closure_code", message)
    for name, outage in _sound(files.schedule.outages):
        at = f"outages.{name}"
        if outage.end <= outage.start:
            message = f"the outage `{name}` ends before it begins"
            yield files.problem(SCHEDULE, f"{at}.end", message)
        if not (outage.services or outage.components):
            empty = files.first_given(SCHEDULE, at, ("services", "components"))
            message = f"the outage `{name}` names no service or component"
            yield files.problem(SCHEDULE, empty, message)
        for index, service in enumerate(outage.services):
            path = f"{at}.services.{index}"
            yield from files.dangling(SCHEDULE, path, service, files.catalog.services, "service")


def format_problems(name: str, read: AlertFormat) -> Iterator[Problem]:
    """What is wrong within one alert format."""
    if read.fields is None and not (read.inner or read.ignore):
        yield Problem(name, 1, "the format needs `fields`, `inner` or `ignore`")
    if not (read.recognise.keys or read.recognise.when) and read.recognise.syntax != "syslog":
        yield Problem(name, 1, "`recognise` needs `keys` or `when`: it would fit anything")


def _reserved(files: Files, file: str, path: str, name: str) -> Iterator[Problem]:
    if name == UNKNOWN:
        yield files.problem(file, path, "`unknown` is what is not known yet; use another id")


_RULES: tuple[tuple[Callable[[Files], Iterator[Problem]], tuple[str, ...]], ...] = (
    (check_agreements.agreements, ("sla",)),
    (check_agreements.targets, ("sla",)),
    (check_agreements.coverage, ("sla", "catalog", "contacts", "teams")),
    (check_agreements.calendars_in_use, ("sla", "catalog", "contacts")),
    (check_agreements.operational_levels, ("sla", "teams")),
    (check_agreements.underpinning_contracts, ("sla", "catalog")),
    (check_calendars.calendars, ("sla",)),
    (check_calendars.lasting, ("sla", "catalog")),
    (_alerts, ("sla",)),
    (_services, ("sla", "catalog", "teams")),
    (_business, ("catalog", "contacts", "teams")),
    (check_teams.queues, ("teams",)),
    (check_teams.technicians, ("teams",)),
    (check_teams.rotations, ("teams",)),
    (check_teams.working_hours, ("teams", "sla")),
    (check_teams.absences, ("teams", "sla")),
    (check_teams.overrides, ("teams",)),
    (_contacts, ("contacts",)),
    (_managers, ("contacts", "teams")),
    (_callers_and_staff, ("contacts", "teams")),
    (_vocabulary, ("vocabulary",)),
    (_intake, ("intake", "vocabulary")),
    (_schedule, ("schedule", "catalog", "vocabulary")),
    (check_classification.service_map, ("catalog",)),
    (check_classification.catalog, ("catalog",)),
    (check_classification.changes, ("schedule", "catalog", "contacts", "teams")),
    (check_classification.answers, ("classification",)),
    (check_classification.workarounds, ("classification",)),
    (check_classification.processes, ("classification", "catalog")),
    (check_classification.presets, ("classification", "catalog", "contacts")),
    (check_classification.consequences, ("classification",)),
    (check_classification.support, ("classification", "sla", "teams", "vocabulary")),
    (check_classification.numbers, ("classification",)),
    (check_routes.routes, ("sla",)),
    (check_routes.deliver, ("sla", "contacts")),
)
