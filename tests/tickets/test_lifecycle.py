"""The lifecycle: every state with every kind of event, restated here and compared (R0.7)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product
from typing import get_args

import pytest

from sdcli.errors import REFUSED, IllegalStepError, WrongRecordError
from sdcli.tickets.contact import AlertFacts, Bulletin, RequestDetails, Support
from sdcli.tickets.event import (
    Absorbed,
    Accepted,
    Acknowledged,
    AlsoAffected,
    Announced,
    AnyEvent,
    ApprovalDecided,
    ArticleReceived,
    ArticleSent,
    ArticlesShown,
    ArticlesUsed,
    ArticleUse,
    Assigned,
    Attached,
    BreachExplained,
    ChangeFollowed,
    ChangeRequested,
    Classified,
    Closed,
    Contacted,
    Correlated,
    Delivered,
    Detailed,
    Edition,
    Escalated,
    EtaGiven,
    FixApplied,
    FulfilmentEnded,
    FulfilmentStarted,
    FulfilmentStepped,
    HookRan,
    Imported,
    IncidentLinked,
    IncidentUnlinked,
    KnownErrorDeclared,
    Linked,
    Mentored,
    Merged,
    Noted,
    NoticeTaken,
    Opened,
    ProblemAnalysed,
    ProblemClosed,
    ProblemLinked,
    ProblemReopened,
    ProblemTold,
    ProblemUnlinked,
    ProcedureSought,
    Raised,
    Receipt,
    Recovered,
    Reopened,
    Repeated,
    RequestFiltered,
    Resolved,
    Resumed,
    Returned,
    Reviewed,
    ServiceResumed,
    SlaAlerted,
    SlaReapplied,
    Stamp,
    SupportDecided,
    Suppressed,
    SurveyAnswered,
    SurveySent,
    TroubleshootingStepped,
    Undone,
    Unlinked,
    Validated,
    Viewed,
    Voided,
    Waited,
    Withdrawn,
    kind,
)
from sdcli.tickets.lifecycle import (
    COMMANDS,
    LIFECYCLE,
    PROBLEM_COMMANDS,
    PROBLEM_LIFECYCLE,
    START,
    after,
    possible,
)
from sdcli.tickets.ticket import Ticket, advance, fold
from sdcli.tickets.words import STATUSES, Status

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
STAMP = Stamp(at=NOW, by="ben")
LATER = Stamp(at=NOW + timedelta(hours=1), by="mina")

# Rows: kinds of event. Columns: new, in_progress, waiting, resolved, closed; "-" is illegal.
TABLE = """
opened       -            -            -            -            -
noted        new          in_progress  waiting      resolved     closed
classified   new          in_progress  waiting      resolved     -
assigned     in_progress  in_progress  waiting      -            -
accepted     in_progress  in_progress  waiting      -            -
returned     in_progress  in_progress  waiting      -            -
escalated    in_progress  in_progress  waiting      -            -
waited       waiting      waiting      waiting      -            -
resumed      -            -            in_progress  -            -
resolved     resolved     resolved     resolved     -            -
closed       -            -            -            closed       -
reopened     -            -            -            in_progress  in_progress
repeated     new          in_progress  waiting      resolved     -
recovered    new          in_progress  waiting      resolved     -
sla_alerted  new          in_progress  waiting      resolved     closed
sla_reapplied new          in_progress  waiting      resolved     closed
breach_explained new       in_progress  waiting      resolved     closed
imported     new          in_progress  waiting      resolved     closed
correlated   new          in_progress  waiting      resolved     -
suppressed   new          in_progress  waiting      resolved     closed
raised       new          in_progress  waiting      resolved     closed
validated    new          in_progress  waiting      resolved     closed
contacted    new          in_progress  waiting      resolved     closed
acknowledged new          in_progress  waiting      resolved     closed
attached     new          in_progress  waiting      resolved     closed
announced    new          in_progress  waiting      resolved     -
withdrawn    new          in_progress  waiting      resolved     closed
viewed       new          in_progress  waiting      resolved     closed
also_affected new         in_progress  waiting      resolved     closed
detailed     new          in_progress  waiting      resolved     closed
notice_taken new          in_progress  waiting      resolved     closed
support_decided new       in_progress  waiting      resolved     -
delivered    new          in_progress  waiting      resolved     closed
articles_shown    new          in_progress  waiting      resolved     closed
articles_used     new          in_progress  waiting      resolved     closed
article_sent      new          in_progress  waiting      resolved     -
article_received  new          in_progress  waiting      resolved     closed
sla_reapplied new         in_progress  waiting      resolved     closed
breach_explained new      in_progress  waiting      resolved     closed
problem_linked new        in_progress  waiting      resolved     closed
problem_unlinked new      in_progress  waiting      resolved     closed
problem_told new          in_progress  waiting      resolved     closed
undone new in_progress waiting resolved closed
voided closed closed closed closed closed
linked new in_progress waiting resolved closed
unlinked new in_progress waiting resolved closed
merged closed closed closed closed -
absorbed new in_progress waiting resolved -
troubleshooting_step in_progress in_progress waiting - -
fix_applied in_progress in_progress waiting - -
service_resumed new in_progress waiting resolved -
mentored new in_progress waiting resolved closed
eta_given new in_progress waiting resolved -
procedure_sought new in_progress waiting resolved -
approval_decided new in_progress waiting resolved -
fulfilment_started in_progress in_progress waiting - -
fulfilment_step in_progress in_progress waiting resolved closed
hook_ran in_progress in_progress waiting - -
fulfilment_ended in_progress in_progress waiting resolved closed
request_filtered new in_progress waiting resolved -
change_requested new in_progress waiting resolved -
change_followed new in_progress waiting resolved closed
survey_sent new in_progress waiting resolved closed
survey_answered new in_progress waiting resolved closed
reviewed - - - resolved closed
"""

# The same of a problem, which is new, in_progress or closed; all other kinds are none of its.
OF_PROBLEMS = """
opened       -            -            -
noted        new          in_progress  closed
attached     new          in_progress  closed
imported     new          in_progress  closed
articles_shown new         in_progress  closed
assigned     in_progress  in_progress  -
accepted     in_progress  in_progress  -
returned     in_progress  in_progress  -
escalated    in_progress  in_progress  -
incident_linked new       in_progress  closed
incident_unlinked new     in_progress  closed
problem_analysed in_progress in_progress -
known_error_declared in_progress in_progress -
problem_closed closed     closed       -
problem_reopened -        -            in_progress
undone       new          in_progress  closed
voided       closed       closed       closed
"""
PROBLEM_STATUSES: tuple[Status, ...] = ("new", "in_progress", "closed")

WAYS: dict[str, dict[str, str]] = {
    word: dict(zip(STATUSES, ways, strict=True))
    for word, *ways in (row.split() for row in TABLE.strip().splitlines())
}

PROBLEM_WAYS: dict[str, dict[str, str]] = {
    word: dict(zip(PROBLEM_STATUSES, ways, strict=True))
    for word, *ways in (row.split() for row in OF_PROBLEMS.strip().splitlines())
}

POSSIBLE: dict[Status, str] = {
    "new": "classify, accept, assign, escalate, return, wait, resolve, note",
    "in_progress": "classify, accept, assign, escalate, return, wait, resolve, note",
    "waiting": "classify, accept, assign, escalate, return, wait, resume, resolve, note",
    "resolved": "classify, close, reopen, note",
    "closed": "reopen, note",
}


FACTS = AlertFacts(source="nagios", key="k2")
EDITION = Edition("KB-1", "07ce")


def event_of(word: str, stamp: Stamp = LATER) -> AnyEvent:
    """An event of each kind."""
    mark = stamp.mark()
    events: tuple[AnyEvent, ...] = (
        Opened(*mark, summary="It is broken", queue="service-desk", priority="P3"),
        Noted(*mark, text="Called back"),
        Classified(
            *mark,
            type="incident",
            service="vpn",
            feature="unknown",
            impact="low",
            urgency="low",
            priority="P5",
        ),
        Assigned(*mark, to="ben", queue="service-desk"),
        Accepted(*mark),
        Returned(*mark, to="service-desk", reason="no host name"),
        Waited(*mark, waiting_for="caller"),
        Resumed(*mark),
        Escalated(*mark, hand_over="escalate", to="network", reason="needs a switch"),
        Resolved(*mark, code="fixed"),
        Closed(*mark, code="fixed", unconfirmed="gone home"),
        Reopened(*mark, reason="not solved"),
        Repeated(*mark, key="k"),
        Recovered(*mark, key="k"),
        SlaAlerted(
            *mark, alert="a1", target="response", threshold=80, due=NOW, target_s=60, late_by_s=0
        ),
        Imported(*mark, source="zammad/7"),
        Correlated(*mark, key="k2", summary="too", alert=FACTS, rule="the same service"),
        Suppressed(*mark, key="k", firing=True),
        Raised(*mark, key="k", ref="SD-2"),
        Validated(*mark),
        Contacted(*mark, text="Thanks"),
        Acknowledged(*mark, to="ada@example.com", message_id="<1@example.com>"),
        Attached(*mark, attachments=()),
        Announced(*mark, bulletin=Bulletin(text="VPN is down")),
        Withdrawn(*mark),
        Viewed(*mark),
        AlsoAffected(*mark, contact="bruno"),
        Detailed(*mark, request=RequestDetails(wanted="a new cable")),
        NoticeTaken(*mark),
        SupportDecided(*mark, support=Support(what="a gadget")),
        Delivered(*mark, alert="a1", route="mail", to="ben", ok=True, attempt=1),
        SlaReapplied(*mark, policy="0" * 64),
        BreachExplained(*mark, target="response", cause="capacity"),
        ProblemLinked(*mark, problem="SD-9"),
        ProblemUnlinked(*mark, problem="SD-9"),
        ProblemTold(*mark, problem="SD-9", what="closed"),
        IncidentLinked(*mark, incident="SD-3"),
        IncidentUnlinked(*mark, incident="SD-3"),
        ProblemAnalysed(*mark, cause="a driver"),
        KnownErrorDeclared(
            *mark, article="KB-1", revision="0" * 12, cause="a driver", workaround="restart it"
        ),
        ProblemClosed(*mark, code="solved"),
        ProblemReopened(*mark, reason="it is back"),
        ArticlesShown(*mark, articles=(EDITION,)),
        ArticlesUsed(*mark, articles=(ArticleUse("KB-1", "helped"),)),
        ArticleSent(*mark, article=EDITION, decision="sent"),
        ArticleReceived(*mark, article=EDITION, receipt=Receipt(received="yes")),
        Undone(*mark, undoes=("none of these",)),
        Voided(*mark),
        Linked(*mark, relation="parent", to="SD-2"),
        Unlinked(*mark, relation="parent", to="SD-2"),
        Merged(*mark, into="SD-2"),
        Absorbed(*mark, source="SD-3"),
        TroubleshootingStepped(*mark, hypothesis="the cable", change="another cable"),
        FixApplied(*mark, what="a new cable"),
        ServiceResumed(*mark),
        Mentored(*mark, mentor="greta", skill="traces"),
        EtaGiven(*mark, eta=NOW + timedelta(hours=4)),
        ProcedureSought(*mark, query="a laptop"),
        ApprovalDecided(*mark, procedure=EDITION, decision="approved", person="amara"),
        FulfilmentStarted(*mark, procedure=EDITION),
        FulfilmentStepped(*mark, procedure=EDITION, number=1, step="order it", result="done"),
        HookRan(*mark, procedure=EDITION, command=("true",), exit_code=0),
        FulfilmentEnded(*mark, procedure=EDITION, outcome="fulfilled"),
        RequestFiltered(*mark, decision="rejected", rule="no-crypto"),
        ChangeRequested(*mark, category="software", queue="change-control"),
        ChangeFollowed(*mark, status="approved"),
        SurveySent(*mark, survey="incident", to="ada"),
        SurveyAnswered(*mark, survey="incident", scores={"speed": 5}),
        Reviewed(*mark, checks={"logged": "yes"}, checklist="0" * 12),
    )
    return {kind(event): event for event in events}[word]


def ticket_in(status: Status) -> Ticket:
    """A ticket that came into this state by legal events."""
    ways: dict[Status, tuple[str, ...]] = {
        "new": (),
        "in_progress": ("accepted",),
        "waiting": ("accepted", "waited"),
        "resolved": ("accepted", "resolved"),
        "closed": ("accepted", "resolved", "closed"),
    }
    ticket = fold("SD-7", [event_of(word, STAMP) for word in ("opened", *ways[status])])
    assert ticket.status == status
    return ticket


def problem_in(status: Status) -> Ticket:
    """A problem that came into this state by legal events."""
    ways = {"new": (), "in_progress": ("accepted",), "closed": ("accepted", "problem_closed")}
    opened = Opened(
        *STAMP.mark(), summary="VPN drops", queue="network", priority="P3", record="problem"
    )
    problem = fold("SD-7", [opened, *(event_of(word, STAMP) for word in ways[status])])
    assert problem.status == status
    return problem


def test_table_is_complete() -> None:
    """Every kind of event stands in the table here and, but for opening, in the program's."""
    kinds = {kind_.__struct_config__.tag for kind_ in get_args(AnyEvent)}
    assert kinds == set(WAYS) | set(PROBLEM_WAYS)
    assert set(LIFECYCLE) == set(WAYS) - {"opened"}
    assert set(PROBLEM_LIFECYCLE) == set(PROBLEM_WAYS) - {"opened"}
    assert set(COMMANDS) | set(PROBLEM_COMMANDS) <= kinds
    assert START == "new"


@pytest.mark.parametrize(("word", "status"), list(product(WAYS, STATUSES)))
def test_every_pair_of_state_and_event(word: str, status: Status) -> None:
    """A legal event leads where the table says; any other is refused and helps on (R0.7)."""
    ticket, event, leads_to = ticket_in(status), event_of(word), WAYS[word][status]
    if leads_to != "-":
        assert after("SD-7", status, event) == leads_to
        further = advance(ticket, (event,))
        assert (further.status, further.events) == (leads_to, (*ticket.events, event))
        return
    with pytest.raises(IllegalStepError) as refusal:
        advance(ticket, (event,))
    said = refusal.value
    assert said.exit_code == REFUSED == 4
    assert said.message.startswith(f"SD-7 is {status.replace('_', ' ')}, so ")
    assert f"`{COMMANDS.get(word, word)}`" in said.message
    assert said.message.endswith(f"Possible now: {POSSIBLE[status]}.")
    assert said.details["possible"] == POSSIBLE[status].split(", ")
    assert (said.details["ref"], said.details["status"]) == ("SD-7", status)


@pytest.mark.parametrize("status", PROBLEM_STATUSES)
@pytest.mark.parametrize("word", sorted({*WAYS, *PROBLEM_WAYS}))
def test_every_pair_of_state_and_event_of_a_problem(word: str, status: Status) -> None:
    """What is no step on a problem is refused and names `sdcli problem` (R3d1.7, R0.7)."""
    problem, event = problem_in(status), event_of(word)
    leads_to = PROBLEM_WAYS.get(word, {}).get(status, "-")
    if leads_to != "-":
        assert advance(problem, (event,)).status == leads_to
        return
    with pytest.raises(IllegalStepError) as refusal:
        advance(problem, (event,))
    said = refusal.value
    assert said.exit_code == REFUSED
    assert said.details["possible"] == possible(status, "problem")
    if word in PROBLEM_WAYS:
        assert said.message.startswith(f"SD-7 is {status.replace('_', ' ')}, so ")
    else:
        assert said.message.startswith("SD-7 is a problem and no help request, so ")
        assert "`sdcli problem show SD-7`" in said.message


@pytest.mark.parametrize("word", sorted(set(PROBLEM_WAYS) - set(WAYS)))
def test_a_help_request_takes_no_step_of_a_problem(word: str) -> None:
    """It is told that it is none, and where the problems are (R3d1.7)."""
    with pytest.raises(WrongRecordError, match="SD-7 is a help request and no problem") as refusal:
        advance(ticket_in("in_progress"), (event_of(word),))
    assert f"`{PROBLEM_COMMANDS[word]}`" in refusal.value.message
    assert refusal.value.args == (refusal.value.message,)


@pytest.mark.parametrize("status", STATUSES)
def test_possible_commands_are_exactly_the_legal_ones(status: Status) -> None:
    """A hint never offers what would be refused, and offers all that would not (R0.7)."""
    assert ", ".join(possible(status)) == POSSIBLE[status]
    legal = {COMMANDS[word] for word in COMMANDS if WAYS[word][status] != "-"}
    assert set(possible(status)) == legal


def test_no_state_is_a_dead_end() -> None:
    """From every state every other state but `new` can be reached."""
    for start in STATUSES:
        reached: set[str] = {start}
        while True:
            further = {WAYS[word][s] for word in WAYS for s in reached & set(STATUSES)} - {"-"}
            if further <= reached:
                break
            reached |= further
        assert reached >= set(STATUSES) - {"new"}


def test_refused_events_leave_the_ticket_alone() -> None:
    """Of several events the first illegal one refuses them all; the ticket is as it was."""
    ticket = ticket_in("in_progress")
    with pytest.raises(IllegalStepError):
        advance(ticket, (event_of("resolved"), event_of("waited"), event_of("noted")))
    assert [kind(event) for event in ticket.events] == ["opened", "accepted"]
    assert ticket.status == "in_progress"
