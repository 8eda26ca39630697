"""What is public, in words."""

from models.publication import PublicField
from portal.sheets import name_of, sheet_parts
from services.publication.edition import Edition, PublicAction, PublicDecision
from services.review_words import verdict_sentence
from services.wording import Wording

_WRITTEN = {"context": "", "description": "description", "indicators": ""}
"""Parts of a sheet that people wrote, in the convention's own language, and what schema.org calls them."""
_SHEET = tuple(field.value for field in PublicField if field not in (PublicField.MILESTONES, PublicField.PROGRESS))


def name_in(edition: Edition, family: str, code: str, language: str) -> str:
    """What the charter calls a code; the code itself where it knows it no longer."""
    return name_of(edition.charter, code, language, family)


def parts_of(edition: Edition, action: PublicAction, language: str) -> list[tuple[str, str, bool, str]]:
    """Heading and text of every public part of a sheet, whether people wrote it, and what schema.org calls it."""
    found = []
    for name in _SHEET:
        told = sheet_parts({name: getattr(action, name), "lead_person": None}, edition.charter, language, {})
        found += [(heading, text, name in _WRITTEN, _WRITTEN.get(name, "")) for heading, text in told]
    return found


def decided(edition: Edition, decision: PublicDecision, language: str) -> str:
    """What was decided, in a sentence."""
    words = Wording(language)
    return words.say(
        f"public.decided.{decision.outcome}",
        body=name_in(edition, "bodies", decision.body, language),
        number=decision.action,
        title=decision.title,
    )


def verdict_of(decision: PublicDecision, language: str) -> str:
    """The verdict behind a decision: with its figures, its result alone, or nothing, as the charter has it."""
    words = Wording(language)
    if decision.file is not None:
        return verdict_sentence(words, decision.file) or ""
    return words.say("public.decisions.result", result=words.label("result", decision.result)) if decision.result else ""
