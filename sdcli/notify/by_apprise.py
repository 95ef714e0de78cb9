"""Sending through the apprise library: mail, SMS, chat, webhooks, by a URL (R5b.2).

The library logs what it does, URLs with it. Nothing of that reaches a terminal: it is listened to
for the reason of a failure, and what could be a secret is taken out.
"""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sdcli.intake.lines import one_line
from sdcli.intake.signs import LOOP

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it says of itself is nothing for whoever runs a desk
    import apprise
    from apprise.plugins.email import base as apprise_mail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.notify.message import Letter
    from sdcli.notify.secret import Secret

_mail: Any = apprise_mail
_LONGEST = 300
_CAUSES = re.compile(
    r"refused|timed out|unreachable|reset by peer|unexpectedly closed|name or service not known"
    r"|name resolution|certificate verify failed|\b[45]\d\d(?= |,)",
    re.IGNORECASE,
)
"""What a failure may tell of its cause, beyond what the library means to be read."""


def send(secret: Secret, letter: Letter, time_limit: int) -> str:
    """Send a letter; why it was not taken, or nothing.

    Raises:
        UnusableError: the URL names what is not known of the person.
    """
    url = secret.filled(letter.to.facts())
    with _listening() as heard, _mail_id(f"<{letter.id}>"):
        told = _sent(url, letter, time_limit)
    if told is None:
        return ""
    return secret.taken_out(one_line(told + _reason(heard)))[:_LONGEST]


def _sent(url: str, letter: Letter, time_limit: int) -> str | None:
    """None if it was taken; else what went wrong, to be followed by what the log says."""
    asset = apprise.AppriseAsset(
        app_id="sdcli",
        app_desc="sdcli",
        async_mode=False,
        interpret_emojis=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        service_timeout=time_limit,
    )
    plugin: Any = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if plugin is None:
        return "apprise can do nothing with the URL: "
    plugin.socket_connect_timeout = plugin.socket_read_timeout = float(time_limit)
    _addressed(plugin, letter)
    library = apprise.Apprise(asset=asset)
    library.add(plugin)
    try:
        result = library.notify(
            body=letter.body,
            title=letter.subject,
            body_format=apprise.NotifyFormat.TEXT,
            notify_type=apprise.NotifyType.WARNING,
            timeout=time_limit,
        )
    except Exception as error:  # noqa: BLE001 - a plugin may fail in any way
        return f"{type(error).__name__}: "
    if result.status is apprise.AppriseResultStatus.TIMEOUT:
        return f"it took longer than {time_limit} s: "
    return None if result else ""


def _addressed(plugin: Any, letter: Letter) -> None:
    """Say who wrote it, where a kind of message has headers: a machine, so nobody answers (T21)."""
    headers = getattr(plugin, "headers", None)
    if not isinstance(headers, dict):
        return
    if hasattr(plugin, "smtp_host"):
        plugin.notify_format = apprise.NotifyFormat.TEXT
        headers |= {
            "Auto-Submitted": "auto-generated",
            "Precedence": "bulk",
            "X-Auto-Response-Suppress": "All",
            LOOP: letter.desk_address,
        }
        if letter.answers:
            headers |= dict.fromkeys(("In-Reply-To", "References"), f"<{letter.answers}>")
    else:
        headers["Idempotency-Key"] = letter.id


@contextmanager
def _mail_id(message_id: str) -> Iterator[None]:
    """Have mails get this Message-ID; the library makes a new one for each and takes none."""
    before = _mail.make_msgid

    def make_msgid(*_: Any, **__: Any) -> str:
        return message_id

    _mail.make_msgid = make_msgid
    try:
        yield
    finally:
        _mail.make_msgid = before


class _Ear(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.heard.append((record.levelno, record.getMessage()))


@contextmanager
def _listening() -> Iterator[list[tuple[int, str]]]:
    """Keep what the library and those below it log; none of it is printed."""
    ear, logger, root = _Ear(), logging.getLogger("apprise"), logging.getLogger()
    before = logger.level, logger.propagate
    silent = logging.NullHandler()  # a logger without any handler prints to stderr
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(ear)
    root.addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield ear.heard
    finally:
        root.removeHandler(silent)
        logger.removeHandler(ear)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def _reason(heard: list[tuple[int, str]]) -> str:
    """The last thing that was said to be read, and what the log knows of the cause."""
    said = [text for level, text in heard if level >= logging.WARNING]
    causes = [match.group().lower() for _, text in heard for match in _CAUSES.finditer(text)]
    told = said[-1].rstrip(".") if said else "it was not taken"
    fresh = [each for each in dict.fromkeys(causes) if each not in told.lower()]
    return f"{told} ({', '.join(fresh)})" if fresh else told
