"""The receiver of `examples/webhook.py`, as a real process on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.conftest import REPOSITORY
from tests.homes import storage_in, tickets_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.tickets.ticket import Ticket
    from tests.homes import Storage

PROGRAM = REPOSITORY / "examples" / "webhook.py"
TOKEN = "a-word-of-the-tests-0123456789"  # noqa: S105 - it guards nothing
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


class Receiver(NamedTuple):
    """A running receiver: its process, its port, its desk."""

    process: subprocess.Popen[str]
    port: int
    desk: Path

    def post(
        self, body: bytes | str, path: str = "/", headers: dict[str, str] = WITH_TOKEN
    ) -> tuple[int, str]:
        """Post a body; the status and the text of the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        raw = body.encode() if isinstance(body, str) else body
        connection.request("POST", path, raw, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def tickets(self) -> list[Ticket]:
        """All tickets of the desk, in their order."""
        return tickets_of(storage_in(self.desk))

    def stop(self) -> str:
        """Ask it to stop; what it has logged."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=60)[1]


@contextmanager
def receiving(desk: Path, *options: str, lock_wait: str = "30") -> Iterator[Receiver]:
    """A receiver on a free port of loopback, with a token."""
    (desk.parent / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    programs = str(Path(sys.executable).parent)
    named = ("--desk", str(desk), "--token-file", str(desk.parent / "token"))
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(desk.parent),
        "SDCLI_USER": "monitoring",
        "SDCLI_LOCK_WAIT": lock_wait,
    }
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), *named, "--listen", "127.0.0.1:0", *options],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        port = int(process.stderr.readline().rpartition(":")[2])
        yield Receiver(process, port, desk)
    finally:
        process.kill()
        process.communicate()


def firing(name: str, status: str = "firing") -> str:
    """An Alertmanager document of one alert."""
    alert = {"status": status, "labels": {"alertname": name, "instance": "fs1:9100"}}
    return json.dumps({"version": "4", "receiver": "desk", "status": status, "alerts": [alert]})


def test_an_alert_opens_is_counted_and_recovers(desk_dir: Path) -> None:
    """Firing opens one ticket, firing again counts there, and the recovery is noted there."""
    with receiving(desk_dir) as receiver:
        said = [
            receiver.post(firing("DiskFull", each)) for each in ("firing", "firing", "resolved")
        ]
        (ticket,) = receiver.tickets()
        log = receiver.stop()

    assert said == [(200, "taken in\n")] * 3
    assert ticket.alert_count == 2
    assert [event.__struct_config__.tag for event in ticket.events] == [
        "opened",
        "repeated",
        "recovered",
    ]
    assert "SD-1 created" in log
    assert "SD-1 resumed" in log


def test_many_at_once_leave_one_ticket(desk_dir: Path) -> None:
    """Twelve senders with the same alert leave one ticket with count twelve (T17)."""
    said: list[int] = []
    with receiving(desk_dir, "--at-once", "3") as receiver:
        senders = [
            threading.Thread(target=lambda: said.append(receiver.post(firing("DiskFull"))[0]))
            for _ in range(12)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        (ticket,) = receiver.tickets()

    assert (said, ticket.alert_count) == ([200] * 12, 12)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/", {"Authorization": "Bearer wrong"}),
        ("/", {"Authorization": f"Basic {TOKEN}x"}),
        (f"/{TOKEN}x", {}),
        (f"/{TOKEN}", {"Authorization": "Bearer wrong"}),
    ],
)
def test_without_the_token_nothing_is_taken(
    desk_dir: Path, path: str, headers: dict[str, str]
) -> None:
    """A missing or wrong token is refused, and no ticket is opened."""
    with receiving(desk_dir) as receiver:
        status, _ = receiver.post(firing("DiskFull"), path, headers)

    assert (status, (desk_dir / "ledger").exists()) == (401, False)


def test_the_token_may_be_the_path_and_is_not_logged(desk_dir: Path) -> None:
    """A sender without headers puts the token into the path; the log does not hold it."""
    with receiving(desk_dir) as receiver:
        status, _ = receiver.post(firing("DiskFull"), f"/{TOKEN}?a=1", {})
        log = receiver.stop()

    assert status == 200
    assert TOKEN not in log


def test_what_cannot_be_read_is_kept_and_need_not_come_again(desk_dir: Path) -> None:
    """The answer to what sdcli keeps is 200, and the bytes are in the quarantine."""
    with receiving(desk_dir, "--sender-repeats") as receiver:
        status, _ = receiver.post(b"\xff\xfe\xfd")

    (kept,) = (desk_dir / "ledger" / "quarantine").glob("*.raw")
    assert (status, kept.read_bytes()) == (200, b"\xff\xfe\xfd")


@pytest.mark.parametrize("options", [("--sender-repeats",), ()])
def test_while_the_ledger_is_busy_it_is_sent_again(
    desk_dir: Path, options: tuple[str, ...], storage: Storage
) -> None:
    """A busy ledger is answered with 503, and the same body is taken in afterwards.

    Only a sender that does not repeat needs a copy kept.
    """
    with receiving(desk_dir, *options, lock_wait="0") as receiver:
        with storage.held():
            busy = receiver.post(firing("DiskFull"))
        after = receiver.post(firing("DiskFull"))
        (ticket,) = receiver.tickets()

    kept = list((desk_dir / "ledger").glob("quarantine/*.raw"))
    assert busy == (503, "not taken in (exit 6); send it again\n")
    assert (after[0], ticket.alert_count, len(kept)) == (200, 1, 0 if options else 1)


def test_a_wrong_file_of_the_desk_is_not_the_senders_fault(desk_dir: Path) -> None:
    """Exit 5 is answered with 500; the sender is told no details, the log has file and line."""
    (desk_dir / "catalog" / "intake.yaml").write_text("format: 2\n", encoding="utf-8")
    with receiving(desk_dir) as receiver:
        said = receiver.post(firing("DiskFull"))
        log = receiver.stop()

    assert said == (500, "not taken in (exit 5); send it again\n")
    assert "catalog/intake.yaml:1" in log


def test_a_missing_program_is_told(desk_dir: Path) -> None:
    """If sdcli cannot be run, the sender keeps what it has."""
    with receiving(desk_dir, "--sdcli", "/nonexistent/sdcli") as receiver:
        assert receiver.post(firing("DiskFull")) == (500, "sdcli cannot be run; send it again\n")


def test_a_hanging_program_is_ended(desk_dir: Path) -> None:
    """If sdcli does not end in time, it is ended and the sender repeats."""
    slow = desk_dir.parent / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    slow.chmod(0o755)
    with receiving(desk_dir, "--sdcli", str(slow), "--seconds", "0.05") as receiver:
        assert receiver.post(firing("DiskFull")) == (503, "sdcli took too long; send it again\n")


def test_a_key_of_the_sender_makes_a_repetition_harmless(desk_dir: Path) -> None:
    """The same request under the same Idempotency-Key is recorded once."""
    headers = {**WITH_TOKEN, "Idempotency-Key": "--desk=elsewhere"}
    with receiving(desk_dir) as receiver:
        said = [receiver.post('{"summary": "The lift stands"}', "/", headers) for _ in range(2)]
        (ticket,) = receiver.tickets()

    assert [status for status, _ in said] == [200, 200]
    assert ticket.opening.idempotency_key == "--desk=elsewhere"


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        ("Content-Length: 1001", b"x" * 1001, 413),
        ("Content-Length: 99999999999999999999", b"", 413),
        ("Transfer-Encoding: chunked", b"1\r\nx\r\n0\r\n\r\n", 411),
        ("Content-Length: -1", b"", 411),
        ("Content-Length: ten", b"", 411),
        ("Content-Length: 9", b'{"a"', 400),
        (f"Content-Length: 2\r\nIdempotency-Key: {'k' * 201}", b"{}", 400),
        ("Content-Length: 2\r\nIdempotency-Key: a\tb", b"{}", 400),
    ],
)
def test_odd_requests_are_refused(desk_dir: Path, head: str, body: bytes, status: int) -> None:
    """What is too long, cut short or not measured is refused, and nothing is recorded."""
    request = f"POST / HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n{head}\r\n\r\n".encode() + body
    with (
        receiving(desk_dir, "--most-bytes", "1000") as receiver,
        socket.create_connection(("127.0.0.1", receiver.port), timeout=60) as line,
    ):
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        first = line.makefile("rb").readline()

    assert first.split()[1] == str(status).encode()
    assert not (desk_dir / "ledger").exists()


def telling(folder: Path) -> tuple[Path, Path]:
    """A program that tells when it has begun and then is sdcli, and the pipe that it tells."""
    program, began = folder / "telling", folder / "began"
    os.mkfifo(began)
    program.write_text(f'#!/bin/sh\necho begun >{began}\nexec sdcli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program, began


def test_a_sender_that_does_not_wait_is_told_in_the_log(desk_dir: Path, storage: Storage) -> None:
    """A sender that goes before the answer leaves no traceback; what it sent is recorded."""
    program, began = telling(desk_dir.parent)
    body = firing("DiskFull")
    head = f"Authorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}"
    with receiving(desk_dir, "--sdcli", str(program)) as receiver:
        with storage.held():
            line = socket.create_connection(("127.0.0.1", receiver.port), timeout=60)
            line.sendall(f"POST / HTTP/1.1\r\n{head}\r\n\r\n{body}".encode())
            began.read_text(encoding="ascii")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()  # with a reset
        log = receiver.stop()

        assert len(receiver.tickets()) == 1
    assert "the sender has gone" in log
    assert "Traceback" not in log


def test_what_was_begun_is_finished_when_it_stops(desk_dir: Path, storage: Storage) -> None:
    """Told to stop while sdcli runs, it answers that request, records it, and leaves with 0."""
    program, began = telling(desk_dir.parent)
    said: list[Any] = []
    with receiving(desk_dir, "--sdcli", str(program)) as receiver:
        with storage.held():
            sender = threading.Thread(target=lambda: said.append(receiver.post(firing("DiskFull"))))
            sender.start()
            began.read_text(encoding="ascii")
            receiver.process.send_signal(signal.SIGTERM)
        sender.join()
        receiver.process.communicate(timeout=60)

        assert (said, receiver.process.returncode) == ([(200, "taken in\n")], 0)
        assert len(receiver.tickets()) == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--listen", "0.0.0.0:0"),
        ("--listen", "8099"),
        ("--token-file", "/nonexistent/token"),
        ("--token-file", os.devnull),
        ("--most-bytes", "0"),
    ],
)
def test_it_does_not_start_unsafe_or_wrong(desk_dir: Path, options: tuple[str, ...]) -> None:
    """Without a token it serves loopback only; what makes no sense is told, with exit 2."""
    ran = subprocess.run(
        [sys.executable, str(PROGRAM), "--desk", str(desk_dir), *options],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, options[0] in ran.stderr) == (2, True)
