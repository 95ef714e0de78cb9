"""Messages put into words: the built-in texts, and templates of the desk (Jinja2).

A template is text with a first line `Subject: …`. It runs in a sandbox and sees a `Message`, no
file, no ticket and no secret. What comes from outside is a value of it and never its source. A
template that fails never holds an alert back: the built-in text goes instead, and says so.
"""

from __future__ import annotations

import os
import re
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from sdcli.intake.lines import one_line
from sdcli.notify.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jinja2 import nodes
    from jinja2.sandbox import SandboxedEnvironment

    from sdcli.notify.owed import Audience
    from sdcli.policy.model import Policy

FOLDER = "templates"
_LARGEST = 100_000
_MOST_WORK = 200_000
"""What one rendering may do: a message has some thousand characters and a few dozen lines."""
_MOST_GIVEN = 1000
_MOST_POWER = 10
_WIDE = re.compile(r"%(\([^)]*\))?[^a-zA-Z%]*([0-9]{4}|\*)|\{[^{}]*[0-9]{4}|\{[^{}]+\{")
"""A format whose width is large, or is given to it."""
_LONGEST_SUBJECT = 200
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")

_HEAD = """\
Subject: [{{ ref }}] {{ title }}: {{ summary }}

"""
_FACTS = """\
{{ ref }} {{ priority }}: {{ summary }}

Service:   {{ service }}
Target:    {{ target }}, {{ percent }} % of its time had passed
Due:       {{ due }}{{ ', ' ~ by ~ (' late' if is_late else ' left') }}
State:     {{ status }}, in {{ queue }}, {{ 'with ' ~ assignee if assignee else 'nobody has it' }}
{%- if others %}
Also told: {{ others | join(', ') }}
{%- endif %}
"""
_BUSINESS = """\
{{ impact }}
{%- if roadblocks %}

In the way:
{%- for each in roadblocks %}
- {{ each }}
{%- endfor %}
{%- endif %}
"""
BUILT_IN: dict[Audience, str] = {
    "technicians": _HEAD + _FACTS + "\n" + _BUSINESS + "\nNext: {{ next }}\n",
    "management": (
        _HEAD
        + "{{ 'A promise to the business was not kept.' if kind == 'breach' else 'A promise to the"
        " business may not be kept.' }}\n\n" + _BUSINESS + "\n" + _FACTS + "\nNext: {{ next }}\n"
    ),
    "business": (
        "Subject: [{{ ref }}] {{ 'No word from us' if target in ('response', 'update') else"
        " 'Later than promised' }}: {{ service }}\n\n"
        "Hello,\n\n"
        "{% if target in ('response', 'update') %}"
        "whoever asked for {{ ref }} ({{ summary }}) should have heard from us"
        " {{ 'on how it stands ' if target == 'update' else '' }}by"
        "{% else %}"
        "the work on {{ ref }} ({{ summary }}) {{ 'took' if is_over else 'takes' }} longer than was"
        " agreed.\nIt was due"
        "{% endif %} {{ due }}{{ ', ' ~ by ~ ' ago' if is_late else '' }}.\n\n"
        + _BUSINESS
        + "\n{{ 'It is solved.' if is_over else 'Management is engaged.' }}\n\n{{ desk }}\n"
    ),
    "caller": (
        "Subject: [{{ ref }}] {{ summary }}\n\n"
        "Hello,\n\n"
        "{% if target in ('response', 'update') %}"
        "you should have heard from us sooner about"
        " {{ 'how your request ' ~ ref ~ ' stands' if target == 'update' else"
        " 'your request ' ~ ref }}."
        "{% else %}"
        "your request {{ ref }} {{ 'took' if is_over else 'takes' }} longer than we promised."
        "{% endif %} We are sorry.\n"
        "{{ 'It has been dealt with meanwhile.' if is_over else"
        " 'Our management is engaged and sees to it that it goes on.' }}\n\n"
        "  {{ summary }}\n\n"
        "To add something, answer and leave [{{ ref }}] in the subject.\n\n{{ desk }}\n"
    ),
}
"""What is said without a template of the desk, by who reads it."""

_TITLES = {
    "warning": "Warning",
    "predicted": "Will be late",
    "breach": "Breach",
    "test": "Test",
}

_HAS_COME = "Late, as foreseen"
"""What was foreseen and goes out only after the time was over."""


class Words(NamedTuple):
    """A message in words; `trouble` says why the desk's template was not used."""

    subject: str
    body: str
    trouble: str = ""


def path_of(name: str) -> str:
    """The file of a template, relative to the desk."""
    return f"{FOLDER}/{name}.txt.j2"


def words(messages: Sequence[Message], template: str, root: str) -> Words:
    """Messages in words: one as it is, several as a digest.

    Args:
        messages: what is to be said.
        template: the name of the desk's template; empty for the built-in text.
        root: the directory of the desk.
    """
    told, trouble = [], ""
    source = None
    if template:
        source, trouble = _source(root, template)
    for message in messages:
        each, wrong = _one(message, source, template)
        told.append(each)
        trouble = trouble or wrong
    if len(told) == 1:
        return told[0]._replace(trouble=trouble)
    refs = list(dict.fromkeys(message.ref for message in messages))
    shown = ", ".join(refs[:5]) + (f" and {len(refs) - 5} more" if len(refs) > 5 else "")  # noqa: PLR2004 - what fits a line
    body = "\n\n".join(f"--- {each.subject}\n\n{each.body}" for each in told)
    return Words(_subject(f"{len(told)} alerts: {shown}"), body, trouble)


def _one(message: Message, source: str | None, template: str) -> tuple[Words, str]:
    """One message in the words of a template, else in the built-in ones, and why."""
    if source is not None:
        try:
            return _rendered(source, message), ""
        except Exception as error:  # noqa: BLE001 - whatever a template does, the alert goes out
            line = _line_of(error)
            trouble = f"{path_of(template)}:{line}: {_reason(error)}"
            return _rendered(BUILT_IN[message.audience], message), trouble
    return _rendered(BUILT_IN[message.audience], message), ""


def _rendered(source: str, message: Message) -> Words:
    facts = msgspec.structs.asdict(message)
    has_come = message.kind == "predicted" and message.is_late
    title = _HAS_COME if has_come else _TITLES[message.kind]
    text = _engine(_Budget(1 + len(source) // 20)).from_string(source).render(**facts, title=title)
    head, _, body = text.lstrip().partition("\n")
    name, colon, subject = head.partition(":")
    if not colon or name.strip().casefold() != "subject":
        raise ValueError("the first line must be `Subject: …`")
    return Words(_subject(subject), _CONTROLS.sub("", body.strip("\n")) + "\n")


def _subject(text: str) -> str:
    """On one line: what follows a line break would be another header."""
    return one_line(text)[:_LONGEST_SUBJECT]


class TooMuchError(Exception):
    """A template does more than a message can need."""


class _Budget:
    """What one rendering may do: steps, and characters that it makes; `step` is what a step costs."""

    def __init__(self, step: int) -> None:
        self._left = _MOST_WORK
        self._step = step

    def spend(self, value: Any = "") -> Any:
        """The value, paid for by its size.

        Raises:
            TooMuchError: nothing is left.
        """
        self._left -= self._step + (len(value) if isinstance(value, str) else 0)
        if self._left < 0:
            raise TooMuchError("it does more than a message can need")
        if isinstance(value, list | tuple | dict):
            for each in value.values() if isinstance(value, dict) else value:
                self.spend(each)
        return value

    def each(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items of a loop, each paid for."""
        for item in items:
            self.spend()
            yield item

    def arguments(self, values: Iterable[Any]) -> None:
        """Pay for what is given to a function.

        Raises:
            TooMuchError: it is so large that one call alone could take for ever.
        """
        for value in values:
            self.spend(value)
            _modest(value)

    def range(self, *args: int) -> range:
        """Numbers, as many as a message can need."""
        self.arguments(args)
        return range(*args)

    def filter(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter that is paid for."""
        takes = 2 if hasattr(function, "jinja_pass_arg") else 1

        @wraps(function)
        def paid(*args: Any, **named: Any) -> Any:
            self.spend(args[takes - 1])
            self.arguments((*args[takes:], *named.values()))
            if function.__name__ == "do_format":
                _modest_format(args[0])
            return self.spend(function(*args, **named))

        return paid


def _modest(value: Any) -> None:
    size = abs(value) if isinstance(value, int) else len(value) if isinstance(value, str) else 0
    if size > _MOST_GIVEN:
        raise TooMuchError(f"a number or text of more than {_MOST_GIVEN} is given to a function")


def _modest_format(text: Any) -> None:
    if _WIDE.search(str(text)):
        raise TooMuchError("a format asks for more than 999 characters")


def _modest_operation(operator: str, left: Any, right: Any) -> None:
    if operator in ("*", "**"):
        _modest(left)
        _modest(right)
    if operator == "**" and right > _MOST_POWER:
        raise TooMuchError("a power is too large")
    if operator == "%" and isinstance(left, str):
        _modest_format(left)


def _paid_for(tree: nodes.Template) -> nodes.Template:
    """A template in which loops, joined texts and comparisons are paid for."""
    from jinja2 import nodes  # noqa: PLC0415 - as in `_engine`

    def through(name: str, node: Any) -> Any:
        return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)

    for loop in list(tree.find_all(nodes.For)):
        loop.iter = through("_each", loop.iter)
    for joined in list(tree.find_all(nodes.Concat)):
        joined.nodes = [through("_paid", each) for each in joined.nodes]
    for compared in list(tree.find_all(nodes.Compare)):
        compared.expr = through("_paid", compared.expr)
        for operand in compared.ops:
            operand.expr = through("_paid", operand.expr)
    return tree


def _engine(budget: _Budget) -> SandboxedEnvironment:
    """A sandbox in which a name that is not there is a mistake, and nothing can be changed.

    What it does is counted, so that no template can take for ever: each step of a loop, each call,
    and each text that is made.
    """
    from jinja2 import StrictUndefined  # noqa: PLC0415 - only what is sent pays for it
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    class Engine(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(("+", "*", "**", "%"))

        def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
            return _paid_for(super()._parse(source, name, filename))

        def call(self, context: Any, function: Any, *args: Any, **named: Any) -> Any:
            budget.arguments((*args, *named.values()))
            return budget.spend(super().call(context, function, *args, **named))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            _modest_operation(operator, left, right)
            return budget.spend(super().call_binop(context, operator, left, right))

        def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
            wrapped = super().wrap_str_format(value)
            if wrapped is not None:
                _modest_format(value.__self__)
            return wrapped

    # Templates are plain text: `_rendered` makes no HTML, and senders escape what they mark up.
    engine = Engine(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        finalize=budget.spend,
    )
    engine.filters = {name: budget.filter(each) for name, each in engine.filters.items()}
    tests: Any = engine.tests  # of kinds that are written down nowhere
    engine.tests = {name: budget.filter(each) for name, each in tests.items()}
    engine.filters |= {"_each": budget.each, "_paid": budget.spend}
    engine.globals["range"] = budget.range
    del engine.globals["lipsum"]
    return engine


def _source(root: str, name: str) -> tuple[str | None, str]:
    """The text of a template, or why there is none."""
    path = path_of(name)
    try:
        with open(os.path.join(root, path), encoding="utf-8") as stream:
            text = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        return None, f"{path}:1: the template is missing"
    except (OSError, UnicodeDecodeError) as error:
        return None, f"{path}:1: {getattr(error, 'strerror', '') or 'it is not UTF-8'}"
    if len(text) > _LARGEST:
        return None, f"{path}:1: it is longer than {_LARGEST} characters"
    return text, ""


def _line_of(error: Exception) -> int:
    """The line of a template at which it failed."""
    line = getattr(error, "lineno", None)
    trace, found = error.__traceback__, 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return int(line or found)


def _reason(error: Exception) -> str:
    return one_line(str(error))[:300] or type(error).__name__


def wrong(root: str, policy: Policy) -> Iterator[tuple[str, int, str]]:
    """What is wrong with the templates that the routes name: file, line, and what it is."""
    names = {route.template for route in policy.sla.routes.values() if route.template}
    for name in sorted(names):
        source, trouble = _source(root, name)
        troubles = [trouble] if source is None else _tried(source, name)
        for told in dict.fromkeys(filter(None, troubles)):
            file, line, reason = told.split(":", 2)
            yield file, int(line), reason.strip()


def _tried(source: str, name: str) -> Iterator[str]:
    """What is wrong with a template for any of its readers."""
    for audience in BUILT_IN:
        for full in (True, False):
            yield _one(sample(audience, full=full), source, name)[1]


def sample(audience: Audience, *, full: bool = True, **facts: Any) -> Message:
    """A message as a template gets it, with everything that there can be, or with no more than there must."""
    least: dict[str, Any] = {
        "kind": "breach",
        "audience": audience,
        "to": "Ada Lindqvist",
        "ref": "SD-1",
        "summary": "VPN drops",
        "desk": "Service desk",
        "target": "resolution",
        "percent": 100,
        "due": "Mon 2026-11-23 12:00 (Europe/London), Mon 12:00 UTC",
        "due_at": "2026-11-23T12:00:00Z",
        "by": "5 min",
        "is_late": True,
    }
    more: dict[str, Any] = {
        "priority": "P2",
        "service": "Remote access",
        "status": "in progress",
        "queue": "Network",
        "assignee": "Greta Lindholm",
        "others": ("Amara Osei",),
        "impact": "Remote access: 40 people cannot work.",
        "roadblocks": ("waits for vendor",),
        "next": "sdcli show SD-1",
    }
    return Message(**{**least, **(more if full and audience != "caller" else {}), **facts})
