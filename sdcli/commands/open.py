"""`sdcli open`: record a help request, or take in what a pipe brings (R1a.1, R1a.2, R1b.1)."""

from __future__ import annotations

import sys
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import click

from sdcli.errors import SdcliError
from sdcli.intake.items import (
    MailItem,
    RequestItem,
    keyed,
    linked,
    summarised,
    with_defaults,
)
from sdcli.params import (
    FORMAT,
    GROUP,
    MAIL,
    PEOPLE,
    PHONE,
    PROCESS,
    REF,
    SERVICE,
    TEXT,
    WISH,
    as_command,
    details_of,
    pass_desk,
    vocabulary,
    with_answers,
    with_at,
    with_details,
    with_minutes,
)
from sdcli.policy.model import CALLER_CLASSES
from sdcli.results.intake import Opened, TakenIn
from sdcli.tickets.words import LEVELS, REQUEST_TYPES, WORKAROUNDS

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.intake.before import Before
    from sdcli.intake.outcome import Outcome
    from sdcli.results.tickets import Seen
    from sdcli.spooling import Spool
    from sdcli.tickets.ticket import Ticket


@as_command("open", writes=True)
@click.argument("summary", type=TEXT)
@click.option("--user", metavar="ID|MAIL|NUMBER|NAME", type=TEXT, default="", help="Who calls.")
@click.option("--phone", type=PHONE, default="", help="The number to call back.")
@click.option("--mail", type=MAIL, default="", help="The mail address to answer to.")
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
@click.option(
    "--spool", is_flag=True, help="Keep it on this machine if the ledger is out of reach."
)
@with_details
@with_answers
# People at the phone: more about who calls, and what there is already.
@click.option(
    "--caller-class", type=click.Choice(CALLER_CLASSES), help="What the caller is to the desk."
)
@click.option("--unit", type=TEXT, default="", help="Where the caller belongs.")
@click.option("--site", type=TEXT, default="", help="Where it is.")
@click.option(
    "--no-contact",
    metavar="REASON",
    type=TEXT,
    default="",
    help="Why neither number nor mail address of the caller is known.",
)
@click.option("--add-to", metavar="REF", type=REF, help="Add this to a request instead.")
@click.option("--me-too", metavar="REF", type=REF, help="Count the caller on a failure instead.")
@click.option("--people", type=PEOPLE, help="How many people cannot work.")
@click.option("--process", type=PROCESS, help="The business process that stands still.")
@click.option("--who", type=GROUP, help="Who is hindered.")
@click.option("--workaround", type=click.Choice(WORKAROUNDS), help="Is there a way round.")
@click.option("--wish", type=WISH, default="", help="The priority wished for; only a remark.")
@click.option("--same-as", metavar="REF", type=REF, help="The same request, made before.")
@click.option("--new", is_flag=True, help="It is new, whatever there is: do not ask.")
@with_at
@click.pass_context
@pass_desk
def command(
    desk: Desk, ctx: click.Context, summary: str, form: str | None, **given: Any
) -> Opened | TakenIn:
    """Open a help request, or take in alerts and text from a pipe.

    SUMMARY is the request in one line; --user says who calls. The caller's open requests, earlier
    ones that are alike and bulletins of known failures are shown first; on a terminal you are
    asked whether it is new. Somebody who cannot be reached needs --no-contact.

    With `-` as SUMMARY, standard input is read: a mail, alerts in a format of catalog/intake/,
    JSON objects with the options' names as keys, or plain text. The same alert again is counted
    on its ticket. What cannot be read is kept and
    told, and the exit code is 8.

    With --spool, what cannot reach the ledger is kept in ledger/spool/ and the exit code is 0; the
    next `open --spool`, `sla-check` or `intake deliver` takes it in, once, in order, as of when it
    arrived. What is refused or cannot be read is told as ever.

    --ask goes through the desk's questions on a terminal; --answer, --skip and --answers answer
    them without one. What an option says stays, whatever the answers lead to.

    \b
    Examples:
        sdcli open 'VPN drops every ten minutes' --user ada --service vpn
        sdcli open 'VPN drops' --user ada --answer need=broken --answer about=connection \\
            --answer connection=home --skip-rest 'the caller is on the train'
        sdcli open 'Mail is slow' --user '+44 20 7946 0201' --me-too SD-7
        sdcli open - --json < alertmanager.json
        sdcli open - < mail.eml
        sdcli open - --spool --json < alertmanager.json
    """
    from sdcli.arrivals import Arrivals

    way, ref = _way(given, is_piped=summary == "-")
    if given["spool"] and given["sender_repeats"]:
        raise click.UsageError("Give one of --spool and --sender-repeats: who keeps it?")
    if summary == "-":
        return _taken_in(desk, form, given)
    item = _request(desk, summary, given)
    Arrivals(desk).require_caller(item, opens=way not in _JOINING)
    opening = _Opening(desk, way, ref, quiet=ctx.obj.json, spools=given["spool"])
    if given["ask"]:  # nobody answers questions for what is known already
        opening.look(item)
    if not (given["ask"] and opening.joins and not way):
        item = _asked(desk, item, given)
    return opening.record(item)


def _way(given: dict[str, Any], *, is_piped: bool) -> tuple[str, str]:
    """Which of the options that say where a contact belongs is given, and its reference."""
    said = [name for name in ("new", "add_to", "me_too", "same_as") if given[name]]
    options = " and ".join(f"--{name.replace('_', '-')}" for name in said)
    if len(said) > 1:
        raise click.UsageError(f"Give one of {options}.")
    if said and is_piped:
        raise click.UsageError(f"{options} is for one request, not for what a pipe brings.")
    return (said[0], str(given[said[0]])) if said else ("", "")


class _Opening:
    """What is there already is shown, and asked about where that is possible; then it is recorded.

    Args:
        way, ref: where the request belongs, if an option has said it.
        quiet: nothing is shown; the answer tells it all.
        spools: it is kept on this machine if the ledger is out of reach.
    """

    def __init__(self, desk: Desk, way: str, ref: str, *, quiet: bool, spools: bool) -> None:
        from sdcli.arrivals import Arrivals

        self._desk = desk
        self._arrivals = Arrivals(desk)
        self._way, self._ref = way, ref
        self._quiet = quiet
        self._spool: Spool | None = None
        if spools:
            from sdcli.spooling import Spool

            self._spool = Spool(desk)
        self._before: Before | None = None
        self._shown: list[str] = []

    @property
    def joins(self) -> bool:
        """Whether nothing will be opened: it belongs to something that is there."""
        return self._way in _JOINING

    def look(self, item: RequestItem) -> Before:
        """Show what is there and was not shown before; on a terminal ask whether it is new."""
        from sdcli.dialogue import ask_what_to_do, tell_before
        from sdcli.session import is_interactive

        found = self._found(item)
        news = found.without(self._before) if self._before else found
        self._before = found
        self._shown += [ticket.ref for ticket in news.bulletins]
        if not self._quiet:
            tell_before(news, self._desk.now)
            if news.is_anything and not self._way and is_interactive():
                self._way, self._ref = ask_what_to_do(news)
        return found

    def _found(self, item: RequestItem) -> Before:
        where = self._spool or self._arrivals
        return where.look_before(item)

    def record(self, item: RequestItem) -> Opened:
        """Look once more, then open it or add it: locked at last."""
        from sdcli.classifying import Classification

        before = self.look(item)
        outcome, seen = self._recorded(item)
        changes = Classification(self._desk).changes_about(outcome.ticket) if outcome.ticket else ()
        notes = _notes(self._desk, outcome.ticket) if outcome.ticket else ()
        return Opened(outcome, seen, before, changes=changes, notes=notes)

    def _recorded(self, item: RequestItem) -> tuple[Outcome, Seen | None]:
        if self._spool:
            typed = self._spool.typed(item, self._way, self._ref, self._shown)
            return self._spool.take_in(typed)[0]
        if self.joins:
            me_too = self._way == "me_too"
            outcome = self._arrivals.join(item, self._ref, me_too=me_too, shown=self._shown)
        else:
            item = linked(item, self._ref) if self._way == "same_as" else item
            outcome = self._arrivals.take_in([item], self._shown)[0]
        return outcome, self._desk.see(outcome.ticket) if outcome.ticket else None


def _notes(desk: Desk, ticket: Ticket) -> list[str]:
    """What speaks against its type, and what was planned (R2a.2a, R3d1.3)."""
    from sdcli.changes.planned import remarks
    from sdcli.classifying import Classification

    planned = remarks(desk.policy, ticket, desk.now) if ticket.type == "incident" else ()
    return [*Classification(desk).against_catalog(ticket), *planned]


def _taken_in(desk: Desk, form: str | None, given: dict[str, Any]) -> TakenIn:
    """Read all of standard input first, then record it: nothing is locked while waiting.

    No copy is kept of what will be sent again: it would be taken in out of its turn, and an alert
    that is over by then would fire again.
    """
    from sdcli.arrivals import Arrivals

    if _answers_given(given):
        raise click.UsageError("Answers go with a typed request; a form brings its `answers`.")
    if desk.stamp.entered:
        raise click.UsageError("--at is for one request, not for what a pipe brings.")
    arrivals, key = Arrivals(desk), given["idempotency_key"]
    raw = arrivals.receive(sys.stdin.buffer) if sys.stdin else b""  # None where it is closed
    if not isinstance(raw, bytes):
        return TakenIn([(raw, None)])
    with nullcontext() if given["sender_repeats"] else arrivals.keeping(raw, key):
        said = RequestItem(summary="", **_fields_of(desk, given))
        if given["spool"]:
            from sdcli.spooling import Spool

            spool = Spool(desk)
            return TakenIn(spool.take_in(spool.piped(raw, form, key, said)))
        read = keyed([each.item for each in arrivals.read(raw, form)], key)
        if any(isinstance(item, MailItem) for item in read):
            _settle_surveys(desk)
        outcomes = arrivals.take_in([with_defaults(item, said) for item in read])
    return TakenIn(arrivals.see_all(outcomes))


def _settle_surveys(desk: Desk) -> None:
    """Record a survey that was cut off while it was mailed: this may be the answer to it.

    It keeps nothing from being taken in.
    """
    with suppress(SdcliError):
        if desk.ledger.memo("survey.sending") is None:
            return
        from sdcli.surveys import Questionnaires

        Questionnaires(desk).settle()


def _request(desk: Desk, summary: str, given: dict[str, Any]) -> RequestItem:
    """The request a person types; who calls is asked for on a terminal."""
    from sdcli.dialogue import ask_contact
    from sdcli.session import is_interactive

    joins = any(given[name] for name in _JOINING)
    if is_interactive() and not (joins and given["user"]):
        given |= ask_contact(desk.policy, given)
    if given["user"]:
        from sdcli.policy.people import known

        found = known(desk.policy, given["user"])
        given["user"] = found.id if found else given["user"]  # not looked for again
    else:
        given["user"] = _known_by(desk, given["phone"], given["mail"])
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
        from sdcli.knowledge_base import KnowledgeBase

        answers = ask_questions(questions, answers, begin, KnowledgeBase(desk).faq)
        item = item if item.details else replace(item, details=ask_notes())
    if given["skip_rest"]:
        answers = skip_rest(questions, answers, begin, given["skip_rest"])
    return with_walk(item, finished(follow(questions, answers, begin)))


def _known_by(desk: Desk, number: str, mail: str) -> str:
    """The caller whose number or mail address it is."""
    from sdcli.policy.people import known

    person = known(desk.policy, number) or known(desk.policy, mail)
    if person is None:
        raise click.UsageError("Say who calls: --user ID, --user MAIL or --user NUMBER.")
    return person.id


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
        "people": str(given["people"] or ""),
        "minutes": given["minutes"],
        "previous": given["same_as"] or "",
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
    "caller_class",
    "unit",
    "site",
    "no_contact",
    "process",
    "who",
    "workaround",
    "wish",
)
_JOINING = ("add_to", "me_too")
