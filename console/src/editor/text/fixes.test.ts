import { describe, expect, test } from "vitest";

import { check } from "./checks";
import { fixOf } from "./fixes";

describe("a fix", () => {
  const cases: [string, string, string][] = [
    ["adds the state that is missing", '{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}', '{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}}'],
    ["starts with the first state", '{"States":{"A":{"Type":"Succeed"}}}', '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'],
    ["lets a state end that leads nowhere", '{"StartAt":"A","States":{"A":{"Type":"Pass"}}}', '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'],
    ["takes away what nobody reaches", '{"StartAt":"A","States":{"A":{"Type":"Succeed"},"B":{"Type":"Succeed"}}}', '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'],
  ];
  test.each(cases)("%s", (_, text, wanted) => {
    const [problem] = check(text).problems;
    expect(problem && fixOf(text, problem)?.text).toBe(wanted);
    expect(check(wanted).problems).toEqual([]);
  });

  test("is not there where a person has to decide", () => {
    const [problem] = check("{").problems;
    expect(problem && fixOf("{", problem)).toBeUndefined();
  });
});
