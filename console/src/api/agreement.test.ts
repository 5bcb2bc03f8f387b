import { expectTypeOf, test } from "vitest";

import type * as generated from "./generated/reads";
import type * as service from "./generated/service";
import type { Operations } from "./operations";
import type * as ours from "./reads";

/** What the server answers may be used as what the client takes it for. Checked by `tsc`, which reads the generated types. */
test("answers of the reads are what the client takes them for", () => {
  expectTypeOf<generated.ExecutionPage>().toExtend<Loose<ours.ExecutionPage>>();
  expectTypeOf<generated.Metrics>().toExtend<Loose<ours.Metrics>>();
  expectTypeOf<generated.StateFigures>().toExtend<Loose<ours.StateFigures>>();
  expectTypeOf<generated.Overview>().toExtend<Loose<ours.Overview>>();
  expectTypeOf<generated.MachineRow>().toExtend<Loose<ours.MachineRow>>();
  expectTypeOf<generated.ActivityQueueRow>().toExtend<Loose<ours.ActivityRow>>();
  expectTypeOf<generated.IterationPage>().toExtend<Loose<ours.IterationPage>>();
  expectTypeOf<generated.Job>().toExtend<Loose<ours.Job>>();
});

test("operations that the client calls are the service's", () => {
  expectTypeOf<keyof Operations>().toExtend<keyof service.Operations>();
});

/** The same type, where words of a known set may be any text: the server's model says `string` for some of them. */
type Loose<Value> = Value extends string
  ? string
  : Value extends number | boolean | null
    ? Value
    : Value extends (infer Item)[]
      ? Loose<Item>[]
      : { [Name in keyof Value]: Loose<Value[Name]> };
