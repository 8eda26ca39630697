"""Every reason that the API may give for a refusal, and the status that goes with it: one table, which the description lists and a test walks."""

from collections.abc import Iterable, Mapping

from models.errors import Conflict, Gone, NotFound, Problem, Refused
from portal.limits import TooMany
from services.tokens import TokenRefused
from services.validation import FAMILIES

_BAD, _UNKNOWN_HERE, _FORBIDDEN, _ABSENT, _METHOD = 400, 401, 403, 404, 405
_CONFLICT, _STALE, _LONG, _KIND, _RULES, _MANY, _BROKEN, _AWAY = 409, 412, 413, 415, 422, 429, 500, 503

_OF_REQUESTS: Mapping[str, int] = {
    **dict.fromkeys(
        ("request_unreadable", "json_unreadable", "json_key_twice", "json_too_deep", "key_missing", "key_wrong", "version_tag_wrong"), _BAD
    ),
    **dict.fromkeys(("token_needed", "token_not_known", "token_revoked", "token_over", "token_seatless"), _UNKNOWN_HERE),
    **dict.fromkeys(("token_scope_missing", "secretaries_only", "seat_not_yours", "not_allowed", "meeting_not_yours"), _FORBIDDEN),
    **dict.fromkeys(("resource_unknown", "content_unknown", "action_unknown", "meeting_unknown"), _ABSENT),
    **dict.fromkeys(("seat_unknown", "seat_not_in_office", "convention_unknown"), _ABSENT),
    "method_unknown": _METHOD,
    **dict.fromkeys(("state_forbids", "meeting_state_forbids", "key_reused", "meeting_busy"), _CONFLICT),
    **dict.fromkeys(("version_stale", "meeting_stale"), _STALE),
    **dict.fromkeys(("body_too_long", "attachment_too_large"), _LONG),
    "media_type_wrong": _KIND,
    **dict.fromkeys(("json_not_fields", "cursor_unknown", "parameter_twice", "seat_needed", "text_unstorable"), _RULES),
    "too_many_tries": _MANY,
    "api_broken": _BROKEN,
    "portal_database_away": _AWAY,
}
"""Reasons that have a status of their own, and those of requests that never come to the rules."""

_OF_RULES = (
    *("agenda_convened", "agenda_empty", "agenda_not_awaiting", "agenda_stale", "agenda_twice", "agenda_undecided", "agenda_without"),
    *("asker_recused", "attachment_empty", "attachment_is_something_else", "attachment_kind_refused", "attachment_known"),
    "attachment_name_unseen",
    *(
        "attachments_too_many",
        "blocked_in_future",
        "blocker_absent",
        "helper_unknown",
        "attendance_nobody",
        "attendance_none",
        "attendance_strikes",
        "attendance_too_early",
        "attendance_twice",
    ),
    *("attendance_unknown", "body_unknown", "body_unseated", "body_wrong", "conflict_absent", "conflict_known", "conflict_unworded"),
    *("consultations_open", "decided_in_future", "deliberation_known", "deliberations_missing"),
    *("document_not_attached", "document_unknown", "early_not_discreet", "extension_not_allowed", "extension_too_long"),
    *("extension_too_short", "fact_has_no_field", "fact_unchanged", "fact_unknown", "final_report_empty", "final_report_incomplete"),
    *("final_report_missing", "giver_answered", "giver_not_asked", "giver_recused", "group_consulted_already", "groups_unknown"),
    *("holder_gone", "holder_not_asked", "holder_not_there", "holder_recused", "holder_takes_no_part", "holder_unnamed"),
    *("late_reason_missing", "lead_missing", "lead_unknown", "meeting_none_open", "meeting_not_open", "meeting_nowhere"),
    *("meeting_of_other_body", "meeting_past", "meeting_to_come", "meeting_unchanged", "meeting_under_way", "meetings_several"),
    *("milestones_open", "milestones_unknown", "never_referred", "notice_too_short", "notice_too_short_or_urgent"),
    *("occurred_in_future", "opinion_not_offered", "opinion_unreasoned", "partner_unknown", "proxies_none", "proxies_not_allowed"),
    *("proxies_too_many", "proxy_absent", "proxy_given_already", "proxy_held_none", "proxy_none", "proxy_over_already"),
    *("proxy_passed_on", "proxy_to_oneself", "proxy_used", "reason_missing", "reference_missing", "representation_unfounded"),
    *("reservation_absent", "reservations_standing", "review_absent", "review_answered", "review_incomplete", "review_not_open"),
    *("review_open_already", "review_still_open", "rhythm_not_yours", "rules_unchanged", "second_already", "second_not_provided"),
    *("second_of_other_body", "second_person_unseen", "second_same_agenda", "second_too_soon", "second_without_need"),
    *("search_no_word", "search_only_without", "search_quote_open", "search_too_long", "search_too_many_beginnings"),
    "search_too_many_words",
    *("secret_vote_cast", "secret_vote_final", "secret_vote_own_hand", "secret_vote_unexplained", "secret_voters_away"),
    *("sheet_incomplete", "sheet_unchanged", "successor_fallen", "successor_gives_way", "successor_itself", "successor_unknown"),
    *("superseded_already", "urgency_not_needed", "urgency_not_provided", "urgency_without_day", "voter_away", "voter_not_asked"),
    *("voter_not_seated", "voter_recused"),
    *("chase_absent", "chase_answered", "chase_apart", "chase_no_lead", "chase_nobody", "chase_not_asked", "chase_not_now"),
    *("chase_nothing_overdue", "chase_today", "chase_today_lead", "chase_vacant"),
    *("charter.day_outside_period", "charter.milestone_outside_action"),
    *("charter.ends_before_start", "charter.objective_of_other_axis", "charter.repeated_code", "charter.unknown_code"),
)
"""What the rules of actions, of meetings and of sheets may say."""

CODES: Mapping[str, int] = {
    **dict.fromkeys(_OF_RULES, _RULES),
    **{f"validation.{family}": _RULES for family in (*FAMILIES, "empty", "other")},
    **_OF_REQUESTS,
}
"""Every reason by its code."""

_OF_KINDS: tuple[tuple[type[Refused], int], ...] = (
    (TooMany, _MANY),
    (TokenRefused, _UNKNOWN_HERE),
    (NotFound, _ABSENT),
    (Gone, 410),
    (Conflict, _CONFLICT),
)
_FIRST = (_UNKNOWN_HERE, _MANY, _FORBIDDEN, _ABSENT, _METHOD, _STALE, _CONFLICT, _LONG, _KIND, _BAD, _RULES, _AWAY, _BROKEN)
"""Of several reasons, the status of which says most about what to do."""


def status_of(refused: Refused, *, stated: bool) -> int:
    """The status of a refusal. ``stated``: the request said which version its asker had seen; else a change in between is a conflict."""
    kind = next((status for known, status in _OF_KINDS if isinstance(refused, known)), None)
    found = {_CONFLICT if status == _STALE and not stated else status for status in _statuses(refused.problems)}
    return kind if kind not in (None, _CONFLICT) else next(status for status in _FIRST if status in found)


def _statuses(problems: Iterable[Problem]) -> Iterable[int]:
    return (CODES.get(problem.code, _RULES) for problem in problems)
