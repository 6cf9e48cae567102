"""`satseek archive recall`: what the index of an archive costs in recall, and what it saves in time."""

from __future__ import annotations

from typing import Annotated

import typer

from satseek.cli.say import errors_for_people, progress, write_json


def run(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="The archive: a folder or an s3:// place.")],
    queries: Annotated[int, typer.Option("--queries", metavar="N", help="So many chips and so many sentences.")] = 200,
    k: Annotated[int, typer.Option("-k", metavar="N", help="How many results are compared.")] = 10,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME|FOLDER", help="The archive's own unless told.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Which chips are drawn.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """Compare an archive's answers with exact scores of everything in it, for its own chips and for sentences.

    Example:

      satseek archive recall ./archive --queries 100
    """
    with errors_for_people():
        from satseek.evaluation.archive import measure
        from satseek.search.collection import open_archive

        collection = open_archive(archive, model)
        with progress("scoring everything", quiet=quiet) as bar:
            bar.expect(len(collection.archive))
            report = measure(
                collection.archive, lambda: collection.model, questions=queries, k=k, seed=seed, on_rows=bar.advance
            )
        write_json(report.to_json()) if json else print(report)
