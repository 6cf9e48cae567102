"""The gate that every request passes: who asks, from where, how much, how long."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from satseek.service import page
from satseek.service.errors import Problem, busy, problem_of, response_of
from satseek.service.metrics import Metrics
from satseek.service.settings import Settings

logger = logging.getLogger(__name__)
OPEN_TO_ALL = ("/healthz",)
UPLOADS = ("/search/image",)
STREAMS = "/events"
SAFE_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
}
NO_STRANGERS = (b"cross-origin-resource-policy", b"same-origin")  # not even pictures, unless an origin is named


class Guard:
    """Refuses what must not pass, counts what does, and sees to it that nothing goes on for ever."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics = app, settings, metrics
        self._token = None if settings.token is None else settings.token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, self._settings, self._metrics)
        try:
            self._check(scope)
            if self._metrics.under_way >= self._settings.limits.requests:
                raise busy("Too many requests are under way.")
            with self._metrics.request():
                await self._passed(scope, receive, answer)
        except Problem as problem:
            await answer.problem(problem)
        finally:
            self._metrics.answered(scope, answer.status, time.perf_counter() - answer.began)

    async def _passed(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Let the application answer; what it takes too long to begin is given up."""
        body = _Body(scope, receive, self._settings)
        work = asyncio.ensure_future(self._app(scope, body.receive, answer.send))
        limits = self._settings.limits
        begun = asyncio.ensure_future(answer.begun.wait())
        try:
            await asyncio.wait(
                {work, begun}, timeout=limits.body_seconds + limits.seconds + 1, return_when=asyncio.FIRST_COMPLETED
            )
            if not work.done() and not answer.begun.is_set():
                raise Problem(504, f"This took longer than {limits.seconds:g} s. Ask for less at once.")
            await work
        except Exception as error:
            if answer.begun.is_set():  # too late to say so; such as a client that does not take what it asked for
                logger.info("an answer to %s was not finished: %r", scope["path"], error)
            else:
                raise problem_of(error) from error
        finally:
            begun.cancel()
            if not work.done():
                work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hosts = self._settings.hosts
        if hosts and _name(headers.get("host", "")) not in hosts:
            raise Problem(
                421, "This service answers to this machine's own name only. Start it with --host and --token."
            )
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return  # a browser asks before it asks; it sends no token yet
        if self._token is not None and not self._is_open(scope):
            kind, _, given = headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._token):
                raise Problem(
                    401,
                    "This service needs its token: send the header 'Authorization: Bearer …'.",
                    headers={"WWW-Authenticate": "Bearer"},
                )

    def _is_open(self, scope: Scope) -> bool:
        path = scope["path"]
        if path in OPEN_TO_ALL or path.startswith(page.PREFIX):  # a browser loads these before it can send a token
            return True
        return path == "/" and page.index() is not None and page.wants_page(Headers(scope=scope).get("accept", ""))


class _Refused(HTTPException):
    """Raised where the application reads its body: the one kind of error that FastAPI lets through from there."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status, problem.detail, problem.headers)


class _Body:
    """A request's body as it arrives: not too large, not too slow."""

    def __init__(self, scope: Scope, receive: Receive, settings: Settings) -> None:
        limits = settings.limits
        self._receive, self._seconds = receive, limits.body_seconds
        self._most = limits.upload_bytes if scope["path"] in UPLOADS else limits.body_bytes
        self._seen = 0
        self._whole = False
        self._ends = time.monotonic() + limits.body_seconds
        self._told = Headers(scope=scope).get("content-length", "")

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()  # waits for the client to go away
        if self._told.isdigit() and int(self._told) > self._most:
            raise _Refused(self._too_large())
        try:
            message = await asyncio.wait_for(self._receive(), max(self._ends - time.monotonic(), 0.001))
        except TimeoutError:
            raise _Refused(Problem(408, f"The request did not arrive within {self._seconds:g} s.")) from None
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._seen > self._most:
                raise _Refused(self._too_large())
        return message

    def _too_large(self) -> Problem:
        return Problem(
            413, f"A request here has at most {self._most:,} bytes. Send less: a smaller picture, a simpler area.",
            headers={"Connection": "close"},
        )  # fmt: skip


class _Answer:
    """An answer as it is sent: with headers that keep browsers safe, to a client that must take it."""

    def __init__(self, scope: Scope, send: Send, settings: Settings, metrics: Metrics) -> None:
        self._scope, self._send, self._seconds = scope, send, settings.limits.send_seconds
        self._open_to_others = bool(settings.cors)
        self.begun = asyncio.Event()
        self.began = time.perf_counter()
        self.status = 0

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.begun.set()
            self.status = int(message["status"])
            present = {name.lower() for name, _ in message.get("headers", ())}
            added = [(name, value) for name, value in SAFE_HEADERS.items() if name not in present]
            added += [] if self._open_to_others else [NO_STRANGERS]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await asyncio.wait_for(self._send(message), self._seconds)

    async def problem(self, problem: Problem) -> None:
        if self.begun.is_set():
            return

        async def nothing() -> Message:
            return {"type": "http.disconnect"}

        await response_of(problem)(self._scope, nothing, self.send)


def _name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
