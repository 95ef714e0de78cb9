"""Procedures, standard changes, and how far somebody is with them, as text (R3b.1a, R3b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.policy.procedures import Procedure, StandardChange
from sdcli.render import words
from sdcli.render.as_text.tables import table
from sdcli.render.safe import line
from sdcli.results.fulfilment import ProcedureShown, ProceduresListed, ProcedureStatistics, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdcli.fulfilment.figures import Figures
    from sdcli.fulfilment.state import Fulfilment
    from sdcli.policy.procedures import Instructions
    from sdcli.render.as_text import Lines, Screen
    from sdcli.tickets.event import HookRan

    Style = Callable[..., str]


_STEPS = {
    "retire": "To retire:",
    "enhance": "To enhance:",
    "publish": "To publish, as callers could do it themselves:",
}


_MOST_REFS = 20


def said(found: Fulfilment) -> str:
    """How far it is, on one line: `unlock-account: step 2 of 4; approved by dana`."""
    return f"{found.procedure}: {'; '.join(_parts(found))}"


def rows(found: Fulfilment) -> list[tuple[str, str]]:
    """The rows of `sdcli show`."""
    title = f" ({found.title})" if found.title else ""
    told = [("fulfilment", f"{found.procedure}{title}: {'; '.join(_parts(found))}")]
    for each in found.steps:
        if each.result or found.state == "running":
            note = f": {each.note}" if each.note else ""
            told.append((f"step {each.number}", f"{each.result or 'open'}{note}  {each.step}"))
    return told


def _parts(found: Fulfilment) -> Iterator[str]:
    if found.state == "running":
        yield _step(found)
    elif found.state == "scheduled" and found.scheduled:
        yield f"scheduled for {words.instant(found.scheduled)}"
    elif found.state == "named":
        yield "named by the catalog, not begun"
    elif found.state not in ("approved", "rejected"):
        yield found.state
    decided = found.approval
    if decided is not None:
        again = ", as it was before" if found.outdated else ""
        yield f"{decided.decision} by {decided.person}{again}"
    elif found.needs_approval and found.state in ("named", "sought"):
        yield "waits for somebody to agree"
    if found.expected_at:
        yield f"should be done by {words.instant(found.expected_at)}"
    if found.changed:
        yield "its document was changed since it was begun"
    yield from _conditions(found)


def _conditions(found: Fulfilment) -> Iterator[str]:
    """What its program did, and what is not known to be met."""
    if found.ran is not None:
        yield f"program: {_ended(found.ran)}"
    wrong = [f"{name} ({met})" for name, met in found.prerequisites.items() if met != "yes"]
    if wrong and found.ended_at is None:
        yield f"not known to be met: {', '.join(wrong)}"


def _step(found: Fulfilment) -> str:
    """Where a walk stands."""
    if found.gone:
        return "under way, its document is gone or cannot be read"
    if found.step:
        return f"step {found.step} of {found.total}"
    return f"all {found.total} steps are taken"


def _ended(ran: HookRan) -> str:
    """How a program ended, as far as anybody heard."""
    if ran.is_start:
        return f"started {words.instant(ran.at)}, and nobody has heard how it ended"
    return ran.reason or f"exit {ran.exit_code}"


def _listed(result: ProceduresListed, style: Style) -> Lines:
    if not result.rows:
        return [], ["There are none: `sdcli init` starts a desk from which to copy some."]
    told = []
    for each in result.rows:
        facts = ", ".join(_facts(each, result.today))
        told.append(f"{style(line(each.id), bold=True)}  {line(each.title)}  [{line(facts)}]")
    return told, ["Next: sdcli procedure show ID"]


def _facts(what: Instructions, today: str) -> Iterator[str]:
    yield "standard change" if isinstance(what, StandardChange) else "procedure"
    yield from what.services
    if takes := words.amount(what.takes):
        yield takes
    if what.authorisation:
        yield "needs approval"
    if what.is_expired(today):
        yield "expired"


def _shown(result: ProcedureShown, style: Style) -> Iterator[str]:
    what = result.what
    yield style(f"{line(what.id)}  {line(what.title)}", bold=True)
    for name, value in _rows(what, result.today):
        yield f"  {name + ':':<16}{line(' '.join(value.split()))}"
    yield from _block("Before it begins", [f"{k}: {v}" for k, v in what.prerequisites.items()])
    if isinstance(what, StandardChange):
        yield from _block("Filled in", [f"{k}: {v}" for k, v in what.rfc.fields.items()])
    yield ""
    yield "Steps"
    for number, each in enumerate(what.steps, 1):
        yield f"  {number}. {line(' '.join(each.split()))}"
    yield from _block("Afterwards", what.follow_ups)


def _block(title: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield ""
        yield title
        yield from (f"  - {line(' '.join(each.split()))}" for each in entries)


def _rows(what: Instructions, today: str) -> Iterator[tuple[str, str]]:
    yield "kind", kind_of(what).replace("-", " ")
    yield "for", what.describes
    yield "serves", ", ".join((*what.services, *what.features, *what.requests))
    if asked := what.authorisation:
        who = (*asked.people, *(["the manager"] if asked.manager else ()))
        rights = (*who, *asked.roles, *asked.authority)
        yield "agrees", ", ".join(rights) + (f" ({asked.why})" if asked.why else "")
    if may := what.entitled:
        yield "entitled", ", ".join((*may.classes, *may.units))
    yield from _of_change(what)
    for name, text_ in (("hours", what.calendar), ("licences", what.licences), ("cost", what.cost)):
        if text_:
            yield name, text_
    effort = f", {words.work(what.effort)} of work" if what.effort else ""
    if takes := words.amount(what.takes):
        yield "takes", f"{takes}{effort}"
    yield "owner", f"{what.owner}, else {what.second_owner}"
    yield "good until", what.expires + (" (expired)" if what.is_expired(today) else "")
    if what.hook:
        yield "program", " ".join(what.hook.command)
    yield "verification", what.verification
    yield "revision", what.revision
    if what.place:
        yield "file", what.place.rpartition(":")[0]


def _of_change(what: Instructions) -> Iterator[tuple[str, str]]:
    if isinstance(what, Procedure) or not isinstance(what, StandardChange):
        return
    yield "carried out by", ", ".join((*what.authorised.queues, *what.authorised.roles)) or "nobody"
    yield "done before", f"{what.succeeded.reference} on {what.succeeded.date}"
    approved = what.approved
    yield "approved", f"by {approved.by} on {approved.date} ({approved.reference})"
    yield "category", what.rfc.category
    yield "complete when", what.done


def _statistics(result: ProcedureStatistics) -> Iterator[str]:
    found = [each for each in result.rows if each.begun or result.is_narrowed]
    if found:
        yield from table([_HEADS, *(_row(each) for each in found)])
    else:
        yield "Nobody followed a procedure in this time."
    remarks = [(each, remark) for each in found for remark in each.improvements]
    if remarks:
        yield ""
        yield "To improve, as was said at the end:"
        for each, remark in remarks:
            yield f"  {line(each.id)}  {line(remark.text)} ({remark.ref})"
    for step, title in _STEPS.items():
        told = [each for each in result.advice if each.step == step]
        if told:
            yield ""
            yield title
            for one in told:
                yield f"  {line(one.id)}  {line(one.title)} ({line(one.owner)}): {line(one.reason)}"
    if result.unfitted:
        yield ""
        count = words.count(len(result.unfitted), "ticket")
        refs = " ".join(each.ref for each in result.unfitted[:_MOST_REFS])
        yield f"To write: no procedure fitted on {count}: {refs}"


_HEADS = ["id", "runs", "fulfilled", "failed", "left off", "open", "took", "says", "late", "right"]


def _row(found: Figures) -> list[str]:
    answers = found.accurate + found.inaccurate
    return [
        line(found.id),
        str(found.begun),
        str(found.fulfilled),
        str(found.failed),
        str(found.abandoned),
        str(found.running),
        words.work(found.took_s) or "0m" if found.took_s is not None else "",
        words.work(found.estimate_s) if found.estimate_s else "",
        f"{found.late} of {found.in_time + found.late}" if found.in_time + found.late else "",
        f"{found.accurate} of {answers}" if answers else "",
    ]


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    ProceduresListed: lambda result, screen: _listed(result, screen.style),
    ProcedureShown: lambda result, screen: (
        _shown(result, screen.style),
        [f"Next: sdcli fulfil REF {result.what.id}"],
    ),
    ProcedureStatistics: lambda result, _: (_statistics(result), []),
}
