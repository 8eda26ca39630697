"""What pydantic refuses, as problems with sentences of our own: one code per family of pydantic's error types."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.errors import Problem, Refused

_LONGEST_SHOWN = 60
_MEMBER = re.compile(r"<[^:>]+: ([^>]+)>")

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "missing": ("missing", "missing_argument", "missing_keyword_only_argument", "missing_positional_only_argument"),
    "unknown_field": ("extra_forbidden", "unexpected_keyword_argument"),
    "text": ("string_type", "string_unicode", "string_sub_type"),
    "text_too_short": ("string_too_short",),
    "text_too_long": ("string_too_long",),
    "text_malformed": ("string_pattern_mismatch", "string_not_ascii"),
    "choice": ("enum", "literal_error"),
    "date": ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
    "moment": (
        "datetime_type",
        "datetime_parsing",
        "datetime_object_invalid",
        "datetime_from_date_parsing",
        "timezone_naive",
        "timezone_aware",
    ),
    "whole_number": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "number": ("float_type", "float_parsing", "finite_number", "decimal_type", "decimal_parsing"),
    "decimal_places": ("decimal_max_places",),
    "number_too_long": ("decimal_max_digits", "decimal_whole_digits"),
    "yes_or_no": ("bool_type", "bool_parsing"),
    "at_least": ("greater_than_equal",),
    "more_than": ("greater_than",),
    "at_most": ("less_than_equal",),
    "less_than": ("less_than",),
    "too_few": ("too_short",),
    "too_many": ("too_long",),
    "list": ("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"),
    "fields": ("model_type", "model_attributes_type", "dict_type", "mapping_type", "dataclass_type"),
    "json": ("json_invalid", "json_type"),
    "identifier": ("uuid_type", "uuid_parsing", "uuid_version"),
    "code": ("code",),
    "mail_address": ("mail_address",),
    "media_type": ("media_type",),
    "web_address": ("web_address",),
    "action_number": ("action_number",),
    "quorum": ("quorum",),
    "clock": ("clock",),
    "pair": ("pair",),
    "shares_whole": ("shares_whole",),
    "shares_beyond": ("shares_beyond",),
    "range_backwards": ("range_backwards",),
    "hours_order": ("hours_order",),
    "timezone": ("timezone",),
}
_CODES = {kind: f"validation.{family}" for family, kinds in FAMILIES.items() for kind in kinds}
_LIMITS = ("min_length", "max_length", "ge", "gt", "le", "lt", "decimal_places")


@contextmanager
def refused_in_words() -> Iterator[None]:
    """Turn what pydantic refuses within into a refusal that explains itself."""
    try:
        yield
    except ValidationError as error:
        raise Refused(*explain_validation(error)) from None


def explain_validation(error: ValidationError) -> list[Problem]:
    """Return every mistake that pydantic found; ``where`` is the path of the field, with positions from 0 (``milestones.0.title``)."""
    return [Problem(code, params, ".".join(map(str, path))) for path, code, params in mistakes_in(error)]


def mistakes_in(error: ValidationError) -> Iterator[tuple[tuple[str | int, ...], str, Mapping[str, str | int]]]:
    """Yield every mistake as the path of its field, its code and its params.

    A list that is only called too short because some of its entries are ill-formed is left out: the entries are told.
    """
    mistakes = error.errors(include_url=False)
    paths = [_path(mistake) for mistake in mistakes]
    for mistake, path in zip(mistakes, paths, strict=True):
        told_below = any(len(other) > len(path) and other[: len(path)] == path for other in paths)
        if mistake["type"] != "too_short" or not told_below:
            yield (path, *_explain(mistake))


def _explain(mistake: ErrorDetails) -> tuple[str, Mapping[str, str | int]]:
    if mistake["input"] is None and mistake["type"] != "missing":
        return "validation.empty", {}
    return _CODES.get(mistake["type"], "validation.other"), _params(mistake)


def _path(mistake: ErrorDetails) -> tuple[str | int, ...]:
    """Where the mistake stands, without the marks that pydantic adds for the key of a mapping."""
    return tuple(part for part in mistake["loc"] if part != "[key]")


def _params(mistake: ErrorDetails) -> dict[str, str | int]:
    context = mistake.get("ctx", {})
    limit = next((str(context[name]) for name in _LIMITS if name in context), "")
    choices = _MEMBER.sub(r"\1", str(context.get("expected", "")).replace(" or ", ", ").replace("'", ""))
    return {"given": _shown(mistake["input"]), "limit": limit, "known": choices, "kind": mistake["type"]}


def _shown(given: object) -> str:
    text = str(given) if isinstance(given, str | int | float) else ""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
