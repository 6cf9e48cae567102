"""Models trained here, on the Hugging Face hub: a card to read, settings, safetensors; checked when they come back."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, UsageError
from satseek.models.brought import hub
from satseek.models.brought.shelf import weights_home
from satseek.models.checkpoint import CARD, VOCABULARY, WEIGHTS, load_checkpoint

README, CONFIG = "README.md", "config.json"
_HUB_LICENCES = ("apache-2.0", "mit", "cc-by-4.0", "cc-by-nc-4.0", "cc-by-sa-4.0", "cc0-1.0", "bsd-3-clause")


@dataclass(frozen=True)
class Pushed:
    """What was put on the hub."""

    url: str
    commit: str
    files: tuple[str, ...]


def push(folder: Path, repository: str, *, private: bool = False, message: str | None = None) -> Pushed:
    """Put a model folder on the hub, made public unless told otherwise; a folder that is not whole is refused."""
    _require_name(repository)
    checkpoint = load_checkpoint(folder)
    files = [name for name in (WEIGHTS, CARD, VOCABULARY) if (folder / name).is_file()]
    client = hub.api()
    with hub.faults_in_our_words(repository), ExitStack() as opened:
        from huggingface_hub import CommitOperationAdd

        client.create_repo(repository, private=private, exist_ok=True, repo_type="model")
        operations = [
            CommitOperationAdd(name, (folder / name).read_bytes() if name != WEIGHTS else _weights(folder, opened))
            for name in files
        ]
        operations += [
            CommitOperationAdd(README, readme(checkpoint.card, repository).encode()),
            CommitOperationAdd(CONFIG, _config(checkpoint.card).encode()),
        ]
        done = client.create_commit(
            repository,
            operations,
            commit_message=message or f"{checkpoint.card.name} {checkpoint.card.version}",
            repo_type="model",
        )
    return Pushed(f"{hub.endpoint()}/{repository}", str(done.oid), (*files, README, CONFIG))


def pull(repository: str, target: Path | None = None, *, revision: str = "main") -> Path:
    """Return the folder of a model fetched from the hub, its sha256 checked; an interrupted one goes on."""
    _require_name(repository)
    listed = hub.look_up(repository, revision)
    for needed in (CARD, WEIGHTS):
        if needed not in listed.files:
            raise ModelError(_no_checkpoint(listed, needed))
    folder = target or weights_home() / "pulled" / repository.replace("/", "--")
    for name in (CARD, VOCABULARY, WEIGHTS):
        if name in listed.files:
            hub.download(listed, name, folder)
    try:
        load_checkpoint(folder)
    except ModelError:
        (folder / WEIGHTS).unlink(missing_ok=True)
        raise
    return folder


def readme(card: ModelCard, repository: str) -> str:
    """Return the card to read, with the metadata that the hub indexes before it."""
    licence = card.licence.lower()
    known = licence in _HUB_LICENCES
    facts: dict[str, Any] = {
        "license": licence if known else "other",
        **({} if known else {"license_name": card.licence}),
        "library_name": "satseek",
        "pipeline_tag": "image-feature-extraction",
        "tags": ["satseek", "remote-sensing", "image-retrieval", *card.sensors],
        **({"language": ["en"]} if card.reads_text else {}),
    }
    sensors = [
        f"| {sensor} | {', '.join(bands) or 'any'} | {card.units.get(sensor, '')} |"
        for sensor, bands in card.sensors.items()
    ]
    measured = [f"| {name} | {value:g} |" for name, value in card.figures.items()]
    parts = [
        "---\n" + "\n".join(f"{key}: {json.dumps(value)}" for key, value in facts.items()) + "\n---",
        f"# {repository.rpartition('/')[2]}\n\n{card.summary}.",
        "```\n"
        f"satseek models pull {repository} --to ./model\n"
        "satseek ingest ./archive SOURCES --model ./model\n"
        "satseek search ./archive …\n```",
        "| sensor | bands | unit |\n| --- | --- | --- |\n" + "\n".join(sensors),
        f"Vectors of {card.dimensions} numbers, chips of {card.chip_size} pixels, "
        f"{'with words' if card.reads_text else 'without words'}. Model `{card.name}` {card.version}.",
        f"**Trained on**: {card.training_data or 'not stated'}",
        f"**Limits**: {card.limits or 'not stated'}",
        *(["| measured | value |\n| --- | --- |\n" + "\n".join(measured)] if measured else []),
        f"sha256 of `{WEIGHTS}`: `{card.weights_sha256}`",
    ]
    return "\n\n".join(parts) + "\n"


def _config(card: ModelCard) -> str:
    facts = {
        "library_name": "satseek",
        "model_type": str(card.options.get("learns") or "captions"),
        "name": card.name,
        "version": card.version,
        "dimensions": card.dimensions,
        "settings": card.options.get("settings", {}),
    }
    return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"


def _weights(folder: Path, opened: ExitStack) -> Any:
    """Return the weights for the client: a path where the hub keeps chunks (Xet), else a file to be sent as LFS."""
    if hub.endpoint().endswith(("huggingface.co", "hf.co")):
        return str(folder / WEIGHTS)
    return opened.enter_context((folder / WEIGHTS).open("rb"))


def _no_checkpoint(listed: hub.Repository, needed: str) -> str:
    if "open_clip_config.json" in listed.files:
        return (
            f"'{listed.name}' is a CLIP model of open_clip, not one of SatSeek's own. Bring it with: "
            f"satseek models get clip:hf-hub:{listed.name}."
        )
    there = ", ".join(sorted(listed.files)) or "nothing"
    return f"'{listed.name}' holds no {needed}, so it is no model of SatSeek's own; it holds {there}."


def _require_name(repository: str) -> None:
    organisation, _, name = repository.partition("/")
    if not organisation or not name or "/" in name:
        raise UsageError(f"'{repository}' is no repository of the hub. Say it as ORG/NAME.")
