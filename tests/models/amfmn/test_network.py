"""The network's parts against the paper's shapes, counts and formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from satseek.core.errors import ModelError, UsageError
from satseek.models.amfmn.guidance import VARIANTS, Guidance
from satseek.models.amfmn.joint import Joint
from satseek.models.amfmn.network import Amfmn, AmfmnSettings
from satseek.models.amfmn.salience import Salience
from satseek.models.amfmn.text import KeywordBranch, SentenceBranch, TextTensors, WordEmbedding
from satseek.models.amfmn.vocabulary import Vocabulary

WORDS = Vocabulary(("a", "river", "forest", "near"), buckets=32)


def test_the_image_branch_has_the_papers_parameters() -> None:
    image = Amfmn(AmfmnSettings(), 10).image
    assert _count(image.backbone) == 11_176_512  # ResNet-18 without its classifier
    assert _count(image.project) == 262_656
    mask = image.salience
    assert mask is not None
    assert (_count(mask.low), _count(mask.high)) == (5_187, 2_307)
    assert _count(mask.value) + _count(mask.gate) == 14
    assert _count(mask.mask) == 131_584


def test_resnet_18_gives_the_papers_maps_and_one_network_serves_every_size() -> None:
    image = Amfmn(AmfmnSettings(), 10).image.eval()
    maps = image.backbone(torch.zeros(1, 3, 256, 256))
    assert [tuple(each.shape[1:]) for each in maps] == [(64, 64, 64), (128, 32, 32), (256, 16, 16), (512, 8, 8)]
    for height, width in ((128, 128), (96, 160), (224, 224)):
        assert image(torch.zeros(1, 3, height, width)).shape == (1, 512)


@pytest.mark.parametrize("as_printed", [True, False])
def test_the_mask_follows_the_formula_step_by_step(as_printed: bool) -> None:
    torch.manual_seed(0)
    salience = Salience((2, 3, 4, 5), 8, as_printed=as_printed).eval()
    maps = [torch.randn(2, c, s, s) for c, s in ((2, 64), (3, 32), (4, 16), (5, 8))]
    low = salience.low(torch.cat([maps[0], maps[1].repeat_interleave(2, 2).repeat_interleave(2, 3)], 1))
    high = salience.high(torch.cat([maps[2], maps[3].repeat_interleave(2, 2).repeat_interleave(2, 3)], 1))
    if as_printed:
        low, high = (
            nn.functional.prelu(low, salience.low_active.weight),
            nn.functional.prelu(high, salience.high_active.weight),
        )
    x = torch.cat([low, high], 1) + high.mean(1, keepdim=True)
    if as_printed:
        x = x / x.norm(dim=1, keepdim=True).clamp(min=1e-12)
    a = salience.value(x) * salience.gate(x).sigmoid()
    assert a.shape == (2, 1, 16, 16)
    torch.testing.assert_close(salience(maps), salience.mask(a.reshape(2, 256)).sigmoid())


@pytest.mark.parametrize(("salience", "blocks"), [(False, 3), (True, 7), (True, 12)])
def test_a_picture_gone_on_from_the_middle_has_the_vector_of_the_whole_way(salience: bool, blocks: int) -> None:
    torch.manual_seed(0)
    settings = AmfmnSettings(backbone="mobilenetv2", dimensions=16, salience=salience)
    image = Amfmn(settings, 10).image.eval()
    pictures = torch.rand(2, 3, 64, 96) * 255
    torch.testing.assert_close(image.finish(image.begin(pictures, blocks), blocks), image(pictures))


def test_a_sentence_is_the_mean_over_its_words_of_both_directions_halved() -> None:
    torch.manual_seed(0)
    branch = SentenceBranch(6, 5, 5)
    vectors = torch.randn(2, 4, 6)
    lengths = torch.tensor([4, 2])
    said = branch(vectors, lengths)
    for row, length in enumerate(lengths.tolist()):
        states = branch.gru(vectors[row : row + 1, :length])[0][0]
        torch.testing.assert_close(said[row], ((states[:, :5] + states[:, 5:]) / 2).mean(0))


def test_padding_changes_no_sentence() -> None:
    torch.manual_seed(0)
    for pooling in ("mean", "mean+max"):
        branch = SentenceBranch(6, 5, 7, pooling=pooling)
        vectors = torch.randn(2, 4, 6)
        both = branch(vectors, torch.tensor([4, 2]))
        torch.testing.assert_close(both[1:], branch(vectors[1:, :2], torch.tensor([2])))


def test_keywords_are_the_mean_over_phrases_whatever_their_order() -> None:
    torch.manual_seed(0)
    branch = KeywordBranch(6, 5, 7)
    vectors, lengths = torch.randn(3, 2, 6), torch.tensor([2, 1, 2])
    rows = branch(vectors, lengths, torch.tensor([0, 1, 1]), 2)
    last = [branch.gru(vectors[i : i + 1, : lengths[i]])[0][0, -1] for i in range(3)]
    expected = branch.perceptron(torch.stack([last[0], (last[1] + last[2]) / 2]))
    torch.testing.assert_close(rows, expected)
    order = [2, 0, 1]
    torch.testing.assert_close(rows, branch(vectors[order], lengths[order], torch.tensor([1, 0, 1]), 2))


def test_an_unknown_word_is_told_by_its_letters() -> None:
    embedding = WordEmbedding(WORDS.size, WORDS.buckets, 16).eval()
    river, rivers, forest = (_vector(embedding, word) for word in ("riverr", "riverrr", "forestt"))
    assert torch.cosine_similarity(river, rivers, dim=0) > torch.cosine_similarity(river, forest, dim=0)


def test_words_are_forgotten_in_training_only() -> None:
    embedding = WordEmbedding(WORDS.size, WORDS.buckets, 16, word_dropout=0.9)
    texts = TextTensors(WORDS.encode(["a river near a forest"] * 20))
    torch.manual_seed(0)
    assert (embedding(texts) == 0).all(2).float().mean() > 0.5
    embedding.eval()
    torch.testing.assert_close(embedding(texts), embedding(texts))
    assert not (embedding(texts) == 0).all(2).any()


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_guidance_is_the_cosine_with_the_bent_sentence(variant: str) -> None:
    torch.manual_seed(0)
    guidance = Guidance(variant, 6)
    images, texts = torch.randn(3, 6), torch.randn(4, 6)
    scores = guidance(images, texts)
    for i, image in enumerate(images):
        for j, text in enumerate(texts):
            v, t = image / image.norm(), text / text.norm()
            bent = _bent(guidance, v, t)
            torch.testing.assert_close(scores[i, j], torch.cosine_similarity(v, bent, dim=0), atol=1e-5, rtol=1e-5)


def test_the_joint_weighs_sentence_and_keywords_number_by_number() -> None:
    torch.manual_seed(0)
    joint = Joint(4)
    s, k = torch.randn(2, 4), torch.randn(2, 4)
    s1, k1 = s / s.norm(dim=1, keepdim=True), k / k.norm(dim=1, keepdim=True)
    w = joint.weigh(torch.cat([s1, k1], 1)).sigmoid()
    torch.testing.assert_close(joint(s, k), s1 * w + k1 * (1 - w))
    assert _count(Joint(512)) == 1024 * 512 + 512


def test_a_network_without_keywords_says_its_mode() -> None:
    network = Amfmn(AmfmnSettings(backbone="mobilenetv2", embedding=8, hidden=8), WORDS.size)
    with pytest.raises(ModelError, match="its mode is 'sentence'"):
        network.encode_keywords(TextTensors(WORDS.encode(["river"])), torch.tensor([0]), 1)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"guidance": "sofft"}, "Did you mean 'soft'"),
        ({"pooling": "max"}, "no pooling called 'max'"),
        ({"dimensions": 0}, "must be 1 or more"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        AmfmnSettings(**settings)  # type: ignore[arg-type]


def test_settings_of_a_newer_version_are_refused_and_others_come_back() -> None:
    settings = AmfmnSettings(guidance="fusion", hidden=7)
    assert AmfmnSettings.from_json(settings.to_json()) == settings
    with pytest.raises(ModelError, match="Update SatSeek"):
        AmfmnSettings.from_json(settings.to_json() | {"layers": 3})


def _bent(guidance: Guidance, v: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    if guidance.variant == "soft":
        return guidance.gate(v).sigmoid() * t
    if guidance.variant == "fusion":
        f = torch.cat([v, t])
        return guidance.value(f) * guidance.gate(f).sigmoid()
    if guidance.variant == "sim":
        f_t = guidance.of_text(t)
        gate = torch.sigmoid(torch.cosine_similarity(torch.ones(6), f_t, dim=0))  # of any f_v: a positive number
        return gate * f_t
    if guidance.variant == "sim-coded":
        f_t = guidance.of_text(t)
        return (guidance.of_image(v) * f_t).sigmoid() * f_t
    return t


def _vector(embedding: WordEmbedding, word: str) -> torch.Tensor:
    return embedding(TextTensors(WORDS.encode([word])))[0, 0]


def _count(module: nn.Module) -> int:
    return int(np.sum([parameter.numel() for parameter in module.parameters()]))
