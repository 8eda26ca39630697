"""What Prefect and operators may see holds no name, no address and no word that people wrote."""

import json

from builders import CLERK, PILOT, STEERING_CLERK, propose_form, provision

from models.lifecycle import State, Verb
from models.tables import Deadline, Delivery, Event, Lease, Person, Reaction, Request, Wake, Words
from services.forms import (
    CloseReviewForm,
    CompleteForm,
    DecisionForm,
    FinalReportForm,
    OpinionForm,
    ProgressForm,
    RectifyForm,
    RegisterForm,
    ResubmitForm,
    ResumeForm,
    StartForm,
    SuspendForm,
    WithdrawForm,
)

LOUD = "Confidence numéro"
CHECKED = (Event, Reaction, Delivery, Deadline, Request, Lease, Wake)


def live_loudly(desk):
    """A full life in which everything that people write begins with the same words."""
    said = iter(f"{LOUD} {n}" for n in range(1, 100))
    loud = {"title": next(said), "context": next(said), "indicators": next(said)}
    number = desk.ask(propose_form(provision(description=None, **loud), occurred_on="2026-10-01", late_reason=next(said))).number
    desk.settle()
    desk.ask(ResubmitForm(seat=CLERK, action=number, description=next(said), reason=next(said)))
    desk.settle()
    desk.opine(number, "cotech", seats=("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05"))
    given = desk.ask(
        OpinionForm(seat=CLERK, action=number, body="cotech", voter="COTECH-06", opinion="with_reservations", reason=next(said))
    )
    desk.ask(RectifyForm(seat=CLERK, action=number, event=given.event, opinion="unfavourable", words=next(said), reason=next(said)))
    desk.opine(number, "cotech", seats=("COTECH-07",))
    desk.settle()
    desk.ask(CloseReviewForm(seat=STEERING_CLERK, action=number, body="copil", reason=next(said)))
    decision = {"reason": next(said), "reference": next(said)}
    desk.ask(DecisionForm(seat=STEERING_CLERK, action=number, body="copil", outcome="approve", **decision))
    desk.execute(Verb.ATTACH, number, file_name=f"{next(said)}.pdf", media_type="application/pdf", size=10, sha256="b" * 64)
    desk.ask(StartForm(seat=PILOT, action=number, reason=next(said)))
    desk.ask(SuspendForm(seat=PILOT, action=number, reason=next(said)))
    desk.ask(ResumeForm(seat=PILOT, action=number, reason=next(said)))
    desk.ask(ProgressForm(seat=PILOT, action=number, percent=50, summary=next(said)))
    desk.ask(CompleteForm(seat=PILOT, action=number, reason=next(said)))
    desk.settle()
    desk.ask(FinalReportForm(seat=PILOT, action=number, results=next(said), lessons=next(said)))
    desk.settle()
    other = desk.ask(propose_form(provision(2), form=RegisterForm, reference=next(said), reason=next(said))).number
    desk.ask(SuspendForm(seat=CLERK, action=other, reason=next(said)))
    third = desk.propose(provision(3))
    desk.ask(WithdrawForm(seat=CLERK, action=third, reason=next(said)))
    desk.settle()
    return number


def everything(desk, kinds):
    return "\n".join(
        json.dumps([str(value) if not isinstance(value, dict | list) else value for value in row], ensure_ascii=False)
        for kind in kinds
        for row in desk.rows(kind)
    )


def test_after_a_full_life_nothing_personal_stands_in_the_log_or_beside_it(desk, sink):
    number = live_loudly(desk.through(sink.url))
    for stage in ("proposal", "committee-review", "implementation", "reporting"):
        desk.run(stage)
    assert desk.state(number) is State.CLOSED
    written = everything(desk, CHECKED)
    personal = {text for person in desk.rows(Person) for text in (person.name, person.email)}
    assert sorted(text for text in personal if text in written) == []
    assert LOUD not in written
    assert len(desk.rows(Words)) > 20


def test_every_text_of_that_life_is_kept_apart(desk):
    live_loudly(desk)
    kept = "\n".join(row.body for row in desk.rows(Words))
    assert [n for n in range(1, 25) if f"{LOUD} {n}" not in kept] == []


def test_a_failure_keeps_its_reason_without_what_people_wrote(desk):
    number = desk.propose(provision(title=f"{LOUD} 1"))
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("""UPDATE action SET sheet = '{"title": "Confidence numéro 1", "axis": "Confidence numéro 2 !"}'""")
    desk.settle()
    (reaction,) = desk.rows(Reaction)
    assert (desk.state(number), reaction.tries, LOUD in reaction.reason) == (State.SUBMITTED, 1, False)
