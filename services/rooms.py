"""Chat rooms: from a reference to the room, read at the moment of sending and kept nowhere."""

import os
from functools import partial

from models.errors import Refused
from notifications.channels import resolve
from notifications.message import DeliveryError, Outlet, Receipt
from services.bootstrap import App
from services.prefect_api import PrefectApi, PrefectFault


def say_in_room(app: App, gateway: Outlet, reference: str, key: str, line: tuple[str, str]) -> Receipt:
    """Send a title and a text to the room of a reference. The same ``key`` is sent again under the same id, for rooms that keep count.

    Where the application has an outlet of its own, it gets the reference, and no address is read.

    Raises:
        DeliveryError: as ``Gateway.send_chat`` says; to be tried again while Prefect, who keeps the address, does not answer.
        ChannelError: the reference leads nowhere.
    """
    address = reference if app.outlet is not None else address_of(app, reference)
    return gateway.send_chat(address, *line, key)


def address_of(app: App, reference: str) -> str:
    """The address of a reference: a secret. Raises as ``say_in_room``."""
    return resolve(reference, app.settings.home, os.environ, lambda name: app.vault.recall(name, partial(_block, app)))


def _block(app: App, name: str) -> object:
    try:
        with PrefectApi.of(app.settings) as prefect:
            return prefect.secret_block(name)
    except (PrefectFault, Refused) as fault:
        raise DeliveryError(f"Prefect, who keeps the address, did not give it: {type(fault).__name__}") from fault
