"""A service that answers every request at once, in a process of its own: `python -m bench.endpoint` prints its port."""

import asyncio
import contextlib
import sys

ANSWER = b'{"MessageId":"m","MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592"}'
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-amzn-RequestId: r\r\nX-Amz-Executed-Version: $LATEST\r\n"
)
RESPONSE = _HEAD + b"Content-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection, one after another."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            _, found, rest = head.partition(b"content-length:")
            if found:
                await reader.readexactly(int(rest.partition(b"\r\n")[0]))
            writer.write(RESPONSE)
    writer.close()


async def main() -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2048)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
