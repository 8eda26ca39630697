"""``passerelle token``: tokens made by an operator, listed and revoked."""

from models.commands import Via
from services.tokens import admitted


def test_a_token_is_made_shown_once_listed_and_revoked(light_desk, passerelle):
    made = passerelle("token", "create", "patrimoine", "--name", "Export", "--scope", "read", "--scope", "act", "--json").data
    known = admitted(light_desk.app, made["token"])
    assert (known.visitor.code, sorted(known.scopes), known.via) == ("patrimoine", ["act", "read"], Via.CLI)
    [listed] = passerelle("token", "list", "--json").data
    assert (listed["id"], listed["person"], listed["made_via"]) == (made["id"], "patrimoine", "cli")
    shown = passerelle("token", "list", "patrimoine").out
    assert ("Export" in shown, made["token"] in shown) == (True, False)
    assert "Export" in passerelle("token", "revoke", made["id"]).out
    again = passerelle("token", "revoke", made["id"])
    assert (again.code, made["id"] in again.said) == (2, True)
    assert passerelle("token", "list", "--json").data == []


def test_the_secret_is_said_for_people_too_and_what_is_wrong_is_refused(light_desk, passerelle):
    said = passerelle("token", "create", "patrimoine", "--name", "Export", "--scope", "read", "--days", "30")
    [secret] = [line for line in said.out.splitlines() if line.startswith("passerelle_")]
    assert admitted(light_desk.app, secret).name == "Export"
    assert passerelle("token", "create", "personne", "--name", "x", "--scope", "read").code == 2
    assert passerelle("token", "create", "patrimoine", "--name", "x", "--scope", "everything").code == 2
    long = passerelle("token", "create", "patrimoine", "--name", "x", "--scope", "read", "--days", "400")
    assert (long.code, "365" in long.said) == (2, True)
    assert passerelle("token", "revoke", "nonsense").code == 2
