"""What a charter says of messages, whoever gets them."""

from pydantic import Field

from models.texts import Rules

_MOST = 20_000_000


class TellingRules(Rules):
    """How people are told."""

    attach_up_to_bytes: int = Field(
        default=0,
        ge=0,
        le=_MOST,
        description="Largest size, all together, of an action's files that go with the mail that asks for an opinion; above, and with 0, it says where they are.",
    )
