"""What a page holds in V8's heap after a forced collection: data, and code."""

import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class Heap:
    data_bytes: int
    code_bytes: int  # Machine code and bytecode, and what V8 has learned of functions to make them.

    @property
    def total_bytes(self):
        return self.data_bytes + self.code_bytes


def read_heap(session):
    """`session`: of the page, in the DevTools protocol."""
    chunks = []

    def keep(event):
        chunks.append(event["chunk"])

    session.send("HeapProfiler.collectGarbage")
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.on("HeapProfiler.addHeapSnapshotChunk", keep)
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.remove_listener("HeapProfiler.addHeapSnapshotChunk", keep)
    code = code_bytes_of(json.loads("".join(chunks)))
    return Heap(data_bytes=used - code, code_bytes=code)


def code_bytes_of(snapshot):
    """Of the nodes of a heap snapshot, those that are code."""
    meta = snapshot["snapshot"]["meta"]
    fields, nodes = meta["node_fields"], snapshot["nodes"]
    code = meta["node_types"][fields.index("type")].index("code")
    types = nodes[fields.index("type")::len(fields)]
    sizes = nodes[fields.index("self_size")::len(fields)]
    return sum(size for kind, size in zip(types, sizes) if kind == code)
