"""An editor that fails: one sentence says so, and the text is where it says."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Runner

_FILE = "kb/KB-104-vpn-drops-after-sleep.yaml"
_HEAD = "import sys, os; path = sys.argv[1]; "
_CHANGE = "open(path, 'a').write('# mine'); "


@pytest.fixture(name="drafts")
def _drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where drafts are kept in a test."""
    import tempfile  # noqa: PLC0415 - used here only

    folder = tmp_path / "drafts"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("os.unlink(path)", "No such file"),
        ("os.unlink(path); os.mkdir(path)", "Is a directory"),
        (f"{_CHANGE}sys.exit(3)", "Editing failed"),
        ("os.unlink(path); sys.exit(3)", "Editing failed"),
        ("", "No closing quotation"),
        ("none", "Editing failed"),
    ],
)
def test_a_failing_editor(
    sd: Runner, desk_dir: Path, drafts: Path, program: str, reason: str
) -> None:
    """The place, the reason and the next step are told, and no text is lost."""
    script = drafts / "editor.py"
    script.write_text(_HEAD + program)
    editor = {"": 'vi "x', "none": "/nowhere/vi"}.get(program, f"{sys.executable} {script}")
    before = (desk_dir / _FILE).read_bytes()

    said = sd("kb", "edit", "104", env={"EDITOR": editor, "VISUAL": ""}, expect=1).stderr

    assert reason in said
    assert "bug" not in said
    assert "EDITOR (or VISUAL) names" in said
    assert said.count("\n") == 1
    assert (desk_dir / _FILE).read_bytes() == before
    drafts_left = [path for path in drafts.glob("sdcli-*") if path.is_file()]
    if program in ("", "none"):  # nobody has touched the text, and it is in its place
        assert not drafts_left
        return
    found = re.search(r"kept in (\S+): `sdcli kb edit KB-104 --file \1`", said)
    assert found
    kept = Path(found[1])
    assert drafts_left == [kept]
    assert kept.read_bytes() == before + b"# mine" * ("# mine" in program)
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    sd("kb", "edit", "104", "--file", str(kept))
