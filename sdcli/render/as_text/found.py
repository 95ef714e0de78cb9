"""What a search found, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.knowledge.hits import MARK, UNMARK
from sdcli.render.safe import line
from sdcli.render.wrap import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sdcli.knowledge.hits import Explained, Hit
    from sdcli.results.knowledge import Found

    Style = Callable[..., str]


_MOST_SHARES = 12


def text(
    result: Found, style: Style, width: int | None = None
) -> tuple[Iterable[str], Iterable[str]]:
    """Each hit in two lines, with how its score came to be if that was asked for; and remarks."""
    ref = result.ref or "REF"
    if not result.hits:
        gap = f"sdcli kb used {ref} --none --note WHY   # if none fits"
        return [], ["No article fits. Try other words, or fewer filters.", f"Next: {gap}"]
    lines = [each for hit in result.hits for each in _lines(hit, style, width)]
    used = f"Next: sdcli kb used {ref} ID:OUTCOME   # records what an article did"
    first = result.hits[0]
    is_followed = first.id.islower() and first.kind != "ticket"
    return lines, [used, *([f"Next: sdcli fulfil {ref} {first.id}"] if is_followed else ())]


def _lines(hit: Hit, style: Style, width: int | None) -> Iterator[str]:
    head, *rest = fitted([f"{hit.id}  {line(hit.title)}  [{', '.join(_facts(hit))}]"], width, 8)
    yield f"{style(hit.id, bold=True)}{head.removeprefix(hit.id)}"
    yield from rest
    yield from _snippet(hit.snippet, style, width)
    if hit.explain is not None:
        yield from _explained(hit.explain, hit.score)


def _facts(hit: Hit) -> Iterator[str]:
    if hit.kind == "ticket":
        yield f"past ticket, {hit.type}"
    else:
        yield "known error" if hit.known_error else hit.type
        yield hit.audience
    if hit.expired:
        yield "expired"
    if hit.retired:
        yield "retired"
    if hit.success is not None and (hit.success.helped or hit.success.earlier_helped):
        yield f"helped {hit.success.helped + hit.success.earlier_helped}"
    if hit.success is not None and hit.success.harmful:
        yield f"! made things worse {hit.success.harmful}"
    if hit.score:
        yield f"{hit.score:.3g}"


def _snippet(snippet: str, style: Style, width: int | None) -> Iterator[str]:
    """A snippet in lines; a match that goes over the end of one goes on in the next."""
    goes_on = ""
    for each in fitted([f"    {line(snippet)}"], width, 4):
        body = each.lstrip(" ")
        marked = goes_on + body
        goes_on = MARK if marked.count(MARK) > marked.count(UNMARK) else ""
        yield f"    {_marked(marked, style)}"


def _marked(snippet: str, style: Style) -> str:
    """A line with its matches in bold."""
    before, *marked = snippet.split(MARK)
    parts = (piece.partition(UNMARK) for piece in marked)
    return before + "".join(style(inside, bold=True) + after for inside, _, after in parts)


def _explained(explained: Explained, score: float) -> Iterator[str]:
    for share in explained.shares[:_MOST_SHARES]:
        why = f" ({line(share.because)})" if share.because else ""
        yield f"    {share.score:8.3f}  {line(share.term)} in {share.field}{why}"
    if rest := explained.shares[_MOST_SHARES:]:
        yield f"    {sum(share.score for share in rest):8.3f}  {len(rest)} more"
    weights = [("past success", explained.success), ("known error", explained.known_error)]
    yield f"    {explained.words:8.3f}  words together"
    for name, value in weights:
        if value != 1:
            yield f"    x {value:6.3f}  {name}"
    yield f"    {score:8.3f}  score"
