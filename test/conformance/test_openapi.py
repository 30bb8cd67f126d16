"""Requests made up from the contract that the node publishes (schemathesis): whatever is sent, the
answer is one that the contract names, in the shape that it names, and never a 500."""

import requests
import schemathesis
from hypothesis import HealthCheck, settings
from node import ROOT
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance,
          status_code_conformance]
# Loading models at run time is named by the contract as not implemented: 501 is the right answer.
NOT_IMPLEMENTED = ("/load", "/unload")
CONTRACT = ROOT / "api/openapi.yaml"
schema = schemathesis.openapi.from_path(CONTRACT)


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))
def test_answers_as_the_contract_says(case, node):
    response = case.call(base_url=node.http, timeout=30)
    checks = CHECKS[1:] if case.path.endswith(NOT_IMPLEMENTED) else CHECKS
    case.validate_response(response, checks=checks)


def test_publishes_the_contract(node):
    answer = requests.get(f"{node.http}/openapi.yaml", timeout=10)
    assert answer.status_code == 200 and "yaml" in answer.headers["content-type"]
    assert answer.content == CONTRACT.read_bytes()
