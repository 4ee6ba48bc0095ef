"""A stack of stand-in services under the real supervisord, and the real servers."""

import dataclasses
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
import unittest.mock
import urllib.error
import urllib.request
import xmlrpc.client

import confluent_kafka

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "scripts"),
                str(pathlib.Path(__file__).resolve().parents[1])]

from evx_stack import figures, kafka, machine, nginx, postgres, redis, topics  # noqa: E402
from evx_stack.errors import StackError  # noqa: E402
from evx_stack.layout import REPOSITORY, Layout  # noqa: E402
from evx_stack.servers import select_servers  # noqa: E402
from evx_stack.stack import Stack  # noqa: E402
from evx_stack.supervisor import Supervisor  # noqa: E402
from evx_stack.table import (  # noqa: E402
    FRONTEND_PORT, GATEWAY_PORT, KAFKA_CONTROLLER_PORT, KAFKA_PORT, REDIS_PORT, SERVICES, Service,
    Settings, select)
from free_ports import free_offset, free_port  # noqa: E402

# Answers /ready with 200 on --http_port.
SERVER = """\
    #!/usr/bin/env python3
    import http.server, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/ready" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    flags = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
    print("serving", flags, flush=True)
    http.server.HTTPServer(("127.0.0.1", int(flags["http_port"])), Handler).serve_forever()
"""


@unittest.skipUnless(shutil.which("supervisord"), "supervisord is not installed")
class StackTest(unittest.TestCase):
    SERVERS = ()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="evx-stack-test.")
        self.addCleanup(self.folder.cleanup)
        self.top = pathlib.Path(self.folder.name)
        os.chmod(self.top, 0o755)
        self.layout = Layout(self.top / "run", port_offset=0, build_dir=self.top / "build")
        self.services = (self.service("first"), self.service("second", after=("first",)))
        self.addCleanup(lambda: self.stack().down())

    def service(self, name, after=(), text=SERVER):
        binary = self.layout.build_dir / "services" / name / name
        binary.parent.mkdir(parents=True)
        binary.write_text(textwrap.dedent(text))
        binary.chmod(0o755)
        return Service(name, "", {"http": free_port()}, lambda layout, settings: ["--a=100% b"],
                       after)

    def stack(self, services=None):
        return Stack(self.layout, self.services if services is None else services, Settings(),
                     self.SERVERS, say=lambda text: None)

    def pids(self):
        return {process["name"]: process["pid"] for process in self.stack().status()}

    def assert_all_ready(self):
        processes = self.stack().status()
        self.assertTrue(processes)
        # A look waits a second or two for an answer, which a busy machine may not give in time.
        self.assertTrue(machine.wait_until(
            lambda: all(process["ready"] for process in self.stack().status()), seconds=60), processes)


class LifeTest(StackTest):
    def test_up_is_idempotent_and_down_leaves_no_process(self):
        self.stack().up()
        self.assert_all_ready()
        first = self.pids()
        self.stack().up()
        self.assertEqual(self.pids(), first)
        self.stack().down()
        self.assertEqual(machine.marked_processes(self.layout.run_dir), [])
        self.assertFalse(any(process["ready"] or process["pid"]
                             for process in self.stack().status()))

    def test_flags_reach_the_process_unchanged(self):
        self.stack().up()
        self.assertIn("'a': '100% b'", self.layout.log("first").read_text())

    def test_a_rebuilt_binary_is_restarted_alone(self):
        self.stack().up()
        before = self.pids()
        binary = self.services[1].binary(self.layout)
        binary.write_text(binary.read_text() + "# rebuilt\n")
        self.stack().up()
        after = self.pids()
        self.assertEqual(after["first"], before["first"])
        self.assertNotEqual(after["second"], before["second"])
        self.assert_all_ready()

    def test_what_is_no_longer_wanted_is_stopped(self):
        self.stack().up()
        second = self.pids()["second"]
        self.stack(self.services[:1]).up()
        self.assertEqual(list(self.pids()), ["first"])
        self.assertFalse(machine.alive(second))

    def test_a_killed_process_comes_back(self):
        self.stack().up()
        before = self.pids()["first"]
        os.kill(before, signal.SIGKILL)
        self.assertTrue(machine.wait_until(
            lambda: self.pids()["first"] not in (None, before), seconds=60))

    def test_a_killed_supervisor_leaves_nothing_in_the_way(self):
        self.stack().up()
        before = self.pids()["first"]
        supervisor = self.stack().supervisor.pid()
        os.kill(supervisor, signal.SIGKILL)
        self.assertTrue(machine.wait_until(lambda: not machine.alive(supervisor), seconds=60))
        self.assertIn(before, machine.marked_processes(self.layout.run_dir))
        self.stack().up()
        self.assert_all_ready()
        self.assertFalse(machine.alive(before))


class FaultTest(StackTest):
    def up_fails(self):
        with self.assertRaises(StackError) as caught:
            self.stack().up()
        message = str(caught.exception)
        self.assertNotIn("\n", message)
        return message

    def test_a_port_taken_by_a_stranger_is_named_with_its_process(self):
        with socket.socket() as stranger:
            stranger.bind(("127.0.0.1", self.services[0].ports["http"]))
            stranger.listen()
            message = self.up_fails()
        self.assertIn(f"pid {os.getpid()}", message)
        self.assertIn("--port_offset", message)

    def test_a_taken_port_of_the_last_service_leaves_nothing_started(self):
        with socket.socket() as stranger:
            stranger.bind(("127.0.0.1", self.services[1].ports["http"]))
            stranger.listen()
            self.up_fails()
        self.assertEqual(machine.marked_processes(self.layout.run_dir), [])

    def test_a_process_that_ends_at_once_is_reported_with_its_last_words(self):
        binary = self.services[0].binary(self.layout)
        binary.write_text("#!/bin/sh\necho 'catalogue is empty'\nexit 3\n")
        self.assertIn("first does not stay up: catalogue is empty", self.up_fails())

    def test_a_missing_binary_is_named(self):
        self.services[0].binary(self.layout).unlink()
        self.assertIn("is not built", self.up_fails())

    def test_a_full_disk_is_said_before_anything_is_written(self):
        with self.assertRaises(StackError) as caught:
            machine.require_disk(self.top, at_least=1 << 62)
        self.assertIn("EVX_RUN_DIR", str(caught.exception))


@unittest.skipUnless(shutil.which("initdb") or list(postgres._BINARIES.glob("*/bin/initdb")),
                     "PostgreSQL is not installed")
class PostgresTest(StackTest):
    SERVERS = (postgres.Postgres,)

    def setUp(self):
        super().setUp()
        offset = free_offset(postgres.POSTGRES_PORT)
        self.layout = Layout(self.top / "run", offset, self.top / "build")
        self.services = ()

    def query(self, url):
        return subprocess.run([postgres.binaries() / "psql", url, "-Atc", "SELECT 6 * 7"],
                              capture_output=True, text=True)

    def test_it_answers_to_its_password_alone(self):
        self.stack().up()
        self.assert_all_ready()
        url_file = self.layout.run_dir / "postgres/url"
        self.assertEqual(url_file.stat().st_mode & 0o777, 0o400)
        url = url_file.read_text().strip()
        self.assertEqual(self.query(url).stdout, "42\n")
        password = url.split(":")[2].split("@")[0]
        self.assertNotEqual(self.query(url.replace(password, "guess")).returncode, 0)

    def test_down_stops_it_cleanly_and_its_data_stays(self):
        self.stack().up()
        pid = self.pids()["postgres"]
        url = (self.layout.run_dir / "postgres/url").read_text().strip()
        self.stack().down()
        self.assertFalse(machine.alive(pid))
        self.stack().up()
        self.assertEqual(self.query(url).stdout, "42\n")


    @unittest.skipUnless(os.geteuid() == 0, "only root has a user of its own for PostgreSQL")
    def test_data_lies_outside_a_folder_that_its_user_cannot_reach(self):
        os.chmod(self.top, 0o700)
        self.addCleanup(lambda: shutil.rmtree(postgres.Postgres(self.layout).data.parent))
        self.stack().up()
        self.assertFalse(postgres.Postgres(self.layout).data.is_relative_to(self.layout.run_dir))
        self.assert_all_ready()
        self.stack().down()


@unittest.skipUnless(shutil.which("redis-server"), "Redis is not installed")
class RedisTest(StackTest):
    SERVERS = (redis.Redis,)

    def setUp(self):
        super().setUp()
        self.layout = Layout(self.top / "run", free_offset(REDIS_PORT), self.top / "build")
        self.services = ()

    def ask(self, *command, password=None):
        """The answers' bytes to a login and a command."""
        password = password or (self.layout.run_dir / "redis/password").read_text().strip()
        port = self.layout.port(REDIS_PORT)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"AUTH {password}\r\n{' '.join(command)}\r\nQUIT\r\n".encode())
            return b"".join(iter(lambda: connection.recv(4096), b""))

    def test_it_answers_to_its_password_alone(self):
        self.stack().up()
        self.assert_all_ready()
        self.assertEqual((self.layout.run_dir / "redis/url").stat().st_mode & 0o777, 0o400)
        self.assertIn(b"+PONG", self.ask("PING"))
        self.assertNotIn(b"+PONG", self.ask("PING", password="guess"))

    def test_what_was_written_outlives_a_restart(self):
        self.stack().up()
        self.ask("SET", "session", "kept")
        self.stack().down()
        self.assertEqual(machine.marked_processes(self.layout.run_dir), [])
        self.stack().up()
        self.assertIn(b"kept", self.ask("GET", "session"))

    def test_a_port_taken_by_a_stranger_is_named_with_its_process(self):
        with socket.socket() as stranger:
            stranger.bind(("127.0.0.1", self.layout.port(REDIS_PORT)))
            stranger.listen()
            with self.assertRaises(StackError) as caught:
                self.stack().up()
        self.assertRegex(str(caught.exception), rf"\(Redis\) is taken by .*pid {os.getpid()}")
        self.assertEqual(machine.marked_processes(self.layout.run_dir), [])


class StandInGateway(http.server.BaseHTTPRequestHandler):
    """Answers with the request line and headers it was sent."""

    def do_GET(self):
        text = f"{self.requestline}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


@unittest.skipUnless(shutil.which("nginx", path=nginx.PATH), "nginx is not installed")
class NginxTest(StackTest):
    SERVERS = (nginx.Nginx,)

    def setUp(self):
        super().setUp()
        self.layout = Layout(self.top / "run", free_offset(FRONTEND_PORT, GATEWAY_PORT),
                             self.top / "build")
        self.services = ()
        pages = self.top / "pages"
        (pages / "assets").mkdir(parents=True)
        (pages / "index.html").write_text("<title>page</title>")
        (pages / "assets/index-1.js").write_text("script")
        patch = unittest.mock.patch.object(nginx, "PAGES", pages)
        patch.start()
        self.addCleanup(patch.stop)

    def get(self, path, **headers):
        port = self.layout.port(FRONTEND_PORT)
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode(), answer.headers

    def test_it_serves_the_pages_with_headers_that_keep_strangers_out(self):
        self.stack().up()
        self.assert_all_ready()
        for path in ("/", "/markets"):
            text, headers = self.get(path)
            self.assertIn("page", text)
            self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
            self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
            self.assertEqual(headers["Cache-Control"], "no-cache")
        text, headers = self.get("/assets/index-1.js")
        self.assertEqual(text, "script")
        self.assertIn("immutable", headers["Cache-Control"])
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.get("/assets/index-2.js")
        self.assertEqual(caught.exception.code, 404)

    def test_the_gateway_is_behind_ws_and_api(self):
        gateway = http.server.HTTPServer(("127.0.0.1", self.layout.port(GATEWAY_PORT)),
                                         StandInGateway)
        thread = threading.Thread(target=gateway.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(gateway.server_close)
        self.addCleanup(gateway.shutdown)
        self.stack().up()
        text, _ = self.get("/api/v1/status?a=1", **{"X-Forwarded-For": "192.0.2.1"})
        self.assertTrue(text.startswith("GET /api/v1/status?a=1 HTTP/1.1"), text)
        self.assertIn(f"Host: 127.0.0.1:{self.layout.port(FRONTEND_PORT)}", text)
        self.assertIn("X-Forwarded-For: 127.0.0.1", text)
        self.assertNotIn("192.0.2.1", text)
        text, _ = self.get("/ws?format=json", Upgrade="websocket", Connection="Upgrade")
        self.assertIn("Upgrade: websocket", text)
        self.assertIn("Connection: upgrade", text)

    def test_a_server_that_lost_its_supervisor_is_stopped(self):
        self.stack().up()
        pid = int((self.layout.run_dir / "frontend/nginx.pid").read_text())
        os.kill(Supervisor(self.layout).pid(), signal.SIGKILL)
        self.stack().down()
        self.assertTrue(machine.wait_until(lambda: not machine.alive(pid), 60))


@unittest.skipUnless(kafka.JARS.is_dir(), "Kafka is not installed")
class KafkaTest(StackTest):
    SERVERS = (kafka.Kafka,)

    def setUp(self):
        super().setUp()
        self.layout = Layout(self.top / "run", free_offset(KAFKA_PORT, KAFKA_CONTROLLER_PORT),
                             self.top / "build")
        self.services = ()

    def topics(self):
        return topics.Admin(self.broker()).partition_counts()

    def broker(self):
        return f"127.0.0.1:{self.layout.port(KAFKA_PORT)}"

    def test_the_declared_topics_are_there_also_after_kill_9_and_a_second_up(self):
        self.stack().up()
        self.assert_all_ready()
        declared = {topic.name: topic.partitions for topic in topics.declared()}
        self.assertEqual(self.topics(), declared)
        pid = self.pids()["kafka"]
        self.assertLess(resident_bytes(pid), 512 << 20)
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(machine.wait_until(
            lambda: all(process["ready"] for process in self.stack().status()), seconds=60))
        self.assertNotEqual(self.pids()["kafka"], pid)
        self.stack().up()
        self.assertEqual(self.topics(), declared)
        self.stack().down()
        self.assertEqual(machine.marked_processes(self.layout.run_dir), [])

    def test_a_topic_follows_its_declaration(self):
        self.stack().up()
        topic = topics.Topic("evx.test.v1", "nobody", "nothing", "none", partitions=1,
                             retention_hours=1, retention_mib_per_partition=1, compacted=False)
        self.assertEqual(topics.make(self.broker(), [topic]), ["evx.test.v1"])
        self.assertEqual(topics.make(self.broker(), [topic]), [])
        topics.make(self.broker(), [dataclasses.replace(topic, partitions=3, compacted=True)])
        self.assertEqual(self.topics()["evx.test.v1"], 3)
        with self.assertRaisesRegex(StackError, "cannot shrink"):
            topics.make(self.broker(), [topic])

    def test_a_port_taken_by_a_stranger_is_named_with_its_process(self):
        for port, purpose in ((KAFKA_PORT, "Kafka"), (KAFKA_CONTROLLER_PORT, "Kafka controller")):
            with socket.socket() as stranger:
                stranger.bind(("127.0.0.1", self.layout.port(port)))
                stranger.listen()
                with self.assertRaises(StackError) as caught:
                    self.stack().up()
            self.assertRegex(str(caught.exception),
                             rf"\({purpose}\) is taken by .*pid {os.getpid()}")
            self.assertEqual(machine.marked_processes(self.layout.run_dir), [])


def resident_bytes(pid):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class SelectionTest(unittest.TestCase):
    def test_only_exchange_with_others(self):
        names = lambda services: [service.name for service in services]  # noqa: E731
        self.assertEqual(names(select()), ["mock-kalshi", "market-maker", "flow",
                                           "market-data-server", "order-book-rebuilder", "gateway"])
        self.assertEqual(names(select("exchange")), ["mock-kalshi"])
        self.assertEqual(names(select("exchange", ["flow"])), ["mock-kalshi", "flow"])
        self.assertEqual(names(select_servers()), ["postgres", "kafka", "redis", "frontend"])
        self.assertEqual(names(select_servers("exchange")), ["postgres"])

    def test_port_offset_moves_every_port_and_address(self):
        layout = Layout(pathlib.Path("/x"), port_offset=100)
        settings = Settings(kafka=True, extra=(("flow", "speed", "20"),))
        exchange, _, flow, market_data, rebuilder, gateway = (
            service.command(layout, settings) for service in select())
        self.assertIn("--http_port=9190", exchange)
        self.assertIn("--kafka_brokers=127.0.0.1:9192", exchange)
        self.assertIn("--operator_grpc_port=50160", exchange)
        self.assertIn("--fix_md_port=9981", exchange)
        self.assertIn("--exchange_addr=127.0.0.1:50151", flow)
        self.assertIn("--websocket_url=ws://127.0.0.1:9190/trade-api/ws/v2", market_data)
        self.assertIn("--kafka_brokers=127.0.0.1:9192", market_data)
        self.assertTrue(any(word.startswith("--recording_dir=") for word in market_data))
        self.assertIn("--kafka_brokers=127.0.0.1:9192", rebuilder)
        self.assertIn("--http_port=8866", gateway)
        self.assertIn("--candles_addr=127.0.0.1:50152", gateway)
        self.assertIn("--allowed_origins=http://127.0.0.1:8180,http://localhost:8180", gateway)
        self.assertIn("--speed=20", flow)
        self.assertNotIn("--speed=20", exchange)


def kept_for(topic):
    """As in the table: "7 days, 1 GiB a partition"."""
    days, mib = topic.retention_hours // 24, topic.retention_mib_per_partition
    return (f"{days} day{'s' if days != 1 else ''}, "
            f"{f'{mib // 1024} GiB' if mib % 1024 == 0 else f'{mib} MiB'} a partition")


class SupervisorTest(unittest.TestCase):
    def start(self, fault):
        supervisor = Supervisor(Layout(pathlib.Path("run"), 0, pathlib.Path("build")))
        with unittest.mock.patch.object(supervisor, "_call",
                                        side_effect=xmlrpc.client.Fault(1, fault)):
            supervisor.start("first")

    def test_a_process_that_has_ended_already_was_started(self):
        self.start("SPAWN_ERROR: first")
        self.start("ALREADY_STARTED: first")

    def test_a_refused_start_is_reported(self):
        with self.assertRaisesRegex(StackError, "first did not start: BAD_NAME"):
            self.start("BAD_NAME: first")


class TopicsTest(unittest.TestCase):
    def test_the_table_of_the_architecture_is_the_declaration(self):
        text = (pathlib.Path(__file__).resolve().parents[2] / "ARCHITECTURE.md").read_text()
        rows = [line for line in text.splitlines() if line.startswith("| `evx.")]
        wanted = []
        for topic in topics.declared():
            kept = "the last of each key" if topic.compacted else kept_for(topic)
            key = topic.key.replace("account:<id>", "`account:<id>`").replace(
                " or exchange", " or `exchange`")
            wanted.append(f"| `{topic.name}` | {topic.owner} | `{topic.holds}` | {key} | "
                          f"{topic.partitions} | {kept} |")
        self.assertEqual(rows, wanted)

    def create(self, *outcomes):
        """Of a topic, by a Kafka that gives each of these errors in turn; None is success."""
        class Request:
            def __init__(self, code):
                self.code = code

            def result(self):
                if self.code is not None:
                    raise confluent_kafka.KafkaException(confluent_kafka.KafkaError(self.code))

        admin = topics.Admin("127.0.0.1:1")
        admin._client = unittest.mock.Mock()
        admin._client.create_topics.side_effect = [{"": Request(code)} for code in outcomes]
        made = admin.create(topics.declared()[0], 1)
        self.assertEqual(admin._client.create_topics.call_count, len(outcomes))
        return made

    def test_a_broker_that_has_just_started_is_waited_for(self):
        fenced = confluent_kafka.KafkaError.INVALID_REPLICATION_FACTOR
        self.assertTrue(self.create(fenced, fenced, None))
        there = confluent_kafka.KafkaError.TOPIC_ALREADY_EXISTS
        self.assertFalse(self.create(fenced, there))
        with self.assertRaises(StackError):
            self.create(confluent_kafka.KafkaError.INVALID_CONFIG)


class FigureTest(unittest.TestCase):
    METRICS = textwrap.dedent("""\
        # HELP lag_records Not stored yet.
        lag_records 12
        gaps_total{cause="a"} 2
        gaps_total{cause="b"} 3
        newest_seconds 990.5
        never_seconds 0
        """)

    def value(self, metric, **kind):
        return figures.Figure("name", metric, **kind).value(self.METRICS, now=1_000)

    def test_a_figure_is_the_sum_over_the_labels_of_its_metric(self):
        self.assertEqual(self.value("lag_records"), 12)
        self.assertEqual(self.value("gaps_total"), 5)
        self.assertEqual(self.value('gaps_total{cause="b"}'), 3)
        self.assertIsNone(self.value("lag"))

    def test_a_time_is_shown_as_how_long_ago_it_was(self):
        self.assertEqual(self.value("newest_seconds", is_time=True), 9.5)
        self.assertIsNone(self.value("never_seconds", is_time=True))
        figure = figures.Figure("newest", "newest_seconds", is_time=True)
        self.assertEqual(figure.words(9.5), "newest 9.5 s ago")
        self.assertEqual(figure.words(None), "newest -")

    def test_every_figure_of_a_service_is_one_of_its_metrics(self):
        golden = (REPOSITORY / "tests/integration/metrics.golden").read_text()
        for service in SERVICES:
            for figure in service.figures:
                name, _, labels = figure.metric.partition("{")
                self.assertRegex(golden, rf"(?m)^{service.name} {name} \S+ {{{re.escape(labels)}")


class StatusJsonTest(unittest.TestCase):
    def test_status_of_nothing_is_an_empty_list_and_a_failure(self):
        script = pathlib.Path(__file__).resolve().parents[2] / "scripts/status"
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([script, "--json"], capture_output=True, text=True,
                                 env={**os.environ, "EVX_RUN_DIR": folder})
        self.assertEqual(json.loads(run.stdout), [])
        self.assertEqual(run.returncode, 1)


if __name__ == "__main__":
    unittest.main()
