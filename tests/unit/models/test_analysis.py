# ruff: noqa: RUF001  # signs as people type them
"""Words as people look for them: what counts as the same word, and that what was cut into words is not cut again."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import LONGEST, split, stem, stems, tokens
from models.errors import Refused
from models.queries import Query, Term, read_query

TEXTS = st.text(st.sampled_from("aeiloésçÉÀœßŒİıΩж中0127 -_'’«».*\"x\u0301\n"), max_size=60) | st.text(max_size=60)


@pytest.mark.parametrize(
    "forms",
    [
        "mobilité mobilités MOBILITE Mobilités",
        "étudiant étudiants étudiante étudiantes ETUDIANTES",
        "national nationaux nationale nationales",
        "travail travaux",
        "bail baux",
        "corail coraux",
        "émail émaux EMAUX",
        "soupirail soupiraux",
        "vantail vantaux",
        "vitrail vitraux",
        "boyau boyaux",
        "joyau joyaux",
        "matériau matériaux MATERIAUX",
        "noyau noyaux",
        "tuyau tuyaux",
        "étau étaux",
        "réseau réseaux",
        "royal royaux royale",
        "été étés ETE",
        "verger vergers",
        "actif actifs active actives",
        "directeur directrice directrices",
        "nouveau nouveaux nouvel nouvelle nouvelles",
        "quartier quartiers",
        "dossier dossiers DOSSIERS",
        "maison maisons",
        "campus",
        "habitant habitante habitants habitantes",
        "association associations",
        "document documents",
        "partenaire partenaires",
        "vélo vélos",
        "jeu jeux",
        "lieu lieux",
        "engagé engagée engagées engagés engager engagees",
        "rénovation rénovations renovation",
        "énergie l'énergie d’énergies L’ÉNERGIE",
        "œuvre œuvres oeuvre OEUVRES",
        "évaluèrent évaluer évaluée",
        "première premiers premieres",
        "heureux heureuse heureuses",
        "aujourd'hui aujourd’hui AUJOURD'HUI",
    ],
)
def test_the_forms_of_a_word_are_one_word(forms):
    assert len(set(stems(forms))) == 1, stems(forms)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("école", "écologie"),
        ("étude", "étudiant"),
        ("transition", "transport"),
        ("ville", "village"),
        ("loyaux", "aloyaux"),
        ("matériel", "matériaux"),
        ("site", "situation"),
        ("2026", "2027"),
    ],
)
def test_other_words_stay_apart(one, other):
    assert stems(one) != stems(other)


def test_elisions_and_words_that_everything_contains_are_left_out():
    assert split("Jusqu'à l'an, qu'il s'agisse de la ville ou d'un quartier à l'est") == ["an", "agisse", "ville", "quartier"]
    assert split("the city's parks") == ["city", "parks"]


def test_summer_is_a_word_that_can_be_looked_for():
    assert split("L'université d'été") == ["universite", "ete"]
    assert read_query("été").wanted == (Term(("ete",), "ete"),)


def test_a_number_is_one_word_and_its_letters_are_not_lost():
    assert split("voir A-2026-001 et gt-energie-2026-12") == ["voir", "a2026001", "gtenergie202612"]


def test_a_word_stands_where_it_was_written():
    text = "Vers l'université d’Ascq"
    assert [text[token.start : token.end] for token in tokens(text)] == ["Vers", "université", "Ascq"]


@given(TEXTS)
def test_splitting_what_was_split_changes_nothing(text):
    words = split(text)
    assert split(" ".join(words)) == words


@given(TEXTS)
def test_words_are_small_ascii_letters_and_digits(text):
    for word in (*split(text), *stems(text)):
        assert (word.isascii(), word.isalnum(), word.lower(), len(word) <= LONGEST) == (True, True, word, True)


@given(TEXTS)
def test_accents_written_apart_and_capitals_find_the_same(text):
    assert stems(normalize("NFD", normalize("NFC", text))) == stems(normalize("NFC", text))


def test_a_query_is_words_phrases_what_must_not_be_there_and_a_beginning():
    assert read_query('"transition énergétique" écoles -vélo univers') == Query(
        wanted=(Term(("transit", "energet")), Term(("ecol",)), Term((stem("univers"),), "univers")), unwanted=(Term(("velo",)),)
    )
    assert read_query("«\u00a0transition énergétique\u00a0»").wanted == (Term(("transit", "energet")),)
    assert read_query("univers* ville ").wanted == (Term((stem("univers"),), "univers", marked=True), Term(("vill",)))
    assert read_query("") == Query()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ('une "phrase ouverte', "search_quote_open"),
        ("-vélo", "search_only_without"),
        ("de la", "search_no_word"),
        ("!?", "search_no_word"),
        ("mot " * 60, "search_too_long"),
        (" ".join(f"mot{number}" for number in range(17)), "search_too_many_words"),
    ],
)
def test_a_query_that_cannot_be_read_says_why(typed, code):
    with pytest.raises(Refused) as refused:
        read_query(typed)
    assert [problem.code for problem in refused.value.problems] == [code]


@given(TEXTS)
def test_every_query_is_read_or_refused(text):
    try:
        query = read_query(text)
    except Refused:
        return
    assert query.wanted or not text.strip()
