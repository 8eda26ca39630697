"""The tables of the open data: their columns, by name and kind. Names stay what they are once anybody reads the files.

Decisions borrow the names of the French schema of deliberations (SCDL, Délibérations 2.1) where they mean the same; the file is called otherwise,
since what a committee of a partnership decides is no deliberation of an elected assembly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.lifecycle import State


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CODE = "code"
    CODES = "codes"
    WHOLE = "whole"
    MONEY = "money"
    SHARE = "share"
    DAY = "day"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``needed``: it is never empty; ``allowed``: the only values it may hold, if they are few."""

    name: str
    kind: Kind = Kind.TEXT
    needed: bool = False
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A table. ``key``: the columns that name a row; ``refers``: a column that names a row of another table, and that table."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    refers: tuple[str, str] | None = None

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)


_T = Kind
_STATES = tuple(state.value for state in State if state not in (State.DRAFT, State.RETURNED, State.WITHDRAWN))
ACTIONS = Layout(
    "actions",
    ("numero",),
    (
        Column("numero", needed=True),
        Column("titre", needed=True),
        Column("etat", _T.CODE, needed=True, allowed=_STATES),
        Column("etat_nom", needed=True),
        Column("axe", _T.CODE),
        Column("axe_nom"),
        Column("objectif", _T.CODE),
        Column("objectif_nom"),
        Column("thematiques", _T.CODES),
        Column("sites", _T.CODES),
        Column("contexte"),
        Column("description"),
        Column("porteur", _T.CODE),
        Column("porteur_nom"),
        Column("partenaires", _T.CODES),
        Column("debut", _T.DAY),
        Column("fin", _T.DAY),
        Column("budget_euros", _T.MONEY),
        Column("indicateurs"),
        Column("avancement", _T.WHOLE),
        Column("avancement_le", _T.DAY),
        Column("modifie_le", _T.DAY),
        Column("url", _T.ADDRESS, needed=True),
    ),
)
MILESTONES = Layout(
    "jalons",
    ("action", "rang"),
    (
        Column("action", needed=True),
        Column("rang", _T.WHOLE, needed=True),
        Column("titre", needed=True),
        Column("echeance", _T.DAY, needed=True),
        Column("atteint_le", _T.DAY),
    ),
    refers=("action", "actions"),
)
DECISIONS = Layout(
    "decisions",
    ("DELIB_ID",),
    (
        Column("COLL_NOM", needed=True),
        Column("DELIB_ID", needed=True),
        Column("DELIB_DATE", _T.DAY, needed=True),
        Column("DELIB_OBJET", needed=True),
        Column("INSTANCE_CODE", _T.CODE, needed=True),
        Column("INSTANCE_NOM", needed=True),
        Column("ACTION_NUMERO", needed=True),
        Column("ISSUE_CODE", _T.CODE, needed=True),
        Column("ISSUE_NOM", needed=True),
        Column("RESULTAT_CODE", _T.CODE),
        Column("VOTE_EFFECTIF", _T.WHOLE),
        Column("VOTE_REEL", _T.WHOLE),
        Column("VOTE_POUR", _T.WHOLE),
        Column("VOTE_CONTRE", _T.WHOLE),
        Column("VOTE_ABSTENTION", _T.WHOLE),
        Column("VOTE_AJOURNEMENT", _T.WHOLE),
        Column("VERSION", _T.WHOLE, needed=True),
        Column("DELIB_URL", _T.ADDRESS, needed=True),
    ),
    refers=("ACTION_NUMERO", "actions"),
)
PROGRESS = Layout(
    "avancement",
    ("niveau", "axe", "code"),
    (
        Column("niveau", _T.CODE, needed=True, allowed=("axe", "objectif")),
        Column("axe", _T.CODE, needed=True),
        Column("code", _T.CODE, needed=True),
        Column("nom", needed=True),
        Column("ponderation", _T.CODE, needed=True, allowed=("equal", "budget")),
        Column("poids", _T.MONEY, needed=True),
        Column("avancement", _T.SHARE),
        Column("actions", _T.WHOLE, needed=True),
        Column("sans_point", _T.WHOLE, needed=True),
        Column("sans_budget", _T.WHOLE, needed=True),
        Column("abandonnees", _T.WHOLE, needed=True),
    ),
)
LAYOUTS: Mapping[str, Layout] = {layout.name: layout for layout in (ACTIONS, MILESTONES, DECISIONS, PROGRESS)}
"""Every table, by name; those that a convention does not publish are left out of its package."""
