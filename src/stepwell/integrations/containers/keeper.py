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
WAITED_FOR = {signal.SIGTERM, signal.SIGCHLD}


def main() -> int:
    """Run the command; its exit status."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # else it might be ignored, and not waited for
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)  # for good: a handler could come a moment too early
    pid = os.fork()
    if pid == 0:
        os.closerange(3, 64)
        _become(sys.argv[1:])
    _lead(pid)
    _thread.start_new_thread(_follow_server, (lifeline, pid))
    code = _wait(pid)
    _tell(pid, signal.SIGKILL)  # what the command left behind ends with it, as in a container
    return code if code >= 0 else 128 - code


def _wait(pid: int) -> int:
    """Until the command ends, handing SIGTERM on meanwhile; its exit code, or a signal's number as a negative one."""
    while True:
        if signal.sigwait(WAITED_FOR) == signal.SIGTERM:
            _tell(pid, signal.SIGTERM)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)


def _become(command: list[str]) -> None:
    """The command, at the head of a group of its own, so that all it starts can be ended together."""
    _lead(0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)
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
