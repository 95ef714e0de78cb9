"""Where a ledger on a server is: what is shown of an address, and what cannot be read."""

from __future__ import annotations

import pytest

from sdcli import session
from sdcli.errors import LedgerAddressError
from sdcli.ledger.postgres import failures
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.way import hosts_of
from sdcli.policy.settings import Settings, wrong

HIDDEN = "s3%2Fcret"

URLS = (
    f"postgresql://ada:{HIDDEN}@db/desk",
    f"postgresql://db/desk?password={HIDDEN}",
    f"postgresql://db/desk?sslpassword={HIDDEN}",
    f"postgresql://db/desk?sslmode=require&sslPassword={HIDDEN}&schema=x",
    f"postgresql://db/desk?ssl%70assword={HIDDEN}",
)


@pytest.mark.parametrize("url", URLS)
def test_no_password_is_shown(url: str) -> None:
    """Whatever parameter holds a password: neither an address nor what a server says shows it."""
    found = address(url)
    assert "cret" not in found.shown
    said = failures.said(ValueError(f"{HIDDEN} and s3/cret are wrong in {url}"), found)
    assert "cret" not in said
    assert "password" in wrong(Settings(ledger=url))


@pytest.mark.parametrize(
    "query", ["host=/a,/b,/c&port=1,2", "host=a,b&hostaddr=10.0.0.1,10.0.0.2,10.0.0.3"]
)
def test_hosts_and_ports_are_as_many(query: str) -> None:
    """Where two lists of an address do not go together, that is said, and not an index."""
    with pytest.raises(LedgerAddressError, match="names 3 hosts, and 2 of"):
        hosts_of(address(f"postgresql:///desk?{query}"), 5)


def test_an_address_may_name_its_host_behind_the_database() -> None:
    """Without a host before the path it is an address like any other, and is shown as it is."""
    found = address("postgresql:///desk?host=/run/postgresql&schema=x")
    assert hosts_of(found, 5)[0]["host"] == "/run/postgresql"
    assert found.shown == "postgresql:///desk?host=/run/postgresql&schema=x"


def test_the_name_of_a_host_can_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no text, and what does not print, are no part of the name of a host."""
    monkeypatch.setenv("SDCLI_HOST", "w\udce9b\x1b1")
    name = session._host()  # noqa: SLF001 - it is read where a session begins
    assert name == "w\ufffdb\ufffd1"
