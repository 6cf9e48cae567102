"""How a service runs: where it listens, who may ask, and how much anybody may ask for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from satseek.core.errors import UsageError

LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Limits:
    """What one request, and all of them together, may cost."""

    body_bytes: int = 2_000_000
    upload_bytes: int = 20_000_000
    upload_pixels: int = 100_000_000
    results: int = 1_000  # of one page
    threads: int = 4  # that search and draw
    waiting: int = 96  # for a thread; one more is told to come again
    requests: int = 128  # under way at once, streams included
    streams: int = 16
    seconds: float = 30.0  # until an answer begins
    body_seconds: float = 20.0  # until a request has arrived whole
    send_seconds: float = 30.0  # for a client to take what is ready
    picture_side: int = 1_024
    jobs: int = 20  # remembered
    map_chips: int = 50_000  # of one heat map
    map_encoded: int = 1_000  # of them, those that are read and encoded while somebody waits
    maps: int = 64  # remembered


@dataclass(frozen=True)
class Settings:
    """One service, as the operator started it."""

    archive: str
    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    no_auth: bool = False
    cors: tuple[str, ...] = ()
    ingest_from: tuple[str, ...] = ()  # folders and web addresses; empty: read-only
    model: str | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.token is not None and len(self.token) < 8:
            raise UsageError("A token has at least 8 characters. Make one: openssl rand -hex 16")
        if not self.is_local and self.token is None and not self.no_auth:
            raise UsageError(
                f"On '{self.host}' others can reach the service. Give it a --token, or say --no-auth if everybody who "
                "can reach this machine may search the archive."
            )
        for origin in self.cors:
            if origin != "*" and not origin.startswith(("http://", "https://")):
                raise UsageError(f"'{origin}' is no origin. Write https://maps.example.org, with no path behind it.")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the service."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that a request may call this machine; () where any will do.

        Without a token, a web page whose own name points here must not be able to ask: it is not among them.
        """
        return (*LOCAL, self.host) if self.token is None and not self.no_auth else ()

    @property
    def url(self) -> str:
        """Where the service is found from this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
