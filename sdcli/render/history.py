"""Events told as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.words import instant, work
from sdcli.tickets import event as e
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdcli.tickets.event import AnyEvent, ArticleUse


def sentence(happened: AnyEvent) -> str:
    """What an event says, raw: the caller makes it safe for the terminal."""
    return TOLD[type(happened)](happened)


def _opened(event: e.Opened) -> str:
    whom = f" for {event.on_behalf_of}" if event.on_behalf_of else ""
    return f"opened by {event.channel} from {event.requester}{whom}: {event.summary}"


def _noted(event: e.Noted) -> str:
    return (
        f"{'told the caller' if event.visible else 'noted'}{_effort(event.minutes)}: {event.text}"
    )


def _classified(event: e.Classified) -> str:
    what = f"{event.type}, {event.service}/{event.feature}"
    level = f"impact {event.impact}, urgency {event.urgency}: {event.priority}"
    return f"classified as {what}, {level}{_because(event.reason)}"


def _assigned(event: e.Assigned) -> str:
    return f"assigned to {event.to} in {event.queue}" if event.to else f"put into {event.queue}"


def _waited(event: e.Waited) -> str:
    until = f" until {instant(event.until)}" if event.until else ""
    return f"waits for {event.waiting_for}{until}{_because(event.reason)}"


def _escalated(event: e.Escalated) -> str:
    how = "escalated" if event.hand_over == "escalate" else "transferred"
    return f"{how} to {event.to}{_because(event.reason)}"


def _resolved(event: e.Resolved) -> str:
    return f"resolved as {event.code}{_because(event.note)}{_articles(event.articles)}"


def _closed(event: e.Closed) -> str:
    how = (
        f"confirmed by {event.confirmed_by} via {event.via}"
        if event.confirmed_by
        else f"not confirmed: {event.unconfirmed}"
    )
    skipped = f"; skipped: {', '.join(event.skipped)}" if event.skipped else ""
    return (
        f"closed as {event.code}, {how}{_because(event.note)}{_articles(event.articles)}{skipped}"
    )


def _imported(event: e.Imported) -> str:
    return f"imported from {event.source}"


def _sla_alerted(event: e.SlaAlerted) -> str:
    what = "breach" if event.threshold >= BREACH else f"warning at {event.threshold} %"
    people = ", ".join(event.recipients) or "nobody"
    return f"{event.target} {what} of {work(event.target_s)}, for {people}"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _effort(minutes: int) -> str:
    return f" ({minutes} min)" if minutes else ""


def _articles(articles: Sequence[ArticleUse]) -> str:
    return "".join(f"; {used.id} {used.outcome}" for used in articles)


TOLD: dict[type[e.Event], Callable[[Any], str]] = {
    e.Opened: _opened,
    e.Noted: _noted,
    e.Classified: _classified,
    e.Assigned: _assigned,
    e.Accepted: lambda event: f"accepted by {event.by}",
    e.Returned: lambda event: f"returned to {event.to}{_because(event.reason)}",
    e.Waited: _waited,
    e.Resumed: lambda event: f"work goes on{_because(event.reason)}",
    e.Escalated: _escalated,
    e.Resolved: _resolved,
    e.Closed: _closed,
    e.Reopened: lambda event: f"reopened{_because(event.reason)}",
    e.Repeated: lambda _: "the same alert again",
    e.Recovered: lambda _: "monitoring reports the service restored",
    e.SlaAlerted: _sla_alerted,
    e.Imported: _imported,
}
