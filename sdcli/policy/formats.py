"""What a file of `catalog/intake/` says: how the alerts of one monitoring system are read.

As in `model`, the classes are the schema. They are apart because only what takes in alerts needs
them.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdcli.policy.scalars import Expression


class Recognise(Struct, frozen=True, kw_only=True):
    """How a format is recognised.

    Args:
        syntax: what kind of text it is: a JSON object, `KEY=value` lines as in an environment,
            `Key: value` lines as in a notification mail, or a line of a system log.
        keys: top-level keys that are all there.
        when: further, what must hold.
        begins: of `Key: value` lines in a mail, what its first line looks like where that is
            none of them: a regular expression.
    """

    syntax: Literal["json", "environment", "lines", "syslog"] = "json"
    keys: tuple[str, ...] = ()
    when: Expression = Expression("")
    begins: str = ""


class Field(Struct, frozen=True, kw_only=True):
    """Where a fact is: the first of the expressions that gives one, through a converter.

    Args:
        by: the converter's name; `words`: what the system's own words mean.
        otherwise: what it is if nothing gives it.
    """

    at: tuple[Expression, ...] = ()
    by: Literal[
        "text",
        "line",
        "plain",
        "stable",
        "list",
        "time",
        "labels",
        "environment",
        "severity",
        "status",
    ] = "text"
    words: dict[str, str] = {}
    otherwise: str = ""


class AlertFields(Struct, frozen=True, kw_only=True):
    """Where a format has its facts. `key` lists what identifies the alert, in order (T18)."""

    status: Field
    summary: Field
    key: tuple[Expression, ...]
    severity: Field = Field()
    component: Field = Field()
    service: Field = Field()
    environment: Field = Field()
    starts_at: Field = Field()
    link: Field = Field()
    details: Field = Field()
    labels: Field = Field()


class AlertFormat(Struct, frozen=True, kw_only=True):
    """`catalog/intake/NAME.yaml`: how the alerts of one monitoring system are read.

    Args:
        name: the system, in words; `documentation`: where its format is described.
        rank: the highest of the formats that fit is taken.
        inner: where another document lies inside this one, as JSON text or as it is; that is
            read instead, by whatever format fits it.
        each: where the alerts are, if there are several. Expressions then find the alert as
            `item` and the whole as `document`; otherwise they begin at the document.
        ignore: what makes it no alert, such as a test or an acknowledgement.
        delivery: where in the whole document the id of its delivery is, if the vendor says that
            the same id means the same delivery, made once more.
        source: the monitoring system, if it is not the file's name.
    """

    format: Literal[1]
    name: str
    documentation: str = ""
    rank: int = 50
    recognise: Recognise
    inner: Expression = Expression("")
    each: Expression = Expression("")
    ignore: Expression = Expression("")
    delivery: Expression = Expression("")
    source: Field = Field()
    fields: AlertFields | None = None
    place: str
