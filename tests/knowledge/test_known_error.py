"""Articles of known errors: drafted without callers, marked in their lines, never left broken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.authoring import Authoring
from sdcli.errors import DataFileError, RefusedError
from sdcli.knowledge.articles import article, article_in, articles
from sdcli.knowledge.known_error import Draft, fields_of, mark, of_problem
from sdcli.knowledge.write import text_of

if TYPE_CHECKING:
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
    return fields_of(Draft(**DRAFT | facts))


def written(fields: dict[str, Any]) -> str:
    """The text of a file with these fields."""
    return text_of({"id": "KB-7", "reviewed": "2026-11-23", "expires": "2027-11-23", **fields})


@pytest.fixture(name="path")
def _path(desk: Desk) -> Path:
    """The file of an article KB-7 on the desk."""
    path = Path(desk.root, "kb", "KB-7.yaml")
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def test_a_new_article_is_sound_and_has_the_next_id(desk: Desk) -> None:
    """It gets the number after the highest, is found by its problem, and expires in a year."""
    highest = max(int(name.partition("-")[2]) for name in articles(desk.root))
    made = Authoring(desk).create(draft())
    found = made.article
    assert found.id == f"KB-{highest + 1}"
    assert made.file == f"kb/{found.id}-vpn-drops-after-sleep.yaml"
    assert article(desk.root, found.id) == found
    assert of_problem(articles(desk.root), "SD-9", [], lambda: DRAFT["title"]) == found
    assert of_problem(articles(desk.root), "SD-9", [found.id], lambda: "") == found
    with pytest.raises(RefusedError, match=f"--article {found.id}"):
        of_problem(articles(desk.root), "SD-9", ["KB-1"], lambda: "Something else")
    assert (found.known_error, found.problem, found.audience) == (True, "SD-9", "desk")
    assert (found.reviewed, found.expires) == ("2026-11-23", "2027-11-23")
    assert found.steps[0] == found.workaround == DRAFT["workaround"]
    again = Authoring(desk).create(draft(title="!!!", symptoms=("!!!",)))
    assert again.article.id == f"KB-{highest + 2}"


def test_symptoms_are_told_once() -> None:
    """Each however it is spelt, no more than ten; without any it is the title (R3d1.7)."""
    said = ("VPN drops", "vpn  DROPS!", *(f"symptom {name}" for name in "abcdefghijkl"))
    found = draft(symptoms=said)
    assert found["symptoms"][:2] == ("VPN drops", "symptom a")
    assert len(found["symptoms"]) == 10
    assert draft(title="VPN")["symptoms"] == ("VPN",)
    assert draft(title="[caller]'s VPN")["keywords"] == ("vpn",)


@given(st.lists(st.text(max_size=60), min_size=4, max_size=8))
def test_whatever_callers_say_makes_a_sound_file(texts: list[str]) -> None:
    """Hostile texts become texts of an article that can be read back (T33)."""
    title, cause, workaround, *symptoms = texts
    found = draft(title=title, cause=cause, workaround=workaround, symptoms=tuple(symptoms))
    read, _, problems = article_in("kb/KB-7.yaml", written(found).encode())
    assert not problems
    assert read is not None
    assert [read.title, *read.symptoms, read.cause.strip()] == [
        found["title"],
        *found["symptoms"],
        found["cause"],
    ]


def test_a_mark_keeps_every_line(desk: Desk, path: Path) -> None:
    """Lines are added, and none that is there is touched: comments and spelling stay."""
    told, changed = mark(desk.root, "KB-7", "SD-9", "Restart it.")
    assert changed
    assert told == article(desk.root, "KB-7")
    lines = path.read_text(encoding="utf-8").splitlines()
    new = ["workaround: Restart it.", "known_error: true", "problem: SD-9"]
    assert [each for each in lines if each not in ARTICLE.splitlines()] == new
    assert [each for each in lines if each not in new] == ARTICLE.splitlines()
    after = path.read_bytes()
    assert mark(desk.root, "KB-7", "SD-9", "Another.") == (told, False)
    assert path.read_bytes() == after


@pytest.mark.parametrize("said", ["known_error: false  # not yet\n", "known_error:   false\n", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_mark_replaces_what_says_otherwise(desk: Desk, path: Path, said: str, end: str) -> None:
    """An entry that says no is made to say yes, with its remark; line ends stay as they are."""
    path.write_bytes((ARTICLE + said).rstrip().replace("\n", end).encode())
    read, _ = mark(desk.root, "KB-7", "SD-9", "Restart it.")
    assert (read.known_error, read.problem, read.workaround) == (True, "SD-9", "Restart it.")
    after = path.read_bytes().decode()
    assert ("# not yet" in after) == ("# not yet" in said)
    assert after.replace(end, "\n").count("\n") == after.count(end)
    assert "\r" not in after.replace(end, "")


def test_what_cannot_be_marked_is_left_alone(desk: Desk, path: Path, tmp_path: Path) -> None:
    """Another problem's article, a retired one, a link and a file in flow style are refused."""
    with pytest.raises(RefusedError, match="tells of the problem PRB-1 already"):
        mark(desk.root, "KB-104", "SD-9", "x")
    retired = ARTICLE + 'retired: "2026-11-01"\nbecause: gone\n'
    path.write_text(retired, encoding="utf-8")
    with pytest.raises(RefusedError, match="was retired on 2026-11-01"):
        mark(desk.root, "KB-7", "SD-9", "x")
    flow = ARTICLE.replace("cause: |\n  A driver.\n", "cause: A driver.\n").split("\n", 1)[1]
    flow = "{" + ", ".join(line.partition("   #")[0] for line in flow.splitlines()) + "}\n"
    path.write_text(flow, encoding="utf-8")
    with pytest.raises(RefusedError, match=r"sdcli kb edit KB-7"):
        mark(desk.root, "KB-7", "SD-9", "x")
    assert path.read_text(encoding="utf-8") == flow
    elsewhere = tmp_path / "KB-7.yaml"
    elsewhere.write_text(ARTICLE, encoding="utf-8")
    path.unlink()
    path.symlink_to(elsewhere)
    with pytest.raises(DataFileError, match="link that leads out of the desk"):
        mark(desk.root, "KB-7", "SD-9", "x")
    assert elsewhere.read_text(encoding="utf-8") == ARTICLE


def test_a_mark_keeps_the_mode_of_the_file(desk: Desk, path: Path) -> None:
    """Whoever could read the article still can, and nobody else; nothing is left beside it."""
    path.chmod(0o640)
    mark(desk.root, "KB-7", "SD-9", "Restart it.")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir() if "KB-7" in each.name] == ["KB-7.yaml"]


def test_a_folder_that_leads_out_of_the_desk_is_not_written_to(desk: Desk) -> None:
    """No article is written through a symbolic link."""
    folder = os.path.join(desk.root, "kb")
    os.rename(folder, f"{desk.root}-kb")
    os.symlink(f"{desk.root}-kb", folder)
    before = os.listdir(folder)
    with pytest.raises(RefusedError, match="symbolic link"):
        Authoring(desk).create(draft())
    assert os.listdir(folder) == before
