"""The knowledge base of one desk: its articles, and what became of their advice.

What the commands of `sdcli kb` and `sdcli search-kb` call; the rules are in the rooms below.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from sdcli.errors import (
    DONE,
    PARTLY_DONE,
    DataFileError,
    NoSuchEntryError,
    NoSuchTicketError,
    RefusedError,
    SdcliError,
)
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.errors import Problem
    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.beside import Beside
    from sdcli.knowledge.figures import Figures
    from sdcli.knowledge.hits import Hit
    from sdcli.knowledge.index import Filters, Index
    from sdcli.knowledge.looks import Looking
    from sdcli.knowledge.query import Asked
    from sdcli.knowledge.search import Past
    from sdcli.knowledge.sharing import Settings
    from sdcli.knowledge.synonyms import Group
    from sdcli.knowledge.track_record import TrackRecords
    from sdcli.knowledge.uses import Ids, Row, Uses
    from sdcli.ledger.interface import Progress
    from sdcli.policy.teams import Technician
    from sdcli.results.knowledge import Found, Recalled, Shared, SitePublished, Statistics
    from sdcli.tickets.event import ArticleUse, Receipt
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Sharing

HARMFUL = "harmful"
"""The outcome of an article that made things worse (R4.1)."""
_MOST_ALIKE = 12
"""So many closed tickets that are like a query are looked at."""
_MOST_TOLD = 10
_FIRST_ZONE, _LAST_ZONE = timedelta(hours=14), timedelta(hours=-12)
"""Where a day begins first, and where it ends last, as far from UTC."""
_OWN_FOLDERS = ("ledger", "kb", "catalog")
"""What is the desk's in its folder, and never a site."""


def _quietly(_done: int, _total: int) -> None:
    """For what is too quick to tell how far it is."""


def _by_name(groups: Iterable[Group]) -> dict[str, tuple[str, ...]]:
    """The other names of a thing by each of its names."""
    found: dict[str, tuple[str, ...]] = {}
    for group in groups:
        names = [" ".join(words) for words in group]
        for name in names:
            others = (other for other in names if other != name)
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *others)))
    return found


class KnowledgeBase:
    """The knowledge base of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def article(self, given: str) -> Article:
        """One article by its id.

        Raises:
            NoSuchEntryError: there is none with this id.
            DataFileError: its file is wrong.
        """
        from sdcli.knowledge.articles import article  # noqa: PLC0415 - imports YAML

        return article(self._desk.root, given)

    @cached_property
    def uses(self) -> Uses:
        """What became of articles, as far as it was counted."""
        from sdcli.knowledge.uses import Uses  # noqa: PLC0415 - imports SQLite

        return Uses(self._desk.derived("uses"))

    def spoken_of(self) -> Ids:
        """The ids of articles that the tickets speak of by now (R3a.4).

        If the ledger cannot be read that is told, and what was known before is given.
        """
        self._count_now("Which articles tickets speak of is not looked up anew")
        return self.uses.ids()

    def _count_now(self, otherwise: str) -> None:
        """Count what became of articles up to now; if the ledger cannot be read, say so."""
        try:
            self.uses.catch_up(self._desk.ledger, self._desk.now, _quietly, fresh_for_s=0)
        except SdcliError as error:
            self._desk.tell(f"{otherwise}: {error.message}")

    @cached_property
    def settings(self) -> Settings:
        """What `catalog/knowledge.yaml` says; nothing is set where there is no such file.

        Raises:
            DataFileError: it is wrong.
        """
        from sdcli.knowledge.sharing import SETTINGS, Settings, read_settings  # noqa: PLC0415 - YAML

        raw: bytes | str
        try:
            with open(os.path.join(self._desk.root, SETTINGS), "rb") as stream:
                raw = stream.read()
        except FileNotFoundError:
            return Settings(format=1)
        except OSError as error:
            raw = f"the file cannot be read: {error.strerror}"
        found, problems = read_settings(raw)
        if found is None or problems:
            raise DataFileError(problems)
        return found

    def answerable(self, used: Sequence[ArticleUse]) -> dict[str, tuple[str, ...]]:
        """Who answers for those articles that made things worse, and must hear of it (R3a.4).

        By the id of the article; one that nobody answers for is not there.

        The lead of the queue that owns it, or of the second one; whoever says it knows already,
        and is told only if nobody else answers for it.
        """
        teams = self._desk.policy.teams
        found: dict[str, tuple[str, ...]] = {}
        for use in used:
            if use.outcome == HARMFUL and use.id not in found:
                article = self.article(use.id)
                queues = (article.owner, article.second_owner, teams.desk.queue)
                leads = [teams.queues[name].lead for name in queues if name in teams.queues]
                leads = [person for person in leads if person in teams.technicians]
                others = [person for person in leads if person != self._desk.by]
                found[use.id] = tuple((others or leads)[:1])
        return {name: people for name, people in found.items() if people}

    def use(
        self, ref: str, used: tuple[ArticleUse, ...], note: str
    ) -> tuple[Ticket, dict[str, tuple[str, ...]]]:
        """Record what articles did on a ticket; and who is told of which (R3a.4, R4.1).

        Raises:
            NoSuchTicketError: there is no such ticket.
        """
        from sdcli.tickets import steps  # noqa: PLC0415 - not every command needs them

        tell = self.answerable(used)
        return self._desk.change(ref, steps.use_articles, articles=used, note=note, tell=tell), tell

    def best_effort(self, ref: str, note: str) -> Ticket:
        """Record that no article fitted, and what was answered all the same (R3a.1).

        Raises:
            NoSuchTicketError: there is no such ticket.
        """
        from sdcli.tickets import steps  # noqa: PLC0415 - as above

        return self._desk.change(ref, steps.best_effort, note=note)

    def share(
        self,
        ref: str,
        given: str,
        *,
        decision: Sharing,
        reason: str = "",
        via: str = UNKNOWN,
        link: str = "",
        to: str = "",
        send: bool = False,
        receipt: Receipt,
    ) -> Shared:
        """Give an article to the caller of a ticket, or note why not (R3a.2, R3a.3).

        What is given is a link with the revision, never the article itself (R3a.2a). With `send`
        a mail is handed to the program that sends the desk's mail, while nothing is locked.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket or article.
            RefusedError: the caller may not have it, or there is no link or address.
            SendingError: the program did not take the mail; nothing was recorded.
        """
        from sdcli.knowledge.sharing import require_own, require_shareable  # noqa: PLC0415 - YAML
        from sdcli.results.knowledge import Shared  # noqa: PLC0415
        from sdcli.tickets import steps  # noqa: PLC0415
        from sdcli.tickets.event import Edition  # noqa: PLC0415

        article, ticket = self.article(given), self._desk.ledger.get(ref)
        steps.require("article_sent", ticket, "kb send")
        whom = ticket.opening.on_behalf_of or ticket.requester
        text = told = address = ""
        if decision == "sent":
            reader = self._reader(whom)
            require_shareable(article, reader, whom)
            link = link or self._link(article)
            if send and reader is not None and article.audience != "user":
                to = require_own(article, reader, to)
            text = self._letter(article, ticket, link)
            told = f"{article.title} ({article.id}): {link}"
        elif decision == "interpreted":
            told = reason or f"explained what {article.id} says: {article.title}"
        if send:
            address = self._send(ticket, to, text)
            via = "mail"
        ticket = self._desk.change(
            ref,
            steps.share,
            article=Edition(article.id, article.revision),
            decision=decision,
            to=whom,
            via=via,
            link=link,
            address=address,
            reason=reason,
            told=told,
            receipt=receipt,
        )
        expired = article.is_expired(str(self._desk.today))
        return Shared(
            seen=self._desk.see(ticket),
            article=article,
            decision=decision,
            text=text,
            link=link,
            sent_to=address,
            is_expired=expired and decision == "sent",
        )

    def _reader(self, whom: str) -> Technician | None:
        """What the affected user is here, if they work here.

        By their name or address as the desk knows it; what a caller says of themselves is no proof.
        """
        wanted = whom.casefold()
        found = (
            each
            for name, each in self._desk.policy.teams.technicians.items()
            if wanted in (name.casefold(), each.mail.casefold())
        )
        return next(found, None)

    def _link(self, article: Article) -> str:
        from sdcli.knowledge.sharing import SETTINGS, link_to  # noqa: PLC0415 - as above

        if article.audience != "user":
            raise RefusedError(
                f"{article.id} is not on the self-help site, which has what every user may read. "
                "--link URL says where else its reader finds it.",
                article=article.id,
            )
        if not self.settings.site:
            raise RefusedError(
                f"There is no self-help site to link to: name its address in {SETTINGS} "
                "(`site: https://help.example.com`), or give --link URL."
            )
        return link_to(article, self.settings.site)

    def _letter(self, article: Article, ticket: Ticket, link: str) -> str:
        """What the caller is to read."""
        from sdcli.intake.lines import one_line  # noqa: PLC0415 - not every command needs it
        from sdcli.knowledge.sharing import letter  # noqa: PLC0415 - imports YAML

        summary, name = one_line(ticket.summary), self._desk.policy.intake.mail.name
        return letter(article, ref=ticket.ref, summary=summary, link=link, desk=name)

    def _send(self, ticket: Ticket, to: str, text: str) -> str:
        """Hand the letter to the program that sends mail; the address that it went to."""
        from sdcli.intake import confirmation  # noqa: PLC0415 - imports the mail library

        policy = self._desk.policy
        address = confirmation.address_for(policy, ticket, to)
        if not address:
            raise RefusedError(
                f"{ticket.ref} has no mail address to send to; --to MAIL names one.", ref=ticket.ref
            )
        if not self._desk.rehearses:
            self._desk.ledger.require_agreed()
            confirmation.deliver(policy, ticket, address, text, self._desk.now)
        return address

    def receive(self, ref: str, given: str, receipt: Receipt) -> Ticket:
        """Note whether the caller has an article, needed help with it, and got it (R3a.3).

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket or article.
            RefusedError: it was never given to the caller.
        """
        from sdcli.tickets import steps  # noqa: PLC0415 - as above

        return self._desk.change(ref, steps.receive, article=given.upper(), receipt=receipt)

    def statistics(
        self,
        ids: Sequence[str],
        *,
        since: datetime | None,
        until: datetime | None,
        progress: Progress,
    ) -> Statistics:
        """What became of articles in a period, and what to do about them (R3a.1a, R3b.1a, R2a.1a).

        What cannot be read is told, and the rest is counted.

        Raises:
            NoSuchEntryError: there is no such article, and nothing ever became of one.
        """
        from sdcli.insight.information import information  # noqa: PLC0415 - a report
        from sdcli.knowledge.articles import FOLDER, read_shelf  # noqa: PLC0415 - imports YAML
        from sdcli.knowledge.figures import advice, figures, without_article  # noqa: PLC0415
        from sdcli.results.knowledge import Statistics  # noqa: PLC0415

        desk, whole = self._desk, read_shelf(self._desk.root, None)
        shelf = whole.articles
        self.uses.recount(desk.ledger, desk.now, progress)
        rows = self._as_of_now(self.uses.rows(), shelf)
        found = figures(rows, shelf, since=since, until=until)
        self._tell(whole.problems)
        wanted = [id_.upper() for id_ in ids]
        known = {each.id for each in found}
        for id_ in wanted:
            if id_ not in known:
                raise NoSuchEntryError("article", id_, known, FOLDER)
        asked = information(
            desk.touched(since, "information"), desk.policy, since=since, until=until
        )
        return Statistics(
            rows=[each for each in found if not wanted or each.id in wanted],
            advice=advice(found, shelf, desk.today) if not wanted else (),
            questions=asked.candidates if not wanted else (),
            best_effort=without_article(rows, since=since, until=until),
            since=since,
            until=until,
            is_narrowed=bool(wanted),
            exit_code=PARTLY_DONE if whole.problems else DONE,
        )

    def _as_of_now(self, rows: Iterable[Row], shelf: Mapping[str, Article]) -> list[Row]:
        """The same rows; what earlier versions called the present revision is called as it is now.

        They took the hash of the whole file for it.
        """
        from sdcli.knowledge.articles import file_hashes  # noqa: PLC0415 - imports YAML

        rows = list(rows)
        ids = {row.use.article for row in rows} & shelf.keys()
        former = file_hashes(self._desk.root, ids)
        return [
            row._replace(use=row.use._replace(revision=shelf[row.use.article].revision))
            if row.use.revision and former.get(row.use.article) == row.use.revision
            else row
            for row in rows
        ]

    def became_of(self, article: Article) -> tuple[list[Figures], list[str]]:
        """What became of an article, by revision, and on which tickets, the newest first (R3a.1a).

        If the ledger cannot be read that is told, and what was counted before is given.
        """
        from sdcli.knowledge.figures import figures  # noqa: PLC0415 - imports SQLite

        self._count_now(f"What {article.id} did is not counted anew")
        rows = self._as_of_now(self.uses.rows(article.id), {article.id: article})
        return figures(rows, {article.id: article}), list(
            dict.fromkeys(row.ref for row in reversed(rows))
        )

    def recall(self, given: str, progress: Progress) -> Recalled:
        """Who was given an article that says something else by now, `ID` or `ID@REVISION`.

        An article whose file is wrong holds for nobody until it is mended; that is told.

        Raises:
            NoSuchEntryError: there is no such article, and nobody was ever given one; or nobody
                ever heard of this revision.
        """
        from sdcli.knowledge.articles import FOLDER  # noqa: PLC0415 - imports YAML
        from sdcli.knowledge.recall import recipients  # noqa: PLC0415 - imports SQLite
        from sdcli.results.knowledge import Recalled  # noqa: PLC0415

        named, _, wanted = given.partition("@")
        id_, desk = named.strip().upper(), self._desk
        wanted = wanted.strip().casefold()
        self.uses.recount(desk.ledger, desk.now, progress)
        rows, article, code = self.uses.rows(id_), None, DONE
        try:
            article = self.article(id_)
            rows = self._as_of_now(rows, {id_: article})
        except NoSuchEntryError:
            if not rows:
                raise
        except DataFileError as error:
            self._tell(error.problems)
            code = PARTLY_DONE
        revisions = {row.use.revision for row in rows} | ({article.revision} if article else set())
        if wanted and not any(each.startswith(wanted) for each in revisions):
            raise NoSuchEntryError("revision", wanted, revisions, FOLDER)
        holds = {article.revision} if article and not article.is_retired else set[str]()
        found = recipients(rows, present=holds, wanted=wanted, is_known=self._is_somebody)
        tickets = {each.ref: desk.ledger.get(each.ref) for each in found}
        return Recalled(
            id=id_,
            article=article,
            wanted=wanted,
            people=found,
            tickets=tickets,
            policy=desk.policy,
            exit_code=code,
        )

    def _is_somebody(self, name: str) -> bool:
        """Whether a name stands for one person wherever it is used: a contact, staff, an address."""
        policy = self._desk.policy
        staff = name.casefold() in (each.casefold() for each in policy.teams.technicians)
        return "@" in name or staff or policy.contact(name) is not None

    def search(
        self,
        text: str,
        *,
        ref: str = "",
        filters: Filters,
        limit: int = 10,
        explain: bool = False,
        looking: Looking | None = None,
        progress: Progress = lambda _done, _total: None,
    ) -> Found:
        """What helps with what somebody typed, or with a ticket, best first (R3a.1, R3d1.1, R3b.1).

        Files that cannot be read are told, and the others are searched. `looking`: a look at the
        folder that has begun already.

        Raises:
            NoSuchTicketError: there is no such ticket.
            DataFileError: no article can be read at all.
        """
        from sdcli.knowledge.search import Wanted, search  # noqa: PLC0415 - imports SQLite
        from sdcli.results.knowledge import Found  # noqa: PLC0415

        asked, words = self._asked(text, ref)
        wanted = Wanted(asked, filters, self._is_expired, limit, explain)
        past = [] if filters.kinds and "ticket" not in filters.kinds else self._past(words, ref)
        records = self._records(progress)
        others, wrong = self._others(filters)

        def find(index: Index) -> list[Hit]:
            return search(index, wanted, records, past, others)

        hits, code = self._found(looking, find, progress)
        self._tell(wrong)
        code = PARTLY_DONE if wrong else code
        if ref:
            self._note_look(ref, text, hits)
        return Found(words, hits, code, ref)

    def find_offered(self, text: str, ref: str, *, types: Collection[str] = ()) -> list[Hit]:
        """The procedures and standard changes that fit, best first; as `search` finds them.

        So are articles that say how a request is fulfilled, but for restricted ones. Nothing is
        noted on the ticket. With `types`, only those for requests of these types.
        """
        from sdcli.knowledge.index import Filters  # noqa: PLC0415 - imports SQLite
        from sdcli.knowledge.search import Wanted, search  # noqa: PLC0415 - as above

        asked, _ = self._asked(text, ref)
        wanted = Wanted(asked, Filters(kinds=("standard-change", "procedure")), self._is_expired)
        others, _ = self._others(wanted.filters)

        def find(index: Index) -> list[Hit]:
            return search(index, wanted, others=others)

        return [
            hit
            for hit in self._found(None, find, _quietly)[0]
            if hit.audience != "restricted" and (not types or hit.type in types)
        ]

    def _others(self, filters: Filters) -> tuple[list[Beside], Sequence[Problem]]:
        """The procedures and standard changes as they are searched, and what is wrong with them."""
        if filters.kinds and not {"procedure", "standard-change"} & set(filters.kinds):
            return [], ()
        from sdcli.policy.load import offered  # noqa: PLC0415 - few searches leave them out

        found = offered(self._desk.root, self._desk.derived("offered"))
        if not (found.all or found.problems):
            return [], ()
        from sdcli.fulfilment.searched import as_searched  # noqa: PLC0415 - few desks have none

        return [as_searched(each) for each in found.all.values()], found.problems

    def _is_expired(self, expires: str) -> bool:
        """Whether an article is past the day through which it is good.

        That day ends with the desk's. The policy, which says where the desk is, is read only where
        that makes a difference: when the day is today somewhere on earth.
        """
        with suppress(OverflowError):  # a clock at the end of all calendars
            if expires >= str((self._desk.now + _FIRST_ZONE).date()):
                return False
            if expires < str((self._desk.now + _LAST_ZONE).date()):
                return True
        return expires < self._day

    @cached_property
    def _day(self) -> str:
        """Today on the desk's calendar; in UTC if its files do not say where it is."""
        try:
            return str(self._desk.today)
        except DataFileError:
            return str(self._desk.now.date())

    def _note_look(self, ref: str, text: str, hits: Sequence[Hit]) -> None:
        """Record on a ticket that the knowledge base was looked into for it (R3d1.1).

        A ledger that is busy, or cannot be written to, keeps nobody from the answer: it is told.
        """
        from sdcli.tickets import steps  # noqa: PLC0415 - few searches need them
        from sdcli.tickets.event import Edition  # noqa: PLC0415 - as above

        # what is no article has an id in small letters: it is looked for by `fulfil`
        found = tuple(
            Edition(hit.id, hit.revision) for hit in hits if hit.revision and hit.id.isupper()
        )
        try:
            if not self._desk.ledger.get(ref).is_closed:
                self._desk.change(ref, steps.look_up, articles=found, query=text)
        except SdcliError as error:
            self._desk.tell(f"That you looked is not recorded on {ref}: {error.message}")

    def frequent(
        self, service: str, looking: Looking | None = None, progress: Progress = lambda _d, _t: None
    ) -> Found:
        """The frequent questions: all articles of information, of one service if given (R2a.1).

        Raises:
            DataFileError: no article can be read at all.
        """
        from sdcli.knowledge.articles import questions_of  # noqa: PLC0415 - only a search
        from sdcli.knowledge.index import Filters  # noqa: PLC0415 - imports SQLite
        from sdcli.knowledge.search import listed  # noqa: PLC0415
        from sdcli.results.knowledge import Found  # noqa: PLC0415

        def find(index: Index) -> list[Hit]:
            rows = index.chosen(Filters(type="information", service=service)) or set()
            shelf = index.articles(rows - index.retired()).values()
            return [listed(each, self._is_expired) for each in questions_of(shelf)]

        return Found("", *self._found(looking, find, progress))

    def _records(self, progress: Progress) -> TrackRecords:
        """How well articles have done so far; nothing where that cannot be kept, or read.

        It is told if the ledger cannot be read; articles are found all the same.
        """
        from sdcli.knowledge.track_record import NO_RECORDS, TrackRecords  # noqa: PLC0415 - as above

        if not self._desk.derived("uses"):
            return NO_RECORDS
        try:
            if not self.uses.is_fresh(self._desk.now):  # else the ledger need not be opened
                self.uses.catch_up(self._desk.ledger, self._desk.now, progress)
        except SdcliError as error:
            self._desk.tell(f"What articles did is not counted anew: {error.message}")
        return TrackRecords(self.uses.results())

    def _asked(self, text: str, ref: str) -> tuple[Asked, str]:
        """What is searched for, and the words that stand for it."""
        from sdcli.knowledge import query  # noqa: PLC0415 - only a search

        asked = query.typed(text)
        if not ref:
            return asked, text
        from sdcli.knowledge.past import details_of  # noqa: PLC0415 - few searches need it

        ticket = self._desk.ledger.get(ref)
        details = details_of(ticket)
        words = " ".join(filter(None, (text, ticket.summary, details)))
        return query.joined(asked, query.of_ticket(ticket.summary, details)), words

    def _found(
        self, looking: Looking | None, find: Callable[[Index], list[Hit]], progress: Progress
    ) -> tuple[list[Hit], int]:
        """What is found in an index that is up to date, and the exit code."""
        from sdcli.knowledge.index import Index  # noqa: PLC0415 - imports SQLite
        from sdcli.knowledge.looks import Looking  # noqa: PLC0415

        looking = looking or Looking(self._desk.root)
        index = Index(self._desk.derived("kb"), self._desk.tell)
        hits, problems = index.answer(find, self._desk.root, looking, progress)
        if problems and not index.count:
            raise DataFileError(problems)
        self._tell(problems)
        hits = self._withheld(hits)
        return hits, PARTLY_DONE if problems else DONE

    def _withheld(self, hits: list[Hit]) -> list[Hit]:
        """The same hits; of what the acting person may not read only the title is told (R3a.2).

        Which of the words stand in it is not told either: who asks for enough of them reads it.
        """
        if all(hit.audience != "restricted" for hit in hits):
            return hits
        from msgspec.structs import replace  # noqa: PLC0415 - few articles are restricted

        own: set[str] = set()
        with suppress(DataFileError):  # nobody can be known to have a role then
            person = self._desk.policy.teams.technicians.get(self._desk.by)
            own = set(person.roles) if person else set()
        return [
            hit
            if hit.audience != "restricted" or own.intersection(hit.roles)
            else replace(
                hit,
                snippet=f"Only for {', '.join(hit.roles)}.",
                vendor_link="",
                explain=replace(hit.explain, shares=()) if hit.explain else None,
            )
            for hit in hits
        ]

    def _tell(self, problems: Sequence[Problem]) -> None:
        for problem in problems[:_MOST_TOLD]:
            self._desk.tell(str(problem))
        if len(problems) > _MOST_TOLD:
            more = len(problems) - _MOST_TOLD
            self._desk.tell(f"There are {more} more problems; `sdcli lint` shows all of them.")

    def _past(self, words: str, ref: str) -> list[Past]:
        """Tickets that were solved and are like these words, as far as any were learned."""
        from sdcli.classifying import Classification  # noqa: PLC0415 - as below

        if not os.path.exists(self._desk.derived("history")):
            return []
        from sdcli.knowledge.past import past  # noqa: PLC0415 - few searches need it
        from sdcli.learning import judge  # noqa: PLC0415
        from sdcli.learning.memory import TROUBLE  # noqa: PLC0415

        try:
            memory = Classification(self._desk).memory
            alike = judge.alike(memory, judge.read(memory, words)) if memory.state.tickets else []
        except TROUBLE:
            return []  # `classify` begins it anew, and tells
        refs = [each.ref for each in alike if each.ref != ref][:_MOST_ALIKE]
        return [found for ticket in self._tickets(refs) if (found := past(ticket)) is not None]

    def _tickets(self, refs: Sequence[str]) -> Iterator[Ticket]:
        """The tickets that are there; why they cannot be read is told, and stops no search."""
        try:
            for ref in refs:
                with suppress(NoSuchTicketError):
                    yield self._desk.ledger.get(ref)
        except SdcliError as error:
            self._desk.tell(f"Past tickets are not searched: {error.message}")

    def faq(self) -> list[tuple[str, str]]:
        """The frequent questions: the articles of type information, id and title (R2a.1).

        Raises:
            DataFileError: a file of the knowledge base is wrong.
        """
        from sdcli.knowledge.articles import articles, questions_of  # noqa: PLC0415 - as above

        return [(each.id, each.title) for each in questions_of(articles(self._desk.root).values())]

    def publish(
        self,
        directory: str,
        *,
        report_to: str = "",
        with_expired: bool = False,
        check: bool = False,
    ) -> SitePublished:
        """Write the self-help site (R3a.2, R1a.1g, R0.8); the bulletins on it count no view.

        Args:
            directory: the folder that is replaced; may be empty with `check`.
            report_to: where callers turn to: a mail address or a page of the web; the desk's own
                mail address if empty.
            with_expired: publish articles past their date as well.
            check: write nothing.

        Raises:
            DataFileError: the catalog or another file that is needed is wrong.
            RefusedError: the folder is the desk's own, or holds something else than a site of ours.
            MachineError: it could not be written; the site that was there is there still.
        """
        from sdcli.bulletins import Bulletins  # noqa: PLC0415 - only a site
        from sdcli.knowledge.articles import read_shelf  # noqa: PLC0415 - imports YAML
        from sdcli.knowledge.check import wrong  # noqa: PLC0415 - as above
        from sdcli.knowledge.synonyms import read_synonyms  # noqa: PLC0415
        from sdcli.policy.scalars import Day  # noqa: PLC0415
        from sdcli.publish.chosen import choose  # noqa: PLC0415 - few commands need it
        from sdcli.publish.pages import SEARCH_DATA, Site, pages  # noqa: PLC0415 - imports Jinja2
        from sdcli.publish.put import folder_of, had_articles, put, require_apart  # noqa: PLC0415 - as above
        from sdcli.publish.report import Report  # noqa: PLC0415
        from sdcli.publish.searched import words_of  # noqa: PLC0415
        from sdcli.results.knowledge import SitePublished  # noqa: PLC0415

        desk, policy, day = self._desk, self._desk.policy, Day(str(self._desk.today))
        if directory:
            require_apart(directory, desk.root, _OWN_FOLDERS)
        synonyms = read_synonyms(desk.root)
        shelf = read_shelf(desk.root, policy)
        shelf = shelf.without(wrong(desk.root, shelf.entries))
        choice = choose(shelf, day, with_expired=with_expired)
        restricted = [each for each in shelf.articles.values() if each.audience == "restricted"]
        bulletins = Bulletins(desk).front_page(Bulletins(desk).listed(), "html")
        site = Site(
            name=policy.intake.mail.name,
            articles=choice.articles,
            services={id_: each.name for id_, each in policy.catalog.services.items()},
            bulletins=bulletins,
            report=Report(report_to or policy.intake.mail.address),
            synonyms=_by_name(synonyms.groups),
            secret=words_of(restricted),
            day=day,
        )
        files = pages(site)
        folder = folder_of(directory) if directory else ""
        is_emptied = bool(folder) and not choice.articles and had_articles(folder)
        changed = put(files, directory).changed if not check else 0
        return SitePublished(
            folder=folder,
            written=not check,
            articles=choice.articles,
            bulletins=len(bulletins.notices),
            left_out=choice.left_out,
            files=len(files),
            changed=changed,
            bytes=sum(map(len, files.values())),
            search_bytes=len(files[SEARCH_DATA]),
            report_to=site.report.to,
            problems=synonyms.problems,
            is_emptied=is_emptied,
        )
