"""The few questions we ask Prefect over HTTP, and the few things we tell it. Synchronous; no Prefect import."""

import secrets
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from models.errors import Fault, Refused
from services.prefect_env import read_secret
from services.settings import Settings

UNFINISHED = ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING")
FINISHED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
_BUSY = (429, 502, 503, 504)
_PATIENCE = (0.2, 0.5, 1.0)
_SECONDS = 10.0


class PrefectFault(Fault):
    """Prefect did not do what was asked."""


class PrefectUnreachable(PrefectFault):
    """Nobody answers at Prefect's address, or it stays busy. Trying again later is right."""


class PrefectSecretRefused(PrefectFault):
    """Prefect runs with another secret than ours. Trying again is useless: another installation holds the port, or the file changed."""


class PrefectAnswered(PrefectFault):
    """Prefect understood and said no, with this HTTP status."""

    def __init__(self, status: int, what: str, detail: str) -> None:
        """Keep the status, for those who can act on it."""
        super().__init__(f"{what}: {status} {detail}")
        self.status = status


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A deployment as Prefect holds it."""

    id: UUID
    name: str
    paused: bool
    pool: str | None


@dataclass(frozen=True, slots=True)
class RunView:
    """A flow run as Prefect holds it: ``state`` is the type (COMPLETED, ...), ``outcome`` its name (Completed, Refused, Skipped, ...)."""

    id: UUID
    name: str
    state: str
    outcome: str
    message: str | None
    tags: tuple[str, ...]
    due_at: datetime
    started_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen in it."""
        return self.state in FINISHED


@cache
def _certificates() -> ssl.SSLContext:
    """Read once in a process: reading them takes longer than a whole conversation with Prefect."""
    return httpx.create_ssl_context()


class PrefectApi:
    """One connection to one Prefect server. Not shared between threads that call at the same moment.

    Every method raises PrefectUnreachable, PrefectSecretRefused or PrefectAnswered.
    """

    def __init__(self, url: str, auth: str, renew: Callable[[], str] | None = None) -> None:
        """``url`` ends in ``/api``; ``auth`` is ``user:password``; ``renew`` is asked for it again once it is refused. Nothing is asked yet."""
        self._auth, self._renew = auth, renew or (lambda: auth)
        self._client = httpx.Client(base_url=url, auth=_pair(auth), timeout=_SECONDS, trust_env=False, verify=_certificates())
        self._caller = secrets.token_hex(16)
        self._token: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The server of this home."""
        return cls(settings.prefect_api_url, read_secret(settings.prefect_auth), lambda: read_secret(settings.prefect_auth))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def healthy(self) -> bool:
        """Whether the server answers and takes our secret. A refused secret is raised: waiting would not mend it."""
        try:
            self.call("GET", "/admin/version")
        except PrefectUnreachable:
            return False
        return True

    def post_events(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Hand events over. Returns once Prefect has taken them; posting an id again is harmless."""
        self.call("POST", "/events", list(events))

    def deployment(self, name: str) -> DeploymentView:
        """The deployment ``flow/deployment``."""
        found = self.call("GET", f"/deployments/name/{name}")
        return DeploymentView(UUID(found["id"]), name, bool(found["paused"]), found["work_pool_name"])

    def is_paused(self, name: str) -> bool:
        """Whether operators hold this deployment back."""
        return self.deployment(name).paused

    def pause(self, name: str) -> None:
        """Hold a deployment back until ``resume``."""
        self.call("POST", f"/deployments/{self.deployment(name).id}/pause_deployment")

    def resume(self, name: str) -> None:
        """Let a paused deployment go on."""
        self.call("POST", f"/deployments/{self.deployment(name).id}/resume_deployment")

    def create_run(
        self, name: str, parameters: Mapping[str, Any], idempotency_key: str, run_name: str | None = None, tags: Sequence[str] = ()
    ) -> RunView:
        """Ask for a run of a deployment; the same key again gives the same run."""
        body: dict[str, Any] = {"parameters": dict(parameters), "idempotency_key": idempotency_key, "tags": list(tags)}
        body |= {"name": run_name} if run_name else {}
        body["state"] = {"type": "SCHEDULED"}
        return _run(self.call("POST", f"/deployments/{self.deployment(name).id}/create_flow_run", body))

    def run(self, run_id: UUID) -> RunView:
        """A flow run as it stands."""
        return _run(self.call("GET", f"/flow_runs/{run_id}"))

    def cancel(self, run_id: UUID) -> None:
        """Ask a run to stop; it does between two chunks."""
        self.call("POST", f"/flow_runs/{run_id}/set_state", {"state": {"type": "CANCELLING"}})

    def unfinished_runs(self, name: str, due_by: datetime) -> tuple[RunView, ...]:
        """The runs of a deployment that are due and have not ended, oldest first."""
        flow, _, deployment = name.partition("/")
        wanted = {
            "flows": {"name": {"any_": [flow]}},
            "deployments": {"name": {"any_": [deployment]}},
            "flow_runs": {"state": {"type": {"any_": list(UNFINISHED)}}, "expected_start_time": {"before_": due_by.isoformat()}},
            "sort": "EXPECTED_START_TIME_ASC",
        }
        return tuple(_run(row) for row in self.call("POST", "/flow_runs/filter", wanted))

    def secret_block(self, name: str) -> Any:
        """What a Secret block of this name holds, in clear; None if there is no such block."""
        try:
            found = self.call("GET", f"/block_types/slug/secret/block_documents/name/{name}?include_secrets=true")
        except PrefectAnswered as answered:
            if answered.status != httpx.codes.NOT_FOUND:
                raise
            return None
        return found["data"].get("value")

    def worker_polling(self, pool: str) -> bool:
        """Whether some worker of the pool gave a sign of life of late."""
        workers = self.call("POST", f"/work_pools/{pool}/workers/filter", {"limit": 50})
        return any(worker["status"] == "ONLINE" for worker in workers)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request, patient with a busy server; the JSON answer, or None where there is none."""
        for pause in (*_PATIENCE, None):
            answer = self._send(method, path, body)
            if answer.status_code not in _BUSY:
                return _read(answer, f"{method} {path}")
            if pause is not None:
                time.sleep(pause)
        raise PrefectUnreachable(f"{method} {path}: busy")

    def _send(self, method: str, path: str, body: Any) -> httpx.Response:
        try:
            answer = self._ask(method, path, body)
            if self._has_changed(answer):
                answer = self._ask(method, path, body)
        except httpx.TransportError as error:
            raise PrefectUnreachable(f"{method} {path}: {type(error).__name__}") from error
        return answer

    def _ask(self, method: str, path: str, body: Any) -> httpx.Response:
        return self._client.request(method, path, json=body, headers=self._csrf(method))

    def _ask_for_token(self) -> httpx.Response:
        return self._client.get("/csrf-token", params={"client": self._caller})

    def _has_changed(self, answer: httpx.Response) -> bool:
        """Whether what we show of ourselves was refused, and there is something else to show now."""
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return self._has_new_secret()
        stale = answer.status_code == httpx.codes.FORBIDDEN and self._token is not None
        self._token = None if stale else self._token
        return stale

    def _has_new_secret(self) -> bool:
        """Whether the secret was changed since we read it."""
        try:
            auth = self._renew()
        except Refused:  # gone, or open to others: whoever starts the next command is told
            return False
        known, self._auth, self._token = self._auth, auth, None
        self._client.auth = _pair(auth)
        return auth != known

    def _csrf(self, method: str) -> dict[str, str]:
        if method == "GET":
            return {}
        if self._token is None:
            answer = self._ask_for_token()
            if self._has_changed(answer):
                answer = self._ask_for_token()
            self._token = _read(answer, "GET /csrf-token")["token"]
        return {"Prefect-Csrf-Client": self._caller, "Prefect-Csrf-Token": str(self._token)}


def _pair(auth: str) -> tuple[str, str]:
    user, _, password = auth.partition(":")
    return user, password


def _read(answer: httpx.Response, what: str) -> Any:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise PrefectSecretRefused(what)
    if answer.status_code in _BUSY:
        raise PrefectUnreachable(f"{what}: {answer.status_code}")
    if not answer.is_success:
        raise PrefectAnswered(answer.status_code, what, answer.text[:300])
    return answer.json() if answer.content else None


def _run(row: Mapping[str, Any]) -> RunView:
    state = row.get("state") or {}
    return RunView(
        id=UUID(row["id"]),
        name=row["name"],
        state=state.get("type") or "SCHEDULED",
        outcome=state.get("name") or "Scheduled",
        message=state.get("message"),
        tags=tuple(row["tags"]),
        due_at=datetime.fromisoformat(row["expected_start_time"]),
        started_at=datetime.fromisoformat(row["start_time"]) if row.get("start_time") else None,
    )
