"""`satseek models`: what models there are, and what one of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from satseek.cli.say import errors_for_people, write_json

if TYPE_CHECKING:
    from satseek.core.card import ModelCard


def run(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Show the card of this model.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
) -> None:
    """List the models, or show the card of one.

    Examples:

      satseek models

      satseek models colour --json
    """
    with errors_for_people():
        from satseek.models.catalogue import MODELS, cards

        if name is not None:
            card = MODELS.get(name).card()
            write_json(card.to_json()) if json else print(_details(card))
        else:
            found = cards()
            write_json([card.to_json() for card in found]) if json else print(_table(found))


def _table(cards: list[ModelCard]) -> str:
    rows = [("name", "sensors", "words", "size", "numbers", "licence", "what it is")]
    for card in cards:
        sensors = ", ".join(card.sensors) or "–"
        words, size = "yes" if card.reads_text else "no", f"{card.chip_size} px" if card.chip_size else "–"
        rows.append((card.name, sensors, words, size, str(card.dimensions or "–"), card.licence, card.summary))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _details(card: ModelCard) -> str:
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
        "words": _words(card),
        "chips": f"{card.chip_size} px" if card.chip_size else "",
        "vectors": f"{card.dimensions} numbers, {card.scorer}" if card.dimensions else "",
        "trained on": card.training_data,
        "weights": card.weights_sha256 or "none",
        "licence": card.licence,
        "measured": "; ".join(f"{figure} {value:g}" for figure, value in card.figures.items()),
    }
    width = max(map(len, facts))
    return "\n".join(f"{fact.ljust(width)}  {value}" for fact, value in facts.items() if value)


def _words(card: ModelCard) -> str:
    if not card.reads_text:
        return "none"
    known = card.options.get("words", ())
    return f"a lexicon: {', '.join(known)}, and their synonyms" if known else "any"
