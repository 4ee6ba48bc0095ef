"""Where one stack lives: its folders and its ports."""

import dataclasses
import hashlib
import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# A unix socket's path must fit into sockaddr_un.
_MAX_SOCKET_PATH = 100


@dataclasses.dataclass(frozen=True)
class Layout:
    """One stack: everything it writes is under run_dir, every port is moved by port_offset."""

    run_dir: pathlib.Path
    port_offset: int = 0
    build_dir: pathlib.Path = REPOSITORY / "build/release"

    @staticmethod
    def from_environment(port_offset=0):
        run_dir = os.environ.get("EVX_RUN_DIR") or REPOSITORY / ".run"
        return Layout(pathlib.Path(run_dir).absolute(), port_offset)

    @property
    def logs(self):
        return self.run_dir / "logs"

    @property
    def keys(self):
        """Demo, participant and operator keys, written by mock-kalshi at its first start."""
        return self.run_dir / "keys"

    @property
    def state_file(self):
        """What runs: read by `status` and `down`, which know no options."""
        return self.run_dir / "stack.json"

    @property
    def identity(self):
        """Short name of this run_dir, for what must live outside it."""
        return hashlib.sha256(str(self.run_dir).encode()).hexdigest()[:12]

    @property
    def supervisor_socket(self):
        inside = self.run_dir / "supervisor.sock"
        if len(str(inside)) <= _MAX_SOCKET_PATH:
            return inside
        return pathlib.Path(f"/tmp/evx-{os.geteuid()}-{self.identity}.sock")

    def data(self, service):
        return self.run_dir / "data" / service

    def log(self, service):
        return self.logs / f"{service}.log"

    def port(self, base):
        return base + self.port_offset
