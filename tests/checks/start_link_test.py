"""The link by which an administrator gets in: what scripts/up and scripts/sign_in_link print."""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

from evx_stack import cli, facts  # noqa: E402
from evx_stack.errors import StackError  # noqa: E402
from evx_stack.layout import Layout  # noqa: E402
from evx_stack.stack import Stack  # noqa: E402


class StartLinkTest(unittest.TestCase):
    """What `up` prints of the trading UI."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.layout = Layout(pathlib.Path(folder.name), port_offset=100)
        self.file = self.layout.data("gateway") / "start_link"
        self.file.parent.mkdir(parents=True)

    def test_the_token_is_behind_the_part_that_servers_see(self):
        self.file.write_text("abc\n")
        self.assertEqual(facts.trading_ui(self.layout, None),
                         "http://127.0.0.1:8180/#/link/abc signs you in, once")

    def test_without_a_link_the_page_alone_is_shown(self):
        self.assertEqual(facts.trading_ui(self.layout, None), "http://127.0.0.1:8180/")

    def test_a_gateway_whose_link_was_used_is_asked_for_another(self):
        script = ("import pathlib, signal, sys\n"
                  "def make(*_):\n"
                  "    aside = pathlib.Path(sys.argv[1] + '.new')\n"
                  "    aside.write_text('new')\n"
                  "    aside.rename(sys.argv[1])\n"
                  "signal.signal(signal.SIGHUP, make)\n"
                  "print('ready', flush=True)\n"
                  "sys.stdin.read()")
        with subprocess.Popen([sys.executable, "-c", script, str(self.file)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as gateway:
            self.assertEqual(gateway.stdout.readline(), "ready\n")
            self.assertIn("#/link/new ", facts.trading_ui(self.layout, gateway.pid))
            self.assertEqual(
                facts.sign_in_link(self.layout, [{"name": "gateway", "pid": gateway.pid}]),
                "http://127.0.0.1:8180/#/link/new")

    def test_the_command_prints_the_address_that_the_stack_was_started_with(self):
        self.file.write_text("abc\n")
        self.layout.state_file.write_text(json.dumps({"port_offset": 100, "processes": []}))
        running = [{"name": "gateway", "pid": 1}]
        with unittest.mock.patch.dict(os.environ, EVX_RUN_DIR=str(self.layout.run_dir)), \
                unittest.mock.patch.object(Stack, "status", return_value=running), \
                contextlib.redirect_stdout(io.StringIO()) as printed:
            cli.sign_in_link([])
        self.assertEqual(printed.getvalue(), "http://127.0.0.1:8180/#/link/abc\n")

    def test_who_asks_for_a_link_that_is_not_to_be_had_is_told_why(self):
        for processes, why in (([], "scripts/up"), ([{"name": "gateway", "pid": None}], "scripts/up"),
                               ([{"name": "gateway", "pid": 1}], "administrator is disabled")):
            with unittest.mock.patch.object(facts.os, "kill"), \
                    unittest.mock.patch.object(facts, "LINK_SECONDS", 0), \
                    self.assertRaisesRegex(StackError, why):
                facts.sign_in_link(self.layout, processes)


if __name__ == "__main__":
    unittest.main()
