from datetime import UTC, datetime, timedelta

import pytest

from services.wake_rule import Readiness, Sent, attempts_after, is_due, may_wake, wake_event

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def test_new_work_wakes_at_once():
    assert is_due(None, NOON)
    assert attempts_after(None) == 1


@pytest.mark.parametrize(("attempts", "pause"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 60), (50, 60)])
def test_a_wake_in_vain_is_repeated_after_a_doubling_pause(attempts, pause):
    sent = Sent(NOON, attempts)
    assert not is_due(sent, after(pause - 0.1))
    assert is_due(sent, after(pause))
    assert attempts_after(sent) == attempts + 1


def test_once_work_was_seen_to_be_done_the_pause_starts_afresh():
    sent = Sent(NOON, 6, answered=True)
    assert not is_due(sent, after(1.9))
    assert is_due(sent, after(2))
    assert attempts_after(sent) == 1


def test_an_idle_stage_may_be_woken():
    assert may_wake(Readiness())


def test_a_paused_stage_is_left_alone():
    assert not may_wake(Readiness(paused=True))


def test_a_run_under_way_is_left_alone():
    assert not may_wake(Readiness(unfinished_run=True))
    assert not may_wake(Readiness(unfinished_run=True, worker_polling=True))


def test_a_long_run_that_keeps_its_lease_is_left_alone():
    assert not may_wake(Readiness(unfinished_run=True, overdue_run=True, lease_held=True, worker_polling=True))


def test_a_run_that_lost_its_lease_holds_nothing_back_once_a_worker_polls():
    assert may_wake(Readiness(unfinished_run=True, overdue_run=True, worker_polling=True))
    assert not may_wake(Readiness(unfinished_run=True, overdue_run=True, worker_polling=False))


def test_the_wake_names_its_stage():
    assert wake_event("committee-review") == "passerelle.wake.committee-review"
