import { afterEach } from "vitest";

// happy-dom has no layout, so what asks for one gets an empty answer.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
} as unknown as typeof ResizeObserver;

afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
});
