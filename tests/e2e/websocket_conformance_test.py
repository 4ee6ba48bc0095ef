"""The protocol itself, in the groups of Autobahn's public case list: framing (1), pings and pongs
(2), reserved bits (3), opcodes (4), fragmentation (5), UTF-8 (6), closing (7), limits (9),
auto-fragmentation (10), compression (12, 13). The list speaks to a server that echoes; this one
answers commands, so a command stands for each payload, and its answer for the echo."""

import json
import random
import zlib

import pytest

from local_exchange import LocalExchange
from raw_socket import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawSocket, close_payload)

LIST = b'{"id":7,"cmd":"list_subscriptions"}'


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange("--catalogue=empty") as running:
        yield running


@pytest.fixture
def raw(exchange):
    with RawSocket(exchange, exchange.account("demo")) as connected:
        yield connected


def padded(size, command=LIST):
    """The command as a text of that many bytes."""
    return command + b" " * (size - len(command))


def answer(raw):
    opcode, payload = raw.receive()
    assert opcode == TEXT, payload
    return json.loads(payload)


def expect_list(raw):
    reply = answer(raw)
    assert reply["type"] == "ok" and reply["id"] == 7, reply


def expect_error(raw, code):
    reply = answer(raw)
    assert reply["type"] == "error" and reply["msg"]["code"] == code, reply


def expect_end(raw, *codes):
    """A close frame with one of the codes, then the end of the connection."""
    opcode, code = raw.receive()
    assert opcode is None and code in codes, (opcode, code)
    assert raw.frame() is None


def expect_works(raw):
    raw.send(TEXT, LIST)
    expect_list(raw)


# ---- 1: framing

SIZES = [125, 126, 127, 128, 65535, 65536]


@pytest.mark.parametrize("size", SIZES)
def test_1_1_text_messages_of_every_length_form(raw, size):
    raw.send(TEXT, padded(size))
    expect_list(raw)


def test_1_1_1_an_empty_text_message_is_answered(raw):
    raw.send(TEXT, b"")
    expect_error(raw, 1)
    expect_works(raw)


@pytest.mark.parametrize("chop", [1, 997])
def test_1_1_8_text_messages_in_chops(raw, chop):
    raw.send(TEXT, padded(2 * 997 if chop == 1 else 65536), chop=chop)
    expect_list(raw)


@pytest.mark.parametrize("size", [0, *SIZES])
def test_1_2_binary_messages_are_refused_and_the_connection_goes_on(raw, size):
    raw.send(BINARY, b"\xfe" * size)
    expect_error(raw, 1)
    expect_works(raw)


def test_1_lengths_need_not_be_in_their_shortest_form_to_be_understood_or_refused(raw):
    """RFC 6455 asks for the shortest form; a server may refuse another, not misread it."""
    raw.send_bytes(bytes([0x81, 0x80 | 126, 0, len(LIST)]) + b"\0\0\0\0" + LIST)
    opcode, payload = raw.receive()
    assert opcode == TEXT and json.loads(payload)["id"] == 7 or payload == 1002


def test_1_a_length_with_its_highest_bit_set_ends_the_connection(raw):
    raw.send_bytes(bytes([0x81, 0x80 | 127]) + b"\xff" * 8 + b"\0\0\0\0")
    expect_end(raw, 1002, 1009)


def test_1_an_unmasked_frame_ends_the_connection(raw):
    raw.send(TEXT, LIST, masked=False)
    expect_end(raw, 1002)


def test_1_masks_are_applied(raw):
    mask = bytes([0x37, 0xfa, 0x21, 0x3d])
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(LIST))
    raw.send_bytes(raw.head(TEXT, len(LIST)) + mask + masked)
    expect_list(raw)


# ---- 2: pings and pongs


@pytest.mark.parametrize("payload", [b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff",
                                     b"\xfe" * 125], ids=["empty", "text", "binary", "125"])
def test_2_1_pings_are_answered_with_their_payload(raw, payload):
    raw.send(PING, payload)
    assert raw.receive() == (PONG, payload)


def test_2_5_a_ping_of_126_bytes_ends_the_connection(raw):
    raw.send(PING, b"\xfe" * 126)
    expect_end(raw, 1002)


def test_2_6_a_ping_in_octets(raw):
    raw.send(PING, b"\xfe" * 125, chop=1)
    assert raw.receive() == (PONG, b"\xfe" * 125)


@pytest.mark.parametrize("payload", [b"", b"unsolicited"])
def test_2_7_unsolicited_pongs_are_ignored(raw, payload):
    raw.send(PONG, payload)
    raw.send(PING, b"then this")
    assert raw.receive() == (PONG, b"then this")


@pytest.mark.parametrize("chop", [None, 1])
def test_2_10_ten_pings_are_answered_in_order(raw, chop):
    for i in range(10):
        raw.send(PING, b"payload-%d" % i, chop=chop)
    # A pong may stand for the pings before it (RFC 6455 section 5.5.3).
    last = -1
    while last < 9:
        opcode, payload = raw.receive()
        assert opcode == PONG and payload.startswith(b"payload-")
        number = int(payload[8:])
        assert number > last
        last = number


# ---- 3: reserved bits


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode,payload", [(TEXT, LIST), (BINARY, b"\xff" * 8), (PING, b"x"),
                                            (CLOSE, close_payload(1000))],
                         ids=["text", "binary", "ping", "close"])
def test_3_reserved_bits_end_the_connection(raw, opcode, payload, rsv):
    raw.send(opcode, payload, rsv=rsv)
    expect_end(raw, 1002)


@pytest.mark.parametrize("chop", [None, 1])
def test_3_2_what_came_before_a_reserved_bit_is_answered(raw, chop):
    raw.send(TEXT, LIST, chop=chop)
    raw.send(TEXT, LIST, rsv=2, chop=chop)
    raw.send(PING, b"", chop=chop)
    expect_list(raw)
    expect_end(raw, 1002)


# ---- 4: opcodes


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"reserved opcode payload"], ids=["empty", "payload"])
def test_4_reserved_opcodes_end_the_connection(raw, opcode, payload):
    raw.send(opcode, payload)
    raw.send(PING)
    expect_end(raw, 1002)


@pytest.mark.parametrize("opcode", [5, 13])
def test_4_1_4_what_came_before_a_reserved_opcode_is_answered(raw, opcode):
    raw.send(TEXT, LIST)
    raw.send(opcode, b"payload", chop=1)
    expect_list(raw)
    expect_end(raw, 1002)


# ---- 5: fragmentation


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_5_1_control_frames_must_not_be_fragmented(raw, opcode):
    raw.send(opcode, b"", final=False)
    raw.send(CONTINUATION, b"fragment2")
    expect_end(raw, 1002)


@pytest.mark.parametrize("chop", [None, 1])
@pytest.mark.parametrize("between", [None, b"pongme"])
def test_5_3_a_text_in_two_fragments(raw, chop, between):
    raw.send(TEXT, LIST[:9], final=False, chop=chop)
    if between:
        raw.send(PING, between, chop=chop)
    raw.send(CONTINUATION, LIST[9:], chop=chop)
    if between:
        assert raw.receive() == (PONG, between)
    expect_list(raw)


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("chop", [None, 1])
def test_5_9_a_continuation_of_nothing_ends_the_connection(raw, final, chop):
    raw.send(CONTINUATION, b"non-continuation payload", final=final, chop=chop)
    raw.send(TEXT, LIST)
    expect_end(raw, 1002)


def test_5_15_a_continuation_behind_the_last_fragment_ends_the_connection(raw):
    raw.send(TEXT, LIST[:9], final=False)
    raw.send(CONTINUATION, LIST[9:])
    raw.send(CONTINUATION, b"fragment3", final=False)
    expect_list(raw)
    expect_end(raw, 1002)


def test_5_18_a_new_message_within_one_ends_the_connection(raw):
    raw.send(TEXT, LIST[:9], final=False)
    raw.send(TEXT, LIST[9:])
    expect_end(raw, 1002)


@pytest.mark.parametrize("chop", [None, 1])
def test_5_19_five_fragments_with_pings_between(raw, chop):
    pieces = [LIST[i:i + 7] for i in range(0, 35, 7)]
    for i, piece in enumerate(pieces):
        raw.send(CONTINUATION if i else TEXT, piece, final=i == 4, chop=chop)
        if i in (1, 3):
            raw.send(PING, b"pongme %d!" % i, chop=chop)
            assert raw.receive() == (PONG, b"pongme %d!" % i)
    expect_list(raw)


# ---- 6: UTF-8


def test_6_1_empty_fragments(raw):
    for opcode, final in ((TEXT, False), (CONTINUATION, False), (CONTINUATION, True)):
        raw.send(opcode, b"", final=final)
    expect_error(raw, 1)
    raw.send(TEXT, b"", final=False)
    raw.send(CONTINUATION, LIST, final=False)
    raw.send(CONTINUATION, b"")
    expect_list(raw)


# Greek, the ends of each length, no characters and combining ones (6.2, 6.5 to 6.23).
VALID = ["Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!", "\u03ba\u1f79\u03c3\u03bc\u03b5", "\u0080", "\u07ff", "\u0800", "\uffff",
         "\U00010000", "\U0010ffff", "\u007f", "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\U0001fffe",
         "\U0001ffff", "\U0010fffe"]
INVALID = {
    "6.3.1": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    "5-byte": b"\xf8\x88\x80\x80\x80", "6-byte": b"\xfc\x84\x80\x80\x80\x80",
    "beyond-10ffff": b"\xf4\x90\x80\x80", "fe": b"\xfe", "ff": b"\xff", "fe-fe-ff-ff":
    b"\xfe\xfe\xff\xff", "lone-80": b"\x80", "lone-bf": b"\xbf", "lone-80-bf": b"\x80\xbf",
    "all-continuations": bytes(range(0x80, 0xc0)), "lone-c0": b"\xc0 ", "lone-e0": b"\xe0 ",
    "lone-f0": b"\xf0 ", "cut-c0": b"\xc0", "cut-e0-80": b"\xe0\x80", "cut-f0-80-80":
    b"\xf0\x80\x80", "overlong-2": b"\xc0\xaf", "overlong-3": b"\xe0\x80\xaf", "overlong-4":
    b"\xf0\x80\x80\xaf", "overlong-c1-bf": b"\xc1\xbf", "overlong-e0-9f-bf": b"\xe0\x9f\xbf",
    "overlong-f0-8f-bf-bf": b"\xf0\x8f\xbf\xbf", "overlong-nul": b"\xc0\x80", "surrogate-d800":
    b"\xed\xa0\x80", "surrogate-db7f": b"\xed\xad\xbf", "surrogate-dfff": b"\xed\xbf\xbf",
    "surrogate-pair": b"\xed\xa0\x80\xed\xb0\x80",
}


def named(text):
    """A command with the text in it: none that is known."""
    return b'{"id":7,"cmd":"' + text + b'"}'


@pytest.mark.parametrize("text", VALID, ids=ascii)
def test_6_2_valid_text_whole_and_in_octets(raw, text):
    command = named(text.encode())
    raw.send(TEXT, command)
    expect_error(raw, 5)
    for i, byte in enumerate(command):
        raw.send(CONTINUATION if i else TEXT, bytes([byte]), final=i == len(command) - 1)
    expect_error(raw, 5)


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID)
def test_6_3_invalid_text_ends_the_connection(exchange, text):
    command = named(text)
    with RawSocket(exchange, exchange.account("demo")) as raw:
        raw.send(TEXT, command)
        expect_end(raw, 1007)
    with RawSocket(exchange, exchange.account("demo")) as raw:
        frames = b"".join(
            raw.head(CONTINUATION if i else TEXT, 1, final=i == len(command) - 1) + b"\0\0\0\0"
            + bytes([byte]) for i, byte in enumerate(command))
        raw.send_bytes(frames)
        expect_end(raw, 1007)


@pytest.mark.parametrize("bad", [b"\xf4\x90", b"\xed\xa0"])
def test_6_4_invalid_text_is_noticed_before_its_message_ends(raw, bad):
    raw.send(TEXT, b"\xce\xba\xe1\xbd\xb9", final=False)
    raw.send(CONTINUATION, bad, final=False)
    expect_end(raw, 1007)


def test_6_4_4_invalid_text_is_noticed_within_a_frame(raw):
    raw.send_bytes(raw.head(TEXT, 100) + b"\0\0\0\0" + b"\xce\xba\xff")
    expect_end(raw, 1007)


def test_6_binary_messages_need_not_be_utf8(raw):
    raw.send(BINARY, b"\xff\xfe\xed\xa0\x80")
    expect_error(raw, 1)


# ---- 7: closing


def test_7_1_1_a_message_before_the_close_is_answered(raw):
    raw.send(TEXT, LIST)
    raw.send(CLOSE, close_payload(1000))
    expect_list(raw)
    expect_end(raw, 1000)


@pytest.mark.parametrize("opcode,payload", [(CLOSE, close_payload(1000)), (PING, b"x"), (TEXT, LIST)],
                         ids=["close", "ping", "text"])
def test_7_1_2_nothing_is_answered_behind_a_close(raw, opcode, payload):
    raw.send(CLOSE, close_payload(1000))
    raw.send(opcode, payload)
    expect_end(raw, 1000)


def test_7_1_5_a_close_within_a_message(raw):
    raw.send(TEXT, LIST[:9], final=False)
    raw.send(CLOSE, close_payload(1000))
    raw.send(CONTINUATION, LIST[9:])
    expect_end(raw, 1000)


def test_7_1_6_a_close_behind_a_large_message(raw):
    raw.send(TEXT, padded(256 << 10))
    raw.send(CLOSE, close_payload(1000))
    raw.send(PING)
    expect_list(raw)
    expect_end(raw, 1000)


@pytest.mark.parametrize("payload,codes", [
    (b"", (1005, 1000)), (b"a", (1002,)), (close_payload(1000), (1000,)),
    (close_payload(1000, b"Hello World!"), (1000,)), (close_payload(1000, b"x" * 123), (1000,)),
    (close_payload(1000, b"x" * 124), (1002,)),
    (close_payload(1000, b"\xce\xba\xed\xa0\x80"), (1007, 1002)),
], ids=["7.3.1-empty", "7.3.2-one-byte", "7.3.3-code", "7.3.4-reason", "7.3.5-longest",
        "7.3.6-too-long", "7.5.1-not-utf8"])
def test_7_3_payloads_of_a_close(raw, payload, codes):
    raw.send(CLOSE, payload)
    expect_end(raw, *codes)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999,
                                  4000, 4999])
def test_7_7_valid_close_codes_are_answered(raw, code):
    raw.send(CLOSE, close_payload(code))
    expect_end(raw, code, 1000)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999])
def test_7_9_invalid_close_codes_are_faults(raw, code):
    raw.send(CLOSE, close_payload(code))
    expect_end(raw, 1002)


@pytest.mark.parametrize("code", [5000, 65535])
def test_7_13_close_codes_beyond_the_ranges_end_the_connection(raw, code):
    raw.send(CLOSE, close_payload(code))
    expect_end(raw, 1002, 1000, code)


# ---- 9: limits and performance


@pytest.mark.parametrize("size", [64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20])
def test_9_1_large_texts(raw, size):
    raw.send(TEXT, padded(size))
    expect_list(raw)


@pytest.mark.parametrize("size", [64 << 10, 1 << 20, 16 << 20])
def test_9_2_large_binary_messages(raw, size):
    raw.send(BINARY, b"\0" * size)
    expect_error(raw, 1)
    expect_works(raw)


@pytest.mark.parametrize("fragment", [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20])
def test_9_3_a_large_text_in_fragments(raw, fragment):
    message = padded(min(4 << 20, fragment * 20_000))
    frames = []
    for i in range(0, len(message), fragment):
        piece = message[i:i + fragment]
        frames.append(raw.head(CONTINUATION if i else TEXT, len(piece),
                               final=i + fragment >= len(message)) + b"\0\0\0\0" + piece)
    raw.send_bytes(b"".join(frames))
    expect_list(raw)


@pytest.mark.parametrize("chop", [64, 512, 2048])
def test_9_5_a_large_text_in_chops(raw, chop):
    raw.send(TEXT, padded(1 << 20), chop=chop)
    expect_list(raw)


@pytest.mark.parametrize("size", [64, 256, 1024, 4096, 16384, 65536])
def test_9_7_a_thousand_round_trips(raw, size):
    for _ in range(1000):
        raw.send(TEXT, padded(size))
        expect_list(raw)


# ---- 10: auto-fragmentation


def test_10_1_1_a_text_of_65536_bytes_in_fragments_of_1300(raw):
    message = padded(65536)
    for i in range(0, len(message), 1300):
        raw.send(CONTINUATION if i else TEXT, message[i:i + 1300], final=i + 1300 >= len(message))
    expect_list(raw)


# ---- 12 and 13: compression

OFFERS = ["permessage-deflate", "permessage-deflate; client_no_context_takeover",
          "permessage-deflate; server_no_context_takeover",
          "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
          "permessage-deflate; client_max_window_bits",
          "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9",
          "permessage-deflate; server_max_window_bits=15; client_max_window_bits=15",
          "permessage-deflate; server_max_window_bits=10, permessage-deflate",
          "x-unknown, permessage-deflate"]


class Deflated:
    """A connection whose messages are compressed both ways, as the handshake agreed."""

    def __init__(self, exchange, offer):
        self.raw = RawSocket(exchange, exchange.account("demo"), extensions=offer)
        name, *members = [part.strip() for part in
                          self.raw.headers["sec-websocket-extensions"].split(";")]
        assert name == "permessage-deflate"
        self.members = dict((member.split("=") + [None])[:2] for member in members)
        self._client_bits = int(self.members.get("client_max_window_bits") or 15)
        self._server_bits = int(self.members.get("server_max_window_bits") or 15)
        self._deflate = self._inflate = None
        self.compressed_count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.raw.socket.close()

    def deflated(self, message):
        if self._deflate is None or "client_no_context_takeover" in self.members:
            self._deflate = zlib.compressobj(6, zlib.DEFLATED, -max(9, self._client_bits))
        data = self._deflate.compress(message) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        assert data.endswith(b"\0\0\xff\xff")
        return data[:-4]

    def send(self, message, fragment=None):
        data = self.deflated(message)
        fragment = fragment or len(data)
        for i in range(0, len(data), fragment):
            self.raw.send(CONTINUATION if i else TEXT, data[i:i + fragment],
                          final=i + fragment >= len(data), rsv=0 if i else 4)

    def receive(self):
        """The next message, or the code of a close."""
        data, is_compressed = b"", None
        while True:
            frame = self.raw.frame()
            if frame is None:
                return 1006
            if frame.opcode == CLOSE:
                return int.from_bytes(frame.payload[:2], "big")
            if frame.opcode == PING:
                assert frame.rsv == 0
                continue
            assert frame.rsv == 0 or is_compressed is None and frame.rsv == 4
            is_compressed = bool(frame.rsv) if is_compressed is None else is_compressed
            data += frame.payload
            if frame.final:
                break
        if is_compressed:
            self.compressed_count += 1
            if self._inflate is None or "server_no_context_takeover" in self.members:
                self._inflate = zlib.decompressobj(-max(9, self._server_bits))
            data = self._inflate.decompress(data + b"\0\0\xff\xff")
        return json.loads(data)


@pytest.mark.parametrize("offer", OFFERS)
def test_12_messages_of_many_sizes_by_every_offer(exchange, offer):
    draw = random.Random(12)
    with Deflated(exchange, offer) as socket:
        channels = ["ticker", "trade", "fill", "user_orders", "market_positions",
                    "order_group_updates", "market_lifecycle_v2"]
        socket.send(json.dumps({"id": 1, "cmd": "subscribe",
                                "params": {"channels": channels}}).encode())
        assert [socket.receive()["type"] for _ in channels] == ["subscribed"] * len(channels)
        for size in [len(LIST), 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072] * 5:
            noise = bytes(draw.choices(b"abcdefghijklmnopqrstuvwxyz", k=max(0, size - 45)))
            socket.send(b'{"id":7,"cmd":"list_subscriptions","x":"' + noise + b'"}')
            reply = socket.receive()
            assert reply["id"] == 7 and len(reply["msg"]) == len(channels)
        assert socket.compressed_count >= 50


def test_12_window_bits_are_agreed_within_the_offer(exchange):
    with Deflated(exchange, "permessage-deflate; server_max_window_bits=9") as socket:
        assert int(socket.members["server_max_window_bits"]) <= 9
        assert "client_max_window_bits" not in socket.members


@pytest.mark.parametrize("fragment", [1, 64, 1000])
def test_12_2_a_compressed_message_in_fragments(exchange, fragment):
    with Deflated(exchange, OFFERS[0]) as socket:
        socket.send(padded(20_000), fragment)
        assert socket.receive()["id"] == 7


def test_12_3_an_uncompressed_message_where_compression_is_agreed(exchange):
    with Deflated(exchange, OFFERS[0]) as socket:
        socket.raw.send(TEXT, LIST)
        assert socket.receive()["id"] == 7
        socket.send(LIST)
        assert socket.receive()["id"] == 7


def test_12_4_a_thousand_compressed_round_trips(exchange):
    with Deflated(exchange, OFFERS[0]) as socket:
        for i in range(1000):
            socket.send(padded(100 + i % 400))
            assert socket.receive()["id"] == 7


@pytest.mark.parametrize("offer", ["permessage-deflate; server_max_window_bits=7",
                                   "permessage-deflate; client_max_window_bits=16",
                                   "permessage-deflate; unknown_parameter",
                                   "permessage-deflate; client_no_context_takeover=1",
                                   "permessage-bzip2"])
def test_13_offers_that_cannot_be_taken_leave_the_connection_uncompressed(exchange, offer):
    with RawSocket(exchange, exchange.account("demo"), extensions=offer) as raw:
        assert "sec-websocket-extensions" not in raw.headers
        expect_works(raw)


@pytest.mark.parametrize("rsv", [1, 2, 5, 6, 7])
def test_13_other_reserved_bits_end_the_connection(exchange, rsv):
    with Deflated(exchange, OFFERS[0]) as socket:
        socket.raw.send(TEXT, LIST, rsv=rsv)
        assert socket.receive() in (1002, 1007)


def test_13_rsv1_is_for_the_first_frame_of_a_message_only(exchange):
    with Deflated(exchange, OFFERS[0]) as socket:
        data = socket.deflated(LIST)
        socket.raw.send(TEXT, data[:5], final=False, rsv=4)
        socket.raw.send(CONTINUATION, data[5:], rsv=4)
        assert socket.receive() == 1002


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_13_control_frames_are_never_compressed(exchange, opcode):
    with Deflated(exchange, OFFERS[0]) as socket:
        socket.raw.send(opcode, b"", rsv=4)
        assert socket.receive() == 1002


def test_13_compressed_text_must_be_utf8_too(exchange):
    with Deflated(exchange, OFFERS[0]) as socket:
        socket.send(named(b"\xff\xfe"))
        assert socket.receive() == 1007
