"""kill -9 of mock-kalshi under a KalshiRT client: what was reported can be asked for again, what was
not is reported then, and nothing is doubled."""

import random

import pytest

from fix_client import Closed, FixClient, order, utc_now
from local_exchange import wait_until
from stored_exchange import StoredExchange

LIVES = 4
ORDERS_PER_LIFE = 600
SKIP_PENDING = (21011, "Y")


class RetransmissionClient:
    """Keeps every message by number, as an engine would, and answers resend requests."""

    def __init__(self, exchange, credentials):
        self.exchange, self.credentials = exchange, credentials
        self.received, self.sent = {}, {}
        self.next_in, self.next_out = 1, 1
        self.client = None

    def connect(self, reset):
        self.client = FixClient(self.exchange.fix, "KalshiRT", self.credentials)
        self.client.send_bytes(self.client.logon_message(
            SKIP_PENDING, reset=reset, number=self.next_out))
        self.next_out += 1
        self.read_until(lambda message: message.type in ("A", "5"))
        assert self.received[max(self.received)].type != "5", self.received[max(self.received)]

    def send(self, msg_type, fields):
        number, self.next_out = self.next_out, self.next_out + 1
        self.sent[number] = (msg_type, fields)
        self.client.send(msg_type, fields, number=number)

    def read_until(self, done):
        while True:
            message = self.client.receive()
            number = int(message.get(34))
            if message.type == "4":
                self.next_in = max(self.next_in, int(message.get(36)))
            elif message.get(43) != "Y" or number not in self.received:
                self.received[number] = message
            if message.type == "2":
                self.resend(int(message.get(7)))
            if done(message):
                return message

    def resend(self, first):
        """Everything from `first` on; what is no order is filled."""
        for number in range(first, self.next_out):
            stamp = [(43, "Y"), (122, utc_now())]
            if number in self.sent:
                msg_type, fields = self.sent[number]
                self.client.send(msg_type, stamp + fields, number=number)
            else:
                self.client.send("4", stamp + [(123, "Y"), (36, number + 1)], number=number)

    def catch_up(self):
        """Asks for every number it has not got, then waits until all is said."""
        missing = [n for n in range(1, max(self.received)) if n not in self.received]
        if missing:
            self.send_admin("2", [(7, missing[0]), (16, 0)])
        while True:
            wanted = f"end-{self.next_out}"
            self.send_admin("1", [(112, wanted)])
            last = self.read_until(lambda m: m.type == "2" or m.get(112) == wanted)
            if last.type == "0":
                return
            # It asked for what it missed, and the test request was filled with the rest.

    def send_admin(self, msg_type, fields):
        number, self.next_out = self.next_out, self.next_out + 1
        self.client.send(msg_type, fields, number=number)

    def reports(self):
        return [m for _, m in sorted(self.received.items()) if m.type == "8"]


@pytest.mark.timeout(900)
def test_resend_across_kill(tmp_path, seed):
    generator = random.Random(seed)
    with StoredExchange(tmp_path, None, "--catalogue=empty") as exchange:
        exchange.list_market("FIX-CRASH")
        credentials = exchange.open_account("fix", 1_000_000)
        client = RetransmissionClient(exchange, credentials)
        client.connect(reset=True)
        count = 0
        for life in range(LIVES):
            kill_after = generator.randint(1, ORDERS_PER_LIFE - 1)
            for i in range(ORDERS_PER_LIFE):
                count += 1
                client.send("D", order(f"crash-{count}", "FIX-CRASH", "1", "20", "1"))
                if i == kill_after:
                    client.read_until(lambda message: message.type == "8")
            exchange.kill()
            try:
                while True:
                    client.read_until(lambda message: True)
            except Closed:
                pass
            client.client.close()
            exchange.start()
            client.connect(reset=False)
            client.catch_up()
            wanted = {f"crash-{n}" for n in range(1, count + 1)}

            def all_reported():
                client.catch_up()
                return wanted <= {r.get(11) for r in client.reports() if r.get(150) == "0"}

            wait_until(all_reported, 60, "every order is acknowledged")
            new = [r.get(11) for r in client.reports() if r.get(150) == "0"]
            assert len(new) == len(set(new)) == count, "an acknowledgement came twice"
            assert not [r for r in client.reports() if r.get(150) == "8"]
            resting = exchange.account(credentials).resting_orders(ticker="FIX-CRASH")
            assert {o["client_order_id"] for o in resting} == wanted
            print(f"life {life + 1}: {count} orders, each acknowledged once and resting once")
