import i18next from "i18next";
import { beforeAll, describe, expect, test } from "vitest";

import { ago, clock, count, day, duration, moment, size } from "./format";

beforeAll(() => i18next.init({ lng: "en", resources: {}, showSupportNotice: false }));

describe("a length of time", () => {
  test.each([
    [0, "0ms"],
    [850.4, "850ms"],
    [3_449, "3.4s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [125_000, "2m 5s"],
    [3_780_000, "1h 3m"],
    [187_200_000, "2d 4h"],
  ])("%d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

  test("is said in the language that is spoken", async () => {
    await i18next.changeLanguage("ko");
    expect(duration(125_000)).toBe("2분 5초");
    await i18next.changeLanguage("en");
  });
});

describe("a moment", () => {
  test("has its date and time", () => {
    expect(moment(1_000_000_000_123, "utc")).toBe("Sep 9, 2001, 01:46:40");
    expect(day(1_000_000_000_123, "utc")).toBe("Sep 9");
  });

  test("of a day, as exact as is asked", () => {
    expect(clock(1_000_000_000_123, "utc")).toBe("01:46:40");
    expect(clock(1_000_000_000_123, "utc", "minute")).toBe("01:46");
    expect(clock(1_000_000_000_123, "utc", "millisecond")).toBe("01:46:40.123");
  });

  test("passed", () => {
    expect(ago(0, 30_000)).toBe("30 sec. ago");
    expect(ago(0, 7_200_000)).toBe("2 hr. ago");
  });
});

test("numbers and sizes are grouped", () => {
  expect(count(12_000)).toBe("12,000");
  expect(size("한글")).toBe("6 B");
  expect(size("x".repeat(2048))).toBe("2 kB");
});
