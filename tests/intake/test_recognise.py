"""Recognising: whatever bytes arrive, each becomes an item and nothing is lost on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.intake.formats import UNREAD, Formats
from sdcli.intake.items import Ignored, Item, MailItem, RequestItem, Unreadable
from sdcli.intake.recognise import recognise as recognised
from sdcli.policy.load import read_formats
from tests.conftest import CASES, NOW, REPOSITORY
from tests.sampling import examples

if TYPE_CHECKING:
    from pathlib import Path


READ = Formats(read_formats(str(REPOSITORY)))
FORMATS = (None, "alertmanager", "json", "text")
PAYLOADS = sorted((CASES / "alerts" / "payloads").glob("*"))
BOM = b"\xef\xbb\xbf"


def recognise(raw: bytes, form: str | None = None) -> list[Item]:
    """The items of a stream under the starter's formats."""
    return recognised(raw, READ, form, now=NOW)


def request(raw: bytes | str, form: str | None = None) -> RequestItem:
    """The only item of a stream, which is a request."""
    (item,) = recognise(raw.encode() if isinstance(raw, str) else raw, form)
    assert isinstance(item, RequestItem)
    return item


def unreadable(raw: bytes, form: str | None = None) -> Unreadable:
    """The only item of a stream, which cannot be read."""
    (item,) = recognise(raw, form)
    assert isinstance(item, Unreadable)
    return item


def summaries(items: list[Item]) -> list[str]:
    """The summary of each item, and of an unreadable one that it is one."""
    said: list[str] = []
    for item in items:
        if isinstance(item, (Unreadable, Ignored)):
            said.append("(unreadable)" if isinstance(item, Unreadable) else item.reason)
        else:
            said.append(item.subject if isinstance(item, MailItem) else item.summary)
    return said


@pytest.mark.parametrize("raw", [b"", b" ", b"\n\n\t \r\n", BOM, BOM + b"\n"])
@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_no_item(raw: bytes, form: str | None) -> None:
    """Emptiness is neither a request nor unreadable."""
    assert recognise(raw, form) == []


def test_a_line_of_text_is_a_request() -> None:
    """One line is the summary, whole; there is nothing more to keep."""
    assert request("The printer is offline\n") == RequestItem(summary="The printer is offline")


def test_text_is_kept_whole() -> None:
    """Of many lines the first is the summary, and the details have all of them."""
    text = "Printer offline\n\nSince this morning.\n  Third floor.\n-- \nAda"
    item = request(f"\n  {text}\n\n")
    assert (item.summary, item.details) == ("Printer offline", text)


@pytest.mark.parametrize("length", [199, 200, 201, 10_000])
def test_a_long_first_line_is_cut_and_kept(length: int) -> None:
    """A summary has at most 200 characters; what does not fit is in the details."""
    text = "x" * length
    item = request(text)
    assert len(item.summary) == min(length, 200)
    assert item.summary == text if length <= 200 else item.summary == text[:199] + "…"
    assert item.details == ("" if length <= 200 else text)


@pytest.mark.parametrize("text", ["42", "-1.5", "true", "null", '"quoted"', "Zürich 👋", "a: {b}"])
def test_what_only_looks_like_json_is_text(text: str) -> None:
    """A number, a quoted word or braces inside a line are text that a person wrote."""
    assert request(text).summary == text


def test_a_byte_order_mark_is_no_text() -> None:
    """A mark at the beginning belongs to the coding, in text and in JSON."""
    assert request(BOM + b"hello").summary == "hello"
    assert request(BOM + b'{"summary": "hello"}').summary == "hello"
    lines = recognise(BOM + b'{"summary": "one"}\n{"summary": "two"}')
    assert summaries(lines) == ["one", "two"]


def test_text_form_takes_json_for_text() -> None:
    """Where a person says that it is text, braces mean nothing."""
    assert request('{"summary": "x"}', "text").summary == '{"summary": "x"}'
    assert request("{cut", "text").summary == "{cut"


@pytest.mark.parametrize(
    "raw", [b"\xff\xfeh\0i", b"\xff\xfe\0\xd8", b"caf\xe9", b'{"summary": "caf\xe9"}', b"\x80"]
)
@pytest.mark.parametrize("form", FORMATS)
def test_what_is_not_utf8_is_unreadable(raw: bytes, form: str | None) -> None:
    """Bytes of another coding are kept exactly, with the place of the first wrong one."""
    item = unreadable(raw, form)
    assert item.raw == raw
    assert item.reason.startswith(("it is not UTF-8 text (byte ", "it is not UTF-16 text (byte "))


@pytest.mark.parametrize("raw", [b"\0", b"a\0b", b'{"summary": "a\0b"}', b"{}\0"])
@pytest.mark.parametrize("form", FORMATS)
def test_nul_bytes_are_unreadable(raw: bytes, form: str | None) -> None:
    """NUL bytes are no text in any format."""
    item = unreadable(raw, form)
    assert item.raw == raw
    assert "NUL" in item.reason


@pytest.mark.parametrize(
    "raw",
    [
        b'{"summary": "cut',
        b"{",
        b"[",
        b'{"a": 1,}',
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'[{"summary": "one"}',
        b'{"a": 1} trailing',
        b"[link](text)",
        b'{"n": ' + b"1" * 5000 + b"}",
    ],
)
def test_broken_json_is_unreadable(raw: bytes) -> None:
    """Text that begins like JSON and is none was damaged on its way: kept, not guessed."""
    item = unreadable(raw)
    assert item.raw == raw
    assert item.reason.startswith("it is not whole JSON: ")


def test_broken_json_is_kept_with_its_mark() -> None:
    """Unreadable bytes are kept as they came, the byte order mark included."""
    assert unreadable(BOM + b'{"a":').raw == BOM + b'{"a":'


@pytest.mark.parametrize("form", ["json", "alertmanager"])
@pytest.mark.parametrize("raw", [b"hello", b"a: 1", b"<xml/>"])
def test_a_stated_format_is_believed(raw: bytes, form: str) -> None:
    """Where JSON was promised, text is unreadable and not a request."""
    assert unreadable(raw, form).raw == raw


@pytest.mark.parametrize("depth", [1, 50, 100_000])
@pytest.mark.parametrize(("left", "right"), [('{"a":', "}"), ('{"a":[', "]}")])
def test_deep_nesting_raises_nothing(depth: int, left: str, right: str) -> None:
    """However deep an object nests, it is one item."""
    raw = (left * depth + "1" + right * depth).encode()
    assert len(recognise(raw)) == 1


def test_deep_lists_raise_nothing() -> None:
    """However deep lists nest, they are an item and no exception."""
    for depth in (400, 600, 800, 1500, 5000, 100_000):
        assert recognise(b"[" * depth + b"1" + b"]" * depth)


def test_an_object_has_the_names_of_the_options() -> None:
    """Known keys become the fields of the request (R1a.3)."""
    told: dict[str, Any] = {
        "summary": "Printer offline",
        "user": "ada",
        "phone": "1",
        "mail": "ada@example.org",
        "on_behalf_of": "finn",
        "channel": "phone",
        "type": "incident",
        "service": "printing",
        "feature": "queue",
        "impact": "low",
        "urgency": "high",
        "details": "two\nlines",
        "minutes": 5,
        "idempotency_key": "i-1",
        "fields": {"floor": "3", "n": 4},
    }
    expected = RequestItem(**{**told, "fields": {"floor": "3", "n": "4"}})
    assert request(json.dumps(told)) == expected
    assert request(json.dumps([told])) == expected
    assert request(json.dumps(told), "json") == expected
    assert request(json.dumps(told, indent=2)) == expected


def test_unknown_keys_are_kept_as_fields() -> None:
    """A key that is no option is kept beside, as text or as JSON (R1a.3b)."""
    item = request(
        '{"summary": "x", "host": "fs1", "n": 1.5, "deep": {"a": [1, null]}, "no": null}'
    )
    assert item.fields == {"host": "fs1", "n": "1.5", "deep": '{"a":[1,null]}', "no": "null"}
    assert item.payload is None


def test_an_object_without_a_summary_is_kept_whole() -> None:
    """Any JSON object becomes a request that a person can look into."""
    told = {"event": "down", "deep": {"host": ["fs1"]}}
    item = request(json.dumps(told))
    assert item.summary == UNREAD
    assert item.payload == told
    assert item.fields == {"event": "down", "deep": '{"host":["fs1"]}'}
    assert request(b"{}").payload == {}


@pytest.mark.parametrize(
    ("minutes", "booked", "fields"),
    [
        (7, 7, {}),
        (0, 0, {}),
        ("7", 0, {"minutes": "7"}),
        (1.5, 0, {"minutes": "1.5"}),
        (True, 0, {"minutes": "true"}),
        ([1], 0, {"minutes": "[1]"}),
        (-7, 0, {"minutes": "-7"}),
        (100_000, 0, {"minutes": "100000"}),
    ],
)
def test_minutes_are_whole_and_not_negative(
    minutes: Any, booked: int, fields: dict[str, str]
) -> None:
    """What cannot be booked as working time is kept as a field and not guessed."""
    item = request(json.dumps({"summary": "x", "minutes": minutes}))
    assert (item.minutes, item.fields) == (booked, fields)


@pytest.mark.parametrize("value", [5, 1.5, True, ["a"], {"a": "b"}])
def test_known_keys_of_other_kinds_are_written_as_json(value: Any) -> None:
    """A text field that holds another kind is read as the JSON that it is."""
    item = request(json.dumps({"summary": value, "service": value}))
    assert json.loads(item.summary) == json.loads(item.service) == value


@pytest.mark.parametrize("summary", ["first\nsecond", "w" * 150 + " the end " * 20])
def test_a_long_summary_is_kept_whole(summary: str) -> None:
    """What a summary of JSON says beyond one line of 200 characters is not lost."""
    item = request(json.dumps({"summary": summary, "details": "d"}))
    kept = f"{item.summary}\n{item.details}\n{item.fields}\n{item.payload}"
    assert summary.strip() in kept


@pytest.mark.parametrize("fields", [["a", "b"], "text", 5])
def test_fields_of_another_kind_are_kept(fields: Any) -> None:
    """A `fields` that is no object is kept all the same."""
    item = request(json.dumps({"summary": "x", "fields": fields}))
    assert item.fields or item.payload


def test_a_list_is_its_entries() -> None:
    """A JSON list has one item an entry, of whatever kind; an empty one has none."""
    items = recognise(b'[{"summary": "one"}, "two", 3, ["four", {"summary": "five"}], null]')
    assert summaries(items) == ["one", "two", "3", "four", "five", "null"]
    assert recognise(b"[]") == recognise(b"[[], []]") == []


@pytest.mark.parametrize("raw", [b'[""]', b'["  "]'])
def test_no_request_is_without_a_summary(raw: bytes) -> None:
    """Whatever becomes a request has a line that says what it is."""
    assert all(summaries(recognise(raw)))


def test_json_lines_are_an_item_each() -> None:
    """One object a line: one item a line, with empty lines and line ends of any system."""
    raw = b'{"summary": "one"}\r\n\r\n{"summary": "two"}\n  {"summary": "three"}'
    assert summaries(recognise(raw)) == ["one", "two", "three"]


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_one_broken_line_leaves_the_others_alone(broken: int) -> None:
    """A line that was damaged is kept exactly; the lines beside it become requests."""
    lines = [f'{{"summary": "line {number} · ü"}}' for number in range(3)]
    lines[broken] = lines[broken][:-1]
    items = recognise("\n".join(lines).encode())
    assert summaries(items) == [
        "(unreadable)" if number == broken else f"line {number} · ü" for number in range(3)
    ]
    kept = items[broken]
    assert isinstance(kept, Unreadable)
    assert kept.raw == lines[broken].encode()


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_only_line_feeds_end_a_line(separator: str) -> None:
    """A text with a Unicode line separator does not tear its JSON line in two."""
    lines = [json.dumps({"summary": f"a{separator}b"}, ensure_ascii=False), '{"summary": "c"}']
    items = recognise("\n".join(lines).encode())
    assert len(items) == 2
    assert "(unreadable)" not in summaries(items)


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_cut_document_is_unreadable_as_a_whole(cut: int) -> None:
    """A document over several lines that was cut is one unreadable item, and no request."""
    told = {"summary": "x", "hosts": {"name": "fs1"}, "user": "ada"}
    raw = "\n".join(json.dumps(told, indent=2).splitlines()[:cut]).encode()
    if cut < 7:
        assert unreadable(raw).raw == raw
    else:
        assert request(raw).summary == "x"


def test_a_cut_list_is_unreadable_as_a_whole() -> None:
    """A scalar alone on a line of a cut document is no request of its own."""
    raw = json.dumps({"summary": "x", "hosts": ["fs1", "fs2"]}, indent=2).encode()[:-5]
    assert raw.endswith(b'"fs2"\n')
    assert unreadable(raw).raw == raw


@pytest.mark.skipif(not PAYLOADS, reason="the cases from outside are not here")
@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.name)
def test_real_payloads_become_items(path: Path) -> None:
    """Every payload of a monitoring system becomes items, none of them without a text."""
    items = recognise(path.read_bytes())
    assert items
    assert all(summaries(items))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                (
                    "alerts",
                    "labels",
                    "annotations",
                    "status",
                    "receiver",
                    "summary",
                    "fields",
                    "minutes",
                    "user",
                    "generatorURL",
                    "startsAt",
                )
            )
            | texts,
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=examples(300))
@given(head=st.sampled_from([b"", b"{", b"[", BOM, b'{"alerts":[']), raw=st.binary(max_size=300))
def test_random_bytes_raise_nothing(head: bytes, raw: bytes) -> None:
    """Any bytes in any format give items or none, and never an exception."""
    for form in FORMATS:
        for item in recognise(head + raw, form):
            assert isinstance(item, Item)


@settings(max_examples=examples(300))
@given(value=values, data=st.data())
def test_mutated_json_raises_nothing(value: Any, data: st.DataObject) -> None:
    """JSON of any shape, with a byte changed, cut or doubled, never raises an exception."""
    raw = bytearray(json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode())
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=2))
    for form in FORMATS:
        for item in recognise(bytes(raw), form):
            assert isinstance(item, Item)


@settings(max_examples=examples(200))
@given(told=st.dictionaries(texts.filter(lambda name: name not in ("alerts", "fields")), texts))
def test_nothing_that_was_said_is_lost(told: dict[str, str]) -> None:
    """Every text of an object is found again in the item that it became."""
    item = request(json.dumps(told))
    kept = {**{name: getattr(item, name) for name in item.__struct_fields__}, **item.fields}
    kept |= {name: getattr(item.request, name) for name in item.request.__struct_fields__}
    for name, text in told.items():
        if name == "summary":
            continue  # looked at apart
        assert kept[name] == text or text in item.details or item.fields[name] == text
