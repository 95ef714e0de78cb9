"""Strict YAML with places: the only module that knows YAML.

A file becomes a tree of `Item`, `Listing` and `Mapping`, each knowing its line. What YAML would
quietly turn into something else is reported instead: duplicate keys, anchors, tags, and plain
words that read as numbers, dates or truth values where text is meant (T33).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeAlias

import yaml

from sdcli.errors import Problem

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_TIME = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$")
_DEEPEST = 20
_LONGEST = 60
"""The most characters of a value that a message repeats."""
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that mean something to a terminal, or turn a text round; none is part of a text."""
_MEANS = {
    "bool": "a truth value",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
    "merge": "a merge",
}


class Item(NamedTuple):
    """A single value: its text as written, what YAML takes it for, and whether it is quoted."""

    line: int
    text: str
    kind: str
    quoted: bool


class Listing(NamedTuple):
    """A list."""

    line: int
    items: list[Node]


class Mapping(NamedTuple):
    """A mapping; keys are texts."""

    line: int
    entries: dict[str, Entry]


class Entry(NamedTuple):
    """One key of a mapping, with the line of the key."""

    line: int
    value: Node


Node: TypeAlias = Item | Listing | Mapping


class YamlFile:
    """Reads one file and collects every problem in it. `name` is the path to show."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def report(self, line: int, message: str) -> None:
        """Note a problem and go on reading."""
        self.problems.append(Problem(self.name, line, message))

    def parse(self, text: str) -> Node | None:
        """The tree of a text; None, with a problem noted, where there is none."""
        if raw := _CONTROL.search(text):
            self.report(text[: raw.start()].count("\n") + 1, _unwanted(raw.group()))
            return None
        try:
            if not self._is_plain(text):
                return None
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = error.problem or error.context or "it cannot be read"
            self.report(mark.line + 1 if mark else 1, f"this is not YAML: {said}")
            return None
        except (yaml.YAMLError, UnicodeError) as error:
            self.report(1, f"this is not YAML: {error}")
            return None
        if root is None:
            self.report(1, "the file is empty")
            return None
        return self._node(root)

    def _is_plain(self, text: str) -> bool:
        """Whether the file has neither anchors nor nesting that no desk file needs.

        Both are refused before a tree is built: aliases can grow to fill any memory, and the
        building of deep trees ends at the bottom of the stack.
        """
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                self.report(line, "anchors and aliases are not used in desk files")
                return False
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > _DEEPEST:
                self.report(line, f"nested deeper than {_DEEPEST} levels")
                return False
        return True

    def _node(self, node: yaml.Node) -> Node:
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            self._refuse_tag(node, "map")
            return Mapping(line, self._entries(node))
        if isinstance(node, yaml.SequenceNode):
            self._refuse_tag(node, "seq")
            return Listing(line, [self._node(item) for item in node.value])
        kind = node.tag.removeprefix(_CORE)
        if kind not in ("str", *_MEANS):
            self.report(line, f"the tag {cut(node.tag)} is not used in desk files")
        self._refuse_control(node)
        style = getattr(node, "style", None)
        return Item(line, node.value, kind, quoted=bool(style))

    def _refuse_control(self, node: yaml.Node) -> None:
        """Report a control character that YAML has made of an escape."""
        if found := _CONTROL.search(node.value):
            self.report(node.start_mark.line + 1, _unwanted(found.group()))

    def _refuse_tag(self, node: yaml.Node, plain: str) -> None:
        if node.tag != _CORE + plain:
            self.report(
                node.start_mark.line + 1, f"the tag {cut(node.tag)} is not used in desk files"
            )

    def _entries(self, node: yaml.MappingNode) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._key(key_node)
            if key in entries:
                self.report(
                    line,
                    f"the key `{cut(key)}` is here twice; the first is on line {entries[key].line}",
                )
                continue
            entries[key] = Entry(line, self._node(value_node))
        return entries

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self.report(node.start_mark.line + 1, "a key must be a single word")
            return ""
        self._refuse_control(node)
        kind = node.tag.removeprefix(_CORE)
        if kind not in ("str", *_MEANS):
            self.report(
                node.start_mark.line + 1, f"the tag {cut(node.tag)} is not used in desk files"
            )
        if not node.style and kind in _MEANS and kind != "timestamp":
            self.report(node.start_mark.line + 1, _misread(node.value, kind))
        return str(node.value)

    def text(self, node: Node, what: str) -> str:
        """A text; anything YAML would read otherwise is a problem that says to quote it."""
        if not isinstance(node, Item):
            self.report(node.line, f"`{what}` must be a text, not {shape(node)}")
            return ""
        if node.quoted:
            return node.text
        if node.kind == "null":
            self.report(node.line, f"`{what}` is empty")
        elif node.kind in _MEANS:
            self.report(node.line, _misread(node.text, node.kind))
        elif _TIME.match(node.text):
            self.report(node.line, f"put the time `{node.text}` in quotes")
        return node.text


def _unwanted(character: str) -> str:
    return f"the control character U+{ord(character):04X} is not used in desk files"


def _misread(text: str, kind: str) -> str:
    if kind == "int" and _TIME.match(text):
        read = 0
        for part in text.split(":"):  # YAML 1.1 takes it for a number to the base 60
            read = read * 60 + int(part)
        return f"YAML reads the time `{text}` as the number {read}; put it in quotes"
    return f"YAML reads `{cut(text)}` as {_MEANS[kind]}; put it in quotes"


def shape(node: Node) -> str:
    """What a node is, in a word or two."""
    if isinstance(node, Mapping):
        return "a mapping"
    return "a list" if isinstance(node, Listing) else f"`{cut(node.text)}`"


def cut(text: str) -> str:
    """A value as a message repeats it: not more than one can look at."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes what the reader above takes: whatever could be misread is in quotes."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else '"' if re.match(r"[+\d.]", text) else None
    return dumper.represent_scalar(_CORE + "str", text, style=style)


_Dumper.add_representer(str, _quoted)


def written(value: Any, *, width: int = 1000, in_line: bool = False) -> str:
    """A tree of mappings, lists, texts and numbers as YAML that is read back as the same.

    `in_line`: write lists in brackets, `[a, b]`.
    """
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=width,
        indent=2,
        default_flow_style=in_line,
    )
    return text
