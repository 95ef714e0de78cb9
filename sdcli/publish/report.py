"""The link by which a caller says that nothing here helped, and what they have read (R1a.3c)."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from sdcli.intake.read_articles import LEAD
from sdcli.policy.address import is_address
from sdcli.publish.links import target

READ = "{read}"
"""Stands for the articles read in the address that the page's script completes."""
_BODY = """\
What happens, and since when?


What have you tried already?


"""
_KEEP = "Please leave the next line: it tells us what we need not ask again.\n"


class Link(NamedTuple):
    """A link to the desk.

    Args:
        href: works without a script; it tells of the one article of its page.
        pattern: the address with `READ` for a list of articles, `ID@REVISION` each, `between`
            them.
    """

    href: str
    pattern: str
    between: str


class Report(NamedTuple):
    """Where callers turn to: a mail address, or the address of a form."""

    to: str

    @property
    def is_mail(self) -> bool:
        """Whether it is a mail address."""
        return is_address(self.to) and "://" not in self.to

    def link(self, subject: str, read: str = "") -> Link:
        """The link of a page.

        Args:
            subject: of the mail.
            read: the article of the page, `ID@REVISION`; none if empty.
        """
        if not self.is_mail:
            return Link(_form(self.to, read), _form(self.to, READ), ",")
        return Link(_mail(self.to, subject, read), _mail(self.to, subject, READ), ",%20")


def is_place(text: str) -> bool:
    """Whether callers can be sent there: a mail address, or a page of the web."""
    found = target(text)
    if found is None:
        return False
    return found.outside or (is_address(text) and ":" not in text and "/" not in text)


def _mail(to: str, subject: str, read: str) -> str:
    body = _BODY + (f"{_KEEP}{LEAD} {READ}\n" if read else "")
    told = quote(body.replace("\n", "\r\n"), safe="{}")
    head = f"mailto:{quote(to, safe='@')}?subject={quote(subject, safe='')}&body="
    return head + told.replace(READ, read)


def _form(to: str, read: str) -> str:
    parts = urlsplit(to)
    query = "&".join(filter(None, (parts.query, f"read={read}" if read else "")))
    return urlunsplit(parts._replace(query=query))
