"""`sdcli problem`: from recurring incidents to the known error and the last word (R3d1.7, R7.3)."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sdcli import errors
from sdcli.commands import COMMANDS

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner

PROBLEM_KEYS = {
    "ref",
    "record",
    "summary",
    "status",
    "service",
    "feature",
    "impact",
    "urgency",
    "priority",
    "queue",
    "assignee",
    "opened_at",
    "updated_at",
    "closed_at",
    "code",
    "cause",
    "workaround",
    "known_error",
    "incidents",
    "incident_count",
    "events_count",
}
AROUND = "Switch Wi-Fi off and on."


@pytest.fixture(name="behind")
def _behind(sd: Runner) -> str:
    """Three incidents SD-1 to SD-3, and the problem SD-4 behind the first two."""
    for caller in ("ada", "bruno", "ada"):
        args = ("--user", caller, "--type", "incident", "--service", "vpn")
        sd("open", f"VPN drops after sleep, says {caller}", *args, "--impact", "low")
    sd("problem", "open", "VPN drops after sleep", "--incident", "1", "--incident", "SD-2")
    return "SD-4"


def _known(sd: Runner, ref: str) -> None:
    sd("problem", "analyse", ref, "--cause", "a driver", "--workaround", AROUND)


def test_open_tells_the_problem(sdj: JsonRunner, sd: Runner) -> None:
    """It has a reference of the same series, and what is not said comes from its incidents."""
    common = ("--user", "ada", "--type", "incident", "--service", "vpn", "--urgency", "low")
    sd("open", "one", *common, "--impact", "low")
    sd("open", "two", *common, "--impact", "high")
    told = sdj("problem", "open", "VPN drops", "--incident", "1", "--incident", "2")
    assert told.keys() >= {"action", *PROBLEM_KEYS}
    assert (told["action"], told["ref"], told["record"]) == ("created", "SD-3", "problem")
    assert (told["service"], told["queue"], told["status"]) == ("vpn", "network", "new")
    assert (told["impact"], told["urgency"]) == ("high", "low")
    assert (told["incidents"], told["incident_count"]) == (["SD-1", "SD-2"], 2)
    assert told["priority"] == sdj("show", "2")["priority"]
    stated = sdj(
        "problem", "open", "x", "--service", "wifi", "--impact", "high", "--queue", "servers"
    )
    assert (stated["service"], stated["queue"], stated["impact"]) == ("wifi", "servers", "high")


def test_a_key_opens_one_problem(sdj: JsonRunner) -> None:
    """The same key again gives the same problem; the key of a request is another key."""
    first = sdj("problem", "open", "x", "--idempotency-key", "k")
    again = sdj("problem", "open", "x", "--idempotency-key", "k")
    assert (again["action"], again["ref"], again["changed"]) == ("deduped", first["ref"], False)
    request = sdj("open", "y", "--user", "ada", "--idempotency-key", "k")
    assert (request["action"], request["ref"]) == ("created", "SD-2")


def test_nothing_is_opened_if_an_incident_is_not_there(sd: Runner, sdj: JsonRunner) -> None:
    """All or nothing: no problem is left behind by a mistyped reference."""
    sd("problem", "open", "x", "--incident", "77", expect=errors.NOT_FOUND)
    sd("log", "how to print", "--minutes", "1")
    said = sd("problem", "open", "x", "--incident", "1", expect=errors.REFUSED)
    assert "--because WHY" in said.stderr
    assert sdj("problem", "list", "--all") == []


def test_links_are_both_ways(behind: str, sd: Runner, sdj: JsonRunner) -> None:
    """The problem names its incidents and they name it, in show, list and history (R7.3)."""
    sd("close", "3", "--code", "workaround", "--unconfirmed", "gone")
    linked = sdj("problem", "link", behind, "3", "2", "--because", "the same driver")
    assert linked["incidents"] == ["SD-1", "SD-2", "SD-3"]
    assert linked["notes"] == ["SD-2 is linked to SD-4 already."]
    assert sdj("show", "3")["problems"] == [behind]
    assert {row["ref"]: row["problems"] for row in sdj("list")} == {
        "SD-1": [behind],
        "SD-2": [behind],
    }
    (record,) = sdj("show", "1")["problem_records"]
    assert (record["ref"], record["status"]) == (behind, "new")
    assert f"problem {behind} is behind it (the same driver)" in sd("history", "3").stdout
    assert "linked to SD-3 (the same driver)" in sd("history", behind).stdout
    sd("problem", "unlink", behind, "3", expect=errors.USAGE)
    sd("problem", "unlink", behind, "3", "--because", "another adapter")
    assert sdj("show", "3")["problems"] == []
    assert sdj("problem", "show", behind)["incidents"] == ["SD-1", "SD-2"]
    refused = sd("problem", "unlink", behind, "3", "--because", "x", expect=errors.REFUSED)
    assert "SD-3 is no incident of SD-4" in refused.stderr


def test_a_ticket_may_have_several_problems(behind: str, sd: Runner, sdj: JsonRunner) -> None:
    """Each of them names it, and it shows each with its status and workaround."""
    sd("problem", "open", "Wi-Fi driver", "--incident", "1", "--workaround", AROUND)
    assert sdj("show", "1")["problems"] == [behind, "SD-5"]
    text = sd("show", "1").stdout
    assert f"{behind} (new) VPN drops after sleep" in text
    assert f"SD-5 (in progress) Wi-Fi driver; workaround: {AROUND}" in text


def test_an_unclassified_request_is_linked_with_a_note(behind: str, sd: Runner) -> None:
    """Nobody has said yet that it is an incident, and that is told."""
    sd("open", "something", "--user", "ada")
    said = sd("problem", "link", behind, "5")
    assert "SD-5 is of type unknown, and no incident yet" in said.stdout
    for wrong in (behind, "SD-99"):
        expect = errors.REFUSED if wrong == behind else errors.NOT_FOUND
        sd("problem", "link", behind, wrong, expect=expect)


def test_what_is_no_incident_is_linked_in_words_that_fit(behind: str, sd: Runner) -> None:
    """Of a request that will never be an incident nothing else is expected."""
    sd("open", "how to connect", "--user", "ada", "--type", "information", "--service", "vpn")
    said = sd("problem", "link", behind, "5", "--because", "asked for its sake").stdout
    assert f"{behind} linked to SD-5 (asked for its sake)" in said
    assert "SD-5 is of type information; it is linked all the same." in said
    assert "yet" not in said
    said = sd("problem", "unlink", behind, "5", "--because", "x").stdout
    assert f"{behind} not linked to SD-5 after all (x)" in said


REFUSED = [
    ("classify", "--impact", "low"),
    ("classify",),
    ("classify", "--explain"),
    ("wait", "--for", "user"),
    ("resume",),
    ("resolve", "--code", "solved"),
    ("close",),
    ("reopen", "--reason", "x"),
    ("support", "--device", "a router"),
    ("support",),
    ("detail", "--wanted", "x"),
    ("ack",),
    ("validate",),
    ("sla explain",),
    ("sla reapply", "--reason", "x"),
    ("sla cause", "--target", "response", "--cause", "unknown"),
]


@pytest.mark.parametrize("call", REFUSED, ids=" ".join)
def test_what_only_requests_have_is_refused(call: tuple[str, ...], behind: str, sd: Runner) -> None:
    """A problem has neither caller nor clocks; the refusal names what works (R3d1.7)."""
    name, *options = call
    before = sd("history", behind).stdout
    said = sd(*name.split(), behind, *options, "--json", expect=errors.REFUSED)
    error = json.loads(said.stderr.strip().rsplit("\n", 1)[-1])["error"]
    assert error["message"].startswith("SD-4 is a problem and no help request, so `")
    assert "sdcli problem" in error["message"]
    assert "problem analyse" in error["possible"]
    assert sd("history", behind).stdout == before


def test_bulletins_and_contacts_are_refused(behind: str, sd: Runner) -> None:
    """Callers are told of incidents, and add to them."""
    for call in (
        ("bulletin", "post", behind, "VPN is slow"),
        ("bulletin", "end", behind),
        ("bulletin", "show", behind),
        ("open", "me too", "--user", "ada", "--add-to", behind),
        ("open", "me too", "--user", "ada", "--me-too", behind),
        ("open", "again", "--user", "ada", "--same-as", behind),
        ("note", behind, "told", "--visible"),
        ("kb", "used", behind, "KB-104:helped"),
        ("kb", "send", behind, "KB-102"),
        ("kb", "receipt", behind, "KB-102", "--received", "yes"),
    ):
        assert "SD-4 is a problem" in sd(*call, expect=errors.REFUSED).stderr


def test_problem_commands_refuse_a_request(behind: str, sd: Runner) -> None:
    """A help request is told that it is none, whatever is to be done with it."""
    del behind
    for call in (
        ("show", "1"),
        ("link", "1", "2"),
        ("unlink", "1", "2", "--because", "x"),
        ("analyse", "1", "--cause", "x"),
        ("known-error", "1"),
        ("close", "1", "--code", "solved"),
        ("reopen", "1", "--reason", "x"),
    ):
        said = sd("problem", *call, expect=errors.REFUSED).stderr
        assert "SD-1 is a help request and no problem" in said
        assert f"problem {call[0]}" in said


def test_what_works_on_a_problem(behind: str, sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """Notes, files, people and queues are as on a ticket, and answer with the problem."""
    evidence = tmp_path / "trace.txt"
    evidence.write_text("trace")
    assert sdj("assign", behind, "--to", "greta").keys() >= PROBLEM_KEYS
    assert sdj("escalate", behind, "--to", "workplace", "--reason", "x")["queue"] == "workplace"
    assert sdj("return", behind, "--reason", "y")["queue"] == "network"
    assert sdj("accept", behind)["status"] == "in_progress"
    assert sdj("note", behind, "measured", "--minutes", "7")["minutes"] == 7
    assert sdj("attach", behind, str(evidence))["attachments"][0]["name"] == "trace.txt"
    assert sdj("show", behind) == sdj("problem", "show", behind)
    assert "minutes:     7" in sd("show", behind).stdout


def test_requests_are_told_apart(behind: str, sd: Runner, sdj: JsonRunner) -> None:
    """Lists, clocks, reports and learning see no problem (R3d1.7)."""
    assert {row["ref"] for row in sdj("list", "--all", "--limit", "0")} == {"SD-1", "SD-2", "SD-3"}
    sd("problem", "close", behind, "--code", "duplicate")
    assert {row["ref"] for row in sdj("list", "--all")} == {"SD-1", "SD-2", "SD-3"}
    sd("problem", "reopen", behind, "--reason", "x")
    late = "2026-12-23T10:00:00Z"
    told = sdj("sla-check", at=late)
    assert {each["ref"] for each in told} == {"SD-1", "SD-2", "SD-3"}
    assert sum(each["tickets"] for each in sdj("sla", "status", at=late)["pinned"]) == 3
    nagios = sd("sla-check", "--nagios", at=late, expect=2).stdout
    assert "3" in nagios
    assert {each["ref"] for each in sdj("sla", "breaches", at=late)["breaches"]} <= {
        "SD-1",
        "SD-2",
        "SD-3",
    }
    assert sdj("report", "classification")["tickets"]["count"] == 3
    sd("sla", "reapply", "--all-open", "--reason", "x", at=late)
    assert sdj("open", "VPN drops after sleep", "--user", "ben")["caller_open"] == []


def test_a_known_error_needs_to_be_known(behind: str, sd: Runner, desk_dir: Path) -> None:
    """Without a workaround, or a word about the cause, it is refused and nothing is written."""
    files = sorted(os.listdir(desk_dir / "kb"))
    said = sd("problem", "known-error", behind, expect=errors.REFUSED).stderr
    assert "sdcli problem analyse SD-4" in said
    sd("problem", "analyse", behind, "--workaround", AROUND)
    said = sd("problem", "known-error", behind, expect=errors.REFUSED).stderr
    assert "--cause unknown" in said
    assert sorted(os.listdir(desk_dir / "kb")) == files


def test_a_known_error_is_found_and_told(
    behind: str, sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """An article is written from it without its callers, and open tickets have news (R3d1.7)."""
    sd("close", "2", "--code", "workaround", "--unconfirmed", "gone")
    sd("problem", "analyse", behind, "--cause", "unknown", "--workaround", AROUND)
    told = sdj("problem", "known-error", behind)
    assert (told["known_error"], told["told"], told["changed"]) == ("KB-142", ["SD-1"], True)
    (path,) = (desk_dir / "kb").glob("KB-142-*.yaml")
    text = path.read_text()
    assert "ada" not in text
    assert "bruno" not in text
    article = sdj("kb", "show", "KB-142")
    assert (article["known_error"], article["problem"]) == (True, behind)
    assert article["workaround"].strip() == AROUND
    assert "VPN drops after sleep, says [caller]" in article["symptoms"]
    assert "KB-142" in [hit["id"] for hit in sdj("search-kb", "VPN drops after sleep")]
    assert [row["ref"] for row in sdj("list", "--news")] == ["SD-1"]
    assert sdj("show", "2")["has_news"] is False
    history = sd("history", "1").stdout
    assert f"problem SD-4 is a known error: {AROUND}" in history
    assert sdj("lint")["ok"]
    assert [row["ref"] for row in sdj("problem", "list", "--known-errors")] == [behind]
    sd("note", "1", "seen")
    again = sdj("problem", "known-error", behind)
    assert (again["changed"], again["told"]) == (False, [])
    assert sdj("list", "--news") == []
    assert len(list((desk_dir / "kb").glob("KB-142*"))) == 1


def test_a_glued_name_is_in_no_draft(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Neither symptoms nor keywords of a known error tell who called, however it is written."""
    sd("open", "AdaLindqvist lost ada_lindqvist's VPN", "--user", "ada", "--service", "vpn")
    sd("problem", "open", "VPN of LindqvistAda drops", "--incident", "1", "--workaround", AROUND)
    sd("problem", "analyse", "2", "--cause", "unknown")
    article = sdj("kb", "show", sdj("problem", "known-error", "2")["known_error"])
    assert article["symptoms"] == ["[caller] lost [caller]'s VPN"]
    (path,) = (desk_dir / "kb").glob("KB-142*")
    text = f"{path.name} {path.read_text()}".casefold()
    assert not any(name in text for name in ("lindqvist", "ada"))


def test_an_id_that_a_problem_names_is_not_given_again(
    behind: str, sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Though its article is gone, a known error is never told by another one (R3d1.7, R3a.4)."""
    _known(sd, behind)
    assert sdj("problem", "known-error", behind)["known_error"] == "KB-142"
    (path,) = (desk_dir / "kb").glob("KB-142-*.yaml")
    path.unlink()
    assert sdj("problem", "known-error", behind)["known_error"] == "KB-143"


def test_what_callers_say_keeps_no_article_from_being_written(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Words that are no sound Markdown, or name what is not there, are left out; others stay."""
    common = ("--user", "ada", "--type", "incident", "--service", "vpn")
    for said in ("~~~ help", "KB-999 is no help", "[see](x.png)", "It drops\ta lot"):
        sd("open", said, *common)
    sd("problem", "open", "It drops", *(each for n in "1234" for each in ("--incident", n)))
    sd("problem", "analyse", "5", "--cause", "see KB-998", "--workaround", AROUND)
    wrong = sd("problem", "known-error", "5", expect=errors.DATA_FILE).stderr
    assert "names KB-998, which is not there" in wrong
    assert "sdcli problem analyse SD-5" in wrong
    assert not list((desk_dir / "kb").glob("KB-142*"))
    sd("problem", "analyse", "5", "--cause", "a driver")
    told = sdj("problem", "known-error", "5")
    assert sdj("kb", "show", told["known_error"])["symptoms"] == ["It drops a lot"]
    sd("kb", "lint")


def test_an_article_that_is_nearly_the_same_is_named(
    behind: str, sd: Runner, sdj: JsonRunner
) -> None:
    """Who writes the article of a second problem hears of the first one's, with how alike (R3a.2)."""
    _known(sd, behind)
    assert not [each for each in sdj("problem", "known-error", behind)["notes"] if "alike" in each]
    sd("problem", "open", "VPN drops after sleep", "--incident", "1", "--incident", "2")
    _known(sd, "SD-5")
    told = sd("problem", "known-error", "SD-5")
    assert "KB-143 and KB-142 are" in told.stdout + told.stderr


def test_an_article_that_was_written_before_a_crash_is_found(
    behind: str, sd: Runner, sdj: JsonRunner, desk_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the ledger could not say so, the next run finds the file and writes no other."""
    _known(sd, behind)
    with monkeypatch.context() as patch:
        patch.setattr("sdcli.tickets.problems.declare", lambda *_, **__: 1 / 0)
        sd("problem", "known-error", behind, expect=errors.UNEXPECTED)
    written = list((desk_dir / "kb").glob("KB-142*"))
    assert len(written) == 1
    assert sdj("problem", "show", behind)["known_error"] is None
    told = sdj("problem", "known-error", behind)
    assert (told["known_error"], told["told"]) == ("KB-142", ["SD-1", "SD-2"])
    assert list((desk_dir / "kb").glob("KB-14[23]*")) == written
    sd("doctor")


def test_an_article_of_another_desk_is_not_taken_unasked(
    behind: str, sd: Runner, sdj: JsonRunner, tmp_path: Path, desk_dir: Path
) -> None:
    """Two desks with one kb folder may each have a problem of the same reference (R3d1.7)."""
    common = ("--user", "ada", "--type", "incident", "--service", "vpn")
    other = {"SDCLI_DESK": str(tmp_path / "other")}
    sd("init", str(tmp_path / "other"))
    sd("open", "Printer jams", *common, env=other)
    for ref in ("2", "3"):
        sd("problem", "open", f"Printer jams {ref}", "--incident", "1", env=other)
    sd("problem", "open", "Printer jams for good", "--incident", "1", env=other)
    sd("problem", "analyse", "4", "--cause", "dust", "--workaround", AROUND, env=other)
    assert sdj("problem", "known-error", "4", env=other)["known_error"] == "KB-142"
    (path,) = (tmp_path / "other" / "kb").glob("KB-142*")
    (desk_dir / "kb" / path.name).write_bytes(path.read_bytes())

    _known(sd, behind)
    said = sd("problem", "known-error", behind, expect=errors.REFUSED).stderr
    assert "KB-142 names SD-4" in said
    assert "sdcli problem known-error SD-4 --article KB-142" in said
    assert sdj("problem", "show", behind)["known_error"] is None
    sd("problem", "known-error", behind, "--new", "--article", "KB-142", expect=errors.USAGE)
    assert sdj("problem", "known-error", behind, "--new")["known_error"] == "KB-143"
    again = sdj("problem", "known-error", behind)
    assert (again["known_error"], again["changed"]) == ("KB-143", False)
    told = sdj("problem", "known-error", behind, "--article", "KB-142")
    assert told["known_error"] == "KB-142"
    assert sdj("problem", "known-error", behind)["known_error"] == "KB-142"
    sd("problem", "known-error", behind, "--article", "KB-143")
    assert sdj("problem", "known-error", behind)["known_error"] == "KB-143"


def test_an_article_that_is_there_is_marked(
    behind: str, sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Its lines stay, its cause and workaround are taken over; that of another problem is refused."""
    (path,) = (desk_dir / "kb").glob("KB-103-*.yaml")
    before = path.read_text()
    sd("problem", "known-error", behind, "--article", "KB-999", expect=errors.NOT_FOUND)
    sd("problem", "analyse", behind, "--workaround", AROUND)
    told = sdj("problem", "known-error", behind, "--article", "kb-103")
    after = path.read_text()
    assert after.startswith(before)
    assert after.removeprefix(before).splitlines()[-2:] == ["known_error: true", "problem: SD-4"]
    assert told["known_error"] == "KB-103"
    assert told["cause"] == sdj("kb", "show", "KB-103")["cause"].strip()
    said = sd("problem", "known-error", behind, "--article", "KB-104", expect=errors.REFUSED)
    assert "PRB-1" in said.stderr
    assert sdj("lint")["ok"]


def test_closing_tells_the_linked_tickets(behind: str, sd: Runner, sdj: JsonRunner) -> None:
    """They have news, and it says how many; what became of the article is left to its owner."""
    _known(sd, behind)
    sd("problem", "known-error", behind)
    sd("close", "2", "--code", "workaround", "--unconfirmed", "gone")
    sd("note", "1", "told her")
    said = sd("problem", "close", behind, "--code", "solved", "--note", "driver 3.2")
    assert "1 open ticket is told: SD-1." in said.stdout
    [hint] = [text for text in said.stderr.splitlines() if "kb retire" in text]
    assert [row["ref"] for row in sdj("list", "--news")] == ["SD-1"]
    assert "was closed: as solved; cause: a driver; driver 3.2" in sd("history", "1").stdout
    problem = sdj("problem", "show", behind)
    assert (problem["status"], problem["code"], problem["closed_at"]) == (
        "closed",
        "solved",
        "2026-11-23T10:00:00Z",
    )
    assert problem["incidents"] == ["SD-1", "SD-2"]
    assert sdj("kb", "show", "KB-142")["retired"] is None
    sd(*shlex.split(hint, comments=True)[2:])  # what is said to be next can be pasted
    assert sdj("kb", "show", "KB-142")["because"] == "SD-4 is solved"
    assert sdj("problem", "list") == []
    assert "is closed" in sd("problem", "close", behind, "--code", "solved", expect=4).stderr
    late = sd("problem", "link", behind, "3")
    assert "sdcli problem reopen SD-4" in late.stdout
    assert "told: SD-1, SD-3" in sd("problem", "reopen", behind, "--reason", "3.2 too").stdout


def test_no_retired_article_is_to_be_retired(behind: str, sd: Runner, desk_dir: Path) -> None:
    """What closing a problem says is next can be done: not of an article that is retired, or gone."""
    _known(sd, behind)
    sd("problem", "known-error", behind)
    sd("kb", "retire", "KB-142", "--because", "driver 3.2")
    assert "kb retire" not in sd("problem", "close", behind, "--code", "solved").stderr
    sd("problem", "reopen", behind, "--reason", "x")
    for path in (desk_dir / "kb").glob("KB-142*"):
        path.unlink()
    assert "kb retire" not in sd("problem", "close", behind, "--code", "solved").stderr


def test_the_examples_of_a_known_error_work(behind: str, sd: Runner) -> None:
    """On a desk with the starter's articles, what help shows is not refused (R3d1.7)."""
    shown = sd("problem", "known-error", "--help").stdout.splitlines()
    examples = [text.split()[1:] for text in shown if text.strip().startswith("sdcli ")]
    assert any("--article" in each for each in examples)
    for example in examples:
        sd("problem", "open", "VPN drops", "--incident", "1")
        opened = f"SD-{5 + examples.index(example)}"
        _known(sd, opened)
        sd(*(opened if each == "SD-43" else each for each in example))
    del behind


def test_who_is_linked_late_is_told_what_the_others_were(
    behind: str, sd: Runner, sdj: JsonRunner
) -> None:
    """The workaround of a known error, and how a closed one ended, as news and in history (R3d1.7)."""
    common = ("--user", "ada", "--type", "incident", "--service", "vpn")
    for _ in range(3):
        sd("open", "VPN drops", *common)
    _known(sd, behind)
    sd("problem", "known-error", behind)
    linked = sdj("problem", "link", behind, "3", "1")
    assert linked["told"] == ["SD-3"]
    assert "SD-3" in [row["ref"] for row in sdj("list", "--news")]
    assert f"problem SD-4 is a known error: {AROUND}" in sd("history", "3").stdout
    sd("problem", "close", behind, "--code", "solved", "--note", "driver 3.2")
    assert "1 open ticket is told: SD-5." in sd("problem", "link", behind, "5").stdout
    told = [each for each in sdj("history", "5") if each["kind"] == "problem_told"]
    assert [each["what"] for each in told] == ["known-error", "closed"]
    first = [each for each in sdj("history", "1") if each["kind"] == "problem_told"]
    assert [each["text"] for each in told] == [each["text"] for each in first]
    sd("problem", "reopen", behind, "--reason", "x")
    sd("problem", "analyse", behind, "--workaround", "unknown")
    assert sdj("problem", "link", behind, "6")["told"] == []


def test_a_workaround_does_not_come_back_unsaid(behind: str, sd: Runner, sdj: JsonRunner) -> None:
    """Who declares the known error again hears that the article's workaround holds again (R3d1.7)."""
    _known(sd, behind)
    assert not [
        each for each in sdj("problem", "known-error", behind)["notes"] if "holds again" in each
    ]
    sd("problem", "analyse", behind, "--workaround", "unknown")
    told = sdj("problem", "known-error", behind, "--article", "KB-142")
    assert told["workaround"] == AROUND
    assert [each for each in told["notes"] if "that of KB-142 holds again" in each]


def test_closing_without_a_cause(behind: str, sd: Runner, sdj: JsonRunner) -> None:
    """The code says that there was none, or a reason why it is left (R3d1.7)."""
    said = sd("problem", "close", behind, "--code", "workaround", expect=errors.REFUSED).stderr
    assert "--unfixed REASON" in said
    told = sdj("problem", "close", behind, "--code", "workaround", "--unfixed", "the maker is gone")
    assert (told["status"], told["told"]) == ("closed", ["SD-1", "SD-2"])
    assert "the cause was left: the maker is gone" in sd("history", "1").stdout


def test_show_counts_what_the_incidents_took(behind: str, sd: Runner, sdj: JsonRunner) -> None:
    """How many, since when, how old, and the minutes of all together."""
    sd("note", "1", "tried", "--minutes", "5")
    sd("note", "2", "tried", "--minutes", "6")
    shown = sdj("problem", "show", behind, at="2026-11-23T12:00:00Z")
    assert (shown["incident_minutes"], shown["open_incidents"]) == (11, 2)
    assert shown["first_seen"] == shown["last_seen"] == "2026-11-23T10:00:00Z"
    assert [each["age_s"] for each in shown["incident_records"]] == [7200, 7200]
    text = sd("problem", "show", behind, at="2026-11-23T12:00:00Z").stdout
    assert "2, 2 open; 11 minutes booked on them" in text
    assert "2h 00m" in text


def test_candidates_come_with_their_command(sd: Runner, sdj: JsonRunner) -> None:
    """What it prints opens the problem, and then it is no candidate any more (R3d1.7)."""
    for caller in ("ada", "bruno", "ada"):
        args = ("--user", caller, "--type", "incident", "--service", "vpn")
        sd("open", "VPN drops after sleep; it's bad", *args)
    sd("open", "VPN drops after sleep", "--user", "ada", "--type", "information")
    (found,) = sdj("problem", "candidates")
    assert (found["count"], found["refs"]) == (3, ["SD-1", "SD-2", "SD-3"])
    assert sdj("problem", "candidates", "--fewest", "4") == []
    assert sdj("problem", "candidates", "--since", "1d", at="2026-12-23T10:00:00Z") == []
    words = shlex.split(found["command"])
    assert words[:3] == ["sdcli", "problem", "open"]
    sd(*words[1:])
    assert sdj("problem", "candidates") == []
    assert "3 times or more" in sd("problem", "candidates").stderr
    sd("problem", "close", "SD-5", "--code", "no-fault-found")
    assert len(sdj("problem", "candidates")) == 1


def test_export_and_import_keep_the_links(
    behind: str, sd: Runner, sdj: JsonRunner, tmp_path: Path
) -> None:
    """Elsewhere the references are others, and both sides name each other there too (R7.3, T25)."""
    _known(sd, behind)
    lines = tmp_path / "tickets.jsonl"
    lines.write_text(sd("export").stdout)
    other = tmp_path / "other"
    sd("init", str(other))
    there = {"SDCLI_DESK": str(other)}
    sd("open", "their own", "--user", "ada", env=there)
    first = lines.read_text().splitlines(keepends=True)
    (tmp_path / "part.jsonl").write_text("".join([first[1], first[3]]))
    sd("import", str(tmp_path / "part.jsonl"), env=there)
    assert sdj("problem", "show", "SD-3", env=there)["incidents"] == ["SD-2"]
    sd("import", str(lines), env=there)
    sd("import", str(lines), env=there)
    problem = sdj("problem", "show", "SD-3", env=there)
    assert problem["incidents"] == ["SD-2", "SD-4"]
    assert (problem["cause"], problem["workaround"]) == ("a driver", AROUND)
    assert sdj("show", "4", env=there)["problems"] == ["SD-3"]
    assert sdj("show", "5", env=there)["problems"] == []
    assert sdj("show", "1", env=there)["problems"] == []
    sd("doctor", env=there)
    sd("compact", env=there)
    sd("doctor", env=there)
    assert sdj("problem", "show", "SD-3", env=there) == problem


def test_backup_keeps_problems(behind: str, sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """What is restored is what was there, problems and their files too."""
    evidence = tmp_path / "trace.txt"
    evidence.write_text("trace")
    sd("attach", behind, str(evidence))
    shown = sdj("problem", "show", behind)
    sd("backup", str(tmp_path / "all.tar"))
    sd("problem", "close", behind, "--code", "duplicate")
    sd("restore", str(tmp_path / "all.tar"))
    assert sdj("problem", "show", behind) == shown
    sd("doctor")


def test_two_processes_link_at_once(
    behind: str, sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Whoever is second sees what the first has done: no link is lost, and none is one-sided."""
    refs = [f"SD-{number}" for number in range(5, 13)]
    for _ in refs:
        sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    env = {**os.environ, "SDCLI_DESK": str(desk_dir), "SDCLI_USER": "ben"}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "sdcli", "problem", "link", behind, *refs[part::2], refs[0]],
            env=env,
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )
        for part in (0, 1)
    ]
    assert [each.wait() for each in running] == [0, 0]
    incidents = sdj("problem", "show", behind)["incidents"]
    assert sorted(incidents) == sorted(["SD-1", "SD-2", *refs])
    assert all(sdj("show", ref)["problems"] == [behind] for ref in incidents)
    sd("doctor")


def test_the_group_stands_in_the_register() -> None:
    """It is found where incidents are resolved."""
    assert COMMANDS["problem"].stage == "Resolve"


def test_hostile_texts_do_nothing(sd: Runner) -> None:
    """Control characters in a summary, a cause or a candidate reach no terminal as such."""
    evil = "VPN drops \x1b[31m after \u202esleep"
    for _ in range(3):
        sd("open", evil, "--user", "ada", "--type", "incident", "--service", "vpn")
    out = [
        sd("problem", "candidates").stdout,
        sd("problem", "open", evil, "--incident", "1", "--cause", evil).stdout,
        sd("problem", "show", "4").stdout,
        sd("problem", "list").stdout,
        sd("show", "1").stdout,
    ]
    assert not any("\x1b" in text or "\u202e" in text for text in out)
    found: Any = sd("problem", "known-error", "4", expect=errors.REFUSED)
    assert "\x1b" not in found.stderr
