"""The Hugging Face hub (or a mirror: HF_ENDPOINT), asked with patience that ends, its faults said in our words."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from satseek.core.errors import ModelError, SatSeekError
from satseek.models.brought.download import TIMEOUT_S, OnBytes, unwatched
from satseek.models.brought.download import download as fetch

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "SATSEEK_OFFLINE")


@dataclass(frozen=True)
class HubFile:
    """A file of a repository, as the hub lists it."""

    path: str
    size: int | None
    sha256: str | None  # of large files; git keeps small ones under another digest


@dataclass(frozen=True)
class Repository:
    """A repository of the hub at one commit."""

    name: str
    commit: str
    files: dict[str, HubFile]
    licence: str | None = None  # as its card states it


def api() -> HfApi:
    """Return the hub's own client at the endpoint that the environment names now."""
    if any(os.environ.get(name, "").strip().upper() in ("1", "ON", "YES", "TRUE") for name in _OFFLINE):
        raise ModelError(
            "Nothing is fetched: this machine is told to stay offline "
            f"({', '.join(name for name in _OFFLINE if os.environ.get(name))}). Unset that, or put the file in place."
        )
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise ModelError('The hub needs an extra: pip install "satseek[clip]".') from error
    return HfApi(endpoint=endpoint(), library_name="satseek")


def endpoint() -> str:
    """Return where the hub is."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def look_up(name: str, revision: str = "main") -> Repository:
    """Return what a repository holds; the first question to a hub, so that one that is not there is found out soon."""
    client = api()
    with faults_in_our_words(name):
        info = client.model_info(name, revision=revision, files_metadata=True, timeout=TIMEOUT_S)
    files = {
        each.rfilename: HubFile(each.rfilename, each.size, each.lfs.sha256 if each.lfs else None)
        for each in info.siblings or []
    }
    stated = getattr(info.card_data, "license", None)
    return Repository(name, str(info.sha), files, stated if isinstance(stated, str) else None)


def download(repository: Repository, file: str, folder: Path, *, on_bytes: OnBytes = unwatched) -> Path:
    """Fetch one file into a folder, going on where an earlier try broke off; one that arrives wrong is refused."""
    from satseek.models.brought.shelf import sha256_of

    if file not in repository.files:
        there = ", ".join(sorted(repository.files)) or "nothing"
        raise ModelError(f"'{repository.name}' on {endpoint()} has no {file}; it has {there}.")
    told, target = repository.files[file].sha256, folder / file
    if told is not None and target.is_file() and sha256_of(target) == told:
        return target
    address, headers = _address(repository, file)
    part = target.with_name(f"{target.name}.{repository.commit[:12]}.part")
    fetch(address, target, headers=headers, part=part, on_bytes=on_bytes)
    if told is not None and sha256_of(target) != told:
        target.unlink()
        raise ModelError(
            f"{file} of '{repository.name}' arrived with another sha256 than the hub states ({told}). It was deleted; "
            "try again, and look at what lies between here and the hub if it stays so."
        )
    return target


def _address(repository: Repository, file: str) -> tuple[str, dict[str, str]]:
    """Return where the hub keeps a file, and who asks: nobody but the hub itself is shown the token."""
    from huggingface_hub import get_hf_file_metadata, get_token, hf_hub_url

    url = hf_hub_url(repository.name, file, revision=repository.commit, endpoint=endpoint())
    with faults_in_our_words(repository.name):
        location = get_hf_file_metadata(url, timeout=TIMEOUT_S, endpoint=endpoint(), token=get_token()).location
    token = get_token() if urlparse(location).netloc == urlparse(endpoint()).netloc else None
    return location, {"User-Agent": "satseek"} | ({"Authorization": f"Bearer {token}"} if token else {})


@contextmanager
def faults_in_our_words(name: str) -> Iterator[None]:
    """Turn what a hub does not do into one line that says so."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    own = logging.getLogger("huggingface_hub")
    before = own.level
    own.setLevel(logging.ERROR)  # what it tries and why is said once, by us
    try:
        yield
    except SatSeekError:
        raise
    except GatedRepoError as error:
        raise ModelError(
            f"'{name}' on {endpoint()} is behind its own licence: accept it there in a browser, then log in here "
            "('hf auth login', or HF_TOKEN) and try again."
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"There is no '{name}' on {endpoint()}, or it is private: then log in ('hf auth login', or HF_TOKEN)."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(f"'{name}' on {endpoint()} has no such revision.") from error
    except (OfflineModeIsEnabled, LocalEntryNotFoundError) as error:
        raise ModelError(
            f"'{name}' is not here, and {endpoint()} cannot be asked: {_short(error)}. Fetch it on a machine with "
            "internet and bring the file."
        ) from error
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        raise ModelError(_refusal(name, status, error)) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(_silence(name, error)) from error
    except Exception as error:
        if "httpx" not in type(error).__module__:  # the client's faults of connection: its own errors are no OSError
            raise
        raise ModelError(_silence(name, error)) from error
    finally:
        own.setLevel(before)


def _refusal(name: str, status: int | None, error: BaseException) -> str:
    if status in (401, 403):
        return (
            f"{endpoint()} does not let you do this with '{name}' (status {status}). Log in with a token that may: "
            "'hf auth login', or HF_TOKEN."
        )
    if status == 429:
        return f"{endpoint()} has been asked too often (status 429). Wait some minutes and try again."
    return f"{endpoint()} answered '{name}' with an error (status {status}): {_short(error)}. Try again later."


def _silence(name: str, error: BaseException) -> str:
    return (
        f"{endpoint()} does not answer ({_short(error)}), so '{name}' was not reached. Look at the network or "
        "HF_ENDPOINT; without internet, fetch the files elsewhere and bring them (see docs/models.md)."
    )


def _short(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
