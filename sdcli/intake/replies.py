"""The text of a mail in its parts: what was written, what it quotes, the signature."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_DASHES = re.compile(r"^-- ?$")
_LONGEST_SIGNATURE = 12
"""Lines. Below more than that, the dashes are a line of the text."""
_HEADER = re.compile(r"^[>*\s]*[^\W\d_][\w -]{0,30}\*?\s?[:\uff1a]")
_HEADER_OR_NUMBER = re.compile(r"^[>*\s]*[\w -]{1,31}\*?\s?[:\uff1a]")
_FEWEST_HEADERS, _MOST_HEADERS = 4, 8
_LONGEST_LINE = 300
_MOST_LINES = 500
_INTRODUCES = re.compile(r"[:\uff1a]\s*$")
_REPLY = re.compile(
    r"^\s*(\[[^\]]{1,40}\]\s*)?(re|aw|sv|vs|antw|rif|res|odp|ynt|回复|回覆|答复|返信)"
    r"\s*(\[\d+\]|\(\d+\))?\s*[:\uff1a]",
    re.IGNORECASE,
)
_PASSED_ON = re.compile(
    r"^\s*(\[[^\]]{1,40}\]\s*)?"
    r"(re|r|aw|sv|vs|antw|rif|ri|res|odp|ynt|ang|vá|ré?p|atb|отв|回复|回覆|答复|返信|回信"
    r"|fwd?|wg|tr|rv|enc|i|vb|vl|doorst|pd|ilt|továbbítás|пересл|转发|轉寄|轉發|転送)"
    r"\s*(\[\d+\]|\(\d+\))?\s*[:\uff1a]",
    re.IGNORECASE,
)
_TAGGED = re.compile(r"\[SD-\d+\]", re.IGNORECASE)
_THREADS = ("@zabbix.com",)
"""The ends of ids that a monitoring system makes up to keep its mails together: no mail has them."""
_QUOTED = re.compile(r"^\s?>")
_THANKS = (
    r"(?:many |big |(?:muchas|muchísimas|molte|vielen|herzlichen|besten|tausend|grand|большое|mange"
    r"|stort|hartelijk|muito|çok) )?"
    r"(?:thanks?(?: you| u)?|thx|ty|cheers|danke(?:schön)?|dank(?: je| u)?|merci|gracias|grazie"
    r"|bedankt|obrigad[oa]|tack|tusen takk|takk|tak|kiitos|dzięki|dziękuję|děkuj[iu]|köszönöm"
    r"|спасибо|teşekkürler|teşekkür ederim)"
)
_MUCH = (
    r"very much|so much|a lot|again|beaucoup|bien|schön|sehr|vielmals|mille|mycket|большое"
    r"|(?:for|für|pour|por|per|voor|för|for) (?:(?:all|your|the|ihre|die|eure|deine|votre|su|il|uw)"
    r" )*(?:(?:quick|fast|great|kind|schnelle|prompte) )?(?:help|support|reply|answer|response|work"
    r"|hilfe|antwort|unterstützung|aide|ayuda|aiuto|hulp|hjälp|hjælp)"
)
_SOLVED = (
    r"(?:(?:it|this|that|everything|all) )?(?:works|is working)(?: fine| great| perfectly| well)?"
    r"(?: now)?(?: again)?|(?:the )?(?:problem|issue) (?:is |has been )?(?:solved|fixed|resolved)"
    r"|(?:it(?: i|')s|that(?: i|')s|all) (?:fixed|solved|resolved|fine|ok|okay|good)(?: now)?|solved"
    r"|fixed|that (?:did|fixed|solved) it|that helped|(?:es |alles )?(?:jetzt |nun )?(?:funktioniert"
    r"|geht|klappt|läuft)(?: (?:es|alles))?(?: jetzt| nun)?(?: wieder)?|problem gelöst"
    r"|alles (?:gut|ok|bestens)|(?:ça|cela) (?:re)?marche(?: maintenant)?|c'est (?:bon|résolu|réparé)"
    r"|(?:ya |ahora )?funciona|(?:ora |adesso )?funziona|het werkt(?: weer)?|det fungerar(?: nu)?"
    r"|(?:всё |все )?работает|great|perfect|super|excellent|wonderful|awesome|parfait|perfekt|perfecto"
)
_GREETING = (
    r"hi|hello|hey|dear|good (?:morning|day|afternoon)|hallo|guten (?:tag|morgen)|bonjour|hola|ciao"
)
_CLOSING = (
    r"(?:best |kind |warm |many )?regards|best(?: wishes)?|mit freundlichen grü(?:ß|ss)en|(?:viele|liebe"
    r"|beste|schöne) grü(?:ß|ss)e|lg|mfg|vg|cordialement|saludos|(?:cordiali )?saluti|groeten|groetjes"
    r"|mvh|pozdrawiam|\u0441 уважением"
)
_NAME = r"[ ,]+[A-ZÀ-ÖØ-ÞĐİĞŞČŠŽŘŁŚŻ\u0410-\u042f]\w*(?: [A-ZÀ-ÖØ-ÞĐİĞŞČŠŽŘŁŚŻ\u0410-\u042f]\w*)?(?=\s*(?:[,.!\n]|$))"
_SAYS_THANKS = re.compile(
    rf"(?i:{_THANKS})(?!\w)(?:{_NAME})?|谢谢(?:您|你)?|多谢|謝謝|ありがとう(?:ございます|ございました)?"
    r"|감사합니다|고맙습니다"
)
_SAYS_NO_MORE = re.compile(
    rf"(?i:{_MUCH}|{_SOLVED}|{_CLOSING})(?!\w)|(?i:{_GREETING})(?!\w)(?:{_NAME})?"
    r"|(?<=\n)[A-ZÀ-ÖØ-ÞĐİĞŞČŠŽŘŁŚŻ\u0410-\u042f][\w.'-]*(?: [A-ZÀ-ÖØ-ÞĐİĞŞČŠŽŘŁŚŻ\u0410-\u042f][\w.'-]*){0,2}\s*\Z"
)
_LONGEST_THANKS = 400
"""Characters. Whoever writes more than that says more than thanks."""


class Parts(Struct, frozen=True, kw_only=True):
    """A text taken apart; `body` is all of it where nothing could be told apart.

    `forwarded_from` is the sender of a mail that is passed on in it.
    """

    body: str
    signature: str = ""
    forwarded_from: str = ""

    @property
    def said(self) -> str:
        """What was written, with the signature."""
        return with_signature(self.body, self.signature)


def with_signature(body: str, signature: str) -> str:
    """A text with its signature below it again."""
    return f"{body}\n\n-- \n{signature}" if signature else body


def is_passed_on(subject: str) -> bool:
    """Whether a subject says that the mail answers another or passes it on."""
    return bool(_PASSED_ON.match(subject))


def begins_anew(subject: str, references: Iterable[str]) -> bool:
    """Whether a mail neither answers another nor passes one on, by subject and headers."""
    answered = any(not each.casefold().endswith(_THREADS) for each in references)
    return not (answered or _TAGGED.search(subject) or is_passed_on(subject))


def is_answer(subject: str, *, answers: bool) -> bool:
    """Whether a mail answers another: its headers name one (`answers`), or its subject says so."""
    return answers or bool(_REPLY.match(subject))


def introduces_quote(text: str) -> bool:
    """Whether a line says in a language that is known who is quoted below it."""
    from quotequail import unwrap  # noqa: PLC0415 - only mail pays for it

    return (unwrap(text[:_LONGEST_LINE]) or {}).get("type") == "reply"


def apart(text: str, subject: str, *, answers: bool) -> Parts:
    """The parts of a text; `answers` says that its headers name a mail that it answers.

    Only an answer has a history to leave out: what a first mail quotes is part of its request.
    An answer written between the quoted lines stays whole, for alone it would mean nothing.
    """
    lines = text.split("\n")
    is_reply = is_answer(subject, answers=answers)
    kind, own, sender = _history(lines)
    if kind == "forward" and not is_reply:
        body, signature = _signed(text)
        return Parts(body=body, signature=signature, forwarded_from=sender)
    top = "\n".join(lines[:own]).rstrip()
    if is_reply and top and not _between(lines[own:]):
        body, signature = _signed(_without_introduction(top))
    else:
        body, signature = _signed(text)
    return Parts(body=body, signature=signature)


def _history(lines: list[str]) -> tuple[str, int, str]:
    """What a text quotes: `reply`, `forward` or `quote`, after how many lines, and from whom.

    Only so much is looked at as a person would write above it: endless lines take endless time.
    """
    from quotequail import unwrap  # noqa: PLC0415 - only mail pays for it

    shown = [line.rstrip("\r")[:_LONGEST_LINE] for line in lines[:_MOST_LINES]]
    found = unwrap("\n".join(shown)) or {}
    top = found.get("text_top")
    own = _block_at(shown, top.count("\n") + 1 if top else 0, found)
    if found and not _is_block(shown[own:]):
        return "", len(lines), ""
    return found.get("type", ""), own if found else len(lines), found.get("from") or ""


def _block_at(shown: Sequence[str], own: int, found: Mapping[str, str]) -> int:
    """How many lines stand above what is quoted.

    Lines of somebody's own that look like headers, as `1: 5` or `Room: 12`, are not of the block
    of headers below them.
    """
    rest = next((line for line in shown[own:] if line.strip()), "")
    if not _HEADER_OR_NUMBER.match(rest):
        return own
    said = {found[name] for name in ("from", "date", "to", "subject") if found.get(name)}
    named = (i for i in range(own, len(shown)) if shown[i].partition(":")[2].strip() in said)
    return next(named, own)


def _is_block(rest: list[str]) -> bool:
    """Whether lines that look like headers name a mail: somebody's address, or a date as well."""
    block = [line for line in rest if line.strip()][:_MOST_HEADERS]
    headers = list(itertools.takewhile(_HEADER.match, block))
    return not headers or "@" in " ".join(headers) or len(headers) >= _FEWEST_HEADERS


def _between(history: list[str]) -> bool:
    """Whether something was written between quoted lines, after the first of them."""
    rest = _signed("\n".join(history))[0].split("\n")
    marked = [bool(_QUOTED.match(line)) for line in rest]
    first = marked.index(True) if True in marked else len(rest)
    later = zip(rest[first:], marked[first:], strict=True)
    return any(line.strip() and not quoted for line, quoted in later)


def _without_introduction(top: str) -> str:
    """The text without a last paragraph that only says who is quoted, in whatever language."""
    before, _, last = top.rstrip().rpartition("\n\n")
    names_somebody = "@" in last and _INTRODUCES.search(last) and last.count("\n") <= 1
    return before if names_somebody and before.strip() else top


def _signed(text: str) -> tuple[str, str]:
    """The text and its signature, which stands below the last line of two dashes (RFC 3676)."""
    lines = text.rstrip().split("\n")
    marks = [at for at, line in enumerate(lines) if _DASHES.match(line.rstrip("\r"))]
    clear = [at for at in marks if lines[at].rstrip("\r") == "-- "]
    chosen = clear[-1] if clear else marks[0] if len(marks) == 1 else None
    if chosen is None or len(lines) - chosen - 1 > _LONGEST_SIGNATURE:
        return text.strip(), ""
    body, signature = "\n".join(lines[:chosen]).strip(), "\n".join(lines[chosen + 1 :]).strip()
    return (body, signature) if body else (text.strip(), "")


def is_thanks(body: str) -> bool:
    """Whether a text says thanks and nothing else (T23).

    Only words that are known to say no more may be in it: a greeting, that it works now, a name.
    Whatever else somebody says is an answer, in whatever language.
    """
    text = body.strip()
    if len(text) > _LONGEST_THANKS or "?" in text or "\uff1f" in text:
        return False
    at, thanks = 0, False
    while at < len(text):
        if not (text[at].isalnum() or text[at] == "_"):
            at += 1
            continue
        says = _SAYS_THANKS.match(text, at)
        found = says or _SAYS_NO_MORE.match(text, at)
        if found is None:
            return False
        thanks = thanks or says is not None
        at = found.end()
    return thanks
