"""Articles and their files as nobody should have written them, and people who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.knowledge.articles import articles

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Runner

_FILE = "kb/KB-104-vpn-drops-after-sleep.yaml"


def _files(desk_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (desk_dir / "kb").iterdir()}


@pytest.mark.parametrize(
    "args",
    [
        ("review", "123"),
        ("retire", "123", "--because", "x"),
        ("retire", "123", "--undo"),
        ("retire", "104", "--because", "x", "--superseded-by", "123"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_restricted_articles_are_changed_by_their_readers_only(
    sd: Runner, desk_dir: Path, args: tuple[str, ...], form: tuple[str, ...]
) -> None:
    """Who may not read an article can neither change it nor have its text shown (R3a.2)."""
    before = _files(desk_dir)
    result = sd("kb", *args, *form, env={"SDCLI_USER": "nobody-known"}, expect=4)
    assert "KB-123 is for " in result.stderr
    assert result.stdout == ""
    assert _files(desk_dir) == before


def test_a_misnamed_file_is_named(sd: Runner, desk_dir: Path) -> None:
    """Whoever asks for the id of its name is told of the file, and what is wrong with it."""
    (desk_dir / _FILE).rename(desk_dir / "kb" / "KB-511-x.yaml")
    for args in (("show", "511"), ("review", "511"), ("edit", "511", "--set", "cause=x")):
        told = sd("kb", *args, expect=5).stderr
        assert "kb/KB-511-x.yaml:" in told
        assert "the file name must begin with the id KB-104" in told


def test_two_files_of_one_id_are_both_named(sd: Runner, desk_dir: Path) -> None:
    """None of them is taken for the article."""
    (desk_dir / "kb" / "KB-104-also.yaml").write_bytes((desk_dir / _FILE).read_bytes())
    before = _files(desk_dir)
    for args in (("show", "104"), ("review", "104"), ("edit", "104", "--set", "cause=x")):
        told = sd("kb", *args, expect=5).stderr
        assert "kb/KB-104-also.yaml:" in told
        assert f"{_FILE}:" in told
    assert _files(desk_dir) == before


def test_nothing_supersedes_itself(sd: Runner, desk_dir: Path) -> None:
    """That is refused, and found in a file."""
    told = sd("kb", "edit", "104", "--set", "supersedes=KB-104", expect=5).stderr
    assert "KB-104 cannot supersede itself" in told
    with (desk_dir / _FILE).open("a") as stream:
        stream.write("supersedes: [KB-104]\n")
    assert "KB-104 cannot supersede itself" in sd("kb", "lint", expect=5).stderr


def test_hidden_files_are_no_articles(sd: Runner, desk_dir: Path, tmp_path: Path) -> None:
    """An editor's lock, which leads nowhere, and its hidden copies spoil nothing."""
    (desk_dir / "kb" / ".#KB-104-x.yaml").symlink_to("ben@host.123:456")
    (desk_dir / "kb" / ".KB-104-copy.yaml").write_text("half: [")
    sd("kb", "lint")
    sd("kb", "show", "104")
    sd("search-kb", "vpn")
    sd("kb", "publish", str(tmp_path / "site"))


def test_a_message_repeats_no_long_value(sd: Runner, desk_dir: Path) -> None:
    """It is cut where one can still see what it is."""
    text = (desk_dir / _FILE).read_text()
    for old, new in (
        ("cause: ", f"{'x' * 9000}: "),
        ("owner: network", f"owner: {'y' * 9000}"),
        ("owner: network", f"owner: [a]\nroles: {'w' * 9000}"),
        ("type: incident", f"type: {'z' * 9000}"),
    ):
        assert old in text
        (desk_dir / _FILE).write_text(text.replace(old, new))
        assert len(sd("kb", "lint", expect=5).stderr) < 2000


def test_a_huge_file_is_a_problem(sd: Runner, desk_dir: Path) -> None:
    """What is larger than any article is told by its size, and not read."""
    with (desk_dir / _FILE).open("a") as stream:
        stream.write("#" * 1_000_000)
    told = sd("kb", "show", "104", expect=5).stderr
    assert f"{_FILE}:1: the file has 1,00" in told
    assert "bytes; 1,000,000 are the most" in told
    huge = "cause: " + "x" * 1_000_000
    told = sd("kb", "new", "--file", "-", stdin=huge, expect=5).stderr
    assert "1,000,000 are the most" in told


@pytest.mark.parametrize(
    "args",
    [
        ("edit", "104", "--set", "owner=servers"),
        ("review", "104"),
        ("retire", "104", "--because", "x"),
    ],
)
def test_a_file_in_one_line_is_left_to_an_editor(
    sd: Runner, desk_dir: Path, args: tuple[str, ...]
) -> None:
    """Fields in braces cannot be changed line by line: the sentence says so, and what can."""
    import msgspec  # noqa: PLC0415 - JSON is YAML in one line

    found = articles(str(desk_dir))["KB-104"]
    told = {k: v for k, v in msgspec.to_builtins(found).items() if v and k != "revision"}
    (desk_dir / _FILE).write_bytes(msgspec.json.encode(told))
    sd("kb", "show", "104")
    said = sd("kb", *args, expect=4).stderr
    assert _FILE in said
    assert "in braces" in said
    assert "`sdcli kb edit KB-104`" in said
    assert said.count("\n") == 1
