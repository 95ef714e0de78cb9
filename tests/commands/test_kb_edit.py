"""`sdcli kb edit`, `review` and `retire`: an article changes as a whole or not at all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sdcli.knowledge.articles import articles

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

_FILE = "kb/KB-104-vpn-drops-after-sleep.yaml"


def _editor(folder: Path, program: str) -> dict[str, str]:
    script = folder / "editor.py"
    head = "import sys, pathlib\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text()\n"
    script.write_text(head + program)
    return {"EDITOR": f"{sys.executable} {script}", "TMPDIR": str(folder)}


@pytest.fixture(name="drafts")
def _drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where drafts are kept in a test."""
    import tempfile  # noqa: PLC0415 - used here only

    folder = tmp_path / "drafts"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_an_editor_changes_the_file(sd: Runner, desk_dir: Path, drafts: Path) -> None:
    """The text that comes back takes the file's place; both revisions and who to ask are told."""
    path = desk_dir / _FILE
    path.write_text("# a remark\n" + path.read_text())
    before = articles(str(desk_dir))["KB-104"]
    env = _editor(drafts, "path.write_text(text.replace('Disconnect the VPN', 'Leave the VPN'))\n")

    result = sd("kb", "edit", "104", env=env)

    after = articles(str(desk_dir))["KB-104"]
    assert after.workaround.startswith("Leave the VPN")
    assert f"{after.revision}, before {before.revision}" in result.stdout
    assert "sdcli kb recall KB-104" in result.stderr
    assert path.read_text().startswith("# a remark\n")
    assert [each.name for each in drafts.iterdir()] == ["editor.py"]


def test_an_unsound_text_is_kept(sd: Runner, desk_dir: Path, drafts: Path) -> None:
    """The file stays as it was; the text is where the error says, and can be taken from there."""
    before = (desk_dir / _FILE).read_bytes()
    env = _editor(drafts, "path.write_text(text.replace('owner: network', 'owner: netwrk'))\n")

    result = sd("kb", "edit", "104", env=env, expect=5)

    assert (desk_dir / _FILE).read_bytes() == before
    [kept] = drafts.glob("sdcli-KB-104-*.yaml")
    line = before[: before.index(b"owner: network")].count(b"\n") + 1
    assert f"{kept}:{line}: there is no queue `netwrk`" in result.stderr
    kept.write_text(kept.read_text().replace("netwrk", "servers"))
    assert f"sdcli kb edit KB-104 --file {kept}" in result.stderr
    sd("kb", "edit", "KB-104", "--file", str(kept))
    assert articles(str(desk_dir))["KB-104"].owner == "servers"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("text.replace('id: KB-104', 'id: KB-105')", "the id must stay KB-104"),
        ("text.replace('goes to KB-103', 'goes to KB-999')", "names KB-999, which is not there"),
        ("text.replace('steps:', 'stepz:')", "has no key `stepz`"),
        ("'id: ['", "this is not YAML"),
        ("''", "the file is empty"),
    ],
)
def test_only_a_sound_text_is_taken(
    sd: Runner, desk_dir: Path, drafts: Path, change: str, said: str
) -> None:
    """Template, id and references are checked, and nothing of the text is lost."""
    before = (desk_dir / _FILE).read_bytes()
    env = _editor(drafts, f"path.write_text({change})\n")
    assert said in sd("kb", "edit", "104", env=env, expect=5).stderr
    assert (desk_dir / _FILE).read_bytes() == before
    assert len(list(drafts.glob("sdcli-*"))) == 1


def test_a_file_changed_meanwhile_is_not_overwritten(
    sd: Runner, desk_dir: Path, drafts: Path
) -> None:
    """What somebody else wrote while an editor was open stays, and so does one's own text."""
    path = desk_dir / _FILE
    env = _editor(
        drafts,
        f"other = pathlib.Path({str(path)!r})\n"
        "other.write_text(other.read_text().replace('owner: network', 'owner: servers'))\n"
        "path.write_text(text.replace('Disconnect the VPN', 'Leave the VPN'))\n",
    )
    result = sd("kb", "edit", "104", env=env, expect=4)
    assert "changed by somebody else" in result.stderr
    assert "owner: servers" in path.read_text()
    [kept] = drafts.glob("sdcli-*")
    assert "Leave the VPN" in kept.read_text()
    assert str(kept) in result.stderr


def test_nothing_changed(sd: Runner, desk_dir: Path, drafts: Path) -> None:
    """A text that comes back as it was changes nothing, and says so."""
    before = (desk_dir / _FILE).stat()
    assert "is as it was" in sd("kb", "edit", "104", env={"EDITOR": "true"}).stdout
    assert (desk_dir / _FILE).stat().st_mtime_ns == before.st_mtime_ns
    assert not list(drafts.iterdir())


def test_a_broken_article_can_be_mended(sd: Runner, desk_dir: Path, drafts: Path) -> None:
    """An article that is not sound can still be opened, if it says who may read it."""
    path = desk_dir / _FILE
    path.write_text(path.read_text().replace("known_error: true", "knwn_error: true"))
    env = _editor(drafts, "path.write_text(text.replace('knwn', 'known'))\n")
    sd("kb", "edit", "104", env=env)
    sd("lint")


def test_a_fault_that_was_there_hinders_no_other_change(sd: Runner, desk_dir: Path) -> None:
    """An article with a dead link may get another owner; a new dead link is refused."""
    path = desk_dir / _FILE
    path.write_text(path.read_text().replace("goes to KB-103", "goes to KB-999"))
    sd("kb", "edit", "104", "--set", "owner=servers")
    assert "KB-998" in sd("kb", "edit", "104", "--set", "cause=see KB-998", expect=5).stderr
    sd("kb", "lint", "104", expect=5)


def test_without_terminal_or_editor(sd: Runner) -> None:
    """The options that change an article without an editor are named."""
    result = sd("kb", "edit", "104", env={"EDITOR": "", "VISUAL": ""}, expect=2)
    assert "--set FIELD=VALUE" in result.stderr


def test_fields_are_set(sdj: JsonRunner, desk_dir: Path) -> None:
    """Single values, whole lists, entries added, changed and taken out; remarks stay."""
    path = desk_dir / _FILE
    path.write_text(path.read_text().replace("owner: network", "# why\nowner: network"))

    made = sdj(
        *("kb", "edit", "104", "--set", "owner=servers", "--set", "keywords=a, b"),
        *("--set", "keywords+=c", "--set", "steps.2=Second", "--set", "steps.6="),
        *("--set", "steps+=Last, with a comma", "--set", "symptoms=One", "--set", "symptoms=Two"),
        *("--set", "known-error=false", "--set", "problem=", "--set", "workaround="),
    )

    assert (made["owner"], made["keywords"]) == ("servers", ["a", "b", "c"])
    assert (made["steps"][1], made["steps"][-1]) == ("Second", "Last, with a comma")
    assert len(made["steps"]) == 6
    assert made["symptoms"] == ["One", "Two"]
    assert (made["known_error"], made["problem"], made["workaround"]) == (False, "", "")
    assert made["revision_before"] != made["revision"]
    text = path.read_text()
    assert "# why\nowner: servers" in text
    assert "problem" not in text.replace("problem PRB-1", "")


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ("owner", 2, "FIELD=VALUE"),
        ("ownr=x", 2, "did you mean `owner`?"),
        ("id=KB-1", 2, "cannot be set"),
        ("retired=2026-01-01", 2, "sdcli kb retire"),
        ("owner+=x", 2, "is no list"),
        ("steps.99=x", 2, "has 6 entries"),
        ("known_error=maybe", 2, "true or false"),
        ("owner=nobody", 5, "there is no queue `nobody`"),
        ("type=nonsense", 5, "must be one of"),
        ("steps=", 5, "`steps` is empty"),
        ("title=", 5, "needs the key `title`"),
    ],
)
def test_a_wrong_change_is_refused(
    sd: Runner, desk_dir: Path, change: str, code: int, said: str
) -> None:
    """The field, or what it may be, is named, and the file stays."""
    before = (desk_dir / _FILE).read_bytes()
    assert said in sd("kb", "edit", "104", "--set", change, expect=code).stderr
    assert (desk_dir / _FILE).read_bytes() == before


def test_a_review_makes_no_revision(sdj: JsonRunner, desk_dir: Path) -> None:
    """Reviewed today in the desk's zone, good as long as before or as said (R3a.2)."""
    made = sdj("kb", "review", "104", at="2026-11-23T23:59:59Z")
    assert (made["reviewed"], made["expires"]) == ("2026-11-23", "2027-05-24")
    assert made["revision_before"] == made["revision"]
    made = sdj("kb", "review", "104", "--for", "1y", "--note", "tried it\nowner: evil")
    assert made["expires"] == "2027-11-23"
    text = (desk_dir / _FILE).read_text()
    assert '\n# Reviewed 2026-11-23 by ben: tried it owner: evil\nreviewed: "2026-11-23"' in text
    made = sdj("kb", "review", "104", "--expires", "2028-02-29")
    assert made["expires"] == "2028-02-29"
    assert len(articles(str(desk_dir))) == 41


@pytest.mark.parametrize(
    "args",
    [
        ("104", "--expires", "2026-11-23"),
        ("104", "--for", "0d"),
        ("104", "--for", "soon"),
        ("104", "--for", "1y", "--expires", "2028-01-01"),
        ("104", "--within", "30d"),
        ("104", "--due"),
        (),
    ],
)
def test_a_review_that_cannot_be_meant(sd: Runner, args: tuple[str, ...]) -> None:
    """A past day, no period and options that do not go together are misuse."""
    sd("kb", "review", *args, expect=2)


def test_what_is_due(sd: Runner, sdj: JsonRunner) -> None:
    """What has expired or will is listed with its owner, the first to expire first (R3a.2)."""
    assert sdj("kb", "review", "--due") == []
    assert "The next is KB-139, on 2027-02-17" in sd("kb", "review", "--due").stderr
    found = sdj("kb", "review", "--due", "--within", "2m", at="2027-02-20T12:00:00Z")
    assert [each["id"] for each in found] == ["KB-139", "KB-111", "KB-104", "KB-106"]
    assert (found[0]["expired"], found[0]["days_left"], found[0]["owner"]) == (True, -3, "network")
    assert (found[1]["expired"], found[1]["days_left"]) == (False, 36)
    sd("kb", "retire", "139", "--because", "x")
    shown = sd("kb", "review", "--due", "--within", "2m", at="2027-02-20T12:00:00Z").stdout
    assert "KB-139" not in shown
    assert "36 days" in shown


def test_retired_and_brought_back(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """It says since when and why; what takes its place names it; both can be undone (R3a.2)."""
    before = {path: path.read_bytes() for path in (desk_dir / "kb").iterdir()}

    made = sdj("kb", "retire", "104", "--because", "mended: 'all'", "--superseded-by", "103")

    assert (made["retired"], made["because"]) == ("2026-11-23", "mended: 'all'")
    assert articles(str(desk_dir))["KB-103"].supersedes == ("KB-104",)
    for args in (("retire", "104", "--because", "again"), ("review", "104")):
        assert "since 2026-11-23" in sd("kb", *args, expect=4).stderr
    undone = sd("kb", "retire", "104", "--undo")
    assert "KB-103 still says that it supersedes it" in undone.stderr
    assert (desk_dir / _FILE).read_bytes() == before[desk_dir / _FILE]
    sd("kb", "edit", "103", "--set", "supersedes=")
    assert {path: path.read_bytes() for path in (desk_dir / "kb").iterdir()} == before
    sd("kb", "retire", "104", "--undo", expect=4)


def test_what_cannot_take_the_place(sd: Runner, desk_dir: Path) -> None:
    """Neither itself, nor what is retired or not there; nothing is half done then."""
    sd("kb", "retire", "103", "--because", "old")
    before = {path: path.read_bytes() for path in (desk_dir / "kb").iterdir()}
    for other, code in (("104", 4), ("103", 4), ("999", 3)):
        sd("kb", "retire", "104", "--because", "x", "--superseded-by", other, expect=code)
    sd("kb", "retire", "104", expect=2)
    assert {path: path.read_bytes() for path in (desk_dir / "kb").iterdir()} == before
