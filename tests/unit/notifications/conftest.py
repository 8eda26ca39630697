from datetime import UTC, datetime

import pytest

from notifications.message import Mail, Recipient, Sender


@pytest.fixture
def noon():
    return datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def plain_mail():
    return Mail(
        sender=Sender("Convention Ville - Université", "convention@passerelle.example"),
        reply_to="secretariat@ville.example",
        recipient=Recipient("Éloïse Exemple", "eloise@universite.example", "fr"),
        subject="Votre avis d\u2019ici au 3 mars 2026 : l\u2019été à vélo",
        text="Bonjour,\n.\nÀ bientôt.\n",
        html="<!DOCTYPE html><p>Bonjour, à bientôt.</p>\n",
        message_id="<delivery-1@passerelle.example>",
        thread_id="<action-1@passerelle.example>",
        list_id="cotech.convention.example",
        list_name="Comité technique",
        rehearsal=True,
    )
