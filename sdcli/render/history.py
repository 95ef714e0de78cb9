"""Events told as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.words import count, instant, whom, work
from sdcli.tickets import event as e
from sdcli.tickets.contact import Assessment
from sdcli.tickets.fulfilment import TOO_LONG
from sdcli.tickets.relations import OWED, SAYS
from sdcli.tickets.words import BREACH, PROBLEM, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdcli.tickets.contact import Attachment
    from sdcli.tickets.event import AnyEvent, ArticleUse


def sentence(happened: AnyEvent) -> str:
    """What an event says, raw: the caller makes it safe for the terminal."""
    return f"{TOLD[type(happened)](happened)}{_late(happened)}"


def entry(happened: AnyEvent) -> str:
    """The same behind the name of whoever did it, which is not said twice."""
    told = _BEHIND_WHO.get(type(happened)) or TOLD[type(happened)]
    return f"{told(happened)}{_late(happened)}"


def _late(happened: AnyEvent) -> str:
    return f" (entered {instant(happened.entered)})" if happened.entered else ""


def _opened(event: e.Opened) -> str:
    if event.record == PROBLEM:
        return f"opened as a problem: {event.summary}"
    whom = f" for {event.on_behalf_of}" if event.on_behalf_of else ""
    wish = f"; wished for: {event.wish}" if event.wish else ""
    return f"opened by {event.channel} from {event.requester}{whom}: {event.summary}{wish}"


def _noted(event: e.Noted) -> str:
    what = "told the caller" if event.visible else "noted"
    blocks = " what stands in the way" if event.roadblock else ""
    return f"{what}{blocks}{_effort(event.minutes)}: {event.text}"


_ANSWERS = Assessment.__struct_fields__


def _classified(event: e.Classified) -> str:
    what = f"{event.type}, {event.service}/{event.feature}"
    level = f"impact {event.impact}, urgency {event.urgency}: {event.priority}"
    done = f"changed ({event.discovered}) to" if event.discovered else "classified as"
    wish = f"; wished for: {event.wish}" if event.wish else ""
    hand = " by hand" if event.by_hand else ""
    known = event.assessment.told() if event.assessment else {}
    gone = [name for name in event.said if name in _ANSWERS and name not in known]
    back = f"; not known any more: {', '.join(gone)}" if gone else ""
    return f"{done} {what}, {level}{hand}{_because(event.reason)}{wish}{back}"


def _notice_taken(event: e.NoticeTaken) -> str:
    return f"{event.by} {_seen(event)}"


def _seen(event: e.NoticeTaken) -> str:
    whose = f" of {', '.join(event.instead_of)}, who left" if event.instead_of else ""
    return f"has seen the notice{whose}{_because(event.note)}"


_DECIDED = {
    "undecided": "is not in the catalog",
    "override": "is not in the catalog, and is worked on",
    "decline": "is not in the catalog, and is declined",
    "shut-down": "is not in the catalog, and is to be shut down",
}


def _support_decided(event: e.SupportDecided) -> str:
    from sdcli.render.as_text.support import facts  # noqa: PLC0415 - few tickets are unsupported

    said = event.support
    by = f", by authority of {said.authorised_by}" if said.authorised_by else ""
    until = f", until {instant(said.until)}" if said.until else ""
    return f"{said.what} {_DECIDED[said.decision]}{by}{until}{_because(said.reason)}{facts(said)}"


def _assigned(event: e.Assigned) -> str:
    return f"assigned to {event.to} in {event.queue}" if event.to else f"put into {event.queue}"


def _waited(event: e.Waited) -> str:
    until = f" until {instant(event.until)}" if event.until else ""
    supplier = f", {event.supplier}" if event.supplier else ""
    return f"waits for {event.waiting_for}{supplier}{until}{_because(event.reason)}"


def _escalated(event: e.Escalated) -> str:
    how = "escalated" if event.hand_over == "escalate" else "transferred"
    known = "".join(f"; {name}: {text}" for name, text in event.items.items())
    ground = f", {_GROUNDS[event.ground]}" if event.ground else ""
    return f"{how} to {event.to}{ground}{_because(event.reason)}{known}{_missing(event.missing)}"


_GROUNDS = {
    "sla": "the SLA would not be kept",
    "skill": "a skill is needed",
    "focus": "another focus is needed",
    "other": "for another reason",
}
"""Why a ticket could not stay where it was (R3d2.1)."""


def _missing(items: Sequence[str]) -> str:
    return f"; without {', '.join(items)}" if items else ""


def _resolved(event: e.Resolved) -> str:
    return f"resolved as {event.code}{_because(event.note)}{_articles(event.articles)}"


def _articles_shown(event: e.ArticlesShown) -> str:
    ids = ", ".join(each.id for each in event.articles) or "nothing found"
    query = f" for {event.query!r}" if event.query else ""
    return f"looked in the knowledge base{query}: {ids}"


def _articles_used(event: e.ArticlesUsed) -> str:
    if not event.articles:
        return f"no article fitted; answered as well as could be{_because(event.note)}"
    told = f", {', '.join(event.tell)} told" if event.tell else ""
    return f"used {_articles(event.articles)[2:]}{_because(event.note)}{told}"


def _article_sent(event: e.ArticleSent) -> str:
    named = f"{event.article.id} at revision {event.article.revision}"
    via = f" by {event.via}" if event.via != UNKNOWN else ""
    if event.decision == "withheld":
        return f"withheld {named} from the caller{_because(event.reason)}"
    how = f"sent a link to {named}" if event.decision == "sent" else f"explained {named}"
    to = event.address or event.to
    whom = "" if to == UNKNOWN else f" to {to}"
    return f"{how}{whom}{via}{_because(event.reason)}"


def _article_received(event: e.ArticleReceived) -> str:
    facts, receipt = ("received", "help_needed", "walked_through"), event.receipt
    said = [
        f"{name.replace('_', ' ')}: {value}"
        for name in facts
        if (value := getattr(receipt, name)) != UNKNOWN
    ]
    remote = [f"remote session: {receipt.remote}"] if receipt.remote else []
    return f"{event.article.id} {', '.join([*said, *remote])}"


def _closed(event: e.Closed) -> str:
    how = (
        f"confirmed by {event.confirmed_by} via {event.via}"
        if event.confirmed_by
        else f"not confirmed: {event.unconfirmed}"
    )
    skipped = f"; skipped: {', '.join(event.skipped)}" if event.skipped else ""
    said = "".join(
        f"; {name.replace('_', ' ')}: {value}"
        for name in _CLOSING
        if (value := getattr(event, name)) not in ("", UNKNOWN)
    )
    policy = " by policy" if event.by_policy else ""
    note = f"{_because(event.note)}{_articles(event.articles)}{said}{skipped}"
    return f"closed{policy} as {event.code}, {how}{note}"


def _owed(why: str) -> str:
    return OWED.get(why, why)


_CLOSING = (
    "cause",
    "procedure_easy",
    "procedure_accurate",
    "caller_could",
    "improvement",
    "outage",
)


def _imported(event: e.Imported) -> str:
    return f"imported from {event.source}"


def _sla_alerted(event: e.SlaAlerted) -> str:
    people = ", ".join(event.recipients) or "nobody"
    if event.target == "time-box":
        return f"the queue had it longer than {work(event.target_s)}, for {people}"
    stage = event.stage or ("breach" if event.threshold >= BREACH else "warning")
    what = f"warning at {event.threshold} %" if stage == "warning" else _STAGES[stage]
    cycle = f", cycle {event.cycle}" if event.cycle > 1 else ""
    already = ", missed already when it came to hold" if event.on_arrival else ""
    return f"{event.target} {what} of {work(event.target_s)}{cycle}{already}, for {people}"


_STAGES = {"breach": "breach", "predicted": "breach foreseen"}


def _sla_reapplied(event: e.SlaReapplied) -> str:
    before = f" instead of {event.before[:12]}" if event.before else ""
    return f"clocks run under policy {event.policy[:12]}{before}{_because(event.reason)}"


def _breach_explained(event: e.BreachExplained) -> str:
    cycle = f", cycle {event.cycle}" if event.cycle > 1 else ""
    return f"{event.target} was missed{cycle}: {event.cause}{_because(event.note)}"


def _delivered(event: e.Delivered) -> str:
    digest = f" with others in {event.digest}" if event.digest else ""
    if event.ok:
        return f"the alert went to {event.to} by {event.route}{digest}"
    later = f"again {instant(event.next_at)}" if event.next_at else "given up"
    tried = f"attempt {event.attempt}, {later}"
    return f"the alert did not reach {event.to} by {event.route}, {tried}{_because(event.reason)}"


def _repeated(event: e.Repeated) -> str:
    times = f", {count(event.times, 'time')}" if event.times > 1 else ""
    rule = "" if event.rule == "same-alert" else event.rule
    return f"the same alert again{times}{_because(rule)}"


def _recovered(event: e.Recovered) -> str:
    what = "the service restored" if event.all_clear else "one alert over, others go on"
    return f"monitoring reports {what}{_because(event.rule)}"


def _suppressed(event: e.Suppressed) -> str:
    times = f", {count(event.times, 'time')}" if event.times > 1 else ""
    return f"{event.key} {'fires' if event.firing else 'recovered'}{times}{_because(event.rule)}"


def _validated(event: e.Validated) -> str:
    changes = ", ".join(
        f"{name} {each.before or 'unknown'} → {each.after}"
        for name, each in event.corrections.items()
    )
    against = f" against {event.against}" if event.against else ""
    return f"validated{against}: {changes or 'nothing to correct'}{_because(event.note)}"


def _contacted(event: e.Contacted) -> str:
    who = f"{event.contact} by {event.channel}"
    first = event.text.strip().split("\n", 1)[0]
    files = f"; {_files(event.attachments)}" if event.attachments else ""
    return f"heard from {who}{_effort(event.minutes)}{_because(event.rule)}: {first}{files}"


def _acknowledged(event: e.Acknowledged) -> str:
    if event.failed:
        return f"could not send the confirmation to {event.to}: {event.failed}"
    how = "confirmed the request to" if event.sent else "wrote the confirmation for"
    return f"{how} {event.to}"


def _announced(event: e.Announced) -> str:
    said = event.bulletin
    until = f", expected to end {instant(said.until)}" if said.until else ""
    news = f", next update {instant(said.next_update)}" if said.next_update else ""
    return f"bulletin for {whom(said)}: {said.text}{_because(said.state)}{until}{news}"


def _detailed(event: e.Detailed) -> str:
    said = (f"{name.replace('_', ' ')}: {text}" for name, text in event.request.told().items())
    wish = [f"wished for: {event.wish}"] if event.wish else []
    name = [f"called now: {event.summary}"] if event.summary else []
    if not event.request.told():
        return "; ".join([*name, *wish])
    return f"added details: {'; '.join([*said, *name, *wish])}"


def _problem_analysed(event: e.ProblemAnalysed) -> str:
    cause = "nobody knows the cause yet" if event.cause == UNKNOWN else f"cause: {event.cause}"
    gone = event.workaround == UNKNOWN
    around = "no workaround is known any more" if gone else f"workaround: {event.workaround}"
    said = [*([cause] if event.cause else ()), *([around] if event.workaround else ())]
    return f"analysed, {'; '.join(said)}"


def _known_error_declared(event: e.KnownErrorDeclared) -> str:
    cause = "" if event.cause == UNKNOWN else f"; cause: {event.cause}"
    return f"known error, told by {event.article}; workaround: {event.workaround}{cause}"


_BECAME = {"known-error": "is a known error", "closed": "was closed", "reopened": "was reopened"}


def _problem_closed(event: e.ProblemClosed) -> str:
    left = f"; its cause was left: {event.unfixed}" if event.unfixed else ""
    return f"problem closed as {event.code}{_because(event.note)}{left}"


def _troubleshooting_step(event: e.TroubleshootingStepped) -> str:
    found = f"; {event.found}" if event.found else ""
    what = f"thought of {event.hypothesis}; tried: {event.change}"
    return f"{what}: {event.result}{found}{_effort(event.minutes)}"


_FIXES = {"attempt": "tried", "defer": "put off", "engage": "handed to others"}


def _fix_applied(event: e.FixApplied) -> str:
    what = "a workaround" if event.workaround else "a fix"
    result = f": {event.result}" if event.decision == "attempt" else ""
    facts = [
        *([f"not met: {', '.join(event.missing)}"] if event.missing else ()),
        *([f"permitted by {event.permission}"] if event.permission else ()),
        *([f"until {instant(event.until)}"] if event.until else ()),
        *([event.queue] if event.queue else ()),
        *(["altered the configuration"] if event.configuration == "yes" else ()),
        *([f"disturbs {event.disruption}"] if event.disruption != UNKNOWN else ()),
    ]
    said = f"{_FIXES[event.decision]} {what}{result}: {event.what}"
    return f"{said}{_because('; '.join(facts))}{_effort(event.minutes)}"


def _eta_given(event: e.EtaGiven) -> str:
    told = "told the caller" if event.told else "expected, not told yet:"
    return f"{told} {instant(event.eta)}{_because(event.reason)}"


def _procedure_sought(event: e.ProcedureSought) -> str:
    found = ", ".join(each.id for each in event.found) or "nothing found"
    chosen = f", chose {event.chosen}" if event.chosen else ", none fits"
    return f"looked for a procedure{_because(event.query)}: {found}{chosen}"


def _approval_decided(event: e.ApprovalDecided) -> str:
    by = f"{event.person}{_because(event.authority)}"
    return f"{event.procedure.id} {event.decision} by {by}{_because(event.reason)}"


def _fulfilment_started(event: e.FulfilmentStarted) -> str:
    what = "standard change" if event.standard_change else "procedure"
    if event.goes_on:
        said = [f"{name}: {word}" for name, word in event.prerequisites.items()]
        return f"said what is met for {what} {event.procedure.id}{_because('; '.join(said))}"
    when = f", for {instant(event.scheduled)}" if event.scheduled else ""
    takes = f", takes {work(event.estimate_s)}" if event.estimate_s else ""
    return f"began {what} {event.procedure.id}{when}{takes}{_because('; '.join(event.warnings))}"


def _hook_ran(event: e.HookRan) -> str:
    if event.is_start:
        return f"started {' '.join(event.command)}"
    ended = f"exit {event.exit_code}" if event.exit_code is not None else event.reason
    after = "" if ended.startswith(TOO_LONG) else f" after {event.took_s} s"
    return f"ran {' '.join(event.command)}: {ended}{after}"


def _fulfilment_ended(event: e.FulfilmentEnded) -> str:
    checks = [
        f"{name.replace('_', ' ')}: {value}"
        for name in ("tool_check", "user_check", "accurate", "in_time")
        if (value := getattr(event, name)) != UNKNOWN
    ]
    said = "; ".join(filter(None, (*checks, event.surprises, event.improvement)))
    return f"{event.procedure.id} {event.outcome}{_because(said)}"


def _request_filtered(event: e.RequestFiltered) -> str:
    rule = f" by {event.rule}" if event.rule else ""
    same = f"; alike: {', '.join(event.duplicates)}" if event.duplicates else ""
    return f"{event.decision} by the filter{rule}{_because(event.reason)}{same}"


def _change_requested(event: e.ChangeRequested) -> str:
    by = f" from {event.standard_change}" if event.standard_change else ""
    order = f", work order {event.work_order}" if event.work_order else ""
    return f"request for change ({event.category}){by} goes to {event.queue}{order}"


def _change_followed(event: e.ChangeFollowed) -> str:
    name = f" {event.reference}" if event.reference else ""
    due = f", for {instant(event.due)}" if event.due else ""
    return f"the change{name} is {event.status}{due}{_because(event.note)}"


def _survey_answered(event: e.SurveyAnswered) -> str:
    scores = ", ".join(f"{name} {score}" for name, score in event.scores.items())
    files = f"; {_files(event.attachments)}" if event.attachments else ""
    via = f" by {event.via}" if event.via else ""
    return f"answered the survey {event.survey}{via}: {scores}{_because(event.remark)}{files}"


def rehearsed(event: e.AnyEvent) -> str:
    """An event that a rehearsal would have added, so that nobody takes a mail for sent."""
    return _survey_sent(event, "would ask") if isinstance(event, e.SurveySent) else sentence(event)


def _survey_sent(event: e.SurveySent, does: str = "asked") -> str:
    where = f" at {event.address}" if event.address else ""
    via = f" by {event.via}" if event.via != UNKNOWN else ""
    return f"{does} {event.to}{where}{via} how it was ({event.survey})"


def _reviewed(event: e.Reviewed) -> str:
    missed = ", ".join(name for name, answer in event.checks.items() if answer == "no")
    score = "nothing of the checklist applies" if event.percent is None else f"{event.percent} %"
    sample = f", sample {event.sample}" if event.sample else ""
    not_so = f"; not so: {missed}" if missed else ""
    return f"reviewed: {score}{not_so}{sample}{_because(event.note)}"


def _files(files: Sequence[Attachment]) -> str:
    return ", ".join(
        f"{each.name} ({each.refused})" if each.refused else each.name for each in files
    )


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
    e.Returned: lambda event: (
        f"returned to {event.to}{_because(event.reason)}{_missing(event.missing)}"
    ),
    e.Waited: _waited,
    e.Resumed: lambda event: f"work goes on{_because(event.reason)}",
    e.Escalated: _escalated,
    e.Resolved: _resolved,
    e.Closed: _closed,
    e.Reopened: lambda event: f"reopened{_because(event.reason)}",
    e.Repeated: _repeated,
    e.Recovered: _recovered,
    e.SlaAlerted: _sla_alerted,
    e.Imported: _imported,
    e.Correlated: lambda event: f"a related alert: {event.summary}{_because(event.rule)}",
    e.Suppressed: _suppressed,
    e.Raised: lambda event: f"{event.key} still fires and is {event.ref} now",
    e.Validated: _validated,
    e.Contacted: _contacted,
    e.Acknowledged: _acknowledged,
    e.Attached: lambda event: f"attached {_files(event.attachments)}{_because(event.note)}",
    e.Announced: _announced,
    e.Withdrawn: lambda event: f"ended the bulletin{_because(event.reason)}",
    e.Viewed: lambda event: f"showed the bulletin {count(event.times, 'time')}",
    e.AlsoAffected: lambda event: (
        f"{event.contact} has the same{_effort(event.minutes)}{_because(event.note)}"
    ),
    e.Detailed: _detailed,
    e.NoticeTaken: _notice_taken,
    e.SupportDecided: _support_decided,
    e.SlaReapplied: _sla_reapplied,
    e.BreachExplained: _breach_explained,
    e.Delivered: _delivered,
    e.ProblemAnalysed: _problem_analysed,
    e.IncidentLinked: lambda event: f"linked to {event.incident}{_because(event.why)}",
    e.IncidentUnlinked: lambda event: (
        f"not linked to {event.incident} after all{_because(event.why)}"
    ),
    e.ProblemLinked: lambda event: f"problem {event.problem} is behind it{_because(event.why)}",
    e.ProblemUnlinked: lambda event: (
        f"problem {event.problem} is not behind it after all{_because(event.why)}"
    ),
    e.KnownErrorDeclared: _known_error_declared,
    e.ProblemTold: lambda event: (
        f"problem {event.problem} {_BECAME[event.what]}{f': {event.text}' if event.text else ''}"
    ),
    e.ProblemClosed: _problem_closed,
    e.ProblemReopened: lambda event: f"problem reopened{_because(event.reason)}",
    e.ArticlesShown: _articles_shown,
    e.ArticlesUsed: _articles_used,
    e.ArticleSent: _article_sent,
    e.ArticleReceived: _article_received,
    e.Undone: lambda event: (
        f"took back {count(len(event.undoes), 'event')}{_because(event.reason)}"
    ),
    e.Voided: lambda event: f"void: it should never have been{_because(event.reason)}",
    e.Linked: lambda event: f"{SAYS[event.relation]} {event.to}{_because(_owed(event.why))}",
    e.Unlinked: lambda event: (
        f"took back that it {SAYS[event.relation]} {event.to}{_because(event.why)}"
    ),
    e.Merged: lambda event: f"merged into {event.into}{_because(event.why)}",
    e.Absorbed: lambda event: (
        f"{event.source} goes on here: {event.summary}, from {event.requester or UNKNOWN}"
        f"{_because(event.why)}"
    ),
    e.TroubleshootingStepped: _troubleshooting_step,
    e.FixApplied: _fix_applied,
    e.ServiceResumed: lambda event: (
        f"the service works again{_because('; '.join(filter(None, (event.how, event.evidence))))}"
    ),
    e.Mentored: lambda event: f"{event.mentor} helped with {event.skill}{_because(event.note)}",
    e.EtaGiven: _eta_given,
    e.ProcedureSought: _procedure_sought,
    e.ApprovalDecided: _approval_decided,
    e.FulfilmentStarted: _fulfilment_started,
    e.FulfilmentStepped: lambda event: (
        f"step {event.number} {event.result}{_effort(event.minutes)}: {event.step}"
        f"{_because(event.note)}"
    ),
    e.HookRan: _hook_ran,
    e.FulfilmentEnded: _fulfilment_ended,
    e.RequestFiltered: _request_filtered,
    e.ChangeRequested: _change_requested,
    e.ChangeFollowed: _change_followed,
    e.SurveySent: _survey_sent,
    e.SurveyAnswered: _survey_answered,
    e.Reviewed: _reviewed,
}

_BEHIND_WHO: dict[type[e.Event], Callable[[Any], str]] = {
    e.Accepted: lambda _: "accepted",
    e.NoticeTaken: _seen,
}
"""What names who did it, said behind their name."""
