"""rtpengine's control protocol «ng», as far as the bench needs it: bencoded dictionaries over UDP."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping

from bench.common.process import BenchError
from bench.rele.legs import Flow, connected

_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
)


def bencode(value: Mapping[str, object] | str | list[str]) -> bytes:
    """A text, a list of texts or a dictionary in bencode."""
    if isinstance(value, str):
        raw = value.encode()
        return str(len(raw)).encode() + b":" + raw
    if isinstance(value, list):
        return b"l" + b"".join(bencode(item) for item in value) + b"e"
    parts = [bencode(key) + bencode(item) for key, item in sorted(value.items())]  # type: ignore[arg-type]
    return b"d" + b"".join(parts) + b"e"


class Control:
    """A conversation with one rtpengine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(0.5)
        self._count = 0

    def ask(self, **words: object) -> bytes:
        """The answer's dictionary, still bencoded; BenchError when there is none after some tries."""
        self._count += 1
        cookie = f"bench{self._count}"
        for _ in range(10):
            self._socket.send(cookie.encode() + b" " + bencode(words))
            try:
                answer = self._socket.recv(65536)
            except (TimeoutError, ConnectionRefusedError):
                continue
            if answer.startswith(cookie.encode() + b" "):
                return answer
        raise BenchError("rtpengine does not answer")

    def port_for(self, command: str, call: int, port: int, **tags: str) -> int:
        """Offer or answer with our port; the port that rtpengine opens for the other side."""
        said = self.ask(
            **{
                "command": command,
                "call-id": f"bench{call}",
                "ICE": "remove",
                "replace": ["origin"],
                "sdp": _SDP.format(port=port),
                **tags,
            }
        )
        found = re.search(rb"m=audio (\d+) ", said)
        if found is None:
            raise BenchError(f"rtpengine refused a call: {said[:200].decode(errors='replace')}")
        return int(found[1])


def calls_at(control_port: int, calls: int) -> list[Flow]:
    """Calls set up by offer and answer; plain RTP both ways."""
    control = Control(control_port)
    control.ask(command="ping")
    flows: list[Flow] = []
    for call in range(calls):
        one, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for made in (one, other):
            made.bind(("127.0.0.1", 0))
        for_other = control.port_for("offer", call, one.getsockname()[1], **{"from-tag": "a"})
        for_one = control.port_for("answer", call, other.getsockname()[1], **{"from-tag": "a", "to-tag": "b"})
        one.connect(("127.0.0.1", for_one))
        other.connect(("127.0.0.1", for_other))
        flows += [Flow(one, b"", other, 0), Flow(other, b"", one, 0)]
    return flows


def joined_at(port: int, calls: int) -> list[Flow]:
    """Calls at the yardstick: the two sources that send the same number are joined."""
    flows: list[Flow] = []
    for call in range(calls):
        one, other = (connected(("127.0.0.1", port)) for _ in range(2))
        for made in (one, other):
            made.settimeout(1)
            made.send(b"\xfe" + call.to_bytes(4, "little"))
            made.recv(100)
        flows += [Flow(one, b"", other, 0), Flow(other, b"", one, 0)]
    return flows
