"""A ticket as a text that a person edits, and the steps that make of the ticket what the text says.

What `sdcli edit` calls. The text holds what can be said anew: the summary, the class, where it lies,
the details; everything that was changed becomes an ordinary event, all in one unit of work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import asdict

from sdcli.errors import ChangedMeanwhileError, DraftError, FieldError, Problem, RefusedError
from sdcli.ledger.again import wholly_again
from sdcli.results.tickets import Changed
from sdcli.tickets import steps
from sdcli.tickets.contact import RequestDetails
from sdcli.tickets.event import AnyEvent, Detailed, Stamp
from sdcli.tickets.words import UNKNOWN, Level, RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdcli.desk import Desk
    from sdcli.tickets.ticket import Ticket

_CLASS = ("type", "service", "feature", "impact", "urgency")
_DETAILS = RequestDetails.__struct_fields__
FORM = "the edited ticket"


class Form(Struct, frozen=True, kw_only=True):
    """What the text holds; what is left out stays as it is.

    Args:
        note: a note to write down; the text begins without one.
        reason: why the class is changed; `discovered`: how that was found out.
    """

    summary: str = ""
    type: RequestType | Literal[""] = ""
    service: str = ""
    feature: str = ""
    impact: Level | Literal[""] = ""
    urgency: Level | Literal[""] = ""
    reason: str = ""
    discovered: str = ""
    queue: str = ""
    assignee: str = ""
    details: dict[str, str] = {}
    note: str = ""


class Editing:
    """The text of one ticket, and what becomes of it."""

    def __init__(self, desk: Desk, ref: str) -> None:
        self._desk = desk
        self._ref = ref
        self._before = desk.ledger.get(ref)
        steps.require("detailed", self._before, "edit")

    def text(self) -> bytes:
        """The text as it is given to the editor."""
        from sdcli.policy.yamlfile import written  # noqa: PLC0415 - imports YAML

        every = _told(self._before)
        told = {name: value for name, value in every.items() if value and name != "details"}
        fields = [name for name, value in every.items() if not value]
        known = self._before.request.told()
        empty = [name for name in _DETAILS if name not in known]
        head = [
            f"# {self._ref}: change what is to be another, and leave the editor. What is taken out",
            "# stays as it is. `note` adds a note; `reason` and `discovered` say why the class is",
            f"# another one. Fields that could be added: {', '.join(fields)}.",
        ]
        more = [f"# Further details: {', '.join(empty)}."] if empty else []
        body = "".join(written({name: value}) for name, value in told.items())
        details = written({"details": known}) if known else "details: {}\n"
        return ("\n".join(head) + f"\n{body}{chr(10).join((*more, details))}").encode()

    def apply(self, raw: bytes, name: str) -> Changed:
        """Make of the ticket what the text says.

        Raises:
            DraftError: the text is not sound.
            ChangedMeanwhileError: the ticket was changed meanwhile.
            RefusedError: the process does not allow a change; nothing was recorded.
        """
        form = _read(raw, name)
        return self.change(form)

    def set(self, changes: Mapping[str, str]) -> Changed:
        """Give fields new values, without an editor.

        Raises:
            RefusedError: there is no such field, or the process does not allow it.
            DraftError: a value is none of its field.
        """
        from sdcli.policy.yamlfile import written  # noqa: PLC0415 - imports YAML

        fields = [each for each in Form.__struct_fields__ if each != "details"]
        wrong = [each for each in changes if each not in (*fields, *_DETAILS)]
        if wrong:
            raise FieldError(
                f"There is no field {wrong[0]!r} to set: there are {', '.join((*fields, *_DETAILS))}."
            )
        own = {each: value for each, value in changes.items() if each not in _DETAILS}
        details = {each: value for each, value in changes.items() if each in _DETAILS}
        text = written({**own, **({"details": details} if details else {})})
        return self.apply(text.encode(), "--set")

    @wholly_again
    def change(self, form: Form) -> Changed:
        """Take the steps, all in one unit of work; see `apply`."""
        desk, ref = self._desk, self._ref
        with desk.together() as unit, unit.write() as writer:
            if writer.get(ref).events != self._before.events:
                raise ChangedMeanwhileError(ref)
            for step in self._steps(form):
                step()
            after = writer.get(ref)
        is_new = after.events != self._before.events
        return Changed(desk.see(after), () if is_new else ["Nothing was changed."], is_new=is_new)

    def _steps(self, form: Form) -> Iterator[Any]:
        desk, ref, before = self._desk, self._ref, self._before
        wish = _class_wish(before, form)
        if wish:
            from sdcli.triage.classify import decide  # noqa: PLC0415 - few edits change the class
            from sdcli.triage.wish import Wish  # noqa: PLC0415 - as above

            yield lambda: desk.change(ref, decide, policy=desk.policy, wish=Wish(**wish))
        queue = form.queue if form.queue != before.queue else ""
        person = form.assignee if form.assignee != (before.assignee or "") else ""
        if queue or person:
            policy = desk.policy
            to = policy.require_technician(person) if person else None
            where = policy.require_queue(queue) if queue else None
            yield lambda: desk.change(ref, steps.assign, to=to, queue=where)
        if form.summary != before.summary or form.details:
            yield lambda: desk.change(ref, _detail, form=form)
        if form.note:
            yield lambda: desk.change(ref, steps.note, text=form.note)


def _detail(ticket: Ticket, stamp: Stamp, *, form: Form) -> tuple[AnyEvent, ...]:
    """The new summary and details; nothing if they are as they were."""
    wrong = sorted(set(form.details) - set(_DETAILS))
    if wrong:
        raise RefusedError(
            f"There is no detail {', '.join(wrong)}: there are {', '.join(_DETAILS)}.",
            ref=ticket.ref,
        )
    said = {name: text.strip() for name, text in form.details.items() if text.strip()}
    request = RequestDetails(**said)
    summary = form.summary.strip() if form.summary.strip() != ticket.summary else ""
    known = ticket.request.overlaid(request) == ticket.request
    if known and not summary:
        return ()
    told = RequestDetails() if known else request
    return (Detailed(*stamp.mark(), request=told, summary=summary),)


def _class_wish(before: Ticket, form: Form) -> dict[str, Any]:
    """What is asked of the classification; nothing if the class stays."""
    said = {
        name: value
        for name in _CLASS
        if (value := getattr(form, name)) and value != getattr(before, name)
    }
    if not said:
        return {}
    renamed = {("type_" if name == "type" else name): value for name, value in said.items()}
    return {**renamed, "reason": form.reason, "discovered": form.discovered}


def _told(ticket: Ticket) -> dict[str, Any]:
    """The fields of the text, as they are."""
    form = Form(
        summary=ticket.summary,
        type=ticket.type,
        service=ticket.service,
        feature=ticket.feature,
        queue=ticket.queue,
        assignee=ticket.assignee or "",
        details=ticket.request.told(),
    )
    told = asdict(form)
    levels = {"impact": ticket.impact, "urgency": ticket.urgency}
    stated = {name: level for name, level in levels.items() if level != UNKNOWN}
    return {**told, "impact": "", "urgency": "", **stated}


def _read(raw: bytes, name: str) -> Form:
    from sdcli.policy.load import read_file  # noqa: PLC0415 - imports YAML

    read = read_file(name, raw, Form)
    if read.problems:
        raise DraftError(sorted(read.problems), FORM)
    form: Form = read.value
    unknown = [each for each in form.details if each not in _DETAILS]
    if unknown:
        line = read.places.get(f"details.{unknown[0]}", 1)
        said = f"there is no detail `{unknown[0]}`; there are {', '.join(_DETAILS)}"
        raise DraftError([Problem(name, line, said)], FORM)
    return form
