"""What the address of a list asks for: read from its query, and written as one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Self

from models.numbers import whole

LONGEST = 300
"""Characters of each thing that an address may ask for."""
_PAGE = "page"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What is asked of a list: a field for each thing that its address may name, with what is usual. ``CHOICES``: what some have to be one of."""

    CHOICES: ClassVar[Mapping[str, Collection[str]]] = {}

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """What an address asks for. Whatever else it holds is left out, and so is a choice that there is not."""
        made: Callable[..., Self] = cls
        given = {each.name: query[each.name].strip() for each in fields(cls) if each.name in query and each.name != _PAGE}
        known = {name: text for name, text in given.items() if name not in cls.CHOICES or text in cls.CHOICES[name]}
        return made(**known, page=page_number(query.get(_PAGE, "")))

    def as_query(self, **other: str | int) -> dict[str, str]:
        """The address's query for this, with some of it changed; what is empty or usual is left out."""
        usual = type(self)()
        values = {each.name: getattr(self, each.name) for each in fields(self)} | other
        return {name: str(value) for name, value in values.items() if value != getattr(usual, name)}


def page_number(asked: str) -> int:
    """The page that an address asks for: the first one if it says nothing that counts."""
    return whole(asked) or 1
