"""Secretaries keep persons, seats and absences up to date: one at a time, or by a table with a preview."""

import re
from datetime import timedelta
from html import unescape

import pytest
from benchmarks.lifecycle import statements_of
from builders import CONVENTION, PEOPLE, TODAY
from portal_http import words_of

from models.tables import Absence, Bounce, Person, Seat, SignIn, table
from services.absences import note_absence
from services.people import import_people
from services.seating import create_person
from services.standing_in import standing_in

SECRETARY, MEMBER = "secretariat.technique@ville.example", "patrimoine@universite.example"
ONE = "/personnes/patrimoine"
NEW = {"person": "martin-durand", "name": "Martin Durand", "email": "martin.durand@ville.example", "language": "fr"}
SEAT = {"seat": "COTECH-30", "body": "cotech", "role": "member", "partner": "ville", "weight": "1", "starts_on": "2026-10-05"}
HEADING = "person;name;email;language;seat;body;role;partner;weight;starts_on;ends_on\n"
SOON, LATER = TODAY + timedelta(days=10), TODAY + timedelta(days=20)


@pytest.fixture
def clerk(browser):
    """A secretary who has signed in."""
    browser.sign_in(SECRETARY)
    return browser


@pytest.fixture
def light_clerk(light_browser):
    """The same, on SQLite only."""
    light_browser.sign_in(SECRETARY)
    return light_browser


@pytest.fixture
def other(browser):
    """Somebody else, at a browser of their own."""
    found = browser.another()
    yield found
    found.client.close()


def hidden(answer, name):
    return re.search(rf'name="{name}" value="([^"]*)"', answer.text)[1]


def change(browser, path, **fields):
    """Fill in the form at a page as it was shown, with the state that it carries."""
    shown = browser.open(path)
    return browser.send(path, seen=hidden(shown, "seen"), **fields)


def led_to(answer):
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


class TestWho:
    @pytest.mark.parametrize(
        "path",
        [
            "/personnes",
            "/personnes.csv",
            "/nouvelle-personne",
            ONE,
            f"{ONE}/fiche",
            f"{ONE}/siege",
            f"{ONE}/siege/COTECH-06",
            f"{ONE}/absence",
        ],
    )
    def test_the_pages_are_for_secretaries_alone(self, light_browser, path):
        assert light_browser.open(path).headers["location"] == "/connexion"
        light_browser.sign_in(MEMBER)
        assert light_browser.open(path).status_code == 403

    def test_persons_are_listed_with_the_seats_of_now_and_found_by_words_and_body(self, clerk):
        everybody = words_of(clerk.open("/personnes"))
        assert "Direction du patrimoine de l'Université patrimoine@universite.example" in everybody
        found = words_of(clerk.open("/personnes?words=équipe+d'écologie&body=gt-recherche"))
        assert ("Personnes trouvées : 1" in found, "GT-RECHERCHE-07" in found) == (True, True)
        assert "Personnes trouvées : 0" in words_of(clerk.open("/personnes?words=équipe+d'écologie&body=cotech"))

    def test_a_long_list_takes_as_many_statements_as_a_short_one_and_stays_light(self, light_clerk):
        app = light_clerk.desk.app
        with statements_of(app) as few:
            light_clerk.open("/personnes")
        for n in range(120):
            create_person(app, CONVENTION, {**NEW, "person": f"martin-{n}", "email": f"m{n}@ville.example"})
        with statements_of(app) as many:
            page = light_clerk.open("/personnes?words=martin")
        assert len(many) <= len(few) + 1, "the seat of that code, once"
        assert ("page 1 sur 3" in words_of(page).lower(), len(page.content) < 100_000) == (True, True)
        assert light_clerk.open("/personnes?words=martin&page=3").text.count("<tr>") == 21

    def test_a_person_is_shown_with_seats_and_absences(self, clerk):
        given = {"starts_on": SOON.isoformat(), "ends_on": LATER.isoformat(), "deputy": "COTECH-08"}
        note_absence(clerk.desk.app, CONVENTION, "patrimoine", given)
        said = words_of(clerk.open(ONE))
        assert "COTECH-06 Comité technique, membre" in said
        assert "Répond pendant ce temps : Suppléance de l'Université au comité technique, siège COTECH-08" in said

    def test_an_unknown_person_is_said_to_be_unknown(self, clerk):
        assert clerk.open("/personnes/personne").status_code == 404

    def test_what_people_are_called_is_escaped(self, light_clerk):
        light_clerk.send("/nouvelle-personne", **NEW | {"name": "<script>alert(1)</script>"})
        assert "<script" not in light_clerk.open("/personnes/martin-durand").text + light_clerk.open("/personnes?words=script").text


class TestPersons:
    def test_a_person_is_added_then_given_a_seat_and_can_sign_in(self, clerk, other):
        assert led_to(clerk.send("/nouvelle-personne", **NEW)) == "/personnes/martin-durand?fait=personne"
        assert "Donnez-lui un siège" in words_of(clerk.open("/personnes/martin-durand?fait=personne"))
        assert led_to(clerk.send("/personnes/martin-durand/siege", **SEAT)) == "/personnes/martin-durand?fait=siege"
        other.sign_in(NEW["email"])
        assert "Bonjour Martin Durand" in words_of(other.open("/bureau"))

    def test_sent_twice_a_form_does_it_once(self, clerk):
        for _ in range(2):
            assert led_to(clerk.send("/nouvelle-personne", **NEW))
            assert led_to(clerk.send("/personnes/martin-durand/siege", **SEAT))
        assert (len(clerk.desk.rows(Person, code="martin-durand")), len(clerk.desk.rows(Seat, code="COTECH-30"))) == (1, 1)

    def test_mistakes_are_told_at_once_tied_to_their_fields_and_what_was_sent_is_kept(self, clerk):
        answer = clerk.send("/nouvelle-personne", person="Martin D.", name="", email="martin", language="fr")
        assert answer.status_code == 422
        said = words_of(answer)
        assert "Code : « Martin D. » n'est pas un code ; utilisez des minuscules" in said
        assert "Nom : cette case est vide ; remplissez-la." in said
        for name in ("person", "name", "email"):
            assert f'<a href="#{name}">' in answer.text
            field = re.search(rf'<input id="{name}"[^>]*>', answer.text)[0]
            assert ('aria-invalid="true"' in field, f"{name}-problem" in field) == (True, True)
        assert 'value="martin"' in answer.text

    def test_the_screen_and_the_table_refuse_in_the_same_words(self, clerk):
        line = "Martin D.;Martin;martin;fr;COTECH-30;cotech;membre;ville;1;2026-02-30;"
        table = words_of(clerk.send("/personnes/apercu", "/personnes", table=HEADING + line))
        screen = words_of(clerk.send("/nouvelle-personne", person="Martin D.", name="Martin", email="martin", language="fr"))
        for sentence in ("« Martin D. » n'est pas un code", "« martin » n'est pas une adresse de courriel"):
            assert (sentence in table, sentence in screen) == (True, True)
        assert "Ligne 2, email : « martin »" in table

    def test_in_english_the_refusals_are_english(self, clerk):
        change(clerk, "/personnes/secretariat-cotech/fiche", name="Secretary", email=SECRETARY, language="en")
        said = words_of(clerk.send("/nouvelle-personne", **NEW | {"name": ""}))
        assert "Name: this cell is empty; fill it in." in said

    def test_a_stale_page_overwrites_nothing_and_shows_what_stands_now(self, clerk):
        stale = hidden(clerk.open(f"{ONE}/fiche"), "seen")
        same = {"email": MEMBER, "language": "fr"}
        assert led_to(change(clerk, f"{ONE}/fiche", name="Par la première", **same))
        answer = clerk.send(f"{ONE}/fiche", seen=stale, name="Par la seconde", **same)
        assert (answer.status_code, 'value="Par la première"' in answer.text) == (409, True)
        assert "quelqu'un a modifié cela entre-temps" in words_of(answer).lower()
        assert clerk.desk.rows(Person, code="patrimoine")[0].name == "Par la première"

    def test_a_form_shown_again_for_a_mistake_is_as_stale_as_it_was(self, clerk):
        stale = hidden(clerk.open(f"{ONE}/fiche"), "seen")
        change(clerk, f"{ONE}/fiche", name="Par la première", email=MEMBER, language="fr")
        again = clerk.send(f"{ONE}/fiche", seen=stale, name="", email=MEMBER, language="fr")
        answer = clerk.send(f"{ONE}/fiche", seen=hidden(again, "seen"), name="Par la seconde", email=MEMBER, language="fr")
        assert (again.status_code, answer.status_code) == (422, 409)

    def test_a_new_address_ends_the_sign_ins_of_the_old_one(self, clerk, other):
        other.sign_in(MEMBER)
        assert other.open("/bureau").status_code == 200
        change(clerk, f"{ONE}/fiche", name="Patrimoine", email="autre@universite.example", language="fr")
        assert other.open("/bureau").headers["location"] == "/connexion"

    def test_links_are_revoked_and_the_page_says_since_when(self, clerk, other):
        other.sign_in(MEMBER)
        assert led_to(clerk.send(f"{ONE}/liens", ONE)) == f"{ONE}?fait=liens"
        assert "ne sont plus valables" in words_of(clerk.open(ONE))
        assert other.open("/bureau").headers["location"] == "/connexion"
        assert [
            row.ended_at is not None for row in clerk.desk.rows(SignIn, person_id=clerk.desk.rows(Person, code="patrimoine")[0].id)
        ] == [True]

    def test_a_form_from_elsewhere_changes_nothing(self, clerk):
        answer = clerk.client.post("/nouvelle-personne", data={"seal": "0" * 64, **NEW})
        assert (answer.status_code, clerk.desk.rows(Person, code="martin-durand")) == (403, [])


class TestSeats:
    def test_a_seat_of_somebody_else_is_not_given_away(self, clerk):
        clerk.send("/nouvelle-personne", **NEW)
        answer = clerk.send("/personnes/martin-durand/siege", **SEAT | {"seat": "COTECH-06"})
        assert answer.status_code == 422
        assert "le siège « COTECH-06 » est celui de « patrimoine » ; donnez à la personne qui lui succède" in words_of(answer)

    def test_of_a_seat_that_has_begun_the_form_asks_for_the_last_day_alone(self, clerk):
        page = clerk.open(f"{ONE}/siege/COTECH-06")
        assert ("Ce siège a commencé" in words_of(page), 'name="role"' in page.text) == (True, False)
        assert led_to(change(clerk, f"{ONE}/siege/COTECH-06", ends_on=SOON.isoformat())) == f"{ONE}?fait=siege"
        assert clerk.desk.rows(Seat, code="COTECH-06")[0].ends_on == SOON

    def test_a_seat_to_come_is_corrected_whole(self, clerk):
        clerk.send("/nouvelle-personne", **NEW)
        clerk.send("/personnes/martin-durand/siege", **SEAT | {"starts_on": SOON.isoformat()})
        path = "/personnes/martin-durand/siege/COTECH-30"
        assert led_to(change(clerk, path, **SEAT | {"role": "deputy", "starts_on": LATER.isoformat()}))
        row = clerk.desk.rows(Seat, code="COTECH-30")[0]
        assert (row.role, row.starts_on) == ("deputy", LATER)

    def test_a_seat_is_looked_for_under_its_holder_alone(self, clerk):
        assert clerk.open("/personnes/urbanisme/siege/COTECH-06").status_code == 404


class TestAbsences:
    def test_an_absence_is_noted_and_its_deputy_answers(self, clerk):
        page = clerk.open(f"{ONE}/absence")
        assert ("COTECH-08 ·" in page.text, "COPIL-08 ·" in page.text) == (True, False)
        fields = {"starts_on": TODAY.isoformat(), "ends_on": LATER.isoformat(), "deputy": "COTECH-08"}
        for _ in range(2):
            assert led_to(clerk.send(f"{ONE}/absence", **fields)) == f"{ONE}?fait=absence"
        with clerk.desk.app.db.read() as connection:
            assert [pair[:2] for pair in standing_in(connection, CONVENTION, TODAY)] == [("COTECH-06", "COTECH-08")]
        assert "Absence jusqu'au" in words_of(clerk.open("/personnes?words=patrimoine"))

    def test_the_deputy_answers_from_the_mail_for_the_absent_members_seat(self, clerk, other):
        fields = {"starts_on": TODAY.isoformat(), "ends_on": LATER.isoformat(), "deputy": "COTECH-08"}
        clerk.send(f"{ONE}/absence", **fields)
        number = clerk.desk.to_technical()
        path = other.link_of(other.member("COTECH-08"), "opinion-requested")
        assert "votre réponse est enregistrée au titre de son siège (COTECH-06)" in words_of(other.open(path))
        assert other.send(path, opinion="favourable", seat="COTECH-06").status_code == 200
        event = clerk.desk.events(number)[-1]
        assert (event.actor, event.on_behalf_of, event.via) == ("COTECH-08", "COTECH-06", "mail-link")

    def test_a_deputy_who_signs_in_finds_what_to_answer_at_their_desk(self, clerk, other):
        number = clerk.desk.to_technical()
        other.sign_in(other.member("COTECH-08"))
        assert "Votre avis est attendu" not in words_of(other.open("/bureau"))
        clerk.send(f"{ONE}/absence", starts_on=TODAY.isoformat(), ends_on=LATER.isoformat(), deputy="COTECH-08")
        assert "Votre avis est attendu" in words_of(other.open("/bureau"))
        fields = {"seat": "COTECH-08", "voter": "COTECH-06", "body": "cotech", "opinion": "favourable", "key": "by-the-desk"}
        assert led_to(other.send(f"/actions/{number}/record_opinion", **fields))
        event = clerk.desk.events(number)[-1]
        assert (event.actor, event.on_behalf_of, event.via) == ("COTECH-08", "COTECH-06", "portal")
        assert "Votre avis est attendu" not in words_of(other.open("/bureau"))

    def test_mistakes_are_tied_to_their_fields(self, clerk):
        answer = clerk.send(f"{ONE}/absence", starts_on=LATER.isoformat(), ends_on=SOON.isoformat(), deputy="COTECH-05")
        assert (answer.status_code, 'id="ends_on-problem"' in answer.text, 'id="deputy-problem"' in answer.text) == (422, True, True)

    def test_an_absence_to_come_is_corrected_and_taken_back(self, clerk):
        clerk.send(f"{ONE}/absence", starts_on=SOON.isoformat(), ends_on=LATER.isoformat(), deputy="COTECH-08")
        path = f"{ONE}/absence/{clerk.desk.rows(Absence)[0].id}"
        assert led_to(change(clerk, path, starts_on=SOON.isoformat(), ends_on=SOON.isoformat(), deputy=""))
        assert (clerk.desk.rows(Absence)[0].ends_on, clerk.desk.rows(Absence)[0].deputy_id) == (SOON, None)
        assert led_to(clerk.send(f"{path}/retrait", ONE)) == f"{ONE}?fait=retrait"
        assert led_to(clerk.send(f"{path}/retrait", "/nouvelle-personne")) == f"{ONE}?fait=retrait"
        assert clerk.desk.rows(Absence) == []

    def test_of_an_absence_that_has_begun_the_form_asks_for_the_last_day_alone(self, clerk):
        clerk.send(f"{ONE}/absence", starts_on=TODAY.isoformat(), ends_on=LATER.isoformat(), deputy="COTECH-08")
        path = f"{ONE}/absence/{clerk.desk.rows(Absence)[0].id}"
        assert 'name="deputy"' not in clerk.open(path).text
        assert led_to(change(clerk, path, ends_on=SOON.isoformat()))
        assert clerk.desk.rows(Absence)[0].ends_on == SOON


class TestTable:
    def test_a_table_is_previewed_then_imported(self, clerk):
        table = HEADING + "martin-durand;Martin Durand;martin@ville.example;fr;COTECH-30;cotech;member;ville;1;2026-10-05;\n"
        preview = clerk.client.post(
            "/personnes/apercu",
            data={"seal": clerk.seal("/personnes")},
            files={"file": ("gens.csv", table.encode("utf-8-sig"), "text/csv")},
        )
        assert "À créer : 2. À modifier : 0. Inchangés : 0." in words_of(preview)
        assert clerk.desk.rows(Person, code="martin-durand") == []
        kept = unescape(re.search(r'<textarea name="table" hidden>\n(.*?)</textarea>', preview.text, re.DOTALL)[1])
        for _ in range(2):
            assert led_to(clerk.send("/personnes", table=kept)) == "/personnes?fait=import"
        assert len(clerk.desk.rows(Seat, code="COTECH-30")) == 1

    def test_a_table_of_megabytes_that_was_previewed_is_imported(self, light_clerk):
        wide = " " * 100_000  # as some spreadsheets fill their columns up
        lines = [f"p-{n};Personne {n}{wide};p{n}@ville.example;fr;COTECH-{n};cotech;member;ville;1;2026-10-05;\n" for n in range(100, 130)]
        table = HEADING + "".join(lines)
        seal = {"seal": light_clerk.seal("/personnes")}
        preview = light_clerk.client.post("/personnes/apercu", data=seal, files={"file": ("gens.csv", table.encode(), "text/csv")})
        form = re.search(r'<form method="post" action="/personnes" enctype="(.*?)">', preview.text)[1]
        kept = unescape(re.search(r'<textarea name="table" hidden>\n(.*?)</textarea>', preview.text, re.DOTALL)[1])
        assert ("À créer : 60." in words_of(preview), form, len(kept)) == (True, "multipart/form-data", len(table))
        for sent in ({"data": seal | {"table": kept}}, {"data": seal, "files": {"table": (None, kept)}}):
            assert led_to(light_clerk.client.post("/personnes", **sent)) == "/personnes?fait=import"
        assert len(light_clerk.desk.rows(Seat, code="COTECH-129")) == 1

    @pytest.mark.parametrize(
        ("content_type", "content"),
        [
            ("multipart/form-data", b"--x\r\n"),
            ("multipart/form-data; boundary=x", b"nothing of the kind"),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n"),
            ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(401))),
        ],
        ids=["no boundary", "no parts", "no name", "too many fields"],
    )
    def test_a_form_that_cannot_be_read_is_answered_with_what_to_do(self, light_clerk, content_type, content):
        answer = light_clerk.client.post("/personnes", content=content, headers={"Content-Type": content_type})
        assert (answer.status_code, "ce formulaire n'a pas pu être lu" in words_of(answer).lower()) == (422, True)

    def test_every_mistake_of_a_table_is_told_by_its_line(self, clerk):
        table = (
            HEADING
            + "martin;;martin@ville.example;fr;X-1;cotech;member;ville;1;2026-10-05;\nmarie;Marie;marie;fr;X-2;cotex;member;ville;1;2026-10-05;\n"
        )
        for path in ("/personnes/apercu", "/personnes"):
            answer = clerk.send(path, "/personnes", table=table)
            said = words_of(answer)
            assert answer.status_code == 422
            assert (
                "ligne 2, name : cette case est vide" in said.lower(),
                "ligne 3, email" in said.lower(),
                "ligne 3, body" in said.lower(),
            ) == (
                *(True, True),
                True,
            )

    def test_no_file_at_all_is_told_too(self, clerk):
        assert clerk.send("/personnes/apercu", "/personnes").status_code == 422

    def test_the_table_of_now_is_downloaded_and_changes_nothing_when_imported_again(self, clerk):
        answer = clerk.open("/personnes.csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        report = import_people(clerk.desk.app.db, answer.content, convention=CONVENTION, dry_run=True, at=clerk.desk.app.clock.wall())
        assert (report.created, report.changed) == ((), ())
        assert len(answer.content.splitlines()) == len(PEOPLE.read_bytes().splitlines())


def test_a_secretary_sees_that_an_address_refuses_mails_and_lets_them_go_there_again(light_clerk):
    [row] = light_clerk.desk.rows(Person, code="patrimoine")
    standing = {"hard": 1, "soft": 0, "last_on": TODAY, "status": "5.1.1", "suppressed_at": light_clerk.desk.watch.moment}
    with light_clerk.desk.app.db.write() as connection:
        connection.execute(table(Bounce).insert().values(person_id=row.id, address=row.email, convention=CONVENTION, **standing))
    assert "refuse les courriels" in light_clerk.open(ONE).text
    answer = light_clerk.client.post(f"{ONE}/adresse", data={"seal": light_clerk.seal(ONE)})
    assert (answer.headers["location"], light_clerk.desk.rows(Bounce)) == (f"{ONE}?fait=adresse", [])
    assert "refuse les courriels" not in light_clerk.open(ONE).text
