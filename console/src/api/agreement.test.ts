import { expectTypeOf, test } from "vitest";

import type * as service from "./generated/service";
import type { Operations } from "./operations";

test("operations that the client calls are the service's", () => {
  expectTypeOf<keyof Operations>().toExtend<keyof service.Operations>();
});
