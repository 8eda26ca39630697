from dataclasses import replace
from email.header import decode_header, make_header

import pytest

from notifications.mail import build
from notifications.message import Recipient

NAMES = (
    "Animation du groupe Transition énergétique et sobriété",
    "Secrétariat du comité technique",
    "Éloïse",
    "Plain Name",
    "Représentation-des-étudiantes-et-des-étudiants-au-comité-de-pilotage-stratégique",
)


def on_the_wire(message):
    """The headers as they travel, unfolded and read by the plain rules of RFC 2047."""
    head = message.split(b"\r\n\r\n", 1)[0].decode("ascii")
    lines = head.replace("\r\n ", " ").split("\r\n")
    return {name: str(make_header(decode_header(value))) for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize("padding", range(45))
def test_a_subject_loses_no_space_wherever_its_lines_break(plain_mail, noon, padding):
    subject = (
        f"[Répétition] [A-2026-001] {'x' * padding} Rapport final d\u2019ici au 2 mai 2028\u00a0: Intégrer les étudiants dans la ville"
    )
    assert on_the_wire(build(replace(plain_mail, subject=subject), noon))["Subject"] == subject


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_was_written(plain_mail, noon, name):
    mail = replace(plain_mail, recipient=Recipient(name, "personne@universite.example", "fr"), list_name=name)
    headers = on_the_wire(build(mail, noon))
    assert headers["To"] == f"{name} <personne@universite.example>"
    assert headers["List-Id"] == f"{name} <{mail.list_id}>"


def test_no_line_of_the_head_is_longer_than_the_post_recommends(plain_mail, noon):
    mail = replace(plain_mail, subject="Éé" * 200, recipient=Recipient(NAMES[-1], "personne@universite.example", "fr"))
    head = build(mail, noon).split(b"\r\n\r\n", 1)[0]
    assert [line for line in head.split(b"\r\n") if len(line) > 78] == []
