"""Questions to a person at a terminal. Every question has an option that answers it instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.render.safe import line
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.suggest import Proposal


def ask_classification(
    policy: Policy, ticket: Ticket, proposals: Mapping[str, Proposal]
) -> dict[str, Any]:
    """Ask for each field of a classification; the proposal is the answer of the Enter key."""
    click.echo(f"{ticket.ref}  {line(ticket.summary)}", err=True)
    words = policy.vocabulary
    answers: dict[str, Any] = {
        "type_": _choose("What kind of request", words.type, proposals["type"]),
    }
    services = {name: service.name for name, service in policy.catalog.services.items()}
    services[UNKNOWN] = "I don't know yet"
    answers["service"] = _choose("Which service", services, proposals["service"])
    found = policy.service(answers["service"])
    features = {name: feature.name for name, feature in found.features.items()} if found else {}
    features[UNKNOWN] = "I don't know yet"
    proposed = proposals["feature"].value if proposals["feature"].value in features else UNKNOWN
    answers["feature"] = _choose(
        "Which feature", features, proposals["feature"]._replace(value=proposed)
    )
    answers["impact"] = _choose("Who is hindered", words.impact, proposals["impact"])
    answers["urgency"] = _choose("How much", words.urgency, proposals["urgency"])
    return answers


def _choose(question: str, meanings: Mapping[Any, str], proposal: Proposal) -> str:
    """One of a list, shown with what each word means."""
    width = max(len(word) for word in meanings)
    click.echo(f"\n{question}?", err=True)
    for word, meaning in meanings.items():
        click.echo(f"  {word:<{width}}  {line(meaning)}", err=True)
    answer: str = click.prompt(
        f"({line(proposal.reason)})",
        type=click.Choice(list(meanings)),
        default=proposal.value,
        show_choices=False,
        err=True,
    )
    return answer
