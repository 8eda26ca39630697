"""The secretariat's forms about a person, a seat and an absence, as a page shows them."""

from collections.abc import Mapping, Sequence

from models.charter import Charter, Role
from portal.fields import Field
from services.directory import Row
from services.wording import Wording

PERSON = ("person", "name", "email", "language")
SEAT = ("seat", "body", "role", "partner", "weight", "starts_on", "ends_on")
ABSENCE = ("starts_on", "ends_on", "deputy")
Filled = Mapping[str, str]
Told = Mapping[str, str]
"""What is wrong, in words, by field."""
_KINDS = {
    **dict.fromkeys(("language", "body", "role", "partner", "deputy"), "one"),
    **dict.fromkeys(("starts_on", "ends_on"), "date"),
    "weight": "number",
}
_OPTIONAL = ("weight", "seat.ends_on", "deputy")


def person_fields(charter: Charter, words: Wording, filled: Filled, told: Told) -> list[Field]:
    """The fields of a person; the code of one who is known already does not change, so it is not asked for."""
    options = {"language": [(code, words.label("language", code)) for code in charter.convention.languages]}
    names = PERSON if "person" in filled else PERSON[1:]
    return [_field(words, "person", name, filled, told, options) for name in names]


def seat_fields(charter: Charter, words: Wording, filled: Filled, told: Told) -> list[Field]:
    """The fields of a seat that are among those filled in."""
    options = {
        "body": [(body.code, body.name.of(words.language)) for body in charter.bodies],
        "role": [(role.value, words.label("role", role)) for role in Role],
        "partner": [(partner.code, partner.name.of(words.language)) for partner in charter.partners],
    }
    return [_field(words, "seat", name, filled, told, options) for name in SEAT if name in filled]


def absence_fields(deputies: Sequence[Row], names: Mapping[str, str], words: Wording, filled: Filled, told: Told) -> list[Field]:
    """The fields of an absence that are among those filled in. ``names``: those of bodies."""
    options = {"deputy": [(row["code"], f"{row['code']} · {row['name']} · {names.get(row['body'], row['body'])}") for row in deputies]}
    return [_field(words, "absence", name, filled, told, options) for name in ABSENCE if name in filled]


def as_filled(row: Row, names: Sequence[str]) -> dict[str, str]:
    """What is stored, as a form shows it."""
    return {name: "" if row[name] is None else str(row[name]) for name in names}


def _field(words: Wording, form: str, name: str, filled: Filled, told: Told, options: Mapping[str, Sequence[tuple[str, str]]]) -> Field:
    code = f"portal.people.field.{form}.{name}"
    return Field(
        name=name,
        kind=_KINDS.get(name, "text"),
        title=words.say(f"{code}.title"),
        help=words.say(f"{code}.help") if (form, name) in _HELPED else "",
        required=name not in _OPTIONAL and f"{form}.{name}" not in _OPTIONAL,
        options=options.get(name, ()),
        values=[filled.get(name, "")],
        problem=told.get(name, ""),
    )


_HELPED = {
    *(("person", name) for name in ("person", "email", "language")),
    *(("seat", name) for name in ("seat", "partner", "weight", "ends_on")),
    ("absence", "deputy"),
}
