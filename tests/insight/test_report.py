"""The figures of a period by the command: what they count, their receipts, and old reports again."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.insight.figures import FIGURES
from sdcli.insight.kept import Kept
from sdcli.insight.measured import Counted, Packed
from sdcli.ledger.tiny import compact as compaction

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

DAY = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.utc)
"""A Monday at nine, in the winter of London: working time begins."""


def _figure(document: Any, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["figures"] if each["id"] == id_)
    return found


def _open(sdj: JsonRunner, summary: str, at: datetime, *more: str) -> str:
    options = (
        "--user",
        "ada",
        "--phone",
        "+44 20 7946 0201",
        "--type",
        "incident",
        "--service",
        "vpn",
    )
    ref: str = sdj("open", summary, *options, *more, at=at)["ref"]
    return ref


@pytest.fixture(name="month")
def _month(sd: Runner, sdj: JsonRunner) -> dict[str, str]:
    """Some requests of November: solved at once, handed on, reopened, and one that is open."""
    at = DAY
    quick = _open(sdj, "no tunnel", at)
    sd("resolve", quick, "--code", "solved", at=at + timedelta(minutes=5))
    sd("close", quick, "--confirmed-by", "ada", "--via", "phone", at=at + timedelta(minutes=6))
    handed = _open(sdj, "slow tunnel", at + timedelta(hours=1), "--channel", "portal")
    sd("escalate", handed, "--to", "network", "--reason", "deeper", at=at + timedelta(hours=2))
    sd("accept", handed, "--as", "chloe", at=at + timedelta(hours=3))
    sd("resolve", handed, "--code", "solved", "--as", "chloe", at=at + timedelta(hours=4))
    again = _open(sdj, "tunnel drops", at + timedelta(days=1), "--minutes", "7")
    sd("resolve", again, "--code", "solved", at=at + timedelta(days=1, minutes=9))
    sd("reopen", again, "--reason", "still", at=at + timedelta(days=2))
    left = _open(sdj, "never worked", at + timedelta(days=3))
    return {"quick": quick, "handed": handed, "again": again, "open": left}


NOVEMBER = ("--since", "2026-11-01T00:00Z", "--until", "2026-12-01T00:00Z")
THEN = "2026-11-20T12:00:00Z"


def test_first_contact_is_shown_gross_and_net(sdj: JsonRunner, month: dict[str, str]) -> None:
    """Solved at once counts gross; what was reopened soon after does not count net (R3d1.8)."""
    report = sdj("report", *NOVEMBER, at=THEN)

    assert _figure(report, "fcr")["now"] == {"counted": 2, "of": 3, "percent": 66.67}
    assert _figure(report, "fcr.net")["now"] == {"counted": 1, "of": 3, "percent": 33.33}
    assert _figure(report, "fcr.net")["refs"] == [month["quick"]]
    assert set(_figure(report, "fcr.net")["others"]) == {month["handed"], month["again"]}


def test_volume_backlog_and_effort_are_counted(sdj: JsonRunner, month: dict[str, str]) -> None:
    """Requests by how they came, what is left, and whose minutes it took (R0.1, R0.3, R0.6)."""
    report = sdj("report", *NOVEMBER, at=THEN)
    opened = _figure(report, "opened")

    assert opened["now"] == {"value": 4}
    assert [(each["name"], each["now"]) for each in opened["by"]["service"]] == [
        ("vpn", {"value": 4})
    ]
    assert _figure(report, "backlog")["now"] == {"value": 2}
    assert _figure(report, "minutes")["now"] == {"value": 7}
    assert _figure(report, "reopened")["refs"] == [month["again"]]
    assert _figure(report, "reassigned")["now"] == {"value": 1}
    assert _figure(report, "self_service")["now"]["counted"] == 1  # R1a.3e


def test_times_are_working_time(sdj: JsonRunner, month: dict[str, str]) -> None:
    """What was resolved after five minutes took five minutes, what went overnight no night (R0.3)."""
    items = sdj("report", "audit", "resolve", *NOVEMBER, at=THEN)["items"]

    assert {each["ref"]: each["number"] for each in items} == {
        month["quick"]: 300,
        month["handed"]: 3 * 3600,
    }


def test_receipts_add_up_to_every_figure(sdj: JsonRunner, month: dict[str, str]) -> None:
    """Whatever a figure says, its audit lists the tickets that say it."""
    del month
    report = sdj("report", *NOVEMBER, at=THEN)
    for id_ in FIGURES:
        figure = _figure(report, id_)
        audit = sdj("report", "audit", id_, *NOVEMBER, at=THEN)

        assert audit["now"] == figure["now"], id_
        assert audit["counted"] == figure["refs"], id_
        assert audit["others"] == figure["others"], id_


def test_an_old_report_can_be_made_again_exactly(
    sd: Runner, sdj: JsonRunner, month: dict[str, str]
) -> None:
    """--as-of gives every byte of what was said then, whatever came later or was taken back."""
    before = sd("report", *NOVEMBER, "--json", at=THEN).stdout
    text = sd("report", *NOVEMBER, "--parts", at=THEN).stdout
    later = datetime(2026, 11, 21, 9, 0, tzinfo=timezone.utc)
    sd("resolve", month["open"], "--code", "solved", at=later)
    sd("undo", month["open"], at=later + timedelta(minutes=1))
    sd("classify", month["open"], "--impact", "high", "--reason", "many more", at=later)
    sd("reopen", month["quick"], "--reason", "not closed at all", at=later)
    sd("note", month["open"], "told", "--visible", "--minutes", "9", at=later)
    sd("reopen", month["handed"], "--reason", "again", at=later)
    sd("undo", month["again"], at=later + timedelta(minutes=3))
    _open(sdj, "new", later)
    sd("compact", at=later)
    assert sd("report", *NOVEMBER, "--json", at=later + timedelta(days=1)).stdout != before

    again = sd("report", *NOVEMBER, "--as-of", THEN, "--json", at=later + timedelta(days=1))

    assert again.stdout == before
    said = sd("report", *NOVEMBER, "--as-of", THEN, "--parts", at=later + timedelta(days=1)).stdout
    assert said == text


def test_the_period_before_is_counted_beside(sdj: JsonRunner, month: dict[str, str]) -> None:
    """December is compared with November, month by month."""
    del month
    report = sdj("report", "--period", "2026-12", at="2027-01-15T09:00:00Z")

    assert report["before"]["since"] == "2026-11-01T00:00:00Z"
    assert _figure(report, "opened")["before"] == {"value": 4}
    assert _figure(report, "opened")["change"] == -4


def test_a_query_narrows_every_figure(sdj: JsonRunner, month: dict[str, str]) -> None:
    """Only what the query asks for is counted, as it was then."""
    report = sdj("report", *NOVEMBER, "--query", "channel:portal", at=THEN)

    assert _figure(report, "opened")["now"] == {"value": 1}
    assert _figure(report, "resolved")["refs"] == [month["handed"]]


@pytest.mark.tiny_home
def test_what_is_kept_of_archives_changes_nothing(
    sd: Runner, month: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second report, from what was kept, says the same as the first; so does one without."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 0)
    for ref in ("handed", "again", "open"):
        sd(
            "close",
            month[ref],
            "--code",
            "solved",
            "--confirmed-by",
            "ada",
            "--via",
            "phone",
            at=THEN,
        )
    sd("compact", at=THEN)
    later = "2026-11-25T12:00:00Z"

    first = sd("report", *NOVEMBER, "--json", at=later).stdout
    kept = list(tmp_path.glob("cache/**/*.reports.*"))
    second = sd("report", *NOVEMBER, "--json", at=later).stdout
    kept[0].write_bytes(b"no database")
    third = sd("report", *NOVEMBER, "--json", at=later).stdout

    assert len(kept) == 1
    assert first == second == third


@pytest.mark.tiny_home
def test_kept_counts_are_read_instead_of_tickets(
    sd: Runner, month: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an archive that has not changed nothing is counted a second time."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 0)
    sd("close", month["handed"], "--confirmed-by", "ada", "--via", "phone", at=THEN)
    sd("compact", at=THEN)
    sd("report", *NOVEMBER, at=THEN)
    known: list[bool] = []
    get = Kept.get

    def asked(self: Kept, key: str) -> Counted | None:
        found = get(self, key)
        known.append(found is not None)
        return found

    monkeypatch.setattr(Kept, "get", asked)
    sd("report", *NOVEMBER, at=THEN)

    assert known
    assert all(known)


@pytest.mark.tiny_home
def test_what_is_kept_can_fail_without_harm(
    sd: Runner, month: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damaged in the middle, locked, or not to be written: it is counted, and says the same."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 0)
    sd("close", month["handed"], "--confirmed-by", "ada", "--via", "phone", at=THEN)
    sd("compact", at=THEN)
    right = sd("report", *NOVEMBER, "--json", at=THEN).stdout
    kept = next(tmp_path.glob("cache/**/*.reports.*"))

    content = bytearray(kept.read_bytes())
    content[2048:] = bytes(len(content) - 2048)
    kept.write_bytes(content)
    assert sd("report", *NOVEMBER, "--json", at=THEN).stdout == right
    assert sd("report", *NOVEMBER, "--json", at=THEN).stdout == right
    with closing(sqlite3.connect(kept)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert sd("report", "--period", "2026-11", "--json", at=THEN).exit_code == 0
    kept.unlink()
    kept.mkdir()
    assert sd("report", *NOVEMBER, "--json", at=THEN).stdout == right


def test_a_changed_bit_of_what_is_kept_is_seen(tmp_path: Path) -> None:
    """What was kept is what was written, or nothing: no count of another comes back."""
    counted = Counted({"opened": [Packed(3, 3, None, ["SD-1"], [])]}, {}, [], [])
    Kept(str(tmp_path / "kept")).put("key", counted)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    for place in range(content.index(b"opened"), content.index(b"SD-1") + 4):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert Kept(str(tmp_path / "kept")).get("key") is None
    file.write_bytes(content)
    assert Kept(str(tmp_path / "kept")).get("key") == counted


def test_the_largest_sum_comes_first(sd: Runner) -> None:
    """Of minutes the most are shown first, however few bookings they are of."""
    for unit, minutes, times in (("Sales", "1", 3), ("Legal", "900", 1)):
        for _ in range(times):
            line = {"summary": "x", "user": "zoe", "phone": "+44 20 7946 0201", "unit": unit}
            sd("open", "-", stdin=json.dumps({**line, "minutes": int(minutes)}), at=DAY)
    shown = sd("report", *NOVEMBER, "--figure", "minutes", "--by", "unit", at=THEN).stdout

    assert shown.index("Legal") < shown.index("Sales")


def test_what_is_said_by_now_is_meant_as_of_then(sd: Runner, month: dict[str, str]) -> None:
    """The same command with --as-of gives what it gave, whatever of it was in relation to now."""
    del month
    command = ("report", "--since", "10d", "--query", "age<30d", "--json")
    before = sd(*command, at="2026-11-05T09:00:00Z").stdout

    again = sd(*command, "--as-of", "2026-11-05T09:00:00Z", at=THEN).stdout
    assert again == before
    assert "is not known yet" in sd("report", "--as-of", "2027-01-01", at=THEN, expect=4).stderr
    assert "--as-of" in sd("report", "--as-of", "soonish", at=THEN, expect=2).stderr


def test_a_quick_contact_took_no_time_that_anybody_measured(sdj: JsonRunner, sd: Runner) -> None:
    """What was logged when it was over counts as solved, and in no median and no confirmation."""
    sd("log", "how to print", "--user", "ada", "--minutes", "3", at=DAY)
    report = sdj("report", *NOVEMBER, at=THEN)

    assert _figure(report, "resolved")["now"] == {"value": 1}
    assert _figure(report, "fcr")["now"]["percent"] == 100
    for id_ in ("respond", "resolve", "restore", "confirmed"):
        assert _figure(report, id_)["now"]["of"] == 0, id_


def test_everything_begins_with_the_first_ticket(sdj: JsonRunner, month: dict[str, str]) -> None:
    """A report over everything has no years before there was anything."""
    del month
    report = sdj("report", "--period", "all", at=THEN)

    assert report["period"]["since"] == "2026-01-01T00:00:00Z"
    assert len(report["slots"]) == len(_figure(report, "opened")["series"]) == 1


def test_nothing_is_split_by_what_it_has_not(sd: Runner, month: dict[str, str]) -> None:
    """Where none of the figures can be split so, it is said which can be."""
    del month
    said = sd("report", "--figure", "opened", "--by", "article", at=THEN, expect=4).stderr
    assert "can be split by article" in said
    assert "channel" in said


def test_csv_has_a_line_for_each_figure_and_part(sd: Runner, month: dict[str, str]) -> None:
    """A spreadsheet gets all of them, and takes nothing for a formula."""
    del month
    answer = sd("report", *NOVEMBER, "--format", "csv", at=THEN).stdout
    rows = list(csv.DictReader(io.StringIO(answer)))

    assert {row["figure"] for row in rows} == set(FIGURES)
    assert [row["value"] for row in rows if (row["figure"], row["split"]) == ("opened", "")] == [
        "4"
    ]
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_markdown_escapes_what_comes_from_outside(sd: Runner, sdj: JsonRunner) -> None:
    """A unit that looks like a table, a link or HTML is shown as it is."""
    line = {"summary": "x", "user": "zoe", "phone": "+44 20 7946 0201", "unit": "=1|[a](b)<i>"}
    sd("open", "-", stdin=json.dumps(line), at=DAY)

    answer = sd("report", *NOVEMBER, "--format", "markdown", "--parts", at=THEN).stdout
    unit = next(row for row in answer.splitlines() if "=1" in row)

    assert unit.startswith(r"| =1\|\[a\](b)\<i\> | 1 ")
    rows = csv.DictReader(io.StringIO(sd("report", *NOVEMBER, "--format", "csv", at=THEN).stdout))
    assert "'=1|[a](b)<i>" in {row["part"] for row in rows}
    del sdj


def test_definitions_are_told(sd: Runner, sdj: JsonRunner) -> None:
    """Every figure says what it counts, in a paragraph, and which demand it answers."""
    told = sdj("report", "define")
    shown = sd("report", "define", "fcr").stdout

    assert [each["id"] for each in told] == list(FIGURES)
    assert all(each["about"].endswith(".") and each["source"] for each in told)
    assert "fcr.net" in shown
    assert "before that it was not handed" in " ".join(shown.split())


def test_a_wrong_word_is_told(sd: Runner) -> None:
    """Unknown figures and periods, and periods that end before they begin, say what there is."""
    assert "Did you mean fcr.net?" in sd("report", "audit", "fcr.ne", expect=3).stderr
    assert "last-month" in sd("report", "--period", "lastmonth", expect=3).stderr
    assert "--until" in sd("report", "--since", "2d", "--until", "2020-01-01", expect=2).stderr
    both = sd("report", "--period", "2026", "--since", "2d", expect=2).stderr
    assert "not both" in both
    assert "behind" in sd("report", "--since", "2d", "audit", "fcr", expect=2).stderr


@pytest.mark.parametrize("columns", ["40", "60", "80", "200"])
def test_it_fits_the_terminal_or_nearly(
    columns: str, sd: Runner, month: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing to draw the trend in, the numbers stay."""
    del month
    monkeypatch.setenv("COLUMNS", columns)
    answer = sd("report", *NOVEMBER, at=THEN).stdout

    assert "66.7 % (2 of 3)" in answer
