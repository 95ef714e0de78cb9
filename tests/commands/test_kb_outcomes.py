"""Knowledge with consequences: what articles did, who was given them, and what follows."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import DATA_FILE, NOT_FOUND, PARTLY_DONE, REFUSED, UNEXPECTED, USAGE
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

MFA, VPN, PRINTER, RANSOM = "KB-102", "KB-104", "KB-110", "KB-123"


@pytest.fixture(name="asked", autouse=True)
def _asked(sd: Runner) -> None:
    """A question of ada's, which ben works on."""
    sd("open", "Lost my phone", "--user", "ada", "--type", "information", "--service", "identity")


def _reword(desk_dir: Path, id_: str) -> None:
    """Let an article say something else."""
    [path] = (desk_dir / "kb").glob(f"{id_}-*.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('title: "', 'title: "Now: ', 1), encoding="utf-8")


def _retire(desk_dir: Path, id_: str) -> None:
    [path] = (desk_dir / "kb").glob(f"{id_}-*.yaml")
    with path.open("a", encoding="utf-8") as stream:
        stream.write("retired: 2026-11-20\nbecause: it was wrong\n")


def _figures(sdj: JsonRunner, id_: str) -> dict[str, Any]:
    [found] = [row for row in sdj("kb", "stats", id_)["articles"] if row["present"]]
    return dict(found)


def test_a_link_is_sent_and_never_the_text(sd: Runner, sdj: JsonRunner) -> None:
    """The caller gets title and link with the revision; nothing of the body (R3a.2a)."""
    revision = sdj("kb", "show", MFA)["revision"]
    told = sd("kb", "send", "1", MFA, "--via", "mail")

    assert f"https://help.example.com/articles/{MFA}.html?revision={revision}" in told.stdout
    body = sdj("kb", "show", MFA)
    assert not any(step[:40] in told.stdout for step in body["steps"])
    assert f"{MFA}@{revision}" in told.stderr
    [sent] = [each for each in sdj("history", "1") if each["kind"] == "article_sent"]
    assert (sent["article"], sent["decision"], sent["to"], sent["via"]) == (
        {"id": MFA, "revision": revision},
        "sent",
        "ada",
        "mail",
    )


def test_a_link_is_a_word_to_the_caller(sd: Runner, sdj: JsonRunner) -> None:
    """Sending an article meets the response target; withholding it does not (T12, R3a.2)."""
    sd("kb", "send", "1", MFA, "--withheld", "they asked about something else")
    assert sdj("show", "1")["sla"]["response"]["state"] == "running"
    sd("kb", "send", "1", MFA)
    assert sdj("show", "1")["sla"]["response"]["state"] == "met"


@pytest.mark.parametrize("id_", [VPN, RANSOM])
def test_callers_get_only_what_is_for_them(sd: Runner, sdj: JsonRunner, id_: str) -> None:
    """What is for the desk, or for certain roles, is refused, and nothing is recorded (R3a.2)."""
    before = sdj("history", "1")
    refused = sd("kb", "send", "1", id_, "--link", "https://example.com/x", expect=REFUSED)
    assert "--interpreted" in refused.stderr
    assert "https://" not in refused.stdout
    assert sdj("history", "1") == before


def test_a_colleague_may_have_what_their_roles_allow(sd: Runner) -> None:
    """Who works here gets articles for the desk; restricted ones by role only (R3a.2)."""
    sd("open", "How do I do this?", "--user", "quentin@example.com", "--no-contact", "x", expect=0)
    sd("open", "How do I?", "--user", "amara", "--no-contact", "sits here")
    sd("kb", "send", "3", RANSOM, "--link", "https://wiki.example.com/ransom")
    sd("kb", "send", "3", VPN, "--link", "https://wiki.example.com/vpn")
    assert "self-help site" in sd("kb", "send", "3", VPN, expect=REFUSED).stderr


def test_what_is_retired_is_sent_to_nobody(sd: Runner, desk_dir: Path) -> None:
    """A retired article is refused with the reason (R3a.2)."""
    _retire(desk_dir, MFA)
    assert "it was wrong" in sd("kb", "send", "1", MFA, expect=REFUSED).stderr


def test_what_is_expired_is_sent_with_a_remark(sd: Runner) -> None:
    """The desk hears that the review is overdue; the caller's text does not change (R3a.2)."""
    sent = sd("kb", "send", "1", MFA, at="2030-01-01T10:00:00Z")
    assert "expired on" in sent.stderr
    assert "expired" not in sent.stdout


def test_without_a_site_a_link_must_be_given(sd: Runner, desk_dir: Path) -> None:
    """No link is made up (R3a.2a)."""
    (desk_dir / "catalog" / "knowledge.yaml").unlink()
    assert "catalog/knowledge.yaml" in sd("kb", "send", "1", MFA, expect=REFUSED).stderr
    sent = sd("kb", "send", "1", MFA, "--link", "https://wiki.example.com/mfa")
    assert "https://wiki.example.com/mfa" in sent.stdout


@pytest.mark.parametrize(
    "text",
    [
        "format: 1\nsite: javascript:alert(1)\n",
        "format: 1\nsite: 7\n",
        "site: x\n",
        "format: 1\nx: y",
    ],
)
def test_wrong_settings_are_named(sd: Runner, desk_dir: Path, text: str) -> None:
    """A wrong `catalog/knowledge.yaml` is named by file and line, here and by `lint`."""
    (desk_dir / "catalog" / "knowledge.yaml").write_text(text)
    assert "catalog/knowledge.yaml:" in sd("kb", "send", "1", MFA, expect=DATA_FILE).stderr
    assert "catalog/knowledge.yaml:" in sd("lint", expect=DATA_FILE).stderr


def test_receipt_help_and_walking_through_are_recorded(sd: Runner, sdj: JsonRunner) -> None:
    """What is known at once goes with sending, what is learned later by itself (R3a.3)."""
    sd("kb", "send", "1", MFA, "--via", "phone", "--received", "yes")
    sd("kb", "receipt", "1", "kb-102", "--help-needed", "yes", "--walked-through", "yes")
    got = [each["receipt"] for each in sdj("history", "1") if each["kind"] == "article_received"]
    assert got == [{"received": "yes"}, {"help_needed": "yes", "walked_through": "yes"}]
    assert _figures(sdj, MFA)["needed_help"] == 1


def test_a_receipt_needs_something_that_was_given(sd: Runner) -> None:
    """Nothing is received that was not given, and nothing is said by saying nothing (R3a.3)."""
    refused = sd("kb", "receipt", "1", MFA, "--received", "yes", expect=REFUSED)
    assert "kb send SD-1 KB-102" in refused.stderr
    sd("kb", "receipt", "1", MFA, expect=USAGE)


def test_mail_that_is_not_taken_records_nothing(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Only what went out is noted as sent (R3a.2)."""
    assert "send_with" in sd("kb", "send", "1", MFA, "--send", expect=REFUSED).stderr
    intake = desk_dir / "catalog" / "intake.yaml"
    intake.write_text(intake.read_text().replace("send_with: []", "send_with: ['false']"))
    sd("kb", "send", "1", MFA, "--send", expect=UNEXPECTED)
    assert [each["kind"] for each in sdj("history", "1")] == ["opened"]


def test_mail_goes_to_the_caller(sdj: JsonRunner, desk_dir: Path, tmp_path: Path) -> None:
    """The program gets a whole mail whose answer finds the ticket (R3a.2, T21)."""
    out = tmp_path / "mail"
    intake = desk_dir / "catalog" / "intake.yaml"
    named = f"send_with: ['tee', '{out}']"
    intake.write_text(intake.read_text().replace("send_with: []", named))
    sent = sdj("kb", "send", "1", MFA, "--send")
    assert sent["sent_to"] == "ada@example.com"
    text = out.read_text()
    assert "Subject: [SD-1] Lost my phone" in text
    assert "To: ada@example.com" in text
    assert f"/articles/{MFA}.html" in text


def test_outcomes_count_by_revision(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What an article did belongs to what it said then (R3a.4, R4.1)."""
    sd("resolve", "1", "--code", "answered", "--kb", f"{MFA}:helped")
    _reword(desk_dir, MFA)
    sd("open", "Lost mine too", "--user", "bruno", "--type", "information")
    sd("kb", "used", "2", f"{MFA}:no-effect")

    rows = sdj("kb", "stats", MFA)["articles"]
    assert [(row["present"], row["helped"], row["no_effect"]) for row in rows] == [
        (True, 0, 1),
        (False, 1, 0),
    ]
    assert rows[0]["success"] == {"percent": 0.0, "low": 0.0, "high": 79.3, "of": 1}
    assert sdj("show", "2")["articles"][0]["id"] == MFA


def test_harm_flags_the_article_and_tells_its_owner(sd: Runner, sdj: JsonRunner) -> None:
    """Who answers for it has a notice until it is seen; the article is flagged (R3a.4, R4.1)."""
    owner = sdj("kb", "show", PRINTER)["owner"]
    told = sd("resolve", "1", "--code", "solved", "--kb", f"{PRINTER}:harmful")
    assert "Told by a notice: dmitri." in told.stdout
    assert owner == "onsite"
    [notice] = sdj("notices", "--as", "dmitri")
    assert [each["articles"][0]["id"] for each in notice["harm"]] == [PRINTER]
    assert "KB-110 made things worse" in sd("notices", "--as", "dmitri").stdout
    assert "1 notice of yours waits" in sd("list", "--as", "dmitri").stderr
    assert _figures(sdj, PRINTER)["flagged"]
    enhance = sdj("kb", "stats")["enhance"]
    assert [(each["id"], each["owner"]) for each in enhance] == [(PRINTER, "onsite")]

    sd("notices", "--seen-all", "--as", "dmitri")
    assert sdj("notices", "--all-people") == []


def test_who_says_that_their_own_article_harms_tells_another(sd: Runner, sdj: JsonRunner) -> None:
    """The second owner hears of what the first one found out (R3a.4)."""
    sd("kb", "used", "1", f"{PRINTER}:harmful", "--as", "dmitri", "--note", "it ate the letters")
    [notice] = sdj("notices", "--all-people")
    assert notice["person"] != "dmitri"
    assert notice["harm"][0]["note"] == "it ate the letters"


def test_a_notice_for_who_left_falls_to_the_desks_lead(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Of whoever is not in teams.yaml any more nothing waits for nobody (R3d2.1b, R4.1)."""
    sd("kb", "used", "1", f"{PRINTER}:harmful")
    assert sdj("notices", "--as", "chloe") == []
    teams = desk_dir / "catalog" / "teams.yaml"
    teams.write_text(teams.read_text(encoding="utf-8").replace("dmitri", "dora"), encoding="utf-8")
    sd("notices", "--person", "dmitri", expect=NOT_FOUND)
    assert sdj("notices", "--as", "greta") == []
    [notice] = sdj("notices", "--as", "chloe")
    assert (notice["person"], notice["harm"][0]["articles"][0]["id"]) == ("dmitri", PRINTER)
    assert "dmitri: SD-1  Lost my phone" in sd("notices", "--as", "chloe").stdout
    assert "1 notice of yours waits" in sd("list", "--as", "chloe").stderr
    assert "of yours wait" not in sd("list", "--as", "greta").stderr
    sd("notices", "--seen", "1", "--as", "greta", expect=REFUSED)
    [seen] = sdj("notices", "--seen", "1", "--as", "chloe")
    assert (seen["person"], seen["harm"]) == ("dmitri", notice["harm"])
    assert sdj("notices", "--all-people") == sdj("notices", "--as", "chloe") == []
    assert "chloe: has seen the notice of dmitri, who left" in sd("history", "1").stdout
    sd("doctor")


def test_a_changed_class_of_who_left_falls_to_the_desks_lead_too(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Theirs and the lead's own notice on one ticket are seen together (R3d1.5a)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--as", "omar")
    change = ("--type", "fulfilment", "--discovered", "caller-said", "--reason", "never had it")
    sd("classify", "2", *change, "--as", "greta")
    teams = desk_dir / "catalog" / "teams.yaml"
    teams.write_text(teams.read_text(encoding="utf-8").replace("omar", "otto"), encoding="utf-8")
    found = sdj("notices", "--as", "chloe")
    assert [(row["person"], len(row["changes"])) for row in found] == [("omar", 1), ("chloe", 1)]
    assert len(sdj("notices", "--seen-all", "--as", "chloe")) == 2
    assert sdj("notices", "--all-people") == []


@pytest.mark.parametrize(
    "step",
    [
        ("resolve", "1", "--code", "solved"),
        ("close", "1", "--code", "solved", "--unconfirmed", "x"),
    ],
)
def test_who_is_told_reads_why(step: tuple[str, ...], sd: Runner, sdj: JsonRunner) -> None:
    """The note of the command that says so is the reason of the notice (R4.1)."""
    sd(*step, "--note", "it burnt", "--kb", f"{PRINTER}:harmful")
    [notice] = sdj("notices", "--as", "dmitri")
    assert notice["harm"][0]["note"] == "it burnt"
    assert ": it burnt" in sd("notices", "--as", "dmitri").stdout


def test_each_is_told_of_their_own_articles(sd: Runner, sdj: JsonRunner) -> None:
    """Of two articles in one command each owner hears of theirs, and everything counts (R3a.4)."""
    said = sd("kb", "used", "1", f"{PRINTER}:harmful", f"{MFA}:harmful", f"{VPN}:helped").stdout
    others = [row["person"] for row in sdj("notices", "--all-people")]
    assert len(others) == 2
    for person, article in (("dmitri", PRINTER), ("mina", MFA)):
        told = sd("notices", "--as", person).stdout
        assert f"{article} made things worse" in told
        assert told.count("made things worse") == 1
    assert f"{PRINTER}: harmful. {MFA}: harmful." in " ".join(said.split())
    for article in (PRINTER, MFA):
        assert _figures(sdj, article)["harmful"] == 1
    assert _figures(sdj, VPN)["helped"] == 1


def test_a_notice_says_that_harm_was_taken_back(sd: Runner, sdj: JsonRunner) -> None:
    """What was said otherwise since stands beside it, until it is said again (R4.1)."""
    sd("kb", "used", "1", f"{PRINTER}:harmful")
    assert sdj("notices", "--as", "dmitri")[0]["harm"][0]["otherwise"] == {}
    sd("kb", "used", "1", f"{PRINTER}:no-effect")
    assert sdj("notices", "--as", "dmitri")[0]["harm"][0]["otherwise"] == {PRINTER: "no-effect"}
    assert "KB-110: said otherwise since: no-effect" in sd("notices", "--as", "dmitri").stdout
    sd("kb", "used", "1", f"{PRINTER}:harmful")
    assert "otherwise" not in sd("notices", "--as", "dmitri").stdout


def test_seen_notices_are_told_in_words_that_fit_both(sd: Runner) -> None:
    """A notice is of a classification or of an article: show and history say neither (R4.1)."""
    sd("kb", "used", "1", f"{PRINTER}:harmful")
    assert "dmitri has not seen the notice" in sd("show", "1").stdout
    sd("notices", "--seen", "1", "--as", "dmitri")
    assert "dmitri: has seen the notice" in sd("history", "1").stdout


def test_closing_records_what_articles_did(sd: Runner, sdj: JsonRunner) -> None:
    """`close --kb` counts like `resolve --kb` (R4.1)."""
    confirmed = ("--confirmed-by", "ada", "--via", "phone")
    sd("close", "1", "--code", "answered", *confirmed, "--kb", f"{MFA}:helped")
    assert _figures(sdj, MFA)["helped"] == 1
    kinds = [each["kind"] for each in sdj("history", "1")]
    assert kinds == ["opened", "articles_used", "resolved", "closed"]
    sd("kb", "used", "1", f"{MFA}:harmful")  # what shows later is recorded later
    assert _figures(sdj, MFA)["harmful"] == 1


def test_reopening_takes_success_back(sd: Runner, sdj: JsonRunner) -> None:
    """What solved nothing did not help (R3d1.8)."""
    sd("resolve", "1", "--code", "answered", "--kb", f"{MFA}:helped")
    sd("reopen", "1", "--reason", "still locked out")
    found = _figures(sdj, MFA)
    assert (found["helped"], found["no_effect"]) == (0, 1)


def test_recall_names_exactly_who_was_misled(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Sent or read before the correction, and not put right since (R3a.2a, R1a.3c)."""
    first = sdj("kb", "show", MFA)["revision"]
    sd("kb", "send", "1", MFA)
    read = [{"id": MFA, "revision": first}]
    form = {"summary": "No code", "user": "bruno", "channel": "portal", "read": read}
    sd("open", "-", stdin=json.dumps(form))
    sd("open", "New phone", "--user", "carla@example.com", "--no-contact", "walked in")
    assert sdj("kb", "recall", MFA)["people"] == []
    assert "Nobody" in sd("kb", "recall", MFA).stderr

    _reword(desk_dir, MFA)
    sd("kb", "send", "3", MFA)
    document = sdj("kb", "recall", MFA)
    assert [(p["person"], p["how"], p["revision"]) for p in document["people"]] == [
        ("ada", "sent", first),
        ("bruno", "read", first),
    ]
    assert "ada@example.com" in document["people"][0]["reach"]
    assert sdj("kb", "recall", f"{MFA}@{first}")["people"] == document["people"]
    sd("kb", "recall", f"{MFA}@ffff", expect=NOT_FOUND)
    sd("kb", "recall", f"@{first}", expect=USAGE)

    sd("kb", "send", "1", MFA, at=NOW + timedelta(hours=1))
    corrected = {p["person"]: p["corrected_at"] for p in sdj("kb", "recall", MFA)["people"]}
    assert corrected == {"ada": "2026-11-23T11:00:00Z", "bruno": None}
    assert "ada" not in sd("kb", "recall", MFA).stdout


def test_recall_of_what_was_retired_or_removed(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Every revision is called back once none holds; even if the file is gone (R3a.2a)."""
    sd("kb", "send", "1", MFA)
    _retire(desk_dir, MFA)
    assert [each["person"] for each in sdj("kb", "recall", MFA)["people"]] == ["ada"]
    assert "it was wrong" in sd("kb", "recall", MFA).stdout
    [path] = (desk_dir / "kb").glob(f"{MFA}-*.yaml")
    path.unlink()
    document = sdj("kb", "recall", MFA)
    assert document["gone"]
    assert [each["person"] for each in document["people"]] == ["ada"]
    sd("kb", "recall", "KB-999", expect=NOT_FOUND)


def test_what_is_asked_again_becomes_a_candidate(sd: Runner, sdj: JsonRunner) -> None:
    """Frequent requests for information are named, and what answered them, if anything (R2a.1a)."""
    sd("open", "Phone gone", "--user", "bruno", "--type", "information", "--service", "identity")
    [found] = sdj("kb", "stats")["questions"]
    assert (found["service"], found["tickets"]["count"], found["articles"]) == ("identity", 2, [])
    assert "no article answers it" in sd("kb", "stats").stdout


def test_a_best_effort_is_recorded_as_one(sd: Runner, sdj: JsonRunner) -> None:
    """Where no article fits, that is said with the answer, and is counted as a gap (R3a.1)."""
    sd("kb", "used", "1", "--none", expect=USAGE)
    sd("kb", "used", "1", f"{MFA}:helped", "--none", "--note", "x", expect=USAGE)
    told = sd("kb", "used", "1", "--none", "--note", "ask the supplier")
    assert "no article fitted" in told.stdout
    assert sdj("kb", "stats")["best_effort"] == ["SD-1"]
    assert "No article fitted on 1 ticket: SD-1" in sd("kb", "stats").stdout
    sd("compact")
    assert sdj("kb", "stats")["best_effort"] == ["SD-1"]


def test_a_ticket_shows_its_articles(sd: Runner) -> None:
    """What became of articles stands with the ticket as well as with the article (R3a.4)."""
    sd("kb", "send", "1", MFA)
    sd("resolve", "1", "--code", "answered", "--kb", f"{MFA}:helped")
    assert f"articles:   {MFA} sent, {MFA} applied, {MFA} helped" in sd("show", "1").stdout


def _incident(sd: Runner) -> None:
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


CLOSE = ("--code", "solved", "--confirmed-by", "ada", "--via", "phone")


def test_that_nobody_looked_is_recorded(sd: Runner, sdj: JsonRunner) -> None:
    """An incident that was closed without a look into the knowledge base says so (R3d1.1)."""
    _incident(sd)
    _incident(sd)
    sd("close", "2", *CLOSE)
    sd("close", "3", *CLOSE, "--kb", f"{VPN}:helped")
    sd("close", "1", *CLOSE)
    assert sdj("history", "2")[-1]["skipped"] == ["search-kb"]
    assert not any("skipped" in sdj("history", ref)[-1] for ref in ("1", "3"))


@pytest.mark.parametrize("step", [("resolve", "2", "--code", "solved"), ("close", "2", *CLOSE)])
def test_a_desk_may_demand_a_look(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, step: tuple[str, ...]
) -> None:
    """With `search_first: require` an incident is not resolved before; only that (R3d1.1)."""
    rules = desk_dir / "catalog" / "classification.yaml"
    rules.write_text(rules.read_text().replace("search_first: record", "search_first: require"))
    _incident(sd)
    assert "kb used SD-2 --none" in sd(*step, expect=REFUSED).stderr
    sd("resolve", "1", "--code", "answered")
    sd("kb", "used", "2", "--none", "--note", "a new kind of fault")
    sd(*step)
    assert sdj("show", "2")["code"] == "solved"


def test_statistics_of_a_period(sd: Runner, sdj: JsonRunner) -> None:
    """Uses count when they happened (R3b.1a)."""
    sd("kb", "used", "1", f"{MFA}:helped")
    assert sdj("kb", "stats", "--since", "2026-11-24")["articles"] == []
    assert len(sdj("kb", "stats", "--since", "2026-11-23")["articles"]) == 1
    sd("kb", "stats", "--since", "2026-11-24", "--until", "2026-11-23", expect=USAGE)
    sd("kb", "stats", "KB-999", expect=NOT_FOUND)


def test_hostile_words_reach_no_terminal(sd: Runner) -> None:
    """Escape sequences in a summary are shown, not obeyed, and are no part of what is sent."""
    sd("open", "evil \x1b]0;owned\x07", "--user", "ada")
    for args in (("kb", "send", "2", MFA), ("kb", "stats", MFA), ("kb", "recall", MFA)):
        assert "\x1b" not in sd(*args).output


def test_the_article_tells_what_became_of_it(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Figures by revision and the tickets stand with the article, the newest first (R3a.1a)."""
    sd("resolve", "1", "--code", "answered", "--kb", f"{MFA}:helped")
    _reword(desk_dir, MFA)
    sd("open", "Lost mine too", "--user", "bruno", "--type", "information")
    sd("kb", "used", "2", f"{MFA}:harmful")
    shown = sdj("kb", "show", MFA)
    assert shown["tickets"] == ["SD-2", "SD-1"]
    assert [(e["present"], e["helped"], e["harmful"]) for e in shown["figures"]] == [
        (True, 0, 1),
        (False, 1, 0),
    ]
    text = sd("kb", "show", MFA).stdout
    assert "made things worse 1; 0 % (0 to 79) success" in text
    assert "tickets:     SD-2 SD-1" in text


def test_articles_are_shown_with_a_damaged_ledger(sd: Runner, storage: Storage) -> None:
    """What articles say does not hang on the ledger; that it cannot be read is told."""
    storage.damage()
    for args in (("kb", "show", MFA), ("search-kb", "phone")):
        told = sd(*args)
        assert MFA in told.stdout
        assert "not counted anew" in told.stderr


LATER = NOW + timedelta(minutes=6)


def test_what_articles_did_counts_in_the_search(sd: Runner, sdj: JsonRunner) -> None:
    """What did harm sinks and says so; what helped rises; both are explained (R3a.1, R4.1)."""
    query = ("search-kb", "printer", "--kind", "article", "--kind", "known-error", "--explain")
    before = {hit["id"]: hit for hit in sdj(*query)}
    first, second = list(before)[:2]
    sd("kb", "used", "1", f"{first}:harmful")
    for _ in range(3):
        sd("open", "It is offline", "--user", "ada")
    for ref in ("2", "3", "4"):
        sd("kb", "used", ref, f"{second}:helped")
    after = {hit["id"]: hit for hit in sdj(*query, at=LATER)}
    assert after[first]["score"] < 0.9 * before[first]["score"]
    assert after[second]["score"] > before[second]["score"]
    assert after[first]["success"]["harmful"] == 1
    assert after[first]["explain"]["success"] < 1 < after[second]["explain"]["success"]
    assert "! made things worse 1" in sd(*query, at=LATER).stdout


def test_looking_for_a_ticket_is_recorded_once(sd: Runner, sdj: JsonRunner) -> None:
    """Who looked, for what, and what was found, at which revision; not twice the same (R3d1.1)."""
    hits = sdj("search-kb", "authenticator", "--ticket", "1", "--limit", "3")
    sd("search-kb", "authenticator", "--ticket", "1", "--limit", "3")
    [look] = [each for each in sdj("history", "1") if each["kind"] == "articles_shown"]
    assert look["articles"] == [{"id": hit["id"], "revision": hit["revision"]} for hit in hits]
    assert (look["query"], look["by"]) == ("authenticator", "ben")
    assert _figures(sdj, hits[0]["id"])["shown"] == 1
    assert sdj("show", "1")["updated_at"] == "2026-11-23T10:00:00Z"


def test_looking_needs_no_lock(sd: Runner, storage: Storage) -> None:
    """While another writes, the answer is there all the same, with a remark (R3d1.1)."""
    with storage.held():
        told = sd("search-kb", "--ticket", "1", env={"SDCLI_LOCK_WAIT": "0"})
    assert MFA in told.stdout
    assert "not recorded on SD-1" in told.stderr


def test_what_a_caller_says_of_themselves_opens_nothing(
    sd: Runner, desk_dir: Path, tmp_path: Path
) -> None:
    """An article for the desk goes to a technician's own address, and to nobody by their name (R3a.2)."""
    out, intake = tmp_path / "mail", desk_dir / "catalog" / "intake.yaml"
    named = f"send_with: ['tee', '-a', '{out}']"
    intake.write_text(intake.read_text().replace("send_with: []", named))
    link = ("--link", "https://wiki.example.com/104")
    sd("open", "y", "--user", "evil", "--mail", "ben@example.org")
    sd("kb", "send", "2", VPN, *link, "--send", expect=REFUSED)
    sd("open", "x", "--user", "ada", "--on-behalf-of", "ben", "--new")
    assert "ben@" in sd("kb", "send", "3", VPN, *link, "--send").stdout
    evil = ("--to", "evil@ext.example")
    sd("kb", "send", "3", VPN, *link, "--send", *evil, expect=REFUSED)
    assert "To: ada@" not in out.read_text()


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "do this: x", "/srv/x"]
)
def test_a_link_is_an_address(sd: Runner, link: str) -> None:
    """What is given as a link leads to a page, and is no copy of the text (R3a.2a)."""
    sd("kb", "send", "1", MFA, "--link", link, expect=USAGE)


def test_where_a_mail_went_is_known(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Another address than the caller's is in the event (R3a.2a)."""
    intake = desk_dir / "catalog" / "intake.yaml"
    intake.write_text(intake.read_text().replace("send_with: []", "send_with: ['true']"))
    sd("kb", "send", "1", MFA, "--send", "--to", "bruno@example.com")
    [sent] = [each for each in sdj("history", "1") if each["kind"] == "article_sent"]
    assert sent["address"] == "bruno@example.com"
    _reword(desk_dir, MFA)
    assert "bruno@example.com" in sdj("kb", "recall", MFA)["people"][0]["reach"]


def test_an_outcome_can_name_its_revision(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Harm counts for what was followed, and can be taken back after a correction (R4.1)."""
    first = sdj("kb", "show", MFA)["revision"]
    _reword(desk_dir, MFA)
    sd("kb", "used", "1", f"{MFA}@{first}:harmful")
    assert not _figures(sdj, MFA)["flagged"]
    sd("kb", "used", "1", f"{MFA}@{first}:no-effect")
    [earlier] = [e for e in sdj("kb", "stats", MFA)["articles"] if not e["present"]]
    assert (earlier["harmful"], earlier["no_effect"]) == (0, 1)
    sd("kb", "used", "1", f"{MFA}@nonsense:helped", expect=USAGE)
    sd("kb", "used", "1", f"{MFA}:helped", f"{MFA}:harmful", expect=REFUSED)


def test_what_an_earlier_version_recorded_is_the_present_revision(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """The hash of the whole file, as revisions were, names an article that has not changed."""
    [path] = (desk_dir / "kb").glob(f"{MFA}-*.yaml")
    former = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    sd("kb", "used", "1", f"{MFA}@{former}:helped", f"{MFA}@{former}:shared")
    assert _figures(sdj, MFA)["helped"] == 1
    assert sdj("kb", "recall", MFA)["people"] == []
    assert [each["present"] for each in sdj("kb", "show", MFA)["figures"]] == [True]


def test_a_broken_file_stops_no_count(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What cannot be read is told, and everybody else is counted and called back (R3a.2a)."""
    sd("kb", "send", "1", MFA)
    [path] = (desk_dir / "kb").glob(f"{MFA}-*.yaml")
    path.write_text("id: [", encoding="utf-8")
    told = sd("kb", "stats", "--json", expect=PARTLY_DONE)
    assert f"{MFA}-" in told.stderr
    recalled = sdj("kb", "recall", MFA, expect=PARTLY_DONE)
    assert [each["person"] for each in recalled["people"]] == ["ada"]


def test_what_a_form_claims_is_no_article(sd: Runner, sdj: JsonRunner) -> None:
    """Ids and revisions that cannot be any are kept as text and counted nowhere (R1a.3c)."""
    read = ["\x1b[31mKB-1", {"id": MFA, "revision": "\x1b]0;x\x07"}, {"id": MFA, "revision": "0a"}]
    sd(
        "open",
        "-",
        stdin=json.dumps({"summary": "s", "user": "e", "channel": "portal", "read": read}),
    )
    assert {each["id"] for each in sdj("kb", "stats")["articles"]} == {MFA}
    assert "\x1b" not in sd("kb", "stats").output
