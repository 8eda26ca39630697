"""The institutions by whose accounts people may sign in (OpenID Connect): from the environment, every mistake named by its variable."""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from models.errors import Problem

SETTING = "PASSERELLE_OIDC"
_NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Institution:
    """What an institution's provider of sign-ins told us when we were registered there.

    ``domains``: those whose mail addresses the institution itself gives out. Of these its word is enough where it does not say whether they
    are verified; of any other address it has to say so.
    """

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label_fr: str
    label_en: str
    domains: tuple[str, ...] = ()

    def label(self, language: str) -> str:
        """What people call it."""
        return self.label_en if language == "en" else self.label_fr


def read_institutions(environment: Mapping[str, str], problems: list[Problem]) -> tuple[Institution, ...]:
    """The institutions that ``PASSERELLE_OIDC`` lists, in its order; adds whatever is wrong to ``problems``."""
    names = [part.strip() for part in (environment.get(SETTING) or "").split(",") if part.strip()]
    problems += [Problem("sso_name_wrong", {"value": name[:60]}, SETTING) for name in names if not _NAME.fullmatch(name)]
    known = list(dict.fromkeys(name for name in names if _NAME.fullmatch(name)))
    if len(known) < len([name for name in names if _NAME.fullmatch(name)]):
        problems.append(Problem("sso_name_twice", {}, SETTING))
    found = [_Reader(environment, f"{SETTING}_{name.upper()}", problems).read(name) for name in known]
    by_issuer: dict[str, str] = {}
    for one in found:
        if one.issuer and one.issuer in by_issuer:
            problems.append(Problem("sso_issuer_twice", {"other": by_issuer[one.issuer]}, f"{SETTING}_{one.name.upper()}_ISSUER"))
        by_issuer.setdefault(one.issuer, one.name)
    return tuple(found)


def is_safe(url: str, *, beside: str = "") -> bool:
    """Whether an address may be asked for sign-ins: https, or on this machine; and never plain where the address ``beside`` it is not."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return False
    plain = parts.scheme == "http" and host in _LOOPBACK and not beside.startswith("https:")
    return bool(host) and (parts.scheme == "https" or plain) and parts.username is None and not parts.fragment


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the variables of one institution."""

    environment: Mapping[str, str]
    prefix: str
    problems: list[Problem]

    def read(self, name: str) -> Institution:
        """All of them, checked."""
        issuer = self._needed("ISSUER")
        if issuer and (not is_safe(issuer) or urlsplit(issuer).query):
            self.problems.append(Problem("sso_issuer_wrong", {"value": issuer[:200]}, f"{self.prefix}_ISSUER"))
        label = self._needed("LABEL_FR")
        return Institution(
            name=name,
            issuer=issuer,
            client_id=self._needed("CLIENT_ID"),
            client_secret=self._secret(),
            label_fr=label,
            label_en=self._value("LABEL_EN") or label,
            domains=self._domains(),
        )

    def _value(self, last: str) -> str:
        return (self.environment.get(f"{self.prefix}_{last}") or "").strip()

    def _needed(self, last: str) -> str:
        if not (value := self._value(last)):
            self.problems.append(Problem("sso_missing", {}, f"{self.prefix}_{last}"))
        return value

    def _secret(self) -> str:
        given, file = self._value("CLIENT_SECRET"), self._value("CLIENT_SECRET_FILE")
        if not given and not file:
            self.problems.append(Problem("sso_secret_missing", {}, f"{self.prefix}_CLIENT_SECRET"))
        elif given and file:
            self.problems.append(Problem("sso_secret_twice", {}, f"{self.prefix}_CLIENT_SECRET"))
        return self._from_file(Path(file), f"{self.prefix}_CLIENT_SECRET_FILE") if file else given

    def _from_file(self, path: Path, variable: str) -> str:
        if not path.is_absolute():  # each process stands in a folder of its own
            self.problems.append(Problem("sso_secret_file_relative", {}, variable))
            return ""
        try:
            open_to_all = path.stat().st_mode & stat.S_IRWXO
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(Problem("sso_secret_file_unreadable", {"why": type(error).__name__}, variable))
            return ""
        if open_to_all or not secret:
            self.problems.append(Problem("sso_secret_file_open" if open_to_all else "sso_secret_file_empty", {}, variable))
        return secret

    def _domains(self) -> tuple[str, ...]:
        listed = [part.strip().lower() for part in self._value("DOMAINS").split(",")]
        named = tuple(part for part in listed if part)
        wrong = [part for part in named if not _DOMAIN.fullmatch(part)]
        self.problems.extend(Problem("sso_domain_wrong", {"value": part[:60]}, f"{self.prefix}_DOMAINS") for part in wrong)
        return named
