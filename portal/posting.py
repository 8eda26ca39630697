"""Mails that somebody waits for in front of their screen: sent at once, after the answer has gone out."""

import logging
from uuid import UUID

from models.errors import Refused
from services.bootstrap import App
from services.deliveries import deliver_one
from services.faults import told_safely

_LOG = logging.getLogger("passerelle.portal")


def send_soon(app: App, delivery: UUID) -> None:
    """Send one mail now; what cannot leave stays with the deliveries, which try again."""
    try:
        deliver_one(app, delivery)
    except Refused as error:
        _LOG.error("a mail waits: %s", error)
    except Exception as error:  # noqa: BLE001  # the page has been answered; the mail is kept and tried again by the deliveries
        _LOG.error("a mail waits: %s", told_safely(error))
