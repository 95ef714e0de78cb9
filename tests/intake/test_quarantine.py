"""The quarantine: what cannot be read is kept exactly as it came, with a note."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.arrivals import Arrivals
from sdcli.errors import UNEXPECTED, MachineError
from sdcli.intake.items import Unreadable
from sdcli.intake.quarantine import keep, receive
from sdcli.intake.recognise import recognise
from sdcli.tickets.event import Stamp
from sdcli.tickets.query import Query

if TYPE_CHECKING:
    from sdcli.desk import Desk

STAMP = Stamp(at=datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc), by="ben")


def note_of(path: str) -> dict[str, object]:
    """The note beside kept bytes."""
    told: dict[str, object] = json.loads(Path(path).with_suffix(".json").read_bytes())
    return told


@given(raw=st.binary(max_size=500), reason=st.text(st.characters(exclude_categories=["Cs"])))
def test_the_exact_bytes_are_kept(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, reason: str
) -> None:
    """Not a byte is changed; the note has reason, time, person and size."""
    folder = tmp_path_factory.mktemp("kept") / "new"
    path = keep(str(folder), Unreadable(reason=reason, raw=raw), STAMP)
    assert Path(path).read_bytes() == raw
    assert note_of(path) == {
        "reason": reason,
        "at": "2026-11-23T10:00:00Z",
        "by": "ben",
        "bytes": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
    }
    assert sorted(os.listdir(folder)) == sorted(
        [Path(path).name, Path(path).with_suffix(".json").name]
    )


def test_equal_inputs_are_kept_once(tmp_path: Path) -> None:
    """The same bytes again are the file that is there; others have names that sort by time."""
    items = [Unreadable(reason="x", raw=bytes([number])) for number in range(20)]
    paths = [keep(str(tmp_path), item, STAMP) for item in items]
    assert [keep(str(tmp_path), item, STAMP) for item in items] == paths
    assert paths == sorted(set(paths))
    assert len(os.listdir(tmp_path)) == 40


def test_a_stream_that_is_too_large_is_kept_once(tmp_path: Path) -> None:
    """Also where its bytes are never held."""
    kept = [receive(BytesIO(b"x" * 100), 10, str(tmp_path), STAMP) for _ in range(2)]
    assert kept[0] == kept[1]
    assert len(os.listdir(tmp_path)) == 2


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Where nothing can be kept, the machine's refusal names the folder."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(MachineError) as failure:
        keep(str(tmp_path / "file" / "quarantine"), Unreadable(reason="x", raw=b"y"), STAMP)
    assert failure.value.exit_code == UNEXPECTED
    assert str(tmp_path / "file") in failure.value.message


def test_a_desk_keeps_what_it_cannot_read(desk: Desk, desk_dir: Path) -> None:
    """Unreadable input opens no ticket; its bytes are in the desk's quarantine."""
    raw = b'{"summary": "cut'
    (outcome,) = Arrivals(desk).take_in(recognise(raw))
    assert (outcome.action, outcome.ticket) == ("quarantined", None)
    assert "not whole JSON" in outcome.reason
    assert Path(outcome.file).parent == desk_dir / "ledger" / "quarantine"
    assert Path(outcome.file).read_bytes() == raw
    assert note_of(outcome.file)["reason"] == outcome.reason
    assert list(desk.ledger.find(Query())) == []


def test_one_unreadable_item_leaves_the_others_alone(desk: Desk) -> None:
    """Of several items only the unreadable one is kept apart; the others become tickets."""
    raw = b'{"summary": "one"}\n{"summary": "tw\n{"summary": "three"}'
    outcomes = Arrivals(desk).take_in(recognise(raw))
    assert [outcome.action for outcome in outcomes] == ["created", "quarantined", "created"]
    assert Path(outcomes[1].file).read_bytes() == b'{"summary": "tw'
    assert [ticket.summary for ticket in desk.ledger.find(Query())] == ["one", "three"]


def test_without_a_place_to_keep_it_nothing_is_recorded(desk: Desk, desk_dir: Path) -> None:
    """If the unreadable cannot be kept, the readable beside it is not recorded either."""
    (desk_dir / "ledger").mkdir()
    (desk_dir / "ledger" / "quarantine").write_text("mine")
    with pytest.raises(MachineError):
        Arrivals(desk).take_in(recognise(b'{"summary": "one"}\n{"summary": "tw'))
    assert list(desk.ledger.find(Query())) == []


def test_what_is_too_deep_for_the_ledger_is_kept(desk: Desk) -> None:
    """An object that nests too deep for a ticket is quarantined; nothing fails for it."""
    readable, too_deep = 1, 200_000
    while too_deep - readable > 1:
        middle = (readable + too_deep) // 2
        if isinstance(recognise(_nested(middle))[0], Unreadable):
            too_deep = middle
        else:
            readable = middle
    for depth in range(max(1, readable - 40), readable + 5):
        (outcome,) = Arrivals(desk).take_in(recognise(_nested(depth)))
        assert outcome.action in ("created", "correlated", "quarantined")
        assert bool(outcome.ticket) != bool(outcome.file)
    assert list(desk.ledger.find(Query()))


def _nested(depth: int) -> bytes:
    """An object in an object, so many times."""
    return b'{"a":' * depth + b"1" + b"}" * depth
