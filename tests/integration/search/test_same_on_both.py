# ruff: noqa: RUF001  # signs as people type them
"""What SQLite finds PostgreSQL finds, in the same order: for texts and queries made at random."""

from dataclasses import replace

import pytest
from builders import CONVENTION, Desk, Ids, Watch, provision, settings_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import Refused
from models.lifecycle import Verb
from services.bootstrap import open_app
from services.clock import Clock
from services.forms import DraftForm
from services.readers import OPERATOR
from services.search.find import Wanted, search_all
from services.search.index import standing

pytestmark = pytest.mark.postgres
WORDS = st.sampled_from(
    """
    école Écoles ECOLE l'été d’été ville villes de la a énergie vélo vélos œuvre A-2026-001 2026-002 sous-sol o'clock x=y ^ville 100% e_e
    \\ ' | & ! ( ) :* NOT OR NEAR Ωμέγα 中文 İzmir ﬁn
    """.split()  # noqa: SIM905  # a list to be read
)
SIGNS = st.characters(exclude_characters="\0", exclude_categories=("Cs",))
TEXTS = st.lists(WORDS | st.text(SIGNS, max_size=8), min_size=1, max_size=12).map(" ".join).filter(str.strip).map(lambda text: text[:150])
QUERIES = st.lists(
    st.tuples(st.sampled_from(["", "", "", "-"]), WORDS | st.text(SIGNS, max_size=6), st.sampled_from(["", "", "*"])), max_size=4
)
TYPED = QUERIES.map(lambda parts: " ".join("".join(part) for part in parts)) | TEXTS.map(lambda text: '"' + text.replace('"', "") + '"')


@pytest.fixture
def both(sqlite_url, postgres_url, tmp_path):
    """The same home on each kind of database."""
    desks = []
    for name, url in (("lite", sqlite_url), ("postgres", postgres_url)):
        watch = Watch()
        app = open_app(settings_of(tmp_path / name, url))
        desks.append(Desk(replace(app, clock=Clock(app.clock._offset, watch), ids=Ids()), watch))
    yield desks
    for desk in desks:
        desk.app.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3), st.lists(TYPED, min_size=1, max_size=6))
def test_the_same_is_found_in_the_same_order(both, texts, queries):
    for desk in both:
        for title, description in texts:
            number = desk.propose(provision(7, title=title, description=description), form=DraftForm)
            name = f"{''.join(sign for sign in title if sign.isalnum())[:20]}.pdf"
            desk.execute(Verb.ATTACH, number, file_name=name, media_type="application/pdf", size=1000, sha256="d" * 64)
    typed = [*queries, texts[0][0], f'"{texts[0][1]}"'.replace('""', '"')]
    one, other = ([_asked(desk, words) for words in typed] for desk in both)
    assert one == other
    assert [standing(desk.app).sound for desk in both] == [True, True]


def _asked(desk, words):
    try:
        found = [*search_all(desk.app, OPERATOR, CONVENTION, Wanted(words.strip()), "fr")]
    except Refused as refused:
        return [problem.code for problem in refused.problems]
    return [(each.kind, each.number, each.head, each.excerpt) for each in found]
