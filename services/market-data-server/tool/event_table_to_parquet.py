#!/usr/bin/env python3
"""usage: event_table_to_parquet.py [EVENTS.csv] OUTPUT.parquet

Writes the events that `evx-record export --format=csv` prints as a Parquet file, block by block, so
that memory does not grow with the recording. Reads the standard input where no table is named.
Needs pyarrow (tests/requirements.txt).
"""

import sys

import pyarrow
import pyarrow.csv
import pyarrow.parquet

_NAME = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
COLUMNS = {
    "received_ns": pyarrow.int64(),
    "connection": pyarrow.int64(),
    "sid": pyarrow.int64(),
    "seq": pyarrow.int64(),
    "ts_ms": pyarrow.int64(),
    "kind": _NAME,
    "market_ticker": _NAME,
    "side": _NAME,
    "price_micros": pyarrow.int64(),
    "quantity_centis": pyarrow.int64(),
}
BLOCK_BYTES = 16 << 20


def convert(source, output):
    """Number of rows written."""
    rows = 0
    reader = pyarrow.csv.open_csv(
        source,
        read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=COLUMNS, strings_can_be_null=True, null_values=[""]))
    if reader.schema.names != list(COLUMNS):
        raise ValueError(f"the columns are {reader.schema.names}, not {list(COLUMNS)}")
    with pyarrow.parquet.ParquetWriter(output, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = sys.argv[1] if len(sys.argv) == 3 else sys.stdin.buffer
    print("rows", convert(source, sys.argv[-1]))


if __name__ == "__main__":
    main()
