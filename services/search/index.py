"""Keeping the index true: the database notes which actions have changed, and whoever comes first indexes them before anything is looked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from models.tables import DOCUMENT, UNINDEXED, VOCABULARY, Action, Attachment, Decision, table
from services.bootstrap import App
from services.search.documents import Document, documents_of
from services.work import upsert_into

_ACTION, _ATTACHMENT, _DECISION = table(Action), table(Attachment), table(Decision)
AT_ONCE = 100
"""Actions of one transaction: on SQLite nobody else writes meanwhile."""
BEFORE_A_SEARCH = 2 * AT_ONCE
"""Actions that a search indexes first; where more wait, it says so."""
_EXAMINED = 1_000
_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How the index stands. ``waiting``: actions still to be indexed; ``wrong``: of the newest ``examined`` actions, those found by other words than they hold.

    ``missing``: how many documents there are too few, or, if negative, too many, once everything that waits is indexed.
    """

    documents: int
    waiting: int
    missing: int
    examined: int
    wrong: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether everything is found by the words that it holds."""
        return not self.wrong and not self.missing


def catch_up(app: App, at_most: int | None = None) -> int:
    """Index what has changed, the oldest change first, up to so many actions; returns how many. Costs one question where there is nothing."""
    done = 0
    while at_most is None or done < at_most:
        with app.db.read() as connection:
            if connection.execute(sa.select(UNINDEXED.c.id).limit(1)).first() is None:
                return done
        with app.db.write() as connection:
            done += index_some(connection)
    return done


def index_some(connection: sa.Connection, at_once: int = AT_ONCE) -> int:
    """Index the actions of the oldest changes in the transaction at work; returns how many."""
    if connection.dialect.name == "postgresql":  # one at a time, and after the other has ended: nothing older is written over what is newer
        connection.exec_driver_sql("LOCK TABLE document IN SHARE UPDATE EXCLUSIVE MODE")
    changes = connection.execute(sa.select(UNINDEXED.c.id, UNINDEXED.c.action_id).order_by(UNINDEXED.c.id).limit(at_once)).all()
    actions = {row.action_id for row in changes}
    if changes:
        connection.execute(UNINDEXED.delete().where(UNINDEXED.c.id.in_([row.id for row in changes])))
        _index(connection, actions)
    return len(actions)


def waiting(connection: sa.Connection) -> int:
    """How many actions are still to be indexed."""
    return int(connection.execute(sa.select(sa.func.count(sa.distinct(UNINDEXED.c.action_id)))).scalar_one())


def rebuild(app: App) -> int:
    """Index everything anew, a few actions at a time, while everybody works; returns how many actions."""
    with app.db.write() as connection:
        connection.execute(VOCABULARY.delete())
        known = sa.select(_ACTION.c.id)
        connection.execute(DOCUMENT.delete().where(DOCUMENT.c.action_id.not_in(known)))
        if app.db.is_sqlite:
            connection.exec_driver_sql("INSERT INTO search (search) VALUES ('rebuild')")
        connection.execute(UNINDEXED.insert().from_select(["action_id"], known.order_by(_ACTION.c.id)))
    return catch_up(app)


def forget(connection: sa.Connection) -> None:
    """Leave nothing of former texts behind: no word that no document holds any longer, and no trace of one in the index."""
    while index_some(connection):
        pass
    held = {word for tokens in connection.execute(sa.select(DOCUMENT.c.tokens)).scalars() for word in tokens.split()}
    stems = connection.execute(sa.select(VOCABULARY.c.stem).distinct()).scalars().all()
    gone = [stem for stem in stems if stem not in held]
    for start in range(0, len(gone), _ROWS):
        connection.execute(VOCABULARY.delete().where(VOCABULARY.c.stem.in_(gone[start : start + _ROWS])))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO search (search) VALUES ('optimize')")


def standing(app: App) -> Standing:
    """Compare what is stored with what would be written now, for the newest actions; count for all. Changes nothing."""
    with app.db.read() as connection:
        late = set(connection.execute(sa.select(UNINDEXED.c.action_id).distinct()).scalars())
        newest = connection.execute(sa.select(_ACTION.c.id).order_by(_ACTION.c.id.desc()).limit(_EXAMINED)).scalars().all()
        examined = [action for action in newest if action not in late]
        stored = _stored(connection, examined)
        wrong = [
            action["number"]
            for action, documents in documents_of(connection, examined)
            if stored.get(action["id"], {}) != {document.id: document.tokens() for document in documents}
        ]
        documents = _count(connection, sa.select(DOCUMENT.c.id))
        missing = 0 if late else _count(connection, *_sources()) - documents
        return Standing(documents, len(late), missing, len(examined), tuple(wrong))


def _sources() -> Sequence[sa.Select[tuple[int]]]:
    return sa.select(_ACTION.c.id), sa.select(_ATTACHMENT.c.id), sa.select(_DECISION.c.id).where(~_DECISION.c.superseded)


def _count(connection: sa.Connection, *queries: sa.Select[tuple[int]]) -> int:
    return sum(int(connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()) for query in queries)


def _stored(connection: sa.Connection, actions: Iterable[int]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    for row in connection.execute(sa.select(DOCUMENT).where(DOCUMENT.c.action_id.in_(list(actions)))):
        found.setdefault(row.action_id, {})[row.id] = row.tokens
    return found


def _index(connection: sa.Connection, actions: set[int]) -> None:
    """Put what is found of these actions in the place of what was found of them."""
    former = {known: tokens for documents in _stored(connection, actions).values() for known, tokens in documents.items()}
    fresh: list[dict[str, object]] = []
    words: dict[tuple[str, str], str] = {}
    for action, documents in documents_of(connection, actions):
        for document in documents:
            words |= _words(action["convention"], document)
            if (tokens := document.tokens()) == former.get(document.id):
                del former[document.id]
            else:
                fresh.append({"id": document.id, "action_id": action["id"], "tokens": tokens})
    if former:
        connection.execute(DOCUMENT.delete().where(DOCUMENT.c.id.in_(list(former))))
    if fresh:
        connection.execute(DOCUMENT.insert(), fresh)
    if words:
        rows = [{"convention": convention, "word": word, "stem": stem} for (convention, word), stem in sorted(words.items())]
        connection.execute(upsert_into(connection, VOCABULARY).on_conflict_do_nothing(), rows)


def _words(convention: str, document: Document) -> dict[tuple[str, str], str]:
    return {(convention, token.word): token.stem for token in document.words()}
