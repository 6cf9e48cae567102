"""An S3 server for the whole session, and for each test a bucket of its own that the environment points to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from fakes.chips import card
from fakes.s3 import Proxy, S3Server, environment, proxy_before, s3_server
from satseek.archive.archive import Archive


@dataclass(frozen=True)
class Bucket:
    """A new bucket behind a proxy."""

    name: str
    server: S3Server
    proxy: Proxy

    def uri(self, prefix: str = "archive") -> str:
        """Name a place in it."""
        return f"s3://{self.name}/{prefix}"

    def names(self) -> list[str]:
        """The names of all that is in it."""
        return self.server.names(self.name)


@pytest.fixture(scope="session")
def server() -> Iterator[S3Server]:
    """An S3 server in a process of its own."""
    with s3_server() as running:
        yield running


@pytest.fixture(scope="session")
def quiet_proxy(server: S3Server) -> Iterator[Proxy]:
    """A proxy before it."""
    with proxy_before(server) as proxy:
        yield proxy


@pytest.fixture
def bucket(server: S3Server, quiet_proxy: Proxy) -> Iterator[Bucket]:
    """A new bucket that this process, and all it starts, finds by the environment; nothing goes wrong yet."""
    with environment(quiet_proxy.url):
        quiet_proxy.calm()
        yield Bucket(server.new_bucket(), server, quiet_proxy)
        quiet_proxy.calm()


@pytest.fixture
def archive(bucket: Bucket) -> Archive:
    """An empty archive in a new bucket."""
    return Archive.create(bucket.uri(), card())
