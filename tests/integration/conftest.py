"""Fixtures of the tests that kill, starve and damage real processes."""

import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from grpc_stubs import generate_stubs  # noqa: E402
from private_kafka import PrivateKafka  # noqa: E402
from private_redis import PrivateRedis  # noqa: E402
from stored_exchange import PrivatePostgres  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def stubs(tmp_path_factory):
    generate_stubs(tmp_path_factory.mktemp("stubs"))


@pytest.fixture(scope="module")
def kafka():
    with PrivateKafka() as server:
        yield server


@pytest.fixture(scope="module")
def redis():
    with PrivateRedis() as server:
        yield server


@pytest.fixture(scope="session")
def postgres():
    with PrivatePostgres() as server:
        yield server


@pytest.fixture
def seed():
    """EVX_TEST_SEED, or a fresh one; printed when the test fails."""
    value = int(os.environ.get("EVX_TEST_SEED") or random.SystemRandom().getrandbits(32))
    print(f"EVX_TEST_SEED={value}")
    return value
