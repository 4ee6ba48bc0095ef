"""Users of the gateway, made by the administrator, and their browsers' way in."""

CSRF_HEADER = "X-Evx-Csrf"


class Session:
    """The REST API as a page of a user has it."""

    def __init__(self, context):
        self._request = context.request
        answer = self._request.get("/api/v1/session")
        assert answer.ok, answer.text()
        self.csrf_token = answer.json()["csrf_token"]

    def send(self, method, path, body=None):
        """The response, whatever its status."""
        headers = {CSRF_HEADER: self.csrf_token}
        return self._request.fetch(f"/api/v1/{path}", method=method, data=body, headers=headers)

    def post(self, path, body=None):
        answer = self.send("POST", path, body)
        assert answer.ok, answer.text()
        return answer.json()

    def buy_yes(self, ticker, price_micros, count):
        """A good-till-canceled bid; its outcome."""
        result = self.post("command", {"create_order": {
            "command_id": f"content-{ticker}-{price_micros}", "market_ticker": ticker,
            "side": "BOOK_SIDE_BID", "price_micros": str(price_micros),
            "quantity_centis": str(count * 100),
            "time_in_force": "TIME_IN_FORCE_GOOD_TILL_CANCELED"}})
        outcome, = result["orders"]
        assert not outcome.get("refusal_reason"), outcome
        return outcome


class Users:
    """Each name has one role. `state` is what a browser keeps after its user was signed in by a
    one-time link; each call is another session."""

    def __init__(self, chromium, url, admin_state):
        self._chromium = chromium
        self._url = url
        self._made = {"admin"}
        self._admin_state = admin_state
        self.admin = self.session(admin_state)

    def session(self, state):
        context = self._chromium.new_context(base_url=self._url, storage_state=state)
        return Session(context)

    def make(self, name, role, password=None):
        if name not in self._made:
            self._made.add(name)
            body = {"user_name": name, "role": role}
            self.admin.post("users", {**body, "password": password} if password else body)
        return name

    def link(self, name):
        """A one-time link's token."""
        return self.admin.post(f"users/{name}/links")["link_token"]

    def state(self, name):
        if name == "admin":
            return self._admin_state
        context = self._chromium.new_context(base_url=self._url)
        answer = context.request.post("/api/v1/session", data={"link_token": self.link(name)})
        assert answer.status == 201, answer.text()
        state = context.storage_state()
        context.close()
        return state
