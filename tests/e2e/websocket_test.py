"""The WebSocket API from outside: every channel, the rules of sid and seq, and books that fold to
what REST shows. Bad input and slow clients: websocket_faults_test.py."""

import datetime
import random
import ssl

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from certificate import make_certificate
from local_exchange import Account, LocalExchange
from venue_socket import VenueSocket
from websocket_fixtures import (  # noqa: F401: fixtures
    admin, create, demo, exchange, list_market, maker, market, rest_book, socket)

# ---- Connection


def test_handshake_without_a_good_signature_is_401_with_the_error_of_rest(exchange, demo):
    class Stranger:
        def access_headers(self, method, path):
            return {**demo.access_headers(method, path), "KALSHI-ACCESS-SIGNATURE": "AAAA"}

    with pytest.raises(InvalidStatus) as refused:
        VenueSocket(exchange.announcement["ws_url"], Stranger())
    assert refused.value.response.status_code == 401
    assert b'"code"' in refused.value.response.body


def test_a_plain_get_of_the_path_is_no_handshake(exchange, demo):
    url = exchange.rest_url.replace("/trade-api/v2", "/trade-api/ws/v2")
    signed = demo.access_headers("GET", "/trade-api/ws/v2")
    assert httpx.get(url, headers=signed).status_code == 400
    assert httpx.get(url).status_code == 401


def test_compression_is_used_when_offered(exchange, demo, maker, market):
    with VenueSocket(exchange.announcement["ws_url"], demo, compression="deflate") as socket:
        assert socket.connection.response.headers["Sec-WebSocket-Extensions"].startswith(
            "permessage-deflate")
        socket.subscribe("orderbook_delta", market_ticker=market)
        for i in range(50):
            create(maker, market, "bid", f"0.{10 + i % 40}00", "1.00")
        socket.drain()
        assert socket.books[market].levels() == rest_book(demo, market)


def test_the_same_over_tls(tmp_path):
    certificate, key = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    trusting.check_hostname = False
    with LocalExchange(f"--tls_certificate_file={certificate}",
                       f"--tls_private_key_file={key}") as exchange:
        url = exchange.announcement["ws_url"]
        assert url.startswith("wss://")
        with VenueSocket(url, exchange.account("demo"), ssl=trusting,
                         compression="deflate") as socket:
            socket.subscribe("ticker", send_initial_snapshot=True)
            socket.subscribe("orderbook_delta", market_tickers=["FIX_TEST", "MARKET_MAKER"])
            assert socket.until("ticker", market_ticker="FIX_TEST")
            assert socket.until("orderbook_snapshot", market_ticker="FIX_TEST")
            many = [f"T{i}" for i in range(50_000)]  # Many TLS records.
            assert socket.subscribe("trade", market_tickers=many) == [3]
            assert socket.connection.ping(b"still there").wait(10)


def test_client_pings_are_answered(socket):
    assert socket.connection.ping(b"are you there").wait(10)


def test_one_account_has_at_most_200_connections(exchange):
    account = exchange.account("market-maker")
    sockets = []
    try:
        with pytest.raises(InvalidStatus) as refused:
            for _ in range(201):
                sockets.append(VenueSocket(exchange.announcement["ws_url"], account))
        assert len(sockets) == 200
        assert refused.value.response.status_code == 429
    finally:
        for socket in sockets:
            socket.close()


def test_a_revoked_key_and_a_disabled_account_lose_their_sessions(exchange, admin):
    opened = admin.post("/accounts", {"name": f"leaver-{random.randrange(10**9)}"})
    account_id = opened["account_id"]
    for end in ("revoke", "disable"):
        key = admin.post(f"/accounts/{account_id}/keys", {"key_type": "ed25519"})
        leaver = Account(exchange.rest_url, {"key_id": key["key_id"],
                                             "private_key_pem": key["private_key"]})
        with VenueSocket(exchange.announcement["ws_url"], leaver) as socket:
            socket.call("list_subscriptions")
            if end == "revoke":
                admin.delete(f"/accounts/{account_id}/keys/{key['key_id']}")
            else:
                admin.put(f"/accounts/{account_id}", {"disabled": True})
            with pytest.raises(ConnectionClosed) as closed:
                socket.receive()
            assert closed.value.rcvd.code == 1008


# ---- Commands


def test_sids_count_up_and_seq_is_shared_by_the_markets_of_a_subscription(
        socket, admin, maker, market):
    other = list_market(admin)
    sids = socket.subscribe("orderbook_delta", "trade", market_tickers=[market, other])
    assert sids == [1, 2]
    for ticker in (market, other, market):
        create(maker, ticker, "bid", "0.3000", "1.00")
    deltas = [socket.until("orderbook_delta") for _ in range(3)]
    assert [delta["seq"] for delta in deltas] == [3, 4, 5]
    assert [delta["msg"]["market_ticker"] for delta in deltas] == [market, other, market]


def test_subscribing_again_adds_to_the_one_subscription(socket, admin, market):
    other = list_market(admin)
    assert socket.subscribe("orderbook_delta", market_ticker=market) == [1]
    socket.until("orderbook_snapshot")
    assert socket.subscribe("orderbook_delta", market_ticker=market) == [1]
    assert socket.drain() == []
    assert socket.subscribe("orderbook_delta", market_tickers=[market, other]) == [1]
    assert socket.until("orderbook_snapshot")["msg"]["market_ticker"] == other
    assert socket.call("list_subscriptions")["msg"] == [{"channel": "orderbook_delta", "sid": 1}]


def test_markets_are_added_and_deleted(socket, admin, maker, market):
    other = list_market(admin)
    [sid] = socket.subscribe("orderbook_delta", market_ticker=market)
    added = socket.call("update_subscription", sid=sid, action="add_markets", market_ticker=other)
    assert added["type"] == "ok" and added["msg"]["market_tickers"] == [market, other]
    assert added["sid"] == sid
    removed = socket.call("update_subscription", sids=[sid], action="delete_markets",
                          market_tickers=[market])
    assert removed["msg"]["market_tickers"] == [other]
    create(maker, market, "bid", "0.3000", "1.00")
    create(maker, other, "bid", "0.3000", "1.00")
    assert {message["msg"]["market_ticker"] for message in socket.drain()
            if message["type"] == "orderbook_delta"} == {other}
    ended = socket.call("unsubscribe", sids=[sid])
    assert ended["type"] == "unsubscribed" and ended["seq"] == socket.sequences[sid]
    create(maker, other, "bid", "0.3000", "1.00")
    assert socket.drain() == []
    assert socket.subscribe("trade") == [2]


def test_skip_ticker_ack_leaves_the_list_out(socket, admin, market):
    [sid] = socket.subscribe("trade", market_ticker=market, skip_ticker_ack=True)
    reply = socket.call("update_subscription", sid=sid, action="add_markets",
                        market_ticker=list_market(admin))
    assert reply["type"] == "ok" and "msg" not in reply


def test_tickers_can_be_named_by_uuid(socket, admin, maker, market):
    [book] = socket.subscribe("orderbook_delta", market_ticker=market)
    market_id = socket.until("orderbook_snapshot")["msg"]["market_id"]
    [sid] = socket.subscribe("ticker", market_ids=[market_id], send_initial_snapshot=True)
    assert socket.until("ticker")["msg"]["market_ticker"] == market
    reply = socket.call("update_subscription", sid=sid, action="delete_markets",
                        market_id=market_id)
    assert reply["msg"] == {"market_ids": []}


def test_every_fault_of_a_command_has_its_code(socket, market):
    [sid] = socket.subscribe("orderbook_delta", market_ticker=market)
    [orders] = socket.subscribe("order_group_updates")
    uuid = "11111111-1111-4111-8111-111111111111"
    cases = [
        (2, "subscribe", {}), (3, "subscribe", {"channels": []}), (5, "resubscribe", {"a": 1}),
        (4, "unsubscribe", {"sids": []}), (7, "unsubscribe", {"sids": [99]}),
        (8, "subscribe", {"channels": ["ticker_v2"]}),
        (8, "subscribe", {"channels": ["multivariate"]}),
        (9, "subscribe", {"channels": ["communications"]}),
        (9, "subscribe", {"channels": ["cfbenchmarks_value"], "index_ids": ["BRTI"]}),
        (9, "subscribe", {"channels": ["cfbenchmarks_value_5hz"]}),
        (9, "subscribe", {"channels": ["pyth_value"]}),
        (11, "subscribe", {"channels": ["ticker"], "market_ids": ["not a uuid"]}),
        (11, "subscribe", {"channels": ["trade"], "market_ids": [uuid]}),
        (11, "subscribe", {"channels": ["ticker"], "market_ticker": "A", "market_id": uuid}),
        (12, "update_subscription", {"action": "add_markets"}),
        (12, "update_subscription", {"sids": [1, 2], "action": "add_markets"}),
        (7, "update_subscription", {"sid": 99, "action": "add_markets", "market_ticker": "A"}),
        (13, "update_subscription", {"sid": sid, "action": "grow", "market_ticker": "A"}),
        (13, "update_subscription", {"sid": orders, "action": "add_markets",
                                     "market_ticker": market}),
        (14, "subscribe", {"channels": ["orderbook_delta"]}),
        (14, "subscribe", {"channels": ["orderbook_delta"], "market_ids": [uuid]}),
        (14, "update_subscription", {"sid": sid, "action": "add_markets"}),
        (15, "update_subscription", {"sid": sid, "market_ticker": market}),
    ]
    for code, command, params in cases:
        command_id = socket.send(command, **params)
        reply = socket.reply(command_id)
        assert reply["type"] == "error" and reply["msg"]["code"] == code, (command, params, reply)


def test_an_unknown_ticker_subscribes_to_nothing(socket, maker, market):
    socket.subscribe("trade", market_ticker="NO-SUCH-MARKET")
    create(maker, market, "bid", "0.5000", "1.00")
    create(maker, market, "bid", "0.4000", "1.00")
    assert socket.drain() == []


# ---- Books


def test_the_book_folded_from_deltas_is_the_book_of_rest(exchange, socket, admin, demo):
    tickers = [list_market(admin) for _ in range(3)]
    traders = [exchange.account(name) for name in ("demo", "flow-1", "flow-2", "flow-3")]
    draw = random.Random(20260805)
    create(traders[1], tickers[0], "bid", "0.2000", "3.00")
    [sid] = socket.subscribe("orderbook_delta", market_tickers=tickers)
    resting = []
    for i in range(400):
        trader = draw.choice(traders)
        if resting and draw.random() < 0.3:
            owner, order_id = resting.pop(draw.randrange(len(resting)))
            owner.request("DELETE", f"/portfolio/events/orders/{order_id}")
            continue
        order_id = create(trader, draw.choice(tickers), draw.choice(["bid", "ask"]),
                          f"0.{draw.randrange(30, 70)}00", f"{draw.randrange(1, 500) / 100:.2f}")
        resting.append((trader, order_id))
        if i == 200:
            socket.send("update_subscription", sid=sid, action="get_snapshot",
                        market_tickers=tickers)
    socket.drain()
    for ticker in tickers:
        assert socket.books[ticker].levels() == rest_book(demo, ticker)


def test_no_prices_of_the_yes_leg(exchange, socket, demo, maker, market):
    create(maker, market, "ask", "0.5200", "2.00")
    with VenueSocket(exchange.announcement["ws_url"], demo) as other:
        socket.subscribe("orderbook_delta", market_ticker=market, use_yes_price=True)
        other.subscribe("orderbook_delta", market_ticker=market)
        assert socket.until("orderbook_snapshot")["msg"]["no_dollars_fp"] == [["0.5200", "2.00"]]
        assert other.until("orderbook_snapshot")["msg"]["no_dollars_fp"] == [["0.4800", "2.00"]]
        create(maker, market, "ask", "0.5300", "1.00")
        create(maker, market, "bid", "0.1000", "1.00")
        deltas = [socket.until("orderbook_delta")["msg"] for _ in range(2)]
        assert [(d["side"], d["price_dollars"]) for d in deltas] == [
            ("no", "0.5300"), ("yes", "0.1000")]
        assert other.until("orderbook_delta")["msg"]["price_dollars"] == "0.4700"


def test_only_the_owner_sees_the_client_order_id(exchange, socket, maker, market):
    with VenueSocket(exchange.announcement["ws_url"], maker) as owner:
        owner.subscribe("orderbook_delta", market_ticker=market)
        socket.subscribe("orderbook_delta", market_ticker=market)
        create(maker, market, "bid", "0.3000", "1.00", client_order_id="mine-1")
        # Whether the owner asks for private channels makes no difference.
        delta = owner.until("orderbook_delta")["msg"]
        assert delta["client_order_id"] == "mine-1" and delta["subaccount"] == 0
        assert "client_order_id" not in socket.until("orderbook_delta")["msg"]


def test_get_snapshot_answers_with_the_id_and_leaves_the_subscription(socket, maker, market):
    [sid] = socket.subscribe("orderbook_delta", market_ticker=market)
    create(maker, market, "bid", "0.3000", "1.00")
    snapshot = socket.call("update_subscription", sid=sid, action="get_snapshot",
                           market_ticker=market)
    assert snapshot["type"] == "orderbook_snapshot" and snapshot["sid"] == sid
    assert snapshot["msg"]["yes_dollars_fp"] == [["0.3000", "1.00"]]
    create(maker, market, "bid", "0.3000", "1.00")
    assert socket.until("orderbook_delta", delta_fp="1.00")


def test_at_the_close_one_empty_snapshot_stands_for_all_cancels(socket, admin, demo, maker):
    ticker = list_market(admin)
    for price in ("0.3000", "0.3100", "0.3200"):
        create(demo, ticker, "bid", price, "1.00")
    socket.subscribe("orderbook_delta", "user_orders", "market_lifecycle_v2",
                     market_ticker=ticker)
    socket.drain()
    admin.post(f"/markets/{ticker}/close")
    messages = socket.drain()
    books = [m for m in messages if m["type"].startswith("orderbook")]
    assert [m["type"] for m in books] == ["orderbook_snapshot"]
    assert set(books[0]["msg"]) == {"market_ticker", "market_id"}
    orders = [m["msg"] for m in messages if m["type"] == "user_order"]
    assert [o["last_update_reason"] for o in orders] == ["CloseCancel"] * 3
    assert {o["status"] for o in orders} == {"canceled"}


def test_the_clock_closes_with_an_empty_snapshot_too(socket, admin):
    ticker = list_market(admin)
    socket.subscribe("orderbook_delta", market_ticker=ticker)
    socket.drain()
    admin.put("/clock", {"advance_seconds": 3600})
    assert [m["type"] for m in socket.drain()] == ["orderbook_snapshot"]


# ---- Other channels


def test_trades_and_tickers(socket, demo, maker, market):
    socket.subscribe("trade", "ticker", market_ticker=market)
    create(maker, market, "ask", "0.6000", "10.00")
    create(demo, market, "bid", "0.6000", "4.00")
    trade = socket.until("trade")["msg"]
    assert trade["yes_price_dollars"] == "0.6000" and trade["no_price_dollars"] == "0.4000"
    assert trade["taker_side"] == "yes" and trade["taker_book_side"] == "bid"
    assert trade["count_fp"] == "4.00"
    ticker = socket.until("ticker", volume_fp="4.00")["msg"]
    assert ticker["price_dollars"] == "0.6000" and ticker["last_trade_size_fp"] == "4.00"
    assert ticker["yes_ask_size_fp"] == "6.00" and ticker["dollar_volume"] == 2
    assert ticker["open_interest_fp"] == "4.00"


def test_public_channels_without_markets_cover_all(socket, admin, demo, maker):
    socket.subscribe("trade", "ticker")
    ticker = list_market(admin)
    create(maker, ticker, "ask", "0.6000", "1.00")
    create(demo, ticker, "bid", "0.6000", "1.00")
    assert socket.until("trade", market_ticker=ticker)
    assert socket.until("ticker", market_ticker=ticker)


def test_both_sides_of_a_trade_see_their_fill_order_and_position(exchange, socket, demo, maker,
                                                                market):
    channels = ("fill", "user_orders", "market_positions", "trade")
    with VenueSocket(exchange.announcement["ws_url"], maker) as other:
        socket.subscribe(*channels, market_ticker=market)
        other.subscribe(*channels, market_ticker=market)
        create(maker, market, "ask", "0.6000", "10.00", client_order_id="ask-1")
        create(demo, market, "bid", "0.6000", "4.00")
        trade = socket.until("trade")["msg"]
        taken, made = socket.until("fill")["msg"], other.until("fill")["msg"]
        assert taken["trade_id"] == made["trade_id"] == trade["trade_id"]
        assert taken["is_taker"] and not made["is_taker"]
        assert made["client_order_id"] == "ask-1" and made["outcome_side"] == "no"
        assert taken["post_position_fp"] == "4.00" and made["post_position_fp"] == "-4.00"
        assert taken["fee_cost"] == demo.get("/portfolio/fills", ticker=market)["fills"][0][
            "fee_cost"]
        order = other.until("user_order", last_update_reason="Trade")["msg"]
        assert order["status"] == "resting" and order["remaining_count_fp"] == "6.00"
        done = socket.until("user_order", status="executed")["msg"]
        assert done["fill_count_fp"] == "4.00" and done["remaining_count_fp"] == "0.00"
        position = socket.until("market_position")["msg"]
        assert position["position_fp"] == "4.00" and position["volume_fp"] == "4.00"
        assert position["position_cost_dollars"] == "2.400000"
        assert all(m["msg"].get("order_id") != order["order_id"] for m in socket.drain()
                   if m["type"] in ("fill", "user_order"))


def reasons(socket):
    return [m["msg"].get("last_update_reason") for m in socket.drain()
            if m["type"] == "user_order"]


def test_orders_say_why_they_changed(socket, admin, demo, maker, market):
    orders = "/portfolio/events/orders"
    socket.subscribe("user_orders")
    order_id = create(demo, market, "bid", "0.3000", "5.00", client_order_id="why-1")
    assert reasons(socket) == [None]
    demo.post(f"{orders}/{order_id}/decrease", {"reduce_by": "1.00"})
    assert reasons(socket) == ["Decrease"]
    demo.post(f"{orders}/{order_id}/amend", {
        "ticker": market, "side": "bid", "price": "0.3100", "count": "4.00",
        "client_order_id": "why-1", "updated_client_order_id": "why-2"})
    assert reasons(socket) == ["Amend"]
    demo.delete(f"{orders}/{order_id}")
    assert reasons(socket) == ["Decrease"]
    expires = admin.get("/clock")["exchange_time"]
    at = datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp()
    create(demo, market, "bid", "0.3000", "1.00", expiration_time=int(at) + 30)
    admin.put("/clock", {"advance_seconds": 31})
    assert reasons(socket) == [None, "ExpiryCancel"]
    create(demo, market, "ask", "0.5000", "1.00")
    create(demo, market, "bid", "0.5000", "1.00", self_trade_prevention_type="maker")
    assert "SelfTradeCancel" in reasons(socket)


def test_order_groups(socket, demo):
    socket.subscribe("order_group_updates")
    group = demo.post("/portfolio/order_groups/create", {"contracts_limit": 10})["order_group_id"]
    demo.put(f"/portfolio/order_groups/{group}/limit", {"contracts_limit": 20})
    demo.put(f"/portfolio/order_groups/{group}/trigger", {})
    demo.put(f"/portfolio/order_groups/{group}/reset", {})
    demo.delete(f"/portfolio/order_groups/{group}")
    updates = [m["msg"] for m in socket.drain()]
    assert [u["event_type"] for u in updates] == [
        "created", "limit_updated", "triggered", "reset", "deleted"]
    assert [u.get("contracts_limit_fp") for u in updates] == ["10.00", "20.00", None, None, None]
    assert {u["order_group_id"] for u in updates} == {group}


def test_the_life_of_a_market(socket, admin):
    socket.subscribe("market_lifecycle_v2")
    admin.put("/events/WS-LIFE", {"series_ticker": "WS", "facts": {"title": "Life"}})
    created = socket.until("event_lifecycle")["msg"]
    assert created["event_ticker"] == "WS-LIFE" and created["title"] == "Life"
    ticker = list_market(admin, facts={"yes_sub_title": "Above", "floor_strike": 42.5,
                                       "strike_type": "greater"})
    msg = socket.until("market_lifecycle_v2")["msg"]
    assert msg["event_type"] == "created" and msg["price_level_structure"] == "linear_cent"
    assert msg["additional_metadata"]["floor_strike"] == 42.5
    admin.post(f"/markets/{ticker}/pause")
    admin.post(f"/markets/{ticker}/open")
    admin.post(f"/markets/{ticker}/price_grid", {"price_level_structure": "deci_cent"})
    admin.put(f"/markets/{ticker}", {"facts": {"yes_sub_title": "Beyond"}})
    admin.post(f"/markets/{ticker}/close_time", {"close_time": "2026-08-05T22:00:00Z"})
    admin.post(f"/markets/{ticker}/close")
    admin.post(f"/markets/{ticker}/determine", {"result": "yes"})
    admin.put("/clock", {"advance_seconds": 61})
    seen = [m["msg"] for m in socket.drain() if m["msg"].get("market_ticker") == ticker]
    kinds = [msg["event_type"] for msg in seen]
    assert [kind for kind in kinds if kind != "close_date_updated"] == [
        "deactivated", "activated", "price_level_structure_updated", "metadata_updated",
        "determined", "settled"]
    assert "close_date_updated" in kinds
    assert seen[-2]["result"] == "yes" and seen[-2]["settlement_value"] == "1.0000"


def test_a_fee_override_of_an_event(socket, admin):
    socket.subscribe("market_lifecycle_v2")
    admin.post("/events/WS-1/fee_changes", {"fee_type": "quadratic", "fee_multiplier": 0.5})
    update = socket.until("event_fee_update")["msg"]
    assert update == {"event_ticker": "WS-1", "fee_type_override": "quadratic",
                      "fee_multiplier_override": 0.5}
    admin.post("/events/WS-1/fee_changes", {"clear_override": True})
    assert socket.until("event_fee_update")["msg"]["fee_type_override"] is None


def test_multivariate_markets_have_a_channel_of_their_own(socket, admin):
    socket.subscribe("market_lifecycle_v2", "multivariate_market_lifecycle")
    admin.put("/series/KXMVETEST", {})
    admin.put("/events/KXMVETEST-1", {"series_ticker": "KXMVETEST"})
    admin.put("/markets/KXMVETEST-1-A", {"event_ticker": "KXMVETEST-1",
                                         "close_time": "2100-01-01T00:00:00Z"})
    messages = socket.drain()
    assert {m["sid"] for m in messages} == {2}
    assert [m["type"] for m in messages] == ["event_lifecycle", "multivariate_market_lifecycle"]


def test_metrics_count_connections_and_subscriptions(exchange, socket):
    socket.subscribe("trade", "ticker")
    url = exchange.rest_url.replace("/trade-api/v2", "/metrics")
    text = httpx.get(url).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values["evx_exchange_websocket_connections"]) >= 1
    assert float(values["evx_exchange_websocket_subscriptions"]) >= 2
