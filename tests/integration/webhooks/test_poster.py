"""A post goes to the very address that was judged, over a connection that is verified, and nobody keeps it waiting or sends it elsewhere."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from receivers import receiving

from notifications.doors import Doors, door_of
from notifications.webhook import Heard, Poster

HERE = "127.0.0.1"
NAMED = "recepteur.ville.example"


def post(url, *listed, seconds=3.0):
    return Poster(Doors(listed), seconds=seconds).post(door_of(url), {"webhook-id": "1"}, b"{}")


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"),  # noqa: S104  # refused
        *(
            "[::1]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[::ffff:127.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[ff02::1]",
        ),
        *("localhost", "0x7f000001", "[::]"),
    ],
)
def test_no_address_of_this_machine_or_of_a_private_network_is_posted_to(host):
    assert post(f"https://{host}/") == Heard("host_not_public")


def test_a_name_that_leads_inside_by_one_of_its_addresses_is_refused(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (one, 0)) for one in ("93.184.216.34", "10.0.0.1")])
    assert post(f"https://{NAMED}/") == Heard("host_not_public")


def test_a_name_that_changes_between_the_look_and_the_connection_leads_nowhere_else(monkeypatch):
    """The name is looked up once; what is connected to is the address that was looked at, by its digits, and the certificate has to be the name's."""
    looked, connected = [], []

    def look(name, *_, **__):
        looked.append(name)
        return [(2, 1, 6, "", ("93.184.216.34" if len(looked) == 1 else HERE, 0))]

    async def connect(address, port, **how):
        connected.append((address, port, how["server_hostname"]))
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", look)
    monkeypatch.setattr("asyncio.open_connection", connect)  # nothing leaves this machine
    assert post(f"https://{NAMED}/") == Heard("unreachable")
    assert (looked, connected) == ([NAMED], [("93.184.216.34", 443, NAMED)])


@pytest.mark.parametrize(
    ("url", "listed", "reason"),
    [
        (f"http://{NAMED}/", (), "not_https"),
        (f"https://{NAMED}:8443/", (), "port_not_listed"),
        (f"https://{NAMED}/", ("autre.example",), "host_not_listed"),
        (f"https://{NAMED}:8443/", (f"{NAMED}:9443",), "host_not_listed"),
        (f"https://{NAMED}/", ("nulle-part.invalid", NAMED), "no_address"),
    ],
)
def test_what_is_not_listed_is_refused_before_anything_is_asked_of_it(url, listed, reason):
    assert post(url, *listed) == Heard(reason)


def test_a_host_may_be_listed_for_every_port_or_for_one(monkeypatch):
    with receiving() as receiver:
        assert post(receiver.url, HERE) == post(receiver.url, f"{HERE}:{receiver.port}") == Heard(None, 204)
        assert post(receiver.url, f"{HERE}:1") == Heard("host_not_listed")
        monkeypatch.setattr("socket.getaddrinfo", _pointing_here(socket.getaddrinfo))
        assert post(receiver.url.replace(HERE, "a.ville.example"), "*.ville.example") == Heard(None, 204)
        assert receiver.heard[-1].headers["host"] == f"a.ville.example:{receiver.port}"


def _pointing_here(real):
    return lambda name, *more, **named: real(HERE if str(name).endswith(".example") else name, *more, **named)


def test_a_redirect_is_not_followed():
    with receiving() as receiver:
        receiver.always = (307, {"Location": receiver.url})
        assert (post(receiver.url, HERE), len(receiver.heard)) == (Heard("redirected", 307), 1)


@contextmanager
def speaking(*pieces, pause=0.0):
    """A server that says these bytes, with pauses between them, whatever it is asked."""
    over = threading.Event()
    with socket.create_server((HERE, 0)) as listening:

        def serve():
            caller, _ = listening.accept()
            with caller:
                caller.recv(65_536)
                try:
                    for piece in pieces:
                        caller.sendall(piece)
                        if over.wait(pause):
                            return
                except OSError:  # whoever asked has gone
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://{HERE}:{listening.getsockname()[1]}/"
        over.set()
        thread.join()


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for():
    with speaking(*(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 100), pause=0.1) as url:
        began = time.monotonic()
        assert (post(url, HERE, seconds=0.5), time.monotonic() - began < 2) == (Heard("timeout"), True)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ((b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", b"HTTP/1.1 202 Accepted\r\n\r\n"), Heard(None, 202)),
        ((b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65_536] * 50), Heard(None, 200)),
        ((b"HTTP/1.1 503 No\r\nRetry-After: 7\r\n\r\n",), Heard("refused", 503, "7")),
        ((b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 100_000), Heard("no_answer")),
        ((b"SSH-2.0-OpenSSH_9\r\n\r\n",), Heard("no_answer")),
        ((b"HTTP/1.1 2xx\r\n\r\n",), Heard("no_answer")),
        ((b"HTTP/1.1 200 OK\r\n",), Heard("no_answer")),
        ((), Heard("no_answer")),
    ],
    ids=["interim", "endless body", "asks to wait", "endless head", "another protocol", "no number", "cut short", "nothing"],
)
def test_of_an_answer_only_the_head_is_read_and_what_is_none_is_told_apart(said, heard):
    with speaking(*said) as url:
        assert post(url, HERE) == heard


def test_nobody_listens():
    with socket.create_server((HERE, 0)) as listening:
        port = listening.getsockname()[1]
    assert post(f"http://{HERE}:{port}/", HERE) == Heard("unreachable")


@pytest.fixture
def certified(tmp_path):
    """The context of a server whose certificate is for one name, and the file by which it is trusted."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMED)])
    day = datetime.now(UTC)  # noqa: TID251  # certificates are judged by the real day
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), day - timedelta(1), day + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAMED)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, own = tmp_path / "certificate.pem", tmp_path / "key.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, own)
    asked = []
    context.sni_callback = lambda _socket, named, _context: asked.append(named)
    return context, file, asked


def test_over_tls_the_host_is_named_and_its_certificate_verified(certified, monkeypatch):
    context, file, asked = certified
    monkeypatch.setattr("socket.getaddrinfo", _pointing_here(socket.getaddrinfo))
    with receiving(context) as receiver:
        by_name, by_other = (f"https://{name}:{receiver.port}/" for name in (NAMED, "autre.ville.example"))
        assert post(by_name, NAMED) == Heard("certificate")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert post(by_name, NAMED) == Heard(None, 204)
        assert post(by_other, "*.ville.example") == Heard("certificate")
        assert asked[-2:] == [NAMED, "autre.ville.example"]
        (heard,) = receiver.heard
        assert heard.headers["host"] == f"{NAMED}:{receiver.port}"


def test_a_host_that_speaks_no_tls_is_told_apart(monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", _pointing_here(socket.getaddrinfo))
    with receiving() as receiver:
        assert post(f"https://{NAMED}:{receiver.port}/", NAMED) == Heard("no_tls")
