"""Backup and restore of a ledger on a server, in the file that the other home reads and writes too.

A backup is made of the state at one instant, in a folder of its own, and then becomes a tar file.
A restore fills a schema of its own, which takes the place of the present one in one step; the
present one is kept under another name, with everything that is in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from sdcli.errors import MachineError, RefusedError
from sdcli.ledger.content import EVERYTHING, bring_beside
from sdcli.ledger.interface import Restored
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.fill import set_next
from sdcli.ledger.postgres.roles import grant_anew, roles
from sdcli.ledger.postgres.rows import PREFIX
from sdcli.ledger.postgres.schema import fence
from sdcli.ledger.tiny import backup
from sdcli.ledger.tiny.fill import fill
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.ledger.tiny.image import Places
from sdcli.ledger.tiny.moving import counted

if TYPE_CHECKING:
    from sdcli.ledger.interface import Progress, Whole
    from sdcli.ledger.postgres.address import Address
    from sdcli.ledger.postgres.home import PostgresLedger


def back_up(ledger: PostgresLedger, path: str, progress: Progress) -> int:
    """Write a backup to the new file `path`; how many tickets are in it.

    Raises:
        RefusedError: the file is there already.
        PartialBackupError: it is written, without attached files that are gone or changed.
        MachineError: it could not be written.
    """
    if os.path.lexists(path):
        raise RefusedError(f"{path} is there already; name a file that is not.")
    try:
        folder = tempfile.mkdtemp(prefix=".sdcli-backup-", dir=os.path.dirname(path))
    except OSError as error:
        raise MachineError("Writing the backup", path, error.strerror or str(error)) from error
    try:
        tickets = counted(ledger.everything(), ledger.count(), progress)
        places = fill(folder, tickets, ledger.next_number)
        # After the tickets: whatever one names is there.
        bring_beside(ledger, TinyLedger(folder, ledger.wait_s))
        return backup.back_up(places, path, progress)
    except OSError as error:
        raise MachineError("Writing the backup", path, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restore(ledger: PostgresLedger, address: Address, path: str, progress: Progress) -> Restored:
    """Put what a backup holds in the place of the present ledger.

    Raises:
        BackupDamagedError: the file is no backup, or it is damaged.
        LedgerBusyError: somebody has been writing for too long.
        NotAllowedError: this user of the database may make no schema.
    """
    folder = tempfile.mkdtemp(prefix="sdcli-restore-")
    try:
        with backup.unpacked(Places(folder), path, progress) as saved, ledger.whole() as whole:
            return _Exchange(ledger, address, whole).restored(saved.places.folder, progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Exchange:
    """Puts a ledger in the place of another, which nobody writes to meanwhile."""

    def __init__(self, ledger: PostgresLedger, address: Address, whole: Whole) -> None:
        self._ledger, self._address, self._whole = ledger, address, whole
        self._new = address._replace(schema=f"{address.schema}_restoring")

    def restored(self, folder: str, progress: Progress) -> Restored:
        """Fill a new schema from a folder, and give it the name of the present one."""
        source = TinyLedger(folder, self._ledger.wait_s)
        here = Connection(self._address, self._ledger.wait_s)
        try:
            here.ask(f"DROP SCHEMA IF EXISTS {self._new.schema} CASCADE")
            self._fill(source, progress)
            kept_as, number = self._exchange(here)
            return Restored(source.count(), f"{PREFIX}{number}", kept_as)
        finally:
            here.close()

    def _fill(self, source: TinyLedger, progress: Progress) -> None:
        new = type(self._ledger)(self._new, self._ledger.wait_s)
        new.init()
        new.take_over(source, EVERYTHING, self._whole.watching(progress))
        for home in (source, self._ledger):  # what is here now does not go away
            bring_beside(home, new)
        if beat := self._ledger.last_beat():
            new.beat(beat)
        mark = self._ledger.closed()
        new.close(mark if mark and mark.moved else None)  # what has moved is not opened by this
        new.disconnect()

    def _exchange(self, here: Connection) -> tuple[str, int]:
        """Have the new schema be the ledger; how the old one is called, and the next reference."""
        schema = self._address.schema
        number = self._ledger.next_number()
        granted = roles(here)
        is_new = not here.ask("SELECT 1 FROM tickets LIMIT 1") and number == 1
        wait_ms = max(1, int(self._ledger.wait_s * 1000))
        with here.unit(f"BEGIN; SET LOCAL lock_timeout TO {wait_ms}", patient=True):
            kept_as = _free_name(here, schema)
            here.ask(f"ALTER SCHEMA {schema} RENAME TO {kept_as}")
            here.ask(f"ALTER SCHEMA {self._new.schema} RENAME TO {schema}")
            fence(here, schema)
            fence(here, kept_as)
            set_next(here, number)
            grant_anew(here, granted)
            if is_new:
                here.ask(f"DROP SCHEMA {kept_as} CASCADE")
            [[next_]] = here.ask("SELECT last_value + is_called::int FROM numbers")
            self._whole.require()
        return "" if is_new else kept_as, int(next_)


def _free_name(connection: Connection, schema: str) -> str:
    """A name under which nothing is kept yet."""
    found = connection.ask("SELECT nspname::text FROM pg_namespace")
    there, number = {name for (name,) in found}, 1
    while (name := f"{schema[:40]}_before_restore_{number}") in there:
        number += 1
    return name
