"""The program between the server and a container's process: it runs a command and never lets it outlive the server.

It is run by its path and imports nothing of Stepwell. Arguments: the command. Standard input is the server's lifeline:
when that closes, whatever the command started is killed. SIGTERM is handed on. The exit status is the command's, or 128
and the signal's number, as shells and Docker have it.
"""

import _thread
import os
import signal
import sys

KILLED = 128 + signal.SIGKILL


def main() -> int:
    """Run the command; its exit status."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until there is somebody to hand it on to
    pid = os.fork()
    if pid == 0:
        os.closerange(3, 64)
        _become(sys.argv[1:])
    _lead(pid)
    signal.signal(signal.SIGTERM, lambda *_: _tell(pid, signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _thread.start_new_thread(_follow_server, (lifeline, pid))
    _, status = os.waitpid(pid, 0)
    _tell(pid, signal.SIGKILL)  # what the command left behind ends with it, as in a container
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _become(command: list[str]) -> None:
    """The command, at the head of a group of its own, so that all it starts can be ended together."""
    _lead(0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _lead(pid: int) -> None:
    """Both sides say so, since either may be the first to need it."""
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass  # the other side was first, or it has ended


def _follow_server(lifeline: int, pid: int) -> None:
    try:
        while os.read(lifeline, 64):
            pass
    except OSError:
        pass
    _tell(pid, signal.SIGKILL)
    os._exit(KILLED)


def _tell(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass  # all of it has ended


if __name__ == "__main__":
    sys.exit(main())
