"""What a caption file says of one image, before anybody has looked for the image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FILE = ("filename", "file_name", "file", "image", "path", "img", "image_path", "filepath")
CAPTIONS = ("captions", "caption", "sentences", "sentence", "raw", "text", "description")
SPLIT = ("split", "subset", "partition")
KEYWORDS = ("keywords", "keyword")
CLASS = ("class", "scene_class", "category", "classname")
LABELS = ("labels", "label", "tags")
SPLIT_NAMES = {"valid": "val", "validation": "val", "dev": "val", "restval": "train", "training": "train"}
_NUMBERED = re.compile(r"(caption|sentence|raw|text)[_ ]?\d+")
_SEPARATOR = re.compile(r"\s*[;|,]\s*")


@dataclass(frozen=True)
class Described:
    """One image of a caption file: its file name, its captions as they stand there, its split if it has one."""

    file: str
    captions: tuple[str, ...]
    split: str | None = None
    keywords: tuple[str, ...] = ()
    scene_class: str | None = None
    labels: tuple[str, ...] = ()


def described(record: Mapping[str, Any]) -> Described | None:
    """Read one record, whichever of the usual names its facts go by; None where it names no file."""
    facts = {str(key).strip().casefold(): value for key, value in record.items() if key is not None}
    file = _first(facts, FILE)
    if file is None:
        return None
    split = _first(facts, SPLIT)
    return Described(
        file=str(file).strip(),
        captions=tuple(_captions(facts)),
        split=None if split is None else canonical_split(str(split)),
        keywords=_listed(_first(facts, KEYWORDS)),
        scene_class=None if (name := _first(facts, CLASS)) is None else str(name),
        labels=_listed(_first(facts, LABELS)),
    )


def canonical_split(name: str) -> str:
    """Return `train`, `val` or `test` for the names these splits go by; others stay as they are."""
    folded = name.strip().casefold()
    return SPLIT_NAMES.get(folded, folded)


def gathered(records: Iterable[Described]) -> list[Described]:
    """Put records of the same file together, in the order in which files come first."""
    found: dict[tuple[str, str | None], list[Described]] = {}
    for record in records:
        found.setdefault((record.file, record.split), []).append(record)
    return [_together(same) if len(same) > 1 else same[0] for same in found.values()]


def _together(same: list[Described]) -> Described:
    first = same[0]
    return Described(
        first.file,
        tuple(caption for record in same for caption in record.captions),
        first.split,
        tuple(dict.fromkeys(word for record in same for word in record.keywords)),
        next((record.scene_class for record in same if record.scene_class is not None), None),
        tuple(dict.fromkeys(label for record in same for label in record.labels)),
    )


def _first(facts: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((facts[name] for name in names if facts.get(name) not in (None, "")), None)


def _captions(facts: Mapping[str, Any]) -> Iterable[str]:
    for key, value in facts.items():
        if key not in CAPTIONS and not _NUMBERED.fullmatch(key):
            continue
        for caption in value if isinstance(value, list | tuple) else [value]:
            if isinstance(caption, Mapping):
                yield from _captions({str(name).casefold(): text for name, text in _main_text(caption).items()})
            elif caption is not None:
                yield str(caption)


def _main_text(sentence: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the one text of a Karpathy sentence, which comes raw and again as tokens."""
    raw = next((sentence[name] for name in ("raw", "caption", "text") if isinstance(sentence.get(name), str)), None)
    if raw is None and isinstance(sentence.get("tokens"), list):
        raw = " ".join(str(token) for token in sentence["tokens"])
    return {"raw": raw}


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    parts = value if isinstance(value, list | tuple) else _SEPARATOR.split(str(value))
    return tuple(dict.fromkeys(text for part in parts if (text := str(part).strip())))
