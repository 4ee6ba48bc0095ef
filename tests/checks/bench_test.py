"""scripts/bench: medians, ratios, verdicts and the form of its last lines."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

from evx_bench import cli, figures, table  # noqa: E402
from evx_bench.table import Program, Row  # noqa: E402


class FiguresTest(unittest.TestCase):
    def test_rows_are_the_json_lines_that_name_one(self):
        output = 'warming up\n{"row":"a","measured":2,"reference":4,"unit":"Mops/s"}\n{"x":1}\n{oops'
        self.assertEqual(figures.read_rows(output), {"a": (2.0, 4.0, "Mops/s")})

    def test_medians_are_taken_of_each_side(self):
        runs = [{"a": (measured, reference, "s")}
                for measured, reference in ((1, 10), (9, 30), (3, 20))]
        self.assertEqual(figures.medians(runs, "a"), (3, 20, "s"))

    def test_a_row_missing_in_one_run_is_an_error(self):
        with self.assertRaises(figures.MeasureError):
            figures.medians([{"a": (1, 1, "")}, {}], "a")

    def test_verdicts(self):
        for row, measured, reference, expected in (
            (Row("a", "", at_least_ratio=0.5), 5, 10, True),
            (Row("a", "", at_least_ratio=0.5), 4.9, 10, False),
            (Row("a", "", at_most_ratio=2), 20, 10, True),
            (Row("a", "", at_most_ratio=2), 21, 10, False),
            (Row("a", "", at_least=5), 5, None, True),
            (Row("a", "", at_most=200), 201, None, False),
            (Row("a", "", at_least_ratio=0.5, at_least=5), 4, 4, False),
            (Row("a", "", at_least_ratio=0.5), 5, None, False),
        ):
            with self.subTest(row=row, measured=measured):
                self.assertEqual(figures.reaches(row, measured, reference), expected)

    def test_a_line_is_six_words(self):
        row = Row("ladder", "", at_least_ratio=0.5, at_least=5)
        self.assertEqual(figures.line(row, 6.12345, 8, "Mops/s"),
                         "ladder 6.123Mops/s 8Mops/s 0.77 >=0.5x,>=5 ok")
        self.assertEqual(figures.line(Row("n", "", at_most=2), 3, None, "s"), "n 3s - - <=2 short")
        self.assertEqual(len(figures.failed_line(row).split()), 6)


class TableTest(unittest.TestCase):
    def test_rows_are_unique_and_have_a_target(self):
        rows = [row for program in table.PROGRAMS for row in program.rows]
        self.assertEqual(len({row.name for row in rows}), len(rows))
        for row in rows:
            self.assertTrue(row.target(), row.name)


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.script = pathlib.Path(self.folder.name) / "program.sh"

    def run_bench(self, script, *arguments):
        self.script.write_text(script)
        programs = (
            Program((Row("fast", "", at_least_ratio=0.5), Row("late", "", at_most=2)),
                    ("sh", str(self.script)), ()),
            Program((Row("other", "", at_most=1),), ("false",), ()),
        )
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(list(arguments), programs, build_first=lambda chosen: None)
        return status, out.getvalue().splitlines(), err.getvalue()

    def test_the_last_lines_are_the_figures(self):
        script = 'echo \'{"row":"fast","measured":6,"reference":10}\'\n' \
                 'echo \'{"row":"late","measured":1.5,"unit":"s"}\'\n'
        status, lines, _ = self.run_bench(script, "fast", "late", "--runs", "3")
        self.assertEqual(lines, ["fast 6 10 0.60 >=0.5x ok", "late 1.5s - - <=2 ok"])
        self.assertEqual(status, 0)

    def test_a_failing_program_is_short_and_says_why(self):
        status, lines, errors = self.run_bench("echo no disk >&2; exit 4\n", "fast")
        self.assertEqual(lines, ["fast - - - >=0.5x short"])
        self.assertIn("exit status 4: no disk", errors)
        self.assertEqual(status, 1)


if __name__ == "__main__":
    unittest.main()
