import pytest
from builders import body_of, changed_charter
from servers import recording_chat

from services.hold import hold

SECRET = "x7ybjmukpaw3r3urc5h6i369yima"
TABLE = "person;name;email;language;channel;seat;body;role;partner;weight;starts_on;ends_on\n"
NEWCOMER = "nouvelle;Nouvelle Venue;nouvelle@ville.example;fr;env:NEWCOMER_ROOM;;;;;;;\n"


@pytest.fixture
def chat(monkeypatch):
    """A room of this machine, which the settings admit."""
    with recording_chat() as server:
        monkeypatch.setenv("COTECH_ROOM", f"json://127.0.0.1:{server.port}/{SECRET}")
        monkeypatch.setenv("PASSERELLE_CHAT_HOSTS", "127.0.0.1")
        yield server


@pytest.fixture
def office(passerelle, chat, tmp_path):  # noqa: ARG001  # where the room is
    """The command on a home in which a body, the operators and a person have rooms, of which one is there."""

    def rooms(it):
        body_of(it, "cotech").update(channel="env:COTECH_ROOM")
        it["channels"] = {"operators": "file:salon-exploitation"}

    assert passerelle("charter", "load", changed_charter(tmp_path / "rooms.yaml", rooms)).code == 0
    (tmp_path / "people.csv").write_text(TABLE + NEWCOMER, encoding="utf-8")
    assert passerelle("people", "import", tmp_path / "people.csv").code == 0
    return passerelle


def test_every_channel_is_listed_with_its_service_and_host_and_without_its_secret(office):
    listed = office("channel", "list", "--json")
    assert [(row["kind"], row["code"], row["service"], row["host"], row["reason"]) for row in listed.data] == [
        ("body", "cotech", "JSON", "127.0.0.1", None),
        ("named", "operators", None, None, "file_unreadable"),
        ("person", "nouvelle", None, None, "variable_unset"),
    ]
    shown = office("channel", "list")
    assert "La variable d'environnement n'est pas définie" in " ".join(shown.out.split())
    assert SECRET not in listed.out + shown.out + listed.err + shown.err


def test_a_test_arrives_marked_as_one_and_a_second_one_waits_for_a_minute(office, chat):
    tried = office("channel", "test", "cotech")
    assert (tried.code, tried.out) == (0, "L'essai est arrivé\u00a0: le service l'a accepté.\n")
    ((path, said),) = chat.heard
    assert (path, said["title"]) == (f"/{SECRET}", "[Répétition] Essai de Passerelle")
    assert "Ceci est un essai" in said["message"]
    again = office("channel", "test", "env:COTECH_ROOM")
    assert (again.code, "ce salon vient de recevoir un essai\u00a0: attendez une minute." in again.said) == (2, True)
    assert len(chat.heard) == 1


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (404, "refused", "L'essai a été refusé, et le serait encore."),
        (503, "later", "L'essai n'est pas parti\u00a0; il pourrait passer plus tard."),
        ("cut", "uncertain", "Personne ne sait si l'essai est arrivé\u00a0: regardez dans le salon."),
    ],
)
def test_a_test_that_does_not_arrive_says_so_in_words(office, chat, monkeypatch, answer, outcome, words):
    chat.answers += [answer] * 2
    tried = office("channel", "test", "env:COTECH_ROOM")
    assert (tried.code, tried.out.startswith(words), SECRET in tried.out) == (2, True, False)
    monkeypatch.setattr("services.channels._PAUSE_SECONDS", 0)
    assert office("channel", "test", "nouvelle", "--json").data["reason"] == "variable_unset"
    monkeypatch.setenv("NEWCOMER_ROOM", f"json://127.0.0.1:{chat.port}/{SECRET}")
    told = office("channel", "test", "nouvelle", "--json")
    assert (told.code, told.data["outcome"], told.data["reason"], SECRET in told.out) == (2, outcome, None, False)


def test_a_home_that_is_held_sends_no_test(office, chat, light_app):
    with light_app.db.write() as connection:
        hold(connection, light_app.clock.wall(), light_app.clock.wall(), at_rest=True)
    answer = office("channel", "test", "cotech")
    assert (answer.code, "aucun message n'en part" in answer.said, chat.heard) == (2, True, [])


def test_a_room_outside_the_list_is_refused_with_its_remedy(office, chat, monkeypatch):
    monkeypatch.setenv("PASSERELLE_CHAT_HOSTS", "")
    tried = office("channel", "test", "cotech")
    assert tried.code == 2
    assert "dans un réseau privé ou réservé\u00a0: s'il est à vous, nommez-le dans PASSERELLE_CHAT_HOSTS" in tried.out
    assert chat.heard == []


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("copil", "personne n'a de salon sous le nom «\u00a0copil\u00a0»."),
        (f"slack://{SECRET}", "un canal s'indique par référence, jamais par son adresse"),
    ],
)
def test_whoever_has_no_channel_and_a_literal_address_are_refused(office, called, said):
    answer = office("channel", "test", called)
    assert (answer.code, said in answer.said, SECRET in answer.said) == (2, True, False)
