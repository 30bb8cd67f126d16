"""Clients that send and never read: what they cost stays small, and the node lets go of each."""

import os
import select
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from conftest import photo

CLIENTS = 8  # of each kind
SENT_MAX = 16 << 20  # bytes that one client gets rid of before its node must have stopped reading
STALL_S = 2
END_S = 120  # the node's own bounds: 30 s without progress, 60 s for one that it takes for idle
GROWTH_MAX = 64 << 10  # KiB, for all of them together

UPGRADE = ("GET /v1/tasks/emotion/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()
# Each is answered: an error a frame, a page of text a request.
BROKEN_FRAME = b"\x82\xfe" + struct.pack(">H", 4) + b"\0\0\0\0" + b"\2\0\0\0"
PAGE = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"

KINDS = {"http": (b"", PAGE), "websocket": (UPGRADE, BROKEN_FRAME)}


def resident(node):
    """KiB."""
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def descriptors(node):
    return len(os.listdir(f"/proc/{node.process.pid}/fd"))


def flooded(node, first, again):
    """A client that has sent until nothing more is taken."""
    client = socket.create_connection(node.address)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(STALL_S)
    client.sendall(first)
    sent = 0
    try:
        while sent < SENT_MAX:
            sent += client.send(again * 1000)
    except TimeoutError:
        pass
    assert sent < SENT_MAX, "the node read on and on"
    return client


def test_they_cost_little_and_are_let_go(start):
    # A sanitized build holds freed memory back, 256 MiB of it unless told otherwise.
    with start(ASAN_OPTIONS="quarantine_size_mb=1") as node:
        for _ in range(2):
            assert requests.post(f"{node.http}/v1/tasks/emotion", data=photo("sample1.jpg"), timeout=30).ok
        before, open_before = resident(node), descriptors(node)
        with ThreadPoolExecutor(2 * CLIENTS) as threads:
            clients = list(threads.map(lambda kind: flooded(node, *KINDS[kind]), CLIENTS * list(KINDS)))
        assert resident(node) - before < GROWTH_MAX
        # A node that closes a socket from which it has not read all resets it.
        ended = select.poll()
        for client in clients:
            ended.register(client, 0)  # a hang-up is always told
        deadline = time.monotonic() + END_S
        left = {client.fileno() for client in clients}
        while left:
            assert (rest := deadline - time.monotonic()) > 0, f"{len(left)} are still held"
            for number, _ in ended.poll(rest * 1000):
                ended.unregister(number)
                left.discard(number)
        assert descriptors(node) <= open_before
        assert resident(node) - before < GROWTH_MAX
        assert requests.post(f"{node.http}/v1/tasks/emotion", data=photo("sample1.jpg"), timeout=30).ok
        for client in clients:
            client.close()
