"""Search in the knowledge base: how good beside BM25 libraries, and how long whole commands take.

The judged sets are read from `../shared/cases/retrieval` where that is there; without them, or
without bm25s and rank-bm25, their rows say so. Each document is an article with a title and a cause,
so it goes the way of every article. `make bench` runs this in the environment of the installed
wheel; it prints Markdown and writes it into docs/benchmarks.md between two marks.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from desks import make_desk
from measure import (
    MEGABYTE,
    Case,
    Row,
    Target,
    facts,
    medians,
    peaks,
    rounds,
    run,
    stopwatch,
    table,
    times,
    user_environment,
)

from sdcli.knowledge.articles import Article, articles
from sdcli.knowledge.index import Index
from sdcli.knowledge.query import typed
from sdcli.knowledge.search import Wanted, search
from sdcli.policy.yamlfile import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

BIN = Path(sys.executable).parent
SDCLI = str(BIN / "sdcli")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
CASES = PAGE.parent.parent.parent / "shared" / "cases" / "retrieval"
BEGIN, END = "<!-- what was measured of the search -->", "<!-- end of the search -->"
SETS = ("runbooks", "cranfield")
FIRST = 10
"""How many hits are judged."""
SEEDS = (7, 8, 9)
LONG = 5
"""So many letters make a word long enough to be damaged."""
ARTICLES, INVENTED = 10_000, 20_000
CLOSED = 100_000
CLICK = "import click"
QUERIES = {
    "search-kb, 10,000 articles": ["printer offline after sleep"],
    "search-kb --json": ["printer offline after sleep", "--json"],
    "search-kb, a slip in each word": ["prnter ofline aftr sleeep"],
    "search-kb, a code": ["ERR_CERT_DATE_INVALID"],
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Judged(NamedTuple):
    """A set: documents and queries by id, and how well each document answers a query."""

    documents: dict[str, tuple[str, str]]
    queries: dict[str, str]
    grades: dict[str, dict[str, int]]


def read_set(name: str) -> Judged:
    """A judged set by its name."""

    def lines(file: str) -> list[str]:
        return (CASES / name / file).read_text(encoding="utf-8").splitlines()

    documents = {
        each["id"]: (each["title"], each["text"]) for each in map(json.loads, lines("corpus.jsonl"))
    }
    queries = {each["id"]: each["text"] for each in map(json.loads, lines("queries.jsonl"))}
    grades: dict[str, dict[str, int]] = {}
    for line in lines("qrels.tsv"):
        query, document, grade = line.split("\t")
        grades.setdefault(query, {})[document] = int(grade)
    return Judged(documents, queries, grades)


def as_article(id_: str, title: str, text: str) -> Article:
    """A document as an article that says nothing else."""
    return Article(
        id=id_,
        title=title,
        type="incident",
        area="technology",
        services=(),
        audience="desk",
        symptoms=(),
        cause=text,
        steps=(),
        verification="",
        keywords=(),
        owner="",
        second_owner="",
        reviewed="2026-01-01",  # type: ignore[arg-type]
        expires="2027-01-01",  # type: ignore[arg-type]
    )


Found = dict[str, list[str]]
"""By query the documents that were found, best first."""


def ours(judged: Judged) -> Callable[[Mapping[str, str]], Found]:
    """The search of sdcli over the documents of a set."""
    index = Index()
    index.add(as_article(id_, *document) for id_, document in judged.documents.items())

    def find(queries: Mapping[str, str]) -> Found:
        return {
            id_: [hit.id for hit in search(index, Wanted(typed(text), limit=FIRST))]
            for id_, text in queries.items()
        }

    return find


def by_bm25s(judged: Judged) -> Callable[[Mapping[str, str]], Found]:
    """bm25s, stemmed and without stop words, as its page shows."""
    import bm25s  # noqa: PLC0415 - may be absent
    import Stemmer  # noqa: PLC0415

    stemmer, ids = Stemmer.Stemmer("english"), list(judged.documents)

    def tokens(texts: list[str]) -> object:
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)

    machine = bm25s.BM25()
    machine.index(
        tokens(["\n".join(each) for each in judged.documents.values()]), show_progress=False
    )

    def find(queries: Mapping[str, str]) -> Found:
        asked = tokens(list(queries.values()))
        rows, _ = machine.retrieve(asked, k=FIRST, show_progress=False)
        return {id_: [ids[at] for at in row] for id_, row in zip(queries, rows, strict=True)}

    return find


def by_rank_bm25(judged: Judged) -> Callable[[Mapping[str, str]], Found]:
    """rank-bm25's BM25Okapi, given the same words as bm25s."""
    import bm25s  # noqa: PLC0415 - may be absent
    import rank_bm25  # noqa: PLC0415
    import Stemmer  # noqa: PLC0415

    stemmer, ids = Stemmer.Stemmer("english"), list(judged.documents)

    def tokens(texts: list[str]) -> list[list[str]]:
        said: list[list[str]] = bm25s.tokenize(
            texts, stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False
        )
        return said

    machine = rank_bm25.BM25Okapi(tokens(["\n".join(each) for each in judged.documents.values()]))

    def find(queries: Mapping[str, str]) -> Found:
        found = {}
        for id_, words in zip(queries, tokens(list(queries.values())), strict=True):
            scores = machine.get_scores(words)
            best = sorted(range(len(ids)), key=lambda at: -scores[at])[:FIRST]
            found[id_] = [ids[at] for at in best]
        return found

    return find


def ndcg(judged: Judged, found: Found) -> float:
    """The nDCG of the first hits, with 2^grade - 1 as gain; the mean over all judged queries."""

    def gain(grades: Sequence[int]) -> float:
        return sum((2**grade - 1) / math.log2(at + 2) for at, grade in enumerate(grades))

    total = 0.0
    for query, grades in judged.grades.items():
        best = gain(sorted(grades.values(), reverse=True)[:FIRST])
        total += gain([grades.get(id_, 0) for id_ in found[query]]) / (best or 1.0)
    return total / len(judged.grades)


def mrr(judged: Judged, found: Found) -> float:
    """One over the place of the first hit that answers; the mean."""
    firsts = (
        next((1 / at for at, id_ in enumerate(found[query], 1) if grades.get(id_, 0) > 0), 0.0)
        for query, grades in judged.grades.items()
    )
    return sum(firsts) / len(judged.grades)


def recall(judged: Judged, found: Found) -> float:
    """The part of what answers that is among the first hits; the mean."""
    total = 0.0
    for query, grades in judged.grades.items():
        wanted = {id_ for id_, grade in grades.items() if grade > 0}
        total += len(wanted & set(found[query])) / (len(wanted) or 1)
    return total / len(judged.grades)


def damaged(text: str, chance: random.Random) -> str:
    """A query with one slip in each of one or two of its longer words."""
    said = text.split(" ")
    long = [at for at, word in enumerate(said) if len(word) >= LONG and word.isalpha()]
    for at in chance.sample(long, min(len(long), chance.choice((1, 2)))):
        word, place = said[at], chance.randrange(1, len(said[at]) - 1)
        other = chance.choice(LETTERS)
        before, here, after = word[:place], word[place], word[place + 1 :]
        slips = [before + after, before + other + here + after, before + other + after]
        said[at] = chance.choice([*slips, before + after[:1] + here + after[1:]])
    return " ".join(said)


def quality() -> Iterator[Row]:
    """How good the first ten hits are on the judged sets, beside BM25 libraries."""
    measures = {"nDCG@10": ndcg, "MRR@10": mrr, "recall@10": recall}
    for name in SETS:
        if not (CASES / name / "corpus.jsonl").exists():
            yield Row(f"`{name}`", None)
            continue
        judged = read_set(name)
        others: dict[str, Found] = {}
        for peer, make in (("bm25s", by_bm25s), ("rank-bm25", by_rank_bm25)):
            try:
                others[peer] = make(judged)(judged.queries)
            except ImportError:
                yield Row(f"`{name}`: {peer}", None)
        find = ours(judged)
        found = find(judged.queries)
        for measure, figure in measures.items():
            own, theirs = figure(judged, found), {p: figure(judged, f) for p, f in others.items()}
            best = max(theirs.values(), default=0.0)
            target = Target(best, of="value", at_least=True) if measure == "nDCG@10" else None
            yield Row(f"`{name}`: sdcli, {measure}", own, "", target=target)
            yield from (Row(f"`{name}`: {p}, {measure}", value, "") for p, value in theirs.items())
        whole = ndcg(judged, found)
        slips = [
            ndcg(judged, find({id_: damaged(t, chance) for id_, t in judged.queries.items()}))
            for chance in map(random.Random, SEEDS)
        ]
        lost = 100 * (1 - sum(slips) / len(slips) / whole)
        what = f"`{name}`: sdcli, nDCG@10 lost by slips in one or two words"
        yield Row(what, lost, "%", target=Target(25, of="value"))


def make_articles(folder: Path, count: int) -> None:
    """Articles of about 2 kB each: sentences of the starter's own, and words that nobody knows."""
    chance = random.Random(11)  # noqa: S311 - nothing secret
    starter = list(articles(str(folder.parent)).values())
    said = [text for each in starter for text in (*each.symptoms, *each.steps)]
    invented = [
        "".join(chance.choice(LETTERS) for _ in range(chance.randrange(4, 11)))
        for _ in range(INVENTED)
    ]
    for number in range(1, count - len(starter) + 1):
        texts, like = chance.sample(said, 8), chance.choice(starter)
        words = [invented[int(INVENTED * chance.random() ** 3)] for _ in range(80)]
        article = {
            "id": f"BIG-{number}",
            "title": f"{texts[0][:50].strip()} {words[0]}",
            "type": like.type,
            "area": like.area,
            "services": list(like.services),
            "audience": "desk",
            "symptoms": texts[1:3],
            "cause": f"{texts[3]} {' '.join(words)}",
            "steps": texts[4:],
            "verification": "It works again.",
            "keywords": list(dict.fromkeys(words[:5])),
            "owner": like.owner,
            "second_owner": like.second_owner,
            "reviewed": "2026-06-22",
            "expires": "2039-06-22",
        }
        (folder / f"BIG-{number}.yaml").write_text(written(article), encoding="utf-8")


def commands(work: Path) -> Iterator[Row]:
    """Whole `search-kb` commands over many articles, beside `import click`."""
    desk, cache = work / "desk", work / "cache"
    env = user_environment(SDCLI_DESK=str(desk), SDCLI_USER="ben", XDG_CACHE_HOME=str(cache))
    run(Case([SDCLI, "init", str(desk)], env))
    make_articles(desk / "kb", ARTICLES)
    time.sleep(2.5)  # so that the files count as settled
    ask = Case([SDCLI, "search-kb", "printer offline after sleep"], env)
    first = run(ask)
    if "KB-110" not in first.stdout:
        raise RuntimeError(f"the search does not work:\n{first.stdout}{first.stderr}")
    name = str(desk).strip("/").replace("%", "%%").replace("/", "%")
    size = os.path.getsize(cache / "sdcli" / f"{name}.json.kb")
    cases = {CLICK: Case([str(BIN / "python"), "-c", CLICK], user_environment())}
    cases |= {name: Case([SDCLI, "search-kb", *asked], env) for name, asked in QUERIES.items()}
    middle = medians(rounds(cases, 21))
    yield from times(middle, CLICK, dict.fromkeys(QUERIES, Target(2)))
    yield from peaks({n: middle[n] for n in (CLICK, next(iter(QUERIES)))}, CLICK)
    yield Row("the first search of all, which reads 10,000 articles", first.sample.seconds, "s")
    changed = desk / "kb" / "BIG-1.yaml"
    changed.write_text(changed.read_text(encoding="utf-8").replace("It works", "It still works"))
    yield Row("a search that reads one changed article", stopwatch(lambda: run(ask)) * 1000)
    yield Row("the index of 10,000 articles, on disk", size / MEGABYTE, "MB")


def consequences(work: Path) -> Iterator[Row]:
    """Counting what articles did, over a ledger in which two tickets of a hundred speak of one."""
    desk, cache = work / "history", work / "history-cache"
    env = user_environment(SDCLI_DESK=str(desk), SDCLI_USER="ben", XDG_CACHE_HOME=str(cache))
    make_desk(desk, SDCLI, open_=1000, closed=CLOSED)
    read = [{"id": "KB-102", "revision": "0123456789ab"}]
    form = {"summary": "No code", "user": "ada", "channel": "portal", "read": read}
    stream = "\n".join(json.dumps(form) for _ in range(CLOSED // 50))
    run(Case([SDCLI, "open", "-"], env, stdin=stream))
    run(Case([SDCLI, "compact"], env))
    cases = {
        "`kb recall`": Case([SDCLI, "kb", "recall", "KB-102", "--json"], env),
        "`kb stats`": Case([SDCLI, "kb", "stats", "--json"], env),
        "`kb show`, with what became of it": Case([SDCLI, "kb", "show", "KB-102", "--json"], env),
    }
    for name, one in medians(rounds(cases, 5)).items():
        yield Row(f"{name}, {CLOSED:,} closed tickets", one.seconds * 1000)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def main() -> None:
    """Measure everything and write the page."""
    with tempfile.TemporaryDirectory(prefix="sdcli-bench-") as folder:
        work = Path(folder)
        about = facts(work, {name: _version(name) for name in ("bm25s", "rank-bm25")})
        said = f"{about}\n\n{table([*quality(), *commands(work), *consequences(work)])}"
    print(said)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{said}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
