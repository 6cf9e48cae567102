"""Evaluating a model on captioned images, with a model that knows the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.captioned import Grey, card, write_grey_set
from satseek.core.errors import ModelError, SourceError, UnknownName
from satseek.core.vectors import FloatArray
from satseek.datasets.catalogue import load_captioned
from satseek.datasets.pairs import CaptionedSet
from satseek.evaluation.captions import evaluate, questions_of
from satseek.evaluation.published import PUBLISHED, differences, published_on
from satseek.evaluation.report import side_by_side

LEVELS = (0, 30, 60, 90, 120, 150, 180, 210, 240, 255, 15, 45)


@pytest.fixture
def captioned(tmp_path: Path) -> CaptionedSet:
    write_grey_set(tmp_path, LEVELS)
    return load_captioned("folder", tmp_path, split="val")


def test_a_model_that_knows_the_answers_gets_all_that_can_be_got(captioned: CaptionedSet) -> None:
    report = evaluate(Grey(), captioned)
    assert (report.images, report.captions, report.different_texts) == (12, 24, 13)
    assert report.recall.i2t[0] == pytest.approx(100 * (11 + 2 / 13) / 12)  # at level 0 all say-nothing captions tie
    # every telling caption finds its image, the shared one finds each of the 12 as often
    assert report.recall.t2i == pytest.approx([100 * (12 + k) / 24 for k in (1, 5, 10)])
    assert report.mean_recall < report.ceiling < 100
    assert report.recall.strict < report.mean_recall


def test_each_image_and_each_different_text_is_encoded_once(captioned: CaptionedSet) -> None:
    model = Grey()
    seen: list[tuple[int, int]] = []
    evaluate(model, captioned, batch=5, on_progress=lambda done, total: seen.append((done, total)))
    assert model.images_seen == 12
    assert len(model.texts_seen) == len(set(model.texts_seen)) == 13
    assert seen == [(5, 12), (10, 12), (12, 12)]


def test_keywords_alone_ask_once_an_image_and_joint_asks_with_both(captioned: CaptionedSet) -> None:
    by_keywords = evaluate(Grey(), captioned, mode="keywords")
    assert (by_keywords.captions, by_keywords.different_texts) == (12, 12)
    assert by_keywords.mean_recall == 100
    joint = evaluate(Grey(), captioned, mode="joint")
    assert (joint.captions, joint.different_texts, joint.mean_recall) == (24, 24, 100)


def test_an_image_without_keywords_asks_nothing_by_keywords_but_stays_in_the_gallery(tmp_path: Path) -> None:
    write_grey_set(tmp_path, LEVELS[:3])
    lines = [json.loads(line) for line in (tmp_path / "captions.jsonl").read_text().splitlines()]
    lines[1] |= {"keywords": [], "captions": ["it is large"]}
    (tmp_path / "captions.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    captioned = load_captioned("folder", tmp_path, split="val")
    assert questions_of(captioned, "keywords").owners.tolist() == [0, 2]
    report = evaluate(Grey(), captioned, mode="keywords")
    assert (report.images, report.captions) == (3, 2)
    assert report.recall.t2i[0] == 100


def test_broken_images_are_left_out_with_their_captions_and_listed(captioned: CaptionedSet) -> None:
    captioned.images[3].path.write_bytes(b"rubbish")
    report = evaluate(Grey(), captioned)
    assert (report.images, report.captions) == (11, 22)
    assert list(report.broken) == ["3.png"]
    assert "left out: 1 broken images, such as 3.png" in str(report)


def test_a_set_of_broken_images_alone_is_an_error(captioned: CaptionedSet) -> None:
    for image in captioned.images:
        image.path.write_bytes(b"rubbish")
    with pytest.raises(SourceError, match="Not one of the 12 images"):
        evaluate(Grey(), captioned)


class Backwards:
    """A scorer that likes best what is least alike."""

    def prepare(self, images: FloatArray) -> FloatArray:
        return images

    def scores(self, text: FloatArray, prepared: Any) -> FloatArray:
        return np.asarray(-(prepared @ text), dtype=np.float32)


def test_a_models_own_scorer_decides(captioned: CaptionedSet) -> None:
    model = Grey()
    model.scorer = Backwards()  # type: ignore[attr-defined]
    report = evaluate(model, captioned, mode="keywords")
    assert report.recall.t2i[0] == 0


def test_a_model_without_words_without_colour_or_without_the_mode_is_refused(captioned: CaptionedSet) -> None:
    with pytest.raises(ModelError, match="knows no words"):
        evaluate(Grey(card(reads_text=False)), captioned)
    with pytest.raises(ModelError, match="cannot read 'rgb'"):
        evaluate(Grey(card(sensors={"s1": ("VV",)})), captioned)
    with pytest.raises(ModelError, match="no mode 'joint'; it has sentence, keywords"):
        evaluate(Grey(card(options={"modes": ["sentence", "keywords"]})), captioned, mode="joint")
    with pytest.raises(UnknownName, match="Did you mean 'keywords'"):
        evaluate(Grey(), captioned, mode="keyword")


def test_the_report_in_json_has_the_agreed_names(captioned: CaptionedSet) -> None:
    report = evaluate(Grey(), captioned, name="mine").to_json()
    agreed = (
        "i2t_r1 i2t_r5 i2t_r10 t2i_r1 t2i_r5 t2i_r10 mean_recall ci95 chance ceiling strict_mean_recall images captions"
    )
    assert set(agreed.split()) <= set(report)
    assert report["model"] == "mine"
    six = [report[f"{way}_r{k}"] for way in ("i2t", "t2i") for k in (1, 5, 10)]
    assert report["mean_recall"] == pytest.approx(np.mean(six), abs=1e-3)
    assert report["ci95"][0] < report["mean_recall"] < report["ci95"][1]
    assert json.loads(json.dumps(report)) == report


def test_a_table_sets_the_best_first_and_marks_what_cannot_be_compared(captioned: CaptionedSet) -> None:
    good, bad = evaluate(Grey(), captioned, name="good"), evaluate(Grey(), captioned, name="bad", mode="sentence")
    worse = type(bad)(
        **{**vars(bad), "recall": type(bad.recall)((0, 0, 0), (0, 0, 1), 0, 9, 9, (0, 1)), "dataset": "ucm"}
    )
    better = type(good)(**{**vars(good), "dataset": "ucm"})
    lines = side_by_side([worse, better]).splitlines()
    assert lines[3].startswith("good")
    assert lines[4].startswith("bad")
    assert lines[5] == (
        "published (* not comparable: measured on 'val', published on 'test'; "
        "12 images here, 210 there: a smaller gallery is easier, a larger one harder)"
    )
    assert any(line.startswith("AMFMN fusion *") and line.endswith("46.08") for line in lines)
    assert "46.08" not in side_by_side([worse, better], published=False)


def test_published_figures_agree_with_their_own_six() -> None:
    for line in PUBLISHED:
        if line.six:  # the paper's own mean of its 'soft' six is 0.14 off
            assert np.mean(line.six) == pytest.approx(line.mean_recall, abs=0.15)
    assert max(line.mean_recall for line in published_on("rsicd", "sentence")) == 38.87
    assert [line.mean_recall for line in published_on("rsitmd", "joint")] == [30.58]


def test_only_the_whole_official_test_split_is_comparable() -> None:
    assert differences("rsicd", "test", 1093) == []
    assert len(differences("rsicd", "val", 987)) == 2
    assert differences("folder", "test", 9) == ["nothing is published on folder"]
