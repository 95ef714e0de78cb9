"""What the commands of `sdcli ledger` tell, as text and as JSON."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render import words
from sdcli.render.safe import line
from sdcli.results.ledgers import LedgerCopied, LedgerMigrated, LedgerPrepared, LedgerStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.ledger.interface import Standing

    _Lines = tuple[Iterable[str], Iterable[str]]

_SHORT = 16
_STEPS = ("kB", "MB", "GB", "TB")


def text(result: Any) -> _Lines:
    """The lines of any of them, and hints."""
    if isinstance(result, LedgerPrepared):
        return _prepared(result)
    if isinstance(result, LedgerMigrated):
        return _migrated(result)
    if isinstance(result, LedgerStatus):
        return list(_status(result)), _remarks(result)
    return _copied(result)


def _prepared(result: LedgerPrepared) -> _Lines:
    found, place = result.prepared, line(result.place)
    if found is None:
        return [
            f"Nothing is needed: the ledger is in {place}, and begins with its first ticket."
        ], []
    made = "is made" if found.made else "is there already"
    told = [f"The ledger {place} {made}; its schema has version {found.format}."]
    told += [f"The role {line(name)} is made; nobody logs in as it." for name in found.roles]
    hints = []
    for role, may in ((found.writer, "append"), (found.reader, "read")):
        if role:
            told.append(
                f"The role {line(role)} may {may}, and can change nothing of the record by hand."
            )
            hints.append(f"GRANT {line(role)} TO somebody; lets a user of the database {may}")
    return told, hints


def prepared_json(result: LedgerPrepared) -> dict[str, Any]:
    """As `text`."""
    found = result.prepared
    return {
        "ledger": result.place,
        "needed": found is not None,
        "made": bool(found and found.made),
        "version": found.format if found else None,
        "writer": (found.writer if found else "") or None,
        "reader": (found.reader if found else "") or None,
        "roles_made": list(found.roles) if found else [],
    }


def _migrated(result: LedgerMigrated) -> _Lines:
    found, place = result.migrated, line(result.place)
    if found is None:
        return [f"Nothing is needed: the first change to {place} brings it to this version."], []
    if not found.scripts:
        return [f"The ledger {place} has version {found.after} already; nothing was changed."], []
    ran = ", ".join(map(line, found.scripts))
    return [
        f"The ledger {place} has version {found.after} now; it had {found.before}.",
        f"Run, in one transaction: {ran}.",
    ], ["Everybody who uses it needs this version of sdcli now."]


def migrated_json(result: LedgerMigrated) -> dict[str, Any]:
    """As `text`."""
    found = result.migrated
    return {
        "ledger": result.place,
        "needed": found is not None,
        "before": found.before if found else None,
        "after": found.after if found else None,
        "scripts": list(found.scripts) if found else [],
    }


def size(count: int) -> str:
    """Bytes as people read them: `312 B`, `4.2 MB`."""
    amount, unit = float(count), "B"
    for step in _STEPS:
        if amount < 1000:  # noqa: PLR2004 - as the units are
            break
        amount, unit = amount / 1000, step
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def _status(result: LedgerStatus) -> Iterator[str]:
    found = result.standing
    about = "about " if found.about else ""
    parted = "month" if found.server else "archive"
    yield f"Ledger:    {line(found.place)}"
    if found.server:
        yield f"Server:    {found.server}, {_role(found)}; schema version {found.format}"
    else:
        yield f"Format:    {found.format}"
    yield f"Tickets:   {about}{found.tickets}, with {about}{words.count(found.events, 'event')}"
    yield f"Size:      {size(found.size)}, {words.count(found.months, parted)}"
    newest = words.instant(found.newest) if found.newest else "nothing yet"
    yield f"Newest:    {newest}"
    if result.last_check:
        ago = words.span(result.age_s or 0)
        yield f"Checked:   {ago} ago, by {line(result.last_check.by)}"
    else:
        yield "Checked:   never; `sla-check` has not run"
    kept = "" if result.levels_kept else ", not in the ledger yet"
    yield f"Levels:    {result.levels[:_SHORT]}{kept}"
    for host, lag in found.standbys:
        yield f"Standby:   {line(host)}{_behind(lag)}"
    for each in found.connected:
        host = line(each.host) or "this host"
        program = f", {line(each.program)}" if each.program else ""
        yield f"Connected: {line(each.user)} from {host}{program} ({each.count})"
    yield f"Waiting:   {result.spooled} spooled here, {result.quarantined} kept as unreadable here"


def _role(found: Standing) -> str:
    return f"{found.role}{_behind(found.lag_s)}" if found.role == "standby" else found.role


def _behind(lag_s: float | None) -> str:
    return "" if lag_s is None else f", {lag_s:.1f} s behind"


def _remarks(result: LedgerStatus) -> list[str]:
    found, other, told = result.standing, result.other, list[str]()
    if found.closed:
        what = "has moved to" if found.closed.moved else "is no whole copy of"
        told.append(
            f"NOTE: {line(found.place)} takes no changes: it {what} {line(found.closed.other)}."
        )
    is_there_now = other and found.closed and found.closed.other == other.place
    if other and not other.moved and not is_there_now:
        both = f"--from {quote(line(other.place))} --to {quote(line(found.place))}"
        copy = f"sdcli ledger copy {both} --retire"
        told.append(
            f"NOTE: {line(other.place)} holds {words.count(other.tickets, 'ticket')} too, and nothing "
            f"says that they were copied. `{copy}` brings what is not here, and closes it."
        )
    return told


def status_json(result: LedgerStatus) -> dict[str, Any]:
    """As `text`."""
    found, last, other = result.standing, result.last_check, result.other
    return {
        "home": found.home,
        "ledger": found.place,
        "version": found.format,
        "server": found.server or None,
        "role": found.role or None,
        "lag_s": found.lag_s,
        "tickets": found.tickets,
        "events": found.events,
        "about": found.about,
        "bytes": found.size,
        "months": found.months,
        "newest": words.exact(found.newest) if found.newest else None,
        "connected": [msgspec.structs.asdict(each) for each in found.connected],
        "standbys": [{"host": host, "lag_s": lag} for host, lag in found.standbys],
        "closed": msgspec.structs.asdict(found.closed) if found.closed else None,
        "levels": result.levels,
        "levels_kept": result.levels_kept,
        "last_check": words.exact(last.at) if last else None,
        "checked_by": last.by if last else None,
        "age_s": result.age_s,
        "quarantined": result.quarantined,
        "spooled": result.spooled,
        "other": {"ledger": other.place, "tickets": other.tickets, "moved": other.moved}
        if other
        else None,
    }


def _copied(result: LedgerCopied) -> _Lines:
    counts = f"{words.count(result.tickets, 'ticket')}, {words.count(result.events, 'event')}"
    told = [
        f"{line(result.source)}",
        f"  sha256 {result.hash_source}",
        f"{line(result.target)}",
        f"  sha256 {result.hash_target}",
    ]
    if result.is_equal:
        told.append(f"Both hold the same: {counts}. The next reference is {result.next}.")
    else:
        told.append("They do NOT hold the same: run it again, with --retire if others are writing.")
    if result.new or result.further:
        brought = f"{words.count(result.new, 'ticket')} brought"
        more = f", {words.count(result.further, 'ticket')} with further events"
        told.append(f"{brought}{more if result.further else ''}.")
    else:
        told.append("There was nothing to copy.")
    if result.files:
        told.append(f"Beside them: {words.count(result.files, 'attached file')}.")
    told += [
        f"Not brought: {line(each)} is missing, or not what it was." for each in result.missing
    ]
    return told, _next(result)


def _next(result: LedgerCopied) -> list[str]:
    source, target = line(result.source), line(result.target)
    use = (
        f"write `ledger: {target}` in settings.yaml"
        if "://" in target
        else ("take `ledger:` out of settings.yaml of the desk in whose folder it is")
    )
    hints = [f"To use it, {use}; {source} stays as it is."]
    if result.retired:
        hints.append(f"{source} takes no changes any more, and says where it has moved to.")
    else:
        hints.append(f"Until then others may write to {source}: with --retire it takes no changes.")
    if not result.settled:
        hints.append(f"Something was recorded in {source} meanwhile: run it again.")
    return hints


def copied_json(result: LedgerCopied) -> dict[str, Any]:
    """As `text`."""
    return {
        **msgspec.structs.asdict(result),
        "missing": list(result.missing),
        "equal": result.is_equal,
    }
