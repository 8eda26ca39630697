"""``passerelle decisions``."""


def test_decisions_are_listed_by_body_and_year(light_desk, passerelle):
    number = light_desk.to_approved()
    assert "COPIL-2026-001" in passerelle("decisions", "list").out
    [row] = passerelle("decisions", "list", "--body", "cotech", "--year", "2026", "--json").data
    assert (row["number"], row["action"], row["outcome"], row["revision"]) == ("COTECH-2026-001", number, "refer", 1)
    assert passerelle("decisions", "list", "--year", "2025").out == "Rien à montrer.\n"


def test_an_unknown_body_is_refused_with_those_that_exist(light_desk, passerelle):  # noqa: ARG001  # the home
    refused = passerelle("decisions", "list", "--body", "comex")
    assert (refused.code, "comex" in refused.err, "cotech" in refused.err) == (2, True, True)
