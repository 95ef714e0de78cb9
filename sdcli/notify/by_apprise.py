"""Sending through the apprise library: mail, SMS, chat, webhooks, by a URL (R5b.2).

The library puts URLs into what it says and raises. None of its words is passed on: see `heard`.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sdcli.intake.signs import LOOP
from sdcli.notify.heard import listening, sentence

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it says of itself is nothing for whoever runs a desk
    import apprise
    from apprise import plugins as apprise_plugins
    from apprise.plugins.email import base as apprise_mail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.notify.message import Letter
    from sdcli.notify.secret import Secret

_mail: Any = apprise_mail
_kinds: Any = apprise_plugins


def send(secret: Secret, letter: Letter, time_limit: int) -> str:
    """Send a letter; why it was not taken, or nothing.

    Raises:
        UnusableError: the URL names what is not known of the person.
    """
    url = secret.filled(letter.to.facts())
    with listening() as ear, _mail_id(f"<{letter.id}>"):
        told = _sent(url, letter, time_limit)
        return ear.reason if told is None else told


def _sent(url: str, letter: Letter, time_limit: int) -> str | None:
    """Why it was not taken; nothing if it was, None if the library has logged why."""
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
        return _unusable(url)
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
        return sentence(error)
    if result.status is apprise.AppriseResultStatus.TIMEOUT:
        return f"it took longer than {time_limit} s"
    return "" if result else None


def _unusable(url: str) -> str:
    """Why the library makes nothing of a URL."""
    kind = url.partition(":")[0].casefold()
    if kind not in _kinds.NotificationManager():
        return "apprise does not know this kind of URL"
    return "the URL cannot be read: what its kind needs is missing or misspelt"


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
