"""The commands up, down, status, sign_in_link and logs."""

import argparse
import errno
import json
import os
import subprocess
import sys

from evx_stack import build, facts, figures
from evx_stack.errors import StackError
from evx_stack.kafka import Kafka
from evx_stack.layout import REPOSITORY, Layout
from evx_stack.nginx import Nginx
from evx_stack.postgres import Postgres
from evx_stack.servers import select_servers
from evx_stack.stack import Stack
from evx_stack.table import BY_NAME, ONLY, SERVICES, Settings, select

_ENVIRONMENT = "EVX_RUN_DIR names the folder of the stack (default: .run of this clone)."


def _service_list(text):
    names = text.split(",")
    known = {service.name for service in SERVICES}
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(sorted(known))}")
    return names


def _override(text):
    target, equals, value = text.partition("=")
    service, dot, flag = target.partition(".")
    if not equals or not dot or service not in {known.name for known in SERVICES}:
        raise argparse.ArgumentTypeError(f"{text} is not SERVICE.FLAG=VALUE")
    return service, flag, value


def _folder(text):
    if not os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return os.path.abspath(text)


def _port_offset(text):
    offset = int(text)
    if not 0 <= offset <= 10_000:
        raise argparse.ArgumentTypeError("must be 0 to 10000")
    return offset


def up_parser():
    parser = argparse.ArgumentParser(
        prog="scripts/up", epilog=_ENVIRONMENT,
        description="Installs what is missing, builds, starts every process and waits until each "
                    "is ready. Repeating it changes nothing that need not change.")
    parser.add_argument("--only", choices=sorted(ONLY), help="start only this part")
    parser.add_argument("--with", dest="also", type=_service_list, default=[], metavar="A,B",
                        help="with --only: these services too")
    parser.add_argument("--port_offset", type=_port_offset, default=0, metavar="N",
                        help="add N to every port, so that several stacks fit on one machine")
    parser.add_argument("--recordings", type=_folder, metavar="DIR",
                        help="recorded sessions that flow plays besides its own")
    parser.add_argument("--schedule", choices=("always", "kalshi"), default="always",
                        help="trading hours: always open, or the venue's weekly pause")
    parser.add_argument("--legacy_orders", choices=("gone", "serve"), default="gone",
                        help="the older order endpoints: 410, or served")
    parser.add_argument("--clock", choices=("real", "virtual"), default="real",
                        help="exchange time: the wall clock, or moved by the operator")
    parser.add_argument("--set", dest="extra", type=_override, action="append", default=[],
                        metavar="SERVICE.FLAG=VALUE", help="pass one more flag to one service")
    parser.add_argument("--no_build", action="store_true", help="start what is built already")
    return parser


def up(arguments):
    parser = up_parser()
    options = parser.parse_args(arguments)
    if options.also and options.only is None:
        parser.error("--with goes with --only")
    layout = Layout.from_environment(options.port_offset)
    services = select(options.only, options.also)
    servers = select_servers(options.only)
    for service in services:
        if service.needs_kafka and Kafka not in servers:
            parser.error(f"{service.name} needs Kafka, which --only {options.only} leaves out")
    settings = Settings(options.schedule, options.legacy_orders, options.clock,
                        options.recordings, Kafka in servers, tuple(options.extra))
    # Fetched while the compiler works. The stack can do without grpcurl, which is for an example.
    grpcurl = _install("grpcurl")
    kafka = _install("kafka") if Kafka in servers else None
    try:
        if not options.no_build:
            if Nginx in servers:
                build.build_frontend()
            build.build(layout, services, print)
        if kafka is not None and kafka.wait() != 0:
            raise StackError("Kafka could not be installed; --only exchange does without it")
        Stack(layout, services, settings, servers).up()
    finally:
        for installation in filter(None, (grpcurl, kafka)):
            installation.wait()
    demo = facts.write(layout)
    data = Postgres(layout).data
    if data != layout.data("postgres"):
        print(f"PostgreSQL's data is in {data}: its user cannot reach {layout.run_dir}")
    print(facts.summary(layout, Stack(layout).status(), demo, settings))


def _install(tool):
    return subprocess.Popen([str(REPOSITORY / f"scripts/install_{tool}")],
                            stdin=subprocess.DEVNULL)


def down(arguments):
    argparse.ArgumentParser(
        prog="scripts/down", epilog=_ENVIRONMENT,
        description="Stops every process of the stack; its data stays.").parse_args(arguments)
    Stack(Layout.from_environment()).down()


def status(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/status", epilog=_ENVIRONMENT,
        description="Lists the processes of the stack. Exit status 0: every one is ready.")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(arguments)
    stack = Stack(Layout.from_environment())
    processes = stack.status()
    if options.json:
        print(json.dumps(processes, indent=2))
    elif not processes:
        print("nothing was started here: scripts/up")
    else:
        for process in processes:
            state = "ready" if process["ready"] else "not ready" if process["pid"] else "stopped"
            print(f"{process['name']:20} {state:10} {process['pid'] or '-':>8}  {process['url']}")
            if process["figures"]:
                print(f"{'':41}{figures.shown(BY_NAME[process['name']].figures, process['figures'])}")
        if stack.lost_supervisor():
            print("the supervisor is gone, nothing would be restarted: scripts/up starts all anew")
    if not processes or not all(process["ready"] for process in processes):
        sys.exit(1)


def sign_in_link(arguments):
    argparse.ArgumentParser(
        prog="scripts/sign_in_link", epilog=_ENVIRONMENT,
        description="Prints a link that signs an administrator in to the trading UI, once. After "
                    "it was used, the next call prints another one.").parse_args(arguments)
    stack = Stack(Layout.from_environment())
    processes = stack.status()
    if not processes:
        raise StackError("nothing was started here: scripts/up")
    print(facts.sign_in_link(stack.started_layout(), processes))


def logs(arguments):
    parser = argparse.ArgumentParser(prog="scripts/logs", epilog=_ENVIRONMENT,
                                     description="Shows the log of one process.")
    parser.add_argument("service", nargs="?")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as it grows")
    parser.add_argument("-n", "--lines", type=int, default=100, help="last lines (default 100)")
    options = parser.parse_args(arguments)
    layout = Layout.from_environment()
    known = sorted(path.stem for path in layout.logs.glob("*.log"))
    if options.service not in known:
        raise StackError(f"name one of: {', '.join(known)}" if known
                         else f"no logs in {layout.logs}: run scripts/up")
    follow = ["-F"] if options.follow else []
    os.execvp("tail", ["tail", "-n", str(options.lines), *follow, str(layout.log(options.service))])


COMMANDS = {"up": up, "down": down, "status": status, "sign_in_link": sign_in_link, "logs": logs}


def main():
    name, *arguments = sys.argv[1:]
    try:
        COMMANDS[name](arguments)
    except StackError as error:
        sys.exit(f"{name}: {error}")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit(f"{name}: the disk of {error.filename or 'this clone'} is full: free some "
                     "space and repeat")
        if error.errno in (errno.EACCES, errno.EPERM):
            sys.exit(f"{name}: no permission for {error.filename}: run it as the user who started "
                     "the stack, or name another folder with EVX_RUN_DIR")
        raise
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
