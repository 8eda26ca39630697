"""The privacy notice of a convention: in its charter's words where it has them, else in general ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.charter import Charter
from models.privacy import PrivacyNotice
from services.wording import Wording

PARTS = ("controller", "what", "purpose", "legal_basis", "recipients", "retention", "rights", "contact")


@dataclass(frozen=True, slots=True)
class Notice:
    """Heading and text of each part. ``confirmed``: the partners' own words, not general ones that nobody there has answered for."""

    convention: str
    confirmed: bool
    parts: Sequence[tuple[str, str]]


def notice_of(charter: Charter, words: Wording) -> Notice:
    """What people are told about their personal data in a convention, in a language."""
    said = [(words.say(f"portal.privacy.{part}.title"), _told(charter, part, words)) for part in PARTS]
    return Notice(charter.convention.name.of(words.language), charter.privacy is not None, said)


def _told(charter: Charter, part: str, words: Wording) -> str:
    own = getattr(charter.privacy, part, None) if part in PrivacyNotice.model_fields else None
    if own is not None:
        return str(own.of(words.language))
    known = {
        "controller": {"partners": ", ".join(partner.name.of(words.language) for partner in charter.partners)},
        "contact": {"address": charter.sender.address},
    }
    return words.say(f"portal.privacy.{part}.text", **known.get(part, {}))
