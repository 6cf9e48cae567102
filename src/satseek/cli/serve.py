"""`satseek serve`: the HTTP API over an archive, and the page where it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from satseek.cli.say import OK, errors_for_people, tell

if TYPE_CHECKING:
    from satseek.service.settings import Settings


def run(
    archive: Annotated[
        str, typer.Argument(metavar="ARCHIVE", help="The archive to serve: a folder or an s3:// place.")
    ],
    host: Annotated[str, typer.Option("--host", metavar="NAME", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes any free one.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="SATSEEK_TOKEN", metavar="TEXT", help="What clients must send (bearer)."),
    ] = None,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Let everybody who can reach the port search.")] = False,
    cors: Annotated[
        list[str] | None,
        typer.Option("--cors", metavar="ORIGIN", help="A web page's origin that may ask; repeat for more."),
    ] = None,
    allow_ingest: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-ingest",
            metavar="FOLDER|URL",
            help="Clients may ingest from below here; repeat for more. Without it the archive is read-only.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME|FOLDER", help="Instead of the archive's own model.")
    ] = None,
) -> None:
    """Serve an archive over HTTP: a STAC API with searches of content, previews, tiles and exports.

    Only this machine can reach it unless --host says otherwise; then it needs --token or --no-auth.

    Examples:

      satseek serve ./archive

      satseek serve s3://bucket/archive

      satseek serve ./archive --host 0.0.0.0 --token "$(openssl rand -hex 16)"

      satseek serve ./archive --allow-ingest ./scenes --allow-ingest https://earth-search.aws.element84.com/v1

      curl -s localhost:8000/search -H 'Content-Type: application/json' -d '{"q": "a river through forest"}'
    """
    with errors_for_people():
        from satseek.service.settings import Settings

        settings = Settings(
            archive=archive,
            host=host,
            port=port,
            token=token,
            no_auth=no_auth,
            cors=tuple(cors or ()),
            ingest_from=tuple(allow_ingest or ()),
            model=model,
        )
        serve_until_stopped(settings)
    raise typer.Exit(OK)


def serve_until_stopped(settings: Settings) -> None:
    """Say where the service is, and serve until Ctrl-C or SIGTERM."""
    import logging

    from satseek.models.catalogue import load_model
    from satseek.service.server import serve

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    model = None if settings.model is None else load_model(settings.model)
    serve(settings, model=model, on_ready=lambda url: print(url, flush=True), on_note=tell)
