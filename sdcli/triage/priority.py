"""Impact and urgency to priority, each with its ground in a sentence (R2c.1, R2c.2, R2c.2e).

A person is never asked for a priority (R2c.2d): they say how many are hindered and whether work
has stopped, and the matrix of the desk does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.model import Presets
from sdcli.tickets.contact import Assessment, Ground
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.words import Level, Priority, RequestType


class Subject(NamedTuple):
    """What is weighed: a request as it is classified, and what was said of it.

    Args:
        impact, urgency: as they are stated or known; None where nobody has said anything yet.
        unit: the caller's part of the organisation.
    """

    type: RequestType = UNKNOWN
    service: str = UNKNOWN
    feature: str = UNKNOWN
    impact: Level | None = None
    urgency: Level | None = None
    unit: str = ""
    assessment: Assessment = Assessment()


class Weight(NamedTuple):
    """How much a request matters, and why, line by line."""

    impact: Level
    urgency: Level
    priority: Priority
    grounds: tuple[Ground, ...]


class Derivation(NamedTuple):
    """A priority and why it is that one, with the file and line of the rule."""

    priority: Priority
    reason: str


def weigh(policy: Policy, subject: Subject) -> Weight:
    """The impact, the urgency and the priority of a request."""
    preset = presets(policy, subject.type, subject.service, subject.feature)
    impact = preset.impact if subject.impact is None else subject.impact
    urgency = preset.urgency if subject.urgency is None else subject.urgency
    derived = derive(policy, impact, urgency)
    place = policy.sla.matrix.row(impact).place
    ground = Ground("priority", derived.priority, f"impact {impact} by urgency {urgency}", place)
    return Weight(impact, urgency, derived.priority, (ground,))


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
