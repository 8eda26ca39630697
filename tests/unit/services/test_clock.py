from datetime import UTC, date, datetime, timedelta

from builders import MONDAY, Watch

from services.clock import Clock, local_day, new_id, new_salt, wall
from services.work import backoff, fingerprint, morning_of, night_after

PARIS = "Europe/Paris"


def test_the_business_follows_the_rehearsal_and_leases_do_not():
    lead = [timedelta(0)]
    clock = Clock(lambda: lead[0], Watch())
    before = (clock.wall(), clock.now())
    lead[0] = timedelta(days=40)
    assert (before, clock.wall(), clock.now()) == ((MONDAY, MONDAY), MONDAY, MONDAY + timedelta(days=40))


def test_the_real_moment_is_in_utc():
    assert (wall().tzinfo, wall() <= wall()) == (UTC, True)


def test_ids_and_salts_do_not_repeat():
    assert len({new_id() for _ in range(100)} | {new_salt() for _ in range(100)}) == 200


def test_a_day_is_the_one_that_people_there_would_write():
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert [local_day(late, zone) for zone in ("UTC", PARIS, "America/New_York")] == [
        date(2026, 12, 31),
        date(2027, 1, 1),
        date(2026, 12, 31),
    ]


def test_a_delay_is_over_when_the_next_day_begins_there_in_winter_and_in_summer():
    winter, summer = night_after(date(2026, 12, 4), PARIS), night_after(date(2026, 7, 3), PARIS)
    assert (winter, summer) == (datetime(2026, 12, 4, 23, tzinfo=UTC), datetime(2026, 7, 3, 22, tzinfo=UTC))
    assert [local_day(moment, PARIS) for moment in (winter, summer)] == [date(2026, 12, 5), date(2026, 7, 4)]


def test_reminders_leave_in_the_morning_there():
    assert morning_of(date(2026, 12, 4), PARIS).astimezone(UTC) == datetime(2026, 12, 4, 7, tzinfo=UTC)


def test_failures_wait_twice_as_long_each_time_up_to_a_minute():
    assert [backoff(tries).total_seconds() for tries in range(1, 8)] == [2, 4, 8, 16, 32, 60, 60]


def test_a_text_has_another_fingerprint_with_another_salt():
    assert fingerprint("a", "texte") == fingerprint("a", "texte") != fingerprint("b", "texte")
