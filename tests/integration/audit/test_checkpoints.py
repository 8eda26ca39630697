"""Checkpoints: what the owner of the database can do unseen inside it shows against what was noted outside it."""

import json
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.errors import Refused
from models.tables import Action, Counter, Delivery, Event, table
from services import checkpoints
from services.audit import verify
from services.checkpoints import daily, marks, read, take
from services.stages import run_deliveries

EVENT, ACTION = table(Event), table(Action)


def names(app):
    return [path.name for path in sorted(app.settings.checkpoints.iterdir())]


def told(desk):
    return [row.details["root"] for row in desk.rows(Delivery, message="operators-checkpoint")]


def test_a_checkpoint_holds_every_head_once_and_then_those_that_moved(light_desk):
    first, second = light_desk.propose(), light_desk.propose()
    one = take(light_desk.app)
    light_desk.settle()
    light_desk.watch.advance(days=1)
    light_desk.propose()
    two = take(light_desk.app)
    assert [(mark.number, mark.version) for mark in marks(one)] == [(first, 1), (second, 1)]
    assert [(mark.number, mark.version) for mark in marks(two)] == [(first, 2), (second, 2), ("A-2026-003", 1)]
    assert (two.before, two.actions, two.events, two.sound) == (one.root, 3, 5, True)
    assert stat.S_IMODE(two.path.stat().st_mode) == 0o600
    assert names(light_desk.app) == ["000001-2026-10-05.jsonl", "000002-2026-10-06.jsonl"]


def test_a_day_has_one_checkpoint_however_often_it_is_asked_and_operators_hear_of_it_once(light_desk):
    light_desk.propose()
    first = daily(light_desk.app)
    light_desk.propose()
    assert (daily(light_desk.app), names(light_desk.app), told(light_desk)) == (first, ["000001-2026-10-05.jsonl"], [first.root])


def test_the_day_is_that_of_the_convention(light_desk):
    light_desk.watch.moment = light_desk.watch.moment.replace(hour=22, minute=30)
    assert daily(light_desk.app).day.isoformat() == "2026-10-06"


def test_two_workers_in_the_same_moment_write_one_checkpoint(desk):
    for _ in range(3):
        desk.propose()
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: daily(desk.app), range(4)))
    assert len({checkpoint.root for checkpoint in taken}) == 1
    assert (len(names(desk.app)), told(desk)) == (1, [taken[0].root])


def test_a_half_written_checkpoint_is_cleared_away_and_written_again(light_desk, monkeypatch):
    light_desk.propose()

    def dies(self, _target):
        raise KeyboardInterrupt(self.name)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dies)
        with pytest.raises(KeyboardInterrupt):
            daily(light_desk.app)
    assert names(light_desk.app) == [".000001-2026-10-05.jsonl.part"]
    assert verify(light_desk.app).checkpoints == 0
    done = daily(light_desk.app)
    assert (names(light_desk.app), told(light_desk)) == (["000001-2026-10-05.jsonl"], [done.root])


def test_a_checkpoint_that_nobody_was_told_of_is_told_the_next_time(light_desk, monkeypatch):
    light_desk.propose()
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "_announce", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            daily(light_desk.app)
    assert told(light_desk) == []
    done = daily(light_desk.app)
    assert told(light_desk) == [done.root]


def test_a_clock_set_back_changes_nothing_written_and_the_chain_goes_on(light_desk):
    light_desk.propose()
    ahead = daily(light_desk.app)
    light_desk.watch.advance(days=-2)
    back = daily(light_desk.app)
    light_desk.watch.advance(days=2)
    assert (back.before, daily(light_desk.app)) == (ahead.root, ahead)
    light_desk.watch.advance(days=1)
    assert daily(light_desk.app).before == back.root
    assert names(light_desk.app) == ["000001-2026-10-05.jsonl", "000002-2026-10-03.jsonl", "000003-2026-10-06.jsonl"]
    assert verify(light_desk.app).agrees


def test_the_root_can_be_found_with_nothing_but_standard_tools(light_desk):
    light_desk.propose()
    done = take(light_desk.app)
    command = f"head -n -1 {done.path} | sha256sum | cut -c1-64"
    found = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)  # noqa: S603, S607  # our own file
    assert found.stdout.strip() == done.root


def test_the_operators_get_the_root_by_mail_and_what_to_do_with_it(light_desk, sink):
    light_desk.through(sink.url).propose()
    done = daily(light_desk.app)
    run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    (mail,) = [mail for mail in sink.mails() if "exploitation" in str(mail["To"])]
    text = mail.get_body(("plain",)).get_content()
    assert "point de contrôle du 5 octobre 2026" in str(mail["Subject"]).replace("\u00a0", " ")
    assert done.root in text
    assert "passerelle audit verify --root" in text


def test_a_log_cut_short_with_its_row_rewound_is_found_against_the_checkpoint(owner):
    taken = take(owner.app)
    events = owner.events()
    last, before = events[-1], events[-2]
    owner.delete(Event, EVENT.c.position == last["position"])
    rewound = {"version": before["seq"], "sealed": before["seq"], "head": before["hash"], "state": before["after"]}
    owner.change(Action, ACTION.c.number == owner.number, **rewound)
    assert owner.found() == [("checkpoint_ahead", owner.number, last["seq"])]
    taken.path.unlink()
    assert owner.found() == []
    assert owner.found(root=taken.root) == [("root_unknown", "", None)]


def test_a_whole_action_removed_with_its_numbers_is_found_against_the_checkpoint(owner):
    take(owner.app)
    owner.remove()
    owner.delete(Counter, table(Counter).c.convention == "vda-lille")
    assert ("action_vanished", owner.number, None) in owner.found()


def test_a_chain_rewritten_with_right_hashes_is_found_against_the_checkpoint(owner):
    take(owner.app)
    started = next(event for event in owner.events() if event["topic"] == "action.started")
    owner.change_event(started["position"], via="prefect-form")
    owner.rechain()
    assert owner.found() == [("checkpoint_differs", owner.number, len(owner.events()))]


def test_a_chain_rewritten_between_two_checkpoints_is_named_up_to_the_first(owner):
    started = owner.desk.propose()
    take(owner.app)
    owner.desk.settle()
    take(owner.app)
    owner.number = started
    owner.change_event(owner.events()[0]["position"], via="prefect-form")
    owner.rechain()
    audit = verify(owner.app)
    assert [(f.code, f.seq, f.event) for f in audit.findings] == [("checkpoint_differs", 1, owner.events()[0]["id"].hex)]


@pytest.fixture
def three(light_desk):
    """Three checkpoints, a day apart."""
    taken = []
    for _ in range(3):
        light_desk.propose()
        taken.append(take(light_desk.app))
        light_desk.watch.advance(days=1)
    return taken


def found(desk, **how):
    return [(finding.code, finding.params.get("file")) for finding in verify(desk.app, **how).findings]


def edit(checkpoint, *, root=False):
    """Change a head in a checkpoint; with ``root``, give it the root that it now has."""
    lines = checkpoint.path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'",1,"', b'",0,"')
    checkpoint.path.write_bytes(b"".join(lines))
    if root:
        lines[-1] = json.dumps({"root": read(checkpoint.path).root}).encode() + b"\n"
        checkpoint.path.write_bytes(b"".join(lines))


def test_a_checkpoint_that_was_edited_is_found(light_desk, three):
    edit(three[1])
    assert found(light_desk) == [("checkpoint_changed", three[1].path.name), ("checkpoint_unchained", three[2].path.name)]


def test_a_checkpoint_edited_with_a_right_root_breaks_the_chain(light_desk, three):
    edit(three[1], root=True)
    assert found(light_desk) == [("checkpoint_unchained", three[2].path.name)]


def test_the_last_checkpoint_edited_with_a_right_root_is_found_by_the_root_that_was_mailed(light_desk, three):
    edit(three[2], root=True)
    assert found(light_desk) == []
    assert found(light_desk, root=three[2].root) == [("root_unknown", None)]
    assert found(light_desk, root=three[1].root.upper()) == []


def test_a_checkpoint_that_was_removed_is_missed(light_desk, three):
    three[1].path.unlink()
    assert found(light_desk) == [("checkpoint_missing", three[2].path.name)]


def test_a_checkpoint_cut_short_is_told_and_the_next_one_holds_every_head(light_desk, three):
    three[2].path.write_bytes(three[2].path.read_bytes()[:-40])
    after = take(light_desk.app)
    assert found(light_desk) == [("checkpoint_unreadable", three[2].path.name)]
    assert (after.number, after.before, len(list(marks(after)))) == (4, three[1].root, 1)


def test_a_copy_kept_elsewhere_finds_that_the_homes_own_were_replaced(light_desk, three, tmp_path):
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(three[2].path.read_bytes())
    assert found(light_desk, checkpoints=[kept]) == []
    for checkpoint in three:
        checkpoint.path.unlink()
    light_desk.propose()
    take(light_desk.app)
    assert found(light_desk, checkpoints=[kept]) == [("checkpoint_foreign", "kept.jsonl")]


def test_a_copy_that_is_not_there_and_a_root_that_is_none_are_refused(light_desk, tmp_path):
    for how, code in (({"checkpoints": [tmp_path / "nothing"]}, "checkpoint_file_missing"), ({"root": "12"}, "root_malformed")):
        with pytest.raises(Refused) as refused:
            verify(light_desk.app, **how)
        assert [problem.code for problem in refused.value.problems] == [code]


def test_a_checkpoint_of_a_home_without_a_charter_is_none(light_desk):
    with light_desk.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM charter")
    assert (daily(light_desk.app), light_desk.app.settings.checkpoints.exists()) == (None, False)
