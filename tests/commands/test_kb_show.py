"""`sdcli kb show`: an article for those who may read it, on a terminal and in a pipe."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from sdcli.render.as_text import Screen
from sdcli.render.markdown import lines
from tests.test_terminal import ESCAPES, HOSTILE, PLAIN, _on_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

_FILE = "kb/KB-110-printer-offline.yaml"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def _write(desk_dir: Path, cause: str, more: str = "") -> None:
    """Give KB-110 another cause, in YAML's own spelling."""
    path = desk_dir / _FILE
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^cause: .*?^steps:", lambda _: f"cause: {json.dumps(cause)}\nsteps:", text)
    path.write_text(f"{text}{more}", encoding="utf-8")


def test_everything_is_shown(sd: Runner) -> None:
    """Facts, symptoms, cause, numbered steps, workaround and verification (R3a.1, R3a.2)."""
    shown = sd("kb", "show", "KB-104").stdout

    for text in (
        "KB-104  VPN drops after sleep",
        "incident, technology",
        "vpn, workstation",
        "known error: yes, PRB-1",
        "network, then workplace",
        "2026-10-12, expires 2027-04-12",
        "Symptoms\n  - After I open",
        "Cause\n  On laptops",
        "Steps\n  1. Confirm",
        "\n  6. Link the ticket",
        "Workaround\n",
        "Verification\n",
    ):
        assert text in shown, text


@pytest.mark.parametrize("given_", ["KB-104", "kb-104", "104", "0104"])
def test_an_id_may_be_typed_in_short(sd: Runner, given_: str) -> None:
    """Letters in any case, and the number alone."""
    assert sd("kb", "show", given_).stdout.startswith("KB-104 ")


def test_json_has_every_field(sdj: JsonRunner, sd: Runner) -> None:
    """The document has what the template has, and what follows from other files and the day."""
    sd("kb", "retire", "KB-103", "--because", "old", "--superseded-by", "KB-104")

    found = sdj("kb", "show", "KB-103", at="2030-01-01T00:00:00Z")

    assert (found["expired"], found["superseded_by"]) == (True, ["KB-104"])
    assert (found["retired"], found["because"]) == ("2026-11-23", "old")
    assert found.keys() >= {"id", "title", "steps", "source", "revision", "vendor_link", "problem"}
    assert sdj("kb", "show", "KB-104")["expired"] is False


def test_what_is_out_of_date_is_said(sd: Runner) -> None:
    """An article is expired after the day that it names, in the desk's zone; so a retired one."""
    assert "expires 2027-04-12" in sd("kb", "show", "104", at="2027-04-12T22:59:00Z").stdout
    assert "expired 2027-04-12" in sd("kb", "show", "104", at="2027-04-12T23:01:00Z").stdout
    sd("kb", "retire", "104", "--because", "mended", "--superseded-by", "103")
    shown = sd("kb", "show", "104").stdout
    assert "retired:     2026-11-23: mended" in shown
    assert "superseded:  by KB-103" in shown


def test_a_restricted_article_is_for_its_roles(sd: Runner) -> None:
    """Whoever lacks the roles is refused and told who has them, and so is a stranger (R3a.2)."""
    assert sd("--as", "ines", "kb", "show", "KB-123").stdout.startswith("KB-123")
    for person, said in (("ben", "has none of these roles"), ("root", "is nobody there")):
        refused = sd("--as", person, "kb", "show", "KB-123", expect=4)
        assert said in refused.stderr
        assert "ines" in refused.stderr
        assert "ransomware" not in refused.output
        assert sd("--as", person, "kb", "edit", "KB-123", "--set", "audience=user", expect=4)


def test_it_is_shown_although_other_files_are_wrong(sd: Runner, desk_dir: Path) -> None:
    """A desk whose catalog is being mended still has its articles."""
    (desk_dir / "catalog" / "services.yaml").write_text("x: y")
    (desk_dir / "kb" / "KB-900.yaml").write_text("supersedes: KB-104")
    assert sd("kb", "show", "KB-104").stdout.startswith("KB-104")


def test_as_markdown(sd: Runner, sdj: JsonRunner) -> None:
    """One document with a front matter; in JSON it is a key of its own."""
    told = sd("kb", "show", "KB-104", "--markdown").stdout
    assert told.startswith("---\nid: KB-104\n")
    assert "\n# VPN drops after sleep" in told
    assert "\n## Steps\n\n1. Confirm" in told
    assert "\n6. Link" in told
    assert sdj("kb", "show", "KB-104", "--markdown")["markdown"] == told


def test_a_pipe_gets_the_text_as_it_is(sd: Runner, desk_dir: Path) -> None:
    """Without a terminal nothing is rendered or wrapped, and there are no colours."""
    _write(desk_dir, "**Bold** and `code`\n\n| a | b |\n|---|---|\n" + "long " * 40)
    shown = sd("kb", "show", "KB-110").stdout
    assert "  **Bold** and `code`\n" in shown
    assert "long " * 39 in shown
    assert "\x1b" not in shown


_TEXT = (
    "**Bold** and `code`, <b>html</b>, [a link](https://example.com/x).\n\n- one\n- two\n\n"
    "```sh\nrm -r x\n```\n\n| head | other |\n|---|---|\n| cell | more |\n\n" + "word " * 30
)


def test_a_terminal_gets_it_rendered(desk_dir: Path) -> None:
    """Emphasis, lists, code and tables are shown as such, in the width; HTML is text."""
    _write(desk_dir, _TEXT)
    shown = _on_terminal(desk_dir, "kb", "show", "KB-110", env={"COLUMNS": "60"})
    plain = _COLOUR.sub("", shown)
    assert "**Bold**" not in plain
    assert "Bold and code, <b>html</b>, a link (https://example.com/x)" in " ".join(plain.split())
    assert "rm -r x" in plain
    assert re.search(r"head +other", plain)
    assert _COLOUR.search(shown)
    assert "\x1b]8" not in shown
    assert max(wcswidth(each) for each in plain.split("\n")) <= 60


def test_no_colours_where_none_are_wished(desk_dir: Path) -> None:
    """NO_COLOR leaves the form and takes the colours."""
    _write(desk_dir, _TEXT)
    assert "\x1b" not in _on_terminal(desk_dir, "kb", "show", "KB-110", env=PLAIN)


def test_hostile_text_is_shown_and_not_obeyed(desk_dir: Path, sd: Runner) -> None:
    """Neither entities nor links reach a terminal as control characters."""
    _write(desk_dir, "a &#27;[31m &#x202e;x &#8203; [l](<https://x/&#27;]8;;y>) `&#7;`", "")
    shown = _COLOUR.sub("", _on_terminal(desk_dir, "kb", "show", "KB-110"))
    assert not [each for each in (*ESCAPES, "\x1b") if each in shown]
    assert "\x1b" not in sd("kb", "show", "KB-110", "--markdown").stdout


@given(
    st.text(max_size=80)
    | st.sampled_from([HOSTILE, "&#x1b;[2J", "`\x1b[2J`", "![\u202e](x)", "```\x07\n\x1b\n```"]),
    st.integers(1, 200),
    st.booleans(),
    st.booleans(),
)
def test_no_text_steers_a_terminal(text: str, width: int, colour: bool, utf8: bool) -> None:
    """Whatever a text holds, what is rendered holds colours at most, and none if none are there."""
    told = "\n".join(lines(text, Screen(width, colour, utf8)))
    if colour:
        told = _COLOUR.sub("", told)
    assert not [c for c in told if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160)]
    assert not [each for each in ESCAPES if each in told]


def test_a_path_keeps_its_backslashes() -> None:
    """A share is not taken for an escaped backslash; other escapes are Markdown's."""
    assert lines(r"Open \\fs01\scans, \*not\* bold", Screen(80, False)) == [
        r"Open \\fs01\scans, *not* bold"
    ]


def test_an_old_terminal_gets_ascii() -> None:
    """Frames and marks have a form that any terminal shows."""
    told = "\n".join(
        lines("# H\n\n- a\n\n> q\n\n| a | b |\n|--|--|\n| c | d |\n\n---", Screen(40, False, False))
    )
    assert told.isascii()


def test_ids_are_completed(sd: Runner, desk_dir: Path) -> None:
    """The shell offers ids with the words of their files; with or without the letters."""

    def offered(word: str) -> list[str]:
        env = {
            "_SDCLI_COMPLETE": "zsh_complete",
            "COMP_WORDS": f"sdcli --desk {desk_dir} kb show {word}",
            "COMP_CWORD": "5",
        }
        return sd(env=env).stdout.split("\n")

    assert "KB-104" in offered("KB-10")
    assert "KB-104" in offered("104")
    assert "vpn drops after sleep" in offered("kb-104")
