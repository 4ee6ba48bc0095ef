"""A private exchange for a test: mock-kalshi without disk or server, and clients that sign.

    with LocalExchange() as exchange:
        demo = exchange.account("demo")
        demo.post("/portfolio/events/orders", {...})

Needs the packages httpx and cryptography. EVX_BUILD names the build folder."""

import base64
import json
import subprocess
import time

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding

# Whoever needs an exchange needs most of them too, and takes them from here.
from free_ports import free_port, free_ports
from service_process import (BUILD, REPOSITORY, STOP_SECONDS, ServiceProcess, binary, wait_until)

__all__ = ["BUILD", "REPOSITORY", "STOP_SECONDS", "Account", "LocalExchange", "binary",
           "free_port", "free_ports", "wait_until", "write_credentials"]


class Account:
    """The REST API as one account sees it; paths are below /trade-api/v2."""

    def __init__(self, rest_url, credentials):
        self.credentials = credentials
        self._prefix = httpx.URL(rest_url).path.rstrip("/")
        self._client = httpx.Client(base_url=rest_url, timeout=30)
        self._key = serialization.load_pem_private_key(
            credentials["private_key_pem"].encode(), password=None)

    def _signature(self, text):
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(text)
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
        return self._key.sign(text, scheme, hashes.SHA256())

    def headers(self, method, path, timestamp_ms=None):
        """Access headers; the query of a path is not signed."""
        return self.access_headers(method, self._prefix + path, timestamp_ms)

    def access_headers(self, method, path, timestamp_ms=None):
        """The same for a whole path."""
        now = str(timestamp_ms if timestamp_ms is not None else time.time_ns() // 1_000_000)
        signature = self._signature((now + method + path.split("?")[0]).encode())
        return {"KALSHI-ACCESS-KEY": self.credentials["key_id"],
                "KALSHI-ACCESS-TIMESTAMP": now,
                "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode()}

    def request(self, method, path, body=None, **query):
        """The response, whatever its status."""
        return self._client.request(method, path, json=body, params=query or None,
                                    headers=self.headers(method, path))

    def send(self, method, path, content):
        """The response to a body that need not be JSON."""
        headers = {**self.headers(method, path), "Content-Type": "application/json"}
        return self._client.request(method, path, content=content, headers=headers)

    def get(self, path, **query):
        return _checked(self.request("GET", path, **query))

    def post(self, path, body=None):
        return _checked(self.request("POST", path, body))

    def put(self, path, body):
        return _checked(self.request("PUT", path, body))

    def delete(self, path):
        return _checked(self.request("DELETE", path))

    def resting_orders(self, **query):
        orders, cursor = [], None
        while True:
            page = self.get("/portfolio/orders", status="resting", limit=200, **query,
                            **({"cursor": cursor} if cursor else {}))
            orders += page["orders"]
            cursor = page.get("cursor")
            if not cursor:
                return orders


def _checked(response):
    assert response.status_code < 300, f"{response.request.url}: {response.text}"
    return response.json() if response.content else None


def write_credentials(folder, name, credentials):
    """The file that our clients read their credentials from."""
    key = folder / f"{name}.pem"
    key.write_text(credentials["private_key_pem"])
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"key_id": credentials["key_id"], "private_key_path": str(key)}))
    return file


class LocalExchange(ServiceProcess):
    """It chooses its ports itself, and announces them with the keys of its accounts."""

    def __init__(self, *flags, ports=()):
        """`ports`: those that it does not choose."""
        super().__init__("mock-kalshi", "--ephemeral", "--port=0", "--operator_http_port=0",
                         "--operator_grpc_port=0", "--log_level=warning", *flags, ports=ports)
        self.announcement = None

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.launch(stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, f"mock-kalshi ended with status {self.process.wait()}"
        self.announcement = json.loads(line)

    @property
    def rest_url(self):
        return self.announcement["rest_url"]

    @property
    def port(self):
        """Of the public listener."""
        return httpx.URL(self.rest_url).port

    def credentials(self, name):
        return self.announcement["accounts"][name]

    def account(self, name):
        return Account(self.rest_url, self.credentials(name))

    def operator(self):
        """The operator API; paths are below /evx/v1/admin."""
        return Account(self.announcement["operator_rest_url"], self.credentials("operator"))

    def stop(self):
        if self.alive():
            super().stop()
        self.process.stdout.close()
