"""What a search asks of the index: the words of a query with what else they mean here, and what narrows it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from models.analysis import tokens
from models.charter import Charter
from models.errors import Refused
from models.queries import Query, Term
from models.tables import VOCABULARY
from services.search.documents import IN_HEAD, facet, pairs

MOST_BEGINNINGS = 64
"""Words that one beginning may stand for."""
Alternatives = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """Tokens that a document must hold, one of each, and must not. ``phrases``: more than two stems that must follow one another; ``unsaid``: that must not.

    ``in_head``: the tokens in the number or the title of what comes first. ``marks``: stems of which every occurrence is shown.
    """

    wanted: tuple[Alternatives, ...]
    unwanted: tuple[Alternatives, ...]
    facets: tuple[str, ...]
    in_head: tuple[Alternatives, ...]
    phrases: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    marks: frozenset[str] = field(default_factory=frozenset)


def sought(connection: sa.Connection, charter: Charter, query: Query, facets: Iterable[tuple[str, str]], language: str) -> Sought:
    """What to look for. A word also finds what is filed under an axis, an objective, a theme or a site of that name in this language.

    Refuses a beginning, marked as such, for which too many words stand.
    """
    names = dict(_names(charter, language))
    convention = charter.convention.code
    wanted, unwanted = ([_Asked(term, _stems(connection, convention, term)) for term in terms] for terms in (query.wanted, query.unwanted))
    return Sought(
        wanted=tuple(each for one in wanted for each in one.tokens(names)),
        unwanted=tuple(each for one in unwanted if not one.is_long for each in one.tokens(names)),
        facets=(facet("convention", convention), *(facet(*each) for each in facets)),
        in_head=tuple(tuple(IN_HEAD + stem for stem in each) for one in wanted for each in one.tokens({})),
        phrases=tuple(one.whole for one in wanted if one.is_long),
        unsaid=tuple(one.whole for one in unwanted if one.is_long),
        marks=frozenset(stem for one in wanted for stem in (*one.term.stems, *one.stems)),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A term with the stems that may stand for it."""

    term: Term
    stems: Alternatives

    @property
    def is_long(self) -> bool:
        """Whether the index cannot tell: it knows two words that follow one another, and no more."""
        return len(self.term.stems) > 2  # noqa: PLR2004  # as above

    @property
    def whole(self) -> str:
        """The phrase as it stands in a text."""
        return " ".join(self.term.stems)

    def tokens(self, names: Mapping[str, Sequence[str]]) -> list[Alternatives]:
        """What must be there: of a phrase every two words of it, of a word one of its stems, or a name that holds it."""
        if self.term.is_phrase:
            return [(pair,) for pair in pairs(self.term.stems)]
        return [(*self.stems, *(token for token, name in names.items() if not set(self.stems).isdisjoint(name)))]


def _stems(connection: sa.Connection, convention: str, term: Term) -> Alternatives:
    """The stem of a word, and those of all words that begin as it does; too many beginnings count as none if nobody marked it."""
    if not term.begins:
        return term.stems[:1]
    known = (VOCABULARY.c.convention == convention) & (VOCABULARY.c.word >= term.begins) & (VOCABULARY.c.word < f"{term.begins}~")
    found = connection.execute(sa.select(VOCABULARY.c.stem).where(known).distinct().order_by(VOCABULARY.c.stem).limit(MOST_BEGINNINGS + 1))
    stems = found.scalars().all()
    if len(stems) > MOST_BEGINNINGS:
        if term.marked:
            raise Refused.because("search_too_many_beginnings", beginning=term.begins, most=MOST_BEGINNINGS)
        return term.stems
    return tuple(dict.fromkeys((*term.stems, *stems)))


def _names(charter: Charter, language: str) -> Iterator[tuple[str, list[str]]]:
    """The stems of the names that actions are filed under, by the token of each."""
    for kind, entries in (
        ("axis", charter.axes),
        ("objective", charter.objectives),
        ("theme", charter.themes),
        ("site", charter.sites),
    ):
        for entry in entries:
            yield facet(kind, entry.code), [token.stem for token in tokens(entry.name.of(language))]
