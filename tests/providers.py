"""Real identity providers, each a process of its own in a virtual environment of its own (``make test-oidc`` installs it)."""

import json
import subprocess
import time

import httpx
from builders import ROOT
from ports import free_port

PYTHON = ROOT / ".venv/canaille/bin/python"
_PROVIDER = ROOT / "tests/oidc/provider.py"
PASSWORD = "correct horse"
CLERK_MAIL, CHAIR_MAIL = "secretariat.technique@ville.example", "presidence.technique@universite.example"


class Canaille:
    """One provider, which may be stopped and started again; it remembers no session then."""

    def __init__(self, folder, name, portal, accounts):
        self.name, self.port, self._folder, self._process = name, free_port(), folder, None
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.secret = f"the-secret-of-{name}"
        listed = [{"login": login, "email": email, "password": PASSWORD} for login, email in accounts.items()]
        client = {"client_id": f"passerelle-{name}", "client_secret": self.secret}
        place = {"portal": portal, "redirect": f"{portal}/connexion/par/{name}/retour"}
        self._told = {"name": name, "port": self.port, "secret": f"cookies of {name}" * 4, "accounts": listed, **client, **place}

    def start(self):
        with (self._folder / f"{self.name}.log").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  # our own choice
                [str(PYTHON), str(_PROVIDER)], cwd=self._folder, stdin=subprocess.PIPE, stdout=output, stderr=output
            )
        self._process.stdin.write(json.dumps(self._told).encode())
        self._process.stdin.close()
        end = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, (self._folder / f"{self.name}.log").read_text(encoding="utf-8")[-2000:]
            assert time.monotonic() < end, "not within a minute"
            time.sleep(0.1)

    def stop(self):
        self._process.terminate()
        self._process.wait(30)

    def _answers(self):
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def settings(self):
        """What the portal is told of it. It gives its addresses out itself, and never says whether they are verified."""
        prefix = f"PASSERELLE_OIDC_{self.name.upper()}"
        secret = self._folder / f"{self.name}.secret"
        secret.write_text(self.secret, encoding="utf-8")
        secret.chmod(0o600)
        names = {"ville": ("la Ville", "the City", "ville.example"), "univ": ("l'Université", "the University", "universite.example")}
        french, english, domain = names[self.name]
        told = {"ISSUER": self.issuer, "CLIENT_ID": f"passerelle-{self.name}", "CLIENT_SECRET_FILE": str(secret)}
        return {f"{prefix}_{last}": text for last, text in {**told, "LABEL_FR": french, "LABEL_EN": english, "DOMAINS": domain}.items()}
