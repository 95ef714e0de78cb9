"""`sdcli kb lint`: problems end with 5, remarks do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


def _edit(desk_dir: Path, name: str, old: str, new: str) -> None:
    [path] = (desk_dir / "kb").glob(f"{name}-*")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_sound_desk(sd: Runner, sdj: JsonRunner) -> None:
    """The starter's articles are counted, and there is nothing to say (R3a.2)."""
    assert sdj("kb", "lint") == {"articles": 41, "remarks": []}
    assert sd("kb", "lint").stdout == "41 articles sound.\n"


def test_problems_and_remarks_in_one_run(sd: Runner, desk_dir: Path) -> None:
    """Everything wrong is named with file and line, and what is worth a look below it."""
    _edit(desk_dir, "KB-104", "goes to KB-103", "goes to KB-999")
    _edit(desk_dir, "KB-110", "owner: onsite", "owner: nobody")
    _edit(desk_dir, "KB-141", 'expires: "2027-09-07"', 'expires: "2026-11-01"')

    result = sd("kb", "lint", "--json", expect=5)

    assert "kb/KB-104-vpn-drops-after-sleep.yaml:22: it names KB-999" in result.stderr
    assert "there is no queue `nobody`" in result.stderr
    assert "it expired on 2026-11-01" in result.stderr
    assert '"remarks":[{"file":"kb/KB-141' in result.stderr.replace(" ", "")
    assert "it names KB-999" in sd("lint", expect=5).stderr


def test_some_articles_only(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Of named articles only their own faults are told; one that is not there is refused."""
    _edit(desk_dir, "KB-104", "goes to KB-103", "goes to KB-999")
    _edit(desk_dir, "KB-141", 'expires: "2027-09-07"', 'expires: "2026-11-01"')
    assert sdj("kb", "lint", "KB-110")["articles"] == 1
    assert len(sdj("kb", "lint", "141", "110")["remarks"]) == 1
    sd("kb", "lint", "104", expect=5)
    sd("kb", "lint", "999", expect=3)
