/** A definition with a given number of states: chains with choices, loops, handlers, lanes and Maps, the same each time. */
type State = Record<string, unknown>;

const TASK = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke" };
const BLOCK = 10;
const CHAPTER = 5; // blocks that share a handler of errors

/** Blocks of ten states, one after the other, and what is left as a plain chain. */
export function largeDefinition(states: number): string {
  const made: Record<string, State> = {};
  let blocks = Math.floor((states - 1) / BLOCK);
  while (blocks * BLOCK + Math.ceil(blocks / CHAPTER) + 1 > states) blocks -= 1;
  for (let block = 0; block < blocks; block += 1) addBlock(made, block);
  for (let chapter = 0; chapter < blocks / CHAPTER; chapter += 1) made[`Tell somebody ${chapter}`] = { Type: "Fail", Error: "Broken" };
  const rest = states - 1 - blocks * BLOCK - Math.ceil(blocks / CHAPTER);
  for (let at = 0; at < rest; at += 1) made[`Rest ${at}`] = { ...TASK, Next: at + 1 < rest ? `Rest ${at + 1}` : "Done" };
  relink(made, blocks, rest);
  made.Done = { Type: "Succeed" };
  return JSON.stringify({ StartAt: Object.keys(made)[0], States: made });
}

/** A choice with a loop and a way around, lanes, and a Map with a flow in it: ten states. */
function addBlock(made: Record<string, State>, block: number): void {
  const name = (what: string) => `${what} ${block}`;
  const pass = { Type: "Pass", End: true };
  const lane = (what: string) => ({ StartAt: name(what), States: { [name(what)]: pass } });
  const handler = `Tell somebody ${Math.floor(block / CHAPTER)}`;
  made[name("Fetch")] = { ...TASK, Next: name("Good?"), Catch: [{ ErrorEquals: ["States.ALL"], Next: handler }] };
  made[name("Good?")] = {
    Type: "Choice",
    Choices: [
      { Variable: "$.good", BooleanEquals: true, Next: name("At once") },
      { Variable: "$.tries", NumericLessThan: 3, Next: name("Fetch") },
    ],
    Default: name("Mend"),
  };
  made[name("Mend")] = { ...TASK, Next: name("At once") };
  const branches = [lane("Weigh"), lane("Measure"), lane("Label")];
  made[name("At once")] = { Type: "Parallel", Branches: branches, Next: name("Each item") };
  const steps = { [name("Pack")]: { ...TASK, Next: name("Send") }, [name("Send")]: pass };
  made[name("Each item")] = { Type: "Map", ItemProcessor: { StartAt: name("Pack"), States: steps }, Next: name("Fetch") };
}

function relink(made: Record<string, State>, blocks: number, rest: number): void {
  for (let block = 0; block < blocks; block += 1) {
    const next = block + 1 < blocks ? `Fetch ${block + 1}` : rest > 0 ? "Rest 0" : "Done";
    Object.assign(made[`Each item ${block}`] ?? {}, { Next: next });
  }
}
