"""Articles of known errors: drafted without callers, marked in their lines, never left broken."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import DataFileError, RefusedError
from sdcli.knowledge.articles import article, article_in, articles
from sdcli.knowledge.known_error import Draft, fields_of, mark, marked, of_problem, write
from sdcli.policy.yamlfile import written

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.desk import Desk

DRAFT: dict[str, Any] = {
    "problem": "SD-9",
    "title": "VPN drops after sleep",
    "area": "technology",
    "services": ("vpn",),
    "symptoms": (),
    "cause": "A driver.",
    "workaround": "Switch Wi-Fi off and on.",
    "owner": "network",
    "second_owner": "service-desk",
    "reviewed": date(2026, 11, 23),
}
ARTICLE = """\
# Kept by the network team
id: KB-7
title: VPN   # short
type: incident
area: technology
services: [vpn]
audience: desk
symptoms: ["It drops"]
cause: |
  A driver.
steps: ["Wait"]
verification: It works.
keywords: [vpn]
owner: network
second_owner: service-desk
reviewed: "2026-10-12"
expires: "2027-04-12"
"""


def draft(**facts: Any) -> dict[str, Any]:
    """The fields of an article drafted from these facts."""
    return fields_of(Draft(**DRAFT | facts), "KB-7")


def test_a_new_article_is_sound_and_has_the_next_id(desk: Desk) -> None:
    """It gets the number after the highest, is found by its problem, and expires in a year."""
    highest = max(int(name.partition("-")[2]) for name in articles(desk.root))
    found, file = write(desk.root, desk.policy, Draft(**DRAFT))
    assert found.id == f"KB-{highest + 1}"
    assert file == f"kb/{found.id}-vpn-drops-after-sleep.yaml"
    assert article(desk.root, found.id) == found
    assert of_problem(articles(desk.root), "SD-9") == found
    assert (found.known_error, found.problem, found.audience) == (True, "SD-9", "desk")
    assert (found.reviewed, found.expires) == ("2026-11-23", "2027-11-23")
    assert found.steps[0] == found.workaround == DRAFT["workaround"]
    again, _ = write(desk.root, desk.policy, Draft(**DRAFT | {"title": "!!!"}))
    assert again.id == f"KB-{highest + 2}"


def test_symptoms_are_told_once_and_without_callers() -> None:
    """No name, address or number of a caller is in it, and no more than ten symptoms (R3d1.7)."""
    said = (
        "VPN drops, says Ada Lovelace",
        "vpn drops says ADA LOVELACE!",
        "call ada@example.com or +44 20 7946 0201",
        *(f"symptom {name}" for name in "abcdefghijkl"),
    )
    found = draft(title="Ada's VPN drops", symptoms=said, people=("ada", "Ada Lovelace", ""))
    text = written(found).casefold()
    assert not {each for each in ("ada", "lovelace", "7946") if each in text}
    assert found["symptoms"][0] == "VPN drops, says the caller"
    assert len(found["symptoms"]) == 10
    assert draft(title="VPN")["symptoms"] == ["VPN"]


def test_versions_are_no_phone_numbers() -> None:
    """What only looks like a number stays: versions, error codes, dates, addresses of machines."""
    said = "error 0x80070005 since 2026-11-20 with 3.1.4.1592 on 10.20.30.40, event 20226"
    assert draft(symptoms=(said,))["symptoms"] == [said]


@given(st.lists(st.text(max_size=60), min_size=4, max_size=8))
def test_whatever_callers_say_makes_a_sound_file(texts: list[str]) -> None:
    """Hostile texts become texts of an article that can be read back (T33)."""
    title, cause, workaround, *symptoms = texts
    found = draft(title=title, cause=cause, workaround=workaround, symptoms=tuple(symptoms))
    read, _, problems = article_in("kb/KB-7.yaml", written(found).encode())
    assert not problems
    assert read is not None
    assert [read.title, *read.symptoms, read.cause] == [
        found["title"],
        *found["symptoms"],
        found["cause"],
    ]


def test_a_mark_keeps_every_line() -> None:
    """Lines are added, and none that is there is touched: comments and spelling stay."""
    after = marked("kb/KB-7.yaml", ARTICLE.encode(), "SD-9", "Restart it.").decode()
    assert after.startswith(ARTICLE)
    assert after.removeprefix(ARTICLE).splitlines() == [
        "workaround: Restart it.",
        "known_error: true",
        "problem: SD-9",
    ]
    again = marked("kb/KB-7.yaml", after.encode(), "SD-9", "Another.").decode()
    assert again == after


@pytest.mark.parametrize("said", ["known_error: false  # not yet\n", "known_error:   false\n", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_mark_replaces_what_says_otherwise(said: str, end: str) -> None:
    """An entry that says no is made to say yes, with its remark; line ends stay as they are."""
    before = (ARTICLE + said).replace("\n", end)
    after = marked("kb/KB-7.yaml", before.encode(), "SD-9", "Restart it.").decode()
    read, _, problems = article_in("kb/KB-7.yaml", after.encode())
    assert not problems
    assert read is not None
    assert (read.known_error, read.problem, read.workaround) == (True, "SD-9", "Restart it.")
    assert ("# not yet" in after) == ("# not yet" in said)
    assert after.count(end) == after.count("\n")


def test_a_file_without_a_last_line_end(desk_dir: Path) -> None:
    """What is added begins on a line of its own."""
    after = marked("kb/KB-7.yaml", ARTICLE.rstrip().encode(), "SD-9", "Restart it.").decode()
    assert after.startswith(ARTICLE)
    del desk_dir


def test_what_cannot_be_marked_is_left_alone(desk: Desk) -> None:
    """Another problem's article, a retired one, a link and a file in flow style are refused."""
    known = article(desk.root, "KB-104")
    with pytest.raises(RefusedError, match="tells of the problem PRB-1 already"):
        mark(desk.root, known, "SD-9", "x")
    path = os.path.join(desk.root, "kb", "KB-7.yaml")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(ARTICLE + 'retired: "2026-11-01"\nbecause: gone\n')
    with pytest.raises(RefusedError, match="was retired on 2026-11-01"):
        mark(desk.root, article(desk.root, "KB-7"), "SD-9", "x")
    os.unlink(path)
    elsewhere = os.path.join(desk.root, "KB-7.yaml")
    with open(elsewhere, "w", encoding="utf-8") as stream:
        stream.write(ARTICLE)
    os.symlink(elsewhere, path)
    with pytest.raises(RefusedError, match="symbolic link"):
        mark(desk.root, article(desk.root, "KB-7"), "SD-9", "x")
    flow = ARTICLE.replace("cause: |\n  A driver.\n", "cause: A driver.\n").split("\n", 1)[1]
    flow = "{" + ", ".join(line.partition("   #")[0] for line in flow.splitlines()) + "}\n"
    with pytest.raises(DataFileError, match="by hand"):
        marked("kb/KB-7.yaml", flow.encode(), "SD-9", "x")


def test_a_mark_keeps_the_mode_of_the_file(desk: Desk) -> None:
    """Whoever could read the article still can, and nobody else."""
    path = os.path.join(desk.root, "kb", "KB-7.yaml")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(ARTICLE)
    os.chmod(path, 0o640)
    told, changed = mark(desk.root, article(desk.root, "KB-7"), "SD-9", "Restart it.")
    assert (changed, told.problem, os.stat(path).st_mode & 0o777) == (True, "SD-9", 0o640)
    assert mark(desk.root, told, "SD-9", "Restart it.") == (told, False)
    assert sorted(n for n in os.listdir(os.path.dirname(path)) if "KB-7" in n) == ["KB-7.yaml"]


def test_a_folder_that_leads_out_of_the_desk_is_not_written_to(desk: Desk) -> None:
    """No article is written through a symbolic link."""
    folder = os.path.join(desk.root, "kb")
    os.rename(folder, f"{desk.root}-kb")
    os.symlink(f"{desk.root}-kb", folder)
    before = os.listdir(folder)
    with pytest.raises(RefusedError, match="symbolic link"):
        write(desk.root, desk.policy, Draft(**DRAFT))
    assert os.listdir(folder) == before
