"""Persons, seats and absences edited one at a time: the rules of the table, nothing overwritten unseen, nothing done twice."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from builders import CONVENTION, TODAY, provision

from models.errors import Conflict, NotFound, Refused
from models.tables import Absence, Person, Seat, SignIn, table
from services.absences import change_absence, note_absence, take_back_absence
from services.directory import Searched, find_people, show_person
from services.erasure import erase
from services.people import import_people
from services.seating import change_person, change_seat, create_person, create_seat, seen_of

NEW = {"person": "martin-durand", "name": "Martin Durand", "email": "martin.durand@ville.example", "language": "fr"}
SEAT = {"seat": "COTECH-30", "body": "cotech", "role": "member", "partner": "ville", "weight": "1", "ends_on": ""}
MEMBER, DEPUTY = "patrimoine", "COTECH-08"
SOON, LATER = TODAY + timedelta(days=10), TODAY + timedelta(days=20)


def seat(**changes):
    return {**SEAT, "starts_on": TODAY.isoformat()} | changes


def away(first=SOON, last=LATER, deputy=DEPUTY):
    return {"starts_on": first.isoformat(), "ends_on": last.isoformat(), "deputy": deputy}


def refusal(command, *arguments, **more):
    """Field and reason of every problem."""
    with pytest.raises(Refused) as refused:
        command(*arguments, **more)
    return [(problem.where, problem.code) for problem in refused.value.problems]


def row_of(desk, kind, **equal):
    (row,) = desk.rows(kind, **equal)
    return row._mapping


@pytest.fixture
def newcomer(desk):
    return create_person(desk.app, CONVENTION, NEW)


class TestPersons:
    def test_a_person_is_added(self, desk, newcomer):
        row = row_of(desk, Person, code=newcomer)
        assert (row["name"], row["email"], row["language"]) == ("Martin Durand", "martin.durand@ville.example", "fr")

    def test_sent_twice_a_person_is_added_once(self, desk, newcomer):
        assert create_person(desk.app, CONVENTION, NEW) == newcomer
        assert len(desk.rows(Person, code=newcomer)) == 1

    def test_the_code_of_somebody_else_is_refused(self, desk, newcomer):
        assert newcomer
        assert refusal(create_person, desk.app, CONVENTION, {**NEW, "name": "Martine Durand"}) == [("person", "people.person_taken")]

    def test_every_mistake_is_told_at_once_by_its_field(self, desk):
        given = {"person": "Martin D.", "name": "", "email": "martin", "language": "de"}
        assert refusal(create_person, desk.app, CONVENTION, given) == [
            ("person", "people.code_malformed"),
            ("name", "people.cell_empty"),
            ("email", "people.mail_malformed"),
            ("language", "people.unknown"),
        ]
        assert desk.rows(Person, code="martin-d") == []

    def test_a_name_is_changed_by_whoever_saw_it_as_it_is(self, desk, newcomer):
        seen = seen_of(row_of(desk, Person, code=newcomer))
        change_person(desk.app, CONVENTION, newcomer, {**NEW, "name": "Martin Durand-Petit"}, seen)
        assert row_of(desk, Person, code=newcomer)["name"] == "Martin Durand-Petit"

    def test_a_stale_page_overwrites_nothing_and_says_so(self, desk, newcomer):
        seen = seen_of(row_of(desk, Person, code=newcomer))
        change_person(desk.app, CONVENTION, newcomer, {**NEW, "name": "Par la première"}, seen)
        with pytest.raises(Conflict) as refused:
            change_person(desk.app, CONVENTION, newcomer, {**NEW, "name": "Par la seconde"}, seen)
        assert [problem.code for problem in refused.value.problems] == ["people.changed_meanwhile"]
        assert row_of(desk, Person, code=newcomer)["name"] == "Par la première"

    def test_the_same_change_sent_twice_is_done_once(self, desk, newcomer):
        seen = seen_of(row_of(desk, Person, code=newcomer))
        for _ in range(2):
            change_person(desk.app, CONVENTION, newcomer, {**NEW, "language": "en"}, seen)
        assert row_of(desk, Person, code=newcomer)["language"] == "en"

    def test_a_new_address_makes_links_to_the_old_one_void_and_a_new_name_does_not(self, desk, newcomer):
        change_person(desk.app, CONVENTION, newcomer, {**NEW, "name": "Un autre nom"}, seen_of(row_of(desk, Person, code=newcomer)))
        assert row_of(desk, Person, code=newcomer)["links_from"] is None
        given = {**NEW, "email": "durand@universite.example"}
        change_person(desk.app, CONVENTION, newcomer, given, seen_of(row_of(desk, Person, code=newcomer)))
        assert row_of(desk, Person, code=newcomer)["links_from"] == desk.watch.moment

    def test_an_import_makes_links_to_a_former_address_void_too(self, desk):
        line = "patrimoine;Patrimoine;autre@universite.example;fr;COTECH-06;cotech;member;universite;1;2026-06-22;"
        table_ = f"person;name;email;language;seat;body;role;partner;weight;starts_on;ends_on\n{line}\n"
        import_people(desk.app.db, table_.encode(), convention=CONVENTION, at=desk.watch.moment)
        assert row_of(desk, Person, code=MEMBER)["links_from"] == desk.watch.moment

    def test_an_unknown_person_cannot_be_changed(self, desk):
        with pytest.raises(NotFound):
            change_person(desk.app, CONVENTION, "personne", NEW, "")

    def test_two_people_who_add_the_same_person_in_the_same_moment_add_one(self, desk):
        start, failed = Barrier(4), []

        def add():
            start.wait()
            try:
                create_person(desk.app, CONVENTION, NEW)
            except Exception as error:  # noqa: BLE001  # told by the test
                failed.append(error)

        threads = [Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (failed, len(desk.rows(Person, code="martin-durand"))) == ([], 1)


class TestSeats:
    def test_a_seat_is_given(self, desk, newcomer):
        assert create_seat(desk.app, CONVENTION, newcomer, seat(seat="cotech-30")) == "COTECH-30"
        row = row_of(desk, Seat, code="COTECH-30")
        assert (row["body"], row["role"], row["partner"], row["weight"], row["starts_on"], row["ends_on"]) == (
            *("cotech", "member", "ville", 1, TODAY),
            None,
        )

    def test_sent_twice_a_seat_is_given_once(self, desk, newcomer):
        for _ in range(2):
            create_seat(desk.app, CONVENTION, newcomer, seat())
        assert len(desk.rows(Seat, code="COTECH-30")) == 1

    def test_a_seat_never_passes_to_another_person(self, desk, newcomer):
        assert refusal(create_seat, desk.app, CONVENTION, newcomer, seat(seat="COTECH-06")) == [("seat", "people.seat_held_by_other")]
        assert refusal(change_seat, desk.app, CONVENTION, newcomer, "COTECH-06", seat(), "") == [("", "seat_unknown")]

    def test_ones_own_seat_is_not_given_anew_with_other_particulars(self, desk, newcomer):
        create_seat(desk.app, CONVENTION, newcomer, seat())
        assert refusal(create_seat, desk.app, CONVENTION, newcomer, seat(role="observer")) == [("seat", "people.seat_taken")]

    def test_every_mistake_is_told_at_once_by_its_field(self, desk, newcomer):
        given = seat(seat="un siège", body="copill", role="chef", partner="", weight="0", starts_on="2026-02-30", ends_on="hier")
        assert refusal(create_seat, desk.app, CONVENTION, newcomer, given) == [
            ("seat", "people.seat_malformed"),
            ("body", "people.unknown"),
            ("role", "people.unknown"),
            ("partner", "people.cell_empty"),
            ("weight", "people.weight_malformed"),
            ("starts_on", "people.date_malformed"),
            ("ends_on", "people.date_malformed"),
        ]

    def test_nobody_votes_twice_in_a_body(self, desk):
        assert refusal(create_seat, desk.app, CONVENTION, MEMBER, seat()) == [("starts_on", "people.seat_votes_twice")]
        assert create_seat(desk.app, CONVENTION, MEMBER, seat(role="observer")) == "COTECH-30"

    def test_nor_by_a_table_that_does_not_name_the_other_seat(self, desk):
        line = "patrimoine;Patrimoine;patrimoine@universite.example;fr;COTECH-30;cotech;chair;universite;1;2026-06-22;"
        table_ = f"person;name;email;language;seat;body;role;partner;weight;starts_on;ends_on\n{line}\n"
        assert refusal(import_people, desk.app.db, table_.encode(), convention=CONVENTION, at=desk.watch.moment) == [
            (":2:seat", "people.seat_votes_twice")
        ]

    def test_a_seat_that_has_begun_can_only_end(self, desk):
        given = seat(role="chair", weight="7", starts_on="2020-01-01", ends_on=SOON.isoformat())
        change_seat(desk.app, CONVENTION, MEMBER, "COTECH-06", given, seen_of(row_of(desk, Seat, code="COTECH-06")))
        row = row_of(desk, Seat, code="COTECH-06")
        assert (row["role"], row["weight"], row["starts_on"].year, row["ends_on"]) == ("member", 1, 2026, SOON)

    def test_a_seat_does_not_end_before_it_began(self, desk):
        seen = seen_of(row_of(desk, Seat, code="COTECH-06"))
        given = {"ends_on": "2026-06-21"}
        assert refusal(change_seat, desk.app, CONVENTION, MEMBER, "COTECH-06", given, seen) == [("ends_on", "people.ends_before_start")]

    def test_a_seat_that_has_not_begun_is_corrected(self, desk, newcomer):
        create_seat(desk.app, CONVENTION, newcomer, seat(starts_on=SOON.isoformat()))
        given = seat(role="deputy", weight="2", starts_on=LATER.isoformat())
        change_seat(desk.app, CONVENTION, newcomer, "COTECH-30", given, seen_of(row_of(desk, Seat, code="COTECH-30")))
        row = row_of(desk, Seat, code="COTECH-30")
        assert (row["role"], row["weight"], row["starts_on"]) == ("deputy", 2, LATER)

    def test_a_stale_page_does_not_end_a_seat(self, desk):
        seen = seen_of(row_of(desk, Seat, code="COTECH-06"))
        change_seat(desk.app, CONVENTION, MEMBER, "COTECH-06", {"ends_on": SOON.isoformat()}, seen)
        with pytest.raises(Conflict):
            change_seat(desk.app, CONVENTION, MEMBER, "COTECH-06", {"ends_on": LATER.isoformat()}, seen)
        assert row_of(desk, Seat, code="COTECH-06")["ends_on"] == SOON

    def test_a_successor_gets_a_seat_of_their_own(self, desk, newcomer):
        change_seat(desk.app, CONVENTION, MEMBER, "COTECH-06", {"ends_on": SOON.isoformat()}, seen_of(row_of(desk, Seat, code="COTECH-06")))
        create_seat(desk.app, CONVENTION, newcomer, seat(starts_on=(SOON + timedelta(days=1)).isoformat()))
        assert {row.code for row in desk.rows(Seat, body="cotech", role="member")} >= {"COTECH-06", "COTECH-30"}


class TestAbsences:
    def test_an_absence_is_noted_with_the_deputy_who_answers(self, desk):
        note_absence(desk.app, CONVENTION, MEMBER, away())
        row = row_of(desk, Absence)
        assert (row["starts_on"], row["ends_on"], row["deputy_id"]) == (SOON, LATER, row_of(desk, Seat, code=DEPUTY)["id"])

    def test_sent_twice_an_absence_is_noted_once(self, desk):
        for deputy in (DEPUTY, DEPUTY):
            note_absence(desk.app, CONVENTION, MEMBER, away(deputy=deputy))
        assert len(desk.rows(Absence)) == 1

    @pytest.mark.parametrize(
        ("given", "problems"),
        [
            (away(LATER, SOON), [("ends_on", "people.ends_before_start")]),
            (away(TODAY - timedelta(days=9), TODAY - timedelta(days=1)), [("ends_on", "people.absence_over")]),
            (away(deputy="COPIL-08"), [("deputy", "people.unknown")]),
            (away(deputy="COTECH-05"), [("deputy", "people.unknown")]),
            ({"starts_on": "", "ends_on": "x", "deputy": ""}, [("starts_on", "people.cell_empty"), ("ends_on", "people.date_malformed")]),
        ],
        ids=["turned round", "past", "of another body", "no deputy's seat", "without days"],
    )
    def test_what_is_wrong_with_an_absence_is_told_by_its_field(self, desk, given, problems):
        assert refusal(note_absence, desk.app, CONVENTION, MEMBER, given) == problems

    def test_a_deputys_seat_must_be_held_for_all_of_the_absence(self, desk):
        holder = desk.rows(Person, id=row_of(desk, Seat, code=DEPUTY)["person_id"])[0].code
        change_seat(desk.app, CONVENTION, holder, DEPUTY, {"ends_on": SOON.isoformat()}, seen_of(row_of(desk, Seat, code=DEPUTY)))
        assert refusal(note_absence, desk.app, CONVENTION, MEMBER, away()) == [("deputy", "people.deputy_not_seated")]

    def test_no_two_deputies_answer_for_a_seat_on_the_same_day(self, desk):
        note_absence(desk.app, CONVENTION, MEMBER, away())
        again = away(LATER, LATER + timedelta(days=5))
        assert refusal(note_absence, desk.app, CONVENTION, MEMBER, again) == [("starts_on", "people.absences_overlap")]
        note_absence(desk.app, CONVENTION, MEMBER, away(LATER + timedelta(days=1), LATER + timedelta(days=5)))

    def test_an_absence_that_has_not_begun_is_corrected_or_taken_back(self, desk):
        note_absence(desk.app, CONVENTION, MEMBER, away())
        row = row_of(desk, Absence)
        change_absence(desk.app, CONVENTION, MEMBER, row["id"], away(SOON, SOON, ""), seen_of(row))
        assert (row_of(desk, Absence)["ends_on"], row_of(desk, Absence)["deputy_id"]) == (SOON, None)
        for _ in range(2):
            take_back_absence(desk.app, CONVENTION, MEMBER, row["id"])
        assert desk.rows(Absence) == []

    def test_of_an_absence_that_has_begun_only_the_last_day_changes(self, desk):
        note_absence(desk.app, CONVENTION, MEMBER, away(TODAY, LATER))
        row = row_of(desk, Absence)
        desk.watch.advance(days=3)
        early, yesterday = desk.today - timedelta(days=2), desk.today - timedelta(days=1)
        assert refusal(take_back_absence, desk.app, CONVENTION, MEMBER, row["id"]) == [("", "people.absence_begun")]
        how = (desk.app, CONVENTION, MEMBER, row["id"])
        assert refusal(change_absence, *how, away(SOON, early, ""), seen_of(row)) == [("ends_on", "people.absence_over")]
        change_absence(*how, away(SOON, yesterday, ""), seen_of(row))
        now = row_of(desk, Absence)
        assert (now["starts_on"], now["ends_on"], now["deputy_id"]) == (TODAY, yesterday, row["deputy_id"])
        assert refusal(change_absence, *how, away(), seen_of(now)) == [("ends_on", "people.absence_over")]

    def test_a_stale_page_changes_no_absence(self, desk):
        note_absence(desk.app, CONVENTION, MEMBER, away())
        row = row_of(desk, Absence)
        change_absence(desk.app, CONVENTION, MEMBER, row["id"], away(SOON, SOON), seen_of(row))
        with pytest.raises(Conflict):
            change_absence(desk.app, CONVENTION, MEMBER, row["id"], away(SOON, SOON + timedelta(days=1)), seen_of(row))


class TestDirectory:
    def test_persons_are_found_by_name_whatever_the_accents_by_address_code_or_seat(self, desk):
        def found(words):
            return [person.row["code"] for person in find_people(desk.app, CONVENTION, Searched(words)).people]

        assert found("equipe d'ÉCOLOGIE") == found("ecologie@universite.example") == found("gt-recherche-07") == ["ecologie"]
        assert found("nobody of this name") == []

    def test_a_body_lists_who_sits_in_it_now_or_later(self, desk):
        def codes():
            return {person.row["code"] for person in find_people(desk.app, CONVENTION, Searched(body="cotech")).people}

        assert MEMBER in codes()
        change_seat(
            desk.app, CONVENTION, MEMBER, "COTECH-06", {"ends_on": TODAY.isoformat()}, seen_of(row_of(desk, Seat, code="COTECH-06"))
        )
        desk.watch.advance(days=1)
        assert MEMBER not in codes()

    def test_a_list_is_shown_a_page_at_a_time(self, desk):
        for n in range(60):
            create_person(desk.app, CONVENTION, {**NEW, "person": f"martin-{n}", "email": f"m{n}@ville.example"})
        first, last = (find_people(desk.app, CONVENTION, Searched("martin", page=page)) for page in (1, 99))
        assert (len(first.people), len(last.people), first.total, first.pages, last.page) == (50, 10, 60, 2, 2)

    def test_a_person_is_shown_with_seats_and_absences_past_present_and_to_come(self, desk):
        create_seat(desk.app, CONVENTION, MEMBER, seat(body="copil", seat="COPIL-20", starts_on=LATER.isoformat()))
        note_absence(desk.app, CONVENTION, MEMBER, away())
        shown = show_person(desk.app, CONVENTION, MEMBER)
        assert [(row["code"], shown.phase(row)) for row in shown.seats] == [("COPIL-20", "to_come"), ("COTECH-06", "present")]
        assert [(row["deputy"]["code"], shown.phase(row)) for row in shown.absences] == [(DEPUTY, "to_come")]
        assert [row["code"] for row in shown.deputies] == ["COPIL-08", DEPUTY]


class TestErasure:
    def test_sign_ins_and_absences_of_an_erased_person_go_and_their_links_are_void(self, desk):
        person = row_of(desk, Person, code=MEMBER)["id"]
        note_absence(desk.app, CONVENTION, MEMBER, away(TODAY, TODAY))
        with desk.app.db.write() as connection:
            moment = desk.watch.moment
            key = {"key": b"k" * 32, "person_id": person, "delivery_id": desk.app.ids(), "began_at": moment, "seen_at": moment}
            connection.execute(table(SignIn).insert().values(**key))
            connection.execute(table(Seat).update().where(table(Seat).c.person_id == person).values(ends_on=TODAY))
        desk.watch.advance(days=1)
        erase(desk.app, MEMBER, carry_out=True)
        assert (desk.rows(SignIn), desk.rows(Absence)) == ([], [])
        assert row_of(desk, Person, code=MEMBER)["links_from"] == desk.watch.moment

    def test_an_erased_person_is_neither_changed_nor_seated_again(self, desk):
        with desk.app.db.write() as connection:
            holder = sa.select(table(Person).c.id).where(table(Person).c.code == MEMBER).scalar_subquery()
            connection.execute(table(Seat).update().where(table(Seat).c.person_id == holder).values(ends_on=TODAY))
        desk.watch.advance(days=1)
        erase(desk.app, MEMBER, carry_out=True)
        assert refusal(create_seat, desk.app, CONVENTION, MEMBER, seat()) == [("", "person_erased")]
        assert refusal(change_person, desk.app, CONVENTION, MEMBER, NEW, "") == [("", "person_erased")]
        assert show_person(desk.app, CONVENTION, MEMBER).erased


def test_the_proposer_may_be_led_by_somebody_who_was_added_here(desk, newcomer):
    number = desk.propose(provision(lead_person=newcomer))
    assert desk.action(number).sheet["lead_person"] == newcomer
