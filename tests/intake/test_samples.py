"""Samples of monitoring systems: each is recognised without a flag and read as it is meant.

Our own are in the folder beside this file: `FORMAT--CASE.json` or `.txt`, and beside each what
is expected of its items. Those from elsewhere are read where they are present.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sdcli.intake.formats import Formats
from sdcli.intake.items import AlertItem, Ignored, Item, RequestItem, Unreadable
from sdcli.intake.recognise import recognise
from sdcli.policy.load import read_formats
from tests.conftest import NOW, REPOSITORY

SAMPLES = Path(__file__).parent / "samples"
EXPECTED = sorted(SAMPLES.glob("*.expected.json"))
FORMATS = Formats(read_formats(str(REPOSITORY)))
KINDS: dict[type[Any], str] = {
    AlertItem: "alert",
    Ignored: "ignored",
    RequestItem: "request",
    Unreadable: "unreadable",
}


def sample_of(expected: Path) -> Path:
    """The sample that belongs to what is expected."""
    stem = expected.name.removesuffix(".expected.json")
    found = [path for path in SAMPLES.glob(f"{stem}.*") if path != expected]
    assert len(found) == 1, f"{expected.name} belongs to {found}"
    return found[0]


def told(item: Item) -> dict[str, Any]:
    """An item as plain values, as the files of what is expected write them."""
    values: dict[str, Any] = {
        **msgspec.to_builtins(item, builtin_types=(bytes,)),
        "kind": KINDS[type(item)],
    }
    if isinstance(item, AlertItem):
        values["status"] = "firing" if item.firing else "resolved"
    return values


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name.split(".")[0])
def test_a_sample_is_read_as_it_is_meant(expected: Path) -> None:
    """Every field that is expected of every item is found in it."""
    items = recognise(sample_of(expected).read_bytes(), FORMATS, now=NOW)
    wanted = json.loads(expected.read_text(encoding="utf-8"))

    got = [told(item) for item in items]
    assert [
        {name: each.get(name) for name in want} for each, want in zip(got, wanted, strict=True)
    ] == wanted


def test_every_sample_says_what_is_expected() -> None:
    """No sample lies there without being looked at, and each is named after a format."""
    samples = {path for path in SAMPLES.iterdir() if not path.name.endswith(".expected.json")}

    assert {sample_of(path) for path in EXPECTED} == samples
    assert {path.name.split("--")[0] for path in samples} <= set(FORMATS.names)


@pytest.mark.parametrize("name", FORMATS.names)
def test_every_format_has_a_sample(name: str) -> None:
    """A format that nobody has tried is a guess."""
    assert list(SAMPLES.glob(f"{name}--*.expected.json"))
