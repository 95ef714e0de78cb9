"""Articles as HTML: whatever stands in one, its page holds no tag and no link but harmless ones."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdcli.publish import clean
from sdcli.publish.links import article_in, target
from sdcli.publish.markdown import Pages
from sdcli.publish.report import is_place
from sdcli.publish.searched import search_data
from tests.knowledge.site import HIDDEN, Page

PAGES = Pages({"KB-101": "KB-101.html", "KB-102": "KB-102.html"})
TAGS = {
    *("a", "p", "br", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr"),
    *("div", "table", "thead", "tbody", "tr", "th", "td"),
}
_PIECES = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</title>",
        "<img src=x onerror=alert(1)>",
        "![pic](https://evil.example/p.png)",
        "![pic](data:image/png;base64,AAAA)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](java&#10;script:alert(1))",
        "[x](data:text/html,hi)",
        "[x](//evil.example)",
        "[x](https://ok.example/a?b=c&d)",
        "[x](kb/KB-101-x.yaml)",
        "[x](kb/KB-999-hidden.yaml)",
        "<javascript:alert(1)>",
        "<https://ok.example>",
        "[![pic](https://evil.example/p.png)](https://ok.example)",
        "[a]: javascript:alert(1)\n\n[a]",
        "KB-101",
        "KB-999",
        "]]>",
        "<!--",
        "\u2028",
        "\x00",
        "\u202e",
        "`",
        "**",
        "_",
        "# h",
        "\n\n",
        "\n> ",
        "\n- ",
        "\n1. ",
        "```\n",
        "|a|b|\n|-|-|\n|c|d|\n",
        " ",
        '"',
        "'",
        "&",
        "\\",
    ]
)


@given(st.lists(_PIECES | st.text(max_size=8), max_size=25).map("".join))
@example("".join(["> " * 200, "x"]))
@example("[" * 2000)
@example("*" * 2000 + "a" + "_" * 2000)
def test_nothing_but_text_comes_through(source: str) -> None:
    """Only plain tags, only safe addresses, no handlers, no hidden characters (R3a.2)."""
    page = Page(f"<div>{PAGES.html(source, 'KB-102')}</div>")

    for tag, attrs in page.tags[1:]:
        assert tag in TAGS
        known = (
            {"tabindex", "role", "aria-label"}
            if tag == "div"
            else {"href", "rel", "start", "style"}
        )
        assert set(attrs) <= {"class", *known}
        assert attrs.get("style", "text-align:left").startswith("text-align:")
        if tag == "a":
            found = target(attrs["href"])
            assert found is not None
            assert (attrs.get("rel") == "noopener noreferrer") == found.outside
            assert "KB-999" not in attrs["href"]
    assert not set(page.text) & set("\x00\u202e\u2028")
    assert "\n" not in PAGES.plain(source)


def test_a_text_is_what_its_author_meant() -> None:
    """Marks, lists, code and tables are shown; a single paragraph needs no tag of its own."""
    assert (
        PAGES.html("Press **this** `key`.", "") == "Press <strong>this</strong> <code>key</code>."
    )
    assert PAGES.html("# Big", "") == '<p class="heading">Big</p>'
    assert PAGES.html("a\n\nb", "") == "<p>a</p>\n<p>b</p>"
    assert "<td>1</td>" in PAGES.html("|a|\n|-|\n|1|", "")
    assert PAGES.plain("See **this** [page](https://x.example) and `code`.") == (
        "See this page and code."
    )


@pytest.mark.parametrize(
    ("source", "html"),
    [
        (r"Open \\fs01\scans now", r"Open \\fs01\scans now"),
        (r"**\\fs01\a_b_c$**", r"<strong>\\fs01\a_b_c$</strong>"),
        (r"`\\fs01\scans` \*no\* \\\\x", r"<code>\\fs01\scans</code> *no* \\\\x"),
        (r"[the \\fs01\x](https://x.example)", r">the \\fs01\x</a>"),
        ("|a|\n|-|\n|\\\\fs01\\x|", r"<td>\\fs01\x</td>"),
    ],
)
def test_a_path_keeps_its_backslashes(source: str, html: str) -> None:
    """Both that it begins with are on the page, and found by a search, as on a terminal (R3a.2)."""
    assert html in PAGES.html(source, "")
    assert r"\\fs01" in PAGES.plain(source)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        (
            "![the plan](https://x.example/p.png)",
            '<a href="https://x.example/p.png" rel="noopener noreferrer">the plan</a>',
        ),
        ("![the plan](p.png)", "the plan"),
        ("![](data:image/png;base64,AA)", "picture"),
        (
            "[![p](https://x.example/p.png)](https://y.example)",
            '<a href="https://y.example" rel="noopener noreferrer">p</a>',
        ),
        ("[x](javascript:alert(1))", "x"),
        ("[x](mailto:a@b.example)", '<a href="mailto:a@b.example">x</a>'),
        ("[x](../form.html?a=1)", '<a href="../form.html?a=1">x</a>'),
        ("[x](kb/KB-101-long-name.yaml)", '<a href="KB-101.html">x</a>'),
        (f"[x](kb/KB-999-{HIDDEN}.yaml)", "x"),
        ("KB-101, KB-999", '<a href="KB-101.html">KB-101</a>, KB-999'),
        ("`KB-101` <b>", "<code>KB-101</code> &lt;b&gt;"),
    ],
)
def test_links_and_pictures(source: str, html: str) -> None:
    """A picture becomes a link, a link to what is not published its text (R3a.2a)."""
    assert PAGES.html(source, "") == html


@given(st.text(max_size=40))
@example("java\tscript:alert(1)")
@example(" javascript:alert(1)")
@example("\\\\evil.example\\x")
@example("/\\evil.example")
@example("https:evil")
@example("http://[")
@example("x:y")
@example("a/b:c")
def test_a_target_is_of_the_web_a_mail_or_relative(href: str) -> None:
    """No other scheme, no other host by a trick, nothing that a browser reads differently."""
    found = target(href)
    if found is not None:
        is_web = href.lower().startswith(("http://", "https://"))
        assert found.outside == is_web
        assert (
            is_web
            or href.lower().startswith("mailto:")
            or ":" not in href.split("/", maxsplit=1)[0]
        )
        assert not href.startswith(("//", "\\"))
        assert not set(href) & set("\\ \t\n\r\x00\u202e\u200b\u2028")
    assert not is_place(href) or found is not None


def test_articles_are_known_by_their_links() -> None:
    """By id, file or page, wherever the knowledge base lies."""
    named = ["KB-1", "kb-1.yaml", "kb/KB-1-x.yaml", "../articles/KB-1.html", "KB-1.html#top"]
    assert [article_in(each) for each in named] == ["KB-1"] * 5
    assert [article_in(each) for each in ("about.html", "x/KB-1/y", "KB-")] == [""] * 3


@given(st.text(max_size=60))
def test_clean_texts_have_no_hidden_characters(given_text: str) -> None:
    """What no reader sees is gone; what anybody can read is there (R3a.2)."""
    cleaned = clean.text(given_text)
    assert all(
        each.isprintable() or each in "\n\t" or each.isspace() or ord(each) > 127
        for each in cleaned
    )
    assert not set(cleaned) & set("\x00\x07\x1b\u202e\u2066\ufeff\u200b\ud800")
    visible = [each for each in given_text if each.isprintable() and each.isascii()]
    assert [each for each in cleaned if each.isprintable() and each.isascii()] == visible


@given(st.text(max_size=20), st.text(max_size=20))
@example("</script>", "\u2028]]>")
def test_the_search_data_is_a_plain_script(word: str, other: str) -> None:
    """ASCII, one assignment of JSON, and nothing that a page could take for a tag."""
    text = search_data([], {}, {word: (other,)}, frozenset(), PAGES.plain).decode("ascii")
    assert text.startswith('"use strict";\nwindow.SDCLI_SEARCH = {')
    assert text.endswith("};\n")
    assert not set(text) & set("<>&\u2028")
