"""`satseek why`: which part of a chip a question sees in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from satseek.cli.content import Like, LikeSensor, Must, MustNot, Sentence, Unlike
from satseek.cli.say import errors_for_people, tell, write_json

_OUTPUT = "What comes out"
_CELLS = 8


def run(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="The archive: a folder or an s3:// place.")],
    chip: Annotated[str, typer.Argument(metavar="CHIP", help="The id of one of its chips, as a search tells it.")],
    sentence: Sentence = None,
    must: Must = None,
    must_not: MustNot = None,
    like: Like = None,
    unlike: Unlike = None,
    like_sensor: LikeSensor = None,
    cells: Annotated[int, typer.Option("--cells", metavar="N", help="Cells along the longer side, 2 to 16.")] = _CELLS,
    model: Annotated[str | None, typer.Option("--model", help="The archive's own unless told.")] = None,
    device: Annotated[str, typer.Option("--device", metavar="D", help="auto, cpu, cuda or mps.")] = "auto",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="WHY.png", help="The heat over the chip.", rich_help_panel=_OUTPUT),
    ] = None,
    layer: Annotated[
        bool, typer.Option("--layer", help="The heat alone, transparent, to lay over.", rich_help_panel=_OUTPUT)
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The grid as JSON.", rich_help_panel=_OUTPUT)] = False,
) -> None:
    """Show which part of a chip matched: what its score falls without, and what alone keeps it up.

    Patches of the chip are hidden one after another, then all but them; nothing else is asked of the model.

    Examples:

      satseek why ./archive 3f2a9c… "a harbour" -o why.png

      satseek why ./archive 3f2a9c… --like 57d3b1… --json
    """
    with errors_for_people():
        if output is not None:
            from satseek.search.locate.report import require_ending

            require_ending(output, (".png",))
        from satseek.cli.filling import compute_on
        from satseek.cli.question import Asked
        from satseek.search.collection import open_archive

        collection = open_archive(archive, model)
        query = Asked(sentence, must, must_not, like, unlike, like_sensor).query(collection)
        compute_on(collection.model, device)
        pixels, found = collection.why_of(chip, query, cells=cells)
        if output is not None:
            from satseek.search.locate.picture import write_bytes
            from satseek.search.why_picture import layer_png, over_png

            write_bytes(output, layer_png(found, pixels.valid.shape) if layer else over_png(found, pixels))
            tell(f"the heat written to {output}")
        if json:
            write_json({"chip": chip} | found.to_json())
        else:
            from satseek.search.why_picture import in_letters

            print(in_letters(found))
            print(f"score {found.score:.3f}; hiding the part that counts most takes {found.most:.3f} away")
