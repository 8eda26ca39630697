"""A small provider of sign-ins that does as it is told, also what no provider should: it forges, delays, goes away and signs for others."""

import base64
import hashlib
import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from services.institutions import Institution

CLIENT, SECRET = "passerelle", "only:for/this test"
_KEY, _OTHER = (RSAKey.generate_key(2048, {"kid": name}) for name in ("first", "second"))


class Forger:
    """``claims``, ``header`` and ``userinfo`` change what it says; ``metadata`` what it says of itself; ``away`` how it fails."""

    def __init__(self, watch):
        self.watch, self.secret = watch, SECRET
        self.be_honest()
        self.away, self.asked, self.seen, self.codes, self.hurry = None, [], [], {}, Event()
        self.issuer = ""

    def be_honest(self):
        """From now on it says what is so."""
        self.claims, self.header, self.userinfo, self.metadata = {}, {}, None, {}
        self.key, self.published = _KEY, [_KEY]

    def be(self, subject, email=None, /, **claims):
        """From now on this one signs in there."""
        told = {} if email is None else {"email": email, "email_verified": True}
        self.claims = {"sub": subject, **told, **claims}

    def institution(self, name="ville", **more):
        return Institution(name, self.issuer, CLIENT, SECRET, "la Ville", "the City", **more)

    def authorize(self, url):
        """Somebody signs in: the code, and whatever else comes back with it."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(f"{self.issuer}/authorize?"), url
        code = hashlib.sha256(asked["state"].encode()).hexdigest()
        self.codes[code] = asked
        self.seen.append(asked)
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def turn(self, *, kid="second"):
        """It signs with another key from now on, and says so."""
        self.key = _OTHER
        self.published = [_KEY, _OTHER]
        self.header = {"kid": kid}

    def sign_with(self, *, unpublished):
        self.key = unpublished

    def id_token(self, nonce, access="access"):
        now = int(self.watch().timestamp())
        half = hashlib.sha256(access.encode()).digest()[:16]
        told = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce}
        told["at_hash"] = base64.urlsafe_b64encode(half).decode().rstrip("=")
        return self.signed({**told, **self.claims})

    def signed(self, claims):
        said = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": "first", **self.header}
        header = {name: value for name, value in header.items() if value is not None}
        if header["alg"] == "none":
            parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, said))
            return f"{'.'.join(parts)}."
        return jwt.encode(header, said, self.key, algorithms=[header["alg"]])

    def logout_token(self, **claims):
        now = int(self.watch().timestamp())
        events = {"http://schemas.openid.net/event/backchannel-logout": {}}
        told = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "jti": "1", "events": events}
        return self.signed({**told, **claims})

    # --- what it answers ----------------------------------------------------------------------------------------------------------
    def get(self, path):
        if path == "/.well-known/openid-configuration":
            places = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("token", "end_session")}
            places |= {"userinfo_endpoint": None if self.userinfo is None else f"{self.issuer}/userinfo"}
            places |= {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "jwks_uri": f"{self.issuer}/keys"}
            return 200, {name: value for name, value in {**places, **self.metadata}.items() if value is not None}
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.published]}
        if path == "/userinfo" and self.userinfo is not None:
            return 200, self.userinfo
        return 404, {}

    def redeem(self, form, authorization):
        asked = self.codes.pop(form.get("code", ""), None)
        pair = f"{CLIENT}:only%3Afor%2Fthis%20test"
        named = authorization == f"Basic {base64.b64encode(pair.encode()).decode()}" or form.get("client_secret") == self.secret
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if asked is None or not named or proof != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant", "error_description": "<b>whatever</b>"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}


def with_shared_secret():
    """A key that we and the provider share, which is no proof of who signed."""
    return OctKey.import_key(SECRET)


@contextmanager
def forging(watch):
    """The provider on a port of its own."""
    told = Forger(watch)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path = urlsplit(self.path).path
            told.asked.append(path)
            if told.away == "cut":
                return
            if told.away in ("silent", "dripping"):
                self._hold()
                return
            form = {name: texts[0] for name, texts in parse_qs(content).items()}
            self._say(*(told.away or (told.redeem(form, self.headers.get("Authorization")) if path == "/token" else told.get(path))))

        do_POST = do_GET  # noqa: N815  # the library's name

        def _say(self, status, said):
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", f"{told.issuer}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def _hold(self):
            if told.away == "dripping":
                self.send_response(200)
                self.end_headers()
            until = time.monotonic() + 15
            while time.monotonic() < until and not told.hurry.wait(0.2):
                if told.away == "dripping":
                    self.wfile.write(b" ")

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    told.issuer = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        told.hurry.set()
        server.shutdown()
        thread.join()
        server.server_close()
