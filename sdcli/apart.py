"""Work that several processes do at once: copies of this one, each with its own part.

Only where a process can be copied as it is (`fork` on Linux): what is to be done needs then not be
written down and read again. Elsewhere, and for a single processor, it is done here.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MOST = 8
"""More processes than that read files faster than a disk gives them."""

_jobs: list[Callable[[int], bytes]] = []


def processors() -> int:
    """How many processes can work at once."""
    if sys.platform != "linux":
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST)


def apart(job: Callable[[int], bytes], count: int) -> Iterator[tuple[int, bytes | None]]:
    """Each part with what the job makes of it, in whatever order they are done.

    None stands for a part that could not be done there: whoever does it here hears why.
    """
    from multiprocessing import get_context  # noqa: PLC0415 - only long work pays for it

    _jobs.append(job)
    try:
        with get_context("fork").Pool(min(processors(), count), _quietly) as pool:
            yield from pool.imap_unordered(_done, range(count))
    finally:
        _jobs.pop()


def _quietly() -> None:
    """The one who started it hears an interruption, and ends all of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _done(index: int) -> tuple[int, bytes | None]:
    try:
        return index, _jobs[-1](index)
    except Exception:  # noqa: BLE001 - it is done again where its error can be told
        return index, None
