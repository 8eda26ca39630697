"""A convention lived in virtual time: the same seed, the same result; nothing leaves; silence is chased no further than the charter says."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from builders import CHARTER, ROOT, changed_charter, settings_of

from models.errors import Refused
from models.tables import Event, table
from notifications.mailbox import list_mails
from services.bootstrap import open_app
from services.simulation.manners import Absences, Answering, Asking, Manners, Sessions, Taking, Work
from services.simulation.outcome import compare, read_figures, simulate_into
from services.simulation.trial import Plan

FIRST = date(2026, 1, 5)
QUICK = Manners(
    answering={asking: Answering(median_days=2, spread=0.2, heeded=(1.0,)) for asking in Asking},
    work=Work(months=(6, 8), milestones=(2, 2), proposed_over=0.1, on_time=1.0, suspended=0, abandoned=0, late=Taking(median_days=1)),
    absences=Absences(weeks_a_year=0, in_summer=0),
    sessions=Sessions(every_months=1),
)
SILENT = QUICK.model_copy(
    update={"answering": {**QUICK.answering, Asking.PROGRESS: Answering(median_days=2, heeded=(0.0,))}, "moved_from_above": 0.0}
)


def lived(tmp_path: Path, name: str, **changes):
    plan = Plan(**{"charter": CHARTER, "first": FIRST, "last": date(2027, 9, 30), "actions": 3, "persons": 24, "seed": 5, **changes})
    return simulate_into(plan, settings_of(tmp_path / "home"), tmp_path / name, "fr")


def events_of(folder: Path) -> list:
    app = open_app(settings_of(folder))
    try:
        with app.db.read() as connection:
            return list(connection.execute(table(Event).select().order_by(table(Event).c.position)))
    finally:
        app.close()


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A simulation of people who do everything they are asked."""
    folder = tmp_path_factory.mktemp("quick")
    return (folder / "trial", *lived(folder, "trial", manners=QUICK))


def test_people_who_answer_carry_every_action_to_its_end(quick):
    _, came_of_it, figures = quick
    assert figures.actions == {"closed": 3}
    assert came_of_it.never == 0


def test_what_it_leaves_is_a_home_with_every_mail_in_its_mailbox(quick):
    folder, came_of_it, figures = quick
    mails = list_mails(folder / "mailbox")
    assert len(mails) == came_of_it.mails == figures.mails
    assert all(mail.rehearsal and mail.flaw is None for mail in mails)
    assert not (folder.parent / "home").exists()
    assert len(events_of(folder)) > 50


def test_the_report_needs_nothing_but_itself_and_says_in_tables_what_charts_show(quick):
    page = (quick[0] / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<img|<link|@import|url\((?!#)|(?:href|src)=\"(?!#)", page)
    assert '<html lang="fr">' in page
    drawings = re.findall(r'<svg[^>]*role="img" aria-label="[^"]+"', page)
    assert len(drawings) == page.count("<figure>") == 5
    assert page.count("<table>") >= page.count("<figure>")
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_silence_is_chased_up_to_the_last_rung_and_no_further(tmp_path):
    ladder = [{"days": 1, "to": ["owner"]}, {"days": 5, "to": ["owner", "chair"]}, {"days": 9, "to": ["steering"]}]
    charter = changed_charter(tmp_path / "charter.yaml", lambda document: document.update(chasing={"progress": ladder}))
    lived(tmp_path, "trial", manners=SILENT, charter=charter, actions=2)
    climbed = Counter()
    for event in events_of(tmp_path / "trial"):
        if event.topic == "progress.delayed":
            climbed[event.action_id, event.payload["deadline"], event.payload["rung"]] += 1
    assert climbed
    assert set(climbed.values()) == {1}
    assert {rung for _, _, rung in climbed} == {1, 2, 3}


def test_two_simulations_of_the_same_people_are_set_side_by_side(quick, tmp_path):
    lived(tmp_path, "silent", manners=SILENT)
    compare(quick[0], tmp_path / "silent", tmp_path / "both.html", "en")
    page = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert "Two cadences compared" in page
    assert "trial: " in page
    with pytest.raises(Refused, match="report_exists"):
        compare(quick[0], tmp_path / "silent", tmp_path / "both.html", "en")
    with pytest.raises(Refused, match="no_figures"):
        compare(quick[0], tmp_path, tmp_path / "other.html", "en")
    (tmp_path / "figures.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(Refused, match="wrong_figures"):
        read_figures(tmp_path)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last": FIRST}, "wrong_span"),
        ({"last": date(2060, 1, 1)}, "wrong_span"),
        ({"actions": 0}, "out_of_range"),
        ({"persons": 9}, "too_few"),
    ],
)
def test_what_cannot_be_simulated_is_refused_and_leaves_nothing(tmp_path, changes, code):
    with pytest.raises(Refused, match=code):
        lived(tmp_path, "trial", **changes)
    assert not (tmp_path / "trial").exists()


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_processes_with_the_same_seed_leave_the_same_bytes(tmp_path):
    asked = ["--actions", "3", "--persons", "24", "--seed", "9", "--until", "30/09/2026"]
    runs = []
    for name, hash_seed in (("one", "1"), ("two", "4242")):
        (tmp_path / name).mkdir()
        variables = {**os.environ, "PYTHONHASHSEED": hash_seed, "PASSERELLE_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "cli.main", "simulate", str(tmp_path / name / "trial"), *asked]
        runs.append(subprocess.Popen(command, env=variables, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))  # noqa: S603
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
    first, second = tree(tmp_path / "one" / "trial"), tree(tmp_path / "two" / "trial")
    assert len(first) > 20
    assert first == second


def test_a_trial_never_takes_a_home_or_a_folder_in_use(tmp_path):
    home = tmp_path / "home"
    (home / "mailbox").mkdir(parents=True)
    plan = Plan(CHARTER, date(2026, 1, 1), date(2026, 2, 1), 1, 60, seed=1)
    for folder, code in ((home, "in_the_home"), (tmp_path, "in_the_home"), (home / "..", "in_the_home"), (home / "mailbox", None)):
        (home / "mailbox" / "letter").touch()
        with pytest.raises(Refused) as caught:
            simulate_into(plan, settings_of(home), folder, "fr")
        assert [problem.code for problem in caught.value.problems] == [f"simulation.{code or 'folder_used'}"]
