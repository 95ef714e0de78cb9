"""The files a new desk starts with: the same that lie at the top of the repository."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from sdcli.errors import MachineError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_IGNORED = "/ledger/\n/catalog/people.yaml.before-*\n"


def copy_starter(directory: str) -> tuple[str, int]:
    """Copy the starter into a directory; gives its absolute path and the number of files.

    Raises:
        RefusedError: one of the files is there already; none is overwritten.
        MachineError: the files could not be written.
    """
    target = Path(os.path.abspath(directory))
    with as_file(files(__package__)) as source:
        names = sorted(_yaml_files(source))
        present = [str(name) for name in names if (target / name).exists()]
        if present:
            raise RefusedError(
                f"{target} holds {present[0]} already; `sdcli init` never overwrites. "
                "Choose an empty directory.",
                path=str(target),
                present=present,
            )
        try:
            for name in names:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, target / name)
            ignore = target / ".gitignore"
            if not ignore.exists():
                ignore.write_text(_IGNORED, encoding="utf-8")
        except OSError as error:
            for name in names:  # half a desk is none, and would be in the way of the next try
                with suppress(OSError):
                    (target / name).unlink(missing_ok=True)
            raise MachineError("Starting a desk in", str(target), error.strerror or "") from error
    return str(target), len(names)


def _yaml_files(source: Path) -> Iterator[Path]:
    """The starter's files, relative to it; in a checkout its folders are links."""
    for folder, _, names in os.walk(source, followlinks=True):
        for name in names:
            if name.endswith(".yaml"):
                yield (Path(folder) / name).relative_to(source)
