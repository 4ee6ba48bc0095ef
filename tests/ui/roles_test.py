"""Who may do what, several users at once, and a session that is ended from afar. The page leaves out
what its user may not do; the gateway refuses it whatever the page does."""

import json
import re

from playwright.sync_api import expect
from views import buy_yes, connected, ladder, own_order, own_orders, rung, ticket

# What a page could send that does not care for its user's role: its answer.
_FORCE = """
message => new Promise((resolve, reject) => {
  const socket = new WebSocket(`ws://${location.host}/ws?format=json&subscribe=none`);
  socket.onopen = () => socket.send(JSON.stringify({request_id: "1", ...message}));
  socket.onmessage = ({data}) => {
    const told = JSON.parse(data);
    if (told.request_id !== "1") return;
    socket.close();
    resolve(told);
  };
  socket.onerror = () => reject(new Error("no socket"));
})
"""


def forced(page, message):
    """The reason by which the gateway refuses it."""
    told = page.evaluate(_FORCE, message)
    assert told["type"] in ("REFUSAL", "COMMAND_RESULT"), json.dumps(told)
    data = told["data"]
    return data.get("reason") or data.get("refusal_reason")


def new_order(ticker):
    return {"create_order": {
        "command_id": "forced", "market_ticker": ticker, "side": "BOOK_SIDE_BID",
        "price_micros": "100000", "quantity_centis": "100",
        "time_in_force": "TIME_IN_FORCE_GOOD_TILL_CANCELED"}}


ADMINISTRATION = ("Exchange", "Catalogue", "All orders", "Accounts", "Users", "Faults")


def test_a_viewer_watches_and_is_refused_by_name_when_it_forces_an_order(stack, users, open_page):
    ticker = stack.list_market()
    stack.order(ticker, "ask", "0.6000", "5.00")
    page = open_page(f"market/{ticker}", user=users.make("vera", "viewer"))
    expect(rung(page, "YES 0.60, ask 5")).to_be_visible()
    expect(ticket(page)).not_to_be_attached()
    expect(ladder(page).get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("button", name="Stop", exact=True)).not_to_be_attached()
    page.keyboard.press("F8")
    page.keyboard.press("b")
    expect(page.get_by_role("dialog")).not_to_be_attached()

    assert forced(page, new_order(ticker)) == "RoleRequired"
    assert forced(page, {"emergency_stop": {"command_id": "forced"}}) == "RoleRequired"
    answer = users.session(page.context.storage_state()).send("POST", "command", new_order(ticker))
    assert answer.json()["refusal_reason"] == "RoleRequired"
    assert stack.demo().get(f"/markets/{ticker}/orderbook")["orderbook_fp"]["yes_dollars"] == []


def test_a_viewer_is_shown_no_amounts_and_no_buttons_that_are_refused(stack, users, open_page):
    ticker = stack.list_market()
    page = open_page("portfolio", user=users.make("vera", "viewer"))
    expect(page.get_by_text("a viewer has no portfolio").first).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("$")
    page.evaluate("ticker => { location.hash = `#/replay/${ticker}`; }", ticker)
    expect(page.get_by_text("traders and administrators move it")).to_be_visible()
    expect(page.get_by_role("button", name="Open replay")).not_to_be_attached()


def test_a_trader_sees_no_administration_and_is_refused_it(stack, users, open_page):
    page = open_page("system", user=users.make("tom", "trader"))
    expect(page.get_by_role("tab", name="Own sessions")).to_be_visible()
    for name in ADMINISTRATION:
        expect(page.get_by_role("tab", name=name)).not_to_be_attached()
    assert forced(page, {"call_operator": {
        "command_id": "forced", "method": "PauseTrading", "request_json": "{}"}}) == "RoleRequired"
    answer = users.session(page.context.storage_state()).send("GET", "users")
    assert (answer.status, answer.json()["error"]["reason"]) == (403, "RoleRequired")


def test_an_administrator_has_the_administration(open_page):
    page = open_page("system")
    for name in ADMINISTRATION:
        expect(page.get_by_role("tab", name=name)).to_be_visible()


def test_the_order_of_one_user_is_a_size_in_the_book_of_another(stack, users, open_page):
    ticker = stack.list_market()
    ann = open_page(f"market/{ticker}", user=users.make("ann", "trader"))
    bob = open_page(f"market/{ticker}", user=users.make("bob", "trader"))
    expect(ladder(bob)).to_be_visible()
    buy_yes(ann, "0.40", "7")
    expect(rung(bob, "YES 0.40, bid 7")).to_be_visible()
    expect(own_orders(bob)).to_have_count(0)

    buy_yes(bob, "0.40", "2")
    expect(own_order(bob, "2Q7", "0.40")).to_be_visible()
    expect(own_order(ann, "7Q0", "0.40")).to_be_visible()
    expect(own_orders(ann)).to_have_count(1)
    expect(rung(ann, "YES 0.40, bid 9")).to_be_visible()


def test_a_session_that_is_ended_from_afar_is_signed_out_at_once(users, open_page):
    name = users.make("ida", "trader")
    lost = open_page(f"link/{users.link(name)}", user=None, user_agent="Lost phone")
    kept = open_page("markets", user=name)
    expect(connected(lost)).to_be_visible()
    expect(connected(kept)).to_be_visible()
    kept.evaluate("location.hash = '#/system'")
    kept.get_by_role("tab", name="Own sessions").click()
    of_phone = kept.get_by_role("row", name=re.compile("Lost phone"))
    of_phone.get_by_role("button", name=re.compile("^End the session")).click()
    expect(lost.get_by_label("User name")).to_be_visible()
    assert lost.url.endswith("#/sign-in")
    expect(connected(kept)).to_be_visible()
