"""Each guard both ways: the condition that is met, and the problem that is told when it is not."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from builders import CONVENTION, TODAY, provision, real_charter

from models.charter import DeliberationRule, MilestonePlan
from models.chasing import Overdue, Reach
from models.commands import COMMANDS, Actor, Command, Via
from models.conflicts import Cause
from models.deliberations import Deliberated, DeliberationOutcome
from models.errors import Problem
from models.facts import ConflictFacts, KnownFacts, MeetingFacts, ReservationFacts, ReviewFacts, SuccessorFacts
from models.guards import GUARDS, always
from models.lifecycle import State, Verb, Who
from models.meetings import MeetingState
from models.meetings.rules import Called
from models.proxies import Proxy, Said

SHEET = provision()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
VOTER, CLERKS_HAND = frozenset({Who.VOTER}), frozenset({Who.BODY_SECRETARY})
LAST_WEEK, IN_A_WEEK = TODAY - timedelta(days=7), TODAY + timedelta(days=7)
FILE = {"file_name": "plan.pdf", "media_type": "application/pdf", "size": 1000, "sha256": "a" * 64}
OTHER_FILE = {f"{n:064x}": 1 for n in range(20)}
FACT = UUID(int=1)


def facts(**known):
    charter = real_charter()
    seated = frozenset(body.code for body in charter.bodies)
    people = frozenset({"pilote-equipements", "pilote-velo"})
    values = {"state": State.DRAFT, "action_id": 1, "number": "A-2026-001", "sheet": SHEET, "seated": seated, "people": people}
    return KnownFacts(**{"charter": charter, "today": TODAY, **values, **known})


def review(body="cotech", *, round_=1, is_open=True, answered=(), due_on=TOMORROW):
    seats = ("COTECH-01", "COTECH-03")
    return ReviewFacts(1, body, round_, YESTERDAY, due_on, is_open, seats, frozenset(answered))


def asked(verb, *, seat="COTECH-02", **given):
    common = {
        "convention": CONVENTION,
        "action": "A-2026-001",
        "actor": Actor(seat=seat, via=Via.CLI),
        "occurred_on": TODAY,
        "key": "key-00001",
    }
    return COMMANDS.get(verb, Command)(verb=verb, **common | given)


def in_prefect():
    return asked(Verb.RECORD_OPINION, **OPINION).model_copy(update={"actor": Actor(seat="COTECH-01", via=Via.PREFECT_FORM)})


def under(capacities, reviewed=None, **rules):
    """An open review of the technical committee under other rules, asked about in these capacities."""
    return facts(reviews=(reviewed or review(),), older=charter_with("cotech", **rules), capacities=capacities)


def chasing(*seats, **known):
    """An open review of three seats, of which the second has answered; and the chase of some of them, or of all."""
    asked_of = replace(review(answered=("COTECH-03",)), electorate=("COTECH-01", "COTECH-03", "COTECH-04"))
    return facts(reviews=(asked_of,), **known), asked(Verb.CHASE, body="cotech", seats=seats)


def extended(until):
    return asked(Verb.EXTEND_REVIEW, body="cotech", until=until)


def charter_with(code, **rules):
    """The real charter, but for the rules of one body."""
    charter = real_charter()
    bodies = [
        body.model_copy(update={"rules": body.rules.model_copy(update=rules)}) if body.code == code else body for body in charter.bodies
    ]
    return charter.model_copy(update={"bodies": tuple(bodies)})


OPINION = {"voter": "COTECH-01", "opinion": "favourable", "body": "cotech"}
PROGRESS = {"percent": 10, "summary": "Bon début"}
CONFLICT = {"concerned": "COTECH-01"}
RESERVED = (ReservationFacts(1, "cotech", "COTECH-03", "complete"), ReservationFacts(2, "copil", "COPIL-03", "close"))
STANDING = ConflictFacts("COTECH-03", FACT)
DELIBERATION = {"partner": "ville", "deliberation": "adopted", "decided_on": YESTERDAY, "reference": "2026-118", "document": "d" * 64}
ADOPTED = {"ville": Deliberated(DeliberationOutcome.ADOPTED, YESTERDAY, "2026-118", "d" * 64)}
REFUSED = {"ville": replace(ADOPTED["ville"], outcome=DeliberationOutcome.REFUSED)}
DELIBERATING = real_charter().model_copy(update={"deliberations": (DeliberationRule(partner="ville"),)})
RULED = charter_with("cotech", recused=Cause.PROPOSER)
GIVING = {"giver": "COTECH-01", "holder": "COTECH-03", "body": "cotech"}
REVOKING = {"giver": "COTECH-01", "body": "cotech"}
BY_PROXY = {"voter": "COTECH-01", "holder": "COTECH-03", "opinion": "favourable", "body": "cotech"}
OPEN, CLOSED = (review(),), (review(is_open=False),)
LATER_ROUND_OPEN = (review(is_open=False), review(round_=2))


MEETING = MeetingFacts(
    "COTECH-S-2026-001", "cotech", MeetingState.OPEN, frozenset({"A-2026-001"}), Called(present=("COTECH-01", "COTECH-09")), TODAY
)
SUCCESSOR = SuccessorFacts("A-2026-002", State.SUBMITTED)
ATTENDANCE = {"body": "cotech", "meeting": MEETING.number}


ATTENDED = {"reviews": (replace(review(), attended=True),), "answers": {"COTECH-01": Said("favourable", None)}}


def in_meeting(*, reviews=OPEN, **known):
    """An open review of the technical committee, which is on the agenda of its open meeting."""
    return with_proxies(**{"reviews": reviews, "meetings": (MEETING,)} | known)


def called(**seats):
    return asked(Verb.RECORD_ATTENDANCE, **ATTENDANCE, **seats)


def proxy(giver="COTECH-01", holder="COTECH-03", *, since=YESTERDAY, until=None):
    return Proxy(giver, holder, since, until, FACT)


def with_proxies(*given, per_holder=1, **known):
    """An open review of the technical committee that knows proxies, with these."""
    return facts(**{"reviews": OPEN, "older": charter_with("cotech", proxies_per_holder=per_holder), "given": given} | known)


OVERDUE = (Overdue(7, "progress_report", None, None, LAST_WEEK),)
CASES = {
    "chase_awaited": [
        (*chasing(), None),
        (*chasing("COTECH-04"), None),
        (facts(), asked(Verb.CHASE, body="cotech"), None),
        (*chasing(out={"COTECH-01": Cause.DECLARED, "COTECH-04": Cause.DECLARED}), Problem("chase_nobody", {"body": "cotech"})),
        (*chasing("COTECH-09", "COTECH-04"), Problem("chase_not_asked", {"seats": "COTECH-09"})),
        (*chasing("COTECH-03"), Problem("chase_answered", {"seats": "COTECH-03"})),
        (*chasing("COTECH-04", out={"COTECH-04": Cause.DECLARED}), Problem("chase_apart", {"seats": "COTECH-04"})),
    ],
    "chase_in_reach": [
        (*chasing(reached=Reach(vacant={"COTECH-01"})), None),
        (*chasing(reached=Reach(vacant={"COTECH-01"}, absent={"COTECH-04"})), Problem("chase_vacant", {"seats": "COTECH-01"})),
        (*chasing("COTECH-01", reached=Reach(vacant={"COTECH-01"})), Problem("chase_vacant", {"seats": "COTECH-01"})),
        (*chasing("COTECH-01", "COTECH-04", reached=Reach(absent={"COTECH-04"})), Problem("chase_absent", {"seats": "COTECH-04"})),
        (facts(), asked(Verb.CHASE, body="cotech"), None),
    ],
    "chase_once_a_day": [
        (*chasing(reached=Reach(asked={"COTECH-01", "COTECH-03"})), None),
        (*chasing("COTECH-04", reached=Reach(asked={"COTECH-01"})), None),
        (*chasing("COTECH-01", reached=Reach(asked={"COTECH-01"})), Problem("chase_today", {"seats": "COTECH-01"})),
        (*chasing(reached=Reach(asked={"COTECH-01", "COTECH-04"})), Problem("chase_today", {"seats": "COTECH-01, COTECH-04"})),
        (*chasing(reached=Reach(asked={"COTECH-04"}, vacant={"COTECH-01"})), Problem("chase_today", {"seats": "COTECH-04"})),
    ],
    "chase_now": [
        (facts(), asked(Verb.CHASE), None),
        (facts(), asked(Verb.CHASE, occurred_on=YESTERDAY, late_reason="Oubli"), Problem("chase_not_now")),
    ],
    "overdue_there": [
        (facts(overdue=OVERDUE), asked(Verb.CHASE), None),
        (facts(), asked(Verb.CHASE), Problem("chase_nothing_overdue")),
    ],
    "owner_named": [
        (facts(sheet=provision(lead_person="pilote-velo")), asked(Verb.CHASE), None),
        (facts(sheet=provision(lead_person=None)), asked(Verb.CHASE), Problem("chase_no_lead")),
    ],
    "owner_once_a_day": [
        (facts(), asked(Verb.CHASE), None),
        (facts(hurried_today=True), asked(Verb.CHASE), Problem("chase_today_lead")),
    ],
    "meeting_in_session": [
        (in_meeting(), called(), None),
        (in_meeting(), asked(Verb.RECORD_OPINION, **OPINION), None),
        (facts(reviews=OPEN), called(), Problem("meeting_unknown", {"number": MEETING.number, "near": "-"})),
        (facts(reviews=OPEN), asked(Verb.RECORD_ATTENDANCE, body="cotech"), Problem("meeting_none_open")),
        (
            in_meeting(meetings=(replace(MEETING, body="copil"),)),
            called(),
            Problem("meeting_of_other_body", {"number": MEETING.number, "body": "copil"}),
        ),
        (
            in_meeting(meetings=(replace(MEETING, state=MeetingState.CONVENED),)),
            called(),
            Problem("meeting_not_open", {"number": MEETING.number, "meeting_state": "convened"}),
        ),
        (in_meeting(meetings=(replace(MEETING, actions=frozenset()),)), called(), Problem("agenda_without", {"number": MEETING.number})),
        (
            in_meeting(),
            called(occurred_on=YESTERDAY),
            Problem("attendance_too_early", {"number": MEETING.number, "day": TODAY.isoformat()}),
        ),
    ],
    "attendance_kept": [
        (in_meeting(**ATTENDED), asked(Verb.END_ATTENDANCE, body="cotech", seat=None), None),
        (facts(reviews=OPEN), asked(Verb.END_ATTENDANCE, body="cotech", seat=None), Problem("attendance_none", {"body": "cotech"})),
    ],
    "somebody_attends": [
        (in_meeting(), called(), None),
        (in_meeting(), asked(Verb.RECORD_OPINION, **OPINION), None),
        (facts(reviews=OPEN), called(excused=("COTECH-01",)), None),
        (in_meeting(), called(excused=("COTECH-01",)), Problem("attendance_nobody")),
    ],
    "voters_attend_or_reason": [
        (in_meeting(), called(present=("COTECH-03",)), None),
        (in_meeting(answers={"COTECH-01": Said("favourable", None)}), called(present=("COTECH-03",)), None),
        (in_meeting(**ATTENDED), called(present=("COTECH-01",)), None),
        (in_meeting(**ATTENDED), called(present=("COTECH-03",), reason="Parti avant la fin"), None),
        (in_meeting(**ATTENDED), called(present=("COTECH-03",)), Problem("attendance_strikes", {"seats": "COTECH-01"})),
    ],
    "attendance_named": [
        (in_meeting(), called(), None),
        (in_meeting(), called(present=("COTECH-01",), remote=("COTECH-03",)), None),
        (facts(), called(present=("COTECH-01",)), None),
        (
            in_meeting(),
            called(present=("COTECH-09",)),
            Problem("attendance_unknown", {"seats": "COTECH-09", "asked": "COTECH-01, COTECH-03"}),
        ),
        (in_meeting(), called(present=("COTECH-01",), excused=("COTECH-01",)), Problem("attendance_twice", {"seats": "COTECH-01"})),
    ],
    "attendance_represented": [
        (in_meeting(), called(present=("COTECH-01",)), None),
        (in_meeting(), asked(Verb.RECORD_OPINION, **OPINION), None),
        (in_meeting(given=(proxy(),)), called(present=("COTECH-03",), represented=("COTECH-01",)), None),
        (
            in_meeting(),
            called(present=("COTECH-03",), represented=("COTECH-01",)),
            Problem("representation_unfounded", {"seats": "COTECH-01"}),
        ),
        (
            in_meeting(given=(proxy(),)),
            called(excused=("COTECH-03",), represented=("COTECH-01",)),
            Problem("holder_not_there", {"seat": "COTECH-01", "holder": "COTECH-03"}),
        ),
    ],
    "secret_voters_attend": [
        (in_meeting(), called(present=("COTECH-01",)), None),
        (in_meeting(), asked(Verb.RECORD_OPINION, **OPINION), None),
        (in_meeting(answers={"COTECH-01": Said("secret", None)}), called(present=("COTECH-01",)), None),
        (in_meeting(answers={"COTECH-01": Said("favourable", None)}), called(present=("COTECH-03",)), None),
        (
            in_meeting(answers={"COTECH-01": Said("secret", None)}),
            called(present=("COTECH-03",)),
            Problem("secret_voters_away", {"seats": "COTECH-01"}),
        ),
    ],
    "voter_attends": [
        (facts(reviews=OPEN), asked(Verb.RECORD_OPINION, **OPINION), None),
        (
            facts(reviews=(replace(review(), away=frozenset({"COTECH-01"})),)),
            asked(Verb.RECORD_OPINION, **OPINION),
            Problem("voter_away", {"seat": "COTECH-01"}),
        ),
    ],
    "successor_known": [
        (facts(successor=SUCCESSOR), asked(Verb.SUPERSEDE, successor=SUCCESSOR.number), None),
        (facts(), asked(Verb.START), None),
        (facts(), asked(Verb.SUPERSEDE, successor="A-2026-002"), Problem("successor_unknown", {"number": "A-2026-002"})),
        (
            facts(successor=replace(SUCCESSOR, number="A-2026-001"), number="A-2026-001"),
            asked(Verb.SUPERSEDE, successor="A-2026-001"),
            Problem("successor_itself", {"number": "A-2026-001"}),
        ),
        (
            facts(successor=replace(SUCCESSOR, gives_way_to=("A-2026-003", "A-2026-001")), number="A-2026-001"),
            asked(Verb.SUPERSEDE, successor="A-2026-002"),
            Problem("successor_gives_way", {"number": "A-2026-002"}),
        ),
        (
            facts(successor=replace(SUCCESSOR, state=State.REJECTED)),
            asked(Verb.SUPERSEDE, successor="A-2026-002"),
            Problem("successor_fallen", {"number": "A-2026-002", "state": "rejected"}),
        ),
        (
            facts(successor=SUCCESSOR, superseded_by="A-2026-002"),
            asked(Verb.SUPERSEDE, successor="A-2026-002"),
            Problem("superseded_already", {"number": "A-2026-002"}),
        ),
    ],
    "lead_known": [
        (facts(), asked(Verb.PROPOSE, sheet=SHEET), None),
        (facts(), asked(Verb.PROPOSE, sheet=provision(lead_person=None)), None),
        (
            facts(),
            asked(Verb.PROPOSE, sheet=provision(lead_person="pilote-vela")),
            Problem("lead_unknown", {"person": "pilote-vela", "near": "pilote-velo"}),
        ),
    ],
    "sheet_complete": [
        (facts(), asked(Verb.OPEN_TECHNICAL_REVIEW), None),
        (
            facts(sheet=provision(description=None, milestones=())),
            asked(Verb.OPEN_TECHNICAL_REVIEW),
            Problem("sheet_incomplete", {"fields": "description,milestones"}),
        ),
    ],
    "sheet_changed": [
        (facts(), asked(Verb.AMEND, sheet=provision(budget_euros=Decimal(1))), None),
        (facts(), asked(Verb.AMEND, sheet=SHEET), Problem("sheet_unchanged")),
        (facts(), asked(Verb.AMEND), Problem("sheet_unchanged")),
    ],
    "rhythm_kept": [
        (facts(state=State.IN_PROGRESS, capacities=frozenset({Who.LEAD})), asked(Verb.AMEND, sheet=provision(title="Autrement")), None),
        (
            facts(state=State.IN_PROGRESS, capacities=frozenset({Who.SECRETARY})),
            asked(Verb.AMEND, sheet=provision(report_every_months=3)),
            None,
        ),
        (facts(capacities=frozenset({Who.PROPOSER})), asked(Verb.AMEND, sheet=provision(report_every_months=3)), None),
        (
            facts(state=State.IN_PROGRESS, capacities=frozenset({Who.LEAD})),
            asked(Verb.AMEND, sheet=provision(report_every_months=24)),
            Problem("rhythm_not_yours", {}, "report_every_months"),
        ),
    ],
    "sheet_changed_or_reason": [
        (facts(), asked(Verb.RESUBMIT, reason="Vu avec le comité"), None),
        (facts(), asked(Verb.RESUBMIT, sheet=provision(title="Autrement")), None),
        (facts(), asked(Verb.RESUBMIT), Problem("sheet_unchanged")),
    ],
    "reason_given": [
        (facts(), asked(Verb.WITHDRAW, reason="Sans objet"), None),
        (facts(), asked(Verb.REJECT, seat=None), None),
        (facts(), asked(Verb.WITHDRAW), Problem("reason_missing")),
    ],
    "reason_or_missing": [
        (facts(), asked(Verb.RETURN, reason="À préciser"), None),
        (facts(sheet=provision(axis=None)), asked(Verb.RETURN), None),
        (facts(), asked(Verb.RETURN), Problem("reason_missing")),
    ],
    "reference_given": [
        (facts(), asked(Verb.REGISTER_UNDER_WAY, sheet=SHEET, reference="Délibération 12"), None),
        (facts(), asked(Verb.REGISTER_UNDER_WAY, sheet=SHEET), Problem("reference_missing")),
    ],
    "lead_named": [
        (facts(), asked(Verb.START), None),
        (facts(sheet=provision(lead_person=None)), asked(Verb.START), Problem("lead_missing")),
    ],
    "attachment_room": [
        (facts(), asked(Verb.ATTACH, **FILE), None),
        (
            facts(),
            asked(Verb.ATTACH, **FILE | {"size": 10_000_001}),
            Problem("attachment_too_large", {"size": 10_000_001, "limit": 10_000_000}),
        ),
        (facts(attachments=OTHER_FILE), asked(Verb.ATTACH, **FILE), Problem("attachments_too_many", {"limit": 20})),
        (
            facts(),
            asked(Verb.ATTACH, **FILE | {"media_type": "video/mp4"}),
            Problem("attachment_kind_refused", {"kind": "video/mp4", "kinds": ", ".join(real_charter().attachments.media_types)}),
        ),
    ],
    "attachment_new": [
        (facts(attachments=OTHER_FILE), asked(Verb.ATTACH, **FILE), None),
        (facts(attachments={"a" * 64: 1000}), asked(Verb.ATTACH, **FILE), Problem("attachment_known")),
    ],
    "body_technical": [
        (facts(), asked(Verb.REFER, body="cotech"), None),
        (facts(), asked(Verb.REFER, body="copil"), Problem("body_wrong", {"body": "copil", "expected": "cotech"})),
        (facts(), asked(Verb.REFER), Problem("body_wrong", {"body": "-", "expected": "cotech"})),
    ],
    "body_steering": [
        (facts(), asked(Verb.APPROVE, body="copil"), None),
        (facts(), asked(Verb.APPROVE, body="cotech"), Problem("body_wrong", {"body": "cotech", "expected": "copil"})),
    ],
    "body_in_charge": [
        (facts(state=State.TECHNICAL_REVIEW), asked(Verb.REJECT, body="cotech"), None),
        (facts(state=State.STEERING_REVIEW), asked(Verb.REJECT, body="copil"), None),
        (facts(state=State.ADJOURNED), asked(Verb.RETURN, body="cotech"), None),
        (facts(state=State.ADJOURNED), asked(Verb.RETURN, body="copil"), None),
        (
            facts(state=State.TECHNICAL_REVIEW),
            asked(Verb.REJECT, body="copil"),
            Problem("body_wrong", {"body": "copil", "expected": "cotech"}),
        ),
        (
            facts(state=State.STEERING_REVIEW),
            asked(Verb.REJECT, body="cotech"),
            Problem("body_wrong", {"body": "cotech", "expected": "copil"}),
        ),
        (
            facts(state=State.ADJOURNED),
            asked(Verb.RETURN, body="gt-energie"),
            Problem("body_wrong", {"body": "gt-energie", "expected": "cotech, copil"}),
        ),
    ],
    "body_seated": [
        (facts(), asked(Verb.OPEN_TECHNICAL_REVIEW, body="cotech"), None),
        (facts(seated=frozenset()), asked(Verb.OPEN_TECHNICAL_REVIEW, body="cotech"), Problem("body_unseated", {"body": "cotech"})),
    ],
    "steering_seated": [
        (facts(), asked(Verb.REFER, body="cotech"), None),
        (facts(seated=frozenset({"cotech"})), asked(Verb.REFER, body="cotech"), Problem("body_unseated", {"body": "copil"})),
    ],
    "groups_known": [
        (facts(), asked(Verb.OPEN_TECHNICAL_REVIEW, groups=("gt-energie",)), None),
        (
            facts(seated=frozenset({"cotech", "gt-energie"})),
            asked(Verb.OPEN_TECHNICAL_REVIEW, groups=("gt-energie", "gt-inclusion", "copil")),
            Problem("groups_unknown", {"groups": "gt-inclusion, copil", "known": "gt-energie"}),
        ),
    ],
    "technical_review_open": [
        (facts(reviews=OPEN), asked(Verb.CONSULT_GROUP, body="gt-energie"), None),
        (facts(reviews=CLOSED), asked(Verb.CONSULT_GROUP, body="gt-energie"), Problem("review_not_open", {"body": "cotech"})),
        (facts(), asked(Verb.CONSULT_GROUP, body="gt-energie"), Problem("review_not_open", {"body": "cotech"})),
    ],
    "group_consultable": [
        (facts(reviews=OPEN), asked(Verb.CONSULT_GROUP, body="gt-energie"), None),
        (
            facts(reviews=OPEN, seated=frozenset({"gt-energie"})),
            asked(Verb.CONSULT_GROUP, body="copil"),
            Problem("groups_unknown", {"groups": "copil", "known": "gt-energie"}),
        ),
        (
            facts(reviews=(*OPEN, review("gt-energie"))),
            asked(Verb.CONSULT_GROUP, body="gt-energie"),
            Problem("group_consulted_already", {"body": "gt-energie"}),
        ),
        (
            facts(reviews=(*OPEN, review("gt-energie", is_open=False))),
            asked(Verb.CONSULT_GROUP, body="gt-energie"),
            Problem("group_consulted_already", {"body": "gt-energie"}),
        ),
        (
            facts(reviews=(*OPEN, replace(review("gt-energie", is_open=False), opened_on=LAST_WEEK))),
            asked(Verb.CONSULT_GROUP, body="gt-energie"),
            None,
        ),
    ],
    "referred_before": [
        (facts(referred=True), asked(Verb.OPEN_STEERING_REVIEW), None),
        (facts(), asked(Verb.OPEN_STEERING_REVIEW), Problem("never_referred")),
    ],
    "review_open": [
        (facts(reviews=OPEN), asked(Verb.CLOSE_REVIEW, body="cotech"), None),
        (facts(reviews=LATER_ROUND_OPEN), asked(Verb.CLOSE_REVIEW, body="cotech"), None),
        (facts(reviews=CLOSED), asked(Verb.CLOSE_REVIEW, body="cotech"), Problem("review_not_open", {"body": "cotech"})),
        (facts(), asked(Verb.CLOSE_REVIEW), Problem("review_not_open", {"body": "-"})),
    ],
    "review_closed": [
        (facts(reviews=CLOSED), asked(Verb.REFER, body="cotech"), None),
        (facts(reviews=LATER_ROUND_OPEN), asked(Verb.REFER, body="cotech"), Problem("review_still_open", {"body": "cotech"})),
        (facts(), asked(Verb.REFER, body="cotech"), Problem("review_absent", {"body": "cotech"})),
    ],
    "review_closed_or_none": [
        (facts(state=State.ADJOURNED), asked(Verb.RETURN, body="cotech"), None),
        (facts(state=State.TECHNICAL_REVIEW, reviews=CLOSED), asked(Verb.RETURN, body="cotech"), None),
        (
            facts(state=State.TECHNICAL_REVIEW, reviews=OPEN),
            asked(Verb.RETURN, body="cotech"),
            Problem("review_still_open", {"body": "cotech"}),
        ),
    ],
    "voter_asked": [
        (facts(reviews=OPEN), asked(Verb.RECORD_OPINION, **OPINION), None),
        (
            facts(reviews=OPEN),
            asked(Verb.RECORD_OPINION, **OPINION | {"voter": "cotech-02"}),
            Problem("voter_not_asked", {"seat": "COTECH-02", "asked": "COTECH-01, COTECH-03"}),
        ),
    ],
    "opinion_in_vocabulary": [
        (facts(), asked(Verb.RECORD_OPINION, **OPINION), None),
    ],
    "opinion_reasoned": [
        (facts(), asked(Verb.RECORD_OPINION, **OPINION), None),
        (facts(), asked(Verb.RECORD_OPINION, **OPINION | {"opinion": "unfavourable", "reason": "Trop cher"}), None),
        (facts(), asked(Verb.RECORD_OPINION, **OPINION | {"opinion": "unfavourable"}), Problem("opinion_unreasoned")),
    ],
    "vote_in_the_right_way": [
        (facts(reviews=OPEN), asked(Verb.RECORD_OPINION, **OPINION), None),
        (under(VOTER, results="until_voted"), asked(Verb.RECORD_OPINION, **OPINION), None),
        (under(VOTER, results="until_voted"), in_prefect(), Problem("hidden_not_in_prefect")),
        (under(VOTER, ballot="secret"), in_prefect(), Problem("hidden_not_in_prefect")),
        (under(VOTER, ballot="secret"), asked(Verb.RECORD_OPINION, **OPINION), None),
        (
            under(CLERKS_HAND, ballot="secret"),
            asked(Verb.RECORD_OPINION, **OPINION),
            Problem("secret_vote_own_hand", {"seat": "COTECH-01"}),
        ),
        (
            under(VOTER, review(answered=("COTECH-01",)), ballot="secret"),
            asked(Verb.RECORD_OPINION, **OPINION),
            Problem("secret_vote_cast", {"seat": "COTECH-01"}),
        ),
        (under(VOTER, ballot="secret"), asked(Verb.RECORD_OPINION, **OPINION, reason="Trop cher"), Problem("secret_vote_unexplained")),
    ],
    "vote_not_secret": [
        (facts(fact={"kind": "opinion", "opinion": "favourable"}), asked(Verb.RECTIFY, event=FACT, words="Autrement"), None),
        (
            facts(fact={"kind": "opinion", "opinion": "secret"}),
            asked(Verb.RECTIFY, event=FACT, words="Autrement"),
            Problem("secret_vote_final"),
        ),
    ],
    "consultations_closed": [
        (facts(reviews=OPEN), asked(Verb.CLOSE_REVIEW, body="cotech"), None),
        (facts(reviews=(*OPEN, review("gt-energie"))), asked(Verb.CLOSE_REVIEW, body="gt-energie"), None),
        (
            facts(reviews=(*OPEN, review("gt-energie"), review("gt-inclusion", is_open=False))),
            asked(Verb.CLOSE_REVIEW, body="cotech"),
            Problem("consultations_open", {"groups": "gt-energie"}),
        ),
    ],
    "extension_allowed": [
        (facts(reviews=OPEN, until_at_most=IN_A_WEEK), extended(IN_A_WEEK), None),
        (facts(reviews=(review(due_on=LAST_WEEK),), until_at_most=IN_A_WEEK), extended(TODAY), None),
        (facts(reviews=OPEN), extended(IN_A_WEEK), Problem("extension_not_allowed", {"body": "cotech"})),
        (facts(reviews=OPEN), asked(Verb.EXTEND_REVIEW, body="cotech", seat=None, until=IN_A_WEEK), None),
        (
            facts(reviews=OPEN, until_at_most=IN_A_WEEK),
            extended(TOMORROW),
            Problem("extension_too_short", {"until": TOMORROW.isoformat(), "due_on": TOMORROW.isoformat()}),
        ),
        (
            facts(reviews=(review(due_on=LAST_WEEK),), until_at_most=IN_A_WEEK),
            extended(YESTERDAY),
            Problem("extension_too_short", {"until": YESTERDAY.isoformat(), "due_on": LAST_WEEK.isoformat()}),
        ),
        (
            facts(reviews=OPEN, until_at_most=IN_A_WEEK),
            extended(IN_A_WEEK + timedelta(days=1)),
            Problem("extension_too_long", {"until": (IN_A_WEEK + timedelta(days=1)).isoformat(), "due_on": IN_A_WEEK.isoformat()}),
        ),
    ],
    "rules_changed": [
        (facts(reviews=OPEN, older=charter_with("cotech", quorum=2)), asked(Verb.MOVE_REVIEW, body="cotech"), None),
        (
            facts(reviews=OPEN, older=charter_with("copil", quorum=2)),
            asked(Verb.MOVE_REVIEW, body="cotech"),
            Problem("rules_unchanged", {"body": "cotech"}),
        ),
    ],
    "nobody_answered": [
        (facts(reviews=OPEN), asked(Verb.MOVE_REVIEW, body="cotech"), None),
        (
            facts(reviews=(review(answered=("COTECH-01",)),)),
            asked(Verb.MOVE_REVIEW, body="cotech"),
            Problem("review_answered", {"answered": 1}),
        ),
    ],
    "complete_or_due_or_reason": [
        (facts(reviews=(review(answered=("COTECH-01", "COTECH-03")),)), asked(Verb.CLOSE_REVIEW, body="cotech"), None),
        (facts(reviews=(review(due_on=YESTERDAY),)), asked(Verb.CLOSE_REVIEW, body="cotech"), None),
        (facts(reviews=OPEN), asked(Verb.CLOSE_REVIEW, body="cotech", reason="Séance tenue"), None),
        (facts(reviews=OPEN, decided=frozenset({"cotech"})), asked(Verb.CLOSE_REVIEW, body="cotech"), None),
        (
            facts(reviews=(review(answered=("COTECH-01",), due_on=TODAY),)),
            asked(Verb.CLOSE_REVIEW, body="cotech"),
            Problem("review_incomplete", {"waiting": 1, "expected": 2, "due_on": TODAY.isoformat()}),
        ),
        (
            facts(reviews=(review(answered=("COTECH-01",)),), out={"COTECH-03": Cause.DECLARED}),
            asked(Verb.CLOSE_REVIEW, body="cotech"),
            None,
        ),
        (
            facts(reviews=OPEN, out={"COTECH-03": Cause.DECLARED}),
            asked(Verb.CLOSE_REVIEW, body="cotech"),
            Problem("review_incomplete", {"waiting": 1, "expected": 1, "due_on": TOMORROW.isoformat()}),
        ),
    ],
    "review_to_come": [
        (facts(), asked(Verb.KEEP_OPINION, **OPINION), None),
        (facts(reviews=CLOSED), asked(Verb.KEEP_OPINION, **OPINION), None),
        (facts(reviews=OPEN), asked(Verb.KEEP_OPINION, **OPINION), Problem("review_open_already", {"body": "cotech"})),
        (
            facts(charter=charter_with("cotech", results="until_closing")),
            asked(Verb.KEEP_OPINION, **OPINION),
            Problem("early_not_discreet", {"body": "cotech"}),
        ),
        (
            facts(),
            asked(Verb.KEEP_OPINION, **OPINION | {"body": "nowhere"}),
            Problem("body_unknown", {"body": "nowhere", "known": ", ".join(body.code for body in real_charter().bodies)}),
        ),
    ],
    "voter_sits": [
        (facts(voting=frozenset({"COTECH-01"})), asked(Verb.KEEP_OPINION, **OPINION), None),
        (
            facts(voting=frozenset({"COTECH-05", "COTECH-03"})),
            asked(Verb.KEEP_OPINION, **OPINION),
            Problem("voter_not_seated", {"seat": "COTECH-01", "asked": "COTECH-03, COTECH-05"}),
        ),
    ],
    "partner_known": [
        (facts(), asked(Verb.RECORD_DELIBERATION, **DELIBERATION), None),
        (
            facts(),
            asked(Verb.RECORD_DELIBERATION, **DELIBERATION | {"partner": "region"}),
            Problem("partner_unknown", {"partner": "region", "known": "ville, universite"}),
        ),
    ],
    "deliberation_past": [
        (facts(), asked(Verb.RECORD_DELIBERATION, **DELIBERATION | {"decided_on": TODAY}), None),
        (
            facts(),
            asked(Verb.RECORD_DELIBERATION, **DELIBERATION | {"decided_on": TOMORROW}),
            Problem("decided_in_future", {"day": "2026-10-06", "today": "2026-10-05"}),
        ),
    ],
    "deliberation_documented": [
        (facts(attachments={"d" * 64: 1}), asked(Verb.RECORD_DELIBERATION, **DELIBERATION), None),
        (facts(attachments={"e" * 64: 1}), asked(Verb.RECORD_DELIBERATION, **DELIBERATION), Problem("document_not_attached")),
    ],
    "deliberation_new": [
        (facts(), asked(Verb.RECORD_DELIBERATION, **DELIBERATION), None),
        (facts(deliberations=ADOPTED), asked(Verb.RECORD_DELIBERATION, **DELIBERATION | {"reference": "2026-119"}), None),
        (
            facts(deliberations=ADOPTED),
            asked(Verb.RECORD_DELIBERATION, **DELIBERATION),
            Problem("deliberation_known", {"reference": "2026-118"}),
        ),
    ],
    "deliberations_adopted": [
        (facts(), asked(Verb.START), None),
        (facts(charter=DELIBERATING, sheet=provision(partners=("universite",))), asked(Verb.START), None),
        (facts(charter=DELIBERATING, sheet=provision(partners=("ville",)), deliberations=ADOPTED), asked(Verb.START), None),
        (
            facts(charter=DELIBERATING, sheet=provision(partners=("ville",)), deliberations=REFUSED),
            asked(Verb.RESUME),
            Problem("deliberations_missing", {"partners": "ville"}),
        ),
        (
            facts(charter=DELIBERATING, sheet=provision(partners=("ville",))),
            asked(Verb.START),
            Problem("deliberations_missing", {"partners": "ville"}),
        ),
    ],
    "reservation_stands": [
        (facts(reservations=RESERVED), asked(Verb.LIFT_RESERVATION, reservation=1, reason="Chiffré"), None),
        (
            facts(reservations=RESERVED),
            asked(Verb.LIFT_RESERVATION, reservation=3, reason="Chiffré"),
            Problem("reservation_absent", {"reservation": 3, "standing": "1, 2"}),
        ),
        (
            facts(),
            asked(Verb.LIFT_RESERVATION, reservation=1, reason="Chiffré"),
            Problem("reservation_absent", {"reservation": 1, "standing": "-"}),
        ),
    ],
    "helper_known": [
        (facts(), asked(Verb.RAISE_BLOCKER, body="gt-inclusion", reason="Pas de local"), None),
        (
            facts(),
            asked(Verb.RAISE_BLOCKER, body="mairie", reason="Pas de local"),
            Problem("helper_unknown", {"body": "mairie", "known": ", ".join(body.code for body in real_charter().bodies)}),
        ),
        (
            facts(),
            asked(Verb.RAISE_BLOCKER, reason="Pas de local"),
            Problem("helper_unknown", {"body": "-", "known": ", ".join(body.code for body in real_charter().bodies)}),
        ),
    ],
    "blocked_already": [
        (facts(), asked(Verb.RAISE_BLOCKER, body="cotech", reason="Pas de local"), None),
        (facts(), asked(Verb.RAISE_BLOCKER, body="cotech", reason="Pas de local", since=TODAY), None),
        (
            facts(),
            asked(Verb.RAISE_BLOCKER, body="cotech", reason="Pas de local", since=TOMORROW),
            Problem("blocked_in_future", {"day": TOMORROW.isoformat()}),
        ),
    ],
    "blocker_stands": [
        (facts(blockers={2: "cotech"}), asked(Verb.LIFT_BLOCKER, blocker=2, reason="Local trouvé"), None),
        (
            facts(blockers={2: "cotech"}),
            asked(Verb.LIFT_BLOCKER, blocker=1, reason="Local trouvé"),
            Problem("blocker_absent", {"blocker": 1, "standing": "2"}),
        ),
        (facts(), asked(Verb.LIFT_BLOCKER, blocker=1, reason="Local trouvé"), Problem("blocker_absent", {"blocker": 1, "standing": "-"})),
    ],
    "deadline_says_so": [(facts(), asked(Verb.NOTE_DELAY), Problem("deadline_says_so", {"verb": Verb.NOTE_DELAY}))],
    "reservations_lifted": [
        (facts(), asked(Verb.COMPLETE), None),
        (facts(reservations=RESERVED), asked(Verb.START), None),
        (
            facts(reservations=RESERVED),
            asked(Verb.COMPLETE),
            Problem("reservations_standing", {"reservations": "1", "seats": "COTECH-03"}),
        ),
        (facts(reservations=RESERVED), asked(Verb.CLOSE), Problem("reservations_standing", {"reservations": "2", "seats": "COPIL-03"})),
    ],
    "conflict_new": [
        (facts(), asked(Verb.DECLARE_CONFLICT, **CONFLICT), None),
        (facts(conflict=STANDING), asked(Verb.DECLARE_CONFLICT, **CONFLICT), Problem("conflict_known", {"seat": "COTECH-03"})),
    ],
    "conflict_standing": [
        (facts(conflict=STANDING), asked(Verb.WITHDRAW_CONFLICT, **CONFLICT), None),
        (facts(), asked(Verb.WITHDRAW_CONFLICT, **CONFLICT), Problem("conflict_absent")),
    ],
    "conflict_worded": [
        (facts(), asked(Verb.DECLARE_CONFLICT, **CONFLICT, kind="family"), None),
        (facts(), asked(Verb.DECLARE_CONFLICT, **CONFLICT, kind="other", reason="Ancien projet commun"), None),
        (facts(), asked(Verb.DECLARE_CONFLICT, **CONFLICT, kind="other"), Problem("conflict_unworded")),
    ],
    "voter_takes_part": [
        (facts(reviews=OPEN, out={"COTECH-03": Cause.DECLARED}), asked(Verb.RECORD_OPINION, **OPINION), None),
        (
            facts(reviews=OPEN, out={"COTECH-01": Cause.PROPOSER}),
            asked(Verb.RECORD_OPINION, **OPINION),
            Problem("voter_recused", {"seat": "COTECH-01", "cause": "proposer"}),
        ),
    ],
    "four_eyes": [
        (facts(reviews=OPEN), asked(Verb.RECORD_OPINION, **OPINION), None),
        (facts(reviews=OPEN, asker=Cause.DECLARED), asked(Verb.RECORD_OPINION, **OPINION, seat="COTECH-01"), None),
        (facts(reviews=OPEN, asker=Cause.DECLARED), asked(Verb.CLOSE_REVIEW, body="cotech", seat=None), None),
        (facts(asker=Cause.DECLARED, fact={"kind": "report"}), asked(Verb.RECTIFY, event=FACT, percent=20), None),
        (facts(reviews=OPEN, older=RULED), asked(Verb.RECORD_OPINION, **OPINION, seat="COTECH-01"), None),
        (facts(reviews=OPEN, asker=Cause.DECLARED), asked(Verb.REVOKE_PROXY, **REVOKING, seat="COTECH-01"), None),
        (facts(reviews=OPEN, older=RULED), asked(Verb.GIVE_PROXY, **GIVING, seat="COTECH-01"), None),
        (
            facts(reviews=OPEN, asker=Cause.DECLARED),
            asked(Verb.GIVE_PROXY, **GIVING),
            Problem("asker_recused", {"seat": "COTECH-02", "cause": "declared"}),
        ),
        (
            facts(reviews=OPEN, asker=Cause.PROPOSER),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY, seat="COTECH-03"),
            Problem("asker_recused", {"seat": "COTECH-03", "cause": "proposer"}),
        ),
        (
            facts(reviews=CLOSED, older=RULED),
            asked(Verb.APPROVE, body="cotech", actor=Actor(seat="COTECH-02", via=Via.PORTAL)),
            None,
        ),
        (
            facts(reviews=CLOSED, older=RULED),
            asked(Verb.APPROVE, body="cotech"),
            Problem("second_person_unseen", {"body": "cotech"}),
        ),
        (
            facts(reviews=OPEN, asker=Cause.DECLARED),
            asked(Verb.RECORD_OPINION, **OPINION),
            Problem("asker_recused", {"seat": "COTECH-02", "cause": "declared"}),
        ),
        (
            facts(asker=Cause.PROPOSER, fact={"kind": "opinion", "opinion": "favourable", "body": "cotech"}),
            asked(Verb.RECTIFY, event=FACT, opinion="abstention"),
            Problem("asker_recused", {"seat": "COTECH-02", "cause": "proposer"}),
        ),
    ],
    "proxies_allowed": [
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING), None),
        (facts(reviews=OPEN), asked(Verb.GIVE_PROXY, **GIVING), Problem("proxies_not_allowed", {"body": "cotech"})),
        (
            facts(reviews=OPEN, older=charter_with("cotech", proxies_per_holder=1, ballot="secret")),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY),
            Problem("proxies_not_allowed", {"body": "cotech"}),
        ),
    ],
    "giver_asked": [
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING), None),
        (
            with_proxies(),
            asked(Verb.GIVE_PROXY, **GIVING | {"giver": "COTECH-04"}),
            Problem("giver_not_asked", {"seat": "COTECH-04", "asked": "COTECH-01, COTECH-03"}),
        ),
        (
            with_proxies(out={"COTECH-01": Cause.PROPOSER}),
            asked(Verb.GIVE_PROXY, **GIVING),
            Problem("giver_recused", {"seat": "COTECH-01", "cause": "proposer"}),
        ),
    ],
    "holder_asked": [
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING), None),
        (with_proxies(answers={"COTECH-03": Said("abstention")}), asked(Verb.VOTE_BY_PROXY, **BY_PROXY), None),
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING | {"holder": "COTECH-01"}), Problem("proxy_to_oneself", {"seat": "COTECH-01"})),
        (with_proxies(gone=frozenset({"COTECH-03"})), asked(Verb.GIVE_PROXY, **GIVING), Problem("holder_gone", {"seat": "COTECH-03"})),
        (
            with_proxies(),
            asked(Verb.GIVE_PROXY, **GIVING | {"holder": "COTECH-04"}),
            Problem("holder_not_asked", {"seat": "COTECH-04", "asked": "COTECH-01, COTECH-03"}),
        ),
        (
            with_proxies(out={"COTECH-03": Cause.DECLARED}),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY),
            Problem("holder_recused", {"seat": "COTECH-03", "cause": "declared"}),
        ),
        (
            with_proxies(answers={"COTECH-03": Said("no_part")}),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY),
            Problem("holder_takes_no_part", {"seat": "COTECH-03"}),
        ),
    ],
    "giver_silent": [
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING), None),
        (with_proxies(answers={"COTECH-01": Said("favourable", "COTECH-03")}), asked(Verb.VOTE_BY_PROXY, **BY_PROXY), None),
        (
            with_proxies(answers={"COTECH-01": Said("favourable")}),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY),
            Problem("giver_answered", {"seat": "COTECH-01"}),
        ),
        (
            with_proxies(answers={"COTECH-01": Said("favourable")}),
            asked(Verb.GIVE_PROXY, **GIVING),
            Problem("giver_answered", {"seat": "COTECH-01"}),
        ),
    ],
    "proxy_new": [
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING), None),
        (with_proxies(proxy(until=YESTERDAY)), asked(Verb.GIVE_PROXY, **GIVING), None),
        (
            with_proxies(proxy(until=TODAY)),
            asked(Verb.GIVE_PROXY, **GIVING),
            Problem("proxy_given_already", {"seat": "COTECH-01", "holder": "COTECH-03"}),
        ),
    ],
    "proxy_room": [
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING), None),
        (with_proxies(proxy("COTECH-05"), per_holder=2), asked(Verb.GIVE_PROXY, **GIVING), None),
        (with_proxies(proxy("COTECH-05", until=YESTERDAY)), asked(Verb.GIVE_PROXY, **GIVING), None),
        (with_proxies(answers={"COTECH-01": Said("abstention", "COTECH-03")}), asked(Verb.VOTE_BY_PROXY, **BY_PROXY), None),
        (facts(reviews=OPEN), asked(Verb.GIVE_PROXY, **GIVING), None),
        (
            with_proxies(proxy("COTECH-05")),
            asked(Verb.GIVE_PROXY, **GIVING),
            Problem("proxies_too_many", {"seat": "COTECH-03", "limit": 1}),
        ),
        (
            with_proxies(answers={"COTECH-05": Said("abstention", "COTECH-03")}),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY),
            Problem("proxies_too_many", {"seat": "COTECH-03", "limit": 1}),
        ),
    ],
    "proxy_not_passed_on": [
        (with_proxies(proxy("COTECH-05", "COTECH-03")), asked(Verb.GIVE_PROXY, **GIVING), None),
        (
            with_proxies(proxy("COTECH-05", "COTECH-01")),
            asked(Verb.GIVE_PROXY, **GIVING),
            Problem("proxy_passed_on", {"seat": "COTECH-01"}),
        ),
        (
            with_proxies(proxy("COTECH-03", "COTECH-05")),
            asked(Verb.GIVE_PROXY, **GIVING),
            Problem("proxy_passed_on", {"seat": "COTECH-03"}),
        ),
    ],
    "proxy_to_come": [
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING), None),
        (with_proxies(), asked(Verb.GIVE_PROXY, **GIVING, until=TODAY), None),
        (
            with_proxies(),
            asked(Verb.GIVE_PROXY, **GIVING, until=YESTERDAY, occurred_on=LAST_WEEK),
            Problem("proxy_over_already", {"until": YESTERDAY.isoformat()}),
        ),
    ],
    "proxy_stands": [
        (with_proxies(proxy()), asked(Verb.VOTE_BY_PROXY, **BY_PROXY), None),
        (with_proxies(proxy(since=TODAY, until=TODAY)), asked(Verb.VOTE_BY_PROXY, **BY_PROXY), None),
        (with_proxies(), asked(Verb.VOTE_BY_PROXY, **BY_PROXY), Problem("proxies_none")),
        (with_proxies(proxy(until=YESTERDAY)), asked(Verb.VOTE_BY_PROXY, **BY_PROXY), Problem("proxies_none")),
        (
            with_proxies(proxy(holder="COTECH-05")),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY),
            Problem("proxy_held_none", {"seat": "COTECH-03"}),
        ),
        (
            with_proxies(proxy("COTECH-05")),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY),
            Problem("proxy_absent", {"seat": "COTECH-01", "holder": "COTECH-03"}),
        ),
        (
            with_proxies(proxy(since=TODAY)),
            asked(Verb.VOTE_BY_PROXY, **BY_PROXY, occurred_on=YESTERDAY),
            Problem("proxy_absent", {"seat": "COTECH-01", "holder": "COTECH-03"}),
        ),
    ],
    "proxy_known": [
        (with_proxies(proxy()), asked(Verb.REVOKE_PROXY, **REVOKING), None),
        (with_proxies(proxy(until=YESTERDAY)), asked(Verb.REVOKE_PROXY, **REVOKING), Problem("proxies_none")),
        (with_proxies(), asked(Verb.REVOKE_PROXY, **REVOKING), Problem("proxies_none")),
        (with_proxies(proxy("COTECH-05")), asked(Verb.REVOKE_PROXY, **REVOKING), Problem("proxy_none", {"seat": "COTECH-01"})),
    ],
    "proxy_unused": [
        (with_proxies(proxy()), asked(Verb.REVOKE_PROXY, **REVOKING), None),
        (with_proxies(proxy(), answers={"COTECH-01": Said("favourable")}), asked(Verb.REVOKE_PROXY, **REVOKING), None),
        (
            with_proxies(proxy(), answers={"COTECH-01": Said("favourable", "COTECH-03")}),
            asked(Verb.REVOKE_PROXY, **REVOKING),
            Problem("proxy_used", {"holder": "COTECH-03"}),
        ),
    ],
    "milestones_known": [
        (facts(milestones=2), asked(Verb.REPORT_PROGRESS, **PROGRESS, reached=(1, 2)), None),
        (
            facts(milestones=2),
            asked(Verb.REPORT_PROGRESS, **PROGRESS, reached=(0, 2, 3)),
            Problem("milestones_unknown", {"positions": "0, 3", "count": 2}),
        ),
    ],
    "milestones_reached_or_reason": [
        (facts(milestones=2), asked(Verb.COMPLETE), None),
        (facts(milestones=2, milestones_open=(2,)), asked(Verb.COMPLETE, reason="Jalon abandonné"), None),
        (facts(milestones=2, milestones_open=(1, 2)), asked(Verb.COMPLETE), Problem("milestones_open", {"positions": "1, 2"})),
    ],
    "report_given": [
        (facts(), asked(Verb.FILE_FINAL_REPORT, lessons="À refaire"), None),
        (facts(), asked(Verb.FILE_FINAL_REPORT), Problem("final_report_empty")),
    ],
    "final_report_filed": [
        (facts(final_results=True), asked(Verb.CLOSE), None),
        (facts(), asked(Verb.CLOSE), Problem("final_report_missing")),
    ],
    "final_report_complete": [
        (facts(final_results=True, final_lessons=True), asked(Verb.CLOSE), None),
        (facts(), asked(Verb.CLOSE), None),
        (facts(final_results=True), asked(Verb.CLOSE), Problem("final_report_incomplete", {"fields": "lessons"})),
        (facts(final_lessons=True), asked(Verb.CLOSE), Problem("final_report_incomplete", {"fields": "results"})),
    ],
    "fact_known": [
        (facts(fact={"kind": "report", "percent": 10}), asked(Verb.RECTIFY, event=FACT, percent=20), None),
        (facts(), asked(Verb.RECTIFY, event=FACT, percent=20), Problem("fact_unknown")),
    ],
    "fact_changed": [
        (facts(fact={"kind": "report", "percent": 10}), asked(Verb.RECTIFY, event=FACT, percent=20), None),
        (facts(fact={"kind": "report", "percent": 10}), asked(Verb.RECTIFY, event=FACT, words="Plus exactement"), None),
        (facts(fact={"kind": "report", "percent": 10}), asked(Verb.RECTIFY, event=FACT, happened_on=YESTERDAY), None),
        (facts(fact={"kind": "report", "percent": 10}), asked(Verb.RECTIFY, event=FACT, percent=10), Problem("fact_unchanged")),
        (
            facts(fact={"kind": "report", "percent": 10}),
            asked(Verb.RECTIFY, event=FACT, opinion="favourable", reference="PV 3"),
            Problem("fact_has_no_field", {"fields": "opinion, reference"}),
        ),
    ],
}


def flat(cases):
    return [pytest.param(guard, *case, id=f"{guard}-{case[2].code if case[2] else 'met'}") for guard in cases for case in cases[guard]]


@pytest.mark.parametrize(("guard", "known", "command", "problem"), flat(CASES))
def test_a_guard_answers_with_the_problem_or_nothing(guard, known, command, problem):
    assert GUARDS[guard](known, command) == problem


def test_an_opinion_outside_the_vocabulary_of_the_body_is_told_with_what_is_offered():
    charter = real_charter()
    strict = [body if body.code != "cotech" else replace_rules(body, opinions=("favourable", "unfavourable")) for body in charter.bodies]
    known = replace(facts(), charter=charter.model_copy(update={"bodies": tuple(strict)}))
    command = asked(Verb.RECORD_OPINION, **OPINION | {"opinion": "abstention"})
    rectified = replace(known, fact={"kind": "opinion", "opinion": "favourable", "body": "cotech"})
    rectification = asked(Verb.RECTIFY, event=FACT, opinion="abstention")
    problem = Problem("opinion_not_offered", {"opinion": "abstention", "offered": "favourable, unfavourable"})
    assert GUARDS["opinion_in_vocabulary"](known, command) == problem
    assert GUARDS["opinion_in_vocabulary"](rectified, rectification) == problem


def replace_rules(body, **rules):
    return body.model_copy(update={"rules": body.rules.model_copy(update=rules)})


def test_every_guard_is_seen_both_ways():
    refusing = {guard for guard, cases in CASES.items() if any(problem for *_, problem in cases)}
    agreeing = {guard for guard, cases in CASES.items() if any(problem is None for *_, problem in cases)}
    assert (refusing | {"opinion_in_vocabulary"}, agreeing | {"deadline_says_so"}) == (set(GUARDS), set(GUARDS))


@pytest.mark.parametrize(
    ("verb", "given", "problems"),
    [
        (Verb.START, {}, []),
        (Verb.START, {"occurred_on": TOMORROW}, [Problem("occurred_in_future", {"day": "2026-10-06", "today": "2026-10-05"})]),
        (Verb.START, {"occurred_on": YESTERDAY}, [Problem("late_reason_missing", {"day": "2026-10-04"})]),
        (Verb.START, {"occurred_on": YESTERDAY, "late_reason": "Absence"}, []),
        (Verb.START, {"occurred_on": YESTERDAY, "seat": None}, []),
        (
            Verb.RECTIFY,
            {"event": FACT, "happened_on": TOMORROW},
            [Problem("occurred_in_future", {"day": "2026-10-06", "today": "2026-10-05"})],
        ),
        (Verb.AMEND, {}, []),
        (
            Verb.AMEND,
            {"sheet": provision(axis="territoires")},
            [
                Problem("charter.unknown_code", {"given": "territoires", "known": "territoire"}, "axis"),
                Problem("charter.objective_of_other_axis", {"given": "equipements-partages", "axis": "territoire"}, "objective"),
            ],
        ),
        (
            Verb.PROPOSE,
            {"sheet": provision(milestones=(MilestonePlan(title="Avant tout", due_on=date(2020, 1, 1)),))},
            [
                Problem(
                    "charter.milestone_outside_action",
                    {"day": "2020-01-01", "first": "2027-01-04", "last": "2029-06-29"},
                    "milestones.0.due_on",
                )
            ],
        ),
    ],
)
def test_every_act_respects_the_dates_and_the_charter(verb, given, problems):
    assert always(facts(), asked(verb, **given)) == problems
