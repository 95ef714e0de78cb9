"""The text that an editor opens for a new article: every field, with what it is for (R3a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from sdcli.knowledge.articles import Area, Audience
from sdcli.knowledge.write import FIELDS, LISTS, block, remark
from sdcli.policy.teams import Role
from sdcli.tickets.words import RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.policy.model import Policy

_HEAD = (
    "A new article. Texts are Markdown. Save and leave the editor to have it checked and written;",
    "leave it as it is to write nothing. The id is given when it is written.",
)
_OPTIONAL = {
    "roles": "[resolver]",
    "workaround": "|\n#   How to go on working until the cause is gone.",
    "supersedes": "[KB-101]",
    "vendor_link": "https://support.example.com/article",
    "known_error": "true",
    "problem": "PRB-1",
}
_LEFT_OUT = (
    "id",
    "retired",
    "because",
    "source",
    "source_hash",
    "source_revision",
)


def text(fields: Mapping[str, Any], policy: Policy, remarks: Sequence[str] = ()) -> str:
    """The text, with the fields that are known already."""
    told = {
        "title": "what somebody would search for",
        "type": " | ".join(get_args(RequestType)),
        "area": " | ".join(get_args(Area)),
        "services": ", ".join(policy.catalog.services),
        "audience": f"{' | '.join(get_args(Audience))}; a restricted one names `roles`",
        "roles": ", ".join(get_args(Role)),
        "symptoms": "what callers say and messages show, word for word",
        "cause": "why it happens; may be left out",
        "steps": "what to do, in order; each step one entry",
        "workaround": "a known error needs one",
        "verification": "how to see that it is solved; may be left out",
        "keywords": "other words for it",
        "owner": f"a queue: {', '.join(policy.teams.queues)}",
        "second_owner": "another queue",
        "supersedes": "older articles whose place it takes",
        "vendor_link": "a page of the vendor",
        "known_error": "the cause is known and not yet gone",
        "problem": "the problem record of a known error",
    }
    parts = [remark(each) for each in (*_HEAD, *remarks)]
    for name in FIELDS:
        if name in _LEFT_OUT:
            continue
        if name in told:
            parts.append(f"\n{remark(told[name])}")
        parts.append(_field(name, fields))
    return "".join(parts)


def without_guidance(filled: str, policy: Policy) -> str:
    """A filled-in text without what the template says to whoever fills it in."""
    guidance = {line for line in text({}, policy).split("\n") if line.startswith("#")}
    kept: list[str] = []
    for line in filled.replace("\r\n", "\n").split("\n"):
        if line in guidance:
            while kept and not kept[-1].strip():  # the blank line that set it apart
                kept.pop()
        else:
            kept.append(line)
    return "\n".join(kept).strip("\n") + "\n"


def _field(name: str, fields: Mapping[str, Any]) -> str:
    if fields.get(name):
        return block(name, fields[name])
    if name in _OPTIONAL:
        return f"# {name}: {_OPTIONAL[name]}\n"
    if name in ("cause", "verification"):
        return f"# {name}: |\n#   ...\n"
    if name in ("symptoms", "steps"):
        return f'{name}:\n  - ""\n'
    return f"{name}: []\n" if name in LISTS else f'{name}: ""\n'
