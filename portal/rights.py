"""Who may open what: one row for each route; a route without a row is open to nobody."""

from collections.abc import Mapping
from enum import StrEnum

from services.visitors import Visitor


class Role(StrEnum):
    """In what capacity somebody comes. ``ANYBODY`` needs nothing: whoever holds the link of a mail may open its page, which checks the link."""

    ANYBODY = "anybody"
    SEATED = "seated"
    SECRETARY = "secretary"


_ALL = frozenset(Role)
_SEATED = frozenset({Role.SEATED, Role.SECRETARY})
_SECRETARIES = frozenset({Role.SECRETARY})

RIGHTS: Mapping[str, frozenset[Role]] = {
    "home": _ALL,
    "language": _ALL,
    "privacy": _ALL,
    "sign_in": _ALL,
    "ask_link": _ALL,
    "sign_in_link": _ALL,
    "sign_in_now": _ALL,
    "sign_out": _SEATED,
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
    "preferences_by_link": _ALL,
    "choose_by_link": _ALL,
    "mute_by_link": _ALL,
    "unsubscribe": _ALL,
    "unsubscribe_now": _ALL,
    "desk": _SEATED,
    "actions": _SEATED,
    "action": _SEATED,
    "file": _SEATED,
    "reviews": _SEATED,
    "decisions": _SEATED,
    "recipients": _SEATED,
    "meetings": _SEATED,
    "meeting": _SEATED,
    "new_meeting": _SECRETARIES,
    "plan_meeting": _SECRETARIES,
    "meeting_act": _SECRETARIES,
    "do_meeting_act": _SECRETARIES,
    "awaited": _SECRETARIES,
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
}
"""Route by route. Whether an act is allowed on an action is not decided here but by the rules, in the one door."""


def roles_of(visitor: Visitor | None) -> frozenset[Role]:
    """The capacities of somebody, from the seats of today."""
    if visitor is None:
        return frozenset({Role.ANYBODY})
    return _ALL if visitor.is_secretary else _ALL - _SECRETARIES


def may_open(route: str, visitor: Visitor | None) -> bool:
    """Whether somebody may open a route."""
    return bool(RIGHTS.get(route, frozenset()) & roles_of(visitor))
