"""What holds for all tests."""

from collections.abc import Iterator

import pytest

from satseek.models import memory


@pytest.fixture(scope="session", autouse=True)
def memory_that_is_given_back() -> Iterator[None]:
    """Commands that a test runs in its own process leave that process as it is, for other tests measure its memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "keep_large_blocks", lambda: False)
        yield
