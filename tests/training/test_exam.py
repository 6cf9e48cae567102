"""The figure that picks an epoch, against a slow loop."""

from __future__ import annotations

import numpy as np

from satseek.training.average import Average
from satseek.training.exam import recall_of_scores
from satseek.training.schedule import learning_rate_share
from satseek.training.settings import OptimiserSettings


def test_mean_recall_is_the_loop_over_queries() -> None:
    random = np.random.default_rng(2)
    scores = random.normal(size=(20, 60)).astype(np.float32)
    owners = np.repeat(np.arange(20), 3)
    hits = []
    for k in (1, 5, 10):
        hits.append(np.mean([any(owners[c] == i for c in np.argsort(-scores[i])[:k]) for i in range(20)]))
        hits.append(np.mean([owners[c] in np.argsort(-scores[:, c])[:k] for c in range(60)]))
    np.testing.assert_allclose(recall_of_scores(scores, owners), 100 * np.mean(hits))


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
    from torch import nn

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
