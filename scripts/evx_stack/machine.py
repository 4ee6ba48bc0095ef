"""What the machine allows: free ports, disk, users, and processes left by an earlier run."""

import errno
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from evx_stack.errors import StackError

# Below this a start would end in the middle of a write.
MIN_FREE_BYTES = 1 << 30

# In the environment of every process of a stack: the run_dir it belongs to.
MARK = "EVX_STACK"

_STOP_SECONDS = 15
_POLL_SECONDS = 0.05
_PROBE_SECONDS = 2


def is_root():
    return os.geteuid() == 0


def require_folder(path, mode=0o755):
    """Creates a folder that this user can write."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        os.chmod(path, mode)
    except PermissionError:
        raise StackError(f"cannot write {path}: it belongs to {owner(path)}; run this as that "
                         "user, or name another folder with EVX_RUN_DIR") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise StackError(f"cannot write {path}: name another folder with EVX_RUN_DIR")


def owner(path):
    """The user that owns a path, or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    try:
        return pwd.getpwuid(path.stat().st_uid).pw_name
    except (KeyError, PermissionError):
        return "someone else"


def require_disk(path, at_least=MIN_FREE_BYTES):
    free = shutil.disk_usage(path).free
    if free < at_least:
        raise StackError(f"{path} has {free >> 20} MiB left and {at_least >> 20} MiB are needed: "
                         "free some, or name a folder on another disk with EVX_RUN_DIR")


def require_free_port(port, purpose):
    """StackError names who listens there."""
    for host in ("127.0.0.1", "0.0.0.0"):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen(1)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise StackError(f"port {port} ({purpose}) is taken by {listener(port)}: stop "
                                     "it, or start this stack with --port_offset N") from None
                raise StackError(f"port {port} ({purpose}): {error.strerror}") from None


def listener(port):
    """Name and pid of the process that listens on a port, as far as this user may see."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = pathlib.Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(link) in inodes for link in (folder / "fd").iterdir()):
                return f"{(folder / 'comm').read_text().strip()} (pid {folder.name})"
        except OSError:
            continue
    return "a process of another user"


def answers_http(url):
    """True if it is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=_PROBE_SECONDS) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError, ValueError):
        return False


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition, seconds):
    """Polls; False if the condition did not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def stop_leftover(pid_file, name):
    """Stops the program of this name whose number is the first line of a file, if it still runs."""
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if executable(pid) == name:
        stop_process(pid)


def stop_process(pid, name_signal=signal.SIGTERM):
    """Asks, waits, and kills at last."""
    for sign in (name_signal, signal.SIGKILL):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        if wait_until(lambda: not alive(pid), _STOP_SECONDS):
            return


def is_marked(pid, run_dir):
    """True if a process belongs to the stack of run_dir."""
    try:
        environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"{MARK}={run_dir}".encode() in environment


def marked_processes(run_dir):
    """Processes of this stack, whoever their parent is now."""
    pids = [int(folder.name) for folder in pathlib.Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if pid != os.getpid() and is_marked(pid, run_dir)]


def executable(pid):
    """Name of the program a process runs, without its folder; empty if it cannot be seen."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)"))
    except OSError:
        return ""


def run_as(user, command, **options):
    """subprocess.run, as another user when this is root."""
    if user is not None:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *command]
    return subprocess.run(command, capture_output=True, text=True, **options)


def write_secret(path, text):
    """Replaces a file by one that only its owner can read."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as stream:
        stream.write(text)
    fresh.rename(path)
