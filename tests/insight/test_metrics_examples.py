"""The rules, the dashboard and the crontab of examples/ fit what `sdcli metrics` prints.

What promtool and node_exporter say of it is tried where they are installed; see `make monitoring`.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from sdcli.insight.exposition import FORMS
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Runner

GRAFANA = REPOSITORY / "examples" / "grafana" / "sdcli.json"
PROMETHEUS = REPOSITORY / "examples" / "prometheus"
ADDED = {"instance", "job", "desk"}
"""Labels that Prometheus adds, or `--label`."""
PROMTOOL = shutil.which("promtool") or ""
NODE_EXPORTER = shutil.which("node_exporter") or shutil.which("prometheus-node-exporter") or ""
needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="promtool: apt-get install prometheus")


class Query(NamedTuple):
    """An expression, where it stands, and the legend that is made of its labels.

    `is_rule`: it is that of an alert, and not of a panel.
    """

    place: str
    expression: str
    legend: str = ""
    is_rule: bool = False


def _dashboard() -> Any:
    return json.loads(GRAFANA.read_text(encoding="utf-8"))


def _filled(expression: str) -> str:
    """An expression as Grafana sends it, with everything chosen."""
    return re.sub(r"\$\w+", ".*", expression)


def _queries() -> list[Query]:
    """Every expression of the dashboard and of the rules."""
    rules = yaml.safe_load((PROMETHEUS / "sdcli.rules.yml").read_text(encoding="utf-8"))
    found = [
        Query(rule["alert"], rule["expr"], is_rule=True)
        for group in rules["groups"]
        for rule in group["rules"]
    ]
    for panel in _dashboard()["panels"]:
        for target in panel.get("targets", ()):
            expression = _filled(target["expr"])
            found.append(Query(panel["title"], expression, target["legendFormat"]))
    return found


QUERIES = _queries()


@pytest.fixture(name="figures")
def _figures(sd: Runner) -> dict[str, dict[str, set[str]]]:
    """The names of figures, with their labels and what each says."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(sd("metrics").stdout):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)
    return found


def _selected(expression: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Each figure that an expression asks for, with its matchers."""
    for name, matchers in re.findall(r"\b(sdcli_\w+)\s*(?:\{([^}]*)\})?", expression):
        yield name, re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', matchers)


def test_every_query_names_what_there_is(figures: dict[str, dict[str, set[str]]]) -> None:
    """Every figure, label and literal value of every query is one that is really printed (R6.4)."""
    for query in QUERIES:
        selected = list(_selected(query.expression))
        assert selected, query
        known: set[str] = set()
        for name, matchers in selected:
            assert name in figures, query
            known |= {*figures[name], *ADDED}
            for label, operator, value in matchers:
                assert label in {*figures[name], *ADDED}, query
                if label not in ADDED and value != ".*":
                    pattern = value if "~" in operator else re.escape(value)
                    for part in pattern.split("|"):
                        assert part in figures[name][label], (query, part)
        grouped = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", query.expression)
        named = {each.strip() for group in grouped for each in group.split(",")}
        assert named <= known, query
        assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= named, query


def test_what_matters_is_watched() -> None:
    """The dashboard shows, and the rules watch, what a desk must not miss."""
    shown = {
        name for query in QUERIES if not query.is_rule for name, _ in _selected(query.expression)
    }
    watched = {
        name for query in QUERIES if query.is_rule for name, _ in _selected(query.expression)
    }
    both = {
        f"sdcli_{name}"
        for name in (
            "tickets_open",
            "tickets_unassigned",
            "sla_targets",
            "sla_last_check_timestamp_seconds",
            "notifications_undelivered",
            "notifications_given_up",
            "intake_quarantined",
            "queue_people_available",
            "metrics_generated_timestamp_seconds",
        )
    }

    assert both <= shown
    assert both <= watched
    assert {"sdcli_oldest_ticket_age_seconds", "sdcli_tickets_opened_last_day"} <= shown


def test_the_dashboard_can_be_imported() -> None:
    """Its ids are unique, panels do not overlap, and the data source is a variable everywhere."""
    dashboard = _dashboard()
    panels = dashboard["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(ids) == len(set(ids))
    assert dashboard["id"] is None
    assert dashboard["schemaVersion"] >= 39
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
        if panel["type"] != "row":
            sources = [panel["datasource"], *(each["datasource"] for each in panel["targets"])]
            assert {each["uid"] for each in sources} == {"${datasource}"}
            assert panel["description"].endswith(".")
    names = {each["name"] for each in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard))) - {"__all"}
    assert used == names


def test_the_crontab_calls_what_there_is(sd: Runner, tmp_path: Path) -> None:
    """The line of the crontab runs as it stands, but for the folders."""
    text = (PROMETHEUS / "sdcli.cron").read_text(encoding="utf-8")
    calls = re.findall(r"/usr/local/bin/sdcli --desk \S+ (.*)", text)
    assert len(calls) == 2
    for number, call in enumerate(calls):
        words = call.split()
        file = tmp_path / f"{number}.prom"
        assert words[-1].startswith("/var/lib/prometheus/node-exporter/")
        assert words[-1].endswith(".prom")
        sd(*words[:-1], str(file))
        assert file.read_text(encoding="utf-8").startswith("# HELP sdcli_")


@needs_promtool
def test_promtool_finds_nothing(sd: Runner) -> None:
    """`promtool check metrics` accepts the text, and has nothing to remark."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    text = sd("metrics", "--label", 'desk=a "desk"\\').stdout

    ran = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=text, text=True, capture_output=True, check=False
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@needs_promtool
def test_promtool_reads_rules_and_queries(tmp_path: Path) -> None:
    """The rules are sound, do what their tests say, and every query of the dashboard parses."""
    dashboard = [query for query in QUERIES if not query.is_rule]
    recorded = tmp_path / "dashboard.yml"
    rules = [
        {"record": f"panel:{number}", "expr": query.expression}
        for number, query in enumerate(dashboard)
    ]
    recorded.write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8"
    )
    for args in (
        ("check", "rules", "--lint-fatal", "sdcli.rules.yml"),
        ("check", "rules", "--lint-fatal", str(recorded)),
        ("test", "rules", "sdcli.rules.test.yml"),
    ):
        ran = subprocess.run(
            [PROMTOOL, *args], cwd=PROMETHEUS, text=True, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "SUCCESS" in ran.stdout


def test_every_rule_is_tried() -> None:
    """Every alert has a case in which it fires, and one in which it is quiet."""
    cases = yaml.safe_load((PROMETHEUS / "sdcli.rules.test.yml").read_text(encoding="utf-8"))
    fires: set[str] = set()
    quiet: set[str] = set()
    for case in cases["tests"]:
        for tried in case["alert_rule_test"]:
            (fires if tried.get("exp_alerts") else quiet).add(tried["alertname"])

    assert fires == quiet == {query.place for query in QUERIES if query.is_rule}


def _exported(folder: Path) -> str:
    """What node_exporter, started for this, gives of the files in a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        NODE_EXPORTER,
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={folder}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        try:
            return _fetched(f"http://127.0.0.1:{port}/metrics", running)
        finally:
            running.terminate()


def _fetched(url: str, running: subprocess.Popen[bytes]) -> str:
    """The page of a program that is just starting."""
    fetch = build_opener(ProxyHandler({})).open
    until = time.monotonic() + 20
    while time.monotonic() < until and running.poll() is None:
        with suppress(URLError), fetch(url, timeout=20) as answer:
            text: str = answer.read().decode()
            return text
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.05)
    raise AssertionError(f"{url} gives nothing")


@pytest.mark.skipif(not NODE_EXPORTER, reason="apt-get install prometheus-node-exporter")
def test_node_exporter_reads_it(sd: Runner, tmp_path: Path) -> None:
    """The textfile collector takes the files of two desks, and gives what is in them."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    for desk in ("berlin", "paris"):
        file = tmp_path / f"{desk}.prom"
        sd("metrics", "--label", f"desk={desk}", "--output", str(file))

    text = _exported(tmp_path)
    families = {each.name: each for each in text_string_to_metric_families(text)}

    assert families["node_textfile_scrape_error"].samples[0].value == 0
    backlog = families["sdcli_tickets_open"].samples
    assert {sample.labels["desk"] for sample in backlog} == {"berlin", "paris"}
    assert sum(sample.value for sample in backlog) == 2
    assert families["sdcli_tickets_created"].type == "counter"
    assert FORMS[0] == "prometheus"
