"""The scenario of ``passerelle play``: what befalls each action, chapter by chapter. Nothing is done here."""

from collections.abc import Mapping
from typing import Any

from cli.play_steps import (
    GROUPS,
    Ask,
    Chapter,
    DaysMore,
    Everybody,
    Lull,
    MeetingAtHand,
    OnAgenda,
    OpinionOf,
    Opinions,
    Pass,
    Place,
    Reserved,
    Role,
    Said,
    SheetOf,
    Today,
    Turn,
    Voter,
    Who,
)
from models.charter import OpinionValue
from models.lifecycle import State, Verb
from services.deadline_kinds import Kind
from services.forms import (
    AbandonForm,
    AttendanceForm,
    ChaseForm,
    CloseReviewForm,
    CompleteForm,
    DecisionForm,
    ExtendReviewForm,
    FinalReportForm,
    LiftBlockerForm,
    LiftReservationForm,
    NoteConflictForm,
    OpenReviewForm,
    OpinionForm,
    ProgressForm,
    ProposeForm,
    RaiseBlockerForm,
    RectifyForm,
    RegisterForm,
    ResubmitForm,
    ResumeForm,
    StartForm,
    SuspendForm,
    WithdrawForm,
)
from services.meetings.forms import (
    CancelMeetingForm,
    ChangeMeetingForm,
    CloseMeetingForm,
    ConveneMeetingForm,
    MeetingForm,
    OpenMeetingForm,
    PlanMeetingForm,
)

_RESERVED, _AGAINST = OpinionValue.WITH_RESERVATIONS, OpinionValue.UNFAVOURABLE
_TECHNICAL, _STEERING = (Place.TECHNICAL,), (Place.STEERING,)
_REFERRED = State.STEERING_REVIEW


def _decision(outcome: Verb, reason: str, *, in_prefect: bool, then: State) -> Ask:
    values = {"outcome": outcome, "reason": Said(reason), "reference": Said("minutes")}
    return Ask(DecisionForm, Who.BODY_SECRETARY, values, Place.STEERING, in_prefect=in_prefect, then=then)


def _approval(*, in_prefect: bool) -> Ask:
    return _decision(Verb.APPROVE, "approved", in_prefect=in_prefect, then=State.APPROVED)


def _examined(others: Mapping[int, tuple[OpinionValue, Said]], *decided: Ask) -> tuple[Turn, Turn]:
    """The steering committee: its opinions, then what is recorded of its meeting."""
    return (Opinions(_STEERING, others),), decided


def _start(*, in_prefect: bool) -> Ask:
    return Ask(StartForm, Who.LEAD, in_prefect=in_prefect, then=State.IN_PROGRESS)


def _progress(percent: int, summary: str, *, in_prefect: bool, reached: tuple[int, ...] = ()) -> Ask:
    values = {"percent": percent, "summary": Said(summary), "reached": reached}
    return Ask(ProgressForm, Who.LEAD, values, in_prefect=in_prefect)


def _complete(*, in_prefect: bool) -> Ask:
    return Ask(CompleteForm, Who.LEAD, {"reason": Said("completed")}, in_prefect=in_prefect, then=State.FINAL_REPORT_DUE)


def _report(who: Who, part: str, *, in_prefect: bool, then: State) -> Ask:
    return Ask(FinalReportForm, who, {part: Said(part)}, in_prefect=in_prefect, then=then)


def _close_group(place: Place, *, in_prefect: bool, then: State | None = None) -> Ask:
    return Ask(CloseReviewForm, Who.BODY_SECRETARY, {"reason": Said("group_met")}, place, in_prefect=in_prefect, then=then)


def _hurry(place: Place | None = None, *, in_prefect: bool) -> Ask:
    """A body's secretary hurries those whom its review awaits; without a body, whoever carries the action out."""
    return Ask(ChaseForm, Who.BODY_SECRETARY, {"reason": Said("hurried")}, place, in_prefect=in_prefect)


def _voice(opinion: OpinionValue, reason: str) -> Ask:
    values = {"voter": Voter(2), "opinion": opinion, "reason": Said(reason)}
    return Ask(OpinionForm, Who.BODY_SECRETARY, values, Place.TECHNICAL, in_prefect=True)


def _approve_early(*, in_prefect: bool) -> Ask:
    values = {"outcome": Verb.APPROVE, "reason": Said("too_early")}
    return Ask(DecisionForm, Who.BODY_SECRETARY, values, Place.STEERING, in_prefect=in_prefect, refused=True)


_REGISTER = Ask(
    RegisterForm,
    Who.TECHNICAL_SECRETARY,
    {"sheet": SheetOf(Role.UNDER_WAY), "reference": Said("former_decision"), "reason": Said("under_way")},
    in_prefect=True,
    then=State.IN_PROGRESS,
)
_EXAMINE_AGAIN = Ask(OpenReviewForm, Who.BODY_SECRETARY, {"reason": Said("examined_again")}, Place.TECHNICAL, in_prefect=True)
_EXTEND = Ask(ExtendReviewForm, Who.BODY_SECRETARY, {"until": DaysMore(3), "reason": Said("more_time")}, Place.TECHNICAL, in_prefect=True)
_CONFLICT = Ask(NoteConflictForm, Who.BODY_SECRETARY, {"concerned": Voter(0)}, Place.TECHNICAL, in_prefect=True)
_LIFT = Ask(LiftReservationForm, Who.BODY_SECRETARY, {"reservation": Reserved(), "reason": Said("met")}, Place.TECHNICAL, in_prefect=True)
_BLOCKED = Ask(RaiseBlockerForm, Who.LEAD, {"reason": Said("blocked")}, Place.TECHNICAL, in_prefect=True)
_HELPED = Ask(LiftBlockerForm, Who.LEAD, {"blocker": 1, "reason": Said("helped")}, in_prefect=True)
_SETTLED: dict[str, Any] = {
    "held_on": Today(),
    "starts_at": "14:30",
    "place": Said("room"),
    "actions": OnAgenda(),
    "items": (Said("next_meeting"),),
}


def _meeting(form: type[MeetingForm] | type[AttendanceForm], *, in_prefect: bool = True, **values: Any) -> Ask:
    """What the steering committee's secretary does about the meeting at hand."""
    meeting = {} if form is PlanMeetingForm else {"meeting": MeetingAtHand()}
    return Ask(form, Who.STEERING_SECRETARY, {**meeting, **values}, Place.STEERING, in_prefect=in_prefect)


_CALLED_OFF: tuple[Turn, Turn] = (
    (_meeting(PlanMeetingForm, **_SETTLED), _meeting(ChangeMeetingForm, **_SETTLED | {"starts_at": "16:00"}), _meeting(ConveneMeetingForm)),
    (
        _meeting(CancelMeetingForm, reason=Said("room_taken")),
        _meeting(PlanMeetingForm, in_prefect=False, **_SETTLED),
        _meeting(ConveneMeetingForm, in_prefect=False),
    ),
)
_SESSION = (_meeting(OpenMeetingForm, present=Everybody()), _meeting(AttendanceForm))
_OPPOSED = {n: (_AGAINST, Said("against")) for n in range(4)}
_RIGHT_OPINION = {"event": OpinionOf(3), "opinion": OpinionValue.FAVOURABLE, "reason": Said("misheard")}

CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "arrivals",
        {
            Role.WITHDRAWN: (
                (Ask(ProposeForm, Who.MEMBER, {"sheet": SheetOf(Role.WITHDRAWN)}, in_prefect=True, then=State.RETURNED),),
                (Ask(WithdrawForm, Who.MEMBER, {"reason": Said("withdrawn")}, in_prefect=True, then=State.WITHDRAWN),),
            ),
            Role.UNDER_WAY: ((_REGISTER,),),
            Role.APPROVED: ((_approve_early(in_prefect=True), _approve_early(in_prefect=False)),),
        },
    ),
    Chapter(
        "opinions",
        {
            Role.CLOSED: (
                (
                    Opinions(GROUPS, {1: (_RESERVED, Said("reservation_access"))}),
                    Opinions(_TECHNICAL, {0: (_RESERVED, Said("reservation_calendar"))}, then=_REFERRED),
                ),
            ),
            Role.RETURNED: (
                (Opinions(GROUPS), Opinions(_TECHNICAL, _OPPOSED, then=State.RETURNED)),
                (Ask(ResubmitForm, Who.LEAD, {"description": Said("amended")}, in_prefect=True, then=State.TECHNICAL_REVIEW),),
                (Opinions(GROUPS), Opinions(_TECHNICAL, then=_REFERRED)),
            ),
            Role.SUSPENDED: (
                (Opinions(GROUPS, first=2), Opinions(_TECHNICAL), _close_group(Place.FIRST_GROUP, in_prefect=True)),
                (_close_group(Place.SECOND_GROUP, in_prefect=False, then=_REFERRED),),
            ),
            Role.REJECTED: (
                (
                    Opinions(GROUPS, {0: (_AGAINST, Said("against"))}),
                    Opinions(_TECHNICAL, {3: (_AGAINST, Said("against"))}, then=_REFERRED),
                ),
                (Ask(RectifyForm, Who.STEERING_SECRETARY, _RIGHT_OPINION, Place.TECHNICAL, then=_REFERRED),),
            ),
            Role.ABANDONED: (
                (Opinions(GROUPS), Opinions(_TECHNICAL, first=1), _CONFLICT),
                (Opinions(_TECHNICAL, then=_REFERRED),),
            ),
            Role.APPROVED: (
                (_voice(_AGAINST, "against"),),
                (_voice(OpinionValue.FAVOURABLE, "changed_mind"), Opinions(_TECHNICAL, then=_REFERRED)),
            ),
        },
    ),
    Chapter(
        "steering",
        {
            Role.CLOSED: _examined({2: (_RESERVED, Said("reservation_calendar"))}, _approval(in_prefect=True)),
            Role.RETURNED: _examined({}, _approval(in_prefect=False)),
            Role.SUSPENDED: _examined({}, _approval(in_prefect=True)),
            Role.REJECTED: (
                *_CALLED_OFF,
                (*_SESSION, Opinions(_STEERING, _OPPOSED)),
                (_decision(Verb.REJECT, "rejected", in_prefect=False, then=State.REJECTED), _meeting(CloseMeetingForm)),
            ),
            Role.ABANDONED: _examined({}, _approval(in_prefect=False)),
            Role.APPROVED: _examined({}, _approval(in_prefect=True)),
            Role.ADJOURNED: ((_hurry(Place.TECHNICAL, in_prefect=True),),),
        },
        waits=(Pass(Role.ADJOURNED, Kind.REVIEW_END, Place.FIRST_GROUP, reminded=True),),
    ),
    Chapter(
        "work",
        {
            Role.ADJOURNED: ((Opinions(_TECHNICAL, first=1, then=State.TECHNICAL_REVIEW), _EXTEND),),
            Role.CLOSED: ((_start(in_prefect=True),),),
            Role.RETURNED: ((_start(in_prefect=False),),),
            Role.SUSPENDED: ((_start(in_prefect=True),),),
            Role.ABANDONED: ((_start(in_prefect=False),),),
        },
        waits=(Pass(Role.ADJOURNED, Kind.REVIEW_END, Place.TECHNICAL, reminded=True),),
    ),
    Chapter(
        "silence",
        {
            Role.ADJOURNED: (
                (_EXAMINE_AGAIN,),
                (Opinions(GROUPS), Opinions(_TECHNICAL, then=_REFERRED)),
                *_examined({}, _approval(in_prefect=True), _start(in_prefect=False)),
            ),
            Role.SUSPENDED: ((Ask(SuspendForm, Who.LEAD, {"reason": Said("suspended")}, in_prefect=True, then=State.SUSPENDED),),),
        },
        waits=(Pass(Role.ADJOURNED, Kind.REVIEW_END, Place.TECHNICAL),),
    ),
    Chapter(
        "milestone",
        {
            Role.CLOSED: ((_LIFT,),),
            Role.ADJOURNED: ((_progress(25, "first_milestone", in_prefect=True, reached=(1,)),),),
            Role.SUSPENDED: ((Ask(ResumeForm, Who.TECHNICAL_SECRETARY, in_prefect=True, then=State.IN_PROGRESS),),),
        },
        waits=(Pass(Role.CLOSED, Kind.RESERVATION, Place.TECHNICAL), Pass(Role.ADJOURNED, Kind.MILESTONE)),
    ),
    Chapter(
        "news",
        {
            Role.CLOSED: ((_progress(80, "news", in_prefect=True, reached=(1,)), _complete(in_prefect=True)),),
            Role.RETURNED: ((_progress(30, "news", in_prefect=False), _BLOCKED),),
            Role.UNDER_WAY: ((_progress(60, "news", in_prefect=False),),),
            Role.ADJOURNED: ((_complete(in_prefect=False),),),
        },
        waits=(Pass(Role.CLOSED, Kind.PROGRESS),),
    ),
    Chapter(
        "delays",
        {Role.RETURNED: ((_HELPED,),)},
        waits=(Pass(Role.ABANDONED, Kind.NEGLECT), Pass(Role.CLOSED, Kind.FINAL_REPORT)),
    ),
    Chapter(
        "end",
        {
            Role.CLOSED: (
                (_hurry(in_prefect=True),),
                (_report(Who.TECHNICAL_SECRETARY, "results", in_prefect=True, then=State.FINAL_REPORT_DUE),),
                (_report(Who.LEAD, "lessons", in_prefect=False, then=State.CLOSED),),
            ),
            Role.APPROVED: ((_hurry(in_prefect=False),),),
            Role.ABANDONED: (
                (_hurry(in_prefect=True),),
                (Ask(AbandonForm, Who.TECHNICAL_SECRETARY, {"reason": Said("abandoned")}, in_prefect=True, then=State.ABANDONED),),
            ),
        },
        waits=(Lull((Role.CLOSED, Role.APPROVED, Role.ABANDONED)),),
    ),
)
"""The whole play. Every person's act is here; what the flows do by themselves is not."""
