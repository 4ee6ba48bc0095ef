"""Signatures made by scripts/sign verify under openssl's own check."""

import base64
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from evx_stack import signing  # noqa: E402


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class SigningTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.top = pathlib.Path(self.folder.name)
        self.key = self.top / "key.pem"

    def make_key(self, *algorithm):
        signing.openssl("genpkey", *algorithm, "-out", str(self.key))
        signing.openssl("pkey", "-in", str(self.key), "-pubout", "-out", str(self.top / "pub.pem"))

    def verify(self, signature, text, *command):
        (self.top / "text").write_text(text)
        (self.top / "signature").write_bytes(base64.b64decode(signature))
        run = subprocess.run(["openssl", *command], cwd=self.top, capture_output=True)
        return run.returncode == 0

    def verify_rsa(self, signature, text):
        return self.verify(signature, text, "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss",
                           "-sigopt", "rsa_pss_saltlen:32", "-verify", "pub.pem",
                           "-signature", "signature", "text")

    def test_rsa(self):
        self.make_key("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        credentials = {"key_id": "k", "private_key_path": str(self.key)}
        headers = signing.headers(credentials, "get", "http://h:1/trade-api/v2/markets?limit=1", 12)
        self.assertEqual(headers["KALSHI-ACCESS-KEY"], "k")
        signature = headers["KALSHI-ACCESS-SIGNATURE"]
        self.assertTrue(self.verify_rsa(signature, "12GET/trade-api/v2/markets"))
        self.assertFalse(self.verify_rsa(signature, "12GET/trade-api/v2/markets?limit=1"))

    def test_ed25519(self):
        self.make_key("-algorithm", "ED25519")
        signature = signing.sign(self.key, "1POST/a.B/C")
        self.assertTrue(self.verify(signature, "1POST/a.B/C", "pkeyutl", "-verify", "-rawin",
                                    "-pubin", "-inkey", "pub.pem", "-in", "text",
                                    "-sigfile", "signature"))

    def test_the_command_prints_flags_without_blanks_inside(self):
        self.make_key("-algorithm", "ED25519")
        file = self.top / "demo.json"
        file.write_text(json.dumps({"key_id": "k-1", "private_key_path": str(self.key)}))
        run = subprocess.run([SCRIPTS / "sign", "--grpc", "a.B/C", "--credentials", file],
                             capture_output=True, text=True, check=True)
        words = run.stdout.split()
        self.assertEqual(words[::2], ["-H", "-H", "-H"])
        self.assertEqual(words[1], "kalshi-access-key:k-1")

    def test_without_a_stack_it_says_what_to_run(self):
        run = subprocess.run([SCRIPTS / "sign", "GET", "/x", "--credentials", self.top / "none"],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("scripts/up", run.stderr)


if __name__ == "__main__":
    unittest.main()
