"""`sdcli report --html`: the page of a report, from the desk to the file."""

from __future__ import annotations

import html
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from sdcli import errors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

LATER = "2026-11-25T09:00:00Z"
EVIL = "</script><script>window.hacked=1</script>"


@pytest.fixture(name="written")
def _written(sd: Runner, tmp_path: Path) -> Path:
    """A desk with three requests, one resolved, and the page of its report."""
    sd("open", f"VPN {EVIL}", "--user", "ada", "--type", "incident", "--channel", "portal")
    sd("open", "Printer is offline", "--user", "ada", "--channel", "phone")
    sd("open", "Where is the calendar?", "--user", "ada", "--type", "information")
    path = tmp_path / "report.html"
    sd("report", "--period", "this-year", "--html", str(path))
    return path


def _page(path: Path) -> Any:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_the_page_tells_what_the_report_tells(written: Path, sdj: JsonRunner) -> None:
    """The same numbers, of the same tickets, with what is known of them (R0.1, R1a.3e)."""
    soup = _page(written)
    report = {each["id"]: each for each in sdj("report", "--period", "this-year")["figures"]}
    opened = soup.select_one("#figure-opened")
    assert opened.select_one(".said").text == str(report["opened"]["now"]["value"]) == "3"
    told = opened.select_one(".receipts").text
    for ref in report["opened"]["refs"]:
        assert ref in told
    assert EVIL in told
    assert not soup.find("script", string=re.compile("^window.hacked"))
    share = soup.select_one("#figure-self_service .said").text
    assert share == "33.3 %"
    drawn = {each["id"].removeprefix("figure-") for each in soup.select("article.figure")}
    assert {id_.replace(".", "-") for id_, each in report.items() if each["refs"]} <= drawn


def test_the_page_says_how_to_check_it(written: Path, sd: Runner, sdj: JsonRunner) -> None:
    """The commands on it list the tickets of each figure, and make the page again, as it was."""
    soup = _page(written)
    before = soup.select_one("main").text
    sd("open", "One more", "--user", "ada", at=LATER)
    audit = soup.select_one("#figure-opened .receipts code").text
    assert audit.startswith("sdcli report audit opened --period this-year --as-of ")
    told = sdj(*shlex.split(audit)[1:], at=LATER)
    assert told["now"]["value"] == 3
    assert len(told["items"]) == 3
    again = shlex.split(html.unescape(soup.select_one(".make code").text))
    assert again[:2] == ["sdcli", "report"]
    sd(*again[1:], at=LATER)
    assert _page(written).select_one("main").text == before


def test_it_says_what_it_wrote(sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """The file, the period, what is in it and what is not; the size is that of the file."""
    sd("open", "VPN drops", "--user", "ada")
    path = tmp_path / "a page.html"
    told = sdj("report", "--html", str(path), "--query", "type:incident")
    assert told["file"] == str(path)
    assert told["bytes"] == path.stat().st_size
    assert told["query"] == "type:incident"
    assert set(told["figures"]).isdisjoint(told["nothing"])
    said = sd("report", "--html", str(path)).stdout
    assert "a page.html was written: " in said.replace("\n", " ")


def test_only_the_figures_that_are_asked_for(sd: Runner, tmp_path: Path) -> None:
    """--figure and --by choose on the page as they do in the table."""
    sd("open", "VPN drops", "--user", "ada")
    path = tmp_path / "page.html"
    sd("report", "--figure", "opened", "--by", "feature", "--html", str(path))
    soup = _page(path)
    assert [each.text for each in soup.select("h3")] == ["Requests opened"]
    assert "By feature" in [each.text for each in soup.select(".splits summary")]
    make = soup.select_one(".make code").text
    assert "--figure opened --by feature --html" in make


def test_another_file_is_not_written_over(sd: Runner, tmp_path: Path) -> None:
    """It stays as it is, and the message says what to do; a folder that is not there is an error."""
    path = tmp_path / "notes.html"
    path.write_text("mine", encoding="utf-8")
    failed = sd("report", "--html", str(path), expect=errors.REFUSED)
    assert "no page of `sdcli report`" in failed.stderr
    assert path.read_text(encoding="utf-8") == "mine"
    sd("report", "--html", str(tmp_path / "no" / "page.html"), expect=1)


def test_two_forms_at_once_are_one_too_many(sd: Runner, tmp_path: Path) -> None:
    """A page that is no CSV is not written in its place."""
    path = tmp_path / "page.html"
    sd("report", "--html", str(path), "--format", "csv", expect=errors.USAGE)
    assert not path.exists()
