"""What the log of a meeting says of its rows, event by event, as long as nobody has come together."""

import pytest

from models.meetings import MOVES, MeetingMove, MeetingState, MeetingTopic, MeetingVerb
from models.meetings.replay import Listed, MeetingReplay

PLACE, OTHER, TITLE, WHY = ("0000000000000000000000000000000" + digit for digit in "1234")
PLANNED = {
    "held_on": "2026-10-15",
    "starts_at": "14:30",
    "place_id": PLACE,
    "place_hash": "p",
    "items": [{"action": "A-2026-001", "follows": "COPIL-2026-001"}, {"title_id": TITLE, "title_hash": "t"}],
}
MOVED = {"held_on": "2026-10-15", "starts_at": "09:00", "place_id": OTHER, "place_hash": "o", "told": 9}
NOTICE = {"days": 3, "needed": 1, "urgent": True, "urgency_id": WHY}


def event(seq, topic, before, after, day="2026-10-05"):
    """An event as the chain has it: its id, number, topic, schema, day, moment, actor, and so on to before, after and body."""
    return (f"e{seq}", seq, topic, 1, day, "", "COPIL-02", "cli", None, None, before, after, "copil")


@pytest.fixture
def convened():
    replay = MeetingReplay()
    assert replay.apply(event(1, "meeting.planned", None, "planned"), PLANNED)
    assert replay.apply(event(2, "meeting.convened", "planned", "convened"), {"charter": 1, "notice": {"days": 9, "needed": 5}, "told": 9})
    return replay


def test_a_convened_meeting_changes_when_and_where_it_is_held_and_keeps_its_agenda_and_notice(convened):
    assert convened.apply(event(3, "meeting.changed", "convened", "convened", "2026-10-06"), MOVED)
    held = {name: convened.columns[name] for name in ("held_on", "starts_at", "place_id", "link_id", "convened_on", "notice", "charter_id")}
    assert held == {
        "held_on": "2026-10-15",
        "starts_at": "09:00",
        "place_id": OTHER,
        "link_id": None,
        "convened_on": "2026-10-05",
        "notice": {"days": 9, "needed": 5},
        "charter_id": 1,
    }
    assert convened.items == [Listed("A-2026-001", None, "COPIL-2026-001", None), Listed(None, TITLE, None, None)]
    assert convened.texts[OTHER] == ("o", "place", "COPIL-02", (3, "e3"))


def test_another_day_brings_its_own_notice_and_the_reason_of_its_urgency(convened):
    told = MOVED | {"held_on": "2026-10-10", "notice": NOTICE, "urgency_id": WHY, "urgency_hash": "w"}
    assert convened.apply(event(3, "meeting.changed", "convened", "convened", "2026-10-06"), told)
    assert [convened.columns[name] for name in ("held_on", "convened_on", "notice")] == ["2026-10-10", "2026-10-06", NOTICE]
    assert convened.texts[WHY][:2] == ("w", "urgency")


def test_a_meeting_that_nobody_was_convened_to_is_settled_with_a_new_agenda():
    replay = MeetingReplay()
    replay.apply(event(1, "meeting.planned", None, "planned"), PLANNED)
    assert replay.apply(
        event(2, "meeting.changed", "planned", "planned"), PLANNED | {"items": [{"action": "A-2026-002"}], "notice": NOTICE}
    )
    assert (replay.items, replay.columns["notice"]) == ([Listed("A-2026-002", None, None, None)], None)
    with pytest.raises(KeyError):
        replay.apply(event(3, "meeting.changed", "planned", "planned"), MOVED)


def test_a_change_leads_nowhere_else(convened):
    assert MOVES[MeetingState.CONVENED, MeetingVerb.CHANGE] == MeetingMove(MeetingTopic.CHANGED, (MeetingState.CONVENED,))
    assert not convened.apply(event(3, "meeting.changed", "convened", "planned"), MOVED)
