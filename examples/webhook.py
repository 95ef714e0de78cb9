#!/usr/bin/env python3
"""Takes in by HTTP what monitoring systems post, and hands it to `sdcli open -`.

    webhook.py --desk /srv/desk --token-file /etc/sdcli/webhook.token

Each POST is one run of `sdcli open -` with the body on its standard input; no shell is involved.
The sender proves itself with the token, as `Authorization: Bearer TOKEN` or, where it cannot send
headers, as the path: `http://127.0.0.1:8099/TOKEN`.

The answer is 200 only once sdcli has recorded or kept what came. It is 503 while the ledger is
busy and 500 if anything else is wrong, so that the sender sends it again. With `--sender-repeats`
nothing else is kept of what is refused; use it for senders that do, such as Alertmanager.

It speaks plain HTTP: keep it on loopback, and put a web server with TLS before it for others.
"""

from __future__ import annotations

import argparse
import hmac
import ipaddress
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORTEST_TOKEN = 16
_LONGEST_KEY = 200
_LOGGED_LINES = 20
_TAKEN_IN = (0, 8)
"""Exit codes of `sdcli open -` after which nothing needs to be sent again: recorded, or kept."""
_BUSY = 6
_PAUSE_S = 30
"""How long a sender may say nothing, and how long it is asked to wait when all are busy."""


class Settings(NamedTuple):
    """What the command line says: what is run, what a sender must know, and the limits."""

    run: tuple[str, ...]
    token: str
    most_bytes: int
    at_once: int
    seconds: float


class Answer(NamedTuple):
    """An HTTP status, a line for the sender, and what only the log is told."""

    status: int
    line: str
    log: str = ""


class Receiver(ThreadingHTTPServer):
    """The server: a thread a request, and no more than `at_once` runs of sdcli at a time."""

    daemon_threads = False  # what is being recorded when the server stops is finished first

    def __init__(self, address: tuple[str, int], settings: Settings) -> None:
        super().__init__(address, Handler)
        self.settings = settings
        self._places = threading.BoundedSemaphore(settings.at_once)

    def take_in(self, body: bytes, key: str) -> Answer:
        """Hand one body to sdcli; the answer follows from its exit code."""
        if not self._places.acquire(timeout=_PAUSE_S):
            return Answer(503, "too much at once; send it again")
        try:
            return self._run(body, key)
        finally:
            self._places.release()

    def _run(self, body: bytes, key: str) -> Answer:
        with_key = (f"--idempotency-key={key}",) if key else ()
        try:
            ran = subprocess.run(  # noqa: S603 - no shell; the key is one argument and cannot be an option
                (*self.settings.run, *with_key),
                input=body,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=self.settings.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Answer(503, "sdcli took too long; send it again")
        except OSError as error:
            return Answer(500, "sdcli cannot be run; send it again", str(error))
        said = ran.stdout.decode(errors="replace")
        if ran.returncode in _TAKEN_IN:
            return Answer(200, "taken in", said)
        status = 503 if ran.returncode == _BUSY else 500
        return Answer(status, f"not taken in (exit {ran.returncode}); send it again", said)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Receiver
    server_version = "sdcli-webhook"
    sys_version = ""
    timeout = _PAUSE_S

    def do_POST(self) -> None:
        """Take one body in."""
        answer = self._answer()
        try:
            self._send(answer)
        except OSError as error:  # it did not wait, and will send it again
            answer = answer._replace(log=f"the sender has gone: {error}\n{answer.log}")
        self._tell(answer)

    def _send(self, answer: Answer) -> None:
        self.close_connection = True
        content = f"{answer.line}\n".encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if answer.status == 503:  # noqa: PLR2004 - Service Unavailable
            self.send_header("Retry-After", str(_PAUSE_S))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self) -> Answer:
        settings = self.server.settings
        if settings.token and not self._knows(settings.token):
            return Answer(401, "the token is missing or wrong")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return Answer(411, "say Content-Length")
        if int(length) > settings.most_bytes:
            return Answer(413, f"larger than {settings.most_bytes} bytes")
        key = self.headers.get("Idempotency-Key", "").strip()
        if len(key) > _LONGEST_KEY or not key.isprintable():
            return Answer(400, f"Idempotency-Key: up to {_LONGEST_KEY} printable characters")
        try:
            body = self.rfile.read(int(length))
        except OSError:
            body = b""
        if len(body) != int(length):
            return Answer(400, "the body is shorter than Content-Length says")
        return self.server.take_in(body, key)

    def _knows(self, token: str) -> bool:
        """Whether the token is in the header or is the path."""
        kind, _, said = self.headers.get("Authorization", "").partition(" ")
        path = self.path.partition("?")[0].removeprefix("/")
        given = said.strip() if kind.casefold() == "bearer" else path
        return hmac.compare_digest(given.encode(errors="replace"), token.encode())

    def _tell(self, answer: Answer) -> None:
        """Log the request: the status and what sdcli said, never the path, which may be the token."""
        lines = [f"{self.client_address[0]}: {answer.status} {answer.line}"]
        lines += [f"  {line}" for line in answer.log.splitlines()[:_LOGGED_LINES]]
        shown = "".join(
            c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}"
            for c in "\n".join(lines)
        )
        sys.stderr.write(f"{shown}\n")
        sys.stderr.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: `_tell` does."""


def settings_of(argv: Sequence[str] | None) -> tuple[str, int, Settings]:
    """Where to listen, and the settings; leaves with a sentence if they make no sense."""
    parser = argparse.ArgumentParser(description="Hand what is posted to `sdcli open -`.")
    parser.add_argument("--desk", required=True, help="the directory of the desk")
    parser.add_argument("--token-file", help="a file that holds the senders' shared secret")
    parser.add_argument("--listen", default="127.0.0.1:8099", help="address:port; port 0: any")
    parser.add_argument("--sender-repeats", action="store_true", help="keep nothing that fails")
    parser.add_argument("--most-bytes", type=int, default=16_000_000, help="the largest body")
    parser.add_argument("--at-once", type=int, default=4, help="how many are taken in at a time")
    parser.add_argument("--seconds", type=float, default=120, help="how long sdcli may take")
    parser.add_argument("--sdcli", default="sdcli", help="the program")
    given = parser.parse_args(argv)
    host, _, port = given.listen.rpartition(":")
    if not port.isdigit() or not host:
        parser.error("--listen: write ADDRESS:PORT, such as 127.0.0.1:8099")
    if given.most_bytes < 1 or given.at_once < 1 or given.seconds <= 0:
        parser.error("--most-bytes, --at-once and --seconds are numbers above 0")
    token = _token(parser, given.token_file) if given.token_file else ""
    if not token and not _is_loopback(host):
        parser.error("--token-file is needed to listen anywhere but on loopback")
    once = ("--sender-repeats",) if given.sender_repeats else ()
    run = (given.sdcli, "open", "-", "--desk", given.desk, *once)
    return host, int(port), Settings(run, token, given.most_bytes, given.at_once, given.seconds)


def _token(parser: argparse.ArgumentParser, path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"--token-file {path}: {error}")
    if (
        len(token) < _SHORTEST_TOKEN
        or not (token.isascii() and token.isprintable())
        or " " in token
    ):
        parser.error(f"--token-file {path}: {_SHORTEST_TOKEN} letters and digits or more, one word")
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main(argv: Sequence[str] | None = None) -> int:
    """Listen until told to stop; what has been begun is finished first."""
    host, port, settings = settings_of(argv)
    with Receiver((host, port), settings) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        sys.stderr.write(f"Listening on {host}:{server.server_address[1]}\n")
        sys.stderr.flush()
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
