#!/usr/bin/env python3
"""usage: check_docs.py [ROOT]

Every file and folder that a Markdown page names exists: the targets of its links, and what stands in `code` and looks
like a path of the repository (`libs/net/src/`, `rest_door.cc`, `evx/service/process.h`, `config.{h,cc}`).
"""

import fnmatch
import pathlib
import re

import evx_checks

_LINK = re.compile(r"\]\(([^)#\s]+)")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# A name with one of these endings, or a path that starts in one of these folders.
_FILE = re.compile(r"^(?!/)[\w./*+-]+\.(?:cc|h|py|md|sql|proto|cmake|txt|yaml|yml|evxrec)$")
_FOLDER = re.compile(r"^(?:libs|services|scripts|tests|proto|docs|\.ci)/[\w./*+-]*$")
# Made when something runs.
_MADE = re.compile(r"^(?:\.run|\.venv|\.cache|build)\b|/(?:\.run|build|node_modules)/")


def expand(text):
    """`a.{h,cc}` -> a.h, a.cc."""
    braces = re.search(r"\{([^{}]*)\}", text)
    if braces is None:
        return [text]
    return [name for choice in braces.group(1).split(",")
            for name in expand(text[:braces.start()] + choice + text[braces.end():])]


class Tree:
    """The tracked files, and every folder that holds one."""

    def __init__(self, root):
        self.files = [str(path) for path in evx_checks.tracked_files(root)]
        self.folders = {str(parent) for path in self.files
                        for parent in pathlib.PurePosixPath(path).parents}

    def has(self, name):
        """True if a file or folder has this path, or a path that ends with it."""
        name = name.rstrip("/").removeprefix("./")
        return any(fnmatch.fnmatch(path, name) or fnmatch.fnmatch(path, f"*/{name}")
                   for path in (*self.files, *self.folders))


def named_paths(text):
    """What stands in `code` of a page and looks like a path; blocks of code are left out."""
    for span in _CODE.findall(_FENCE.sub("", text)):
        for word in span.split():
            for name in expand(word):
                if (_FILE.match(name) or _FOLDER.match(name)) and not _MADE.search(name):
                    yield name


def check_page(root, tree, page):
    text = (root / page).read_text()
    for target in _LINK.findall(_FENCE.sub("", text)):
        if "://" not in target and not (root / page.parent / target).exists():
            yield f"{page}: link to {target}, which is not there"
    for name in named_paths(text):
        if not tree.has(name):
            yield f"{page}: names `{name}`, which is not there"


def check(root):
    tree = Tree(root)
    return [fault for page in evx_checks.tracked_files(root, {".md"})
            for fault in check_page(root, tree, page)]


if __name__ == "__main__":
    evx_checks.main("check_docs", check)
