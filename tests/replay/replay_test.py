"""A recorded session played on a running exchange: after every recorded millisecond the book is the
recorded one, level by level, and the recorded outcome is paid. EVX_REPLAY_RECORDINGS names another
directory of recordings, for a run over many sessions."""

import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from local_exchange import LocalExchange, REPOSITORY, wait_until  # noqa: E402
from recording import CLOCK_START, RECORDINGS, flow_command  # noqa: E402

def test_every_book_equals_the_recorded_one(tmp_path):
    with LocalExchange("--grpc_port=0", "--clock=virtual", f"--clock_start={CLOCK_START}",
                       "--catalogue=empty", f"--demo_key_dir={tmp_path}") as exchange:
        run = subprocess.run(flow_command(exchange, tmp_path, "--mode=verify",
                                          f"--recordings={RECORDINGS}"),
                             stdout=subprocess.PIPE, text=True, check=False)
    print(run.stdout)
    assert run.returncode == 0
    assert "all checks equal" in run.stdout
    for checks, unequal in re.findall(r"(\d+) book checks, (\d+) unequal", run.stdout):
        assert int(checks) > 10_000
        assert unequal == "0"


def test_another_participant_in_the_market_is_noticed(tmp_path):
    with LocalExchange("--grpc_port=0", "--clock=virtual", f"--clock_start={CLOCK_START}",
                       "--catalogue=empty", f"--demo_key_dir={tmp_path}") as exchange:
        demo = exchange.account("demo")
        flow = subprocess.Popen(flow_command(exchange, tmp_path, "--mode=verify",
                                             f"--recordings={REPOSITORY / 'services/flow/data'}"),
                                stdout=subprocess.PIPE, text=True)

        def is_disturbed():
            markets = demo.get("/markets", status="open", limit=100)["markets"]
            traded = [m["ticker"] for m in markets
                      if m["ticker"].startswith("REPLAY-") and float(m["volume_fp"]) > 0]
            # The lowest bid matches nothing and belongs to nobody who plays. It comes too late where
            # the replay has ended since.
            return traded and demo.request("POST", "/portfolio/events/orders", {
                "ticker": traded[0], "side": "bid", "price": "0.0100", "count": "7.00",
                "client_order_id": "stranger", "time_in_force": "good_till_canceled",
                "self_trade_prevention_type": "taker_at_cross"}).status_code == 201

        wait_until(is_disturbed, 60, "an order in a replay that has traded")
        output, _ = flow.communicate(timeout=300)
    assert flow.returncode not in (0, -signal.SIGKILL)
    assert re.search(r"disturbed at sequence \d+", output), output


def test_no_market_stays_open_after_a_replay_that_was_stopped_or_killed(tmp_path):
    with LocalExchange("--grpc_port=0", "--catalogue=empty",
                       f"--demo_key_dir={tmp_path}") as exchange:
        demo = exchange.account("demo")

        def replays(status):
            markets = demo.get("/markets", status=status, limit=100)["markets"]
            return sorted(m["ticker"] for m in markets if m["ticker"].startswith("REPLAY-"))

        def start():
            flow = subprocess.Popen(flow_command(exchange, tmp_path, "--mode=live", "--speed=100",
                                                 "--synthetic=false"), stdout=subprocess.DEVNULL)
            known = replays("settled")
            wait_until(lambda: [t for t in replays("open") if t not in known], 60, "a replay")
            return flow

        killed = start()
        left = replays("open")
        killed.kill()
        killed.wait()
        stopped = start()
        wait_until(lambda: set(left) <= set(replays("settled")), 60, "the killed replay settled")
        stopped.send_signal(signal.SIGTERM)
        assert stopped.wait(20) == 0
        assert replays("open") == replays("closed") == []
