"""The gateway's REST API: what it answers is what openapi.yaml says, and who may do what; with a real
PostgreSQL and a real Redis, which go away."""

import concurrent.futures
import re
import stat
import time

import jsonschema
import psycopg
import pytest
import yaml

from gateway_process import CSRF_HEADER, GatewayProcess, postgres_url_file
from local_exchange import REPOSITORY, wait_until

PASSWORD = "correct horse battery"
SECONDS = 30
OPENAPI = REPOSITORY / "services/gateway/openapi.yaml"
DOCUMENT = yaml.safe_load(OPENAPI.read_text())
METHODS = ("get", "post", "put", "delete")
OPERATIONS = {(method, path) for path, item in DOCUMENT["paths"].items()
              for method in METHODS if method in item}


@pytest.fixture(scope="module")
def gateway(postgres, redis, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    with GatewayProcess(folder / "run", postgres_url_file(postgres, folder),
                        redis.url_file) as process:
        yield process


@pytest.fixture(scope="module")
def admin(gateway):
    """An administrator with a password."""
    browser = gateway.admin()
    assert browser.put("/api/v1/users/admin", {"password": PASSWORD}).status_code == 200
    return browser


@pytest.fixture(scope="module")
def users(admin):
    """ann trades and bob looks."""
    for name, role in (("ann", "trader"), ("bob", "viewer")):
        response = admin.post("/api/v1/users",
                              {"user_name": name, "role": role, "password": PASSWORD})
        assert response.status_code == 201, response.text


def signed_in(gateway, name, password=PASSWORD):
    browser = gateway.browser()
    response = browser.sign_in(user_name=name, password=password)
    assert response.status_code == 201, response.text
    return browser


def new_user(gateway, admin, name, role="trader"):
    response = admin.post("/api/v1/users", {"user_name": name, "role": role,
                                            "password": PASSWORD})
    assert response.status_code == 201, response.text
    return signed_in(gateway, name)


def reason(response):
    return response.json()["error"]["reason"]


def responses_of(method, path):
    found = DOCUMENT["paths"][path][method]["responses"]
    for status, response in found.items():
        while "$ref" in response:
            response = DOCUMENT["components"]["responses"][response["$ref"].split("/")[-1]]
        yield int(status), response


class Recorder:
    """Sends requests, checks each answer against its schema, and keeps what was answered."""

    def __init__(self):
        self.answers = set()

    def send(self, browser, method, path, status, argument="", **arguments):
        real = re.sub(r"\{.*\}", argument, path)
        response = browser.request(method.upper(), real, **arguments)
        assert response.status_code == status, (method, real, response.status_code, response.text)
        documented = dict(responses_of(method, path))
        assert status in documented, (method, path, status)
        for kind, content in documented[status].get("content", {}).items():
            assert response.headers["content-type"] == kind
            if kind == "application/json":
                jsonschema.validate(response.json(), {**content["schema"],
                                                      "components": DOCUMENT["components"]})
        self.answers.add((method, path, status))
        return response


# --- The document ---------------------------------------------------------------------------------

def send_good_requests(recorder, gateway, admin):
    browser = gateway.browser()
    recorder.send(browser, "post", "/api/v1/session", 201,
                  json={"user_name": "ann", "password": PASSWORD})
    browser.csrf_token = browser.get("/api/v1/session").json()["csrf_token"]
    recorder.send(browser, "get", "/api/v1/session", 200)
    other = signed_in(gateway, "ann").get("/api/v1/session").json()["session_id"]
    recorder.send(browser, "get", "/api/v1/sessions", 200)
    recorder.send(browser, "delete", "/api/v1/sessions/{session_id}", 204, other)
    recorder.send(browser, "delete", "/api/v1/sessions/{session_id}", 404, other)
    recorder.send(browser, "delete", "/api/v1/sessions", 200)
    recorder.send(browser, "get", "/api/v1/status", 200)
    health = recorder.send(browser, "get", "/api/v1/health", 200).json()
    assert "gateway" in {service["service"] for service in health["services"]}
    # A refused command has a result all the same; what is no command of a user has not.
    query = {"ai_query": {"command_id": "why", "text": "Why?"}}
    answer = recorder.send(browser, "post", "/api/v1/command", 200, json=query).json()
    assert (answer["command_id"], answer["refusal_reason"]) == ("why", "ServiceAbsent")
    clock = {"call_operator": {"method": "GetClock"}}
    answer = recorder.send(admin, "post", "/api/v1/command", 409, json=clock).json()
    assert answer["error"]["reason"] == "OperatorAbsent"
    recorder.send(browser, "get", "/api/v1/environments", 200)
    recorder.send(browser, "get", "/api/v1/tts", 501)
    recorder.send(browser, "put", "/api/v1/tts", 501, json={"is_enabled": True})
    recorder.send(browser, "delete", "/api/v1/session", 204)
    recorder.send(browser, "get", "/openapi.yaml", 200)
    recorder.send(admin, "get", "/api/v1/users", 200)
    recorder.send(admin, "get", "/api/v1/users", 400, params={"limit": "0"})
    draft = {"user_name": "carl", "role": "viewer"}
    recorder.send(admin, "post", "/api/v1/users", 201, json=draft)
    recorder.send(admin, "post", "/api/v1/users", 409, json=draft)
    recorder.send(admin, "put", "/api/v1/users/{user_name}", 200, "carl", json={"role": "trader"})
    recorder.send(admin, "put", "/api/v1/users/{user_name}", 404, "none", json={"role": "trader"})
    recorder.send(admin, "put", "/api/v1/users/{user_name}", 409, "admin", json={"role": "viewer"})
    recorder.send(admin, "post", "/api/v1/users/{user_name}/links", 201, "carl")
    recorder.send(admin, "post", "/api/v1/users/{user_name}/links", 404, "none")
    assert admin.put("/api/v1/users/carl", {"is_disabled": True}).status_code == 200
    recorder.send(admin, "post", "/api/v1/users/{user_name}/links", 409, "carl")


def send_faulty_requests(recorder, gateway, admin):
    nobody, viewer = gateway.browser(), signed_in(gateway, "bob")
    nobody.token = "0" * 64
    for method, path in OPERATIONS:
        statuses = {status for status, _ in responses_of(method, path)}
        argument = "carl"
        has_body = "requestBody" in DOCUMENT["paths"][path][method]
        body = {"json": {}} if has_body else {}
        if path == "/api/v1/session" and method == "post":
            recorder.send(nobody, method, path, 401, json={"user_name": "x", "password": PASSWORD})
        elif 401 in statuses:
            recorder.send(nobody, method, path, 401, argument, **body)
        if 403 in statuses and (method != "get" or path == "/api/v1/users"):
            recorder.send(viewer, method, path, 403, argument,
                          headers={"Origin": "http://evil.example"}, **body)
        if has_body:
            recorder.send(admin, method, path, 413, argument,
                          content=b" " * 65_537, headers={"Content-Type": "application/json"})
            recorder.send(admin, method, path, 415, argument, content=b"{}",
                          headers={"Content-Type": "text/plain"})
            if 400 in statuses:
                recorder.send(admin, method, path, 400, argument, content=b"[1",
                              headers={"Content-Type": "application/json"})


def send_too_many(recorder, gateway, admin):
    guesser = gateway.browser()
    guess = {"user_name": "nobody.429", "password": "not the password"}
    while (response := guesser.post("/api/v1/session", guess)).status_code == 401:
        continue
    assert response.status_code == 429
    recorder.send(guesser, "post", "/api/v1/session", 429, json=guess)
    user = new_user(gateway, admin, "guessed")
    change = {"password": "another password", "current_password": "not the password"}
    while (response := user.put("/api/v1/users/guessed", change)).status_code == 403:
        continue
    recorder.send(user, "put", "/api/v1/users/{user_name}", 429, "guessed", json=change)


def send_without_redis(recorder, gateway, redis):
    """Requests of a session that this gateway does not know."""
    stranger = gateway.browser()
    stranger.token = "1" * 64
    redis.kill()
    for method, path in OPERATIONS:
        if 503 in {status for status, _ in responses_of(method, path)}:
            body = {"json": {"user_name": "ann", "password": PASSWORD}}
            has_body = "requestBody" in DOCUMENT["paths"][path][method]
            response = recorder.send(stranger, method, path, 503, "x", **(body if has_body else {}))
            assert "Redis" in response.json()["error"]["message"]
    redis.start()
    wait_until(lambda: stranger.get("/api/v1/session").status_code == 401, SECONDS, "Redis is asked")


def test_every_documented_answer_is_given_and_no_other(gateway, admin, users, redis):
    recorder = Recorder()
    send_good_requests(recorder, gateway, admin)
    send_faulty_requests(recorder, gateway, admin)
    send_too_many(recorder, gateway, admin)
    send_without_redis(recorder, gateway, redis)
    admin.sign_in(user_name="admin", password=PASSWORD)
    documented = {(method, path, status) for method, path in OPERATIONS
                  for status, _ in responses_of(method, path)}
    assert recorder.answers == documented


def test_the_routes_of_the_code_are_those_of_the_document(gateway):
    code = (REPOSITORY / "services/gateway/rest/rest_api.cc").read_text()
    header = (REPOSITORY / "services/gateway/rest/rest_api.h").read_text()
    code = code.replace("kOpenApiPath", re.search(r'kOpenApiPath = ("[^"]+")', header)[1])
    routes = re.findall(r'\.method = k(\w+),\s*\.path = "([^"]+)"', code)
    assert {(method.lower(), path) for method, path in routes} == OPERATIONS
    assert gateway.browser().get("/openapi.yaml").text == OPENAPI.read_text()


def test_another_method_is_refused_with_those_that_there_are(gateway, admin):
    for path, item in DOCUMENT["paths"].items():
        methods = {method.upper() for method in METHODS if method in item}
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} - methods:
            response = admin.request(method, re.sub(r"\{.*\}", "x", path))
            assert response.status_code == 405, (method, path)
            assert set(response.headers["allow"].split(", ")) == methods


@pytest.mark.parametrize("path", [
    "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/session/", "/api/v1/session/x",
    "/api/v2/session", "/api/v1/users/a/b", "/api/v1/users//links",
    "/api/v1/sessions/", "/api/v1/%73ession", "/openapi.json", "/openapi.yaml/x"])
def test_what_is_not_documented_is_not_there(gateway, admin, path):
    response = admin.get(path)
    assert response.status_code == 404
    assert reason(response) == "NotFound"


# --- Signing in -----------------------------------------------------------------------------------

def test_the_start_link_gets_one_browser_in_once(gateway, admin):
    gateway.reload()
    token = gateway.start_link()
    assert stat.S_IMODE((gateway.data_dir / "start_link").stat().st_mode) == 0o400
    first, second = gateway.browser(), gateway.browser()
    response = first.sign_in(link_token=token)
    assert response.status_code == 201
    assert response.json()["role"] == "admin"
    assert not (gateway.data_dir / "start_link").exists()
    response = second.sign_in(link_token=token)
    assert response.status_code == 401
    assert reason(response) == "BadLink"
    assert second.token is None


def test_a_password_ends_the_start_link_and_another_takes_its_place(gateway, admin):
    gateway.reload()
    link = gateway.start_link()
    change = {"password": PASSWORD, "current_password": PASSWORD}
    assert admin.put("/api/v1/users/admin", change).status_code == 200
    assert gateway.browser().sign_in(link_token=link).status_code == 401
    wait_until(lambda: gateway.start_link() != link, SECONDS, "there is another link")
    assert gateway.browser().sign_in(link_token=gateway.start_link()).status_code == 201


def test_the_cookie_is_out_of_reach_of_pages(gateway, users):
    response = gateway.browser().sign_in(user_name="ann", password=PASSWORD)
    cookie = response.headers["set-cookie"]
    token, *attributes = cookie.split("; ")
    assert re.fullmatch(r"evx_session=[0-9a-f]{64}", token)
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert response.headers["cache-control"] == "no-store"
    assert token.split("=")[1] not in response.text


def test_no_secret_is_in_the_log(gateway, users):
    browser = signed_in(gateway, "ann")
    secrets = [browser.token, browser.csrf_token, PASSWORD]
    assert not [secret for secret in secrets if secret in gateway.log()]


def test_one_answer_for_every_wrong_sign_in(gateway, users):
    answers = [gateway.browser().sign_in(user_name=name, password=password)
               for name, password in (("ann", "wrong password"), ("nobody", PASSWORD),
                                      ("ann", "x"), ("ANN", PASSWORD), ("a" * 200, PASSWORD),
                                      ("ann'--", PASSWORD))]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (401, answers[0].text)}


@pytest.mark.parametrize("body", [
    {}, {"user_name": "ann"}, {"password": PASSWORD}, {"user_name": "", "password": PASSWORD},
    {"user_name": "ann", "password": PASSWORD, "link_token": "x"}, {"user_name": 1, "password": 2},
    {"user_name": "ann", "password": PASSWORD, "role": "admin"},
    {"user_name": "ann", "password": "x" * 129}, {"link_token": "0" * 65}, {"link_token": None}])
def test_a_faulty_sign_in_is_told_what_is_wrong_without_the_secret(gateway, users, body):
    response = gateway.browser().post("/api/v1/session", body)
    assert response.status_code == 400
    assert reason(response) == "BadField"
    assert PASSWORD not in response.text and "x" * 20 not in response.text


def test_guessing_is_stopped_for_the_user_and_for_the_address(gateway, admin):
    new_user(gateway, admin, "target")
    def guess_password(number):
        return gateway.browser().sign_in(user_name="target", password=f"not the password {number}")

    guess_until_refused(10, 30, guess_password)
    # From another address and with the right password too.
    response = refusal_behind(guess_password, lambda: gateway.browser().sign_in(
        user_name="target", password=PASSWORD))
    assert 1 <= int(response.headers["retry-after"]) <= 30

    def guess_link(number):
        return gateway.browser("203.0.113.9").sign_in(link_token=f"{number:064x}")

    guess_until_refused(30, 5, guess_link)
    refusal_behind(guess_link, lambda: gateway.browser("203.0.113.9").sign_in(
        user_name="admin", password=PASSWORD))


def guess_until_refused(burst, interval_seconds, guess):
    """How many guesses were let in: the burst, and one each interval that passed meanwhile."""
    start, count = time.monotonic(), 0
    while (status := guess(count).status_code) == 401:
        count += 1
        assert count <= burst + (time.monotonic() - start) / interval_seconds
    assert status == 429 and count >= burst
    return count


def refusal_behind(guess, sign_in):
    """The refusal of a sign-in right behind that of a guess; again, where the time of one more has
    come between the two."""
    def refused():
        while guess(0).status_code != 429:
            continue
        response = sign_in()
        return response if response.status_code == 429 else None

    return wait_until(refused, SECONDS, "what is right is refused too")


def sign_ins(gateway):
    text = gateway.browser().get("/metrics").text
    return {outcome: float(count) for outcome, count in re.findall(
        r'^evx_gateway_sign_ins_total\{outcome="(\w+)"\} (\S+)$', text, re.MULTILINE)}


def test_sign_ins_are_counted_by_their_end(gateway, users):
    before = sign_ins(gateway)
    ann = {"user_name": "ann", "password": PASSWORD}
    assert gateway.browser().sign_in(**ann).status_code == 201
    assert gateway.browser().sign_in(user_name="no.one", password=PASSWORD).status_code == 401
    assert gateway.browser().sign_in(link_token="0" * 64).status_code == 401
    assert gateway.browser().sign_in(user_name="ann").status_code == 400
    foreign = {"Origin": "http://evil.example"}
    assert gateway.browser().post("/api/v1/session", ann, headers=foreign).status_code == 403
    address = "203.0.113.10"
    count = guess_until_refused(
        30, 5, lambda _: gateway.browser(address).sign_in(link_token="0" * 64))
    after = sign_ins(gateway)
    grown = {outcome: after[outcome] - before[outcome] for outcome in after}
    assert grown == {"accepted": 1, "wrong_password": 1, "bad_link": count + 1, "malformed": 1,
                     "foreign_origin": 1, "rate_limited": 1, "unavailable": 0}


def test_signing_in_again_ends_the_session_of_this_browser(gateway, users):
    browser = signed_in(gateway, "ann")
    before = browser.token
    assert browser.sign_in(user_name="bob", password=PASSWORD).status_code == 201
    assert browser.token != before
    thief = gateway.browser()
    thief.token = before
    assert thief.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"{}}", b'{"a":1,}', b"\xff\xfe{}", b"\x00",
    b"[" * 60_000, b'{"a":' * 10_000, b"{" + b'"x":1,' * 9_000 + b'"x":1}',
    b'{"user_name": "ann", "user_name": "bob"}', b'{"\xff": 1}', b'{"user_name": "\xed\xa0\x80"}',
    b'{"create_order": {"price_micros": "x"}}', b'{"subscribe": {}}', b'{"create_order": {"x": 1}}',
    b'{"create_order": {}, "amend_order": {}}', b'{"ping": {}}'])
@pytest.mark.parametrize("path", ["session", "users", "command"])
def test_hostile_bodies_are_refused_and_hurt_nobody(gateway, admin, path, body):
    response = admin.request("POST", f"/api/v1/{path}", content=body,
                             headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert reason(response) in ("BadJson", "BadField")
    assert admin.get("/api/v1/session").status_code == 200


# --- Sessions -------------------------------------------------------------------------------------

def test_a_session_is_over_after_signing_out_however_it_is_replayed(gateway, users):
    browser = signed_in(gateway, "ann")
    token, csrf = browser.token, browser.csrf_token
    assert browser.delete("/api/v1/session").status_code == 204
    assert browser.token is None
    browser.token, browser.csrf_token = token, csrf
    assert browser.get("/api/v1/session").status_code == 401
    assert browser.delete("/api/v1/sessions").status_code == 401


def test_a_stolen_session_is_seen_and_ended_by_its_owner(gateway, admin):
    owner = new_user(gateway, admin, "owner")
    thief = gateway.browser()
    assert thief.sign_in(user_name="owner", password=PASSWORD).status_code == 201
    sessions = owner.get("/api/v1/sessions").json()["sessions"]
    foreign = [session for session in sessions if not session["is_current"]]
    assert [session["remote_address"] for session in foreign] == [thief.address]
    assert owner.delete(f"/api/v1/sessions/{foreign[0]['session_id']}").status_code == 204
    assert thief.get("/api/v1/session").status_code == 401
    assert owner.get("/api/v1/session").status_code == 200


def test_nobody_ends_a_session_of_somebody_else(gateway, users):
    ann, bob = signed_in(gateway, "ann"), signed_in(gateway, "bob")
    session_id = ann.get("/api/v1/session").json()["session_id"]
    assert bob.delete(f"/api/v1/sessions/{session_id}").status_code == 404
    assert ann.get("/api/v1/session").status_code == 200


# --- Pages and roles ------------------------------------------------------------------------------

def test_what_changes_something_needs_the_token_of_this_session(gateway, users):
    browser, other = signed_in(gateway, "ann"), signed_in(gateway, "ann")
    for token in (None, "", "0" * 64, other.csrf_token, browser.token):
        response = browser.delete("/api/v1/session", headers={CSRF_HEADER: token})
        assert response.status_code == 403
        assert reason(response) == "CsrfTokenRequired"
    assert browser.get("/api/v1/session").status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://page.example.evil",
                                    "https://page.example", "http://page.example:81"])
def test_a_foreign_page_gets_nowhere(gateway, users, origin):
    browser = signed_in(gateway, "ann")
    for request in (lambda: browser.delete("/api/v1/session", headers={"Origin": origin}),
                    lambda: browser.post("/api/v1/session",
                                         {"user_name": "ann", "password": PASSWORD},
                                         headers={"Origin": origin})):
        response = request()
        assert response.status_code == 403
        assert reason(response) == "ForeignOrigin"


def test_a_program_needs_no_origin(gateway, users):
    browser = gateway.browser()
    response = browser.post("/api/v1/session", {"user_name": "ann", "password": PASSWORD},
                            headers={"Origin": None})
    assert response.status_code == 201


@pytest.mark.parametrize("name", ["ann", "bob"])
def test_who_is_no_admin_keeps_no_users(gateway, users, name):
    browser = signed_in(gateway, name)
    for response in (browser.get("/api/v1/users"),
                     browser.post("/api/v1/users", {"user_name": "x", "role": "admin"}),
                     browser.put(f"/api/v1/users/{name}", {"role": "admin"}),
                     browser.put("/api/v1/users/admin", {"password": "another password"}),
                     browser.post("/api/v1/users/admin/links")):
        assert response.status_code == 403
        assert reason(response) == "RoleRequired"


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(gateway, admin):
    browser = new_user(gateway, admin, "dora")
    other = signed_in(gateway, "dora")
    change = {"password": "another password"}
    response = browser.put("/api/v1/users/dora", change)
    assert (response.status_code, reason(response)) == (403, "WrongPassword")
    response = browser.put("/api/v1/users/dora", {**change, "current_password": PASSWORD})
    assert response.status_code == 200
    assert browser.get("/api/v1/session").status_code == 200
    assert other.get("/api/v1/session").status_code == 401
    assert gateway.browser().sign_in(user_name="dora", password=PASSWORD).status_code == 401
    signed_in(gateway, "dora", "another password")


def test_a_changed_role_and_a_disabled_user_count_at_once(gateway, admin):
    browser = new_user(gateway, admin, "emil", "admin")
    assert browser.get("/api/v1/users").status_code == 200
    assert admin.put("/api/v1/users/emil", {"role": "viewer"}).status_code == 200
    assert browser.get("/api/v1/users").status_code == 401
    browser = signed_in(gateway, "emil")
    assert browser.get("/api/v1/users").status_code == 403
    assert admin.put("/api/v1/users/emil", {"is_disabled": True}).status_code == 200
    assert browser.get("/api/v1/session").status_code == 401
    assert gateway.browser().sign_in(user_name="emil", password=PASSWORD).status_code == 401


def test_a_field_that_is_wrong_is_named_with_value_and_limit(admin):
    error = admin.post("/api/v1/users", {"user_name": "Ann!", "role": "viewer"}).json()["error"]
    assert (error["field"], error["value"]) == ("user_name", "Ann!")
    assert "32" in error["limit"]
    error = admin.post("/api/v1/users", {"user_name": "x", "role": "king"}).json()["error"]
    assert (error["field"], error["value"]) == ("role", "king")
    error = admin.post("/api/v1/users", {"user_name": "x", "role": "viewer",
                                         "password": "short"}).json()["error"]
    assert error["field"] == "password" and "value" not in error


# --- What goes away -------------------------------------------------------------------------------

def test_without_redis_open_sessions_go_on_and_a_link_is_not_spent(gateway, users, redis):
    browser = signed_in(gateway, "ann")
    gateway.reload()
    link = gateway.start_link()
    redis.kill()
    wait_until(lambda: browser.get("/api/v1/status").json()["redis"] != "OK", SECONDS,
               "the gateway sees that Redis is away")
    assert browser.get("/api/v1/session").status_code == 200
    response = gateway.browser().sign_in(link_token=link)
    assert response.status_code == 503
    assert "Redis" in response.json()["error"]["message"]
    redis.start()
    newcomer = gateway.browser()
    wait_until(lambda: newcomer.sign_in(link_token=link).status_code == 201, SECONDS,
               "the link is good for one sign-in")
    # This Redis has forgotten everything.
    wait_until(lambda: browser.get("/api/v1/session").status_code == 401, SECONDS,
               "a session that Redis does not have has ended")


def test_what_was_done_is_written_down_with_who_and_where(gateway, admin, users, postgres):
    browser = signed_in(gateway, "ann")
    browser.post("/api/v1/users", {"user_name": "x", "role": "admin"})
    gateway.browser("203.0.113.77").sign_in(user_name="ann", password="wrong password")
    url = (gateway.folder.parent / "postgres_url").read_text()
    query = ("SELECT user_name, action, refusal_reason FROM gateway.audit"
             " WHERE remote_address = %s ORDER BY number")
    with psycopg.connect(url, autocommit=True) as connection:
        wait_until(lambda: len(connection.execute(query, [browser.address]).fetchall()) == 2,
                   SECONDS, "both entries are stored")
        assert connection.execute(query, [browser.address]).fetchall() == [
            ("ann", "SignIn", ""), ("ann", "Refused", "RoleRequired")]
        wait_until(lambda: connection.execute(query, ["203.0.113.77"]).fetchall() == [
            ("ann", "SignIn", "WrongPassword")], SECONDS, "the failed sign-in is stored")


def test_a_flood_of_sign_ins_holds_up_nobody_who_is_signed_in(gateway, users):
    browser = signed_in(gateway, "ann")
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        flood = [pool.submit(gateway.browser().sign_in, user_name=f"flood{i}", password=PASSWORD)
                 for i in range(60)]
        for _ in range(20):
            assert browser.get("/api/v1/session").status_code == 200
        assert any(not attempt.done() for attempt in flood)
        assert {attempt.result().status_code for attempt in flood} <= {401, 503}
