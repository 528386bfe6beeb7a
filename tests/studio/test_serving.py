"""Who reaches the studio's server, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.studio.conftest import TEXT

pytest.importorskip("panel", reason="the studio is not installed: pip install fastlanes_sim[studio]")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """The process and its address."""
    file = tmp_path_factory.mktemp("studio") / "small.yaml"
    file.write_text(TEXT)
    process = _started(file)
    assert process.stderr is not None
    address = re.search(r"http://127\.0\.0\.1:\d+/\S+", process.stderr.readline())
    assert address
    yield process, address[0]
    process.kill()
    process.wait(30)


def _started(*arguments: object) -> Any:
    command = [sys.executable, "-m", "fastlanes_sim", "studio", *map(str, arguments), "--no-browser"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_only_this_machine_and_this_page_reach_it(served: tuple[Any, str]):
    address = served[1]
    root = address.rpartition("/")[0]
    for other in (root, f"{root}/guess", f"{root}/guess/ws"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(other)
        assert refused.value.code == 404
    for origin, code in (("http://evil.example", 403), (root, 101)):
        upgrade = {
            "Connection": "Upgrade", "Upgrade": "websocket", "Origin": origin, "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": f"bokeh, {_token(address)}",
        }  # fmt: skip
        assert _answer_to(urllib.request.Request(f"{address}/ws", headers=upgrade)) == code


def _token(address: str) -> str:
    """Of a Bokeh session, as the page has it."""
    found = re.search(r'"token":"([^"]+)"', urllib.request.urlopen(address).read().decode())
    assert found is not None
    return str(json.loads(f'"{found[1]}"'))


def _answer_to(request: urllib.request.Request) -> int:
    import http.client

    host = request.host
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", request.selector, headers=dict(request.header_items()))
    code = connection.getresponse().status
    connection.close()
    return code


def test_a_port_that_is_taken_is_said_in_words(served: tuple[Any, str]):
    port = served[1].split(":")[2].partition("/")[0]
    other = _started("--port", port)
    _, said = other.communicate(timeout=90)
    assert other.returncode == 2
    assert f"port {port} cannot be used" in said


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_ctrl_c_is_its_ordinary_end(served: tuple[Any, str]):
    process, _ = served
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "The studio is closed." in said.splitlines()
    assert "Traceback" not in said
