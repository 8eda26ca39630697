"""The page that shows secretaries where things wait."""

from datetime import timedelta

from builders import CLERK, TODAY
from portal_http import text_of, words_of

from services.forms import DraftForm

MEMBER = "COTECH-05"


def test_bodies_and_states_are_shown_with_their_figures_and_what_waits_longest(clerk):
    desk = clerk.desk
    number = desk.to_technical()
    desk.watch.go_to(TODAY + timedelta(days=9))
    clerk.sign_in(clerk.member(CLERK))
    page = clerk.open("/delais")
    words = words_of(page)
    assert page.status_code == 200
    for said in ("Comité technique 1, dont 1 en cours", "9 j ; 9 j ; 9 j", "En examen technique", "depuis le 5 octobre 2026 (9 j)"):
        assert said in words
    assert f'href="/actions/{number}"' in page.text
    assert page.text.count('<svg class="bar"') == 3


def test_a_span_of_days_is_chosen_and_stays_in_the_form(clerk):
    clerk.desk.to_technical()
    page = clerk.open(f"/delais?since=2026-01-01&until={TODAY}")
    assert (page.status_code, f'name="until" value="{TODAY}"' in page.text, 'name="since" value="2026-01-01"' in page.text) == (
        200,
        True,
        True,
    )
    assert "avant le 1er janvier 2026 ne compte pas" in text_of(page)


def test_what_is_no_day_or_still_to_come_is_refused_in_words(clerk):
    for query, said in (("since=hier", "« hier » n'est pas un jour qui existe"), ("until=2199-01-01", "est à venir")):
        page = clerk.open(f"/delais?{query}")
        assert (page.status_code, said in text_of(page)) == (422, True)


def test_where_nothing_was_examined_the_page_says_so_and_draws_nothing(clerk):
    page = clerk.open("/delais")
    assert ("Rien n'a encore été examiné" in text_of(page), "<svg" in page.text) == (True, False)


def test_the_page_of_awaited_answers_leads_there(clerk):
    clerk.desk.ask(DraftForm(seat=CLERK, title="Une idée"))
    assert 'href="/delais"' in clerk.open("/reponses").text


def test_only_secretaries_may_open_it(browser):
    browser.sign_in(browser.member(MEMBER))
    assert browser.open("/delais").status_code == 403
