"""The pages of search, saved views, and tables for spreadsheets, over HTTP."""

import csv
import io
from datetime import date

import pytest
from builders import provision
from openpyxl import load_workbook
from portal_http import text_of, words_of

from models.tables import UNINDEXED, SavedView
from services.finding import PAGE
from services.forms import DraftForm
from services.search.index import BEFORE_A_SEARCH
from services.views import MOST

MEMBER = "COTECH-05"


def rows_of(answer):
    """The rows of a CSV file."""
    return [*csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")]


def sheet_of(answer):
    """The rows of an XLSX file, as values."""
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows()]


def test_every_page_has_a_field_that_searches_everything_for_whoever_is_seated(clerk):
    assert 'action="/recherche" class="everywhere"' in clerk.open("/bureau").text
    with clerk.another().client as stranger:
        assert "everywhere" not in stranger.get("/connexion").text
        assert stranger.get("/recherche?words=parc").headers["location"] == "/connexion"


def test_results_say_what_they_are_and_mark_the_words(clerk):
    number = clerk.desk.propose(provision(7, title="Le <parc> du Héron", description="Des parcs & des jardins."))
    page = clerk.open("/recherche?words=parcs")
    assert (page.status_code, "Résultats : 1" in text_of(page)) == (200, True)
    assert "Le &lt;<mark>parc</mark>&gt; du Héron" in page.text
    assert "Des <mark>parcs</mark> &amp; des jardins." in page.text
    assert f'href="/actions/{number}"' in page.text


@pytest.mark.parametrize("path", ["/recherche", "/actions"])
def test_a_list_that_may_be_incomplete_says_so(clerk, path):
    with clerk.desk.app.db.write() as connection:
        connection.execute(UNINDEXED.insert(), [{"action_id": 1000 + place} for place in range(BEFORE_A_SEARCH + 50)])
    said = "L'index prend encore en compte les changements de 50 actions : cette liste peut être incomplète."
    assert [said in words_of(clerk.open(f"{path}?words=parc")) for _ in range(2)] == [True, False]


def test_an_empty_search_says_how_to_search_and_one_without_results_that_there_are_none(clerk):
    assert "Comment chercher" in words_of(clerk.open("/recherche"))
    assert "Rien ne correspond." in words_of(clerk.open("/recherche?words=introuvable"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [("%22parc", "Un guillemet n'est pas refermé"), ("-parc", "que des mots à écarter"), ("de+la", "aucun mot à chercher")],
)
@pytest.mark.parametrize("path", ["/recherche", "/actions"])
def test_words_that_cannot_be_read_are_answered_with_how_to_write_them(clerk, path, asked, said):
    page = clerk.open(f"{path}?words={asked}")
    assert (page.status_code, said in words_of(page)) == (422, True)


@pytest.mark.parametrize("value", ['"', "'", "a=b", "x" * 300, "😀", ") OR (", "NULL"])
@pytest.mark.parametrize("name", ["axis", "theme", "body", "year", "kind", "state", "page"])
def test_no_filter_breaks_the_page(clerk, name, value):
    assert clerk.open(f"/recherche?words=parc&{name}={value}").status_code == 200


def test_pages_lead_on(clerk):
    for _ in range(PAGE + 1):
        clerk.desk.propose(provision(7, title="Le parc"))
    first, second = (clerk.open(f"/recherche?words=parc&kind=action&page={page}").text for page in (1, 2))
    assert 'href="/recherche?words=parc&amp;kind=action&amp;page=2" rel="next"' in first
    assert (first.count("<li class="), second.count('<li class="row"')) == (PAGE, 1)


def test_members_find_no_draft_of_others_anywhere(clerk, member):
    clerk.desk.propose(provision(7, title="Une ébauche secrète"), form=DraftForm)
    member.sign_in(member.member(MEMBER))
    for path in ("/recherche?words=ebauche", "/actions", "/actions?words=ebauche", "/actions.csv", "/recherche.csv?words=ebauche"):
        assert ("secrète" in clerk.open(path).content.decode(), "secrète" in member.open(path).content.decode()) == (True, False), path


def test_a_view_keeps_filters_and_order_is_renamed_and_deleted(clerk):
    page = clerk.open("/actions?state=submitted&sort=title&page=3")
    assert 'name="query" value="state=submitted&amp;sort=title"' in page.text
    saved = clerk.send("/vues", "/actions", listed="actions", name="  À   examiner ", query="state=submitted&sort=title&page=3&other=1")
    assert (saved.status_code, saved.headers["location"]) == (303, "/actions?state=submitted&sort=title")
    assert (
        '<a href="/actions?state=submitted&amp;sort=title" aria-current="page">À examiner</a>' in clerk.open(saved.headers["location"]).text
    )
    assert "À examiner" not in clerk.open("/recherche").text
    [view] = clerk.desk.rows(SavedView)
    assert view.filters == {"state": "submitted", "sort": "title"}
    assert clerk.send(f"/vues/{view.id}", "/vues", name="À voir").headers["location"] == "/vues?fait=renamed"
    assert "À voir" in clerk.open("/actions").text
    assert clerk.send(f"/vues/{view.id}/suppression", "/vues").headers["location"] == "/vues?fait=deleted"
    assert clerk.desk.rows(SavedView) == []


def test_a_view_is_its_owners_alone(clerk, member):
    clerk.send("/vues", "/recherche", listed="recherche", name="Parcs", query="words=parc")
    [view] = clerk.desk.rows(SavedView)
    member.sign_in(member.member(MEMBER))
    assert "Parcs" not in member.open("/vues").text + member.open("/recherche").text
    assert [member.send(path, "/vues", name="Pris").status_code for path in (f"/vues/{view.id}", f"/vues/{view.id}/suppression")] == [
        404,
        404,
    ]
    assert clerk.desk.rows(SavedView)[0].name == "Parcs"


@pytest.mark.parametrize(
    ("name", "said"), [(" ", "donnez un nom"), ("x" * 81, "80 signes au plus"), ("Parcs", "vous avez déjà une vue « Parcs »")]
)
def test_a_view_without_a_name_of_its_own_is_refused(clerk, name, said):
    clerk.send("/vues", "/recherche", listed="recherche", name="Parcs", query="")
    page = clerk.send("/vues", "/recherche", listed="recherche", name=name, query="words=parc")
    assert (page.status_code, said.lower() in words_of(page).lower()) == (422, True)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("axis=" + "x" * 301, "ces filtres ne sont pas ceux d'une liste"),
        ("other=" + "x" * 1_000_000, "ces filtres ne sont pas ceux d'une liste"),
        ("&".join(f"f{n}=1" for n in range(101)), "ces filtres ne sont pas ceux d'une liste"),
        ("words=" + "x" * 201, "cette recherche est trop longue"),
        ("words=%22parc", "un guillemet n'est pas refermé"),
    ],
    ids=["a long filter", "a long nothing", "many", "long words", "an open quotation"],
)
@pytest.mark.parametrize("page", ["actions", "recherche"])
def test_what_its_page_would_refuse_is_no_view(clerk, page, query, said):
    answer = clerk.send("/vues", f"/{page}", listed=page, name="Longue", query=query)
    assert (answer.status_code, said in words_of(answer).lower(), clerk.desk.rows(SavedView)) == (422, True, [])


def test_a_view_keeps_what_its_page_makes_of_its_address(clerk):
    longest = "x" * 300
    query = f"sort=backwards&axis={longest}&theme=+parcs+&kind=nothing&state=&page=2&axis={longest}"
    assert clerk.send("/vues", "/actions", listed="actions", name="Actions", query=query).status_code == 303
    found = clerk.send("/vues", "/recherche", listed="recherche", name="Tout", query=query)
    assert [view.filters for view in clerk.desk.rows(SavedView)] == [{"axis": longest, "theme": "parcs"}] * 2
    assert clerk.open(found.headers["location"]).status_code == 200


def test_nobody_keeps_views_without_end(clerk):
    for number in range(MOST):
        clerk.send("/vues", "/recherche", listed="recherche", name=f"Vue {number}", query="")
    page = clerk.send("/vues", "/recherche", listed="recherche", name="Encore une", query="")
    assert (page.status_code, len(clerk.desk.rows(SavedView))) == (422, MOST)
    assert clerk.send("/vues", "/recherche", listed="ailleurs", name="Autre", query="").status_code == 422


def test_the_tables_of_actions_hold_what_the_filters_show_on_every_page(clerk):
    for number in range(PAGE + 3):
        clerk.desk.propose(provision(7, title=f"Le parc {number:02}"))
    clerk.desk.propose(provision(7, title="Le lac"))
    assert "/actions.xlsx?words=parc&amp;sort=title" in clerk.open("/actions?words=parc&sort=title").text
    answers = [clerk.open(f"/actions.{form}?words=parc&sort=title") for form in ("csv", "xlsx")]
    lines, cells = rows_of(answers[0]), sheet_of(answers[1])
    assert [answer.headers["content-disposition"] for answer in answers] == [
        f'attachment; filename="actions.{form}"' for form in ("csv", "xlsx")
    ]
    assert lines[0][:3] == cells[0][:3] == ["Numéro", "Titre", "État"]
    assert [line[1] for line in lines[1:]] == [row[1] for row in cells[1:]] == [f"Le parc {number:02}" for number in range(PAGE + 3)]
    assert len(rows_of(clerk.open("/actions.csv"))) == PAGE + 5
    starts = cells[0].index("Début")
    assert isinstance(cells[1][starts], date)
    assert lines[1][starts] == cells[1][starts].date().isoformat()


@pytest.mark.parametrize("title", ["=1+1", "+33 1", "@cmd", "-2", "=HYPERLINK(1)"])
def test_no_cell_is_a_formula(clerk, title):
    clerk.desk.propose(provision(7, title=title, description="Parc\x0b."))
    book = load_workbook(io.BytesIO(clerk.open("/actions.xlsx").content))
    cell = book.active["B2"]
    assert (cell.value, cell.data_type) == (title, "s")
    assert rows_of(clerk.open("/actions.csv"))[1][1] == f"'{title}"


def test_the_tables_of_a_search_and_of_the_register_hold_all_of_it(clerk):
    number = clerk.desk.to_approved(provision(7, title="Le parc"))
    found = rows_of(clerk.open("/recherche.csv?words=parc"))
    assert [row[0] for row in found[1:]] == ["décision", "décision", "action"]
    register = sheet_of(clerk.open("/decisions.xlsx"))
    assert [row[3] for row in register[1:]] == [number, number]
    assert isinstance(register[1][1], date)
    assert len(rows_of(clerk.open("/decisions.csv?body=copil"))) == 2
    assert clerk.open("/decisions.csv?body=nulle-part").status_code == 404
    assert clerk.open("/decisions.pdf").status_code == 422


def test_a_table_is_in_the_readers_language(clerk):
    clerk.desk.propose(provision(7, title="Le parc"))
    clerk.send("/ma-langue/en", "/bureau", here="/")
    assert rows_of(clerk.open("/recherche.csv?words=parc"))[0][:3] == ["Kind", "Number", "Date"]
