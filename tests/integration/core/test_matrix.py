"""Who has not answered, with how each was last asked and why some cannot be chased: the same on both databases."""

from builders import CLERK, CONVENTION

from services.forms import ChaseForm
from services.matrix import matrices


def test_it_says_how_each_seat_was_last_asked_and_who_cannot_be_asked_again_today(desk):
    number = desk.to_technical()
    desk.post()
    desk.watch.advance(days=1)
    desk.ask(ChaseForm(seat=CLERK, action=number, body="cotech", seats=("COTECH-05",)))
    desk.settle()
    [matrix] = matrices(desk.app, CONVENTION, ["cotech", "copil"])
    told = {member.seat: (member.last.topic, member.last.by, member.last.waits, member.to_chase, member.bar) for member in matrix.members}
    assert told["COTECH-05"] == ("review.chased", CLERK, True, 0, "chase_today")
    assert told["COTECH-06"] == ("review.opened", "system", False, 1, None)
    assert (matrix.total, matrix.to_chase) == (1, 5)
    desk.post()
    [after] = matrices(desk.app, CONVENTION, ["cotech"])
    assert next(member.last.waits for member in after.members if member.seat == "COTECH-05") is False
