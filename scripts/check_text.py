#!/usr/bin/env python3
"""usage: check_text.py [ROOT]

What no tracked text may hold: a note of unfinished work without an issue, a path of one machine, a registry of one
network, floating point near money, a sleep in a test, a file too long to read in one sitting.
"""

import re

import evx_checks

MAX_LINES = 600
_CODE = {".h", ".cc", ".py", ".sh", ".ts", ".tsx"}
_BINARY = {".gz", ".zst", ".png", ".bin", ".ico", ".woff2", ".pem", ".der"}
# Read by machines, or written by others and kept byte for byte.
_VERBATIM = re.compile(r"(^|/)(openapi\.yaml|corpus/|golden/|testdata/)")

_RULES = [
    # The character classes keep this file from matching itself.
    (re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b(?!\(#\d+\))"), "names no issue"),
    (re.compile(r"(?<![\w.$}/-])/(?:wor[k]|roo[t]|hom[e]/\w+)/"), "a path of one machine"),
    (re.compile(r'"resolve[d]":\s*"http|--index-ur[l]|--registr[y]|GOPROX[Y]='),
     "names a package registry: leave that to the client's own configuration"),
]
_FLOAT = re.compile(r"\b(?:double|float)\b")
_FLOAT_FREE = re.compile(r"^libs/(?:core|matching|ledger|venue)/(?:src|include)/")
_SLEEP = re.compile(r"\b(?:sleep_for|usleep|SleepFor|time\.sleep)\s*\(")
_TEST_FILE = re.compile(r"(^|/)tests?/")
_POLL = re.compile(r"poll interval", re.IGNORECASE)


def without_comment(line):
    return re.sub(r"//.*", "", line)


def check_line(path, number, line):
    for pattern, reason in _RULES:
        found = pattern.search(line)
        if found:
            yield f"{path}:{number}: `{found.group(0)}`: {reason}"
    if _FLOAT_FREE.match(str(path)) and _FLOAT.search(without_comment(line)):
        yield f"{path}:{number}: floating point near money"
    if _TEST_FILE.search(str(path)) and _SLEEP.search(line) and not _POLL.search(line):
        yield (f"{path}:{number}: sleep in a test: wait for the condition (a poll says so in a "
               "comment: poll interval)")


def check(root):
    faults = []
    for path in evx_checks.tracked_files(root):
        if path.suffix in _BINARY or _VERBATIM.search(str(path)):
            continue
        lines = (root / path).read_text(errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            faults += check_line(path, number, line)
        if path.suffix in _CODE and len(lines) > MAX_LINES:
            faults.append(f"{path}: {len(lines)} lines, more than {MAX_LINES}: one subject a file")
    return faults


if __name__ == "__main__":
    evx_checks.main("check_text", check)
