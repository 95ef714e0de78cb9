"""`search-kb` as a person and a script use it (R3a.1, R3b.1, R3d1.1)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import DATA_FILE, NOT_FOUND, PARTLY_DONE, USAGE
from sdcli.knowledge.hits import MARK, UNMARK, Hit
from sdcli.knowledge_base import KnowledgeBase
from sdcli.render.as_text.found import text
from sdcli.results.knowledge import Found

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

_PRINTER = "kb/KB-110-printer-offline.yaml"
_KEYS = {
    *("id", "title", "score", "snippet", "type", "area", "audience", "revision"),
    *("kind", "known_error", "expired", "retired", "vendor_link", "roles", "success"),
}


def _ids(hits: list[dict[str, Any]]) -> list[str]:
    return [hit["id"] for hit in hits]


def _solve(sdj: JsonRunner, summary: str, *, code: str = "solved", note: str = "") -> str:
    """A ticket that was opened and closed; gives its reference."""
    opened = sdj("open", summary, "--user", "ada", "--type", "incident", "--service", "printing")
    ref: str = opened["ref"]
    said = ["--note", note] if note else []
    sdj("close", ref, "--code", code, "--confirmed-by", "ada", "--via", "phone", *said)
    return ref


def test_a_script_gets_the_keys_it_relies_on(sdj: JsonRunner) -> None:
    """Each hit has every key; the explanation is there where it was asked for."""
    hits = sdj("search-kb", "printer offline")
    assert all(set(hit) == _KEYS for hit in hits)
    assert all(hit["score"] > 0 for hit in hits)
    explained = sdj("search-kb", "printer offline", "--explain")
    assert all(set(hit) == _KEYS | {"explain"} for hit in explained)
    shares = explained[0]["explain"]["shares"]
    assert {"term", "field", "score", "because"} == set(shares[0])
    total = sum(share["score"] for share in shares)
    assert total == pytest.approx(explained[0]["score"], rel=0.01)


def test_a_person_sees_why(sd: Runner) -> None:
    """The explanation in text names words, fields, weights and the score."""
    told = sd("search-kb", "printr offline", "--explain", "--limit", "2").stdout
    assert "in title" in told
    assert "(near to printr)" in told
    assert "known error" in told
    assert "score" in told


def test_the_filters_narrow_the_list(sdj: JsonRunner) -> None:
    """Type, service, area, audience and kind, alone and together (R3a.1, R3b.1)."""
    words = "laptop network access account"
    everything = sdj("search-kb", words, "--limit", "99")
    for option, key, value in (
        ("--type", "type", "fulfilment"),
        ("--area", "area", "technology"),
        ("--audience", "audience", "user"),
        ("--kind", "kind", "procedure"),
    ):
        found = sdj("search-kb", words, option, value, "--limit", "99")
        assert found
        assert _ids(found) == [hit["id"] for hit in everything if hit[key] == value]
    both = sdj("search-kb", words, "--kind", "procedure", "--kind", "known-error")
    assert {hit["kind"] for hit in both} == {"procedure", "known-error"}
    assert sdj("search-kb", words, "--service", "vpn", "--type", "fulfilment", "--area", "service")


def test_an_expired_article_is_marked(sd: Runner, sdj: JsonRunner) -> None:
    """Whether an article should have been reviewed is seen by the desk's clock."""
    assert not sdj("search-kb", "printer offline")[0]["expired"]
    later = "2039-01-01T00:00:00Z"
    assert sdj("search-kb", "printer offline", at=later)[0]["expired"]
    assert "expired" in sd("search-kb", "printer offline", at=later).stdout


@pytest.mark.parametrize("args", [("printer offline", "--limit", "1"), ("--faq",)])
def test_a_day_ends_where_the_desk_is(
    args: tuple[str, ...], sdj: JsonRunner, desk_dir: Path
) -> None:
    """An article is good through its day by the desk's calendar; in UTC if that is not known."""
    for path in (desk_dir / "kb").glob("KB-*.yaml"):
        text = re.sub("(?m)^expires: .*$", "expires: 2028-06-30", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    before, after = "2028-06-30T22:59:00Z", "2028-06-30T23:01:00Z"  # midnight in London
    assert not any(hit["expired"] for hit in sdj("search-kb", *args, at=before))
    assert all(hit["expired"] for hit in sdj("search-kb", *args, at=after))
    (desk_dir / "sla_policies.yaml").write_text("format: [", encoding="utf-8")
    assert not any(hit["expired"] for hit in sdj("search-kb", *args, at=after))
    assert all(hit["expired"] for hit in sdj("search-kb", *args, at="2028-07-01T00:00:00Z"))


def test_the_desk_is_asked_for_its_day_only_where_that_matters() -> None:
    """What is expired, or good, wherever the desk may be costs no look at its policy."""

    class Anywhere:
        """A desk that must not be asked where it is."""

        now = datetime(2028, 6, 30, 11, 0, tzinfo=timezone.utc)

    library = KnowledgeBase(Anywhere())  # type: ignore[arg-type]
    days = ("2028-06-28", "2028-07-01", "2029-01-01")
    assert [library._is_expired(day) for day in days] == [True, False, False]  # noqa: SLF001
    with pytest.raises(AttributeError):
        library._is_expired("2028-06-29")  # noqa: SLF001 - as above


def test_a_retired_article_is_out_of_the_way(sdj: JsonRunner, desk_dir: Path) -> None:
    """It is found with --retired only, and is no frequent question any more."""
    path = desk_dir / _PRINTER
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}retired: 2026-11-20\nbecause: nobody prints\n", encoding="utf-8")
    assert "KB-110" not in _ids(sdj("search-kb", "printer offline"))
    found = sdj("search-kb", "printer offline", "--retired")
    assert (found[0]["id"], found[0]["retired"]) == ("KB-110", True)


@pytest.mark.parametrize("args", [("printer offline",), ("--faq",)])
def test_a_wrong_file_is_told_and_the_rest_is_searched(
    args: tuple[str, ...], sd: Runner, desk_dir: Path
) -> None:
    """One bad file exits 8 with its line on stderr; the answer has all the others."""
    whole = json.loads(sd("search-kb", *args, "--json").stdout)
    (desk_dir / _PRINTER).write_text("id: KB-110\ntitle: x: y\n", encoding="utf-8")
    for _ in range(2):
        result = sd("search-kb", *args, "--json", expect=PARTLY_DONE)
        found = _ids(json.loads(result.stdout))
        assert f"Note: {_PRINTER}:2: " in result.stderr
        assert found
        assert "KB-110" not in found
        assert len(found) >= len(whole) - 1


def test_two_files_with_one_id_are_told(sd: Runner, desk_dir: Path) -> None:
    """Which of the two is meant nobody knows: the search says so each time, and exits 8."""
    text = (desk_dir / _PRINTER).read_text(encoding="utf-8")
    (desk_dir / "kb" / "KB-110-zz.yaml").write_text(text, encoding="utf-8")
    for args in (("printer offline",), ("KB-110",), ("--faq",)):
        result = sd("search-kb", *args, "--json", expect=PARTLY_DONE)
        assert "kb/KB-110-zz.yaml:1: the id KB-110 is used by" in result.stderr
        assert _ids(json.loads(result.stdout)).count("KB-110") <= 1


def test_nothing_but_wrong_files_is_an_error(sd: Runner, desk_dir: Path) -> None:
    """Where no article can be read at all there is nothing to search: exit 5, every file named."""
    for path in (desk_dir / "kb").glob("KB-*.yaml"):
        path.write_text("id: [", encoding="utf-8")
    result = sd("search-kb", "vpn", "--json", expect=DATA_FILE)
    assert len(json.loads(result.stderr.strip().split("\n")[-1])["error"]["problems"]) > 30


def test_a_wrong_synonym_is_told_by_lint_and_by_the_search(sd: Runner, desk_dir: Path) -> None:
    """A mistake in the synonyms has file and line; the search goes on without them."""
    path = desk_dir / "kb" / "synonyms.yaml"
    path.write_text("synonyms:\n  - [laptop, notebook]\n  - [notebook, tablet]\n", encoding="utf-8")
    message = "kb/synonyms.yaml:3: `notebook` is in another list too: make them one"
    assert message in sd("lint", expect=DATA_FILE).stderr
    result = sd("search-kb", "printer offline", expect=PARTLY_DONE)
    assert message in result.stderr
    assert "KB-110" in result.stdout


def test_a_ticket_is_searched_by_all_its_words(sdj: JsonRunner) -> None:
    """Summary, details and what was asked about it lead to the article (R3d1.1)."""
    sdj("open", "It does not work", "--user", "ada", "--details", "shows 0x80070035 since today")
    assert sdj("search-kb", "--ticket", "1")[0]["id"] == "KB-112"
    sdj("open", "It does not work", "--user", "ada")
    sdj("detail", "2", "--evidence", "NET::ERR_CERT_DATE_INVALID")
    assert sdj("search-kb", "--ticket", "2")[0]["id"] == "KB-128"
    assert sdj("search-kb", "printer offline", "--ticket", "2")[0]["id"] == "KB-110"


def test_past_tickets_are_found_once_they_were_learned(sdj: JsonRunner) -> None:
    """Closed and solved tickets stand in the list, with how they ended, and no others (R3d1.1)."""
    solved = _solve(sdj, "Printer offline on floor three", note="Renewed the lease of the printer")
    _solve(sdj, "Printer offline on floor four", code="duplicate")
    sdj("open", "Printer offline on floor five", "--user", "ada", "--type", "incident")
    assert all(hit["kind"] != "ticket" for hit in sdj("search-kb", "printer offline floor"))
    for _ in range(3):
        sdj("classify", "SD-3")  # which learns
    tickets = sdj("search-kb", "printer offline floor", "--kind", "ticket")
    assert _ids(tickets) == [solved]
    [hit] = tickets
    assert set(hit) == _KEYS
    assert (hit["audience"], hit["revision"], hit["type"]) == ("desk", "", "incident")
    assert "Renewed the lease" in hit["snippet"]
    mixed = sdj("search-kb", "--ticket", "SD-3")
    assert solved in _ids(mixed)
    assert "KB-110" in _ids(mixed)
    assert "SD-3" not in _ids(mixed)
    sdj("reopen", solved, "--reason", "again")
    assert sdj("search-kb", "printer offline floor", "--kind", "ticket") == []


def test_a_damaged_ledger_does_not_take_the_search_away(
    sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """Articles are found without the past; with --ticket there is nothing to search by."""
    _solve(sdj, "Printer offline on floor three", note="Renewed the lease")
    sdj("open", "Printer offline on floor five", "--user", "ada", "--type", "incident")
    for _ in range(3):
        sdj("classify", "SD-2")
    storage.damage()
    result = sd("search-kb", "printer offline floor", "--json")
    assert json.loads(result.stdout)[0]["id"] == "KB-110"
    assert "Past tickets are not searched" in result.stderr


def test_what_is_not_for_everybody_is_withheld(sdj: JsonRunner) -> None:
    """Of a restricted article others see that it is there and for whom, and nothing of it (R3a.2)."""
    [own] = sdj("search-kb", "ransomware", "--limit", "1", "--as", "greta")
    [other] = sdj("search-kb", "ransomware", "--limit", "1", "--as", "mallory")
    assert own["id"] == other["id"] == "KB-123"
    assert not own["snippet"].startswith("Only for")
    assert other["snippet"] == f"Only for {', '.join(own['roles'])}."


def test_an_explanation_tells_no_words_of_a_restricted_article(sd: Runner, sdj: JsonRunner) -> None:
    """The score of a restricted article is told as a whole: no word of it can be guessed (R3a.2)."""
    query = ("search-kb", "ransomware a* b* c* encrypted", "--explain", "--limit", "99")
    [own] = [hit for hit in sdj(*query, "--as", "greta") if hit["id"] == "KB-123"]
    [other] = [hit for hit in sdj(*query, "--as", "mallory") if hit["id"] == "KB-123"]
    assert own["explain"]["shares"]
    assert other["explain"] == {**own["explain"], "shares": []}
    text = sd("search-kb", "ransomware", "--explain", "--limit", "1", "--as", "mallory").stdout
    assert "score" in text
    assert "in title" not in text


def test_misuse_is_told(sd: Runner) -> None:
    """Nothing to search for, and --faq with words, are misuse; a ticket must be there."""
    assert "--ticket" in sd("search-kb", expect=USAGE).stderr
    assert "--faq" in sd("search-kb", "--faq", "--area", "service", expect=USAGE).stderr
    assert "SD-99" in sd("search-kb", "--ticket", "99", expect=NOT_FOUND).stderr


def test_no_control_character_reaches_the_terminal(sd: Runner, sdj: JsonRunner) -> None:
    """What a caller wrote is shown as it is, and steers nothing."""
    _solve(sdj, "Printer offline \u202e floor", note="Renewed \u001b[31m the lease of the printer")
    sdj("open", "Printer offline on floor five", "--user", "ada", "--type", "incident")
    for _ in range(3):
        sdj("classify", "SD-2")
    told = sd("search-kb", "printer offline floor").stdout
    assert "SD-1" in told
    assert not {"\u001b", "\u202e"} & set(told)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_hits_are_cut_between_words(width: int) -> None:
    """On a terminal no word of a hit is cut, and a match over two lines is marked on both (R3a.1)."""
    title = "Password forgotten or account locked out, also again and again"
    said = f"The caller {MARK}types the right password and still reads that it is wrong{UNMARK}, says she."
    facts: dict[str, Any] = {"type": "incident", "area": "service", "audience": "desk"}
    hit = Hit(
        id="KB-101", title=title, score=1.5, snippet=said, revision="0", known_error=False, **facts
    )

    def bold(text: str, **_: object) -> str:
        return f"<{text}>" if text else ""

    lines = list(text(Found("", [hit]), bold, width)[0])

    plain = [each.replace("<", "").replace(">", "") for each in lines]
    assert all(len(each) <= width for each in plain)
    words = f"KB-101 {title} [incident, desk, 1.5] {said}".replace(MARK, "").replace(UNMARK, "")
    assert " ".join(plain).split() == words.split()
    assert all(each.count("<") == each.count(">") for each in lines)
    assert sum("<" in each for each in lines) > 1
