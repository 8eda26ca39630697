"""Notice in clear days, attendance and quorum of a meeting: pure rules."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Problem
from models.meetings import LEGAL, MOVES, STATES_OF, MeetingState, MeetingVerb, find_move
from models.meetings.rules import (
    Attendance,
    Called,
    Notice,
    attend,
    away,
    clear_days,
    figures,
    first_day,
    give_notice,
    held_validly,
    misnamed,
    misrepresented,
    pairs,
    quorum_in_session,
    votes_at_opening,
)
from models.review.electorate import Elector
from models.review.rules import Presence, ReviewRules

SENT = date(2026, 10, 5)
SEATS = tuple(Elector(f"S-{n}", "ville" if n % 2 else "universite") for n in range(1, 7))
CODES = tuple(one.seat for one in SEATS)


def rules(**changes):
    """Rules of a body, with these changes."""
    usual = {"opinion_delay": 20, "delay_unit": "working_days", "opinions": ("favourable", "unfavourable"), "majority": "simple"}
    return ReviewRules(**{"decides": "recorded", "silence": "not_counted", **usual, **changes})


def day(clear):
    """The day of a meeting with so many clear days after the convocation."""
    return SENT + timedelta(days=clear + 1)


# --- notice ---------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("held_on", "days"), [(SENT, -1), (date(2026, 10, 6), 0), (date(2026, 10, 11), 5), (date(2026, 10, 12), 6)])
def test_neither_the_day_of_sending_nor_that_of_the_meeting_is_counted(held_on, days):
    assert clear_days(SENT, held_on) == days


@pytest.mark.parametrize(
    ("keys", "clear", "urgent", "answer"),
    [
        ({}, -1, False, Notice(0, 0)),
        ({}, 3, True, "urgency_not_needed"),
        ({"notice_days": 5}, 5, False, Notice(5, 5)),
        ({"notice_days": 5}, 4, False, "notice_too_short"),
        ({"notice_days": 5}, 4, True, "urgency_not_provided"),
        ({"notice_days": 5}, 5, True, "urgency_not_needed"),
        ({"notice_days": 5, "urgent_notice_days": 1}, 4, False, "notice_too_short_or_urgent"),
        ({"notice_days": 5, "urgent_notice_days": 1}, 1, True, Notice(1, 1, urgent=True)),
        ({"notice_days": 5, "urgent_notice_days": 1}, 0, True, "notice_too_short"),
        ({"notice_days": 5, "urgent_notice_days": 0}, 0, True, Notice(0, 0, urgent=True)),
    ],
)
def test_the_notice_is_what_the_charter_asks_for(keys, clear, urgent, answer):
    found = give_notice(rules(**keys), SENT, day(clear), urgent=urgent)
    assert (found.code if isinstance(found, Problem) else found) == answer


def test_a_day_that_is_over_is_no_day_for_a_meeting():
    found = give_notice(rules(), SENT, SENT - timedelta(days=1), urgent=False)
    assert found == Problem("meeting_past", {"day": "2026-10-04", "today": "2026-10-05"})


@pytest.mark.parametrize(
    ("keys", "clear", "urgent", "params"),
    [
        ({}, -1, True, {"days": 0, "needed": 0}),
        ({"notice_days": 5}, 7, True, {"days": 7, "needed": 5}),
        ({"notice_days": 5}, -1, False, {"days": 0, "needed": 5, "day": "2026-10-11", "least": 0}),
        ({"notice_days": 5}, 4, True, {"days": 4, "needed": 5, "day": "2026-10-11"}),
        ({"notice_days": 5, "urgent_notice_days": 2}, 4, False, {"days": 4, "needed": 5, "day": "2026-10-11", "least": 2}),
        ({"notice_days": 5, "urgent_notice_days": 0}, -1, True, None),
    ],
)
def test_a_refusal_gives_the_days_there_are_and_those_there_must_be(keys, clear, urgent, params):
    found = give_notice(rules(**keys), SENT, day(clear), urgent=urgent)
    assert found.params == (params or {"days": 0, "needed": 0, "day": "2026-10-06", "least": 0})


def test_a_refusal_names_the_first_day_that_would_do():
    found = give_notice(rules(notice_days=5, urgent_notice_days=2), SENT, day(1), urgent=True)
    assert found.params == {"days": 1, "needed": 2, "day": "2026-10-08", "least": 2}


def test_the_log_keeps_that_it_was_urgent_only_where_it_was():
    assert Notice(1, 1, urgent=True).as_payload() == {"days": 1, "needed": 1, "urgent": True}
    assert Notice(6, 5).as_payload() == {"days": 6, "needed": 5}


@given(needed=st.integers(1, 60), least=st.none() | st.integers(0, 59), clear=st.integers(-1, 80), urgent=st.booleans())
def test_more_notice_never_turns_a_yes_into_a_no_but_for_urgency_that_is_not_needed(needed, least, clear, urgent):
    asked = rules(notice_days=needed, urgent_notice_days=least if least is not None and least < needed else None)
    now, later = (give_notice(asked, SENT, day(days), urgent=urgent) for days in (clear, clear + 1))
    if isinstance(now, Notice) and isinstance(later, Problem):
        assert (urgent, later.code) == (True, "urgency_not_needed")


@given(needed=st.integers(0, 60))
def test_the_first_day_is_the_first_that_is_accepted(needed):
    if needed == 0:
        assert first_day(SENT, 0) == SENT + timedelta(days=1)
        return
    first = first_day(SENT, needed)
    asked = rules(notice_days=needed)
    assert isinstance(give_notice(asked, SENT, first, urgent=False), Notice)
    assert isinstance(give_notice(asked, SENT, first - timedelta(days=1), urgent=False), Problem)


# --- attendance -----------------------------------------------------------------------------------------------------------------------
def test_each_seat_attends_as_it_was_called_and_who_was_not_is_absent():
    called = Called(present=("S-1",), remote=("S-2",), represented=("S-3",), excused=("S-4",))
    found = attend(called, CODES, {"S-3": "S-1", "S-5": "S-1"}, recused=("S-6", "S-2"))
    assert found.seats == {"S-1": "present", "S-2": "recused", "S-3": "represented", "S-4": "excused", "S-5": "absent", "S-6": "recused"}
    assert found.holders == {"S-3": "S-1"}


def test_seats_without_a_vote_and_seats_called_twice_are_both_told():
    called = Called(present=("S-1", "S-9", "S-8", "S-2"), remote=("S-1", "S-2"))
    assert list(misnamed(called, CODES)) == [
        Problem("attendance_unknown", {"seats": "S-9, S-8", "asked": ", ".join(CODES)}),
        Problem("attendance_twice", {"seats": "S-1, S-2"}),
    ]
    assert list(misnamed(Called(present=CODES), CODES)) == []


@pytest.mark.parametrize(
    ("there", "holders", "limit", "codes"),
    [
        ({"S-1": "present", "S-2": "represented"}, {"S-2": "S-1"}, 1, []),
        ({"S-1": "remote", "S-2": "represented"}, {"S-2": "S-1"}, 1, []),
        ({"S-1": "excused", "S-2": "represented"}, {"S-2": "S-1"}, 1, ["holder_not_there"]),
        ({"S-2": "represented"}, {"S-2": "S-9"}, 1, ["holder_not_there"]),
        ({"S-2": "represented", "S-3": "represented"}, {"S-2": "", "S-3": ""}, 1, ["holder_unnamed"] * 2),
        ({"S-1": "represented", "S-2": "represented"}, {"S-2": "S-1", "S-1": "S-2"}, 1, ["holder_not_there"] * 2),
        ({"S-1": "present", "S-2": "represented", "S-3": "represented"}, {"S-2": "S-1", "S-3": "S-1"}, 1, ["proxies_too_many"]),
        ({"S-1": "present", "S-2": "represented", "S-3": "represented"}, {"S-2": "S-1", "S-3": "S-1"}, 2, []),
    ],
)
def test_a_proxy_needs_a_holder_who_is_there_and_has_room(there, holders, limit, codes):
    attendance = Attendance({seat: Presence(presence) for seat, presence in there.items()}, holders)
    assert [problem.code for problem in misrepresented(attendance, limit)] == codes


def test_a_proxy_that_does_not_count_is_told_with_its_seats_and_the_limit():
    attendance = Attendance(
        {"S-1": Presence.PRESENT, "S-2": Presence.REPRESENTED, "S-3": Presence.REPRESENTED}, {"S-2": "S-1", "S-3": "S-1"}
    )
    assert list(misrepresented(attendance, 1)) == [Problem("proxies_too_many", {"seat": "S-1", "limit": 1})]
    unnamed = Attendance({"S-2": Presence.REPRESENTED}, {"S-2": ""})
    assert list(misrepresented(unnamed, 0)) == [Problem("holder_unnamed", {"seat": "S-2"})]
    alone = Attendance({"S-2": Presence.REPRESENTED}, {"S-2": "S-1"})
    assert list(misrepresented(alone, 1)) == [Problem("holder_not_there", {"seat": "S-2", "holder": "S-1"})]


def test_who_is_away_is_read_from_what_a_review_keeps():
    kept = {"seats": {"S-1": "present", "S-2": "remote", "S-3": "represented", "S-4": "excused", "S-5": "absent", "S-6": "recused"}}
    assert (away(kept), away(None)) == ({"S-4", "S-5"}, frozenset())


def test_pairs_of_giver_and_holder_are_read_as_written():
    assert pairs(("S-1=S-2", "S-3=S-4")) == {"S-1": "S-2", "S-3": "S-4"}


# --- quorum ---------------------------------------------------------------------------------------------------------------------------
def opened(attendance, *, second=False, vacant=None, **changes):
    return quorum_in_session(votes_at_opening(SEATS, attendance), rules(**changes), vacant or {}, second=second)


def test_present_remote_and_represented_count_and_the_recused_leave():
    attendance = attend(Called(("S-1",), ("S-2",), ("S-3",), ("S-4",)), CODES, {"S-3": "S-1"}, recused=("S-6",))
    [check] = opened(attendance, quorum="1/2", proxy_holder="voting")
    assert (check.seats, check.there, check.needed) == (5, 3, 3)
    assert figures([check]) == [{"partner": None, "seats": 5, "vacant": 0, "there": 3, "needed": 3}]


def test_whoever_is_represented_by_nobody_who_is_there_does_not_count():
    attendance = Attendance({**dict.fromkeys(CODES, Presence.ABSENT), "S-1": Presence.REPRESENTED}, {"S-1": "S-2"})
    [check] = opened(attendance, quorum=1)
    assert check.there == 0


def test_seats_that_nobody_holds_raise_the_quorum_where_the_charter_says_so_and_weights_are_kept():
    everybody = attend(Called(CODES), CODES, {})
    [check] = opened(everybody, vacant={"ville": 2}, quorum="1/2", vacant_seats="counted")
    assert (check.seats, check.vacant, check.needed) == (8, 2, 4)
    heavy = (Elector("S-1", "ville", 3, chair=True),)
    assert [(vote.weight, vote.chair, vote.presence) for vote in votes_at_opening(heavy, everybody)] == [(3, True, "present")]


def test_nobody_examines_anything_alone_with_the_rules_even_where_no_quorum_is_asked_for():
    one, nobody = (attend(Called(present), CODES, {}) for present in (("S-1",), ()))
    free = {"second": True, "quorum": "1/2", "second_convocation": "without_quorum"}
    assert [held_validly(there, opened(there, **free)) for there in (one, nobody)] == [True, False]
    assert held_validly(one, opened(one, quorum="1/2")) is False


def test_each_partner_has_a_quorum_of_its_own_where_the_charter_says_so():
    checks = opened(attend(Called(("S-1", "S-3", "S-5")), CODES, {}), quorum="1/2", quorum_by="partner")
    assert [(check.partner, check.reached) for check in checks] == [("ville", True), ("universite", False)]


def test_a_second_convocation_needs_none_where_the_charter_says_so():
    nobody = attend(Called(), CODES, {})
    assert [check.reached for check in opened(nobody, second=True, quorum="1/2", second_convocation="without_quorum")] == [True]
    assert [check.reached for check in opened(nobody, second=True, quorum="1/2")] == [False]
    assert [check.reached for check in opened(nobody, quorum="1/2", second_convocation="without_quorum")] == [False]


@given(st.sets(st.sampled_from(CODES)), st.sampled_from(CODES), st.sampled_from(["1/2", "2/3", 1, 6]))
def test_one_more_who_attends_never_loses_the_quorum(there, another, quorum):
    before, after = (opened(attend(Called(tuple(sorted(seats))), CODES, {}), quorum=quorum) for seats in (there, there | {another}))
    assert all(later.there >= now.there and later.reached >= now.reached for now, later in zip(before, after, strict=True))


# --- the table ------------------------------------------------------------------------------------------------------------------------
def test_the_table_leads_everywhere_and_ends_where_a_meeting_is_over():
    reached = {target for move in MOVES.values() for target in move.targets}
    assert reached == set(MeetingState)
    over = {MeetingState.CLOSED, MeetingState.CANCELLED}
    assert {state for state, _ in MOVES if state is not None} == set(MeetingState) - over
    assert {verb for _, verb in MOVES} == set(MeetingVerb)
    assert find_move(MeetingState.CONVENED, MeetingVerb.OPEN) == MOVES[MeetingState.CONVENED, MeetingVerb.OPEN]
    assert (find_move(None, MeetingVerb.OPEN), STATES_OF[MeetingVerb.CLOSE]) == (None, (MeetingState.OPEN,))
    assert ("convened", "meeting.opened", "inquorate") in LEGAL
