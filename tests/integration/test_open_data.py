"""The files of the open data: an independent reader finds them right, and what is read back from them is written again to the byte."""

import json
from decimal import Decimal

import frictionless
import pytest
from builders import changed_charter, provision

from models.errors import Refused
from models.progress import Counted, roll_up, rounded
from models.publication import Weights
from services.opendata.folder import check, data_of, read, write
from services.publication.keeping import Editions
from services.wording import Wording

BASE = "https://portail.example"
FIELDS = ["axis", "objective", "themes", "sites", "context", "description", "lead_body", "partners", "starts_on", "ends_on"]
FIELDS += ["budget_euros", "milestones", "indicators", "progress"]


def publish(desk, folder, **changes):
    home = desk.app.settings.home
    desk.under(changed_charter(home / f"public-{desk.key()}.yaml", lambda document: document["publication"].update(changes)))
    return write(data_of(Editions(desk.app).of(), BASE), folder)


@pytest.fixture
def busy(light_desk):
    """A home with something in every table and every kind of column, weighed by budgets, and texts that files have to quote."""
    desk = light_desk
    odd = provision(
        7, title='Un "titre"; long,\nsur deux lignes = été', budget_euros=Decimal("1250.50"), themes=("biodiversite", "energie-sobriete")
    )
    first = desk.to_work(odd.model_copy(update={"themes": ()}))
    desk.report(first, 40, reached=[1])
    desk.to_final_report(provision(7, title="Achevée", budget_euros=Decimal(7)))
    voted = desk.to_steering(provision(7, title="Votée", axis="transitions", objective="velo-transports", budget_euros=Decimal("0.05")))
    desk.opine(voted, "copil", "with_reservations", seats=("COPIL-03",))
    desk.opine(voted, "copil", seats=("COPIL-01", "COPIL-04", "COPIL-05"))
    desk.decide(voted, "approve")
    desk.to_technical(provision(1))
    return desk


EVERYTHING = {
    "progress": "budget",
    "actions": {"since": "submitted", "rejected": True, "fields": FIELDS},
    "decisions": {"bodies": ["copil", "cotech"], "verdicts": "tallies"},
}
LEAST = {"progress": None, "decisions": None, "meetings": [], "actions": {"since": "approved", "fields": []}}


@pytest.mark.parametrize("rules", [EVERYTHING, {}, LEAST], ids=["everything", "as shipped", "the least"])
def test_an_independent_reader_finds_package_schemas_and_every_row_right(busy, tmp_path, rules):
    names = publish(busy, tmp_path / "out", **rules)
    report = frictionless.validate(str(tmp_path / "out" / "datapackage.json"))
    assert report.flatten(["name", "rowNumber", "fieldName", "type", "message"]) == []
    tables = {name.removesuffix(".csv") for name in names if name.endswith(".csv")}
    assert {task.name for task in report.tasks} == {name for table in tables for name in (table, f"{table}-json")}
    _, rows = check(tmp_path / "out")
    assert {task.name: task.stats["rows"] for task in report.tasks if task.name in tables} == dict(rows)


def test_the_independent_reader_would_notice_what_is_wrong(busy, tmp_path):
    publish(busy, tmp_path / "out", **EVERYTHING)
    file = tmp_path / "out" / "jalons.csv"
    file.write_bytes(file.read_bytes().replace(b"A-2026-001,1,", b"A-2026-777,un,", 1))
    kinds = {kind for [kind] in frictionless.validate(str(tmp_path / "out" / "datapackage.json")).flatten(["type"])}
    assert {"hash-count", "foreign-key", "type-error"} <= kinds


@pytest.mark.parametrize("rules", [EVERYTHING, {}, LEAST], ids=["everything", "as shipped", "the least"])
def test_what_is_read_back_is_written_again_to_the_byte(busy, tmp_path, rules):
    names = publish(busy, tmp_path / "out", **rules)
    files, _ = check(tmp_path / "out")
    assert sorted(files) == names == sorted(file.name for file in (tmp_path / "out").iterdir())
    assert write(files, tmp_path / "again") == names
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert read(tmp_path / "again") == read(tmp_path / "out")


def test_the_same_home_gives_the_same_files_and_what_is_public_no_longer_goes_from_the_folder(busy, tmp_path):
    out = tmp_path / "out"
    publish(busy, out, **EVERYTHING)
    (out / "LISEZ-MOI.txt").write_text("À nous")
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    publish(busy, out, **EVERYTHING)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    publish(busy, out, **LEAST)
    left = ["LISEZ-MOI.txt", "actions.csv", "actions.json", "actions.schema.json", "datapackage.json"]
    assert sorted(file.name for file in out.iterdir()) == left


def test_whoever_reckons_again_from_the_published_actions_finds_the_published_progress(busy, tmp_path):
    publish(busy, tmp_path, **{**EVERYTHING, "actions": {**EVERYTHING["actions"], "since": "approved"}})
    actions, shown = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("actions", "avancement"))
    objectives = {
        row["axe"]: [part["code"] for part in shown if part["axe"] == row["axe"] and part["niveau"] == "objectif"] for row in shown
    }
    counted = [
        Counted(
            row["axe"],
            row["objectif"],
            row["avancement"],
            row["budget_euros"] and Decimal(str(row["budget_euros"])),
            row["etat"] == "abandoned",
        )
        for row in actions
    ]
    again = roll_up(counted, objectives, Weights.BUDGET)
    for row in shown:
        part = again[row["axe"]].whole if row["niveau"] == "axe" else again[row["axe"]].objectives[row["code"]]
        figure = rounded(part.percent)
        assert (row["code"], row["avancement"]) == (row["code"], figure if figure is None else float(figure))
    assert [row["avancement"] for row in shown if row["code"] in ("territoire", "transitions")] == [40.3, None]


def spoil(name, old, new):
    def change(folder):
        file = folder / name
        assert old in file.read_bytes()
        file.write_bytes(file.read_bytes().replace(old, new, 1))

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda folder: (folder / "datapackage.json").unlink(), [("unreadable", "datapackage.json")]),
        (lambda folder: (folder / "actions.json").unlink(), [("unreadable", "actions.json")]),
        (spoil("datapackage.json", b"{", b"["), [("not_json", "datapackage.json")]),
        (spoil("datapackage.json", b'"vda-lille"', b"7"), [("validation.text", "datapackage.json:1:name")]),
        (spoil("datapackage.json", b'"fr"', b'"de"'), [("validation.choice", "datapackage.json:1:languages.0")]),
        (spoil("actions.csv", "Achevée".encode(), b"Autre"), [("other_rows", "actions.json"), ("differs", "actions.json"), ("differs", "datapackage.json")]),
        (spoil("actions.csv", b"\r\n", b"\n"), [("differs", "actions.csv")]),
        (spoil("actions.schema.json", b'"required": true', b'"required": false'), [("differs", "actions.schema.json")]),
        (spoil("jalons.csv", b"A-2026-001,2,", b"A-2026-001,1,"), [("other_rows", "jalons.json"), ("twice", "jalons.csv"), ("differs", "jalons.json"), ("differs", "datapackage.json")]),
        (spoil("jalons.csv", b"A-2026-001,1,", b"A-2026-777,1,"), [("other_rows", "jalons.json"), ("leads_nowhere", "jalons.csv"), ("differs", "jalons.json"), ("differs", "datapackage.json")]),
    ],
)  # fmt: skip
def test_whatever_was_changed_in_a_folder_is_named(light_desk, tmp_path, change, expected):
    light_desk.to_work()
    light_desk.to_work(provision(7, title="Achevée"))
    folder = tmp_path / "out"
    publish(light_desk, folder)
    change(folder)
    with pytest.raises(Refused) as caught:
        check(folder)
    told = [(problem.code.removeprefix("opendata."), problem.where.removeprefix(f"{folder}/")) for problem in caught.value.problems]
    assert told == expected
    assert all(Wording(language).say_problem(problem) for problem in caught.value.problems for language in ("fr", "en"))
