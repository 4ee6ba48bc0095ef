"""What the gateway tells a page, recorded from the gateway's own code (gateway_record_stream).

Needs the contracts' Python code (grpc_stubs.generate_stubs)."""

import bisect
import dataclasses
import importlib
import struct
import subprocess
import tempfile

_HEAD = struct.Struct("<qI")


@dataclasses.dataclass(frozen=True)
class RecordedFrame:
    nanos: int
    stream: str
    is_state: bool
    sequence: int
    data: bytes


class RecordedStream:
    """Ten minutes of it take a few seconds and 100 MiB."""

    def __init__(self, news, recorder, seconds):
        """Of `news` (recorded_news.RecordedNews) by the program `recorder`."""
        self.frames = []  # Without states, in the order of time.
        self._streams = {}  # The frames of each, with states.
        message_type = importlib.import_module("evx.gateway.v1.gateway_messages_pb2").ServerMessage
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as frames:
            for message in news.states():
                source.write(_record(0, message))
            for nanos, message in news.news(seconds):
                source.write(_record(nanos, message))
            source.seek(0)
            subprocess.run([recorder], stdin=source, stdout=frames, check=True)
            frames.seek(0)
            self._read(frames, message_type)

    def begin(self, stream, nanos):
        """What a page is sent that begins then: the newest state, and what was told since."""
        frames = self._streams[stream]
        end = bisect.bisect_right(frames, nanos, key=lambda frame: frame.nanos)
        start = max(index for index in range(end) if frames[index].is_state)
        return [frames[start].data,
                *(frame.data for frame in frames[start:end]
                  if not frame.is_state and frame.sequence > frames[start].sequence)]

    def has(self, stream):
        return stream in self._streams

    def ticker_count(self, from_nanos, until_nanos):
        """Rows of the table that are told in this time."""
        messages = importlib.import_module("evx.gateway.v1.gateway_messages_pb2")
        return sum(len(messages.ServerMessage.FromString(frame.data).market_ticker.tickers)
                   for frame in self.frames
                   if frame.stream == "markets" and from_nanos <= frame.nanos < until_nanos)

    def _read(self, file, message_type):
        while head := file.read(_HEAD.size):
            nanos, size = _HEAD.unpack(head)
            data = file.read(size)
            message = message_type.FromString(data)
            frame = RecordedFrame(nanos, message.stream, message.HasField("initial_state"),
                                  message.sequence, data)
            self._streams.setdefault(frame.stream, []).append(frame)
            if not frame.is_state:
                self.frames.append(frame)


def _record(nanos, message):
    data = message.SerializeToString()
    return _HEAD.pack(nanos, len(data)) + data
