"""The figures of the project, in the order in which they are printed."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure. A target is on measured / reference, or on the measured value itself."""

    name: str
    what: str
    at_least_ratio: float | None = None
    at_most_ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    def target(self):
        """As printed: no blanks, so that the last lines split into six words."""
        parts = []
        for sign, ratio, value in ((">=", self.at_least_ratio, self.at_least),
                                   ("<=", self.at_most_ratio, self.at_most)):
            if ratio is not None:
                parts.append(f"{sign}{ratio:g}x")
            if value is not None:
                parts.append(f"{sign}{value:.12g}")
        return ",".join(parts)


@dataclasses.dataclass(frozen=True)
class Program:
    """Something that measures rows. In `command` {build} is the build folder, {root} the clone."""

    rows: tuple[Row, ...]
    command: tuple[str, ...]
    build_targets: tuple[str, ...]


_MATCHING = "{build}/libs/matching/evx_matching_benchmark"
_LOAD = "{root}/tests/load"
_PYTHON = "{root}/.venv/bin/python"

PROGRAMS = (
    Program(
        (Row("kx1", "KX-1 on libs/matching against the reference book", at_least_ratio=0.50),),
        (_MATCHING, "--row=kx1"), ("evx_matching_benchmark",)),
    Program(
        (Row("kx1_p99", "the same, 99th percentile of one call", at_most_ratio=2),),
        (_MATCHING, "--row=kx1_p99"), ("evx_matching_benchmark",)),
    Program(
        (Row("kx1_hot", "KX-1, one hot book", at_least_ratio=0.55),),
        (_MATCHING, "--row=kx1_hot"), ("evx_matching_benchmark",)),
    Program(
        (Row("ladder", "1,000,000 ticks, random walk, Mops/s against our hot book",
             at_least_ratio=0.5, at_least=5),),
        (_MATCHING, "--row=ladder"), ("evx_matching_benchmark",)),
    Program(
        (Row("resting_orders_bytes", "memory of one resting order in matching", at_most=200),
         Row("resting_orders_5m", "resident MiB of 5 million live orders in matching",
             at_most=1536)),
        (_MATCHING, "--row=resting_orders_bytes"), ("evx_matching_benchmark",)),
    Program(
        (Row("book_apply", "changes/s of decoded deltas to the books of 1,000 markets, against a pair "
             "of std::map for each", at_least_ratio=3, at_least=10_000_000),),
        ("{build}/libs/book/evx_book_benchmark",), ("evx_book_benchmark",)),
    Program(
        (Row("rebuild_messages", "Kafka records in memory, decoded and applied to the books of 1,000 "
             "markets and to their past, records/s of a core", at_least=2_000_000),
         Row("rebuild_read_p99", "reads of whole books by another thread meanwhile, p99 in ms",
             at_most=1)),
        ("{build}/services/order-book-rebuilder/order_book_rebuilder_benchmark",),
        ("order_book_rebuilder_benchmark",)),
    Program(
        (Row("past_equal", "books of 10,000 random instants of a week of 1,000 markets, made of the "
             "gold and BTC recordings, equal by hash to a replay", at_least=10_000),
         Row("past_p99", "the same, p99 of a question in ms, from disk", at_most=20)),
        ("{build}/services/order-book-rebuilder/past_benchmark",
         "{root}/../shared/data/kalshi-recorded/gold15m-l2",
         "{root}/../shared/data/kalshi-recorded/btc15m-l2"), ("past_benchmark",)),
    Program(
        (Row("recording_size", "bytes of recorded gold frames (every 6th file, 29 MB) as blocks, "
             "against zstd -19 of the frames; every frame is re-created and compared", at_most_ratio=1),
         Row("recording_speed", "raw bytes/s written so, against zstd -19", at_least_ratio=10),
         Row("recording_read", "raw bytes/s re-created from blocks", at_least=100_000_000)),
        ("{build}/libs/recording/evx_recording_benchmark",
         "{root}/../shared/data/kalshi-recorded/gold15m-l2", "6"), ("evx_recording_benchmark",)),
    Program(
        (Row("core_throughput", "commands/s of the full core with fdatasync, 30 s",
             at_least=1_000_000),
         Row("core_rss", "resident growth after 5 s, percent", at_most=2)),
        ("{build}/tests/load/core_benchmark", "--workload=throughput"), ("core_benchmark",)),
    Program(
        (Row("snapshot_ack", "p99.9 acknowledgement during a snapshot of 5 M orders",
             at_most_ratio=3),
         Row("core_orders_5m", "resident MiB of 5 million live orders in the full core",
             at_most=1536)),
        ("{build}/tests/load/core_benchmark", "--workload=snapshot"), ("core_benchmark",)),
    Program(
        (Row("durable_order_p50", "one durable order at a time, p50 against fdatasync p50",
             at_most_ratio=2),
         Row("durable_order_p99", "the same, p99 against fdatasync p50", at_most_ratio=6)),
        ("{build}/tests/load/core_benchmark", "--workload=durable"), ("core_benchmark",)),
    Program(
        (Row("recovery", "seconds to ready after 10 million journal records", at_most=5),),
        ("{build}/tests/load/core_benchmark", "--workload=recovery"), ("core_benchmark",)),
    Program(
        (Row("overload_goodput", "goodput at twice the capacity against the peak",
             at_least_ratio=0.9),
         Row("overload_p99", "p99 of the accepted at twice the capacity, ms", at_most=1000)),
        ("{build}/tests/load/core_benchmark", "--workload=overload"), ("core_benchmark",)),
    Program(
        (Row("overload_rest", "signed creates at twice the capacity of one front-door thread, "
             "accepted against the peak", at_least_ratio=0.9),
         Row("overload_rest_p99", "p99 of the accepted, ms", at_most=1000)),
        (_PYTHON, f"{_LOAD}/overload_rest.py", "--build={build}"), ("mock-kalshi",)),
    Program(
        (Row("overload_rest_queue", "the same with a slow disk and a short queue",
             at_least_ratio=0.9),
         Row("overload_rest_queue_p99", "p99 of the accepted, ms", at_most=1000)),
        (_PYTHON, f"{_LOAD}/overload_rest.py", "--build={build}", "--slow_disk"),
        ("mock-kalshi", "disk_faults")),
    Program(
        (Row("rest_get", "unsigned GET orderbook, 64 connections, against nginx return 200",
             at_least_ratio=0.5),),
        (_PYTHON, f"{_LOAD}/rest_get.py", "--build={build}"), ("mock-kalshi",)),
    Program(
        (Row("rest_create_signed", "signed creates per front-door core against openssl verify",
             at_least_ratio=0.5),),
        (_PYTHON, f"{_LOAD}/rest_create_signed.py", "--build={build}"),
        ("mock-kalshi",)),
    Program(
        (Row("websocket_fanout", "deltas to 1,000 connections per CPU-second of the sending thread, "
             "against bare send() in batches of 16", at_least_ratio=0.7),),
        (_PYTHON, f"{_LOAD}/websocket_fanout.py", "--build={build}"),
        ("mock-kalshi", "bare_send")),
    Program(
        (Row("delta_out_p50", "2,000 orders/s over one FIX session to their deltas at 100 WebSocket "
             "connections, durable, p50 against fdatasync p50", at_most_ratio=4),
         Row("delta_out_p99", "the same, p99 against fdatasync p50", at_most_ratio=20)),
        (_PYTHON, f"{_LOAD}/websocket_delta_out.py", "--build={build}"),
        ("mock-kalshi", "delta_out")),
    Program(
        (Row("kafka_event_p99", "2,000 orders/s over one FIX session to a consumer of their book "
             "changes in Kafka, from exchange time, p99 of a second against produce to consume, each "
             "the median of 11 by turns", at_most_ratio=2),),
        (_PYTHON, f"{_LOAD}/kafka_event_latency.py", "--build={build}"),
        ("mock-kalshi", "event_latency")),
    Program(
        (Row("websocket_idle_mib", "resident MiB with 10,000 connections subscribed to everything",
             at_most=1024),
         Row("websocket_idle_cpu", "CPU of the same, percent of a core", at_most=5)),
        (_PYTHON, f"{_LOAD}/websocket_idle.py", "--build={build}"), ("mock-kalshi",)),
    Program(
        (Row("postgres_writer", "rows/s of the writer against COPY of the same rows",
             at_least_ratio=0.5),),
        ("{build}/tests/load/postgres_writer_benchmark",),
        ("postgres_writer_benchmark",)),
    Program(
        (Row("fix_orders", "FIX orders of one session, pipelined and durable, against the gRPC stream",
             at_least_ratio=0.8, at_least=20_000),),
        ("{build}/tests/load/fix_benchmark",), ("fix_benchmark",)),
    Program(
        (Row("grpc_stream_orders", "orders over four gRPC batch streams, durable, against the core "
             "without a door", at_least_ratio=0.15, at_least=100_000),),
        ("{build}/tests/load/grpc_benchmark",), ("grpc_benchmark",)),
    Program(
        (Row("md_frames", "recorded gold frames of a WebSocket to messages that Kafka has, per "
             "CPU-second of market-data-server, against a bare producer of the same bytes",
             at_least_ratio=0.5, at_least=100_000),),
        ("{build}/services/market-data-server/market_data_frames_benchmark",
         "{root}/../shared/data/kalshi-recorded/gold15m-l2"),
        ("market_data_frames_benchmark",)),
    Program(
        (Row("stalled_client_p99", "messages of 5,000 markets to 999 clients of /ws/market-data while "
             "one more takes nothing, committed to received, p99 against the same without it",
             at_most_ratio=1.2),),
        ("{build}/tests/load/stalled_client",), ("stalled_client",)),
    Program(
        (Row("gateway_trade_p99", "2,000 updates/s of 50 markets to 500 pages of the gateway, publish to "
             "socket, p99 of trades in ms", at_most=20),
         Row("gateway_book_p99", "the same, p99 of a book's first change of a window in ms",
             at_most=20)),
        ("{build}/services/gateway/gateway_fan_out_benchmark",),
        ("gateway_fan_out_benchmark",)),
    Program(
        (Row("ui_frame_p95", "a page under 1,000 updates/s of the table and 200 changes/s of a book, "
             "10 minutes: main thread's CPU time for a frame, p95 in ms", at_most=8),
         Row("ui_missed_frames", "the same, frames that were not shown in time, percent", at_most=2),
         Row("ui_long_tasks", "the same, tasks over 50 ms", at_most=0),
         Row("ui_heap_growth", "the same, heap after a collection, minute 2 to 10, percent",
             at_most=5),
         Row("ui_heap_data_growth", "the same without the code that V8 makes meanwhile", at_most=5)),
        (_PYTHON, f"{_LOAD}/ui/frame_figures.py", "--build={build}"),
        ("gateway_record_stream",)),
    Program(
        (Row("ui_first_paint", "a new browser to the first rows of markets, a warm stack, ms",
             at_most=1000),
         Row("ui_first_js", "JavaScript that takes, compressed, kB", at_most=300),
         Row("ui_click_ack", "click on the ticket to the acknowledged order in the ladder, ms",
             at_most=50),
         Row("ui_reconnect", "a killed gateway's new socket to what happened meanwhile, ms",
             at_most=1000)),
        (_PYTHON, f"{_LOAD}/ui/stack_figures.py", "--build={build}"),
        ("mock-kalshi", "market-data-server", "order-book-rebuilder", "gateway")),
)
