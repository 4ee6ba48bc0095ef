"""The private Redis: its own folder, port and password. It holds what may be lost or has a time to
live: nothing in it is the only copy of a fact."""

import secrets
import shutil
import socket

from evx_stack import machine
from evx_stack.errors import StackError
from evx_stack.supervisor import Program
from evx_stack.table import HOST, REDIS_PORT

_PROBE_SECONDS = 2

_SETTINGS = {
    "bind": HOST,
    "protected-mode": "yes",
    "databases": "1",
    "maxclients": "256",
    # Full: what would expire anyway goes first; what has no time to live is never dropped.
    "maxmemory": "128mb",
    "maxmemory-policy": "volatile-lru",
    # A restart loses at most the last second.
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
    # Its command line and environment stay what the supervisor gave it.
    "set-proc-title": "no",
    "loglevel": "notice",
    "always-show-logo": "no",
}


class Redis:
    """One server. Files: <run_dir>/redis/{password,url,redis.conf} (0400) and its data directory."""

    name = "redis"

    def __init__(self, layout):
        self.layout = layout
        self.port = layout.port(REDIS_PORT)
        self.folder = layout.run_dir / "redis"
        self.data = layout.data(self.name)

    @property
    def ports(self):
        return {self.port: "Redis"}

    @property
    def url(self):
        return f"redis://{HOST}:{self.port}"

    @property
    def url_file(self):
        """The same with the password."""
        return self.folder / "url"

    def prepare(self):
        machine.require_folder(self.folder)
        machine.require_folder(self.data, 0o700)
        password_file = self.folder / "password"
        if not password_file.exists():
            machine.write_secret(password_file, secrets.token_urlsafe(24))
        password = password_file.read_text().strip()
        machine.write_secret(self.url_file, f"redis://:{password}@{HOST}:{self.port}\n")
        machine.write_secret(self.folder / "redis.conf",
                             configuration(self.port, self.data, password))

    def program(self):
        return Program(self.name, [binary(), str(self.folder / "redis.conf")], self.data,
                       priority=10)

    def ready(self):
        return answers(self.port)

    def settle(self):
        pass


def configuration(port, data, password):
    """Text of a redis.conf."""
    settings = {**_SETTINGS, "port": port, "dir": f'"{data}"', "requirepass": password}
    return "".join(f"{key} {value}\n" for key, value in settings.items())


def binary():
    path = shutil.which("redis-server")
    if path is None:
        raise StackError("Redis is not installed: run scripts/install_packages plane")
    return path


def answers(port):
    """True once it has loaded its data; a client without the password is told to log in."""
    try:
        with socket.create_connection((HOST, port), _PROBE_SECONDS) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"-NOAUTH", b"+PONG"))
    except OSError:
        return False
