"""`sdcli kb publish`: callers get what they may read, whole, and nothing else (R3a.2, R0.8)."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from sdcli.errors import DATA_FILE, NOT_FOUND, PARTLY_DONE, REFUSED, UNEXPECTED, USAGE
from sdcli.knowledge_base import KnowledgeBase
from sdcli.publish import put as putting
from sdcli.publish.put import MARKER, put
from tests.conftest import NOW, REPOSITORY
from tests.knowledge.site import HIDDEN, Page, files_of, shelve

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.desk import Desk
    from tests.conftest import JsonRunner, Runner

LATER = "2031-01-01T09:00:00Z"


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Path:
    """Where the site goes."""
    return tmp_path / "www" / "help"


def _left_out(told: Any) -> dict[str, str]:
    return {each["id"]: each["why"] for each in told["left_out"]}


def test_only_what_callers_may_read_is_published(
    sdj: JsonRunner, desk_dir: Path, site: Path
) -> None:
    """For callers, in use, sound and in date; of all others the reason is told (R3a.2)."""
    shelve(desk_dir, "MA-1")
    shelve(desk_dir, "MA-2", audience="desk")
    shelve(desk_dir, "MA-3", audience="restricted", roles=["csr"])
    shelve(desk_dir, "MA-4", retired="2026-10-01", because="wrong")
    shelve(desk_dir, "MA-5", expires="2026-11-22")
    shelve(desk_dir, "MA-6", expires="2026-11-23")  # the day itself
    shelve(desk_dir, "MA-7", known_error=True, workaround="Hum along.", problem="PRB-77")

    told = sdj("kb", "publish", str(site))

    pages = {path.stem for path in (site / "articles").iterdir()}
    shelf = [yaml.safe_load(path.read_text()) for path in REPOSITORY.glob("kb/KB-*.yaml")]
    starter = {each["id"] for each in shelf if each["audience"] == "user"}
    assert pages == starter | {"MA-1", "MA-6", "MA-7"}
    assert pages == {each["id"] for each in told["articles"]}
    reasons = _left_out(told)
    assert {reasons["MA-2"], reasons["MA-3"]} == {"audience"}
    assert (reasons["MA-4"], reasons["MA-5"]) == ("retired", "expired")
    assert told["written"]
    assert told["files"] == len(files_of(site)) - 1  # beside the marker


def _secretly(desk_dir: Path) -> None:
    """Articles that callers may not read, with a word in every field that occurs nowhere else."""
    word = f"{HIDDEN} {HIDDEN}ing"
    told = {
        "title": word,
        "symptoms": [word],
        "cause": word,
        "steps": [word],
        "workaround": word,
        "verification": word,
        "keywords": [HIDDEN],
        "vendor_link": f"https://example.com/{HIDDEN}",
    }
    shelve(desk_dir, "MA-21", audience="restricted", roles=["csr"], **told)
    shelve(desk_dir, "MA-22", audience="desk", **told)
    shelve(desk_dir, "MA-23", retired="2026-10-01", because=word, **told)
    shelve(desk_dir, "MA-24", **{**told, "expires": "2026-10-01"})
    shelve(desk_dir, "MA-25", owner=HIDDEN, **told)  # no such queue: its file is wrong
    mention = (
        f"See MA-21, [this](MA-22-{HIDDEN}.yaml), [that](../kb/MA-23.yaml#{HIDDEN}) and MA-24."
    )
    shelve(desk_dir, "MA-26", known_error=True, problem="PRB-4711", workaround=mention)
    (desk_dir / "kb" / "MA-27.yaml").write_text(f"id: MA-27\ntitle: {HIDDEN}\n")
    (desk_dir / "kb" / "MA-28.yaml").write_text(f"{HIDDEN}: [")


def test_restricted_text_is_nowhere(desk: Desk, desk_dir: Path, site: Path) -> None:
    """No byte of what callers may not read is in any file, the search data among them (R3a.2)."""
    _secretly(desk_dir)
    synonyms = f"synonyms:\n  - [lost, {HIDDEN}]\n  - [loud, hums]\n"
    (desk_dir / "kb" / "synonyms.yaml").write_text(synonyms)

    KnowledgeBase(desk).publish(str(site))

    found = files_of(site)
    assert b"MA-26" in found["index.html"]
    for name, content in found.items():
        assert HIDDEN.encode() not in content.lower(), name
        assert HIDDEN not in name
    for hidden in ("MA-21", "MA-22", "MA-23", "MA-24", "MA-25", "MA-27", "MA-28"):
        holding = [name for name, content in found.items() if hidden.encode() in content]
        assert set(holding) <= {"articles/MA-26.html", "assets/search-data.js"}  # its own words
    page = Page(found["articles/MA-26.html"].decode())
    hrefs = {link["href"] for link in page.of("a")}
    assert not any("MA-2" in href and "MA-26" not in unquote(href) for href in hrefs)
    assert "See MA-21, this, that and MA-24." in page.text
    assert '"synonyms":{"loud":["hums"]}' in found["assets/search-data.js"].decode()


def test_nothing_of_the_desk_is_on_a_page(sd: Runner, desk_dir: Path, site: Path) -> None:
    """Neither queues, roles, problems, services' ids nor file names; keywords are only searched."""
    for file in (desk_dir / "kb").glob("*.yaml"):
        file.unlink()
    told: dict[str, Any] = {"services": ["endpoint-security"], "keywords": ["kwonlysearched"]}
    told |= {"known_error": True, "workaround": "Wait.", "problem": "PRB-4711"}
    shelve(desk_dir, "MA-1", audience="restricted", roles=["csr"])
    shelve(desk_dir, "MA-2", supersedes=["MA-1"], **told)

    sd("kb", "publish", str(site))

    found = files_of(site)
    assert "Endpoint security" in found["articles/MA-2.html"].decode()
    pages = b"".join(text for name, text in found.items() if name.endswith(".html"))
    for hidden in ("onsite", "workplace", "csr", "PRB-4711", "MA-1", "kb/", "yaml", "kwonly"):
        assert hidden.encode() not in pages
    assert "endpoint-security" not in pages.decode().replace(
        "#about-endpoint-security", ""
    ).replace('"about-endpoint-security"', "")
    assert b"kwonlysearched" in found["assets/search-data.js"]


def test_an_article_tells_all_a_caller_needs(sd: Runner, desk_dir: Path, site: Path) -> None:
    """Symptoms, cause, steps, workaround, verification, vendor link, service, date and revision."""
    shelve(
        desk_dir,
        "MA-1",
        title="It hums <loudly> & long",
        symptoms=["A **hum**."],
        workaround="Use the other one.",
        vendor_link="https://vendor.example/hum?a=1&b=2",
    )
    sd("kb", "publish", str(site))
    page = Page((site / "articles" / "MA-1.html").read_text())

    for told in (
        "It hums <loudly> & long",
        "You may see",
        "A hum.",
        "Why",
        "A loose screw.",
        "Tighten it.",
        "What you can do meanwhile",
        "Use the other one.",
        "How to know that it worked",
        "It is silent.",
        "Printing and scanning",
        "22 June 2026",
    ):
        assert told in page.text
    revision = json.loads(sd("kb", "show", "MA-1", "--json").stdout)["revision"]
    assert f"MA-1, revision {revision}" in page.text
    vendor = {"href": "https://vendor.example/hum?a=1&b=2", "rel": "noopener noreferrer"}
    assert vendor in page.of("a")
    for hidden in ("onsite", "workplace", "hum\n", "kb/", "printing"):
        assert hidden not in page.text.replace("Printing", "")


def test_a_known_error_says_so_and_begins_with_the_workaround(
    sd: Runner, desk_dir: Path, site: Path
) -> None:
    """Callers see that the failure is known and what helps meanwhile, and no problem's id."""
    shelve(desk_dir, "MA-1", known_error=True, workaround="Hum along.", problem="PRB-4711")
    sd("kb", "publish", str(site))
    text = (site / "articles" / "MA-1.html").read_text()

    assert "We know of this failure" in text
    assert text.index("Hum along.") < text.index("Tighten it.")
    assert "known failure" in (site / "index.html").read_text()
    assert all(b"PRB-4711" not in content for content in files_of(site).values())


def test_articles_mention_each_other(sd: Runner, desk_dir: Path, site: Path) -> None:
    """The id of a published article is a link to its page, wherever it is mentioned (R3a.2a)."""
    links = "[b](MA-2.yaml), [c](kb/MA-2-hum.yaml) and [d](MA-2.html#x); not `MA-2`, MA-1, XMA-2"
    (desk_dir / "kb" / "kb").mkdir()
    for name in ("kb/MA-2-hum.yaml", "MA-2.html"):
        (desk_dir / "kb" / name).touch()  # a link to nothing keeps an article off the site
    shelve(desk_dir, "MA-1", cause=f"See MA-2, [MA-2](https://example.com) {links}.")
    shelve(desk_dir, "MA-2")
    sd("kb", "publish", str(site))

    page = Page((site / "articles" / "MA-1.html").read_text())
    assert [link["href"] for link in page.of("a")].count("MA-2.html") == 4
    assert [link["href"] for link in page.of("a")].count("https://example.com") == 1
    assert not [link for link in page.of("a") if link["href"] == "MA-1.html"]


def test_every_link_leads_somewhere(sd: Runner, desk_dir: Path, site: Path) -> None:
    """Each relative link names a file of the site and a place on it; nothing is from elsewhere."""
    shelve(desk_dir, "MA-1", services=["printing", "vpn"], title="Ünïcode → 'quotes'")
    shelve(desk_dir, "MA-2", services=[])
    sd("kb", "publish", str(site))
    found = files_of(site)
    pages = {name: Page(text.decode()) for name, text in found.items() if name.endswith(".html")}

    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        for tag, attrs in page.tags:
            for key in {"href", "src"} & set(attrs):
                parts = urlsplit(attrs[key])
                if parts.scheme == "mailto" and tag == "a":
                    continue
                assert not parts.scheme, (name, attrs)
                assert not parts.netloc
                there = os.path.normpath(os.path.join(os.path.dirname(name), parts.path))
                there = there if parts.path else name
                assert there in found, (name, attrs)
                assert not parts.fragment or unquote(parts.fragment) in pages[there].ids
    assert "Everything else" in pages["index.html"].text


def test_pages_are_built_for_everybody(sd: Runner, site: Path) -> None:
    """Landmarks, one first heading, labels and a policy that allows no foreign thing, on each."""
    sd("kb", "publish", str(site))
    for name, content in files_of(site).items():
        if not name.endswith(".html"):
            continue
        text = content.decode()
        page = Page(text)
        assert text.startswith("<!DOCTYPE html>\n<html lang=")
        for tag in ("header", "nav", "main", "footer", "h1", "title"):
            assert page.of(tag), (name, tag)
        assert len(page.of("h1")) == len(page.of("main")) == 1
        assert page.of("a")[0] == {"class": "skip", "href": "#content"}
        for script in page.of("script"):
            assert set(script) == {"src", "defer"}
        assert not page.of("style")
        assert not any(key.startswith("on") or key == "style" for _, a in page.tags for key in a)
        policy = next(each for each in page.of("meta") if "http-equiv" in each)["content"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "base-uri 'none'" in policy
        labels = {each.get("for") for each in page.of("label")}
        assert all(each["id"] in labels for each in page.of("input"))


def test_without_a_script_everything_is_there(sd: Runner, sdj: JsonRunner, site: Path) -> None:
    """Each article is in the list by service and by need, and the page says what lacks."""
    told = sdj("kb", "publish", str(site))
    page = Page((site / "index.html").read_text())

    hrefs = [link["href"] for link in page.of("a")]
    for each in told["articles"]:
        assert hrefs.count(each["page"]) >= 2
    assert page.of("noscript")
    (form,) = page.of("form")
    assert (form["role"], "hidden" in form) == ("search", True)
    del sd


def test_bulletins_are_shown_and_not_counted(sd: Runner, sdj: JsonRunner, site: Path) -> None:
    """What stands is told with scope, state and times; publishing is no view of it (R1a.1g)."""
    sd("open", "MX stuck on mx-2", "--user", "greta", "--type", "incident", "--service", "email")
    said = ("--state", "cause found", "--until", "14:00", "--next-update", "11:30")
    sd("bulletin", "post", "1", "Mail is <slow>.\n\nNone is lost.", *said)
    before = sdj("bulletin", "list")

    assert sdj("kb", "publish", str(site))["bulletins"] == 1

    text = Page((site / "index.html").read_text()).text
    for told in ("Mail is <slow>.", "E-mail and calendar", "cause found", "14:00 GMT", "11:30 GMT"):
        assert told in text
    assert "As of Monday 23 November 2026, 10:00 GMT" in text
    assert all(b"SD-1" not in content for content in files_of(site).values())
    assert all(b"mx-2" not in content for content in files_of(site).values())
    assert sdj("bulletin", "list") == before
    sd("bulletin", "end", "1")
    sd("kb", "publish", str(site))
    assert "Nothing is known that does not work." in (site / "index.html").read_text()


def test_expired_articles_are_left_out_and_missed(sd: Runner, desk_dir: Path, site: Path) -> None:
    """It is said how many are missing and which; with --with-expired their pages say so (R3a.2)."""
    shelve(desk_dir, "MA-1", expires="2026-11-01")
    shelve(desk_dir, "MA-2", expires="2026-11-02")
    ran = sd("kb", "publish", str(site))
    assert "2 articles (MA-1, MA-2)" in ran.stderr
    assert not (site / "articles" / "MA-1.html").exists()

    assert "expired" not in sd("kb", "publish", str(site), "--with-expired").stderr

    assert "to be looked over by 1 November 2026" in (site / "articles" / "MA-1.html").read_text()
    assert "out of date" not in (site / "articles" / "KB-110.html").read_text()


def test_a_faulty_article_keeps_no_other_from_being_published(
    sd: Runner, desk_dir: Path, site: Path
) -> None:
    """It is left out and named, and the exit code is 8: what is on it cannot be trusted."""
    for id_ in ("MA-1", "MA-2", "MA-3"):
        shelve(desk_dir, id_)
    (desk_dir / "kb" / "MA-2-again.yaml").write_text((desk_dir / "kb" / "MA-2.yaml").read_text())
    shelve(desk_dir, "MA-3", services=["no-such"])
    (desk_dir / "kb" / "MA-4.yaml").write_text("id: [")

    ran = sd("kb", "publish", str(site), "--json", expect=PARTLY_DONE)

    left = _left_out(json.loads(ran.stdout))
    unsound = {id_ for id_, why in left.items() if why == "unsound"}
    assert unsound == {"MA-2", "MA-3", "MA-4.yaml"}
    assert (site / "articles" / "MA-1.html").exists()
    assert not (site / "articles" / "MA-2.html").exists()
    assert "`sdcli lint`" in sd("kb", "publish", str(site), expect=PARTLY_DONE).stderr


def test_a_check_writes_nothing(sd: Runner, sdj: JsonRunner, desk_dir: Path, site: Path) -> None:
    """It lists what would be published and why each other article would not; a folder is optional."""
    shelve(desk_dir, "MA-1", expires="2026-11-01")
    told = sdj("kb", "publish", "--check", str(site))
    assert (told["written"], told["changed"]) == (False, 0)
    assert not site.parent.exists()
    text = sd("kb", "publish", "--check").stdout
    assert re.search(r"^Nothing was written\. There would be: 14 articles, 0 bulletins", text)
    assert "  KB-110  Printer shows" in text
    assert "  MA-1  it expired on 2026-11-01\n" in text
    assert "  KB-123  it is for restricted and not for callers\n" in text
    sd("kb", "publish", expect=USAGE)


def test_the_same_again_is_the_same_bytes(sd: Runner, sdj: JsonRunner, site: Path) -> None:
    """A second run changes nothing, not even times; a later one only the stamp of the front page."""
    sd("kb", "publish", str(site))
    before, index = files_of(site), site / "index.html"
    os.utime(index, (1_000_000_000, 1_000_000_000))

    assert sdj("kb", "publish", str(site))["changed"] == 0
    assert files_of(site) == before
    assert index.stat().st_mtime == 1_000_000_000

    assert sdj("kb", "publish", str(site), at=NOW + timedelta(minutes=5))["changed"] == 1
    after = files_of(site)
    assert [name for name in after if after[name] != before[name]] == ["index.html"]
    assert index.stat().st_mtime > 1_000_000_000


def test_stale_pages_go(sd: Runner, desk_dir: Path, site: Path) -> None:
    """An article that was taken back has no page any more."""
    shelve(desk_dir, "MA-1")
    sd("kb", "publish", str(site))
    assert (site / "articles" / "MA-1.html").exists()
    shelve(desk_dir, "MA-1", audience="desk")
    sd("kb", "publish", str(site))
    assert not (site / "articles" / "MA-1.html").exists()
    assert b"MA-1" not in b"".join(files_of(site).values())


def test_a_folder_of_somebody_else_is_refused(sd: Runner, site: Path) -> None:
    """What holds no site of ours is left alone; an empty folder may be used."""
    site.mkdir(parents=True)
    sd("kb", "publish", str(site))  # empty
    other = site.parent / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    ran = sd("kb", "publish", str(other), expect=REFUSED)
    assert str(other) in ran.stderr
    (other / MARKER).write_text("thesis.txt\n")  # a marker of that name, and none of ours
    sd("kb", "publish", str(other), expect=REFUSED)
    sd("kb", "publish", "--check", str(other), expect=REFUSED)
    assert files_of(other) == {MARKER: b"thesis.txt\n", "thesis.txt": b"years of work"}


@pytest.mark.parametrize("name", [".htaccess", "articles/mine.html", "photos/me.jpg"])
def test_a_file_that_was_put_into_the_site_is_never_lost(
    sdj: JsonRunner, sd: Runner, site: Path, name: str
) -> None:
    """The whole folder is replaced, so a foreign file in it keeps it from being."""
    sdj("kb", "publish", str(site))
    (site / name).parent.mkdir(exist_ok=True)
    (site / name).write_text("mine")
    before = files_of(site)

    ran = sd("kb", "publish", str(site), at=LATER, expect=REFUSED)

    assert name.split("/", maxsplit=1)[0] in ran.stderr
    assert files_of(site) == before


def test_everybody_may_read_it(sd: Runner, site: Path) -> None:
    """Files and folders are readable whatever the umask is; the folder keeps the rights it had."""
    before = os.umask(0o077)
    try:
        sd("kb", "publish", str(site))
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in site.rglob("*") if path.is_file()}
    folders = {
        stat.S_IMODE(path.stat().st_mode) for path in (site, *site.rglob("*")) if path.is_dir()
    }
    assert (modes, folders) == ({0o644}, {0o755})
    site.chmod(0o750)
    sd("kb", "publish", str(site))
    assert stat.S_IMODE(site.stat().st_mode) == 0o750
    assert sorted(path.name for path in site.parent.iterdir()) == ["help"]


def test_a_link_to_the_folder_stays(sd: Runner, site: Path) -> None:
    """What the link points to is replaced, there or not; the link is as it was."""
    site.parent.mkdir()
    link = site.parent / "current"
    link.symlink_to("help")
    for _ in range(2):
        sd("kb", "publish", str(link))
        assert os.readlink(link) == "help"
        assert (site / "index.html").is_file()
        assert not site.is_symlink()


def test_a_link_in_the_site_is_not_followed(sd: Runner, site: Path, tmp_path: Path) -> None:
    """Where a folder of the site was made a link, nothing beyond it is touched."""
    sd("kb", "publish", str(site))
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "gold").write_text("gold")
    for path in (site / "articles").iterdir():
        path.unlink()
    (site / "articles").rmdir()
    (site / "articles").symlink_to(treasure)

    sd("kb", "publish", str(site), expect=REFUSED)
    assert (treasure / "gold").read_text() == "gold"


@pytest.mark.parametrize("exchanges", [True, False])
def test_nobody_sees_half_a_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    """Whoever opens the folder while it is replaced has files of one publication."""
    if not exchanges:
        monkeypatch.setattr(putting, "_exchanged", lambda *_: False)
    folder = tmp_path / "help"
    pair = [tmp_path / name for name in ("one", "other")]
    for each in pair:
        each.mkdir()
    at_once = putting._exchanged(*map(str, pair))  # noqa: SLF001 - what the file system can do
    for each in pair:
        each.rmdir()
    names = [f"articles/MA-{number}.html" for number in range(30)]
    put(dict.fromkeys(names, b"0"), str(folder))
    seen: list[set[bytes]] = []
    gaps, stop = [0], threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                gaps[0] += 1
                continue
            try:
                found = set()
                for name in names:
                    handle = os.open(name, os.O_RDONLY, dir_fd=at)
                    found.add(os.read(handle, 10))
                    os.close(handle)
                seen.append(found)
            except FileNotFoundError:
                pass  # the folder that was open has been taken away: nobody opens it any more
            finally:
                os.close(at)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(1, 40):
        put(dict.fromkeys(names, b"%d" % number), str(folder))
    stop.set()
    reader.join()
    assert seen
    assert all(len(found) == 1 for found in seen)
    assert not at_once or gaps[0] == 0
    assert os.listdir(tmp_path) == ["help"]


def test_what_a_killed_run_left_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it had come to; not before an hour, and nothing that holds what is not ours."""
    folder = tmp_path / "help"
    files = {"a.html": b"a", "sub/b.html": b"b"}
    put(files, str(folder))
    ours = [".help.abcdefgh.publishing", ".help.abcd_123.publishing.before"]
    for name in ours:
        shutil.copytree(folder, tmp_path / name)
    (tmp_path / ours[0] / "sub" / "b.html").unlink()
    empty = tmp_path / ".help.00000000.publishing"
    empty.mkdir()
    kept = [".help.20261123", ".help.abcdefgi.publishing", ".other.abcdefgh.publishing"]
    for name in kept:
        shutil.copytree(folder, tmp_path / name)
    (tmp_path / kept[1] / "thesis.txt").write_text("years of work")
    (tmp_path / ".help.abcdefgj.publishing").symlink_to(tmp_path / kept[0])
    unmarked = tmp_path / ".help.abcdefgk.publishing"
    shutil.copytree(folder, unmarked)
    (unmarked / MARKER).unlink()
    kept += [".help.abcdefgj.publishing", unmarked.name]

    put(files, str(folder))
    assert set(os.listdir(tmp_path)) == {"help", empty.name, *ours, *kept}
    monkeypatch.setattr(putting, "_LEFT_S", -1)
    put(files, str(folder))
    assert set(os.listdir(tmp_path)) == {"help", *kept}
    assert files_of(tmp_path / kept[0]) == files_of(folder)


def test_a_run_that_is_killed_leaves_what_is_known_as_ours(tmp_path: Path) -> None:
    """The marker is the first file of a site, so that half of one is known by it."""
    folder = tmp_path / "help"
    program = (
        "import os, sdcli.publish.put as p; p._keep_time = lambda *_: os._exit(9) if 'b.html' in _[0]"
        f" else False; p.put({{'a.html': b'a', 'b.html': b'b', 'c.html': b'c'}}, {str(folder)!r})"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    [left] = tmp_path.iterdir()
    assert sorted(files_of(left)) == [MARKER, "a.html", "b.html"]
    assert not folder.exists()


def test_what_cannot_be_written_leaves_the_site_as_it_was(
    sd: Runner, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk in the middle is told, and the old site is whole."""
    sd("kb", "publish", str(site))
    before = files_of(site)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sdcli.publish.put.os.fsync", full)
    ran = sd("kb", "publish", str(site), at=LATER, expect=UNEXPECTED)
    assert "No space left on device" in ran.stderr
    assert "as it was" in ran.stderr
    assert files_of(site) == before
    assert sorted(path.name for path in site.parent.iterdir()) == ["help"]


def test_a_file_is_no_folder(sd: Runner, tmp_path: Path) -> None:
    """A file in the place of the folder is a mistake of the command line."""
    (tmp_path / "file").write_text("x")
    sd("kb", "publish", str(tmp_path / "file"), expect=USAGE)
    sd("kb", "publish", "x", expect=NOT_FOUND, env={"SDCLI_DESK": str(tmp_path / "nowhere")})


def test_no_shelf_is_no_empty_shelf(sd: Runner, desk_dir: Path, site: Path) -> None:
    """A folder of articles that is not there is an error, and no site without articles."""
    (desk_dir / "kb").rename(desk_dir / "kb-away")
    sd("kb", "publish", str(site), expect=DATA_FILE)
    assert not site.exists()


def _reports(site: Path, name: str) -> list[dict[str, str]]:
    page = Page((site / name).read_text())
    return [link for link in page.of("a") if "data-report" in link]


def test_the_report_is_a_mail_to_the_desk(sd: Runner, sdj: JsonRunner, site: Path) -> None:
    """It names the article and its revision, and `open -` records it as read (R1a.3c)."""
    sd("kb", "publish", str(site))
    button, foot = _reports(site, "articles/KB-110.html")
    revision = sdj("kb", "show", "KB-110")["revision"]
    parts = urlsplit(button["href"])
    assert (parts.scheme, parts.path) == ("mailto", "desk@example.com")
    told = dict(pair.split("=", 1) for pair in parts.query.split("&"))
    assert unquote(told["subject"]).startswith("This did not help: Printer shows")
    assert "KB-" not in foot["href"]
    uses = ",%20".join([f"KB-110@{revision}", "KB-102@0123456789ab"])
    assert button["data-between"] == ",%20"
    completed = button["data-report"].replace("{read}", uses)
    body = unquote(dict(p.split("=", 1) for p in urlsplit(completed).query.split("&"))["body"])
    head = f"From: ada@example.com\r\nTo: {parts.path}\r\nSubject: {unquote(told['subject'])}\r\n"

    opened = sdj("open", "-", stdin=f"{head}Message-ID: <1@example.com>\r\n\r\n{body}".encode())

    assert opened["read"] == [
        {"id": "KB-110", "outcome": "shared", "revision": revision},
        {"id": "KB-102", "outcome": "shared", "revision": "0123456789ab"},
    ]
    assert (opened["requester"], opened["channel"]) == ("ada", "mail")


def test_the_report_may_be_a_form(sd: Runner, sdj: JsonRunner, site: Path) -> None:
    """The form gets the articles in its address, in the form that `open -` takes (R1a.3c)."""
    form = "https://intranet.example.com/request?form=help#top"
    sd("kb", "publish", str(site), "--report-to", form)
    revision = sdj("kb", "show", "KB-110")["revision"]
    button = _reports(site, "articles/KB-110.html")[0]
    assert button["rel"] == "noopener noreferrer"
    parts = urlsplit(button["href"])
    assert (parts.netloc, parts.fragment) == ("intranet.example.com", "top")
    assert parts.query == f"form=help&read=KB-110@{revision}"
    assert "read={read}" in button["data-report"]
    read = parts.query.rpartition("=")[2].split(",")

    opened = sdj("open", "-", stdin=json.dumps({"summary": "x", "user": "ada", "read": read}))

    assert opened["read"] == [{"id": "KB-110", "outcome": "shared", "revision": revision}]


@pytest.mark.parametrize(
    "place",
    ["javascript:alert(1)", "//example.com", "desk", "ftp://example.com/x", "https://", "a b@c.de"],
)
def test_callers_are_sent_to_no_strange_place(sd: Runner, site: Path, place: str) -> None:
    """--report-to takes a mail address or a page of the web."""
    ran = sd("kb", "publish", str(site), "--report-to", place, expect=USAGE)
    assert "mail address" in ran.stderr
    assert not site.exists()


def test_a_thousand_articles_take_seconds(desk: Desk, desk_dir: Path, site: Path) -> None:
    """They are published in a few seconds; what the search loads is told and stays small."""
    for number in range(1000):
        words = " ".join(f"word{number * 7 + step}" for step in range(80))
        shelve(desk_dir, f"MA-{number}", title=f"Case {number}", steps=[words, f"Then {words}"])
    result = KnowledgeBase(desk).publish(str(site))
    assert len(result.articles) == 1014
    assert result.search_bytes == (site / "assets" / "search-data.js").stat().st_size < 2_000_000


def test_it_runs_as_a_program(desk_dir: Path, site: Path) -> None:
    """From another folder, by a relative name, with nothing on stderr."""
    env = {**os.environ, "SDCLI_DESK": str(desk_dir), "SDCLI_USER": "ben"}
    command = [sys.executable, "-m", "sdcli", "kb", "publish", "help"]
    site.parent.mkdir()
    ran = subprocess.run(
        command, cwd=site.parent, env=env, capture_output=True, text=True, check=True
    )
    assert ran.stderr == ""
    assert ran.stdout.startswith(f"{site}: 14 articles, 0 bulletins")
