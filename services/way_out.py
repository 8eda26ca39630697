"""The way out for messages: as the settings name it, or the application's own outlet."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import Refused
from notifications.apprise_adapter import Gateway
from notifications.hosts import Hosts
from notifications.message import Outlet
from notifications.smtp import pool_from_url
from services.bootstrap import App


@contextmanager
def way_out(app: App) -> Iterator[Outlet]:
    """The way out for messages, open while the block runs. Refuses a mail server that the settings name wrongly."""
    if app.outlet is not None:
        yield app.outlet
        return
    try:
        gateway = Gateway(
            pool_from_url(app.settings.smtp_url, per_connection=app.settings.smtp_per_connection), Hosts(app.settings.chat_hosts)
        )
    except ValueError as error:
        raise Refused.because("smtp_url_wrong", "PASSERELLE_SMTP_URL", why=str(error)) from None
    try:
        yield gateway
    finally:
        gateway.close()
