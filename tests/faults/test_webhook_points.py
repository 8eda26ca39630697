"""Passing events on and posting them, broken off at each commit and each post: every program hears of every event, at least once and under one id."""

from collections import Counter
from dataclasses import replace

import pytest
from builders import CONVENTION, provision
from faults.points import Break, Crash, Kind, breaking
from receivers import pass_on, receiving
from servers import prefect_like_server
from sqlalchemy.exc import DBAPIError

from models.tables import Event, WebhookDelivery, WebhookTry
from services.meter import Meter
from services.prefect_api import PrefectApi
from services.relay import Relay
from services.stages import run_deliveries
from services.webhooks.receivers import add

EVENTS = 2


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


def tell(desk, prefect):
    """The relay, then a run of the deliveries, each as a process of its own would."""
    with PrefectApi(prefect.url, "passerelle:secret") as api:
        Relay(desk.app, api).publish()
    run_deliveries(desk.app, holder="broken", gate=lambda: None)


def broken_off(desk, interruption):
    with prefect_like_server() as prefect, breaking(interruption):
        try:
            tell(desk, prefect)
        except (Crash, DBAPIError):
            assert interruption.broke
    desk.app.close()
    desk.app = replace(desk.app, meter=Meter())


def come_to_rest(desk):
    """What a new process does, with the pauses that it may take."""
    for _ in range(6):
        desk.watch.advance(seconds=200)
        pass_on(desk)
        run_deliveries(desk.app, holder="after", gate=lambda: None)


def points_of(desk):
    desk.propose(provision(1))
    desk.propose(provision(2))
    desk.post()
    broken_off(desk, whole := Break())
    return whole.points


@pytest.mark.parametrize("kind", Kind)
def test_whatever_is_broken_off_every_event_is_posted_at_least_once_under_its_id(desk, receiver, kind):
    add(desk.app, CONVENTION, receiver.url, (), "operator")
    points = points_of(desk)
    assert points.count("post") == EVENTS
    for at, point in enumerate(points):
        receiver.heard.clear()
        before = {row.id for row in desk.rows(Event)}
        desk.propose(provision(1))
        desk.propose(provision(2))
        broken_off(desk, interruption := Break(kind, at))
        assert interruption.broke, (at, point)
        come_to_rest(desk)
        happened = {str(row.id) for row in desk.rows(Event) if row.id not in before}
        heard = Counter(one.id for one in receiver.heard)
        assert (set(heard), max(heard.values()) <= 2) == (happened, True), (at, point)
        assert len({(one.id, one.body) for one in receiver.heard}) == EVENTS, (at, point)
        assert {row.state for row in desk.rows(WebhookDelivery)} == {"sent"}, (at, point)
    assert len(desk.rows(WebhookDelivery)) == len(desk.rows(Event)) == EVENTS * (len(points) + 1)
    assert len(desk.rows(WebhookTry)) <= sum(row.tries for row in desk.rows(WebhookDelivery))


def test_a_post_whose_sender_died_is_made_again_by_another_and_not_while_it_may_still_be_under_way(desk, receiver):
    add(desk.app, CONVENTION, receiver.url, (), "operator")
    points = points_of(desk)
    desk.propose(provision(3))
    receiver.heard.clear()
    broken_off(desk, Break(Kind.DIES_AFTER, points.index("post")))
    (event,) = [row for row in desk.rows(Event) if row.seq == 1][-1:]
    assert [one.id for one in receiver.heard] == [str(event.id)]
    desk.watch.advance(seconds=59)
    run_deliveries(desk.app, holder="broken", gate=lambda: None)  # its own lease, which it holds for a minute
    assert len(receiver.heard) == 1
    desk.watch.advance(seconds=61)
    run_deliveries(desk.app, holder="another", gate=lambda: None)
    assert [one.id for one in receiver.heard] == [str(event.id)] * 2
