"""What one trader has asked of an exchange and been told, held against what the exchange shows."""

import dataclasses
from decimal import Decimal

# Orders that are looked up by id, and retried, beyond those whose fate was open.
SAMPLE = 50
PICKS = 100


@dataclasses.dataclass
class Order:
    """An order as its trader knows it. A quiet order meets no other, so that its state is exactly
    what its trader made it."""

    client_order_id: str
    body: dict
    quiet: bool
    order_id: str = None  # None: not acknowledged.
    price: Decimal = None
    remaining: Decimal = None
    pending: tuple = None  # Price and remaining that were asked for and not answered.

    @property
    def open(self):
        return self.order_id is not None and self.pending is None and self.remaining > 0

    def ask(self, price, remaining):
        self.pending = (price, remaining)

    def acknowledge(self):
        self.price, self.remaining = self.pending
        self.pending = None

    def refuse(self):
        self.pending = None

    def allowed(self):
        """Every state the order may be in."""
        states = [] if self.order_id is None else [(self.price, self.remaining)]
        return states + ([self.pending] if self.pending is not None else [])


class OrderLog:
    """Not thread-safe: each belongs to one trader, and is checked while no one trades."""

    def __init__(self):
        self.orders = {}  # By client order id.
        self._quiet = []  # Acknowledged ones that rest, and some that no longer do.

    def add(self, client_order_id, body, quiet):
        order = Order(client_order_id, body, quiet)
        order.ask(Decimal(body["price"]), Decimal(body["count"]))
        self.orders[client_order_id] = order
        return order

    def acknowledged(self, order, order_id):
        order.order_id = order_id
        order.acknowledge()
        if order.quiet:
            self._quiet.append(order)

    def refuse_create(self, order):
        del self.orders[order.client_order_id]

    def acknowledged_count(self):
        return sum(order.order_id is not None for order in self.orders.values())

    def quiet_count(self):
        """Quiet orders that rest, about."""
        return len(self._quiet)

    def pick_open(self, random):
        """A quiet order that rests and about which nothing is pending; None: not found."""
        for _ in range(PICKS):
            if not self._quiet:
                return None
            i = random.randrange(len(self._quiet))
            order = self._quiet[i]
            if order.open:
                return order
            if order.pending is None:
                self._quiet[i] = self._quiet[-1]
                self._quiet.pop()
        return None

    def check(self, account, random):
        """Compares with what the exchange shows; settles what was open by what is there."""
        shown = {}
        for row in list_orders(account):
            shown.setdefault(row["client_order_id"], []).append(row)
        unknown = shown.keys() - self.orders.keys()
        assert not unknown, f"orders that were never asked for or were refused: {unknown}"
        undecided = []
        for name, order in self.orders.items():
            rows = shown.get(name, [])
            if order.order_id is None:
                assert len(rows) <= 1, f"{name} is there {len(rows)} times"
                undecided.append((order, bool(rows)))
            else:
                assert len(rows) == 1, f"{name} was acknowledged and is there {len(rows)} times"
            for row in rows:
                self._check_state(order, row)
        known = [order for order in self.orders.values() if order.order_id is not None]
        sample = random.sample(known, min(SAMPLE, len(known)))
        for order in sample:
            row = account.get(f"/portfolio/orders/{order.order_id}")["order"]
            assert row == shown[order.client_order_id][0]
        for order, exists in undecided + [(order, True) for order in sample]:
            self._retry(account, order, exists)

    def _check_state(self, order, row):
        assert order.order_id in (None, row["order_id"]), order
        if order.quiet:
            remaining = Decimal(row["remaining_count_fp"])
            price = Decimal(row["yes_price_dollars"])
            assert row["status"] == ("resting" if remaining else "canceled"), row
            assert any(remaining == state[1] and (price == state[0] or not remaining)
                       for state in order.allowed()), f"{order} is shown as {row}"
            if order.order_id is None:
                self._quiet.append(order)
            order.price, order.remaining = price, remaining
        order.order_id, order.pending = row["order_id"], None

    def _retry(self, account, order, exists):
        response = account.request("POST", "/portfolio/events/orders", order.body)
        if exists:
            assert response.status_code == 409, f"{order}: {response.text}"
            assert response.json()["error"]["code"] == "order_already_exists"
        else:
            assert response.status_code == 201, f"{order}: {response.text}"
            order.ask(Decimal(order.body["price"]), Decimal(order.body["count"]))
            self.acknowledged(order, response.json()["order_id"])


def list_orders(account):
    rows, cursor = [], None
    while True:
        page = account.get("/portfolio/orders", limit=1000,
                           **({"cursor": cursor} if cursor else {}))
        rows += page["orders"]
        cursor = page.get("cursor")
        if not cursor:
            return rows
