import { CircleAlert } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { api, ok } from "@/lib/api/client";
import { errorText, isApiError } from "@/lib/api/error";
import { broadcast, signedIn } from "@/lib/api/session";
import { t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/bits";
import { PasswordField, TextField } from "@/ui/fields";

/** Counts down to zero, once a second, only while there is something to wait for. */
export function useCountdown(): [number, (seconds: number) => void] {
  const [until, setUntil] = useState(0);
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (!until) return;
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      setLeft(seconds);
      if (seconds === 0) setUntil(0);
    };
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [until]);
  return [left, (seconds) => setUntil(Date.now() + seconds * 1000)];
}

/** User name and password, then the two-factor code where one is on. Also used over a locked desktop. */
export function SignInForm({ username: known }: { username?: string }) {
  const [username, setUsername] = useState(known ?? "");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [step, setStep] = useState<"password" | "code">("password");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const [wait, setWait] = useCountdown();
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    form.current
      ?.querySelector<HTMLElement>(
        step === "code" ? "[name=totp]" : known ? "[name=password]" : "[name=username]",
      )
      ?.focus();
  }, [step, known]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || wait > 0) return;
    // Password managers sometimes fill the fields without telling the page.
    const data = new FormData(event.target as HTMLFormElement);
    const name = username.trim() || String(data.get("username") ?? "").trim();
    const secret = password || String(data.get("password") ?? "");
    if (!name || !secret) return setError(t("shell.signin.enterBoth"));
    setBusy(true);
    setError("");
    try {
      const totp = code.replace(/\s/g, "");
      const info = await ok(
        api.POST("/api/v1/session", {
          body: { username: name, password: secret, ...(step === "code" ? { totp } : {}) },
        }),
      );
      broadcast("signed_in");
      signedIn(info);
    } catch (problem) {
      if (isApiError(problem, "totp_required")) {
        setUsername(name);
        setPassword(secret);
        setStep("code");
      } else if (isApiError(problem, "rate_limited")) setWait(problem.retryAfter || 60);
      else if (isApiError(problem, "bad_credentials")) {
        setError(t(step === "code" ? "shell.signin.badCode" : "shell.signin.bad"));
        if (step === "code") setCode("");
      } else setError(errorText(problem));
      form.current
        ?.querySelector<HTMLInputElement>(step === "code" ? "[name=totp]" : "[name=password]")
        ?.select();
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={form} onSubmit={submit} className="flex flex-col gap-4" noValidate>
      {/* Stays in the form during the code step, so that password managers connect the two. */}
      <div className={step === "code" ? "hidden" : "contents"}>
        <TextField
          label={t("shell.signin.username")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={username}
          onChange={setUsername}
          readOnly={known !== undefined}
        />
        <PasswordField
          label={t("shell.signin.password")}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
        />
      </div>
      {step === "code" && (
        <TextField
          label={t("shell.signin.totpTitle")}
          hint={t("shell.signin.totpHint")}
          name="totp"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          value={code}
          onChange={setCode}
        />
      )}
      {wait > 0 ? (
        <Callout tone="warn" icon={CircleAlert} role="alert">
          {t("shell.signin.wait", { count: wait })}
        </Callout>
      ) : (
        error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )
      )}
      <Button type="submit" variant="primary" busy={busy} disabled={wait > 0} className="min-h-10">
        {t("shell.signin.submit")}
      </Button>
      {step === "code" && (
        <Button
          variant="quiet"
          onClick={() => {
            setStep("password");
            setCode("");
            setError("");
          }}
        >
          {t("shell.signin.back")}
        </Button>
      )}
    </form>
  );
}
