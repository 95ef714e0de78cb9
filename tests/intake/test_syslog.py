"""Lines of system logs: both standards, what comes near them, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.syslog import read
from tests.conftest import CASES, NOW

LINES = CASES / "alerts" / "syslog" / "lines.jsonl"
LOGS_OF_SYSLOG = ("linux", "openssh", "mac")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def parts(line: str) -> dict[str, Any]:
    """The parts of a line that say something."""
    found = read(line, NOW)
    assert found is not None, line
    return {name: said for name, said in found.items() if said}


def test_rfc_5424_whole() -> None:
    """Every part of a line is found, with escapes in its parameters undone."""
    line = (
        "<165>1 2026-10-11T22:14:15.003Z mail1.example.com evntslog 8710 ID47 "
        r'[ex@32473 iut="3" text="a \"b\" \\ \] c"][more@1] ' + "\ufeffAn application event"
    )
    assert parts(line) == {
        "standard": "rfc5424",
        "facility": "local4",
        "severity": "notice",
        "timestamp": "2026-10-11T22:14:15.003Z",
        "host": "mail1.example.com",
        "app": "evntslog",
        "procid": "8710",
        "msgid": "ID47",
        "structured": {"ex@32473": {"iut": "3", "text": r'a "b" \ ] c'}, "more@1": {}},
        "message": "An application event",
    }


def test_what_a_collector_puts_before_a_line() -> None:
    """Label, epoch, date and node before a line are its collector's, not the line's."""
    line = "- 1131566461 2005.11.09 node8 Nov 9 12:01:01 node8/node8 crond[2915]: session closed"
    found = parts(line)
    assert (found["host"], found["app"], found["message"]) == (
        "node8/node8",
        "crond",
        "session closed",
    )


def test_rfc_5424_without_anything() -> None:
    """Nil values are empty."""
    assert parts("<0>1 - - - - - -") == {
        "standard": "rfc5424",
        "facility": "kern",
        "severity": "emerg",
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed",
            {
                "facility": "auth",
                "severity": "crit",
                "timestamp": "2026-10-11T22:14:15Z",
                "host": "mymachine",
                "app": "su",
                "procid": "12",
                "message": "'su root' failed",
            },
        ),
        (
            "Dec  3 01:02:03 fs1 kernel: out of memory: killed",
            {
                "timestamp": "2025-12-03T01:02:03Z",
                "host": "fs1",
                "app": "kernel",
                "message": "out of memory: killed",
            },
        ),
        (
            "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: failure; user=root",
            {
                "timestamp": "2026-06-14T15:16:01Z",
                "host": "combo",
                "app": "sshd(pam_unix)",
                "procid": "19939",
                "message": "failure; user=root",
            },
        ),
        (
            "<13>2026-11-22T08:00:00.5+01:00 host1 app: hello",
            {
                "facility": "user",
                "severity": "notice",
                "timestamp": "2026-11-22T08:00:00.5+01:00",
                "host": "host1",
                "app": "app",
                "message": "hello",
            },
        ),
        (
            "<13>Nov 22 08:00:00 host1 last message repeated 3 times",
            {
                "facility": "user",
                "severity": "notice",
                "timestamp": "2026-11-22T08:00:00Z",
                "host": "host1",
                "message": "last message repeated 3 times",
            },
        ),
        (
            "<11>app: no time and no host",
            {
                "facility": "user",
                "severity": "err",
                "app": "app",
                "message": "no time and no host",
            },
        ),
        (
            "Feb 29 10:00:00 host1 cron[1]: leap",
            {
                "timestamp": "Feb 29 10:00:00",
                "host": "host1",
                "app": "cron",
                "procid": "1",
                "message": "leap",
            },
        ),
    ],
)
def test_rfc_3164_and_near_it(line: str, expected: dict[str, Any]) -> None:
    """Without a priority, a year, a host or a tag, a line is read as far as it goes."""
    assert parts(line) == {"standard": "rfc3164", **expected}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "The printer is offline",
        "From: ada@example.com",
        "<html>",
        "<999>hello",
        "2026-11-22 08:00:00,123 - INFO [x] - text",
        "Monday we met",
        '{"summary": "x"}',
    ],
)
def test_what_is_no_line_of_a_log(line: str) -> None:
    """Nothing else is taken for a line of a system log."""
    assert read(line, NOW) is None


@pytest.mark.skipif(not LINES.exists(), reason="the cases from outside are not here")
def test_real_lines_have_their_parts() -> None:
    """Program, process and message of real lines are those that their columns name."""
    seen = 0
    for row in map(json.loads, LINES.read_text(encoding="utf-8").splitlines()):
        if not any(f"loghub-{name}-" in row["id"] for name in LOGS_OF_SYSLOG):
            continue
        found, columns = read(row["line"], NOW), row["parsed"]
        assert found, row["line"]
        assert found["message"] == columns["Content"].strip(), row["id"]
        assert found["procid"] == columns.get("PID", columns.get("Pid", "")), row["id"]
        seen += 1
    assert seen > 50


@given(line=texts | texts.map("<34>1 {}".format) | texts.map("<13>Nov 22 08:00:00 {}".format))
def test_no_line_raises(line: str) -> None:
    """Whatever a line holds, it is read or it is none."""
    found = read(line, NOW)
    assert found is None or isinstance(found["message"], str)
