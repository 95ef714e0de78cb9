"""Files that belong to tickets, kept once by what is in them, where the ledger is.

A file is there before the event that names it is committed; one that no event names is harmless.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec.structs import replace

from sdcli.intake.items import MailItem
from sdcli.intake.lines import one_line
from sdcli.tickets.contact import Attachment

if TYPE_CHECKING:
    from sdcli.intake.items import Item, NewFile
    from sdcli.ledger.interface import Files
    from sdcli.policy.model import IntakeRules

LONGEST_NAME = 150
"""Characters of a file's name."""
_PATH = re.compile(r"[A-Za-z]:[/\\]|[/\\.~]")
_UNSAFE = re.compile(
    r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff/\\:*?"<>|]+'
)
_LONGEST_ENDING = 10


class Attachments:
    """Keeps files under the desk's rules (R1b.1b).

    Args:
        files: where they are kept.
        rules: the largest one, and the endings of names that are never kept.
    """

    def __init__(self, files: Files, rules: IntakeRules, *, writes: bool = True) -> None:
        self._files = files
        self._writes = writes  # a rehearsal names files, and keeps none
        self._most: int = rules.sizes.attachment
        self._refused = {ending.casefold().lstrip(".") for ending in rules.mail.refuse}

    def save(self, file: NewFile) -> Attachment:
        """The file as a ticket names it; its bytes are kept, unless it is refused.

        Raises:
            MachineError: it could not be written.
        """
        found = self.look_at(file)
        if self._writes and not found.refused:
            self._files.keep(found.sha256, file.content)
        return found

    def look_at(self, file: NewFile) -> Attachment:
        """The file as a ticket would name it, with the reason if it would be refused."""
        return Attachment(
            name=file.name,
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            mime=file.mime,
            refused=self._why_not(file),
        )

    def path(self, sha256: str) -> str:
        """Where the bytes with this hash are on this machine.

        Raises:
            LedgerDamagedError: they are not there, nor on the server.
        """
        return self._files.path(sha256)

    def saved(self, item: Item) -> Item:
        """An item with its files saved, so that it can be recorded."""
        if not isinstance(item, MailItem) or not item.files:
            return item
        return replace(item, files=(), attachments=tuple(map(self.save, item.files)))

    def _why_not(self, file: NewFile) -> str:
        if file.is_own:
            return ""
        ending = ending_of(file.name)
        if ending in self._refused:
            return f"files ending in .{ending} are refused"
        if len(file.content) > self._most:
            return f"larger than {self._most} bytes"
        return ""


def ending_of(name: str) -> str:
    """The ending that a machine would go by, whatever hides it; of a bare one the name itself.

    A safe name has `_` where there was something invisible.
    """
    plain = unicodedata.normalize("NFKC", unquote(name))
    seen = "".join(each for each in plain if unicodedata.category(each) not in ("Cf", "Cc", "Mn"))
    return seen.casefold().strip(" ._").rpartition(".")[2].replace("_", "").strip()


def safe_name(name: str) -> str:
    """A file's name that leads nowhere and hides nothing: no path, no control characters."""
    plain = one_line(name)
    last = re.split(r"[/\\]", plain)[-1] if _PATH.match(plain) else plain
    safe = _UNSAFE.sub("_", last).strip(" .") or "file"
    if len(safe) <= LONGEST_NAME:
        return safe
    stem, dot, ending = safe.rpartition(".")
    cut = f"{dot}{ending}" if stem and len(ending) <= _LONGEST_ENDING else ""
    return safe[: LONGEST_NAME - len(cut)] + cut
