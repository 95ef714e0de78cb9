"""New services and requests for change, as JSON and as Markdown (R3c1, R3c3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render import words
from sdcli.render.as_json.tickets import event
from sdcli.render.safe import block
from sdcli.results.changes import ChangeExported, ChangeShown, ChangesListed, Filtering

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.changes.request import RequestForChange
    from sdcli.intake.before import Alike
    from sdcli.policy.changes import Templates


_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#|~&!@$^])")
_AT_START = re.compile(r"^([0-9]{1,9}(?=[.])|(?=[-+=]))")


def _filtering(result: Filtering) -> dict[str, Any]:
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


def _shown(result: ChangeShown) -> dict[str, Any]:
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


def _exported(result: ChangeExported) -> dict[str, Any]:
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


SHAPES: dict[type, Callable[[Any], Any]] = {
    Filtering: _filtering,
    ChangeShown: _shown,
    ChangesListed: lambda result: [change_json(change) for _, change in result.rows],
    ChangeExported: _exported,
}
