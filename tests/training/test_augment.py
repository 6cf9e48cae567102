"""Varying pictures: nothing but flips and turns where only those are asked for, the same for the same dice."""

from __future__ import annotations

from dataclasses import replace

import torch

from satseek.training.augment import DICE, augment, dice_of, plain
from satseek.training.settings import AugmentSettings

NOTHING = AugmentSettings(1.0, 0.0, False, False, 0.0, 0.0, 0.0, 0.0)


def pictures(count: int = 2, size: int = 8) -> torch.Tensor:
    return torch.randint(0, 256, (count, size, size, 3), generator=torch.Generator().manual_seed(1)).byte()


def test_without_any_variation_the_picture_stays() -> None:
    whole = pictures().permute(0, 3, 1, 2).float()
    torch.testing.assert_close(augment(pictures(), 8, NOTHING, torch.rand(2, DICE)), whole, atol=1e-3, rtol=0)


def test_turns_and_flips_give_the_eight_ways_a_tile_can_lie() -> None:
    settings = replace(NOTHING, flips=True, quarter_turns=True)
    picture = pictures(1)
    made = augment(picture.expand(400, -1, -1, -1), 8, settings, torch.rand(400, DICE)).round()
    whole = picture[0].permute(2, 0, 1).float()
    ways = [torch.rot90(each, turn, (1, 2)) for each in (whole, whole.flip(2)) for turn in range(4)]
    found = {way for one in made for way, each in enumerate(ways) if torch.equal(one, each)}
    assert all(any(torch.equal(one, each) for each in ways) for one in made)
    assert found == set(range(8))


def test_a_crop_shows_a_part_no_smaller_than_asked() -> None:
    ramp = torch.arange(64).view(1, 64, 1, 1).expand(200, 64, 64, 3).byte() * 4
    made = augment(ramp, 64, replace(NOTHING, smallest_crop=0.25), torch.rand(200, DICE))
    spans = (made[:, 0, -1, 0] - made[:, 0, 0, 0]) / 252  # share of the side that is seen
    assert spans.min() > 0.45
    assert spans.max() < 1.01
    assert spans.std() > 0.05


def test_colours_move_and_stay_within_eight_bits() -> None:
    settings = replace(NOTHING, brightness=0.5, contrast=0.5, saturation=0.5)
    made = augment(pictures(), 8, settings, dice_of(1, 0, 2))
    assert made.min() >= 0
    assert made.max() <= 255
    assert (made - pictures().permute(0, 3, 1, 2).float()).abs().mean() > 5
    grey = torch.full((1, 4, 4, 3), 100, dtype=torch.uint8)
    brighter = augment(grey, 4, replace(NOTHING, brightness=0.2), torch.ones(1, DICE))
    torch.testing.assert_close(brighter, torch.full((1, 3, 4, 4), 100 + 0.2 * 255), atol=1e-3, rtol=0)


def test_dice_are_the_same_for_the_same_seed_and_variant_only() -> None:
    assert torch.equal(dice_of(7, 3, 5), dice_of(7, 3, 5))
    assert not torch.equal(dice_of(7, 3, 5), dice_of(7, 4, 5))
    assert not torch.equal(dice_of(7, 3, 5), dice_of(8, 3, 5))


def test_served_pictures_are_whole_and_unvaried() -> None:
    torch.testing.assert_close(plain(pictures(), 8), pictures().permute(0, 3, 1, 2).float())
    assert plain(pictures(), 16).shape == (2, 3, 16, 16)
