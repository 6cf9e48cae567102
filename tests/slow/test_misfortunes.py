"""A few rounds of misfortune in a folder and in a bucket; `make soak` does hundreds."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.misfortunes import FAR, HERE, misfortunes
from fakes.s3 import proxy_before, s3_server

pytestmark = pytest.mark.slow


def test_in_a_folder_nothing_reported_is_lost_and_nothing_is_made_up(tmp_path: Path) -> None:
    with misfortunes(tmp_path, seed=1) as fate:
        for _ in range(len(HERE) + 1):
            fate.round()
    assert fate.problems == []
    assert fate.steps["add"] > 0
    assert fate.answers > 0


def test_in_a_bucket_nothing_reported_is_lost_and_nothing_is_made_up(tmp_path: Path) -> None:
    with (
        s3_server() as server,
        proxy_before(server) as proxy,
        misfortunes(tmp_path, seed=2, store=(server, proxy)) as (fate),
    ):
        for _ in range(len(FAR) + 1):
            fate.round()
    assert fate.problems == []
    assert fate.steps["add"] > 0
    assert fate.answers > 0
