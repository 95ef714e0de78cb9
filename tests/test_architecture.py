"""The house: who may import whom, what starts light, and one room for each library."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from sdcli.commands import COMMANDS, SUBCOMMANDS, module_of
from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "sdcli"
MODULES = sorted(
    path.relative_to(REPOSITORY).with_suffix("").as_posix().replace("/", ".")
    for path in PACKAGE.rglob("*.py")
)

# From the bottom up: a room may import the rooms before it, and itself.
STOREYS = (
    "sdcli",
    "sdcli.errors",
    "sdcli.derived",
    "sdcli.apart",
    "sdcli.moves",
    "sdcli.tickets",
    "sdcli.ledger.interface",
    "sdcli.policy",
    "sdcli.ledger",
    "sdcli.sla",
    "sdcli.triage",
    "sdcli.learning",
    "sdcli.intake",
    "sdcli.notify",
    "sdcli.knowledge",
    "sdcli.changes",
    "sdcli.fulfilment",
    "sdcli.querying",
    "sdcli.insight",
    "sdcli.lint",
    "sdcli.starter",
    "sdcli.guidance",
    "sdcli.results",
    "sdcli.publish",
    "sdcli.desk",
    "sdcli.bulletins",
    "sdcli.arrivals",
    "sdcli.supporting",
    "sdcli.classifying",
    "sdcli.notices",
    "sdcli.care",
    "sdcli.promises",
    "sdcli.knowledge_base",
    "sdcli.authoring",
    "sdcli.problems",
    "sdcli.queues",
    "sdcli.metrics",
    "sdcli.spooling",
    "sdcli.expectations",
    "sdcli.change_requests",
    "sdcli.incidents",
    "sdcli.hook",
    "sdcli.fulfilments",
    "sdcli.fulfilments.asked",
    "sdcli.fulfilments.offers",
    "sdcli.fulfilments.times",
    "sdcli.fulfilments.leave",
    "sdcli.fulfilments.told",
    "sdcli.fulfilments.search",
    "sdcli.fulfilments.beginning",
    "sdcli.fulfilments.program",
    "sdcli.fulfilments.walks",
    "sdcli.fulfilments.approvals",
    "sdcli.fulfilments.procedures",
    "sdcli.adopting",
    "sdcli.closing",
    "sdcli.checking",
    "sdcli.relating",
    "sdcli.surveys",
    "sdcli.ledgers",
    "sdcli.replaying",
    "sdcli.guided",
    "sdcli.showing",
    "sdcli.undoing",
    "sdcli.finding",
    "sdcli.reviews",
    "sdcli.counting",
    "sdcli.reports",
    "sdcli.bulk",
    "sdcli.editing",
    "sdcli.render",
    "sdcli.report_pages",
    "sdcli.dialogue",
    "sdcli.session",
    "sdcli.editor",
    "sdcli.completion",
    "sdcli.params",
    "sdcli.board",
    "sdcli.commands",
    "sdcli.cli",
    "sdcli.__main__",
)
# These rules stand side by side: none imports another.
SIDE_BY_SIDE = ("sdcli.sla", "sdcli.triage", "sdcli.knowledge")
FENCED = {
    "apprise": {"sdcli.notify.by_apprise"},
    "rich": {"sdcli.render.markdown"},
    "markdown_it": {"sdcli.knowledge.markdown", "sdcli.render.markdown", "sdcli.publish.markdown"},
    "markdownify": {"sdcli.knowledge.from_html"},
    "bs4": {"sdcli.knowledge.from_html"},
    "jinja2": {"sdcli.notify.templates", "sdcli.publish.pages", "sdcli.render.report_page"},
    "markupsafe": {"sdcli.render.report_page"},
    "tinydb": {"sdcli.ledger.tiny.storage"},
    "psycopg2": {"sdcli.ledger.postgres.way"},
    "yaml": {"sdcli.policy.yamlfile"},
    "xml": {"sdcli.render.timeline_svg"},
    "sqlite3": {
        "sdcli.knowledge.index",
        "sdcli.knowledge.uses",
        "sdcli.learning.memory",
        "sdcli.derived",
        "sdcli.insight.kept",
    },
    "fcntl": {"sdcli.ledger.tiny.lock"},
    "zoneinfo": {"sdcli.sla.wall", "sdcli.policy.decode", "sdcli.policy.local"},
    "prometheus_client": {"sdcli.insight.exposition"},
    "holidays": {"sdcli.policy.public_holidays"},
    "tabulate": {"sdcli.render.as_text.tables"},
    "dateutil": {
        *("sdcli.intake.confirmation", "sdcli.params", "sdcli.intake.convert"),
        "sdcli.intake.when",
    },
    "textual": {"sdcli.board.app", "sdcli.board.dialogs", "sdcli.board.lines"},
    "quotequail": {"sdcli.intake.replies"},
    "resiliparse": {"sdcli.intake.html"},
    "jmespath": {"sdcli.policy.decode", "sdcli.intake.format_check", "sdcli.intake.formats"},
}


def _source(module: str) -> Path:
    path = REPOSITORY / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(module: str) -> set[str]:
    """Every module named in an import, wherever it stands in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(_source(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            found |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    return found


def _storey(module: str) -> int:
    inside = [name for name in STOREYS if module == name or module.startswith(f"{name}.")]
    return STOREYS.index(max(inside, key=len))


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_downwards(module: str) -> None:
    """A module imports only from its own room and from rooms below."""
    own = _storey(module)
    for name in _imports(module):
        if name in MODULES and name != "sdcli":
            assert _storey(name) <= own, f"{module} imports {name}, which lies above it"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("sdcli.commands.")])
def test_commands_stand_alone(module: str) -> None:
    """No command imports another one, nor the libraries behind the rooms."""
    others = {name for name in MODULES if name.startswith("sdcli.commands.")}
    forbidden = others | {"tinydb", "yaml", "sqlite3", "msgspec", "tabulate"}

    assert not _imports(module) & forbidden


@pytest.mark.parametrize("room", SIDE_BY_SIDE)
def test_rules_stand_side_by_side(room: str) -> None:
    """Neither the clock, nor triage, nor knowledge needs another of them."""
    for module in MODULES:
        if module.startswith(room):
            for other in set(SIDE_BY_SIDE) - {room}:
                assert not any(name.startswith(other) for name in _imports(module)), module


@pytest.mark.parametrize("library", sorted(FENCED))
def test_each_library_has_one_room(library: str) -> None:
    """A library is known only where it is fenced in, so that it can be replaced there."""
    users = {
        module
        for module in MODULES
        if any(name == library or name.startswith(f"{library}.") for name in _imports(module))
    }

    assert users == FENCED[library]


def test_only_the_desk_reads_the_clock() -> None:
    """Below the desk, time is a parameter: no call of now, today or time."""
    forbidden = {"now", "today", "utcnow", "time_ns", "time"}
    for module in MODULES:
        if _storey(module) >= _storey("sdcli.desk"):
            continue
        for node in ast.walk(ast.parse(_source(module).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in forbidden, f"{module}:{node.lineno}"


def test_only_the_session_reads_the_environment() -> None:
    """Settings come through the session; the way out may ask how to show a bug."""
    allowed = {"sdcli.session", "sdcli.cli"}
    for module in MODULES:
        for node in ast.walk(ast.parse(_source(module).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                assert module in allowed, f"{module}:{node.lineno}"


def _loaded(program: str) -> set[str]:
    """The modules loaded after a program has run in a fresh interpreter."""
    script = f"{program}\nimport sys; print('\\n'.join(sys.modules))"
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_the_group_starts_light() -> None:
    """Importing `sdcli.cli` imports no library that only some commands need."""
    loaded = _loaded("import sdcli.cli")

    assert not loaded & {"apprise", "jinja2", "markdown_it"}
    assert not loaded & {"tinydb", "yaml", "tabulate", "dateutil", "msgspec", "sqlite3"}
    assert not {name for name in loaded if name.startswith("sdcli.commands.")}


_RUN = """
from sdcli.cli import cli
try:
    cli({args!r}, prog_name="sdcli")
except SystemExit:
    pass
"""


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_imports_its_own_module_only(name: str) -> None:
    """However many commands there are, running one imports that one's module."""
    loaded = _loaded(_RUN.format(args=[name, "--help"]))

    commands = {module for module in loaded if module.startswith("sdcli.commands.")}
    assert commands == {f"sdcli.commands.{module_of(name)}"}


@pytest.mark.parametrize("args", [["--help"], ["clsoe"], ["--version"]])
def test_help_and_hints_import_no_command(args: list[str]) -> None:
    """Help, version and spelling hints come from the register."""
    loaded = _loaded(_RUN.format(args=args))

    assert not {module for module in loaded if module.startswith("sdcli.commands.")}


def test_completion_imports_no_command() -> None:
    """Completing the name of a command imports none of them."""
    program = """
import os
os.environ.update(_SDCLI_COMPLETE="bash_complete", COMP_WORDS="sdcli s", COMP_CWORD="1")
from sdcli.cli import cli
try:
    cli([], prog_name="sdcli")
except SystemExit:
    pass
"""
    loaded = _loaded(program)

    assert "plain,search-kb" in loaded
    assert not {module for module in loaded if module.startswith("sdcli.commands.")}


def test_the_register_equals_the_folder() -> None:
    """Every module of the folder is registered, and every registered command has a module."""
    folder = {path.stem for path in (PACKAGE / "commands").glob("*.py")} - {"__init__"}

    nested = {
        f"{group}_{name.replace('-', '_')}"
        for group, names in SUBCOMMANDS.items()
        for name in names
    }
    assert {module_of(name) for name in COMMANDS} | nested == folder


@pytest.mark.parametrize("group", SUBCOMMANDS)
def test_a_nested_command_imports_its_own_module_only(group: str) -> None:
    """Of a group with modules of its own, running one command imports that one's module."""
    for name in SUBCOMMANDS[group]:
        loaded = _loaded(_RUN.format(args=[group, name, "--help"]))
        commands = {module for module in loaded if module.startswith("sdcli.commands.")}
        own = f"sdcli.commands.{group}_{name.replace('-', '_')}"
        assert commands == {f"sdcli.commands.{module_of(group)}", own}


_ALONE = """
import importlib, os, sys, traceback
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(name)
"""
"""Imports each module that is named in a process that has imported nothing before."""


_RESULTS = sorted(name for name in MODULES if name.startswith("sdcli.results."))


@pytest.mark.parametrize("room", [name for name in _RESULTS if not name.endswith("__init__")])
@pytest.mark.parametrize("form", ["as_text", "as_json"])
def test_every_result_is_rendered_by_the_room_of_its_name(room: str, form: str) -> None:
    """What ends a command has a text and a document, in the renderers of its own room."""
    values, renderers = import_module(room), import_module(f"sdcli.render.{form}{room[13:]}")
    ends = {
        each
        for each in vars(values).values()
        if isinstance(each, type) and each.__module__ == room and hasattr(each, "exit_code")
    }

    assert set(renderers.SHAPES) == ends


@pytest.mark.parametrize("part", range(8))
def test_every_module_imports_alone(part: int) -> None:
    """Each module can be imported first, in a fresh interpreter, without a warning."""
    modules = [name.removesuffix(".__init__") for name in MODULES if not name.endswith("__main__")]
    command = [sys.executable, "-W", "error", "-c", _ALONE, *modules[part::8]]

    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_has_a_docstring(module: str) -> None:
    """Modules, public classes and public functions say what they give."""
    tree = ast.parse(_source(module).read_text(encoding="utf-8"))

    assert ast.get_docstring(tree), module
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            public = not any(
                node in ast.walk(outer)
                for outer in ast.walk(tree)
                if isinstance(outer, ast.FunctionDef) and outer is not node
            )
            assert ast.get_docstring(node) or not public, f"{module}:{node.lineno} {node.name}"
