"""The filter's rules and the templates of requests for change: read strictly, wrong with a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from sdcli import errors
from sdcli.errors import DataFileError
from sdcli.policy.changes import (
    NOTHING_REFUSED,
    REFUSED,
    TEMPLATES,
    USUAL,
    read_refused,
    read_templates,
)
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy
    from tests.conftest import JsonRunner, Runner


class Case(NamedTuple):
    """An edit of a starter file and the problem it makes; `at` is text on the problem's line."""

    file: str
    old: str
    new: str
    at: str
    message: str


_CASES = {
    "no day": Case(REFUSED, '"2025-03-01"', '"2025-02-30"', "2025-02-30", "write a date"),
    "a service": Case(
        REFUSED, "[wifi, wired-network]", "[wifi, wired]", "[wifi, wired]", "no service `wired`"
    ),
    "an unknown key": Case(REFUSED, "decided_by: nadia", "decided: nadia", "decided: ", "decided"),
    "nothing meets it": Case(
        REFUSED,
        "    keywords: [whatsapp, telegram, signal group]\n",
        "",
        "consumer-messengers:",
        "needs `keywords` or `services`",
    ),
    "a field": Case(
        TEMPLATES, "needs: [wanted, service]\n", "needs: [wantd]\n", "[wantd]", "no field `wantd`"
    ),
    "a source": Case(TEMPLATES, "from: caller", "from: people", "from: people", "must be one of"),
    "twice": Case(
        TEMPLATES,
        "    asks: [use, documents, back_out, wanted_by]",
        "    asks: [wanted, documents]",
        "asks: [wanted, documents]",
        "cannot be both",
    ),
    "a queue": Case(
        TEMPLATES,
        "    name: A right that no procedure gives\n",
        "    name: A right\n    queue: nowhere\n",
        "queue: nowhere",
        "no queue `nowhere`",
    ),
}


def _edited(desk_dir: Path, case: Case) -> int:
    """Edit a file of the desk; gives the line on which the problem is."""
    path = desk_dir / case.file
    before = path.read_text(encoding="utf-8")
    assert case.old in before
    text = before.replace(case.old, case.new, 1)
    path.write_text(text, encoding="utf-8")
    return next(n for n, row in enumerate(text.splitlines(), 1) if case.at in row)


@pytest.mark.parametrize("name", _CASES)
def test_what_is_wrong_is_told_with_file_and_line(name: str, desk_dir: Path, sd: Runner) -> None:
    """`sdcli lint` names the file, the line and what is wrong, and exits 5 (R3c1.1, R3c3.1)."""
    case = _CASES[name]
    number = _edited(desk_dir, case)

    said = sd("lint", expect=errors.DATA_FILE).stderr

    assert f"{case.file}:{number}" in said
    assert case.message in said


def test_a_wrong_file_stops_the_filter_and_nothing_else(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What needs the file refuses to go on with a wrong one; what does not need it works."""
    sd("open", "a tool for maps", "--user", "ada", "--type", "new-service")
    (desk_dir / REFUSED).write_text("format: 1\nrules: [x]\n", encoding="utf-8")

    sd("filter", "1", "--accept", expect=errors.DATA_FILE)
    assert sdj("show", "1")["events_count"] == 1
    sd("accept", "1")


def test_a_desk_without_the_files(desk_dir: Path, sd: Runner, policy: Policy) -> None:
    """Nothing is refused then, and there is one template; lint says nothing."""
    (desk_dir / REFUSED).unlink()
    (desk_dir / TEMPLATES).unlink()

    assert read_refused(str(desk_dir), policy) == NOTHING_REFUSED
    assert read_templates(str(desk_dir), policy) == USUAL
    sd("lint")
    sd("open", "Dropbox", "--user", "ada", "--type", "new-service")
    sd("filter", "1", "--accept")
    said = sd("rfc", "1", "--field", "justification=files", "--field", "use=Sales").stdout
    assert "goes to change-control" in said


@pytest.mark.parametrize("name", [REFUSED, TEMPLATES])
def test_another_ending_is_not_taken_for_no_file(name: str, desk_dir: Path, policy: Policy) -> None:
    """A file that would be passed over in silence is told."""
    path = desk_dir / name
    path.rename(path.with_suffix(".yml"))
    read = read_refused if name == REFUSED else read_templates

    with pytest.raises(DataFileError, match="rename it to"):
        read(str(desk_dir), policy)


def test_a_folder_in_its_place_is_an_error(desk_dir: Path, policy: Policy) -> None:
    """What is there and cannot be read is never taken for an empty file."""
    (desk_dir / REFUSED).unlink()
    (desk_dir / REFUSED).mkdir()

    with pytest.raises(DataFileError, match="cannot be read"):
        read_refused(str(desk_dir), policy)


def test_the_starter_has_rules_and_templates(policy: Policy) -> None:
    """The starter refuses a few things plausibly, and each category can be completed."""
    rules = read_refused(str(REPOSITORY), policy).rules
    assert len(rules) >= 4
    assert all(rule.place.startswith(REFUSED) for rule in rules.values())
    templates = read_templates(str(REPOSITORY), policy)
    assert {"wanted", "delivery", "similar", "documents", "use"} <= set(
        templates.categories["new-service"].fields
    )
