"""`sdcli open`: record a help request, or take in what a pipe brings (R1a.1, R1a.2, R1b.1)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from sdcli import results
from sdcli.intake.items import RequestItem, summarised
from sdcli.params import (
    FORMAT,
    SERVICE,
    TEXT,
    as_command,
    details_of,
    pass_desk,
    vocabulary,
    with_answers,
    with_details,
    with_minutes,
)
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
@with_details
@with_answers
@pass_desk
def command(
    desk: Desk, summary: str, form: str | None, **given: Any
) -> results.Opened | results.TakenIn:
    """Open a help request, or take in alerts and text from a pipe.

    SUMMARY is the request in one line; --user says who calls. With `-` as SUMMARY, standard
    input is read: a mail, alerts in a format of catalog/intake/, JSON objects with the options' names as
    keys, or plain text. The same alert again is counted on its ticket. What cannot be read is kept and
    told, and the exit code is 8.

    --ask goes through the desk's questions on a terminal; --answer, --skip and --answers answer
    them without one. What an option says stays, whatever the answers lead to.

    \b
    Examples:
        sdcli open 'VPN drops every ten minutes' --user ada --service vpn
        sdcli open 'VPN drops' --user ada --answer need=broken --answer about=connection \\
            --answer connection=home --skip-rest 'the caller is on the train'
        sdcli open - --json < alertmanager.json
        sdcli open - < mail.eml
    """
    if summary == "-":
        return _taken_in(desk, form, given)
    item = _asked(desk, _request(desk, summary, given), given)
    outcome = desk.take_in([item])[0]
    return results.Opened(outcome, desk.see(outcome.ticket) if outcome.ticket else None)


def _taken_in(desk: Desk, form: str | None, given: dict[str, Any]) -> results.TakenIn:
    """Read all of standard input first, then record it: nothing is locked while waiting."""
    if _answers_given(given):
        raise click.UsageError("Answers go with a typed request; a form brings its `answers`.")
    raw = desk.receive(sys.stdin.buffer) if sys.stdin else b""  # None where it is closed
    if not isinstance(raw, bytes):
        return results.TakenIn([(raw, None)])
    with desk.keeping(raw):
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
    missing["request"] = options["request"].overlaid(item.request)
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


def _answers_given(given: dict[str, Any]) -> bool:
    names = ("ask", "answers", "skips", "skip_rest", "answers_file", "tree")
    return any(given[name] for name in names)


def _asked(desk: Desk, item: RequestItem, given: dict[str, Any]) -> RequestItem:
    """The request with what the answers to the desk's questions give; asked first, locked later."""
    if not _answers_given(given):
        return item
    from sdcli.intake.form import course_of, given_answers, read_answers, with_walk
    from sdcli.session import is_interactive
    from sdcli.triage.questions import finished, follow, skip_rest

    if given["ask"] and not is_interactive():
        raise click.UsageError("--ask needs a terminal; --answer K=V answers without one.")
    questions, file = desk.questions, given["answers_file"]
    begin = course_of(questions, item, given["tree"])
    document = read_answers(file.read(), file.name) if file else {}
    answers = given_answers(questions, document, given["answers"], given["skips"])
    if given["ask"]:
        from msgspec.structs import replace

        from sdcli.dialogue import ask_notes, ask_questions

        answers = ask_questions(questions, answers, begin)
        item = item if item.details else replace(item, details=ask_notes())
    if given["skip_rest"]:
        answers = skip_rest(questions, answers, begin, given["skip_rest"])
    return with_walk(item, finished(follow(questions, answers, begin)))


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
        "request": details_of(given),
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
