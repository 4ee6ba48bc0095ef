"""The processes of a stack. Adding one is adding an entry here."""

import dataclasses
from collections.abc import Callable

from evx_stack.figures import Figure
from evx_stack.layout import Layout

HOST = "127.0.0.1"
POSTGRES_PORT = 5433
KAFKA_PORT = 9092
KAFKA_CONTROLLER_PORT = 9193
REDIS_PORT = 6379
FRONTEND_PORT = 8080
GATEWAY_PORT = 8766


@dataclasses.dataclass(frozen=True)
class Settings:
    """What `up` passes on: options that change how the services run."""

    schedule: str = "always"
    legacy_orders: str = "gone"
    clock: str = "real"
    recordings: str | None = None
    kafka: bool = False
    # (service, flag, value) of every --set SERVICE.FLAG=VALUE.
    extra: tuple[tuple[str, str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class Service:
    """One process. `arguments` are its flags without those of `ports`, each of which becomes
    --<kind>_port; port kind `http` serves /ready and /metrics. `tools` are programs built with it,
    `figures` what `status` shows of it."""

    name: str
    summary: str
    ports: dict[str, int]
    arguments: Callable[[Layout, Settings], list[str]]
    after: tuple[str, ...] = ()
    url_path: str = ""
    tools: tuple[str, ...] = ()
    needs_kafka: bool = False
    figures: tuple[Figure, ...] = ()

    def command(self, layout, settings):
        """The command line, as a list."""
        flags = [f"--{kind}_port={layout.port(port)}" for kind, port in self.ports.items()]
        extra = [f"--{flag}={value}" for name, flag, value in settings.extra if name == self.name]
        return [str(self.binary(layout)), *flags, *self.arguments(layout, settings), *extra]

    def binary(self, layout):
        return layout.build_dir / "services" / self.name / self.name

    def url(self, layout):
        return f"http://{HOST}:{layout.port(self.ports['http'])}{self.url_path}"

    def ready_url(self, layout):
        return f"http://{HOST}:{layout.port(self.ports['http'])}/ready"

    def metrics_url(self, layout):
        return f"http://{HOST}:{layout.port(self.ports['http'])}/metrics"


EXCHANGE_PORTS = {
    "http": 9090,
    "grpc": 50051,
    "operator_http": 9098,
    "operator_grpc": 50060,
    "fix_nr": 9878,
    "fix_rt": 9879,
    "fix_dc": 9880,
    "fix_md": 9881,
    "fix_pt": 9882,
}


def exchange_address(layout, kind):
    return f"{HOST}:{layout.port(EXCHANGE_PORTS[kind])}"


def exchange_url(layout):
    return f"http://{exchange_address(layout, 'http')}/trade-api/v2"


def gateway_address(layout):
    return f"{HOST}:{layout.port(GATEWAY_PORT)}"


def _exchange_arguments(layout, settings):
    kafka = [f"--kafka_brokers={HOST}:{layout.port(KAFKA_PORT)}"] if settings.kafka else []
    return [
        f"--data_dir={layout.data('mock-kalshi')}",
        f"--postgres_url_file={layout.run_dir / 'postgres/url'}",
        f"--demo_key_dir={layout.keys}",
        f"--schedule={settings.schedule}",
        f"--legacy_orders={settings.legacy_orders}",
        f"--clock={settings.clock}",
        *kafka,
    ]


def _market_maker_arguments(layout, _settings):
    return [
        f"--exchange_url={exchange_url(layout)}",
        f"--credentials={layout.keys / 'market-maker.json'}",
    ]


def _flow_arguments(layout, settings):
    recordings = [f"--recordings={settings.recordings}"] if settings.recordings else []
    return [
        f"--exchange_addr={exchange_address(layout, 'grpc')}",
        f"--operator_addr={exchange_address(layout, 'operator_grpc')}",
        f"--credentials={layout.keys / 'flow.json'}",
        f"--operator_credentials={layout.keys / 'operator.json'}",
        *recordings,
    ]


def _market_data_arguments(layout, _settings):
    return [
        f"--exchange_url={exchange_url(layout)}",
        f"--websocket_url=ws://{exchange_address(layout, 'http')}/trade-api/ws/v2",
        f"--credentials={layout.keys / 'demo.json'}",
        f"--kafka_brokers={HOST}:{layout.port(KAFKA_PORT)}",
        f"--redis_url_file={layout.run_dir / 'redis/url'}",
        f"--recording_dir={_recording(layout)}",
        # A transaction costs milliseconds of processor time, whatever is in it: one machine has all
        # of the stack. Only what follows another within this time waits for it.
        "--commit_interval=25ms",
    ]


def _recording(layout):
    """What market-data-server records and the player of order-book-rebuilder shows."""
    return layout.data("market-data-server") / "recording"


def _rebuilder_arguments(layout, _settings):
    return [
        f"--kafka_brokers={HOST}:{layout.port(KAFKA_PORT)}",
        f"--data_dir={layout.data('order-book-rebuilder')}",
        "--instance_id=local",
        f"--recording_dir={_recording(layout)}",
    ]


def _gateway_arguments(layout, _settings):
    frontend = layout.port(FRONTEND_PORT)
    watched = (EXCHANGE, MARKET_DATA, REBUILDER, GATEWAY, MARKET_MAKER, FLOW)
    services = [f"{service.name}=http://{HOST}:{layout.port(service.ports['http'])}"
                for service in watched]
    return [
        f"--kafka_brokers={HOST}:{layout.port(KAFKA_PORT)}",
        f"--exchange_url={exchange_url(layout)}",
        f"--exchange_addr={exchange_address(layout, 'grpc')}",
        f"--candles_addr={HOST}:{layout.port(MARKET_DATA.ports['grpc'])}",
        f"--books_addr={HOST}:{layout.port(REBUILDER.ports['grpc'])}",
        f"--operator_addr={exchange_address(layout, 'operator_grpc')}",
        f"--operator_credentials_file={layout.keys / 'operator.json'}",
        f"--services={','.join(services)}",
        f"--data_dir={layout.data('gateway')}",
        f"--postgres_url_file={layout.run_dir / 'postgres/url'}",
        f"--redis_url_file={layout.run_dir / 'redis/url'}",
        f"--allowed_origins=http://{HOST}:{frontend},http://localhost:{frontend}",
        f"--trusted_proxies={HOST}",
    ]


EXCHANGE = Service(
    name="mock-kalshi",
    summary="the exchange",
    ports=EXCHANGE_PORTS,
    arguments=_exchange_arguments,
    url_path="/trade-api/v2",
    tools=("evx-journal",),
    figures=(Figure("lag", "evx_exchange_follower_lag_records", "records"),
             Figure("to Kafka", "evx_exchange_kafka_lag_records", "records")),
)
MARKET_MAKER = Service(
    name="market-maker",
    summary="quotes markets",
    ports={"http": 8888, "grpc": 50057},
    arguments=_market_maker_arguments,
    after=("mock-kalshi",),
)
FLOW = Service(
    name="flow",
    summary="participants, recorded and synthetic",
    ports={"http": 8889, "grpc": 50059},
    arguments=_flow_arguments,
    after=("mock-kalshi",),
)
MARKET_DATA = Service(
    name="market-data-server",
    summary="market data into Kafka",
    ports={"http": 8084, "grpc": 50052},
    arguments=_market_data_arguments,
    after=("mock-kalshi",),
    needs_kafka=True,
    figures=(Figure("leads", "evx_market_data_leader"),
             Figure("lag", "evx_market_data_queue_bytes", "bytes"),
             Figure("gaps", "evx_market_data_gaps_total"),
             Figure("newest", "evx_market_data_last_commit_seconds", is_time=True)),
)
REBUILDER = Service(
    name="order-book-rebuilder",
    summary="every book, rebuilt from Kafka",
    ports={"http": 8085, "grpc": 50053, "replay": 8090},
    arguments=_rebuilder_arguments,
    after=("market-data-server",),  # Until that has written a frame there is nothing to play.
    needs_kafka=True,
    figures=(Figure("lag", "evx_order_book_rebuilder_lag_messages", "messages"),
             Figure("gaps", 'evx_order_book_rebuilder_messages_total{kind="gap"}'),
             Figure("newest", "evx_order_book_rebuilder_last_message_seconds", is_time=True)),
)
GATEWAY = Service(
    name="gateway",
    summary="the door of the browser",
    ports={"http": GATEWAY_PORT, "grpc": 50056},
    arguments=_gateway_arguments,
    after=("mock-kalshi",),
    needs_kafka=True,
    figures=(Figure("clients", "evx_gateway_clients"),
             Figure("lag", "evx_gateway_lag_records", "records"),
             Figure("gaps", "evx_gateway_book_gaps_total")),
)

# In the order in which they start.
SERVICES = (EXCHANGE, MARKET_MAKER, FLOW, MARKET_DATA, REBUILDER, GATEWAY)

BY_NAME = {service.name: service for service in SERVICES}

# What `up --only NAME` starts.
ONLY = {"exchange": ("mock-kalshi",)}


def select(only=None, also=()):
    """The services of `up [--only NAME [--with A,B]]`, in the order in which they start."""
    if only is None:
        return SERVICES
    wanted = {*ONLY[only], *also}
    return tuple(service for service in SERVICES if service.name in wanted)
