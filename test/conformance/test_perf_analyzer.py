"""NVIDIA's perf_analyzer, unmodified, drives a node: it reads metadata, configuration and statistics
before and after, so a short run goes through more of the protocol than a client does."""

import os
import re
import subprocess

import pytest
from conftest import own_environment


@pytest.fixture(scope="module")
def perf_analyzer():
    folder = own_environment("perf", "--no-deps")
    libraries = next(folder.glob("lib/python*/site-packages/nvidia/cuda_runtime/lib"))
    environment = os.environ | {"LD_LIBRARY_PATH": str(libraries)}

    def run(*arguments):
        return subprocess.run([folder / "bin/perf_analyzer", *arguments], capture_output=True,
                              text=True, timeout=120, env=environment, check=False)
    if "libb64" in (missing := run("--version").stderr):
        pytest.skip(f"perf_analyzer needs Debian's libb64-0d: {missing.strip()}")
    return run


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_measures_the_classifier(node, perf_analyzer, protocol):
    address = node.http_authority if protocol == "http" else node.grpc
    if address is None:
        pytest.skip("this build has no gRPC")
    # Two counted windows of 50 requests; their spread is not the question here.
    done = perf_analyzer("-m", "emotion", "-i", protocol, "-u", address,
                         "--concurrency-range", "2", "--measurement-mode", "count_windows",
                         "--measurement-request-count", "50", "-s", "999", "--max-trials", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    throughput = re.search(r"Throughput: ([\d.]+) infer/sec", done.stdout)
    assert throughput and float(throughput[1]) > 0, done.stdout
    assert "Server:" in done.stdout, "the server's own account is missing"
