"""What is wrong with a charter although each of its fields is well formed: pure checks on the whole.

Every check yields problems whose ``where`` is the path of the key in the file, with positions from 0 (``bodies.2.rules.quorum``).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from difflib import get_close_matches

from models.charter import ActionSheet, Body, BodyKind, Charter, OpinionValue, Period, ReviewRules
from models.contents import can_judge
from models.deadlines import DelayUnit
from models.errors import Problem
from models.ladders import amiss
from models.review.soundness import unsound

_DECIDES = {
    BodyKind.STEERING: ("recorded",),
    BodyKind.TECHNICAL: ("verdict", "recorded"),
    BodyKind.THEMATIC: ("opinion",),
}
_WITHOUT_TIES = ("two_thirds", "consensus")


def contradictions(charter: Charter, sections: Collection[str] = tuple(Charter.model_fields)) -> list[Problem]:
    """Return everything in the charter that contradicts something else in it.

    ``sections`` names the fields of the charter that are there: of a file with mistakes, only what can be judged is judged.
    """
    return [problem for check, needs in _CHECKS if all(need in sections for need in needs) for problem in check(charter)]


def nearest(given: str, known: Iterable[str]) -> str:
    """Return the known codes that look like the given one, or all of them when none does, ready to be shown; a dash for nothing."""
    listed = list(known)
    return ", ".join(get_close_matches(given, listed) or listed or "—")


def sheet_contradictions(sheet: ActionSheet, charter: Charter, where: str = "") -> list[Problem]:
    """Return what contradicts the charter or itself in a sheet: unknown or repeated codes, an objective of another axis, impossible dates.

    ``where`` leads the name of the field in every problem. Persons are not checked: they are not the charter's business.
    """
    return [*_sheet_codes(sheet, charter, where), *_sheet_dates(sheet, charter, where)]


def _sheet_codes(sheet: ActionSheet, charter: Charter, where: str) -> list[Problem]:
    lead = f"{where}." if where else ""
    return [
        *(_unknown(f"{lead}{field}", code, charter.codes_by_field()[field]) for field, code in charter.unknown_codes(sheet)),
        *_objective_of_axis(sheet, charter, lead),
        *(
            problem
            for field in ("themes", "sites", "partners")
            for problem in _repeated(getattr(sheet, field), f"{lead}{field}", "charter.repeated_code")
        ),
    ]


def _convention(charter: Charter) -> Iterator[Problem]:
    convention = charter.convention
    if convention.ends_on < convention.starts_on:
        yield _order("convention.ends_on", convention.starts_on, convention.ends_on)
    if convention.signed_on > convention.ends_on:
        yield Problem("charter.signed_after_end", _days(day=convention.signed_on, last=convention.ends_on), "convention.signed_on")
    yield from _repeated(convention.languages, "convention.languages", "charter.repeated_code")


def _codes(charter: Charter) -> Iterator[Problem]:
    for family, codes in charter.codes().items():
        for position in _repetitions(codes):
            yield Problem("charter.duplicate_code", {"given": codes[position]}, f"{family}.{position}.code")
    for position, body in enumerate(charter.bodies):
        if body.code in charter.codes()["partners"]:
            yield Problem("charter.duplicate_code", {"given": body.code}, f"bodies.{position}.code")


def _objectives(charter: Charter) -> Iterator[Problem]:
    axes = charter.codes()["axes"]
    for position, objective in enumerate(charter.objectives):
        if objective.axis not in axes:
            yield _unknown(f"objectives.{position}.axis", objective.axis, axes)


def _committees(charter: Charter) -> Iterator[Problem]:
    for kind in (BodyKind.STEERING, BodyKind.TECHNICAL):
        found = [body.code for body in charter.bodies if body.kind is kind]
        if not found:
            yield Problem(f"charter.no_{kind}_committee", {}, "bodies")
        if len(found) > 1:
            yield Problem(f"charter.several_{kind}_committees", {"found": ", ".join(found)}, "bodies")


def _bodies(charter: Charter) -> Iterator[Problem]:
    partners = charter.codes()["partners"]
    for position, body in enumerate(charter.bodies):
        where = f"bodies.{position}"
        if body.channel is not None and not is_reference(body.channel):
            yield Problem("charter.channel_not_a_reference", {}, f"{where}.channel")
        if body.rules is not None:
            yield from _rules(body, body.rules, f"{where}.rules")
            yield from unsound(body, body.rules, f"{where}.rules")
        elif body.kind is not BodyKind.THEMATIC or body.consulted_on is not None:
            yield Problem("charter.rules_missing", {"body": body.code}, where)
        yield from (_unknown(f"{where}.seats.{code}", code, partners) for code in body.seats if code not in partners)
        yield from _consultation(body, charter, f"{where}.consulted_on")


def _rules(body: Body, rules: ReviewRules, where: str) -> Iterator[Problem]:
    if rules.decides not in _DECIDES[body.kind]:
        fitting = {"given": rules.decides, "known": ", ".join(_DECIDES[body.kind])}
        yield Problem("charter.decides_unfit", fitting, f"{where}.decides")
    if rules.reminder_days_before is not None and rules.reminder_days_before >= _working_days(rules):
        days = {"reminder": rules.reminder_days_before, "delay": rules.opinion_delay}
        yield Problem("charter.reminder_before_opening", days, f"{where}.reminder_days_before")
    yield from _opinions(rules, where)
    if rules.casting_vote and rules.majority in _WITHOUT_TIES:
        yield Problem("charter.casting_vote_without_tie", {"majority": rules.majority}, f"{where}.casting_vote")


def _opinions(rules: ReviewRules, where: str) -> Iterator[Problem]:
    yield from _repeated(rules.opinions, f"{where}.opinions", "charter.repeated_code")
    yield from _repeated(rules.reasons_required_for, f"{where}.reasons_required_for", "charter.repeated_code")
    for needed in (OpinionValue.FAVOURABLE, OpinionValue.UNFAVOURABLE):
        if needed not in rules.opinions:
            yield Problem("charter.opinion_needed", {"opinion": needed.value}, f"{where}.opinions")
    for position, opinion in enumerate(rules.reasons_required_for):
        if opinion not in rules.opinions:
            yield _unknown(f"{where}.reasons_required_for.{position}", opinion, rules.opinions)


def _chasing(charter: Charter) -> Iterator[Problem]:
    yield from amiss(charter.chasing)
    ladder = charter.chasing.opinion or ()
    for body in charter.bodies:
        if body.rules is not None and ladder and ladder[0].days <= -_working_days(body.rules):
            days = {"reminder": -ladder[0].days, "delay": body.rules.opinion_delay}
            yield Problem("charter.reminder_before_opening", days, "chasing.opinion.0.days")


def _working_days(rules: ReviewRules) -> int:
    """A lower bound of the working days in the delay: five of every seven calendar days."""
    return rules.opinion_delay if rules.delay_unit == DelayUnit.WORKING_DAYS else rules.opinion_delay * 5 // 7


def _consultation(body: Body, charter: Charter, where: str) -> Iterator[Problem]:
    rule = body.consulted_on
    if rule is None:
        return
    if body.kind is not BodyKind.THEMATIC:
        yield Problem("charter.consultation_of_committee", {"body": body.code}, where)
    if not (rule.themes or rule.axes or rule.sites or rule.budget_from is not None):
        yield Problem("charter.consultation_empty", {"body": body.code}, where)
    if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
        yield _order(f"{where}.valid_until", rule.valid_from, rule.valid_until)
    for family in ("themes", "axes", "sites"):
        used, known = getattr(rule, family), charter.codes()[family]
        yield from (_unknown(f"{where}.{family}.{i}", code, known) for i, code in enumerate(used) if code not in known)
        yield from _repeated(used, f"{where}.{family}", "charter.repeated_code")


def _calendar(charter: Charter) -> Iterator[Problem]:
    yield from _repeated(charter.calendar.no_deadline_on, "calendar.no_deadline_on", "charter.repeated_code")
    years = range(charter.convention.starts_on.year - 1, charter.convention.ends_on.year + 2)
    school = charter.calendar.school_holidays
    yield from _periods(charter.calendar.closing_weeks, years, "calendar.closing_weeks")
    yield from _periods(school.later if school else (), years, "calendar.school_holidays.later")
    if school is not None and school.until is not None and school.until < charter.convention.starts_on:
        yield _order("calendar.school_holidays.until", charter.convention.starts_on, school.until)


def _periods(periods: Iterable[Period], years: range, family: str) -> Iterator[Problem]:
    """Periods that end before they begin, or lie outside the years that the calendar covers."""
    for position, period in enumerate(periods):
        where = f"{family}.{position}"
        if period.last < period.first:
            yield _order(f"{where}.last", period.first, period.last)
        elif period.first.year not in years or period.last.year not in years:
            params = _days(first=period.first, last=period.last) | {"from_year": str(years[0]), "to_year": str(years[-1])}
            yield Problem("charter.period_outside_years", params, where)


def _required_fields(charter: Charter) -> Iterator[Problem]:
    known = tuple(ActionSheet.model_fields)
    for position, field in enumerate(charter.sheet.required):
        if field not in known:
            yield _unknown(f"sheet.required.{position}", field, known)
    yield from _repeated(charter.sheet.required, "sheet.required", "charter.repeated_code")


def _attachments(charter: Charter) -> Iterator[Problem]:
    for position, kind in enumerate(charter.attachments.media_types):
        if not can_judge(kind):
            yield Problem("charter.kind_not_judged", {"given": kind}, f"attachments.media_types.{position}")


def _channels(charter: Charter) -> Iterator[Problem]:
    for name, reference in charter.channels.items():
        if not is_reference(reference):
            yield Problem("charter.channel_not_a_reference", {}, f"channels.{name}")


def _deliberations(charter: Charter) -> Iterator[Problem]:
    partners = charter.codes()["partners"]
    for position, rule in enumerate(charter.deliberations):
        if rule.partner not in partners:
            yield _unknown(f"deliberations.{position}.partner", rule.partner, partners)
    for position in _repetitions([rule.partner for rule in charter.deliberations]):
        yield Problem("charter.repeated_code", {"given": charter.deliberations[position].partner}, f"deliberations.{position}.partner")


def _publication(charter: Charter) -> Iterator[Problem]:
    publication, bodies = charter.publication, charter.codes()["bodies"]
    if publication is None:
        return
    yield from publication.unsound("publication")
    actions, decisions = publication.actions, publication.decisions
    for codes, where in (((decisions.bodies if decisions else ()), "decisions.bodies"), (publication.meetings, "meetings")):
        yield from (_unknown(f"publication.{where}.{at}", code, bodies) for at, code in enumerate(codes) if code not in bodies)
        yield from _repeated(codes, f"publication.{where}", "charter.repeated_code")
    for name in ("fields", "withheld"):
        yield from _repeated(getattr(actions, name, ()), f"publication.actions.{name}", "charter.repeated_code")


def _provisions(charter: Charter) -> Iterator[Problem]:
    for position, sheet in enumerate(charter.provisions):
        yield from _sheet_codes(sheet, charter, f"provisions.{position}")
    titles = [sheet.title for sheet in charter.provisions]
    for position in _repetitions(titles):
        yield Problem("charter.duplicate_title", {"given": titles[position]}, f"provisions.{position}.title")


def _provision_dates(charter: Charter) -> Iterator[Problem]:
    for position, sheet in enumerate(charter.provisions):
        yield from _sheet_dates(sheet, charter, f"provisions.{position}")


def _objective_of_axis(sheet: ActionSheet, charter: Charter, lead: str) -> Iterator[Problem]:
    objective = next((entry for entry in charter.objectives if entry.code == sheet.objective), None)
    if objective is not None and sheet.axis != objective.axis:
        params = {"given": objective.code, "axis": objective.axis}
        yield Problem("charter.objective_of_other_axis", params, f"{lead}objective")


def _sheet_dates(sheet: ActionSheet, charter: Charter, where: str) -> Iterator[Problem]:
    lead = f"{where}." if where else ""
    convention = charter.convention
    if sheet.starts_on and sheet.ends_on and sheet.ends_on < sheet.starts_on:
        yield _order(f"{lead}ends_on", sheet.starts_on, sheet.ends_on)
    for field, day in (("starts_on", sheet.starts_on), ("ends_on", sheet.ends_on)):
        if day is not None:
            yield from _outside(day, convention.starts_on, convention.ends_on, f"{lead}{field}", "charter.day_outside_period")
    first, last = sheet.starts_on or convention.starts_on, sheet.ends_on or convention.ends_on
    for position, milestone in enumerate(sheet.milestones):
        yield from _outside(milestone.due_on, first, last, f"{lead}milestones.{position}.due_on", "charter.milestone_outside_action")


def _outside(day: date, first: date, last: date, where: str, code: str) -> Iterator[Problem]:
    if first <= last and not first <= day <= last:
        yield Problem(code, _days(day=day, first=first, last=last), where)


def _order(where: str, first: date, last: date) -> Problem:
    return Problem("charter.ends_before_start", _days(first=first, last=last), where)


def _unknown(where: str, given: str, known: Iterable[str]) -> Problem:
    return Problem("charter.unknown_code", {"given": given, "known": nearest(given, known)}, where)


def _repeated(codes: Iterable[str], where: str, problem: str) -> Iterator[Problem]:
    listed = list(codes)
    for position in _repetitions(listed):
        yield Problem(problem, {"given": listed[position]}, f"{where}.{position}")


def _repetitions(codes: Iterable[str]) -> list[int]:
    listed = list(codes)
    return [position for position, code in enumerate(listed) if code in listed[:position]]


def _days(**days: date) -> dict[str, str]:
    return {name: day.isoformat() for name, day in days.items()}


def is_reference(channel: str) -> bool:
    """Whether a chat channel is given by reference, as ``notifications.channels`` reads it, and not by its address."""
    return _REFERENCE.fullmatch(channel) is not None and "://" not in channel


_REFERENCE = re.compile(r"env:[^\W\d]\w*|file:\S.*|prefect-secret:[a-z0-9]+(-[a-z0-9]+)*")
_ENTRIES = ("partners", "sites", "axes", "objectives", "themes", "bodies")


def _quiet_hours(charter: Charter) -> Iterator[Problem]:
    rules = charter.telling
    if (rules.quiet_from is None) != (rules.quiet_until is None):
        yield Problem("charter.quiet_half", {}, "telling.quiet_until" if rules.quiet_until is None else "telling.quiet_from")
    elif rules.quiet_from is not None and rules.quiet_from == rules.quiet_until:
        yield Problem("charter.quiet_empty", {"hour": rules.quiet_from}, "telling.quiet_until")


_CHECKS: tuple[tuple[Callable[[Charter], Iterator[Problem]], tuple[str, ...]], ...] = (
    (_convention, ("convention",)),
    (_codes, _ENTRIES),
    (_objectives, _ENTRIES),
    (_committees, ("bodies",)),
    (_bodies, _ENTRIES),
    (_calendar, ("convention", "calendar")),
    (_required_fields, ("sheet",)),
    (_attachments, ("attachments",)),
    (_channels, ("channels",)),
    (_deliberations, ("deliberations", *_ENTRIES)),
    (_publication, ("publication", *_ENTRIES)),
    (_quiet_hours, ("telling",)),
    (_chasing, ("chasing", "bodies")),
    (_provisions, ("provisions", *_ENTRIES)),
    (_provision_dates, ("convention", "provisions")),
)
