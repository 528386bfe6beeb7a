"""The scenario file as a JSON Schema, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.scenario.schema import Scenario


def json_schema() -> dict[str, Any]:
    """Draft 2020-12. The docstrings of fields are its descriptions; short forms that a model accepts beside its mapping are allowed."""
    schema = Scenario.model_json_schema(by_alias=True, mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "fastlanes-sim scenario"
    schema["required"] = [key for key in schema.get("required", []) if key not in ("name", "projects")]
    schema["anyOf"] = [{"required": ["projects"]}, {"required": ["replay"]}]
    _allow_short_distributions(schema["$defs"])
    long = schema["$defs"]["Replay"]
    schema["$defs"]["Replay"] = {"anyOf": [{"type": "string", "description": "the file alone"}, long]}
    return schema


def _allow_short_distributions(definitions: dict[str, Any]) -> None:
    """A bare duration is a constant, a list the values of an empirical distribution."""
    long = definitions["Distribution"]
    definitions["Distribution"] = {
        "description": long.get("description", ""),
        "anyOf": [
            {"type": ["string", "integer"], "description": "a constant duration such as 500ms"},
            {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1},
            {**long, "minProperties": 1, "maxProperties": 1},
        ],
    }
