"""Who may open what: one row for each route; a route without a row is open to nobody."""

from collections.abc import Mapping
from enum import StrEnum

from models.scopes import Scope
from services.visitors import Visitor


class Role(StrEnum):
    """In what capacity somebody comes. ``ANYBODY`` needs nothing: whoever holds the link of a mail may open its page, which checks the link."""

    ANYBODY = "anybody"
    SEATED = "seated"
    SECRETARY = "secretary"


_ALL = frozenset(Role)
_SEATED = frozenset({Role.SEATED, Role.SECRETARY})
_SECRETARIES = frozenset({Role.SECRETARY})

PUBLIC = frozenset(
    {
        "robots",
        "public_home",
        "public_axes",
        "public_actions",
        "public_action",
        "public_decisions",
        "public_decision",
        "public_meetings",
        "public_data",
        "public_file",
        "public_feed",
        "public_sitemap",
    }
)
"""What anybody may read without a sign-in and without a cookie, as far as the charter makes it public."""

RIGHTS: Mapping[str, frozenset[Role]] = {
    **dict.fromkeys(PUBLIC, _ALL),
    "home": _ALL,
    "language": _ALL,
    "privacy": _ALL,
    "sign_in": _ALL,
    "ask_link": _ALL,
    "sign_in_link": _ALL,
    "sign_in_now": _ALL,
    "sign_on": _ALL,
    "sign_on_return": _ALL,
    "sign_on_as": _ALL,
    "sign_on_ended": _ALL,
    "sign_out": _SEATED,
    "signed_out": _ALL,
    "sign_out_there": _ALL,
    "unlink_own_account": _SEATED,
    "switch_person": _SEATED,
    "own_language": _SEATED,
    "answer": _ALL,
    "give_answer": _ALL,
    "declare_conflict": _ALL,
    "give_proxy": _ALL,
    "revoke_proxy": _ALL,
    "progress": _ALL,
    "give_progress": _ALL,
    "final_report": _ALL,
    "give_final_report": _ALL,
    "renew_link": _ALL,
    "preferences": _SEATED,
    "choose_preferences": _SEATED,
    "hear_again": _SEATED,
    "foresee_preferences": _SEATED,
    "waiting_messages": _SEATED,
    "preferences_by_link": _ALL,
    "choose_by_link": _ALL,
    "foresee_by_link": _ALL,
    "mute_by_link": _ALL,
    "unsubscribe": _ALL,
    "unsubscribe_now": _ALL,
    "calendar_feed": _ALL,
    "own_calendar": _SEATED,
    "body_calendar": _SECRETARIES,
    "stay": _SEATED,
    "help": _ALL,
    "keyboard": _ALL,
    "plan": _ALL,
    "guide": _ALL,
    "chapter": _ALL,
    "accessibility": _ALL,
    "desk": _SEATED,
    "own_page": _SEATED,
    "new_own_absence": _SEATED,
    "create_own_absence": _SEATED,
    "edit_own_absence": _SEATED,
    "save_own_absence": _SEATED,
    "take_back_own_absence": _SEATED,
    "own_data": _SEATED,
    "own_data_file": _SEATED,
    "own_action": _SEATED,
    "move_milestone": _SEATED,
    "mandate": _SEATED,
    "give_mandate": _SEATED,
    "revoke_mandate": _SEATED,
    "search": _SEATED,
    "search_table": _SEATED,
    "views": _SEATED,
    "save_view": _SEATED,
    "rename_view": _SEATED,
    "delete_view": _SEATED,
    "actions": _SEATED,
    "actions_table": _SEATED,
    "action": _SEATED,
    "file": _SEATED,
    "reviews": _SEATED,
    "decisions": _SEATED,
    "decisions_table": _SEATED,
    "recipients": _SEATED,
    "meetings": _SEATED,
    "meeting": _SEATED,
    "new_meeting": _SECRETARIES,
    "plan_meeting": _SECRETARIES,
    "meeting_act": _SECRETARIES,
    "do_meeting_act": _SECRETARIES,
    "awaited": _SECRETARIES,
    "chase": _SECRETARIES,
    "dues": _SECRETARIES,
    "parked": _SECRETARIES,
    "retry_parked": _SECRETARIES,
    "bottlenecks": _SECRETARIES,
    "ahead": _SECRETARIES,
    "ahead_table": _SECRETARIES,
    "ahead_calendar": _SECRETARIES,
    "cycle": _SEATED,
    "act": _SEATED,
    "do_act": _SEATED,
    "new": _SEATED,
    "create": _SEATED,
    "attach": _SEATED,
    "do_attach": _SEATED,
    "mailbox": _ALL,
    "mail": _ALL,
    "messages": _SECRETARIES,
    "message": _SECRETARIES,
    "deliveries": _SECRETARIES,
    "resend": _SECRETARIES,
    "channels": _SECRETARIES,
    "test_channel": _SECRETARIES,
    "webhooks": _SECRETARIES,
    "add_webhook": _SECRETARIES,
    "webhook": _SECRETARIES,
    "change_webhook": _SECRETARIES,
    "resend_all": _SECRETARIES,
    "people": _SECRETARIES,
    "person": _SECRETARIES,
    "new_person": _SECRETARIES,
    "create_person": _SECRETARIES,
    "edit_person": _SECRETARIES,
    "save_person": _SECRETARIES,
    "new_seat": _SECRETARIES,
    "create_seat": _SECRETARIES,
    "edit_seat": _SECRETARIES,
    "save_seat": _SECRETARIES,
    "new_absence": _SECRETARIES,
    "create_absence": _SECRETARIES,
    "edit_absence": _SECRETARIES,
    "save_absence": _SECRETARIES,
    "take_back_absence": _SECRETARIES,
    "export_people": _SECRETARIES,
    "import_people": _SECRETARIES,
    "preview_people": _SECRETARIES,
    "revoke_links": _SECRETARIES,
    "unsuppress": _SECRETARIES,
    "unlink_account": _SECRETARIES,
    "tokens": _SEATED,
    "make_token": _SEATED,
    "revoke_token": _SEATED,
    "api_docs": _ALL,
    "api_operation": _ALL,
    "api_problems": _ALL,
    "api_problem": _ALL,
    "api_description": _ALL,
    "api_me": _SEATED,
    "api_deadlines": _SEATED,
    "api_charter": _SEATED,
    "api_status": _SECRETARIES,
    "api_actions": _SEATED,
    "api_action": _SEATED,
    "api_explain": _SEATED,
    "api_events": _SEATED,
    "api_reviews": _SEATED,
    "api_file": _SEATED,
    "api_search": _SEATED,
    "api_awaited": _SECRETARIES,
    "api_decisions": _SEATED,
    "api_meetings": _SEATED,
    "api_meeting": _SEATED,
    "api_create": _SEATED,
    "api_act": _SEATED,
    "api_attach": _SEATED,
    "api_meeting_act": _SECRETARIES,
}
"""Route by route. Whether an act is allowed on an action is not decided here but by the rules, in the one door."""

SCOPES: Mapping[str, Scope | None] = {
    "api_me": None,
    **dict.fromkeys(("api_deadlines", "api_charter", "api_status", "api_actions", "api_action", "api_explain"), Scope.READ),
    **dict.fromkeys(("api_events", "api_reviews", "api_file", "api_search", "api_awaited"), Scope.READ),
    **dict.fromkeys(("api_decisions", "api_meetings", "api_meeting"), Scope.READ),
    **dict.fromkeys(("api_create", "api_act", "api_attach"), Scope.ACT),
    "api_meeting_act": Scope.MEETINGS,
}
"""The routes that are opened by a token and by nothing else, and the scope that it has to have; None: whichever."""


def by_token(route: str) -> bool:
    """Whether a route is for programs: its visitor is found by a token, never by a cookie."""
    return route in SCOPES


def scope_of(route: str) -> Scope | None:
    """The scope that the token of a route needs; None: none."""
    return SCOPES.get(route)


def roles_of(visitor: Visitor | None) -> frozenset[Role]:
    """The capacities of somebody, from the seats of today."""
    if visitor is None:
        return frozenset({Role.ANYBODY})
    return _ALL if visitor.is_secretary else _ALL - _SECRETARIES


def may_open(route: str, visitor: Visitor | None) -> bool:
    """Whether somebody may open a route."""
    return bool(RIGHTS.get(route, frozenset()) & roles_of(visitor))
