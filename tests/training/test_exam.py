"""The figure that picks an epoch, the rates, and the average that is examined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from fakes.pictures import SMALL, write_pictures
from satseek.core.card import ModelCard
from satseek.evaluation.captions import evaluate
from satseek.models.amfmn.model import AmfmnModel
from satseek.models.amfmn.network import Amfmn
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.training.average import Average
from satseek.training.exam import mean_recall
from satseek.training.lessons import load_lessons
from satseek.training.schedule import learning_rate_share
from satseek.training.settings import OptimiserSettings, read_recipe


def test_the_figure_that_picks_an_epoch_is_the_one_the_model_is_evaluated_by(tmp_path: Path) -> None:
    recipe = read_recipe("amfmn", SMALL)
    exam = load_lessons(recipe.data, write_pictures(tmp_path / "set", val=30), None, split="val", cache=tmp_path)
    words = Vocabulary.of_sentences(exam.told.captions, buckets=64)
    torch.manual_seed(0)
    network = Amfmn(recipe.model, words.size).eval()
    model = AmfmnModel(ModelCard("m", "1", "", 16, {"rgb": ("red", "green", "blue")}, True, 32), network, words)
    told = evaluate(model, exam.told)
    np.testing.assert_allclose(mean_recall(network, words, exam, 32), told.recall.mean, atol=2)


def test_rates_rise_then_fall_as_the_schedule_says() -> None:
    cosine = [learning_rate_share(step, 100, 10, OptimiserSettings(warm_up=0.1)) for step in range(100)]
    assert cosine[:10] == sorted(cosine[:10])
    assert cosine[9] == 1.0
    assert cosine[10:] == sorted(cosine[10:], reverse=True)
    assert cosine[-1] < 0.02
    steps = OptimiserSettings(warm_up=0.0, schedule="steps")
    assert [learning_rate_share(epoch * 10 + 1, 600, 10, steps) for epoch in (0, 19, 20, 40)] == [1, 1, 0.7, 0.7**2]
    assert learning_rate_share(50, 100, 10, OptimiserSettings(schedule="constant")) == 1


def test_the_average_follows_quickly_at_first_and_slowly_later() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 0.0)
    average = Average(network, 0.9)
    nn.init.constant_(network.weight, 1.0)
    average.follow(network, 0)
    assert round(float(average.network.weight), 4) == 0.9
    average = Average(nn.Linear(1, 1, bias=False), 0.9)
    nn.init.constant_(average.network.weight, 0.0)
    average.follow(network, 10_000)
    assert round(float(average.network.weight), 4) == 0.1
