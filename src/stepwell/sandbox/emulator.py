"""The program of the sandbox's process: moto's server on a loopback port, for as long as the parent lives.

It is run by its path and imports nothing of Stepwell. Argument: the port. It prints one line of JSON, its address and
the services it knows, and ends when its standard input closes: the parent is gone then, however it ended.
"""

import json
import logging
import os
import socket
import sys
import threading
import urllib.request
from importlib import import_module

HOST = "127.0.0.1"
CONFIGURATION = {"batch": {"use_docker": False}, "lambda": {"use_docker": False}}
"""Jobs succeed at once instead of asking for Docker."""


def main() -> None:
    """Serve until the parent is gone."""
    threading.Thread(target=_follow_parent, daemon=True).start()
    port = int(sys.argv[1])
    socket.create_server((HOST, port)).close()  # moto would wait for ever for a port that is taken
    backends, server = import_module("moto.backends"), import_module("moto.server")  # optional packages
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for every request is nobody's news
    moto = server.ThreadedMotoServer(HOST, port, verbose=False)
    moto.start()
    address = f"http://{HOST}:{moto.get_host_and_port()[1]}"
    body = json.dumps(CONFIGURATION).encode()
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/config", body, headers)).close()
    names = set(backends.list_of_moto_modules()) - {"core", "utilities"}
    services = sorted(name for name in names if "_" not in name)  # the others are variants, and moto's own parts
    sys.stdout.write(json.dumps({"address": address, "services": services}) + "\n")
    sys.stdout.flush()
    threading.Event().wait()


def _follow_parent() -> None:
    """From the first moment on, whatever the other threads wait for."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
