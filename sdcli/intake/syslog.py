"""Lines of a system log: RFC 5424, RFC 3164 and what writes nearly so, with or without a priority.

A line gives a mapping: `standard`, `facility`, `severity`, `timestamp`, `host`, `app`, `procid`,
`msgid`, `structured`, `message`. What a line does not say is empty.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

_COLLECTED = re.compile(r"(?:\S{1,64} )?[0-9]{9,10} [0-9]{4}\.[0-9]{2}\.[0-9]{2} \S{1,255} ")
"""What collectors of clusters put before a line: a label, the epoch, the date and the node."""
_PRIORITY = re.compile(r"(?:[0-9]{1,7} )?<([0-9]{1,3})>")
_RFC5424 = re.compile(
    r"[1-9][0-9]{0,2} (?P<timestamp>\S+) (?P<host>\S+) (?P<app>\S+) (?P<procid>\S+) "
    r"(?P<msgid>\S+) (?P<rest>(?:-|\[).*)",
    re.DOTALL,
)
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_BSD = r"(?:[0-9]{4} )?[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
_RFC3164 = re.compile(
    rf"(?P<timestamp>{_BSD}|{_ISO})(?: (?P<year>[0-9]{{4}}))? (?P<host>\S+) (?P<message>.*)",
    re.DOTALL,
)
_TAG = re.compile(
    r"(?P<app>[^\s:\[\]]{1,128}?)(?:\[(?P<procid>[^\]\s]{0,128})\])?:(?: |$)(?P<message>.*)",
    re.DOTALL,
)
_ELEMENT = re.compile(
    r'\[(?P<id>[^ =\]"]{1,64})(?P<params>(?: [^ =\]"]{1,64}="(?:[^"\\\]]|\\.)*")*)\]'
)
_PARAM = re.compile(r' ([^ =\]"]{1,64})="((?:[^"\\\]]|\\.)*)"')
_FACILITIES = [
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
    "ntp",
    "audit",
    "alert",
    "clock",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
]
_SEVERITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
_HIGHEST = 191
_SLACK = timedelta(days=1)
_EMPTY: dict[str, Any] = {
    "standard": "",
    "facility": "",
    "severity": "",
    "timestamp": "",
    "host": "",
    "app": "",
    "procid": "",
    "msgid": "",
    "structured": {},
    "message": "",
}


def read(line: str, now: datetime) -> dict[str, Any] | None:
    """The parts of a line; None if it is none of a system log.

    RFC 3164 has no year: it is the one that puts the line before `now` (UTC), at most a year.
    """
    collected = _COLLECTED.match(line)
    line = line[collected.end() :] if collected else line
    found = _PRIORITY.match(line)
    number = int(found.group(1)) if found else -1
    if number > _HIGHEST:
        return None
    said = line[found.end() :] if found else line
    parts = (_rfc5424(said) if found else None) or _rfc3164(said, now)
    if parts is None and not found:
        return None
    return {**_EMPTY, **_priority(number), **(parts or {"standard": "rfc3164", **_tagged(said)})}


def _priority(number: int) -> dict[str, str]:
    if number < 0:
        return {}
    return {"facility": _FACILITIES[number >> 3], "severity": _SEVERITIES[number & 7]}


def _rfc5424(said: str) -> dict[str, Any] | None:
    found = _RFC5424.match(said)
    if not found:
        return None
    parts: dict[str, Any] = {name: _nil(each) for name, each in found.groupdict().items()}
    rest = found.group("rest")
    structured: dict[str, dict[str, str]] = {}
    at = 1 if rest.startswith("-") else 0
    while not rest.startswith("-") and (element := _ELEMENT.match(rest, at)):
        structured[element.group("id")] = {
            name: re.sub(r'\\(["\\\]])', r"\1", value)
            for name, value in _PARAM.findall(element.group("params"))
        }
        at = element.end()
    del parts["rest"]
    message = rest[at:].strip().removeprefix("\ufeff")
    return {**parts, "standard": "rfc5424", "structured": structured, "message": message}


def _nil(said: str) -> str:
    return "" if said == "-" else said


def _rfc3164(said: str, now: datetime) -> dict[str, Any] | None:
    found = _RFC3164.match(said)
    if not found:
        return None
    stamp = _dated(" ".join(filter(None, (found["year"], found["timestamp"]))), now)
    host = {"standard": "rfc3164", "timestamp": stamp, "host": found["host"]}
    return {**host, **_tagged(found["message"])}


def _tagged(said: str) -> dict[str, str]:
    """The program, its process and the message."""
    found = _TAG.match(said)
    if not found:
        return {"message": said.strip()}
    return {
        "app": found["app"],
        "procid": found["procid"] or "",
        "message": found["message"].strip(),
    }


def _dated(stamp: str, now: datetime) -> str:
    """The time as ISO 8601 in UTC if a year can be told, else as it is written."""
    if re.match(_ISO, stamp):
        return stamp
    bare = " ".join(stamp.split(".", maxsplit=1)[0].split())
    if re.match("[0-9]{4} ", bare):
        at = _parsed(bare)
        return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else stamp
    for year in (now.year + 1, now.year, now.year - 1):
        at = _parsed(f"{year} {bare}")
        if at and at <= now + _SLACK:
            return f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return stamp


def _parsed(said: str) -> datetime | None:
    try:
        return datetime.strptime(said, "%Y %b %d %H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
