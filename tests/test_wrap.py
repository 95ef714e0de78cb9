"""Remarks at a narrow terminal."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from sdcli.render.wrap import hinted

WORDS = st.lists(st.text("abc -'\u5728", min_size=1, max_size=30), min_size=1, max_size=9)


@given(WORDS, st.integers(20, 100), st.sampled_from(["", "   # what it is for " * 5]))
def test_a_command_can_be_copied(words: list[str], width: int, purpose: str) -> None:
    """However narrow the terminal, what is typed or copied is the same command (R0.7)."""
    told = hinted([f"Next: {shlex.join(words)}{purpose}"], width)

    pasted = "\n".join(told).removeprefix("Next: ").replace("\\\n", " ")
    assert shlex.split(pasted, comments=True) == words


def test_no_word_is_cut() -> None:
    """Lines break between words, and what a command is for comes below it."""
    remark = "Next: sdcli fulfil SD-1 --step 1:done   # step 1 of 4: Look whether it is locked"

    assert hinted([remark], 60) == [
        "Next: sdcli fulfil SD-1 --step 1:done",
        "      # step 1 of 4: Look whether it is locked",
    ]
    assert hinted([remark], None) == [remark]
