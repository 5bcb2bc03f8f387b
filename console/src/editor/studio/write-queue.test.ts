import { expect, test } from "vitest";

import { WriteQueue } from "./write-queue";

/** Writes that are over when the test says so. */
function writes() {
  const begun: string[] = [];
  const over: Record<string, (error?: Error) => void> = {};
  const write = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve, reject) => (over[name] = (error) => (error ? reject(error) : resolve())));
  };
  return { begun, over, write };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a write begins at once, the next one when it is over, whether or not it failed", async () => {
  const { begun, over, write } = writes();
  const queue = new WriteQueue();
  for (const name of ["first", "second", "third"]) queue.add(write(name));
  expect(begun).toEqual(["first"]);
  over["first"]?.(new Error("no answer"));
  await settled();
  expect(begun).toEqual(["first", "second"]);
  over["second"]?.();
  await settled();
  over["third"]?.();
  await settled();
  queue.add(write("fourth"));
  expect(begun).toEqual(["first", "second", "third", "fourth"]);
});

test("what waits begins at once when there is hurry, and only once", async () => {
  const { begun, over, write } = writes();
  const queue = new WriteQueue();
  for (const name of ["first", "second", "third"]) queue.add(write(name));
  queue.hurry();
  expect(begun).toEqual(["first", "second", "third"]);
  for (const name of begun) over[name]?.();
  await settled();
  expect(begun).toEqual(["first", "second", "third"]);
});
