"""What words say about classes: learned once and in order, bounded, and as good as it should be."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from typing import TYPE_CHECKING
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.learning import learner
from sdcli.learning.learner import Cell
from tests.conftest import CASES

if TYPE_CHECKING:
    from collections.abc import Sequence

_TICKETS = CASES / "tickets"
_LESSONS = st.lists(
    st.tuples(st.text("abc ", min_size=3, max_size=30), st.integers(1, 4)), max_size=12
)


def _learn(cells: dict[int, Cell], lessons: Sequence[tuple[str, int]], done: int = 0) -> None:
    """Lessons of one field with four classes, each the next one after `done`."""
    for number, (text, right) in enumerate(lessons, done):
        places = learner.terms(text)
        found = learner.vector(places, cells, number)
        learner.learn(found, cells, right, range(1, 5), learner.scores(found, cells))
        learner.remember(places, cells, number + 1)


def _stored(cells: dict[int, Cell]) -> dict[int, Cell]:
    """The cells as they come back from where they are kept."""
    found: dict[int, Cell] = defaultdict(Cell)
    return found | {place: Cell(*cell.stored()) for place, cell in cells.items()}


@given(_LESSONS, _LESSONS)
def test_learning_in_pieces_is_learning_at_once(
    first: list[tuple[str, int]], then: list[tuple[str, int]]
) -> None:
    """Whether the lessons come in one piece or in two, kept in between, makes no difference."""
    at_once: dict[int, Cell] = defaultdict(Cell)
    _learn(at_once, [*first, *then])
    before: dict[int, Cell] = defaultdict(Cell)
    _learn(before, first)
    in_pieces: dict[int, Cell] = defaultdict(Cell, _stored(before))
    _learn(in_pieces, then, len(first))

    assert {p: (c.seen, c.recent) for p, c in at_once.items() if c.seen} == {
        p: (c.seen, c.recent) for p, c in in_pieces.items() if c.seen
    }
    for place, cell in at_once.items():
        for id_, pair in cell.weights.items():
            assert in_pieces[place].weights[id_] == pytest.approx(pair, abs=1e-4)


@given(st.text(max_size=300))
def test_every_text_is_bounded(text: str) -> None:
    """Whatever a text holds, its terms are few, in range, and its vector has length one or none."""
    places = learner.terms(text * 50)
    found = learner.vector(places, defaultdict(Cell), 0)

    assert len(places) <= learner.MOST_TERMS
    assert all(0 <= place < learner.PLACES for place in places)
    assert sum(value * value for value in found.values()) == pytest.approx(1.0 if places else 0.0)


def test_a_letter_is_one_however_it_is_typed() -> None:
    """Composed or with a mark of its own, in whatever script: the word is the same."""
    for word in ("Störung", "café", "हिन्दी"):
        assert learner.terms(normalize("NFD", word)) == learner.terms(normalize("NFC", word))
        assert len(learner.terms(word)) == 1


def test_scripts_without_blanks_have_words_as_well() -> None:
    """Two Chinese, Japanese or Thai sentences about one thing share something."""
    for first, second in (
        ("打印机无法打印", "我的打印机坏了"),
        ("プリンターが動かない", "新しいプリンター"),
        ("เครื่องพิมพ์เสีย", "เครื่องพิมพ์ไม่ทำงาน"),
    ):
        assert len(learner.terms(first).keys() & learner.terms(second).keys()) >= 2
    assert set(learner.words("VPN接続 down").values()) >= {"vpn", "接続", "down"}


def test_a_cell_does_not_grow_with_history() -> None:
    """After ever so many lessons a word knows its newest tickets and one weight a class."""
    cells: dict[int, Cell] = defaultdict(Cell)
    _learn(cells, [("printer offline", 1 + turn % 4) for turn in range(300)])
    for cell in cells.values():
        assert list(cell.recent) == list(range(301 - learner.MOST_RECENT, 301))
        assert len(cell.weights) <= 4


def test_new_lessons_always_count() -> None:
    """After a thousand lessons of one kind, a change of mind is learned from ten of another."""
    cells: dict[int, Cell] = defaultdict(Cell)
    _learn(cells, [("the badge reader beeps", 1)] * 1000)
    _learn(cells, [("the badge reader beeps", 2)] * 10, 1000)
    found = learner.vector(learner.terms("the badge reader beeps"), cells, 1010)
    scores = learner.scores(found, cells)
    assert max(scores, key=lambda id_: scores[id_]) == 2


def test_similar_texts_come_first() -> None:
    """The ticket that shares rare words goes before those that share common ones."""
    cells: dict[int, Cell] = defaultdict(Cell)
    texts = ["please help with the printer", "please help with the toner drum", "please help"]
    _learn(cells, [(text, 1) for text in [*texts, *["please help me soon"] * 5]])
    found = learner.vector(learner.terms("please help: the toner drum"), cells, 8)
    (best, shared), *_ = learner.alike(found, cells, 3)
    assert best == 2
    assert 0.5 < shared <= 1.000001


def _right(pairs: list[tuple[str, int]], fold: int, labels: int) -> int:
    """How many of a fifth of the pairs are told right after learning the other four."""
    cells: dict[int, Cell] = defaultdict(Cell)
    taught = [pair for number, pair in enumerate(pairs) if number % 5 != fold]
    for number, (text, right) in enumerate(taught):
        places = learner.terms(text)
        found = learner.vector(places, cells, number)
        learner.learn(found, cells, right, range(labels), learner.scores(found, cells))
        learner.remember(places, cells, number)
    hits = 0
    for text, right in pairs[fold::5]:
        scores = learner.scores(learner.vector(learner.terms(text), cells, len(taught)), cells)
        hits += max(scores, key=lambda id_: scores[id_]) == right
    return hits


@pytest.mark.skipif(not _TICKETS.exists(), reason="the labelled texts are not here")
@pytest.mark.parametrize(("name", "floor"), [("incident_request", 0.985), ("topics_1600", 0.78)])
def test_labelled_texts_are_told_apart(name: str, floor: float) -> None:
    """One pass over four fifths of real tickets tells the rest apart about as a batch learner."""
    lines = (_TICKETS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    random.Random(7).shuffle(records)
    labels = sorted({each["label"] for each in records})
    pairs = [
        (each.get("text") or f"{each['title']}\n{each['body']}", labels.index(each["label"]))
        for each in records
    ]
    hits = sum(_right(pairs, fold, len(labels)) for fold in range(5))

    assert hits / len(pairs) >= floor
