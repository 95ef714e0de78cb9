"""What is wrong with the expressions of an alert format, beyond how they are written.

It is asked when a format file is read afresh: what cannot work is refused there, with its line,
rather than being silently empty when an alert comes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jmespath

from sdcli.errors import nearest
from sdcli.intake.formats import FUNCTIONS, NATURAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.policy.formats import AlertFormat
    from sdcli.policy.scalars import Expression


def wrong(format_: AlertFormat) -> Iterator[tuple[str, str]]:
    """What is wrong, each with the dotted path of the expression in the file."""
    for path, expression in _expressions(format_):
        for said in _misused(jmespath.compile(expression).parsed):
            yield path, f"`{' '.join(expression.split())}`: {said}"
    begins = format_.recognise.begins and pattern_problem(format_.recognise.begins)
    if begins:
        yield "recognise.begins", begins
    when = format_.recognise.when
    if when and not format_.recognise.keys and _is_constant(jmespath.compile(when).parsed):
        yield "recognise.when", "`when` looks at nothing in the document: it would fit anything"


def _expressions(format_: AlertFormat) -> Iterator[tuple[str, Expression]]:
    """All expressions of a format with their paths."""
    recognise, fields = format_.recognise, format_.fields
    single = {
        "recognise.when": recognise.when,
        "inner": format_.inner,
        "each": format_.each,
        "ignore": format_.ignore,
        "delivery": format_.delivery,
    }
    yield from ((path, expression) for path, expression in single.items() if expression)
    several = {"source.at": format_.source.at}
    if fields:
        several["fields.key"] = fields.key
        several |= {f"fields.{name}.at": getattr(fields, name).at for name in NATURAL}
    for path, expressions in several.items():
        yield from ((f"{path}.{index}", each) for index, each in enumerate(expressions))


def _is_constant(tree: Any) -> bool:
    """Whether an expression is the same for every object: it names nothing in it."""
    if tree["type"] in ("field", "function_expression"):
        return False
    return all(_is_constant(child) for child in tree["children"] if isinstance(child, dict))


def _misused(tree: Any) -> Iterator[str]:
    """What in an expression does not exist, cannot take what it gets, or is never anything."""
    if tree["type"] == "function_expression":
        said = _call_problem(tree["value"], tree["children"])
        if said:
            yield said
    children = [child for child in tree["children"] if isinstance(child, dict)]
    if tree["type"] in ("subexpression", "index_expression") and (
        children[0]["type"] == "not_expression"
    ):
        yield "`!a.b` is (!a).b, which is never anything; write !(a.b)"
    for child in children:
        yield from _misused(child)


def _call_problem(name: str, given: Sequence[Any]) -> str:
    """What is wrong with the call of a function; empty if nothing is."""
    if name not in FUNCTIONS:
        close = nearest(name, FUNCTIONS)
        return f"there is no function `{name}`" + (f"; did you mean `{close}`?" if close else "")
    takes = FUNCTIONS[name]["signature"]
    if len(given) != len(takes) and not (takes and takes[-1].get("variadic")):
        return f"`{name}` takes {len(takes)} arguments, not {len(given)}"
    if name != "part":
        return ""
    if given[1]["type"] != "literal" or not isinstance(given[1]["value"], str):
        return "the regular expression of `part` must stand in the file, in single quotes"
    return pattern_problem(given[1]["value"])


def pattern_problem(pattern: str) -> str:
    """What is wrong with a regular expression; empty if nothing is.

    A repetition in a repetition is wrong, too: a text that does not fit it can take for ever.
    """
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"{pattern!r} is no regular expression: {error}"
    if _repeats_inside(_parsed(pattern)):
        return f"{pattern!r} repeats what repeats or varies, which can take for ever; write it flat"
    return ""


def _parsed(pattern: str) -> Any:
    """A regular expression as Python's own parser reads it."""
    try:
        from re import _parser as parser  # type: ignore[attr-defined] # noqa: PLC0415
    except ImportError:  # before Python 3.11
        import sre_parse as parser  # noqa: PLC0415
    return parser.parse(pattern)


def _repeats_inside(items: Any, *, inside: bool = False) -> bool:
    """Whether a repetition holds another one, or a choice."""
    for operator, argument in items:
        kind = str(operator)
        repeats = kind.endswith("_REPEAT")
        varies = (repeats and argument[0] != argument[1]) or kind == "BRANCH"
        if inside and varies and not kind.startswith("POSSESSIVE"):
            return True
        deeper = inside or (repeats and argument[1] > 1)
        if any(_repeats_inside(each, inside=deeper) for each in _parts(kind, argument)):
            return True
    return False


def _parts(kind: str, argument: Any) -> list[Any]:
    """The expressions inside an item of a parsed regular expression."""
    if kind == "BRANCH":
        return list(argument[1])
    if kind == "ATOMIC_GROUP":
        return [argument]
    if kind == "GROUPREF_EXISTS":
        return [each for each in argument[1:] if each is not None]
    inner = kind.endswith("_REPEAT") or kind in ("SUBPATTERN", "ASSERT", "ASSERT_NOT")
    return [argument[-1]] if inner else []
