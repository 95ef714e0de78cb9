"""Instants as other tools write them: ISO, seconds since 1970, or a `strptime` format.

Local times are those of one time zone. What the clocks there showed twice is the first of the two;
what they never showed is the same distance after the gap, as everywhere (T3). Both are counted.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sdcli.policy.local import placed
from sdcli.tickets.base import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from sdcli.policy.imports import Times

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}.*)?")
_SECONDS = re.compile(r"(\d{1,11})(?:\.\d{1,9})?")
_MILLISECONDS = re.compile(r"(\d{1,14})")
_LONGEST = 64
_REMEMBERED = 200_000


class Reader:
    """Reads the instants of one file, each way of writing once; none may lie after `now`.

    `guessed`: how local times were read that are none, or two; who reads the rows takes them from it.
    """

    def __init__(self, times: Times, now: datetime) -> None:
        self._times, self._now = times, now
        self._known: dict[str, tuple[datetime, str]] = {}
        self.guessed: list[str] = []

    def read(self, text: str) -> datetime:
        """The instant, in UTC and whole seconds.

        Raises:
            ValueError: it is written otherwise, or is none that an event can have.
        """
        known = self._known.get(text)
        if known is None:
            known = self._placed(text)
            if len(self._known) < _REMEMBERED:
                self._known[text] = known
        at, guess = known
        if guess:
            self.guessed.append(guess)
        return at

    def _placed(self, text: str) -> tuple[datetime, str]:
        reading, guess = _reading(text, self._times.formats), ""
        if not FIRST_YEAR <= reading.year <= LAST_YEAR:
            raise ValueError(
                f"{text!r} is in the year {reading.year}, in which no ticket was opened"
            )
        if reading.tzinfo is None:
            if not self._times.zone:
                raise ValueError(
                    f"{text!r} does not say its zone; write `zone` in `times` of the map"
                )
            at, guess = placed(reading, self._times.zone)
        else:
            at = reading.astimezone(timezone.utc)
        at = at.replace(microsecond=0)
        if at > self._now:
            raise ValueError(
                f"{text!r} lies in the future; is the format in `times` the right one?"
            )
        return at, guess


def _reading(text: str, formats: tuple[str, ...]) -> datetime:
    """What is written, by the first format that fits; with a zone only if it says one."""
    for each in formats if len(text) <= _LONGEST else ():
        found = _by(each, text)
        if found is not None:
            return found
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    raise ValueError(f"{shown!r} is no instant as in `times.formats` of the map")


def _by(form: str, text: str) -> datetime | None:
    try:
        if form == "iso":
            from dateutil.parser import isoparse  # noqa: PLC0415 - only these files pay for it

            return isoparse(text) if _ISO.fullmatch(text) else None
        if form in ("epoch", "epoch-ms"):
            match = (_SECONDS if form == "epoch" else _MILLISECONDS).fullmatch(text)
            seconds = int(match[1]) // (1 if form == "epoch" else 1000) if match else None
            return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)
        return datetime.strptime(text, form)  # noqa: DTZ007 - the map says the zone
    except (ValueError, OverflowError, OSError):
        return None


def fits(text: str, formats: tuple[str, ...]) -> bool:
    """Whether a text is an instant as one of these formats has it, in a year that can be meant."""
    try:
        return FIRST_YEAR <= _reading(text, formats).year <= LAST_YEAR
    except ValueError:
        return False
