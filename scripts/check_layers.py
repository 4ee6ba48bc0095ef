#!/usr/bin/env python3
"""usage: check_layers.py [ROOT]

Holds the order of the libraries. libs/CMakeLists.txt lists them by floor; a library may include
and link only libraries of lower floors, its tests also those of its own floor. Services include
and link libraries, never each other. The pure floors (1 to 2b) know no input or output, clock,
random number, thread, JSON or generated message.
"""

import re

import evx_checks

# Floors whose libraries are pure, and the first floor that sees generated protobuf code.
PURE_FLOORS = {"1", "2a", "2b"}
CORE_FLOOR = "1"

FORBIDDEN_IN_PURE = re.compile(
    r"""^(?: grpc | google/protobuf | nlohmann/ | simdjson | boost/ | libpq | spdlog/ | prometheus/
        | httplib | openssl/ | librdkafka | hiredis | zstd | yaml-cpp
        | absl/(?: random | synchronization | flags ) / | absl/time/clock\.h
        | (?: chrono | ctime | random | thread | mutex | shared_mutex | condition_variable
            | future | fstream | iostream | filesystem | cstdio ) $
        | sys/(?!mman\.h) | unistd\.h | fcntl\.h | time\.h | pthread\.h )""",
    re.VERBOSE,
)

# (file, header): why this one may.
ALLOWED = {
    ("libs/core/src/clock.cc", "absl/time/clock.h"): "SystemClock, the one place that reads it",
    ("libs/core/src/clock.cc", "ctime"): "SystemClock, the one place that reads it",
    ("libs/core/src/check.cc", "cstdio"): "EVX_CHECK prints before it aborts",
}

# Third-party libraries that belong to one adapter: prefix of the header -> libraries.
OWNED_HEADERS = {
    "libpq": {"postgres"},
    "librdkafka": {"kafka"},
    "hiredis": {"redis"},
    "zstd": {"recording"},
    "boost/": {"net"},
    "grpc": {"rpc", "service"},
    "prometheus/": {"telemetry", "service"},
    "spdlog/": {"telemetry", "service"},
    "httplib": {"service", "net"},
}

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
_LINK = re.compile(r"\bevx::([a-z0-9_]+)")
_FLOOR_LINE = re.compile(r"#\s*Floor\s+(\w+)")


def read_floors(text):
    """The content of libs/CMakeLists.txt -> ({library: index of its floor}, [name of floor])."""
    floors, names = {}, []
    for line in text.splitlines():
        heading = _FLOOR_LINE.search(line)
        if heading:
            names.append(heading.group(1))
            continue
        if not names:
            continue
        for word in re.findall(r"[a-z_0-9]+", line.split("#")[0]):
            floors[word] = len(names) - 1
    return floors, names


def includes_of(text):
    """(header, line number) of every include."""
    for match in _INCLUDE.finditer(text):
        yield match.group(1) or match.group(2), text.count("\n", 0, match.start()) + 1


class LayerCheck:
    """Collects the faults of one tree."""

    def __init__(self, root):
        self.root = root
        self.floors, self.floor_names = read_floors((root / "libs/CMakeLists.txt").read_text())
        self.generated = {path.name for path in (root / "proto/evx").glob("*") if path.is_dir()}
        self.faults = []

    def run(self):
        for path in evx_checks.tracked_files(self.root, {".h", ".cc"}):
            if path.parts[0] == "libs" and len(path.parts) > 2:
                self.check_library_file(path)
            elif path.parts[0] == "services" and len(path.parts) > 2:
                self.check_service_file(path)
        for path in evx_checks.tracked_files(self.root):
            if path.name == "CMakeLists.txt" and len(path.parts) == 3:
                self.check_links(path)
        return self.faults

    def fault(self, path, line, text):
        self.faults.append(f"{path}:{line}: {text}")

    def check_library_file(self, path):
        library = path.parts[1]
        if library not in self.floors:
            self.fault(path, 1, f"library {library} has no floor in libs/CMakeLists.txt")
            return
        shipped = path.parts[2] in ("include", "src")
        for header, line in includes_of((self.root / path).read_text()):
            self.check_project_header(path, line, library, header, shipped)
            if shipped:
                self.check_third_party(path, line, library, header)

    def check_project_header(self, path, line, library, header, shipped):
        match = re.match(r"evx/([a-z0-9_]+)/", header)
        if not match or match.group(1) == library:
            return
        used = match.group(1)
        if re.match(r"evx/[a-z0-9_]+/v\d+/", header):
            if self.is_pure(library):
                self.fault(path, line, f"pure library {library} includes generated {header}")
        elif used not in self.floors:
            self.fault(path, line, f"{header}: no library of this name in libs/CMakeLists.txt")
        elif not self.may_use(library, used, shipped):
            self.fault(path, line, f"{library} ({self.floor(library)}) may not include {header} "
                                   f"({self.floor(used)})")

    def check_third_party(self, path, line, library, header):
        if self.is_pure(library) and FORBIDDEN_IN_PURE.match(header):
            if (str(path), header) not in ALLOWED:
                self.fault(path, line, f"pure library {library} includes <{header}>")
        for prefix, owners in OWNED_HEADERS.items():
            if header.startswith(prefix) and library not in owners:
                self.fault(path, line, f"{library} includes <{header}>, which belongs to "
                                       + " and ".join(sorted(owners)))

    def check_service_file(self, path):
        service = path.parts[1]
        for header, line in includes_of((self.root / path).read_text()):
            other = re.match(r"(?:\.\./|services/)+([a-z0-9-]+)/", header)
            if other and other.group(1) != service:
                self.fault(path, line, f"service {service} includes {header} of another service")

    def check_links(self, path):
        module = path.parts[1]
        text = re.sub(r"#[^\n]*", "", (self.root / path).read_text())
        services = {folder.name.replace("-", "_") for folder in (self.root / "services").glob("*")}
        if path.parts[0] == "services":
            for used in sorted(set(_LINK.findall(text)) & services - {module.replace("-", "_")}):
                self.fault(path, 1, f"service {module} links evx::{used} of another service")
            return
        if path.parts[0] != "libs" or module not in self.floors:
            return
        for call in re.finditer(r"(\w+)\s*\(([^()]*)\)", text):
            shipped = call.group(1) == "evx_add_library"
            for used in _LINK.findall(call.group(2)):
                self.check_link(path, module, used, shipped)

    def check_link(self, path, library, used, shipped):
        if used.startswith("proto_"):
            if self.is_pure(library):
                self.fault(path, 1, f"pure library {library} links generated evx::{used}")
            return
        base = re.sub(r"_testing$", "", used)
        if base == library or base not in self.floors:
            return
        if not self.may_use(library, base, shipped):
            self.fault(path, 1, f"{library} ({self.floor(library)}) may not link evx::{used} "
                                f"({self.floor(base)})")

    def may_use(self, library, used, shipped):
        if shipped:
            return self.floors[used] < self.floors[library]
        return self.floors[used] <= self.floors[library]

    def is_pure(self, library):
        return self.floor_names[self.floors[library]] in PURE_FLOORS

    def floor(self, library):
        return f"floor {self.floor_names[self.floors[library]]}"


def check(root):
    return LayerCheck(root).run()


if __name__ == "__main__":
    evx_checks.main("check_layers", check)
