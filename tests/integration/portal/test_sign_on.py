"""Signing in by an institution's account: whose it is, and how it is unlinked."""

from datetime import timedelta

import pytest
from builders import CONVENTION
from institutions import forging
from portal_http import browsing, words_of
from signing_on import BACK, CLERK_MAIL, START, at, come_back, person, refusal, signed_in

from models.tables import Account, Person, Seat, SignIn, table
from services.accounts import accounts_of
from services.people import import_people


def test_the_sign_in_page_offers_each_institution_besides_the_mail(light):
    page = light.open("/connexion").text
    assert ('href="/connexion/par/ville"' in page, ">La Ville<" in page, 'name="email"' in page) == (True, True, True)


def test_without_institutions_nothing_is_offered(light_desk):
    with browsing(light_desk) as browser:
        assert "/connexion/par/" not in browser.open("/connexion").text
        assert [browser.open(path).status_code for path in (START, BACK)] == [404, 404]


def test_a_verified_address_signs_its_person_in_and_the_account_is_remembered(both, ville):
    answer = come_back(both, ville)
    assert (answer.status_code, answer.headers["location"], signed_in(both)) == (303, "/bureau", True)
    [account] = both.desk.rows(Account)
    who = person(both.desk)
    assert (account.person_id, account.issuer, account.subject, account.convention) == (who.id, ville.issuer, "u-1", CONVENTION)
    assert [(one.person, one.institution.name) for one in accounts_of(both.desk.app, who.id)] == [(who.code, "ville")]


def test_capitals_of_the_address_do_not_matter(light, ville):
    ville.be("u-1", CLERK_MAIL.upper())
    assert come_back(light, ville).status_code == 303


def test_an_account_stays_linked_when_its_address_changes_at_the_institution(both, ville):
    come_back(both, ville)
    for changed in ({"email": "nouvelle@ville.example"}, {"email": person(both.desk, "pilote-velo").email}, {"email_verified": False}):
        other = both.another()
        with other.client:
            ville.be("u-1", CLERK_MAIL, **changed)
            come_back(other, ville)
            assert person(both.desk).name in words_of(other.open("/bureau"))
    assert len(both.desk.rows(Account)) == 1


def test_another_account_with_the_address_of_somebody_who_has_one_is_refused(both, ville):
    """The institution may have given an address to somebody else."""
    come_back(both, ville)
    other = both.another()
    with other.client:
        ville.be("u-2", CLERK_MAIL)
        status, said = refusal(come_back(other, ville))
        assert (status, "n autre compte de cette institution vous est déjà lié" in said, signed_in(other)) == (403, True, False)
    assert [row.subject for row in both.desk.rows(Account)] == ["u-1"]


def test_somebody_may_have_an_account_at_each_institution(light_desk, watch, ville):
    with forging(watch) as univ:
        univ.be("u-1", CLERK_MAIL)
        with browsing(at(light_desk, ville.institution(), univ.institution("univ"))) as browser:
            assert [come_back(browser, ville).status_code, come_back(browser, univ, "/connexion/par/univ/retour").status_code] == [303, 303]
        assert {(row.issuer, row.subject) for row in light_desk.rows(Account)} == {(ville.issuer, "u-1"), (univ.issuer, "u-1")}


ADDRESSES = {
    "denied": ({"email_verified": False}, "sans s'en porter garante"),
    "left out": ({"email_verified": None}, "sans s'en porter garante"),
    "a word": ({"email_verified": "true"}, "sans s'en porter garante"),
    "a number": ({"email_verified": 1}, "sans s'en porter garante"),
    "no address": ({"email": None}, "ne donne pas l'adresse"),
    "no text": ({"email": 7}, "ne donne pas l'adresse"),
    "unknown": ({"email": "personne@ailleurs.example"}, "personne@ailleurs.example n'est celle de personne"),
    "erased": ({"email": "erased@passerelle.example"}, "n'est celle de personne"),
    "looks alike": ({"email": CLERK_MAIL.replace("t", "\u1e6d").replace("i", "\u0131")}, "n'est celle de personne"),
    "capital that looks alike": ({"email": "\u212aatia@ville.example"}, "n'est celle de personne"),
}


def test_an_address_that_nobody_answers_for_or_that_is_not_known_signs_nobody_in(light, ville):
    with light.desk.app.db.write() as connection:
        connection.execute(table(Person).update().where(table(Person).c.code == "pilote-velo").values(email="katia@ville.example"))
    found = {}
    for name, (claims, said) in ADDRESSES.items():
        ville.be("u-1", **{"email": CLERK_MAIL, "email_verified": True, **claims})
        answer = come_back(light, ville)
        told = (said in words_of(answer), "/deconnexion/institution" in answer.text)  # whoever came with the wrong account can leave it
        found[name] = (*told, refusal(answer)[0], signed_in(light))
    assert found == dict.fromkeys(ADDRESSES, (True, True, 403, False))
    assert light.desk.rows(Account) == []


def test_an_address_is_shown_and_never_carried_out(light, ville):
    ville.be("u-1", "<b>x</b>@ville.example")
    answer = come_back(light, ville)
    assert (answer.status_code, "&lt;b&gt;x&lt;/b&gt;@ville.example" in answer.text) == (403, True)


@pytest.mark.parametrize(("told", "enters"), [(None, True), (False, False)])
def test_of_its_own_domain_an_institution_need_not_say_that_an_address_is_verified(light_desk, ville, told, enters):
    """Many directories never say it. But what is denied stays denied."""
    ville.be("u-1", CLERK_MAIL, email_verified=told)
    with browsing(at(light_desk, ville.institution(domains=("ville.example",)))) as browser:
        assert (come_back(browser, ville).status_code == 303) is enters


def test_of_another_domain_it_has_to(light_desk, ville):
    ville.be("u-1", CLERK_MAIL, email_verified=None)
    with browsing(at(light_desk, ville.institution(domains=("example", "metropole.example")))) as browser:
        assert come_back(browser, ville).status_code == 403


def test_an_address_may_come_from_the_place_that_tells_more(light, ville):
    ville.be("u-1")
    ville.userinfo = {"sub": "u-1", "email": CLERK_MAIL, "email_verified": True}
    assert come_back(light, ville).status_code == 303


def test_what_is_told_there_of_somebody_else_is_refused(light, ville):
    ville.be("u-1")
    ville.userinfo = {"sub": "u-2", "email": CLERK_MAIL, "email_verified": True}
    assert (come_back(light, ville).status_code, signed_in(light)) == (502, False)


def test_whoever_lost_their_last_seat_is_refused_and_nobody_else_gets_their_account(light, ville):
    come_back(light, ville)
    with light.desk.app.db.write() as connection:
        rows = table(Seat)
        mine = rows.c.person_id == person(light.desk).id
        connection.execute(rows.update().where(mine).values(ends_on=light.desk.today - timedelta(days=1)))
    other = light.another()
    with other.client:
        ville.be("u-1", person(light.desk, "pilote-velo").email)
        status, said = refusal(come_back(other, ville))
    assert (status, "n'occupe plus de siège aujourd'hui" in said) == (403, True)


def share(desk, code="secretariat-copil"):
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().where(table(Person).c.code == code).values(email=CLERK_MAIL))


def test_an_account_whose_person_lost_their_seat_opens_for_no_heir_of_the_address_unless_it_is_said_to_be_theirs(light, ville):
    come_back(light, ville)
    with light.desk.app.db.write() as connection:
        rows = table(Seat)
        mine = rows.c.person_id == person(light.desk).id
        connection.execute(rows.update().where(mine).values(ends_on=light.desk.today - timedelta(days=1)))
    share(light.desk)
    ville.be("u-1")
    other = light.another()
    with other.client:
        status, said = refusal(come_back(other, ville))
        assert (status, "n'occupe plus de siège aujourd'hui" in said) == (403, True)
        ville.be("u-1", CLERK_MAIL)
        assert come_back(other, ville).status_code == 303


def test_persons_who_share_an_address_choose_once_and_are_known_from_then_on(both, ville):
    share(both.desk)
    page = come_back(both, ville)
    names = [person(both.desk, code).name for code in ("secretariat-cotech", "secretariat-copil")]
    assert (page.status_code, [name in words_of(page) for name in names], signed_in(both)) == (200, [True, True], False)
    asked = both.client.post(START, data={"seal": both.seal("/connexion"), "who": "nobody/nowhere"}, follow_redirects=False)
    assert (asked.status_code, "choisissez qui vous êtes" in asked.text) == (422, True)
    chosen = both.client.post(
        START, data={"seal": both.seal("/connexion"), "who": f"{CONVENTION}/secretariat-copil"}, follow_redirects=False
    )
    assert (chosen.status_code, both.desk.rows(Account)[0].person_id) == (303, person(both.desk, "secretariat-copil").id)
    other = both.another()
    with other.client:
        assert come_back(other, ville).status_code == 303
        assert names[1] in words_of(other.open("/bureau"))


def test_a_choice_needs_the_institution_s_word_and_a_form_of_ours(light, ville):
    share(light.desk)
    come_back(light, ville)
    chosen = {"who": f"{CONVENTION}/secretariat-cotech"}
    assert light.client.post(START, data=chosen).status_code == 403
    other = light.another()
    with other.client:
        answer = other.client.post(START, data={"seal": other.seal("/connexion"), **chosen})
        assert (answer.status_code, "n'a pas été commencée dans ce navigateur" in words_of(answer), signed_in(other)) == (403, True, False)
    light.desk.watch.advance(minutes=11)
    assert "a pris trop de temps" in words_of(light.client.post(START, data={"seal": light.seal("/connexion"), **chosen}))
    assert light.desk.rows(SignIn) == []


def test_people_see_their_accounts_and_unlink_them(both, ville):
    come_back(both, ville)
    page = both.open("/preferences")
    [account] = both.desk.rows(Account)
    assert ("Comptes d'institution" in words_of(page), "La Ville" in words_of(page)) == (True, True)
    other = both.another()
    with other.client:
        other.sign_in(person(both.desk, "pilote-velo").email)
        assert other.send("/mes-comptes", "/preferences", account=str(account.id)).status_code == 404
    for nonsense in ("", "x", "9" * 30):
        assert both.send("/mes-comptes", "/preferences", account=nonsense).status_code == 404
    answer = both.send("/mes-comptes", "/preferences", account=str(account.id))
    assert (answer.headers["location"], both.desk.rows(Account), signed_in(both)) == ("/preferences?compte=delie#comptes", [], True)
    assert "Le compte est délié" in words_of(both.open("/preferences?compte=delie"))


def test_a_secretary_unlinks_an_account_and_ends_what_it_began(both, ville):
    pilot = person(both.desk, "pilote-velo")
    ville.be("u-7", pilot.email)
    theirs = both.another()
    with theirs.client:
        come_back(theirs, ville)
        both.sign_in(CLERK_MAIL)
        [account] = both.desk.rows(Account)
        page = f"/personnes/{pilot.code}"
        assert "La Ville" in words_of(both.open(page))
        assert theirs.send(f"{page}/comptes", "/bureau", account=str(account.id)).status_code == 403
        answer = both.send(f"{page}/comptes", page, account=str(account.id))
        assert (answer.headers["location"], both.desk.rows(Account)) == (f"{page}?fait=compte", [])
        assert not signed_in(theirs)


@pytest.mark.parametrize("way", ["import", "form"])
def test_another_address_here_unlinks_what_the_former_one_had_linked(light, ville, way):
    come_back(light, ville)
    if way == "import":
        table_ = "person,name,email,language,seat,body,role,partner,weight,starts_on,ends_on\nsecretariat-cotech,Secrétariat,neuve@ville.example,fr,,,,,,,\n"
        import_people(light.desk.app.db, table_.encode(), convention=CONVENTION, at=light.desk.watch())
    else:
        light.fill(
            "/personnes/secretariat-cotech/fiche",
            name="Secrétariat",
            email="neuve@ville.example",
            language="fr",
            seen=light.carried(light.open("/personnes/secretariat-cotech/fiche"), "seen"),
        )
    assert (person(light.desk).email, light.desk.rows(Account)) == ("neuve@ville.example", [])
