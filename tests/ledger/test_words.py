"""Words on a server: an index finds every ticket that is wanted, and the ticket itself decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.ledger.postgres.words import LONGEST, MOST, MOST_ALIKE, narrowing
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import Contacted
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
from tests.ledger.making import closing, mark, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.ledger.interface import Ledger

PIECES = (
    "vpn", "VPN", "print", "reprinted", "PRINTER", "ß", "SS", "straße", "İstanbul", "ﬁle", "\u017f", "k",
    "K", "e\u0301", "é", "日本語の報告", "報告", "42", "\uff11\uff12", "x" * LONGEST, "y" * (LONGEST + 1),
    "-", "_", "%", "'", '"', "\\", "&", "|", "!", ":*", ".", "/", "=", "\u2028", "\u00a0", "\n",
)  # fmt: skip
said = st.lists(
    st.sampled_from(PIECES) | st.sampled_from([" ", ""]) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=2), max_size=6
).map("".join)  # fmt: skip


@pytest.fixture(name="homes", scope="module")
def _homes(
    new_ledger: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Ledger, Ledger]:
    """Both homes, which get the same tickets."""
    tiny = TinyLedger(str(tmp_path_factory.mktemp("desk") / "ledger"), 5)
    return tiny, PostgresLedger(address(new_ledger()), 5)


def _same(homes: tuple[Ledger, Ledger], query: Query) -> None:
    tiny, server = homes
    assert [each.summary for each in server.find(query)] == [
        each.summary for each in tiny.find(query)
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(said, said, st.booleans()), max_size=4), st.lists(said, max_size=6))
def test_both_homes_find_the_same(
    homes: tuple[Ledger, Ledger],
    tickets: list[tuple[str, str, bool]],
    wanted: list[str],
) -> None:
    """Whatever tickets say and whatever is looked for, both homes give the same tickets."""
    for ledger in homes:
        with ledger.write() as writer:
            for summary, contact, ends in tickets:
                writer.create(
                    [
                        opened(summary or "?"),
                        Contacted(*mark(0.5), text=contact),
                        *(closing() if ends else ()),
                    ]
                )

    for text in wanted:
        _same(homes, Query(statuses=STATUSES, text=text))
        _same(homes, Query(text=text))


def test_what_is_not_stored_is_found(homes: tuple[Ledger, Ledger]) -> None:
    """A ticket with more words than are stored, at once or by and by, is found by any of them."""
    many = " ".join(f"word{number}" for number in range(MOST + 1))
    parts = [" ".join(f"part{number}x{n}" for n in range(MOST // 3)) for number in range(5)]
    for ledger in homes:
        with ledger.write() as writer:
            writer.create([opened(many)])
            ref = writer.create([opened("by and by")]).ref
        for part in parts:
            with ledger.write() as writer:
                writer.append(writer.get(ref), [Contacted(*mark(1), text=part)])

    for text in (
        "word7",
        f"word{MOST}",
        "part0x7",
        f"part4x{MOST // 3 - 1}",
        "art2x3 by",
        "nowhere",
    ):
        _same(homes, Query(text=text))


def test_what_too_many_words_have_in_them_narrows_nothing(homes: tuple[Ledger, Ledger]) -> None:
    """A part of thousands of words is looked for in the tickets themselves."""
    for ledger in homes:
        for part in range(4):
            numbers = range(part * 400, part * 400 + 400)
            with ledger.write() as writer:
                writer.create([opened(" ".join(f"quark{number}" for number in numbers))])
    assert MOST_ALIKE < 4 * 400

    for text in ("quark", "quark7", "uark1599", "quark quark401"):
        _same(homes, Query(text=text))


def test_a_query_is_narrowed() -> None:
    """What stands inside a word of a query stands whole in a ticket, and its ends may go on there."""
    asked: list[str] = []

    def alike(pattern: str) -> list[str]:
        asked.append(pattern)
        return ["found"]

    found = narrowing("a/b-c VPN --", alike)

    assert asked == ["%a", "c%", "%vpn%"]
    assert found == "('found' | '-') & ('b' | '-')"


@pytest.mark.parametrize("runs", [30, 40_000])
def test_a_long_query_narrows_less(new_ledger: Callable[[], str], runs: int) -> None:
    """However many words are looked for and are like them, the server is asked what it takes."""
    asked: list[str] = []

    def alike(pattern: str) -> list[str]:
        asked.append(pattern)
        return [f"{pattern.strip('%')}{number:0>50}" for number in range(MOST_ALIKE)]

    text = " ".join(f"mass{number}" for number in range(runs))
    for each in (alike, lambda pattern: [pattern.strip("%")]):
        sql = "SELECT to_tsvector('simple', %s) @@ %s::tsquery"
        connection = Connection(address(new_ledger()), 5)
        connection.ask(sql, "mass0", found := narrowing(text, each))
        assert "'mass0" in found
    assert len(asked) <= 100
