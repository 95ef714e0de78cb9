"""A way to a PostgreSQL server that tests can cut, slow down or stop, message by message."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SSL_REQUEST = 80877103
_GSS_REQUEST = 80877104


class Message(NamedTuple):
    """One message of the protocol.

    Args:
        number: how many of its way came before it, on all connections.
        to_server: which way it goes.
        kind: its letter; empty for the first ones of a connection, which have none.
        body: all of it, as it travels.
    """

    number: int
    to_server: bool
    kind: str
    body: bytes

    def holds(self, text: str) -> bool:
        """Whether a text is in it."""
        return text.encode() in self.body


def in_other_words(message: Message, words: Mapping[str, str], encoding: str = "utf-8") -> bytes:
    """An error as a server says it in another language: the same code, other words.

    `words` gives them by code, and how severe it is by `severity`; of other messages nothing changes.
    """
    if message.to_server or message.kind != "E":
        return message.body
    fields = {part[:1]: part[1:] for part in message.body[5:].split(b"\0") if part}
    code = fields[b"C"].decode()
    fields[b"S"] = words.get("severity", "FATAL").encode(encoding)
    fields[b"M"] = words.get(code, "unbekannt").encode(encoding)
    body = b"".join(name + value + b"\0" for name, value in fields.items()) + b"\0"
    return b"E" + struct.pack(">I", len(body) + 4) + body


Verdict: TypeAlias = str
"""`pass`, `before` (cut, and it does not arrive), `after` (it arrives, then cut) or `hold` (it never
arrives, and the connection stays)."""


class Proxy:
    """Listens on a port of its own and passes everything on to a server.

    Args:
        url: the server's, by socket or by port.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        folder = query.get("host", [""])[0]
        port = query["port"][0] if "port" in query else str(parts.port)
        self._to: str | tuple[str, int] = (
            f"{folder}/.s.PGSQL.{port}" if folder else (parts.hostname or "", int(port))
        )
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._passed = {True: 0, False: 0}
        self.judge: Callable[[Message], Verdict] = lambda _: "pass"
        self.reword: Callable[[Message], bytes] = lambda message: message.body
        self.seen: list[Message] = []
        self.connections = 0
        self.port = int(self._listener.getsockname()[1])
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        threading.Thread(target=self._accept, daemon=True).start()

    def judged(self, judge: Callable[[Message], Verdict]) -> None:
        """Have every message judged like this from now on, and counted anew."""
        with self._lock:
            self.judge, self.seen, self._passed = judge, [], {True: 0, False: 0}
            self.connections = 0

    def cut(self) -> None:
        """Cut all connections."""
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Be gone: nothing listens there any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            kind = socket.AF_UNIX if isinstance(self._to, str) else socket.AF_INET
            server = socket.socket(kind)
            try:
                server.connect(self._to)
            except OSError:
                client.close()
                continue
            for each in (client, server):
                if each.family == socket.AF_INET:  # a message that is held back costs 40 ms
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open |= {client, server}
            for ways in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=ways, daemon=True).start()

    def _pass_on(self, come: socket.socket, go: socket.socket, to_server: bool) -> None:
        with suppress(OSError):
            for kind, body in _messages(come, to_server=to_server):
                with self._lock:
                    message = Message(self._passed[to_server], to_server, kind, body)
                    self._passed[to_server] += 1
                    self.seen.append(message)
                    verdict = self.judge(message)
                if verdict == "hold":
                    continue
                if verdict != "before":
                    go.sendall(self.reword(message))
                if verdict != "pass":
                    break
        for each in (come, go):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
            self._open.discard(each)


def _messages(come: socket.socket, *, to_server: bool) -> Iterator[tuple[str, bytes]]:
    """The messages of one way, each with its letter."""
    stream = come.makefile("rb")
    is_begun = False
    while True:
        first = stream.read(1)
        if not first:
            return
        if to_server and not is_begun:
            size = first + stream.read(3)
            body = size + stream.read(struct.unpack(">I", size)[0] - 4)
            code = struct.unpack(">I", body[4:8])[0]
            is_begun = code not in (_SSL_REQUEST, _GSS_REQUEST)
            yield "", body
        elif not to_server and not is_begun and first in b"NSG":
            yield "", first  # whether there is encryption
        else:
            is_begun = True
            size = stream.read(4)
            yield first.decode(), first + size + stream.read(struct.unpack(">I", size)[0] - 4)


def at(number: int, verdict: Verdict, *, to_server: bool) -> Callable[[Message], Verdict]:
    """A judge that does this once, to the message of that number."""

    def judge(message: Message) -> Verdict:
        is_it = (message.number, message.to_server) == (number, to_server)
        return verdict if is_it else "pass"

    return judge


def where(text: str, verdict: Verdict, times: int = 1) -> Callable[[Message], Verdict]:
    """A judge that does this to the first so many messages to the server that hold a text."""
    left = [times]

    def judge(message: Message) -> Verdict:
        if not (message.to_server and message.holds(text) and left[0]):
            return "pass"
        left[0] -= 1
        return verdict

    return judge


def answer_to(text: str) -> Callable[[Message], Verdict]:
    """A judge that cuts once, when the server has done what a message says and before its answer."""
    state = [""]

    def judge(message: Message) -> Verdict:
        if message.to_server and message.holds(text) and not state[0]:
            state[0] = "asked"
        elif not message.to_server and state[0] == "asked" and message.kind == "C":
            state[0] = "cut"
            return "before"
        return "pass"

    return judge
