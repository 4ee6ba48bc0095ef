"""News of markets as the gateway's sources have them, made of the recording in
frontend/tests/standIn: the quotes of 66 weather markets move the whole table, one deep book with its
trades moves faster than it was recorded.

Needs the contracts' Python code (grpc_stubs.generate_stubs)."""

import collections
import dataclasses
import gzip
import importlib
import itertools
import json
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
RECORDING = REPOSITORY / "frontend/tests/standIn/recording.json.gz"

NANOS = 1_000_000_000
CENT = 10_000
DOLLAR = 1_000_000
UPDATES_PER_SECOND = 1_000  # Of the table, as the page gets them.
CHANGES_PER_SECOND = 200  # Of the book, before the gateway puts them together.
_TABLE_WINDOW = NANOS // 10  # A market that moves twice in it is told once.
_PER_WINDOW = UPDATES_PER_SECOND // 10
_COPIES = 7  # So many markets play the quotes of one recorded market, at different places.


@dataclasses.dataclass
class Top:
    """A row of the table as it is now."""

    bid: int
    ask: int
    last: int
    volume: int
    open_interest: int
    bid_size: int = 10_000
    ask_size: int = 10_000


class RecordedNews:
    """`begin_ns`: what time it is when the news begin."""

    def __init__(self, begin_ns):
        self.begin_ns = begin_ns
        self._messages = importlib.import_module("evx.gateway.v1.gateway_messages_pb2")
        self._views = importlib.import_module("evx.gateway.v1.market_views_pb2")
        self._system = importlib.import_module("evx.gateway.v1.system_views_pb2")
        self._portfolio = importlib.import_module("evx.exchange.v1.portfolio_pb2")
        recording = json.loads(gzip.decompress(RECORDING.read_bytes()))
        self._gold = recording["gold"]
        self._weather = recording["weather"]
        self._games = recording["baseball"]
        self.ladder_ticker = self._gold["ticker"]
        self._tops = {}
        self.markets = {}
        self._list_markets()

    # ---- States

    def states(self):
        """A message for each stream, as things stand when the news begin."""
        yield self._state("markets", markets={"rows": [
            self._views.MarketRow(market=market, ticker=self._ticker(name, 0))
            for name, market in sorted(self.markets.items())]})
        yield self._state(f"book:{self.ladder_ticker}", book=self._whole_book())
        yield self._state(f"trades:{self.ladder_ticker}",
                          trades={"trades": [self._trade(0, trade, 0)
                                             for trade in self._past_trades()[-100:]]})
        yield self._state("health", health=self._health(0))
        yield self._state("portfolio", portfolio={
            "balance": {"cash_micros": 10_000 * DOLLAR, "hold_micros": 30 * DOLLAR},
            "orders": self._own_orders(), "sequence_number": 1})

    def row(self, ticker):
        """The market with its rules, as when the news begin."""
        row = self._views.MarketRow(market=self.markets[ticker])
        row.market.rules = self._gold["rules"]
        return row

    def candles(self, ticker, period_seconds, count):
        """As many candles until the begin, of the recorded quotes in their order."""
        module = importlib.import_module("evx.marketdata.v1.candle_service_pb2")
        tops = self._tops_of_the_past(ticker, count)
        end = self.begin_ns // NANOS // period_seconds * period_seconds
        ohlc = lambda value: module.Ohlc(open_micros=value, high_micros=value,  # noqa: E731
                                         low_micros=value, close_micros=value)
        candles = []
        for index, (bid, ask) in enumerate(tops):
            candle = module.Candle(bid=ohlc(bid), ask=ohlc(ask), volume_centis=100)
            candle.end_time.seconds = end - (len(tops) - 1 - index) * period_seconds
            candles.append(candle)
        return candles

    # ---- News

    def news(self, seconds):
        """(nanoseconds since the begin, message) in the order of time."""
        until = seconds * NANOS
        streams = [self._table_news(), self._book_news(), self._health_news()]
        heads = [(next(stream), stream) for stream in streams]
        while True:
            place = min(range(len(heads)), key=lambda index: heads[index][0][0])
            (nanos, message), stream = heads[place]
            if nanos >= until:
                return
            yield nanos, message
            heads[place] = (next(stream), stream)

    def _table_news(self):
        """In each tenth of a second the same number of markets, each at most once."""
        changes = self._quote_changes()
        waiting = collections.deque()
        for window in itertools.count(1):
            told = {}
            put_off = collections.deque()
            while len(told) < _PER_WINDOW:
                name, bid, ask = waiting.popleft() if waiting else next(changes)
                if name in told:
                    put_off.append((name, bid, ask))
                else:
                    told[name] = (bid, ask)
            waiting = put_off + waiting
            for index, (name, (bid, ask)) in enumerate(told.items()):
                nanos = window * _TABLE_WINDOW + index * _TABLE_WINDOW // _PER_WINDOW
                self._tops[name].bid, self._tops[name].ask = bid, ask
                message = self._messages.ServerMessage(stream="markets")
                message.market_ticker.tickers.append(self._ticker(name, nanos))
                yield nanos, message

    def _quote_changes(self):
        """(market, bid, ask) without an end: each copy plays all recorded quotes from another place."""
        recorded = [(name, bid * CENT, ask * CENT) for _, name, bid, ask in self._weather["changes"]]
        step = len(recorded) // _COPIES
        for index in itertools.count():
            for copy in range(_COPIES):
                name, bid, ask = recorded[(index + copy * step) % len(recorded)]
                yield self._players[name][copy], bid, ask

    def _book_news(self):
        """The recorded changes at an even pace; when they are over, the book begins again. Trades and
        the market's row come at their places between them."""
        changes = self._gold["changes"]
        number = 0
        for round_number in itertools.count():
            bids, asks = (dict(map(tuple, side)) for side in (
                self._gold["initial"]["bids"], self._gold["initial"]["asks"]))
            trades = iter([*self._new_trades(), None])
            trade = next(trades)
            for index, (offset_ms, side, price, quantity) in enumerate(changes):
                nanos = NANOS // 2 + number * NANOS // CHANGES_PER_SECOND
                number += 1
                while trade is not None and trade[0] <= offset_ms:
                    yield nanos, self._trade_news(round_number, trade, nanos)
                    trade = next(trades)
                levels = bids if side == "b" else asks
                levels[price] = quantity
                if not quantity:
                    del levels[price]
                is_whole = index == 0 and round_number > 0
                yield nanos, self._book_update(
                    [(side, price, quantity)] if not is_whole else
                    [("b", *level) for level in bids.items()] +
                    [("a", *level) for level in asks.items()], is_whole, number, nanos)
                row = self._ladder_row(bids, asks, nanos)
                if row is not None:
                    yield nanos, row

    def _health_news(self):
        for second in itertools.count(1):
            message = self._messages.ServerMessage(stream="health")
            message.update_health.CopyFrom(self._health(second * NANOS))
            yield second * NANOS, message

    # ---- Parts

    def _state(self, stream, **state):
        return self._messages.ServerMessage(
            stream=stream, initial_state=self._messages.InitialState(**state))

    def _list_markets(self):
        """The ladder's market, every recorded game, and enough weather markets for the quotes. The
        games play quotes too: a recorded game has only its last ones."""
        gold = self._gold
        self._add(gold["ticker"], gold["event"], gold["series"], gold["title"], gold["subtitle"],
                  gold["category"], Top(890_000, 900_000, 890_000, gold["volumeCentis"], 100_000))
        games = iter(self._games)
        self._players = {}
        for name, (bid, ask) in self._weather["tops"].items():
            event = name.rsplit("-", 1)[0]
            self._add(name, event, "KXHIGHNY", f"Highest temperature in New York, {event[-7:]}",
                      name.rsplit("-", 1)[1], "Climate and Weather",
                      Top(bid * CENT, ask * CENT, bid * CENT, 500_000, 100_000))
            self._players[name] = [name]
            while len(self._players[name]) < _COPIES:
                game = next(games, None)
                if game is None:  # Fewer games than copies: the last ones are markets of weather.
                    other = f"{name}-{len(self._players[name])}"
                    self._add(other, event, "KXHIGHNY", f"Highest temperature, {event[-7:]}", other,
                              "Climate and Weather",
                              Top(bid * CENT, ask * CENT, bid * CENT, 500_000, 100_000))
                    self._players[name].append(other)
                    continue
                ticker, game_event, side, _, _, last, volume, interest = game
                self._add(ticker, game_event, "KXMLBGAME", f"{game_event[17:]}: who wins?", side,
                          "Sports", Top(bid * CENT, ask * CENT, last * CENT, volume, interest))
                self._players[name].append(ticker)

    def _add(self, ticker, event, series, title, subtitle, category, top):
        self._tops[ticker] = top
        self.markets[ticker] = self._views.Market(
            market_ticker=ticker, event_ticker=event, series_ticker=series, title=title,
            subtitle=subtitle, category=category, status="MARKET_STATUS_ACTIVE",
            open_time_ns=self.begin_ns - 3_600 * NANOS, close_time_ns=self.begin_ns + 7_200 * NANOS,
            price_bands=[{"start_micros": 0, "end_micros": DOLLAR, "step_micros": CENT}],
            fee_terms={"fee_type": "quadratic", "multiplier_millionths": DOLLAR},
            mutually_exclusive=True)

    def _ticker(self, name, nanos):
        top = self._tops[name]
        return self._views.MarketTicker(
            market_ticker=name, last_price_micros=top.last, bid_price_micros=top.bid,
            bid_size_centis=top.bid_size, ask_price_micros=top.ask, ask_size_centis=top.ask_size,
            volume_centis=top.volume, open_interest_centis=top.open_interest,
            event_time_ns=self.begin_ns + nanos)

    def _ladder_row(self, bids, asks, nanos):
        """News of the ladder's row; None: it is as before."""
        top = self._tops[self.ladder_ticker]
        bid, ask = max(bids, default=0), min(asks, default=DOLLAR)
        now = (bid, ask, bids.get(bid, 0), asks.get(ask, 0))
        if now == (top.bid, top.ask, top.bid_size, top.ask_size):
            return None
        top.bid, top.ask, top.bid_size, top.ask_size = now
        message = self._messages.ServerMessage(stream="markets")
        message.market_ticker.tickers.append(self._ticker(self.ladder_ticker, nanos))
        return message

    def _whole_book(self):
        return {"market_ticker": self.ladder_ticker, "health": self._book_health(0, 0), **{
            side: [{"price_micros": price, "quantity_centis": quantity} for price, quantity in
                   sorted(self._gold["initial"][side], reverse=side == "bids")]
            for side in ("bids", "asks")}}

    def _book_health(self, number, nanos):
        return self._views.BookHealth(state="BOOK_STATE_LIVE", book_sequence=number + 1,
                                      delta_count=number, snapshot_count=1,
                                      event_time_ns=self.begin_ns + nanos)

    def _book_update(self, levels, is_whole, number, nanos):
        message = self._messages.ServerMessage(stream=f"book:{self.ladder_ticker}")
        for side, price, quantity in levels:
            message.book_update.levels.add(
                side="BOOK_SIDE_BID" if side == "b" else "BOOK_SIDE_ASK", price_micros=price,
                quantity_centis=quantity)
        message.book_update.is_whole = is_whole
        message.book_update.health.CopyFrom(self._book_health(number, nanos))
        return message

    def _past_trades(self):
        return [(*trade, place) for place, trade in enumerate(self._gold["trades"]) if trade[0] <= 0]

    def _new_trades(self):
        return [(*trade, place) for place, trade in enumerate(self._gold["trades"]) if trade[0] > 0]

    def _trade(self, round_number, trade, nanos):
        offset_ms, price, quantity, side, place = trade
        return self._views.Trade(
            market_ticker=self.ladder_ticker, trade_id=f"{round_number}-{place}",
            price_micros=price, quantity_centis=quantity,
            taker_side="BOOK_SIDE_BID" if side == "b" else "BOOK_SIDE_ASK",
            event_time_ns=self.begin_ns + (nanos or offset_ms * 1_000_000))

    def _trade_news(self, round_number, trade, nanos):
        message = self._messages.ServerMessage(stream=f"trades:{self.ladder_ticker}")
        message.trades.trades.append(self._trade(round_number, trade, nanos))
        return message

    def _own_orders(self):
        return [self._portfolio.Order(
            order_id=f"own-{place}", market_ticker=self.ladder_ticker, side="BOOK_SIDE_BID",
            price_micros=price, quantity_centis=1_000, remaining_quantity_centis=1_000,
            time_in_force="TIME_IN_FORCE_GOOD_TILL_CANCELED", status="ORDER_STATUS_RESTING",
            sequence_number=place + 1)
            for place, price in enumerate((870_000, 880_000, 890_000))]

    def _health(self, nanos):
        names = ("mock-kalshi", "market-data-server", "order-book-rebuilder", "gateway")
        return self._system.Health(services=[
            self._system.ServiceHealth(service=name, state="SERVICE_STATE_READY",
                                       checked_time_ns=self.begin_ns + nanos) for name in names])

    def _tops_of_the_past(self, ticker, count):
        for name, players in self._players.items():
            if ticker in players:
                tops = [(bid * CENT, ask * CENT) for _, other, bid, ask in self._weather["changes"]
                        if other == name]
                return tops[-count:]
        return [(trade[1] - CENT, trade[1]) for trade in self._past_trades()][-count:]
