import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from builders import CLERK, changed_charter, propose_form

from models.commands import Via
from models.errors import Conflict, Fault, NotFound, Refused
from models.tables import Attachment
from services.attachments import Request, attach, attach_content, read, store
from services.homes import content_path

PLAN = b"%PDF-1.7 plan"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "plan.pdf"
    path.write_bytes(PLAN)
    return path


@pytest.fixture
def number(light_desk):
    return light_desk.propose()


def refusal(app, file, request):
    with pytest.raises(Refused) as refused:
        attach(app, file, request, via=Via.CLI)
    return [problem.code for problem in refused.value.problems]


def stored(app):
    return sorted(path.name for path in app.settings.attachments.rglob("*") if path.is_file())


def test_bytes_are_kept_once_under_their_digest_and_read_back(light_app):
    digest = store(light_app.settings, PLAN)
    assert (digest, store(light_app.settings, PLAN)) == (hashlib.sha256(PLAN).hexdigest(), digest)
    assert (stored(light_app), read(light_app.settings, digest)) == ([digest], PLAN)


def test_bytes_that_changed_on_disk_are_never_handed_out_and_are_mended_by_storing_again(light_app):
    digest = store(light_app.settings, PLAN)
    content_path(light_app.settings, digest).write_bytes(b"autre chose")
    with pytest.raises(Fault):
        read(light_app.settings, digest)
    store(light_app.settings, PLAN)
    assert read(light_app.settings, digest) == PLAN


def test_nothing_is_found_under_an_unknown_digest(light_app):
    with pytest.raises(NotFound) as refused:
        read(light_app.settings, "0" * 64)
    assert [problem.code for problem in refused.value.problems] == ["content_unknown"]


def test_an_attached_file_has_its_row_and_its_bytes(light_desk, file, number):
    outcome = attach(light_desk.app, file, Request(number, CLERK, "cle-0001"), via=Via.CLI)
    rows = [(row.file_name, row.media_type, row.size, row.sha256) for row in light_desk.rows(Attachment)]
    assert rows == [("plan.pdf", "application/pdf", len(PLAN), hashlib.sha256(PLAN).hexdigest())]
    assert (outcome.version, stored(light_desk.app)) == (2, [hashlib.sha256(PLAN).hexdigest()])


def test_the_same_request_again_has_the_same_answer(light_app, file, number):
    first = attach(light_app, file, Request(number, CLERK, "cle-0001"), via=Via.CLI)
    again = attach(light_app, file, Request(number, CLERK, "cle-0001"), via=Via.CLI)
    assert (again.event, again.version, again.repeated) == (first.event, first.version, True)


def test_a_file_that_the_rules_refuse_is_not_kept(light_app, file, number):
    assert refusal(light_app, file, Request(number, "COTECH-07", "cle-0001")) == ["not_allowed"]
    assert refusal(light_app, file.rename(file.with_suffix(".exe")), Request(number, CLERK, "cle-0002")) == ["attachment_kind_refused"]
    assert stored(light_app) == []


def test_no_file_is_kept_under_a_key_that_served_for_something_else(light_desk):
    number = light_desk.ask(propose_form(), key="cle-0001").number
    for seat in ("COTECH-07", CLERK):
        with pytest.raises(Conflict, match="key_reused"):
            attach_content(light_desk.app, "plan.pdf", PLAN, Request(number, seat, "cle-0001"), via=Via.API)
    assert stored(light_desk.app) == []


def test_a_file_that_is_missing_empty_or_too_large_is_refused(light_desk, file, number, tmp_path):
    light_desk.under(changed_charter(tmp_path / "charte.yaml", lambda document: document["attachments"].update(max_bytes=12)))
    request = Request(number, CLERK, "cle-0001")
    assert refusal(light_desk.app, file, request) == ["attachment_too_large"]
    file.write_bytes(b"")
    assert refusal(light_desk.app, file, request) == ["attachment_empty"]
    file.unlink()
    assert refusal(light_desk.app, file, request) == ["attachment_missing"]


@pytest.mark.parametrize("name", ["a\nb.pdf", "a\tb.pdf", "\x00.pdf", "a\u2028b.pdf"])
def test_a_name_that_nobody_can_see_whole_is_refused(light_desk, number, name):
    with pytest.raises(Refused) as refused:
        attach_content(light_desk.app, name, PLAN, Request(number, CLERK, "odd-name-1"), via=Via.PORTAL)
    assert [problem.code for problem in refused.value.problems] == ["attachment_name_unseen"]
    assert (light_desk.rows(Attachment), stored(light_desk.app)) == ([], [])


def test_the_same_bytes_stored_twice_at_once_are_kept_once_and_whole(light_app):
    content = PLAN * 50_000
    with ThreadPoolExecutor(8) as crowd:
        digests = {*crowd.map(lambda _: store(light_app.settings, content), range(24))}
    assert (len(digests), stored(light_app)) == (1, [*digests])
    assert read(light_app.settings, *digests) == content
