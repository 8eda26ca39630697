"""Values as the files spell them, and back: each value has one spelling, so what is read and written again is the same to the byte."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from services.opendata.columns import Column, Kind

Value = str | int | Decimal | date | tuple[str, ...] | None
BETWEEN = "|"
"""What stands between the codes of one cell."""
CODE = r"[a-z0-9]+([-_][a-z0-9]+)*"
CODES = rf"{CODE}(\|{CODE})*"
_WEB = re.compile(r"https?://[^\s]+")
_WHOLE = re.compile(r"0|[1-9]\d*")
_NUMBER = re.compile(r"(0|[1-9]\d*)\.\d+")
_HUGE = 10**15
"""Beyond that, numbers of JSON are no longer exact to the cent."""
_PLACES: Mapping[Kind, Decimal] = {Kind.MONEY: Decimal("0.01"), Kind.SHARE: Decimal("0.1")}


def spelt(value: Value) -> str:
    """A value as a cell of a CSV file."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return BETWEEN.join(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def as_json(value: Value) -> str | int | float | None:
    """A value as JSON has it: numbers as numbers, all else as in the CSV file."""
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or type(value) is int else spelt(value) or None


def rightly(value: Value, column: Column) -> Value:
    """A value as its column keeps it: numbers with its decimals, nothing instead of an empty text or list."""
    places = _PLACES.get(column.kind)
    if value is None or places is None:
        return value if value not in ("", ()) else None
    return Decimal(str(value)).quantize(places)


def read_cell(text: str, column: Column) -> Value:
    """A cell of a CSV file as a value. Raises ValueError for what its column cannot hold."""
    if text == "":
        if column.needed:
            raise ValueError(text)
        return None
    value = _read(text, column.kind)
    if spelt(value) != text or (column.allowed and text not in column.allowed):
        raise ValueError(text)
    return value


def read_json(given: Any, column: Column) -> Value:
    """A value of a JSON file. Raises ValueError for what its column cannot hold."""
    if given is None:
        return read_cell("", column)
    places = _PLACES.get(column.kind)
    wanted = (Decimal, int) if places is not None else (int,) if column.kind is Kind.WHOLE else (str,)
    if type(given) not in wanted or (places is not None and not 0 <= given < _HUGE):
        raise ValueError(str(given))
    return read_cell(str(given) if places is None else str(Decimal(given).quantize(places)), column)


def _read(text: str, kind: Kind) -> Value:
    pattern = {Kind.CODE: re.compile(CODE), Kind.CODES: re.compile(CODES), Kind.ADDRESS: _WEB, Kind.WHOLE: _WHOLE}.get(
        kind, _NUMBER if kind in _PLACES else None
    )
    if pattern is not None and pattern.fullmatch(text) is None:
        raise ValueError(text)
    if kind is Kind.CODES:
        return tuple(text.split(BETWEEN))
    if kind is Kind.WHOLE:
        return int(text)
    if kind is Kind.DAY:
        return date.fromisoformat(text)
    return Decimal(text).quantize(_PLACES[kind]) if kind in _PLACES else text
