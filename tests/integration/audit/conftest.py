"""A home with two lives in it, and somebody who owns its database and writes to it past every rule."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from builders import CLERK, Desk, Ids, Watch, body_of, changed_charter, install_at, provision, settings_of
from databases import Kept, kept
from sqlmodel import SQLModel

from models.chain import genesis, link
from models.commands import Actor, Via
from models.lifecycle import State, Verb
from models.tables import (
    Action,
    Attachment,
    Blocker,
    Conflict,
    Decision,
    Deliberation,
    EarlyOpinion,
    Event,
    Milestone,
    Opinion,
    Proxy,
    Report,
    Reservation,
    Review,
    Words,
    table,
)
from services.audit import verify
from services.bootstrap import App, open_app
from services.clock import Clock
from services.forms import FinalReportForm
from services.log import read_log

EVENT, ACTION = table(Event), table(Action)


def live(desk: Desk) -> str:
    """A whole life that writes to every table the log accounts for."""
    charter = desk.app.settings.home / "proxies.yaml"
    desk.under(changed_charter(charter, lambda it: body_of(it, "cotech")["rules"].update(proxies_per_holder=1)))
    number = desk.to_technical()
    desk.execute(Verb.KEEP_OPINION, number, "COPIL-03", body="copil", voter="COPIL-03", opinion="favourable")
    desk.execute(Verb.ATTACH, number, file_name="plan.pdf", media_type="application/pdf", size=1000, sha256="a" * 64)
    desk.opine(number, "cotech", "with_reservations", seats=("COTECH-01",))
    desk.execute(Verb.DECLARE_CONFLICT, number, "COTECH-07", concerned="COTECH-07", kind="family", reason="Sa sœur pilote l'action")
    desk.opine(number, "cotech", seats=("COTECH-01", "COTECH-05"))
    represented(desk, number)
    desk.opine(number, "cotech", "with_reservations", seats=("COTECH-03",))
    desk.settle()
    desk.decide(number, "approve", reference="Compte rendu du 5 octobre")
    desk.settle()
    proof = {"partner": "ville", "deliberation": "adopted", "decided_on": desk.today, "document": "a" * 64}
    desk.execute(Verb.RECORD_DELIBERATION, number, reference="Délibération 118", **proof)
    desk.execute(Verb.START, number)
    desk.report(number, 50, reached=(1,))
    desk.execute(Verb.RAISE_BLOCKER, number, body="cotech", since=date(2026, 10, 1), reason="Le local n'est pas libre")
    desk.execute(Verb.LIFT_BLOCKER, number, blocker=1, reason="Un autre local est trouvé")
    desk.execute(Verb.AMEND, number, sheet=provision(indicators="Nombre de passages"))
    desk.execute(Verb.LIFT_RESERVATION, number, reservation=1, reason="Le devis est joint")
    desk.execute(Verb.COMPLETE, number, reason="Tout est fait")
    desk.settle()
    desk.ask(FinalReportForm(seat=CLERK, action=number, results="Résultats", lessons="Leçons"))
    desk.settle()
    assert desk.state(number) is State.CLOSED
    return number


def represented(desk: Desk, number: str) -> None:
    """One proxy is taken back, another is used."""
    for giver in ("COTECH-04", "COTECH-06"):
        desk.execute(Verb.GIVE_PROXY, number, giver, body="cotech", giver=giver, holder="COTECH-05", until=date(2026, 10, 20))
        if giver == "COTECH-04":
            desk.execute(Verb.REVOKE_PROXY, number, giver, body="cotech", giver=giver)
    actor = Actor(seat="COTECH-05", on_behalf_of="COTECH-06", via=Via.LINK)
    said = {"voter": "COTECH-06", "holder": "COTECH-05", "opinion": "favourable"}
    desk.execute(Verb.VOTE_BY_PROXY, number, actor=actor, body="cotech", **said)
    desk.opine(number, "cotech", seats=("COTECH-04",))


def live_twice(desk: Desk) -> None:
    """One action that was closed, and another that is under review."""
    live(desk)
    desk.to_technical(provision(1))
    desk.app.close()


@dataclass
class Owner:
    """Whoever owns the database: writes what they like, and can take it back."""

    desk: Desk
    number: str

    @property
    def app(self) -> App:
        return self.desk.app

    @contextmanager
    def at_work(self) -> Iterator[sa.Connection]:
        """A connection on which nothing is checked."""
        sqlite = self.app.db.is_sqlite
        with self.app.db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF" if sqlite else "SET session_replication_role = replica")
            yield connection
            connection.commit()
            connection.exec_driver_sql("PRAGMA foreign_keys=ON" if sqlite else "SET session_replication_role = origin")
            connection.commit()

    @contextmanager
    def undoing(self, *kinds: type[SQLModel]) -> Iterator[None]:
        """Whatever happens to these tables meanwhile is taken back at the end."""
        kept = {}
        with self.app.db.read() as connection:
            for rows in map(table, kinds):
                kept[rows] = [dict(row) for row in connection.execute(sa.select(rows)).mappings()]
        yield
        with self.at_work() as connection:
            for rows, before in kept.items():
                connection.execute(rows.delete())
                if before:
                    connection.execute(rows.insert(), before)

    @property
    def action_id(self) -> int:
        with self.app.db.read() as connection:
            return connection.execute(sa.select(ACTION.c.id).where(ACTION.c.number == self.number)).scalar_one()

    def events(self) -> list[Any]:
        with self.app.db.read() as connection:
            query = sa.select(EVENT).where(EVENT.c.action_id == self.action_id).order_by(EVENT.c.seq)
            return list(connection.execute(query).mappings())

    def change(self, kind: type[SQLModel], which: Any, **values: Any) -> None:
        """Set columns of the rows that meet a condition; it must meet some."""
        with self.at_work() as connection:
            assert connection.execute(table(kind).update().where(which).values(**values)).rowcount

    def delete(self, kind: type[SQLModel], which: Any) -> None:
        with self.at_work() as connection:
            assert connection.execute(table(kind).delete().where(which)).rowcount

    def change_event(self, position: int, **values: Any) -> None:
        self.change(Event, EVENT.c.position == position, **values)

    def rechain(self) -> None:
        """Hash the whole log of the action anew, and let its row agree."""
        action_id = self.action_id
        with self.at_work() as connection:
            head, seq = genesis("vda-lille", self.number), 0
            for content in read_log(connection, action_id):
                head, seq = link(head, content), content.seq
                connection.execute(EVENT.update().where(EVENT.c.action_id == action_id, EVENT.c.seq == seq).values(hash=head))
            connection.execute(ACTION.update().where(ACTION.c.id == action_id).values(head=head, sealed=seq, version=seq))

    def remove(self) -> None:
        """Delete the action and everything that belongs to it."""
        mine, reviews = self.action_id, table(Review)
        self.delete(Opinion, table(Opinion).c.review_id.in_(sa.select(reviews.c.id).where(reviews.c.action_id == mine)))
        for kind in (
            Event,
            Reservation,
            Blocker,
            EarlyOpinion,
            Review,
            Decision,
            Report,
            Conflict,
            Proxy,
            Deliberation,
            Milestone,
            Attachment,
            Words,
        ):
            self.delete(kind, table(kind).c.action_id == mine)
        self.delete(Action, ACTION.c.id == mine)

    def found(self, **how: Any) -> list[tuple[str, str, int | None]]:
        """What the audit finds: code, action and seq of each finding."""
        return [(finding.code, finding.action, finding.seq) for finding in verify(self.app, **how).findings]


@pytest.fixture(scope="session")
def lived_sqlite(sqlite_template, tmp_path_factory) -> Path:
    """The database of a home in which one action was closed and another is under review, made once."""
    home = tmp_path_factory.mktemp("lived")
    shutil.copy(sqlite_template, home / "passerelle.db")
    live_twice(desk_at(home, f"sqlite:///{home / 'passerelle.db'}"))
    return home / "passerelle.db"


@pytest.fixture(scope="session")
def lived_postgres(postgres_server, tmp_path_factory) -> Iterator[Kept]:
    """The same on PostgreSQL."""
    home = tmp_path_factory.mktemp("lived_postgres")

    def fill(url: str) -> None:
        install_at(home, url)
        live_twice(desk_at(home, url))

    with kept(postgres_server, f"passerelle_lived_{os.getpid()}", fill) as database:
        yield database


@pytest.fixture
def of_sqlite(lived_sqlite, tmp_path) -> str:
    """A copy of the lived home on SQLite."""
    shutil.copy(lived_sqlite, tmp_path / "passerelle.db")
    return f"sqlite:///{tmp_path / 'passerelle.db'}"


@pytest.fixture
def of_postgres(lived_postgres) -> str:
    """The lived home on PostgreSQL, as it was at first."""
    return lived_postgres.fresh()


def desk_at(home: Path, url: str, first: int = 1) -> Desk:
    """A desk on a database, on its own Monday."""
    app, watch = open_app(settings_of(home, url)), Watch()
    return Desk(replace(app, clock=Clock(app.clock._offset, watch), ids=Ids(first)), watch, count(first))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def owner(request, tmp_path) -> Iterator[Owner]:
    """The owner of a lived home, once on each database; the audit finds nothing to say yet."""
    desk = desk_at(tmp_path, request.getfixturevalue(f"of_{request.param}"), first=1_000_000)
    owner = Owner(desk, "A-2026-001")
    assert owner.found() == []
    yield owner
    desk.app.close()
