"""The JSON Schema that editors use agrees with what is accepted."""

from __future__ import annotations

import json

from ruamel.yaml import YAML

from fastlanes_sim.scenario.schema import json_schema
from tests.support.scenario_files import VALID


def test_it_is_json_and_knows_every_key_of_a_scenario() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert set(YAML(typ="safe", pure=True).load(VALID)) <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["horizon", "workers"]
    assert schema["anyOf"] == [{"required": ["projects"]}, {"required": ["replay"]}]


def test_keys_are_as_written_in_files() -> None:
    assert set(json_schema()["$defs"]["LightningDown"]["properties"]) == {"from", "to"}
    assert set(json_schema()["$defs"]["Outage"]["properties"]) == {"from", "to", "kind"}


def test_docstrings_of_fields_are_descriptions() -> None:
    claim_limit = json_schema()["$defs"]["Lightning"]["properties"]["per_workflow_claim_limit"]
    assert claim_limit["description"] == "PER_WORKFLOW_CLAIM_LIMIT (L-11)."


def test_a_distribution_may_be_short() -> None:
    short, values, long = json_schema()["$defs"]["Distribution"]["anyOf"]
    assert "string" in short["type"]
    assert values["type"] == "array"
    assert long["maxProperties"] == 1
