"""What every part of a charter is made from: a strict model, the languages, and words in both of them."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class Language(StrEnum):
    """A language in which people may be written to."""

    FRENCH = "fr"
    ENGLISH = "en"


class Rules(BaseModel):
    """A part of a charter: never changed once read, and without a field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Rules):
    """The same words in both languages."""

    fr: Words = Field(description="In French.")
    en: Words = Field(description="In English.")

    def of(self, language: str) -> str:
        """Return the words in this language; raise ``ValueError`` for a language that is not ours."""
        return self.fr if Language(language) is Language.FRENCH else self.en
