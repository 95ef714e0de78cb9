"""Files of the desk's folders that anybody may have put there: read if plain, small and inside."""

from __future__ import annotations

import os

LARGEST = 1_000_000
"""The most bytes of one file."""


def content(root: str, name: str) -> bytes | str:
    """What a file of the desk holds, or a text that says why it cannot be read.

    `name` is relative to the desk, with its folder.
    """
    path = os.path.join(root, name)
    try:
        if os.path.islink(path) and not is_inside(root, path, os.path.dirname(name)):
            return "the file is a link that leads out of the desk"
        if not os.path.isfile(path):
            return "the file is no plain file"  # a pipe would be waited for
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            return too_large(size) if size > LARGEST else stream.read()
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"


def too_large(size: int) -> str:
    """What is wrong with a file of so many bytes."""
    return f"the file has {size:,} bytes; {LARGEST:,} are the most"


def is_inside(root: str, path: str, folder: str = "") -> bool:
    """Whether a path leads to a file of the desk, or of the folder that `folder` itself leads to."""
    real = os.path.realpath(path)
    folders = (os.path.realpath(root), os.path.realpath(os.path.join(root, folder)))
    return any(real.startswith(each + os.sep) for each in folders)
