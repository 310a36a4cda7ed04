import { errorText } from "@/lib/api/error";
import { t } from "@/lib/i18n";
import { serverName as lastName } from "@/shell/server";
import { Button } from "@/ui/Button";
import { CardPage, Logo } from "./Card";
import { SignInForm } from "./SignIn";

export default function SignInPage({ serverName }: { serverName: string }) {
  return (
    <CardPage narrow>
      <Logo />
      <h1 className="pt-4 pb-5 text-xl font-semibold break-words">{serverName || lastName()}</h1>
      <SignInForm />
    </CardPage>
  );
}

/** The server said neither who is signed in nor whether anybody can be. */
export function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <CardPage narrow>
      <Logo />
      <div role="alert">
        <h1 className="pt-4 text-xl font-semibold">{t("shell.error.start")}</h1>
        <p className="pt-1 text-sm text-muted">{errorText(error)}</p>
        <p className="pt-1 pb-5 text-sm text-muted">{t("shell.error.startText")}</p>
      </div>
      <Button onClick={onRetry}>{t("shell.action.tryAgain")}</Button>
    </CardPage>
  );
}
