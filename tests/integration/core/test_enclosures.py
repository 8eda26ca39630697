"""Files of an action in the mails that ask for an opinion: all of them or none, and the mail says which."""

import hashlib
import logging

import pytest
from builders import CLERK, changed_charter

from models.commands import Via
from models.errors import Refused
from services.attachments import Request, attach_content
from services.charters import read_charter
from services.homes import content_path
from services.stages import run_deliveries

PLAN, NOTES = b"%PDF-1.7 plan", "Été".encode() * 200


def limited(desk, limit):
    path = desk.app.settings.home / "telling.yaml"
    return desk.under(changed_charter(path, lambda it: it.update(telling={"attach_up_to_bytes": limit})))


def asked(desk, sink, spoil=lambda _: None):
    """The mails that ask for an opinion on an action with two files, in French."""
    number = desk.through(sink.url).propose()
    for name, content in (("plan été.pdf", PLAN), ("notes.txt", NOTES)):
        attach_content(desk.app, name, content, Request(number, CLERK, desk.key()), via=Via.CLI)
    desk.settle()
    spoil(content_path(desk.app.settings, hashlib.sha256(NOTES).hexdigest()))
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    mails = [mail for mail in sink.mails() if "Votre avis" in str(mail["Subject"])]
    assert mails
    return number, mails


def words(mail):
    return " ".join(mail.get_body(("plain",)).get_content().split())


def files(mail):
    return [(file.get_filename(), file.get_content_type(), file.get_payload(decode=True)) for file in mail.iter_attachments()]


def test_files_within_the_limit_go_with_every_request_byte_for_byte(light_desk, sink):
    limited(light_desk, len(PLAN) + len(NOTES))
    _, mails = asked(light_desk, sink)
    assert {tuple(files(mail)) for mail in mails} == {(("plan été.pdf", "application/pdf", PLAN), ("notes.txt", "text/plain", NOTES))}
    assert ["Les 2 fichiers de l\u2019action sont joints à ce message." in words(mail) for mail in mails] == [True] * len(mails)
    assert ["/actions/A-" in words(mail) for mail in mails] == [False] * len(mails)


@pytest.mark.parametrize(
    ("limit", "said"), [(0, "Les 2 fichiers de l\u2019action sont à lire"), (len(PLAN) + len(NOTES) - 1, "sont trop lourds")]
)
def test_files_that_do_not_go_are_counted_and_the_mail_says_where_they_are(light_desk, sink, limit, said):
    limited(light_desk, limit)
    number, mails = asked(light_desk, sink)
    for mail in mails:
        assert (files(mail), said in words(mail), f"{light_desk.app.settings.base_url}/actions/{number}" in words(mail)) == ([], True, True)
    page = mails[0].get_body(("html",)).get_content()
    assert f'<a href="{light_desk.app.settings.base_url}/actions/{number}">' in page


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"autre chose")], ids=["missing", "altered"])
def test_a_file_that_is_missing_or_altered_keeps_all_back_and_the_mail_and_the_log_say_so(light_desk, sink, spoil, caplog):
    limited(light_desk, 1_000_000)
    with caplog.at_level(logging.WARNING):
        number, mails = asked(light_desk, sink, spoil)
    for mail in mails:
        assert (files(mail), "l\u2019un au moins manque" in words(mail), f"/actions/{number}" in words(mail)) == ([], True, True)
    assert f"the files of {number} do not go with its mails" in caplog.text


def test_an_action_without_files_says_nothing_of_any(light_desk, sink):
    number = light_desk.through(sink.url).to_technical()
    run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    mails = [mail for mail in sink.mails() if f"[{number}] Votre avis" in str(mail["Subject"])]
    assert mails
    assert ["fichiers" in words(mail) for mail in mails] == [False] * len(mails)


@pytest.mark.parametrize("limit", [-1, 20_000_001, "beaucoup"])
def test_a_limit_out_of_reach_is_refused_with_its_place(tmp_path, limit):
    path = changed_charter(tmp_path / "telling.yaml", lambda it: it.update(telling={"attach_up_to_bytes": limit}))
    with pytest.raises(Refused) as refused:
        read_charter(path)
    assert "telling.attach_up_to_bytes" in str(refused.value)
