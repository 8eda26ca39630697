"""Which action takes the place of another, on the pages of both."""

from builders import CLERK, provision


def test_the_page_of_each_leads_to_the_other(light_browser):
    desk = light_browser.desk
    number, successor = desk.to_technical(), desk.propose(provision(title="Celle qui la remplace"))
    light_browser.sign_in(light_browser.member(CLERK))
    answer = light_browser.fill(f"/actions/{number}/supersede", successor=successor, reason="Refondue")
    assert answer.headers["location"] == f"/actions/{number}?fait=supersede"
    assert f'href="/actions/{successor}"' in light_browser.open(f"/actions/{number}").text
    assert f'href="/actions/{number}"' in light_browser.open(f"/actions/{successor}").text
    wrong = light_browser.fill(f"/actions/{successor}/supersede", successor="A-2026-099", reason="Refondue")
    assert (wrong.status_code, 'id="successor-problem"' in wrong.text) == (422, True)
