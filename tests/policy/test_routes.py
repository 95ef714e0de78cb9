"""Routes that cannot send, or that would show a secret, are refused with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.errors import DataFileError
from sdcli.policy.load import read_policy
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.errors import Problem

UNTOLD = "hunter2-untold"
PLAIN = (REPOSITORY / "sla_policies.yaml").read_text(encoding="utf-8")
FIRST = PLAIN.count("\n") + 2  # `deliver`; the routes begin two lines below it


def problems(desk: Path, route: str, deliver: str = "{}") -> list[tuple[int, str]]:
    """What is wrong with one route `r` and what it takes: lines from `deliver` on, and words."""
    (desk / "sla_policies.yaml").write_text(f"{PLAIN}\n  deliver: {deliver}\nroutes:\n  {route}\n")
    found: tuple[Problem, ...] = ()
    try:
        read_policy(str(desk))
    except DataFileError as error:
        found = error.problems
    assert all(problem.file == "sla_policies.yaml" for problem in found)
    return [(problem.line - FIRST, problem.message) for problem in found]


SOUND = [
    "r: {via: apprise, url: {env: MAIL_URL}}",
    "r: {via: apprise, url: {file: /etc/sdcli/url}, window: business-hours, digest: 1h30m}",
    "r: {via: command, command: [page, -a, -a, '{id}'], time_limit: 2m}",
    "r: {via: terminal}",
    "r: {via: apprise, url: {env: U}, retry: {first: 5m}, template: alert}",
]


@pytest.mark.parametrize("route", SOUND)
def test_sound_routes(route: str, desk_dir: Path) -> None:
    """What the page on alerts describes is taken."""
    takes = "{warning: [r], breach: [r], management: [r]}"
    assert problems(desk_dir, route, takes) == []


WRONG = {
    f"r: {{via: apprise, url: 'mailto://ben:{UNTOLD}@host'}}": "never belong into a desk's files",
    f"r: {{via: apprise, url: {{env: 'json://x/{UNTOLD}'}}}}": "must be the name of a variable",
    f"r: {{via: apprise, url: {{file: 'json://x/{UNTOLD}'}}}}": "must be a path from the root",
    f"r: {{via: apprise, url: {{'json://x/{UNTOLD}'}}}}": "never belong into a desk's files",
    "r: {via: apprise, url: {}}": "names one of the two",
    "r: {via: apprise, url: {env: A, file: /b}}": "names one of the two",
    "r: {via: apprise}": "needs the key `url`",
    "r: {via: command}": "needs the key `command`",
    "r: {via: command, command: [page], url: {env: A}}": "has no use for `url`",
    "r: {via: terminal, window: business-hours}": "has no use for `window`",
    "r: {via: pigeon}": "it must be one of apprise, command, terminal",
    "r: {via: apprise, url: {env: A}, window: nights}": "there is no calendar `nights`",
    "r: {via: apprise, url: {env: A}, template: ../../etc/passwd}": "write only NAME",
    "r: {via: apprise, url: {env: A}, time_limit: 20 s}": "20s or 2m",
    "r: {via: apprise, url: {env: A}, digest: soon}": "30m, 4h or 1h30m",
    "r: {via: apprise, url: {env: A}, retry: {first: 2h}}": "must not be longer",
    "r: {via: command, command: [page, '{password}']}": "stands for nothing",
    "r: {via: command, command: [page, '{id}', '{__class__}']}": "stands for nothing",
    "r: {via: command, command: []}": "names no program",
    "r: {via: command, command: ['{id}']}": "begins with the program itself",
    "r: {via: command, command: ['/opt/{ref}', x]}": "begins with the program itself",
    "r: {via: comand, command: [page]}": "`routes.r.via` is 'comand'; it must be one of apprise,",
    "r: {via: [apprise], url: {env: A}}": "via` must be",
    "r: {via: comand, url: {env: A}, command: [page]}": "it must be one of",
    "a b: {via: terminal}": "by letters, digits",
}


@pytest.mark.parametrize("route", WRONG)
def test_wrong_routes(route: str, desk_dir: Path) -> None:
    """Each is refused at its line, in words that do not hold the secret."""
    found = problems(desk_dir, route)

    assert [line for line, _ in found] == [2], found
    assert WRONG[route] in found[0][1]
    assert UNTOLD not in str(found)


@pytest.mark.parametrize(
    ("deliver", "told"),
    [
        ("{breach: [mial]}", "there is no route `mial`"),
        ("{business: [r]}", "needs `business_contacts`"),
        ("{business: [r], business_contacts: [nobody]}", "there is no contact `nobody`"),
        ("{caller: [console]}", "the caller does not read"),
        ("{lunch: [r]}", "has no key `lunch`"),
    ],
)
def test_wrong_deliveries(deliver: str, told: str, desk_dir: Path) -> None:
    """A route or a person that is not there would mean that nobody hears it."""
    routes = "r: {via: command, command: [page]}\n  console: {via: terminal}"

    found = problems(desk_dir, routes, deliver)

    assert [line for line, _ in found] == [0], found
    assert told in found[0][1]


def test_a_desk_without_routes_is_as_it_was(desk_dir: Path) -> None:
    """Old files stay valid, and nothing is delivered."""
    policy = read_policy(str(desk_dir))

    assert policy.sla.routes == {}
    assert policy.sla.alerts.deliver.breach == ()
