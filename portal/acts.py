"""What people may ask of an action, as the portal offers it: which form, through which seat, and what stands in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.charter import Charter
from models.commands import Via
from models.errors import Problem
from models.lifecycle import State, Verb
from portal import attendance
from portal.filled import Filled
from portal.sheets import name_of
from services.bootstrap import App
from services.explanations import Answer, explain
from services.forms import (
    FORMS,
    ActionForm,
    AttendanceForm,
    DecisionForm,
    DraftForm,
    Form,
    OpenReviewForm,
    ProposeForm,
    RegisterForm,
    SheetFields,
)
from services.visitors import Visitor
from services.wording import Wording

_DECISIONS = (Verb.REFER, Verb.APPROVE, Verb.ADJOURN, Verb.REJECT)
_OF: Mapping[Verb, type[Form]] = {
    **{form.verb: form for form in FORMS if issubclass(form, ActionForm)},
    **dict.fromkeys(_DECISIONS, DecisionForm),
    Verb.OPEN_STEERING_REVIEW: OpenReviewForm,
}
NEW: Mapping[str, type[Form]] = {"brouillon": DraftForm, "proposition": ProposeForm, "action-engagee": RegisterForm}
"""Forms that create an action, by their address."""
_LISTS = ("themes", "sites", "partners", "groups", "reached", "seats")


@dataclass(frozen=True, slots=True)
class Offer:
    """One verb: whether it may be asked now, through which seat, and if not, why not. ``to_give``: fields that this time must be filled in."""

    verb: Verb
    seat: str
    possible: bool
    unmet: tuple[Problem, ...]
    to_give: frozenset[str]


def form_of(verb: str, state: str) -> type[Form] | None:
    """The form of a verb that people ask of an action in this state, or None. To give it back is a body's decision once one examines it."""
    if verb == Verb.RETURN and state != State.SUBMITTED:
        return DecisionForm
    return _OF.get(Verb(verb)) if verb in tuple(Verb) else None


def offers(app: App, visitor: Visitor, number: str, body: str | None = None, *, via: Via = Via.PORTAL) -> list[Offer]:
    """Every verb that has a form, with the first of the visitor's seats that may ask it through ``via``; if none may, with what stands in the way."""
    by_seat = {
        seat.code: {
            answer.verb: answer for answer in explain(app, action=number, seat=seat.code, body=body, convention=visitor.convention, via=via)
        }
        for seat in visitor.seats
    }
    return [_offer(verb, by_seat) for verb in next(iter(by_seat.values())) if verb in _OF]


def told_to(visitor: Visitor, action: Mapping[str, Any]) -> set[str]:
    """The seats of whose conflicts of interest a visitor may read more: all for a secretary, their own for others."""
    own = {seat.code for seat in visitor.seats}
    return {row["seat"] for row in action["conflicts"] if visitor.is_secretary or row["seat"] in own}


def _offer(verb: Verb, by_seat: Mapping[str, Mapping[Verb, Answer]]) -> Offer:
    able = next((code for code, answers in by_seat.items() if answers[verb].possible), None)
    code = able or min(by_seat, key=lambda seat: len(by_seat[seat][verb].unmet))
    answer = by_seat[code][verb]
    return Offer(verb, code, able is not None, answer.unmet, frozenset(map(field_of, answer.needs)))


def field_of(problem: Problem) -> str:
    """The field of a form that a problem is about, or an empty text."""
    return problem.where.partition(".")[0] or _MET_IN.get(problem.code, "")


_MET_IN = {
    "extension_too_long": "until",
    "extension_too_short": "until",
    "fact_unknown": "event",
    "final_report_empty": "results",
    "late_reason_missing": "late_reason",
    "opinion_unreasoned": "reason",
    "reason_missing": "reason",
    "successor_unknown": "successor",
    "successor_itself": "successor",
    "successor_gives_way": "successor",
    "successor_fallen": "successor",
    "superseded_already": "successor",
    "reservation_absent": "reservation",
    "blocker_absent": "blocker",
    "helper_unknown": "body",
    "blocked_in_future": "since",
    "partner_unknown": "partner",
    "decided_in_future": "decided_on",
    "deliberation_known": "reference",
    "document_not_attached": "document",
    "voter_not_asked": "voter",
    "chase_not_asked": "seats",
    "chase_answered": "seats",
    "chase_apart": "seats",
    "chase_vacant": "seats",
    "chase_absent": "seats",
    "chase_today": "seats",
    "chase_not_now": "occurred_on",
    "voter_not_seated": "voter",
    "review_open_already": "body",
    "early_not_discreet": "body",
    "voter_recused": "voter",
    "giver_not_asked": "giver",
    "giver_recused": "giver",
    "giver_answered": "giver",
    "proxy_given_already": "giver",
    "proxy_none": "giver",
    "proxy_used": "giver",
    "holder_not_asked": "holder",
    "holder_recused": "holder",
    "holder_takes_no_part": "holder",
    "holder_gone": "holder",
    "proxy_to_oneself": "holder",
    "proxies_too_many": "holder",
    "proxy_over_already": "until",
    "proxy_absent": "voter",
    "conflict_known": "concerned",
    "conflict_absent": "concerned",
    "conflict_unworded": "reason",
}
"""Where a condition of the life of an action is met by filling a field in."""


def read(form: type[Form], sent: Filled) -> dict[str, Any]:
    """What a page's form sent, as the form takes it; fields that were left alone are not there."""
    values: dict[str, Any] = attendance.read(sent, with_holders=False) if issubclass(form, AttendanceForm) else {}
    for name in form.model_fields:
        if name in values:
            continue
        if name == "milestones":
            values[name] = _milestones(sent)
        elif name in _LISTS:
            values[name] = sent.all(name)
        else:
            values[name] = sent.text(name)
    return {name: value for name, value in values.items() if value not in ("", [], None)}


def _milestones(sent: Filled) -> list[dict[str, str]]:
    pairs = zip(sent.texts.get("milestone_title", ()), sent.texts.get("milestone_due_on", ()), strict=False)
    lines = [{"title": title.strip(), "due_on": day.strip()} for title, day in pairs]
    return [line for line in lines if line["title"] or line["due_on"]]


def options_for(charter: Charter, words: Wording, action: Mapping[str, Any] | None, people: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Choices that depend on the action at hand: its milestones, the voters of its open reviews, the facts that may be put right."""
    options: dict[str, Any] = {"lead_person": people} if people else {}
    if action is None:
        return options
    language = words.language
    opened = [review for review in action["reviews"] if review["closed_on"] is None]
    facts = [
        *(
            (opinion["event_id"], words.say("portal.fact.opinion", seat=opinion["seat"]))
            for r in action["reviews"]
            for opinion in r["opinions"]
        ),
        *(
            (row["event_id"], words.say("portal.fact.decision", number=row["number"]))
            for row in action["decisions"]
            if not row["superseded"]
        ),
        *((row["event_id"], words.say("portal.fact.report", day=row["reported_on"])) for row in action["reports"] if not row["superseded"]),
    ]
    return options | {
        "reached": [(str(m["position"]), m["title"]) for m in action["milestones"] if m["reached_on"] is None],
        "voter": [(seat, seat) for review in opened for seat in review["electorate"]],
        "seats": [(seat, seat) for review in opened for seat in review["awaited"]],
        "event": [(str(event), text) for event, text in facts],
        "reservation": [
            (str(row["number"]), words.say("portal.fact.reservation", number=row["number"], seat=row["seat"], words=row["words"] or ""))
            for row in action["reservations"]
            if row["standing"] == "open"
        ],
        "blocker": [
            (str(row["number"]), words.say("portal.fact.blocker", number=row["number"], words=row["words"] or ""))
            for row in action["blockers"]
            if row["standing"] == "open"
        ],
        "opened": [(review["body"], name_of(charter, review["body"], language, "bodies")) for review in opened],
        "document": [(file["sha256"], file["file_name"]) for file in action["attachments"]],
        "outcome": [(verb, words.label("verb", verb)) for verb in (*_DECISIONS[:2], Verb.RETURN, *_DECISIONS[2:])],
    }


def holds_sheet(form: type[Form]) -> bool:
    """Whether a form holds the fields of an action sheet."""
    return issubclass(form, SheetFields)
