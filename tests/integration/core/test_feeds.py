"""What is in the calendars that people subscribe to, and what is not; their addresses."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta

import pytest
import vobject
from benchmarks.lifecycle import statements_of
from builders import CLERK, CONVENTION, IN_SECRET, PILOT, TODAY, body_of, changed_charter, provision
from icalendar import Calendar
from secretariat import Secretariat

from models.commands import Actor, Via
from models.errors import Conflict, Gone, NotFound, Refused
from models.lifecycle import Verb
from models.meetings.commands import CancelMeeting, ChangeMeeting, ConveneMeeting
from models.tables import Delivery, Feed, Person, Seat, table
from notifications.message import Recipient
from services.absences import note_absence
from services.body_deadlines import keep_everywhere
from services.feed_addresses import Whose, address_of, held_by, renew, revoke, whose_calendar
from services.feeds import calendar_of, read_calendar
from services.forms import DeclareConflictForm, GiveProxyForm
from services.links import secret_of, token_of
from services.meetings.telling import Reading, told_of_meeting
from services.visitors import revoke_links

MEMBER, OTHER, DEPUTY = "COTECH-06", "COTECH-05", "COTECH-08"


def entries(desk, who):
    """The entries of a calendar by their uid, as two programs read them."""
    content = calendar_of(desk.app, whose_calendar(desk.app, CONVENTION, who))
    others = {str(event.uid.value) for event in getattr(vobject.readOne(content.decode()), "vevent_list", [])}
    events = {str(event["UID"]): event for event in Calendar.from_ical(content).walk("VEVENT")}
    assert events.keys() == others
    return events


def kinds(desk, who):
    """What a calendar holds but the end of the convention, without the convention's own part of each name."""
    named = (uid.removeprefix("rehearsal.").partition(f".{CONVENTION}@")[0] for uid in entries(desk, who))
    return sorted(name for name in named if not name.startswith("convention_end."))


def text_of(event):
    return f"{event['SUMMARY']}\n{event['DESCRIPTION']}".replace("\u00a0", " ")


def person_of(desk, seat):
    [held] = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=held.person_id)[0]


def end_seat(desk, seat, day):
    with desk.app.db.write() as connection:
        connection.execute(table(Seat).update().where(table(Seat).c.code == seat).values(ends_on=day))


# --- deadlines ------------------------------------------------------------------------------------------------------------------------
def test_an_opinion_that_is_owed_is_a_day_of_its_member_until_it_is_given(desk):
    number = desk.to_technical()
    [(uid, event)] = entries(desk, MEMBER).items()
    assert uid == f"rehearsal.review_end.cotech.1.{number.lower()}.vda-lille@convention.example"
    assert event["DTSTART"].dt == desk.last_round(number, "cotech").due_on
    said = text_of(event)
    assert said.startswith(f"[Répétition] Avis à rendre : {number}, ")
    assert "Au titre de : COTECH-06" in said
    assert "Calcul : 15 jours ouvrés après l'ouverture de l'examen (5 octobre 2026)" in said
    desk.opine(number, "cotech", seats=(MEMBER,))
    assert entries(desk, MEMBER) == {}
    assert kinds(desk, OTHER) == [f"review_end.cotech.1.{number.lower()}"]


def test_who_stands_in_or_holds_a_proxy_sees_what_they_owe_for_another(desk, tmp_path):
    desk.under(changed_charter(tmp_path / "proxies.yaml", lambda it: body_of(it, "cotech")["rules"].update(proxies_per_holder=1)))
    number = desk.to_technical()
    assert entries(desk, DEPUTY) == {}
    days = {"starts_on": TODAY.isoformat(), "ends_on": (TODAY + timedelta(days=9)).isoformat(), "deputy": DEPUTY}
    note_absence(desk.app, CONVENTION, person_of(desk, MEMBER).code, days)
    [asked] = entries(desk, DEPUTY).values()
    assert "Au titre de : COTECH-06" in text_of(asked)
    desk.ask(GiveProxyForm(seat=PILOT, action=number, body="cotech", holder=OTHER))
    desk.opine(number, "cotech", seats=(OTHER,))
    [asked] = entries(desk, OTHER).values()
    assert f"Au titre de : {PILOT}" in text_of(asked)


def test_who_keeps_out_of_a_review_owes_nothing_in_it(desk):
    number = desk.to_technical()
    desk.ask(DeclareConflictForm(seat=MEMBER, action=number, kind="other", reason="Un cousin y travaille"))
    assert entries(desk, MEMBER) == {}


def test_who_leads_an_action_sees_its_milestones_and_reports_until_they_are_settled(desk):
    number = desk.to_work()
    found, low = entries(desk, PILOT), number.lower()
    assert kinds(desk, PILOT) == sorted([f"progress.{low}", *(f"milestone.{n}.{low}" for n in range(1, 1 + len(found) - 1))])
    first = next(event for uid, event in found.items() if ".milestone.1." in uid)
    assert "Échéance d'un jalon « Recensement des équipements et des espaces »" in text_of(first)
    assert "Calcul : date inscrite dans la fiche" in text_of(first)
    desk.watch.go_to(date(2026, 12, 1))
    desk.report(number, reached=[1])
    later = entries(desk, PILOT)
    gone = {uid for uid in found if uid not in later}
    assert {uid.split(".")[1:3] == ["milestone", "1"] for uid in gone} == {True}
    before, after = (next(event for uid, event in each.items() if ".progress." in uid) for each in (found, later))
    assert (before["UID"], before["DTSTART"].dt < after["DTSTART"].dt, before["SEQUENCE"] < after["SEQUENCE"]) == (after["UID"], True, True)


def test_who_is_asked_for_news_or_has_to_complete_a_proposal_sees_until_when_and_a_reminder_moves_nothing(desk):
    number, returned = desk.to_work().lower(), desk.to_technical(provision(description=None)).lower()
    desk.post()
    assert f"completion.{returned}" in kinds(desk, PILOT)
    assert kinds(desk, CLERK) == [f"completion.{returned}"]
    desk.watch.go_to(date(2027, 4, 6))
    desk.settle()
    desk.post()
    assert f"progress_report.{number}" in kinds(desk, PILOT)
    asked = next(event for uid, event in entries(desk, PILOT).items() if ".progress_report." in uid)
    assert "Calcul : 15 jours calendaires après la demande de nouvelles (6 avril 2027)" in text_of(asked)
    whose = whose_calendar(desk.app, CONVENTION, PILOT)
    before, log = calendar_of(desk.app, whose), len(desk.events(number.upper()))
    desk.watch.go_to(asked["DTSTART"].dt + timedelta(days=5))
    desk.settle()
    assert len(desk.events(number.upper())) > log
    assert calendar_of(desk.app, whose) == before


def test_a_reservation_is_a_day_of_who_leads_the_action_and_of_the_body_that_made_it(desk):
    number = desk.reserving("COTECH-03").lower()
    assert f"reservation.cotech.1.{number}" in kinds(desk, PILOT)
    assert kinds(desk, "cotech") == [f"reservation.cotech.1.{number}"]
    assert kinds(desk, "copil") == [f"review_end.copil.1.{number}"]


def test_the_calendar_of_a_body_has_its_reviews_and_not_how_far_they_have_come(desk):
    number = desk.to_technical()
    before = calendar_of(desk.app, Whose(CONVENTION, body="cotech"))
    [event] = [event for uid, event in entries(desk, "cotech").items() if "review_end" in uid]
    assert text_of(event).startswith(f"[Répétition] Fin de l'examen : {number}, ")
    assert "COTECH-" not in text_of(event)
    desk.opine(number, "cotech", seats=(MEMBER, OTHER))
    assert calendar_of(desk.app, Whose(CONVENTION, body="cotech")) == before


@pytest.mark.parametrize("rules", [{}, IN_SECRET], ids=["open", "secret"])
def test_an_opinion_changes_no_byte_of_anybody_elses_calendar(desk, tmp_path, rules):
    desk.under(changed_charter(tmp_path / "rules.yaml", lambda it: body_of(it, "cotech")["rules"].update(rules)))
    number = desk.to_technical()
    whose = [whose_calendar(desk.app, CONVENTION, who) for who in (OTHER, "cotech")]
    before = [calendar_of(desk.app, each) for each in whose]
    desk.watch.advance(hours=3)
    actor = Actor(seat=MEMBER, via=Via.PORTAL)
    desk.execute(Verb.RECORD_OPINION, number, actor=actor, body="cotech", voter=MEMBER, opinion="favourable")
    assert [calendar_of(desk.app, each) for each in whose] == before


def test_the_same_data_make_the_same_bytes_and_another_day_moves_nothing(desk):
    desk.to_technical(), desk.to_work()
    Secretariat(desk, "cotech", CLERK).convened()
    whose = [whose_calendar(desk.app, CONVENTION, who) for who in (PILOT, "cotech")]
    before = [calendar_of(desk.app, each) for each in whose]
    desk.watch.advance(days=1)
    assert [calendar_of(desk.app, each) for each in whose] == before


def test_everybody_reads_it_in_their_own_language(desk):
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().where(table(Person).c.id == person_of(desk, MEMBER).id).values(language="en"))
    number = desk.to_technical()
    [event] = entries(desk, MEMBER).values()
    assert text_of(event).startswith(f"[Rehearsal] Opinion to be given: {number}, ")


# --- meetings -------------------------------------------------------------------------------------------------------------------------
def test_a_meeting_has_the_name_the_sequence_and_the_words_of_its_invitation(desk):
    office = Secretariat(desk, "cotech", CLERK)
    number = office.convened(actions=(desk.to_technical(),), link="https://visio.example/cotech")
    [event] = [event for uid, event in entries(desk, MEMBER).items() if number.lower() in uid]
    row = next(row for row in desk.rows(Delivery, message="convocation") if row.person_id == person_of(desk, MEMBER).id)
    now, reader = desk.app.clock.now(), Recipient("M", "m@ville.example", "fr")
    with desk.app.db.read() as connection:
        reading = Reading("fr", now, rehearsal=True, portal=desk.app.settings.base_url, privacy="")
        told = told_of_meeting(connection, desk.charter(), row._mapping, reading)
    [invited] = Calendar.from_ical(told.invitation("convocation", reader, now).content).walk("VEVENT")
    same = ("UID", "SEQUENCE", "SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "CONFERENCE")
    assert {name: str(event[name]) for name in same} == {name: str(invited[name]) for name in same}
    assert event["DTSTART"].dt == invited["DTSTART"].dt


def test_a_meeting_is_uncertain_until_it_is_convened_keeps_its_name_when_it_moves_and_stays_when_it_is_off(desk):
    number, office = desk.to_technical(), Secretariat(desk, "cotech", CLERK)
    planned = office.plan(days=20, actions=(number,))
    seen = []

    def look():
        [event] = [event for uid, event in entries(desk, MEMBER).items() if planned.lower() in uid]
        seen.append(event)

    look()
    for ask, given in (
        (ConveneMeeting, {}),
        (ChangeMeeting, {"held_on": desk.today + timedelta(days=27)}),
        (CancelMeeting, {"reason": "Salle inondée"}),
    ):
        desk.watch.advance(minutes=5)
        office.ask(ask, meeting=planned, **given)
        look()
    assert [str(event["STATUS"]) for event in seen] == ["TENTATIVE", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert len({str(event["UID"]) for event in seen}) == 1
    assert [int(event["SEQUENCE"]) for event in seen] == [1, 2, 3, 4]
    assert sorted(event["LAST-MODIFIED"].dt for event in seen) == [event["LAST-MODIFIED"].dt for event in seen]
    assert str(seen[-1]["SUMMARY"]).replace("\u00a0", " ").startswith("Annulée : ")
    assert "Salle inondée" not in text_of(seen[-1])


def test_the_calendar_of_a_body_does_not_say_how_to_join_from_afar(desk):
    number, office = desk.to_technical(), Secretariat(desk, "cotech", CLERK)
    near = office.convened(actions=(number,), link="https://visio.example/secret")
    far = office.convened(days=20, actions=(number,), place=None, link="https://visio.example/secret")
    found = entries(desk, "cotech")
    told = {number: next(event for uid, event in found.items() if number.lower() in uid) for number in (near, far)}
    assert [str(told[each]["LOCATION"]) for each in (near, far)] == ["Hôtel de ville", "À distance"]
    assert "visio" not in calendar_of(desk.app, Whose(CONVENTION, body="cotech")).decode().replace("\r\n ", "")


def test_meetings_are_those_of_the_readers_bodies_on_days_on_which_they_sit(desk):
    Secretariat(desk, "cotech", CLERK).convened(items=("Divers",))
    other = Secretariat(desk).convened(items=("Divers",))
    assert len(entries(desk, MEMBER)) == 1
    assert [uid for uid in entries(desk, MEMBER) if other.lower() in uid] == []
    assert len(kinds(desk, "copil")) == 1
    end_seat(desk, MEMBER, desk.today + timedelta(days=9))
    assert entries(desk, MEMBER) == {}


def test_who_no_longer_sits_sees_nothing_any_more_not_even_what_was(desk):
    desk.to_technical()
    Secretariat(desk, "cotech", CLERK).convened(days=1, items=("Divers",))
    address = renew(desk.app, whose_calendar(desk.app, CONVENTION, MEMBER))
    assert len(entries(desk, MEMBER)) == 2
    end_seat(desk, MEMBER, desk.today + timedelta(days=5))
    desk.watch.advance(days=5)
    assert len(entries(desk, MEMBER)) == 2
    desk.watch.advance(days=1)
    content = read_calendar(desk.app, held_by(desk.app, token_in(address))).content
    assert Calendar.from_ical(content).walk("VEVENT") == []


def test_many_meetings_and_deadlines_ask_the_database_no_more_than_a_few(light_desk):
    desk, office = light_desk, Secretariat(light_desk, "cotech", CLERK)
    desk.to_work(), desk.to_technical(), office.convened(items=("Divers",))
    whose = [whose_calendar(desk.app, CONVENTION, who) for who in (PILOT, "cotech")]
    counts = []
    for _ in range(2):
        with statements_of(desk.app) as heard:
            contents = [calendar_of(desk.app, each) for each in whose]
        counts.append((len(heard), b"".join(contents).count(b"BEGIN:VEVENT")))
        for _ in range(4):
            desk.to_technical(), office.convened(items=("Divers",))
    (few, before), (many, after) = counts
    assert (many, after - before) == (few, 16)


def test_days_that_an_earlier_charter_gave_cost_three_questions_however_many_they_are(light_desk, tmp_path):
    def close(it):
        it["calendar"]["closing_weeks"].insert(1, {"first": "2026-10-12", "last": "2026-10-16"})

    desk, counts, contents = light_desk, [], []
    for _ in range(4):
        desk.to_technical()
    desk.watch.advance(days=1)
    for _ in range(2):
        with statements_of(desk.app) as heard:
            contents.append(calendar_of(desk.app, whose_calendar(desk.app, CONVENTION, "cotech")).decode().replace("\r\n ", ""))
        counts.append(len(heard))
        desk.under(changed_charter(tmp_path / "closed.yaml", close))
    assert [told.count("d'après la charte en vigueur le 5 octobre 2026") for told in contents] == [0, 4]
    assert counts[1] <= counts[0] + 3


# --- deadlines without an action ------------------------------------------------------------------------------------------------------
def of_terms(desk, who):
    """What a calendar says of deadlines without an action, by name."""
    named = ((uid.removeprefix("rehearsal.").partition(f".{CONVENTION}@")[0], event) for uid, event in entries(desk, who).items())
    return {uid: event for uid, event in named if uid.startswith(("convocation.", "seat_end.", "convention_end."))}


def keep(desk):
    keep_everywhere(desk.app)


def test_who_serves_a_body_sees_until_when_to_convene_it_and_the_day_moves_with_the_meeting(desk, tmp_path):
    desk.under(changed_charter(tmp_path / "notice.yaml", lambda it: body_of(it, "cotech")["rules"].update(notice_days=5)))
    office, ends = Secretariat(desk, "cotech", CLERK), f"convention_end.{CONVENTION}"
    planned = office.plan(days=30, items=("Divers",))
    named = f"convocation.{planned.lower()}"
    before = {who: of_terms(desk, who) for who in (CLERK, "cotech", MEMBER, "copil")}
    assert {who: sorted(found) for who, found in before.items()} == {
        CLERK: [ends, named],
        "cotech": [ends, named],
        MEMBER: [],
        "copil": [ends],
    }
    assert before["cotech"][named]["DTSTART"].dt == desk.today + timedelta(days=24)
    said = text_of(before["cotech"][named])
    assert said.startswith(f"[Répétition] Convocation d'une séance : {planned}, Comité technique")
    assert "Calcul : 5 jours francs avant la séance" in said
    desk.watch.advance(minutes=5)
    office.ask(ChangeMeeting, meeting=planned, held_on=desk.today + timedelta(days=37))
    after = of_terms(desk, CLERK)
    assert after[named]["DTSTART"].dt == desk.today + timedelta(days=31)
    assert int(after[named]["SEQUENCE"]) > int(before[CLERK][named]["SEQUENCE"])
    assert after[ends] == before[CLERK][ends]
    office.ask(ConveneMeeting, meeting=planned)
    assert of_terms(desk, CLERK).keys() == {ends}


def test_seats_that_end_on_one_day_are_one_entry_which_their_holders_see_as_well(desk):
    day = desk.today + timedelta(days=90)
    end_seat(desk, MEMBER, day), end_seat(desk, OTHER, day), keep(desk)
    named = f"seat_end.cotech.{day.isoformat()}"
    [mine] = of_terms(desk, MEMBER).values()
    assert (mine["DTSTART"].dt, str(mine["SUMMARY"]).replace("\u00a0", " ")) == (
        day,
        f"[Répétition] Fin d'un siège : {MEMBER}, Comité technique",
    )
    together = of_terms(desk, "cotech")[named]
    assert "Fin de 2 sièges : Comité technique" in text_of(together)
    assert f"Sièges : {OTHER}, {MEMBER}" in text_of(together)
    desk.watch.advance(minutes=5)
    end_seat(desk, OTHER, day + timedelta(days=1)), keep(desk)
    alone = of_terms(desk, "cotech")
    assert {uid for uid in alone if uid.startswith("seat_end")} == {named, f"seat_end.cotech.{(day + timedelta(days=1)).isoformat()}"}
    assert int(alone[named]["SEQUENCE"]) > int(together["SEQUENCE"])
    desk.watch.advance(minutes=5)
    end_seat(desk, MEMBER, None), keep(desk)
    assert of_terms(desk, MEMBER) == {}


# --- addresses ------------------------------------------------------------------------------------------------------------------------
def token_in(address):
    return address.url.rpartition("/")[2].removesuffix(".ics")


def test_an_address_says_nothing_leads_to_its_calendar_and_is_replaced_or_revoked_for_good(desk):
    whose = whose_calendar(desk.app, CONVENTION, MEMBER)
    assert address_of(desk.app, whose) is None
    first = renew(desk.app, whose)
    assert address_of(desk.app, whose) == first
    assert person_of(desk, MEMBER).code not in first.url
    assert first.subscribe == first.url.replace("http://", "webcal://")
    assert held_by(desk.app, token_in(first)).whose == whose
    second = renew(desk.app, whose)
    with pytest.raises(Gone):
        held_by(desk.app, token_in(first))
    assert held_by(desk.app, token_in(second)).whose == whose
    assert [revoke(desk.app, whose), revoke(desk.app, whose), address_of(desk.app, whose)] == [True, False, None]
    with pytest.raises(Gone):
        held_by(desk.app, token_in(second))


def test_of_those_who_renew_an_address_at_the_same_moment_one_is_the_last(desk):
    whose = whose_calendar(desk.app, CONVENTION, "cotech")

    def attempt(_):
        with suppress(Conflict):
            renew(desk.app, whose)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(8)))
    assert len([row for row in desk.rows(Feed) if row.revoked_at is None]) == 1
    assert address_of(desk.app, whose) is not None


def test_each_person_and_each_body_has_an_address_of_its_own(desk):
    every = [whose_calendar(desk.app, CONVENTION, who) for who in (MEMBER, OTHER, "cotech", "copil")]
    addresses = [renew(desk.app, whose) for whose in every]
    assert [held_by(desk.app, token_in(address)).whose for address in addresses] == every
    revoke(desk.app, every[2])
    assert [address_of(desk.app, whose) is None for whose in every] == [False, False, True, False]


def test_a_token_of_a_mail_opens_no_calendar_and_one_that_was_touched_none_either(desk):
    address = renew(desk.app, whose_calendar(desk.app, CONVENTION, MEMBER))
    [feed] = desk.rows(Feed)
    good = token_in(address)
    for wrong in (token_of(secret_of(desk.app.db), feed.id), f"{good[:-2]}AA", good[:-1], "", "é", good + "="):
        with pytest.raises(NotFound):
            held_by(desk.app, wrong)


def test_making_void_what_was_sent_to_somebody_makes_their_calendar_void_too(desk):
    whose = whose_calendar(desk.app, CONVENTION, MEMBER)
    address = renew(desk.app, whose)
    revoke_links(desk.app, whose.person_id)
    with pytest.raises(Gone):
        held_by(desk.app, token_in(address))
    assert address_of(desk.app, whose) is None


def test_that_a_calendar_was_read_is_noted_once_an_hour_and_when_it_has_changed(desk):
    whose = whose_calendar(desk.app, CONVENTION, MEMBER)
    held = held_by(desk.app, token_in(renew(desk.app, whose)))
    first, moment = read_calendar(desk.app, held), desk.watch()
    desk.watch.advance(minutes=59)
    assert read_calendar(desk.app, held) == first
    assert address_of(desk.app, whose).read_at == moment
    desk.watch.advance(minutes=1)
    assert read_calendar(desk.app, held) == first
    assert address_of(desk.app, whose).read_at == desk.watch()
    desk.watch.advance(minutes=1)
    desk.to_technical()
    after = read_calendar(desk.app, held)
    assert (after.tag == first.tag, after.changed_at) == (False, desk.watch())


def test_a_code_that_is_unknown_or_means_two_is_refused(desk):
    with pytest.raises(NotFound) as refused:
        whose_calendar(desk.app, CONVENTION, "patrimoin")
    assert refused.value.problems[0].params["near"].split(", ")[0] == "patrimoine"
    assert whose_calendar(desk.app, CONVENTION, "patrimoine") == whose_calendar(desk.app, CONVENTION, " cotech-06 ")
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().where(table(Person).c.code == "patrimoine").values(code="cotech"))
    with pytest.raises(Refused) as refused:
        whose_calendar(desk.app, CONVENTION, "cotech")
    assert [problem.code for problem in refused.value.problems] == ["calendar_of_both"]
