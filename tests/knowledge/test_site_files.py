"""What the site brings along: colours that can be read, a library as it was published."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "sdcli" / "publish" / "site"
CSS = (FOLDER / "site.css").read_text(encoding="utf-8")
ENOUGH, ENOUGH_FOR_SHAPES = 4.5, 3.0

TEXTS = [
    *(
        (text, ground)
        for text in ("text", "muted", "link", "link-strong")
        for ground in ("page", "card", "hero")
    ),
    ("text", "code"),
    ("link", "code"),
    ("on-button", "button"),
    ("on-button", "button-strong"),
    ("on-mark", "mark"),
    ("on-warn", "warn"),
    ("on-calm", "calm"),
]
"""What is written in which colour on which."""
SHAPES = [
    *((shape, ground) for shape in ("focus", "field") for ground in ("page", "card", "hero")),
    ("focus", "warn"),
    ("warn-line", "page"),
    ("calm-line", "page"),
    ("button", "page"),
    ("button", "card"),
]


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", block))


LIGHT = _colours(CSS.split("@media", 1)[0])
DARK = LIGHT | _colours(CSS.split("prefers-color-scheme: dark", 1)[1].split("}\n}", 1)[0])
PRINT = LIGHT | _colours(CSS.split("@media print", 1)[1])
SCHEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right() -> None:
    """Black on white is 21 to 1, and grey #767676 just enough, as WCAG says."""
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert 4.5 < _contrast("#767676", "#ffffff") < 4.6


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_every_text_can_be_read(scheme: str, text: str, ground: str) -> None:
    """4.5 to 1 at least, in light, in dark and on paper (R0.8)."""
    colours = SCHEMES[scheme]
    assert _contrast(colours[text], colours[ground]) >= ENOUGH


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_every_shape_can_be_seen(scheme: str, shape: str, ground: str) -> None:
    """Borders of fields and the focus ring have 3 to 1 at least."""
    colours = SCHEMES[scheme]
    assert _contrast(colours[shape], colours[ground]) >= ENOUGH_FOR_SHAPES


def test_colours_are_named_and_nowhere_else() -> None:
    """Each colour in use is a named one, and the dark scheme names all of them anew."""
    rules = re.sub(r"--[a-z-]+:\s*#[0-9a-f]{6};", "", CSS)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", rules)
    assert set(re.findall(r"var\(--([a-z-]+)\)", CSS)) <= set(LIGHT)
    dark = _colours(CSS.split("prefers-color-scheme: dark", 1)[1].split("}\n}", 1)[0])
    assert set(dark) == set(LIGHT)


def test_nothing_is_asked_from_elsewhere() -> None:
    """Neither style nor scripts of ours name another place."""
    for name in ("site.css", "site.js", "search.js"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://|url\(|@import|fetch\(|XMLHttp|innerHTML|eval\(", text), (
            name
        )


def test_the_library_is_as_it_was_published() -> None:
    """Its hash is the one that THIRD-PARTY.md names, and its licence lies beside it."""
    told = (FOLDER / "THIRD-PARTY.md").read_text(encoding="utf-8")
    digest = hashlib.sha256((FOLDER / "minisearch.js").read_bytes()).hexdigest()
    assert digest in told
    assert "MIT" in told
    licence = (FOLDER / "minisearch.LICENSE.txt").read_text(encoding="utf-8")
    assert "Permission is hereby granted, free of charge" in licence
