"""The problems of one desk: what is behind its incidents, from the first link to the last word.

What the commands of `sdcli problem` call (R3d1.7). The steps are in `sdcli.tickets.problems`, the
articles of known errors in `sdcli.knowledge.known_error`, the search for recurring incidents in
`sdcli.insight.recurring`.
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

from sdcli.errors import SdcliError
from sdcli.ledger.again import again
from sdcli.results.problems import CandidatesFound, ProblemChanged, ProblemShown, ProblemsListed
from sdcli.tickets import keys, problems
from sdcli.tickets.event import KnownErrorDeclared, Opened, ProblemAnalysed, ProblemClosed
from sdcli.tickets.query import Query, pressing
from sdcli.tickets.words import OPEN_STATUSES, PROBLEM, STATUSES, UNKNOWN, Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.known_error import Draft
    from sdcli.ledger.interface import Writer
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.priority import Weight


class NewProblem(Struct, frozen=True, kw_only=True):
    """A problem that is to be opened; what is empty comes from its incidents and the catalog."""

    summary: str
    incidents: tuple[str, ...] = ()
    service: str = ""
    feature: str = ""
    impact: Level | None = None
    urgency: Level | None = None
    queue: str = ""
    cause: str = ""
    workaround: str = ""
    because: str = ""
    idempotency_key: str = ""


class _Word(NamedTuple):
    """What incidents are told of a problem."""

    problem: str
    what: Literal["known-error", "closed", "reopened"]
    text: str


class Problems:
    """The problems of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @again
    def open(self, wanted: NewProblem) -> ProblemChanged:
        """Open a problem and gather its incidents, all in one unit of work.

        Raises:
            NoSuchTicketError: there is no such incident; nothing was recorded.
            NoSuchEntryError: the service has no such feature.
            RefusedError: one of them cannot be an incident.
        """
        desk, key, stamp = self._desk, wanted.idempotency_key, self._desk.stamp
        policy = desk.policy
        with desk.ledger.write() as writer:
            known = next(writer.having(keys.problem(key)), None) if key else None
            if known is not None:
                return ProblemChanged(known, action="deduped", is_new=False)
            incidents = [writer.get(ref) for ref in dict.fromkeys(wanted.incidents)]
            service = wanted.service or _common(each.service for each in incidents)
            alike = [each for each in incidents if each.service == service]
            feature = wanted.feature or _common(each.feature for each in alike)
            if wanted.feature:
                policy.require_feature(service, wanted.feature)
            opened = self._opened(wanted, incidents, service, feature, stamp)
            problem = writer.create((opened,))
            said = problems.analyse(
                problem, stamp, cause=wanted.cause, workaround=wanted.workaround
            )
            problem = writer.append(problem, said) if said else problem
            problem, _, notes = self._linked(
                writer, problem, wanted.incidents, wanted.because, stamp
            )
        return ProblemChanged(problem, action="created", notes=notes)

    def _opened(
        self,
        wanted: NewProblem,
        incidents: Sequence[Ticket],
        service: str,
        feature: str,
        stamp: Stamp,
    ) -> Opened:
        policy = self._desk.policy
        found = policy.service(service)
        weight = self._weight(wanted, incidents, service, feature)
        return Opened(
            *stamp.mark(),
            record=PROBLEM,
            summary=wanted.summary,
            queue=wanted.queue or (found.queue if found else policy.teams.desk.queue),
            priority=weight.priority,
            service=service,
            feature=feature,
            impact=weight.impact,
            urgency=weight.urgency,
            grounds=weight.grounds,
            idempotency_key=wanted.idempotency_key,
        )

    def _weight(
        self, wanted: NewProblem, incidents: Sequence[Ticket], service: str, feature: str
    ) -> Weight:
        """By the desk's matrix: what is stated, else the highest of its incidents, else presets."""
        from sdcli.triage.priority import RANK, Subject, weigh  # noqa: PLC0415 - only a new one

        def level(stated: Level | None, of_incidents: Iterable[Level]) -> Level | None:
            highest = max(of_incidents, key=RANK.__getitem__, default=UNKNOWN)
            return stated or (None if highest == UNKNOWN else highest)

        return weigh(
            self._desk.policy,
            Subject(
                type="incident",
                service=service,
                feature=feature,
                impact=level(wanted.impact, (each.impact for each in incidents)),
                urgency=level(wanted.urgency, (each.urgency for each in incidents)),
            ),
        )

    @again
    def link(self, ref: str, incidents: Sequence[str], because: str) -> ProblemChanged:
        """Gather incidents under a problem, all of them or none.

        They are told what the others were told of it before.

        Raises:
            NoSuchTicketError: there is no such problem or incident.
            RefusedError: one of them cannot be an incident of it.
        """
        stamp, _ = self._desk.stamp, self._desk.policy
        with self._desk.ledger.write() as writer:
            before = writer.get(ref)
            problems.require_problem(before, "problem link")
            problem, new, notes = self._linked(writer, before, incidents, because, stamp)
            words = list(_words(problem))
            hears = [ref for word in words for ref in self._tell(writer, new, word, stamp)]
        hears = list(dict.fromkeys(hears))
        notes += _heard(hears) if hears else ()
        if problem.is_closed:
            notes.append(
                f"{ref} is closed. If it is there again: sdcli problem reopen {ref} --reason WHY"
            )
        return ProblemChanged(
            problem, notes=notes, is_new=problem is not before, told=hears, act=self._desk.act
        )

    def _linked(
        self, writer: Writer, problem: Ticket, refs: Sequence[str], because: str, stamp: Stamp
    ) -> tuple[Ticket, list[str], list[str]]:
        """The problem with these incidents, both sides written; which of them are new to it.

        And what is to be said of it.
        """
        new: list[str] = []
        notes: list[str] = []
        for ref in dict.fromkeys(refs):
            incident = writer.get(ref)
            pair = problems.link(problem, incident, stamp, why=because)
            if not pair.of_problem:
                notes.append(f"{ref} is linked to {problem.ref} already.")
                continue
            problem = writer.append(problem, pair.of_problem)
            writer.append(incident, pair.of_incident)
            new.append(ref)
            if incident.type == UNKNOWN:
                notes.append(
                    f"{ref} is of type {incident.type}, and no incident yet: `sdcli classify "
                    f"{ref}` says what it is."
                )
            elif incident.type != "incident":
                notes.append(f"{ref} is of type {incident.type}; it is linked all the same.")
        return problem, new, notes

    @again
    def unlink(self, ref: str, incidents: Sequence[str], because: str) -> ProblemChanged:
        """Take incidents away from a problem, all of them or none.

        Raises:
            NoSuchTicketError: there is no such problem or incident.
            RefusedError: one of them is none of its incidents.
        """
        stamp, _ = self._desk.stamp, self._desk.policy
        with self._desk.ledger.write() as writer:
            problem = writer.get(ref)
            problems.require_problem(problem, "problem unlink")
            for each in dict.fromkeys(incidents):
                incident = writer.get(each)
                pair = problems.unlink(problem, incident, stamp, why=because)
                problem = writer.append(problem, pair.of_problem)
                writer.append(incident, pair.of_incident)
        return ProblemChanged(problem, act=self._desk.act)

    @again
    def analyse(self, ref: str, *, cause: str, workaround: str) -> ProblemChanged:
        """Say what is known of a problem by now.

        Raises:
            NoSuchTicketError: there is no such problem.
            RefusedError: it is closed.
        """
        stamp, _ = self._desk.stamp, self._desk.policy
        with self._desk.ledger.write() as writer:
            before = writer.get(ref)
            events = problems.analyse(before, stamp, cause=cause, workaround=workaround)
            problem = writer.append(before, events) if events else before
        notes = [] if events else ["That is known already."]
        if events and problem.known_error and not problem.workaround:
            notes.append(f"{problem.known_error} still tells the former workaround.")
        elif events and problem.known_error:
            notes.append(
                f"{problem.known_error} is not changed by this: mend the article, then `sdcli "
                f"problem known-error {ref}` tells its incidents."
            )
        return ProblemChanged(problem, notes=notes, is_new=bool(events), act=self._desk.act)

    def show(self, ref: str) -> ProblemShown:
        """A problem with its incidents.

        Raises:
            NoSuchTicketError: there is no such problem.
            RefusedError: it is a help request.
        """
        problem = self._desk.ledger.get(ref)
        problems.require_problem(problem, "problem show")
        incidents = [self._desk.ledger.get(each) for each in problem.incidents]
        return ProblemShown(problem, incidents, self._desk.now)

    def listed(
        self, *, everything: bool, service: str = "", queue: str = "", known_errors: bool = False
    ) -> ProblemsListed:
        """The problems that are open, or all, the most pressing first."""
        statuses = STATUSES if everything else OPEN_STATUSES
        query = Query(record=PROBLEM, statuses=statuses, service=service, queue=queue)
        found = pressing(self._desk.ledger.find(query))
        rows = [each for each in found if each.known_error or not known_errors]
        return ProblemsListed(rows, self._desk.now)

    @again
    def known_error(self, ref: str, article: str = "", *, new: bool = False) -> ProblemChanged:
        """Make a problem a known error: an article tells its workaround, and its incidents hear it.

        The article is written, or marked, before the ledger says so. If something fails between
        the two, the next run finds the article by the problem that it names, and its title.
        `new`: one is written whatever there is.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such problem, or article.
            RefusedError: too little is known, or the article tells of another problem, or one
                names this problem that may be another desk's.
            DataFileError: a file of the knowledge base is wrong.
            MachineError: the file could not be written.
        """
        stamp, _ = self._desk.stamp, self._desk.policy
        with self._desk.ledger.write() as writer:
            problem = writer.get(ref)
            incidents = [writer.get(each) for each in problem.incidents]
            problems.require_problem(problem, "problem known-error")
            known = None if new else self._article(problem, incidents, article)
            cause = problem.cause or (known.cause.strip() if known else "")
            workaround = problem.workaround or (known.workaround.strip() if known else "")
            problems.require_known(problem, cause, workaround)
            told, notes = self._told_by(problem, known, incidents, cause, workaround)
            events = problems.declare(
                problem,
                stamp,
                article=told.id,
                revision=told.revision,
                cause=cause,
                workaround=workaround,
            )
            after = writer.append(problem, events) if events else problem
            hears = self._tell(
                writer, problem.incidents, _Word(ref, "known-error", workaround), stamp
            )
        if not events:
            notes.append(f"{ref} is a known error already, told by {told.id}.")
        if told.workaround.strip() != workaround:
            notes.append(f"{told.id} tells another workaround than {ref}: see which one is right.")
        if _was_taken_back(problem) and workaround:
            notes.append(
                f"That no workaround is known was said before: now that of {told.id} holds again. "
                f"If it does not, mend the article, and say so: `sdcli problem analyse {ref}`."
            )
        notes += _heard(hears)
        return ProblemChanged(
            after, notes=notes, is_new=bool(events), told=hears, act=self._desk.act
        )

    def _article(self, problem: Ticket, incidents: Sequence[Ticket], given: str) -> Article | None:
        """The article that is to tell of a problem: the one named, or the one that does already."""
        from sdcli.knowledge.articles import article, articles  # noqa: PLC0415 - imports YAML
        from sdcli.knowledge.known_error import of_problem, title_of  # noqa: PLC0415 - as above

        if given:
            return article(self._desk.root, given)
        declared = [
            each.article for each in problem.standing if isinstance(each, KnownErrorDeclared)
        ]
        return of_problem(
            articles(self._desk.root),
            problem.ref,
            declared,
            lambda: title_of(self._draft(problem, incidents, "", "")),
        )

    def _told_by(
        self,
        problem: Ticket,
        known: Article | None,
        incidents: Sequence[Ticket],
        cause: str,
        workaround: str,
    ) -> tuple[Article, list[str]]:
        """The article that tells of the problem from now on, and what became of its file."""
        from sdcli.authoring import Authoring  # noqa: PLC0415 - imports YAML
        from sdcli.errors import DraftError  # noqa: PLC0415 - as above
        from sdcli.knowledge.known_error import fields_of, mark  # noqa: PLC0415 - as above
        from sdcli.knowledge.write import held  # noqa: PLC0415 - as above

        root = self._desk.root
        if known is not None:
            writes = not self._desk.rehearses
            with held(root, self._desk.wait_s) if writes else nullcontext():
                told, changed = mark(root, known.id, problem.ref, workaround, writes=writes)
            said = f"{told.id} is marked as a known error of {problem.ref}."
            return told, [said] if changed else []
        draft = self._draft(problem, incidents, cause, workaround)
        try:
            made = Authoring(self._desk).create(fields_of(draft))
        except DraftError as error:
            error.also(f"\n`sdcli problem analyse {problem.ref}` mends what comes from there.")
            raise
        said = f"{made.article.id} is new, for {made.article.audience}: {made.file}. Read it over."
        return made.article, [said, *made.notes]

    def _draft(
        self, problem: Ticket, incidents: Sequence[Ticket], cause: str, workaround: str
    ) -> Draft:
        from sdcli.knowledge.callers import scrubber  # noqa: PLC0415 - as above
        from sdcli.knowledge.check import is_sound  # noqa: PLC0415 - as above
        from sdcli.knowledge.known_error import Draft  # noqa: PLC0415 - as above

        policy = self._desk.policy
        named = [problem.service, *(each.service for each in incidents)]
        services = [name for name in dict.fromkeys(named) if name in policy.catalog.services]
        services = services[:1] if problem.service in services else services
        found = policy.service(services[0]) if services else None
        clean = scrubber(incidents, policy)
        said = [clean(each.summary) for each in (problem, *incidents)]
        sound = [each if is_sound(self._desk.root, each) else "" for each in said]
        return Draft(
            problem=problem.ref,
            title=sound[0],
            area=found.area if found else "",
            services=tuple(services),
            symptoms=tuple(sound[1:]),
            cause=cause,
            workaround=workaround,
            owner=problem.queue,
            second_owner=policy.teams.desk.queue,
        )

    @again
    def close(self, ref: str, *, code: str, note: str, unfixed: str) -> ProblemChanged:
        """Close a problem, and tell the tickets that are linked to it.

        Raises:
            NoSuchTicketError: there is no such problem.
            RefusedError: nobody said what its cause was, or it is closed.
        """
        stamp, _ = self._desk.stamp, self._desk.policy
        with self._desk.ledger.write() as writer:
            problem = writer.get(ref)
            events = problems.close(problem, stamp, code=code, note=note, unfixed=unfixed)
            after = writer.append(problem, events)
            text = _closing(after, code, note, unfixed)
            hears = self._tell(writer, after.incidents, _Word(ref, "closed", text), stamp)
        hints = []
        if code == problems.REMOVED and self._is_in_use(after.known_error):
            hints.append(
                f"Next: sdcli kb retire {after.known_error} --because '{ref} is {code}'   # its "
                "cause is gone, so nobody needs the workaround"
            )
        return ProblemChanged(
            after, notes=_heard(hears), told=hears, hints=hints, act=self._desk.act
        )

    def _is_in_use(self, article: str) -> bool:
        """Whether there is such an article, and it is not retired; no, if its file is wrong."""
        from sdcli.knowledge.articles import article as read  # noqa: PLC0415 - imports YAML

        with suppress(SdcliError):
            return bool(article) and not read(self._desk.root, article).is_retired
        return False

    @again
    def reopen(self, ref: str, reason: str) -> ProblemChanged:
        """Take a problem up again, and tell the tickets that are linked to it.

        Raises:
            NoSuchTicketError: there is no such problem.
            RefusedError: it is not closed.
        """
        stamp, _ = self._desk.stamp, self._desk.policy
        with self._desk.ledger.write() as writer:
            problem = writer.get(ref)
            after = writer.append(problem, problems.reopen(problem, stamp, reason=reason))
            hears = self._tell(writer, after.incidents, _Word(ref, "reopened", reason), stamp)
        return ProblemChanged(after, notes=_heard(hears), told=hears, act=self._desk.act)

    @staticmethod
    def _tell(writer: Writer, refs: Iterable[str], word: _Word, stamp: Stamp) -> list[str]:
        """Tell incidents what became of a problem; the references of those that hear it."""
        heard = []
        for ref in refs:
            incident = writer.get(ref)
            events = problems.tell(incident, stamp, **word._asdict())
            if events:
                writer.append(incident, events)
                heard.append(ref)
        return heard

    def candidates(self, since: datetime | None, fewest: int) -> CandidatesFound:
        """Incidents that come again and again, and belong to no problem that is open."""
        from sdcli.insight.recurring import candidates  # noqa: PLC0415 - one command's

        ledger = self._desk.ledger
        open_ = {each.ref for each in ledger.find(Query(record=PROBLEM))}
        found = candidates(
            self._desk.touched(since),
            since=since,
            fewest=fewest,
            is_taken=lambda ticket: not open_.isdisjoint(ticket.problems),
        )
        return CandidatesFound(found, since, fewest)


def _common(values: Iterable[str]) -> str:
    """What all say who know it; `unknown` where they differ, or nobody does."""
    found = {value for value in values if value != UNKNOWN}
    return found.pop() if len(found) == 1 else UNKNOWN


def _was_taken_back(problem: Ticket) -> bool:
    """Whether it was said of a problem that its workaround is none after all."""
    said = (each for each in problem.standing if isinstance(each, ProblemAnalysed))
    taken = any(each.workaround == UNKNOWN for each in said)
    return taken and not problem.workaround


def _words(problem: Ticket) -> Iterator[_Word]:
    """What still holds of all that the incidents of a problem were told, in order.

    A workaround that was taken back is not told.
    """
    known = next((e for e in reversed(problem.standing) if isinstance(e, KnownErrorDeclared)), None)
    if known and problem.workaround:
        yield _Word(problem.ref, "known-error", known.workaround)
    end = next((e for e in reversed(problem.standing) if isinstance(e, ProblemClosed)), None)
    if end and problem.is_closed:
        text = _closing(problem, end.code, end.note, end.unfixed)
        yield _Word(problem.ref, "closed", text)


def _closing(problem: Ticket, code: str, note: str, unfixed: str) -> str:
    """How a problem was closed, for the tickets that are linked to it."""
    cause = f"cause: {problem.cause}" if problem.cause not in ("", UNKNOWN) else ""
    left = f"the cause was left: {unfixed}" if unfixed else ""
    return "; ".join(filter(None, (f"as {code}", cause, left, note)))


def _heard(refs: Sequence[str]) -> list[str]:
    """How many tickets were told, in a sentence."""
    from sdcli.errors import listed  # noqa: PLC0415 - few answers need it

    if not refs:
        return ["No open ticket is left to be told."]
    number = "1 open ticket is" if len(refs) == 1 else f"{len(refs)} open tickets are"
    return [f"{number} told: {listed(refs)}."]
