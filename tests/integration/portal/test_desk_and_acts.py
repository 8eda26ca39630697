"""Secretaries steer: the desk, the list, an action's page, and every form of its life."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from benchmarks.lifecycle import statements_of
from builders import PILOT, changed_charter, provision
from portal_http import hidden, text_of

from models.lifecycle import State, Verb
from models.tables import Action, Attachment, Decision, Delivery, Event, Words, table
from services.finding import PAGE, Wanted, find
from services.readers import OPERATOR
from services.stopping import stop

CLERK_MAIL = "secretariat.technique@ville.example"
STEERING_MAIL = "secretariat.pilotage@ville.example"


@pytest.fixture
def light_clerk(light_browser):
    """The same, on SQLite only."""
    light_browser.sign_in(CLERK_MAIL)
    return light_browser


def sheet_fields(position=7, **changes):
    sheet = provision(position)
    fields = {name: value for name, value in sheet.model_dump(mode="json").items() if value not in (None, [], ())}
    milestones = fields.pop("milestones")
    return fields | {
        "milestone_title": [milestone["title"] for milestone in milestones],
        "milestone_due_on": [milestone["due_on"] for milestone in milestones],
        **changes,
    }


def test_a_secretary_proposes_an_action_with_its_whole_sheet(clerk):
    answer = clerk.fill("/nouvelle/proposition", **sheet_fields(), **{"as": "proposition"})
    [action] = clerk.desk.rows(Action)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/actions/{action.number}?fait=propose")
    assert action.sheet == provision(7).model_dump(mode="json")
    assert clerk.desk.events(action.number)[0].via == "portal"


def test_a_draft_is_kept_and_says_how_complete_it_is(clerk):
    clerk.fill("/nouvelle/proposition", title="Une idée", axis="territoire", **{"as": "brouillon"})
    [action] = clerk.desk.rows(Action)
    page = clerk.open(f"/actions/{action.number}")
    assert (action.state, "Fiche complète à 18" in page.text, "contexte" in page.text) == (State.DRAFT, True, True)


def test_the_same_form_sent_twice_is_carried_out_once(light_clerk):
    page = light_clerk.open("/nouvelle/proposition")
    sent = {name: hidden(page, name) for name in ("seal", "key", "seat")} | sheet_fields() | {"as": "proposition"}
    for _ in range(2):
        light_clerk.client.post("/nouvelle/proposition", data=sent)
    assert len(light_clerk.desk.rows(Action)) == 1


def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(light_clerk):
    wrong = sheet_fields(title="", starts_on="2027-13-40", budget_euros="beaucoup")
    answer = light_clerk.fill("/nouvelle/proposition", **wrong, **{"as": "proposition"})
    assert (answer.status_code, light_clerk.desk.rows(Action)) == (422, [])
    assert provision(7).context in unescape(answer.text)
    assert "Recensement des équipements" in unescape(answer.text)
    for field in ("title", "starts_on", "budget_euros"):
        assert f'id="{field}-problem"' in answer.text


def test_an_action_goes_through_its_whole_life_by_the_portal_alone(clerk):
    desk = clerk.desk
    clerk.fill("/nouvelle/proposition", **sheet_fields(), **{"as": "proposition"})
    desk.settle()
    [action] = desk.rows(Action)
    here = f"/actions/{action.number}"
    for voter in desk.last_round(action.number, "cotech").electorate:
        clerk.fill(f"{here}/record_opinion?body=cotech", body="cotech", voter=voter, opinion="favourable")
    desk.settle()
    assert desk.state(action.number) is State.STEERING_REVIEW
    steering = clerk.another()
    with steering.client:
        steering.sign_in(STEERING_MAIL)
        steering.fill(f"{here}/close_review", body="copil", reason="Séance tenue")
        steering.fill(f"{here}/approve", body="copil", outcome="approve", reason="Conforme", reference="CR 12")
    clerk.fill(f"{here}/start")
    clerk.fill(f"{here}/suspend", reason="Travaux")
    clerk.fill(f"{here}/resume")
    clerk.fill(f"{here}/report_progress", percent="60", summary="Bon début", reached="1")
    clerk.fill(f"{here}/complete", reason="Tout est fait")
    desk.settle()
    clerk.fill(f"{here}/file_final_report", results="Dix lieux", lessons="Commencer tôt")
    desk.settle()
    assert desk.state(action.number) is State.CLOSED
    assert {event.via for event in desk.events(action.number)} == {"portal", "flow"}
    assert clerk.open(here).status_code == 200


def test_the_form_of_a_proposal_tells_what_a_complete_sheet_needs_from_what_is_needed_at_once(light_clerk):
    page = light_clerk.open("/nouvelle/proposition").text
    assert (page.count("(obligatoire)"), page.count("(pour une fiche complète)")) == (1, len(light_clerk.desk.charter().sheet.required) - 1)


def test_a_draft_with_nothing_but_a_title_shows_no_empty_sheet(light_clerk):
    light_clerk.fill("/nouvelle/proposition", title="Une idée", **{"as": "brouillon"})
    [action] = light_clerk.desk.rows(Action)
    page = light_clerk.open(f"/actions/{action.number}").text
    assert ('<dl class="sheet">' in page, "Fiche complète à" in page) == (False, True)


def test_a_committee_gives_an_action_back_by_the_portal_with_its_reasons_and_reference(clerk):
    number = clerk.desk.to_technical()
    clerk.fill(f"/actions/{number}/close_review", body="cotech", reason="Séance tenue")
    answer = clerk.fill(f"/actions/{number}/return", body="cotech", outcome="return", reason="Préciser le budget", reference="CR 4")
    assert (answer.status_code, clerk.desk.state(number)) == (303, State.RETURNED)
    [decision] = clerk.desk.rows(Decision)
    assert (decision.outcome, decision.reference) == ("return", "CR 4")


def test_a_proposal_is_given_back_before_any_review_without_a_body(light_clerk):
    number = light_clerk.desk.propose()
    answer = light_clerk.fill(f"/actions/{number}/return", reason="En double")
    assert (answer.status_code, light_clerk.desk.state(number)) == (303, State.RETURNED)


def test_a_reservation_is_shown_and_lifted_by_the_portal(clerk):
    desk = clerk.desk
    number = desk.reserving("COTECH-01", "COTECH-03")
    here = f"/actions/{number}"
    page = clerk.open(f"{here}/lift_reservation").text
    assert ('<option value="1"' in page, '<option value="2"' in page) == (True, True)
    assert clerk.open("/bureau").text.count("Réserves à lever") == 1
    answer = clerk.fill(f"{here}/lift_reservation", reservation="1", reason="Le devis est joint")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here}?fait=lift_reservation")
    page = unescape(clerk.open(here).text).replace("\u00a0", " ")
    assert ("Levée ainsi : <q>Le devis est joint</q>" in page, page.count("À lever d'abord pour : déclarer achevée")) == (True, 1)
    files = unescape(clerk.open(f"{here}/examens").text)
    assert "Réserves" in files
    refused = clerk.fill(f"{here}/lift_reservation", reservation="1", reason="Encore")
    assert refused.status_code == 422


def test_a_member_lifts_their_own_reservation_and_no_other(light_browser):
    number = light_browser.desk.reserving("COTECH-01")
    light_browser.sign_in("presidence.technique@universite.example")
    assert light_browser.open(f"/actions/{number}/lift_reservation").status_code == 200
    other = light_browser.desk.reserving("COTECH-03")
    assert 'name="reservation"' not in light_browser.open(f"/actions/{other}/lift_reservation").text


def test_a_member_gives_an_opinion_early_by_the_portal(light_browser):
    desk = light_browser.desk
    number = desk.to_technical()
    light_browser.sign_in(light_browser.member("COPIL-03"))
    here = f"/actions/{number}"
    answer = light_browser.fill(f"{here}/keep_opinion", body="copil", voter="COPIL-03", opinion="favourable")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here}?fait=keep_opinion")
    page = unescape(light_browser.open(here).text)
    assert ("Avis donnés d'avance" in page, "Donner un avis d'avance" in page) == (True, True)
    refused = light_browser.fill(f"{here}/keep_opinion", body="cotech", voter="COPIL-03", opinion="favourable")
    assert (refused.status_code, "examine déjà cette action" in unescape(refused.text)) == (422, True)


def test_a_partners_deliberation_is_awaited_recorded_and_shown_by_the_portal(clerk, tmp_path):
    rules = [{"partner": "ville"}]
    desk = clerk.desk.under(changed_charter(tmp_path / "charter.yaml", lambda it: it.update(deliberations=rules)))
    number = desk.to_approved(provision(7, partners=("ville",)))
    here = f"/actions/{number}"
    page = unescape(clerk.open(here).text).replace("\u00a0", " ")
    assert "Le travail ne commence qu'après une délibération favorable de : Ville de Villeneuve d'Ascq." in page
    told = unescape(clerk.open(f"{here}/record_deliberation").text)
    assert "joignez-le d'abord" in told
    desk.execute(Verb.ATTACH, number, file_name="délib.pdf", media_type="application/pdf", size=1000, sha256="d" * 64)
    answer = clerk.fill(
        f"{here}/record_deliberation",
        partner="ville",
        deliberation="adopted",
        decided_on=desk.today.isoformat(),
        reference="2026-118",
        document="d" * 64,
    )
    assert answer.status_code == 303
    page = unescape(clerk.open(here).text)
    assert ("2026-118" in page, "délib.pdf" in page, "Le travail ne commence" in page) == (True, True, False)
    assert clerk.fill(f"{here}/start").status_code == 303


def test_what_cannot_be_asked_now_is_refused_in_words_before_the_click(light_clerk):
    number = light_clerk.desk.to_work()
    page = light_clerk.open(f"/actions/{number}/close")
    assert (page.status_code, '<form method="post" class="card"' in page.text) == (200, False)
    assert "on ne peut pas clore dans cet état" in unescape(page.text)
    barred = unescape(light_clerk.open(f"/actions/{number}").text)
    assert "Ce qui n'est pas possible, et pourquoi" in barred


def test_a_page_that_is_stale_overwrites_nothing(clerk):
    number = clerk.desk.to_work()
    path = f"/actions/{number}/suspend"
    page = clerk.open(path)
    clerk.desk.report(number, 20)
    carried = {name: hidden(page, name) for name in ("seal", "key", "seat", "seen_version")}
    answer = clerk.client.post(path, data=carried | {"reason": "Travaux"})
    assert (answer.status_code, clerk.desk.state(number), "a changé entre-temps" in answer.text) == (409, State.IN_PROGRESS, True)


def test_nobody_acts_through_a_seat_that_is_not_theirs(light_clerk):
    number = light_clerk.desk.to_work()
    page = light_clerk.open(f"/actions/{number}/suspend")
    carried = {name: hidden(page, name) for name in ("seal", "key", "seen_version")}
    answer = light_clerk.client.post(f"/actions/{number}/suspend", data=carried | {"reason": "Travaux", "seat": "COPIL-02"})
    assert (answer.status_code, light_clerk.desk.state(number)) == (422, State.IN_PROGRESS)


def test_the_desk_shows_what_is_waiting_the_most_urgent_first(browser):
    urgent = browser.desk.to_technical(provision(7))
    browser.desk.watch.advance(days=10)
    fresh = browser.desk.to_technical(provision(7, title="Une autre"))
    returned = browser.desk.to_technical(provision(7, description=None))
    browser.sign_in(CLERK_MAIL)
    page = unescape(browser.open("/bureau").text)
    reviewed = page.partition("Comité technique <")[2]
    assert reviewed.index(urgent) < reviewed.index(fresh)
    assert (returned in page, "0 avis sur 6" in page) == (True, True)


def test_a_member_sees_on_the_desk_which_opinions_are_owed(light_browser):
    number = light_browser.desk.to_technical()
    light_browser.sign_in(light_browser.member("COTECH-03"))
    assert f"/actions/{number}/record_opinion?body=cotech" in light_browser.open("/bureau").text
    light_browser.fill(f"/actions/{number}/record_opinion?body=cotech", body="cotech", voter="COTECH-03", opinion="favourable")
    assert f"/actions/{number}/record_opinion?body=cotech" not in light_browser.open("/bureau").text
    assert light_browser.desk.events(number)[-1].actor == "COTECH-03"


def test_the_list_is_filtered_sorted_and_paged_by_its_address(light_clerk):
    desk = light_clerk.desk
    for position in range(1, 8):
        desk.propose(provision(position))
    for extra in range(PAGE):
        desk.propose(provision(7, title=f"Une de plus, la {extra:02}"))
    first, second = (light_clerk.open(f"/actions?page={number}").text for number in (1, 2))
    assert (first.count('class="number"'), second.count('class="number"')) == (PAGE, 7)
    found = light_clerk.open("/actions?words=V%C3%89LO&sort=title").text
    assert "Encourager l&#39;usage du vélo" in found
    for words in ("ENCOURAGER L'USAGE DU VÉLO", "velo", "VELO", "vÉlo"):
        assert "Encourager l&#39;usage du vélo" in light_clerk.open(f"/actions?{urlencode({'words': words})}").text
    assert light_clerk.open("/actions?axis=transitions").text.count('class="number"') == 3
    assert light_clerk.open("/actions?theme=biodiversite&state=submitted").text.count('class="number"') == 1
    assert "Actions trouvées\u00a0: 0" in light_clerk.open("/actions?words=introuvable%25%27").text
    unreadable = light_clerk.open("/actions?words=%25%27%22")
    assert (unreadable.status_code, "un guillemet n'est pas refermé".replace("'", "&#39;") in unreadable.text.lower()) == (422, True)


def statements(browser, path):
    """How many statements a page takes."""
    with statements_of(browser.desk.app) as heard:
        browser.open(path)
        heard.clear()
        browser.open(path)
        return len(heard)


@pytest.mark.parametrize("path", ["/bureau", "/actions"])
def test_a_page_takes_as_many_statements_for_one_line_as_for_thirty(light_clerk, path):
    light_clerk.desk.to_technical()
    few = statements(light_clerk, path)
    for _ in range(29):
        light_clerk.desk.to_technical()
    assert statements(light_clerk, path) == few


def test_a_file_is_attached_shown_and_given_back_byte_for_byte(clerk):
    number = clerk.desk.propose()
    path = f"/actions/{number}/fichiers"
    page = clerk.open(path)
    sent = {name: hidden(page, name) for name in ("seal", "key", "seat")}
    content = b"%PDF-1.7 exemple"
    answer = clerk.client.post(
        path, data=sent, files={"file": ("Plan \u00e9t\u00e9.pdf", content, "application/pdf")}, follow_redirects=False
    )
    [file] = clerk.desk.rows(Attachment)
    back = clerk.open(f"/actions/{number}/fichier/{file.sha256}")
    assert (answer.status_code, file.file_name, back.content) == (303, "Plan \u00e9t\u00e9.pdf", content)
    assert back.headers["content-disposition"].startswith("inline;")
    assert "filename*=UTF-8''Plan%20%C3%A9t%C3%A9%2Epdf" in back.headers["content-disposition"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("page.html", b"<script>", "ne sont pas admis"),
        ("vide.pdf", b"", "est vide"),
        ("gros.pdf", b"x" * 10_000_001, "octets"),
        ("faux.pdf", b"<script>", "n'est pas celui d'un fichier"),
    ],
)
def test_a_file_that_is_not_accepted_is_refused_in_words_and_not_kept(light_clerk, name, content, why):
    number = light_clerk.desk.propose()
    path = f"/actions/{number}/fichiers"
    page = light_clerk.open(path)
    sent = {key: hidden(page, key) for key in ("seal", "key", "seat")}
    answer = light_clerk.client.post(path, data=sent, files={"file": (name, content)})
    assert (answer.status_code, why in unescape(answer.text), light_clerk.desk.rows(Attachment)) == (422, True, [])


def test_what_people_write_is_shown_and_never_carried_out(light_clerk):
    number = light_clerk.desk.to_work(provision(7, title="<script>alert(1)</script>"))
    light_clerk.desk.report(number, summary='"><img src=x onerror=alert(1)>')
    for path in (f"/actions/{number}", "/actions", "/bureau", f"/actions/{number}/amend"):
        text = light_clerk.open(path).text
        assert "<script>" not in text
        assert "<img src=x" not in text


def test_a_mail_that_did_not_arrive_is_sent_again_because_a_person_decides(clerk):
    clerk.desk.to_technical()
    rows = table(Delivery)
    with clerk.desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.message == "opinion-requested").values(state="uncertain"))
    stuck = clerk.desk.rows(Delivery, state="uncertain")
    page = clerk.open("/envois").text
    assert (page.count("/envois/"), page.count("· ce qui est demandé")) == (len(stuck), len(stuck))
    clerk.client.post(f"/envois/{stuck[0].id}", data={"seal": clerk.seal("/envois")})
    assert len(clerk.desk.rows(Delivery, state="uncertain")) == len(stuck) - 1
    assert clerk.client.post("/envois/rien", data={"seal": clerk.seal("/envois")}).status_code == 404


def test_all_mails_that_are_shown_are_sent_again_at_once_each_with_its_reason(light_clerk):
    light_clerk.desk.to_technical()
    rows = table(Delivery)
    with light_clerk.desk.app.db.write() as connection:
        asked = rows.update().where(rows.c.message == "opinion-requested")
        connection.execute(asked.values(state="suppressed", reason="address_suppressed"))
    shown = light_clerk.open("/envois")
    assert text_of(shown).count("Adresse qui refuse les courriels") == 6
    ids = [str(row.id) for row in light_clerk.desk.rows(Delivery, state="suppressed")]
    answer = light_clerk.client.post("/envois", data={"seal": light_clerk.seal("/envois"), "delivery": ids[1:]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/envois?fait=tous")
    assert [str(row.id) for row in light_clerk.desk.rows(Delivery, state="suppressed")] == ids[:1]
    assert light_clerk.client.post("/envois", data={"delivery": ids[:1]}).status_code == 403


@pytest.mark.parametrize("page", ["/bureau", "/envois"])
def test_the_desk_of_a_secretary_and_the_page_of_deliveries_say_that_messages_are_stopped(light_clerk, page):
    stop(light_clerk.desk.app, "essai en cours")
    assert "(essai en cours)" in light_clerk.open(page).text


def test_an_action_that_does_not_exist_is_told_with_near_matches(light_clerk):
    number = light_clerk.desk.propose()
    answer = light_clerk.open("/actions/A-2026-002")
    assert (answer.status_code, number in answer.text) == (404, True)
    assert [light_clerk.open(f"/actions/{number}/{verb}").status_code for verb in ("danser", "propose", "note_delay")] == [404, 404, 404]


def test_a_page_in_english_holds_no_french(light_browser):
    light_browser.desk.to_technical()
    light_browser.sign_in(light_browser.member("COPIL-07"))
    page = light_browser.open("/bureau").text
    assert ('<html lang="en">' in page, re.search(r"\b(vous|votre|avis|bureau<)\b", page.replace("/bureau", ""))) == (True, None)


def test_old_events_stay_as_they_were_when_a_form_is_sent_for_another_day(light_clerk):
    number = light_clerk.desk.to_work()
    yesterday = (light_clerk.desk.today - timedelta(days=1)).isoformat()
    refused = light_clerk.fill(f"/actions/{number}/suspend", reason="Travaux", occurred_on=yesterday)
    assert (refused.status_code, "après coup" in refused.text) == (422, True)
    light_clerk.fill(f"/actions/{number}/suspend", reason="Travaux", occurred_on=yesterday, late_reason="Oubli")
    event = light_clerk.desk.events(number)[-1]
    assert (event.topic, event.occurred_on.isoformat()) == ("action.suspended", yesterday)
    assert {row.kind for row in light_clerk.desk.rows(Words)} >= {"reason", "late_reason"}
    assert light_clerk.desk.rows(Event)[-1].via == "portal"


def test_letters_are_found_with_and_without_accents_and_capitals_on_each_database(desk):
    desk.propose(provision(7, title="ÉTUDIER L'ÎLOT DES ÉCOLES"))
    desk.propose(provision(7, title="Étudier l'îlot des écoles"))
    desk.propose(provision(7, title="Etudier l'ilot des ecoles"))
    for words in ("étudier", "ETUDIER", "îLOT", "écoles", "ECOLES"):
        assert find(desk.app, OPERATOR, "vda-lille", Wanted(words), "fr").total == 3
    assert find(desk.app, OPERATOR, "vda-lille", Wanted("e\u0301cole"), "fr").total == 3
    assert find(desk.app, OPERATOR, "vda-lille", Wanted("introuvable"), "fr").total == 0


def test_a_final_report_that_says_nothing_is_refused_at_its_first_field(light_browser):
    number = light_browser.desk.to_final_report()
    email = light_browser.member(PILOT)
    answer = light_browser.send(light_browser.link_of(email, "final-report-requested"), results=" ", lessons="")
    assert (answer.status_code, 'id="results-problem"' in answer.text, number in answer.text) == (422, True, True)
