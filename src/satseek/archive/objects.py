"""Archives on an object store: how it is reached, how patiently, and what is told before anything is tried."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from satseek.core.environment import number
from satseek.core.errors import ArchiveError, UsageError

SCHEMES = ("s3", "gs", "az", "abfss", "memory")  # s3 is what the tests run on; the others are Lance's own word for it
ENDPOINT_NAMES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")  # the first that is set is taken
PATIENCE_NAME = "SATSEEK_STORE_TIMEOUT"
CONNECT_SECONDS = 5
REQUEST_SECONDS = 30.0


def is_object_store(uri: str) -> bool:
    """Return whether an archive's name means an object store; a name that means nothing is refused."""
    scheme, found, rest = uri.partition("://")
    if not found:
        if re.match(r"s3:", uri, re.I):
            raise UsageError(f"'{uri}' is neither a folder nor a place on S3. Write s3://bucket/prefix.")
        return False
    if scheme.lower() not in SCHEMES:
        raise UsageError(f"An archive cannot be at '{uri}'. Name a folder, or a place such as s3://bucket/prefix.")
    if not rest.strip("/"):
        raise UsageError(f"'{uri}' names no bucket. Write s3://bucket/prefix.")
    return True


def storage_options(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what Lance is told beside the usual variables (AWS_…): where the store is, and how long to wait."""
    seconds = _patience()
    options = {  # Lance retries each request, and then what it did with it; left alone it asks for minutes
        "connect_timeout": f"{min(CONNECT_SECONDS, seconds):g}s",
        "timeout": f"{seconds:g}s",
        "client_max_retries": "5",
        "client_retry_timeout": f"{max(seconds / 2, 1):.0f}",
        "lance_aimd_max_retries": "1",
    }
    endpoint = next((os.environ[name] for name in ENDPOINT_NAMES if os.environ.get(name)), None)
    if endpoint is not None:
        options["aws_endpoint"] = endpoint
    options |= {name.lower(): str(value) for name, value in (given or {}).items()}
    if options.get("aws_endpoint", "").startswith("http://"):  # who writes http:// means it
        options["allow_http"] = "true"
    return options


def require_answer(uri: str, options: Mapping[str, str]) -> None:
    """Raise `ArchiveError` at once where the endpoint that somebody named does not answer anything at all."""
    endpoint = options.get("aws_endpoint")
    if endpoint is None:
        return
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    if not endpoint.startswith(("http://", "https://")):
        raise UsageError(
            f"'{endpoint}' is no endpoint. Write http://host:port or https://host, as in AWS_ENDPOINT_URL."
        )
    try:
        request = Request(endpoint, method="HEAD")
        with urlopen(request, timeout=min(CONNECT_SECONDS, _patience())):
            return
    except HTTPError:  # whatever it says, it is there
        return
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ArchiveError(
            f"The object store of the archive '{uri}' does not answer at {endpoint} ({reason}). Check the address "
            "(AWS_ENDPOINT_URL, or satseek --endpoint), and that the store runs."
        ) from error


def _patience() -> float:
    return number(
        PATIENCE_NAME, REQUEST_SECONDS, wanted="the seconds that one request may take, such as 30", zero=False
    )
