"""Impact and urgency to priority, with the reason in a sentence (R2c.2, R2c.2e).

A person is never asked for a priority (R2c.2d): they say how many are hindered and whether work
has stopped, and the matrix of the desk does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.model import Presets
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.words import Level, Priority, RequestType


class Derivation(NamedTuple):
    """A priority and why it is that one, with the file and line of the rule."""

    priority: Priority
    reason: str


def derive(policy: Policy, impact: Level, urgency: Level) -> Derivation:
    """The priority of an impact and an urgency."""
    matrix = policy.sla.matrix
    priority = matrix.priority(impact, urgency)
    place = matrix.row(impact).place
    return Derivation(priority, f"impact {impact} by urgency {urgency} gives {priority} ({place})")


def presets(policy: Policy, type_: RequestType, service: str, feature: str) -> Presets:
    """Impact and urgency that an incident of a service and feature starts with.

    The feature's own win. Other types of request start with none: losing a service and asking
    for it do not weigh the same.
    """
    found = policy.service(service)
    if found is None or type_ != "incident":
        return Presets()
    own = found.features[feature].presets if feature in found.features else Presets()
    return Presets(
        impact=own.impact if own.impact != UNKNOWN else found.presets.impact,
        urgency=own.urgency if own.urgency != UNKNOWN else found.presets.urgency,
    )
