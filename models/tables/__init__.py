"""The rows: SQLModel classes give the schema; services read and write them with Core statements.

Every row carries its convention: one installation hosts many. Enumerations are checked by the commands before anything is written.
"""

import sqlalchemy as sa
from sqlmodel import SQLModel

from models.tables.actions import LEAD_OF, Action, Attachment, Milestone, Report, Words
from models.tables.blockers import Blocker
from models.tables.conflicts import Conflict
from models.tables.conventions import CharterVersion, Counter, Home
from models.tables.deliberations import Deliberation
from models.tables.feeds import Feed
from models.tables.log import Deadline, Event, Reaction, Request
from models.tables.meetings import AgendaItem, Meeting, MeetingEvent, MeetingWords
from models.tables.people import Absence, Account, FormerName, Person, Seat, SignIn
from models.tables.proxies import Proxy
from models.tables.reviews import Decision, EarlyOpinion, Opinion, Reservation, Review
from models.tables.searching import DERIVED, DOCUMENT, UNINDEXED, VOCABULARY
from models.tables.sending import ASKED_AND_SENT, Delivery, Lease, Sweep, Wake
from models.tables.telling import Bounce, Fanout, Foretold, Mute, Preference, Wish
from models.tables.tokens import Token
from models.tables.views import SavedView
from models.tables.webhooks import Webhook, WebhookDelivery, WebhookTry

__all__ = [
    "ASKED_AND_SENT",
    "DERIVED",
    "DOCUMENT",
    "LEAD_OF",
    "UNINDEXED",
    "VOCABULARY",
    "Absence",
    "Account",
    "Action",
    "AgendaItem",
    "Attachment",
    "Blocker",
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
    "Feed",
    "Foretold",
    "FormerName",
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
    "SavedView",
    "Seat",
    "SignIn",
    "Sweep",
    "Token",
    "Wake",
    "Webhook",
    "WebhookDelivery",
    "WebhookTry",
    "Wish",
    "Words",
    "table",
]


def table(row: type[SQLModel]) -> sa.Table:
    """The Core table of a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
