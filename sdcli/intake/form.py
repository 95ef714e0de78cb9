"""What a self-service form brings besides the options of `open` (R1a.3), and the walk of a request.

A form is a JSON object. What does not fit is not refused: it stays among the fields.
"""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from sdcli.errors import AnswerError, AnswersFileError, NotFoundError
from sdcli.intake.items import PORTAL
from sdcli.intake.read_articles import SHARED, is_sound, used
from sdcli.policy.trees import Course
from sdcli.tickets.contact import CHOSEN, Answer, RequestDetails
from sdcli.tickets.event import ArticleUse
from sdcli.tickets.words import REQUEST_TYPES, UNKNOWN
from sdcli.triage import questions as walking
from sdcli.triage.said import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sdcli.intake.items import RequestItem
    from sdcli.policy.model import Policy
    from sdcli.policy.questions import Questions
    from sdcli.triage.questions import Way

DETAILS = RequestDetails.__struct_fields__
"""The details of a request, each kept apart (R1b.1)."""

_TAKEN = ("queue", "procedure", "agreement")


def form_fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request that a JSON object gives by these keys; others are left out.

    A key whose value does not fit is left out too, so that it can be kept as it came. Keys of
    the answer are keys of the object, but for `request`, which holds the details.
    """
    details = {name: _detail(name, value.get(name)) for name in DETAILS}
    kept: dict[str, Any] = {
        "request": RequestDetails(**{name: text for name, text in details.items() if text})
    }
    kept |= {name: each for name, each in _shaped(value) if each is not None}
    if is_form(value) and value.get("summary"):
        kept["channel"] = PORTAL
    return kept


def is_form(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is what a form sends, by the keys that only a form has."""
    shaped = dict(_shaped(value))
    has_own = shaped["state"] is not None or shaped["read"] is not None
    return has_own or isinstance(value.get("form"), str)


def form_summary(value: Mapping[str, Any]) -> str:
    """A summary for a form that has none: its name, and what was answered first; else nothing."""
    form, answers = value.get("form"), value.get("answers")
    if not is_form(value) and not isinstance(answers, dict):
        return ""
    said = [_shown(each) for each in answers.values()] if isinstance(answers, dict) else []
    first = [text.strip() for text in said if text.strip()][:_FIRST_ANSWERS]
    name = [form.strip()] if isinstance(form, str) and form.strip() else []
    return ": ".join([*name, ", ".join(first)] if first else name)


_FIRST_ANSWERS = 2


def _shaped(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The further keys of a form; None where the value is not of their shape."""
    tree, answers, state = value.get("tree"), value.get("answers"), value.get("state")
    yield "tree", tree if isinstance(tree, str) else None
    yield "answers", answers if isinstance(answers, dict) else None
    blob = state.items() if isinstance(state, dict) else None
    yield "state", None if blob is None else {name: _shown(each) for name, each in blob}
    yield "read", _articles(value.get("read"))


def form_keys(kept: Mapping[str, Any]) -> set[str]:
    """The keys of a JSON object that `form_fields` has used up."""
    names = set(kept["request"].told()) | set(kept)
    return names - {"request", "channel"}


def read_answers(raw: bytes, file: str) -> dict[str, Any]:
    """The answers that a file holds: a JSON object by question.

    Raises:
        AnswersFileError: it is no JSON object, or has a key twice.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        value = msgspec.json.decode(raw)
        twice = _repeated(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AnswersFileError(file, f"it is not whole JSON: {error}") from error
    if not isinstance(value, dict):
        raise AnswersFileError(file, "it is no JSON object of questions and answers")
    if twice:
        raise AnswersFileError(file, f"it has the key `{twice}` twice")
    return value


def _repeated(raw: bytes) -> str:
    """The first key that an object of a JSON document has twice; empty if none has."""
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        found.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)

    json.loads(raw, object_pairs_hook=look)
    return found[0] if found else ""


def given_answers(
    questions: Questions,
    document: Mapping[str, Any],
    answers: Iterable[tuple[str, str]] = (),
    skips: Iterable[tuple[str, str]] = (),
) -> dict[str, Answer]:
    """The answers of a person, by question: of a document, then one by one, then those skipped.

    Raises:
        NoSuchEntryError: there is no such question.
        AnswerError: an answer is none of the choices, or a reason is missing; or a question is
            answered in two ways.
    """
    found = {id_: _read(questions, id_, value) for id_, value in document.items()}
    typed: dict[str, Answer] = {}
    said = [walking.answer(questions, id_, text) for id_, text in answers]
    for each in (*said, *(_skipped(questions, id_, reason) for id_, reason in skips)):
        if typed.setdefault(each.question, each) != each:
            asked = walking.question(questions, each.question)
            raise walking.answer_error(each.question, asked, "is answered in two ways: say one")
    return found | typed


def course_of(questions: Questions, item: RequestItem, tree: str) -> Course:
    """Where the walk of a request begins.

    Raises:
        NotFoundError: the desk has no question trees, or none of that name.
    """
    if not questions.trees:
        raise NotFoundError(
            "This desk has no question trees; they are written in catalog/questions.yaml, and "
            "`sdcli init` in an empty directory gives an example."
        )
    type_ = next((word for word in REQUEST_TYPES if word == item.type), UNKNOWN)
    return walking.course(questions, type_, item.service, tree)


def with_walk(item: RequestItem, way: Way) -> RequestItem:
    """A request with what its walk gave; what it says itself stays (R2a.5)."""
    own = {name for name in (*_LEVELS_AND_KIND, *_TAKEN) if _says(getattr(item, name))}
    own |= {level for level, asked in ANSWERS.items() if any(getattr(item, n, "") for n in asked)}
    sets = {name: found for name, found in way.sets.items() if name not in own}
    service = item.service if "service" in own else ""
    if service and "service" in way.sets and way.sets["service"].value != service:
        sets.pop("feature", None)  # it belongs to another service than the request
    return replace(
        item,
        **{name: found.value for name, found in sets.items()},
        reasons={**{name: found.reason for name, found in sets.items()}, **item.reasons},
        request=way.request.overlaid(item.request),
        fields={**way.fields, **item.fields},
        walk=way.walk if way.walk.answers else item.walk,
    )


def walked(item: RequestItem, policy: Policy, questions: Questions) -> RequestItem:
    """A form with what its answers give: nothing is refused, and nothing is lost.

    What is no answer counts as skipped, and is kept among the fields. So does what the form says
    nothing about, so that every answer that it has is followed.
    """
    known, wrong = _lenient(questions, item.answers)
    sound = _only_known(item, policy)
    tree = item.tree if item.tree in questions.trees else ""
    wrong |= {"tree": item.tree} if item.tree and not tree else {}
    begin = course_of(questions, sound, tree) if questions.trees else Course(())
    whole = walking.skip_rest(questions, known, begin, "the form has no answer")
    way = walking.follow(questions, whole, begin)
    wrong |= {id_: _shown(item.answers[id_]) for id_ in way.unasked if id_ not in wrong}
    told = with_walk(sound, way)
    kept = {f"answer {id_}" if id_ in item.answers else id_: text for id_, text in wrong.items()}
    return replace(told, fields={**kept, **told.fields}, answers={}, tree="")


def _lenient(
    questions: Questions, answers: Mapping[str, Any]
) -> tuple[dict[str, Answer], dict[str, str]]:
    """The answers that can be taken, and the texts of those that are not among the choices."""
    known: dict[str, Answer] = {}
    wrong: dict[str, str] = {}
    asked = {id_ for tree in questions.trees.values() for id_ in tree.questions}
    for id_, value in answers.items():
        if id_ not in asked:
            wrong[id_] = _shown(value)
            continue
        try:
            known[id_] = _read(questions, id_, value)
        except AnswerError:
            wrong[id_] = _shown(value)
            known[id_] = Answer(id_, skipped="the answer is none of the choices")
    return known, wrong


def _read(questions: Questions, id_: str, value: Any) -> Answer:
    """One answer of a document: a text, null for unknown, or an object with `skipped`."""
    if isinstance(value, dict):
        reason, text = value.get("skipped"), value.get("answer")
        if isinstance(reason, str):
            return _skipped(questions, id_, reason)
        value = text if isinstance(text, str) else _shown(value)
    if value is None:
        value = walking.UNKNOWN_SIGN
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return walking.answer(questions, id_, _shown(value))


def _skipped(questions: Questions, id_: str, reason: str) -> Answer:
    asked = walking.question(questions, id_)
    if not reason.strip():
        raise walking.answer_error(id_, asked, f"is skipped without a reason: --skip {id_}=REASON")
    return Answer(id_, skipped=reason.strip())


def _only_known(item: RequestItem, policy: Policy) -> RequestItem:
    """A form without the words that the desk's lists do not hold; they are kept as fields."""
    lists: dict[str, Iterable[str]] = {
        "type": REQUEST_TYPES,
        "service": (*policy.catalog.services, UNKNOWN),
    }
    given = {name: getattr(item, name).strip() for name in lists}
    words = {name: given[name].casefold() for name in lists if given[name]}
    foreign = {name: given[name] for name, word in words.items() if word not in lists[name]}
    sound = {name: "" if name in foreign else word for name, word in words.items()}
    return replace(item, **sound, fields={**foreign, **item.fields})


def _says(value: str) -> bool:
    return value.strip().casefold() not in ("", UNKNOWN)


def _detail(name: str, value: Any) -> str:
    """A detail as text; nothing if the value is none."""
    if name in CHOSEN:
        word = ("yes" if value else "no") if isinstance(value, bool) else value
        return word if isinstance(word, str) and word in CHOSEN[name] else ""
    return value.strip() if isinstance(value, str) else ""


def _articles(value: Any) -> tuple[ArticleUse, ...] | None:
    """The articles of a list of ids, of `ID@REVISION`, or of objects with both; None if it is not."""
    if not isinstance(value, list):
        return None
    uses = tuple(use for each in value if (use := _article(each)))
    return uses if uses or not value else None


def form_rest(value: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of the keys that `form_fields` has used up in part: articles that are none."""
    read = value.get("read")
    if not isinstance(read, list) or _articles(read) is None:
        return {}
    odd = [each for each in read if _article(each) is None]
    return {"read": odd} if odd else {}


def _article(value: Any) -> ArticleUse | None:
    named = value if isinstance(value, dict) else {"id": value}
    id_ = named.get("id")
    if not isinstance(id_, str) or not id_.strip():
        return None
    use = used(id_.strip())
    if isinstance(value, dict):
        use = ArticleUse(id_.strip(), SHARED, _shown(named.get("revision", "")))
    return use if is_sound(use) else None


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_LEVELS_AND_KIND = ("type", "service", "feature", "impact", "urgency")
