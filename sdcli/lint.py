"""Everything that can be wrong with a desk's files, found in one run."""

from __future__ import annotations

import os
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from sdcli.errors import DataFileError, LedgerAddressError, Problem, QueryError
from sdcli.insight.classes import Finding, too_many, unclear, unused
from sdcli.insight.roster import roster
from sdcli.intake.format_check import wrong
from sdcli.knowledge.articles import read_shelf
from sdcli.knowledge.check import wrong as wrong_articles
from sdcli.knowledge.sharing import SETTINGS, read_settings
from sdcli.knowledge.synonyms import read_synonyms
from sdcli.notify.secret import exposed
from sdcli.notify.templates import wrong as wrong_templates
from sdcli.policy.authority import able
from sdcli.policy.changes import read_refused, read_templates
from sdcli.policy.dates import read_dates
from sdcli.policy.load import (
    read_formats,
    read_places,
    read_policy,
    read_process,
    read_questions,
    read_review,
    read_surveys,
    unread_address,
)
from sdcli.policy.load import read_settings as load_settings
from sdcli.policy.local import local
from sdcli.policy.model import SCHEDULE, SERVICES, SLA_POLICIES, TEAMS
from sdcli.policy.process import PROCESS
from sdcli.policy.questions import QUESTIONS, Questions
from sdcli.policy.read_procedures import read as read_offered
from sdcli.policy.teams import HIGHEST_LEVEL
from sdcli.policy.trees import free_questions
from sdcli.querying.fields import Frame, checked
from sdcli.querying.language import expanded, parse
from sdcli.querying.saved import QUERIES, read_queries
from sdcli.sla.agenda import remarks as of_calendar
from sdcli.sla.days import Days
from sdcli.sla.wall import DAY_S, utc_day
from sdcli.tickets.words import PRIORITIES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sdcli.policy.agreements import Targets
    from sdcli.policy.calendars import Calendar, Window
    from sdcli.policy.model import Policy
    from sdcli.policy.procedures import Offered
    from sdcli.policy.process import ProcessRules
    from sdcli.policy.scalars import Amount
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority


_T = TypeVar("_T")


def lint(root: str) -> dict[str, int]:
    """Check all files of a desk; gives how many of each thing there are.

    Raises:
        DataFileError: something is wrong; every problem found is named.
    """
    problems: list[Problem] = []

    def gathered(read: Callable[[], _T], otherwise: _T) -> _T:
        try:
            return read()
        except DataFileError as error:
            problems.extend(error.problems)
            return otherwise

    policy = gathered(lambda: read_policy(root), None)
    formats = gathered(lambda: read_formats(root, wrong), None)
    none = Questions()
    questions = gathered(lambda: read_questions(root, policy), none) if policy else none
    rules = gathered(lambda: read_process(root), None)
    if policy:
        gathered(lambda: read_refused(root, policy), None)
        gathered(lambda: read_templates(root, policy), None)
    offered = read_offered(root, policy)
    problems += offered.problems
    if policy and not offered.problems:
        problems += _placed(root, _unagreed(policy, offered))
    gathered(lambda: read_surveys(root), None)
    gathered(lambda: read_review(root), None)
    problems += _queries(root, policy)
    shelf = gathered(lambda: read_shelf(root, policy), None)
    synonyms = read_synonyms(root)
    problems += synonyms.problems
    if shelf is not None:
        problems += shelf.problems
        problems += wrong_articles(root, shelf.sound)
        if not shelf.problems:  # else one that could not be read would seem to be missing
            known = {*shelf.articles, *offered.all, *offered.wrong}
            named = list(_procedures(questions, known))
            named += _request_procedures(policy, known) if policy else ()
            problems += _placed(root, named)
    problems += _settings(root)
    problems += _ledger(root)
    if policy:
        problems += _placed(root, too_many(policy, questions))
        problems += _placed(root, exposed_secrets(root, policy))
        problems += (Problem(*each) for each in wrong_templates(root, policy))
        problems += _placed(root, _nobody_may(policy, rules)) if rules else ()
    if problems or policy is None or formats is None or shelf is None:
        raise DataFileError(problems)
    return {
        "services": len(policy.catalog.services),
        "queues": len(policy.teams.queues),
        "technicians": len(policy.teams.technicians),
        "contacts": len(policy.contacts.people),
        "calendars": len(policy.sla.calendars),
        "agreements": len(policy.sla.agreements),
        "procedures": len(offered.procedures),
        "standard_changes": len(offered.changes),
        "articles": len(shelf.articles),
        "synonyms": len(synonyms.groups),
        "formats": len(formats),
        "question_trees": len(questions.trees),
        "questions": sum(len(tree.questions) for tree in questions.trees.values()),
        "free_text_questions": sum(len(free_questions(t)) for t in questions.trees.values()),
    }


def _nobody_may(policy: Policy, rules: ProcessRules) -> Iterator[Finding]:
    """Demands of the process that no level is, and those that nobody of the desk meets (R0.2)."""
    for deed, demand in rules.authority.items():
        if not 0 <= demand.level <= HIGHEST_LEVEL:
            said = f"there is no level {demand.level}: SFIA has 1 to {HIGHEST_LEVEL}"
            yield Finding(PROCESS, f"authority.{deed}.level", said)
        elif not able(policy, demand):
            yield Finding(PROCESS, f"authority.{deed}", f"nobody of {TEAMS} may `{deed}`")


def _queries(root: str, policy: Policy | None) -> list[Problem]:
    """What is wrong with the saved queries: each is read as it would be when it is asked."""
    try:
        saved = read_queries(root)
    except DataFileError as error:
        return list(error.problems)
    frame = Frame(policy, _A_DAY, "", lambda _: {}) if policy else None
    found = []
    for query in saved.values():
        try:
            terms = expanded(
                parse(query.query), lambda name: saved[name].query if name in saved else None, ""
            )
            if frame:
                checked(terms, query.query, frame)
        except QueryError as error:
            file, _, line = query.place.rpartition(":")
            found.append(Problem(file or QUERIES, int(line or 1), f"{error.reason}"))
    return found


_A_DAY = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""Any instant will do to read a query by."""


def _ledger(root: str) -> list[Problem]:
    """What is wrong with where the ledger is said to be; its server is not asked."""
    from sdcli.ledger.postgres.address import address  # noqa: PLC0415 - few desks name one

    try:
        where = load_settings(root).ledger
        if where:
            address(where)
    except DataFileError as error:
        return list(error.problems)
    except LedgerAddressError as error:
        return list(unread_address(root, error.reason).problems)
    return []


def _settings(root: str) -> list[Problem]:
    """What is wrong with `catalog/knowledge.yaml`, which need not be there."""
    try:
        with open(os.path.join(root, SETTINGS), "rb") as stream:
            return read_settings(stream.read())[1]
    except FileNotFoundError:
        return []
    except OSError as error:
        return [Problem(SETTINGS, 1, f"the file cannot be read: {error.strerror}")]


def exposed_secrets(root: str, policy: Policy) -> Iterator[Finding]:
    """Files of URLs that others can read (R5b.2); one that is not on this machine is not looked at."""
    for name, route in policy.sla.routes.items():
        told = exposed(route.url.file, root) if route.url and route.url.file else ""
        if told:
            yield Finding(SLA_POLICIES, f"routes.{name}.url.file", told)


def remarks(
    root: str,
    policy: Policy,
    questions: Questions,
    *,
    used_by: Iterable[Ticket] | None,
    period: str,
    now: int,
) -> list[Problem]:
    """What is allowed in sound files and worth a look, in the order of files and lines (R7.4).

    `now`: the instant in seconds of UTC, from which on holidays should be known for a year (T4).
    With tickets in `used_by`, also the classes that none of them uses; `period` says in words
    which tickets they are. `now`, in seconds of UTC, is when the roster is looked at.
    """
    found = [*unclear(policy, questions), *_without_area(policy), *_beyond_the_map(policy)]
    found += roster(policy, now)
    found += _of_calendars(policy, now)
    found += _late_updates(policy)
    if used_by is not None:
        found += unused(used_by, policy, questions, period)
    return sorted((*_placed(root, found), *_of_offered(root, policy, now)))


def _of_calendars(policy: Policy, now: int) -> Iterator[Finding]:
    """Calendars whose list of holidays ends soon, and the like (T4)."""
    for name, calendar in policy.sla.calendars.items():
        for message in of_calendar(name, calendar, now):
            yield Finding(SLA_POLICIES, f"calendars.{name}", message)
        for key, message in _overlapping(calendar, now):
            yield Finding(SLA_POLICIES, f"calendars.{name}.special_hours.{key}", message)


def _overlapping(calendar: Calendar, now: int) -> Iterator[tuple[str, str]]:
    """Special hours of this year and the next that run into other days, or those into them."""
    year = date.fromordinal(utc_day(now)).year
    days = Days(calendar)
    for key in calendar.special_hours:
        dates = read_dates(key)
        found = (
            told
            for each in (year, year + 1)
            for day in dates.in_year(each)
            if days.plan(day).windows == calendar.special_hours[key].hours
            if (told := _overlap(days, day))
        )
        told = next(found, "")
        if told:
            yield key, f"special hours of {key} overlap with the {told}"


def _overlap(days: Days, day: int) -> str:
    """What the special hours of a date overlap with; of two special dates the later one says it."""
    before, own, after = (days.plan(each) for each in (day - 1, day, day + 1))
    if _runs_into(before.windows, own.windows):
        return f"shift that began the day before, on {date.fromordinal(day - 1)}"
    if _runs_into(own.windows, after.windows) and not after.is_special:
        return f"hours of the day after, {date.fromordinal(day + 1)}"
    return ""


def _runs_into(windows: Sequence[Window], following: Sequence[Window]) -> bool:
    """Whether the hours of a date last until after those of the next have begun."""
    if not windows or not following:
        return False
    return max(each.closes for each in windows) - DAY_S > min(each.opens for each in following)


def _late_updates(policy: Policy) -> Iterator[Finding]:
    """Words to the caller that would be due after the solution: none ever is (R5b.1)."""
    sla = policy.sla
    tables: dict[str, Mapping[Priority, Targets]] = {
        "targets": {priority: getattr(sla.targets, priority) for priority in PRIORITIES}
    }
    for name, agreement in sla.agreements.items():
        tables[f"agreements.{name}.targets"] = agreement.targets
    for path, table in tables.items():
        for priority, own in table.items():
            update = own.update or getattr(sla.targets, priority).update
            if update and _is_longer(update, own.resolution):
                key = "update" if own.update else "resolution"
                message = f"the `update` of {priority} is longer than its `resolution`: none is due"
                yield Finding(SLA_POLICIES, f"{path}.{priority}.{key}", message)


def _is_longer(one: Amount, other: Amount) -> bool:
    """Whether an amount is longer than another one that is written in the same unit."""
    if one.business_days and other.business_days:
        return one.business_days > other.business_days
    return bool(one.seconds and other.seconds) and one.seconds > other.seconds


def _without_area(policy: Policy) -> Iterator[Finding]:
    """Services of which it is not said what requests about them are about (R2a.1a)."""
    for name, service in policy.catalog.services.items():
        if service.area == UNKNOWN:
            message = f"the service `{name}` has no `area`: technology or service"
            yield Finding(SERVICES, f"services.{name}", message)


def _beyond_the_map(policy: Policy) -> Iterator[Finding]:
    """Components of outages and changes that no service runs on: a slip, or beyond the catalog."""
    services = policy.catalog.services.values()
    known = {each.casefold() for service in services for each in service.components}
    schedule = policy.schedule
    for kind, entries in (("outages", schedule.outages), ("changes", schedule.changes)):
        for name, entry in entries.items():
            for index, component in enumerate(entry.components):
                if component.casefold() not in known:
                    message = f"no service of the catalog runs on the component `{component}`"
                    yield Finding(SCHEDULE, f"{kind}.{name}.components.{index}", message)


def _placed(root: str, findings: Iterable[Finding]) -> list[Problem]:
    """Findings with their lines; a file is read for them only if it has any."""
    places: dict[str, Mapping[str, int]] = {}
    placed = []
    for found in findings:
        if found.file not in places:
            places[found.file] = read_places(root, found.file)
        line = places[found.file].get(found.path, 1)
        placed.append(Problem(found.file, line, found.message))
    return placed


def _procedures(questions: Questions, articles: Collection[str]) -> Iterator[Finding]:
    """Leaves whose procedure is none, nor an article of the knowledge base (R2a.5)."""
    for name, tree in questions.trees.items():
        for id_, leaf in tree.leaves.items():
            if leaf.procedure and leaf.procedure not in articles:
                message = f"the leaf `{id_}` of `{name}` names no procedure or article: `{leaf.procedure}`"
                yield Finding(QUESTIONS, f"trees.{name}.leaves.{id_}.procedure", message)


def _unagreed(policy: Policy, offered: Offered) -> Iterator[Finding]:
    """Requests that somebody must agree to, whose procedure does not say who (R3b.2)."""
    for service, each in policy.catalog.services.items():
        for feature, what in each.features.items():
            for id_, request in what.requests.items():
                found = offered.all.get(request.procedure) if request.approval else None
                if found is not None and found.authorisation is None:
                    message = f"`{id_}` needs approval, and {found.id} has no `authorisation`"
                    at = f"services.{service}.features.{feature}.requests.{id_}.approval"
                    yield Finding(SERVICES, at, message)


def _of_offered(root: str, policy: Policy, now: int) -> Iterator[Problem]:
    """Procedures and standard changes that have expired, or whose program is not there (R3b.2a)."""
    today = local(now, policy.zone).date().isoformat()
    offered = read_offered(root)
    for name, each in offered.all.items():
        file = each.place.rpartition(":")[0]
        if each.is_expired(today):
            yield Problem(file, 1, f"{name} has expired on {each.expires}: look it through")
        program = each.hook.command[0] if each.hook else ""
        if "/" in program and not os.access(os.path.join(root, program), os.X_OK):
            yield Problem(file, 1, f"the program `{program}` of {name} cannot be started here")


def _request_procedures(policy: Policy, articles: Collection[str]) -> Iterator[Finding]:
    """Requests of the catalog whose procedure is none, nor an article (R2a.2b, R3b.1)."""
    for service, each in policy.catalog.services.items():
        for feature, offered in each.features.items():
            for id_, request in offered.requests.items():
                if request.procedure and request.procedure not in articles:
                    message = (
                        f"the request `{id_}` names no procedure or article: `{request.procedure}`"
                    )
                    at = f"services.{service}.features.{feature}.requests.{id_}.procedure"
                    yield Finding(SERVICES, at, message)
