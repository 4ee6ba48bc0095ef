"""Clients that mean harm at the gateway's door: each is refused with a status or a close code that
names the limit, is counted, and nobody else notices."""

import contextlib
import resource
import selectors
import socket
import time

import httpx
import pytest

from gateway_process import ORIGIN, GatewayProcess, postgres_url_file
from gateway_socket import GatewaySocket
from local_exchange import free_port, wait_until
from raw_socket import BINARY, CLOSE, CONTINUATION, PING, RawSocket, close_payload

CLIENTS_MAX = 8
CONNECTIONS_MAX = CLIENTS_MAX + 1_000
SLOW_CLIENTS = 100
# A header must be complete 10 s after its first byte; ticks and a busy machine come on top.
SLOW_SECONDS = 30
# Whoever is served one after the other waits for the slow ones longer than this.
ANSWER_SECONDS = 8
SECONDS = 20
POLICY, PROTOCOL, TOO_BIG = 1008, 1002, 1009
MASK = b"\0\0\0\0"
FLOODS = 'evx_gateway_clients_closed_total{reason="flood"}'


@pytest.fixture(scope="module")
def gateway(postgres, redis, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    with GatewayProcess(folder / "run", postgres_url_file(postgres, folder), redis.url_file,
                        f"--clients_max={CLIENTS_MAX}",
                        f"--kafka_brokers=127.0.0.1:{free_port()}",
                        f"--exchange_url=http://127.0.0.1:{free_port()}/trade-api/v2",
                        f"--exchange_addr=127.0.0.1:{free_port()}") as process:
        yield process


@pytest.fixture(scope="module")
def token(gateway):
    return gateway.admin().token


class Page:
    """The headers of a page that is signed in, where RawSocket asks an account for its own."""

    def __init__(self, token):
        self._headers = {"Cookie": f"evx_session={token}", "Origin": ORIGIN}

    def access_headers(self, _method, _path):
        return self._headers


class Steady:
    """Somebody who uses the gateway meanwhile."""

    def __init__(self, gateway, token):
        self._socket = GatewaySocket(gateway, token, query="?subscribe=none")

    def expect_answer(self):
        start = time.monotonic()
        answer = self._socket.ask(ping=self._socket.messages.Ping())
        assert answer.WhichOneof("payload") == "done"
        assert time.monotonic() - start < ANSWER_SECONDS

    def close(self):
        self._socket.close()


@pytest.fixture
def steady(gateway, token):
    other = Steady(gateway, token)
    other.expect_answer()
    yield other
    other.expect_answer()
    other.close()


@pytest.fixture
def raw(gateway, token):
    """A page that is signed in and has what it asked for."""
    with RawSocket(gateway, Page(token), extensions="permessage-deflate",
                   path="/ws?subscribe=none") as page:
        assert page.frame().opcode == BINARY  # WELCOME
        yield page


@contextlib.contextmanager
def counted(gateway, metric, count=1):
    before = gateway.metric(metric)
    yield
    wait_until(lambda: gateway.metric(metric) >= before + count, SECONDS, f"{metric} counts it")


def readable(connections, seconds):
    """Those of them that have something to read, as soon as one has."""
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        return [key.fileobj for key, _ in selector.select(seconds)]


def end_of(raw, flood=None):
    """Code and reason of the gateway's close, which is answered; until then `flood` is called over
    and over."""
    frame = True
    while frame:
        while flood and not readable([raw.socket], 0):
            flood()
        frame = raw.frame()
        if frame and frame.opcode == CLOSE:
            code = int.from_bytes(frame.payload[:2], "big")
            raw.send(CLOSE, close_payload(code))
            return code, frame.payload[2:].decode()
    raise AssertionError("the connection ended without a close")


# --- After the upgrade ----------------------------------------------------------------------------

WHOLE = RawSocket.head(BINARY, 1024) + MASK + bytes(1024)
FRAGMENT = RawSocket.head(CONTINUATION, 1024, final=False) + MASK + bytes(1024)


@pytest.mark.parametrize(("data", "code"), [
    (b"GET / HTTP/1.1\r\n\r\n", PROTOCOL),
    (b"\xff" * 64, PROTOCOL),
    (bytes(range(256)), PROTOCOL),
    (RawSocket.head(BINARY, 4, rsv=4) + MASK + b"\x4b\x4c\x04\x00", PROTOCOL),
    (RawSocket.head(BINARY, 2**63) + MASK, TOO_BIG),
    (RawSocket.head(BINARY, 2**64 - 1) + MASK, TOO_BIG),
    (RawSocket.head(BINARY, 2**63 - 1) + MASK, TOO_BIG),
    (RawSocket.head(BINARY, 1024, final=False) + MASK + bytes(1024) + 100 * FRAGMENT, TOO_BIG),
], ids=["HTTP", "ones", "all bytes", "compressed", "2^63 bytes", "2^64-1 bytes", "2^63-1 bytes",
        "endless fragments"])
def test_bytes_that_are_no_frame_or_too_much_end_the_connection(steady, raw, data, code):
    assert "sec-websocket-extensions" not in raw.headers
    raw.send_bytes(data)
    assert end_of(raw)[0] == code
    assert raw.frame() is None


def test_a_flood_of_pings_is_closed(gateway, steady, raw):
    with counted(gateway, FLOODS):
        raw.send_bytes(2_000 * (RawSocket.head(PING, 0) + MASK))
        assert end_of(raw) == (POLICY, "more than 10 pings a second, 100 at once")


def test_fragments_that_never_become_a_message_are_closed(gateway, steady, raw):
    fragments = 10_000 * (RawSocket.head(CONTINUATION, 0, final=False) + MASK)

    def flood():
        with contextlib.suppress(ConnectionError):
            raw.send_bytes(fragments)
        steady.expect_answer()

    with counted(gateway, FLOODS):
        raw.send_bytes(RawSocket.head(BINARY, 0, final=False) + MASK)
        assert end_of(raw, flood) == (POLICY,
                                      "more than 131072 bytes a second, 1048576 at once")


def test_messages_that_are_none_are_refused_and_then_closed(gateway, steady, raw):
    def flood():
        with contextlib.suppress(ConnectionError):
            raw.send_bytes(450 * WHOLE)

    with counted(gateway, FLOODS):
        assert end_of(raw, flood)[0] == POLICY


# --- Before the upgrade ---------------------------------------------------------------------------

def upgrade(gateway, **headers):
    """The answer to an upgrade that is refused."""
    return httpx.get(f"{gateway.url}/ws", timeout=SECONDS, headers={
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers})


def test_an_upgrade_without_a_session_is_refused(gateway, steady):
    with counted(gateway, "evx_gateway_handshakes_refused_total", 2):
        for cookie in ("", "evx_session=" + "x" * 10_000):
            answer = upgrade(gateway, Cookie=cookie)
            assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "NoSession")


def test_one_client_more_than_there_may_be_is_refused(gateway, token, steady):
    wait_until(lambda: gateway.metric("evx_gateway_clients") == 1, SECONDS, "steady is alone")
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS_MAX - 1):
            stack.enter_context(RawSocket(gateway, Page(token), path="/ws?subscribe=none"))
        with counted(gateway, "evx_gateway_handshakes_refused_total"):
            answer = upgrade(gateway, Cookie=f"evx_session={token}", Origin=ORIGIN)
        assert answer.status_code == 503
        assert answer.json()["error"]["message"].startswith(f"{CLIENTS_MAX} clients are connected")
        steady.expect_answer()


def answer_to(gateway, *parts):
    """Whatever comes until the gateway ends the connection."""
    with socket.create_connection(gateway.address, timeout=SECONDS) as connection:
        with contextlib.suppress(ConnectionError):  # Its answer is there all the same.
            for part in parts:
                connection.sendall(part)
        return read_to_end(connection)


def read_to_end(connection):
    data = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            data += part
    return data


@pytest.mark.parametrize(("parts", "limit"), [
    ([b"GET /ws HTTP/1.1\r\nHost: x\r\nX: ", *1_000 * [b"x" * 1_000]], b"16384 bytes"),
    ([b"GET /", *1_000 * [b"x" * 1_000]], b"16384 bytes"),
    ([b"GET /ws HTTP/1.1\r\nHost: x\r\n", *(b"X-%d: y\r\n" % i for i in range(100_000))],
     b"16384 bytes"),
    ([b"GET /ws HTTP/1.1\r\nHost: x\r\n", *200 * [b"X: y\r\n"], b"\r\n"], b"128 headers"),
], ids=["a huge header", "a huge target", "endless headers", "many headers"])
def test_a_flood_of_headers_is_refused(gateway, steady, parts, limit):
    with counted(gateway, "evx_gateway_http_errors_total"):
        answer = answer_to(gateway, *parts)
    assert answer.startswith(b"HTTP/1.1 431 ") and limit in answer


def test_heads_that_trickle_are_cut_off(gateway, steady):
    begins = (b"", b"GET /w", b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: web",
              b"GET /ws HTTP/1.1\r\nX:")
    slow = {}
    for i in range(SLOW_CLIENTS):
        connection = socket.create_connection(gateway.address, timeout=SECONDS)
        connection.sendall(begins[i % len(begins)])
        slow[connection] = b""

    def all_answered():
        waiting = [connection for connection, answer in slow.items() if not answer]
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.send(b"x", socket.MSG_NOSIGNAL)  # One byte now and then.
        for connection in readable(waiting, 0.05):
            slow[connection] = read_to_end(connection)
        steady.expect_answer()
        return all(slow.values())

    with counted(gateway, "evx_gateway_connections_late_total", SLOW_CLIENTS):
        wait_until(all_answered, SLOW_SECONDS, "all of them are cut off")
    assert all(answer.startswith(b"HTTP/1.1 408 ") and b"header did not arrive within 10s" in answer
               for answer in slow.values())
    for connection in slow:
        connection.close()


def is_served(gateway):
    with contextlib.suppress(httpx.TransportError):
        return gateway.request("GET", "/health").status_code == 200
    return False


@pytest.fixture
def descriptors():
    """Enough of them for this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * CONNECTIONS_MAX)), hard))


def test_half_open_connections_are_bounded(gateway, token, steady, descriptors):
    """They say nothing; only so many are held, and a further one is told why it is not."""
    before = gateway.metric("evx_gateway_connections_refused_total")
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(gateway.address, timeout=SECONDS))
                  for _ in range(CONNECTIONS_MAX + 10)]
        answers = [read_to_end(connection) for connection in readable(silent, SECONDS)]
        refused = b"there are %d connections" % CONNECTIONS_MAX
        assert answers and all(answer.startswith(b"HTTP/1.1 503 ") and refused in answer
                               for answer in answers), answers
        steady.expect_answer()
    wait_until(lambda: is_served(gateway), SECONDS, "others are let in again")
    assert gateway.metric("evx_gateway_connections_refused_total") > before
    with RawSocket(gateway, Page(token), path="/ws?subscribe=none") as page:
        assert page.frame().opcode == BINARY
