"""Everything that is kept about somebody is told to them: no table is forgotten, nothing of others and no secret is in it."""

import csv
import io
import json
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import CONVENTION, IN_SECRET, body_of, changed_charter, provision
from sqlmodel import SQLModel

from models.commands import Actor, Via
from models.errors import NotFound
from models.lifecycle import Verb
from models.tables import Feed, Opinion, Person, Seat, SignIn, Words, table
from services.absences import note_absence
from services.feed_addresses import Whose, renew
from services.forms import DeclareConflictForm, GiveProxyForm
from services.personal_data import personal_data
from services.personal_files import archive
from services.personal_tables import PARTS, READ, WITHOUT
from services.preferences import choose, mute
from services.tokens import make
from services.views import save
from services.wording import Wording

MEMBER, HOLDER, DEPUTY, AWAY = "COTECH-06", "COTECH-05", "COTECH-08", "COTECH-03"
OPINION = "Le tracé par la rue des Lilas est trop étroit"
TABLES = SQLModel.metadata.tables
_OF_PERSONS = {"seat", "giver", "holder", "actor", "on_behalf_of", "author_seat", "proposer_seat", "noted_by", "email", "address", "name"}


def person_of(desk, seat):
    [row] = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=row.person_id)[0]


def told(desk, seat, part):
    return personal_data(desk.app, seat).part(part)


# --- complete by construction -------------------------------------------------------------------------------------------------------


def test_every_table_is_decided_upon():
    read = {part.rows.name for part in PARTS} | READ.keys()
    assert read | WITHOUT.keys() == TABLES.keys()
    assert read & WITHOUT.keys() == set()


def test_a_table_in_which_nothing_is_said_to_be_kept_about_anybody_names_nobody():
    points = {
        (name, column.name)
        for name in WITHOUT
        for column in TABLES[name].columns
        if column.name in _OF_PERSONS or any(key.column.table.name in ("person", "seat") for key in column.foreign_keys)
    }
    assert points == {("lease", "holder"), ("lease", "name")}, "of a lease: a process, and its role"


def test_every_reference_to_a_person_or_a_seat_chooses_a_part():
    pointing = {
        name
        for name, rows in TABLES.items()
        if any(key.column.table.name in ("person", "seat") for c in rows.columns for key in c.foreign_keys)
    }
    assert pointing <= {part.rows.name for part in PARTS}


def test_what_is_left_out_exists_and_has_a_reason():
    for part in PARTS:
        assert part.untold.keys() - {column.name for column in part.rows.columns} - {label.name for label in part.more} == set(), part.name
        assert all(part.untold.values())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_part_and_every_column_has_a_name(language):
    words = Wording(language)
    parts, columns = words.labels("personal_part"), words.labels("personal_column")
    assert {part.name for part in PARTS} | {name for name, _ in READ.values()} == parts.keys()
    for part in PARTS:
        for name in [label.name for label in part.more] + [column.name for column in part.rows.columns]:
            assert name in part.untold or f"{part.name}.{name}" in columns or name in columns, (part.name, name)


# --- a member's data ----------------------------------------------------------------------------------------------------------------


def _with_proxies(document):
    body_of(document, "cotech")["rules"].update(proxies_per_holder=1)


@pytest.fixture
def member(desk, tmp_path):
    """A member of whom every part knows something; returns the action."""
    desk.under(changed_charter(tmp_path / "proxies.yaml", _with_proxies))
    person = person_of(desk, MEMBER)
    days = {"starts_on": desk.today.isoformat(), "ends_on": (desk.today + timedelta(days=3)).isoformat()}
    note_absence(desk.app, CONVENTION, person.code, {**days, "deputy": DEPUTY}, by=MEMBER)
    number, other = desk.to_technical(provision(1)), desk.to_technical()
    desk.execute(Verb.RECORD_OPINION, number, MEMBER, body="cotech", voter=MEMBER, opinion="unfavourable", reason=OPINION)
    desk.ask(GiveProxyForm(seat=MEMBER, action=other, body="cotech", holder=HOLDER))
    by_proxy = Actor(seat=HOLDER, on_behalf_of=MEMBER, via=Via.LINK)
    desk.execute(Verb.VOTE_BY_PROXY, other, actor=by_proxy, body="cotech", voter=MEMBER, holder=HOLDER, opinion="favourable")
    desk.ask(DeclareConflictForm(seat=MEMBER, action=other, kind="family", reason="Une cousine y travaille"))
    desk.settle()
    choose(desk.app, person.id, {"rhythm": "weekly", "hour": "8", "weekday": "0", "decisions.mail": "digest"}, 0)
    renew(desk.app, Whose(CONVENTION, person.id))
    make(desk.app, person.id, name="Tableau", scopes=("read",), days=30, via=Via.PORTAL)
    mute(desk.app, person.id, desk.action(number).id, None)
    save(desk.app, person.id, "actions", "À suivre", "state=submitted")
    with desk.app.db.write() as connection:
        moment = desk.watch.moment
        key = {"key": b"k" * 32, "person_id": person.id, "delivery_id": desk.app.ids(), "began_at": moment, "seen_at": moment}
        connection.execute(table(SignIn).insert().values(**key))
    return number


def test_a_member_reads_their_opinions_texts_proxies_absences_and_choices(desk, member):
    data = personal_data(desk.app, MEMBER)
    assert [(row["action"], row["value"]) for row in data.part("opinion") if row["seat"] == MEMBER and not row["superseded"]] == [
        (member, "unfavourable")
    ]
    assert {OPINION, "family\nUne cousine y travaille"} <= {row["body"] for row in data.part("text")}
    assert [(row["giver"], row["holder"]) for row in data.part("proxy")] == [(MEMBER, HOLDER)]
    assert [(row["deputy"], row["noted_by"]) for row in data.part("absence")] == [(DEPUTY, MEMBER)]
    assert {row["asked"] for row in data.part("asked")} == {MEMBER}
    assert [(row["rhythm"], row["weekday"]) for row in data.part("preference")] == [("weekly", 0)]
    for part in ("person", "seat", "conflict", "act", "delivery", "sign_in", "wish", "mute", "saved_view", "feed", "token"):
        assert data.part(part), part


def test_a_deputy_and_a_holder_read_what_they_did_for_others(desk, member):
    assert member
    deputy, holder = personal_data(desk.app, DEPUTY), personal_data(desk.app, HOLDER)
    assert [(row["deputy"], row["starts_on"]) for row in deputy.part("standing_in")] == [(DEPUTY, desk.today)]
    assert [(row["seat"], row["holder"]) for row in holder.part("opinion")] == [(MEMBER, HOLDER)]
    assert [row["topic"] for row in holder.part("act") if row["on_behalf_of"] == MEMBER] == ["opinion.recorded"]


def test_what_a_deputy_answered_for_somebody_away_is_told_to_both(desk):
    person = person_of(desk, AWAY)
    note_absence(
        desk.app, CONVENTION, person.code, {"starts_on": desk.today.isoformat(), "ends_on": desk.today.isoformat(), "deputy": DEPUTY}
    )
    number = desk.to_technical()
    actor = Actor(seat=DEPUTY, on_behalf_of=AWAY, via=Via.PORTAL)
    desk.execute(Verb.RECORD_OPINION, number, actor=actor, body="cotech", voter=AWAY, opinion="adjournment", reason=OPINION)
    for seat in (AWAY, DEPUTY):
        assert ([row["seat"] for row in told(desk, seat, "opinion")], [row["body"] for row in told(desk, seat, "text")]) == (
            [AWAY],
            [OPINION],
        )


def test_nobody_else_is_in_it_and_no_secret(desk, member):
    assert member
    person = person_of(desk, MEMBER)
    with desk.app.db.read() as connection:
        others = connection.execute(sa.select(table(Person).c.name, table(Person).c.email).where(table(Person).c.id != person.id)).all()
        salts = connection.execute(sa.select(table(Words).c.salt)).scalars().all()
    texts = _files(desk, MEMBER)
    whole = b"".join(texts.values()).decode()
    assert [text for row in others for text in row if text in whole] == []
    assert [salt for salt in salts if salt in whole] == []
    [feed] = desk.rows(Feed)
    assert [secret for secret in (feed.id.hex, str(feed.id), (b"k" * 32).hex()) if secret in whole] == []
    assert (person.name in whole, person.email in whole) == (True, True)


def test_of_a_secret_vote_only_that_it_was_cast_is_known(desk, tmp_path):
    desk.under(changed_charter(tmp_path / "secret.yaml", lambda it: body_of(it, "cotech")["rules"].update(IN_SECRET)))
    number = desk.to_technical()
    actor = Actor(seat=MEMBER, via=Via.PORTAL)
    desk.execute(Verb.RECORD_OPINION, number, actor=actor, body="cotech", voter=MEMBER, opinion="unfavourable")
    assert [row["value"] for row in told(desk, MEMBER, "opinion")] == [row.value for row in desk.rows(Opinion)] == ["secret"]
    assert b"unfavourable" not in _files(desk, MEMBER)["data.json"]


def _files(desk, seat, language="fr"):
    with zipfile.ZipFile(io.BytesIO(archive(personal_data(desk.app, seat), language))) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_page_tables_and_document_say_the_same(desk, member):
    assert member
    files = _files(desk, MEMBER)
    parts = json.loads(files["data.json"])["parts"]
    for name, rows in parts.items():
        if rows:
            lines = list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode("utf-8-sig"))))
            assert (len(lines), list(lines[0])) == (len(rows), list(rows[0])), name
    assert sorted(files) == sorted(["index.html", "data.json", *(f"{name}.csv" for name, rows in parts.items() if rows)])
    page = files["index.html"].decode()
    assert ("Une cousine y travaille" in page, "défavorable" in page, 'lang="fr"' in page) == (True, True, True)
    assert "unfavourable" in _files(desk, MEMBER, "en")["index.html"].decode()


def test_what_somebody_wrote_is_neither_markup_nor_a_formula(desk):
    number = desk.to_technical()
    wicked = "=HYPERLINK(1)<script>alert(1)</script>"
    desk.execute(Verb.RECORD_OPINION, number, MEMBER, body="cotech", voter=MEMBER, opinion="unfavourable", reason=wicked)
    files = _files(desk, MEMBER)
    assert b"<script" not in files["index.html"]
    assert f"'{wicked}" in files["text.csv"].decode()
    assert [row["body"] for row in json.loads(files["data.json"])["parts"]["text"]] == [wicked]


def test_an_unknown_person_is_named_with_near_matches(desk):
    with pytest.raises(NotFound) as refused:
        personal_data(desk.app, "COTECH-6O")
    assert refused.value.problems[0].code == "person_unknown"
