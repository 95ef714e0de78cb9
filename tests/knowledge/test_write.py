"""Articles are written so that they are read back, and a change touches nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.errors import ChangedMeanwhileError, RefusedError
from sdcli.knowledge.articles import (
    Article,
    Entry,
    articles,
    decode,
    entry,
    read_shelf,
    revision_of,
)
from sdcli.knowledge.write import (
    as_yaml,
    change,
    create,
    file_name,
    next_id,
    retold,
    with_fields,
)
from sdcli.policy.scalars import Day

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy

_PLAIN = Article(
    id="KB-900",
    title="A title",
    type="incident",
    area="service",
    services=("vpn",),
    audience="desk",
    symptoms=("It is slow",),
    cause="A cause",
    steps=("Do this",),
    verification="See that",
    keywords=("slow",),
    owner="network",
    second_owner="workplace",
    reviewed=Day("2026-01-01"),
    expires=Day("2027-01-01"),
)
# What a desk file may hold: no control characters, and none that turns a text round.
_WORDS = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs"],
        exclude_characters="\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    )
    | st.sampled_from("\n #:-'\"|>[]{}&*!%@`\\,?~"),
    min_size=1,
).filter(lambda text: text.strip() != "")
_MARKDOWN = st.lists(
    st.sampled_from(
        ["```", "- a", "  b", "1. x", "> q", "yes", "17:30", "null", "# no remark", "", "é", "a: b"]
    ),
    min_size=1,
    max_size=8,
).map("\n".join)
_TEXT = (_WORDS | _MARKDOWN).filter(lambda text: text.strip() != "")


@given(
    title=_TEXT,
    cause=_TEXT,
    steps=st.lists(_TEXT, max_size=4),
    words=st.lists(_TEXT, max_size=3, unique_by=str.strip),
)
def test_what_is_written_is_read_back(
    title: str, cause: str, steps: list[str], words: list[str]
) -> None:
    """Any text, Markdown or not, comes back from the file as it went in (R3a.2)."""
    article = replace(
        _PLAIN,
        title=title,
        cause=cause,
        steps=tuple(steps),
        keywords=tuple(words),
        workaround=cause,
    )

    text = as_yaml(article, ["a remark\nid: X-1"])
    read, found = decode("kb/KB-900.yaml", text.encode())

    assert not read.problems, text
    assert found is not None
    assert revision_of(found) == revision_of(article)
    assert [each.strip() for each in found.steps] == [each.strip() for each in steps]
    assert found.id == "KB-900"


@given(
    changes=st.fixed_dictionaries(
        {},
        optional={
            "cause": _TEXT,
            "steps": st.lists(_TEXT, min_size=1, max_size=3).map(tuple),
            "workaround": st.none() | _TEXT,
            "vendor_link": _TEXT,
            "reviewed": st.just("2026-12-01"),
            "supersedes": st.none() | st.just(("KB-1", "KB-2")),
        },
    ),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_a_change_leaves_every_other_line(changes: dict[str, Any], ending: str) -> None:
    """Remarks and keys that are not changed stay, whatever the others become."""
    before = replace(_PLAIN, workaround="First\n\nthen\n", supersedes=("KB-3",))
    parts = as_yaml(before).split("\n")
    parts.insert(3, "# a remark before the area")
    parts.insert(0, "# the first line")
    text = ending.join(parts)
    read, found = decode("kb/KB-900.yaml", text.encode())
    assert found is not None

    new = with_fields(text, read.places, changes)
    read, after = decode("kb/KB-900.yaml", new.encode())

    assert not read.problems, new
    assert after is not None
    assert {"# the first line", "# a remark before the area"} <= set(
        new.replace("\r", "").split("\n")
    )
    for name in Article.__struct_fields__:
        if name not in (*changes, "revision"):
            assert getattr(after, name) == getattr(found, name)
    for name, value in changes.items():
        assert _squeezed(getattr(after, name)) == _squeezed(value or "")


def _squeezed(value: Any) -> list[str]:
    return [" ".join(each.split()) for each in ([value] if isinstance(value, str) else value)] or [
        ""
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("known_error: false  # not yet", "known_error: true  # not yet"),
        ('owner: "network" # ours: # 1', "owner: servers # ours: # 1"),
        ("services: [vpn]   # one", "services: [vpn, mail]   # one"),
        ("title: C# is slow", "title: Other"),
        ("cause: |  # told by them\n  It\n  was # not", "cause: A driver  # told by them"),
        ("steps:  # in order\n- one", "# in order\nsteps:\n  - two"),
    ],
)
def test_a_remark_behind_a_value_stays(before: str, after: str, ending: str) -> None:
    """It is no part of the value; neither does it matter how lines end, or that the last does not."""
    new = {"known_error": True, "owner": "servers", "services": ("vpn", "mail"), "title": "Other"}
    new |= {"cause": "A driver", "steps": ("two",)}
    name = before.partition(":")[0]
    head = "id: KB-900\n"
    text = f"{head}{before}".replace("\n", ending)
    told = with_fields(text, {"id": 1, name: 2}, {name: new[name]})
    assert told == f"{head}{after}\n".replace("\n", ending)


def test_no_change_is_no_change() -> None:
    """A file without anything to change is the same file."""
    text = as_yaml(_PLAIN)
    places = decode("kb/KB-900.yaml", text.encode())[0].places

    assert with_fields(text, places, {}) == text


def test_a_file_in_braces_is_refused(policy: Policy) -> None:
    """What cannot be changed line by line is refused, and not written anew without its remarks."""
    text = (
        "{id: KB-900, title: A, type: incident, area: service, services: [vpn], audience: desk,"
        " symptoms: [a], steps: [b], keywords: [c], owner: network, second_owner: workplace,"
        ' reviewed: "2026-01-01", expires: "2027-01-01"}\n'
    )
    for said in (text, text.replace(", ", ",\n").replace("{id", "{\nid"), f"--- {text}"):
        read, found = decode("kb/KB-900.yaml", said.encode())
        assert found is not None
        entry = Entry("kb/KB-900.yaml", found, read.places)
        with pytest.raises(RefusedError, match="not written one key a line"):
            retold(entry, said, {"owner": "servers"}, policy)


def test_every_article_of_the_starter_can_be_changed(desk_dir: Path, policy: Policy) -> None:
    """A new date of review changes two lines of a file, and no revision."""
    for id_ in articles(str(desk_dir)):
        found = entry(str(desk_dir), id_)
        text = (desk_dir / found.file).read_text(encoding="utf-8")
        new, after = retold(
            found, text, {"reviewed": "2026-12-01", "expires": "2027-12-01"}, policy
        )
        differ = [a for a, b in zip(text.split("\n"), new.split("\n"), strict=True) if a != b]
        assert len(differ) == 2
        assert after.revision == found.article.revision


def test_the_next_id_was_never_one(desk_dir: Path) -> None:
    """Neither the name of a file, nor the id in it, nor what one supersedes is given again."""
    root = str(desk_dir)
    assert next_id(root) == "KB-142"
    (desk_dir / "kb" / "KB-150-broken.yaml").write_bytes(b"id: [\n")
    assert next_id(root) == "KB-151"
    text = (desk_dir / "kb" / "KB-104-vpn-drops-after-sleep.yaml").read_text(encoding="utf-8")
    (desk_dir / "kb" / "KB-160-x.yaml").write_text(
        text.replace("id: KB-104", "id: KB-170"), encoding="utf-8"
    )
    assert next_id(root) == "KB-171"
    (desk_dir / "kb" / "KB-161-x.yaml").write_text(
        text.replace("id: KB-104", "id: KB-161\nsupersedes:\n  - KB-103\n  - 'KB-200'\n# KB-999"),
        encoding="utf-8",
    )
    assert next_id(root) == "KB-1000"  # a remark between keys is read too: rather one too many
    (desk_dir / "kb" / "MS-5001330-foreign.yaml").write_bytes(b"x")
    assert next_id(root) == "KB-1000"


def test_no_id_that_tickets_speak_of_is_the_next(desk_dir: Path) -> None:
    """Those of the desk's letters count; what callers claim only if it is not far off (R3a.4)."""
    root = str(desk_dir)
    assert next_id(root, {"KB-200", "MS-900", "KB-1", "", "no id", "KB-123456789"}) == "KB-201"
    assert next_id(root, {"KB-200"}, {"KB-250", "KB-99999999", "KB-301"}) == "KB-251"
    assert next_id(root, (), {"KB-241", "KB-242"}) == "KB-242"


def test_a_desk_without_articles_begins_with_101(tmp_path: Path) -> None:
    """The first article has a number of three digits."""
    (tmp_path / "kb").mkdir()
    assert next_id(str(tmp_path)) == "KB-101"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("VPN drops: again & again!", "kb/KB-900-vpn-drops-again-again.yaml"),
        ("Müller's Größe", "kb/KB-900-muller-s-grosse.yaml"),
        ("../../etc/passwd\x00", "kb/KB-900-etc-passwd.yaml"),
        ("日本語", "kb/KB-900.yaml"),
        (
            "word " * 40,
            "kb/KB-900-word-word-word-word-word-word-word-word-word-word-word-word.yaml",
        ),
    ],
)
def test_a_file_is_named_by_id_and_title(title: str, name: str) -> None:
    """Whatever the title, its file is one plain name in `kb/`."""
    assert file_name(replace(_PLAIN, title=title)) == name


def test_a_new_file_takes_the_place_of_none(tmp_path: Path) -> None:
    """Of two that make one file, the second is refused, and nothing is left behind."""
    (tmp_path / "kb").mkdir()
    create(str(tmp_path), "kb/KB-1.yaml", "one")
    with pytest.raises(RefusedError):
        create(str(tmp_path), "kb/KB-1.yaml", "two")
    assert [(each.name, each.read_text()) for each in (tmp_path / "kb").iterdir()] == [
        ("KB-1.yaml", "one")
    ]


def test_a_file_changed_meanwhile_stays(tmp_path: Path) -> None:
    """A text takes the place only of the one that it was made from; rights of the file stay."""
    (tmp_path / "kb").mkdir()
    path = tmp_path / "kb" / "KB-1.yaml"
    path.write_text("one")
    path.chmod(0o640)
    change(str(tmp_path), "kb/KB-1.yaml", b"one", "two")
    assert (path.read_text(), os.stat(path).st_mode & 0o777) == ("two", 0o640)
    with pytest.raises(ChangedMeanwhileError):
        change(str(tmp_path), "kb/KB-1.yaml", b"one", "three")
    assert path.read_text() == "two"


def test_a_link_out_of_the_desk_is_no_article(desk_dir: Path, tmp_path: Path) -> None:
    """A link in `kb/` that leads elsewhere is told as a problem, and never read."""
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: x")
    (desk_dir / "kb" / "KB-900-x.yaml").symlink_to(secret)
    [problem] = read_shelf(str(desk_dir), None).problems
    assert "leads out of the desk" in problem.message


def test_nothing_is_written_out_of_the_desk(desk_dir: Path, tmp_path: Path) -> None:
    """Where a link leads out of the desk, no file is made or changed; one within is followed."""
    root, folder = str(desk_dir), desk_dir / "kb"
    (desk_dir / "KB-901.yaml").write_text("one")
    (folder / "KB-901.yaml").symlink_to("../KB-901.yaml")
    change(root, "kb/KB-901.yaml", b"one", "two")
    assert (folder / "KB-901.yaml").is_symlink()
    assert (desk_dir / "KB-901.yaml").read_text() == "two"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="leads out of the desk"):
        create(root, "kb/KB-902.yaml", "x")
    [path] = folder.glob("KB-104-*")
    with pytest.raises(RefusedError, match="leads out of the desk"):
        change(root, f"kb/{path.name}", path.read_bytes(), "x")
    assert not list(folder.glob("KB-902*"))
