"""Fixtures of the end-to-end tests, and an example for other suites: an exchange of its own for
each test file."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from local_exchange import LocalExchange  # noqa: E402


@pytest.fixture(scope="module")
def exchange():
    with LocalExchange() as running:
        yield running


@pytest.fixture
def demo(exchange):
    return exchange.account("demo")


@pytest.fixture
def flow(exchange):
    """Another account, with an unlimited rate."""
    return exchange.account("flow-1")
