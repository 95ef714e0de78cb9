"""`sdcli ack`: the confirmation with number and promised time (R1a.3d)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.callers import Confirmed


@as_command("ack", writes=True)
@with_ref
@click.option("--send", is_flag=True, help="Hand it to the program that sends the desk's mail.")
@click.option("--to", metavar="MAIL", type=TEXT, default="", help="Where, if not to the caller.")
@click.option("--again", is_flag=True, help="Even if it was confirmed before.")
@pass_desk
def command(desk: Desk, ref: str, send: bool, to: str, again: bool) -> Confirmed:
    """Write the confirmation with number and promised time.

    It is a mail on standard output, ready for `sendmail -t`; --send hands it to the program that
    catalog/intake.yaml names. What a machine wrote is never confirmed.

    \b
    Examples:
        sdcli ack SD-42 | /usr/sbin/sendmail -t -i
        sdcli ack SD-42 --send
    """
    from sdcli.arrivals import Arrivals

    return Arrivals(desk).confirm(ref, to=to, send=send, again=again)
