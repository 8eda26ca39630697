"""A restored home posts nothing that the home it was may have posted; scratch copies post nothing at all."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from builders import CONVENTION, Desk, Ids, settings_of
from receivers import pass_on, post_everything

from models.tables import Webhook, WebhookDelivery
from services.backup import back_up
from services.bootstrap import open_app
from services.clock import Clock
from services.going_on import go_on
from services.restore import restore
from services.timelapse.driver import Driver
from services.timelapse.scratch import Start, copied_scratch
from services.webhooks.journal import redeliver_lost


@pytest.fixture
def first(light_desk, receiver, subscribe):
    """A home that owes a post, and has an event that was not passed on yet."""
    light_desk.secret = subscribe(light_desk, receiver.url).secret
    light_desk.propose()
    pass_on(light_desk)
    light_desk.propose()
    light_desk.settle()
    light_desk.post()
    return light_desk


@pytest.fixture
def second(first, tmp_path, watch):
    """The same home, restored elsewhere."""
    settings = settings_of(tmp_path / "second")
    restore(back_up(first.app).path, settings, watch())
    app = replace(open_app(settings), clock=Clock(timedelta, watch), ids=Ids(10**9))
    yield Desk(app, watch, count(1_000))
    app.close()


def test_a_home_that_is_held_posts_nothing_and_once_let_go_nothing_of_before(second, receiver):
    pass_on(second)
    assert (post_everything(second), receiver.heard) == ({}, [])
    second.propose()
    go_on(second.app, send=False)
    pass_on(second)
    post_everything(second)
    assert receiver.heard == []
    assert {(row.state, row.reason) for row in second.rows(WebhookDelivery)} == {("dead", "restored")}
    lost = len(second.rows(WebhookDelivery))
    second.propose()
    pass_on(second)
    assert post_everything(second) == {"sent": 1}
    assert redeliver_lost(second.app, CONVENTION, 1) == lost
    assert post_everything(second) == {"sent": lost}


def test_a_home_that_was_moved_posts_what_waited_signed_by_the_same_secret(first, second, receiver):
    go_on(second.app, send=True)
    pass_on(second)
    post_everything(second)
    assert len(receiver.heard) == len(second.rows(WebhookDelivery)) > 1
    assert all(heard.is_signed_by(first.secret) for heard in receiver.heard)


def test_a_scratch_copy_knows_no_programs(first, receiver):
    with copied_scratch(Start(first.app.settings, first.watch()), first.app.db) as scratch:
        there = Desk(scratch.app, first.watch)
        assert there.rows(Webhook) + there.rows(WebhookDelivery) == []
        Driver(scratch).run_until(first.watch() + timedelta(days=5))
    assert receiver.heard == []
