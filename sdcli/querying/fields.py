"""What can be asked of a ticket, and whether a ticket is as it is asked.

Each field is one entry of `FIELDS`: what kind of value it takes, what a ticket has of it, and a line
for the help. Times are UTC; what is open-ended in a query is read by `Frame`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sdcli.errors import QueryError, nearest
from sdcli.querying.language import WORDS
from sdcli.tickets.event import Closed, instant
from sdcli.tickets.expectation import due
from sdcli.tickets.hand_over import ping_pong
from sdcli.tickets.query import AMONG, NOBODY, Query, says
from sdcli.tickets.relations import linked
from sdcli.tickets.words import (
    LEVELS,
    OPEN_STATUSES,
    PRIORITIES,
    REQUEST_TYPES,
    STATUSES,
    UNKNOWN,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from sdcli.policy.model import Policy
    from sdcli.querying.language import Term
    from sdcli.sla.clock import Clock
    from sdcli.tickets.ticket import Ticket

Clocks: TypeAlias = "Callable[[Ticket], Mapping[str, Clock]]"

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SPAN = re.compile(r"(?:([0-9]{1,6})w)?(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,3})?%?")
ME = "me"


class Frame(NamedTuple):
    """What a query is read by: the desk's files, the instant, who asks, and how clocks stand."""

    policy: Policy
    now: datetime
    me: str
    clocks: Clocks


class Field(NamedTuple):
    """Something that can be asked.

    Args:
        kind: a word of a list, a time, a length of time, a number, or a flag.
        about: what it is, for the help.
        words: what a ticket has of it, if it is words; `known`: which there are.
        number: what a ticket has of it, if it is a number, or a time in seconds since 1970.
    """

    kind: Literal["word", "when", "span", "number", "flag", "sla"]
    about: str
    words: Callable[[Ticket], Iterable[str | None]] | None = None
    known: Callable[[Policy], Iterable[str]] | None = None
    number: Callable[[Ticket, Frame], float | None] | None = None


def _since_1970(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _due_in(ticket: Ticket, frame: Frame) -> float | None:
    """In how many seconds the next target is due; less than nothing if it is past."""
    dues = [c.due for c in frame.clocks(ticket).values() if c.due and c.state in _RUNS]
    return min(dues) - frame.now.timestamp() if dues else None


def _percent(ticket: Ticket, frame: Frame) -> float | None:
    """How much of a target is gone, of the one of which most is."""
    found = [c.percent for c in frame.clocks(ticket).values() if c.percent and c.state in _RUNS]
    return max(found, default=None)


_RUNS = ("running", "paused", "breached")
_SLA_STATES = ("running", "paused", "met", "breached", "none")


def _features(policy: Policy) -> Iterable[str]:
    services = policy.catalog.services.values()
    return {UNKNOWN, *(name for service in services for name in service.features)}


def _cause(ticket: Ticket) -> str:
    """Why it was, by its last closing."""
    closed = (e for e in reversed(ticket.standing) if isinstance(e, Closed))
    return next((event.cause for event in closed), "")


FIELDS: dict[str, Field] = {
    "ref": Field("word", "the reference, SD-42 or 42", lambda t: (t.ref, t.ref[3:])),
    "status": Field(
        "word", "the status, or `open`", lambda t: (t.status,), lambda _: (*STATUSES, "open")
    ),
    "type": Field("word", "the type", lambda t: (t.type,), lambda _: REQUEST_TYPES),
    "priority": Field("word", "P1 to P5", lambda t: (t.priority,), lambda _: PRIORITIES),
    "impact": Field("word", "the impact", lambda t: (t.impact,), lambda _: LEVELS),
    "urgency": Field("word", "the urgency", lambda t: (t.urgency,), lambda _: LEVELS),
    "queue": Field("word", "the queue", lambda t: (t.queue,), lambda p: p.teams.queues),
    "assignee": Field("word", "who works on it; `me`, `none`", lambda t: (t.assignee or NOBODY,)),
    "user": Field(
        "word",
        "who asked, or whom it is for; id or mail",
        lambda t: (t.requester, t.opening.on_behalf_of, t.opening.mail),
    ),
    "unit": Field("word", "the caller's unit", lambda t: (t.opening.unit,)),
    "site": Field("word", "the caller's site", lambda t: (t.opening.site,)),
    "service": Field(
        "word",
        "the service",
        lambda t: (t.service,),
        lambda p: (*p.catalog.services, UNKNOWN),
    ),
    "feature": Field("word", "the feature", lambda t: (t.feature,), _features),
    "channel": Field(
        "word", "how it came", lambda t: (t.opening.channel,), lambda p: p.vocabulary.channel
    ),
    "code": Field(
        "word", "the closure code", lambda t: (t.code,), lambda p: p.vocabulary.closure_code
    ),
    "cause": Field("word", "the cause, as it was closed", lambda t: (_cause(t),)),
    "waiting": Field(
        "word",
        "whom it waits for",
        lambda t: (t.waiting_for,),
        lambda p: p.vocabulary.waiting_for,
    ),
    "change": Field("word", "how far its request for change is", lambda t: (t.change_status,)),
    "parent": Field("word", "its parent", lambda t: linked(t, "parent")),
    "problem": Field("word", "the problem behind it", lambda t: t.problems),
    "opened": Field("when", "when it was opened", number=lambda t, _: _since_1970(t.opened_at)),
    "updated": Field("when", "its last change", number=lambda t, _: _since_1970(t.updated_at)),
    "resolved": Field(
        "when", "when it was resolved", number=lambda t, _: _since_1970(t.resolved_at)
    ),
    "closed": Field("when", "when it was closed", number=lambda t, _: _since_1970(t.closed_at)),
    "eta": Field("when", "when the caller expects it", number=lambda t, _: _since_1970(t.eta)),
    "age": Field(
        "span",
        "how long ago it was opened",
        number=lambda t, f: (f.now - t.opened_at).total_seconds(),
    ),
    "idle": Field(
        "span",
        "how long nothing has changed",
        number=lambda t, f: (f.now - t.updated_at).total_seconds(),
    ),
    "due": Field("span", "how long until the next target is due", number=_due_in),
    "sla": Field("sla", "percent of a target gone, or a clock's state", number=_percent),
    "minutes": Field("number", "the effort in minutes", number=lambda t, _: t.minutes),
    "alerts": Field("number", "how many alerts it has", number=lambda t, _: t.alert_count),
    "reopened": Field("number", "how often it was reopened", number=lambda t, _: t.reopened),
    "escalations": Field("number", "how often it was handed on", number=lambda t, _: t.escalations),
    "returns": Field("number", "how often it was sent back", number=lambda t, _: t.returns),
    "ping_pong": Field("number", "how often it came back", number=lambda t, _: ping_pong(t)),
    "me_too": Field("number", "how many others have it", number=lambda t, _: t.me_too),
    "is": Field("flag", ""),
    "has": Field("flag", ""),
}

FLAGS: dict[str, dict[str, tuple[str, Callable[[Ticket, Frame], bool]]]] = {
    "is": {
        "open": ("not closed", lambda t, _: not t.is_closed),
        "closed": ("closed", lambda t, _: t.is_closed),
        "mine": ("you work on it", lambda t, f: t.assignee == f.me),
        "unassigned": ("nobody works on it", lambda t, _: t.assignee is None),
        "handed-over": ("handed over and not accepted", lambda t, _: bool(t.handed_from)),
        "news": ("somebody answered", lambda t, _: t.news),
        "untold": ("the caller does not know when", lambda t, f: due(t, f.now) == "untold"),
        "overdue": ("its expected time has passed", lambda t, f: due(t, f.now) == "passed"),
        "breached": ("a target is missed", lambda t, f: "breached" in _states(t, f)),
        "paused": ("a clock stands still", lambda t, f: "paused" in _states(t, f)),
        "unsupported": ("the catalog does not hold it", lambda t, _: t.support is not None),
        "unvalidated": ("a machine says so, unconfirmed", lambda t, _: t.needs_validation),
        "merged": ("it goes on in another", lambda t, _: bool(t.merged_into)),
        "reclassified": ("its class was found wrong", lambda t, _: t.reclassified > 0),
    },
    "has": {
        "attachment": ("files", lambda t, _: bool(t.attachments)),
        "article": ("articles were used", lambda t, _: bool(t.articles)),
        "bulletin": ("a bulletin stands", lambda t, _: t.bulletin is not None),
        "problem": ("a problem is behind it", lambda t, _: bool(t.problems)),
        "parent": ("it is part of another", lambda t, _: bool(linked(t, "parent"))),
        "children": ("others are part of it", lambda t, _: bool(linked(t, "child"))),
        "follow-up": ("something is owed", lambda t, _: bool(linked(t, "follow-up"))),
        "link": ("it is linked to others", lambda t, _: bool(t.links)),
        "eta": ("the caller was told when", lambda t, _: t.eta is not None),
        "change": ("it is a request for change", lambda t, _: bool(t.change_status)),
        "alert": ("monitoring opened it", lambda t, _: t.opening.alert is not None),
        "notice": ("somebody is to see something", lambda t, _: bool(t.notices)),
    },
}


def _states(ticket: Ticket, frame: Frame) -> set[str]:
    return {clock.state for clock in frame.clocks(ticket).values()}


def told(policy: Policy) -> list[tuple[str, str, str]]:
    """Every field, how it is written, and what it is; then the flags (for the help)."""
    shapes = {
        "word": "{}:WORD",
        "when": "{}>DAY",
        "span": "{}>3d",
        "number": "{}>2",
        "sla": "{}>80",
    }
    rows = []
    for name, field in FIELDS.items():
        if field.kind != "flag":
            known = field.known(policy) if field.known else ()
            rows.append((name, shapes[field.kind].format(name), _about(field, sorted(known))))
    for name, flags in FLAGS.items():
        rows += [(name, f"{name}:{flag}", about) for flag, (about, _) in flags.items()]
    return rows


_FEW = 8


def _about(field: Field, known: list[str]) -> str:
    return f"{field.about}: {', '.join(known)}" if 0 < len(known) <= _FEW else field.about


def checked(terms: Iterable[Term], text: str, frame: Frame) -> list[Callable[[Ticket], bool]]:
    """For each term whether a ticket is as it says.

    Raises:
        QueryError: there is no such field or value; the error points at the column.
    """
    return [_checked(term, text, frame) for term in terms]


def _checked(term: Term, text: str, frame: Frame) -> Callable[[Ticket], bool]:
    if term.field == WORDS:
        holds: Callable[[Ticket], bool] = lambda ticket: says(ticket, term.values[0])  # noqa: E731
    elif (field := FIELDS.get(term.field)) is None:
        raise QueryError(_no_field(term.field), text, term.column)
    elif field.kind == "flag":
        holds = _flag(term, text, frame)
    elif field.kind == "word":
        holds = _word(term, field, text, frame)
    elif field.kind == "sla" and term.values[0] in _SLA_STATES:
        _only_colon(term, text)
        wanted = set(_among(term, _SLA_STATES, text))
        holds = lambda ticket: bool(wanted & _states(ticket, frame))  # noqa: E731
    else:
        holds = _number(term, field, text, frame)
    if term.negated:
        return lambda ticket: not holds(ticket)
    return holds


def _no_field(given: str) -> str:
    close = nearest(given, list(FIELDS))
    hint = f"; did you mean {close}:?" if close else "."
    return (
        f"there is no field `{given}`{hint} Fields are {', '.join(FIELDS)}; words with a colon "
        "belong in quotation marks"
    )


def _only_colon(term: Term, text: str) -> None:
    if term.op != ":":
        raise QueryError(f"`{term.field}` is compared with a colon", text, term.column)


def _among(term: Term, known: Collection[str], text: str) -> list[str]:
    """The values of a term in the spelling of a list.

    Raises:
        QueryError: the list does not hold one.
    """
    spelling = {each.casefold(): each for each in known}
    found = []
    for value in term.values:
        if value.casefold() not in spelling:
            close = nearest(value, list(known))
            hint = f"; did you mean {close}?" if close else "."
            has = ", ".join(sorted(known))
            said = f"`{term.field}` cannot be {value!r}{hint} It can be {has}"
            raise QueryError(said, text, term.place(value))
        found.append(spelling[value.casefold()])
    return found


def _flag(term: Term, text: str, frame: Frame) -> Callable[[Ticket], bool]:
    _only_colon(term, text)
    flags = FLAGS[term.field]
    rules = [flags[name][1] for name in _among(term, flags, text)]
    return lambda ticket: any(rule(ticket, frame) for rule in rules)


def _word(term: Term, field: Field, text: str, frame: Frame) -> Callable[[Ticket], bool]:
    wanted = _wanted(term, field, text, frame)
    words = field.words or (lambda _: ())
    return lambda ticket: any(each and each.casefold() in wanted for each in words(ticket))


def _wanted(term: Term, field: Field, text: str, frame: Frame) -> set[str]:
    """The values of a term, in small letters, one of which a ticket must have."""
    _only_colon(term, text)
    values = list(term.values)
    if field.known is not None:
        values = _among(term, tuple(field.known(frame.policy)), text)
    if term.field == "status" and "open" in values:
        values += OPEN_STATUSES
    if term.field in ("assignee", "user"):
        values = [frame.me if each.casefold() == ME else each for each in values]
    if term.field in ("ref", "parent", "problem"):
        values = [each if each.casefold().startswith("sd-") else f"SD-{each}" for each in values]
    return {each.casefold() for each in values}


def _number(term: Term, field: Field, text: str, frame: Frame) -> Callable[[Ticket], bool]:
    ranges = [_range(term, field, value, text, frame) for value in term.values]
    number = field.number or (lambda _, __: None)

    def holds(ticket: Ticket) -> bool:
        has = number(ticket, frame)
        return has is not None and any(low <= has < high for low, high in ranges)

    return holds


_FAR = float("inf")


def _range(term: Term, field: Field, value: str, text: str, frame: Frame) -> tuple[float, float]:
    """From where to where a number may be; the end is not in it."""
    first, last = _read(term, field, value, text, frame)
    return {
        ":": (first, last),
        "<": (-_FAR, first),
        "<=": (-_FAR, last),
        ">": (last, _FAR),
        ">=": (first, _FAR),
    }[term.op]


def _read(term: Term, field: Field, value: str, text: str, frame: Frame) -> tuple[float, float]:
    """What a value means: where it begins, and where what is greater begins."""
    if field.kind == "when":
        return _when(term, value, text, frame)
    if field.kind == "span":
        seconds = _span(value)
        if seconds is None:
            said = f"{value!r} is no length of time; write 30m, 4h, 3d or 2w"
            raise QueryError(said, text, term.place(value))
        return seconds, seconds + 1
    if not _NUMBER.fullmatch(value):
        said = f"{value!r} is no number; write {term.field}{term.op}80"
        raise QueryError(said, text, term.place(value))
    number = float(value.rstrip("%"))
    return number, number + 0.0001


def _span(value: str) -> int | None:
    sign, rest = (-1, value[1:]) if value.startswith("-") else (1, value)
    found = _SPAN.fullmatch(rest)
    if not found or not rest:
        return None
    return sign * sum(
        int(n or 0) * _UNITS[unit] for n, unit in zip(found.groups(), "wdhm", strict=True)
    )


def _when(term: Term, value: str, text: str, frame: Frame) -> tuple[float, float]:
    """A day in the desk's zone, an instant with its zone, or how long ago it was: `2d`."""
    from sdcli.policy.local import instant_of, local  # noqa: PLC0415 - imports zones

    zone = frame.policy.zone
    ago = _span(value)
    if ago is not None:
        at = (frame.now - timedelta(seconds=ago)).timestamp()
        return at, at + 1
    try:
        if value.casefold() in _DAYS:
            day = local(int(frame.now.timestamp()), zone).toordinal() - _DAYS[value.casefold()]
        elif len(value) == len("2026-12-24"):
            day = date.fromisoformat(value).toordinal()
        else:
            at = instant(value).replace(tzinfo=timezone.utc).timestamp()
            return at, at + 1
    except (ValueError, OverflowError):
        said = f"{value!r} is no time; write 2026-12-24, 2026-12-24T09:00Z, today, or 3d for 3 days ago"
        raise QueryError(said, text, term.place(value)) from None
    return instant_of(day, 0, zone), instant_of(day + 1, 0, zone)


_DAYS = {"today": 0, "yesterday": 1}
_OF_CLOSED = ("status", "closed", "code", "cause", "ref")


def narrowed(terms: Iterable[Term], text: str, frame: Frame, *, everything: bool) -> Query:
    """What the ledger can look for itself: what it leaves, `checked` decides.

    Args:
        terms: terms that are `checked`.
        text: the query.
        frame: what it is read by.
        everything: whether closed tickets are wanted too.

    Closed tickets are left out, unless `everything` is wanted or the terms speak of closed ones.
    """
    every = tuple(terms)
    speaks = any(
        term.field in _OF_CLOSED or (term.field == "is" and {"closed", "merged"} & {*term.values})
        for term in every
    )
    holding = [term for term in every if not term.negated]
    among = [
        (term.field, tuple(sorted(_wanted(term, FIELDS[term.field], text, frame))))
        for term in holding
        if term.field in AMONG
    ]
    statuses = STATUSES if everything or speaks else OPEN_STATUSES
    for name, values in among:
        if name == "status":
            statuses = tuple(each for each in statuses if each in values)
    return Query(
        statuses=statuses,
        text=" ".join(term.values[0] for term in holding if term.field == WORDS),
        among=tuple((name, values) for name, values in among if name != "status"),
        changed_from=max(
            (found for term in holding if (found := _changed_from(term, text, frame))),
            default=None,
        ),
    )


_TIMES = ("opened", "updated", "resolved", "closed")
_SPANS = ("age", "idle")


def _changed_from(term: Term, text: str, frame: Frame) -> datetime | None:
    """The instant before which no ticket changed last that is as a term says."""
    if term.field not in (*_TIMES, *_SPANS):
        return None
    field = FIELDS[term.field]
    ranges = [_range(term, field, value, text, frame) for value in term.values]
    seconds = min(low for low, _ in ranges)
    if term.field in _SPANS:
        seconds = frame.now.timestamp() - max(high for _, high in ranges)
    if not 0 < seconds < _LAST_S:
        return None
    return datetime.fromtimestamp(int(seconds), timezone.utc)


_LAST_S = 1 << 36
"""An instant, in seconds since 1970, after which nothing is looked for."""
