"""Articles are checked like every other file, and each is found by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from sdcli.errors import DataFileError, NoSuchEntryError
from sdcli.knowledge.articles import article, articles, read_shelf
from sdcli.lint import lint

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy

_VPN = "kb/KB-104-vpn-drops-after-sleep.yaml"
_PRINTER = "kb/KB-110-printer-offline.yaml"
_RANSOM = "kb/KB-123-ransomware-first-hour.yaml"


class Case(NamedTuple):
    """An edit of an article and the problem it makes; `at` is text on the problem's line."""

    file: str
    old: str
    new: str
    at: str
    message: str


_CASES: dict[str, Case] = {
    "restricted without roles": Case(
        _RANSOM,
        "roles: [incident-coordinator, resolver, problem-manager, cs-manager]\n",
        "",
        "audience: restricted",
        "a restricted article names `roles`, and no other does",
    ),
    "roles without restriction": Case(
        _PRINTER,
        "audience: user\n",
        "audience: user\nroles: [csr]\n",
        "audience: user",
        "a restricted article names `roles`, and no other does",
    ),
    "known error without workaround": Case(
        _PRINTER,
        "workaround: |\n",
        "known_error: true\nvendor_link: |\n",
        "known_error: true",
        "a known error needs a `workaround`",
    ),
    "problem without known error": Case(
        _VPN,
        "known_error: true\n",
        "known_error: false\n",
        "problem: PRB-1\n",
        "only a known error names its `problem`",
    ),
    "unknown service": Case(
        _VPN,
        "services: [vpn, workstation]",
        "services:\n  - vpn\n  - wrokstation",
        "wrokstation",
        "there is no service `wrokstation`",
    ),
    "unknown owner": Case(
        _VPN, "owner: network", "owner: netwrk", "owner: netwrk", "there is no queue `netwrk`"
    ),
    "unknown second owner": Case(
        _VPN,
        "second_owner: workplace",
        "second_owner: farid",
        "second_owner",
        "there is no queue `farid`",
    ),
    "expires before reviewed": Case(
        _VPN,
        'expires: "2027-04-12"',
        'expires: "2026-10-11"',
        "expires",
        "the article expires before it was reviewed",
    ),
    "expires when reviewed": Case(
        _VPN,
        'expires: "2027-04-12"',
        "expires: 2026-10-12",
        "expires",
        "the article expires before it was reviewed",
    ),
    "revision by hand": Case(
        _VPN,
        "known_error: true\n",
        "known_error: true\nrevision: abc123\n",
        "revision: abc123",
        "the revision comes from the file's content; leave it out",
    ),
    "wrong file name": Case(
        _VPN, "id: KB-104", "id: KB-1044", "id:", "the file name must begin with the id KB-1044"
    ),
    "file name that only begins alike": Case(
        _VPN, "id: KB-104", "id: KB-10", "id:", "the file name must begin with the id KB-10"
    ),
    "unknown key": Case(
        _PRINTER,
        "workaround: |\n",
        "workarund: |\n",
        "workarund",
        "`the file` has no key `workarund`; did you mean `workaround`?",
    ),
    "missing key": Case(
        _PRINTER, "owner: onsite\n", "", "id: KB-110", "`the file` needs the key `owner`"
    ),
    "unknown audience": Case(
        _PRINTER,
        "audience: user\n",
        "audience: everybody\n",
        "everybody",
        "`audience` is 'everybody'; it must be one of user, desk, restricted",
    ),
    "step that is no text": Case(
        _PRINTER,
        "steps:\n",
        "steps:\n  - 17:30\n",
        "17:30",
        "YAML reads the time `17:30` as the number 1050; put it in quotes",
    ),
    "date that is none": Case(
        _PRINTER,
        'reviewed: "2026-06-22"',
        "reviewed: soon",
        "soon",
        "`reviewed` is 'soon': write a date as \"2026-12-25\"",
    ),
    "truth that is none": Case(
        _VPN,
        "known_error: true\n",
        "known_error: yes\n",
        "known_error",
        "`known_error` is 'yes': write true or false",
    ),
}


def _edit(root: Path, file: str, old: str, new: str) -> str:
    """Replace the first `old` in a file of the desk; gives the new text."""
    text = (root / file).read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old!r}"
    text = text.replace(old, new, 1)
    (root / file).write_text(text, encoding="utf-8")
    return text


def _line(text: str, needle: str) -> int:
    """The first line of a text that holds the needle."""
    assert needle in text
    return text[: text.index(needle)].count("\n") + 1


def _said(root: Path, policy: Policy | None) -> list[str]:
    """All problems of the articles, as a person reads them."""
    return [str(problem) for problem in read_shelf(str(root), policy).problems]


@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES.keys())
def test_one_mistake_gives_one_problem(desk_dir: Path, policy: Policy, case: Case) -> None:
    """Each mistake in an article is reported once, with file and line, and nothing else is."""
    text = _edit(desk_dir, case.file, case.old, case.new)
    expected = f"{case.file}:{_line(text, case.at)}: {case.message}"
    assert _said(desk_dir, policy) == [expected]
    with pytest.raises(DataFileError) as caught:
        lint(str(desk_dir))
    assert [str(problem) for problem in caught.value.problems] == [expected]


def test_an_id_used_twice_is_reported(desk_dir: Path, policy: Policy) -> None:
    """Of two files with one id the later is named."""
    text = (desk_dir / _VPN).read_text(encoding="utf-8")
    (desk_dir / "kb" / "KB-104-zzz.yaml").write_text(text, encoding="utf-8")
    assert _said(desk_dir, policy) == [
        "kb/KB-104-zzz.yaml:1: the id KB-104 is used by another file too"
    ]


def test_an_id_used_twice_is_reported_where_it_stands(desk_dir: Path, policy: Policy) -> None:
    """The line of a doubled id is the one that it is written on."""
    text = (desk_dir / _VPN).read_text(encoding="utf-8")
    twice = f"# a copy\n\n{text}"
    (desk_dir / "kb" / "KB-104-zzz.yaml").write_text(twice, encoding="utf-8")
    [said] = _said(desk_dir, policy)
    assert said.startswith("kb/KB-104-zzz.yaml:3: ")


def test_superseding_nothing_is_reported_where_it_stands(desk_dir: Path, policy: Policy) -> None:
    """An article that supersedes one that is not there is named with its file and line."""
    text = _edit(desk_dir, _VPN, "known_error: true\n", "known_error: true\nsupersedes: [KB-999]\n")
    line = _line(text, "supersedes")
    assert _said(desk_dir, policy) == [f"{_VPN}:{line}: it supersedes KB-999, which is not there"]


def test_superseding_an_article_is_sound(desk_dir: Path, policy: Policy) -> None:
    """An article may supersede one that is there."""
    _edit(desk_dir, _VPN, "known_error: true\n", "known_error: true\nsupersedes: [KB-103]\n")
    assert not _said(desk_dir, policy)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "1: the file is empty"),
        (b"id: KB-110\ntitle: caf\xe9\n", "2: the file is not UTF-8"),
        (b"- a\n", "1: `the file` must be a mapping, not a list"),
        (b"id: &a x\ntitle: *a\n", "1: anchors and aliases are not used in desk files"),
    ],
)
def test_a_broken_article_does_not_hide_the_others(
    desk_dir: Path, policy: Policy, raw: bytes, expected: str
) -> None:
    """The other articles are read and checked all the same."""
    (desk_dir / _PRINTER).write_bytes(raw)
    text = _edit(desk_dir, _VPN, "owner: network", "owner: netwrk")
    text2 = _edit(desk_dir, _RANSOM, "services: [endpoint-security,", "services: [endpint,")
    shelf = read_shelf(str(desk_dir), policy)
    assert [str(problem) for problem in shelf.problems] == [
        f"{_VPN}:{_line(text, 'owner: netwrk')}: there is no queue `netwrk`",
        f"{_PRINTER}:{expected}",
        f"{_RANSOM}:{_line(text2, 'endpint')}: there is no service `endpint`",
    ]
    assert "KB-110" not in shelf.articles
    assert len(shelf.articles) == len(list((desk_dir / "kb").glob("KB-*.yaml"))) - 1


def test_articles_are_checked_without_a_policy(desk_dir: Path) -> None:
    """Where the other files are broken, articles are still checked for what they say alone."""
    _edit(desk_dir, _VPN, "owner: network", "owner: netwrk")
    _edit(desk_dir, _PRINTER, "audience: user", "audience: nobody")
    (desk_dir / "catalog" / "teams.yaml").unlink()
    with pytest.raises(DataFileError) as caught:
        lint(str(desk_dir))
    files = [problem.file for problem in caught.value.problems]
    assert files == ["catalog/teams.yaml", _PRINTER]


def test_only_yaml_files_are_articles(desk_dir: Path, policy: Policy) -> None:
    """Other files in the folder are left alone; a folder that looks like an article is named."""
    (desk_dir / "kb" / "README.md").write_bytes(b"\xff")
    (desk_dir / "kb" / "KB-104.yaml~").write_bytes(b"\xff")
    assert not _said(desk_dir, policy)
    (desk_dir / "kb" / "KB-900.yaml").mkdir()
    assert _said(desk_dir, policy) == ["kb/KB-900.yaml:1: the file is no plain file"]


def test_a_desk_may_have_no_articles(tmp_path: Path) -> None:
    """An empty folder is a desk that knows nothing yet; a missing one is a mistake."""
    with pytest.raises(DataFileError, match="kb:1: the folder cannot be read"):
        articles(str(tmp_path))
    (tmp_path / "kb").mkdir()
    assert articles(str(tmp_path)) == {}


def test_articles_of_a_broken_shelf_are_refused(desk_dir: Path) -> None:
    """Asking for all articles names what is wrong instead of leaving some out."""
    (desk_dir / _PRINTER).write_bytes(b"")
    with pytest.raises(DataFileError) as caught:
        articles(str(desk_dir))
    assert [problem.file for problem in caught.value.problems] == [_PRINTER]


def test_the_revision_follows_the_file(desk_dir: Path) -> None:
    """Another word in an article gives it a new revision, and no other article (R3a.2a)."""
    before = articles(str(desk_dir))
    text = _edit(desk_dir, _PRINTER, "workaround: |\n", "workaround: |\n  First of all:\n")
    after = articles(str(desk_dir))
    changed = {name for name in before if before[name].revision != after[name].revision}
    assert changed == {"KB-110"}
    assert len({found.revision for found in after.values()}) == len(after)
    (desk_dir / _PRINTER).write_text(text.replace("  First of all:\n", ""), encoding="utf-8")
    assert articles(str(desk_dir)) == before


def test_what_no_reader_is_told_makes_no_revision(desk_dir: Path) -> None:
    """A remark, a new date of review or owner, and other line breaks leave the revision (R3a.2a)."""
    before = articles(str(desk_dir))["KB-110"]
    _edit(desk_dir, _PRINTER, "id: KB-110\n", "id: KB-110\n# a remark\n")
    _edit(desk_dir, _PRINTER, f'reviewed: "{before.reviewed}"', 'reviewed: "2026-11-20"')
    _edit(desk_dir, _PRINTER, "owner: onsite\nsecond", "owner: network\nsecond")
    _edit(desk_dir, _PRINTER, "workaround: |\n", "workaround: |\n\n")

    after = articles(str(desk_dir))["KB-110"]

    assert (after.reviewed, after.owner) == ("2026-11-20", "network")
    assert after.revision == before.revision


def test_a_retired_article_says_since_when_and_why(desk_dir: Path) -> None:
    """`retired` and `because` go together."""
    _edit(desk_dir, _PRINTER, "id: KB-110\n", "id: KB-110\nretired: 2026-11-20\n")
    assert [each.line for each in read_shelf(str(desk_dir), None).problems] == [2]
    _edit(desk_dir, _PRINTER, "id: KB-110\n", "id: KB-110\nbecause: replaced by KB-142\n")
    assert articles(str(desk_dir))["KB-110"].is_retired


@pytest.mark.parametrize("given", ["KB-104", "kb-104", "Kb-104", "kB-104"])
def test_an_article_is_found_in_any_case(desk_dir: Path, given: str) -> None:
    """An id may be typed in any case, and gives the article that the shelf has."""
    assert article(str(desk_dir), given) == articles(str(desk_dir))["KB-104"]


@pytest.mark.parametrize(
    "given", ["KB-999", "KB-10", "KB-1044", "104", "KB-104-vpn", "", "../KB-104", "*", "\u00df"]
)
def test_an_article_that_is_not_there(desk_dir: Path, given: str) -> None:
    """Anything but a whole id is refused, with the ids that there are."""
    with pytest.raises(NoSuchEntryError) as caught:
        article(str(desk_dir), given)
    assert caught.value.details["given"] == given
    assert set(caught.value.details["known"]) == set(articles(str(desk_dir)))


def test_an_article_is_found_by_its_file_without_words(desk_dir: Path) -> None:
    """A file that is named by nothing but its id is found as well."""
    (desk_dir / _VPN).rename(desk_dir / "kb" / "KB-104.yaml")
    assert article(str(desk_dir), "kb-104").id == "KB-104"


def test_one_broken_article_does_not_hide_another(desk_dir: Path) -> None:
    """An article is read alone: a broken one is refused, and the others are found."""
    (desk_dir / _PRINTER).write_bytes(b"id: [\n")
    assert article(str(desk_dir), "KB-104").id == "KB-104"
    with pytest.raises(DataFileError) as caught:
        article(str(desk_dir), "KB-110")
    assert [problem.file for problem in caught.value.problems] == [_PRINTER]


def test_part_of_an_id_reads_no_file(desk_dir: Path) -> None:
    """What is no id is not there, whatever is wrong with files that begin alike."""
    (desk_dir / _PRINTER).write_bytes(b"id: [\n")
    with pytest.raises(NoSuchEntryError):
        article(str(desk_dir), "KB")


def test_an_article_that_passes_can_be_found(desk_dir: Path, policy: Policy) -> None:
    """An id that `lint` lets through can be asked for."""
    _edit(desk_dir, _VPN, "id: KB-104", "id: kb-104")
    (desk_dir / _VPN).rename(desk_dir / "kb" / "kb-104-vpn.yaml")
    assert _said(desk_dir, policy) or article(str(desk_dir), "kb-104").id
