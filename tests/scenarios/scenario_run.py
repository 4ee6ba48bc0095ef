"""Plays a scenario on an exchange of its own, in virtual time.

One driver sends everything, one request after the other: it keeps the events of all participants in
one queue by virtual time, moves the exchange's clock to the next one and sends that. A request
leaves at its step's time and arrives after its participant's latency, so that requests of two
participants overtake each other as their latencies have it. Faults are the exchange's own.

Needs the packages httpx, cryptography and PyYAML."""

import dataclasses
import datetime
import decimal
import hashlib
import heapq
import json
import re
import subprocess
import uuid

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from local_exchange import BUILD, Account
from scenario_feed import Feed
from stored_exchange import StoredExchange

ORDERS = "/portfolio/events/orders"
SERIES = "SCENARIO"
JITTER_KIND = 10  # FaultKind::kJitter of services/mock-kalshi/faults/fault_profile.h
MASK = 2**64 - 1
NO_ANSWER = 0


def mix(value):
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def draw(seed, connection, message, kind):
    """64 uniform bits: Draw of services/mock-kalshi/faults/fault_profile.h."""
    bits = mix(seed)
    for part in (connection, message, kind):
        bits = mix(bits ^ part)
    return bits


class Identity:
    """A key that depends on a text only, so that every run registers the same ones. No secret: it
    opens an exchange that listens on loopback for the length of a run."""

    def __init__(self, text):
        secret = hashlib.sha256(text.encode()).digest()
        self._key = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        self.key_id = str(uuid.UUID(bytes=hashlib.sha256(secret).digest()[:16]))

    def public_pem(self):
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def private_pem(self):
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()).decode()

    def credentials(self):
        return {"key_id": self.key_id, "private_key_pem": self.private_pem()}


# The accounts that every exchange has from its first start on.
FIRST_ACCOUNTS = ("operator", "demo", "market-maker", *(f"flow-{i}" for i in range(1, 9)))


def write_first_keys(folder):
    """Puts the keys of the first accounts where the exchange would otherwise make some."""
    folder.mkdir(mode=0o700)
    for name in FIRST_ACCOUNTS:
        identity = Identity(f"first/{name}")
        path = folder / f"{name}.pem"
        path.write_text(identity.private_pem())
        (folder / f"{name}.json").write_text(json.dumps(
            {"key_id": identity.key_id, "private_key_path": str(path)}))


@dataclasses.dataclass
class Digest:
    record_count: int
    events: str      # of every record's number, time and events, without keys
    state_hash: str
    faults: str      # of the fault log


class Participant:
    """One account's program: its connection to the exchange and what it knows of its orders."""

    def __init__(self, number, terms, seed):
        self.number = number
        self.name = terms["name"]
        self.terms = terms
        self.seed = seed
        self.order_ids = {}  # The exchange's, by ours; where an answer told it.
        self.orders = {}     # What was sent, by our id.
        self.answers = {}    # Statuses of the attempts to create, by our id.
        self.sent_count = 0
        self.faults = {}     # As they were set, by door.
        self.connection = 0  # Ordinals since those of the REST door were set.
        self.message = 0
        self.feed = None     # Of a participant that watches.
        self.identity = Identity(f"{seed}/{self.name}")
        self.account = None

    def connect(self, rest_url):
        self.account = Account(rest_url, self.identity.credentials())

    def flight_micros(self):
        """How long the next request is on its way."""
        jitter = round(self.terms["jitter_ms"] * 1000)
        bits = draw(self.seed, self.number, self.sent_count, JITTER_KIND)
        self.sent_count += 1
        return round(self.terms["latency_ms"] * 1000) + (bits * (jitter + 1) >> 64)

    def request(self, method, path, body=None, **query):
        """Status and body; status 0 when the connection ended instead."""
        faults = self.faults.get("rest")
        self.message += faults is not None and (method != "GET" or not faults["writes_only"])
        try:
            response = self.account.request(method, path, body, **query)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            self.connection += 1
            self.message = 0
            return NO_ANSWER, {}
        return response.status_code, response.json() if response.content else {}

    def find(self, order):
        """The exchange's order with our id, or None."""
        cursor = None
        while True:
            status, page = self.request("GET", "/portfolio/orders", limit=1000,
                                        **({"cursor": cursor} if cursor else {}))
            assert status == 200, f"{self.name}: GET /portfolio/orders: {status} {page}"
            for row in page["orders"]:
                if row["client_order_id"] == order:
                    return row
            cursor = page.get("cursor")
            if not cursor:
                return None


class ScenarioRun:
    """One run in an empty folder. `restart`: kill -9 when half of the steps are done, and go on."""

    def __init__(self, scenario, folder, restart=False):
        self._scenario = scenario
        self._restart_at = len(scenario["steps"]) // 2 if restart else None
        self._start = scenario["start"]
        flags = ["--clock=virtual", f"--clock_start={rfc3339(self._start)}", "--faults=allowed",
                 f"--catalogue={scenario['catalogue']}"]
        self._exchange = StoredExchange(folder, None, *flags)
        write_first_keys(self._exchange.folder / "keys")
        self.participants = {
            terms["name"]: Participant(i, terms, scenario["seed"])
            for i, terms in enumerate(scenario["participants"])}
        self._queue = []
        self._pushed = 0
        self._now = 0  # Virtual microseconds since the start.
        self._fault_log = []

    def play(self):
        """Plays all steps; returns the digest and the differences from what the file expects."""
        with self._exchange as exchange:
            self._connect()
            self._set_up()
            self._watch()
            for step in self._scenario["steps"]:
                self._push(step["at_ms"] * 1000, lambda step=step: self._step(step))
            steps_done = 0
            while self._queue:
                at, _, action = heapq.heappop(self._queue)
                self._advance(at)
                steps_done += action() is not None
                self._settle_down()
                if self._restart_at is not None and steps_done >= self._restart_at:
                    self._restart_at = None
                    self._kill_and_start()
            self._collect_faults()
            self._admin.post("/faults/clear")
            for participant in self.participants.values():
                participant.faults = {}
            self._read_feeds()
            differences = self._differences()
            state = self._admin.get("/state")
            exchange.stop()
        return self._digest(state), differences

    # --- Time ---

    def _push(self, at, action):
        self._pushed += 1
        heapq.heappush(self._queue, (at, self._pushed, action))

    def _advance(self, at):
        if at <= self._now:
            return
        self._now = at
        self._admin.put("/clock", {"advance_to": self._time_text(at)})
        self._settle_down()

    def _time_text(self, micros):
        return rfc3339(self._start + datetime.timedelta(microseconds=micros))

    def _settle_down(self):
        """Waits until the exchange has done what it does by itself: the other side in FIX_TEST
        reacts to what is released, and each reaction is in the queue before the next answer."""
        before = None
        while True:
            present = self._admin.get("/state")["sequence_number"]
            if present == before:
                break
            before = present
        self._read_feeds()

    def _read_feeds(self):
        for participant in self.participants.values():
            if participant.feed is not None:
                participant.feed.read()

    # --- The exchange ---

    def _connect(self):
        self._admin = self._exchange.operator()
        for participant in self.participants.values():
            participant.connect(self._exchange.rest_url)

    def _set_up(self):
        for participant in self.participants.values():
            self._admin.post("/accounts", {"name": participant.name, "tier": "unlimited"})
            path = f"/accounts/{participant.name}"
            self._admin.post(f"{path}/keys", {"public_key": participant.identity.public_pem(),
                                              "key_id": participant.identity.key_id})
            if decimal.Decimal(participant.terms["balance"]) > 0:
                self._admin.post(f"{path}/deposits",
                                 {"amount_dollars": participant.terms["balance"]})
        self._admin.put(f"/series/{SERIES}", {"fee_type": "quadratic"})
        for event in dict.fromkeys(market["event"] for market in self._scenario["markets"]):
            self._admin.put(f"/events/{event}", {"series_ticker": SERIES})
        for market in self._scenario["markets"]:
            self._admin.put(f"/markets/{market['ticker']}", {
                "event_ticker": market["event"],
                "close_time": self._time_text(market["close_after_s"] * 1_000_000),
                "open_time": self._time_text(0),
                "price_level_structure": market["price_level_structure"],
                "settlement_timer_seconds": market["settlement_timer_s"],
                "can_close_early": market["can_close_early"]})
        self._settle_down()

    def _watch(self):
        for participant in self.participants.values():
            if not participant.terms["watches"]:
                continue
            if participant.feed is None:
                participant.feed = Feed(
                    participant.terms["watches"], lambda: self._admin.get("/state"),
                    lambda name=participant.name: self._frame_counts().get(name, 0))
            participant.feed.connect(self._exchange.ws_url, participant.account)

    def _frame_counts(self):
        """How many frames the faults of each participant's feed have looked at."""
        names = {self._admin.get(f"/accounts/{name}")["account_id"]: name
                 for name, participant in self.participants.items() if participant.feed}
        return {names[profile["account_id"]]: profile["message_count"]
                for profile in self._admin.get("/faults")["profiles"]
                if profile["door"] == "websocket"}

    def _kill_and_start(self):
        self._collect_faults()
        frame_counts = self._frame_counts()
        for participant in self.participants.values():
            if participant.feed is not None:
                participant.feed.close()
        self._exchange.kill()
        self._exchange.start()
        self._connect()
        self._admin.put("/clock", {"advance_to": self._time_text(self._now)})
        for participant in self.participants.values():
            if "rest" in participant.faults:
                self._admin.put("/faults", {**participant.faults["rest"],
                                            "first_connection": participant.connection,
                                            "first_message": participant.message})
        # First values are frames too, but not of the run that went on.
        self._watch()
        self._read_feeds()
        for participant in self.participants.values():
            if "websocket" in participant.faults:
                feed = participant.feed
                feed.frames_awaited = 0
                before = feed.frames_before_connection
                self._admin.put("/faults", {**participant.faults["websocket"],
                                            "first_connection": feed.fault_connection,
                                            "first_message": frame_counts[participant.name] - before})
        self._settle_down()

    def _collect_faults(self):
        for entry in self._admin.get("/faults/log", after_number=0)["entries"]:
            del entry["number"]
            self._fault_log.append(entry)

    def _digest(self, state):
        tool = BUILD / "services/mock-kalshi/evx-journal"
        text = subprocess.run([tool, "digest", f"--data_dir={self._exchange.data}"], check=True,
                              capture_output=True, text=True).stdout
        count, events = re.fullmatch(r"(\d+) records, digest ([0-9a-f]{16})\n", text).groups()
        faults = hashlib.sha256(json.dumps(self._fault_log, sort_keys=True).encode()).hexdigest()
        return Digest(int(count), events, state["state_hash"], faults[:16])

    # --- Steps ---

    def _step(self, step):
        if step["by"] is None:
            getattr(self, "_operate_" + step["verb"], self._operate_market)(step)
        elif step["verb"] == "ladder":
            args = step["args"]
            for order, price in zip(args["ids"], args["prices"]):
                self._send(step["by"], "create",
                           {**args, "id": order, "price": price, "expires_after_ms": None})
        else:
            self._send(step["by"], step["verb"], step["args"])
        return True  # One step is done; other actions return nothing.

    def _send(self, name, verb, args, attempt=0):
        """Puts the request on its way."""
        participant = self.participants[name]
        arrival = self._now + participant.flight_micros()

        def arrive():
            status = getattr(self, "_arrive_" + verb)(participant, args)
            is_lost = status in (NO_ANSWER, 429) or status >= 500
            if is_lost and attempt < participant.terms["retries"]:
                self._push(self._now + participant.terms["retry_after_ms"] * 1000,
                           lambda: self._send(name, verb, args, attempt + 1))

        self._push(arrival, arrive)

    def _arrive_create(self, participant, args):
        order = args["id"]
        participant.orders[order] = args
        body = {"ticker": args["market"], "side": args["side"], "price": args["price"],
                "count": args["count"], "client_order_id": order,
                "time_in_force": args["time_in_force"], "post_only": args["post_only"],
                "reduce_only": args["reduce_only"],
                "self_trade_prevention_type": "taker_at_cross"}
        if args["expires_after_ms"]:
            expires = self._start + datetime.timedelta(microseconds=self._now,
                                                       milliseconds=args["expires_after_ms"])
            body["expiration_time"] = int(expires.timestamp())
        status, answer = participant.request("POST", ORDERS, body)
        participant.answers.setdefault(order, []).append(status)
        if status == 201:
            participant.order_ids[order] = answer["order_id"]
        return status

    def _order_id(self, participant, order):
        """From the order's acknowledgement; when that was lost, by asking. Unknown: a made-up id,
        which the exchange does not know either."""
        if order not in participant.order_ids:
            found = participant.find(order)
            if found is None:
                return str(uuid.UUID(int=0))
            participant.order_ids[order] = found["order_id"]
        return participant.order_ids[order]

    def _arrive_cancel(self, participant, args):
        order_id = self._order_id(participant, args["id"])
        return participant.request("DELETE", f"{ORDERS}/{order_id}")[0]

    def _arrive_cancel_all(self, participant, _):
        return participant.request("DELETE", ORDERS)[0]

    def _arrive_amend(self, participant, args):
        order_id = self._order_id(participant, args["id"])
        order = participant.orders[args["id"]]
        return participant.request("POST", f"{ORDERS}/{order_id}/amend", {
            "ticker": order["market"], "side": order["side"], "price": args["price"],
            "count": args["count"]})[0]

    def _arrive_decrease(self, participant, args):
        order_id = self._order_id(participant, args["id"])
        return participant.request("POST", f"{ORDERS}/{order_id}/decrease",
                                   {"reduce_by": args["by"]})[0]

    # --- The operator ---

    def _operate_market(self, step):
        verbs = {"pause_market": "pause", "open_market": "open", "close_market": "close"}
        verb = verbs.get(step["verb"], step["verb"])
        self._admin.post(f"/markets/{step['args']['market']}/{verb}")

    def _operate_close_time(self, step):
        args = step["args"]
        self._admin.post(f"/markets/{args['market']}/close_time",
                         {"close_time": self._time_text(args["at_ms"] * 1000)})

    def _operate_determine(self, step):
        args = step["args"]
        body = {"result": args["result"]}
        if args["value"] is not None:
            body["settlement_value"] = args["value"]
        self._admin.post(f"/markets/{args['market']}/determine", body)

    def _operate_price_grid(self, step):
        args = step["args"]
        self._admin.post(f"/markets/{args['market']}/price_grid",
                         {"price_level_structure": args["price_level_structure"]})

    def _operate_fee_change(self, step):
        args = step["args"]
        body = {"fee_type": args["fee_type"], "fee_multiplier": args["multiplier"]}
        if args["at_ms"] is not None:
            body["effective_time"] = self._time_text(args["at_ms"] * 1000)
        self._admin.post(f"/series/{SERIES}/fee_changes", body)

    def _operate_trading(self, step):
        self._admin.put("/exchange/status", step["args"])

    _operate_exchange = _operate_trading

    def _operate_deposit(self, step):
        args = step["args"]
        self._admin.post(f"/accounts/{args['account']}/deposits",
                         {"amount_dollars": args["amount"]})

    def _operate_faults(self, step):
        participant = self.participants[step["args"]["account"]]
        self._admin.put("/faults", step["args"])
        participant.faults[step["args"]["door"]] = step["args"]
        if step["args"]["door"] == "rest":
            participant.connection = participant.message = 0
        else:
            participant.feed.fault_connection = 0
            participant.feed.frames_before_connection = 0
            participant.feed.frames_awaited = 0
            participant.feed.is_late = (step["args"]["latency_ms"] + step["args"]["jitter_ms"]) > 0

    def _operate_clear_faults(self, step):
        self._admin.post("/faults/clear", step["args"])
        participant = self.participants[step["args"]["account"]]
        participant.faults.pop(step["args"]["door"], None)
        if step["args"]["door"] == "websocket":
            participant.feed.is_late = False

    def _operate_wait(self, _):
        pass

    # --- Expectations ---

    def _differences(self):
        expect = self._scenario["expect"]
        found = []

        def compare(what, expected, actual):
            if expected != actual:
                found.append(f"{what}: expected {shown(expected)}, found {shown(actual)}")

        for ticker, book in expect["books"].items():
            compare(f"books.{ticker}", book, self._book(ticker))
        for name, balance in expect["balances"].items():
            _, answer = self.participants[name].request("GET", "/portfolio/balance")
            compare(f"balances.{name}", balance, decimal.Decimal(answer["balance_dollars"]))
        for name, positions in expect["positions"].items():
            actual = self._positions(name)
            for ticker, position in positions.items():
                compare(f"positions.{name}.{ticker}", position, actual.get(ticker, 0))
        for order, end in expect["orders"].items():
            self._compare_order(compare, order, end)
        for order, answers in expect["answers"].items():
            owner = self._owner(order)
            compare(f"answers.{order}", answers, owner.answers.get(order, []))
        for ticker, end in expect["markets"].items():
            market = self._public(f"/markets/{ticker}")["market"]
            compare(f"markets.{ticker}.status", end["status"], market["status"])
            if end["result"] is not None:
                compare(f"markets.{ticker}.result", end["result"], market["result"])
        for ticker, count in expect["trade_counts"].items():
            trades = self._public("/markets/trades", ticker=ticker, limit=1000)["trades"]
            compare(f"trade_counts.{ticker}", count, len(trades))
        for kind, count in expect["faults"].items():
            actual = sum(entry["kind"] == kind for entry in self._fault_log)
            compare(f"faults.{kind}", count, actual)
        for name, counts in expect["feeds"].items():
            for member, count in counts.items():
                if count is not None:
                    compare(f"feeds.{name}.{member}", count,
                            getattr(self.participants[name].feed, member))
        for participant in self.participants.values():
            for ticker in participant.terms["watches"]:
                compare(f"book of {ticker} as {participant.name} sees it", self._book(ticker),
                        participant.feed.book(ticker))
        return found

    def _public(self, path, **query):
        response = httpx.get(self._exchange.rest_url + path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def _book(self, ticker):
        """Both sides as YES prices, best first."""
        book = self._public(f"/markets/{ticker}/orderbook")["orderbook_fp"]
        bids = [(decimal.Decimal(price), decimal.Decimal(count))
                for price, count in book["yes_dollars"]]
        asks = [(1 - decimal.Decimal(price), decimal.Decimal(count))
                for price, count in book["no_dollars"]]
        return {"bids": sorted(bids, reverse=True), "asks": sorted(asks)}

    def _positions(self, name):
        _, page = self.participants[name].request("GET", "/portfolio/positions", limit=1000)
        return {row["ticker"]: decimal.Decimal(row["position_fp"])
                for row in page["market_positions"]}

    def _owner(self, order):
        for participant in self.participants.values():
            if order in participant.orders:
                return participant
        raise AssertionError(f"order {order} was never sent")

    def _compare_order(self, compare, order, end):
        row = self._owner(order).find(order)
        compare(f"orders.{order}.status", end["status"], row["status"] if row else "absent")
        if end["filled"] is not None:
            actual = decimal.Decimal(row["fill_count_fp"]) if row else None
            compare(f"orders.{order}.filled", decimal.Decimal(end["filled"]), actual)


def shown(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shown(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(inner) for inner in value) + "]"
    return str(value)


def rfc3339(time):
    return time.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
