"""Mutations of the starter's trees and catalogs: each gives exactly its diagnostic, with its line.

Each mutation is an edit of a file as somebody may make it by mistake, and all that `lint` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from sdcli.errors import DataFileError
from sdcli.lint import lint
from sdcli.policy.load import read_policy, read_questions
from sdcli.policy.model import CLASSIFICATION, SCHEDULE, SERVICES, TEAMS
from sdcli.policy.questions import QUESTIONS

if TYPE_CHECKING:
    from pathlib import Path


class Mutation(NamedTuple):
    """An edit of a starter file, the text that ends on the line that is told, and the message."""

    file: str
    old: str
    new: str
    at: str
    message: str


TREES: dict[str, Mutation] = {
    "a leaf without its type": Mutation(
        QUESTIONS,
        "unclear: {type: unknown}",
        "unclear: {}",
        "      unclear: {}",
        "the leaf `identity` of `area` ends a walk, and no type is known: need=unknown, about=account; so it is with 22 more leaves after `unclear` of `kind`. State it in the leaf `unclear` of `kind`; `type: unknown` says that nobody can know it yet",
    ),
    "two types of one kind of leaf": Mutation(
        QUESTIONS,
        "how: {type: information}",
        "how: {}",
        "      how: {}",
        "the leaf `identity` of `area` ends a walk, and no type is known: need=how, about=account; so it is with 22 more leaves after `how` of `kind`. State it in the leaf `how` of `kind`; `type: unknown` says that nobody can know it yet",
    ),
    "an unknown area without an agreement": Mutation(
        QUESTIONS,
        "unclear-area: {queue: service-desk, agreement: standard}",
        "unclear-area: {queue: service-desk}",
        "      unclear-area: {queue: service-desk}",
        "the leaf `unclear-area` of `area` ends a walk, and no agreement is known: need=unknown, about=unknown; so it is with 3 more leaves after `unclear-area` of `area`. State it in the leaf `unclear-area` of `area`, or the service from which it follows",
    ),
    "something new without an agreement": Mutation(
        QUESTIONS,
        "queue: service-desk, agreement: standard, tree: new-service}",
        "queue: service-desk, tree: new-service}",
        "      new: {type: new-service, queue: service-desk, tree: new-service}",
        "the leaf `described-new` of `new-service` ends a walk, and no agreement is known: need=new, for-how-many=one, alike=more, usual=yes, asked-already=yes, new-when=month, new-wanted=..., new-why=..., new-success=.... State it in the leaf `new` of `kind`, or the service from which it follows",
    ),
    "an area without its service": Mutation(
        QUESTIONS,
        "wifi: {service: wifi, queue",
        "wifi: {queue",
        "      wifi: {queue: service-desk}",
        "the leaf `wifi` of `area` ends a walk, and no agreement is known: need=unknown, about=connection, connection=air; so it is with 3 more leaves after `wifi` of `area`. State it in the leaf `wifi` of `area`, or the service from which it follows",
    ),
    "a fourth question before a queue": Mutation(
        QUESTIONS,
        "never-had: {type: fulfilment, queue: service-desk}",
        "never-had: {type: fulfilment}",
        "      never-had: {type: fulfilment}",
        "up to 4 questions lead to the leaf `vpn` of `area` before a queue is known; 3 must be enough: need=broken, ever-had=no, about=connection, connection=home; so it is with 19 more leaves after `never-had` of `kind`. State one in the leaf `never-had` of `kind`",
    ),
    "a fourth question before the queue of a failure": Mutation(
        QUESTIONS,
        "broken: {type: incident, queue: service-desk}",
        "broken: {type: incident}",
        "      broken: {type: incident}",
        "up to 4 questions lead to the leaf `vpn` of `area` before a queue is known; 3 must be enough: need=broken, ever-had=yes, about=connection, connection=home; so it is with 19 more leaves after `broken` of `kind`. State one in the leaf `broken` of `kind`",
    ),
    "an unknown area without a queue": Mutation(
        QUESTIONS,
        "unclear-area: {queue: service-desk, agreement",
        "unclear-area: {agreement",
        "      unclear-area: {agreement: standard}",
        "the leaf `unclear-area` of `area` ends a walk, and no queue is known: need=unknown, about=unknown; so it is with 1 more leaf after `unclear-area` of `area`. State it in the leaf `unclear-area` of `area`",
    ),
    "something new without a queue": Mutation(
        QUESTIONS,
        "queue: service-desk, agreement: standard, tree: new-service}",
        "agreement: standard, tree: new-service}",
        "      new: {type: new-service, agreement: standard, tree: new-service}",
        "the leaf `described-new` of `new-service` ends a walk, and no queue is known: need=new, for-how-many=one, alike=more, usual=yes, asked-already=yes, new-when=month, new-wanted=..., new-why=..., new-success=.... State it in the leaf `new` of `kind`",
    ),
    "a leaf that no way leads to": Mutation(
        QUESTIONS,
        "            label: I want to know how to do something\n            leaf: how\n",
        "            label: I want to know how to do something\n            leaf: unclear\n",
        "      how: {type: information}",
        "no way leads to the leaf `how`",
    ),
    "a list without unknown": Mutation(
        QUESTIONS,
        "          unknown: {label: I don't know, leaf: access}\n",
        "",
        "        ask: Have you had it before?\n        fills: ever_had\n        choices:",
        "the choices of `used-before` need `unknown`, for who does not know",
    ),
    "a word that is not in the list": Mutation(
        QUESTIONS,
        '          "no": {label: "No, I never had it", leaf: never-had}',
        '          never: {label: "No, I never had it", leaf: never-had}',
        '          never: {label: "No, I never had it", leaf: never-had}',
        "`ever_had` has the choices yes, no, taken, unknown, not `never`",
    ),
    "a question that is not there": Mutation(
        QUESTIONS,
        "            next: ever-had\n",
        "            next: ever-hat\n",
        "            next: ever-hat",
        "there is no question in `kind` `ever-hat`; did you mean `ever-had`?",
    ),
    "a question that is not there for all choices": Mutation(
        QUESTIONS,
        "        next: when-needed",
        "        next: when-neded",
        "        next: when-neded",
        "there is no question in `fulfilment` `when-neded`; did you mean `when-needed`?",
    ),
    "a second tree of a kind": Mutation(
        QUESTIONS,
        "    type: information\n",
        "    type: new-service\n",
        "  new-service:\n    name: Something that nobody has yet\n    type: new-service",
        "`new-service` is made for the same type and service as `information`",
    ),
    "a failure in the tree of a wish": Mutation(
        QUESTIONS,
        "broken: {type: incident, queue: service-desk}",
        "broken: {type: incident, queue: service-desk, tree: fulfilment}",
        "      broken: {type: incident, queue: service-desk, tree: fulfilment}",
        "the leaf `broken` leads to `fulfilment`, which is for fulfilment, and by then it is known to be incident: need=broken, ever-had=yes",
    ),
    "a leaf that leads back": Mutation(
        QUESTIONS,
        "vpn: {service: vpn, queue: service-desk}",
        "vpn: {service: vpn, queue: service-desk, tree: kind}",
        "      vpn: {service: vpn, queue: service-desk, tree: kind}",
        "the leaf `vpn` leads to `kind`, which was walked already: need=broken, ever-had=yes, about=connection, connection=home",
    ),
    "what is filled twice on one way": Mutation(
        QUESTIONS,
        "        ask: How much does it hinder the work?\n        fills: urgency\n        choices:",
        "        ask: How much does it hinder the work?\n        fills: impact\n        choices:",
        "        ask: How much does it hinder the work?\n        fills: impact",
        "`stopped` fills `impact`, which `hindered` has filled by then",
    ),
    "a field that is filled twice on one way": Mutation(
        QUESTIONS,
        "        ask: What do you want to be able to do?\n        fills: wanted\n        leaf: told",
        "        ask: What do you want to be able to do?\n        field: looked\n        leaf: told",
        "        ask: What do you want to be able to do?\n        field: looked",
        "`how-wanted` fills `looked`, which `looked` has filled by then",
    ),
    "a question that clears the screen": Mutation(
        QUESTIONS,
        "        ask: What can we do for you?\n",
        '        ask: "What can we \\e[2Jdo for you?"\n',
        "        ask: ",
        "the control character U+001B is not used in desk files",
    ),
    "a leaf that is gone": Mutation(
        QUESTIONS,
        "      unclear: {type: unknown}\n",
        "",
        "          unknown: {label: I don't know, leaf: unclear}",
        "there is no leaf in `kind` `unclear`; there are: broken, never-had, taken, dangerous, access, how, new",
    ),
    "an agreement that is not there": Mutation(
        QUESTIONS,
        "agreement: standard, tree: new",
        "agreement: gold, tree: new",
        "      new: {type: new-service, queue: service-desk, agreement: gold, tree: new-service}",
        "there is no agreement `gold`; there are: standard, extended, critical, goodwill",
    ),
    "an approval that is none": Mutation(
        QUESTIONS,
        "approval: true",
        "approval: maybe",
        "      taken: {type: fulfilment, queue: service-desk, approval: maybe}",
        "`trees.kind.leaves.taken.approval` must be true or false, not `maybe`",
    ),
    "a type that is none": Mutation(
        QUESTIONS,
        "unclear: {type: unknown}",
        "unclear: {type: unclear}",
        "      unclear: {type: unclear}",
        "`trees.kind.leaves.unclear.type` is 'unclear'; it must be one of incident, fulfilment, new-service, information, unknown",
    ),
    "trees in a circle": Mutation(
        QUESTIONS,
        "      described: {}",
        "      described: {tree: incident/vpn}",
        "  incident:",
        "the trees go round in a circle: incident > incident/vpn > incident",
    ),
    "a queue that is not there": Mutation(
        QUESTIONS,
        "foreign: {queue: security}",
        "foreign: {queue: securty}",
        "      foreign: {queue: securty}",
        "there is no queue `securty`; did you mean `security`?",
    ),
    "questions in a circle": Mutation(
        QUESTIONS,
        "        next: used-before",
        "        next: need",
        "      need:",
        "the questions go round in a circle: need > need",
    ),
}
CATALOGS: dict[str, Mutation] = {
    "a needed service that is not there": Mutation(
        SERVICES,
        "depends_on: [wired-network]\n    features:\n      browsing",
        "depends_on: [wired-netwrok]\n    features:\n      browsing",
        "    depends_on: [wired-netwrok]",
        "there is no service `wired-netwrok`; did you mean `wired-network`?",
    ),
    "a service that needs itself": Mutation(
        SERVICES,
        "depends_on: [databases, internet-access]",
        "depends_on: [databases, website]",
        "    depends_on: [databases, website]",
        "`website` cannot need itself",
    ),
    "a service that is needed twice": Mutation(
        SERVICES,
        "depends_on: [databases, internet-access]",
        "depends_on: [databases, databases]",
        "    depends_on: [databases, databases]",
        "`databases` is named twice",
    ),
    "a service that needs itself besides": Mutation(
        SERVICES,
        "depends_on: [identity, internet-access]\n    goals:\n      connecting",
        "depends_on: [identity, internet-access, vpn]\n    goals:\n      connecting",
        "    depends_on: [identity, internet-access, vpn]",
        "`vpn` cannot need itself",
    ),
    "services that need each other": Mutation(
        SERVICES,
        "    area: technology\n    depends_on: [wired-network]\n    features:\n      browsing",
        "    area: technology\n    depends_on: [wired-network, email]\n    features:\n      browsing",
        "    depends_on: [identity, internet-access]",
        "the services need each other in a circle: email > internet-access > email",
    ),
    "a component twice": Mutation(
        SERVICES,
        "components: [vpn1, vpn2]",
        "components: [vpn1, vpn2, vpn1]",
        "    components: [vpn1, vpn2, vpn1]",
        "`vpn1` is named twice",
    ),
    "a keyword thrice": Mutation(
        SERVICES,
        "keywords: [shared mailbox, delegate]",
        "keywords: [delegate, shared mailbox, delegate, delegate]",
        "        keywords: [delegate, shared mailbox, delegate, delegate]",
        "`delegate` is named twice",
    ),
    "a member twice": Mutation(
        TEAMS,
        "members: [dmitri, ben]",
        "members: [dmitri, ben, ben]",
        "    members: [dmitri, ben, ben]",
        "`ben` is named twice",
    ),
    "a name that colours the screen": Mutation(
        SERVICES,
        "name: Shared mailbox",
        'name: "Shared \\e[31mmailbox"',
        '        name: "Shared \\e[31mmailbox"',
        "the control character U+001B is not used in desk files",
    ),
    "a name that is read backwards": Mutation(
        SERVICES,
        "name: Shared mailbox",
        "name: Shared \u202emailbox",
        "        name: Shared \u202emailbox",
        "the control character U+202E is not used in desk files",
    ),
    "a key that holds a bell": Mutation(
        SERVICES,
        "          mailbox-access:",
        '          "mailbox\\a":',
        '          "mailbox\\a":',
        "the control character U+0007 is not used in desk files",
    ),
    "a goal in words": Mutation(
        SERVICES,
        "unit: minutes, at_most: 5}",
        "unit: minutes, at_most: five}",
        "      delivery: {says: A mail is delivered, unit: minutes, at_most: five}",
        "`services.email.goals.delivery.at_most` must be a number, not `five`",
    ),
    "a goal with an exponent": Mutation(
        SERVICES,
        "unit: minutes, at_most: 5}",
        "unit: minutes, at_most: 5.0e+3}",
        "      delivery: {says: A mail is delivered, unit: minutes, at_most: 5.0e+3}",
        "`services.email.goals.delivery.at_most` is '5.0e+3': write a number in plain digits, like 30 or 99.9",
    ),
    "a goal without an end": Mutation(
        SERVICES,
        "unit: minutes, at_most: 5}",
        "unit: minutes, at_most: .inf}",
        "      delivery: {says: A mail is delivered, unit: minutes, at_most: .inf}",
        "`services.email.goals.delivery.at_most` is '.inf': write a number in plain digits, like 30 or 99.9",
    ),
    "a goal with two bounds": Mutation(
        SERVICES,
        "at_most: 30}",
        "at_most: 30, at_least: 3}",
        "      connecting: {says: The connection is up, unit: seconds, at_most: 30, at_least: 3}",
        "the goal `connecting` needs either `at_most` or `at_least`",
    ),
    "a goal without a bound": Mutation(
        SERVICES,
        ", at_most: 30}",
        "}",
        "      connecting: {says: The connection is up, unit: seconds}",
        "the goal `connecting` needs either `at_most` or `at_least`",
    ),
    "more in use than there can be": Mutation(
        SERVICES,
        "{most: 6, unit: sessions, in_use: 5}",
        "{most: 6, unit: sessions, in_use: 7}",
        "        capacity: {most: 6, unit: sessions, in_use: 7}",
        "7 are in use, and 6 is the most there can be",
    ),
    "a capacity of nothing": Mutation(
        SERVICES,
        "{most: 50, unit: GB, each: true}",
        "{most: 0, unit: GB, each: true}",
        "        capacity: {most: 0, unit: GB, each: true}",
        "a capacity is 1 or more; leave it out if there is no limit",
    ),
    "a capacity of each in use": Mutation(
        SERVICES,
        "{most: 50, unit: GB, each: true}",
        "{most: 50, unit: GB, each: true, in_use: 2}",
        "        capacity: {most: 50, unit: GB, each: true, in_use: 2}",
        "what is counted for each request has no `in_use`",
    ),
    "a request called unknown": Mutation(
        SERVICES,
        "          joiner:",
        "          unknown:",
        "          unknown:",
        "`unknown` is what is not known yet; use another id",
    ),
    "an area that is none": Mutation(
        SERVICES,
        "area: technology",
        "area: technical",
        "    area: technical",
        "`services.vpn.area` is 'technical'; it must be one of technology, service, unknown",
    ),
    "a capacity of nobody knows what": Mutation(
        SERVICES,
        "{most: 50, unit: GB, each: true}",
        "{most: 50, each: true}",
        "        capacity: {most: 50, each: true}",
        "`services.email.features.mailbox.capacity` needs the key `unit`",
    ),
    "a request that nobody can recognise": Mutation(
        SERVICES,
        "            recognise: Somebody leaves and the account must be closed, mostly on a set day\n",
        "",
        "            name: The end of an account",
        "`services.identity.features.account.requests.leaver` needs the key `recognise`",
    ),
    "a change of no service": Mutation(
        SCHEDULE,
        "services: [crm]",
        "services: [crn]",
        "    services: [crn]",
        "there is no service `crn`; did you mean `crm`?",
    ),
    "a change of no unit": Mutation(
        SCHEDULE,
        "units: [Sales]",
        "units: [Sale]",
        "    units: [Sale]",
        "there is no unit `Sale`; did you mean `Sales`?",
    ),
    "a change of nothing": Mutation(
        SCHEDULE,
        "    units: [Dispatch]\n",
        "",
        "  dispatch-moves:",
        "the change `dispatch-moves` touches nothing: name services, components or people",
    ),
    "a change of an empty list": Mutation(
        SCHEDULE,
        "    units: [Dispatch]\n",
        "    units: []\n",
        "    units: []",
        "the change `dispatch-moves` touches nothing: name services, components or people",
    ),
    "an outage that ends before it begins": Mutation(
        SCHEDULE,
        'end: "2026-10-03T22:00:00Z"',
        'end: "2026-10-03T12:00:00Z"',
        '    end: "2026-10-03T12:00:00Z"',
        "the outage `mail-gateway-update` ends before it begins",
    ),
    "an outage of nothing": Mutation(
        SCHEDULE,
        "    services: [email]\n    components: [mail-gateway]\n",
        "    services: []\n",
        "    services: []",
        "the outage `mail-gateway-update` names no service or component",
    ),
    "a change of nobody": Mutation(
        SCHEDULE,
        "    services: [wifi]\n",
        "    services: [wifi]\n    people: [adda]\n",
        "    people: [adda]",
        "there is no person `adda`; did you mean `ada`?",
    ),
    "a change of no site": Mutation(
        SCHEDULE,
        "    services: [wifi]\n",
        "    services: [wifi]\n    sites: [Londn]\n",
        "    sites: [Londn]",
        "there is no site `Londn`; did you mean `London`?",
    ),
    "a change on a day without its time": Mutation(
        SCHEDULE,
        'at: "2026-11-16T08:00:00Z"',
        'at: "2026-11-16"',
        '    at: "2026-11-16"',
        "`changes.campaigns-for-marketing-only.at` is '2026-11-16': write an instant with its zone, like \"2026-12-05T20:00:00Z\"",
    ),
    "a confidence of everything": Mutation(
        CLASSIFICATION,
        "suggest_from: 60",
        "suggest_from: 100",
        "suggest_from: 100",
        "suggest from 1 to 99 percent, not 100",
    ),
    "a confidence of nothing": Mutation(
        CLASSIFICATION,
        "suggest_from: 60",
        "suggest_from: 0",
        "suggest_from: 0",
        "suggest from 1 to 99 percent, not 0",
    ),
    "thresholds that do not rise": Mutation(
        CLASSIFICATION,
        "up_to: 20",
        "up_to: 1",
        "  - {up_to: 1, impact: medium}",
        "`up_to` must rise: 1 does not come after 1",
    ),
    "a threshold in words": Mutation(
        CLASSIFICATION,
        "up_to: 20",
        "up_to: many",
        "  - {up_to: many, impact: medium}",
        "`people.1.up_to` must be a whole number, not `many` (entry 2 of `people`)",
    ),
    "a threshold on the last line": Mutation(
        CLASSIFICATION,
        "  - {impact: high}\n",
        "  - {up_to: 90, impact: high}\n",
        "  - {up_to: 90, impact: high}",
        "the last line is for all above; leave `up_to` out",
    ),
    "a line without its threshold": Mutation(
        CLASSIFICATION,
        "{up_to: 1, impact: low}",
        "{impact: low}",
        "  - {impact: low}",
        "only the last line goes without `up_to`",
    ),
    "groups without unknown": Mutation(
        CLASSIFICATION,
        "  unknown: {name: I don't know}\n",
        "",
        "groups:",
        "the list `groups` needs the entry `unknown`",
    ),
    "an impact of who is not known": Mutation(
        CLASSIFICATION,
        "unknown: {name: I don't know}",
        "unknown: {name: I don't know, impact: low}",
        "  unknown: {name: I don't know, impact: low}",
        "who does not know who is hindered knows no impact: leave it out",
    ),
    "a hard way round that is urgent": Mutation(
        CLASSIFICATION,
        "workarounds: {none: high, hard: medium, good: low}",
        "workarounds:\n  none: medium\n  hard: high\n  good: low",
        "  hard: high",
        "`hard` cannot be more urgent than `none`, which is medium",
    ),
    "a good way round that is urgent": Mutation(
        CLASSIFICATION,
        "workarounds: {none: high, hard: medium, good: low}",
        "workarounds:\n  none: medium\n  hard: unknown\n  good: high",
        "  good: high",
        "`good` cannot be more urgent than `none`, which is medium",
    ),
    "a process that needs no known service": Mutation(
        CLASSIFICATION,
        "services: [crm, email, telephony]",
        "services: [crm, emial, telephony]",
        "    services: [crm, emial, telephony]",
        "there is no service `emial`; did you mean `email`?",
    ),
    "a process that needs nothing": Mutation(
        CLASSIFICATION,
        "services: [crm, email, telephony]",
        "services: []",
        "    services: []",
        "the process `selling` needs no service",
    ),
    "a preset of no feature": Mutation(
        CLASSIFICATION,
        "feature: logistics",
        "feature: logistic",
        "  - {service: erp, feature: logistic, unit: Logistics, priority: P1}",
        "there is no feature of `erp` `logistic`; did you mean `logistics`?",
    ),
    "a preset of a feature of no service": Mutation(
        CLASSIFICATION,
        "{service: erp, feature: logistics,",
        "{feature: logistics,",
        "  - {feature: logistics, unit: Logistics, priority: P1}",
        "a feature needs the service that it belongs to",
    ),
    "a preset of no unit": Mutation(
        CLASSIFICATION,
        "unit: Logistics, priority",
        "unit: Logistcs, priority",
        "  - {service: erp, feature: logistics, unit: Logistcs, priority: P1}",
        "there is no unit `Logistcs`; did you mean `Logistics`?",
    ),
    "a preset that sets nothing": Mutation(
        CLASSIFICATION,
        "{unit: Management, impact: medium}",
        "{unit: Management}",
        "  - {unit: Management}",
        "the preset sets nothing: give an `impact`, an `urgency` or a `priority`",
    ),
    "a preset of a priority and an impact": Mutation(
        CLASSIFICATION,
        "unit: Logistics, priority: P1}",
        "unit: Logistics, priority: P1,\n     impact: high}",
        "     impact: high}",
        "the preset sets a `priority`, so its `impact` would not count",
    ),
    "a preset of a priority and an urgency": Mutation(
        CLASSIFICATION,
        "unit: Logistics, priority: P1}",
        "unit: Logistics, urgency: low, priority: P1}",
        "  - {service: erp, feature: logistics, unit: Logistics, urgency: low, priority: P1}",
        "the preset sets a `priority`, so its `urgency` would not count",
    ),
    "a preset for everything": Mutation(
        CLASSIFICATION,
        "{unit: Management, impact: medium}",
        "{impact: medium}",
        "  - {impact: medium}",
        "a preset for everything is a rule of the matrix: name a service or a unit",
    ),
    "a preset twice": Mutation(
        CLASSIFICATION,
        "  - {unit: Management, impact: medium}\n",
        "  - {unit: Management, impact: medium}\n  - {unit: Management, urgency: low}\n",
        "  - {unit: Management, urgency: low}",
        "another preset is for the same: catalog/classification.yaml:62",
    ),
    "a priority that stops a higher one": Mutation(
        CLASSIFICATION,
        "pre_empts: [P4, P5]",
        "pre_empts: [P1, P5]",
        "    pre_empts: [P1, P5]",
        "P2 cannot stop the work on P1",
    ),
    "a message for no priority": Mutation(
        CLASSIFICATION,
        "priorities: [P1, P2]",
        "priorities: []",
        "  priorities: []",
        "`communication` names no priority, so it is never due",
    ),
    "an override without agreement": Mutation(
        CLASSIFICATION,
        "agreement: goodwill",
        "agreement: goodwil",
        "  agreement: goodwil",
        "there is no agreement `goodwil`; did you mean `goodwill`?",
    ),
    "a code that is not there": Mutation(
        CLASSIFICATION,
        "code: unsupported",
        "code: unsuported",
        "  code: unsuported",
        "there is no closure code `unsuported`; did you mean `unsupported`?",
    ),
    "a queue for devices that is not there": Mutation(
        CLASSIFICATION,
        "devices: security",
        "devices: securty",
        "  devices: securty",
        "there is no queue `securty`; did you mean `security`?",
    ),
    "a gap of no ticket": Mutation(
        CLASSIFICATION,
        "gap_from: 3",
        "gap_from: 0",
        "  gap_from: 0",
        "a gap shows from 1 ticket on or more, not 0",
    ),
    "a limit of nothing": Mutation(
        CLASSIFICATION,
        "choices: 9",
        "choices: 0",
        "limits: {services: 40, features: 8, choices: 0, words: 16}",
        "the limit of choices is 1 or more",
    ),
    "an urgency that is none": Mutation(
        CLASSIFICATION,
        "none: high",
        "none: highest",
        "workarounds: {none: highest, hard: medium, good: low}",
        "`workarounds.none` is 'highest'; it must be one of high, medium, low, unknown",
    ),
    "a time box that is none": Mutation(
        CLASSIFICATION,
        "tier_1: 30m",
        "tier_1: soon",
        "    time_box: {tier_1: soon, tier_2: 3h}",
        "`consequences.P2.time_box.tier_1` is 'soon': write working time as 30m, 4h or 1h30m",
    ),
    "a recipient that is none": Mutation(
        CLASSIFICATION,
        "tell: [queue-lead, service-owner]",
        "tell: [queue-lead, boss]",
        "    tell: [queue-lead, boss]",
        "`consequences.P2.tell.1` is 'boss'; it must be one of assignee, queue-lead, on-call, service-owner, desk-manager, owner, duty-manager, business",
    ),
}


def _mutated(root: Path, mutation: Mutation) -> str:
    """Edit the file of a desk; gives where the problem is, as `lint` writes it."""
    path = root / mutation.file
    text = path.read_text(encoding="utf-8")
    assert mutation.old in text, f"{mutation.file} no longer holds {mutation.old!r}"
    text = text.replace(mutation.old, mutation.new, 1)
    path.write_text(text, encoding="utf-8")
    line = text[: text.index(mutation.at) + len(mutation.at)].count("\n") + 1
    return f"{mutation.file}:{line}"


def _said(root: Path) -> list[str]:
    try:
        read_questions(str(root), read_policy(str(root)))
    except DataFileError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("mutation", TREES.values(), ids=TREES)
def test_a_mutated_tree_gives_its_diagnostic(desk_dir: Path, mutation: Mutation) -> None:
    """A spoilt tree is one problem at its line, with the answers that lead there (R2a.5, R1a.1e)."""
    place = _mutated(desk_dir, mutation)

    assert _said(desk_dir) == [f"{place}: {mutation.message}"]


@pytest.mark.parametrize("mutation", CATALOGS.values(), ids=CATALOGS)
def test_a_mutated_catalog_gives_its_diagnostic(desk_dir: Path, mutation: Mutation) -> None:
    """A spoilt service, change or rule is one problem at its line (R2a.3a, R2a.4a, R2c.2, R3d.0)."""
    place = _mutated(desk_dir, mutation)

    assert _said(desk_dir) == [f"{place}: {mutation.message}"]


def test_a_procedure_that_is_no_article_is_told(desk_dir: Path) -> None:
    """A request of the catalog names an article that there is (R2a.2b)."""
    mutation = Mutation(
        SERVICES,
        "            procedure: KB-141\n",
        "            procedure: KB-999\n",
        "            procedure: KB-999",
        "the request `new-list` names no procedure or article: `KB-999`",
    )
    place = _mutated(desk_dir, mutation)

    with pytest.raises(DataFileError) as caught:
        lint(str(desk_dir))

    assert [str(each) for each in caught.value.problems] == [f"{place}: {mutation.message}"]
