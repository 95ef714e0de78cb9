"""`sdcli kb import`: a folder comes in once, and again only where it has changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sdcli.knowledge.articles import Article, articles, read_shelf

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


@pytest.fixture(name="wiki")
def _wiki(tmp_path: Path) -> Path:
    """A folder of three documents."""
    folder = tmp_path / "wiki"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.md").write_text("# One\n\n## Steps\n\n1. Do [this](sub/two.md)\n2. Wait\n")
    (folder / "sub" / "two.md").write_text("# Two\n\n## Cause\n\nDust\n\n## Steps\n\nClean it.\n")
    (folder / "three.html").write_text("<h1>Three</h1><p>Text</p><script>x()</script>")
    (folder / "notes.txt").write_text("no article")
    return folder


def _by_source(desk_dir: Path) -> dict[str, Article]:
    return {each.source: each for each in articles(str(desk_dir)).values() if each.source}


def _files(desk_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (desk_dir / "kb").iterdir()}


def test_each_file_becomes_an_article(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, wiki: Path
) -> None:
    """For the desk, with keywords from the title, an owner, and where it came from (R3a.2)."""
    made = sdj("kb", "import", str(wiki), "--service", "vpn", "--type", "incident", "--for", "6m")

    assert [(each["source"], each["action"]) for each in made["files"]] == [
        ("wiki/one.md", "created"),
        ("wiki/sub/two.md", "created"),
        ("wiki/three.html", "created"),
    ]
    found = _by_source(desk_dir)
    one, two = found["wiki/one.md"], found["wiki/sub/two.md"]
    assert (one.title, one.audience, one.type, one.services) == (
        "One",
        "desk",
        "incident",
        ("vpn",),
    )
    assert (one.owner, one.area, one.expires) == ("service-desk", "technology", "2027-05-23")
    assert one.keywords == ("one",)
    assert one.steps == (f"Do [this]({two.id})", "Wait")
    assert two.cause == "Dust"
    assert found["wiki/three.html"].steps == ("Text",)
    sd("lint")
    sd("kb", "lint")


def test_a_second_run_changes_nothing(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, wiki: Path
) -> None:
    """The same files give the same articles, byte for byte, whatever was reviewed since."""
    sd("kb", "import", str(wiki))
    sd("kb", "review", _by_source(desk_dir)["wiki/one.md"].id)
    before = _files(desk_dir)
    again = sdj("kb", "import", str(wiki), at="2027-01-01T00:00:00Z")
    assert {each["action"] for each in again["files"]} == {"unchanged"}
    assert _files(desk_dir) == before


def test_a_changed_file_changes_its_article(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, wiki: Path
) -> None:
    """It keeps its id, owner and audience, and what was put in its file by hand."""
    sd("kb", "import", str(wiki))
    two = _by_source(desk_dir)["wiki/sub/two.md"]
    sd("kb", "edit", two.id, "--set", "owner=network", "--set", "audience=user")
    (wiki / "sub" / "two.md").write_text("# Two\n\n## Steps\n\n1. Sweep it.\n2. Look.\n")

    dry = sdj("kb", "import", str(wiki), "--dry-run")
    assert _by_source(desk_dir)["wiki/sub/two.md"].steps == two.steps
    made = sdj("kb", "import", str(wiki))

    assert made["files"] == dry["files"]
    assert [each["action"] for each in made["files"]] == ["unchanged", "updated", "unchanged"]
    after = _by_source(desk_dir)["wiki/sub/two.md"]
    assert (after.id, after.owner, after.audience) == (two.id, "network", "user")
    assert (after.steps, after.cause) == (("Sweep it.", "Look."), "")
    assert {each["action"] for each in sdj("kb", "import", str(wiki))["files"]} == {"unchanged"}


def test_what_was_edited_here_is_left_alone(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, wiki: Path
) -> None:
    """A text of the desk's own is not overwritten unless that is wished; nor is a retired one."""
    sd("kb", "import", str(wiki))
    found = _by_source(desk_dir)
    one, two = found["wiki/one.md"], found["wiki/sub/two.md"]
    sd("kb", "edit", one.id, "--set", "steps+=Ours")
    sd("kb", "retire", two.id, "--because", "old")
    assert {e["action"] for e in sdj("kb", "import", str(wiki))["files"]} == {
        "unchanged",
        "retired",
    }
    (wiki / "one.md").write_text("# One\n\n## Steps\n\nTheirs\n")
    (wiki / "sub" / "two.md").write_text("# Two\n\nNew\n")

    told = sd("kb", "import", str(wiki), expect=8)

    assert f"{one.id} was edited here since" in told.stderr
    assert _by_source(desk_dir)["wiki/one.md"].steps[-1] == "Ours"
    sd("kb", "import", str(wiki), "--overwrite")
    assert _by_source(desk_dir)["wiki/one.md"].steps == ("Theirs",)
    assert _by_source(desk_dir)["wiki/sub/two.md"].steps == two.steps


def test_what_cannot_be_read_is_listed(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, wiki: Path, tmp_path: Path
) -> None:
    """The others come in; nothing is read that lies outside of the folder (R3a.2)."""
    secret = tmp_path / "secret.md"
    secret.write_text("# Secret")
    (wiki / "latin.md").write_bytes(b"# Caf\xe9")
    (wiki / "empty.md").write_bytes(b"")
    (wiki / "large.md").write_bytes(b"x" * 1_000_001)
    (wiki / "out.md").symlink_to(secret)
    (wiki / "in.md").symlink_to(wiki / "one.md")
    (wiki / "dir.md").mkdir()
    (wiki / "linked").symlink_to(tmp_path)
    (wiki / ".git").mkdir()
    (wiki / ".git" / "x.md").write_text("# X")
    os.mkfifo(wiki / "pipe.md")
    (wiki / os.fsdecode(b"na\xefme.md")).write_text("# Name")

    result = sd("kb", "import", str(wiki), expect=8)

    for said in (
        "latin.md: it is not UTF-8",
        "empty.md: it is empty",
        "large.md: it is larger",
        "out.md: it is a link that leads out",
        "pipe.md: it is no plain file",
        "its name is not UTF-8",
    ):
        assert said in result.stderr
    assert len(_by_source(desk_dir)) == 3
    assert not read_shelf(str(desk_dir), None).problems
    again = sdj("kb", "import", str(wiki), "--encoding", "cp1252", expect=8)
    assert [e["title"] for e in again["files"] if e["action"] == "created"] == ["Café"]


def test_a_file_that_is_gone_is_said(sd: Runner, wiki: Path, desk_dir: Path) -> None:
    """Its article stays, and is named."""
    sd("kb", "import", str(wiki))
    one = _by_source(desk_dir)["wiki/one.md"]
    (wiki / "one.md").unlink()
    assert f"left as they are: {one.id}" in sd("kb", "import", str(wiki)).stderr


def test_two_folders_of_one_name_are_told_apart(sd: Runner, wiki: Path, desk_dir: Path) -> None:
    """--name says what a folder is called."""
    sd("kb", "import", str(wiki))
    sd("kb", "import", str(wiki), "--name", "other")
    assert len(_by_source(desk_dir)) == 6


@pytest.mark.parametrize(
    "args",
    [("--encoding", "klingon"), ("--expires", "2026-11-23"), ("--owner", "nobody"), ("--for", "x")],
)
def test_misuse(sd: Runner, wiki: Path, desk_dir: Path, args: tuple[str, ...]) -> None:
    """Nothing comes in with an option that cannot be meant."""
    before = _files(desk_dir)
    sd("kb", "import", str(wiki), *args, expect=3 if args[0] == "--owner" else 2)
    assert _files(desk_dir) == before


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("---\naudience: internal\n---\n", "its `audience` is `internal`"),
        ('+++\naudience = "restricted"\n+++\n', "its front matter is not YAML"),
        ("---\naudience: &a restricted\n---\n", "its front matter cannot be read"),
        ("---\nretired: yes\n---\n", "it is retired"),
    ],
)
def test_what_may_not_be_for_callers_is_not_taken(
    sd: Runner, desk_dir: Path, wiki: Path, front: str, said: str
) -> None:
    """Whatever the options say, a front matter that is not understood keeps a file out (R3a.2)."""
    (wiki / "one.md").write_text(f"{front}# One\n\nhush\n")
    result = sd("kb", "import", str(wiki), "--audience", "user", expect=8)
    assert said in result.output
    assert "wiki/one.md" not in _by_source(desk_dir)
    assert not any(b"hush" in each for each in _files(desk_dir).values())


def test_a_document_that_is_closed_later_is_not_updated(
    sd: Runner, desk_dir: Path, wiki: Path
) -> None:
    """Its new text would be read by those whom it is not for; the next step is told."""
    sd("kb", "import", str(wiki), "--audience", "user")
    before = _files(desk_dir)
    for front, said in (
        ("audience: restricted\nroles: [resolver]", "--set audience=restricted"),
        ("retired: 2026-11-01", "sdcli kb retire"),
    ):
        (wiki / "one.md").write_text(f"---\n{front}\n---\n# One\n\nhush\n")
        assert said in sd("kb", "import", str(wiki), expect=8).output
        assert _files(desk_dir) == before


def test_another_document_at_the_same_place_is_refused(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, tmp_path: Path
) -> None:
    """Another document at the same place is no new edition; one with most of its text is."""
    one, other = tmp_path / "a" / "docs", tmp_path / "b" / "docs"
    for folder, text in ((one, "# Alpha\n\nTurn the left valve off.\n"), (other, "# Beta\n\nx\n")):
        folder.mkdir(parents=True)
        (folder / "x.md").write_text(text)
    sd("kb", "import", str(one))
    before = _files(desk_dir)
    told = sd("kb", "import", str(other), expect=8)
    assert "another document of this name, `Alpha`" in told.output
    assert "--name" in told.output
    assert _files(desk_dir) == before
    sd("kb", "import", str(other), "--name", "other")
    assert set(_by_source(desk_dir)) == {"docs/x.md", "other/x.md"}
    (one / "x.md").write_text("# A new title\n\nTurn the left valve off.\n")
    assert sdj("kb", "import", str(one))["files"][0]["action"] == "updated"
    (one / "x.md").write_text("# Other\n\nAnything else.\n")
    assert sdj("kb", "import", str(one), "--overwrite")["files"][0]["action"] == "updated"


def test_names_with_strange_blanks(sd: Runner, sdj: JsonRunner, desk_dir: Path, wiki: Path) -> None:
    """A name comes in once, or not at all: never anew at each run."""
    for name in ("a\nb", "a\tb", "a\x85b", "a\u2028b", " a", "a  b", "a\u00a0b", "a b ", "é\u3000"):
        (wiki / f"{name}.md").write_text(f"# {name!a}\n\nx\n")
    spaced = wiki.rename(wiki.parent / "the  wiki ")
    first = sdj("kb", "import", str(spaced), expect=8)
    before = _files(desk_dir)
    again = sdj("kb", "import", str(spaced), expect=8)
    assert sum(each["action"] == "unreadable" for each in first["files"]) == 4
    assert {each["action"] for each in again["files"]} == {"unchanged", "unreadable"}
    assert _files(desk_dir) == before
    sd("kb", "lint")
