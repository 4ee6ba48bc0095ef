"""Every message of the WebSocket API to the last member, its numbers against each other, and the
commands around them. (That members have the documented types is checked of every message that any
test receives: venue_socket.py.)"""

import datetime
import json
import time

import pytest

from local_exchange import Account, LocalExchange
from raw_socket import HEARTBEAT, PING, TEXT, RawSocket
from venue_socket import VenueSocket
from websocket_fixtures import (  # noqa: F401: fixtures
    admin, create, demo, exchange, list_market, maker, market, rest_book, socket)

UUID = "11111111-1111-4111-8111-111111111111"
ORDERS = "/portfolio/events/orders"


def moment(text):
    """Milliseconds of an RFC 3339 time."""
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def open_account(exchange, admin, name, deposit="1000.00", **key):
    account_id = admin.post("/accounts", {"name": name, "tier": "prestige"})["account_id"]
    admin.post(f"/accounts/{account_id}/deposits", {"amount_dollars": deposit})
    return account_id, add_key(exchange, admin, account_id, **key)


def add_key(exchange, admin, account_id, **key):
    made = admin.post(f"/accounts/{account_id}/keys", {"key_type": "ed25519", **key})
    return Account(exchange.rest_url, {"key_id": made["key_id"],
                                       "private_key_pem": made["private_key"]})


# ---- Envelopes


def test_every_message_says_when_it_was_queued(socket, demo, maker, market):
    before = time.time_ns() // 1_000_000
    socket.send("subscribe", channels=["orderbook_delta", "ticker", "trade", "fill", "user_orders",
                                       "market_positions"], market_ticker=market)
    create(maker, market, "ask", "0.6000", "2.00")
    create(demo, market, "bid", "0.6000", "1.00")
    socket.send("update_subscription", sid=1, action="get_snapshot", market_ticker=market)
    socket.send("update_subscription", sid=2, action="add_markets", market_ticker=market)
    socket.send("unsubscribe", sids=[3, 99])
    messages = socket.drain()
    after = time.time_ns() // 1_000_000
    assert {m["type"] for m in messages} == {
        "subscribed", "orderbook_snapshot", "orderbook_delta", "ticker", "trade", "fill",
        "user_order", "market_position", "ok", "unsubscribed", "error"}
    times = [m["sending_ts_ms"] for m in messages]
    assert times == sorted(times) and before <= times[0] and times[-1] <= after


def test_only_the_documented_messages_are_numbered(socket, demo, maker, market):
    socket.subscribe("orderbook_delta", "ticker", "trade", "fill", "user_orders",
                     "market_positions", market_ticker=market)
    socket.subscribe("order_group_updates", "market_lifecycle_v2")
    create(maker, market, "ask", "0.6000", "2.00")
    create(demo, market, "bid", "0.6000", "1.00")
    demo.post("/portfolio/order_groups/create", {"contracts_limit": 10})
    by_type = {m["type"]: "seq" in m for m in socket.drain()}
    assert by_type == {"orderbook_snapshot": True, "orderbook_delta": True, "trade": True,
                       "order_group_updates": True, "ticker": False, "fill": False,
                       "user_order": False, "market_position": False}


def test_replies_of_unnumbered_channels_count_from_one(socket, market):
    [sid] = socket.subscribe("ticker")
    added = socket.call("update_subscription", sid=sid, action="add_markets", market_ticker=market)
    assert (added["sid"], added["seq"]) == (sid, 1)
    ended = socket.call("unsubscribe", sids=[sid])
    assert set(ended) == {"type", "id", "sid", "seq", "sending_ts_ms"} and ended["seq"] == 2


@pytest.mark.parametrize("command", [{"id": 0, "cmd": "list_subscriptions"},
                                     {"cmd": "list_subscriptions"}], ids=["zero", "absent"])
def test_without_an_id_none_is_echoed(exchange, demo, command):
    with RawSocket(exchange, demo) as raw:
        raw.send(TEXT, json.dumps({**command, "cmd": "nothing"}).encode())
        assert "id" not in json.loads(raw.receive()[1])
        raw.send(TEXT, json.dumps(command).encode())
        reply = json.loads(raw.receive()[1])
        assert reply["type"] == "ok" and reply["msg"] == [] and "id" not in reply


def test_one_reply_for_each_channel_and_each_sid(socket, market):
    command = socket.send("subscribe", channels=["ticker", "communications", "trade"],
                          market_ticker=market)
    replies = [socket.reply(command) for _ in range(3)]
    assert [r["type"] for r in replies] == ["subscribed", "error", "subscribed"]
    assert [r["msg"].get("channel") for r in replies] == ["ticker", None, "trade"]
    command = socket.send("unsubscribe", sids=[2, 99, 1])
    replies = [socket.reply(command) for _ in range(3)]
    assert [r["type"] for r in replies] == ["unsubscribed", "error", "unsubscribed"]
    assert [r.get("sid") for r in replies] == [2, None, 1]


def test_the_channel_is_confirmed_before_its_data(socket, admin):
    tickers = [list_market(admin) for _ in range(20)]
    socket.send("subscribe", channels=["orderbook_delta", "ticker"], market_tickers=tickers,
                send_initial_snapshot=True)
    seen = socket.drain()
    for channel, kind in (("orderbook_delta", "orderbook_snapshot"), ("ticker", "ticker")):
        confirmed = next(i for i, m in enumerate(seen) if m["msg"].get("channel") == channel)
        data = [i for i, m in enumerate(seen) if m["type"] == kind]
        assert len(data) == 20 and confirmed < data[0]
    assert [m["msg"]["market_ticker"] for m in seen if m["type"] == "ticker"] == tickers


def test_snapshots_follow_a_subscription_and_only_new_markets_have_one(socket, admin):
    first, second = list_market(admin), list_market(admin)
    [sid] = socket.subscribe("ticker", market_ticker=first)
    assert socket.drain() == []
    socket.send("update_subscription", sid=sid, action="add_markets",
                market_tickers=[first, second], send_initial_snapshot=True)
    reply, ticker = socket.drain()
    assert reply["type"] == "ok" and reply["msg"]["market_tickers"] == [first, second]
    assert ticker["type"] == "ticker" and ticker["msg"]["market_ticker"] == second


def test_subscribing_without_markets_widens_the_subscription(socket, admin, maker):
    named, other = list_market(admin), list_market(admin)
    socket.subscribe("trade", "ticker", market_ticker=named)
    create(maker, other, "bid", "0.3000", "1.00")
    assert socket.drain() == []
    assert socket.subscribe("trade", "ticker") == [1, 2]
    for ticker in (named, other):
        create(maker, ticker, "bid", "0.3100", "1.00")
    assert [m["msg"]["market_ticker"] for m in socket.drain()] == [named, other]
    # It stays that wide: single markets are neither added nor deleted.
    for action in ("delete_markets", "add_markets"):
        reply = socket.call("update_subscription", sid=2, action=action, market_ticker=named)
        assert reply["type"] == "ok" and reply["msg"] == {"market_tickers": []}
    create(maker, named, "bid", "0.3200", "1.00")
    assert [m["msg"]["market_ticker"] for m in socket.drain()] == [named]


@pytest.mark.parametrize("code,params", [
    (19, {"shard_factor": 0}), (19, {"shard_factor": -3, "shard_key": 0}), (20, {"shard_key": 0}),
    (21, {"shard_factor": 4, "shard_key": 4}), (21, {"shard_factor": 4, "shard_key": -1}),
    (22, {"shard_factor": 101}), (11, {"user_filter": "others"}), (1, {"shard_factor": "4"}),
    (9, {"shard_factor": 100, "shard_key": 99, "user_filter": "self"}), (9, {}),
])
def test_communications_check_their_members_before_permission(socket, code, params):
    reply = socket.call("subscribe", channels=["communications"], **params)
    assert reply["type"] == "error" and reply["msg"]["code"] == code


@pytest.mark.parametrize("action", ["subscribe_indices", "unsubscribe_indices", "indexlist",
                                    "subscribe_underlyings", "unsubscribe_underlyings",
                                    "underlying_list"])
def test_actions_of_channels_that_are_not_here_are_error_13(socket, action):
    [sid] = socket.subscribe("ticker")
    reply = socket.call("update_subscription", sid=sid, action=action, index_ids=["BRTI"])
    assert reply["msg"] == {"code": 13, "msg": "Unsupported action"}


def test_more_markets_than_a_subscription_may_have_are_error_26(socket, market):
    too_many = [f"T{i}" for i in range(200_001)]
    reply = socket.call("subscribe", channels=["ticker"], market_tickers=too_many)
    assert reply["msg"] == {"code": 26, "msg": "Subscription market limit exceeded"}
    [sid] = socket.subscribe("ticker", market_tickers=too_many[1:])
    reply = socket.call("update_subscription", sid=sid, action="add_markets",
                        market_tickers=too_many)
    assert reply["msg"]["code"] == 26 and reply["sid"] == sid
    reply = socket.call("update_subscription", sid=sid, action="add_markets", market_ticker=market)
    assert reply["msg"]["market_tickers"] == [market]


def test_get_snapshot_of_no_known_market_is_error_11(socket, market):
    [sid] = socket.subscribe("orderbook_delta", market_ticker=market)
    reply = socket.call("update_subscription", sid=sid, action="get_snapshot",
                        market_tickers=["NO-SUCH-MARKET"])
    assert reply["msg"]["code"] == 11 and reply["sid"] == sid


def test_errors_about_a_subscription_name_it_and_count(socket, market):
    [sid] = socket.subscribe("trade", market_ticker=market)
    reply = socket.call("update_subscription", sid=sid, action="get_snapshot", market_ticker=market)
    assert (reply["sid"], reply["seq"]) == (sid, 1) and reply["msg"]["code"] == 13
    reply = socket.call("update_subscription", sid=sid, action="add_markets", market_id=UUID)
    assert (reply["sid"], reply["seq"]) == (sid, 2) and reply["msg"]["code"] == 11


def test_the_heartbeat_comes_every_ten_seconds(exchange, demo):
    opened = time.monotonic()
    with RawSocket(exchange, demo) as raw:
        frame = raw.frame()
        assert (frame.opcode, frame.payload) == (PING, HEARTBEAT)
        assert 9.5 <= time.monotonic() - opened < 20  # When the second one is due.


# ---- Books


def test_a_book_has_absent_sides_ascending_levels_and_uuids(socket, admin, maker):
    ticker = list_market(admin)
    socket.subscribe("orderbook_delta", market_ticker=ticker)
    empty = socket.until("orderbook_snapshot")
    assert set(empty) == {"type", "sid", "seq", "sending_ts_ms", "msg"}
    assert set(empty["msg"]) == {"market_ticker", "market_id"} and empty["seq"] == 1
    for price in ("0.2000", "0.3000", "0.2500"):
        create(maker, ticker, "bid", price, "1.50")
    delta = socket.until("orderbook_delta")["msg"]
    assert set(delta) == {"market_ticker", "market_id", "price_dollars", "delta_fp", "side", "ts",
                          "ts_ms"}
    assert delta["market_id"] == empty["msg"]["market_id"]
    assert moment(delta["ts"]) == delta["ts_ms"]
    snapshot = socket.call("update_subscription", sid=1, action="get_snapshot",
                           market_ticker=ticker)["msg"]
    assert snapshot["yes_dollars_fp"] == [["0.2000", "1.50"], ["0.2500", "1.50"],
                                          ["0.3000", "1.50"]]
    assert "no_dollars_fp" not in snapshot


def test_each_change_of_a_level_is_one_signed_delta(socket, demo, maker, market):
    socket.subscribe("orderbook_delta", "trade", market_ticker=market)
    first = create(maker, market, "ask", "0.6000", "10.00")
    create(demo, market, "bid", "0.6000", "4.00")
    maker.post(f"{ORDERS}/{first}/decrease", {"reduce_by": "1.00"})
    maker.delete(f"{ORDERS}/{first}")
    seen = socket.drain()
    deltas = [m["msg"] for m in seen if m["type"] == "orderbook_delta"]
    assert [(d["side"], d["price_dollars"], d["delta_fp"]) for d in deltas] == [
        ("no", "0.4000", size) for size in ("10.00", "-4.00", "-1.00", "-5.00")]
    assert [m["msg"]["count_fp"] for m in seen if m["type"] == "trade"] == ["4.00"]


def test_a_close_by_the_clock_is_told_without_a_command():
    with LocalExchange("--catalogue=empty") as running:
        admin, demo = running.operator(), running.account("demo")
        admin.put("/series/WS", {})
        admin.put("/events/WS-1", {"series_ticker": "WS"})
        closes = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)
        admin.put("/markets/WS-1-M", {
            "event_ticker": "WS-1", "close_time": closes.isoformat().replace("+00:00", "Z")})
        for price in ("0.3000", "0.3100"):
            create(demo, "WS-1-M", "bid", price, "1.00")
        with VenueSocket(running.announcement["ws_url"], demo) as socket:
            socket.subscribe("orderbook_delta", "user_orders", market_ticker="WS-1-M")
            socket.drain()
            told = socket.until("orderbook_snapshot")
            assert time.time() >= closes.timestamp()
            assert set(told["msg"]) == {"market_ticker", "market_id"}
            rest = socket.drain()
            assert [m["msg"]["last_update_reason"] for m in rest] == ["CloseCancel"] * 2


# ---- Public channels


def test_a_ticker_to_the_last_member(socket, demo, maker, market):
    socket.subscribe("ticker", market_ticker=market, send_initial_snapshot=True)
    first = socket.until("ticker")
    assert set(first) == {"type", "sid", "sending_ts_ms", "msg"}
    market_id = first["msg"]["market_id"]
    assert first["msg"] == {
        "market_id": market_id, "market_ticker": market, "price_dollars": "0.0000",
        "yes_bid_dollars": "0.0000", "yes_ask_dollars": "1.0000", "yes_bid_size_fp": "0.00",
        "yes_ask_size_fp": "0.00", "last_trade_size_fp": "0.00", "volume_fp": "0.00",
        "open_interest_fp": "0.00", "dollar_volume": 0, "dollar_open_interest": 0,
        "ts": first["msg"]["ts"], "ts_ms": first["msg"]["ts_ms"], "time": first["msg"]["time"]}
    create(maker, market, "bid", "0.4500", "3.00")
    create(maker, market, "ask", "0.5300", "10.00")
    create(demo, market, "bid", "0.5300", "5.00")
    ticker = socket.until("ticker", volume_fp="5.00")["msg"]
    assert ticker == {
        "market_id": market_id, "market_ticker": market, "price_dollars": "0.5300",
        "yes_bid_dollars": "0.4500", "yes_ask_dollars": "0.5300", "yes_bid_size_fp": "3.00",
        "yes_ask_size_fp": "5.00", "last_trade_size_fp": "5.00", "volume_fp": "5.00",
        "open_interest_fp": "5.00", "dollar_volume": 2, "dollar_open_interest": 2,
        "ts": ticker["ts_ms"] // 1000, "ts_ms": moment(ticker["time"]), "time": ticker["time"]}
    socket.drain()
    # Nothing of it changes behind the best price.
    create(maker, market, "bid", "0.1000", "1.00")
    assert socket.drain() == []


def test_a_ticker_that_changed_back_while_nobody_looked_is_sent(socket, maker, market):
    [sid] = socket.subscribe("ticker", market_ticker=market)
    create(maker, market, "bid", "0.3000", "1.00")
    assert socket.until("ticker", yes_bid_dollars="0.3000")
    socket.call("unsubscribe", sids=[sid])
    better = create(maker, market, "bid", "0.3100", "1.00")
    socket.subscribe("ticker", market_ticker=market, send_initial_snapshot=True)
    assert socket.until("ticker", yes_bid_dollars="0.3100")
    maker.delete(f"{ORDERS}/{better}")
    assert socket.until("ticker", yes_bid_dollars="0.3000")


@pytest.mark.parametrize("taker,outcome", [("bid", "yes"), ("ask", "no")])
def test_a_trade_to_the_last_member(socket, demo, maker, market, taker, outcome):
    socket.subscribe("trade", market_ticker=market)
    create(maker, market, "ask" if taker == "bid" else "bid", "0.3600", "2.00")
    create(demo, market, taker, "0.3600", "1.50")
    trade = socket.until("trade")
    assert set(trade) == {"type", "sid", "seq", "sending_ts_ms", "msg"}
    msg = trade["msg"]
    assert msg == {
        "trade_id": msg["trade_id"], "market_ticker": market, "yes_price_dollars": "0.3600",
        "no_price_dollars": "0.6400", "count_fp": "1.50", "taker_side": outcome,
        "taker_outcome_side": outcome, "taker_book_side": taker, "is_block_trade": False,
        "ts": msg["ts_ms"] // 1000, "ts_ms": msg["ts_ms"]}


# ---- Private channels


def test_fill_order_and_position_to_the_last_member(exchange, admin, maker, market):
    account_id, trader = open_account(exchange, admin, f"whole-{market}")
    with VenueSocket(exchange.announcement["ws_url"], trader) as socket:
        socket.subscribe("fill", "user_orders", "market_positions")
        create(maker, market, "bid", "0.4000", "3.00")
        group = trader.post("/portfolio/order_groups/create", {"contracts_limit": 100})[
            "order_group_id"]
        order_id = create(trader, market, "ask", "0.4000", "5.00", client_order_id="whole-1",
                          order_group_id=group)
        created = socket.until("user_order")["msg"]
        filled = socket.until("user_order")["msg"]
        fill = socket.until("fill")
        position = socket.until("market_position")
        assert socket.drain() == []
    same = {
        "order_id": order_id, "user_id": created["user_id"], "ticker": market,
        "exchange_index": 0, "status": "resting", "side": "no", "is_yes": False,
        "outcome_side": "no", "book_side": "ask", "yes_price_dollars": "0.4000",
        "initial_count_fp": "5.00", "maker_fill_cost_dollars": "0.000000",
        "maker_fees_dollars": "0.000000", "client_order_id": "whole-1", "order_group_id": group,
        "self_trade_prevention_type": "taker_at_cross", "created_time": created["created_time"],
        "created_ts_ms": moment(created["created_time"]), "subaccount_number": 0}
    fee = trader.get("/portfolio/fills", ticker=market)["fills"][0]["fee_cost"]
    times = ("last_update_time", "last_updated_ts_ms")
    assert {k: v for k, v in created.items() if k not in times} == {
        **same, "fill_count_fp": "0.00", "remaining_count_fp": "5.00",
        "taker_fill_cost_dollars": "0.000000", "taker_fees_dollars": "0.000000"}
    assert {k: v for k, v in filled.items() if k not in times} == {
        **same, "fill_count_fp": "3.00", "remaining_count_fp": "2.00",
        "taker_fill_cost_dollars": filled["taker_fill_cost_dollars"],
        "taker_fees_dollars": fee, "last_update_reason": "Trade"}
    assert moment(filled["last_update_time"]) == filled["last_updated_ts_ms"]
    msg = fill["msg"]
    assert set(fill) == {"type", "sid", "sending_ts_ms", "msg"}
    assert msg == {
        "trade_id": msg["trade_id"], "order_id": order_id, "client_order_id": "whole-1",
        "market_ticker": market, "exchange_index": 0, "is_taker": True, "side": msg["side"],
        "yes_price_dollars": "0.4000", "count_fp": "3.00", "fee_cost": fee,
        "action": msg["action"], "outcome_side": "no", "book_side": "ask", "purchased_side": "no",
        "post_position_fp": "-3.00", "subaccount": 0, "ts": msg["ts_ms"] // 1000,
        "ts_ms": msg["ts_ms"]}
    assert (msg["side"], msg["action"]) in (("no", "buy"), ("yes", "sell"))
    assert position["msg"] == {
        "user_id": created["user_id"], "market_ticker": market, "position_fp": "-3.00",
        "position_cost_dollars": "1.800000", "realized_pnl_dollars": "0.000000",
        "fees_paid_dollars": fee, "position_fee_cost_dollars": fee, "volume_fp": "3.00",
        "subaccount": 0}
    assert len(fee.split(".")[1]) == 6


def test_an_order_without_a_name_has_an_empty_one_and_its_fill_none(socket, demo, maker, market):
    socket.subscribe("fill", "user_orders", market_ticker=market)
    create(maker, market, "ask", "0.6000", "1.00")
    create(demo, market, "bid", "0.6000", "1.00")
    order = socket.until("user_order")["msg"]
    fill = socket.until("fill")["msg"]
    assert order["client_order_id"] == fill.get("client_order_id", "")
    assert not {"order_group_id", "expiration_time", "expiration_ts_ms", "last_update_reason"} & set(
        order)


def test_an_order_that_expires_says_when(socket, admin, demo, market):
    socket.subscribe("user_orders", market_ticker=market)
    at = moment(admin.get("/clock")["exchange_time"]) // 1000 + 40
    create(demo, market, "bid", "0.3000", "1.00", expiration_time=at)
    order = socket.until("user_order")["msg"]
    assert order["expiration_ts_ms"] == at * 1000 == moment(order["expiration_time"])


def reasons(socket):
    return [(m["msg"]["status"], m["msg"].get("last_update_reason")) for m in socket.drain()
            if m["type"] == "user_order"]


def test_the_reasons_of_cancels_that_nobody_asked_for(socket, admin, demo, maker, market):
    socket.subscribe("user_orders", market_ticker=market)
    create(maker, market, "ask", "0.5000", "1.00")
    refused = demo.request("POST", ORDERS, {
        "ticker": market, "side": "bid", "price": "0.5000", "count": "1.00", "post_only": True,
        "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross"})
    assert refused.status_code == 400
    assert reasons(socket)[-1] == ("canceled", "PostOnlyCrossCancel")
    create(demo, market, "bid", "0.4000", "1.00", reduce_only=True,
           time_in_force="immediate_or_cancel")
    assert reasons(socket)[-1] == ("canceled", "ReduceOnlyCancel")
    # What is left of an immediate order was its user's wish.
    create(demo, market, "bid", "0.5000", "3.00", time_in_force="immediate_or_cancel")
    assert reasons(socket) == [("resting", None), ("resting", "Trade"), ("canceled", "Decrease")]
    create(demo, market, "bid", "0.3000", "1.00", cancel_order_on_pause=True)
    admin.put("/exchange/status", {"trading_active": False})
    admin.put("/exchange/status", {"trading_active": True})
    assert reasons(socket) == [("resting", None), ("canceled", "HaltCancel")]
    create(demo, market, "bid", "0.3000", "1.00")
    admin.post(f"/markets/{market}/pause")
    admin.post(f"/markets/{market}/open")
    assert reasons(socket) == [("resting", None), ("canceled", "HaltCancel")]


def test_a_group_that_triggers_cancels_its_orders(socket, demo, maker, market):
    socket.subscribe("user_orders", "order_group_updates")
    group = demo.post("/portfolio/order_groups/create", {"contracts_limit": 2})["order_group_id"]
    create(demo, market, "bid", "0.4000", "3.00", order_group_id=group)
    create(demo, market, "bid", "0.3000", "1.00", order_group_id=group)
    socket.drain()
    create(maker, market, "ask", "0.4000", "3.00")
    seen = socket.drain()
    assert [(m["msg"]["status"], m["msg"]["last_update_reason"]) for m in seen
            if m["type"] == "user_order"] == [("executed", "Trade"), ("canceled", "Decrease")]
    [update] = [m for m in seen if m["type"] == "order_group_updates"]
    assert set(update) == {"type", "sid", "seq", "sending_ts_ms", "msg"}
    assert set(update["msg"]) == {"event_type", "order_group_id", "ts_ms"}
    assert update["msg"]["event_type"] == "triggered"
    assert update["msg"]["order_group_id"] == group


def test_a_settlement_is_a_position_of_nothing(socket, admin, demo, maker, market):
    socket.subscribe("market_positions", market_ticker=market)
    create(maker, market, "ask", "0.6000", "2.00")
    create(demo, market, "bid", "0.6000", "2.00")
    admin.post(f"/markets/{market}/close")
    admin.post(f"/markets/{market}/determine", {"result": "yes"})
    admin.put("/clock", {"advance_seconds": 61})
    held, settled = [m["msg"] for m in socket.drain()]
    assert held["position_fp"] == "2.00" and settled["position_fp"] == "0.00"
    assert settled["position_cost_dollars"] == "0.000000"


def test_private_channels_follow_their_markets_only(socket, admin, demo, maker):
    watched, other = list_market(admin), list_market(admin)
    sids = socket.subscribe("fill", "user_orders", "market_positions", market_ticker=watched)
    for ticker in (watched, other):
        create(maker, ticker, "ask", "0.6000", "1.00")
        create(demo, ticker, "bid", "0.6000", "1.00")
    seen = socket.drain()
    assert {m["type"] for m in seen} == {"fill", "user_order", "market_position"}
    assert {m["msg"].get("market_ticker", m["msg"].get("ticker")) for m in seen} == {watched}
    for sid in sids:
        socket.call("update_subscription", sid=sid, action="add_markets", market_ticker=other)
        socket.call("update_subscription", sid=sid, action="delete_markets", market_ticker=watched)
    create(maker, other, "ask", "0.6000", "1.00")
    create(demo, other, "bid", "0.6000", "1.00")
    assert {m["msg"].get("market_ticker", m["msg"].get("ticker")) for m in socket.drain()} == {
        other}


def test_a_key_of_one_subaccount_sees_that_one_only(exchange, admin, maker, market):
    account_id, whole = open_account(exchange, admin, f"sub-{market}")
    number = whole.post("/portfolio/subaccounts")["subaccount_number"]
    admin.post(f"/accounts/{account_id}/deposits", {"amount_dollars": "100.00",
                                                    "subaccount": number})
    locked = add_key(exchange, admin, account_id, subaccount=number)
    channels = ("fill", "user_orders", "market_positions", "order_group_updates")
    with VenueSocket(exchange.announcement["ws_url"], whole) as all_of_it, \
            VenueSocket(exchange.announcement["ws_url"], locked) as part:
        for socket in (all_of_it, part):
            socket.subscribe(*channels, "orderbook_delta", market_ticker=market)
            socket.drain()
        create(maker, market, "ask", "0.6000", "9.00")
        for subaccount in (0, number):
            create(whole, market, "bid", "0.6000", "1.00", subaccount=subaccount)
            create(whole, market, "bid", "0.5000", "1.00", subaccount=subaccount,
                   client_order_id=f"sub-{subaccount}")

        def subaccounts(socket, kind, member):
            return [m["msg"].get(member) for m in seen[socket] if m["type"] == kind]

        seen = {socket: socket.drain() for socket in (all_of_it, part)}
        assert subaccounts(all_of_it, "fill", "subaccount") == [0, number]
        assert subaccounts(part, "fill", "subaccount") == [number]
        assert set(subaccounts(part, "user_order", "subaccount_number")) == {number}
        assert subaccounts(part, "market_position", "subaccount") == [number]
        own = [m["msg"]["client_order_id"] for m in seen[part]
               if m["type"] == "orderbook_delta" and "client_order_id" in m["msg"]]
        assert own == [f"sub-{number}"]


def test_a_key_without_the_read_scope_has_no_private_channels(exchange, admin, market):
    _, writer = open_account(exchange, admin, f"scope-{market}", scopes=["write"])
    with VenueSocket(exchange.announcement["ws_url"], writer) as socket:
        for channel in ("fill", "user_orders", "market_positions", "order_group_updates"):
            reply = socket.call("subscribe", channels=[channel])
            assert reply["msg"] == {"code": 9, "msg": "Authentication required"}
        socket.subscribe("ticker", "trade", "market_lifecycle_v2")


# ---- Life of a market


def test_lifecycle_messages_to_the_last_member(socket, admin):
    socket.subscribe("market_lifecycle_v2")
    event = f"WS-L{time.monotonic_ns()}"
    admin.put(f"/events/{event}", {"series_ticker": "WS", "mutually_exclusive": True,
                                   "facts": {"title": "Life", "sub_title": "of a market"}})
    created = socket.until("event_lifecycle")
    assert set(created) == {"type", "sid", "seq", "sending_ts_ms", "msg"}
    assert {k: created["msg"][k] for k in ("event_ticker", "exchange_index", "title", "subtitle",
                                           "series_ticker")} == {
        "event_ticker": event, "exchange_index": 0, "title": "Life", "subtitle": "of a market",
        "series_ticker": "WS"}
    assert created["msg"]["collateral_return_type"] in ("MECNET", "DIRECNET", "")
    admin.put(f"/markets/{event}-A", {
        "event_ticker": event, "close_time": "2026-08-06T00:00:00Z", "can_close_early": True,
        "settlement_timer_seconds": 60,
        "facts": {"title": "Above", "yes_sub_title": "over", "no_sub_title": "under",
                  "rules_primary": "one", "rules_secondary": "two", "floor_strike": 42.5,
                  "strike_type": "greater"}})
    created = socket.until("market_lifecycle_v2")
    msg = created["msg"]
    assert set(msg) == {"market_ticker", "event_type", "exchange_index", "open_ts", "close_ts",
                        "price_level_structure", "price_ranges", "additional_metadata"}
    assert msg["close_ts"] == moment("2026-08-06T00:00:00Z") // 1000
    assert msg["price_ranges"] == [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]
    metadata = msg["additional_metadata"]
    assert {k: metadata[k] for k in metadata if k not in ("name", "expected_expiration_ts")} == {
        "title": "Above", "yes_sub_title": "over", "no_sub_title": "under", "rules_primary": "one",
        "rules_secondary": "two", "can_close_early": True, "event_ticker": event,
        "strike_type": "greater", "floor_strike": 42.5}
    ticker = f"{event}-A"

    def told(act, *args):
        act(*args)
        return [m["msg"] for m in socket.drain() if m["msg"].get("market_ticker") == ticker]

    base = {"market_ticker": ticker}
    path = f"/markets/{ticker}"
    assert told(admin.post, f"{path}/pause") == [
        {**base, "event_type": "deactivated", "is_deactivated": True}]
    assert told(admin.post, f"{path}/open") == [
        {**base, "event_type": "activated", "is_deactivated": False}]
    assert told(admin.post, f"{path}/close_time", {"close_time": "2026-08-05T23:00:00Z"}) == [
        {**base, "event_type": "close_date_updated",
         "close_ts": moment("2026-08-05T23:00:00Z") // 1000}]
    assert told(admin.post, f"{path}/price_grid", {"price_level_structure": "deci_cent"}) == [
        {**base, "event_type": "price_level_structure_updated",
         "price_level_structure": "deci_cent",
         "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}]}]
    admin.post(f"{path}/close")
    socket.drain()
    now = moment(admin.get("/clock")["exchange_time"]) // 1000
    [determined] = told(admin.post, f"{path}/determine", {"result": "scalar",
                                                          "settlement_value": "0.5000"})
    assert determined == {**base, "event_type": "determined", "result": "scalar",
                          "determination_ts": now, "settlement_value": "0.5000"}
    [settled] = told(admin.put, "/clock", {"advance_seconds": 61})
    assert set(settled) == {"market_ticker", "event_type", "settled_ts"}
    assert now + 60 <= settled["settled_ts"] <= now + 61


def test_the_clock_opens_and_closes_without_a_word(socket, admin):
    socket.subscribe("market_lifecycle_v2")
    now = datetime.datetime.fromisoformat(
        admin.get("/clock")["exchange_time"].replace("Z", "+00:00"))
    opens = (now + datetime.timedelta(seconds=60)).isoformat().replace("+00:00", "Z")
    closes = (now + datetime.timedelta(seconds=120)).isoformat().replace("+00:00", "Z")
    admin.put(f"/markets/WS-1-S{time.monotonic_ns()}", {
        "event_ticker": "WS-1", "open_time": opens, "close_time": closes})
    assert [m["msg"]["event_type"] for m in socket.drain()] == ["created"]
    admin.put("/clock", {"advance_seconds": 61})
    admin.put("/clock", {"advance_seconds": 61})
    assert socket.drain() == []


def test_tickers_of_a_lifecycle_subscription_are_ignored(socket, admin):
    socket.subscribe("market_lifecycle_v2", market_ticker="NO-SUCH-MARKET")
    ticker = list_market(admin)
    assert socket.until("market_lifecycle_v2", market_ticker=ticker)
