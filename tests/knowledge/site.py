"""Shared by the tests of the self-help site: articles to publish, and pages to read."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

VOID = {"meta", "link", "input", "br", "hr"}
HIDDEN = "zwqxkrypt"
"""A word that stands in no article that callers may read."""


def article(id_: str, **fields: Any) -> str:
    """The file of an article for callers; fields by name, as YAML flow values."""
    import json  # noqa: PLC0415 - JSON is YAML

    told: dict[str, Any] = {
        "id": id_,
        "title": f"Title of {id_}",
        "type": "incident",
        "area": "service",
        "services": ["printing"],
        "audience": "user",
        "symptoms": ["It hums."],
        "cause": "A loose screw.",
        "steps": ["Tighten it."],
        "verification": "It is silent.",
        "keywords": ["hum"],
        "owner": "onsite",
        "second_owner": "workplace",
        "reviewed": "2026-06-22",
        "expires": "2027-12-22",
        **fields,
    }
    return "".join(
        f"{name}: {json.dumps(value)}\n" for name, value in told.items() if value is not None
    )


def shelve(desk_dir: Path, id_: str, **fields: Any) -> None:
    """Put an article on the desk's shelf."""
    (desk_dir / "kb" / f"{id_}.yaml").write_text(article(id_, **fields), encoding="utf-8")


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Page(HTMLParser):
    """A page read: its tags close in the order in which they open."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each tag of a name."""
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        """Every place in the page that a link may lead to."""
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]
