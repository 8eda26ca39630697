"""The file of a review, on the command line."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from builders import CONVENTION, body_of, changed_charter, provision, real_charter

from models.tables import CharterVersion, table
from notifications.dates import clock_time
from services.stages import run_deliveries


@pytest.fixture
def number(light_desk):
    return light_desk.to_technical(provision())


def review_of(passerelle, number):
    return passerelle("review", "show", number, "--json").data[-1]


def under_rules(desk, rules):
    """Put a charter in force that loading would still refuse."""
    document = real_charter().model_dump(mode="json")
    body_of(document, "cotech")["rules"].update(rules)
    version = {"convention": CONVENTION, "digest": str(rules), "source": "", "document": document, "loaded_at": desk.app.clock.now()}
    with desk.app.db.write() as connection:
        connection.execute(table(CharterVersion).insert().values(**version))


def test_the_file_of_an_open_review_says_who_answered_what_and_what_is_missing(light_desk, number, passerelle):
    light_desk.opine(number, "cotech", "with_reservations", seats=("COTECH-03",))
    file = review_of(passerelle, number)
    assert (file["body"], file["round"], file["complete"], file["hidden"], file["rules_in_force"]) == ("cotech", 1, False, False, True)
    assert [(row["seat"], row["opinion"], row["words"], row["recorded_by"]) for row in file["electorate"] if row["answered"]] == [
        ("COTECH-03", "with_reservations", "Motif", "COTECH-02")
    ]
    assert [(lack["code"], lack["count"]) for lack in file["lacks"]] == [("review_lacks.answers", 5), ("review_lacks.quorum", 2)]
    shown = passerelle("review", "show", number).out
    assert "il manque 5 avis" in shown
    assert "Si l'examen était clos maintenant" in shown


def test_the_file_of_a_review_that_nobody_has_answered_counts_from_nothing(number, passerelle):
    assert review_of(passerelle, number)["figures"]["base"] == 0
    assert "Pour\u00a0: 0 sur 0" in passerelle("review", "show", number).out


def test_the_file_of_a_closed_review_shows_the_verdict_and_its_arithmetic_in_one_sentence(light_desk, number, passerelle):
    light_desk.opine(number, "cotech")
    light_desk.settle()
    closed = passerelle("review", "show", number, "--body", "cotech", "--json").data[0]
    assert (closed["complete"], closed["result"], closed["lacks"]) == (True, "favourable", [])
    assert (closed["figures"]["in_favour"], closed["figures"]["base"], closed["figures"]["needed"]) == (6, 6, 4)
    assert [decision["outcome"] for decision in closed["decisions"]] == ["refer"]
    answer = passerelle("review", "show", number, "--body", "cotech")
    shown = answer.out.replace("\u00a0", " ")
    assert (answer.code, "Décisions" in shown) == (0, True)
    assert "Résultat : favorable. Pour : 6 sur 6 (voix exprimées), il en fallait 4 (majorité simple)" in shown


def test_the_file_says_when_each_seat_was_asked(light_desk, number, sink, passerelle):
    light_desk.settle()
    run_deliveries(light_desk.through(sink.url).app, holder="test", gate=lambda: None)
    asked = {row["seat"]: len(row["asked"]) for row in review_of(passerelle, number)["electorate"]}
    assert asked == dict.fromkeys(asked, 1)


@pytest.mark.parametrize("rules", [{"results": "until_closing"}, {"results": "until_voted"}])
def test_hidden_results_stay_hidden_until_the_review_is_closed(light_desk, passerelle, rules):
    under_rules(light_desk, rules)
    number = light_desk.to_technical(provision())
    light_desk.opine(number, "cotech", "unfavourable", seats=("COTECH-03",))
    file = review_of(passerelle, number)
    assert (file["hidden"], file["figures"], file["result"]) == (True, None, None)
    assert [(row["answered"], row["opinion"], row["words"]) for row in file["electorate"] if row["seat"] == "COTECH-03"] == [
        (True, None, None)
    ]
    assert {lack["code"] for lack in file["lacks"]} == {"review_lacks.answers", "review_lacks.quorum"}
    assert "défavorable" not in passerelle("review", "show", number).out


def test_a_review_under_an_older_charter_says_so(light_desk, number, passerelle, tmp_path):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(quorum="2/3"))
    light_desk.under(charter)
    file = review_of(passerelle, number)
    assert (file["rules_in_force"], file["rules"]["quorum"]) == (False, "1/2")
    assert "garde les règles de la charte" in passerelle("review", "show", number).out


def test_an_action_that_nobody_has_examined_has_no_file(light_desk, passerelle):
    assert passerelle("review", "show", light_desk.propose()).out == "Rien à montrer.\n"
    assert passerelle("review", "show", "A-2026-999").code == 2


def test_who_has_not_answered_is_listed_body_by_body(light_desk, number, sink, passerelle):
    light_desk.opine(number, "cotech", seats=("COTECH-01",))
    run_deliveries(light_desk.through(sink.url).app, holder="test", gate=lambda: None)
    [cotech] = passerelle("review", "awaited", "--json").data
    assert (cotech["body"], cotech["total"], [member["seat"] for member in cotech["members"]]) == (
        "cotech",
        1,
        ["COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"],
    )
    assert cotech["reviews"][0]["awaited"]["COTECH-03"] == "2026-10-05"
    shown = passerelle("review", "awaited").out
    assert "COTECH-03" in shown
    assert "COTECH-01" not in shown


def test_a_body_that_does_not_exist_is_refused_by_name(passerelle, number):
    answer = passerelle("review", "awaited", "--body", "cotec")
    assert (answer.code, "cotec" in answer.said, "gt-energie" in answer.said) == (2, True, True)
    assert passerelle("review", "show", number, "--body", "cotec").code == 2


def test_the_file_names_the_seats_that_take_no_part_and_why(light_desk, number, passerelle):
    passerelle("action", "declare-conflict", number, "--seat", "COTECH-03", "--kind", "family")
    file = review_of(passerelle, number)
    assert (file["recused"], [row["seat"] for row in file["electorate"] if row["recused"]]) == ({"COTECH-03": "declared"}, ["COTECH-03"])
    answer = passerelle("review", "show", number)
    assert answer.code == 0, answer.err
    shown = answer.out.replace("\u00a0", " ")
    assert "Ne prennent pas part : COTECH-03 (conflit d'intérêts déclaré)." in shown
    page = passerelle("action", "show", number).out.replace("\u00a0", " ")
    assert ("lien de famille" in page, "Avis reçus : 0 sur 5." in page) == (True, True)
    light_desk.opine(number, "cotech", seats=("COTECH-01", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"))
    light_desk.settle()
    passerelle("action", "withdraw-conflict", number, "--seat", "COTECH-02", "--concerned", "COTECH-03", "--reason", "Fini")
    closed = passerelle("review", "show", number, "--body", "cotech", "--json").data[0]
    assert (closed["recused"], closed["complete"], closed["figures"]["recused"]) == ({"COTECH-03": "declared"}, True, 1)


def test_a_seat_that_takes_no_part_is_refused_an_opinion_in_words_and_exits_2(number, passerelle):
    passerelle("action", "declare-conflict", number, "--seat", "COTECH-03", "--kind", "unstated")
    refused = passerelle(
        *("action", "record-opinion", number, "--seat", "COTECH-02", "--body", "cotech"),
        *("--voter", "COTECH-03", "--opinion", "favourable"),
    )
    assert refused.code == 2
    assert "le siège COTECH-03 ne prend pas part à cet examen (conflit d'intérêts déclaré)" in refused.err.replace("\u00a0", " ")


def test_reservations_are_listed_lifted_and_told_in_the_file(light_desk, passerelle):
    number = light_desk.reserving("COTECH-01", "COTECH-03")
    found = passerelle("review", "reservations", "--json").data
    assert [(row["action"], row["number"], row["seat"], row["blocks"], row["words"]) for row in found] == [
        (number, 1, "COTECH-01", "complete", "Motif"),
        (number, 2, "COTECH-03", "complete", "Motif"),
    ]
    lifted = passerelle("action", "lift-reservation", number, "--seat", "COTECH-02", "--reservation", "1", "--reason", "Devis joint")
    assert lifted.code == 0, lifted.err
    [file] = passerelle("review", "show", number, "--body", "cotech", "--json").data
    assert [(row["number"], row["standing"], row["met"]) for row in file["reservations"]] == [
        (1, "lifted", "Devis joint"),
        (2, "open", None),
    ]
    assert [row["number"] for row in passerelle("review", "reservations", "--body", "cotech", "--json").data] == [2]
    for page in (("review", "show", number), ("action", "show", number), ("review", "reservations")):
        shown = passerelle(*page)
        assert (shown.code, "COTECH-03" in shown.out) == (0, True)
    refused = passerelle("action", "lift-reservation", number, "--seat", "COTECH-02", "--reservation", "1", "--reason", "Encore")
    assert refused.code == 2
    assert "il n'y a pas de réserve 1 à lever sur cette action. Réserves en cours : 2." in refused.err.replace("\u00a0", " ")


def test_a_decision_to_give_an_action_back_is_recorded_with_its_reference(light_desk, passerelle):
    number = light_desk.to_technical()
    passerelle("action", "close-review", number, "--seat", "COTECH-02", "--body", "cotech", "--reason", "Séance tenue")
    answer = passerelle(
        *("action", "decide", number, "--seat", "COTECH-02", "--body", "cotech", "--outcome", "return"),
        *("--reason", "Préciser le budget", "--reference", "CR 4"),
    )
    assert answer.code == 0, answer.err
    assert light_desk.state(number) == "returned"


def test_a_partners_deliberation_is_recorded_with_its_document_and_shown(light_desk, passerelle, tmp_path):
    number = light_desk.to_approved()
    proof = tmp_path / "deliberation.txt"
    proof.write_text("Délibération 118\n", encoding="utf-8")
    given = ("--seat", "COTECH-02", "--partner", "ville", "--deliberation", "adopted", "--decided-on", "2026-10-01", "--reference", "118")
    refused = passerelle("action", "record-deliberation", number, *given, "--document", "deliberation.txt")
    assert (refused.code, "--document" in refused.err) == (2, True)
    assert passerelle("action", "attach", number, str(proof), "--seat", "COTECH-02").code == 0
    answer = passerelle("action", "record-deliberation", number, *given, "--document", "deliberation.txt")
    assert answer.code == 0, answer.err
    shown = passerelle("action", "show", number).out
    assert ("Délibérations des partenaires" in shown, "deliberation.txt" in shown) == (True, True)


def test_the_file_gives_names_and_moments_as_the_portal_does_wherever_the_machine_stands(light_desk, number, sink, passerelle, monkeypatch):
    light_desk.settle()
    run_deliveries(light_desk.through(sink.url).app, holder="test", gate=lambda: None)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        [file] = passerelle("review", "show", number, "--json").data
        shown = passerelle("review", "show", number).out
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert file["timezone"] == "Europe/Paris"
    assert file["electorate"][0]["holder"] == "Présidence du comité technique"
    moment = datetime.fromisoformat(file["electorate"][0]["asked"][0])
    assert clock_time(f"{moment.astimezone(ZoneInfo('Europe/Paris')):%H:%M}", "fr") in shown


def test_a_proxy_is_given_used_and_listed_in_the_file_of_its_review(light_desk, tmp_path, passerelle):
    light_desk.under(changed_charter(tmp_path / "proxies.yaml", lambda it: body_of(it, "cotech")["rules"].update(proxies_per_holder=1)))
    number = light_desk.to_technical(provision())
    about = (number, "--body", "cotech", "--seat")
    passerelle("action", "give-proxy", *about, "COTECH-03", "--holder", "COTECH-05", "--until", "31/12/2099")
    explained = passerelle("action", "explain", number, "--seat", "COTECH-06", "--json").data
    [answer] = [answer for answer in explained if answer["verb"] == "vote_by_proxy"]
    assert (answer["needs"], answer["unmet"]) == ([], ["le siège COTECH-06 ne porte aucun pouvoir en cours dans cet examen."])
    passerelle("action", "vote-by-proxy", *about, "COTECH-05", "--voter", "COTECH-03", "--opinion", "favourable")
    refused = passerelle("action", "revoke-proxy", *about, "COTECH-03")
    assert refused.code == 2
    assert "a déjà donné l'avis par ce pouvoir" in refused.err
    file = review_of(passerelle, number)
    [proxy] = file["proxies"]
    assert (proxy["giver"], proxy["held_by"], proxy["until"], proxy["revoked_on"], proxy["used"]) == (
        *("COTECH-03", "COTECH-05", "2099-12-31", None, True),
    )
    assert [row["seat"] for row in file["electorate"] if row["by_proxy"] == "COTECH-05"] == ["COTECH-03"]
    shown = passerelle("review", "show", number).out
    assert ("Pouvoirs" in shown, "Par pouvoir" in shown) == (True, True)


def test_an_early_opinion_is_kept_and_shown(number, passerelle):
    given = ("--seat", "COPIL-03", "--body", "copil", "--voter", "COPIL-03", "--opinion", "favourable")
    answer = passerelle("action", "keep-opinion", number, *given)
    assert answer.code == 0, answer.err
    shown = passerelle("action", "show", number).out
    assert ("Avis donnés d'avance" in shown, "COPIL-03" in shown) == (True, True)
