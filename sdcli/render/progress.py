"""A bar on the terminal for what takes longer than two seconds; silent anywhere else."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE_S = 2.0


@contextmanager
def shown(label: str) -> Iterator[Callable[[int, int], None]]:
    """Something to tell how much is done, and of how much; the bar goes to stderr."""
    begun, told = time.monotonic(), 0
    bars: list[click._termui_impl.ProgressBar[int]] = []

    def advance(done: int, total: int) -> None:
        nonlocal told
        if not bars:
            if time.monotonic() - begun < _PATIENCE_S or not sys.stderr.isatty():
                return
            bars.append(click.progressbar(length=total, label=label, file=sys.stderr))
        bars[0].update(done - told)
        told = done

    try:
        yield advance
    finally:
        for each in bars:
            each.render_finish()
