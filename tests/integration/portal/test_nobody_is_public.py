"""No person can be read out of anything public: persons are written into every text of a home, and looked for in every public byte."""

import re

import pytest
import sqlalchemy as sa
from builders import changed_charter, provision
from secretariat import Secretariat
from sqlmodel import SQLModel

from models.tables import Action, Milestone, table
from services.forms import RectifyForm
from services.opendata.folder import data_of, write
from services.publication.keeping import Editions

NAME, CODE, SEAT, MAIL, PHONE = "Zébulon Quetzalcoatl", "zebulon-quetzalcoatl", "COTECH-77", "zebulon.q@planted.example", "03 21 98 76 54"
OTHERWISE = " Z. Quetzalcoatl ; Zébulon Marie Quetzalcoatl ; 0033 3 21 98 76 54 ; 03/21/98/76/54 ; zebulon.q [at] planted.example"
"""In long texts alone: a title has no room for it."""
PLANTED = f" {NAME} {CODE} {SEAT} {MAIL} {PHONE}"
ALL = ["axis", "objective", "themes", "sites", "context", "description", "lead_body", "partners", "starts_on", "ends_on"]
ALL += ["budget_euros", "milestones", "indicators", "progress"]
STRUCTURE = {
    "convention",
    "number",
    "state",
    "body",
    "kind",
    "topic",
    "via",
    "before",
    "after",
    "outcome",
    "starts_at",
    "language",
    "value",
    "stage",
    "role",
    "partner",
    "owed",
    "email",
    "code",
    "name",
    "superseded_by",
    "follows",
    "second_of",
    "blocks",
    "series",
    "digest",
}
"""Columns of codes and numbers that the program itself gives, and those of persons, which are planted by themselves; every other text is planted."""
WRITTEN = ("title", "context", "description", "indicators")


@pytest.fixture
def planted(light_browser):
    """A browser at the portal of a home where everything is public that can be, and somebody stands in every text."""
    desk = light_browser.desk
    desk.under(changed_charter(desk.app.settings.home / "everything.yaml", _show_everything))
    numbers = [desk.to_work(), desk.to_final_report(provision(7, title="Achevée")), desk.reserving("COTECH-05")]
    number = desk.to_steering(provision(7, title="Votée"))
    desk.opine(number, "copil", "with_reservations")
    desk.decide(number, "approve", reference="PV 5")
    desk.report(numbers[0], 40, reached=[1])
    event = next(event for event in desk.events(number) if event.topic == "action.approved")
    desk.ask(RectifyForm(seat="COPIL-02", action=number, event=event.id, reason="Référence", reference="PV 6"))
    Secretariat(desk).convened(items=("Point réservé",))
    desk.settle()
    with desk.app.db.write() as connection:
        _plant(connection)
    return light_browser


def _show_everything(document):
    document["publication"].update(
        actions={"since": "submitted", "rejected": True, "fields": ALL},
        decisions={"bodies": ["copil", "cotech"], "verdicts": "tallies"},
        meetings=["copil", "cotech"],
    )


def _plant(connection):
    """Write the person into every text that is not a code of the program's own; who leads an action is the person as well."""
    connection.exec_driver_sql("UPDATE person SET name = ?, code = ? WHERE code = 'patrimoine'", (NAME, CODE))
    connection.exec_driver_sql("UPDATE person SET email = id || ?", (MAIL,))
    connection.exec_driver_sql("UPDATE seat SET code = ? WHERE code = 'COTECH-06'", (SEAT,))
    for name, rows in SQLModel.metadata.tables.items():
        if name in ("person", "seat", "charter", "home"):
            continue
        texts = [column for column in rows.columns if type(column.type) is not sa.JSON and column.type._type_affinity is sa.String]
        for column in texts:
            if column.name not in STRUCTURE and not column.primary_key and not column.foreign_keys:
                connection.execute(rows.update().where(column.is_not(None)).values({column.name: column + PLANTED}))
    actions = table(Action)
    for row in connection.execute(sa.select(actions.c.id, actions.c.sheet)).all():
        written = {field: (row.sheet[field] or "") + PLANTED + ("" if field == "title" else OTHERWISE) for field in WRITTEN}
        sheet = {**row.sheet, **written, "lead_person": CODE}
        connection.execute(actions.update().where(actions.c.id == row.id).values(sheet=sheet, proposer_seat=SEAT))


def everything_public(browser):
    """Every public address of a home with what it answers, by following every link from the map and from page to page, in both languages."""
    found, waiting = {}, ["/public", "/public?langue=en", "/public/sitemap.xml", "/robots.txt"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            answer = browser.open(path)
            found[path] = answer
            links = re.findall(
                r'(?:href|src|action)="(?:http://127\.0\.0\.1:\d+)?(/public[^"#]*)|<loc>http://[^/]+(/public[^<]*)', answer.text
            )
            waiting += [(link or place).replace("&amp;", "&") for link, place in links]
    return found


def test_no_name_code_seat_or_address_of_anybody_stands_in_any_public_byte(planted, tmp_path):
    found = everything_public(planted)
    assert {answer.status_code for answer in found.values()} == {200}
    kinds = {path.partition("?")[0].rpartition(".")[2] for path in found if "." in path}
    assert (len(found) > 40, {"csv", "json", "atom", "xml"} <= kinds) == (True, True)
    edition = Editions(planted.desk.app).of()
    out = tmp_path / "out"
    write(data_of(edition, "https://portail.example"), out)
    contents = {path: answer.text + str(answer.headers) for path, answer in found.items()}
    contents |= {file.name: file.read_text(encoding="utf-8") for file in out.iterdir()}
    for path, content in contents.items():
        for word in (
            "bulon",
            "uetzal",
            SEAT,
            "planted",
            "98 76",
            "98/76",
            "@",
            "[at]",
            "COTECH-0",
            "COPIL-0",
            "Motif",
            "Bon début",
            "PV ",
            "réservé",
        ):
            assert (path, word, word in content) == (path, word, False)


def test_what_was_planted_is_there_and_published_texts_say_where_somebody_was_hidden(planted):
    edition = Editions(planted.desk.app).of()
    first = edition.content.actions[0]
    assert first.title.endswith(" […] […] […] […] […]")
    assert [first.context.count("[…]"), first.description.count("[…]")] == [10, 10]
    assert [step.title.count("[…]") for step in first.milestones] == [5] * 4
    fields = {field for number, field in edition.content.masked if number == first.number}
    assert fields == {*WRITTEN, "milestones"}
    [kept] = [row for row in planted.desk.rows(Milestone) if row.action_id == 1][:1]
    assert kept.title.endswith(PLANTED)


def test_a_hidden_name_is_found_by_no_search(planted):
    for words in ("Zebulon", "quetzalcoatl", "COTECH-77", "planted"):
        answer = planted.open(f"/public/actions?mots={words}")
        assert (answer.status_code, 'class="entry"' in answer.text) == (200, False)
