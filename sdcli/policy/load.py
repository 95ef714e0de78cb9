"""From the files of a desk to its policy, in one go and with all problems at once.

Reading YAML takes far longer than a whole command may, so the result is kept as JSON in a cache
folder. A cache is used only while every file has the size, times and inode it was made from, or
where these are others, as after a `git checkout`, the same content; it holds nothing that the files
do not, and may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from sdcli.errors import DataFileError, Problem
from sdcli.policy import agreements, model, teams

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from sdcli.policy.formats import AlertFormat
    from sdcli.policy.procedures import Offered
    from sdcli.policy.process import ProcessRules
    from sdcli.policy.questions import Questions
    from sdcli.policy.review import ReviewRules
    from sdcli.policy.settings import Settings
    from sdcli.policy.survey import Surveys

    Check = Callable[[AlertFormat], Iterable[tuple[str, str]]]
_SETTLED_NS = 2_000_000_000  # a file younger than this may change again within one clock tick


_YAML = (".yaml", ".yml")

_T = TypeVar("_T")
_C = TypeVar("_C")


class Cached(msgspec.Struct, Generic[_T], frozen=True):
    """A cache file: what it was made by and from, and what it holds.

    `stamps` are those of its files, or none while the files are too young to be known by them;
    `contents` is the joint hash of their names and contents.
    """

    made_by: str
    stamps: list[list[int]] | None
    contents: str
    value: _T


class Read(NamedTuple):
    """One decoded file: the value if it is sound, the line of each path, the problems."""

    value: Any
    places: dict[str, int]
    problems: list[Problem]


_SHAPES: dict[str, Any] = {
    model.SLA_POLICIES: agreements.SlaPolicies,
    model.SERVICES: model.Services,
    model.TEAMS: teams.Teams,
    model.PEOPLE: model.People,
    model.VOCABULARY: model.Vocabulary,
    model.INTAKE: model.IntakeRules,
    model.SCHEDULE: model.Schedule,
    model.CLASSIFICATION: model.Classification,
}
_PARTS = (
    "sla",
    "catalog",
    "teams",
    "contacts",
    "vocabulary",
    "intake",
    "schedule",
    "classification",
)


def policy(root: str, cache: str = "") -> model.Policy:
    """The policy of the desk at `root`, from the cache file if that is fresh.

    Raises:
        DataFileError: files are missing or wrong; every problem found is named.
    """
    return _cached(root, model.FILES, cache, Cached[model.Policy], lambda: read_policy(root))


def keep(cache: str, root: str, policy: model.Policy) -> None:
    """Keep the policy of the desk at `root`, whose files have just been written."""
    if cache and _digest([_text(root, name) for name in model.FILES]) == policy.hash:
        _to_cache(cache, _made(None, _contents(root, model.FILES), policy))


def _digest(texts: Sequence[bytes | str]) -> str:
    """The joint hash of files; one that cannot be read counts as empty."""
    import hashlib  # noqa: PLC0415 - only a changed desk pays for it

    digest = hashlib.sha256()
    for text in texts:
        content = text if isinstance(text, bytes) else b""
        digest.update(b"%d\n" % len(content) + content)
    return digest.hexdigest()


def formats(root: str, cache: str = "", check: Check | None = None) -> dict[str, AlertFormat]:
    """The alert formats of the desk at `root` by name, from their cache file if that is fresh.

    They are apart from the policy: only what takes in alerts needs them, and knows how to `check`
    what their expressions do.

    Raises:
        DataFileError: files are wrong; every problem found is named.
    """
    from sdcli.policy.formats import AlertFormat  # noqa: PLC0415 - only alerts need them

    shape = Cached[dict[str, AlertFormat]]
    return _cached(root, _format_files(root), cache, shape, lambda: read_formats(root, check))


def questions(root: str, policy: model.Policy, cache: str = "") -> Questions:
    """The question trees of the desk at `root`, from their cache file if that is fresh.

    They are apart from the policy, which they refer to: only what asks needs them.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    from sdcli.policy.questions import QUESTIONS, Questions  # noqa: PLC0415 - only what asks

    names, shape = (*model.FILES, QUESTIONS), Cached[Questions]
    return _cached(root, names, cache, shape, lambda: read_questions(root, policy))


def process(root: str, cache: str = "") -> ProcessRules:
    """The rules of the process of the desk at `root`, from their cache file if that is fresh.

    They are apart from the policy: only what closes, hands over or decides asks them.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    from sdcli.policy.process import PROCESS, ProcessRules  # noqa: PLC0415 - only what asks

    return _cached(root, (PROCESS,), cache, Cached[ProcessRules], lambda: read_process(root))


def settings(root: str, cache: str = "") -> Settings:
    """The settings of the desk at `root`, from their cache file if that is fresh.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    from sdcli.policy.settings import DEFAULTS, SETTINGS, Settings  # noqa: PLC0415 - as above

    if not os.path.lexists(os.path.join(root, SETTINGS)):
        return DEFAULTS
    return _cached(root, (SETTINGS,), cache, Cached[Settings], lambda: read_settings(root))


def unread_address(root: str, reason: str) -> DataFileError:
    """The error for settings whose `ledger` cannot be read, with its line."""
    from sdcli.policy.settings import SETTINGS, Settings  # noqa: PLC0415 - hardly ever

    read = read_file(SETTINGS, _text(root, SETTINGS), Settings)
    told = f"`ledger` cannot be read: {reason}; write it like postgresql://user@host/database"
    return DataFileError([Problem(SETTINGS, read.places.get("ledger", 1), told)])


def read_settings(root: str) -> Settings:
    """The settings, from their file; the defaults if there is none.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    from sdcli.policy.settings import DEFAULTS, SETTINGS, Settings, wrong  # noqa: PLC0415

    def check(read: Read) -> list[Problem]:
        told = wrong(read.value)
        return [Problem(SETTINGS, read.places.get("ledger", 1), told)] if told else []

    return _read_or(DEFAULTS, root, SETTINGS, Settings, check)


def read_process(root: str) -> ProcessRules:
    """The rules of the process, from their file; the defaults if there is none.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    from sdcli.policy.process import DEFAULTS, PROCESS, ProcessRules  # noqa: PLC0415 - as above

    return _read_or(DEFAULTS, root, PROCESS, ProcessRules)


def offered(root: str, cache: str = "") -> Offered:
    """The procedures and standard changes of the desk at `root`, from the cache file if fresh.

    They are apart from the policy: only what searches or fulfils needs them. What is wrong with
    a file is in what is given; the others can be used all the same.
    """
    from sdcli.policy.procedures import Offered  # noqa: PLC0415 - only what fulfils
    from sdcli.policy.read_procedures import files, read  # noqa: PLC0415 - as above

    return _cached(root, files(root), cache, Cached[Offered], lambda: read(root))


def read_surveys(root: str) -> Surveys:
    """What callers are asked, from the desk's file; nothing if there is none (R5a.2).

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    from sdcli.policy.survey import NONE, SURVEY, Surveys, wrong_surveys  # noqa: PLC0415 - as above

    return _read_or(NONE, root, SURVEY, Surveys, lambda read: wrong_surveys(read.value))


def read_review(root: str) -> ReviewRules:
    """What is looked at in a review, from the desk's file; an empty checklist if there is none (R5a.1).

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    from sdcli.policy.review import NONE, REVIEW, ReviewRules, wrong_checks  # noqa: PLC0415 - as above

    return _read_or(NONE, root, REVIEW, ReviewRules, lambda read: wrong_checks(read.value))


def _read_or(
    default: _T,
    root: str,
    name: str,
    shape: type[_T],
    check: Callable[[Read], Iterable[Problem]] = lambda _: (),
) -> _T:
    """What a file of the desk says that need not be there; `check` gives what else is wrong.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    if not os.path.lexists(os.path.join(root, name)):
        return default
    read = read_file(name, _text(root, name), shape)
    if problems := read.problems or list(check(read)):
        raise DataFileError(sorted(problems))
    found: _T = read.value
    return found


def _cached(
    root: str,
    names: Sequence[str],
    cache: str,
    shape: type[Cached[_T]],
    read: Callable[[], _T],
) -> _T:
    """What the files say, from the cache file if that is fresh, else read from them."""
    if not cache:
        return read()
    stamps = _stamps(root, names)
    kept = _from_cache(cache, shape)
    if kept is not None and (kept.made_by, kept.stamps) == (_version(), stamps):
        return kept.value
    contents = _contents(root, names)
    if kept is not None and (kept.made_by, kept.contents) == (_version(), contents):
        _to_cache(cache, _made(stamps, contents, kept.value))
        return kept.value
    fresh = read()
    if contents == _contents(root, names):  # nobody wrote while they were read
        _to_cache(cache, _made(stamps, contents, fresh))
    return fresh


def _version() -> str:
    from sdcli import __version__  # noqa: PLC0415 - avoids a cycle at package import

    return __version__


def _made(stamps: list[list[int]] | None, contents: str, value: _T) -> Cached[_T]:
    """A cache file of this version."""
    return Cached(_version(), stamps, contents, value)


def _contents(root: str, names: Sequence[str]) -> str:
    """The joint hash of the names and contents of files; one that is not there is not as empty."""
    parts = list[bytes]()
    for name in names:
        text = _text(root, name)
        parts += [name.encode(), *([text] if isinstance(text, bytes) else ())]
    return _digest([b"%d" % len(parts), *parts])


def read_policy(root: str, instead: Mapping[str, bytes] | None = None) -> model.Policy:
    """The policy of the desk at `root`, from its files, or what stands in `instead` of one.

    Raises:
        DataFileError: files are missing or wrong; every problem found is named.
    """
    from sdcli.policy.check import Files, problems  # noqa: PLC0415 - only a changed desk
    from sdcli.policy.levels import hash_of, levels_of, written  # noqa: PLC0415

    other = instead or {}
    texts = {name: other[name] if name in other else _text(root, name) for name in model.FILES}
    reads = {name: read_file(name, text, _SHAPES[name]) for name, text in texts.items()}
    found = [problem for read in reads.values() for problem in read.problems]
    values = dict(zip(_PARTS, (reads[name].value for name in model.FILES), strict=True))
    values["sla"] = _with_holidays(values["sla"])
    files = Files(**values, places={name: read.places for name, read in reads.items()})
    # What could not be decoded stands in as something harmless: do not report that as well.
    told = {(problem.file, problem.line) for problem in found}
    found += [each for each in problems(files) if (each.file, each.line) not in told]
    if found:
        raise DataFileError(found)
    levels = levels_of(values["sla"], values["catalog"], values["classification"])
    return model.Policy(
        **values, hash=_digest(list(texts.values())), levels_hash=hash_of(written(levels))
    )


def _with_holidays(sla: agreements.SlaPolicies | None) -> agreements.SlaPolicies | None:
    """The policies with the public holidays that their calendars name; None as it is."""
    calendars = sla.calendars.values() if sla else ()
    if not any(each and each.public_holidays for each in calendars):
        return sla
    from sdcli.policy.public_holidays import looked_up  # noqa: PLC0415 - only a changed desk

    return sla and looked_up(sla)


def read_instead(root: str, raw: bytes, name: str) -> model.Policy:
    """The policy of the desk at `root` with another `sla_policies.yaml`, which is called `name`.

    Raises:
        DataFileError: it is wrong, or does not fit the other files; every problem is named.
    """
    try:
        return read_policy(root, {model.SLA_POLICIES: raw})
    except DataFileError as error:
        raise DataFileError(
            [
                each._replace(file=name) if each.file == model.SLA_POLICIES else each
                for each in error.problems
            ]
        ) from error


def read_formats(root: str, check: Check | None = None) -> dict[str, AlertFormat]:
    """The alert formats of the desk at `root` by name, from their files.

    `check` gives what else is wrong with one, by the path of what is.

    Raises:
        DataFileError: files are wrong; every problem found is named.
    """
    from sdcli.policy.check import format_problems  # noqa: PLC0415 - only a changed desk
    from sdcli.policy.formats import AlertFormat  # noqa: PLC0415

    found, values = [], {}
    for name in _format_files(root):
        stem, ending = os.path.splitext(name)
        if ending != ".yaml":
            found.append(Problem(name, 1, f"only .yaml is read: rename it to `{stem}.yaml`"))
            continue
        read = read_file(name, _text(root, name), AlertFormat)
        values[os.path.basename(stem)] = read.value
        found += read.problems or [
            *format_problems(name, read.value),
            *(Problem(name, read.places[at], said) for at, said in (check or _nothing)(read.value)),
        ]
    if found:
        raise DataFileError(found)
    return values


def _nothing(_: AlertFormat) -> list[tuple[str, str]]:
    """Where nobody can check expressions, nothing is wrong with them."""
    return []


def read_questions(root: str, policy: model.Policy) -> Questions:
    """The question trees of the desk at `root`, from their file; none if there is no file.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    import hashlib  # noqa: PLC0415 - only a changed desk pays for it

    from sdcli.policy.check_questions import question_problems  # noqa: PLC0415
    from sdcli.policy.questions import QUESTIONS, QuestionFile, Questions  # noqa: PLC0415

    if not os.path.lexists(os.path.join(root, QUESTIONS)):
        return Questions()
    text = _text(root, QUESTIONS)
    read = read_file(QUESTIONS, text, QuestionFile)
    # What could not be decoded is not there to be pointed to: do not report that as well.
    found = sorted(read.problems) or question_problems(read.value, read.places, policy)
    if found:
        raise DataFileError(found)
    digest = hashlib.sha256(text if isinstance(text, bytes) else b"").hexdigest()[:12]
    file = read.value
    return Questions(
        version=f"{file.version} {digest}",
        changed=file.changed,
        first=file.first,
        trees=file.trees,
    )


def read_places(root: str, name: str) -> dict[str, int]:
    """The line of every dotted path in one file of the desk at `root`."""
    from sdcli.policy.process import PROCESS, ProcessRules  # noqa: PLC0415 - only `lint` asks
    from sdcli.policy.questions import QUESTIONS, QuestionFile  # noqa: PLC0415 - as above

    shapes = {**_SHAPES, QUESTIONS: QuestionFile, PROCESS: ProcessRules}
    return read_file(name, _text(root, name), shapes[name]).places


def read_file(name: str, raw: bytes | str, shape: Any) -> Read:
    """Decode one file; a `str` instead of bytes says why there are none."""
    from sdcli.policy.decode import Decoder  # noqa: PLC0415 - imports YAML
    from sdcli.policy.yamlfile import YamlFile  # noqa: PLC0415

    file = YamlFile(name)
    decoder = Decoder(file)
    value = None
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1 if isinstance(raw, bytes) else 1
        file.report(line, "the file is not UTF-8")
    else:
        if isinstance(raw, str):
            file.report(1, text)
        elif (root := file.parse(text)) is not None:
            value = decoder.decode(root, shape)
    return Read(value, decoder.places, file.problems)


def _text(root: str, name: str) -> bytes | str:
    try:
        with open(os.path.join(root, name), "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return f"the file is missing; `sdcli init DIR` starts a desk from which to copy {name}"
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"


def _format_files(root: str) -> list[str]:
    """The files of alert formats, in the order of their names; none if there is no folder.

    Those with a wrong ending are among them: they would be taken for read.
    """
    try:
        names = os.listdir(os.path.join(root, model.FORMATS))
    except OSError:
        return []
    return [f"{model.FORMATS}/{name}" for name in sorted(names) if name.casefold().endswith(_YAML)]


def version(root: str) -> Hashable:
    """What tells the files of the policy of the desk at `root` from any others, unread."""
    return tuple(map(tuple, _stamps(root, model.FILES)))


def _stamps(root: str, names: Sequence[str]) -> list[list[int]]:
    stamps = []
    for name in names:
        try:
            stat = os.stat(os.path.join(root, name))
        except OSError:
            stamps.append([0])
        else:
            stamps.append([stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns])
    return stamps


def _from_cache(path: str, shape: type[_C]) -> _C | None:
    """What a cache file holds; anything wrong with it only means that it is not used."""
    try:
        with open(path, "rb") as stream:
            return msgspec.json.decode(stream.read(), type=shape)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None


def _to_cache(path: str, kept: Cached[Any]) -> None:
    """Write the cache whole or not at all; a machine that cannot keep one just goes on.

    A desk file touched within the last two seconds, by the file system's own clock, could be
    edited again without its stamp showing it: such files are known by their contents alone.
    """
    temporary = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        try:
            with open(temporary, "wb") as stream:
                settled_ns = os.fstat(stream.fileno()).st_mtime_ns - _SETTLED_NS
                if any(stamp[-1] >= settled_ns for stamp in kept.stamps or ()):
                    kept = msgspec.structs.replace(kept, stamps=None)
                stream.write(msgspec.json.encode(kept))
            os.replace(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
