"""Homes with a million actions of which no two say the same: one is led through the one door, the others are written after its likeness.

Each has a sheet of its own, in French words as frequent as words are (Zipf), its event with a valid chain, and its document for search.
They are published, owe no stage anything, and stand in the index as indexing them one by one would have put them: a test compares.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from builders import CLERK, provision

from benchmarks.homes import tidy
from benchmarks.lives import Lives
from models.analysis import stems, tokens
from models.chain import FIELDS, document_text, genesis, link
from models.lifecycle import Verb
from models.tables import DOCUMENT, UNINDEXED, VOCABULARY, Action, Counter, Event, Words, table
from services.bootstrap import App
from services.clock import new_id
from services.log import read_log
from services.search.documents import documents_of, facet, laid_out
from services.search.index import catch_up
from services.timelapse.seeds import Random, seeded
from services.work import fingerprint, upsert_into

_ACTION, _EVENT, _WORDS, _COUNTER = table(Action), table(Event), table(Words), table(Counter)
_BATCH = 10_000
_TITLE, _PROSE = 7, 36
_ROOTS = """
action accueil accompagn amenag anim archiv art associ atelier bibliothequ biodivers campus carbon centr chantier citoyen climat cours
cultur debat dechet decouv develop diagnos diffus donn ecol eau emploi energi enquet enseign entrepris equip espac etud evalu event experiment
famill fest form gouvern habit handicap histor inclus inform initi innov insert inter investi jardin jeun laboratoir langu lectur lien log
lumier lycee marais marche mediat mobil mois mus natur numer ouvert parc parcour parten patrimoin pedagog person plan plant pratiqu presen
prevent produc program projet public quart rechercher recycl reemploi region rencontr renov reseau restaur sant scien semain senior servic
social sobri solid soutien spectacl sport stag statist tarif techni territ theatr tissu toitur transit transport urban util vacan veget velo
vill visit volont vulgaris
""".split()  # noqa: SIM905  # a list to be read
_ENDINGS = (
    "",
    "s",
    "e",
    "es",
    "ation",
    "ations",
    "ement",
    "ements",
    "ique",
    "iques",
    "if",
    "ifs",
    "eur",
    "eurs",
    "al",
    "ales",
    "ien",
    "iens",
    "age",
    "ages",
    "ité",
    "ités",
    "erie",
    "iste",
    "istes",
    "é",
    "ée",
    "és",
)
LEXICON = tuple(dict.fromkeys(root + ending for ending in _ENDINGS for root in _ROOTS))
"""Some 4,000 words, in the order of how often they are used."""
Rows = Iterable[Sequence[Any]]


def shelve(app: App, count: int, seed: int = 1) -> None:
    """Load so many actions, one in ten a draft, the others proposed."""
    made = seeded(seed, "shelves")
    lives = Lives(app)
    plain = {"sheet": provision(7, milestones=(), indicators=None)}
    originals = [lives.do(verb, None, CLERK, **plain).number for verb in (Verb.DRAFT, *(Verb.PROPOSE,) * 9)]
    catch_up(app)
    with app.db.write() as connection:
        _bring_to_rest(connection, originals)
        shelf = _Shelf(connection, originals, made)
    for batch in _batches(count - len(originals)):
        with app.db.write() as connection:
            shelf.add(connection, batch)
    with app.db.write() as connection:
        shelf.finish(connection)
    tidy(app.db)


def _batches(count: int) -> Iterator[int]:
    yield from (min(_BATCH, count - start) for start in range(0, count, _BATCH))


def _bring_to_rest(connection: sa.Connection, numbers: Sequence[str]) -> None:
    mine = sa.select(_ACTION.c.id).where(_ACTION.c.number.in_(numbers)).scalar_subquery()
    connection.execute(_EVENT.update().where(_EVENT.c.action_id.in_(mine)).values(owed=None, published_at=_EVENT.c.recorded_at))
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP INDEX document_lexemes")
        connection.exec_driver_sql("ALTER TABLE action DISABLE TRIGGER action_new")


class _Shelf:
    """Writes actions after the likeness of some that are there."""

    def __init__(self, connection: sa.Connection, originals: Sequence[str], made: Random) -> None:
        self._made = made
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(LEXICON))))
        self._stems = {word: tokens(word)[0].stem for word in LEXICON}
        rows = connection.execute(sa.select(_ACTION).where(_ACTION.c.number.in_(originals)).order_by(_ACTION.c.id)).mappings().all()
        self._likes = [_Like(connection, row) for row in rows]
        self._prefix = originals[0].rpartition("-")[0]
        self._last = len(originals)
        self._next = rows[-1]["id"] + 1

    def add(self, connection: sa.Connection, count: int) -> None:
        """Write so many more."""
        actions, events, words, documents = [], [], [], []
        for _ in range(count):
            self._last += 1
            like = self._likes[self._last % len(self._likes)]
            title, prose = self._words(_TITLE), self._words(_PROSE)
            action_id, number = self._next, f"{self._prefix}-{self._last:03d}"
            self._next += 1
            sheet = like.sheet | {"title": f"{' '.join(title).capitalize()}", "description": f"{' '.join(prose)}."}
            one = like.copied(action_id, number, sheet)
            actions.append(one[0]), events.append(one[1]), words.append(one[2])
            documents.append((like.key - like.id + action_id, action_id, like.tokens(number, self._stemmed(title), self._stemmed(prose))))
        for rows, columns, values in (
            (_ACTION, [column.name for column in _ACTION.c], actions),
            (_EVENT, [column.name for column in _EVENT.c if column.name != "position"], events),
            (_WORDS, [column.name for column in _WORDS.c], words),
            (DOCUMENT, [column.name for column in DOCUMENT.c], documents),
        ):
            _load(connection, rows, columns, values)

    def finish(self, connection: sa.Connection) -> None:
        """Let the numbers go on from here, and the words be known."""
        convention = self._likes[0].convention
        series = _COUNTER.c.series == self._prefix.replace("A-", "action:")
        connection.execute(_COUNTER.update().where(series).values(last=self._last))
        spelt = {token.word: token.stem for word in LEXICON for token in tokens(word)}
        for number in range(len(self._likes) + 1, self._last + 1):
            for token in tokens(f"{self._prefix}-{number:03d} {self._prefix[2:]}-{number:03d}"):
                spelt[token.word] = token.stem
        insert = upsert_into(connection, VOCABULARY).on_conflict_do_nothing()
        rows = ({"convention": convention, "word": word, "stem": stem_} for word, stem_ in spelt.items())
        while batch := list(islice(rows, _BATCH)):
            connection.execute(insert, batch)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE action ENABLE TRIGGER action_new")
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
            connection.exec_driver_sql("CREATE INDEX document_lexemes ON document USING gin (lexemes)")
            connection.exec_driver_sql("SELECT setval('action_id_seq', (SELECT max(id) FROM action))")
        connection.execute(UNINDEXED.delete())

    def _words(self, count: int) -> list[str]:
        return self._made.choices(LEXICON, cum_weights=self._weights, k=count)

    def _stemmed(self, words: Sequence[str]) -> list[str]:
        return [self._stems[word] for word in words]


class _Like:
    """An action through the door, as it lies in the database."""

    def __init__(self, connection: sa.Connection, row: Any) -> None:
        self.id, self.sheet, self.convention = row["id"], dict(row["sheet"]), row["convention"]
        [(_, [document])] = documents_of(connection, [self.id])
        self.key = document.id
        self._action = _raw(connection, _ACTION, _ACTION.c.id == self.id)
        self._event = _raw(connection, _EVENT, _EVENT.c.action_id == self.id)
        self._text = _raw(connection, _WORDS, _WORDS.c.action_id == self.id)
        [covered] = read_log(connection, self.id)
        self._covered = dict(zip(FIELDS, covered, strict=True))
        self._payload = json.loads(self._covered["payload"])
        self._on_sqlite = connection.dialect.name == "sqlite"
        self._facets = [facet(name, value) for name, values in document.facets.items() for value in values]
        self._context = stems(self.sheet["context"])

    def copied(self, action_id: int, number: str, sheet: dict[str, Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """Its row, its event and its text, with what each has of its own."""
        text, event, body = new_id(), new_id(), document_text(sheet)
        payload = self._payload | {"sheet_id": str(text), "sheet_hash": fingerprint(self._text["salt"], body)}
        said = document_text(payload)
        head = link(genesis(self.convention, number), [*(self._covered | {"id": event.hex, "payload": said}).values()])
        action = self._action | {"id": action_id, "number": number, "sheet": body, "head": head}
        logged = self._event | {"id": self._key(event), "action_id": action_id, "payload": said, "hash": head}
        logged.pop("position", None)
        kept = self._text | {"id": self._key(text), "action_id": action_id, "body": body}
        return [*action.values()], [*logged.values()], [*kept.values()]

    def tokens(self, number: str, title: Sequence[str], prose: Sequence[str]) -> str:
        """What is stored of a copy for search."""
        return laid_out([stems(number), stems(number[2:]), title], [self._context, prose], self._facets)

    def _key(self, key: UUID) -> Any:
        return key.hex if self._on_sqlite else key


def _raw(connection: sa.Connection, rows: sa.Table, which: sa.ColumnElement[bool]) -> dict[str, Any]:
    """The one row as the driver stores it."""
    columns = [column.name for column in rows.c]
    shown = [sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else sa.literal_column(f'"{column.name}"') for column in rows.c]
    [row] = connection.execute(sa.select(*shown).select_from(rows).where(which)).all()
    return dict(zip(columns, row, strict=True))


def _load(connection: sa.Connection, rows: sa.Table, columns: Sequence[str], values: Rows) -> None:
    named = ", ".join(f'"{column}"' for column in columns)
    driver: Any = connection.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection):
        driver.executemany(f"INSERT INTO {rows.name} ({named}) VALUES ({', '.join('?' * len(columns))})", values)  # noqa: S608  # names of ours
        return
    theirs: psycopg.Connection = driver
    with theirs.cursor() as cursor, cursor.copy(f"COPY {rows.name} ({named}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)
