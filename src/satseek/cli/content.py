"""The options that say what to find, the same for every command that asks."""

from __future__ import annotations

from typing import Annotated

import typer

CONTENT = "What to find"

Sentence = Annotated[str | None, typer.Argument(metavar="[SENTENCE]", help="What to find, in words.")]
Must = Annotated[
    list[str] | None,
    typer.Option("--must", metavar="WORD[:WEIGHT]", help="Must be in the picture.", rich_help_panel=CONTENT),
]
MustNot = Annotated[
    list[str] | None,
    typer.Option("--not", metavar="WORD[:WEIGHT]", help="Must not be there.", rich_help_panel=CONTENT),
]
Like = Annotated[
    list[str] | None,
    typer.Option("--like", metavar="FILE|ID[:WEIGHT]", help="More like this, of any sensor.", rich_help_panel=CONTENT),
]
Unlike = Annotated[
    list[str] | None,
    typer.Option("--unlike", metavar="FILE|ID[:WEIGHT]", help="Less like this.", rich_help_panel=CONTENT),
]
LikeSensor = Annotated[
    str | None,
    typer.Option("--like-sensor", metavar="SENSOR", help="Sensor of the example files.", rich_help_panel=CONTENT),
]
