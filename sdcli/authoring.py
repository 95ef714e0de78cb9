"""The articles of one desk written, reviewed and retired: what the commands of `sdcli kb` call.

Whoever writes holds a lock of the articles' own, so that neither two of them take one id, nor the
tickets have to wait. Rules and files are in `sdcli.knowledge`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sdcli.errors import DataFileError, DraftError, Problem, RefusedError
from sdcli.knowledge import articles, check, write
from sdcli.knowledge.readers import require_reader
from sdcli.knowledge.terms import later
from sdcli.knowledge_base import KnowledgeBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sdcli.desk import Desk
    from sdcli.knowledge.articles import Article, Entry
    from sdcli.knowledge.bring import Wish
    from sdcli.knowledge.foreign import Defaults
    from sdcli.knowledge.uses import Ids
    from sdcli.results.knowledge import (
        ArticleDrafted,
        ArticlesDue,
        ArticleShown,
        ArticlesImported,
        ArticlesLinted,
        ArticleWritten,
    )

GOOD_FOR = "1y"
"""How long a new article is good for where nobody says it."""

_NEW = "the new article"

_FLAGS = {
    "title": "TITLE",
    "type": "--type",
    "area": "--area",
    "services": "--service",
    "symptoms": "--symptom",
    "steps": "--step",
    "owner": "--owner",
    "second_owner": "--second-owner",
}
"""What an article must say, and the option that says it."""


class Copy(NamedTuple):
    """An article that somebody is about to edit, with the bytes of its file."""

    entry: Entry
    raw: bytes


class Authoring:
    """The articles of an open desk, for those who write them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def today(self) -> str:
        """The date in the desk's zone.

        Raises:
            DataFileError: the desk's files do not say which zone that is.
        """
        return str(self._desk.today)

    def day_of(self, at: int) -> str:
        """The date of an instant in the desk's zone."""
        from sdcli.policy.local import local  # noqa: PLC0415 - only dates pay for it

        return str(local(at, self._desk.zone).date())

    def show(self, given: str, *, as_markdown: bool = False) -> ArticleShown:
        """One article, if the acting person may read it.

        Raises:
            NoSuchEntryError: there is none with this id.
            DataFileError: its file is wrong.
            NotForYouError: it is for roles that the acting person does not have.
        """
        from sdcli.results.knowledge import ArticleShown  # noqa: PLC0415 - imports nothing heavy, but late

        found = articles.article(self._desk.root, given)
        self.require_reader(found)
        figures, tickets = KnowledgeBase(self._desk).became_of(found)
        return ArticleShown(
            found,
            figures=figures,
            tickets=tickets,
            expired=found.is_expired(self._today_or_utc()),
            superseded_by=articles.superseding(self._desk.root, found.id),
            as_markdown=as_markdown,
        )

    def _today_or_utc(self) -> str:
        """Today's date; a desk whose other files are wrong still shows its articles."""
        try:
            return self.today
        except DataFileError:
            return str(self._desk.now.date())

    def require_reader(self, article: Article) -> None:
        """Refuse an article that the acting person may not read.

        Raises:
            NotForYouError: they have none of its roles.
        """
        if article.audience == "restricted":
            require_reader(article, self._desk.policy.teams, self._desk.by)

    def from_ticket(self, ref: str) -> dict[str, Any]:
        """The fields that a ticket can fill (R6.3).

        Raises:
            NoSuchTicketError: there is none.
        """
        from sdcli.knowledge.draft import of_ticket  # noqa: PLC0415 - only a draft pays for it

        return of_ticket(self._desk.ledger.get(ref), self._desk.policy)

    def completed(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of an article, with what follows from the catalog where nothing was said."""
        from sdcli.knowledge.foreign import keywords_of  # noqa: PLC0415 - as above

        policy = self._desk.policy
        fields = {name: value for name, value in given.items() if value}
        service = next(map(policy.service, fields.get("services", ())), None)
        fields.setdefault("audience", "restricted" if fields.get("roles") else "desk")
        if service is not None:
            if service.area != "unknown":
                fields.setdefault("area", service.area)
            fields.setdefault("owner", service.queue)
        if "owner" in fields:
            others = (policy.teams.desk.queue, service.queue if service else "")
            second = next((each for each in others if each not in ("", fields["owner"])), "")
            fields.setdefault("second_owner", second)
        if "title" in fields:
            fields.setdefault("keywords", keywords_of(fields["title"]))
        fields.setdefault("reviewed", self.today)
        fields.setdefault("expires", str(later(date.fromisoformat(self.today), GOOD_FOR)))
        return {name: value for name, value in fields.items() if value}

    @staticmethod
    def missing(fields: Mapping[str, Any]) -> list[str]:
        """The options that an article still lacks."""
        return [flag for name, flag in _FLAGS.items() if not fields.get(name)]

    def template(self, fields: Mapping[str, Any], remarks: Sequence[str] = ()) -> str:
        """The text of a new article to be filled in, without its id."""
        from sdcli.knowledge.template import text  # noqa: PLC0415 - only an editor needs it

        return text(fields, self._desk.policy, remarks)

    def drafted(
        self, fields: Mapping[str, Any], remarks: Sequence[str] = ()
    ) -> ArticleDrafted | ArticleWritten:
        """What would be written, by fields that may lack something."""
        from sdcli.results.knowledge import ArticleDrafted  # noqa: PLC0415 - as above

        missing = self.missing(fields)
        if missing:
            return ArticleDrafted(self.template(fields, remarks), missing)
        text = self._text(fields, remarks)
        return self.create_text(text.encode(), _NEW, dry_run=True)

    @staticmethod
    def _text(fields: Mapping[str, Any], remarks: Sequence[str]) -> str:
        """The text of a file, with the lists that must be there."""
        told = {"symptoms": (), "steps": (), "services": (), "keywords": (), **fields}
        return write.text_of(told, remarks)

    def create(self, fields: Mapping[str, Any], remarks: Sequence[str] = ()) -> ArticleWritten:
        """Write a new article under the next free id.

        Raises:
            DraftError: it is not sound.
            LedgerBusyError: others write articles for too long.
        """
        return self._create(self._text(fields, remarks).encode(), _NEW)

    def create_text(
        self, raw: bytes, shown: str, *, dry_run: bool = False
    ) -> ArticleWritten | ArticleDrafted:
        """Write a new article from the whole text of its file; `shown` is what that is called.

        What the template says to whoever fills it in is left out.

        The id, and the days of review and expiry, are put in where the text leaves them out.

        Raises:
            DraftError: it is not sound.
            RefusedError: it names an id that is taken.
            LedgerBusyError: others write articles for too long.
        """
        from sdcli.results.knowledge import ArticleDrafted  # noqa: PLC0415 - as above

        if not dry_run:
            return self._create(raw, shown)
        spoken_of = KnowledgeBase(self._desk).spoken_of()
        return ArticleDrafted(self._composed(raw, shown, spoken_of)[1])

    def _create(self, raw: bytes, shown: str) -> ArticleWritten:
        spoken_of = KnowledgeBase(self._desk).spoken_of()
        rehearses = self._desk.rehearses
        with self._locked(dry_run=rehearses):
            name, text, article = self._composed(raw, shown, spoken_of)
            if not rehearses:
                write.create(self._desk.root, name, text)
        return self._told("created", name, article, None)

    def _composed(self, raw: bytes, shown: str, spoken_of: Ids) -> tuple[str, str, Article]:
        """The name and the text of a new article's file, and the article in it.

        Raises:
            DraftError: it is not sound.
            RefusedError: it names an id that is taken.
        """
        from sdcli.knowledge.template import without_guidance  # noqa: PLC0415 - as above

        self._sound(raw, shown, spoken_of)
        bare = without_guidance(raw.decode(), self._desk.policy)
        read, _ = articles.decode(shown, bare.encode())
        fields = self._absent(read.places, spoken_of)
        text = write.with_fields(bare, read.places, fields)
        read, article = articles.decode(shown, text.encode())
        if article is None or read.problems:
            raise DraftError([each._replace(file=shown) for each in read.problems])
        if "id" not in fields and not articles.missing(self._desk.root, [article.id]):
            raise RefusedError(
                f"There is an article {article.id} already: leave the `id` out for the next "
                f"free one, or `sdcli kb edit {article.id} --file` puts this text in its place."
            )
        name = write.file_name(article)
        self._require_sound(name, text.encode(), shown)
        return name, text, article

    def _absent(self, places: Mapping[str, int], spoken_of: Ids) -> dict[str, Any]:
        """What goes into a new text where it says nothing, by the keys that it has."""
        today = self.today
        until = str(later(date.fromisoformat(today), GOOD_FOR))
        usual = {
            "id": write.next_id(self._desk.root, *spoken_of) if "id" not in places else "",
            "reviewed": today,
            "expires": until,
        }
        return {name: value for name, value in usual.items() if name not in places}

    def _sound(self, raw: bytes, shown: str, spoken_of: Ids) -> None:
        """Check a text for a new article, told by its own lines: what is put in stands behind it.

        Raises:
            DraftError: it is not sound.
        """
        read, _ = articles.decode(shown, raw)
        fields = self._absent(read.places, spoken_of)
        text = raw.rstrip() + b"\n" + "".join(write.block(*e) for e in fields.items()).encode()
        if not fields or not read.places:
            text = raw
        id_ = fields.get("id") or _said_id(articles.decode(shown, text)[1])
        self._require_sound(f"{articles.FOLDER}/{id_}.yaml", text, shown)

    def _require_sound(
        self, name: str, raw: bytes, shown: str, before: Entry | None = None
    ) -> Article:
        """The article of a text that names nothing which is not there.

        What was wrong or missing in the article `before` may stay so: it is no worse for the
        change.

        Raises:
            DraftError: it is not sound.
        """
        needed = [
            each
            for each in ("symptoms", "steps")
            if before is None or getattr(before.article, each)
        ]
        found = write.sound(name, raw, self._desk.policy, shown=shown, needed=needed)
        read, _ = articles.decode(name, raw)
        wrong = check.wrong_in(self._desk.root, articles.Entry(name, found, read.places))
        if wrong and before is not None:
            known = {each.message for each in check.wrong_in(self._desk.root, before)}
            wrong = [each for each in wrong if each.message not in known]
        if wrong:
            raise DraftError([each._replace(file=shown) for each in wrong])
        return found

    def copy(self, given: str) -> Copy:
        """An article to be edited, as it is now.

        Raises:
            NoSuchEntryError: there is none with this id.
            NotForYouError: it is for roles that the acting person does not have.
            DataFileError: its file cannot be read.
        """
        root = self._desk.root
        try:
            entry = articles.entry(root, given)
        except DataFileError as error:
            broken = self._broken(given)
            if broken is None:
                raise error from None
            entry = broken
        self.require_reader(entry.article)
        raw = articles.content(root, entry.file)
        if isinstance(raw, str):
            raise DataFileError([Problem(entry.file, 1, raw)])
        return Copy(entry, raw)

    def _broken(self, given: str) -> Entry | None:
        """An article whose one file is wrong but says enough to know who may read it."""
        root, wanted = self._desk.root, given.upper()
        names = [each for each in articles.files(root) if articles.id_of(each) == wanted]
        if len(names) != 1:
            return None
        read, found = articles.decode(names[0], articles.content(root, names[0]))
        if found is None or found.id != wanted:
            return None
        return articles.Entry(names[0], found, read.places)

    def replace(self, copy: Copy, raw: bytes, shown: str) -> ArticleWritten:
        """Put a new text in the place of an article's; `shown` is what the text is called.

        Raises:
            DraftError: it is not sound, or is that of another article.
            ChangedMeanwhileError: the file was changed since it was copied.
        """
        entry = copy.entry
        if raw == copy.raw:
            return self._told("unchanged", entry.file, entry.article, entry.article)
        read, found = articles.decode(shown, raw)
        if found is not None and found.id != entry.article.id:
            line = read.places.get("id", 1)
            told = f"the id must stay {entry.article.id}: `sdcli kb new` makes another article"
            raise DraftError([Problem(shown, line, told)])
        article = self._require_sound(entry.file, raw, shown, entry)
        with self._locked():
            write.change(self._desk.root, entry.file, copy.raw, raw.decode())
        return self._told("edited", entry.file, article, entry.article)

    def change(self, copy: Copy, typed: Sequence[str]) -> ArticleWritten:
        """Change fields of an article, each as `FIELD=VALUE`; see `sdcli.knowledge.sets`.

        Raises:
            FieldError: there is no such field, or it cannot be changed so.
            DraftError: the article would not be sound.
        """
        from sdcli.knowledge.sets import changed  # noqa: PLC0415 - only `--set` needs it

        changes = changed(copy.entry.article, typed)
        text, _ = write.retold(copy.entry, copy.raw.decode(), changes, self._desk.policy)
        return self.replace(copy, text.encode(), copy.entry.file)

    def review(self, given: str, expires: str, period: str, note: str) -> ArticleWritten:
        """Say that an article was looked through today, and until when it is good.

        That is the day `expires`, or so long a `period` from today on, or as long as it was good
        for before.

        Raises:
            RefusedError: it is retired.
        """
        entry, raw = self._open(given)
        if entry.article.is_retired:
            raise RefusedError(
                f"{entry.article.id} is retired since {entry.article.retired}: "
                f"`sdcli kb retire {entry.article.id} --undo` brings it back."
            )
        today = date.fromisoformat(self.today)
        before = date.fromisoformat(entry.article.reviewed)
        usual = today + (date.fromisoformat(entry.article.expires) - before)
        until = expires or str(later(today, period) if period else usual)
        changes = {"reviewed": str(today), "expires": until}
        text, article = write.retold(entry, raw.decode(), changes, self._desk.policy)
        if note:
            places = articles.decode(entry.file, text.encode())[0].places
            said = f"Reviewed {today} by {self._desk.by}: {note}"
            text = write.with_remark(text, places["reviewed"], said)
        self._put(entry, raw, text)
        return self._told("reviewed", entry.file, article, entry.article)

    def due(self, within: str) -> ArticlesDue:
        """The articles that have expired, or will within a period such as `30d`.

        Raises:
            DataFileError: files of articles are wrong.
        """
        from sdcli.results.knowledge import ArticlesDue  # noqa: PLC0415 - as above

        today = self.today
        until = str(later(date.fromisoformat(today), within))
        live = [each for each in articles.articles(self._desk.root).values() if not each.is_retired]
        live.sort(key=lambda each: (each.expires, each.id))
        found = [each for each in live if each.expires <= until]
        following = live[len(found)] if len(found) < len(live) else None
        return ArticlesDue(found, today, until, following)

    def retire(self, given: str, because: str, superseded_by: str) -> ArticleWritten:
        """Say that an article is not to be used any more, and which one takes its place.

        Raises:
            RefusedError: it is retired already, or what would take its place is.
        """
        entry, raw = self._open(given)
        article = entry.article
        if article.is_retired:
            raise RefusedError(
                f"{article.id} is retired already, since {article.retired}: {article.because}"
            )
        changes = {"retired": self.today, "because": because}
        text, after = write.retold(entry, raw.decode(), changes, self._desk.policy)
        notes = []
        if superseded_by:
            notes = [self._take_place(superseded_by, article.id)]
        self._put(entry, raw, text)
        return self._told("retired", entry.file, after, article, notes)

    def _take_place(self, given: str, older: str) -> str:
        """Have an article supersede another one; gives a sentence about it."""
        entry, raw = self._open(given)
        newer = entry.article
        if newer.id == older:
            raise RefusedError(f"{older} cannot supersede itself.")
        if newer.is_retired:
            raise RefusedError(
                f"{newer.id} is retired itself, so it cannot take the place of {older}."
            )
        if older not in newer.supersedes:
            changes = {"supersedes": (*newer.supersedes, older)}
            text, _ = write.retold(entry, raw.decode(), changes, self._desk.policy)
            self._put(entry, raw, text)
        return f"{newer.id} supersedes it: {newer.title}"

    def restore(self, given: str) -> ArticleWritten:
        """Bring a retired article back.

        Raises:
            RefusedError: it is not retired.
        """
        entry, raw = self._open(given)
        if not entry.article.is_retired:
            raise RefusedError(f"{entry.article.id} is not retired.")
        changes = {"retired": None, "because": None}
        text, article = write.retold(entry, raw.decode(), changes, self._desk.policy)
        self._put(entry, raw, text)
        notes = [
            f"{each} still says that it supersedes it: `sdcli kb edit {each}`"
            for each in articles.superseding(self._desk.root, article.id)
        ]
        return self._told("restored", entry.file, article, entry.article, notes)

    def lint(self, given: Sequence[str]) -> ArticlesLinted:
        """Check articles, all of them if none is named.

        Raises:
            NoSuchEntryError: one that is named is not there.
            DataFileError: something is wrong; every problem is named, and remarks beside it.
        """
        from sdcli.results.knowledge import ArticlesLinted  # noqa: PLC0415 - as above

        root, policy = self._desk.root, self._desk.policy
        wanted = {each.upper() for each in given}
        for each in sorted(wanted):
            if articles.missing(root, [each]):
                articles.entry(root, each)
        shelf = articles.read_shelf(root, policy)
        problems = [*shelf.problems, *check.wrong(root, shelf.sound)]
        remarks = check.remarks(shelf.sound, policy, self.today)
        problems = check.of_articles(sorted(set(problems)), wanted)
        remarks = check.of_articles(remarks, wanted)
        if problems:
            error = DataFileError(problems)
            if remarks:
                shown = "".join(f"\n  {each}" for each in remarks)
                error.also(
                    f"\nAnd worth a look:{shown}", remarks=[each._asdict() for each in remarks]
                )
            raise error
        return ArticlesLinted(len(wanted) or len(shelf.articles), remarks)

    def bring(
        self, wish: Wish, defaults: Defaults, progress: Callable[[int, int], None]
    ) -> ArticlesImported:
        """Bring a folder of documents in.

        Raises:
            LedgerBusyError: others write articles for too long.
        """
        from sdcli.errors import DONE, PARTLY_DONE  # noqa: PLC0415 - only here
        from sdcli.knowledge.bring import bring  # noqa: PLC0415 - imports a parser
        from sdcli.ledger.folders import sync_folder  # noqa: PLC0415 - as above
        from sdcli.results.knowledge import ArticlesImported  # noqa: PLC0415 - as above

        root = self._desk.root
        spoken_of = KnowledgeBase(self._desk).spoken_of()
        with self._locked(dry_run=wish.dry_run):
            told, gone = bring(
                root, wish, defaults, self._desk.policy, progress, spoken_of=spoken_of
            )
            if not wish.dry_run:
                sync_folder(os.path.join(root, articles.FOLDER))
        partly = any(each.action in ("unreadable", "edited-here") for each in told)
        code = PARTLY_DONE if partly else DONE
        return ArticlesImported(told, gone, wish.dry_run, exit_code=code)

    def _open(self, given: str) -> Copy:
        """An article of which only what nobody reads as its text will change.

        Raises:
            NoSuchEntryError: there is none with this id.
            NotForYouError: it is for roles that the acting person does not have.
            DataFileError: its file cannot be read.
        """
        entry = articles.entry(self._desk.root, given)
        self.require_reader(entry.article)
        raw = articles.content(self._desk.root, entry.file)
        if isinstance(raw, str):
            raise DataFileError([Problem(entry.file, 1, raw)])
        return Copy(entry, raw)

    def _put(self, entry: Entry, before: bytes, text: str) -> None:
        with self._locked():
            write.change(self._desk.root, entry.file, before, text)

    def _told(
        self,
        action: str,
        file: str,
        article: Article,
        before: Article | None,
        notes: Sequence[str] = (),
    ) -> ArticleWritten:
        from sdcli.results.knowledge import ArticleWritten  # noqa: PLC0415 - as above

        places: Mapping[str, int] = {}
        entry = articles.Entry(file, article, places)
        told = list(notes)
        if action in ("created", "edited"):
            found = check.remarks({article.id: entry}, self._desk.policy, self.today)
            told += [each.message for each in found if "retired" not in each.message]
        if action == "created" and (twin := check.twin(self._desk.root, entry)):
            told.append(twin.message)
        return ArticleWritten(action, file, article, before, told)

    @contextmanager
    def _locked(self, *, dry_run: bool = False) -> Iterator[None]:
        """Hold the lock of the articles, which is beside that of the tickets.

        Raises:
            LedgerBusyError: it was not free in time.
            MachineError: it cannot be held here.
        """
        if dry_run:
            yield
            return
        with write.held(self._desk.root, self._desk.wait_s):
            yield


def _said_id(article: Article | None) -> str:
    return article.id if article is not None else write.USUAL
