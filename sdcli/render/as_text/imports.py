"""What became of the tickets of another tool, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.safe import block, line
from sdcli.render.words import are
from sdcli.results.imports import BroughtIn, Exported, Sketched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sdcli.intake.account import Account
    from sdcli.render.as_text import Lines, Screen


def _brought_in(result: BroughtIn, screen: Screen) -> Lines:
    del screen
    new = sum(each.is_new for each in result.moved)
    known = len(result.moved) - new
    would = "would be" if result.dry_run else are(new)
    told = [f"{words.count(new, 'ticket')} {would} new; {known} known already."]
    if result.account is None:
        return told, []
    told += _account_lines(result.account, dry_run=result.dry_run)
    if result.rejects is None:
        return told, []
    rows, path = words.count(result.rejects.rows, "row"), line(result.rejects.path)
    if not result.rejects.rows:
        return told, [f"No row was left out; {path} was not written."]
    return told, [
        f"Next: mend the {rows} in {path}, and import them as well; the others are known."
    ]


def _sketched(result: Sketched, screen: Screen) -> Lines:
    del screen
    return block(result.text).splitlines(), [
        "Next: mend it, and `sdcli import --from csv --map MAP.yaml FILE.csv --dry-run`"
    ]


_MOST = 20


def _account_lines(account: Account, *, dry_run: bool) -> list[str]:
    """Sentences and lists; what is long is cut, and whole in JSON."""
    return [
        *_told(account),
        *_known(account),
        *_counted("Steps put in, since the histories lack them", account.inserted),
        *_counted("Not told as it was", account.adjusted),
        *_part(
            "Not in the map",
            [
                f"{each.field} {line(each.value)!r}, {words.count(each.times, 'time')}: "
                f"taken for {line(each.taken_for) or 'nothing'}"
                for each in account.unmapped
            ],
        ),
        *_part(
            "Not on this desk, and kept as a name",
            [
                f"{each.field} {line(each.value)}, {words.count(each.tickets, 'ticket')}"
                for each in account.not_here
            ],
        ),
        *_left_out(account, dry_run=dry_run),
    ]


def _told(account: Account) -> Iterable[str]:
    since, until = account.since, account.until
    when = f", {since:%Y-%m-%d} to {until:%Y-%m-%d}" if since and until else ""
    new = "new " if account.known else ""
    yield (
        f"{words.count(account.rows, 'row')}, {words.count(account.tickets, f'{new}ticket')}, "
        f"{words.count(sum(account.events.values()), f'{new}event')}{when}."
    )
    if account.events:
        yield f"  events: {_pairs(account.events)}"
        yield f"  at the end: {_pairs(account.statuses)}"


def _known(account: Account) -> list[str]:
    """What the desk had before is not compared with the file: it says so."""
    if not account.known:
        return []
    was = (
        "1 ticket is known already: its history was"
        if account.known == 1
        else f"{account.known} tickets are known already: their histories were"
    )
    count = len(account.gone_on)
    has = "1 of them has" if count == 1 else f"{count} of them have"
    return [
        f"{was} not looked at again.",
        *_part(
            f"Since then {has} gone on there, and that is not taken",
            [
                f"{each.ref} {line(each.source)}, until {each.until:%Y-%m-%d %H:%M} UTC"
                for each in account.gone_on
            ],
        ),
    ]


def _pairs(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _counted(title: str, counts: Mapping[str, int]) -> list[str]:
    return _part(title, [f"{count} {line(what)}" for what, count in counts.items()])


def _part(title: str, rows: list[str]) -> list[str]:
    if not rows:
        return []
    more = [f"  and {len(rows) - _MOST} more; --json lists all"] if len(rows) > _MOST else []
    return [f"{title}:", *(f"  {row}" for row in rows[:_MOST]), *more]


def _left_out(account: Account, *, dry_run: bool) -> list[str]:
    if not account.left_out:
        return []
    was = "Would be left out" if dry_run else "Left out"
    rows = [line(str(problem)) for problem in account.problems]
    unlisted = account.left_out - len(rows)
    more = [f"  and {unlisted} more that are not listed"] if unlisted else []
    return [*_part(f"{was}, {words.count(account.left_out, 'mishap')}", rows), *more]


def _exported(result: Exported, _: Screen) -> Lines:
    """The same as with `--json`."""
    from sdcli.render import as_json  # noqa: PLC0415 - text needs no JSON otherwise

    return as_json.write(result), []


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Exported: _exported,
    BroughtIn: _brought_in,
    Sketched: _sketched,
}
STREAMS = {Exported}
"""What is too large to be held at once."""
