"""The institutions by which people may sign in, as the environment names them."""

import pytest

from models.errors import Problem, Refused
from services.homes import environment_of
from services.institutions import Institution
from services.settings import Settings

VILLE = {
    "PASSERELLE_OIDC": "ville",
    "PASSERELLE_OIDC_VILLE_ISSUER": "https://connexion.ville.example",
    "PASSERELLE_OIDC_VILLE_CLIENT_ID": "passerelle",
    "PASSERELLE_OIDC_VILLE_CLIENT_SECRET": "hush-hush",
    "PASSERELLE_OIDC_VILLE_LABEL_FR": "Ville",
    "PASSERELLE_OIDC_VILLE_LABEL_EN": "City",
    "PASSERELLE_OIDC_VILLE_DOMAINS": "Ville.example, metropole.example,",
}
UNIV = {name.replace("VILLE", "UNIV"): text.replace("ville", "univ") for name, text in VILLE.items() if name != "PASSERELLE_OIDC"}


def problems(environment):
    with pytest.raises(Refused) as refused:
        Settings.from_environment(environment)
    return refused.value.problems


def test_each_is_read_with_its_own_variables():
    ville, univ = Settings.from_environment({**VILLE, **UNIV, "PASSERELLE_OIDC": " ville , univ,"}).institutions
    domains = ("ville.example", "metropole.example")
    assert ville == Institution("ville", "https://connexion.ville.example", "passerelle", "hush-hush", "Ville", "City", domains)
    assert (univ.name, univ.issuer, ville.label("fr"), ville.label("en")) == ("univ", "https://connexion.univ.example", "Ville", "City")


def test_without_any_there_is_none_and_variables_of_one_that_is_not_named_do_not_matter():
    assert Settings.from_environment({**VILLE, "PASSERELLE_OIDC": ""}).institutions == ()


def test_a_label_and_domains_may_be_left_out():
    [ville] = Settings.from_environment({name: text for name, text in VILLE.items() if not name.endswith(("_EN", "_DOMAINS"))}).institutions
    assert (ville.label_en, ville.domains) == ("Ville", ())


def test_a_secret_is_never_shown():
    assert "hush" not in repr(Settings.from_environment(VILLE))


def test_a_secret_may_lie_in_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from-a-file\n", encoding="utf-8")
    file.chmod(0o600)
    from_file = {**VILLE, "PASSERELLE_OIDC_VILLE_CLIENT_SECRET": "", "PASSERELLE_OIDC_VILLE_CLIENT_SECRET_FILE": str(file)}
    assert Settings.from_environment(from_file).institutions[0].client_secret == "from-a-file"
    for harm, code in ((lambda: file.chmod(0o604), "open"), (lambda: file.write_text(" \n"), "empty"), (file.unlink, "unreadable")):
        file.chmod(0o600)
        harm()
        [problem] = problems(from_file)
        assert (problem.code, problem.where) == (f"sso_secret_file_{code}", "PASSERELLE_OIDC_VILLE_CLIENT_SECRET_FILE")


def test_the_environment_of_a_process_gives_the_same_institutions_again():
    settings = Settings.from_environment({**VILLE, "PASSERELLE_HOME": "/srv/passerelle"})
    assert Settings.from_environment(environment_of(settings, VILLE)) == settings


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"PASSERELLE_OIDC": "Ville"}, [Problem("sso_name_wrong", {"value": "Ville"}, "PASSERELLE_OIDC")]),
        ({"PASSERELLE_OIDC": "../ville"}, [Problem("sso_name_wrong", {"value": "../ville"}, "PASSERELLE_OIDC")]),
        ({"PASSERELLE_OIDC": "ville,ville"}, [Problem("sso_name_twice", {}, "PASSERELLE_OIDC")]),
        ({"PASSERELLE_OIDC_VILLE_ISSUER": ""}, [Problem("sso_missing", {}, "PASSERELLE_OIDC_VILLE_ISSUER")]),
        ({"PASSERELLE_OIDC_VILLE_CLIENT_ID": " "}, [Problem("sso_missing", {}, "PASSERELLE_OIDC_VILLE_CLIENT_ID")]),
        ({"PASSERELLE_OIDC_VILLE_LABEL_FR": ""}, [Problem("sso_missing", {}, "PASSERELLE_OIDC_VILLE_LABEL_FR")]),
        ({"PASSERELLE_OIDC_VILLE_CLIENT_SECRET": ""}, [Problem("sso_secret_missing", {}, "PASSERELLE_OIDC_VILLE_CLIENT_SECRET")]),
        (
            {"PASSERELLE_OIDC_VILLE_CLIENT_SECRET_FILE": "secret"},
            [
                Problem("sso_secret_twice", {}, "PASSERELLE_OIDC_VILLE_CLIENT_SECRET"),
                Problem("sso_secret_file_relative", {}, "PASSERELLE_OIDC_VILLE_CLIENT_SECRET_FILE"),
            ],
        ),
        (
            {"PASSERELLE_OIDC_VILLE_DOMAINS": "ville.example,*.example,example,@ville.example"},
            [
                Problem("sso_domain_wrong", {"value": text}, "PASSERELLE_OIDC_VILLE_DOMAINS")
                for text in ("*.example", "example", "@ville.example")
            ],
        ),
        (
            {**UNIV, "PASSERELLE_OIDC": "ville,univ", "PASSERELLE_OIDC_UNIV_ISSUER": "https://connexion.ville.example"},
            [Problem("sso_issuer_twice", {"other": "ville"}, "PASSERELLE_OIDC_UNIV_ISSUER")],
        ),
    ],
)
def test_whatever_is_missing_or_wrong_is_refused_by_the_name_of_its_variable(changes, expected):
    assert list(problems({**VILLE, **changes})) == expected


@pytest.mark.parametrize(
    "issuer",
    [
        "connexion.ville.example",
        "http://connexion.ville.example",
        "https://",
        "https://user:password@ville.example",
        "https://ville.example?x=1",
        "https://ville.example#x",
        "https://[",
        "https://ville.example:port",
    ],
)
def test_an_address_that_is_no_provider_s_is_refused(issuer):
    assert problems({**VILLE, "PASSERELLE_OIDC_VILLE_ISSUER": issuer}) == (
        Problem("sso_issuer_wrong", {"value": issuer}, "PASSERELLE_OIDC_VILLE_ISSUER"),
    )


def test_a_provider_on_this_machine_may_do_without_a_certificate():
    assert Settings.from_environment({**VILLE, "PASSERELLE_OIDC_VILLE_ISSUER": "http://127.0.0.1:9000/realms/ville"}).institutions
