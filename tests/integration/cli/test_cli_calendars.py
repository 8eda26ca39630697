"""``passerelle calendar``: where a calendar is read, and the calendar as a file."""

import pytest
from icalendar import Calendar


def test_an_address_is_given_shown_replaced_and_revoked(passerelle):
    assert "passerelle calendar renew patrimoine" in passerelle("calendar", "show", "patrimoine").out
    first = passerelle("calendar", "renew", "patrimoine", "--json").data["address"]
    assert first["url"].endswith(".ics")
    assert passerelle("calendar", "show", "COTECH-06", "--json").data["address"] == first
    said = passerelle("calendar", "renew", "COTECH-06").out
    assert first["url"] not in said
    assert "Jamais lue jusqu'ici." in said
    assert passerelle("calendar", "revoke", "patrimoine", "--json").data == {"of": "patrimoine", "revoked": True}
    assert "aucune adresse" in passerelle("calendar", "revoke", "patrimoine").out
    assert passerelle("calendar", "show", "patrimoine", "--json").data["address"] is None


@pytest.mark.parametrize("who", ["patrimoine", "cotech"])
def test_a_calendar_is_written_to_a_file_as_it_is_now(light_desk, passerelle, tmp_path, who):
    number = light_desk.to_technical()
    done = passerelle("calendar", "export", who, tmp_path / "agenda.ics")
    assert (done.code, "agenda.ics" in done.out) == (0, True)
    event, *ends = Calendar.from_ical((tmp_path / "agenda.ics").read_bytes()).walk("VEVENT")
    assert ["convention_end" in end["UID"] for end in ends] == ([True] if who == "cotech" else [])
    assert number in str(event["SUMMARY"])


def test_whom_nobody_knows_and_what_cannot_be_written_is_refused(passerelle, tmp_path):
    unknown = passerelle("calendar", "show", "patrimoin")
    assert (unknown.code, "patrimoine" in unknown.said) == (2, True)
    nowhere = passerelle("calendar", "export", "cotech", tmp_path / "missing" / "agenda.ics")
    assert (nowhere.code, "agenda.ics" in nowhere.said) == (2, True)
