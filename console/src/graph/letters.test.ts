import { expect, test } from "vitest";

import { fitted, inTwoLines, widthOf } from "./letters";

const WIDTH = 164;

test.each(["short", "w".repeat(80), "주문을 확인하고 재고를 예약한 다음 결제를 요청합니다", "", "🙂".repeat(30)])("%s is no wider than its room", (text) => {
  expect(widthOf(fitted(text, WIDTH, 13), 13)).toBeLessThanOrEqual(WIDTH);
  const lines = inTwoLines(text, WIDTH, 13);
  expect(lines.length).toBeLessThanOrEqual(2);
  for (const line of lines) expect(widthOf(line, 13)).toBeLessThanOrEqual(WIDTH);
});

test("lines end where words end", () => {
  expect(inTwoLines("Ask a person for a good word", 144, 13)).toEqual(["Ask a person for a", "good word"]);
  expect(inTwoLines("ValidateTheCustomerAddress", 144, 13)).toEqual(["ValidateThe", "CustomerAddress"]);
});

test("Hangul is square, and capitals are broad", () => {
  expect(widthOf("상태", 10)).toBe(20);
  expect(widthOf("A", 10)).toBeGreaterThan(widthOf("a", 10));
});
