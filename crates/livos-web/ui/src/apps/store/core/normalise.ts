/**
 * The server writes an app's page with its list line inside, older answers had it flat; choices are pairs or plain
 * texts. Everything behind this module sees one shape.
 */
import type { CatalogEntry } from "./catalog";
import type { Input, Permission } from "./install";

/** An app that must be there first. */
export type Need = {
  id: string;
  name: string;
  state: string;
  choices: { store: string; id: string; name: string }[];
};

/** A port that is not the one its source asks for; 0 if it can be no other, and somebody else has it. */
export type MovedPort = { key: string; asked: number; given: number; by: string };

/** What is known about it beside what it may do; 0 and "" are what nobody says. */
export type Facts = {
  on_disk: number;
  memory_least: number;
  memory_most: number;
  /** Nothing if the server does not say. */
  internet: boolean | undefined;
  licence: string;
  links: { kind: string; url: string }[];
};

export type CatalogPage = CatalogEntry & {
  description: string;
  website: string;
  release_notes: string;
  default_username: string;
  default_password: string;
  dependencies: Need[];
  /** Where the pictures of its page come from, in their order. */
  pictures: string[];
  permissions: Permission[];
  /** Full control over Docker, which it can be given beyond that. */
  docker_control: Permission | undefined;
  moved: MovedPort[];
  inputs: Input[];
  services: { name: string; image: string }[];
  facts: Facts;
  unsupported: string[];
  error: string;
  /** Its source is gone or does not offer it any more; this is what was installed. */
  gone: boolean;
  size: number;
};

type Raw = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): Raw[] => (Array.isArray(value) ? (value as Raw[]) : []);
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

const permission = (item: Raw): Permission => ({
  code: text(item.code),
  text: text(item.text),
  risk: text(item.risk),
});

export function catalogPage(raw: unknown): CatalogPage {
  const page = raw as Raw;
  const line = (page.app && typeof page.app === "object" ? page.app : page) as Raw;
  return {
    store: text(line.store),
    id: text(line.id),
    name: text(line.name) || text(line.id),
    tagline: text(line.tagline),
    category: text(line.category),
    version: text(line.version),
    developer: text(line.developer),
    icon: text(line.icon),
    source_label: text(line.source_label),
    format: text(line.format),
    installable: line.installable === true,
    installed: line.installed === true,
    description: text(page.description),
    website: text(page.website),
    release_notes: text(page.release_notes),
    default_username: text(page.default_username),
    default_password: text(page.default_password),
    pictures: texts(page.pictures),
    dependencies: list(page.dependencies).map((item) => ({
      id: text(item.id),
      name: text(item.name) || text(item.id),
      state: text(item.state),
      choices: list(item.choices).map((choice) => ({
        store: text(choice.store),
        id: text(choice.id),
        name: text(choice.name) || text(choice.id),
      })),
    })),
    permissions: list(page.permissions).map(permission),
    docker_control: list([page.docker_control]).filter(Boolean).map(permission)[0],
    moved: list(page.moved).map((item) => ({
      key: text(item.key),
      asked: number(item.asked),
      given: number(item.given),
      by: text(item.by),
    })),
    inputs: list(page.inputs).map((item) => ({
      key: text(item.key),
      label: text(item.label) || text(item.key),
      hint: text(item.hint),
      kind: text(item.kind),
      required: item.required === true,
      default: text(item.default),
      options: (Array.isArray(item.options) ? item.options : []).map((option: unknown) =>
        typeof option === "string"
          ? { value: option, label: option }
          : {
              value: text((option as Raw).value),
              label: text((option as Raw).label) || text((option as Raw).value),
            },
      ),
    })),
    services: list(page.services).map((item) => ({ name: text(item.name), image: text(item.image) })),
    facts: facts((page.facts ?? {}) as Raw),
    unsupported: texts(page.unsupported),
    error: text(page.error),
    gone: page.gone === true,
    size: number(page.size),
  };
}

function facts(raw: Raw): Facts {
  return {
    on_disk: number(raw.on_disk),
    memory_least: number(raw.memory_least),
    memory_most: number(raw.memory_most),
    internet: typeof raw.internet === "boolean" ? raw.internet : undefined,
    licence: text(raw.licence),
    links: list(raw.links).map((link) => ({ kind: text(link.kind), url: text(link.url) })),
  };
}

/** Everything it needs is there or on its way, so that it can be installed now. */
export function needsAreMet(needs: Need[]): boolean {
  return needs.every((need) => need.state === "installed" || need.state === "installing");
}

/** Whether an installed app has a page to open, whichever way the server says so. */
export function hasAddress(app: unknown): boolean {
  const { url, host, port } = (app ?? {}) as Raw;
  return text(url) !== "" || text(host) !== "" || (typeof port === "number" && port > 0);
}

/** The address people can read; the Open button goes through /open so that signing in works. */
export function addressOf(app: unknown): string {
  const { url, host } = (app ?? {}) as Raw;
  return text(url) || text(host);
}

/** Only http and https links of a catalogue become links. */
export function safeLink(address: string): string | undefined {
  try {
    const url = new URL(address);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}
