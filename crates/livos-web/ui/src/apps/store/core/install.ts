/** What an install asks, in which order it says what an app can reach, and how far it has come. */

export type Permission = { code: string; text: string; risk: string };

const risks = ["high", "medium", "low"];

/** The riskiest first; within one risk the server's order stays. An unknown risk counts as high. */
export function orderPermissions<P extends Permission>(permissions: P[]): P[] {
  const rank = (risk: string) => Math.max(0, risks.indexOf(risk));
  return permissions
    .map((permission, at) => ({ permission, at }))
    .sort((a, b) => rank(a.permission.risk) - rank(b.permission.risk) || a.at - b.at)
    .map(({ permission }) => permission);
}

export type Input = {
  key: string;
  label: string;
  hint: string;
  kind: string;
  required: boolean;
  default: string;
  options: { value: string; label: string }[];
};

export type Answers = Record<string, string>;

export const isSecret = (input: Input): boolean => input.kind === "password" || input.kind === "secret";

const alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** A first password people can read aloud: no 0 O 1 l I. Rejection keeps every character equally likely. */
export function makePassword(
  length: number,
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
): string {
  const limit = 256 - (256 % alphabet.length);
  let out = "";
  while (out.length < length) {
    for (const byte of random(new Uint8Array(length))) {
      if (byte < limit && out.length < length) out += alphabet[byte % alphabet.length];
    }
  }
  return out;
}

/** The sheet shows what must be decided; everything with a usable default is folded away. */
export function splitInputs(inputs: Input[]): { ask: Input[]; more: Input[] } {
  const must = (input: Input) => isSecret(input) || (input.required && input.default === "");
  // The server makes up random values by itself.
  const shown = inputs.filter((input) => input.kind !== "random");
  return { ask: shown.filter(must), more: shown.filter((input) => !must(input)) };
}

export function initialAnswers(inputs: Input[], password: () => string): Answers {
  const answers: Answers = {};
  for (const input of inputs) {
    if (input.default !== "") answers[input.key] = input.default;
    else if (isSecret(input) && input.required) answers[input.key] = password();
    else if (isBoolean(input)) answers[input.key] = "false";
    else answers[input.key] = "";
  }
  return answers;
}

export const isBoolean = (input: Input): boolean => input.kind === "boolean" || input.kind === "bool";

export type AnswerProblem = "required" | "number" | "port" | "email" | "url" | "option";

/** Checked before sending so that the field says it; the server checks again. */
export function answerProblem(input: Input, answer: string): AnswerProblem | undefined {
  const value = answer.trim();
  if (value === "") return input.required ? "required" : undefined;
  if (input.options.length > 0 && !input.options.some((option) => option.value === value)) return "option";
  if (input.kind === "number" && !/^-?\d+([.]\d+)?$/.test(value)) return "number";
  if (input.kind === "port" && !(/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 65535))
    return "port";
  if (input.kind === "email" && !/^[^\s@]+@[^\s@]+$/.test(value)) return "email";
  if (input.kind === "url" && !/^https?:\/\/\S+$/.test(value)) return "url";
  return undefined;
}

/** Empty optional answers are left out, so the app's own default holds. */
export function answersToSend(inputs: Input[], answers: Answers): Answers {
  const out: Answers = {};
  for (const input of inputs) {
    const value = answers[input.key] ?? "";
    if (value.trim() !== "" || input.required) out[input.key] = isSecret(input) ? value : value.trim();
  }
  return out;
}

export const steps = ["queued", "checking", "downloading", "starting", "waiting", "ready"] as const;
export type Step = (typeof steps)[number];

export type ProgressJob = {
  state: string;
  step: string;
  done: number;
  total: number;
  unit: string;
};

const stepNames: Record<string, Step> = {
  check: "checking",
  checking: "checking",
  planning: "checking",
  preparing: "checking",
  pull: "downloading",
  pulling: "downloading",
  downloading: "downloading",
  creating: "starting",
  start: "starting",
  starting: "starting",
  wait: "waiting",
  waiting: "waiting",
  healthy: "waiting",
  health: "waiting",
  ready: "ready",
  done: "ready",
};

/** Which of the six words fits the job; a step this page does not know yet keeps its place by state. */
export function stepOf(job: ProgressJob): Step {
  if (job.state === "queued") return "queued";
  if (job.state === "succeeded") return "ready";
  return stepNames[job.step.toLowerCase()] ?? "checking";
}

/** A share only while bytes are known; otherwise the bar is indeterminate. */
export function shareOf(job: ProgressJob): number | undefined {
  if (job.total <= 0) return undefined;
  return Math.max(0, Math.min(1, job.done / job.total));
}

/** What the state button of a card does. */
export type CardAction = "install" | "open" | "start" | "progress" | "retry" | "unsupported" | "view";

export function cardAction(input: {
  installable: boolean;
  state: string | undefined;
  hasAddress: boolean;
  jobState: string | undefined;
}): CardAction {
  if (input.jobState === "queued" || input.jobState === "running") return "progress";
  // What a failed installation left behind has nothing to open; its page offers to remove it.
  if (input.state === "problem" && input.jobState === "failed") return "view";
  if (input.state === "running" || input.state === "starting" || input.state === "problem") {
    return input.hasAddress ? "open" : "view";
  }
  if (input.state === "stopped") return "start";
  const working = ["installing", "removing", "updating", "rolling_back"];
  if (input.state && working.includes(input.state)) return "progress";
  if (input.jobState === "failed") return "retry";
  return input.installable ? "install" : "unsupported";
}
