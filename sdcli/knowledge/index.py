"""The index of the articles: SQLite's full-text search over what their files hold.

It is derived from the files and kept in one file of its own, which can be deleted at any time.
Each search looks whether a file has changed, and reads only those that have. What is learned from
them is written in one commit; a process that finds the index in use answers from a copy in
memory, and so does one that may not write. Whatever is wrong with the file, it is made anew, and
done without where that does not help.

Ranking is not done here: this room only knows which article has which words, and gives BM25.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from sdcli.derived import is_busy, make
from sdcli.errors import Problem
from sdcli.knowledge import articles, looks
from sdcli.knowledge.articles import Article
from sdcli.knowledge.pages import FIELDS, WEIGHTS, Page, page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sdcli.knowledge.looks import Look, Looking
    from sdcli.knowledge.synonyms import Group

    Progress = Callable[[int, int], None]

K1, B = 1.2, 0.75
"""The constants of BM25, as SQLite has them."""

_T = TypeVar("_T")
_VERSION = 2
_BUSY_MS = 250
_COMMIT_MS = 2000
_AT_ONCE = 500
_WEIGHED = ", ".join(map(str, WEIGHTS))
_TOKENS = "porter unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'"
"""Words are told apart before they come here; what is left is to take them to their stems."""
_KINDS = {
    "known-error": "known_error = 1",
    "procedure": "(known_error = 0 AND type = 'fulfilment')",
    "article": "(known_error = 0 AND type != 'fulfilment')",
}
_SCHEMA = f"""
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1), made_by TEXT NOT NULL, print BLOB NOT NULL,
    groups BLOB NOT NULL, articles INTEGER NOT NULL, words INTEGER NOT NULL,
    headlines INTEGER NOT NULL, problems INTEGER NOT NULL, turn INTEGER NOT NULL);
CREATE TABLE file (
    name TEXT PRIMARY KEY, stamp BLOB NOT NULL, hash BLOB NOT NULL, row INTEGER,
    line INTEGER NOT NULL, problems BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE article (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, area TEXT NOT NULL,
    audience TEXT NOT NULL, services TEXT NOT NULL, known_error INTEGER NOT NULL,
    retired INTEGER NOT NULL, said BLOB NOT NULL);
CREATE INDEX by_id ON article (id);
CREATE INDEX by_facet ON article (retired, type, area, audience, known_error, services);
CREATE INDEX by_kind ON article (known_error);
CREATE TABLE word (word TEXT PRIMARY KEY, turned TEXT NOT NULL, articles INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX by_end ON word (turned);
CREATE VIRTUAL TABLE text USING fts5({", ".join(FIELDS)}, content='', tokenize="{_TOKENS}");
CREATE VIRTUAL TABLE headline USING fts5(words, content='', tokenize="{_TOKENS}");
CREATE VIRTUAL TABLE text_words USING fts5vocab(text, row);
"""


class IndexFailedError(Exception):
    """The file could not be used, or holds what cannot be; `Index` begins it anew."""


TROUBLE = (
    IndexFailedError,
    sqlite3.Error,
    zlib.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)
"""What a file can bring about in which any byte may be wrong: no value of it can be relied on."""


class Filters(NamedTuple):
    """What an article must be to be found; nothing where a value is empty.

    `kinds`: see `search.KINDS`.
    """

    type: str = ""
    area: str = ""
    service: str = ""
    audience: str = ""
    kinds: tuple[str, ...] = ()
    retired: bool = False


class _State(NamedTuple):
    """What the index says of itself.

    Args:
        made_by: see `_made_by`.
        print: the look of the folder that it is up to date with; empty if some file was too young.
        groups: what is called by several names, as JSON.
        articles, words, headlines: how many articles, words and words of headlines there are.
        problems: how many things are wrong with the files.
        turn: goes up with each change.
    """

    made_by: str = ""
    print: bytes = b""
    groups: bytes = b"[]"
    articles: int = 0
    words: int = 0
    headlines: int = 0
    problems: int = 0
    turn: int = 0


class _New(NamedTuple):
    """A file that was read: its stamp, the hash of its content, and what is in it."""

    stamp: tuple[int, ...]
    hash: bytes
    parsed: articles.Parsed | None  # None: the content is what it was
    groups: tuple[Group, ...] = ()


class Index:
    """The articles by their words, in the file `path`; in memory if that is empty or no use.

    Args:
        path: the file.
        tell: is told, in a sentence, why nothing can be kept.
    """

    def __init__(self, path: str = "", tell: Callable[[str], None] = lambda _: None) -> None:
        self._path = path
        self._tell = tell
        self._is_fresh = False
        self._tokens: sqlite3.Connection | None = None
        self._stems: dict[str, str] = {}
        self._state = _State()
        self._db = sqlite3.connect(":memory:", isolation_level=None)
        self._open()

    @property
    def is_kept(self) -> bool:
        """Whether what was read outlasts the process."""
        return bool(self._path)

    # Keeping up with the files

    def answer(
        self,
        find: Callable[[Index], _T],
        root: str,
        looking: Looking,
        progress: Progress = lambda _done, _total: None,
    ) -> tuple[_T, list[Problem]]:
        """What `find` gives of an index that is up to date, and what is wrong with the files.

        It is asked while the look at the folder is still being taken, and once more where that
        shows that a file has changed; so it must change nothing.

        Raises:
            DataFileError: the folder cannot be read.
        """
        early: list[_T] = []
        with suppress(*TROUBLE):
            early = [find(self)] if self._state.turn else []
        is_known = self._state.made_by == _made_by() and bool(self._state.print)
        if early and is_known and looking.shows(self._state.print):
            with suppress(*TROUBLE):
                return early[0], self._problems() if self._state.problems else []
        while True:
            try:
                problems = self.refresh(root, looks.look(root), progress)
                return find(self), problems
            except TROUBLE as error:
                self._start_anew(error)

    def refresh(
        self, root: str, seen: Look, progress: Progress = lambda _done, _total: None
    ) -> list[Problem]:
        """Read what has changed by a look at the folder; gives everything wrong with the files.

        Raises:
            TROUBLE: the file is damaged, or out of reach.
        """
        if (self._state.made_by, self._state.print) == (_made_by(), seen.print):
            return self._problems() if self._state.problems else []
        read: dict[str, _New] = {}
        for _ in range(3):
            turn = self._state.turn
            self._read_changed(root, seen, read, progress)
            if self._write(seen, read, turn):
                return self._problems()
        raise IndexFailedError("other processes keep changing it")

    def add(self, found: Iterable[Article]) -> None:
        """Add articles that have no file; for an index in memory."""
        for article in found:
            self._insert(article)
        self._recount(b"", b"[]", 0)  # what is in memory has no files to be held against

    def _read_changed(
        self, root: str, seen: Look, read: dict[str, _New], progress: Progress
    ) -> None:
        """Read the files that are not as they were, or too young to tell."""
        from hashlib import blake2b  # noqa: PLC0415 - only where a file has changed

        before: dict[str, tuple[bytes, bytes]] = {
            _text(name): (stamp, digest)
            for name, stamp, digest in self._db.execute("SELECT name, stamp, hash FROM file")
        }
        if self._state.made_by != _made_by():
            before = {}
        changed = [
            (name, file, stamp)
            for file, stamp in seen.each().items()
            if (name := _name(file)) not in read
            and before.get(name, (b"", b""))[0] != _packed(stamp)
        ]
        for done, (name, file, stamp) in enumerate(changed):
            path = f"{articles.FOLDER}/{file}"
            raw = articles.content(root, path)
            digest = blake2b(raw if isinstance(raw, bytes) else raw.encode()).digest()[:16]
            if name in before and before[name][1] == digest and isinstance(raw, bytes):
                read[name] = _New(stamp, digest, None)
            elif path == articles.SYNONYMS:
                from sdcli.knowledge.synonyms import decoded  # noqa: PLC0415 - as above

                known = decoded(raw)
                said = articles.Parsed(None, 1, list(known.problems))
                read[name] = _New(stamp, digest, said, known.groups)
            else:
                read[name] = _New(stamp, digest, articles.parsed(path, raw))
            progress(done + 1, len(changed))

    def _write(self, seen: Look, read: Mapping[str, _New], turn: int) -> bool:
        """Bring the index up to date; False if another process has changed it meanwhile."""
        tick_ns = self._tick_ns()
        if not self._begin():
            self._copy()
            self._begin()
        try:
            self._read_state()
            if self._state.turn != turn:
                self._db.execute("ROLLBACK")
                return False
            self._change(seen, read, tick_ns)
            self._db.execute(f"PRAGMA busy_timeout = {_COMMIT_MS}")
            self._db.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            if is_busy(error):  # somebody reads and does not end: answer from memory
                self._copy()
                return self._write(seen, read, turn)
            raise
        finally:
            with suppress(sqlite3.Error):
                self._db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        self._read_state()
        return True

    def _change(self, seen: Look, read: Mapping[str, _New], tick_ns: int) -> None:
        if self._state.made_by != _made_by():
            self._clear()
        groups = self._state.groups
        here = {_text(name) for (name,) in self._db.execute("SELECT name FROM file")}
        for name in here - set(map(_name, seen.each())):
            self._forget(name)
            groups = b"[]" if _is_synonyms(name) else groups
        for name, new in read.items():
            settled = looks.is_settled(new.stamp, tick_ns)
            stamp = _packed(new.stamp) if settled else b""
            if new.parsed is None:
                self._db.execute("UPDATE file SET stamp = ? WHERE name = ?", (stamp, name))
                continue
            self._forget(name)
            if _is_synonyms(name):
                groups = msgspec.json.encode(new.groups)
            article, line, problems = new.parsed
            row = None if article is None else self._insert(article)
            told = msgspec.json.encode([(each.line, each.message) for each in problems])
            query = "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)"
            self._db.execute(query, (name, stamp, new.hash, row, line, told))
        young = self._db.execute("SELECT 1 FROM file WHERE stamp = x'' LIMIT 1").fetchone()
        self._recount(b"" if young else seen.print, groups, len(self._problems()))

    def _clear(self) -> None:
        """Forget everything: another version has written it."""
        for table in ("file", "article", "word", "state"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants only
        for table in ("text", "headline"):
            self._db.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608 - constants only
        self._state = _State(turn=self._state.turn)

    def _insert(self, article: Article) -> int:
        page = page_of(article)
        said = zlib.compress(msgspec.json.encode(article), 1)
        facets = (article.id, article.type, article.area, article.audience)
        more = (f" {' '.join(article.services)} ", article.known_error, article.is_retired, said)
        query = "INSERT INTO article VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)"
        row = int(self._db.execute(query, (*facets, *more)).lastrowid or 0)
        self._put(row, page)
        query = (
            "INSERT INTO word VALUES (?, ?, 1) ON CONFLICT (word) DO UPDATE"
            " SET articles = articles + 1"
        )
        self._db.executemany(query, ((word, word[::-1]) for word in page.vocabulary))
        return row

    def _forget(self, name: str) -> None:
        """Take a file out, with its article if it had one."""
        found = self._db.execute("SELECT row FROM file WHERE name = ?", (name,)).fetchone()
        if found is None:
            return
        self._db.execute("DELETE FROM file WHERE name = ?", (name,))
        for row, said in self._said([found[0]] if found[0] is not None else []):
            page = page_of(said)
            self._put(row, page, "delete")
            self._db.execute("DELETE FROM article WHERE row = ?", (row,))
            gone = [(word,) for word in page.vocabulary]
            self._db.executemany("UPDATE word SET articles = articles - 1 WHERE word = ?", gone)
            self._db.executemany("DELETE FROM word WHERE word = ? AND articles < 1", gone)

    def _put(self, row: int, page: Page, command: str = "") -> None:
        """Add an article's words to the full-text tables, or take them out with `delete`."""
        for table, names, values in (
            ("text", FIELDS, page.fields),
            ("headline", ("words",), (page.headline,)),
        ):
            columns = ", ".join((*((table,) if command else ()), "rowid", *names))
            given = (*((command,) if command else ()), row, *values)
            marks = ", ".join("?" * len(given))
            self._db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", given)  # noqa: S608 - constants only
        state, sign = self._state, -1 if command else 1
        self._state = state._replace(
            articles=state.articles + sign,
            words=state.words + sign * sum(len(field.split()) for field in page.fields),
            headlines=state.headlines + sign * len(page.headline.split()),
        )

    def _recount(self, print_: bytes, groups: bytes, problems: int) -> None:
        """Write what the index says of itself."""
        state = self._state._replace(
            made_by=_made_by(),
            print=print_,
            groups=groups,
            problems=problems,
            turn=self._state.turn + 1,
        )
        marks = ", ".join("?" * len(state))
        self._db.execute(f"INSERT OR REPLACE INTO state VALUES (1, {marks})", state)  # noqa: S608 - marks only
        self._state = state

    def _problems(self) -> list[Problem]:
        found = [
            Problem(f"{articles.FOLDER}/{_text(name)}", int(line), _text(message))
            for name, told in self._db.execute(
                "SELECT name, problems FROM file WHERE problems != CAST('[]' AS BLOB)"
            )
            for line, message in msgspec.json.decode(told)
        ]
        query = (
            "SELECT f.name, f.line, a.id FROM file f JOIN article a USING (row) WHERE a.id IN"
            " (SELECT id FROM article GROUP BY id HAVING count(*) > 1) ORDER BY a.id, f.name"
        )
        seen = set[str]()
        for name, line, id_ in self._db.execute(query):
            if id_ in seen:
                found.append(articles.twice(f"{articles.FOLDER}/{_text(name)}", int(line), id_))
            seen.add(id_)
        return sorted(found)

    # Asking

    @property
    def count(self) -> int:
        """How many articles there are."""
        return self._state.articles

    @property
    def mean_words(self) -> float:
        """How many words an article has on average."""
        return self._state.words / max(1, self._state.articles)

    @property
    def mean_headline(self) -> float:
        """How many words a headline has on average."""
        return self._state.headlines / max(1, self._state.articles)

    @property
    def groups(self) -> tuple[Group, ...]:
        """What is called by several names.

        Raises:
            TROUBLE: the file is damaged, or out of reach.
        """
        kept: tuple[Group, ...] = msgspec.json.decode(
            self._state.groups, type=tuple[tuple[tuple[str, ...], ...], ...]
        )
        return kept

    def stems(self, wanted: Iterable[str]) -> dict[str, str]:
        """The stem of each word; of one that is nothing but marks, nothing."""
        if self._tokens is None:
            self._tokens = sqlite3.connect(":memory:", isolation_level=None)
            self._tokens.executescript(
                f'CREATE VIRTUAL TABLE one USING fts5(word, content="", tokenize="{_TOKENS}");'
                "CREATE VIRTUAL TABLE one_words USING fts5vocab(one, instance);"
            )
        asked = set(wanted)
        new = list(asked - self._stems.keys())
        if new:
            self._tokens.execute("BEGIN")
            self._tokens.executemany("INSERT INTO one (rowid, word) VALUES (?, ?)", enumerate(new))
            rows = self._tokens.execute("SELECT doc, term FROM one_words").fetchall()
            self._tokens.execute("ROLLBACK")
            self._stems.update((new[row], term) for row, term in rows)
        return {word: self._stems[word] for word in asked if word in self._stems}

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """In how many articles each stem stands; those that stand in none are left out."""
        query = "SELECT doc FROM text_words WHERE term = ?"
        found = {}
        for stem in stems:
            row = self._db.execute(query, (stem,)).fetchone()
            if row:
                found[stem] = int(row[0])
        return found

    def fits(self, match: str) -> int:
        """How many articles fit an expression."""
        query = "SELECT count(*) FROM text WHERE text MATCH ?"
        return int(self._db.execute(query, (match,)).fetchone()[0])

    def rows(self, match: str) -> set[int]:
        """The articles that fit an expression."""
        query = "SELECT rowid FROM text WHERE text MATCH ?"
        return {row for (row,) in self._db.execute(query, (match,))}

    def scores(
        self, table: str, match: str, *, rows: Collection[int] = (), most: int = 0
    ) -> list[tuple[int, float]]:
        """The articles that fit an expression with their BM25.

        Args:
            table: `text` or `headline`.
            match: the expression.
            rows: only these articles, if any are given.
            most: only so many, the best ones; all of them if 0.
        """
        weights = f", {_WEIGHED}" if table == "text" else ""
        query = f"SELECT rowid, -bm25({table}{weights}) FROM {table} WHERE {table} MATCH ?"  # noqa: S608 - constants only
        if rows:
            query += f" AND rowid IN ({','.join(map(str, rows))})"
        if most:
            query += f" ORDER BY 2 DESC LIMIT {most}"
        return self._db.execute(query, (match,)).fetchall()

    def chosen(self, filters: Filters) -> set[int] | None:
        """The articles that pass, retired or not; None if all of them do."""
        named = {"type": filters.type, "area": filters.area, "audience": filters.audience}
        wanted = {f"{name} = ?": value for name, value in named.items() if value}
        if filters.service:
            wanted["instr(services, ?)"] = f" {filters.service} "
        if filters.kinds:
            either = " OR ".join(_KINDS.get(kind, "0") for kind in filters.kinds)
            wanted[f"? AND ({either})"] = "1"
        if not wanted:
            return None
        query = f"SELECT row FROM article WHERE {' AND '.join(wanted)}"  # noqa: S608 - constants only
        return {row for (row,) in self._db.execute(query, list(wanted.values()))}

    def retired(self) -> set[int]:
        """The articles that are not to be used any more."""
        return {row for (row,) in self._db.execute("SELECT row FROM article WHERE retired = 1")}

    def known_errors(self) -> set[int]:
        """The known errors, retired or not."""
        return {row for (row,) in self._db.execute("SELECT row FROM article WHERE known_error = 1")}

    def articles(self, rows: Iterable[int]) -> dict[int, Article]:
        """These articles, as their files say."""
        return dict(self._said(rows))

    def beginning(self, start: str, most: int) -> list[str]:
        """The words that begin like this, those of most articles first."""
        query = "SELECT word FROM word WHERE word >= ? AND word < ? ORDER BY articles DESC, word LIMIT ?"
        rows = self._db.execute(query, (start, f"{start}\U0010ffff", most))
        return [_text(word) for (word,) in rows]

    def ending(self, end: str, most: int) -> list[str]:
        """The words that end like this, those of most articles first."""
        query = "SELECT word FROM word WHERE turned >= ? AND turned < ? ORDER BY articles DESC, word LIMIT ?"
        turned = end[::-1]
        rows = self._db.execute(query, (turned, f"{turned}\U0010ffff", most))
        return [_text(word) for (word,) in rows]

    def near(self, word: str) -> list[tuple[str, int]]:
        """Words that may be meant by one with a slip in it, each with how many articles have it.

        One slip leaves the beginning or the end of a word as it was.
        """
        half = len(word) // 2
        begin, end = word[: max(1, half - 1)], word[half:][::-1]
        query = (
            "SELECT word, articles FROM word WHERE {0} >= ? AND {0} < ?"
            " AND length(word) BETWEEN ? AND ?"
        )
        found: dict[str, int] = {}
        for column, start in (("word", begin), ("turned", end)):
            bounds = (start, f"{start}\U0010ffff", len(word) - 1, len(word) + 1)
            found.update(self._db.execute(query.format(column), bounds).fetchall())
        return list(found.items())

    def _said(self, rows: Iterable[int]) -> Iterator[tuple[int, Article]]:
        query = "SELECT said FROM article WHERE row = ?"
        for row in rows:
            found = self._db.execute(query, (row,)).fetchone()
            if found:
                yield row, msgspec.json.decode(zlib.decompress(found[0]), type=Article)

    # The file

    def _open(self) -> None:
        try:
            self._connect(self._path or ":memory:")
        except TROUBLE as error:
            self._start_anew(error)

    def _start_anew(self, failed: BaseException) -> None:
        if not self._path:
            raise failed
        with suppress(sqlite3.Error, AttributeError):  # it may never have been opened
            self._db.close()
        again, self._is_fresh = self._is_fresh, True
        if again or is_busy(failed):
            self._give_up(failed)
        else:
            for name in (self._path, f"{self._path}-journal"):
                with suppress(OSError):
                    os.unlink(name)
            self._open()

    def _give_up(self, failed: BaseException) -> None:
        """Go on without a file."""
        if not is_busy(failed):
            reason = " ".join(str(failed).split()) or type(failed).__name__
            self._tell(
                f"The index of the articles cannot be kept in {self._path}: {reason}. Delete that "
                "file, or set XDG_CACHE_HOME to a folder that can be written."
            )
        self._path = ""
        self._connect(":memory:")

    def _copy(self) -> None:
        """Go on in memory, with what was committed."""
        here = sqlite3.connect(":memory:", isolation_level=None)
        self._db.backup(here)
        self._db.close()
        self._path, self._db = "", here

    def _connect(self, path: str) -> None:
        if path != ":memory:":
            make(path)
        self._db = sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")  # it can be made again
        self._db.execute("PRAGMA cache_spill = OFF")  # readers wait for nothing but the commit
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise IndexFailedError("it is of another version")
        if version == 0:
            done = f"PRAGMA user_version = {_VERSION}"
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} {done}; COMMIT")
        self._read_state()

    def _read_state(self) -> None:
        query = f"SELECT {', '.join(_State._fields)} FROM state"  # noqa: S608 - constants only
        row = self._db.execute(query).fetchone()
        self._state = _State(*row) if row else _State()

    def _begin(self) -> bool:
        """Begin to write; False if another process does so just now, or this one may not."""
        try:
            self._db.execute("PRAGMA busy_timeout = 0")
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if is_busy(error) or "readonly" in str(error):
                return False
            raise
        return True

    def _tick_ns(self) -> int:
        """Now, by the clock of the file system; without a file nothing is too young."""
        if not self._path:
            return looks.SETTLED_NS * 2**32
        with suppress(OSError):
            os.utime(self._path)
        return os.stat(self._path).st_mtime_ns if os.path.exists(self._path) else 0


def _made_by() -> str:
    """What an index depends on beside the files: the program, and what an article is."""
    from sdcli import __version__  # noqa: PLC0415 - avoids a cycle at package import

    return " ".join((__version__, *Article.__struct_fields__))


def _packed(stamp: Sequence[int]) -> bytes:
    return " ".join(map(str, stamp)).encode()


def _name(file: str) -> str:
    """The name of a file as a text that SQLite takes, whatever bytes it has."""
    return file.encode("utf-8", "backslashreplace").decode()


def _is_synonyms(name: str) -> bool:
    return f"{articles.FOLDER}/{name}" == articles.SYNONYMS


def _text(value: object) -> str:
    """What must be a text, as a file in which any byte may be wrong gives it."""
    if not isinstance(value, str):
        raise IndexFailedError("it holds no text where one belongs")
    return value
