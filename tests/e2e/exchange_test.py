"""The exchange from outside: what a client sees of an order's life, from login to settlement."""

import re

import httpx
import pytest
from local_exchange import REPOSITORY

TICKER = "E2E-MARKET"


@pytest.fixture(scope="module")
def admin(exchange):
    return exchange.operator()


@pytest.fixture(scope="module")
def market(exchange, admin):
    admin.put("/series/E2E", {"facts": {"title": "End to end"}})
    admin.put("/events/E2E-EVENT", {"series_ticker": "E2E"})
    admin.put(f"/markets/{TICKER}", {
        "event_ticker": "E2E-EVENT", "close_time": "2100-01-01T00:00:00Z",
        "settlement_timer_seconds": 0})
    return TICKER


def order(side, price, count, **more):
    return {"ticker": TICKER, "side": side, "price": price, "count": count,
            "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross",
            **more}


def dollars(account):
    return float(account.get("/portfolio/balance")["balance_dollars"])


def test_catalogue_is_open_for_trade(exchange):
    page = httpx.get(exchange.rest_url + "/markets", params={"status": "open", "limit": 1000})
    markets = page.json()["markets"]
    structures = {market["price_level_structure"] for market in markets}
    assert {"MARKET_MAKER", "FIX_TEST"} <= {market["ticker"] for market in markets}
    assert len(structures) == 12
    series = {market["event_ticker"].split("-")[0] for market in markets}
    assert {"KXGOLD15M", "KXBTC15M", "KXXRP15M", "KXHIGHNY", "KXMLBGAME", "KXMENWORLDCUP"} <= series


def test_from_order_to_settlement(exchange, admin, market):
    demo, maker = exchange.account("demo"), exchange.account("market-maker")
    start = dollars(demo)
    maker.post("/portfolio/events/orders", order("ask", "0.6000", "10.00"))
    created = demo.post("/portfolio/events/orders", order("bid", "0.6000", "10.00"))
    assert created["fill_count"] == "10.00" and created["remaining_count"] == "0.00"

    book = httpx.get(f"{exchange.rest_url}/markets/{market}/orderbook").json()["orderbook_fp"]
    assert book == {"yes_dollars": [], "no_dollars": []}
    [fill] = demo.get("/portfolio/fills", ticker=market)["fills"]
    fee = float(fill["fee_cost"])
    assert fill["is_taker"] and fee == pytest.approx(0.168)
    assert dollars(demo) == pytest.approx(start - 6 - fee)
    [position] = demo.get("/portfolio/positions", ticker=market)["market_positions"]
    assert position["position_fp"] == "10.00"

    admin.post(f"/markets/{market}/close")
    refused = demo.request("POST", "/portfolio/events/orders", order("bid", "0.5000", "1.00"))
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "market_inactive"
    admin.post(f"/markets/{market}/determine", {"result": "yes", "expiration_value": "42"})
    assert dollars(demo) == pytest.approx(start - 6 - fee + 10)
    [settlement] = demo.get("/portfolio/settlements", ticker=market)["settlements"]
    assert settlement["revenue"] == 1000 and settlement["market_result"] == "yes"
    assert httpx.get(f"{exchange.rest_url}/markets/{market}").json()["market"]["status"] == (
        "finalized")


def test_public_port_knows_no_operator(exchange, admin):
    path = exchange.rest_url.replace("/trade-api/v2", "/evx/v1/admin/exchange")
    assert httpx.get(path).status_code == 404
    assert admin.get("/exchange")["accepting"] is True


def test_documents_are_served(exchange):
    root = exchange.rest_url.replace("/trade-api/v2", "")
    page = httpx.get(root + "/docs").text
    assert "evx exchange API" in page
    spec = httpx.get(root + "/docs/openapi.json").json()
    assert "/portfolio/events/orders" in spec["paths"]
    version = httpx.get(root + "/evx/v1/version").json()
    cmake = (REPOSITORY / "CMakeLists.txt").read_text()
    assert re.search(rf"VERSION {re.escape(version['version'])}\b", cmake)


def test_documents_need_no_internet(exchange):
    """Everything the page loads or links to is this exchange's own."""
    root = exchange.rest_url.replace("/trade-api/v2", "")
    page = httpx.get(root + "/docs").text
    targets = re.findall(r"""(?:src|href|fetch|import|url)\s*[=(]\s*["']?([^"'\s>)]+)""", page)
    assert targets and not [t for t in targets if "//" in t]
    for target in {t for t in targets if t.startswith("/")}:
        assert httpx.get(root + target).status_code == 200, target


def test_what_is_not_supported_says_so(exchange):
    root = exchange.rest_url.replace("/trade-api/v2", "")
    listed = httpx.get(root + "/evx/v1/unsupported").json()["unsupported"]
    assert {item["area"] for item in listed} == {
        "communications", "multivariate_collections", "fcm", "live_data", "forecast_percentiles",
        "perpetuals", "block_trades"}
    for item in listed:
        path = re.sub(r"\{[^}]*\}", "X", item["path"])
        answer = httpx.request(item["method"], root + path)
        assert answer.status_code == 501, item
        assert answer.json()["error"]["code"] == "not_implemented"
