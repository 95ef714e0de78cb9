"""A sample that comes out the same in every order, with everybody in it as far as it goes (R5a.1)."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sdcli.insight.sample import Candidate, draw, name_of, size_of

names = st.sampled_from(["ben", "chloe", "tariq", "mina"])
queues = st.sampled_from(["service-desk", "network", "servers"])


@st.composite
def populations(draw_: st.DrawFn) -> list[Candidate]:
    """Tickets, each opened by another event."""
    count = draw_(st.integers(0, 25))
    return [
        Candidate(f"SD-{number}", f"{number:026}", draw_(names), draw_(queues))
        for number in range(1, count + 1)
    ]


@given(
    found=populations(), size=st.integers(0, 30), seed=st.text(max_size=9), shuffle=st.integers()
)
def test_the_same_in_every_order(
    found: list[Candidate], size: int, seed: str, shuffle: int
) -> None:
    """Neither the order nor the references matter: only seed, size and what opened them (R5a.1)."""
    other = [each._replace(ref=f"SD-{100 + number}") for number, each in enumerate(found)]
    Random(shuffle).shuffle(other)

    drawn = [each.opening for each in draw(found, seed, size)]

    assert drawn == [each.opening for each in draw(other, seed, size)]
    assert len(drawn) == len(set(drawn)) == min(size, len(found))


@given(found=populations(), size=st.integers(1, 30), seed=st.text(max_size=9))
def test_everybody_is_in_it_if_they_can(found: list[Candidate], size: int, seed: str) -> None:
    """As many people as the size allows, then as many queues as fit (R5a.1)."""
    people = {each.person for each in found}
    there = {each.queue for each in found}

    drawn = draw(found, seed, size)

    assert len({each.person for each in drawn}) == min(len(people), size)
    if size >= len(people) + len(there):
        assert {each.queue for each in drawn} == there


def test_another_seed_draws_others() -> None:
    """A seed decides: over many tickets two of them draw different ones (R5a.1)."""
    found = [Candidate(f"SD-{n}", f"{n:026}", "ben", "service-desk") for n in range(500)]

    assert draw(found, "one", 20) != draw(found, "two", 20)
    assert name_of("a", "b") != name_of("ab", "")


def test_a_share_is_rounded_up() -> None:
    """Of any number at least one is drawn, of none none (R5a.1)."""
    assert [size_of(5, total) for total in (0, 1, 20, 21, 100)] == [0, 1, 1, 2, 5]
