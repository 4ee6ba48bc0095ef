"""A gateway that plays a recorded stream: the built pages, the session of one trader, and `/ws` with
the recorded frames at their times. Nothing else of a stack is needed. A page that subscribes gets the
state and then every frame in its order, so it never has a gap.

Serves on a thread of its own. Needs the package websockets, and the contracts' Python code."""

import asyncio
import gzip
import http
import importlib
import json
import mimetypes
import pathlib
import threading
import time

from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PAGES = REPOSITORY / "frontend/dist"
_SESSION = {"user_name": "trader", "role": "trader", "csrf_token": "recorded"}


class _Page:
    """A socket: what it is subscribed to, and what waits to be sent, in its order."""

    def __init__(self):
        self.streams = set()
        self.outbox = asyncio.Queue()


async def _send(socket, outbox):
    try:
        while True:
            await socket.send(await outbox.get())
    except ConnectionClosed:
        pass


class Player:
    """`news`: answers what pages ask for once; `stream`: what they are told."""

    def __init__(self, news, stream):
        self._news = news
        self._stream = stream
        self._messages = importlib.import_module("evx.gateway.v1.gateway_messages_pb2")
        self._pages = set()
        self._played_nanos = 0
        self._loop = None
        self._begin = 0.0  # On the monotonic clock.
        self._ready = threading.Event()
        self._over = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.port = 0
        self.latest_seconds = 0.0  # So much behind its time was the latest frame.
        self.connection_count = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self):
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        async with serve(self._follow, "127.0.0.1", 0, process_request=self._answer_http,
                         compression=None, ping_interval=None) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._begin = time.monotonic()
            playing = asyncio.create_task(self._play())
            self._ready.set()
            await self._over.wait()
            playing.cancel()

    async def _play(self):
        for frame in self._stream.frames:
            wait = self._begin + frame.nanos / 1e9 - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self.latest_seconds = max(self.latest_seconds, -wait)
            self._played_nanos = frame.nanos
            for page in self._pages:
                if frame.stream in page.streams:
                    page.outbox.put_nowait(frame.data)

    async def _follow(self, socket):
        page = _Page()
        self._pages.add(page)
        self.connection_count += 1
        page.outbox.put_nowait(self._welcome())
        sending = asyncio.create_task(_send(socket, page.outbox))
        try:
            async for data in socket:
                self._answer(self._messages.ClientMessage.FromString(data), page)
        except ConnectionClosed:
            pass
        finally:
            self._pages.remove(page)
            sending.cancel()

    # ---- Requests

    def _welcome(self):
        message = self._messages.ServerMessage()
        message.welcome.user.user_name = _SESSION["user_name"]
        message.welcome.user.role = importlib.import_module(
            "evx.gateway.v1.requests_pb2").ROLE_TRADER
        message.welcome.mode = "paper"
        message.welcome.venue = "recorded"
        message.welcome.time_ns = time.time_ns()
        return message.SerializeToString()

    def _answer(self, request, page):
        answer = self._messages.ServerMessage(request_id=request.request_id)
        kind = request.WhichOneof("payload")
        if kind == "subscribe":
            for wanted in request.subscribe.streams:
                self._begin_stream(wanted.stream, page)
        elif kind == "unsubscribe":
            page.streams.difference_update(request.unsubscribe.streams)
        if kind in ("subscribe", "unsubscribe", "ping"):
            answer.done.time_ns = time.time_ns()
        elif kind == "list_candles":
            wanted = request.list_candles
            answer.answer.candles.candles.extend(self._news.candles(
                wanted.market_ticker, wanted.period_seconds, wanted.page_size))
        elif kind == "get_market":
            answer.answer.market.CopyFrom(self._news.row(request.get_market.market_ticker))
        else:
            answer.refusal.reason = "NotRecorded"
            answer.refusal.message = f"{kind} is not part of the recording"
        page.outbox.put_nowait(answer.SerializeToString())

    def _begin_stream(self, stream, page):
        if not self._stream.has(stream):
            return
        for data in self._stream.begin(stream, self._played_nanos):
            page.outbox.put_nowait(data)
        page.streams.add(stream)

    # ---- Files

    def _answer_http(self, connection, request):
        path = request.path.split("?")[0]
        if path == "/ws":
            return None
        if path == "/api/v1/session":
            return _response(json.dumps(_SESSION).encode(), "application/json")
        file = PAGES / path.lstrip("/")
        if not file.is_file():
            file = PAGES / "index.html"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return _response(file.read_bytes(), kind)


def _response(body, kind):
    body = gzip.compress(body)
    headers = Headers([("Content-Type", kind), ("Content-Length", str(len(body))),
                       ("Content-Encoding", "gzip"), ("Connection", "close")])
    return Response(http.HTTPStatus.OK, "OK", headers, body)
