"""Mutations of the starter's trees and catalogs: each gives exactly its diagnostic, with its line.

The table holds an edit of a file, and where and what `lint` then says, and nothing besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from sdcli.errors import DataFileError
from sdcli.lint import lint
from sdcli.policy.load import read_policy, read_questions
from sdcli.policy.model import CLASSIFICATION, SCHEDULE, SERVICES
from sdcli.policy.questions import QUESTIONS
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path


class Mutation(NamedTuple):
    """An edit of a starter file, the text on the line that is told, and the message."""

    file: str
    old: str
    new: str
    at: str
    message: str


_THERE = (
    "there are: email, identity, vpn, wifi, wired-network, internet-access, workstation, printing, "
    "file-storage, intranet, erp, crm and 11 more"
)
_TYPE = "State it in a leaf; `type: unknown` says that nobody can know it yet"
_AGREEMENT = "State it in a leaf, or the service from which it follows"

TREES: dict[str, Mutation] = {
    "a leaf without its type": Mutation(
        QUESTIONS,
        "unclear: {type: unknown}",
        "unclear: {}",
        "      identity: {service: identity, queue",
        "the leaf `identity` ends a walk, and no type is known: need=unknown, about=account; 22 more "
        f"ways through the leaf `unclear` of `kind` end so. {_TYPE}",
    ),
    "a leaf without its agreement": Mutation(
        QUESTIONS,
        "unclear-area: {queue: service-desk, agreement: standard}",
        "unclear-area: {queue: service-desk}",
        "unclear-area: {queue",
        "the leaf `unclear-area` ends a walk, and no agreement is known: need=unknown, "
        "about=unknown; 3 more ways through the leaf `unclear-area` of `area` end so. "
        f"{_AGREEMENT}",
    ),
    "something new without an agreement": Mutation(
        QUESTIONS,
        "queue: service-desk, agreement: standard, tree: new-service}",
        "queue: service-desk, tree: new-service}",
        "described-new: {",
        "the leaf `described-new` ends a walk, and no agreement is known: need=new, "
        "for-how-many=one, alike=more, usual=yes, asked-already=yes, new-when=month, "
        f"new-wanted=..., new-why=..., new-success=.... {_AGREEMENT}",
    ),
    "a danger without a queue": Mutation(
        QUESTIONS,
        "      foreign: {queue: security}\n",
        "      foreign: {}\n",
        "zzz",
        "",
    ),
    "a fourth question before a queue": Mutation(
        QUESTIONS,
        "never-had: {type: fulfilment, queue: service-desk}",
        "never-had: {type: fulfilment}",
        "zzz",
        "",
    ),
    "a leaf that nobody reaches": Mutation(
        QUESTIONS,
        "    leaves:\n      broken: {type: incident",
        "    leaves:\n      lost: {queue: network}\n      broken: {type: incident",
        "lost: {",
        "no way leads to the leaf `lost`",
    ),
    "a question that nobody reaches": Mutation(
        QUESTIONS,
        "        next: ever-had\n",
        "        next: used-before\n" if False else "        leaf: broken\n",
        "      ever-had:",
        "zzz",
    ),
}
