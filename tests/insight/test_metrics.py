"""`sdcli metrics`: what monitoring systems are told agrees with the ledger, and they can read it."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import stat
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as families_in

from bench.desks import NOW as BENCH_NOW
from bench.desks import write_ledger
from sdcli import errors
from sdcli.desk import Desk
from sdcli.insight.exposition import FORMS, Form, written
from sdcli.insight.metrics import Family, Sample, label
from sdcli.metrics import OWN_LABELS, Metrics, put
from sdcli.tickets.words import PRIORITIES, REQUEST_TYPES
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from prometheus_client import Metric

    from sdcli.tickets.query import Query
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

open_families: Callable[[str], Iterator[Metric]] = openmetrics.text_string_to_metric_families
Figures = dict[str, dict[frozenset[tuple[str, str]], float]]


def parsed(text: str) -> Figures:
    """The samples of a text in Prometheus' format, by name and labels; none stands twice."""
    found: Figures = {}
    for family in families_in(text):
        for sample in family.samples:
            key = frozenset(sample.labels.items())
            assert key not in found.setdefault(sample.name, {}), sample
            assert sample.timestamp is None
            found[sample.name][key] = sample.value
    return found


def total(figures: Figures, name: str, **labels: str) -> float:
    """The sum of a figure over the samples with these labels."""
    return sum(value for key, value in figures[name].items() if labels.items() <= dict(key).items())


def _told(document: Any) -> Figures:
    """The same of the JSON document."""
    return {
        each["name"]: {frozenset(s["labels"].items()): s["value"] for s in each["samples"]}
        for each in document["metrics"]
        if each["samples"]
    }


@pytest.fixture(name="busy")
def _busy(sd: Runner) -> None:
    """A desk with tickets in every state, old and new ones."""
    hour = timedelta(hours=1)
    old = NOW - timedelta(days=5)
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn", at=old)
    sd("open", "Old and done", "--user", "dana", at=old)
    sd("close", "SD-2", "--code", "solved", "--unconfirmed", "left", at=old + hour)
    sd("open", "New laptop", "--user", "dana", "--type", "fulfilment", at=NOW - 30 * hour)
    sd("open", "How to scan", "--user", "ada", "--type", "information", at=NOW - 3 * hour)
    sd("note", "SD-4", "told", "--minutes", "7", at=NOW - 2 * hour)
    sd(
        "close",
        "SD-4",
        "--code",
        "solved",
        "--confirmed-by",
        "ada",
        "--via",
        "phone",
        at=NOW - hour,
    )
    sd("open", "Printer", "--user", "ada", "--type", "incident", "--service", "printing")
    sd("accept", "SD-5")
    sd("escalate", "SD-5", "--to", "network", "--reason", "a cable")
    sd("open", "E-mail", "--user", "ada", "--type", "incident", "--service", "email")
    sd("accept", "SD-6")
    sd("resolve", "SD-6", "--code", "solved")
    sd("open", "Waits", "--user", "ada", "--type", "incident", "--service", "email")
    sd("accept", "SD-7")
    sd("wait", "SD-7", "--for", "user")
    sd("reopen", "SD-2", "--reason", "it is back", at=NOW - hour)
    sd("problem", "open", "Cables", "--incident", "SD-5")
    sd("bulletin", "post", "SD-1", "The VPN drops for all.")


AT_WORK = ("new", "in_progress", "waiting")


@pytest.mark.usefixtures("busy")
def test_figures_agree_with_the_lists(sd: Runner, sdj: JsonRunner) -> None:
    """Each figure is what an independent count of `list` and `export` gives (R6.4)."""
    figures = parsed(sd("metrics").stdout)
    listed = sdj("list")
    at_work = [each for each in listed if each["status"] in AT_WORK]
    exported = [json.loads(line) for line in sd("export").stdout.splitlines()]

    names = ("queue", "priority", "type", "status")
    counted = Counter(frozenset((name, each[name]) for name in names) for each in at_work)
    backlog = figures["sdcli_tickets_open"]
    assert {key: count for key, count in backlog.items() if count} == counted
    unassigned = Counter(each["queue"] for each in at_work if each["assignee"] is None)
    for queue in unassigned:
        assert total(figures, "sdcli_tickets_unassigned", queue=queue) == unassigned[queue]
        oldest = min(each["opened_at"] for each in at_work if each["queue"] == queue)
        age = (NOW - datetime.fromisoformat(oldest.replace("Z", "+00:00"))).total_seconds()
        assert total(figures, "sdcli_oldest_ticket_age_seconds", queue=queue) == age
    assert total(figures, "sdcli_tickets_not_accepted") == 1
    assert total(figures, "sdcli_confirmations_waiting") == len(listed) - len(at_work) == 1
    assert total(figures, "sdcli_tickets_created_total") == len(exported) == 8
    assert total(figures, "sdcli_problems_open") == len(sdj("problem", "list")) == 1
    assert total(figures, "sdcli_bulletins_active") == 1

    day = f"{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    requests = [each for each in exported if each["events"][0].get("record") != "problem"]
    kinds = Counter(
        event["kind"] for each in requests for event in each["events"] if event["at"] >= day
    )
    assert total(figures, "sdcli_tickets_opened_last_day") == kinds["opened"] == 4
    assert total(figures, "sdcli_tickets_reopened_last_day") == kinds["reopened"] == 1
    assert total(figures, "sdcli_tickets_closed_last_day", type="information") == 1
    assert total(figures, "sdcli_tickets_closed_last_day") == kinds["closed"] == 1
    assert total(figures, "sdcli_tickets_resolved_last_day") == 2, "SD-4 by closing it, and SD-6"
    assert total(figures, "sdcli_work_booked_last_day_seconds") == 7 * 60


@pytest.mark.usefixtures("busy")
def test_clocks_agree_with_the_lists(sd: Runner, sdj: JsonRunner) -> None:
    """Targets are counted as the clocks of each ticket stand, and as `sla-check --nagios` does."""
    later = NOW + timedelta(hours=5)
    figures = parsed(sd("metrics", at=later).stdout)
    counted: Counter[tuple[str, str, str]] = Counter()
    due: dict[str, int] = {}
    for each in sdj("list", at=later):
        for target, face in each["sla"].items() if each["status"] in AT_WORK else ():
            state = face["state"]
            if state == "running" and face["percent"] >= 80:
                state = "near"
            if state in ("running", "near", "breached", "paused"):
                counted[target, each["priority"], state] += 1
            if state in ("running", "near"):
                at = datetime.fromisoformat(face["due"].replace("Z", "+00:00")).timestamp()
                due[target] = min(due.get(target, int(at)), int(at))

    assert {state for _, _, state in counted} >= {"running", "breached", "paused"}
    for (target, priority, state), count in counted.items():
        found = total(figures, "sdcli_sla_targets", target=target, priority=priority, state=state)
        assert found == count
    assert total(figures, "sdcli_sla_targets") == counted.total()
    told = figures["sdcli_sla_next_due_timestamp_seconds"]
    assert {dict(key)["target"]: value for key, value in told.items()} == due
    assert due


@pytest.mark.usefixtures("busy")
def test_json_has_the_same_samples(sd: Runner, sdj: JsonRunner) -> None:
    """`--json` tells the very samples of the text, and the text of either format the same."""
    figures = parsed(sd("metrics").stdout)
    spelt = sd("metrics", "--format", "openmetrics").stdout

    assert _told(sdj("metrics")) == figures
    assert spelt.endswith("# EOF\n")
    again: Figures = {}
    for family in open_families(spelt):
        for sample in family.samples:
            again.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    assert again == figures


_UNITS = {"seconds", "bytes"}
_NOT_BASE = re.compile(r"minutes?|hours?|days?$|ms|millis|kilo|mega|percent|kb|mb")


def test_names_follow_the_conventions(sdj: JsonRunner) -> None:
    """Names, units, types and labels are as OpenMetrics and promtool want them."""
    for each in sdj("metrics")["metrics"]:
        name, unit = each["name"], each["unit"]
        assert re.fullmatch(r"sdcli(_[a-z]+)+", name)
        assert each["help"].endswith(".")
        assert name.endswith("_total") == (each["type"] == "counter")
        assert name.endswith("_info") == (each["type"] == "info")
        assert not re.search(r"_(count|sum|bucket|created)$|gauge|counter", name)
        words = name.removesuffix("_total").split("_")
        assert (words[-1] if words[-1] in _UNITS else None) == unit, name
        assert not any(_NOT_BASE.fullmatch(word) for word in words if word != "day"), name
        for sample in each["samples"]:
            assert sample["labels"].keys() <= OWN_LABELS
            assert all(sample["labels"].values())
            assert sample["value"] >= 0


def test_an_empty_desk_has_every_sample(sd: Runner, desk: Desk) -> None:
    """Every known queue has its zeros from the first day on; nothing waits for a first ticket."""
    figures = parsed(sd("metrics").stdout)
    queues = set(desk.policy.teams.queues)

    backlog = figures["sdcli_tickets_open"]
    assert len(backlog) == len(queues) * len(PRIORITIES) * len(REQUEST_TYPES) * len(AT_WORK)
    assert not any(backlog.values())
    for name in ("oldest_ticket_age_seconds", "confirmations_waiting", "queue_people_available"):
        assert {dict(key)["queue"] for key in figures[f"sdcli_{name}"]} == queues
    assert total(figures, "sdcli_sla_last_check_timestamp_seconds") == 0
    assert "sdcli_sla_next_due_timestamp_seconds" not in figures
    assert total(figures, "sdcli_metrics_generated_timestamp_seconds") == NOW.timestamp()


def test_the_number_of_series_is_bounded(sd: Runner) -> None:
    """More tickets, callers and words make no more series, and no caller's word is told."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    before = {name: set(samples) for name, samples in parsed(sd("metrics").stdout).items()}
    lines = [
        json.dumps({"summary": f"unseen {n}", "user": f"caller{n}", "type": "incident"})
        for n in range(40)
    ]
    sd("open", "-", stdin="\n".join(lines))

    text = sd("metrics").stdout

    assert {name: set(samples) for name, samples in parsed(text).items()} == before
    assert not re.search("unseen|caller1|SD-|ada", text)


def test_checks_deliveries_and_quarantine(sd: Runner, desk_dir: Path, storage: Storage) -> None:
    """When the clocks were checked, whether that is too long ago, and what waits, is told (R5b.2)."""
    policies = desk_dir / "sla_policies.yaml"
    text = policies.read_text(encoding="utf-8")
    policies.write_text(
        text.replace("\nalerts:\n", "\nalerts:\n  check_every: 15m\n"), encoding="utf-8"
    )
    sd("sla-check", at=NOW)
    sd("open", "-", stdin=b"\xff\xfe{", expect=errors.PARTLY_DONE)

    soon = parsed(sd("metrics", at=NOW + timedelta(minutes=10)).stdout)
    late = parsed(sd("metrics", at=NOW + timedelta(hours=1)).stdout)

    checked = total(soon, "sdcli_sla_last_check_timestamp_seconds")
    assert checked == NOW.timestamp()
    assert total(soon, "sdcli_sla_check_interval_seconds") == 900
    assert total(soon, "sdcli_sla_check_missed") == 0
    assert total(late, "sdcli_sla_check_missed") == 1
    assert total(soon, "sdcli_intake_quarantined") == 1
    assert total(soon, "sdcli_ledger_size_bytes") == storage.size()


HOSTILE = 'net"work\\ \n\x1b[31m\u202e{},= ' + "n" * 2000


def test_hostile_queues_are_escaped(sd: Runner, tmp_path: Path) -> None:
    """A queue of any name is one series in both formats, and commands no terminal."""
    opened = {
        "kind": "opened",
        "at": "2026-11-20T10:00:00Z",
        "by": "ada",
        "summary": "x",
        "queue": HOSTILE,
        "priority": "P3",
    }
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps({"source": "a/1", "events": [opened]}) + "\n", encoding="utf-8")
    sd("import", str(file))

    text = sd("metrics").stdout

    figures = parsed(text)
    assert total(figures, "sdcli_tickets_open", queue=label(HOSTILE.strip())) == 1
    assert all(line.isprintable() for line in text.split("\n"))
    told = sd("metrics", "--format", "openmetrics").stdout
    values = {s.labels.get("queue") for family in open_families(told) for s in family.samples}
    assert label(HOSTILE.strip()) in values


@given(st.text(), st.sampled_from(FORMS))
def test_any_label_is_read_as_it_was_meant(text: str, form: Form) -> None:
    """Whatever a label says, one line holds it, and who reads it gets it back."""
    value = label(text)
    family = Family("sdcli_x", "gauge", "Some help.", (Sample(1, {"queue": value}),))

    spelt = written([family], form)

    read = open_families if form == "openmetrics" else families_in
    (sample,) = next(iter(read(spelt))).samples
    assert sample.labels == {"queue": value}
    assert all(line.isprintable() for line in spelt.split("\n"))
    assert label(value) == value


def test_labels_tell_desks_apart(sd: Runner) -> None:
    """`--label` is on every sample; names that are taken, or are none, are refused."""
    figures = parsed(sd("metrics", "--label", "desk=Ber\x1blin", "--label", "site=x=y").stdout)

    for samples in figures.values():
        for key in samples:
            assert {"desk": "Ber\\u001blin", "site": "x=y"}.items() <= dict(key).items()
    for wrong in ("queue=x", "__name__=x", "1a=x", "a-b=x", "desk", "le=1", "=x", "a="):
        result = sd("metrics", "--label", wrong, expect=errors.USAGE)
        assert "--label" in result.stderr
    sd("metrics", "--label", "a=1", "--label", "a=2", expect=errors.USAGE)


class TestOutput:
    """`--output` writes a file that a collector can trust."""

    def test_it_is_whole_and_readable(self, sd: Runner, tmp_path: Path) -> None:
        """It holds what is printed, everybody may read it, and cron has nothing to mail."""
        file = tmp_path / "sdcli.prom"
        before = os.umask(0o077)
        try:
            result = sd("metrics", "--output", str(file))
        finally:
            os.umask(before)

        assert result.stdout == result.stderr == ""
        assert file.read_text(encoding="utf-8") == sd("metrics").stdout
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        assert not list(tmp_path.glob("*tmp*"))

    def test_json_says_where_it_is(self, sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
        """With `--json` the document is printed, and the file is written all the same."""
        file = tmp_path / "sdcli.prom"

        document = sdj("metrics", "--output", str(file))

        assert document["file"] == str(file)
        assert _told(document) == parsed(file.read_text(encoding="utf-8"))
        assert sdj("metrics")["file"] is None
        assert sd("metrics").exit_code == 0

    def test_what_node_exporter_would_not_read_is_told(self, sd: Runner, tmp_path: Path) -> None:
        """A file that it passes over, or a format that it refuses, is remarked upon."""
        wrong = sd("metrics", "--output", str(tmp_path / "sdcli.txt"))
        other = sd("metrics", "--format", "openmetrics", "--output", str(tmp_path / "a.prom"))

        assert ".prom" in wrong.stderr
        assert "--format prometheus" in other.stderr

    def test_no_folder_is_made(self, sd: Runner, tmp_path: Path) -> None:
        """A folder that is not there is named, and not made."""
        result = sd("metrics", "--output", str(tmp_path / "no" / "x.prom"), expect=errors.NOT_FOUND)

        assert str(tmp_path / "no") in result.stderr
        assert not (tmp_path / "no").exists()

    def test_only_a_file_is_replaced(self, sd: Runner, tmp_path: Path) -> None:
        """A folder, a pipe and a link (as /dev/stdout is one) stay what they are."""
        (tmp_path / "folder.prom").mkdir()
        os.mkfifo(tmp_path / "pipe.prom")
        (tmp_path / "link.prom").symlink_to("/dev/null")
        sd("metrics", "--output", "", expect=errors.REFUSED)
        assert sd("metrics", "--output", "-").stdout == sd("metrics").stdout
        before = {path: path.lstat().st_mode for path in tmp_path.glob("*.prom")}
        for path in before:
            sd("metrics", "--output", str(path), expect=errors.REFUSED)

        assert {path: path.lstat().st_mode for path in before} == before

    def test_a_failure_leaves_the_old_file(
        self, sd: Runner, desk_dir: Path, tmp_path: Path, storage: Storage
    ) -> None:
        """A damaged ledger exits 7, a wrong file 5; what was written before stays as it is."""
        sd("open", "x", "--user", "ada")
        file = tmp_path / "sdcli.prom"
        sd("metrics", "--output", str(file))
        before = file.read_bytes(), file.stat().st_ino, file.stat().st_mtime_ns

        storage.damage()
        damaged = sd("metrics", "--output", str(file), expect=errors.LEDGER_DAMAGED)
        storage.mend()
        (desk_dir / "sla_policies.yaml").write_text("x: y\n", encoding="utf-8")
        sd("metrics", "--output", str(file), expect=errors.DATA_FILE)

        assert storage.place in damaged.stderr
        assert (file.read_bytes(), file.stat().st_ino, file.stat().st_mtime_ns) == before
        assert [path.name for path in tmp_path.glob("sdcli.prom*")] == ["sdcli.prom"]

    @pytest.mark.tiny_home
    def test_what_is_no_earlier_one_is_not_replaced(self, sd: Runner, desk_dir: Path) -> None:
        """Neither the ledger nor a file of the desk is lost by a mistaken name."""
        sd("open", "x", "--user", "ada")
        sd("compact")
        for name in ("ledger/tickets.json", "sla_policies.yaml"):
            before = (desk_dir / name).read_bytes()
            answer = sd("metrics", "--output", str(desk_dir / name), expect=errors.REFUSED)
            assert "it stays as it is" in answer.stderr
            assert (desk_dir / name).read_bytes() == before
        sd("metrics", "--output", str(desk_dir / "x.prom"))
        sd("metrics", "--output", str(desk_dir / "x.prom"), "--format", "prometheus")

    def test_a_failed_write_leaves_the_old_file(self, tmp_path: Path) -> None:
        """Where the new file cannot be written, the old one stays and nothing is left beside it."""
        file = tmp_path / "sdcli.prom"
        put(str(file), "# HELP sdcli_old\n")
        before = set(os.listdir(tmp_path))
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, limit[1]))
        try:
            with pytest.raises(errors.MachineError, match="Writing"):
                put(str(file), "x" * 100_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            signal.signal(signal.SIGXFSZ, ignored)

        assert file.read_text(encoding="utf-8") == "# HELP sdcli_old\n"
        assert set(os.listdir(tmp_path)) == before

    def test_readers_see_whole_files_only(self, tmp_path: Path) -> None:
        """Whoever reads while it is written anew sees one file or the other, never a part."""
        file = str(tmp_path / "sdcli.prom")
        head = "# HELP sdcli_x "
        texts = [f"{head}{'a' * 300_000}\n", f"{head}{'b' * 500_000}\n"]
        put(file, texts[0])
        seen: set[str] = set()
        over = threading.Event()

        def read() -> None:
            while not over.is_set():
                with open(file, encoding="utf-8") as stream:
                    seen.add(stream.read())

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for turn in range(40):
                put(file, texts[turn % 2])
        finally:
            over.set()
            reader.join()

        assert seen <= set(texts)


def test_without_the_library_it_says_what_brings_it(
    sd: Runner, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where prometheus-client is missing the text names the extra, and JSON does without it."""
    for name in [name for name in sys.modules if name.split(".")[0] == "prometheus_client"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    result = sd("metrics", expect=errors.UNEXPECTED)

    assert "pip install 'sdcli[metrics]'" in result.stderr
    assert sdj("metrics")["metrics"]


def _old(desk_dir: Path, *, open_: int, closed: int) -> Desk:
    write_ledger(desk_dir / "ledger", open_=open_, closed=closed)
    return Desk(str(desk_dir), by="ben", now=BENCH_NOW, cache="", wait_s=5)


@pytest.mark.tiny_home
def test_history_is_not_read(desk_dir: Path) -> None:
    """No line of a ticket that was closed before is read: they may even all be damaged.

    So the cost follows the open tickets and the last day, however long the history is.
    """
    families = Metrics(_old(desk_dir, open_=30, closed=720)).families()
    archives = sorted((desk_dir / "ledger" / "archive").iterdir())
    assert len(archives) == 36
    for path in archives:
        content = path.read_bytes()
        start = content.index(b'"tickets":{\n') + len(b'"tickets":{\n')
        end = content.index(b'},\n"keys":')
        path.write_bytes(content[:start] + b"x" * (end - start) + content[end:])

    again = Metrics(Desk(str(desk_dir), by="ben", now=BENCH_NOW, cache="", wait_s=5)).families()

    assert again == families
    assert sum(s.value for f in families if f.name == "sdcli_tickets_open" for s in f.samples) == 30
    created = next(f for f in families if f.name == "sdcli_tickets_created")
    assert created.samples == (Sample(750),)


def test_open_tickets_are_read_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, sd: Runner
) -> None:
    """However many figures there are, the open tickets go by once, and one page of closed ones."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    asked: list[tuple[str, str]] = []
    ledger = desk.ledger
    find, closed = ledger.find, ledger.closed_since

    def found(query: Query) -> Iterator[Ticket]:
        asked.append(("find", query.record))
        return find(query)

    def closed_since(since: datetime, most: int, after: str = "") -> list[Ticket]:
        asked.append(("closed", after))
        return closed(since, most, after)

    monkeypatch.setattr(ledger, "find", found)
    monkeypatch.setattr(ledger, "closed_since", closed_since)

    Metrics(desk).families()

    assert asked == [("find", "request"), ("closed", ""), ("find", "problem")]


def test_the_last_day_ends_and_begins(sd: Runner) -> None:
    """What was opened a day ago to the second counts, and a second before does not."""
    for seconds in (0, 1):
        at = datetime(2026, 11, 22, 10, tzinfo=timezone.utc) - timedelta(seconds=seconds)
        sd("open", "x", "--user", "ada", "--type", "incident", "--service", "vpn", at=at)

    figures = parsed(sd("metrics", at=NOW).stdout)

    assert total(figures, "sdcli_tickets_opened_last_day") == 1
    assert total(figures, "sdcli_tickets_open") == 2


def test_void_and_merged_requests(sd: Runner) -> None:
    """What should never have been counts nowhere; what was merged was opened, and not resolved."""
    for text in ("one", "two", "three"):
        sd("open", text, "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("merge", "SD-2", "--into", "SD-1")
    sd("undo", "SD-3")

    figures = parsed(sd("metrics").stdout)

    assert total(figures, "sdcli_tickets_open") == 1
    assert total(figures, "sdcli_tickets_opened_last_day") == 2
    assert total(figures, "sdcli_tickets_resolved_last_day") == 0
    assert total(figures, "sdcli_tickets_closed_last_day") == 0
    assert total(figures, "sdcli_tickets_created_total") == 3
