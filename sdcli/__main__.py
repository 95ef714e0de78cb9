"""`python -m sdcli`, and the console script."""

from __future__ import annotations

import gc
import os

# A command lives for a tenth of a second: collecting cycles costs more than it frees.
gc.disable()

try:
    from sdcli.cli import cli
except KeyboardInterrupt:
    os._exit(130)


def main() -> None:
    """Run the program.

    What has been promised is on disk and what was said is flushed when the group is left, so the
    process ends at once: taking the interpreter down tidily is a fifth of a command's time.
    """
    try:
        cli(prog_name="sdcli")
    except SystemExit as leaving:
        os._exit(leaving.code if isinstance(leaving.code, int) else 1)
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
