"""The settings: from the environment alone, checked once, passed on as values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import Problem, Refused
from models.numbers import whole
from notifications.doors import SETTING as WEBHOOK_HOSTS
from notifications.doors import is_entry
from notifications.hosts import SETTING as CHAT_HOSTS
from notifications.hosts import is_host
from services.institutions import Institution, read_institutions

LANGUAGES = ("fr", "en")
_PORTS = {
    "portal_port": ("PASSERELLE_PORTAL_PORT", 8080),
    "prefect_port": ("PASSERELLE_PREFECT_PORT", 4200),
    "smtp_port": ("PASSERELLE_SMTP_PORT", 8025),
}
METRICS_PORTS = {
    "relay": ("PASSERELLE_RELAY_METRICS_PORT", 8026),
    "worker": ("PASSERELLE_WORKER_METRICS_PORT", 8027),
}
"""Where each process shows its metrics, by the variable that sets it: 0 is nowhere."""
_PER_CONNECTION = 100
_MOST_MAILS = 100_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the state lies, which database, which ports, which language. Everything binds to loopback.

    ``smtp_signs``: whether the mail server is known to sign what it sends (DKIM). ``institutions``: by whose accounts people may sign in.
    """

    home: Path
    database_url: str
    portal_port: int
    prefect_port: int
    smtp_port: int
    relay_metrics_port: int
    worker_metrics_port: int
    base_url: str
    smtp_url: str
    smtp_signs: bool
    operators_mail: str
    language: str
    smtp_per_minute: int | None
    smtp_per_connection: int
    chat_hosts: tuple[str, ...] = ()
    institutions: tuple[Institution, ...] = ()
    webhook_hosts: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read ``PASSERELLE_*``; refuse every wrong value at once, by the name of its variable."""
        problems: list[Problem] = []
        home = Path(environment.get("PASSERELLE_HOME") or "var").expanduser().absolute()
        ports = {name: _port(environment, variable, default, problems) for name, (variable, default) in _PORTS.items()}
        ports |= {f"{name}_metrics_port": _metrics_port(environment, *named, problems) for name, named in METRICS_PORTS.items()}
        language = environment.get("PASSERELLE_LANGUAGE") or "fr"
        if language not in LANGUAGES:
            problems.append(Problem("language_unknown", {"value": language, "known": ", ".join(LANGUAGES)}, "PASSERELLE_LANGUAGE"))
        base_url = (environment.get("PASSERELLE_BASE_URL") or f"http://127.0.0.1:{ports['portal_port']}").rstrip("/")
        if not base_url.startswith(("http://", "https://")):
            problems.append(Problem("base_url_wrong", {"value": base_url}, "PASSERELLE_BASE_URL"))
        signs = environment.get("PASSERELLE_SMTP_SIGNS") or "no"
        if signs not in ("yes", "no"):
            problems.append(Problem("smtp_signs_wrong", {"value": signs}, "PASSERELLE_SMTP_SIGNS"))
        chat_hosts = _hosts(environment, CHAT_HOSTS, is_host, problems)
        webhook_hosts = _hosts(environment, WEBHOOK_HOSTS, is_entry, problems)
        institutions = read_institutions(environment, problems)
        per_minute = _mails(environment, "PASSERELLE_SMTP_PER_MINUTE", problems)
        per_connection = _mails(environment, "PASSERELLE_SMTP_PER_CONNECTION", problems) or _PER_CONNECTION
        Refused.unless_empty(problems)
        return cls(
            home=home,
            database_url=environment.get("PASSERELLE_DATABASE_URL") or f"sqlite:///{home / 'passerelle.db'}",
            base_url=base_url,
            smtp_url=environment.get("PASSERELLE_SMTP_URL") or f"smtp://127.0.0.1:{ports['smtp_port']}",
            smtp_signs=signs == "yes",
            operators_mail=environment.get("PASSERELLE_OPERATORS_MAIL") or "exploitation@passerelle.example",
            language=language,
            chat_hosts=chat_hosts,
            institutions=institutions,
            webhook_hosts=webhook_hosts,
            smtp_per_minute=per_minute,
            smtp_per_connection=per_connection,
            **ports,
        )

    def metrics_port(self, process: str) -> int:
        """Where the ``relay`` or the ``worker`` shows its metrics; 0: nowhere."""
        return {"relay": self.relay_metrics_port, "worker": self.worker_metrics_port}[process]

    @property
    def prefect_home(self) -> Path:
        """Prefect's own folder, never shared with another installation."""
        return self.home / "prefect"

    @property
    def prefect_auth(self) -> Path:
        """The file with Prefect's ``user:password``."""
        return self.home / "prefect-auth"

    @property
    def prefect_url(self) -> str:
        """Where operators watch."""
        return f"http://127.0.0.1:{self.prefect_port}"

    @property
    def prefect_api_url(self) -> str:
        """Where programs talk to Prefect."""
        return f"{self.prefect_url}/api"

    @property
    def mailbox(self) -> Path:
        """The Maildir of the embedded mail sink."""
        return self.home / "mailbox"

    @property
    def attachments(self) -> Path:
        """The content store of attached files."""
        return self.home / "attachments"

    @property
    def backups(self) -> Path:
        """Where backups are written unless another place is named."""
        return self.home / "backups"

    @property
    def checkpoints(self) -> Path:
        """The heads of all hash chains, day by day, kept outside the database."""
        return self.home / "checkpoints"

    @property
    def logs(self) -> Path:
        """What the processes print."""
        return self.home / "logs"


def _port(environment: Mapping[str, str], variable: str, default: int, problems: list[Problem]) -> int:
    value = environment.get(variable)
    if not value:
        return default
    if _is_port(value):
        return int(value)
    problems.append(Problem("port_wrong", {"value": value}, variable))
    return default


def _metrics_port(environment: Mapping[str, str], variable: str, default: int, problems: list[Problem]) -> int:
    value = environment.get(variable)
    if not value:
        return default
    if value == "0" or _is_port(value):
        return int(value)
    problems.append(Problem("metrics_port_wrong", {"value": value}, variable))
    return default


def _hosts(environment: Mapping[str, str], variable: str, is_one: Callable[[str], bool], problems: list[Problem]) -> tuple[str, ...]:
    """The hosts that a variable lists; an empty list means every public one."""
    listed = [part.strip() for part in (environment.get(variable) or "").split(",")]
    named = tuple(part for part in listed if part)
    wrong = {CHAT_HOSTS: "chat_host_wrong", WEBHOOK_HOSTS: "webhook_host_wrong"}[variable]
    problems += [Problem(wrong, {"value": part}, variable) for part in named if not is_one(part)]
    return named


def _mails(environment: Mapping[str, str], variable: str, problems: list[Problem]) -> int | None:
    value = environment.get(variable)
    if not value:
        return None
    if re.fullmatch(r"[0-9]{1,6}", value) and 1 <= int(value) <= _MOST_MAILS:
        return int(value)
    problems.append(Problem("mails_wrong", {"value": value[:60], "most": _MOST_MAILS}, variable))
    return None


def _is_port(value: str) -> bool:
    return 1 <= (whole(value) or 0) <= 65_535  # noqa: PLR2004  # the range of ports
