"""What to ask next about a ticket, and which command each answer leads to (R6.1, R0.7).

A table of small functions: each looks at where the ticket stands and asks one question, or has
nothing to ask; the first that asks is the one. Every answer that does something is an ordinary
command line. Nothing here changes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.tickets.event import (
    Absorbed,
    ArticlesShown,
    FulfilmentEnded,
    Linked,
    Merged,
    ProblemLinked,
    ProblemUnlinked,
    RequestFiltered,
    Stamp,
    Unlinked,
)
from sdcli.tickets.hand_over import came_back
from sdcli.tickets.steps import is_looked_up
from sdcli.tickets.undo import last_step, take_back
from sdcli.tickets.words import REQUEST_TYPES, UNKNOWN, WORKAROUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

BEGINNER = 1
"""The level of responsibility in SFIA that is led by safe choices alone (R6.1)."""
_MOST_ARTICLES = 5
_UNLISTED = "later"


class Blank(Struct, frozen=True):
    """What a person fills in: `name` stands in its place where nobody is asked.

    `words` are all that it can be, each with its meaning; anything where there are none. `usual`
    is taken if nothing is said; `before` stands before it in the same argument. `least`: it is a
    whole number, that or more.
    """

    name: str
    asks: str
    words: Mapping[str, str] = {}
    usual: str = ""
    before: str = ""
    least: int | None = None


class Choice(Struct, frozen=True):
    """One answer: the word, what it means, and the command line it leads to, without `sdcli`.

    Without a command it leads to the next question if it `goes_on`, and else leaves things as they
    are. An answer that `stays` is not asked for again in the same run.
    """

    word: str
    meaning: str
    line: tuple[str | Blank, ...] = ()
    goes_on: bool = False
    stays: bool = False

    @property
    def leaves(self) -> bool:
        """Whether it ends the guide: there is nothing to do now."""
        return not (self.line or self.goes_on)

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """What is to be filled in, in order."""
        return tuple(part for part in self.line if isinstance(part, Blank))

    def filled(self, said: Mapping[str, str]) -> list[str]:
        """The command line with what was said in the place of each blank; its name where not.

        A text that begins like an option gets a space before it, which every command takes away.
        """
        return [
            part.before + _no_option(said.get(part.name, part.name))
            if isinstance(part, Blank)
            else part
            for part in self.line
        ]


def _no_option(text: str) -> str:
    return f" {text}" if text.startswith("-") else text


class Question(Struct, frozen=True):
    """What is asked, at which stage of the process, why it matters, and the answers there are."""

    id: str
    stage: str
    asks: str
    why: str
    choices: tuple[Choice, ...]

    def choice(self, word: str) -> Choice:
        """The answer of that word.

        Raises:
            KeyError: there is none.
        """
        return {each.word: each for each in self.choices}[word]


class Offer(NamedTuple):
    """A procedure that fits a request (R3b.1).

    `against`: what stands against beginning it now, in a sentence; `deciders`: who may agree to
    it, each with what gives them the right, where somebody must and nobody has.
    """

    id: str
    title: str
    against: str = ""
    deciders: Mapping[str, str] = {}


class Walking(NamedTuple):
    """The procedure that is followed, with its next step (R3b.2).

    `number` is None where all steps are done; `runs`: a program can do the step.
    """

    id: str
    number: int | None
    total: int
    step: str
    runs: bool


class Case(NamedTuple):
    """A ticket as the guide looks at it.

    Args:
        by: who is led; `level`: their level in SFIA, 0 if nobody said.
        is_blocked: nobody may work on it before somebody decides: see `tickets.support`.
        answers: what was answered in this run already, by question.
        titles: of articles, by their ids.
        owed: follow-ups that are open still, each with what it is about.
        offers: the procedures that fit a request for something the catalog offers.
        walking: the procedure that is followed; None if none is.
        can_go_back: a question was answered in this run since the last command.
    """

    ticket: Ticket
    policy: Policy
    by: str
    level: int = 0
    is_blocked: bool = False
    answers: Mapping[str, str] = {}
    titles: Mapping[str, str] = {}
    owed: Mapping[str, str] = {}
    offers: tuple[Offer, ...] = ()
    walking: Walking | None = None
    can_go_back: bool = False

    @property
    def is_beginner(self) -> bool:
        """Whether only safe choices are offered."""
        return self.level == BEGINNER


def ask(case: Case) -> Question | None:
    """The question to ask now; None if there is nothing that the guide could do."""
    if case.ticket.is_problem or case.ticket.void or case.ticket.merged_into:
        return None
    return next((asked for each in _QUESTIONS if (asked := each(case))), None)


def _over(case: Case) -> Question | None:
    ref = case.ticket.ref
    if not case.ticket.is_closed:
        return None
    again = ("reopen", ref, "--reason", _because("What is wrong with it again"))
    return Question(
        "over",
        "Confirm and close",
        "It is closed. Is it there again?",
        "A closed request is taken up again; nobody needs to tell it from the start.",
        (
            Choice("no", "It is over: leave it as it is"),
            Choice("yes", "It was not solved after all", again),
        ),
    )


def _undecided(case: Case) -> Question | None:
    if not case.is_blocked:
        return None
    ref, support = case.ticket.ref, case.ticket.support
    devices, desk = case.policy.classification.support.devices, case.policy.teams.desk.queue
    away = Choice(
        "hand",
        "Hand it to those who deal with such devices",
        ("escalate", ref, "--to", devices, "--reason", _because("What they should know")),
    )
    deciders = {
        name: each.name
        for name, each in case.policy.teams.technicians.items()
        if "override-unsupported" in each.authority
    }
    override = Choice(
        "override",
        "Somebody who may has decided to help all the same, for a while",
        (
            *("support", ref, "--override", "--by", Blank("PERSON", "Who decided", deciders)),
            *("--reason", _because("Why"), "--until", Blank("WHEN", "Until when (in 2h, 17:00)")),
        ),
    )
    decline = Choice(
        "decline",
        "The desk does not help with it; that closes the ticket",
        ("support", ref, "--decline", "--reason", _because("What the caller is told")),
    )
    is_device = bool(support and support.device) and case.ticket.queue != devices
    decided = () if case.is_beginner or not deciders else (override,)
    return Question(
        "unsupported",
        "Classify",
        f"The catalog does not hold {support.what if support else 'it'!r}. What was decided?",
        "Nobody works on what is not supported before somebody with the authority decides it"
        + (f": ask {', '.join(deciders) or desk}." if case.is_beginner else "."),
        (
            Choice("nothing", "Nothing yet: leave it until somebody has decided"),
            *([away] if is_device else []),
            *decided,
            *(() if case.is_beginner else (decline,)),
        ),
    )


def _waiting(case: Case) -> Question | None:
    ticket = case.ticket
    if ticket.status != "waiting":
        return None
    what = _because("What has happened meanwhile")
    return Question(
        "waiting",
        "Resolve",
        f"It waits for the {ticket.waiting_for}. Has that happened?",
        "While it waits for others the clock of the solution stands still.",
        (
            Choice("no", "Not yet: leave it waiting"),
            Choice("yes", "Go on working", ("resume", ticket.ref, "--reason", what)),
            _tell(ticket.ref),
        ),
    )


def _resolved(case: Case) -> Question | None:
    ticket = case.ticket
    if ticket.status != "resolved":
        return None
    ref, words = ticket.ref, case.policy.vocabulary.contact_method
    who = Blank("PERSON", "Who confirmed it", usual=ticket.requester)
    via = Blank("METHOD", "How they said it", words)
    confirmed = ("close", ref, "--confirmed-by", who, "--via", via)
    silent = ("close", ref, "--unconfirmed", _because("Why nobody confirmed it"))
    again = ("reopen", ref, "--reason", _because("What does not work"))
    unconfirmed = Choice("silent", "Nobody can be reached, or nobody answers", silent)
    return Question(
        "confirmed",
        "Confirm and close",
        "Has the caller said that it is solved?",
        "A request is over when the caller has what they needed, not when we think so.",
        (
            Choice("later", "Not asked yet: leave it resolved"),
            Choice("yes", "They confirmed it: close it", confirmed),
            Choice("no", "It does not work: back to work", again),
            *(() if case.is_beginner else (unconfirmed,)),
        ),
    )


def _owed(case: Case) -> Question | None:
    """What is still to be done holds the closing up, or goes its own way (R4.3)."""
    if case.ticket.status != "resolved" or not case.owed:
        return None
    apart = ("follow-up", case.ticket.ref, "--spin-off")
    return Question(
        "owed",
        "Confirm and close",
        "Something is still owed. Must it be done before this is over?",
        "What was put in place for a while, or is broken still, must not be forgotten.",
        (
            Choice("yes", "Leave it resolved until that is done"),
            *(
                Choice(
                    ref, f"Can go its own way: {about}", (*apart, ref, "--because", _because("Why"))
                )
                for ref, about in case.owed.items()
            ),
        ),
    )


def _report(case: Case) -> Question | None:
    ticket = case.ticket
    if not ticket.needs_validation or "reported" in case.answers:
        return None
    record = Blank("RECORD", "Against what you compared it (a log, a list, the caller)")
    note = Blank("TEXT", "What showed the mistake")
    right = Blank("NAME", "Which host or component it is really about")
    true = ("validate", ticket.ref, "--against", record)
    wrong = ("validate", ticket.ref, "--component", right, "--note", note)
    return Question(
        "reported",
        "Record",
        "A machine reported this. Is it as it says?",
        "Machines mix up names; looking once saves work on the wrong thing.",
        (
            Choice("yes", "I looked, and it is so", true),
            Choice("no", "It is about something else", wrong),
            Choice("later", "I cannot look now", goes_on=True, stays=True),
        ),
    )


def _class(case: Case) -> Question | None:
    """The questions that tell what kind of request it is, one after another (R2a.1-R2a.4)."""
    ticket, said = case.ticket, case.answers
    needs_service = ticket.service == UNKNOWN and not ticket.support
    if ticket.type != UNKNOWN and (not needs_service or said.get("service") == _UNLISTED):
        return None
    if ticket.type == UNKNOWN:
        for question in (_INFORMATION, _WORKED, _OFFERED):
            if question.id not in said:
                return question
            if said[question.id] != "no":
                break
    if needs_service and "service" not in said:
        return _service(case)
    return _hindered(case)


_INFORMATION = Question(
    "information",
    "Classify",
    "Do they only want to know how something is done?",
    "A question is answered; nothing is broken and nothing is to be set up.",
    (
        Choice("no", "They want something, or something is wrong", goes_on=True),
        Choice("yes", "They ask how to use it", goes_on=True),
    ),
)
_WORKED = Question(
    "worked",
    "Classify",
    "Did it work for them before?",
    "What worked and works no longer is an incident; what they never had is not.",
    (
        Choice("yes", "They had it and lost it", goes_on=True),
        Choice("no", "They never had it", goes_on=True),
        Choice("taken", "It was taken away on purpose", goes_on=True),
    ),
)
_OFFERED = Question(
    "offered",
    "Classify",
    "Does the catalog offer what they want?",
    "What is offered is fulfilled; what is not is a wish for a new service. `sdcli catalog` tells.",
    (
        Choice("yes", "It is offered", goes_on=True),
        Choice("no", "It is new", goes_on=True),
    ),
)


def kind_of(answers: Mapping[str, str]) -> tuple[str, str]:
    """The type that the answers give, and whether the caller ever had it."""
    if answers.get("information") == "yes":
        return "information", ""
    had = answers.get("worked", UNKNOWN)
    if had == "yes":
        return "incident", had
    return ("new-service" if answers.get("offered") == "no" else "fulfilment"), had


def _stated(case: Case) -> tuple[str, ...]:
    """The beginning of the command that states the class, by what was answered."""
    ticket, said = case.ticket, case.answers
    line: tuple[str, ...] = ("classify", ticket.ref)
    if ticket.type == UNKNOWN:
        type_, had = kind_of(said)
        line += ("--type", type_, *(("--ever-had", had) if had else ()))
    if said.get("service", _UNLISTED) != _UNLISTED:
        line += ("--service", said["service"])
    return line


def _service(case: Case) -> Question:
    services = case.policy.catalog.services
    name = Blank("NAME", "What it is")
    none = ("support", case.ticket.ref, "--unsupported", name)
    return Question(
        "service",
        "Classify",
        "Which service is it about?",
        "The service says who works on it, and what was promised.",
        (
            *(Choice(id_, each.name, goes_on=True) for id_, each in services.items()),
            Choice("none", "None of these: the catalog does not hold it", none),
            Choice(_UNLISTED, "I don't know yet", goes_on=True, stays=True),
        ),
    )


def _hindered(case: Case) -> Question:
    """How much hangs on it; the priority follows, and is never asked for (R2c.2d)."""
    stated = _stated(case)
    kind = case.ticket.type if case.ticket.type != UNKNOWN else kind_of(case.answers)[0]
    people = Blank("PEOPLE", "How many people cannot work, or wait for it", usual="1", least=1)
    ways = {
        "none": "There is none: work has stopped",
        "hard": "There is one, and it is hard to go",
        "good": "There is a good one: it can wait",
        UNKNOWN: "I don't know yet",
    }
    return Question(
        "hindered",
        "Classify",
        "Is there a way round meanwhile?"
        if kind == "incident"
        else "Does somebody stand still until they have it?",
        "The priority follows from this, from how many wait, and from what was agreed.",
        tuple(
            Choice(word, ways[word], (*stated, "--people", people, "--workaround", word))
            for word in WORKAROUNDS
        )
        if kind == "incident"
        else (
            Choice("go-on", "It is a plan, nobody stands still", stated),
            Choice("stuck", "Somebody cannot work without it", (*stated, "--people", people)),
        ),
    )


def _unfinished(case: Case) -> Question | None:
    """A request that was resolved before its procedure was over (R3b.2, R4.4)."""
    ticket, walking = case.ticket, case.walking
    is_over = ticket.status in ("resolved", "closed")
    if not is_over or walking is None or "unfinished" in case.answers:
        return None
    ref, number = ticket.ref, walking.number
    stands = f"{walking.id} stands at step {number} of {walking.total}"
    if number is None:
        stands = f"nobody has said that {walking.id} is done"
    done = ("fulfil", ref, *(("--all-done",) if number else ()), "--done")
    back = ("reopen", ref, "--reason", _because("What is still to be done"))
    return Question(
        "unfinished",
        "Confirm and close",
        f"It is {ticket.status}, and {stands}. What is so?",
        "Steps that nobody took are work that the caller waits for; what was done is on record.",
        (
            Choice("done", "All its steps were taken", done),
            Choice("stop", "It was left off, and was not needed", ("fulfil", ref, "--abandon")),
            Choice("no", "It is not done: back to work", back),
            Choice("later", "I do not know", goes_on=True, stays=True),
        ),
    )


def _screened(case: Case) -> Question | None:
    ticket = case.ticket
    if not ticket.handed_from:
        return None
    queue = case.policy.teams.queues.get(ticket.queue)
    if queue and queue.members and case.by not in queue.members:
        return _handed(ticket)
    missing = _because("What is missing")
    return Question(
        "screened",
        "Resolve",
        f"It was handed over from {ticket.handed_from}. Have you got what you need?",
        "Whoever accepts it needs not ask anything twice; what is missing is said now.",
        (
            Choice("yes", "Take it on", ("accept", ticket.ref)),
            Choice("no", "Send it back", ("return", ticket.ref, "--reason", missing)),
            Choice("later", "Leave it in the queue"),
        ),
    )


def _handed(ticket: Ticket) -> Question:
    """What everybody else can do until the queue that it was handed to accepts it (R3d2.1a)."""
    return Question(
        "handed",
        "Resolve",
        f"It is with {ticket.queue} now, and nobody there has accepted it yet. Is there more?",
        "They accept it, or send it back with what is missing; the desk goes on being its owner.",
        (
            Choice("later", "No: it is their turn"),
            Choice("note", "Write down what they should know", ("note", ticket.ref, _text())),
            _tell(ticket.ref),
        ),
    )


def _taken(case: Case) -> Question | None:
    ticket = case.ticket
    if ticket.assignee == case.by:
        return None
    asks, mine = "Nobody works on it. Do you take it on?", ["accept", ticket.ref]
    if ticket.assignee is not None:
        asks = f"{ticket.assignee} works on it. Do you take it over?"
        mine = ["assign", ticket.ref, "--to", case.by]
    technicians = case.policy.teams.technicians
    is_known = case.by in technicians or ticket.assignee is None
    return Question(
        "taken",
        "Resolve",
        asks,
        came_back(ticket) or "One person has it at a time, so that nobody waits for somebody else.",
        (
            *([Choice("yes", "I do", tuple(mine))] if is_known else []),
            _hand(case),
            Choice("no", "Leave it as it is"),
        ),
    )


def _looked(case: Case) -> Question | None:
    ticket = case.ticket
    if is_looked_up(ticket) or "looked" in case.answers:
        return None
    return Question(
        "looked",
        "Resolve",
        "Look first: has somebody solved it before?",
        "Most of what is asked has an answer already, and known errors have a way round.",
        (
            Choice(
                "yes", "Search what is known", ("search-kb", "--ticket", ticket.ref), stays=True
            ),
            Choice("no", "I know what to do", goes_on=True, stays=True),
        ),
    )


def _article(case: Case) -> Question | None:
    ticket = case.ticket
    said = {use.id for use in ticket.articles}
    shown = [event for event in ticket.standing if isinstance(event, ArticlesShown)]
    found = [each.id for each in shown[-1].articles if each.id not in said] if shown else []
    if said or not found or "article" in case.answers:
        return None
    ref, outcomes = ticket.ref, case.policy.vocabulary.article_outcome
    did = Blank("OUTCOME", "What it did", outcomes)
    titles = {id_: case.titles.get(id_, "An article") for id_ in found[:_MOST_ARTICLES]}
    none = ("kb", "used", ref, "--none", "--note", _because("What you did instead"))
    read = ("kb", "show", Blank("ARTICLE", "Which article", titles))
    return Question(
        "article",
        "Resolve",
        "Did one of these articles fit?",
        "What articles do is counted, so that the good ones come first and wrong ones are mended.",
        (
            Choice("read", "Read one of them", read),
            *(
                Choice(id_, title, ("kb", "used", ref, replace(did, before=f"{id_}:")), stays=True)
                for id_, title in titles.items()
            ),
            Choice("none", "None fitted", none, stays=True),
            Choice("later", "Not tried yet", goes_on=True, stays=True),
        ),
    )


def _filtered(case: Case) -> Question | None:
    """Whether something new may come at all (R3c1.1)."""
    ticket = case.ticket
    is_decided = any(isinstance(event, RequestFiltered) for event in ticket.standing)
    if ticket.type != "new-service" or is_decided or case.answers.get("filtered") == "later":
        return None
    ref = ticket.ref
    reject = ("filter", ref, "--reject", "--because", _because("What the requester is told"))
    return Question(
        "filtered",
        "Resolve",
        "May it come at all?",
        "Some things are refused as a rule, and some have been asked for already.",
        (
            Choice(
                "look", "Show the rules against it, and who asked for the same", ("filter", ref)
            ),
            Choice("yes", "Nothing is against it", ("filter", ref, "--accept")),
            *(() if case.is_beginner else (Choice("no", "It is refused", reject),)),
            Choice("later", "It is not for me to say", goes_on=True, stays=True),
        ),
    )


def _procedure(case: Case) -> Question | None:
    """Which procedure is followed, and whether somebody has agreed who may (R3b.1, R3b.2)."""
    ticket = case.ticket
    ended = any(isinstance(event, FulfilmentEnded) for event in ticket.standing)
    if ticket.type != "fulfilment" or case.walking or ended or "procedure" in case.answers:
        return None
    ref = ticket.ref
    none = ("fulfil", ref, "--none", "--reason", _because("What they want, and what there is not"))
    return Question(
        "procedure",
        "Resolve",
        "Which procedure gives them what they want?",
        " ".join(each.against for each in case.offers if each.against)
        or "A procedure says what must be so before, who must agree, and each step.",
        (
            *(
                Choice(each.id, each.title, ("fulfil", ref, each.id))
                for each in case.offers
                if not each.against
            ),
            *(choice for each in case.offers if each.deciders for choice in _agreed(ref, each)),
            Choice("none", "None fits: it is something new", none),
            Choice("later", "I do it without one, or not now", goes_on=True, stays=True),
        ),
    )


def _agreed(ref: str, offer: Offer) -> tuple[Choice, Choice]:
    """That somebody who may has agreed to it, or has not."""
    who = Blank("PERSON", "Who decided", offer.deciders)
    end = ("--by", who, "--reason", _because("What they said"))
    yes, no = (("approve", ref, offer.id, *end), ("reject", ref, offer.id, *end))
    return (
        Choice(f"{offer.id}-agreed", f"Somebody who may has agreed to: {offer.title}", yes),
        Choice(f"{offer.id}-refused", f"They did not agree to: {offer.title}", no),
    )


def _step(case: Case) -> Question | None:
    """The next step of the procedure that is followed, and at last what the caller says (R4.4)."""
    ref, walking = case.ticket.ref, case.walking
    if walking is None or "step" in case.answers:
        return None
    line, number = ("fulfil", ref), walking.number
    later = Choice("later", "Not now", goes_on=True, stays=True)
    left_off = Choice("stop", "It cannot be done like this", (*line, "--failed"))
    if number is None:
        asked = ("--user-check", "yes", "--accurate", "yes")
        return Question(
            "step",
            "Resolve",
            f"All steps of {walking.id} are done. Does the caller have what they asked for?",
            "It is done when they can use it, not when we have set it up.",
            (
                Choice("yes", "They have it, and it works", (*line, "--done", *asked)),
                Choice("no", "It does not work", (*line, "--failed", "--user-check", "no")),
                later,
            ),
        )
    note = Blank("NOTE", "Why", before=f"{number}:skipped:")
    program = Choice("run", "Let its program do it", (*line, "--run"))
    return Question(
        "step",
        "Resolve",
        f"Step {number} of {walking.total} of {walking.id}: {walking.step}",
        "Steps are taken in their order; what became of each is on record.",
        (
            Choice("done", "I did it", (*line, "--step", f"{number}:done")),
            *([program] if walking.runs else []),
            Choice("skip", "It is not needed", (*line, "--step", note)),
            left_off,
            later,
        ),
    )


def _work(case: Case) -> Question:
    """What is done next on a ticket that the person works on, by its type."""
    ticket = case.ticket
    if case.answers.get("work") == "more":
        return _wrong(case) if case.answers.get("more") == "wrong" else _more(case)
    codes = case.policy.vocabulary.closure_code
    code = Blank("CODE", "How it was solved", codes, usual=_CODES.get(ticket.type, ""))
    note = Blank("TEXT", "What solved it, so that the next one finds it")
    done = Choice("done", "It is done", ("resolve", ticket.ref, "--code", code, "--note", note))
    return Question(
        "work",
        "Resolve",
        _WORK.get(ticket.type, "What do you do next?"),
        came_back(ticket)
        or "Each step is written down when it is taken, so that nobody asks or tries twice.",
        (
            _left_off(case.walking, ticket.ref) if case.walking else done,
            *_OF_TYPE.get(ticket.type, _of_others)(case),
            Choice("note", "Write down what was found or done", ("note", ticket.ref, _text())),
            _tell(ticket.ref),
            _wait(case),
            _promise(case),
            _hand(case),
            *_undo(case),
            Choice("more", "It is two requests, or another one than we thought …", goes_on=True),
            Choice("later", "Leave it for now"),
        ),
    )


def _left_off(walking: Walking, ref: str) -> Choice:
    """What comes before a request is resolved whose procedure is not over (R3b.2)."""
    says = f"Leave {walking.id} off: it is done otherwise, or not needed"
    return Choice("stop", says, ("fulfil", ref, "--abandon"))


def _of_incident(case: Case) -> tuple[Choice, ...]:
    """Look for the cause one change at a time; restore first (R3d1.2, R3d3.1, R3d.0a)."""
    ref = case.ticket.ref
    came = Blank("RESULT", "What came of it", _RESULTS)
    idea = Blank("IDEA", "What you think the cause is")
    change = Blank("CHANGE", "The one thing that you changed or looked at")
    what = Blank("FIX", "What was done")
    shown = Blank("EVIDENCE", "What shows that it works")
    back = Choice(
        "works", "The caller can work again", ("fix", ref, "--resumed", "--evidence", shown)
    )
    return (
        Choice(
            "step",
            "I changed or looked at one thing",
            ("step", ref, "--hypothesis", idea, "--change", change, "--result", came),
        ),
        Choice("fix", "I tried to mend it", ("fix", ref, "--what", what, "--result", came)),
        Choice(
            "round",
            "There is a way round, and the fault is still there",
            ("fix", ref, "--what", what, "--workaround", "--result", "worked", "--resumed"),
        ),
        *(() if case.ticket.service_restored_at else (back,)),
    )


_RESULTS = {
    "worked": "It works now",
    "no-effect": "It changed nothing",
    "worse": "It made things worse",
    UNKNOWN: "I don't know yet",
}


def _of_new(case: Case) -> tuple[Choice, ...]:
    """Whether it is decided elsewhere: the request for change (R3c3.1)."""
    return (Choice("rfc", "Show or write the request for change", ("rfc", case.ticket.ref)),)


def _of_others(case: Case) -> tuple[Choice, ...]:
    del case
    return ()


_OF_TYPE: Mapping[str, Callable[[Case], tuple[Choice, ...]]] = {
    "incident": _of_incident,
    "new-service": _of_new,
}
_CODES = {"incident": "solved", "information": "answered", "fulfilment": "fulfilled"}
_WORK = {
    "incident": "Look for the cause, one change at a time. What do you do next?",
    "information": "Answer the question. What do you do next?",
    "fulfilment": "Give them what was asked for. What do you do next?",
    "new-service": "See whether it may come, and who decides it. What do you do next?",
}


def _more(case: Case) -> Question:
    """What is seldom: it is another kind of request, or two, or owes something afterwards."""
    ref = case.ticket.ref
    other = Blank("OTHER", "Which ticket is the same")
    merge = ("merge", ref, "--into", other, "--because", _because("Why they are the same"))
    part = ("split", ref, Blank("SUMMARY", "What the other one is about"))
    owes = ("follow-up", ref, Blank("SUMMARY", "What is still to be done afterwards"))
    return Question(
        "more",
        "Resolve",
        "What is it besides?",
        "One ticket is about one thing; what belongs together is linked.",
        (
            Choice("wrong", "Another kind of request than we thought", goes_on=True),
            Choice("two", "Two requests: open the second", part),
            Choice("owes", "Something must be done afterwards", owes),
            *(() if case.is_beginner else (Choice("same", "The same as another ticket", merge),)),
            Choice("later", "Nothing of this"),
        ),
    )


def _undo(case: Case) -> tuple[Choice, ...]:
    """Take back one's own last step, where it can be and is no other ticket's as well."""
    ticket = case.ticket
    step = last_step(ticket)
    if step is None or step.is_opening or step.by != case.by:
        return ()
    if any(isinstance(event, _OF_SEVERAL) for event in step.events):
        return ()
    try:
        take_back(ticket, Stamp(ticket.updated_at, case.by), step)
    except RefusedError:
        return ()
    line = ("undo", ticket.ref, "--only")
    return (Choice("undo", "What I did last was a mistake: take it back", line),)


_OF_SEVERAL = (Absorbed, Linked, Merged, ProblemLinked, ProblemUnlinked, Unlinked)


def _wrong(case: Case) -> Question:
    how = Blank("HOW", "How it was found out", case.policy.vocabulary.discovered)
    ref = case.ticket.ref
    because = ("--discovered", how, "--reason", _because("What shows it"))
    meanings = case.policy.vocabulary.type
    return Question(
        "wrong",
        "Classify",
        "What kind of request is it really?",
        "Both classes are kept, and whoever chose the first one is told, so that they learn.",
        (
            *(
                Choice(kind, meanings.get(kind, kind), ("classify", ref, "--type", kind, *because))
                for kind in REQUEST_TYPES
                if kind not in (UNKNOWN, case.ticket.type)
            ),
            Choice("later", "Leave it as it is"),
        ),
    )


def _hand(case: Case) -> Choice:
    queues = {
        name: f"{each.name}: {each.focus}"
        for name, each in case.policy.teams.queues.items()
        if name != case.ticket.queue
    }
    to = Blank("QUEUE", "Which team", queues)
    reason = _because("What they should do, and what you know")
    line = ("escalate", case.ticket.ref, "--to", to, "--reason", reason)
    return Choice("hand", "Others must do it: hand it over", line)


def _wait(case: Case) -> Choice:
    whom = Blank("WHOM", "Who must act", case.policy.vocabulary.waiting_for)
    reason = _because("What they must do")
    line = ("wait", case.ticket.ref, "--for", whom, "--reason", reason)
    return Choice("wait", "Nothing can be done until somebody else acts", line)


def _promise(case: Case) -> Choice:
    """When the caller may expect it, and that they were told (R3d3.2)."""
    words = case.policy.vocabulary.contact_method
    when = Blank("WHEN", "When they can expect it (in 2h, 17:00, 2026-12-07)")
    line = ("eta", case.ticket.ref, when, "--reason", _because("Why then"), "--told")
    via = Blank("METHOD", "How you told them", words)
    return Choice("promise", "Tell the caller when to expect it", (*line, "--via", via))


def _tell(ref: str) -> Choice:
    said = Blank("TEXT", "What you tell them")
    return Choice("tell", "Tell the caller how it stands", ("note", ref, said, "--visible"))


def _because(asks: str) -> Blank:
    return Blank("WHY", asks)


def _text() -> Blank:
    return Blank("TEXT", "What to write down")


_QUESTIONS: tuple[Callable[[Case], Question | None], ...] = (
    _unfinished,
    _over,
    _undecided,
    _waiting,
    _owed,
    _resolved,
    _report,
    _class,
    _screened,
    _taken,
    _looked,
    _article,
    _filtered,
    _procedure,
    _step,
    _work,
)
"""In the order of the process; the first that has something to ask is asked."""
