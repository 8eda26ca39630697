"""Accounts at institutions by which people sign in: remembered at the first sign-in, seen and forgotten by those they belong to and their secretaries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.errors import Conflict, NotFound, Problem, Refused
from models.tables import Account, Person, SignIn, table
from services.bootstrap import App
from services.institutions import Institution
from services.work import Work

_ACCOUNT, _PERSON, _SIGN_IN = table(Account), table(Person), table(SignIn)


@dataclass(frozen=True, slots=True)
class Linked:
    """An account that is linked to a person. ``institution`` is None for one that the settings no longer name."""

    id: int
    person: str
    issuer: str
    institution: Institution | None
    made_at: datetime
    used_at: datetime

    def called(self, language: str) -> str:
        """What people call the institution."""
        return self.institution.label(language) if self.institution else self.issuer


def account_of(connection: sa.Connection, issuer: str, subject: str) -> Any | None:
    """The account of a subject, if it is known."""
    return connection.execute(sa.select(_ACCOUNT).where(_ACCOUNT.c.issuer == issuer, _ACCOUNT.c.subject == subject)).first()


def remember(work: Work, person_id: int, issuer: str, subject: str) -> int:
    """Link an account to a person; returns which it is. Refuses a second one of the same institution, since an address may pass to somebody else."""
    theirs = sa.select(_ACCOUNT.c.id).where(_ACCOUNT.c.issuer == issuer, _ACCOUNT.c.person_id == person_id)
    if work.connection.execute(theirs).first():
        raise Refused.because("sso_other_account")
    values = {"convention": work.convention, "person_id": person_id, "issuer": issuer, "subject": subject}
    insert = _ACCOUNT.insert().values(**values, made_at=work.wall, used_at=work.wall).returning(_ACCOUNT.c.id)
    try:
        return int(work.connection.execute(insert).scalar_one())
    except IntegrityError:
        raise Conflict(Problem("sso_linked_meanwhile")) from None


def note_use(connection: sa.Connection, account_id: int, at: datetime) -> None:
    """Note that somebody signed in by an account."""
    connection.execute(_ACCOUNT.update().where(_ACCOUNT.c.id == account_id).values(used_at=at))


def accounts_of(app: App, person_id: int) -> list[Linked]:
    """The accounts that are linked to a person, the oldest first."""
    return _linked(app, _ACCOUNT.c.person_id == person_id)


def all_accounts(app: App, convention: str) -> list[Linked]:
    """Every linked account of a convention, by person."""
    return _linked(app, _ACCOUNT.c.convention == convention)


def unlink(app: App, person_id: int, account_id: int, *, sign_out: bool) -> None:
    """Forget that an account is linked to a person; ``sign_out``: and end what was begun by it. Raises NotFound for one that is not theirs."""
    with app.db.write() as connection:
        mine = (_ACCOUNT.c.id == account_id) & (_ACCOUNT.c.person_id == person_id)
        if not connection.execute(_ACCOUNT.delete().where(mine)).rowcount:
            raise NotFound(Problem("sso_account_unknown"))
        if sign_out:
            _end(connection, _SIGN_IN.c.account_id == account_id, app.clock.wall())


def signed_out_at(app: App, issuer: str, subject: str | None, session: str | None) -> int:
    """End what was begun by a subject of an institution, or in one of its sessions, since it ended there; returns how many sign-ins that were."""
    theirs = sa.select(_ACCOUNT.c.id).where(_ACCOUNT.c.issuer == issuer)
    if subject is not None:
        theirs = theirs.where(_ACCOUNT.c.subject == subject)
    which: sa.ColumnElement[bool] = _SIGN_IN.c.account_id.in_(theirs)
    if session is not None:
        which &= _SIGN_IN.c.session == session
    with app.db.write() as connection:
        return _end(connection, which, app.clock.wall())


def _end(connection: sa.Connection, which: sa.ColumnElement[bool], at: datetime) -> int:
    return connection.execute(_SIGN_IN.update().where(which, _SIGN_IN.c.ended_at.is_(None)).values(ended_at=at)).rowcount


def _linked(app: App, which: sa.ColumnElement[bool]) -> list[Linked]:
    by_issuer = {one.issuer: one for one in app.settings.institutions}
    query = sa.select(_ACCOUNT, _PERSON.c.code).join(_PERSON, _PERSON.c.id == _ACCOUNT.c.person_id).where(which)
    with app.db.read() as connection:
        rows = connection.execute(query.order_by(_PERSON.c.code, _ACCOUNT.c.id)).all()
    return [Linked(row.id, row.code, row.issuer, by_issuer.get(row.issuer), row.made_at, row.used_at) for row in rows]
