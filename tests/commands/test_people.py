"""`sdcli people`: contacts are found in any spelling, and taken over whole or not at all."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.arrivals import Arrivals
from sdcli.errors import ImportFileError
from sdcli.intake import roster as roster_
from sdcli.policy import phone
from sdcli.policy.load import read_file, read_policy
from sdcli.policy.model import People

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.desk import Desk
    from sdcli.policy.model import Contact
    from tests.conftest import JsonRunner, Runner


def _ids(found: Any) -> list[str]:
    return [person["id"] for person in found]


def _people(desk_dir: Path) -> dict[str, Contact]:
    return read_policy(str(desk_dir)).contacts.people


@pytest.fixture(name="roster")
def _roster(tmp_path: Path) -> Any:
    """Writes a list; gives its path."""

    def write(text: str | bytes) -> str:
        path = tmp_path / "hr.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


@pytest.mark.parametrize(
    "number",
    [
        "+44 20 7946 0201",
        "0044 20 79460201",
        "+44 (0)20 7946-0201",
        "(020) 7946 0201",
        "02079460201",
        "442079460201",
        "tel:+44-20-7946-0201",
        "+44 20 7946 0201 ext. 7",
    ],
)
def test_a_number_is_known_in_any_spelling(sdj: JsonRunner, number: str) -> None:
    """National or international, with blanks or without: it is ada's, and --user takes it."""
    assert _ids(sdj("people", "find", number)) == ["ada"]
    assert sdj("open", "x", "--user", number)["requester"] == "ada"
    assert len(sdj("list", "--user", number)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+44 20 7946 0201", "+44 20 7946 0202"),
        ("+44 20 7946 0201", "+49 20 7946 0201"),
        ("+44 20 7946 0201", "7946 0201"),
        ("0201", "+44 20 7946 0201"),
        ("", ""),
    ],
)
def test_other_numbers_are_others(one: str, other: str) -> None:
    """Another end, another country, or too little of it: not the same number."""
    assert not phone.same(one, other)
    assert not phone.same(other, one)


@given(st.text(), st.text())
def test_any_text_can_be_compared(one: str, other: str) -> None:
    """Whatever people write into the field: no failure, and the order does not matter."""
    assert phone.same(one, other) == phone.same(other, one)
    assert phone.is_number(one) in (True, False)


@given(st.from_regex(r"\+[1-9][0-9]{7,13}", fullmatch=True), st.data())
def test_blanks_and_marks_change_no_number(number: str, data: st.DataObject) -> None:
    """A number with marks anywhere between its digits is the same number."""
    marks = data.draw(st.lists(st.sampled_from(["", " ", "-", ".", "/"]), min_size=len(number)))
    written = number[0] + "".join(a + b for a, b in zip(number[1:], marks, strict=False))

    assert phone.same(number, written)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ada", ["ada"]),
        ("ADA@EXAMPLE.COM", ["ada"]),
        ("lindqvist", ["ada"]),
        ("london finance", ["ada"]),
        ("0203", ["carmen"]),
        ("manchester", ["carmen", "goran"]),
        ("nobody at all", []),
        ("Lindqvist, Ada <ada@example.com>", ["ada"]),
        ("LÏNDQVIST finançe", ["ada"]),
        ("ada 0201", ["ada"]),
        ("amara", ["amara"]),
        (",", []),
    ],
)
def test_find(sdj: JsonRunner, text: str, ids: list[str]) -> None:
    """By id, mail, name, unit, site or a part of the number; all words must fit."""
    assert _ids(sdj("people", "find", text)) == ids


def test_find_tells_everything(sd: Runner, sdj: JsonRunner) -> None:
    """Class, unit, site and zone are shown; what is not known is null in JSON."""
    (found,) = sdj("people", "find", "emil")
    assert found == {
        "id": "emil",
        "name": "Emil Horvat",
        "mail": "emil@example.com",
        "phone": None,
        "unit": "Development",
        "site": "Remote",
        "zone": "Europe/Zagreb",
        "caller_class": "employee",
        "manager": "dana",
        "technician": False,
    }
    shown = sd("people", "find", "emil").stdout
    assert all(str(value) in shown for value in found.values() if value)


def test_find_takes_several_words_and_is_bounded(sd: Runner, sdj: JsonRunner) -> None:
    """Words need no quotes; what is left out is told."""
    assert _ids(sdj("people", "find", "london", "finance")) == ["ada"]
    assert len(sdj("people", "find", "a")) == 20
    assert len(sdj("people", "find", "a", "--limit", "0")) > 20
    assert len(sdj("people", "find", "a", "--limit", "2")) == 2
    assert "more; `--limit 0` shows all" in sd("people", "find", "a").stderr
    assert "(technician)" in sd("people", "find", "amara").stdout


@given(st.from_regex(r"[+0]?[0-9]{3,12}", fullmatch=True), st.data())
def test_a_quick_look_passes_over_nobody(number: str, data: st.DataObject) -> None:
    """Whatever is the same number passes the quick look through the contacts, too."""
    other = data.draw(
        st.sampled_from(
            [number, f"+44{number}", f"0044 {number}", f"0{number}", number.lstrip("+0")]
        )
    )
    marked = data.draw(
        st.sampled_from([other, f"+44 (0){other}", f"{other} ext. 7", f"tel:{other}"])
    )
    for one, two in ((number, marked), (marked, number)):
        assert phone.may_end(one, phone.ending(two)) or not phone.same(one, two)


def test_import_adds_and_updates(sd: Runner, sdj: JsonRunner, desk_dir: Path, roster: Any) -> None:
    """Known by id or mail: updated; others added; nobody removed; empty cells take nothing away."""
    path = roster(
        "id,Name,E-Mail,Telephone,Department,Location,Time zone,Class\n"
        "ada,Ada Lindqvist,ada@example.com,+44 20 7946 0999,,,,\n"
        ",Bruno Keller,BRUNO@example.com,,Sales,London,,\n"
        ',"Novak, Iva",iva.novak@example.com,020 7946 0210,Legal,Leeds,Europe/London,Employee\n'
    )

    told = sdj("people", "import", path)

    assert told == {
        "dry_run": False,
        "added": ["iva.novak"],
        "updated": ["ada", "bruno"],
        "unchanged": [],
        "notes": [],
    }
    people = _people(desk_dir)
    assert (people["ada"].phone, people["ada"].unit) == ("+44 20 7946 0999", "Finance")
    assert people["bruno"].phone == "+44 20 7946 0202"
    iva = people["iva.novak"]
    assert (iva.name, iva.zone, iva.caller_class) == ("Novak, Iva", "Europe/London", "employee")
    assert len(people) == 9
    assert (desk_dir / "catalog" / "people.yaml").read_text().startswith("# Who may call.")
    again = sdj("people", "import", path)
    assert (again["added"], again["updated"]) == ([], [])
    assert again["unchanged"] == ["ada", "bruno", "iva.novak"]
    assert sd("people", "find", "iva").stdout


def test_a_dry_run_changes_nothing(sdj: JsonRunner, desk_dir: Path, roster: Any) -> None:
    """What would happen is told; the file and the ledger are as they were."""
    file = desk_dir / "catalog" / "people.yaml"
    before = file.read_bytes()

    told = sdj("people", "import", roster("name;mail\nIva;iva@x.example\n"), "--dry-run")

    assert (told["dry_run"], told["added"]) == (True, ["iva"])
    assert file.read_bytes() == before
    assert not (desk_dir / "ledger").exists()


@pytest.mark.parametrize(
    "raw",
    [
        "Vorname;Nachname;E-Mail;Telefon;Abteilung\nJürgen;Groß;jg@x.example;+49 30 123456;Bau\n",
        "\ufeffFirst name\tSurname\tmail\tPHONE\tdept\nJürgen\tGroß\tjg@x.example\t+49 30 123456\tBau",
        'full_name|Email Address|tel|Team\r\n"Jürgen Groß"|jg@x.example|+49 30 123456|Bau\r\n',
    ],
    ids=["semicolon", "tab with mark", "bar"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_any_usual_list_is_read(
    sdj: JsonRunner, desk_dir: Path, roster: Any, raw: str, encoding: str
) -> None:
    """Delimiters, encodings and names of columns that other systems write."""
    text = raw if encoding == "utf-8" else raw.lstrip("\ufeff")

    sdj("people", "import", roster(text.encode(encoding)))

    jg = _people(desk_dir)["jg"]
    assert (jg.name, jg.phone, jg.unit) == ("Jürgen Groß", "+49 30 123456", "Bau")


def test_wrong_rows_are_named_and_nothing_is_written(
    sd: Runner, desk_dir: Path, roster: Any
) -> None:
    """Every wrong row is told with its line, a row over several lines with its first."""
    before = (desk_dir / "catalog" / "people.yaml").read_bytes()
    path = roster(
        "name,mail,zone,class,id,unit\n"
        "Good,good@x.example,,,,\n"
        "No mail,,,,,\n"
        'Bad mail,nowhere,,,,"over\ntwo lines"\n'
        "Bad zone,z@x.example,Mars/Base,,,\n"
        "Bad class,c@x.example,,king,,\n"
        "Twice,GOOD@x.example,,,,\n"
        "Other's,ada@example.com,,,bruno,\n"
        "Nobody,n@x.example,,,unknown,\n"
        "Bell\x07,b@x.example,,,,\n"
        "Wide,w@x.example,,,,,,9\n"
    )

    error = sd("people", "import", path, expect=5).stderr

    named = [line for line in range(20) if f"hr.csv:{line}: " in error]
    assert named == [3, 4, 6, 7, 8, 9, 10, 11, 12]
    assert (desk_dir / "catalog" / "people.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("No mail,,,,,", "it has no mail"),
        ("Bad mail,nowhere,,,,", "that is no mail address"),
        ("Bad zone,z@x.example,Mars/Base,,,", "no such IANA time zone"),
        ("Bad class,c@x.example,,king,,", "its class is 'king'"),
        ("Twice,GOOD@x.example,,,,", "`good` is on line 2 already"),
        ("Other,ada@example.com,,,bruno,", "is that of `ada`"),
        ("Nobody,n@x.example,,,unknown,", "use another id"),
        ("Wide,w@x.example,,,,,,9", "there are 6 columns"),
        ("Bell\x07,b@x.example,,,,", "control characters"),
        ('Open,"o@x.example,,,,', "it is no CSV from here on"),
    ],
)
def test_what_is_wrong_with_a_row(sd: Runner, roster: Any, row: str, said: str) -> None:
    """Each kind of mistake has its sentence, at the line where the row begins."""
    path = roster(f'name,mail,zone,class,id,unit\nGood,good@x.example,,,,"a\nb"\n{row}\n')

    error = sd("people", "import", path, expect=5).stderr

    assert f"hr.csv:4: {said}" in error or (said in error and "hr.csv:4: " in error)


@pytest.mark.parametrize("raw", [b"", b"\0\1\2", b"a,b\n1,2\n", b"name\nAda\n", b"\xff\xfe\x00"])
def test_what_is_no_list_is_refused(sd: Runner, roster: Any, raw: bytes) -> None:
    """Without columns for name and mail nothing is guessed."""
    assert "Nothing was imported" in sd("people", "import", roster(raw), expect=5).stderr


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    """Any bytes are a list or are refused."""
    for content in (raw, b"name,mail,phone,zone\n" + raw):
        with suppress(ImportFileError):
            roster_.merge({}, roster_.read(content, "x.csv"), "x.csv")


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1),
            st.from_regex(r"[a-z0-9.~-]{1,8}@[a-z0-9]{1,5}\.example", fullmatch=True),
        ),
        max_size=5,
        unique_by=lambda row: row[1],
    )
)
def test_what_is_written_is_read_back(rows: list[tuple[str, str]]) -> None:
    """Names like `yes`, `12:30`, `0x1` or `# a` survive the file: the strict reader takes them."""
    stream = io.StringIO()
    csv.writer(stream).writerows([("name", "mail", "unit"), *((n, m, n) for n, m in rows)])
    merged = roster_.merge({}, roster_.read(stream.getvalue().encode(), "x"), "x")
    text, _ = roster_.as_file(merged.people, "# kept\n\nformat: 1\n")
    read = read_file("x", text.encode(), People)

    assert text.startswith("# kept\n")
    assert not read.problems
    assert read.value.people == merged.people
    assert {person.mail for person in merged.people.values()} == {mail for _, mail in rows}


def test_what_is_not_touched_stays_as_it_is(sdj: JsonRunner, desk_dir: Path, roster: Any) -> None:
    """Entries that the list does not name keep their lines, comments and spelling byte for byte."""
    file = desk_dir / "catalog" / "people.yaml"
    before = file.read_text().replace("  carmen:", "  # the depot's first contact\n  carmen:  # x")
    file.write_text(before + "  # the end\n")

    told = sdj(
        "people",
        "import",
        roster(
            "name,mail,site,shoe size\nIva,iva@x.example,Oslo,38\n"
            "Bruno Keller,bruno@example.com,Leeds,\n"
        ),
    )

    assert ["shoe size" in note for note in told["notes"]] == [True]
    iva = "  iva:\n    name: Iva\n    mail: iva@x.example\n    site: Oslo\n"
    bruno = before.index("  bruno:")
    wanted = before[:bruno] + before[bruno:].replace("London", "Leeds", 1) + iva + "  # the end\n"
    assert file.read_text() == wanted
    assert not list((desk_dir / "catalog").glob("people.yaml.*"))


def test_comments_are_not_lost_unsaid(sdj: JsonRunner, desk_dir: Path, roster: Any) -> None:
    """Comments within a changed entry are lost: each file as it was is kept, and named."""
    file = desk_dir / "catalog" / "people.yaml"
    kept = []
    for site in ("Leeds", "Oslo"):
        before = file.read_text().replace("  carmen:\n", "  carmen:\n    # the depot\n")
        kept.append(before)
        file.write_text(before)
        path = roster(f"name,mail,site\nCarmen Ruiz,carmen@example.com,{site}\n")

        (dry,) = sdj("people", "import", path, "--dry-run")["notes"]
        (note,) = sdj("people", "import", path)["notes"]

        assert ".before" not in dry
        assert f"people.yaml.before-{len(kept)}" in note
    copies = [desk_dir / "catalog" / f"people.yaml.before-{number}" for number in (1, 2)]
    assert [copy.read_text() for copy in copies] == kept


@pytest.mark.parametrize(
    "text",
    [
        "format: 1\npeople: {}\n",
        "format: 1\npeople: {ada: {name: Ada, mail: a@b.example}}\n",
        (
            "people:\n    'a': {name: A, mail: a@b.example}\n    x.mail:\n        name: X\n"
            "        mail: x@b.example\n# last\nformat: 1\n"
        ),
        "format: 1\r\npeople:\r\n  ada:\r\n    name: Ada\r\n    mail: a@b.example\r\n\r\n",
        (
            "format: 1\npeople:\n  x:\n    name: X\n    mail: x@b.example\n"
            "  x.mail:\n    name: Y\n    mail: y@b.example"
        ),
        (
            "format: 1\npeople:\n  ada:\n    name: |-\n      Ada\n      # L\n    mail: a@b.example\n"
            "  bo:\n    mail: bo@b.example\n    name: |-\n      Bo\n      # no comment\n"
        ),
    ],
    ids=["none", "flow", "quoted", "windows", "dotted", "block"],
)
def test_any_way_of_writing_is_taken(
    sdj: JsonRunner, desk_dir: Path, roster: Any, text: str
) -> None:
    """However the file is written: afterwards it holds those it held, as told, and the new ones."""
    (desk_dir / "catalog" / "people.yaml").write_bytes(text.encode())
    before = _people(desk_dir)
    rows = "".join(f"New {who},{each.mail},Oslo\n" for who, each in before.items())

    sdj("people", "import", roster(f"name,mail,site\n{rows}Iva,iva@b.example,Bonn\n"))

    after = _people(desk_dir)
    assert after.pop("iva").site == "Bonn"
    assert {who: (each.name, each.mail, each.site) for who, each in after.items()} == {
        who: (f"New {who}", each.mail, "Oslo") for who, each in before.items()
    }


def test_an_import_that_was_overtaken_is_made_anew(
    desk: Desk, desk_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two imports at once are both in; nothing is locked while one is being prepared."""
    prepare = roster_.prepare
    names = iter(["second", ""])

    def slow(*args: Any) -> Any:
        prepared = prepare(*args)
        with desk.ledger.write():  # it would wait here in vain for a lock of its own
            pass
        if name := next(names):
            monkeypatch.setattr(roster_, "prepare", prepare)
            Arrivals(desk).import_people(
                f"name,mail\n{name},{name}@x.example\n".encode(), "b", dry_run=False
            )
            monkeypatch.setattr(roster_, "prepare", slow)
        return prepared

    monkeypatch.setattr(roster_, "prepare", slow)
    Arrivals(desk).import_people(b"name,mail\nfirst,first@x.example\n", "a", dry_run=False)

    assert {"first", "second"} <= _people(desk_dir).keys()


def test_whoever_comes_after_an_import_does_not_read_it_all_again(
    sd: Runner, desk_dir: Path, roster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy with the new contacts is kept for these contents, however young the files are."""
    sd("people", "import", roster("name,mail\nIva,iva@x.example\n"))
    with monkeypatch.context() as patched:
        patched.setattr("sdcli.policy.load.read_policy", None)
        assert "iva@x.example" in sd("people", "find", "iva").stdout

    file = desk_dir / "catalog" / "people.yaml"
    file.write_text(file.read_text().replace("name: Iva", "name: Eva"))

    assert "Eva" in sd("people", "find", "iva").stdout


def test_a_broken_desk_is_not_touched(sd: Runner, desk_dir: Path, roster: Any) -> None:
    """While the desk's files are wrong, a list is not taken in."""
    file = desk_dir / "catalog" / "people.yaml"
    file.write_text(file.read_text().replace("mail: ada@example.com", "mail: nowhere"))
    before = file.read_bytes()

    error = sd("people", "import", roster("name,mail\nIva,iva@x.example\n"), expect=5).stderr

    assert "catalog/people.yaml:" in error
    assert file.read_bytes() == before


def test_a_shared_number_is_not_guessed(sd: Runner, desk_dir: Path) -> None:
    """A switchboard's number is nobody's: --user with it is refused, with the names."""
    file = desk_dir / "catalog" / "people.yaml"
    file.write_text(file.read_text().replace("7946 0202", "7946 0201"))

    error = sd("open", "x", "--user", "020 7946 0201", expect=4).stderr

    assert "ada, bruno" in error
