"""Tables for spreadsheets: CSV as French programs read it, and XLSX. No cell is taken for a formula, and days are days."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from models.errors import Refused
from services.people_csv import guarded

Cell = str | int | Decimal | date | None
MOST_ROWS = 1_048_575
"""Rows that a sheet takes besides its heading."""
_WIDTH, _WIDEST = 12, 60
_DAY = {"fr": "dd/mm/yyyy", "en": "yyyy-mm-dd"}
_MARK = "\ufeff"
"""Tells spreadsheets that the table is UTF-8."""
TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The kinds of file, and what each is to a browser."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table on its way out. ``title`` names its sheet; ``rows`` are read once."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def written(table: Table, form: str, language: str) -> bytes:
    """The table as a file of this kind. Refuses a table with more rows than a sheet takes."""
    return _as_csv(table) if form == "csv" else _as_xlsx(table, language)


def _as_csv(table: Table) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow(["" if cell is None else guarded(_said(cell)) for cell in row])
    return (_MARK + text.getvalue()).encode()


def _said(cell: str | int | Decimal | date) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _as_xlsx(table: Table, language: str) -> bytes:
    book = Workbook(write_only=True)
    sheet: WriteOnlyWorksheet = book.create_sheet(table.title[:31])
    sheet.freeze_panes = "A2"
    for place, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = min(max(len(column) + 2, _WIDTH), _WIDEST)
    sheet.append([_heading(sheet, column) for column in table.columns])
    for count, row in enumerate(table.rows, 1):
        if count > MOST_ROWS:
            raise Refused.because("table_too_long", most=MOST_ROWS)
        sheet.append([_cell(sheet, cell, language) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _heading(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    cell = _cell(sheet, text, "")
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Cell, language: str) -> WriteOnlyCell:
    """A text stays a text, whatever it begins with; signs that no sheet may hold are left out."""
    if not isinstance(value, str):
        cell = WriteOnlyCell(sheet, value)
        if isinstance(value, date):
            cell.number_format = _DAY[language]
        return cell
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    return cell
