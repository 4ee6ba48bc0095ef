"""The private supervisord that holds the processes of one stack: own configuration, socket and
logs under run_dir. A system-wide supervisord is never asked for anything."""

import configparser
import dataclasses
import http.client
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import xmlrpc.client

from evx_stack import machine
from evx_stack.errors import StackError

_START_SECONDS = 10
_STOP_SECONDS = 60
_LOG_BYTES = "20MB"
_LOG_BACKUPS = "3"

# States from which a program does not come back by itself.
FAILED = ("FATAL", "EXITED", "UNKNOWN")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_STOP_SECONDS)
        self.sock.connect(self._path)


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self._path = path

    def make_connection(self, host):
        self._connection = (host, _UnixConnection(self._path))  # close() looks for it there
        return self._connection[1]


@dataclasses.dataclass(frozen=True)
class Program:
    """What supervisord is told about one process. A process is restarted when any of it changes;
    `stamp` is for what the other fields do not show, a rebuilt binary."""

    name: str
    command: list[str]
    folder: pathlib.Path
    priority: int  # lower ones start first and stop last
    user: str | None = None
    stop_signal: str = "TERM"
    stamp: str = ""

    def section(self, layout):
        values = {
            "command": shlex.join(self.command),
            "directory": str(self.folder),
            "environment": f'EVX_STACK_STAMP="{self.stamp}"',
            "priority": str(self.priority),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "5",
            "stopsignal": self.stop_signal,
            "stopwaitsecs": "20",
            "redirect_stderr": "true",
            "stdout_logfile": str(layout.log(self.name)),
            "stdout_logfile_maxbytes": _LOG_BYTES,
            "stdout_logfile_backups": _LOG_BACKUPS,
        }
        if self.user is not None:
            values["user"] = self.user
        # supervisord expands %(...)s in values.
        return {key: value.replace("%", "%%") for key, value in values.items()}


class Supervisor:
    def __init__(self, layout):
        self.layout = layout
        self.configuration = layout.run_dir / "supervisord.conf"
        self.pid_file = layout.run_dir / "supervisord.pid"

    def _call(self, method, *arguments):
        transport = _UnixTransport(str(self.layout.supervisor_socket))
        with xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)

    def pid(self):
        """Of the running supervisord, or None."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if machine.is_marked(pid, self.layout.run_dir) else None

    def configure(self, programs):
        """Writes the configuration and makes supervisord follow it: what is new or changed is
        stopped and known afterwards, what is gone is stopped. Nothing is started."""
        self._write(programs)
        if self.pid() is None:
            self._launch()
            return
        try:
            added, changed, removed = self._call("reloadConfig")[0]
            for name in removed + changed:
                self.stop(name)
                self._call("removeProcessGroup", name)
            for name in added + changed:
                self._call("addProcessGroup", name)
        except (OSError, xmlrpc.client.Error) as error:
            raise StackError(f"the supervisor does not answer ({error}): run scripts/down, then "
                             "scripts/up") from None

    def _write(self, programs):
        layout = self.layout
        parser = configparser.RawConfigParser()
        parser["unix_http_server"] = {"file": layout.supervisor_socket, "chmod": "0700"}
        parser["supervisord"] = {
            "logfile": layout.log("supervisord"),
            "logfile_maxbytes": _LOG_BYTES,
            "logfile_backups": "1",
            "pidfile": self.pid_file,
            "childlogdir": layout.logs,
        }
        if machine.is_root():
            parser["supervisord"]["user"] = "root"
        parser["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory":
                "supervisor.rpcinterface:make_main_rpcinterface"}
        for program in programs:
            parser[f"program:{program.name}"] = program.section(layout)
        fresh = self.configuration.with_suffix(".new")
        with open(fresh, "w") as stream:
            parser.write(stream)
        fresh.rename(self.configuration)

    def _launch(self):
        self.layout.supervisor_socket.unlink(missing_ok=True)
        binary = shutil.which("supervisord", path=os.defpath + ":/usr/local/bin")
        if binary is None:
            raise StackError("supervisord is not installed: run scripts/install_packages run")
        environment = {**os.environ, machine.MARK: str(self.layout.run_dir)}
        run = subprocess.run([binary, "-c", str(self.configuration)], cwd="/", env=environment,
                             capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if run.returncode != 0 or not machine.wait_until(self._answers, _START_SECONDS):
            reason = (run.stderr.strip().splitlines() or ["no answer"])[-1]
            raise StackError(f"supervisord did not start: {reason} (log: "
                             f"{self.layout.log('supervisord')})")

    def _answers(self):
        try:
            return self._call("getState")["statename"] == "RUNNING"
        except (OSError, xmlrpc.client.Error):
            return False

    def states(self):
        """{name: (state, pid)}; empty if supervisord is not running."""
        if self.pid() is None:
            return {}
        try:
            return {info["name"]: (info["statename"], info["pid"])
                    for info in self._call("getAllProcessInfo")}
        except (OSError, xmlrpc.client.Error):
            return {}

    def start(self, name):
        """Whether it stays up shows afterwards: one that ends at once is a SPAWN_ERROR if supervisord
        looks soon enough."""
        try:
            self._call("startProcess", name, False)
        except xmlrpc.client.Fault as fault:
            if not fault.faultString.startswith(("ALREADY_STARTED", "SPAWN_ERROR")):
                raise StackError(f"{name} did not start: {fault.faultString}") from None

    def stop(self, name):
        try:
            self._call("stopProcess", name)
        except xmlrpc.client.Fault as fault:
            if "NOT_RUNNING" not in fault.faultString and "BAD_NAME" not in fault.faultString:
                raise StackError(f"{name} did not stop: {fault.faultString}") from None

    def shut_down(self):
        """Stops every process, then supervisord."""
        pid = self.pid()
        if pid is None:
            return
        try:
            self._call("shutdown")
        except (OSError, xmlrpc.client.Error):
            os.kill(pid, signal.SIGTERM)
        if not machine.wait_until(lambda: not machine.alive(pid), _STOP_SECONDS):
            machine.stop_process(pid)
