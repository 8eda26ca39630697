"""What tests build things with: sheets, charters, a clock to move, and a desk from which a secretary would drive the real services."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import cache
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from models.charter import ActionSheet, Charter
from models.commands import COMMANDS, Actor, Command, Via
from models.errors import Refused
from models.events import Stage
from models.lifecycle import State, Verb
from models.tables import Action, Deadline, Delivery, Event, Review, Seat, table
from services.afterwards import round_off
from services.bootstrap import App
from services.charter_loading import load_charter
from services.charter_store import charter_in_force
from services.charters import read_charter
from services.clock import local_day
from services.dispatch import Outcome, execute
from services.forms import (
    AbandonForm,
    CloseReviewForm,
    CompleteForm,
    DecisionForm,
    DraftForm,
    FinalReportForm,
    Form,
    ProgressForm,
    ProposeForm,
    StartForm,
    SuspendForm,
    WithdrawForm,
)
from services.operations import install
from services.requests import send
from services.settings import Settings
from services.stages import StageReport, _chunk, run_stage
from services.wakes import work

ROOT = Path(__file__).parents[1]
CHARTER = ROOT / "deploy/charters/villeneuve-dascq-lille.yaml"
PEOPLE = ROOT / "deploy/charters/villeneuve-dascq-lille.people.csv"
CONVENTION = "vda-lille"
MONDAY = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
"""Nine o'clock in Paris, on a working Monday."""
TODAY = MONDAY.date()
CLERK, STEERING_CLERK = "COTECH-02", "COPIL-02"
PILOT = "COTECH-04"
"""The seat of the person who leads the seventh provision."""
STAGES = tuple(Stage)
NOBODY_LISTENS = "smtp://127.0.0.1:1"


class Watch:
    """The real moment, as far as the test is concerned: it passes only when told to."""

    def __init__(self, moment: datetime = MONDAY) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)

    def go_to(self, day: date, hour: int = 12) -> None:
        self.moment = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


class Ids:
    """Ids that count up, so that a failure can be read."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)

    def __call__(self) -> UUID:
        return UUID(int=next(self._numbers))


def settings_of(home: Path, database_url: str | None = None, **more: str) -> Settings:
    """Settings of a home that sends no mail anywhere, and chat messages and posts to this machine only."""
    named = {"PASSERELLE_DATABASE_URL": database_url} if database_url else {}
    silent = {"PASSERELLE_SMTP_URL": NOBODY_LISTENS, "PASSERELLE_CHAT_HOSTS": "127.0.0.1", "PASSERELLE_WEBHOOK_HOSTS": "127.0.0.1"}
    return Settings.from_environment({"PASSERELLE_HOME": str(home), **silent, **named, **more})


def install_at(home: Path, database_url: str | None = None) -> None:
    """Set a rehearsal home up, with the real charter and the placeholder persons."""
    app, _ = install(settings_of(home, database_url), kind="rehearsal", charter=CHARTER, people=PEOPLE)
    app.close()


@cache
def real_charter() -> Charter:
    return read_charter(CHARTER)


_READ: dict[bytes, Charter] = {}


def read_once(path: Path) -> Charter:
    """``read_charter``, which takes as long as all else in many tests, once in a process for each content."""
    content = path.read_bytes() if path.is_file() else b""
    if not content:
        return read_charter(path)
    if content not in _READ:
        _READ[content] = read_charter(path)
    return _READ[content]


def changed_charter(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The real charter with a change, written to a file (JSON is YAML too, and quicker to write)."""
    document = real_charter().model_dump(mode="json", exclude_none=True)
    change(document)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


NO_RESERVATIONS: Mapping[str, Any] = MappingProxyType({"reservation_days": None, "reservations_block": None})
"""What a body's rules must leave out where its members cannot make reservations."""
IN_SECRET: Mapping[str, Any] = MappingProxyType({"ballot": "secret", "reasons_required_for": [], **NO_RESERVATIONS})
"""Rules of a secret ballot: without the keys that cannot go with one."""


def body_of(document: dict[str, Any], code: str) -> dict[str, Any]:
    return next(body for body in document["bodies"] if body["code"] == code)


def provision(position: int = 7, **changes: Any) -> ActionSheet:
    """One of the seven provisions, by its place; the seventh has no theme, so no group is consulted. The first consults two."""
    return real_charter().provisions[position - 1].model_copy(update=changes)


def propose_form(sheet: ActionSheet | None = None, *, form: type[ProposeForm] = ProposeForm, seat: str = CLERK, **more: Any) -> ProposeForm:
    filled = {name: value for name, value in (sheet or provision()).model_dump().items() if value is not None}
    return form(seat=seat, **filled, **more)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A running mail server and what it kept."""

    url: str
    folder: Path

    def mails(self) -> list[EmailMessage]:
        """Everything that arrived, by recipient and subject."""
        parser = BytesParser(EmailMessage, policy=default)
        found = [parser.parsebytes(file.read_bytes()) for file in (self.folder / "new").iterdir()]
        return sorted(found, key=lambda mail: (str(mail["To"]), str(mail["Subject"])))

    def told(self) -> list[tuple[str, str]]:
        """Address and message of everything that arrived."""
        return sorted((mail["To"].addresses[0].addr_spec, str(mail["Subject"])) for mail in self.mails())


@cache
def _counting() -> sa.CompoundSelect[Any]:
    each = SQLModel.metadata.tables.items()
    return sa.union_all(
        *(sa.select(sa.literal(name).label("name"), sa.func.count().label("number")).select_from(rows) for name, rows in each)
    )


@dataclass
class Desk:
    """Drives the real services as a secretary and the stages' flows would."""

    app: App
    watch: Watch
    _keys: Iterator[int] = field(default_factory=lambda: count(1))

    def through(self, smtp_url: str) -> "Desk":
        """The same desk, with mails going to this server."""
        self.app = replace(self.app, settings=replace(self.app.settings, smtp_url=smtp_url))
        return self

    def under(self, charter: Path) -> "Desk":
        """The same desk, with another charter in force."""
        load_charter(self.app.db, charter, self.app.clock.now())
        return self

    # --- asking -----------------------------------------------------------------------------------------------------------------
    def key(self) -> str:
        return f"test-key-{next(self._keys):05}"

    def ask(self, form: Form, *, key: str | None = None, via: Via = Via.CLI) -> Outcome:
        return send(self.app, form, key=key or self.key(), via=via)

    def refusal(self, form: Form, **how: Any) -> list[str]:
        """The codes of the problems for which a form is refused, sorted; nothing if it is not."""
        try:
            self.ask(form, **how)
        except Refused as refused:
            return sorted(problem.code for problem in refused.problems)
        return []

    def command(self, verb: Verb, number: str | None = None, seat: str | None = CLERK, **more: Any) -> Command:
        """A bare command; ``seat`` None is the system."""
        values: dict[str, Any] = {
            "verb": verb,
            "convention": CONVENTION,
            "action": number,
            "actor": Actor(seat=seat, via=Via.CLI if seat else Via.FLOW),
            "occurred_on": self.today,
            "key": self.key(),
        }
        return COMMANDS.get(verb, Command)(**values | more)

    def execute(self, verb: Verb, number: str | None = None, seat: str | None = CLERK, **more: Any) -> Outcome:
        return execute(self.app, self.command(verb, number, seat, **more))

    @property
    def today(self) -> date:
        return local_day(self.app.clock.now(), "Europe/Paris")

    # --- running ----------------------------------------------------------------------------------------------------------------
    def run(self, stage: Stage, gate: Callable[[], str | None] = lambda: None) -> StageReport:
        return run_stage(self.app, stage, holder="test", gate=gate)

    def settle(self) -> list[tuple[str, str, str]]:
        """Let every stage react to everything that is due, without sending a mail; returns action, topic and outcome of each step."""
        steps = []
        while due := set(work(self.app.db, self.app.clock.now(), self.app.clock.wall())) & set(STAGES):
            for stage in sorted(due, key=STAGES.index):
                done = []
                while lines := _chunk(self.app, stage):
                    done += [(line.action, line.topic, str(line.outcome)) for line in lines]
                round_off(self.app, stage, {topic for _, topic, _ in done})
                steps += done
        return steps

    def post(self) -> None:
        """Let every message that may leave now be sent, without a mail server."""
        with self.app.db.write() as connection:
            ready = table(Delivery).update().where(table(Delivery).c.state == "ready")
            connection.execute(ready.values(state="sent", settled_at=self.app.clock.wall()))

    def quiet(self, stage: Stage) -> Callable[[], str | None]:
        """A gate that ends a run of this stage when there is nothing more to react to, before any mail is sent."""

        def gate() -> str | None:
            return None if stage in work(self.app.db, self.app.clock.now(), self.app.clock.wall()) else "quiet"

        return gate

    # --- looking ----------------------------------------------------------------------------------------------------------------
    def rows(self, kind: type[SQLModel], /, **equal: Any) -> list[Any]:
        rows = table(kind)
        query = sa.select(rows).where(*(rows.c[name] == value for name, value in equal.items())).order_by(*rows.primary_key.columns)
        with self.app.db.read() as connection:
            return list(connection.execute(query).all())

    def dues(self, **equal: Any) -> list[Any]:
        """The deadlines of actions; others belong to bodies, or to the convention itself."""
        return [row for row in self.rows(Deadline, **equal) if row.action_id is not None]

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.app.db.read() as connection:
            return {row.name: row.number for row in connection.execute(_counting())}

    def voting(self, body: str) -> tuple[str, ...]:
        """The voting seats of a body, by code."""
        return tuple(row.code for row in self.rows(Seat, body=body) if row.role in ("chair", "member"))

    def action(self, number: str) -> Any:
        return self.rows(Action, number=number)[0]

    def state(self, number: str) -> State:
        return State(self.action(number).state)

    def events(self, number: str) -> list[Any]:
        return self.rows(Event, action_id=self.action(number).id)

    def topics(self, number: str) -> list[str]:
        return [event.topic for event in self.events(number)]

    def reviews(self, number: str) -> dict[tuple[str, int], Any]:
        return {(row.body, row.round): row for row in self.rows(Review, action_id=self.action(number).id)}

    def charter(self) -> Charter:
        with self.app.db.read() as connection:
            return charter_in_force(connection, CONVENTION)

    # --- the life of an action --------------------------------------------------------------------------------------------------
    def propose(self, sheet: ActionSheet | None = None, **more: Any) -> str:
        return self.ask(propose_form(sheet, **more)).number

    def to_technical(self, sheet: ActionSheet | None = None) -> str:
        """An action in technical review, opened by the proposal stage."""
        number = self.propose(sheet)
        self.settle()
        return number

    def opine(self, number: str, body: str, opinion: str = "favourable", *, seats: tuple[str, ...] | None = None) -> None:
        """The seats, or everybody asked, give this opinion through the technical or the steering committee's secretary."""
        clerk = STEERING_CLERK if body == "copil" else CLERK
        reason = "Motif" if opinion in ("with_reservations", "unfavourable", "adjournment") else None
        for seat in seats or self.last_round(number, body).electorate:
            actor = Actor(seat=clerk, on_behalf_of=seat, via=Via.CLI)
            self.execute(Verb.RECORD_OPINION, number, actor=actor, body=body, voter=seat, opinion=opinion, reason=reason)

    def last_round(self, number: str, body: str) -> Any:
        return max((review for (asked, _), review in self.reviews(number).items() if asked == body), key=lambda row: row.round)

    def to_steering(self, sheet: ActionSheet | None = None) -> str:
        """An action that the technical committee, all in favour, has referred."""
        number = self.to_technical(sheet)
        self.opine(number, "cotech")
        self.settle()
        return number

    def reserving(self, *seats: str, sheet: ActionSheet | None = None) -> str:
        """The same, where these seats are in favour with reservations."""
        number = self.to_technical(sheet)
        self.opine(number, "cotech", "with_reservations", seats=seats)
        self.opine(number, "cotech", seats=tuple(seat for seat in self.last_round(number, "cotech").electorate if seat not in seats))
        self.settle()
        return number

    def decide(self, number: str, outcome: str, *, body: str = "copil", **more: Any) -> Outcome:
        """The body closes its review if it is open, and decides."""
        clerk = STEERING_CLERK if body == "copil" else CLERK
        if self.last_round(number, body).closed_on is None:
            self.ask(CloseReviewForm(seat=clerk, action=number, body=body, reason="Séance tenue"))
        reason = {"reason": "Motif de la décision"} | more
        return self.ask(DecisionForm(seat=clerk, action=number, body=body, outcome=outcome, **reason))

    def to_approved(self, sheet: ActionSheet | None = None) -> str:
        number = self.to_steering(sheet)
        self.decide(number, "approve")
        self.settle()
        return number

    def to_work(self, sheet: ActionSheet | None = None) -> str:
        number = self.to_approved(sheet)
        self.ask(StartForm(seat=CLERK, action=number))
        self.settle()
        return number

    def to_final_report(self, sheet: ActionSheet | None = None) -> str:
        number = self.to_work(sheet)
        self.ask(CompleteForm(seat=CLERK, action=number, reason="Tout est fait"))
        self.settle()
        return number

    def reach(self, state: State) -> str:
        """A new action in this state, by the shortest way that people and stages take."""
        return _WAYS[state](self)

    def _then(self, number: str, form: type[Form], *, settle: bool = True, **more: Any) -> str:
        self.ask(form(seat=CLERK, action=number, **more))
        if settle:
            self.settle()
        return number

    def _decided(self, number: str, outcome: str, body: str = "copil") -> str:
        self.decide(number, outcome, body=body)
        self.settle()
        return number

    def report(self, number: str, percent: int = 50, **more: Any) -> Outcome:
        return self.ask(ProgressForm(**{"seat": CLERK, "action": number, "percent": percent, "summary": "Bon début"} | more))


_WAYS: dict[State, Callable[[Desk], str]] = {
    State.DRAFT: lambda desk: desk.propose(form=DraftForm),
    State.SUBMITTED: lambda desk: desk.propose(),
    State.RETURNED: lambda desk: desk.to_technical(provision(description=None)),
    State.WITHDRAWN: lambda desk: desk._then(desk.propose(), WithdrawForm, reason="Retirée"),
    State.TECHNICAL_REVIEW: Desk.to_technical,
    State.STEERING_REVIEW: Desk.to_steering,
    State.ADJOURNED: lambda desk: desk._decided(desk.to_steering(), "adjourn"),
    State.APPROVED: Desk.to_approved,
    State.REJECTED: lambda desk: desk._decided(desk.to_steering(), "reject"),
    State.IN_PROGRESS: Desk.to_work,
    State.SUSPENDED: lambda desk: desk._then(desk.to_work(), SuspendForm, reason="Travaux"),
    State.COMPLETED: lambda desk: desk._then(desk.to_work(), CompleteForm, reason="Fait", settle=False),
    State.ABANDONED: lambda desk: desk._then(desk.to_work(), AbandonForm, reason="Sans suite"),
    State.FINAL_REPORT_DUE: Desk.to_final_report,
    State.CLOSED: lambda desk: desk._then(desk.to_final_report(), FinalReportForm, results="Résultats", lessons="Leçons"),
}
