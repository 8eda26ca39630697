"""Whether everything is found by the words that it holds."""

from collections.abc import Iterator

from services.bootstrap import App
from services.doctor_check import Check
from services.proof import some
from services.search.index import standing


def examine_search(app: App) -> Iterator[Check]:
    """What the index says against what the actions say: the newest compared word by word, all of them counted."""
    found = standing(app)
    wrong = Check("search_wrong", "mend", {"count": len(found.wrong), "numbers": some(found.wrong)})
    missing = Check("search_missing", "mend", {"count": abs(found.missing)})
    faults = [fault for fault, there in ((wrong, found.wrong), (missing, found.missing)) if there]
    yield from faults
    if not faults:
        yield Check("search", "right", {"documents": found.documents, "examined": found.examined})
    if found.waiting:
        yield Check("search_waiting", "look", {"count": found.waiting})
