"""The private PostgreSQL: its own data directory, port and password; no unix socket, so that it
can neither be mistaken for nor disturb a PostgreSQL that was there."""

import os
import pathlib
import pwd
import secrets
import shutil
import signal
import subprocess

from evx_stack import machine
from evx_stack.errors import StackError
from evx_stack.supervisor import Program
from evx_stack.table import HOST, POSTGRES_PORT

DATABASE = "evx"
USER = "evx"
_SYSTEM_USER = "postgres"  # PostgreSQL refuses to run as root; this user comes with the package
_FALLBACK = pathlib.Path("/var/lib/evx")
_BINARIES = pathlib.Path("/usr/lib/postgresql")

_SERVER_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "50",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "log_min_messages": "warning",
}


class Postgres:
    """One server. Files: <run_dir>/postgres/{password,url} (0400, ours) and its data directory."""

    name = "postgres"

    def __init__(self, layout):
        self.layout = layout
        self.port = layout.port(POSTGRES_PORT)
        self.folder = layout.run_dir / "postgres"
        self.user = _SYSTEM_USER if machine.is_root() else None

    @property
    def url_file(self):
        """libpq connection URL, password included."""
        return self.folder / "url"

    @property
    def data(self):
        """Data directory. Root's clone may lie where user postgres cannot go: then outside."""
        if self.user is None or reachable(self.layout.run_dir):
            return self.layout.data(self.name)
        return _FALLBACK / self.layout.identity / self.name

    def server_command(self):
        settings = [part for key, value in _SERVER_SETTINGS.items()
                    for part in ("-c", f"{key}={value}")]
        return [str(binaries() / "postgres"), "-D", str(self.data), "-p", str(self.port), *settings]

    def prepare(self):
        """Makes password, data directory and database if there are none."""
        machine.require_folder(self.folder)
        password_file = self.folder / "password"
        if not password_file.exists():
            machine.write_secret(password_file, secrets.token_urlsafe(24))
        password = password_file.read_text().strip()
        machine.write_secret(self.url_file,
                     f"postgresql://{USER}:{password}@{HOST}:{self.port}/{DATABASE}\n")
        if not (self.data / "PG_VERSION").exists():
            self._initialize(password)

    def _initialize(self, password):
        """In a folder beside it that is renamed when complete: a half-made one is never used."""
        parent = self.data.parent
        if _FALLBACK in parent.parents:
            machine.require_folder(_FALLBACK)
        machine.require_folder(parent)
        fresh = parent / f"{self.name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password_file = parent / f"{self.name}.password"
        machine.write_secret(password_file, password)
        try:
            if self.user is not None:
                account = pwd.getpwnam(self.user)
                for path in (fresh, password_file):
                    os.chown(path, account.pw_uid, account.pw_gid)
            self._run([str(binaries() / "initdb"), "-D", str(fresh), "-U", USER, "-E", "UTF8",
                       "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password_file}"])
            self._run([str(binaries() / "postgres"), "--single", "-D", str(fresh), "postgres"],
                      input=f"CREATE DATABASE {DATABASE};\n")
        finally:
            password_file.unlink()
        fresh.rename(self.data)

    def _run(self, command, **options):
        run = machine.run_as(self.user, command, cwd="/", **options)
        if run.returncode != 0:
            reason = (run.stderr.strip().splitlines() or ["no message"])[-1]
            raise StackError(f"{pathlib.Path(command[0]).name} failed: {reason}")

    @property
    def ports(self):
        return {self.port: "PostgreSQL"}

    @property
    def url(self):
        return f"postgresql://{HOST}:{self.port}/{DATABASE}"

    def program(self):
        return Program(self.name, self.server_command(), self.data, priority=10, user=self.user,
                       stop_signal="INT")

    def ready(self):
        return is_ready(self.port)

    def settle(self):
        pass

    def stop_leftover(self):
        """Stops a server of this data directory that has lost its supervisor."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            return
        if str(self.data).encode() in command:
            machine.stop_process(pid, signal.SIGINT)


def binaries():
    """Folder of the newest PostgreSQL server that is installed."""
    versions = [path for path in _BINARIES.glob("*/bin") if (path / "initdb").exists()]
    if not versions:
        raise StackError("PostgreSQL is not installed: run scripts/install_packages run")
    return max(versions, key=lambda path: int(path.parent.name))


def is_ready(port):
    run = subprocess.run([str(binaries() / "pg_isready"), "-q", "-h", HOST, "-p", str(port),
                          "-d", DATABASE, "-U", USER])
    return run.returncode == 0


def reachable(path):
    """True if user postgres can walk down to a folder."""
    run = machine.run_as(_SYSTEM_USER, ["test", "-x", str(path)], cwd="/")
    return run.returncode == 0
