"""Real servers that misbehave on demand, and a mail to send them."""

from contextlib import ExitStack
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from types import SimpleNamespace

import pytest
from aiosmtpd.smtp import SMTP
from servers import Script, recording_chat, scripted_server

from notifications.smtp import SmtpPool


@pytest.fixture
def relay():
    """Start a scripted server; returns its script and a pool connected to it."""
    with ExitStack() as stack:

        def start(answers=None, *, server_class=SMTP, server_options=None, ssl=None, **settings):
            script = Script(**(answers or {}))
            port = stack.enter_context(scripted_server(script, server_class, ssl, **(server_options or {})))
            pool = SmtpPool(settings.pop("host", "127.0.0.1"), port, **{"timeout": 5.0, **settings})
            stack.callback(pool.close)
            return SimpleNamespace(script=script, pool=pool, port=port)

        yield start


@pytest.fixture
def letter():
    message = EmailMessage(policy=WIRE)
    message["From"] = "convention@passerelle.example"
    message["To"] = "dominique@ville.example"
    message["Subject"] = "Avis demandé"
    message.set_content("Bonjour,\n.\n..fin\n", cte="quoted-printable")
    return message.as_bytes()


@pytest.fixture
def chat_server():
    """An HTTP server that keeps what it is sent and answers as told."""
    with recording_chat() as server:
        yield server
