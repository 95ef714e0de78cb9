"""What commands return: frozen values that say what happened, and nothing about how to print it.

Each room holds the values of one subject. The renderers of a room have its name, so a command
loads the values and the words of its own subject only. `exit_code` is 0 unless the class says
otherwise.
"""

from __future__ import annotations

from typing import Protocol


class Result(Protocol):
    """What a command returns: a value of one of the rooms."""

    @property
    def exit_code(self) -> int:
        """With what the program is left."""
