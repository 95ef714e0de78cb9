"""Everything that can be wrong with a desk's files, found in one run."""

from __future__ import annotations

from sdcli.errors import DataFileError, Problem
from sdcli.intake.formats import wrong
from sdcli.knowledge.articles import read_shelf
from sdcli.policy.load import read_formats, read_policy


def _of(place: str, said: str) -> Problem:
    file, _, line = place.rpartition(":")
    return Problem(file, int(line), said)


def lint(root: str) -> dict[str, int]:
    """Check all files of a desk; gives how many of each thing there are.

    Raises:
        DataFileError: something is wrong; every problem found is named.
    """
    problems: list[Problem] = []
    policy = None
    try:
        policy = read_policy(root)
    except DataFileError as error:
        problems += error.problems
    formats = 0
    try:
        read = read_formats(root)
        formats = len(read)
        problems += [
            _of(format_.place, said) for format_ in read.values() for said in wrong(format_)
        ]
    except DataFileError as error:
        problems += error.problems
    articles = 0
    try:
        shelf = read_shelf(root, policy)
        problems += shelf.problems
        articles = len(shelf.articles)
    except DataFileError as error:
        problems += error.problems
    if problems or policy is None:
        raise DataFileError(problems)
    return {
        "services": len(policy.catalog.services),
        "queues": len(policy.teams.queues),
        "technicians": len(policy.teams.technicians),
        "contacts": len(policy.contacts.people),
        "calendars": len(policy.sla.calendars),
        "agreements": len(policy.sla.agreements),
        "articles": articles,
        "formats": formats,
    }
