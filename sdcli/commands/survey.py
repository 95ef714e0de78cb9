"""`sdcli survey`: how it was for the caller; each command has a module `survey_NAME` (R5a.2)."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("survey", SUBCOMMANDS["survey"])
def command() -> None:
    """Ask callers how it was, and record what they say.

    At most four questions by type of request, in catalog/survey.yaml, each for a figure that
    somebody looks at. A caller is asked once about a ticket, and never about one that was merged.
    An answer to the mail that asked is read by `sdcli open -` like all other mail. Each command
    takes --json.

    \b
    Examples:
        sdcli survey ask SD-42 --send
        sdcli survey due --since 7d --send
        sdcli survey answer SD-42 --score speed=4 --score again=5
        sdcli survey report --since 30d
    """
