"""A whole S3 server in a process of its own: moto's, with conditional writes made atomic. Ends when its stdin does.

python s3_server.py        # prints its port
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable
from threading import Lock, Thread
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


class OneConditionAtATime:
    """moto looks whether an object is there, and then writes it; a real S3 does both at once."""

    def __init__(self, app: Any) -> None:
        self._app, self._lock = app, Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "PUT" and "HTTP_IF_NONE_MATCH" not in environ:
            answer: Iterable[bytes] = self._app(environ, start)
            return answer
        with self._lock:
            return list(self._app(environ, start))


def main() -> None:
    """Serve until whoever started this closes its end of the pipe, or dies."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = OneConditionAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
