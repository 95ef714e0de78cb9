"""Suggestions from history: how good beside a batch learner, and how long whole commands take.

The labelled texts are read from `../shared/cases/tickets` where that is there; without them, or
without scikit-learn, their rows say so. `make bench` runs this in the environment of the installed
wheel; it prints Markdown and writes it into docs/benchmarks.md between two marks.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from histories import write_history
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

from sdcli.learning import learner
from sdcli.learning.learner import Cell
from sdcli.policy.load import read_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BIN = Path(sys.executable).parent
SDCLI = str(BIN / "sdcli")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
CASES = PAGE.parent.parent.parent / "shared" / "cases" / "tickets"
BEGIN, END = "<!-- what was measured of suggestions -->", "<!-- end of suggestions -->"
SETS = ("incident_request", "topics_1600")
FOLDS, SEEDS = 5, (7, 8, 9)
CLOSED, OPEN, AT_ONCE = 100_000, 50, 500
CLICK = "import click"
SKLEARN = "import TfidfVectorizer, LinearSVC"
_SKLEARN = """
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC
"""
_LEARN = """
import sys
from sdcli.desk import Desk
desk = Desk(sys.argv[1], by="ben", now=None, cache=sys.argv[2], wait_s=5)
from sdcli.classifying import Classification
from sdcli.learning.history import keep_up
memory = Classification(desk).memory
while not keep_up(memory, desk.ledger, desk.policy, desk.now, int(sys.argv[3])).is_done:
    pass
"""


class Texts:
    """Labelled texts, dealt to folds so that each label is spread evenly; a deal by each seed."""

    def __init__(self, name: str, seed: int) -> None:
        self.seed = seed
        lines = (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        self.texts = [r.get("text") or f"{r['title']}\n{r['body']}" for r in records]
        self.labels = [r["label"] for r in records]
        dealer, places = random.Random(seed), defaultdict(list)  # noqa: S311 - nothing secret
        for at, label in enumerate(self.labels):
            places[label].append(at)
        self.fold = [0] * len(records)
        for label in sorted(places):
            dealer.shuffle(places[label])
            for turn, at in enumerate(places[label]):
                self.fold[at] = turn % FOLDS

    def split(self, fold: int) -> tuple[list[int], list[int]]:
        """Where the texts to learn and those to test are."""
        every = range(len(self.texts))
        learned = [at for at in every if self.fold[at] != fold]
        random.Random(self.seed).shuffle(learned)  # noqa: S311 - they come in some order
        return learned, [at for at in every if self.fold[at] == fold]


def ours(texts: Texts) -> list[str]:
    """What `sdcli` says to each text after one pass over the other folds."""
    said = [""] * len(texts.texts)
    names = sorted(set(texts.labels))
    for fold in range(FOLDS):
        learned, tested = texts.split(fold)
        cells: dict[int, Cell] = defaultdict(Cell)
        for number, at in enumerate(learned):
            places = learner.terms(texts.texts[at])
            found = learner.vector(places, cells, number)
            right, scores = names.index(texts.labels[at]), learner.scores(found, cells)
            learner.learn(found, cells, right, range(len(names)), scores)
            learner.remember(places, cells, number)
        for at in tested:
            found = learner.vector(learner.terms(texts.texts[at]), cells, len(learned))
            scores = learner.scores(found, cells)
            said[at] = names[max(range(len(names)), key=lambda id_: scores.get(id_, 0.0))]
    return said


def theirs(texts: Texts, **options: object) -> list[str]:
    """What scikit-learn's TF-IDF with a linear SVM says, learned from the same texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - may be absent
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    said = [""] * len(texts.texts)
    for fold in range(FOLDS):
        learned, tested = texts.split(fold)
        words = TfidfVectorizer(**options)
        known = words.fit_transform([texts.texts[at] for at in learned])
        machine = LinearSVC(random_state=0).fit(known, [texts.labels[at] for at in learned])
        answers = machine.predict(words.transform([texts.texts[at] for at in tested]))
        for at, answer in zip(tested, answers, strict=True):
            said[at] = str(answer)
    return said


def accuracy(texts: Texts, said: Sequence[str]) -> float:
    """The share that is right, in percent."""
    return 100 * sum(a == b for a, b in zip(said, texts.labels, strict=True)) / len(said)


def macro_f1(texts: Texts, said: Sequence[str]) -> float:
    """The mean F1 of the labels, in percent."""
    found = []
    for name in set(texts.labels):
        pairs = list(zip(said, texts.labels, strict=True))
        hits = sum(a == b == name for a, b in pairs)
        found.append(2 * hits / sum((a == name) + (b == name) for a, b in pairs))
    return 100 * sum(found) / len(found)


def labelled() -> Iterator[Row]:
    """Accuracy and F1 on the labelled sets, beside scikit-learn."""
    plain: dict[str, object] = {}
    best: dict[str, object] = {"sublinear_tf": True, "ngram_range": (1, 2)}
    for name in SETS:
        if not (CASES / f"{name}.jsonl").exists():
            yield Row(f"`{name}`", None)
            continue
        deals = [Texts(name, seed) for seed in SEEDS]
        try:
            others = [
                ("TF-IDF and linear SVM", [theirs(texts, **plain) for texts in deals]),
                (
                    "the same, logarithmic and with pairs of words",
                    [theirs(texts, **best) for texts in deals],
                ),
            ]
        except ImportError:
            others = []
            yield Row("scikit-learn", None)
        most = max((_mean(accuracy, deals, said) for _, said in others), default=0.0)
        said = [ours(texts) for texts in deals]
        target = Target(most - 2, of="value", at_least=True)
        yield Row(f"`{name}`: sdcli, accuracy", _mean(accuracy, deals, said), "%", target=target)
        yield Row(f"`{name}`: sdcli, macro F1", _mean(macro_f1, deals, said), "%")
        for what, their in others:
            yield Row(f"`{name}`: {what}, accuracy", _mean(accuracy, deals, their), "%")
            yield Row(f"`{name}`: {what}, macro F1", _mean(macro_f1, deals, their), "%")


def _mean(
    figure: Callable[[Texts, Sequence[str]], float],
    deals: Sequence[Texts],
    said: Sequence[Sequence[str]],
) -> float:
    """The average of a figure over the deals: one deal alone is off by chance."""
    return sum(map(figure, deals, said)) / len(deals)


def commands(work: Path) -> Iterator[Row]:
    """Whole `classify` commands on a long history, beside the start of scikit-learn."""
    desk, cache = work / "desk", work / "cache"
    run(Case([SDCLI, "init", str(desk)], user_environment()))
    services = read_policy(str(desk)).catalog.services
    known = {name: list(each.features) for name, each in services.items()}
    write_history(desk / "ledger", known, closed=CLOSED, open_=OPEN)
    env = user_environment(SDCLI_DESK=str(desk), SDCLI_USER="ben", XDG_CACHE_HOME=str(cache))
    ask = Case([SDCLI, "classify", f"SD-{CLOSED + 7}"], env)
    cold = run(ask).sample.seconds
    name = str(desk).strip("/").replace("%", "%%").replace("/", "%")
    kept = cache / "sdcli" / f"{name}.json"
    learn = [sys.executable, "-c", _LEARN, str(desk), str(kept), str(AT_ONCE)]
    taken = stopwatch(lambda: run(Case(learn, user_environment())))
    size = os.path.getsize(f"{kept}.history")
    answer = run(ask)
    if "closed tickets" not in answer.stdout or "being learned" in answer.stderr:
        raise RuntimeError(f"history was not asked:\n{answer.stdout}{answer.stderr}")
    python = [sys.executable, "-c"]
    cases = {
        CLICK: Case([*python, CLICK], user_environment()),
        f"classify REF, {CLOSED:,} closed": ask,
        SKLEARN: Case([*python, _SKLEARN], user_environment(), codes=(0, 1)),
    }
    middle = medians(rounds(cases, 15))
    limit = Target(250, of="value")
    yield from times(middle, CLICK, {f"classify REF, {CLOSED:,} closed": limit})
    yield from peaks({n: s for n, s in middle.items() if n != CLICK}, SKLEARN)
    yield Row("the first `classify REF` of all, with 10 lessons", cold * 1000)
    yield Row("learning a ticket of 80 words", taken / CLOSED * 1000)
    yield Row("what was learned, on disk", size / MEGABYTE, "MB")
    yield from _after_closing(env, ask, middle[CLICK].seconds)


def _after_closing(env: dict[str, str], ask: Case, click: float) -> Iterator[Row]:
    """The same command when it has ten newly closed tickets to learn."""
    first = CLOSED + 10
    known = ["--type", "incident", "--service", "vpn", "--people", "1"]
    for number in range(first, first + 10):
        ref = f"SD-{number}"
        run(Case([SDCLI, "classify", ref, *known], env))
        run(Case([SDCLI, "resolve", ref, "--code", "solved"], env))
        run(Case([SDCLI, "close", ref, "--unconfirmed", "left the company"], env))
    took = run(ask).sample.seconds
    target = Target(250, of="value")
    yield Row("the same with 10 lessons to learn", took * 1000, "ms", took / click, target)


def main() -> None:
    """Measure everything and write the page."""
    with tempfile.TemporaryDirectory(prefix="sdcli-bench-") as folder:
        work = Path(folder)
        try:
            import sklearn  # noqa: PLC0415 - may be absent

            version: str | None = sklearn.__version__
        except ImportError:
            version = None
        about = facts(work, {"scikit-learn": version})
        said = f"{about}\n\n{table([*labelled(), *commands(work)])}"
    print(said)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{said}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
