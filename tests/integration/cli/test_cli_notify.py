"""Who is told of what, and how far the news of an event got, at the command line."""

from datetime import timedelta

import pytest
from builders import CLERK, CONVENTION, changed_charter
from sqlalchemy import delete

from models.tables import Delivery, Fanout, Person, Seat, table
from notifications.catalogue import MESSAGES
from services.clock import wall
from services.forms import SuspendForm
from services.stages import run_deliveries

COPIED = {"action.suspended": [{"message": "action-suspended", "to": ["lead", "proposer"], "copy": ["steering_secretary"]}]}


@pytest.fixture
def under_copies(light_desk, tmp_path):
    return light_desk.under(changed_charter(tmp_path / "copies.yaml", lambda it: it.update(telling={"recipients": COPIED})))


@pytest.fixture
def suspended(under_copies):
    """An action that its technical secretary suspended, long after the first count was kept."""
    number = under_copies.to_work()
    under_copies.watch.advance(hours=2)
    under_copies.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    under_copies.settle()
    return number


def row_of(answer, topic):
    return [row for row in answer.data if row["topic"] == topic]


@pytest.mark.usefixtures("under_copies")
def test_the_table_says_who_is_told_of_what_and_where_each_line_comes_from(passerelle):
    answer = passerelle("notify", "table", "--json")
    [changed], [built_in] = row_of(answer, "action.suspended"), row_of(answer, "action.approved")
    assert (changed["to"], changed["copy"], changed["source"], changed["charter"]) == (
        ["lead", "proposer"],
        ["steering_secretary"],
        "charter",
        2,
    )
    assert changed["loaded_at"].startswith("2026-10-05T07:00")
    assert (built_in["to"], built_in["source"], built_in["charter"]) == (["proposer", "lead", "technical_secretary"], "built_in", None)
    assert (built_in["kind"], built_in["may_decline"], built_in["may_wait"]) == ("decisions", False, True)
    meetings = {topic: [(row["message"], row["to"]) for row in row_of(answer, topic)] for topic in ("meeting.convened", "meeting.changed")}
    everybody = ["convened", "body_channel"]
    changed = [("meeting-changed", everybody), ("convocation-withdrawn", ["was_convened"])]
    assert meetings == {"meeting.convened": [("convocation", everybody)], "meeting.changed": changed}
    assert [row["message"] for row in row_of(answer, "action.amended")] == [None]
    shown = passerelle("notify", "table").out
    assert ("charte n° 2 du" in shown, "suivi des actions" in shown) == (True, True)


def test_the_trace_of_an_event_says_who_was_told_what_became_of_it_and_why_somebody_was_not(under_copies, suspended, passerelle, sink):
    run_deliveries(under_copies.through(sink.url).app, holder="test", gate=lambda: None)
    last = under_copies.events(suspended)[-1].seq
    answer = passerelle("notify", "trace", suspended.lower(), "--seq", last, "--json")
    [event] = answer.data
    got = {row["person"]: (row["capacity"], row["copy"], row["state"], row["reason"]) for row in event["deliveries"]}
    assert (answer.code, event["expected"], event["written"], event["errors"], event["charter"]) == (0, 3, 3, [], 2)
    assert got == {
        "pilote-equipements": ("lead", False, "sent", None),
        "secretariat-cotech": ("proposer", False, "suppressed", "own_act"),
        "secretariat-copil": ("steering_secretary", True, "sent", None),
    }
    shown = passerelle("notify", "trace", event["id"]).out
    assert ("non envoyé (c'est son propre geste)" in shown, "Envois attendus\u00a0: 3" in shown) == (True, True)
    assert "@" not in answer.out + shown


def test_the_trace_of_an_action_follows_all_its_events(under_copies, suspended, passerelle):
    answer = passerelle("notify", "trace", suspended, "--json")
    assert [row["seq"] for row in answer.data] == [row.seq for row in under_copies.events(suspended)]
    assert (answer.code, {tuple(row["errors"]) for row in answer.data}) == (0, {()})


@pytest.mark.parametrize(
    ("lost", "error", "said"), [(Fanout, "uncounted", "sans compter"), (Delivery, "differs", "3 envois étaient attendus, 0")]
)
def test_what_is_missing_is_an_error(under_copies, suspended, passerelle, lost, error, said):
    event = under_copies.events(suspended)[-1]
    with under_copies.app.db.write() as connection:
        connection.execute(delete(table(lost)).where(table(lost).c.event_id == event.id))
    answer, shown = passerelle("notify", "trace", event.id, "--json"), passerelle("notify", "trace", event.id)
    assert (answer.code, answer.data[0]["errors"], shown.code, said in shown.out) == (1, [error], 1, True)


def test_whoever_came_to_a_role_later_is_only_a_hint(under_copies, suspended, passerelle):
    with under_copies.app.db.write() as connection:
        who = {"convention": CONVENTION, "code": "nouvelle-adjointe", "name": "N", "email": "n@ville.example", "language": "fr"}
        person = connection.execute(table(Person).insert().values(**who).returning(table(Person).c.id)).scalar_one()
        seat = {"convention": CONVENTION, "code": "COPIL-99", "person_id": person, "body": "copil", "role": "secretary"}
        connection.execute(table(Seat).insert().values(**seat, partner="ville", weight=1, starts_on=under_copies.today))
    last = under_copies.events(suspended)[-1].id
    answer = passerelle("notify", "trace", last, "--json")
    assert (answer.code, answer.data[0]["hints"]) == (
        0,
        [{"person": "nouvelle-adjointe", "message": "action-suspended", "capacity": "steering_secretary", "copy": True}],
    )
    assert "nouvelle-adjointe" in passerelle("notify", "trace", last).out


def test_an_event_that_waits_for_its_stage_is_no_error(light_desk, passerelle):
    number = light_desk.propose()
    answer = passerelle("notify", "trace", number, "--json")
    assert (answer.code, answer.data[0]["reaction"], answer.data[0]["deliveries"], answer.data[0]["hints"]) == (0, "pending", [], [])
    assert "attendue" in passerelle("notify", "trace", number).out


def test_what_does_not_exist_is_refused(light_desk, passerelle):
    number = light_desk.propose()
    nobody = "00000000-0000-0000-0000-000000000000"
    for asked in ((nobody,), (number, "--seq", "9"), (nobody, "--seq", "1"), ("A-2026-9",)):
        assert (passerelle("notify", "trace", *asked).code, passerelle("notify", "trace", *asked).out) == (2, "")


def test_every_message_is_written_as_files_to_look_at_and_a_folder_that_cannot_be_is_refused(passerelle, tmp_path):
    assert str(4 * len(MESSAGES)) in passerelle("notify", "preview", str(tmp_path / "out")).out
    assert len(list((tmp_path / "out").iterdir())) == 4 * len(MESSAGES)
    (tmp_path / "file").write_text("")
    assert passerelle("notify", "preview", str(tmp_path / "file")).code == 2


def test_a_dry_run_lists_what_waits_to_leave_and_says_what_it_leaves_out(light_desk, passerelle):
    number = light_desk.to_technical()
    answer = passerelle("notify", "dry-run", "--json")
    assert ({row["action"] for row in answer.data["waiting"]}, answer.data["left_out"], answer.data["whole"]) == ({number}, [], True)
    assert "Déjà écrit, et qui partirait d'ici là" in passerelle("notify", "dry-run").out
    alone = passerelle("notify", "dry-run", "--stage", "reporting")
    assert ("Déjà écrit" in alone.out, "elles ne sont pas essayées avec" in alone.out) == (False, True)
    later = (wall() + timedelta(days=2)).date()
    assert "pas celles des matins d'ici là" in passerelle("notify", "dry-run", "--at", later).out
    assert passerelle("notify", "dry-run", "--at", later, "--json").data["left_out"] == ["lists_before"]
