"""How good the weights are after an epoch: recall on the val splits, each image and caption encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from satseek.models.amfmn.network import Amfmn
from satseek.models.amfmn.text import TextTensors
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.training.augment import plain


@dataclass(frozen=True)
class Exam:
    """One val split: pictures, captions, and the picture that each caption belongs to."""

    name: str
    pictures: NDArray[np.uint8]  # (images, h, w, 3)
    captions: Sequence[str]
    owners: NDArray[np.int64]  # (captions,)


@torch.no_grad()
def scores_of(network: Amfmn, vocabulary: Vocabulary, exam: Exam, size: int, *, batch: int = 64) -> NDArray[np.float32]:
    """Return the score of every image with every caption."""
    device = next(network.parameters()).device
    images = [
        network.encode_images(plain(torch.from_numpy(exam.pictures[start : start + batch]).to(device), size))
        for start in range(0, len(exam.pictures), batch)
    ]
    texts = [
        network.encode_texts(TextTensors(vocabulary.encode(exam.captions[start : start + 256]), device))
        for start in range(0, len(exam.captions), 256)
    ]
    said = torch.cat(texts)
    rows = [network.scores(row, said).cpu().numpy() for row in torch.cat(images).split(64)]
    return np.concatenate(rows)


def mean_recall(scores: NDArray[np.float32], owners: NDArray[np.int64]) -> float:
    """Return the mean of R@1, R@5 and R@10 both ways, in percent."""
    images = np.arange(len(scores))
    own = owners[None, :] == images[:, None]
    best = np.where(own, scores, -np.inf).max(1, keepdims=True)
    ranks_of_images = (scores > best).sum(1)
    true = scores[owners, np.arange(len(owners))]
    ranks_of_captions = (scores > true[None]).sum(0)
    hits = [(ranks < k).mean() for ranks in (ranks_of_images, ranks_of_captions) for k in (1, 5, 10)]
    return float(100 * np.mean(hits))
