"""Everything that waits to leave: messages to people and posts to programs, at the same time, so that neither waits for the other."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from services.bootstrap import App
from services.deliveries import Gate, deliver
from services.webhooks.keeping import tidy
from services.webhooks.lanes import lanes

_LOOK_SECONDS = 1.0


class Left(NamedTuple):
    """How many messages, and how many posts, came to which state; and why it ended early, if it did."""

    sent: Mapping[str, int]
    posted: Mapping[str, int]
    stopped: str | None


def send_everything(app: App, gate: Gate) -> Left:
    """Send whatever waits until nothing can be sent now. While receivers of posts take their time, messages that come meanwhile leave too."""
    tidy(app)
    sent: Counter[str] = Counter()
    with lanes(app) as posting:
        while (stopped := posting.look(gate)) is None:
            done, stopped = deliver(app, gate=gate, stage=None, seconds=None)
            sent += Counter(done)
            if stopped is not None or not posting.at_work(_LOOK_SECONDS):
                break
    return Left(dict(sent), dict(posting.counts), stopped)
