"""Writes the generated parts of the pages in docs/: transcripts and tables.

python tools/intake_page.py          write them anew
python tools/intake_page.py --check  only say whether they are as they should be

Every ```console block is run, in a new desk of its own and with the clock set by hand, and what it
prints is put below each command. A line `<!-- file NAME -->` before a block puts the block's text
into the desk as the file NAME first; `<!-- quote NAME -->` quotes a file of the repository. Where a
page has `<!-- run -->` before some of its blocks, only those are run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sdcli.insight.figures import FIGURES
from sdcli.intake.outcome import RULES
from sdcli.policy.load import formats

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "intake.md"
CLASSIFICATION_PAGE = ROOT / "docs" / "classification.md"
SLA_PAGE = ROOT / "docs" / "sla.md"
KNOWLEDGE_PAGE = ROOT / "docs" / "knowledge.md"
REPORTS_PAGE = ROOT / "docs" / "reports.md"
QUALITY_PAGE = ROOT / "docs" / "quality.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"
PAGES = (
    PAGE,
    CLASSIFICATION_PAGE,
    SLA_PAGE,
    KNOWLEDGE_PAGE,
    REPORTS_PAGE,
    QUALITY_PAGE,
    TUTORIAL,
)
NOW = "2026-11-23T10:00:00Z"
_SHOWN_DESK = "/srv/desk"
_FILE = re.compile(r"<!-- file (\S+) -->\n```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_QUOTE = re.compile(r"(<!-- quote (\S+) -->\n```\w*\n).*?(^```$)", re.DOTALL | re.MULTILINE)
_CONSOLE = re.compile(r"(^```console\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)
_RUN = re.compile(r"(^<!-- run -->\n```console\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)
_ID = re.compile(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b")
_SHOWN_ID = "01M83XJ8800004DRMXVS77PQC4"
_LIBRARY = re.compile(r"\bholidays [0-9]+(?:\.[0-9]+)+")
_LEVELS = re.compile(r"(sla_policies\.yaml, )[0-9a-f]{12}\b")
"""Both go with the version of the library, of which several fit."""


def rule_table() -> str:
    """Each rule and what it means."""
    rows = [f"| `{rule}` | {meaning} |" for rule, meaning in RULES.items()]
    return "\n".join(("| rule | why |", "|---|---|", *rows))


def format_list() -> str:
    """The systems whose alerts are read, each with its file's name."""
    known = formats(str(ROOT), "")
    named = sorted(known.items(), key=lambda pair: pair[1].name.casefold())
    return "\n".join(
        ("| system | `--from` |", "|---|---|", *(f"| {f.name} | `{n}` |" for n, f in named))
    )


def figure_table() -> str:
    """Each figure with its definition, section by section."""
    lines: list[str] = []
    section = ""
    for figure in FIGURES.values():
        if figure.section != section:
            section = figure.section
            lines += ["", f"### {section}", "", "| id | figure | counts |", "|---|---|---|"]
        lines.append(f"| `{figure.id}` | {figure.name} | {figure.about} |")
    return "\n".join(lines[1:])


def commands_of(block: str) -> list[str]:
    """The commands of a transcript; one may go on in lines that begin with `> `."""
    found: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif line.startswith("> ") and found:
            found[-1] += f"\n{line[2:]}"
    return found


def transcript(block: str, files: dict[str, str]) -> str:
    """A block with what its commands print now."""
    commands = commands_of(block)
    with tempfile.TemporaryDirectory() as scratch:
        desk = Path(scratch) / "desk"
        for part in ("catalog", "kb"):
            shutil.copytree(ROOT / part, desk / part)
        shutil.copy(ROOT / "sla_policies.yaml", desk)
        shutil.copy(ROOT / "examples" / "alertmanager.json", desk)
        for name, text in files.items():
            (desk / name).write_text(text, encoding="utf-8")
        said = _said(commands, desk)
    told = zip(commands, said, strict=True)
    return "".join(f"$ {command.replace(chr(10), f'{chr(10)}> ')}\n{out}" for command, out in told)


def _said(commands: list[str], desk: Path) -> list[str]:
    """What each of the commands prints, run by one shell."""
    end = "\x1e"
    script = "\n".join(f"{{ {command}\n}} 2>&1\nprintf '{end}'" for command in commands)
    kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    own = {
        "HOME": str(desk.parent),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": f"{desk.parent}/cache",
        "SDCLI_NOW": NOW,
        "SDCLI_USER": "ben",
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    ran = subprocess.run(
        ["sh", "-c", script], cwd=desk, env=kept | own, capture_output=True, text=True, check=True
    )
    shown = _ID.sub(_SHOWN_ID, ran.stdout.replace(str(desk), _SHOWN_DESK))
    shown = _LEVELS.sub(r"\g<1>9c5e21f0ab37", _LIBRARY.sub("holidays 0.85", shown))
    return shown.split(end)[:-1]


def generated(text: str) -> str:
    """The page with its generated parts as they should be."""
    tables = {"rules": rule_table(), "formats": format_list(), "figures": figure_table()}
    for name, content in tables.items():
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        if not start:
            text = before  # a page that has no such table
            continue
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not end:
            raise SystemExit(f"the page needs the second mark of {name!r}")
        text = f"{before}{start}{content}\n{end}{after}"
    text = _QUOTE.sub(lambda m: f"{m[1]}{(ROOT / m[2]).read_text(encoding='utf-8')}{m[3]}", text)
    files = {match[1]: match[2] for match in _FILE.finditer(text)}
    console = _RUN if _RUN.search(text) else _CONSOLE
    return console.sub(lambda m: f"{m[1]}{transcript(m[2], files)}{m[3]}", text)


def main() -> int:
    """Write or check; 1 if the check found a difference."""
    differs = 0
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = generated(before)
        differs |= before != after
        if "--check" not in sys.argv[1:]:
            page.write_text(after, encoding="utf-8")
    return int(differs) if "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
