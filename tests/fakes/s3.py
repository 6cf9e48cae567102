"""An S3 server for tests, and a proxy before it that counts what is asked and can go wrong in the ways networks do.

with s3_server() as server, proxy_before(server) as proxy:
    bucket = server.new_bucket()
    with environment(proxy.url):
        Archive.create(f"s3://{bucket}/archive", card)
    proxy.trouble = Sometimes(seed=1, share=0.1)
"""

from __future__ import annotations

import http.client
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from threading import Condition, Event, Lock, local
from typing import Any, NamedTuple

from fakes.listening import listening

REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": REGION}
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}

# What may happen to a request instead of what was asked for.
REFUSED = "refused"  # 403
BROKEN = "broken"  # 500
BUSY = "busy"  # 503, slow down
SILENT = "silent"  # nothing is answered, and nothing done
UNHEARD = "unheard"  # done, but the answer never arrives
CUT = "cut"  # half of the answer arrives
_STATUS = {REFUSED: (403, "AccessDenied"), BROKEN: (500, "InternalError"), BUSY: (503, "SlowDown")}


class Asked(NamedTuple):
    """One request, and how much went through the wire for it."""

    method: str
    path: str
    range: str | None
    status: int
    sent: int  # bytes of the answer's body
    taken: int  # bytes of the request's body
    conditional: bool = False  # to be written only where there is nothing yet


Trouble = Callable[[str, str], str | None]  # (method, path) -> what happens instead, if anything


def _no_trouble(method: str, path: str) -> str | None:
    return None


class Sometimes:
    """A seeded share of all requests meets one of some troubles."""

    def __init__(self, *, seed: int, share: float, kinds: tuple[str, ...] = (BROKEN, BUSY, UNHEARD, CUT)) -> None:
        self._chance, self._share, self._kinds, self._lock = random.Random(seed), share, kinds, Lock()
        self.met: Counter[str] = Counter()

    def __call__(self, method: str, path: str) -> str | None:
        with self._lock:
            if self._chance.random() >= self._share:
                return None
            kind = self._chance.choice(self._kinds)
            self.met[kind] += 1
            return kind


@dataclass(frozen=True)
class S3Server:
    """A running server."""

    port: int
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def new_bucket(self) -> str:
        """Make an empty bucket and return its name."""
        name = f"bucket-{next(self._names)}"
        self.client.create_bucket(Bucket=name)
        return name

    @cached_property
    def client(self) -> Any:
        """Amazon's own client, past the proxy."""
        import boto3

        keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "secret"}
        return boto3.client("s3", endpoint_url=self.url, region_name=REGION, **keys)

    def names(self, bucket: str, prefix: str = "") -> list[str]:
        """Return the names of all objects that begin with a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def truncate(self, bucket: str, name: str) -> None:
        """Leave half of an object."""
        whole = self.client.get_object(Bucket=bucket, Key=name)["Body"].read()
        self.client.put_object(Bucket=bucket, Key=name, Body=whole[: len(whole) // 2])


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server in a process of its own, on any free port; nothing of it is left afterwards."""
    script = str(Path(__file__).parent / "s3_server.py")
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, script], stdin=pipe, stdout=pipe, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.strip().isdigit(), f"the S3 server did not start: {line!r}"
        yield S3Server(int(line))
    finally:
        process.kill()
        process.communicate()


@dataclass
class Proxy:
    """What stands between an archive and its store."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    trouble: Trouble = _no_trouble
    given_up: Event = field(default_factory=Event)  # set, those who wait for silent requests are let go
    under_way: Condition = field(default_factory=Condition)
    open_requests: int = 0

    def begin(self) -> None:
        """Count from here."""
        self.asked.clear()

    def calm(self) -> None:
        """Let nothing go wrong from here, and count anew."""
        self.trouble = _no_trouble
        self.given_up.set()
        self.given_up = Event()
        self.begin()

    def settle(self) -> None:
        """Wait until the last request is done, also those whose sender is dead."""
        with self.under_way:
            assert self.under_way.wait_for(lambda: self.open_requests == 0, 60)

    @property
    def requests(self) -> int:
        """How many were asked since."""
        return len(self.asked)

    @property
    def bytes_read(self) -> int:
        """How many bytes were answered since."""
        return sum(each.sent for each in self.asked)


@contextmanager
def proxy_before(server: S3Server) -> Iterator[Proxy]:
    """Run a proxy before a server, in threads of this process."""
    proxy, upstream = Proxy(), local()

    def forward(method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, list[Any], bytes]:
        for attempt in (1, 2):
            if getattr(upstream, "connection", None) is None:
                upstream.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            try:
                upstream.connection.request(method, path, body, headers)
                answer = upstream.connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            except (http.client.HTTPException, OSError):
                upstream.connection.close()
                upstream.connection = None
                if attempt == 2:
                    raise
        raise AssertionError

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body go out together
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            with proxy.under_way:
                proxy.open_requests += 1
            try:
                self._handle()
            finally:
                with proxy.under_way:
                    proxy.open_requests -= 1
                    proxy.under_way.notify_all()

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = proxy.trouble(self.command, self.path)
            if kind == SILENT:
                proxy.given_up.wait(120)
                self.close_connection = True
                return
            if kind in _STATUS:
                status, code = _STATUS[kind]
                self._answer(status, [], f"<Error><Code>{code}</Code><Message>trouble</Message></Error>".encode(), body)
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            status, given, data = forward(self.command, self.path, body, headers)
            if kind == UNHEARD:
                self.close_connection = True
                return
            self._answer(status, given, data, body, cut=kind == CUT and len(data) > 1)

        def _answer(self, status: int, headers: list[Any], data: bytes, body: bytes, *, cut: bool = False) -> None:
            length = next((value for name, value in headers if name.lower() == "content-length"), str(len(data)))
            sent = b"" if self.command == "HEAD" else data[: len(data) // 2] if cut else data
            conditional = "If-None-Match" in self.headers
            wanted = self.headers.get("Range")
            proxy.asked.append(Asked(self.command, self.path, wanted, status, len(sent), len(body), conditional))
            try:
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                self.wfile.write(sent)
                self.close_connection = self.close_connection or cut
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - the names http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with listening(Handler) as proxy.url:
        try:
            yield proxy
        finally:
            proxy.given_up.set()


@contextmanager
def environment(url: str) -> Iterator[None]:
    """Let everything in this process, and what it starts, find the store here: as a person would, by variables."""
    wanted = KEYS | {"AWS_ENDPOINT_URL": url}
    before = {name: os.environ.get(name) for name in (*wanted, "AWS_ENDPOINT_URL_S3")}
    os.environ.pop("AWS_ENDPOINT_URL_S3", None)
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
