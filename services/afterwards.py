"""What is left to do once a stage has dealt with all that it owed: say in one message what fell due together, keep agendas true."""

from collections.abc import Collection

from models.events import Stage
from notifications.catalogue import CATALOGUE
from notifications.kinds import GATHERED
from services.bootstrap import App
from services.folding import gather
from services.meetings.keeping import CHANGES, keep_agendas

_ASKS = frozenset(topic for topic, notices in CATALOGUE.items() if any(notice.message in GATHERED for notice in notices))
"""The events whose messages are gathered."""


def round_off(app: App, stage: Stage, topics: Collection[str]) -> None:
    """``topics``: what the stage dealt with. Should nobody come here, messages leave by themselves, and agendas are looked at by night."""
    if _ASKS.intersection(topics):
        gather(app, stage)
    if CHANGES.intersection(topics):
        keep_agendas(app)
