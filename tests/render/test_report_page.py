"""The page of a report: whole, harmless, and to be read by everybody, with scripts or without."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from msgspec.structs import replace

from sdcli.errors import MachineError, RefusedError
from sdcli.insight.figures import FIGURES
from sdcli.render.report_page import HEADLINES, page, save
from tests.conftest import REPOSITORY
from tests.render import reported

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = REPOSITORY / "sdcli" / "render" / "page"
CSS = (FOLDER / "page.css").read_text(encoding="utf-8")
SCRIPT = (FOLDER / "page.js").read_text(encoding="utf-8")
KINDS = ("rich", "sparse", "hostile")


@cache
def _written(kind: str) -> str:
    return page(getattr(reported, kind)())


@cache
def _read(kind: str) -> Any:
    return BeautifulSoup(_written(kind), "html.parser")


def _data(kind: str) -> Any:
    return json.loads(_read(kind).select_one("#data").string)


def _text(found: Any) -> str:
    return " ".join(found.get_text(" ").replace("\u00a0", " ").split())


# Nothing from outside.


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_for_from_anywhere(kind: str) -> None:
    """No picture, style, script, frame or font of another place, and no link that leads away."""
    soup = _read(kind)
    for name in ("src", "srcset", "action", "formaction", "data", "poster", "background", "ping"):
        assert not soup.find_all(attrs={name: True}), name
    for link in soup.find_all("link"):
        assert link["href"] == "data:,"
    for link in soup.find_all("a"):
        assert str(link["href"]).startswith("#")
    assert not soup.find_all(["iframe", "object", "embed", "base", "form", "img"])
    assert not re.search(r"url\(|@import|@font-face|https?:", CSS)
    assert not re.search(
        r"https?:|@import|fetch\(|XMLHttp|innerHTML|eval\(|insertAdjacent|document\.write", SCRIPT
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_policy_names_what_may_run(kind: str) -> None:
    """Exactly the scripts and styles of the page, each by its hash; all else is forbidden."""
    soup = _read(kind)
    policy = str(soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"])
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'none'"
    scripts = [each for each in soup.find_all("script") if each.get("type") != "application/json"]
    hashes = [
        f"'sha256-{b64encode(hashlib.sha256(str(each.string).encode()).digest()).decode()}'"
        for each in (*scripts, *soup.find_all("style"))
    ]
    assert rules["script-src"].split() == hashes[:-1]
    assert rules["style-src"].split()[0] == hashes[-1]
    assert "unsafe" not in policy
    attributes = {name for tag in soup.find_all(True) for name in tag.attrs}
    assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_the_libraries_are_as_they_were_published() -> None:
    """Their hashes are those that THIRD-PARTY.md names; their licences lie beside and go along."""
    told = (FOLDER / "THIRD-PARTY.md").read_text(encoding="utf-8")
    for name in ("d3", "plot"):
        assert hashlib.sha256((FOLDER / f"{name}.min.js").read_bytes()).hexdigest() in told
        licence = (FOLDER / f"{name}.LICENSE.txt").read_text(encoding="utf-8")
        assert "Permission to use, copy, modify, and/or distribute" in licence
        assert licence in _written("rich")


def test_hostile_texts_are_texts() -> None:
    """Summaries, names and queries that attack are shown; no tag, no data and no script is theirs."""
    soup, calm = _read("hostile"), _read("rich")
    for name in ("script", "style", "svg", "title", "link"):
        assert len(soup.find_all(name)) == len(calm.find_all(name)), name
    assert "<script>window.hacked=1</script>" in _text(soup.select_one(".desk"))
    source = str(soup.select_one("#data").string)
    assert not re.search("[<>&\u2028\u2029]", source)
    tickets = _data("hostile")["tickets"]
    assert all(str(known[0]).startswith("</script>") for known in tickets.values())
    shown = _written("hostile")
    assert not re.search("[\x00\u202e\u2028\ud800]", shown)
    assert "\\u202e" in shown


def test_the_page_is_not_too_large() -> None:
    """A year of every figure by everything fits in an attachment to a mail."""
    assert len(_written("rich").encode()) < 1_500_000


def test_the_same_report_gives_the_same_page() -> None:
    """Byte for byte, so that two pages can be compared."""
    assert page(reported.rich()) == _written("rich")


# What it says.


def test_the_head_says_what_this_is() -> None:
    """The desk, both periods, until when, which tickets, when it was made and how to make it again."""
    head = _text(_read("rich").header)
    for said in (
        "Service Desk of Northwind",
        "1 Jan to 31 Dec 2025",
        "Compared with 2 Jan to 31 Dec 2024",
        "As known at 4 Jan 2026 09:30",
        "unit:Finance OR -channel:monitoring",
        "Made 4 Jan 2026 09:31, times in Europe/London",
        "sdcli report --since 2025-01-01 --until 2026-01-01 --html report.html",
    ):
        assert said in head


def test_the_headlines_come_first() -> None:
    """Each with its value, the change in words, and a picture of its course (R0.3, R3d1.8)."""
    soup = _read("rich")
    tiles = soup.select(".tiles li")
    assert [_text(tile.a) for tile in tiles] == [FIGURES[id_].name for id_ in HEADLINES]
    for tile, id_ in zip(tiles, HEADLINES, strict=True):
        assert tile.select_one("svg polyline")
        assert re.search(r"more|fewer|less|longer|shorter|higher|lower", _text(tile))
        assert bool(tile.select_one(".verdict")) == bool(FIGURES[id_].better)
        assert soup.find(id=str(tile.a["href"])[1:])


def test_every_figure_has_its_place() -> None:
    """Sections and figures in their order; each with definition, chart, numbers and receipts (R0.1)."""
    soup = _read("rich")
    sections = [_text(each) for each in soup.select("main h2")][1:]
    assert sections == list(dict.fromkeys(each.section for each in FIGURES.values()))
    articles = soup.select("article.figure")
    assert [_text(each.h3) for each in articles] == [each.name for each in FIGURES.values()]
    for article, row in zip(articles, reported.rich().report.rows, strict=True):
        text = _text(article)
        about = article.select_one(".about").get_text()
        assert row.figure.about.replace("`", "") == about
        assert row.refs[0] in text
        assert not row.others or row.others[0] in text
        assert f"sdcli report audit {row.id} --since 2025-01-01T00:00:00Z" in text
        assert "--query 'unit:Finance OR -channel:monitoring' --as-of 2026-01-04T09:30:00Z" in text
        assert len(article.select(".trend tbody tr")) == len(row.series)
        chart = article.select_one(".chart")
        assert chart["role"] == "img"
        assert str(chart["aria-label"]).startswith(f"{row.figure.name}, month by month: ")
        names = [_text(each)[3:] for each in article.select(".splits summary")]
        assert names == list(row.by)
        for table, parts in zip(article.select(".splits table"), row.by.values(), strict=True):
            assert [_text(each) for each in table.select("tbody th")] == [p.name for p in parts]
            assert len(table.select("svg.bar rect.now")) == len(parts)


def test_what_has_nothing_is_not_drawn() -> None:
    """It is named in one list instead, and nothing is compared with a period that is not there."""
    soup = _read("sparse")
    shown = [_text(each) for each in soup.select("h3")]
    assert shown == ["Requests opened", "Backlog", "Time to respond"]
    told = _text(soup.select_one("#nothing"))
    for figure in FIGURES.values():
        assert (figure.name in shown) != (figure.name in told)
    main = _text(soup.main)
    assert "nothing to compare with" in main
    assert "Before" not in main
    assert "before: " not in main


def test_a_desk_without_tickets_has_a_page() -> None:
    """It says so, and says nothing else."""
    given = reported.sparse()
    soup: Any = BeautifulSoup(
        page(replace(given, report=replace(given.report, rows=()))), "html.parser"
    )
    assert "Nothing was counted in this period." in _text(soup.main)
    assert not soup.select("article, #nothing")


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2025-01-01T00:00Z", "2026-01-01T00:00Z", "1 Jan to 31 Dec 2025"),
        ("2025-12-01T00:00Z", "2026-02-01T00:00Z", "1 Dec 2025 to 31 Jan 2026"),
        ("2025-12-01T00:00Z", "2025-12-02T00:00Z", "1 Dec 2025"),
        ("2025-06-30T23:00Z", "2025-07-31T23:00Z", "1 Jul to 31 Jul 2025"),
        ("2025-12-01T08:30Z", "2025-12-02T00:00Z", "1 Dec 2025 08:30 to 2 Dec 2025 00:00"),
    ],
)
def test_the_period_is_said_in_days(since: str, until: str, said: str) -> None:
    """The last day is the last one in it, by the clock of the desk."""
    from datetime import datetime  # noqa: PLC0415 - here alone

    from sdcli.insight.reported import Span  # noqa: PLC0415 - as above

    ends = [datetime.fromisoformat(each.replace("Z", "+00:00")) for each in (since, until)]
    given = reported.sparse()
    report = replace(given.report, period=Span(*ends))
    soup: Any = BeautifulSoup(page(replace(given, report=report)), "html.parser")
    assert _text(soup.h1) == f"Service desk report, {said}"


@pytest.mark.parametrize("step", ["week", "day"])
def test_slots_have_names(step: str) -> None:
    """A week is named by its first day."""
    told = page(reported.rich(step=step))
    assert ("week of 6 Jan 2025" in told) == (step == "week")
    assert "13 Jan 2025" in told
    assert f"{step} by {step}" in told


def test_what_the_script_reads_is_what_the_page_says() -> None:
    """Series, words, parts with their tickets, and what is known of these."""
    data = _data("rich")
    given = reported.rich()
    assert len(data["slots"]) == 12
    assert list(data["figures"]) == list(FIGURES)
    opened = given.report.rows[0]
    told = data["figures"]["opened"]
    assert told["series"] == [[each.value, each.p90] for each in opened.series]
    first = opened.by["type"][0]
    assert told["parts"]["type"][0] == [first.name, list(reversed(first.refs))]
    assert data["tickets"][first.refs[0]] == list(given.tickets[first.refs[0]])


# For everybody.


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_can_be_read_by_everybody(kind: str) -> None:
    """Ids are unique, what they name is there, headings and landmarks are in order, tables have heads."""
    soup = _read(kind)
    ids = [str(tag["id"]) for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for tag in soup.find_all(attrs={"aria-labelledby": True}):
        assert str(tag["aria-labelledby"]) in ids
    for link in soup.find_all("a"):
        assert str(link["href"])[1:] in ids
        assert _text(link)
    assert soup.html["lang"] == "en"
    assert _text(soup.title)
    levels = [int(tag.name[1]) for tag in soup.find_all(["h1", "h2", "h3", "h4"])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for landmark in ("header", "nav", "main", "footer"):
        assert len(soup.find_all(landmark)) == 1
    assert soup.body.find("a")["class"] == ["skip"]
    for button in soup.find_all("button"):
        assert button["type"] == "button"
        assert _text(button)


@pytest.mark.parametrize("kind", KINDS)
def test_tables_and_pictures_have_names(kind: str) -> None:
    """Each table has a caption and heads with a scope; each picture has words, or is passed over."""
    soup = _read(kind)
    for table in soup.find_all("table"):
        assert _text(table.caption)
        assert all(head["scope"] in ("col", "row") for head in table.find_all("th"))
        widths = {len(row.find_all(["th", "td"])) for row in table.find_all("tr")}
        assert len(widths) == 1
    for picture in soup.find_all("svg"):
        assert picture["aria-hidden"] == "true"
    for picture in soup.find_all(attrs={"role": "img"}):
        assert _text(picture) == ""
        assert str(picture["aria-label"]).endswith(".")
    for summary in soup.find_all("summary"):
        assert summary.parent is not None
        assert summary.parent.name == "details"


_COLOURS = dict(re.findall(r"--([a-z0-9]+): light-dark\((.*?)\);", CSS))
_TEXTS = [
    *((text, ground) for text in ("text", "muted", "link") for ground in ("page", "card")),
    *((text, ground) for text in ("text", "link") for ground in ("code", "room")),
    ("better", "card"),
    ("worse", "card"),
]
_SHAPES = [
    *((shape, "card") for shape in ("now", "before", "p90", "field", "focus")),
    ("now", "room"),
    ("before", "room"),
    ("focus", "page"),
]


@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_told_apart(dark: bool) -> None:
    """4.5 to 1 for texts and 3 to 1 for shapes, in light and in dark."""
    for pairs, enough in ((_TEXTS, 4.5), (_SHAPES, 3.0)):
        for one, other in pairs:
            assert _contrast(*(_colour(name, dark) for name in (one, other))) >= enough, one
    assert set(re.findall(r"var\(--([a-z0-9]+)\)", CSS + SCRIPT)) <= set(_COLOURS)
    assert not re.findall(r"#[0-9a-f]{6}", re.sub(r"light-dark\(.*?\)", "", CSS) + SCRIPT)


def _colour(name: str, dark: bool) -> str:
    return str(_COLOURS[name].split(", ")[dark])


def _contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2.2."""
    levels = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        levels.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(levels) + 0.05) / (min(levels) + 0.05)


# In a file.


def test_a_page_is_written_whole_and_only_over_a_page(tmp_path: Path) -> None:
    """A page of ours is replaced; another file, a folder or a link stays as it is."""
    path = tmp_path / "report.html"
    for kind in ("rich", "sparse"):
        save(str(path), _written(kind))
        assert path.read_text(encoding="utf-8") == _written(kind)
    other = tmp_path / "other.html"
    other.write_text("<p>mine</p>", encoding="utf-8")
    link = tmp_path / "link.html"
    link.symlink_to(path)
    for place in (other, link, tmp_path):
        with pytest.raises(RefusedError, match="is there already and is no page of"):
            save(str(place), _written("rich"))
    assert other.read_text(encoding="utf-8") == "<p>mine</p>"
    assert path.read_text(encoding="utf-8") == _written("sparse")
    with pytest.raises(MachineError, match="No such file or directory"):
        save(str(tmp_path / "missing" / "report.html"), _written("sparse"))
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "link.html",
        "other.html",
        "report.html",
    ]
