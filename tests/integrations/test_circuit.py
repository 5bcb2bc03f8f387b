"""Endpoints that do not answer: when they are left alone, when they are tried again, what they are not to others."""

from stepwell.integrations.circuit import FAILURES_MAX, LAST_PAUSE_S, Circuits

HERE, THERE = "https://here", "https://there"


class Clock:
    def __init__(self):
        self.s = 100.0

    def __call__(self):
        return self.s


def broken(clock):
    circuits = Circuits(clock)
    for _ in range(FAILURES_MAX):
        assert circuits.refusal(HERE) is None
        circuits.failed(HERE)
    return circuits


def test_an_endpoint_is_left_alone_and_no_other():
    circuits = broken(Clock())
    said = circuits.refusal(HERE)
    assert said.startswith(f"Unable to execute HTTP request: {HERE} did not answer {FAILURES_MAX} calls in a row")
    assert said.endswith("the next try is in 1.0 s")
    assert circuits.refusal(THERE) is None


def test_an_answer_between_begins_the_count_anew():
    circuits = Circuits(Clock())
    for _ in range(3):
        for _ in range(FAILURES_MAX - 1):
            circuits.failed(HERE)
        circuits.answered(HERE)
    assert circuits.refusal(HERE) is None


def test_one_call_tries_and_its_success_is_everybodys():
    clock = Clock()
    circuits = broken(clock)
    clock.s += 1.01
    assert circuits.refusal(HERE) is None
    assert circuits.refusal(HERE) is not None
    circuits.answered(HERE)
    assert circuits.refusal(HERE) is None


def test_pauses_grow_to_half_a_minute():
    clock = Clock()
    circuits = broken(clock)
    pauses = []
    for _ in range(7):
        began = clock.s
        while circuits.refusal(HERE) is not None:
            clock.s += 0.25
        circuits.failed(HERE)
        pauses.append(clock.s - began)
    assert pauses == [1, 2, 4, 8, 16, LAST_PAUSE_S, LAST_PAUSE_S]


def test_calls_that_were_under_way_make_no_pause_longer():
    clock = Clock()
    circuits = broken(clock)
    for _ in range(1_000):
        circuits.failed(HERE)
    clock.s += 1.01
    assert circuits.refusal(HERE) is None


def test_a_try_that_nobody_waits_for_any_more_is_followed_by_another():
    clock = Clock()
    circuits = broken(clock)
    clock.s += 1.01
    assert circuits.refusal(HERE) is None  # and its task is stopped
    clock.s += 1.01
    assert circuits.refusal(HERE) is None


def test_what_is_remembered_is_bounded():
    circuits = Circuits(Clock())
    for number in range(3_000):
        circuits.failed(f"https://{number}")
    assert len(circuits._circuits) == 1_000
