"""Who is at work in a storm: secretaries, runs of the stages, a relay, the mail server. Each goes on until it is killed."""

import json
import random  # noqa: TID251  # drawn from the storm's seed
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from builders import CHARTER, CLERK, CONVENTION, PEOPLE, STEERING_CLERK, provision, settings_of
from sqlalchemy.exc import DBAPIError
from storms.time_together import SharedClock

from models.commands import COMMANDS, Actor, Command, Via
from models.errors import Refused
from models.events import Stage
from models.lifecycle import State, Verb
from models.tables import Action, table
from notifications.sink import serve
from services.bootstrap import App, open_app
from services.clock import Clock, local_day, new_id
from services.dispatch import execute
from services.faults import is_database_away
from services.operations import install
from services.prefect_api import PrefectApi
from services.relay import run_relay
from services.stages import run_deliveries, run_stage

_ACTION = table(Action)
_REASON = {"reason": "Motif"}
_TEXTS = {"results": "Résultats", "lessons": "Leçons"}
_VOICES = ("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COPIL-01", "COPIL-03", "COPIL-04")
_IN_STATE: dict[str, tuple[tuple[Verb, str, dict[str, Any]], ...]] = {
    State.SUBMITTED: ((Verb.WITHDRAW, CLERK, _REASON),),
    State.RETURNED: ((Verb.WITHDRAW, CLERK, _REASON), (Verb.RESUBMIT, CLERK, _REASON)),
    State.TECHNICAL_REVIEW: (
        (Verb.RECORD_OPINION, CLERK, {"body": "cotech", "opinion": "favourable"}),
        (Verb.RECORD_OPINION, CLERK, {"body": "cotech", "opinion": "unfavourable"} | _REASON),
        (Verb.CLOSE_REVIEW, CLERK, {"body": "cotech"} | _REASON),
        (Verb.REFER, CLERK, {"body": "cotech"}),
        (Verb.WITHDRAW, CLERK, _REASON),
    ),
    State.STEERING_REVIEW: (
        (Verb.RECORD_OPINION, STEERING_CLERK, {"body": "copil", "opinion": "favourable"}),
        (Verb.CLOSE_REVIEW, STEERING_CLERK, {"body": "copil"} | _REASON),
        (Verb.APPROVE, STEERING_CLERK, {"body": "copil"}),
        (Verb.ADJOURN, STEERING_CLERK, {"body": "copil"} | _REASON),
    ),
    State.ADJOURNED: ((Verb.OPEN_TECHNICAL_REVIEW, CLERK, {"body": "cotech"}),),
    State.APPROVED: ((Verb.START, CLERK, {}),),
    State.IN_PROGRESS: (
        (Verb.REPORT_PROGRESS, CLERK, {"percent": 50, "summary": "Bon début"}),
        (Verb.COMPLETE, CLERK, _REASON),
        (Verb.SUSPEND, CLERK, _REASON),
    ),
    State.SUSPENDED: ((Verb.RESUME, CLERK, {}),),
    State.FINAL_REPORT_DUE: ((Verb.FILE_FINAL_REPORT, CLERK, _TEXTS),),
}
"""What a secretary may think of in each state; the rules refuse some of it."""


def opened(home: str, url: str, clock: str, smtp: str) -> App:
    """The home as the processes of a storm see it: by the clock they share."""
    app = open_app(settings_of(Path(home), url, PASSERELLE_SMTP_URL=smtp))
    return replace(app, clock=Clock(app.clock._offset, SharedClock(Path(clock))))


def secretary(home: str, url: str, clock: str, smtp: str, seed: int, journal: str) -> None:
    """Asks for one thing after another. The journal says what is asked before it is, and what was answered once it is."""
    app, lots = opened(home, url, clock, smtp), random.Random(seed)  # noqa: S311  # as above
    with Path(journal).open("a", encoding="utf-8", buffering=1) as book:
        while True:
            time.sleep(lots.uniform(0.01, 0.05))
            try:
                command = _thought_of(app, lots)
                book.write(json.dumps({"asked": command.model_dump(mode="json")}) + "\n")
                book.write(json.dumps(_answer(app, command)) + "\n")
            except DBAPIError as error:
                if not is_database_away(error):
                    raise


def _answer(app: App, command: Command) -> dict[str, Any]:
    try:
        outcome = execute(app, command)
    except Refused as refused:
        return {"key": command.key, "refused": [problem.code for problem in refused.problems]}
    return {"key": command.key, "number": outcome.number, "version": outcome.version, "event": str(outcome.event)}


def _thought_of(app: App, lots: random.Random) -> Command:
    with app.db.read() as connection:
        known = connection.execute(sa.select(_ACTION.c.number, _ACTION.c.state, _ACTION.c.version)).all()
    row = lots.choice(known) if known else None
    if row is None or lots.random() < 0.25 or row.state not in _IN_STATE:
        sheet = provision(lots.randint(1, 7), **({} if lots.random() < 0.5 else {"description": None}))
        return _command(app, Verb.PROPOSE, CLERK, {"sheet": sheet})
    verb, seat, more = lots.choice(_IN_STATE[row.state])
    voice = {"voter": lots.choice(_VOICES)} if verb is Verb.RECORD_OPINION else {}
    seen = {"expected_version": row.version} if lots.random() < 0.5 else {}
    return _command(app, verb, seat, {"action": row.number} | more | voice | seen)


def _command(app: App, verb: Verb, seat: str, values: dict[str, Any]) -> Command:
    given = {
        "convention": CONVENTION,
        "actor": Actor(seat=seat, via=Via.CLI),
        "occurred_on": local_day(app.clock.now(), "Europe/Paris"),
        "key": new_id().hex,
    }
    return COMMANDS.get(verb, Command)(verb=verb, **given | values)


def runner(home: str, url: str, clock: str, smtp: str, seed: int) -> None:
    """Runs one stage after another, and the deliveries."""
    app, lots = opened(home, url, clock, smtp), random.Random(seed)  # noqa: S311  # as above
    for stage in _drawn(lots):
        try:
            holder = str(new_id())
            if stage is None:
                run_deliveries(app, holder=holder, gate=lambda: None)
            else:
                run_stage(app, stage, holder=holder, gate=lambda: None)
        except DBAPIError as error:
            if not is_database_away(error):
                raise
        time.sleep(0.01)


def _drawn(lots: random.Random) -> Iterator[Stage | None]:
    while True:
        yield lots.choice((*Stage, None))


def relay(home: str, url: str, clock: str, smtp: str, prefect: str) -> None:
    """Tells Prefect, or what answers as it does."""
    app = opened(home, url, clock, smtp)
    with PrefectApi(prefect, "passerelle:secret") as api:
        run_relay(app, api, threading.Event())


def sink(port: int, mailbox: str) -> None:
    """Takes mails."""
    serve("127.0.0.1", port, Path(mailbox))


def rehearse() -> None:
    """Play every part once on a home that nobody sees: what is loaded and prepared then, those who are brought up later find ready."""
    with TemporaryDirectory() as folder:
        app, _ = install(settings_of(Path(folder)), kind="rehearsal", charter=CHARTER, people=PEOPLE)
        for number in range(1, 8):
            execute(app, _command(app, Verb.PROPOSE, CLERK, {"sheet": provision(number)}))
        for stage in Stage:
            run_stage(app, stage, holder="rehearsal", gate=lambda: None)
        app.close()


ROLES = {"secretary": secretary, "runner": runner, "relay": relay, "sink": sink}
