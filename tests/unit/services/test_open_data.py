import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import Refused
from models.lifecycle import State
from services.opendata.cells import rightly
from services.opendata.columns import ACTIONS, LAYOUTS, PROGRESS, Kind
from services.opendata.files import from_csv, from_json, to_csv, to_json
from services.opendata.package import schema_of
from services.wording import Wording

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
CODES = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5})?", fullmatch=True)
VALUES = {
    Kind.TEXT: TEXTS,
    Kind.CODE: CODES,
    Kind.CODES: st.lists(CODES, min_size=1, max_size=4).map(tuple),
    Kind.WHOLE: st.integers(0, 10**9),
    Kind.MONEY: st.decimals(0, 10**12, places=2),
    Kind.SHARE: st.decimals(0, 100, places=1),
    Kind.DAY: st.dates(),
    Kind.ADDRESS: st.just("https://portail.example/public/actions/A-2026-001"),
}


def cell(column):
    values = st.sampled_from(column.allowed) if column.allowed else VALUES[column.kind]
    return (values if column.needed else st.none() | values).map(lambda value: rightly(value, column))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_whatever_rows_hold_comes_back_from_both_files_and_is_written_again_to_the_byte(layout):
    @settings(max_examples=25)
    @given(st.lists(st.tuples(*map(cell, layout.columns)), max_size=2))
    def there_and_back(rows):
        for write, read in ((to_csv, from_csv), (to_json, from_json)):
            written = write(layout, rows)
            again = read(layout, written, "file")
            assert again == rows
            assert write(layout, again) == written

    there_and_back()


def row(**cells):
    usual = {"numero": "A-2026-001", "titre": "Titre", "etat": "approved", "etat_nom": "approuvée", "url": "https://portail.example/"}
    return ",".join({**usual, **cells}.get(column.name, "") for column in ACTIONS.columns)


HEAD = ",".join(column.name for column in ACTIONS.columns)


def refusals(content, layout=ACTIONS, read=from_csv):
    with pytest.raises(Refused) as caught:
        read(layout, content if isinstance(content, bytes) else content.encode(), "f")
    assert all(Wording(language).say_problem(problem) for problem in caught.value.problems for language in ("fr", "en"))
    return [(problem.code.removeprefix("opendata."), problem.where) for problem in caught.value.problems]


def test_every_cell_that_its_column_cannot_hold_is_named_by_line_and_column():
    lines = [
        row(titre=""),
        row(etat="draft"),
        row(debut="2027-02-30"),
        row(debut="20270201"),
        row(budget_euros="12.5"),
        row(budget_euros="NaN"),
        row(budget_euros="-1.00"),
        row(avancement="050"),
        row(sites="a||b"),
        row(url="ici"),
    ]
    names = ["titre", "etat", "debut", "debut", "budget_euros", "budget_euros", "budget_euros", "avancement", "sites", "url"]
    found = refusals("\r\n".join([HEAD, *lines, ""]))
    assert found == [("cell_wrong", f"f:{line}:{name}") for line, name in enumerate(names, 2)]


def test_lines_are_counted_as_an_editor_does_also_behind_a_cell_of_several_lines():
    assert refusals("\r\n".join([HEAD, row(titre='"un\ndeux"'), row(etat="x"), ""])) == [("cell_wrong", "f:4:etat")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [("other_columns", "f:1")]),
        ("numero,titre\r\n", [("other_columns", "f:1")]),
        (f"{HEAD}\r\nA-2026-001,Titre\r\n", [("other_length", "f:2")]),
        (b"\xff\xfe", [("not_utf8", "f")]),
        (f'{HEAD}\r\n"a"b', [("not_csv", "f:2")]),
    ],
)
def test_what_is_no_table_of_ours_is_refused(content, expected):
    assert refusals(content) == expected


def test_json_is_held_to_its_types():
    names = [column.name for column in PROGRESS.columns]
    whole = dict.fromkeys(names) | {"niveau": "axe", "axe": "a", "code": "a", "nom": "A", "ponderation": "equal", "poids": 1.0}
    whole |= {"avancement": 12.5, "actions": 1, "sans_point": 0, "sans_budget": 0, "abandonnees": 0}
    rows = from_json(PROGRESS, json.dumps([whole]).encode(), "f")
    assert rows[0][names.index("avancement")] == Decimal("12.5")
    for wrong in (
        {"nom": 3},
        {"actions": "1"},
        {"actions": True},
        {"actions": 1.0},
        {"avancement": "12.5"},
        {"avancement": True},
        {"poids": 10**30},
        {"nom": ["A"]},
    ):
        assert refusals(json.dumps([whole | wrong]), PROGRESS, from_json) == [("cell_wrong", f"f:2:{next(iter(wrong))}")]
    for other in ({}, [1], [{**whole, "plus": 1}], [dict(reversed(whole.items()))]):
        assert refusals(json.dumps(other), PROGRESS, from_json) == [("other_columns", "f")]
    assert refusals("[", PROGRESS, from_json) == [("not_json", "f:1")]


def test_a_day_is_written_as_iso_does_and_lines_end_as_rfc_4180_has_them():
    at = [column.name for column in ACTIONS.columns].index("debut")
    values = [None] * len(ACTIONS.columns)
    values[:4], values[at], values[-1] = ["A-2026-001", 'Un "titre", long', "approved", "approuvée"], date(2027, 1, 4), "https://x.example"
    written = to_csv(ACTIONS, [tuple(values)]).decode()
    assert written.startswith(f'{HEAD}\r\nA-2026-001,"Un ""titre"", long",approved,approuvée,')
    assert (",2027-01-04," in written, written.endswith("\r\n"), written.count("\n")) == (True, True, 2)


def test_states_that_are_never_public_are_in_no_schema():
    [states] = [field["constraints"]["enum"] for field in schema_of(ACTIONS, Wording("fr"))["fields"] if field["name"] == "etat"]
    assert set(State) - {*states} == {"draft", "returned", "withdrawn"}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_column_is_described_in_both_languages(language):
    for layout in LAYOUTS.values():
        schema = schema_of(layout, Wording(language))
        assert [field["name"] for field in schema["fields"]] == [column.name for column in layout.columns]
        assert all(field["description"] for field in schema["fields"])
