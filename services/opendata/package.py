"""What describes the files to programs: a Table Schema for each table and a Data Package for all of them (Frictionless, version 1)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from models.texts import Language
from services.opendata.cells import CODE, CODES
from services.opendata.columns import Column, Kind, Layout
from services.opendata.files import Row, to_csv, to_json
from services.publication.edition import Edition
from services.wording import Wording

PACKAGE = "datapackage.json"
_SCHEMA = "https://specs.frictionlessdata.io/schemas/table-schema.json"
_TYPES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.CODE: {"type": "string"},
    Kind.CODES: {"type": "string"},
    Kind.WHOLE: {"type": "integer"},
    Kind.MONEY: {"type": "number"},
    Kind.SHARE: {"type": "number"},
    Kind.DAY: {"type": "date", "format": "%Y-%m-%d"},
    Kind.ADDRESS: {"type": "string", "format": "uri"},
}
_CONSTRAINTS: Mapping[Kind, Mapping[str, Any]] = {
    Kind.CODE: {"pattern": CODE},
    Kind.CODES: {"pattern": CODES},
    Kind.WHOLE: {"minimum": 0},
    Kind.MONEY: {"minimum": 0},
    Kind.SHARE: {"minimum": 0, "maximum": 100},
}
_CHANGED = {"actions": "modifie_le", "decisions": "DELIB_DATE"}
"""The columns that say when something changed last."""


class _Known(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Named(_Known):
    title: str


class _Licence(_Known):
    name: str
    title: str
    path: str


class About(_Known):
    """What a package says of itself besides its files; read back from the package, it makes the same package again."""

    name: str
    title: str
    description: str
    homepage: str
    languages: tuple[Language, ...] = Field(min_length=1)
    licenses: tuple[_Licence, ...]
    contributors: tuple[_Named, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file of the open data: its bytes and its kind, and the table it belongs to with its rows; none for what describes all of them."""

    content: bytes
    media_type: str
    table: str = ""
    rows: int = 0


def about(edition: Edition, base_url: str) -> About:
    """What the package of an edition says of itself."""
    convention, language, licence = edition.charter.convention, edition.own_language, edition.rules.licence
    words = Wording(language)
    name = convention.name.of(language)
    return About(
        name=convention.code,
        title=name,
        description=words.say("public.data.package", convention=name),
        homepage=f"{base_url}{edition.path}/donnees",
        languages=(Language(language),),
        licenses=(_Licence(name=licence.code, title=licence.name, path=licence.url),),
        contributors=tuple(_Named(title=partner.name.of(language)) for partner in edition.charter.partners),
    )


def files_of(told: About, tables: Mapping[str, tuple[Layout, Sequence[Row]]]) -> dict[str, File]:
    """Every file of the open data by its name: of each table its rows twice and its schema, and the package."""
    words = Wording(told.languages[0])
    found: dict[str, File] = {}
    for name, (layout, rows) in tables.items():
        found[f"{name}.csv"] = File(to_csv(layout, rows), "text/csv; charset=utf-8; header=present", name, len(rows))
        found[f"{name}.json"] = File(to_json(layout, rows), "application/json", name, len(rows))
        found[f"{name}.schema.json"] = File(_written(schema_of(layout, words)), "application/json", name, len(rows))
    package = {"profile": "data-package", **told.model_dump(mode="json"), **_version(tables)}
    package["contributors"] = [{**one, "role": "publisher"} for one in package["contributors"]]
    package["resources"] = [_resource(name, kind, found, words) for name in tables for kind in ("csv", "json")]
    return {**found, PACKAGE: File(_written(package), "application/json")}


def schema_of(layout: Layout, words: Wording) -> Mapping[str, Any]:
    """The Table Schema of a table, in a language."""
    refers = {}
    if layout.refers is not None:
        field, other = layout.refers
        refers["foreignKeys"] = [{"fields": [field], "reference": {"resource": other, "fields": ["numero"]}}]
    return {
        "$schema": _SCHEMA,
        "name": layout.name,
        "title": words.say(f"public.data.{layout.name}.title"),
        "description": words.say(f"public.data.{layout.name}.description"),
        "fields": [_field(layout, column, words) for column in layout.columns],
        "primaryKey": [*layout.key],
        **refers,
        "missingValues": [""],
    }


def _field(layout: Layout, column: Column, words: Wording) -> Mapping[str, Any]:
    allowed: dict[str, Any] = {"enum": [*column.allowed]} if column.allowed else dict(_CONSTRAINTS.get(column.kind, {}))
    if column.needed:
        allowed["required"] = True
    if layout.key == (column.name,):
        allowed["unique"] = True
    described = {"name": column.name, **_TYPES[column.kind], "description": words.say(f"public.column.{layout.name}.{column.name}")}
    return {**described, "constraints": allowed} if allowed else described


def _resource(table: str, kind: str, files: Mapping[str, File], words: Wording) -> Mapping[str, Any]:
    path = f"{table}.{kind}"
    content = files[path].content
    as_csv: dict[str, Any] = {}
    if kind == "csv":  # the usual reader of packages counts no bytes of a JSON file, and finds any number wrong
        as_csv = {"dialect": {"delimiter": ",", "lineTerminator": "\r\n", "header": True}}
        as_csv |= {"bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    return {
        "name": table if kind == "csv" else f"{table}-{kind}",
        "profile": "tabular-data-resource",
        "title": words.say(f"public.data.{table}.title"),
        "path": path,
        "format": kind,
        "mediatype": files[path].media_type.partition(";")[0],
        "encoding": "utf-8",
        **as_csv,
        "schema": f"{table}.schema.json",
    }


def _version(tables: Mapping[str, tuple[Layout, Sequence[Row]]]) -> Mapping[str, str]:
    """The last day on which anything changed, as far as the rows say."""
    days: list[Any] = []
    for name, (layout, rows) in tables.items():
        at = [column.name for column in layout.columns].index(_CHANGED[name]) if name in _CHANGED else None
        days += [row[at] for row in rows if at is not None and isinstance(row[at], date)]
    return {"version": max(days).isoformat()} if days else {}


def _written(described: Mapping[str, Any]) -> bytes:
    return (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode()
