"""The gateway's WebSocket as a page uses it: streams that are folded here without the gateway's
code, and requests that are answered.

    socket = GatewaySocket(gateway, browser.token)
    socket.subscribe("book:TICKER")
    socket.wait_until(lambda: socket.books["book:TICKER"] == wanted, "the book is there")

Needs the package websockets, and the contracts' Python code (grpc_stubs.generate_stubs)."""

import importlib
import time

from websockets.sync.client import connect

from gateway_process import ORIGIN

RECEIVE_SECONDS = 0.2


class GatewaySocket:
    def __init__(self, gateway, token, *, query="", states=None):
        """`states`: of an earlier socket; its streams are resumed."""
        self.messages = importlib.import_module("evx.gateway.v1.gateway_messages_pb2")
        self.numbers = dict(states.numbers) if states else {}  # stream: (epoch, sequence)
        self.books = states.books if states else {}  # stream: ({bid: quantity}, {ask: quantity})
        self.health = {}  # Of books.
        self.services = {}  # name: its health
        self.trades = states.trades if states else {}  # stream: [trade_id]
        self.markets = states.markets if states else {}
        self.tickers = states.tickers if states else {}
        self.orders = {}  # order_id: what rests of it
        self.player = None
        self.answers = {}
        self.refused_streams = {}
        self.states_received = []
        self.welcome = None
        self._last_request = 0
        self._socket = connect(f"ws://127.0.0.1:{gateway.port}/ws{query}", origin=ORIGIN,
                               max_size=None, open_timeout=20, compression=None,
                               additional_headers={"Cookie": f"evx_session={token}"}).__enter__()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.__exit__(None, None, None)

    def receive(self, seconds=RECEIVE_SECONDS):
        """Takes the next message; False: none came."""
        try:
            data = self._socket.recv(timeout=seconds)
        except TimeoutError:
            return False
        message = self.messages.ServerMessage.FromString(data)
        self._take(message)
        return True

    def wait_until(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
            self.receive()

    def send(self, **payload):
        """Sends a request; returns its number."""
        self._last_request += 1
        message = self.messages.ClientMessage(request_id=self._last_request, **payload)
        self._socket.send(message.SerializeToString())
        return self._last_request

    def ask(self, **payload):
        """The answer to a request."""
        number = self.send(**payload)
        self.wait_until(lambda: number in self.answers, f"{list(payload)} is answered")
        return self.answers.pop(number)

    def subscribe(self, *streams):
        wanted = []
        for name in streams:
            epoch, sequence = self.numbers.get(name, (0, 0))
            wanted.append(self.messages.StreamName(stream=name, epoch=epoch, sequence=sequence))
        answer = self.ask(subscribe=self.messages.Subscribe(streams=wanted))
        assert answer.WhichOneof("payload") == "done", answer

    def closed(self, seconds=20):
        """The code with which the gateway closes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self._socket.recv(timeout=RECEIVE_SECONDS)
            except TimeoutError:
                continue
            except Exception:  # noqa: BLE001  The socket is closed, whatever the library says.
                return self._socket.close_code
        raise AssertionError("the socket is not closed")

    def _take(self, message):
        kind = message.WhichOneof("payload")
        if message.request_id:
            self.answers[message.request_id] = message
        elif kind == "welcome":
            self.welcome = message.welcome
        elif kind == "refusal":
            self.refused_streams[message.refusal.stream] = message.refusal.reason
        if not message.stream:
            return
        if kind != "initial_state":
            epoch, sequence = self.numbers[message.stream]
            assert (message.epoch, message.sequence) == (epoch, sequence + 1), message.stream
        self.numbers[message.stream] = (message.epoch, message.sequence)
        if kind == "initial_state":
            self.states_received.append(message.stream)
            self._take_state(message.stream, message.initial_state)
        else:
            self._take_change(message.stream, kind, message)

    def _take_state(self, stream, state):
        kind = state.WhichOneof("state")
        if kind == "markets":
            self.markets = {row.market.market_ticker: row.market for row in state.markets.rows}
            self.tickers = {row.market.market_ticker: row.ticker for row in state.markets.rows}
        elif kind == "book":
            self.books[stream] = tuple(
                {level.price_micros: level.quantity_centis for level in side}
                for side in (state.book.bids, state.book.asks))
            self.health[stream] = state.book.health
        elif kind == "trades":
            self.trades[stream] = [trade.trade_id for trade in state.trades.trades]
        elif kind == "portfolio":
            self.orders = {one.order_id: one.remaining_quantity_centis
                           for one in state.portfolio.orders}
        elif kind == "player":
            self.player = state.player
        elif kind == "health":
            self.services = {one.service: one for one in state.health.services}

    def _take_change(self, stream, kind, message):
        if kind == "market_ticker":
            self.markets |= {one.market_ticker: one for one in message.market_ticker.markets}
            self.tickers |= {one.market_ticker: one for one in message.market_ticker.tickers}
        elif kind == "book_update":
            update = message.book_update
            if update.is_whole:
                self.books[stream] = ({}, {})
            for level in update.levels:
                side = self.books[stream][level.side - 1]
                side[level.price_micros] = level.quantity_centis
                if not level.quantity_centis:
                    del side[level.price_micros]
            self.health[stream] = update.health
        elif kind == "trades":
            self.trades[stream] += [trade.trade_id for trade in message.trades.trades]
        elif kind == "update_portfolio":
            for one in message.update_portfolio.orders:
                self.orders[one.order_id] = one.remaining_quantity_centis
                if not one.remaining_quantity_centis:
                    del self.orders[one.order_id]
        elif kind == "player":
            self.player = message.player
        elif kind == "update_health":
            self.services = {one.service: one for one in message.update_health.services}
