"""services/market-maker beside an exchange, as its participant `market-maker`.

    with MarketMaker(exchange, folder, "--interval_ms=100") as maker:
        maker.process.send_signal(signal.SIGHUP)

Needs the packages httpx and cryptography."""

import subprocess

from local_exchange import STOP_SECONDS, binary, free_port, write_credentials


class MarketMaker:
    def __init__(self, exchange, folder, *flags):
        file = write_credentials(folder, "market-maker", exchange.credentials("market-maker"))
        self.port = free_port()
        self.process = subprocess.Popen(
            [str(binary("market-maker")), f"--exchange_url={exchange.rest_url}",
             f"--credentials={file}", f"--port={self.port}", "--grpc_port=0",
             "--log_level=warning", *flags])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)
