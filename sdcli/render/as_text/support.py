"""Whether something is supported, as text (R2b.1, R2b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.errors import listed
from sdcli.render import words
from sdcli.tickets.support import state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sdcli.policy.model import Service
    from sdcli.results.triage import Supported
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.contact import Support


_WHY = {
    "override": "decided for what the catalog does not hold",
    "question-tree": "where the questions led",
    "service": "that of the service",
    "coverage": "a rule of coverage in sla_policies.yaml",
    "component": "the strictest of the services that the component belongs to",
    "default": "no service is known, so the default applies",
    "if-overridden": "what an override would promise",
}


def said(support: Support, now: datetime) -> str:
    """What was decided, in a phrase."""
    stands = state(support, now)
    if support.found:
        return f"{support.what}: held by the catalog as {support.found}"
    device = "device, " if support.device else ""
    by = f", by authority of {support.authorised_by}" if support.authorised_by else ""
    until = f", until {words.instant(support.until)}" if support.until else ""
    why = f" ({support.reason})" if support.reason else ""
    return f"{support.what}: {device}{stands}{by}{until}{why}{facts(support)}"


def facts(support: Support) -> str:
    """What was said of it beside the decision: its agreement, what it means, what it violates."""
    rows = (
        ("agreement ", support.agreement),
        ("impact: ", support.impact),
        ("violates ", support.violates),
    )
    return "".join(f"; {name}{text}" for name, text in rows if text)


def box_said(found: TimeBox, now: datetime) -> str:
    """How long the tier may try, in a phrase."""
    may = f"tier {found.tier} may try for {words.work(found.target_s)}"
    when = words.instant(found.due)
    if found.state == "breached":
        return f"{may}; passed {when}: escalate it"
    if found.state == "met":
        return f"{may}; done in time"
    if found.state == "paused":
        return f"{may}; paused"
    return f"{may}: until {when} ({words.span(found.due - int(now.timestamp()))} left)"


def lines(result: Supported) -> Iterator[tuple[str, str]]:
    """The answer for people: rows of a name and what is to be said, raw."""
    seen = result.seen
    for name, service in result.services.items():
        yield from _about(name, service)
    feature = result.named_feature
    if feature:
        limits = f": {feature.limits}" if feature.limits else ""
        yield "feature", f"{result.feature}, {feature.name}{limits}"
    if result.component:
        yield "component", result.component
    yield "agreement", f"{result.agreement}, {result.grants.name} ({_WHY[result.why]})"
    yield "calendar", result.grants.calendar
    yield from _promised(result, seen.ticket.priority if seen else "")
    yield from _decides(result)
    if seen:
        for target, face in seen.sla.items():
            if face.due:
                yield target, words.clock(face, seen.now)
    if seen and result.time_box:
        yield "time box", box_said(result.time_box, seen.now)


def _decides(result: Supported) -> Iterator[tuple[str, str]]:
    """What an override would promise, and who may decide one; and what is promised no longer."""
    if result.gone:
        gone = f"agreement {result.gone} is no longer in sla_policies.yaml"
        yield "note", f"{gone}; {result.agreement} applies"
    would = result.grants_override
    if would and result.seen:
        targets = result.override_targets[result.seen.ticket.priority]
        first, last = words.amount(targets.response), words.amount(targets.resolution)
        yield "override", f"would promise {would}: response {first}, resolution {last}"
    if result.deciders:
        yield "decided by", listed(result.deciders)


def _about(name: str, service: Service) -> Iterator[tuple[str, str]]:
    yield "service", f"{name}, {service.name} ({service.place})"
    yield "owner", f"{service.owner}, queue {service.queue}"
    rows = (
        ("limits", service.limits),
        ("runs on", ", ".join(service.components)),
        ("depends on", ", ".join(service.depends_on)),
    )
    yield from (row for row in rows if row[1])


def _promised(result: Supported, priority: str) -> Iterator[tuple[str, str]]:
    """Targets and time boxes: of one priority, or of all of them."""
    for each, targets in result.targets.items():
        if priority in ("", each):
            first, last = words.amount(targets.response), words.amount(targets.resolution)
            tries = ", ".join(_tries(result.boxes[each]))
            escalates = f"; escalates after {tries}" if tries else ""
            yield each, f"response {first}, resolution {last}{escalates}"


def _tries(box_: Any) -> Iterable[str]:
    for tier in (1, 2, 3):
        limit = box_.of(tier)
        if limit is not None:
            yield f"{words.work(limit)} in tier {tier}"


def head(result: Supported) -> str:
    """The answer itself, in a sentence."""
    seen = result.seen
    about = seen.ticket.ref if seen else result.asked
    support = seen.ticket.support if seen else None
    if seen and support and not support.found:
        return f"{about} is not supported: {said(support, seen.now)}."
    if result.supported:
        via = " by its component" if result.why == "component" and seen else ""
        return f"{about} is supported{via}: the catalog holds {' and '.join(result.services)}."
    if result.supported is None:
        return f"Nobody has said yet which service {about} is about."
    what = f": {result.asked} is" if seen else " is"
    return f"{about}{what} not in the catalog."


def next_step(result: Supported) -> list[str]:
    """What to do where the catalog does not hold it."""
    if result.supported:
        return []
    near = ", ".join(f"{name} ({each.name})" for name, each in result.nearest.items())
    told = [f"Nearest: {near}."] if near else []
    if result.seen is None:
        return [*told, "Next: sdcli support REF --unsupported NAME records what a caller asks for"]
    from sdcli.render.hints import undecided  # noqa: PLC0415 - only what is not supported needs it

    ref, support = result.seen.ticket.ref, result.seen.ticket.support
    if result.held:
        step = f"sdcli classify {ref} --service {result.held}"
        return [f"Next: {step}   # the catalog holds it by now"]
    service = next(iter(result.nearest), "SERVICE")
    first = [f"Next: sdcli classify {ref} --service {service}   # if it is that"]
    if support is None:
        return [*told, *first, f"Next: sdcli support {ref} --unsupported NAME   # if it is none"]
    stands = state(support, result.seen.now)
    steps = undecided(ref) if stands in ("unsupported", "unsupported-expired") else []
    return [*told, *(f"Next: {step}" for step in steps)]
