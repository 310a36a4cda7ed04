import { isUploading } from "@/lib/uploads/state";
import { dirty } from "./wm/manager";

let allowed = false;

/** The person already chose to leave. */
export function letLeave(): void {
  allowed = true;
}

/** The browser asks before the page goes while something would be lost or interrupted. */
export function guardLeaving(): void {
  addEventListener("beforeunload", (event) => {
    if (!allowed && (dirty.size > 0 || isUploading())) event.preventDefault();
  });
}
