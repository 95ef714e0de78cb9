"""Writes the generated parts of the README: the transcript, the commands, the exit codes.

python tools/readme.py          write them anew
python tools/readme.py --check  only say whether they are as they should be
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from sdcli.commands import COMMANDS
from sdcli.errors import EXIT_CODES

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def transcript() -> str:
    """What `examples/demo.sh` prints."""
    demo = ["sh", str(ROOT / "examples" / "demo.sh")]
    ran = subprocess.run(demo, capture_output=True, text=True, check=True)
    return f"```console\n{ran.stdout.strip()}\n```"


def command_table() -> str:
    """The commands by stage of the process."""
    rows = [
        f"| {entry.stage} | `sdcli {name}` | {entry.summary} |" for name, entry in COMMANDS.items()
    ]
    return "\n".join(("| stage | command | what it does |", "|---|---|---|", *rows))


def exit_code_table() -> str:
    """The exit codes and what they mean."""
    rows = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    return "\n".join(("| exit | meaning |", "|---|---|", *rows))


def generated(text: str) -> str:
    """The README with its generated parts as they should be."""
    parts = {
        "transcript": transcript(),
        "commands": command_table(),
        "exit-codes": exit_code_table(),
    }
    for name, content in parts.items():
        between = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text, count = between.subn(lambda m, c=content: f"{m[1]}{c}\n{m[2]}", text)  # type: ignore[misc]
        if count != 1:
            raise SystemExit(f"README.md needs the marks of {name!r} once")
    return text


def main() -> int:
    """Write or check; 1 if the check found a difference."""
    before = README.read_text(encoding="utf-8")
    after = generated(before)
    if "--check" in sys.argv[1:]:
        return int(before != after)
    README.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
