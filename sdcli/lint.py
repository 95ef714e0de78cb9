"""Everything that can be wrong with a desk's files, found in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import DataFileError, Problem
from sdcli.intake.format_check import wrong
from sdcli.knowledge.articles import read_shelf
from sdcli.policy.load import read_formats, read_policy, read_questions
from sdcli.policy.questions import QUESTIONS, Questions
from sdcli.policy.trees import free_questions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


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
        formats = len(read_formats(root, wrong))
    except DataFileError as error:
        problems += error.problems
    questions = Questions()
    try:
        questions = read_questions(root, policy) if policy else questions
    except DataFileError as error:
        problems += error.problems
    articles = 0
    try:
        shelf = read_shelf(root, policy)
        problems += shelf.problems
        if not shelf.problems:  # else one that could not be read would seem to be missing
            problems += _procedures(questions, shelf.articles)
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
        "question_trees": len(questions.trees),
        "questions": sum(len(tree.questions) for tree in questions.trees.values()),
        "free_text_questions": sum(len(free_questions(t)) for t in questions.trees.values()),
    }


def _procedures(questions: Questions, articles: Collection[str]) -> Iterator[Problem]:
    """Leaves whose procedure is no article of the knowledge base (R2a.5)."""
    for name, tree in questions.trees.items():
        for id_, leaf in tree.leaves.items():
            if leaf.procedure and leaf.procedure not in articles:
                line = int(leaf.place.rpartition(":")[2])
                message = f"the leaf `{id_}` of `{name}` names no article: `{leaf.procedure}`"
                yield Problem(QUESTIONS, line, message)
