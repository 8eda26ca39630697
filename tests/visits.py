"""Visits to the portal in a browser: the home around it, what hands do on its pages, and what no page may ever do."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from builders import CONVENTION, ROOT, Desk, Mailbox
from playwright.sync_api import Locator, Page, expect

from models.charter import ActionSheet
from models.tables import Delivery, Person, Seat, table
from services.bootstrap import App
from services.deliveries import deliver
from services.homes import advance_clock
from services.links import delivery_in, secret_of, token_of
from services.settings import Settings
from services.visitors import ask_to_sign_in, revoke_links, sign_in_with
from services.wording import Wording

DESKTOP, PHONE = {"width": 1200, "height": 900}, {"width": 320, "height": 640}
_SOON = 10.0
"""Seconds within which a mail that somebody waits for must be there."""
_CHOSEN = ("axis", "objective", "lead_body", "lead_person")
_TICKED = ("themes", "sites", "partners")
_STOPS = 150
_HERE = """([wanted, group]) => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 1;
  const shown = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
  return {
    name: it.tagName === "BODY" ? "" : (it.labels?.[0]?.innerText || it.innerText || it.value || it.name || "").trim(),
    seen: drawn && shown,
    arrived: group ? it.name === group : it === wanted,
    past: !!(wanted.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING),
  };
}"""
"""The stop that has the focus: what it is called, whether it is outlined and inside the window, and whether it is what is wanted."""


@dataclass
class Place:
    """A home with its portal, as those see it who work around it: the secretary's desk, the stages, the mailbox."""

    app: App
    url: str
    desk: Desk
    mailbox: Mailbox
    _read: dict[str, "_Mail"] = field(default_factory=dict)

    def settle(self) -> None:
        """Every stage does what is due, and the mails go out."""
        self.desk.settle()
        deliver(self.app, gate=lambda: None, stage=None, seconds=None)

    def later(self, days: int) -> None:
        """So many days pass."""
        advance_clock(self.app.db, timedelta(days=days))
        self.settle()

    # --- persons ------------------------------------------------------------------------------------------------------------------
    def person(self, seat: str):
        """Whoever holds a seat."""
        held = self.desk.rows(Seat, convention=CONVENTION, code=seat)[0]
        return self.desk.rows(Person, id=held.person_id)[0]

    def speak(self, language: str) -> None:
        """From now on everybody reads this language."""
        with self.app.db.write() as connection:
            connection.execute(table(Person).update().values(language=language))

    def session(self, seat: str) -> str:
        """What the browser of somebody who signed in keeps."""
        delivery = ask_to_sign_in(self.app, self.person(seat).email)
        return sign_in_with(self.app, token_of(secret_of(self.app.db), delivery))

    def revoke(self, seat: str) -> None:
        """Make void what was sent to a person."""
        revoke_links(self.app, self.person(seat).id)

    # --- mails --------------------------------------------------------------------------------------------------------------------
    def link(self, seat: str, kind: str, number: str = "", *, but: Collection[str] = ()) -> str:
        """The link of this kind in the newest mail to the holder of a seat, about an action; waits a moment for one that is not among the old ones."""
        until = time.monotonic() + _SOON
        while time.monotonic() < until:
            if found := [link for link in self.links(seat, kind, number) if link not in but]:
                return found[-1]
            time.sleep(0.05)
        pytest.fail(f"no mail with a link {kind} about {number!r} reached {seat}: {self.mailbox.told()[-5:]}")

    def links(self, seat: str, kind: str, number: str = "") -> list[str]:
        """The links of this kind in the mails to the holder of a seat, oldest first; a mail about several actions leads to each by a link of its own."""
        address = self.person(seat).email
        found = [
            (mail, link) for mail in self._mails() if address in mail.to for link in re.findall(rf"{self.url}/{kind}/[\w-]+", mail.text)
        ]
        return [link for mail, link in found if number in mail.subject or self._is_about(link, number)]

    def _is_about(self, link: str, number: str) -> bool:
        delivery = delivery_in(secret_of(self.app.db), link.rpartition("/")[2])
        events = {row.event_id for row in self.desk.rows(Delivery, id=delivery)}
        return any(event.id in events for event in self.desk.events(number))

    def _mails(self) -> "list[_Mail]":
        """Every mail so far, oldest first; each is read from its file once."""
        for file in (self.mailbox.folder / "new").iterdir():
            if file.name not in self._read:
                self._read[file.name] = _Mail.of(file)
        return sorted(self._read.values(), key=lambda mail: mail.order)

    def opinions(self, number: str) -> list[str]:
        """The seats whose opinion was recorded, in the order of the log."""
        return [event.payload["voter"] for event in self.desk.events(number) if event.topic == "opinion.recorded"]

    def age(self, link: str, days: int) -> None:
        """Make a link older than it is."""
        delivery = next(row for row in self.desk.rows(Delivery) if token_of(secret_of(self.app.db), row.id) == link.rpartition("/")[2])
        with self.app.db.write() as connection:
            mine = table(Delivery).update().where(table(Delivery).c.id == delivery.id)
            connection.execute(mine.values(created_at=delivery.created_at - timedelta(days=days)))


@dataclass(frozen=True, slots=True)
class _Mail:
    """What a test wants to know of a mail. ``order``: when it arrived."""

    to: str
    subject: str
    text: str
    order: int

    @classmethod
    def of(cls, file: Path) -> "_Mail":
        mail = BytesParser(EmailMessage, policy=default).parsebytes(file.read_bytes())
        return cls(str(mail["To"]), str(mail["Subject"]), mail.get_body(("plain",)).get_content(), file.stat().st_mtime_ns)


@contextmanager
def served(settings: Settings, environment: dict[str, str]) -> Iterator[str]:
    """The portal as a process, told to stop at the end as a service manager would."""
    url = f"http://127.0.0.1:{settings.portal_port}"
    with (settings.logs / "portal.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal"], cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _until_it_answers(f"{url}/connexion", process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _until_it_answers(url: str, process: subprocess.Popen) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with suppress(URLError, ConnectionError), urllib.request.urlopen(url, timeout=5):  # noqa: S310  # our own portal
            return
        time.sleep(0.1)
    pytest.fail("the portal does not answer")


class Watched:
    """What a page asked for and complained about, held against it when its test ends."""

    def __init__(self, page: Page, origin: str) -> None:
        self._origin = origin
        self.asked, self.complaints, self.broken, self.weights = [], [], [], {}
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text) if "Content Security Policy" in message.text else None)
        page.on("response", self._note)

    def _note(self, response) -> None:
        if response.status >= 500:
            self.broken.append((response.status, response.url))

    def judge(self) -> None:
        foreign = {url for url in self.asked if f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" != self._origin}
        assert (foreign, self.complaints, self.broken) == (set(), [], []), (foreign, self.complaints, self.broken)


class Hands:
    """Somebody at a page, in their language: clicks what the wording names, fills fields by their names."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.words = page, Wording(language)

    def say(self, code: str, **params: str | int) -> str:
        return self.words.say(f"portal.{code}", **params)

    def verb(self, verb: str) -> str:
        label = self.words.label("verb", verb)
        return label[:1].upper() + label[1:]

    def form(self, name: str) -> str:
        return self.words.labels("form")[name]

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("main").get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def press(self, name: str) -> None:
        self.button(name).click()

    def follow(self, name: str) -> None:
        self.link(name).click()

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1, name=text, exact=True)).to_be_visible()

    def done(self, verb: str) -> None:
        expect(self.page.get_by_role("status")).to_have_text(self.say("action.done", verb=self.words.label("verb", verb)))

    def fill(self, **texts: str) -> None:
        for name, text in texts.items():
            field = self.page.locator(f'[name="{name}"]').first
            if name in _CHOSEN or field.evaluate("field => field.tagName") == "SELECT":
                self.select(field, text)
            else:
                self.write(field, text)

    def select(self, field: Locator, value: str) -> None:
        field.select_option(value)

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def choose(self, name: str, value: str) -> None:
        self.page.locator(f'[name="{name}"][value="{value}"]').check()

    def sheet(self, sheet: ActionSheet) -> None:
        """Fill a whole action sheet in."""
        values = sheet.model_dump(mode="json")
        milestones = values.pop("milestones")
        for name in _TICKED:
            for code in values.pop(name):
                self.choose(name, code)
        self.fill(**{name: str(value) for name, value in values.items() if value is not None})
        for line, milestone in zip(self.page.locator(".milestone").all(), milestones, strict=False):
            self.write(line.locator("[name=milestone_title]"), milestone["title"])
            self.write(line.locator("[name=milestone_due_on]"), milestone["due_on"])

    def sign_in(self, place: Place, seat: str) -> None:
        """By the link of a mail, as everybody does."""
        old = place.links(seat, "connexion")
        self.page.goto("/")
        self.fill(email=place.person(seat).email)
        self.press(self.say("sign_in.send"))
        expect(self.page.get_by_role("status")).to_have_text(self.say("sign_in.asked"))
        self.page.goto(place.link(seat, "connexion", but=old))
        self.press(self.say("sign_in.enter"))
        self.heading(self.say("desk.title", name=place.person(seat).name))


class KeysOnly(Hands):
    """Somebody with nothing but a keyboard: Tab and Shift+Tab to move, and every stop on the way must be seen."""

    def __init__(self, page: Page, language: str) -> None:
        """Pages jump where they would glide, so that what is seen can be asked at once."""
        super().__init__(page, language)
        page.emulate_media(reduced_motion="reduce")

    def press(self, name: str) -> None:
        self._reach(self.button(name))
        self.page.keyboard.press("Enter")

    def follow(self, name: str) -> None:
        self._reach(self.link(name))
        self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        if field.get_attribute("type") == "date":
            self._type_day(text)
        else:
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        expect(field).to_have_value(text)

    def select(self, field: Locator, value: str) -> None:
        self._reach(field)
        for _ in range(field.locator("option").count()):
            if field.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        expect(field).to_have_value(value)

    def choose(self, name: str, value: str) -> None:
        wanted = self.page.locator(f'[name="{name}"][value="{value}"]')
        if wanted.get_attribute("type") == "checkbox":
            self._reach(wanted)
            self.page.keyboard.press("Space")
        else:
            self._reach(self.page.locator(f'[name="{name}"]').first, anywhere_in=name)
            for _ in range(self.page.locator(f'[name="{name}"]').count()):
                if wanted.is_checked():
                    break
                self.page.keyboard.press("ArrowDown")
        expect(wanted).to_be_checked()

    def _type_day(self, text: str) -> None:
        """A day as this browser, whose own language is American English whatever the page's, has it typed."""
        year, month, day = text.split("-")
        self.page.keyboard.type(f"{month}{day}{year}")

    def _reach(self, wanted: Locator, *, anywhere_in: str = "") -> None:
        """Move until the focus is on what is wanted, or on any field of that name (a group of choices is one stop)."""
        target, passed = wanted.element_handle(), []
        here = self.page.evaluate(_HERE, [target, anywhere_in])
        for _ in range(_STOPS):
            if here["arrived"]:
                return
            self.page.keyboard.press("Shift+Tab" if here["past"] else "Tab")
            here = self.page.evaluate(_HERE, [target, anywhere_in])
            assert here["seen"] or not here["name"], f"the focus cannot be seen on {here}"
            passed.append(here["name"])
        pytest.fail(f"the keyboard never reached {wanted}, only {passed}")
