"""What an index costs is told as it is: nothing where everything is scored, something where answers are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from fakes.chips import card, clustered, scattered
from fakes.model import COLOURS, Paint
from fakes.paintings import gallery, painting
from satseek.archive.archive import Archive
from satseek.cli.archive import app
from satseek.core.errors import UsageError
from satseek.core.model import Model
from satseek.core.vectors import unit_rows
from satseek.evaluation.archive import measure
from satseek.search.collection import Collection

CLUSTERED = clustered(300)


def no_model() -> Model:
    raise AssertionError("nobody reads texts here")


@pytest.fixture
def mixed(tmp_path: Path) -> Collection:
    """Pictures of all mixtures of two colours, half of them described."""
    rng = np.random.default_rng(3)
    shown = []
    for number, amounts in enumerate(rng.random((40, len(COLOURS)))):
        caption = f"{COLOURS[number % 3]} and grey" if number % 2 else None
        shown.append(painting(number, dict(zip(COLOURS, amounts, strict=True)), caption=caption))
    return gallery(tmp_path, shown)


@pytest.fixture
def wordless(tmp_path: Path) -> Archive:
    """An archive whose model knows no words."""
    plain = card()
    archive = Archive.create(str(tmp_path / "archive"), type(plain)(**{**vars(plain), "reads_text": False}))
    archive.add(scattered(300), CLUSTERED)
    return archive


def test_reading_every_vector_loses_nothing(mixed: Collection) -> None:
    report = measure(mixed.archive, lambda: mixed.model, questions=20, k=5)
    assert set(report.kinds) == {"examples", "sentences"}
    assert (report.kinds["examples"].questions, report.kinds["sentences"].questions) == (20, 3)
    assert all((each.recall, each.worst) == (1.0, 1.0) for each in report.kinds.values())
    assert report.chips == 40
    assert report.exact_ms > 0


def test_where_the_model_reads_no_text_only_chips_are_asked_for_and_it_is_not_loaded(wordless: Archive) -> None:
    report = measure(wordless, no_model, questions=1_000, k=3)
    assert {name: each.questions for name, each in report.kinds.items()} == {"examples": 300}
    assert report.kinds["examples"].recall == 1.0


def test_what_a_search_misses_is_counted(wordless: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that never finds chips with an even number loses just those of the exact answer."""
    honest: Callable[..., Any] = Archive.nearest

    def forgetful(self: Archive, vector: Any, **asked: Any) -> Any:
        found = honest(self, vector, **asked)
        kept = [row for row, each in enumerate(found.ids) if int(each, 16) % 2]
        found.ids, found.vectors, found.scores = [found.ids[row] for row in kept], found.vectors[kept], found.scores
        return found

    truth = CLUSTERED @ CLUSTERED.T
    np.fill_diagonal(truth, -2)
    odd = np.mean([np.mean(np.argsort(-row)[:10] % 2) for row in truth])
    monkeypatch.setattr(Archive, "nearest", forgetful)
    found = measure(wordless, no_model, questions=300, k=10).kinds["examples"]
    assert found.recall == pytest.approx(odd, abs=0.002)
    assert 0 <= found.worst < found.recall < 1


def test_sentences_are_scored_as_the_model_scores_them(mixed: Collection) -> None:
    """The index finds by colour, the model's own scorer turns that round: a search of few candidates must lose."""

    class Contrary(Paint):
        class scorer:  # noqa: N801
            prepare = staticmethod(lambda images: images)
            scores = staticmethod(lambda text, images: -(images @ text))

    everything = measure(mixed.archive, Contrary, questions=10, k=5).kinds["sentences"]
    assert everything.recall == 1.0  # 40 chips, and at least 64 candidates
    vectors = unit_rows(np.abs(np.random.default_rng(1).standard_normal((400, len(COLOURS)))))
    mixed.archive.add(scattered(1_000)[600:], vectors)
    assert measure(mixed.archive, Contrary, questions=10, k=5).kinds["sentences"].recall < 0.5


def test_questions_without_a_number_and_archives_without_chips_are_refused(tmp_path: Path) -> None:
    empty = Archive.create(str(tmp_path / "empty"), card())
    with pytest.raises(UsageError, match="nothing to look for"):
        measure(empty, no_model)
    with pytest.raises(UsageError, match="at least 1"):
        measure(empty, no_model, questions=0)


def test_the_command_tells_people_and_scripts(wordless: Archive) -> None:
    run = CliRunner().invoke
    assert "recall@4 1.000" in run(app, ["recall", wordless.uri, "--queries", "20", "-k", "4", "-q"]).stdout
    told = run(app, ["recall", wordless.uri, "--queries", "20", "--json", "-q"]).stdout
    assert '"recall": 1.0' in told
