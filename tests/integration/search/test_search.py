# signs as people type them
"""What is found, in which order, by whom: on each kind of database."""

import pytest
import sqlalchemy as sa
from builders import CLERK, CONVENTION, Desk, provision, settings_of

from models.errors import Refused
from models.lifecycle import Verb
from models.migrations import upgrade
from models.tables import DOCUMENT, UNINDEXED, VOCABULARY, Action, Person, Seat, table
from services.backup import back_up
from services.bootstrap import open_app
from services.erasure import erase
from services.forms import DraftForm, KeepOpinionForm
from services.readers import OPERATOR
from services.restore import restore
from services.search.documents import documents_of
from services.search.find import COUNTED, PAGE, Wanted, search, search_all
from services.search.index import catch_up, rebuild, standing

PLAIN = {"context": "Un contexte.", "description": "Une description.", "indicators": "Une mesure.", "milestones": ()}


class Member:
    """A member without any right of a secretary."""

    code, is_secretary, seat_codes = "personne", False, frozenset({"COTECH-05"})


def sheet(title, **more):
    return provision(7, title=title, **{**PLAIN, **more})


def complete(title):
    """A sheet that bodies examine."""
    return provision(7, title=title, description="Une description.")


def found(desk: Desk, words="", reader=None, language="fr", **more):
    """Kind and number of everything on the first page."""
    page = search(desk.app, reader or OPERATOR, CONVENTION, Wanted(words, **more), language)
    return [(each.kind, each.number) for each in page.rows]


def numbers(desk, words="", **more):
    return [number for _, number in found(desk, words, **more)]


def attach(desk, number, name, sign="d"):
    desk.execute(Verb.ATTACH, number, file_name=name, media_type="application/pdf", size=1000, sha256=sign * 64)


def text(pieces):
    return "".join(f"[{piece.text}]" if piece.found else piece.text for piece in pieces)


@pytest.mark.parametrize(
    "words",
    [
        "étudiant",
        "ETUDIANTES",
        "l'étudiant",
        "logements",
        "logement étudiants",
        '"logement des étudiants"',
        "LOGEMENT -musée",
        "étud",
        "log* étudiants",
    ],
)
def test_words_are_found_whatever_their_accents_capitals_plurals_and_elisions(desk, words):
    wanted = desk.propose(sheet("Le logement des étudiants"))
    desk.propose(sheet("Le musée de la ville"))
    assert numbers(desk, words) == [wanted]


def test_what_is_asked_for_is_all_there_and_what_is_not_is_not(desk):
    both = desk.propose(sheet("Vélos et bus", description="Pour aller au campus."))
    desk.propose(sheet("Vélos"))
    assert (numbers(desk, "vélo campus"), numbers(desk, "campus -bus"), numbers(desk, '-"bus vélo" vélo bus')) == ([both], [], [both])


def test_a_phrase_is_found_in_one_text_only_and_in_its_order(desk):
    number = desk.propose(sheet("Transition énergétique", description="Écoles de la ville. Durable partout."))
    assert numbers(desk, '"transition énergétique"') == numbers(desk, "«\u00a0Transitions énergétiques\u00a0»") == [number]
    assert numbers(desk, '"énergétique transition"') == numbers(desk, '"énergétique écoles"') == []
    assert numbers(desk, '"écoles ville durable"') == [number]


def test_titles_come_first_then_the_newest(desk):
    in_title = desk.propose(sheet("Le musée"))
    older, newer = (desk.propose(sheet(title, description="Près du musée.")) for title in ("Un parc", "Un jardin"))
    assert numbers(desk, "musée") == [in_title, newer, older]
    assert numbers(desk, "musée parc") == [older]


def test_numbers_are_found_whole_and_by_their_end(desk):
    number = desk.propose(sheet("Une action", description="Rien."))
    desk.propose(sheet("Une suite", description=f"Elle suit {number}."))
    assert (numbers(desk, number)[0], numbers(desk, number.lower())[0], numbers(desk, number.partition("-")[2])) == (
        number,
        number,
        [number],
    )


def test_decisions_are_found_by_number_grounds_and_action_and_rectified_ones_as_they_now_stand(desk):
    number = desk.to_steering(complete("Le théâtre"))
    decided = desk.decide(number, "approve", reason="Un projet exemplaire", reference="CR du 12 mai")
    [decision] = [each for kind, each in found(desk, "exemplaire") if kind == "decision"]
    assert found(desk, decision) == [("decision", decision)]
    assert ("decision", decision) in found(desk, "théâtre")
    assert found(desk, "théâtre", kind="decision", body="copil", year=decision.split("-")[1]) == [("decision", decision)]
    desk.execute(Verb.RECTIFY, number, event=decided.event, words="Un projet remarquable", reason="Coquille")
    assert (found(desk, "exemplaire", kind="decision"), found(desk, "remarquable")) == ([], [("decision", decision)])


def test_files_are_found_by_their_names(desk):
    number = desk.propose(sheet("Le parc"))
    attach(desk, number, "Délibération_conseil-municipal.2026.pdf")
    [page] = [search(desk.app, OPERATOR, CONVENTION, Wanted(words), "fr") for words in ("deliberations",)]
    assert [(each.kind, each.number, each.file_name) for each in page.rows] == [("file", number, "Délibération_conseil-municipal.2026.pdf")]
    assert text(page.rows[0].head) == "[Délibération]_conseil-municipal.2026.pdf"
    assert found(desk, "municipal parc") == [("file", number)]


def test_the_name_of_an_axis_or_a_theme_finds_what_is_filed_there_in_the_readers_language(desk):
    charter = desk.charter()
    theme = next(entry for entry in charter.themes if entry.code == "biodiversite")
    filed = desk.propose(sheet("Des haies", themes=("biodiversite",), axis=None, objective=None))
    desk.propose(sheet("Des bancs", themes=(), axis=None, objective=None))
    assert numbers(desk, theme.name.of("fr")) == [filed]
    assert numbers(desk, theme.name.of("en"), language="en") == [filed]


def test_filters_narrow_and_each_change_of_state_counts_at_once(desk):
    proposed, other = (
        desk.propose(sheet("Le lac", axis="transitions", objective=None)),
        desk.propose(sheet("Le lac gelé", axis=None, objective=None)),
    )
    assert (numbers(desk, "lac", axis="transitions"), numbers(desk, axis="transitions")) == ([proposed], [proposed])
    assert (numbers(desk, "lac", state="submitted"), numbers(desk, "lac", state="approved")) == ([other, proposed], [])
    desk.execute(Verb.WITHDRAW, other, reason="Abandon")
    assert (numbers(desk, "lac", state="withdrawn"), numbers(desk, "lac", state="submitted")) == ([other], [proposed])
    assert (numbers(desk, "lac", kind="file"), numbers(desk, "lac", year="1999")) == ([], [])


def test_a_changed_sheet_is_found_by_its_new_words_alone_and_so_are_its_files_and_decisions(desk):
    number = desk.propose(sheet("Le phare"))
    attach(desk, number, "plan.pdf")
    assert len(found(desk, "phare")) == 2
    desk.execute(Verb.RETURN, number, reason="À revoir")
    desk.execute(Verb.AMEND, number, sheet=sheet("La digue"))
    assert (found(desk, "phare"), len(found(desk, "digue"))) == ([], 2)


def test_drafts_are_found_by_their_authors_and_secretaries_alone(desk):
    draft = desk.propose(sheet("Une ébauche"), form=DraftForm, seat="COTECH-05")
    other = Member()
    other.seat_codes = frozenset({"COTECH-06"})
    assert [numbers(desk, words, reader=reader) for words in ("ébauche", "") for reader in (OPERATOR, Member(), other)] == [
        [draft],
        [draft],
        [],
    ] * 2
    pilot = Member()
    pilot.seat_codes, pilot.code = frozenset(), "autre"
    assert numbers(desk, "ébauche", reader=pilot, state="draft") == []


def test_what_may_be_hidden_is_in_no_document(desk):
    number = desk.to_technical(complete("La digue"))
    desk.execute(Verb.RECORD_OPINION, number, body="cotech", voter="COTECH-05", opinion="unfavourable", reason="Franchement ridicule")
    desk.ask(
        KeepOpinionForm(seat="COPIL-03", action=number, body="copil", voter="COPIL-03", opinion="unfavourable", reason="Vraiment grotesque")
    )
    desk.settle()
    assert (numbers(desk, "ridicule"), numbers(desk, "grotesque"), numbers(desk, "digue") != []) == ([], [], True)


def test_other_conventions_are_not_found(desk):
    number = desk.propose(sheet("Le phare"))
    catch_up(desk.app)
    with desk.app.db.write() as connection:
        connection.execute(table(Action).update().values(convention="ailleurs"))
        connection.execute(UNINDEXED.insert().from_select(["action_id"], sa.select(table(Action).c.id)))
    assert (number, found(desk, "phare"), found(desk)) == (number, [], [])


def test_pages_hold_every_result_once_in_the_order_of_the_table(desk):
    for place in range(PAGE + 5):
        desk.propose(sheet("Le port" if place % 3 else "Un quai", description="Au port."))
    catch_up(desk.app)
    pages = [search(desk.app, OPERATOR, CONVENTION, Wanted("port", page=page), "fr") for page in (1, 2, 99)]
    shown = [each.number for page in pages[:2] for each in page.rows]
    assert [(page.page, page.pages, page.total, page.more) for page in pages] == [(1, 2, 35, False), (2, 2, 35, False), (2, 2, 35, False)]
    assert (len(set(shown)), pages[1].rows == pages[2].rows) == (35, True)
    assert [each.number for each in search_all(desk.app, OPERATOR, CONVENTION, Wanted("port"), "fr")] == shown


def test_more_results_than_are_counted_are_said_and_all_in_the_table(desk, monkeypatch):
    monkeypatch.setattr("services.search.find.COUNTED", 3)
    for _ in range(5):
        desk.propose(sheet("Le port"))
    page = search(desk.app, OPERATOR, CONVENTION, Wanted("port"), "fr")
    assert (page.total, page.more, COUNTED) == (3, True, 500)
    assert len([*search_all(desk.app, OPERATOR, CONVENTION, Wanted("port"), "fr")]) == 5


def test_an_excerpt_shows_the_words_where_they_stand(desk):
    desk.propose(sheet("Le port", description="Bla. " * 80 + "Près du phare, les bateaux rentrent au port chaque soir. " + "Bla. " * 80))
    [row] = search(desk.app, OPERATOR, CONVENTION, Wanted("bateau phares"), "fr").rows
    assert "[phare], les [bateaux]" in text(row.excerpt)
    assert (text(row.excerpt)[:2], text(row.excerpt)[-2:], len(text(row.excerpt)) < 300) == ("… ", " …", True)


def test_a_beginning_that_too_many_words_have_is_refused_with_a_star_and_a_word_without(desk):
    desk.propose(sheet("Liste", description=" ".join(f"mat{chr(97 + place // 26)}{chr(97 + place % 26)}zog" for place in range(70))))
    desk.propose(sheet("Le mat"))
    with pytest.raises(Refused) as refused:
        found(desk, "mat*")
    assert [problem.code for problem in refused.value.problems] == ["search_too_many_beginnings"]
    assert (len(found(desk, "mat")), len(found(desk, "mataa"))) == (1, 1)


def test_commands_that_change_no_text_leave_nothing_to_be_indexed(desk):
    number = desk.to_steering(complete("Le port"))
    catch_up(desk.app)
    desk.opine(number, "copil")
    desk.settle()
    with desk.app.db.read() as connection:
        assert connection.execute(sa.select(UNINDEXED)).all() == []
    desk.decide(number, "approve")
    with desk.app.db.read() as connection:
        assert len(connection.execute(sa.select(UNINDEXED)).all()) == 1


def test_whoever_changes_a_row_the_index_hears_of_it(desk):
    number = desk.propose(sheet("Le port"))
    catch_up(desk.app)
    with desk.app.db.write() as connection:
        row = connection.execute(sa.select(table(Action)).where(table(Action).c.number == number)).one()
        connection.execute(table(Action).update().values(sheet=row.sheet | {"title": "La jetée"}))
    assert standing(desk.app).waiting == 1
    assert (numbers(desk, "jetée"), numbers(desk, "port"), standing(desk.app).waiting) == ([number], [], 0)


def test_an_index_that_is_wrong_is_seen_and_mended(desk):
    wanted, other = desk.propose(sheet("Le port")), desk.propose(sheet("La jetée"))
    catch_up(desk.app)
    assert standing(desk.app).sound
    with desk.app.db.write() as connection:
        ids = connection.execute(sa.select(DOCUMENT.c.id).order_by(DOCUMENT.c.id)).scalars().all()
        connection.execute(DOCUMENT.delete().where(DOCUMENT.c.id == ids[0]))
        connection.execute(DOCUMENT.delete().where(DOCUMENT.c.id == ids[1]))
        connection.execute(DOCUMENT.insert().values(id=ids[1], action_id=2, tokens=" rien "))
    seen = standing(desk.app)
    assert (seen.sound, seen.wrong, seen.missing, numbers(desk, "port"), numbers(desk, "jetée")) == (False, (wanted, other), 1, [], [])
    assert rebuild(desk.app) == 2
    assert (standing(desk.app).sound, numbers(desk, "port"), numbers(desk, "jetée"), numbers(desk, "rien")) == (True, [wanted], [other], [])


def test_making_it_anew_changes_nothing_that_was_right(desk):
    number = desk.to_approved(complete("Le port"))
    attach(desk, number, "plan.pdf")
    catch_up(desk.app)
    before = stored(desk)
    rebuild(desk.app)
    assert (stored(desk), len(before)) == (before, 4)


def stored(desk):
    with desk.app.db.read() as connection:
        return [tuple(row) for row in connection.execute(sa.select(DOCUMENT).order_by(DOCUMENT.c.id))]


def test_what_was_indexed_by_other_rules_is_indexed_anew_once_this_release_is_installed(desk):
    wanted = desk.propose(sheet("Les matériaux de l'été"))
    catch_up(desk.app)
    with desk.app.db.write() as connection:
        connection.execute(VOCABULARY.update().where(VOCABULARY.c.word == "materiaux").values(stem="material"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0029'"))
    upgrade(desk.app.db.engine)
    assert (standing(desk.app).waiting, numbers(desk, "matériau"), numbers(desk, "été")) == (1, [wanted], [wanted])
    with desk.app.db.read() as connection:
        assert "materiau" in connection.execute(sa.select(VOCABULARY.c.stem)).scalars().all()


def test_erasing_somebody_leaves_no_word_of_their_former_texts_in_the_index(desk):
    author = "COTECH-06"
    number = desk.propose(sheet("Le projet Zanzibar"), form=DraftForm, seat=author)
    catch_up(desk.app)
    desk.execute(Verb.AMEND, number, seat=CLERK, sheet=sheet("Le projet sans nom"))
    desk.execute(Verb.WITHDRAW, number, seat=CLERK, reason="Retiré")
    desk.settle()
    with desk.app.db.write() as connection:
        yesterday = desk.today.replace(year=desk.today.year - 1)
        seat = table(Seat)
        person = connection.execute(sa.select(seat.c.person_id).where(seat.c.code == author)).scalar_one()
        connection.execute(seat.update().where(seat.c.person_id == person).values(ends_on=yesterday))
        code = connection.execute(sa.select(table(Person).c.code).where(table(Person).c.id == person)).scalar_one()
    assert erase(desk.app, code, carry_out=True).done
    with desk.app.db.read() as connection:
        words = connection.exec_driver_sql("SELECT word FROM vocabulary").scalars().all()
    assert ("zanzibar" in words, "projet" in words, found(desk, "zanzibar")) == (False, True, [])
    if desk.app.db.is_sqlite:
        file = desk.app.db.engine.url.database
        with open(file, "rb") as database:  # noqa: PTH123  # a path as text
            assert b"zanzibar" not in database.read().lower()


def test_the_words_of_a_document_are_those_of_its_texts(desk):
    desk.to_approved(complete("Le port"))
    with desk.app.db.read() as connection:
        [(action, [first, *decisions])] = documents_of(connection, [1])
    assert (action["number"], {token.word for token in first.words()} >= {"port", "description"}, len(decisions)) == ("A-2026-001", True, 2)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_restored_home_finds_the_same_on_either_database(desk, tmp_path, request, kind):
    number = desk.to_approved(complete("Le port"))
    attach(desk, number, "plan-du-port.pdf")
    done = back_up(desk.app, tmp_path / "archive.tar")
    url = request.getfixturevalue("empty_postgres") if kind == "postgres" else None
    settings = settings_of(tmp_path / "elsewhere", url)
    restore(done.path, settings, desk.watch())
    app = open_app(settings)
    try:
        assert (standing(app).sound, standing(app).waiting) == (True, 0)
        before, after = ([*search_all(each, OPERATOR, CONVENTION, Wanted("port"), "fr")] for each in (desk.app, app))
        assert (before == after, len(after)) == (True, 4)
    finally:
        app.close()
