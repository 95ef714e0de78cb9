"""Documents of other knowledge bases fit the template, and none of their words is lost."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sdcli.knowledge.articles import checked, decode
from sdcli.knowledge.document import markdown
from sdcli.knowledge.foreign import Converted, Defaults, Document, convert, keywords_of
from sdcli.knowledge.write import as_yaml
from tests.conftest import CASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.policy.model import Policy

_DEFAULTS = Defaults(
    type="unknown",
    area="",
    services=(),
    audience="desk",
    roles=(),
    owner="service-desk",
    second_owner="onsite",
    reviewed="2026-11-23",
    expires="2027-11-23",
)


def _convert(policy: Policy, text: str | bytes, source: str = "wiki/page.md") -> Converted:
    raw = text.encode() if isinstance(text, str) else text
    return convert(Document(source, raw), "KB-200", _DEFAULTS, policy)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def test_headings_say_what_is_what(policy: Policy) -> None:
    """The usual headings of runbooks and wikis lead to the fields of the template (R3a.2)."""
    found = _convert(
        policy,
        "# HostDown\n\n## Meaning\n\nIt is down.\n\n## Impact\n\nNobody can work.\n\n"
        "## Diagnosis\n\nLook:\n\n```sh\n# ping it\nping host\n```\n\n### More\n\nAsk.\n\n"
        "## Mitigation\n\nFirst of all:\n\n1. Start it\n   ```\n   start\n   ```\n2. Wait\n\n"
        "## Workaround\n\nUse another.\n\n## How to verify\n\nPing it.\n\n## See also\n\nA page.\n",
    ).article
    assert found.title == "HostDown"
    assert found.symptoms == ("It is down.", "**Impact**\n\nNobody can work.")
    assert found.cause == "Look:\n\n```sh\n# ping it\nping host\n```\n\n### More\n\nAsk."
    assert found.steps == (
        "First of all:",
        "Start it\n```\nstart\n```",
        "Wait",
        "**See also**\n\nA page.",
    )
    assert (found.workaround, found.verification) == ("Use another.", "Ping it.")
    assert found.keywords == ("hostdown", "host", "down")
    assert (found.source, found.type, found.area) == ("wiki/page.md", "unknown", "technology")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Setext title\n====\n\ntext", "Setext title"),
        ("## A first heading\n\ntext", "A first heading"),
        ("## Meaning\n\ntext", "a page"),
        ("text alone", "a page"),
        ("---\ntitle: From the front\n---\n# From the front\n\ntext", "From the front"),
        ("```\n# a comment\n```\n\n# The title\n\ntext", "The title"),
        ("# With *marks* and `code`\n\ntext", "With marks and code"),
    ],
)
def test_the_title(policy: Policy, text: str, title: str) -> None:
    """The title is that of the front matter, the first heading, or the name of the file."""
    assert _convert(policy, text, "wiki/a-page.md").article.title == title


def test_a_front_matter_fills_the_template(policy: Policy) -> None:
    """Keys of the template are taken if the desk knows their values; others become remarks."""
    found = _convert(
        policy,
        "---\ntype: incident\ntags: [vpn, sleep]\nservice: vpn\nowner: network\nsecond_owner: nobody\n"
        "weight: 20\naudience: user\nexpires: 2027-02-30\nreviewed: 2026-10-01\n---\n# T\n\nx\n",
    )
    assert found.article.type == "incident"
    assert found.article.keywords == ("vpn", "sleep")
    assert (found.article.services, found.article.owner) == (("vpn",), "network")
    assert (found.article.audience, found.article.area) == ("user", "technology")
    assert (found.article.second_owner, found.article.reviewed) == ("onsite", "2026-10-01")
    assert found.remarks == ["second_owner: nobody", "weight: 20", "expires: 2027-02-30"]


@pytest.mark.parametrize(
    "front",
    [
        "---\na: &x [1]\nb: *x\n---\n",
        "---\naudience: &a restricted\n---\n",
        "---\n!!python/object:os.system x\n---\n",
        "---\na: [\n---\n",
        "---\n- list\n---\n",
        "---\naudience:restricted\n---\n",
        "---\naudience: Internal\n---\n",
        "---\naudience: [user, restricted]\n---\n",
        "---\naudience: {roles: user}\n---\n",
        "---\naudience: restricted\n---\n",
        "---\naudience: restricted\nroles: [nobody]\n---\n",
        "---\naudience: desk\naudience: user\n---\n",
        "---\nretired: true\n---\n",
        "---\nbecause: old\n---\n",
        "\n \n---\naudience: hidden\n---\n",
        "---\naudience: restricted\n\n",
        '+++\naudience = "restricted"\n+++\n',
        '{\n  "audience": "restricted"\n}\n',
    ],
)
@pytest.mark.parametrize("source", ["wiki/page.md", "wiki/page.html"])
def test_a_front_matter_that_is_not_understood_is_not_passed_over(
    policy: Policy, front: str, source: str
) -> None:
    """It may say who must not read the document, so that is not taken; the reason says why."""
    with pytest.raises(ValueError, match=r"front matter|audience|restricted|retired"):
        _convert(policy, f"{front}# T\n\nx\n", source)


def test_further_keys_of_a_front_matter_are_kept(policy: Policy) -> None:
    """Whatever their values are, they become remarks."""
    found = _convert(policy, "---\na: {b: {c: d}}\ne: [f, [g]]\n# h\n---\n# T\n\nx\n")
    assert found.remarks == ["a: b: c: d", "e: f, g"]
    for text in ("---\na line\n---\n\nx\n", "---\n---\nx\n", "---\n# h\n---\nx\n", "a\n---\nb: c"):
        assert "audience" not in str(_convert(policy, text).remarks)
    assert "a line" in str(_convert(policy, "---\na line\n---\n\nx\n").article)


def test_a_restricted_document_names_its_roles(policy: Policy) -> None:
    """The word is known in any case, and roles alone make a document restricted (R3a.2)."""
    for said in ("audience: restricted\n", "Audience: RESTRICTED\n", ""):
        found = _convert(policy, f"---\n{said}roles: [resolver]\n---\n# T\n\nx")
        assert (found.article.audience, found.article.roles) == ("restricted", ("resolver",))


def test_a_retired_document_stays_so(policy: Policy) -> None:
    """Since when, and why, is kept."""
    found = _convert(policy, "---\nretired: 2026-01-02\n---\n# T\n\nx").article
    assert (found.retired, found.because) == ("2026-01-02", "its document said so")
    front = "---\nRetired: '2026-01-02'\nbecause: moved\n---\n"
    assert _convert(policy, f"{front}# T\n\nx").article.because == "moved"
    assert not _convert(policy, "---\nretired: false\n---\n# T\n\nx").article.is_retired


def test_an_introduction_is_no_section(policy: Policy) -> None:
    """What stands before the first heading does not give that heading to its text."""
    found = _convert(policy, "# T\n\nIntro.\n\n## Symptoms\n\na\n\n## Steps\n\nb\n").article
    assert (found.symptoms, found.steps) == (("Intro.", "a"), ("b",))


def test_html_keeps_its_structure_without_end_tags(policy: Policy) -> None:
    """Items, cells and paragraphs end where a browser ends them, and may leave that out."""
    found = _convert(
        policy,
        "<head><title>Site</title><h1>Scan</h1><p>One<p>Two<h2>Steps</h2><ol><li>a<ul><li>x<li>y</ul>"
        "<li>b<p>more<li>c</ol><h2>Cause</h2><table><tr><th>h<th>i<tr><td>j<td>k</table>"
        "<h2>Verification</h2><dl><dt>t<dd>u<dt>v<dd>w</dl>",
        "wiki/page.html",
    ).article
    assert found.title == "Scan"
    assert found.symptoms == ("One\n\nTwo",)
    assert found.steps == ("a\n- x\n- y", "b\n\nmore", "c")
    assert found.cause == "| h | i |\n| --- | --- |\n| j | k |"


def test_html_is_text(policy: Policy) -> None:
    """Headings, lists, code, tables and links of a page stay; scripts and styles do not."""
    found = _convert(
        policy,
        "<html><head><title>Head</title><style>p{}</style></head><body><h1>How to scan</h1>"
        "<p>Hi <b>you</b> &amp; <a href='https://example.com/x'>all</a></p><script>steal()</script>"
        "<h2>Steps</h2><ol><li>Go<pre>run\n  it</pre></li><li>Stop</li></ol>"
        "<h2>Verification</h2><table><tr><th>a</th></tr><tr><td>b</td></tr></table></body></html>",
        "wiki/page.html",
    ).article
    assert found.title == "How to scan"
    assert "Hi **you** & [all](https://example.com/x)" in found.symptoms[0]
    assert found.steps == ("Go\n\n```\nrun\n  it\n```", "Stop")
    assert found.verification == "| a |\n| --- |\n| b |"
    assert "steal" not in as_yaml(found)


@pytest.mark.parametrize(
    ("raw", "source", "encoding", "said"),
    [
        ("\ufeff# Café".encode(), "w/a.md", "", "Café"),
        ("# Café".encode("utf-16"), "w/a.md", "", "Café"),
        ("# Café".encode("cp1252"), "w/a.md", "cp1252", "Café"),
        ("<meta charset=cp1252><h1>Café</h1>".encode("cp1252"), "w/a.html", "", "Café"),
        (b"# A\r\n\r\nb\x1b[31m\x07\r\n", "w/a.md", "", "A"),
    ],
)
def test_encodings(policy: Policy, raw: bytes, source: str, encoding: str, said: str) -> None:
    """UTF-8, UTF-16 with its mark, what a page declares, and what is said to be there are read."""
    found = convert(Document(source, raw), "KB-200", _DEFAULTS, policy, encoding=encoding).article
    assert found.title == said
    assert "\x1b" not in as_yaml(found)


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"# Caf\xe9", "it is not UTF-8; --encoding"), (b"# A\0b", "no text")],
)
def test_what_is_no_text_is_refused_in_words(policy: Policy, raw: bytes, said: str) -> None:
    """An encoding is never guessed."""
    with pytest.raises(ValueError, match=said):
        convert(Document("w/a.md", raw), "KB-200", _DEFAULTS, policy)


def test_deep_html_is_refused(policy: Policy) -> None:
    """A page nested beyond reason is told as such, and no traceback."""
    with pytest.raises(ValueError, match="nested"):
        convert(Document("w/a.html", b"<div>" * 20_000), "KB-200", _DEFAULTS, policy)


def test_links_lead_to_articles_or_nowhere(policy: Policy) -> None:
    """A link to a document of the folder becomes one to its article; a dead one becomes words."""
    text = (
        "# T\n\nSee [b](../b.md#x), [c](c.md) ![shot](i/s.png) [w](https://example.com) and\n"
        "[two\nlines](gone.md), [![pic](p.png)](gone.md). `[b](../b.md)`\n\n```\n[b](../b.md)\n```\n"
    )
    found = convert(
        Document("wiki/sub/a.md", text.encode()),
        "KB-200",
        _DEFAULTS,
        policy,
        lambda path: "KB-201" if path == "wiki/b.md" else "",
    ).article
    [step] = found.steps
    assert "See [b](KB-201), c (c.md) shot (image: i/s.png) [w](https://example.com)" in step
    assert "lines] (gone.md)" in step
    assert "pic (image: p.png) (gone.md)" in step
    assert "`[b](../b.md)`" in step
    assert "```\n[b](../b.md)\n```" in step


_LINES = st.sampled_from(
    [
        *("# A title", "## Steps", "## Impact", "### Deep", "Cause", "=====", "---", "## Other"),
        *(
            "1. one",
            "2. two",
            "- dot",
            "   more",
            "```",
            "~~~",
            "> quoted",
            "word",
            "",
            "| a | b |",
        ),
        *("|---|---|", "[x](y.md)", "![i](j.png)", "<b>html</b>", "&#27;[31m", "    code", "\tx"),
        *("+++", "KB-1", "title: x", r"\\host\share", "a  ", "***"),
    ]
)


@pytest.fixture(name="sound_text", scope="session")
def _sound_text(policy: Policy) -> Callable[[str], str]:
    """What the file of a document's article holds, after asserting that it is sound."""

    def written(text: str) -> str:
        found = _convert(policy, text)
        told = as_yaml(found.article, found.remarks)
        read, article = decode("kb/KB-200.yaml", told.encode())
        assert article is not None, told
        assert not [*read.problems, *checked("kb/KB-200.yaml", article, read.places, policy)], told
        return told

    return written


@given(st.lists(_LINES, max_size=25).map("\n".join))
def test_nothing_is_lost(sound_text: Callable[[str], str], text: str) -> None:
    """Whatever the document, its article is sound, and every word of it is in the file."""
    assume(not text.startswith("+++"))  # that is a front matter of another kind: it is refused
    names = {"steps", "impact", "cause", "1", "2"}
    assert _words(text) - names <= _words(sound_text(text))


def test_a_document_of_ours_comes_back(policy: Policy, desk_dir: object) -> None:
    """What `kb show --markdown` prints is imported as the same article (R3a.2)."""
    from sdcli.knowledge.articles import articles  # noqa: PLC0415 - used here only

    for before in articles(str(desk_dir)).values():
        after = _convert(policy, markdown(before)).article
        assert after.revision == ""
        for name in ("title", "type", "area", "services", "audience", "roles", "owner", "expires"):
            assert getattr(after, name) == getattr(before, name), (before.id, name)
        for name in ("symptoms", "cause", "steps", "workaround", "verification"):
            one, other = getattr(before, name), getattr(after, name)
            assert str(one).split() == str(other).split() or _same(one, other), (before.id, name)


def _same(one: object, other: object) -> bool:
    def squeezed(value: object) -> list[str]:
        texts = [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]
        return [" ".join(each.split()) for each in texts]

    return squeezed(one) == squeezed(other)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("KubeAPIDown", ("kubeapidown", "kube", "api", "down")),
        ("How to use the VPN", ("use", "vpn")),
        ("???", ("???",)),
    ],
)
def test_keywords_come_from_the_title(title: str, words: tuple[str, ...]) -> None:
    """What somebody would search for; there is always one."""
    assert keywords_of(title) == words


@pytest.mark.parametrize("corpus", ["runbooks", "org-howto"])
def test_real_documents(sound_text: Callable[[str], str], corpus: str) -> None:
    """Five hundred pages of other people's knowledge bases become sound articles."""
    path = CASES / "retrieval" / corpus / "corpus.jsonl"
    if not path.exists():
        pytest.skip("the cases are not here")
    for line in path.read_text(encoding="utf-8").splitlines()[::5]:
        text = json.loads(line)["text"]
        lost = {each for each in _words(text) - _words(sound_text(text)) if not each.isdigit()}
        assert len(lost) <= 4, lost  # headings that name a field
