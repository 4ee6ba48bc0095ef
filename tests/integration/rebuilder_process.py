"""An order-book-rebuilder of a test, which is killed and started again on the same data."""

import httpx

from service_process import REQUEST_SECONDS, ServiceProcess


class Rebuilder(ServiceProcess):
    def __init__(self, folder, kafka, *flags, group="test", keeps_ports=False):
        super().__init__("order-book-rebuilder", f"--kafka_brokers={kafka.brokers}",
                         f"--data_dir={folder}/data", f"--group_id={group}", "--session_timeout=6s",
                         "--log_level=error", *flags, folder=folder,
                         keeps_ports=keeps_ports)
        self._client = None

    def __exit__(self, *_):
        if self.alive():
            self.kill()

    def launch(self, **how):
        super().launch(**how)
        self._client = httpx.Client(base_url=self.url, timeout=REQUEST_SECONDS)

    def stop(self):
        assert super().stop() == 0

    def get(self, path, **query):
        return self._client.get(path, params=query)

    def book(self, ticker, **query):
        """The book, or None where it is refused for now."""
        answer = self.get(f"/api/v1/orderbook/{ticker}", **query)
        if answer.status_code == 200:
            return answer.json()
        assert answer.status_code in (404, 503), answer.text
        return None

    def stats(self):
        return self.get("/api/v1/stats").json()
