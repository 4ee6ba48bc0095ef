"""Hash of a market's book, as every part of the project computes it: XXH64 over the ticker, then
for each level, bids best first and asks best first, a byte (0 bid, 1 ask), the YES price in
micro-dollars and the quantity in hundredths of a contract, both as 64-bit little-endian integers.

Needs libxxhash, with which the exchange is built."""

import ctypes
import decimal
import struct

_xxh64 = ctypes.CDLL("libxxhash.so.0").XXH64
_xxh64.restype = ctypes.c_uint64
_xxh64.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64)


def book_hash(ticker, bids, asks):
    """`bids` and `asks`: (micro-dollars, hundredths), in any order."""
    levels = [(0, *level) for level in sorted(bids, reverse=True)]
    levels += [(1, *level) for level in sorted(asks)]
    data = ticker.encode() + b"".join(struct.pack("<Bqq", *level) for level in levels)
    return _xxh64(data, len(data), 0)


def levels_of(orderbook):
    """Bids and asks of an `orderbook_fp` of the REST API."""
    def scaled(text, scale):
        return int(decimal.Decimal(text) * scale)

    bids = [(scaled(price, 1_000_000), scaled(count, 100))
            for price, count in orderbook["yes_dollars"]]
    asks = [(1_000_000 - scaled(price, 1_000_000), scaled(count, 100))
            for price, count in orderbook["no_dollars"]]
    return bids, asks
