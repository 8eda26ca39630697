"""The page of an action says what is to come, how each day was computed, and how it was chased."""

from builders import CLERK, provision
from portal_http import words_of

from models.tables import Deadline
from services.stages import run_deliveries


def test_the_page_of_an_action_tells_each_deadline_and_each_chase(browser, sink):
    desk = browser.desk.through(sink.url)
    number = desk.to_technical(provision())
    desk.opine(number, "cotech", seats=desk.voting("cotech")[:1])
    browser.sign_in(browser.member(CLERK))
    before = words_of(browser.open(f"/actions/{number}"))
    told = "Fin de l'examen · Comité technique 15 jours ouvrés après l'ouverture de l'examen (5 octobre 2026)"
    assert f"{told} Prochaine relance le 21 octobre 2026 (la personne concernée) 26 octobre 2026" in before
    assert "Relances faites" not in before
    desk.watch.go_to(next(row.due_at.date() for row in desk.rows(Deadline) if row.kind == "review_end"))
    desk.settle()
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    browser.sign_in(browser.member(CLERK))  # the first stay is over
    after = words_of(browser.open(f"/actions/{number}"))
    assert "Plus aucune relance n'est prévue" in after
    assert "Relances faites Membres relancés · Comité technique Automatique Messages partis : 5 sur 5 21 octobre 2026" in after
