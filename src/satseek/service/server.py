"""Running the application: one uvicorn process that is patient with questions and not with idlers."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from satseek.core.errors import ArchiveError, ModelError, UsageError
from satseek.core.model import Model
from satseek.service import page
from satseek.service.app import create_app
from satseek.service.desk import Desk
from satseek.service.settings import Settings

GRACE_SECONDS = 4  # after SIGTERM, for requests under way; all is over within five
IDLE_SECONDS = 20
logger = logging.getLogger(__name__)


class Impatient(H11Protocol):
    """HTTP that hangs up on those who connect and do not ask."""

    patience = IDLE_SECONDS + 1.0  # for a request's first line and headers
    _alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request, not for ever."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what arrives; each byte of a header does not begin the wait anew."""
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()
        elif self._alarm is None and not self.transport.is_closing():
            self._wait()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self._is_answering() and not self.transport.is_closing():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._stop_waiting()
        self._alarm = self.loop.call_later(self.patience, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _hang_up(self) -> None:
        self._alarm = None
        if not self._is_answering():
            self.transport.abort()


class _Server(uvicorn.Server):
    """A server that tells when it listens, and ends its streams when it should stop."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready, self._on_stop = on_ready, on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets=sockets)


def serve(
    settings: Settings,
    *,
    model: Model | None = None,
    on_ready: Callable[[str], None] = lambda url: None,
    on_note: Callable[[str], None] = logger.warning,
) -> None:
    """Serve until told to stop; what is under way then has a few seconds to finish."""
    app = create_app(settings, model=model)
    desk: Desk = app.state.desk
    chips, _, card = desk.library.state()  # an archive that is not there is said before anybody asks
    listening = _listening(settings)
    host, port = listening.getsockname()[:2]
    _prewarm(desk, on_note)
    try:
        desk.library.model()
    except ModelError as error:  # examples can still be searched by; words are answered with what is wrong
        on_note(f"Words cannot be searched by: {error}")
    if page.index() is None:
        on_note(page.NOT_BUILT)
    desk.suggestions.prepare()
    on_note(f"{chips:,} chips, model '{card.name}'. Stop with Ctrl-C.")
    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=4 * settings.limits.requests,
        h11_max_incomplete_event_size=32_768,
    )

    def stop() -> None:
        desk.closing = True

    url = settings.url if settings.port else f"http://{host}:{port}"
    with _told_to_stop():
        _Server(config, lambda: on_ready(url), stop).run(sockets=[listening])
    if desk.close():  # a thread that no answer waits for must not keep the process
        logger.warning("some work was under way and is given up")
        logging.shutdown()
        os._exit(0)


def _prewarm(desk: Desk, on_note: Callable[[str], None]) -> None:
    """Fetch from an object store what the first questions need; a service is ready once it can answer quickly."""
    if not desk.library.is_far:
        return
    try:
        desk.library.archive.prewarm()
    except ArchiveError as error:  # it answers nevertheless, only later
        on_note(f"The indices could not be fetched beforehand: {error}")


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """Let SIGTERM and Ctrl-C, which uvicorn raises again once all is finished, end in peace."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _listening(settings: Settings) -> socket.socket:
    """Return a socket that listens, or say why there is none: before anything is loaded."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        found.close()
        raise UsageError(
            f"Cannot listen on {settings.host}:{settings.port}: {error}. "
            "Choose another --port, or 0 for any that is free."
        ) from None
    return found
