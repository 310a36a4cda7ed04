import { Check, CircleAlert, ShieldCheck } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { api, ok } from "@/lib/api/client";
import { errorText, isApiError } from "@/lib/api/error";
import { broadcast, session, signedIn } from "@/lib/api/session";
import type { SessionInfo, TotpOffer } from "@/lib/api/types";
import { loadTexts, t, useTexts } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { CardPage, Logo } from "@/signin/Card";
import { useCountdown } from "@/signin/SignIn";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/bits";
import { Checkbox, PasswordField, TextField } from "@/ui/fields";
import { RecoveryCodes } from "@/ui/RecoveryCodes";
import { Loading } from "@/ui/states";
import { TwoFactorSetup } from "@/ui/TwoFactor";
import { strength, usernameFrom } from "./account";

type Step = "welcome" | "code" | "account" | "codes" | "ready";
const STEPS: Step[] = ["welcome", "code", "account", "codes", "ready"];

interface Owner {
  info: SessionInfo;
  codes: string[];
}

/** First boot: from a fresh server to a signed-in owner who has saved recovery codes. */
export default function Setup() {
  const texts = useTexts();
  const serverName = useStore(session, (now) => (now.phase === "setup" ? now.serverName : "LivOS"));
  const [loaded, setLoaded] = useState(false);
  const [step, setStep] = useState<Step>("welcome");
  const [code, setCode] = useState(() => new URLSearchParams(location.hash.slice(1)).get("claim") ?? "");
  const [owner, setOwner] = useState<Owner | null>(null);
  const [totp, setTotp] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    void loadTexts("setup").then(() => setLoaded(true));
    // The code must not stay in the address bar or the history.
    if (location.hash) history.replaceState(null, "", location.pathname);
  }, []);
  useEffect(() => {
    if (!loaded) return;
    document.title = `${texts("setup.title")} · ${serverName}`;
  }, [loaded, serverName, texts]);
  useEffect(() => {
    if (step !== "welcome") heading.current?.focus();
  }, [step]);

  if (!loaded) return <Loading />;
  const index = STEPS.indexOf(step);
  const back =
    step === "code" ? () => setStep("welcome") : step === "account" ? () => setStep("code") : undefined;
  const title = t(`setup.${step}.title`, { server: serverName });
  return (
    <CardPage>
      <div className="flex items-center justify-between gap-4">
        <Logo />
        <p className="text-xs text-muted">{t("setup.step", { step: index + 1, count: STEPS.length })}</p>
      </div>
      <h1
        ref={heading}
        tabIndex={-1}
        data-focus="quiet"
        className="pt-5 pb-1 text-xl font-semibold break-words"
      >
        {title}
      </h1>
      {step === "welcome" && <Welcome onNext={() => setStep("code")} />}
      {step === "code" && (
        <Code code={code} setCode={setCode} onNext={() => setStep("account")} onBack={back} />
      )}
      {step === "account" && (
        <Account
          code={code}
          onBack={back}
          onDone={(made) => {
            setOwner(made);
            setStep("codes");
          }}
        />
      )}
      {step === "codes" && owner && (
        <Codes
          owner={owner}
          server={serverName}
          onTotp={() => setTotp(true)}
          onNext={() => setStep("ready")}
        />
      )}
      {step === "ready" && owner && (
        <Ready
          name={owner.info.user.name}
          onOpen={() => {
            broadcast("signed_in");
            signedIn({
              ...owner.info,
              user: { ...owner.info.user, totp_enabled: owner.info.user.totp_enabled || totp },
            });
          }}
        />
      )}
    </CardPage>
  );
}

function Actions({ onBack, children }: { onBack?: (() => void) | undefined; children: ReactNode }) {
  return (
    <div className="flex flex-wrap-reverse items-center justify-between gap-3 pt-6">
      {onBack ? (
        <Button variant="quiet" onClick={onBack}>
          {t("shell.phone.back")}
        </Button>
      ) : (
        <span />
      )}
      {children}
    </div>
  );
}

function Welcome({ onNext }: { onNext: () => void }) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <>
      <p className="text-base text-muted">{t("setup.welcome.text")}</p>
      <p className="pt-3 text-sm text-muted">{t("setup.welcome.zone", { zone })}</p>
      <Actions>
        <Button variant="primary" data-autofocus onClick={onNext} className="min-h-10 px-5">
          {t("setup.welcome.start")}
        </Button>
      </Actions>
    </>
  );
}

interface CodeProps {
  code: string;
  setCode: (code: string) => void;
  onNext: () => void;
  onBack: (() => void) | undefined;
}

function Code({ code, setCode, onNext, onBack }: CodeProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [wait, setWait] = useCountdown();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || wait > 0 || !code.trim()) return;
    setBusy(true);
    setError("");
    try {
      await ok(api.POST("/api/v1/setup/claim", { body: { code: code.trim() } }));
      onNext();
    } catch (problem) {
      if (isApiError(problem, "rate_limited")) setWait(problem.retryAfter || 60);
      else setError(errorText(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <p className="pb-4 text-base text-muted">{t("setup.code.text")}</p>
      <TextField
        label={t("setup.code.label")}
        value={code}
        onChange={setCode}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        className="font-mono tracking-widest uppercase"
        error={wait > 0 ? t("shell.signin.wait", { count: wait }) : error || undefined}
      />
      <Actions onBack={onBack}>
        <Button
          type="submit"
          variant="primary"
          busy={busy}
          disabled={!code.trim() || wait > 0}
          className="min-h-10 px-5"
        >
          {t("setup.continue")}
        </Button>
      </Actions>
    </form>
  );
}

interface AccountProps {
  code: string;
  onBack: (() => void) | undefined;
  onDone: (owner: Owner) => void;
}

function Account({ code, onBack, onDone }: AccountProps) {
  const [name, setName] = useState("");
  const [given, setGiven] = useState<string | null>(null);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const username = given ?? usernameFrom(name);
  const level = strength(password, [name, username]);
  const badName = username !== "" && !/^[a-z][a-z0-9_-]{0,31}$/.test(username);
  const ready = name.trim() !== "" && username !== "" && !badName && password.length >= 10;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || !ready) return;
    setBusy(true);
    setError("");
    try {
      const body = { code: code.trim(), name: name.trim(), username, password };
      const { recovery_codes, ...info } = await ok(api.POST("/api/v1/setup/account", { body }));
      onDone({ info, codes: recovery_codes });
    } catch (problem) {
      setError(errorText(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
      <p className="text-base text-muted">{t("setup.account.text")}</p>
      <TextField
        label={t("setup.account.name")}
        value={name}
        onChange={setName}
        autoComplete="name"
        maxLength={80}
      />
      <TextField
        label={t("setup.account.username")}
        hint={t("setup.account.usernameHint")}
        value={username}
        onChange={setGiven}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={32}
        error={badName ? t("setup.account.usernameBad") : undefined}
      />
      <PasswordField
        label={t("setup.account.password")}
        hint={password ? t(`setup.strength.${level}`) : t("setup.account.passwordHint")}
        value={password}
        onChange={setPassword}
        name="password"
        autoComplete="new-password"
      />
      {error && (
        <Callout tone="danger" icon={CircleAlert} role="alert">
          {error}
        </Callout>
      )}
      <Actions onBack={onBack}>
        <Button
          type="submit"
          variant="primary"
          busy={busy}
          disabled={!ready}
          reason={t("setup.account.incomplete")}
          className="min-h-10 px-5"
        >
          {t("setup.account.create")}
        </Button>
      </Actions>
    </form>
  );
}

interface CodesProps {
  owner: Owner;
  server: string;
  onTotp: () => void;
  onNext: () => void;
}

function Codes({ owner, server, onTotp, onNext }: CodesProps) {
  const [codes, setCodes] = useState(owner.codes);
  const [saved, setSaved] = useState(false);
  const [offer, setOffer] = useState<TotpOffer | null>(null);
  const [twoFactor, setTwoFactor] = useState(false);
  const [error, setError] = useState("");
  const askTotp = async () => {
    setError("");
    try {
      // The requests need the CSRF token of the new session, which nothing else has set yet.
      setOffer(await withSession(owner.info, () => ok(api.POST("/api/v1/me/totp"))));
    } catch (problem) {
      setError(errorText(problem));
    }
  };
  return (
    <>
      <p className="pb-4 text-base text-muted">{t(twoFactor ? "setup.codes.again" : "setup.codes.text")}</p>
      <RecoveryCodes codes={codes} server={server} />
      <div className="py-3">
        <Checkbox label={t("shell.recovery.saved")} checked={saved} onChange={setSaved} />
      </div>
      <div className="border-t border-line pt-4">
        {twoFactor ? (
          <Callout tone="ok" icon={ShieldCheck} role="status">
            {t("setup.totp.done")}
          </Callout>
        ) : offer ? (
          <TwoFactorSetup
            offer={offer}
            onDone={(fresh) => {
              // Turning it on makes new codes; the ones shown before stop working.
              setCodes(fresh);
              setSaved(false);
              setTwoFactor(true);
              onTotp();
              setOffer(null);
            }}
          />
        ) : (
          <div className="flex flex-wrap items-center justify-between gap-3">
            <div className="min-w-48 flex-1">
              <p className="text-sm font-medium">{t("setup.totp.title")}</p>
              <p className="text-xs text-muted">{t("setup.totp.text")}</p>
            </div>
            <Button onClick={() => void askTotp()}>{t("setup.totp.on")}</Button>
          </div>
        )}
        {error && (
          <p role="alert" className="pt-2 text-xs text-danger">
            {error}
          </p>
        )}
      </div>
      <Actions>
        <Button
          variant="primary"
          disabled={!saved}
          reason={t("setup.codes.first")}
          onClick={onNext}
          className="min-h-10 px-5"
        >
          {t("setup.continue")}
        </Button>
      </Actions>
    </>
  );
}

/** Makes the new owner's session current without leaving the wizard. */
async function withSession<T>(info: SessionInfo, work: () => Promise<T>): Promise<T> {
  session.set((now) => (now.phase === "setup" ? { ...now, session: info } : now));
  return work();
}

function Ready({ name, onOpen }: { name: string; onOpen: () => void }) {
  return (
    <>
      <p className="pb-4 text-base text-muted">{t("setup.ready.text", { name })}</p>
      <ul className="flex flex-col gap-2 text-sm">
        {(["account", "codes", "address"] as const).map((item) => (
          <li key={item} className="flex items-center gap-2">
            <Check size={16} aria-hidden className="text-ok" />
            <span className="min-w-0 break-words">
              {t(`setup.ready.${item}`, { address: location.origin })}
            </span>
          </li>
        ))}
      </ul>
      <p className="pt-4 text-sm text-muted">{t("setup.ready.next")}</p>
      <Actions>
        <Button variant="primary" onClick={onOpen} className="min-h-10 px-5">
          {t("setup.ready.open")}
        </Button>
      </Actions>
    </>
  );
}
