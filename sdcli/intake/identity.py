"""What identifies the alert of an unknown system, and what it is called (T18).

No description tells which of its fields are the same when it fires and when it is over: the names
that systems commonly use do.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from sdcli.intake import convert
from sdcli.intake.convert import time as as_time
from sdcli.intake.names import first, folded, found, places
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    Places = list[dict[str, Any]]

_OWN_IDS = (
    "fingerprint dedupkey deduplicationkey dedupid dedupekey alertkey incidentkey alias uniqueid"
    " alertid alertuid alertuuid incidentid incidentuid incidentnumber problemid problemnumber"
    " issueid alarmid alarmuid uuid guid"
)
"""What says of itself that it is the alert, and is the same when it is over."""
_OWN_NUMBER = ("id", "number", "uid", "uuid", "guid")
_EPISODES = ("incident", "problem", "issue")
"""The objects whose own id is that of the alert; that of an `alert` may be that of its rule."""
_NO_ID = frozenset({"", "0", "-1", "null", "none", "n/a", "-", "false", "true"})
_HOSTS = (
    "host hostname hostip node nodename instance server servername machine device devicename"
    " computer computername agent resource resourcename target entity entityname component domain"
    " ip ipaddress site"
)
_CHECKS = (
    "alertname rulename alertrule checkname monitorname monitorfriendlyname checkid monitorid"
    " heartbeatid datapoint check monitor"
)
_TITLES = "title subject name summary message text description eventmsg event"
_FURTHER = (
    "account", "accountid", "accountname", "subscription", "subscriptionid", "project", "projectid",
    "projectname", "customer", "organization", "organisation", "service", "servicename", "url", "vm", "vmname", "pod", "podname", "namespace", "container",
    "containername", "database", "databasename", "db", "dbname", "region", "zone",
    "availabilityzone", "endpoint", "app", "appname", "application", "applicationname", "job",
    "jobname", "interface", "interfacename", "ifname", "volume", "mount", "mountpoint", "path",
    "partition", "filesystem", "disk", "drive", "queue", "queuename", "topic", "cluster",
    "clustername", "deployment", "workload", "instanceid", "bucket", "function", "functionname",
    "table", "pool", "array", "sensor", "sensorid", "port", "vhost", "process", "pipeline", "klass",
    "class", "category", "tenant", "datacenter", "rack", "component", "device", "resource",
    "objectname",
)  # fmt: skip
"""What tells alerts of one title from one another (T18)."""
_TELLING = re.compile(
    r"(?is)^\W*(?:(?:firing|resolved|triggered|recovered|recovery|problem|ok|up|down|alert|open"
    r"|closed|cleared|critical|warning)\b\W*)*(.*?)(?:\s+(?:is|has|was|been)\s+(?:now\s+|back\s+)?"
    r"(?:down|up|ok|resolved|recovered|failing|failed|healthy|cleared)\b.*)?$"
)
"""A title without the words that say whether it fires."""
_SHIFTING = re.compile(
    r"status|state|sever|level|prio|urgen|importan|critical|time|date|stamp|at$|since|until|ago"
    r"|value|current|count|duration|message|text|msg|descri|body|summary|subject|title|formatted"
    r"|reason|output|note|comment|detail|link|url|href|user|actor|version|event|action|result"
    r"|transition|trigger|previous|old|new|last|^is|resol|ack|recover|clos|id$|mail|color|colour"
    r"|icon|image|emoji|token|secret|key$|source|info|error|type|outcome|kind"
)
"""The names of what may be otherwise when the alert is over."""
_LONGEST_VALUE = 200
_ENOUGH = 1000
"""So many characters of a sentence are looked at."""
_NUMBERED = ("port", "id")
"""How the names of what may be told by a number end; other numbers are values."""
_NAMES = (
    "title alerttitle alertname subject summary eventname rulename alertrule",
    "monitorname checkname monitorfriendlyname friendlyname name displayname monitor check",
    "message msg text description alertdescription eventmsg reason event rule alert",
)
_ALERT_PAGE = re.compile(r"alert|incident|issue|event|dashboard|notification|problem")
_TOLD = frozenset(f"{_HOSTS} {_CHECKS} {_TITLES}".split())


def identity(document: Any, what: str) -> str:
    """A part of what identifies an alert.

    Args:
        document: any JSON value.
        what: `where` gives the alert's own id, else the host or the like; `what` gives nothing if
            there is an own id, else what tells the alert from others of the same host.
    """
    several = places(document)
    own = _own_id(several)
    if what == "where":
        return own or _host(several)
    return "" if own else _topic(several)


def headline(document: Any) -> str:
    """What a document calls its alert, with the host unless the name has it."""
    several = places(document)
    said = next(filter(None, (convert.text(first(several, names)) for names in _NAMES)), "")
    host = _host(several)
    if not said or not host or host.partition(".")[0].casefold() in said.casefold():
        return said or host
    return f"{said} on {host}"


def _own_id(several: Places) -> str:
    """The id by which a document itself names the alert; empty if it has none."""
    ids = list(found(several, _OWN_IDS))
    for name in _EPISODES if several else ():
        episode = several[0].get(name)
        inner = folded(episode) if isinstance(episode, dict) else {}
        ids += [inner.get(each) for each in _OWN_NUMBER]
    return next((convert.line(each) for each in ids if _is_id(each)), "")


def _is_id(value: Any) -> bool:
    return isinstance(value, (str, int)) and convert.text(value).casefold() not in _NO_ID


def _host(several: Places) -> str:
    return convert.line(first(several, _HOSTS))


def _topic(several: Places) -> str:
    """What tells an alert from others of the same host.

    That is the check, else the title without its status words; and further what it is about, such
    as a service, a pod or a queue. Where nothing but a title tells, what else stands at the top and
    stays the same until it is over takes part as well.
    """
    host, check = _host(several), convert.line(first(several, _CHECKS))
    title = "" if check else _title(several)
    further = list(_further(several, {host, check}))
    if not further and not check and not (title and host):
        further = _remaining(several)
    return " ".join(filter(None, (check or title or _message(several, further), *further)))


def _title(several: Places) -> str:
    return _masked(first(several, _TITLES))


def _message(several: Places, further: list[str]) -> str:
    """What stands in for a title where nothing else tells."""
    return "" if further else _masked(first(several, "formatted output reason error details"))


def _masked(value: Any) -> str:
    """A sentence without its status words, and without what changes between repeats."""
    said = convert.text(value)[:_ENOUGH]
    telling = _TELLING.match(said)
    return convert.stable(telling[1] if telling else said)


def _further(several: Places, told: set[str]) -> Iterator[str]:
    """The further fields as `name=value`, in their own order; what has been told is left out."""
    told = {*told}
    for name in _FURTHER:
        value = _thing(name, first(several, name))
        if value and value not in told:
            told.add(value)
            yield f"{name}={value}"


def _thing(name: str, value: Any) -> str:
    """The name of a thing; empty if the value is rather a measure, a state or a page to look at."""
    said = convert.line(value)
    is_named = isinstance(value, str) and any(map(str.isalpha, said))
    if not is_named and not name.endswith(_NUMBERED):
        return ""
    if name == "url":
        return "" if _ALERT_PAGE.search(said) else said.partition("?")[0]
    return "" if convert.status(said) else said


def _remaining(several: Places) -> list[str]:
    """A hash of the other texts at the top that stay the same, if there are any."""
    kept = sorted(
        f"{name}={value}"
        for name, value in (several[0].items() if several else ())
        if name not in _TOLD and not _SHIFTING.search(name) and _is_steady(value)
    )
    return ["~" + hashlib.sha256("\n".join(kept).encode()).hexdigest()[:12]] if kept else []


def _is_steady(value: Any) -> bool:
    """Whether a value is a text that neither tells a state nor a time."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST_VALUE
        and convert.status(value) is None
        and convert.severity(value) == UNKNOWN
        and as_time(value) is None
    )
