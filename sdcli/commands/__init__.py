"""The register of commands: one module each, in the order of work, by stage of the process.

The register is all that `--help`, completion and spelling hints need, so no command is imported
for them; a test holds it against the modules.
"""

from __future__ import annotations

from keyword import iskeyword
from typing import NamedTuple

STAGES = ("Set up", "Record", "Look", "Classify", "Resolve", "Confirm and close", "Assure", "Keep")


class Entry(NamedTuple):
    """A command's stage and its summary, which is the first line of its help."""

    stage: str
    summary: str


COMMANDS: dict[str, Entry] = {
    "init": Entry("Set up", "Start a new desk in a directory."),
    "lint": Entry("Set up", "Check all files of the desk."),
    "people": Entry("Set up", "Find contacts, or take them over from a list."),
    "whoami": Entry("Set up", "Say who acts, in which roles, and what they may do."),
    "open": Entry("Record", "Open a help request, or take in alerts and text from a pipe."),
    "validate": Entry("Record", "Confirm or correct what a machine reported."),
    "log": Entry("Record", "Log a quick contact that is already over."),
    "bulletin": Entry("Record", "Tell callers of a known failure, and count who saw it."),
    "intake": Entry(
        "Record", "Try how alerts are read, explain what became of them, take in what was kept."
    ),
    "ack": Entry("Record", "Write the confirmation with number and promised time."),
    "attach": Entry("Record", "Add files to a ticket as evidence."),
    "list": Entry("Look", "List tickets, the most pressing first."),
    "board": Entry("Look", "Watch the desk live, and work on it by keys."),
    "query": Entry("Look", "See what can be asked of tickets, and keep queries under a name."),
    "show": Entry("Look", "Show everything about a ticket."),
    "history": Entry("Look", "Show what happened to a ticket, in order."),
    "on-call": Entry(
        "Look",
        "Say who is on call for each queue, until when and why, and who is the duty manager.",
    ),
    "queues": Entry("Look", "Show what lies in each queue, by tier and focus, with age and SLA."),
    "next": Entry("Look", "Say which ticket you should work on now, and why."),
    "workload": Entry("Look", "Show who has how much to do, and who could take more."),
    "classify": Entry("Classify", "Set type, service, impact and urgency; derive the priority."),
    "catalog": Entry(
        "Classify", "Say what is offered and supported, how far it goes, and what is promised."
    ),
    "support": Entry("Classify", "Say whether it is supported, and decide on what is not."),
    "notices": Entry(
        "Classify", "See which of your classifications and articles were found wrong, and say so."
    ),
    "filter": Entry("Classify", "Let a request for something new through, or refuse it."),
    "search-kb": Entry(
        "Classify", "Search articles, procedures, standard changes and past tickets."
    ),
    "kb": Entry(
        "Classify", "Read and keep the knowledge articles, and what became of their advice."
    ),
    "assign": Entry("Resolve", "Give a ticket to a person or a queue."),
    "guide": Entry("Resolve", "Be led through the process, one question at a time."),
    "accept": Entry("Resolve", "Take a ticket on."),
    "return": Entry("Resolve", "Send a handed-over ticket back, saying what is missing."),
    "note": Entry("Resolve", "Write down what was done or told."),
    "tell": Entry("Resolve", "Write what the caller may be told now, in plain words."),
    "eta": Entry("Resolve", "Say when the caller may expect it, and whether they were told."),
    "detail": Entry("Resolve", "Add what has become known about a request."),
    "tried": Entry("Resolve", "Show everything that was tried on a ticket, and by whom."),
    "step": Entry("Resolve", "Write down one step of looking for the cause."),
    "fix": Entry("Resolve", "Try a fix or workaround, put it off, or have others do it."),
    "rfc": Entry("Resolve", "Complete a request for change, and follow it."),
    "edit": Entry("Resolve", "Change a ticket in your editor."),
    "wait": Entry("Resolve", "Pause until somebody else has acted."),
    "resume": Entry("Resolve", "Go on after a wait."),
    "escalate": Entry("Resolve", "Hand a ticket to a deeper tier or across to another queue."),
    "fulfil": Entry("Resolve", "Follow a procedure or a standard change, step by step."),
    "approve": Entry("Resolve", "Record that somebody agrees to what is asked for."),
    "reject": Entry("Resolve", "Record that somebody does not agree to what is asked for."),
    "procedure": Entry(
        "Resolve", "See what procedures and standard changes there are, and how they do."
    ),
    "bulk": Entry(
        "Resolve",
        "Run one command on every ticket that a query asks for: on all of them, or on none.",
    ),
    "problem": Entry("Resolve", "Find what is behind incidents that come again and again."),
    "link": Entry("Resolve", "Say what another ticket is to a ticket."),
    "unlink": Entry("Resolve", "Take back what another ticket is to a ticket."),
    "split": Entry("Resolve", "Open a ticket for a part of a request."),
    "merge": Entry("Resolve", "Let tickets go on in another one."),
    "follow-up": Entry(
        "Resolve", "Open a ticket for what is still owed, or let one go its own way."
    ),
    "resolve": Entry("Resolve", "Mark a ticket as solved, with its closure code."),
    "close": Entry("Confirm and close", "Close a ticket with the caller's confirmation."),
    "reopen": Entry("Confirm and close", "Reopen a ticket that was not solved after all."),
    "survey": Entry("Confirm and close", "Ask callers how it was, and record what they say."),
    "sla-check": Entry("Assure", "Say which targets are near or past, each once."),
    "calendar": Entry("Assure", "Reckon with working hours and holidays, and look them over."),
    "sla": Entry(
        "Assure",
        "Explain clocks, account for breaches, try other policies, and bring alerts to people.",
    ),
    "review": Entry(
        "Assure", "Look at how closed tickets were dealt with, and what is unconfirmed."
    ),
    "report": Entry(
        "Assure", "Show the figures of the desk in a period, beside those of the period before."
    ),
    "metrics": Entry("Assure", "Print the state of the desk for Prometheus and its like."),
    "undo": Entry("Keep", "Take the last step back."),
    "doctor": Entry("Keep", "Examine the ledger, byte by byte and ticket by ticket."),
    "backup": Entry("Keep", "Write the whole ledger to a new file, while others go on working."),
    "restore": Entry(
        "Keep", "Put the ledger of a backup in the place of the present one, which is kept."
    ),
    "export": Entry("Keep", "Print every ticket with all its events, one JSON object a line."),
    "import": Entry("Keep", "Take over tickets from elsewhere, with their times and authors."),
    "compact": Entry("Keep", "Fold the journal into the snapshot now."),
    "ledger": Entry("Keep", "Share the ledger on a server, look it over, and move it."),
}


SUBCOMMANDS: dict[str, dict[str, str]] = {
    "kb": {
        "show": "Show an article.",
        "new": "Write a new article, by options, in an editor, or from a ticket.",
        "edit": "Change an article.",
        "review": "Say that an article is still right, or list those that expire soon.",
        "retire": "Take an article out of use, or bring it back.",
        "lint": "Check articles for what is wrong, and what is worth a look.",
        "import": "Bring in a folder of Markdown or HTML.",
        "used": "Record what articles did on a ticket.",
        "send": "Give an article to the caller of a ticket, as a link.",
        "receipt": "Record whether the caller has an article, and needed help with it.",
        "stats": "Count how articles are used and how they help.",
        "recall": "List everyone who was given advice that no longer holds.",
        "publish": "Write the self-help site of what callers may read.",
    },
    "procedure": {
        "list": "List the procedures and standard changes.",
        "show": "Show a procedure or a standard change.",
        "stats": "Count how procedures are used, and what to do about them.",
    },
    "problem": {
        "open": "Open a problem, with the incidents that it is behind.",
        "link": "Say that incidents belong to a problem.",
        "unlink": "Take incidents away from a problem.",
        "analyse": "Say what the root cause and the workaround are.",
        "known-error": "Make a problem a known error, which search-kb finds.",
        "show": "Show a problem with its incidents.",
        "list": "List problems, the most pressing first.",
        "candidates": "Find incidents that come again and again.",
        "close": "Close a problem, and tell the tickets that are linked to it.",
        "reopen": "Take a problem up again.",
    },
    "survey": {
        "ask": "Write what the caller is asked, or mail it, and note that they were.",
        "answer": "Record what the caller said to the survey.",
        "due": "List whom to ask of those whose tickets were closed, or ask them.",
        "report": "Count who was asked and answered, and what they said.",
    },
    "review": {
        "sample": "Draw some of the closed tickets, always the same ones.",
        "score": "Record how well a ticket was dealt with, by the checklist.",
        "list": "List what was reviewed.",
        "overdue": "List what nobody has confirmed.",
    },
    "sla": {
        "explain": "Show every interval of a clock, what counted, and why.",
        "breaches": "List the broken promises: objective, cause, who was told.",
        "cause": "Record why a target was missed.",
        "simulate": "Try other service levels on what really happened.",
        "reapply": "Put tickets under the service levels of today.",
        "status": "Say whether the clocks are checked, and by which policies.",
        "deliver": "Bring to people what is due now.",
        "deliveries": "See what is owed to people, and what did not arrive.",
        "test-route": "Send a test message by a route, and say what happened.",
    },
    "ledger": {
        "init": "Make the ledger on its server, and let roles use it.",
        "migrate": "Bring the ledger on its server to this version.",
        "status": "Show where the ledger is, how large, who uses it, and what waits.",
        "copy": "Copy the ledger to a server, or back into a folder, and prove it.",
        "adopt": "Make the service levels of this host those of all hosts.",
    },
}
"""The commands of groups that have a module for each, `GROUP_NAME`, with their summaries."""


def module_of(name: str) -> str:
    """The module of a command: `sla-check` to `sla_check`, `return` to `return_`."""
    module = name.replace("-", "_")
    return f"{module}_" if iskeyword(module) else module
