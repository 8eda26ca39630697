"""The forms about the examination of an action: reviews, opinions, conflicts, proxies, attendance, decisions."""

from datetime import date
from typing import Literal

from models.charter import OpinionValue
from models.conflicts import ConflictKind
from models.deliberations import DeliberationOutcome
from models.lifecycle import Verb
from services.form_base import NONE, ActionForm, MaybeDate, MaybeList, MaybeLong, MaybeShort, NumberedForm, Short, form_field


class OpenReviewForm(ActionForm):
    """Open the review of the technical or the steering committee."""

    verb = Verb.OPEN_TECHNICAL_REVIEW
    body: Short = form_field("body", vocabulary="committees")
    groups: MaybeList = form_field("groups", NONE, vocabulary="groups")


class ConsultGroupForm(ActionForm):
    """Consult one more thematic group."""

    verb = Verb.CONSULT_GROUP
    body: Short = form_field("group", vocabulary="groups")


class CloseReviewForm(ActionForm):
    """Close a body's review."""

    verb = Verb.CLOSE_REVIEW
    body: Short = form_field("body", vocabulary="bodies")


class ExtendReviewForm(ActionForm):
    """Give the members of a body more time to answer."""

    verb = Verb.EXTEND_REVIEW
    body: Short = form_field("body", vocabulary="bodies")
    until: date = form_field("until")


class ChaseForm(ActionForm):
    """Hurry those whose answer a body awaits; or whoever carries an action out, for what is overdue."""

    verb = Verb.CHASE
    body: MaybeShort = form_field("chased_body", NONE, vocabulary="bodies")
    seats: MaybeList = form_field("chased_seats", NONE)
    reason: MaybeLong = form_field("chase_word", NONE)


class MoveReviewForm(ActionForm):
    """Move a review that nobody has answered yet to the rules in force."""

    verb = Verb.MOVE_REVIEW
    body: Short = form_field("body", vocabulary="bodies")


class NoteConflictForm(NumberedForm):
    """Note that somebody has a conflict of interest, without saying which: what everybody who uses the form may read."""

    verb = Verb.DECLARE_CONFLICT
    concerned: MaybeShort = form_field("concerned", NONE)


class DeclareConflictForm(NoteConflictForm, ActionForm):
    """Declare a conflict of interest, for oneself or for somebody who sits in a body that one serves."""

    kind: ConflictKind = form_field("conflict_kind")
    reason: MaybeLong = form_field("conflict_words", NONE)


class WithdrawConflictForm(ActionForm):
    """Withdraw a conflict of interest."""

    verb = Verb.WITHDRAW_CONFLICT
    concerned: MaybeShort = form_field("concerned", NONE)


class OpinionForm(ActionForm):
    """Record the opinion of a seat."""

    verb = Verb.RECORD_OPINION
    body: Short = form_field("body", vocabulary="bodies")
    voter: Short = form_field("voter")
    opinion: OpinionValue = form_field("opinion")


class LiftReservationForm(ActionForm):
    """Lift a reservation: what it asked for is met."""

    verb = Verb.LIFT_RESERVATION
    reservation: int = form_field("reservation", ge=1)
    reason: MaybeLong = form_field("how_met", NONE)


class ProxyOpinionForm(OpinionForm):
    """Record an opinion given by proxy."""

    verb = Verb.VOTE_BY_PROXY
    voter: Short = form_field("represented")
    holder: MaybeShort = form_field("own_holder", NONE)


class GiverForm(ActionForm):
    """A form about the proxy of a seat: one's own, or of somebody who sits in a body that one serves."""

    body: Short = form_field("body", vocabulary="bodies")
    giver: MaybeShort = form_field("giver", NONE)


class GiveProxyForm(GiverForm):
    """Let another member give the opinion of a seat."""

    verb = Verb.GIVE_PROXY
    holder: Short = form_field("holder")
    until: MaybeDate = form_field("proxy_until", NONE)


class RevokeProxyForm(GiverForm):
    """Take a proxy back before it is used."""

    verb = Verb.REVOKE_PROXY


class AttendanceForm(ActionForm):
    """Note who attends while a body examines an action in a meeting."""

    verb = Verb.RECORD_ATTENDANCE
    body: Short = form_field("body", vocabulary="bodies")
    meeting: MaybeShort = form_field("meeting", NONE)
    present: MaybeList = form_field("present", NONE)
    remote: MaybeList = form_field("remote", NONE)
    represented: MaybeList = form_field("represented_seats", NONE)
    excused: MaybeList = form_field("excused", NONE)


class KeepOpinionForm(OpinionForm):
    """Keep the opinion of a seat until its body is asked."""

    verb = Verb.KEEP_OPINION


class DecisionForm(ActionForm):
    """Record what a committee decided."""

    verb = Verb.APPROVE
    body: Short = form_field("body", vocabulary="committees")
    outcome: Literal[Verb.REFER, Verb.APPROVE, Verb.RETURN, Verb.ADJOURN, Verb.REJECT] = form_field("outcome")
    reference: MaybeShort = form_field("minutes_reference", NONE)


class DeliberationForm(ActionForm):
    """Record what a partner's own authority decided."""

    verb = Verb.RECORD_DELIBERATION
    partner: Short = form_field("partner", vocabulary="partners")
    deliberation: DeliberationOutcome = form_field("deliberation_outcome")
    decided_on: date = form_field("decided_on")
    reference: Short = form_field("deliberation_reference")
    document: Short = form_field("document")
