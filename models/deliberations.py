"""Decisions of the partners' own authorities: a committee cannot commit a partner's budget (``Charter.deliberations``)."""

from enum import StrEnum


class DeliberationOutcome(StrEnum):
    """What an authority decided."""

    ADOPTED = "adopted"
    REFUSED = "refused"
