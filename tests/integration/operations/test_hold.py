"""A restored home does nothing by itself until it is let go on, and never sends what the first home may have sent."""

import json
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest
from builders import Desk, Ids, Mailbox, provision, settings_of

from models.errors import Refused
from models.events import Stage
from models.tables import Delivery
from notifications.sink import running_sink
from services import leases
from services.backup import back_up
from services.bootstrap import open_app
from services.clock import Clock
from services.going_on import go_on
from services.hold import held
from services.prefect_api import PrefectApi
from services.relay import Relay
from services.restore import restore
from services.stages import run_deliveries, run_stage
from services.wakes import work


@pytest.fixture
def mails(tmp_path):
    """The mail server to which both homes send."""
    with running_sink(tmp_path / "mails") as port:
        yield Mailbox(f"smtp://127.0.0.1:{port}", tmp_path / "mails")


@pytest.fixture
def first(light_desk, mails):
    """The first home: an action sent, another half-sent, a third not reacted to yet."""
    desk = light_desk.through(mails.url)
    desk.propose()
    desk.run(Stage.PROPOSAL)
    desk.to_technical()
    one = desk.rows(Delivery, state="ready")[0]
    with desk.app.db.write() as connection:
        rows = Delivery.__table__
        connection.execute(rows.update().where(rows.c.id == one.id).values(state="sending", attempts=1))
    desk.propose()
    return desk


@pytest.fixture
def second(tmp_path, watch, mails):
    """Restores a backup into a home of its own."""
    opened = []

    def make(done):
        settings = settings_of(tmp_path / "second", PASSERELLE_SMTP_URL=mails.url)
        restore(done.path, settings, watch())
        app = replace(open_app(settings), clock=Clock(timedelta, watch), ids=Ids(10**9))
        opened.append(app)
        return Desk(app, watch, count(1_000))

    yield make
    for app in opened:
        app.close()


def run_everything(desk):
    """What workers would do: every stage and the catching-up of deliveries, until nothing moves."""
    for _ in range(3):
        reports = [run_stage(desk.app, stage, holder="worker", gate=lambda: None) for stage in Stage]
        reports.append(run_deliveries(desk.app, holder="worker", gate=lambda: None))
    return {report.stopped for report in reports}


def refusal(call, *args, **more):
    with pytest.raises(Refused) as refused:
        call(*args, **more)
    return [problem.code for problem in refused.value.problems]


def test_a_restored_home_takes_no_step_and_sends_nothing(first, second, mails):
    done = back_up(first.app)
    restored = second(done)
    told, counted = mails.told(), restored.counts()
    assert run_everything(restored) == {"busy"}
    assert (mails.told(), restored.counts()) == (told, counted)
    with restored.app.db.read() as connection:
        assert held(connection).taken_at == done.manifest.taken_at


def test_people_may_act_in_a_held_home(first, second):
    restored = second(back_up(first.app))
    number = restored.propose(provision(5))
    assert restored.topics(number) == ["action.proposed"]


def test_two_homes_from_one_backup_tell_nobody_twice(first, second, mails, watch):
    """The first home lives on after its backup; the second goes on much later: each mail arrives once, the rest is uncertain."""
    restored = second(back_up(first.app))
    run_everything(first)
    watch.advance(days=30)
    done = go_on(restored.app, send=False)
    run_everything(restored)
    arrived = Counter((mail["Message-ID"], mail["To"].addresses[0].addr_spec) for mail in mails.mails())
    assert set(arrived.values()) == {1}
    states = Counter(row.state for row in restored.rows(Delivery))
    assert (done.steps > 0, done.uncertain > 0, done.waiting) == (True, True, 0)
    assert states.keys() <= {"sent", "uncertain"}
    assert {mail["Message-ID"] for mail in mails.mails()} <= {
        f"<{row.id}@{domain}>" for row in first.rows(Delivery) for domain in domains(mails)
    }


def domains(mails):
    return {str(mail["Message-ID"]).strip("<>").rpartition("@")[2] for mail in mails.mails()}


def test_after_it_went_on_a_restored_home_lives_as_any_other(first, second, mails, watch):
    restored = second(back_up(first.app))
    go_on(restored.app, send=False)
    before = len(mails.mails())
    watch.advance(seconds=1)
    restored.propose(provision(5))
    run_everything(restored)
    assert len(mails.mails()) > before
    assert work(restored.app.db, restored.app.clock.now(), restored.app.clock.wall()) == {}


def test_a_home_that_was_stopped_and_moved_sends_what_waited_but_not_what_was_on_its_way(first, second):
    waiting = {row.id for row in first.rows(Delivery, state="ready")}
    [on_its_way] = first.rows(Delivery, state="sending")
    restored = second(back_up(first.app))
    done = go_on(restored.app, send=True)
    run_everything(restored)
    sent = {row.id for row in restored.rows(Delivery, state="sent")}
    assert (done.uncertain, waiting <= sent, done.waiting >= len(waiting)) == (1, True, True)
    assert [row.id for row in restored.rows(Delivery, state="uncertain")] == [on_its_way.id]


def with_news_that_waits(desk):
    """One message for later, two that a digest on its way tells, two that a digest still to leave tells."""
    rows, wall = Delivery.__table__, desk.watch()
    copy = desk.rows(Delivery, state="ready")[0]._asdict()
    later, sending, ready = (desk.app.ids() for _ in range(3))
    waits = [(later, "scheduled", None), (sending, "sending", None), (ready, "ready", None)]
    waits += [(desk.app.ids(), "held", digest) for digest in (sending, sending, ready, ready)]
    with desk.app.db.write() as connection:
        for one, state, into in waits:
            message = {"message": "digest", "event_id": None} if into is None and state != "scheduled" else {}
            own = {"id": one, "unique_key": f"waits-{one}", "state": state, "folded_into": into, "not_before": wall + timedelta(days=3)}
            connection.execute(rows.insert().values(**{**copy, **own, **message}))
    return later, sending, ready


def test_what_waits_for_a_better_hour_is_uncertain_in_a_home_whose_first_may_have_told_it(first, second, watch):
    later, sending, ready = with_news_that_waits(first)
    restored = second(back_up(first.app))
    assert go_on(restored.app, send=False).waiting == 0
    watch.advance(days=30)
    run_everything(restored)
    for digest in (sending, ready):
        assert {(row.state, row.reason) for row in restored.rows(Delivery, folded_into=digest)} == {("uncertain", "restored")}
    assert [restored.rows(Delivery, id=one)[0].state for one in (later, sending, ready)] == ["uncertain"] * 3


def test_what_waits_for_a_better_hour_leaves_at_it_from_a_home_that_was_moved(first, second, watch):
    later, sending, ready = with_news_that_waits(first)
    restored = second(back_up(first.app))
    go_on(restored.app, send=True)
    run_everything(restored)
    assert [restored.rows(Delivery, id=one)[0].state for one in (later, sending, ready)] == ["scheduled", "uncertain", "sent"]
    assert [{row.state for row in restored.rows(Delivery, folded_into=one)} for one in (sending, ready)] == [{"uncertain"}, {"sent"}]
    watch.advance(days=4)
    run_everything(restored)
    assert restored.rows(Delivery, id=later)[0].state == "sent"


def test_a_home_that_was_at_work_is_not_taken_for_a_stopped_one(first, second, watch):
    assert leases.take(first.app.db, "worker", "somebody", watch(), 15)
    restored = second(back_up(first.app))
    assert refusal(go_on, restored.app, send=True) == ["home_was_at_work"]
    assert go_on(restored.app, send=False).uncertain > 0


def test_a_home_that_is_not_held_cannot_be_let_go_on(first, second):
    assert refusal(go_on, first.app, send=False) == ["home_not_held"]
    restored = second(back_up(first.app))
    go_on(restored.app, send=False)
    assert refusal(go_on, restored.app, send=False) == ["home_not_held"]


def test_no_stage_of_a_held_home_is_woken_until_it_goes_on(first, second):
    restored = second(back_up(first.app))
    with recording_prefect() as (api, woken):
        relay = Relay(restored.app, api)
        relay.look()
        assert woken == []
        go_on(restored.app, send=True)
        relay = Relay(restored.app, api)
        restored.propose(provision(5))
        relay.look()
        assert "passerelle.wake.proposal" in woken


@contextmanager
def recording_prefect():
    """A server that answers as a Prefect at rest does, and keeps the wakes that it was sent."""
    woken = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            if self.path.endswith("/events"):
                woken.extend(event["event"] for event in body if ".wake." in event["event"])
            deployment = {"id": "00000000-0000-0000-0000-000000000001", "paused": False, "work_pool_name": "passerelle"}
            answer = json.dumps([] if self.path.endswith("/filter") else {"token": "t", **deployment}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815  # the library's name

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        with PrefectApi(f"http://127.0.0.1:{server.server_port}/api", "passerelle:secret") as api:
            yield api, woken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
