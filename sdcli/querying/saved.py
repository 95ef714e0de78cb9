"""Saved queries of a desk: `catalog/queries.yaml`, versioned as its other files are."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from sdcli.errors import DataFileError, MachineError, RefusedError
from sdcli.policy.load import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping

QUERIES = "catalog/queries.yaml"
"""The saved queries; a desk may have none."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class SavedQuery(Struct, frozen=True, kw_only=True):
    """A query with a name: `@NAME` stands for it in any other."""

    query: str
    about: str = ""
    place: str = ""


class Queries(Struct, frozen=True, kw_only=True):
    """`catalog/queries.yaml`."""

    format: Literal[1]
    queries: dict[str, SavedQuery] = field(default_factory=dict)


def read_queries(root: str) -> Mapping[str, SavedQuery]:
    """The saved queries of the desk at `root` by name; none if it has no such file.

    Raises:
        DataFileError: the file is wrong; every problem found is named.
    """
    if not os.path.lexists(os.path.join(root, QUERIES)):
        return {}
    return _decoded(_content(root))


def _content(root: str) -> bytes:
    path = os.path.join(root, QUERIES)
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise MachineError("Reading", path, error.strerror or "") from error


def _decoded(raw: bytes) -> Mapping[str, SavedQuery]:
    read = read_file(QUERIES, raw, Queries)
    if read.problems:
        raise DataFileError(sorted(read.problems))
    file: Queries = read.value
    return file.queries


_HEAD = """\
# Queries with a name: `sdcli list @NAME` asks one, and @NAME stands for it in any other query.
format: 1

queries:
"""


def save(root: str, name: str, query: str, about: str) -> str:
    """Write a query under a name at the end of the file; the file as it is called.

    Raises:
        RefusedError: the name is none, or is taken, or the file does not end in its queries.
        DataFileError: the file is wrong.
        MachineError: it could not be written.
    """
    if not _NAME.fullmatch(name):
        raise RefusedError(
            f"{name!r} is no name for a query: use up to 40 letters, digits, - and _.", name=name
        )
    before = read_queries(root)
    if name in before:
        raise RefusedError(
            f"There is a query @{name} already ({before[name].place or QUERIES}): change it there, "
            "or use another name.",
            name=name,
        )
    text = _content(root) or _HEAD.encode()
    new = text + (b"" if text.endswith(b"\n") else b"\n") + _entry(name, query, about)
    try:
        if set(_decoded(new)) != {*before, name}:
            raise RefusedError(_BY_HAND, name=name)
    except DataFileError as error:
        raise RefusedError(_BY_HAND, name=name) from error
    _put(root, new)
    return QUERIES


_BY_HAND = (
    f"{QUERIES} does not end in its list of queries, so nothing was added: write the query there "
    "by hand."
)


def _entry(name: str, query: str, about: str) -> bytes:
    import msgspec  # noqa: PLC0415 - only a new query

    def quoted(text: str) -> str:  # what is JSON text is YAML text
        return msgspec.json.encode(text).decode()

    lines = [f"  {name}:", f"    query: {quoted(query)}"]
    lines += [f"    about: {quoted(about)}"] if about else []
    return ("\n".join(lines) + "\n").encode()


def _put(root: str, content: bytes) -> None:
    """Have the file whole or not at all, with the mode that it had."""
    path = os.path.realpath(os.path.join(root, QUERIES))
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb") as stream:
            if os.path.exists(path):
                os.fchmod(stream.fileno(), os.stat(path).st_mode & 0o777)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or "") from error
