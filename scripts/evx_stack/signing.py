"""Request signatures as the venue defines them, made with the openssl command: RSA-PSS with
SHA-256 and a salt of 32 bytes, or Ed25519, over `<milliseconds><METHOD><path without query>`."""

import base64
import json
import pathlib
import subprocess
import tempfile
import time
import urllib.parse

from evx_stack.errors import StackError

_RSA_PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32",
            "-sigopt", "rsa_mgf1_md:sha256"]


def openssl(*arguments):
    try:
        run = subprocess.run(["openssl", *arguments], capture_output=True)
    except FileNotFoundError:
        raise StackError("openssl is not installed: run scripts/install_packages run") from None
    if run.returncode != 0:
        raise StackError(f"openssl: {run.stderr.decode(errors='replace').strip()[:200]}")
    return run.stdout


def is_rsa(key_path):
    return b"modulus" in openssl("pkey", "-in", str(key_path), "-noout", "-text")


def sign(key_path, text):
    """Base64 signature of a text."""
    # A file, because openssl signs with Ed25519 only what it can size beforehand.
    with tempfile.NamedTemporaryFile() as message:
        message.write(text.encode())
        message.flush()
        if is_rsa(key_path):
            signature = openssl("dgst", "-sha256", *_RSA_PSS, "-sign", str(key_path), message.name)
        else:
            signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", str(key_path),
                                "-in", message.name)
    return base64.b64encode(signature).decode()


def signed_path(target):
    """The path that is signed: of a URL or path, without the query."""
    return urllib.parse.urlsplit(target).path


def headers(credentials, method, target, now_ms=None):
    """The three access headers of a request. `credentials` has key_id and private_key_path."""
    timestamp = str(now_ms if now_ms is not None else time.time_ns() // 1_000_000)
    text = timestamp + method.upper() + signed_path(target)
    return {
        "KALSHI-ACCESS-KEY": credentials["key_id"],
        "KALSHI-ACCESS-TIMESTAMP": timestamp,
        "KALSHI-ACCESS-SIGNATURE": sign(credentials["private_key_path"], text),
    }


def load(path):
    """Credentials from .run/demo.json or .run/operator.json."""
    try:
        return json.loads(pathlib.Path(path).read_text())
    except FileNotFoundError:
        raise StackError(f"{path} is missing: run scripts/up first") from None
