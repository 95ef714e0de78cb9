"""Bytes of a mail as text, whatever they claim to be: never an error, never half a character."""

from __future__ import annotations

import binascii
import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header

from sdcli.intake.lines import one_line, whole

# What mail programs mean by these names is more than the standards say.
_MEANT = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "unknown-8bit": "utf-8",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "unicode-1-1-utf-7": "utf-7",
}
_JAPANESE = ("iso2022_jp_ext", "iso2022_jp", "iso2022_jp_2", "iso2022_jp_3")
# What is often meant where the claimed charset does not fit.
_INSTEAD = {
    **dict.fromkeys(_JAPANESE, ("cp932", "euc_jp")),
    "cp932": ("euc_jp",),
    "euc_jp": ("cp932",),
    "gb18030": ("big5",),
    "big5": ("gb18030",),
}
# Codecs of Python's own that are no charsets of a mail; some take very long.
_NONE = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
_WORD = r"=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?="
_WORDS = re.compile(rf"{_WORD}(?:\s*{_WORD})*")
_BETWEEN = re.compile(r"\?=\s+=\?")


def text(raw: bytes, *claimed: str) -> str:
    """The bytes in the first of the charsets they claim that fits; else in UTF-8, or the usual one.

    Raw bytes that fit UTF-8 are hardly ever anything else, unless they are seven bits each.
    """
    codecs_claimed = [each for each in map(_codec, claimed) if each]
    tried = [*codecs_claimed, "utf-8", *(o for c in codecs_claimed for o in _INSTEAD.get(c, ()))]
    for codec in tried if raw.isascii() or not claimed[1:] else ["utf-8", *tried]:
        if codec in _JAPANESE and not raw.isascii():
            continue  # what is eight bits wide is not what it says
        try:
            return raw.decode(codec)
        except (UnicodeError, LookupError):
            if codec in _JAPANESE:
                return raw.replace(b"\x1b$B", b"\x1b$(Q").decode("iso2022_jp_2004", "replace")
    return whole(raw.decode(codecs_claimed[0] if codecs_claimed else "cp1252", "replace"))


def _codec(charset: str) -> str:
    """The codec for the name of a charset; empty if there is none."""
    name = charset.strip().strip("'\"").casefold()
    try:
        found = codecs.lookup(_MEANT.get(name, name)).name
        b"".decode(found)
    except (LookupError, ValueError):
        return ""
    return "" if found in _NONE else found


def unescaped(value: str, *claimed: str) -> str:
    """A header as the parser gives it, its raw bytes read as text; encoded words stay."""
    return value if value.isascii() else text(value.encode("utf-8", "surrogateescape"), *claimed)


def header(value: str, *claimed: str) -> str:
    """A header as one line of text, its encoded words decoded (RFC 2047)."""
    flat = re.sub(r"[\r\n]+", "", unescaped(value, *claimed))
    return one_line(_WORDS.sub(_decoded, flat))


def _decoded(match: re.Match[str]) -> str:
    """A run of encoded words; as it stands if it is none."""
    run = _BETWEEN.sub("?= =?", match.group())
    try:
        parts = decode_header(run)
    except (HeaderParseError, binascii.Error, ValueError):
        return run
    decoded = "".join(
        part if isinstance(part, str) else text(part, (charset or "").partition("*")[0])
        for part, charset in parts
    )
    return decoded or run
