"""Reading a request to the letter: its parameters, its headers and its JSON; whatever is not what was promised is refused."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from pydantic import ValidationError

from models.errors import Problem, Refused
from portal.api.call import Asked, unknown
from services.validation import explain_validation

LONGEST, DEEPEST = 1_000_000, 6
SHORTEST_KEY, LONGEST_KEY = 8, 100
_JSON = "application/json"
_LONGEST_NAME = 200


def path_of(request: Request) -> Mapping[str, str]:
    """The names in an address. Raises NotFound where none of ours could be."""
    names = {name: str(value) for name, value in request.path_params.items()}
    if any("\0" in value or len(value) > _LONGEST_NAME for value in names.values()):
        raise unknown()
    return names


def query_of(request: Request, kind: type[Asked]) -> Asked:
    """The parameters of an address; refuses unknown ones, and any that is given twice."""
    given = request.query_params.multi_items()
    twice = sorted(name for name, times in Counter(name for name, _ in given).items() if times > 1)
    Refused.unless_empty(Problem("parameter_twice", {"name": name}, f"query:{name}") for name in twice)
    Refused.unless_empty(Problem("text_unstorable", {}, f"query:{name}") for name, value in given if "\0" in value)
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        wrong = {one.where.partition(".")[0]: one for one in reversed(explain_validation(error))}
        raise Refused(*(Problem(wrong[name].code, wrong[name].params, f"query:{name}") for name in sorted(wrong))) from None


def key_of(request: Request) -> str:
    """The key that makes a command safe to repeat. Refuses a command without one."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        raise Refused.because("key_missing", "header:Idempotency-Key")
    if not (SHORTEST_KEY <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Refused.because("key_wrong", "header:Idempotency-Key", least=SHORTEST_KEY, most=LONGEST_KEY)
    return key


def seen_of(request: Request) -> int | None:
    """The version that the asker had seen, by the tag that came with it; weak ones are taken too, since proxies weaken tags."""
    tag = request.headers.get("if-match", "*").strip()
    if tag == "*":
        return None
    bare = tag.removeprefix("W/")
    digits = bare[1:-1]
    if bare != f'"{digits}"' or not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(1 << 62)):
        raise Refused.because("version_tag_wrong", "header:If-Match")
    return int(digits)


async def bytes_of(request: Request, longest: int) -> bytes:
    """The body of a request; refuses one that is too long, without reading the rest."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > longest:
            raise Refused.because("body_too_long", limit=longest)
    return bytes(content)


def media_type_of(request: Request) -> str:
    """What kind of body the request says that it has."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_media_type(request: Request, wanted: str = _JSON) -> None:
    """Refuse a body that does not say it is what is wanted."""
    if media_type_of(request) != wanted:
        raise Refused.because("media_type_wrong", "header:Content-Type", wanted=wanted)


def fields_of(content: bytes) -> Mapping[str, Any]:
    """The fields of a JSON object. Refuses what is not JSON, a name that stands twice, what lies too deep, and texts that cannot be stored."""
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise Refused.because("json_too_deep", limit=DEEPEST) from None
    except ValueError as error:
        raise Refused.because("json_unreadable", why=_place(error)) from None
    if not isinstance(found, dict):
        raise Refused.because("json_not_fields")
    _check(found, "", 1)
    return found


def _place(error: ValueError) -> str:
    return f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else "-"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        raise Refused.because("json_key_twice", name=next(name for name, count in times.items() if count > 1))
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _check(value: Any, where: str, depth: int) -> None:
    if depth > DEEPEST:
        raise Refused.because("json_too_deep", where, limit=DEEPEST)
    if isinstance(value, str):
        if "\0" in value or not _encodable(value):
            raise Refused.because("text_unstorable", where)
    elif isinstance(value, dict):
        for name, part in value.items():
            _check(name, "", depth)
            _check(part, f"{where}.{name}" if where else name, depth + 1)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            _check(part, f"{where}.{place}", depth + 1)


def _encodable(text: str) -> bool:
    """Whether it is text: half of a pair of surrogates is none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
