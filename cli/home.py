"""Setting a home up without starting anything, and its secret."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cli.opened import settings
from cli.options import option
from cli.screen import tell, warn
from cli.words import label, say
from models.errors import Refused
from services.homes import Kind
from services.operations import install
from services.prefect_env import read_secret

_SHIPPED = Path(__file__).parent.parent / "deploy" / "charters" / "villeneuve-dascq-lille.yaml"
CharterFile = Annotated[Path | None, option("charter", "--charter")]
PeopleFile = Annotated[Path | None, option("people", "--people")]
_LIVE = Annotated[bool, option("live", "--live")]
_FORCE = Annotated[bool, option("force", "--force")]


def shipped_charter() -> Path:
    """The charter of the first convention, which comes with the program."""
    return _SHIPPED


def people_for(charter: Path | None, people: Path | None, kind: Kind) -> Path | None:
    """The persons to start with: those asked for; for a rehearsal of the shipped charter, its placeholders."""
    if people is None and charter is None and kind == "rehearsal":
        return _SHIPPED.with_suffix(".people.csv")
    return people


def init(*, live: _LIVE = False, charter: CharterFile = None, people: PeopleFile = None) -> None:
    """Create a home."""
    kind: Kind = "live" if live else "rehearsal"
    app, installed = install(settings(), kind=kind, charter=charter or _SHIPPED, people=people_for(charter, people, kind))
    app.close()
    tell(say("cli.home_ready", home=str(app.settings.home), kind=label("home", kind), convention=installed.convention))
    tell(say("cli.home_people", count=installed.people_created))
    tell(say("cli.next", command="passerelle run"))


def show_secret(*, force: _FORCE = False) -> None:
    """Print Prefect's user and password."""
    if not (force or sys.stdout.isatty()):
        raise Refused.because("secret_not_to_a_file")
    warn(say("cli.secret"))
    tell(read_secret(settings().prefect_auth))


COMMANDS: dict[str, Callable[..., None]] = {"show": show_secret}
