"""The layer check finds what it is there to find."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

import check_layers  # noqa: E402

FLOORS = """
evx_add_modules(
  # Floor 1
  core
  # Floor 2a: domain, pure
  matching ledger
  # Floor 3a: adapters
  postgres net)
"""


class LayersTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.write("libs/CMakeLists.txt", FLOORS)
        (self.root / "services").mkdir()

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def faults(self):
        return check_layers.check(self.root)

    def assert_one_fault(self, *words):
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        for word in words:
            self.assertIn(word, faults[0])

    def test_reads_floors_in_order(self):
        floors, names = check_layers.read_floors(FLOORS)
        self.assertEqual(names, ["1", "2a", "3a"])
        self.assertEqual(floors, {"core": 0, "matching": 1, "ledger": 1, "postgres": 2, "net": 2})

    def test_a_lower_floor_may_be_included(self):
        self.write("libs/matching/src/book.cc", '#include "evx/core/money.h"\n#include <vector>\n')
        self.assertEqual(self.faults(), [])

    def test_a_higher_floor_may_not_be_included(self):
        self.write("libs/core/src/a.cc", '\n#include "evx/matching/order.h"\n')
        self.assert_one_fault("libs/core/src/a.cc:2", "evx/matching/order.h")

    def test_the_same_floor_is_for_tests_only(self):
        self.write("libs/ledger/tests/a_test.cc", '#include "evx/matching/order.h"\n')
        self.assertEqual(self.faults(), [])
        self.write("libs/ledger/src/a.cc", '#include "evx/matching/order.h"\n')
        self.assert_one_fault("ledger (floor 2a) may not include")

    def test_a_pure_library_knows_no_thread_json_clock_or_generated_code(self):
        for header in ("<thread>", "<nlohmann/json.hpp>", '"absl/time/clock.h"', "<random>",
                       "<grpcpp/grpcpp.h>"):
            with self.subTest(header):
                self.write("libs/matching/src/a.cc", f"#include {header}\n")
                self.assertIn("pure library matching", "\n".join(self.faults()))
        self.write("libs/matching/src/a.cc", '#include "evx/common/v1/common.pb.h"\n')
        self.assert_one_fault("generated")

    def test_tests_of_a_pure_library_may_use_threads_and_randomness(self):
        self.write("libs/matching/tests/a_test.cc", "#include <thread>\n#include <random>\n")
        self.assertEqual(self.faults(), [])

    def test_an_adapter_keeps_its_third_party_library_to_itself(self):
        self.write("libs/net/src/a.cc", "#include <libpq-fe.h>\n")
        self.assert_one_fault("belongs to postgres")

    def test_links_follow_the_same_order(self):
        self.write("libs/core/CMakeLists.txt",
                   "evx_add_library(core SOURCES a.cc PRIVATE evx::matching)\n")
        self.assert_one_fault("core (floor 1) may not link evx::matching")

    def test_a_library_without_a_floor_is_a_fault(self):
        self.write("libs/stray/src/a.cc", "int a;\n")
        self.assert_one_fault("stray has no floor")

    def test_services_do_not_know_each_other(self):
        self.write("services/flow/main.cc", '#include "../market-maker/config.h"\n')
        self.write("services/market-maker/config.h", "")
        self.assert_one_fault("of another service")
        self.write("services/flow/main.cc", "")
        self.write("services/flow/CMakeLists.txt", "evx_add_service(flow LINK evx::market_maker)\n")
        self.assert_one_fault("links evx::market_maker")


if __name__ == "__main__":
    unittest.main()
