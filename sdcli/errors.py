"""Every way a request can fail: the sentence a person reads and the exit code a script reads.

The classes build their own sentences, so that call sites hold no prose. A sentence names the
thing, the place and the next step. `EXIT_CODES` is the table printed in the README.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DONE = 0
UNEXPECTED = 1
USAGE = 2
NOT_FOUND = 3
REFUSED = 4
DATA_FILE = 5
LEDGER_BUSY = 6
LEDGER_DAMAGED = 7
PARTLY_DONE = 8
INTERRUPTED = 130
PLUGIN_UNKNOWN = 3  # of `sla-check --nagios`, whose exit codes are those of monitoring plug-ins

EXIT_CODES: dict[int, str] = {
    DONE: "done",
    UNEXPECTED: "an unexpected failure: a bug, or a machine that cannot write",
    USAGE: "the command line was not understood",
    NOT_FOUND: "no such ticket, article, service, queue, person or desk",
    REFUSED: "refused: not legal in this state, not authorised, or policy says no",
    DATA_FILE: "a data file is wrong; the message names file and line",
    LEDGER_BUSY: (
        "the ledger is busy or out of reach: a lock was not free, or its server did not answer, in "
        "time"
    ),
    LEDGER_DAMAGED: "the ledger is damaged; only `doctor --repair` changes anything then",
    PARTLY_DONE: (
        "done in part: input that could not be read is kept, a backup lacks attached files, a "
        "procedure's program did not end well, or a survey could not be sent"
    ),
    INTERRUPTED: "interrupted from the keyboard",
}


_MOST_SHOWN = 20


class Problem(NamedTuple):
    """Something wrong in a data file: `file` relative to the desk, `line` from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names as a readable list, cut after `most`."""
    known = list(names)
    shown = ", ".join(known[:most])
    return f"{shown} and {len(known) - most} more" if len(known) > most else shown


def alternatives(given: str, names: Iterable[str]) -> str:
    """What there is instead of a name that does not exist: the nearest one, or all of them."""
    known = list(names)
    if close := nearest(given, known):
        return f"did you mean `{close}`?"
    return f"there are: {listed(known)}" if known else "there are none"


def nearest(given: str, known: Iterable[str]) -> str:
    """The known name closest to what was given, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

    return next(iter(get_close_matches(given, list(known), 1)), "")


class SdcliError(Exception):
    """An unexpected failure."""

    code: ClassVar[str] = "unexpected"
    exit_code: ClassVar[int] = UNEXPECTED

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def also(self, sentence: str, **details: Any) -> None:
        """Tell something more with the error."""
        self.message = f"{self.message} {sentence}"
        self.details = {**self.details, **details}

    def to_json(self) -> dict[str, Any]:
        """The error as the object that `--json` prints on stderr."""
        told = {"code": self.code, "exit": self.exit_code, "message": self.message}
        return {"error": {**told, **self.details}}


class MachineError(SdcliError):
    """The machine refused: no space, no permission, an unreadable disk."""

    code = "machine"

    def __init__(self, doing: str, path: str, reason: str, *, after: str = "") -> None:
        told = after or "Nothing was changed."
        super().__init__(f"{doing} {path} failed: {reason}. {told}", path=path)


class MissingExtraError(SdcliError):
    """A library that only some desks need is not installed.

    Args:
        what: what needs it, as it begins a sentence; `library`: its name.
        extra: what brings it, in `pip install 'sdcli[EXTRA]'`.
    """

    code = "missing_extra"

    def __init__(self, what: str, library: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the library {library}, which is not installed here: "
            f"`pip install 'sdcli[{extra}]'` brings it.",
            library=library,
            extra=extra,
        )


class NotFoundError(SdcliError):
    """There is no such thing."""

    code = "not_found"
    exit_code = NOT_FOUND


class NoSuchTicketError(NotFoundError):
    """There is no such ticket."""

    def __init__(self, ref: str) -> None:
        super().__init__(
            f"There is no ticket {ref}; `sdcli list --all` shows every ticket.", ref=ref
        )


class NoSuchEntryError(NotFoundError):
    """A service, queue, person, code … that the desk's files do not hold."""

    def __init__(self, kind: str, given: str, known: Iterable[str], place: str) -> None:
        names = list(known)
        close = nearest(given, names)
        hint = f" Did you mean {close}?" if close else ""
        has = f" It has: {listed(names)}." if names else " It has none yet."
        super().__init__(
            f"There is no {kind} {given!r} in {place}.{hint}{has}",
            kind=kind,
            given=given,
            known=names,
        )


class QueryError(SdcliError):
    """A query cannot be read; it points at the column.

    Args:
        reason: what is wrong, without a full stop.
        text: the query; `column`: where in it, from 1.
    """

    code = "query"
    exit_code = USAGE

    def __init__(self, reason: str, text: str, column: int) -> None:
        self.reason = reason
        super().__init__(
            f"In column {column} of the query {reason}.\n  {text}\n  {' ' * (column - 1)}^\n"
            "`sdcli query --help` tells how it is written.",
            query=text,
            column=column,
        )


class NoDeskError(NotFoundError):
    """No desk was found where one was expected."""

    def __init__(self, where: str, *, searched_up: bool) -> None:
        at = f"at or above {where}" if searched_up else f"at {where}"
        super().__init__(
            f"There is no desk {at}: no sla_policies.yaml was found. "
            "`sdcli init DIR` starts one; --desk DIR or SDCLI_DESK names another.",
            path=where,
        )


class RefusedError(SdcliError):
    """The rules of the process do not allow it."""

    code = "refused"
    exit_code = REFUSED


class IllegalStepError(RefusedError):
    """The ticket's state does not allow this step (R0.7)."""

    def __init__(self, ref: str, status: str, command: str, possible: Sequence[str]) -> None:
        can = f"Possible now: {', '.join(possible)}." if possible else "Nothing more can be done."
        super().__init__(
            f"{ref} is {status.replace('_', ' ')}, so `{command}` does not apply. {can}",
            ref=ref,
            status=status,
            command=command,
            possible=list(possible),
        )


class VoidTicketError(IllegalStepError):
    """The ticket should never have been, and takes no further step."""

    def __init__(self, ref: str) -> None:
        super().__init__(ref, "void", "a step", ["undo --redo"])
        self.message = (
            f"{ref} is void: it was opened or imported by mistake, so nothing can be done on it. "
            f"`sdcli undo {ref} --redo` brings it back."
        )
        self.args = (self.message,)


class WrongRecordError(IllegalStepError):
    """A step of help requests on a problem, or the other way round (R3d1.7)."""

    def __init__(
        self, ref: str, status: str, command: str, possible: Sequence[str], record: str
    ) -> None:
        super().__init__(ref, status, command, possible)
        can = f"Possible now: {', '.join(possible)}." if possible else ""
        self.message = (
            f"{ref} is a problem and no help request, so `{command}` does not apply; `sdcli "
            f"problem show {ref}` shows it. {can}"
            if record == "problem"
            else f"{ref} is a help request and no problem, so `{command}` does not apply; `sdcli "
            f"problem list` lists the problems. {can}"
        ).rstrip()
        self.args = (self.message,)
        self.details = {**self.details, "record": record}


class LateEntryError(RefusedError):
    """Something entered late does not fit what is on record of that time.

    Args:
        ref: the ticket.
        at: the instant that was named, as it is shown.
        reason: what stands against it, as a sentence.
    """

    def __init__(self, ref: str, at: str, reason: str) -> None:
        super().__init__(
            f"{ref} cannot take this as of {at}: {reason} `sdcli history {ref}` shows what "
            "happened when.",
            ref=ref,
            at=at,
        )


class DataFileError(SdcliError):
    """One or more data files are wrong; every problem found is listed."""

    code = "data_file"
    exit_code = DATA_FILE

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        super().__init__(
            f"The desk's files have {count} {noun}; mend them and run `sdcli lint`:\n{lines}",
            problems=[problem._asdict() for problem in self.problems],
        )


class NoWorkingTimeError(SdcliError):
    """A calendar has no working time for so long that nothing can be reckoned by it (T8)."""

    code = "no_working_time"
    exit_code = DATA_FILE

    def __init__(self, calendar: str, zone: str, day: str, direction: str) -> None:
        name = f"`{calendar}`" if calendar else f"in {zone}"
        super().__init__(
            f"The calendar {name} has no working time for years {direction} {day}, or not so much; "
            "mend it in sla_policies.yaml, and see it with `sdcli calendar check`.",
            calendar=calendar or None,
            file="sla_policies.yaml",
        )


class ImportFileError(SdcliError):
    """A file to import has lines that cannot be taken; every one is listed, none was taken.

    `instead`: what may be done rather than mend them.
    """

    code = "data_file"
    exit_code = DATA_FILE

    def __init__(self, problems: Sequence[Problem], instead: str = "") -> None:
        shown = "\n".join(f"  {problem}" for problem in problems[:_MOST_SHOWN])
        more = f"\n  and {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
        super().__init__(
            f"Nothing was imported. Mend these lines and run it again{instead}:\n{shown}{more}",
            problems=[problem._asdict() for problem in problems],
        )


class MapError(SdcliError):
    """A map for an import is wrong; every problem found is listed."""

    code = "data_file"
    exit_code = DATA_FILE

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        shown = "\n".join(f"  {problem}" for problem in problems[:_MOST_SHOWN])
        more = f"\n  and {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
        super().__init__(
            f"Nothing was imported: the map is wrong. Mend it and run it again; `sdcli import "
            f"--sketch-map FILE.csv` writes one to begin with:\n{shown}{more}",
            problems=[problem._asdict() for problem in problems],
        )


class DraftError(SdcliError):
    """A text that somebody wrote is not sound, so it was not taken; nothing of it is lost.

    Args:
        problems: everything that is wrong; a file is that of the article, or the draft.
        what: what the text is.
    """

    code = "data_file"
    exit_code = DATA_FILE

    def __init__(self, problems: Sequence[Problem], what: str = "the article") -> None:
        self.problems = tuple(problems)
        shown = "\n".join(f"  {problem}" for problem in problems)
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(
            f"Nothing was written: {what} has {count}.\n{shown}",
            problems=[problem._asdict() for problem in problems],
        )

    def kept(self, draft: str, command: str) -> None:
        """Say where the text is, and the command that takes it from there."""
        self.also(f"\nYour text is kept in {draft}: mend it there, and `{command}`.", kept=draft)


class FieldError(SdcliError):
    """A change of an article's field that cannot be meant."""

    code = "usage"
    exit_code = USAGE


class ChangedMeanwhileError(RefusedError):
    """An article, or a ticket, was changed while somebody edited a copy of it."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{file} was changed by somebody else meanwhile, so nothing was written.", file=file
        )

    def kept(self, draft: str, command: str) -> None:
        """Say where the text is, and the command that writes it all the same."""
        self.also(
            f"Your text is kept in {draft}: bring in what the other changed, and `{command}`.",
            kept=draft,
        )


class NotForYouError(RefusedError):
    """A knowledge article is for roles that the acting person does not have (R3a.2).

    Args:
        roles: those it is for; `people`: who has one of them.
        known: whether `catalog/teams.yaml` knows the acting person.
    """

    def __init__(
        self, article: str, by: str, roles: Sequence[str], people: Sequence[str], *, known: bool
    ) -> None:
        has = "has none of these roles" if known else "is nobody there"
        told = f"Ask {listed(people)}." if people else "Nobody has one of them."
        super().__init__(
            f"{article} is for {listed(roles)} only, and {by} {has} (catalog/teams.yaml). {told}",
            article=article,
            by=by,
            roles=list(roles),
            people=list(people),
        )


class LedgerBusyError(SdcliError):
    """Another process held the ledger's lock for too long."""

    code = "ledger_busy"
    exit_code = LEDGER_BUSY

    def __init__(self, path: str, waited_s: float, holder: str) -> None:
        by = f" by {holder}" if holder else ""
        super().__init__(
            f"The ledger {path} is in use{by}; waited {waited_s:g} s. Nothing was changed: "
            "try again.",
            path=path,
        )


class UnfinishedError(SdcliError):
    """A change was not recorded for a reason that may be gone when it is done again.

    `again`: whether it can be; `held`: it happened in a unit of several commands, which must be
    done again as a whole; `for_s`: for how many seconds it is worth trying.
    """

    exit_code = LEDGER_BUSY
    again = True
    held = False
    for_s = 10.0


class ConflictError(UnfinishedError):
    """What a change had looked up was changed by somebody else before it was recorded.

    Args:
        place: the ledger; `said`: what its server said.
    """

    code = "conflict"

    def __init__(self, place: str, said: str) -> None:
        super().__init__(
            f"The ledger {place} was changed by others at the same time, again and again ({said}). "
            "Nothing was changed: try again.",
            path=place,
        )


class NothingTakenError(RefusedError):
    """The ledger takes no change from here, whatever it is and whichever ticket it is about."""


class LevelsDifferError(NothingTakenError):
    """The files of this host say other service levels than those by which the desk works.

    Args:
        here: this host; `files`: the hash of the service levels that its files say.
        desk: the hash of those by which the desk works; `host`: whose files said them first.
        since: when that was, in words.
    """

    code = "levels_differ"

    def __init__(self, here: str, files: str, desk: str, host: str, since: str) -> None:
        super().__init__(
            f"The files of this host ({here}) say other service levels ({files[:12]}) than those by "
            f"which the desk works ({desk[:12]}), as {host} set them at {since}. Nothing was "
            "changed: bring the files into line (`git pull`), or `sdcli ledger adopt` makes those "
            "of this host the desk's, for all hosts.",
            here=here,
            files=files,
            desk=desk,
            host=host,
            since=since,
        )


class AdoptedError(RefusedError):
    """Another host has made its service levels the desk's at the same time."""

    code = "adopted"

    def __init__(self, place: str) -> None:
        super().__init__(
            f"Another host has just made its service levels those of {place}. Nothing was changed: "
            "`sdcli ledger adopt --dry-run` shows which they are, and whose.",
            path=place,
        )


class LedgerUnreachableError(UnfinishedError):
    """The server that holds the ledger does not answer.

    Args:
        place: the ledger; `said`: why, as a phrase.
        again: a connection that was there was lost; nothing was recorded through it, and another
            one may be had.
    """

    code = "ledger_unreachable"

    def __init__(self, place: str, said: str, *, again: bool = False, for_s: float = 10.0) -> None:
        self.place, self.said = place, said
        self.again, self.for_s = again, for_s
        super().__init__(self._sentence(), path=place)

    def _sentence(self) -> str:
        return (
            f"The ledger {self.place} cannot be reached: {self.said}. Nothing was changed: try "
            "again when its server answers."
        )

    def after_commit(self) -> None:
        """Say that something was recorded before: it must not be done again."""
        self.again = False
        self.message = (
            f"The ledger {self.place} cannot be reached any more: {self.said}. What this command "
            "did is recorded, at least in part; `sdcli list` and `sdcli history REF` show it when "
            "its server answers."
        )
        self.details = {**self.details, "recorded": True}


class LedgerReadOnlyError(LedgerUnreachableError):
    """The server that answers can only be read: a standby, while the primary is not reached."""

    code = "ledger_read_only"

    def _sentence(self) -> str:
        return (
            f"The ledger {self.place} can only be read there: {self.said}. Nothing was changed: "
            "name the primary in its address, or all hosts of which one is the primary, or wait "
            "until a standby has become it."
        )


class OutcomeUnknownError(SdcliError):
    """The connection was lost while a change was being committed, and nobody can say if it was.

    Args:
        place: the ledger; `said`: why its server does not answer; `waited_s`: how long.
    """

    code = "outcome_unknown"
    exit_code = LEDGER_BUSY

    def __init__(self, place: str, said: str, waited_s: float) -> None:
        super().__init__(
            f"It is not known whether this was recorded: the connection to the ledger {place} was "
            f"lost while it was, and its server could not be asked for {waited_s:g} s ({said}). "
            "When it answers, `sdcli list` and `sdcli history REF` show what is there; running "
            "`sdcli open` again with the same --idempotency-key is harmless.",
            path=place,
        )


class NoLedgerError(NotFoundError):
    """The server answers, and there is no ledger there: no schema, or not even the database."""

    code = "no_ledger"

    def __init__(self, place: str, *, has_database: bool = True, is_folder: bool = False) -> None:
        told = f"There is no ledger in {place}: `sdcli ledger init` makes one."
        if is_folder:
            told = f"There is no ledger in {place}: name the folder of one, or a desk."
        if not has_database:
            told = (
                f"There is no such database for the ledger {place}: whoever runs the server makes "
                "one, or the address names another; `sdcli ledger init` makes the ledger in it."
            )
        super().__init__(told, path=place)


class NotAllowedError(NothingTakenError):
    """The user of the database may not do this."""

    code = "not_allowed"

    def __init__(self, place: str, said: str) -> None:
        super().__init__(
            f"The ledger {place} refused it: {said}. Ask whoever runs the database, or use the "
            "user that may write.",
            path=place,
        )


class NoRightError(NotAllowedError):
    """A server has taken the connection and refused a statement, for lack of a right."""


class MayNotChangeError(NotAllowedError):
    """The user of the database may do less in the ledger than this needs.

    Args:
        user: the user of the database; `owner`: who owns the ledger.
        may: what the user may do in it: `read`, or `write`.
        grants: SQL of which each statement lets the user write; none if no role may write yet.
    """

    def __init__(
        self, place: str, *, user: str, owner: str, may: str, grants: tuple[str, ...] = ()
    ) -> None:
        RefusedError.__init__(
            self,
            _only_its_owner(place, user, owner)
            if may == "write"
            else _only_reads(place, user, owner, grants),
            path=place,
            user=user,
            may=may,
        )


def _only_reads(place: str, user: str, owner: str, grants: tuple[str, ...]) -> str:
    from shlex import quote  # noqa: PLC0415 - only a reader who writes

    init = f"{owner}, who owns the ledger, with `sdcli ledger init --writer {quote(user)}`"
    told = (
        f"Whoever runs the database lets it write with `{grants[0]}`, or {init}"
        if grants
        else (f"What lets it write is done by {init}")
    )
    return (
        f"The user {user} of the database may read the ledger {place}, and not change it. {told}."
    )


def _only_its_owner(place: str, user: str, owner: str) -> str:
    return (
        f"The user {user} of the database may read the ledger {place} and add to it, and this is for "
        f"{owner} alone, who owns it: run it as that user."
    )


class OlderSchemaError(RefusedError):
    """The ledger on a server is of an older version than this program writes."""

    code = "older_schema"

    def __init__(self, place: str, found: int, known: int) -> None:
        super().__init__(
            f"The ledger {place} has version {found} and this sdcli needs version {known}: `sdcli "
            "ledger migrate` brings it there; then everybody who uses it needs this sdcli.",
            path=place,
            version=found,
            needs=known,
        )


class ClosedLedgerError(NothingTakenError):
    """The ledger takes no changes: it has moved, or a copy into it has not been finished.

    Args:
        place: the ledger; `other`: where it has moved to, or what is being copied into it.
        is_moved: which of both.
    """

    code = "ledger_closed"

    def __init__(self, place: str, other: str, *, is_moved: bool) -> None:
        from shlex import quote  # noqa: PLC0415 - hardly any ledger is closed

        use = f"Write `ledger: {other}` in settings.yaml" if "://" in other else "Work there"
        told = (
            f"it has moved to {other}. {use}"
            if is_moved
            else f"a copy of {other} into it has not been finished. `sdcli ledger copy --from "
            f"{quote(other)} --to {quote(place)}` goes on with it"
        )
        super().__init__(
            f"The ledger {place} takes no changes: {told}.", path=place, other=other, moved=is_moved
        )


class OtherLedgerError(RefusedError):
    """A ledger is not copied into one that holds something else.

    Args:
        target, source: both ledgers; `ref`: the first ticket that differs; `reason`: how.
    """

    code = "other_ledger"

    def __init__(self, target: str, source: str, ref: str, reason: str) -> None:
        super().__init__(
            f"{target} holds something else than {source}: {ref} {reason}. Nothing was copied: "
            "name a place that is empty, or that holds an older state of it.",
            path=target,
            source=source,
            ref=ref,
        )


class LedgerAddressError(SdcliError):
    """What is said of where the ledger is cannot be read."""

    code = "ledger_address"
    exit_code = USAGE

    def __init__(self, given: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The ledger's address {given} cannot be read: {reason}. Write it like "
            "postgresql://user@host/database, with ?schema=NAME if it is not `sdcli`.",
            path=given,
        )


class LedgerDamagedError(SdcliError):
    """The ledger cannot be read whole; it is never taken for an empty one."""

    code = "ledger_damaged"
    exit_code = LEDGER_DAMAGED

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"The ledger {path} is damaged: {reason}. Nothing was changed: `sdcli doctor` tells "
            "all that is wrong, and `sdcli doctor --repair` saves what can be saved.",
            path=path,
        )


class PartialBackupError(SdcliError):
    """A backup holds every ticket, and not every attached file: some are gone or were changed."""

    code = "partial_backup"
    exit_code = PARTLY_DONE

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        super().__init__(
            f"{path} holds every ticket, but not every attached file: {listed(problems, 3)}. "
            "`sdcli doctor` names the tickets.",
            file=path,
            problems=list(problems),
        )


class BackupDamagedError(LedgerDamagedError):
    """A backup cannot be read whole, so it is not restored."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        SdcliError.__init__(
            self,
            f"The backup {path} cannot be restored: {reason}. Nothing was changed: try another "
            "backup, or a copy of this one.",
            path=path,
        )


class NewerFormatError(LedgerDamagedError):
    """The ledger was written by a newer version, and is not guessed at."""

    def __init__(self, path: str, found: int, known: int) -> None:
        self.path = path
        self.reason = f"it has format {found}, and a newer sdcli wrote it; this one knows {known}"
        SdcliError.__init__(
            self,
            f"The ledger {path} has format {found} and this sdcli knows format {known}: a newer "
            "sdcli has written it. Nothing was changed: use that one.",
            path=path,
        )


class AnswerError(SdcliError):
    """A question has no answer, or one that it does not take."""

    code = "usage"
    exit_code = USAGE


class AnswersFileError(SdcliError):
    """A file of answers cannot be read."""

    code = "data_file"
    exit_code = DATA_FILE

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"The answers in {file} cannot be taken: {reason}. Nothing was recorded; write an "
            'object such as {"need": "broken"}.',
            file=file,
        )


class LeftError(SdcliError):
    """Interrupted from the keyboard; `state` is a sentence about what is recorded."""

    code = "interrupted"
    exit_code = INTERRUPTED

    def __init__(self, state: str) -> None:
        super().__init__(f"Interrupted. {state}")


class BackError(SdcliError):
    """Somebody went back from a question of a command; `state` says what is recorded."""

    code = "went-back"
    exit_code = REFUSED

    def __init__(self, state: str) -> None:
        super().__init__(f"You went back. {state}")


class AmbiguousError(SdcliError):
    """A name that several people have."""

    code = "usage"
    exit_code = USAGE

    def __init__(self, given: str, people: Sequence[str]) -> None:
        super().__init__(
            f"{len(people)} people are called {given!r}: {listed(people)}. Name one of them by "
            "id, mail address or number; `sdcli people find` tells them apart.",
            given=given,
            people=list(people),
        )
