"""Questions to a person at a terminal. Every question has an option that answers it instead."""

from __future__ import annotations

import sys
from contextlib import suppress
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, ParamSpec, TypeAlias, TypeVar, get_args

import click

from sdcli.errors import AnswerError, BackError, LeftError, RefusedError
from sdcli.moves import Move
from sdcli.policy.address import address_in, is_address
from sdcli.render.safe import line
from sdcli.render.wrap import fitted
from sdcli.tickets.contact import Answer
from sdcli.tickets.quality import CHECK_ANSWERS
from sdcli.tickets.words import UNKNOWN, YES_NO

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sdcli.closing import Answers, Open
    from sdcli.guidance import Blank, Case, Choice, Question
    from sdcli.intake.before import Before
    from sdcli.policy.changes import Templates
    from sdcli.policy.model import Policy
    from sdcli.policy.questions import Questions
    from sdcli.policy.review import Check
    from sdcli.policy.trees import Course
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.quality import CheckAnswer
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.questions import Asked
    from sdcli.triage.suggest import Proposal
    from sdcli.triage.wish import Wish

_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Back(Exception):  # noqa: N818 - nothing is wrong: somebody goes back
    """Somebody goes back from a question of a command."""


def _asks(state: str | Callable[..., str]) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Questions come before anything is recorded: who leaves one is told so, on a new line."""

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(function)
        def asking(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            try:
                return function(*args, **kwargs)
            except (click.Abort, KeyboardInterrupt) as error:
                click.echo(err=True)
                told = state if isinstance(state, str) else state(*args, **kwargs)
                raise LeftError(told) from error
            except _Back as error:
                told = state if isinstance(state, str) else state(*args, **kwargs)
                raise BackError(told) from error

        return asking

    return decorate


def _fit(text: str) -> list[str]:
    """A line broken between words where the terminal ends, each on its own."""
    if not sys.stderr.isatty():
        return text.split("\n")
    import shutil  # noqa: PLC0415 - only questions pay for it

    return fitted(text.split("\n"), shutil.get_terminal_size().columns, len("  10  "))


def _say(text: str = "") -> None:
    """Something to read before a question is answered."""
    for each in _fit(text):
        click.echo(each, err=True)


def _prompt(
    question: str, *, read: Callable[[str], Any] = str, kind: Any = None, **how: Any
) -> Any:
    """An answer to a question of a command; `q` leaves the command, and `<` goes back from it.

    Raises:
        click.Abort: somebody leaves; `_Back`: somebody goes back.
    """

    def typed(given: str) -> Any:
        said = given.strip().casefold()
        if said == Move.LEAVE.value:
            raise click.Abort
        if said == Move.BACK.value:
            raise _Back
        return kind.convert(given, None, None) if kind else read(given)

    asked = "\n".join(_fit(question))
    return click.prompt(asked, type=kind, value_proc=typed, err=True, **how)


_OPENS = _asks("Nothing was opened.")


@_asks("Nothing was changed.")
def ask_classification(
    policy: Policy,
    ticket: Ticket,
    proposals: Mapping[str, Proposal],
    with_had: Callable[[str], Mapping[str, Proposal]],
) -> dict[str, Any]:
    """Ask for each field of a classification; the proposal is the answer of the Enter key.

    Before something is taken for a failure it is asked whether the caller ever had it; `with_had`
    gives the proposals with that answer (R2a.2a).
    """
    _say(f"{ticket.ref}  {line(ticket.summary)}")
    words = policy.vocabulary
    answers: dict[str, Any] = {}
    is_open = not ticket.key and ticket.request.ever_had in ("", UNKNOWN)
    if is_open and ticket.type == UNKNOWN:
        answers |= _ask_had()
        proposals = with_had(answers["ever_had"])
    answers["type_"] = _choose("What kind of request", words.type, proposals["type"])
    if is_open and not answers.get("ever_had") and ticket.type != answers["type_"] == "incident":
        answers |= _ask_had()
    services = {name: service.name for name, service in policy.catalog.services.items()}
    services[UNKNOWN] = _NOT_KNOWN
    answers["service"] = _choose("Which service", services, proposals["service"])
    found = policy.service(answers["service"])
    features = {name: feature.name for name, feature in found.features.items()} if found else {}
    features[UNKNOWN] = _NOT_KNOWN
    proposed = proposals["feature"].value if proposals["feature"].value in features else UNKNOWN
    answers["feature"] = _choose(
        "Which feature", features, proposals["feature"]._replace(value=proposed)
    )
    return answers | _ask_impact(policy, ticket)


def _ask_had() -> dict[str, str]:
    from sdcli.triage.suggest import Proposal  # noqa: PLC0415 - only this question needs it

    proposal = Proposal(UNKNOWN, "before anything is taken for a failure")
    return {"ever_had": _choose("Did the caller ever have it", _HAD, proposal)}


_HAD = {
    "yes": "They had it and lost it",
    "no": "They never had it",
    "taken": "It was taken away on purpose",
    UNKNOWN: "I don't know yet",
}


def _ask_impact(policy: Policy, ticket: Ticket) -> dict[str, Any]:
    """What hangs on it for the business; nobody is asked how urgent it is (R2c.2d).

    What was answered before is the answer of the Enter key; what is not known is left out.
    """
    from sdcli.triage.suggest import Proposal  # noqa: PLC0415 - only these questions need it

    known, rules = ticket.assessment, policy.classification
    people = click.prompt(
        "\nHow many people cannot work (0 if that is not known)",
        type=click.IntRange(0),
        default=known.people or 0,
        err=True,
    )
    processes = {name: each.name for name, each in rules.processes.items()}
    groups = {name: each.name for name, each in rules.groups.items()}
    ways = {
        "none": "There is none: work has stopped",
        "hard": "There is one, and it is hard to go",
        "good": "There is a good one: it can wait",
        UNKNOWN: _NOT_KNOWN,
    }
    lists = (
        ("process", "Which business process stands still", processes, known.process),
        ("who", "Who is hindered", groups, known.who),
        ("workaround", "Is there a way round", ways, known.workaround),
    )
    answers: dict[str, Any] = {"people": people or _taken_back(known.people)}
    for name, question, meanings, before in lists:
        shown = {**meanings, UNKNOWN: meanings.get(UNKNOWN, "None of these, or I don't know")}
        proposal = Proposal(before or UNKNOWN, "as it was answered before" if before else "Enter")
        said = _choose(question, shown, proposal)
        answers[name] = _taken_back(before) if said == UNKNOWN else said
    return answers


def _taken_back(before: object) -> str | None:
    """What `unknown` says: it takes back what was known before, and is nothing otherwise."""
    return UNKNOWN if before not in (None, "", UNKNOWN) else None


@_asks("Nothing was changed.")
def ask_category(ticket: Ticket, templates: Templates) -> str:
    """Which kind of request for change it is (R3c3.1)."""
    from sdcli.triage.suggest import Proposal  # noqa: PLC0415 - only this question needs it

    _say(f"{ticket.ref}  {line(ticket.summary)}")
    meanings = {name: each.name for name, each in templates.categories.items()}
    proposal = Proposal(next(iter(meanings)), "the first of catalog/rfc.yaml")
    return _choose("What kind of change", meanings, proposal)


@_asks("Nothing was changed.")
def ask_fields(
    templates: Templates, category: str, filled: Mapping[str, str], needed: Collection[str]
) -> dict[str, str]:
    """What the template of a category asks for; what is `filled` is the answer of the Enter key.

    What is `needed` is asked until it is said (R3c3.1).
    """
    answers: dict[str, str] = {}
    for name in templates.categories[category].fields:
        says, before = line(templates.fields[name].says), filled.get(name, "")
        shown = (
            f" [{line(before)}]" if before else "" if name in needed else " (Enter leaves it out)"
        )
        said = _ask(f"{says}{shown}") or before
        while not said and name in needed:
            said = _ask(says)
        if said:
            answers[name] = said
    return answers


_NOT_KNOWN = "I don't know yet"


@_asks("Nothing was changed.")
def ask_mistake(policy: Policy, ticket: Ticket, wish: Wish, stamp: Stamp) -> dict[str, str]:
    """Show what the answers give; where they change what was decided, ask how that was found out.

    Another class needs how its mistake was discovered; that and another stated level need a
    reason (R3d1.5, R2c.2e).
    """
    from sdcli.triage import reclassify  # noqa: PLC0415 - only these questions need them
    from sdcli.triage.classify import decided  # noqa: PLC0415
    from sdcli.triage.suggest import Proposal  # noqa: PLC0415

    event = decided(ticket, stamp, policy=policy, wish=wish)
    told = f"impact {event.impact}, urgency {event.urgency}: {event.priority}"
    _say(f"\nThat gives {told}.")
    changed = reclassify.by_word(event, reclassify.changed(ticket, event))
    answers: dict[str, str] = {}
    if any(field in reclassify.CLASSES for field in changed):
        before = ", ".join(f"{field} {getattr(ticket, field)}" for field in changed)
        _say(f"It was decided otherwise: {line(before)}.")
        proposal = Proposal(UNKNOWN, "how the mistake was found")
        answers["discovered"] = _choose(
            "How was that found out", policy.vocabulary.discovered, proposal
        )
    while changed and not answers.get("reason"):
        answers["reason"] = _ask("What shows it")
    return answers


def tell_before(before: Before, now: datetime) -> None:
    """Show what is there already, before anything is recorded (R1a.1a, R1a.1f)."""
    from sdcli.render.as_text.intake import before_lines  # noqa: PLC0415 - only `open` pays for it

    with suppress(OSError):  # a remark that nobody can hear changes nothing
        for text in before_lines(before, now):
            _say(text)


@_OPENS
def ask_what_to_do(before: Before) -> tuple[str, str]:
    """Whether it is new, or belongs to something: the option that says so, and the reference."""
    ways = [
        *(("me_too", ticket, "the caller has this too") for ticket in before.bulletins),
        *(("add_to", ticket, "it belongs to this") for ticket in before.caller_open),
        *(("same_as", each.ticket, "new, but the same again as this") for each in before.earlier),
    ]
    _say("  0  it is new")
    for number, (_, ticket, meaning) in enumerate(ways, 1):
        _say(f"  {number}  {meaning}: {ticket.ref} {line(ticket.summary)}")
    asked = f"Which number, 0 to {len(ways)}"
    chosen = click.prompt(asked, type=click.IntRange(0, len(ways)), default=0, err=True)
    return (ways[chosen - 1][0], ways[chosen - 1][1].ref) if chosen else ("", "")


@_OPENS
def ask_contact(policy: Policy, given: Mapping[str, Any]) -> dict[str, str]:
    """What is not known of whoever calls; the number to call back comes first (R1a.1d).

    `given` are the options of `open`; the answers are by the same names.
    """
    from sdcli.policy.people import known  # noqa: PLC0415 - only `open` pays for it
    from sdcli.policy.phone import is_number  # noqa: PLC0415

    person = known(policy, given["user"] or given["phone"] or given["mail"])
    answers: dict[str, str] = {}
    by_number = given["user"] if is_number(given["user"]) else ""
    phone = given["phone"] or (person.contact.phone if person else "") or by_number
    if not phone and not given["no_contact"]:
        phone = _ask_for("The number to call back (Enter if there is none)", is_number)
        answers["phone"] = phone
    if not given["user"]:
        person = known(policy, phone) or person
        answers["user"] = click.prompt(
            "Who calls (id, mail, number or name)", default=person.id if person else None, err=True
        ).strip()
        person = known(policy, answers["user"]) or person
    mail = given["mail"] or (person.contact.mail if person else "")
    is_reached = is_address(address_in(answers.get("user", given["user"])))
    if not (phone or mail or is_reached or given["no_contact"]):
        answers |= _ask_reach()
    return answers


def _ask_reach() -> dict[str, str]:
    """How somebody without a number is reached, or why they cannot be."""
    mail = _ask_for("The mail address to answer to (Enter if there is none)", is_address)
    if mail:
        return {"mail": mail}
    reason = ""
    while not reason:
        reason = _ask("Why can nobody be reached")
    return {"no_contact": reason}


def _ask_for(question: str, fits: Callable[[str], bool]) -> str:
    """An answer that fits, asked until it does; nothing at the Enter key."""
    while (said := address_in(_ask(question))) and not fits(said):
        _say(f"{line(said)!r} is none.")
    return said


@_asks("Nothing was closed.")
def ask_closure(policy: Policy, ticket: Ticket, open_: Open) -> Answers:
    """What a closure leaves open (R4.2, R4.4, R4.5); the Enter key is `unknown`.

    Raises:
        RefusedError: the caller does not have what they asked for.
    """
    from sdcli.closing import Answers  # noqa: PLC0415 - only `close` pays for it
    from sdcli.tickets.event import ArticleUse  # noqa: PLC0415

    _say(f"{ticket.ref}  {line(ticket.summary)}")
    _say("(< goes back, q leaves; nothing is closed then)")
    if open_.benefit:
        _ask_benefit(ticket)
    shows = "What shows that it works again (Enter if nothing does)"
    evidence = _ask(shows) if open_.evidence else ""
    said: dict[str, Any] = {}
    uses = []
    for name in open_.fields:
        if name == "cause":
            said[name] = _choose("What did it come from", policy.vocabulary.cause, None)
        elif name == "improvement":
            said[name] = _ask("What would make the next one easier (Enter for nothing)")
        elif name in YES_NO_QUESTIONS:
            said[name] = _yes_no(YES_NO_QUESTIONS[name])
    for article in open_.articles:
        question = f"What did {line(article.id)} do"
        outcome = _choose(question, policy.vocabulary.article_outcome, None)
        if outcome != UNKNOWN:
            uses.append(ArticleUse(article.id, outcome, article.revision))
    return Answers(said=said, evidence=evidence, articles=tuple(uses))


def _ask_benefit(ticket: Ticket) -> None:
    """Whether the caller has what they asked for; if not, it is no time to close (R4.4)."""
    if _yes_no(HAS_IT) == "no":
        raise not_over(ticket)


HAS_IT = "Does the caller have what they asked for"


def not_over(ticket: Ticket) -> RefusedError:
    """That it is no time to close: the caller does not have what they asked for (R4.4)."""
    return RefusedError(
        f"{ticket.ref} is not over: the caller does not have what they asked for. Nothing was "
        "closed; "
        + (
            f"`sdcli reopen {ticket.ref} --reason WHY` takes it up again."
            if ticket.status == "resolved"
            else "work goes on."
        ),
        ref=ticket.ref,
    )


_LETTERS = {"y": "yes", "n": "no", "?": UNKNOWN}
"""What may be typed for these words, wherever they are among the answers."""


def _spelled(said: str, words: Collection[str]) -> str:
    """The word that a letter stands for, if it is among these; else what was said."""
    word = _LETTERS.get(said.strip().casefold(), "")
    return word if word in words and said not in words else said


class _Words(click.Choice[str]):
    """One of some words, in capitals too; a letter does for yes and for no."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(words, case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word that was meant."""
        said: str = super().convert(_spelled(value.strip(), self.choices), param, ctx)
        return said


def _yes_no(question: str) -> str:
    """Yes, no or unknown, which is the answer of the Enter key."""
    answer: str = _prompt(question, kind=_Words(YES_NO), default=UNKNOWN)
    return answer


YES_NO_QUESTIONS = {
    "procedure_easy": "Was the procedure easy to follow",
    "procedure_accurate": "Was the procedure right",
    "caller_could": "Could the caller have done it alone",
}
"""What is asked of a closure, by its field."""


def _ask(question: str) -> str:
    answer: str = _prompt(question, default="", show_default=False)
    return answer.strip()


def _choose(question: str, meanings: Mapping[Any, str], proposal: Proposal | None) -> str:
    """One of a list, shown with what each word means; without a proposal Enter is `unknown`."""
    width = max(len(word) for word in meanings)
    _say(f"\n{question}?")
    for word, meaning in meanings.items():
        _say(f"  {word:<{width}}  {line(meaning)}")
    answer: str = _prompt(
        f"({line(proposal.reason)})" if proposal else "(Enter if you do not know)",
        kind=_Words(list(meanings)),
        default=proposal.value if proposal else UNKNOWN,
        show_choices=False,
    )
    return answer


@_asks("Nothing was handed over.")
def ask_items(queue: str, questions: Mapping[str, str]) -> dict[str, str]:
    """What is known of the items that the next team needs (R3d2.1); empty for what nobody knows."""
    _say()
    _say(f"{line(queue)} needs to know (Enter if nobody does, < goes back, q leaves):")
    answers: dict[str, str] = {}
    items = list(questions)
    while len(answers) < len(items):
        item = items[len(answers)]
        try:
            answers[item] = _ask(f"  {item}: {line(questions[item])}")
        except _Back:
            if not answers:
                raise
            answers.popitem()
    return answers


class _Move(Enum):
    """What may be typed in place of an answer."""

    BACK = "<"
    SKIP = "-"
    SKIP_REST = "--"
    FAQ = "faq"


_MOVES = {
    "<": _Move.BACK,
    "-": _Move.SKIP,
    "--": _Move.SKIP_REST,
    "!": _Move.SKIP_REST,
    "faq": _Move.FAQ,
}
_HINT = (
    "(? for unknown, - leaves a question out, -- all the rest, < goes back, faq shows the frequent "
    "questions; Ctrl-C leaves, and nothing is opened)"
)


@_OPENS
def ask_questions(
    questions: Questions,
    given: Mapping[str, Answer],
    begin: Course,
    faq: Callable[[], list[tuple[str, str]]] = list,
) -> dict[str, Answer]:
    """Ask what the given answers leave open; the answers, with those (R1b.1c).

    A list is answered by number, id or label; `?` is unknown, `-` leaves a question out, `--` all
    that are left, and `<` goes back to the question before. `faq` gives the frequent questions,
    id and title; whoever types that word sees them (R2a.1).
    """
    from sdcli.triage.questions import follow, skip_rest  # noqa: PLC0415 - only these need it

    if questions.changed:
        _say(f"Questions of {line(f'{questions.version}: {questions.changed}')}")
    _say(_HINT)
    answers, asked = dict(given), list[str]()
    while (asks := follow(questions, answers, begin).asks) is not None:
        said = _ask_one(asks)
        if said is _Move.FAQ:
            _show_faq(faq())
            continue
        if isinstance(said, Answer):
            answers[asks.id] = said
            asked.append(asks.id)
        elif said is _Move.BACK and asked:
            del answers[asked.pop()]
        elif said is _Move.BACK:
            _say("This is the first question.")
        elif reason := _ask_why("Why all the rest"):
            return skip_rest(questions, answers, begin, reason)
    return answers


@_OPENS
def ask_notes() -> str:
    """What the caller says besides, in their own words; nothing at the Enter key (R1b.1c)."""
    said: str = click.prompt("\nAnything else", default="", show_default=False, err=True)
    return said.strip()


def _ask_one(asked: Asked) -> Answer | _Move:
    """One question, until it has an answer or a reason for none; or where to go instead."""
    _show_question(asked)
    said = _read_answer(asked)
    while said is _Move.SKIP:
        reason = _ask_why("Why")
        if reason:
            return Answer(asked.id, skipped=reason)
        said = _read_answer(asked)
    return said


def _show_faq(articles: list[tuple[str, str]]) -> None:
    """The frequent questions by title."""
    click.echo(
        "\nFrequent questions:" if articles else "\nThere are no frequent questions.", err=True
    )
    for id_, title in articles:
        _say(f"  {line(id_)}  {line(title)}")


def _show_question(asked: Asked) -> None:
    question = asked.question
    _say(f"\n{line(question.ask)}")
    if question.help:
        _say(f"  {line(question.help)}")
    for number, choice in enumerate(question.choices.values(), 1):
        _say(f"  {number:>2}  {line(choice.label)}")


def _read_answer(asked: Asked) -> Answer | _Move:
    question = asked.question
    choices = dict(enumerate(question.choices, 1))

    def read(text: str) -> Answer | _Move:
        from sdcli.triage.questions import answer_to  # noqa: PLC0415 - as above

        said = text.strip()
        if said.casefold() in _MOVES:
            return _MOVES[said.casefold()]
        said = _spelled(said, question.choices)
        if choices and said.isdecimal():
            said = choices.get(int(said), said)
        try:
            return answer_to(asked.id, question, said)
        except AnswerError as error:
            raise click.UsageError("Choose from the list, or type ?, -, --, < or faq.") from error

    answer: Answer | _Move = click.prompt(
        "Answer" if choices else "In a few words", value_proc=read, err=True
    )
    return answer


def _ask_why(question: str) -> str:
    """A reason, asked until there is one; nothing if `<` goes back to the question instead."""
    reason = ""
    while not reason:
        asked = f"{question} (< goes back)"
        reason = click.prompt(asked, default="", show_default=False, err=True).strip()
    return "" if reason == _Move.BACK.value else reason


_Result: TypeAlias = Literal["done", "failed", "skipped", "run"]
_RESULTS: tuple[_Result, ...] = get_args(_Result)


class Said(NamedTuple):
    """What became of a step, or that its program is to do it."""

    result: _Result
    note: str = ""


_LEAVES = _asks("What was answered before is recorded; `sdcli fulfil REF` goes on.")
_QUIT = "quit"


def tell(lines: Iterable[str]) -> None:
    """Tell something between two questions."""
    for each in lines:
        click.echo(line(each), err=True)


@_asks("Nothing was changed.")
def ask_procedure(ticket: Ticket, found: Sequence[tuple[str, str]]) -> str:
    """Which procedure is followed, by its id; nothing if none of those fits (R3b.1)."""
    _say(f"{ticket.ref}  {line(ticket.summary)}")
    _say("  0  none of these: it asks for something new")
    for number, (id_, title) in enumerate(found, 1):
        _say(f"  {number}  {line(id_)}  {line(title)}")
    asked = f"Which number, 0 to {len(found)}"
    chosen = _prompt(asked, kind=click.IntRange(0, len(found)))
    return found[chosen - 1][0] if chosen else ""


@_asks("Nothing was changed.")
def ask_prerequisites(title: str, open_: Mapping[str, str]) -> dict[str, str]:
    """Whether each of these is so before a procedure begins, by name (R3b.2)."""
    if open_:
        _say(f"{line(title)}: is it so?")
    return {name: _yes_no(f"  {line(text)}") for name, text in open_.items()}


@_LEAVES
def ask_step(number: int, total: int, text: str, *, runs: bool) -> Said | None:
    """What became of a step; None if somebody goes on another time (R3b.2)."""
    _say(f"\nStep {number} of {total}: {line(text)}")
    words = [*_RESULTS[: None if runs else -1], _QUIT]
    said = _prompt("Result", kind=click.Choice(words), default="done")
    result = next((each for each in _RESULTS if each == said), None)
    if result is None:
        return None
    note = _ask("Note (Enter if there is none)") if said in ("failed", "skipped") else ""
    return Said(result, note)


@_LEAVES
def ask_verified() -> dict[str, str] | None:
    """What is said at the end of a procedure; None if somebody goes on another time (R3c2.4)."""
    _say("\nAll steps are taken.")
    if not _prompt("Is that all (yes, no)", kind=click.BOOL, default="yes"):
        return None
    questions = (
        ("tool_check", "Does a tool show that it works"),
        ("user_check", "Does the caller say that it works"),
        ("accurate", "Was the document right"),
    )
    answers = {name: _yes_no(text) for name, text in questions}
    answers["surprises"] = _ask("Did anything happen that nobody expected (Enter if not)")
    answers["improvement"] = _ask("What should be changed in the document (Enter if nothing)")
    return answers


def _goes_on(case: Case, question: Question) -> str:
    del question
    return _recorded(case.ticket.ref)


def _goes_on_with(choice: Choice, ref: str) -> str:
    del choice
    return _recorded(ref)


def _recorded(ref: str) -> str:
    return f"What was shown is recorded; `sdcli guide {ref}` goes on from there."


@_asks(_goes_on)
def ask_next(case: Case, question: Question) -> Choice | Move:
    """One question of the guide, answered by number or word (R6.1).

    `?` shows the commands once, where there are any.
    """
    from sdcli.render.as_text.guide import question_lines, standing  # noqa: PLC0415 - only the guide

    _say()
    _say(standing(case.ticket))
    words, with_commands = [choice.word for choice in question.choices], False
    while True:
        for text in question_lines(question, with_commands=with_commands):
            _say(text)
        has_more = not with_commands and any(choice.line for choice in question.choices)
        hints = ("? shows the commands", "< goes back", "q leaves")
        asked = f"Answer ({', '.join(hints if has_more else hints[1:])})"
        said = _one_of(words, asked, also="?" if has_more else "")
        if said is Move.BACK and not case.can_go_back:
            _say("There is no question before this one; what was done, `sdcli undo` takes back.")
        elif isinstance(said, Move):
            return said
        elif said == "?" and has_more:
            with_commands = True
        else:
            return question.choice(said)


@_asks(_goes_on_with)
def ask_blanks(choice: Choice, ref: str) -> list[str] | Move:
    """What the command of an answer needs, asked one after another (R6.1).

    Going back asks the one before again, and before the first the question itself.
    """
    del ref
    said: dict[str, str] = {}
    at = 0
    while at < len(choice.blanks):
        blank = choice.blanks[at]
        answer = _ask_blank(blank, said.get(blank.name, blank.usual))
        if answer is Move.LEAVE or (answer is Move.BACK and at == 0):
            return answer
        if isinstance(answer, Move):
            at -= 1
            continue
        said[blank.name] = answer
        at += 1
    return choice.filled(said)


def show_command(arguments: list[str]) -> None:
    """The command that is run now, as it would be typed."""
    from sdcli.render.as_text.guide import typed  # noqa: PLC0415 - only the guide

    _say(f"\n$ {typed(arguments)}")


_WAYS = "(< goes back, q leaves)"


def _ask_blank(blank: Blank, usual: str) -> str | Move:
    if blank.words:
        width = max(len(word) for word in blank.words)
        _say()
        _say(f"{blank.asks}?")
        for number, (word, meaning) in enumerate(blank.words.items(), 1):
            _say(f"  {number:>2}  {line(word):<{width}}  {line(meaning)}")
        return _one_of(list(blank.words), f"Which {_WAYS}", usual)

    def read(text: str) -> str | Move:
        said = text.strip()
        if said.casefold() in _TYPED:
            return _TYPED[said.casefold()]
        if blank.least is not None and not (said.isdecimal() and int(said) >= blank.least):
            raise click.UsageError(f"Type a whole number, {blank.least} or more.")
        return said

    said: str | Move = ""
    while not said:
        asked = "\n".join(_fit(f"{blank.asks} {_WAYS}"))
        said = click.prompt(
            asked, default=usual, show_default=bool(usual), value_proc=read, err=True
        )
    return said


_TYPED = {move.value: move for move in Move}


def _one_of(words: list[str], asks: str, usual: str = "", also: str = "") -> str | Move:
    """One of the words, by itself or its number, what is taken `also`, or a move."""

    def read(text: str) -> str | Move:
        said = text.strip()
        if said.casefold() in _TYPED:
            return _TYPED[said.casefold()]
        if also and said == also:
            return said
        if said.isdecimal() and 1 <= int(said) <= len(words):
            return words[int(said) - 1]
        said = _spelled(said, words)
        known = {word.casefold(): word for word in words}
        if said.casefold() not in known:
            raise click.UsageError(
                f"Choose a number from 1 to {len(words)}, or a word of the list."
            )
        return known[said.casefold()]

    asked = "\n".join(_fit(asks))
    chosen: str | Move = click.prompt(asked, default=usual or None, value_proc=read, err=True)
    return chosen


@_asks("Nothing was reviewed.")
def ask_review(
    ticket: Ticket, checks: Mapping[str, Check], note: str
) -> tuple[dict[str, CheckAnswer], str]:
    """Ask each check of a review, and what was seen besides if nobody has said it (R5a.1)."""
    _say(f"{ticket.ref}  {line(ticket.summary)}")
    _say("(yes, no, or n/a where it does not apply; < goes back, q leaves: nothing is kept then)")
    said: dict[str, CheckAnswer] = {}
    for name, check in checks.items():
        said[name] = _prompt(line(check.ask), kind=_Words(CHECK_ANSWERS))
    return said, note or _ask("What did you see besides (Enter for nothing)")
