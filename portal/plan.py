"""The plan of the portal: every page that can be opened without saying of what, in the order in which people look for them."""

from collections.abc import Sequence

from portal.rights import PUBLIC

OF_TECHNICAL = ("webhooks",)
"""Pages of secretaries that the technical committee's alone may open."""
PLAN: Sequence[tuple[str, Sequence[tuple[str, str, str]]]] = (
    (
        "work",
        (
            ("desk", "/bureau", "portal.nav.desk"),
            ("actions", "/actions", "portal.nav.actions"),
            ("decisions", "/decisions", "portal.nav.decisions"),
            ("meetings", "/seances", "portal.nav.meetings"),
            ("search", "/recherche", "portal.search.title"),
            ("views", "/vues", "portal.views.title"),
            ("dues", "/echeances", "portal.plan.dues"),
            ("ahead", "/previsions", "forecast.title"),
            ("cycle", "/cycle", "portal.cycle.title"),
        ),
    ),
    (
        "office",
        (
            ("awaited", "/reponses", "portal.nav.awaited"),
            ("bottlenecks", "/delais", "bottlenecks.title"),
            ("parked", "/mis-de-cote", "portal.parked.title"),
            ("people", "/personnes", "portal.nav.people"),
            ("new_person", "/nouvelle-personne", "portal.people.title.add_person"),
            ("deliveries", "/envois", "portal.deliveries.title"),
            ("messages", "/messages", "portal.messages.title"),
            ("channels", "/canaux", "portal.channels.title"),
            ("webhooks", "/webhooks", "portal.webhooks.title"),
        ),
    ),
    (
        "own",
        (
            ("own_page", "/moi", "portal.nav.own_page"),
            ("new_own_absence", "/moi/absence", "portal.own.add_absence"),
            ("mandate", "/moi/pouvoir", "portal.mandate.title"),
            ("own_data", "/moi/donnees", "portal.data.title"),
            ("preferences", "/preferences", "portal.preferences.title"),
            ("waiting_messages", "/preferences/attente", "portal.foreseen.waiting"),
            ("recipients", "/destinataires", "portal.recipients.link"),
            ("tokens", "/jetons", "portal.tokens.title"),
        ),
    ),
    (
        "about",
        (
            ("sign_in", "/connexion", "portal.sign_in.title"),
            ("privacy", "/confidentialite", "portal.privacy.link"),
            ("accessibility", "/accessibilite", "portal.accessibility.page_title"),
            ("help", "/aide", "portal.aid.title"),
            ("keyboard", "/aide/clavier", "portal.keys.title"),
            ("plan", "/aide/plan", "portal.plan.title"),
            ("api_docs", "/api/v1/docs", "api.page.title"),
            ("api_problems", "/api/v1/problems", "api.page.reasons"),
        ),
    ),
)
"""By group: route, address, and the code of the words that lead there."""
LEADING_ELSEWHERE = PUBLIC | {
    *("home", "stay", "signed_out", "sign_out_there", "mailbox", "new_meeting"),
    *("export_people", "own_data_file", "ahead_table", "ahead_calendar", "api_description"),
}
"""Routes that stand in no plan: they lead on, end something, answer with a file, ask of which body, are there in a rehearsal alone, or are everybody's,
which are there if a charter says so, and have a start page of their own."""
