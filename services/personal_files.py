"""What is kept about a person as files: a page to read, tables for a spreadsheet, and the same for programs, in one archive."""

import csv
import html
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from notifications.dates import clock_time, short_date
from services.personal_data import PersonalData, Told
from services.wording import Wording

PAGE, DOCUMENT = "index.html", "data.json"
_VOCABULARY: Mapping[str, str] = {
    "after": "state",
    "language": "language",
    "opinion": "opinion",
    "outcome": "outcome",
    "rhythm": "rhythm",
    "role": "role",
    "topic": "topic",
    "via": "via",
    "weekday": "weekday",
    "wish": "choice",
}
"""Columns that hold codes, and of which vocabulary, whatever the part."""
_OF_PART: Mapping[tuple[str, str], str] = {
    ("action", "state"): "state",
    ("delivery", "state"): "delivery",
    ("delivery", "reason"): "delivery_reason",
    ("deadline", "kind"): "deadline",
    ("early_opinion", "value"): "opinion",
    ("meeting", "state"): "meeting",
    ("meeting_act", "topic"): "meeting_topic",
    ("opinion", "value"): "opinion",
    ("wish", "kind"): "message_kind",
}
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def archive(data: PersonalData, language: str) -> bytes:
    """A ZIP with a page, one table a part, and everything as JSON; a part without rows has no table."""
    words = Wording(language)
    files = {PAGE: page_of(data, words), DOCUMENT: document_of(data)}
    files |= {f"{part.name}.csv": table_of(part) for part in data.parts if part.rows}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(zipfile.ZipInfo(name, data.read_at.timetuple()[:6]), text, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def file_name(data: PersonalData, language: str) -> str:
    """What the archive is called."""
    return f"{Wording(language).say('personal.file')}-{data.person}-{data.read_at:%Y-%m-%d}.zip"


def document_of(data: PersonalData) -> bytes:
    """Everything, for programs."""
    return orjson.dumps(data.document, default=_plain, option=orjson.OPT_INDENT_2)


def table_of(part: Told) -> bytes:
    """One part for a spreadsheet. A text that one would run as a formula gets an apostrophe before it; the JSON has it as it is."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(part.columns)
    writer.writerows([_cell(value) for value in row.values()] for row in part.rows)
    return f"\ufeff{text.getvalue()}".encode()


def _cell(value: Any) -> str:
    said = "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    return f"'{said}" if said.startswith(_RISKY) and not isinstance(value, int | float) else said


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value)


def page_of(data: PersonalData, words: Wording) -> bytes:
    """A page that anybody can read, in any browser, without anything else."""
    say, title = words.say, html.escape(words.say("personal.title", name=data.name))
    intro = [say("personal.lead", moment=_moment(data.read_at, data, words)), say("personal.secret"), say("personal.codes")]
    parts = "\n".join(_section(part, data, words) for part in data.parts)
    contents = "".join(
        f'<li><a href="#{part.name}">{html.escape(words.label("personal_part", part.name))}</a> ({len(part.rows)})</li>'
        for part in data.parts
    )
    return f"""<!DOCTYPE html>
<html lang="{words.language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>{_STYLE}</style></head>
<body>
<main>
<h1>{title}</h1>
{"".join(f"<p>{html.escape(text)}</p>" for text in intro)}
<ul>{contents}</ul>
{parts}
</main>
</body>
</html>
""".encode()


_STYLE = (
    "body{font:100%/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem}.wide{overflow-x:auto}"
    "table{border-collapse:collapse}th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left;vertical-align:top}"
)


def _section(part: Told, data: PersonalData, words: Wording) -> str:
    heading = html.escape(words.label("personal_part", part.name))
    return f'<section aria-labelledby="{part.name}"><h2 id="{part.name}">{heading}</h2>{_rows(part, heading, data, words)}</section>'


def _rows(part: Told, heading: str, data: PersonalData, words: Wording) -> str:
    if not part.rows:
        return f"<p>{html.escape(words.say('personal.nothing'))}</p>"
    labels = words.labels("personal_column")
    titles = (labels.get(f"{part.name}.{name}") or labels[name] for name in part.columns)
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in titles)
    body = "".join(f"<tr>{_cells(part, row, data, words)}</tr>" for row in part.rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide" tabindex="0" role="region" aria-label="{heading}">{table}</div>'


def _cells(part: Told, row: Mapping[str, Any], data: PersonalData, words: Wording) -> str:
    return "".join(f"<td>{html.escape(_said((part.name, name), value, data, words))}</td>" for name, value in row.items())


def _said(where: tuple[str, str], value: Any, data: PersonalData, words: Wording) -> str:
    """A value as people say it: codes in words, days and moments as they write them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return words.say("personal.yes" if value else "personal.no")
    if isinstance(value, datetime):
        return _moment(value, data, words)
    if isinstance(value, date):
        return short_date(value, words.language)
    kind = _OF_PART.get(where) or _VOCABULARY.get(where[1])
    return words.labels(kind).get(str(value), str(value)) if kind else str(value)


def _moment(at: datetime, data: PersonalData, words: Wording) -> str:
    local = at.astimezone(ZoneInfo(data.timezone))
    return words.say("portal.moment", day=short_date(local.date(), words.language), time=clock_time(f"{local:%H:%M}", words.language))


def counts_of(data: PersonalData, words: Wording) -> Sequence[tuple[str, int]]:
    """How much there is of each part, in words."""
    return [(words.label("personal_part", part.name), len(part.rows)) for part in data.parts]
