"""What is said on closing beside the code and the confirmation, and what is missing (R4.5, R4.5a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets.event import (
    ArticleSent,
    ArticlesShown,
    ArticlesUsed,
    FulfilmentEnded,
    ServiceResumed,
)
from sdcli.tickets.words import UNKNOWN, YesNo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.tickets.event import AnyEvent, ArticleUse, Edition, Stamp
    from sdcli.tickets.ticket import Ticket

HOW: Mapping[str, str] = {
    "cause": "what it came from (--cause WORD)",
    "procedure_easy": "whether the procedure was easy (--procedure-easy yes|no|unknown)",
    "procedure_accurate": "whether it was right (--procedure-accurate yes|no|unknown)",
    "caller_could": "whether the caller could have done it (--caller-could yes|no|unknown)",
    "improvement": "what would make the next one easier (--improvement TEXT)",
    "articles": "what the articles did that were shown (--kb ID:OUTCOME, or sdcli kb used)",
}
"""The fields of a closure, each with the option that says it."""

OPTIONS: Mapping[str, str] = {name: f"--{name.replace('_', '-')}" for name in HOW} | {
    "articles": "--kb"
}
"""The option by which each is said."""

_SAID_BY_WORD = ("cause", "procedure_easy", "procedure_accurate", "caller_could")


class Said(Struct, frozen=True, kw_only=True):
    """What is said on closing (R4.5); empty where nothing is.

    Args:
        cause: what it came from, in a word of the vocabulary.
        procedure_easy, procedure_accurate: of what it was done by.
        caller_could: whether the caller could have done it without the desk.
        improvement: what would make the next one easier.
    """

    cause: str = ""
    procedure_easy: YesNo | Literal[""] = ""
    procedure_accurate: YesNo | Literal[""] = ""
    caller_could: YesNo | Literal[""] = ""
    improvement: str = ""


NOTHING = Said()


def unsaid(
    ticket: Ticket, fields: Sequence[str], said: Said, articles: Sequence[ArticleUse] = ()
) -> tuple[str, ...]:
    """Those of the fields that nobody has said anything of; `unknown` is an answer."""
    told = {name for name in said.__struct_fields__ if getattr(said, name)}
    if articles or not unjudged(ticket):
        told.add("articles")
    return tuple(name for name in fields if name not in told)


def unjudged(ticket: Ticket) -> tuple[Edition, ...]:
    """The articles that somebody was shown or sent and of which nobody said what they did (R4.1).

    None if something is said of one of them, or that none fitted: then the others were no help.
    """
    shown: dict[str, Edition] = {}
    for event in ticket.standing:
        if isinstance(event, ArticlesUsed):
            return ()
        if isinstance(event, ArticlesShown):
            shown.update((each.id, each) for each in event.articles)
        elif isinstance(event, ArticleSent):
            shown[event.article.id] = event.article
    return () if ticket.articles else tuple(shown.values())


def completed(said: Said, fields: Sequence[str]) -> Said:
    """The same, where the fields that nobody could be asked are `unknown`."""
    open_ = {name: UNKNOWN for name in fields if name in _SAID_BY_WORD and not getattr(said, name)}
    return replace(said, **open_)


def resumed(stamp: Stamp, evidence: str) -> tuple[AnyEvent, ...]:
    """That the service works again, with what shows it (R4.2); nothing if nothing is said."""
    return (ServiceResumed(*stamp.mark(), evidence=evidence),) if evidence else ()


def is_shown_to_work(ticket: Ticket) -> bool:
    """Whether something shows that an incident's service works again; others have none to show."""
    return ticket.type != "incident" or ticket.service_restored_at is not None


def benefit(ticket: Ticket) -> YesNo:
    """Whether the caller has what they asked for, as the last fulfilment says (R4.4)."""
    ends = (e.user_check for e in reversed(ticket.standing) if isinstance(e, FulfilmentEnded))
    return next(ends, UNKNOWN)
