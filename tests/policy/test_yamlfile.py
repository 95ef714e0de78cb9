"""YAML is read strictly: what it would quietly turn into something else is reported (T33)."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from sdcli.policy import yamlfile
from sdcli.policy.yamlfile import Entry, Item, Listing, Mapping, YamlFile, shape

_ANCHORS = "anchors and aliases are not used in desk files"
_LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 40)
)
_TOKENS = st.sampled_from(
    (
        *("a", "b: ", "- ", "? ", ": ", "[", "]", "{", "}", ",", "\n", "\n  ", "#", "\t"),
        *("'", '"', "|\n", ">\n", "&x ", "*x", "!t ", "!!int ", "<<: ", "---\n", "...\n", "%"),
        *("\\x00", "\x00", "\ufeff", "\u2028", "17:30", "yes", "~", "2026-01-01", "1e3", "="),
    )
)


@pytest.fixture(name="loader", params=["C", "Python"], autouse=True)
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every property holds with libyaml and, where that is missing, without."""
    name: str = request.param
    if name == "Python":
        monkeypatch.setattr(yamlfile, "_LOADER", yaml.SafeLoader)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("this machine has no libyaml")
    return name


def _found(text: str) -> list[tuple[int, str]]:
    """Line and message of every problem of a text."""
    file = YamlFile("x.yaml")
    file.parse(text)
    return [(problem.line, problem.message) for problem in file.problems]


def test_a_tree_knows_the_line_of_everything() -> None:
    """Each value has the line it is written on, and each key its own."""
    file = YamlFile("x.yaml")
    tree = file.parse('# c\na: one\nb:\n  - "two"\n  - 3\nc: {d: x}\n')
    assert not file.problems
    assert tree == Mapping(
        2,
        {
            "a": Entry(2, Item(2, "one", "str", quoted=False)),
            "b": Entry(
                3,
                Listing(4, [Item(4, "two", "str", quoted=True), Item(5, "3", "int", quoted=False)]),
            ),
            "c": Entry(6, Mapping(6, {"d": Entry(6, Item(6, "x", "str", quoted=False))})),
        },
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_is_reported(text: str) -> None:
    """A file without a value is not a desk file."""
    assert _found(text) == [(1, "the file is empty")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1, 2\n", 2),
        ("a: 1\n b: 2\n", 2),
        ("a: 'open\n", 2),
        ("a: 1\nb: }\n", 2),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
    ],
)
def test_what_is_not_yaml_is_reported_where_it_breaks(text: str, line: int) -> None:
    """A text that cannot be parsed gives one problem at the line where reading ends."""
    [(at, message)] = _found(text)
    assert (at, message[:18]) == (line, "this is not YAML: ")
    assert len(message) > 18


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\nb: nul\x00\n", "U+0000"),
        ("a: 1\nb: bell\x07\n", "U+0007"),
        ("a: 1\n# not even here: \u2066\n", "U+2066"),
        ('a: 1\nb: "\\0"\n', "U+0000"),
        ('a: 1\nb: "\\e[2J"\n', "U+001B"),
        ('a: 1\nb: "\\N"\n', "U+0085"),
        ('a: 1\nb: "\\u202e"\n', "U+202E"),
        ('a: 1\n"\\x7f": 2\n', "U+007F"),
        ('a: 1\nb: [c, "\\a"]\n', "U+0007"),
    ],
)
def test_control_characters_are_refused_where_they_are(text: str, code: str) -> None:
    """What would mean something to a terminal is one problem, as it is or as an escape of YAML."""
    said = f"the control character {code} is not used in desk files"
    assert _found(text) == [(2, said)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", [(3, "the key `a` is here twice; the first is on line 1")]),
        ("a:\n  b: 1\n  b: 1\n", [(3, "the key `b` is here twice; the first is on line 2")]),
        ("{a: 1,\n'a': 2}\n", [(2, "the key `a` is here twice; the first is on line 1")]),
        (
            "a: 1\na: 2\na: 3\n",
            [
                (2, "the key `a` is here twice; the first is on line 1"),
                (3, "the key `a` is here twice; the first is on line 1"),
            ],
        ),
        ("a: 1\nb: {a: 1}\nc: {a: 1}\n", []),
    ],
)
def test_duplicate_keys_are_reported(text: str, found: list[tuple[int, str]]) -> None:
    """A key that stands twice in one mapping is named with both lines."""
    assert _found(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1: x\n", [(1, "YAML reads `1` as a number; put it in quotes")]),
        ("a: x\n1.5: x\n", [(2, "YAML reads `1.5` as a number; put it in quotes")]),
        ("no: x\n", [(1, "YAML reads `no` as a truth value; put it in quotes")]),
        ("17:30: x\n", [(1, "YAML reads the time `17:30` as the number 1050; put it in quotes")]),
        ("~: x\n", [(1, "YAML reads `~` as nothing; put it in quotes")]),
        ("<<: {a: b}\n", [(1, "YAML reads `<<` as a merge; put it in quotes")]),
        ("[a, b]: x\n", [(1, "a key must be a single word")]),
        ("2026-12-25: x\n", []),
        ("'1': x\n\"no\": y\n", []),
    ],
)
def test_keys_that_read_as_something_else_are_reported(
    text: str, found: list[tuple[int, str]]
) -> None:
    """A key is a text: only a date may stand without quotes, because it names a day."""
    assert _found(text) == found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: &x one\nb: *x\n", 1),
        ("a: 1\nb: &x [1]\nc: *x\n", 2),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 1),
        ("a: &x [*x]\n", 1),
        ("&k a: 1\n*k : 2\n", 1),
        (_LAUGHS, 1),
    ],
)
def test_aliases_are_refused(text: str, line: int) -> None:
    """An alias gives one problem, at the anchor, and nothing is expanded."""
    begun = time.monotonic()
    assert _found(text) == [(line, _ANCHORS)]
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("text", "line", "tag"),
    [
        ("a: !!python/object:os.system x\n", 1, "tag:yaml.org,2002:python/object:os.system"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, ""),
        ("a: !mine x\n", 1, "!mine"),
        ("a:\n  - !mine {b: 1}\n", 2, "!mine"),
        ("a: !!set {b}\n", 1, "tag:yaml.org,2002:set"),
        ("a: !!binary aGk=\n", 1, "tag:yaml.org,2002:binary"),
    ],
)
def test_tags_are_refused(text: str, line: int, tag: str) -> None:
    """A value of a type of its own is refused and never built."""
    [(at, message)] = _found(text)
    assert at == line
    assert message.endswith("is not used in desk files")
    assert f"the tag {tag}" in message


def test_tags_on_keys_are_refused() -> None:
    """A tag is refused on a key as it is on a value."""
    found = _found("a: 1\n!!python/name:os.system b: 2\n")
    expected = "the tag tag:yaml.org,2002:python/name:os.system is not used in desk files"
    assert found == [(2, expected)]


def test_a_tag_that_is_no_text_is_reported() -> None:
    """Escapes in a tag that give no UTF-8 are a problem of the file, not of the program."""
    [(line, message)] = _found("a: !%C0%80 x\n")
    assert (line, message[:16]) == (1, "this is not YAML")


@pytest.mark.parametrize("depth", [10, 60, 600, 1200, 6000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_deep_nesting_never_breaks_the_reader(depth: int, opening: str, closing: str) -> None:
    """However deep a file nests, reading gives a tree, or one problem where it is too deep."""
    file = YamlFile("x.yaml")
    tree = file.parse(f"a:\n {opening * depth}x{closing * depth}\n")
    assert (tree is None) == bool(file.problems)
    assert len(file.problems) <= 1
    assert (tree is None) == (depth > 20)


def test_very_deep_nesting_does_not_kill_the_process(loader: str) -> None:
    """A file of nothing but brackets is a problem of that file; the process lives on."""
    program = (
        "import yaml\n"
        "from sdcli.policy import yamlfile\n"
        "from sdcli.policy.yamlfile import YamlFile\n"
        f"{'' if loader == 'C' else 'yamlfile._LOADER = yaml.SafeLoader'}\n"
        "file = YamlFile('x.yaml')\n"
        "assert file.parse('a: ' + '[' * 100_000 + ']' * 100_000) is None\n"
        "assert len(file.problems) == 1\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=50)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("written", "text", "said"),
    [
        ("plain words", "plain words", ""),
        ('"17:30"', "17:30", ""),
        ("'no'", "no", ""),
        ('"2026-12-25"', "2026-12-25", ""),
        ("|\n  two\n  lines", "two\nlines\n", ""),
        ("09:00-17:00", "09:00-17:00", ""),
        ("17:30", "", "YAML reads the time `17:30` as the number 1050; put it in quotes"),
        ("09:00", "", "put the time `09:00` in quotes"),
        ("8", "", "YAML reads `8` as a number; put it in quotes"),
        ("1.50", "", "YAML reads `1.50` as a number; put it in quotes"),
        ("010", "", "YAML reads `010` as a number; put it in quotes"),
        ("yes", "", "YAML reads `yes` as a truth value; put it in quotes"),
        ("Off", "", "YAML reads `Off` as a truth value; put it in quotes"),
        ("2026-12-25", "", "YAML reads `2026-12-25` as a date; put it in quotes"),
        ("null", "", "`it` is empty"),
        ("", "", "`it` is empty"),
        ("[a]", "", "`it` must be a text, not a list"),
        ("{a: b}", "", "`it` must be a text, not a mapping"),
    ],
)
def test_a_text_is_what_is_written(written: str, text: str, said: str) -> None:
    """A text comes back letter by letter; what YAML would read otherwise asks for quotes."""
    file = YamlFile("x.yaml")
    tree = file.parse(f"a: {written}\n")
    assert isinstance(tree, Mapping)
    got = file.text(tree.entries["a"].value, "it")
    assert [(problem.line, problem.message) for problem in file.problems] == (
        [(1, said)] if said else []
    )
    if not said:
        assert got == text


def test_a_time_with_seconds_names_the_number_yaml_reads() -> None:
    """The number in the message is the one that YAML really makes of the time."""
    file = YamlFile("x.yaml")
    tree = file.parse("a: 17:30:00\n")
    assert isinstance(tree, Mapping)
    file.text(tree.entries["a"].value, "it")
    assert f"the number {yaml.safe_load('17:30:00')};" in file.problems[0].message


def test_shapes_have_names() -> None:
    """A problem says in a word what stands where something else should."""
    assert shape(Mapping(1, {})) == "a mapping"
    assert shape(Listing(1, [])) == "a list"
    assert shape(Item(1, "x", "str", quoted=True)) == "`x`"


@given(st.one_of(st.text(), st.lists(_TOKENS, max_size=25).map("".join)))
@example("a: [\n")
@example("? [a]\n: b\n")
@example("&a : *a\n")
def test_any_text_is_a_tree_or_problems(text: str) -> None:
    """Whatever is in a file, reading ends with a tree or with problems, never otherwise."""
    file = YamlFile("x.yaml")
    tree = file.parse(text)
    assert tree is not None or file.problems
    for problem in file.problems:
        assert problem.file == "x.yaml"
        assert 1 <= problem.line <= len(text) + 1
