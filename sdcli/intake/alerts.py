"""Alerts into the ledger: each opens a ticket, or is counted where it belongs (R1a.2, R1a.2b).

One unit of work holds one `AlertBook`. It looks tickets up once, decides for each alert by the
desk's rules, and gathers the events; `finish` appends them. Every alert that arrives is counted
in exactly one event of one ticket, or is told to be ignored.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.intake.outages import Outages
from sdcli.intake.outcome import Outcome
from sdcli.intake.page import Page
from sdcli.intake.placing import opened_by_alert, place
from sdcli.tickets import keys
from sdcli.tickets.event import (
    AnyEvent,
    Classified,
    Correlated,
    Opened,
    Raised,
    Recovered,
    Reopened,
    Repeated,
    Resolved,
    Suppressed,
    Validated,
)
from sdcli.tickets.relations import absorbed, goes_on
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.priority import derive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.intake.items import AlertItem
    from sdcli.intake.outcome import Action
    from sdcli.intake.placing import Placed
    from sdcli.ledger.interface import Writer
    from sdcli.policy.model import Policy
    from sdcli.tickets.alerts import Standing
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket

_THE_ALERT = "the alert "
"""So begins the reason for which an alert raises a priority."""
_AT_WORK = ("new", "in_progress", "waiting")


class AlertBook:
    """Decides what becomes of alerts, in one unit of work."""

    def __init__(self, writer: Writer, policy: Policy, stamp: Stamp) -> None:
        self._writer = writer
        self._policy = policy
        self._rules = policy.intake.alerts
        self._stamp = stamp
        self._outages = Outages(policy, stamp)
        self._pages: dict[str, Page] = {}
        self._refs: dict[str, str] = {}
        self._opened: dict[str, int] = {}

    def record(self, item: AlertItem) -> Outcome:
        """What becomes of one alert."""
        if item.idempotency_key:
            self.finish()  # so that what this unit of work did itself is found as well
            said = self._writer.by_idempotency_key(item.idempotency_key)
            if said is not None:
                reason = "an alert with this idempotency key was recorded already"
                said = goes_on(said, self._writer.get)
                return _told("deduped", said, item.key, "idempotency-key", reason)
        return self._fires(item) if item.firing else self._recovers(item)

    def record_unknown(self, item: AlertItem, opened: Opened, reason: str) -> Outcome:
        """What becomes of a payload that no format knows; `opened` is what it opens.

        The very same again is counted on its ticket, and the limits hold for it as for others.
        """
        page = self._known(item.key)
        if page is not None and page.ticket.status in _AT_WORK:
            return self._again(page, item)
        placed = place(self._policy, item)
        if self._is_storm(item.source):
            return self._storm(item, placed)
        opened = replace(
            opened, key=item.key, source=item.source, alert=placed.facts, rule="unrecognised"
        )
        page = self._create((opened,), item)
        return self._outcome("created", page, item.key, "unrecognised", reason)

    def catch_up(self) -> list[Outcome]:
        """Do what time has made due (T16, T19).

        What still fires after a planned outage is raised; what no longer flaps is believed.
        """
        told = [*self._raise_pending(), *self._believe_held()]
        self.finish()
        return told

    def finish(self) -> None:
        """Append what was gathered."""
        for page in self._pages.values():
            events = page.events()
            if events:
                self._writer.append(page.before, events)
        self._pages.clear()
        self._refs.clear()

    # An alert fires.

    def _fires(self, item: AlertItem) -> Outcome:
        page = self._known(item.key)
        if page is not None and page.ticket.status in _AT_WORK:
            return self._again(page, item)
        placed = place(self._policy, item)
        expecting = self._outages.expecting(item, placed) if self._outages else ""
        if expecting:
            return self._suppress(expecting, item, placed)
        ended = page or self._ended(item.key)
        if ended is not None and self._is_recent(ended.ticket):
            return self._reopen(ended, item)
        return self._first(item, placed, previous=ended.ticket.ref if ended else "")

    def _again(self, page: Page, item: AlertItem) -> Outcome:
        """It fires on a ticket that is being worked on."""
        known = page.standing(item.key)
        if known.firing and self._is_too_many(known):  # a change is never too many
            page.add(self._repeated(item, "limit-of-alert", flapping=known.flapping))
            reason = (
                f"more than {self._rules.limits.sightings_a_key} of it in an hour: counted only"
            )
            return self._outcome("suppressed", page, item.key, "limit-of-alert", reason)
        self._weigh(page, item)
        if known.firing:
            page.add(self._repeated(item, "same-alert", flapping=known.flapping))
            seen = page.standing(item.key).sightings
            reason = f"the same alert, seen {seen} {'time' if seen == 1 else 'times'} by now"
            return self._outcome("deduped", page, item.key, "same-alert", reason)
        flapping = self._flaps(known)
        rule: str = "flapping" if flapping else "fires-again"
        page.add(self._repeated(item, rule, flapping=flapping))
        reason = self._flapping_reason(page, item.key) if flapping else "the alert fires again"
        return self._outcome("resumed", page, item.key, rule, reason)

    def _reopen(self, page: Page, item: AlertItem) -> Outcome:
        self._refs[item.key] = page.ticket.ref
        known = page.standing(item.key)
        flapping = known.flapping if known.firing else self._flaps(known)
        rule: str = "flapping" if flapping else "fires-again"
        within = _spelled(self._rules.reopen_within)
        page.add(
            Reopened(*self._stamp.mark(), reason="the alert fires again"),
            self._repeated(item, rule, flapping=flapping),
        )
        reason = f"the alert fires again within {within} of the end of its ticket"
        if flapping:
            reason = self._flapping_reason(page, item.key)
        return self._outcome("reopened", page, item.key, rule, reason)

    def _first(
        self, item: AlertItem, placed: Placed, *, previous: str = "", rule: str = "first-sighting"
    ) -> Outcome:
        """It has no ticket: one of its service takes it, or it gets one, or a limit stops it."""
        parent = self._parent(item, placed)
        if parent is not None:
            reason = f"{placed.service} has an incident already; {placed.reasons['service']}"
            return self._join(parent, item, placed, "same-service", reason)
        if self._is_storm(item.source):
            return self._storm(item, placed)
        opened = opened_by_alert(
            self._policy, self._stamp, item, placed, previous=previous, rule=rule
        )
        page = self._create((opened,), item)
        reason = f"after {previous}, which ended too long ago to be reopened" if previous else ""
        return self._outcome("created", page, item.key, rule, reason)

    def _create(self, events: tuple[AnyEvent, ...], item: AlertItem) -> Page:
        ticket = self._writer.create(events)
        self._refs[item.key] = ticket.ref
        if item.source in self._opened:
            self._opened[item.source] += 1
        return self._page(ticket)

    def _parent(self, item: AlertItem, placed: Placed) -> Page | None:
        """The incident of the same service that is new enough to be the same one."""
        if not placed.is_mapped:
            return None
        topic = keys.topic(placed.service, item.environment)
        newest = next(self._writer.having(topic, self._stamp.at), None)
        if newest is None:
            return None
        page = self._page(newest)
        within = timedelta(seconds=self._rules.correlate_within)
        is_near = self._stamp.at - page.last_joined <= within
        return page if is_near and page.ticket.status in _AT_WORK else None

    def _join(self, page: Page, item: AlertItem, placed: Placed, rule: str, reason: str) -> Outcome:
        page.add(
            Correlated(
                *self._stamp.mark(),
                key=item.key,
                summary=item.summary,
                alert=placed.facts,
                rule=rule,
                fields=item.labels,
                payload=item.payload,
                idempotency_key=item.idempotency_key,
            )
        )
        self._refs[item.key] = page.ticket.ref
        self._weigh(page, item)
        return self._outcome("correlated", page, item.key, rule, reason)

    def _weigh(self, page: Page, item: AlertItem) -> None:
        """Let a graver alert raise the priority of a ticket that nobody has looked at yet.

        What somebody has confirmed or classified stays as they left it.
        """
        ticket = page.ticket
        if ticket.status != "new" or item.urgency in (ticket.urgency, UNKNOWN):
            return
        derived = derive(self._policy, ticket.impact, item.urgency)
        if derived.priority >= ticket.priority or any(map(_is_look, ticket.standing)):
            return
        page.add(
            Classified(
                *self._stamp.mark(),
                type=ticket.type,
                service=ticket.service,
                feature=ticket.feature,
                impact=ticket.impact,
                urgency=item.urgency,
                priority=derived.priority,
                reason=f"{_THE_ALERT}{item.key} has the severity {item.severity}; {derived.reason}",
            )
        )

    # A limit stops a runaway (T17).

    def _is_storm(self, source: str) -> bool:
        """Whether a monitoring system has opened as much as it may."""
        limits, now = self._rules.limits, self._stamp.at
        if source not in self._opened:
            since = now - timedelta(seconds=limits.over)
            hours = [now - timedelta(hours=back) for back in range(limits.over // 3600 + 2)]
            names = [keys.arrived(source, at) for at in hours]
            found = sum(self._writer.how_many(name) for name in names)
            if found >= limits.tickets_a_source:
                tickets = (each for name in names for each in self._writer.having(name, since))
                found = sum(ticket.opened_at > since for ticket in tickets)
            self._opened[source] = found
        return self._opened[source] >= limits.tickets_a_source

    def _storm(self, item: AlertItem, placed: Placed) -> Outcome:
        """Count an alert on the ticket that stands for what the limit has stopped."""
        limits = self._rules.limits
        since = self._stamp.at - timedelta(seconds=limits.over)
        said = f"{limits.tickets_a_source} tickets in {_spelled(limits.over)}, as many as it may"
        storms = (self._page(t) for t in self._writer.having(keys.storm(item.source), since))
        page = next((storm for storm in storms if storm.ticket.status in _AT_WORK), None)
        if page is None:
            opened = Opened(
                *self._stamp.mark(),
                summary=f"Alert storm: {item.source} opened {said}",
                queue=self._policy.teams.desk.queue,
                tier=self._policy.tier(self._policy.teams.desk.queue),
                priority=derive(self._policy, "unknown", "high").priority,
                policy=self._policy.levels_hash,
                channel="monitoring",
                type="incident",
                urgency="high",
                reasons={"urgency": "a storm of alerts", "type": "a monitoring system says so"},
                details="Further new alerts of this system are counted here, each with its "
                "payload: `sdcli intake explain REF` lists them.",
                source=item.source,
                rule="limit-of-source",
            )
            page = self._page(self._writer.create((opened,)))
        return self._join(page, item, placed, "limit-of-source", f"{item.source} opened {said}")

    def _is_too_many(self, known: Standing) -> bool:
        """Whether an alert arrived as often within the hour as it may."""
        hour = int(self._stamp.at.timestamp()) // 3600
        return known.hour == hour and known.in_hour >= self._rules.limits.sightings_a_key

    # An alert is over.

    def _recovers(self, item: AlertItem) -> Outcome:
        page = self._known(item.key)
        if page is not None:
            return self._recovery(page, item)
        for record in self._pending():
            if item.key in record.ticket.pending:
                page = record
                page.add(
                    Suppressed(
                        *self._stamp.mark(), key=item.key, firing=False, rule="planned-outage"
                    )
                )
                reason = "it recovered in the planned outage it was counted against"
                return self._outcome("suppressed", page, item.key, "planned-outage", reason)
        reason = "a recovery of an alert that no open ticket knows"
        return Outcome(action="ignored", key=item.key, rule="recovery-unknown", reason=reason)

    def _recovery(self, page: Page, item: AlertItem) -> Outcome:
        known = page.standing(item.key)
        left = page.others_firing(item.key)
        if not known.firing:
            page.add(self._recovered(item.key, "recovery-known", left, flapping=known.flapping))
            reason = "the recovery had been noted already"
            return self._outcome("deduped", page, item.key, "recovery-known", reason)
        flapping = self._flaps(known)
        rule: str = "flapping" if flapping else "recovery-of-one" if left else "recovery"
        page.add(self._recovered(item.key, rule, left, flapping=flapping))
        if flapping:
            reason = self._flapping_reason(page, item.key)
            return self._outcome("resumed", page, item.key, rule, reason)
        if left:
            others = "another alert of the ticket goes" if left == 1 else f"{left} others go"
            reason = f"it is over; {others} on"
            return self._outcome("resumed", page, item.key, rule, reason)
        return self._resolved(page, item.key)

    def _resolved(self, page: Page, key: str) -> Outcome:
        """All alerts are over: note it, and resolve the ticket if the desk's rule says so."""
        ticket = page.ticket
        resolves = self._rules.on_recovery == "resolve" and ticket.status in _AT_WORK
        if not resolves or ticket.held:
            stays = "" if ticket.status == "resolved" else "; the ticket stays open until resolved"
            reason = f"monitoring reports the service restored{stays}"
            return self._outcome("resumed", page, key, "recovery", reason)
        page.add(
            Resolved(
                *self._stamp.mark(),
                code=self._rules.recovery_code,
                note="monitoring reports the service restored",
            )
        )
        reason = "monitoring reports the service restored, which resolves the ticket"
        return self._outcome("resumed", page, key, "recovery-resolves", reason)

    # Flapping (T16).

    def _flaps(self, known: Standing) -> bool:
        """Whether an alert flaps, with the change that is just happening."""
        rule = self._rules.flapping
        changes = self._recent_changes(known) + 1
        return changes > rule.ends_at if known.flapping else changes >= rule.starts_at

    def _recent_changes(self, known: Standing) -> int:
        since = self._stamp.at - timedelta(seconds=self._rules.flapping.over)
        return sum(at > since for at in known.changes)

    def _flapping_reason(self, page: Page, key: str) -> str:
        known = page.standing(key)
        over = _spelled(self._rules.flapping.over)
        changes = self._recent_changes(known)
        return f"it flaps: {changes} changes within {over}, {known.flips} in all; held open"

    def _believe_held(self) -> list[Outcome]:
        """End the flapping of alerts that have calmed down."""
        told = []
        for ticket in list(self._writer.having(keys.HELD, self._stamp.at)):
            page = self._page(ticket)
            for key in page.ticket.held:
                known = page.standing(key)
                if self._recent_changes(known) > self._rules.flapping.ends_at:
                    continue
                told.append(self._calm(page, known))
        return told

    def _calm(self, page: Page, known: Standing) -> Outcome:
        rule: str = "flapping-over"
        if known.firing:
            again = Repeated(*self._stamp.mark(), key=known.key, times=0, rule=rule)
            page.add(again)
            reason = "it no longer flaps, and fires"
            return self._outcome("resumed", page, known.key, rule, reason)
        left = page.others_firing(known.key)
        page.add(self._recovered(known.key, rule, left, flapping=False, times=0))
        if left:
            reason = "it no longer flaps, and is over; others go on"
            return self._outcome("resumed", page, known.key, rule, reason)
        return self._resolved(page, known.key)

    # Planned outages (T19).

    def _suppress(self, name: str, item: AlertItem, placed: Placed) -> Outcome:
        page = self._page(self._outages.record(self._writer, name))
        is_new = item.key not in page.ticket.pending
        opened = opened_by_alert(self._policy, self._stamp, item, placed) if is_new else None
        page.add(
            Suppressed(
                *self._stamp.mark(),
                key=item.key,
                firing=True,
                would_open=opened,
                rule="planned-outage",
            )
        )
        reason = f"a planned outage expects it: {page.ticket.summary.partition(': ')[2]}"
        return self._outcome("suppressed", page, item.key, "planned-outage", reason)

    def _pending(self) -> list[Page]:
        """The records of outages with alerts that have not been raised."""
        for ticket in self._writer.having(keys.PENDING, self._stamp.at):
            self._page(ticket)
        return [page for page in self._pages.values() if page.ticket.pending]

    def _raise_pending(self) -> list[Outcome]:
        told = []
        for page in self._pending():
            if self._outages.lasts(page.ticket.opening.outage):
                continue
            opened = {
                event.key: event.would_open
                for event in page.ticket.standing
                if isinstance(event, Suppressed) and event.would_open
            }
            told += [self._raise(page, key, opened[key]) for key in page.ticket.pending]
        return told

    def _raise(self, record: Page, key: str, would_open: Opened) -> Outcome:
        """Open what an outage kept from being opened, unless it has a ticket by now."""
        page = self._known(key)
        if page is None or page.ticket.status not in _AT_WORK:
            other = self._outages.expecting_again(would_open)
            if other:
                return self._hand_on(record, other, would_open)
            id_, at, by, _ = self._stamp.mark()
            reasons = {**would_open.reasons, "raised": f"it still fires after {record.ticket.ref}"}
            opened = replace(
                would_open,
                id=id_,
                at=at,
                by=by,
                reasons=reasons,
                rule="outage-over",
                policy=self._policy.levels_hash,
            )
            page = self._page(self._writer.create((opened,)))
            self._refs[key] = page.ticket.ref
        record.add(Raised(*self._stamp.mark(), key=key, ref=page.ticket.ref))
        reason = f"it still fires after the end of {record.ticket.ref}, a planned outage"
        return self._outcome("created", page, key, "outage-over", reason)

    def _hand_on(self, record: Page, name: str, would_open: Opened) -> Outcome:
        """Another outage expects it still: it is pending there from now on."""
        key = would_open.key
        page = self._page(self._outages.record(self._writer, name))
        again = Suppressed(
            *self._stamp.mark(),
            key=key,
            firing=True,
            times=0,
            would_open=would_open,
            rule="planned-outage",
        )
        page.add(again)
        record.add(Raised(*self._stamp.mark(), key=key, ref=page.ticket.ref))
        reason = f"a planned outage expects it: {page.ticket.summary.partition(': ')[2]}"
        return self._outcome("suppressed", page, key, "planned-outage", reason)

    # Looking tickets up.

    def _page(self, ticket: Ticket) -> Page:
        """The page of a ticket: begun now, or as it is by now."""
        page = self._pages.get(ticket.ref)
        if page is None:
            taken = chain.from_iterable(
                each.standing for each in absorbed(ticket, self._writer.get)
            )
            page = self._pages[ticket.ref] = Page(ticket, taken)
        return page

    def _known(self, key: str) -> Page | None:
        """The ticket that is not closed and has this alert, or goes on for one that had it (T24)."""
        ref = self._refs.get(key)
        if ref is not None:
            return self._pages[ref]
        taken = self._going_on(keys.absorbed(key), self._stamp.at)
        open_ = (each for each in taken if not each.is_closed)
        ticket = self._writer.by_key(key) or next(open_, None)
        if ticket is None:
            return None
        self._refs[key] = ticket.ref
        return self._page(ticket)

    def _ended(self, key: str) -> Page | None:
        """The newest ticket that had this alert, closed by now."""
        since = self._stamp.at - timedelta(seconds=self._rules.reopen_within)
        found = [*self._going_on(keys.absorbed(key), since)]
        found += islice(self._going_on(keys.seen(key), since), 1)
        newest = max(found, key=_ended_at, default=None)
        return self._page(newest) if newest else None

    def _going_on(self, key: str, since: datetime) -> Iterator[Ticket]:
        """Where the tickets with a key go on, the newest first (T24)."""
        for found in self._writer.having(key, since):
            yield goes_on(found, self._writer.get)

    def _is_recent(self, ticket: Ticket) -> bool:
        return self._stamp.at - _ended_at(ticket) <= timedelta(seconds=self._rules.reopen_within)

    # Events and answers.

    def _repeated(self, item: AlertItem, rule: str, *, flapping: bool) -> Repeated:
        return Repeated(
            *self._stamp.mark(),
            key=item.key,
            flapping=flapping,
            rule=rule,
            idempotency_key=item.idempotency_key,
        )

    def _recovered(
        self, key: str, rule: str, left: int, *, flapping: bool, times: int = 1
    ) -> Recovered:
        return Recovered(
            *self._stamp.mark(),
            key=key,
            times=times,
            all_clear=not left,
            flapping=flapping,
            rule=rule,
        )

    def _outcome(self, action: Action, page: Page, key: str, rule: str, reason: str) -> Outcome:
        # The ticket as it was: whoever answers looks it up when all is done, and a storm does
        # not keep thousands of versions of one ticket.
        return Outcome(action=action, ticket=page.before, key=key, rule=rule, reason=reason)


def _is_look(event: AnyEvent) -> bool:
    """Whether a person has looked: at what monitoring said, or at how much it matters."""
    if type(event) is Classified:
        return bool(event.grounds) or not event.reason.startswith(_THE_ALERT)
    return type(event) is Validated


def _ended_at(ticket: Ticket) -> datetime:
    return ticket.closed_at or ticket.resolved_at or ticket.updated_at


def _told(action: Action, ticket: Ticket, key: str, rule: str, reason: str) -> Outcome:
    return Outcome(action=action, ticket=ticket, key=key, rule=rule, reason=reason)


def _spelled(seconds: int) -> str:
    """A time as the desk's files write it: `1h30m`."""
    hours, minutes = divmod(seconds // 60, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes or not hours else "")
