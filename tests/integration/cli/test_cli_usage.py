import pytest

HELPS = [
    (),
    ("action",),
    ("action", "propose"),
    ("action", "record-opinion"),
    ("deliveries",),
    ("mailbox", "show"),
    ("charter", "diff"),
    ("people", "import"),
    ("run",),
]


@pytest.mark.parametrize("command", HELPS)
def test_help_is_in_the_language_of_the_installation(bare, command):
    answer = bare(*command, "--help")
    assert (answer.code, answer.out.startswith(" ".join(("Usage\u00a0: passerelle", *command)))) == (0, True)
    assert [word for word in ("COMMAND ", "OPTIONS:", "Parameters", "Display", "[default", "[required") if word in answer.out] == []


def test_no_command_at_all_shows_the_help(bare):
    assert bare().out == bare("--help").out


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            ("actoin",),
            "passerelle\u00a0: la commande «\u00a0actoin\u00a0» n'existe pas\u00a0; les plus proches\u00a0: action. «\u00a0passerelle --help\u00a0» les donne toutes.",
        ),
        (
            ("action", "propose", "--titel", "a"),
            "passerelle action propose\u00a0: l'option --titel n'existe pas\u00a0; options possibles\u00a0: --title, --sites.",
        ),
        (
            ("action", "list", "tout"),
            "passerelle action list\u00a0: «\u00a0tout\u00a0» est de trop\u00a0; «\u00a0passerelle action list --help\u00a0» explique la commande.",
        ),
        (
            ("action", "show"),
            "passerelle action show\u00a0: il manque NUMERO\u00a0; «\u00a0passerelle action show --help\u00a0» explique la commande.",
        ),
        (
            ("clock", "advance", "--days", "deux"),
            "--days\u00a0: «\u00a0deux\u00a0» n'est pas un nombre entier\u00a0; écrivez-le en chiffres.",
        ),
        (
            ("events", "--limit", "1", "--limit", "2"),
            "passerelle events\u00a0: l'option --limit est donnée deux fois\u00a0; gardez-en une.",
        ),
    ],
)
def test_a_line_that_was_typed_wrongly_is_answered_with_its_remedy(bare, typed, sentence):
    answer = bare(*typed)
    assert (answer.code, answer.out, answer.err) == (2, "", f"Refusé\u00a0:\n  - {sentence}\n")


def test_a_line_that_was_typed_wrongly_is_answered_in_english_too(english):
    answer = english("actoin")
    assert (answer.code, answer.err) == (
        2,
        "Refused:\n  - passerelle: the command “actoin” does not exist; nearest: action. “passerelle --help” lists them all.\n",
    )


def test_a_language_that_is_not_offered_is_refused_by_its_variable(bare, monkeypatch):
    monkeypatch.setenv("PASSERELLE_LANGUAGE", "de")
    answer = bare("status")
    assert (answer.code, answer.err) == (
        2,
        "PASSERELLE_LANGUAGE\u00a0: «\u00a0de\u00a0» n'est pas une langue proposée\u00a0; langues possibles\u00a0: fr, en.\n",
    )
