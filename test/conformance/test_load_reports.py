"""The load reports of gRPC calls: trailers in text, which callers read, and as xds.data.orca.v3.OrcaLoadReport, which
load balancers do. gRPC's own library keeps the second from its callers, so it is read off the wire here, by h2."""

import base64
import socket
import struct

import grpc
import h2.connection
import h2.events
import pytest
from test_deadline_contract import WAIT_S, grpc_request
from tritonclient.grpc import service_pb2_grpc

PATH = "/inference.GRPCInferenceService/ModelInfer"
NEXT = {"perigee_wait_ms", "perigee_service_ms", "perigee_valid_ms"}
OWN = {"perigee_queued_ms", "perigee_compute_ms"}


def wrong_request():
    request = grpc_request()
    request.inputs[0].name = "picture"
    return request


CALLS = {
    "OK": (grpc_request, OWN | NEXT),
    "INVALID_ARGUMENT": (wrong_request, NEXT),
    "DEADLINE_EXCEEDED": (lambda: grpc_request(budget_ms=0.0), NEXT),
}


def trailers_on_the_wire(node, request):
    """The fields that end the call, by name: also those of an answer that is trailers and nothing else."""
    host, _, port = node.grpc.rpartition(":")
    message = request.SerializeToString()
    to_send = struct.pack(">BI", 0, len(message)) + message
    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    connection.send_headers(1, [(":method", "POST"), (":scheme", "http"), (":path", PATH), (":authority", node.grpc),
                                ("content-type", "application/grpc"), ("te", "trailers")])
    last = {}
    with socket.create_connection((host, int(port)), timeout=WAIT_S) as wire:
        while True:
            while to_send and (size := min(connection.local_flow_control_window(1), len(to_send),
                                           connection.max_outbound_frame_size)):
                connection.send_data(1, to_send[:size], end_stream=size == len(to_send))
                to_send = to_send[size:]
            wire.sendall(connection.data_to_send())
            received = wire.recv(65536)
            assert received, "the node closed the connection"
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.DataReceived):
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    last = {name.decode(): value.decode() for name, value in event.headers}
                if isinstance(event, h2.events.StreamEnded):
                    return last


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field of a protobuf message: numbers and bytes, as the wire has them."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 1:
            yield tag >> 3, struct.unpack_from("<d", data, at)[0]
            at += 8
        elif kind == 2:
            size, at = varint(data, at)
            assert at + size <= len(data)
            yield tag >> 3, data[at:at + size]
            at += size
        else:
            raise AssertionError(f"no field of OrcaLoadReport has wire type {kind}")


def named_metrics(trailer):
    """Field 8 of an OrcaLoadReport, a map<string, double>."""
    report = base64.b64decode(trailer + "=" * (-len(trailer) % 4), validate=True)
    named = {}
    for number, entry in fields(report):
        assert number == 8
        pair = dict(fields(entry))
        assert pair.keys() == {1, 2}
        named[pair[1].decode()] = pair[2]
    return named


def as_text(report):
    kind, _, text = report.partition(" ")
    assert kind == "TEXT"
    pairs = (pair.split("=") for pair in text.split(", "))
    return {name.removeprefix("named_metrics."): float(value) for name, value in pairs}


@pytest.mark.parametrize("code", CALLS)
def test_grpcs_own_client_reads_them(node, code):
    request, expected = CALLS[code]
    with grpc.insecure_channel(node.grpc) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        stub.ModelInfer(grpc_request(), timeout=WAIT_S)  # there is something to predict from
        call = stub.ModelInfer.future(request(), timeout=WAIT_S)
        assert call.code().name == code
        said = as_text(dict(call.trailing_metadata())["endpoint-load-metrics"])
    assert said.keys() == expected
    assert said["perigee_service_ms"] > 0 and said["perigee_valid_ms"] > 0


@pytest.mark.parametrize("code", CALLS)
def test_load_balancers_read_the_same_numbers(node, code):
    trailers_on_the_wire(node, grpc_request())
    request, expected = CALLS[code]
    trailers = trailers_on_the_wire(node, request())
    assert trailers["grpc-status"] == str(grpc.StatusCode[code].value[0])
    report = named_metrics(trailers["endpoint-load-metrics-bin"])
    assert report.keys() == expected
    assert report == pytest.approx(as_text(trailers["endpoint-load-metrics"]), abs=0.001)
