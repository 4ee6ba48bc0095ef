"""Short forms for orders in tests; each gives the response, whatever its status."""

ORDERS = "/portfolio/events/orders"


def create(account, ticker, side="bid", price="0.4000", count="1.00", **more):
    return account.request("POST", ORDERS, {
        "ticker": ticker, "side": side, "price": price, "count": count,
        "time_in_force": "good_till_canceled", "self_trade_prevention_type": "taker_at_cross",
        **more})


def cancel(account, order_id):
    return account.request("DELETE", f"{ORDERS}/{order_id}")
