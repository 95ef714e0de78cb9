"""Fill a roundup tracker with open issues; run by the Python that roundup is installed in.

It goes through roundup's own API, so that journals, messages and the index of words are what
roundup makes of them. Two things are left out that take most of the time: the sync to the disk
of every single row, and the mails that new issues cause.
"""

from __future__ import annotations

import sys
from typing import Any

import roundup.instance
from peers import NOTES, overdue, summary

BATCH = 100  # roundup walks through all open changes whenever it stores a message


def fill(db: Any, count: int) -> None:
    """Create the issues, each with its messages."""
    unread, bug, urgent = (
        db.status.lookup("unread"),
        db.priority.lookup("bug"),
        db.priority.lookup("urgent"),
    )
    for number in range(count):
        messages = [db.msg.create(content=note, author="1") for note in NOTES]
        db.issue.create_inner(
            title=summary(number),
            status=unread,
            priority=urgent if overdue(number) else bug,
            messages=messages,
        )
        if number % BATCH == BATCH - 1:
            db.commit()
    db.commit()


def main() -> None:
    """Fill the tracker named first with as many issues as named second."""
    db = roundup.instance.open(sys.argv[1]).open("admin")
    db.sql("pragma synchronous=off")
    fill(db, int(sys.argv[2]))
    db.close()


if __name__ == "__main__":
    main()
