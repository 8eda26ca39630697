import re
import tomllib
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from notifications.catalogue import CHATTED, MESSAGES, Audience
from notifications.dates import LANGUAGES, clock_time, long_date, short_date
from notifications.frame import TEMPLATES, frame_of
from notifications.preview import write_previews
from notifications.render import SUBJECT_LIMIT, block_names, render, render_chat
from notifications.samples import audiences, complete, sample

NBSP = "\u00a0"
PAGE = "https://passerelle.example/actions/A-2026-003"
SHORTEST_LIMIT = 1000
"""What Rocket.Chat and Teams take, the title included."""
EVERY = [(message, language) for message in MESSAGES for language in LANGUAGES]


class Page(HTMLParser):
    """Collects the tags, attributes and visible words of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words, self._hidden = [], [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        self._hidden = tag in {"style", "title"}

    def handle_endtag(self, _tag):
        self._hidden = False

    def handle_data(self, data):
        if not self._hidden:
            self.words += re.findall(r"\w+", data)


def keys(value, prefix=""):
    if not isinstance(value, dict):
        return {prefix}
    return {key for name, inner in value.items() for key in keys(inner, f"{prefix}.{name}")}


def test_both_languages_have_the_same_messages_and_the_same_words_around_them():
    files = {language: {file.name for file in (TEMPLATES / language).iterdir()} for language in LANGUAGES}
    assert files["fr"] == files["en"] == {f"{message}.j2" for message in MESSAGES} | {"frame.toml"}
    frames = {language: tomllib.loads((TEMPLATES / language / "frame.toml").read_text("utf-8")) for language in LANGUAGES}
    assert keys(frames["fr"]) == keys(frames["en"])


def test_every_role_has_words_in_every_language():
    for language in LANGUAGES:
        assert set(frame_of(language).roles) == {audience.value for audience in Audience}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_has_the_same_parts_in_both_languages(message):
    parts = {"subject", "lead", "todo"} | ({"chat"} if message in CHATTED else set())
    assert block_names(message, "fr") == block_names(message, "en") == parts


@pytest.mark.parametrize(("message", "language"), EVERY)
def test_a_message_reads_well_for_each_of_its_audiences(message, language):
    for because in audiences(message):
        mail = render(message, language, sample(message, language, because))
        whole = f"{mail.subject}\n{mail.text}"
        assert "None" not in whole
        assert "{" not in whole
        assert "  " not in mail.subject
        assert not re.search(r" [,.]|\.\.|[a-zé]\.[A-ZÉ]", mail.text.replace("@ville.example", ""))
        assert all(len(line) <= 76 for line in mail.text.splitlines())
        assert frame_of(language).roles[because].split()[-1] in mail.text


@pytest.mark.parametrize(("message", "language"), EVERY)
def test_a_message_that_knows_every_fact_still_reads_well(message, language):
    mail = render(message, language, complete(language))
    assert "None" not in mail.text


@pytest.mark.parametrize(("message", "language"), EVERY)
def test_text_and_page_say_the_same_words(message, language):
    mail = render(message, language, sample(message, language))
    headline = re.sub(r"^(\[[^]]*\] )*", "", mail.subject)
    shown = [word.lower() for word in Page(mail.html).words]
    text = re.sub(r"\n {4}https://\S+\n", "\n", mail.text)  # each piece of news in a digest: its page hides the address behind words
    written = [word.lower() for word in re.findall(r"\w+", text)]
    assert sorted(shown) == sorted(written + [word.lower() for word in re.findall(r"\w+", headline)])


@pytest.mark.parametrize("message", MESSAGES)
def test_french_spaces_before_double_marks_never_break(message):
    mail = render(message, "fr", complete("fr"))
    for text in (mail.subject, mail.text, re.sub(r"<style>.*</style>", "", mail.html, flags=re.DOTALL)):
        visible = unescape(re.sub(r"<[^>]*>", "", text))
        for words in complete("fr")["questions"]:
            visible = visible.replace(words, "")
        assert not re.search(r" [:;?!»%]|« |[^\s\u00a0][:;?!](?=\s)", visible.replace("***", "")), visible
        assert "'" not in visible.replace("d'Ascq", "").replace("l'accélération", "").replace("L'action", "")


def test_templates_are_written_with_straight_apostrophes():
    written = [file for kind in ("*.j2", "*.toml") for file in TEMPLATES.rglob(kind)]
    assert len(written) > 2 * len(MESSAGES)
    assert [file.name for file in written if "\u2019" in file.read_text("utf-8")] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", MESSAGES)
def test_a_subject_holds_one_kind_of_apostrophe_whatever_the_title(message, language):
    context = sample(message, language)
    context["action"] = {**context["action"], "title": "L'eau d'Ascq"}
    assert "'" not in render(message, language, context).subject


@pytest.mark.parametrize("message", MESSAGES)
def test_an_english_message_holds_no_french(message):
    mail = render(message, "en", sample(message, "en"))
    assert not re.search(r"[àâçèêëîïôùûœ«»]|\b(?:vous|merci|votre|avis)\b", mail.subject + mail.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_accessible(language):
    page = Page(render("opinion-requested", language, sample("opinion-requested", language)).html)
    assert ("html", {"lang": language}) in page.attributes
    assert page.tags.count("h1") == 1
    assert page.tags.count("caption") == page.tags.count("table") == 1
    assert {tag: attrs for tag, attrs in page.attributes if tag == "th"} == {"th": {"scope": "row"}}
    assert not {"img", "script", "link", "iframe", "form"} & set(page.tags)


def test_a_rehearsal_shows_in_the_subject_the_text_and_the_page_and_a_live_message_shows_none():
    rehearsed = render("action-started", "fr", sample("action-started", "fr"))
    live = render("action-started", "fr", {**sample("action-started", "fr"), "rehearsal": False})
    assert rehearsed.subject.startswith("[Répétition] [A-2026-003] ")
    assert live.subject.startswith("[A-2026-003] ")
    for text in (rehearsed.text, rehearsed.html):
        assert f"fait partie d\u2019une répétition{NBSP}:" in text.replace("\n", " ")
    assert "épétition" not in live.text + live.html


def test_what_people_write_is_shown_and_never_interpreted():
    context = sample("action-adjourned", "en")
    context["action"] = {**context["action"], "title": "<script>alert(1)</script> {{ action.number }} & {% raw %}\r\nBcc: x@y.example"}
    context["recipient"] = {"name": '<b>"Robin"</b>\n', "language": "en"}
    context["reasons"] = ["First line\r\n\r\n<i>second</i>\x1b[31m \u202etxt"]
    mail = render("action-adjourned", "en", context)
    assert "script" not in Page(mail.html).tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ action.number }} &amp; {% raw %} Bcc: x@y.example" in mail.html
    assert "&lt;b&gt;&#34;Robin&#34;&lt;/b&gt;," in mail.html
    assert "<li>First line<br>&lt;i&gt;second&lt;/i&gt;[31m txt</li>" in mail.html
    assert "  - First line\n    <i>second</i>[31m txt\n" in mail.text
    assert "\n" not in mail.subject
    assert "\r" not in mail.text
    assert not set("\x1b\u202e") & set(mail.text + mail.html)


def test_a_long_title_is_cut_in_the_subject_only():
    title = "Rapprochement " * 40
    context = sample("action-started", "fr")
    context["action"] = {**context["action"], "title": title}
    mail = render("action-started", "fr", context)
    assert len(mail.subject) <= SUBJECT_LIMIT
    assert mail.subject.endswith("Rapprochement…")
    assert mail.text.replace("\n", " ").count("Rapprochement") >= 80


def test_a_chat_line_is_short_and_names_no_person():
    title, line = render_chat("opinion-requested", "fr", sample("opinion-requested", "fr", "body_channel"), PAGE)
    assert title == f"[Répétition] [A-2026-003] Votre avis d\u2019ici au 3 mars 2026{NBSP}: Usage du vélo et des transports en commun"
    assert line == (
        f"Avis demandé sur l\u2019action A-2026-003 «{NBSP}Usage du vélo et des transports en commun{NBSP}», au plus tard le mardi 3 mars 2026 "
        f"(9 avis attendus). Le message adressé à chaque membre indique comment répondre. {PAGE}"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", sorted(CHATTED))
def test_the_longest_chat_line_fits_every_service_and_says_number_and_page(message, language):
    """The longest that forms and charters take: 200 for a title, 300 for the place of a meeting."""
    facts = sample(message, language, audiences(message)[-1])
    facts["action"] = {**facts["action"], "title": "W" * 200}
    facts["body"] = {**facts["body"], "name": "W" * 200}
    number = facts["action"]["number"]
    if facts["meeting"]:
        facts["meeting"], number = (
            {**facts["meeting"], "place": "W" * 300, "join": "https://visio.example/secret"},
            facts["meeting"]["number"],
        )
    title, line = render_chat(message, language, facts, PAGE)
    assert len(f"{title}\n{line}") <= SHORTEST_LIMIT
    assert (number in line, line.endswith(f" {PAGE}"), "visio" in line) == (True, True, False)


def test_a_message_not_meant_for_chat_is_refused_there():
    with pytest.raises(LookupError, match="has no chat text"):
        render_chat("action-closed", "fr", sample("action-closed", "fr"), PAGE)


@pytest.mark.parametrize(("message", "language"), [("no-such-message", "fr"), ("action-closed", "de")])
def test_an_unknown_message_or_language_is_refused(message, language):
    with pytest.raises(LookupError):
        render(message, language, complete("fr"))


def test_a_code_without_words_is_refused():
    with pytest.raises(LookupError):
        render("opinion-received", "fr", {**sample("opinion-received", "fr"), "opinion": "perhaps"})


def test_a_message_about_an_absent_fact_is_refused_rather_than_sent_with_a_hole():
    with pytest.raises(UndefinedError):
        render("milestone-passed", "fr", {**sample("milestone-passed", "fr"), "milestone": None})
    asked = sample("opinion-requested", "fr")
    with pytest.raises(UndefinedError, match="absent"):
        render_chat("opinion-requested", "fr", {**asked, "review": {**asked["review"], "expected": None}}, PAGE)


def test_without_an_address_the_mail_offers_none_and_the_convention_signs():
    mail = render("action-closed", "fr", {**sample("action-closed", "fr"), "how": ""})
    assert "Une question" not in mail.text
    assert "Bien à vous,\nLe secrétariat de la convention\n" in mail.text


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (date(2026, 3, 3), "mardi 3 mars 2026", "Tuesday 3 March 2026"),
        (date(2026, 5, 1), "vendredi 1er mai 2026", "Friday 1 May 2026"),
        (date(2027, 8, 31), "mardi 31 août 2027", "Tuesday 31 August 2027"),
    ],
)
def test_dates_are_written_as_readers_write_them(day, french, english):
    assert (long_date(day, "fr"), long_date(day, "en")) == (french, english)
    assert (short_date(day, "fr"), short_date(day, "en")) == (french.partition(" ")[2], english.partition(" ")[2])


@pytest.mark.parametrize(("time", "french"), [("14:30", "14 h 30"), ("09:05", "9 h 05"), ("18:00", "18 h")])
def test_times_are_written_as_readers_write_them(time, french):
    assert (clock_time(time, "fr"), clock_time(time, "en")) == (french.replace(" ", NBSP), time)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_digest_counts_what_it_shows_names_an_action_once_and_leads_to_it_once(language):
    facts = sample("digest", language)
    line = facts["digest"]["lines"][0]
    one = render("digest", language, {**facts, "digest": {"lines": [line, {**line, "occurred_on": date(2026, 2, 8)}], "actions": 1}})
    two = render("digest", language, {**facts, "digest": {"lines": [line, {**line, "lead": ["50"]}], "actions": 1}})
    counted = {"fr": (f"1 nouvelle{NBSP}:", f"2 nouvelles{NBSP}:"), "en": ("1 news item:", "2 news items:")}[language]
    assert [said in mail.subject for said, mail in zip(counted, (one, two), strict=True)] == [True, True]
    assert [two.text.count(line["title"]), two.text.count(line["address"]), two.html.count(f'"{line["address"]}"')] == [1, 1, 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_into_a_meeting_is_a_link_said_once_and_only_if_it_is_an_address(language):
    facts = sample("convocation", language)
    mail = render("convocation", language, facts)
    assert (mail.text.count("https://visio.example/cotech\n"), mail.html.count('<a href="https://visio.example/cotech">')) == (1, 1)
    for other in ("01 23 45 67 89", "javascript:alert(1)", "https://visio.example puis 12"):
        page = Page(render("convocation", language, {**facts, "meeting": {**facts["meeting"], "join": other}}).html)
        assert other not in {attributes.get("href") for _, attributes in page.attributes}


def test_an_agenda_is_numbered_once():
    mail = render("convocation", "fr", sample("convocation", "fr"))
    assert "\n  1. A-2026-003, Usage" in mail.text
    assert '<ul class="agenda">' in mail.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_single_file_is_not_spoken_of_as_many(language):
    facts = sample("opinion-requested", language)
    many = {"fr": "fichiers", "en": "files"}[language]
    for how in ("sent", "kept", "large", "faulty"):
        one, two = (
            render("opinion-requested", language, {**facts, "files": {**facts["files"], "how": how, "count": n}}).text for n in (1, 2)
        )
        assert (many in one, f"2 {many}" in two) == (False, True)


@pytest.mark.parametrize("message", ["sign-in", "address-refused", "webhook-off"])
def test_a_message_about_no_action_has_no_table_of_facts(message):
    assert "<table>" not in render(message, "fr", sample(message, "fr")).html


def test_a_copy_says_so_in_its_subject():
    mail = render("opinion-requested", "fr", sample("opinion-requested", "fr", "copy:steering_secretary"))
    assert mail.subject.startswith("[Répétition] [A-2026-003] [Copie] Votre avis")


def test_the_preview_writes_every_message_in_both_languages_and_forms(tmp_path):
    assert len(write_previews(tmp_path / "out")) == len(MESSAGES) * 4
    assert len(list((tmp_path / "out").iterdir())) == len(MESSAGES) * 4
