"""The way to a server: its driver, its hosts, and connections that are made in time.

This is the only module that knows the driver. It never blocks in it: every wait has an end, and
an interrupt from the keyboard is heard meanwhile.
"""

from __future__ import annotations

import select
import sys
from contextlib import suppress
from functools import cached_property, partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from sdcli.errors import (
    LedgerAddressError,
    LedgerReadOnlyError,
    LedgerUnreachableError,
    MissingExtraError,
    SdcliError,
)
from sdcli.ledger.postgres import failures

if TYPE_CHECKING:
    from sdcli.ledger.postgres.address import Address

CONNECT_S = 5.0
"""Seconds that a host has for taking a connection, before the next one is tried."""

LEAST_S = 2.0
"""Seconds that it has in any case, however short a change may wait."""

_KEPT_ALIVE = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "fallback_application_name": "sdcli",
}
"""Said to the server unless the address says otherwise: a host that is gone is noticed."""

_STOP_S = 0.5
"""Seconds that a server has for hearing that a statement is not wanted any more, and for doing so."""


class Way:
    """The way to the hosts of an address.

    Args:
        address: where the ledger is.
        wait_s: seconds that a change may wait for the server or for a lock.
    """

    def __init__(self, address: Address, wait_s: float) -> None:
        self._address = address
        self._wait_s = wait_s

    @cached_property
    def _hosts(self) -> list[dict[str, str]]:
        """What the driver is told of each host; the one that answered last is the first."""
        return hosts_of(self._address, self._wait_s)

    @property
    def is_one(self) -> bool:
        """Whether there is one host alone, so that no other one can be the primary."""
        return len(self._hosts) == 1

    def is_open(self) -> bool:
        """Whether the server that answered last takes connections."""
        with suppress(SdcliError, TimeoutError):
            self._reach(self._hosts[0], CONNECT_S).close()
            return True
        return False

    def stop(self, pid: int) -> None:
        """Have the server stop what one of its processes does, if it hears that soon."""
        with suppress(SdcliError, TimeoutError, driver_of().Error):
            other = self._reach(self._hosts[0], limit_s=_STOP_S)
            try:
                with other.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
                    waiting(other, monotonic() + _STOP_S)
            finally:
                other.close()

    def reached(self, until: float) -> Any:
        """The driver's connection to the first host that takes it; a slow one is tried last.

        Raises:
            LedgerUnreachableError: none does; `again` if one of them may soon.
            SdcliError: one of them refuses, and would again.
        """
        failed: list[LedgerUnreachableError] = []
        for host in list(self._hosts):
            try:
                given_s = float(host.get("connect_timeout") or 0) or CONNECT_S
                raw = self._reach(host, min(given_s, max(LEAST_S, until - monotonic())))
            except LedgerUnreachableError as error:
                failed.append(error)
            except TimeoutError:
                self._hosts.remove(host)
                self._hosts.append(host)
                said = f"{self._where(host)}no connection was taken in time"
                failed.append(LedgerUnreachableError(self._address.shown, said, again=True))
            else:
                self._hosts.remove(host)
                self._hosts.insert(0, host)
                return raw
        said = "; ".join(dict.fromkeys(error.said for error in failed))
        is_read_only = all(isinstance(error, LedgerReadOnlyError) for error in failed)
        kind = LedgerReadOnlyError if is_read_only else LedgerUnreachableError
        raise kind(self._address.shown, said, again=any(error.again for error in failed))

    def _reach(self, host: dict[str, str], limit_s: float) -> Any:
        """The driver's connection to one host, if it is made in so many seconds.

        Raises:
            TimeoutError: it was not made in time.
            SdcliError: it was refused.
        """
        driver, raw = driver_of(), None
        try:
            raw = driver.connect(async_=True, **host)
            waiting(raw, monotonic() + limit_s)
        except driver.ProgrammingError as error:
            raise failures.unread(error, self._address) from None
        except (driver.Error, UnicodeDecodeError) as error:
            where, code_of = self._where(host), partial(_code_of, host, min(limit_s, LEAST_S))
            raise failures.not_connected(error, self._address, where, code_of) from None
        except BaseException:
            if raw is not None:
                raw.close()
            raise
        return raw

    def _where(self, host: dict[str, str]) -> str:
        """Which of several hosts it is, as the beginning of a sentence."""
        if len(self._hosts) == 1:
            return ""
        port = f":{host['port']}" if "port" in host else ""
        return f"{host.get('host') or host.get('hostaddr')}{port}: "


def hosts_of(address: Address, wait_s: float) -> list[dict[str, str]]:
    """What the driver is told to connect to each host of an address, in their order.

    Where there are several, the one is wanted that can be written to. No statement waits for a lock
    for longer than `wait_s`: what only reads meets one where somebody works on the tables.

    Raises:
        LedgerAddressError: it cannot be read.
    """
    driver = driver_of()
    try:
        given: dict[str, str] = driver.extensions.parse_dsn(address.url)
    except driver.Error as error:
        raise failures.unread(error, address) from None
    names = {name: given.pop(name).split(",") for name in _PLACES if given.get(name)}
    number = max((len(each) for name, each in names.items() if name != "port"), default=1)
    for name, each in names.items():
        if len(each) not in (1, number):
            reason = f"it names {number} hosts, and {len(each)} of `{name}`"
            raise LedgerAddressError(address.shown, reason)
    wait_ms = max(1, int(wait_s * 1000))
    own = f"-c search_path={address.schema} -c lock_timeout={wait_ms}"
    common = {**_KEPT_ALIVE, **given, "options": f"{given.get('options', '')} {own}".strip()}
    if number > 1:
        common.setdefault("target_session_attrs", "read-write")
    found = [
        common | {name: each[index if len(each) > 1 else 0] for name, each in names.items()}
        for index in range(number)
    ]
    if given.get("load_balance_hosts") == "random":
        from random import shuffle  # noqa: PLC0415 - few addresses

        shuffle(found)
    return [{name: value for name, value in each.items() if value} for each in found]


_PLACES = ("host", "hostaddr", "port")
"""What an address may name several of."""


def _code_of(host: dict[str, str], limit_s: float) -> str:
    """The code with which a server refuses a connection; it is asked once more to tell it.

    The driver never says it. So libpq, of which the driver has loaded one, is told to put it into
    its words.
    """
    from ctypes import CDLL, c_int, c_void_p  # noqa: PLC0415 - few servers speak another language

    driver, raw = driver_of(), None
    with suppress(OSError, AttributeError, TimeoutError):
        speak = CDLL(driver._psycopg.__file__).PQsetErrorVerbosity  # noqa: SLF001 - see above
        speak.argtypes = c_void_p, c_int
        try:
            raw = driver.connect(async_=True, **host)
            speak(raw.pgconn_ptr, _AT_LENGTH)
            waiting(raw, monotonic() + limit_s)
        except (driver.Error, UnicodeDecodeError) as error:
            return failures.code_in(error)
        finally:
            if raw is not None:
                raw.close()
    return ""


_AT_LENGTH = 2
"""libpq's PQERRORS_VERBOSE."""


def driver_of() -> Any:
    """The driver, loaded now.

    Raises:
        MissingExtraError: it is not installed.
    """
    if "psycopg2" not in sys.modules:
        _load()
    try:
        import psycopg2  # noqa: PLC0415 - who needs no server needs none
        import psycopg2.extensions  # noqa: PLC0415
    except ImportError:
        what = "A ledger on a PostgreSQL server"
        raise MissingExtraError(what, "psycopg2", "postgresql") from None
    return psycopg2


def _load() -> None:
    """Import the driver, without what it imports beside and has no need of.

    It looks for Python's `ssl` so that the two set up OpenSSL once; no OpenSSL since 1.1 is set up
    by its callers. That import is a third of what the driver costs.
    """
    from _thread import _count  # noqa: PLC0415 - as little as can be is imported at the start

    if "ssl" in sys.modules or _count():  # a thread might need it meanwhile
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]  # there is none, that says
    try:
        with suppress(ImportError):
            import psycopg2  # noqa: F401, PLC0415 - who needs no server needs none
    finally:
        del sys.modules["ssl"]


def waiting(raw: Any, until: float) -> None:
    """Wait for an answer until then, by `monotonic`; an interrupt is heard meanwhile.

    Raises:
        TimeoutError: there was none in time.
    """
    wanted = {1: select.POLLIN, 2: select.POLLOUT}
    while state := raw.poll():
        left_s = until - monotonic()
        ready = select.poll()  # anew each time: while connecting, it may be another socket
        ready.register(raw.fileno(), wanted[state])
        if left_s <= 0 or not ready.poll(left_s * 1000):
            raise TimeoutError
