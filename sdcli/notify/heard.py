"""Why a message was not taken, in sentences of our own (R5b.2).

Libraries that send put their URL, or parts of it, into what they log and raise, masked or not. So
none of their words is passed on: what they log is listened to for numbers and for the class of an
error alone, and each has a sentence here.
"""

from __future__ import annotations

import errno
import logging
import smtplib
import socket
import ssl
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGGERS = ("apprise", "urllib3.connectionpool")
_ANSWERED = '%s://%s:%s "%s %s %s" %s %s'
"""How urllib3 logs an answer; the status is the seventh value."""
_STATUS = 6
_FAILED = 300
_DEEPEST = 20
NOT_TAKEN = "it was not taken"

for _name in _LOGGERS:  # without any handler a logger prints to stderr, even after a time limit
    logging.getLogger(_name).addHandler(logging.NullHandler())

_HUNG_UP = (smtplib.SMTPServerDisconnected, ConnectionResetError, BrokenPipeError)
_SENTENCES: dict[type[BaseException] | tuple[type[BaseException], ...], str] = {
    _HUNG_UP: "the server hung up",
    smtplib.SMTPNotSupportedError: "the server cannot do what the URL asks for",
    ssl.SSLCertVerificationError: "the certificate of the server cannot be verified",
    ssl.SSLError: "no secured connection could be made",
    TimeoutError: "the server did not answer in time: timed out",
    ConnectionRefusedError: "could not connect: the connection was refused",
    socket.gaierror: "could not connect: the name of the server is not known",
}
"""What is said by the class of an error; the first that fits."""


def sentence(error: BaseException) -> str:
    """What an error says of the cause, by its class and its numbers; its text is never told."""
    chain = list(_chain(error))
    known = filter(None, map(_known, chain))
    numbers = [each.errno for each in chain if isinstance(each, OSError) and each.errno]
    named = errno.errorcode.get(numbers[-1], "") if numbers else ""
    return next(known, "") or f"it failed ({named or type(error).__name__})"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from."""
    found: BaseException | None = error
    for _ in range(_DEEPEST):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__


def _known(error: BaseException) -> str:
    """What is said of an error of this class; nothing if it has no sentence."""
    if isinstance(error, smtplib.SMTPResponseException):
        what = "the login" if isinstance(error, smtplib.SMTPAuthenticationError) else "it"
        return f"the server refused {what} (SMTP code {int(error.smtp_code)})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({int(code) for code, _ in error.recipients.values()})
        return f"the server refused the recipient (SMTP code {', '.join(map(str, codes))})"
    if "Timeout" in type(error).__name__:  # those of libraries are not always Python's own
        return _SENTENCES[TimeoutError]
    return next((told for kind, told in _SENTENCES.items() if isinstance(error, kind)), "")


class _Ear(logging.Handler):
    """Keeps what the last cause was."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.reason = NOT_TAKEN

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what a line is about; the line itself is read by nobody."""
        error = sys.exc_info()[1]  # most is logged while an error is dealt with
        if error is not None:
            self.reason = sentence(error)
        elif record.msg == _ANSWERED and isinstance(record.args, tuple):
            status = record.args[_STATUS]
            if isinstance(status, int) and status >= _FAILED:
                self.reason = f"the server answered with HTTP status {status}"


@contextmanager
def listening() -> Iterator[_Ear]:
    """Listen to what is logged meanwhile; none of it is printed."""
    ear, root = _Ear(), logging.getLogger()
    silent = logging.NullHandler()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [each.level for each in loggers]
    root.addHandler(silent)
    for each in loggers:
        each.setLevel(logging.DEBUG)
        each.propagate = False
        each.addHandler(ear)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield ear
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.removeHandler(ear)
            each.setLevel(level)
        root.removeHandler(silent)
