"""From bytes to documents: how a stream is written, and where one thing ends and the next begins.

A stream is one JSON document, several of them one a line, lines of a system log, or one text.
Text that begins like JSON and is none has been cut or damaged on its way: it is unreadable.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.intake import syslog
from sdcli.intake.convert import DEEPEST, is_deep
from sdcli.intake.items import Unreadable

if TYPE_CHECKING:
    from datetime import datetime

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NAME = r"(?:export |declare -x )?([A-Za-z_][A-Za-z0-9_.]{0,127})="
_VARIABLE = re.compile(_NAME + r"(.*)", re.DOTALL)
_LINE = re.compile(r"[\s*>|-]{0,8}([^\W\d_][^:\n=]{0,60}?)\s*:(?:\s+(.*)|$)")
_FEWEST = 2
"""A single `a: b` or `a=b` is a sentence."""


def decoded(raw: bytes) -> str | Unreadable:
    """The text of a stream: UTF-8, or UTF-16 with its mark."""
    coding = "utf-16" if raw.startswith(_UTF16) else "utf-8-sig"
    try:
        text = raw.decode(coding)
    except UnicodeDecodeError as error:
        name = "UTF-16" if coding == "utf-16" else "UTF-8"
        return Unreadable(reason=f"it is not {name} text (byte {error.start})", raw=raw)
    if "\0" in text and not _is_environment_block(text):
        return Unreadable(reason="it is not text: it holds NUL bytes", raw=raw)
    return text


def looks_like_json(text: str) -> bool:
    """Whether a text begins like a JSON object or list."""
    return text.lstrip()[:1] in ("{", "[")


def json_values(raw: bytes, text: str) -> list[Any]:
    """The JSON values of a stream; what is none is `Unreadable` and leaves the others alone.

    If the first line is an object by itself, or all begin like one, it is a stream of several, and
    a line that is none leaves the others alone. Anything else that is not one document has been
    cut or damaged, and its parts mean nothing alone.
    """
    whole = _json(text.encode(), raw)
    if not isinstance(whole, Unreadable):
        return [whole]
    lines = [line.lstrip("\ufeff") for line in text.split("\n") if line.strip()]
    values = [_json(line.encode(), line.encode()) for line in lines]
    alike = all(line.lstrip().startswith("{") for line in lines)
    if not (alike or isinstance(values[0], dict)):
        return [whole]
    return values if any(isinstance(value, dict) for value in values) else [whole]


def _json(text: bytes, raw: bytes) -> Any:
    """The value of a JSON text; `raw` is what is kept if it is none."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable(reason=f"it is not whole JSON: {error}", raw=raw)
    if is_deep(value):
        return Unreadable(reason=f"it is nested deeper than {DEEPEST} levels", raw=raw)
    return value


def environment(text: str) -> dict[str, str] | None:
    """The variables of a text as `env` or `env -0` writes it; None if it is none.

    A line that sets nothing goes on with the value before it.
    """
    found: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in text.strip("\0\n").split("\0" if "\0" in text else "\n"):
        match = _VARIABLE.match(line)
        if match:
            values = found.setdefault(match[1], [])
            values[:] = [match[2]]
        elif values is not None:
            values.append(line)
        elif line.strip():
            return None
    told = {name: _unquoted("\n".join(lines).strip()) for name, lines in found.items()}
    return told if len(told) >= _FEWEST else None


def _is_environment_block(text: str) -> bool:
    """Whether it is what `env -0` writes."""
    pieces = text.strip("\0\n").split("\0")
    return len(pieces) >= _FEWEST and all(map(_VARIABLE.match, pieces))


def _unquoted(said: str) -> str:
    quotes = said[:1] + said[-1:]
    return said[1:-1] if quotes in ("''", '""') and len(said) >= len(quotes) else said


def lines(text: str) -> dict[str, str] | None:
    """The `Key: value` lines of a text, as notification mails have them; None if it has none.

    Of a key that is there twice the first counts. A key with nothing behind it has the next
    paragraph. `TEXT` is the whole text.
    """
    found: dict[str, str] = {}
    rows = text.split("\n")
    for number, row in enumerate(rows):
        match = _LINE.match(row)
        if match and match[1] not in found:
            found[match[1]] = (match[2] or "").strip() or _paragraph(rows, number + 1)
    return {**found, "TEXT": text} if len(found) >= _FEWEST else None


def _paragraph(rows: list[str], start: int) -> str:
    """The first lines after `start` that are not blank."""
    said: list[str] = []
    for row in rows[start : start + 50]:
        if row.strip():
            said.append(row.strip())
        elif said:
            break
    return "\n".join(said)


def syslog_lines(text: str, now: datetime) -> list[tuple[dict[str, Any], str]] | None:
    """The lines of a system log with their parts; None if the text is none.

    Such a log begins with a line of it; what follows and is none belongs to the line before.
    """
    found: list[tuple[dict[str, Any], str]] = []
    for line in text.split("\n"):
        parts = syslog.read(line.rstrip("\r"), now) if line.strip() else None
        if parts:
            found.append((parts, line.rstrip("\r")))
        elif found and line.strip():
            parts, whole = found[-1]
            found[-1] = (
                {**parts, "message": f"{parts['message']}\n{line.rstrip()}"},
                f"{whole}\n{line}",
            )
        elif line.strip():
            return None
    return found or None
