"""Documents of other knowledge bases as articles: Markdown or HTML in, the template out (R3a.2).

The headings of a document say which part is which field. What fits no field is not lost: a section
of another name becomes a step that begins with its heading, and what stands in a front matter
beyond the template's keys becomes a remark in the article's file.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, get_args
from urllib.parse import unquote

from msgspec.structs import replace

from sdcli.knowledge.articles import Area, Article, Audience
from sdcli.knowledge.callers import PLACEHOLDER
from sdcli.knowledge.markdown import headings, is_closed, items, parser
from sdcli.knowledge.write import FRONT
from sdcli.policy.teams import Role
from sdcli.policy.yamlfile import Item, Listing, Mapping, YamlFile
from sdcli.tickets.words import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Mapping as Mapping_

    from sdcli.knowledge.markdown import Heading
    from sdcli.policy.model import Policy
    from sdcli.policy.yamlfile import Node

ENDINGS = (".md", ".markdown", ".mdown", ".htm", ".html", ".xhtml")
LARGEST = 1_000_000
"""The most bytes of a document; what is larger is no article."""

_SECTIONS = {
    "symptoms": "meaning symptom symptoms problem issue description overview summary impact about "
    "question error environment|alert description|problem statement|applies to",
    "cause": "cause causes reason diagnosis background context explanation investigation"
    "|root cause|possible causes|common causes|full context|answer",
    "steps": "step steps mitigation resolution solution fix procedure instructions remediation "
    "playbook actions troubleshooting|recommended actions|recommended action|how to|how to fix",
    "workaround": "workaround workarounds|temporary fix|work around",
    "verification": "verification verify validation check confirmation|how to verify|expected result",
}
_FIELD_OF = {
    name: field
    for field, listed in _SECTIONS.items()
    for part in listed.split("|")
    for name in ([part] if part != listed.split("|")[0] else part.split())
}
_FRONT = re.compile(
    r"\A\s*---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_ENDLESS = re.compile(r"\A\s*---[ \t]*\n\s*[\"']?[\w-]+[\"']?\s*:")
_OTHER_FRONT = re.compile(r"\A\s*(?:\+\+\+[ \t]*\n|;;;|\{\s*\")")
"""A front matter of TOML or JSON."""
_LINK = re.compile(r"(!?)\[([^\[\]\n]*)\]\(<?([^)\s>]+)>?(?:\s+[\"'][^\"'\n]*[\"'])?\)")
_TAIL = re.compile(r"\]\(<?([^)\s>]+)>?\)")
"""The end of a link whose words began on the line before."""
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_MOST_KEYWORDS = 12
_EMPTY_WORDS = frozenset(["the", "and", "for", "how", "you", "your", "with", "from", "not", "are"])


class Document(NamedTuple):
    """A file to import: where it is below the folder, and what it holds."""

    source: str
    raw: bytes

    @property
    def hash(self) -> str:
        """The hash of its content."""
        return hashlib.sha256(self.raw).hexdigest()[:12]


class Converted(NamedTuple):
    """The article of a document, and the lines of remarks that belong into its file."""

    article: Article
    remarks: list[str]


class Defaults(NamedTuple):
    """What articles have where their documents do not say it; empty is what the desk would say."""

    type: str
    area: str
    services: tuple[str, ...]
    audience: str
    roles: tuple[str, ...]
    owner: str
    second_owner: str
    reviewed: str
    expires: str


def convert(
    document: Document,
    article_id: str,
    defaults: Defaults,
    policy: Policy,
    others: Callable[[str], str] = lambda _: "",
    *,
    encoding: str = "",
) -> Converted:
    """The article of a document.

    Args:
        document: the file.
        article_id: the id of the article.
        defaults: what the document does not say.
        policy: says which services and queues there are.
        others: the id of the article that a path below the folder became, or nothing.
        encoding: that of documents which are not UTF-8.

    Raises:
        ValueError: it cannot be read; the text says why.
    """
    text, front, named = _markdown(document, encoding)
    text = _tidied(_closed(text))
    text = _relinked(text, document.source, others)
    given, remarks = _known(front, defaults, policy)
    title, text = _titled(text, given.pop("title", ""), named, document.source)
    parts = _parts(text)
    article = Article(
        id=article_id,
        title=title,
        symptoms=tuple(dict.fromkeys(parts["symptoms"])),
        cause="\n\n".join(parts["cause"]),
        steps=tuple(parts["steps"]),
        workaround="\n\n".join(parts["workaround"]),
        verification="\n\n".join(parts["verification"]),
        source=document.source,
        source_hash=document.hash,
        **{"keywords": keywords_of(title), **given},
    )
    if article.known_error and not article.workaround:
        remarks.append("known_error: true (it has no workaround)")
        article = replace(article, known_error=False, problem="")
    return Converted(article, remarks)


def decoded(raw: bytes, encoding: str, declared: str = "") -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, what it declares, or the given encoding.

    Raises:
        ValueError: it is none of these, or no text.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        named = ["utf-16"]
    else:
        named = ["utf-8-sig", *filter(None, (encoding, declared))]
    for name in named:
        try:
            text = raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" in text:
            raise ValueError("it holds zero bytes, so it is no text")
        return _CONTROL.sub(" ", _BREAKS.sub("\n", text))
    raise ValueError(
        "it is not UTF-8; --encoding says what it is, such as --encoding cp1252"
        if not encoding
        else f"it is neither UTF-8 nor {encoding}"
    )


def _markdown(document: Document, encoding: str) -> tuple[str, dict[str, list[str]], str]:
    """The text of a document as Markdown, its front matter, and the title of an HTML head.

    Raises:
        ValueError: it cannot be read, or its front matter cannot.
    """
    if not document.source.casefold().endswith((".htm", ".html", ".xhtml")):
        return (*_without_front(decoded(document.raw, encoding)), "")
    from sdcli.knowledge.from_html import encoding_of, page  # noqa: PLC0415 - few are HTML

    text, front = _without_front(decoded(document.raw, encoding, encoding_of(document.raw)))
    found = page(text)
    return found.text, front, found.title


def _without_front(text: str) -> tuple[str, dict[str, list[str]]]:
    """The text behind a front matter, and the values of its keys.

    What may say that a document is not for everybody must be understood, or it is not taken.

    Raises:
        ValueError: the front matter cannot be read.
    """
    if _OTHER_FRONT.match(text):
        raise ValueError("its front matter is not YAML: write `key: value` lines between `---`")
    found = _FRONT.match(text)
    if found is None:
        if _ENDLESS.match(text):
            raise ValueError("its front matter does not end: a line `---` is missing")
        return text, {}
    front = _front_values(found[1])
    return (text, {}) if front is None else (text[found.end() :], front)


def _closed(text: str) -> str:
    """The text with its last block of code closed."""
    if is_closed(text):
        return text
    for mark in ("```", "~~~", "`" * 6, "~" * 6):
        if is_closed(closed := f"{text.rstrip()}\n{mark}\n"):
            return closed
    return text


def _tidied(text: str) -> str:
    """The text without tabs and blanks at ends of lines; a break that two blanks make is kept."""
    lines, code = text.expandtabs(4).split("\n"), _code_lines(text)
    told = []
    for index, line in enumerate(lines):
        bare = line.rstrip()
        following = lines[index + 1].strip() if index + 1 < len(lines) else ""
        breaks = line.endswith("  ") and bare and following and bare[0] not in "#|"
        told.append(f"{bare}\\" if breaks and index not in code else bare)
    return "\n".join(told)


def _code_lines(text: str) -> set[int]:
    """The lines that belong to blocks of code, counted from 0."""
    return {
        line
        for token in parser().parse(text)
        if token.type in ("fence", "code_block") and token.map
        for line in range(*token.map)
    }


def _known(
    front: Mapping_[str, list[str]], defaults: Defaults, policy: Policy
) -> tuple[dict[str, Any], list[str]]:
    """The template's fields that a front matter gives, and its other lines as remarks.

    Raises:
        ValueError: it says who may read it, or that it is retired, in other words than ours.
    """
    given: dict[str, Any] = {
        **defaults._asdict(),
        "services": defaults.services,
        "roles": defaults.roles,
    }
    remarks: list[str] = []
    said = set()
    for key, values in front.items():
        plain = key.strip().casefold().replace("-", "_").replace(" ", "_")
        field = _KEYS.get(plain, "")
        value = _legal(field, values, policy) if field else None
        if plain in _RETIRING:
            given |= _retired(plain, " ".join(values).strip())
        elif value is None:
            remarks.append(f"{key}: {', '.join(values)}")
        else:
            given[field] = value
            said.add(field)
    _settle_readers(given, is_said="audience" in said)
    if given["expires"] <= given["reviewed"]:
        remarks.append(f"reviewed: {given['reviewed']}, expires: {given['expires']}")
        given |= {"reviewed": defaults.reviewed, "expires": defaults.expires}
    if given.get("problem") and not given.get("known_error"):
        remarks.append(f"problem: {given.pop('problem')}")
    if not given["area"]:
        areas = [each.area for each in map(policy.service, given["services"]) if each]
        given["area"] = next((each for each in areas if each in get_args(Area)), "technology")
    return given, remarks


def _settle_readers(given: dict[str, Any], *, is_said: bool) -> None:
    """Who may read a document, and whether anybody is to use it, by all that it says.

    Raises:
        ValueError: that cannot be known.
    """
    if given["roles"] and not is_said:
        given["audience"] = "restricted"
    if given["audience"] != "restricted":
        given["roles"] = ()
    elif not given["roles"]:
        raise ValueError("it is restricted and names no `roles` that the desk has")
    if given.get("retired"):
        given.setdefault("because", "its document said so")
    elif given.pop("because", ""):
        raise ValueError("it says why it is retired (`because`), and not since when (`retired`)")


def _retired(name: str, text: str) -> dict[str, str]:
    """What a front matter says of a document that is not to be used any more.

    Raises:
        ValueError: it does not say since when.
    """
    if name == "because" or not text or text.casefold() in ("false", "no", "null", "~"):
        return {name: text} if name == "because" and text else {}
    if not _is_date(text):
        raise ValueError(f"it is retired: write since when, as 2026-12-31, not `{text[:60]}`")
    return {name: text}


_RETIRING = ("retired", "because")
_OURS = ("id", "supersedes", *_RETIRING)
"""What the desk alone says of its articles."""
_KEYS = {
    **{name: name for name in FRONT if name not in _OURS},
    "tags": "keywords",
    "service": "services",
    "last_reviewed": "reviewed",
}
_WORDS = {"type": RequestType, "area": Area, "audience": Audience}
_LISTS = ("services", "roles", "keywords")


def _front_values(front: str) -> dict[str, list[str]] | None:
    """The keys of a front matter with their values; None if it is no mapping: a text in lines.

    Raises:
        ValueError: it is not plain YAML.
    """
    if not front.strip():
        return {}
    file = YamlFile("front matter")
    tree = file.parse(front)
    if isinstance(tree, Item) and not file.problems and ":" not in front:
        return None
    if file.problems and not (tree is None and not _bare(front)):
        told = file.problems[0]
        raise ValueError(f"its front matter cannot be read: line {told.line}: {told.message}")
    if tree is None:
        return {}
    if not isinstance(tree, Mapping):
        raise ValueError("its front matter cannot be read: it has no `key: value` lines")  # noqa: TRY004 - no argument is
    return {key: list(_texts(entry.value)) for key, entry in tree.entries.items()}


def _bare(front: str) -> bool:
    """Whether a front matter says anything but remarks."""
    return any(each.strip() and not each.strip().startswith("#") for each in front.splitlines())


def _texts(node: Node) -> Iterator[str]:
    """Every single value in a value, with the keys that lead to it."""
    if isinstance(node, Item):
        yield node.text
    elif isinstance(node, Listing):
        for each in node.items:
            yield from _texts(each)
    else:
        for key, entry in node.entries.items():
            yield from (f"{key}: {text}" for text in _texts(entry.value))


def _legal(field: str, values: list[str], policy: Policy) -> Any:
    """The value of a field if the template and the desk take it, else None.

    Raises:
        ValueError: it says in words of its own who may read it.
    """
    text = " ".join(values).strip()
    if field in _LISTS:
        return _legal_list(field, values, policy)
    if field == "known_error":
        return text == "true" or None
    if field in _WORDS:
        text = text.casefold()
        is_legal = text in get_args(_WORDS[field])
        if field == "audience" and not is_legal:
            raise ValueError(f"its `audience` is `{text[:60]}`: write user, desk or restricted")
    elif field in ("owner", "second_owner"):
        is_legal = text in policy.teams.queues
    elif field in ("reviewed", "expires"):
        is_legal = _is_date(text)
    else:
        is_legal = bool(text)
    return text if is_legal else None


def _legal_list(field: str, values: list[str], policy: Policy) -> tuple[str, ...] | None:
    parts = [part.strip() for each in values for part in each.split(",") if part.strip()]
    known = {"services": policy.catalog.services, "roles": get_args(Role), "keywords": parts}
    return tuple(dict.fromkeys(parts)) if parts and set(parts) <= set(known[field]) else None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _titled(text: str, title: str, named: str, source: str) -> tuple[str, str]:
    """The title, and the text without the heading that says it.

    That of the front matter comes first, then the first heading, what HTML is `named`, the file.
    """
    found = headings(text)
    lines = text.splitlines()
    first = found[0] if found else None
    names_it = first and first.text and (first.level == 1 or not _field_of(first.text))
    is_first = first and not any(line.strip() for line in lines[: first.line])
    if first and names_it and (is_first or first.level == 1):
        is_new = title and " ".join(title.split()).casefold() != first.text.casefold()
        lines[first.line : first.end] = [f"**{first.text}**"] if is_new else []
        title = title or first.text
    title = title or named
    if not title:
        stem = os.path.splitext(source.rpartition("/")[2])[0]
        title = re.sub(r"[-_\s]+", " ", stem).strip() or source
    return " ".join(title.split()), "\n".join(lines)


def _field_of(heading: str) -> str:
    return _FIELD_OF.get(re.sub(r"[^a-z ]", " ", heading.casefold()).strip(), "")


class _Section(NamedTuple):
    heading: str
    field: str
    body: str


def _sections(text: str) -> Iterator[_Section]:
    """The sections of a text; what a heading does not end is in the one before it.

    A heading that names a field always begins a section; any other does if it stands no deeper
    than the section it would end.
    """
    lines = text.splitlines()
    heads = headings(text)
    starts: list[tuple[Heading | None, int]] = [(None, 0)]
    level = min((each.level for each in heads), default=1)
    for head in heads:
        if _field_of(head.text) or head.level <= level:
            starts.append((head, head.line))
            level = head.level
    for index, (head_, start) in enumerate(starts):
        end = starts[index + 1][1] if index + 1 < len(starts) else len(lines)
        body = "\n".join(lines[head_.end if head_ else start : end]).strip("\n").rstrip()
        if body.strip() or head_:
            name = head_.text if head_ else ""
            yield _Section(name, _field_of(name), body)


def _parts(text: str) -> dict[str, list[str]]:
    """What goes into each field of the template."""
    found: dict[str, list[str]] = {field: [] for field in _SECTIONS}
    sections = list(_sections(text))
    headed: set[str] = set()
    for section in sections:
        field = section.field or ("steps" if section.heading or len(sections) == 1 else "symptoms")
        label = f"**{section.heading}**" if section.heading else ""
        is_plain = bool(section.field) and field not in headed and section.heading != "Impact"
        headed |= {field} if section.heading else set()
        if not section.body.strip():
            found[field] += [] if section.field else [label]
        elif field in ("steps", "symptoms"):
            parts = _entries(section.body, field)
            if label and not is_plain:
                parts[0] = f"{label}\n\n{parts[0]}"
            found[field] += parts
        else:
            found[field].append(section.body if is_plain else f"{label}\n\n{section.body}")
    return found


def _entries(body: str, field: str) -> list[str]:
    """A section cut at its list; what stands between two items belongs to the one before it."""
    found: list[str] = []
    has_item = False
    for part, is_item in items(body, ordered=field == "steps"):
        if is_item or not has_item:
            found.append(part)
        else:
            found[-1] = f"{found[-1].rstrip()}\n\n{part}"
        has_item = has_item or is_item
    return found


def keywords_of(title: str) -> tuple[str, ...]:
    """The words of a title that somebody would search for; `HostDown` is also host and down."""
    said: list[str] = []
    for word in re.findall(r"[\w.-]*\w", re.sub(PLACEHOLDER, " ", title)):
        pieces = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", word)
        said += [word, *(pieces if len(pieces) > 1 and not re.search(r"[\d._-]", word) else ())]
    small = (each.casefold() for each in said)
    useful = (each for each in small if len(each) > 2 and each not in _EMPTY_WORDS)  # noqa: PLR2004
    return tuple(dict.fromkeys(useful))[:_MOST_KEYWORDS] or (title.casefold()[:80],)


def _relinked(text: str, source: str, others: Callable[[str], str]) -> str:
    """The text with links to other documents of the folder as links to their articles.

    Where nothing will be found, the words and the path stay, and the link does not.
    """
    if "](" not in text:
        return text
    lines, code = text.split("\n"), _code_lines(text)

    def put(match: re.Match[str]) -> str:
        image, words, target = match.groups()
        if _LEADS.match(target):
            return match[0]
        path = unquote(re.split(r"[#?]", target)[0])
        folder = source.rpartition("/")[0]
        found = others(os.path.normpath(os.path.join(folder, path))) if path else ""
        if found and not image:
            return f"[{words}]({found})"
        kind = "image: " if image else ""
        return f"{words} ({kind}{target})" if words else f"({kind}{target})"

    return "\n".join(
        line if index in code else _outside_code(line, put) for index, line in enumerate(lines)
    )


_LEADS = re.compile(r"(?i)[a-z][a-z0-9+.-]*:|#|[A-Z]{1,8}-[0-9]+$")
"""Where a link may lead: to a web address, within the text, or to an article."""


def _outside_code(line: str, put: Callable[[re.Match[str]], str]) -> str:
    told, done = [], 0
    for code in _CODE.finditer(line):
        told += [_linked(line[done : code.start()], put), code[0]]
        done = code.end()
    return "".join([*told, _linked(line[done:], put)])


def _linked(text: str, put: Callable[[re.Match[str]], str]) -> str:
    """A part of a line with its links put right; an image may be the words of a link."""
    text = _LINK.sub(put, _LINK.sub(put, text))
    return _TAIL.sub(lambda end: end[0] if _LEADS.match(end[1]) else f"] ({end[1]})", text)


def documents(paths: Iterable[str]) -> list[str]:
    """Those of some file names that could be articles, in order."""
    return sorted(path for path in paths if path.casefold().endswith(ENDINGS))
