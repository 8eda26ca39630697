"""Who may use the API: whoever shows a token, as far as its scopes and the seats of its person go, and nobody by a cookie."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from api_http import Program, reasons, token_of
from builders import CLERK, CONVENTION, body_of, changed_charter
from portal_http import browsing, served

from models.commands import Via
from models.errors import NotFound, Refused
from models.scopes import Scope
from models.tables import Person, Seat, Token, table
from portal.api.routes import COMMANDS, READS, SECONDS
from portal.limits import Limits
from services.erasure import erase
from services.seating import change_person, seen_of
from services.tokens import LONGEST_NAME, MOST, list_tokens, make, revoke
from services.visitors import revoke_links

MEMBER = "COTECH-06"


def person_of(desk, seat=MEMBER):
    [held] = desk.rows(Seat, code=seat)
    return held.person_id


def end_seats(desk, seat):
    with desk.app.db.write() as connection:
        mine = table(Seat).c.person_id == person_of(desk, seat)
        connection.execute(table(Seat).update().where(mine).values(ends_on=desk.today - timedelta(days=1)))


def test_a_token_says_in_whose_name_it_acts_and_for_what(program):
    me = program.as_holder_of(MEMBER, Scope.READ).get("/me").json()
    assert (me["person"], me["seats"]) == ("patrimoine", [{"code": MEMBER, "body": "cotech", "role": "member"}])
    assert (me["scopes"], me["convention"]) == (["read"], CONVENTION)


def test_without_a_token_nobody_comes_in_and_is_told_how(light_program):
    answers = [light_program.get("/me", Authorization=how) for how in ("", "Basic YTpi", "Bearer", f"Token {light_program.shown}")]
    assert [(answer.status_code, reasons(answer)) for answer in answers] == [(401, ["token_needed"])] * 4
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="passerelle"'}


def test_a_token_that_is_none_is_refused_and_whoever_tries_many_has_to_wait(light_program):
    tried = [light_program.get("/me", Authorization=f"Bearer passerelle_{number}") for number in range(40)]
    assert (tried[0].status_code, reasons(tried[0])) == (401, ["token_not_known"])
    assert tried[0].headers["www-authenticate"] == 'Bearer realm="passerelle", error="invalid_token"'
    assert (tried[-1].status_code, reasons(tried[-1]), tried[-1].headers["retry-after"] in "12") == (429, ["too_many_tries"], True)
    assert light_program.get("/me").status_code == 200


def test_what_ends_a_token_is_said(light_program):
    desk = light_program.desk
    ways = {
        "token_revoked": lambda: revoke(desk.app, list_tokens(desk.app, person_id=person_of(desk))[0].id),
        "token_over": lambda: desk.watch.advance(days=30),
        "token_seatless": lambda: end_seats(desk, MEMBER),
    }
    for code, happens in ways.items():
        program = light_program.as_holder_of(MEMBER)
        assert program.get("/me").status_code == 200
        happens()
        answer = program.get("/me")
        assert (answer.status_code, reasons(answer)) == (401, [code])


def test_revoking_the_links_of_a_person_ends_their_tokens(program):
    member = program.as_holder_of(MEMBER)
    revoke_links(program.desk.app, person_of(program.desk))
    assert reasons(member.get("/me")) == ["token_revoked"]
    assert program.get("/me").status_code == 200


def test_another_address_ends_the_tokens_of_the_former_one(light_program):
    desk, member = light_program.desk, light_program.as_holder_of(MEMBER)
    [person] = desk.rows(Person, id=person_of(desk))
    filled = {"name": person.name, "email": "autre@ville.example", "language": person.language}
    change_person(desk.app, CONVENTION, person.code, filled, seen_of(person._mapping))
    assert reasons(member.get("/me")) == ["token_revoked"]


def test_erasing_a_person_forgets_their_tokens(program):
    desk, member = program.desk, program.as_holder_of(MEMBER)
    end_seats(desk, MEMBER)
    erase(desk.app, "patrimoine", carry_out=True)
    assert reasons(member.get("/me")) == ["token_not_known"]
    assert desk.rows(Token, person_id=person_of(desk)) == []


def test_a_scope_that_is_missing_is_named(light_program):
    number = light_program.desk.propose()
    asks = {
        Scope.READ: lambda program: program.get("/actions"),
        Scope.ACT: lambda program: program.post(f"/actions/{number}/withdraw"),
        Scope.MEETINGS: lambda program: program.post("/meetings/plan"),
    }
    for scope, ask in asks.items():
        answer = ask(light_program.as_holder_of(CLERK, *(set(Scope) - {scope})))
        assert (answer.status_code, reasons(answer)) == (403, ["token_scope_missing"])
        assert answer.headers["www-authenticate"] == f'Bearer realm="passerelle", error="insufficient_scope", scope="{scope}"'
        assert ask(light_program.as_holder_of(CLERK, scope)).status_code != 403


def test_what_is_for_secretariats_is_refused_to_members(light_program):
    member = light_program.as_holder_of(MEMBER)
    for answer in (member.get("/status"), member.post("/meetings/plan", {})):
        assert (answer.status_code, reasons(answer)) == (403, ["secretaries_only"])


def test_a_cookie_opens_nothing_here_and_a_token_no_page(light_desk):
    with browsing(light_desk) as browser:
        assert browser.sign_in(browser.member(MEMBER)).status_code == 303
        assert browser.open("/bureau").status_code == 200
        assert reasons(browser.open("/api/v1/me")) == ["token_needed"]
        bearer = {"Authorization": f"Bearer {token_of(light_desk, MEMBER)}"}
        with browser.another().client as client:
            assert client.get("/bureau", headers=bearer).headers["location"] == "/connexion"
            answer = client.get("/api/v1/me", headers={**bearer, "Origin": "https://ailleurs.example"})
        assert [name for name in answer.headers if name.startswith(("access-control", "set-cookie"))] == []


def test_the_secret_is_kept_nowhere_and_the_day_of_use_is_noted_once_a_day(program):
    desk = program.desk
    [row] = desk.rows(Token)
    assert (row.used_on, program.shown.encode() in bytes(row.hashed), len(row.hashed)) == (None, False, 32)
    for _ in range(2):
        assert program.get("/me").status_code == 200
    assert desk.rows(Token)[0].used_on == desk.watch.moment.date()


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"name": " "}, ["token_name_wrong"]),
        ({"name": "x" * (LONGEST_NAME + 1)}, ["token_name_wrong"]),
        ({"name": "a\0b"}, ["token_name_wrong"]),
        ({"scopes": ()}, ["token_scopes_wrong"]),
        ({"scopes": ("read", "everything")}, ["token_scopes_wrong"]),
        ({"days": 0}, ["token_days_wrong"]),
        ({"days": "366"}, ["token_days_wrong"]),
        ({"days": "²"}, ["token_days_wrong"]),
        ({"name": "", "scopes": (), "days": ""}, ["token_name_wrong", "token_scopes_wrong", "token_days_wrong"]),
    ],
)
def test_a_token_that_cannot_be_made_says_everything_that_is_wrong(light_desk, given, codes):
    with pytest.raises(Refused) as caught:
        make(light_desk.app, person_of(light_desk), **{"name": "Tableau", "scopes": ("read",), "days": 30, "via": Via.PORTAL, **given})
    assert [problem.code for problem in caught.value.problems] == codes


def test_names_are_taken_once_and_tokens_are_not_without_number(light_desk):
    def another(name):
        return make(light_desk.app, person_of(light_desk), name=name, scopes=("read",), days=1, via=Via.PORTAL)

    held = another("0").held
    with pytest.raises(Refused, match="token_name_taken"):
        another("0")
    revoke(light_desk.app, held.id)
    assert [another(str(number)).held.name for number in range(MOST)] == [str(number) for number in range(MOST)]
    with pytest.raises(Refused, match="tokens_too_many"):
        another("one more")
    light_desk.watch.advance(days=1)
    assert another("one more").held.name == "one more"


def test_nobody_revokes_the_token_of_somebody_else(light_desk):
    token_of(light_desk, MEMBER)
    [held] = list_tokens(light_desk.app)
    with pytest.raises(NotFound):
        revoke(light_desk.app, held.id, person_id=person_of(light_desk, CLERK))
    assert list_tokens(light_desk.app) == [held]


def test_an_act_by_a_token_of_its_person_counts_as_theirs_and_by_one_of_the_command_line_does_not(light_program, tmp_path):
    desk = light_program.desk
    desk.under(changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(recused="proposer")))
    number = desk.propose(seat="COTECH-03")
    desk.settle()
    ask = {"body": "cotech", "until": "2026-11-02", "reason": "Congés"}
    unseen = light_program.as_holder_of(CLERK, via=Via.CLI).post(f"/actions/{number}/extend_review", ask)
    assert reasons(unseen) == ["second_person_unseen"]
    assert light_program.post(f"/actions/{number}/extend_review", ask).status_code == 200
    assert light_program.post(f"/actions/{desk.propose()}/withdraw", {"reason": "Doublon"}).status_code == 200
    assert desk.events("A-2026-002")[-1].via == Via.API


@pytest.mark.parametrize(("kind", "tries"), [("api read", READS), ("api command", COMMANDS)])
def test_a_program_that_asks_too_often_is_told_how_long_to_wait(light_desk, kind, tries):
    limits = Limits(lambda: 0.0)
    still = served(light_desk.app, lambda portal: replace(portal, limits=limits))
    with still as address, httpx.Client(base_url=address, trust_env=False) as client:
        program = Program(client, light_desk, token_of(light_desk, MEMBER))
        [held] = list_tokens(light_desk.app)
        for _ in range(tries):
            limits.spend(kind, held.id.hex, tries=tries, seconds=SECONDS)
        answer = program.get("/me") if kind == "api read" else program.post("/actions/A-2026-001/start")
        assert (answer.status_code, reasons(answer), answer.headers["retry-after"]) == (429, ["too_many_tries"], "1")
        assert program.as_holder_of(CLERK).get("/me").status_code == 200


def test_a_person_makes_sees_and_revokes_their_tokens_on_a_page(light_desk):
    with browsing(light_desk) as browser:
        browser.sign_in(browser.member(MEMBER))
        wrong = browser.fill("/jetons", name="", days="400")
        assert (wrong.status_code, wrong.text.count('aria-invalid="true"') >= 2) == (422, True)
        made = browser.fill("/jetons", name="Tableau de bord", scopes=["read", "act"], days="90")
        shown = made.text.partition('id="secret" value="')[2].partition('"')[0]
        assert (made.status_code, made.headers["cache-control"], shown[:11]) == (200, "no-store", "passerelle_")
        page = browser.open("/jetons").text
        assert ("Tableau de bord" in page, "lire, agir sur les actions" in page, shown in page) == (True, True, False)
        bearer = {"Authorization": f"Bearer {shown}"}
        assert browser.open("/api/v1/me", **bearer).json()["token"] == "Tableau de bord"
        [held] = list_tokens(light_desk.app)
        gone = browser.client.post(f"/jetons/{held.id}/revocation", data={"seal": browser.seal("/jetons")}, follow_redirects=False)
        assert gone.headers["location"] == "/jetons?revoque=oui"
        assert reasons(browser.open("/api/v1/me", **bearer)) == ["token_revoked"]
        for other in ("nonsense", str(held.id)):
            answer = browser.client.post(f"/jetons/{other}/revocation", data={"seal": browser.seal("/jetons")}, follow_redirects=False)
            assert answer.status_code == 404
