"""The desk's files and its ledger, as text: made, examined, kept and moved."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.safe import line
from sdcli.render.words import are
from sdcli.results.ledgers import (
    BackedUp,
    BroughtBack,
    Done,
    Examined,
    LedgerCopied,
    LedgerMigrated,
    LedgerPrepared,
    LedgerStatus,
    Linted,
    Repaired,
    Started,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.ledger.interface import Finding, Standing
    from sdcli.render.as_text import Lines, Screen


def _linted(result: Linted, screen: Screen) -> Lines:
    del screen
    counts = ", ".join(
        f"{number} {noun.replace('_', ' ')}" for noun, number in result.counts.items()
    )
    remarks = [f"remark: {line(str(each))}" for each in result.remarks]
    return [f"The desk's files are sound: {counts}.", *remarks], []


def _started(result: Started, screen: Screen) -> Lines:
    import shlex  # noqa: PLC0415 - only a new desk pays for it

    del screen
    return [f"A new desk is ready in {line(result.root)} ({words.count(result.files, 'file')})."], [
        f"Next: cd {shlex.quote(line(result.root))} && sdcli lint",
        "Next: sdcli open 'The printer is offline' --user ada",
        "Then put your own services, teams and people into catalog/.",
    ]


def _done(result: Done, screen: Screen) -> Lines:
    del screen
    return [result.said], []


def _examined(result: Examined, screen: Screen) -> Lines:
    del screen
    found = result.examination
    remarks = [f"Note: {line(remark)}" for remark in found.remarks]
    if not found.findings:
        counts = [words.count(found.tickets, "ticket")]
        if found.months:
            months = words.count(found.months, "month")
            counts += [f"{words.count(found.events, 'event')} in {months}"]
        else:
            commits = words.count(found.commits, "commit")
            counts += [words.count(found.archives, "archive"), f"{commits} since the last snapshot"]
        return [f"The ledger is sound: {', '.join(counts)}."], remarks
    told = [_finding(each) for each in found.findings]
    count = words.count(len(told), "finding")
    hint = "Next: sdcli doctor --repair saves what can be read and keeps the damaged bytes"
    if all(each.stays for each in found.findings):
        hint = (
            "A repair can do nothing about this: what is gone may be in a backup. The tickets can be "
            "used as they are"
        )
    return [f"The ledger is damaged: {count}.", *told], [*remarks, hint]


def _finding(found: Finding) -> str:
    place = f"{found.file}, byte {found.at}" if found.at >= 0 else found.file
    about = f"{found.ref}: " if found.ref else ""
    return f"  {line(place)}: {about}{line(found.problem)}."


def _repaired(result: Repaired, screen: Screen) -> Lines:
    del screen
    mended = result.mended
    if not (mended.kept or mended.lost or mended.remarks or mended.anew):
        return [f"The ledger is sound: {words.count(mended.tickets, 'ticket')}."], []
    count = words.count(mended.tickets, "ticket")
    state = "can be used" if mended.lost or mended.remarks else "is whole"
    told = [f"The ledger {state} again: {count}."]
    if not (mended.kept or mended.lost or mended.anew):
        told = [f"The ledger can be used: {count}. A repair can do nothing about what follows."]
    if mended.anew:
        told.append(f"Made anew from their events: {words.count(mended.anew, 'ticket')}.")
    if mended.doubtful:
        told.append(
            f"Could be read, but not proven; each has a note: {', '.join(mended.doubtful)}."
        )
    if mended.lost:
        told.append(f"Something of these could not be read: {', '.join(mended.lost)}.")
    told += [line(remark) for remark in mended.remarks]
    return [*told, *(f"The damaged file is kept as {line(path)}." for path in mended.kept)], []


def _backed_up(result: BackedUp, screen: Screen) -> Lines:
    del screen
    count = words.count(result.tickets, "ticket")
    return [f"{count} {are(result.tickets)} kept in {line(result.file)}."], []


def _brought_back(result: BroughtBack, screen: Screen) -> Lines:
    del screen
    restored = result.restored
    count = words.count(restored.tickets, "ticket")
    told = f"{count} {are(restored.tickets)} back; the next is {restored.next}."
    kept = [f"The ledger as it was is kept in {line(restored.kept)}."] if restored.kept else []
    return [told, *kept], ["Next: sdcli list"]


_SHORT = 16
_STEPS = ("kB", "MB", "GB", "TB")


def _prepared(result: LedgerPrepared) -> Lines:
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


def _migrated(result: LedgerMigrated) -> Lines:
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


def _copied(result: LedgerCopied) -> Lines:
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


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Linted: _linted,
    Started: _started,
    Done: _done,
    Examined: _examined,
    Repaired: _repaired,
    BackedUp: _backed_up,
    BroughtBack: _brought_back,
    LedgerPrepared: lambda result, _: _prepared(result),
    LedgerMigrated: lambda result, _: _migrated(result),
    LedgerStatus: lambda result, _: (_status(result), _remarks(result)),
    LedgerCopied: lambda result, _: _copied(result),
}
