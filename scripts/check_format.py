#!/usr/bin/env python3
"""usage: check_format.py [ROOT]

Every tracked C++ file is as clang-format writes it (scripts/format rewrites them), every text file
ends with one newline and has no trailing blanks.
"""

import re
import subprocess

import evx_checks

_TEXT_SUFFIXES = {".h", ".cc", ".py", ".md", ".txt", ".cmake", ".proto", ".sql", ".json", ".yaml"}
# Files that someone else wrote and that are kept byte for byte.
_VERBATIM = re.compile(r"(^|/)(package-lock\.json|openapi\.yaml|corpus/|golden/|testdata/)")
_BATCH = 50


def check_clang_format(root):
    paths = [str(path) for path in evx_checks.tracked_files(root, {".h", ".cc"})]
    faults = []
    for start in range(0, len(paths), _BATCH):
        run = subprocess.run(
            ["clang-format", "--dry-run", "-Werror", *paths[start : start + _BATCH]],
            cwd=root, capture_output=True, text=True,
        )
        bad = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", run.stderr, re.MULTILINE)))
        faults += [f"{path}: not as clang-format writes it (run scripts/format)" for path in bad]
        if run.returncode != 0 and not bad:
            faults.append(f"clang-format failed: {run.stderr.strip()[:200]}")
    return faults


def check_blanks(root):
    faults = []
    for path in evx_checks.tracked_files(root, _TEXT_SUFFIXES):
        if _VERBATIM.search(str(path)):
            continue
        text = (root / path).read_text(errors="replace")
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                faults.append(f"{path}:{number}: trailing blanks")
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            faults.append(f"{path}: does not end with exactly one newline")
    return faults


def check(root):
    return check_clang_format(root) + check_blanks(root)


if __name__ == "__main__":
    evx_checks.main("check_format", check)
