"""`sdcli kb publish` on a desk with faults: nothing wrong is published, and all of it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import PARTLY_DONE, REFUSED
from tests.knowledge.site import files_of, shelve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

_HUSH = "Call the lawyer on the red phone before you tell anybody else of it"


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Path:
    """Where the site goes."""
    return tmp_path / "www" / "help"


def _unsound(told: Any) -> list[str]:
    return [each["id"] for each in told["left_out"] if each["why"] == "unsound"]


def test_what_lint_calls_wrong_is_left_out(
    sdj: JsonRunner, sd: Runner, desk_dir: Path, site: Path
) -> None:
    """Passwords, restricted text and dead links stay off the site; the articles are named (R0.8)."""
    shelve(desk_dir, "MA-1")
    shelve(desk_dir, "MA-2", steps=["Use Password: Hunter2xyz"])
    shelve(desk_dir, "MA-3", audience="restricted", roles=["csr"], steps=[f"{_HUSH}."])
    shelve(desk_dir, "MA-4", steps=[f"First: {_HUSH}!"])
    shelve(desk_dir, "MA-5", steps=["See [this](nowhere/page.md)"])

    told = sdj("kb", "publish", str(site), expect=PARTLY_DONE)

    assert _unsound(told) == ["MA-2", "MA-4", "MA-5"]
    pages = {path.stem for path in (site / "articles").iterdir()}
    assert "MA-1" in pages
    assert not pages & {"MA-2", "MA-3", "MA-4", "MA-5"}
    assert not any(b"Hunter2" in each or b"lawyer" in each for each in files_of(site).values())
    said = sd("kb", "publish", str(site), expect=PARTLY_DONE).stderr
    assert "MA-2, MA-4, MA-5" in said


@pytest.mark.parametrize("place", ["ledger", "kb", "catalog", "kb/site", ".", ".."])
@pytest.mark.parametrize("check", [(), ("--check",)])
def test_the_desk_itself_is_no_place_for_a_site(
    sd: Runner, desk_dir: Path, place: str, check: tuple[str, ...]
) -> None:
    """Its folders are refused by name, whether anything is in them or not."""
    place_ = desk_dir / place
    said = sd("kb", "publish", str(place_), *check, expect=REFUSED).stderr
    assert "of the desk" in said or "the desk itself" in said
    assert not (desk_dir / "kb" / "site").exists()
    sd("kb", "publish", str(desk_dir / "www"), *check)


def test_broken_synonyms_are_told(sd: Runner, desk_dir: Path, site: Path) -> None:
    """The site is written without them, and that is not passed over."""
    (desk_dir / "kb" / "synonyms.yaml").write_text("synonyms: [\n")
    result = sd("kb", "publish", str(site), expect=PARTLY_DONE)
    assert "Without its synonyms: kb/synonyms.yaml:2: " in result.stderr
    assert (site / "index.html").exists()


def test_a_site_that_loses_its_articles_is_told(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, site: Path
) -> None:
    """It may be meant, and is said once."""
    sd("kb", "publish", str(site))
    for path in (desk_dir / "kb").glob("KB-*.yaml"):
        path.write_text(path.read_text().replace("audience: user", "audience: desk"))
    would = sd("kb", "publish", str(site), "--check").stderr
    assert "had articles, and this one would have none" in would
    assert "had articles, and this one has none" in sd("kb", "publish", str(site)).stderr
    assert sdj("kb", "publish", str(site))["emptied"] is False
