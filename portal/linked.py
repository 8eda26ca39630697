"""A mail's text with its links: only those that lead to this portal become links."""

import re


def linked(text: str, base_url: str) -> list[tuple[str, str]]:
    """The text in parts: (text, "") or (text, path) for an address of this portal."""
    found = re.split(rf"({re.escape(base_url)}/[\w./?=&-]*)", text)
    return [(part, part.removeprefix(base_url)) if part.startswith(f"{base_url}/") else (part, "") for part in found if part]
