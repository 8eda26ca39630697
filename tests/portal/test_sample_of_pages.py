"""The sample of the written audit, driven in Chromium: what a browser can be asked about a page, page by page."""

from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from builders import CLERK
from playwright.sync_api import expect
from visits import DESKTOP, PHONE, Hands

from models.lifecycle import Verb

pytestmark = pytest.mark.browser
VOTER = "COTECH-05"
ZOOMED = {"width": 320, "height": 256}
"""What a window of 1280 by 1024 is at 400 %."""
_SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }");
  document.adoptedStyleSheets = [sheet];
}"""
"""The spacing of text that WCAG 1.4.12 lets a reader choose."""
_CUT = """() => [...document.querySelectorAll("body *")]
  .filter(it => it.childElementCount === 0 && it.innerText && !it.closest(".hidden, .skip, .stacked thead, .ending") && it.getClientRects().length)
  .filter(it => { const s = getComputedStyle(it); return s.display !== "inline"
    && ((s.overflow !== "visible" && (it.scrollWidth > it.clientWidth + 1 || it.scrollHeight > it.clientHeight + 1))
      || (s.overflow === "visible" && it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 1)); })
  .map(it => it.innerText.slice(0, 60))"""
"""Texts that are cut off, or run out of their boxes."""
_SMALL = """() => {
  const inline = it => it.tagName === "A" && getComputedStyle(it).display === "inline";
  const boxOf = it => ((it.matches("input[type=checkbox], input[type=radio]") && it.closest("label")) || it).getBoundingClientRect();
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter(it => it.getClientRects().length && !it.closest(".skip, .ending"));
  return all.filter(it => { const box = boxOf(it); return (box.width < 23.5 || box.height < 23.5) && !inline(it); })
    .map(it => `${it.tagName} ${(it.innerText || it.name).slice(0, 40)}`);
}"""
"""What is pressed and is smaller than 24 by 24, links within a text apart."""
_CROWDED = """() => {
  const links = [...document.querySelectorAll("main a[href]")].filter(it => getComputedStyle(it).display === "inline" && it.getClientRects().length && !it.closest("p, .text, dd"));
  const middles = links.map(it => { const box = it.getClientRects()[0]; return [it, box.left + box.width / 2, box.top + box.height / 2]; });
  return middles.filter(([it, x, y]) => middles.some(([other, u, v]) => other !== it && Math.hypot(x - u, y - v) < 24)).map(([it]) => it.innerText.slice(0, 40));
}"""
"""Links outside of sentences whose circles of 24 pixels touch."""


@pytest.fixture(scope="module")
def sample(place):
    """The pages of the audit, by name."""
    desk = place.desk
    work = desk.to_work()
    desk.execute(Verb.ATTACH, work, file_name="deliberation.pdf", media_type="application/pdf", size=1000, sha256="d" * 64)
    asked = desk.to_technical()
    place.settle()
    desk.opine(asked, "cotech", "with_reservations", seats=("COTECH-06",))
    place.settle()
    return {
        "signing in": "/connexion",
        "desk": "/bureau",
        "actions": "/actions",
        "action in review": f"/actions/{asked}",
        "action at work": f"/actions/{work}",
        "suspending": f"/actions/{work}/suspend",
        "answering": place.link(VOTER, "avis", asked),
        "review files": f"/actions/{asked}/examens",
        "decisions": "/decisions",
        "results": "/recherche?words=action",
        "meetings": "/seances",
        "planning a meeting": "/seances/nouvelle?body=cotech",
        "who has not answered": "/reponses",
        "where things wait": "/delais",
        "people": "/personnes",
        "person": f"/personnes/{place.person(VOTER).code}",
        "preferences": "/preferences",
        "proposing": "/nouvelle/proposition",
        "refused": f"/actions/{asked}/complete",
        "unknown": "/nulle-part",
        "own page": "/moi",
        "giving a proxy": "/moi/pouvoir",
        "own data": "/moi/donnees",
        "pilot's page": f"/mes-actions/{work}",
        "overdue": "/echeances?quand=retard",
        "forecast": f"/previsions?voir=1&action={work}",
        "where actions stand": "/cycle",
        "tokens": "/jetons",
        "programs that are told": "/webhooks",
        "public start": "/public",
        "public action": f"/public/actions/{work}",
        "help": "/aide",
        "keys": "/aide/clavier",
        "chapter": "/aide/secretariat/ce-que-chacun-reçoit-et-quand",
        "statement": "/accessibilite",
    }


def test_with_the_reader_s_spacing_of_text_nothing_is_cut_off(place, sample, visit):
    place.speak("fr")
    page, found = visit(CLERK, scripts=True), []
    for name, path in sample.items():
        page.goto(path)
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)
            page.evaluate(_SPACED)
            found += [(name, size["width"], text) for text in page.evaluate(_CUT)]
            found += [(name, "wide", wide) for wide in [page.evaluate("document.documentElement.scrollWidth")] if wide > size["width"]]
    assert found == []


def test_at_four_hundred_percent_everything_is_in_one_column_and_the_focus_is_never_covered(place, sample, visit):
    place.speak("fr")
    page, found = visit(CLERK, scripts=True, size=ZOOMED), []
    page.emulate_media(reduced_motion="reduce")
    for name, path in sample.items():
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [(name, "wide", wide)] if wide > ZOOMED["width"] else []
        for _ in range(12):
            page.keyboard.press("Tab")
            covered = page.evaluate("""() => {
              const it = document.activeElement, box = it.getBoundingClientRect();
              const there = document.elementFromPoint(Math.min(box.left + 4, innerWidth - 1), Math.max(0, Math.min(box.top + 4, innerHeight - 1)));
              return it.tagName !== "BODY" && there !== null && !it.contains(there) && !there.contains(it) && !it.closest("label")?.contains(there) ? it.innerText || it.name : "";
            }""")
            found += [(name, "covered", covered)] if covered else []
    assert found == []


@pytest.mark.parametrize("size", [pytest.param(DESKTOP, id="desktop", marks=pytest.mark.slow), pytest.param(PHONE, id="phone")])
def test_what_is_pressed_is_large_enough(place, sample, visit, size):
    place.speak("fr")
    page, found = visit(CLERK, scripts=True, size=size), []
    for name, path in sample.items():
        page.goto(path)
        found += [(name, small) for script in (_SMALL, _CROWDED) for small in page.evaluate(script)]
    assert found == []


@pytest.mark.parametrize("size", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone", marks=pytest.mark.slow)])
def test_a_screen_reader_finds_landmarks_headings_in_order_and_a_name_for_everything(place, sample, visit, size):
    place.speak("fr")
    page, found = visit(CLERK, scripts=True, size=size), []
    session = page.context.new_cdp_session(page)
    for name, path in sample.items():
        page.goto(path)
        nodes = [node for node in session.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
        found += [(name, flaw) for flaw in _flaws(nodes)]
    assert found == []


def _flaws(nodes):
    """What the accessibility tree of a page lacks."""
    kinds = Counter(node["role"]["value"] for node in nodes)
    yield from (("landmark", role, kinds[role]) for role in ("banner", "main", "contentinfo") if kinds[role] != 1)
    levels = [
        value["value"]["value"]
        for node in nodes
        if node["role"]["value"] == "heading"
        for value in node["properties"]
        if value["name"] == "level"
    ]
    if levels.count(1) != 1 or levels[0] != 1:
        yield "first heading", levels
    yield from (("heading skipped", one, other) for one, other in pairwise(levels) if other > one + 1)
    for node in nodes:
        if node["role"]["value"] in _NAMED and not node.get("name", {}).get("value"):
            yield "without a name", node["role"]["value"]
    if kinds["table"] and not (kinds["row"] and kinds["columnheader"]):
        yield "table without headers", dict(kinds)


_NAMED = {
    "button",
    "link",
    "textbox",
    "combobox",
    "checkbox",
    "radio",
    "region",
    "table",
    "navigation",
    "DisclosureTriangle",
    "image",
    "searchbox",
}
"""Roles of which nothing may be without a name."""


@pytest.mark.slow
def test_every_stop_of_the_keyboard_can_be_seen_in_the_order_of_the_page(place, sample, visit):
    place.speak("fr")
    page, found = visit(CLERK, scripts=True), []
    page.emulate_media(reduced_motion="reduce")
    for name, path in sample.items():
        page.goto(path)
        page.evaluate("() => document.activeElement.blur()")
        stops = []
        for _ in range(_MOST_STOPS):
            page.keyboard.press("Tab")
            stop = page.evaluate(_STOP)
            if stop is None or (stops and stop["place"] == stops[0]["place"]):
                break  # past the last stop: nothing holds the focus
            stops.append(stop)
        found += [(name, "not seen", stop["name"]) for stop in stops if not stop["seen"]]
        found += [(name, "backwards", other["name"]) for one, other in pairwise(stops) if other["place"] < one["place"]]
    assert found == []


_MOST_STOPS = 60
_STOP = """() => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  return it.tagName === "BODY" ? null : {
    name: it.innerText || it.name, place: [...document.querySelectorAll("*")].indexOf(it),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 1
      && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
  };
}"""
"""Where the focus is: whether it can be seen, and its place in the document."""


def test_the_markup_needs_no_repair_names_nothing_twice_and_each_page_has_its_title(place, sample, visit):
    place.speak("fr")
    page, found, titles = visit(CLERK, scripts=True), [], Counter()
    for name, path in sample.items():
        sent = Tags.of(page.goto(path).text())
        built = page.evaluate("() => [...document.querySelectorAll('*')].map(it => it.localName)")
        found += [(name, "repaired")] if sent.names != built else []
        found += [(name, "twice", each) for each, times in Counter(sent.ids).items() if times > 1]
        titles[page.title()] += 1
    assert (found, [title for title, times in titles.items() if times > 1]) == ([], [])


class Tags(HTMLParser):
    """The tags of a page as they were sent, and what they are called."""

    @classmethod
    def of(cls, text):
        made = cls()
        made.names, made.ids = [], []
        made.feed(text)
        return made

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]


def test_in_forced_colours_what_is_chosen_and_where_one_is_can_still_be_seen(place, sample, visit):
    place.speak("fr")
    page = visit(CLERK, scripts=True)
    page.emulate_media(forced_colors="active")
    page.goto(sample["answering"])
    first, second = page.locator(".opinions .choice").all()[:2]
    first.locator("input").check()
    thick = "it => [getComputedStyle(it).borderTopWidth, getComputedStyle(it).borderTopColor]"
    assert first.evaluate(thick) != second.evaluate(thick)
    page.goto(sample["action at work"])
    circle = "it => getComputedStyle(it, '::before').backgroundColor"
    assert page.locator(".life > .now").evaluate(circle) != page.locator(".life > .ahead").first.evaluate(circle)
    for edged in (".state", ".card", "nav a[aria-current]"):
        assert page.locator(edged).first.evaluate("it => parseFloat(getComputedStyle(it).borderBottomWidth)") >= 1


@pytest.mark.parametrize("colours", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_on_paper_there_are_no_menus_and_no_buttons_but_black_on_white_and_unfolded_tables(place, sample, visit, colours):
    place.speak("fr")
    page, found = visit(CLERK, scripts=True, colours=colours), []
    page.emulate_media(media="print", color_scheme=colours)
    for name, path in sample.items():
        page.goto(path)
        shown = page.evaluate("""() => [...document.querySelectorAll("nav, button, .button, .skip, .ending, .links, .filters")]
            .filter(it => it.getClientRects().length).map(it => it.outerHTML.slice(0, 80))""")
        colour = page.evaluate("() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
        found += [(name, "shown", it) for it in shown]
        found += [(name, colour)] if colour != ["rgb(0, 0, 0)", "rgb(255, 255, 255)"] else []
        found += [(name, "empty")] if len(page.locator("main").inner_text()) < 40 else []
    assert found == []
    page.goto(sample["who has not answered"])
    assert page.locator("details .scroll table td").first.evaluate("it => it.checkVisibility({ contentVisibilityAuto: true })")
    assert page.locator("thead").first.evaluate("it => getComputedStyle(it).display") == "table-header-group"
    expect(page.locator(".printed")).to_contain_text("/reponses")
    page.goto(sample["answering"])
    expect(page.locator(".printed")).to_have_count(0)


def test_without_styles_a_page_reads_in_the_order_of_its_meaning(place, sample, visit):
    place.speak("fr")
    hands = Hands(visit(CLERK, scripts=True), "fr")
    hands.page.goto(sample["action in review"])
    hands.page.evaluate("() => document.querySelectorAll('link[rel=stylesheet]').forEach(it => it.remove())")
    text = hands.page.locator("body").inner_text()
    order = [hands.say("skip"), hands.say("nav.desk"), "A-2026-", hands.say("action.now"), hands.say("sheet"), hands.say("action.reviews")]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_the_first_two_stops_lead_to_the_content_and_to_the_menu(place, sample, visit):
    place.speak("fr")
    page = visit(CLERK)
    page.goto(sample["desk"])
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#menu a").first).to_be_focused()
