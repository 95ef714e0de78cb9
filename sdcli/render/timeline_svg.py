"""The timeline of a clock as an SVG picture: one file, no scripts, light and dark, for any reader.

It is built as an XML tree by the standard library, which escapes whatever is put into it; small
libraries that join SVG from text leave that to their callers, and summaries and reasons come from
outside. The same explanation gives the same bytes. Kinds differ by pattern, not by colour alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sdcli.render import own_file
from sdcli.render.safe import line
from sdcli.render.timeline import SIGNS, lasted, local, ticks, timeline
from sdcli.render.words import share
from sdcli.sla.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.render.timeline import Look, Timeline
    from sdcli.sla.explain import Explanation

MARK = "sdcli sla explain"
"""What tells pictures of ours from other files: they may be written anew."""

_WIDTH, _EDGE = 960, 30
_BAR_TOP, _BAR_HEIGHT = 128, 54
_ROOM = _WIDTH - 2 * _EDGE
_LINE, _LETTER = 20, 7.2
_MOST_ROWS = 12
_LETTERS = 140
_ORDER: tuple[Look, ...] = (
    "counted", "paused", "holiday", "closed", "stopped", "not-begun", "ahead",
)  # fmt: skip
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_LIGHT = {
    "page": "#ffffff", "ink": "#1b1f24", "dim": "#57606a", "rule": "#d0d7de", "late": "#cf222e",
    "counted": "#1a7f37 #1a7f37", "paused": "#fff3cd #9a6700", "holiday": "#f3e8ff #8250df",
    "closed": "#eef1f4 #8c959f", "stopped": "#ddf0ff #0969da", "not-begun": "#ffffff #8c959f",
    "ahead": "#e6f6ea #1a7f37", "shut-ahead": "#eef1f4 #8c959f",
}  # fmt: skip
_DARK = {
    "page": "#0d1117", "ink": "#e6edf3", "dim": "#9198a1", "rule": "#3d444d", "late": "#ff7b72",
    "counted": "#3fb950 #3fb950", "paused": "#3b2e0a #e3b341", "holiday": "#2e1f4d #bc8cff",
    "closed": "#1b2129 #6e7681", "stopped": "#10294a #58a6ff", "not-begun": "#0d1117 #6e7681",
    "ahead": "#12261a #3fb950", "shut-ahead": "#1b2129 #6e7681",
}  # fmt: skip
"""Colours by what they are for; of a kind the paper, and the ink of its pattern."""

_FONT = """
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.title { font-size: 18px; font-weight: 600; }
.small { font-size: 12px; }
.strong { font-weight: 600; }
.pattern, .frame { fill: none; stroke-width: 1.6; }
.line { stroke-width: 1; }
.due { stroke-width: 2; }
"""


def _style() -> str:
    """The style sheet; plain rules, since not every reader of SVG knows variables."""
    dark = "".join(f"  {rule}\n" for rule in _rules(_DARK))
    light = "".join(f"{rule}\n" for rule in _rules(_LIGHT))
    return f"{_FONT}{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _rules(colours: dict[str, str]) -> Iterator[str]:
    page, ink, dim, rule, late = (colours[name] for name in ("page", "ink", "dim", "rule", "late"))
    yield f".page {{ fill: {page}; }} text {{ fill: {ink}; }} .dim {{ fill: {dim}; }}"
    yield f".late {{ fill: {late}; }} .due {{ stroke: {late}; }} .mark {{ stroke: {ink}; }}"
    yield f".rule, .frame {{ stroke: {rule}; }}"
    for look in _PATTERNS:
        paper, on_it = colours[look].split()
        yield f".{look} {{ fill: {paper}; }} .on-{look} {{ stroke: {on_it}; }}"


_PATTERNS: dict[Look, tuple[str, int]] = {
    "counted": ("", 8),
    "paused": ("M-2 10 L10 -2 M-2 2 L2 -2 M6 10 L10 6", 8),
    "holiday": ("M0 4 H8 M4 0 V8", 8),
    "closed": ("M3 4 h1.5", 8),
    "stopped": ("M0 3 H6", 6),
    "not-begun": ("M0 0 L8 8", 8),
    "ahead": ("M2 0 V6", 6),
    "shut-ahead": ("M3 4 h1.5", 8),
}
"""The lines that fill each kind, and the size of the square in which they are repeated."""


def picture(told: Explanation, summary: str, zone: str) -> str:
    """The picture of one target, as text that ends with a line break."""
    wall, drawn = Wall(zone), timeline(told)
    seen = {"closed" if each.look == "shut-ahead" else each.look for each in drawn.stretches}
    legend = [each for each in _ORDER if each in seen]
    rows = list(_rows(told, wall))
    pointers, depth = _pointers(drawn)
    below = _BAR_TOP + _BAR_HEIGHT + 18 + depth * _LINE
    table = below + 44
    height = int(table + len(rows) * _LINE + 26)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH} {height}",
            "width": str(_WIDTH),
            "height": str(height),
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    root.append(ET.Comment(f" {MARK} "))
    _told(root, "title", {"id": "title"}, f"{told.ref}: {told.target}, interval by interval")
    _told(root, "desc", {"id": "desc"}, _described(told, wall, zone))
    _told(root, "style", {}, _style())
    _patterns(root)
    _rect(root, (0, 0, _WIDTH, height), {"class": "page"})
    _heading(root, told, summary, wall, zone)
    _bar(root, drawn, wall)
    root.extend(pointers)
    _legend(root, legend, told, below + 16)
    for index, (text, kind) in enumerate(rows):
        _text(root, _EDGE, table + 14 + index * _LINE, text, kind)
    ET.indent(root, " ")
    return f"{ET.tostring(root, encoding='unicode')}\n"


def save(path: str, content: str) -> None:
    """Write a picture whole or not at all; only a picture of ours is written over.

    Raises:
        RefusedError: the file is something else.
        MachineError: it cannot be written.
    """
    own_file.save(path, content, mark=f"<!-- {MARK} -->", kind=f"picture of `{MARK}`")


def _described(told: Explanation, wall: Wall, zone: str) -> str:
    """The picture in words, for who does not see it."""
    face = told.face
    head = f"Times in {zone}. From {local(wall, told.opened)} to {local(wall, told.now)}: "
    due = f", due {local(wall, face.due)}" if face.due is not None else ""
    stands = f"{face.state}, {lasted(face.elapsed_s or 0)} of {lasted(face.target_s or 0)}{due}. "
    return head + stands + "; ".join(text for text, _ in _rows(told, wall))


def _heading(root: ET.Element, told: Explanation, summary: str, wall: Wall, zone: str) -> None:
    face = told.face
    _text(root, _EDGE, 36, _cut(f"{told.ref}  {summary}", 80), "title")
    stands = f"{told.target}: {face.state}"
    if face.due is not None:
        ran, whole = lasted(face.elapsed_s or 0), lasted(face.target_s or 0)
        stands += f", {share(face.percent)} %, {ran} of {whole}"
        was = "was due" if face.state == "breached" else "due"
        stands += f"; {was} {local(wall, face.due)}" if told.is_open else ""
    _text(root, _EDGE, 60, stands, "strong late" if face.state == "breached" else "strong")
    grounds = told.grounds
    goes_by = f"{grounds.agreement}, {grounds.calendar.name}, {grounds.priority}"
    policy = f"policy {grounds.policy[:12]}"
    _text(
        root,
        _EDGE,
        82,
        f"as of {local(wall, told.now)}, times in {zone}; {goes_by}; {policy}",
        "dim small",
    )


def _bar(root: ET.Element, drawn: Timeline, wall: Wall) -> None:
    """The scale, and a rectangle for every stretch."""
    for mark in ticks(drawn, wall, 9):
        x = _x(drawn, mark.at)
        ET.SubElement(root, "line", _line(x, _BAR_TOP - 8, _BAR_TOP + _BAR_HEIGHT, "line rule"))
        if x < _WIDTH - _EDGE - len(mark.label) * _LETTER:
            _text(root, x + 3, _BAR_TOP - 8, mark.label, "dim small")
    for each in drawn.stretches:
        left, right = _x(drawn, each.start), _x(drawn, each.end)
        box = (left, _BAR_TOP, max(right - left, 0.6), _BAR_HEIGHT)
        _rect(root, box, {"fill": f"url(#{each.look})"})
    _rect(root, (_EDGE, _BAR_TOP, _ROOM, _BAR_HEIGHT), {"class": "frame"})


def _pointers(drawn: Timeline) -> tuple[list[ET.Element], int]:
    """What is pointed at, in as many rows as the labels need."""
    found: list[ET.Element] = []
    ends: list[float] = []
    for mark in drawn.marks:
        x, wide = _x(drawn, mark.at), len(mark.label) * _LETTER + 10
        is_right = x + wide > _WIDTH - _EDGE
        left = x - wide if is_right else x
        row = next((i for i, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [left + wide]
        y = _BAR_TOP + _BAR_HEIGHT + 16 + row * _LINE
        due = mark.label == "due"
        found.append(
            ET.Element("line", _line(x, _BAR_TOP - 4, y, "line due" if due else "line mark"))
        )
        style = {
            "x": _n(x - 5 if is_right else x + 5),
            "y": _n(y),
            "class": "strong late" if due else "strong",
        }
        label = ET.Element("text", style | ({"text-anchor": "end"} if is_right else {}))
        label.text = mark.label
        found.append(label)
    return found, len(ends)


def _legend(root: ET.Element, looks: Iterable[Look], told: Explanation, y: float) -> None:
    """A sample of each kind with its name, and how much working time it took."""
    x: float = _EDGE
    for look in looks:
        working = sum(each.working_s for each in told.intervals if each.kind == look)
        label = SIGNS[look].word + (f" {lasted(working)}" if working else "")
        _rect(root, (x, y - 12, 22, 14), {"fill": f"url(#{look})", "class": "rule"})
        _text(root, x + 28, y, label, "small")
        x += 28 + len(label) * _LETTER + 18


def _rows(told: Explanation, wall: Wall) -> Iterator[tuple[str, str]]:
    """What is worth a sentence: pauses, holidays and stops, in order."""
    from textwrap import wrap  # noqa: PLC0415 - only a picture needs it

    from sdcli.render.as_text.explain import because  # noqa: PLC0415 - explains this module in turn

    notable = [each for each in told.intervals if each.kind in ("paused", "holiday", "stopped")]
    for each in notable[:_MOST_ROWS]:
        when = f"{local(wall, each.start)} to {local(wall, each.end)}"
        lost = f", {lasted(each.working_s)} not counted" if each.kind == "paused" else ""
        told_ = f"{when}, {SIGNS[each.kind].word}{lost}: {line(because(each, wall))}"
        first, *rest = wrap(told_, _LETTERS, max_lines=3, placeholder=" …")
        yield first, "small"
        yield from ((text, "small") for text in rest)
    if len(notable) > _MOST_ROWS:
        yield f"and {len(notable) - _MOST_ROWS} more", "small dim"


def _patterns(root: ET.Element) -> None:
    defs = ET.SubElement(root, "defs")
    for look, (path, size) in _PATTERNS.items():
        square = {"width": str(size), "height": str(size), "patternUnits": "userSpaceOnUse"}
        pattern = ET.SubElement(defs, "pattern", {"id": look} | square)
        _rect(pattern, (0, 0, size, size), {"class": look})
        if path:
            ET.SubElement(pattern, "path", {"d": path, "class": f"pattern on-{look}"})


def _x(drawn: Timeline, at: int) -> float:
    return _EDGE + _ROOM * (at - drawn.start) / (drawn.end - drawn.start)


def _n(value: float) -> str:
    """A number with two places at most, the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _line(x: float, top: float, bottom: float, kind: str) -> dict[str, str]:
    return {"x1": _n(x), "x2": _n(x), "y1": _n(top), "y2": _n(bottom), "class": kind}


def _rect(parent: ET.Element, box: tuple[float, float, float, float], look: dict[str, str]) -> None:
    """A rectangle: left, top, width and height."""
    place = dict(zip(("x", "y", "width", "height"), map(_n, box), strict=True))
    ET.SubElement(parent, "rect", place | look)


def _text(parent: ET.Element, x: float, y: float, text: str, kind: str) -> None:
    _told(parent, "text", {"x": _n(x), "y": _n(y), "class": kind}, text)


def _told(parent: ET.Element, tag: str, attributes: dict[str, str], text: str) -> None:
    """An element with a text; what XML or a reader's screen cannot take is made visible."""
    element = ET.SubElement(parent, tag, attributes)
    element.text = text if tag == "style" else _NOT_XML.sub("\ufffd", line(text))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
