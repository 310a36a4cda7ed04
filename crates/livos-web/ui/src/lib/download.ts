import { api, ok } from "./api";

/**
 * A link carries only the cookie, and an expired one would download an error page, so the session is renewed
 * first when it has to be.
 */
export async function downloadLink(url: string): Promise<void> {
  await ok(api.GET("/api/v1/session"));
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
