"""Named kinds of columns, so that the tables read as prose."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field


def document(**options: Any) -> Any:
    """A JSON document."""
    return Field(sa_type=sa.JSON, **options)
