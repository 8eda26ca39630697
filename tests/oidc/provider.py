"""Canaille, an identity provider, with the accounts and the client of the test, which come on standard input. Run by the Python that it is installed for."""

import json
import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import make_server

told = json.load(sys.stdin)
app = create_app(
    config={
        "SECRET_KEY": told["secret"],
        "SERVER_NAME": f"127.0.0.1:{told['port']}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"NAME": told["name"], "JAVASCRIPT": False},
        "CANAILLE_OIDC": {"TRUSTED_DOMAINS": ["127.0.0.1"]},
    }
)
with app.app_context(), Backend.instance.session():
    for account in told["accounts"]:
        named = {"user_name": account["login"], "formatted_name": account["login"], "family_name": account["login"]}
        Backend.instance.save(models.User(**named, emails=[account["email"]], password=account["password"]))
    client = models.Client(
        client_id=told["client_id"],
        client_secret=told["client_secret"],
        client_name="Passerelle",
        client_uri=told["portal"],
        redirect_uris=[told["redirect"]],
        post_logout_redirect_uris=[f"{told['portal']}/connexion"],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope=["openid", "email"],
        token_endpoint_auth_method="client_secret_basic",
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)
make_server("127.0.0.1", told["port"], app, threaded=True).serve_forever()
