"""Write every message in every language, with sample facts, as files to look at: ``python -m notifications.preview FOLDER``."""

import sys
from pathlib import Path

from notifications.catalogue import MESSAGES
from notifications.dates import LANGUAGES
from notifications.render import render
from notifications.samples import sample


def write_previews(folder: Path) -> list[Path]:
    """Write the text and the page of every message in every language; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for message in MESSAGES:
        for language in LANGUAGES:
            mail = render(message, language, sample(message, language))
            for form, content in (("txt", f"{mail.subject}\n\n{mail.text}"), ("html", mail.html)):
                file = folder / f"{message}.{language}.{form}"
                file.write_text(content, encoding="utf-8")
                written.append(file)
    return written


def main(arguments: list[str]) -> int:
    """Write the previews into the folder named; 2 if none is."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m notifications.preview FOLDER\n")
        return 2
    files = write_previews(Path(arguments[0]))
    sys.stdout.write(f"{len(files)} files in {arguments[0]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
