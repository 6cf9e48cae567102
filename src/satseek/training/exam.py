"""How good the weights are after an epoch: mean recall on a val split, each image and caption encoded once."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from satseek.models.amfmn.network import Amfmn
from satseek.models.amfmn.text import TextTensors
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.training.augment import plain
from satseek.training.lessons import Lessons

PICTURES_AT_ONCE, CAPTIONS_AT_ONCE = 64, 256


@torch.no_grad()
def mean_recall(network: Amfmn, vocabulary: Vocabulary, exam: Lessons, size: int) -> float:
    """Return the mean of R@1, R@5 and R@10 both ways, in percent, ties counted in the model's favour.

    This only picks an epoch; figures to show come from `satseek evaluate`, which counts ties in expectation.
    """
    return recall_of_scores(_scores(network, vocabulary, exam, size), exam.told.owners)


def recall_of_scores(scores: NDArray[np.float32], owners: NDArray[np.int64]) -> float:
    """Return the mean recall of scores of every image with every caption."""
    own = owners[None, :] == np.arange(len(scores))[:, None]
    best = np.where(own, scores, -np.inf).max(1, keepdims=True)
    ranks_of_images = (scores > best).sum(1)
    ranks_of_captions = (scores > scores[owners, np.arange(len(owners))][None]).sum(0)
    hits = [(ranks < k).mean() for ranks in (ranks_of_images, ranks_of_captions) for k in (1, 5, 10)]
    return float(100 * np.mean(hits))


def _scores(network: Amfmn, vocabulary: Vocabulary, exam: Lessons, size: int) -> NDArray[np.float32]:
    device, captions = next(network.parameters()).device, exam.told.captions
    images, texts = [], []
    for start in range(0, len(exam), PICTURES_AT_ONCE):
        chosen = np.arange(start, min(start + PICTURES_AT_ONCE, len(exam)))
        images.append(network.encode_images(plain(torch.from_numpy(exam.store.read(chosen)).to(device), size)))
    for start in range(0, len(captions), CAPTIONS_AT_ONCE):
        some = vocabulary.encode(captions[start : start + CAPTIONS_AT_ONCE])
        texts.append(network.encode_texts(TextTensors(some, device)))
    said = torch.cat(texts)
    rows = [network.scores(some, said).cpu().numpy() for some in images]
    return np.concatenate(rows)
