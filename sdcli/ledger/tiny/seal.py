"""The seal: each line of the ledger's files ends with a checksum of itself.

A line is a JSON object whose last field is `sum`, the CRC-32 of every byte before that field in
eight hexadecimal digits. A changed byte anywhere in the line, the seal included, breaks it.
"""

from __future__ import annotations

import re
from functools import cache
from zlib import crc32

SEAL = len(b',"sum":"00000000"}')
"""How many bytes of a line are its seal."""
_SEAL = re.compile(rb',"sum":"[0-9a-f]{8}"}')
_MOST_MENDED = 64 << 10
"""Bytes of a line beyond which a checksum of 32 bits no longer tells changed bytes apart."""


def sealed(line: bytes) -> bytes:
    """A line that ends with a JSON object of at least one field, with its seal in it."""
    body = line[:-1]
    return b'%s,"sum":"%08x"}' % (body, crc32(body))


def is_sealed(line: bytes) -> bool:
    """Whether the line is, byte by byte, what was sealed."""
    return line[-SEAL:] == b',"sum":"%08x"}' % crc32(line[:-SEAL])


def unsealed(line: bytes) -> bytes:
    """A sealed line without its seal."""
    return line[:-SEAL] + b"}"


def mended(line: bytes) -> bytes | None:
    """A line of which one byte was changed, with that byte put right; None if there is no such.

    A checksum of 32 bits tells one changed byte in a line of usual length from any other; whoever
    asks should still see whether the line reads as it must.
    """
    body, seal = line[:-SEAL], line[-SEAL:]
    right = b',"sum":"%08x"}' % crc32(body)
    if len(line) <= SEAL:
        return None
    if sum(a != b for a, b in zip(seal, right, strict=False)) <= 1:
        return body + right
    if len(line) > _MOST_MENDED or not _SEAL.fullmatch(seal):
        return None
    table, last_step = _steps()
    wrong = int(seal[len(b',"sum":"') : -2], 16) ^ crc32(body)
    # What a change did to the checksum, taken back byte by byte from the end: where it is what a
    # change of a single last byte does, there the change was.
    for at in range(len(body) - 1, -1, -1):
        mask = last_step[wrong >> 24]
        if table[mask] == wrong:
            return body[:at] + bytes([body[at] ^ mask]) + body[at + 1 :] + seal
        wrong = ((wrong ^ table[mask]) << 8 | mask) & 0xFFFFFFFF
    return None


@cache
def _steps() -> tuple[list[int], dict[int, int]]:
    """What each change of a last byte does to a checksum, and the change for each first byte."""
    table = [crc32(bytes([mask])) ^ crc32(b"\0") for mask in range(256)]
    return table, {entry >> 24: mask for mask, entry in enumerate(table)}
