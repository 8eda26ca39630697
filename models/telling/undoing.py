"""What takes an act back: a message about it that has not left is withdrawn, and nobody is told of the taking back either."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from models.events import Topic

UNDONE_BY: Mapping[Topic, tuple[Topic, tuple[str, ...]]] = MappingProxyType(
    {
        Topic.ACTION_SUSPENDED: (Topic.ACTION_RESUMED, ()),
        Topic.CONFLICT_DECLARED: (Topic.CONFLICT_WITHDRAWN, ("seat",)),
        Topic.BLOCKER_RAISED: (Topic.BLOCKER_LIFTED, ("blocker",)),
    }
)
"""The act that undoes another on the same action, and what both have to name alike."""


def undoes(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Whether an event (``action_id``, ``topic``, ``seq``, ``payload``) takes an earlier one back."""
    undoing, named = UNDONE_BY.get(earlier["topic"], (None, ()))
    if later["topic"] != undoing or later["action_id"] != earlier["action_id"] or later["seq"] <= earlier["seq"]:
        return False
    return all(later["payload"].get(name) == earlier["payload"].get(name) for name in named)
