"""A folder of documents brought into the knowledge base, as often as one likes (R3a.2).

Each document is known again by its place below the folder. One that has not changed changes
nothing; one that has changed gives its article the new text, unless somebody has edited the
article here meanwhile: then it is left alone, and said.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from sdcli.errors import DraftError, SdcliError
from sdcli.knowledge.alike import likeness
from sdcli.knowledge.articles import TOLD, Entry, checked, content, decode, files, revision_of
from sdcli.knowledge.foreign import LARGEST, Document, convert, documents
from sdcli.knowledge.write import as_yaml, change, create, file_name, next_id, retold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.foreign import Defaults
    from sdcli.knowledge.uses import Ids
    from sdcli.policy.model import Policy


_SAME = 50
"""From so many percent on, a text under another title is a new edition and no other document."""


class ImportedFile(NamedTuple):
    """What became of one file.

    `action` is `created`, `updated`, `unchanged`, `edited-here` (its article was, so it was left
    alone), `retired` (its article is) or `unreadable`; `reason` says more where it was not taken.
    """

    source: str
    action: str
    article: str = ""
    title: str = ""
    reason: str = ""


class Wish(NamedTuple):
    """How a folder is brought in.

    Args:
        folder: where the documents are; `name`: what the folder is called in `source`.
        encoding: that of documents which are not UTF-8.
        overwrite: give articles their documents' text although somebody edited them here.
    """

    folder: str
    name: str
    encoding: str
    overwrite: bool
    dry_run: bool


class _Run(NamedTuple):
    """What one import knows: the ids of all documents, and the articles that there are."""

    root: str
    wish: Wish
    defaults: Defaults
    policy: Policy
    ids: Mapping[str, str]
    known: Mapping[str, _Known]


class _Known(NamedTuple):
    """An article that came from a document, with the text of its file."""

    entry: Entry
    text: str


def bring(
    root: str,
    wish: Wish,
    defaults: Defaults,
    policy: Policy,
    progress: Callable[[int, int], None],
    *,
    spoken_of: Ids,
) -> tuple[list[ImportedFile], list[str]]:
    """Bring a folder in; gives what became of each file, and articles whose file is gone.

    No id that tickets speak of, `spoken_of`, is given to a new article. The caller holds the lock of the articles, unless nothing is to be written.

    Raises:
        DataFileError: `kb/` cannot be looked into.
        MachineError: a file could not be written; those before it are.
    """
    known = _known(root, wish.name)
    told: list[ImportedFile] = []
    found: list[Document] = []
    for source, raw in _documents(wish):
        if isinstance(raw, bytes):
            found.append(Document(source, raw))
        else:
            told.append(ImportedFile(source, "unreadable", reason=raw))
    run = _Run(root, wish, defaults, policy, _ids(next_id(root, *spoken_of), known, found), known)
    for number, document in enumerate(found, 1):
        try:
            told.append(_one(run, document))
        except (ValueError, DraftError) as error:
            reason = error.message if isinstance(error, SdcliError) else str(error)
            told.append(ImportedFile(document.source, "unreadable", reason=reason))
        progress(number, len(found))
    here = {document.source for document in found} | {each.source for each in told}
    gone = [
        each.entry.article.id
        for source, each in known.items()
        if source not in here and not each.entry.article.is_retired
    ]
    return sorted(told), sorted(gone)


def _known(root: str, name: str) -> dict[str, _Known]:
    """The articles that came from a folder of this name, by their source."""
    found: dict[str, _Known] = {}
    for file in sorted(files(root)):
        raw = content(root, file)
        if not isinstance(raw, bytes) or not re.search(rb"(?m)^source:", raw):
            continue
        read, article = decode(file, raw)
        if article is not None and article.source.startswith(f"{name}/"):
            found.setdefault(
                article.source, _Known(Entry(file, article, read.places), raw.decode())
            )
    return found


def _documents(wish: Wish) -> Iterator[tuple[str, bytes | str]]:
    """Each document of a folder with its source, and what it holds, or why that cannot be read."""
    base = os.path.realpath(wish.folder)
    for at, folders, names in os.walk(base):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in documents(names):
            path = os.path.join(at, name)
            source = f"{wish.name}/{os.path.relpath(path, base)}"
            try:
                source.encode()
            except UnicodeEncodeError:
                shown = os.fsencode(source).decode("utf-8", "replace")
                yield shown, "its name is not UTF-8"
                continue
            if _strange(source):
                yield source, "its name holds a line break or another character that is not seen"
                continue
            if os.path.islink(path) and _is_inside(base, path):
                continue  # the file that it leads to is taken under its own name
            yield source, _held(path)


def _strange(source: str) -> bool:
    """Whether a name would not be read back from an article's file as it is."""
    return any(not each.isprintable() and each not in _BLANKS for each in source)


_BLANKS = "\u00a0\u202f\u3000"
"""Blanks in names that are kept as they are."""


def _is_inside(base: str, path: str) -> bool:
    real = os.path.realpath(path)
    return real.startswith(base + os.sep) and os.path.isfile(real)


def _held(path: str) -> bytes | str:
    if os.path.islink(path):
        return "it is a link that leads out of the folder"
    try:
        if not os.path.isfile(path):
            return "it is no plain file"
        with open(path, "rb") as stream:
            raw = stream.read(LARGEST + 1)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if len(raw) > LARGEST:
        return f"it is larger than {LARGEST} bytes"
    return raw if raw.strip() else "it is empty"


def _ids(first: str, known: Mapping[str, _Known], found: list[Document]) -> dict[str, str]:
    """The id of each document's article: the one it has, or the next, from `first` on."""
    letters, _, number = first.rpartition("-")
    following = int(number)
    ids = {}
    for document in found:
        if document.source in known:
            ids[document.source] = known[document.source].entry.article.id
        else:
            ids[document.source] = f"{letters}-{following}"
            following += 1
    return ids


def _one(run: _Run, document: Document) -> ImportedFile:
    before = run.known.get(document.source)
    if before is not None and not _is_due(before.entry.article, document, run.wish):
        return _left(document, before.entry.article)
    id_ = run.ids[document.source]
    article, remarks = convert(
        document,
        id_,
        run.defaults,
        run.policy,
        lambda path: run.ids.get(path, ""),
        encoding=run.wish.encoding,
    )
    article = replace(article, source_revision=revision_of(article))
    if before is not None:
        return _update(run, before, article)
    name = file_name(article)
    text = as_yaml(article, remarks)
    read, written = decode(name, text.encode())
    problems = list(read.problems) or list(checked(name, article, read.places, run.policy))
    if problems or written is None:
        raise ValueError("; ".join(each.message for each in problems))
    if not run.wish.dry_run:
        create(run.root, name, text, settle=False)
    return ImportedFile(document.source, "created", id_, article.title)


def _is_due(article: Article, document: Document, wish: Wish) -> bool:
    """Whether a document's text is to be put into the article that it once became."""
    if article.is_retired:
        return False
    was_edited = article.revision != article.source_revision
    if wish.overwrite:
        return was_edited or article.source_hash != document.hash
    return article.source_hash != document.hash and not was_edited


def _require_same(wish: Wish, old: Article, new: Article) -> None:
    """Refuse the text of another document that lies at the same place of another folder.

    Raises:
        ValueError: it is another one, or says of itself what nobody would see in the article.
    """
    is_same = _plain(old.title) == _plain(new.title) or likeness(old, new) >= _SAME
    if not is_same and not wish.overwrite:
        raise ValueError(
            f"{old.id} came from another document of this name, `{old.title[:60]}`: --name tells "
            "folders of one name apart, and --overwrite takes it as the new text"
        )
    if new.is_retired:
        raise ValueError(f"its front matter says it is retired: `sdcli kb retire {old.id}`")
    if new.audience == "restricted" and not set(old.roles or ("?",)) <= set(new.roles):
        raise ValueError(
            f"its front matter says it is restricted, and {old.id} has other readers: "
            f"`sdcli kb edit {old.id} --set audience=restricted --set roles={','.join(new.roles)}`"
        )


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def _left(document: Document, article: Article) -> ImportedFile:
    """What is said of a document that changes nothing."""
    action, reason = "unchanged", ""
    if article.is_retired:
        action, reason = "retired", f"{article.id} is retired"
    elif article.source_hash != document.hash:
        action = "edited-here"
        reason = f"{article.id} was edited here since: --overwrite takes the file's text"
    return ImportedFile(document.source, action, article.id, article.title, reason)


def _update(run: _Run, before: _Known, article: Article) -> ImportedFile:
    """Give an article the new text of its document; all else about it stays as it is.

    Raises:
        ValueError: it is another document, or is not for all those that may read the article.
    """
    old = before.entry.article
    _require_same(run.wish, old, article)
    changes: dict[str, Any] = {}
    for name in (*TOLD, "source_hash", "source_revision"):
        value = getattr(article, name)
        if value != getattr(old, name):
            is_list = name in ("symptoms", "steps")  # these keys must be there
            changes[name] = value if value or is_list else None
    text, _ = retold(before.entry, before.text, changes, run.policy)
    if not run.wish.dry_run:
        change(run.root, before.entry.file, before.text.encode(), text, settle=False)
    return ImportedFile(article.source, "updated", old.id, article.title)
