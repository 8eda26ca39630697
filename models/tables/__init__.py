"""The rows: SQLModel classes give the schema; services read and write them with Core statements.

Every row carries its convention: one installation hosts many. Enumerations are checked by the commands before anything is written.
"""

import sqlalchemy as sa
from sqlmodel import SQLModel

from models.tables.actions import LEAD_OF, Action, Attachment, Milestone, Report, Words
from models.tables.conflicts import Conflict
from models.tables.conventions import CharterVersion, Counter, Home
from models.tables.deliberations import Deliberation
from models.tables.log import Deadline, Event, Reaction, Request
from models.tables.meetings import AgendaItem, Meeting, MeetingEvent, MeetingWords
from models.tables.people import Absence, Person, Seat, SignIn
from models.tables.proxies import Proxy
from models.tables.reviews import Decision, EarlyOpinion, Opinion, Reservation, Review
from models.tables.sending import ASKED_AND_SENT, Delivery, Lease, Sweep, Wake
from models.tables.telling import Bounce, Fanout, Mute, Preference, Wish

__all__ = [
    "ASKED_AND_SENT",
    "LEAD_OF",
    "Absence",
    "Action",
    "AgendaItem",
    "Attachment",
    "Bounce",
    "CharterVersion",
    "Conflict",
    "Counter",
    "Deadline",
    "Decision",
    "Deliberation",
    "Delivery",
    "EarlyOpinion",
    "Event",
    "Fanout",
    "Home",
    "Lease",
    "Meeting",
    "MeetingEvent",
    "MeetingWords",
    "Milestone",
    "Mute",
    "Opinion",
    "Person",
    "Preference",
    "Proxy",
    "Reaction",
    "Report",
    "Request",
    "Reservation",
    "Review",
    "Seat",
    "SignIn",
    "Sweep",
    "Wake",
    "Wish",
    "Words",
    "table",
]


def table(row: type[SQLModel]) -> sa.Table:
    """The Core table of a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
