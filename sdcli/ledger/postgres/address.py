"""Where a ledger on a server is: a URL as libpq reads it, and the schema in that database."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from sdcli.errors import LedgerAddressError

SCHEMES = ("postgresql", "postgres")
SCHEMA = "sdcli"
"""The schema of a ledger whose address names none."""

_PORT = re.compile(r":([^\]:,]*)(?=,|$)")
_PORTS = range(1, 1 << 16)
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,47}")


class Address(NamedTuple):
    """Where a ledger is.

    Args:
        url: what libpq is given: hosts, database, user and all its own parameters.
        schema: the schema that holds the ledger.
        shown: the same for people: without a password, with the schema.
    """

    url: str
    schema: str
    shown: str


def address(text: str) -> Address:
    """The address that a person wrote: `postgresql://[user@]host[,host]/database[?schema=NAME&…]`.

    Raises:
        LedgerAddressError: it is no such address.
    """
    try:
        parts = urlsplit(text)
        given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise LedgerAddressError(_unread(text), str(error)) from None
    if parts.scheme not in SCHEMES:
        raise LedgerAddressError(_unread(text), "it does not begin with postgresql://")
    ports = [
        *_PORT.findall(parts.netloc.rpartition("@")[2]),
        *dict(given).get("port", "").split(","),
    ]
    if wrong := next((port for port in ports if port and not _is_port(port)), ""):
        raise LedgerAddressError(_unread(text), f"{wrong} is no port")
    schema = dict(given).get("schema", SCHEMA)
    if not _NAME.fullmatch(schema):
        reason = "schema= takes small letters, digits and _, and no more than 48 of them"
        raise LedgerAddressError(_unread(text), reason)
    own = [(name, value) for name, value in given if name != "schema"]
    shown = [(name, "***" if is_secret(name) else value) for name, value in given]
    where = parts._replace(query=urlencode(own, quote_via=quote))
    told = parts._replace(netloc=_without_password(parts.netloc), query=urlencode(shown, safe="*/"))
    return Address(_whole(where), schema, _whole(told))


def _whole(parts: SplitResult) -> str:
    """A URL of these parts; one that names no host before its path has its two slashes too."""
    rest = urlunsplit(parts._replace(scheme="", netloc=""))
    return f"{parts.scheme}://{parts.netloc}{rest}"


def is_secret(name: str) -> bool:
    """Whether a parameter of a URL holds a password: `password`, `sslpassword`."""
    return name.lower().endswith("password")


def secrets(url: str) -> set[str]:
    """The passwords in a URL, as they are written in it and as they are."""
    parts = urlsplit(url)
    written = [parts.password or ""]
    for each in parts.query.split("&"):
        name, _, value = each.partition("=")
        written += [value] if is_secret(unquote(name)) else []
    return {each for one in written for each in (one, unquote(one)) if each}


def _is_port(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,5}", text)) and int(text) in _PORTS


def _without_password(netloc: str) -> str:
    user, at, hosts = netloc.rpartition("@")
    return f"{user.partition(':')[0]}{at}{hosts}"


def _unread(text: str) -> str:
    """An address that cannot be read, without what may be a password."""
    return re.sub(
        r"^(\w+://)?.*@",
        r"\1***@",
        re.sub(r"password=[^&\s]*", "password=***", text),
        flags=re.DOTALL,
    )
