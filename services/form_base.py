"""What all forms are made of: kinds of fields that take what run forms and pages send, and who asks.

Titles and help come from the catalogue of the installation's language. A form names seats by their codes and never a person.
"""

import os
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from models.charter import MilestonePlan
from models.lifecycle import Verb
from services.wording import Wording, pick_language

_WORDING = Wording(pick_language(os.environ))


def blank_is_none(value: Any) -> Any:
    """Run forms send an empty text for a field left alone."""
    return None if isinstance(value, str) and not value.strip() else value


def no_blanks(value: Any) -> Any:
    """Run forms send ``[None]`` or empty texts for a list left alone."""
    return [item for item in value if item not in (None, "")] if isinstance(value, list | tuple) else value


Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
MaybeShort = Annotated[Short | None, BeforeValidator(blank_is_none)]
MaybeLong = Annotated[Long | None, BeforeValidator(blank_is_none)]
MaybeDate = Annotated[date | None, BeforeValidator(blank_is_none)]
MaybeMoney = Annotated[Decimal | None, BeforeValidator(blank_is_none)]
MaybeCount = Annotated[int | None, BeforeValidator(blank_is_none)]
MaybeList = Annotated[tuple[Short, ...] | None, BeforeValidator(no_blanks)]
MaybeMilestones = Annotated[tuple[MilestonePlan, ...] | None, BeforeValidator(no_blanks)]
NONE: Any = None
_REQUIRED: Any = ...


def form_field(name: str, default: Any = _REQUIRED, *, vocabulary: str | None = None, **limits: Any) -> Any:
    """A field with its title and help from the catalogue; ``vocabulary``: of which family of the charter its codes are."""
    extra: Any = {"wording": name} | ({"vocabulary": vocabulary} if vocabulary else {})
    title, help_text = _WORDING.say(f"form.{name}.title"), _WORDING.say(f"form.{name}.help")
    return Field(default, title=title, description=help_text, json_schema_extra=extra, **limits)


class Asked(BaseModel):
    """What every form asks: who acts, and for which convention."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seat: Short = form_field("seat")
    convention: MaybeShort = form_field("convention", NONE, vocabulary="conventions")


class NumberedFields(BaseModel):
    """Of a form about something that exists: the version that was seen; left empty, that is recorded as such."""

    seen_version: Annotated[int | None, BeforeValidator(blank_is_none)] = form_field("seen_version", NONE, ge=0)


class Form(Asked):
    """What every form about an action asks: who acts, and when the fact took place."""

    verb: ClassVar[Verb]

    occurred_on: MaybeDate = form_field("occurred_on", NONE)
    late_reason: MaybeLong = form_field("late_reason", NONE)


class NumberedForm(NumberedFields, Form):
    """A form about an action that exists; ``seen_version`` left empty is recorded as such."""

    action: Short = form_field("action")


class ActionForm(NumberedForm):
    """The same, with a reason."""

    reason: MaybeLong = form_field("reason", NONE)
