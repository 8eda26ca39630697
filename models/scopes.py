"""What a token of the API may be used for."""

from enum import StrEnum


class Scope(StrEnum):
    """One kind of use. ``act``: every verb of actions; ``meetings``: every verb of meetings. Neither lets its token read."""

    READ = "read"
    ACT = "act"
    MEETINGS = "meetings"
