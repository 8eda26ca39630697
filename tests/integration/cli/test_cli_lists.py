import pytest
from builders import PEOPLE, provision

from notifications.sink import running_sink, store


@pytest.fixture
def number(light_desk):
    return light_desk.to_technical(provision())


def test_actions_are_listed_with_their_state_in_words(number, passerelle):
    lines = passerelle("action", "list").out.splitlines()
    assert [cell.strip() for cell in lines[2].split("   ") if cell.strip()] == [
        number,
        provision().title,
        "en examen technique",
        "2",
        provision().lead_person,
    ]


def test_actions_are_listed_by_state(number, passerelle):
    assert [row["number"] for row in passerelle("action", "list", "--state", "technical_review", "--json").data] == [number]
    assert passerelle("action", "list", "--state", "closed", "--json").data == []
    assert passerelle("action", "list", "--state", "closed").out == "Rien à montrer.\n"
    assert passerelle("action", "list", "--state", "open").code == 2


def test_an_action_is_shown_with_who_has_answered_and_who_is_awaited(light_desk, number, passerelle):
    light_desk.opine(number, "cotech", "with_reservations", seats=("COTECH-03",))
    review = passerelle("action", "show", number, "--json").data["reviews"][0]
    assert (review["body"], review["answered"], review["awaited"]) == (
        "cotech",
        ["COTECH-03"],
        ["COTECH-01", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"],
    )
    assert [(opinion["value"], opinion["words"]) for opinion in review["opinions"]] == [("with_reservations", "Motif")]


def test_the_page_of_an_action_holds_its_sheet_reviews_deadlines_and_log(number, passerelle):
    page = passerelle("action", "show", number.lower()).out
    assert page.splitlines()[0] == f"{number} \u2013 {provision().title}"
    headings = [
        f"axe\u00a0: {provision().axis}",
        "Examen\u00a0: cotech, tour 1",
        "Avis reçus\u00a0: 0 sur 6.",
        "Jalons",
        "Échéances à venir",
        "Historique",
    ]
    assert [heading for heading in headings if heading not in page] == []


def test_an_action_through_all_its_stages_is_shown_whole(light_desk, passerelle):
    number = light_desk.to_work()
    light_desk.report(number, percent=40)
    shown = passerelle("action", "show", number, "--json").data
    assert [decision["outcome"] for decision in shown["decisions"]] == ["refer", "approve"]
    assert [(report["percent"], report["words"]) for report in shown["reports"]] == [(40, "Bon début")]
    assert [line["seq"] for line in shown["timeline"]] == list(range(1, shown["version"] + 1))
    assert passerelle("action", "show", number).code == 0


def test_events_are_listed_by_action_and_topic_the_newest_last(light_desk, number, passerelle):
    light_desk.propose()
    rows = passerelle("events", "--action", number.lower(), "--json").data
    assert [(row["action"], row["topic"], row["reaction"]) for row in rows] == [
        (number, "action.proposed", "done"),
        (number, "review.opened", "done"),
    ]
    assert [row["topic"] for row in passerelle("events", "--limit", "1", "--json").data] == ["action.proposed"]
    assert [row["action"] for row in passerelle("events", "--topic", "review.opened", "--json").data] == [number]
    assert passerelle("events", "--topic", "review.begun").code == 2
    assert "examen ouvert" in passerelle("events").out


@pytest.mark.usefixtures("number")
def test_the_identifier_of_an_event_is_never_cut(passerelle):
    rows = passerelle("events", "--json").data
    assert [row["id"] for row in rows if row["id"] not in passerelle("events").out] == []


def test_deliveries_are_listed_by_state_and_action_and_persons_by_code(number, passerelle):
    rows = passerelle("deliveries", "--state", "ready", "--action", number, "--json").data
    assert {row["message"] for row in rows} == {"opinion-requested", "proposal-acknowledged"}
    assert {row["person"] for row in rows if row["message"] == "opinion-requested"} >= {"presidence-cotech", "urbanisme"}
    assert [name for name in ("person_id", "email") if name in rows[0]] == []
    assert passerelle("deliveries", "--state", "lost").code == 2
    assert "à envoyer" in passerelle("deliveries").out


@pytest.mark.usefixtures("number")
def test_only_a_lost_delivery_is_sent_again(passerelle):
    delivery = passerelle("deliveries", "--limit", "1", "--json").data[0]["id"]
    assert passerelle("deliveries", "resend", delivery).code == 2
    assert passerelle("deliveries", "resend", "abc").said == "Refusé\u00a0:\n  - il n'y a pas d'envoi abc.\n"


def test_nothing_is_parked_in_a_home_that_is_well(passerelle):
    assert passerelle("parked", "list", "--json").data == []
    for verb in ("retry", "drop"):
        assert passerelle("parked", verb, "deadline-1").said == "Refusé\u00a0:\n  - il n'y a pas d'élément mis de côté deadline-1.\n"


def test_mails_are_listed_and_read(passerelle, tmp_path):
    mailbox = tmp_path / "mailbox"
    with running_sink(mailbox):
        content = b"From: a@ville.example\r\nTo: b@ville.example\r\nSubject: Avis\r\n\r\nBonjour\r\n"
        key = store(mailbox, "a@ville.example", ["b@ville.example"], content)
    rows = passerelle("mailbox", "list", "--json").data
    assert [(row["key"], row["to"], row["subject"], row["flaw"]) for row in rows] == [(key, "b@ville.example", "Avis", None)]
    assert passerelle("mailbox", "show", key).out.endswith("Subject: Avis\n\nBonjour\n\n")
    assert passerelle("mailbox", "show", key, "--json").data["text"].strip() == "Bonjour"
    assert passerelle("mailbox", "show", "rien").said == (
        "Refusé\u00a0:\n  - il n'y a pas de courriel rien\u00a0; «\u00a0passerelle mailbox list\u00a0» donne les clés.\n"
    )


def test_persons_are_exported_as_they_were_imported(passerelle, tmp_path):
    exported = passerelle("people", "export").out
    file = tmp_path / "personnes.csv"
    file.write_text(exported, encoding="utf-8")
    again = passerelle("people", "import", file, "--json").data
    assert (again["created"], again["changed"], again["dry_run"]) == ([], [], False)
    assert len(exported.splitlines()) == len(PEOPLE.read_text(encoding="utf-8").splitlines())


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(passerelle, tmp_path):
    file = tmp_path / "personnes.csv"
    lines = PEOPLE.read_text(encoding="utf-8").splitlines()
    file.write_text(
        f"{lines[0]}\nnouveau;Nouveau membre;nouveau@ville.example;fr;COTECH-20;cotech;member;ville;1;2026-06-22;\n", encoding="utf-8"
    )
    answer = passerelle("people", "import", file, "--dry-run")
    assert answer.out == "À blanc, personnes et sièges\u00a0: 2 seraient ajoutés, 0 modifiés, 0 inchangés. Rien n'a été écrit.\n"
    assert "COTECH-20" not in passerelle("people", "list").out


def test_mistakes_in_a_table_are_told_by_file_and_line(passerelle, tmp_path):
    file = tmp_path / "personnes.csv"
    file.write_text(
        PEOPLE.read_text(encoding="utf-8").splitlines()[0] + "\nx;X;x@ville.example;de;S-1;cotech;member;ville;1;2026-06-22;\n",
        encoding="utf-8",
    )
    answer = passerelle("people", "import", file)
    assert (answer.code, answer.said) == (
        2,
        f"Refusé\u00a0:\n  - {file}, ligne 2, language\u00a0: «\u00a0de\u00a0» n'est pas connu ici\u00a0; valeurs possibles\u00a0: fr, en.\n",
    )


def test_a_table_that_does_not_exist_is_refused(passerelle, tmp_path):
    answer = passerelle("people", "import", tmp_path / "rien.csv")
    assert (answer.code, answer.said) == (
        2,
        f"Refusé\u00a0:\n  - {tmp_path / 'rien.csv'}\u00a0: ce fichier n'existe pas\u00a0; vérifiez son nom et son dossier.\n",
    )


def test_seats_are_listed_by_body(passerelle):
    rows = passerelle("people", "list", "--body", "cotech").out.splitlines()[2:]
    assert [line.split()[0] for line in rows if line.startswith("COTECH")] == [f"COTECH-0{number}" for number in range(1, 10)]
    assert {seat["body"] for person in passerelle("people", "list", "--json").data for seat in person["seats"]} >= {"copil", "gt-energie"}
