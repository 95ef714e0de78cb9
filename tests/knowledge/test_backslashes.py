"""A backslash stays in an article's text unless it keeps a mark from being one."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from sdcli.publish.markdown import Pages
from tests.knowledge.site import shelve
from tests.test_terminal import _on_terminal

if TYPE_CHECKING:
    from pathlib import Path

_STAY = [
    r"C:\Users\me\.ssh",
    r"C:\Program Files\(old)",
    r"%TEMP%\*",
    r"%TEMP%\* and %TMP%\*",
    r"Delete C:\_backup\_old\*, then D:\*",
    r"\\fs01\_scans\[new]\*.pdf",
    r"C:\Users\<name>\!x\-y\#z",
    r"HKLM\Software\{id}",
    r"a\.b \d+ \( \| \~ \!",
    "ends with \\",
    r".\*",
]
_GO = {
    r"\*no\*": "*no*",
    r"3 \* 4 \* 5": "3 * 4 * 5",
    r"snake\_case": "snake_case",
    r"\[x\](y)": "[x](y)",
    r"\`code\`": "`code`",
    r"\# no heading": "# no heading",
    r"\- no item": "- no item",
    r"*C:\x*": r"C:\x",
}


@pytest.mark.parametrize("text", _STAY)
def test_a_path_keeps_its_backslashes(text: str) -> None:
    """Whatever follows them, on the site (R3a.2)."""
    assert html.unescape(Pages({}).html(text, "")) == text
    assert Pages({}).plain(text) == text


@pytest.mark.parametrize("text", _GO)
def test_an_escaped_mark_is_no_mark(text: str) -> None:
    """The backslash that says so is not shown."""
    assert Pages({}).plain(text) == _GO[text]


def test_a_terminal_shows_the_same(desk_dir: Path) -> None:
    """Text on the terminal has the backslashes as well."""
    shelve(desk_dir, "MA-1", steps=[*_STAY[:4], *_GO])
    shown = re.sub("\x1b\\[[0-9;]*m", "", _on_terminal(desk_dir, "kb", "show", "MA-1"))
    for text in (*_STAY[:4], "*no*", "snake_case"):
        assert text in shown
