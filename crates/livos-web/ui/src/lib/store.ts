import { useSyncExternalStore } from "react";

/** A value with subscribers: the smallest thing that lets code outside React own state. */
export interface Store<T> {
  get(): T;
  set(next: T | ((previous: T) => T)): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      const result = typeof next === "function" ? (next as (previous: T) => T)(value) : next;
      if (Object.is(result, value)) return;
      value = result;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The selector must return the same reference while its part of the value is unchanged. */
export function useStore<T, R = T>(
  store: Store<T>,
  select: (value: T) => R = (value) => value as unknown as R,
): R {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
