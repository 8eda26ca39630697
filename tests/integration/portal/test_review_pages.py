"""The files of reviews and the page of who has not answered, as a secretary and a member read them."""

from benchmarks.lifecycle import statements_of
from builders import CLERK, body_of, changed_charter, provision
from portal_http import text_of

from services.matrix import matrices
from services.stages import run_deliveries

CONVENTION = "vda-lille"


def test_the_page_says_who_has_not_answered_until_when_and_when_they_were_asked(clerk, sink):
    number = clerk.desk.to_technical(provision(1))
    clerk.desk.opine(number, "cotech", seats=("COTECH-01",))
    before = text_of(clerk.open("/reponses"))
    assert (number in before, "aucun message parti" in before, "sollicité le" in before) == (True, True, False)
    run_deliveries(clerk.desk.through(sink.url).app, holder="test", gate=lambda: None)
    after = text_of(clerk.open("/reponses"))
    assert "sollicité le 5 octobre 2026" in after
    cotech, *groups = matrices(clerk.desk.app, CONVENTION, ["cotech", "gt-inclusion", "copil"])
    assert [member.seat for member in cotech.members] == ["COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"]
    assert {(member.awaited, member.last_asked.isoformat()) for member in cotech.members} == {(1, "2026-10-05")}
    assert [matrix.body for matrix in groups] == ["gt-inclusion"]


def test_a_member_is_counted_over_all_reviews_with_the_first_day_and_the_last_message(browser, sink):
    desk = browser.desk
    first = desk.to_technical()
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    desk.watch.advance(days=3)
    second = desk.to_technical()
    desk.opine(second, "cotech", seats=("COTECH-03",))
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    [matrix] = matrices(desk.app, CONVENTION, ["cotech"])
    told = {member.seat: (member.awaited, member.first_due.isoformat(), member.last_asked.isoformat()) for member in matrix.members}
    assert told["COTECH-03"] == (1, "2026-10-26", "2026-10-05")
    assert told["COTECH-01"] == (2, "2026-10-26", "2026-10-08")
    assert [(line.number, len(line.awaited)) for line in matrix.lines] == [(first, 6), (second, 5)]


def test_it_takes_as_many_questions_for_many_reviews_as_for_one(light_browser, sink):
    light_browser.desk.to_technical()
    run_deliveries(light_browser.desk.through(sink.url).app, holder="test", gate=lambda: None)
    with statements_of(light_browser.desk.app) as few:
        matrices(light_browser.desk.app, CONVENTION, ["cotech", "copil"])
    for _ in range(4):
        light_browser.desk.to_technical()
    with statements_of(light_browser.desk.app) as many:
        matrices(light_browser.desk.app, CONVENTION, ["cotech", "copil"])
    assert len(many) == len(few) > 2


def test_only_secretaries_see_who_owes_answers(browser):
    browser.sign_in(browser.member("COTECH-03"))
    assert browser.open("/reponses").status_code == 403


def test_the_file_of_a_review_shows_figures_missing_things_and_names(clerk):
    number = clerk.desk.to_technical()
    clerk.desk.opine(number, "cotech", "with_reservations", seats=("COTECH-03",))
    page = text_of(clerk.open(f"/actions/{number}/examens"))
    assert "Si l'examen était clos maintenant" in page
    assert "Il manque 5 avis" in page
    assert "enregistré par COTECH-02" in page
    clerk.desk.opine(number, "cotech")
    clerk.desk.settle()
    closed = text_of(clerk.open(f"/actions/{number}/examens"))
    assert "Résultat : favorable. Pour : 6 sur 6 (voix exprimées)" in closed


def test_the_verdict_says_what_silence_counts_as_where_somebody_is_silent(clerk):
    number = clerk.desk.to_technical(provision(1))
    page = text_of(clerk.open(f"/actions/{number}/examens"))
    assert page.count("Le silence vaut avis favorable.") == 2
    clerk.desk.opine(number, "gt-inclusion")
    assert text_of(clerk.open(f"/actions/{number}/examens")).count("Le silence vaut avis favorable.") == 1


def test_the_file_hides_what_its_reader_may_not_see_yet(light_browser, tmp_path):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(results="until_voted"))
    number = light_browser.desk.under(charter).to_technical()
    light_browser.desk.opine(number, "cotech", "unfavourable", seats=("COTECH-01",))
    light_browser.sign_in(light_browser.member("COTECH-03"))
    before = text_of(light_browser.open(f"/actions/{number}/examens"))
    light_browser.desk.opine(number, "cotech", seats=("COTECH-03",))
    after = text_of(light_browser.open(f"/actions/{number}/examens"))
    assert [("Défavorable" in page, "Motif" in page, "Si l'examen était clos" in page) for page in (before, after)] == [
        (False, False, False),
        (True, True, True),
    ]


def test_an_action_that_was_never_reviewed_says_so(light_browser):
    number = light_browser.desk.propose()
    light_browser.sign_in(light_browser.member(CLERK))
    assert "n'a pas encore été examinée" in text_of(light_browser.open(f"/actions/{number}/examens"))
    assert light_browser.open("/actions/A-2026-999/examens").status_code == 404
