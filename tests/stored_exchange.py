"""A private exchange with a disk and a PostgreSQL, for tests that kill one or the other.

    with PrivatePostgres() as postgres, StoredExchange(folder, postgres) as exchange:
        exchange.kill()   # kill -9
        exchange.start()  # the same data again, on other ports

Needs the packages httpx and cryptography, and Debian's postgresql."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from free_ports import free_port
from local_exchange import Account, write_credentials
from service_process import BUILD, READY_SECONDS, ServiceProcess, binary, wait_until

POSTGRES_BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
POSTGRES_USER = "evx"
CATCH_UP_SECONDS = 60
PORTS = ("http_port", "grpc_port", "operator_http_port", "operator_grpc_port", "fix_nr_port",
         "fix_rt_port", "fix_dc_port", "fix_md_port", "fix_pt_port")


class PrivatePostgres:
    """A server with its data in a fresh folder. Without fsync: what it acknowledged survives
    kill -9, because the machine goes on."""

    def __init__(self):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="evx-postgres-"))
        self._prefix = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
            shutil.chown(self._folder, "postgres", "postgres")
            self._prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self._log = open(self._folder / "log", "ab")
        self._port = free_port()
        self._process = None
        self._database_count = 0

    def __enter__(self):
        subprocess.run([*self._prefix, POSTGRES_BINARIES / "initdb", "-D", self._folder / "data",
                        "-U", POSTGRES_USER, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8",
                        "-N"], check=True, cwd="/", stdout=self._log, stderr=self._log)
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self._log.close()
        shutil.rmtree(self._folder)

    def _url(self, database):
        return f"host=127.0.0.1 port={self._port} user={POSTGRES_USER} dbname={database}"

    def create_database(self):
        """Connection string of an empty database."""
        self._database_count += 1
        name = f"test_{self._database_count}"
        self._execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _execute(self, *statements):
        commands = [word for statement in statements for word in ("-c", statement)]
        subprocess.run([POSTGRES_BINARIES / "psql", "-q", "-o", "/dev/null", *commands,
                        self._url("postgres")], check=True)

    def refuse(self):
        """Ends every session with one of the databases, and takes no other until `accept`."""
        self._execute(
            *(f"ALTER DATABASE test_{number} ALLOW_CONNECTIONS false"
              for number in range(1, self._database_count + 1)),
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ~ '^test_'")

    def accept(self):
        self._execute(*(f"ALTER DATABASE test_{number} ALLOW_CONNECTIONS true"
                        for number in range(1, self._database_count + 1)))

    def start(self):
        # A killed server's shared memory is in use for a moment; until then a new one ends at once.
        def serves():
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [*self._prefix, POSTGRES_BINARIES / "postgres", "-D", self._folder / "data",
                     "-p", str(self._port), "-c", "listen_addresses=127.0.0.1", "-c",
                     f"unix_socket_directories={self._folder}", "-c", "fsync=off"],
                    cwd="/", stdout=self._log, stderr=self._log)
            return subprocess.run(
                [POSTGRES_BINARIES / "pg_isready", "-q", "-d", self._url("postgres")]).returncode == 0

        wait_until(serves, READY_SECONDS, "PostgreSQL answers")

    def kill(self):
        """kill -9 of the server and its sessions."""
        if self._process is None or self._process.poll() is not None:
            return
        sessions = children(self._process.pid)
        self._process.kill()
        self._process.wait()
        for session in sessions:
            try:
                os.kill(session, signal.SIGKILL)
            except ProcessLookupError:
                pass


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def disk_faults(**settings):
    """Environment of a process whose disk is bad: tests/integration/disk_faults.cc."""
    library = BUILD / "tests/integration/disk_faults.so"
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0",
            **{name: str(value) for name, value in settings.items()}}


class StoredExchange(ServiceProcess):
    """mock-kalshi with its data in `folder`, which may outlive it. PostgreSQL is optional. With
    `keeps_ports` a second start has the ports of the first, so that its clients find it again."""

    def __init__(self, folder, postgres=None, *flags, environment=None, keeps_ports=False):
        folder = pathlib.Path(folder)
        self.data = folder / "data"
        self.url_file = folder / "postgres.url"
        stored = [f"--postgres_url_file={self.url_file}"] if postgres is not None else []
        super().__init__("mock-kalshi", f"--data_dir={self.data}",
                         f"--demo_key_dir={folder / 'keys'}", "--log_level=warning", *flags, *stored,
                         folder=folder, ports=PORTS, environment=environment,
                         keeps_ports=keeps_ports)
        if postgres is not None:
            self.url_file.write_text(postgres.create_database())

    @property
    def rest_url(self):
        return self.url + "/trade-api/v2"

    @property
    def ws_url(self):
        return self.url.replace("http", "ws", 1) + "/trade-api/ws/v2"

    @property
    def fix(self):
        """What a FixClient wants to know."""
        return {"host": "127.0.0.1",
                "ports": {f"Kalshi{kind.upper()}": self.ports[f"fix_{kind}_port"]
                          for kind in ("nr", "rt", "dc", "md", "pt")}}

    @property
    def grpc_address(self):
        return f"127.0.0.1:{self.ports['grpc_port']}"

    def account(self, credentials):
        """A participant, by its credentials."""
        return Account(self.rest_url, credentials)

    def operator(self):
        """The operator API; paths are below /evx/v1/admin."""
        return Account(self.url_of("operator_http_port") + "/evx/v1/admin",
                       self.credentials("operator"))

    def credentials(self, name):
        """Of an account that is there from the first start on."""
        credentials = json.loads((self.folder / "keys" / f"{name}.json").read_text())
        key = pathlib.Path(credentials["private_key_path"]).read_text()
        return {**credentials, "private_key_pem": key}

    def open_account(self, name, dollars):
        """A funded account without a rate limit; returns its credentials."""
        admin = self.operator()
        admin.post("/accounts", {"name": name, "tier": "unlimited"})
        admin.post(f"/accounts/{name}/deposits", {"amount_dollars": str(dollars)})
        key = admin.post(f"/accounts/{name}/keys", {"key_type": "ed25519"})
        return {"key_id": key["key_id"], "private_key_pem": key["private_key"]}

    def open_trader(self, name, dollars):
        """The same; returns the file that our clients read their credentials from."""
        return write_credentials(self.folder, name, self.open_account(name, dollars))

    def list_market(self, ticker):
        """An open market of an event of its own."""
        admin = self.operator()
        admin.put("/series/FAULT", {"facts": {"title": "Faults"}})
        admin.put(f"/events/{ticker}-EVENT", {"series_ticker": "FAULT"})
        admin.put(f"/markets/{ticker}", {"event_ticker": f"{ticker}-EVENT",
                                         "close_time": "2100-01-01T00:00:00Z"})

    def health(self, component):
        """What one component says in /health; empty while all is well."""
        components = self.request("GET", "/health").json()["components"]
        return components[component].get("reason", "")

    def journal(self, verb, *flags):
        """Output of evx-journal, which must succeed."""
        run = subprocess.run([str(binary("mock-kalshi").with_name("evx-journal")), verb,
                              f"--data_dir={self.data}", *flags], capture_output=True, text=True)
        assert run.returncode == 0, f"evx-journal {verb}: {run.stdout}{run.stderr}"
        return run.stdout

    def replay(self):
        """Sequence number and state hash of a replay of what is on disk."""
        found = re.search(r"sequence_number (\d+) state_hash ([0-9a-f]{16})",
                          self.journal("replay"))
        return int(found[1]), found[2]

    def snapshot_under_way(self):
        """Whether a snapshot is being written at this moment."""
        return any(path.suffix == ".snapshot-partial" for path in self.data.iterdir())

    def lag(self):
        """Released records that PostgreSQL has not."""
        return self.metric("evx_exchange_follower_lag_records")

    def wait_for_postgres(self, lag_max=0):
        """Until PostgreSQL has everything that was released, but for `lag_max` records."""
        wait_until(lambda: self.lag() <= lag_max, CATCH_UP_SECONDS, "PostgreSQL has caught up")

    def audit(self):
        """Holds journal, PostgreSQL (once it has caught up) and the live state equal."""
        self.wait_for_postgres()
        return self.journal("audit", f"--postgres_url_file={self.url_file}",
                            f"--operator_addr=127.0.0.1:{self.ports['operator_grpc_port']}",
                            f"--operator_credentials={self.folder / 'keys' / 'operator.json'}")
