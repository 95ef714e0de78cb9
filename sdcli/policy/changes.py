"""What `catalog/changes/refused.yaml` and `catalog/rfc.yaml` say (R3c1.1, R3c3.1).

As in `model`, the classes are the schema. A desk may have neither file: nothing is refused then,
and there is one template. They are apart from the policy: only what filters requests for new
services, and completes requests for change, needs them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct

from sdcli.errors import DataFileError, Problem, alternatives
from sdcli.policy.load import Read, read_file
from sdcli.policy.model import require
from sdcli.policy.scalars import Day

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sdcli.policy.model import Policy

REFUSED = "catalog/changes/refused.yaml"
"""The new services that the desk refuses; a desk may have none."""

TEMPLATES = "catalog/rfc.yaml"
"""The templates of requests for change; a desk may have none."""


class Refusal(Struct, frozen=True, kw_only=True):
    """A new service that the desk refuses (R3c1.1).

    Args:
        says: what is refused, as the requester is told it.
        keywords, services: what a request must say or be about; one of each that is named.
        since: from which day on; `decided_by`: who decided it.
        instead: what the requester is offered.
    """

    says: str
    keywords: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    since: Day
    decided_by: str
    instead: str = ""
    place: str = ""


class RefusedServices(Struct, frozen=True, kw_only=True):
    """`catalog/changes/refused.yaml`."""

    format: Literal[1]
    rules: dict[str, Refusal] = {}

    def require(self, given: str) -> str:
        """The id of a rule.

        Raises:
            NoSuchEntryError: there is none of that id.
        """
        return require(given, "rule", self.rules, REFUSED)


Source: TypeAlias = Literal[
    "summary",
    "service",
    "caller",
    "wanted",
    "success",
    "similar",
    "justification",
    "wanted_by",
    "approval",
    "rfc",
]
"""What of a ticket fills in a field: a detail of the request, or another fact of it."""


class TemplateField(Struct, frozen=True, kw_only=True, rename={"source": "from"}):
    """Something that a request for change says, and what of the ticket fills it in."""

    says: str
    source: Source | None = None
    place: str = ""


class Category(Struct, frozen=True, kw_only=True):
    """A kind of request for change, and what it must and may say (R3c3.1).

    Args:
        needs: the fields that must be filled in; `asks`: those that may be as well.
        queue: where it goes, if that is not the queue for changes.
    """

    name: str
    needs: tuple[str, ...]
    asks: tuple[str, ...] = ()
    queue: str = ""
    place: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """All that it can say, in order."""
        return self.needs + self.asks


class Templates(Struct, frozen=True, kw_only=True):
    """`catalog/rfc.yaml`."""

    format: Literal[1]
    fields: dict[str, TemplateField]
    categories: dict[str, Category]

    def require(self, given: str) -> str:
        """The id of a category.

        Raises:
            NoSuchEntryError: there is none of that id.
        """
        return require(given, "category of change", self.categories, TEMPLATES)


NOTHING_REFUSED = RefusedServices(format=1)
"""The rules of a desk that has no such file."""

USUAL = Templates(
    format=1,
    fields={
        "wanted": TemplateField(says="What is wanted", source="wanted"),
        "delivery": TemplateField(says="In which form it is to be delivered"),
        "similar": TemplateField(says="What there is that is like it", source="similar"),
        "documents": TemplateField(says="Documents that tell more of it"),
        "use": TemplateField(says="Who will use it", source="caller"),
        "service": TemplateField(says="The service that it belongs to", source="service"),
        "justification": TemplateField(says="What it is for", source="justification"),
        "wanted_by": TemplateField(says="When it is wanted", source="wanted_by"),
    },
    categories={
        "change": Category(
            name="A change",
            needs=("wanted", "justification"),
            asks=("delivery", "similar", "documents", "use", "service", "wanted_by"),
        )
    },
)
"""The template of a desk that has no such file."""


def read_refused(root: str, policy: Policy) -> RefusedServices:
    """The new services that the desk at `root` refuses; none if it has no such file.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    read = _read(root, REFUSED, RefusedServices)
    if read is None:
        return NOTHING_REFUSED
    rules: RefusedServices = read.value
    _require_sound(read, () if read.problems else _of_rules(read, policy))
    return rules


def read_templates(root: str, policy: Policy) -> Templates:
    """The templates of requests for change of the desk at `root`; the usual one without a file.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    read = _read(root, TEMPLATES, Templates)
    if read is None:
        return USUAL
    templates: Templates = read.value
    _require_sound(read, () if read.problems else _of_templates(read, policy))
    return templates


def _read(root: str, name: str, shape: type[Struct]) -> Read | None:
    """A decoded file; None if there is none, nor one that was meant to be it."""
    stem, _ = os.path.splitext(name)
    meant = f"{stem}.yml"
    if os.path.lexists(os.path.join(root, meant)):
        said = f"only .yaml is read: rename it to `{name}`"
        raise DataFileError([Problem(meant, 1, said)])
    path = os.path.join(root, name)
    if not os.path.lexists(path):
        return None
    try:
        with open(path, "rb") as stream:
            return read_file(name, stream.read(), shape)
    except OSError as error:
        return read_file(name, f"the file cannot be read: {error.strerror}", shape)


def _require_sound(read: Read, more: Collection[Problem] | Iterator[Problem]) -> None:
    found = sorted([*read.problems, *more])
    if found:
        raise DataFileError(found)


def _of_rules(read: Read, policy: Policy) -> Iterator[Problem]:
    """Rules that nothing could meet, and services that are none."""
    rules: RefusedServices = read.value
    for name, rule in rules.rules.items():
        at = f"rules.{name}"
        if not (rule.keywords or rule.services):
            said = f"the rule `{name}` needs `keywords` or `services`: nothing would meet it"
            yield _problem(read, REFUSED, at, said)
        for index, service in enumerate(rule.services):
            yield from _dangling(
                read,
                REFUSED,
                f"{at}.services.{index}",
                ("service", service),
                policy.catalog.services,
            )


def _of_templates(read: Read, policy: Policy) -> Iterator[Problem]:
    """Categories without an end, fields and queues that are none."""
    templates: Templates = read.value
    if not templates.categories:
        yield _problem(read, TEMPLATES, "categories", "at least one category is needed")
    for name, category in templates.categories.items():
        at = f"categories.{name}"
        for key in ("needs", "asks"):
            for index, each in enumerate(getattr(category, key)):
                path = f"{at}.{key}.{index}"
                yield from _dangling(read, TEMPLATES, path, ("field", each), templates.fields)
        for each in sorted(set(category.needs) & set(category.asks)):
            said = f"`{each}` cannot be both in `needs` and in `asks` of `{name}`"
            yield _problem(read, TEMPLATES, f"{at}.asks", said)
        if category.queue:
            path = f"{at}.queue"
            queues = policy.teams.queues
            yield from _dangling(read, TEMPLATES, path, ("queue", category.queue), queues)


def _dangling(
    read: Read, file: str, path: str, given: tuple[str, str], known: Collection[str]
) -> Iterator[Problem]:
    """A problem if what is named, a kind and an id, is not known."""
    kind, name = given
    if name not in known:
        said = f"there is no {kind} `{name}`; {alternatives(name, known)}"
        yield _problem(read, file, path, said)


def _problem(read: Read, file: str, path: str, said: Any) -> Problem:
    return Problem(file, read.places.get(path, 1), said)
