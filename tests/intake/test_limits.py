"""Limits and hostility: nothing that arrives raises, and nothing that arrives is lost."""

from __future__ import annotations

import io
import json
import os
import random
import tracemalloc
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.intake.formats import Document, Formats
from sdcli.intake.items import AlertItem, Ignored, Item, RequestItem, Unreadable
from sdcli.intake.quarantine import receive
from sdcli.intake.recognise import recognise
from sdcli.policy.formats import AlertFormat
from sdcli.policy.load import read_file, read_formats
from sdcli.policy.model import Sizes
from sdcli.policy.scalars import Size
from sdcli.tickets.event import Stamp
from tests.conftest import NOW, REPOSITORY
from tests.intake.test_samples import EXPECTED, sample_of
from tests.sampling import examples

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from tests.conftest import JsonRunner, Runner

FORMATS = Formats(read_formats(str(REPOSITORY)))
SAMPLES = [sample_of(expected).read_bytes() for expected in EXPECTED]
SMALL = Sizes(item=Size(1000), stream=Size(50_000), mail=Size(5000), attachment=Size(1000))
STAMP = Stamp(at=NOW, by="ben")


def read(raw: bytes, form: str | None = None) -> list[Item]:
    """The items of a stream, which are the same each time."""
    items = recognise(raw, FORMATS, form, SMALL, NOW)
    assert recognise(raw, FORMATS, form, SMALL, NOW) == items
    assert all(isinstance(item, Item) for item in items)
    return items


def alert(number: int, text: str = "") -> dict[str, Any]:
    """One of several alerts."""
    return {"status": "firing", "labels": {"alertname": "A", "n": str(number)}, "x": text}


def document(*alerts: dict[str, Any]) -> bytes:
    """An Alertmanager document."""
    return json.dumps({"receiver": "r", "alerts": alerts}).encode()


@settings(max_examples=examples(500))
@given(data=st.data())
def test_mutated_samples_raise_nothing(data: st.DataObject) -> None:
    """A sample with bytes changed, cut, doubled or mixed with another gives items."""
    raw = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        to = data.draw(st.integers(at, min(len(raw), at + 40)))
        other = data.draw(st.sampled_from(SAMPLES))
        start = data.draw(st.integers(0, len(other)))
        raw[at:to] = data.draw(
            st.sampled_from([b"", b"\0", b"\x1b[2J", b"{", b"]", b"\n", b'"', other[start:]])
            | st.binary(max_size=6)
        )
    for form in (None, *FORMATS.names, "json", "text"):
        assert read(bytes(raw), form) or not bytes(raw).strip(b"\0 \t\r\n\v\f\xef\xbb\xbf\xff\xfe")


def shaken(value: Any, chance: random.Random) -> Any:
    """A JSON value in which some parts are of another kind."""
    if chance.random() < 0.15:
        return chance.choice([None, True, 0, -1.5, "", "x" * 300, [], {}, [{}], {"a": [1]}, "\x00"])
    if isinstance(value, dict):
        kept = {name: shaken(each, chance) for name, each in value.items()}
        return {name: each for name, each in kept.items() if chance.random() > 0.05}
    return [shaken(each, chance) for each in value] if isinstance(value, list) else value


@settings(max_examples=examples(300))
@given(seed=st.integers(0, 2**32))
def test_samples_of_other_kinds_raise_nothing(seed: int) -> None:
    """Wrong types in any place of a sample give items, and each alert has key and summary."""
    chance = random.Random(seed)
    texts = [raw for raw in SAMPLES if raw.lstrip()[:1] in (b"{", b"[")]
    value = shaken(json.loads(chance.choice(texts)), chance)
    for item in recognise(json.dumps(value).encode(), FORMATS, None, None, NOW):
        assert isinstance(item, AlertItem | Ignored | RequestItem)
        assert not isinstance(item, Ignored) or item.reason
        assert isinstance(item, Ignored) or item.summary
        assert not isinstance(item, AlertItem) or item.key


@pytest.mark.parametrize("depth", [99, 101, 1000, 200_000])
def test_depth(depth: int) -> None:
    """However deep it nests, it is one item, and what is too deep is kept."""
    for left, right in ((b'{"alerts":[', b"]}"), (b'{"labels":', b"}")):
        (item,) = recognise(left * depth + b"1" + right * depth, FORMATS)
        assert isinstance(item, Unreadable) or depth <= 100


@pytest.mark.parametrize("left", [b"", b'{"summary": "', b"[", b"<34>1 ", b"A=1\nB=", b"From: "])
def test_a_line_of_fifty_megabytes(left: bytes) -> None:
    """A line without an end is kept whole."""
    raw = left + b"x" * 50_000_000
    (item,) = recognise(raw, FORMATS, None, SMALL, NOW)
    assert item == Unreadable(reason="it is larger than 1000 bytes", raw=raw) or left == b"["
    assert isinstance(item, Unreadable)
    assert item.raw == raw


def test_an_item_over_the_limit_leaves_the_others_alone() -> None:
    """Of several lines, entries or alerts only the one that is too large is kept."""
    large = alert(2, "x" * 2000)
    for raw in (
        document(alert(1), large, alert(3)),
        b"\n".join([document(alert(1)), document(large), document(alert(3))]),
        json.dumps([{"summary": "a"}, {"summary": "b", "details": "x" * 2000}, {"summary": "c"}]),
        "<34>Oct 11 22:14:15 h a: b\n<34>Oct 11 22:14:15 h a: " + "c" * 2000 + "\n<34>h: d",
    ):
        items = read(raw if isinstance(raw, bytes) else raw.encode())
        assert [isinstance(item, Unreadable) for item in items] == [False, True, False]
        kept = items[1]
        assert isinstance(kept, Unreadable)
        assert b"xxxx" in kept.raw or b"cccc" in kept.raw


def test_many_small_alerts_are_no_large_item() -> None:
    """A document may be longer than an item if its alerts are not."""
    items = read(document(*(alert(number) for number in range(100))))
    assert len(items) == 100
    assert all(isinstance(item, AlertItem) for item in items)


def test_lines_beyond_the_size_of_a_document() -> None:
    """A stream of lines may be as long as the stream's limit; one document may not."""
    lines = [document(alert(number)) for number in range(1000)]
    assert len(read(b"\n".join(lines))) == 1000
    (kept,) = read(b"[" + b",\n".join(lines) + b"]")
    assert isinstance(kept, Unreadable)


def test_a_text_over_the_limit_is_kept() -> None:
    """Text that no ticket can hold is kept whole."""
    assert isinstance(read(b"word " * 150)[0], RequestItem)
    assert isinstance(read(b"word " * 250)[0], Unreadable)


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_text_with_the_mark_of_its_coding(coding: str) -> None:
    """UTF-8 and UTF-16 with a mark are read, as text and as JSON."""
    for text in ("Drucker in Zürich brennt 🔥", '{"summary": "Drucker in Zürich brennt 🔥"}'):
        raw = text.encode(coding)
        marked = raw if coding != "utf-16-be" else b"\xfe\xff" + raw
        (item,) = read(marked)
        assert isinstance(item, RequestItem)
        assert item.summary == "Drucker in Zürich brennt 🔥"


def test_control_characters_are_kept_and_harm_nothing(sd: Runner) -> None:
    """What would draw on a terminal is shown as what it is."""
    told = {"host": "h\x1b[2J", "check": "\x07bell\u202e", "state": "critical"}
    shown = sd("open", "-", stdin=json.dumps(told)).stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    tried = sd("intake", "test", "-", stdin=json.dumps(told)).stdout
    assert "\x1b" not in tried
    assert r"\x1b[2J" in tried


class Drip(io.RawIOBase):
    """A stream that gives a byte at a time, or as much as is asked for."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes."""
        given = min(self.left, size)
        self.left -= given
        return b"z" * given


def test_a_stream_over_the_limit_is_kept_whole_without_being_held(tmp_path: Path) -> None:
    """It is copied in pieces; memory does not grow with it."""
    size = 300_000_000
    tracemalloc.start()
    kept = receive(cast("BinaryIO", Drip(size)), 5_000_000, str(tmp_path / "q"), STAMP)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not isinstance(kept, bytes)
    assert os.path.getsize(kept.file) == size
    assert peak < 20_000_000
    note = json.loads(
        (tmp_path / "q" / os.path.basename(kept.file)).with_suffix(".json").read_text()
    )
    assert note["bytes"] == size
    assert note["reason"] == kept.reason == "the stream is larger than 5000000 bytes"


@pytest.mark.parametrize("size", [0, 1, 49_999, 50_000])
def test_a_stream_within_the_limit_is_read(tmp_path: Path, size: int) -> None:
    """Up to the limit, to the byte, a stream is just read."""
    assert receive(cast("BinaryIO", Drip(size)), 50_000, str(tmp_path), STAMP) == b"z" * size
    assert not list(tmp_path.iterdir())


def test_a_stream_that_does_not_block_is_waited_for(tmp_path: Path) -> None:
    """A pipe that has nothing yet is not taken for one that is at its end."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    child = os.fork()
    if child == 0:  # pragma: no cover - the other side
        os.close(reader)
        for piece in (b"first ", b"second"):
            os.write(writer, piece)
            os.sched_yield()
        os._exit(0)
    os.close(writer)
    with open(reader, "rb", buffering=0) as stream:
        assert receive(cast("BinaryIO", stream), 1000, str(tmp_path), STAMP) == b"first second"
    os.waitpid(child, 0)


def test_open_keeps_a_stream_over_the_limit(sdj: JsonRunner, desk_dir: Path) -> None:
    """It is told where the stream is, the exit code is 8, and nothing was opened."""
    rules = desk_dir / "catalog" / "intake.yaml"
    rules.write_text(rules.read_text().replace("stream: 256 MB", "stream: 20 kB"))
    raw = b'{"summary": "x"}\n' * 2000
    told = sdj("open", "-", stdin=raw, expect=8)
    assert (told["action"], told["ref"]) == ("quarantined", None)
    with open(told["file"], "rb") as stream:
        assert stream.read() == raw
    assert sdj("list") == []


WILD = """
format: 1
name: Wild
recognise: {keys: [wild]}
fields:
  status: {at: ["sort_by(wild, &a)", "max(wild)", "to_number(wild) > `1`", "avg(wild)"]}
  summary: {at: ["join(wild, wild)", "sum(wild)", "wild[?a > b].c | [0]", "sort(wild)"]}
  key: ["nonsense(wild)", "part(wild, '(')", "abs(wild)", "part(wild, '(x+)+y')", "parsed(wild)"]
  labels: {at: ["map(&a, wild)", "merge(wild, wild)", "stable(wild, wild)", "wild"]}
"""


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_an_expression_never_raises(value: Any) -> None:
    """What an expression cannot do with a payload only means that it finds nothing."""
    wild = read_file("wild.yaml", WILD.encode(), AlertFormat)
    assert not wild.problems
    told = {"wild": value}
    readings = Formats({"wild": wild.value}).read(Document("json", told, told))
    assert readings
    assert isinstance(readings[0].item, AlertItem | RequestItem | Ignored)
