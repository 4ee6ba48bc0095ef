"""services/market-maker beside an exchange, as its participant `market-maker`.

    with MarketMaker(exchange, folder, "--interval_ms=100") as maker:
        maker.reload()

Needs the packages httpx and cryptography."""

from local_exchange import write_credentials
from service_process import ServiceProcess


class MarketMaker(ServiceProcess):
    def __init__(self, exchange, folder, *flags):
        file = write_credentials(folder, "market-maker", exchange.credentials("market-maker"))
        super().__init__("market-maker", f"--exchange_url={exchange.rest_url}",
                         f"--credentials={file}", "--log_level=warning", *flags)

    def start(self):
        """Starts it and does not wait: it quotes when it can."""
        self.launch()
