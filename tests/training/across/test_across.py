"""Learning across sensors on a small world: lessons, batches, a whole run, going on after a stop, losses by recipe."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from fakes.pair_world import SMALL_PAIRS, PairsInMemory, write_pair_world
from satseek.core.errors import SourceError, UsageError
from satseek.datasets.s1s2 import load
from satseek.models.catalogue import load_model
from satseek.models.checkpoint import load_checkpoint
from satseek.training.across.batches import PairBatch, PairBatches
from satseek.training.across.lessons import PairLessons, lessons_of
from satseek.training.across.objective import PairObjective
from satseek.training.across.settings import PairRecipe, PairVariation
from satseek.training.across.teach import starting_pair_network
from satseek.training.across.vary import optical_varied, radar_varied, turned, windows
from satseek.training.report import Silent, TrainingReport
from satseek.training.settings import read_recipe, recipe_names
from satseek.training.teach import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pair_world(tmp_path_factory.mktemp("data") / "pairs")


def small(*changes: str, name: str = "sscm") -> PairRecipe:
    recipe = read_recipe(name, [*SMALL_PAIRS, *changes])
    assert isinstance(recipe, PairRecipe)
    return recipe


def lessons(data: Path, recipe: PairRecipe, tmp_path: Path) -> PairLessons:
    return lessons_of(load(data, "train"), recipe, tmp_path / "cache")


def go(
    recipe: PairRecipe, data: Path, out: Path, *, resume: bool = False, watcher: Silent | None = None
) -> TrainingReport:
    return train(recipe, data, out, device="cpu", precision="32-true", resume=resume, watcher=watcher)


def rows_of(out: Path) -> list[dict[str, str]]:
    with open(out / "curve.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def losses_of(out: Path) -> list[str]:
    return [row["loss"] for row in rows_of(out)]


class StopsAt(Silent):
    """Breaks off in the middle of an epoch, as a pulled plug would."""

    def __init__(self, step: int) -> None:
        self.steps, self.stop = 0, step

    def step(self, images: int, losses: dict[str, float]) -> None:
        self.steps += 1
        if self.steps == self.stop:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_learns_and_leaves_a_model_that_finds_the_other_sensors_chip(data: Path, tmp_path: Path) -> None:
    changes = ("optimiser.epochs=25", "optimiser.learning_rate=0.01", "optimiser.average=0.5", "augment.apart=0.3")
    report = go(small(*changes), data, tmp_path / "run")
    losses = [float(loss) for loss in losses_of(tmp_path / "run")]
    assert losses[-1] < 0.7 * losses[0]
    assert set(report.recalls) == {"s1s2_aligned", "s1s2_shifted"}
    assert report.recalls["s1s2_aligned"] > 75  # by chance it is 56
    card = load_model(str(tmp_path / "run")).card
    assert card.figures["s1s2_aligned_val_mean_recall"] == round(report.recalls["s1s2_aligned"], 2)
    assert card.figures["val_sensor_gap_less_means"] < card.figures["val_sensor_gap"]
    assert "16 places seen by s1 and s2" in card.training_data
    assert not card.reads_text
    assert card.chip_size == 48


@pytest.mark.slow
def test_a_run_that_was_broken_off_ends_with_the_losses_of_one_that_was_not(data: Path, tmp_path: Path) -> None:
    recipe = small("optimiser.epochs=4")
    go(recipe, data, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        go(recipe, data, tmp_path / "broken", watcher=StopsAt(6))  # in the third epoch
    assert losses_of(tmp_path / "broken") == losses_of(tmp_path / "whole")[:2]
    go(recipe, data, tmp_path / "broken", resume=True)
    assert losses_of(tmp_path / "broken") == losses_of(tmp_path / "whole")


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        (("loss.on=z", "loss.places=0"), {"pairs"}),
        (("loss.places=0", "loss.discrepancy=1", "loss.discrepancy_form=paper"), {"pairs", "gap"}),
        (("loss.neighbour=1", "loss.discrepancy=1"), {"pairs", "gap", "neighbours", "places"}),
        (("loss.mutual_information=0",), {"places"}),
        (("model.trunk=separate", "model.structure=false"), {"pairs", "places"}),
    ],
)
def test_each_loss_is_switched_by_the_recipe(
    changes: tuple[str, ...], parts: set[str], data: Path, tmp_path: Path
) -> None:
    go(small("optimiser.epochs=1", *changes), data, tmp_path / "run")
    told = {name for name, value in rows_of(tmp_path / "run")[0].items() if value}
    assert told & {"pairs", "gap", "neighbours", "places"} == parts


def test_half_precision_is_examined_in_full(data: Path, tmp_path: Path) -> None:
    report = train(small("optimiser.epochs=1"), data, tmp_path / "run", device="cpu", precision="bf16-mixed")
    assert 0 < report.recalls["s1s2_shifted"] <= 100


def test_the_ramp_lets_neighbours_count_little_at_first(data: Path, tmp_path: Path) -> None:
    recipe = small("optimiser.epochs=3")
    batches = PairBatches(lessons(data, recipe, tmp_path), recipe)
    assert [next(batches.epoch(epoch)).weight for epoch in range(3)] == pytest.approx([1e-4, 1e-2, 1])
    steady = small("optimiser.epochs=3", "loss.ramp=false")
    assert next(PairBatches(batches.lessons, steady).epoch(0)).weight == 1


def test_both_sensors_are_turned_alike_and_corners_say_where_windows_are(data: Path, tmp_path: Path) -> None:
    still = (
        "augment.speckle=0",
        "augment.looks=0",
        "augment.radar_stretch=0",
        "augment.brightness=0",
        "augment.grey=0",
    )
    recipe = small(*still)
    told = lessons(data, recipe, tmp_path)
    same = PairLessons(
        "same", {"s1": told.pictures["s1"], "s2": told.pictures["s1"].repeat(3, 1)}, 10.0, 10.0, True, np.arange(16)
    )
    batch = next(PairBatches(same, recipe).epoch(0))
    for place in range(batch.shown):
        down, right = (batch.corners["s1"][place] - batch.corners["s2"][place]).long().tolist()
        one, other = batch.pixels["s1"][place, 0], batch.pixels["s2"][place, 0]
        rows = slice(max(0, -down), min(48, 48 - down)), slice(max(0, down), min(48, 48 + down))
        columns = slice(max(0, -right), min(48, 48 - right)), slice(max(0, right), min(48, 48 + right))
        shared, found = one[rows[0], columns[0]], other[rows[1], columns[1]]
        assert float(torch.corrcoef(torch.stack([shared.flatten(), found.flatten()]))[0, 1]) > 0.999


def test_the_same_epoch_is_the_same_and_shares_of_two_devices_are_disjoint(data: Path, tmp_path: Path) -> None:
    recipe = small()
    told = lessons(data, recipe, tmp_path)

    def first(epoch: int, **share: int) -> PairBatch:
        return next(PairBatches(told, recipe, **share).epoch(epoch))

    assert torch.equal(first(0).pixels["s1"], first(0).pixels["s1"])
    assert not torch.equal(first(0).pixels["s1"], first(1).pixels["s1"])
    assert len(PairBatches(told, recipe, world=2)) == 1
    assert not torch.equal(first(0, rank=0, world=2).pixels["s2"], first(0, rank=1, world=2).pixels["s2"])


def test_the_losses_of_a_batch_on_two_devices_are_those_of_one(data: Path, tmp_path: Path) -> None:
    recipe = small("loss.places=0", "loss.neighbour=1", "loss.ramp=false")
    batch = next(PairBatches(lessons(data, recipe, tmp_path), recipe).epoch(0))
    torch.manual_seed(0)
    network = starting_pair_network(recipe, data).eval()  # in training, batch normalisation sees its own half only
    whole = PairObjective(network, recipe.loss)(batch)["loss"]
    elsewhere = {sensor: network.encode(pixels[4:], sensor).y for sensor, pixels in batch.pixels.items()}
    waiting = iter(elsewhere.values())
    half = PairBatch({name: pixels[:4] for name, pixels in batch.pixels.items()}, batch.corners, batch.weight)
    gathered = PairObjective(network, recipe.loss, gather=lambda own: torch.cat([own, next(waiting)]))(half)["loss"]
    torch.testing.assert_close(gathered, whole, atol=1e-4, rtol=0)


def test_pictures_beyond_the_memory_bound_are_packed_once(data: Path, tmp_path: Path) -> None:
    inside = lessons(data, small(), tmp_path)
    packed = lessons(data, small("data.memory_gb=0.0"), tmp_path)
    files = sorted((tmp_path / "cache").iterdir())
    written = [file.stat().st_mtime_ns for file in files]
    assert len(files) == 3
    again = lessons(data, small("data.memory_gb=0.0"), tmp_path)
    assert [file.stat().st_mtime_ns for file in files] == written
    for sensor in ("s1", "s2"):
        np.testing.assert_array_equal(inside.pictures[sensor], packed.pictures[sensor])
        np.testing.assert_array_equal(inside.pictures[sensor], again.pictures[sensor])


@pytest.mark.parametrize("bound", ["4.0", "0.0"])
def test_a_pair_with_a_broken_picture_is_left_out(bound: str, tmp_path: Path) -> None:
    world = write_pair_world(tmp_path / "pairs", train=10)
    (world / "s2" / "3.png").write_bytes(b"no picture")
    told = lessons(world, small(f"data.memory_gb={bound}"), tmp_path)
    assert len(told) == 9
    assert 3 not in told.whole
    assert torch.isfinite(told.read("s2", np.arange(9))).all()
    for number in range(10):
        (world / "s1" / f"{number}.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="None of the 10 pairs"):
        lessons(world, small(), tmp_path)


def test_three_sensors_in_db_and_reflectance_learn_together(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    ground = random.random((8, 1, 48, 48)).astype(np.float32)
    bands = {"s1": ("VV", "VH"), "s2": ("B02", "B03", "B04", "B08"), "rgb": ("red", "green", "blue")}
    pictures = {
        "s1": np.repeat(-20 + 10 * ground, 2, axis=1),
        "s2": np.repeat(0.1 + 0.2 * ground, 4, axis=1),
        "rgb": np.repeat((50 + 150 * ground).astype(np.uint8), 3, axis=1),
    }
    pairs = PairsInMemory(pictures, bands, {"s1": "dB", "s2": "reflectance", "rgb": "display"})
    recipe = small("model.sensors=s1:VV,VH s2:B02,B03,B04,B08 rgb:red,green,blue", "data.resolution_m=20")
    batch = next(PairBatches(lessons_of(pairs, recipe, tmp_path), recipe).epoch(0))
    assert {name: pixels.shape[1] for name, pixels in batch.pixels.items()} == {"s1": 2, "s2": 4, "rgb": 3}
    losses = PairObjective(starting_pair_network(recipe, tmp_path), recipe.loss)(batch)
    losses["loss"].backward()
    assert torch.isfinite(losses["loss"])


def only(**settings: float) -> PairVariation:
    """Return a variation that changes nothing but what is named."""
    still = dict.fromkeys(("speckle", "looks", "radar_stretch", "brightness", "grey"), 0.0)
    return PairVariation(**{**still, **settings})  # type: ignore[arg-type]


@pytest.fixture
def levels() -> Tensor:
    """Radar from dark on the left to bright on the right, in dB or called so."""
    return torch.linspace(-28, -1, 64).repeat(16, 1, 64, 1)


def test_speckle_multiplies_amplitude_so_it_adds_to_decibels(levels: Tensor) -> None:
    random = torch.Generator().manual_seed(0)
    shown = radar_varied(levels, only(speckle=0.5), random, display=True) - levels
    assert shown[..., 48:].std() > 2 * shown[..., :16].std()
    true = radar_varied(levels, only(speckle=0.5), random, display=False) - levels
    assert true[..., 48:].std() == pytest.approx(true[..., :16].std().item(), rel=0.2)


@pytest.mark.parametrize("display", [True, False])
def test_a_stretch_keeps_the_order_and_nothing_asked_changes_nothing(display: bool, levels: Tensor) -> None:
    random = torch.Generator().manual_seed(0)
    stretched = radar_varied(levels, only(radar_stretch=1.0), random, display=display)
    assert (stretched.diff(dim=3) > 0).all()
    assert stretched.diff(dim=3).std(dim=3).flatten().unique().numel() > 8  # each chip another one
    below = levels - 20  # true dB may lie below what displays show
    torch.testing.assert_close(radar_varied(below, only(), random, display=display), below)
    colours = torch.rand(4, 3, 8, 8, generator=random)
    torch.testing.assert_close(optical_varied(colours, only(), random), colours)


def test_turns_and_windows_take_the_pixels_they_name() -> None:
    picture = torch.arange(16.0).view(1, 1, 4, 4)
    once = turned(picture, torch.tensor([1]), torch.tensor([True]))
    torch.testing.assert_close(once, torch.rot90(picture, 1, (2, 3)).flip(3))
    cut = windows(picture.repeat(2, 1, 1, 1), torch.tensor([[0, 1], [2, 2]]), 2)
    assert cut[:, 0].tolist() == [[[1, 2], [5, 6]], [[10, 11], [14, 15]]]


def test_every_recipe_across_sensors_has_a_way_through_on_a_processor() -> None:
    names = [name for name in recipe_names() if isinstance(read_recipe(name), PairRecipe)]
    assert {"sscm", "sscm-bigearthnet"} <= set(names)
    for name in names:
        quick = read_recipe(name, preset="cpu")
        assert quick.optimiser.epochs <= read_recipe(name).optimiser.epochs
        assert starting_pair_network(quick, Path()).settings == quick.model


def test_what_cannot_be_trained_is_said(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="All losses are switched off"):
        small("loss.mutual_information=0", "loss.places=0")
    with pytest.raises(UsageError, match="multiple of 8, such as 48"):
        small("data.window=50")
    with pytest.raises(UsageError, match="less than data"):
        lessons(data, small("data.window=96"), tmp_path)
    with pytest.raises(UsageError, match="no 'rgb'"):
        lessons(data, small("model.sensors=s1:VH rgb:red,green,blue"), tmp_path)
    with pytest.raises(UsageError, match="no ImageNet weights for 'structure'"):
        starting_pair_network(small("optimiser.start_from=some.npz"), data)


def test_a_run_goes_on_from_the_weights_of_another(data: Path, tmp_path: Path) -> None:
    go(small("optimiser.epochs=1"), data, tmp_path / "first")
    began = starting_pair_network(small(f"optimiser.start_from={tmp_path / 'first' / 'best'}"), data)
    theirs = load_checkpoint(tmp_path / "first" / "best").tensors
    torch.testing.assert_close(began.describe.weight, theirs["describe.weight"].float())
