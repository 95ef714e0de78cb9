"""The self-help site as files: a front page with its search, and a page for each article.

Pure: plain values in, names and bytes out, and the same values give the same bytes. What is on a
page was written for callers; owners, queues, roles, problems and files of the desk are on none.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from jinja2 import DictLoader, Environment, StrictUndefined
from msgspec import Struct

from sdcli.publish import clean
from sdcli.publish.chosen import is_expired
from sdcli.publish.links import target
from sdcli.publish.markdown import Pages
from sdcli.publish.notices import NOTHING, TITLE, clock, facts
from sdcli.publish.searched import search_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sdcli.knowledge.articles import Article
    from sdcli.policy.scalars import Day
    from sdcli.publish.notices import Fact
    from sdcli.publish.report import Link, Report
    from sdcli.results.callers import FrontPage, Notice
    from sdcli.tickets.words import RequestType

SEARCH_DATA = "assets/search-data.js"
_ASSETS = (
    "site.css",
    "site.js",
    "search.js",
    "icon.svg",
    "minisearch.js",
    "minisearch.LICENSE.txt",
)
_TEMPLATES = ("base.html.j2", "parts.html.j2", "index.html.j2", "article.html.j2")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'"
)
"""What a page may load and do: only what lies beside it, and no text becomes a program."""

_NEEDS: dict[RequestType, tuple[str, str]] = {
    "incident": ("Something does not work", "It worked before, and now it does not."),
    "information": ("I want to know how", "Instructions and answers to frequent questions."),
    "fulfilment": ("I need something", "What you can order, and how to get it."),
    "new-service": ("I need something new", "What nobody here has yet, and how to ask for it."),
    "unknown": ("Something else", "What fits nowhere else."),
}
"""What callers need, in their words, by the type of request; in the order of the page."""

_OTHERS = "Everything else"
_SUBJECT = "Request from the self-help pages"


class Site(Struct, frozen=True, kw_only=True):
    """What a site is made of.

    Args:
        name: what the desk calls itself.
        articles: those to publish, and no others.
        services: the names of the services in the catalog, by id.
        bulletins: what does not work just now, with the instant and the time zone.
        report: where callers turn to.
        synonyms: further words to search for, by word or phrase.
        secret: words of articles that are not for everybody: see `searched.search_data`.
        day: today, by the desk's clocks.
    """

    name: str
    articles: Sequence[Article]
    services: Mapping[str, str]
    bulletins: FrontPage
    report: Report
    synonyms: Mapping[str, tuple[str, ...]]
    secret: frozenset[str] = frozenset()
    day: Day


class _Row(NamedTuple):
    """An article in a list."""

    title: str
    href: str
    is_known: bool


class _Group(NamedTuple):
    """Articles under a heading; `anchor` is its place on the front page."""

    name: str
    anchor: str
    rows: Sequence[_Row]
    told: str = ""


class _Section(NamedTuple):
    """A part of an article: its heading and its texts, as HTML; `kind` is how it is shown."""

    kind: str
    name: str
    texts: Sequence[str]


def pages(site: Site) -> dict[str, bytes]:
    """Every file of a site by its name, which has `/` between folders."""
    return _Builder(site).files()


class _Builder:
    """Builds one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._markdown = Pages({each.id: f"{each.id}.html" for each in site.articles})
        sources = {name: _asset(name).decode() for name in _TEMPLATES}
        environment = Environment(
            loader=DictLoader(sources),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._front, self._article = map(environment.get_template, _TEMPLATES[2:])
        self._shared = {
            "site_name": clean.line(site.name),
            "policy": _POLICY,
            "report_to": site.report.to,
            "is_outside": not site.report.is_mail,
            "general": site.report.link(_SUBJECT),
        }

    def files(self) -> dict[str, bytes]:
        """Every file by its name."""
        found = {f"assets/{name}": _asset(name) for name in _ASSETS}
        services = {id_: clean.line(name) for id_, name in self._site.services.items()}
        data = search_data(
            self._site.articles,
            services,
            self._site.synonyms,
            self._site.secret,
            self._markdown.plain,
        )
        found[SEARCH_DATA] = data
        found["index.html"] = self._index().encode()
        for article in self._site.articles:
            found[f"articles/{article.id}.html"] = self._page(article).encode()
        return found

    def _index(self) -> str:
        shown = self._site.bulletins
        return self._front.render(
            **self._shared,
            up="",
            bulletins=[_Bulletin(each, shown) for each in shown.notices],
            bulletins_title=TITLE,
            no_bulletins=NOTHING,
            needs=list(self._needs()),
            services=self._groups,
            count=len(self._site.articles),
            as_of=clock(shown.now, shown.zone),
            as_of_instant=_instant(shown.now),
        )

    def _needs(self) -> Iterator[_Group]:
        for type_, (name, told) in _NEEDS.items():
            rows = self._rows(each for each in self._site.articles if each.type == type_)
            if rows:
                yield _Group(name, f"need-{type_}", rows, told)

    @cached_property
    def _groups(self) -> list[_Group]:
        """The articles by the names of their services; one of several services is in several."""
        by_name: dict[str, list[Article]] = {}
        for article in self._site.articles:
            for name in self._names_of(article) or [_OTHERS]:
                by_name.setdefault(name, []).append(article)
        names = sorted(by_name, key=lambda name: (name == _OTHERS, name.casefold(), name))
        groups, taken = [], set[str]()
        for name in names:
            anchor = _anchor(name, taken)
            groups.append(_Group(name, anchor, self._rows(by_name[name])))
        return groups

    @cached_property
    def _anchors(self) -> dict[str, str]:
        return {group.name: group.anchor for group in self._groups}

    def _names_of(self, article: Article) -> list[str]:
        known = self._site.services
        names = (clean.line(known[id_]) for id_ in article.services if id_ in known)
        return list(dict.fromkeys(filter(None, names)))

    def _rows(self, articles: Iterator[Article] | list[Article]) -> list[_Row]:
        rows = [
            _Row(_title(each), f"articles/{each.id}.html", each.known_error) for each in articles
        ]
        return sorted(rows, key=lambda row: (row.title.casefold(), row.href))

    def _page(self, article: Article) -> str:
        use = f"{article.id}@{article.revision}"
        names = self._names_of(article)
        return self._article.render(
            **self._shared,
            up="../",
            id=article.id,
            use=use,
            title=_title(article),
            description=self._markdown.plain(article.symptoms[0]) if article.symptoms else "",
            is_known=article.known_error,
            expired=_spoken(article.expires) if is_expired(article, self._site.day) else "",
            sections=list(self._sections(article)),
            vendor=_vendor(article.vendor_link),
            services=[(name, quote(self._anchors[name])) for name in names],
            reviewed=_spoken(article.reviewed),
            reviewed_day=str(article.reviewed),
            revision=article.revision,
            report=self._report(article, use),
        )

    def _report(self, article: Article, use: str) -> Link:
        return self._site.report.link(f"This did not help: {_title(article)}", use)

    def _sections(self, article: Article) -> Iterator[_Section]:
        """What an article tells, in the order in which a caller needs it."""
        workaround = ("text", "What you can do meanwhile", (article.workaround,))
        told: list[tuple[str, str, Sequence[str]]] = [
            ("list", "You may see", article.symptoms),
            ("steps", "What to do", article.steps),
            ("text", "How to know that it worked", (article.verification,)),
            workaround,
            ("text", "Why", (article.cause,)),
        ]
        if article.known_error:  # until it is mended, that is what helps
            told.remove(workaround)
            told.insert(1, workaround)
        for kind, name, sources in told:
            html = (self._markdown.html(source, article.id) for source in sources)
            texts = [each for each in html if each]
            if texts:
                yield _Section(kind, name, texts)


class _Bulletin:
    """A bulletin as the template reads it."""

    def __init__(self, notice: Notice, shown: FrontPage) -> None:
        parts = re.split(r"\n{2,}", clean.text(notice.text).strip())
        self.paragraphs = [part.split("\n") for part in parts]
        self.facts = [_told(fact) for fact in facts(notice, shown.now, shown.zone)]


def _told(fact: Fact) -> dict[str, Any]:
    return {
        "name": fact.name,
        "said": clean.line(fact.said),
        "instant": _instant(fact.at) if fact.at else "",
    }


def _title(article: Article) -> str:
    return clean.line(article.title) or article.id


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _spoken(day: Day) -> str:
    """`22 June 2026`."""
    read = date.fromisoformat(day)
    return f"{read.day} {read:%B %Y}"


def _vendor(link: str) -> str:
    """The page of a vendor, if it is one of the web."""
    found = target(link.strip())
    return found.href if found and found.outside else ""


def _anchor(name: str, taken: set[str]) -> str:
    """The place of a service on the front page, made from its name; each is one of its own."""
    plain = "-".join(re.findall(r"\w+", name.casefold())) or "service"
    anchor = next(
        each
        for number in range(1, len(taken) + 2)
        if (each := f"about-{plain}" + (f"-{number}" if number > 1 else "")) not in taken
    )
    taken.add(anchor)
    return anchor


def _asset(name: str) -> bytes:
    return (files("sdcli.publish") / "site" / name).read_bytes()
