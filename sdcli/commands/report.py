"""`sdcli report`: figures of the desk's own work, each with the tickets behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.insight.figures import SPLITS
from sdcli.params import (
    FIGURE,
    FIGURES,
    QUERY,
    TEXT,
    SinceType,
    WhenType,
    as_acting_group,
    as_of,
    pass_desk,
)
from sdcli.results.reports import (
    Audited,
    ClassificationReported,
    Defined,
    FilteredReported,
    InformationReported,
    OutagesReported,
    PageWritten,
    Reported,
    SkillsReported,
    UnsupportedReported,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.insight.partings import Class
    from sdcli.reports import Wanted
    from sdcli.tickets.ticket import Ticket

_PERIOD = (
    click.option("--since", type=WhenType(), metavar="WHEN", help="Only what changed from then."),
    click.option("--until", type=WhenType(), metavar="WHEN", help="Only what changed before then."),
    click.option("--query", type=QUERY, default="", help="Only tickets as a query says."),
    click.option("--refs", is_flag=True, help="Show the newest tickets behind each number."),
)


def _with_period(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that all reports share."""
    for option in reversed(_PERIOD):
        function = option(function)
    return function


def _chosen(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which period and which tickets are counted."""
    options = (
        click.option(
            "--period",
            type=TEXT,
            default="",
            metavar="NAME",
            help="2026-11, 2026-Q4, 2026, last-month, this-week, 12w, all, ... [30d]",
        ),
        click.option(
            "--since", type=SinceType("as_of"), metavar="WHEN", help="From then on, or 30d."
        ),
        click.option("--until", type=WhenType("as_of"), metavar="WHEN", help="Before then."),
        click.option(
            "--as-of",
            type=TEXT,
            default="",
            is_eager=True,  # what else is said in relation to now is meant in relation to that
            metavar="WHEN",
            help="As it was known then, exactly; the past.",
        ),
        click.option("--query", type=QUERY, default="", help="Only tickets as a query says."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@as_acting_group("report")
@_chosen
@click.option(
    "--figure",
    "figures",
    type=FIGURES,
    multiple=True,
    metavar="ID",
    help="Only this, and what goes on behind it, as sla and sla.response; several.",
)
@click.option(
    "--by",
    type=click.Choice(SPLITS),
    multiple=True,
    metavar="WHAT",
    help="Split also by this: unit, person, ...",
)
@click.option("--parts", is_flag=True, help="Show what each figure is split by.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "markdown"]),
    default="table",
    help="How it is written. [table]",
)
@click.option(
    "--html", type=click.Path(dir_okay=False), metavar="FILE", help="Write it as a page of charts."
)
@click.pass_context
@pass_desk
def command(desk: Desk, ctx: click.Context, /, **given: Any) -> Reported | PageWritten | None:
    """Show the figures of the desk in a period, beside those of the period before.

    Each figure has a definition (`report define ID`) and its receipts: `report audit ID` lists the
    tickets that it counts. --as-of gives what the same command gave then. --figure and --by choose;
    sparklines show how it went from slot to slot. --html writes one page that needs nothing else:
    charts, their numbers, and the tickets behind. The other reports look closer at one thing each.

    \b
    Examples:
        sdcli report
        sdcli report --period last-month --parts
        sdcli report --period 2026-Q4 --figure sla --by service
        sdcli report --period 2026-10 --format csv
        sdcli report --period 2026 --html report.html
        sdcli report --since 2026-10-01 --until 2026-11-01 --as-of 2026-11-01 --json
    """
    if ctx.invoked_subcommand is not None:
        return None
    from sdcli.render.progress import shown
    from sdcli.reports import Reports

    if given["html"] and given["form"] != "table":
        raise click.UsageError("Say --html or --format, not both.")
    parts = given["parts"] or bool(given["figures"] or given["by"])
    with shown("Counting") as progress:
        report = Reports(desk).report(_wanted(ctx, given), progress)
    if given["html"]:
        from sdcli.report_pages import write

        return write(desk, _wanted(ctx, given), report, given["html"])
    return Reported(report, given["form"], parts)


@command.command("audit")
@click.argument("figure", type=FIGURE, metavar="ID")
@_chosen
@click.pass_context
@pass_desk
def audit(desk: Desk, ctx: click.Context, figure: str, **given: Any) -> Audited:
    """List everything that a figure counts, ticket by ticket.

    Of a share also what does not count: those with yes are the numerator, and all of them together
    the denominator. --json tells of each by what it can be split.

    \b
    Examples:
        sdcli report audit fcr.net --period last-month
        sdcli report audit sla.response --period 2026-Q4 --query 'service:vpn'
    """
    from sdcli.render.progress import shown
    from sdcli.reports import Reports

    with shown("Counting") as progress:
        return Audited(Reports(desk).audit(figure, _wanted(ctx, given), progress))


@command.command("define")
@click.argument("figures", type=FIGURES, metavar="[ID]...", nargs=-1)
def define(figures: tuple[str, ...]) -> Defined:
    """Say what figures count, exactly; without an ID list them all.

    \b
    Example:
        sdcli report define fcr.net
    """
    from sdcli.insight.figures import figures_of

    return Defined(figures_of(figures), whole=bool(figures))


def _wanted(ctx: click.Context, given: dict[str, Any]) -> Wanted:
    """What the options ask for.

    Raises:
        UsageError: two of them contradict one another.
    """
    from sdcli.reports import Wanted

    if given["period"] and (given["since"] or given["until"]):
        raise click.UsageError("Say --period, or --since and --until, not both.")
    _require_order(given["since"], given["until"])
    return Wanted(
        period=given["period"],
        since=given["since"],
        until=given["until"],
        as_of=as_of(ctx, given["as_of"]) if given["as_of"] else None,
        query=given["query"],
        figures=given.get("figures", ()),
        by=given.get("by", ()),
    )


@command.command("classification")
@click.option(
    "--by", type=click.Choice(["type", "service"]), default="type", help="What to compare. [type]"
)
@_with_period
@pass_desk
def classification(
    desk: Desk,
    by: Class,
    since: datetime | None,
    until: datetime | None,
    query: str,
    refs: bool,
) -> ClassificationReported:
    """Show what requests were taken for at first, and what they were in the end.

    First against final class, how mistakes were discovered, what was left unknown by whom, flips
    between incident and fulfilment, and for each confusion the question of your trees that,
    asked earlier, would have told the two apart.

    \b
    Examples:
        sdcli report classification --by service
        sdcli report classification --since 2026-11-01 --json
    """
    from sdcli.classifying import Classification

    _require_order(since, until)
    report = Classification(desk).report(by, since, until, _only(desk, query))
    return ClassificationReported(report, refs)


@command.command("information")
@click.option(
    "--from", "fewest", type=click.IntRange(1), default=2, help="Asked at least so often. [2]"
)
@_with_period
@pass_desk
def information(
    desk: Desk,
    fewest: int,
    since: datetime | None,
    until: datetime | None,
    query: str,
    refs: bool,
) -> InformationReported:
    """Show what callers ask again and again: candidates for the list of frequent questions.

    Requests for information, by service, feature and the articles that answered them, and by
    area: technology or service.

    \b
    Example:
        sdcli report information --since 2026-11-01 --from 3
    """
    from sdcli.classifying import Classification

    _require_order(since, until)
    report = Classification(desk).information_report(since, until, fewest, _only(desk, query))
    return InformationReported(report, refs)


@command.command("filtered")
@_with_period
@pass_desk
def filtered(
    desk: Desk, since: datetime | None, until: datetime | None, query: str, refs: bool
) -> FilteredReported:
    """Show what was refused when something new was asked for, by rule.

    What is refused again and again may be worth offering; decisions count when they were made.

    \b
    Example:
        sdcli report filtered --since 2026-01-01 --refs
    """
    from sdcli.change_requests import ChangeRequests

    _require_order(since, until)
    return FilteredReported(ChangeRequests(desk).filtered(since, until, _only(desk, query)), refs)


@command.command("skills")
@_with_period
@pass_desk
def skills(
    desk: Desk, since: datetime | None, until: datetime | None, query: str, refs: bool
) -> SkillsReported:
    """Show which skills were missing, by person and by skill.

    Counts what `sdcli step --mentor --skill` recorded.

    \b
    Example:
        sdcli report skills --since 2026-10-01
    """
    from sdcli.incidents import Incidents

    _require_order(since, until)
    return SkillsReported(Incidents(desk).skills(since, until, _only(desk, query)), refs)


@command.command("outages")
@_with_period
@pass_desk
def outages(
    desk: Desk, since: datetime | None, until: datetime | None, query: str, refs: bool
) -> OutagesReported:
    """Show the calls that planned outages and changes brought, announced or not.

    A call was announced if a bulletin about its service stood when it came, or in the seven days
    before: many calls without one say that the desk told too little of what it planned. Calls count when they were opened.

    \b
    Example:
        sdcli report outages --since 2026-11-01 --refs
    """
    from sdcli.incidents import Incidents

    _require_order(since, until)
    return OutagesReported(Incidents(desk).outages(since, until, _only(desk, query)), refs)


@command.command("unsupported")
@click.option("--since", type=WhenType(), metavar="WHEN", help="Only what was done from then.")
@click.option("--until", type=WhenType(), metavar="WHEN", help="Only what was done before then.")
@click.option("--query", type=QUERY, default="", help="Only tickets as a query says.")
@click.option("--refs", is_flag=True, help="Show the tickets behind each number.")
@click.option("--draft-changes", is_flag=True, help="Open a request for change for each new gap.")
@pass_desk
def unsupported(
    desk: Desk,
    since: datetime | None,
    until: datetime | None,
    *,
    query: str,
    refs: bool,
    draft_changes: bool,
) -> UnsupportedReported:
    """Show what was spent on things that the catalog does not hold, and what it lacks.

    Minutes, tickets and decisions, by name and by unit; minutes count when they were booked.
    What was asked for often enough (catalog/classification.yaml, support: gap_from) is a gap:
    --draft-changes opens a request for change for it, with the evidence, and only once; the report
    names the one that is there. Tickets that nobody has decided on are counted as undecided.

    \b
    Examples:
        sdcli report unsupported --since 2026-11-01
        sdcli report unsupported --draft-changes
    """
    from sdcli.supporting import Support

    _require_order(since, until)
    support = Support(desk)
    report = support.report(since, until, _only(desk, query))
    changes = support.draft_changes(report) if draft_changes else ()
    return UnsupportedReported(report, changes, refs)


def _only(desk: Desk, query: str) -> Callable[[Ticket], bool] | None:
    """What tells which tickets count, by a query; None if all do."""
    if not query:
        return None
    from sdcli.finding import Finding

    return Finding(desk, query).predicate


def _require_order(since: datetime | None, until: datetime | None) -> None:
    if since and until and until <= since:
        raise click.UsageError("--until must be later than --since.")
