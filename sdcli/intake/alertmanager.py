"""Alertmanager's webhook document, version 4: several alerts, each firing or resolved.

The alert key is made from all labels of an alert, so it is the same each time the alert fires
and differs between instances and environments (T18).
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from sdcli.intake.items import AlertItem, Item, Unreadable
from sdcli.tickets.words import UNKNOWN, Level

SOURCE = "alertmanager"

_SEVERITIES: dict[str, Level] = {
    "critical": "high",
    "page": "high",
    "high": "high",
    "error": "high",
    "warning": "medium",
    "medium": "medium",
    "info": "low",
    "low": "low",
    "none": "low",
}


def is_alertmanager(value: dict[str, Any]) -> bool:
    """Whether a JSON object is such a document."""
    marks = ("groupKey", "groupLabels", "commonLabels", "receiver")
    return isinstance(value.get("alerts"), list) and any(mark in value for mark in marks)


def read_alertmanager(value: dict[str, Any]) -> list[Item]:
    """The alerts of a document; one that is not whole is unreadable and leaves the others alone."""
    alerts = value.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        return [_unreadable("it holds no alerts", value)]
    return [_read(alert, value) for alert in alerts]


def _read(alert: Any, document: dict[str, Any]) -> Item:
    labels = _texts(alert.get("labels")) if isinstance(alert, dict) else None
    if not labels:
        return _unreadable("an alert has no labels", alert)
    status = alert.get("status", document.get("status"))
    if status not in ("firing", "resolved"):
        return _unreadable(f"an alert has the status {status!r}", alert)
    annotations = _texts(alert.get("annotations")) or {}
    severity = labels.get("severity", "")
    return AlertItem(
        source=SOURCE,
        key=alert_key(labels),
        firing=status == "firing",
        summary=_summary(labels, annotations),
        details=_details(labels, annotations, alert),
        urgency=_SEVERITIES.get(severity.casefold(), UNKNOWN),
        severity=severity,
        labels=labels,
        payload=alert,
    )


def alert_key(labels: dict[str, str]) -> str:
    """The same for the same labels in any order, and no other; readable by its alert name."""
    canonical = msgspec.json.encode(sorted(labels.items()))
    name = "".join(c if c.isalnum() else "-" for c in labels.get("alertname", "alert"))[:40]
    return f"{SOURCE}:{name}:{hashlib.sha256(canonical).hexdigest()[:16]}"


def _summary(labels: dict[str, str], annotations: dict[str, str]) -> str:
    """The first annotation that says something, else the name of the alert and where it is."""
    where = labels.get("instance") or labels.get("host") or labels.get("job") or ""
    name = f"{labels.get('alertname', '')} {where}"
    said = (*(annotations.get(key, "") for key in ("summary", "message", "title")), name, "alert")
    text = next(folded for each in said if (folded := " ".join(each.split())))
    return text if len(text) <= 200 else text[:199] + "…"  # noqa: PLR2004 - a line


def _details(labels: dict[str, str], annotations: dict[str, str], alert: dict[str, Any]) -> str:
    """What a person reads first: description, links, since when, and all labels."""
    lines = [annotations[name] for name in ("description", "message") if name in annotations]
    links = (("Runbook", annotations.get("runbook_url")), ("Source", alert.get("generatorURL")))
    lines += [f"{name}: {link}" for name, link in links if link]
    if alert.get("startsAt"):
        lines.append(f"Since: {alert['startsAt']}")
    lines.append("Labels: " + ", ".join(f"{name}={labels[name]}" for name in sorted(labels)))
    return "\n".join(lines)


def _texts(value: Any) -> dict[str, str] | None:
    """A mapping of texts; values of other kinds are written as JSON."""
    if not isinstance(value, dict):
        return None
    encode = msgspec.json.encode
    return {k: v if isinstance(v, str) else encode(v).decode() for k, v in value.items()}


def _unreadable(reason: str, value: Any) -> Unreadable:
    return Unreadable(reason=reason, raw=msgspec.json.encode(value))
