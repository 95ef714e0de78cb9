"""Lists of tickets, what can be asked of them, and what was done to many at once, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.as_json.tickets import event, ticket
from sdcli.results.lists import BoardLeft, BulkDone, BulkPreview, Listed, QueriesListed, QueryFields

if TYPE_CHECKING:
    from collections.abc import Callable


def _bulk(result: BulkPreview | BulkDone) -> dict[str, Any]:
    events = [{"ref": each.ref, **event(happened)} for each, happened in result.added]
    refused = [{"ref": ref, "why": why} for ref, why in result.refused]
    if isinstance(result, BulkDone):
        refs = list(dict.fromkeys(each.ref for each, _ in result.added))
        told = {"dry_run": False, "tickets": refs, "refused": refused}
        return {**told, "left": list(result.left), "events": events}
    return {
        "dry_run": True,
        "tickets": [each.ref for each in result.tickets],
        "refused": refused,
        "left": [],
        "events": events,
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    QueryFields: lambda result: [
        {"field": field, "written": written, "about": about}
        for field, written, about in result.rows
    ],
    QueriesListed: lambda result: [
        {"name": name, "query": each.query, "about": each.about, "place": each.place}
        for name, each in result.queries.items()
    ],
    BulkPreview: _bulk,
    BulkDone: _bulk,
    BoardLeft: lambda result: [
        {
            "at": each.at,
            "ref": each.ref,
            "act": each.act,
            "said": each.said,
            "event": each.event or None,
        }
        for each in result.acts
    ],
    Listed: lambda result: [ticket(row) for row in result.rows],
}
