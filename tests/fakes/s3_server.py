"""A whole S3 server in a process of its own: moto's, with conditional writes made atomic. Ends when its stdin does.

python s3_server.py        # prints its port
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Iterable
from threading import Lock, Thread
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


class LikeARealOne:
    """moto looks whether an object is there, and then writes it; a real S3 does both at once.

    And it reads a whole object to answer with a part of it: parts are read here, so that large objects are no burden.
    """

    def __init__(self, app: Any) -> None:
        self._app, self._lock = app, Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        part = _part_of(environ) if environ["REQUEST_METHOD"] == "GET" and "HTTP_RANGE" in environ else None
        if part is not None:
            headers, data = part
            start("206 PARTIAL CONTENT", headers)
            return [data]
        if environ["REQUEST_METHOD"] != "PUT" and "HTTP_IF_NONE_MATCH" not in environ:
            answer: Iterable[bytes] = self._app(environ, start)
            return answer
        with self._lock:
            return list(self._app(environ, start))


def _part_of(environ: dict[str, Any]) -> tuple[list[tuple[str, str]], bytes] | None:
    """Return headers and bytes of the part of an object that is asked for; None where moto should say what is wrong."""
    bucket, _, name = environ["PATH_INFO"].lstrip("/").partition("/")
    wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", environ["HTTP_RANGE"])
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    if wanted is None or environ.get("QUERY_STRING") or bucket not in backend.buckets:
        return None
    found = backend.get_object(bucket, name)
    if found is None or int(wanted[1]) >= found.size:
        return None
    first, last = int(wanted[1]), min(int(wanted[2]), found.size - 1)
    with found.lock:
        found._value_buffer.seek(first)
        data = found._value_buffer.read(last - first + 1)
    headers = {
        "Content-Range": f"bytes {first}-{last}/{found.size}",
        "Content-Length": str(len(data)),
        "Content-Type": "binary/octet-stream",
        "ETag": found.etag,
        "Last-Modified": found.last_modified_RFC1123,
    }
    return list(headers.items()), data


def main() -> None:
    """Serve until whoever started this closes its end of the pipe, or dies."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = LikeARealOne(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
