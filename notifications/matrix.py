"""One message to one room of a Matrix server (Tchap among them), by an access token: one PUT under an id of our own.

The server takes an id once: the same message sent again, after a time-out as after a crash, is not written twice. So nothing is ever
uncertain here. Servers remember ids for about a day. A room that is encrypted gets the message in clear: only a line and a link go out.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote

import requests

from notifications.message import DeliveryError, Receipt

_CLIENT = "_matrix/client/v3"
_LATER = frozenset({408, 425, 429})
_NOT_IN_THE_ROOM = 403
_CODE = re.compile(r"M_[A-Z_]{1,40}")


@dataclass(frozen=True, slots=True)
class MatrixRoom:
    """A room: its id (``!...``) or an alias (``#...``), the server (``https://host``), and the token of whoever speaks there.

    ``seconds``: how long connecting and answering may take.
    """

    server: str
    room: str
    token: str = field(repr=False)
    seconds: tuple[float, float]
    verify: bool = True

    def say(self, key: str, text: str) -> Receipt:
        """Write the text into the room, once for each ``key``; an alias, or an invitation not yet taken, is followed by joining.

        Raises:
            DeliveryError: permanent if the token, the room or the message is refused; else to be tried again. Never uncertain.
        """
        answer = self._write(self.room, key, text) if self.room.startswith("!") else None
        if answer is None or answer.status_code == _NOT_IN_THE_ROOM:
            answer = self._write(self._join(), key, text)
        _check(answer)
        return Receipt(answer.status_code, "accepted")

    def _write(self, room: str, key: str, text: str) -> requests.Response:
        content = {"msgtype": "m.text", "body": text}
        return self._ask("PUT", f"rooms/{quote(room, safe='')}/send/m.room.message/{quote(key, safe='')}", content)

    def _join(self) -> str:
        answer = self._ask("POST", f"join/{quote(self.room, safe='')}", {})
        _check(answer)
        return str(_said(answer).get("room_id") or self.room)

    def _ask(self, method: str, path: str, content: dict[str, str]) -> requests.Response:
        bearer = {"Authorization": f"Bearer {self.token}"}
        address = f"{self.server}/{_CLIENT}/{path}"
        try:
            return requests.request(
                method, address, json=content, headers=bearer, timeout=self.seconds, verify=self.verify, allow_redirects=False
            )
        except requests.RequestException as error:
            raise DeliveryError(f"the Matrix server did not answer: {type(error).__name__}") from error


def _check(answer: requests.Response) -> None:
    """Refuse everything but a success; of what the server says only its code is repeated, since the rest may quote the room."""
    status = answer.status_code
    if status in range(200, 300):
        return
    code = _CODE.fullmatch(str(_said(answer).get("errcode")))
    told = f"the Matrix server refused: {status}{f' {code[0]}' if code else ''}"
    raise DeliveryError(told, permanent=status in range(400, 500) and status not in _LATER, code=status)


def _said(answer: requests.Response) -> dict[str, object]:
    try:
        found = answer.json()
    except requests.JSONDecodeError:  # a proxy's page
        return {}
    return found if isinstance(found, dict) else {}
