"""What a command on a server imports before it does anything: start-up time is a feature."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys
from sdcli.ledger.postgres import connection, home
connection._driver()
print(sorted({"ssl", "hashlib", "sdcli.ledger.interface", "sdcli.ledger.postgres.schema"} & {*sys.modules}))
import ssl
print(ssl.create_default_context().check_hostname)
"""


def test_the_driver_comes_alone() -> None:
    """The driver is loaded without `ssl`, which it has no need of, and `ssl` can be had afterwards."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout.split("\n")) == (0, ["[]", "True", ""]), ran.stderr
