"""Who acts, and what they may do, in lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import listed
from sdcli.policy.authority import said
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.authority import Right
    from sdcli.results.people import WhoActs


def head(result: WhoActs) -> str:
    """Who it is."""
    known = result.known
    return line(f"{result.person}: {known.name}" if known else f"{result.person}: in no team")


def lines(result: WhoActs) -> list[str]:
    """Roles, queues, and each thing that they may or may not do."""
    return [f"  {name + ':':<12}{line(text)}" for name, text in _rows(result) if text]


def _rows(result: WhoActs) -> Iterator[tuple[str, str]]:
    known = result.known
    if known is None:
        yield "known", "not in catalog/teams.yaml; --as NAME says who acts"
    else:
        yield "roles", ", ".join(known.roles)
        yield "level", f"{known.level} of 7 (SFIA)" if known.level else "not stated"
        yield "may decide", ", ".join(known.authority)
    yield "queues", ", ".join(result.queues)
    yield "leads", ", ".join(result.leads)
    yield "on call", ", ".join(result.on_call)
    yield "may", "; ".join(each.meaning for each in result.rights if each.may)
    for each in result.rights:
        if not each.may:
            yield "may not", _refused(each)


def _refused(right: Right) -> str:
    """What they may not do, why, and who could."""
    place = f" ({right.demand.place})" if right.demand.place else ""
    who = f"{listed(right.able)} can" if right.able else "nobody can"
    return f"{right.meaning}: that needs {said(right.demand)}{place}; {who}"
