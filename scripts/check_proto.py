#!/usr/bin/env python3
"""usage: check_proto.py lint|breaking

Runs buf (proto/node_modules, installed by scripts/install_test_tools) over proto/: its lint, or
its check that nothing compatible with the last commit of the main line was broken. Exit status 77
means skipped: buf is not installed, or there is no earlier commit to compare with.
"""

import pathlib
import subprocess
import sys

import evx_checks

SKIPPED = 77
PROTO = evx_checks.ROOT / "proto"
BUF = PROTO / "node_modules/.bin/buf"
# The first that exists is compared with. On the main line itself that is the commit before.
BASES = ("origin/main", "main")


def skip(reason):
    print(f"check_proto: skipped: {reason}")
    sys.exit(SKIPPED)


def git(*arguments):
    run = subprocess.run(["git", "-C", str(evx_checks.ROOT), *arguments],
                         capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else None


def base_commit():
    """The commit to compare with, or None: the main line's head, or its parent if that is ours."""
    head = git("rev-parse", "HEAD")
    for name in BASES:
        commit = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if commit and commit == head:
            commit = git("rev-parse", "--verify", "--quiet", "HEAD~1^{commit}")
        if commit and git("ls-tree", "-r", "--name-only", commit, "proto/evx"):
            return commit
    return None


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in ("lint", "breaking"):
        sys.exit(__doc__)
    if not BUF.exists():
        skip("buf is not installed (scripts/install_test_tools, needs npm)")
    command = [str(BUF), sys.argv[1]]
    if sys.argv[1] == "breaking":
        commit = base_commit()
        if commit is None:
            skip("no earlier commit with contracts")
        git_dir = pathlib.Path(git("rev-parse", "--absolute-git-dir"))
        common = pathlib.Path(git("rev-parse", "--path-format=absolute", "--git-common-dir"))
        repository = common if common.is_dir() else git_dir
        command += ["--against", f"{repository}#ref={commit},subdir=proto"]
    sys.exit(subprocess.run(command, cwd=PROTO).returncode)


if __name__ == "__main__":
    main()
