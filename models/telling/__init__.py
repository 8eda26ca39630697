"""Who is told of what, as a charter may arrange it."""

from models.telling.rules import Line, TellingRules

__all__ = ["Line", "TellingRules"]
