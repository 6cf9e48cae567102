"""How good the weights are after an epoch: mean recall on a val split, each image and caption encoded once."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from satseek.evaluation.metrics import recall
from satseek.models.amfmn.network import Amfmn
from satseek.models.amfmn.text import TextTensors
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.training.augment import plain
from satseek.training.lessons import Lessons

PICTURES_AT_ONCE, CAPTIONS_AT_ONCE = 64, 256


class CaptionExam:
    """The val split of a captioned set."""

    def __init__(self, vocabulary: Vocabulary, lessons: Lessons, size: int) -> None:
        self._vocabulary, self._lessons, self._size = vocabulary, lessons, size

    def __call__(self, network: nn.Module) -> dict[str, float]:
        """Return the set's mean recall."""
        assert isinstance(network, Amfmn)
        return {self._lessons.told.name: mean_recall(network, self._vocabulary, self._lessons, self._size)}


@torch.no_grad()
def mean_recall(network: Amfmn, vocabulary: Vocabulary, exam: Lessons, size: int) -> float:
    """Return the mean of R@1, R@5 and R@10 both ways, in percent, ties counted in expectation."""
    return recall(_scores(network, vocabulary, exam, size), exam.told.owners, resamples=1).mean


def _scores(network: Amfmn, vocabulary: Vocabulary, exam: Lessons, size: int) -> NDArray[np.float32]:
    """Return the score of every image with every caption; captions that are the same score exactly the same."""
    device = next(network.parameters()).device
    numbers: dict[str, int] = {}
    columns = [numbers.setdefault(caption, len(numbers)) for caption in exam.told.captions]
    captions, images, texts = list(numbers), [], []
    for start in range(0, len(exam), PICTURES_AT_ONCE):
        chosen = np.arange(start, min(start + PICTURES_AT_ONCE, len(exam)))
        images.append(network.encode_images(plain(torch.from_numpy(exam.store.read(chosen)).to(device), size)))
    for start in range(0, len(captions), CAPTIONS_AT_ONCE):
        some = vocabulary.encode(captions[start : start + CAPTIONS_AT_ONCE])
        texts.append(network.encode_texts(TextTensors(some, device)))
    said = torch.cat(texts)
    rows = [network.scores(some, said).cpu().numpy() for some in images]
    return np.concatenate(rows)[:, columns]
