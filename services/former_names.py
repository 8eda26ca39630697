"""Names that persons bore, until they were erased or renamed: what is public goes on hiding them, and they can be read nowhere."""

import sqlalchemy as sa

from models.masking import Former, Trace, traces_of
from models.tables import FormerName, table
from services.links import secret_in
from services.work import upsert_into

_FORMER = table(FormerName)


def remember(connection: sa.Connection, convention: str, name: str) -> None:
    """Keep what hides a name that somebody in a convention bears no more."""
    traces = traces_of(name, secret_in(connection))
    once = upsert_into(connection, _FORMER).on_conflict_do_nothing(index_elements=["convention", "hashed"])
    if traces:
        connection.execute(once, [{"convention": convention, **trace._asdict()} for trace in traces])


def former_names(connection: sa.Connection, convention: str) -> Former:
    """What hides the names that were borne in a convention."""
    query = sa.select(_FORMER.c.words, _FORMER.c.hashed).where(_FORMER.c.convention == convention)
    traces = [Trace(*row) for row in connection.execute(query)]
    return Former.of(secret_in(connection), traces) if traces else Former()
