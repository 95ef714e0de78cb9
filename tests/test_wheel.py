"""The wheel: built, installed where nothing else is, and used outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import REPOSITORY


def _declared(wheel: Path) -> set[str]:
    """The distributions that the wheel declares, and those that they declare in turn."""
    found: set[str] = set()
    waiting = list(metadata.PathDistribution(_metadata_of(wheel)).requires or [])
    while waiting:
        requirement = Requirement(waiting.pop())
        needed = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if needed and requirement.name not in found:
            found.add(requirement.name)
            waiting += metadata.requires(requirement.name) or []
    return found


def _metadata_of(wheel: Path) -> Path:
    unpacked = wheel.parent / "unpacked"
    shutil.unpack_archive(wheel, unpacked, "zip")
    return next(unpacked.glob("*.dist-info"))


def _copy_distribution(name: str, target: Path) -> None:
    """Put the files of an installed distribution into another environment's packages."""
    for file in metadata.files(name) or []:
        source = Path(str(file.locate()))
        if ".." not in file.parts and source.is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / file)


@pytest.fixture(name="installed", scope="module")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `sdcli` program of an environment that holds the wheel and what it declares."""
    work = tmp_path_factory.mktemp("wheel")
    source = work / "source"
    ignore = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")
    shutil.copytree(REPOSITORY, source, symlinks=True, ignore=ignore)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(work), "."]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    shutil.rmtree(source)
    wheel = next(work.glob("*.whl"))

    environment = work / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    packages = next((environment / "lib").glob("python*/site-packages"))
    for name in _declared(wheel):
        _copy_distribution(name, packages)
    return environment / "bin" / "sdcli"


def _run(program: Path, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.defpath, "HOME": str(cwd), "SDCLI_USER": "ben"}
    command = [str(program), *args]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_the_wheel_works_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    """`sdcli init desk && cd desk && sdcli open …` with nothing but what the wheel declares."""
    started = _run(installed, "init", "desk", cwd=tmp_path)
    assert started.returncode == 0, started.stderr
    desk = tmp_path / "desk"

    opened = _run(installed, "open", "VPN drops", "--user", "ada", cwd=desk)
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.startswith("SD-1 created")
    for args in (["lint"], ["list"], ["search-kb", "vpn"], ["sla-check"], ["--help"]):
        ran = _run(installed, *args, cwd=desk)
        assert ran.returncode == 0, ran.stderr


def test_the_wheel_brings_the_self_help_site(installed: Path, tmp_path: Path) -> None:
    """Templates, style, scripts and the licence of what is not ours are in the package (R3a.2)."""
    _run(installed, "init", "desk", cwd=tmp_path)

    ran = _run(installed, "kb", "publish", "../help", cwd=tmp_path / "desk")

    assert ran.returncode == 0, ran.stderr
    assets = {path.name for path in (tmp_path / "help" / "assets").iterdir()}
    source = REPOSITORY / "sdcli" / "publish" / "site"
    ours = {path.name for path in source.iterdir() if path.suffix not in (".j2", ".md")}
    assert assets == ours | {"search-data.js"}
    packages = next((installed.parents[1] / "lib").glob("python*/site-packages"))
    assert (packages / "sdcli" / "publish" / "site" / "THIRD-PARTY.md").is_file()


def test_the_wheel_brings_the_page_of_a_report(installed: Path, tmp_path: Path) -> None:
    """Template, style, scripts and the licences of what is not ours are in the package."""
    _run(installed, "init", "desk", cwd=tmp_path)
    desk = tmp_path / "desk"
    _run(installed, "open", "VPN drops", "--user", "ada", cwd=desk)

    ran = _run(installed, "report", "--html", "../report.html", cwd=desk)

    assert ran.returncode == 0, ran.stderr
    assert "Requests opened" in (tmp_path / "report.html").read_text(encoding="utf-8")
    packages = next((installed.parents[1] / "lib").glob("python*/site-packages"))
    source = REPOSITORY / "sdcli" / "render" / "page"
    brought = {path.name for path in (packages / "sdcli" / "render" / "page").iterdir()}
    assert brought == {path.name for path in source.iterdir()}


def test_the_starter_is_the_repositorys(installed: Path, tmp_path: Path) -> None:
    """The wheel carries the same files as the top of the repository, all of them."""
    _run(installed, "init", "desk", cwd=tmp_path)

    for path in (*REPOSITORY.glob("catalog/**/*.yaml"), *REPOSITORY.glob("kb/*.yaml")):
        assert (tmp_path / "desk" / path.relative_to(REPOSITORY)).read_bytes() == path.read_bytes()
