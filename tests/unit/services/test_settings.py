from pathlib import Path

import pytest

from models.errors import Problem, Refused
from services.homes import environment_of
from services.settings import Settings


def test_without_any_variable_everything_has_its_default(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({}) == Settings(
        home=tmp_path / "var",
        database_url=f"sqlite:///{tmp_path}/var/passerelle.db",
        portal_port=8080,
        prefect_port=4200,
        smtp_port=8025,
        relay_metrics_port=8026,
        worker_metrics_port=8027,
        base_url="http://127.0.0.1:8080",
        smtp_url="smtp://127.0.0.1:8025",
        smtp_signs=False,
        operators_mail="exploitation@passerelle.example",
        language="fr",
        smtp_per_minute=None,
        smtp_per_connection=100,
    )


def test_every_variable_is_followed():
    environment = {
        "PASSERELLE_HOME": "/srv/passerelle",
        "PASSERELLE_DATABASE_URL": "postgresql://passerelle@db.example/passerelle",
        "PASSERELLE_PORTAL_PORT": "1",
        "PASSERELLE_PREFECT_PORT": "2",
        "PASSERELLE_SMTP_PORT": "65535",
        "PASSERELLE_RELAY_METRICS_PORT": "0",
        "PASSERELLE_WORKER_METRICS_PORT": "3",
        "PASSERELLE_BASE_URL": "https://passerelle.example/",
        "PASSERELLE_SMTP_URL": "smtp://relay.example:587",
        "PASSERELLE_SMTP_SIGNS": "yes",
        "PASSERELLE_OPERATORS_MAIL": "operateurs@ville.example",
        "PASSERELLE_LANGUAGE": "en",
        "PASSERELLE_CHAT_HOSTS": "salon.ville.example, *.universite.example,,10.0.0.5",
        "PASSERELLE_WEBHOOK_HOSTS": "tableau.ville.example:8443, [::1]:90, 10.0.0.5",
        "PASSERELLE_SMTP_PER_MINUTE": "60",
        "PASSERELLE_SMTP_PER_CONNECTION": "25",
    }
    assert Settings.from_environment(environment) == Settings(
        home=Path("/srv/passerelle"),
        database_url="postgresql://passerelle@db.example/passerelle",
        portal_port=1,
        prefect_port=2,
        smtp_port=65535,
        relay_metrics_port=0,
        worker_metrics_port=3,
        base_url="https://passerelle.example",
        smtp_url="smtp://relay.example:587",
        smtp_signs=True,
        operators_mail="operateurs@ville.example",
        language="en",
        chat_hosts=("salon.ville.example", "*.universite.example", "10.0.0.5"),
        webhook_hosts=("tableau.ville.example:8443", "[::1]:90", "10.0.0.5"),
        smtp_per_minute=60,
        smtp_per_connection=25,
    )


def test_an_empty_variable_is_an_absent_one():
    assert Settings.from_environment({"PASSERELLE_PREFECT_PORT": "", "PASSERELLE_LANGUAGE": ""}) == Settings.from_environment({})


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("PASSERELLE_PORTAL_PORT", "0", Problem("port_wrong", {"value": "0"}, "PASSERELLE_PORTAL_PORT")),
        ("PASSERELLE_PREFECT_PORT", "65536", Problem("port_wrong", {"value": "65536"}, "PASSERELLE_PREFECT_PORT")),
        ("PASSERELLE_SMTP_PORT", "²", Problem("port_wrong", {"value": "²"}, "PASSERELLE_SMTP_PORT")),
        ("PASSERELLE_SMTP_PORT", "-25", Problem("port_wrong", {"value": "-25"}, "PASSERELLE_SMTP_PORT")),
        ("PASSERELLE_RELAY_METRICS_PORT", "-1", Problem("metrics_port_wrong", {"value": "-1"}, "PASSERELLE_RELAY_METRICS_PORT")),
        ("PASSERELLE_WORKER_METRICS_PORT", "65536", Problem("metrics_port_wrong", {"value": "65536"}, "PASSERELLE_WORKER_METRICS_PORT")),
        ("PASSERELLE_BASE_URL", "passerelle.example", Problem("base_url_wrong", {"value": "passerelle.example"}, "PASSERELLE_BASE_URL")),
        (
            "PASSERELLE_CHAT_HOSTS",
            "a.example,https://b.example",
            Problem("chat_host_wrong", {"value": "https://b.example"}, "PASSERELLE_CHAT_HOSTS"),
        ),
        (
            "PASSERELLE_WEBHOOK_HOSTS",
            "a.example:8443,a.example:x",
            Problem("webhook_host_wrong", {"value": "a.example:x"}, "PASSERELLE_WEBHOOK_HOSTS"),
        ),
        ("PASSERELLE_SMTP_PER_MINUTE", "0", Problem("mails_wrong", {"value": "0", "most": 100_000}, "PASSERELLE_SMTP_PER_MINUTE")),
        ("PASSERELLE_SMTP_PER_MINUTE", "-5", Problem("mails_wrong", {"value": "-5", "most": 100_000}, "PASSERELLE_SMTP_PER_MINUTE")),
        (
            "PASSERELLE_SMTP_PER_MINUTE",
            "100001",
            Problem("mails_wrong", {"value": "100001", "most": 100_000}, "PASSERELLE_SMTP_PER_MINUTE"),
        ),
        ("PASSERELLE_SMTP_PER_CONNECTION", "x", Problem("mails_wrong", {"value": "x", "most": 100_000}, "PASSERELLE_SMTP_PER_CONNECTION")),
        ("PASSERELLE_LANGUAGE", "de", Problem("language_unknown", {"value": "de", "known": "fr, en"}, "PASSERELLE_LANGUAGE")),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(variable, value, problem):
    with pytest.raises(Refused) as refused:
        Settings.from_environment({variable: value})
    assert refused.value.problems == (problem,)


def test_all_wrong_variables_are_refused_at_once():
    with pytest.raises(Refused) as refused:
        Settings.from_environment({"PASSERELLE_SMTP_PORT": "x", "PASSERELLE_PREFECT_PORT": "y", "PASSERELLE_LANGUAGE": "z"})
    assert sorted(problem.where for problem in refused.value.problems) == [
        "PASSERELLE_LANGUAGE",
        "PASSERELLE_PREFECT_PORT",
        "PASSERELLE_SMTP_PORT",
    ]


def test_the_environment_of_a_process_gives_the_same_settings_again(tmp_path):
    settings = Settings.from_environment(
        {
            "PASSERELLE_HOME": str(tmp_path),
            "PASSERELLE_LANGUAGE": "en",
            "PASSERELLE_RELAY_METRICS_PORT": "2526",
            "PASSERELLE_CHAT_HOSTS": "a.example,*.b.example",
            "PASSERELLE_WEBHOOK_HOSTS": "a.example:8443",
            "PASSERELLE_SMTP_SIGNS": "yes",
            "PASSERELLE_SMTP_PER_MINUTE": "60",
        }
    )
    assert Settings.from_environment(environment_of(settings, {"PATH": "/bin"})) == settings
