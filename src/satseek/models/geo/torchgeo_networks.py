"""Networks as torchgeo defines them, each taken from its own file: the whole of `torchgeo.models` takes ten seconds."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from satseek.core.errors import ModelError

_PREFIX = "satseek_torchgeo_"  # of the names that the files are kept under


def network_file(name: str) -> ModuleType:
    """Return the module of one file of `torchgeo.models`, with what that file needs and no more."""
    whole = f"torchgeo.models.{name}"
    if whole in sys.modules or _PREFIX + name in sys.modules:
        return sys.modules.get(whole) or sys.modules[_PREFIX + name]
    package = find_spec("torchgeo")
    if package is None or not package.submodule_search_locations:
        raise ModelError('This model is built by torchgeo, which is not installed: pip install "satseek[geo]"')
    path = Path(package.submodule_search_locations[0]) / "models" / f"{name}.py"
    spec = spec_from_file_location(_PREFIX + name, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        return import_module(whole)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickles look there
    try:
        spec.loader.exec_module(module)
    except ImportError:  # the file leans on its neighbours
        del sys.modules[spec.name]
        return import_module(whole)
    return module
