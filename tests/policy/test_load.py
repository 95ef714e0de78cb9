"""The cache never shows anything but what the files say now."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdcli.errors import DataFileError
from sdcli.policy import load
from sdcli.policy.load import Cached, offered, policy, process, read_policy
from sdcli.policy.model import FILES, SERVICES, TEAMS, Policy
from sdcli.policy.process import PROCESS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(name="settled")
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as settled at once, so that nothing has to wait for two seconds to pass."""
    monkeypatch.setattr(load, "_SETTLED_NS", -(10**18))


@pytest.fixture(name="cache")
def _cache(tmp_path: Path) -> Path:
    """A cache file, in a folder that is not there yet."""
    return tmp_path / "deep" / "cache" / "policy.json"


def _no_files(_root: str) -> Policy:
    """Stands in for reading the files where the cache should have been enough."""
    pytest.fail("the files were read")


def _mark(cache: Path, hash_: str = "from the cache") -> None:
    """Change the cached policy, so that it can be told from the files' own."""
    kept = msgspec.json.decode(cache.read_bytes(), type=Cached[Policy])
    marked = msgspec.structs.replace(kept.value, hash=hash_)
    cache.write_bytes(msgspec.json.encode(msgspec.structs.replace(kept, value=marked)))


def _of_others(raw: bytes) -> bytes:
    """A cache file that was made from other contents."""
    return raw.replace(b'"contents":"', b'"contents":"0', 1)


def _rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file's content in place, then give it back the times it had.

    The file system's clock has to tick in between, which takes a few milliseconds.
    """
    before = path.stat()
    raw = change(path.read_bytes())
    end = time.monotonic() + 5
    while path.stat().st_ctime_ns == before.st_ctime_ns and time.monotonic() < end:
        path.write_bytes(raw)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.usefixtures("settled")
def test_the_cache_says_what_the_files_say(
    desk_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes from the cache equals what was read, in every field."""
    root = str(desk_dir)
    read = read_policy(root)
    assert policy(root, str(cache)) == read
    assert cache.is_file()
    monkeypatch.setattr(load, "read_policy", _no_files)
    kept = policy(root, str(cache))
    assert kept == read
    assert repr(kept) == repr(read)


@pytest.mark.usefixtures("settled")
def test_without_a_cache_nothing_is_kept(desk_dir: Path, tmp_path: Path) -> None:
    """A desk without a cache file reads its files and writes nothing."""
    before = sorted(tmp_path.rglob("*"))
    assert policy(str(desk_dir)) == read_policy(str(desk_dir))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("settled")
def test_the_cache_is_for_its_owner_only(desk_dir: Path, cache: Path) -> None:
    """The folder of the cache is made for nobody else, and holds one file and no scraps."""
    policy(str(desk_dir), str(cache))
    assert cache.parent.stat().st_mode & 0o777 == 0o700
    assert os.listdir(cache.parent) == [cache.name]


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("file", FILES)
def test_an_edit_is_seen(desk_dir: Path, cache: Path, file: str) -> None:
    """An edit of any file is seen at once, also with the same size and the same times."""
    before = policy(str(desk_dir), str(cache))
    size = (desk_dir / file).stat().st_size
    _rewrite(desk_dir / file, lambda raw: raw.replace(b"# ", b"#-", 1))
    assert (desk_dir / file).stat().st_size == size
    after = policy(str(desk_dir), str(cache))
    assert after.hash != before.hash
    assert after == read_policy(str(desk_dir))


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("file", FILES)
def test_a_replaced_file_is_seen(desk_dir: Path, cache: Path, file: str) -> None:
    """A file put in the place of another, as editors save, is another file."""
    before = policy(str(desk_dir), str(cache))
    path, other = desk_dir / file, desk_dir / "other"
    times = path.stat()
    other.write_bytes(path.read_bytes().replace(b"# ", b"#-", 1))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)
    assert policy(str(desk_dir), str(cache)).hash != before.hash


@pytest.mark.usefixtures("settled")
def test_a_mistake_is_seen_behind_a_cache(desk_dir: Path, cache: Path) -> None:
    """A file that has gone wrong, or has gone, is not covered up by what it once said."""
    root = str(desk_dir)
    policy(root, str(cache))
    text = (desk_dir / TEAMS).read_text(encoding="utf-8")
    (desk_dir / TEAMS).write_text(text.replace("tier: 1", "tier: 7", 1), encoding="utf-8")
    with pytest.raises(DataFileError):
        policy(root, str(cache))
    (desk_dir / TEAMS).unlink()
    with pytest.raises(DataFileError):
        policy(root, str(cache))
    (desk_dir / TEAMS).write_text(text, encoding="utf-8")
    assert policy(root, str(cache)) == read_policy(root)


@pytest.mark.usefixtures("settled")
def test_a_desk_with_mistakes_is_not_cached(desk_dir: Path, cache: Path) -> None:
    """Only a policy that has been found sound is kept."""
    (desk_dir / SERVICES).write_text("format: 1\n", encoding="utf-8")
    with pytest.raises(DataFileError):
        policy(str(desk_dir), str(cache))
    assert not cache.exists()


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda _raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw + b"x",
        lambda raw: raw.replace(b'"P1"', b'"P9"', 1),
        lambda raw: b"\xff" + raw,
        lambda _raw: b"null",
        lambda _raw: b'{"tickets": {}}',
        lambda raw: raw.replace(b'"made_by":"', b'"made_by":"0', 1),
        lambda raw: _of_others(raw.replace(b'"stamps":[[', b'"stamps":[[1', 1)),
        lambda raw: _of_others(raw.replace(b'"stamps":[[', b'"stamps":[[1],[', 1)),
        lambda raw: raw.replace(b'"stamps":[[', b'"stamps":[["', 1),
    ],
)
def test_a_damaged_or_foreign_cache_is_not_used(
    desk_dir: Path, cache: Path, spoil: Callable[[bytes], bytes]
) -> None:
    """A cache that is broken, of another version or of other files is made anew."""
    root = str(desk_dir)
    read = policy(root, str(cache))
    _mark(cache)
    assert policy(root, str(cache)).hash == "from the cache"
    raw = cache.read_bytes()
    assert spoil(raw) != raw
    cache.write_bytes(spoil(raw))
    assert policy(root, str(cache)) == read
    assert policy(root, str(cache)) == read
    assert msgspec.json.decode(cache.read_bytes(), type=Cached[Policy]).value == read


@pytest.mark.usefixtures("settled")
def test_a_cache_of_brackets_is_not_used(desk_dir: Path, cache: Path) -> None:
    """A cache that nests too deep for the decoder is only not used."""
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    assert policy(str(desk_dir), str(cache)) == read_policy(str(desk_dir))


@pytest.mark.usefixtures("settled")
def test_a_cache_of_another_desk_is_not_used(desk_dir: Path, tmp_path: Path, cache: Path) -> None:
    """Two desks that share a cache file each get their own policy."""
    other = tmp_path / "other"
    (other / "catalog").mkdir(parents=True)
    for name in FILES:
        (other / name).write_bytes((desk_dir / name).read_bytes().replace(b"# ", b"#-", 1))
    one, two = policy(str(desk_dir), str(cache)), policy(str(other), str(cache))
    assert one.hash != two.hash
    assert policy(str(desk_dir), str(cache)) == one
    assert policy(str(other), str(cache)) == two


@pytest.mark.usefixtures("settled")
def test_a_cache_that_cannot_be_written_is_done_without(desk_dir: Path, tmp_path: Path) -> None:
    """A cache that is a folder, below a file or nowhere does not stop anybody."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    read = read_policy(str(desk_dir))
    for cache in (
        tmp_path / "file" / "policy.json",
        tmp_path / "folder",
        tmp_path / ("n" * 300),
        "/proc/none/policy.json",
    ):
        assert policy(str(desk_dir), str(cache)) == read
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.usefixtures("settled")
def test_a_cache_that_cannot_be_written_leaves_nothing(desk_dir: Path, tmp_path: Path) -> None:
    """The cache is written whole or not at all: no scraps stay behind."""
    (tmp_path / "folder" / "policy.json").mkdir(parents=True)
    policy(str(desk_dir), str(tmp_path / "folder" / "policy.json"))
    assert os.listdir(tmp_path / "folder") == ["policy.json"]


def test_young_files_are_known_by_their_contents(desk_dir: Path, cache: Path) -> None:
    """Files changed within the last two seconds could change again unseen by their stamps.

    So no stamp of them is kept: they are read, and not decoded, until they are older. A modification
    time in the past does not make them older: the inode's own change counts.
    """
    for name in FILES:
        os.utime(desk_dir / name, ns=(0, 10**18))
    read = policy(str(desk_dir), str(cache))
    assert read == read_policy(str(desk_dir))
    assert msgspec.json.decode(cache.read_bytes(), type=Cached[Policy]).stamps is None
    _mark(cache)
    assert policy(str(desk_dir), str(cache)).hash == "from the cache"

    path = desk_dir / SERVICES
    path.write_bytes(path.read_bytes().replace(b"# ", b"#-", 1))

    assert policy(str(desk_dir), str(cache)) == read_policy(str(desk_dir)) != read


@pytest.mark.usefixtures("settled")
def test_the_same_contents_are_not_decoded_again(
    desk_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that are new and say the same, as after a checkout, are known, also the next time."""
    policy(str(desk_dir), str(cache))
    for name in FILES:
        path = desk_dir / name
        path.write_bytes(path.read_bytes())
    monkeypatch.setattr(load, "read_policy", _no_files)
    policy(str(desk_dir), str(cache))
    monkeypatch.setattr(load, "_contents", _no_files)
    policy(str(desk_dir), str(cache))


@pytest.mark.usefixtures("settled")
def test_what_was_written_meanwhile_is_not_kept(
    desk_dir: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that change while they are read are not taken for what was read of them."""

    def slowly(root: str) -> Policy:
        found = read_policy(root)
        path = desk_dir / SERVICES
        path.write_bytes(path.read_bytes().replace(b"# ", b"#-", 1))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(load, "read_policy", slowly)
        policy(str(desk_dir), str(cache))

    assert policy(str(desk_dir), str(cache)) == read_policy(str(desk_dir))


def test_files_that_are_gone_are_not_known_any_more(desk_dir: Path, cache: Path) -> None:
    """Where all files are gone, what was made of young ones is not taken for what none says."""
    assert offered(str(desk_dir), str(cache)).all
    shutil.rmtree(desk_dir / "catalog" / "procedures")
    shutil.rmtree(desk_dir / "catalog" / "changes")

    assert not offered(str(desk_dir), str(cache)).all


def test_a_file_that_comes_to_be_is_seen(desk_dir: Path, cache: Path) -> None:
    """An empty file is another thing than none."""
    (desk_dir / PROCESS).unlink()
    process(str(desk_dir), str(cache))
    (desk_dir / PROCESS).touch()

    with pytest.raises(DataFileError, match="empty"):
        process(str(desk_dir), str(cache))


@pytest.mark.parametrize(("age_ns", "kept"), [(1_000_000_000, False), (2_100_000_000, True)])
@pytest.mark.parametrize("young", range(len(FILES)))
def test_one_young_file_is_enough(
    desk_dir: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    age_ns: int,
    kept: bool,
    young: int,
) -> None:
    """It takes all files to be older than two seconds for them to be known by their stamps."""
    read = read_policy(str(desk_dir))
    stamps = load._stamps(str(desk_dir), FILES)  # noqa: SLF001 - a test cannot set the time of an inode
    (desk_dir / "now").touch()
    now_ns = (desk_dir / "now").stat().st_ctime_ns
    for index, stamp in enumerate(stamps):
        stamp[-1] = now_ns - (age_ns if index == young else 3_600_000_000_000)
    monkeypatch.setattr(load, "_stamps", lambda *_: stamps)
    monkeypatch.setattr(load, "read_policy", lambda _root: read)  # no time passes in between
    policy(str(desk_dir), str(cache))
    found = msgspec.json.decode(cache.read_bytes(), type=Cached[Policy]).stamps
    assert found == (stamps if kept else None)


@given(raw=st.binary(max_size=300))
@example(b"")
@example(b"[]")
@example(b'{"made_by":"","stamps":[],"contents":"","value":{}}')
def test_any_bytes_are_no_cache(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    """Whatever a cache file holds, it is not used unless it is the right one."""
    path = tmp_path_factory.getbasetemp() / "any-cache"
    path.write_bytes(raw)
    assert load._from_cache(str(path), Cached[Policy]) is None  # noqa: SLF001 - as fast as this


def test_the_hash_is_that_of_the_files(desk_dir: Path) -> None:
    """The policy's hash changes with any byte of any file, and with nothing else."""
    hashes = {read_policy(str(desk_dir)).hash}
    assert read_policy(str(desk_dir)).hash in hashes
    for name in FILES:
        with (desk_dir / name).open("ab") as stream:
            stream.write(b"#\n")
        hashes.add(read_policy(str(desk_dir)).hash)
    assert len(hashes) == len(FILES) + 1
    assert all(len(hash_) == 64 for hash_ in hashes)


def test_agreements_give_targets(policy: Policy) -> None:
    """An agreement's own targets count where it has them, else those of the desk."""
    sla = policy.sla
    assert sla.agreement_targets("critical", "P1").response.seconds == 600
    assert sla.agreement_targets("critical", "P3") == sla.targets.P3
    assert sla.agreement_targets("standard", "P1") == sla.targets.P1
