"""Members answer from their mail."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from builders import CLERK, IN_SECRET, body_of, changed_charter, provision

from models.tables import Delivery, Event, Opinion, Seat, table
from services.forms import CloseReviewForm
from services.stages import run_deliveries
from services.visitors import revoke_links


@pytest.fixture
def asked(browser):
    """An action in technical review, and the mail address of a member who is asked."""
    number = browser.desk.to_technical()
    return number, browser.member("COTECH-03")


def opinions(desk):
    return [(row.seat, row.value, row.superseded) for row in desk.rows(Opinion)]


def test_opening_a_link_changes_nothing_however_often(browser, asked):
    path = browser.link_of(asked[1], "opinion-requested")
    before = browser.desk.counts()
    pages = [browser.open(path) for _ in range(3)]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert browser.desk.counts() == before


def test_a_member_answers_without_signing_in_and_the_log_says_how(browser, asked):
    number, email = asked
    answer = browser.send(browser.link_of(email, "opinion-requested"), opinion="favourable", seat="COTECH-03")
    assert (answer.status_code, opinions(browser.desk)) == (200, [("COTECH-03", "favourable", False)])
    event = browser.desk.events(number)[-1]
    assert (event.topic, event.actor, event.via, event.on_behalf_of) == ("opinion.recorded", "COTECH-03", "mail-link", None)


def test_the_same_answer_sent_twice_is_recorded_once(browser, asked):
    path = browser.link_of(asked[1], "opinion-requested")
    sent = {"opinion": "favourable", "seat": "COTECH-03", "seal": browser.seal(path)}
    first, second = (browser.client.post(path, data=sent) for _ in range(2))
    assert (first.status_code, second.status_code, len(opinions(browser.desk))) == (200, 200, 1)


def test_an_opinion_that_needs_reasons_is_refused_in_words_at_its_field_and_nothing_is_lost(browser, asked):
    answer = browser.send(browser.link_of(asked[1], "opinion-requested"), opinion="unfavourable", seat="COTECH-03", reason=" ")
    assert (answer.status_code, opinions(browser.desk)) == (422, [])
    assert "avis doit être motivé" in answer.text
    assert 'value="unfavourable" required checked' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_an_answer_without_an_opinion_is_refused(browser, asked):
    answer = browser.send(browser.link_of(asked[1], "opinion-requested"), seat="COTECH-03")
    assert (answer.status_code, "choisissez un avis" in answer.text, opinions(browser.desk)) == (422, True, [])


def test_a_link_that_was_used_says_so_and_the_confirmation_lets_the_opinion_change(browser, asked):
    _, email = asked
    path = browser.link_of(email, "opinion-requested")
    browser.send(path, opinion="favourable", seat="COTECH-03")
    assert browser.open(path).status_code == 410
    again = browser.send(path, opinion="unfavourable", reason="Non", seat="COTECH-03")
    assert (again.status_code, opinions(browser.desk)) == (410, [("COTECH-03", "favourable", False)])
    browser.desk.settle()
    changing = browser.link_of(email, "opinion-received")
    assert 'value="favourable" required checked' in browser.open(changing).text
    changed = browser.send(changing, opinion="unfavourable", reason="Budget", seat="COTECH-03")
    assert (changed.status_code, opinions(browser.desk)) == (200, [("COTECH-03", "favourable", True), ("COTECH-03", "unfavourable", False)])


def test_whoever_has_used_a_link_gets_another_by_mail(browser, asked):
    _, email = asked
    path = browser.link_of(email, "opinion-requested")
    browser.send(path, opinion="favourable", seat="COTECH-03")
    answer = browser.send(f"{path}/nouveau", path)
    assert (answer.status_code, "vient d'être envoyé" in answer.text.replace("&#39;", "'")) == (200, True)
    assert browser.open(browser.link_of(email, "opinion-received")).status_code == 200


def test_once_the_review_is_closed_a_link_explains_itself_and_changes_nothing(browser, asked):
    number, email = asked
    path = browser.link_of(email, "opinion-requested")
    browser.desk.ask(CloseReviewForm(seat=CLERK, action=number, body="cotech", reason="Séance tenue"))
    answer = browser.open(path)
    assert (answer.status_code, "est clos" in answer.text, "nouveau lien" in answer.text) == (410, True, False)
    assert (browser.send(path, "/connexion", opinion="favourable").status_code, opinions(browser.desk)) == (410, [])


def test_a_link_of_somebody_who_no_longer_holds_the_seat_serves_nobody(browser, asked):
    path = browser.link_of(asked[1], "opinion-requested")
    with browser.desk.app.db.write() as connection:
        ended = browser.desk.today - timedelta(days=1)
        connection.execute(table(Seat).update().where(table(Seat).c.code == "COTECH-03").values(ends_on=ended))
    answer = browser.open(path)
    assert (answer.status_code, "plus, aujourd" in answer.text) == (410, True)


def test_a_revoked_link_serves_nobody(browser, asked):
    path = browser.link_of(asked[1], "opinion-requested")
    browser.desk.watch.advance(minutes=5)
    revoke_links(browser.desk.app, browser.mails_to(asked[1], "opinion-requested")[0].person_id)
    answer = browser.open(path)
    assert (answer.status_code, "révoqué" in answer.text) == (410, True)


def test_an_old_link_offers_a_new_one(light_browser):
    light_browser.desk.to_technical()
    email = light_browser.member("COTECH-03")
    path = light_browser.link_of(email, "opinion-requested")
    light_browser.desk.watch.advance(days=121)
    assert "trop ancien" in light_browser.open(path).text
    light_browser.send(f"{path}/nouveau", path)
    assert light_browser.open(light_browser.link_of(email, "opinion-requested")).status_code == 200


def test_asking_for_a_fresh_link_again_and_again_is_slowed_down_for_each_link(light_browser):
    light_browser.desk.to_technical()
    paths = [light_browser.link_of(light_browser.member(seat), "opinion-requested") for seat in ("COTECH-03", "COTECH-04")]
    assert [light_browser.send(f"{paths[0]}/nouveau", paths[0]).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert light_browser.send(f"{paths[1]}/nouveau", paths[1]).status_code == 200


def test_whoever_asks_for_fresh_links_of_many_is_held_up(light_browser):
    for _ in range(2):
        light_browser.desk.to_technical()
    light_browser.desk.settle()
    paths = [light_browser.path_of(row) for row in light_browser.desk.rows(Delivery, message="opinion-requested")]
    seal = light_browser.seal(paths[0])
    answers = [light_browser.client.post(f"{path}/nouveau", data={"seal": seal}).status_code for _ in range(3) for path in paths]
    assert (set(answers[:30]), set(answers[30:])) == ({200}, {429})


def test_asking_for_links_that_there_are_not_gives_nobody_their_tries_back(light_browser, monkeypatch):
    monkeypatch.setattr("portal.limits._KNOWN_AT_MOST", 3)
    light_browser.desk.to_technical()
    path = light_browser.link_of(light_browser.member("COTECH-03"), "opinion-requested")
    seal = light_browser.seal(path)
    for _ in range(3):
        light_browser.client.post(f"{path}/nouveau", data={"seal": seal})
    for number in range(4):
        for kind in ("x", "avis"):
            assert light_browser.client.post(f"/{kind}/{number}/nouveau", data={"seal": seal}).status_code in (303, 404)
    assert light_browser.client.post(f"{path}/nouveau", data={"seal": seal}).status_code == 429


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 43, "A" * 500, "..%2F..%2Fetc", "%00"])
def test_a_link_that_this_home_did_not_make_is_unknown(light_browser, token):
    assert light_browser.open(f"/avis/{token or 'x'}").status_code == 404


def test_one_changed_letter_makes_a_link_unknown(light_browser):
    light_browser.desk.to_technical()
    path = light_browser.link_of(light_browser.member("COTECH-03"), "opinion-requested")
    for place in range(len("/avis/"), len(path) - 1, 2):
        other = "A" if path[place] != "A" else "B"
        assert light_browser.open(f"{path[:place]}{other}{path[place + 1 :]}").status_code == 404


def test_the_link_of_one_purpose_does_not_serve_another(light_browser):
    light_browser.desk.to_technical()
    path = light_browser.link_of(light_browser.member("COTECH-03"), "opinion-requested")
    token = path.rpartition("/")[2]
    assert [light_browser.open(f"/{other}/{token}").status_code for other in ("avancement", "bilan", "connexion")] == [404, 404, 410]


def test_an_opinion_is_given_for_ones_own_seat_only(browser, asked):
    answer = browser.send(browser.link_of(asked[1], "opinion-requested"), opinion="favourable", seat="COTECH-04")
    assert (answer.status_code, opinions(browser.desk)) == (422, [])


def test_fifty_members_may_answer_in_the_same_instant(light_browser):
    desk = light_browser.desk
    for _ in range(9):
        desk.to_technical()
    members = [
        (light_browser.member(seat), seat) for seat in ("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07")
    ]
    asked_of = [
        (light_browser.path_of(mail), seat) for email, seat in members for mail in light_browser.mails_to(email, "opinion-requested")
    ]
    browsers = [(light_browser.another(), path, seat) for path, seat in asked_of[:50]]

    together = Barrier(50)

    def answer(one):
        other, path, seat = one
        with other.client:
            seal = other.seal(path)
            together.wait(timeout=30)
            return other.client.post(path, data={"seal": seal, "opinion": "favourable", "seat": seat}).status_code

    with ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(answer, browsers))
    assert (answers, len(desk.rows(Event, topic="opinion.recorded"))) == ([200] * 50, 50)


def test_a_pilot_reports_from_the_mail_in_one_form(browser):
    desk = browser.desk
    number = desk.to_work(provision(7))
    desk.watch.advance(days=200)
    desk.settle()
    email = browser.member("COTECH-04")
    path = browser.link_of(email, "progress-requested")
    page = browser.open(path)
    assert (page.status_code, "Quelques questions" in page.text) == (200, True)
    wrong = browser.send(path, percent="140", summary="Trop")
    assert (wrong.status_code, "trop grand" in wrong.text, desk.topics(number).count("progress.reported")) == (422, True, 0)
    done = browser.send(path, percent="40", summary="Bon début", reached="1")
    event = [event for event in desk.events(number) if event.topic == "progress.reported"][-1]
    assert (done.status_code, event.payload["percent"], event.payload["reached"], event.via) == (200, 40, [1], "mail-link")
    assert browser.open(path).status_code == 410


def test_whoever_tries_links_one_after_another_is_slowed_down_and_members_are_not(light_browser):
    light_browser.desk.to_technical()
    path = light_browser.link_of(light_browser.member("COTECH-03"), "opinion-requested")
    answers = [light_browser.open(f"/avis/{n}").status_code for n in range(31)]
    assert (answers[0], answers[-1], light_browser.open(path).status_code) == (404, 429, 200)


# --- discretion -------------------------------------------------------------------------------------------------------------------------


def secret_ballot(document):
    body_of(document, "cotech")["rules"].update(IN_SECRET)


@pytest.fixture
def in_secret(light_browser, tmp_path):
    """The way to the answer of a member in a secret ballot."""
    light_browser.desk.under(changed_charter(tmp_path / "charter.yaml", secret_ballot)).to_technical()
    return light_browser.link_of(light_browser.member("COTECH-03"), "opinion-requested")


def test_the_page_of_a_secret_ballot_says_so_and_asks_for_no_reasons(light_browser, in_secret):
    shown = light_browser.open(in_secret).text
    assert "scrutin est secret" in shown
    assert 'name="reason"' not in shown


def test_a_secret_vote_is_confirmed_without_saying_what_it_was(light_browser, in_secret, sink):
    answer = light_browser.send(in_secret, opinion="unfavourable", seat="COTECH-03")
    assert (answer.status_code, opinions(light_browser.desk)) == (200, [("COTECH-03", "secret", False)])
    light_browser.desk.settle()
    run_deliveries(light_browser.desk.through(sink.url).app, holder="test", gate=lambda: None)
    [mail] = [mail for mail in sink.mails() if "enregistré" in str(mail["Subject"])]
    text = mail.get_body(("plain",)).get_content()
    assert "scrutin est secret" in text
    assert [word for word in ("favorable", "/avis/") if word in text.lower()] == []
    again = light_browser.open(in_secret)
    assert (again.status_code, "Votre vote est compté" in again.text, "favorable" in again.text) == (410, True, False)


def test_hidden_opinions_are_not_on_the_page_of_the_action(light_browser, tmp_path):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(results="until_voted"))
    number = light_browser.desk.under(charter).to_technical()
    light_browser.desk.opine(number, "cotech", "unfavourable", seats=("COTECH-01",))
    email = light_browser.member("COTECH-03")
    light_browser.sign_in(email)
    before = light_browser.open(f"/actions/{number}").text
    light_browser.desk.opine(number, "cotech", seats=("COTECH-03",))
    after = light_browser.open(f"/actions/{number}").text
    assert ("restent masqués" in before, "Motif" in before, "restent masqués" in after, "Motif" in after) == (True, False, False, True)
