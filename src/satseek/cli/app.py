"""The program `satseek`: its verbs, put together; each verb's file loads what is heavy only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from satseek import __version__
from satseek.cli import archive, datasets, demo, evaluate, ingest, models, search, serve, synth, train

app = typer.Typer(
    name="satseek",
    help="Search your own satellite and aerial archive by words, by keywords, by example, and across sensors.",
    epilog="Start with 'satseek demo', or fill an archive of your own: satseek ingest ./archive scene.tif",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo", rich_help_panel="Start")(demo.run)
app.command("ingest", rich_help_panel="Fill and ask")(ingest.run)
app.command("search", rich_help_panel="Fill and ask")(search.run)
app.command("serve", rich_help_panel="Fill and ask")(serve.run)
app.add_typer(archive.app, name="archive", rich_help_panel="Look after")
app.command("models", rich_help_panel="Look after")(models.run)
app.command("synth", rich_help_panel="Look after")(synth.run)
app.command("train", rich_help_panel="Teach")(train.run)
app.command("evaluate", rich_help_panel="Teach")(evaluate.run)
app.add_typer(datasets.app, name="datasets", rich_help_panel="Teach")


def _version(asked: bool) -> None:
    if asked:
        print(f"satseek {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Search your own satellite and aerial archive by words, by keywords, by example, and across sensors."""


def main() -> None:
    """Run the program."""
    app()
