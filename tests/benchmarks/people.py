"""Persons of a benchmark: the shipped placeholders, with more members in one committee."""

from builders import PEOPLE


def with_voters(body: str, voters: int) -> str:
    """A table of persons in which this body has so many voters."""
    lines = PEOPLE.read_text(encoding="utf-8").splitlines()
    has = sum(f";{body};{role};" in line for line in lines for role in ("chair", "member"))
    for number in range(1, voters - has + 1):
        person = f"membre-{number};Membre supplémentaire {number};membre.{number}@ville.example;fr"
        lines.append(f"{person};{body.upper()}-{50 + number};{body};member;ville;1;2026-06-22;")
    return "\n".join(lines) + "\n"
