"""The root group: finds commands, opens the session, turns errors into exit codes.

A command's module is imported when that command runs and not before; `--help`, spelling hints
and completion come from the register of commands.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import NoArgsIsHelpError

from sdcli import __version__
from sdcli.commands import COMMANDS, STAGES, module_of
from sdcli.errors import DONE, PLUGIN_UNKNOWN, UNEXPECTED, LeftError, SdcliError
from sdcli.params import LazyGroup, session_of, with_desk_dir
from sdcli.session import Session, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from click.shell_completion import CompletionItem

    from sdcli.results import Result


class App(LazyGroup):
    """A group whose commands are modules of `sdcli.commands`, found by name."""

    def module(self, cmd_name: str) -> str:
        """The module of a command."""
        return module_of(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by stage of the process; nothing is imported for it."""
        del ctx
        width = max(len(name) for name in COMMANDS)
        for stage in STAGES:
            rows = [
                (name.ljust(width), entry.summary)
                for name, entry in COMMANDS.items()
                if entry.stage == stage
            ]
            with formatter.section(stage):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands that begin like this, with their summaries; nothing is imported for it."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only completion

        commands = [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> None:
        """Run the command and print what it returns."""
        session = session_of(ctx)
        try:
            result: Result = session.ended(super().invoke(ctx))
        except BaseException as error:
            session.failed(error)
            raise
        printed = False
        try:
            self._print(result, as_json=session.json)
            sys.stdout.flush()
            printed = True
        except BrokenPipeError:
            # Whoever read the output has seen enough; what is left goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            raise _UnprintableError(error.strerror or str(error)) from error
        finally:
            _settle(result, printed=printed and not _CLOSED)
        ctx.exit(result.exit_code)

    def _print(self, result: Result, *, as_json: bool) -> None:
        if as_json:
            from sdcli.render import as_json as render_json  # noqa: PLC0415 - one of the two

            lines = render_json.write(result)
            utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
            _echo(lines if utf8 else map(render_json.in_ascii, lines), sys.stdout)
            return
        from sdcli.render import as_text  # noqa: PLC0415

        told = as_text.write(result, _screen(as_text.Screen))
        _echo(told.out, sys.stdout)
        sys.stdout.flush()  # so that answer and hint keep their order where both go to one place
        with suppress(OSError):  # a remark that nobody can hear changes nothing
            _echo(told.err, sys.stderr)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run, and leave with the exit code that the contract promises."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        _prepare_streams()
        sys.exit(self._guarded(arguments, rest, extra))

    def _guarded(self, arguments: list[str], rest: tuple[Any, ...], extra: dict[str, Any]) -> int:
        """Run; every failure becomes a sentence and a code."""
        options = arguments[: arguments.index("--")] if "--" in arguments else arguments
        as_json, as_plugin = "--json" in options, {"sla-check", "--nagios"} <= set(options)
        try:
            code = super().main(arguments, *rest, **extra)
        except click.Abort:
            return _fail(LeftError("`sdcli list` shows what is recorded."), as_json=as_json)
        except click.ClickException as error:
            return _misused(error, as_json=as_json, as_plugin=as_plugin)
        except SdcliError as error:
            return _fail(error, as_json=as_json, as_plugin=as_plugin)
        except Exception as error:
            if os.environ.get("SDCLI_DEBUG"):
                raise
            return _fail(_bug(error), as_json=as_json, as_plugin=as_plugin)
        return code if isinstance(code, int) else DONE


_CLOSED: list[str] = []
"""`stdout`, if whoever started us closed it: nothing that is printed is heard."""


def _prepare_streams() -> None:
    """Let no character and no closed stream stop an answer."""
    if sys.stdout is None:
        _CLOSED.append("stdout")
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for good
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _settle(result: Result, *, printed: bool) -> None:
    """Tell a result that must be heard whether it was."""
    settle: Callable[[bool], None] | None = getattr(result, "settle", None)
    if settle is not None:
        settle(printed)
        if _CLOSED:
            raise _UnprintableError("standard output is closed")


class _UnprintableError(SdcliError):
    """The answer could not be written to where it should go."""

    code = "unprintable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Printing the answer failed ({reason}). A change is recorded all the same, and "
            "`sdcli list` shows it; alerts that were not heard will be said again."
        )


def _bug(error: Exception) -> SdcliError:
    said = " ".join(str(error).split()) or "no further word"
    return SdcliError(
        f"sdcli failed unexpectedly ({type(error).__name__}: {said}). This is a bug: SDCLI_DEBUG=1 "
        "shows where. `sdcli history REF` shows whether the step was recorded."
    )


def _fail(error: SdcliError, *, as_json: bool, as_plugin: bool = False) -> int:
    """Tell an error; a monitoring plug-in tells it on stdout, as an unknown state."""
    from sdcli.render.safe import block, line  # noqa: PLC0415 - only a failure pays for it

    if as_plugin:
        _echo([f"SDCLI UNKNOWN - {line(error.message)}"], sys.stdout)
        return PLUGIN_UNKNOWN
    told = [block(f"Error: {error.message}")]
    if as_json:
        from sdcli.render.as_json import dump  # noqa: PLC0415

        told.append(dump(error.to_json()))
    _echo(told, sys.stderr)
    return error.exit_code


def _misused(error: click.ClickException, *, as_json: bool, as_plugin: bool) -> int:
    """A command line that was not understood, with Click's own hint where to look."""
    if isinstance(error, NoArgsIsHelpError):
        _echo([error.format_message()], sys.stderr)
        return error.exit_code
    from sdcli.render.safe import block, line  # noqa: PLC0415 - only a failure pays for it

    if as_plugin:
        _echo([f"SDCLI UNKNOWN - {line(error.format_message())}"], sys.stdout)
        return PLUGIN_UNKNOWN
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" `{ctx.command_path} --help` shows what it takes." if ctx else ""
    told = [block(f"Error: {error.format_message()}{hint}")]
    if as_json:
        from sdcli.render.as_json import dump  # noqa: PLC0415

        usage = {"code": "usage", "exit": error.exit_code, "message": error.format_message()}
        told.append(dump({"error": usage}))
    _echo(told, sys.stderr)
    return error.exit_code


def _echo(lines: Iterable[str], stream: Any) -> None:
    for line in lines:
        stream.write(f"{line}\n")


def _screen(make: Any) -> Any:
    """The terminal's width and whether it has colours; NO_COLOR is honoured."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    if not sys.stdout.isatty():
        return make(width=None, colour=False, utf8=utf8)
    import shutil  # noqa: PLC0415 - only a terminal pays for it

    return make(width=shutil.get_terminal_size().columns, colour=not is_plain(), utf8=utf8)


@click.command(
    cls=App,
    summaries={name: entry.summary for name, entry in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "obj": None},
    epilog=f"Exit codes, files and formats: see the README. {UNEXPECTED} means a bug: tell us.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@with_desk_dir
@click.pass_context
def cli(ctx: click.Context) -> None:
    """A service desk for the command line.

    A request is recorded, classified, resolved, confirmed and closed; the clock of its service
    agreement runs beside it. Every command takes --json.
    """
    ctx.ensure_object(Session)
