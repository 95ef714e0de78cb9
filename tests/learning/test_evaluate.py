"""The suggestions are measured on tickets that were never learned, and the figures are right."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from sdcli.learning.evaluate import LEAST, Guessed, evaluate, score
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.policy.load import read_policy
from sdcli.render import as_text
from sdcli.results.triage import Evaluated
from sdcli.tickets.words import UNKNOWN
from tests.conftest import CASES, REPOSITORY
from tests.learning.test_history import Talk, closing

if TYPE_CHECKING:
    from pathlib import Path

_POLICY = read_policy(str(REPOSITORY))
_TICKETS = CASES / "tickets"
_BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=timezone.utc)


def _ledger(folder: Path, services: list[str]) -> TinyLedger:
    """A ledger with one closed ticket an hour, whose words are those of its service."""
    ledger, talk = TinyLedger(str(folder / "ledger"), 5), Talk()
    with ledger.write() as writer:
        for number, service in enumerate(services):
            at = _BEGIN + timedelta(hours=number)
            writer.create(closing(at, talk.text(service), service))
    return ledger


def _silent(_: int, __: int) -> None:
    pass


def test_too_few_tickets_are_no_measure(tmp_path: Path) -> None:
    """A desk that has closed hardly anything is told so, with no figures."""
    found = evaluate(_POLICY, _ledger(tmp_path, ["erp"] * (LEAST - 1)), _silent)
    assert (found.found, found.tested, found.fields) == (LEAST - 1, 0, {})


def test_the_newest_fifth_is_tested(tmp_path: Path) -> None:
    """The split is by the instant of closing, and the newer part is told apart by its words."""
    ledger = _ledger(tmp_path, ["erp", "crm", "telephony", "erp"] * 25)
    found = evaluate(_POLICY, ledger, _silent)
    assert (found.learned, found.tested) == (80, 20)
    assert found.split_at == _BEGIN + timedelta(hours=80)
    service = found.fields["service"]
    assert service.count == 20
    assert service.accuracy == service.macro_f1 == 1
    assert service.coverage == 1


def test_what_comes_new_is_not_known(tmp_path: Path) -> None:
    """A service that only the newer part has is never proposed: nothing leaks from the test."""
    ledger = _ledger(tmp_path, [*["erp", "crm"] * 40, *["telephony"] * 20])
    service = evaluate(_POLICY, ledger, _silent).fields["service"]
    assert service.accuracy == 0
    assert service.coverage < 0.5


def test_the_figures_of_a_field() -> None:
    """Accuracy, coverage, F1 and calibration of eight answers, worked out by hand."""
    answers = [
        *[Guessed("a", "a", 0.95)] * 3,
        Guessed("a", "b", 0.95),
        *[Guessed("b", "b", 0.55)] * 2,
        Guessed("b", "a", 0.55),
        Guessed("unknown", "b", 0.0),
    ]
    found = score(answers, 0.6)
    assert (found.count, found.answered, found.coverage) == (8, 4, 0.5)
    assert found.accuracy_answered == 0.75
    assert found.accuracy == 5 / 8
    assert found.macro_f1 == pytest.approx((2 * 3 / (4 + 4) + 2 * 2 / (3 + 4)) / 2)
    assert [(each.low, each.count) for each in found.bins] == [(0.5, 3), (0.9, 4)]
    assert found.calibration_error == pytest.approx(
        (3 * abs(0.55 - 2 / 3) + 4 * abs(0.95 - 0.75)) / 7
    )
    assert score([Guessed("a", "b", 0.1)], 0.6).accuracy_answered is None


def _records(name: str) -> list[dict[str, str]]:
    lines = (_TICKETS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    random.Random(7).shuffle(records)
    return records


@pytest.mark.skipif(not _TICKETS.exists(), reason="the labelled texts are not here")
@pytest.mark.parametrize(
    ("name", "field", "least"),
    [("topics_1600", "service", 0.7), ("incident_request", "type", 0.97)],
)
def test_real_texts_are_as_often_right_as_they_are_sure(
    tmp_path: Path, name: str, field: str, least: float
) -> None:
    """On real tickets confidence and the share of right ones differ little, and 60 % is kept.

    The rules of the catalog know nothing of how these texts were labelled, and mostly contradict.
    """
    records = _records(name)
    labels = sorted({each["label"] for each in records})
    values = sorted(_POLICY.catalog.services) if field == "service" else ["incident", "fulfilment"]
    ledger = TinyLedger(str(tmp_path / "ledger"), 5)
    with ledger.write() as writer:
        for number, each in enumerate(records):
            text = each.get("text") or f"{each['title']}\n{each['body']}"
            value = {field: values[labels.index(each["label"])]}
            known = {"type": UNKNOWN, "service": UNKNOWN, "feature": UNKNOWN, **value}
            writer.create(closing(_BEGIN + timedelta(minutes=number), text, "erp", **known))
    found = evaluate(_POLICY, ledger, _silent).fields[field]

    assert found.accuracy >= least
    assert found.accuracy_answered is not None
    assert found.accuracy_answered >= max(least, 0.75)
    assert found.calibration_error < 0.08


def test_the_figures_are_told_in_words(tmp_path: Path) -> None:
    """Accuracy, coverage and calibration have a sentence each field, and percent have a blank."""
    found = evaluate(_POLICY, _ledger(tmp_path, ["erp", "crm"] * 40), _silent)
    told = "\n".join(as_text.write(Evaluated(found), as_text.Screen(None, colour=False)).out)
    assert "service: of 16 tickets 16 got an answer, and 100 % of those answers were right" in told
    assert "how sure they were was off by" in told
    assert not re.search(r"\d%", told)
