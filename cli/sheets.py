"""An action sheet in a file: its values, and where each stands, so that a mistake is shown by its line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import Problem, Refused
from services.located_yaml import LocatedYaml, read_yaml

_OWN_WORDS = {"charter.file_empty": "sheet.file_empty", "charter.not_yaml": "sheet.not_yaml"}


@dataclass(frozen=True, slots=True)
class SheetFile:
    """The values of a sheet's file."""

    values: dict[str, Any]
    located: LocatedYaml

    def place(self, path: tuple[str | int, ...]) -> str:
        """Where a value stands: file, line and key."""
        return self.located.place(path)


def read_sheet(path: Path) -> SheetFile:
    """Read a sheet. Refuses what is not YAML with the fields of a sheet, by file and line."""
    try:
        located = read_yaml(path)
    except Refused as refused:
        raise Refused(*(Problem(_OWN_WORDS.get(p.code, p.code), p.params, p.where) for p in refused.problems)) from None
    Refused.unless_empty([problem for _, problem in located.problems])
    if not isinstance(located.values, dict):
        raise Refused.because("sheet.not_a_sheet", located.place(()))
    return SheetFile(located.values, located)
