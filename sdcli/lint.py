"""Everything that can be wrong with a desk's files, found in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sdcli.errors import DataFileError, Problem
from sdcli.insight.classes import Finding, too_many, unclear, unused
from sdcli.insight.roster import roster
from sdcli.intake.format_check import wrong
from sdcli.knowledge.articles import read_shelf
from sdcli.policy.load import read_formats, read_places, read_policy, read_questions
from sdcli.policy.model import SCHEDULE, SERVICES
from sdcli.policy.questions import QUESTIONS, Questions
from sdcli.policy.trees import free_questions
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket


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
    shelf = gathered(lambda: read_shelf(root, policy), None)
    if shelf is not None:
        problems += shelf.problems
        if not shelf.problems:  # else one that could not be read would seem to be missing
            named = list(_procedures(questions, shelf.articles))
            named += _request_procedures(policy, shelf.articles) if policy else ()
            problems += _placed(root, named)
    if policy:
        problems += _placed(root, too_many(policy, questions))
    if problems or policy is None or formats is None or shelf is None:
        raise DataFileError(problems)
    return {
        "services": len(policy.catalog.services),
        "queues": len(policy.teams.queues),
        "technicians": len(policy.teams.technicians),
        "contacts": len(policy.contacts.people),
        "calendars": len(policy.sla.calendars),
        "agreements": len(policy.sla.agreements),
        "articles": len(shelf.articles),
        "formats": len(formats),
        "question_trees": len(questions.trees),
        "questions": sum(len(tree.questions) for tree in questions.trees.values()),
        "free_text_questions": sum(len(free_questions(t)) for t in questions.trees.values()),
    }


def remarks(
    root: str,
    policy: Policy,
    questions: Questions,
    used_by: Iterable[Ticket] | None,
    period: str,
    *,
    now: int,
) -> list[Problem]:
    """What is allowed in sound files and worth a look, in the order of files and lines (R7.4).

    With tickets in `used_by`, also the classes that none of them uses; `period` says in words
    which tickets they are. `now`, in seconds of UTC, is when the roster is looked at.
    """
    found = [*unclear(policy, questions), *_without_area(policy), *_beyond_the_map(policy)]
    found += roster(policy, now)
    if used_by is not None:
        found += unused(used_by, policy, questions, period)
    return sorted(_placed(root, found))


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
    """Leaves whose procedure is no article of the knowledge base (R2a.5)."""
    for name, tree in questions.trees.items():
        for id_, leaf in tree.leaves.items():
            if leaf.procedure and leaf.procedure not in articles:
                message = f"the leaf `{id_}` of `{name}` names no article: `{leaf.procedure}`"
                yield Finding(QUESTIONS, f"trees.{name}.leaves.{id_}.procedure", message)


def _request_procedures(policy: Policy, articles: Collection[str]) -> Iterator[Finding]:
    """Requests of the catalog whose procedure is no article of the knowledge base (R2a.2b)."""
    for service, each in policy.catalog.services.items():
        for feature, offered in each.features.items():
            for id_, request in offered.requests.items():
                if request.procedure and request.procedure not in articles:
                    message = f"the request `{id_}` names no article: `{request.procedure}`"
                    at = f"services.{service}.features.{feature}.requests.{id_}.procedure"
                    yield Finding(SERVICES, at, message)
