import { describe, expect, test } from "vitest";

import { fittingView, openingView, OPENING_ZOOM_MIN, viewShowing, zoomed, ZOOM_MAX } from "./view";

const PANE = { width: 1280, height: 800 };

describe("the opening view", () => {
  test("shows all, no larger than it is, if all can be read", () => {
    expect(openingView({ x: 0, y: 0, width: 600, height: 500 }, PANE, undefined)).toEqual({ x: 320, y: 150, zoom: 1 });
    expect(openingView({ x: 0, y: 0, width: 1000, height: 1200 }, PANE, undefined).zoom).toBeCloseTo(752 / 1200);
  });

  test("is never smaller than can be read, and begins with Start", () => {
    const view = openingView({ x: 0, y: 0, width: 700, height: 30_000 }, PANE, { x: 300, y: 0, width: 72, height: 28 });
    expect(view).toEqual({ x: 270, y: 24, zoom: 1 });
  });

  test("has what matters most in the upper third, and in the middle if the whole is too wide", () => {
    const failed = { x: 4000, y: 9000, width: 216, height: 50 };
    const view = openingView({ x: 0, y: 0, width: 8000, height: 30_000 }, PANE, failed);
    expect(view.zoom).toBe(OPENING_ZOOM_MIN);
    expect((failed.x + 108) * view.zoom + view.x).toBeCloseTo(640);
    expect(failed.y * view.zoom + view.y).toBeCloseTo(800 / 3);
  });
});

test("what was moved beyond the origin is in sight as well", () => {
  const whole = { x: -300, y: -100, width: 600, height: 500 };
  expect(openingView(whole, PANE, undefined)).toEqual({ x: 620, y: 250, zoom: 1 });
});

test("fitting shows all, however small", () => {
  const view = fittingView({ x: 0, y: 0, width: 8000, height: 4000 }, PANE);
  expect([8000 * view.zoom <= 1240, 4000 * view.zoom <= 800]).toEqual([true, true]);
});

describe("showing a box", () => {
  const view = { x: 0, y: 0, zoom: 1 };

  test("moves nothing if it is in sight", () => {
    expect(viewShowing({ x: 10, y: 10, width: 216, height: 50 }, PANE, view)).toBe(view);
  });

  test("brings it to the middle, and near enough to be read", () => {
    expect(viewShowing({ x: 3000, y: 3000, width: 216, height: 50 }, PANE, view)).toEqual({ x: 640 - 3108, y: 400 - 3025, zoom: 1 });
    expect(viewShowing({ x: 10, y: 10, width: 216, height: 50 }, PANE, { ...view, zoom: 0.2 }).zoom).toBe(OPENING_ZOOM_MIN);
  });

  test("shows the top of what is taller than the pane", () => {
    const shown = viewShowing({ x: 0, y: 5000, width: 216, height: 5000 }, PANE, view);
    expect(5000 * shown.zoom + shown.y).toBe(24);
  });
});

test("zooming keeps the middle, within bounds", () => {
  const view = zoomed({ x: 100, y: 50, zoom: 1 }, PANE, 2);
  expect((640 - view.x) / view.zoom).toBe(540);
  expect(zoomed(view, PANE, 99).zoom).toBe(ZOOM_MAX);
});
