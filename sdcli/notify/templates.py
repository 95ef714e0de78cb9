"""Messages put into words: the built-in texts, and templates of the desk (Jinja2).

A template is text with a first line `Subject: …`. It runs in a sandbox and sees a `Message`, no
file, no ticket and no secret. What comes from outside is a value of it and never its source. A
template that fails never holds an alert back: the built-in text goes instead, and says so.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from sdcli.intake.lines import one_line
from sdcli.notify.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jinja2.sandbox import SandboxedEnvironment

    from sdcli.notify.owed import Audience
    from sdcli.policy.model import Policy

FOLDER = "templates"
_LARGEST = 100_000
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
    text = _engine().from_string(source).render(**facts, title=title)
    head, _, body = text.lstrip().partition("\n")
    name, colon, subject = head.partition(":")
    if not colon or name.strip().casefold() != "subject":
        raise ValueError("the first line must be `Subject: …`")
    return Words(_subject(subject), _CONTROLS.sub("", body.strip("\n")) + "\n")


def _subject(text: str) -> str:
    """On one line: what follows a line break would be another header."""
    return one_line(text)[:_LONGEST_SUBJECT]


@cache
def _engine() -> SandboxedEnvironment:
    """A sandbox in which a name that is not there is a mistake, and nothing can be changed."""
    from jinja2 import StrictUndefined  # noqa: PLC0415 - only what is sent pays for it
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    # Templates are plain text: `_rendered` makes no HTML, and senders escape what they mark up.
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )


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
