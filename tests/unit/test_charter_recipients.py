"""The lines of the table of recipients in a charter's file: each mistake with its line, its key and a remedy."""

import pytest
from builders import CHARTER, real_charter

from models.charter import Charter
from models.errors import Refused
from models.telling.rules import TellingRules
from services.charters import Change, diff, read_charter
from services.wording import Wording

WELL = """
telling:
  recipients:
    action.approved:
      - {message: action-approved, to: [proposer, lead], copy: [any_secretary]}
    action.resumed: []
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "charter.yaml"
        file.write_text(CHARTER.read_text(encoding="utf-8") + text, encoding="utf-8")
        return file

    return write


def refused(written, *lines):
    """What is said of these lines of the table, without the file and the line."""
    text = "\ntelling:\n  recipients:\n" + "".join(f"    {line}\n" for line in lines)
    first = CHARTER.read_text(encoding="utf-8").count("\n") + 4
    with pytest.raises(Refused) as caught:
        read_charter(written(text))
    assert all(Wording("fr").say_problem(problem) for problem in caught.value.problems)
    said = [
        Wording("en").say_problem(problem).partition(", line ")[2].partition(", telling.recipients.") for problem in caught.value.problems
    ]
    return [(int(line) - first, rest) for line, _, rest in said]


def test_a_charter_may_say_who_gets_a_message_and_who_a_copy_of_it(written):
    charter = read_charter(written(WELL))
    (line,) = charter.telling.recipients["action.approved"]
    assert (line.message, line.to, line.copy) == ("action-approved", ("proposer", "lead"), ("any_secretary",))
    assert (charter.telling.recipients["action.resumed"], Charter.model_validate(charter.model_dump(mode="json"))) == ((), charter)


def test_the_part_that_the_shipped_charter_offers_is_well_formed_and_names_every_key(written):
    part = CHARTER.read_text(encoding="utf-8").partition("\n#telling:")[2].partition("\n\n")[0]
    usual, telling = TellingRules(), read_charter(written("\ntelling:" + part.replace("\n#", "\n") + "\n")).telling
    alike = {name for name in TellingRules.model_fields if getattr(telling, name) == getattr(usual, name)}
    assert (alike, telling.digest_hour) == ({"digest_hour"}, 8)


def test_a_changed_line_is_shown_as_any_change(written):
    line = [{"message": "action-approved", "to": ["proposer", "lead"], "copy": ["any_secretary"]}]
    assert diff(real_charter(), read_charter(written(WELL))) == [
        Change("telling.recipients.action.approved", None, line),
        Change("telling.recipients.action.resumed", None, []),
    ]


def test_names_that_mean_nothing_are_refused_with_those_that_do(written):
    assert refused(
        written,
        "action.aproved: []",
        "action.amended: []",
        "action.closed:",
        "  - {message: action-completed, to: [lead]}",
        "action.started:",
        "  - message: action-started",
        "    to: [lead, led]",
        "    copy: [proposer, lead, voter]",
        "  - {message: action-started, to: [lead]}",
    ) == [
        (0, "action.aproved: “action.aproved” is not known here; possible values: action.approved, action.proposed, action.started."),
        (1, "action.amended: nobody is told of “action.amended”, which has no message; delete this line."),
        (3, "action.closed.1.message: “action-completed” is not known here; possible values: action-closed."),
        (6, "action.started.1.to.2: “led” is not known here; possible values: lead."),
        (7, "action.started.1.copy.2: “lead” stands twice in this list; delete the repetition."),
        (
            7,
            (
                "action.started.1.copy.3: “voter” is not known here; possible values: technical_secretary, steering_secretary,"
                " any_secretary, proposer, lead."
            ),
        ),
        (8, "action.started.2.message: “action-started” stands twice in this list; delete the repetition."),
    ]


def test_what_is_asked_of_people_and_what_confirms_their_acts_cannot_be_taken_from_them(written):
    assert refused(
        written,
        "review.opened:",
        "  - {message: opinion-requested, to: [deputy, lead]}",
        "progress.requested: []",
        "opinion.recorded:",
        "  - {message: opinion-received, to: [voice], copy: [body_secretary]}",
        "proxy.given:",
        "  - {message: proxy-held, to: [holder]}",
    ) == [
        (
            1,
            (
                "review.opened.1.to.2: “opinion-requested” is written to those of whom it asks something; “lead” may get a copy: move this role"
                " to “copy”."
            ),
        ),
        (1, "review.opened.1.to: “opinion-requested” must stay addressed to voter: add them under “to” of this message."),
        (2, "progress.requested: “progress-requested” must stay addressed to lead: add them under “to” of this message."),
        (
            4,
            "opinion.recorded.1.copy.1: “opinion-received” confirms an act to whoever did it; nobody else gets a copy: take this role out.",
        ),
        (5, "proxy.given: “proxy-given” must stay addressed to giver: add them under “to” of this message."),
    ]


def test_a_line_without_anybody_and_a_key_that_nobody_knows_are_told_in_their_places(written):
    assert refused(written, "action.closed:", "  - {message: action-closed, to: [], cc: [lead]}") == [
        (1, "action.closed.1.to: this list is too short: at least 1 item(s)."),
        (1, "action.closed.1.cc: this field does not exist; check its name or delete it."),
    ]
