"""What the check_*.py programs share: the tracked files and the report."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What a plain folder (no git) is searched without.
_GENERATED = {"build", ".run", ".cache", ".venv", ".git", "node_modules", "__pycache__"}


def tracked_files(root=ROOT, suffixes=None):
    """Files under version control (new ones included, ignored ones not), as relative paths."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
    )
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [
            str(path.relative_to(root))
            for path in root.rglob("*")
            if not _GENERATED.intersection(path.relative_to(root).parts)
        ]
    paths = sorted({pathlib.PurePosixPath(name) for name in names})
    return [
        path
        for path in paths
        if (suffixes is None or path.suffix in suffixes) and (root / path).is_file()
    ]


def report(name, faults):
    """Prints the faults, one a line, and returns the exit status."""
    for fault in faults:
        print(fault)
    print(f"{name}: {len(faults)} fault(s)" if faults else f"{name}: ok")
    return 1 if faults else 0


def main(name, check):
    """Runs check(root) -> faults over this clone, or over the folder given as argument."""
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    sys.exit(report(name, check(root)))
