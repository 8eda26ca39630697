"""After every step of whatever people and stages do, the rows are what the log alone gives (E30). Hypothesis prints the seed."""

from itertools import count

from builders import CLERK, provision
from hypothesis import Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from integration.core.test_any_order import BEGUN, AnyOrder

from models.lifecycle import TRANSITIONS, Verb
from models.replay import LEGAL, Replay
from models.tables import Action, Event, Opinion, Report, table
from services.audit import verify
from services.forms import FinalReportForm, OpinionForm, RectifyForm
from services.seals import seal_all


class Audited(AnyOrder):
    """Anything, in any order; the audit reads along."""

    @invariant()
    def the_log_gives_the_rows(self):
        audit = verify(self.desk.app)
        assert audit.agrees, audit.findings
        assert audit.events == self.desk.counts()["event"]


def test_whatever_happens_the_log_gives_the_rows(light_desk, tmp_path):
    for state in BEGUN:
        light_desk.reach(state)
    light_desk.decide(light_desk.reserving("COTECH-01", "COTECH-03"), "approve")
    light_desk.to_technical(provision(6))
    light_desk.app.close()
    folders = count(1)

    def machine():
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        return Audited(tmp_path / "passerelle.db", folder)

    bounds = settings(max_examples=6, stateful_step_count=12, deadline=None, phases=[Phase.generate], print_blob=True)
    run_state_machine_as_test(machine, settings=bounds)


def test_a_home_in_every_state_agrees_on_each_database(desk):
    for state in BEGUN:
        desk.reach(state)
    desk.to_technical(provision(1))
    audit = verify(desk.app)
    assert (audit.findings, audit.actions, audit.unproven, audit.erased) == ((), len(BEGUN) + 1, 0, 0)


def test_a_milestone_that_keeps_its_place_and_title_stays_reached(desk):
    number = desk.to_work()
    desk.report(number, reached=(1, 2))
    milestones = provision().milestones
    moved = (milestones[0], milestones[1].model_copy(update={"title": "Autre jalon"}), *milestones[2:])
    desk.execute(Verb.AMEND, number, sheet=provision(milestones=moved))
    desk.execute(Verb.AMEND, number, sheet=provision(milestones=moved[:1]))
    assert verify(desk.app).findings == ()


def test_what_an_earlier_release_wrote_is_read_too_and_told_until_it_is_sealed(desk):
    number = desk.to_technical()
    rows, actions = table(Event), table(Action)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.seq > 1).values(hash=None))
        first = bytes(connection.execute(rows.select().where(rows.c.seq == 1)).one().hash)
        connection.execute(actions.update().where(actions.c.number == number).values(head=first, sealed=1))
    before = verify(desk.app)
    seal_all(desk.app.db)
    after = verify(desk.app)
    assert (before.findings, before.unsealed, after.findings, after.unsealed) == ((), 1, (), 0)


def test_a_text_that_was_stored_with_spaces_is_the_same_sheet(light_desk):
    number = light_desk.propose()
    with light_desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE action SET sheet = replace(sheet, '\",\"', '\", \"')")
    assert light_desk.action(number).sheet["title"]
    assert verify(light_desk.app).findings == ()


def test_the_audit_changes_nothing_and_reads_at_once(desk):
    desk.to_technical()
    before = desk.counts()
    with desk.app.db.write() as connection:
        connection.execute(table(Event).update().values(published_at=None))
        assert verify(desk.app).agrees
    assert desk.counts() == before


def test_every_move_of_the_table_is_one_that_the_log_may_hold():
    assert {(move.state, move.topic, move.target) for move in TRANSITIONS.values()} <= LEGAL
    replay = Replay(lambda _text: None)
    content = ["0" * 32, 1, "action.closed", 1, "2026-10-05", "", CLERK, None, "cli", None, None, "closed", None, None, "{}", None]
    assert not replay.apply(content, {})


def rectified(desk):
    number = desk.to_technical()
    given = desk.ask(OpinionForm(seat=CLERK, action=number, body="cotech", voter="COTECH-01", opinion="favourable"))
    second = desk.ask(RectifyForm(seat=CLERK, action=number, event=given.event, opinion="abstention", reason="Erreur"))
    return number, second


def test_a_rectified_opinion_agrees(desk):
    rectified(desk)
    assert verify(desk.app).findings == ()


def test_a_rectified_opinion_that_is_edited_is_found(light_desk):
    _, second = rectified(light_desk)
    rows = table(Opinion)
    with light_desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.event_id == second.event).values(value="unfavourable"))
    assert not verify(light_desk.app).agrees


def test_a_final_report_filed_at_once_and_rectified_agrees(desk):
    number = desk.to_final_report()
    filed = desk.ask(FinalReportForm(seat=CLERK, action=number, results="Résultats", lessons="Leçons"))
    desk.ask(RectifyForm(seat=CLERK, action=number, event=filed.event, words="Meilleurs résultats", reason="Erreur"))
    assert len(desk.rows(Report)) == 3
    assert verify(desk.app).findings == ()
