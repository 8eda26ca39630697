"""Views of lists that people save for themselves."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import document


class SavedView(SQLModel, table=True):
    """A list as somebody wants to see it again: ``filters`` is the query of the page's address. What it finds is asked anew each time."""

    __tablename__ = "saved_view"
    __table_args__ = (sa.UniqueConstraint("person_id", "page", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    person_id: int = Field(foreign_key="person.id")
    page: str
    name: str
    filters: dict[str, str] = document()
    saved_at: datetime
