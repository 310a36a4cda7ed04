import type { components } from "./schema";

type S = components["schemas"];

export type UserInfo = S["UserView"];
export type Role = UserInfo["role"];
export type SessionInfo = S["SessionInfo"];
export type SessionEntry = S["SessionLine"];
export type UserEntry = S["UserInfo"];
export type TotpOffer = S["TotpOffer"];
export type KeyEntry = S["KeyEntry"];
export type KeyMade = S["KeyMade"];
export type JobInfo = Omit<S["JobInfo"], "state"> & {
  state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
};
export type FileRoot = S["RootInfo"];
export type Listing = S["Listing"];
/** name, kind, size, modified_at */
export type ListingEntry = Listing["entries"][number];
export type EntryInfo = S["EntryInfo"];
export type ItemRef = S["Location"];
export type TransferRequest = S["TransferRequest"];
export type TrashEntry = S["TrashedItem"];
export type UploadInfo = S["UploadInfo"];
export type Catalog = S["StoreReply"];
export type CatalogEntry = S["StoreApp"];
export type CatalogApp = S["CatalogApp"];
export type AppInput = S["AppInput"];
export type Permission = S["Permission"];
export type StoreSource = S["StoreSource"];
export type Wish = S["Wish"];
export type InstallRequest = S["InstallRequest"];
export type InstalledApp = S["InstalledApp"];
export type EngineInfo = S["EngineStatus"];
export type SystemInfo = S["SystemInfo"];
export type UpdateStatus = S["UpdateStatus"];
export type ErrorBody = S["ErrorBody"];
export type Conflict = TransferRequest["on_conflict"];

/** The kinds in a listing entry; single entries say theirs in words. */
export const FILE = 0;
export const FOLDER = 1;
export const LINK = 2;

/** The events of GET /api/v1/events, by name. */
export interface Events {
  hello: { version: string; epoch: string };
  job: JobInfo;
  job_removed: { id: string };
  app: { id: string };
  catalog: Record<string, never>;
  docker: Record<string, never>;
  dir: { root: string; path: string };
  service: { name: string; state: string };
  settings: Record<string, never>;
  update: Record<string, never>;
  users: Record<string, never>;
  wishes: Record<string, never>;
  /** One of this person's conversations changed or is gone. */
  assistant: { conversation: string };
  /** Something this person had scheduled was answered. */
  reminder: { conversation: string };
  signed_out: Record<string, never>;
  reset: Record<string, never>;
}
