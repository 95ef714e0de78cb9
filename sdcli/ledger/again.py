"""Doing a unit of work again of which nothing was recorded, for a reason that may be gone by now.

On a server many write at once, and now and then two of them want the same: whoever comes second
starts again, with what the first one left. And a connection may be lost, because the server was
started anew or another one has taken its place: before the commit nothing has happened. What is
done again must have done nothing yet but read, and write to the ledger.
"""

from __future__ import annotations

from functools import wraps
from time import monotonic, sleep
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from sdcli.errors import UnfinishedError

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_T = TypeVar("_T")

_FIRST_S, _LONGEST_S = 0.01, 0.5


def again(do: Callable[_P, _T]) -> Callable[_P, _T]:
    """The same, done again for some seconds while it is in conflict or the connection is lost.

    In a unit of several commands the error goes on to whoever began that one.
    """
    return _again(do, held=False)


def wholly_again(do: Callable[_P, _T]) -> Callable[_P, _T]:
    """As `again`, for what is a unit of several commands itself."""
    return _again(do, held=True)


def _again(do: Callable[_P, _T], *, held: bool) -> Callable[_P, _T]:
    @wraps(do)
    def done(*args: _P.args, **wish: _P.kwargs) -> _T:
        until, pause = 0.0, _FIRST_S
        while True:
            try:
                return do(*args, **wish)
            except UnfinishedError as error:
                until = until or monotonic() + error.for_s
                if not error.again or (error.held and not held) or monotonic() >= until:
                    raise
            _pause(pause)
            pause = min(2 * pause, _LONGEST_S)

    return done


def _pause(most_s: float) -> None:
    """Wait for some time, so that two who met do not meet again."""
    from random import uniform  # noqa: PLC0415 - hardly ever

    sleep(uniform(0, most_s))  # noqa: S311 - nothing is secret about it
