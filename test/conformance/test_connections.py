"""Clients that are slow, rude or many, on bare sockets; and bodies beyond what a node takes."""

import json
import socket
import struct
import time
from contextlib import ExitStack

import pytest
import requests
from conftest import photo

pytestmark = pytest.mark.usefixtures("still_answers")

CLIENTS = 500


def connect(node, timeout=30):
    return socket.create_connection(node.address, timeout=timeout)


def answer(connection):
    """Status, headers and body of the next answer; status 0 if the node closed instead."""
    stream = connection.makefile("rb")
    first = stream.readline()
    if not first:
        return 0, {}, b""
    headers = dict(line.decode().strip().lower().split(": ", 1)
                   for line in iter(stream.readline, b"\r\n"))
    return int(first.split()[1]), headers, stream.read(int(headers.get("content-length", 0)))


def post_head(node, path, length, *more):
    lines = [f"POST {path} HTTP/1.1", f"Host: {node.http_authority}", f"Content-Length: {length}",
             *more]
    return "\r\n".join([*lines, "", ""]).encode()


def refused_on(connection, *statuses):
    status, _, body = answer(connection)
    assert status in statuses
    assert json.loads(body)["error"]


def test_a_half_closed_connection_is_answered(node):
    data = photo("sample1.jpg")
    with connect(node) as connection:
        connection.sendall(post_head(node, "/v1/tasks/emotion", len(data)) + data)
        connection.shutdown(socket.SHUT_WR)
        status, _, body = answer(connection)
    assert status == 200 and len(json.loads(body)["faces"]) == 3


def test_a_reset_ends_the_request_alone(node):
    data = photo("sample1.jpg")
    for cut in (0, 10, len(data) // 2, len(data)):
        with connect(node) as connection:
            connection.sendall(post_head(node, "/v1/tasks/emotion", len(data)) + data[:cut])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_several_requests_on_one_connection_keep_their_order(node):
    get = f"GET %s HTTP/1.1\r\nHost: {node.http_authority}\r\n\r\n"
    paths = ["/v2/health/live", "/nowhere", "/v2/models/emotion", "/v2"]
    with connect(node) as connection:
        connection.sendall("".join(get % path for path in paths).encode())
        stream = connection.makefile("rb")
        seen = []
        for _ in paths:
            seen.append(int(stream.readline().split()[1]))
            headers = dict(line.decode().strip().lower().split(": ", 1)
                           for line in iter(stream.readline, b"\r\n"))
            stream.read(int(headers["content-length"]))
    assert seen == [200, 404, 200, 200]


def test_five_hundred_connections_at_once(node):
    request = f"GET /v2/health/live HTTP/1.1\r\nHost: {node.http_authority}\r\n\r\n".encode()
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(node, 60)) for _ in range(CLIENTS)]
        for connection in connections:
            connection.sendall(request)
        assert [answer(connection)[0] for connection in connections] == [200] * CLIENTS


def test_slow_clients_do_not_hold_up_the_others(node):
    with ExitStack() as stack:
        for sent in (b"", b"POST /v1/ta", post_head(node, "/v1/tasks/emotion", 1000) + b"x") * 50:
            stack.enter_context(connect(node)).sendall(sent)
        started = time.monotonic()
        assert requests.get(f"{node.http}/v2/health/live", timeout=10).status_code == 200
        assert requests.post(f"{node.http}/v1/tasks/emotion", data=photo("sample1.jpg"),
                             timeout=10).status_code == 200
        assert time.monotonic() - started < 5


def test_a_header_that_never_ends_is_given_up(node):
    with connect(node, timeout=20) as connection:
        connection.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: ")
        status, _, _ = answer(connection)  # comes after the node's own 10 s
    assert status in (0, 408)


@pytest.mark.parametrize("head", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),  # TLS to a clear-text port
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"hello\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /v2 HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    b"POST /v2/repository/index HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /v2/repository/index HTTP/1.1\r\nHost: a\r\nContent-Length: 9x\r\n\r\n",
    b"POST /v2/repository/index HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /v2/repository/index HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
], ids=range(9))
def test_what_is_no_http_is_refused(node, head):
    with connect(node) as connection:
        connection.sendall(head)
        connection.shutdown(socket.SHUT_WR)
        status, _, body = answer(connection)
    assert 400 <= status < 506 and json.loads(body)["error"]


def test_smuggled_lengths_are_refused(node):
    both = (b"POST /v2/repository/index HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
    with connect(node) as connection:
        connection.sendall(both)
        refused_on(connection, 400)


@pytest.mark.parametrize("line", ["X: " + "x" * 100_000, "\r\n".join(f"X{n}: 1" for n in range(5000)),
                                  "Cookie: " + "c" * 40_000])
def test_large_headers_are_refused(node, line):
    with connect(node) as connection:
        connection.sendall(f"GET /v2 HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n".encode())
        refused_on(connection, 431)


@pytest.mark.parametrize("length", [64 * 1024 * 1024 + 1, 10**15, 2**64 - 1])
def test_a_body_over_the_limit_is_refused_before_it_is_sent(node, length):
    with connect(node) as connection:
        connection.sendall(post_head(node, "/v1/tasks/emotion", length))
        refused_on(connection, 413, 400)


def test_a_chunked_body_over_the_limit_is_refused(start):
    with start("--http-body-max-kib", "64") as small, connect(small) as connection:
        chunk = b"8000\r\n" + bytes(0x8000) + b"\r\n"
        connection.sendall(b"POST /v1/tasks/emotion HTTP/1.1\r\nHost: a\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3)
        refused_on(connection, 413)


def test_a_chunked_body_is_read(node):
    data = photo("sample1.jpg")
    pieces = [data[at:at + 50_000] for at in range(0, len(data), 50_000)]
    answered = requests.post(f"{node.http}/v1/tasks/emotion", data=iter(pieces), timeout=30)
    assert answered.status_code == 200 and len(answered.json()["faces"]) == 3
