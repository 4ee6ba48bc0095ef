"""PostgreSQL killed, and gone, while the exchange is under load."""

import os
import random

from local_exchange import wait_until
from order_load import Traders
from stored_exchange import StoredExchange

FULL = bool(os.environ.get("EVX_FULL"))
KILLS = 20 if FULL else 5
LOAD_SECONDS = 60
# Records that wait for the next transaction while orders come in.
LAG_UNDER_LOAD = 500


def test_killing_postgres_at_random_instants_loses_nothing(tmp_path, postgres, seed):
    generator = random.Random(seed)
    with StoredExchange(tmp_path, postgres, "--catalogue=empty") as exchange:
        traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
        traders.start(exchange)

        def trade(answers_max):
            until = traders.answered() + generator.randint(1, answers_max)
            wait_until(lambda: traders.answered() >= until, LOAD_SECONDS, "answers")

        for _ in range(KILLS):
            trade(2_000)
            postgres.kill()
            trade(500)
            postgres.start()
            if generator.random() < 0.5:  # Else it is killed while it catches up.
                exchange.wait_for_postgres(LAG_UNDER_LOAD)
        traders.stop()
        print(exchange.audit())
        traders.check(exchange, generator.getrandbits(32))


def test_without_postgres_trading_is_unaffected(tmp_path, postgres, seed):
    with StoredExchange(tmp_path, postgres, "--catalogue=empty") as exchange:
        traders = Traders(exchange, rest_count=2, stream_count=2, seed=seed)
        traders.start(exchange)

        def wait_for_postgres():
            exchange.wait_for_postgres(LAG_UNDER_LOAD)

        def check_lag():
            assert exchange.lag() > LAG_UNDER_LOAD

        traders.check_goodput_without(postgres, wait_for_postgres, check_lag)
        traders.stop()
        exchange.audit()
