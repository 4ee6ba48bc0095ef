"""Builds the binaries of a stack."""

import os
import subprocess
import sys

from evx_stack import machine
from evx_stack.errors import StackError
from evx_stack.layout import REPOSITORY

PRESET = "release"
# A full release build with its object files.
MIN_FREE_BYTES = 3 << 30


def build(layout, services, say):
    """Builds the services' targets; a terminal sees the build tool's progress, others its end."""
    if not (layout.build_dir / "build.ninja").exists():
        machine.require_disk(REPOSITORY, MIN_FREE_BYTES)
        say(f"configuring ({PRESET})")
        _run([str(REPOSITORY / "scripts/configure"), PRESET], layout, "configuring", visible=True)
    targets = [name for service in services for name in (service.name, *service.tools)]
    say(f"building {', '.join(targets)}")
    _run(["cmake", "--build", str(layout.build_dir), "-j", str(os.cpu_count() or 1),
          "--target", *targets], layout, "building", visible=sys.stdout.isatty())


def build_frontend():
    """Builds the pages; the script tells what it does and why it could not."""
    if subprocess.run([str(REPOSITORY / "scripts/build_frontend")], cwd=REPOSITORY,
                      stdin=subprocess.DEVNULL).returncode:
        raise StackError("the trading UI could not be built; --only exchange does without it")


def _run(command, layout, what, visible):
    log = layout.logs / "build.log"
    machine.require_folder(layout.logs)
    if visible:
        failed = subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL).returncode
    else:
        with open(log, "w") as stream:
            failed = subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL,
                                    stdout=stream, stderr=stream).returncode
    if not failed:
        return
    text = "" if visible else log.read_text(errors="replace")
    if "No space left" in text:
        raise StackError(f"{what} stopped, the disk is full: free about {MIN_FREE_BYTES >> 30} GiB")
    if not visible:
        sys.stderr.write("\n".join(text.splitlines()[-20:]) + "\n")
    raise StackError(f"{what} failed" + ("" if visible else f" (log: {log})"))
