"""Questions and details at `open` and `detail`, and self-service forms (R1a.3, R1b.1, R2a.5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdcli.arrivals import Arrivals
from sdcli.desk import Desk
from sdcli.errors import DATA_FILE, NOT_FOUND, USAGE
from sdcli.intake.items import RequestItem
from sdcli.intake.recognise import recognise
from sdcli.policy.load import read_questions
from sdcli.policy.questions import QUESTIONS
from sdcli.tickets.contact import RequestDetails
from sdcli.tickets.ticket import fold
from tests.conftest import NOW, REPOSITORY
from tests.sampling import examples

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy
    from tests.conftest import JsonRunner, Runner

DETAILS = {
    "wanted": "to work from home",
    "success": "the drive opens",
    "failed": "it drops",
    "expected": "it stays",
    "evidence": "error 809 at 10:02",
    "steps": "connect, wait ten minutes",
    "reproduced": "yes",
    "where": "the laptop of the desk",
    "asked_before": "no",
}
ALL = {**dict.fromkeys(RequestDetails.__struct_fields__), **DETAILS}
DROPS = ("need=broken", "ever-had=yes", "about=connection", "connection=home", "vpn-when=dropping")


def _options(pairs: dict[str, str]) -> list[str]:
    return [part for name, text in pairs.items() for part in (f"--{name.replace('_', '-')}", text)]


def _answers(*pairs: str) -> list[str]:
    return [part for pair in pairs for part in ("--answer", pair)]


OPEN = ("open", "VPN drops", "--user", "ada")


def test_details_are_kept_apart(sd: Runner, sdj: JsonRunner) -> None:
    """Each detail is an option, a key of the answer and a row of its own (R1b.1)."""
    opened = sdj(*OPEN, *_options(DETAILS))
    assert opened["request"] == ALL

    shown = sd("show", "1").stdout
    for name, text in DETAILS.items():
        if name != "asked_before":
            assert f"  {name + ':':<12}{text}\n" in shown
    assert "  asked:      never before\n" in shown


def test_details_can_be_added_later(sd: Runner, sdj: JsonRunner) -> None:
    """A later word replaces an earlier one, the rest stays, and the history has both (R1b.1b)."""
    sd(*OPEN, "--failed", "it drops", "--wanted", "to work")

    changed = sdj("detail", "1", "--failed", "it drops at night", "--reproduced", "no")

    nothing = dict.fromkeys(ALL)
    told = {"wanted": "to work", "failed": "it drops at night", "reproduced": "no"}
    assert changed["request"] == {**nothing, **told}
    events = sdj("history", "1")
    assert events[0]["request"] == {"failed": "it drops", "wanted": "to work"}
    assert events[1]["kind"] == "detailed"
    history = sd("history", "1").stdout
    assert "added details: failed: it drops at night; reproduced: no" in history


def test_detail_needs_something_to_add(sd: Runner) -> None:
    """Nothing to add is a mistake, and so is a word that is neither yes nor no."""
    sd(*OPEN)
    assert "--failed TEXT" in sd("detail", "1", expect=USAGE).stderr
    assert "'perhaps'" in sd("detail", "1", "--reproduced", "perhaps", expect=USAGE).stderr


def test_answers_classify_and_route(sdj: JsonRunner, desk_dir: Path, policy: Policy) -> None:
    """What leaves set is taken with its reason; the walk is kept with the version (R2a.5)."""
    said = (
        *DROPS,
        "hindered=low",
        "stopped=It can wait",
        "last-worked=?",
        "others=no",
        "changed=role",
        "message=error 809",
    )
    opened = sdj(*OPEN, *_answers(*said), "--skip", "before=in a hurry", "--skip-rest", "train")

    assert opened["type"] == "incident"
    assert (opened["service"], opened["feature"]) == ("vpn", "remote-work")
    assert (opened["impact"], opened["urgency"]) == ("low", "low")
    assert (opened["queue"], opened["procedure"]) == ("service-desk", "KB-104")
    assert opened["fields"] == {}
    known = {name: text for name, text in opened["request"].items() if text}
    assert known == {
        "ever_had": "yes",
        "others": "no",
        "changed": "role",
        "evidence": "error 809",
    }
    walk = opened["walk"]
    assert walk["version"] == read_questions(str(desk_dir), policy).version
    by_question = {answer.pop("question"): answer for answer in walk["answers"]}
    assert by_question["vpn-when"] == {"answer": "dropping"}
    assert by_question["last-worked"] == {"answer": "unknown"}
    assert by_question["before"] == {"skipped": "in a hurry"}
    assert by_question["failed"] == {"skipped": "train"}
    reasons = sdj("history", "1")[0]["reasons"]
    assert (
        reasons["service"] == "the tree area, question connection: From outside, with remote access"
    )
    assert reasons["urgency"] == "the tree incident, question stopped: It can wait"


def test_show_tells_the_answers(sd: Runner, desk_dir: Path) -> None:
    """Question and answer stand there in words, what was skipped with its reason (R1b.1c)."""
    sd(*OPEN, *_answers(*DROPS), "--field", "asset=L-7", "--skip-rest", "on the train")

    shown = sd("show", "1").stdout
    assert "    What can we do for you? Something does not work as it should\n" in shown
    assert "    Who cannot work? skipped: on the train\n" in shown
    assert "    asset: L-7\n" in shown

    (desk_dir / QUESTIONS).write_text("format: 9\n")
    assert "    need: broken\n" in sd("show", "1").stdout


def test_show_is_safe_and_bounded(sd: Runner) -> None:
    """Fields of a form are hostile and may be many and long: one line each, cut, and told so."""
    fields = {f"key{n}": "\x1b[31mred\nline" for n in range(100)}
    sd("open", "-", stdin=json.dumps({"summary": "x", "user": "ada", "fields": fields}))
    sd("open", "-", stdin=json.dumps({"summary": "x", "user": "ada", "long": "y" * 100_000}))

    many, long = sd("show", "1").stdout, sd("show", "2").stdout

    assert "\x1b" not in many
    assert "    key0: \\x1b[31mred line\n" in many
    assert "and 60 more; --json has all" in many
    assert len(long) < 3000
    assert "--json has all" in long


def test_steps_keep_their_lines(sd: Runner) -> None:
    """A detail of several lines is shown as it was written, and imitates nothing."""
    sd(*OPEN, "--steps", "1. connect\n2. wait\nstatus:     closed")

    shown = sd("show", "1").stdout

    assert "  steps:      1. connect\n              2. wait\n              status: " in shown


def test_an_option_wins(sdj: JsonRunner) -> None:
    """What the technician says stays, and only what answers set has a reason from them."""
    said = _answers(*DROPS, "hindered=low", "failed=as the tree says")
    told = (
        "--type",
        "information",
        "--service",
        "email",
        "--impact",
        "high",
        "--failed",
        "as I say",
    )
    opened = sdj(*OPEN, *told, "--tree", "kind", *_answers("need=broken"), "--skip-rest", "x")
    assert (opened["type"], opened["service"]) == ("information", "email")

    opened = sdj(*OPEN, "--impact", "high", "--failed", "as I say", *said, "--skip-rest", "x")
    assert (opened["impact"], opened["request"]["failed"]) == ("high", "as I say")
    assert "impact" not in sdj("history", "2")[0]["reasons"]


def test_a_feature_of_another_service_is_not_taken(sdj: JsonRunner) -> None:
    """A tree for one service does not give its features to a request about another."""
    opened = sdj(
        *OPEN, "--service", "email", "--tree", "incident/vpn", *_answers("vpn-when=dropping"),
        "--skip-rest", "x",
    )  # fmt: skip

    assert (opened["service"], opened["feature"]) == ("email", "unknown")


def test_answers_come_from_a_file(sdj: JsonRunner, tmp_path: Path) -> None:
    """A JSON object answers by question; null is unknown, and an object says why not."""
    document = {"need": "how", "about": None, "looked": {"skipped": "no time"}, "how-wanted": "x"}
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(document))

    opened = sdj(*OPEN, "--answers", str(file))

    assert (opened["type"], opened["request"]["wanted"]) == ("information", "x")
    assert opened["walk"]["answers"] == [
        {"question": "need", "answer": "how"},
        {"question": "about", "answer": "unknown"},
        {"question": "looked", "skipped": "no time"},
        {"question": "how-wanted", "answer": "x"},
    ]


@pytest.mark.parametrize("text", ["", "[]", "5", '{"need"', "\xff", "[" * 200_000])
def test_a_file_without_answers_is_told(sd: Runner, tmp_path: Path, text: str) -> None:
    """What is no JSON object is named, and nothing is recorded."""
    file = tmp_path / "answers.json"
    file.write_text(text, encoding="latin-1")

    said = sd(*OPEN, "--answers", str(file), expect=DATA_FILE).stderr

    assert str(file) in said
    assert "Nothing was recorded" in said
    sd("show", "1", expect=NOT_FOUND)


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (_answers("need=brocken"), USAGE, "has no answer 'brocken'. Choose: broken (Something"),
        (_answers("need=broken"), USAGE, "`ever-had`"),
        (_answers("need"), USAGE, "K=V"),
        (["--skip", "need="], USAGE, "K=REASON"),
        (_answers("nede=broken"), NOT_FOUND, "Did you mean need?"),
        ([*_answers("vpn-when=slow"), "--skip-rest", "x"], USAGE, "is not asked on this way"),
        (["--tree", "incidnet"], NOT_FOUND, "Did you mean incident?"),
        (["--ask"], USAGE, "--answer K=V"),
    ],
)
def test_wrong_answers_are_refused(sd: Runner, options: list[str], code: int, told: str) -> None:
    """What is wrong is told with the question and its choices; nothing is recorded."""
    assert told in sd(*OPEN, *options, expect=code).stderr
    sd("show", "1", expect=NOT_FOUND)


def test_answers_need_trees(sd: Runner, desk_dir: Path) -> None:
    """A desk without question trees says where they are written; one with broken ones, what."""
    (desk_dir / QUESTIONS).write_text("format: 1\n")
    assert QUESTIONS in sd(*OPEN, "--skip-rest", "x", expect=DATA_FILE).stderr
    sd("open", "needs no questions", "--user", "ada")
    (desk_dir / QUESTIONS).unlink()
    assert QUESTIONS in sd(*OPEN, "--skip-rest", "x", expect=NOT_FOUND).stderr


def test_answers_do_not_go_with_a_pipe(sd: Runner) -> None:
    """A form brings its own answers; options that would be ignored are refused."""
    said = sd("open", "-", *_answers("need=broken"), stdin="{}", expect=USAGE).stderr
    assert "`answers`" in said


FORM = {
    "form": "broken-printer",
    "summary": "The printer is offline",
    "user": "ada@example.com",
    "answers": {"need": "broken", "about": "device", "device": "printer", "printing-part": "paper"},
    "state": {"page": "/printers/p-21", "tries": 3},
    "read": ["KB-110", {"id": "KB-999", "revision": "4f1c"}],
    **DETAILS,
}


def test_a_form_becomes_a_request(sd: Runner, sdj: JsonRunner) -> None:
    """A form is followed, and its state and articles are kept (R1a.3, R1a.3b, R1a.3c)."""
    opened = sdj("open", "-", stdin=json.dumps(FORM))

    assert (opened["channel"], opened["requester"]) == ("portal", "ada")
    assert (opened["service"], opened["feature"]) == ("printing", "office-printing")
    assert opened["request"] == ALL
    assert opened["state"] == {"page": "/printers/p-21", "tries": "3"}
    assert opened["read"] == [
        {"id": "KB-110", "outcome": "shared", "revision": ""},
        {"id": "KB-999", "outcome": "shared", "revision": "4f1c"},
    ]
    assert opened["fields"] == {"form": "broken-printer"}
    assert opened["walk"]["answers"][4] == {"question": "printing-part", "answer": "paper"}
    assert opened["walk"]["answers"][5]["skipped"] == "the form has no answer"
    reasons = sdj("history", "1")[0]["reasons"]
    assert reasons["read"] == "the knowledge base has no KB-999"
    shown = sd("show", "1").stdout
    assert "had read:   KB-110, KB-999\n" in shown
    assert "state:      page=/printers/p-21, tries=3\n" in shown


@pytest.mark.parametrize("words", ["p-21", "PAGE=/printers", "error 809", "offline 809"])
def test_state_and_details_are_searched(sdj: JsonRunner, words: str) -> None:
    """`list --query` finds a request by what its form and its details say (R1a.3b)."""
    sdj("open", "-", stdin=json.dumps(FORM))
    sdj(*OPEN)

    assert [found["ref"] for found in sdj("list", "--query", words)] == ["SD-1"]


def test_what_does_not_fit_is_kept(sdj: JsonRunner) -> None:
    """Wrong values of a form stay among its fields, and the rest is taken."""
    form: dict[str, Any] = {
        "summary": "x",
        "service": "nonsense",
        "wanted": 5,
        "reproduced": "perhaps",
        "asked_before": True,
        "state": [5],
        "read": [{"revision": "1"}],
        "tree": "nowhere",
        "answers": {"need": "burning", "zzz": [1], "vpn-when": "slow"},
    }

    opened = sdj("open", "-", stdin=json.dumps(form))

    assert opened["fields"] == {
        "service": "nonsense",
        "wanted": "5",
        "reproduced": "perhaps",
        "state": "[5]",
        "read": '[{"revision":"1"}]',
        "tree": "nowhere",
        "answer need": "burning",
        "answer zzz": "[1]",
        "answer vpn-when": "slow",
    }
    assert opened["request"]["asked_before"] == "yes"
    assert (opened["channel"], opened["service"], opened["state"]) == ("script", "unknown", {})
    first = opened["walk"]["answers"][0]
    assert first == {"question": "need", "skipped": "the answer is none of the choices"}


def test_a_form_wins_over_its_answers(sdj: JsonRunner) -> None:
    """What a form says itself stays; options fill only what it does not say."""
    form = {**FORM, "type": "information", "channel": "chat", "wanted": "", "failed": ""}

    opened = sdj("open", "-", "--wanted", "as the option says", stdin=json.dumps(form))

    assert (opened["type"], opened["channel"]) == ("information", "chat")
    assert opened["request"]["wanted"] == "as the option says"
    assert opened["request"]["failed"] is None


@pytest.mark.parametrize("mark", [{"form": "f"}, {"answers": {"need": "broken"}}])
def test_a_form_is_no_alert(sdj: JsonRunner, mark: dict[str, Any]) -> None:
    """Whatever the page knew, what calls itself a form or brings answers is a request."""
    form = {"summary": "x", "state": {"severity": "critical", "host": "a"}, "severity": "high"}

    opened = sdj("open", "-", stdin=json.dumps({**form, **mark}))

    assert (opened["channel"], opened["alert_key"]) == ("portal", None)
    assert opened["state"] == {"severity": "critical", "host": "a"}


def test_a_form_is_kept_if_the_trees_are_broken(sd: Runner, desk_dir: Path) -> None:
    """A desk file that is wrong loses no form: it is kept, and the error says where."""
    (desk_dir / QUESTIONS).write_text("format: 1\n")

    said = sd("open", "-", stdin=json.dumps(FORM), expect=DATA_FILE).stderr

    assert "takes it in" in said
    assert list((desk_dir / "ledger" / "quarantine").iterdir())


def test_a_form_needs_no_trees(sdj: JsonRunner, desk_dir: Path) -> None:
    """Without trees the answers are kept as fields."""
    (desk_dir / QUESTIONS).unlink()

    opened = sdj("open", "-", stdin=json.dumps(FORM))

    assert opened["walk"] is None
    assert opened["fields"]["answer need"] == "broken"


_TREES = {
    choice: name
    for name, tree in read_questions(
        str(REPOSITORY), Desk(str(REPOSITORY), by="x", now=NOW, cache="", wait_s=1).policy
    ).trees.items()
    for choice in tree.questions
}
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "answer", "skipped", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
) | st.sampled_from(["broken", "connection", "home", "dropping", "unknown", "?", "yes", "low"])
_NAMES = st.sampled_from([*_TREES, "x", ""])


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.fixed_dictionaries(
        {"summary": st.just("x")},
        optional={
            "answers": st.dictionaries(_NAMES, _VALUES, max_size=6) | _VALUES,
            "tree": st.sampled_from([*_TREES.values()]) | _VALUES,
            "state": st.dictionaries(st.text(max_size=5), _VALUES, max_size=3) | _VALUES,
            "read": st.lists(_VALUES, max_size=3) | _VALUES,
            "form": _VALUES,
            "service": _VALUES,
            "type": _VALUES,
            **dict.fromkeys(("wanted", "reproduced", "asked_before"), _VALUES),
        },
    )
)
def test_any_form_is_recorded(desk: Desk, form: dict[str, Any]) -> None:
    """Whatever a form says, it becomes one ticket, which its events make again."""
    (item,) = recognise(json.dumps(form).encode())
    assert isinstance(item, RequestItem)

    (outcome,) = Arrivals(desk).take_in([item])

    ticket = outcome.ticket
    assert ticket is not None
    again = desk.ledger.get(ticket.ref)
    assert again == fold(ticket.ref, again.events)
    walk = again.opening.walk
    for id_ in form["answers"] if isinstance(form.get("answers"), dict) else ():
        walked = walk is not None and id_ in [answer.question for answer in walk.answers]
        assert walked or f"answer {id_}" in again.opening.fields
    assert isinstance(again.request, RequestDetails)


@pytest.mark.parametrize(
    "said",
    [
        ("--answer", "need=broken", "--answer", "need=how"),
        ("--answer", "need=broken", "--skip", "need=no time"),
        ("--skip", "need=a", "--skip", "need=b"),
    ],
)
def test_two_answers_to_one_question_are_refused(
    sd: Runner, sdj: JsonRunner, said: tuple[str, ...]
) -> None:
    """None of two answers is chosen in silence; the same one twice is one."""
    assert "in two ways" in sd(*OPEN, *said, "--skip-rest", "x", expect=USAGE).stderr
    assert sdj("list", "--all") == []
    sd(*OPEN, *said[:2], *said[:2], "--skip-rest", "x")


def test_a_file_of_answers_says_each_once(sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """A key that is there twice is refused with its name; a mark at the beginning is no mistake."""
    file = tmp_path / "answers.json"
    file.write_text('{"need": "broken", "need": "how"}')
    given_ = ("--answers", str(file), "--skip-rest", "x")

    assert "`need` twice" in sd(*OPEN, *given_, expect=DATA_FILE).stderr

    file.write_text('\ufeff{"need": "broken"}')
    assert sdj(*OPEN, *given_)["type"] == "incident"


def test_articles_that_are_none_take_no_other_with_them(sdj: JsonRunner) -> None:
    """Of a form's list the good ones are read articles, the others stay among the fields."""
    form = {"summary": "x", "user": "ada", "read": ["KB-111", 7, {"id": "KB-104"}, {"x": 1}, ""]}

    ticket = sdj("open", "-", stdin=json.dumps(form))

    assert [use["id"] for use in ticket["read"]] == ["KB-111", "KB-104"]
    assert ticket["fields"] == {"read": '[7,{"x":1},""]'}
    assert len(sdj("list", "--query", "kb-111")) == 1
    assert sdj("list", "--query", "KB-112") == []


def test_a_form_without_a_summary_is_told_by_its_answers(sdj: JsonRunner) -> None:
    """Its name and what was answered first say what it is about; it came by the portal."""
    form = {
        "form": "Remote access",
        "user": "ada",
        "answers": {"need": "broken", "failed": "drops"},
    }

    ticket = sdj("open", "-", stdin=json.dumps(form))

    assert ticket["summary"] == "Remote access: broken, drops"
    assert ticket["channel"] == "portal"


def test_what_is_known_is_not_written_again(sd: Runner, sdj: JsonRunner) -> None:
    """`detail` with the same value twice leaves the history as it is, and says so."""
    sd(*OPEN, "--failed", "it drops")

    told = sd("detail", "1", "--failed", "it drops")

    assert "known already" in told.stdout
    assert sdj("show", "1")["events_count"] == 1


def test_a_skip_without_a_reason_says_what_is_missing(sd: Runner) -> None:
    """The message names the shape of the option."""
    error = sd(*OPEN, "--skip", "need=", expect=USAGE).stderr
    assert "'need=' is not K=REASON" in error


@pytest.mark.parametrize("mark", [{"form": "f"}, {"state": {"a": "b"}}, {"read": ["KB-111"]}])
def test_a_form_came_by_the_portal(sdj: JsonRunner, mark: dict[str, Any]) -> None:
    """A channel that the desk does not know is kept as a field; the form came by the portal."""
    form = {"summary": "x", "user": "ada", "channel": "kiosk", **mark}

    ticket = sdj("open", "-", stdin=json.dumps(form))

    assert (ticket["channel"], ticket["fields"]["channel"]) == ("portal", "kiosk")


def test_an_option_goes_before_the_questions(sdj: JsonRunner) -> None:
    """What an option says of the impact stays, whatever the tree's answers give (R2c.2d)."""
    answers = [f"--answer={each}" for each in ("need=broken", "ever-had=yes", "hindered=high")]
    ticket = sdj(
        *("open", "It is slow", "--user", "ada", "--people", "1", "--service", "wifi"),
        *answers,
        *("--skip-rest", "in a hurry"),
    )

    assert ticket["impact"] == "low"
