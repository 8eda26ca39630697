"""Why not: small named conditions over what is known of an action. Each answers with the problem that stands in the way, or None."""

from collections.abc import Callable, Mapping

from models.charter import ActionSheet, BodyKind
from models.commands import Attach, Command, Create, Edit, FileFinalReport, OpenReview, RecordOpinion, Rectify, Register, ReportProgress
from models.contradictions import nearest, sheet_contradictions
from models.errors import Problem
from models.facts import Facts
from models.lifecycle import State

Guard = Callable[[Facts, Command], Problem | None]
GUARDS: dict[str, Guard] = {}


def _guard(check: Guard) -> Guard:
    GUARDS[check.__name__] = check
    return check


def sheet_of(facts: Facts, command: Command) -> ActionSheet:
    """The sheet as it would be after the command."""
    if isinstance(command, Create):
        return command.sheet
    if isinstance(command, Edit) and command.sheet is not None:
        return command.sheet
    return facts.sheet or ActionSheet(title="?")


@_guard
def lead_known(facts: Facts, command: Command) -> Problem | None:
    """The lead of an action is one of the persons of the convention."""
    lead = sheet_of(facts, command).lead_person
    return Problem("lead_unknown", {"person": lead, "near": nearest(lead, facts.people)}) if lead and lead not in facts.people else None


@_guard
def sheet_complete(facts: Facts, command: Command) -> Problem | None:
    """The fields that the charter requires must be filled in."""
    missing = sheet_of(facts, command).missing(facts.charter.sheet.required)
    return Problem("sheet_incomplete", {"fields": ",".join(missing)}) if missing else None


@_guard
def sheet_changed(facts: Facts, command: Command) -> Problem | None:
    """An amendment must amend something."""
    return Problem("sheet_unchanged") if sheet_of(facts, command) == facts.sheet else None


@_guard
def sheet_changed_or_reason(facts: Facts, command: Command) -> Problem | None:
    """Resubmitting the same sheet needs a word of explanation."""
    return None if command.reason else sheet_changed(facts, command)


@_guard
def reason_given(_facts: Facts, command: Command) -> Problem | None:
    """This act needs a reason; the engine's own acts rest on the verdict, which their event names."""
    return None if command.reason or command.actor.seat is None else Problem("reason_missing")


@_guard
def reason_or_missing(facts: Facts, command: Command) -> Problem | None:
    """Returning needs a reason, or a sheet that is incomplete."""
    return None if sheet_complete(facts, command) else reason_given(facts, command)


@_guard
def reference_given(_facts: Facts, command: Command) -> Problem | None:
    """An action under way rests on a decision: its reference is needed."""
    return None if isinstance(command, Register) and command.reference else Problem("reference_missing")


@_guard
def lead_named(facts: Facts, command: Command) -> Problem | None:
    """Somebody must be answerable before work begins."""
    return None if sheet_of(facts, command).lead_person else Problem("lead_missing")


@_guard
def attachment_room(facts: Facts, command: Command) -> Problem | None:
    """Files are limited in size, number and kind by the charter."""
    limits = facts.charter.attachments
    if not isinstance(command, Attach):
        return None
    if command.size > limits.max_bytes:
        return Problem("attachment_too_large", {"size": command.size, "limit": limits.max_bytes})
    if command.media_type not in limits.media_types:
        return Problem("attachment_kind_refused", {"kind": command.media_type, "kinds": ", ".join(limits.media_types)})
    if len(facts.attachments) >= limits.max_per_action:
        return Problem("attachments_too_many", {"limit": limits.max_per_action})
    return None


@_guard
def attachment_new(facts: Facts, command: Command) -> Problem | None:
    """The same bytes are kept once."""
    known = isinstance(command, Attach) and command.sha256 in facts.attachments
    return Problem("attachment_known") if known else None


@_guard
def body_technical(facts: Facts, command: Command) -> Problem | None:
    """This move is the technical committee's."""
    return _body_is(facts, command, BodyKind.TECHNICAL)


@_guard
def body_steering(facts: Facts, command: Command) -> Problem | None:
    """This move is the steering committee's."""
    return _body_is(facts, command, BodyKind.STEERING)


def _body_is(facts: Facts, command: Command, kind: BodyKind) -> Problem | None:
    expected = facts.charter.body_of_kind(kind)
    return None if command.body == expected.code else Problem("body_wrong", {"body": command.body or "-", "expected": expected.code})


@_guard
def body_in_charge(facts: Facts, command: Command) -> Problem | None:
    """Only the committee that is examining the action ends its review; an adjourned action is either committee's."""
    kinds = _IN_CHARGE.get(facts.state, (BodyKind.TECHNICAL, BodyKind.STEERING))
    expected = [facts.charter.body_of_kind(kind).code for kind in kinds]
    return None if command.body in expected else Problem("body_wrong", {"body": command.body or "-", "expected": ", ".join(expected)})


_IN_CHARGE: Mapping[State | None, tuple[BodyKind, ...]] = {
    State.TECHNICAL_REVIEW: (BodyKind.TECHNICAL,),
    State.STEERING_REVIEW: (BodyKind.STEERING,),
}


@_guard
def body_seated(facts: Facts, command: Command) -> Problem | None:
    """A body without a voting seat today cannot examine anything."""
    return None if command.body in facts.seated else Problem("body_unseated", {"body": command.body or "-"})


@_guard
def steering_seated(facts: Facts, _command: Command) -> Problem | None:
    """Referring opens the steering committee's review: somebody must sit there."""
    steering = facts.charter.body_of_kind(BodyKind.STEERING).code
    return None if steering in facts.seated else Problem("body_unseated", {"body": steering})


@_guard
def groups_known(facts: Facts, command: Command) -> Problem | None:
    """Groups consulted by hand must be thematic groups with members."""
    if not isinstance(command, OpenReview):
        return None
    thematic = {body.code for body in facts.charter.bodies if body.kind is BodyKind.THEMATIC}
    wrong = [group for group in command.groups if group not in thematic & facts.seated]
    return Problem("groups_unknown", {"groups": ", ".join(wrong), "known": ", ".join(sorted(thematic & facts.seated))}) if wrong else None


@_guard
def referred_before(facts: Facts, _command: Command) -> Problem | None:
    """The steering committee examines what the technical committee has referred to it."""
    return None if facts.referred else Problem("never_referred")


@_guard
def review_open(facts: Facts, command: Command) -> Problem | None:
    """The body must be examining the action now."""
    review = facts.latest(command.body)
    return None if review and review.open else Problem("review_not_open", {"body": command.body or "-"})


@_guard
def review_closed(facts: Facts, command: Command) -> Problem | None:
    """A decision follows the closing of the review."""
    review = facts.latest(command.body)
    if review is None:
        return Problem("review_absent", {"body": command.body or "-"})
    return Problem("review_still_open", {"body": review.body}) if review.open else None


@_guard
def review_closed_or_none(facts: Facts, command: Command) -> Problem | None:
    """An adjourned action may be returned without a running review."""
    return None if facts.state is State.ADJOURNED else review_closed(facts, command)


@_guard
def voter_asked(facts: Facts, command: Command) -> Problem | None:
    """Only seats of the electorate, frozen at opening, give an opinion."""
    review = facts.latest(command.body)
    if not isinstance(command, RecordOpinion) or review is None or command.voter in review.electorate:
        return None
    return Problem("voter_not_asked", {"seat": command.voter, "asked": ", ".join(review.electorate)})


@_guard
def opinion_in_vocabulary(facts: Facts, command: Command) -> Problem | None:
    """The body's own vocabulary applies, to an opinion that is recorded as to one that is rectified."""
    if not isinstance(command, RecordOpinion | Rectify) or command.opinion is None:
        return None
    rules = facts.rules(command.body if isinstance(command, RecordOpinion) else str((facts.fact or {}).get("body")))
    if rules is None or command.opinion in rules.opinions:
        return None
    return Problem("opinion_not_offered", {"opinion": command.opinion, "offered": ", ".join(rules.opinions)})


@_guard
def opinion_reasoned(facts: Facts, command: Command) -> Problem | None:
    """Some opinions need reasons, as the charter says."""
    rules = facts.rules(command.body)
    needed = isinstance(command, RecordOpinion) and rules is not None and command.opinion in rules.reasons_required_for
    return Problem("opinion_unreasoned") if needed and not command.reason else None


@_guard
def consultations_closed(facts: Facts, command: Command) -> Problem | None:
    """The technical committee closes after the groups it consults."""
    body = facts.charter.body(command.body) if command.body else None
    waiting = facts.open_consultations()
    if body is None or body.kind is not BodyKind.TECHNICAL or not waiting:
        return None
    return Problem("consultations_open", {"groups": ", ".join(waiting)})


@_guard
def complete_or_due_or_reason(facts: Facts, command: Command) -> Problem | None:
    """A review closes when everybody has answered or its day has passed; earlier, with a reason."""
    review = facts.latest(command.body)
    if review is None or command.reason or facts.today > review.due_on or len(review.answered) == len(review.electorate):
        return None
    waiting = len(review.electorate) - len(review.answered)
    return Problem("review_incomplete", {"waiting": waiting, "expected": len(review.electorate), "due_on": review.due_on.isoformat()})


@_guard
def milestones_known(facts: Facts, command: Command) -> Problem | None:
    """Milestones are named by their position in the sheet."""
    wrong = [str(n) for n in command.reached if not 1 <= n <= facts.milestones] if isinstance(command, ReportProgress) else []
    return Problem("milestones_unknown", {"positions": ", ".join(wrong), "count": facts.milestones}) if wrong else None


@_guard
def milestones_reached_or_reason(facts: Facts, command: Command) -> Problem | None:
    """Completing with milestones open needs a reason."""
    if not facts.milestones_open or command.reason:
        return None
    return Problem("milestones_open", {"positions": ", ".join(map(str, facts.milestones_open))})


@_guard
def report_given(_facts: Facts, command: Command) -> Problem | None:
    """A filing brings results, lessons or both."""
    given = not isinstance(command, FileFinalReport) or command.results or command.lessons
    return None if given else Problem("final_report_empty")


@_guard
def final_report_filed(facts: Facts, _command: Command) -> Problem | None:
    """Closing needs a final report."""
    return None if facts.final_results or facts.final_lessons else Problem("final_report_missing")


@_guard
def final_report_complete(facts: Facts, _command: Command) -> Problem | None:
    """A final report says results and lessons."""
    missing = [name for name, there in (("results", facts.final_results), ("lessons", facts.final_lessons)) if not there]
    return Problem("final_report_incomplete", {"fields": ",".join(missing)}) if len(missing) == 1 else None


@_guard
def fact_known(facts: Facts, command: Command) -> Problem | None:
    """What is rectified must be an opinion, a decision or a report of this action that still stands."""
    known = not isinstance(command, Rectify) or facts.fact is not None
    return None if known else Problem("fact_unknown")


@_guard
def fact_changed(facts: Facts, command: Command) -> Problem | None:
    """A rectification must change a field that the fact has."""
    if not isinstance(command, Rectify) or facts.fact is None:
        return None
    asked = {"opinion": command.opinion, "percent": command.percent, "reference": command.reference}
    wrong = [name for name, value in asked.items() if value is not None and name not in facts.fact]
    if wrong:
        return Problem("fact_has_no_field", {"fields": ", ".join(wrong)})
    changed = command.words or command.happened_on or any(v is not None and v != facts.fact[k] for k, v in asked.items())
    return None if changed else Problem("fact_unchanged")


def always(facts: Facts, command: Command) -> list[Problem]:
    """What every act must respect: never in the future, a reason when recorded after the day, a sheet that agrees with the charter and itself."""
    problems = []
    if command.occurred_on > facts.today:
        problems.append(Problem("occurred_in_future", {"day": command.occurred_on.isoformat(), "today": facts.today.isoformat()}))
    if command.occurred_on < facts.today and not command.late_reason and command.actor.seat:
        problems.append(Problem("late_reason_missing", {"day": command.occurred_on.isoformat()}))
    if isinstance(command, Create) or (isinstance(command, Edit) and command.sheet is not None):
        problems += sheet_contradictions(sheet_of(facts, command), facts.charter)
    if isinstance(command, Rectify) and command.happened_on and command.happened_on > facts.today:
        problems.append(Problem("occurred_in_future", {"day": command.happened_on.isoformat(), "today": facts.today.isoformat()}))
    return problems
