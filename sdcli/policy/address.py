"""Mail addresses as people write them: bare, or behind a name (R1a.1b)."""

from __future__ import annotations

import re

_ADDRESS = r"[^@\s<>]+@[^@\s<>]+"


def is_address(text: str) -> bool:
    """Whether a text is a mail address, and nothing else."""
    return "@" in text and bool(re.fullmatch(_ADDRESS, text))


def address_in(text: str) -> str:
    """The address of `Ada Lindqvist <ada@example.com>`; any other text as it is."""
    if "<" not in text:
        return text
    from email.utils import parseaddr  # noqa: PLC0415 - hardly anybody writes it so

    found = parseaddr(text)[1]
    return found if is_address(found) else text
