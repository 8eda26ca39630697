"""Everything that a running home writes where operators and others look, and what must stand in none of it."""

import sqlite3
from contextlib import closing
from urllib.request import urlopen

import sqlalchemy as sa

from models.tables import Deadline, Delivery, Event, Home, Person, Reaction, table
from services.links import token_of
from services.prefect_env import read_secret

ROOM_TOKEN, GONE_TOKEN = "token-of-the-room", "token-of-the-room-that-is-gone"
"""Part of the addresses of the chat rooms that the home knows."""
_DELIVERY, _HOME, _PERSON = table(Delivery), table(Home), table(Person)


def written(house, app):
    """By place: what stands in the log files, in Prefect's database, in our events and failures, and in the metrics."""
    console = house.folder.parent / "console.txt"
    files = {file.name: file.read_text(encoding="utf-8") for file in (console, *house.settings.logs.iterdir())}
    return {**files, **_prefects_tables(house.settings), **_own_tables(app), **_metrics(house.settings)}


def secrets_of(app):
    """By what it is: the home's and Prefect's secrets, every link that was ever made, and the name and address of every person."""
    with app.db.read() as connection:
        home = bytes(connection.execute(sa.select(_HOME.c.secret)).scalar_one())
        again = sa.select(_DELIVERY.c.link_id).where(_DELIVERY.c.link_id.is_not(None))
        deliveries = connection.execute(sa.select(_DELIVERY.c.id).union(again)).scalars().all()
        people = connection.execute(sa.select(_PERSON.c.code, _PERSON.c.name, _PERSON.c.email)).all()
    user, _, password = read_secret(app.settings.prefect_auth).partition(":")
    links = {f"the link of {each}": token_of(home, each) for each in deliveries}
    persons = {f"the {what} of {person.code}": getattr(person, what) for person in people for what in ("name", "email")}
    return {f"{user}'s password": password, "the home's secret": home.hex(), **links, **persons}


def betrayed(places, secrets):
    """Which secret stands where."""
    texts = {place: text.casefold() for place, text in places.items()}
    return sorted((what, place) for what, secret in secrets.items() for place, text in texts.items() if secret.casefold() in text)


def _prefects_tables(settings):
    (file,) = settings.prefect_home.glob("*.db")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {f"Prefect's {name}": _text(connection.execute(f'SELECT * FROM "{name}"')) for name in names}  # noqa: S608  # its own names


def _own_tables(app):
    answers = sa.select(_DELIVERY.c.code, _DELIVERY.c.answer)
    queries = {"events": sa.select(table(Event)), "reactions": sa.select(table(Reaction)), "deadlines": sa.select(table(Deadline))}
    with app.db.read() as connection:
        return {name: _text(connection.execute(query)) for name, query in {**queries, "answers": answers}.items()}


def _text(rows):
    return "\n".join(str(tuple(row)) for row in rows)


def _metrics(settings):
    return {f"metrics of the {name}": _page(f"http://127.0.0.1:{settings.metrics_port(name)}/metrics") for name in ("relay", "worker")}


def _page(address):
    with urlopen(address, timeout=10) as answer:  # noqa: S310  # of this machine
        return answer.read().decode()
