"""How the API says no (RFC 9457): every reason with its code, its sentence in the reader's language, and where it is met."""

from collections.abc import Collection, Mapping, Sequence

from fastapi import Request
from fastapi.responses import Response

from models.errors import Problem, Refused
from portal.acts import field_of
from portal.api.answers_bodies import ProblemAnswer, ProblemItem
from portal.api.call import ROOT
from portal.api.codes import status_of
from portal.context import portal_of, wording
from portal.limits import TooMany
from services.explanations import word
from services.settings import LANGUAGES

MEDIA_TYPE = "application/problem+json"
PROBLEMS = "problems"
"""The path of the pages that explain each code, after the root of the API."""
PAGES = (f"{ROOT}/docs", f"{ROOT}/{PROBLEMS}")
"""Where pages for readers begin."""
_CHALLENGE = 'Bearer realm="passerelle"'
_TOKEN_WRONG, _SCOPE_MISSING = 401, "token_scope_missing"
_ABOUT_BODIES = ("validation.", "text_", "json_")


def language_asked(request: Request) -> str | None:
    """The first language that the request prefers and that we speak, by its weights; None if it says nothing about ours."""
    asked = [_weighed(part) for part in request.headers.get("accept-language", "").split(",")]
    spoken = [(weight, code) for weight, code in asked if code in LANGUAGES and weight > 0]
    return max(spoken, key=lambda pair: pair[0])[1] if spoken else None


def _weighed(part: str) -> tuple[float, str]:
    name, _, weight = part.partition(";")
    said = weight.strip().removeprefix("q=")
    try:
        return (float(said) if said else 1.0), name.strip()[:2].lower()
    except ValueError:
        return 0.0, ""


def refusal(request: Request, refused: Refused) -> Response:
    """A refusal of the rules, or of a request that never came to them."""
    stated = request.headers.get("if-match", "*").strip() != "*"
    status = status_of(refused, stated=stated)
    return told(request, status, refused.problems, _headers(status, refused))


def _headers(status: int, refused: Refused) -> Mapping[str, str]:
    if isinstance(refused, TooMany):
        return {"Retry-After": str(refused.seconds)}
    codes = [problem.code for problem in refused.problems]
    if status == _TOKEN_WRONG:
        return {"WWW-Authenticate": _CHALLENGE if codes == ["token_needed"] else f'{_CHALLENGE}, error="invalid_token"'}
    missing = next((problem for problem in refused.problems if problem.code == _SCOPE_MISSING), None)
    if missing is not None:
        return {"WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope", scope="{missing.params["scope"]}"'}
    return {}


def told(request: Request, status: int, problems: Sequence[Problem], headers: Mapping[str, str] | None = None) -> Response:
    """The document that says why, in the reader's language."""
    language = language_asked(request) or getattr(request.state, "language", None) or portal_of(request).app.settings.language
    words, base = wording(language), portal_of(request).app.settings.base_url
    items = [_item(word(words, Problem(one.code, one.params)), one, request) for one in problems]
    answer = ProblemAnswer(
        type=type_of(base, problems[0].code),
        title=words.say(f"api.title.{status}"),
        status=status,
        detail=" ".join(_sentence(item.message) for item in items),
        errors=items,
    )
    content = answer.model_dump_json(exclude_none=True).encode()
    return Response(content, status, headers={**(headers or {}), "Content-Language": language}, media_type=MEDIA_TYPE)


def type_of(base_url: str, code: str) -> str:
    """The address that names a reason, and explains it."""
    return f"{base_url}{ROOT}/{PROBLEMS}/{code}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _item(message: str, problem: Problem, request: Request) -> ProblemItem:
    kind, _, name = problem.where.partition(":")
    if request.method == "GET" and problem.where:
        return ProblemItem(code=problem.code, message=message, parameter=problem.where.removeprefix("query:"))
    if kind == "query" and name:
        return ProblemItem(code=problem.code, message=message, parameter=name)
    if kind == "header" and name:
        return ProblemItem(code=problem.code, message=message, header=name)
    return ProblemItem(code=problem.code, message=message, pointer=_pointer(problem, getattr(request.state, "fields", ())))


def _pointer(problem: Problem, fields: Collection[str]) -> str | None:
    """Where in the body a reason is met; None where it is not met there."""
    where = problem.where or field_of(problem)
    inside = where.partition(".")[0] in fields or problem.code.startswith(_ABOUT_BODIES)
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in where.split(".")) if where and inside else None
