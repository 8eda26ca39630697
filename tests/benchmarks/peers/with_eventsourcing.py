"""eventsourcing: each transition loads the aggregate, decides, and saves one event. It keeps no row of the state and no outbox beside the log.

Usage: FOLDER INSTANCES. Prints one JSON object: transitions and seconds. SQLite in WAL with its default, synchronous=FULL.
"""

import json
import sys
import time
from pathlib import Path

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

TRANSITIONS = 8


class Action(Aggregate):
    """An action that moves from state to state."""

    @event("Proposed")
    def __init__(self):
        self.state = 0

    @event("Moved")
    def move(self, state, actor, via, note):  # noqa: ARG002  # the event keeps them
        if state != self.state + 1:
            raise ValueError("not a legal move")
        self.state = state


class Actions(Application):
    """The application service."""

    def propose(self):
        action = Action()
        self.save(action)
        return action.id

    def move(self, action_id, state):
        action = self.repository.get(action_id)
        action.move(state=state, actor="seat-017", via="cli", note="x" * 90)
        self.save(action)


def main():
    folder, instances = Path(sys.argv[1]), int(sys.argv[2])
    actions = Actions(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "eventsourcing.db")})
    ids = [actions.propose() for _ in range(instances)]
    begun = time.perf_counter()
    for action_id in ids:
        for state in range(1, TRANSITIONS + 1):
            actions.move(action_id, state)
    print(json.dumps({"transitions": instances * TRANSITIONS, "seconds": time.perf_counter() - begun}))  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
