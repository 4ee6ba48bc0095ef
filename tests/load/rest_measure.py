"""What the REST figures share: wrk, the CPU time of a server's thread, and nginx to compare with."""

import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from local_exchange import free_port  # noqa: E402

CONNECTIONS = 64
_START_SECONDS = 10


def door_thread(pid):
    """Task folder of the one thread that serves HTTP."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == "evx-net":
            return task
    raise RuntimeError("the exchange has no thread evx-net")


def cpu_seconds(task):
    return int((task / "schedstat").read_text().split()[0]) * 1e-9


def wrk(url, seconds, script=None, script_arguments=()):
    """Requests that were answered, all of them with 2xx."""
    run = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *(["-s", script] if script else []),
         url, "--", *script_arguments],
        capture_output=True, text=True, check=True)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout)
    if failed:
        raise RuntimeError(f"{failed[0]}\n{run.stdout}")
    return int(re.search(r"(\d+) requests in", run.stdout)[1])


@contextlib.contextmanager
def nginx(body):
    """URL and worker task of an nginx that answers everything with `return 200`."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        places = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                           ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = pathlib.Path(folder, "nginx.conf")
        configuration.write_text(f"""
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  {places}
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
""")
        process = subprocess.Popen(["nginx", "-p", folder, "-c", configuration],
                                   stderr=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}/"
            deadline = time.monotonic() + _START_SECONDS
            while True:
                try:
                    urllib.request.urlopen(url, timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
            yield url, pathlib.Path(f"/proc/{children.read_text().split()[0]}")
        finally:
            process.terminate()
            process.wait()


def per_cpu_second(url, seconds, task):
    before = cpu_seconds(task)
    count = wrk(url, seconds)
    return count / (cpu_seconds(task) - before)
