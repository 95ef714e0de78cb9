"""The files of procedures and standard changes: strict, with file and line, and apart from the rest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import DataFileError
from sdcli.lint import lint, remarks
from sdcli.policy.load import offered, read_questions
from sdcli.policy.read_procedures import read
from tests.conftest import NOW, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy
    from tests.conftest import JsonRunner, Runner

UNLOCK = "catalog/procedures/unlock-account.yaml"
EVENT = "catalog/changes/guest-wifi-event.yaml"


def _change(desk_dir: Path, file: str, old: str, new: str) -> int:
    """Put one text in the place of another; gives the line where that is."""
    path = desk_dir / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_every_procedure_of_the_starter_has_the_whole_template(policy: Policy) -> None:
    """Authorisation, prerequisites, licences, cost, two owners, expiry: in one template (R3b.2a)."""
    found = read(str(REPOSITORY), policy)

    assert not found.problems
    assert 5 <= len(found.procedures) <= 9
    for each in found.procedures.values():
        assert each.owner != each.second_owner
        assert each.expires > "2026-12-31"
        assert each.prerequisites
        assert each.describes
        assert each.takes.seconds or each.takes.business_days
        assert each.verification
    laptop = found.procedures["joiner-laptop"]
    assert laptop.authorisation is not None
    assert laptop.licences
    assert laptop.cost


def test_every_standard_change_cites_a_run_and_an_approval(policy: Policy) -> None:
    """A pre-filled request for change, instructions, a run that went well, an approval (R3c2.1a)."""
    found = read(str(REPOSITORY), policy).changes

    assert len(found) >= 2
    for each in found.values():
        assert each.rfc.category
        assert each.rfc.fields
        assert each.steps
        assert each.succeeded.reference
        assert each.approved.by
        assert each.succeeded.date <= each.approved.date
        assert each.done


MISTAKES = [
    (UNLOCK, "owner: identity\n", "owner: idenity\n", "no queue or technician `idenity`"),
    (UNLOCK, "services: [identity]", "services: [identitty]", "no service `identitty`"),
    (UNLOCK, "features: [identity/password]", "features: [identity/pin]", "no feature"),
    (UNLOCK, "second_owner:", "seconde_owner:", "did you mean `second_owner`?"),
    (UNLOCK, "takes: 15m", "takes: soon", "write working time as 30m"),
    (UNLOCK, 'expires: "2027-09-30"', 'expires: "30.9.2027"', "write a date"),
    (UNLOCK, "  step: 2", "  step: 9", "there is no step 9"),
    (UNLOCK, "  time_limit: 20s", "  time_limit: 20m", "nobody waits longer than 10m"),
    (UNLOCK, '"{user}"]', '"{passwd}"]', "`{passwd}` stands for nothing"),
    (UNLOCK, "command: [echo,", "command: ['{user}',", "begins with the program"),
    (UNLOCK, "command: [echo,", "command: [../../bin/sh,", "must be inside the desk"),
    (UNLOCK, "format: 1", "format: 2", "it must be 1"),
    (UNLOCK, "  identity-checked:", "  Identity Checked:", "small letters and dashes"),
    (EVENT, "  queues: [network]", "  queues: [netwrok]", "no queue `netwrok`"),
    (EVENT, 'date: "2025-06-02"', 'date: "2025-05-01"', "approved before it had succeeded"),
    (EVENT, "done: A phone", "donne: A phone", "no key `donne`"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each[2])
def test_a_mistake_is_told_with_its_line(
    mistake: tuple[str, str, str, str], desk_dir: Path, policy: Policy
) -> None:
    """What is wrong in a file is told with file and line (R3b.2a, R3c2.1a)."""
    file, old, new, message = mistake
    line = _change(desk_dir, file, old, new)

    told = [each for each in read(str(desk_dir), policy).problems if each.file == file]

    assert any(message in each.message for each in told), told
    assert any(each.line in (line, line + 1) or each.line == 1 for each in told)


def test_a_program_is_a_list_and_never_a_line_for_a_shell(desk_dir: Path) -> None:
    """`command` as one text is refused (R0.8)."""
    path = desk_dir / UNLOCK
    text = path.read_text(encoding="utf-8")
    at = text.index("  command: [")
    end = text.index("\n", at)
    path.write_text(f"{text[:at]}  command: passwd --unlock someone{text[end:]}", encoding="utf-8")

    with pytest.raises(DataFileError, match=r"`hook\.command` must be a list"):
        lint(str(desk_dir))


def test_two_files_with_one_id_are_wrong(desk_dir: Path) -> None:
    """An id names one thing, be it a procedure or a standard change (R3b.2a)."""
    _change(desk_dir, EVENT, "format: 1\n", "format: 1\nid: unlock-account\n")

    found = read(str(desk_dir))

    assert any("used by" in each.message for each in found.problems)
    assert "unlock-account" not in found.all


def test_an_approval_that_nobody_can_give_is_wrong(desk_dir: Path) -> None:
    """Where the catalog asks for approval, the procedure says who gives it (R3b.2)."""
    path = desk_dir / "catalog/procedures/software-licence.yaml"
    text = path.read_text(encoding="utf-8")
    at = text.index("authorisation:")
    path.write_text(text[:at] + text[text.index("licences:") :], encoding="utf-8")

    with pytest.raises(DataFileError, match="has no `authorisation`"):
        lint(str(desk_dir))


def test_what_has_expired_or_cannot_run_is_a_remark(desk_dir: Path, policy: Policy) -> None:
    """Lint names expired procedures, and programs that are not there (R3b.2a, R0.8)."""
    _change(desk_dir, UNLOCK, 'expires: "2027-09-30"', 'expires: "2026-11-01"')
    _change(desk_dir, UNLOCK, "command: [echo,", "command: [hooks/unlock,")
    questions = read_questions(str(desk_dir), policy)

    told = remarks(
        str(desk_dir), policy, questions, used_by=None, period="", now=int(NOW.timestamp())
    )

    said = [each.message for each in told if each.file == UNLOCK]
    assert any("expired on 2026-11-01" in each for each in said)
    assert any("hooks/unlock" in each for each in said)


def test_the_list_of_refused_changes_is_none_of_them(desk_dir: Path) -> None:
    """`catalog/changes/refused.yaml` is another file, whatever it holds (R3c2.1)."""
    (desk_dir / "catalog/changes/refused.yaml").write_text("anything: goes\n", encoding="utf-8")

    found = read(str(desk_dir))

    assert not found.problems
    assert "refused" not in found.all


def test_hostile_files_are_told_and_not_followed(desk_dir: Path) -> None:
    """A pipe, a link out of the desk, and a wrong ending neither hang nor lead anywhere (R3b.2a)."""
    folder = desk_dir / "catalog/procedures"
    os.mkfifo(folder / "pipe.yaml")
    (folder / "link.yaml").symlink_to("/etc/passwd")
    (folder / "short.yml").write_text("format: 1\n")

    told = {each.file.rpartition("/")[2]: each.message for each in read(str(desk_dir)).problems}

    assert "no plain file" in told["pipe.yaml"]
    assert "leads out of the desk" in told["link.yaml"]
    assert "rename it" in told["short.yml"]


def test_the_revision_is_what_is_followed_and_decided_on(desk_dir: Path) -> None:
    """Another step is another revision; another owner, date or line break is none (R3b.2)."""

    def revision() -> str:
        return read(str(desk_dir)).procedures["unlock-account"].revision

    before = revision()
    _change(desk_dir, UNLOCK, "owner: identity\n", "owner: security\n")
    _change(desk_dir, UNLOCK, 'expires: "2027-09-30"', 'expires: "2028-09-30"')
    _change(desk_dir, UNLOCK, "  - Unlock the account\n", "  - Unlock\n    the account\n")
    assert revision() == before

    _change(desk_dir, UNLOCK, "Set a first password", "Set a long first password")
    assert revision() != before


def test_a_cache_gives_way_to_changed_files(desk_dir: Path, tmp_path: Path) -> None:
    """What was kept is used only while every file is as it was (R3b.2a)."""
    cache = str(tmp_path / "offered")
    for path in desk_dir.glob("catalog/*/*.yaml"):
        os.utime(path, (1, 1))
    first = offered(str(desk_dir), cache)
    assert offered(str(desk_dir), cache) == first

    _change(desk_dir, UNLOCK, "Set a first password", "Set a long first password")
    again = offered(str(desk_dir), cache)

    revisions = [each.procedures["unlock-account"].revision for each in (first, again)]
    assert revisions[0] != revisions[1]
    (desk_dir / UNLOCK).unlink()
    assert "unlock-account" not in offered(str(desk_dir), cache).all


def test_a_wrong_file_hinders_no_other_procedure(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """One that cannot be read is told, and the others can be found and followed (R3b.1)."""
    _change(desk_dir, UNLOCK, "takes: 15m", "takes: soon")
    sd("open", "VPN", "--user", "ada", "--type", "fulfilment", "--service", "vpn")

    found = sd("search-kb", "vpn access", "--json", expect=8)
    assert "vpn-access" in found.stdout
    assert f"{UNLOCK}:" in found.stderr
    assert sdj("fulfil", "1", "vpn-access")["fulfilment"]["state"] == "running"
    wrong = sd("fulfil", "1", "unlock-account", "--json", expect=4)
    assert "follows vpn-access already" in wrong.stderr
    sd("fulfil", "1", "--abandon")
    assert f"{UNLOCK}:" in sd("fulfil", "1", "unlock-account", expect=5).stderr


def test_a_desk_without_the_folders_has_none(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """An old desk searches, shows and fulfils by articles as before (R3b.1)."""
    for path in (*desk_dir.glob("catalog/procedures/*"), *desk_dir.glob("catalog/changes/*")):
        path.unlink()
    (desk_dir / "catalog/procedures").rmdir()
    (desk_dir / "catalog/changes").rmdir()

    assert sdj("procedure", "list") == []
    assert sdj("search-kb", "shared mailbox")[0]["id"] == "KB-137"
    opened = ("--type", "fulfilment", "--service", "email", "--feature", "shared-mailbox")
    sd("open", "access to the shared mailbox", "--user", "ada", *opened)
    told = sdj("fulfil", "1")["fulfilment"]
    assert (told["procedure"], told["state"]) == ("KB-137", "running")
    assert told["estimate_s"] is None
