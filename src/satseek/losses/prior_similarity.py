"""How alike the texts of two images are, told before any training: the s of AMFMN's dynamic margin.

s(image, caption) = w · BLEU-4(caption; the image's captions) + (1 − w) · second. BLEU-4 is unsmoothed, and 1 where the
caption is one of the references. The second part is `overlap`, the mean over references of |things in both| / |things
of the reference|, or `meteor`, the best reference's METEOR on stems with its pieces counted from pairs of neighbours.

All counts are products of sparse zero-one matrices, so that a whole set takes minutes, not core-days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from satseek.core.errors import UnknownName
from satseek.losses.caption_stems import Stems, run_counts

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
_ORDERS = (1, 2, 3, 4)
_AT_ONCE = 128  # different captions against all images: a few arrays of 4 MB for RSICD


class PriorSimilarity:
    """Likeness of captions to images' captions, for the pairs of a batch or for all pairs block by block."""

    def __init__(
        self,
        captions: Sequence[Sequence[str]],
        *,
        second: Literal["overlap", "meteor"] = "overlap",
        weight: float = 0.5,
    ) -> None:
        """Take the captions of each image; captions are numbered through, image by image."""
        if second not in ("overlap", "meteor"):
            raise UnknownName("likeness of captions", second, ("overlap", "meteor"))
        self.weight = weight
        self.images = len(captions)
        self._stems = Stems([caption for of_image in captions for caption in of_image])
        owners = np.repeat(np.arange(len(captions)), [len(of_image) for of_image in captions])
        self._bleu = _Bleu(self._stems, owners, self.images)
        part = _Overlap if second == "overlap" else _Meteor
        self._second: _Overlap | _Meteor = part(self._stems, owners, self.images)

    def of_batch(self, caption_ids: Sequence[int] | IntArray, image_ids: Sequence[int] | IntArray) -> FloatArray:
        """Return the likeness of each of these captions to each of these images."""  # (images, captions)
        texts, back = np.unique(self._stems.number_of[np.asarray(caption_ids, dtype=np.int64)], return_inverse=True)
        likeness = self._of_texts(texts, np.asarray(image_ids, dtype=np.int64))
        return np.ascontiguousarray(likeness[back].T)

    def blocks(self) -> Iterator[tuple[IntArray, FloatArray]]:
        """Go through all captions some at a time: their ids, and their likeness to all images."""  # (captions, images)
        order = np.argsort(self._stems.number_of, kind="stable")
        bounds = np.searchsorted(self._stems.number_of[order], np.arange(len(self._stems) + 1))
        for start in range(0, len(self._stems), _AT_ONCE):
            end = min(start + _AT_ONCE, len(self._stems))
            ids = order[bounds[start] : bounds[end]]
            yield ids, self._of_texts(np.arange(start, end), None)[self._stems.number_of[ids] - start]

    def matrix(self) -> NDArray[np.float16]:
        """Return all pairs in half precision: 0.6 GB for RSICD train."""  # (images, captions)
        whole = np.empty((len(self._stems.number_of), self.images), dtype=np.float16)
        for ids, likeness in self.blocks():
            whole[ids] = likeness
        return whole.T

    def _of_texts(self, texts: IntArray, images: IntArray | None) -> FloatArray:
        first, second = self._bleu.of_texts(texts, images), self._second.of_texts(texts, images)
        return np.asarray(self.weight * first + (1 - self.weight) * second, dtype=np.float32)


class _Bleu:
    """BLEU-4 of every text against the captions of images."""

    def __init__(self, stems: Stems, owners: IntArray, images: int) -> None:
        self._lengths = stems.lengths
        self._is_reference = _is_reference(stems, owners, images)
        self._runs = [run_counts(stems.texts, order) for order in _ORDERS]
        # an image holds 'this run for the k-th time' when one of its captions does
        self._held = [_Columns(_ones(self._is_reference @ runs)) for runs in self._runs]
        self._equal = _Columns(self._is_reference)
        self._closest = _closest_lengths(stems, owners, images)

    def of_texts(self, texts: IntArray, images: IntArray | None) -> FloatArray:
        longest = (self._runs[3][texts] @ self._held[3].of(images)).tocoo()  # no run of four in common: no BLEU
        rows, columns = longest.coords
        precision = longest.data / np.maximum(self._lengths[texts][rows] - 3, 1)
        for runs, held, order in zip(self._runs[:3], self._held[:3], _ORDERS, strict=False):
            counts = (runs[texts] @ held.of(images)).toarray()[rows, columns]
            precision *= counts / (self._lengths[texts][rows] - order + 1)
        lengths = self._lengths[texts][rows]
        references = self._closest[columns if images is None else images[columns], lengths.astype(np.int64)]
        short = np.exp(np.minimum(0, 1 - references / lengths))
        scores: FloatArray = self._equal.of(images, identity=texts).toarray().astype(np.float32)
        scores[rows, columns] = np.maximum(scores[rows, columns], short * precision**0.25)
        return scores


class _Overlap:
    """The mean over an image's captions of the share of their things that a text names too.

    As in the authors' code, a thing that a reference names twice makes it longer but counts once as named.
    """

    def __init__(self, stems: Stems, owners: IntArray, images: int) -> None:
        once = [tuple(dict.fromkeys(things)) for things in stems.things]
        self._named = run_counts(once, 1)
        sizes = np.array([len(things) for things in stems.things], dtype=np.float32)
        references = _is_reference(stems, owners, images, counted=True)
        telling = references @ (sizes > 0).astype(np.float32)  # references that name a thing at all
        share = references.multiply(1 / np.maximum(sizes, 1)[None, :]).multiply(1 / np.maximum(telling, 1)[:, None])
        self._wanted = _Columns(csr_array(share) @ self._named)

    def of_texts(self, texts: IntArray, images: IntArray | None) -> FloatArray:
        shares: FloatArray = (self._named[texts] @ self._wanted.of(images)).toarray()
        return shares


class _Meteor:
    """The best of an image's captions by METEOR: harmonic mean that favours recall, less for scattered words."""

    def __init__(self, stems: Stems, owners: IntArray, images: int) -> None:
        self._lengths = np.array([len(words) for words in stems.words], dtype=np.float32)
        self._words, self._pairs = (run_counts(stems.words, order) for order in (1, 2))
        held = _is_reference(stems, owners, images)
        held.sort_indices()
        self._references, self._bounds = held.indices, held.indptr

    def of_texts(self, texts: IntArray, images: IntArray | None) -> FloatArray:
        chosen = np.arange(len(self._bounds) - 1) if images is None else images
        counts = np.diff(self._bounds)[chosen]
        references = np.concatenate([self._references[self._bounds[i] : self._bounds[i + 1]] for i in chosen])
        different, back = np.unique(references, return_inverse=True)
        scores = self._scores(texts, different)[:, back]
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        best: FloatArray = np.maximum.reduceat(scores, starts[counts > 0], axis=1)
        whole = np.zeros((len(texts), len(chosen)), dtype=np.float32)
        whole[:, counts > 0] = best
        return whole

    def _scores(self, texts: IntArray, references: IntArray) -> FloatArray:
        matches = (self._words[texts] @ self._words[references].T).toarray()
        neighbours = (self._pairs[texts] @ self._pairs[references].T).toarray()
        precision = matches / np.maximum(self._lengths[texts], 1)[:, None]
        recall = matches / np.maximum(self._lengths[references], 1)[None, :]
        harmonic = 10 * precision * recall / np.maximum(recall + 9 * precision, 1e-9)
        pieces = np.maximum(matches - neighbours, 1) / np.maximum(matches, 1)
        return np.asarray(harmonic * (1 - 0.5 * pieces**3), dtype=np.float32)


class _Columns:
    """A matrix of images by features, ready to stand on the right of a product, whole or for some images."""

    def __init__(self, by_image: Any) -> None:
        self._by_image = by_image
        self._whole = by_image.T.tocsr()

    def of(self, images: IntArray | None, *, identity: IntArray | None = None) -> Any:
        """Return (features, images), or with `identity` only these features' rows."""
        if images is None:
            return self._whole if identity is None else self._whole[identity]
        some = self._by_image[images].T.tocsr()
        return some if identity is None else some[identity]


def _is_reference(stems: Stems, owners: IntArray, images: int, *, counted: bool = False) -> Any:
    """Return (images, texts): one where a text is a caption of the image, or how many times it is."""
    ones = np.ones(len(owners), dtype=np.float32)
    held = csr_array((ones, (owners, stems.number_of)), shape=(images, len(stems)))
    held.sum_duplicates()
    return held if counted else _ones(held)


def _ones(matrix: Any) -> Any:
    held = csr_array(matrix)
    held.data = np.ones_like(held.data)
    return held


def _closest_lengths(stems: Stems, owners: IntArray, images: int) -> NDArray[np.float32]:
    """Return (images, lengths): of the lengths of an image's captions the closest to a length, the shorter of two."""
    longest = int(stems.lengths.max(initial=0)) + 1
    lengths = np.arange(longest)
    closest = np.zeros((images, longest), dtype=np.float32)
    own = stems.lengths[stems.number_of]
    bounds = np.searchsorted(owners, np.arange(images + 1))
    for image in range(images):
        mine = np.unique(own[bounds[image] : bounds[image + 1]])  # ascending: argmin takes the shorter of two
        if len(mine):
            closest[image] = mine[np.abs(mine[:, None] - lengths).argmin(0)]
    return closest
