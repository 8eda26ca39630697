"""Setting a home up, loading charters and importing persons: again and again, nothing lost, nothing crossed."""

from datetime import timedelta
from pathlib import Path

import pytest
from builders import CHARTER, CONVENTION, MONDAY, PEOPLE, body_of, changed_charter, provision, settings_of

from models.database import Database
from models.errors import NotFound, Problem, Refused
from models.migrations import upgrade
from models.tables import Action, CharterVersion, Home, Person, Seat
from services.bootstrap import open_app
from services.charter_loading import load_charter
from services.charter_store import charter_in_force, conventions, the_convention
from services.forms import OpinionForm
from services.homes import HomeMark, advance_clock, content_path, mark_home, mark_seeded, prepare_folder, read_mark
from services.operations import install
from services.people import export_people, import_people, list_people

HEADING = "person;name;email;language;seat;body;role;partner;weight;starts_on;ends_on"
NEWCOMER = f"{HEADING}\nnouvelle;Nouvelle venue;nouvelle@ville.example;fr;COTECH-20;cotech;member;ville;1;2026-10-05;\n".encode()


def refused(call, *args, **more):
    with pytest.raises(Refused) as caught:
        call(*args, **more)
    return caught.value.problems


# --- charters --------------------------------------------------------------------------------------------------------------------


def test_loading_the_same_charter_again_changes_nothing(desk):
    _, new = load_charter(desk.app.db, CHARTER, MONDAY)
    assert (new, len(desk.rows(CharterVersion))) == (False, 1)


def test_every_charter_that_was_in_force_is_kept_and_the_newest_applies(desk, tmp_path):
    changed = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(opinion_delay=5))
    _, new = load_charter(desk.app.db, changed, MONDAY)
    assert (new, len(desk.rows(CharterVersion))) == (True, 2)
    assert desk.charter().body("cotech").rules.opinion_delay == 5
    load_charter(desk.app.db, CHARTER, MONDAY)
    assert (desk.charter().body("cotech").rules.opinion_delay, len(desk.rows(CharterVersion))) == (15, 3)


def test_a_charter_that_would_orphan_data_is_refused_with_the_list(desk, tmp_path):
    number = desk.to_technical(provision(6))

    def without(it):
        it["themes"] = [theme for theme in it["themes"] if theme["code"] != "inclusion-sociale"]
        it["bodies"] = [body for body in it["bodies"] if body["code"] != "gt-inclusion"]
        it["provisions"] = []

    before = desk.counts()
    problems = refused(load_charter, desk.app.db, changed_charter(tmp_path / "charter.yaml", without), MONDAY)
    assert {(problem.code, problem.where, problem.params["given"]) for problem in problems} == {
        ("charter.code_in_use", "themes", "inclusion-sociale"),
        ("charter.code_in_use", "bodies", "gt-inclusion"),
    }
    assert any(number in str(problem.params["users"]) for problem in problems)
    assert desk.counts() == before


def test_a_theme_that_nothing_uses_may_go(desk, tmp_path):
    def without(it):
        it["themes"] = [theme for theme in it["themes"] if theme["code"] != "entrepreneuriat"]
        body_of(it, "gt-entrepreneuriat")["consulted_on"] = {"axes": ["territoire"]}
        it["provisions"] = []

    assert load_charter(desk.app.db, changed_charter(tmp_path / "charter.yaml", without), MONDAY)[1] is True


def second_convention(it):
    it["convention"]["code"] = "autre"
    it["convention"]["short"] = "Autre"


def test_a_second_convention_lives_beside_the_first(desk, tmp_path):
    desk.propose()
    load_charter(desk.app.db, changed_charter(tmp_path / "other.yaml", second_convention), MONDAY)
    import_people(desk.app.db, PEOPLE.read_bytes(), convention="autre", at=desk.app.clock.wall())
    with desk.app.db.read() as connection:
        assert (conventions(connection), the_convention(connection, "autre")) == (["autre", CONVENTION], "autre")
        assert charter_in_force(connection, "autre").convention.short == "Autre"
        assert len(list_people(connection, "autre")) == len(list_people(connection, CONVENTION))
    assert refused(desk.propose) == (Problem("convention_needed", {"known": f"autre, {CONVENTION}"}),)
    assert desk.propose(provision(2), convention="autre") == "A-2026-001"
    assert [(row.convention, row.number, row.state) for row in desk.rows(Action)] == [
        (CONVENTION, "A-2026-001", "submitted"),
        ("autre", "A-2026-001", "submitted"),
    ]
    desk.settle()
    assert {row.state for row in desk.rows(Action)} == {"technical_review"}


def test_without_a_charter_nothing_can_be_asked(tmp_path):
    db = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(db.engine)
    with db.read() as connection:
        assert refused(the_convention, connection) == (Problem("convention_none", {"known": "-"}),)
        with pytest.raises(NotFound):
            charter_in_force(connection, CONVENTION)
        with pytest.raises(NotFound):
            the_convention(connection, "autre")
    db.close()


# --- persons ---------------------------------------------------------------------------------------------------------------------


def test_a_trial_run_of_an_import_says_what_it_would_do_and_changes_nothing(desk):
    before = desk.counts()
    report = import_people(desk.app.db, NEWCOMER, dry_run=True, at=desk.app.clock.wall())
    assert (report.created, report.changed, report.dry_run) == (("nouvelle", "COTECH-20"), (), True)
    assert desk.counts() == before


def test_importing_again_changes_nothing(desk):
    report = import_people(desk.app.db, PEOPLE.read_bytes(), at=desk.app.clock.wall())
    assert (report.created, report.changed, report.unchanged) == ((), (), len(desk.rows(Person)) + len(desk.rows(Seat)))


def test_an_import_adds_and_updates_and_leaves_the_rest(desk):
    before = len(desk.rows(Person))
    changed = NEWCOMER + b"urbanisme;Service Urbanisme;urbanisme@ville.example;en;COTECH-05;cotech;member;ville;2;2026-06-22;2027-12-31\n"
    report = import_people(desk.app.db, changed, at=desk.app.clock.wall())
    assert (report.created, report.changed) == (("nouvelle", "COTECH-20"), ("urbanisme", "COTECH-05"))
    assert len(desk.rows(Person)) == before + 1
    (seat,) = desk.rows(Seat, code="COTECH-05")
    assert (seat.weight, seat.ends_on.isoformat()) == (2, "2027-12-31")


def test_a_new_member_votes_in_the_reviews_opened_from_then_on(desk):
    before = desk.to_technical()
    import_people(desk.app.db, NEWCOMER, at=desk.app.clock.wall())
    after = desk.to_technical(provision(7, title="Autre action"))
    assert ["COTECH-20" in desk.reviews(number)["cotech", 1].electorate for number in (before, after)] == [False, True]
    vote = {"body": "cotech", "voter": "COTECH-20", "opinion": "favourable"}
    refusals = [desk.refusal(OpinionForm(seat="COTECH-20", action=number, **vote)) for number in (before, after)]
    assert refusals == [["voter_not_asked"], []]


def test_a_seat_does_not_pass_to_another_person(desk):
    taken = NEWCOMER.replace(b"COTECH-20", b"cotech-05")
    before = desk.counts()
    assert refused(import_people, desk.app.db, taken, at=MONDAY) == (
        Problem("people.seat_held_by_other", {"seat": "COTECH-05", "holder": "urbanisme"}, ":2:seat"),
    )
    assert desk.counts() == before


def test_mistakes_of_a_table_are_refused_by_their_line_and_nothing_is_written(desk):
    wrong = NEWCOMER + b"autre;Autre;pas une adresse;fr;COTECH-21;cotech;member;ville;1;2026-10-05;\n"
    before = desk.counts()
    (problem,) = refused(import_people, desk.app.db, wrong, at=MONDAY)
    assert (problem.code, problem.where) == ("people.mail_malformed", ":3:email")
    assert desk.counts() == before


def test_a_channel_is_kept_until_a_table_says_otherwise(light_desk):
    told = NEWCOMER.decode().replace(";language;", ";language;channel;").replace(";fr;", ";fr;env:NEWCOMER_ROOM;")
    channel = lambda: light_desk.rows(Person, code="nouvelle")[0].channel  # noqa: E731  # asked three times
    import_people(light_desk.app.db, told.encode(), at=light_desk.app.clock.wall())
    assert import_people(light_desk.app.db, NEWCOMER, at=light_desk.app.clock.wall()).changed == ()
    with light_desk.app.db.read() as connection:
        table = export_people(connection, CONVENTION)
    assert (channel(), ";fr;env:NEWCOMER_ROOM;COTECH-20;" in table) == ("env:NEWCOMER_ROOM", True)
    assert import_people(light_desk.app.db, told.replace("env:NEWCOMER_ROOM", "").encode(), at=light_desk.app.clock.wall()).changed == (
        "nouvelle",
    )
    assert channel() is None


def test_what_is_exported_is_imported_unchanged(desk):
    import_people(desk.app.db, NEWCOMER, at=desk.app.clock.wall())
    with desk.app.db.read() as connection:
        table = export_people(connection, CONVENTION)
    report = import_people(desk.app.db, table.encode(), at=desk.app.clock.wall())
    assert (report.created, report.changed) == ((), ())
    with desk.app.db.read() as connection:
        assert export_people(connection, CONVENTION) == table


# --- homes -----------------------------------------------------------------------------------------------------------------------


def test_setting_a_home_up_again_finds_everything_as_it_was(desk):
    before = desk.counts()
    app, found = install(desk.app.settings, kind="rehearsal", charter=CHARTER, people=PEOPLE)
    app.close()
    assert (found.kind, found.charter_is_new, found.people_created, found.seeded_at) == ("rehearsal", False, 0, None)
    assert desk.counts() == before


def test_a_home_does_not_change_its_kind(desk):
    assert refused(mark_home, desk.app.db, "live", MONDAY) == (Problem("home_is_other_kind", {"home": "rehearsal", "home_asked": "live"}),)
    assert mark_home(desk.app.db, "rehearsal", MONDAY).rehearsal is True


def test_a_live_home_stays_live_and_its_clock_is_the_real_one(tmp_path):
    app, found = install(settings_of(tmp_path), kind="live", charter=CHARTER, people=None)
    assert (found.kind, found.people_created) == ("live", 0)
    assert refused(mark_home, app.db, "rehearsal", MONDAY) == (Problem("home_is_other_kind", {"home": "live", "home_asked": "rehearsal"}),)
    assert refused(advance_clock, app.db, timedelta(days=1)) == (Problem("clock_only_in_rehearsal"),)
    app.close()


def test_the_clock_of_a_rehearsal_goes_forward_for_business_only(desk):
    assert advance_clock(desk.app.db, timedelta(days=1)) == timedelta(days=1)
    assert advance_clock(desk.app.db, timedelta(hours=2)) == timedelta(days=1, hours=2)
    assert (desk.app.clock.now() - MONDAY, desk.app.clock.wall()) == (timedelta(days=1, hours=2), MONDAY)
    assert refused(advance_clock, desk.app.db, timedelta(0)) == (Problem("clock_only_forward"),)


def test_deadlines_fall_with_the_clock_of_the_rehearsal(desk):
    number = desk.to_technical()
    desk.post()
    advance_clock(desk.app.db, timedelta(days=30))
    desk.settle()
    assert desk.state(number) == "adjourned"


def test_the_first_proposals_are_remembered(desk):
    mark_seeded(desk.app.db, MONDAY)
    mark = read_mark(desk.app.db)
    assert mark == HomeMark("rehearsal", timedelta(0), desk.rows(Home)[0].created_at, MONDAY)


def test_the_folders_of_a_home_are_its_owners_alone(tmp_path):
    settings = settings_of(tmp_path / "home")
    prepare_folder(settings)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in (settings.home, *settings.home.iterdir())} == {
        "home": "0o700",
        "prefect": "0o700",
        "attachments": "0o700",
        "logs": "0o700",
    }


def test_a_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "home").write_text("")
    assert refused(prepare_folder, settings_of(tmp_path / "home")) == (Problem("home_not_a_folder", {}, str(tmp_path / "home")),)


def test_a_home_that_cannot_be_made_is_refused_with_the_reason():
    nowhere = Path("/proc/passerelle")
    problem = Problem("home_not_writable", {"why": "No such file or directory"}, str(nowhere))
    assert refused(prepare_folder, settings_of(nowhere)) == (problem,)


def test_attached_files_lie_under_their_fingerprint(tmp_path):
    assert content_path(settings_of(tmp_path), "ab" + "0" * 62) == tmp_path / "attachments" / "ab" / ("ab" + "0" * 62)


def test_opening_a_home_reads_its_clock_each_time(desk):
    other = open_app(desk.app.settings)
    advance_clock(desk.app.db, timedelta(days=3))
    assert timedelta(days=3) - timedelta(seconds=5) < other.clock.now() - other.clock.wall() <= timedelta(days=3)
    other.close()


# --- the database ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("not a url", Problem("database_url_unreadable")),
        ("mysql://root@localhost/x", Problem("database_kind_unknown", {"kind": "mysql"})),
    ],
)
def test_a_database_of_another_kind_is_refused(url, problem):
    assert refused(Database, url) == (problem,)


def test_a_schema_made_by_a_later_release_is_refused(desk):
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert refused(upgrade, desk.app.db.engine) == (Problem("schema_newer", {"revision": "9999"}),)


def test_what_is_read_does_not_change_while_one_looks(desk):
    with desk.app.db.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM action").scalar_one()
        desk.propose()
        after = connection.exec_driver_sql("SELECT count(*) FROM action").scalar_one()
    assert (before, after) == (0, 0)


def test_a_transaction_that_fails_leaves_nothing(desk):
    class BreakDownError(Exception):
        pass

    def break_down():
        with desk.app.db.write() as connection:
            connection.exec_driver_sql("DELETE FROM delivery")
            connection.exec_driver_sql("DELETE FROM seat")
            raise BreakDownError

    before = desk.counts()
    with pytest.raises(BreakDownError):
        break_down()
    assert desk.counts() == before
