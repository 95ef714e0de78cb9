"""What misleads readers of articles is found, with its place, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from sdcli.errors import DataFileError
from sdcli.knowledge.alike import LEAST, likeness, pairs
from sdcli.knowledge.articles import Article, articles, entry, read_shelf
from sdcli.knowledge.check import remarks, wrong
from sdcli.knowledge.write import retold
from sdcli.lint import lint

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy

TODAY = "2026-11-23"


def _set(root: Path, id_: str, policy: Policy | None = None, **changes: Any) -> str:
    """Change fields of an article; gives its file."""
    found = entry(str(root), id_)
    path = root / found.file
    text, _ = retold(found, path.read_text(encoding="utf-8"), changes, policy)
    path.write_text(text, encoding="utf-8")
    return found.file


def _wrong(root: Path) -> list[str]:
    return [each.message for each in wrong(str(root), read_shelf(str(root), None).entries)]


def _remarks(root: Path, policy: Policy, today: str = TODAY) -> list[str]:
    return [str(e) for e in remarks(read_shelf(str(root), policy).entries, policy, today)]


def test_the_starter_is_without_fault(desk_dir: Path, policy: Policy) -> None:
    """The articles that come along give neither a problem nor a remark."""
    assert not _wrong(desk_dir)
    assert not _remarks(desk_dir, policy)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Go on with KB-999.", "it names KB-999, which is not there"),
        ("See [that](KB-999)", "it names KB-999, which is not there"),
        ("See [that](http:///x)", "is no web address"),
        ("See [that](https://a b/x)", "cannot be understood"),
        ("See [that](https://host:port/x)", "is no web address"),
        ("See [that](missing/page.md)", "`missing/page.md` leads nowhere"),
        ("See [that](../../../etc/passwd)", "leads nowhere"),
        ("See ![that](shot.png)", "the image `shot.png` leads nowhere"),
        ("Run\n\n```sh\nls\n", "a block of code is not closed"),
        ("> ~~~\n> ls", "a block of code is not closed"),
    ],
)
def test_a_dead_reference_is_wrong(desk_dir: Path, text: str, said: str) -> None:
    """Articles, links, images and files that are not there, and code without an end (R3a.2)."""
    _set(desk_dir, "KB-110", cause=text)

    [message] = _wrong(desk_dir)

    assert said in message
    with pytest.raises(DataFileError) as caught:  # `sdcli lint` says the same
        lint(str(desk_dir))
    assert [each.message for each in caught.value.problems] == [message]


@pytest.mark.parametrize(
    "text",
    [
        "See KB-104, [KB-104](KB-104) and update KB5034441, MS-999.",
        "See [a](https://example.com/x?y=1#z), <https://example.com>, [m](mailto:a@b.example).",
        "See [the folder](KB-104-vpn-drops-after-sleep.yaml) and [below](#below).",
        "`[x](nowhere.md)` is no link, nor is\n\n```\n[x](nowhere.md)\n```\n",
        "~~~~\n```\n~~~~",
        "Password: ask the caller; the token is on the key ring.",
    ],
)
def test_what_leads_somewhere_is_right(desk_dir: Path, text: str) -> None:
    """Real references, and what only looks like one, are no problem."""
    _set(desk_dir, "KB-110", cause=text)
    assert not _wrong(desk_dir)


@pytest.mark.parametrize(
    "text",
    [
        "Sign in with password: Summer2026!",
        "The `PASSWORD` = `hunter2x`",
        "pin: 4711",
        "-----BEGIN RSA PRIVATE KEY-----",
        "AKIAIOSFODNN7EXAMPLE",
        "https://admin:geheim1@router.example/",
    ],
)
def test_a_secret_for_callers_is_wrong_and_not_repeated(
    desk_dir: Path, policy: Policy, text: str
) -> None:
    """A password in an article for callers is a problem, one for the desk is worth a look."""
    _set(desk_dir, "KB-110", cause=text)
    [message] = _wrong(desk_dir)
    assert "password or key" in message
    assert not [word for word in ("Summer2026", "hunter2x", "4711", "geheim1") if word in message]
    _set(desk_dir, "KB-110", audience="desk")
    assert not _wrong(desk_dir)
    assert any("name where it is kept" in each for each in _remarks(desk_dir, policy))


def test_restricted_text_for_callers_is_wrong(desk_dir: Path) -> None:
    """Eight words in a row of a restricted article are its text, seven are not (R3a.2)."""
    found = articles(str(desk_dir))["KB-123"].steps[3].split()
    _set(desk_dir, "KB-110", cause="You will " + " ".join(found[4:11]) + " then")
    assert not _wrong(desk_dir)
    _set(desk_dir, "KB-110", cause="You will " + " ".join(found[4:12]).upper() + " then")
    [message] = _wrong(desk_dir)
    assert message == (
        "callers would read text of the restricted article KB-123 here: 8 words or more in a row"
    )
    _set(desk_dir, "KB-110", audience="desk")
    assert not _wrong(desk_dir)


def test_what_callers_need_not_know_is_a_remark(desk_dir: Path, policy: Policy) -> None:
    """Administrative shares, internal addresses and numbers of technicians are worth a look."""
    number = policy.teams.technicians["ben"].phone
    texts = (r"Open \\fs01\C$ now", "Ping 10.1.2.3 and 8.8.8.8", f"Ring {number}", "Ring 112")
    file = _set(desk_dir, "KB-110", steps=texts)
    found = [each for each in _remarks(desk_dir, policy) if each.startswith(file)]
    assert ["share" in found[0], "internal address" in found[1], "of ben" in found[2]] == [True] * 3
    assert len(found) == 3


def test_age_is_a_remark(desk_dir: Path, policy: Policy) -> None:
    """An article is good through the day that it names; a month before that it is said (R3a.2)."""
    _set(desk_dir, "KB-110", expires="2026-12-23", reviewed="2026-01-01")
    [soon] = _remarks(desk_dir, policy)
    assert "expires on 2026-12-23" in soon
    assert not _remarks(desk_dir, policy, "2026-11-22")
    assert "it expires on" in _remarks(desk_dir, policy, "2026-12-23")[0]
    assert "expired on 2026-12-23" in _remarks(desk_dir, policy, "2026-12-24")[0]


def test_retired_articles_are_left_alone_and_not_recommended(
    desk_dir: Path, policy: Policy
) -> None:
    """Nobody is led to a retired article; whoever names it is told."""
    _set(desk_dir, "KB-103", retired="2026-11-20", because="old", cause="See KB-999")
    _set(desk_dir, "KB-110", supersedes=("KB-104",))
    assert not _wrong(desk_dir)
    found = _remarks(desk_dir, policy)
    assert any("KB-104" in e and "it names KB-103, which is retired" in e for e in found)
    assert any("it supersedes KB-104, which is not retired" in each for each in found)


def test_gaps_are_one_remark(desk_dir: Path, policy: Policy) -> None:
    """What an article does not say is told in one sentence."""
    _set(desk_dir, "KB-110", cause=None, keywords=(), type="unknown")
    told = [each.partition(": ")[2] for each in _remarks(desk_dir, policy)]
    assert told == ["it has no cause, no keyword", "its `type` is unknown"]


def _like(base: Article, number: int, **changes: Any) -> Article:
    return replace(base, id=f"KB-{number}", **changes)


def test_near_duplicates_are_told_with_their_likeness(desk_dir: Path, policy: Policy) -> None:
    """A copy with other words in one place is found, with both ids and the percentage (R3a.2)."""
    text = (desk_dir / "kb" / "KB-110-printer-offline.yaml").read_text(encoding="utf-8")
    copy = text.replace("id: KB-110", "id: KB-200").replace("printer", "device", 1)
    (desk_dir / "kb" / "KB-200-copy.yaml").write_text(copy, encoding="utf-8")
    [said] = _remarks(desk_dir, policy)
    shelf = articles(str(desk_dir))
    percent = likeness(shelf["KB-110"], shelf["KB-200"])
    assert LEAST < percent < 100
    assert f"KB-200 and KB-110 are {percent} % alike" in said


def test_the_index_finds_what_comparing_all_would(desk_dir: Path) -> None:
    """Each article that is nearly the same as an earlier one is found with the nearest of them."""
    found = list(articles(str(desk_dir)).values())
    some = [_like(each, 500 + at, cause="Another cause.") for at, each in enumerate(found[:12])]
    some += [_like(each, 600 + at) for at, each in enumerate(found[:60])]
    some += [_like(found[0], 700 + at) for at in range(60)]
    every = [*found, *some]
    expected = {
        one.id
        for at, one in enumerate(every)
        if any(likeness(one, other) >= LEAST for other in every[:at])
    }

    told = pairs(every)

    assert {each.one for each in told} == expected
    assert len(told) == len(expected)
    assert not pairs([])
    assert not pairs(
        [replace(found[0], title="", symptoms=(), cause="", steps=(), verification="")]
    )
