"""Service levels that were applied anew, and how the check of the clocks fares; text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.mistakes import moved

if TYPE_CHECKING:
    from sdcli.results.sla import Adopted, Reapplied, SlaStatus

_Lines = tuple[list[str], list[str]]
_SHORT = 12


def reapplied(result: Reapplied) -> _Lines:
    """Each ticket with what became of its clocks."""
    number = len(result.pairs)
    would = "would run" if result.dry_run else "runs" if number == 1 else "run"
    head = f"{words.count(number, 'ticket')} {would} under policy {_short(result.policy)}."
    if not result.pairs:
        return ["Every one of them runs under the service levels of today."], []
    told = [head]
    for before, after in result.pairs:
        was = _short(after.newest.before)  # type: ignore[union-attr] # it is the newest
        told.append(f"{after.ticket.ref}  was under {was}")
        if before is None:
            told.append("  What was before is not known any more.")
        else:
            told += moved(before, after, "By it") or ["  Its clocks stay as they are."]
    return told, ["A dry run: nothing was changed."] if result.dry_run else []


def _short(policy: str) -> str:
    return policy[:_SHORT] if policy else "that of the day"


def status(result: SlaStatus) -> _Lines:
    """When the clocks were last checked, what is owed, and what tickets are pinned to."""
    every = (
        f"; it is to run every {words.work(result.check_every_s)}" if result.check_every_s else ""
    )
    last = "sla-check has never run"
    if result.last is not None:
        ago = words.span(result.age_s or 0)
        last = f"sla-check ran {ago} ago, {words.instant(result.last.at)}, by {result.last.by}"
    missed = ": it is missed" if result.missed_s else ""
    owed = f"{words.count(result.undelivered, 'message')} owed, {result.given_up} given up"
    pins = [
        f"  {_short(policy)}  {words.count(number, 'ticket')}"
        f"{'  (those of today)' if policy in ('', result.policy) else ''}"
        for policy, number in result.pinned.items()
    ]
    return [
        f"{last}{every}{missed}.",
        f"Alerts: {owed}.",
        "Tickets that are not closed, by policy:",
        *pins,
    ], []


def adopted(result: Adopted) -> _Lines:
    """By which service levels the desk works on all hosts, and who must follow."""
    policy, before = _short(result.policy), result.before
    if not result.shared:
        return [
            "The ledger is in the desk's folder: whoever works on it goes by the files beside it."
        ], []
    if before and before.hash == result.policy:
        return [f"The desk works by the service levels of this host ({policy}) already."], []
    would = "would work" if result.dry_run else "works"
    lines = [f"The desk {would} by the service levels of this host, {result.host} ({policy})."]
    if before:
        others = [name for name in (before.host, *before.others) if name != result.host]
        since = words.instant(before.since)
        lines.append(f"Before: {_short(before.hash)}, as {before.host} set them at {since}.")
        if others:
            lines.append(f"Hosts that wrote by those, and must follow: {', '.join(others)}.")
    return lines, []


def adopted_json(result: Adopted) -> dict[str, Any]:
    """As `adopted`."""
    before = result.before
    return {
        "policy": result.policy,
        "host": result.host,
        "shared": result.shared,
        "before": {
            "policy": before.hash,
            "host": before.host,
            "since": f"{before.since:%Y-%m-%dT%H:%M:%SZ}",
            "others": list(before.others),
        }
        if before
        else None,
        "dry_run": result.dry_run,
    }


def reapplied_json(result: Reapplied, sla: Any) -> dict[str, Any]:
    """The tickets, with their clocks before and after; `sla` makes JSON of clocks."""
    return {
        "policy": result.policy,
        "dry_run": result.dry_run,
        "tickets": [
            {
                "ref": after.ticket.ref,
                "before": after.newest.before or None,  # type: ignore[union-attr] # as above
                "sla_before": sla(before) if before else None,
                "sla": sla(after),
            }
            for before, after in result.pairs
        ],
    }


def status_json(result: SlaStatus) -> dict[str, Any]:
    """As `status`."""
    last = result.last
    return {
        "last_run": f"{last.at:%Y-%m-%dT%H:%M:%SZ}" if last else None,
        "by": last.by if last else None,
        "age_s": result.age_s,
        "check_every_s": result.check_every_s,
        "missed": bool(result.missed_s),
        "undelivered": result.undelivered,
        "given_up": result.given_up,
        "policy": result.policy,
        "pinned": [
            {"policy": policy or None, "tickets": number, "is_today": policy in ("", result.policy)}
            for policy, number in result.pinned.items()
        ],
    }
