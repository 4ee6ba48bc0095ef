#!/usr/bin/env python3
"""usage: check_sources.py [ROOT]

No dead files: every .cc is named by the CMakeLists.txt of a folder above it or by scripts/cmake, every .proto by
proto/CMakeLists.txt, and every header is included by some file.
"""

import re

import evx_checks


def nearest_cmake_texts(root, path):
    """The CMakeLists.txt of the folders above a file, nearest first, with the file's path there."""
    for folder in path.parents:
        cmake = root / folder / "CMakeLists.txt"
        if cmake.is_file():
            yield cmake.read_text(), path.relative_to(folder)
    for functions in sorted((root / "scripts/cmake").glob("*.cmake")):
        # Written there as "${PROJECT_SOURCE_DIR}/<path>".
        yield functions.read_text().replace("${PROJECT_SOURCE_DIR}/", ""), path


def check_sources(root):
    faults = []
    for path in evx_checks.tracked_files(root, {".cc"}):
        named = any(
            re.search(rf"(?<![\w./-]){re.escape(str(relative))}(?![\w.-])", text)
            for text, relative in nearest_cmake_texts(root, path)
        )
        if not named:
            faults.append(f"{path}: named by no CMakeLists.txt")
    return faults


def check_protos(root):
    cmake = root / "proto/CMakeLists.txt"
    text = cmake.read_text() if cmake.is_file() else ""
    return [
        f"{path}: not in proto/CMakeLists.txt"
        for path in evx_checks.tracked_files(root, {".proto"})
        if not re.search(rf"\b{re.escape(path.stem)}\b", text)
    ]


def check_headers(root):
    included = set()
    for path in evx_checks.tracked_files(root, {".h", ".cc"}):
        for name in re.findall(r'#\s*include\s+"([^"]+)"', (root / path).read_text()):
            included.add(name.rsplit("/", 1)[-1])
    return [
        f"{path}: included by no file"
        for path in evx_checks.tracked_files(root, {".h"})
        if path.name not in included
    ]


def check(root):
    return check_sources(root) + check_protos(root) + check_headers(root)


if __name__ == "__main__":
    evx_checks.main("check_sources", check)
