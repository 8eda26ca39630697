"""Every refusal of the services is reachable by the API and explained: a code, a status, a sentence in both languages, a page."""

import ast
import itertools

import pytest
from api_http import reasons
from builders import CLERK, ROOT

from models.charter import Language
from models.chasing import Bar
from models.errors import Problem, Refused
from models.lifecycle import State
from portal.api.codes import CODES, status_of
from portal.api.endpoints import ENDPOINTS
from services.wording import catalogue

ASKED = (
    *("models/guards", "services/meetings", "models/meetings", "portal/api"),
    *("services/dispatch.py", "services/asked.py", "services/attachments.py", "services/deliberations.py", "services/lookups.py"),
    *("services/slices.py", "services/requests.py", "services/review_file.py", "services/queries.py", "services/decisions.py"),
    *("portal/limits.py", "services/finding.py", "services/facts.py", "services/effects", "services/search", "models/queries.py"),
)
"""Where commands and reads of the API may be refused; sheets and tokens are added by name."""
ELSEWHERE = {
    "attachment_missing": "a file on the disk of whoever types a command",
    "deadline_says_so": "asked of reminders, which nobody asks for by a form",
    "hidden_not_in_prefect": "asked of Prefect's forms",
    "people.unknown": "asked of tables of persons",
}
TOKENS = {"token_not_known", "token_revoked", "token_over", "token_seatless"}
FRAMEWORK = {"resource_unknown", "method_unknown", "body_too_long", "request_unreadable", "api_broken", "portal_database_away"}
UNUSED = {"convention_unknown"}
"""A token's convention is always known, unless somebody takes it out of the database meanwhile."""


def sources():
    for place in ASKED:
        path = ROOT / place
        yield from [one for one in path.rglob("*.py") if one.name != "pages.py"] if path.is_dir() else [path]


def codes_in(path):
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named = getattr(getattr(call, "func", None), "attr", None) or getattr(getattr(call, "func", None), "id", None)
        if isinstance(call, ast.Call) and named in ("Problem", "because") and call.args:
            yield from (part.value for part in _chosen(call.args[0]))


def _chosen(code):
    """The texts that a code may be: one, or either of two."""
    either = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
    return [one for one in either if isinstance(one, ast.Constant)]


def codes_of_sheets():
    """What may contradict a sheet: the codes in the functions that its check calls, one through the other."""
    tree = ast.parse((ROOT / "models/contradictions.py").read_text(encoding="utf-8"))
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    waiting, seen = ["sheet_contradictions"], set()
    while waiting:
        here = waiting.pop()
        seen.add(here)
        named = {part.id for part in ast.walk(functions[here]) if isinstance(part, ast.Name)}
        waiting += [name for name in named if name in functions and name not in seen]
    texts = (part.value for name in seen for part in ast.walk(functions[name]) if isinstance(part, ast.Constant))
    return {text for text in texts if isinstance(text, str) and text.startswith("charter.")}


def test_the_catalogue_holds_what_the_services_may_say_and_nothing_else():
    raised = {code for path in sources() for code in codes_in(path) if not code.startswith("validation.")} - ELSEWHERE.keys()
    rules = {code for code in CODES if not code.startswith("validation.")}
    assert raised | {*Bar} | codes_of_sheets() | TOKENS | FRAMEWORK | UNUSED == rules


@pytest.mark.parametrize("language", Language)
def test_every_reason_has_its_sentence_and_its_title(language):
    sentences = catalogue(language)
    assert [code for code in CODES if code not in sentences] == []
    assert [status for status in CODES.values() if f"api.title.{status}" not in sentences] == []


def test_every_reason_has_its_page_and_its_place_in_the_description(light_program):
    described = light_program.get("/openapi.json").json()
    [codes] = [described["components"]["schemas"]["ProblemItem"]["properties"]["code"]["enum"]]
    assert codes == sorted(CODES)
    client = light_program.client
    index = client.get("/api/v1/problems", headers={"Accept-Language": "en"}).text
    for code, status in CODES.items():
        page = client.get(f"/api/v1/problems/{code}", headers={"Accept-Language": "en"})
        assert (page.status_code, code in page.text, str(status) in page.text, f">{code}<" in index) == (200, True, True, True), code
    assert client.get("/api/v1/problems/nonsense").status_code == 404


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_refusal_has_the_status_of_its_reason(code):
    assert status_of(Refused(Problem(code)), stated=True) == CODES[code]


def test_of_several_reasons_the_one_that_says_most_gives_the_status():
    def status(*codes, stated=False):
        return status_of(Refused(*map(Problem, codes)), stated=stated)

    assert status("reason_missing", "not_allowed") == 403
    assert status("reason_missing", "state_forbids") == 409
    assert status("reason_missing", "lead_missing") == 422
    assert (status("version_stale"), status("version_stale", stated=True)) == (409, 412)


# --- said by the rules themselves ---------------------------------------------------------------------------------------------------

GIVEN = {
    "reason": "Ainsi décidé",
    "body": "copil",
    "opinion": "favourable",
    "voter": "COTECH-03",
    "until": "2026-10-30",
    "percent": 50,
    "summary": "En cours",
    "successor": "A-2026-001",
    "giver": "COTECH-03",
    "holder": "COTECH-06",
    "reservation": 1,
    "partner": "ville",
    "deliberation": "adopted",
    "decided_on": "2026-10-01",
    "reference": "CR 1",
    "document": "d" * 64,
    "event": "00000000-0000-0000-0000-000000000001",
    "kind": "family",
    "concerned": "COTECH-03",
    "results": "Atteints",
}


def given_for(endpoint, *, filled):
    body = endpoint.body
    names = body.fields if filled else body.required
    return {name: GIVEN[name] for name in names if name in GIVEN}


USUAL = (State.SUBMITTED, State.TECHNICAL_REVIEW, State.IN_PROGRESS)


@pytest.mark.parametrize("state", [state if state in USUAL else pytest.param(state, marks=pytest.mark.slow) for state in State])
def test_whatever_is_asked_in_a_state_is_done_or_refused_for_reasons_of_the_catalogue(light_program, state):
    desk = light_program.desk
    askers = {seat: light_program.as_holder_of(seat) for seat in (CLERK, "COTECH-03")}
    number, seen = desk.reach(state), set()
    for endpoint, seat in itertools.product((one for one in ENDPOINTS if one.right == "api_act"), askers):
        answer = askers[seat].post(endpoint.path.format(number=number), given_for(endpoint, filled=seat == CLERK))
        if answer.status_code == 200:
            number = desk.reach(state)
            continue
        codes = reasons(answer)
        assert answer.status_code in {CODES[code] for code in codes}, (endpoint.name, answer.text)
        seen |= {*codes}
    kept_out = "action_unknown" if state is State.DRAFT else "not_allowed"  # nobody is told that somebody else's draft exists
    assert {kept_out, "state_forbids"} <= seen <= set(CODES)
