import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications.message import DeliveryError, Receipt
from notifications.smtp import Greeting, Security, SmtpPool, pool_from_url

FROM, TO = "convention@passerelle.example", "dominique@ville.example"


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class CutsInsideData(SMTP):
    """Invites the message, then hangs up without reading it."""

    async def smtp_DATA(self, _arg):  # noqa: N802  # aiosmtpd's name
        await self.push("354 go on")
        self.transport.abort()


class KnowsOnePassword(SMTP):
    def __init__(self, handler, **options):
        def check(_server, _session, _envelope, _mechanism, login):
            return AuthResult(success=login.password == b"open sesame", handled=False)

        super().__init__(handler, authenticator=check, auth_require_tls=False, auth_required=True, **options)


def outcome(pool, letter):
    with pytest.raises(DeliveryError) as failure:
        pool.send(letter, FROM, TO)
    error = failure.value
    return SimpleNamespace(
        kind="permanent" if error.permanent else "uncertain" if error.uncertain else "later", code=error.code, text=error.text
    )


def test_a_mail_taken_comes_back_as_a_receipt_and_arrives_unchanged(relay, letter):
    server = relay()
    assert server.pool.send(letter, FROM, TO) == Receipt(250, "OK")
    assert server.script.contents == [letter]


def test_a_hundred_mails_share_one_connection_and_the_next_opens_another(relay, letter):
    server = relay(max_messages=100)
    for _ in range(101):
        server.pool.send(letter, FROM, TO)
    assert server.script.count("EHLO") == 2
    assert server.script.count("RSET") == 0
    assert server.script.count("DATA") == 101


def test_a_connection_is_renewed_with_age_and_asked_whether_it_lives_after_a_rest(relay, letter):
    clock = Clock()
    server = relay(clock=clock, max_age=60)
    for seconds in (0, 4, 20, 59, 61):
        clock.seconds = seconds
        server.pool.send(letter, FROM, TO)
    assert server.script.count("NOOP") == 2
    assert server.script.count("EHLO") == 2


@pytest.mark.parametrize("answer", ["421 closing", "cut", "451 tired"])
def test_a_connection_found_dead_after_a_rest_is_replaced_and_the_mail_sent_once(relay, letter, answer):
    clock = Clock()
    server = relay({"NOOP": [answer]}, clock=clock)
    server.pool.send(letter, FROM, TO)
    clock.seconds = 10
    server.pool.send(letter, FROM, TO)
    assert (server.script.count("EHLO"), len(server.script.contents)) == (2, 2)


@pytest.mark.parametrize("answer", ["421 closing", "cut"])
def test_a_connection_that_ends_between_two_mails_is_replaced_and_the_mail_sent_once(relay, letter, answer):
    server = relay({"MAIL": ["250 OK", answer]})
    server.pool.send(letter, FROM, TO)
    assert server.pool.send(letter, FROM, TO) == Receipt(250, "OK")
    assert (server.script.count("EHLO"), len(server.script.contents)) == (2, 2)


def test_a_connection_that_will_not_reset_after_a_refusal_is_not_used_again(relay, letter):
    server = relay({"RCPT": ["550 unknown"], "RSET": ["451 no"]})
    assert outcome(server.pool, letter).kind == "permanent"
    server.pool.send(letter, FROM, TO)
    assert server.script.count("EHLO") == 2


@pytest.mark.parametrize(
    ("command", "answer", "kind", "code"),
    [
        ("MAIL", "451 busy", "later", 451),
        ("MAIL", "553 sender unknown", "permanent", 553),
        ("MAIL", "421 closing", "later", 421),
        ("RCPT", "450 greylisted", "later", 450),
        ("RCPT", "550 5.1.1 no such user", "permanent", 550),
        ("RCPT", "421 closing", "later", 421),
        ("RCPT", "cut", "later", None),
        ("DATA", "452 no room", "later", 452),
        ("DATA", "554 refused", "permanent", 554),
        ("DATA", "421 closing", "later", 421),
        ("DATA", "cut", "uncertain", None),
    ],
)
def test_a_refusal_is_told_for_what_it_is_and_the_next_mail_passes(relay, letter, command, answer, kind, code):
    server = relay({command: [answer]})
    result = outcome(server.pool, letter)
    assert (result.kind, result.code) == (kind, code)
    assert server.pool.send(letter, FROM, TO) == Receipt(250, "OK")
    assert server.script.count("EHLO") == (1 if code not in (None, 421) else 2)


def test_a_refused_address_does_not_appear_in_the_reason(relay, letter):
    server = relay({"RCPT": [f"550 5.1.1 <{TO}> unknown here"]})
    assert outcome(server.pool, letter).text == "the mail server answered 550 5.1.1 <***> unknown here"


def test_a_refusal_on_a_kept_connection_is_told_and_the_connection_kept(relay, letter):
    server = relay({"MAIL": ["250 OK", "553 sender unknown"]})
    server.pool.send(letter, FROM, TO)
    assert outcome(server.pool, letter).kind == "permanent"
    server.pool.send(letter, FROM, TO)
    assert server.script.count("EHLO") == 1


@pytest.mark.parametrize(("command", "kind"), [("EHLO", "later"), ("MAIL", "later"), ("RCPT", "later"), ("DATA", "uncertain")])
def test_a_silent_server_leaves_a_doubt_only_once_the_whole_mail_has_left(relay, letter, command, kind):
    server = relay({command: [1.5]}, timeout=0.3)
    assert outcome(server.pool, letter).kind == kind


def test_a_connection_lost_in_the_middle_of_a_mail_leaves_no_doubt(relay, letter):
    server = relay(server_class=CutsInsideData)
    result = outcome(server.pool, letter + (b"0123456789" * 7 + b"\r\n") * 400_000)
    assert (result.kind, result.text.partition(":")[0]) == ("later", "connection lost while the message was being sent")


def test_no_server_means_later(letter):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        pool = SmtpPool("127.0.0.1", held.getsockname()[1], timeout=2)
        assert outcome(pool, letter).kind == "later"


def test_threads_take_turns_on_the_one_connection(relay, letter):
    server = relay()
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(lambda _: server.pool.send(letter, FROM, TO), range(40)))
    assert receipts == [Receipt(250, "OK")] * 40
    assert (server.script.count("EHLO"), len(server.script.contents)) == (1, 40)


def test_a_closed_pool_opens_again_when_needed(relay, letter):
    server = relay()
    server.pool.send(letter, FROM, TO)
    server.pool.close()
    server.pool.send(letter, FROM, TO)
    assert server.script.count("EHLO") == 2


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_wrong_password_delays_mails_and_refuses_none(relay, letter):
    good = relay(server_class=KnowsOnePassword, user="passerelle", password="open sesame")
    assert good.pool.send(letter, FROM, TO) == Receipt(250, "OK")
    bad = relay(server_class=KnowsOnePassword, user="passerelle", password="open barley")
    result = outcome(bad.pool, letter)
    assert (result.kind, result.code, "barley" in result.text) == ("later", 535, False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = datetime.now(UTC)  # noqa: TID251  # a certificate is valid by the wall clock
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), day - timedelta(1), day + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return SimpleNamespace(file=file, context=context)


def secured(relay, certificate, security):
    settings = {"host": "localhost", "security": security}
    if security is Security.TLS:
        return relay(ssl=certificate.context, **settings)
    return relay(server_options={"tls_context": certificate.context, "require_starttls": True}, **settings)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_secured_connection_carries_mails_and_checks_the_certificate(relay, certificate, letter, monkeypatch, security):
    stranger = secured(relay, certificate, security)
    assert outcome(stranger.pool, letter).kind == "later"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    known = secured(relay, certificate, security)
    assert [known.pool.send(letter, FROM, TO) for _ in range(2)] == [Receipt(250, "OK")] * 2


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_how_a_server_receives_us_is_told_without_a_mail(relay, certificate, monkeypatch):
    locked = {"server_class": KnowsOnePassword, "user": "passerelle"}
    greeted = {
        "stranger": secured(relay, certificate, Security.STARTTLS).pool.greet(),
        "unprotected": relay(security=Security.STARTTLS).pool.greet(),
        "wrong password": relay(**locked, password="open barley").pool.greet(),
        "no log-in there": relay(user="passerelle", password="open sesame").pool.greet(),
        "right": relay(**locked, password="open sesame").pool.greet(),
        "nobody": SmtpPool("127.0.0.1", 1, timeout=2).greet(),
    }
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    greeted["known"] = secured(relay, certificate, Security.TLS).pool.greet()
    assert greeted == {
        "stranger": Greeting.CERTIFICATE,
        "unprotected": Greeting.UNPROTECTED,
        "wrong password": Greeting.LOGIN,
        "no log-in there": Greeting.UNPROTECTED,
        "right": Greeting.RIGHT,
        "nobody": Greeting.SILENT,
        "known": Greeting.RIGHT,
    }


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_password_is_taken_over_a_secured_connection(relay, certificate, letter, monkeypatch, security):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    both = {"host": "localhost", "security": security, "server_class": KnowsOnePassword, "user": "passerelle", "password": "open sesame"}
    if security is Security.TLS:
        server = relay(ssl=certificate.context, **both)
    else:
        server = relay(server_options={"tls_context": certificate.context, "require_starttls": True}, **both)
    assert server.pool.send(letter, FROM, TO) == Receipt(250, "OK")


@pytest.mark.parametrize(
    ("command", "answer", "status", "of_recipient"),
    [
        ("RCPT", "550 5.1.1 no such user", "5.1.1", True),
        ("RCPT", "550 #5.1.0 address rejected", "5.1.0", True),
        ("RCPT", "450 5.1.1 of another kind", None, True),
        ("RCPT", "550 no such user", None, True),
        ("RCPT", "421 4.3.2 closing", "4.3.2", False),
        ("MAIL", "553 5.1.8 sender unknown", "5.1.8", False),
        ("DATA", "554 5.6.0 content", "5.6.0", False),
    ],
)
def test_a_refusal_says_whether_it_is_the_recipients_and_with_which_status(relay, letter, command, answer, status, of_recipient):
    with pytest.raises(DeliveryError) as refusal:
        relay({command: [answer]}).pool.send(letter, FROM, TO)
    assert (refusal.value.status, refusal.value.of_recipient) == (status, of_recipient)


def test_a_pool_is_configured_by_an_address(relay, letter):
    port = relay().port
    pool = pool_from_url(f"smtp://127.0.0.1:{port}?timeout=3")
    assert pool.send(letter, FROM, TO) == Receipt(250, "OK")
    pool.close()
    remote = pool_from_url("smtp://bot:p%40ss@relay.ville.example")
    assert (remote.host, remote.port, remote._user, remote._password, remote._security) == (
        "relay.ville.example",
        587,
        "bot",
        "p@ss",
        Security.STARTTLS,
    )
    assert (pool_from_url("smtp://relay.ville.example?security=tls").port, pool_from_url("smtp://localhost").port) == (465, 25)


@pytest.mark.parametrize(
    "url",
    [
        "http://relay.ville.example",
        "smtp://",
        "relay.ville.example:25",
        "smtp://bot:s3cret@relay.ville.example?security=none",
        "smtp://relay.ville.example?security=maybe",
        "smtp://relay.ville.example:port",
        "smtp://relay.ville.example?nonsense",
    ],
)
def test_a_wrong_server_address_is_refused_without_showing_its_password(url):
    with pytest.raises(ValueError, match=r".") as refusal:
        pool_from_url(url)
    assert "s3cret" not in str(refusal.value)
