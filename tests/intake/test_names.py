"""Finding facts by their usual names in documents of unknown systems (R1a.2)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.names import meant, named

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["alert", "data", "x", "name", "state"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("name", ["alertName", "alert_name", "Alert-Name", "ALERTNAME"])
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    """Letters count, not their size nor what stands between them."""
    assert named({"id": 1, name: "Disk full"}, "title alertname") == "Disk full"


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"name": "a", "alert": {"name": "b"}}, "a"),  # the top comes first
        ({"user": {"name": "Ann"}, "check": {"name": "disk"}}, "disk"),  # not who, but what
        ({"data": {"alert": {"name": "deep"}}}, "deep"),
        ({"data": {"alert": {"more": {"name": "too deep"}}}}, None),
        ({"name": {"label": "web1", "id": 7}}, "web1"),  # an object is told by its own name
        ({"name": "", "title": "b"}, "b"),  # what is empty says nothing
        ({"name": ["a"], "title": 0}, 0),
        ([{"name": "a"}], None),
    ],
)
def test_the_nearest_that_says_something_is_taken(document: Any, found: Any) -> None:
    """Names in their order; of one name the place nearest to the top."""
    assert named(document, "name title") == found


def test_an_ending_stands_for_all_names_that_end_so() -> None:
    """`*state` is the state now, not the one before."""
    assert named({"previous_state": "OK", "checkState": "DOWN"}, "*state") == "DOWN"


def test_only_known_words_mean_something() -> None:
    """A status code in `status` does not hide the word in `state`."""
    document = {"status": 502, "state": "down", "severity": "odd", "level": "warning"}
    assert meant(document, "status state", "status") == "down"
    assert meant(document, "severity level", "severity") == "warning"
    assert meant({"status": True}, "status", "status") is None


@given(anything)
def test_any_document_can_be_asked(document: Any) -> None:
    """What is found is a text, a number or a truth value, or nothing; never an error."""
    for found in (named(document, "name *ate x"), meant(document, "state name", "status")):
        assert found is None or isinstance(found, (str, int, float))
