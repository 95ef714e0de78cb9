"""`sdcli open`: record a help request, or take in what a pipe brings (R1a.1, R1a.2, R1b.1)."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from sdcli import results
from sdcli.intake.items import RequestItem, summarised
from sdcli.params import FORMAT, SERVICE, TEXT, as_command, pass_desk, vocabulary, with_minutes
from sdcli.tickets.words import LEVELS, REQUEST_TYPES

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.intake.items import Item


@as_command("open")
@click.argument("summary", type=TEXT)
@click.option("--user", metavar="ID|MAIL", type=TEXT, default="", help="Who calls.")
@click.option("--phone", type=TEXT, default="", help="The number to call back.")
@click.option("--mail", type=TEXT, default="", help="The mail address to answer to.")
@click.option("--on-behalf-of", type=TEXT, default="", help="Whom it concerns, if not the caller.")
@click.option("--channel", type=vocabulary("channel"), help="How it came in.")
@click.option("--service", type=SERVICE, help="The service it concerns.")
@click.option("--feature", type=TEXT, help="The feature of that service.")
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), help="What kind of request.")
@click.option("--impact", type=click.Choice(LEVELS), help="How many are hindered.")
@click.option("--urgency", type=click.Choice(LEVELS), help="How much it hinders them.")
@click.option("--details", type=TEXT, default="", help="What was said, in full.")
@click.option("--field", "fields", metavar="K=V", multiple=True, help="A further fact.")
@with_minutes
@click.option(
    "--idempotency-key", metavar="K", type=TEXT, default="", help="Makes a repetition harmless."
)
@click.option(
    "--from",
    "form",
    type=FORMAT,
    help="What standard input holds, if that is not plain: a format, json, text or mail.",
)
@click.option(
    "--sender-repeats", is_flag=True, help="Keep nothing if it fails: it will be sent again."
)
@pass_desk
def command(
    desk: Desk, summary: str, form: str | None, *, sender_repeats: bool, **given: Any
) -> results.Opened | results.TakenIn:
    """Open a help request, or take in alerts and text from a pipe.

    SUMMARY is the request in one line; --user says who calls. With `-` as SUMMARY, standard
    input is read: alerts in a format of catalog/intake/, JSON objects with the options' names as
    keys, or plain text. The same alert again is counted on its ticket. What cannot be read is kept and
    told, and the exit code is 8.

    \b
    Examples:
        sdcli open 'VPN drops every ten minutes' --user ada --service vpn
        sdcli open - --json < alertmanager.json
    """
    if summary == "-":
        return _taken_in(desk, form, given, sender_repeats=sender_repeats)
    item = _request(desk, summary, given)
    outcome = desk.take_in([item])[0]
    return results.Opened(outcome, desk.see(outcome.ticket) if outcome.ticket else None)


def _taken_in(
    desk: Desk, form: str | None, given: dict[str, Any], *, sender_repeats: bool
) -> results.TakenIn:
    """Read all of standard input first, then record it: nothing is locked while waiting.

    A copy of what will be sent again would be taken in out of its turn: an alert that is over by
    then would fire again.
    """
    raw = desk.receive(sys.stdin.buffer) if sys.stdin else b""  # None where it is closed
    if not isinstance(raw, bytes):
        return results.TakenIn([(raw, None)])
    with nullcontext() if sender_repeats else desk.keeping(raw):
        items = [_with_defaults(desk, each.item, given) for each in desk.read(raw, form)]
        outcomes = desk.take_in(items)
    seen = (desk.see(outcome.ticket) if outcome.ticket else None for outcome in outcomes)
    return results.TakenIn(list(zip(outcomes, seen, strict=True)))


def _with_defaults(desk: Desk, item: Item, given: dict[str, Any]) -> Item:
    """What the options say where a piped request says nothing."""
    from msgspec.structs import asdict, replace

    if not isinstance(item, RequestItem):
        return item
    options = _fields_of(desk, given)
    has = asdict(item)
    missing = {name: value for name, value in options.items() if value and not has[name]}
    missing["channel"] = item.channel or options["channel"] or "script"
    return replace(item, **missing)


def _request(desk: Desk, summary: str, given: dict[str, Any]) -> RequestItem:
    """The request a person types; who calls is asked for on a terminal."""
    from sdcli.session import is_interactive

    if not given["user"]:
        if not is_interactive():
            raise click.UsageError("Say who calls: --user ID or --user MAIL.")
        given["user"] = click.prompt("Who calls (id or mail)", type=TEXT, err=True)
    fields = _fields_of(desk, given)
    fields["summary"], fields["details"] = summarised(summary, fields["details"])
    return RequestItem(**{**fields, "channel": fields["channel"] or "phone"})


def _fields_of(desk: Desk, given: dict[str, Any]) -> dict[str, Any]:
    """The options as the fields of a request."""
    pairs = [text.partition("=") for text in given["fields"]]
    if any(not name.strip() or not separator for name, separator, _ in pairs):
        raise click.UsageError("Write a field as NAME=VALUE.")
    feature = given["feature"]
    if feature:
        desk.policy.require_feature(given["service"] or "unknown", feature)
    return {
        **{name: given[name] or "" for name in _SAME},
        "feature": feature or "",
        "type": given["type_"] or "",
        "minutes": given["minutes"],
        "fields": {name.strip(): value for name, _, value in pairs},
    }


_SAME = (
    "user",
    "phone",
    "mail",
    "on_behalf_of",
    "channel",
    "service",
    "impact",
    "urgency",
    "details",
    "idempotency_key",
)
