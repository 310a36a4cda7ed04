import type { components } from "./schema";

type S = components["schemas"];

export type Role = S["Role"];
export type UserInfo = S["UserInfo"];
export type SessionInfo = S["SessionInfo"];
export type SessionEntry = S["SessionEntry"];
export type UserEntry = S["UserEntry"];
export type TotpOffer = S["TotpOffer"];
export type JobInfo = S["JobInfo"];
export type FileRoot = S["FileRoot"];
export type Listing = S["Listing"];
export type ListingEntry = S["ListingEntry"];
export type EntryInfo = S["EntryInfo"];
export type ItemRef = S["ItemRef"];
export type TransferRequest = S["TransferRequest"];
export type TrashEntry = S["TrashEntry"];
export type UploadInfo = S["UploadInfo"];
export type Catalog = S["Catalog"];
export type CatalogEntry = S["CatalogEntry"];
export type CatalogApp = S["CatalogApp"];
export type AppInput = S["AppInput"];
export type Permission = S["Permission"];
export type StoreSource = S["StoreSource"];
export type InstallRequest = S["InstallRequest"];
export type InstalledApp = S["InstalledApp"];
export type EngineInfo = S["EngineInfo"];
export type SystemInfo = S["SystemInfo"];
export type ErrorBody = S["ErrorBody"];
export type Conflict = TransferRequest["on_conflict"];

/** The kinds in a listing entry. */
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
  dir: { root: string; path: string };
  service: { name: string; state: string };
  settings: Record<string, never>;
  users: Record<string, never>;
  signed_out: Record<string, never>;
  reset: Record<string, never>;
}
