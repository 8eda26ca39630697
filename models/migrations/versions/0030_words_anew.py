"""Other plurals are brought together and another word is looked for: what was indexed is to be indexed anew. No table changes."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forget the stems of words, and note every action that is not noted yet."""
    op.execute("DELETE FROM vocabulary")
    op.execute("INSERT INTO unindexed (action_id) SELECT id FROM action WHERE id NOT IN (SELECT action_id FROM unindexed) ORDER BY id")
