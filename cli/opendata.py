"""Open data: what the charter makes public, written to a folder, and read back from one."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cli.opened import opened
from cli.options import Convention, Json, option, place
from cli.screen import dump, tell
from cli.words import label, say
from models.errors import NotFound, Refused
from services.charter_store import the_convention
from services.opendata.folder import check, data_of, write
from services.publication.keeping import Editions

_FOLDER = Annotated[Path, place("opendata_folder")]
_REWRITE = Annotated[Path | None, option("opendata_rewrite", "--rewrite")]


def export(folder: _FOLDER, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Write every file of the open data to a folder, and say where persons were hidden in texts."""
    with opened() as app:
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        try:
            edition = Editions(app).of(code)
        except NotFound:
            raise Refused.because("opendata.nothing_public") from None
        names = write(data_of(edition, app.settings.base_url), folder.expanduser())
    masked = [{"action": number, "field": field} for number, field in dict.fromkeys(edition.content.masked)]
    if as_json:
        dump({"convention": code, "folder": str(folder), "files": names, "masked": masked})
        return
    tell(say("opendata.written", convention=code, folder=str(folder), count=len(names)))
    tell(say("opendata.masked" if masked else "opendata.masked_none"))
    for found in masked:
        at = say("opendata.masked_at", number=found["action"], field=label("field", found["field"]))
        tell(f"  - {at}")


def read_back(folder: _FOLDER, /, *, rewrite: _REWRITE = None, as_json: Json = False) -> None:
    """Read a published folder back into rows and write it again: refused unless every file stays the same to the byte. Needs no home."""
    files, rows = check(folder.expanduser())
    if rewrite is not None:
        write(files, rewrite.expanduser())
    if as_json:
        dump({"folder": str(folder), "tables": rows, "rewritten": str(rewrite) if rewrite else None})
        return
    tell(say("opendata.checked", folder=str(folder)))
    for table, count in rows.items():
        tell(f"  - {say('opendata.table', table=table, count=count)}")
    if rewrite is not None:
        tell(say("opendata.rewritten", folder=str(rewrite)))


COMMANDS: dict[str, Callable[..., None]] = {"export": export, "check": read_back}
