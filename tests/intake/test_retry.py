"""The quarantine looked through again: what has become readable is taken in, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sdcli.arrivals import Arrivals
from sdcli.errors import MachineError
from sdcli.intake.items import Unreadable
from sdcli.intake.quarantine import keep
from sdcli.intake.retry import Quarantine
from sdcli.tickets.event import Stamp
from sdcli.tickets.query import Query
from tests.conftest import NOW

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from tests.conftest import JsonRunner, Runner

STAMP = Stamp(at=NOW, by="ben")


def kept(desk_dir: Path, raw: bytes) -> Path:
    """A file of the quarantine that holds these bytes."""
    folder = desk_dir / "ledger" / "quarantine"
    return Path(keep(str(folder), Unreadable(reason="x", raw=raw), STAMP))


def test_what_has_become_readable_is_taken_in(sdj: JsonRunner, desk_dir: Path) -> None:
    """Once a limit or a format has changed it is recorded, and its files are put away."""
    text = "The printer is on fire. " * 100_000
    (desk_dir / "catalog" / "intake.yaml").write_text(
        (desk_dir / "catalog" / "intake.yaml").read_text().replace("item: 1 MB", "item: 9 MB")
    )
    path = kept(desk_dir, text.encode())
    (done,) = sdj("intake", "retry")
    assert (done["file"], done["stays"]) == (str(path), None)
    (item,) = done["items"]
    assert (item["action"], item["ref"]) == ("created", "SD-1")
    assert item["details"] == text.strip()
    assert sorted(each.name for each in path.parent.iterdir()) == ["done"]
    assert (path.parent / "done" / path.name).read_text() == text
    assert (path.parent / "done" / path.name).with_suffix(".json").exists()
    assert sdj("intake", "retry") == []


def test_what_cannot_be_read_stays(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """The rest is taken in all the same, and the exit code is 8."""
    cut, whole = kept(desk_dir, b'{"cut'), kept(desk_dir, b'{"summary": "help"}')
    first, second = sdj("intake", "retry", expect=8)
    assert first["file"] == str(cut)
    assert "not whole JSON" in first["stays"]
    assert second["items"][0]["action"] == "created"
    assert cut.read_bytes() == b'{"cut'
    assert cut.with_suffix(".json").exists()
    assert not whole.exists()
    assert "not whole JSON" in sd("intake", "retry", expect=8).stdout


def test_a_file_that_is_readable_in_part(sdj: JsonRunner, desk_dir: Path) -> None:
    """The readable items are recorded; those that are not are kept by themselves."""
    path = kept(desk_dir, b'{"summary": "one"}\n{"cut\n{"summary": "two"}')
    (done,) = sdj("intake", "retry", expect=8)
    assert [item["ref"] for item in done["items"]] == ["SD-1", "SD-2"]
    assert done["stays"].startswith("1 of its 3 items cannot be read: ")
    left = path.with_name(f"{path.stem}-1.raw")
    assert left.read_bytes() == b'{"cut'
    assert not path.exists()
    (again,) = sdj("intake", "retry", expect=8)
    assert (again["file"], again["items"]) == (str(left), [])


@pytest.mark.parametrize("raw", [b'{"summary": "a"}\n{"summary": "b"}', b"a word\n", b'["x", "x"]'])
def test_killed_before_it_is_put_away_it_may_run_again(
    desk: Desk, desk_dir: Path, raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded but not put away, the same requests are known the next time."""
    path = kept(desk_dir, raw)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Quarantine, "_put_away", die)
        with pytest.raises(KeyboardInterrupt):
            Arrivals(desk).retry(())
    before = list(desk.ledger.find(Query()))
    assert before
    assert path.exists()
    (done,) = Arrivals(desk).retry(())
    assert {outcome.action for outcome in done.outcomes} == {"deduped"}
    assert list(desk.ledger.find(Query())) == before
    assert not path.exists()


def test_alerts_of_a_file_find_their_ticket(desk: Desk, desk_dir: Path) -> None:
    """An alert that is taken in late is counted on the ticket that has its key."""
    raw = b'{"host": "h", "check": "c", "state": "critical"}'
    Arrivals(desk).take_in([each.item for each in Arrivals(desk).read(raw, None)])
    kept(desk_dir, raw)
    (done,) = Arrivals(desk).retry(())
    assert [outcome.action for outcome in done.outcomes] == ["deduped"]
    assert len(list(desk.ledger.find(Query()))) == 1


@pytest.mark.parametrize("written", ["{path}", "{name}", "{stem}", "{stem}.json"])
def test_a_file_by_any_of_its_names(sdj: JsonRunner, desk_dir: Path, written: str) -> None:
    """A file is found by its path and by its name, and the others are left alone."""
    other, path = kept(desk_dir, b"other"), kept(desk_dir, b"this")
    name = written.format(path=path, name=path.name, stem=path.stem)
    (done,) = sdj("intake", "retry", name)
    assert done["items"][0]["summary"] == "this"
    assert other.exists()


def test_a_file_kept_elsewhere(sdj: JsonRunner, tmp_path: Path) -> None:
    """What a full disk sent to another folder is taken in from there."""
    path = Path(keep(str(tmp_path / "elsewhere"), Unreadable(reason="x", raw=b"help"), STAMP))
    (done,) = sdj("intake", "retry", str(path))
    assert done["items"][0]["summary"] == "help"
    assert not path.exists()


def test_no_such_file(sd: Runner, desk_dir: Path) -> None:
    """A name that leads nowhere is told before anything is done."""
    path = kept(desk_dir, b"help")
    said = sd("intake", "retry", path.name, "nonsense", "--json", expect=3).stderr
    assert json.loads(said.strip().rsplit("\n", 1)[1])["error"]["known"] == [path.name]
    assert path.exists()


def test_a_file_over_the_limit_stays(sdj: JsonRunner, desk_dir: Path) -> None:
    """A stream that is larger than the desk takes is not even read."""
    rules = desk_dir / "catalog" / "intake.yaml"
    rules.write_text(rules.read_text().replace("stream: 256 MB", "stream: 1 kB"))
    path = kept(desk_dir, b"x" * 1001)
    (done,) = sdj("intake", "retry", expect=8)
    assert done["stays"] == "it is larger than 1000 bytes"
    assert path.exists()


def test_what_cannot_be_put_away_is_told(desk: Desk, desk_dir: Path) -> None:
    """A folder that cannot be made is named; what was recorded is known the next time."""
    path = kept(desk_dir, b"help")
    (path.parent / "done").write_text("mine")
    with pytest.raises(MachineError, match="Putting away"):
        Arrivals(desk).retry(())
    (path.parent / "done").unlink()
    (done,) = Arrivals(desk).retry(())
    assert [outcome.action for outcome in done.outcomes] == ["deduped"]
