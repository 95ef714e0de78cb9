"""SQLite files that are derived from the desk, and can be made again at any time.

They tell of callers and of what was said, so nobody else may read them.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress


def make(path: str) -> None:
    """Let folder and file be there, for nobody else to read."""
    folder = os.path.dirname(path)
    with suppress(OSError):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        os.chmod(path, 0o600)


def is_busy(error: BaseException) -> bool:
    """Whether somebody else uses the file just now; nothing is wrong with it."""
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
