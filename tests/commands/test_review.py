"""Reviews: a sample that anybody can draw again, scored by who did not work on it (R5a.1, R6.4)."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sdcli import session
from sdcli.errors import DATA_FILE, NOT_FOUND, REFUSED, USAGE
from sdcli.tickets.event import Reviewed, Stamp
from tests.conftest import NOW, REPOSITORY
from tests.test_contract import _all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

LATER = NOW + timedelta(hours=1)
AS = ("--as", "chloe")
SCORE = ("review", "score", "1", *AS)


@pytest.fixture(name="closed")
def _closed(sd: Runner, sdj: JsonRunner) -> Any:
    """Opens and closes an incident; gives its reference."""

    def closed(by: str = "ben", *, user: str = "ada", at: Any = NOW) -> str:
        args = ("--user", user, "--type", "incident", "--new", "--as", by)
        ref: str = sdj("open", "VPN drops", *args, at=at)["ref"]
        sd("close", ref, "--code", "solved", "--unconfirmed", "gone home", "--as", by, at=at)
        return ref

    return closed


def test_a_review_is_recorded(sd: Runner, sdj: JsonRunner, closed: Any) -> None:
    """Who, what and how much of it is as it should be; `show` and `history` tell it (R5a.1)."""
    closed()
    checks = [word.replace("told=yes", "told=no") for word in _all("yes")]
    checks = [word.replace("cause=yes", "cause=n/a") for word in checks]

    sd(*SCORE, *checks, "--note", "nobody called back", "--sample", "1a2b3c4d", at=LATER)

    said = sdj("history", "1")[-1]
    assert (said["kind"], said["by"]) == ("reviewed", "chloe")
    assert (said["checks"]["told"], said["checks"]["cause"]) == ("no", "n/a")
    assert len(said["checklist"]) == 12
    shown = sdj("show", "1")
    assert shown["review"]["percent"] == 83
    assert (shown["review"]["sample"], shown["review"]["by"]) == ("1a2b3c4d", "chloe")
    assert shown["updated_at"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"  # a review is no change of it
    text = sd("show", "1").stdout
    assert "83 % by chloe" in text
    assert "reviewed: 83 %; not so: told, sample 1a2b3c4d (nobody called back)" in text


def test_who_worked_on_it_may_not_review_it(sd: Runner, sdj: JsonRunner) -> None:
    """Whoever had, took in, noted on or closed a ticket is refused, and told who could (R5a.1)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--as", "tariq")
    sd("assign", "1", "--to", "hugo", "--as", "amara")
    sd("note", "1", "looked at the switch", "--as", "greta")
    sd("resolve", "1", "--code", "solved")

    for name in ("tariq", "hugo", "greta", "ben", "BEN"):
        refused = sd("review", "score", "1", *_all("yes"), "--as", name, expect=REFUSED).stderr
        assert f"{name} worked on SD-1" in refused
        assert "amara, chloe" in refused
    sd("review", "score", "1", *_all("yes"), "--as", "amara")  # who only gave it to somebody
    assert sdj("show", "1")["review"]["percent"] == 100


def test_who_asked_for_it_or_is_in_no_team_may_not_review_it(sd: Runner, sdj: JsonRunner) -> None:
    """Neither the requester, by whatever name, nor whom it was for, nor a stranger (R5a.1)."""
    more = ("--type", "incident", "--new", "--as", "tariq")
    sd("open", "VPN drops", "--user", "chloe", *more)
    sd("open", "VPN drops", "--user", "ada", "--on-behalf-of", "hugo", *more)
    for ref in ("1", "2"):
        sd("resolve", ref, "--code", "solved", "--as", "tariq")
    assert sdj("show", "1")["requester"] == "chloe"

    for ref, name, why in (
        ("1", "chloe", "asked for SD-1"),
        ("1", "CHLOE", "asked for SD-1"),
        ("2", "hugo", "asked for SD-2"),
        ("2", "ada", "asked for SD-2"),
        ("1", "eve", "in no team of catalog/teams.yaml"),
    ):
        refused = sd("review", "score", ref, *_all("yes"), "--as", name, expect=REFUSED).stderr
        assert why in refused
        assert "amara" in refused
        assert name not in refused.partition(";")[2].split(" can.")[0].split(", ")
    sd("review", "score", "1", *_all("yes"), "--as", "hugo")
    sd("review", "score", "2", *_all("yes"), "--as", "chloe")


def test_the_checklist_is_answered_whole(sd: Runner, closed: Any, desk_dir: Path) -> None:
    """Unknown ids, other words, twice the same and gaps are told apart (R5a.1)."""
    closed()
    assert "gaps" in sd(*SCORE, "--check", "gaps=yes", expect=NOT_FOUND).stderr
    assert "procedure" in sd(*SCORE, "--check", "procedure=yes", expect=NOT_FOUND).stderr
    assert "yes, no, n/a" in sd(*SCORE, "--check", "told=maybe", expect=USAGE).stderr
    twice = ("--check", "told=yes", "--check", "told=no")
    assert "more than once" in sd(*SCORE, *twice, expect=USAGE).stderr
    gaps = sd(*SCORE, *_all("yes")[2:], expect=REFUSED).stderr
    assert "record of catalog/review.yaml" in gaps
    sd(*SCORE, *_all("n/a"))
    (desk_dir / "catalog" / "review.yaml").unlink()
    sd("lint")
    assert "catalog/review.yaml" in sd(*SCORE, "--check", "told=yes", expect=NOT_FOUND).stderr


def test_only_what_is_over(sd: Runner, sdj: JsonRunner) -> None:
    """An open ticket and a problem are no matter for a review; a merged one is one elsewhere (R5a.1)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident")
    assert "`review score` does not apply" in sd(*SCORE, *_all("yes"), expect=REFUSED).stderr
    sd("problem", "open", "The VPN")
    sd("problem", "close", "2", "--code", "duplicate")
    sd("review", "score", "2", *AS, "--check", "told=yes", expect=REFUSED)
    sd("open", "VPN is slow", "--user", "ada", "--new")
    sd("merge", "1", "--into", "3")
    assert "merged" in sd(*SCORE, *_all("yes"), expect=REFUSED).stderr
    assert sdj("review", "list")["rows"] == []


def test_the_last_review_counts_and_undo_takes_it_back(
    sd: Runner, sdj: JsonRunner, closed: Any
) -> None:
    """Scored twice the second holds; taken back the first does again (R5a.1)."""
    closed()
    sd(*SCORE, *_all("yes"))
    sd(*SCORE, *_all("no"))
    (row,) = sdj("review", "list")["rows"]
    assert row["percent"] == 0
    sd("undo", "1", *AS)
    (row,) = sdj("review", "list")["rows"]
    assert row["percent"] == 100
    sd("undo", "1", *AS)
    assert sdj("review", "list")["rows"] == []
    sd("doctor")


def test_the_list_and_the_figure_are_of_one_mind(sd: Runner, sdj: JsonRunner, closed: Any) -> None:
    """Of several reviews the last counts, as known then; of what was merged since none (R5a.1)."""

    def figure(*more: str) -> Any:
        asked = ("report", "--figure", "review.score", "--period", "2026-11")
        return sdj(*asked, *more, at=LATER + timedelta(hours=5))["figures"][0]["now"]

    closed()
    sd(*SCORE, *_all("no"), at=NOW)
    sd(*SCORE, *_all("yes"), at=LATER)
    assert figure() == {"of": 1, "mean": 100.0}
    assert figure("--as-of", f"{NOW + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}")["mean"] == 0.0
    assert [row["percent"] for row in sdj("review", "list", at=LATER)["rows"]] == [100]
    sd("undo", "1", *AS, at=LATER)
    assert figure() == {"of": 1, "mean": 0.0}
    sd("open", "VPN is slow", "--user", "ada", "--type", "incident", "--new")
    sd("resolve", "2", "--code", "solved")
    sd("review", "score", "2", *AS, *_all("yes"), at=LATER)
    assert figure() == {"of": 2, "mean": 50.0}
    sd("open", "VPN again", "--user", "ada", "--type", "incident", "--new")
    sd("merge", "2", "--into", "3")
    assert figure() == {"of": 1, "mean": 0.0}
    assert [row["ref"] for row in sdj("review", "list", at=LATER)["rows"]] == ["SD-1"]


def test_reviews_of_a_period(sd: Runner, sdj: JsonRunner, closed: Any) -> None:
    """A review counts when it was made, though its ticket was closed long before (R5a.1)."""
    for days in (100, 40, 3):
        closed(at=NOW - timedelta(days=days))
    sd("review", "score", "1", *AS, *_all("yes"), at=NOW - timedelta(days=35))
    sd("review", "score", "2", *AS, *_all("n/a"), at=NOW - timedelta(days=1))
    sd("review", "score", "3", *AS, *_all("no"))
    sd("compact")

    everything, recent = sdj("review", "list"), sdj("review", "list", "--since", "30d")

    assert [row["ref"] for row in everything["rows"]] == ["SD-3", "SD-2", "SD-1"]
    assert [row["percent"] for row in recent["rows"]] == [0, None]
    assert recent["checks"]["told"] == {"yes": 0, "no": 1, "n/a": 1}
    before = f"{NOW - timedelta(days=30):%Y-%m-%d}"
    between = sdj("review", "list", "--since", "60d", "--until", before)
    assert [row["ref"] for row in between["rows"]] == ["SD-1"]
    assert "3 tickets reviewed, 50 % on average." in sd("review", "list").stdout


def test_a_sample_is_drawn_again(sd: Runner, sdj: JsonRunner, closed: Any) -> None:
    """The command that it prints draws the same, whoever runs it and whenever (R5a.1)."""
    for number in range(12):
        closed("ben" if number % 3 else "tariq")
    drawn = sdj("review", "sample", "--since", "1d", "--size", "4", at=LATER)

    words = shlex.split(drawn["command"])[1:]
    again = sdj(*words, *AS, at=NOW + timedelta(days=9))

    assert len(drawn["rows"]) == drawn["size"] == 4
    assert drawn["closed"] == 12
    assert again == drawn
    assert {row["resolved_by"] for row in drawn["rows"]} == {"ben", "tariq"}
    other = sdj(*words[:-1], "other")
    assert other["sample"] != drawn["sample"]
    first = drawn["rows"][0]["ref"]
    sd("review", "score", first, *AS, *_all("yes"), "--sample", drawn["sample"])
    after = sdj(*words)
    assert [row["ref"] for row in after["rows"]] == [row["ref"] for row in drawn["rows"]]
    assert after["rows"][0]["review"]["sample"] == drawn["sample"]
    assert f"Sample {drawn['sample']}: 4 of 12 tickets" in sd(*words).stdout


def test_what_is_drawn_from(sd: Runner, sdj: JsonRunner, closed: Any) -> None:
    """What was closed in the period and is closed, by a query; neither void nor merged (R5a.1)."""
    closed(at=NOW - timedelta(days=60))  # before the period
    closed(at=NOW - timedelta(days=30), user="bruno")
    closed(at=NOW - timedelta(days=30))
    closed(at=NOW - timedelta(days=29))
    sd("reopen", "4", "--reason", "it is back")
    sd("open", "Open still", "--user", "dana", "--new")
    sd("open", "Merged", "--user", "dana", "--new")
    sd("merge", "6", "--into", "5")

    month = sdj("review", "sample", "--percent", "100")

    assert [row["ref"] for row in sorted(month["rows"], key=lambda r: r["ref"])] == ["SD-2", "SD-3"]
    period = ("2026-09-30T23:00:00Z", "2026-11-01T00:00:00Z")  # October, by London's clocks
    assert (month["since"], month["until"]) == period
    only = sdj("review", "sample", "--percent", "100", "--query", "user:bruno")
    assert [row["ref"] for row in only["rows"]] == ["SD-2"]
    sd("review", "sample", "--until", "2026-11-01", expect=USAGE)
    sd("review", "sample", "--size", "1", "--percent", "1", expect=USAGE)


def test_the_last_month_by_default(sdj: JsonRunner) -> None:
    """Without a period it is the last whole month where the desk is (R5a.1)."""
    drawn = sdj("review", "sample", at="2026-01-15T12:00:00Z")

    assert (drawn["since"], drawn["until"]) == ("2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z")
    assert drawn["rows"] == []


def test_what_nobody_has_confirmed(sd: Runner, sdj: JsonRunner) -> None:
    """Overdue in working time, the oldest first, with caller, ways to reach them, next step (R5a.1)."""
    for user, hours in (("bruno", 1), ("ada", 0)):
        ref = sdj("open", "VPN drops", "--user", user, "--type", "incident", "--new")["ref"]
        sd("resolve", ref, "--code", "solved", at=NOW + timedelta(hours=hours))
    wednesday = NOW + timedelta(days=2)

    at_once = sdj("review", "overdue", at=wednesday - timedelta(seconds=1))
    first = sdj("review", "overdue", at=wednesday)
    both = sdj("review", "overdue", at=wednesday + timedelta(hours=3))

    assert at_once["resolved"] == []
    (row,) = first["resolved"]
    assert (row["ref"], row["person"], row["mail"]) == ("SD-2", "ada", "ada@example.com")
    assert row["phone"]
    assert row["next"] == "sdcli close SD-2 --confirmed-by ada --via phone"
    assert (row["overdue_s"], row["due"]) == (0, "2026-11-25T10:00:00Z")
    assert [each["ref"] for each in both["resolved"]] == ["SD-2", "SD-1"]
    sd(*shlex.split(row["next"])[1:])
    later = sdj("review", "overdue", at=wednesday + timedelta(hours=3))
    assert [each["ref"] for each in later["resolved"]] == ["SD-1"]
    text = sd("review", "overdue", at=wednesday + timedelta(hours=3)).stdout
    assert "Next: sdcli close SD-1 --confirmed-by bruno" in text


def test_what_was_closed_without_a_word(sd: Runner, sdj: JsonRunner) -> None:
    """Closed by policy is nobody's word; a reason, a confirmation or another team's evidence is (R5a.1)."""
    for number in range(1, 5):
        sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--new")
        sd("resolve", str(number), "--code", "solved")
    sd("close", "1", "--unconfirmed", "left the company")
    sd("close", "2", "--confirmed-by", "ada", "--via", "mail")
    sd("fix", "3", "--resumed", "--evidence", "probes are green")
    late = NOW + timedelta(days=9)
    sd("sla-check", at=late)

    found = sdj("review", "overdue", at=late)

    assert found["resolved"] == []
    (row,) = found["closed"]
    assert (row["ref"], row["next"]) == ("SD-4", "sdcli reopen SD-4 --reason WHY")
    assert "nobody confirmed it" in row["why"]
    assert sdj("review", "overdue", "--since", "1h", at=late + timedelta(days=1))["closed"] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("checks: {}", "asks nothing"),
        ("", "asks nothing"),
        ("percent: 0\nchecks: {a: {ask: Well?}}", "percent"),
        ("percent: 101\nchecks: {a: {ask: Well?}}", "percent"),
        ("checks: {A b: {ask: Well?}}", "small letters"),
        ("checks: {a: {ask: ''}}", "empty"),
        ("checks: {a: {ask: Well?, types: [mishap]}}", "mishap"),
        ("checks: {a: {ask: Well?}}\nshare: 5", "share"),
        ("overdue: 2 days\nchecks: {a: {ask: Well?}}", "overdue"),
    ],
)
def test_lint_looks_at_the_checklist(text: str, told: str, sd: Runner, desk_dir: Path) -> None:
    """What is wrong with catalog/review.yaml is told with its line (R5a.1)."""
    (desk_dir / "catalog" / "review.yaml").write_text(f"format: 1\n{text}\n")

    refused = sd("lint", expect=DATA_FILE).stderr

    assert "catalog/review.yaml:" in refused
    assert told in refused


def test_asked_at_a_terminal(
    sd: Runner, sdj: JsonRunner, closed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Question by question, for what no option says; who leaves has recorded nothing (R5a.1)."""
    closed()
    monkeypatch.setattr(session, "is_interactive", lambda: True)
    monkeypatch.setattr("sdcli.commands.review_score.is_interactive", lambda: True)

    left = sd(*SCORE, stdin="yes\nq\n", expect=130)
    assert "Nothing was reviewed" in left.stderr
    asked = sd(*SCORE, "--check", "record=no", stdin="y\nn/a\nmaybe\nn\ny\ny\nn\nall too slow\n")

    assert "Does the record say" not in asked.stderr
    review = sdj("show", "1")["review"]
    assert list(review["checks"].values()) == ["no", "yes", "n/a", "no", "yes", "yes", "no"]
    assert review["note"] == "all too slow"


def test_the_starter_has_a_checklist_for_every_type() -> None:
    """No type of request is without a check, and none is asked endlessly (R5a.1)."""
    from sdcli.policy.load import read_review  # noqa: PLC0415 - this test's alone
    from sdcli.policy.review import checks_of  # noqa: PLC0415
    from sdcli.tickets.words import REQUEST_TYPES  # noqa: PLC0415

    rules = read_review(str(REPOSITORY))
    for type_ in REQUEST_TYPES:
        assert 4 <= len(checks_of(rules, type_)) <= 8


@pytest.mark.parametrize(
    ("answers", "percent"),
    [("yes yes no", 67), ("n/a n/a", None), ("no n/a", 0), ("yes n/a", 100), ("", None)],
)
def test_percent(answers: str, percent: int | None) -> None:
    """Of what applies, rounded to whole percent; none where nothing applies (R5a.1)."""
    checks: Any = {str(number): word for number, word in enumerate(answers.split())}
    mark = Stamp(at=NOW, by="chloe").mark()

    assert Reviewed(*mark, checks=checks, checklist="x").percent == percent


def test_reviews_are_a_figure(sd: Runner, sdj: JsonRunner, closed: Any) -> None:
    """`report` has their mean in the period in which they were made, with receipts (R5a.1, R6.4)."""
    for days in (300, 40, 3):
        closed(at=NOW - timedelta(days=days))
    sd("review", "score", "1", *AS, *_all("yes"), at=NOW - timedelta(days=1))
    sd("compact")
    sd("review", "score", "2", *AS, *_all("no"))
    sd("review", "score", "3", *AS, *_all("n/a"))
    month = ("--since", "2026-11-01", "--until", "2026-12-01", "--figure", "review.score")

    for _ in range(2):  # what is kept of shelves changes nothing
        (row,) = sdj("report", *month, at=LATER)["figures"]
        assert row["now"] == {"of": 2, "mean": 50.0}
    then = ("--since", "2026-12-01", "--figure", "review.score")
    (row,) = sdj("report", *then, at="2027-01-02T10:00:00Z")["figures"]
    assert row["now"] == {"of": 0, "mean": None}
    audited = sdj("report", "audit", "review.score", *month[:4], at=LATER)
    assert [(item["ref"], item["number"]) for item in audited["items"]] == [
        ("SD-1", 100),
        ("SD-2", 0),
    ]
    sd("undo", "2", *AS, at=LATER + timedelta(hours=1))
    late = LATER + timedelta(hours=2)
    (row,) = sdj("report", *month, at=late)["figures"]
    assert row["now"] == {"of": 1, "mean": 100.0}
    as_of = f"{LATER:%Y-%m-%dT%H:%M:%SZ}"
    (row,) = sdj("report", *month, "--as-of", as_of, at=late)["figures"]
    assert row["now"] == {"of": 2, "mean": 50.0}


def test_a_survey_stands_for_what_it_asked(
    sd: Runner, sdj: JsonRunner, closed: Any, desk_dir: Path
) -> None:
    """A question keeps the figure that it was asked for, whatever the file says later (R5a.2)."""
    closed()
    sd("survey", "ask", "1", "--via", "phone")
    sd("survey", "answer", "1", "--score", "again=2")
    path = desk_dir / "catalog" / "survey.yaml"
    path.write_text(path.read_text().replace("figure: satisfaction", "figure: self-help"))

    rows = sdj("report", "--figure", "survey.satisfaction", "--figure", "survey.self-help")

    assert [row["now"]["of"] for row in rows["figures"]] == [1, 0]
