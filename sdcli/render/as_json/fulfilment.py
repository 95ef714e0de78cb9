"""Procedures, standard changes, and how far somebody is with them, as JSON (R3b.1a, R3b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.results.fulfilment import ProcedureShown, ProceduresListed, ProcedureStatistics, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.fulfilment.figures import Figures
    from sdcli.fulfilment.state import Fulfilment
    from sdcli.policy.procedures import Instructions


def state_json(found: Fulfilment) -> dict[str, Any]:
    """How far it is, null where nothing is known."""
    document: dict[str, Any] = msgspec.structs.asdict(found)
    document["steps"] = [msgspec.structs.asdict(each) for each in found.steps]
    for name in ("approval", "ran"):
        event = document[name]
        document[name] = msgspec.to_builtins(event) if event else None
    for name in ("revision", "title", "by"):
        document[name] = document[name] or None
    return document


def _document(what: Instructions, today: str) -> dict[str, Any]:
    """One, every field of it; times in seconds, or in working days."""
    fields: dict[str, Any] = msgspec.to_builtins(what)
    first = {"id": fields.pop("id"), "kind": kind_of(what)}
    takes, effort = fields.pop("takes"), fields.pop("effort")
    del fields["format"]
    return {
        **first,
        **fields,
        "takes_s": takes["seconds"] or None,
        "takes_business_days": takes["business_days"] or None,
        "effort_s": effort or None,
        "expired": what.is_expired(today),
    }


def _statistics(result: ProcedureStatistics) -> dict[str, Any]:
    document: dict[str, Any] = {
        "since": result.since,
        "until": result.until,
        "procedures": [_figures(each) for each in result.rows],
    }
    for step in ("retire", "enhance", "publish"):
        document[step] = [
            {"id": each.id, "title": each.title, "owner": each.owner, "reason": each.reason}
            for each in result.advice
            if each.step == step
        ]
    return document | {"unfitted": [msgspec.structs.asdict(each) for each in result.unfitted]}


def _figures(found: Figures) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(found)
    return {name.removeprefix("is_"): value for name, value in fields.items()}


SHAPES: dict[type, Callable[[Any], Any]] = {
    ProceduresListed: lambda result: [_document(each, result.today) for each in result.rows],
    ProcedureShown: lambda result: _document(result.what, result.today),
    ProcedureStatistics: _statistics,
}
