"""Parameters shared by commands: one spelling each, checked against the desk, with completion.

A value reaches its command as the thing it names: a reference, a service of the catalog, a
closure code of the vocabulary. `@as_command` gives every command `--json`, `--desk` and `--as`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sdcli.session import Session
from sdcli.tickets.words import CHANGED, EVER_HAD, MOST_PEOPLE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from click.shell_completion import CompletionItem

    from sdcli.fulfilment.walk import StepDone
    from sdcli.policy.model import Policy
    from sdcli.sla.agenda import Amount
    from sdcli.tickets.contact import RequestDetails
    from sdcli.tickets.event import ArticleUse, Receipt

_F = TypeVar("_F", bound="Callable[..., Any]")

_MINUTES_LIMIT = 60 * 24


class SdCommand(click.Command):
    """A command with the options that all commands share; what `writes` can be rehearsed."""

    def __init__(self, *args: Any, writes: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.writes = writes
        self.params += [*([_dry_run_option()] if writes else ()), _json_option()]
        self.params += _global_options(hidden=True)


_MINUS = "\N{MINUS SIGN}"
_NEGATED = re.compile(r"""-(?:[A-Za-z][A-Za-z_-]*[:=<>]|["@])""")


class QueryCommand(SdCommand):
    """A command that takes a query: `-queue:network` is a condition of it, and no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As Click does, with such conditions told from options."""
        end = args.index("--") if "--" in args else len(args)
        words = [_MINUS + arg[1:] if _NEGATED.match(arg) else arg for arg in args[:end]]
        return super().parse_args(ctx, [*words, *args[end:]])


def as_query_command(
    name: str, *, writes: bool = False
) -> Callable[[Callable[..., Any]], click.Command]:
    """As `as_command`, for a command that takes a query."""
    return click.command(name, cls=QueryCommand, writes=writes)


def as_command(name: str, *, writes: bool = False) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command; it gets the desk first, and returns a result.

    What `writes` events takes --dry-run, and then shows those that it would add.
    """
    return click.command(name, cls=SdCommand, writes=writes)


class SdGroup(click.Group):
    """A command that has commands of its own, such as `sdcli intake test`."""

    command_class = SdCommand


def as_group(name: str) -> Callable[[Callable[..., Any]], SdGroup]:
    """Make a function a command with commands of its own; they are added by `@GROUP.command`."""
    return click.group(name, cls=SdGroup)


class ActingGroup(SdGroup):
    """A group that is a command itself where none of its own is named, with the same options."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.invoke_without_command, self.no_args_is_help = True, False
        self.params += [_json_option(), *_global_options(hidden=True)]

    def invoke(self, ctx: click.Context) -> Any:
        """As Click does; what is said before a command of its own must be none of its options.

        Raises:
            UsageError: it is.
        """
        if ctx._protected_args:  # noqa: SLF001 - what is about to run has no other name yet
            for parameter in self.params:
                name = parameter.name or ""
                given = ctx.get_parameter_source(name)
                if given is not None and given.name == "COMMANDLINE" and name in ctx.params:
                    raise click.UsageError(
                        f"{parameter.opts[0]} belongs behind the name of the command.", ctx
                    )
        return super().invoke(ctx)


def as_acting_group(name: str) -> Callable[[Callable[..., Any]], SdGroup]:
    """Make a function a command that has commands of its own, and runs where none is named."""
    return click.group(name, cls=ActingGroup)


class LazyGroup(SdGroup):
    """A group with a module for each of its commands, imported when that one runs.

    Args:
        summaries: its commands, in their order, and the first line of the help of each.
    """

    def __init__(self, *args: Any, summaries: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in their order."""
        del ctx
        return list(self.summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        del ctx
        if cmd_name not in self.summaries:
            return None
        found: click.Command = import_module(f"sdcli.commands.{self.module(cmd_name)}").command
        return found

    def module(self, cmd_name: str) -> str:
        """The module of a command."""
        return f"{self.name}_{cmd_name.replace('-', '_')}"

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As Click does, with the near names of commands that are not imported."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(
                error.command_name, possibilities=self.summaries, ctx=ctx
            ) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their summaries; nothing is imported for it."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))


def as_lazy_group(
    name: str, summaries: Mapping[str, str]
) -> Callable[[Callable[..., Any]], click.Group]:
    """Make a function a command with commands of its own, each in a module of its own."""
    return click.group(name, cls=LazyGroup, summaries=summaries)


def session_of(ctx: click.Context) -> Session:
    """The session of this run."""
    return ctx.ensure_object(Session)


def pass_desk(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command the open desk as its first argument."""

    @click.pass_context
    def with_desk(ctx: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        return function(session_of(ctx).desk, *args, **kwargs)

    with_desk.__doc__ = function.__doc__
    with_desk.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    return with_desk


def _json_option() -> click.Option:
    def keep(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        session_of(ctx).json = session_of(ctx).json or value

    return click.Option(
        ["--json"], is_flag=True, expose_value=False, callback=keep, help="Print JSON."
    )


def _dry_run_option() -> click.Option:
    def rehearse(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        session_of(ctx).dry_run = session_of(ctx).dry_run or value

    return click.Option(
        ["--dry-run"],
        is_flag=True,
        expose_value=False,
        is_eager=True,  # before anything opens the desk
        callback=rehearse,
        help="Record nothing; show the events that would be added.",
    )


def _global_options(*, hidden: bool = False) -> list[click.Option]:
    """`--desk` and `--as`: on the group, and accepted after the command as well."""

    def desk(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None and not value.strip():
            raise click.BadParameter("it must not be empty.")
        if value:
            session_of(ctx).desk_dir = value

    def acting(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value:
            session_of(ctx).acting = value

    return [
        click.Option(
            ["--desk"],
            metavar="DIR",
            expose_value=False,
            is_eager=True,
            hidden=hidden,
            callback=desk,
            type=click.Path(file_okay=False),
            help="The desk to use; else SDCLI_DESK, else the one at or above this directory.",
        ),
        click.Option(
            ["--as"],
            metavar="NAME",
            expose_value=False,
            is_eager=True,
            hidden=hidden,
            callback=acting,
            type=TEXT,
            help="Who acts; else SDCLI_USER, else the login name.",
        ),
    ]


class TextType(click.ParamType[str]):
    """A text that says something; bytes that are not UTF-8 become replacement marks."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, without white space round it."""
        text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
        if not text and (param is None or param.default != value):
            self.fail("it must not be empty.", param, ctx)
        return text


TEXT = TextType()


class QueryType(TextType):
    """A query, or a part of one (see `sdcli query`)."""

    name = "query"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, with the minus that was told from that of an option."""
        text = super().convert(value, param, ctx)
        return f"-{text[1:]}" if text.startswith(_MINUS) else text


QUERY = QueryType()


class ShortType(TextType):
    """A text of so many characters at most."""

    def __init__(self, most: int) -> None:
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, without white space round it."""
        text = super().convert(value, param, ctx)
        if len(text) > self._most:
            self.fail(f"it has {len(text)} characters; {self._most} are the most.", param, ctx)
        return text


WISH = ShortType(500)
"""What a caller wishes: a remark, and no letter."""


class NumberType(click.ParamType[float]):
    """A number that can be measured: neither infinite nor none at all."""

    name = "float"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number."""
        from math import isfinite  # noqa: PLC0415 - only a given one pays for it

        number = click.FLOAT.convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} was not measured; give a number, such as 4.5.", param, ctx)
        return float(number)


NUMBER = NumberType()
PEOPLE = click.IntRange(1, MOST_PEOPLE)


class SecondsType(click.ParamType[float]):
    """How often something is looked at, from a second to an hour."""

    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds."""
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 1 <= number <= 3600:  # noqa: PLR2004 - an hour; also refuses nan
            name = param.opts[0] if param else "it"
            self.fail(
                f"{value!r} is no number of seconds from 1 to 3600; {name} alone stands last.",
                param,
                ctx,
            )
        return number


class OrUnknown(click.ParamType[Any]):
    """What another type reads, or the word `unknown`, which takes back what was said."""

    def __init__(self, inner: click.ParamType[Any]) -> None:
        self._inner = inner
        self.name = inner.name

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """What the other type shows, and the word."""
        shown = self._inner.get_metavar(param, ctx) or self.name.upper()
        return f"{shown}|{UNKNOWN}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value, or `unknown`."""
        if str(value).strip().casefold() == UNKNOWN:
            return UNKNOWN
        return self._inner.convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """What the other type completes."""
        return self._inner.shell_complete(ctx, param, incomplete)


class PhoneType(click.ParamType[str]):
    """A phone number, in any spelling."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The number as it is written."""
        from sdcli.policy.phone import is_number  # noqa: PLC0415 - only a given one pays for it

        text = TEXT.convert(value, param, ctx)
        if text and not is_number(text):
            self.fail(f"{text!r} is no phone number; write +44 20 7946 0201.", param, ctx)
        return text


class MailType(click.ParamType[str]):
    """A mail address, bare or behind a name."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address alone."""
        from sdcli.policy.address import address_in, is_address  # noqa: PLC0415 - as above

        text = address_in(TEXT.convert(value, param, ctx))
        if text and not is_address(text):
            self.fail(f"{text!r} is no mail address; write ada@example.com.", param, ctx)
        return text


PHONE = PhoneType()
MAIL = MailType()


class RefType(click.ParamType[str]):
    """A ticket reference: `SD-42`, `sd-42` or `42`."""

    name = "ref"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The reference as the ledger writes it."""
        match = re.fullmatch(r"(?:sd-)?0*([1-9][0-9]{0,14})", str(value).strip(), re.IGNORECASE)
        if not match:
            self.fail(f"{value!r} is no ticket reference; write SD-42 or 42.", param, ctx)
        return f"SD-{match.group(1)}"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The references of open tickets, with their summaries."""
        del param
        from sdcli.completion import references  # noqa: PLC0415 - only completion pays for it

        return references(session_of(ctx), incomplete)


class DeskWord(click.ParamType[str]):
    """A value that the desk's files know: `check` finds it, `known` lists what there is."""

    name = "word"

    def __init__(
        self,
        check: Callable[[Policy, str], str],
        known: Callable[[Policy], Iterable[str]],
    ) -> None:
        self._check = check
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The id, in the spelling of the desk's files."""
        if ctx is None:
            self.fail("it can only be checked on a desk.", param, ctx)
        policy = session_of(ctx).desk.policy
        given = TEXT.convert(value, param, ctx)
        spelling = {name.casefold(): name for name in self._known(policy)}
        return self._check(policy, spelling.get(given.casefold(), given))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The ids that begin with what is typed."""
        del param
        from sdcli.completion import words  # noqa: PLC0415 - only completion pays for it

        return words(session_of(ctx), self._known, incomplete)


def vocabulary(name: str) -> DeskWord:
    """A word of one of the desk's drop-down lists."""
    return DeskWord(
        lambda policy, given: policy.require_word(name, given),
        lambda policy: getattr(policy.vocabulary, name),
    )


SERVICE = DeskWord(
    lambda policy, given: policy.require_service(given),
    lambda policy: (*policy.catalog.services, "unknown"),
)
QUEUE = DeskWord(
    lambda policy, given: policy.require_queue(given), lambda policy: policy.teams.queues
)
AGREEMENT = DeskWord(
    lambda policy, given: policy.require_agreement(given), lambda policy: policy.sla.agreements
)
SUPPLIER = DeskWord(
    lambda policy, given: policy.require_supplier(given),
    lambda policy: policy.sla.underpinning_contracts,
)
CALENDAR = DeskWord(
    lambda policy, given: policy.require_calendar(given), lambda policy: policy.sla.calendars
)
PROCESS = DeskWord(
    lambda policy, given: policy.require_process(given),
    lambda policy: policy.classification.processes,
)
GROUP = DeskWord(
    lambda policy, given: policy.require_group(given),
    lambda policy: policy.classification.groups,
)
TECHNICIAN = DeskWord(
    lambda policy, given: policy.require_technician(given),
    lambda policy: policy.teams.technicians,
)


class ArticleUseType(click.ParamType["ArticleUse"]):
    """An article and what it did: `KB-101:helped`, or `KB-101@REVISION:helped`."""

    name = "id:outcome"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ArticleUse:
        """The article use, with the revision that is named, or of the article as it is now."""
        given, separator, outcome = TEXT.convert(value, param, ctx).partition(":")
        if ctx is None or not separator or not given or not outcome:
            self.fail(f"{value!r} is not ID:OUTCOME, such as KB-101:helped.", param, ctx)
        from sdcli.knowledge.articles import article  # noqa: PLC0415 - imports YAML
        from sdcli.tickets.event import ArticleUse  # noqa: PLC0415

        desk = session_of(ctx).desk
        outcome = desk.policy.require_word("article_outcome", outcome)
        id_, at, revision = given.partition("@")
        if at:
            if not re.fullmatch(r"[0-9a-f]{12}", revision):
                self.fail(f"{revision!r} is no revision: twelve digits, as `kb stats` shows.")
            return ArticleUse(id=id_.strip().upper(), outcome=outcome, revision=revision)
        found = article(desk.root, given)
        return ArticleUse(id=found.id, outcome=outcome, revision=found.revision)


class ArticleType(click.ParamType[str]):
    """The id of an article: `KB-104`, `kb-104` or `104`."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The id in capitals; a number gets the letters of the article that has it."""
        given = TEXT.convert(value, param, ctx).upper()
        if ctx is None or not re.fullmatch(r"0*[1-9][0-9]{0,7}", given):
            return given
        from sdcli.knowledge.articles import with_number  # noqa: PLC0415 - imports YAML

        return with_number(session_of(ctx).root, int(given))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The ids that begin with what is typed, with their titles."""
        del param
        from sdcli.completion import article_ids  # noqa: PLC0415 - only completion pays for it

        return article_ids(session_of(ctx), incomplete)


class PeriodType(click.ParamType[str]):
    """How long something is good for, in days, weeks, months or years: `30d`, `6m`, `1y`."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The period, as it can be reckoned from any day of these years."""
        from datetime import date  # noqa: PLC0415 - only a given one pays for it

        from sdcli.knowledge.terms import later  # noqa: PLC0415

        text = TEXT.convert(value, param, ctx)
        try:
            later(date(9000, 1, 1), text)
        except ValueError:
            self.fail(f"{value!r} is no period; write 30d, 2w, 6m or 1y.", param, ctx)
        return text


class EncodingType(click.ParamType[str]):
    """The name of an encoding of texts: `cp1252`, `utf-16`."""

    name = "encoding"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it was given."""
        if not value:
            return ""
        name = TEXT.convert(value, param, ctx)
        try:
            "".encode(name)
        except LookupError:
            self.fail(f"{value!r} is no encoding of texts; write cp1252 or utf-16.", param, ctx)
        return name


ARTICLE = ArticleType()
ENCODING = EncodingType()
PERIOD = PeriodType()


class WhenType(click.ParamType["datetime"]):
    """An instant: ISO 8601, a date or time that can be read in one way, or `in 2h`.

    Without a zone it is in the desk's own.

    Args:
        by: the parameter, read before, whose instant is meant by now where it is given.
    """

    name = "when"

    def __init__(self, by: str = "") -> None:
        self._by = by

    def now(self, ctx: click.Context) -> datetime:
        """What is now."""
        given = ctx.params.get(self._by)
        return as_of(ctx, given) if given else session_of(ctx).desk.now

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The instant in UTC."""
        from sdcli.tickets.event import instant  # noqa: PLC0415 - only `wait` pays for it

        text = TEXT.convert(value, param, ctx)
        try:
            return instant(text)
        except (ValueError, OverflowError):
            pass
        if ctx is None:
            self.fail("it can only be read on a desk.", param, ctx)
        return when(text, self.now(ctx), self._zone(ctx))

    def _zone(self, ctx: click.Context) -> str:
        return session_of(ctx).desk.zone


class CalendarWhenType(WhenType):
    """An instant that is in a calendar's own time if it has no zone; NAME is the calendar."""

    def _zone(self, ctx: click.Context) -> str:
        name = ctx.params.get("name")
        return session_of(ctx).desk.policy.sla.calendars[name].zone if name else super()._zone(ctx)


class SinceType(WhenType):
    """The beginning of a period: an instant, or how long ago it was: `90d`, `12h`."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The instant in UTC."""
        ago = re.fullmatch(_AGO, TEXT.convert(value, param, ctx))
        if ctx is None or not ago:
            return super().convert(value, param, ctx)
        from datetime import timedelta  # noqa: PLC0415 - only a period pays for it

        try:
            return self.now(ctx) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            self.fail(f"{value!r} is longer ago than any clock shows.", param, ctx)


def as_of(ctx: click.Context, text: str) -> datetime:
    """What `--as-of` says, once the desk is known.

    Raises:
        click.BadParameter: it is no instant.
    """
    desk = session_of(ctx).desk
    try:
        return when(text, desk.now, desk.zone)
    except click.BadParameter as error:
        raise click.BadParameter(error.message, ctx=ctx, param_hint="'--as-of'") from error


_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = r"([0-9]{1,5})([mhdw])"
_WHEN = "17:00, 2026-12-07, '2026-12-07 17:00', 2026-12-07T17:00Z or 'in 2h'"
# Texts and not patterns: only who writes a time pays for reading them.
_ISO_DAY = r"\d{4}-\d{2}-\d{2}"
_CLOCK_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[+-]\d{2}:?\d{2})?"
_UNSURE = r"(?i)/|\d\s*[-.]\s*\d|\d\s*(?:s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)(?![a-z])"


def when(text: str, now: datetime, zone: str) -> datetime:
    """An instant as people write it, in UTC; without a zone it is in that one.

    Raises:
        click.BadParameter: it is none, or can be read in several ways.
    """
    from sdcli.tickets.event import instant  # noqa: PLC0415 - only who says when pays for it

    with suppress(ValueError, OverflowError):
        return instant(text)
    try:
        return _read_when(text, now, zone)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(
            f"{text!r} is no date or time that can be read in one way only; write {_WHEN}."
        ) from error


def _read_when(text: str, now: datetime, zone_name: str) -> datetime:
    """A time as people write it; dates with slashes, bare numbers and the like are not guessed.

    Raises:
        ValueError, OverflowError: it is none, or can be read in several ways.
    """
    from datetime import timedelta  # noqa: PLC0415 - only a written date pays for it

    from dateutil import parser, tz  # noqa: PLC0415

    from sdcli.tickets.event import instant  # noqa: PLC0415

    head, _, later = text.partition(" ")
    if head.casefold() == "in":
        from sdcli.policy.decode import span  # noqa: PLC0415 - imports YAML

        return now + timedelta(seconds=span(later.strip()))
    rest = re.sub(_CLOCK_TIME, " ", re.sub(_ISO_DAY, " ", text))
    is_bare = re.search(r"\d", rest) and not re.search(r"[a-z]", rest, re.IGNORECASE)
    if re.search(_UNSURE, rest) or is_bare:
        raise ValueError(text)
    _require_whole(text)
    zone = tz.gettz(zone_name)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, tzinfo=None)
    at = parser.parse(text, default=today, tzinfos=_known_zone)
    if at.tzinfo is None:  # the first of two, and as far after a gap as it is in it
        from sdcli.sla.wall import Wall  # noqa: PLC0415

        of_day = at.hour * 3600 + at.minute * 60 + at.second
        at = at.fromtimestamp(Wall(zone_name).begin(at.toordinal(), of_day), tz.UTC)
    return instant(at.isoformat())


def _require_whole(text: str) -> None:
    """Read a time upon two days that have nothing in common: what differs, the text leaves open.

    Raises:
        ValueError: neither the hour is said nor the day, or a month without its day.
    """
    from datetime import datetime  # noqa: PLC0415 - as above

    from dateutil import parser  # noqa: PLC0415

    one, other = (
        parser.parse(text, default=datetime(year, month, month, month), tzinfos=_known_zone)  # noqa: DTZ001
        for year, month in ((2001, 1), (2002, 2))
    )
    says_day = one.day == other.day
    if not says_day and (one.hour != other.hour or one.month == other.month):
        raise ValueError(text)


def _known_zone(name: str | None, offset: int | None) -> Any:
    """The zone of a time, None if it says none; names are taken that mean the same everywhere.

    Raises:
        ValueError: it is another name.
    """
    from dateutil import tz  # noqa: PLC0415 - as above

    if name is None and offset is None:
        return None
    if name not in (None, "UTC", "GMT", "Z"):
        raise ValueError(name)
    return tz.tzoffset(None, offset or 0)


class AmountType(click.ParamType["Amount"]):
    """An amount of working time: `8h`, `1h30m`, `45s`, `3bd`; with a minus it goes back."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Amount:
        """The amount, in seconds or in working days."""
        from fractions import Fraction  # noqa: PLC0415 - only calendars need it

        from sdcli.sla.agenda import Amount  # noqa: PLC0415

        text = TEXT.convert(value, param, ctx)
        days = re.fullmatch(_BUSINESS_DAYS, text)
        time = re.fullmatch(_AMOUNT, text)
        if days:
            found = Amount(days=int(days.group(1)))
        elif time and any(time.groups()[1:]):
            hours, minutes, seconds = (Fraction(part or 0) for part in time.groups()[1:])
            total = hours * 3600 + minutes * 60 + seconds
            if total != int(total):
                self.fail(f"{value!r} is not a whole number of seconds.", param, ctx)
            found = Amount(-int(total) if time.group(1) else int(total))
        else:
            self.fail(f"{value!r} is no working time; write {_AMOUNTS}.", param, ctx)
        if abs(found.seconds) > _MOST_H * 3600 or abs(found.days or 0) > _MOST_H:
            self.fail(f"{value!r} is more than {_MOST_H}h or {_MOST_H}bd.", param, ctx)
        return found


_AMOUNTS = "8h, 1h30m, 90m, 45s, 3bd or '3 business_days', and --for=-2h to go back"
_BUSINESS_DAYS = r"(?i)(-?[0-9]{1,9}) ?(?:bd|business[ _-]days?)"
_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)"
_AMOUNT = f"(-?)(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?"
_MOST_H = 100_000


class ProcedureType(TextType):
    """The id of a procedure or a standard change, or of an article that says how it is done."""

    name = "procedure"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The ids that begin with what is typed, with their titles."""
        del param
        from sdcli.completion import procedure_ids  # noqa: PLC0415 - only completion pays for it

        return procedure_ids(session_of(ctx), incomplete)


PROCEDURE = ProcedureType()


class FigureType(click.ParamType[str]):
    """A figure of a report, by its id; with `groups` also what several ids begin with."""

    name = "figure"

    def __init__(self, *, groups: bool = False) -> None:
        self._groups = groups

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The id.

        Raises:
            NoSuchEntryError: there is no such figure.
        """
        from sdcli.insight.figures import require_figure  # noqa: PLC0415 - only reports need it

        return require_figure(TEXT.convert(value, param, ctx), groups=self._groups)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The figures that begin so."""
        del ctx, param
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - as elsewhere

        from sdcli.insight.figures import FIGURES  # noqa: PLC0415 - as above

        return [CompletionItem(each) for each in FIGURES if each.startswith(incomplete)]


FIGURE, FIGURES = FigureType(), FigureType(groups=True)


class StepDoneType(click.ParamType["StepDone"]):
    """What became of a step: `3:done`, `3:failed` or `3:skipped`, and a note: `3:failed:no key`."""

    name = "n:result"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> StepDone:
        """The number, the result and the note."""
        from sdcli.fulfilment.walk import StepDone  # noqa: PLC0415 - imports msgspec
        from sdcli.tickets.fulfilment import STEP_RESULTS  # noqa: PLC0415 - as above

        if isinstance(value, StepDone):
            return value
        number, _, rest = TEXT.convert(value, param, ctx).partition(":")
        result, _, note = rest.partition(":")
        known = next((each for each in STEP_RESULTS if each == result.strip()), None)
        if known is None or not re.fullmatch("[1-9][0-9]{0,2}", number.strip()):
            shape = "N:RESULT, such as 3:done or '3:failed:no key'"
            self.fail(f"{value!r} is not {shape}.", param, ctx)
        return StepDone(int(number), known, note.strip())


class FormatType(click.ParamType[str]):
    """What a stream holds: an alert format of the desk, or one of the plain forms."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, as its file has it."""
        from sdcli.intake.recognise import known_form  # noqa: PLC0415 - only a stream pays for it

        if ctx is None:
            self.fail("it can only be checked on a desk.", param, ctx)
        return known_form(TEXT.convert(value, param, ctx), session_of(ctx).desk.formats)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The forms that begin with what is typed."""
        del param
        from sdcli.completion import forms  # noqa: PLC0415 - only completion pays for it

        return forms(session_of(ctx), incomplete)


def with_at(function: _F) -> _F:
    """`--at`: when it happened, if it is entered late; the desk keeps both instants."""

    def keep(ctx: click.Context, _: click.Parameter, value: datetime | None) -> None:
        if value is not None:
            session_of(ctx).desk.enter_late(value)

    option = click.option(
        "--at",
        type=WhenType(),
        expose_value=False,
        callback=keep,
        help="When it happened, if that was before now: it counts as of then.",
    )
    return option(function)


def with_period(function: _F) -> _F:
    """`--since` and `--until`: a period of time."""
    since = click.option(
        "--since", type=SinceType(), metavar="WHEN", help="Only from then on, or 30d."
    )
    until = click.option("--until", type=WhenType(), metavar="WHEN", help="Only before then.")
    return since(until(function))


def require_order(since: datetime | None, until: datetime | None) -> None:
    """Refuse a period that ends before it begins.

    Raises:
        UsageError: it does.
    """
    if since and until and until <= since:
        raise click.UsageError("--until must be later than --since.")


def with_cause(function: _F) -> _F:
    """`--cause`: a word of the desk's list of causes."""
    option = click.option(
        "--cause", type=vocabulary("breach_cause"), required=True, help="Why it was missed."
    )
    return option(function)


class RelatedType(RefType):
    """A ticket, or a change of `catalog/schedule.yaml` by its id, one that has left it too."""

    name = "ref"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The reference as the ledger writes it, or the id of the change."""
        given = TEXT.convert(value, param, ctx)
        if re.fullmatch(r"(?i)(?:sd-)?[0-9]+", given):
            return super().convert(given, param, ctx)
        changes = session_of(ctx).desk.policy.schedule.changes if ctx else ()
        return {name.casefold(): name for name in changes}.get(given.casefold(), given)


FORMAT = FormatType()
REF = RefType()
with_ref = click.argument("ref", type=REF)
with_reason = click.option("--reason", type=TEXT, required=True, help="Why.")
with_minutes = click.option(
    "--minutes",
    type=click.IntRange(0, _MINUTES_LIMIT),
    default=0,
    help="Working time to book, in minutes.",
)
with_note = click.option("--note", type=TEXT, default="", help="What was done.")
with_articles = click.option(
    "--kb",
    "articles",
    type=ArticleUseType(),
    multiple=True,
    metavar="ID:OUTCOME",
    help="An article used and what it did, e.g. KB-101:helped; may be given several times.",
)


def used(articles: Iterable[ArticleUse], tell: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What articles did, in sentences, and who was told of one that made things worse."""
    told = [f"{each.id}: {each.outcome}." for each in articles]
    people = ", ".join(dict.fromkeys(name for names in tell.values() for name in names))
    return [*told, *([f"Told by a notice: {people}."] if people else [])]


def with_desk_dir(function: _F) -> _F:
    """The options of the group."""
    params = getattr(function, "__click_params__", [])
    function.__click_params__ = [*params, *_global_options()]  # type: ignore[attr-defined]
    return function


class PairType(click.ParamType["tuple[str, str]"]):
    """Something and what belongs to it: `vpn-when=dropping`."""

    name = "k=v"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """The two parts, without white space round them."""
        if isinstance(value, tuple):
            return value
        name, separator, text = TEXT.convert(value, param, ctx).partition("=")
        if not separator or not name.strip() or not text.strip():
            shape = getattr(param, "metavar", None) or self.name.upper()
            self.fail(f"{value!r} is not {shape}: both parts must say something.", param, ctx)
        return name.strip(), text.strip()


_YES_NO = click.Choice(["yes", "no", "unknown"])


def _options(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several options as one decorator, in their order."""

    def decorate(function: _F) -> _F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _detail(name: str, told: str) -> Callable[[_F], _F]:
    return click.option(f"--{name}", type=TEXT, default="", help=told)


with_details = _options(
    _detail("wanted", "The outcome that the caller wants."),
    _detail("success", "How the caller will know that it is there."),
    _detail("failed", "What failed."),
    _detail("expected", "What should have happened."),
    _detail("evidence", "Messages and numbers, and where to see them."),
    _detail("steps", "How to bring it about."),
    click.option("--reproduced", type=_YES_NO, help="Whether the desk could bring it about."),
    _detail("where", "On what the desk could or could not."),
    click.option("--asked-before", type=_YES_NO, help="Whether it was asked before."),
    click.option(
        "--ever-had",
        type=click.Choice(EVER_HAD),
        help="Had it and lost it (yes), never had it (no), or it was taken away on purpose.",
    ),
    _detail("last-worked", "When it last worked."),
    click.option("--others", type=_YES_NO, help="Whether others have it too."),
    click.option("--changed", type=click.Choice(CHANGED), help="What has changed since then."),
    _detail("justification", "What something new is for."),
    _detail("wanted-by", "When it is wanted."),
    _detail("similar", "What there is that is like it."),
    click.option("--standard-change", type=_YES_NO, help="Whether it is often done just so."),
    _detail("rfc", "The request for change that asks for it already."),
    _detail("approval", "Whether somebody must agree before; who did, and where."),
)
"""The details of a request, each kept apart (R1b.1)."""

with_answers = _options(
    click.option("--ask", is_flag=True, help="Ask the questions of the desk's trees."),
    click.option(
        "--answer",
        "answers",
        metavar="K=V",
        type=PairType(),
        multiple=True,
        help="Answer question K: a choice or its label, free text, or ? for unknown.",
    ),
    click.option(
        "--skip",
        "skips",
        metavar="K=REASON",
        type=PairType(),
        multiple=True,
        help="Leave question K out, and say why.",
    ),
    click.option(
        "--skip-rest",
        metavar="REASON",
        type=TEXT,
        default="",
        help="Leave out all questions that have no answer, and say why.",
    ),
    click.option(
        "--answers",
        "answers_file",
        metavar="FILE",
        type=click.File("rb", lazy=False),
        help="A JSON object of questions and answers.",
    ),
    click.option("--tree", type=TEXT, default="", help="Begin with this question tree."),
)
"""Answers to the questions of the desk's trees (R1b.1c): no question needs a prompt."""


def with_related(function: _F) -> _F:
    """The arguments RELATION and OTHER: what another ticket, or a change, is to a ticket."""
    from sdcli.tickets.linking import TYPED  # noqa: PLC0415 - few commands link

    other = click.argument("other", metavar="OTHER", type=RelatedType())
    return click.argument("relation", type=click.Choice(TYPED))(other(function))


with_closure = _options(
    click.option("--cause", type=vocabulary("cause"), default=None, help="What it came from."),
    click.option(
        "--procedure-easy", type=_YES_NO, help="Whether the procedure was easy to follow."
    ),
    click.option("--procedure-accurate", type=_YES_NO, help="Whether the procedure was right."),
    click.option(
        "--caller-could", type=_YES_NO, help="Whether the caller could have done it alone."
    ),
    click.option(
        "--improvement", type=TEXT, default="", help="What would make the next one easier."
    ),
    click.option(
        "--resumed-evidence", type=TEXT, default="", help="What shows that it works again."
    ),
)
"""What is said on closing beside the code and the confirmation (R4.2, R4.5, R4.5a)."""


with_receipt = _options(
    click.option("--received", type=_YES_NO, default=UNKNOWN, help="Whether they have it."),
    click.option("--help-needed", type=_YES_NO, default=UNKNOWN, help="Whether they need help."),
    click.option(
        "--walked-through", type=_YES_NO, default=UNKNOWN, help="Whether you led them through it."
    ),
    click.option("--remote", type=TEXT, default="", help="What was done on their screen."),
)
"""What is known of an article that the caller was given (R3a.3)."""


def receipt_of(given: dict[str, Any]) -> Receipt:
    """What the options of `with_receipt` say."""
    from sdcli.tickets.event import Receipt  # noqa: PLC0415 - imports msgspec

    return Receipt(**given)


def details_of(given: dict[str, Any]) -> RequestDetails:
    """The details that the options of `with_details` say."""
    from sdcli.tickets.contact import RequestDetails  # noqa: PLC0415 - imports msgspec

    names = RequestDetails.__struct_fields__
    return RequestDetails(**{name: given[name] or "" for name in names})
