from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Refused
from services.charters import read_charter
from services.people_csv import COLUMNS, LARGEST, PersonRow, SeatRow, parse_people, where_seats_stand, write_people
from services.wording import Wording

FOLDER = Path(__file__).parents[2] / "deploy/charters"
CHARTER = read_charter(FOLDER / "villeneuve-dascq-lille.yaml")
TABLE = (FOLDER / "villeneuve-dascq-lille.people.csv").read_text(encoding="utf-8")
HEADING = ";".join(COLUMNS)
CHAIR = "chair-1;Présidence;presidence@ville.example;fr;COTECH-01;cotech;chair;ville;1;2026-06-22;"

names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)
seats = st.builds(
    SeatRow,
    code=st.just(""),
    body=st.sampled_from(CHARTER.codes()["bodies"]),
    role=st.sampled_from(["secretary", "deputy", "observer"]),
    partner=st.sampled_from(["ville", "universite"]),
    weight=st.integers(1, 100),
    starts_on=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    ends_on=st.none() | st.dates(date(2027, 1, 1), date(2030, 12, 31)),
)


def refusal(text, language="en"):
    with pytest.raises(Refused) as refused:
        parse_people(text, CHARTER, "people.csv")
    assert all(Wording("fr").say_problem(problem) for problem in refused.value.problems)
    return [Wording(language).say_problem(problem).removeprefix("people.csv, ") for problem in refused.value.problems]


def table(*lines):
    return "\n".join([HEADING, *lines, ""])


def test_the_shipped_table_is_written_back_byte_for_byte():
    assert write_people(parse_people(TABLE, CHARTER)) == TABLE


def test_every_shipped_body_has_a_chair_a_secretary_and_four_to_six_votes_of_both_partners():
    found = {}
    for person in parse_people(TABLE, CHARTER):
        for seat in person.seats:
            found.setdefault(seat.body, []).append(seat)
    assert set(found) == set(CHARTER.codes()["bodies"])
    for held in found.values():
        votes = [seat for seat in held if seat.role in ("chair", "member")]
        assert [sum(seat.role == role for seat in held) for role in ("chair", "secretary")] == [1, 1]
        assert (4 <= len(votes) <= 6, {seat.partner for seat in votes}) == (True, {"ville", "universite"})


def test_the_shipped_leads_sit_in_the_body_that_leads_their_action():
    bodies = {person.code: {seat.body for seat in person.seats} for person in parse_people(TABLE, CHARTER)}
    assert [sheet.lead_person for sheet in CHARTER.provisions if sheet.lead_body not in bodies[sheet.lead_person]] == []


def test_the_shipped_persons_are_placeholders_at_example_addresses():
    persons = parse_people(TABLE, CHARTER)
    assert [person.code for person in persons if not person.email.endswith(".example")] == []
    assert sorted({person.language for person in persons}) == ["en", "fr"]


def test_a_person_on_several_lines_holds_several_seats():
    again = CHAIR.replace("COTECH-01;cotech;chair", "COPIL-07;copil;observer").replace("2026-06-22;", "22/06/2026;31/12/2027")
    assert parse_people(table(CHAIR, again), CHARTER) == [
        PersonRow(
            code="chair-1",
            name="Présidence",
            email="presidence@ville.example",
            language="fr",
            seats=(
                SeatRow("COTECH-01", "cotech", "chair", "ville", 1, date(2026, 6, 22), None),
                SeatRow("COPIL-07", "copil", "observer", "ville", 1, date(2026, 6, 22), date(2027, 12, 31)),
            ),
        )
    ]


def test_commas_a_byte_order_mark_and_windows_line_ends_are_read():
    other = b"\xef\xbb\xbf" + table(CHAIR, "", " ").replace(";", ",").replace("\n", "\r\n").encode()
    assert parse_people(other, CHARTER) == parse_people(table(CHAIR), CHARTER)


def test_columns_may_stand_in_any_order_and_an_empty_weight_is_one():
    columns, cells = HEADING.split(";")[::-1], CHAIR.replace(";1;", ";;").split(";")[::-1]
    assert parse_people("\n".join([";".join(columns).upper(), ";".join(cells)]), CHARTER) == parse_people(table(CHAIR), CHARTER)


def test_every_mistake_is_told_at_once_by_line_and_column():
    assert refusal(
        table(
            CHAIR,
            "Chair 1;;nobody;de;COTECH 02;cotec;membre;lille;0;2026-02-30;hier",
            "too;short",
            "b;B;b@ville.example;fr;COTECH-03;cotech;member;ville;x;2026-06-22;2026-06-21",
        )
    ) == [
        "line 3, person: “Chair 1” is not a code; use small letters without accents, digits and hyphens.",
        "line 3, name: this cell is empty; fill it in.",
        "line 3, email: “nobody” is not a mail address; write it like this: secretariat@ville.example.",
        "line 3, language: “de” is not known here; possible values: fr, en.",
        "line 3, seat: “COTECH 02” is not a seat code; use letters, digits and hyphens, such as COTECH-03.",
        "line 3, body: “cotec” is not known here; possible values: cotech.",
        "line 3, role: “membre” is not known here; possible values: member.",
        "line 3, partner: “lille” is not known here; possible values: ville.",
        "line 3, weight: “0” is not a weight; write a whole number from 1 to 100.",
        "line 3, starts_on: “2026-02-30” is not a date that exists; write 2026-01-31 or 31/01/2026.",
        "line 3, ends_on: “hier” is not a date that exists; write 2026-01-31 or 31/01/2026.",
        "line 4: this line has 2 cells instead of 11; check the separators and the quotation marks.",
        "line 5, weight: “x” is not a weight; write a whole number from 1 to 100.",
        "line 5, ends_on: the end (2026-06-21) comes before the start (2026-06-22); correct one of the two dates.",
    ]


def test_a_person_is_the_same_on_every_line():
    other = "chair-1;Autre;autre@ville.example;en;COPIL-01;copil;observer;ville;1;2026-06-22;"
    assert refusal(table(CHAIR, other)) == [
        "line 3, name: the person “chair-1” has another name on line 2; write the same everywhere.",
        "line 3, email: the person “chair-1” has another address on line 2; write the same everywhere.",
        "line 3, language: the person “chair-1” has another language on line 2; write the same everywhere.",
    ]


def test_a_column_for_channels_may_be_left_out_and_then_says_nothing_about_them():
    named = CHAIR.replace(";fr;", ";fr;env:CHAIR_ROOM;")
    with_channel = HEADING.replace(";language;", ";language;channel;")
    (told,) = parse_people(f"{with_channel}\n{named}\n", CHARTER)
    (silent,) = parse_people(table(CHAIR), CHARTER)
    (none,) = parse_people(f"{with_channel}\n{CHAIR.replace(';fr;', ';fr;;')}\n", CHARTER)
    assert (told.channel, silent.channel, none.channel) == ("env:CHAIR_ROOM", None, "")
    assert write_people([told]) == f"{with_channel}\n{named}\n"
    assert write_people([silent]) == table(CHAIR)
    assert parse_people(write_people([none]), CHARTER) == [none]


def test_a_channel_is_a_reference_and_the_same_on_every_line_and_a_literal_address_is_not_repeated():
    with_channel = HEADING.replace(";language;", ";language;channel;")
    other = CHAIR.replace("COTECH-01;cotech;chair", "COPIL-07;copil;observer").replace(";fr;", ";fr;;")
    lines = [
        CHAIR.replace(";fr;", ";fr;prefect-secret:chair;"),
        other,
        other.replace("COPIL-07", "COPIL-08").replace(";fr;;", ";fr;slack://T/O/KEN;"),
    ]
    assert refusal("\n".join([with_channel, *lines])) == [
        "line 3, channel: the person “chair-1” has another channel on line 2; write the same everywhere, or none everywhere.",
        (
            "line 4, channel: a channel is given by reference, never by its address, which is secret; "
            "write env:NAME_OF_VARIABLE, file:path/of/the/file or prefect-secret:name-of-block."
        ),
    ]


def test_a_seat_code_is_used_once():
    other = CHAIR.replace("chair-1", "chair-2").replace("2026-06-22;", "2028-06-22;")
    assert refusal(table(CHAIR, other)) == [
        "line 3, seat: the seat “COTECH-01” already stands on line 2; give each seat a code of its own."
    ]


def test_nobody_votes_twice_in_a_body_at_the_same_time():
    ended, second = CHAIR.replace("2026-06-22;", "2026-06-22;2027-06-30"), CHAIR.replace("COTECH-01", "COTECH-02")
    assert refusal(table(CHAIR, second)) == [
        "line 3, seat: “chair-1” already holds a voting seat of the body “cotech” on these dates, on line 2; a person votes once in a body."
    ]
    assert len(parse_people(table(ended, second.replace("2026-06-22;", "2027-07-01;")), CHARTER)) == 1
    assert len(parse_people(table(CHAIR, second.replace("chair;", "secretary;")), CHARTER)) == 1


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", [f"people.csv: this table is empty; its first line must be: {HEADING}."]),
        (
            HEADING.replace("email", "mail").replace("weight", "role"),
            [
                f"line 1: the column “email” is missing; the first line must be: {HEADING}.",
                f"line 1: the column “weight” is missing; the first line must be: {HEADING}.",
                "line 1: the column “mail” is not known; possible columns: email.",
                "line 1: the column “role” stands twice; keep only one.",
            ],
        ),
        (
            table('"a"b;c'),
            ["line 2: the table is malformed from here on (';' expected after '\"'); check the quotation marks."],
        ),
        (
            table(
                CHAIR,
                CHAIR.replace("chair-1;Présidence", 'b;"Deux\nlignes"').replace("COTECH-01", "COTECH-02"),
                CHAIR.replace("cotech", "cotec"),
            ),
            [
                "line 3, name: this cell holds a line break or a control character; delete it.",
                "line 5, seat: the seat “COTECH-01” already stands on line 2; give each seat a code of its own.",
                "line 5, body: “cotec” is not known here; possible values: cotech.",
            ],
        ),
        (table(CHAIR.replace("Présidence", "x" * 201)), ["line 2, name: this text is too long: at most 200 characters."]),
        (b"person;name\nx;caf\xe9\n", ["line 2: a character is not in UTF-8; save the table as CSV UTF-8."]),
        ("x" * (LARGEST + 1), ["people.csv: this table is larger than 5000000 bytes; split it into several files."]),
    ],
    ids=["empty", "heading", "quotes", "breaks", "long", "latin-1", "large"],
)
def test_a_table_that_is_not_one_is_refused(text, sentences):
    assert sorted(refusal(text)) == sorted(sentences)


def test_a_table_without_a_name_is_refused_by_its_lines():
    with pytest.raises(Refused) as refused:
        parse_people(table(CHAIR.replace("cotech", "cotec")), CHARTER)
    assert [Wording("fr").say_problem(problem) for problem in refused.value.problems] == [
        "ligne 2, body\u00a0: «\u00a0cotec\u00a0» n'est pas connu ici\u00a0; valeurs possibles\u00a0: cotech."
    ]


@pytest.mark.parametrize("name", ["=1+1", "+33", "-5", "@SUM(A1)", "'=1", "''=1", "'t Hooft", "d'Ascq"])
def test_a_name_that_looks_like_a_formula_is_harmless_in_a_spreadsheet_and_comes_back_unchanged(name):
    persons = [PersonRow("a", name, "a@ville.example", "fr", (SeatRow("S-1", "copil", "member", "ville", 1, date(2026, 6, 22), None),))]
    written = write_people(persons)
    assert parse_people(written, CHARTER) == persons
    assert written.splitlines()[1].split(";")[1][0] not in "=+-@"


@given(st.lists(st.tuples(names, st.lists(seats, max_size=3)), max_size=5))
def test_any_persons_are_read_back_as_they_were_written(drawn):
    persons = [
        PersonRow(
            code=f"p-{number}",
            name=name,
            email=f"p{number}@ville.example",
            language="fr",
            seats=tuple(SeatRow(f"S-{number}-{i}", *[getattr(seat, f) for f in SeatRow.__slots__[1:]]) for i, seat in enumerate(held)),
        )
        for number, (name, held) in enumerate(drawn)
    ]
    assert parse_people(write_people(persons), CHARTER) == persons


def test_a_person_without_a_seat_has_a_line_whose_seat_is_blank():
    alone = PersonRow("sans-siege", "Personne Sans Siège", "sans.siege@ville.example", "fr", ())
    written = write_people([alone])
    assert written.splitlines()[1] == "sans-siege;Personne Sans Siège;sans.siege@ville.example;fr;;;;;;;"
    assert parse_people(written, CHARTER) == [alone]
    assert where_seats_stand(written) == {}
