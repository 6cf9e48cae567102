"""`satseek models`: what models there are, what one of them is; bring weights, share one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from satseek.cli.say import errors_for_people, progress, tell, write_json

if TYPE_CHECKING:
    from satseek.core.card import ModelCard
    from satseek.models.brought.published import Published


class NameOrVerb(TyperGroup):
    """`satseek models` lists, `satseek models NAME` shows, anything else is one of the verbs."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what is no verb and no call for help as the name of a model to show."""
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="models",
    cls=NameOrVerb,
    help="List the models, show the card of one (satseek models NAME), bring weights, share your own.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
AsJson = Annotated[bool, typer.Option("--json", help="JSON for machines.")]


@app.command("show")
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME|FOLDER|clip:…]", help="Show the card of this model.")
    ] = None,
    json: AsJson = False,
) -> None:
    """List the models, or show the card of one.

    Examples:

      satseek models

      satseek models remoteclip-b32

      satseek models ./runs/mine --json
    """
    with errors_for_people():
        from satseek.models.catalogue import card_of, cards

        if name is not None:
            card = card_of(name)
            write_json(card.to_json()) if json else print(_details(card, _published(name)))
        else:
            found = cards()
            write_json([card.to_json() for card in found]) if json else print(_table(found))


@app.command("get")
def get(
    name: Annotated[str, typer.Argument(metavar="NAME|clip:…", help="A named model, or clip:hf-hub:ORG/NAME.")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You have read what its licence asks, and it fits what you do.")
    ] = False,
    trust_pickle: Annotated[
        bool,
        typer.Option(
            "--trust-pickle", help="Convert the official pickle once; nothing in it is run, its sha256 is checked."
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Bring the weights of a published model here and check them; from then on it works offline.

    A file that was put into its folder by hand is taken as it is: without internet nothing is fetched.

    Examples:

      satseek models get siglip-b16

      satseek models get remoteclip-b32 --accept-licence --trust-pickle

      satseek models get clip:hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K
    """
    with errors_for_people():
        from satseek.models.brought.fetch import bring

        published = _published(name)
        if not published:
            from satseek.core.errors import UsageError
            from satseek.models.catalogue import card_of

            card_of(name)
            raise UsageError(f"'{name}' needs no weights from elsewhere: it can be used as it is.")
        files = []
        with progress(f"Bringing {name}", unit="bytes") as ticker:
            for each in published:
                seen = 0

                def on_bytes(done: int, total: int | None) -> None:
                    nonlocal seen
                    ticker.expect(total)
                    ticker.advance(done - seen)
                    seen = done

                files.append(bring(each, accept_licence=accept_licence, trust_pickle=trust_pickle, on_bytes=on_bytes))
        if json:
            write_json({"name": name, "files": [{"path": str(file.path), "sha256": file.sha256} for file in files]})
        else:
            for file in files:
                print(f"{file.path}\nsha256 {file.sha256}")
            tell(f"Ready: --model {name}")


@app.command("push")
def push(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A model or a run of 'satseek train'.")],
    repository: Annotated[str, typer.Argument(metavar="ORG/NAME", help="On the Hugging Face hub (HF_ENDPOINT).")],
    private: Annotated[bool, typer.Option("--private", help="Not for everybody; of a new repository.")] = False,
    message: Annotated[str | None, typer.Option("--message", metavar="TEXT", help="What changed.")] = None,
    json: AsJson = False,
) -> None:
    """Put a model of your own on the Hugging Face hub: its card to read, its settings, its weights as safetensors.

    Log in first ('hf auth login'), or set HF_TOKEN.

    Example:

      satseek models push ./runs/mine my-org/harbours
    """
    with errors_for_people():
        from satseek.models.catalogue import best_of
        from satseek.models.share import push as put

        done = put(best_of(folder), repository, private=private, message=message)
        if json:
            write_json({"url": done.url, "commit": done.commit, "files": list(done.files)})
        else:
            print(done.url)
            tell(f"Commit {done.commit}: {', '.join(done.files)}.")


@app.command("pull")
def pull(
    repository: Annotated[str, typer.Argument(metavar="ORG/NAME", help="On the Hugging Face hub (HF_ENDPOINT).")],
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Where to put it.")] = None,
    revision: Annotated[str, typer.Option("--revision", metavar="R", help="Branch, tag or commit.")] = "main",
    json: AsJson = False,
) -> None:
    """Fetch a model that was pushed; its sha256 is checked, and an interrupted fetch goes on where it stopped.

    Example:

      satseek models pull my-org/harbours --to ./harbours
    """
    with errors_for_people():
        from satseek.models.checkpoint import read_card
        from satseek.models.share import pull as fetch

        folder = fetch(repository, to, revision=revision)
        if json:
            write_json({"folder": str(folder), "card": read_card(folder).to_json()})
        else:
            print(folder)
            tell(f"Ready: --model {folder}")


def _published(name: str) -> tuple[Published, ...]:
    """Return the weights that a model has to be brought, by its name or its spec on the hub."""
    from satseek.models.catalogue import CLIP, MODELS

    if name.startswith(CLIP):
        from satseek.models.clip.spec import of_hub

        published, _, _ = of_hub(name)
        return (published,) if published is not None else ()
    return MODELS.get(name).published if name in MODELS else ()


def _table(cards: list[ModelCard]) -> str:
    from satseek.models.brought.shelf import found

    rows = [("name", "sensors", "words", "size", "numbers", "weights", "licence", "what it is")]
    for card in cards:
        sensors = ", ".join(card.sensors) or "–"
        words, size = "yes" if card.reads_text else "no", f"{card.chip_size} px" if card.chip_size else "–"
        published = _published(card.name)
        weights = "–" if not published else "here" if all(map(found, published)) else "to get"
        licence = card.licence.partition(" (")[0]
        rows.append((card.name, sensors, words, size, str(card.dimensions or "–"), weights, licence, card.summary))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _details(card: ModelCard, published: tuple[Published, ...] = ()) -> str:
    facts = {
        "name": f"{card.name} {card.version}",
        "what it is": card.summary,
        "limits": card.limits,
        "sensors": "; ".join(
            f"{sensor} ({', '.join(bands) or 'any bands'}, {card.units.get(sensor, 'any unit')})"
            for sensor, bands in card.sensors.items()
        ),
        "ground resolution": "; ".join(
            f"{sensor} {low:g}–{high:g} m" for sensor, (low, high) in card.ground_resolution_m.items()
        ),
        "takes": "; ".join(f"{sensor}: {how}" for sensor, how in card.options.get("takes", {}).items()),
        "compared": " · ".join(" with ".join(space) for space in card.spaces),
        "words": _words(card),
        "chips": f"{card.chip_size} px" if card.chip_size else "",
        "vectors": f"{card.dimensions} numbers, {card.scorer}" if card.dimensions else "",
        "architecture": str(card.options.get("architecture", "")),
        "activation": _activation(card),
        "trained on": card.training_data,
        "weights": card.weights_sha256 or ("sha256 recorded when first used" if published else "none"),
        "weights lie": "; ".join(map(_place, published)),
        "licence": card.licence,
        "licence asks": " ".join(each.licence.asks for each in published if each.licence.asks),
        "measured": "; ".join(f"{figure} {value:g}" for figure, value in card.figures.items()),
    }
    width = max(map(len, facts))
    return "\n".join(f"{fact.ljust(width)}  {value}" for fact, value in facts.items() if value)


def _place(published: Published) -> str:
    from satseek.models.brought.shelf import folder_of, found

    here = found(published)
    if here is not None:
        return str(here.path)
    return f"not here: satseek models get {published.name}, or put {published.file_name} into {folder_of(published)}"


def _activation(card: ModelCard) -> str:
    activation = str(card.options.get("activation", ""))
    known_from = card.options.get("activation_known_from")
    return f"{activation} ({known_from})" if activation and known_from else activation


def _words(card: ModelCard) -> str:
    if not card.reads_text:
        return "none"
    known = card.options.get("words", ())
    if known:
        return f"a lexicon: {', '.join(known)}, and their synonyms"
    prompts = card.options.get("prompts", ())
    return f"any; names are put into: {', '.join(prompts)}" if prompts else "any"
