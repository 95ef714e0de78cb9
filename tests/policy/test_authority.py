"""Who may do what is for the desk's files to say (R0.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.errors import REFUSED, RefusedError
from sdcli.policy.authority import able, meets, require_may, said
from sdcli.policy.load import process, read_policy
from sdcli.policy.process import DEFAULTS, Demand, ProcessRules

if TYPE_CHECKING:
    from pathlib import Path

BY_ROLE = Demand(roles=("cs-manager",), level=5, place="catalog/process.yaml:7")


def test_one_of_role_level_and_authority_is_enough(desk_dir: Path) -> None:
    """Whoever has one thing that is demanded may; whoever no file knows may not (R0.2)."""
    policy = read_policy(str(desk_dir))
    assert meets(policy, "amara", BY_ROLE)
    assert not meets(policy, "ben", BY_ROLE)
    assert meets(policy, "sven", Demand(authority=("approve-change",)))
    assert not meets(policy, "nobody", BY_ROLE)
    assert meets(policy, "nobody", Demand())
    assert meets(policy, "nobody", Demand(level=7))  # nobody said their level
    assert "amara" in able(policy, BY_ROLE)


def test_a_refusal_says_who_could(desk_dir: Path) -> None:
    """It names the person, the deed, the place, and who has what is needed (R0.2)."""
    policy = read_policy(str(desk_dir))
    rules = ProcessRules(format=1, authority={"merge": BY_ROLE})
    require_may(policy, DEFAULTS, "ben", "merge", "merge tickets")
    require_may(policy, rules, "amara", "merge", "merge tickets")
    with pytest.raises(RefusedError) as refusal:
        require_may(policy, rules, "ben", "merge", "merge tickets")
    error = refusal.value
    assert error.exit_code == REFUSED
    assert error.message.startswith("ben may not merge tickets: catalog/process.yaml:7 demands ")
    assert "amara" in error.message
    assert said(BY_ROLE) == "the role cs-manager or level 5 or higher"


def test_a_desk_without_the_file_has_no_demands(desk_dir: Path) -> None:
    """Desks from before there were such rules work on (R0.7)."""
    assert process(str(desk_dir)).authority["bulk"].place == "catalog/process.yaml:9"
    (desk_dir / "catalog" / "process.yaml").unlink()
    assert process(str(desk_dir)) == DEFAULTS
