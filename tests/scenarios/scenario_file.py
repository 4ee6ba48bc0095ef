"""Scenario files: what they may say, and their faults in words.

README.md documents every field. `load` gives plain dictionaries with every default filled in, or
raises ScenarioError, which names file, field, value and limit."""

import datetime
import decimal
import pathlib
import re

import yaml

NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
TICKER = re.compile(r"[A-Z0-9._-]{1,64}")
DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
GRIDS = ("center_centi_edge_centi_cent", "center_deci_edge_centi_cent",
         "center_half_edge_deci_cent", "center_half_edge_half_cent", "center_half_edge_quint_cent",
         "center_quint_edge_deci_cent", "center_quint_edge_quint_cent",
         "center_whole_edge_half_cent", "center_whole_edge_quint_cent", "deci_cent", "linear_cent",
         "tapered_deci_cent")
TIMES_IN_FORCE = ("good_till_canceled", "immediate_or_cancel", "fill_or_kill")
RESULTS = ("yes", "no", "scalar", "void")
FEE_TYPES = ("quadratic", "quadratic_with_maker_fees")
STATUSES = ("initialized", "inactive", "active", "closed", "determined", "disputed", "amended",
            "finalized")
FAULT_RATES = {
    "rest": ("disconnect_rate", "disconnect_executed_rate", "too_many_requests_rate",
             "unavailable_rate", "unavailable_executed_rate"),
    "websocket": ("disconnect_rate", "drop_rate", "duplicate_rate", "sequence_skip_rate",
                  "sequence_repeat_rate"),
}

# Wall time by which the exchange holds requests, frames and answers.
FAULT_DELAYS = {
    "rest": ("latency_ms", "jitter_ms", "answer_latency_ms"),
    "websocket": ("latency_ms", "jitter_ms"),
}
FAULT_DELAY_MS_MAX = 1_000

DAY_MS = 86_400_000
STEP_COUNT_MAX = 10_000
AT_MS_MAX = 30 * DAY_MS


class ScenarioError(Exception):
    """A file that is no scenario: "fat_finger.yaml: steps[2].create.side: ..."."""


class Reader:
    """The members of one mapping. Each reading method names the member, its value and the limit of
    a fault; `done` refuses members that nobody read."""

    def __init__(self, value, where):
        if not isinstance(value, dict):
            raise ScenarioError(f"{where}: must be a mapping, not {shown(value)}")
        self._value = value
        self._where = where
        self._known = set()

    def where(self, name):
        return f"{self._where}.{name}" if self._where else name

    def fail(self, name, fault):
        raise ScenarioError(f"{self.where(name)}: {fault}")

    def has(self, name):
        return name in self._value

    def names(self):
        return list(self._value)

    def take(self, name, default):
        self._known.add(name)
        if name in self._value:
            return self._value[name]
        if default is REQUIRED:
            self.fail(name, "is missing")
        return default

    def integer(self, name, least, most, default):
        value = self.take(name, default)
        if value is default and default is not REQUIRED:
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(name, f"{shown(value)} is no whole number")
        if not least <= value <= most:
            self.fail(name, f"{value} is outside {least} to {most}")
        return value

    def number(self, name, least, most, default):
        value = self.take(name, default)
        if value is default and default is not REQUIRED:
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fail(name, f"{shown(value)} is no number")
        if not least <= value <= most:
            self.fail(name, f"{value} is outside {least} to {most}")
        return value

    def flag(self, name, default):
        value = self.take(name, default)
        if value is not default and not isinstance(value, bool):
            self.fail(name, f"{shown(value)} is neither true nor false")
        return value

    def text(self, name, pattern, default):
        value = self.take(name, default)
        if value is default and default is not REQUIRED:
            return value
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.fail(name, f"{shown(value)} does not match {pattern.pattern}")
        return value

    def word(self, name, words, default):
        value = self.take(name, default)
        if value is default and default is not REQUIRED:
            return value
        if value not in words:
            self.fail(name, f"{shown(value)} is none of {', '.join(words)}")
        return value

    def amount(self, name, least, most, default):
        """Decimal text between two bounds: money, prices, counts."""
        value = self.take(name, default)
        if value is default and default is not REQUIRED:
            return value
        if not isinstance(value, str) or not DECIMAL.fullmatch(value):
            self.fail(name, f"{shown(value)} is no decimal text such as \"0.40\"")
        if not decimal.Decimal(least) <= decimal.Decimal(value) <= decimal.Decimal(most):
            self.fail(name, f"{value} is outside {least} to {most}")
        return value

    def items(self, name, least, most, default=()):
        value = self.take(name, default)
        if not isinstance(value, (list, tuple)):
            self.fail(name, f"must be a list, not {shown(value)}")
        if not least <= len(value) <= most:
            self.fail(name, f"has {len(value)} entries, outside {least} to {most}")
        return value

    def mapping(self, name):
        value = self.take(name, {})
        return Reader(value, self.where(name))

    def done(self):
        for name in self._value:
            if name not in self._known:
                self.fail(name, f"is none of {', '.join(sorted(self._known))}")


REQUIRED = object()


def shown(value):
    text = repr(value)
    return text if len(text) <= 64 else text[:61] + "..."


def load(path):
    path = pathlib.Path(path)
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path.name}: {error}") from None
    try:
        return parse(content)
    except ScenarioError as error:
        raise ScenarioError(f"{path.name}: {error}") from None


def parse(content):
    top = Reader(content, "")
    scenario = {
        "title": top.text("title", re.compile(r".{1,200}"), REQUIRED),
        "seed": top.integer("seed", 0, 2**63 - 1, 0),
        "start": read_time(top, "start", "2026-08-05T12:00:00Z"),
        "catalogue": top.word("catalogue", ("empty", "fixed"), "empty"),
        "participants": [read_participant(Reader(value, f"participants[{i}]"))
                         for i, value in enumerate(top.items("participants", 1, 50))],
        "markets": [read_market(Reader(value, f"markets[{i}]"))
                    for i, value in enumerate(top.items("markets", 0, 100))],
    }
    unique(top, scenario, "participants", "name")
    unique(top, scenario, "markets", "ticker")
    names = Names(scenario)
    for i, participant in enumerate(scenario["participants"]):
        for ticker in participant["watches"]:
            if ticker not in names.markets:
                top.fail(f"participants[{i}].watches",
                         f"{shown(ticker)} is none of {', '.join(names.markets)}")
    scenario["steps"] = [read_step(Reader(value, f"steps[{i}]"), names)
                         for i, value in enumerate(top.items("steps", 1, STEP_COUNT_MAX))]
    scenario["expect"] = read_expect(top.mapping("expect"), names)
    top.done()
    return scenario


def unique(top, scenario, section, member):
    seen = set()
    for i, value in enumerate(scenario[section]):
        if value[member] in seen:
            top.fail(f"{section}[{i}].{member}", f"{value[member]} is there twice")
        seen.add(value[member])


class Names:
    """What a scenario's steps may refer to."""

    def __init__(self, scenario):
        self.participants = [value["name"] for value in scenario["participants"]]
        self.markets = [value["ticker"] for value in scenario["markets"]]
        if scenario["catalogue"] == "fixed":
            self.markets += ["FIX_TEST", "MARKET_MAKER"]
        self.watchers = [value["name"] for value in scenario["participants"] if value["watches"]]
        self.orders = {}  # Who sent it, by id.


def read_time(reader, name, default):
    text = reader.text(name, re.compile(r"[0-9TZ:.-]{20,30}"), default)
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        reader.fail(name, f"{shown(text)} is no time such as \"2026-08-05T12:00:00Z\"")


def read_participant(reader):
    participant = {
        "name": reader.text("name", NAME, REQUIRED),
        "balance": reader.amount("balance", "0", "10000000", "1000.00"),
        "latency_ms": reader.number("latency_ms", 0, 60_000, 0),
        "jitter_ms": reader.number("jitter_ms", 0, 60_000, 0),
        "retries": reader.integer("retries", 0, 10, 0),
        "retry_after_ms": reader.integer("retry_after_ms", 1, 60_000, 100),
        "watches": list(reader.items("watches", 0, 100)),
    }
    reader.done()
    return participant


def read_market(reader):
    market = {
        "ticker": reader.text("ticker", TICKER, REQUIRED),
        "event": reader.text("event", TICKER, "EVENT"),
        "price_level_structure": reader.word("price_level_structure", GRIDS, "linear_cent"),
        "close_after_s": reader.integer("close_after_s", 1, 365 * 86_400, 3_600),
        "settlement_timer_s": reader.integer("settlement_timer_s", 0, 30 * 86_400, 60),
        "can_close_early": reader.flag("can_close_early", True),
    }
    reader.done()
    return market


# --- Steps ---------------------------------------------------------------------------------------


def read_step(reader, names):
    step = {"at_ms": reader.integer("at_ms", 0, AT_MS_MAX, REQUIRED),
            "by": reader.word("by", names.participants, None)}
    verbs = ORDER_VERBS if step["by"] else OPERATOR_VERBS
    found = [name for name in reader.names() if name not in ("at_ms", "by")]
    if len(found) != 1 or found[0] not in verbs:
        who = "of a participant" if step["by"] else "without `by`"
        reader.fail("verb", f"a step {who} needs exactly one of {', '.join(verbs)}, not "
                            f"{', '.join(map(str, found)) or 'none'}")
    step["verb"] = found[0]
    inner = reader.mapping(found[0])
    step["args"] = verbs[found[0]](inner, names, step)
    inner.done()
    reader.done()
    return step


def new_order(reader, name, names, step):
    order = reader.text(name, NAME, REQUIRED)
    if order in names.orders:
        reader.fail(name, f"{order} is the id of an earlier order")
    names.orders[order] = step["by"]
    return order


def known_order(reader, names, step):
    order = reader.text("id", NAME, REQUIRED)
    if names.orders.get(order) != step["by"]:
        reader.fail("id", f"{order} is no earlier order of {step['by']}")
    return order


def order_terms(reader, names):
    return {
        "market": reader.word("market", names.markets, REQUIRED),
        "side": reader.word("side", ("bid", "ask"), REQUIRED),
        "count": reader.amount("count", "0.01", "10000000", REQUIRED),
        "time_in_force": reader.word("time_in_force", TIMES_IN_FORCE, "good_till_canceled"),
        "post_only": reader.flag("post_only", False),
        "reduce_only": reader.flag("reduce_only", False),
    }


def read_create(reader, names, step):
    return {"id": new_order(reader, "id", names, step), **order_terms(reader, names),
            "price": reader.amount("price", "0", "1", REQUIRED),
            "expires_after_ms": reader.integer("expires_after_ms", 1_000, AT_MS_MAX, None)}


def read_ladder(reader, names, step):
    levels = reader.integer("levels", 1, 99, REQUIRED)
    prefix = reader.text("id", NAME, REQUIRED)
    start = decimal.Decimal(reader.amount("from", "0", "1", REQUIRED))
    change = decimal.Decimal(reader.amount("step", "-1", "1", REQUIRED))
    prices = [start + i * change for i in range(levels)]
    if not 0 < prices[-1] < 1:
        reader.fail("levels", f"{levels} lead to price {prices[-1]}, outside 0 to 1")
    ids = [f"{prefix}-{i}" for i in range(levels)]
    for order in ids:
        if order in names.orders:
            reader.fail("id", f"{order} is the id of an earlier order")
        names.orders[order] = step["by"]
    return {**order_terms(reader, names), "ids": ids, "prices": [str(price) for price in prices]}


def read_cancel(reader, names, step):
    return {"id": known_order(reader, names, step)}


def read_amend(reader, names, step):
    return {"id": known_order(reader, names, step),
            "price": reader.amount("price", "0", "1", REQUIRED),
            "count": reader.amount("count", "0.01", "10000000", REQUIRED)}


def read_decrease(reader, names, step):
    return {"id": known_order(reader, names, step),
            "by": reader.amount("by", "0.01", "10000000", REQUIRED)}


def market_only(reader, names, _):
    return {"market": reader.word("market", names.markets, REQUIRED)}


def read_close_time(reader, names, _):
    return {"market": reader.word("market", names.markets, REQUIRED),
            "at_ms": reader.integer("at_ms", 0, AT_MS_MAX, REQUIRED)}


def read_determine(reader, names, _):
    args = {"market": reader.word("market", names.markets, REQUIRED),
            "result": reader.word("result", RESULTS, REQUIRED),
            "value": reader.amount("value", "0", "1", None)}
    if args["result"] == "scalar" and args["value"] is None:
        reader.fail("value", "is missing: result scalar needs it")
    return args


def read_price_grid(reader, names, _):
    return {"market": reader.word("market", names.markets, REQUIRED),
            "price_level_structure": reader.word("price_level_structure", GRIDS, REQUIRED)}


def read_fee_change(reader, names, _):
    return {"multiplier": reader.number("multiplier", 0, 10, REQUIRED),
            "fee_type": reader.word("fee_type", FEE_TYPES, "quadratic"),
            "at_ms": reader.integer("at_ms", 0, AT_MS_MAX, None)}


def read_trading(reader, *_):
    return {"trading_active": reader.flag("active", REQUIRED)}


def read_exchange(reader, *_):
    return {"exchange_active": reader.flag("active", REQUIRED)}


def read_faults(reader, names, _):
    args = {"account": reader.word("participant", names.participants, REQUIRED),
            "door": reader.word("door", tuple(FAULT_RATES), "rest"),
            "seed": reader.integer("seed", 0, 2**63 - 1, 0),
            "from_message": reader.integer("from_message", 0, 2**63 - 1, 0),
            "to_message": reader.integer("to_message", 0, 2**63 - 1, 2**63 - 1)}
    if args["door"] == "rest":
        args["writes_only"] = reader.flag("writes_only", True)
        args["unavailable_status"] = reader.word("unavailable_status", (500, 502, 503, 504), 503)
    elif args["account"] not in names.watchers:
        reader.fail("participant", f"{args['account']} watches nothing")
    for name in FAULT_RATES[args["door"]]:
        args[name] = reader.number(name, 0, 1, 0)
    for name in FAULT_DELAYS[args["door"]]:
        args[name] = reader.number(name, 0, FAULT_DELAY_MS_MAX, 0)
    is_late = args["latency_ms"] or args["jitter_ms"]
    if args["door"] == "websocket" and is_late and any(map(args.get, FAULT_RATES["websocket"])):
        reader.fail("latency_ms", "and rates exclude each other for the frames of a socket")
    return args


def read_clear_faults(reader, names, _):
    return {"account": reader.word("participant", names.participants, REQUIRED),
            "door": reader.word("door", tuple(FAULT_RATES), "rest")}


def read_deposit(reader, names, _):
    return {"account": reader.word("participant", names.participants, REQUIRED),
            "amount": reader.amount("amount", "0.0001", "10000000", REQUIRED)}


def nothing(*_):
    return {}


ORDER_VERBS = {"create": read_create, "ladder": read_ladder, "cancel": read_cancel,
               "amend": read_amend, "decrease": read_decrease, "cancel_all": nothing}
OPERATOR_VERBS = {"pause_market": market_only, "open_market": market_only,
                  "close_market": market_only, "close_time": read_close_time,
                  "determine": read_determine, "dispute": market_only, "settle": market_only,
                  "price_grid": read_price_grid, "fee_change": read_fee_change,
                  "trading": read_trading, "exchange": read_exchange, "faults": read_faults,
                  "clear_faults": read_clear_faults, "deposit": read_deposit, "wait": nothing}


# --- Expectations --------------------------------------------------------------------------------


def read_expect(reader, names):
    expect = {
        "books": each(reader, "books", names.markets, read_book),
        "balances": each(reader, "balances", names.participants, read_balance),
        "positions": each(reader, "positions", names.participants,
                          lambda inner, name: each(inner, name, names.markets, read_position)),
        "orders": each(reader, "orders", names.orders, read_order_end),
        "answers": each(reader, "answers", names.orders, read_answers),
        "markets": each(reader, "markets", names.markets, read_market_end),
        "trade_counts": each(reader, "trade_counts", names.markets,
                             lambda inner, name: inner.integer(name, 0, 1_000_000, REQUIRED)),
        "faults": each(reader, "faults", FAULT_KINDS,
                       lambda inner, name: inner.integer(name, 0, 1_000_000, REQUIRED)),
        "feeds": each(reader, "feeds", names.watchers, read_feed),
    }
    reader.done()
    if not any(expect.values()):
        reader.fail("expect", "says nothing")
    return expect


FAULT_KINDS = ("delay", "disconnect", "disconnect_executed", "too_many_requests", "unavailable",
               "unavailable_executed", "drop", "duplicate", "sequence_skip", "sequence_repeat")


def each(reader, section, names, read):
    inner = reader.mapping(section)
    values = {}
    for name in inner.names():
        if name not in names:
            inner.fail(name, f"is none of {', '.join(names)}")
        values[name] = read(inner, name)
    inner.done()
    return values


def read_book(inner, name):
    book = inner.mapping(name)
    sides = {}
    for side in ("bids", "asks"):
        levels = book.items(side, 0, 1_000)
        for i, level in enumerate(levels):
            if not isinstance(level, list) or len(level) != 2:
                book.fail(f"{side}[{i}]", f"{shown(level)} is no pair of price and count")
        sides[side] = [(decimal.Decimal(price), decimal.Decimal(count)) for price, count in levels]
    book.done()
    return sides


def read_balance(inner, name):
    return decimal.Decimal(inner.amount(name, "0", "100000000", REQUIRED))


def read_position(inner, name):
    return decimal.Decimal(inner.amount(name, "-10000000", "10000000", REQUIRED))


def read_order_end(inner, name):
    order = inner.mapping(name)
    end = {"status": order.word("status", ("resting", "canceled", "executed", "absent"), REQUIRED),
           "filled": order.amount("filled", "0", "10000000", None)}
    order.done()
    return end


def read_answers(inner, name):
    statuses = inner.items(name, 1, 20)
    for status in statuses:
        if status != 0 and status not in range(200, 600):
            inner.fail(name, f"{shown(status)} is neither an HTTP status nor 0 for no answer")
    return list(statuses)


def read_feed(inner, name):
    feed = inner.mapping(name)
    end = {member: feed.integer(member, 0, 1_000_000, None)
           for member in ("gaps", "repeats", "reconnects")}
    feed.done()
    return end


def read_market_end(inner, name):
    market = inner.mapping(name)
    end = {"status": market.word("status", STATUSES, REQUIRED),
           "result": market.word("result", ("yes", "no", "scalar", ""), None)}
    market.done()
    return end
