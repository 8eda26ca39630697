from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from builders import IN_SECRET
from pydantic import ValidationError

from models.charter import ActionSheet, BodyKind, Charter, ConsultationRule, DeliberationRule, MilestonePlan, Text
from models.contradictions import contradictions, nearest, sheet_contradictions
from models.errors import Problem
from services.charters import read_charter
from services.validation import explain_validation
from services.wording import Wording

RESERVING = ("reservation_days", "reservations_block")
SHIPPED = read_charter(Path(__file__).parents[2] / "deploy/charters/villeneuve-dascq-lille.yaml")


def changed(path, value):
    """The shipped charter with the value at a dotted path replaced; positions count from 0."""
    document = SHIPPED.model_dump(mode="json")
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = document
    for part in parents:
        place = place[part]
    place[last] = value
    return Charter.model_validate(document)


def found(charter):
    problems = contradictions(charter)
    assert all(Wording(language).say_problem(problem) for problem in problems for language in ("fr", "en"))
    return [(problem.code.removeprefix("charter."), problem.where) for problem in problems]


def refused(path, value):
    with pytest.raises(ValidationError) as caught:
        changed(path, value)
    return [(problem.code.removeprefix("validation."), problem.where) for problem in explain_validation(caught.value)]


def test_the_shipped_charter_contradicts_nothing():
    assert found(SHIPPED) == []


def test_a_charter_survives_being_stored_as_a_document():
    assert Charter.model_validate(SHIPPED.model_dump(mode="json")) == SHIPPED


def test_a_charter_of_the_release_before_knows_no_privacy_notice_and_is_read_as_it_was():
    older = SHIPPED.model_dump(mode="json")
    del older["privacy"]
    assert Charter.model_validate(older) == SHIPPED.model_copy(update={"privacy": None})


def test_a_privacy_notice_is_whole_or_absent():
    partial = SHIPPED.privacy.model_dump(exclude={"contact"})
    assert refused("privacy", partial) == [("missing", "privacy.contact")]


def test_every_field_of_the_charter_is_described():
    models = [*Charter.__mro__[1].__subclasses__(), ActionSheet, MilestonePlan]
    assert [f"{model.__name__}.{name}" for model in models for name, field in model.model_fields.items() if not field.description] == []


def test_a_text_speaks_both_languages_and_no_other():
    text = Text(fr="axe", en="axis")
    assert (text.of("fr"), text.of("en")) == ("axe", "axis")
    with pytest.raises(ValueError, match="de"):
        text.of("de")


def test_a_body_is_found_by_its_code_or_its_kind():
    assert SHIPPED.body("cotech") is SHIPPED.body_of_kind(BodyKind.TECHNICAL)
    assert SHIPPED.body_of_kind(BodyKind.STEERING).code == "copil"
    assert SHIPPED.body("nobody") is None


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("convention.ends_on", "2024-12-31", ("ends_before_start", "convention.ends_on")),
        ("convention.languages", ["fr", "fr"], ("repeated_code", "convention.languages.1")),
        ("partners.1.code", "ville", ("duplicate_code", "partners.1.code")),
        ("bodies.7.code", "universite", ("duplicate_code", "bodies.7.code")),
        ("sites.3.code", "pont-de-bois", ("duplicate_code", "sites.3.code")),
        ("objectives.7.axis", "transition", ("unknown_code", "objectives.7.axis")),
        ("bodies.1.kind", "thematic", ("no_technical_committee", "bodies")),
        ("bodies.7.kind", "steering", ("several_steering_committees", "bodies")),
        ("bodies.0.rules", None, ("rules_missing", "bodies.0")),
        ("bodies.2.rules", None, ("rules_missing", "bodies.2")),
        ("bodies.0.rules.decides", "verdict", ("decides_unfit", "bodies.0.rules.decides")),
        ("bodies.1.rules.decides", "opinion", ("decides_unfit", "bodies.1.rules.decides")),
        ("bodies.2.rules.decides", "recorded", ("decides_unfit", "bodies.2.rules.decides")),
        ("bodies.1.rules.reminder_days_before", 15, ("reminder_before_opening", "bodies.1.rules.reminder_days_before")),
        ("bodies.1.rules.opinion_delay", 3, ("reminder_before_opening", "bodies.1.rules.reminder_days_before")),
        ("bodies.1.rules.opinions.5", "favourable", ("repeated_code", "bodies.1.rules.opinions.5")),
        ("bodies.1.rules.opinions.0", "no_part", ("opinion_needed", "bodies.1.rules.opinions")),
        ("bodies.1.rules.reasons_required_for.2", "adjournment", None),
        (
            "bodies.1.rules.reasons_required_for",
            ["unfavourable", "unfavourable"],
            ("repeated_code", "bodies.1.rules.reasons_required_for.1"),
        ),
        ("bodies.0.rules.majority", "consensus", ("casting_vote_without_tie", "bodies.0.rules.casting_vote")),
        ("bodies.1.consulted_on", {"themes": ["biodiversite"]}, ("consultation_of_committee", "bodies.1.consulted_on")),
        ("bodies.2.consulted_on", {}, ("consultation_empty", "bodies.2.consulted_on")),
        ("bodies.2.consulted_on", None, None),
        ("bodies.2.consulted_on.themes.0", "recherche", ("unknown_code", "bodies.2.consulted_on.themes.0")),
        ("bodies.2.consulted_on.axes", ["axe-1"], ("unknown_code", "bodies.2.consulted_on.axes.0")),
        ("bodies.1.channel", "env:PASSERELLE_COTECH", None),
        ("bodies.1.channel", "file:secrets/cotech", None),
        ("bodies.1.channel", "slack://token", ("channel_not_a_reference", "bodies.1.channel")),
        ("bodies.1.channel", "prefect-secret:salon-cotech", None),
        ("bodies.1.channel", "prefect-secret:Salon", ("channel_not_a_reference", "bodies.1.channel")),
        ("bodies.1.channel", "env:A-B", ("channel_not_a_reference", "bodies.1.channel")),
        ("bodies.1.channel", "env:", ("channel_not_a_reference", "bodies.1.channel")),
        ("bodies.1.channel", "file://secrets/cotech", ("channel_not_a_reference", "bodies.1.channel")),
        ("channels", {"operators": "json://host"}, ("channel_not_a_reference", "channels.operators")),
        ("calendar.closing_weeks.0.last", "2026-08-01", ("ends_before_start", "calendar.closing_weeks.0.last")),
        ("calendar.closing_weeks.0.first", "2023-08-01", ("period_outside_years", "calendar.closing_weeks.0")),
        ("attachments.media_types.0", "image/tiff", None),
        ("attachments.media_types.1", "application/x-of-its-own", ("kind_not_judged", "attachments.media_types.1")),
        ("sheet.required.0", "tittle", ("unknown_code", "sheet.required.0")),
        ("sheet.required.1", "title", ("repeated_code", "sheet.required.1")),
        ("provisions.0.axis", "transitions", ("objective_of_other_axis", "provisions.0.objective")),
        ("provisions.0.objective", "vie", ("unknown_code", "provisions.0.objective")),
        ("provisions.0.themes", ["biodiversite", "biodiversite"], ("repeated_code", "provisions.0.themes.1")),
        ("provisions.0.lead_body", "ville", None),
        ("provisions.0.lead_body", "gt-sport", ("unknown_code", "provisions.0.lead_body")),
        ("provisions.0.starts_on", "2024-12-31", ("day_outside_period", "provisions.0.starts_on")),
        ("provisions.0.ends_on", "2031-01-01", ("day_outside_period", "provisions.0.ends_on")),
        ("provisions.0.milestones.0.due_on", "2030-12-31", ("milestone_outside_action", "provisions.0.milestones.0.due_on")),
        ("provisions.1.title", SHIPPED.provisions[0].title, ("duplicate_title", "provisions.1.title")),
        ("telling", {"quiet_from": 20, "quiet_until": 7}, None),
        ("telling", {"quiet_from": 20}, ("quiet_half", "telling.quiet_until")),
        ("telling", {"quiet_until": 7}, ("quiet_half", "telling.quiet_from")),
        ("telling", {"quiet_from": 7, "quiet_until": 7}, ("quiet_empty", "telling.quiet_until")),
        ("convention.signed_on", "2024-06-22", None),
        ("convention.signed_on", "2031-06-22", ("signed_after_end", "convention.signed_on")),
    ],
)
def test_a_contradiction_is_named_where_it_stands(path, value, expected):
    assert [problem for problem in found(changed(path, value)) if problem == expected] == ([expected] if expected else [])
    assert expected is not None or found(changed(path, value)) == []


def test_a_reason_required_for_an_opinion_that_is_not_offered_is_named():
    assert found(changed("bodies.1.rules.opinions", ["favourable", "unfavourable", "adjournment"])) == [
        ("unknown_code", "bodies.1.rules.reasons_required_for.0"),
        *(("reservations_not_offered", f"bodies.1.rules.{key}") for key in RESERVING),
    ]


def test_a_reminder_is_compared_with_a_delay_in_calendar_days_by_its_working_days():
    rules = SHIPPED.bodies[1].rules.model_dump(mode="json") | {"delay_unit": "calendar_days", "reminder_days_before": 5}
    assert found(changed("bodies.1.rules", rules | {"opinion_delay": 9})) == []
    assert found(changed("bodies.1.rules", rules | {"opinion_delay": 7})) == [
        ("reminder_before_opening", "bodies.1.rules.reminder_days_before")
    ]


@pytest.mark.parametrize(("quorum", "kept"), [(None, None), (3, 3), ("3", 3), ("1/2", "1/2"), ("2/3", "2/3"), ("1/1", "1/1")])
def test_a_quorum_is_a_number_of_seats_or_a_share_of_them(quorum, kept):
    assert changed("bodies.1.rules.quorum", quorum).bodies[1].rules.quorum == kept


@pytest.mark.parametrize("quorum", [0, -1, "0/2", "3/2", "1/0", "half", "0.5", 0.5, "", True, [1]])
def test_a_quorum_that_makes_no_sense_is_refused(quorum):
    assert refused("bodies.1.rules.quorum", quorum) == [("quorum", "bodies.1.rules.quorum")]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("convention.code", "VDA Lille", "code"),
        ("convention.timezone", "Europe/Lille", "timezone"),
        ("convention.languages", [], "too_few"),
        ("convention.languages", ["fr", "de"], "choice"),
        ("convention.signed_on", "22/06/2026", "date"),
        ("sender.address", "Secrétariat", "mail_address"),
        ("sender.address", "a@b", "mail_address"),
        ("attachments.media_types", ["pdf"], "media_type"),
        ("attachments.max_bytes", 0, "at_least"),
        ("cadence.progress_months", "six", "whole_number"),
        ("calendar.holidays", "BE", "choice"),
        ("bodies.1.rules.casting_vote", "perhaps", "yes_or_no"),
        ("bodies.1.rules.majority", None, "empty"),
        ("bodies.1.rules.vote", "secret", "unknown_field"),
        ("sites", "pont-de-bois", "list"),
        ("cadence", "often", "fields"),
    ],
)
def test_an_ill_formed_value_is_refused_with_the_sentence_of_its_kind(path, value, expected):
    assert [code for code, _ in refused(path, value)] == [expected]


def test_a_sheet_with_only_a_title_may_exist_and_says_what_is_missing():
    assert ActionSheet(title="Vélo").missing(("title", "axis", "themes", "starts_on")) == ("axis", "themes", "starts_on")


def test_a_blank_field_of_a_sheet_is_an_absent_one():
    assert ActionSheet(title=" Vélo ", axis="", context="  ", starts_on="") == ActionSheet(title="Vélo")


def test_a_budget_is_kept_to_the_cent():
    assert ActionSheet(title="Vélo", budget_euros="1234567.89").model_dump(mode="json")["budget_euros"] == "1234567.89"
    assert ActionSheet(title="Vélo", budget_euros="0.10").budget_euros == Decimal("0.10")


@pytest.mark.parametrize("budget", ["-1", "0.001", "NaN", "Infinity", "1e30", "beaucoup"])
def test_a_budget_that_is_no_amount_is_refused(budget):
    with pytest.raises(ValidationError):
        ActionSheet(title="Vélo", budget_euros=budget)


def test_a_sheet_is_checked_against_the_charter_field_by_field():
    sheet = ActionSheet(
        title="Vélo",
        axis="transitions",
        objective="vie-locale",
        themes=("energie-sobriete", "energie"),
        sites=("lille",),
        lead_body="cotec",
        partners=("ville", "ville"),
        starts_on=date(2031, 1, 1),
        ends_on=date(2030, 1, 1),
    )
    assert SHIPPED.unknown_codes(sheet) == (("themes", "energie"), ("sites", "lille"), ("lead_body", "cotec"))
    assert [(problem.code, problem.where) for problem in sheet_contradictions(sheet, SHIPPED)] == [
        ("charter.unknown_code", "themes"),
        ("charter.unknown_code", "sites"),
        ("charter.unknown_code", "lead_body"),
        ("charter.objective_of_other_axis", "objective"),
        ("charter.repeated_code", "partners.1"),
        ("charter.ends_before_start", "ends_on"),
        ("charter.day_outside_period", "starts_on"),
    ]


def test_an_unknown_code_is_answered_with_those_that_look_like_it():
    sheet = ActionSheet(title="Vélo", lead_body="cotec")
    assert sheet_contradictions(sheet, SHIPPED, "sheet") == [
        Problem("charter.unknown_code", {"given": "cotec", "known": "cotech"}, "sheet.lead_body")
    ]
    assert nearest("zzz", ("a", "b")) == "a, b"


def rules_and_seats(seats=None, **rules):
    document = SHIPPED.model_dump(mode="json")
    document["bodies"][1]["rules"].update(rules)
    document["bodies"][1]["seats"] = seats or {}
    return Charter.model_validate(document)


CITY, UNIVERSITY = (partner.code for partner in SHIPPED.partners[:2])
SEATS = {CITY: 3, UNIVERSITY: 3}


@pytest.mark.parametrize(
    ("seats", "rules", "problems"),
    [
        (SEATS, {"quorum": 6}, []),
        (SEATS, {"quorum": 7}, [("quorum_out_of_reach", "quorum")]),
        ({CITY: 3, UNIVERSITY: 1}, {"quorum": 2, "quorum_by": "partner"}, [("quorum_out_of_reach", "quorum")]),
        ({CITY: 3, UNIVERSITY: 0}, {"parity": True}, [("parity_of_one", "parity")]),
        (SEATS, {"parity": True, "majority": "two_thirds"}, []),
        (SEATS, {"urgent_notice_days": 5, "notice_days": 5}, [("urgency_shortens_nothing", "urgent_notice_days")]),
        (SEATS, {"urgent_notice_days": 1}, [("urgency_shortens_nothing", "urgent_notice_days")]),
        (SEATS, {"urgent_notice_days": 1, "notice_days": 5}, []),
        (
            SEATS,
            {"opinions": ["favourable", "unfavourable"], "reasons_required_for": [], "reservation_days": 30, "reservations_block": "start"},
            [("reservations_not_offered", "reservation_days"), ("reservations_not_offered", "reservations_block")],
        ),
        (SEATS, IN_SECRET, []),
        (
            SEATS,
            {"ballot": "secret", "casting_vote": True, "parity": True, "early_closing": True, "proxies_per_holder": 1},
            [
                ("secret_ballot_forbids", key)
                for key in ("casting_vote", "parity", "early_closing", "reasons_required_for", "proxies_per_holder", *RESERVING)
            ],
        ),
        ({CITY: 1, UNIVERSITY: 1}, IN_SECRET, [("secret_ballot_too_small", "ballot")]),
    ],
)
def test_the_rules_of_a_body_can_be_kept(seats, rules, problems):
    assert found(rules_and_seats(seats, **rules)) == [(code, f"bodies.1.rules.{key}") for code, key in problems]


def test_seats_of_a_body_are_those_of_partners():
    assert found(rules_and_seats({"nobody": 3})) == [("unknown_code", "bodies.1.seats.nobody")]


@pytest.mark.parametrize(
    ("rule", "problems"),
    [
        ({"sites": ["nowhere"]}, [("unknown_code", "bodies.2.consulted_on.sites.0")]),
        ({"budget_from": "50000"}, []),
        ({}, [("consultation_empty", "bodies.2.consulted_on")]),
        (
            {"budget_from": 1, "valid_from": "2027-01-01", "valid_until": "2026-01-01"},
            [("ends_before_start", "bodies.2.consulted_on.valid_until")],
        ),
    ],
)
def test_a_group_may_be_consulted_by_site_by_budget_and_for_a_time(rule, problems):
    assert found(changed("bodies.2.consulted_on", rule)) == problems


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        ([], []),
        ([{"partner": CITY, "budget_from": 1000}], []),
        ([{"partner": "nobody"}], [("unknown_code", "deliberations.0.partner")]),
        (
            [{"partner": CITY}, {"partner": CITY}],
            [("repeated_code", "deliberations.1.partner")],
        ),
    ],
)
def test_deliberations_are_of_partners_each_named_once(rules, problems):
    assert found(changed("deliberations", rules)) == problems


def test_a_consultation_rule_concerns_the_actions_it_names_within_its_days():
    rule = ConsultationRule(sites=("campus",), budget_from=Decimal(50_000), valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    there, rich = ActionSheet(title="A", sites=("campus",)), ActionSheet(title="A", budget_euros=Decimal(50_000))
    inside, before, after = date(2026, 6, 1), date(2025, 12, 31), date(2027, 1, 1)
    assert [rule.concerns(sheet, inside) for sheet in (there, rich, ActionSheet(title="A"))] == [True, True, False]
    assert [rule.concerns(there, day) for day in (before, after)] == [False, False]


def test_an_action_waits_for_a_partner_whose_share_may_be_large():
    rule = DeliberationRule(partner="city", budget_from=Decimal(1_000))
    sheets = [ActionSheet(title="A", partners=("city",), budget_euros=budget) for budget in (Decimal(999), Decimal(1_000), None)]
    assert [rule.concerns(sheet) for sheet in sheets] == [False, True, True]
    assert not rule.concerns(ActionSheet(title="A", budget_euros=Decimal(5_000)))
