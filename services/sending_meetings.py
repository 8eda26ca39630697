"""What becomes of a meeting, to those who are convened and to their chat room: read at the moment of sending, with an entry for calendars."""

from models.telling.reasons import Reason
from notifications.catalogue import CHATTED
from notifications.channels import MAIL
from notifications.message import Receipt, Recipient
from notifications.render import compose, render_chat, render_line
from services.meetings.telling import Reading, told_of_meeting
from services.rooms import say_in_room
from services.sending import About, Post, Row, Unsent, addressee, post_about


def send_of_meeting(post: Post, row: Row) -> Receipt | Unsent:
    """Compose a message about a meeting and hand it over; or say that it is no longer so. Raises as ``sending.send``."""
    app, now = post.app, post.now()
    with app.db.read() as connection:
        person = addressee(connection, row) if row["person_id"] is not None else None
        charter = post.charter(connection, row)
        language = person.language if person is not None else app.settings.language
        told = told_of_meeting(connection, charter, row, Reading(language, now, post.rehearsal, app.settings.base_url, post.privacy))
    if told is None:
        return Unsent(Reason.NOT_WANTED)
    if person is None or row["channel"] != MAIL:
        written = render_chat if row["message"] in CHATTED else render_line
        line = written(row["message"], language, told.context, told.address)
        return say_in_room(app, post.gateway, row["channel"], str(row["id"]), line)
    letter = compose(row["message"], language, told.context).to(person.name, told.address)
    invitation = told.invitation(row["message"], Recipient(person.name, person.email, language), now)
    about = About(told.number, told.body, told.secretariat, invitation=invitation)
    return post_about(post, row, charter, person, letter, about)
