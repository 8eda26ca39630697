"""Use cases of messages that waited, came back or went another way, and of a meeting that changed."""

import os
import shutil
from datetime import timedelta

from builders import CLERK, CONVENTION, PILOT, STEERING_CLERK, Desk, provision
from faults.bench import Case
from returned_mail import report
from secretariat import Secretariat

from models.commands import Actor, Via
from models.meetings.commands import ChangeMeeting
from models.tables import Delivery, Meeting, Person, Seat, table
from services.forms import StartForm
from services.inbound import read_maildir
from services.losses import AGAIN
from services.meetings.door import execute
from services.preferences import choose
from services.stages import run_deliveries

_DELIVERY, _PERSON, _SEAT = table(Delivery), table(Person), table(Seat)
OWN_ROOM, REFUSING = "TEST_OWN_ROOM", "TEST_REFUSING_SERVER"
"""Variables: the address of a chat room, and of a mail server that takes nothing."""
_DAILY = {"rhythm": "daily", "hour": "8", "weekday": "0"}


def deliver(desk: Desk) -> object:
    """One run of the deliveries."""
    return run_deliveries(desk.app, holder="broken", gate=lambda: None)


def with_a_digest_due(desk: Desk) -> None:
    """Two pieces of news wait for the technical secretary, whose hour has come; everybody else was told."""
    numbers = [desk.to_approved(provision(title=title)) for title in ("Première", "Seconde")]
    deliver(desk)
    choose(desk.app, desk.rows(Seat, code=CLERK)[0].person_id, _DAILY, 0)
    for number in numbers:
        desk.ask(StartForm(seat=PILOT, action=number))
    desk.settle()
    deliver(desk)
    desk.watch.go_to(desk.today + timedelta(days=1), hour=8)


def with_own_rooms(desk: Desk) -> None:
    """Every person has a chat room of their own."""
    with desk.app.db.write() as connection:
        connection.execute(_PERSON.update().values(channel=f"env:{OWN_ROOM}"))


def _with_mails_that_will_be_refused(desk: Desk) -> None:
    with_own_rooms(desk)
    _with_two_mails(desk)
    desk.through(os.environ[REFUSING])


def _with_lines_that_will_be_refused(desk: Desk) -> None:
    _with_two_mails(desk)
    with desk.app.db.write() as connection:
        connection.execute(_DELIVERY.update().values(channel="env:NOT_SET_ANYWHERE"))


def _with_two_mails(desk: Desk) -> None:
    """A proposal was returned to whoever made it."""
    desk.propose(provision(description=None))
    desk.settle()


def _with_a_digest_that_came_back(desk: Desk) -> None:
    with_own_rooms(desk)
    with_a_digest_due(desk)
    deliver(desk)
    (digest,) = desk.rows(Delivery, message="digest")
    (mail,) = [file for file in (desk.app.settings.home / "mailbox/new").iterdir() if str(digest.id).encode() in file.read_bytes()]
    mail.unlink()  # whoever sends a mail back has not delivered it


def _read_what_came_back(desk: Desk) -> object:
    folder = desk.app.settings.home / "returned"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    digest = next(row for row in desk.rows(Delivery, message="digest") if not row.unique_key.endswith(AGAIN))
    (folder / "new" / "1").write_bytes(report(digest.id))
    read_maildir(desk.app, folder)
    return deliver(desk)


def _with_a_convened_meeting(desk: Desk) -> None:
    desk.to_steering()
    office = Secretariat(desk)
    with desk.app.db.write() as connection:
        gone = (_SEAT.c.body == office.body) & _SEAT.c.code.not_in(["COPIL-01", STEERING_CLERK, "COPIL-03"])
        connection.execute(_SEAT.update().where(gone).values(ends_on=desk.today))
    office.convened()
    deliver(desk)


def _change_the_meeting(desk: Desk) -> object:
    change = {"meeting": desk.rows(Meeting)[0].number, "starts_at": "9h", "key": "the-same-key"}
    execute(desk.app, ChangeMeeting(convention=CONVENTION, actor=Actor(seat=STEERING_CLERK, via=Via.CLI), **change))
    return deliver(desk)


DIGEST = Case("what waited is folded and told as one", with_a_digest_due, deliver, at_least=9)
TELLING = (
    DIGEST,
    Case("mails are refused and go to chat rooms", _with_mails_that_will_be_refused, deliver, at_least=9),
    Case("lines are refused and go by mail", _with_lines_that_will_be_refused, deliver, at_least=9),
    Case("a digest comes back and is told in a room", _with_a_digest_that_came_back, _read_what_came_back, at_least=7, ask_again=True),
    Case("a convened meeting changes", _with_a_convened_meeting, _change_the_meeting, at_least=9, ask_again=True),
)
