"""`satseek archive calibrate`: learn from an archive's own labels how sure its results are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from satseek.cli.say import errors_for_people, tell, write_json

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.search.calibrate_fit import Calibration


def run(
    archive: Annotated[str, typer.Argument(metavar="ARCHIVE", help="The archive: a folder or an s3:// place.")],
    labelled: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="LABELLED", help="Learn from another archive's labels; may be repeated."),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME|FOLDER", help="The archive's own unless told.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Go back to the calibration that came with the model.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")] = False,
) -> None:
    """Learn from labels or keywords of chips how sure results are, and keep it in the archive.

    Needed only where the calibration that came with the model does not suit. The labels are the archive's own, or those
    of other archives of the same model: a region of yours that somebody labelled. 'archive optimize' learns from the
    archive's own again once it has doubled.

    Examples:

      satseek archive calibrate ./archive

      satseek archive calibrate ./archive --from ./labelled
    """
    with errors_for_people():
        from satseek.search.calibrate import calibration_of
        from satseek.search.collection import open_archive

        collection = open_archive(archive, model)
        if forget:
            _keep(collection.archive, None)
        else:
            from satseek.evaluation.calibration import learn

            sources = [open_archive(each).archive for each in labelled or ()]
            _keep(collection.archive, learn(collection.archive, collection.model, sources))
        found = calibration_of(collection.archive)
        if json:
            write_json(None if found is None else found.to_json())
        elif found is None:
            print("There is no calibration: hits have no probability.")
        else:
            print(_told(found))


def refresh(archive: Archive) -> None:
    """Learn an archive's own calibration again where the archive has doubled since; say so, or say why not."""
    from satseek.core.errors import SatSeekError
    from satseek.search.calibrate import is_due, is_own

    if not (is_own(archive) and is_due(archive)):
        return
    from satseek.evaluation.calibration import learn
    from satseek.search.collection import Collection

    try:
        _keep(archive, learn(archive, Collection(archive).model))
        tell("The archive has doubled: how sure its results are was learnt again.")
    except SatSeekError as error:
        tell(f"How sure results are stays as it was learnt before: {error}")


def _keep(archive: Archive, found: Calibration | None) -> None:
    import json

    from satseek.search.calibrate import NOTE

    archive.write_note(NOTE, "" if found is None else json.dumps(found.to_json()))


def _told(found: Calibration) -> str:
    errors = ", ".join(f"{sensor} {error:.3f}" for sensor, error in found.error.items())
    return (
        f"Calibration of '{found.model}' from {found.made_of}.\n"
        f"--cut auto drops what is right with a probability below {found.auto:.0%}.\n"
        f"Expected calibration error by sensor: {errors or 'not measured'}"
    )
