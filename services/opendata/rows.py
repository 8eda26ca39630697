"""An edition as rows of the open data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.progress import Progress, rounded, weighed
from models.publication import PublicField
from services.opendata.cells import Value, rightly
from services.opendata.columns import ACTIONS, DECISIONS, MILESTONES, PROGRESS, Layout
from services.opendata.files import Row
from services.publication.edition import Edition, PublicAction, PublicDecision
from services.wording import Wording

_FIELDS = {
    "numero": "number",
    "titre": "title",
    "etat": "state",
    "axe": "axis",
    "objectif": "objective",
    "thematiques": "themes",
    "contexte": "context",
    "porteur": "lead_body",
    "partenaires": "partners",
    "debut": "starts_on",
    "fin": "ends_on",
    "indicateurs": "indicators",
    "avancement": "percent",
    "avancement_le": "percent_on",
    "modifie_le": "changed_on",
}
"""Columns of actions that are called otherwise in the program."""
_NO_OBJECTIVE = "sans-objectif"


def rows_of(edition: Edition, base_url: str) -> dict[str, tuple[Layout, list[Row]]]:
    """The rows of every table that this edition has, by the table's name, in an order that does not change."""
    rules, words = edition.rules, Wording(edition.own_language)
    names = names_of(edition, edition.own_language)
    address = f"{base_url}{edition.path}"
    found: dict[str, tuple[Layout, Iterator[Mapping[str, Any]]]] = {}
    if rules.actions is not None:
        found["actions"] = ACTIONS, (_action(action, names, words, address) for action in edition.content.actions)
    if rules.shows(PublicField.MILESTONES):
        found["jalons"] = MILESTONES, _milestones(edition.content.actions)
    if rules.decisions is not None:
        decisions = sorted(edition.content.decisions, key=lambda found: (found.decided_on, found.body, found.number))
        title = edition.charter.convention.name.of(edition.own_language)
        found["decisions"] = DECISIONS, (_decision(one, title, names, words, address) for one in decisions)
    if edition.progress() is not None:
        found["avancement"] = PROGRESS, _progress(edition, names, words)
    return {name: (layout, [_row(layout, values) for values in rows]) for name, (layout, rows) in found.items()}


def names_of(edition: Edition, language: str) -> Mapping[str, Mapping[str, str]]:
    """What the charter calls its codes, by family; bodies and partners may lead an action alike."""
    charter = edition.charter
    families = {
        family: {entry.code: entry.name.of(language) for entry in getattr(charter, family)}
        for family in ("axes", "objectives", "themes", "sites", "partners", "bodies")
    }
    return {**families, "leads": {**families["partners"], **families["bodies"]}}


def _row(layout: Layout, values: Mapping[str, Any]) -> Row:
    return tuple(rightly(values.get(column.name), column) for column in layout.columns)


def _action(action: PublicAction, names: Mapping[str, Mapping[str, str]], words: Wording, address: str) -> Mapping[str, Value]:
    own = {column.name: getattr(action, _FIELDS.get(column.name, column.name), None) for column in ACTIONS.columns}
    return {
        **own,
        "etat_nom": words.label("state", action.state),
        "axe_nom": names["axes"].get(action.axis or "", action.axis),
        "objectif_nom": names["objectives"].get(action.objective or "", action.objective),
        "porteur_nom": names["leads"].get(action.lead_body or "", action.lead_body),
        "url": f"{address}/actions/{action.number}",
    }


def _milestones(actions: Sequence[PublicAction]) -> Iterator[Mapping[str, Value]]:
    for action in actions:
        for step in action.milestones:
            yield {
                "action": action.number,
                "rang": step.position,
                "titre": step.title,
                "echeance": step.due_on,
                "atteint_le": step.reached_on,
            }


def _decision(
    decision: PublicDecision, convention: str, names: Mapping[str, Mapping[str, str]], words: Wording, address: str
) -> Mapping[str, Value]:
    figures = decision.file["figures"] if decision.file else {}
    return {
        "COLL_NOM": convention,
        "DELIB_ID": decision.number,
        "DELIB_DATE": decision.decided_on,
        "DELIB_OBJET": decision.title,
        "INSTANCE_CODE": decision.body,
        "INSTANCE_NOM": names["bodies"].get(decision.body, decision.body),
        "ACTION_NUMERO": decision.action,
        "ISSUE_CODE": decision.outcome,
        "ISSUE_NOM": words.label("outcome", decision.outcome),
        "RESULTAT_CODE": decision.result,
        "VOTE_EFFECTIF": figures.get("seats"),
        "VOTE_REEL": figures.get("answered"),
        "VOTE_POUR": figures.get("in_favour"),
        "VOTE_CONTRE": figures.get("against"),
        "VOTE_ABSTENTION": figures.get("abstained"),
        "VOTE_AJOURNEMENT": figures.get("adjourn"),
        "VERSION": decision.revision,
        "DELIB_URL": f"{address}/decisions/{decision.number}",
    }


def _progress(edition: Edition, names: Mapping[str, Mapping[str, str]], words: Wording) -> Iterator[Mapping[str, Any]]:
    for axis, found in (edition.progress() or {}).items():
        yield {"niveau": "axe", "axe": axis, "code": axis, "nom": names["axes"][axis], **_figures(edition, found.whole)}
        for objective, part in found.objectives.items():
            code = objective or _NO_OBJECTIVE
            named = names["objectives"][objective] if objective else words.say("public.no_objective")
            yield {"niveau": "objectif", "axe": axis, "code": code, "nom": named, **_figures(edition, part)}


def _figures(edition: Edition, part: Progress) -> Mapping[str, Any]:
    return {
        "ponderation": edition.rules.progress,
        "poids": weighed(part.weight),
        "avancement": rounded(part.percent),
        "actions": part.actions,
        "sans_point": part.unreported,
        "sans_budget": part.unweighed,
        "abandonnees": part.dropped,
    }
