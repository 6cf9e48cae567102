"""Every path asked with whatever its description allows, and with what it does not: never a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from fakes.services import serving
from satseek.service.app import create_app
from satseek.service.settings import Settings

LOCAL = {"host": "localhost"}
PATHS = sorted(
    (path, method)
    for path, methods in create_app(Settings("nowhere")).openapi()["paths"].items()
    for method in methods
)  # fmt: skip


@pytest.fixture(scope="module")
def schema(painted_archive: Path) -> Iterator[Any]:
    with serving(painted_archive, limits={"body_bytes": 100_000}) as client:

        async def kept_open(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "lifespan":  # each call would open and close the service
                await client.app(scope, receive, send)
                return
            for stage in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{stage}.complete"})

        yield schemathesis.openapi.from_asgi("/openapi.json", kept_open, headers=LOCAL)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "not allowed"])
@pytest.mark.parametrize(("path", "method"), PATHS)
def test_no_question_makes_the_service_fail(schema: Any, path: str, method: str, mode: GenerationMode):
    operation = schema[path][method]
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.path_parameters or operation.body):
        pytest.skip("there is nothing to get wrong")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def asked(case: Any) -> None:
        answer = case.call(headers=LOCAL)
        checks = [not_a_server_error, response_schema_conformance, status_code_conformance]
        case.validate_response(answer, checks=checks)

    try:
        asked()
    except Unsatisfiable:
        pytest.skip("any text is a name here")
