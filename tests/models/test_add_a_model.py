"""The model that the docs show how to add works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fakes.model import plain_picture
from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.models.entry import ModelEntry

DOCS = Path(__file__).parents[2] / "docs" / "add-a-model.md"


def test_the_model_in_the_docs_encodes_and_refuses() -> None:
    code = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[0]
    module: Any = ModuleType("mean")
    exec(compile(code, str(DOCS), "exec"), module.__dict__)
    entry = module.ENTRY
    assert isinstance(entry, ModelEntry)
    assert ModelCard.from_json(entry.card().to_json()) == entry.card()
    model = entry.load()
    red, black = model.encode_images([plain_picture(200, 0, 0), plain_picture(0, 0, 0)])
    assert red.tolist() == [1, 0, 0]
    assert black.tolist() == [0, 0, 0]
    with pytest.raises(ModelError, match="knows no words"):
        model.encode_texts(["red"])
