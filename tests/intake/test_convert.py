"""Converters: every word, time and list of labels that a monitoring system may write."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.intake import convert
from tests.sampling import examples

AT = datetime(2026, 11, 22, 8, 0, tzinfo=timezone.utc)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "written",
    [
        1795334400,
        1795334400.9,
        "1795334400",
        " 1795334400.25 ",
        1795334400000,
        "1795334400000",
        1795334400000000,
        "1795334400000000000",
        "2026-11-22T08:00:00Z",
        "2026-11-22T08:00:00.123456789Z",
        "2026-11-22T09:00:00+01:00",
        "2026-11-22T09:00:00+0100",
        "2026-11-22 08:00:00",
        "2026-11-22 09:00:00 +0100",
        "20261122080000",
        "Sun, 22 Nov 2026 08:00:00 GMT",
        "Sun, 22 Nov 2026 03:00:00 -0500",
        "Sun Nov 22 09:00:00 CET 2026",
        "Sun Nov 22 08:00:00 UTC 2026",
        "11/22/2026 08:00:00 AM",
        "2026.11.22 08:00:00",
        "22 November 2026 08:00",
    ],
)
def test_a_time_in_any_writing(written: Any) -> None:
    """Epoch times of any unit, ISO 8601, RFC 2822 and others; without a zone it is UTC."""
    assert convert.time(written) == AT


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        "",
        "soon",
        "08:00",
        "Nov 22",
        "November 2026",
        "0001-01-01T00:00:00Z",
        "2999-01-01T00:00:00Z",
        0,
        -5,
        42,
        "12345",
        10**40,
        [1795334400],
        {"at": 1795334400},
        "x" * 5000,
        "99999999-99-99",
    ],
)
def test_what_is_no_time_is_missing(written: Any) -> None:
    """No day is guessed, and no year that is a program's way to say never."""
    assert convert.time(written) is None


@settings(max_examples=examples(500))
@given(
    written=values
    | st.text("0123456789-:/. TZ+,abcdefgnovAMP", max_size=30)
    | st.datetimes().map(str)
    | st.floats()
)
def test_no_time_raises(written: Any) -> None:
    """Whatever is written, a time is an instant in UTC or none."""
    at = convert.time(written)
    assert at is None or (at.tzinfo is timezone.utc and 1971 <= at.year <= 2200)


@pytest.mark.parametrize(
    ("word", "urgency"),
    [
        ("critical", "high"),
        ("CRITICAL", "high"),
        ("Sev-1", "high"),
        ("P1 - Critical", "high"),
        ("1 - Critical", "high"),
        ("warning", "medium"),
        ("SEV_3", "medium"),
        ("Average", "medium"),
        ("informational", "low"),
        ("not_classified", "low"),
        ("Not classified", "low"),
        ("4", "unknown"),
        (4, "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (["critical"], "high"),
        ("colourful", "unknown"),
    ],
)
def test_a_severity_means_an_urgency(word: Any, urgency: str) -> None:
    """Words are known in any writing; numbers mean something else to each system (R1a.2c)."""
    assert convert.severity(word) == urgency


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("firing", "firing"),
        ("ALARM", "firing"),
        ("PROBLEM", "firing"),
        ("no_data", "firing"),
        ("Triggered: disk", "firing"),
        ("OK", "resolved"),
        ("Recovered", "resolved"),
        ("ACKNOWLEDGEMENT", "ignored"),
        ("FLAPPINGSTART", "ignored"),
        ("alert.resolved", "resolved"),
        ("AlertCleared", "resolved"),
        ("test alert", "ignored"),
        ("UNRECOVERABLE_ERROR", "firing"),
        ("unresolved", None),
        ("door_not_closed", None),
        ("door closed", None),
        ("recovery_failed", None),
        ("close error", None),
        ("clearance failure", "firing"),
        ("update required", None),
        ("Temperature is up", None),
        ("not ok", None),
        ("no longer active", None),
        ("DOWN -> UP", None),
        ("odd", None),
        ("", None),
        (None, None),
        (0, None),
        ({"a": "ok"}, None),
    ],
)
def test_a_status_closes_nothing_by_mistake(word: Any, status: str | None) -> None:
    """A word is taken for a recovery only if nothing speaks against it (T20)."""
    assert convert.status(word) == status


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"a": "b", "n": 1, "none": None, "blank": " "}, {"a": "b", "n": "1"}),
        ([{"key": "a", "value": "b"}, {"Name": "c", "Value": "d"}], {"a": "b", "c": "d"}),
        ([{"label": "a", "value": {"x": 1}}], {"a": '{"x":1}'}),
        (["a:b", "c=d", "url:http://x?y=z", "bare"], {"a": "b", "c": "d", "url": "http://x?y=z"}),
        ("a:b,c=d", {"a": "b", "c": "d"}),
        (None, {}),
        (5, {}),
        ([1, None, []], {}),
    ],
)
def test_labels_in_any_writing(given_: Any, expected: dict[str, str]) -> None:
    """Objects, lists of pairs, and texts of both signs give names and texts."""
    assert convert.labels(given_) == expected


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("912 mails wait", "1 mails wait"),
        ("load 0.91 on web1", "load 12 on web1"),
        ("load 97.3 %", "load 98.1 %"),
        ("CPU 98%", "CPU 7%"),
        ("took 12s", "took 300s"),
        ("sshd[812]: bad", "sshd[9]: bad"),
        ("sda: 12 unreadable sectors", "sda: 9 unreadable sectors"),
        ("Nov 20 08:00:01 stopped", "Nov 9 23:59:59 stopped"),
        ("since 2026-11-20T08:00:00Z", "since 2026-11-21T09:10:11Z"),
        ("10.0.0.1:43210 lost", "10.0.0.1:51234 lost"),
        (
            "request 123e4567-e89b-12d3-a456-426614174000 failed",
            "request 00000000-0000-4000-8000-00000000abcd failed",
        ),
        ("at 0xdeadbeef", "at 0x1"),
        ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "commit 1234567a"),
    ],
)
def test_repeats_are_equal(first: str, second: str) -> None:
    """Numbers, hexadecimal words and UUIDs do not tell alerts from one another (T18)."""
    assert convert.stable(first) == convert.stable(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Replica 3 of 5 down", "Replica 4 of 5 down"),
        ("disk 5 of nas", "disk 6 of nas"),
        ("Gi1/0/24 down", "Gi1/0/25 down"),
        ("10.0.0.1 is silent", "10.0.0.2 is silent"),
        ("10.0.0.1:9100 is silent", "10.0.0.1:9090 is silent"),
        ("web1 down", "web2 down"),
    ],
)
def test_different_things_are_not_made_one(first: str, second: str) -> None:
    """Small whole numbers, addresses and names tell alerts from one another (T18)."""
    assert convert.stable(first) != convert.stable(second)


def test_words_are_not_taken_for_numbers() -> None:
    """Words that happen to be of hexadecimal letters stay."""
    assert convert.stable("the facade of a decade") == "the facade of a decade"


@pytest.mark.parametrize(
    ("word", "environment"),
    [
        ("PROD", "production"),
        ("live", "production"),
        ("pre-prod", "staging"),
        ("Dev", "development"),
        ("tst", "test"),
        ("EU West", "eu west"),
        (["prod"], "production"),
        (None, ""),
    ],
)
def test_an_environment_has_one_word(word: Any, environment: str) -> None:
    """The usual short words are known; any other is kept in small letters (T18)."""
    assert convert.environment(word) == environment


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("a &lt; b", "a < b"),
        ("<p>One</p><p>two<br>three</p>", "One\n\ntwo\nthree"),
        ("<style>x{}</style><b>bold</b>", "bold"),
        ("5 < 7 and 9 > 8", "5 < 7 and 9 > 8"),
        ("plain\n  text", "plain\n  text"),
        ("<a href='x'>", ""),
        ("<script>never closed", ""),
        (None, ""),
    ],
)
def test_html_becomes_plain_text(html: Any, expected: str) -> None:
    """Tags and entities go, text stays, and what is no HTML is left alone."""
    assert convert.plain(html) == expected


@settings(max_examples=examples(500))
@given(value=values)
def test_no_converter_raises(value: Any) -> None:
    """Whatever stands in a payload, a converter gives its kind of value."""
    kinds_by: dict[str, Any] = {
        "text": str,
        "line": str,
        "plain": str,
        "stable": str,
        "list": str,
        "labels": dict,
        "severity": str,
        "status": (str, type(None)),
    }
    for by, kinds in kinds_by.items():
        assert isinstance(convert.CONVERTERS[by](value), kinds)
    assert "\n" not in convert.line(value)
