export { api, ok, text } from "./client";
export { ApiError, errorDetails, errorText, isApiError, sentence } from "./error";
export { csrfHeader, refresh, request } from "./fetch";
export * from "./queries";
export { currentUser, isAdmin, session } from "./session";
export * from "./types";
