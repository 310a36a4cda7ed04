/**
 * The HTTP API in the shape openapi-typescript writes. `npm run gen` replaces this file with the one
 * generated from the server's own /api/v1/openapi.json.
 */
type Query<O> = O extends { query: infer Q } ? { query: Q } : { query?: never };
type Body<O> = O extends { body: infer B }
  ? { requestBody: { content: { "application/json": B } } }
  : { requestBody?: never };
type Status<O> = O extends { status: infer T extends number } ? T : 200;
type Answer<O> = O extends { ok: infer R } ? { "application/json": R } : { "application/json"?: never };
type Responses<O> = {
  responses: {
    [Code in Status<O>]: { headers: Record<string, unknown>; content: Answer<O> };
  } & { default: { headers: Record<string, unknown>; content: { "application/json": S["ErrorBody"] } } };
};
type Op<O extends { path: unknown }> = {
  parameters: Query<O> & { path: O["path"]; header?: never; cookie?: never };
} & Body<O> &
  Responses<O>;
type OpNoPath<O extends object = object> = {
  parameters: Query<O> & { path?: never; header?: never; cookie?: never };
} & Body<O> &
  Responses<O>;
type Id = { path: { id: string } };
type JobStarted = { ok: { job_id: string }; status: 202 };
type S = components["schemas"];

export interface paths {
  "/api/v1/health": { get: OpNoPath<{ ok: S["Health"] }> };
  "/api/v1/version": { get: OpNoPath<{ ok: { version: string } }> };
  "/api/v1/setup": { get: OpNoPath<{ ok: S["SetupState"] }> };
  "/api/v1/setup/claim": { post: OpNoPath<{ body: { code: string }; status: 204 }> };
  "/api/v1/setup/account": {
    post: OpNoPath<{ body: S["CreateOwnerRequest"]; ok: S["OwnerCreatedReply"]; status: 201 }>;
  };
  "/api/v1/session": {
    get: OpNoPath<{ ok: S["SessionInfo"] }>;
    post: OpNoPath<{ body: S["SignInRequest"]; ok: S["SessionInfo"] }>;
    delete: OpNoPath<{ status: 204 }>;
  };
  "/api/v1/session/refresh": { post: OpNoPath<{ ok: S["SessionInfo"] }> };
  "/api/v1/sessions": { get: OpNoPath<{ ok: S["SessionEntry"][] }> };
  "/api/v1/sessions/{id}": { delete: Op<Id & { status: 204 }> };
  "/api/v1/me": { patch: OpNoPath<{ body: { name: string }; ok: S["UserInfo"] }> };
  "/api/v1/me/password": { put: OpNoPath<{ body: { current: string; new: string }; status: 204 }> };
  "/api/v1/me/totp": {
    post: OpNoPath<{ ok: S["TotpOffer"] }>;
    delete: OpNoPath<{ body: { password: string }; status: 204 }>;
  };
  "/api/v1/me/totp/confirm": { post: OpNoPath<{ body: { code: string }; ok: S["RecoveryCodes"] }> };
  "/api/v1/me/recovery-codes": { post: OpNoPath<{ body: { password: string }; ok: S["RecoveryCodes"] }> };
  "/api/v1/me/settings": {
    get: OpNoPath<{ ok: Record<string, unknown> }>;
    patch: OpNoPath<{ body: Record<string, unknown>; ok: Record<string, unknown> }>;
  };
  "/api/v1/users": {
    get: OpNoPath<{ ok: S["UserEntry"][] }>;
    post: OpNoPath<{ body: S["CreateUserRequest"]; ok: S["UserEntry"]; status: 201 }>;
  };
  "/api/v1/users/{id}": {
    patch: Op<Id & { body: S["UpdateUserRequest"]; ok: S["UserEntry"] }>;
    delete: Op<Id & { status: 204 }>;
  };
  "/api/v1/audit": { get: OpNoPath<{ query: { before?: number; limit?: number }; ok: S["AuditEntry"][] }> };
  "/api/v1/jobs": { get: OpNoPath<{ ok: S["JobInfo"][] }> };
  "/api/v1/jobs/{id}": { get: Op<Id & { ok: S["JobInfo"] }>; delete: Op<Id & { status: 204 }> };
  "/api/v1/jobs/{id}/cancel": { post: Op<Id & { status: 204 }> };
  "/api/v1/jobs/{id}/retry": { post: Op<Id & { status: 204 }> };
  "/api/v1/files/roots": { get: OpNoPath<{ ok: S["FileRoot"][] }> };
  "/api/v1/files/list": { get: OpNoPath<{ query: { root: string; path?: string }; ok: S["Listing"] }> };
  "/api/v1/files/stat": { get: OpNoPath<{ query: { root: string; path: string }; ok: S["EntryInfo"] }> };
  "/api/v1/files/search": {
    get: OpNoPath<{ query: { root: string; path?: string; q: string }; ok: S["SearchReply"] }>;
  };
  "/api/v1/files/directories": {
    post: OpNoPath<{ body: S["ItemRef"]; ok: S["EntryInfo"]; status: 201 }>;
  };
  "/api/v1/files/rename": {
    post: OpNoPath<{ body: S["ItemRef"] & { name: string }; ok: S["EntryInfo"] }>;
  };
  "/api/v1/files/move": { post: OpNoPath<{ body: S["TransferRequest"] } & JobStarted> };
  "/api/v1/files/copy": { post: OpNoPath<{ body: S["TransferRequest"] } & JobStarted> };
  "/api/v1/files/trash": {
    get: OpNoPath<{ ok: S["TrashEntry"][] }>;
    post: OpNoPath<{ body: { items: S["ItemRef"][] }; ok: { ids: string[] } }>;
    delete: OpNoPath<JobStarted>;
  };
  "/api/v1/files/trash/restore": {
    post: OpNoPath<{ body: { ids: string[] }; ok: { restored: S["EntryInfo"][] } }>;
  };
  "/api/v1/files/trash/delete": { post: OpNoPath<{ body: { ids: string[] } } & JobStarted> };
  "/api/v1/uploads": { get: OpNoPath<{ ok: S["UploadInfo"][] }> };
  "/api/v1/store/apps": { get: OpNoPath<{ ok: S["Catalog"] }> };
  "/api/v1/store/apps/{store}/{id}": {
    get: Op<{ path: { store: string; id: string }; ok: S["CatalogApp"] }>;
  };
  "/api/v1/store/sources": {
    get: OpNoPath<{ ok: S["StoreSource"][] }>;
    post: OpNoPath<{ body: { url: string }; ok: S["StoreSource"]; status: 201 }>;
  };
  "/api/v1/store/sources/{id}": { delete: Op<Id & { status: 204 }> };
  "/api/v1/store/sources/{id}/refresh": { post: Op<Id & JobStarted> };
  "/api/v1/apps": {
    get: OpNoPath<{ ok: S["InstalledApp"][] }>;
    post: OpNoPath<{ body: S["InstallRequest"] } & JobStarted>;
  };
  "/api/v1/apps/{id}": {
    get: Op<Id & { ok: S["InstalledApp"] }>;
    delete: Op<Id & { query: { data?: "keep" | "delete" } } & JobStarted>;
  };
  "/api/v1/apps/{id}/start": { post: Op<Id & JobStarted> };
  "/api/v1/apps/{id}/stop": { post: Op<Id & JobStarted> };
  "/api/v1/apps/{id}/restart": { post: Op<Id & JobStarted> };
  "/api/v1/engine": { get: OpNoPath<{ ok: S["EngineInfo"] }> };
  "/api/v1/system": { get: OpNoPath<{ ok: S["SystemInfo"] }> };
}

export interface components {
  schemas: {
    ErrorBody: {
      code: string;
      message: string;
      detail?: string | null;
      request_id: string;
      retry_after?: number | null;
    };
    Health: { status: string; version: string; services: Record<string, string> };
    SetupState: { claimed: boolean; server_name: string };
    CreateOwnerRequest: { code: string; name: string; username: string; password: string };
    OwnerCreatedReply: S["SessionInfo"] & { recovery_codes: string[] };
    SignInRequest: { username: string; password: string; totp?: string };
    Role: "owner" | "admin" | "member";
    UserInfo: { id: string; username: string; name: string; role: S["Role"]; totp_enabled: boolean };
    SessionInfo: { user: S["UserInfo"]; session_id: string; csrf: string; access_expires_at: number };
    SessionEntry: {
      id: string;
      current: boolean;
      created_at: number;
      last_seen_at: number;
      address: string;
      agent: string;
    };
    TotpOffer: { secret: string; uri: string; qr_svg: string };
    RecoveryCodes: { recovery_codes: string[] };
    UserEntry: {
      id: string;
      username: string;
      name: string;
      role: S["Role"];
      disabled: boolean;
      totp_enabled: boolean;
      created_at: number;
    };
    CreateUserRequest: { username: string; name: string; role: S["Role"]; password: string };
    UpdateUserRequest: { name?: string; role?: S["Role"]; disabled?: boolean };
    AuditEntry: { id: number; at: number; actor: string; action: string; subject: string; outcome: string };
    JobState: "queued" | "running" | "succeeded" | "failed" | "cancelled";
    JobInfo: {
      id: string;
      kind: string;
      subject: string;
      title: string;
      state: S["JobState"];
      step: string;
      step_index: number;
      step_count: number;
      done: number;
      total: number;
      unit: string;
      rate: number;
      detail: string;
      error_code: string;
      error_message: string;
      started_by: string;
      created_at: number;
      started_at: number;
      finished_at: number;
      cancellable: boolean;
      retryable: boolean;
    };
    FileRoot: {
      id: string;
      label: string;
      kind: "home" | "shared" | "apps" | "drive" | "trash";
      writable: boolean;
      total: number;
      free: number;
    };
    /** name, kind (0 file, 1 folder, 2 link, 3 other), size, modified_at */
    ListingEntry: [string, number, number, number];
    Listing: {
      root: string;
      path: string;
      total: number;
      revision: string;
      entries: S["ListingEntry"][];
    };
    EntryInfo: {
      root: string;
      path: string;
      name: string;
      kind: number;
      size: number;
      modified_at: number;
      media_type: string;
      writable: boolean;
    };
    SearchReply: { entries: S["EntryInfo"][]; complete: boolean };
    ItemRef: { root: string; path: string };
    TransferRequest: {
      items: S["ItemRef"][];
      destination: S["ItemRef"];
      on_conflict: "keep_both" | "replace" | "skip";
    };
    TrashEntry: {
      id: string;
      name: string;
      kind: number;
      size: number;
      root: string;
      path: string;
      deleted_at: number;
    };
    UploadInfo: {
      id: string;
      root: string;
      path: string;
      name: string;
      size: number;
      offset: number;
      expires_at: number;
    };
    StoreSource: { id: string; label: string; url: string; format: string; apps: number; refreshed_at: number };
    CatalogEntry: {
      store: string;
      id: string;
      name: string;
      tagline: string;
      category: string;
      version: string;
      developer: string;
      icon: string;
      source_label: string;
      format: string;
      installable: boolean;
      installed: boolean;
    };
    Catalog: { apps: S["CatalogEntry"][]; sources: S["StoreSource"][] };
    Permission: { code: string; text: string; risk: string };
    AppInput: {
      key: string;
      label: string;
      hint: string;
      kind: string;
      required: boolean;
      default: string;
      options: string[];
    };
    CatalogApp: S["CatalogEntry"] & {
      description: string;
      permissions: S["Permission"][];
      inputs: S["AppInput"][];
      services: { name: string; image: string }[];
      website: string;
      release_notes: string;
      unsupported: string[];
      default_username: string;
      default_password: string;
      size?: number | null;
    };
    InstallRequest: {
      store: string;
      app: string;
      answers: Record<string, string>;
      accept: string[];
    };
    AppState: "running" | "starting" | "stopped" | "problem" | "installing" | "removing";
    InstalledApp: {
      id: string;
      name: string;
      store: string;
      version: string;
      icon: string;
      state: S["AppState"];
      detail: string;
      url: string;
      port: number;
      installed_at: number;
      services: { name: string; state: string; image: string }[];
    };
    EngineInfo: { usable: boolean; version: string; architecture: string; reason: string };
    Disk: { mount: string; total: number; free: number };
    ServiceInfo: { name: string; version: string; state: string };
    SystemInfo: {
      hostname: string;
      os: string;
      kernel: string;
      architecture: string;
      cpus: number;
      memory_total: number;
      memory_available: number;
      uptime_seconds: number;
      disks?: S["Disk"][];
      services: S["ServiceInfo"][];
    };
  };
}
