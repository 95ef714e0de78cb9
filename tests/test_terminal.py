"""What reaches a terminal: colours where they belong, and never a control character from outside."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from sdcli.render import safe

if TYPE_CHECKING:
    from tests.conftest import Runner

HOSTILE = (
    "red \x1b[31m bell \x07 c1 \x9b2J title \x1b]0;owned\x07 rtl \u202eevil\u202c back\x08\x7f end"
)
ESCAPES = ("\x1b", "\x07", "\x9b", "\x08", "\x7f", "\u202e", "\u200b")


def _program(*args: str) -> list[str]:
    return [sys.executable, "-m", "sdcli", *args]


def _environment(desk_dir: Path, **more: str) -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **keep,
        "SDCLI_DESK": str(desk_dir),
        "SDCLI_USER": "ben",
        "SDCLI_NOW": "2026-11-23T10:00:00Z",
        "XDG_CACHE_HOME": str(desk_dir.parent / "cache"),
        "TERM": "xterm-256color",
        "COLUMNS": "80",
        **more,
    }


PLAIN = {"NO_COLOR": "1"}
Dialogue = tuple[tuple[str, bytes], ...]


def _on_terminal(
    desk_dir: Path, *args: str, dialogue: Dialogue = (), env: dict[str, str] | None = None
) -> str:
    """What a command writes to a terminal of its own.

    `dialogue`: after each text has appeared, behind the one before it, the keys beside it are
    typed, however the output is cut into pieces. The last ones are
    typed again after five seconds of silence: an interrupt that comes just before the interpreter
    waits for a key is noticed with the next one.
    """
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execve(sys.executable, _program(*args), _environment(desk_dir, **(env or {})))
    written, answered, waiting, patience = b"", 0, list(dialogue), 6
    while patience:
        if not select.select([terminal], [], [], 5)[0]:
            patience -= 1
            if dialogue and not waiting:
                os.write(terminal, dialogue[-1][1])
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other side is gone
            break
        written += piece
        while waiting and (found := written.find(waiting[0][0].encode(), answered)) >= 0:
            answered = found + len(waiting[0][0].encode())
            os.write(terminal, waiting.pop(0)[1])
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(terminal)
    return written.decode().replace("\r\n", "\n")


@given(st.text())
def test_no_line_holds_a_control_character(text: str) -> None:
    """Whatever the text, one line comes out, and nothing in it steers a terminal."""
    shown = safe.line(text)

    assert not [c for c in shown if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029"]
    assert not any(escape in shown for escape in ESCAPES)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_keeps_its_value(text: str) -> None:
    """Escaping what JSON lets through changes no value."""
    encoded = json.dumps({"text": text}, ensure_ascii=False)

    shown = safe.json_text(encoded)

    assert json.loads(shown) == {"text": text}
    assert not any(escape in shown for escape in ESCAPES)


@pytest.mark.parametrize("json_flag", [(), ("--json",)])
def test_hostile_text_is_shown_not_obeyed(sd: Runner, json_flag: tuple[str, ...]) -> None:
    """Summaries, details, fields, names, reasons: none reaches the terminal as control."""
    said = (
        "--user",
        HOSTILE,
        "--details",
        HOSTILE,
        "--field",
        f"k={HOSTILE}",
        "--no-contact",
        HOSTILE,
    )
    sd("open", HOSTILE, *said, "--unit", HOSTILE, "--site", HOSTILE)
    wrong = sd("bulletin", "post", "1", HOSTILE, "--site", HOSTILE, expect=3)
    assert not any(escape in wrong.output for escape in ESCAPES)
    sd("bulletin", "post", "1", HOSTILE, "--state", HOSTILE)
    before = sd("open", HOSTILE, *said, *json_flag, "--me-too", "1")
    assert not any(escape in before.output for escape in ESCAPES)
    sd("note", "1", HOSTILE, env={"SDCLI_USER": HOSTILE})
    sd("escalate", "1", "--to", "network", "--reason", HOSTILE)

    for command in (
        ["list"],
        ["show", "1"],
        ["history", "1"],
        ["sla-check", "--dry-run"],
        ["bulletin", "list"],
        ["bulletin", "show"],
        ["bulletin", "show", "--format", "html"],
    ):
        result = sd(*command, *json_flag, at="2026-12-24T10:00:00Z")
        assert not any(escape in result.output for escape in ESCAPES)
    failed = sd("show", HOSTILE, *json_flag, expect=2)
    assert not any(escape in failed.output for escape in ESCAPES)


def test_hostile_alerts(sd: Runner, alerts: dict[str, Any]) -> None:
    """Labels and annotations of an alert are as hostile as anything."""
    alerts["alerts"][0]["labels"]["alertname"] = HOSTILE
    alerts["alerts"][0]["annotations"] = {"summary": HOSTILE, "description": HOSTILE}

    opened = sd("open", "-", stdin=json.dumps(alerts))
    shown = sd("show", "1")

    assert not any(escape in opened.output + shown.output for escape in ESCAPES)


def test_colour_on_a_terminal_only(sd: Runner, desk_dir: Path) -> None:
    """`list` is coloured by priority and clock on a terminal, plain in a pipe."""
    sd("open", "shop is down", "--user", "ada", "--impact", "high", "--urgency", "high")

    assert "\x1b[31m" in _on_terminal(desk_dir, "list")
    assert "\x1b[" not in sd("list").output


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_color_is_honoured(sd: Runner, desk_dir: Path, env: dict[str, str]) -> None:
    """NO_COLOR, or a terminal that has none, gives plain text."""
    sd("open", "shop is down", "--user", "ada", "--impact", "high", "--urgency", "high")

    assert "\x1b[" not in _on_terminal(desk_dir, "list", env=env)


@pytest.mark.parametrize("columns", ["80", "132", "100"])
def test_list_fits_the_terminal(sd: Runner, desk_dir: Path, columns: str) -> None:
    """No line of a list is wider than the terminal, however long the summary is."""
    sd("open", "a long summary " * 12, "--user", "ada")

    shown = _on_terminal(desk_dir, "list", env={**PLAIN, "COLUMNS": columns})

    assert "…" in shown
    assert max(len(line) for line in shown.splitlines()) <= int(columns)


def test_a_decision_fits_the_terminal(sd: Runner, desk_dir: Path) -> None:
    """Grounds, changes and summaries go on in the next line, wide characters counted as wide."""
    sd("open", "\u5728\u5eab" * 30, "--user", "ada", "--service", "wifi")
    env = {**PLAIN, "COLUMNS": "60"}
    decided = _on_terminal(desk_dir, "classify", "1", "--type", "incident", env=env)
    told = _on_terminal(desk_dir, "classify", "1", "--explain", env=env)
    lines = [text for text in (decided + told).splitlines() if not text.startswith(("Next", "Ask"))]
    assert any(text.startswith("  Changed recently:") for text in lines)
    assert not [text for text in lines if wcswidth(text) > 60]


def test_classify_asks_on_a_terminal(sd: Runner, desk_dir: Path) -> None:
    """On a terminal without flags every field is asked for, with what each word means."""
    sd("open", "VPN drops", "--user", "ada")
    answers = (
        ("ever have it?", b"yes\n"),
        ("kind of request?", b"incident\n"),
        ("Which service?", b"vpn\n"),
        ("Which feature?", b"\n"),
        ("How many people cannot work", b"30\n"),
        ("Which business process", b"\n"),
        ("Who is hindered?", b"external\n"),
        ("Is there a way round?", b"hard\n"),
    )

    shown = _on_terminal(desk_dir, "classify", "1", dialogue=answers, env=PLAIN)

    assert "It worked and now it does not" in shown
    assert "classified as incident, vpn/unknown, impact high, urgency medium: P2" in shown


def test_classify_asks_how_a_mistake_was_found(sd: Runner, desk_dir: Path) -> None:
    """Who changes a decided class at the prompt is asked how that was found out (R3d1.5)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    answers = (
        ("kind of request?", b"\n"),
        ("Which service?", b"wifi\n"),
        ("Which feature?", b"\n"),
        ("How many people cannot work", b"\n"),
        ("Which business process", b"\n"),
        ("Who is hindered?", b"\n"),
        ("Is there a way round?", b"good\n"),
        ("How was that found out?", b"diagnosis\n"),
        ("What shows it", b"only without a cable\n"),
    )

    shown = _on_terminal(desk_dir, "classify", "1", dialogue=answers, env=PLAIN)

    assert "urgency low: P4" in shown
    assert "It was decided otherwise: service vpn." in shown
    assert "changed (diagnosis) to incident, wifi/unknown" in shown
    assert "(only without a cable)" in shown


def test_open_asks_on_a_terminal(desk_dir: Path) -> None:
    """A list is answered by number, label, `?` or `-`; a wrong answer is asked again (R1b.1c)."""
    dialogue = (
        ("What can we do for you?", b"1\n"),
        ("Did you ever have it", b"1\n"),
        ("What is it about?", b"signing in or my password\n"),
        ("when you sign in?", b"9\n"),
        ("Choose from the list", b"?\n"),
        ("Who cannot work?", b"-\n"),
        ("Why (< goes back):", b"in a hurry\n"),
        ("hinder the work?", b"low\n"),
        ("Anything else:", b"she called from the train\n"),
    )
    skipped = ("last-worked", "others", "changed", "before", "failed")
    given_ = [part for name in skipped for part in ("--skip", f"{name}=x")]
    given_ += ["--answer", "expected=to be let in", "--skip", "message=x"]

    shown = _on_terminal(
        desk_dir,
        "open",
        "I am out",
        "--user",
        "ada",
        "--ask",
        *given_,
        dialogue=dialogue,
        env=PLAIN,
    )

    assert " 1  Something does not work as it should" in shown
    assert "SD-1 created: P4 incident, identity: I am out" in shown
    found = _on_terminal(desk_dir, "show", "1", env=PLAIN)
    assert "| she called from the train" in found
    assert "kind > area > incident/identity > incident: 13 questions, 7 of them skipped" in found


def test_frequent_questions_are_shown_at_a_question(desk_dir: Path) -> None:
    """Whoever types `faq` sees the frequent questions, and is asked the same again (R2a.1)."""
    dialogue = (
        ("What can we do for you?", b"FAQ\n"),
        ("KB-121", b""),
        ("What can we do for you?", b"4\n"),
        ("What is it about?", b"--\n"),
        ("Why all the rest", b"in a hurry\n"),
        ("Anything else:", b"\n"),
    )

    shown = _on_terminal(
        desk_dir, "open", "guests", "--user", "ada", "--ask", dialogue=dialogue, env=PLAIN
    )

    assert "faq shows the frequent" in " ".join(shown.split())
    assert "SD-1 created: P3 information" in shown


def test_ctrl_c_at_a_question_changes_nothing(sd: Runner, desk_dir: Path) -> None:
    """Leaving a question leaves the ticket as it was, and the lock free."""
    sd("open", "VPN drops", "--user", "ada")

    shown = _on_terminal(desk_dir, "classify", "1", dialogue=(("[unknown]:", b"\x03"),))

    assert "\nError: Interrupted. Nothing was changed." in shown.replace("\r", "")
    assert "Traceback" not in shown
    assert json.loads(sd("show", "1", "--json").stdout)["events_count"] == 1


@pytest.mark.parametrize("key", [b"\x03", b"\x04"])
def test_leaving_open_opens_nothing(sd: Runner, desk_dir: Path, key: bytes) -> None:
    """Ctrl-C or Ctrl-D at a question of `open`: nothing is recorded, and that is what is said."""
    dialogue = (("What can we do for you?", b"1\n"), ("Did you ever have it", key))

    shown = _on_terminal(desk_dir, "open", "x", "--user", "ada", "--ask", dialogue=dialogue)

    assert "\nError: Interrupted. Nothing was opened." in shown.replace("\r", "")
    assert json.loads(sd("list", "--all", "--json").stdout) == []


def test_a_pipe_into_head_ends_quietly(sd: Runner, desk_dir: Path) -> None:
    """When the reader has seen enough, the command ends with 0 and says nothing."""
    stream = "\n".join(
        json.dumps({"summary": f"{n} " + "x" * 500, "user": "ada"}) for n in range(300)
    )
    sd("open", "-", stdin=stream)
    program = " ".join(_program("list", "--json"))

    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {program} | head -c 10"],
        env=_environment(desk_dir),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")


def test_output_that_cannot_be_written_is_told(sd: Runner, desk_dir: Path) -> None:
    """A full device under stdout is a sentence and exit 1, not a traceback."""
    sd("open", "VPN drops", "--user", "ada")

    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            _program("list"),
            env=_environment(desk_dir),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ran.returncode == 1
    assert "Printing the answer failed" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}])
def test_any_locale_can_print(sd: Runner, desk_dir: Path, env: dict[str, str]) -> None:
    """A character that the locale lacks is shown as an escape."""
    sd("open", "naïve café ☕ 漢字", "--user", "ada")

    ran = subprocess.run(
        _program("show", "1"), env=_environment(desk_dir, **env), capture_output=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
