"""The relay broken off at each of its commits: Prefect hears of everything, and no stage stays asleep."""

from collections import Counter

import pytest
from builders import provision
from faults.points import Break, Crash, Kind, breaking
from servers import prefect_like_server
from sqlalchemy.exc import DBAPIError

from models.tables import Event
from services.prefect_api import PrefectApi
from services.relay import Relay


def look(desk, prefect):
    with PrefectApi(prefect.url, "passerelle:secret") as api:
        Relay(desk.app, api).look()


def broken_off(desk, prefect, interruption):
    with breaking(interruption):
        try:
            look(desk, prefect)
        except (Crash, DBAPIError):
            assert interruption.broke
    desk.app.close()


@pytest.mark.parametrize("kind", Kind)
def test_a_relay_broken_off_at_any_commit_leaves_nothing_untold_and_no_stage_asleep(desk, kind):
    seen = []
    for at in range(3):
        desk.propose(provision(at + 1))
        desk.watch.advance(seconds=61)
        with prefect_like_server() as prefect:
            broken_off(desk, prefect, interruption := Break(kind, at))
            desk.watch.advance(seconds=61)
            look(desk, prefect)
        heard = Counter(event["id"] for event in prefect.events)
        untold = [row.id for row in desk.rows(Event) if row.published_at is None or (row.seq > 1 and str(row.id) not in heard)]
        seen.append((interruption.broke, untold, set(prefect.wakes), max(heard.values()) <= 2))
    assert seen == [(True, [], {"proposal"}, True), (True, [], {"proposal"}, True), (False, [], {"proposal"}, True)]
