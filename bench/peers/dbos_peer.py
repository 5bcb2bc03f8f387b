"""DBOS: workflows and steps in the process of the application, 16 threads, PostgreSQL below."""

import threading

from dbos import DBOS
from figures import STEPS, Figures, Meter, measure
from processes import postgres

THREADS = 16


@DBOS.step()
def step(number: int) -> int:
    """Nothing."""
    return number + 1


@DBOS.workflow()
def steps() -> int:
    """Ten steps."""
    number = 0
    for _ in range(STEPS):
        number = step(number)
    return number


def run(workflows: int) -> Figures:
    """As many at once as there are threads."""
    with postgres() as (address, pid):
        config = {
            "name": "peer",
            "system_database_url": address,
            "max_executor_threads": THREADS,
            "log_level": "ERROR",
            "run_admin_server": False,
        }
        DBOS(config=config)
        DBOS.launch()
        assert steps() == STEPS
        meter = Meter(pid)
        each = workflows // THREADS
        threads = [threading.Thread(target=_some, args=(each,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        figures = meter.read(each * THREADS, "worker in process")
        DBOS.destroy()
        return figures


def _some(count: int) -> None:
    for _ in range(count):
        assert steps() == STEPS


if __name__ == "__main__":
    measure(run, 320)
