"""`sdcli bulletin`: callers are told of a known failure in their words, and are counted (R1a.1f)."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.render.as_text.bulletin import page
from sdcli.results.callers import FrontPage, Notice
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

VOID = {"meta", "br"}


class _Document(HTMLParser):
    """Reads a page; its tags must close in the order they open. `said` is the text of it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.tags: set[str] = set()
        self.said = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"lang", "charset", "datetime"}
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.fixture(name="outage", autouse=True)
def _outage(sdj: JsonRunner) -> Any:
    """One ticket of a failure, SD-1."""
    said = ("--type", "incident", "--service", "email")
    return sdj("open", "MX queue stuck on mx-2", "--user", "greta", *said)


def test_it_is_posted_updated_and_ended(sd: Runner, sdj: JsonRunner) -> None:
    """What is not said anew stays; `unknown` takes a promise back; the end leaves the counts."""
    sdj("bulletin", "post", "1", "Mail is slow.", "--until", "14:00", "--state", "cause found")
    sdj("bulletin", "update", "1", "--until", "unknown", "--next-update", "2026-11-23T12:00Z")
    sdj("bulletin", "post", "1", "Mail is very slow.")

    (told,) = sdj("bulletin", "list")

    assert told == {
        "ref": "SD-1",
        "summary": "MX queue stuck on mx-2",
        "text": "Mail is very slow.",
        "state": "cause found",
        "services": ["email"],
        "site": None,
        "until": None,
        "next_update": "2026-11-23T12:00:00Z",
        "overdue": False,
        "views": 0,
        "me_too": 0,
    }
    sd("bulletin", "show", "1", "--count")
    ended = sdj("bulletin", "end", "1", "--reason", "it flows")
    assert (ended["bulletin"], ended["views"]) == (None, 1)
    assert sdj("bulletin", "list") == []
    kinds = [event["kind"] for event in sdj("history", "1")]
    assert kinds == ["opened", *["announced"] * 3, "viewed", "withdrawn"]


@pytest.mark.parametrize(
    "args", [("update", "1", "--state", "x"), ("end", "1"), ("show", "1")], ids=lambda args: args[0]
)
def test_where_none_stands_it_is_refused(
    sd: Runner, sdj: JsonRunner, args: tuple[str, ...]
) -> None:
    """Nothing to change, to end or to show: exit 4, and how one is posted."""
    assert "sdcli bulletin post SD-1" in sd("bulletin", *args, expect=4).stderr
    assert sdj("show", "1")["events_count"] == 1


@pytest.mark.parametrize("option", ["--until", "--next-update"])
def test_a_promise_lies_ahead(sd: Runner, option: str) -> None:
    """A time that is past already is refused; one that has passed since stands."""
    sd("bulletin", "post", "1", "x", option, "2026-11-23T09:00Z", expect=4)
    sd("bulletin", "post", "1", "x", option, "2026-11-23T11:00Z")

    sd("bulletin", "update", "1", "--state", "y", at="2026-11-23T12:00:00Z")


def test_an_update_says_something(sd: Runner) -> None:
    """Without anything new it is not understood."""
    sd("bulletin", "post", "1", "x")

    sd("bulletin", "update", "1", expect=2)


def test_a_closed_ticket_has_none(sd: Runner, sdj: JsonRunner) -> None:
    """Closing ends the bulletin and says so; a closed ticket takes no new one."""
    sd("bulletin", "post", "1", "x")

    told = sd("close", "1", "--code", "solved", "--unconfirmed", "drill")

    assert "bulletin has ended" in told.stdout
    kinds = [event["kind"] for event in sdj("history", "1")][2:]
    assert kinds == ["resolved", "withdrawn", "closed"]
    assert sdj("bulletin", "list") == []
    assert "SD-1 is closed" in sd("bulletin", "post", "1", "x", expect=4).stderr


def test_whom_it_concerns(sdj: JsonRunner) -> None:
    """The ticket's service if nothing is said; others, or everybody, where that is said."""

    def services(*args: str) -> Any:
        return sdj("bulletin", "post", "1", "x", *args)["bulletin"]["services"]

    assert services() == ["email"]
    assert services("--service", "wifi", "--service", "vpn") == ["wifi", "vpn"]
    assert services("--service", "unknown") == []


def test_news_that_has_not_come_is_overdue(sd: Runner, sdj: JsonRunner) -> None:
    """Past the next update it is marked for the desk, and callers read no time that is past."""
    sd("bulletin", "post", "1", "Mail is slow.", "--next-update", "2026-11-23T11:00Z")

    late = "2026-11-23T12:00:00Z"
    assert not sdj("bulletin", "list")[0]["overdue"]
    assert sdj("bulletin", "list", at=late)[0]["overdue"]
    assert "OVERDUE" in sd("bulletin", "list", at=late).stdout
    shown = sd("bulletin", "show", at=late).stdout
    assert "11:00" not in shown
    assert "Next update: as soon as" in shown


def test_callers_read_their_own_words(sd: Runner, sdj: JsonRunner) -> None:
    """Names instead of ids, no reference, and times on the desk's clock (R1b.1e)."""
    sd("bulletin", "post", "1", "Mail is slow.\nNone is lost.", "--until", "2026-11-23T14:00Z")

    text = sd("bulletin", "show").stdout
    html = sd("bulletin", "show", "1", "--format", "html").stdout
    (data,) = sdj("bulletin", "show")

    assert text == (
        "Mail is slow.\nNone is lost.\n  Concerns: E-mail and calendar\n"
        "  Expected end: Monday 23 November 2026, 14:00 GMT\n"
    )
    assert "Mail is slow.<br>None is lost." in html
    assert '<time datetime="2026-11-23T14:00:00Z">Monday 23 November 2026, 14:00 GMT' in html
    assert not re.search(r"SD-1|\bemail\b|mx-2|greta", text + html)
    assert (data["services"], data["until"]) == (["E-mail and calendar"], "2026-11-23T14:00:00Z")
    assert json.loads(sd("bulletin", "show", "--format", "json").stdout) == [data]


def test_an_empty_page_is_a_page(sd: Runner, sdj: JsonRunner) -> None:
    """Nothing known is nothing on a terminal, an empty list, and a page that says so."""
    assert sd("bulletin", "show").stdout == ""
    assert sdj("bulletin", "show") == []
    document = _Document(sd("bulletin", "show", "--format", "html").stdout)
    assert "Nothing is known" in document.said


@given(st.text(), st.text(), st.text(), st.booleans())
def test_any_text_gives_a_valid_page(text: str, state: str, site: str, late: bool) -> None:
    """Whatever is in a bulletin: tags close, nothing but our own tags, no control characters."""
    notice = Notice(
        ref="SD-1",
        text=text,
        state=state,
        services=(state,),
        site=site,
        until=NOW,
        next_update=NOW,
        overdue=late,
        updated_at=NOW,
    )
    shown = FrontPage(notices=[notice], form="html", zone="Europe/London", now=NOW)

    written = "\n".join(page(shown))
    document = _Document(written)

    assert document.stack == []
    own = {"html", "head", "meta", "title", "body", "h1", "article", "p", "br", "dl", "dt", "dd"}
    assert document.tags <= own | {"time", "footer"}
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", written)


def test_views_are_counted(sd: Runner, sdj: JsonRunner) -> None:
    """Each --count, with its --times, and every opening before which it was shown (R1a.1g)."""
    sd("bulletin", "post", "1", "Mail is slow.")
    sd("bulletin", "show")
    sd("bulletin", "show", "--count")
    sd("bulletin", "show", "1", "--count", "--times", "40", "--format", "html")
    sd("open", "no mail", "--user", "ada", "--service", "email")
    sd("open", "no wifi", "--user", "ada", "--service", "wifi")
    sd("open", "no mail", "--user", "bruno", "--me-too", "1")
    sd("open", "no mail", "--user", "bruno", "--me-too", "1")
    before = sdj("show", "1")

    assert (before["views"], before["me_too"]) == (1 + 40 + 1 + 1, 1)
    shown = sd("show", "1").stdout
    assert "views:      43 times" in shown
    assert "me too:     1 more caller" in shown
    assert "[+1]" in sd("list").stdout


def test_a_view_is_no_change_of_the_request(sd: Runner, sdj: JsonRunner) -> None:
    """Being looked at does not make a ticket look worked on (T15)."""
    posted = sdj("bulletin", "post", "1", "Mail is slow.")

    sd("bulletin", "show", "--count", at="2026-11-23T12:00:00Z")

    assert sdj("show", "1")["updated_at"] == posted["updated_at"]


def test_a_repeated_opening_counts_no_view(sd: Runner, sdj: JsonRunner) -> None:
    """A repetition that records nothing new has shown nothing new."""
    sd("bulletin", "post", "1", "Mail is slow.")
    for _ in range(2):
        sd("open", "x", "--user", "ada", "--service", "email", "--idempotency-key", "k")

    assert sdj("show", "1")["views"] == 1


def test_counting_nothing_is_nothing(sd: Runner, sdj: JsonRunner) -> None:
    """Without a bulletin --count changes nothing."""
    sd("bulletin", "show", "--count")

    assert sdj("show", "1")["events_count"] == 1


def test_what_was_posted_is_told(sd: Runner) -> None:
    """The answer and the history say for whom it is and what was promised."""
    promise = ("--next-update", "12:30", "--until", "16:00")

    told = sd("bulletin", "post", "1", "Mail is slow.", "--site", "london", *promise).stdout

    assert "bulletin for email, London: Mail is slow." in told
    assert "expected to end 2026-11-23 16:00 UTC, next update 2026-11-23 12:30 UTC" in told
    assert told.splitlines()[0].removeprefix("SD-1 ") in sd("history", "1").stdout
    everybody = ("--service", "unknown", "--site", "unknown")
    assert "for every service, every site" in sd("bulletin", "update", "1", *everybody).stdout


def test_a_site_must_be_one(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """A bulletin for a site that nobody is at would reach nobody: exit 3, and what is near."""
    assert "London" in sd("bulletin", "post", "1", "x", "--site", "Lodon", expect=3).stderr

    file = desk_dir / "catalog" / "people.yaml"
    file.write_text(re.sub("    site: .*\n", "", file.read_text()))
    assert "cannot be checked" in sd("bulletin", "post", "1", "x", "--site", "Lodon").stderr
    assert sdj("bulletin", "list")[0]["site"] == "Lodon"


def test_an_end_that_has_passed_is_no_promise(sd: Runner, sdj: JsonRunner) -> None:
    """An expected end that has passed is overdue for the desk; callers read no time of it."""
    sd("bulletin", "post", "1", "Mail is slow.", "--until", "11:00")
    late = "2026-11-23T12:00:00Z"

    assert not sdj("bulletin", "list")[0]["overdue"]
    assert sdj("bulletin", "list", at=late)[0]["overdue"]
    assert "expected to end 2026-11-23 11:00 UTC, overdue" in sd("bulletin", "list", at=late).stdout
    for form in ("text", "html"):
        shown = sd("bulletin", "show", "--format", form, at=late).stdout
        assert "11:00" not in shown
        assert "later than was thought" in shown


def test_times_are_counted_only_with_count(sd: Runner) -> None:
    """--times without --count would count nothing: it is not understood."""
    sd("bulletin", "post", "1", "x")

    assert "--count" in sd("bulletin", "show", "--times", "3", expect=2).stderr
