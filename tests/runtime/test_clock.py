"""Time that never goes back."""

import time

from stepwell.runtime.clock import ManualClock, SystemClock


def test_the_system_clock_is_about_now_and_does_not_go_back():
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1000) < 1_000
    seen = [clock.now_ms() for _ in range(10_000)]
    assert seen == sorted(seen)


def test_a_step_of_the_wall_clock_does_not_disturb_it(monkeypatch):
    clock = SystemClock()
    before = clock.now_ms()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert 0 <= clock.now_ms() - before < 1_000


def test_without_clock_gettime(monkeypatch):
    monkeypatch.delattr(time, "clock_gettime_ns")
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1000) < 1_000


def test_the_manual_clock_stands_still():
    clock = ManualClock(5)
    assert clock.now_ms() == clock.now_ms() == 5
    clock.advance(7)
    assert clock.now_ms() == 12
