"""docs/process.md: every activity of the guide has a command, and a test that shows it."""

from __future__ import annotations

from tools.process_page import PAGE, cited, command_error, docstrings, generated, ids_in, parts

NOT_YET: set[str] = set()
COMMANDS_NOT_YET: set[str] = set()


def test_the_page_is_what_is_generated() -> None:
    """The page is what `make docs` writes."""
    assert PAGE.read_text(encoding="utf-8") == generated()


def test_every_activity_has_a_test() -> None:
    """No activity of Tables 5 to 20 without a test that cites its id."""
    tests = cited()
    activities = {row.id for part in parts() if not part.beyond for row in part.rows}

    assert {id_ for id_ in activities if id_ not in tests} == NOT_YET


def test_every_command_of_the_page_exists() -> None:
    """Each command line of the table names commands and options that there are."""
    lines = {line for part in parts() for row in part.rows for line in row.by}

    assert {line for line in lines if command_error(line)} == COMMANDS_NOT_YET


def test_every_cited_id_is_known() -> None:
    """A test cites no id that is not in the table: it would be missed there."""
    known = {row.id for part in parts() for row in part.rows}

    unknown = {(id_, file) for file, _, text in docstrings() for id_ in ids_in(text)}
    assert not {(id_, file) for id_, file in unknown if id_ not in known}


def test_ids_stand_once() -> None:
    """No activity is listed twice, and each says what a desk gets."""
    rows = [row for part in parts() for row in part.rows]

    assert len({row.id for row in rows}) == len(rows)
    assert all(row.does and row.by for row in rows)
