"""The text, source and option checks find what they are there to find."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import check_docs  # noqa: E402
import check_sources  # noqa: E402
import check_text  # noqa: E402


class TreeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target


class TextTest(TreeTest):
    def test_unfinished_work_names_an_issue(self):
        mark = "TO" + "DO"
        self.write("a.cc", f"// {mark}: later\n")
        self.assertIn("names no issue", check_text.check(self.root)[0])
        self.write("a.cc", f"// {mark}(#12): later\n")
        self.assertEqual(check_text.check(self.root), [])

    def test_paths_of_one_machine_are_found_and_urls_are_not(self):
        self.write("a.md", "see " + "/ro" + "ot/notes\n")
        self.assertIn("path of one machine", check_text.check(self.root)[0])
        self.write("a.md", "see docs/work/plan and https://host/home/x\n")
        self.assertEqual(check_text.check(self.root), [])

    def test_no_floating_point_near_money(self):
        self.write("libs/ledger/src/fee.cc", "double fee;\n")
        self.assertIn("floating point", check_text.check(self.root)[0])
        self.write("libs/ledger/src/fee.cc", "int fee;  // never a double\n")
        self.assertEqual(check_text.check(self.root), [])

    def test_sleeps_in_tests_are_polls_or_faults(self):
        call = "time.sle" + "ep(1)"
        self.write("tests/a_test.py", f"{call}\n")
        self.assertIn("sleep in a test", check_text.check(self.root)[0])
        self.write("tests/a_test.py", f"{call}  # poll interval\n")
        self.assertEqual(check_text.check(self.root), [])

    def test_long_files_are_faults(self):
        self.write("a.cc", "\n" * (check_text.MAX_LINES + 1))
        self.assertIn("601 lines", check_text.check(self.root)[0])


class SourcesTest(TreeTest):
    def test_a_source_file_is_named_by_a_cmake_file_above_it(self):
        self.write("libs/a/src/a.cc", "")
        self.write("libs/a/CMakeLists.txt", "evx_add_library(a SOURCES src/ba.cc)\n")
        self.assertEqual(check_sources.check(self.root),
                         ["libs/a/src/a.cc: named by no CMakeLists.txt"])
        self.write("libs/a/CMakeLists.txt", "evx_add_library(a SOURCES src/a.cc)\n")
        self.assertEqual(check_sources.check(self.root), [])

    def test_a_header_is_included_somewhere(self):
        self.write("libs/a/a.h", "")
        self.assertEqual(check_sources.check(self.root), ["libs/a/a.h: included by no file"])


class DocsTest(TreeTest):
    def test_a_named_file_and_a_link_must_be_there(self):
        self.write("libs/a/src/a.cc", "")
        self.write("libs/a/include/evx/a/a.h", "")
        self.write("README.md", "`a.cc` `evx/a/a.{h,cc}` `libs/a/src/` [a](libs/a) `x.y()` `.run/a.json`\n")
        self.assertEqual(check_docs.check(self.root),
                         ["README.md: names `evx/a/a.cc`, which is not there"])
        self.write("README.md", "[b](libs/b) `libs/b/src/` [away](https://host/b.md)\n")
        self.assertEqual(check_docs.check(self.root), [
            "README.md: link to libs/b, which is not there",
            "README.md: names `libs/b/src/`, which is not there"])

    def test_blocks_of_code_and_what_runs_make_are_left_out(self):
        self.write("README.md", "```\nsee `gone.cc`\n```\n`build/dev/gone.cc`\n")
        self.assertEqual(check_docs.check(self.root), [])


class OptionsTest(TreeTest):
    TABLE = "| option | default |\n| --- | --- |\n| `--port` | 9090 |"

    def setUp(self):
        super().setUp()
        self.binary = self.write("service", f"#!/bin/sh\ncat <<'END'\n{self.TABLE}\nEND\n")
        os.chmod(self.binary, 0o755)

    def run_check(self, table, *arguments):
        self.readme = self.write(
            "README.md", f"# S\n<!-- options -->\n{table}\n<!-- /options -->\nmore\n")
        return subprocess.run(
            [sys.executable, SCRIPTS / "check_options.py", self.binary, self.readme, *arguments],
            capture_output=True, text=True)

    def test_equal_tables_pass(self):
        self.assertEqual(self.run_check(self.TABLE).returncode, 0)

    def test_a_difference_is_shown(self):
        run = self.run_check(self.TABLE.replace("9090", "9091"))
        self.assertEqual(run.returncode, 1)
        self.assertIn("+| `--port` | 9090 |", run.stdout)

    def test_update_rewrites_the_table_alone(self):
        run = self.run_check("old", "--update")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.readme.read_text(),
                         f"# S\n<!-- options -->\n{self.TABLE}\n<!-- /options -->\nmore\n")

    def test_missing_markers_are_named(self):
        readme = self.write("README.md", "# S\n")
        run = subprocess.run([sys.executable, SCRIPTS / "check_options.py", self.binary, readme],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("<!-- options -->", run.stderr)


if __name__ == "__main__":
    unittest.main()
