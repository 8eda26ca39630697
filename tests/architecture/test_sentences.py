"""Every reason that the program may give has its sentence, in both languages, with exactly the figures it is given."""

import ast
import tomllib
from string import Formatter

import pytest
from builders import ROOT

from models.charter import Language
from services.wording import catalogue

PACKAGES = ("cli", "flows", "models", "notifications", "services")
REFUSALS = ("refusals", "people", "charter", "validation")


def sources():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def named(call):
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def params_of(call):
    """The names of the figures given to a problem, or None where they are computed."""
    if named(call) in ("because", "refuse"):
        names = [keyword.arg for keyword in call.keywords]
        return None if None in names else {name for name in names if name != "where"}
    given = call.args[1] if len(call.args) > 1 else next((word.value for word in call.keywords if word.arg == "params"), ast.Dict([], []))
    literal = isinstance(given, ast.Dict) and all(isinstance(key, ast.Constant) for key in given.keys)
    return {key.value for key in given.keys} if literal else None


def code_of(call):
    """The code as the catalogue has it, or None where it is computed."""
    position = 1 if named(call) == "refuse" else 0
    code = call.args[position] if len(call.args) > position else None
    if not isinstance(code, ast.Constant):
        return None
    return f"people.{code.value}" if named(call) == "refuse" else code.value


def problems():
    for path, tree in sources():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and named(call) in ("Problem", "because", "refuse") and (code := code_of(call)):
                yield path, call.lineno, code, params_of(call)


FOUND = sorted(problems(), key=lambda found: found[:3])


def placeholders(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_the_source_is_really_read():
    assert len(FOUND) > 80


@pytest.mark.parametrize("language", Language)
def test_every_reason_in_the_source_has_its_sentence(language):
    assert [found[:3] for found in FOUND if found[2] not in catalogue(language)] == []


@pytest.mark.parametrize("language", Language)
def test_a_sentence_uses_only_the_figures_that_its_reason_brings(language):
    sentences = catalogue(language)
    assert [found for found in FOUND if found[3] is not None and not placeholders(sentences[found[2]]) <= found[3]] == []


def test_every_figure_that_a_reason_brings_is_told():
    """A figure may be left out of the sentence only where another program reads it."""
    sentences = catalogue(Language.FRENCH)
    unused = {found[2]: sorted(found[3] - placeholders(sentences[found[2]])) for found in FOUND if found[3]}
    assert {code: names for code, names in unused.items() if names} == {}


def test_no_sentence_of_a_refusal_is_left_over():
    strings = {
        node.value for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    kept = tomllib.loads((ROOT / "services/wording/fr/refusals.toml").read_text(encoding="utf-8"))
    assert sorted(code for code in kept if code not in strings) == []
