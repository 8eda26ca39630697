import pytest
from builders import provision

SEAT = ("--seat", "cotech-02")
SHEET = """\
title: Des arceaux à vélos
axis: transitions
objective: velo-transports
sites: [pont-de-bois]
context: On manque de places.
description: Poser quarante arceaux.
lead_body: ville
lead_person: pilote-velo
partners: [ville, universite]
starts_on: 2027-01-04
ends_on: 2027-12-31
milestones:
  - title: Arceaux posés
    due_on: 2027-06-30
indicators: Places occupées.
"""


@pytest.fixture
def sheet(tmp_path):
    file = tmp_path / "fiche.yaml"
    file.write_text(SHEET, encoding="utf-8")
    return file


def test_a_proposal_is_answered_with_its_number_state_version_and_next_command(passerelle):
    answer = passerelle("action", "propose", *SEAT, "--title", "Des arceaux")
    assert (answer.code, answer.out) == (
        0,
        (
            "Fait\u00a0: proposer une action, action A-2026-001, au nom du siège COTECH-02.\n"
            "État\u00a0: déposée, version 1.\n"
            "Ensuite\u00a0: l'examen technique s'ouvre de lui-même\u00a0; passerelle action show A-2026-001\n"
        ),
    )


@pytest.mark.usefixtures("passerelle")
def test_a_proposal_is_answered_in_english_to_those_who_ask_for_it(english):
    answer = english("action", "propose", *SEAT, "--title", "Racks")
    assert (answer.code, answer.out, answer.err) == (
        0,
        (
            "Done: propose an action, action A-2026-001, for seat COTECH-02.\n"
            "State: submitted, version 1.\n"
            "Next: the technical review opens by itself; passerelle action show A-2026-001\n"
        ),
        "Rehearsal home: nothing done here binds anybody.\n",
    )


def test_every_page_of_a_rehearsal_says_so(passerelle):
    assert passerelle("action", "list").err == "Maison de répétition\u00a0: rien de ce qui s'y passe n'engage personne.\n"


def test_programs_are_answered_in_json(passerelle):
    answer = passerelle("action", "draft", *SEAT, "--title", "Des arceaux", "--json")
    assert {**answer.data, "event": "..."} == {
        "action": "A-2026-001",
        "verb": "draft",
        "state": "draft",
        "version": 1,
        "event": "...",
        "repeated": False,
    }


def test_the_same_key_does_nothing_twice_and_says_so(passerelle):
    first = passerelle("action", "propose", *SEAT, "--title", "Des arceaux", "--key", "arceaux-1", "--json")
    again = passerelle("action", "propose", *SEAT, "--title", "Des arceaux", "--key", "arceaux-1", "--json")
    assert again.data == {**first.data, "repeated": True}
    assert len(passerelle("action", "list", "--json").data) == 1


def test_the_same_key_for_something_else_is_refused(passerelle):
    passerelle("action", "propose", *SEAT, "--title", "Des arceaux", "--key", "arceaux-1")
    other = passerelle("action", "propose", *SEAT, "--title", "Autre chose", "--key", "arceaux-1")
    assert (other.code, other.said) == (
        2,
        "Refusé\u00a0:\n  - la clé «\u00a0arceaux-1\u00a0» a déjà servi pour une autre demande\u00a0: prenez-en une nouvelle.\n",
    )


def test_every_mistake_of_a_form_is_told_by_its_option(passerelle):
    answer = passerelle("action", "propose", "--starts-on", "31/02/2027", "--budget-euros", "peu")
    assert (answer.code, answer.out, answer.said) == (
        2,
        "",
        (
            "Refusé, pour 4 raisons\u00a0:\n"
            "  - --seat\u00a0: cette information manque\u00a0; ajoutez-la.\n"
            "  - --starts-on\u00a0: «\u00a02027-02-31\u00a0» n'est pas une date qui existe\u00a0; écrivez-la ainsi\u00a0: 2026-06-22.\n"
            "  - --budget-euros\u00a0: «\u00a0peu\u00a0» n'est pas un nombre\u00a0; écrivez-le en chiffres, avec un point pour les décimales.\n"
            "  - --title\u00a0: cette information manque\u00a0; ajoutez-la.\n"
        ),
    )


def test_a_missing_number_is_told_by_its_place(passerelle):
    answer = passerelle("action", "submit", *SEAT)
    assert (answer.code, answer.said) == (2, "Refusé\u00a0:\n  - NUMERO\u00a0: cette information manque\u00a0; ajoutez-la.\n")


def test_an_unknown_action_is_answered_with_near_numbers(passerelle):
    passerelle("action", "propose", *SEAT, "--title", "Des arceaux")
    answer = passerelle("action", "withdraw", "a-2026-01", *SEAT, "--reason", "Sans objet")
    assert (answer.code, answer.said) == (
        2,
        "Refusé\u00a0:\n  - l'action a-2026-01 n'existe pas. Les plus proches\u00a0: A-2026-001.\n".replace("a-2026-01", "A-2026-01"),
    )


def test_a_rule_that_says_no_is_worded_in_full(passerelle, english):
    passerelle("action", "draft", *SEAT, "--title", "Des arceaux")
    answer = passerelle("action", "start", "A-2026-001", *SEAT)
    assert (answer.code, answer.said) == (
        2,
        "Refusé\u00a0:\n  - l'action est «\u00a0brouillon\u00a0»\u00a0: on ne peut pas démarrer dans cet état. Il faudrait qu'elle soit\u00a0: approuvée.\n",
    )
    assert english("action", "start", "A-2026-001", *SEAT).code == 2


def test_a_stale_version_is_a_conflict_with_both_versions(passerelle):
    passerelle("action", "draft", *SEAT, "--title", "Des arceaux")
    passerelle("action", "amend", "A-2026-001", *SEAT, "--title", "Quarante arceaux")
    answer = passerelle("action", "submit", "A-2026-001", *SEAT, "--seen-version", "1")
    assert (answer.code, answer.said) == (
        2,
        (
            "Refusé\u00a0:\n  - l'action A-2026-001 a changé entre-temps\u00a0: vous aviez vu la version 1, elle en est à la version 2. "
            "Relisez-la, puis recommencez.\n"
        ),
    )


def test_a_fact_of_the_future_is_refused_with_days_as_people_write_them(passerelle):
    answer = passerelle("action", "propose", *SEAT, "--title", "Des arceaux", "--occurred-on", "01/01/2090")
    assert "la date du fait (1er janvier 2090) est dans le futur" in answer.said
    assert answer.code == 2


def test_a_fact_of_the_past_needs_its_reason_and_keeps_its_day(passerelle):
    asked = ("action", "propose", *SEAT, "--title", "Des arceaux", "--occurred-on", "1/7/2026")
    assert passerelle(*asked).code == 2
    assert passerelle(*asked, "--late-reason", "Courrier reçu tard").code == 0
    assert passerelle("action", "show", "A-2026-001", "--json").data["timeline"][0]["occurred_on"] == "2026-07-01"


def test_a_sheet_may_come_from_a_file_and_options_prevail(passerelle, sheet):
    answer = passerelle(
        "action", "propose", *SEAT, "--from", sheet, "--title", "Quarante arceaux", "--milestones", "30/09/2027 Bilan", "--json"
    )
    shown = passerelle("action", "show", answer.data["action"], "--json").data
    assert (shown["title"], shown["sheet"]["axis"], shown["sheet"]["milestones"]) == (
        "Quarante arceaux",
        "transitions",
        [{"title": "Bilan", "due_on": "2027-09-30"}],
    )


def test_mistakes_in_a_sheet_are_told_by_file_line_and_key(passerelle, sheet):
    sheet.write_text(SHEET.replace("2027-06-30", "bientôt") + "couleur: rouge\n", encoding="utf-8")
    answer = passerelle("action", "draft", *SEAT, "--from", sheet)
    assert (answer.code, answer.said) == (
        2,
        (
            "Refusé, pour 2 raisons\u00a0:\n"
            f"  - {sheet}, ligne 14, milestones.1.due_on\u00a0: «\u00a0bientôt\u00a0» n'est pas une date qui existe\u00a0; écrivez-la ainsi\u00a0: 2026-06-22.\n"
            f"  - {sheet}, ligne 16, couleur\u00a0: cette rubrique n'existe pas\u00a0; vérifiez son nom ou supprimez-la.\n"
        ),
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "ce fichier est vide\u00a0; écrivez-y les rubriques de la fiche, au moins title."),
        ("- title: a\n", "ligne 1\u00a0: une fiche est une suite de rubriques (title, axis, themes…), une par ligne."),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(passerelle, sheet, content, sentence):
    sheet.write_text(content, encoding="utf-8")
    answer = passerelle("action", "draft", *SEAT, "--from", sheet)
    assert (answer.code, answer.said.removesuffix(f"{sentence}\n")) == (2, answer.said[: -len(sentence) - 1])


def test_lists_are_given_by_repeating_the_option_or_with_commas(passerelle):
    passerelle("action", "draft", *SEAT, "--title", "a", "--themes", "biodiversite,inclusion-sociale", "--themes", "entrepreneuriat")
    assert passerelle("action", "show", "A-2026-001", "--json").data["sheet"]["themes"] == [
        "biodiversite",
        "inclusion-sociale",
        "entrepreneuriat",
    ]


def test_an_opinion_and_a_decision_go_through_the_command(light_desk, passerelle):
    number = light_desk.to_technical(provision())
    given = passerelle("action", "record-opinion", number, *SEAT, "--body", "cotech", "--voter", "cotech-03", "--opinion", "favourable")
    refused = passerelle("action", "decide", number, *SEAT, "--body", "cotech", "--outcome", "refer")
    assert (given.code, refused.code) == (0, 2)
    assert refused.said == "Refusé\u00a0:\n  - l'examen de l'instance «\u00a0cotech\u00a0» n'est pas clos\u00a0: clôturez-le d'abord.\n"


def test_a_choice_that_is_not_offered_is_answered_with_those_that_are(passerelle):
    answer = passerelle("action", "decide", "A-2026-001", *SEAT, "--body", "copil", "--outcome", "maybe")
    assert (answer.code, answer.said) == (
        2,
        (
            "Refusé\u00a0:\n  - --outcome\u00a0: «\u00a0maybe\u00a0» n'est pas proposé ici\u00a0; "
            "valeurs possibles\u00a0: refer, approve, return, adjourn, reject.\n"
        ),
    )


def test_a_file_is_attached_once_and_kept_by_its_content(passerelle, tmp_path):
    passerelle("action", "draft", *SEAT, "--title", "Des arceaux")
    file = tmp_path / "plan.pdf"
    file.write_bytes(b"%PDF-1.7 plan")
    attached = passerelle("action", "attach", "A-2026-001", file, *SEAT)
    again = passerelle("action", "attach", "A-2026-001", file, *SEAT)
    assert (attached.code, attached.out.splitlines()[0]) == (
        0,
        "Fait\u00a0: joindre un fichier, action A-2026-001, au nom du siège COTECH-02.",
    )
    assert (again.code, again.said) == (2, "Refusé\u00a0:\n  - ce fichier est déjà joint à l'action, octet pour octet.\n")
    shown = passerelle("action", "show", "A-2026-001", "--json").data["attachments"]
    assert [(found["file_name"], found["media_type"], found["size"]) for found in shown] == [("plan.pdf", "application/pdf", 13)]


def test_an_unknown_action_with_nothing_near_is_told_without_a_list(passerelle):
    answer = passerelle("action", "show", "Z-9")
    assert answer.said == "Refusé\u00a0:\n  - l'action Z-9 n'existe pas.\n"


def test_explain_without_a_seat_asks_for_what_is_to_be_given_and_names_no_seat_that_nobody_typed(light_desk, passerelle):
    number = light_desk.to_technical()
    rows = {row["verb"]: row for row in passerelle("action", "explain", number, "--json").data}
    assert rows["record_opinion"]["needs"] == [
        "le siège qui donne l'avis, parmi\u00a0: COTECH-01, COTECH-03, COTECH-04, COTECH-05, COTECH-06, COTECH-07"
    ]
    assert [need for need in rows["extend_review"]["needs"] if need.startswith("une échéance ")] != []
    assert "siège  " not in passerelle("action", "explain", number).out


def test_explain_says_what_may_be_asked_and_what_stands_in_the_way(passerelle):
    passerelle("action", "draft", *SEAT, "--title", "Des arceaux")
    rows = {row["verb"]: row for row in passerelle("action", "explain", "A-2026-001", *SEAT, "--json").data}
    assert rows["submit"] == {"verb": "submit", "possible": True, "needs": [], "unmet": []}
    assert (rows["withdraw"]["possible"], rows["withdraw"]["needs"]) == (True, ["un motif"])
    assert rows["start"]["possible"] is False
