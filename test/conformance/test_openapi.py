"""Requests made up from the contract that the node publishes (schemathesis): whatever is sent, the
answer is one that the contract names, in the shape that it names, and never a 500."""

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from node import ROOT, Node
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance,
          status_code_conformance]
# A load that brings its own configuration is named by the contract as not possible: 501 is right.
NOT_IMPLEMENTED = ("/load", "/unload")
CONTRACT = ROOT / "api/openapi.yaml"
schema = schemathesis.openapi.from_path(CONTRACT)


@pytest.fixture(scope="module")
def expendable(tmp_path_factory):
    """A node of this file's own: some of the requests made up unload its models."""
    with Node(tmp_path_factory.mktemp("expendable") / "stderr.txt") as node:
        yield node


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))
def test_answers_as_the_contract_says(case, expendable):
    response = case.call(base_url=expendable.http, timeout=30)
    # A budget that nobody can keep is made up, too: 504 is the right answer to it.
    may_fail = case.path.endswith(NOT_IMPLEMENTED) or response.status_code == 504
    checks = CHECKS[1:] if may_fail else CHECKS
    case.validate_response(response, checks=checks)


def test_publishes_the_contract(node):
    answer = requests.get(f"{node.http}/openapi.yaml", timeout=10)
    assert answer.status_code == 200 and "yaml" in answer.headers["content-type"]
    assert answer.content == CONTRACT.read_bytes()
