"""What `catalog/questions.yaml` says: trees of questions, and what their leaves set.

As in `model`, the classes are the schema. They are apart because only what asks needs them.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from sdcli.policy.model import require
from sdcli.tickets.words import UNKNOWN, RequestType

QUESTIONS = "catalog/questions.yaml"
"""The question trees; a desk may have none."""

Filled: TypeAlias = Literal[
    "wanted",
    "success",
    "failed",
    "expected",
    "evidence",
    "steps",
    "reproduced",
    "where",
    "asked_before",
    "ever_had",
    "last_worked",
    "others",
    "changed",
    "justification",
    "wanted_by",
    "similar",
    "standard_change",
    "rfc",
    "impact",
    "urgency",
]
"""What an answer can fill: a detail of the request, or how much it matters (R1b.1, R2c.2d)."""


class Choice(Struct, frozen=True, kw_only=True):
    """One entry of a drop-down list: what the caller reads, and where it leads.

    Where neither `next` nor `leaf` is given, the question's own applies.
    """

    label: str
    next: str = ""
    leaf: str = ""


class Question(Struct, frozen=True, kw_only=True):
    """A question in the caller's words (R1b.1e); one without choices is answered in free text.

    Args:
        ask: the question; `help`: what explains it.
        fills: what the answer fills; `field`: the further field that it fills.
        next, leaf: where it leads: to a question or to a leaf of the same tree. A skipped
            question leads where `unknown` does.
    """

    ask: str
    help: str = ""
    choices: dict[str, Choice] = {}
    fills: Filled | None = None
    field: str = ""
    next: str = ""
    leaf: str = ""
    place: str


class Leaf(Struct, frozen=True, kw_only=True):
    """What is known where a tree ends (R2a.5); what is empty stays as it was.

    Args:
        type: what kind of request it is; `unknown` says that nobody can know it yet.
        procedure: the article that says what to do now.
        approval: somebody must agree before it is done (R2a.4a).
        tree: the tree that goes on, in place of the one that otherwise would.
    """

    type: RequestType | None = None
    service: str = ""
    feature: str = ""
    queue: str = ""
    procedure: str = ""
    agreement: str = ""
    approval: bool = False
    tree: str = ""
    place: str


class QuestionTree(Struct, frozen=True, kw_only=True):
    """Questions that lead from the `first` to a leaf.

    Args:
        name: what it is about, in words.
        type, service: what kind of request it is made for; whatever fits if they are left out.
        finds: what it is there to find out; it is passed over where that is known.
    """

    name: str
    type: RequestType = UNKNOWN
    service: str = ""
    finds: Literal["type", "service"] | None = None
    first: str
    questions: dict[str, Question]
    leaves: dict[str, Leaf]
    place: str


class QuestionFile(Struct, frozen=True, kw_only=True):
    """`catalog/questions.yaml`.

    Args:
        version: its version, in the desk's own scheme; `changed`: what is new in it (R1a.1e).
        first: the trees that every walk begins with, in order. The tree made for the type and
            service known by then follows them.
    """

    format: Literal[1]
    version: str
    changed: str = ""
    first: tuple[str, ...]
    trees: dict[str, QuestionTree]


class Questions(Struct, frozen=True, kw_only=True):
    """The question trees that have been found sound; `version` holds the hash of their file."""

    version: str = ""
    changed: str = ""
    first: tuple[str, ...] = ()
    trees: dict[str, QuestionTree] = {}

    def require_tree(self, given: str) -> str:
        """The name of a tree.

        Raises:
            NoSuchEntryError: there is none of that name.
        """
        return require(given, "question tree", self.trees, QUESTIONS)
