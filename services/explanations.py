"""Reasons in words: codes inside a problem become the terms that people use; and what may be asked of an action, in advance."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.charter import BodyKind, OpinionValue
from models.commands import (
    COMMANDS,
    Actor,
    Chase,
    Command,
    LiftBlocker,
    LiftReservation,
    RecordAttendance,
    RecordDeliberation,
    RecordOpinion,
    RevokeProxy,
    Via,
    VoteByProxy,
    WithdrawConflict,
)
from models.conflicts import ConflictKind
from models.deliberations import DeliberationOutcome
from models.errors import Problem
from models.facts import Facts
from models.lifecycle import STATES_OF, TRANSITIONS, State, Verb, Who, find_move
from models.prepared import Prepared
from models.proxies import Proxy
from models.tables import Conflict, table
from notifications.dates import short_date
from services.bootstrap import App
from services.charter_store import the_convention
from services.dispatch import forbidden, judge
from services.facts import facts_about, has_facts, load_facts
from services.meetings.facts import meetings_in_session
from services.standing_in import standing_in
from services.wording import Wording
from services.work import Work, open_work

_CONFLICT = table(Conflict)
_IN_CONFLICT = Prepared(
    sa.select(_CONFLICT.c.seat).where(_CONFLICT.c.action_id == sa.bindparam("action_"), _CONFLICT.c.withdrawn_on.is_(None))
)
_VOCABULARY: Mapping[str, str] = {
    "state": "state",
    "states": "state",
    "verb": "verb",
    "meeting_state": "meeting",
    "meeting_states": "meeting",
    "meeting_verb": "meeting_verb",
    "who": "who",
    "fields": "field",
    "opinion": "opinion",
    "cause": "cause",
    "offered": "opinion",
    "home": "home",
    "home_asked": "home",
    "delivery_state": "delivery",
    "flaw": "mail_flaw",
}
"""Which params of a problem hold codes, and of which vocabulary."""
_DAYS = frozenset({"day", "today", "due_on", "until"})
"""Params of problems that hold a day."""


def word(wording: Wording, problem: Problem) -> str:
    """The problem as a sentence: its codes put into words, its days as a reader writes them."""
    params = {name: _words(wording, name, value) for name, value in problem.params.items()}
    return wording.say_problem(Problem(problem.code, params, problem.where))


def ask_for(wording: Wording, problem: Problem) -> str:
    """What is to be given for a condition that the asker meets by filling in a field, in words."""
    return word(wording, Problem(f"to_give.{problem.code}", problem.params))


def _words(wording: Wording, name: str, value: str | int) -> str | int:
    if name in _DAYS:
        return short_date(date.fromisoformat(str(value)), wording.language)
    kind = _VOCABULARY.get(name)
    if kind is None or not isinstance(value, str):
        return value
    labels = wording.labels(kind)
    return ", ".join(labels.get(code.strip(), code.strip()) for code in value.split(","))


_ASKED_BY_PEOPLE = tuple(
    verb
    for verb in Verb
    if any(move.verb is verb and move.state is not None and move.who != frozenset({Who.SYSTEM}) for move in TRANSITIONS.values())
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a verb may be asked now. ``unmet``: conditions that stand in the way; ``needs``: what will have to be given with it."""

    verb: Verb
    unmet: tuple[Problem, ...]
    needs: tuple[Problem, ...]

    @property
    def possible(self) -> bool:
        """Whether only what the form asks for is missing."""
        return not self.unmet


_TO_GIVE = frozenset(
    {
        "reason_missing",
        "successor_unknown",
        "reference_missing",
        "late_reason_missing",
        "opinion_unreasoned",
        "voter_not_asked",
        "voter_not_seated",
        "voter_recused",
        "voter_away",
        "conflict_known",
        "giver_not_asked",
        "giver_recused",
        "giver_answered",
        "proxy_given_already",
        "proxy_to_oneself",
        "sheet_unchanged",
        "final_report_empty",
        "fact_unknown",
        "fact_unchanged",
        "milestones_open",
        "review_incomplete",
        "extension_too_short",
        "extension_too_long",
    }
)
"""Conditions that the asker meets by filling in a field."""

_OF_OTHERS = frozenset(
    {
        "voter_not_asked",
        "voter_not_seated",
        "voter_recused",
        "voter_away",
        "conflict_known",
        "giver_not_asked",
        "giver_recused",
        "giver_answered",
        "proxy_given_already",
    }
)
"""Those of them that only somebody who may act for others meets: by naming another seat."""


def explain(
    app: App, *, action: str, seat: str | None, body: str | None = None, convention: str | None = None, via: Via = Via.CLI
) -> list[Answer]:
    """For every verb that people may ask of an action: what stands in the way now, for this seat (None: whoever may).

    ``via``: through what it would be asked. Changes nothing.

    Raises NotFound for an unknown action, seat or convention.
    """
    with app.db.read() as connection:
        work = open_work(app, connection, the_convention(connection, convention))
        actor = Actor(seat=seat, via=via)
        blank = _blank(work, action=action, actor=actor)
        known = load_facts(work, _probe(work, blank, Verb.RECTIFY, ""))
        return [_answer(work, verb, known, blank, body) for verb in _ASKED_BY_PEOPLE]


def _answer(work: Work, verb: Verb, known: Facts, blank: Mapping[str, Any], body: str | None) -> Answer:
    if find_move(known.state, verb) is None:  # nothing else has to be looked up
        return Answer(verb, (forbidden(known.state, verb),), ())
    probe, seat = _probe(work, blank, verb, body or _body_for(work, verb, known)), blank["actor"].seat
    if verb in (Verb.RECORD_OPINION, Verb.KEEP_OPINION) and isinstance(probe, RecordOpinion) and seat is not None:
        probe = _in_place(work, probe, seat)
    probes = [probe.model_copy(update=choice) for choice in _choices(work, known, probe)] or [probe]
    return min((_judged(work, facts_about(known, one), one, seat) for one in probes), key=lambda answer: len(answer.unmet))


def _choices(work: Work, known: Facts, probe: Command) -> list[dict[str, Any]]:
    """What the asker may choose among: the conflicts that may be withdrawn, the reservations and blockers to lift, the reviews in which somebody is chased, the documents, the proxies, the meetings in session."""
    if isinstance(probe, RevokeProxy | VoteByProxy):
        return _proxies(known, probe)
    if isinstance(probe, RecordAttendance):
        return [_attending(known, number, body) for number, body in meetings_in_session(work, known.number)]
    offered: dict[type[Command], Callable[[], Iterable[dict[str, Any]]]] = {
        WithdrawConflict: lambda: ({"concerned": code} for code in _in_conflict(work, known)),
        Chase: lambda: ({"body": review.body} for review in known.reviews if review.open),
        RecordDeliberation: lambda: ({"document": sha256} for sha256 in known.attachments),
        LiftBlocker: lambda: ({"blocker": number} for number in (known.blockers if known.state in STATES_OF[probe.verb] else ())),
        LiftReservation: lambda: ({"reservation": one.number} for one in known.reservations),
    }
    return [*offered[type(probe)]()] if type(probe) in offered else []


def _proxies(known: Facts, probe: RevokeProxy | VoteByProxy) -> list[dict[str, Any]]:
    """The proxies that the asker may take back or use: their own first, then none, then those of others."""
    seat, standing = (probe.actor.seat or "").upper(), known.proxies(probe.body)
    none: list[dict[str, Any]] = [{}] if seat or not standing else []
    if isinstance(probe, RevokeProxy):
        return [*none, *({"giver": proxy.giver} for proxy in standing)]
    own = [_by_proxy(probe, proxy) for proxy in standing if proxy.holder == seat]
    return [*own, *none, *(_by_proxy(probe, proxy) for proxy in standing if proxy.holder != seat)]


def _attending(known: Facts, number: str, body: str) -> dict[str, Any]:
    """An attendance that nothing stands in the way of, if any does not: everybody is there."""
    review = known.latest(body)
    return {"meeting": number, "body": body, "present": review.electorate if review else ()}


def _by_proxy(probe: VoteByProxy, proxy: Proxy) -> dict[str, Any]:
    return {"voter": proxy.giver, "holder": proxy.holder, "actor": probe.actor.model_copy(update={"on_behalf_of": proxy.giver})}


def _in_conflict(work: Work, known: Facts) -> list[str]:
    """The seats whose persons declared a conflict of interest that stands: one of them may be withdrawn."""
    return [row.seat for row in _IN_CONFLICT.all(work.connection, action_=known.action_id)]


def _judged(work: Work, facts: Facts, probe: Command, seat: str | None) -> Answer:
    verb = probe.verb
    _, problems = judge(facts, probe if seat is not None else probe.model_copy(update={"actor": _SOMEBODY}))
    problems = [problem for problem in problems if seat is not None or problem.code != "not_allowed"]
    to_give = _to_give(work, verb, facts, seat, probe.body)
    unmet = tuple(problem for problem in problems if problem.code not in to_give)
    return Answer(verb, unmet, tuple(problem for problem in problems if problem.code in to_give))


def _in_place(work: Work, probe: RecordOpinion, seat: str) -> RecordOpinion:
    """A deputy is asked about for the seat that they stand in for today, if there is one."""
    found = standing_in(work.connection, work.convention, work.today)
    voter = next((pair.voter for pair in found if pair.deputy == seat.upper()), None)
    actor = probe.actor.model_copy(update={"on_behalf_of": voter})
    return probe.model_copy(update={"voter": voter, "actor": actor}) if voter else probe


def _to_give(work: Work, verb: Verb, facts: Facts, seat: str | None, body: str | None) -> frozenset[str]:
    """What this asker can still give: a fact to rectify if there is any; another's opinion only as the secretary, of an open ballot."""
    if verb is Verb.RECTIFY and not has_facts(work, facts):
        return _TO_GIVE - {"fact_unknown"}
    if seat is None:
        return _TO_GIVE
    if verb is Verb.VOTE_BY_PROXY:
        return _TO_GIVE - _OF_OTHERS
    rules, clerk = facts.rules(body), Who.BODY_SECRETARY in facts.capacities
    secret = verb is Verb.RECORD_OPINION and rules is not None and rules.ballot == "secret"
    return _TO_GIVE if clerk and not secret else _TO_GIVE - _OF_OTHERS


_SOMEBODY = Actor.model_construct(seat="", on_behalf_of=None, via=Via.CLI)
"""Whoever may: a person, so that reasons are asked for."""


def _body_for(work: Work, verb: Verb, known: Facts) -> str:
    """The committee that a verb is about, or a group that can still be consulted, where the asker did not say."""
    if verb is Verb.KEEP_OPINION and known.asker_body:
        return known.asker_body
    if verb is Verb.CONSULT_GROUP:
        groups = [body.code for body in work.charter.bodies if body.kind is BodyKind.THEMATIC and body.code in known.seated]
        asked = {review.body for review in known.reviews if review.open}
        return next((group for group in groups if group not in asked), next(iter(groups), ""))
    early = verb is Verb.KEEP_OPINION and known.state is State.TECHNICAL_REVIEW
    steering = (
        early or verb in (Verb.OPEN_STEERING_REVIEW, Verb.APPROVE) or (known.state is State.STEERING_REVIEW and verb is not Verb.REFER)
    )
    return work.charter.body_of_kind(BodyKind.STEERING if steering else BodyKind.TECHNICAL).code


def _blank(work: Work, *, action: str, actor: Actor) -> dict[str, Any]:
    """What a command about an action holds before the asker has filled anything in."""
    seat = actor.seat or ""
    return {
        "actor": actor,
        "convention": work.convention,
        "action": action,
        "key": "explain",
        "occurred_on": work.today,
        **dict.fromkeys(("voter", "concerned", "giver", "holder"), seat),
        **dict.fromkeys(("successor", "sha256", "file_name", "summary", "document"), ""),
        **dict.fromkeys(("reached", "groups", "seats"), ()),
        **dict.fromkeys(("since", "sheet", "results", "lessons"), None),
        **dict.fromkeys(("reservation", "blocker", "percent"), 0),
        "kind": ConflictKind.UNSTATED,
        "size": 1,
        "media_type": work.charter.attachments.media_types[0],
        "event": UUID(int=0),
        "until": work.today,
        "partner": work.charter.partners[0].code,
        "deliberation": DeliberationOutcome.ADOPTED,
        "decided_on": work.today,
    }


def _probe(work: Work, blank: Mapping[str, Any], verb: Verb, body: str) -> Command:
    """A command with nothing filled in that the asker could still fill in."""
    kind = COMMANDS.get(verb, Command)
    values = {name: blank[name] for name in kind.model_fields if name in blank} | {"verb": verb, "body": body}
    if "opinion" in kind.model_fields:
        rules = next((known.rules for known in work.charter.bodies if known.code == body), None)
        values["opinion"] = rules.opinions[0] if rules else OpinionValue.FAVOURABLE
    if kind is RecordDeliberation:
        values["reference"] = ""
    return kind.model_construct(None, **values)
