"""A gateway for tests that kill it and what it depends on.

    url_file = postgres_url_file(postgres, folder)
    with GatewayProcess(folder, url_file, redis.url_file) as gateway:
        browser = gateway.browser()
        browser.sign_in(link_token=gateway.start_link())
        browser.get("/api/v1/session")

Needs the package httpx."""

import itertools
import pathlib

import httpx

from service_process import READY_SECONDS, ServiceProcess, wait_until

REQUEST_SECONDS = 30
ORIGIN = "http://page.example"
CSRF_HEADER = "X-Evx-Csrf"
_addresses = itertools.count(1)


def postgres_url_file(postgres, folder):
    """A file in `folder` with the URL of a new database."""
    file = pathlib.Path(folder) / "postgres_url"
    file.write_text(postgres.create_database())
    return file


class Browser:
    """A client of the REST API with its own cookies and address."""

    def __init__(self, url, address=None):
        number = next(_addresses)
        self.address = address or f"198.51.{number // 250}.{number % 250 + 1}"
        self.csrf_token = ""
        self._client = httpx.Client(base_url=url, timeout=REQUEST_SECONDS,
                                    headers={"X-Forwarded-For": self.address})

    def request(self, method, path, headers=None, **arguments):
        """As a page of the allowed origin does it, unless `headers` say otherwise: None leaves one
        out."""
        all_headers = {"Origin": ORIGIN, CSRF_HEADER: self.csrf_token, **(headers or {})}
        all_headers = {name: value for name, value in all_headers.items() if value is not None}
        return self._client.request(method, path, headers=all_headers, **arguments)

    def get(self, path, **arguments):
        return self.request("GET", path, **arguments)

    def post(self, path, json=None, **arguments):
        return self.request("POST", path, json=json, **arguments)

    def put(self, path, json=None, **arguments):
        return self.request("PUT", path, json=json, **arguments)

    def delete(self, path, **arguments):
        return self.request("DELETE", path, **arguments)

    def sign_in(self, **body):
        """By user_name and password, or by link_token."""
        response = self.post("/api/v1/session", json=body)
        if response.status_code == 201:
            self.csrf_token = response.json()["csrf_token"]
        return response

    @property
    def token(self):
        return self._client.cookies.get("evx_session")

    @token.setter
    def token(self, value):
        self._client.cookies.clear()
        if value is not None:
            self._client.cookies.set("evx_session", value)


class GatewayProcess(ServiceProcess):
    """The process, with its data in `folder`. It is awaited until users can sign in."""

    def __init__(self, folder, postgres_file, redis_file, *flags):
        self.data_dir = pathlib.Path(folder) / "data"
        super().__init__("gateway", f"--postgres_url_file={postgres_file}",
                         f"--redis_url_file={redis_file}", f"--data_dir={self.data_dir}",
                         f"--allowed_origins={ORIGIN}", "--trusted_proxies=127.0.0.1",
                         "--log_level=info", *flags, folder=folder)

    def says_ready(self):
        try:
            report = self.request("GET", "/ready").json()
        except ValueError:
            return False
        return report["components"].get("users", {}).get("status") == "UP"

    def start_link(self):
        """The token that scripts/up shows as a link."""
        def read():
            try:
                return (self.data_dir / "start_link").read_text().strip()
            except FileNotFoundError:  # None yet, or another one takes its place.
                return None

        return wait_until(read, READY_SECONDS, "there is a start link")

    def browser(self, address=None):
        return Browser(self.url, address)

    def admin(self):
        """A browser that is signed in by the start link, which may live so short that it is over
        before it is used."""
        if not (self.data_dir / "start_link").exists():
            self.reload()

        def signed_in():
            browser = self.browser()
            response = browser.sign_in(link_token=self.start_link())
            return browser if response.status_code == 201 else None

        return wait_until(signed_in, READY_SECONDS, "the start link is good")
