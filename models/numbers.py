"""Numbers that people and programs type."""

_MOST_DIGITS = 9


def whole(text: str) -> int | None:
    """The whole number that a text says in ASCII digits, nine at most, as many as any database counts to; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
