"""Every message in every language with sample facts: to be read on a page, or as files to look at."""

from pathlib import Path

from notifications.catalogue import MESSAGES
from notifications.dates import LANGUAGES
from notifications.render import Rendered, render
from notifications.samples import sample


def previewed(message: str, language: str) -> Rendered:
    """A message as people would receive it, about invented facts. Raises LookupError for an unknown message or language."""
    return render(message, language, sample(message, language))


def write_previews(folder: Path) -> list[Path]:
    """Write the text and the page of every message in every language; return the files. Raises OSError where they cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for message in MESSAGES:
        for language in LANGUAGES:
            mail = previewed(message, language)
            for form, content in (("txt", f"{mail.subject}\n\n{mail.text}"), ("html", mail.html)):
                file = folder / f"{message}.{language}.{form}"
                file.write_text(content, encoding="utf-8")
                written.append(file)
    return written
