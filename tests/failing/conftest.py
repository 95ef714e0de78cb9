"""Servers that a test may stop, freeze and fill: each has its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.postgres import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class NewServer(Protocol):
    """Gives a new server that is gone after the test."""

    def __call__(self, *, starts: bool = True, **settings: str) -> Server:
        """The server, which listens on a port; it runs unless told otherwise."""


@pytest.fixture(name="new_server")
def _new_server() -> Iterator[NewServer]:
    """Gives servers of the test's own, by their port."""
    made: list[Server] = []

    def make(*, starts: bool = True, **settings: str) -> Server:
        folder = Path(tempfile.mkdtemp(prefix="sdcli-server-"))
        quick = {"fsync": "off", "full_page_writes": "off"}
        made.append(Server(folder, {**quick, **settings}))
        if starts:
            made[-1].init()
            made[-1].start()
        return made[-1]

    yield make
    for each in made:
        if (each.data / "postmaster.pid").exists():
            each.freeze(freezes=False)
            each.stop("immediate")
        shutil.rmtree(each.folder, ignore_errors=True)


def until(holds: Callable[[], Any], within_s: float = 20.0) -> Any:
    """What a condition gives once it holds; the test fails if it does not in time."""
    end = monotonic() + within_s
    while not (found := holds()):
        assert monotonic() < end, "it did not come to that"
        sleep(0.01)
    return found
