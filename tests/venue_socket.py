"""A client of the WebSocket API that believes nothing: every message is checked against the
venue's schemas, sequence numbers have no gap, and books are folded from snapshots and deltas.

    with VenueSocket(exchange.announcement["ws_url"], account) as socket:
        socket.subscribe("orderbook_delta", market_ticker="A-1")
        delta = socket.until("orderbook_delta")

Needs the packages websockets and jsonschema."""

import collections
import decimal
import json
import pathlib
import time
import urllib.parse

import jsonschema
from websockets.sync.client import connect

SCHEMAS = json.loads((pathlib.Path(__file__).parent / "e2e/websocket_schemas.json").read_text())
PATH = "/trade-api/ws/v2"
RECEIVE_SECONDS = 20
# Their messages have a seq.
SEQUENCED = {"orderbook_snapshot", "orderbook_delta", "trade", "market_lifecycle_v2",
             "multivariate_market_lifecycle", "event_lifecycle", "event_fee_update",
             "order_group_updates"}

_formats = jsonschema.FormatChecker(formats=("uuid",))
_validators = {name: jsonschema.Draft202012Validator(schema, format_checker=_formats)
               for name, schema in SCHEMAS.items()}


def check_message(message):
    """Raises unless the message is one that the venue's document allows."""
    kind = message["type"]
    if kind == "ok" and isinstance(message.get("msg"), list):
        kind = "list"
    _validators[kind].validate(message)


class Book:
    """Sizes by price of each side, as the deltas say."""

    def __init__(self):
        self.sides = {"yes": {}, "no": {}}

    def apply_snapshot(self, msg):
        for side in self.sides:
            levels = msg.get(f"{side}_dollars_fp")
            assert levels is None or levels, "an empty side must be absent"
            self.sides[side] = {price: decimal.Decimal(size) for price, size in levels or []}

    def apply_delta(self, msg):
        side = self.sides[msg["side"]]
        size = side.get(msg["price_dollars"], 0) + decimal.Decimal(msg["delta_fp"])
        assert size >= 0, msg
        if size == 0:
            del side[msg["price_dollars"]]
        else:
            side[msg["price_dollars"]] = size

    def levels(self):
        """As GET /markets/{ticker}/orderbook lists them."""
        return {f"{side}_dollars": [[price, f"{size:.2f}"] for price, size in sorted(levels.items())]
                for side, levels in self.sides.items()}


class VenueSocket:
    def __init__(self, url, account, **options):
        path = urllib.parse.urlsplit(url).path
        options.setdefault("compression", None)
        options.setdefault("max_size", None)
        self._connection = connect(
            url, additional_headers=account.access_headers("GET", path), **options).__enter__()
        self._last_id = 0
        self.sequences = {}  # The last number of each sid.
        self.books = collections.defaultdict(Book)
        self.kept = []  # Received by until() and not what it looked for.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def connection(self):
        return self._connection

    def close(self):
        self._connection.close()

    def send(self, command, **params):
        """Returns the command's id."""
        self._last_id += 1
        message = {"id": self._last_id, "cmd": command}
        if params:
            message["params"] = params
        self._connection.send(json.dumps(message))
        return self._last_id

    def subscribe(self, *channels, **params):
        """Returns the sid of each channel, once all are subscribed."""
        command = self.send("subscribe", channels=list(channels), **params)
        sids = {}
        while len(sids) < len(channels):
            reply = self.reply(command)
            assert reply["type"] == "subscribed", reply
            sids[reply["msg"]["channel"]] = reply["msg"]["sid"]
        return [sids[channel] for channel in channels]

    def call(self, command, **params):
        """The reply to a command that has one."""
        return self.reply(self.send(command, **params))

    def reply(self, command_id, seconds=RECEIVE_SECONDS):
        deadline = time.monotonic() + seconds
        while True:
            message = self.receive(deadline - time.monotonic())
            if message.get("id") == command_id:
                return message
            self.kept.append(message)

    def receive(self, seconds=RECEIVE_SECONDS):
        """The next message, checked; TimeoutError when there is none."""
        message = json.loads(self._connection.recv(timeout=max(0, seconds)))
        check_message(message)
        if "seq" in message:
            expected = self.sequences.get(message["sid"], 0) + 1
            assert message["seq"] == expected, f"seq {message['seq']}, expected {expected}"
            self.sequences[message["sid"]] = message["seq"]
        else:
            assert message["type"] not in SEQUENCED, message
        if message["type"] == "orderbook_snapshot":
            self.books[message["msg"]["market_ticker"]].apply_snapshot(message["msg"])
        elif message["type"] == "orderbook_delta":
            self.books[message["msg"]["market_ticker"]].apply_delta(message["msg"])
        return message

    def until(self, kind, seconds=RECEIVE_SECONDS, **members):
        """The first message of the type whose msg has the members; others are kept."""
        def fits(message):
            return message["type"] == kind and all(
                message["msg"].get(name) == value for name, value in members.items())

        for i, message in enumerate(self.kept):
            if fits(message):
                return self.kept.pop(i)
        deadline = time.monotonic() + seconds
        while True:
            message = self.receive(deadline - time.monotonic())
            if fits(message):
                return message
            self.kept.append(message)

    def drain(self):
        """Everything that was sent before the answer to a command of our own."""
        answer = self.call("list_subscriptions")
        assert answer["type"] == "ok"
        messages, self.kept = self.kept, []
        return messages
