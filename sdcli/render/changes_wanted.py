"""New services and requests for change: as text, as JSON and as Markdown (R3c1, R3c3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render import words
from sdcli.render.as_json import dump, event
from sdcli.render.figures import table
from sdcli.render.mistakes import refs
from sdcli.render.safe import block, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.changes.request import RequestForChange
    from sdcli.intake.before import Alike
    from sdcli.policy.changes import Templates
    from sdcli.results.changes import ChangeExported, ChangeShown, ChangesListed, Filtering
    from sdcli.results.reports import FilteredReported

_MOST_SHOWN = 10
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#|~&!@$^])")
_AT_START = re.compile(r"^([0-9]{1,9}(?=[.])|(?=[-+=]))")
_STATUS = {
    "requested": "waits for change control",
    "assessing": "is being assessed",
    "approved": "is approved",
    "scheduled": "is scheduled",
    "implemented": "is made",
    "rejected": "was rejected",
    "withdrawn": "was withdrawn",
}


def filtering(result: Filtering) -> tuple[list[str], list[str]]:
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


def filtering_json(result: Filtering) -> dict[str, Any]:
    """The document of `sdcli filter` without a decision."""
    return {
        "ref": result.ticket.ref,
        "summary": result.ticket.summary,
        "type": result.ticket.type,
        "status": result.ticket.status,
        "met": [
            {"rule": each.rule, "why": each.why, **msgspec.to_builtins(each.refusal)}
            for each in result.met
        ],
        "duplicates": [alike_json(each) for each in result.duplicates],
        "decision": event(result.decision) if result.decision else None,
    }


def alike_json(each: Alike) -> dict[str, Any]:
    """A request that seems to ask for the same."""
    ticket = each.ticket
    return {
        "ref": ticket.ref,
        "summary": ticket.summary,
        "status": ticket.status,
        "code": ticket.code or None,
        "opened_at": ticket.opened_at,
        "why": each.why,
    }


def filtered(result: FilteredReported) -> Iterator[str]:
    """What the filter let through and refused."""
    report = result.report
    every = report.accepted.count + report.rejected.count
    yield (
        f"Filtered: {words.count(every, 'request')} for something new, {report.accepted.count} "
        f"let through, {report.rejected.count} refused."
    )
    for each in report.rules:
        named = refs(each.tickets.refs) if result.refs else ""
        double = f", {each.duplicates} of them like others" if each.duplicates else ""
        says = f"  {line(each.says)}" if each.says else ""
        name = line(each.rule) or "without a rule"
        yield f"  {each.tickets.count:>4}  {name}{double}{says}{named}"


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


def change_json(change: RequestForChange) -> dict[str, Any]:
    """A request for change, null where nothing is known."""
    return {
        "ref": change.ref,
        "summary": change.summary,
        "status": change.status,
        "category": change.category,
        "fields": change.fields,
        "standard_change": change.standard_change or None,
        "route": change.route,
        "queue": change.queue,
        "work_order": change.work_order or None,
        "work_order_status": change.work_order_status or None,
        "work_order_code": change.work_order_code or None,
        "reference": change.reference or None,
        "due": change.due,
        "note": change.note or None,
        "requested_at": change.at,
        "requested_by": change.by,
        "followed_at": change.followed_at,
        "similar": change.similar,
    }


def shown(result: ChangeShown) -> tuple[list[str], list[str]]:
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


def shown_json(result: ChangeShown) -> dict[str, Any]:
    """The document of `sdcli rfc REF`."""
    return {
        "ref": result.ticket.ref,
        "summary": result.ticket.summary,
        "change": change_json(result.change) if result.change else None,
        "category": result.category or None,
        "fields": dict(result.fields),
        "missing": list(result.missing),
        "categories": {name: each.name for name, each in result.templates.categories.items()},
        "similar": [alike_json(each) for each in result.similar],
    }


def listed(result: ChangesListed) -> tuple[list[str], list[str]]:
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


def exported(result: ChangeExported) -> list[str]:
    """The document of a request for change."""
    if result.as_markdown:
        return block(markdown(result)).rstrip("\n").split("\n")
    return [dump(document(result))]


def exported_json(result: ChangeExported) -> dict[str, Any]:
    """What `--json` prints of it: the document, or the Markdown in one."""
    return (
        {"ref": result.change.ref, "markdown": block(markdown(result))}
        if (result.as_markdown)
        else document(result)
    )


def document(result: ChangeExported) -> dict[str, Any]:
    """A request for change whole, with what its fields are called and who asked for it."""
    ticket, change = result.ticket, result.change
    return change_json(change) | {
        "category_name": _category(result.templates, change.category),
        "labels": {name: _says(result.templates, name) for name in change.fields},
        "service": ticket.service,
        "requester": ticket.requester,
        "opened_at": ticket.opened_at,
        "details": ticket.opening.details,
    }


def _category(templates: Templates, name: str) -> str:
    found = templates.categories.get(name)
    return found.name if found else name


def _says(templates: Templates, name: str) -> str:
    found = templates.fields.get(name)
    return found.says if found else name


def markdown(result: ChangeExported) -> str:
    """The same in Markdown; nothing that somebody wrote is taken for Markdown."""
    ticket, change = result.ticket, result.change
    facts = (
        ("Category", _category(result.templates, change.category)),
        ("Status", change.status),
        ("Reference", change.reference),
        ("Due", words.instant(change.due) if change.due else ""),
        ("Note", change.note),
        ("Standard change", change.standard_change),
        ("With", change.queue),
        ("Work order", change.work_order),
        ("Requested by", ticket.requester),
        ("Completed by", f"{change.by}, {words.instant(change.at)}"),
        ("Service", ticket.service),
        ("Earlier requests", ", ".join(change.similar)),
    )
    parts = [f"# Request for change {change.ref}: {escaped(_one_line(change.summary))}"]
    parts.append("\n".join(f"- {name}: {escaped(_one_line(text))}" for name, text in facts if text))
    for name, text in change.fields.items():
        parts += [f"## {escaped(_one_line(_says(result.templates, name)))}", escaped(text)]
    if ticket.opening.details.strip():
        parts += ["## Details of the request", escaped(ticket.opening.details)]
    return "\n\n".join(parts) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def escaped(text: str) -> str:
    """A text in which nothing is Markdown: no heading, list, link, code or HTML."""
    return "\n".join(map(_escaped, block(text).strip("\n").split("\n")))


def _escaped(text: str) -> str:
    """One line; blanks at its beginning would make it code."""
    plain = _SPECIAL.sub(r"\\\1", text.strip())
    plain = plain.replace("://", r"\://").replace("www.", r"www\.").replace("WWW.", r"WWW\.")
    return _AT_START.sub(r"\1\\", plain)
