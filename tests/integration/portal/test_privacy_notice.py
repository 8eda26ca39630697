"""What people are told about their personal data: the charter's words, or general ones that are said to be such."""

from html import unescape

import pytest
from builders import changed_charter

from services.deliveries import deliver_one
from services.visitors import ask_to_sign_in

CLERK_MAIL = "secretariat.technique@ville.example"
GENERAL = {"fr": "n'ont pas encore rédigé leur notice", "en": "have not written their notice yet"}
PAGE = "/confidentialite"


def notice(browser, language="fr"):
    return unescape(browser.open(PAGE, **{"Accept-Language": language}).text)


def without(document):
    del document["privacy"]


@pytest.mark.parametrize(("language", "controller"), [("fr", "responsables conjoints"), ("en", "joint controllers")])
def test_the_notice_is_the_one_of_the_charter(light_browser, language, controller):
    page = notice(light_browser, language)
    told = (controller in page, GENERAL[language] in page, '<a href="mailto:donnees@ville.example">' in page)
    assert told == (True, False, True)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_general_words_say_that_no_partner_has_answered_for_them(light_browser, tmp_path, language):
    light_browser.desk.under(changed_charter(tmp_path / "sans.yaml", without))
    page = notice(light_browser, language)
    assert (GENERAL[language] in page, "Université de Lille" in page or "University of Lille" in page) == (True, True)
    assert '<a href="mailto:passerelle@convention.example">' in page


def test_who_sees_the_data_is_said_also_where_the_charter_leaves_it_out(light_browser):
    assert "les exploitants du service" in notice(light_browser)


def test_each_convention_of_a_home_has_its_own_notice(light_browser, tmp_path):
    def other(document):
        without(document)
        document["convention"]["code"] = "autre"
        document["convention"]["name"]["fr"] = "Une autre convention"

    light_browser.desk.under(changed_charter(tmp_path / "autre.yaml", other))
    first, _, second = notice(light_browser).partition("Convention de partenariat entre")
    assert ("Une autre convention" in first, GENERAL["fr"] in first, GENERAL["fr"] in second) == (True, True, False)


def test_words_of_a_charter_are_shown_and_never_carried_out(light_browser, tmp_path):
    def hostile(document):
        document["privacy"]["controller"]["fr"] = "<script>alert(1)</script>\nhttps://ville.example/"

    light_browser.desk.under(changed_charter(tmp_path / "rusee.yaml", hostile))
    page = light_browser.open(PAGE).text
    assert ("<script>" in page, '<a href="https://ville.example/"' in page) == (False, True)


def test_the_sign_in_page_and_its_mail_lead_to_the_notice(light_browser, sink):
    desk = light_browser.desk.through(sink.url)
    deliver_one(desk.app, ask_to_sign_in(desk.app, CLERK_MAIL))
    [mail] = sink.mails()
    address = f"{desk.app.settings.base_url}{PAGE}"
    assert address in mail.get_body(("plain",)).get_content()
    assert address in mail.get_body(("html",)).get_content()
    assert f'href="{PAGE}"' in light_browser.open("/connexion").text
