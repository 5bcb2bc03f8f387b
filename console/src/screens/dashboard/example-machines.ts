export interface Example {
  id: "steps" | "choice" | "map" | "retry" | "parallel";
  name: string;
  definition: object;
  input: object;
}

/** Five machines that need no worker, function or account. */
export const EXAMPLES: readonly Example[] = [
  {
    id: "steps",
    name: "example-steps",
    input: { name: "World" },
    definition: {
      Comment: "A greeting after a short wait",
      QueryLanguage: "JSONata",
      StartAt: "Greet",
      States: {
        Greet: { Type: "Pass", Output: { greeting: "{% 'Hello, ' & $states.input.name %}" }, Next: "Think" },
        Think: { Type: "Wait", Seconds: 3, Next: "Done" },
        Done: { Type: "Succeed" },
      },
    },
  },
  {
    id: "choice",
    name: "example-choice",
    input: { total: 1200 },
    definition: {
      Comment: "Large orders are looked at",
      StartAt: "How much?",
      States: {
        "How much?": {
          Type: "Choice",
          Choices: [{ Variable: "$.total", NumericGreaterThan: 1000, Next: "Look at it" }],
          Default: "Accept",
        },
        "Look at it": { Type: "Wait", Seconds: 4, Next: "Accept" },
        Accept: { Type: "Pass", Result: "accepted", ResultPath: "$.decision", End: true },
      },
    },
  },
  {
    id: "map",
    name: "example-map",
    input: { items: Array.from({ length: 12 }, (_, index) => ({ number: index + 1, seconds: 1 + (index % 3) })) },
    definition: {
      Comment: "Twelve items, three at a time",
      StartAt: "Each item",
      States: {
        "Each item": {
          Type: "Map",
          ItemsPath: "$.items",
          MaxConcurrency: 3,
          ItemProcessor: {
            StartAt: "Pack",
            States: {
              Pack: { Type: "Wait", SecondsPath: "$.seconds", Next: "Label" },
              Label: { Type: "Pass", End: true },
            },
          },
          End: true,
        },
      },
    },
  },
  {
    id: "retry",
    name: "example-failure",
    input: {},
    definition: {
      Comment: "What goes wrong is tried again, and then caught",
      StartAt: "Try",
      States: {
        Try: {
          Type: "Parallel",
          Branches: [{ StartAt: "Refuse", States: { Refuse: { Type: "Fail", Error: "Example.Refused", Cause: "This example always refuses." } } }],
          Retry: [{ ErrorEquals: ["Example.Refused"], IntervalSeconds: 2, MaxAttempts: 2, BackoffRate: 1.5 }],
          Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.trouble", Next: "Apologise" }],
          End: true,
        },
        Apologise: { Type: "Pass", End: true },
      },
    },
  },
  {
    id: "parallel",
    name: "example-parallel",
    input: {},
    definition: {
      Comment: "Three ways at once; the slowest decides",
      StartAt: "All at once",
      States: {
        "All at once": {
          Type: "Parallel",
          Branches: [2, 4, 6].map((seconds) => ({
            StartAt: `Wait ${seconds} s`,
            States: { [`Wait ${seconds} s`]: { Type: "Wait", Seconds: seconds, End: true } },
          })),
          Next: "Together again",
        },
        "Together again": { Type: "Pass", End: true },
      },
    },
  },
];
