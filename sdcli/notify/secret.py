"""The URL of a route: read where it is kept, and never told.

It comes from the environment, or from a file outside the desk that others cannot read. No part of
it is in anything that is said here; what libraries say of it is not passed on (`heard`).
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING
from urllib.parse import quote

from sdcli.errors import listed
from sdcli.policy.check_routes import BRACED
from sdcli.policy.routes import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sdcli.policy.routes import Source

    Environment = Callable[[str], str | None]

_HIDDEN = "***"


class UnusableError(Exception):
    """A route cannot be used as it is; the text says why, and how to mend it. No secret is in it."""


class Secret:
    """A URL that is not to be told; printing it shows nothing of it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __repr__(self) -> str:
        return _HIDDEN

    @property
    def scheme(self) -> str:
        """What kind of URL it is."""
        return self._url.partition(":")[0].casefold()

    @property
    def is_mail(self) -> bool:
        """Whether it leads to mail, where a text is a text and nothing is marked up."""
        return self.scheme in ("mailto", "mailtos")

    @property
    def names(self) -> frozenset[str]:
        """What it wants to know of the person."""
        return frozenset(BRACED.findall(self._url)) & frozenset(NAMES)

    def filled(self, facts: Mapping[str, str]) -> str:
        """The URL for somebody, with what is in braces quoted for a URL.

        Raises:
            UnusableError: something that it names is not known of them, or of anybody.
        """
        if set(BRACED.findall(self._url)) - {*NAMES}:
            names = listed(f"{{{name}}}" for name in NAMES)
            raise UnusableError(f"the URL has in braces what is none of {names}; a brace is %7B")
        for name in sorted(self.names):
            if not facts.get(name):
                raise UnusableError(f"no {name} is known of {facts.get('id') or 'them'}")
        return BRACED.sub(lambda found: quote(facts[found[1]], safe=""), self._url)


def secret_of(source: Source, root: str, environment: Environment) -> Secret:
    """The URL that a route names.

    Raises:
        UnusableError: it is not there, or is kept where others can read it.
    """
    if source.env:
        url = (environment(source.env) or "").strip()
        if not url:
            raise UnusableError(f"the environment has no {source.env}")
        return _sound(url, source.env)
    if told := exposed(source.file, root):
        raise UnusableError(told)
    try:
        with open(source.file, encoding="utf-8") as stream:
            return _sound(stream.read().strip(), source.file)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "it is not UTF-8"
        raise UnusableError(f"{source.file} cannot be read: {reason}") from None


def _sound(url: str, place: str) -> Secret:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S*", url):
        raise UnusableError(f"what {place} holds is no URL such as mailto://… or json://…")
    return Secret(url)


def exposed(path: str, root: str) -> str:
    """Why a file is no place for a secret, and what to do; empty if it is one, or is not there."""
    real, desk = os.path.realpath(path), os.path.realpath(root)
    if os.path.commonpath((real, desk)) == desk:
        return f"{path} lies in the desk, which is shared: move it out of {root}"
    try:
        mode = os.stat(real).st_mode
    except OSError:
        return ""  # it may be on another machine; who sends finds out
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        return f"{path} can be read or changed by everybody: `chmod o-rwx {path}`"
    return ""
