"""What full-text search is found by: made from the other tables and, lost, made from them again; so it is in no archive and in no copy.

The database itself notes in ``unindexed`` each action whose texts, files or decisions change, whoever changes them (triggers of migration
0026). SQLite keeps the index of ``document`` in the virtual table ``search``; PostgreSQL in a column that it generates, ``lexemes``.
"""

import sqlalchemy as sa

DERIVED = sa.MetaData()
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

UNINDEXED = sa.Table(
    "unindexed",
    DERIVED,
    sa.Column("id", _NUMBER, primary_key=True),
    sa.Column("action_id", sa.Integer, nullable=False),
)
"""Actions to be indexed anew: a row for each change, taken away by whoever saw it."""

DOCUMENT = sa.Table(
    "document",
    DERIVED,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("action_id", sa.Integer, nullable=False, index=True),
    sa.Column("tokens", sa.Text, nullable=False),
)
"""What can be found: an action, a decision or a file (``services.search.documents``). The newest has the largest id."""

VOCABULARY = sa.Table(
    "vocabulary",
    DERIVED,
    sa.Column("convention", sa.String, primary_key=True),
    sa.Column("word", sa.String(collation="C").with_variant(sa.String(), "sqlite"), primary_key=True),
    sa.Column("stem", sa.String, nullable=False),
)
"""The words of a convention's documents, in plain letters: by it the beginning of a word is found."""
