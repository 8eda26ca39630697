"""What operators install: the units start commands that exist with settings that exist, and the pages name nothing else."""

import configparser
import re
import shlex
import shutil
import subprocess

import pytest
from builders import ROOT
from ruamel.yaml import YAML

from cli.application import application
from flows.deployments import planned
from models.charter import Language
from notifications.smtp import Security, pool_from_url
from services.settings import Settings
from services.wording import catalogue

UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
ENVIRONMENT = ROOT / "deploy/passerelle.env.example"
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


class Unit(configparser.RawConfigParser):
    """A unit file; a key that stands several times keeps all its values."""

    def __init__(self, path):
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#", ";"), interpolation=None)
        self.optionxform = str
        self.read(path, encoding="utf-8")
        self.text = path.read_text(encoding="utf-8")

    def all(self, key):
        return re.findall(rf"^{key}=(.*)$", self.text, re.MULTILINE)


def commands():
    """The commands of the tree, each with its options."""
    tree = application()
    found = {}
    for name in tree:
        if name.startswith("-"):
            continue
        found[name] = tree[name]
        found |= {f"{name} {verb}": tree[name][verb] for verb in tree[name] if not verb.startswith("-")}
    return found


def options_of(app):
    return {name for argument in app.assemble_argument_collection() for name in argument.names}


KNOWN = commands()


def exists(line):
    """Whether a command line names a command and options of the tree."""
    words = shlex.split(line)
    name = " ".join(words[:2]) if " ".join(words[:2]) in KNOWN else words[0]
    if name == "prefect":
        return True
    return name in KNOWN and {word for word in words if word.startswith("--")} <= options_of(KNOWN[name])


def test_the_reader_of_command_lines_can_say_no():
    assert [exists(line) for line in ("backup --keep 3", "backup --kept 3", "people import FILE", "bakcup")] == [True, False, True, False]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_commands_that_exist(path):
    unit = Unit(path)
    lines = [*unit.all("ExecStart"), *unit.all("ExecStartPre")]
    program = "/opt/passerelle/.venv/bin/passerelle "
    assert [line for line in lines if not (line.startswith(program) and exists(line.removeprefix(program)))] == []
    assert lines != []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_hardened_and_what_lives_starts_again(path):
    service = Unit(path)["Service"]
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"], service["UMask"]) == (
        "passerelle",
        "yes",
        "strict",
        "0077",
    )
    assert service.get("Restart") == (None if service["Type"] == "oneshot" else "always")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_units():
    files = sorted((ROOT / "deploy/systemd").iterdir())
    done = subprocess.run([shutil.which("systemd-analyze"), "verify", "--man=no", *files], capture_output=True, text=True, check=False)  # noqa: S603  # the machine's own
    assert [line for line in done.stderr.splitlines() if "passerelle" in line and "is not executable" not in line] == []


def settings_in_the_example():
    lines = ENVIRONMENT.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_name_of_the_example_is_one_that_the_settings_follow():
    given = settings_in_the_example()
    others = {"PGPASSFILE"}
    asked = Spy(given)
    Settings.from_environment(asked)
    assert (set(given) - others, set(given) & others) == (set(given) & asked.names, others)
    assert asked.names - set(given) == {"PASSERELLE_SMTP_PORT"}, "the embedded sink alone is of no use here"


def test_the_institution_of_the_example_is_one_as_soon_as_its_lines_are_read(tmp_path):
    lines = [line[1:] for line in ENVIRONMENT.read_text(encoding="utf-8").splitlines() if line.startswith("#PASSERELLE_OIDC_VILLE_")]
    secret = tmp_path / "oidc-ville"
    secret.touch(0o600)
    secret.write_text("hush-hush", encoding="utf-8")
    named = dict(line.replace("/etc/passerelle/oidc-ville", str(secret)).split("=", 1) for line in lines)
    asked = Spy({**named, "PASSERELLE_OIDC": "ville"})
    [ville] = Settings.from_environment(asked).institutions
    assert (ville.client_secret, set(named) - asked.names) == ("hush-hush", set())


class Spy(dict):
    """An environment that remembers what it was asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.names = set()

    def get(self, name, default=None):
        self.names.add(name)
        return super().get(name, default)


def test_the_example_names_a_real_relay_and_postgresql():
    settings = Settings.from_environment(settings_in_the_example())
    pool = pool_from_url(settings.smtp_url)
    assert settings.database_url.startswith("postgresql://")
    assert (pool._security, pool.host) == (Security.STARTTLS, "relais.ville.example")
    pool.close()


def test_the_deployments_of_the_process_pool_are_those_of_the_program():
    document = YAML(typ="safe").load(ROOT / "deploy/prefect.yaml")
    found = [
        (it["entrypoint"], it["name"], tuple(it["tags"]), it["work_pool"]["name"], [each["interval"] for each in it.get("schedules", [])])
        for it in document["deployments"]
    ]
    assert found == [
        (each.entrypoint, each.name, each.tags, "processes", [each.every.total_seconds()] if each.begins else []) for each in planned()
    ]
    anchors = {(it["entrypoint"], it["name"]): it["schedules"][0]["anchor_date"] for it in document["deployments"] if "schedules" in it}
    assert anchors == {(each.entrypoint, each.name): each.begins.isoformat() for each in planned() if each.begins}
    assert document["pull"] == []


# --- the page --------------------------------------------------------------------------------------------------------------------


def named_in_the_page():
    """Every command line of the page, from its code spans and blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
    lines = [line for block in blocks for line in block.splitlines()] + spans
    return [line.removeprefix("passerelle ") for line in lines if line.startswith("passerelle ") and "..." not in line]


def test_every_command_of_the_page_exists():
    lines = named_in_the_page()
    assert len(lines) > 25
    assert [line for line in lines if not exists(line)] == []


def test_every_alert_is_explained_in_the_page():
    rules = YAML(typ="safe").load(ROOT / "deploy/prometheus/passerelle.rules.yaml")
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert alerts == set(re.findall(r"^\| `(Passerelle\w+)` \|", PAGE, re.MULTILINE))


def test_every_finding_of_the_doctor_is_explained_in_the_page():
    findings = {code.split(".")[1] for code in catalogue(Language.ENGLISH) if code.startswith("doctor.")}
    section = PAGE.partition("### What each finding")[2].partition("\n## ")[0]
    explained = {name for row in re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert explained == findings
