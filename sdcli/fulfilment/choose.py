"""Which procedure is meant: by the catalog, by what was answered, by what a search found (R3b.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.procedures import Procedure
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.suggest import folded, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sdcli.knowledge.articles import Article
    from sdcli.knowledge.hits import Hit
    from sdcli.policy.model import FulfilmentRequest, Policy
    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.ticket import Ticket

CLEARLY = 1.5
"""What fits best is taken for what is meant if it fits so much better than the next."""


class Named(NamedTuple):
    """What the catalog or a question names, and what names it."""

    id: str
    by: str
    approval: bool = False


def named(policy: Policy, ticket: Ticket) -> Named | None:
    """The procedure that is named for a request: by the questions asked, or by the catalog."""
    if ticket.opening.procedure:
        return Named(ticket.opening.procedure, "the questions that were asked")
    found = [each for each in requests(policy, ticket) if each[1].procedure]
    if not found:
        return None
    id_, request = found[0]
    return Named(request.procedure, f"the catalog, for {id_}", request.approval)


def requests(policy: Policy, ticket: Ticket) -> list[tuple[str, FulfilmentRequest]]:
    """The requests of the catalog that a ticket may be, the one whose words it has first.

    Of a ticket whose words are none of theirs, the only one of its feature if it asks for
    something that is offered.
    """
    service = policy.service(ticket.service)
    if service is None:
        return []
    text = folded(f"{ticket.summary}\n{ticket.opening.details}")
    known = ticket.feature in service.features
    features = [ticket.feature] if known else list(service.features)
    every = [
        (f"{ticket.service}/{feature}/{id_}", request)
        for feature in features
        for id_, request in service.features[feature].requests.items()
    ]
    scored = [
        (sum(holds(text, phrase) for phrase in (request.name, *request.keywords)), at)
        for at, (_, request) in enumerate(every)
    ]
    best = [
        every[at] for score, at in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if score
    ]
    if not best and known and len(every) == 1 and ticket.type == "fulfilment":
        return every
    return best


def fitting(ticket: Ticket, hits: Sequence[Hit], offered: Mapping[str, Instructions]) -> list[Hit]:
    """Of what a search found, what may serve the request: of its service, if any is (R3b.1)."""
    if ticket.service == UNKNOWN:
        return list(hits)
    own = [
        each
        for each in hits
        if each.id not in offered or ticket.service in offered[each.id].services
    ]
    return own or list(hits)


def certain(ticket: Ticket, hits: Sequence[Hit], offered: Mapping[str, Instructions]) -> str:
    """The one that is surely meant; nothing if somebody must say which.

    It serves the request's own service, and fits clearly better than any other. A failure is never
    sure to be a request for something.
    """
    if not hits or ticket.type == "incident":
        return ""
    first, *others = hits
    what = offered.get(first.id)
    if what is None or ticket.service not in what.services:
        return ""
    clearly = not others or first.score >= CLEARLY * others[0].score
    return first.id if clearly or _serves_only(ticket, first.id, hits, offered) else ""


def _serves_only(
    ticket: Ticket, id_: str, hits: Sequence[Hit], offered: Mapping[str, Instructions]
) -> bool:
    """Whether one alone, of those that were found, serves the feature of a request."""
    feature = f"{ticket.service}/{ticket.feature}"
    serving = [
        each.id for each in hits if each.id in offered and feature in offered[each.id].features
    ]
    return serving == [id_]


def of_article(article: Article) -> Procedure:
    """An article of type fulfilment as a procedure: it has steps, and says nothing of time."""
    from sdcli.policy.scalars import Amount, Span  # noqa: PLC0415 - few procedures are articles

    return Procedure(
        format=1,
        id=article.id,
        title=article.title,
        describes=" ".join(article.symptoms),
        services=article.services,
        keywords=article.keywords,
        takes=Amount(),
        effort=Span(0),
        owner=article.owner,
        second_owner=article.second_owner,
        expires=article.expires,
        steps=article.steps,
        verification=article.verification,
        audience="user" if article.audience == "user" else "desk",
        type=article.type,
        revision=article.revision,
        place="",
    )


def texts(what: Instructions) -> Iterator[str]:
    """The steps, each on one line."""
    return (" ".join(each.split()) for each in what.steps)
