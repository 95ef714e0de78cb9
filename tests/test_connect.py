"""How other systems are connected: the page holds what is so, and its scripts and examples run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml

from sdcli.intake.outcome import Action
from tests.conftest import REPOSITORY
from tests.homes import storage_in, tickets_of
from tools.intake_page import PAGE, generated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sdcli.tickets.ticket import Ticket
    from tests.homes import Storage

TEXT = PAGE.read_text(encoding="utf-8")
MAIL = b"From: Ada <ada@example.com>\nTo: desk@example.com\nSubject: The VPN drops\nMessage-ID: <1@example.com>\n\nOften.\n"
PROBLEM = {
    "NAGIOS_NOTIFICATIONTYPE": "PROBLEM",
    "NAGIOS_HOSTNAME": "mx1",
    "NAGIOS_HOSTSTATE": "UP",
    "NAGIOS_SERVICEDESC": "Mail queue",
    "NAGIOS_SERVICESTATE": "CRITICAL",
    "NAGIOS_SERVICEOUTPUT": "12 $(id) `id` mails",
    "NAGIOS_LONGSERVICEOUTPUT": "first\nNAGIOS_HOSTNAME=forged",
}
OTHER = {"ACCESS_CODE": "hidden"}
ICINGA = {
    "NOTIFICATIONTYPE": "PROBLEM",
    "HOSTNAME": "web1",
    "HOSTSTATE": "UP",
    "SERVICEDESC": "http",
    "SERVICESTATE": "CRITICAL",
    "ENVIRONMENT": "production",
}


def test_the_generated_parts_are_as_they_should_be() -> None:
    """Transcripts, quoted files, rules and formats of the page are what `make docs` writes."""
    assert generated(TEXT) == TEXT


def test_every_action_and_every_key_of_the_rules_is_explained() -> None:
    """The page has a row for each action of `open` and each key of catalog/intake.yaml."""
    rules = yaml.safe_load((REPOSITORY / "catalog" / "intake.yaml").read_text(encoding="utf-8"))
    del rules["format"]
    rows = set(re.findall(r"^\| `([^`]+)` \|", TEXT, re.MULTILINE))

    assert {*get_args(Action), *_paths(rules)} <= rows


def _paths(values: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def test_links_to_sections_lead_somewhere() -> None:
    """Every link within the page names a heading of it."""
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {
        re.sub(r"[^\w -]", "", each).strip().replace(" ", "-").casefold() for each in headings
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def example(name: str) -> str:
    """The block below a mark of the page."""
    found = re.search(
        rf"<!-- example {name} -->\n```\w*\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE
    )
    assert found
    return found[1]


def here(text: str, desk: Path) -> str:
    """A script of the page, with the program and the desk of the test."""
    program = f"{sys.executable} -m sdcli"
    return text.replace("/usr/local/bin/sdcli --", f"{program} --").replace("/srv/desk", str(desk))


def run(
    script: str, desk: Path, given: bytes | dict[str, str] = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script with this standard input, or with this in its environment."""
    variables, stdin = (given, b"") if isinstance(given, dict) else ({}, given)
    environment = {**surroundings(desk), **variables}
    shell = ["sh", "-c", here(script, desk)]
    return subprocess.run(shell, input=stdin, env=environment, capture_output=True, check=False)


def surroundings(desk: Path) -> dict[str, str]:
    """The environment of a script that finds the `sdcli` of these tests and waits for no lock."""
    own = {"PATH": os.environ["PATH"], "HOME": str(desk.parent), "SDCLI_LOCK_WAIT": "0"}
    given = os.environ.get("PYTHONPATH")
    return {**own, "PYTHONPATH": given} if given else own


def tickets(desk: Path) -> list[Ticket]:
    """All tickets of the desk."""
    return tickets_of(storage_in(desk))


def script(name: str) -> str:
    """A script of `examples/`."""
    return (REPOSITORY / "examples" / name).read_text(encoding="utf-8")


def kept(desk: Path) -> list[Path]:
    """What is in the quarantine."""
    return list((desk / "ledger").glob("quarantine/*.raw"))


def test_a_mail_is_taken_in_once(desk_dir: Path) -> None:
    """The mail script leaves with 0, and the same mail again changes nothing."""
    ran = [run(script("from-mail.sh"), desk_dir, MAIL).returncode for _ in range(2)]

    assert (ran, [each.summary for each in tickets(desk_dir)]) == ([0, 0], ["The VPN drops"])


def test_a_mail_waits_while_the_ledger_is_busy(desk_dir: Path, storage: Storage) -> None:
    """A busy ledger is `later` to a mail system, no copy is kept, and the next try succeeds."""
    with storage.held():
        busy = run(script("from-mail.sh"), desk_dir, MAIL)
    after = run(script("from-mail.sh"), desk_dir, MAIL)

    assert (busy.returncode, after.returncode, kept(desk_dir)) == (75, 0, [])
    assert len(tickets(desk_dir)) == 1


def test_a_mail_waits_until_the_desk_is_mended(desk_dir: Path, storage: Storage) -> None:
    """A wrong file, a damaged ledger, no desk and no program are all `later`; nothing bounces."""
    rules = desk_dir / "catalog" / "intake.yaml"
    sound = rules.read_text(encoding="utf-8")
    rules.write_text("format: 2\n", encoding="utf-8")
    wrong = run(script("from-mail.sh"), desk_dir, MAIL)
    rules.write_text(sound, encoding="utf-8")
    no_desk = run(script("from-mail.sh"), desk_dir / "elsewhere", MAIL)
    no_program = run(
        script("from-mail.sh").replace("/usr/local/bin", "/nonexistent"), desk_dir, MAIL
    )
    run(script("from-mail.sh"), desk_dir, MAIL)
    storage.damage()
    broken = run(script("from-mail.sh"), desk_dir, MAIL)

    assert [each.returncode for each in (wrong, no_desk, no_program, broken)] == [75] * 4
    assert b"damaged" in broken.stderr
    assert kept(desk_dir) == []


def test_a_mail_that_is_kept_does_not_come_again(desk_dir: Path) -> None:
    """A mail over the limit is in the quarantine, and the mail system is done with it."""
    rules = desk_dir / "catalog" / "intake.yaml"
    text = rules.read_text(encoding="utf-8").replace("mail: 40 MB", "mail: 1 kB")
    rules.write_text(text, encoding="utf-8")
    large = MAIL + b"x\n" * 1000
    ran = run(script("from-mail.sh"), desk_dir, large)

    assert (ran.returncode, [each.read_bytes() for each in kept(desk_dir)]) == (0, [large])


@pytest.mark.skipif(not shutil.which("procmail"), reason="procmail is not installed")
def test_procmail_gives_a_mail_back_while_the_ledger_is_busy(
    desk_dir: Path, storage: Storage
) -> None:
    """The recipe delivers to the desk, or leaves with 75 and puts the mail nowhere."""
    program, rules = desk_dir.parent / "from-mail", desk_dir.parent / "procmailrc"
    exports = "".join(f"export {name}='{to}'\n" for name, to in surroundings(desk_dir).items())
    body = here(script("from-mail.sh"), desk_dir)  # procmail hands no environment on
    program.write_text(f"#!/bin/sh\n{exports}{body}", encoding="utf-8")
    program.chmod(0o755)
    recipe = example("procmail").replace("/usr/local/bin/sdcli-from-mail", str(program))
    rules.write_text(f"DEFAULT={desk_dir.parent}/inbox\n{recipe}", encoding="utf-8")
    with storage.held():
        busy = run(f"procmail -m {rules}", desk_dir, MAIL)
    after = run(f"procmail -m {rules}", desk_dir, MAIL)

    assert (busy.returncode, after.returncode, len(tickets(desk_dir))) == (75, 0, 1)
    assert not (desk_dir.parent / "inbox").exists()


def test_the_environment_of_nagios(desk_dir: Path) -> None:
    """A problem opens a ticket, its recovery is noted there, and nothing else is kept of it."""
    over = {"NAGIOS_NOTIFICATIONTYPE": "RECOVERY", "NAGIOS_SERVICESTATE": "OK"}
    first = run(script("from-nagios.sh"), desk_dir, PROBLEM | OTHER)
    second = run(script("from-nagios.sh"), desk_dir, PROBLEM | over)
    (ticket,) = tickets(desk_dir)

    assert (first.returncode, second.returncode) == (0, 0)
    assert (ticket.key, ticket.alert_count) == ("nagios:-:mx1/Mail queue", 1)
    assert ticket.service_restored_at
    assert "hidden" not in str(ticket.opening.payload)


def test_nagios_without_its_environment_gives_the_same_key(desk_dir: Path) -> None:
    """The command that writes the macros out is the same alert, and no macro reaches the shell."""
    (command,) = re.findall(r"command_line +(.*)", example("nagios-printf"))
    macros = {name.removeprefix("NAGIOS_"): value for name, value in PROBLEM.items()}

    def value_of(match: re.Match[str]) -> str:
        return re.sub(r"[`~$&|'\"<>]", "", macros.get(match[1], ""))  # as Nagios does

    written = run(re.sub(r"\$([A-Z]+)\$", value_of, command), desk_dir)
    run(script("from-nagios.sh"), desk_dir, PROBLEM)
    (ticket,) = tickets(desk_dir)

    assert (written.returncode, ticket.alert_count) == (0, 2)
    assert "12 (id) id mails" in str(ticket.opening.payload)


def test_the_environment_of_icinga(desk_dir: Path) -> None:
    """A problem opens a ticket, its recovery is noted there, and nothing else is kept of it."""
    shutil.copy(REPOSITORY / "catalog" / "intake" / "icinga.yaml", desk_dir / "catalog" / "intake")
    over = {"NOTIFICATIONTYPE": "RECOVERY", "SERVICESTATE": "OK"}
    first = run(script("from-icinga.sh"), desk_dir, ICINGA | OTHER)
    second = run(script("from-icinga.sh"), desk_dir, ICINGA | over)
    (ticket,) = tickets(desk_dir)

    assert (first.returncode, second.returncode) == (0, 0)
    assert (ticket.key, ticket.alert_count) == ("icinga:production:web1/http", 1)
    assert ticket.service_restored_at
    assert "hidden" not in str(ticket.opening.payload)


def test_what_will_be_sent_again_is_not_kept(desk_dir: Path) -> None:
    """Of an input that fails a copy is kept, unless its sender repeats."""
    (desk_dir / "catalog" / "intake.yaml").write_text("format: 2\n", encoding="utf-8")
    repeats = run("/usr/local/bin/sdcli --desk /srv/desk open - --sender-repeats", desk_dir, b"x")
    none = kept(desk_dir)
    once = run("/usr/local/bin/sdcli --desk /srv/desk open -", desk_dir, b"x")

    assert (repeats.returncode, none) == (5, [])
    assert (once.returncode, [each.read_bytes() for each in kept(desk_dir)]) == (5, [b"x"])


@pytest.mark.skipif(not shutil.which("amtool"), reason="amtool is not installed")
def test_alertmanager_takes_its_configuration(tmp_path: Path) -> None:
    """The program itself finds nothing wrong with the example."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(example("alertmanager"), encoding="utf-8")
    ran = subprocess.run(["amtool", "check-config", path], capture_output=True, check=False)

    assert ran.returncode == 0, ran.stderr
