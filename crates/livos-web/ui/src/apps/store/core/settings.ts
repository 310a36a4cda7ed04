/** What a person changed about an app's settings, and how it is said. */
import { type Answers, answerProblem, type Input } from "./install";

export type Settings = {
  inputs: { input: Input; value: string; set: boolean; secret: boolean }[];
  ports: { key: string; service: string; inside: number; store: number; port: number }[];
  memory: { service: string; store: number; limit: number }[];
  /** What it may do in Docker: `view` or `control`, nothing if it does not ask for Docker. */
  docker?: string;
  images?: { service: string; image: string; store: string; tag: string }[];
};

/** Everything as it stands in its field. */
export type Form = { answers: Answers; ports: Answers; memory: Answers; images: Answers; docker: string };

const MB = 1024 * 1024;

/** A limit of the store's own is no limit of the owner. */
const ownLimit = (one: { store: number; limit: number }) =>
  one.limit > 0 && one.limit !== one.store ? String(Math.round(one.limit / MB)) : "";

export function formOf(settings: Settings): Form {
  return {
    answers: Object.fromEntries(
      settings.inputs.map(({ input, value, secret }) => [input.key, secret ? "" : value || input.default]),
    ),
    ports: Object.fromEntries(settings.ports.map((port) => [port.key, String(port.port)])),
    memory: Object.fromEntries(settings.memory.map((one) => [one.service, ownLimit(one)])),
    docker: settings.docker ?? "",
    images: Object.fromEntries(
      (settings.images ?? []).map((one) => [one.service, one.tag === one.store ? "" : one.tag]),
    ),
  };
}

const differing = (now: Answers, before: Answers) =>
  Object.entries(now).filter(([key, value]) => value.trim() !== (before[key] ?? ""));

/** Only what differs from what is; an empty port or limit is what the store says. */
export function wishOf(form: Form, before: Form) {
  const numbers = (now: Answers, was: Answers, factor: number) =>
    Object.fromEntries(differing(now, was).map(([key, value]) => [key, Number(value || 0) * factor]));
  return {
    answers: Object.fromEntries(
      differing(form.answers, before.answers).map(([key, value]) => [key, value.trim()]),
    ),
    ports: numbers(form.ports, before.ports, 1),
    memory: numbers(form.memory, before.memory, MB),
    ...(form.docker !== before.docker && { docker: form.docker }),
    images: Object.fromEntries(differing(form.images, before.images).map(([key, tag]) => [key, tag.trim()])),
  };
}

export const isEmptyWish = (wish: ReturnType<typeof wishOf>): boolean =>
  Object.values(wish).every((part) => Object.keys(part).length === 0);

export const portIsWrong = (value: string): boolean =>
  value !== "" && !(/^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535);

export const memoryIsWrong = (value: string): boolean =>
  value !== "" && !(/^\d{1,8}$/.test(value) && Number(value) >= 6);

/** What Docker takes for the version of an image; empty is the store's. */
export const tagIsWrong = (value: string): boolean =>
  value.trim() !== "" && !/^\w[\w.-]{0,127}$/.test(value.trim());

/** Whether something stands in a field that cannot be. A secret that is set may stay empty. */
export function isWrong(settings: Settings, form: Form): boolean {
  const answer = settings.inputs.some(
    ({ input, set, secret }) =>
      !(secret && set && !form.answers[input.key]) && answerProblem(input, form.answers[input.key] ?? ""),
  );
  return (
    answer ||
    Object.values(form.ports).some(portIsWrong) ||
    Object.values(form.memory).some(memoryIsWrong) ||
    Object.values(form.images).some(tagIsWrong)
  );
}
