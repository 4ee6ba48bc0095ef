"""Desired state -> running processes."""

import contextlib
import dataclasses
import fcntl
import json
import time

from evx_stack import figures, machine
from evx_stack.errors import StackError
from evx_stack.nginx import Nginx
from evx_stack.postgres import Postgres
from evx_stack.servers import SERVERS
from evx_stack.supervisor import FAILED, Program, Supervisor
from evx_stack.table import BY_NAME, SERVICES

# An exchange that has millions of records to recover is not ready at once.
READY_SECONDS = 120
# A process that keeps ending has this long to come up after all.
_RESTART_SECONDS = 6
_POLL_SECONDS = 0.05


class Stack:
    """The processes of one layout. `services` and `servers` (classes) are those that `up` leaves
    running, in start order; `down` and `status` need none, they read what runs from the layout's
    state file."""

    def __init__(self, layout, services=(), settings=None, servers=(), say=print):
        self.layout = layout
        self.services = services
        self.settings = settings
        self.servers = [server(layout) for server in servers]
        self.supervisor = Supervisor(layout)
        self.say = say

    def up(self):
        """Starts what is not running, restarts what changed, stops what is no longer wanted, and
        returns when every process is ready."""
        self._make_folders()
        with self._locked():
            if self.supervisor.pid() is None:
                self._stop_leftovers()
            self._require_free_ports()
            for server in self.servers:
                server.prepare()
            self.supervisor.configure(self._programs())
            self._write_state()
            for server in self.servers:
                self._launch(server.name)
            for server in self.servers:
                self._await(server.name, server.ready)
                server.settle()
            for service in self.services:
                url = service.ready_url(self.layout)
                self._launch(service.name)
                self._await(service.name, lambda url=url: machine.answers_http(url))

    def down(self):
        """Stops every process of this layout, also those that lost their supervisor."""
        if not self.layout.run_dir.exists():
            return
        with self._locked():
            self.supervisor.shut_down()
            self._stop_leftovers()
            self.layout.supervisor_socket.unlink(missing_ok=True)

    def started_layout(self):
        """The layout as `up` had it: its port_offset is no option of other commands."""
        state = json.loads(self.layout.state_file.read_text())
        return dataclasses.replace(self.layout, port_offset=state["port_offset"])

    def status(self):
        """[{name, pid, ready, url, figures}] of every process that should run; pid is None if it
        does not. figures: {name: value}, see figures.py."""
        try:
            processes = json.loads(self.layout.state_file.read_text())["processes"]
        except (OSError, ValueError, KeyError):
            return []
        states = self.supervisor.states() or self._orphans()
        return [
            {
                "name": process["name"],
                "pid": states.get(process["name"], ("", 0))[1] or None,
                "ready": self._is_running_and_ready(process, states),
                "url": process["url"],
                "figures": self._figures(process["name"]),
            }
            for process in processes
        ]

    def _figures(self, name):
        service = BY_NAME.get(name)
        if service is None:
            return {}
        return figures.read(service.metrics_url(self.started_layout()), service.figures)

    def lost_supervisor(self):
        """True if processes run that nobody would restart."""
        return self.supervisor.pid() is None and bool(self._orphans())

    def _orphans(self):
        """{name: ("RUNNING", pid)} of processes whose supervisor was killed."""
        names = {service.name for service in SERVICES}
        found = {}
        for pid in machine.marked_processes(self.layout.run_dir):
            name = machine.executable(pid)
            if name in names and name not in found:
                found[name] = ("RUNNING", pid)
        return found

    def _is_running_and_ready(self, process, states):
        if process["name"] not in states or not states[process["name"]][1]:
            return False
        for server in SERVERS:
            if server.name == process["name"]:
                return server(self.started_layout()).ready()
        return machine.answers_http(process["ready_url"])

    def _make_folders(self):
        layout = self.layout
        # Traversable by all: PostgreSQL runs as a user of its own under root. Secrets inside are
        # readable by their owner alone.
        for folder in (layout.run_dir, layout.run_dir / "data", layout.logs):
            machine.require_folder(folder)
        machine.require_folder(layout.keys, 0o700)
        machine.require_disk(layout.run_dir)

    @contextlib.contextmanager
    def _locked(self):
        """One `up` or `down` at a time."""
        with open(self.layout.run_dir / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say("waiting for another scripts/up or scripts/down of this stack")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _programs(self):
        programs = [server.program() for server in self.servers]
        for service in self.services:
            binary = service.binary(self.layout)
            if not binary.exists():
                raise StackError(f"{binary} is not built: run scripts/up without --no_build")
            built = binary.stat()
            folder = self.layout.data(service.name)
            machine.require_folder(folder, 0o700)
            programs.append(Program(service.name, service.command(self.layout, self.settings),
                                    folder, priority=30 if service.after else 20,
                                    stamp=f"{built.st_mtime_ns}-{built.st_size}"))
        return programs

    def _write_state(self):
        processes = [{"name": server.name, "url": server.url, "ready_url": None}
                     for server in self.servers]
        processes += [{"name": service.name, "url": service.url(self.layout),
                       "ready_url": service.ready_url(self.layout)} for service in self.services]
        state = {"port_offset": self.layout.port_offset, "processes": processes}
        self.layout.state_file.write_text(json.dumps(state, indent=2) + "\n")

    def _ports(self):
        """{name: {port: purpose}} of every process that `up` leaves running."""
        ports = {service.name: {self.layout.port(port): f"{service.name} {kind}"
                                for kind, port in service.ports.items()}
                 for service in self.services}
        return {**ports, **{server.name: server.ports for server in self.servers}}

    def _require_free_ports(self):
        """Before anything is started, so that a stranger's port leaves no half of a stack."""
        states = self.supervisor.states()
        for name, ports in self._ports().items():
            if not states.get(name, ("", 0))[1]:
                for port, purpose in ports.items():
                    machine.require_free_port(port, purpose)

    def _launch(self, name):
        _, pid = self.supervisor.states().get(name, ("", 0))
        if not pid:
            for port, purpose in self._ports()[name].items():
                machine.require_free_port(port, purpose)
            self.say(f"starting {name}")
            self.supervisor.start(name)

    def _await(self, name, ready):
        started = time.monotonic()
        while not ready():
            waited = time.monotonic() - started
            state = self.supervisor.states().get(name, ("UNKNOWN", 0))[0]
            if state in FAILED or (state == "BACKOFF" and waited > _RESTART_SECONDS):
                raise StackError(f"{name} does not stay up: {self._last_words(name)} "
                                 f"(scripts/logs {name})")
            if waited > READY_SECONDS:
                raise StackError(f"{name} is not ready after {READY_SECONDS} s: "
                                 f"{self._last_words(name)} (scripts/logs {name})")
            time.sleep(_POLL_SECONDS)

    def _last_words(self, name):
        try:
            lines = self.layout.log(name).read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1][:300] if lines else "its log is empty"

    def _stop_leftovers(self):
        """Processes that an earlier supervisord left behind when it was killed."""
        for pid in machine.marked_processes(self.layout.run_dir):
            machine.stop_process(pid)
        for server in (Postgres, Nginx):
            server(self.layout).stop_leftover()
