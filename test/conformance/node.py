"""A `perigee serve` process: started on free ports, awaited, ended, looked through for faults."""

import os
import queue
import re
import signal
import subprocess
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"perigee: ready http=(https?://\S+:\d+)(?: grpc=(\S+:\d+))?")
FAULT = re.compile(r"Sanitizer|runtime error:|terminate called|CHECK failed")
READY_TIMEOUT_S = 60  # with sanitizers, on a busy machine
STOP_TIMEOUT_S = 5


def program():
    """The program under test: PERIGEE_BIN, or what `make test` built."""
    return Path(os.environ.get("PERIGEE_BIN", ROOT / "build/dev/bin/perigee"))


def models():
    return Path(os.environ.get("PERIGEE_MODELS", ROOT / "models"))


def clean_environment(**more):
    """This process's, without settings of Perigee that would reach the node unseen."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PERIGEE_")}
    return kept | more


def run(*arguments, timeout=READY_TIMEOUT_S, **environment):
    """Runs the program to its end: (exit code, stdout, stderr)."""
    done = subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, env=clean_environment(**environment), check=False)
    assert not FAULT.search(done.stderr), done.stderr
    return done.returncode, done.stdout, done.stderr


class Node:
    """Use as a context manager; leaving it ends the process and asserts that it ended well. `within`: a command that
    becomes the program given behind it, such as setpriv."""

    def __init__(self, stderr_path, *arguments, models_folder=None, within=(), **environment):
        self._stderr_path = Path(stderr_path)
        self._arguments = [*within, program(), "serve", "--http-port", "0", "--grpc-port", "0",
                           "--models", models_folder or models(), *arguments]
        self._environment = clean_environment(**environment)
        self.http = self.grpc = None

    def __enter__(self):
        self._stderr = self._stderr_path.open("wb")
        self.process = subprocess.Popen([str(word) for word in self._arguments],
                                        stdout=subprocess.PIPE, stderr=self._stderr, text=True,
                                        env=self._environment)
        try:
            self._await_ready()
        except BaseException:
            self.process.kill()
            self.process.wait()
            self._stderr.close()
            raise
        return self

    def _await_ready(self):
        lines = queue.Queue()
        threading.Thread(target=self._forward, args=(lines,), daemon=True).start()
        line = lines.get(timeout=READY_TIMEOUT_S)
        while line is not None and not (ready := READY.search(line)):
            line = lines.get(timeout=READY_TIMEOUT_S)
        assert line is not None, f"ended before it was ready: {self.stderr()}"
        self.http, self.grpc = ready.groups()

    def _forward(self, lines):
        """Keeps reading for as long as the node writes, so that it never waits for us."""
        for line in self.process.stdout:
            lines.put(line)
        lines.put(None)

    @property
    def address(self):
        """(host, port) of HTTP, for sockets."""
        host, port = self.http_authority.rsplit(":", 1)
        return host, int(port)

    @property
    def http_authority(self):
        return self.http.split("://")[1]

    def stderr(self):
        return self._stderr_path.read_text(errors="replace")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        """Asserts the good end that a SIGTERM brings."""
        try:
            code = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no end {STOP_TIMEOUT_S} s after SIGTERM: {self.stderr()}")
        finally:
            self._stderr.close()
        assert not FAULT.search(self.stderr()), self.stderr()
        assert code == 0, f"exit code {code}: {self.stderr()}"

    def __exit__(self, *_):
        if not self._stderr.closed:
            self.terminate()
            self.wait()
