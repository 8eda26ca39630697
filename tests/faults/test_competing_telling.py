"""Several processes that fold and send at once, and persons who choose anew or are erased meanwhile: no news twice, none lost, no digest torn apart."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import CLERK
from faults.rivals import at_once, codes
from faults.truth import faults_of

from models.database import Database
from models.tables import Delivery, Fanout, Seat, table
from services.bootstrap import App
from services.deliveries import deliver
from services.erasure import erase
from services.folding import fold
from services.preferences import choose

_DELIVERY, _SEAT = table(Delivery), table(Seat)
WEEKLY = {"rhythm": "weekly", "hour": "8", "weekday": "0"}
ROUNDS = 4


@pytest.fixture
def waiting(desk, sink):
    """For every person three pieces of news wait, whose hour has come."""
    desk.through(sink.url)
    events = [desk.events(desk.propose())[0] for _ in range(3)]
    desk.settle()
    wait_for_everybody(desk, events)
    return desk, events


def wait_for_everybody(desk, events, round_=0):
    told = {"message": "action-started", "because": "proposer", "state": "held", "attempts": 0, "details": {}, "channel": "mail"}
    times = {"created_at": desk.watch.moment, "not_before": desk.watch.moment}
    people = sorted({seat.person_id for seat in desk.rows(Seat)})
    with desk.app.db.write() as connection:
        connection.execute(_DELIVERY.delete())
        connection.execute(table(Fanout).delete())
        for event in events:
            each = {**told, **times, "event_id": event.id, "convention": event.convention, "stage": "implementation"}
            rows = [{**each, "id": desk.app.ids(), "unique_key": f"{event.id}:{round_}:{one}", "person_id": one} for one in people]
            connection.execute(_DELIVERY.insert(), rows)
    return people


@contextmanager
def processes(app: App, count: int) -> Iterator[list[App]]:
    """What so many processes would have: an engine each."""
    with ExitStack() as stack:
        found = [replace(app, db=Database(app.settings.database_url)) for _ in range(count)]
        for one in found:
            stack.callback(one.close)
        yield found


def run(app):
    return deliver(app, gate=lambda: None, stage=None, seconds=None)


def digests_by_person(desk):
    return Counter(row.person_id for row in desk.rows(Delivery, message="digest"))


def test_of_several_processes_that_fold_and_send_each_person_gets_one_digest(waiting, sink):
    desk, events = waiting
    with processes(desk.app, 4) as apps:
        for round_ in range(ROUNDS):
            before = len(sink.mails())
            people = wait_for_everybody(desk, events, round_)
            at_once(*(lambda app=app: run(app) for app in apps))
            run(desk.app)
            assert digests_by_person(desk) == dict.fromkeys(people, 1)
            assert len(sink.mails()) - before == len(people)
            assert {row.state for row in desk.rows(Delivery)} == {"sent"}
    assert [fault for fault in faults_of(desk.app) if "not settled" in fault] == []


def test_whoever_chooses_anew_while_a_digest_is_built_is_told_once_now_or_then(waiting):
    desk, events = waiting
    person = desk.rows(Seat, code=CLERK)[0].person_id
    with processes(desk.app, 3) as apps:
        for round_ in range(ROUNDS):
            wait_for_everybody(desk, events, round_)
            tasks = [lambda app=app: run(app) for app in apps[:2]]
            answers = at_once(*tasks, lambda round_=round_: choose(apps[2], person, WEEKLY, round_))
            assert codes(answers) == []
            desk.watch.advance(days=8)
            run(desk.app)
            mine = desk.rows(Delivery, person_id=person)
            assert ({row.state for row in mine}, digests_by_person(desk)[person]) == ({"sent"}, 1)
            desk.watch.advance(days=1)


def test_what_leaves_while_somebody_chooses_anew_is_not_taken_back(waiting):
    desk, _ = waiting
    if desk.app.db.is_sqlite:
        pytest.skip("there, writers stand in line")
    row = desk.rows(Delivery)[0]
    with processes(desk.app, 1) as [other], ThreadPoolExecutor() as threads:
        with desk.app.db.write() as connection:
            connection.execute(_DELIVERY.update().where(_DELIVERY.c.id == row.id).values(state="ready"))
            chosen = threads.submit(choose, other, row.person_id, WEEKLY, 0)
            while not connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one():
                assert not chosen.done()
        chosen.result()
    assert [one.state for one in desk.rows(Delivery, person_id=row.person_id)] == ["ready", "held", "held"]


def test_whoever_is_erased_while_a_digest_is_built_gets_it_once_or_never(waiting, sink):
    desk, _ = waiting
    seat = desk.rows(Seat, code="COTECH-06")[0]
    with desk.app.db.write() as connection:
        connection.execute(_SEAT.update().where(_SEAT.c.person_id == seat.person_id).values(ends_on=desk.today - timedelta(days=1)))
    with processes(desk.app, 2) as apps:
        answers = at_once(lambda: fold(apps[0]), lambda: erase(apps[1], "COTECH-06", carry_out=True))
    assert codes(answers) == []
    run(desk.app)
    assert {row.state for row in desk.rows(Delivery, person_id=seat.person_id)} == {"cancelled"}
    assert [mail for mail in sink.mails() if "erased" in str(mail["To"])] == []
