"""Virtual time drives the real services from one due moment to the next, on a scratch copy, and nothing leaves."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from builders import CHARTER, CLERK, PEOPLE, Desk, settings_of

from models.errors import Refused
from models.lifecycle import State, Verb
from models.tables import Deadline, Delivery, Event, Home, Lease, table
from services.attachments import read, store
from services.homes import content_path
from services.rooms import say_in_room
from services.timelapse import driver as driving
from services.timelapse.driver import Driver, Script, Unsettled
from services.timelapse.outbox import Letter, Outbox
from services.timelapse.scratch import Scratch, Start, copied_scratch, empty_scratch
from services.timelapse.upcoming import next_due

BEGIN = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)


@pytest.fixture
def letters():
    return []


@pytest.fixture
def scratch(tmp_path, letters):
    start = Start(settings_of(tmp_path / "home"), BEGIN, seed=7)
    with empty_scratch(start, tmp_path / "scratch", charter=CHARTER, people=PEOPLE.read_bytes(), outbox=Outbox(letters.append)) as made:
        yield made


@pytest.fixture
def bench(scratch):
    """The desk of the scratch application: asks as a secretary would."""
    return Desk(scratch.app, scratch.time)


def dump(scratch: Scratch) -> str:
    with scratch.app.db.read() as connection:
        return "\n".join(connection.connection.dbapi_connection.iterdump())


def proposed(desk: Desk) -> str:
    number = desk.propose()
    Driver(Scratch(desk.app, desk.watch, Outbox())).settle()
    return number


class TestJumping:
    def test_time_stands_still_where_nothing_is_due(self, scratch):
        steps = []
        Driver(scratch).run_until(BEGIN + timedelta(days=400), steps.append)
        assert steps == []
        assert scratch.app.clock.now() == BEGIN + timedelta(days=400)

    def test_what_falls_due_is_done_at_its_own_moment_and_not_before(self, scratch, bench, letters):
        number = proposed(bench)
        due_at = next_due(scratch.app)
        assert due_at > BEGIN
        before = len(letters)
        steps = []
        driver = Driver(scratch)
        driver.run_until(due_at - timedelta(seconds=1), steps.append)
        assert (steps, len(letters)) == ([], before)
        driver.run_until(due_at, steps.append)
        assert [step.moment for step in steps] == [due_at]
        assert len(letters) > before
        assert bench.state(number) is State.TECHNICAL_REVIEW

    def test_a_silent_review_ends_by_itself(self, scratch, bench):
        number = proposed(bench)
        Driver(scratch).run_until(BEGIN + timedelta(days=90))
        assert "review.closed" in bench.topics(number)
        assert not bench.rows(Delivery, state="ready")

    def test_acts_are_carried_out_when_their_moment_comes(self, scratch):
        seen = []
        script = Script()
        script.at(BEGIN + timedelta(days=2), lambda app: seen.append(app.clock.now()))
        script.at(BEGIN + timedelta(days=1), lambda app: seen.append(app.clock.now()))
        Driver(scratch, script).run_until(BEGIN + timedelta(days=3))
        assert seen == [BEGIN + timedelta(days=1), BEGIN + timedelta(days=2)]

    def test_what_fails_is_tried_again_at_its_own_moment(self, scratch, bench):
        bench.propose()
        with scratch.app.db.write() as connection:
            rows, event = table(Delivery), table(Event)
            connection.execute(sa.update(event).values(owed=None))
            desk_row = {"id": scratch.app.ids(), "convention": "vda-lille", "unique_key": "k", "stage": "deliveries", "message": "alert"}
            moments = {"created_at": BEGIN, "not_before": BEGIN + timedelta(hours=3)}
            details = {"run": "r", "state": "s", "url": "u"}
            connection.execute(
                rows.insert().values(**desk_row, **moments, because="operator", channel="operators", state="retrying", details=details)
            )
        steps = []
        Driver(scratch).run_until(BEGIN + timedelta(days=1), steps.append)
        assert [step.moment for step in steps] == [BEGIN + timedelta(hours=3)]
        assert [row.state for row in bench.rows(Delivery)] == ["sent"]


class TestStandingStill:
    def test_three_days_off_are_caught_up_once_and_without_a_flood(self, scratch, bench, letters):
        number = proposed(bench)
        driver = Driver(scratch)
        due_at = next_due(scratch.app)
        before = len(letters)
        driver.stand_still_until(due_at + timedelta(days=3))
        driver.run_until(due_at + timedelta(days=5, hours=6))  # nobody is reminded on a Saturday
        caught_up = [letter.recipient for letter in letters[before:]]
        assert caught_up
        assert len(caught_up) == len(set(caught_up))
        driver.settle()
        assert len(letters) == before + len(caught_up)
        assert bench.topics(number).count("review.reminded") <= 1

    def test_a_clock_that_jumps_back_and_forth_repeats_nothing(self, scratch, bench, letters):
        proposed(bench)
        driver = Driver(scratch)
        due_at = next_due(scratch.app)
        driver.run_until(due_at)
        told, events = len(letters), len(bench.rows(Event))
        for hours in (-30, 0, -2, 0, -700, 0):
            driver.stand_still_until(due_at + timedelta(hours=hours))
            driver.settle()
        assert (len(letters), len(bench.rows(Event))) == (told, events)


class TestEndlessWork:
    def test_what_never_settles_is_named(self, scratch, bench, monkeypatch):
        bench.propose()
        monkeypatch.setattr(driving, "_MOST_CHUNKS", 1)
        with pytest.raises(Unsettled, match=r"2026-10-05T07:00:00\+00:00 does not settle; still to be done: .*: 1"):
            Driver(scratch).settle()

    def test_work_that_nobody_can_do_is_named(self, scratch, bench):
        bench.propose()
        with scratch.app.db.write() as connection:
            lease = {"name": "stage:proposal", "holder": "somebody", "expires_at": BEGIN + timedelta(seconds=30)}
            connection.execute(table(Lease).insert().values(**lease))
        with pytest.raises(Unsettled, match="proposal: 1"):
            Driver(scratch).settle()


class TestRepeatability:
    def test_the_same_seed_gives_the_same_rows_and_the_same_mails(self, tmp_path):
        def once(name: str) -> tuple[str, list[Letter]]:
            kept = []
            start = Start(settings_of(tmp_path / "home"), BEGIN, seed=3)
            people = PEOPLE.read_bytes()
            with empty_scratch(start, tmp_path / name, charter=CHARTER, people=people, outbox=Outbox(kept.append)) as made:
                proposed(Desk(made.app, made.time))
                Driver(made).run_until(BEGIN + timedelta(days=120))
                return dump(made), kept

        first, second = once("one"), once("two")
        assert first[1]
        assert first == second

    def test_a_folder_that_has_a_database_is_refused(self, tmp_path):
        start = Start(settings_of(tmp_path / "home"), BEGIN)
        (tmp_path / "scratch").mkdir()
        (tmp_path / "scratch" / "passerelle.db").touch()
        with (
            pytest.raises(Refused, match="scratch_used"),
            empty_scratch(start, tmp_path / "scratch", charter=CHARTER, people=PEOPLE.read_bytes()),
        ):
            pass


class TestCopies:
    def test_a_copy_holds_every_row_and_lives_on_without_touching_the_home(self, desk):
        number = desk.to_technical()
        before, end = desk.counts(), desk.rows(Deadline)
        start = Start(desk.app.settings, desk.app.clock.now())
        with copied_scratch(start, desk.app.db) as scratch:
            copy = Desk(scratch.app, scratch.time)
            assert copy.counts() == before
            assert [tuple(row) for row in copy.rows(Event)] == [tuple(row) for row in desk.rows(Event)]
            Driver(scratch).run_until(start.moment + timedelta(days=90))
            assert "review.closed" in copy.topics(number)
            assert scratch.outbox.mails
            place = scratch.app.settings.home
        assert not place.exists()
        assert (desk.counts(), desk.rows(Deadline)) == (before, end)

    def test_leases_and_stops_of_the_home_do_not_hold_a_copy_up_and_its_links_open_nothing_there(self, light_desk):
        light_desk.propose()
        with light_desk.app.db.write() as connection:
            lease = {"name": "stage:proposal", "holder": "somebody", "expires_at": light_desk.watch() + timedelta(hours=3)}
            connection.execute(table(Lease).insert().values(**lease))
            connection.execute(table(Home).update().values(stopped_at=light_desk.watch(), stopped_why="panne"))
        with copied_scratch(Start(light_desk.app.settings, light_desk.app.clock.now()), light_desk.app.db) as scratch:
            Driver(scratch).settle()
            assert scratch.outbox.mails
            copy = Desk(scratch.app, scratch.time).rows(Home)[0]
            assert copy.secret != light_desk.rows(Home)[0].secret
            assert copy.kind == "rehearsal"

    def test_attached_files_are_read_where_they_lie_and_new_ones_stay_in_the_copy(self, light_desk):
        number = light_desk.propose()
        light_desk.app.settings.attachments.mkdir(exist_ok=True)
        sha256 = store(light_desk.app.settings, b"plan")
        values = {"file_name": "plan.txt", "media_type": "text/plain", "size": 4, "sha256": sha256}
        light_desk.execute(Verb.ATTACH, number, CLERK, **values)
        with copied_scratch(Start(light_desk.app.settings, light_desk.app.clock.now()), light_desk.app.db) as scratch:
            assert read(scratch.app.settings, sha256) == b"plan"
            other = store(scratch.app.settings, b"another")
            assert not content_path(light_desk.app.settings, other).exists()


def test_chat_rooms_are_told_without_reading_their_address(scratch, letters):
    say_in_room(scratch.app, scratch.outbox, "env:NOT_SET_ANYWHERE", "key", ("Titre", "Texte"))
    assert [(line.room, line.title) for line in letters] == [("env:NOT_SET_ANYWHERE", "Titre")]
