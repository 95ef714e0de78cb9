"""Answers to a survey in a mail: scores only where they are written as scores (R5a.2)."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.survey_reply import read_answers

ASKED = ("again", "speed", "informed")
ALL = {"again": 4, "speed": 5, "informed": 1}

scores = st.lists(st.integers(1, 5), min_size=1, max_size=4)
seps = st.sampled_from([": ", ":", " = ", ") ", ". ", " - "])
words = st.text(string.ascii_letters + "äöüß ,.!?", max_size=60).filter(lambda text: text.strip())
texts = st.text(max_size=300)


def _ids(count: int) -> tuple[str, ...]:
    return tuple(f"q{number}" for number in range(1, count + 1))


@pytest.mark.parametrize(
    ("body", "said", "remark"),
    [
        ("1: 4\n2: 5\n3: 1", ALL, ""),
        ("1. 4\n2) 5 - it took long\n3 = 1, sorry", ALL, "2) 5 - it took long\n3 = 1, sorry"),
        ("1:4 2:5 3:1", ALL, ""),
        ("1 4\n2 5\n3 1", ALL, ""),
        ("4 5 1", ALL, ""),
        ("4, 5, 1", ALL, ""),
        ("451", ALL, ""),
        ("4\n5\n1\n\nThe new one is great.", ALL, "The new one is great."),
        ("Hello\n\n2: 4/5 (quick)\n\nBye", {"speed": 4}, "Hello\n\n2: 4/5 (quick)\n\nBye"),
        ("1: 4 of 5\n2: 5 stars!\n3: 1 out of 5 stars :(", ALL, ""),
        ("1: 4 / 5.\n2: 5!!\n3: 1 - too late: 3 days", ALL, "3: 1 - too late: 3 days"),
        ("1: 4: fine\n2: 5, quick\n3: 1\t", ALL, "1: 4: fine\n2: 5, quick"),
        ("1: 4\n2. 5 days is not fast!", {"again": 4}, "2. 5 days is not fast!"),
        ("１：４", {"again": 4}, ""),  # noqa: RUF001 - digits as some keyboards write them
        ("> 1. Does it work?\n4\n> 2. Fast?\n5\n> 3. Informed?\n1\n", ALL, ""),
        ("2: 5\n> 1: 1\n> 3: 1", {"speed": 5}, ""),
    ],
)
def test_ways_to_answer(body: str, said: dict[str, int], remark: str) -> None:
    """Lines with numbers, numbers in order, or numbers below the quoted questions (R5a.2)."""
    answers = read_answers(body, ASKED)

    assert (answers.scores, answers.remark) == (said, remark)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "5",  # to which of three questions
        "4 5",
        "1: 9",
        "1: 45",
        "4: 5",  # nobody asked a fourth
        "1: 30 pm is fine",
        "1. No, it does not work.\n2. 5 days is not fast!\n3 - 4 times I had to ask",
        "1. 3 weeks I waited for it",
        "2: 5 days",
        "2: 5% better",
        "2: 5 (3 of them wasted)",
        "2: 4,5",
        "3 - 4, perhaps 5 times",
        "2. 5. is not what I would say",
        "2: 5 of 7 days it was down",
        "2. 5-6 days",
        "2. 5 - 6 days",
        "2. 5stars is your name for it",
        "1. 4. 2026 was the day",
        "3.5",
        "10:4",
        "I rate it 4 5 1",
        "It took 2 days and 3 calls",
        "Room\n312\n4",
        "1: 4\n1: 5",  # which of them
        "0 0 0",
        "> 1: 4\n> 2: 5",
        "+44 20 7946 0201",
    ],
)
def test_what_is_no_score(body: str) -> None:
    """Nothing is guessed: what is not written as a score stays a remark as it was (R5a.2)."""
    answers = read_answers(body, ASKED)

    assert answers.scores == {}
    kept = "\n".join(line for line in body.split("\n") if not line.startswith(">"))
    assert answers.remark == kept.strip()


@given(body=texts, count=st.integers(1, 4))
def test_any_text(body: str, count: int) -> None:
    """Whatever is sent, a score is one of a question that was asked, from 1 to 5 (R5a.2)."""
    said = read_answers(body, _ids(count)).scores

    assert set(said) <= set(_ids(count))
    assert all(1 <= score <= 5 for score in said.values())


@given(given_=scores, sep=seps, greeting=words, closing=words)
def test_numbered_lines(given_: list[int], sep: str, greeting: str, closing: str) -> None:
    """Scores behind the numbers of their questions are found among any words, which stay (R5a.2)."""
    lines = [f"{number}{sep}{score}" for number, score in enumerate(given_, 1)]
    body = "\n".join([greeting, *lines, closing])

    answers = read_answers(body, _ids(len(given_)))

    assert list(answers.scores.values()) == given_
    assert answers.remark == f"{greeting}\n{closing}".strip()


@given(given_=scores, joint=st.sampled_from([" ", ", ", "\n", "\n\n", "; "]), closing=words)
def test_numbers_in_order(given_: list[int], joint: str, closing: str) -> None:
    """As many numbers as questions, on one line or one a line, are their scores in order (R5a.2)."""
    body = joint.join(map(str, given_)) + f"\n{closing}"

    answers = read_answers(body, _ids(len(given_)))

    assert list(answers.scores.values()) == given_
    assert answers.remark == closing.strip()


@given(lines=st.lists(st.text("0123456789:.=) abc", max_size=20), max_size=6))
def test_quotes_never_score(lines: list[str]) -> None:
    """What is quoted was not said by whoever answers (R5a.2)."""
    body = "\n".join(f"> {line}" for line in lines)

    assert read_answers(body, ASKED).scores == {}


@given(body=st.text(string.ascii_letters + string.punctuation + " \n", max_size=200))
def test_words_never_score(body: str) -> None:
    """Without a digit there is no score (R5a.2)."""
    assert read_answers(body, ASKED).scores == {}


def test_endless_mails_cost_little() -> None:
    """A line that is made to confuse is read in no time (R5a.2)."""
    for line in ("4:4" + " " * 400 + "x", "1:4 " * 120 + "x", "1 " * 240 + "x", "1" * 100_000):
        assert read_answers("\n".join([line] * 3000), ASKED).scores == {}
