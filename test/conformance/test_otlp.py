"""Traces as a collector takes them: what a node posts is read with the definitions of OpenTelemetry itself, by which a
field that they do not have is an error."""

import base64
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import onnx_models
import pytest
import requests
from conftest import photo
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
RECORDED = {"traceparent": f"00-{TRACE}-{CALLER}-01", "perigee-tenant": "ward-7"}
WAIT_S = 30


@pytest.fixture
def collector():
    """(endpoint, queue of (path, content type, body))"""
    arrived = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put((self.path, self.headers["Content-Type"], body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", arrived
        server.shutdown()


def parsed(body):
    """OTLP's JSON is protobuf's, but for ids, which are hex there and base64 here."""
    request = json.loads(body)
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for field, size in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
                    if field in span:
                        raw = bytes.fromhex(span[field])
                        assert len(raw) == size and span[field] == span[field].lower()
                        span[field] = base64.b64encode(raw).decode()
    return json_format.ParseDict(request, ExportTraceServiceRequest())


def spans_of(arrived, *names):
    """All spans, by name, once those named have come."""
    spans, resources = {}, []
    while not set(names) <= spans.keys():
        path, kind, body = arrived.get(timeout=WAIT_S)
        assert path == "/v1/traces" and kind == "application/json"
        for resource in parsed(body).resource_spans:
            resources.append({one.key: one.value.string_value for one in resource.resource.attributes})
            for scope in resource.scope_spans:
                assert scope.scope.name == "perigee"
                spans |= {span.name: span for span in scope.spans}
    for resource in resources:
        assert resource["service.name"] == "perigee" and resource["service.version"]
        assert resource["service.instance.id"] == "edge \"7\""
    return spans


def attributes(span):
    return {one.key: one.value.string_value for one in span.attributes}


def test_a_collector_reads_what_a_node_sends(start, collector):
    endpoint, arrived = collector
    with start("--otlp-endpoint", endpoint, "--node", 'edge "7"') as node:
        answer = requests.post(f"{node.http}/v1/tasks/emotion", data=photo("sample1.jpg"), headers=RECORDED, timeout=30)
        assert answer.status_code == 200
        spans = spans_of(arrived, "run emotion")
    root = spans["run emotion"]
    assert root.trace_id.hex() == TRACE and root.parent_span_id.hex() == CALLER
    assert root.kind == Span.SPAN_KIND_SERVER and root.status.code != Status.STATUS_CODE_ERROR
    assert attributes(root)["perigee.tenant"] == "ward-7"
    assert attributes(root)["http.response.status_code"] == "200"
    stages = [span for span in spans.values() if span.parent_span_id == root.span_id]
    assert len(stages) >= 3
    for span in stages:
        assert span.trace_id == root.trace_id and span.kind == Span.SPAN_KIND_INTERNAL
        assert root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= root.end_time_unix_nano


def test_a_failed_request_is_marked_and_says_with_what(start, collector, tmp_path):
    endpoint, arrived = collector
    onnx_models.place(tmp_path / "models", "m", 1, onnx_models.shift(0))
    with start("--otlp-endpoint", endpoint, "--node", 'edge "7"', models_folder=tmp_path / "models") as node:
        wrong = requests.post(f"{node.http}/v2/models/m/infer", json=onnx_models.request(datatype="INT8"),
                              headers=RECORDED, timeout=30)
        assert wrong.status_code == 400
        failed = spans_of(arrived, "infer m")["infer m"]
        assert failed.status.code == Status.STATUS_CODE_ERROR and failed.status.message == "InvalidArgument"
        assert requests.post(f"{node.http}/v2/models/m/infer", json=onnx_models.request(), timeout=30).ok
    # What was not asked to be recorded is not; what waits at the end is sent by then.
    assert arrived.empty()
