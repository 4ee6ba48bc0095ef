"""What a stack tells programs (demo.json, operator.json) and people (what `up` prints)."""

import json
import os
import shutil
import signal
import time

from evx_stack.errors import StackError
from evx_stack.layout import REPOSITORY
from evx_stack.table import (
    EXCHANGE, EXCHANGE_PORTS, FRONTEND_PORT, GATEWAY, HOST, SERVICES, exchange_address,
    exchange_url)

# A gateway that was asked for a new link has one within this time.
LINK_SECONDS = 5

# Where the printed gRPC example goes.
GRPC_EXAMPLE = "evx.exchange.v1.ExchangeService/GetBalance"


def write(layout):
    """Writes <run_dir>/demo.json and operator.json from the credentials that mock-kalshi made."""
    demo = {
        "rest_url": exchange_url(layout),
        "ws_url": f"ws://{exchange_address(layout, 'http')}/trade-api/ws/v2",
        "grpc": exchange_address(layout, "grpc"),
        "fix": {"host": HOST, "tls": False,
                "ports": {f"Kalshi{kind.upper()}": layout.port(EXCHANGE_PORTS[f"fix_{kind}"])
                          for kind in ("nr", "rt", "dc", "md", "pt")}},
        **_credentials(layout, "demo"),
    }
    operator = {
        "rest_url": f"http://{exchange_address(layout, 'operator_http')}/evx/v1/admin",
        "grpc": exchange_address(layout, "operator_grpc"),
        **_credentials(layout, "operator"),
    }
    for name, facts in (("demo", demo), ("operator", operator)):
        (layout.run_dir / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")
    return demo


def _credentials(layout, name):
    path = layout.keys / f"{name}.json"
    try:
        credentials = json.loads(path.read_text())
        return {key: credentials[key] for key in ("key_id", "private_key_path")}
    except (OSError, ValueError, KeyError) as error:
        raise StackError(f"{EXCHANGE.name} left no usable {path} ({error!r}): if the folder was "
                         "emptied, run scripts/down, remove its data and run scripts/up") from None


def summary(layout, processes, demo, settings):
    """The lines that `up` ends with."""
    lines = ["", f"{'process':20} {'pid':>8}  address"]
    for process in processes:
        lines.append(f"{process['name']:20} {process['pid'] or '-':>8}  {process['url']}"
                     f"{_grpc(layout, process['name'])}")
        if process["name"] == EXCHANGE.name:
            lines.append(f"{'  operator':20} {'':>8}  "
                         f"http://{exchange_address(layout, 'operator_http')}/evx/v1/admin, gRPC "
                         f"{exchange_address(layout, 'operator_grpc')}")
        if process["name"] == GATEWAY.name:
            lines.append(f"{'  trading UI':20} {'':>8}  {trading_ui(layout, process['pid'])}")
    lines += [
        "",
        f"Demo account: key id {demo['key_id']}",
        f"              private key {demo['private_key_path']}",
        f"For programs: {shown(layout.run_dir / 'demo.json')}, "
        f"{shown(layout.run_dir / 'operator.json')}; logs in {shown(layout.logs)}",
    ]
    if settings.legacy_orders == "gone":
        lines.append("The older order endpoints answer 410 as the venue's do; for old bots: "
                     "scripts/up --legacy_orders=serve")
    return "\n".join(lines + ["", "Three things to try:", *examples(layout, demo), ""])


def trading_ui(layout, pid):
    """Where somebody gets in without a password, once. Behind the '#' the token reaches no server
    and no log; a gateway whose link was used makes another one at SIGHUP."""
    page = f"http://{HOST}:{layout.port(FRONTEND_PORT)}/"
    file = layout.data(GATEWAY.name) / "start_link"
    if not file.exists() and pid:
        os.kill(pid, signal.SIGHUP)
        deadline = time.monotonic() + LINK_SECONDS
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    try:
        return f"{page}#/link/{file.read_text().strip()} signs you in, once"
    except OSError:
        return page


def sign_in_link(layout, processes):
    """The link alone."""
    pid = next((one["pid"] for one in processes if one["name"] == GATEWAY.name), None)
    if not pid:
        raise StackError("the gateway does not run: scripts/up starts it")
    shown_link = trading_ui(layout, pid)
    if "#/link/" not in shown_link:
        raise StackError("the gateway has made no link: its first administrator is disabled, or "
                         f"PostgreSQL is away; see scripts/logs {GATEWAY.name}")
    return shown_link.split()[0]


def _grpc(layout, name):
    ports = {service.name: service.ports for service in SERVICES}.get(name, {})
    return f", gRPC {HOST}:{layout.port(ports['grpc'])}" if "grpc" in ports else ""


def examples(layout, demo):
    """Command lines that work as printed, from the clone's top folder."""
    prefix = f"EVX_RUN_DIR={layout.run_dir} " if "EVX_RUN_DIR" in os.environ else ""
    yield f"  curl -s '{demo['rest_url']}/markets?status=open&limit=3'"
    grpcurl = shutil.which("grpcurl") or shown(REPOSITORY / ".cache/bin/grpcurl")
    if shutil.which(grpcurl):
        command = "grpcurl" if shutil.which("grpcurl") else grpcurl
        yield (f"  {command} -plaintext $({prefix}scripts/sign --grpc {GRPC_EXAMPLE}) "
               f"{demo['grpc']} {GRPC_EXAMPLE}")
    else:
        yield "  (the grpcurl example needs grpcurl: install Go, then scripts/install_grpcurl)"
    yield f"  {prefix}python3 scripts/examples/trade.py"


def shown(path):
    """A path as a reader in the clone's top folder would type it."""
    try:
        return str(path.relative_to(REPOSITORY))
    except ValueError:
        return str(path)
