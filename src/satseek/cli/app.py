"""The program `satseek`: its verbs, put together; each verb's file loads what is heavy only when it runs."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from satseek import __version__
from satseek.cli import (
    archive,
    compare,
    datasets,
    demo,
    evaluate,
    ingest,
    locate,
    models,
    pairs,
    search,
    serve,
    synth,
    train,
    why,
)
from satseek.cli.light_start import start_lightly


class FirstGlance(TyperGroup):
    """The list of verbs in plain text: the library of boxes and colours takes longer to load than to read them."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the usage, the verbs by what one wants to do, and the options."""
        super(TyperGroup, self).format_help(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs under the headings that they are registered with."""
        headings: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            line = (name, command.get_short_help_str(limit=300))
            headings.setdefault(command.rich_help_panel, []).append(line)
        for heading, lines in headings.items():
            with formatter.section(heading):
                formatter.write_dl(lines)


app = typer.Typer(
    name="satseek",
    cls=FirstGlance,
    help="Search your own satellite and aerial archive by words, by keywords, by example, and across sensors.",
    epilog="Start with 'satseek demo', or fill an archive of your own: satseek ingest ./archive scene.tif",
    invoke_without_command=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo", rich_help_panel="Start")(demo.run)
app.command("ingest", rich_help_panel="Fill and ask")(ingest.run)
app.command("search", rich_help_panel="Fill and ask")(search.run)
app.command("locate", rich_help_panel="Fill and ask")(locate.run)
app.command("why", rich_help_panel="Fill and ask")(why.run)
app.command("serve", rich_help_panel="Fill and ask")(serve.run)
app.add_typer(archive.app, name="archive", rich_help_panel="Look after")
app.add_typer(models.app, name="models", rich_help_panel="Look after")
app.command("synth", rich_help_panel="Look after")(synth.run)
app.command("train", rich_help_panel="Teach")(train.run)
app.command("evaluate", rich_help_panel="Teach")(evaluate.run)
app.command("compare", rich_help_panel="Teach")(compare.run)
app.add_typer(datasets.app, name="datasets", rich_help_panel="Teach")
app.add_typer(pairs.app, name="pairs", rich_help_panel="Teach")


# How PyTorch's threads wait for each other. Left alone they spin, which takes the processor from the threads that read
# and from everybody else: on a busy machine images were encoded three to seven times as fast without.
WAITING = "OMP_WAIT_POLICY"


def _version(asked: bool) -> None:
    if asked:
        print(f"satseek {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", metavar="URL", help="Where archives named s3://… are, instead of AWS_ENDPOINT_URL."),
    ] = None,
) -> None:
    """Search your own satellite and aerial archive by words, by keywords, by example, and across sensors."""
    if endpoint is not None:
        _say_in_environment(ctx, "AWS_ENDPOINT_URL_S3", endpoint)  # the strongest of the endpoint's names
    if WAITING not in os.environ:
        _say_in_environment(ctx, WAITING, "PASSIVE")
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def _say_in_environment(ctx: typer.Context, name: str, value: str) -> None:
    """Set a variable while the command runs, for what it starts, too."""
    before = os.environ.get(name)
    os.environ[name] = value
    ctx.call_on_close(lambda: os.environ.pop(name, None) if before is None else os.environ.update({name: before}))


def main() -> None:
    """Run the program."""
    start_lightly(sys.argv[1:])
    app()
