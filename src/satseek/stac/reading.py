"""Reading the JSON of catalogs, from files and over the web: patiently, and never more than fits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pystac
import requests
from pystac.link import Link
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from satseek.core.errors import SourceError

NOT_STAC = (pystac.STACError, pystac.STACTypeError, KeyError, TypeError, ValueError, AttributeError)  # pystac's answers
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
MOST_OF_A_REFUSAL = 300  # bytes of a server's own words in our message
HELP_FOR_STATUS = {
    401: "It wants a login. Ask its operator for an address that is open, or download the files first.",
    403: "It does not let us in. Ask its operator for an address that is open, or download the files first.",
    404: "Check the address; a link in a catalog may also be out of date.",
    410: "It is gone for good. Ask its operator for the new address.",
}


@dataclass(frozen=True)
class Patience:
    """How long a silent or stumbling server is waited for, and how much of its talk is listened to."""

    tries: int = 5
    first_wait_s: float = 0.5  # doubles from try to try
    longest_wait_s: float = 30.0
    timeout_s: float = 30.0  # without a sign of life
    longest_answer_s: float = 300.0
    most_bytes: int = 64 * 1024 * 1024
    sleep: Callable[[float], None] = time.sleep


class CatalogUnreadable(SourceError, APIError):
    """A catalog, or a part of one, that could not be read; says why and what to do."""

    def __init__(self, message: str, status_code: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code


class CatalogReader(StacApiIO):
    """Reads catalog JSON for pystac and pystac-client, with our patience and our limits."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        super().__init__(timeout=self.patience.timeout_s, max_retries=None)

    def read_json(self, source: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return one JSON object, or say in a sentence why there is none."""
        text = self.read_text(source, *args, **kwargs)
        where = source.get_href() if isinstance(source, Link) else str(source)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CatalogUnreadable(
                f"{where} is not valid JSON ({error}). Check the address, or mend the file."
            ) from error
        if not isinstance(value, dict):
            raise CatalogUnreadable(f"{where} holds JSON, but not a STAC item, collection or catalog.")
        return value

    def read_text(self, source: Any, *args: Any, **kwargs: Any) -> str:
        """Return the text behind a link, an address or a path."""
        if isinstance(source, Link):  # the next page of a search, with what it wants to be asked
            return super().read_text(source, *args, **kwargs)
        if is_web(str(source)):
            return self.request(str(source), *args, **kwargs)
        return self._read_file(path_of(str(source)))

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """Ask over the web; a server that stumbles is asked again, with longer and longer pauses."""
        method = (method or "GET").upper()
        body = {"json": parameters} if method != "GET" else {"params": parameters}
        request = requests.Request(method, href, headers=headers, **body)  # type: ignore[arg-type]
        patience = self.patience
        for attempt in range(1, patience.tries + 1):
            try:
                return self._ask(request)
            except _Stumble as stumble:
                if attempt == patience.tries:
                    raise CatalogUnreadable(
                        f"{href} {stumble.why}, {attempt} times over. Try again later, or ask its operator; "
                        "running the same command again takes up where it stopped.",
                        stumble.status_code,
                    ) from stumble
                wait = max(patience.first_wait_s * 2 ** (attempt - 1), stumble.retry_after_s)
                patience.sleep(min(wait, patience.longest_wait_s))
        raise AssertionError("a request is tried at least once")

    def _ask(self, request: requests.Request) -> str:
        try:
            prepared = self.session.prepare_request(request)
            settings = self.session.merge_environment_settings(str(prepared.url), {}, True, None, None)
            with self.session.send(prepared, timeout=self.patience.timeout_s, **settings) as answer:
                if answer.status_code in TRY_AGAIN:
                    raise _Stumble(f"answered with error {answer.status_code}", answer)
                if not answer.ok:
                    raise CatalogUnreadable(_refusal(answer), answer.status_code)
                return self._whole(answer)
        except requests.Timeout as error:
            raise _Stumble(f"did not answer within {self.patience.timeout_s:g} seconds") from error
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise _Stumble("cannot be reached") from error
        except requests.RequestException as error:
            raise CatalogUnreadable(f"{request.url!s} cannot be asked: {error}. Check the address.") from error

    def _whole(self, answer: requests.Response) -> str:
        """Return the answer's text, unless it grows too large or takes too long."""
        most, late = self.patience.most_bytes, time.monotonic() + self.patience.longest_answer_s
        held = bytearray()
        for part in answer.iter_content(64 * 1024):
            held += part
            if len(held) > most:
                raise CatalogUnreadable(_too_large(answer.url, most))
            if time.monotonic() > late:
                raise _Stumble(f"took over {self.patience.longest_answer_s:g} seconds for one answer")
        return _decoded(bytes(held), answer.url)

    def _read_file(self, path: str) -> str:
        try:
            size = Path(path).stat().st_size
            if size > self.patience.most_bytes:
                raise CatalogUnreadable(_too_large(path, self.patience.most_bytes))
            return _decoded(Path(path).read_bytes(), path)
        except FileNotFoundError as error:
            raise CatalogUnreadable(
                f"{path} does not exist. Check the path; a link in a catalog may also be out of date."
            ) from error
        except IsADirectoryError as error:
            raise CatalogUnreadable(f"{path} is a folder. Point at the catalog.json in it.") from error
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise CatalogUnreadable(f"{path} cannot be read: {why}. Check its permissions and its name.") from error


def is_web(address: str) -> bool:
    """Whether an address is asked over the web."""
    return address.startswith(("http://", "https://"))


def path_of(address: str) -> str:
    """Return the path behind a `file:` address; a path is returned as it is."""
    return unquote(urlparse(address).path) if address.startswith("file:") else address


class _Stumble(Exception):
    """A failure that may well be gone at the next try."""

    def __init__(self, why: str, answer: requests.Response | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.status_code = None if answer is None else answer.status_code
        after = "" if answer is None else answer.headers.get("Retry-After", "")
        self.retry_after_s = float(after) if after.isdigit() else 0.0


def _refusal(answer: requests.Response) -> str:
    help_text = HELP_FOR_STATUS.get(answer.status_code, "Check the address and the search options.")
    said = str(next(answer.iter_content(MOST_OF_A_REFUSAL), b""), "utf-8", "replace").strip()
    words = f" ({said})" if said and "<" not in said and answer.status_code not in HELP_FOR_STATUS else ""
    return f"{answer.url} answered with error {answer.status_code}{words}. {help_text}"


def _too_large(where: str, most: int) -> str:
    return f"{where} is larger than {most / 1e6:.0f} MB, too large for catalog JSON. Split it into one file an item."


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogUnreadable(f"{where} is not text, so it is no STAC catalog.") from error
