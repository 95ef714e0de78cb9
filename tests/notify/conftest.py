"""Servers on loopback that alerts are sent to, and a desk with routes that lead to them."""

from __future__ import annotations

import json
import threading
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from tests.conftest import Runner

UNTOLD = "s3cr3t-t0ken-5f2a"
OPENED, WARNED, BROKEN = "2026-11-23T10:00:00Z", "2026-11-23T11:45:00Z", "2026-11-23T12:00:01Z"
"""When SD-1 is opened, when its first warning has been passed, and when its response is late."""


class _OnAnyPort(Controller):
    """A controller that knows the port it was given."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailServer:
    """A real SMTP server; `refuse` holds what it answers to the next mails instead of taking them."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse: list[str] = []
        self._controller = _OnAnyPort(self, hostname="127.0.0.1", port=0)
        self._controller.start()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - so the library calls it
        """Take a mail, or answer as told."""
        if self.refuse:
            return self.refuse.pop(0)
        self.recipients += envelope.rcpt_tos
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    @property
    def url(self) -> str:
        """The URL of a route for it, with a secret in it that the server does not need."""
        return f"mailto://127.0.0.1:{self._controller.port}/?from=desk@example.org&name={UNTOLD}&to={{mail}}"

    def stop(self) -> None:
        """Take no more."""
        if not self._controller.loop.is_closed():
            self._controller.stop()


@pytest.fixture(name="mail_server")
def _mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


class Receiver:
    """A real HTTP server; `answers` are the codes of its next answers, 200 after them.

    `hold`: it is called before each answer.
    """

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answers: list[int] = []
        self.hold: Callable[[], object] = lambda: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                told = json.loads(self.rfile.read(length))
                outer.hold()
                code = outer.answers.pop(0) if outer.answers else 200
                if code == 200:
                    outer.got.append(told)
                    outer.keys.append(self.headers["Idempotency-Key"])
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        """The URL of a route for it, with a secret in its path and its password."""
        return f"json://hook:{UNTOLD}@127.0.0.1:{self._server.server_port}/in/{UNTOLD}/x"

    def stop(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture(name="servers")
def _servers(mail_server: MailServer, receiver: Receiver) -> tuple[MailServer, Receiver]:
    return mail_server, receiver


@pytest.fixture(name="with_routes")
def _with_routes(desk_dir: Path) -> Callable[..., None]:
    """Gives the desk routes, as YAML, and says which kinds of alerts they take."""

    def give(routes: str, **deliver: Any) -> None:
        policies = desk_dir / "sla_policies.yaml"
        kept = policies.read_text(encoding="utf-8").split("\n# routes of the test")[0]
        takes = json.dumps({name: list(value) for name, value in deliver.items()})
        lines = "\n".join(f"  {line}" for line in routes.strip().splitlines())
        policies.write_text(
            f"{kept}\n# routes of the test\n  deliver: {takes}\nroutes:\n{lines}\n",
            encoding="utf-8",
        )

    return give


@pytest.fixture(name="owing")
def _owing(sd: Runner) -> Callable[..., None]:
    """Opens SD-1 and has its warning said, or its breach, without bringing it to anybody."""

    def bring(until: str = WARNED, *, summary: str = "VPN drops") -> None:
        sd("open", summary, "--user", "ada", "--type", "incident", "--service", "vpn", at=OPENED)
        sd("assign", "SD-1", "--to", "greta", "--queue", "network", at=OPENED)
        sd("sla-check", "--no-deliver", at=until)

    return bring
