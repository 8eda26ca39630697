"""What a convention tells people about their personal data, in the order in which they read it."""

from pydantic import Field

from models.texts import Rules, Text


class PrivacyNotice(Rules):
    """The part of the privacy notice that only the partners can answer for; what is kept, and by which cookies, the program knows itself."""

    controller: Text = Field(description="Who answers for the data: the body or bodies, with their address.")
    purpose: Text = Field(description="What the data are used for.")
    legal_basis: Text = Field(description="On what legal ground.")
    retention: Text = Field(description="For how long the data are kept, and what becomes of them.")
    recipients: Text | None = Field(
        default=None, description="Who sees the data; absent: the bodies, their secretariats and the operators."
    )
    rights: Text = Field(description="What people may ask for, and which authority they may turn to.")
    contact: Text = Field(description="Where to write: usually the data protection officer.")
