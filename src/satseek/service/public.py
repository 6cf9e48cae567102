"""What the world may see of a chip: everything but where its pixels lie on the operator's disks."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.result import Hit
from satseek.stac.item import item_of_chip

WEB = ("http", "https", "s3", "gs", "az")
_PATH = re.compile(r"^(?:file:|/|~|\\\\|[A-Za-z]:[\\/])|^\.{1,2}[\\/]")
_HIDDEN = "(a place on the server)"


class Names:
    """Opaque names for sources and scenes, the same as long as the archive stays where it is."""

    def __init__(self, archive: str) -> None:
        self._salt = hashlib.sha256(f"satseek:{archive}".encode()).digest()

    def of(self, source: str, kind: str) -> str:
        """Return an address of the web without what is private in it, and any other as a name that tells nothing."""
        if is_web(source):
            return without_secrets(source)
        digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=8).hexdigest()
        return f"{kind}-{digest}"

    def scene(self, chip: Chip) -> str:
        """Return the name of a chip's scene."""
        return self.of_scene(chip.scene)

    def of_scene(self, scene: str) -> str:
        """Return the public name of a scene: its own, unless that is a path."""
        return self.of(scene, "scene") if "/" in scene or "\\" in scene else scene

    def chip(self, chip: Chip) -> Chip:
        """Return a chip with names in the place of paths; its pixels cannot be read from it."""
        bands = [
            {**band, "href": self.of(str(band["href"]), "source")}
            for band in chip.address.get("bands", ())
            if "href" in band
        ]
        return replace(
            chip,
            source=self.of(chip.source, "source"),
            scene=self.scene(chip),
            address={**chip.address, "bands": bands},
            properties=harmless(chip.properties),
        )

    def hit(self, hit: Hit) -> Hit:
        """Return a hit whose chip may be shown."""
        return replace(hit, chip=self.chip(hit.chip))


def is_web(href: str) -> bool:
    """Whether an address is one that others can follow."""
    return href.partition("://")[0].lower() in WEB and "://" in href


def without_secrets(href: str) -> str:
    """Return an address without user, password and signature."""
    parts = urlsplit(href)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def harmless(value: Any) -> Any:
    """Return JSON values without paths, and without numbers that JSON has no word for."""
    if isinstance(value, Mapping):
        return {str(key): harmless(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [harmless(each) for each in value]
    if isinstance(value, str):
        if is_web(value):
            return without_secrets(value)
        return _HIDDEN if _PATH.match(value) else value
    return _finite(value) if isinstance(value, float) else value


def item_of(
    chip: Chip, names: Names, base: str, *, hit: Hit | None = None, card: ModelCard | None = None
) -> dict[str, Any]:
    """Return a chip as the STAC item that the API shows, with links to everything else there is of it."""
    item = item_of_chip(names.chip(chip), card=card)
    address = f"{base}/items/{quote(chip.id, safe='')}"
    item["collection"] = chip.sensor
    item["links"] = _links(chip, item["links"], address, base)
    item["assets"] = {
        "thumbnail": _picture(f"{address}/thumbnail", "thumbnail", "The chip, small"),
        "preview": _picture(f"{address}/preview", "overview", "The chip as its sensor is usually drawn"),
        **{key: asset for key, asset in item["assets"].items() if is_web(asset["href"])},
    }
    item["properties"]["title"] = _title(chip)
    if hit is not None:
        item["properties"] |= {
            "satseek:rank": hit.rank,
            "satseek:score": _finite(hit.score),
            "satseek:probability": hit.probability,
            "satseek:parts": {name: _finite(value) for name, value in hit.parts.items()},
            **({} if hit.placement is None else {"satseek:placement": hit.placement.to_json()}),
            "satseek:merged": list(hit.merged),
        }
    return item


def _links(chip: Chip, links: list[dict[str, Any]], address: str, base: str) -> list[dict[str, Any]]:
    collection = f"{base}/collections/{chip.sensor}"
    found = [
        {"rel": "self", "href": f"{collection}/items/{quote(chip.id, safe='')}", "type": "application/geo+json"},
        {"rel": "root", "href": f"{base}/", "type": "application/json"},
        {"rel": "parent", "href": collection, "type": "application/json"},
        {"rel": "collection", "href": collection, "type": "application/json"},
        {"rel": "alternate", "href": address, "type": "application/geo+json", "title": "By its id alone"},
        {"rel": "similar", "href": f"{address}/similar", "type": "application/geo+json", "title": "Chips like it"},
        {"rel": "twins", "href": f"{address}/twins", "type": "application/geo+json", "title": "By other sensors"},
    ]  # fmt: skip
    if chip.bbox is not None:
        found.append(
            {"rel": "xyz", "href": f"{base}/tiles/{{z}}/{{x}}/{{y}}?item={quote(chip.id, safe='')}",
             "type": "image/png", "title": "The whole scene as map tiles"}
        )  # fmt: skip
    return found + [link for link in links if is_web(link["href"])]


def _picture(href: str, role: str, title: str) -> dict[str, Any]:
    return {"href": href, "type": "image/png", "roles": [role], "title": title}


def _title(chip: Chip) -> str:
    return chip.caption or ", ".join(chip.labels or chip.keywords) or f"{chip.sensor} chip {chip.id}"


def _finite(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None
