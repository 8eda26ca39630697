"""Sweeps that do not come: told in the figures, and once a day to the operators, by the relay, since no flow could."""

import threading
import time
from datetime import timedelta

import pytest
from builders import NOBODY_LISTENS, Desk
from sqlalchemy.exc import OperationalError

from models.tables import Delivery, Home, table
from services import sweep_watch
from services.bootstrap import App
from services.prefect_api import PrefectApi
from services.relay import run_relay
from services.sweep_watch import LATE_AFTER, SWEEP_EVERY, SweepWatch, read_sweeps
from services.wakes import STAGES, record_sweep

MINUTE = 60.0


def swept(desk, *stages):
    for stage in stages:
        record_sweep(desk.app.db, stage, desk.watch())


def standing_of(desk):
    with desk.app.db.read() as connection:
        return read_sweeps(connection, desk.watch())


class Looking:
    """A watch whose clock goes with the test's."""

    def __init__(self, desk: Desk, paused=()) -> None:
        self.desk, self.begun = desk, desk.watch()
        self.watch = SweepWatch(desk.app, lambda stage: stage in paused)

    def for_(self, **span: float) -> list[str]:
        """Let time pass minute by minute, as the relay does; what has been written to the operators so far."""
        for _ in range(int(timedelta(**span).total_seconds() // MINUTE)):
            self.desk.watch.advance(minutes=1)
            self.watch.look((self.desk.watch() - self.begun).total_seconds())
        return [row.details["stages"] for row in self.desk.rows(Delivery, message="operators-sweep")]


@pytest.fixture
def late(desk, sink):
    """Half an hour has passed since every stage was swept, and nothing comes."""
    desk.through(sink.url)
    swept(desk, *STAGES)
    desk.watch.advance(seconds=LATE_AFTER.total_seconds())
    return desk


def test_every_stage_has_the_age_of_its_last_sweep_and_the_last_is_that_of_the_one_longest_ago(desk):
    seen = []
    for stage in STAGES:
        seen.append(standing_of(desk).last)
        swept(desk, stage)
        desk.watch.advance(minutes=1)
    found = standing_of(desk)
    assert (seen, found.last) == ([None] * 5, desk.watch() - timedelta(minutes=5))
    assert (list(found.ages), list(found.ages.values())) == (list(STAGES), [300.0, 240.0, 180.0, 120.0, 60.0])
    assert (found.oldest, found.late) == (300.0, [])


def test_a_stage_that_was_never_swept_counts_from_the_making_of_the_home(desk):
    with desk.app.db.write() as connection:
        connection.execute(table(Home).update().values(created_at=desk.watch() - timedelta(hours=1)))
    swept(desk, "reporting")
    assert standing_of(desk).late == [stage for stage in STAGES if stage != "reporting"]


def test_three_sweeps_missed_are_late_and_not_one_second_less(late):
    assert standing_of(late).late == []
    late.watch.advance(seconds=1)
    assert standing_of(late).late == list(STAGES)
    assert LATE_AFTER == 3 * SWEEP_EVERY


def test_operators_are_told_by_mail_at_once_without_any_flow(late, sink):
    assert Looking(late).for_(minutes=15) == [", ".join(STAGES)]
    [mail] = sink.mails()
    assert mail["To"].addresses[0].addr_spec == late.app.settings.operators_mail
    assert "les balayages ne viennent plus" in str(mail["Subject"])
    assert "toutes les dix minutes" in mail.get_body(("plain",)).get_content()
    assert [row.state for row in late.rows(Delivery, message="operators-sweep")] == ["sent"]


def test_they_are_told_once_a_day_as_long_as_it_lasts(late, sink):
    looking = Looking(late)
    assert len(looking.for_(hours=6)) == 1
    assert len(looking.for_(hours=24)) == 2
    assert len(sink.mails()) == 2


def test_two_relays_tell_once(late, sink):
    first, second = Looking(late), Looking(late)
    first.for_(minutes=15)
    second.for_(minutes=15)
    assert len(sink.mails()) == 1


def test_after_a_night_switched_off_nothing_is_told_if_the_first_sweep_comes(late, sink):
    late.watch.advance(hours=9)
    looking = Looking(late)
    looking.for_(minutes=10)
    swept(late, *STAGES)
    assert looking.for_(minutes=20) == []
    assert sink.mails() == []


def test_a_stage_that_operators_hold_back_is_not_missed(late):
    assert Looking(late, paused=("reporting", "deliveries")).for_(minutes=15) == ["proposal, committee-review, implementation"]
    assert Looking(late, paused=STAGES).for_(minutes=15) == ["proposal, committee-review, implementation"]


def test_a_message_that_cannot_leave_stays_and_is_tried_again(late, sink):
    late.through(NOBODY_LISTENS)
    looking = Looking(late)
    looking.for_(minutes=15)
    assert [row.state for row in late.rows(Delivery, message="operators-sweep")] == ["retrying"]
    late.through(sink.url)
    looking.watch = SweepWatch(late.app, lambda _: False)
    looking.for_(minutes=40)
    assert (len(sink.mails()), [row.state for row in late.rows(Delivery, message="operators-sweep")]) == (1, ["sent"])


def test_a_home_without_a_convention_and_one_that_waits_after_a_restore_tell_nobody(late, monkeypatch):
    monkeypatch.setattr(sweep_watch, "conventions", lambda _: [])
    assert Looking(late).for_(minutes=15) == []
    monkeypatch.undo()
    monkeypatch.setattr(sweep_watch, "held", lambda _: "restored")
    assert Looking(late).for_(minutes=15) == []


def test_whatever_breaks_while_sending_the_relay_goes_on_and_a_database_that_is_away_is_its_own_matter(late, monkeypatch, caplog):
    def breaks(_app: App, _delivery):
        raise RuntimeError("no way out")

    monkeypatch.setattr(sweep_watch, "deliver_one", breaks)
    Looking(late).for_(minutes=15)
    assert "the message about late sweeps cannot leave: RuntimeError" in caplog.text

    def away(_app: App, _delivery):
        error = OperationalError("", {}, Exception("gone"))
        error.connection_invalidated = True
        raise error

    monkeypatch.setattr(sweep_watch, "deliver_one", away)
    monkeypatch.setattr(sweep_watch, "is_database_away", lambda error: isinstance(error, OperationalError))
    with pytest.raises(OperationalError):
        Looking(late).for_(minutes=15)


def test_a_relay_at_work_tells_even_while_prefect_is_dead(late, sink, monkeypatch):
    monkeypatch.setattr(sweep_watch, "_SURE_SECONDS", 0.0)
    late.watch.advance(minutes=1)
    stop = threading.Event()
    with PrefectApi("http://127.0.0.1:1/api", "nobody:nothing") as api:
        relay = threading.Thread(target=run_relay, args=(late.app, api, stop))
        relay.start()
        try:
            until(sink.mails)
        finally:
            stop.set()
            relay.join(10)
    assert len(sink.mails()) == 1


def until(reached, seconds=10.0):
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
