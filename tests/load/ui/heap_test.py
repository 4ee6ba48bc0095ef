"""What is read from a snapshot of a heap, by one that is written by hand."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from heap import code_bytes_of  # noqa: E402


def test_only_nodes_that_are_code_count():
    meta = {"node_fields": ["type", "name", "self_size"],
            "node_types": [["hidden", "code", "object"], "string", "number"]}
    nodes = [1, 0, 100,
             2, 1, 1_000,
             1, 0, 20,
             0, 0, 3]
    assert code_bytes_of({"snapshot": {"meta": meta}, "nodes": nodes}) == 120
