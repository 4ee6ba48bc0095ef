"""Trading through the gateway on a real exchange: orders, fills, the portfolio, stops, settlement by the
operator's methods, and commands that come again after a kill of the gateway."""

import importlib
import json
import time

import pytest

from gateway_process import GatewayProcess, postgres_url_file
from gateway_socket import GatewaySocket
from local_exchange import LocalExchange, free_port, free_ports, write_credentials

MARKET = "GWT-1-A"
PASSWORD = "correct horse battery"
STOP_ORDER_COUNT = 1_000
RESTING = 1  # ORDER_STATUS_RESTING


class TraderSocket(GatewaySocket):
    """Folds the own portfolio too."""

    def __init__(self, gateway, token):
        self.balance, self.orders, self.positions, self.fills = None, {}, {}, []
        self.settlements, self.places = [], {}
        self.token = token
        super().__init__(gateway, token)

    def command(self, kind, **fields):
        """The result of a command; `kind` as in ClientMessage."""
        types = importlib.import_module("evx.gateway.v1.commands_pb2")
        name = "".join(word.capitalize() for word in kind.split("_"))
        answer = self.ask(**{kind: getattr(types, name)(**fields)})
        assert answer.WhichOneof("payload") == "command_result", answer
        return answer.command_result

    def create(self, command_id, side, cents, contracts, market=MARKET, **more):
        fields = {"price_micros": cents * 10_000, "quantity_centis": contracts * 100, **more}
        return self.command("create_order", command_id=command_id, market_ticker=market,
                            side=side, **fields)

    def request(self, kind, **fields):
        types = importlib.import_module("evx.gateway.v1.requests_pb2")
        name = "".join(word.capitalize() for word in kind.split("_"))
        return self.ask(**{kind: getattr(types, name)(**fields)})

    def operate(self, method, command_id="", **request):
        return self.request("call_operator", method=method, command_id=command_id,
                            request_json=json.dumps(request))

    def _take_state(self, stream, state):
        super()._take_state(stream, state)
        if state.WhichOneof("state") == "portfolio":
            self.orders, self.positions = {}, {}
            self._take_portfolio(state.portfolio)

    def _take_change(self, stream, kind, message):
        super()._take_change(stream, kind, message)
        if kind == "update_portfolio":
            self._take_portfolio(message.update_portfolio)
            self.settlements += message.update_portfolio.settlements

    def _take_portfolio(self, news):
        if news.HasField("balance"):
            self.balance = news.balance
        for order in news.orders:
            self.orders[order.order_id] = order
            if order.status != RESTING:
                del self.orders[order.order_id]
        for position in news.positions:
            self.positions[position.market_ticker] = position.position_centis
        self.fills += [fill.trade_id for fill in news.fills]
        self.places |= {one.order_id: one.quantity_ahead_centis for one in news.queue_positions}


@pytest.fixture(scope="module")
def stack(tmp_path_factory, postgres, redis):
    folder = tmp_path_factory.mktemp("trading")
    grpc_port, operator_port = free_ports(2)
    with LocalExchange(f"--grpc_port={grpc_port}",
                       f"--operator_grpc_port={operator_port}") as exchange:
        credentials = write_credentials(folder, "operator", exchange.credentials("operator"))
        with GatewayProcess(folder / "gateway", postgres_url_file(postgres, folder), redis.url_file,
                            f"--kafka_brokers=127.0.0.1:{free_port()}",
                            f"--exchange_url={exchange.rest_url}",
                            f"--exchange_addr=127.0.0.1:{grpc_port}",
                            f"--operator_addr=127.0.0.1:{operator_port}",
                            f"--operator_credentials_file={credentials}",
                            f"--services=mock-kalshi={exchange.rest_url.split('/trade-api')[0]}",
                            ) as gateway:
            gateway.exchange = exchange
            gateway.same_ports = [f"--port={exchange.address[1]}", f"--grpc_port={grpc_port}",
                                  f"--operator_grpc_port={operator_port}"]
            gateway.credentials_folder = folder
            gateway.admin_browser = gateway.admin()
            with TraderSocket(gateway, gateway.admin_browser.token) as admin:
                open_market(admin, "GWT")
            yield gateway


def open_market(admin, series):
    """Series SERIES with event SERIES-1 and market SERIES-1-A, which is open for an hour."""
    now = int(time.time())
    at = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + shift)) for shift in (-60, 3_600)]
    market = {"market_ticker": f"{series}-1-A", "event_ticker": f"{series}-1",
              "settlement_timer_seconds": "1", "open_time": at[0], "close_time": at[1]}
    for method, request in (
            ("PutSeries", {"series_ticker": series}),
            ("PutEvent", {"event_ticker": f"{series}-1", "series_ticker": series}),
            ("PutMarket", market)):
        answer = admin.operate(method, f"{series}-{method}", **request)
        assert answer.WhichOneof("payload") == "answer", answer


def new_user(stack, name, role="trader"):
    response = stack.admin_browser.post("/api/v1/users", {"user_name": name, "role": role,
                                                          "password": PASSWORD})
    assert response.status_code == 201, response.text
    browser = stack.browser()
    assert browser.sign_in(user_name=name, password=PASSWORD).status_code == 201
    return browser


@pytest.fixture
def new_trader(stack):
    sockets = []

    def connect(name, role="trader"):
        socket = TraderSocket(stack, new_user(stack, name, role).token)
        sockets.append(socket)
        if role != "viewer":
            socket.wait_until(lambda: socket.balance is not None, "the portfolio is there")
        return socket

    yield connect
    for socket in sockets:
        socket.close()


def test_order_is_seen_amended_filled_and_canceled(stack, new_trader):
    ann = new_trader("ann")
    assert ann.balance.cash_micros == 10_000_000_000
    created = ann.create("ann-1", 1, 41, 10)
    assert not created.refusal_reason
    order_id = created.orders[0].order_id
    ann.wait_until(lambda: order_id in ann.orders, "the order rests in the portfolio")
    ann.wait_until(lambda: order_id in ann.places, "its place in the queue is there")
    assert ann.balance.hold_micros > 0
    amended = ann.command("amend_order", command_id="ann-2", order_id=order_id,
                          price_micros=420_000, total_quantity_centis=800)
    assert amended.orders[0].remaining_quantity_centis == 800
    ann.wait_until(lambda: ann.orders[order_id].price_micros == 420_000, "the amend is seen")
    bob = new_trader("bob")
    sold = bob.create("bob-1", 2, 42, 3)
    assert sold.orders[0].filled_quantity_centis == 300
    ann.wait_until(lambda: ann.positions.get(MARKET) == 300, "the position is seen")
    assert len(ann.fills) == 1
    assert ann.orders[order_id].remaining_quantity_centis == 500
    refused = ann.create("ann-3", 1, 42, 1_000_000)
    assert refused.refusal_reason == "InsufficientBalance"
    canceled = ann.command("cancel_orders", command_id="ann-4", order_ids=[order_id])
    assert canceled.orders[0].canceled_quantity_centis == 500
    ann.wait_until(lambda: not ann.orders, "nothing rests")
    fills = ann.request("list_fills").answer.fills.fills
    assert [fill.quantity_centis for fill in fills] == [300]
    past = ann.request("list_past_orders").answer.orders.orders
    assert [order.order_id for order in past] == [order_id]
    # The curve of worth is in PostgreSQL, which this exchange has not.
    assert ann.request("list_equity").refusal.reason == "ExchangeUnavailable"


def record_count(stack):
    """Of the exchange's journal."""
    return stack.exchange.operator().get("/state")["sequence_number"]


def test_emergency_stop_of_many_orders_is_quick(stack, new_trader):
    eve = new_trader("eve")
    with TraderSocket(stack, stack.admin_browser.token) as admin:
        answer = admin.operate("UpdateAccount", "eve-tier", tier="USAGE_TIER_UNLIMITED",
                               account={"account_name": "gateway/eve"})
        assert answer.WhichOneof("payload") == "answer", answer
    types = importlib.import_module("evx.gateway.v1.commands_pb2")
    # What the door's limit of messages refuses is sent again, under the same id.
    open_ids = {f"eve-{i}" for i in range(STOP_ORDER_COUNT)}
    while open_ids:
        sent = {eve.send(create_order=types.CreateOrder(
            command_id=command_id, market_ticker=MARKET, side=1, price_micros=10_000,
            quantity_centis=100)): command_id for command_id in sorted(open_ids)[:40]}
        eve.wait_until(lambda: set(sent) <= set(eve.answers), "the orders are answered")
        for number, command_id in sent.items():
            result = eve.answers.pop(number).command_result
            assert result.command_id == command_id
            assert result.refusal_reason in ("", "TooManyRequests"), result
            if not result.refusal_reason:
                open_ids.discard(command_id)
        # Slower than the door's 100 messages a second, beyond which it closes the socket.
        resume_at = time.monotonic() + 0.5
        while time.monotonic() < resume_at:
            eve.receive(seconds=0.05)
    eve.wait_until(lambda: len(eve.orders) == STOP_ORDER_COUNT, "all rest in the portfolio")
    before = record_count(stack)
    begun = time.monotonic()
    stopped = eve.command("emergency_stop", command_id="eve-stop")
    seconds = time.monotonic() - begun
    print(f"emergency stop of {STOP_ORDER_COUNT} orders: {seconds * 1000:.0f} ms")
    assert stopped.canceled_order_count == STOP_ORDER_COUNT
    # The exchange does it in one step, not order by order.
    assert record_count(stack) - before < STOP_ORDER_COUNT / 10
    eve.wait_until(lambda: not eve.orders, "the portfolio has no orders", seconds=10)


def test_liquidation_closes_the_position(stack, new_trader):
    lea, max_ = new_trader("lea"), new_trader("max")
    max_.create("max-1", 2, 45, 10)
    assert lea.create("lea-1", 1, 45, 10).orders[0].filled_quantity_centis == 1_000
    max_.create("max-2", 1, 44, 6)
    lea.create("lea-2", 1, 20, 1)
    result = lea.command("liquidate_all", command_id="lea-3")
    assert not result.refusal_reason
    assert result.canceled_order_count == 1
    assert [(one.filled_quantity_centis, one.canceled_quantity_centis)
            for one in result.orders] == [(600, 400)]
    lea.wait_until(lambda: lea.positions.get(MARKET) == 400, "the rest of the position is seen")
    max_.command("emergency_stop", command_id="max-stop")


def test_operator_settles_a_market_and_the_position_is_paid(stack, new_trader):
    root = new_trader("root", "admin")
    unknown = root.operate("Reboot").refusal
    assert unknown.reason == "UnknownMethod" and "DetermineMarket" in unknown.message
    assert root.operate("PutSeries", series_ticker="GW").refusal.reason == "InvalidCommandId"
    clock = json.loads(root.operate("GetClock").answer.operator_json)
    assert clock
    open_market(root, "GW")
    # A call that comes again is answered as the first one; another one must have an id of its own.
    again = root.operate("PutSeries", "GW-PutSeries", series_ticker="GW")
    assert again.WhichOneof("payload") == "answer", again
    other = root.operate("PutSeries", "GW-PutSeries", series_ticker="OTHER")
    assert other.refusal.reason == "CommandIdReused"
    assert root.create("GW-PutSeries", 1, 40, 1).refusal_reason == "CommandIdReused"
    assert not root.create("root-order", 1, 1, 1).refusal_reason
    mixed = root.operate("PutSeries", "root-order", series_ticker="GW")
    assert mixed.refusal.reason == "CommandIdReused"
    root.command("emergency_stop", command_id="root-stop")
    tim = new_trader("tim")
    assert tim.operate("GetClock").refusal.reason == "RoleRequired"
    tim.wait_until(lambda: tim.create(f"tim-{time.time_ns()}", 1, 60, 2,
                                      market="GW-1-A").refusal_reason == "", "the market is open")
    ida = new_trader("ida")
    assert ida.create("ida-1", 2, 60, 2, market="GW-1-A").orders[0].filled_quantity_centis == 200
    for i, (method, more) in enumerate((("CloseMarket", {}),
                                        ("DetermineMarket", {"result": "MARKET_RESULT_YES"}),
                                        ("SettleMarket", {}))):
        root.operate(method, f"root-settle-{i}", market_ticker="GW-1-A", **more)
    tim.wait_until(lambda: tim.settlements, "the settlement is told")
    settlement = tim.settlements[0]
    assert (settlement.position_centis, settlement.revenue_micros) == (200, 2_000_000)
    assert settlement.settlement_value_micros == 1_000_000 and settlement.result == 1
    tim.wait_until(lambda: not tim.positions.get("GW-1-A"), "the position is gone")
    listed = tim.request("list_settlements").answer.settlements.settlements
    assert [one.market_ticker for one in listed] == ["GW-1-A"]


def test_roles_and_absent_services_refuse_by_name(stack, new_trader):
    pia = new_trader("pia", "viewer")
    assert pia.create("pia-1", 1, 40, 1).refusal_reason == "RoleRequired"
    assert pia.command("emergency_stop", command_id="pia-2").refusal_reason == "RoleRequired"
    assert pia.request("list_fills").refusal.reason == "RoleRequired"
    speech = pia.command("toggle_tts", command_id="pia-3", is_enabled=True)
    assert speech.refusal_reason == "ServiceAbsent" and "speech" in speech.refusal_message
    pia.wait_until(lambda: "mock-kalshi" in pia.services
                   and pia.services["mock-kalshi"].state == 1, "the exchange is told to be well")
    pia.wait_until(lambda: any(figure.name == "commands" for figure
                               in pia.services["mock-kalshi"].figures), "its rate is told")


@pytest.mark.parametrize("field", ["price_micros", "quantity_centis"])
@pytest.mark.parametrize("value", [0, -1, 1, 2**31, 2**53, 2**63 - 1, -2**63])
def test_amounts_at_their_limits_are_refused_by_name(stack, limits_trader, field, value):
    result = limits_trader.create(f"{field}.{value}", 1, 40, 1, **{field: value})
    if not result.refusal_reason:  # One hundredth of a contract is an amount like any other.
        assert (field, value) == ("quantity_centis", 1)
        limits_trader.command("emergency_stop", command_id=f"stop.{field}.{value}")
    else:
        assert result.refusal_reason[0].isupper() and result.refusal_message
        assert "internal" not in result.refusal_message.lower()
    amended = limits_trader.command(
        "amend_order", command_id=f"a.{field}.{value}", order_id="none",
        **{"price_micros": 400_000, "total_quantity_centis": 100,
           field.replace("quantity", "total_quantity"): value})
    assert amended.refusal_reason


@pytest.fixture(scope="module")
def limits_trader(stack):
    with TraderSocket(stack, new_user(stack, "liz").token) as socket:
        socket.wait_until(lambda: socket.balance is not None, "the portfolio is there")
        yield socket


def test_command_that_comes_again_after_a_kill_changes_nothing(stack, new_trader):
    kim = new_trader("kim")
    first = kim.create("kim-1", 1, 30, 5)
    refused = kim.create("kim-2", 1, 30, 5, price_micros=305_000)
    assert refused.refusal_reason == "InvalidPrice"
    assert not first.is_repeated
    again = kim.create("kim-1", 1, 30, 5)
    assert again.is_repeated and again.orders[0].order_id == first.orders[0].order_id
    admin = stack.admin_browser
    stack.kill()
    stack.start()
    stack.admin_browser = stack.browser()
    stack.admin_browser.token, stack.admin_browser.csrf_token = admin.token, admin.csrf_token
    browser = stack.browser()
    assert browser.sign_in(user_name="kim", password=PASSWORD).status_code == 201
    with TraderSocket(stack, browser.token) as later:
        later.wait_until(lambda: later.balance is not None, "the portfolio is there")
        assert list(later.orders) == [first.orders[0].order_id]
        third = later.create("kim-1", 1, 30, 5)
        assert third.is_repeated and third.orders[0].order_id == first.orders[0].order_id
        fourth = later.create("kim-2", 1, 30, 5, price_micros=305_000)
        assert fourth.is_repeated and fourth.refusal_reason == refused.refusal_reason
        assert later.create("kim-2", 1, 30, 1).refusal_reason == "CommandIdReused"
        assert len(later.orders) == 1
        later.command("emergency_stop", command_id="kim-stop")


def test_an_exchange_that_has_forgotten_everything_gets_its_accounts_again(stack, new_trader):
    zoe = new_trader("zoe")
    assert zoe.create("zoe-1", 1, 30, 5).orders[0].remaining_quantity_centis == 500
    zoe.wait_until(lambda: zoe.orders, "the order rests in the portfolio")
    stack.exchange.stop()
    away = zoe.create("zoe-2", 1, 31, 5)
    assert away.refusal_reason in ("ExchangeUnavailable", "ExchangeUnknown") and away.is_retryable
    # Another operator's key too, in the same file.
    with LocalExchange(*stack.same_ports) as exchange, \
            TraderSocket(stack, stack.admin_browser.token) as admin:
        write_credentials(stack.credentials_folder, "operator", exchange.credentials("operator"))
        open_market(admin, "ANEW")
        create = {"side": 1, "cents": 32, "contracts": 5, "market": "ANEW-1-A"}
        zoe.wait_until(lambda: not zoe.create("zoe-3", **create).refusal_reason,
                       "the account is there again")
        zoe.wait_until(lambda: [order.price_micros for order in zoe.orders.values()] == [320_000],
                       "the portfolio is that of the new account")
        assert zoe.balance.cash_micros == 10_000_000_000
        exchange.stop()
