"""The surveys of one desk: what callers are asked once it is over, and what they answer (R5a.2).

What the commands of `sdcli survey` call. The questions are in `catalog/survey.yaml`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdcli.errors import NoSuchEntryError, RefusedError
from sdcli.policy.survey import HIGHEST, LOWEST, SURVEY, Survey
from sdcli.results import SurveyAsked
from sdcli.tickets.event import SurveyAnswered, SurveySent
from sdcli.tickets.steps import require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.desk import Desk
    from sdcli.policy.survey import Surveys
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket


class Questionnaires:
    """The surveys of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @cached_property
    def _surveys(self) -> Surveys:
        from sdcli.policy.load import read_surveys  # noqa: PLC0415 - imports YAML

        return read_surveys(self._desk.root)

    def ask(self, ref: str, via: str) -> SurveyAsked:
        """Write what the caller is asked, and note that they were; once for a ticket.

        Raises:
            NoSuchTicketError: there is no such ticket.
            NoSuchEntryError: the desk asks nothing about requests of this type.
            RefusedError: it is not over, was merged, has no caller, or they were asked before.
        """
        from sdcli.notify.caller import caller_of  # noqa: PLC0415 - few commands need it

        asked: list[Survey] = []

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            person = caller_of(ticket)
            _require_askable(ticket, person)
            survey = self._survey(ticket)
            asked.append(survey)
            questions = tuple(survey.questions)
            return (
                SurveySent(
                    *stamp.mark(), survey=ticket.type, to=person, questions=questions, via=via
                ),
            )

        ticket = self._desk.change(ref, step)
        return SurveyAsked(self._desk.see(ticket), letter(ticket, asked[-1]))

    def _survey(self, ticket: Ticket) -> Survey:
        found = self._surveys.surveys.get(ticket.type)
        if found is None:
            raise NoSuchEntryError("survey", ticket.type, self._surveys.surveys, SURVEY)
        return found

    def answer(self, ref: str, scores: Mapping[str, str], remark: str) -> Ticket:
        """Note what the caller said; what is said last counts.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: they were not asked, or not that, or a score is none.
        """

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            require("survey_answered", ticket, "survey answer")
            sent = next((e for e in reversed(ticket.standing) if isinstance(e, SurveySent)), None)
            if sent is None:
                raise RefusedError(
                    f"Nobody has asked the caller of {ref}: `sdcli survey ask {ref}` does.",
                    ref=ref,
                )
            told = {name: _score(sent, name, text) for name, text in scores.items()}
            return (SurveyAnswered(*stamp.mark(), survey=sent.survey, scores=told, remark=remark),)

        return self._desk.change(ref, step)


def _require_askable(ticket: Ticket, person: str) -> None:
    require("survey_sent", ticket, "survey ask")
    ref = ticket.ref
    if ticket.status not in ("resolved", "closed") or ticket.void:
        raise RefusedError(f"{ref} is not over: nobody is asked yet how it was.", ref=ref)
    if not person:
        raise RefusedError(f"{ref} has no caller who could be asked.", ref=ref)
    if any(isinstance(event, SurveySent) for event in ticket.standing):
        raise RefusedError(
            f"{person} was asked about {ref} before: `sdcli survey answer {ref}` takes what they "
            "say.",
            ref=ref,
        )


def _score(sent: SurveySent, name: str, text: str) -> int:
    """A score, if it is one and was asked for."""
    if name not in sent.questions:
        raise NoSuchEntryError("question of the survey", name, sent.questions, SURVEY)
    if not (text.isdecimal() and LOWEST <= int(text) <= HIGHEST):
        raise RefusedError(
            f"{name} is scored {text!r}; a score is a number from {LOWEST} to {HIGHEST}.",
            question=name,
        )
    return int(text)


def letter(ticket: Ticket, survey: Survey) -> list[str]:
    """What the caller is asked, to be read out or sent, in lines; no code of the desk is in it."""
    questions = (
        f"{number}. {each.ask}" for number, each in enumerate(survey.questions.values(), 1)
    )
    return [
        f"Your request {ticket.ref}: {ticket.summary}",
        f"Please answer each with a number from {LOWEST} (bad) to {HIGHEST} (good).",
        *questions,
    ]
