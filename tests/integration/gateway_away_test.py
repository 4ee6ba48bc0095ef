"""Sessions, links and the audit log of a gateway that is killed, or whose PostgreSQL is away."""

import hashlib

import httpx
import psycopg

from gateway_process import GatewayProcess, postgres_url_file
from local_exchange import wait_until
from stored_exchange import PrivatePostgres

PASSWORD = "correct horse battery"
SECONDS = 30


def test_sessions_survive_a_kill_of_the_gateway(postgres, redis, tmp_path):
    with GatewayProcess(tmp_path / "run", postgres_url_file(postgres, tmp_path),
                        redis.url_file) as process:
        browser = process.admin()
        token = browser.token
        process.kill()
        process.start()
        browser = process.browser()
        browser.token = token
        assert browser.get("/api/v1/session").json()["user_name"] == "admin"


def test_an_idle_session_expires(postgres, redis, tmp_path):
    with GatewayProcess(tmp_path / "run", postgres_url_file(postgres, tmp_path), redis.url_file,
                        "--session_idle_timeout=1s", "--link_lifetime=1s") as process:
        browser = process.admin()
        token = browser.token
        wait_until(lambda: redis.ask("keys", f"*{session_id_of(token)}*") == "", SECONDS,
                   "the session has expired in Redis")
        assert browser.get("/api/v1/session").status_code == 401
        # So do links, also one that nobody has used: then there is another one by itself.
        process.reload()
        link = process.start_link()
        wait_until(lambda: process.start_link() != link, SECONDS, "the link has expired")
        assert process.browser().sign_in(link_token=link).status_code == 401
        wait_until(lambda: process.browser().sign_in(
            link_token=process.start_link()).status_code == 201, SECONDS, "the new one is good")


def session_id_of(token):
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def test_without_postgresql_sessions_go_on_and_what_is_done_is_stored_later(redis, tmp_path):
    with PrivatePostgres() as postgres:
        url_file = postgres_url_file(postgres, tmp_path)
        postgres.kill()
        process = GatewayProcess(tmp_path / "run", url_file, redis.url_file)
        with process_without_users(process):
            postgres.start()
            wait_until(process.ready, SECONDS, "the tables are made")
            browser = process.admin()
            postgres.kill()
            assert browser.get("/api/v1/session").status_code == 200
            response = browser.put("/api/v1/users/admin", {"password": PASSWORD})
            assert response.status_code == 503
            assert "PostgreSQL" in response.json()["error"]["message"]
            assert browser.delete("/api/v1/session").status_code == 204
            # The end of the session waits in the spool file, over a kill too.
            process.kill()
            postgres.start()
            process.start()
            with psycopg.connect(url_file.read_text(), autocommit=True) as connection:
                wait_until(lambda: audited(connection, "SignOut") == 1, SECONDS,
                           "what was done is stored")
                assert audited(connection, "SignIn") == 1


class process_without_users:
    """Runs a gateway whose PostgreSQL is not there."""

    def __init__(self, process):
        self._process = process

    def __enter__(self):
        self._process.launch()
        browser = None
        while browser is None:
            assert self._process.alive(), self._process.log()[-2_000:]
            try:
                browser = self._process.browser()
                response = browser.sign_in(user_name="admin", password=PASSWORD)
            except httpx.ConnectError:  # Not listening yet.
                browser = None
        assert response.status_code == 503

    def __exit__(self, *arguments):
        self._process.__exit__(*arguments)


def audited(connection, action):
    return connection.execute("SELECT count(*) FROM gateway.audit WHERE action = %s",
                              [action]).fetchone()[0]
