"""How often a message is tried again, and how many leave in a minute."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from models.telling.pacing import bulk_of, one_more, room_from
from models.telling.retries import FIRST_PAUSE, LONGEST_PAUSE, pause_before

_GAPS = st.lists(st.floats(0, 40), max_size=60)


@given(st.uuids(), st.integers(0, 60))
def test_a_pause_triples_up_to_six_hours_less_at_most_a_fifth_and_is_always_the_same(delivery, attempts):
    longest = min(FIRST_PAUSE * 3 ** min(attempts, 9), LONGEST_PAUSE)
    pause = pause_before(delivery, attempts)
    assert longest * 0.8 <= pause <= longest
    assert pause == pause_before(delivery, attempts)


def test_messages_that_failed_together_do_not_all_come_back_together():
    pauses = {pause_before(UUID(int=n), 0) for n in range(200)}
    assert len(pauses) > 190
    assert max(pauses) - min(pauses) > timedelta(seconds=50)


@given(_GAPS, st.integers(1, 8), st.floats(0, 100))
def test_no_sixty_seconds_hold_more_than_the_limit(gaps, limit, second):
    counts, sent = {}, []
    for gap in gaps:
        second += gap
        after = one_more(counts, second, limit)
        if after is not None:
            counts = after
            sent.append(second)
    assert all(sum(moment <= other <= moment + 60 for other in sent) <= limit for moment in sent)


@given(_GAPS, st.integers(1, 8))
def test_there_is_room_again_from_the_moment_that_is_said_and_not_before(gaps, limit):
    counts, second = {}, 1000.0
    for gap in gaps:
        second += gap
        free = room_from(counts, second, limit)
        assert second <= free <= second + 66
        assert (one_more(counts, second, limit) is None) == (free > second)
        assert one_more(counts, free, limit) is not None
        counts = one_more(counts, second, limit) or counts


def test_a_count_of_a_time_to_come_counts_for_nothing():
    assert one_more({900: 50}, 60.0, 1) == {10: 1}


def test_a_tenth_is_kept_for_links_to_sign_in():
    assert [bulk_of(limit) for limit in (1, 5, 10, 60)] == [1, 5, 9, 54]
