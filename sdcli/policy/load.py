"""From the files of a desk to its policy, in one go and with all problems at once.

Reading YAML takes far longer than a whole command may, so the result is kept as JSON in a cache
folder. A cache is used only while every file has the size, times and inode it was made from;
it holds nothing that the files do not, and may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, NamedTuple

import msgspec

from sdcli.errors import DataFileError, Problem
from sdcli.policy import model

_SETTLED_NS = 2_000_000_000  # a file younger than this may change again within one clock tick


class Cached(msgspec.Struct, frozen=True):
    """A cache file: what it was made by and from, and the policy."""

    made_by: str
    stamps: list[list[int]]
    policy: model.Policy


class Read(NamedTuple):
    """One decoded file: the value if it is sound, the line of each path, the problems."""

    value: Any
    places: dict[str, int]
    problems: list[Problem]


_SHAPES: dict[str, Any] = {
    model.SLA_POLICIES: model.SlaPolicies,
    model.SERVICES: model.Services,
    model.TEAMS: model.Teams,
    model.PEOPLE: model.People,
    model.VOCABULARY: model.Vocabulary,
}
_PARTS = ("sla", "catalog", "teams", "contacts", "vocabulary")


def policy(root: str, cache: str = "") -> model.Policy:
    """The policy of the desk at `root`, from the cache file if that is fresh.

    Raises:
        DataFileError: files are missing or wrong; every problem found is named.
    """
    from sdcli import __version__  # noqa: PLC0415 - avoids a cycle at package import

    stamps = _stamps(root)
    kept = _from_cache(cache, __version__, stamps) if cache else None
    if kept is not None:
        return kept
    fresh = read_policy(root)
    if cache:
        _to_cache(cache, Cached(__version__, stamps, fresh))
    return fresh


def read_policy(root: str) -> model.Policy:
    """The policy of the desk at `root`, from its files.

    Raises:
        DataFileError: files are missing or wrong; every problem found is named.
    """
    import hashlib  # noqa: PLC0415 - only a changed desk pays for it

    from sdcli.policy.check import Files, problems  # noqa: PLC0415

    digest = hashlib.sha256()
    reads = {}
    for name in model.FILES:
        text = _text(root, name)
        digest.update(text if isinstance(text, bytes) else b"")
        reads[name] = read_file(name, text, _SHAPES[name])
    found = [problem for read in reads.values() for problem in read.problems]
    values = dict(zip(_PARTS, (reads[name].value for name in model.FILES), strict=True))
    files = Files(**values, places={name: read.places for name, read in reads.items()})
    # What could not be decoded stands in as something harmless: do not report that as well.
    told = {(problem.file, problem.line) for problem in found}
    found += [each for each in problems(files) if (each.file, each.line) not in told]
    if found:
        raise DataFileError(found)
    return model.Policy(**values, hash=digest.hexdigest())


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
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"


def _stamps(root: str) -> list[list[int]]:
    stamps = []
    for name in model.FILES:
        try:
            stat = os.stat(os.path.join(root, name))
        except OSError:
            stamps.append([0])
        else:
            stamps.append([stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns])
    return stamps


def _from_cache(path: str, made_by: str, stamps: list[list[int]]) -> model.Policy | None:
    """The cached policy; anything wrong with the cache only means that it is not used."""
    try:
        with open(path, "rb") as stream:
            kept = msgspec.json.decode(stream.read(), type=Cached)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None
    fresh = kept.made_by == made_by and kept.stamps == stamps
    return kept.policy if fresh else None


def _to_cache(path: str, kept: Cached) -> None:
    """Write the cache whole or not at all; a machine that cannot keep one just goes on.

    A desk file touched within the last two seconds, by the file system's own clock, could be
    edited again without its stamp showing it: such a state is not cached.
    """
    temporary = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        try:
            with open(temporary, "wb") as stream:
                stream.write(msgspec.json.encode(kept))
                stream.flush()
                now_ns = os.fstat(stream.fileno()).st_mtime_ns
            if all(stamp[-1] < now_ns - _SETTLED_NS for stamp in kept.stamps):
                os.replace(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
