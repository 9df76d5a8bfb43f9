"""A compile worker that serves hand-made objects: the "PTX" is `object <folder>`, then the description."""

import os
import signal
import socket
import sys
from pathlib import Path


def take(link, count):
    data = b""
    while len(data) < count:
        part = link.recv(count - len(data))
        if not part:
            raise SystemExit(0)
        data += part
    return data


def answer(verb, fields, blob):
    folder = Path(blob.split(b"\n", 1)[0].decode().partition(" ")[2]) if blob.startswith(b"object ") else None
    if verb == "chip":
        return "ok", b"name Test Chip\nmultiprocessors 16\nmemory_bytes 4294967296\n"
    if verb == "module":
        if folder is None:
            return "error", b"line 1: this is not PTX"
        return "ok", blob.split(b"\n", 1)[1]
    if verb == "compile":
        if fields["kernel"] == "die":
            os.kill(os.getpid(), signal.SIGABRT)
        suffix = ".checked.o" if fields["mode"] == "checked" else ".o"
        path = folder / (fields["kernel"] + suffix)
        return ("ok", path.read_bytes()) if path.exists() else ("error", f"no object {path.name}".encode())
    if verb == "locate":
        return "ok\nfile located.cu\nline 123", b""
    if verb == "run":
        return "ok", f"ran {fields['kernel']} {fields['grid']} {fields['params'][:16]}\n".encode()
    if verb == "nvrtc":
        return "ok\nlog 5", b"ptx of " + fields["name"].encode() + b"a log"
    return "error", b"unknown verb"


def main():
    link = socket.socket(fileno=int(sys.argv[1]))
    log = os.environ.get("FAKE_WORKER_LOG")
    while True:
        sizes = take(link, 8)
        header = take(link, int.from_bytes(sizes[:4], "little")).decode()
        blob = take(link, int.from_bytes(sizes[4:], "little"))
        fields = dict(line.partition(" ")[::2] for line in header.splitlines())
        if log:
            with open(log, "a") as out:
                out.write(" ".join(header.splitlines()) + "\n")
        text, reply = answer(fields["verb"], fields, blob)
        head = (text + "\n").encode()
        link.sendall(len(head).to_bytes(4, "little") + len(reply).to_bytes(4, "little") + head + reply)


main()
