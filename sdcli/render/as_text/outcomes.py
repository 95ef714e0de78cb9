"""What became of articles, as text: figures, advice, who was given what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.render import words
from sdcli.render.as_text.tables import table
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.insight.information import Candidate
    from sdcli.knowledge.figures import Figures, Success
    from sdcli.knowledge.recall import Recipient
    from sdcli.results.knowledge import Recalled, Shared, Statistics


_HEADS = ("", "shown", "read", "sent", "used", "helped", "none", "worse", "success")


def shared(result: Shared) -> tuple[list[str], list[str]]:
    """What the caller is to read; what was recorded goes to stderr, so that a pipe gets the text."""
    ref, id_ = result.seen.ticket.ref, f"{result.article.id}@{result.article.revision}"
    done = {
        "sent": f"{ref}: noted that a link to {id_} was sent.",
        "interpreted": f"{ref}: noted that {id_} was explained.",
        "withheld": f"{ref}: noted that {id_} was withheld.",
    }[result.decision]
    if result.sent_to:
        return [line(f"{ref}: a link to {id_} was mailed to {result.sent_to}.")], _warned(result)
    if result.decision != "sent":
        return [line(done)], _warned(result)
    text = [line(each) for each in result.text.rstrip("\n").split("\n")]
    return text, [line(done), *_warned(result)]


def _warned(result: Shared) -> list[str]:
    article = result.article
    if not result.is_expired:
        return []
    return [line(f"{article.id} expired on {article.expires}: {article.owner} is to review it.")]


def statistics(result: Statistics) -> Iterator[str]:
    """The figures in a table, then what to do about them."""
    rows = result.told
    if rows:
        yield from _table(rows)
    else:
        yield "Nothing became of any article in this time."
    if any(each.is_flagged for each in rows):
        yield ""
        yield "! It made things worse as it is now: mend it (`kb edit`) or retire it (`kb retire`)."
    for step, title in _STEPS.items():
        found = [each for each in result.advice if each.step == step]
        if found:
            yield ""
            yield title
            for each in found:
                yield f"  {each.id}  {line(each.title)} ({line(each.owner)}): {line(each.reason)}"
    if result.best_effort and not result.is_narrowed:
        yield ""
        count = words.count(len(result.best_effort), "ticket")
        yield f"No article fitted on {count}: {' '.join(result.best_effort[:_MOST_REFS])}"
    if result.questions:
        yield ""
        yield "Asked again and again:"
        yield from (f"  {line(_question(each))}" for each in result.questions)


_MOST_REFS = 20
_STEPS = {
    "retire": "To retire:",
    "enhance": "To enhance:",
    "publish": "To publish, as every user could use it:",
}


def _table(rows: Sequence[Figures]) -> Iterator[str]:
    """Each article by its title, and below it a line for each of its revisions."""
    cells = [_row(each) for each in rows]
    head, *lines = table([_HEADS, *cells])
    yield f"  {head}".rstrip()
    last = ""
    for found, text in zip(rows, lines, strict=True):
        if found.id != last:
            yield f"{line(found.id)}  {line(found.title) or '(gone)'}"
        last = found.id
        yield f"  {text}".rstrip()


def _row(found: Figures) -> list[str]:
    counts = (
        found.shown,
        found.read,
        found.sent,
        found.applied,
        found.helped,
        found.no_effect,
        found.harmful,
    )
    flag = " !" if found.is_flagged else "" if found.is_present else " old"
    return [f"{line(found.revision) or 'unknown'}{flag}", *map(str, counts), success(found.success)]


def success(found: Success | None) -> str:
    """A rate of success with its range: `75 % (41 to 93)`."""
    if found is None:
        return ""
    return f"{found.percent:.0f} % ({found.low:.0f} to {found.high:.0f})"


def _question(found: Candidate) -> str:
    known = ", ".join(found.articles)
    what = f"answered by {known}" if known else "no article answers it: `sdcli kb new` writes one"
    count = words.count(found.tickets.count, "ticket")
    return f"{count} about {found.service}/{found.feature}, {what}; e.g. {found.example!r}"


def recalled(result: Recalled) -> tuple[list[str], list[str]]:
    """Who is to be told, one a line, and what to tell them."""
    told = [line(text) for text in _standing(result)]
    waiting = [each for each in result.people if each.corrected_at is None]
    if not result.people:
        at = f" at revision {result.wanted}" if result.wanted else ""
        return told, [line(f"Nobody was given {result.id}{at} as it no longer holds.")]
    people = [_person(result, each) for each in waiting]
    told += [line(" ".join(row)) for row in people]
    corrected = len(result.people) - len(waiting)
    done = [f"{words.count(corrected, 'more')} were given the present revision since."]
    done = done if corrected else []
    step = f"Next: sdcli kb send REF {result.id}   # gives them the present one"
    return told, [*done, *([step] if waiting and _holds(result) else ())]


def _holds(result: Recalled) -> bool:
    return result.article is not None and not result.article.is_retired


def _standing(result: Recalled) -> list[str]:
    article = result.article
    if article is None:
        return [f"{result.id} is not there any more."]
    if article.is_retired:
        return [f"{article.id} was retired on {article.retired}: {article.because}."]
    return [f"{article.id} is at revision {article.revision}: {article.title}"]


def _person(result: Recalled, found: Recipient) -> tuple[str, ...]:
    how = {"sent": "was sent", "explained": "was told", "read": "read"}[found.how]
    reach = ", ".join(result.reach(found))
    return (
        f"  {found.person or 'somebody'}",
        *((f"({reach})",) if reach else ()),
        f"{how} revision {found.revision or 'unknown'} on {words.instant(found.at)},",
        f"{found.ref} ({result.tickets[found.ref].status.replace('_', ' ')})",
    )
