"""The figures of a report: what each takes from a ticket, and what it means, in a paragraph.

A figure takes *items* from the facts of a ticket: an instant in seconds of UTC, a number, and what
it is of beside the ticket (an agreement, a person). What is made of them says its kind. The ids are
for scripts and do not change; what a figure counts does not either: another way to count is another
figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from msgspec import Struct

from sdcli.errors import NoSuchEntryError
from sdcli.policy.survey import Figure as Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sdcli.insight.facts import Fact

Kind: TypeAlias = Literal["count", "share", "spread", "mean", "level", "age"]
Unit: TypeAlias = Literal["tickets", "times", "minutes", "percent", "seconds", "score"]
Better: TypeAlias = Literal["more", "less", ""]
Section: TypeAlias = Literal[
    "Volume",
    "First contact",
    "Time",
    "Promises",
    "Coming back",
    "Knowledge",
    "Effort",
    "Classification",
    "Changes",
    "Quality",
]
Item: TypeAlias = "tuple[Any, ...]"
"""An instant, a number, and the words by which it can be split; of a level: start, end, words."""
Items: TypeAlias = "Sequence[Item]"

NET_DAYS = 14
"""A solution that lasted so long was one (R3d1.8)."""
_NET_S = NET_DAYS * 24 * 3600
_NOTHING: Items = ()
SELF_SERVICE = "portal"
"""The channel on which nobody of the desk takes the request down."""

DIMENSIONS: Mapping[str, Callable[[Fact], str]] = {
    "type": lambda fact: fact.type,
    "service": lambda fact: fact.service,
    "feature": lambda fact: fact.feature,
    "channel": lambda fact: fact.channel,
    "unit": lambda fact: fact.unit,
    "priority": lambda fact: fact.priority,
    "tier": lambda fact: fact.tier,
}
"""By what every figure can be split: what a ticket is like, by what is known of it last."""


class Figure(Struct, frozen=True, kw_only=True):
    """One figure.

    Args:
        kind: `count` adds numbers up; `share` is how many items of all are 1, in percent; `spread`
            is median and 90th percentile; `mean` is the mean; `level` is how many spans hold an
            instant, and `age` how long ago these tickets were opened then.
        better: whether more of it is better, or less; empty if neither is.
        about: the definition; `by`: what it is split by unless something else is asked for.
        own: what else its items can be split by, in their order.
        takes: its items from the facts of a ticket.
        of_calls: its items come from `Fact.outage` and the bulletins of all tickets instead.
        source: the demands that it answers.
    """

    id: str
    name: str
    section: Section
    kind: Kind
    unit: Unit
    better: Better = ""
    about: str
    by: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    takes: Callable[[Fact], Items] = lambda _: _NOTHING
    of_calls: bool = False
    source: str = ""

    @property
    def splits(self) -> tuple[str, ...]:
        """Everything that it can be split by."""
        return (*self.own, *(name for name in DIMENSIONS if name not in self.own))


def _at_solution(fact: Fact, number: int, *own: str) -> Items:
    return _NOTHING if fact.solved is None else ((fact.solved, number, *own),)


def _opened(fact: Fact) -> Items:
    return ((fact.opened, 1),)


def _resolved(fact: Fact) -> Items:
    return _at_solution(fact, 1, fact.solver, fact.solved_in)


def _closed(fact: Fact) -> Items:
    return _NOTHING if fact.closed is None else ((fact.closed, 1, fact.code),)


def _self_service(fact: Fact) -> Items:
    return ((fact.opened, int(fact.channel == SELF_SERVICE)),) if fact.called else _NOTHING


def _gross(fact: Fact) -> Items:
    return _at_solution(fact, int(fact.at_first)) if fact.called else _NOTHING


def _net(fact: Fact) -> Items:
    if fact.solved is None or not fact.called:
        return _NOTHING
    lasted = not any(fact.solved <= at <= fact.solved + _NET_S for at in fact.reopenings)
    return ((fact.solved, int(fact.at_first and lasted)),)


def _respond(fact: Fact) -> Items:
    return (fact.respond,) if fact.respond else _NOTHING


def _restore(fact: Fact) -> Items:
    return (fact.restore,) if fact.restore else _NOTHING


def _resolve(fact: Fact) -> Items:
    return (fact.resolve,) if fact.resolve else _NOTHING


def _promises_of(target: str) -> Callable[[Fact], Items]:
    def takes(fact: Fact) -> Items:
        return [(at, kept, name) for at, kept, of, name in fact.promises if of == target]

    return takes


def _reopened(fact: Fact) -> Items:
    return [(at, 1) for at in fact.reopenings] if fact.reopenings else _NOTHING


def _reopen_rate(fact: Fact) -> Items:
    since = fact.solved or 0
    return _at_solution(fact, int(any(at >= since for at in fact.reopenings)), fact.solver)


def _moves(fact: Fact) -> Items:
    return [(at, 1, queue) for at, queue in fact.moves] if fact.moves else _NOTHING


def _comebacks(fact: Fact) -> Items:
    return [(at, 1, queue) for at, queue in fact.comebacks] if fact.comebacks else _NOTHING


def _success(fact: Fact) -> Items:
    if not fact.uses:
        return _NOTHING
    return [(at, int(outcome == "helped"), article) for at, outcome, article in fact.uses]


def _harmful(fact: Fact) -> Items:
    if not fact.uses:
        return _NOTHING
    return [(at, 1, article) for at, outcome, article in fact.uses if outcome == "harmful"]


def _spent(fact: Fact) -> Items:
    return [(at, minutes, fact.thing) for at, minutes in fact.spent] if fact.spent else _NOTHING


def _met_by_existing(fact: Fact) -> Items:
    return _at_solution(fact, int(fact.type == "fulfilment")) if fact.was_new else _NOTHING


def _scores_of(figure: str) -> Callable[[Fact], Items]:
    def takes(fact: Fact) -> Items:
        if not fact.scores:
            return _NOTHING
        own = fact.solved_in, fact.solver
        return [(at, score, *own) for at, score, of in fact.scores if of == figure]

    return takes


def _confirmed(fact: Fact) -> Items:
    if fact.closed is None or fact.quick:
        return _NOTHING
    return ((fact.closed, int(fact.confirmed), fact.closer),)


def _reviews(fact: Fact) -> Items:
    if not fact.reviews:
        return _NOTHING
    return [(at, percent, fact.solver, fact.solved_in) for at, percent in fact.reviews]


_QUICK = "A quick contact (`sdcli log`), over before it was written down, is left out."
_MERGED = "A request that was merged into another is solved there, and is left out."

_CATALOGUE: tuple[Figure, ...] = (
    Figure(
        id="opened",
        name="Requests opened",
        section="Volume",
        kind="count",
        unit="tickets",
        about="How many help requests were opened in the period, however they came: by callers, "
        "forms, mail and alerts. Problems, void tickets and the desk's own records of planned outages "
        "are none. A request that was merged later was opened all the same.",
        by=("type", "service", "channel", "unit", "priority"),
        takes=_opened,
        source="R0.1, R0.6",
    ),
    Figure(
        id="resolved",
        name="Requests resolved",
        section="Volume",
        kind="count",
        unit="tickets",
        better="more",
        about="How many help requests were resolved for the first time in the period, or closed "
        f"without that. A later reopening takes nothing away. {_MERGED} Split by person it counts "
        "for who resolved it, by queue for the one it lay in then.",
        by=("type", "service", "person", "queue"),
        own=("person", "queue"),
        takes=_resolved,
        source="R0.3, R6.5",
    ),
    Figure(
        id="closed",
        name="Requests closed",
        section="Volume",
        kind="count",
        unit="tickets",
        about="How many help requests that are closed were closed in the period. One that was "
        f"reopened counts when it was closed last, and not at all while it is open. {_MERGED}",
        by=("type", "code"),
        own=("code",),
        takes=_closed,
        source="R4.5a",
    ),
    Figure(
        id="backlog",
        name="Backlog",
        section="Volume",
        kind="level",
        unit="tickets",
        better="less",
        about="How many help requests were somebody's work at the end of the period: new, in "
        "progress or waiting. What is resolved waits for its caller and is not among them. Split by "
        "queue and person it is where they lay, and who had them, at that instant.",
        by=("queue", "person", "type", "priority", "service"),
        own=("queue", "person"),
        takes=lambda fact: fact.stays,
        source="R3d2.1c, R6.5",
    ),
    Figure(
        id="backlog.age",
        name="Age of the backlog",
        section="Volume",
        kind="age",
        unit="seconds",
        better="less",
        about="How long ago the requests of the backlog were opened, at the end of the period, by "
        "the calendar on the wall: the median, and the age that nine in ten do not exceed.",
        by=("queue", "type"),
        own=("queue", "person"),
        takes=lambda fact: fact.stays,
        source="R3d2.1c",
    ),
    Figure(
        id="unconfirmed",
        name="Resolved, not confirmed",
        section="Volume",
        kind="level",
        unit="tickets",
        better="less",
        about="How many help requests were resolved and not closed at the end of the period: they "
        f"wait for the word of their callers. {_MERGED}",
        by=("type",),
        takes=lambda fact: fact.rests,
        source="R5a.1",
    ),
    Figure(
        id="self_service",
        name="Self-service share",
        section="Volume",
        kind="share",
        unit="percent",
        better="more",
        about="Of the requests that people opened in the period, how many came by the self-service "
        "form (channel `portal`). What machines reported is left out.",
        by=("unit",),
        takes=_self_service,
        source="R1a.3e",
    ),
    Figure(
        id="fcr",
        name="First-contact resolution, gross",
        section="First contact",
        kind="share",
        unit="percent",
        better="more",
        about="Of the requests of people that were first resolved in the period, how many were "
        "solved at the first contact, on whatever channel: before that it was not handed to "
        "another queue, nobody waited for anything, the caller did not have to come again, and one "
        f"person alone had it. By tier it is the tier of the queue that received it. {_MERGED}",
        by=("tier", "channel", "type", "service"),
        takes=_gross,
        source="R3d1.8",
    ),
    Figure(
        id="fcr.net",
        name="First-contact resolution, net of reopening",
        section="First contact",
        kind="share",
        unit="percent",
        better="more",
        about=f"As `fcr`, but a solution that did not last is none: a request that was reopened "
        f"within {NET_DAYS} days after it was first resolved counts as not solved at the first "
        "contact.",
        by=("tier", "channel", "type", "service"),
        takes=_net,
        source="R3d1.8",
    ),
    Figure(
        id="respond",
        name="Time to respond",
        section="Time",
        kind="spread",
        unit="seconds",
        better="less",
        about="From the opening to the first word to the caller (a visible note), or to the "
        "resolution if that came first, for what was answered in the period: working time of the "
        "calendar that the clocks of the request run by. An automatic confirmation is no word. "
        f"{_QUICK} {_MERGED}",
        by=("type", "priority", "service"),
        takes=_respond,
        source="R0.3",
    ),
    Figure(
        id="restore",
        name="Time to restore",
        section="Time",
        kind="spread",
        unit="seconds",
        better="less",
        about="From the opening of an incident until the service worked again, for what worked again "
        "in the period: as somebody said it, or monitoring, else by the last resolution. Working "
        "time; no wait is left out, for the caller could not work meanwhile. "
        f"{_QUICK} {_MERGED}",
        by=("priority", "service"),
        takes=_restore,
        source="R0.3, R3d.0a",
    ),
    Figure(
        id="resolve",
        name="Time to resolve",
        section="Time",
        kind="spread",
        unit="seconds",
        better="less",
        about="How long a request was at work until its last resolution, which lies in the period: "
        "working time in which it was new or in progress, what came after a reopening included, and "
        f"what was waited for left out. One that is open again has no such time. {_QUICK} {_MERGED}",
        by=("type", "priority", "service"),
        takes=_resolve,
        source="R0.3",
    ),
    Figure(
        id="sla",
        name="Promises kept",
        section="Promises",
        kind="share",
        unit="percent",
        better="more",
        about="Of the promises to callers (response, update and resolution targets of the "
        "agreements) that were decided in the period, how many were kept. A kept one counts when its "
        "clock stopped, a broken one when its time was over; each update and each cycle after a "
        "reopening is a promise of its own. A promise once broken stays broken, whatever priority "
        f"the request has later. What was over before an import is left out. {_MERGED}",
        by=("target", "agreement", "priority", "service", "type"),
        own=("target", "agreement"),
        takes=lambda fact: [(at, kept, of, name) for at, kept, of, name in fact.promises],
        source="R5b.1, R5b.4, R6.6",
    ),
    *(
        Figure(
            id=f"sla.{target}",
            name=f"{target.capitalize()} targets kept",
            section="Promises",
            kind="share",
            unit="percent",
            better="more",
            about=f"As `sla`, the {target} targets alone.",
            by=("agreement", "priority"),
            own=("agreement",),
            takes=_promises_of(target),
            source="R5b.1, R5b.4",
        )
        for target in ("response", "update", "resolution")
    ),
    Figure(
        id="reopened",
        name="Reopenings",
        section="Coming back",
        kind="count",
        unit="times",
        better="less",
        about=f"How often requests were reopened in the period; one may be several times. {_MERGED}",
        by=("type", "service"),
        takes=_reopened,
        source="R3d1.8",
    ),
    Figure(
        id="reopen_rate",
        name="Solutions reopened",
        section="Coming back",
        kind="share",
        unit="percent",
        better="less",
        about="Of the requests that were first resolved in the period, how many have been reopened "
        f"since, in the period or after it. By person it is who resolved it first. {_MERGED}",
        by=("type", "service", "person"),
        own=("person",),
        takes=_reopen_rate,
        source="R3d1.8",
    ),
    Figure(
        id="reassigned",
        name="Reassignments",
        section="Coming back",
        kind="count",
        unit="times",
        better="less",
        about="How often requests went to another queue, or from one person to another, in the "
        "period: escalated, transferred, returned, assigned or taken over. The first one who takes a "
        "request on is no reassignment. By queue it is the one that gave it away.",
        by=("queue", "type"),
        own=("queue",),
        takes=_moves,
        source="R3d2.1",
    ),
    Figure(
        id="ping_pong",
        name="Ping-pong",
        section="Coming back",
        kind="count",
        unit="times",
        better="less",
        about="How often requests came back, in the period, to a queue that they had been in before, "
        "whether returned or handed over again. By queue it is the one they came back to.",
        by=("queue",),
        own=("queue",),
        takes=_comebacks,
        source="R3d2.1a",
    ),
    Figure(
        id="knowledge.used",
        name="Solved with an article",
        section="Knowledge",
        kind="share",
        unit="percent",
        better="more",
        about="Of the requests that were first resolved in the period, on how many a knowledge "
        f"article was recorded as used, whatever came of it. {_MERGED}",
        by=("type", "service"),
        takes=lambda fact: _at_solution(fact, int(fact.used)),
        source="R3a.4, R4.1",
    ),
    Figure(
        id="knowledge.success",
        name="Articles that helped",
        section="Knowledge",
        kind="share",
        unit="percent",
        better="more",
        about="Of the uses of articles in the period of which the outcome is known (helped, no "
        "effect, harmful), how many helped. One request may have several.",
        by=("service", "article"),
        own=("article",),
        takes=_success,
        source="R3a.4",
    ),
    Figure(
        id="knowledge.harmful",
        name="Articles that did harm",
        section="Knowledge",
        kind="count",
        unit="times",
        better="less",
        about="How often an article made things worse in the period.",
        by=("article",),
        own=("article",),
        takes=_harmful,
        source="R3a.4, R4.1",
    ),
    Figure(
        id="minutes",
        name="Minutes of work",
        section="Effort",
        kind="count",
        unit="minutes",
        about="The minutes that were booked in the period on help requests, by whoever booked them, "
        "with quick contacts and with requests that were merged. By queue it is where the request "
        "lay then.",
        by=("person", "type", "queue", "service"),
        own=("person", "queue"),
        takes=lambda fact: fact.booked,
        source="R0.6, R1a.1c, R6.5",
    ),
    Figure(
        id="unsupported.minutes",
        name="Minutes on what is not supported",
        section="Effort",
        kind="count",
        unit="minutes",
        better="less",
        about="The minutes that were booked in the period on things that the catalog does not hold, "
        "until a request was classified to a service that it holds. By thing it is what they were "
        "about, by unit whose callers asked.",
        by=("thing", "unit"),
        own=("thing",),
        takes=_spent,
        source="R2b.2b",
    ),
    Figure(
        id="misclassified",
        name="Misclassified",
        section="Classification",
        kind="share",
        unit="percent",
        better="less",
        about="Of the requests that were first resolved in the period, how many had a classification "
        "that somebody found to be wrong and changed, then or later. "
        f"{_MERGED}",
        by=("type", "service", "channel"),
        takes=lambda fact: _at_solution(fact, int(fact.mistaken)),
        source="R3d1.5, R7.4",
    ),
    Figure(
        id="new_service.met",
        name="New services met by existing ones",
        section="Classification",
        kind="share",
        unit="percent",
        better="more",
        about="Of the requests that were first resolved in the period and had been taken for something "
        f"new, how many were fulfilled by a service that was there already. {_MERGED}",
        takes=_met_by_existing,
        source="R0.3",
    ),
    Figure(
        id="new_service.filtered",
        name="New services filtered out",
        section="Classification",
        kind="share",
        unit="percent",
        about="Of the decisions of the period on requests for something new, how many refused it. "
        "By rule it is the one that it was refused by.",
        by=("rule",),
        own=("rule",),
        takes=lambda fact: fact.filtered,
        source="R0.3, R3c1.1",
    ),
    Figure(
        id="changes.calls",
        name="Calls that changes brought",
        section="Changes",
        kind="count",
        unit="tickets",
        better="less",
        about="How many requests that were opened in the period came from a planned outage or change, "
        "as their closing says. By change it is how many calls each brought.",
        by=("change",),
        own=("change",),
        of_calls=True,
        source="R3d1.3",
    ),
    Figure(
        id="changes.unannounced",
        name="Calls that nobody had announced",
        section="Changes",
        kind="share",
        unit="percent",
        better="less",
        about="Of the calls that changes brought, how many came though no bulletin about the service "
        "had stood in the seven days before: the desk had told too little.",
        by=("change",),
        own=("change",),
        of_calls=True,
        source="R3d1.3",
    ),
    Figure(
        id="changes.ignored",
        name="Calls that ignored the bulletin",
        section="Changes",
        kind="share",
        unit="percent",
        better="less",
        about="Of the calls that changes brought, how many came while a bulletin about the service "
        "stood: it was told, and not heard.",
        by=("change",),
        own=("change",),
        of_calls=True,
        source="R3d1.3",
    ),
    Figure(
        id="survey.sent",
        name="Surveys sent",
        section="Quality",
        kind="count",
        unit="times",
        about="How often callers were asked in the period how it was; also of requests that were "
        "merged into others.",
        by=("type",),
        takes=lambda fact: [(at, 1) for at, _ in fact.asked],
        source="R5a.2",
    ),
    Figure(
        id="survey.answered",
        name="Surveys answered",
        section="Quality",
        kind="share",
        unit="percent",
        better="more",
        about="Of the surveys that were sent in the period, how many have been answered since; also "
        "of requests that were merged into others.",
        by=("type",),
        takes=lambda fact: fact.asked,
        source="R5a.2",
    ),
    *(
        Figure(
            id=f"survey.{asked}",
            name=f"Survey: {asked.replace('-', ' ')}",
            section="Quality",
            kind="mean",
            unit="score",
            better="more",
            about=f"The mean score, from 1 to 5, that callers gave in the period to the questions that "
            f"stand for `{asked}` in catalog/survey.yaml. What a caller said last to a question "
            "counts, when they said it; also of requests that were merged into others. By person it "
            "is who resolved the request first, by queue where it lay then.",
            by=("queue", "person", "type"),
            own=("queue", "person"),
            takes=_scores_of(asked),
            source="R5a.2",
        )
        for asked in get_args(Asked)
    ),
    Figure(
        id="confirmed",
        name="Closed with confirmation",
        section="Quality",
        kind="share",
        unit="percent",
        better="more",
        about="Of the requests that were closed in the period, for how many somebody confirmed that "
        f"it is solved. By person it is who closed it. {_QUICK} {_MERGED}",
        by=("type", "person"),
        own=("person",),
        takes=_confirmed,
        source="R5a.1",
    ),
    Figure(
        id="review.score",
        name="Quality reviews",
        section="Quality",
        kind="mean",
        unit="percent",
        better="more",
        about="The mean of the reviews of the period, each as the percentage of the checks that were "
        "passed; what does not apply is left out. The last review of a request counts, when it was "
        f"made. By person it is who resolved the request first. {_MERGED}",
        by=("person", "queue"),
        own=("person", "queue"),
        takes=_reviews,
        source="R5a.1, R6.4",
    ),
)

FIGURES: Mapping[str, Figure] = {each.id: each for each in _CATALOGUE}
"""All figures, by their ids, in the order of a report."""

SPLITS = tuple(dict.fromkeys(name for each in _CATALOGUE for name in each.splits))
"""Everything that some figure can be split by."""


def require_figure(id_: str, *, groups: bool = False) -> str:
    """The id of a figure; with `groups` also what stands before the dot in several.

    Raises:
        NoSuchEntryError: there is none.
    """
    if id_ in FIGURES or (groups and figures_of((id_,))):
        return id_
    raise NoSuchEntryError("figure", id_, FIGURES, "`sdcli report define`")


def figures_of(ids: Iterable[str]) -> list[Figure]:
    """The figures of these ids, and of those that go on behind a dot; all of them for none."""
    wanted = tuple(ids)
    return [
        each
        for each in _CATALOGUE
        if not wanted or any(each.id == id_ or each.id.startswith(f"{id_}.") for id_ in wanted)
    ]
