from pathlib import Path

import pytest

from models.errors import Refused
from services.charters import read_charter
from services.located_yaml import LARGEST
from services.wording import Wording

FOLDER = Path(__file__).parents[2] / "deploy/charters"
SHIPPED = FOLDER / "villeneuve-dascq-lille.yaml"
MISTAKEN = """\
convention:
  code: VDA Lille
  name: {fr: Convention}
  short: VDA
  signed_on: 2026-06-31
  starts_on: 2025-01-01
  ends_on: 2030-12-31
  timezone: Europe/Pariss
  languages: [fr, de]
partners:
  - {code: ville, name: {fr: Ville, en: City}}
  - {code: ville, name: {fr: Ville, en: City}}
axes:
  - {code: a, name: {fr: A, en: A}}
objectives:
  - {code: o, axis: aa, name: {fr: O, en: O}}
themes:
  - {code: t, name: }
bodies:
  - code: copil
    kind: steering
    channel: mailto://user:secret@host.example
    name: {fr: Comité, en: Committee}
  - code: cotech
    kind: technical
    kind: technical
    name: {fr: Comité, en: Committee}
    rules: {decides: verdict, opinion_delay: 0, delay_unit: weeks, opinions: [oui], quorum: 3/2, majority: simple, silence: x, vote: 1}
calendar: {holidays: FR, subdivision: Alsace}
cadence: rare
sheet: {required: [titel]}
sender: {name: {fr: V, en: V}, address: nobody}
channels: {operators: "slack://secret-token"}
provisions:
  - {title: Premier, axis: a, themes: [t, u]}
  - {title: Second, axis: b, budget_euros: 12.345}
"""


def refusal(path, language="en"):
    with pytest.raises(Refused) as refused:
        read_charter(path)
    assert all(Wording("fr").say_problem(problem) for problem in refused.value.problems)
    return [Wording(language).say_problem(problem).replace(str(path), "charter.yaml") for problem in refused.value.problems]


@pytest.fixture
def charter_file(tmp_path):
    def write(content):
        file = tmp_path / "charter.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


@pytest.fixture
def edited(charter_file):
    """The shipped charter with one passage replaced."""

    def edit(old, new):
        text = SHIPPED.read_text(encoding="utf-8")
        assert old in text
        return charter_file(text.replace(old, new, 1))

    return edit


def test_the_shipped_charter_says_what_the_convention_fixes():
    charter = read_charter(SHIPPED)
    assert [partner.name.fr for partner in charter.partners] == ["Ville de Villeneuve d'Ascq", "Université de Lille"]
    assert [str(day) for day in (charter.convention.signed_on, charter.convention.starts_on, charter.convention.ends_on)] == [
        "2026-06-22",
        "2025-01-01",
        "2030-12-31",
    ]
    assert [site.name.fr for site in charter.sites] == ["Cité scientifique", "Pont-de-Bois", "Flers-Château", "ENSAPL"]
    assert [body.code for body in charter.bodies] == [
        "copil",
        "cotech",
        "gt-recherche",
        "gt-biodiversite",
        "gt-energie",
        "gt-inclusion",
        "gt-science-societe",
        "gt-entrepreneuriat",
    ]
    assert (len(charter.axes), len(charter.themes), len(charter.provisions)) == (2, 6, 7)


def test_the_shipped_provisions_are_complete_sheets():
    charter = read_charter(SHIPPED)
    assert [sheet.missing(charter.sheet.required) for sheet in charter.provisions] == [()] * 7


def test_every_mistake_is_told_at_once_with_its_line_its_key_and_a_remedy(charter_file):
    assert refusal(charter_file(MISTAKEN)) == [
        "charter.yaml, line 1, attachments: this information is missing; add it.",
        (
            "charter.yaml, line 2, convention.code: “VDA Lille” is not a code; use small letters without accents, digits and hyphens,"
            " such as gt-energie."
        ),
        "charter.yaml, line 3, convention.name.en: this information is missing; add it.",
        "charter.yaml, line 5, convention.signed_on: “2026-06-31” is not a date that exists; write it like this: 2026-06-22.",
        "charter.yaml, line 8, convention.timezone: “Europe/Pariss” is not a known time zone; write for instance Europe/Paris.",
        "charter.yaml, line 9, convention.languages.2: “de” is not on offer here; possible values: fr, en.",
        "charter.yaml, line 12, partners.ville.code: the code “ville” is already taken by an earlier entry; choose another one.",
        "charter.yaml, line 16, objectives.o.axis: “aa” is not known here; possible values: a.",
        "charter.yaml, line 18, themes.t.name: this field is empty; fill it in or delete it.",
        "charter.yaml, line 20, bodies.copil: the body “copil” has to give opinions or decisions; give it a rules section.",
        (
            "charter.yaml, line 22, bodies.copil.channel: a channel is given by reference, never by its address, which is secret;"
            " write env:NAME_OF_VARIABLE, file:path/of/the/file or prefect-secret:name-of-block."
        ),
        "charter.yaml, line 26, bodies.2.kind: the key “kind” already stands on line 25; keep only one of the two.",
        "charter.yaml, line 28, bodies.cotech.rules.opinion_delay: “0” is too small: at least 1.",
        "charter.yaml, line 28, bodies.cotech.rules.delay_unit: “weeks” is not on offer here; possible values: working_days, calendar_days, clear_days.",
        (
            "charter.yaml, line 28, bodies.cotech.rules.opinions.1: “oui” is not on offer here; possible values: favourable,"
            " with_reservations, unfavourable, adjournment, abstention, no_part."
        ),
        "charter.yaml, line 28, bodies.cotech.rules.quorum: “3/2” is not a quorum; write a number of seats (3) or a share of them (1/2).",
        "charter.yaml, line 28, bodies.cotech.rules.silence: “x” is not on offer here; possible values: favourable, unfavourable, not_counted.",
        "charter.yaml, line 28, bodies.cotech.rules.vote: this field does not exist; check its name or delete it.",
        (
            "charter.yaml, line 29, calendar.subdivision: “Alsace” is not known here; possible values: 57, 6AE, 971, 972, 973, 974, 976, BL,"
            " MF, NC, PF, PM, TF, WF, Zone A, Zone B, Zone C."
        ),
        "charter.yaml, line 30, cadence: a set of fields is expected here, each with its name.",
        "charter.yaml, line 31, sheet.required.1: “titel” is not known here; possible values: title, sites.",
        "charter.yaml, line 32, sender.address: “nobody” is not a mail address; write it like this: secretariat@ville.example.",
        (
            "charter.yaml, line 33, channels.operators: a channel is given by reference, never by its address, which is secret;"
            " write env:NAME_OF_VARIABLE, file:path/of/the/file or prefect-secret:name-of-block."
        ),
        "charter.yaml, line 35, provisions.1.themes: “u” is not known here; possible values: t.",
        "charter.yaml, line 36, provisions.2.budget_euros: “12.345” has too many decimals: at most 2.",
    ]


def test_a_secret_written_as_a_channel_is_not_repeated_in_the_refusal(charter_file):
    assert [line for line in refusal(charter_file(MISTAKEN)) if "secret-token" in line or "user:secret" in line] == []


def test_a_mistake_in_french_reads_as_french(edited):
    assert refusal(edited("quorum: 1/2", "quorum: moitié"), "fr") == [
        (
            "charter.yaml, ligne 125, bodies.copil.rules.quorum\u00a0: «\u00a0moitié\u00a0» n'est pas un quorum\u00a0; écrivez un nombre de sièges"
            " (3) ou une part d'entre eux (1/2)."
        )
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "charter.yaml: this file is empty; start from the charter supplied in deploy/charters."),
        ("# nothing but words\n", "charter.yaml: this file is empty; start from the charter supplied in deploy/charters."),
        (
            "- a\n- b\n",
            (
                "charter.yaml, line 1: a charter is a series of sections (convention, partners, bodies…);"
                " start from the charter supplied in deploy/charters."
            ),
        ),
        (
            "a: [1\nb: 2\n",
            (
                "charter.yaml, line 2: the YAML is not well written (expected ',' or ']', but got ':'); on this line and the one before,"
                " check the indentation, colons and quotation marks."
            ),
        ),
        (
            "a:\n\tb: 1\n",
            (
                "charter.yaml, line 2: the YAML is not well written (found character '\\t' that cannot start any token); on this line and the"
                " one before, check the indentation, colons and quotation marks."
            ),
        ),
        (
            "a: 1\n---\nb: 2\n",
            (
                "charter.yaml, line 2: the YAML is not well written (but found another document); on this line and the one before,"
                " check the indentation, colons and quotation marks."
            ),
        ),
        ("a: 1\nb: \x07\n", "charter.yaml, line 2: a control character is not allowed here; delete it."),
        (
            "a: 1\nb: café\n".encode("latin-1"),
            "charter.yaml, line 2: a character is not in UTF-8; save the file with the UTF-8 encoding.",
        ),
        ("[" * 50_000, "charter.yaml, line 1: sections are nested more than 20 levels deep; check the brackets and the indentation."),
        (
            "a: !!python/name:os.system x\n",
            "charter.yaml, line 1: YAML tags (here “tag:yaml.org,2002:python/name:os.system”) are not accepted; delete it.",
        ),
        ("a: #" + "x" * LARGEST, "charter.yaml: this file is larger than 1000000 bytes; a charter takes a few pages."),
    ],
    ids=["empty", "comments", "list", "bracket", "tab", "documents", "control", "latin-1", "deep", "tag", "large"],
)
def test_a_file_that_is_no_charter_is_refused_in_one_sentence(charter_file, content, sentence):
    assert refusal(charter_file(content)) == [sentence]


def test_a_file_that_would_swell_through_its_anchors_is_refused_unread(charter_file):
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert refusal(charter_file(bomb))[:2] == [
        "charter.yaml, line 1: YAML anchors and references (& and *, here “a”) are not accepted; write the value in full.",
        "charter.yaml, line 2: YAML anchors and references (& and *, here “b”) are not accepted; write the value in full.",
    ]


def test_a_missing_file_a_folder_and_a_file_that_cannot_be_opened_are_refused(tmp_path):
    assert refusal(tmp_path / "none.yaml") == ["charter.yaml: this file does not exist; check its name and folder."]
    assert refusal(tmp_path) == ["charter.yaml: this is a folder; name the file of the charter."]
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    assert refusal(loop) == ["charter.yaml: this file cannot be read (Too many levels of symbolic links); check its permissions."]


def test_a_key_that_stands_twice_is_told_together_with_other_mistakes(edited):
    assert refusal(edited("  short: VDA-Lille\n", "  short: VDA-Lille\n  short: VDA\n  shortt: VDA\n")) == [
        "charter.yaml, line 15, convention.short: the key “short” already stands on line 14; keep only one of the two.",
        "charter.yaml, line 16, convention.shortt: this field does not exist; check its name or delete it.",
    ]


def test_a_mistaken_entry_is_not_called_unknown_where_others_name_it(edited):
    assert refusal(
        edited("  - code: biodiversite\n    name: {fr: Biodiversité, en: Biodiversity}", "  - code: biodiversite\n    name: Biodiversité")
    ) == ["charter.yaml, line 97, themes.biodiversite.name: a set of fields is expected here, each with its name."]


def test_numbers_and_dates_may_be_written_with_or_without_quotation_marks(edited):
    plain = read_charter(SHIPPED)
    assert read_charter(edited("signed_on: 2026-06-22", 'signed_on: "2026-06-22"')) == plain
    assert read_charter(edited("progress_months: 6", 'progress_months: "6"')) == plain


def test_a_budget_in_a_file_is_read_to_the_cent(edited):
    charter = read_charter(edited("    starts_on: 2027-01-04\n", "    starts_on: 2027-01-04\n    budget_euros: 12345678.10\n"))
    assert str(charter.provisions[0].budget_euros) == "12345678.10"


def test_a_byte_order_mark_and_windows_line_ends_are_read(charter_file):
    text = SHIPPED.read_text(encoding="utf-8").replace("\n", "\r\n")
    assert read_charter(charter_file(b"\xef\xbb\xbf" + text.encode())) == read_charter(SHIPPED)
