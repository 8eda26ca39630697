"""A program that uses the API over HTTP, with a token made as people make them."""

from dataclasses import dataclass
from typing import Any

import httpx
from builders import Desk

from models.commands import Via
from models.scopes import Scope
from models.tables import Seat
from services.tokens import make


@dataclass
class Program:
    """A program with a token, at the portal of a desk's home. It never keeps a cookie."""

    client: httpx.Client
    desk: Desk
    shown: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(f"/api/v1{path}", headers=self._with(headers))

    def post(self, path: str, body: Any = None, *, key: str | None = None, content: bytes | None = None, **headers: str) -> httpx.Response:
        """Ask for something with a key of its own, unless one is given; an empty key is not sent."""
        given = self.desk.key() if key is None else key
        sent = {**({"Idempotency-Key": given} if given else {}), "Content-Type": "application/json", **headers}
        how: dict[str, Any] = {"content": content} if content is not None else {"json": body if body is not None else {}}
        return self.client.post(f"/api/v1{path}", headers=self._with(sent), **how)

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ({"Authorization": f"Bearer {self.shown}"} if self.shown else {}) | named

    def as_holder_of(self, seat: str, *scopes: Scope, via: Via = Via.PORTAL) -> "Program":
        """Another program, with a token of whoever holds a seat."""
        return Program(self.client, self.desk, token_of(self.desk, seat, *scopes, via=via))


def token_of(desk: Desk, seat: str, *scopes: Scope, via: Via = Via.PORTAL, days: int = 30) -> str:
    """A fresh token of whoever holds a seat, for everything unless said."""
    [held] = desk.rows(Seat, code=seat)
    return make(desk.app, held.person_id, name=desk.key(), scopes=scopes or tuple(Scope), days=days, via=via).shown


def reasons(answer: httpx.Response) -> list[str]:
    """The codes of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return [error["code"] for error in answer.json()["errors"]]
