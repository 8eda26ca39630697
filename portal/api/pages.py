"""The pages about the API, for readers: made from its description, without scripts."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response
from orjson import loads

from models.errors import NotFound, Problem
from portal.api.call import ROOT, Endpoint
from portal.api.codes import CODES
from portal.api.endpoints import ENDPOINTS, GROUPS
from portal.api.openapi import description, summary
from portal.api.problems import PROBLEMS
from portal.context import language_of, page, portal_of, wording
from services.wording import Wording

router = APIRouter()
_WORDS_OF: Mapping[tuple[str, str], str] = {("string", "date"): "day", ("string", "date-time"): "moment", ("string", "uuid"): "id"}
_WORDS: Mapping[str, str] = {"string": "text", "integer": "whole", "number": "number", "boolean": "yes_no", "object": "object"}
Schema = Mapping[str, Any]


class Line(NamedTuple):
    """A field or a parameter: its name, its type and meaning in words, and whether it has to be given."""

    name: str
    kind: str
    meaning: str
    required: bool


class Table(NamedTuple):
    """The fields of a schema."""

    name: str
    lines: Sequence[Line]


@router.get(f"{ROOT}/docs", name="api_docs")
def contents(request: Request) -> Response:
    """Every operation, by what it is for."""
    words = wording(language_of(request))
    groups = [
        (words.say(f"api.group.{group}"), [(one, summary(one, words)) for one in ENDPOINTS if one.group == group]) for group in GROUPS
    ]
    return page(request, "api_docs.html.j2", groups=groups, root=ROOT)


@router.get(f"{ROOT}/docs/{{operation}}", name="api_operation")
def operation(request: Request, operation: str) -> Response:
    """One operation: what it takes, what it answers, and with what it may be refused."""
    endpoint = next((known for known in ENDPOINTS if known.name == operation), None)
    if endpoint is None:
        raise NotFound(Problem("page_unknown"))
    words = wording(language_of(request))
    return page(request, "api_operation.html.j2", root=ROOT, **_told(request, endpoint, words))


@router.get(f"{ROOT}/{PROBLEMS}", name="api_problems")
def reasons(request: Request) -> Response:
    """Every reason for a refusal, by its status."""
    words = wording(language_of(request))
    by_status = [(status, words.say(f"api.title.{status}"), sorted(_codes(status))) for status in sorted(set(CODES.values()))]
    return page(request, "api_problems.html.j2", by_status=by_status, path=f"{ROOT}/{PROBLEMS}")


@router.get(f"{ROOT}/{PROBLEMS}/{{code}}", name="api_problem")
def reason(request: Request, code: str) -> Response:
    """What a reason says: where the type of a refusal leads."""
    if code not in CODES:
        raise NotFound(Problem("page_unknown"))
    words, status = wording(language_of(request)), CODES[code]
    return page(
        request,
        "api_problem.html.j2",
        code=code,
        answered=status,
        title=words.say(f"api.title.{status}"),
        sentence=words.template(code),
        path=f"{ROOT}/{PROBLEMS}",
    )


def _codes(status: int) -> Iterator[str]:
    return (code for code, known in CODES.items() if known == status)


@cache
def _document(language: str, base_url: str) -> Schema:
    found: Schema = loads(description(language, base_url))
    return found


def _told(request: Request, endpoint: Endpoint, words: Wording) -> dict[str, Any]:
    document = _document(words.language, portal_of(request).app.settings.base_url)
    known, told = document["components"], document["paths"][endpoint.path][endpoint.method.lower()]
    done, body = told["responses"].get("200") or told["responses"]["201"], endpoint.body
    return {
        "endpoint": endpoint,
        "summary": told["summary"],
        "parameters": [Line(one["name"], kind_of(one["schema"], words), one["description"], one["required"]) for one in told["parameters"]],
        "body": _tables(body.name, known["schemas"], words) if body else [],
        "body_note": told.get("requestBody", {}).get("description", ""),
        "answer": _tables(endpoint.answers.__name__, known["schemas"], words) if endpoint.answers else [],
        "headers": [(name, known["headers"][name]["description"]) for name in done["headers"]],
        "refusals": [(int(status), words.say(f"api.title.{status}")) for status in told["responses"] if int(status) >= _REFUSED],
    }


_REFUSED = 400


def _tables(name: str, schemas: Mapping[str, Schema], words: Wording) -> list[Table]:
    """The fields of a schema, then those of what lies in it, each once."""
    found: dict[str, Table] = {}
    waiting = [name]
    while waiting:
        here = waiting.pop(0)
        if here in found or "properties" not in schemas[here]:
            continue
        fields = schemas[here]["properties"]
        needed = schemas[here].get("required", ())
        lines = [Line(field, kind_of(one, words, schemas), _meaning(one), field in needed) for field, one in fields.items()]
        found[here] = Table(here, lines)
        waiting += [named for one in fields.values() for named in _named_in(one)]
    return list(found.values())


def _meaning(field: Schema) -> str:
    title, meaning = field.get("title"), field.get("description", "")
    return f"{title}. {meaning}" if title and meaning else str(title or meaning)


def _named_in(field: Any) -> Iterator[str]:
    if isinstance(field, dict):
        if "$ref" in field:
            yield field["$ref"].rpartition("/")[2]
        yield from (name for part in field.values() for name in _named_in(part))
    elif isinstance(field, list):
        yield from (name for part in field for name in _named_in(part))


def kind_of(schema: Schema, words: Wording, schemas: Mapping[str, Schema] | None = None) -> str:
    """The type of a value, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        choices = (schemas or {}).get(name, {}).get("enum")
        return ", ".join(choices) if choices else name
    if "anyOf" in schema:
        kinds = dict.fromkeys(kind_of(one, words, schemas) for one in schema["anyOf"] if one.get("type") != "null")
        ending = [words.say("api.page.or_nothing")] if any(one.get("type") == "null" for one in schema["anyOf"]) else []
        return " ".join([", ".join(kinds), *ending])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"{words.say('api.page.list_of')} {kind_of(schema['items'], words, schemas)}"
    kind = schema.get("type", "string")
    return words.say(f"api.page.{_WORDS_OF.get((kind, schema.get('format', '')), _WORDS.get(kind, 'text'))}")
