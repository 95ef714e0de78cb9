"""The library of one desk: its knowledge articles, and what became of their advice.

What the commands of `sdcli kb` and `sdcli search-kb` call; the rules are in the rooms below.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from sdcli.errors import DataFileError, NoSuchEntryError, RefusedError
from sdcli.tickets.event import Edition, Receipt
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.sharing import Settings
    from sdcli.knowledge.uses import Ids, Uses
    from sdcli.ledger.interface import Progress
    from sdcli.policy.teams import Technician
    from sdcli.results import Recalled, Shared, SitePublished, Statistics
    from sdcli.tickets.event import ArticleUse
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Sharing

HARMFUL = "harmful"
"""The outcome of an article that made things worse (R4.1)."""

_NO_SYNONYMS: Mapping[str, tuple[str, ...]] = {}


class Library:
    """The knowledge of an open desk."""

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
        """The ids of articles that the tickets speak of by now.

        Raises:
            LedgerDamagedError, MachineError: the ledger cannot be read.
        """
        desk = self._desk
        self.uses.catch_up(desk.ledger, desk.now, lambda *_: None, fresh_for_s=0)
        return self.uses.ids()

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

    def answerable(self, used: Sequence[ArticleUse]) -> tuple[str, ...]:
        """Who answers for those articles that made things worse, and must hear of it (R3a.4).

        The lead of the queue that owns it, or of the second one; whoever says it knows already,
        and is told only if nobody else answers for it.
        """
        teams = self._desk.policy.teams
        found: list[str] = []
        for use in used:
            if use.outcome == HARMFUL:
                article = self.article(use.id)
                queues = (article.owner, article.second_owner, teams.desk.queue)
                leads = [teams.queues[name].lead for name in queues if name in teams.queues]
                leads = [person for person in leads if person in teams.technicians]
                others = [person for person in leads if person != self._desk.by]
                found += (others or leads)[:1]
        return tuple(dict.fromkeys(found))

    def use(self, ref: str, used: tuple[ArticleUse, ...], note: str) -> Ticket:
        """Record what articles did on a ticket (R3a.4, R4.1).

        Raises:
            NoSuchTicketError: there is no such ticket.
        """
        from sdcli.tickets import steps  # noqa: PLC0415 - not every command needs them

        tell = self.answerable(used)
        return self._desk.change(ref, steps.use_articles, articles=used, note=note, tell=tell)

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
        from sdcli.intake.lines import one_line  # noqa: PLC0415 - not every command needs it
        from sdcli.knowledge.sharing import letter, require_shareable  # noqa: PLC0415 - imports YAML
        from sdcli.results import Shared  # noqa: PLC0415
        from sdcli.tickets import steps  # noqa: PLC0415

        article, ticket = self.article(given), self._desk.ledger.get(ref)
        steps.require("article_sent", ticket, "kb send")
        whom = ticket.opening.on_behalf_of or ticket.requester
        text = told = address = ""
        if decision == "sent":
            require_shareable(article, self._reader(ticket, whom), whom)
            link = link or self._link(article)
            name = self._desk.policy.intake.mail.name
            summary = one_line(ticket.summary)
            text = letter(article, ref=ref, summary=summary, link=link, desk=name)
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

    def _reader(self, ticket: Ticket, whom: str) -> Technician | None:
        """What the affected user is here, if they work here."""
        staff = self._desk.policy.teams.technicians
        mail = "" if ticket.opening.on_behalf_of else ticket.opening.mail.casefold()
        names = {whom.casefold(), mail} - {"", UNKNOWN}
        found = (
            each
            for name, each in staff.items()
            if name.casefold() in names or each.mail.casefold() in names
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

    def _send(self, ticket: Ticket, to: str, text: str) -> str:
        """Hand the letter to the program that sends mail; the address that it went to."""
        from sdcli.intake import confirmation  # noqa: PLC0415 - imports the mail library

        policy = self._desk.policy
        address = confirmation.address_for(policy, ticket, to)
        if not address:
            raise RefusedError(
                f"{ticket.ref} has no mail address to send to; --to MAIL names one.", ref=ticket.ref
            )
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

        Raises:
            NoSuchEntryError: there is no such article, and nothing ever became of one.
            DataFileError: a file in `kb/` is wrong.
        """
        from sdcli.insight.information import information  # noqa: PLC0415 - a report
        from sdcli.knowledge.articles import FOLDER, articles  # noqa: PLC0415 - imports YAML
        from sdcli.knowledge.figures import advice, figures, without_article  # noqa: PLC0415
        from sdcli.results import Statistics  # noqa: PLC0415

        desk, shelf = self._desk, articles(self._desk.root)
        self.uses.recount(desk.ledger, desk.now, progress)
        found = figures(self.uses.rows(), shelf, since=since, until=until)
        wanted = [id_.upper() for id_ in ids]
        known = {each.id for each in found}
        for id_ in wanted:
            if id_ not in known:
                raise NoSuchEntryError("article", id_, known, FOLDER)
        asked = information(desk.touched(since), desk.policy, since=since, until=until)
        return Statistics(
            rows=[each for each in found if not wanted or each.id in wanted],
            advice=advice(found, shelf, desk.today) if not wanted else (),
            questions=asked.candidates if not wanted else (),
            best_effort=without_article(self.uses.rows(), since=since, until=until),
            since=since,
            until=until,
            is_narrowed=bool(wanted),
        )

    def recall(self, given: str, progress: Progress) -> Recalled:
        """Who was given an article that says something else by now, `ID` or `ID@REVISION`.

        Raises:
            NoSuchEntryError: there is no such article, and nobody was ever given one.
            DataFileError: its file is wrong.
        """
        from sdcli.knowledge.recall import recipients  # noqa: PLC0415 - imports SQLite
        from sdcli.results import Recalled  # noqa: PLC0415

        id_, _, wanted = given.partition("@")
        id_, desk = id_.strip().upper(), self._desk
        self.uses.recount(desk.ledger, desk.now, progress)
        rows = list(self.uses.rows(id_))
        article: Article | None = None
        try:
            article = self.article(id_)
        except NoSuchEntryError:
            if not rows:
                raise
        holds = article.revision if article and not article.is_retired else ""
        found = recipients(rows, present=holds, wanted=wanted.strip().casefold())
        tickets = {each.ref: desk.ledger.get(each.ref) for each in found}
        return Recalled(
            id=id_,
            article=article,
            wanted=wanted,
            people=found,
            tickets=tickets,
            policy=desk.policy,
        )

    def publish(
        self,
        directory: str,
        *,
        report_to: str = "",
        with_expired: bool = False,
        check: bool = False,
        synonyms: Mapping[str, tuple[str, ...]] = _NO_SYNONYMS,
    ) -> SitePublished:
        """Write the self-help site (R3a.2, R1a.1g, R0.8); the bulletins on it count no view.

        Args:
            directory: the folder that is replaced; may be empty with `check`.
            report_to: where callers turn to: a mail address or a page of the web; the desk's own
                mail address if empty.
            with_expired: publish articles past their date as well.
            check: write nothing.
            synonyms: further words to search for, by word or phrase.

        Raises:
            DataFileError: the catalog or another file that is needed is wrong.
            RefusedError: the folder holds something else than a site of ours.
            MachineError: it could not be written; the site that was there is there still.
        """
        from sdcli.knowledge.articles import read_shelf  # noqa: PLC0415 - imports YAML
        from sdcli.policy.scalars import Day  # noqa: PLC0415
        from sdcli.publish.chosen import choose  # noqa: PLC0415 - few commands need it
        from sdcli.publish.pages import SEARCH_DATA, Site, pages  # noqa: PLC0415 - imports Jinja2
        from sdcli.publish.put import folder_of, put  # noqa: PLC0415 - as above
        from sdcli.publish.report import Report  # noqa: PLC0415
        from sdcli.results import SitePublished  # noqa: PLC0415

        desk, policy, day = self._desk, self._desk.policy, Day(str(self._desk.today))
        choice = choose(read_shelf(desk.root, policy), day, with_expired=with_expired)
        bulletins = desk.front_page(desk.bulletins(), "html")
        site = Site(
            name=policy.intake.mail.name,
            articles=choice.articles,
            services={id_: each.name for id_, each in policy.catalog.services.items()},
            bulletins=bulletins,
            report=Report(report_to or policy.intake.mail.address),
            synonyms=synonyms,
            day=day,
        )
        files = pages(site)
        folder = folder_of(directory) if directory else ""
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
        )
