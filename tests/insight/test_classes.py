"""Lint against more classes than people can tell apart or use: each finding with its place."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import DATA_FILE, USAGE
from sdcli.policy.load import read_policy
from sdcli.policy.model import CLASSIFICATION, SCHEDULE, SERVICES, VOCABULARY
from sdcli.policy.questions import QUESTIONS
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


def _edit(desk_dir: Path, file: str, old: str, new: str) -> None:
    path = desk_dir / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _line(desk_dir: Path, file: str, text: str) -> int:
    """The line on which a text begins for the first time."""
    whole = (desk_dir / file).read_text(encoding="utf-8")
    return whole[: whole.index(text)].count("\n") + 1


_TOO_MANY = {
    "services: 22": (SERVICES, "services:", "there are 23 services; 22"),
    "features: 3": (SERVICES, "    features:", "the service `email` has 4 features; 3"),
    "choices: 8": (QUESTIONS, "      about:", "the question `about` has 9 choices; 8"),
    "words: 13": (VOCABULARY, "closure_code:", "the list `closure_code` has 14 words; 13"),
}


@pytest.mark.parametrize("limit", _TOO_MANY)
def test_more_than_the_limit_is_wrong(sd: Runner, desk_dir: Path, limit: str) -> None:
    """Each list beyond the desk's own limit is told with its line, and exits 5 (R7.4)."""
    file, at, says = _TOO_MANY[limit]
    limits = {"services": 40, "features": 8, "choices": 9, "words": 16}
    name, _, _ = limit.partition(":")
    _edit(desk_dir, CLASSIFICATION, f"{name}: {limits[name]}", limit)
    said = sd("lint", expect=DATA_FILE).stderr
    [first, *_] = [text.strip() for text in said.splitlines() if file in text]
    assert f"{file}:{_line(desk_dir, file, at)}: " in first
    assert says in first
    assert f"(`limits` of {CLASSIFICATION})" in first


def test_a_long_list_hinders_nobody(sd: Runner, desk_dir: Path) -> None:
    """Beyond a limit the desk goes on working: it is for `lint` to complain."""
    _edit(desk_dir, CLASSIFICATION, "services: 40", "services: 2")
    sd("open", "It is slow", "--user", "ada", "--service", "vpn")
    assert len(read_policy(str(desk_dir)).catalog.services) > 2


def _remarks(sdj: JsonRunner, *args: str) -> list[tuple[str, int, str]]:
    found = sdj("lint", *args, at=NOW + timedelta(hours=1))
    assert found["ok"] is True
    return [(each["file"], each["line"], each["message"]) for each in found["remarks"]]


def test_the_starter_has_no_remarks(sdj: JsonRunner) -> None:
    """Everything in the starter can be reached and told apart."""
    assert _remarks(sdj) == []


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("components: [mail-gateway]", "components: [mail-gatway]", "mail-gatway"),
        ("[wlc1, wlc2]", "[wlc1, wlc9]", "wlc9"),
    ],
)
def test_a_component_beyond_the_map(
    sdj: JsonRunner, desk_dir: Path, old: str, new: str, kind: str
) -> None:
    """An outage or a change of a component that no service runs on is a remark, no problem."""
    _edit(desk_dir, SCHEDULE, old, new)
    line = _line(desk_dir, SCHEDULE, new)
    said = f"no service of the catalog runs on the component `{kind}`"
    assert _remarks(sdj) == [(SCHEDULE, line, said)]


def test_a_service_without_its_area(sdj: JsonRunner, desk_dir: Path) -> None:
    """A service that does not say what requests about it are about is a remark (R2a.1a)."""
    _edit(desk_dir, SERVICES, "    area: technology\n", "")
    [(file, _, message)] = _remarks(sdj)
    assert file == SERVICES
    assert message.endswith("has no `area`: technology or service")


_STOCK = "keywords: [stock, delivery]"
_SCAN = "        keywords: [scan]\n"


def test_what_words_cannot_tell_apart(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Two features with the same keywords are a remark with its line, and exit 0 (R7.4)."""
    _edit(desk_dir, SERVICES, _STOCK, "keywords: [POSTING, invoice, month-end]")
    line = _line(desk_dir, SERVICES, "      logistics:")
    [(file, at, message)] = _remarks(sdj)
    assert (file, at) == (SERVICES, line)
    assert "feature of `erp` `logistics` has the same keywords as `finance`" in message
    assert f"remark: {SERVICES}:{line}: " in sd("lint").stdout


def test_what_nothing_leads_to(sdj: JsonRunner, desk_dir: Path) -> None:
    """A feature with no keyword and no leaf will never be proposed; with a leaf it is fine (R7.4)."""
    _edit(desk_dir, SERVICES, _SCAN, "")
    assert _remarks(sdj) == []
    _edit(desk_dir, QUESTIONS, "feature: scan-to-mail, ", "")
    [(file, at, message)] = _remarks(sdj)
    assert (file, at) == (SERVICES, _line(desk_dir, SERVICES, "      scan-to-mail:"))
    assert message.startswith("no question leads to the feature `scan-to-mail` of `printing`")


def _named(remarks: list[tuple[str, int, str]], file: str) -> set[str]:
    """The ids in the messages about a file."""
    return {" ".join(re.findall(r"`([^`]+)`", said)) for name, _, said in remarks if name == file}


def test_unused_classes(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What tickets use is not named, whether or not they were changed since; all else is (R7.4)."""
    sd("open", "x", "--user", "ada", "--type", "incident", "--service", "vpn", "--channel", "chat")
    how = ("--discovered", "review", "--reason", "x")
    sd("classify", "1", "--service", "email", "--feature", "mailbox", *how)
    sd("wait", "1", "--for", "vendor")
    sd("close", "1", "--code", "duplicate", "--confirmed-by", "ada", "--via", "mail")

    remarks = _remarks(sdj, "--unused")

    services = _named(remarks, SERVICES)
    assert {"wifi", "remote-work vpn", "calendar email"} <= services
    assert not {"vpn", "email", "mailbox email"} & services
    words = _named(remarks, VOCABULARY)
    assert {"solved closure_code", "phone contact_method", "user waiting_for"} <= words
    used = {"chat channel", "duplicate closure_code", "mail contact_method", "vendor waiting_for"}
    assert not {*used, "review discovered"} & words
    assert not any(word.startswith("unknown") for word in words)
    for file, line, message in remarks:
        text = (desk_dir / file).read_text(encoding="utf-8").splitlines()[line - 1]
        id_ = re.findall(r"`([^`]+)`", message)
        assert not id_ or id_[0] in text, (file, line, message)


def test_only_the_period_counts(sd: Runner, sdj: JsonRunner) -> None:
    """A class that was used before the period is unused in it; without tickets nothing is said."""
    sd("open", "x", "--user", "ada", "--service", "vpn", at=NOW - timedelta(days=40))
    [only] = _remarks(sdj, "--unused", "--days", "30")
    assert "there is no ticket in the last 30 days" in only[2]
    sd("open", "x", "--user", "ada", "--service", "email")
    assert "vpn" in _named(_remarks(sdj, "--unused", "--days", "30"), SERVICES)
    assert "vpn" not in _named(_remarks(sdj, "--unused", "--days", "50"), SERVICES)
    sd("lint", "--days", "3", expect=USAGE)


def test_questions_and_choices_that_nobody_needs(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """A question that was never asked, and a choice that nobody made, are named with their lines."""
    form = {"summary": "x", "user": "ada", "answers": {"need": "how", "about": "mail"}}
    sd("open", "-", stdin=json.dumps(form))
    remarks = [each for each in _remarks(sdj, "--unused") if each[0] == QUESTIONS]
    told = {said: line for _, line, said in remarks}
    broken = "nobody chose `broken` of the question `need` in the last 365 days"
    assert told[broken] == _line(desk_dir, QUESTIONS, "          broken:")
    assert "the question `vpn-when` was not asked in the last 365 days" in told
    assert not any("`how`" in said or "`mail` of" in said for said in told)
    assert not any("`unknown`" in said for said in told)
