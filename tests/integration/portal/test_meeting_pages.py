"""Meetings in the portal: planned, convened, opened, attended and closed on pages, and read by members."""

from datetime import timedelta

import pytest
from builders import STEERING_CLERK, body_of, changed_charter, provision
from portal_http import text_of
from secretariat import Secretariat

from models.meetings.commands import ConveneMeeting
from models.tables import Delivery, Meeting, Review
from services.forms import AttendanceForm
from services.stages import run_deliveries


@pytest.fixture
def others(browser):
    """Other browsers at the same portal, each with whoever holds a seat signed in."""
    found = []

    def sign_in(seat=None):
        found.append(browser.another())
        if seat:
            found[-1].sign_in(found[-1].member(seat))
        return found[-1]

    yield sign_in
    for other in found:
        other.client.close()


@pytest.fixture
def secretary(browser):
    """The steering committee's secretary, signed in."""
    browser.sign_in(browser.member(STEERING_CLERK))
    return browser


def send(browser, path, **fields):
    page = browser.open(path)
    assert page.status_code == 200, page.text
    carried = {name: browser.carried(page, name) for name in ("seal", "key", "body", "seen_version", "second_of")}
    return browser.client.post(path.partition("?")[0], data={**{k: v for k, v in carried.items() if v}, **fields}, follow_redirects=False)


def planned(browser, **fields):
    day = (browser.desk.today + timedelta(days=10)).isoformat()
    where = {"held_on": day, "starts_at": "14:30", "place": "Hôtel de ville, salle 2"}
    return send(browser, "/seances/nouvelle?body=copil", **where, **fields)


def test_a_secretary_plans_a_meeting_with_what_awaits_the_body_ticked(secretary):
    number, other = secretary.desk.to_steering(), secretary.desk.to_steering(provision(title="Une autre action"))
    form = secretary.open("/seances/nouvelle?body=copil").text
    assert [f'value="{each}" checked' in form for each in (number, other)] == [True, True]
    answer = planned(secretary, actions=[other], items="Calendrier\nDivers, et suite")
    assert answer.headers["location"] == "/seances/COPIL-S-2026-001?fait=plan"
    page = text_of(secretary.open("/seances/COPIL-S-2026-001"))
    assert [part in page for part in (other, "Divers, et suite", number, "Hôtel de ville, salle 2", "Convoquer")] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert "COPIL-S-2026-001" in text_of(secretary.open("/seances"))
    assert "COPIL-S-2026-001" in text_of(secretary.open(f"/actions/{other}"))


def test_no_action_ticked_is_no_action_and_an_empty_agenda_is_refused(secretary):
    secretary.desk.to_steering()
    refused = planned(secretary)
    assert (refused.status_code, "l'ordre du jour est vide" in text_of(refused), secretary.desk.rows(Meeting)) == (422, True, [])
    assert planned(secretary, items="Calendrier").status_code == 303
    page = text_of(refused)
    assert ('value="14:30"' in page, "Hôtel de ville, salle 2" in page) == (True, True)


def test_it_is_convened_opened_seat_by_seat_and_attended_item_by_item(secretary, sink):
    number = secretary.desk.to_steering()
    planned(secretary, actions=[number])
    path = "/seances/COPIL-S-2026-001"
    assert send(secretary, f"{path}/convene").headers["location"] == f"{path}?fait=convene"
    run_deliveries(secretary.desk.through(sink.url).app, holder="test", gate=lambda: None)
    assert "9 messages partis sur 9" in text_of(secretary.open(path))
    mail = next(mail for mail in sink.mails() if "Convocation" in str(mail["Subject"]))
    assert f"{path}" in mail.get_body().get_content()
    [meeting] = secretary.desk.rows(Meeting)
    secretary.desk.watch.go_to(meeting.held_on)
    secretary.sign_in(secretary.member(STEERING_CLERK))
    there = {f"presence.{seat}": "present" for seat in ("COPIL-01", "COPIL-03", "COPIL-05")}
    send(secretary, f"{path}/open", **there, **{"presence.COPIL-04": "excused"})
    page = text_of(secretary.open(path))
    assert ("atteint : présents ou représentés 3 sur 6" in page, "Noter les présences" in page, "Excusé" in page) == (True, True, True)
    form = secretary.open(f"/actions/{number}/record_attendance?body=copil").text
    assert form.count('value="present" selected') == 3
    secretary.fill(f"/actions/{number}/record_attendance", body="copil", **there, **{"presence.COPIL-04": "remote"})
    [review] = secretary.desk.rows(Review, body="copil")
    assert review.attendance["seats"] == {
        **dict.fromkeys(("COPIL-01", "COPIL-03", "COPIL-05"), "present"),
        "COPIL-04": "remote",
        **dict.fromkeys(("COPIL-06", "COPIL-07"), "absent"),
    }
    assert "Examinée en séance COPIL-S-2026-001" in text_of(secretary.open(f"/actions/{number}"))
    nobody = secretary.fill(f"/actions/{number}/record_attendance", body="copil")
    assert (nobody.status_code, "Personne n'est noté présent" in text_of(nobody)) == (422, True)
    undecided = send(secretary, f"{path}/close")
    assert (undecided.status_code, "Des points restent sans décision" in text_of(undecided)) == (422, True)
    assert send(secretary, f"{path}/close", reason="Reportés").headers["location"] == f"{path}?fait=close"


def test_the_file_of_a_review_says_who_attended_and_whose_opinion_does_not_count(secretary):
    desk = secretary.desk
    number = desk.to_steering()
    desk.opine(number, "copil", "unfavourable", seats=("COPIL-07",))
    office = Secretariat(desk)
    meeting = office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"))
    desk.ask(AttendanceForm(seat=STEERING_CLERK, action=number, body="copil"))
    secretary.sign_in(secretary.member(STEERING_CLERK))
    page = text_of(secretary.open(f"/actions/{number}/examens"))
    assert f'<a href="/seances/{meeting}">{meeting}</a>' in page
    assert (page.count("ne compte pas : absent de la séance"), page.count("Absent de la séance : sans voix")) == (1, 2)


def test_a_missed_quorum_leads_to_the_second_convocation(secretary):
    desk = secretary.desk
    desk.under(
        changed_charter(
            desk.app.settings.home / "second.yaml",
            lambda it: body_of(it, "copil")["rules"].update(second_convocation="without_quorum", proxies_per_holder=1),
        )
    )
    desk.to_steering()
    office = Secretariat(desk)
    number = office.held(present=("COPIL-01",))
    secretary.sign_in(secretary.member(STEERING_CLERK))
    page = text_of(secretary.open(f"/seances/{number}"))
    assert ("manqué : présents ou représentés 1 sur 6" in page, f"second_of={number}" in page) == (True, True)
    day = (desk.today + timedelta(days=1)).isoformat()
    form = secretary.open(f"/seances/nouvelle?body=copil&second_of={number}").text
    assert ('name="actions"' in form, "l'ordre du jour est repris tel quel" in form.replace("&#39;", "'")) == (False, True)
    send(secretary, f"/seances/nouvelle?body=copil&second_of={number}", held_on=day, starts_at="10:00", link="https://visio.example/a")
    [second] = desk.rows(Meeting, second_of=number)
    assert second.number in text_of(secretary.open(f"/seances/{number}"))
    changed = send(secretary, f"/seances/{second.number}/change", held_on=day, starts_at="11:00", place="Salle 3")
    assert (changed.status_code, office.meeting(second.number).starts_at) == (303, "11:00")


def test_whoever_is_represented_is_noted_with_who_holds_the_proxy(secretary):
    desk = secretary.desk
    desk.under(
        changed_charter(desk.app.settings.home / "proxies.yaml", lambda it: body_of(it, "copil")["rules"].update(proxies_per_holder=1))
    )
    desk.to_steering()
    office = Secretariat(desk)
    number = office.convened()
    desk.watch.go_to(office.meeting(number).held_on)
    secretary.sign_in(secretary.member(STEERING_CLERK))
    there = {f"presence.{seat}": "present" for seat in ("COPIL-01", "COPIL-05")} | {"presence.COPIL-03": "represented"}
    without = send(secretary, f"/seances/{number}/open", **there)
    assert (without.status_code, "dites quel siège porte son pouvoir" in text_of(without)) == (422, True)
    idle = send(secretary, f"/seances/{number}/open", **there, **{"holder.COPIL-03": "COPIL-01", "holder.COPIL-05": "COPIL-01"})
    assert (idle.status_code, "qui ne sont pas représentés : COPIL-05" in text_of(idle)) == (422, True)
    send(secretary, f"/seances/{number}/open", **there, **{"holder.COPIL-03": "COPIL-01"})
    assert office.meeting(number).attendance["holders"] == {"COPIL-03": "COPIL-01"}
    assert "pouvoir porté par COPIL-01" in text_of(secretary.open(f"/seances/{number}"))


def test_members_read_meetings_and_act_on_none(secretary, others):
    secretary.desk.to_steering()
    planned(secretary, items="Calendrier")
    member = others("COPIL-03")
    page = text_of(member.open("/seances/COPIL-S-2026-001"))
    assert ("Calendrier" in page, "/convene" in page) == (True, False)
    assert member.open("/seances/nouvelle?body=copil").status_code == 403
    assert member.open("/seances/COPIL-S-2026-001/convene").status_code == 403
    assert member.open("/seances/COPIL-S-2026-009").status_code == 404
    assert others().open("/seances").headers["location"] == "/connexion"
    other = others("COTECH-02")
    assert other.open("/seances/COPIL-S-2026-001/convene").headers["location"] == "/seances/COPIL-S-2026-001"
    assert other.open("/seances/nouvelle?body=copil").status_code in (200, 422)
    assert secretary.desk.rows(Delivery, message="convocation") == []


def test_a_convened_meeting_is_moved_on_a_page_that_leaves_its_agenda_alone(secretary):
    office = Secretariat(secretary.desk)
    action = secretary.desk.to_steering()
    number = office.convened(items=("Calendrier",), link="https://visio.example/a")
    path = f"/seances/{number}"
    assert f'href="{path}/change"' in secretary.open(path).text
    form = secretary.open(f"{path}/change").text
    assert [f'name="{field}"' in form for field in ("held_on", "starts_at", "place", "link", "urgency", "actions", "items")] == [
        *[True] * 5,
        False,
        False,
    ]
    same = {"held_on": office.meeting(number).held_on.isoformat(), "place": "Hôtel de ville", "link": "https://visio.example/a"}
    idle = send(secretary, f"{path}/change", **same, starts_at="14:30")
    assert (idle.status_code, "rien ne change" in text_of(idle).lower()) == (422, True)
    moved = send(secretary, f"{path}/change", **same, starts_at="16h")
    assert moved.headers["location"] == f"{path}?fait=change"
    page = text_of(secretary.open(moved.headers["location"]))
    assert ["ceux qui étaient convoqués sont prévenus" in page, "16 h" in page, "Calendrier" in page, action in page] == [True] * 4
    planned(secretary, items="Divers")
    assert 'name="urgency"' not in secretary.open("/seances/COPIL-S-2026-002/change").text


def test_a_meeting_that_somebody_changed_meanwhile_is_not_changed_again(secretary):
    secretary.desk.to_steering()
    planned(secretary, items="Calendrier")
    path = "/seances/COPIL-S-2026-001/change"
    day = secretary.desk.today.isoformat()
    page = secretary.open(path)
    carried = {name: secretary.carried(page, name) for name in ("seal", "key", "body", "seen_version")}
    asked = {"held_on": day, "starts_at": "09:00", "place": "Ici", "items": "Calendrier"}
    assert secretary.client.post(path, data={**carried, **asked}, follow_redirects=False).status_code == 303
    stale = secretary.client.post(path, data={**carried, **asked, "key": "another-key-at-all"}, follow_redirects=False)
    assert (stale.status_code, "a changé entre-temps" in text_of(stale)) == (409, True)


def test_the_page_of_a_planned_meeting_shows_until_when_to_convene_it_and_who_is_reminded_when(secretary, tmp_path):
    desk = secretary.desk.under(changed_charter(tmp_path / "notice.yaml", lambda it: body_of(it, "copil")["rules"].update(notice_days=5)))
    desk.to_steering()
    number = Secretariat(desk).plan(days=38)
    page = text_of(secretary.open(f"/seances/{number}"))
    expected = ("À convoquer au plus tard le", "5 jours francs avant la séance (12 novembre 2026)", "Prochaine relance le 30 octobre 2026")
    assert [part for part in expected if part not in page] == []
    Secretariat(desk).ask(ConveneMeeting, meeting=number)
    assert "À convoquer au plus tard" not in text_of(secretary.open(f"/seances/{number}"))
