"""`sdcli kb new`: by options, from a file, in an editor, from a ticket; two at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sdcli.knowledge.articles import articles, read_shelf
from tests.test_terminal import _environment, _on_terminal, _program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

_ENOUGH = (
    *("kb", "new", "Scanner sends empty pages", "--type", "incident", "--service", "printing"),
    *("--symptom", "The mail has no attachment", "--symptom", "It beeps twice"),
    *("--step", "Clean the glass", "--step", "Scan:\n\n- one page\n- two"),
)
_EMPTY = {"VISUAL": "", "EDITOR": ""}


def _editor(folder: Path, program: str) -> str:
    """An editor: a Python program that is given the path of the text as `path`."""
    script = folder / "editor.py"
    head = "import sys, pathlib\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text()\n"
    script.write_text(head + program)
    return f"{sys.executable} {script}"


def test_an_article_by_options(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """The next id, a file that is named by it, and what the catalog says of the service (R3a.2)."""
    made = sdj(*_ENOUGH)

    assert (made["id"], made["action"]) == ("KB-142", "created")
    assert made["file"] == "kb/KB-142-scanner-sends-empty-pages.yaml"
    assert (made["area"], made["audience"], made["owner"]) == ("technology", "desk", "workplace")
    assert (made["second_owner"], made["reviewed"]) == ("service-desk", "2026-11-23")
    assert made["expires"] == "2027-11-23"
    assert made["keywords"] == ["scanner", "sends", "empty", "pages"]
    found = articles(str(desk_dir))["KB-142"]
    assert found.steps == ("Clean the glass", "Scan:\n\n- one page\n- two\n")
    assert found.revision == made["revision"]
    sd("lint")


def test_every_field_has_an_option(sdj: JsonRunner) -> None:
    """Nothing of the template needs an editor (R3a.2)."""
    made = sdj(
        *_ENOUGH,
        *("--area", "service", "--audience", "restricted", "--role", "resolver", "--cause", "Dust"),
        *("--workaround", "Use another", "--verification", "A page comes", "--keyword", "scan"),
        *("--owner", "servers", "--second-owner", "network", "--for", "6m", "--known-error"),
        *("--supersedes", "KB-110", "--vendor-link", "https://example.com/x", "--problem", "PRB-2"),
    )
    assert (made["roles"], made["cause"], made["workaround"]) == (
        ["resolver"],
        "Dust",
        "Use another",
    )
    assert (made["owner"], made["expires"], made["known_error"]) == ("servers", "2027-05-23", True)
    assert (made["supersedes"], made["problem"]) == (["KB-110"], "PRB-2")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--service", "prnting"), "prnting"),
        (("--supersedes", "KB-999"), "it supersedes KB-999, which is not there"),
        (("--cause", "see KB-999"), "it names KB-999, which is not there"),
        (("--known-error",), "a known error needs a `workaround`"),
        (("--problem", "PRB-1"), "only a known error names its `problem`"),
        (("--role", "resolver", "--audience", "user"), "a restricted article names `roles`"),
        (("--vendor-link", "example"), "is no web address"),
        (("--cause", "a\x1b[31m"), "control character"),
        (("--expires", "2026-11-23"), "expires before it was reviewed"),
    ],
)
def test_what_is_not_sound_is_not_written(
    sd: Runner, desk_dir: Path, args: tuple[str, ...], said: str
) -> None:
    """The template and every reference are checked before anything is in a file."""
    before = sorted((desk_dir / "kb").iterdir())
    result = sd(*_ENOUGH, *args, expect=3 if args[0] == "--service" else 5)
    assert said in result.stderr
    assert sorted((desk_dir / "kb").iterdir()) == before


def test_without_a_terminal_what_is_missing_is_named(sd: Runner) -> None:
    """No prompt, no editor: the options that say it."""
    result = sd("kb", "new", "A title", "--service", "vpn", expect=2, env=_EMPTY)
    assert "needs --type, --symptom, --step" in result.stderr
    assert "needs TITLE" in sd("kb", "new", expect=2).stderr


def test_a_dry_run_prints_the_file(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What is printed is what would be written, and can be piped back."""
    text = sd(*_ENOUGH, "--dry-run").stdout
    assert not (desk_dir / "kb" / "KB-142-scanner-sends-empty-pages.yaml").exists()
    made = sdj("kb", "new", "--file", "-", stdin=text)
    assert (desk_dir / made["file"]).read_text() == text
    assert "--step" in sd("kb", "new", "A", "--dry-run").stderr


def test_a_whole_file(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Id and days are put in where they are left out; remarks stay; a taken id is refused."""
    text = sd(*_ENOUGH, "--dry-run").stdout
    bare = "# mine\n" + re.sub(r"(?m)^(id|reviewed|expires): .*\n", "", text)
    made = sdj("kb", "new", "--file", "-", stdin=bare)
    assert (made["id"], made["reviewed"], made["expires"]) == ("KB-142", "2026-11-23", "2027-11-23")
    assert "# mine\n" in (desk_dir / made["file"]).read_text()
    assert (
        "There is an article KB-142 already"
        in sd("kb", "new", "--file", "-", stdin=text, expect=4).stderr
    )
    other = sdj("kb", "new", "--file", "-", stdin=text.replace("KB-142", "KB-300"))
    assert other["id"] == "KB-300"
    wrong = sd(
        "kb", "new", "--file", "-", stdin=bare.replace("owner: work", "owner: wrk"), expect=5
    )
    line = bare[: bare.index("owner: work")].count("\n") + 1
    assert f"-:{line}: there is no queue `wrkplace`" in wrong.stderr
    assert "not UTF-8" in sd("kb", "new", "--file", "-", stdin=b"\xff\xfe", expect=5).stderr


def test_an_editor_gets_a_template(desk_dir: Path, tmp_path: Path) -> None:
    """On a terminal every field is offered with what it is for; the guidance is not kept (R3a.2)."""
    editor = _editor(
        tmp_path,
        "assert '# what to do, in order' in text and 'title: Scanner' in text, text\n"
        "text = text.replace('type: \"\"', 'type: incident').replace('services: []', "
        "'services: [printing]').replace('area: \"\"', 'area: technology')\n"
        "text = text.replace('  - \"\"', '  - \"a **bold** word\"')\n"
        "text = text.replace('second_owner: \"\"', 'second_owner: network')\n"
        "text = text.replace('owner: \"\"', 'owner: workplace') + '# mine\\n'\n"
        "path.write_text(text)\n",
    )
    shown = _on_terminal(desk_dir, "kb", "new", "Scanner", env={"EDITOR": editor})
    assert "KB-142 written" in shown.replace("\x1b[0m", "").replace("\x1b[1m", "")
    [path] = (desk_dir / "kb").glob("KB-142-*")
    text = path.read_text()
    assert "a **bold** word" in text
    assert [each for each in text.split("\n") if each.startswith("#")] == ["# mine"]
    assert not read_shelf(str(desk_dir), None).problems


def test_an_unsound_text_can_be_edited_again(desk_dir: Path, tmp_path: Path) -> None:
    """What is wrong is said with its lines; who gives up finds the text where it is said."""
    editor = _editor(tmp_path, "path.write_text(text + 'nonsense: \"mine\"\\n')\n")
    shown = _on_terminal(
        desk_dir,
        *("kb", "new", "A title"),
        dialogue=(("Edit again?", b"y\n"), ("Edit again?", b"n\n")),
        env={"EDITOR": editor, "TMPDIR": str(tmp_path)},
    )
    assert "has no key `nonsense`" in shown
    [kept] = tmp_path.glob("sdcli-new-*.yaml")
    assert kept.read_text().count("mine") == 2
    assert f"sdcli kb new --file {kept}" in " ".join(shown.split())
    assert kept.stat().st_mode & 0o777 == 0o600


def test_an_editor_that_is_left_writes_nothing(desk_dir: Path, tmp_path: Path) -> None:
    """A template that comes back as it was, or an editor that fails, leaves no file at all."""
    env = {"TMPDIR": str(tmp_path)}
    before = sorted((desk_dir / "kb").iterdir())
    assert "came back" in _on_terminal(desk_dir, "kb", "new", env={**env, "EDITOR": "true"})
    assert "Editing failed" in _on_terminal(desk_dir, "kb", "new", env={**env, "EDITOR": "false"})
    assert "Editing failed" in _on_terminal(
        desk_dir, "kb", "new", env={**env, "EDITOR": "/no/such/editor; touch x"}
    )
    assert sorted((desk_dir / "kb").iterdir()) == before
    assert not list(tmp_path.glob("sdcli-*"))


def _worked_on(sd: Runner) -> None:
    sd(
        *("open", "Scanner of Ada Lindqvist is dead", "--user", "ada", "--type", "incident"),
        *("--service", "printing", "--failed", "Ada's scans are empty", "--evidence", "error E-7"),
    )
    sd("accept", "SD-1")
    sd("note", "SD-1", "Rang ada@example.com on +44 20 7946 0201", "--minutes", "3")
    sd("note", "SD-1", "Cleaned the glass")
    sd("resolve", "SD-1", "--code", "solved", "--note", "Rollers changed")


def test_a_draft_from_a_ticket(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """The ticket's own steps become the article's, and its caller is nowhere in it (R6.3)."""
    _worked_on(sd)

    made = sdj("kb", "new", "--from-ticket", "1", "--cause", "Worn rollers")

    assert made["title"] == "Scanner of [caller] is dead"
    assert made["symptoms"] == ["[caller]'s scans are empty", "error E-7"]
    assert made["steps"] == [
        "Rang [mail address] on [phone number]",
        "Cleaned the glass",
        "Rollers changed",
    ]
    assert (made["type"], made["services"], made["owner"]) == (
        "incident",
        ["printing"],
        "workplace",
    )
    text = (desk_dir / made["file"]).read_text().casefold()
    assert not [each for each in ("ada", "lindqvist", "7946", "@") if each in text]
    assert "# drafted from sd-1 on 2026-11-23 by ben." in text
    assert sd("kb", "new", "--from-ticket", "SD-9", expect=3)


def test_a_draft_that_lacks_something(sd: Runner, desk_dir: Path) -> None:
    """Without a terminal the missing options are named; with --dry-run the draft is printed."""
    sd("open", "It is slow", "--user", "ada", "--phone", "+44 20 7946 0201")
    result = sd("kb", "new", "--from-ticket", "SD-1", expect=2)
    assert "--type, --area, --service, --step" in result.stderr
    told = sd("kb", "new", "--from-ticket", "SD-1", "--dry-run")
    assert "title: It is slow" in told.stdout
    assert "still needs --type" in told.stderr
    assert len(list((desk_dir / "kb").glob("KB-142*"))) == 0


def test_two_at_once_take_two_ids(desk_dir: Path) -> None:
    """However many write at the same time, each gets an id and a file of its own (R3a.2)."""
    running = [
        subprocess.Popen(
            _program(*_ENOUGH[:2], f"Title {number}", *_ENOUGH[3:]),
            env=_environment(desk_dir),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for number in range(6)
    ]
    told = [each.communicate()[0].split()[0] for each in running]
    assert sorted(told) == [f"KB-{number}" for number in range(142, 148)]
    assert len(articles(str(desk_dir))) == 47
    assert not [each for each in os.listdir(desk_dir / "kb") if each.endswith(".tmp")]


def test_a_known_error_takes_no_id_of_another(sd: Runner, desk_dir: Path) -> None:
    """`problem known-error` writes articles under the same lock and the same numbers (R3d1.7)."""
    from sdcli.ledger.tiny.lock import locked  # noqa: PLC0415 - used here only

    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("problem", "open", "VPN drops", "--incident", "SD-1")
    sd("problem", "analyse", "SD-2", "--cause", "a driver", "--workaround", "Leave the VPN")
    sd(*_ENOUGH)
    with locked(str(desk_dir / "ledger" / "articles.lock"), 1):
        sd("problem", "known-error", "SD-2", expect=6, env={"SDCLI_LOCK_WAIT": "0"})
    sd("problem", "known-error", "SD-2")
    assert articles(str(desk_dir))["KB-143"].problem == "SD-2"
    sd("lint")


def test_an_id_that_tickets_speak_of_is_not_given_again(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Whatever the desk said of an article on a ticket stays said of that one (R3a.4, R3a.2a)."""
    assert sdj(*_ENOUGH)["id"] == "KB-142"
    sd("open", "Scans are empty", "--user", "ada", "--service", "printing")
    sd("kb", "send", "SD-1", "KB-142", "--withheld", "not for callers")
    [path] = (desk_dir / "kb").glob("KB-142-*")
    path.unlink()
    assert "id: KB-143" in sd(*_ENOUGH, "--dry-run").stdout
    assert sdj(*_ENOUGH)["id"] == "KB-143"
    sd("resolve", "SD-1", "--code", "solved", "--kb", "KB-143:helped")
    [path] = (desk_dir / "kb").glob("KB-143-*")
    path.unlink()
    folder = desk_dir / "docs"
    folder.mkdir()
    (folder / "one.md").write_text("# One\n\n## Steps\n\nDo it.\n")
    assert sdj("kb", "import", str(folder))["files"][0]["article"] == "KB-144"


def test_a_ledger_that_cannot_be_read_keeps_nobody_from_writing(
    sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """Then the files alone say what the next id is, and that is told."""
    sd("open", "Scans are empty", "--user", "ada")
    storage.damage()
    made = sdj(*_ENOUGH)
    assert made["id"] == "KB-142"
    assert "is not looked up anew" in sd(*_ENOUGH).stderr


def test_an_article_that_is_nearly_the_same_is_named(sd: Runner, desk_dir: Path) -> None:
    """It is written all the same, and said with the id of the other and how alike they are (R3a.2)."""
    assert "alike" not in sd(*_ENOUGH).stderr
    assert "KB-143 and KB-142 are 100 % alike" in sd(*_ENOUGH).stderr
    for id_ in ("KB-142", "KB-143"):
        sd("kb", "retire", id_, "--because", "twice")
    (desk_dir / "kb" / "KB-150-broken.yaml").write_bytes(b"- \xff no article")
    assert "alike" not in sd(*_ENOUGH).stderr


def test_a_busy_lock_is_told(sd: Runner, desk_dir: Path) -> None:
    """While another writes articles for too long, the command says so and changes nothing."""
    from sdcli.ledger.tiny.lock import locked  # noqa: PLC0415 - used here only

    (desk_dir / "ledger").mkdir()
    with locked(str(desk_dir / "ledger" / "articles.lock"), 1):
        result = sd(*_ENOUGH, expect=6, env={"SDCLI_LOCK_WAIT": "0"})
    assert "try again" in result.stderr
