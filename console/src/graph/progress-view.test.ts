import { expect, test } from "vitest";

import { clockText } from "./progress-view";

test.each([
  [-3, "0:00"],
  [6.2, "0:07"],
  [750, "12:30"],
  [3723, "1:02:03"],
])("%d seconds are %s", (seconds, text) => expect(clockText(seconds)).toBe(text));
