/** Saving: creating a machine, or updating it unless somebody else has done so meanwhile. */
import { call } from "@/api/aws";
import type { Machine } from "@/api/operations";

import type { Saved, StudioState } from "../studio/store";

export interface Wish {
  name: string;
  comment: string;
  publish: boolean;
}

/** What saving came to: done, or another text that was saved in between. */
export type Outcome = { kind: "saved"; arn: string; saved: Saved; version: string | undefined; text: string } | { kind: "conflict"; theirs: Machine };

const ROLE = "arn:aws:iam::000000000000:role/stepwell";

export async function save(state: StudioState, wish: Wish): Promise<Outcome> {
  const text = state.stack.text;
  if (state.arn === undefined) return create(state, text, wish);
  const present = await call("DescribeStateMachine", { stateMachineArn: state.arn });
  const isOthers = present.revisionId !== state.saved?.revisionId && present.definition !== state.saved?.text;
  if (isOthers && present.definition !== text) return { kind: "conflict", theirs: present };
  return update(state.arn, text, wish);
}

/** Save over what is there, whatever it is: a person has looked at both. */
export async function update(arn: string, text: string, { comment, publish }: Wish): Promise<Outcome> {
  const answer = await call("UpdateStateMachine", { stateMachineArn: arn, definition: text, ...(publish && { publish, ...(comment && { versionDescription: comment }) }) });
  return { kind: "saved", arn, text, saved: { text, revisionId: answer.revisionId }, version: answer.stateMachineVersionArn };
}

async function create(state: StudioState, text: string, { name, comment, publish }: Wish): Promise<Outcome> {
  const made = await call("CreateStateMachine", {
    name,
    definition: text,
    roleArn: state.roleArn || ROLE,
    type: state.type,
    ...(publish && { publish, ...(comment && { versionDescription: comment }) }),
  });
  const { revisionId } = await call("DescribeStateMachine", { stateMachineArn: made.stateMachineArn });
  return { kind: "saved", arn: made.stateMachineArn, text, saved: { text, revisionId }, version: made.stateMachineVersionArn };
}
