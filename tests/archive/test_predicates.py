"""Conditions on facts against an obvious loop in Python, and against those who would have the store do other things."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fakes.chips import card, clustered, scattered
from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.condition import All, Compared, Condition, Holds, Like, Missing, Not, OneOf, Some
from satseek.core.errors import UsageError
from satseek.core.filters import Filters

COUNT = 60
FEBRUARY = datetime(2024, 2, 1, tzinfo=UTC)
UNSHIPPED = Not(Holds("satseek:labels", ("ship",)))


def facts(index: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "platform": f"sentinel-{index % 3}a", "orbit": index % 7, "share": index / 10 - 2.5, "good": index % 2 == 0,
        'odd "name"': 'a,"orbit":99', "motto": "it's 100% [fine]\\", "tiny": 1e-7 * index,
    }  # fmt: skip
    if index % 5 == 0:
        told["eo:cloud_cover"] = float(index)
    if index % 4 == 0:
        told = told | {"orbit": None}
    return told if index % 11 else {}


CHIPS = [
    replace(
        chip, properties=facts(index), labels=("ship", "quay") if index % 6 == 0 else (),
        caption="A ship's quay" if index % 6 == 0 else None, cloud_share=0.25 if index % 9 == 0 else None,
    )
    for index, chip in enumerate(scattered(COUNT))
]  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    held = Archive.create(str(tmp_path_factory.mktemp("predicates") / "archive"), card())
    held.add(CHIPS, clustered(COUNT))
    return held


def number(chip: Chip, name: str) -> float | None:
    value = chip.properties.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def clouds(chip: Chip) -> float | None:
    return 100 * chip.cloud_share if chip.cloud_share is not None else number(chip, "eo:cloud_cover")


CASES: list[tuple[Condition, Callable[[Chip], bool]]] = [
    (Compared("platform", "=", "sentinel-1a"), lambda c: c.properties.get("platform") == "sentinel-1a"),
    (Compared("platform", "<>", "sentinel-1a"), lambda c: c.properties.get("platform", "sentinel-1a") != "sentinel-1a"),
    (Compared("platform", ">", "sentinel-1a"), lambda c: c.properties.get("platform", "") > "sentinel-1a"),
    (Compared("orbit", "<", 3.0), lambda c: (n := number(c, "orbit")) is not None and n < 3),
    (Compared("orbit", "=", 3.0), lambda c: number(c, "orbit") == 3),
    (Compared("share", ">=", -1.2), lambda c: (n := number(c, "share")) is not None and n >= -1.2),
    (Compared("tiny", "<", 1e-6), lambda c: (n := number(c, "tiny")) is not None and n < 1e-6),
    (Compared("good", "=", True), lambda c: c.properties.get("good") is True),
    (Compared("motto", "=", "it's 100% [fine]\\"), lambda c: "motto" in c.properties),
    (Like("motto", "it's 100\\% [%]\\\\"), lambda c: "motto" in c.properties),
    (Like("motto", "it's 100\\% [%"), lambda c: "motto" in c.properties),
    (Like("motto", "it's 100% ]"), lambda c: False),
    (Like("platform", "sentinel-_a"), lambda c: "platform" in c.properties),
    (Like("platform", "%-2%"), lambda c: c.properties.get("platform") == "sentinel-2a"),
    (Like("satseek:caption", "%'s q%"), lambda c: c.caption is not None),
    (Missing("orbit"), lambda c: c.properties.get("orbit") is None),
    (Not(Missing("orbit")), lambda c: c.properties.get("orbit") is not None),
    (Missing("satseek:labels"), lambda c: not c.labels),
    (Missing("satseek:caption"), lambda c: c.caption is None),
    (Holds("satseek:labels", ("ship", "quay")), lambda c: {"ship", "quay"} <= set(c.labels)),
    (Compared("eo:cloud_cover", ">=", 25.0), lambda c: (n := clouds(c)) is not None and n >= 25),
    (Compared("gsd", "=", 10.0), lambda c: True),
    (Compared("collection", "=", "s1"), lambda c: c.sensor == "s1"),
    (OneOf("sensor", ("s1", "rgb")), lambda c: c.sensor in ("s1", "rgb")),
    (Compared("datetime", ">", FEBRUARY), lambda c: c.datetime > FEBRUARY),
    (Compared("datetime", "<=", "2024-01-10"), lambda c: c.datetime <= datetime(2024, 1, 10, tzinfo=UTC)),
    (
        Some((Compared("orbit", "=", 1.0), All((Compared("good", "=", True), UNSHIPPED)))),
        lambda c: number(c, "orbit") == 1 or (c.properties.get("good") is True and "ship" not in c.labels),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "meets"), CASES, ids=lambda case: repr(case)[:60] if not callable(case) else "")
def test_a_condition_means_what_an_obvious_loop_means(
    archive: Archive, condition: Condition, meets: Callable[[Chip], bool]
):
    wanted = sorted(chip.id for chip in CHIPS if meets(chip))
    found = sorted(each for part in archive.scan(Filters(condition=condition)) for each in part.ids)
    assert found == wanted
    assert archive.count(Filters(condition=condition)) == len(wanted)


def test_a_condition_filters_inside_the_search(archive: Archive):
    condition = Compared("platform", "=", "sentinel-1a")
    found = archive.nearest(archive.vectors([CHIPS[0].id])[0], filters=Filters(condition=condition), k=5)
    assert len(found) == 5
    assert {chip.properties["platform"] for chip in found.chips} == {"sentinel-1a"}


@pytest.mark.parametrize(
    "attack",
    [
        "x' OR '1'='1", "x'); DROP TABLE chips; --", "' OR true --", "\\' OR 1=1 --", '") OR true --', "x') OR (true",
        "%' OR sensor LIKE '%", "$1", "${jndi}", "\\x27 OR 1=1", "(?s).*",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["platform", "id", "x' OR '1'='1", 'platform" OR "1"="1', "platform:.*"])
def test_a_text_is_never_more_than_a_text(archive: Archive, name: str, attack: str):
    for condition in (Compared(name, "=", attack), Like(name, attack), OneOf(name, (attack,))):
        assert archive.count(Filters(condition=condition)) == 0


@pytest.mark.parametrize(
    "condition",
    [
        Compared("satseek:labels", "=", "ship"), Compared("datetime", ">", 5.0), Compared("gsd", "<", "x"),
        Compared("good", "<", True), Like("gsd", "1%"), Holds("platform", ("a",)), Compared("id", "=", 5.0),
        Compared("datetime", "=", "yesterday"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_said(archive: Archive, condition: Condition):
    with pytest.raises(UsageError):
        archive.count(Filters(condition=condition))
