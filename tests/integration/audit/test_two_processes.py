"""A long log is examined by two processes, a half each: what they find is what one finds."""

import pytest

from models.tables import Action, Event, table
from services import audit_second
from services.audit import verify

ACTION, EVENT = table(Action), table(Event)


def both_ways(app):
    return verify(app, second_from=10**9), verify(app, second_from=0)


def test_two_processes_agree_with_one_on_a_home_that_is_as_it_should_be(desk):
    for _ in range(5):
        desk.propose()
    alone, together = both_ways(desk.app)
    assert together == alone
    assert (together.agrees, together.actions) == (True, 5)


@pytest.mark.parametrize("place", [0, -1])
def test_two_processes_find_what_one_finds_in_either_half(desk, place):
    numbers = sorted(desk.propose() for _ in range(6))
    desk.settle()
    with desk.app.db.write() as connection:
        changed = EVENT.c.id == desk.events(numbers[place])[0].id
        connection.execute(EVENT.update().where(changed).values(actor="somebody"))
        connection.execute(ACTION.update().where(ACTION.c.number == numbers[3]).values(state="closed"))
    alone, together = both_ways(desk.app)
    assert (together.first, together.more) == (alone.first, alone.more)
    assert sorted(map(str, together.findings)) == sorted(map(str, alone.findings))
    assert not together.agrees


def test_one_process_goes_on_alone_when_the_other_comes_to_harm(light_desk, monkeypatch):
    light_desk.propose()
    light_desk.propose()
    agree = audit_second.Second._agree

    def agree_and_be_killed(second, connection):
        agreed = agree(second, connection)
        second.process.kill()
        second.process.join()
        return agreed

    monkeypatch.setattr(audit_second.Second, "_agree", agree_and_be_killed)
    audit = verify(light_desk.app, second_from=0)
    assert (audit.agrees, audit.actions) == (True, 2)


def test_both_look_again_while_somebody_writes_between_their_looks(light_desk, monkeypatch):
    light_desk.propose()
    light_desk.propose()
    agree, looks = audit_second.Second._agree, []

    def agree_after_a_change(second, connection):
        audit_second.stand(connection)  # this look is fixed now
        if len(looks) < 3:
            light_desk.propose()
        looks.append(agree(second, connection))
        return looks[-1]

    monkeypatch.setattr(audit_second.Second, "_agree", agree_after_a_change)
    audit = verify(light_desk.app, second_from=0)
    assert (looks, audit.agrees, audit.actions) == ([False, False, False, True], True, 5)
