"""The description of the API (OpenAPI 3.1), made from its table: every schema, reason and header, in the reader's language."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from orjson import dumps
from pydantic.json_schema import models_json_schema

from portal.api.answers_bodies import ProblemAnswer
from portal.api.call import ROOT, Asked, Endpoint
from portal.api.codes import CODES
from portal.api.endpoints import ENDPOINTS, GROUPS
from portal.api.forms import Body
from portal.api.problems import MEDIA_TYPE
from portal.api.reading import DEEPEST, LONGEST, LONGEST_KEY, SHORTEST_KEY
from services.form_schema import in_order
from services.meetings.forms import MeetingForm
from services.wording import Wording

_REF = "#/components/schemas/{model}"
_ALWAYS = (401, 403, 422, 429, 500, 503)
_OF_COMMANDS = (400, 409, 412, 413, 415)
Schema = dict[str, Any]


@cache
def description(language: str, base_url: str) -> bytes:
    """The whole document, as JSON."""
    words = Wording(language)
    document = {
        "openapi": "3.1.0",
        "info": {"title": words.say("api.doc.title"), "version": "1", "description": words.say("api.doc.lead")},
        "servers": [{"url": f"{base_url}{ROOT}"}],
        "tags": [{"name": group, "description": words.say(f"api.group.{group}")} for group in GROUPS],
        "security": [{"token": []}],
        "paths": _paths(words),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": words.say("api.doc.token")}},
            "schemas": schemas(words),
            "headers": _headers(words),
            "responses": {str(status): _refused(status, words) for status in (404, *_ALWAYS, *_OF_COMMANDS)},
        },
    }
    return dumps(document)


def _paths(words: Wording) -> Schema:
    paths: dict[str, Schema] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation(endpoint, words)
    return paths


def summary(endpoint: Endpoint, words: Wording) -> str:
    """What an operation does, in a few words."""
    if endpoint.kind == "read":
        return words.say(f"api.operation.{endpoint.name}")
    meeting = endpoint.body is not None and issubclass(endpoint.body.form, MeetingForm)
    label = words.labels("form")[endpoint.body.form.__name__] if endpoint.body and meeting else words.label("verb", endpoint.name)
    return label[:1].upper() + label[1:]


def operation(endpoint: Endpoint, words: Wording) -> Schema:
    """One operation: its parameters, its body, its answers."""
    told: Schema = {
        "operationId": endpoint.name,
        "tags": [endpoint.group],
        "summary": summary(endpoint, words),
        "parameters": [*_in_path(endpoint, words), *_in_query(endpoint.query, words), *_in_headers(endpoint, words)],
        "security": [{"token": [endpoint.scope] if endpoint.scope else []}],
        "responses": _responses(endpoint, words),
    }
    if endpoint.body is not None:
        content = {"application/json": {"schema": {"$ref": _REF.format(model=endpoint.body.name)}}}
        told["requestBody"] = {
            "required": True,
            "description": words.say("api.doc.body", limit=LONGEST // 1_000_000, depth=DEEPEST),
            "content": content,
        }
    elif endpoint.kind == "file":
        told["requestBody"] = {
            "required": True,
            "description": words.say("api.doc.file"),
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    return told


def _in_path(endpoint: Endpoint, words: Wording) -> Iterator[Schema]:
    for name in endpoint.parameters:
        what = "sha256" if name == "sha256" else f"number_of_{'meeting' if endpoint.path.startswith('/meetings') else 'action'}"
        schema = (
            {"type": "string", "pattern": "^[0-9a-f]{64}$"} if name == "sha256" else {"type": "string", "pattern": "^[A-Za-z0-9-]{1,60}$"}
        )
        yield {"name": name, "in": "path", "required": True, "description": words.say(f"api.parameter.{what}"), "schema": schema}


def _in_query(query: type[Asked], words: Wording) -> Iterator[Schema]:
    schema = query.model_json_schema(ref_template=_REF)
    for name, field in schema.get("properties", {}).items():
        what = f"api.parameter.{name}_seq" if (query.__name__, name) == ("EventsAsked", "after") else f"api.parameter.{name}"
        required = name in schema.get("required", ())
        yield {
            "name": name,
            "in": "query",
            "required": required,
            "description": words.say(what),
            "schema": _plain(field, schema.get("$defs", {})),
        }


def _plain(field: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema without titles, and with what it refers to put in its place."""
    if isinstance(field, dict) and "$ref" in field:
        return _plain(definitions[field["$ref"].rpartition("/")[2]], definitions)
    if isinstance(field, dict):
        return {name: _plain(value, definitions) for name, value in field.items() if name not in ("title", "description")}
    return [_plain(value, definitions) for value in field] if isinstance(field, list) else field


def _in_headers(endpoint: Endpoint, words: Wording) -> Iterator[Schema]:
    language = {"type": "string", "examples": ["fr", "en"]}
    yield {
        "name": "Accept-Language",
        "in": "header",
        "required": False,
        "description": words.say("api.header.language"),
        "schema": language,
    }
    if endpoint.kind == "read":
        return
    key = {"type": "string", "minLength": SHORTEST_KEY, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"}
    yield {"name": "Idempotency-Key", "in": "header", "required": True, "description": words.say("api.header.key"), "schema": key}
    if not endpoint.creates:
        tag = {"type": "string", "pattern": r'^(\*|(W/)?"\d{1,18}")$'}
        yield {"name": "If-Match", "in": "header", "required": False, "description": words.say("api.header.seen"), "schema": tag}


def _responses(endpoint: Endpoint, words: Wording) -> Schema:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _sent_with(endpoint)}
    if endpoint.answers is None:
        content: Schema = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    else:
        content = {"application/json": {"schema": {"$ref": _REF.format(model=endpoint.answers.__name__)}}}
    done = {"description": words.say("api.doc.created" if endpoint.creates else "api.doc.done"), "headers": headers, "content": content}
    refused = (404, *_ALWAYS, *(_OF_COMMANDS if endpoint.kind != "read" else ()))
    return {"201" if endpoint.creates else "200": done} | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(refused)
    }


def _sent_with(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.answers is not None:
        yield "Content-Language"
    if endpoint.versioned:
        yield "ETag"
    if endpoint.creates:
        yield "Location"
    if endpoint.kind != "read":
        yield "Idempotency-Replayed"
    if endpoint.answers is not None and "next" in endpoint.answers.model_fields:
        yield "Link"


_REQUIRED_HEADERS = ("Content-Language", "ETag", "Location", "Retry-After", "WWW-Authenticate")


def _headers(words: Wording) -> Schema:
    named = ("Content-Language", "ETag", "Location", "Idempotency-Replayed", "Link", "Retry-After", "WWW-Authenticate")
    return {
        name: {
            "description": words.say(f"api.header.{name}"),
            "required": name in _REQUIRED_HEADERS,
            "schema": {"type": "integer", "minimum": 1} if name == "Retry-After" else {"type": "string"},
        }
        for name in named
    }


def _refused(status: int, words: Wording) -> Schema:
    sent = ["Content-Language", *({401: ["WWW-Authenticate"], 429: ["Retry-After"]}.get(status, []))]
    codes = ", ".join(sorted(code for code, known in CODES.items() if known == status and not code.startswith("validation.")))
    return {
        "description": f"{words.say(f'api.title.{status}')}: {codes}",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in sent},
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=ProblemAnswer.__name__)}}},
    }


def schemas(words: Wording) -> Schema:
    """Every schema by its name: the answers, the bodies, and the document of a refusal."""
    models = {endpoint.answers for endpoint in ENDPOINTS if endpoint.answers is not None} | {ProblemAnswer}
    _, found = models_json_schema(
        [(model, "serialization") for model in sorted(models, key=lambda model: model.__name__)], ref_template=_REF
    )
    told = {name: _told(schema, words) for name, schema in found["$defs"].items()}
    told["ProblemItem"]["properties"]["code"]["enum"] = sorted(CODES)
    for endpoint in ENDPOINTS:
        if endpoint.body is not None:
            told |= body_schemas(endpoint.body, words)
    return dict(sorted(told.items()))


def _told(schema: Schema, words: Wording) -> Schema:
    """An answer with the words of its fields; all of them are always there."""
    for name, field in schema["properties"].items():
        field.pop("title", None)
        field["description"] = words.say(f"api.field.{name}")
    schema.pop("description", None)
    optional = ("pointer", "parameter", "header") if schema["title"] == "ProblemItem" else ()
    required = [name for name in schema["properties"] if name not in optional]
    return {**schema, "required": required, "additionalProperties": False}


def body_schemas(body: Body, words: Wording) -> Schema:
    """The schema of a body, with those that it refers to: titles and help are those of the forms."""
    schema = body.form.model_json_schema(ref_template=_REF)
    definitions = {name: _nested(name, nested, words) for name, nested in schema.pop("$defs", {}).items()}
    fields = {name: _field(schema["properties"][name], words) for name in in_order(body.fields)}
    told: Schema = {"type": "object", "title": words.labels("form").get(body.form.__name__, body.name), "properties": fields}
    told |= {"required": body.required} if body.required else {}
    return definitions | {body.name: {**told, "additionalProperties": False}}


def _field(field: Schema, words: Wording) -> Schema:
    """A field with its words; a code of the charter says of which family it is."""
    code, family = field.pop("wording", None), field.pop("vocabulary", None)
    told = {name: value for name, value in field.items() if name != "default"}
    told |= {"title": words.say(f"form.{code}.title"), "description": words.say(f"form.{code}.help")} if code else {}
    return told | ({"x-vocabulary": family} if family else {})


def _nested(name: str, schema: Schema, words: Wording) -> Schema:
    """What lies in a field, with its words where it has fields itself."""
    titles = words.labels(f"nested.{name}")
    for key, field in schema.get("properties", {}).items():
        field.pop("description", None)
        field["title"] = titles.get(key, key)
    return {key: value for key, value in schema.items() if key != "description"}
