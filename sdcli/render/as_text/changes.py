"""New services and requests for change, as text (R3c1, R3c3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.as_text.tables import table
from sdcli.render.safe import block, line
from sdcli.render.wrap import fitted
from sdcli.results.changes import ChangeExported, ChangeShown, ChangesListed, Filtering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sdcli.changes.request import RequestForChange
    from sdcli.intake.before import Alike
    from sdcli.render.as_text import Lines, Screen


def _filtering(result: Filtering, screen: Screen) -> Lines:
    told, steps = _request(result)
    return fitted(told, screen.width), steps


def _shown(result: ChangeShown, screen: Screen) -> Lines:
    told, steps = _change(result)
    return fitted(told, screen.width), steps


_MOST_SHOWN = 10
_STATUS = {
    "requested": "waits for change control",
    "assessing": "is being assessed",
    "approved": "is approved",
    "scheduled": "is scheduled",
    "implemented": "is made",
    "rejected": "was rejected",
    "withdrawn": "was withdrawn",
}


def _request(result: Filtering) -> tuple[list[str], list[str]]:
    """The rules that a request meets, and those that ask for the same; what to do next."""
    ticket = result.ticket
    told = [f"{ticket.ref}  {line(ticket.summary)}"]
    for each in result.met:
        rule = each.refusal
        told.append(f"  refused: {each.rule}, {line(rule.says)}")
        told.append(
            f"           since {rule.since} by {line(rule.decided_by)}; {line(each.why)} ({rule.place})"
        )
        if rule.instead:
            told.append(f"           instead: {line(rule.instead)}")
    told += [] if result.met else ["  No rule of catalog/changes/refused.yaml speaks against it."]
    told += [f"  the same?  {text}" for text in alike(result.duplicates)]
    decision = result.decision
    if decision:
        by = f" by {decision.rule}" if decision.rule else ""
        why = f" ({line(decision.reason)})" if decision.reason else ""
        at = words.instant(decision.at)
        told.append(f"  {decision.decision}{by} on {at} by {line(decision.by)}{why}")
    if decision and decision.decision == "accepted":
        return told, [f"Next: sdcli rfc {ticket.ref}"]
    name = result.met[0].rule if result.met else "RULE"
    because = " --because WHY" if result.met else ""
    return told, [
        f"Next: sdcli filter {ticket.ref} --accept{because}",
        f"Next: sdcli filter {ticket.ref} --reject {name}   # or --reject --because WHY",
    ]


def alike(found: Iterable[Alike]) -> list[str]:
    """Requests that seem to ask for the same, the first few of them."""
    every = list(found)
    told = [
        f"{each.ticket.ref} ({each.ticket.status.replace('_', ' ')}) {line(each.ticket.summary)}: "
        f"{line(each.why)}"
        for each in every[:_MOST_SHOWN]
    ]
    more = len(every) - _MOST_SHOWN
    return [*told, *([f"and {more} more"] if more > 0 else ())]


def row(change: RequestForChange) -> str:
    """How far a request for change is, on one line of `show`."""
    name = f" as {line(change.reference)}" if change.reference else ""
    due = f", for {words.instant(change.due)}" if change.due else ""
    note = f" ({line(change.note)})" if change.note else ""
    waits = change.status == "requested" and change.route == "work-order"
    status = f"waits for {line(change.queue)}" if waits else _STATUS[change.status]
    return (
        f"{status}{name}{due}{note}; {line(change.category)}, with "
        f"{line(change.queue)}{_order(change)}"
    )


def _order(change: RequestForChange) -> str:
    if not change.work_order:
        return ""
    status = change.work_order_status.replace("_", " ")
    how = f" as {line(change.work_order_code)}" if change.work_order_code else ""
    return f" by work order {change.work_order}" + (f", {status}{how}" if status else "")


def _change(result: ChangeShown) -> tuple[list[str], list[str]]:
    """A request for change as it stands, or what one would say and lack; what to do next."""
    ticket, change, templates = result.ticket, result.change, result.templates
    told = [f"{ticket.ref}  {line(ticket.summary)}"]
    if change:
        told.append(f"  It {row(change)}.")
    told += _field_lines(result)
    told += [f"  alike:  {text}" for text in alike(result.similar)]
    if change:
        return told, [f"Next: sdcli rfc {ticket.ref} --status STATUS   # what change control says"]
    if not result.category:
        kinds = [f"  {name}: {line(each.name)}" for name, each in templates.categories.items()]
        return [*told, "It is no request for change yet. The categories are:", *kinds], [
            f"Next: sdcli rfc {ticket.ref} --category CATEGORY"
        ]
    lacks = "".join(f" --field {name}=TEXT" for name in result.missing)
    return told, [f"Next: sdcli rfc {ticket.ref} --category {result.category}{lacks}"]


def _field_lines(result: ChangeShown) -> Iterator[str]:
    fields = result.templates.fields
    for name, text in result.fields.items():
        says = fields[name].says if name in fields else name
        head, *rest = block(text).split("\n")
        yield f"  {line(says)}: {head}"
        yield from (f"    {each}" for each in rest)
    for name in result.missing:
        if name not in result.fields:
            yield f"  {line(fields[name].says)}: missing (--field {name}=TEXT)"


def _listed(result: ChangesListed) -> tuple[list[str], list[str]]:
    """Requests for change in a table."""
    if not result.rows:
        return [], ["No request for change is under way."]
    head = ["ref", "status", "with", "due", "age", "summary"]
    rows = [
        [
            ticket.ref,
            change.status,
            line(change.queue),
            words.instant(change.due) if change.due else "",
            words.span(int((result.now - change.at).total_seconds())),
            line(ticket.summary),
        ]
        for ticket, change in result.rows
    ]
    return table([head, *rows]), []


def _exported(result: ChangeExported) -> list[str]:
    """The document of a request for change."""
    from sdcli.render.as_json import dump  # noqa: PLC0415 - text needs no JSON otherwise
    from sdcli.render.as_json.changes import document, markdown  # noqa: PLC0415 - as above

    if result.as_markdown:
        return block(markdown(result)).rstrip("\n").split("\n")
    return [dump(document(result))]


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    Filtering: _filtering,
    ChangeShown: _shown,
    ChangesListed: lambda result, _: _listed(result),
    ChangeExported: lambda result, _: (_exported(result), []),
}
