"""Traders that keep an exchange busy and remember what they were told.

Each owns an account and an OrderLog. Quiet orders (bids at low prices in a market where nobody
sells) are created, amended, decreased and canceled; crossing orders trade with the other traders.
A trader runs until the exchange is gone or until it is stopped; what it had asked and not been
told by then stays pending in its log."""

import base64
import collections
import http.client
import importlib
import itertools
import json
import os
import queue
import random
import statistics
import threading
import time
from decimal import Decimal

import grpc

from local_exchange import wait_until
from order_log import OrderLog

QUIET = "FAULT-QUIET"
CROSSING = "FAULT-CROSSING"
ORDERS = "/portfolio/events/orders"
DEPOSIT_DOLLARS = 1_000_000
REQUEST_SECONDS = 30
LOAD_SECONDS = 60
KILLED_SECONDS = 30
PIPELINE = 32
# More resting orders than this are first canceled.
OPEN_ORDERS_MAX = 500
FULL = bool(os.environ.get("EVX_FULL"))
# How often a server is killed under load, and what is traded each time with it and without it.
# Goodputs are figures of the machine: few of them tell nothing but that answers come.
ROUNDS = 9 if FULL else 2
ROUND_ANSWERS = 2_000
GOODPUT_RATIO_MIN = 0.8

_names = itertools.count(1)


class Trader:
    """`run` in a thread of its own; `log` and `answered` are read when it has ended."""

    def __init__(self, name, credentials, seed):
        self.name = name
        self.credentials = credentials
        self.log = OrderLog()
        self.answered = 0
        self._random = random.Random(seed)
        self._stop = threading.Event()

    def stop(self):
        self._stop.set()

    def run(self, exchange):
        self._stop.clear()
        try:
            self._trade(exchange)
        except (http.client.HTTPException, OSError, grpc.RpcError):
            if not exchange.ends_within(KILLED_SECONDS):
                raise  # Nobody has killed it.

    def _new_order(self):
        quiet = self._random.random() < 0.7
        if quiet:
            side, price, kind = "bid", self._random.randint(1, 30), "good_till_canceled"
        else:
            side, price = self._random.choice(("bid", "ask")), self._random.randint(45, 55)
            kind = self._random.choice(("good_till_canceled", "immediate_or_cancel"))
        body = {"ticker": QUIET if quiet else CROSSING, "side": side,
                "price": f"0.{price:02}00", "count": f"{self._random.randint(2, 9)}.00",
                "time_in_force": kind, "self_trade_prevention_type": "taker_at_cross",
                "client_order_id": f"{self.name}-{next(_names)}"}
        return self.log.add(body["client_order_id"], body, quiet)

    def _action(self):
        if self.log.quiet_count() > OPEN_ORDERS_MAX:
            return "cancel"
        return self._random.choices(
            ("create", "cancel", "amend", "decrease", "batch_create", "batch_cancel"),
            (50, 20, 12, 8, 6, 4))[0]

    def _amended(self, order):
        return Decimal(self._random.randint(1, 30)) / 100, Decimal(self._random.randint(2, 9))

    def _decreased(self, order):
        return order.price, Decimal(self._random.randint(0, int(order.remaining) - 1))


class RestTrader(Trader):
    """One request at a time over one connection."""

    def _trade(self, exchange):
        account = exchange.account(self.credentials)
        port = exchange.ports["http_port"]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
        self._send = lambda *request: self._request(account, connection, *request)
        while not self._stop.is_set():
            getattr(self, "_" + self._action())()

    def _request(self, account, connection, method, path, body):
        text = json.dumps(body) if body is not None else None
        headers = {**account.headers(method, path), "Content-Type": "application/json"}
        connection.request(method, "/trade-api/v2" + path, text, headers)
        response = connection.getresponse()
        content = response.read()
        assert response.status in (200, 201, 429), f"{method} {path} {text}: {content}"
        self.answered += 1
        return json.loads(content) if response.status != 429 else None

    def _create(self):
        order = self._new_order()
        answer = self._send("POST", ORDERS, order.body)
        if answer is None:
            self.log.refuse_create(order)
        else:
            self.log.acknowledged(order, answer["order_id"])

    def _batch_create(self):
        orders = [self._new_order() for _ in range(self._random.randint(2, 8))]
        answer = self._send("POST", ORDERS + "/batched", {"orders": [o.body for o in orders]})
        for i, order in enumerate(orders):
            if answer is None or answer["orders"][i].get("error"):
                self.log.refuse_create(order)
            else:
                self.log.acknowledged(order, answer["orders"][i]["order_id"])

    def _change(self, state, method, path, body):
        order = self.log.pick_open(self._random)
        if order is None:
            return
        order.ask(*state(order))
        answer = self._send(method, f"{ORDERS}/{order.order_id}{path}", body(order))
        order.refuse() if answer is None else order.acknowledge()

    def _cancel(self):
        self._change(lambda order: (order.price, Decimal(0)), "DELETE", "", lambda order: None)

    def _amend(self):
        self._change(self._amended, "POST", "/amend", lambda order: {
            "ticker": QUIET, "side": "bid", "price": f"{order.pending[0]:.4f}",
            "count": f"{order.pending[1]:.2f}"})

    def _decrease(self):
        self._change(self._decreased, "POST", "/decrease",
                     lambda order: {"reduce_to": f"{order.pending[1]:.2f}"})

    def _batch_cancel(self):
        orders = []
        for _ in range(self._random.randint(1, 5)):
            order = self.log.pick_open(self._random)
            if order is not None:
                order.ask(order.price, Decimal(0))
                orders.append(order)
        if not orders:
            return
        answer = self._send("DELETE", ORDERS + "/batched",
                            {"orders": [{"order_id": order.order_id} for order in orders]})
        for i, order in enumerate(orders):
            if answer is None or answer["orders"][i].get("error"):
                order.refuse()
            else:
                order.acknowledge()


class StreamTrader(Trader):
    """Many commands under way on one gRPC OrderStream."""

    METHOD = "/evx.exchange.v1.ExchangeService/OrderStream"

    def _trade(self, exchange):
        pb = importlib.import_module("evx.exchange.v1.streams_pb2")
        stubs = importlib.import_module("evx.exchange.v1.exchange_service_pb2_grpc")
        account = exchange.account(self.credentials)
        timestamp = str(time.time_ns() // 1_000_000)
        signature = account._signature((timestamp + "POST" + self.METHOD).encode())
        metadata = (("kalshi-access-key", self.credentials["key_id"]),
                    ("kalshi-access-timestamp", timestamp),
                    ("kalshi-access-signature", base64.b64encode(signature).decode()))
        requests = queue.Queue()
        with grpc.insecure_channel(exchange.grpc_address) as channel:
            answers = stubs.ExchangeServiceStub(channel).OrderStream(
                iter(requests.get, None), metadata=metadata)
            self._under_way = collections.deque()
            numbers = itertools.count(1)
            while True:
                while len(self._under_way) < PIPELINE and not self._stop.is_set():
                    self._put(pb, requests, next(numbers))
                if not self._under_way:
                    requests.put(None)
                    return
                try:
                    self._take(next(answers))
                except BaseException:
                    requests.put(None)
                    raise

    def _put(self, pb, requests, number):
        request = pb.OrderStreamRequest(request_id=number)
        action = self._action().removeprefix("batch_")
        order = self.log.pick_open(self._random) if action != "create" else None
        if order is None:
            action, order = "create", self._new_order()
        if action == "create":
            body = order.body
            create = request.create_order
            create.market_ticker, create.client_order_id = body["ticker"], order.client_order_id
            create.side = 1 if body["side"] == "bid" else 2
            create.time_in_force = 1 if body["time_in_force"] == "good_till_canceled" else 2
            create.price_micros = int(order.pending[0] * 1_000_000)
            create.quantity_centis = int(order.pending[1] * 100)
        elif action == "cancel":
            order.ask(order.price, Decimal(0))
            request.cancel_order.order_id = order.order_id
        elif action == "amend":
            order.ask(*self._amended(order))
            amend = request.amend_order
            amend.order_id = order.order_id
            amend.price_micros = int(order.pending[0] * 1_000_000)
            amend.total_quantity_centis = int(order.pending[1] * 100)
        else:
            order.ask(*self._decreased(order))
            request.decrease_order.order_id = order.order_id
            request.decrease_order.reduce_to_centis = int(order.pending[1] * 100)
        self._under_way.append((number, action, order))
        requests.put(request)

    def _take(self, answer):
        # A refusal before the exchange may overtake.
        i = next(i for i, entry in enumerate(self._under_way) if entry[0] == answer.request_id)
        _, action, order = self._under_way[i]
        del self._under_way[i]
        self.answered += 1
        if answer.WhichOneof("result") == "refusal":
            assert answer.refusal.is_retryable, answer.refusal
            self.log.refuse_create(order) if action == "create" else order.refuse()
        elif action == "create":
            self.log.acknowledged(order, answer.create_order.order_id)
        else:
            order.acknowledge()


class Traders:
    """Several traders of both kinds in the two markets of an exchange that was just started."""

    def __init__(self, exchange, rest_count, stream_count, seed, first_name=1):
        exchange.list_market(QUIET)
        exchange.list_market(CROSSING)
        kinds = [RestTrader] * rest_count + [StreamTrader] * stream_count
        self.traders = []
        for number, kind in enumerate(kinds, first_name):
            name = f"trader-{number}"
            credentials = exchange.open_account(name, DEPOSIT_DOLLARS)
            self.traders.append(kind(name, credentials, seed + number))
        self._threads = []
        self._failures = []

    def start(self, exchange):
        def run(trader):
            try:
                trader.run(exchange)
            except BaseException as failure:  # noqa: BLE001: raised again by join
                self._failures.append(failure)

        self._threads = [threading.Thread(target=run, args=(trader,)) for trader in self.traders]
        for thread in self._threads:
            thread.start()

    def answered(self):
        return sum(trader.answered for trader in self.traders)

    def goodput(self, count):
        """Answers a second, of the next so many."""
        start = time.monotonic()
        self.trade(count)
        return count / (time.monotonic() - start)

    def check_goodput_without(self, server, wait_until_read, check_lag):
        """Kills the server again and again: the traders get their answers without it, and in a long
        run as many a second."""
        present, away = [], []
        for _ in range(ROUNDS):
            wait_until_read()
            present.append(self.goodput(ROUND_ANSWERS))
            server.kill()
            away.append(self.goodput(ROUND_ANSWERS))
            check_lag()
            server.start()
        ratio = statistics.median(away) / statistics.median(present)
        print(f"answers a second: {present} with the server, {away} without; ratio {ratio:.2f}")
        assert not FULL or ratio > GOODPUT_RATIO_MIN

    def trade(self, count):
        """Waits for so many more answers."""
        until = self.answered() + count
        wait_until(lambda: self.answered() >= until, LOAD_SECONDS, f"{count} answers")

    def stop(self):
        for trader in self.traders:
            trader.stop()
        self.join()

    def join(self):
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def acknowledged_count(self):
        return sum(trader.log.acknowledged_count() for trader in self.traders)

    def check(self, exchange, seed):
        """Holds what every trader was told equal to what it is shown, and money conserved."""
        for trader in self.traders:
            trader.log.check(exchange.account(trader.credentials), random.Random(seed))
        self._check_money(exchange)

    def _check_money(self, exchange):
        """Everything deposited is cash, paid into open contracts ($1 each) or paid as fees."""
        admin = exchange.operator()
        accounts = [admin.get(f"/accounts/{trader.name}") for trader in self.traders]
        cash = sum(Decimal(account["cash_dollars"]) for account in accounts)
        fees = sum(Decimal(account["fees_paid_dollars"]) for account in accounts)
        assert all(0 <= Decimal(account["hold_dollars"]) <= Decimal(account["cash_dollars"])
                   for account in accounts)
        contracts = Decimal(0)
        positions = Decimal(0)
        for trader in self.traders:
            account = exchange.account(trader.credentials)
            for position in account.get("/portfolio/positions")["market_positions"]:
                positions += Decimal(position["position_fp"])
                contracts += max(Decimal(0), Decimal(position["position_fp"]))
        assert positions == 0
        assert cash + contracts + fees == DEPOSIT_DOLLARS * len(self.traders)
