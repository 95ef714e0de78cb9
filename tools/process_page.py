"""Writes docs/process.md: what the process guide asks for, which commands do it, which tests show it.

python tools/process_page.py          write it anew
python tools/process_page.py --check  only say whether it is as it should be

The demands and the commands are in tools/process.yaml; the tests are those whose docstrings cite an
id of it, as `(R2c.2)`.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import yaml

from sdcli.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "process.md"
TABLE = ROOT / "tools" / "process.yaml"
_ID = re.compile(r"\bR\d(?:[a-z]\d?)?\.\d+[a-z]?\b")
_MOST = 3
_HEAD = """\
# The process, and where to find it

*Scope: every activity of the process guide's Tables 5 to 20, the commands that do it, and tests
that show it. This page is written by `make docs` from `tools/process.yaml` and from the ids that
the tests cite; a test fails if an activity has no test, or a command named here is none.*

The words are ours. An id with a letter at its end is a practice that the guide counts among the
good ones. [What a new technician does from day to day](tutorial.md) has its own page, and so has
[what holds it together](design/process.md).
"""


class Row(NamedTuple):
    """One activity: what a desk gets, and the command lines that give it."""

    id: str
    does: str
    by: tuple[str, ...]


class Part(NamedTuple):
    """One table of the guide; `beyond` is what other sources ask for, as far as it is there."""

    title: str
    rows: tuple[Row, ...]
    beyond: bool


def parts() -> list[Part]:
    """The tables, in their order."""
    read = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return [
        Part(
            part["title"],
            tuple(Row(id_, row["does"], tuple(row["by"])) for id_, row in part["rows"].items()),
            part.get("beyond", False),
        )
        for part in read
    ]


def ids_in(text: str | None) -> list[str]:
    """The ids that a text cites."""
    return _ID.findall(text or "")


@cache
def docstrings() -> tuple[tuple[str, str, str], ...]:
    """File, name and docstring of every test; modules and classes have an empty name."""
    return tuple(_docstrings())


def _docstrings() -> Iterator[tuple[str, str, str]]:
    for path in sorted(ROOT.glob("tests/**/*.py")):
        name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield name, "", ast.get_docstring(tree) or ""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                is_test = node.name.startswith("test_")
                yield name, node.name if is_test else "", ast.get_docstring(node) or ""


def cited() -> dict[str, list[str]]:
    """The tests that cite each id, those first that say least else."""
    found: dict[str, list[tuple[int, str]]] = {}
    for file, name, text in docstrings():
        ids = set(ids_in(text))
        for id_ in ids if name else ():
            found.setdefault(id_, []).append((len(ids), f"{file}::{name}"))
    return {id_: [test for _, test in sorted(tests)] for id_, tests in found.items()}


def command_error(line: str) -> str:
    """What is wrong with a command line of the table: no such command or option; else nothing."""
    command: click.Command = cli
    ctx = click.Context(cli, info_name="sdcli")
    for word in line.split():
        if word.startswith("--"):
            options = {name for param in command.params for name in param.opts}
            if word not in options:
                return f"`sdcli {line}`: {command.name} has no {word}"
        elif word != "-":
            found = command.get_command(ctx, word) if isinstance(command, click.Group) else None
            if found is None:
                return f"`sdcli {line}`: there is no command {word}"
            command = found
    return ""


def generated() -> str:
    """The page as it should be."""
    tests = cited()
    return "\n".join((_HEAD, *(_section(part, tests) for part in parts())))


def _section(part: Part, tests: Mapping[str, list[str]]) -> str:
    rows = [
        f"| {row.id} | {row.does} | {_commands(row)} | {_tests(tests.get(row.id, []))} |"
        for row in part.rows
        if not part.beyond or row.id in tests
    ]
    head = ("| id | what the desk gets | `sdcli …` | shown by |", "|---|---|---|---|")
    return "\n".join((f"## {part.title}", "", *head, *rows, ""))


def _commands(row: Row) -> str:
    return ", ".join(f"`{line}`" for line in row.by)


def _tests(names: list[str]) -> str:
    """The first few, each as a link to its file."""
    shown = []
    for name in names[:_MOST]:
        file, _, test = name.partition("::")
        shown.append(f"[{test.removeprefix('test_').replace('_', ' ')}](../{file})")
    return "; ".join(shown)


def main() -> int:
    """Write or check; 1 if the check found a difference."""
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    after = generated()
    if "--check" in sys.argv[1:]:
        return int(before != after)
    PAGE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
