"""Full-text search: what is found, its words, and what is to be indexed anew, which the database notes itself. Additive.

A later migration that makes ``action``, ``attachment`` or ``decision`` anew on SQLite has to make their triggers anew as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
_CHANGES = (
    ("action_new", "AFTER INSERT ON action", "id"),
    ("action_rewritten", "AFTER UPDATE OF sheet, number ON action", "id"),
    ("attachment_new", "AFTER INSERT ON attachment", "action_id"),
    ("attachment_renamed", "AFTER UPDATE OF file_name ON attachment", "action_id"),
    ("decision_new", "AFTER INSERT ON decision", "action_id"),
    ("decision_changed", "AFTER UPDATE ON decision", "action_id"),
)
_SQLITE = (
    "CREATE VIRTUAL TABLE search USING fts5(tokens, content='document', content_rowid='id', detail=none, columnsize=0,"
    " tokenize=\"ascii tokenchars '^=-_'\")",
    "CREATE TRIGGER document_new AFTER INSERT ON document BEGIN INSERT INTO search (rowid, tokens) VALUES (NEW.id, NEW.tokens); END",
    "CREATE TRIGGER document_gone AFTER DELETE ON document BEGIN"
    " INSERT INTO search (search, rowid, tokens) VALUES ('delete', OLD.id, OLD.tokens); END",
)
_POSTGRES = (
    "ALTER TABLE document ADD COLUMN lexemes tsvector"
    " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(tokens), ' '))) STORED",
    "ALTER TABLE document ALTER COLUMN lexemes SET STATISTICS 1000",  # the planner has to know which of many words are frequent
    "ALTER TABLE document ALTER COLUMN lexemes SET STORAGE MAIN",  # beside the row: it is read wherever the index is not
    "CREATE INDEX document_lexemes ON document USING gin (lexemes)",
    *(
        f"CREATE FUNCTION note_unindexed_by_{column}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN INSERT INTO unindexed (action_id) VALUES (NEW.{column}); RETURN NULL; END $$"  # names of ours
        for column in ("id", "action_id")
    ),
)


def upgrade() -> None:
    """Add three tables, what keeps them, and a note that everything is still to be indexed."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table("unindexed", sa.Column("id", number, primary_key=True), sa.Column("action_id", sa.Integer(), nullable=False))
    op.create_table(
        "document",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_document_action_id", "document", ["action_id"])
    word = sa.String(collation="C").with_variant(sa.String(), "sqlite")
    op.create_table(
        "vocabulary",
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("word", word, nullable=False),
        sa.Column("stem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("convention", "word"),
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if on_sqlite else _POSTGRES:
        op.execute(statement)
    for name, when, column in _CHANGES:
        note = f"BEGIN INSERT INTO unindexed (action_id) VALUES (NEW.{column}); END"  # noqa: S608  # names of ours
        op.execute(f"CREATE TRIGGER {name} {when} " + (note if on_sqlite else f"FOR EACH ROW EXECUTE FUNCTION note_unindexed_by_{column}()"))
    op.execute("INSERT INTO unindexed (action_id) SELECT id FROM action ORDER BY id")
