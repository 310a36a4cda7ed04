/** How this person likes lists, kept in this browser and shared by all Files windows. */
import { load, save } from "@/lib/storage";
import { createStore } from "@/lib/store";

export type Options = { foldersFirst: boolean; hidden: boolean; details: boolean };

const defaults: Options = { foldersFirst: true, hidden: false, details: false };

export const options = createStore<Options>({ ...defaults, ...load<Partial<Options>>("files.options", {}) });

export function setOption<K extends keyof Options>(name: K, value: Options[K]): void {
  options.set((now) => ({ ...now, [name]: value }));
  save("files.options", options.get());
}
