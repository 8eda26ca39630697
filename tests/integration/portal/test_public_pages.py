"""Pages, feeds and files that everybody may read: without a sign-in and a cookie, kept by whoever hands them on, and silent about what is hidden."""

import asyncio
import re
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import httpx
import pytest
from benchmarks.lifecycle import statements_of
from builders import CLERK, changed_charter, provision
from portal_http import text_of, words_of
from secretariat import Secretariat

from models.tables import Home, table
from portal.application import create_portal
from portal.publishing import _READS, _SECONDS
from portal.routes import public_files

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PAGES = (
    "",
    "/axes",
    "/actions",
    "/decisions",
    "/seances",
    "/donnees",
    "/actions.atom",
    "/actions.rss",
    "/decisions.atom",
    "/decisions.rss",
)
PAGES += ("/sitemap.xml", "/donnees/datapackage.json", "/donnees/actions.csv", "/donnees/avancement.json", "/donnees/jalons.schema.json")


def publishing(desk, **changes):
    home = desk.app.settings.home
    return desk.under(changed_charter(home / f"public-{desk.key()}.yaml", lambda document: document["publication"].update(changes)))


@pytest.fixture
def at_work(light_browser):
    """A browser at the portal of a home with one action at work."""
    light_browser.number = light_browser.desk.to_work()
    return light_browser


def get(browser, path, **headers):
    answer = browser.open(f"/public{path}", **headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    return answer


def tree(answer):
    return ET.fromstring(answer.content)  # noqa: S314  # our own


def asked(web, path):
    """What an application answers to somebody from elsewhere."""

    async def read():
        way = httpx.ASGITransport(app=web, client=("192.0.2.1", 50_000))
        async with httpx.AsyncClient(transport=way, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(read())


def test_every_page_is_kept_by_whoever_hands_it_on_and_sets_no_cookie(at_work):
    Secretariat(at_work.desk).convened(items=("Bilan",))
    for path in (*PAGES, f"/actions/{at_work.number}", "/decisions/COPIL-2026-001"):
        answer = get(at_work, path)
        told = answer.headers
        assert (told["cache-control"], told["vary"]) == ("public, max-age=300", "Accept-Language")
        for known in (
            {"if-none-match": told["etag"]},
            {"if-none-match": f'"x", W/{told["etag"]}'},
            {"if-modified-since": told["last-modified"]},
        ):
            again = at_work.open(f"/public{path}", **known)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", told["etag"])
        assert at_work.open(f"/public{path}", **{"if-none-match": '"other"', "if-modified-since": told["last-modified"]}).status_code == 200
        head = at_work.client.head(f"/public{path}")
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", told["etag"])


def test_what_has_changed_is_sent_anew(at_work):
    before = get(at_work, f"/actions/{at_work.number}")
    at_work.desk.report(at_work.number, 40)
    known = {"if-modified-since": before.headers["last-modified"]}
    after = at_work.open(f"/public/actions/{at_work.number}", **known)
    assert (after.status_code, "40\u00a0%" in after.text) == (200, True)
    moments = [parsedate_to_datetime(answer.headers["last-modified"]) for answer in (before, after)]
    assert moments[0] < moments[1]


def test_a_page_takes_one_question_once_it_was_read(at_work):
    for path in (*PAGES, f"/actions/{at_work.number}"):
        get(at_work, path)
        with statements_of(at_work.desk.app) as heard:
            get(at_work, path)
            assert (path, sum(statement.startswith("SELECT") for statement in heard)) == (path, 1)


def test_whoever_is_signed_in_reads_the_very_same(at_work):
    apart = [get(at_work, path).content for path in PAGES]
    at_work.sign_in(at_work.member(CLERK))
    at_work.client.cookies.set("passerelle_language", "en")
    assert [get(at_work, path).content for path in PAGES] == apart


def test_hidden_things_and_things_that_never_were_are_told_alike(at_work):
    desk = at_work.desk
    hidden = [desk.propose(), desk.to_technical(provision(7, title="Autre")), desk.to_steering(provision(7, title="Encore"))]
    withheld = desk.to_approved(provision(7, title="À l'écart"))
    publishing(desk, actions={"since": "approved", "fields": [], "withheld": [withheld]}, progress=None)
    get(at_work, f"/actions/{at_work.number}")
    told = {number: at_work.open(f"/public/actions/{number}") for number in (*hidden, withheld, "A-2026-999", "n'importe")}
    decided = {number: at_work.open(f"/public/decisions/{number}") for number in ("COTECH-2026-001", "COPIL-2026-002", "COPIL-2026-099")}
    plain = set()
    for number, answer in {**told, **decided}.items():
        kept = answer.text.replace(str(answer.url).partition("/public")[2].split("?")[0], "").replace(number, "")
        kept = re.sub(r'href="/public[^"]*langue=en"', "", kept)
        plain.add((answer.status_code, kept, answer.headers["cache-control"], "set-cookie" in answer.headers))
    assert len(plain) == 1
    assert plain.pop()[0] == 404


def test_without_a_publication_there_is_nothing_anywhere(light_browser):
    light_browser.desk.to_work()
    closed = changed_charter(light_browser.desk.app.settings.home / "closed.yaml", lambda document: document.pop("publication"))
    light_browser.desk.under(closed)
    for path in (*PAGES, "/convention/vda-lille", "/convention/vda-lille/axes", "/nulle-part"):
        answer = light_browser.open(f"/public{path}")
        assert (path, answer.status_code, "set-cookie" in answer.headers) == (path, 404, False)
        assert "vda-lille" not in answer.text.replace("/convention/vda-lille", "")
    assert "/public" not in light_browser.open("/connexion").text


def test_parts_that_are_not_public_have_no_page_no_feed_and_no_file(at_work):
    publishing(at_work.desk, decisions=None, meetings=[], progress=None, actions={"since": "approved", "fields": []})
    gone = ["/decisions", "/decisions.atom", "/decisions/COPIL-2026-001", "/seances"]
    gone += [f"/donnees/{name}.{kind}" for name in ("decisions", "avancement", "jalons") for kind in ("csv", "json", "schema.json")]
    assert [at_work.open(f"/public{path}").status_code for path in gone] == [404] * len(gone)
    home = get(at_work, "").text
    assert [path for path in ("/decisions", "/seances") if path in home] == []
    assert "%" not in words_of(get(at_work, "/axes"))
    publishing(at_work.desk, decisions=None, actions=None, progress=None)
    assert at_work.open("/public/actions").status_code == 404
    assert at_work.number not in get(at_work, "/sitemap.xml").text


def test_the_pages_of_members_lead_to_the_public_ones(at_work):
    assert 'href="/public"' in at_work.open("/connexion").text


def test_a_page_speaks_the_browsers_language_and_the_one_chosen_by_its_switch_on_every_further_page(at_work):
    french, english = get(at_work, "/axes"), get(at_work, "/axes", **{"accept-language": "en-GB,en;q=0.9"})
    assert ('lang="fr"' in french.text, '<html lang="en">' in english.text) == (True, True)
    [switch] = re.findall(r'class="quiet button" href="([^"]+)"', french.text)
    chosen = get(at_work, switch.removeprefix("/public"), **{"accept-language": "fr"})
    assert "Axes and progress" in chosen.text
    links = re.findall(r'href="(/public/[^"]+)"', chosen.text)
    assert [link for link in links if "langue=" not in link] == []
    filtered = get(at_work, "/actions?langue=en&mots=partage", **{"accept-language": "fr"})
    assert 'name="langue" value="en"' in filtered.text
    assert '<span lang="fr">Favoriser' in filtered.text
    assert f'rel="canonical" href="{at_work.desk.app.settings.base_url}/public/axes"' in french.text


def test_actions_are_chosen_by_words_state_axis_theme_and_site(at_work):
    sheet = {"title": "Rouler à vélo", "axis": "transitions", "objective": "velo-transports", "sites": ("ensapl",)}
    other = at_work.desk.to_approved(provision(7, **sheet))
    both = [at_work.number, other]
    for query, expected in {
        "": both,
        "mots=VELO": [other],
        "mots=a-2026-001": [at_work.number],
        "etat=in_progress": [at_work.number],
        "axe=transitions": [other],
        "site=ensapl": both,
        "site=cite-scientifique": [at_work.number],
        "thematique=biodiversite": [],
        "axe=&etat=&page=": both,
        "page=99": both,
        "axe=%25": [],
    }.items():
        page = get(at_work, f"/actions?{query}")
        assert (query, [number for number in both if f"/actions/{number}" in page.text]) == (query, expected)


def test_words_are_looked_for_as_everywhere_else(light_browser):
    publishing(light_browser.desk, actions={"since": "submitted", "fields": []}, progress=None)
    titles = ("L\u2019eau, une Œuvre commune", "Des matériaux pour l\u2019été", "Un vélo par étudiante")
    numbers = [light_browser.desk.propose(provision(7, title=title)) for title in titles]
    first, second, third = numbers
    for words, expected in {
        "oeuvre": [first],
        "l'eau": [first],
        "eaux": [first],
        "matériau été": [second],
        "étudiants": [third],
        "vélos -étudiant": [],
        "étud": [third],
        '"œuvre commune"': [first],
        '"commune œuvre"': [],
        "2026-002": [second],
        "A-2026": numbers,
        "parcs": [],
    }.items():
        page = get(light_browser, f"/actions?{urlencode({'mots': words})}")
        assert (words, [number for number in numbers if f"/actions/{number}" in page.text]) == (words, expected)


def test_public_words_that_cannot_be_read_are_answered_with_how_to_write_them(at_work):
    page = get(at_work, "/actions?mots=de+la")
    assert ("aucun mot à chercher" in words_of(page), "Actions trouvées" in text_of(page), 'class="entry"' in page.text) == (
        True,
        False,
        False,
    )
    assert "word remains to be looked for" in words_of(get(at_work, "/actions?mots=de+la&langue=en"))


def test_a_list_has_pages(light_browser):
    publishing(light_browser.desk, actions={"since": "submitted", "fields": ["axis"]}, progress=None)
    for number in range(31):
        light_browser.desk.propose(provision(7, title=f"Action {number}"))
    first, second = get(light_browser, "/actions?axe=territoire"), get(light_browser, "/actions?axe=territoire&page=2")
    assert [page.text.count('class="entry"') for page in (first, second)] == [30, 1]
    assert 'href="/public/actions?axe=territoire&amp;page=2" rel="next"' in first.text
    assert "/public/actions?page=2" in get(light_browser, "/actions?page=2").text.partition('rel="canonical"')[2][:120]


def test_an_action_and_a_decision_say_what_the_charter_shows(light_browser):
    desk = light_browser.desk
    publishing(desk, decisions={"bodies": ["copil"], "verdicts": "tallies"})
    number = desk.to_steering()
    desk.opine(number, "copil")
    desk.decide(number, "approve")
    said = words_of(get(light_browser, f"/actions/{number}"))
    for part in ("Approuvée", "Comité technique", "Ville de Villeneuve d'Ascq, Université de Lille", "15 avril 2027", "COPIL-2026-001"):
        assert part in said
    decision = words_of(get(light_browser, "/decisions/COPIL-2026-001"))
    title = provision(7).title
    assert f"Comité de pilotage stratégique : l'action {number} « {title} » est approuvée." in decision
    assert "Résultat : favorable. Pour : 6 sur 6" in decision
    publishing(desk, decisions={"bodies": ["copil"], "verdicts": "result"})
    decision = words_of(get(light_browser, "/decisions/COPIL-2026-001"))
    assert ("Résultat : favorable." in decision, "Pour :" in decision) == (True, False)
    publishing(desk, decisions={"bodies": ["copil"]})
    assert "Résultat" not in words_of(get(light_browser, "/decisions/COPIL-2026-001"))


def test_axes_say_how_far_they_have_come_what_counts_as_nought_and_how_it_is_reckoned(light_browser):
    desk = light_browser.desk
    assert "Aucune action pour le moment." in words_of(get(light_browser, "/axes"))
    first, second = desk.to_work(), desk.to_work(provision(7, title="Sans nouvelles"))
    said = words_of(get(light_browser, "/axes"))
    assert "Pas encore d'avancement 2 actions. 2 d'entre elles, sans point d'avancement, comptent pour 0 %." in said
    desk.report(first, 25)
    said = words_of(get(light_browser, "/axes"))
    assert "12,5 % 2 actions. L'une d'elles, sans point d'avancement, compte pour 0 %." in said
    assert "la moyenne de ses actions, qui comptent toutes autant" in said
    assert "12.5%" in get(light_browser, "", **{"accept-language": "en"}).text
    assert second in said


def test_feeds_are_well_formed_and_their_ids_stay(at_work):
    def read(path):
        return tree(get(at_work, path))

    feed = read("/actions.atom")
    [entry] = feed.findall(f"{ATOM}entry")
    name = entry.find(f"{ATOM}id").text
    assert name == f"tag:convention.example,2026-06-22:vda-lille/action/{at_work.number}"
    for part in ("id", "title", "updated", "author/*", "link"):
        assert feed.find("/".join(f"{ATOM}{step}" if step != "*" else f"{ATOM}name" for step in part.split("/"))) is not None
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")] == ["self", "alternate"]
    before = entry.find(f"{ATOM}updated").text
    at_work.desk.watch.advance(hours=1)
    at_work.desk.report(at_work.number, 30)
    [entry] = read("/actions.atom").findall(f"{ATOM}entry")
    assert (entry.find(f"{ATOM}id").text, entry.find(f"{ATOM}updated").text > before) == (name, True)
    assert entry.find(f"{ATOM}published").text <= before
    [decision] = read("/decisions.atom").findall(f"{ATOM}entry")
    assert decision.find(f"{ATOM}id").text == "tag:convention.example,2026-06-22:vda-lille/decision/COPIL-2026-001"
    for about, tag in (("actions", name), ("decisions", decision.find(f"{ATOM}id").text)):
        channel = read(f"/{about}.rss").find("channel")
        assert [item.find("guid").text for item in channel.findall("item")] == [tag]
        assert parsedate_to_datetime(channel.find("item/pubDate").text) <= parsedate_to_datetime(channel.find("lastBuildDate").text)


def test_a_feed_holds_the_latest_and_says_how_many_and_no_sign_breaks_it(light_browser):
    publishing(light_browser.desk, actions={"since": "submitted", "fields": []}, progress=None)
    for number in range(51):
        light_browser.desk.watch.advance(minutes=1)
        light_browser.desk.propose(provision(7, title=f"Action {number} <b>&\u000b\ufffe"))
    feed = tree(get(light_browser, "/actions.atom"))
    titles = [entry.find(f"{ATOM}title").text for entry in feed.findall(f"{ATOM}entry")]
    assert (len(titles), titles[0], titles[-1]) == (50, "A-2026-051 · Action 50 <b>&", "A-2026-002 · Action 1 <b>&")
    assert "50" in feed.find(f"{ATOM}subtitle").text


def test_the_map_names_every_public_page_and_robots_follow_it_in_a_live_home_alone(at_work):
    base = at_work.desk.app.settings.base_url
    pages = [place.text for place in tree(get(at_work, "/sitemap.xml")).iter(f"{SITEMAP}loc")]
    wanted = ("", "/axes", "/actions", "/decisions", "/seances", "/donnees", f"/actions/{at_work.number}", "/decisions/COPIL-2026-001")
    assert pages == [f"{base}/public{path}" for path in wanted]
    assert [get(at_work, page.removeprefix(f"{base}/public")).status_code for page in pages] == [200] * len(pages)
    robots = at_work.open("/robots.txt")
    assert (robots.text, "set-cookie" in robots.headers) == ("User-agent: *\nDisallow: /\n", False)
    assert '<meta name="robots" content="noindex">' in get(at_work, "").text


def test_in_a_live_home_search_engines_may_visit_what_is_public_and_nothing_else(light_app):
    home = table(Home)
    with light_app.db.write() as connection:
        connection.execute(home.update().values(kind="live"))
    web, base = create_portal(light_app), light_app.settings.base_url
    lines = ["User-agent: *", "Allow: /public", "Allow: /static/", "Disallow: /", f"Sitemap: {base}/public/sitemap.xml", ""]
    assert asked(web, "/robots.txt").text.split("\n") == lines
    assert "noindex" not in asked(web, "/public").text


def test_a_map_that_is_too_long_is_given_in_parts(light_browser, monkeypatch):
    monkeypatch.setattr(public_files, "_MOST_PAGES", 4)
    light_browser.desk.to_work()
    base = light_browser.desk.app.settings.base_url
    parts = [place.text for place in tree(get(light_browser, "/sitemap.xml")).iter(f"{SITEMAP}loc")]
    assert parts == [f"{base}/public/sitemap.xml?partie={part}" for part in (1, 2)]
    found = [[place.text for place in tree(get(light_browser, f"/sitemap.xml?partie={part}")).iter(f"{SITEMAP}loc")] for part in (1, 2)]
    assert ([len(pages) for pages in found], len({*found[0], *found[1]})) == ([4, 4], 8)
    assert {light_browser.open(f"/public/sitemap.xml?partie={part}").status_code for part in ("0", "3", "x", "²")} == {404}


def test_files_may_be_read_by_pages_of_other_sites_and_say_what_they_are(at_work):
    answer = get(at_work, "/donnees/actions.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert (answer.headers["access-control-allow-origin"], answer.headers["content-disposition"]) == ("*", 'inline; filename="actions.csv"')
    for wrong in ("actions.xlsx", "datapackage", "..%2Fpasserelle.db", "personnes.csv"):
        assert at_work.open(f"/public/donnees/{wrong}").status_code == 404


def test_whoever_reads_too_often_is_asked_to_wait_without_a_cookie(light_app):
    web = create_portal(light_app)
    for _ in range(_READS):
        web.state.portal.limits.spend("public", "192.0.2.1", tries=_READS, seconds=_SECONDS)

    answer = asked(web, "/public/axes")
    assert (answer.status_code, "set-cookie" in answer.headers, "trop d'essais" in text_of(answer).lower()) == (429, False, True)


def test_another_convention_has_pages_of_its_own_and_the_first_one_names_it(at_work):
    def change(document):
        document["convention"].update(code="autre", short="Autre", name={"fr": "Une autre convention", "en": "Another agreement"})

    at_work.desk.under(changed_charter(at_work.desk.app.settings.home / "other.yaml", change))
    assert 'href="/public/convention/autre"' in get(at_work, "").text
    other = get(at_work, "/convention/autre")
    assert ("Une autre convention" in other.text, 'href="/public/convention/autre/axes"' in other.text) == (True, True)
    assert at_work.open(f"/public/convention/autre/actions/{at_work.number}").status_code == 404
    base = at_work.desk.app.settings.base_url
    assert f'rel="canonical" href="{base}/public/axes"' in get(at_work, "/convention/vda-lille/axes").text
