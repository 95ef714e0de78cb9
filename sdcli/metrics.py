"""The figures of an open desk for a monitoring system: gathered, and put into a file.

What `sdcli metrics` calls. What is counted is in `sdcli.insight.metrics`, how it is spelt in
`sdcli.insight.exposition`. Open tickets are read once; of closed ones only those that changed in
the last day, in the archives of the months that hold them.
"""

from __future__ import annotations

import os
import re
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

from sdcli import __version__
from sdcli.bulletins import Bulletins
from sdcli.care import Care
from sdcli.errors import LedgerDamagedError, MachineError, NotFoundError, RefusedError
from sdcli.insight.load import AT_WORK
from sdcli.insight.metrics import WINDOW_S, Facts, QueueState, Tally, label
from sdcli.notices import Notices
from sdcli.promises import Promises
from sdcli.results import reports
from sdcli.tickets.query import Query
from sdcli.tickets.words import BREACH, PROBLEM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdcli.desk import Desk
    from sdcli.insight.exposition import Form
    from sdcli.insight.metrics import Family
    from sdcli.tickets.ticket import Ticket

_MODE = 0o644
"""The rights of the file: node_exporter reads it under an account of its own."""
_HASH = 16
"""Characters of a hash that tell one from another."""
_PAGE = 2000
"""Closed tickets that are held at a time."""


class Metrics:
    """The figures of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def families(self, labels: Mapping[str, str] | None = None) -> tuple[Family, ...]:
        """Every figure of now, with further labels on each sample.

        Raises:
            LedgerDamagedError: the ledger cannot be read whole.
            DataFileError: a file of the desk is wrong.
        """
        desk, now = self._desk, self._desk.now
        alerts = desk.policy.sla.alerts
        tally = Tally(
            desk.policy.teams.queues,
            now=now,
            since=now - timedelta(seconds=WINDOW_S),
            first_warning=min(alerts.warn_at, default=BREACH),
        )
        seen: set[str] = set()
        for ticket in desk.ledger.find(Query()):
            seen.add(ticket.ref)
            at_work = ticket.status in AT_WORK
            sla = desk.sla(ticket) if at_work else {}
            tally.take(ticket, sla, overstayed=at_work and self._overstays(ticket))
        for ticket in self._closed():
            if ticket.ref not in seen:  # it may have been closed since they were read
                tally.take_done(ticket)
        facts = self._facts(missed=Promises(desk).missed_check(tally.oldest_at) is not None)
        return tuple(each.labelled(labels or {}) for each in tally.families(facts))

    def _overstays(self, ticket: Ticket) -> bool:
        box = self._desk.time_box(ticket)
        return box is not None and box.state == "breached"

    def _closed(self) -> Iterator[Ticket]:
        """Closed tickets that changed in the last day."""
        since, after = self._desk.now - timedelta(seconds=WINDOW_S), ""
        while page := self._desk.ledger.closed_since(since, _PAGE, after):
            yield from page
            after = page[-1].ref

    def _facts(self, *, missed: bool) -> Facts:
        desk, care = self._desk, Care(self._desk)
        undelivered, given_up = Notices(desk).undelivered()
        return Facts(
            version=__version__,
            levels=desk.policy.levels_hash[:_HASH],
            tickets=desk.ledger.count(),
            ledger_bytes=desk.ledger.size(),
            problems=sum(1 for _ in desk.ledger.find(Query(record=PROBLEM))),
            bulletins=len(Bulletins(desk).listed()),
            last_check=self._last_check(),
            check_every=desk.policy.sla.alerts.check_every,
            check_missed=missed,
            undelivered=undelivered,
            given_up=given_up,
            quarantined=care.quarantined(),
            spooled=care.spooled(),
            queues=self._queues(),
        )

    def _last_check(self) -> int:
        """When the clocks were last checked, in seconds of UTC; 0 if that is not known."""
        try:
            beat = self._desk.ledger.last_beat()
        except LedgerDamagedError as error:
            self._desk.tell(f"{error.path} cannot be read; the next sla-check writes it anew.")
            return 0
        return int(beat.at.timestamp()) if beat else 0

    def _queues(self) -> dict[str, QueueState]:
        from sdcli.sla.duty import available, on_call_now  # noqa: PLC0415 - the roster is read late

        policy, at = self._desk.policy, int(self._desk.now.timestamp())
        return {
            name: QueueState(
                available=sum(available(policy, person, at) for person in queue.members),
                on_call=bool(on_call_now(policy, name, at).person) if queue.has_on_call else None,
            )
            for name, queue in policy.teams.queues.items()
        }


def report(
    desk: Desk,
    form: Form,
    *,
    labels: Mapping[str, str],
    output: str | None = None,
    spelt: bool = True,
) -> reports.Metrics:
    """The figures, and with `output` put into that file; the text is made if it is `spelt` or put.

    An `output` of `-` is none, as elsewhere.

    Raises:
        MissingExtraError: the library that makes the text is not installed.
        NotFoundError, RefusedError, MachineError: see `put`.
    """
    from sdcli.insight.exposition import written  # noqa: PLC0415 - --label needs none

    file = None if output == "-" else output
    known = {name: label(text) for name, text in labels.items()}
    families = Metrics(desk).families(known)
    text = written(families, form) if spelt or file is not None else ""
    if file is not None:
        put(file, text)
    return reports.Metrics(
        families=families,
        form=form,
        text=text,
        now=desk.now,
        file=file or "",
        remarks=_remarks(file, form) if file else (),
    )


def _remarks(output: str, form: Form) -> tuple[str, ...]:
    """Why node_exporter would not read this file."""
    if form == "openmetrics" and output.endswith(".prom"):
        return ("node_exporter reads --format prometheus only.",)
    if form == "prometheus" and not output.endswith(".prom"):
        return ("node_exporter reads only files whose names end in .prom.",)
    return ()


def put(path: str, text: str) -> None:
    """Have a text in a file that others may read, whole or not at all.

    The file is written beside its place, under a name that does not end in `.prom`, and renamed
    when it is on disk. Where that fails the old one stays as it is.

    Raises:
        NotFoundError: its folder is not there.
        RefusedError: something is there that is no earlier one of these.
        MachineError: it could not be written.
    """
    from sdcli.ledger.tiny.files import replacing  # noqa: PLC0415 - only a file pays for it

    whole = os.path.abspath(path)
    folder = os.path.dirname(whole)
    if not os.path.isdir(folder):
        raise NotFoundError(
            f"There is no folder {folder}: make it, or name the one that node_exporter reads "
            "(--collector.textfile.directory).",
            path=folder,
        )
    try:
        if os.path.lexists(whole) and not stat.S_ISREG(os.lstat(whole).st_mode):
            raise RefusedError(
                f"{path or 'The empty name'} is no file of its own, so it is not replaced. Name another file.",
                path=path,
            )
        if os.path.exists(whole) and not _is_ours(whole):
            raise RefusedError(
                f"{path} is there already and holds no figures of `sdcli metrics`: it stays as it is. "
                "Name another file.",
                path=path,
            )
        with replacing(whole, like="") as stream:
            os.fchmod(stream.fileno(), _MODE)
            stream.write(text.encode())
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or str(error)) from error


def _is_ours(path: str) -> bool:
    """Whether a file is empty, or what was written by this before."""
    with open(path, "rb") as stream:
        head = stream.read(len(_BEGINS))
    return head in (b"", _BEGINS)


_BEGINS = b"# HELP sdcli_"
"""What the figures of every format begin with."""

_LABEL = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*")
OWN_LABELS = frozenset(
    (
        *("queue", "priority", "type", "status", "target", "state"),
        *("version", "service_levels", "le", "quantile"),
    )
)
"""What figures are told apart by already, and what formats keep for themselves."""


def is_label(name: str) -> bool:
    """Whether a further label may have this name."""
    return _LABEL.fullmatch(name) is not None and name not in OWN_LABELS
