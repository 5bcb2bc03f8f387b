interface Request {
  stateMachineArn: string;
  input: string;
  name?: string;
}

/** A text as one word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same request for the AWS command line, at this server. */
export function commandLine({ stateMachineArn, input, name }: Request): string {
  const words = [
    "aws stepfunctions start-execution",
    `--endpoint-url ${location.origin}`,
    `--state-machine-arn ${quoted(stateMachineArn)}`,
    ...(name ? [`--name ${quoted(name)}`] : []),
    `--input ${quoted(compact(input))}`,
  ];
  return words.join(" ");
}

function compact(input: string): string {
  try {
    return JSON.stringify(JSON.parse(input));
  } catch {
    return input;
  }
}
